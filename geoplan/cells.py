"""What do the cells of a layer mean? Texts -> typed columns, and a remark wherever the text did not say it plainly."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from geoplan.errors import Finding
from geoplan.measures import Measure, measure_of
from geoplan.rules import Checked, Setting, remark
from geoplan.schema import DTYPES, GEOMETRY_TYPES, Column, columns_of, words_of
from geoplan.words import (
    BLANK,
    LEAST_PERCENT,
    PLAIN_NUMBER,
    Meaning,
    is_blank,
    read_bool,
    read_date,
    read_id,
    read_list,
    read_number,
    read_share,
    read_storey,
    read_tag,
    read_text,
    read_whole,
    read_word,
    read_year,
    word_key,
)

YEARS_AHEAD = 50
MAY_LIE_AHEAD = frozenset({"expropriation_year", "ready_year", "available_year", "opened_year", "year"})
NONE_WHEN_EMPTY = frozenset({"exclusions", "hazards"})  # DESIGN 6.1: brought and empty means none listed
MISSED_WHEN_EMPTY = frozenset({("estates", "households"), ("estates", "completion_year")})
NAMED_OTHERWISE = frozenset({"name", "estate_id", "facility_id", "site_id"})
IDS = frozenset({"estate_id", "area_id"})
READ_BY_THEIR_OWN_RULE = frozenset({"x", "y"})
TAGS = frozenset({"bridge", "tunnel"})
SIGNED_UNITS = frozenset({"level"})

OF_HEADING = "cells.number_in_unit"

Reader = Callable[[str], Meaning]


class Doubt(NamedTuple):
    """A cell whose reading needs a remark: message, row position, what stood there, what was read."""

    code: str
    at: int
    said: str
    read: object


def read_cells(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Return the layer with every column of its schema, typed; a column that was not brought is missing throughout."""
    typed = rows.loc[:, [name for name in ("row", "geometry", "not_walkable") if name in rows]].copy()
    findings: list[Finding] = []
    for column in columns_of(setting.kind, "in"):
        if column.type in GEOMETRY_TYPES or column.name in READ_BY_THEIR_OWN_RULE:
            continue
        if column.name not in rows:
            typed[column.name] = pd.Series(None, index=rows.index, dtype=DTYPES[column.type])
            continue
        typed[column.name], doubts = _read_column(rows[column.name], column, setting)
        findings += _remarks(doubts, rows, column, setting)
    return typed, findings


def _read_column(cells: pd.Series, column: Column, setting: Setting) -> tuple[pd.Series, list[Doubt]]:
    codes, uniques = pd.factorize(cells)
    reader = _reader_of(column, setting, [str(text) for text in uniques])
    meanings = [*(reader(str(text)) for text in uniques), _meaning_of_empty(column, setting)]
    texts = [*uniques, ""]
    values = pd.Series([meanings[code].value for code in codes], index=cells.index, dtype=object)
    doubts = [Doubt(f"cells.{meanings[code].how}", at, str(texts[code]), meanings[code].value)
              for at, code in enumerate(codes) if meanings[code].how]
    return values.astype(DTYPES[column.type]), doubts


def _meaning_of_empty(column: Column, setting: Setting) -> Meaning:
    if column.name in NONE_WHEN_EMPTY:
        return Meaning("")
    is_required = column.required and column.name not in NAMED_OTHERWISE
    return Meaning(None, "blank") if is_required or (setting.kind, column.name) in MISSED_WHEN_EMPTY else BLANK


def _reader_of(column: Column, setting: Setting, texts: Sequence[str]) -> Reader:
    """Return the reader of a column; a text that stands for an empty cell is one, except where any text is allowed."""
    if column.values:
        codes = _codes_of(column, setting)
        return _unless_blank(lambda text: read_word(text, codes), column, setting)
    if column.unit == "date":
        return _unless_blank(read_date, column, setting)
    if column.type == "text":
        return read_id if column.key or column.name in IDS else read_text
    if column.type == "list":
        return read_list
    if column.name in TAGS:
        return read_tag
    measure = measure_of(setting.heads.get(column.name, ""), column.unit, column.type)
    return _unless_blank(_number_reader(column, setting.as_of, measure, texts), column, setting)


def _unless_blank(reader: Reader, column: Column, setting: Setting) -> Reader:
    return lambda text: _meaning_of_empty(column, setting) if is_blank(text) else reader(text)


def _number_reader(column: Column, as_of: date, measure: Measure, texts: Sequence[str]) -> Reader:
    latest = as_of.year + YEARS_AHEAD * (column.name in MAY_LIE_AHEAD)
    signed = column.unit in SIGNED_UNITS
    percent = _is_in_percent(measure, texts) if column.type == "share" else None
    readers: dict[str, Reader] = {
        "int": lambda text: read_whole(text, column.unit, signed=signed, worth=measure.worth),
        "float": lambda text: read_number(text, column.unit, worth=measure.worth),
        "year": lambda text: read_year(text, latest),
        "share": lambda text: read_share(text, percent=percent), "storey": read_storey, "bool": read_bool,
    }
    return readers[column.type]


def _is_in_percent(measure: Measure, texts: Sequence[str]) -> bool | None:
    """Say whether bare numbers of a column are percents: None where each tells by itself, False where nobody knows.

    Cells that Excel shows in percent are stored as shares: a column of % without a number above 1 is one of shares.
    """
    numbers = [float(text) for text in map(str.strip, texts) if PLAIN_NUMBER.fullmatch(text)]
    has_percents = any(number >= LEAST_PERCENT for number in numbers)
    return None if not has_percents else bool(measure.word)


def _codes_of(column: Column, setting: Setting) -> dict[str, str]:
    """Return the code of every word of a closed list; plan.toml has the last word."""
    words = words_of(column.values)
    codes = {word_key(text): word.code for word in words for text in (word.en, word.zh, word.code, *word.words)}
    return codes | {word_key(text): code for text, code in setting.source.values.get(column.name, {}).items()}


def _remarks(doubts: list[Doubt], rows: pd.DataFrame, column: Column, setting: Setting) -> list[Finding]:
    findings: list[Finding] = []
    for code in dict.fromkeys(doubt.code for doubt in doubts):
        alike = [doubt for doubt in doubts if doubt.code == code]
        at = [doubt.at for doubt in alike]
        where = np.zeros(len(rows), dtype=bool)
        where[at] = True
        said, read = np.full(len(rows), "", dtype=object), np.full(len(rows), "", dtype=object)
        said[at], read[at] = [doubt.said for doubt in alike], [doubt.read for doubt in alike]
        heading = setting.heads.get(column.name, column.name)
        if code == OF_HEADING:
            measure = measure_of(heading, column.unit, column.type)
            findings.append(Finding(code, setting.layer, values={
                "column": heading, "unit": measure.word, "worth": f"{measure.worth:.6g}", "count": len(alike)}))
            continue
        findings += remark(code, rows, setting, where, column=heading, said=said, read=read)
    return findings
