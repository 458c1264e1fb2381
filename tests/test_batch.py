"""Many towns, one summary: the same bytes whoever runs them, one row for what goes wrong, nothing half-written."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import geopandas as gpd
import pytest
from mishaps import befallen, killed_once, on_a_full_disk
from python_calamine import CalamineWorkbook
from test_cli import write_project
from test_publish import contents
from typer.testing import CliRunner

from geoplan.batch import alone, run_batch
from geoplan.cli import app
from geoplan.edition import edition
from geoplan.errand import Outcome, run_town
from geoplan.errors import ConfigError, DataError
from geoplan.plan import make_plan_of
from geoplan.prepared import prepare
from geoplan.publish import publish
from geoplan.standing import still_stands
from geoplan.towns import Town, list_towns
from geoplan.workers import Lost, local_workers, results_of

EVIL = "<img src=x onerror=alert(1)>&{{7*7}}"
GOOD = ("b", EVIL)


def states(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {name: outcome.state for name, outcome in outcomes.items()}


def everywhere(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two towns, and one whose only layer has no estate that can be used."""
    root = tmp_path_factory.mktemp("projects")
    bad = write_project(root / "坏")
    (bad / "estates.geojson").write_text("{}", encoding="utf-8")
    return [*(write_project(root / name) for name in GOOD), bad]


@pytest.fixture(scope="module")
def clustered(projects: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, str]]:
    """The batch on two workers, each killed once in mid-run; and on one, first with a full disk, then again."""
    two, one, marks = (tmp_path_factory.mktemp(name) for name in ("two", "one", "marks"))
    with local_workers(2, None) as client:
        hands = partial(results_of, client)
        run_batch(list_towns(projects, two), two, befallen(hands, partial(killed_once, marks)), language="zh")
        client.cluster.scale(1)
        full = run_batch(list_towns(projects[:-1], one), one, befallen(hands, partial(on_a_full_disk, "b")),
                         language="zh")
        found = {**states(full), "left": str(everywhere(one / "towns")[:1]), "why": full["b"].problems[0]}
        again = run_batch(list_towns(projects[::-1], one), one, hands, language="zh")
        found["kept"] = str([again[name].is_kept for name in GOOD])
    return two, one, found


@pytest.fixture(scope="module")
def batch(clustered: tuple[Path, Path, dict[str, str]]) -> Path:
    return clustered[1]


def test_two_workers_killed_in_mid_run_and_one_worker_give_the_same_bytes(
    clustered: tuple[Path, Path, dict[str, str]],
) -> None:
    two, one, _ = clustered
    assert contents(two) == contents(one)
    assert not [name for name in [*everywhere(two), *everywhere(one)] if name.startswith(".")]


def test_a_town_of_a_batch_has_the_bytes_of_its_single_run(
    batch: Path, projects: list[Path], tmp_path: Path,
) -> None:
    publish(make_plan_of(prepare(projects[0])), tmp_path / "alone")
    assert contents(tmp_path / "alone") == contents(batch / "towns" / "b")


def test_a_full_disk_is_one_row_leaves_nothing_half_written_and_the_next_call_goes_on(
    clustered: tuple[Path, Path, dict[str, str]],
) -> None:
    found = clustered[2]
    assert (found["b"], found[EVIL]) == ("failed", "done")
    assert "磁盘" in found["why"]
    assert found["left"] == str([EVIL])
    assert found["kept"] == str([False, True])


def test_a_bad_town_is_one_row_with_its_findings(batch: Path) -> None:
    sheet = CalamineWorkbook.from_path(batch / "summary" / "summary.xlsx").get_sheet_by_name("城镇").to_python()
    heads, *rows = sheet
    told = {row[0]: dict(zip(heads, row, strict=True)) for row in rows}
    assert list(told) == sorted([*GOOD, "坏"])
    assert told["b"]["状态"] == "完成"
    assert told["b"]["户数（户）"] == 900
    assert told["坏"]["状态"] != "完成"
    assert "estates.geojson" in told["坏"]["问题"]
    assert told["坏"]["户数（户）"] == ""


