"""Do workbook, map, dossiers, atlas and shapefiles say what plan.gpkg says?

Each is read from its bare bytes (transcripts.py) and held against the tables row by row: what a cell should say is
worked out here once more, with the words of the contract and nothing of the writers. A figure that was rounded for
readers must be the table's own, rounded half up.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geoplan.audited import Audited, Outcome
from geoplan.labels import BETWEEN, CITING, sheet_title, teller, unit_of, writable
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, keys_of, labels_of, lines_of, tables
from geoplan.transcripts import Grid, dbf_columns, paper_blocks, pdf_pages, read_page, sheet_lines

TEXT_TYPES = ("text", "list", "bool")
MISSING = ("", "—")
WORKBOOK, MAP, DOSSIERS, ATLAS = "plan.xlsx", "map.html", "dossiers.docx", "atlas.pdf"
SHAPEFILES = ("areas", "estates", "facilities", "sites", "openings")
ASSUMED, YUAN, YUAN_PER_10K = "assumption", "yuan", 10_000
PERCENT = 100
EXACTLY = 1e-12  # share of a figure: a workbook stores 16 digits
DOUBTFUL = ("fail", "unknown", "not_set")  # verdicts that the map shows
STRAIGHTENED_M = 1.0  # the map shows whole metres that stay on their side of the limit
HALF = Decimal("0.5000001")  # of the last place of a number in a .dbf
DEGREES, DEGREE_SLACK = "EPSG:4326", 2e-5  # about 2 m: outlines are thinned, those of areas lose their slits
MAPPED = ("areas", "estates", "facilities", "openings", "sites")
KEY_FIGURES = {  # of an area, as the atlas prints them: word of the label -> column, and what one unit of it is worth
    "estates": ("estates", 1), "households": ("households", 1), "residents": ("residents", 1),
    "floor_area_m2": ("floor_area_m2", YUAN_PER_10K), "short": ("elder_short_m2", 1),
    "amount": ("amount_yuan", YUAN_PER_10K), "plan_year": ("plan_year", 1),
}

Agrees = Callable[[str, object], bool]


class Told(NamedTuple):
    """A column of a sheet: where it stands, what it is, and how many of its units one of the sheet's is worth."""

    place: int
    column: Column
    worth: int


def workbook_says_the_same(audited: Audited) -> Outcome:
    """Every sheet that shows a table has each of its rows, with the very figures and words of the table."""
    file = audited.run.folder / WORKBOOK
    sheets = sheet_lines(file) if file.is_file() else {}
    count, wrong = 0, list[str]()
    for name in tables():
        lines = sheets.get(sheet_title(name, audited.run.language), [])
        if lines and keys_of(name):
            counted, found = _compared(audited, name, audited.table(name), lines, _is_exactly)
            count, wrong = count + counted, wrong + found
    return Outcome(count, wrong)


def dossiers_say_the_same(audited: Audited) -> Outcome:
    """The list of areas has every area; the tables of an area show its gaps, works and money as the tables do."""
    file, areas = audited.run.folder / DOSSIERS, audited.table("areas")
    if not file.is_file():
        return Outcome(0, [])
    count, wrong, area_id = 0, list[str](), None
    titles = {f"{key}　": key for key in areas["area_id"]}
    for block in paper_blocks(file):
        if isinstance(block, str):
            area_id = next((key for title, key in titles.items() if block.startswith(title)), area_id)
        elif area_id is None:
            counted, found = _compared(audited, "areas", areas, block, reads)
            count, wrong = count + counted, wrong + found
        else:
            counted, found = _of_area(audited, area_id, block)
            count, wrong = count + counted, wrong + [f"{area_id} {one}" for one in found]
    return Outcome(count, [*wrong, *([] if count >= len(areas) else ["areas"])])


def atlas_says_the_same(audited: Audited) -> Outcome:
    """The list of areas and the sheet of every area show its figures."""
    file, areas = audited.run.folder / ATLAS, audited.table("areas")
    if not file.is_file():
        return Outcome(0, [])
    pages, wrong = pdf_pages(file), []
    own = dict(zip(areas["area_id"], pages[len(pages) - len(areas):], strict=True))
    listed = [text for page in pages[:len(pages) - len(areas)] for text in page]
    labels = {line["key"]: line[audited.run.language] for line in lines_of("paper.csv")}
    for area in areas.to_dict("records"):
        key = str(area["area_id"])
        row = [area[name] for name in ("households", "elder_short_m2", "plan_year")]
        if not any(text == key and all(map(reads, listed[at + 2:at + 5], row)) for at, text in enumerate(listed)):
            wrong.append(key)
        pairs = list(pairwise(own[key]))
        for word, (column, worth) in KEY_FIGURES.items():
            said = [text for text, label in pairs if _is_label(label, labels[f"k.{word}"])]
            if not said or not (pd.isna(area[column]) or any(reads(text, _per(area[column], worth)) for text in said)):
                wrong.append(f"{key} {column}")
    return Outcome(len(areas), wrong)


