"""Stocktaking: the tables of a plan reach the scorecard and the progress as they are."""

from pathlib import Path

import pandas as pd
import pytest
from brought import project, town, write, write_csv

from geoplan.budget import Budget, Reserve
from geoplan.jurisdictions import find_documents
from geoplan.policy import load_catalogue, resolve
from geoplan.prepared import law_of, prepare
from geoplan.schema import conform, empty_table
from geoplan.stocktaking import Stock, take_stock

PROGRESS = [["estate_id", "stage", "spent_yuan"], ["E1", "done", "40"], ["E2", "done", "20"]]
said: list[tuple[str, dict[str, object]]] = []


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """Return what is made of A1 (E1 and E2), planned for 2025 at 100 yuan of a budget of 100; E3 is in no area."""
    write(town(), tmp_path / "estates.gpkg")
    write_csv(tmp_path / "progress.csv", PROGRESS)
    prepared = prepare(project(
        tmp_path, estates='path = "estates.gpkg"', progress='path = "progress.csv"',
        programme="years = [2025]\nbudget_yuan = { 2025 = 100 }"))
    documents, _ = find_documents(*law_of(prepared.project))
    estates = prepared.layers.estates
    members = pd.DataFrame({"estate_id": ["E1", "E2", "E3"], "area_id": ["A1", "A1", None]})
    crs = prepared.layers.crs
    area = dict.fromkeys(empty_table("areas", crs)) | {
        "area_id": "A1", "geometry": estates.geometry.iloc[:2].union_all().convex_hull}
    areas = conform("areas", pd.DataFrame([area]), crs)
    reserve = Reserve(
        prepared, documents, resolve(documents), load_catalogue(), estates, pd.DataFrame(), members, areas,
        empty_table("links", crs), empty_table("openings", crs), empty_table("area_gaps"), empty_table("sitings"))
    row = dict.fromkeys(empty_table("programme")) | {
        "area_id": "A1", "plan_year": 2025, "households": 200, "households_2001_2005": 0, "amount_yuan": 100.0}
    money = dict.fromkeys(empty_table("funding")) | {
        "area_id": "A1", "item": "BODY", "source": "local_budget", "amount_yuan": 100.0}
    tables = {"works": empty_table("works"), "funding": conform("funding", pd.DataFrame([money])),
              "programme": conform("programme", pd.DataFrame([row]))}
    scores = pd.DataFrame({"area_id": ["A1"], "score": [50.0], "rank": [1]})
    said.clear()
    return take_stock(reserve, Budget(tables, scores, ()), empty_table("verdicts"), empty_table("area_gaps"),
                      lambda code, **values: said.append((code, values)))


def test_the_scorecard_has_the_budget_of_plan_toml_and_the_money_of_the_plan(stock: Stock) -> None:
    told = stock.tables["scorecard"].set_index("item")
    assert told.loc[["SC-02", "SC-06", "SC-26", "SC-29"], "result"].tolist() == ["pass"] * 4
    assert told.loc["SC-02", "value"] == "各年投资（元）2025: 100；预算（元）2025: 100；没有来源的资金缺口 0 元"
    assert told.loc["SC-28", "result"] == "fail"
    assert told.loc["SC-08", "how"].endswith("未提供管线工程图层；请附：水电气热信等专营单位的年度计划")


def test_progress_and_its_report_come_from_the_ledger(stock: Stock) -> None:
    progress, monthly = stock.tables["progress"], stock.tables["monthly"].set_index("figure")
    assert progress[["area_id", "stage", "spent_yuan", "spent_share"]].to_numpy().tolist() == [["A1", "done", 60, 0.6]]
    assert progress["gate"].tolist() == ["unknown"]  # 90 % is asked for, and nobody was surveyed
    assert monthly.loc["spent_of_budget", "actual_share"] == 0.6
    assert monthly.loc["old_planned", "limit_share"] == 0.15


def test_what_was_found_is_told_once(stock: Stock) -> None:
    results = stock.tables["scorecard"]["result"].value_counts()
    assert said == [("step.stocktaking", {
        "reported": 1, **{result: int(results[result]) for result in ("pass", "fail", "needs_evidence")}})]
