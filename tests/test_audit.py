"""A good run passes every check; broken in any of these ways, the check that should find it does."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from shapely.affinity import translate
from typer.testing import CliRunner

from geoplan import make_plan, read_project, write_run
from geoplan.audit import CHECKS, FAIL, NOTHING, OK, audit, audit_page, has_failed
from geoplan.audited import Audited
from geoplan.cli import app
from geoplan.pages import lay_out
from geoplan.runs import Run, open_run
from geoplan.schema import labels_of, tables

TOWN = Path(__file__).parents[1] / "data" / "hehuang"
Break = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(make_plan(read_project(TOWN)), tmp_path_factory.mktemp("runs") / "good")


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return open_run(folder)


@pytest.fixture(scope="module")
def good(run: Run) -> dict[str, Any]:
    audited = Audited(run)
    return {name: audited.table(name) for name in tables()}


def test_a_good_run_passes_every_check(run: Run) -> None:
    results = audit(run, TOWN)
    assert {result.check: result.wrong for result in results if result.state == FAIL} == {}
    assert {result.check for result in results} == set(CHECKS) == set(labels_of("audit_check", "zh"))
    nothing = {result.check for result in results if result.state == NOTHING}
    assert nothing <= {"sitings", "sources", "amounts", "years", "budgets", "caps", "ranks"}
    assert not has_failed(results)
    assert labels_of("audit_state", "zh")[OK] in lay_out(audit_page(results, "zh"))


# ---- tables broken one by one

def first(table: pd.DataFrame, **wanted: object) -> int:
    """Return the index of the first row with these values; True and None ask for some value, or for none."""
    rows = pd.Series(True, index=table.index)
    for column, value in wanted.items():
        rows &= table[column].isna() if value is None else table[column].notna() if value is any else (
            table[column].eq(value).fillna(False).astype(bool))
    return int(table.index[rows][0])


def put(table: str, column: str, value: object, **where: object) -> Break:
    """Return a break that writes one cell; a callable makes the new value from the old."""
    def apply(good: dict[str, Any]) -> None:
        at = first(good[table], **where)
        old = good[table].at[at, column]
        good[table].at[at, column] = value(old) if callable(value) else value
    return apply


def drop(table: str, **where: object) -> Break:
    def apply(good: dict[str, Any]) -> None:
        good[table] = good[table].drop(index=first(good[table], **where)).reset_index(drop=True)
    return apply


def move_estate(good: dict[str, Any]) -> None:
    """Put an estate into an area of another component, as a wrong grouping would."""
    estates = good["estates"]
    here = first(estates, area_id=any)
    other = estates["area_id"].notna() & estates["component_id"].ne(estates.at[here, "component_id"])
    estates.loc[here, "area_id"] = estates.loc[other, "area_id"].iloc[0]


def cut_links(good: dict[str, Any]) -> None:
    """Shut every link of a member of an area of several."""
    area_id = good["areas"].loc[good["areas"]["estates"] > 2, "area_id"].iloc[0]
    member = good["estates"].loc[good["estates"]["area_id"] == area_id, "estate_id"].iloc[0]
    links = good["links"]
    links.loc[links["estate_a"].eq(member) | links["estate_b"].eq(member), ["usable", "reason"]] = [False, "barrier"]


def cross_subdistricts(good: dict[str, Any]) -> None:
    links, of = good["links"], good["estates"].set_index("estate_id")["subdistrict"]
    apart = links["estate_a"].map(of).ne(links["estate_b"].map(of))
    links.loc[apart, ["usable", "reason"]] = [True, "usable"]


def lay_over(good: dict[str, Any]) -> None:
    """Lay the outline of one area over another."""
    areas = good["areas"]
    shapes = areas.geometry.tolist()
    by = shapes[1].centroid.x - shapes[0].centroid.x, shapes[1].centroid.y - shapes[0].centroid.y
    areas.loc[0, "geometry"] = translate(shapes[0], *by)


def lengthen_opened(good: dict[str, Any]) -> None:
    walks = good["walks"]
    walks.loc[walks["state"].eq("opened"), "distance_m"] += 1.0


def shorten_walks(good: dict[str, Any]) -> None:
    walks = good["walks"]
    walks["distance_m"] = walks["distance_m"] / 20


def pour_twice(good: dict[str, Any]) -> None:
    good["care_flows"]["floor_area_m2"] *= 2


def cheaper_areas(good: dict[str, Any]) -> None:
    good["areas"]["cost"] *= 0.99


def more_debt(value: float) -> float:
    return value + 1.0


BREAKS: dict[str, tuple[str, Break]] = {
    "an estate in a far area": ("connected", move_estate),
    "an estate without links in an area": ("connected", cut_links),
    "components that links do not make": ("components", cut_links),
    "households added to an area": ("sums", put("areas", "households", lambda old: old + 1)),
    "residents dropped from an estate": ("sums", put("estates", "residents", None, area_id=any)),
    "an area of too few households": ("households", put("areas", "households", 3, estates=12)),
    "an area of too many households": ("households", put("areas", "households", 30_000, estates=12)),
    "a radius that is too short": ("radius", put("areas", "radius_m", lambda old: old / 2)),
    "a hub that is no member": ("hubs", put("areas", "hub_estate_id", "0101001")),
    "a cheaper area": ("costs", cheaper_areas),
    "an objective that is no sum": ("objectives", put("grouping", "objective", lambda old: old * 1.01)),
    "a bound above the objective": ("objectives", put("grouping", "lower_bound", lambda old: old * 1.01)),
    "a gap that was not proven": ("objectives", put("grouping", "gap_share", 0.5)),
    "an estate in no area without a reason": ("placed", put("estates", "left_out", None, left_out=any)),
    "an estate in an area with a reason why not": ("placed", put("estates", "left_out", "ineligible", area_id=any)),
    "two outlines over each other": ("outlines", lay_over),
    "a link that is nearer than its estates": ("links", put("links", "gap_m", 0.0, kind="across_street")),
    "links across subdistricts": ("links", cross_subdistricts),
    "walks shorter than straight lines": ("straight", shorten_walks),
    "a walk to a facility of another type": ("walk_types", put(
        "walks", "facility_id", "SS0001", facility_type="PRIMARY", facility_id=any)),
    "minutes without a distance": ("walk_types", put("walks", "distance_m", None, distance_m=any)),
    "walls that lengthen walks": ("opened", lengthen_opened),
    "a gap called none": ("gaps", put("gaps", "is_gap", False, is_gap=True)),
    "a gap called one": ("gaps", put("gaps", "is_gap", True, is_gap=False)),
    "a distance nobody walked": ("gaps", put("gaps", "distance_m", lambda old: old + 5, distance_m=any)),
    "uncovered residents forgotten": ("area_gaps", put("area_gaps", "uncovered_residents", 0, is_gap=True)),
    "a share that is no quotient": ("area_gaps", put("area_gaps", "uncovered_share", 0.2, is_gap=True)),
    "an area that hides a missing type": ("gap_types", put("areas", "gap_types", "", gap_types=any)),
    "an ineligible estate called eligible": ("verdicts", put("estates", "eligibility", "eligible",
                                                             eligibility="ineligible")),
    "an unknown verdict called a pass": ("verdicts", put("estates", "eligibility", "eligible", eligibility="unknown")),
    "a need with a float's tail": ("care_need", put("care", "need_m2", lambda old: old + 1e-9)),
    "a need halved": ("care_need", put("care", "need_m2", lambda old: old / 2)),
    "a shortage rounded down": ("care_short", put("care", "short_m2", lambda old: old - 1, short_m2=any)),
    "a short area called met": ("care_short", put("care", "status", "met", short_m2=any)),
    "rooms used twice": ("care_flows", pour_twice),
    "a wall between areas": ("walls", put("openings", "area_id", lambda old: "A002" if old != "A002" else "A003")),
    "a rank with a hole": ("walls", put("openings", "rank", 9_999)),
    "a verdict without a clause": ("clauses", put("verdicts", "clause", "")),
    "a gap without a standard": ("clauses", put("gaps", "standard", None)),
    "an id that nobody has": ("references", put("links", "estate_a", "E-nowhere")),
    "a row lost": ("tables", drop("verdicts")),
    "a required cell emptied": ("tables", put("estates", "eligibility", None)),
    "an estate lost": ("rows", drop("estates")),
    "an empty shape": ("shapes", put("areas", "geometry", None)),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_found(name: str, run: Run, good: dict[str, Any]) -> None:
    check, apply = BREAKS[name]
    broken = {table: frame.copy() for table, frame in good.items()}
    apply(broken)  # the good run passes: see above
    assert CHECKS[check](Audited(run, _tables=broken)).wrong != []


def programme_of(good: dict[str, Any], **cells: object) -> dict[str, Any]:
    """Return the tables with a programme of two areas in 2025, some of its cells other."""
    areas = good["areas"].copy().assign(plan_year=pd.array([2025, 2025] + [None] * (len(good["areas"]) - 2), "Int64"))
    areas["amount_yuan"] = [1e6, 2e6] + [None] * (len(areas) - 2)
    programme = areas[["area_id", "plan_year", "households", "amount_yuan"]].assign(
        reason="budget", households_2001_2005=0)
    for column, value in cells.items():
        programme.loc[0, column] = value
    return {**good, "areas": areas, "programme": programme}


@pytest.mark.parametrize(("check", "cells"), [
    ("years", {"plan_year": 2026}), ("years", {"amount_yuan": 5.0}), ("budgets", {"amount_yuan": 1e9}),
    ("caps", {"households": 100_000}), ("caps", {"households_2001_2005": 2_000}),
])
def test_a_programme_past_its_caps_is_found(
    check: str, cells: dict[str, object], run: Run, good: dict[str, Any],
) -> None:
    assert CHECKS[check](Audited(run, _tables=programme_of(good))).wrong == []
    assert CHECKS[check](Audited(run, _tables=programme_of(good, **cells))).wrong != []


# ---- files broken one by one

@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "run"))


def failed(folder: Path, project: Path | None = None) -> set[str]:
    return {result.check for result in audit(open_run(folder), project) if result.state == FAIL}


def vouch(folder: Path, name: str) -> None:
    """Let the manifest vouch for a file that was changed."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_map_changed_by_hand_is_found(copied: Path) -> None:
    (copied / "map.html").write_text("<p>所有小区达标</p>", encoding="utf-8")
    assert failed(copied) == {"outputs"}


