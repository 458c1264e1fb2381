"""The run folder: whole or absent, ours or untouched, the same bytes everywhere."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import shapely
from little_plan import little_plan, table

from geoplan import errand, staging
from geoplan.crews import aside
from geoplan.errors import DataError, Finding
from geoplan.publish import WRITERS, check_out, publish, publish_findings
from geoplan.schema import tables
from geoplan.towns import Town

publishing = import_module("geoplan.publish")  # the module: `geoplan.publish` may be the function
HERE = Path(__file__).parent
GRID_M = 7.0
OUTPUTS = {"map.html", "plan.gpkg", "plan.xlsx", "dossiers.docx", "atlas.pdf", "check.xlsx", "shapefile"}
AS_TEXT = {"a.txt": lambda plan, file: file.write_text(plan.project.plan.name, encoding="utf-8")}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write one small text instead of every output: for tests of what surrounds the writers."""
    monkeypatch.setattr(publishing, "WRITERS", AS_TEXT)


def contents(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(folder.rglob("*")) if file.is_file()}


def manifest_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def codes(call: Callable[[], object]) -> list[str]:
    with pytest.raises(DataError) as caught:
        call()
    return [finding.code for finding in caught.value.findings]


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def in_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own that finds little_plan."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import sys; sys.path.insert(0, {str(HERE)!r})\n{code}"],
        env={**os.environ, **environment}, capture_output=True, text=True, encoding="utf-8", check=False)


def test_a_run_folder_holds_every_output_and_nothing_else(tmp_path: Path) -> None:
    out = publish(little_plan(tmp_path / "plan"), tmp_path / "out")
    assert names_in(out) == OUTPUTS | {"manifest.json"}
    assert names_in(tmp_path) == {"plan", "out"}


def test_the_manifest_vouches_for_every_byte_and_every_row(tmp_path: Path) -> None:
    out = publish(little_plan(tmp_path / "plan"), tmp_path / "out")
    manifest, found = manifest_of(out), contents(out)
    del found["manifest.json"]
    assert manifest["outputs"] == found
    assert "shapefile/字段说明.txt" in manifest["outputs"]
    assert manifest["inputs"] == {"estates.csv": "0" * 64}
    assert manifest["rows"] == {"estates": {"read": 7, "used": 6, "rejected": 1}}
    assert manifest["parameters"] == {"areas.max_gap_m": "60", "elder.m2_per_resident": "0.1"}
    assert manifest["as_of"] == "2024-03-01"
    assert (manifest["steps"]["estates"], manifest["steps"]["openings"], len(manifest["steps"])) == (
        6, 0, len(tables()))
    assert re.fullmatch(r"\d+\.\d+.*", manifest["version"])
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["program"])


def test_the_manifest_reads_alike_for_people_and_programs(tmp_path: Path) -> None:
    text = (publish(little_plan(tmp_path / "plan"), tmp_path / "out") / "manifest.json").read_text(encoding="utf-8")
    assert "西宁市" in text
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_no_remarks_make_no_check_file(tmp_path: Path) -> None:
    none = little_plan(tmp_path / "plan").tables["remarks"].head(0)
    out = publish(little_plan(tmp_path / "plan", remarks=none), tmp_path / "out")
    assert "check.xlsx" not in names_in(out)


@pytest.mark.usefixtures("quick")
def test_every_output_is_reported_once_in_order(tmp_path: Path) -> None:
    told: list[Finding] = []
    publish(little_plan(tmp_path / "plan"), tmp_path / "out", report=told.append)
    assert [(finding.code, finding.values["file"]) for finding in told] == [("publish.written", "a.txt")]


def test_the_same_plan_gives_the_same_bytes_on_any_machine(tmp_path: Path) -> None:
    code = "from little_plan import little_plan; from geoplan.publish import publish; from pathlib import Path\n" \
           "publish(little_plan(Path({folder!r}) / 'plan'), Path({folder!r}) / 'out')"
    machines = [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LC_ALL": "C"},
    ]
    found = []
    for number, machine in enumerate(machines):
        folder = tmp_path / str(number)
        done = in_python(code.format(folder=str(folder)), **machine)
        assert done.returncode == 0, done.stderr
        found.append(contents(folder / "out"))
    assert found[0] == found[1]


