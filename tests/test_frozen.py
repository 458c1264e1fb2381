"""Areas of an earlier run, read from its folder."""

from pathlib import Path

import pytest
from little_plan import little_plan

from geoplan.frozen import FrozenAreas, read_frozen
from geoplan.project import Project, load_project, parameter_lines
from geoplan.publish import publish
from geoplan.runs import open_run

IDS = [f"E{number}" for number in range(1, 7)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project folder whose earlier run, in maps/last, has A1 = E1-E3 and A2 = E4-E5."""
    folder = tmp_path_factory.mktemp("project")
    publish(little_plan(folder), folder / "maps" / "last")
    return folder


def project(folder: Path, said: str) -> Project:
    text = (folder / "plan.toml").read_text(encoding="utf-8").partition("[areas]")[0]
    (folder / "plan.toml").write_text(f"{text}[areas]\n{said}", encoding="utf-8")
    return load_project(folder)


def codes(folder: Path, said: str, ids: list[str] = IDS) -> list[str]:
    _, findings = read_frozen(project(folder, said), ids)
    assert findings
    assert all(str(finding.values) for finding in findings)
    return [finding.code for finding in findings]


def test_the_members_of_frozen_areas_come_from_the_earlier_run(folder: Path) -> None:
    frozen, findings = read_frozen(project(folder, 'frozen_run = "maps/last"\nfrozen = ["A2"]'), IDS)
    assert frozen.members == {"A2": ("E4", "E5")}
    assert findings == []


def test_all_areas_may_be_frozen(folder: Path) -> None:
    frozen, _ = read_frozen(project(folder, 'frozen_run = "maps/last"\nfrozen = "all"'), IDS)
    assert frozen.members == {"A1": ("E1", "E2", "E3"), "A2": ("E4", "E5")}


def test_the_earlier_run_is_an_input_with_its_hash(folder: Path) -> None:
    frozen, _ = read_frozen(project(folder, 'frozen_run = "maps/last"\nfrozen = ["A1"]'), IDS)
    vouched = open_run(folder / "maps" / "last").manifest["outputs"]["plan.gpkg"]
    assert frozen.inputs == {"maps/last/plan.gpkg": vouched}


@pytest.mark.parametrize("said", ["", 'frozen_run = "maps/last"', 'frozen_run = "gone"', "frozen = []"])
def test_nothing_is_frozen_and_no_run_opened_where_no_area_is_named(folder: Path, said: str) -> None:
    assert read_frozen(project(folder, said), IDS) == (FrozenAreas(), [])


def test_frozen_areas_need_an_earlier_run(folder: Path) -> None:
    assert codes(folder, 'frozen = ["A1"]') == ["frozen.no_run"]
    assert codes(folder, 'frozen_run = "maps"\nfrozen = ["A1"]') == ["frozen.bad_run", "runs.no_run"]


def test_an_area_that_the_earlier_run_does_not_hold_is_named(folder: Path) -> None:
    _, (finding,) = read_frozen(project(folder, 'frozen_run = "maps/last"\nfrozen = ["A1", "A9", "A8"]'), IDS)
    assert finding.code == "frozen.no_area"
    assert finding.values["ids"] == "A8、A9"


def test_estates_that_are_gone_are_named_with_their_area(folder: Path) -> None:
    _, (finding,) = read_frozen(project(folder, 'frozen_run = "maps/last"\nfrozen = "all"'), ["E1", "E4", "E5"])
    assert finding.code == "areas.frozen_gone"
    assert (finding.values["area"], finding.values["ids"]) == ("A1", "E2、E3")


def test_what_is_frozen_stands_among_the_parameters(folder: Path) -> None:
    lines = {line["name"]: line["value"] for line in parameter_lines(
        project(folder, 'frozen_run = "maps/last"\nfrozen = ["A1", "A2"]'))}
    assert lines["areas.frozen_run"] == "maps/last"
    assert lines["areas.frozen"] == "A1; A2"


def test_a_wrong_kind_of_frozen_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"areas\.frozen"):
        project(folder, 'frozen = "some"')
