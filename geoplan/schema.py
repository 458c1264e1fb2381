"""What every table looks like: which columns, of what type and unit, under which names.

columns.csv has one line per column of every layer that comes in and every table that goes out; values.csv has one line
per word of every column that holds a closed list. Readers, writers and the map take names, widths and headings from
here and keep none of their own.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

LIST_SEPARATOR = "、"
GEOMETRY_TYPES = ("polygon", "line", "point", "any")
DTYPES: Mapping[str, Any] = {"text": "str", "list": "str", "int": "Int64", "year": "Int64", "storey": "Int64",
                             "float": "float64", "share": "float64", "bool": "boolean"}


@dataclass(frozen=True)
class Column:
    """One line of columns.csv; `side` is in (a layer the planner brings) or out (a table of the run).

    `zh` and `en` are headings, `meaning_zh` and `meaning_en` say in one sentence what stands in the column.
    """

    side: str
    table: str
    name: str
    type: str
    unit: str
    required: bool
    key: bool
    values: str
    dbf: str
    zh: str
    en: str
    meaning_zh: str = ""
    meaning_en: str = ""


@dataclass(frozen=True)
class Word:
    """One line of values.csv: a code, its labels, and the words planners write for it."""

    values: str
    code: str
    zh: str
    en: str
    words: tuple[str, ...]


def lines_of(name: str) -> list[dict[str, str]]:
    """Return the lines of a CSV file of the package."""
    text = files("geoplan").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _all_columns() -> Mapping[tuple[str, str], tuple[Column, ...]]:
    tables: dict[tuple[str, str], tuple[Column, ...]] = {}
    for line in lines_of("columns.csv"):
        column = Column(
            line["side"], line["table"], line["column"], line["type"], line["unit"], line["required"] == "yes",
            line["key"] == "yes", line["values"], line["dbf"], line["zh"], line["en"], line["meaning_zh"],
            line["meaning_en"],
        )
        tables[column.side, column.table] = (*tables.get((column.side, column.table), ()), column)
    return tables


def columns_of(table: str, side: str = "out") -> tuple[Column, ...]:
    """Return the columns of a table in their order; KeyError for a table that does not exist."""
    return _all_columns()[side, table]


def tables(side: str = "out") -> tuple[str, ...]:
    """Return the names of all tables of a side in their order."""
    return tuple(table for table_side, table in _all_columns() if table_side == side)


def keys_of(table: str, side: str = "out") -> list[str]:
    """Return the names of the columns that together name one row."""
    return [column.name for column in columns_of(table, side) if column.key]


def is_spatial(table: str, side: str = "out") -> bool:
    """Say whether a table holds a geometry."""
    return any(column.type in GEOMETRY_TYPES for column in columns_of(table, side))


@cache
def words_of(values: str) -> tuple[Word, ...]:
    """Return the words of a closed list in their order; KeyError for a list that does not exist."""
    found = tuple(
        Word(line["values"], line["code"], line["zh"], line["en"], tuple(filter(None, line["words"].split("|"))))
        for line in lines_of("values.csv")
        if line["values"] == values
    )
    if not found:
        raise KeyError(values)
    return found


def labels_of(values: str, language: str) -> dict[str, str]:
    """Return code -> label of a closed list in `language`."""
    return {word.code: getattr(word, language) for word in words_of(values)}


def split_list(text: object) -> list[str]:
    """Return the members of a list column's text; an empty or missing text has none."""
    return [] if not isinstance(text, str) else [part for part in text.split(LIST_SEPARATOR) if part]


def join_list(members: Iterable[str]) -> str:
    """Return the text of a list column, in the order given."""
    return LIST_SEPARATOR.join(members)


def empty_table(table: str, crs: CRS | str | None = None, side: str = "out") -> pd.DataFrame:
    """Return a table with every column, its type, and no row."""
    return conform(table, pd.DataFrame({column.name: [] for column in columns_of(table, side)}), crs, side)


def conform(table: str, frame: pd.DataFrame, crs: CRS | str | None = None, side: str = "out") -> pd.DataFrame:
    """Return `frame` as the contract has it: columns in order, types set, rows sorted by key, index 0..n-1.

    Parameters
    ----------
    table
        Name of the table.
    frame
        Must hold every column of the table (KeyError otherwise) and no row twice (ValueError otherwise).
    crs
        Of the geometries, where `frame` does not carry one.
    side
        in or out.

    Returns
    -------
    table
        A GeoDataFrame where the table is spatial, else a DataFrame.
    """
    columns = columns_of(table, side)
    missing = [column.name for column in columns if column.name not in frame.columns]
    if missing:
        raise KeyError(f"table {table!r}: columns {missing} are missing")
    typed = pd.DataFrame({column.name: _typed(frame[column.name], column) for column in columns})
    keys = keys_of(table, side)
    if keys and typed.duplicated(keys).any():
        raise ValueError(f"table {table!r}: {int(typed.duplicated(keys).sum())} rows share a key")
    ordered = typed.sort_values(keys, kind="stable", ignore_index=True) if keys else typed.reset_index(drop=True)
    if not is_spatial(table, side):
        return ordered
    spatial: pd.DataFrame = gpd.GeoDataFrame(ordered, geometry="geometry", crs=getattr(frame, "crs", None) or crs)
    return spatial


def _typed(values: pd.Series, column: Column) -> pd.Series:
    if column.type in GEOMETRY_TYPES:
        return pd.Series(np.asarray(values, dtype=object), index=values.index, dtype=object)
    if values.dtype == DTYPES[column.type]:
        return values
    if column.type in ("text", "list"):
        return values.astype(object).where(values.notna(), None).astype("str")
    typed: pd.Series = values.astype(DTYPES[column.type])
    return typed