def test_two_processes_write_the_same_bytes_and_report_each_output_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan, told, asked = little_plan(tmp_path / "plan"), [], []
    areas = plan.tables["areas"]  # as of a run, with a grid that what is made of them is rounded to
    areas = areas.set_geometry(shapely.set_precision(areas.geometry.to_numpy(), GRID_M, mode="pointwise"))
    plan = replace(plan, tables={**plan.tables, "areas": areas})
    monkeypatch.setattr(publishing, "aside", lambda work, task: asked.append(task[2]) or aside(work, task))
    alone = publish(plan, tmp_path / "alone", processes=1)
    monkeypatch.setattr(publishing, "MANY_AREAS", len(plan.tables["areas"]))
    monkeypatch.setattr(publishing, "count_processors", lambda: 2)
    shared = publish(plan, tmp_path / "shared", report=told.append)
    assert contents(shared) == contents(alone)
    assert asked == [["atlas.pdf"]]
    assert sorted(finding.values["file"] for finding in told) == sorted(OUTPUTS)


def test_a_plan_of_few_areas_and_a_batch_start_no_other_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publishing, "WRITERS", {"atlas.pdf": AS_TEXT["a.txt"]})
    monkeypatch.setattr(publishing, "aside", None)
    plan, written = little_plan(tmp_path / "plan"), {"atlas.pdf", "manifest.json"}
    assert len(plan.tables["areas"]) < publishing.MANY_AREAS
    assert names_in(publish(plan, tmp_path / "few", processes=8)) == written
    monkeypatch.setattr(publishing, "MANY_AREAS", 0)
    assert names_in(publish(plan, tmp_path / "alone", processes=1)) == written
    asked: dict[str, int] = {}
    for name in ("make_plan_of", "prepare", "open_run", "report_town"):
        monkeypatch.setattr(errand, name, lambda *_, **__: None)
    monkeypatch.setattr(errand, "publish", lambda *_, **said: asked.update(said))
    errand.run_town(Town("town", tmp_path / "plan", tmp_path / "town"), asked_version=version("geoplan"), language="zh")
    assert asked == {"processes": 1}


@pytest.mark.usefixtures("quick")
def test_what_fails_here_while_another_process_writes_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object, file: Path) -> None:
        raise OSError(28, "No space left on device", str(file))

    monkeypatch.setattr(publishing, "WRITERS", {"a.txt": fail, "atlas.pdf": fail})
    monkeypatch.setattr(publishing, "MANY_AREAS", 0)
    assert codes(lambda: publish(little_plan(tmp_path / "plan"), tmp_path / "out", processes=2)) == [
        "publish.disk_full"]
    assert names_in(tmp_path) == {"plan"}


@pytest.mark.usefixtures("quick")
def test_an_earlier_run_is_replaced_whole(tmp_path: Path) -> None:
    plan = little_plan(tmp_path / "plan")
    out = publish(plan, tmp_path / "out")
    (out / "stale.txt").write_text("of the earlier run", encoding="utf-8")
    publish(plan, out)
    assert names_in(out) == {"a.txt", "manifest.json"}
    assert names_in(tmp_path) == {"plan", "out"}


@pytest.mark.usefixtures("quick")
def test_an_empty_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    publish(little_plan(tmp_path / "plan"), tmp_path / "out")
    assert names_in(tmp_path / "out") == {"a.txt", "manifest.json"}


@pytest.mark.parametrize("files", [
    {"thesis.docx": "mine"},
    {"manifest.json": '{"name": "a browser extension", "manifest_version": 3}'},
    {"manifest.json": "not json"},
    {"manifest.json": '{"inputs": {}, "outputs": {}, "rows": {}, "steps": {}}', "plan.toml": "[plan]"},
])
@pytest.mark.usefixtures("quick")
def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path, files: dict[str, str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")
    before = contents(tmp_path)
    assert [finding.code for finding in check_out(out)] == ["publish.out_not_ours"]
    plan = little_plan(tmp_path / "elsewhere" / "plan")
    assert codes(lambda: publish(plan, out)) == ["publish.out_not_ours"]
    shutil.rmtree(tmp_path / "elsewhere")
    assert contents(tmp_path) == before
    assert names_in(tmp_path) == {"out"}


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    assert [finding.code for finding in check_out(tmp_path / "out")] == ["publish.out_not_ours"]


@pytest.mark.usefixtures("quick")
def test_a_parent_is_made_but_not_a_whole_path(tmp_path: Path) -> None:
    plan = little_plan(tmp_path / "plan")
    assert check_out(tmp_path / "maps" / "out") == []
    assert publish(plan, tmp_path / "maps" / "out").is_dir()
    assert [finding.code for finding in check_out(tmp_path / "no" / "such" / "out")] == ["publish.no_parent"]
    assert codes(lambda: publish(plan, tmp_path / "no" / "such" / "out")) == ["publish.no_parent"]


def failing(error: BaseException) -> Callable[[Any, Path], None]:
    def write(_plan: Any, file: Path) -> None:
        file.write_text("half a fi", encoding="utf-8")
        raise error

    return write


@pytest.mark.parametrize(("error", "told"), [
    (OSError(28, "No space left on device"), "publish.disk_full"),
    (PermissionError(13, "Permission denied", "plan.xlsx"), "publish.no_permission"),
    (OSError("disk I/O error"), "publish.disk"),
])
@pytest.mark.usefixtures("quick")
def test_what_the_disk_refuses_is_one_sentence_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, told: str,
) -> None:
    plan = little_plan(tmp_path / "plan")
    publish(plan, tmp_path / "out")
    before = contents(tmp_path)
    monkeypatch.setattr(publishing, "WRITERS", {**AS_TEXT, "b.txt": failing(error)})
    for out in (tmp_path / "out", tmp_path / "new", tmp_path / "made" / "new"):
        with pytest.raises(DataError) as caught:
            publish(plan, out)
        assert [finding.code for finding in caught.value.findings] == [told]
        assert caught.value.language == "zh"
    assert contents(tmp_path) == before
    assert names_in(tmp_path) == {"plan", "out"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()])
