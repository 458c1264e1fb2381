"""What fits a field of a dbf? A column of the plan -> code, type, width and values, measured in bytes as written.

Where no template says otherwise a text field is as wide as its longest text, and what passes 254 bytes is cut between
characters and told. A template's width is a promise to the bureau: a text or number that does not fit is not cut, it
stops the delivery. Only lists are shortened, by whole members, and say how many there are.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from geoplan.delivery import say_strangers
from geoplan.errors import Finding, listed
from geoplan.labels import labelled, writable
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, keys_of
from geoplan.templates import MOST_WIDE, TEXT, Wish

MAX_TEXT_BYTES = MOST_WIDE[TEXT]
MIN_TEXT_BYTES = {"text": 32, "list": 32, "bool": 8}  # room for the bureau to write into
LIST_MARK = ","  # one byte: the short names of two dozen facility types fit a field
MIN_NUMBER_WIDTH = 12
MAX_DIGITS = 9  # every reader takes these for a whole number; more go as text (fiona 1.10 fails on int64 beside int32)
DECIMALS = {"m": 3, "m2": 2, "yuan": 2, "min": 2, "household-m": 1, "person-min": 1, "share": 6}
OTHER_DECIMALS = 6
REAL = ("float", "share")
LINE_BREAKS = re.compile(r"[\t\r\n]")


@dataclass(frozen=True)
class Field:
    """One field of a shapefile: its code, the column it holds, its type in fiona's words, its values.

    `column` is None where a template leaves the field empty; `cut` names the rows whose text was cut.
    """

    name: str
    column: Column | None
    type: str
    values: Sequence[Any]
    cut: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many bytes the field takes in a record."""
        return int(self.type.partition(":")[2].partition(".")[0])


def make_fields(
    table: str, frame: pd.DataFrame, wishes: Sequence[Wish] | None, *, language: str, encoding: str,
) -> tuple[tuple[Field, ...], list[Finding]]:
    """Return the fields of a table, and what stands in the way of writing them.

    Parameters
    ----------
    table
        Name of the table.
    frame
        The table.
    wishes
        The fields a template asks for; None for every column under its own short name.
    language
        zh or en, of words that stand for codes.
    encoding
        In which text is written.

    Returns
    -------
    fields
        In the order of the wishes.
    findings
        Letters that cannot be written, and values too wide for their field; each stops the delivery.
    """
    columns = {column.name: column for column in columns_of(table) if column.type not in GEOMETRY_TYPES}
    words = labelled(list(columns.values()), frame, language, between=LIST_MARK)
    keys = words[keys_of(table)].agg("-".join, axis=1).tolist() if len(words) else []
    asked = wishes if wishes is not None else [Wish(column.name, column.dbf) for column in columns.values()]
    fields: list[Field] = []
    findings: list[Finding] = []
    for wish in asked:
        column = columns.get(wish.column)
        values = _plain(column, words[wish.column], wish) if column is not None else [None] * len(words)
        findings += say_strangers(values, keys, encoding, table, wish.code)
        fields.append(_field(wish, column, values, keys, encoding))
        findings += _say_too_wide(fields[-1], wish, keys, table, encoding)
    return tuple(fields), findings


def _plain(column: Column, values: pd.Series, wish: Wish) -> list[Any]:
    """Return the values of a column as they are meant, None where there is none: numbers, or whole texts."""
    plain = [None if pd.isna(value) else value for value in values.astype(object)]
    if column.type in MIN_TEXT_BYTES:
        return [None if text is None else LINE_BREAKS.sub(" ", writable(text)) for text in plain]
    if wish.type != TEXT:
        return plain
    decimals = _decimals(column, wish)
    return [None if value is None else f"{value:.{decimals}f}" for value in plain]


def _field(wish: Wish, column: Column | None, values: list[Any], keys: Sequence[str], encoding: str) -> Field:
    if wish.type == TEXT or (column is not None and column.type in MIN_TEXT_BYTES):
        return _text_field(wish, column, values, keys, encoding)
    if wish.type and wish.width:
        decimals = _decimals(column, wish)
        if not decimals and wish.width <= MAX_DIGITS:
            whole = [None if value is None else round(value) for value in values]
            return Field(wish.code, column, f"int32:{wish.width}", whole)
        return Field(wish.code, column, f"float:{wish.width}.{decimals}", _rounded(values, decimals))
    assert column is not None
    return (_real_field if column.type in REAL else _whole_field)(wish, column, values)


