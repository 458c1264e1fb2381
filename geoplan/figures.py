"""How is a table of the plan told on paper? Words for codes, numbers as people write them, rows that are marked.

What the dossiers and the atlas share. Money is written in 万元 to the hundredth, areas to the tenth of a square metre,
shares in per cent; what is missing is a dash, never zero.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from geoplan.extracts import Extract
from geoplan.fonts import shortened
from geoplan.labels import BETWEEN, CITING, TEXT_TYPES, cited, teller, unit_of
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, labels_of, lines_of

MISSING = "—"
RULE = re.compile(r" \[[^\]]+\]$")  # after a clause; the list of clauses of a dossier has it
TEN_THOUSAND = 10_000
DECIMALS = {"m": 0, "m2": 1, "min": 1, "household-m": 0, "person-min": 0, "yuan": 2}
OTHER_DECIMALS = 2
MOST_LETTERS = 200  # of a text in a table; plan.gpkg has the whole of it
UNGROUPED = ("year", "rank")
SHARE, YUAN = "share", "yuan"
PLAIN = (*GEOMETRY_TYPES, *TEXT_TYPES, "bool")


@dataclass(frozen=True)
class Grid:
    """Rows of text under headings; columns in `right` hold numbers, rows in `marked` rest on an assumption.

    The last row is the sum of those above it where `has_total` is true.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()
    has_total: bool = False


@cache
def words_on_paper(language: str) -> Mapping[str, str]:
    """Return key -> text of everything the papers say of their own accord; texts with braces want `format`."""
    return {line["key"]: line[language] for line in lines_of("paper.csv")}


def number_text(value: object, unit: str = "", *, decimals: int | None = None) -> str:
    """Return a number as people read it on paper, rounded half up; a dash where it is missing."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return MISSING
    if unit in UNGROUPED:
        return f"{value:.0f}" if isinstance(value, float) else str(value)
    exact = Decimal(str(value))
    if unit == SHARE:
        return f"{_rounded(exact * 100, 1):,}%"
    if unit == YUAN:
        exact /= TEN_THOUSAND
    usual = DECIMALS.get(unit, 0 if exact == exact.to_integral() else OTHER_DECIMALS)
    return f"{_rounded(exact, usual if decimals is None else decimals):,}"


def in_ten_thousands(value: object) -> Decimal | None:
    """Return a number in units of ten thousand, exactly, or nothing where it is missing."""
    return None if value is None or pd.isna(value) else Decimal(str(value)) / TEN_THOUSAND  # type: ignore[call-overload]


def heading_of(column: Column, language: str) -> str:
    """Return the heading of a column with its unit in brackets."""
    unit = "" if column.unit == SHARE else unit_of(column, language)
    if column.unit == YUAN:
        unit = labels_of("unit", language)["10k_yuan"]
    name = getattr(column, language)
    return str(name) if not unit else f"{name}（{unit}）" if language == "zh" else f"{name} ({unit})"


def columns_named(table: str, names: Sequence[str], side: str = "out") -> list[Column]:
    """Return the columns of a table that exist, in the order asked for; without names, every one but its geometry."""
    known = {column.name: column for column in columns_of(table, side) if column.type not in GEOMETRY_TYPES}
    return [known[name] for name in names if name in known] if names else list(known.values())


def texts_of(columns: Sequence[Column], rows: Extract, language: str) -> dict[str, list[str]]:
    """Return column -> its values as text."""
    return {column.name: _texts(column, rows[column.name], language) for column in columns}


def _texts(column: Column, values: Sequence[object], language: str) -> list[str]:
    if column.type not in PLAIN:
        return [number_text(value, column.unit) for value in values]
    tell = teller(column, language, BETWEEN[language])
    if column.name in CITING:
        return [MISSING if _is_missing(value) else _plain(RULE.sub("", cited(str(value), language)))
                for value in values]
    return [MISSING if _is_missing(value) else _plain(value if tell is None else tell(value)) for value in values]


def grid_of(
    table: str, extract: Extract, language: str, names: Sequence[str] = (), *, total: Sequence[str] = (),
    total_word: str = "", marked: Sequence[bool] = (), side: str = "out",
) -> Grid:
    """Return rows of a table as people read them, without the columns in which none has a value.

    Parameters
    ----------
    table
        Its name in columns.csv.
    extract
        Rows of it.
    language
        zh or en.
    names
        The columns wanted, in order; those that the table does not have are passed over.
    total
        Columns that get a sum in a last row; a sum with an unknown part is unknown.
    total_word
        What stands before the sums.
    marked
        Which rows rest on an assumption.
    side
        out, or in for a layer.

    Returns
    -------
    grid
    """
    columns = [column for column in columns_named(table, names, side)
               if column.name in extract and (not len(extract) or any(
                   value is not None for value in extract[column.name]))]
    rows = list(zip(*texts_of(columns, extract, language).values(), strict=True))
    has_total = bool(total) and len(rows) > 1
    if has_total:
        rows.append(tuple(
            number_text(sum_of(extract[column.name]), column.unit) if column.name in total
            else total_word if place == 0 else "" for place, column in enumerate(columns)))
    right = frozenset(place for place, column in enumerate(columns) if column.type not in PLAIN)
    return Grid(tuple(heading_of(column, language) for column in columns), tuple(rows), right,
                frozenset(np.flatnonzero(list(marked)).tolist()), has_total)


def sum_of(values: pd.Series | Sequence[Any]) -> object:
    """Return the exact sum of numbers, or nothing where one of them is unknown."""
    if values.isna().any() if isinstance(values, pd.Series) else None in values:
        return None
    return sum((Decimal(str(value)) for value in values), Decimal(0))


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _is_missing(value: object) -> bool:
    return value is None or bool(pd.isna(value))  # type: ignore[call-overload]


def _plain(value: object) -> str:
    return MISSING if value == "" else shortened(value, MOST_LETTERS)