def test_a_bug_or_an_interruption_leaves_nothing_and_stays_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException,
) -> None:
    plan = little_plan(tmp_path / "plan")
    monkeypatch.setattr(publishing, "WRITERS", {"b.txt": failing(error)})
    with pytest.raises(type(error)):
        publish(plan, tmp_path / "out")
    assert names_in(tmp_path) == {"plan"}


@pytest.mark.usefixtures("quick")
def test_a_second_rename_that_fails_puts_the_earlier_run_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = little_plan(tmp_path / "plan")
    publish(plan, tmp_path / "out")
    before = contents(tmp_path)
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if ".part-" in self.name:
            raise PermissionError(13, "in use", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    assert codes(lambda: publish(plan, tmp_path / "out")) == ["publish.no_permission"]
    assert contents(tmp_path) == before


KILLED = """
import os, signal
from importlib import import_module
from pathlib import Path
from little_plan import little_plan
publishing, staging = import_module("geoplan.publish"), import_module("geoplan.staging")

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def write(plan, file):
    file.write_text(plan.project.plan.name + {mark!r}, encoding="utf-8")

publishing.WRITERS = {{"a.txt": write}}
plan = little_plan(Path({folder!r}) / "plan")
{trap}
publishing.publish(plan, Path({folder!r}) / "out")
"""
TRAPS = {
    "while writing": "publishing.WRITERS['b.txt'] = die",
    "while another process writes": "publishing.WRITERS |= {'atlas.pdf': write, 'b.txt': die}; "
                                    "publishing.MANY_AREAS = 0; publishing.count_processors = lambda: 2",
    "before the manifest": "publishing._write_manifest = die",
    "before the disk has it": "staging._sync = die",
    "before the renames": "staging._replace = die",
    "between the renames": """
rename = Path.rename
def trap(self, target):
    if ".part-" in self.name:
        die()
    return rename(self, target)
Path.rename = trap""",
    "after the renames": "staging._sync_folder = lambda folder: die() if folder.name != 'shapefile' and "
                         "(folder / 'out' / 'a.txt').exists() else None",
}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize(("trap", "is_first"), [
    *((trap, False) for trap in TRAPS), ("while writing", True), ("after the renames", True)])
def test_a_killed_run_leaves_nothing_or_a_whole_run_and_the_next_one_tidies_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trap: str, is_first: bool,
) -> None:
    out = tmp_path / "out"
    if not is_first:
        monkeypatch.setattr(publishing, "WRITERS", {"a.txt": lambda _, file: file.write_text("old", encoding="utf-8")})
        publish(little_plan(tmp_path / "plan"), out)
    done = in_python(KILLED.format(folder=str(tmp_path), mark="new", trap=TRAPS[trap]))
    assert done.returncode == -9, done.stderr
    assert not out.exists() or (names_in(out) == {"a.txt", "manifest.json"} and manifest_of(out)["outputs"] == {
        "a.txt": hashlib.sha256((out / "a.txt").read_bytes()).hexdigest()})
    assert check_out(out) == []
    is_new = trap == "after the renames"
    assert names_in(tmp_path) == ({"plan", "out"} if is_new or not is_first else {"plan"})
    if out.exists():
        assert (out / "a.txt").read_text("utf-8")[-3:] == ("new" if is_new else "old")


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits")
@pytest.mark.parametrize("writer", [name for name in WRITERS if name != "check.xlsx"])
def test_a_disk_that_takes_only_so_many_bytes_leaves_nothing(tmp_path: Path, writer: str) -> None:
    code = f"""
import resource
from importlib import import_module
from pathlib import Path
from little_plan import little_plan
from geoplan.errors import DataError
publishing = import_module("geoplan.publish")
publishing.WRITERS = {{name: write for name, write in publishing.WRITERS.items() if name == {writer!r}}}
plan = little_plan(Path({str(tmp_path)!r}) / "plan")
out = Path({str(tmp_path)!r}) / "out"
said = []
for bytes_a_file in (0, 100, 1_000, 4_000, 6_000, 20_000, 100_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_a_file, resource.RLIM_INFINITY))
    try:
        publishing.publish(plan, out)
        said.append("whole")
    except DataError as error:
        said.append(error.findings[0].code)
    assert sorted(file.name for file in out.parent.iterdir()) in (["plan"], ["out", "plan"]), bytes_a_file
    assert out.exists() == ("whole" in said)
print(" ".join(said))
"""
    done = in_python(code)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"publish.disk_full", "publish.disk", "whole"}
    assert done.stdout.startswith("publish.disk")


