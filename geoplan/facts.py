"""How is a row of a finished run told? Columns -> headings with units, words for codes, numbers as people write them.

What every page of explain.py and accounts.py is made of: tables of rows, sentences, remarks that name an id.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd

from geoplan.errors import Finding, say
from geoplan.labels import TEXT_TYPES, labelled, labels_for, table_name, unit_of
from geoplan.pages import Block, Table
from geoplan.runs import Run, read_rows
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, labels_of, tables

MISSING = "–"
DECIMALS = {"m": 2, "m2": 2, "min": 1, "yuan": 2, "household-m": 0, "person-min": 0}  # plan.gpkg holds them all
OTHER_DECIMALS = 4
UNGROUPED = ("year", "rank")
PERCENT = "share"
WALKING, STRAIGHT = "walking", "straight_line"  # told once a page, not in every row
NUMBERS = {column.name for table in tables() for column in columns_of(table)
           if column.type not in (*TEXT_TYPES, *GEOMETRY_TYPES, "bool")} | {"to_hub", "opened"}
ID_COLUMNS = {  # column that names a thing -> the table that says what it is called
    "estate_a": ("estates", "estate_id"), "estate_b": ("estates", "estate_id"), "area_id": ("areas", "area_id"),
    "facility_id": ("facilities", "facility_id"), "site_id": ("sites", "site_id"),
}
COLON = {"zh": "：", "en": ": "}


def heading(column: Column, language: str) -> str:
    """Return the heading of a column with its unit in brackets."""
    unit = "" if column.unit == PERCENT else unit_of(column, language)
    name = getattr(column, language)
    return name if not unit else f"{name}（{unit}）" if language == "zh" else f"{name} ({unit})"


def headings_of(table: str, language: str) -> dict[str, str]:
    """Return the heading of every column of a table by its name."""
    return {column.name: heading(column, language) for column in columns_of(table)}


def meanings_of(table: str, language: str) -> dict[str, str]:
    """Return what stands in every column of a table, in one sentence."""
    return {column.name: getattr(column, f"meaning_{language}") for column in columns_of(table)}


def number_text(value: object, unit: str = "") -> str:
    """Return a number as people write it, or a dash where it is missing."""
    if pd.isna(value):  # type: ignore[call-overload]
        return MISSING
    if unit in UNGROUPED:
        return str(value)
    if unit == PERCENT:
        return f"{Decimal(str(value)):.1%}"
    text = f"{Decimal(str(value)):,.{DECIMALS.get(unit, OTHER_DECIMALS)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def told(rows: pd.DataFrame, table: str, language: str, *, side: str = "out") -> pd.DataFrame:
    """Return every column of a table but its geometry as text.

    Parameters
    ----------
    rows
        Rows of the table.
    table
        Its name.
    language
        zh or en.
    side
        Of the table, as in columns.csv.

    Returns
    -------
    told
        The same columns in their order, index as `rows`.
    """
    columns = [column for column in columns_of(table, side) if column.type not in GEOMETRY_TYPES]
    words = labelled(columns, rows, language)
    return pd.DataFrame({
        column.name: words[column.name].astype(object).fillna(MISSING) if column.type in (*TEXT_TYPES, "bool")
        else [number_text(value, column.unit) for value in rows[column.name]]
        for column in columns
    }, index=rows.index, dtype=object)


def rows_table(
    rows: pd.DataFrame, table: str, names: Sequence[str], language: str, **more: tuple[str, Sequence[str]],
) -> Table:
    """Return columns of a table under their headings; `more` are columns made elsewhere: name = (heading, texts).

    Parameters
    ----------
    rows
        Rows of the table.
    table
        Its name.
    names
        Which columns, in which order; those of `more` among them.
    language
        zh or en.
    more
        Other columns to stand among them, or in the place of one.

    Returns
    -------
    table
        Columns of numbers end flush.
    """
    texts = told(rows, table, language).assign(**{name: list(said) for name, (_, said) in more.items()})
    known = headings_of(table, language) | {name: said for name, (said, _) in more.items()}
    right = frozenset(place for place, name in enumerate(names) if name in NUMBERS)
    lines = texts[list(names)].itertuples(index=False, name=None)
    return Table(tuple(known[name] for name in names), tuple(lines), right)


def attributes(row: pd.DataFrame, table: str, language: str) -> list[Block]:
    """Return every column of one row: heading and value, one line each."""
    headings = headings_of(table, language)
    facts = told(row, table, language).iloc[0].to_dict()
    return [f"{headings[str(name)]}{COLON[language]}{text}" for name, text in facts.items()]


def section(code: str, language: str, blocks: Sequence[Block]) -> list[Block]:
    """Return blocks under a title of their own, or nothing where there are none."""
    return ["", f"【{labels_of('explain', language)[code]}】", *blocks] if blocks else []


def sentence(code: str, language: str, **values: object) -> str:
    """Return a sentence of messages.csv."""
    return say(Finding(code, values=values), language)


def note_straight(run: Run) -> list[Block]:
    """Return that walks are straight lines, where they are."""
    is_straight = (run.manifest.get("notes") or {}).get(WALKING) == STRAIGHT
    return [sentence("explain.straight_line", run.language)] if is_straight else []


def held_rows(run: Run, wanted_in: Sequence[str], column: str, wanted: str) -> list[Block]:
    """Return, table by table, every row that names an id in a column; tables without one are left out."""
    blocks: list[Block] = []
    for table in wanted_in:
        rows = read_rows(run, table, **{column: wanted})
        if len(rows):
            blocks += ["", f"【{table_name(table, run.language)}】", _held_table(run, rows, table, column)]
    return blocks


def _held_table(run: Run, rows: pd.DataFrame, table: str, column: str) -> Table:
    """Return rows, in the order of their rank where they have one, with names for the ids of others."""
    shown = [one.name for one in columns_of(table)
             if one.type not in GEOMETRY_TYPES and one.name not in (column, WALKING)]
    ordered = rows.sort_values("rank", kind="stable") if "rank" in shown else rows
    headings = headings_of(table, run.language)
    named = {}
    for name in set(shown) & set(ID_COLUMNS):
        names = names_of(run, *ID_COLUMNS[name])
        named[name] = (headings[name], [names.get(key, MISSING if pd.isna(key) else key) for key in ordered[name]])
    return rows_table(ordered, table, shown, run.language, **named)


def remarks_of(run: Run, wanted: str) -> list[Block]:
    """Return the remarks that name an id as a whole word."""
    remarks = read_rows(run, "remarks")
    word = re.compile(rf"(?<![0-9A-Za-z_.-]){re.escape(wanted)}(?![0-9A-Za-z_-]|\.\d)")
    own = remarks[[bool(word.search(message)) for message in remarks["message"].fillna("")]]
    if own.empty:
        return []
    layers = [table_name(layer, run.language) for layer in own["layer"]]
    table = rows_table(own, "remarks", ("severity", "layer", "row", "action", "message"), run.language,
                       layer=(headings_of("remarks", run.language)["layer"], layers))
    return section("remarks", run.language, [table, sentence("explain.remarks_note", run.language)])


def names_of(run: Run, table: str, key: str) -> dict[str, str]:
    """Return id -> name(id) of every row of a table; an id that is its own name stands alone."""
    rows = read_rows(run, table)
    return {
        key_: key_ if pd.isna(name) or name == key_ else f"{name}({key_})"
        for key_, name in zip(rows[key], rows["name"], strict=True)
    }


def parameter(run: Run, part: str, name: str) -> Mapping[str, str]:
    """Return the line of a parameter of plan.toml as text, by its section and key; dashes where the run has none."""
    texts = told(read_rows(run, "parameters", name=f"{part}.{name}"), "parameters", run.language)
    return {str(column): texts[column].iloc[0] if len(texts) else MISSING for column in texts.columns}


def code_text(values: str, code: object, language: str) -> str:
    """Return the label of a code, the code itself where it has none, a dash where it is missing."""
    return MISSING if pd.isna(code) else labels_for(values, language).get(str(code), str(code))  # type: ignore[call-overload]