def map_says_the_same(audited: Audited) -> Outcome:
    """The tables and shapes that the map carries are those of the plan, as far as it shows them."""
    file = audited.run.folder / MAP
    if not file.is_file():
        return Outcome(0, [])
    page, count, wrong = read_page(file), 0, list[str]()
    for name, columns in page.tables.items():
        if name in tables() and set(keys_of(name)) <= set(columns):
            counted, found = _same_on_map(audited, name, columns)
            count, wrong = count + counted, wrong + found
    for name in MAPPED:
        paths, shapes = page.shapes[name], audited.table(name).geometry.to_crs(DEGREES).to_numpy()
        drawn = pd.DataFrame(paths.lonlat).groupby(paths.shape).agg(["min", "max"]).reindex(range(paths.shapes))
        said = drawn.to_numpy()[:, [0, 2, 1, 3]]
        far = len(shapes) != len(said) or (np.abs(said - shapely.bounds(shapes)) > DEGREE_SLACK).any()
        wrong += [name] if far else []
    return Outcome(count, wrong)


def shapefiles_say_the_same(audited: Audited) -> Outcome:
    """Every record of a shapefile says what its row says, as far as a field can hold it.

    A template's codes may mean other columns: such a delivery was read back when it was written.
    """
    delivery = audited.run.manifest.get("delivery", {})
    if audited.text("delivery.template"):
        return Outcome(0, [])
    count, wrong = 0, []
    for name in SHAPEFILES:
        file = audited.run.folder / "shapefile" / f"{delivery.get('names', {}).get(name, name)}.dbf"
        if not file.is_file():
            continue
        fields, frame = dbf_columns(file, delivery.get("encoding", "UTF-8")), audited.table(name)
        columns = [column for column in columns_of(name) if column.dbf in fields and column.type != "list"]
        if any(len(values) != len(frame) for values in fields.values()) or not columns:
            continue  # how many there are is another check
        for column in columns:
            tell = teller(column, audited.run.language, "")
            keys = frame[keys_of(name)].itertuples(index=False, name=None)
            for key, said, value in zip(keys, fields[column.dbf], frame[column.name], strict=True):
                count += 1
                if not _fits(said, value, tell):
                    wrong.append(f"{name} {' '.join(map(str, key))} {column.name}")
    return Outcome(count, wrong)


def reads(text: str, value: object) -> bool:
    """Say whether a text is a number rounded half up to as many places as it shows; of 12.5% the share is 0.125."""
    if pd.isna(value):  # type: ignore[call-overload]
        return text in MISSING
    said = text.replace(",", "")
    exact = Decimal(str(value)) * (PERCENT if said.endswith("%") else 1)
    try:
        shown = Decimal(said.rstrip("%"))
        return shown == exact.quantize(Decimal(1).scaleb(int(shown.as_tuple().exponent)), ROUND_HALF_UP)
    except InvalidOperation:
        return False


def _is_label(text: str, label: str) -> bool:
    """Say whether a text is a label, or as much of it as had room."""
    return text == label or (text.endswith("…") and label.startswith(text[:-1]))


def _is_exactly(text: str, value: object) -> bool:
    if pd.isna(value):  # type: ignore[call-overload]
        return text == ""
    try:
        return math.isclose(float(text), float(str(value)), rel_tol=EXACTLY, abs_tol=EXACTLY)
    except ValueError:
        return False


def _per(value: object, worth: int) -> object:
    return value if worth == 1 or pd.isna(value) else Decimal(str(value)) / worth  # type: ignore[call-overload]


def _compared(
    audited: Audited, table: str, frame: pd.DataFrame, lines: Grid, agrees: Agrees, keys: Sequence[str] = (),
) -> tuple[int, list[str]]:
    """Return how many rows of a table stand in lines under headings, and which cells differ; rows that are sums go by.

    `keys` name the rows where the lines leave some of the table's own keys out; such lines may leave rows out too.
    """
    language = audited.run.language
    told = {one.column.name: one for one in _told(tuple(lines[0]), table, language)} if lines else {}
    wanted = list(keys or keys_of(table))
    if not set(wanted) <= set(told):
        return 0, []
    records = frame.to_dict("records")
    rows = {tuple(_said(row[key], told[key].column, language) for key in wanted): row for row in records}
    found, wrong = set(), []
    for line in lines[1:]:
        cells = [*line, *[""] * len(lines[0])]
        key = tuple(cells[told[one].place] for one in wanted)
        row = rows.get(key)
        if row is None:
            wrong += [] if keys or labels_of("sheet", language)["total"] in line else [f"{table} {' '.join(key)}"]
            continue
        found.add(key)
        wrong += [f"{table} {' '.join(key)} {one.column.name}" for one in told.values()
                  if not _agrees(cells[one.place], row[one.column.name], one, language, agrees)]
    missed = [] if keys else [f"{table} {' '.join(key)}" for key in rows if key not in found]
    return len(found), wrong + missed


