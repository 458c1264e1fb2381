"""The cache of steps: never wrong, never in the way, and safe to delete."""

import errno
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
import pytest
from test_cli import everything_in, geoplan, write_project

from geoplan import cache
from geoplan.cache import CACHE_FOLDER, open_cache
from geoplan.cli import CACHELESS, _is_cached
from geoplan.digests import Digester
from geoplan.errors import Finding
from geoplan.plan import Plan, make_plan_of
from geoplan.prepared import prepare

TOWN = Path(__file__).parents[1] / "data" / "hehuang"
ABOVE = ("screen_estates", "build_network", "find_access", "snap_points", "find_walks", "find_nearest",
         "find_candidates", "walk_between")  # what the bounds of areas have no part in
RAN: list[str] = []
NOTES: list[Finding] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    RAN.clear()
    NOTES.clear()


def double(table: pd.DataFrame, *, by: float = 2.0) -> pd.DataFrame:
    RAN.append("double")
    return table * by


def total(table: pd.DataFrame) -> float:
    RAN.append("total")
    return float(table["a"].sum())


def strange(table: pd.DataFrame) -> object:
    RAN.append("strange")
    return {table.shape}


def run(folder: Path, by: float = 2.0, **asked: Any) -> float:
    with open_cache(folder, NOTES.append, **asked) as recall:
        return recall(total, recall(double, pd.DataFrame({"a": [1.0, 2.0]}), by=by))


def entries(folder: Path) -> list[Path]:
    return sorted((folder / CACHE_FOLDER).glob("*.step"))


def test_a_step_whose_inputs_are_the_same_does_not_run_again(tmp_path: Path) -> None:
    assert [run(tmp_path), run(tmp_path)] == [6.0, 6.0]
    assert RAN == ["double", "total"]


def test_a_changed_parameter_runs_that_step_and_those_below(tmp_path: Path) -> None:
    run(tmp_path)
    assert run(tmp_path, 3.0) == 9.0
    assert RAN == ["double", "total"] * 2


def test_a_change_that_changes_nothing_ends_there(tmp_path: Path) -> None:
    run(tmp_path)
    run(tmp_path, 2)  # not the same parameter, but the same table
    assert RAN == ["double", "total", "double"]


def test_a_changed_program_runs_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path)
    monkeypatch.setattr(cache, "program", lambda: "another")
    run(tmp_path)
    assert RAN == ["double", "total"] * 2


def test_without_a_project_nothing_is_kept(tmp_path: Path) -> None:
    with open_cache(None, NOTES.append) as recall:
        assert recall(total, pd.DataFrame({"a": [1.0]})) == 1.0
    assert everything_in(tmp_path) == []


def test_a_result_that_cannot_be_kept_is_made_every_time(tmp_path: Path) -> None:
    for _ in range(2):
        with open_cache(tmp_path, NOTES.append) as recall:
            assert recall(strange, pd.DataFrame({"a": [1]})) == {(1, 1)}
            assert recall(lambda: 5) == 5
    assert RAN == ["strange"] * 2
    assert not entries(tmp_path)


@pytest.mark.parametrize("harm", [
    lambda file: file.write_bytes(b""), lambda file: file.write_bytes(file.read_bytes()[:-1]),
    lambda file: file.write_bytes(file.read_bytes() + b"x"), lambda file: file.write_bytes(os.urandom(5000)),
    lambda file: file.write_bytes(file.read_bytes()[:60] + b"?" + file.read_bytes()[61:]),
    lambda file: file.write_bytes(b"\x80\x04cos\nsystem\n(S'false'\ntR."),
], ids=["empty", "cut", "longer", "noise", "one byte", "pickle"])
def test_a_damaged_entry_is_made_anew_and_said(tmp_path: Path, harm: Any) -> None:
    run(tmp_path)
    good = [file.read_bytes() for file in entries(tmp_path)]
    for file in entries(tmp_path):
        harm(file)
    assert run(tmp_path) == 6.0
    assert [finding.code for finding in NOTES] == ["cache.damaged"] * 2
    assert [file.read_bytes() for file in entries(tmp_path)] == good


def test_an_entry_under_the_name_of_another_is_not_used(tmp_path: Path) -> None:
    run(tmp_path)
    one, other = entries(tmp_path)
    shutil.copy(one, other)
    assert run(tmp_path) == 6.0
    assert [finding.values for finding in NOTES] == [{"file": other.name}]


def test_a_well_sealed_entry_that_holds_nothing_of_ours_is_not_used(tmp_path: Path) -> None:
    run(tmp_path)
    for file in entries(tmp_path):
        key = bytes.fromhex(file.stem)
        file.write_bytes(cache._seal(key, memoryview(b"junk")) + b"junk")
    assert run(tmp_path) == 6.0
    assert len(NOTES) == 2


