"""The sample town: made by its script to the byte, small, openly invented, and as messy as expected.json says.

The files are read here with pyshp, sqlite3, csv, json and zipfile only, never with the package's own readers.
"""

import csv
import json
import sqlite3
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import shapefile
import shapely
from pyproj import Transformer
from shapely.geometry import shape

from geoplan.cache import CACHE_FOLDER
from geoplan.project import load_project
from geoplan.schema import columns_of

DATA = Path(__file__).parents[1] / "data"
TOWN = DATA / "hehuang"
ENVELOPE_BYTES = (0, 32, 48, 48, 64)
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@cache
def expected() -> dict[str, Any]:
    return dict(json.loads((TOWN / "expected.json").read_text(encoding="utf-8")))


@cache
def theirs() -> dict[str, str]:
    """Ours -> the planner's column of the estates, as plan.toml says."""
    return dict(tomllib.loads((TOWN / "plan.toml").read_text(encoding="utf-8"))["estates"]["columns"])


@cache
def estates() -> list[dict[str, Any]]:
    with shapefile.Reader(str(TOWN / "estates"), encoding="gbk") as reader:
        return [record.record.as_dict() | {"shape": shape(record.shape.__geo_interface__)}
                for record in reader.iterShapeRecords()]


def cells(ours: str) -> list[Any]:
    return [row[theirs()[ours]] for row in estates()]


def rows_where(column: str, test: Any) -> list[int]:
    return [row for row, value in enumerate(cells(column), 1) if test(value)]


def is_odd(text: str) -> bool:
    return bool(text) and not (text.isascii() and text.isdigit())


def flat(rows: list[Any]) -> list[Any]:
    return sorted(row for one in rows for row in (one if isinstance(one, list) else [one]))


def gpkg(name: str) -> list[dict[str, Any]]:
    with sqlite3.connect(f"{(TOWN / name).as_uri()}?mode=ro", uri=True) as file:
        file.row_factory = sqlite3.Row
        table, column = file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchone()
        rows = [dict(row) for row in file.execute(f'SELECT * FROM "{table}"')]
    file.close()
    starts = [8 + ENVELOPE_BYTES[row[column][3] >> 1 & 7] for row in rows]
    return [row | {"shape": shapely.from_wkb(row[column][at:])} for row, at in zip(rows, starts, strict=True)]


