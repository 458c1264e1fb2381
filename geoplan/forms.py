"""How does a table become a sheet that people read? Columns of columns.csv -> headings, number formats and values.

A sheet is an ordered mapping of column name -> `Shown`. Codes become words, yuan become 万元, rules of law are cited by
the number of their document. A column without any value is left out, so that a plan made from little data shows short
sheets; a sum with an unknown part is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from geoplan.figures import sum_of
from geoplan.labels import CITING, TEXT_TYPES, cited, labelled, unit_of
from geoplan.plan import Plan
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, labels_of

YUAN_PER_10K = 10_000
TEXT_FORMAT = "@"
WHOLE, DECIMAL, MONEY, SHARE, PLAIN = "#,##0", "#,##0.0", "#,##0.00", "0.0%", "0"
FORMATS = {
    "m": DECIMAL, "m2": DECIMAL, "min": DECIMAL, "household-m": WHOLE, "person-min": WHOLE, "yuan": MONEY,
    "share": SHARE, "year": PLAIN, "rank": PLAIN,
}
HIDDEN = {"component_id"}  # of use to programs only


@dataclass(frozen=True)
class Shown:
    """One column of a sheet; `total` stands under it, `width` (in letters) and `fill` (of cells that hold something)
    are set where the sheet is drawn rather than listed."""

    heading: str
    format: str
    values: pd.Series
    total: float | None = None
    width: int | None = None
    fill: str = ""


Sheet = dict[str, Shown]


def shown(table: str, frame: pd.DataFrame, language: str) -> Sheet:
    """Return a table as people read it."""
    columns = [column for column in columns_of(table) if column.type not in GEOMETRY_TYPES]
    return shown_columns([column for column in columns if column.name not in HIDDEN], frame, language)


def shown_columns(columns: Sequence[Column], frame: pd.DataFrame, language: str) -> Sheet:
    """Return columns of a table as people read them."""
    words = labelled(columns, frame, language)
    return {column.name: _column(column, words[column.name], language) for column in columns}


def with_area(plan: Plan, table: str, rows: pd.DataFrame) -> Sheet:
    """Return a table with the name of the area behind its id."""
    names = rows["area_id"].map(plan.tables["areas"].set_index("area_id")["name"])
    sheet = shown(table, rows, plan.project.plan.language)
    return after(sheet, "area_id", name=text(plan, "area_name", names))


def text(plan: Plan, word: str, values: pd.Series) -> Shown:
    """Return a column of texts under one of the workbook's own headings."""
    return Shown(labels_of("sheet", plan.project.plan.language)[word], TEXT_FORMAT, values)


def after(sheet: Sheet, column: str, /, **more: Shown) -> Sheet:
    """Return the sheet with further columns behind the one named."""
    spread = {key: {key: each, **more} if key == column else {key: each} for key, each in sheet.items()}
    return {key: each for part in spread.values() for key, each in part.items()}


def summed(sheet: Sheet, *names: str) -> Sheet:
    """Return the sheet with the exact sums of some columns under them."""
    return {key: replace(each, total=_total(each.values)) if key in names and len(each.values) else each
            for key, each in sheet.items()}


def without(sheet: Sheet, *names: str) -> Sheet:
    """Return the sheet without some of its columns."""
    return {key: each for key, each in sheet.items() if key not in names}


def filled(sheet: Sheet) -> Sheet:
    """Return the sheet without the columns in which no row has a value."""
    return {name: each for name, each in sheet.items() if each.values.notna().any() or not len(each.values)}


def _total(values: pd.Series) -> float | None:
    total = sum_of(values)
    return None if total is None else float(str(total))


def _column(column: Column, values: pd.Series, language: str) -> Shown:
    heading = column.zh if language == "zh" else column.en
    unit = "" if column.type == "share" else unit_of(column, language)
    if column.type == "bool" and values.notna().any():
        values = values.fillna(labels_of("answer", language)["unknown"])
    if column.unit == "yuan":
        values, unit = values / YUAN_PER_10K, labels_of("unit", language)["10k_yuan"]
    if column.name in CITING:
        values = values.map(lambda clause: cited(clause, language), na_action="ignore").astype("str")
    if unit:
        heading += f"（{unit}）" if language == "zh" else f" ({unit})"
    is_text = column.type in (*TEXT_TYPES, "bool")
    return Shown(heading, TEXT_FORMAT if is_text else FORMATS.get(column.unit, _usual(column)), values)


def _usual(column: Column) -> str:
    return MONEY if column.type == "float" else WHOLE
