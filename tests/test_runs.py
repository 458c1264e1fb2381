"""A finished run: its tables come back as they were written, or it is refused with a sentence."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from little_plan import TEXTS, little_plan

from geoplan.errors import DataError
from geoplan.plan import Plan
from geoplan.publish import publish, publish_findings
from geoplan.runs import open_run, read_rows
from geoplan.schema import is_spatial, tables


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return little_plan(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def written(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(plan, tmp_path_factory.mktemp("runs") / "成果 100% #1?")


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "run"))


def change_tables(folder: Path, *statements: str) -> None:
    """Change plan.gpkg and let the manifest vouch for the change."""
    with closing(sqlite3.connect(folder / "plan.gpkg")) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for statement in (*(f'DROP TRIGGER "{name}"' for name, in triggers), *statements):  # they call GDAL functions
            database.execute(statement)
        database.commit()
    say_in_manifest(folder, lambda said: said["outputs"].update({
        "plan.gpkg": hashlib.sha256((folder / "plan.gpkg").read_bytes()).hexdigest()}))


def say_in_manifest(folder: Path, change: Callable[[dict], None]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("table", tables())
def test_a_table_comes_back_as_it_was_written(table: str, plan: Plan, written: Path) -> None:
    rows, planned = read_rows(open_run(written), table), plan.tables[table]
    if is_spatial(table):
        assert rows.crs == planned.crs
        assert rows.geometry.geom_equals(planned.geometry).all()
        rows, planned = pd.DataFrame(rows.drop(columns="geometry")), pd.DataFrame(planned.drop(columns="geometry"))
    texts = planned.select_dtypes("str").columns
    without_nul = {name: planned[name].str.replace("\0", "", regex=False) for name in texts}  # no file holds it
    pd.testing.assert_frame_equal(rows, planned.assign(**without_nul))


def test_only_the_rows_asked_for_are_read(written: Path) -> None:
    run = open_run(written)
    assert read_rows(run, "estates", area_id="A1")["estate_id"].tolist() == ["E1", "E2", "E3"]
    assert read_rows(run, "verdicts", estate_id="E6", strength="soft")["rule_id"].tolist() == ["R2"]
    assert len(read_rows(run, "estates", estate_id="E1' OR '1'='1")) == 0
    assert read_rows(run, "estates", name=TEXTS[0])["estate_id"].tolist() == ["E1"]


def test_reading_leaves_nothing_behind(written: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in written.rglob("*")}
    read_rows(open_run(written), "estates")
    assert {file: file.stat().st_mtime_ns for file in written.rglob("*")} == before


def test_a_table_file_that_was_changed_is_refused(folder: Path) -> None:
    with (folder / "plan.gpkg").open("r+b") as stream:
        stream.seek(5_000)
        stream.write(b"\x01")
    with pytest.raises(DataError, match="changed after the run was written"):
        open_run(folder)


def test_a_run_without_its_tables_is_refused(folder: Path) -> None:
    (folder / "plan.gpkg").unlink()
    with pytest.raises(DataError, match=r"holds no plan\.gpkg"):
        open_run(folder)


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"name": "thesis"}', "\xff"])
def test_a_folder_of_somebody_else_is_no_run(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match="is no run folder"):
        open_run(tmp_path)


def test_a_place_that_is_not_there_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no run folder"):
        open_run(tmp_path / "gone")


def test_the_findings_of_a_check_are_no_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="findings of a check"):
        open_run(publish_findings([], tmp_path / "found", "zh"))


def test_a_table_that_lacks_a_column_is_never_read_as_if_it_had_it(folder: Path) -> None:
    change_tables(folder, "ALTER TABLE verdicts DROP COLUMN clause")
    with pytest.raises(DataError, match="table verdicts of"):
        read_rows(open_run(folder), "verdicts")


@pytest.mark.parametrize("statement", [
    "DROP TABLE verdicts", "UPDATE verdicts SET estate_id = 'E1', rule_id = 'R1'",
])
def test_a_table_in_another_form_is_refused_with_the_version_that_wrote_it(folder: Path, statement: str) -> None:
    change_tables(folder, statement)
    say_in_manifest(folder, lambda said: said.update(version="0.0.7"))
    with pytest.raises(DataError, match=r"written by geoplan 0\.0\.7"):
        read_rows(open_run(folder), "verdicts")


@pytest.mark.parametrize("statement", [
    "UPDATE care_flows SET floor_area_m2 = 'much'", "UPDATE areas SET households = 'many'",
    "UPDATE areas SET geom = X'00'", "UPDATE areas SET geom = X'4750000EFFFFFFFF'", "UPDATE areas SET geom = 'here'",
])
def test_a_cell_of_another_kind_is_refused(folder: Path, statement: str) -> None:
    change_tables(folder, "INSERT INTO care_flows (facility_id, area_id) VALUES ('F1', 'A1')", statement)
    with pytest.raises(DataError, match="is not as this version has it"):
        read_rows(open_run(folder), statement.split()[1])


def test_a_refusal_speaks_the_language_of_the_plan(folder: Path) -> None:
    say_in_manifest(folder, lambda said: said.update(language="en"))
    (folder / "plan.gpkg").unlink()
    with pytest.raises(DataError) as caught:
        open_run(folder)
    assert caught.value.language == "en"


@pytest.mark.parametrize("said", [None, "fr", 5, ["zh"], {}])
def test_a_language_nobody_knows_is_chinese(folder: Path, said: object) -> None:
    say_in_manifest(folder, lambda manifest: manifest.update(language=said))
    assert open_run(folder).language == "zh"


@pytest.mark.parametrize(("key", "said"), [("outputs", []), ("outputs", {}), ("outputs", None), ("steps", {})])
def test_a_manifest_that_vouches_for_nothing_is_refused(folder: Path, key: str, said: object) -> None:
    say_in_manifest(folder, lambda manifest: manifest.update({key: said}))
    with pytest.raises(DataError):
        open_run(folder)


def test_an_unknown_reference_system_is_refused(folder: Path) -> None:
    say_in_manifest(folder, lambda manifest: manifest.update(crs="EPSG:1"))
    with pytest.raises(DataError, match="table areas"):
        read_rows(open_run(folder), "areas")