@pytest.mark.skipif(sys.platform == "win32", reason="another kind of lock")
def test_two_runs_at_once_into_one_folder_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = little_plan(tmp_path / "plan")
    heard: list[list[str]] = []

    def write_twice(_plan: Any, file: Path) -> None:
        file.write_text("first", encoding="utf-8")
        heard.append([finding.code for finding in check_out(tmp_path / "out")])
        heard.append(codes(lambda: publish(plan, tmp_path / "out")))

    monkeypatch.setattr(publishing, "WRITERS", {"a.txt": write_twice})
    out = publish(plan, tmp_path / "out")
    assert heard == [["publish.in_use"], ["publish.in_use"]]
    assert names_in(out) == {"a.txt", "manifest.json"}
    assert names_in(tmp_path) == {"plan", "out"}


@pytest.mark.usefixtures("quick")
def test_the_leftovers_of_another_folder_are_not_touched(tmp_path: Path) -> None:
    others = {".out.part-1.part-7", ".outer.part-7", ".out.part-x", "out.old-7"}
    for name in others:
        (tmp_path / name).mkdir()
    (tmp_path / ".out.part-7").mkdir()
    publish(little_plan(tmp_path / "plan"), tmp_path / "out")
    assert names_in(tmp_path) == {"plan", "out", *others}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.usefixtures("quick")
def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk", target_is_directory=True)
    publish(little_plan(tmp_path / "plan"), tmp_path / "out")
    assert (tmp_path / "out").is_symlink()
    assert names_in(tmp_path / "disk") == {"a.txt", "manifest.json"}


def test_a_check_writes_its_findings_and_may_be_repeated(tmp_path: Path) -> None:
    found = [Finding("publish.disk_full", "estates", 7, {"path": "x"})]
    for findings, names in ((found, {"check.xlsx", "manifest.json"}), ([], {"manifest.json"})):
        assert publish_findings(findings, tmp_path / "out", "zh") == tmp_path / "out"
        assert names_in(tmp_path / "out") == names


@pytest.mark.usefixtures("quick")
def test_a_check_never_replaces_a_run(tmp_path: Path) -> None:
    out = publish(little_plan(tmp_path / "plan"), tmp_path / "out")
    before = contents(out)
    assert codes(lambda: publish_findings([], out, "zh")) == ["publish.holds_run"]
    assert contents(out) == before
    publish_findings([], tmp_path / "checked", "zh")
    publish(little_plan(tmp_path / "plan"), tmp_path / "checked")
    assert names_in(tmp_path / "checked") == {"a.txt", "manifest.json"}


def test_a_full_disk_is_known_by_its_room_when_a_library_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(staging, "ROOM_BYTES", float("inf"))
    assert staging.disk_finding(tmp_path / "out", OSError("disk I/O error")).code == "publish.disk_full"


def test_hostile_names_reach_every_output_unharmed(tmp_path: Path) -> None:
    areas = little_plan(tmp_path / "plan").tables["areas"].assign(name=["{{7*7}}", "</script><img onerror=x>"])
    out = publish(little_plan(tmp_path / "plan", areas=areas), tmp_path / "out")
    assert "</script><img" not in (out / "map.html").read_text(encoding="utf-8")
    assert manifest_of(out)["name"] == "试点<b>&{{7*7}}"


@pytest.mark.usefixtures("quick")
def test_a_parameter_without_a_value_is_null_in_the_manifest(tmp_path: Path) -> None:
    parameters = table("parameters", name=["a.b"], value=[None], origin=["default"])
    out = publish(little_plan(tmp_path / "plan", parameters=parameters), tmp_path / "out")
    assert manifest_of(out)["parameters"] == {"a.b": None}