def _text_field(wish: Wish, column: Column | None, values: list[Any], keys: Sequence[str], encoding: str) -> Field:
    is_list = column is not None and column.type == "list"
    most = (wish.width or MAX_TEXT_BYTES) if is_list else MAX_TEXT_BYTES
    cut = partial(cut_list, between=LIST_MARK) if is_list else cut_text
    fitting = [None if text is None else cut(text, most=most, encoding=encoding) for text in values]
    least = MIN_TEXT_BYTES[column.type] if column is not None and column.type in MIN_TEXT_BYTES else 1
    width = wish.width or max([least, *(_size(text, encoding) for text in fitting if text)])
    shortened = [key for key, before, after in zip(keys, values, fitting, strict=True) if before != after]
    return Field(wish.code, column, f"str:{width}", fitting, tuple(shortened))


def _whole_field(wish: Wish, column: Column, values: list[Any]) -> Field:
    longest = max([0, *(len(str(value)) for value in values if value is not None)])
    if longest > MAX_DIGITS and wish.type:
        return Field(wish.code, column, f"float:{longest}.0", _rounded(values, 0))
    if longest > MAX_DIGITS:
        texts = [None if value is None else str(value) for value in values]
        return Field(wish.code, column, f"str:{longest}", texts)
    whole = [None if value is None else int(value) for value in values]
    return Field(wish.code, column, f"int32:{MAX_DIGITS}", whole)


def _real_field(wish: Wish, column: Column, values: list[Any]) -> Field:
    decimals = _decimals(column, wish)
    longest = max([MIN_NUMBER_WIDTH, *(len(f"{value:.{decimals}f}") for value in values if value is not None)])
    return Field(wish.code, column, f"float:{longest}.{decimals}", _rounded(values, decimals))


def _rounded(values: list[Any], decimals: int) -> list[float | None]:
    return [None if value is None else round(float(value), decimals) for value in values]


def _decimals(column: Column | None, wish: Wish) -> int:
    if wish.decimals is not None:
        return wish.decimals
    return DECIMALS.get(column.unit, OTHER_DECIMALS) if column is not None and column.type in REAL else 0


def _say_too_wide(
    field: Field, wish: Wish, keys: Sequence[str], table: str, encoding: str,
) -> Iterator[Finding]:
    """Yield a finding where values are wider than the template lets them be."""
    if wish.width is None:
        return
    sizes = {key: size for key, size in zip(keys, _sizes(field, wish, encoding), strict=True) if size > wish.width}
    if sizes:
        yield Finding("delivery.too_wide", table, values={
            "field": field.name, "type": f"{wish.type} {wish.width}", "count": len(sizes),
            "longest": max(sizes.values()), "ids": listed(sizes)})


def _sizes(field: Field, wish: Wish, encoding: str) -> Iterable[int]:
    if field.type.startswith("str"):
        return (_size(text, encoding) if text else 0 for text in field.values)
    decimals = _decimals(field.column, wish)
    return (0 if value is None else len(f"{value:.{decimals}f}") for value in field.values)


def _size(text: str, encoding: str) -> int:
    return len(_bytes(text, encoding))


def _bytes(text: str, encoding: str) -> bytes:
    """Return a text as bytes to be counted; letters that cannot be written have been told before."""
    return text.encode(encoding, errors="replace")


def cut_text(text: str, *, most: int = MAX_TEXT_BYTES, encoding: str = "UTF-8") -> str:
    """Return as many whole characters as a field of so many bytes holds."""
    data = _bytes(text, encoding)
    return text if len(data) <= most else data[:most].decode(encoding, errors="ignore")


def cut_list(text: str, between: str, *, most: int = MAX_TEXT_BYTES, encoding: str = "UTF-8") -> str:
    """Return as many whole members as a field holds, and where some are left out how many there are."""
    if _size(text, encoding) <= most:
        return text
    mark = f"{between}…({text.count(between) + 1})"
    room = most - _size(mark, encoding) + _size(between, encoding)
    head, _, _ = _bytes(text, encoding)[:max(room, 0)].decode(encoding, errors="ignore").rpartition(between)
    return head + mark if head else cut_text(text, most=most, encoding=encoding)