@pytest.mark.parametrize("make", [
    lambda place: place.write_text("a file"), lambda place: place.symlink_to(place.parent),
], ids=["file", "link"])
def test_where_there_can_be_no_folder_steps_run_and_that_is_said(tmp_path: Path, make: Any) -> None:
    make(tmp_path / CACHE_FOLDER)
    before = everything_in(tmp_path)
    assert [run(tmp_path), run(tmp_path)] == [6.0, 6.0]
    assert RAN == ["double", "total"] * 2
    assert [finding.code for finding in NOTES] == ["cache.unusable"] * 2
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int,
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(cache.tempfile, "NamedTemporaryFile", refuse)
    assert run(tmp_path) == 6.0
    assert [finding.code for finding in NOTES] == ["cache.unusable"]


def test_a_disk_that_fills_up_ends_the_keeping_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(tmp_path)
    place = cache._place

    def fill(file: Path, content: bytes) -> None:
        place(file.with_name("half.part"), content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache, "_place", fill)
    assert run(tmp_path, 5.0) == 15.0
    assert [finding.code for finding in NOTES] == ["cache.unusable"]
    assert len(entries(tmp_path)) == 2


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    for by in (1.0, 2.0, 3.0):
        run(tmp_path, by)
    stamps = {file: file.stat().st_mtime_ns for file in entries(tmp_path)}
    for turn, file in enumerate(sorted(stamps, key=lambda file: stamps[file])):
        os.utime(file, (1_000_000 + turn, 1_000_000 + turn))
    run(tmp_path, 1.0)
    newest = sorted((file.stat() for file in entries(tmp_path)), key=lambda about: about.st_mtime_ns)[-2:]
    (tmp_path / CACHE_FOLDER / "mine.txt").write_text("x" * 10_000)
    run(tmp_path, 1.0, most_bytes=sum(about.st_size for about in newest))
    RAN.clear()
    run(tmp_path, 1.0)
    assert RAN == []
    assert len(entries(tmp_path)) == 2
    assert (tmp_path / CACHE_FOLDER / "mine.txt").exists()


def test_many_runs_at_once_do_not_break_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda turn: run(tmp_path, 2.0 + turn % 2, most_bytes=200), range(40))) == [6.0, 9.0] * 20
    assert not list((tmp_path / CACHE_FOLDER).glob("*.part"))


def plan_of(folder: Path, *, is_kept: bool) -> Plan:
    prepared = prepare(folder)
    with open_cache(folder if is_kept else None, NOTES.append) as recall:
        return make_plan_of(prepared, recall=recall)


def content_of(plan: Plan) -> dict[str, bytes]:
    digest = Digester()
    return {name: digest(table) for name, table in plan.tables.items()}


def test_after_a_change_of_the_bounds_only_the_grouping_and_what_follows_run_and_tables_are_as_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    town = Path(shutil.copytree(TOWN, tmp_path / "town", ignore=shutil.ignore_patterns(CACHE_FOLDER)))
    text = (town / "plan.toml").read_text(encoding="utf-8").replace("\n[areas]\n", '\n[areas]\nmethod = "greedy"\n')
    bound = "max_households = { value = 3000,"
    assert bound in text
    asked, ran = watched(monkeypatch)
    for most in (3000, 1200):
        ran.clear()
        (town / "plan.toml").write_text(text.replace(bound, bound.replace("3000", str(most))), encoding="utf-8")
        kept = content_of(plan_of(town, is_kept=True))
    assert set(ABOVE) <= set(asked)
    assert not set(ABOVE) & set(ran)
    assert {"group_estates", "draw_areas"} <= set(ran)
    assert kept == content_of(plan_of(town, is_kept=False))
    assert not NOTES


def watched(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """Return the names of the steps that are asked for, and of those that run."""
    asked: list[str] = []
    ran: list[str] = []
    recall, write = cache._Shelf.recall, cache._Shelf._write

    def noted(shelf: Any, step: Any, /, *args: Any, **kwargs: Any) -> Any:
        asked.append(step.__name__)
        return recall(shelf, step, *args, **kwargs)

    def kept(shelf: Any, *about: Any) -> None:
        ran.append(asked[-1])
        write(shelf, *about)

    monkeypatch.setattr(cache._Shelf, "recall", noted)
    monkeypatch.setattr(cache._Shelf, "_write", kept)
    return asked, ran


@pytest.mark.parametrize(("environment", "asked", "is_kept"), [
    ({}, None, True), ({"CI": "true"}, None, False), ({"GEOPLAN_NO_CACHE": "1"}, None, False),
    ({"CI": "true"}, True, True), ({}, False, False),
])
def test_steps_are_kept_as_asked_and_not_in_ci(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], asked: bool | None, is_kept: bool,
) -> None:
    for name in CACHELESS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert _is_cached(asked) == is_kept


def test_run_folders_are_the_same_with_and_without(tmp_path: Path) -> None:
    town = write_project(tmp_path / "town")
    environment = {"GEOPLAN_NO_CACHE": "", "CI": ""}
    asked = {"plain": ["--no-cache"], "cold": [], "warm": []}
    for name, words in asked.items():
        done = geoplan("run", town, "--out", tmp_path / name, *words, **environment)
        assert done.returncode == 0, done.stderr
        assert (town / CACHE_FOLDER).exists() == (name != "plain")
    manifests = [json.loads((tmp_path / name / "manifest.json").read_text(encoding="utf-8")) for name in asked]
    assert manifests[0] == manifests[1] == manifests[2]
