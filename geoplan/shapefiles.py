"""How does the plan reach the bureau as shapefiles that every program opens alike?

Five files with an explicit schema: field names from columns.csv (ASCII, at most ten bytes), widths measured in the
encoding that is written, words instead of codes, empty instead of invented. What a shapefile cannot hold is changed by
rule and told in 字段说明.txt; every file is read back, byte by byte, before it counts as written.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from fiona._err import CPLE_BaseError  # raised when a file is closed, and no child of FionaError
from fiona.errors import FionaError

from geoplan.dbf import check_shapefile
from geoplan.errors import DataError, Finding, say
from geoplan.labels import BETWEEN, labelled, labels_for, short_labels_for, table_name, unit_of, writable
from geoplan.plan import Plan
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, keys_of
from geoplan.shapes import representative_points

ENCODING = "UTF-8"
FIELD_NOTES = "字段说明.txt"
MAX_TEXT_BYTES = 254  # a dbf character field
MIN_TEXT_BYTES = {"text": 32, "list": 32, "bool": 8}  # room for the bureau to write into
LIST_MARK = ","  # one byte: the short names of two dozen facility types fit a field
MIN_NUMBER_WIDTH = 12
MAX_DIGITS = 9  # every reader takes these for a whole number; more go as text (fiona 1.10 fails on int64 beside int32)
MAX_FILE_BYTES = 1_900_000_000  # readers stop at 2 GiB
BYTES_PER_POINT, BYTES_PER_SHAPE = 16, 60
DECIMALS = {"m": 3, "m2": 2, "yuan": 2, "min": 2, "household-m": 1, "person-min": 1, "share": 6}
OTHER_DECIMALS = 6
LINE_BREAKS = re.compile(r"[\t\r\n]")
SHAPES: Mapping[str, str] = {
    "areas": "Polygon", "estates": "Polygon", "facilities": "Point", "sites": "Point", "openings": "LineString",
}


@dataclass(frozen=True)
class Field:
    """One field of a shapefile: the column it holds, its type in fiona's words, its values, and the keys cut short."""

    column: Column
    type: str
    values: Sequence[Any]
    cut: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One shapefile before it is written."""

    table: str
    shape: str
    geometries: np.ndarray
    fields: tuple[Field, ...]


def write_shapefiles(plan: Plan, folder: Path) -> None:
    """Write the five shapefiles and 字段说明.txt into a new folder.

    Sites are written as points, one file of one type: a site's outline, where it has one, is in plan.gpkg. DataError
    where a file would pass the two gigabytes a shapefile can hold; OSError where the disk does not take it.

    Parameters
    ----------
    plan
        The finished plan.
    folder
        Is made; must not exist.
    """
    sheets = [_sheet(table, plan.tables[table], plan.project.plan.language) for table in SHAPES]
    for sheet in sheets:
        _check_size(sheet)
    folder.mkdir()
    for sheet in sheets:
        _write(sheet, folder / f"{sheet.table}.shp", plan)
        check_shapefile(
            folder / f"{sheet.table}.shp", {field.column.dbf: field.values for field in sheet.fields}, ENCODING)
    notes = "\r\n".join(_notes(plan, sheets)) + "\r\n"
    (folder / FIELD_NOTES).write_text(notes, encoding="utf-8-sig", newline="")


def _sheet(table: str, frame: pd.DataFrame, language: str) -> Sheet:
    columns = [column for column in columns_of(table) if column.type not in GEOMETRY_TYPES]
    words = labelled(columns, frame, language, between=LIST_MARK)
    keys = words[keys_of(table)].agg("-".join, axis=1) if len(words) else pd.Series(dtype="str")
    fields = tuple(_field(column, words[column.name], keys) for column in columns)
    return Sheet(table, SHAPES[table], _geometries(table, frame), fields)


def _geometries(table: str, frame: pd.DataFrame) -> np.ndarray:
    assert isinstance(frame, gpd.GeoDataFrame)
    geometries = np.asarray(frame.geometry, dtype=object)
    return representative_points(geometries) if SHAPES[table] == "Point" and len(geometries) else geometries


def _field(column: Column, values: pd.Series, keys: pd.Series) -> Field:
    if column.type in MIN_TEXT_BYTES:
        return _text_field(column, values, keys)
    plain = [None if pd.isna(value) else value for value in values.astype(object)]
    return _real_field(column, plain) if column.type in ("float", "share") else _whole_field(column, plain)


def _text_field(column: Column, values: pd.Series, keys: pd.Series) -> Field:
    cut = partial(_cut_list, between=LIST_MARK) if column.type == "list" else _cut_text
    whole = [None if pd.isna(text) else LINE_BREAKS.sub(" ", writable(text)) for text in values.astype(object)]
    fitting = [None if text is None else cut(text) for text in whole]
    width = max([MIN_TEXT_BYTES[column.type], *(_size(text) for text in fitting if text)])
    shortened = [key for key, before, after in zip(keys, whole, fitting, strict=True) if before != after]
    return Field(column, f"str:{width}", fitting, tuple(shortened))


def _whole_field(column: Column, values: Sequence[Any]) -> Field:
    longest = max([0, *(len(str(value)) for value in values if value is not None)])
    if longest > MAX_DIGITS:
        return Field(column, f"str:{longest}", [None if value is None else str(value) for value in values])
    return Field(column, f"int32:{MAX_DIGITS}", [None if value is None else int(value) for value in values])


def _real_field(column: Column, values: Sequence[Any]) -> Field:
    decimals = DECIMALS.get(column.unit, OTHER_DECIMALS)
    longest = max([MIN_NUMBER_WIDTH, *(len(f"{value:.{decimals}f}") for value in values if value is not None)])
    return Field(column, f"float:{longest}.{decimals}", [value and round(value, decimals) for value in values])


def _size(text: str) -> int:
    return len(text.encode(ENCODING))


def _cut_text(text: str) -> str:
    """Return as many whole characters as a field holds."""
    return text.encode(ENCODING)[:MAX_TEXT_BYTES].decode(ENCODING, errors="ignore")


def _cut_list(text: str, between: str) -> str:
    """Return as many whole members as a field holds, and where some are left out how many there are."""
    if _size(text) <= MAX_TEXT_BYTES:
        return text
    mark = f"{between}…({text.count(between) + 1})"
    room = MAX_TEXT_BYTES - _size(mark) + _size(between)
    head, _, _ = text.encode(ENCODING)[:room].decode(ENCODING, errors="ignore").rpartition(between)
    return head + mark if head else _cut_text(text)


def _check_size(sheet: Sheet) -> None:
    rows = len(sheet.geometries)
    outlines = int(shapely.get_num_coordinates(sheet.geometries).sum()) * BYTES_PER_POINT + rows * BYTES_PER_SHAPE
    record = sum(int(field.type.partition(":")[2].partition(".")[0]) for field in sheet.fields)
    if max(outlines, rows * record) > MAX_FILE_BYTES:
        raise DataError([Finding("shapefiles.too_large", sheet.table, values={"rows": rows})])


def _write(sheet: Sheet, file: Path, plan: Plan) -> None:
    schema = {"geometry": sheet.shape, "properties": {field.column.dbf: field.type for field in sheet.fields}}
    names = [field.column.dbf for field in sheet.fields]
    properties = (dict(zip(names, row, strict=True)) for row in zip(*(f.values for f in sheet.fields), strict=True))
    records = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(geometry), "properties": values}
        for geometry, values in zip(sheet.geometries, properties, strict=True)
    ]
    try:
        with fiona.open(
            file, "w", driver="ESRI Shapefile", schema=schema, crs_wkt=plan.layers.crs.to_wkt(), encoding=ENCODING,
            DBF_DATE_LAST_UPDATE=plan.project.plan.as_of.isoformat(),
        ) as target:
            target.writerecords(records)
    except (FionaError, CPLE_BaseError, RuntimeError) as error:  # GDAL says a full disk in these words
        raise OSError(str(error)) from error


def _notes(plan: Plan, sheets: Sequence[Sheet]) -> list[str]:
    language = plan.project.plan.language
    crs = plan.layers.crs
    authority = crs.to_authority()
    tell = _teller(language)
    heading = tell("heading", name=plan.project.plan.name, crs=crs.name, encoding=ENCODING,
                   code=":".join(authority) if authority else "-")
    rules = [tell(f"rule_{rule}") for rule in ("codes", "missing", "text", "list", "sites", "units")]
    parts = [line for sheet in sheets for line in _sheet_notes(sheet, language)]
    return [heading, "", *rules, *parts]


def _sheet_notes(sheet: Sheet, language: str) -> list[str]:
    tell = _teller(language)
    title = tell("file", file=f"{sheet.table}.shp", title=table_name(sheet.table, language),
                 rows=len(sheet.geometries), shape=sheet.shape)
    cut = [tell("cut", field=field.column.dbf, count=len(field.cut), keys=BETWEEN[language].join(field.cut))
           for field in sheet.fields if field.cut]
    return ["", title, tell("columns"), *(_field_note(field, language) for field in sheet.fields), *cut]


def _field_note(field: Field, language: str) -> str:
    column = field.column
    kind, _, width = field.type.partition(":")
    letter = "C" if kind == "str" else "N"
    return "\t".join([
        column.dbf, column.zh if language == "zh" else column.en, f"{letter} {width}", unit_of(column, language),
        BETWEEN[language].join(_words_of(column, language)), column.name,
    ])


def _words_of(column: Column, language: str) -> list[str]:
    """Return the words a field may hold; a short name is told with the full one."""
    labels = labels_for(column.values, language) if column.values else {}
    if column.type != "list" or not column.values:
        return list(labels.values())
    return [f"{short}={labels[code]}" for code, short in short_labels_for(column.values, language).items()]


def _teller(language: str) -> Callable[..., str]:
    return lambda part, **values: say(Finding(f"shapefiles.{part}", values=values), language)