def test_a_file_too_many_and_one_too_few_are_found(copied: Path) -> None:
    (copied / "更正.xlsx").write_text("x")
    (copied / "shapefile" / "sites.shx").unlink()
    results = {result.check: result.wrong for result in audit(open_run(copied)) if result.state == FAIL}
    assert results["outputs"] == ("shapefile/sites.shx", "更正.xlsx")


def test_a_shapefile_of_fewer_records_is_found(copied: Path) -> None:
    file = copied / "shapefile" / "areas.dbf"
    data = bytearray(file.read_bytes())
    data[4] -= 1
    file.write_bytes(bytes(data))
    vouch(copied, "shapefile/areas.dbf")
    assert failed(copied) == {"shapefiles"}


def test_a_workbook_of_other_figures_is_found(good: dict[str, Any], run: Run) -> None:
    other = good["areas"].assign(elder_need_m2=good["areas"]["elder_need_m2"] + 0.1)
    assert len(CHECKS["workbook"](Audited(run, _tables={**good, "areas": other})).wrong) == len(other)


def test_inputs_changed_since_are_found(run: Run, tmp_path: Path) -> None:
    project = Path(shutil.copytree(TOWN, tmp_path / "town"))
    assert not {result.check for result in audit(run, project) if result.state == FAIL}
    with (project / "sites.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert failed(run.folder, project) == {"inputs"}


def test_walks_that_streets_do_not_allow_are_found(run: Run, good: dict[str, Any]) -> None:
    walks = good["walks"].copy()
    lots, places = good["estates"].set_index("estate_id").geometry, good["facilities"].set_index("facility_id").geometry
    far = walks["state"].eq("today") & walks["distance_m"].gt(1_000)
    walks.loc[far, "distance_m"] = [  # as the crow flies, and no street does
        lots[row.estate_id].distance(places[row.facility_id]) for row in walks[far].itertuples()]
    broken = Audited(run, TOWN, _tables={**good, "walks": walks})
    assert CHECKS["straight"](broken).wrong == []
    assert len(CHECKS["streets"](broken).wrong) > 1
    assert CHECKS["streets"](Audited(run, _tables=dict(good))).count == 0  # without the inputs nothing can be walked


def test_rows_that_do_not_add_up_are_found(run: Run, good: dict[str, Any]) -> None:
    rows = {**run.manifest["rows"], "streets": {"read": 9, "used": 5, "rejected": 3}}
    other = replace(run, manifest={**run.manifest, "rows": rows})
    assert CHECKS["rows"](Audited(other, _tables=dict(good))).wrong == ["streets"]


def test_a_table_that_cannot_be_read_fails_its_checks(copied: Path) -> None:
    with closing(sqlite3.connect(copied / "plan.gpkg")) as database:
        database.execute("ALTER TABLE care RENAME COLUMN need_m2 TO needed")
        database.commit()
    vouch(copied, "plan.gpkg")
    assert {"tables", "care_need", "care_short"} <= failed(copied)


def test_a_run_can_be_audited_as_soon_as_it_is_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["run", str(TOWN), "--out", str(tmp_path / "run"), "--audit"])
    assert done.exit_code == 0
    assert labels_of("audit_check", "zh")["connected"] in done.output


def test_the_command_ends_with_1_where_something_is_wrong(copied: Path) -> None:
    good = CliRunner().invoke(app, ["audit", str(copied), "--project", str(TOWN)])
    assert good.exit_code == 0
    (copied / "map.html").write_text("x", encoding="utf-8")
    bad = CliRunner().invoke(app, ["audit", str(copied)])
    assert bad.exit_code == 1
    assert "map.html" in bad.output
