"""What is asked of more than one town: sums by hand, unknown that is not false, documents that no longer ask."""

from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from geoplan.jurisdictions import place_name
from geoplan.labels import table_name, unit_of
from geoplan.quotas import Bounds, check_quotas, judge, list_rules
from geoplan.schema import columns_of, conform, tables

TABLES = {"check": "tables", "jurisdiction": "青海省", "clause": "QH-2023-268 13 [QH23-57]", "limit": ">= 100"}
SHARE = {"check": "old_share", "jurisdiction": "西宁市", "clause": "QH-2023-268 1 [QH23-04]", "limit": "<= 0.15"}
TARGET = {"check": "target_estates", "jurisdiction": "青海省", "clause": "QH-2021-13 一(二) [QH21-01]",
          "limit": "== 489", "year": 2021}


def years(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {"areas": 1, "estates": 10, "households": 1_000, "households_2001_2005": 0, "households_year_unknown": 0,
             "amount_yuan": None, "areas_without_amount": 1, "tables": 0.0, "tables_known": True}
    return conform("town_years", pd.DataFrame([{**usual, **row} for row in rows]), side="province")


def rules(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{"year": None, **row} for row in rows]).astype({"year": "Int64"})


def towns(**states: str) -> pd.DataFrame:
    return pd.DataFrame({"town": list(states), "state": list(states.values()), "jurisdiction": "西宁市"})


def checked(made: pd.DataFrame, *asked: dict[str, Any], **states: str) -> list[tuple[int, float, str]]:
    every = [{"town": town, **rule} for town in sorted(set(made["town"])) for rule in asked]
    table = check_quotas(towns(**states), made, rules(*every))
    return [(row.plan_year, row.least, row.result) for row in table.itertuples()]


def test_tables_are_counted_over_the_towns_of_the_province() -> None:
    made = years({"town": "a", "plan_year": 2025, "tables": 60}, {"town": "b", "plan_year": 2025, "tables": 45})
    assert checked(made, TABLES, a="done", b="done") == [(2025, 105, "met")]  # 60 + 45 = 105


def test_too_few_tables_are_not_met_only_where_every_town_was_counted() -> None:
    short = {"town": "a", "plan_year": 2025, "tables": 60}
    assert checked(years(short), TABLES, a="done") == [(2025, 60, "not_met")]
    assert checked(years(short), TABLES, a="done", b="failed") == [(2025, 60, "unknown")]
    assert checked(years({**short, "tables_known": False}), TABLES, a="done") == [(2025, 60, "unknown")]


def test_enough_tables_are_enough_whatever_the_others_bring() -> None:
    made = years({"town": "a", "plan_year": 2025, "tables": 100})
    assert checked(made, TABLES, a="done", b="lost") == [(2025, 100, "met")]


def test_three_years_are_three_years() -> None:
    made = years(*({"town": "a", "plan_year": year, "tables": 200} for year in (2022, 2023, 2025, 2026)))
    assert [result for *_, result in checked(made, TABLES, a="done")] == ["lapsed", "met", "met", "lapsed"]


def test_the_share_is_of_the_households_of_the_jurisdiction_in_the_year() -> None:
    made = years({"town": "a", "plan_year": 2025, "households": 1_000, "households_2001_2005": 200},
                 {"town": "b", "plan_year": 2025, "households": 3_000, "households_2001_2005": 300})
    assert checked(made, SHARE, a="done", b="done") == [(2025, 0.125, "met")]  # 500 of 4 000
    assert checked(made[:1], SHARE, a="done") == [(2025, 0.2, "not_met")]


def test_households_of_unknown_year_make_a_share_unknown_not_wrong() -> None:
    row = {"town": "a", "plan_year": 2025, "households": 1_000, "households_2001_2005": 140}
    assert checked(years({**row, "households_year_unknown": 10}), SHARE, a="done") == [(2025, 0.14, "met")]  # 0.15
    assert checked(years({**row, "households_year_unknown": 11}), SHARE, a="done") == [(2025, 0.14, "unknown")]


def test_a_town_that_is_not_done_keeps_the_share_of_its_jurisdiction_open_and_no_other() -> None:
    made = years({"town": "a", "plan_year": 2025})
    assert checked(made, SHARE, a="done", b="failed") == [(2025, 0, "unknown")]
    elsewhere = {**SHARE, "jurisdiction": "金沙县"}
    assert checked(made, elsewhere, a="done", b="failed") == [(2025, 0, "met")]


def test_a_target_of_2021_is_never_asked_of_another_year() -> None:
    assert checked(years({"town": "a", "plan_year": 2025}), TARGET, a="done")[0][::2] == (2021, "lapsed")
    made = years({"town": "a", "plan_year": 2021, "estates": 490}, {"town": "a", "plan_year": 2022, "estates": 1})
    assert checked(made, TARGET, a="done") == [(2021, 490, "met")]


@pytest.mark.parametrize(("limit", "least", "most", "uncounted", "result"), [
    (">= 100", 100, 100, 3, "met"), (">= 100", 99, 99, 0, "not_met"), (">= 100", 99, 99, 1, "unknown"),
    ("<= 0.15", 0, 0, 1, "unknown"), ("<= 1", 1, 1, 0, "met"), ("<= 1", 2, 2, 0, "not_met"),
    ("== 489", 489, 489, 0, "met"), ("== 489", 488, 489, 0, "unknown"),
])
def test_a_verdict_is_what_no_unknown_can_change(
    limit: str, least: int, most: int, uncounted: int, result: str,
) -> None:
    assert judge(limit, Bounds(Fraction(least), Fraction(most)), uncounted) == result


def test_the_rules_of_a_town_come_from_what_its_chain_resolved_and_the_documents_in_force() -> None:
    parameters = pd.DataFrame({
        "name": ["pingpong_tables_per_year", "quota.share_2001_2005_households", "areas.max_gap_m",
                 "share_2001_2005_households"],
        "value": [">= 100", "<= 0.15", "60", "待定"], "origin": ["policy", "policy", "default", "policy"],
        "clause_or_because": [TABLES["clause"], SHARE["clause"], "", SHARE["clause"]]})
    found = list_rules(parameters, "QH-2021-13、QH-2023-268", "西宁市")
    assert found[["check", "jurisdiction", "limit"]].values.tolist() == [
        ["tables", "青海省", ">= 100"], ["old_share", "西宁市", "<= 0.15"],
        ["target_estates", "青海省", "== 489"], ["target_households", "青海省", "== 51500"]]
    assert found["year"].dropna().tolist() == [2021, 2021]


@pytest.mark.parametrize(("said", "name"), [
    ("西宁", "西宁市"), ("青海省西宁市", "西宁市"), ("630100", "西宁市"), ("青海", "青海省"), ("大通县", "大通县"),
    ("某市", "某市"),
])
def test_a_place_has_one_name_however_it_is_written(said: str, name: str) -> None:
    assert place_name(said) == name


def test_every_table_and_column_of_a_province_has_a_name_and_a_sentence() -> None:
    for table in tables("province"):
        assert table_name(table, "en") != table_name(table, "zh") != table
        for column in columns_of(table, "province"):
            assert column.meaning_zh.endswith("。")
            assert column.meaning_en.endswith(".")
            assert isinstance(unit_of(column, "zh"), str)
