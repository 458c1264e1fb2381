"""A ledger that one key of plan.toml names is opened as any other, and what is odd about it is told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from brought import project, town, write, write_csv

from geoplan.cost_rows import read_costs
from geoplan.errors import DataError, Finding, located
from geoplan.prepared import prepare, prepare_project
from geoplan.project import load_project
from geoplan.templates import read_template

SECTIONS = {"estates": 'path = "estates.gpkg"'}


def write_odd_costs(path: Path) -> None:
    """Write prices of which row 3 is hidden and row 5 a total, with an error in C2 and a column of no use."""
    lines: list[list[Any]] = [
        ["项目", "单价", "低价", "联系人"], ["GAS", 3_000, None, "甲"], ["HEAT", 4_000, 3_500, "乙"],
        ["LIFT", 480_000, 470_000, "丙"], ["合计", 487_000, None, None]]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(lines):
            sheet.write_row(row, 0, cells)
        sheet.set_row(2, options={"hidden": True})
        sheet.write_formula("C2", "=1/0", value="#DIV/0!")


def brought(folder: Path, **sections: str) -> Path:
    write(town(), folder / "estates.gpkg")
    return project(folder, **SECTIONS, **sections)


def told(findings: tuple[Finding, ...] | list[Finding], layer: str) -> Mapping[str, int | None]:
    return {finding.code: finding.row for finding in findings if finding.layer == layer}


def test_what_is_odd_about_the_prices_is_told_and_they_count_all_the_same(tmp_path: Path) -> None:
    write_odd_costs(tmp_path / "costs.xlsx")
    costs, findings = read_costs(load_project(brought(tmp_path, costs='path = "costs.xlsx"')))
    assert told(findings, "costs") == {
        "ledgers.totals": 5, "ledgers.hidden_rows": 3, "ledgers.error_cells": None, "headings.unused": None}
    assert [int(costs.at[item, "low"]) for item in ("GAS", "HEAT", "LIFT")] == [3_000, 3_500, 470_000]
    assert all(located(finding, language) for finding in findings for language in ("zh", "en"))


def test_a_price_in_a_column_that_is_not_known_is_told_of(tmp_path: Path) -> None:
    write_csv(tmp_path / "costs.csv", [["item", "mid", "最高限价"], ["GAS", "3000", "3600"]])
    costs, [finding] = read_costs(load_project(brought(tmp_path, costs='path = "costs.csv"')))
    assert int(costs.at["GAS", "high"]) == 3_000
    assert (finding.code, finding.values["columns"]) == ("headings.unused", "最高限价")


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    write_csv(tmp_path / "costs.csv", [["项目", "单价", "单价"], ["GAS", "3000", "3600"]])
    _, findings = read_costs(load_project(brought(tmp_path, costs='path = "costs.csv"')))
    assert "headings.column_twice" in told(findings, "costs")


def test_a_template_with_remarks_is_a_template(tmp_path: Path) -> None:
    write_csv(tmp_path / "bureau.csv", [
        ["图层", "列", "字段代码", "备注"], ["areas", "area_id", "PQBH", "主键"], ["合计", "1", "", ""]])
    template, findings = read_template(load_project(brought(tmp_path, delivery='template = "bureau.csv"')))
    assert [wish.code for wish in template.wishes["areas"]] == ["PQBH"]
    assert told(findings, "delivery") == {"ledgers.totals": 3, "headings.unused": None}


@pytest.mark.parametrize("ready", [prepare, lambda folder: prepare_project(load_project(folder))])
def test_remarks_on_such_a_ledger_stand_with_those_on_layers(tmp_path: Path, ready: Any) -> None:
    write_odd_costs(tmp_path / "costs.xlsx")
    write_csv(tmp_path / "bureau.csv", [["layer", "column", "field", "note"], ["areas", "area_id", "PQBH", "key"]])
    folder = brought(tmp_path, costs='path = "costs.xlsx"', delivery='template = "bureau.csv"')
    findings = ready(folder).layers.findings
    assert {(finding.layer, finding.code) for finding in findings} >= {
        ("costs", "ledgers.totals"), ("costs", "ledgers.hidden_rows"), ("costs", "ledgers.error_cells"),
        ("delivery", "headings.unused")}


@pytest.mark.parametrize("ready", [prepare, lambda folder: prepare_project(load_project(folder))])
def test_a_ledger_that_stops_the_run_still_does_and_only_that_is_said(tmp_path: Path, ready: Any) -> None:
    write_csv(tmp_path / "costs.csv", [["item", "mid", "tel"], ["GAS", "dear", "7"], ["合计", "1", ""]])
    folder = brought(tmp_path, costs='path = "costs.csv"')
    with pytest.raises(DataError) as stopped:
        ready(folder)
    assert [finding.code for finding in stopped.value.findings] == ["costs.no_number"]