@cache
def ledger() -> dict[int, list[str]]:
    """Excel row -> the cells of the ledger's first 18 columns."""
    with zipfile.ZipFile(TOWN / "facilities.xlsx") as book:
        words = ["".join(part.text or "" for part in item.iter(f"{SHEET}t"))
                 for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    return {int(row.get("r", 0)): list(_texts(row, words)) for row in sheet.iter(f"{SHEET}row")}


def _texts(row: ElementTree.Element, words: list[str]) -> Iterator[str]:
    found = {"".join(filter(str.isalpha, cell.get("r", ""))): cell for cell in row}
    for letter in "ABCDEFGHIJKLMNOPQR":
        value = found[letter].find(f"{SHEET}v") if letter in found else None
        text = value.text or "" if value is not None else ""
        yield words[int(text)] if value is not None and found[letter].get("t") == "s" else text


def files_of(folder: Path) -> list[Path]:
    """Return the files of the town; a run on it leaves its step cache beside them."""
    return [file for file in folder.iterdir() if file.name != CACHE_FOLDER]


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("town") / "hehuang"
    subprocess.run([sys.executable, str(DATA / "make_hehuang.py"), str(out)], check=True)
    return out


def test_the_committed_town_is_what_the_script_makes(remade: Path) -> None:
    made = json.loads((remade / "expected.json").read_text(encoding="utf-8"))
    assert {file.name for file in files_of(TOWN)} == {file.name for file in remade.iterdir()}
    assert {**made, "made_with": 0} == {**expected(), "made_with": 0}
    if made["made_with"] == expected()["made_with"]:  # other versions of GDAL and Excel writers pack the same rows anew
        differing = [file.name for file in files_of(TOWN) if file.read_bytes() != (remade / file.name).read_bytes()]
        assert differing == []


def test_the_town_takes_less_than_five_megabytes() -> None:
    assert sum(file.stat().st_size for file in files_of(TOWN)) < 5_000_000


def test_the_town_says_that_it_is_invented() -> None:
    readme = (TOWN / "README.md").read_text(encoding="utf-8")
    assert "虚构" in readme
    assert "invented" in readme
    assert "编造" in (TOWN / "plan.toml").read_text(encoding="utf-8")
    assert "虚构" in ledger()[2][0]


def test_the_readme_names_every_planted_fault() -> None:
    readme = (TOWN / "README.md").read_text(encoding="utf-8")
    faults = [expected()[layer]["faults"].values() for layer in ("estates", "facilities", "sites", "gates")]
    ids = flat([one for layer in faults for listed in layer for one in listed])
    assert [text for text in ids if text not in readme] == []


def test_its_plan_toml_is_accepted() -> None:
    assert load_project(TOWN).plan.name.startswith("河湟县")


def test_the_shapefile_hides_its_encoding() -> None:
    assert not (TOWN / "estates.cpg").exists()
    assert (TOWN / "estates.dbf").read_bytes()[29] == 0


def test_every_input_column_of_the_estates_is_there_and_filled() -> None:
    ours = [column.name for column in columns_of("estates", "in") if column.name != "geometry"]
    assert set(ours) == set(theirs())
    assert [column for column in ours if not any(value not in (None, "") for value in cells(column))] == []
    assert all(len(name.encode("gbk")) <= 10 for name in theirs().values())


def test_the_estates_count_as_expected() -> None:
    facts = expected()["estates"]
    assert len(estates()) == facts["rows"]
    assert len(set(cells("estate_id"))) == facts["distinct_ids"]
    assert Counter(cells("subdistrict")) == facts["subdistricts"]
    assert len(set(cells("community"))) == facts["communities"]
    assert sum(row["shape"].geom_type == "MultiPolygon" for row in estates()) == facts["multipart_rows"]


def test_every_fault_of_an_outline_is_found_where_it_was_planted() -> None:
    rows, shapes = expected()["estates"]["fault_rows"], [row["shape"] for row in estates()]
    sound = [one.buffer(0) for one in shapes]
    pairs = [(a, b) for a, b in combinations(range(len(sound)), 2)
             if sound[a].intersects(sound[b]) and sound[a].intersection(sound[b]).area > 0.5]
    twins = [[a + 1, b + 1] for a, b in pairs if sound[a].symmetric_difference(sound[b]).area < 0.1]
    assert [row for row, one in enumerate(shapes, 1) if not one.is_valid] == rows["bow_tie"]
    assert [row for row, one in enumerate(shapes, 1) if one.area < 20] == rows["sliver"]
    assert twins == rows["identical_outline"]
    assert [[a + 1, b + 1] for a, b in pairs if [a + 1, b + 1] not in twins] == rows["overlapping_pair"]


def test_every_fault_of_a_cell_is_found_where_it_was_planted() -> None:
    rows, ids = expected()["estates"]["fault_rows"], Counter(cells("estate_id"))
    sliver = rows["sliver"]
    took, agreed = cells("consent_participants"), cells("consent_agree")
    assert rows_where("estate_id", lambda text: ids[text] > 1) == flat(rows["duplicate_id"])
    assert rows_where("completion_year", lambda text: not text) == flat([rows["year_missing"], sliver])
    assert rows_where("households", lambda text: not text) == flat([rows["households_missing"], sliver])
    odd_years = [rows[kind] for kind in rows if kind.startswith("year_") and kind != "year_missing"]
    assert rows_where("completion_year", is_odd) == flat(odd_years)
    odd_counts = [rows[kind] for kind in rows if kind.startswith("households_") and kind != "households_missing"]
    assert rows_where("households", is_odd) == flat(odd_counts)
    assert rows_where("structure", lambda text: text == "一般") == rows["structure_unknown_word"]
    votes = enumerate(zip(took, agreed, strict=True), 1)
    assert [row for row, (all_, yes) in votes if all_ and yes and yes > all_] == rows["agree_above_participants"]


def test_the_years_and_households_of_the_clean_town_add_up() -> None:
    facts = expected()["estates"]
    true = facts["true_values"]
    second = true["second_row_with_the_duplicate_id"]
    ids = cells("estate_id")
    ids[second["row"] - 1] = second["true_id"]
    clean = [row for row, text in enumerate(ids) if text[4] != "9"]  # the added rows are numbered from 901
    years = [int(true["completion_year"].get(ids[row], cells("completion_year")[row])) for row in clean]
    households = [int(true["households"].get(ids[row], cells("households")[row])) for row in clean]
    assert len(clean) == facts["rows_before_faults"]
    assert sum(households) == facts["households_true_total"]
    assert sum(year <= 2000 for year in years) == facts["years_true"]["up_to_2000"]
    assert sum(2001 <= year <= 2005 for year in years) == facts["years_true"]["2001_to_2005"]


def test_the_ledger_has_its_title_headings_totals_and_rows() -> None:
    facts = expected()["facilities"]
    assert ledger()[1][0].startswith("河湟县")
    assert ledger()[facts["header_row"]][:3] == ["街道", "设施编号", "设施名称"]
    assert ledger()[facts["totals_row"]][0] == "合计"
    assert facts["totals_row"] - facts["first_row"] == facts["rows"]
    status = Counter(ledger()[row][14] for row in range(facts["first_row"], facts["totals_row"]))
    assert status == facts["status"]


def test_every_fault_of_the_ledger_is_found_where_it_was_planted() -> None:
    facts = expected()["facilities"]
    rows = {row: ledger()[row] for row in range(facts["first_row"], facts["totals_row"])}
    planted = {kind: flat(found) for kind, found in facts["fault_rows"].items()}
    place = {row: (float(cell[5]), float(cell[6])) for row, cell in rows.items() if cell[5] and cell[6]}
    assert sorted(set(rows) - set(place)) == planted["coordinate_missing"]
    assert [row for row, (x, y) in place.items() if x == y == 0] == planted["coordinate_zero"]
    assert [row for row, (x, y) in place.items() if y > 90] == planted["lon_lat_swapped"]
    assert [row for row, (x, y) in place.items() if 90 < x < 101.8] == planted["outside_the_town"]
    assert [row for row, cell in rows.items() if not cell[3]] == planted["type_only_as_code"]
    assert [row for row, cell in rows.items() if cell[4] == "60200"] == planted["code_lost_leading_zero"]
    assert [row for row, cell in rows.items() if cell[7] and not cell[7].replace(".", "").isdigit()] == (
        planted["area_text_with_unit"])


def test_the_river_has_two_bridges_and_walkers_one_way_under_the_railway() -> None:
    streets = gpkg("streets.gpkg")
    river = shape(json.loads((TOWN / "water.geojson").read_text(encoding="utf-8"))["features"][0]["geometry"])
    rails = shape(json.loads((TOWN / "rail.geojson").read_text(encoding="utf-8"))["features"][0]["geometry"])
    facts = expected()["streets"]
    assert len(streets) == facts["rows"]
    assert Counter(row["fclass"] for row in streets) == facts["classes"]
    assert [row["name"] for row in streets if row["shape"].intersects(river)] == facts["bridges_over_the_river"]
    assert {row["bridge"] for row in streets if row["shape"].intersects(river)} == {"T"}
    assert [[row["name"], row["fclass"]] for row in streets if row["shape"].intersects(rails)] == facts["tunnels"]
    assert len([row for row in streets if row["foot"] == "yes" and row["tunnel"] == "T"]) == 1


def test_one_estate_stands_too_far_from_any_street() -> None:
    to_metres = Transformer.from_crs(4490, expected()["estates"]["crs"], always_xy=True)
    walkable = [row["shape"] for row in gpkg("streets.gpkg") if not row["fclass"].startswith("motorway")]
    lines = [shapely.transform(line, to_metres.transform, interleaved=False) for line in walkable]
    tree = shapely.STRtree(lines)
    far = [row[theirs()["estate_id"]] for row in estates() if not tree.query(row["shape"], "dwithin", 100).size]
    assert far == expected()["estates"]["off_every_street"]


def test_the_other_layers_count_as_expected() -> None:
    facts = expected()
    works = gpkg("utilities.gpkg")
    offers = list(csv.reader((TOWN / "sites.csv").read_text(encoding="gbk").splitlines()))
    doors = json.loads((TOWN / "gates.geojson").read_text(encoding="utf-8"))["features"]
    years = {(row["shape"].wkb, row["实施年份"]) for row in works}
    assert len(works) == facts["utilities"]["rows"]
    assert len({line for line, _ in years}) == facts["utilities"]["streets"]
    assert sum(count > 1 for count in Counter(line for line, _ in years).values()) == facts["utilities"]["dug_twice"]
    assert len(gpkg("planning_units.gpkg")) == facts["planning_units"]["rows"]
    assert len(offers) == facts["sites"]["rows"] + 1
    assert len(doors) == facts["gates"]["rows"]
    known = set(cells("estate_id"))
    assert [door["properties"]["小区编号"] for door in doors if door["properties"]["小区编号"] not in known] == (
        facts["gates"]["faults"]["gate_of_unknown_estate"])
