"""plan.toml: every problem at once, every reason kept, no key passed over."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.errors import ConfigError
from geoplan.project import load_project, parameter_lines, parse_project, source_path

SOUND = """
[plan]
name = "试点"
jurisdiction = "西宁市"
as_of = 2024-03-01
year = 2025
[estates]
path = "estates.csv"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "estates.csv").write_text("", encoding="utf-8")
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    return folder


def codes(folder: Path, text: str) -> list[tuple[str, str]]:
    _, findings = parse_project(write(folder, text))
    return [(finding.code.removeprefix("project."), str(finding.values.get("where", ""))) for finding in findings]


def test_a_sound_plan_has_no_findings(tmp_path: Path) -> None:
    project = load_project(write(tmp_path, SOUND))
    assert project.plan.as_of == date(2024, 3, 1)
    assert project.years == (2025,)
    assert source_path(project, "estates") == tmp_path / "estates.csv"


def test_a_plan_may_be_named_by_folder_or_by_file(tmp_path: Path) -> None:
    folder = write(tmp_path, SOUND)
    assert load_project(folder) == load_project(folder / "plan.toml")


def test_a_byte_order_mark_of_the_windows_editor_is_no_problem(tmp_path: Path) -> None:
    write(tmp_path, "\ufeff" + SOUND)
    assert load_project(tmp_path).plan.name == "试点"