def test_the_index_is_inert_and_its_links_lead_to_the_maps(batch: Path) -> None:
    text = (batch / "summary" / "index.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;{{7*7}}" in text
    assert "default-src 'none'" in text
    links = re.findall(r'href="([^"]+)"', text)
    assert links == ["../towns/%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E%26%7B%7B7%2A7%7D%7D/map.html",
                     "../towns/b/map.html"]


def test_the_areas_of_all_towns_lie_in_one_file_in_longitude_and_latitude(batch: Path) -> None:
    areas = gpd.read_file(batch / "summary" / "areas.gpkg")
    assert areas.crs.to_epsg() == 4490
    assert areas["town"].tolist() == sorted(GOOD)
    assert areas["households"].tolist() == [900, 900]
    west, south, east, north = areas.total_bounds
    assert (round(west, 3), round(south, 3), round(north, 3)) == (102.0, 36.5, 36.501)
    assert east < 102.01


def test_a_run_stands_only_while_its_inputs_its_files_and_the_program_are_the_same(
    projects: list[Path], batch: Path, tmp_path: Path,
) -> None:
    project = Path(shutil.copytree(projects[0], tmp_path / "b"))
    run = Path(shutil.copytree(batch / "towns" / "b", tmp_path / "run"))
    assert still_stands(run, project, edition())
    assert not still_stands(run, project, {**edition(), "version": "0.2.0"})
    assert not still_stands(run, project, {**edition(), "program": "0" * 64})
    assert not still_stands(tmp_path / "none", project, edition())
    with (run / "map.html").open("a", encoding="utf-8") as page:
        page.write(" ")
    assert not still_stands(run, project, edition())
    shutil.copy(batch / "towns" / "b" / "map.html", run)
    assert still_stands(run, project, edition())
    plan = project / "plan.toml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("2025", "2026"), encoding="utf-8")
    assert not still_stands(run, project, edition())


def test_a_run_of_a_program_that_knew_no_digest_of_itself_does_not_stand(
    projects: list[Path], batch: Path, tmp_path: Path,
) -> None:
    run = Path(shutil.copytree(batch / "towns" / "b", tmp_path / "run"))
    said = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert still_stands(run, projects[0], edition())
    del said["program"]
    (run / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    assert not still_stands(run, projects[0], edition())


def test_faults_and_lost_workers_are_rows_of_their_own(projects: list[Path], tmp_path: Path) -> None:
    def hands(_: Callable[[Town], Outcome], towns: Sequence[Town]) -> Iterator[tuple[Town, object]]:
        yield from zip(towns, (ValueError("odd"), Lost(), Outcome("done")), strict=True)

    outcomes = run_batch(list_towns(projects, tmp_path), tmp_path, hands, language="en")
    assert sorted(states(outcomes).values()) == ["failed", "fault", "lost"]  # done, but not seen on this disk
    told = " ".join(problem for outcome in outcomes.values() for problem in outcome.problems)
    assert "ValueError: odd" in told
    assert "--memory" in told
    assert "share one disk" in told
    assert json.loads((tmp_path / "summary" / "manifest.json").read_text(encoding="utf-8"))["steps"]["towns"] == 3


def test_another_version_on_a_worker_runs_nothing(projects: list[Path], tmp_path: Path) -> None:
    town = list_towns(projects[:1], tmp_path)[0]
    outcome = run_town(town, asked_version="9.9.9", language="en")
    assert (outcome.state, everywhere(tmp_path)) == ("failed", [])
    assert "9.9.9" in outcome.problems[0]


def test_a_summary_never_replaces_a_run(batch: Path, projects: list[Path], tmp_path: Path) -> None:
    shutil.copytree(batch / "towns" / "b", tmp_path / "summary")
    with pytest.raises(DataError, match="run"):
        run_batch(list_towns(projects[-1:], tmp_path), tmp_path, alone, language="en")
    assert (tmp_path / "summary" / "map.html").is_file()


# ---- which towns

def codes(asked: Sequence[Path], out: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        list_towns(asked, out)
    return [finding.code for finding in caught.value.findings]


def test_folders_plan_files_and_lists_name_towns(tmp_path: Path) -> None:
    (tmp_path / "towns.txt").write_text("\ufeff# 名单\nb\n\nc/plan.toml\n", encoding="utf-8")
    towns = list_towns([tmp_path / "d", tmp_path / "towns.txt"], tmp_path / "out")
    assert [town.name for town in towns] == ["b", "c", "d"]
    assert towns[1].project == tmp_path / "c" / "plan.toml"
    assert towns[1].run == tmp_path / "out" / "towns" / "c"


def test_two_projects_of_one_name_are_told(tmp_path: Path) -> None:
    assert codes([tmp_path / "x" / "Town", tmp_path / "y" / "town"], tmp_path) == ["batch.same_name"]
    assert codes([tmp_path / "a", tmp_path / "a" / "plan.toml"], tmp_path) == ["batch.same_name"]


def test_a_name_that_no_file_or_screen_can_carry_is_refused(tmp_path: Path) -> None:
    for name in (".hidden", "turn\u202eed", "长" * 70, "a\nb"):
        assert codes([tmp_path / name], tmp_path) == ["batch.bad_name"]


def test_an_empty_list_and_one_that_is_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "none.txt").write_text("# nothing\n", encoding="utf-8")
    (tmp_path / "gbk.txt").write_bytes("城镇".encode("gbk"))
    assert codes([tmp_path / "none.txt"], tmp_path) == ["batch.no_towns"]
    assert "batch.list_not_utf8" in codes([tmp_path / "gbk.txt"], tmp_path)


# ---- the command

def test_without_dask_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("geoplan.cli.find_spec", lambda _: None)
    done = CliRunner().invoke(app, ["batch", str(tmp_path / "a"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "geoplan[scale]" in done.output


def test_the_command_ends_with_one_where_a_town_is_not_done(
    monkeypatch: pytest.MonkeyPatch, batch: Path, projects: list[Path],
) -> None:
    class Nobody:
        def __enter__(self) -> None: ...
        def __exit__(self, *error: object) -> None: ...

    monkeypatch.setattr("geoplan.workers.local_workers", lambda *_: Nobody())
    monkeypatch.setattr("geoplan.workers.results_of", lambda _, work, towns: alone(work, towns))
    before = contents(batch)
    done = CliRunner().invoke(app, ["batch", *map(str, projects), "--out", str(batch), "-v"])
    assert done.exit_code == 1
    assert "2 个城镇完成，1 个未完成" in done.output
    assert "沿用已有成果" in done.output
    assert contents(batch) == before


def test_a_scheduler_has_its_own_workers(tmp_path: Path) -> None:
    words = ["batch", str(tmp_path), "--out", str(tmp_path), "--scheduler", "tcp://x:1", "--workers", "2"]
    assert CliRunner().invoke(app, words).exit_code == 2
