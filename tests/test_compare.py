"""Two runs side by side: what is paired, what has changed, and nothing said of what stayed."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from little_plan import little_plan
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from geoplan.cli import app
from geoplan.compare import (
    FIGURES,
    compare_figures,
    compare_gaps,
    compare_runs,
    compare_sources,
    compare_years,
    comparison_page,
    pair_areas,
)
from geoplan.errors import DataError
from geoplan.pages import lay_out
from geoplan.plan import Plan
from geoplan.publish import publish, publish_comparison
from geoplan.runs import open_run
from geoplan.schema import labels_of


def estates(areas: dict[str, str | None], households: int | None = 100) -> pd.DataFrame:
    return pd.DataFrame({"estate_id": list(areas), "area_id": pd.Series(list(areas.values()), dtype="str"),
                         "households": pd.array([households] * len(areas), dtype="Int64")})


def test_areas_are_paired_by_the_households_they_share_not_by_their_ids() -> None:
    was = estates({"a": "A001", "b": "A001", "c": "A002", "d": "A002"})
    now = estates({"a": "A002", "b": "A002", "c": "A001", "d": "A002"})
    # A002 now shares 200 with A001 and 100 with A002; A001 now shares 100 with A002.
    assert pair_areas(was, now) == {"A002": "A001", "A001": "A002"}


def test_an_area_is_the_same_as_one_area_only() -> None:
    was, now = estates({"a": "A001", "b": "A001"}), estates({"a": "A001", "b": "A002"})
    assert pair_areas(was, now) == {"A001": "A001"}
    assert pair_areas(now, was) == {"A001": "A001"}


def test_estates_of_unknown_households_still_pair_areas() -> None:
    was, now = estates({"a": "A001"}, None), estates({"a": "A009"}, None)
    assert pair_areas(was, now) == {"A009": "A001"}


def test_a_gap_that_becomes_unknown_has_changed() -> None:
    def gaps(today: list[bool | None]) -> pd.DataFrame:
        return pd.DataFrame({
            "estate_id": ["a", "b", "c"], "facility_type": "PARK", "is_gap": pd.array(today, dtype="boolean"),
            "is_gap_after": pd.array([None] * 3, dtype="boolean"), "distance_m": 1.0, "limit_m": 2.0})

    changed = compare_gaps(gaps([True, None, False]), gaps([True, False, None]))
    assert changed["estate_id"].tolist() == ["b", "c"]


def test_an_unknown_figure_has_no_change() -> None:
    known = dict.fromkeys(FIGURES, 5.0)
    rows = compare_figures(known, known | {"amount": None, "gaps": 2.0}).set_index("figure")
    assert rows.loc["gaps", "change"] == -3
    assert pd.isna(rows.loc["amount", "change"])
    assert rows.loc["areas", "change"] == 0


def test_years_and_sources_of_money_stand_side_by_side_and_a_sum_with_an_unknown_part_is_unknown() -> None:
    programmes = [
        pd.DataFrame({"area_id": ["A1", "A2", "A3"], "plan_year": years, "households": [100, 200, 400],
                      "amount_yuan": amounts})
        for years, amounts in (([2025, 2025, None], [1.0, 2.0, 4.0]), ([2025, 2026, 2026], [1.0, 2.0, None]))]
    years = compare_years(*programmes).set_index("plan_year")
    assert years["households_was"].fillna(0).tolist() == [300, 0]
    assert years["households_now"].tolist() == [100, 600]
    assert (years.loc[2025, "amount_yuan_was"], years.loc[2025, "amount_yuan_now"]) == (3, 1)
    assert pd.isna(years.loc[2026, "amount_yuan_now"])  # the amount of A3 is not known
    money = [pd.DataFrame({"source": ["gap", "residents", "gap"], "amount_yuan": yuan})
             for yuan in ([1.0, 5.0, 2.0], [1.0, 6.0, None])]
    sources = compare_sources(*money).set_index("source")
    assert sources.loc["residents"].tolist() == [5, 6]
    assert sources.loc["gap", "amount_yuan_was"] == 3
    assert pd.isna(sources.loc["gap", "amount_yuan_now"])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    plan = little_plan(tmp_path_factory.mktemp("project"))
    folder = tmp_path_factory.mktemp("runs")
    return publish(plan, folder / "was"), publish(changed(plan), folder / "now")


def changed(plan: Plan) -> Plan:
    """Return the plan with one estate out of its area, one parameter other."""
    estates, parameters = plan.tables["estates"].copy(), plan.tables["parameters"].copy()
    first = estates.index[estates["area_id"].notna()][0]
    estates.loc[first, "area_id"] = None
    parameters.loc[0, "value"] = "other"
    return replace(plan, tables={**plan.tables, "estates": estates, "parameters": parameters})


def test_a_run_beside_itself_shows_no_change(runs: tuple[Path, Path]) -> None:
    comparison = compare_runs(open_run(runs[0]), open_run(runs[0]))
    assert set(comparison.tables["changed_areas"]["state"]) == {"same"}
    assert comparison.tables["changed_figures"]["change"].dropna().eq(0).all()
    assert all(comparison.tables[name].empty for name in (
        "changed_estates", "changed_gaps", "changed_parameters", "changed_inputs"))


def test_what_was_changed_is_found_and_nothing_else(runs: tuple[Path, Path]) -> None:
    comparison = compare_runs(*map(open_run, runs))
    moved = comparison.tables["changed_estates"]
    assert len(moved) == 1
    assert moved["state"].tolist() == ["moved"]
    assert moved["area_id_now"].isna().all()
    assert comparison.tables["changed_parameters"]["now"].tolist() == ["other"]
    assert comparison.tables["changed_areas"]["state"].value_counts()["changed"] == 1
    figures = comparison.tables["changed_figures"].set_index("figure")["change"]
    assert figures["grouped"] == -1
    text = lay_out(comparison_page(comparison))
    assert "换片区" in text
    assert "other" in text


def test_the_command_prints_the_page_and_writes_the_workbook(runs: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "对比"
    done = CliRunner().invoke(app, ["compare", *map(str, runs), "--out", str(out)])
    assert done.exit_code == 0
    assert "换片区" in done.output
    book = CalamineWorkbook.from_path(out / "compare.xlsx")
    assert book.sheet_names == [
        "指标对比", "年度变化", "资金变化", "片区变化", "小区变化", "缺口变化", "参数变化", "数据变化"]
    figures = [row[0] for row in book.get_sheet_by_name("指标对比").to_python()[1:]]
    assert figures == list(labels_of("compare_figure", "zh").values())  # in the order of the list
    assert len(book.get_sheet_by_name("小区变化").to_python()) == 2
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["steps"] == {}


def test_a_comparison_never_replaces_a_run(runs: tuple[Path, Path]) -> None:
    comparison = compare_runs(*map(open_run, runs))
    with pytest.raises(DataError):
        publish_comparison(comparison, runs[0])
    assert (runs[0] / "plan.gpkg").is_file()


def test_a_folder_that_is_no_run_is_told(runs: tuple[Path, Path], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["compare", str(runs[0]), str(tmp_path)])
    assert done.exit_code == 1
    assert str(tmp_path) in done.output.replace("\n", "")