def _of_area(audited: Audited, area_id: str, grid: Grid) -> tuple[int, list[str]]:
    """Return the rows of an area's own table, and what differs: gaps, works and money, or its elder-care account."""
    for table, keys in (("area_gaps", ["facility_type"]), ("funding", ["item", "source"]), ("works", ["item"])):
        named = {one.column.name for one in _told(tuple(grid[0]), table, audited.run.language)}
        if named >= set(keys):
            frame = audited.table(table)
            return _compared(audited, table, frame[frame["area_id"] == area_id], grid, reads, keys)
    care = audited.table("care").set_index("area_id")
    pairs = [(row[at], row[at + 1]) for row in grid for at in range(0, len(row) - 1, 2)]
    told = _told(tuple(label for label, _ in pairs), "care", audited.run.language)
    if area_id not in care.index or not {"need_m2", "short_m2"} <= {one.column.name for one in told}:
        return 0, []
    return 1, [f"care {one.column.name}" for one in told if one.column.type not in TEXT_TYPES
               and not reads(pairs[one.place][1], _per(care.at[area_id, one.column.name], one.worth))]


@cache
def _told(headings: tuple[str, ...], table: str, language: str) -> tuple[Told, ...]:
    """Return the columns of a table whose headings stand there, bare or with a unit in brackets."""
    places = {heading: place for place, heading in reversed(list(enumerate(headings)))}
    told = []
    for column in columns_of(table):
        name, unit = str(getattr(column, language)), unit_of(column, language)
        dear = labels_of("unit", language)["10k_yuan"] if column.unit == YUAN else ""
        forms = {name: 1, **{form.format(name, of): worth for of, worth in ((unit, 1), (dear, YUAN_PER_10K)) if of
                             for form in ("{}（{}）", "{} ({})")}}
        found = next((heading for heading in forms if heading in places), None)
        if found is not None and column.type not in GEOMETRY_TYPES:
            told.append(Told(places[found], column, forms[found]))
    return tuple(told)


def _said(value: object, column: Column, language: str) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    tell = teller(column, language, BETWEEN[language])
    return writable(str(value) if tell is None else tell(value)).strip()


def _agrees(text: str, value: object, told: Told, language: str, agrees: Agrees) -> bool:
    """Say whether a cell is a value of the table; a clause is cited in full, an assumption bears a mark of its own."""
    if told.column.type not in TEXT_TYPES:
        return agrees(text, _per(value, told.worth))
    said = _said(value, told.column, language)
    if told.column.name in CITING:
        return (not said) == (text in MISSING)
    others = {"basis": labels_of("sheet", language)["assumption"] if value == ASSUMED else said,
              "unit": labels_of("unit", language).get(said, said)}
    unknown = told.column.type == "bool" and text == labels_of("answer", language)["unknown"]
    return text.strip() in (said, others.get(told.column.name)) or (not said and (text in MISSING or unknown))


def _same_on_map(audited: Audited, name: str, columns: Mapping[str, list[Any]]) -> tuple[int, list[str]]:
    """Return how many rows of a table the map shows, and which of them are other than the plan's or missing."""
    frame, keys = audited.table(name), keys_of(name)
    wanted = frame[frame["result"].isin(DOUBTFUL)] if name == "verdicts" else frame
    shown = pd.DataFrame({column: pd.Series(values, dtype=object) for column, values in columns.items()})
    both = wanted.merge(shown, on=keys, how="outer", suffixes=("", "_map"), indicator=True)
    odd = both["_merge"].ne("both")
    for column in columns_of(name):
        if f"{column.name}_map" in both:
            odd |= _differ(both[column.name], both[f"{column.name}_map"], column)
    return len(wanted), [f"{name} {' '.join(map(str, key))}" for key in both.loc[odd, keys].to_numpy()]


def _differ(own: pd.Series, shown: pd.Series, column: Column) -> pd.Series:
    is_gone = own.isna() != shown.isna()
    if column.type in TEXT_TYPES:
        said = own.map(lambda value: writable(str(value)), na_action="ignore").astype(object)
        return is_gone | (own.notna() & said.ne(shown.map(str, na_action="ignore")))
    near = STRAIGHTENED_M if column.unit == "m" else 0.5 if column.unit == YUAN else 0.0501
    return is_gone | (own.astype("float64") - shown.astype("float64")).abs().gt(near)


def _fits(said: object, value: object, tell: Callable[[Any], str] | None) -> bool:
    """Say whether a cell of a .dbf is a value: a number to its places, a text as far as the field goes."""
    if pd.isna(value) or value == "":  # type: ignore[call-overload]
        return said is None
    if isinstance(said, Decimal):
        return abs(said - Decimal(str(value))) <= HALF * Decimal(1).scaleb(int(said.as_tuple().exponent))
    text = " ".join(writable(str(value) if tell is None else tell(value)).split())
    return said is not None and (" ".join(str(said).split()) == text or (len(text) > 40 and text.startswith(str(said))))


OUTPUT_CHECKS: Mapping[str, Callable[[Audited], Outcome]] = {
    "workbook": workbook_says_the_same, "map": map_says_the_same, "dossiers": dossiers_say_the_same,
    "atlas": atlas_says_the_same, "records": shapefiles_say_the_same,
}
