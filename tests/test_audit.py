"""A good run passes every check; broken in any of these ways, the check that should find it does."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from broken import BREAKS, FILE_BREAKS
from typer.testing import CliRunner

from geoplan import make_plan, read_project, write_run
from geoplan.audit import CHECKS, FAIL, NOTHING, OK, audit, audit_page, has_failed
from geoplan.audited import Audited
from geoplan.cli import app
from geoplan.pages import lay_out
from geoplan.runs import Run, open_run
from geoplan.schema import labels_of, tables

TOWN = Path(__file__).parents[1] / "data" / "hehuang"


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
    assert failed(copied) == {"outputs", "map"}


def test_a_file_too_many_and_one_too_few_are_found(copied: Path) -> None:
    (copied / "更正.xlsx").write_text("x")
    (copied / "shapefile" / "sites.shx").unlink()
    results = {result.check: result.wrong for result in audit(open_run(copied)) if result.state == FAIL}
    assert results["outputs"] == ("shapefile/sites.shx", "更正.xlsx")


@pytest.mark.parametrize("name", FILE_BREAKS)
def test_a_file_that_tells_another_story_is_found(name: str, copied: Path) -> None:
    file, check, apply = FILE_BREAKS[name]
    apply(copied)
    assert CHECKS["outputs"](Audited(open_run(copied))).wrong == [file]
    vouch(copied, file)
    broken = Audited(open_run(copied))
    assert CHECKS["outputs"](broken).wrong == []
    assert CHECKS[check](broken).wrong != []  # the good run passes: see above


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