@pytest.mark.parametrize(("text", "expected"), [
    ("", [("no_section", "plan"), ("no_section", "estates"), ("jurisdiction_or_policies", "plan")]),
    (SOUND + "[areass]\n", [("unknown_section", "areass")]),
    (SOUND + "[areas]\nmin_household = 3\n", [("unknown_key", "areas.min_household")]),
    (SOUND + "[areas]\nmax_gap_m = -1\n", [("out_of_range", "areas.max_gap_m")]),
    (SOUND + "[areas]\nmax_gap_m = 'sixty'\n", [("wrong_type", "areas.max_gap_m")]),
    (SOUND + "[areas]\nmin_households = 4000\n", [("min_above_max", "areas.min_households")]),
    (SOUND + "[areas]\nmust_join = [['a', 'b', 'c']]\nmust_split = [['c', 'a']]\n",
     [("join_and_split", "areas.must_split")]),
    (SOUND + "[areas]\ninclude = ['eligable']\n", [("not_allowed", "areas.include.0")]),
    (SOUND + "[circle]\nlimits = { ELD_DAYCARE = 301 }\n", [("loosened", "circle.limits.ELD_DAYCARE")]),
    (SOUND + "[circle]\nlimits = { ELD_DAYCARE = 0 }\n", [("out_of_range", "circle.limits.ELD_DAYCARE")]),
    (SOUND + "[circle]\nlimits = { ELD_DAYCAR = 200 }\n", [("unknown_type", "circle.limits.ELD_DAYCAR")]),
    (SOUND + "columns = { year = '年份' }\n", [("unknown_column", "estates.columns.year")]),
    (SOUND + "values.structure = { '好' = 'good' }\n", [("not_allowed", "estates.values.structure")]),
    (SOUND + "values.households = { '多' = '9' }\n", [("no_value_list", "estates.values.households")]),
    (SOUND + "crs = 'EPSG:999999'\n", [("unknown_crs", "estates.crs")]),
    (SOUND + "datum = 'GCJ-02'\n", [("not_allowed", "estates.datum")]),
    (SOUND + "[facilities]\npath = 'no.xlsx'\n", [("no_data_file", "facilities.path")]),
    (SOUND + "[facilities]\npath = 'estates.csv'\ntypes = { '学校' = 'SCHOOL' }\n",
     [("unknown_type", "facilities.types")]),
    (SOUND + "[facilities]\npath = 'estates.csv'\ncomplete = ['SCHOOL']\n",
     [("unknown_type", "facilities.complete")]),
    (SOUND + "[barriers]\npath = 'estates.csv'\n", [("barriers_unnamed", "barriers")]),
    (SOUND + "[elder]\ncount_scope = 'nearby'\n", [("not_allowed", "elder.count_scope")]),
    (SOUND + "[score]\nweights = { will = 0 }\n", [("weights", "score.weights")]),
    (SOUND + "[programme]\nyears = [2026, 2025]\n", [("years", "programme.years")]),
    (SOUND + "[score]\nweights = { will = 1, wil = 1 }\n", [("not_allowed", "score.weights")]),
    (SOUND + "[programme]\nbudget_yuan = { 2025 = -1 }\n", [("out_of_range", "programme.budget_yuan.2025")]),
    (SOUND + "[programme]\nsource_budget_yuan = { central = { 2024 = 1 } }\n",
     [("budget_year", "programme.source_budget_yuan.central.2024")]),
    (SOUND + "[programme]\nbundles = [['A1', 'A2'], ['A3']]\n", [("bundle_of_one", "programme.bundles")]),
    (SOUND + "[programme]\nready_year = { reday = 2026 }\n", [("not_allowed", "programme.ready_year.reday.[key]")]),
    (SOUND + "[programme]\nyears = [2025]\nbudget_yuan = { 2026 = 1 }\n",
     [("budget_year", "programme.budget_yuan.2026")]),
    (SOUND.replace('"西宁市"', '""'), [("jurisdiction_or_policies", "plan")]),
    (SOUND.replace("as_of = 2024-03-01\n", ""), [("missing_key", "plan.as_of")]),
    (SOUND.replace("2024-03-01", "'2024年3月'"), [("wrong_type", "plan.as_of")]),
    (SOUND.replace("year = 2025", "year = 2025\ncrs = 'EPSG:4490'"), [("crs_not_metres", "plan.crs")]),
])
def test_each_fault_is_named_where_it_stands(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    assert codes(tmp_path, text) == expected


def test_ten_faults_make_one_message_of_ten(tmp_path: Path) -> None:
    text = SOUND.replace("year = 2025", "yaer = 2025") + """
[areas]
max_gap_m = 0
min_households = 9000
[circle]
access_m = -1
area_tolerance = 2
limits = { ELD_MEAL = 5000, NOPE = 1 }
[programme]
years = [1, 1]
[extra]
"""
    with pytest.raises(ConfigError) as caught:
        load_project(write(tmp_path, text))
    assert len(caught.value.findings) == 10


def test_a_reason_is_kept_beside_its_value_and_printed_with_it(tmp_path: Path) -> None:
    text = SOUND + """
[areas]
max_gap_m = { value = 45, because = "与区里商定" }
[circle]
limits = { ELD_DAYCARE = { value = 700, because = "贵州口径" } }
"""
    project = load_project(write(tmp_path, text))
    lines = {line["name"]: line for line in parameter_lines(project)}
    assert project.areas.max_gap_m == 45
    assert lines["areas.max_gap_m"]["clause_or_because"] == "与区里商定"
    assert (lines["circle.limits.ELD_DAYCARE"]["value"], lines["circle.limits.ELD_DAYCARE"]["clause_or_because"]) == (
        "700", "贵州口径")
    assert lines["areas.max_gap_m"]["origin"] == "project"
    assert lines["areas.max_radius_m"]["origin"] == "default"


def test_every_default_gives_its_reason(tmp_path: Path) -> None:
    lines = parameter_lines(load_project(write(tmp_path, SOUND)))
    without = [line["name"] for line in lines if line["origin"] == "default" and not line["clause_or_because"]]
    assert without == []


def test_a_file_that_is_no_toml_or_not_utf8_is_said_to_be_so(tmp_path: Path) -> None:
    assert codes(tmp_path, "[plan\n") == [("not_toml", "")]
    (tmp_path / "plan.toml").write_bytes("[plan]\nname = '试点'".encode("gbk"))
    assert parse_project(tmp_path)[1][0].code == "project.not_utf8"
    assert parse_project(tmp_path / "nowhere")[1][0].code == "project.no_file"


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["plan", "name", "estates", "path", "areas", "value", "because", "barriers", "circle", "limits"]),
        inner, max_size=4),
    max_leaves=12,
))
def test_whatever_stands_in_the_file_it_is_never_a_crash(said: object) -> None:
    from geoplan.project import _project_of

    _, findings = _project_of(said if isinstance(said, dict) else {"plan": said}, Path.cwd())
    assert findings
