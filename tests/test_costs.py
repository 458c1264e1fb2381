"""Unit costs: what stands in the package, and the planner's own in its place."""

from pathlib import Path

import pandas as pd
import pytest
from brought import project, town, write, write_csv, write_sheet

from geoplan.contents import item_words
from geoplan.cost_rows import cost_inputs, read_costs
from geoplan.costs import load_costs, replace_costs, work_labels
from geoplan.documents import listed_values, load_documents
from geoplan.labels import labels_for
from geoplan.policy import load_catalogue
from geoplan.project import load_project, parse_project
from geoplan.schema import labels_of

SECTIONS = {"estates": 'path = "estates.gpkg"'}


def said(*lines: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([{"row": str(number), **line} for number, line in enumerate(lines, 2)])


def problems(*lines: dict[str, str]) -> list[str]:
    return [finding.code for finding in replace_costs(load_costs(), said(*lines))[1]]


def read(folder: Path, path: str) -> tuple[pd.DataFrame, list[str]]:
    write(town(), folder / "estates.gpkg")
    costs, findings = read_costs(load_project(project(folder, **SECTIONS, costs=f'path = "{path}"')))
    return costs, [finding.code for finding in findings]


# ---- the package

def test_prices_of_the_package_are_in_order_and_marked() -> None:
    costs = load_costs()
    assert all(low <= mid <= high for low, mid, high in zip(costs["low"], costs["mid"], costs["high"], strict=True))
    assert set(costs["basis"]) == {"assumption", "retrieved"}
    assert (costs["source"] != "").all()


def test_body_and_grounds_make_up_the_whole_renovation() -> None:
    # 250, 350 and 600 yuan per m2 of floor area
    costs = load_costs()
    assert [int(costs.at["BODY", name] + costs.at["YARD", name]) for name in ("low", "mid", "high")] == [250, 350, 600]


def test_every_unit_driver_and_type_is_known() -> None:
    costs = load_costs()
    assert set(costs["unit"]) <= set(labels_of("work_unit", "zh"))
    assert set(costs["driver"]) <= set(labels_of("work_driver", "en"))
    types = {type_ for text in costs["types"] for type_ in text.split("|") if type_}
    assert types - {"*rooms", "*land"} <= set(load_catalogue()["facility_type"])


def test_no_hazard_asks_for_two_works() -> None:
    words = [word for text in load_costs()["hazards"] for word in text.split("|") if word]
    assert len(words) == len(set(words))


def test_every_word_of_a_class_stands_for_works_or_for_none() -> None:
    words = {word for document in load_documents().values() for rule in document.rules
             if rule.param.startswith("class_") for word in listed_values(rule.value)}
    assert words == set(item_words()["word"])
    known = {*load_costs().index, *load_catalogue()["facility_type"], ""}
    assert set(item_words()["item"]) <= known


def test_works_have_names_in_both_languages() -> None:
    assert work_labels("zh")["ROOF"] == "屋面防水保温"
    assert labels_for("work_item", "en")["LIFT"] == "Added lifts"
    assert labels_for("work_item", "zh")["ELD_DAYCARE"].startswith("老年人日间照料中心")


# ---- the planner's own

def test_an_own_price_takes_the_place_of_ours_and_is_the_projects() -> None:
    costs, findings = replace_costs(load_costs(), said({"item": "GAS", "mid": "3,200"}))
    assert findings == []
    assert [int(costs.at["GAS", name]) for name in ("low", "mid", "high")] == [3_200, 3_200, 3_200]
    assert costs.at["GAS", "basis"] == "project"
    assert costs.at["HEAT", "basis"] == "assumption"


def test_an_own_price_on_a_guessed_quantity_stays_an_assumption_until_the_quantity_is_said_too() -> None:
    price, both = ({"item": "外墙保温修缮", "mid": "300", **more} for more in ({}, {"per_driver": "0.85"}))
    assert replace_costs(load_costs(), said(price))[0].at["WALL", "basis"] == "assumption"
    assert replace_costs(load_costs(), said(both))[0].at["WALL", "basis"] == "project"


def test_a_basis_may_be_said() -> None:
    costs, _ = replace_costs(load_costs(), said({"item": "LIFT", "mid": "480000", "basis": "公开资料"}))
    assert costs.at["LIFT", "basis"] == "retrieved"


def test_the_package_is_never_changed() -> None:
    replace_costs(load_costs(), said({"item": "GAS", "mid": "1"}))
    assert load_costs().at["GAS", "mid"] == 2_800


@pytest.mark.parametrize(("line", "code"), [
    ({"item": "POOL", "mid": "1"}, "costs.unknown_item"),
    ({"item": "GAS", "mid": "dear"}, "costs.no_number"),
    ({"item": "GAS", "mid": "-1"}, "costs.no_number"),
    ({"item": "GAS", "mid": ""}, "costs.no_price"),
    ({"item": "GAS", "low": "3", "mid": "2"}, "costs.not_in_order"),
    ({"item": "GAS", "mid": "2", "high": "1"}, "costs.not_in_order"),
    ({"item": "GAS", "mid": "2", "basis": "hearsay"}, "costs.unknown_basis"),
])
def test_what_cannot_be_used_is_said(line: dict[str, str], code: str) -> None:
    assert problems(line) == [code]


def test_every_problem_is_told_at_once_and_an_item_twice_is_one() -> None:
    assert problems({"item": "GAS", "mid": "1"}, {"item": "GAS", "mid": "2"}, {"item": "X", "mid": "1"}) == [
        "costs.item_twice", "costs.unknown_item"]


# ---- the file

def test_a_csv_with_chinese_headings_in_gbk_is_read(tmp_path: Path) -> None:
    lines = [["项目", "低价", "单价", "高价", "来源"],
             ["燃气立管及庭院管", "2000", "3000", "4000", "县燃气公司2024年报价"]]
    write_csv(tmp_path / "costs.csv", lines, encoding="gbk")
    costs, findings = read(tmp_path, "costs.csv")
    assert findings == []
    assert [int(costs.at["GAS", name]) for name in ("low", "mid", "high")] == [2_000, 3_000, 4_000]
    assert costs.at["GAS", "source"] == "县燃气公司2024年报价"


def test_a_workbook_is_read(tmp_path: Path) -> None:
    write_sheet(tmp_path / "costs.xlsx", [["item", "mid"], ["LIFT", 480_000]])
    assert read(tmp_path, "costs.xlsx")[0].at["LIFT", "mid"] == 480_000


def test_no_file_named_means_the_package_and_no_input(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    plain = load_project(project(tmp_path, **SECTIONS))
    pd.testing.assert_frame_equal(read_costs(plain)[0], load_costs())
    assert cost_inputs(plain) == {}


def test_the_file_is_an_input_with_its_digest(tmp_path: Path) -> None:
    write_csv(tmp_path / "costs.csv", [["item", "mid"], ["LIFT", "480000"]])
    read(tmp_path, "costs.csv")
    assert len(cost_inputs(load_project(tmp_path))["costs.csv"]) == 64


def test_a_missing_file_a_missing_column_and_a_wrong_kind_of_file_are_said(tmp_path: Path) -> None:
    write_csv(tmp_path / "costs.csv", [["item", "price"], ["LIFT", "480000"]])
    assert read(tmp_path, "nowhere.csv")[1] == ["project.no_data_file"]
    assert read(tmp_path, "costs.csv")[1] == ["headings.no_required", "headings.unused"]
    assert read(tmp_path, "estates.gpkg")[1] == ["costs.no_ledger"]


# ---- plan.toml

@pytest.mark.parametrize(("text", "code"), [
    ("shares = { utility = 1.2 }", "project.out_of_range"),
    ("shares = { bank = 0.5 }", "project.not_allowed"),
    ("shares = { gap = 0.5 }", "project.not_allowed"),
])
def test_a_share_is_of_a_known_source_and_between_nought_and_one(tmp_path: Path, text: str, code: str) -> None:
    write(town(), tmp_path / "estates.gpkg")
    _, findings = parse_project(project(tmp_path, **SECTIONS, funding=text))
    assert [finding.code for finding in findings] == [code]


def test_a_share_may_have_its_reason(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    text = 'shares = { utility = { value = 0.7, because = "协议" } }'
    read_back = load_project(project(tmp_path, **SECTIONS, funding=text))
    assert read_back.funding.shares == {"utility": 0.7}
    assert read_back.because["funding.shares.utility"] == "协议"
