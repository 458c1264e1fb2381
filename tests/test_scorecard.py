"""The scorecard: every check that can be computed passes, fails, or says what is missing, on a plan of two areas."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.costs import load_costs
from geoplan.jurisdictions import find_documents
from geoplan.policy import Policy, load_catalogue, resolve
from geoplan.schema import columns_of, empty_table, lines_of
from geoplan.scorecard import CHECKS, SHORTFALLS, Case, make_scorecard

LAW = resolve(find_documents("西宁市", (), date(2024, 3, 1))[0])
NO_LAW = resolve([])
ESTATE = {
    "households": 100, "hazards": "", "municipal_gaps": False, "elevators_needed": 0, "elevators_installed": 0,
    "pm_confirmed": True, "after_base": None, "after_surveyed": None, "after_satisfied": None,
}
TYPES = [type_ for line in lines_of("scorecard.csv") for type_ in line["types"].split("|") if type_]


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a table of the contract with the columns that are said, the others missing."""
    empty = empty_table(name)
    frame = pd.DataFrame([{column: row.get(column) for column in empty} for row in rows], columns=list(empty))
    return frame.astype({column: dtype for column, dtype in empty.dtypes.items() if str(dtype) != "geometry"})


def estates(**said: Mapping[str, Any]) -> pd.DataFrame:
    """Return E1 and E2 of A1 and E3 of A2, each of 100 households and in order; facts by id may say otherwise."""
    rows = [{"estate_id": estate_id, "area_id": area_id, **ESTATE, **said.get(estate_id, {})}
            for estate_id, area_id in (("E1", "A1"), ("E2", "A1"), ("E3", "A2"))]
    return pd.DataFrame(rows).astype({
        "estate_id": "str", "area_id": "str", "hazards": "str", "municipal_gaps": "boolean", "pm_confirmed": "boolean",
        **{name: "Int64" for name in ESTATE if name not in ("hazards", "municipal_gaps", "pm_confirmed")}})


def programme(**years: int | None) -> pd.DataFrame:
    """Return 1 million yuan and 200 households for A1, the same and 100 for A2."""
    return table("programme", [
        {"area_id": area_id, "plan_year": year, "households": 200 if area_id == "A1" else 100,
         "amount_yuan": 1_000_000.0} for area_id, year in {"A1": 2025, "A2": 2026, **years}.items()])


def verdicts(item: str, *results: str, stage: str = "plan_entry") -> pd.DataFrame:
    return table("verdicts", [
        {"estate_id": f"E{number}", "rule_id": item, "result": result, "stage": stage}
        for number, result in enumerate(results, start=1)])


def gaps(*said: tuple[str, str, bool | None, bool | None]) -> pd.DataFrame:
    """Return no gap for any type of the scorecard in A1 and A2 but those said: area, type, today, after."""
    every = {(area_id, type_): (False, False) for area_id in ("A1", "A2") for type_ in TYPES}
    every |= {(area_id, type_): (today, after) for area_id, type_, today, after in said}  # type: ignore[misc]
    return table("area_gaps", [{"area_id": area_id, "facility_type": type_, "is_gap": today, "is_gap_after": after}
                               for (area_id, type_), (today, after) in every.items()])


def works(*said: tuple[str, str]) -> pd.DataFrame:
    return table("works", [{"area_id": area_id, "item": item} for area_id, item in said])


def funding(*said: tuple[str, str, float | None]) -> pd.DataFrame:
    return table("funding", [{"area_id": area_id, "item": "BODY", "source": source, "amount_yuan": yuan}
                             for area_id, source, yuan in said])


def digs(*said: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(list(said), columns=["area_id", "utility_id", "year"]).assign(kind="gas").astype(
        {"area_id": "str", "utility_id": "str", "year": "Int64"})


def case(**said: Any) -> Case:
    ranked = pd.DataFrame({"area_id": ["A1", "A2"], "score": [60.0, 50.0], "rank": [1, 2]})
    brought = {"estates": frozenset({"hazards"}), "facilities": frozenset({"name"}), "sites": frozenset({"site_id"}),
               "utilities": frozenset({"year"})}
    usual: dict[str, Any] = {
        "estates": estates(), "verdicts": empty_table("verdicts"), "programme": programme(), "scores": ranked,
        "area_gaps": gaps(), "works": works(), "digs": digs(), "utilities": pd.DataFrame({"year": [2025]}),
        "funding": funding(("A1", "utility", 1_000_000.0), ("A2", "local_budget", 1_000_000.0)),
        "costs": load_costs(), "brought": brought, "budgets": {2025: 1_000_000.0, 2026: 1_000_000.0}}
    return Case(**{**usual, **said})


def judged(item: str, law: Policy = LAW, **said: Any) -> tuple[str, str | None, str]:
    """Return result, value and how of one check."""
    row = make_scorecard(case(**said), law).set_index("item").loc[item]
    return row["result"], None if pd.isna(row["value"]) else row["value"], row["how"]


def english(item: str, **said: Any) -> tuple[str, str | None, str]:
    return judged(item, language="en", **said)


def test_there_are_37_checks_where_the_annex_is_in_force_and_none_elsewhere() -> None:
    table_ = make_scorecard(case(), LAW)
    assert table_["item"].tolist() == [f"SC-{number:02d}" for number in range(1, 38)]
    assert list(table_) == [column.name for column in columns_of("scorecard")]
    assert make_scorecard(case(), NO_LAW).empty
    before = resolve(find_documents("青海省", (), date(2021, 12, 1))[0])
    assert make_scorecard(case(), before).empty  # the annex is of 2021-12-14


def test_every_check_that_needs_papers_names_them_and_gives_no_value() -> None:
    table_ = make_scorecard(case(), LAW).set_index("item")
    papers = {line["item"]: line["zh"] for line in lines_of("scorecard.csv")}
    for item in set(papers) - set(CHECKS):
        assert table_.loc[item, "result"] == "needs_evidence"
        assert table_.loc[item, "how"] == f"请附：{papers[item]}"
        assert pd.isna(table_.loc[item, "value"])
    assert set(papers) == set(table_.index)


def test_the_types_of_the_classes_are_types_of_the_catalogue_and_in_one_class_only() -> None:
    assert set(TYPES) <= set(load_catalogue()["facility_type"])
    assert len(TYPES) == len(set(TYPES))
    assert {line["item"] for line in lines_of("scorecard.csv") if line["types"]} == set(SHORTFALLS)


def test_the_indicator_is_the_quote_in_chinese_and_its_meaning_in_english() -> None:
    zh = make_scorecard(case(), LAW).set_index("item")["indicator"]
    en = make_scorecard(case(language="en"), LAW).set_index("item")["indicator"]
    assert zh["SC-15"] == "当年完工小区群众满意度"
    assert en["SC-15"] == "Satisfaction of estates completed in the year"


def test_without_a_planned_area_nothing_is_judged_that_asks_for_one() -> None:
    table_ = make_scorecard(case(programme=programme(A1=None, A2=None)), LAW).set_index("item")
    assert (table_.drop("SC-27")["result"] == "needs_evidence").all()
    assert table_.loc["SC-02", "how"].startswith("还没有片区排入年度计划；请附：")


def test_sc_02_passes_within_budget_and_without_a_gap() -> None:
    assert english("SC-02")[:2] == (
        "pass", "yuan by year 2025: 1,000,000, 2026: 1,000,000; budgets in yuan 2025: 1,000,000, 2026: 1,000,000; "
                "gap without a source 0 yuan")


@pytest.mark.parametrize("said", [
    {"budgets": {2025: 999_999.99, 2026: 1_000_000.0}},
    {"budgets": {}, "total_budget": 1_999_999.0},  # 1 + 1 = 2 million
])
def test_sc_02_fails_over_budget(said: dict[str, Any]) -> None:
    assert judged("SC-02", **said)[0] == "fail"


@pytest.mark.parametrize(("said", "missing"), [
    ({"budgets": {2025: 2_000_000.0}}, "1 years without a budget: 2026"),
    ({"programme": programme().assign(amount_yuan=[1_000_000.0, None])}, "1 areas of unknown cost: A2"),
    ({"funding": funding(("A1", "utility", 1_000_000.0))}, "1 areas without funding: A2"),
    ({"funding": funding(("A1", "unverified", 1_000_000.0), ("A2", "utility", 1.0))},
     "1,000,000 yuan of subsidies to be verified"),
    ({"funding": funding(("A1", "utility", 999_999.0), ("A1", "gap", 1.0), ("A2", "local_budget", 1_000_000.0))},
     "1 yuan have no source yet"),
])
def test_sc_02_says_what_is_unknown(said: dict[str, Any], missing: str) -> None:
    result, _, how = english("SC-02", **said)
    assert result == "needs_evidence"
    assert missing in how
    assert how.endswith("attach: the financing plan and the opinion on hidden government debt")


def test_sc_02_fails_although_something_else_is_unknown_and_says_both() -> None:
    result, _, how = english("SC-02", budgets={2025: 1.0})
    assert result == "fail"
    assert "1 years over budget: 2025; 1 years without a budget: 2026" in how


def test_sc_02_a_budget_of_all_years_is_a_budget_of_each() -> None:
    assert judged("SC-02", budgets={}, total_budget=2_000_000.0)[0] == "pass"


def test_money_and_estates_of_areas_that_are_not_planned_do_not_count() -> None:
    out = {"programme": programme(A2=None)}
    assert judged("SC-02", funding=funding(("A1", "utility", 1.0), ("A2", "gap", 5.0)), **out)[0] == "pass"
    assert judged("SC-03", verdicts=verdicts("SC-03", "pass", "pass", "fail"), **out)[0] == "pass"
    assert judged("SC-18", estates=estates(E3={"pm_confirmed": False}), **out)[0] == "pass"


@pytest.mark.parametrize("item", ["SC-03", "SC-04", "SC-16", "SC-17"])
@pytest.mark.parametrize(("results", "expected"), [
    (("pass", "pass", "pass"), "pass"),
    (("pass", "fail", "unknown"), "fail"),
    (("pass", "pass", "unknown"), "needs_evidence"),
    (("pass", "pass", "not_set"), "needs_evidence"),
    (("pass", "needs_evidence", "pass"), "needs_evidence"),
    (("pass", "pass"), "needs_evidence"),  # nobody judged E3
])
def test_gates_follow_the_verdicts_of_the_planned_estates(item: str, results: tuple[str, ...], expected: str) -> None:
    assert judged(item, verdicts=verdicts(item, *results))[0] == expected


def test_a_gate_names_the_estates_that_fail_and_those_that_are_open() -> None:
    _, value, how = english("SC-16", verdicts=verdicts("SC-16", "fail", "unknown", "pass"))
    assert value == "3 estates: 1 reach them, 1 do not, 1 unknown or without a set ratio"
    assert "1 estates fail: E1" in how
    assert "E2" in how


def test_the_verdict_of_another_rule_does_not_answer_a_gate() -> None:
    assert judged("SC-16", verdicts=verdicts("SC-17", "pass", "pass", "pass"))[0] == "needs_evidence"


@pytest.mark.parametrize(("scores", "ranks", "expected"), [
    ((60.0, 50.0), (1, 2), "pass"), ((60.0, None), (1, 2), "fail"), ((60.0, 50.0), (1, 1), "fail"),
    ((60.0, 50.0), (1, None), "fail"),
])
def test_sc_06_asks_for_a_score_and_a_rank_of_every_area(
    scores: tuple[float | None, ...], ranks: tuple[int | None, ...], expected: str,
) -> None:
    ranked = pd.DataFrame({"area_id": ["A1", "A2"], "score": scores, "rank": ranks})
    assert judged("SC-06", scores=ranked)[0] == expected


@pytest.mark.parametrize(("said", "expected"), [
    ({}, "pass"),
    ({"digs": digs(("A1", "U1", 2025), ("A2", "U1", 2025))}, "pass"),  # 2025 is before A2's 2026
    ({"digs": digs(("A1", "U1", 2026))}, "fail"),
    ({"brought": {"estates": frozenset()}}, "needs_evidence"),
    ({"utilities": pd.DataFrame({"year": [2025, None]})}, "needs_evidence"),
])
def test_sc_08_asks_that_no_renovated_street_is_dug_again(said: dict[str, Any], expected: str) -> None:
    assert judged("SC-08", **said)[0] == expected


def test_sc_08_tells_how_many_works_go_together() -> None:
    _, value, how = english("SC-08", digs=digs(("A1", "U1", 2025), ("A1", "U2", 2027), ("A2", "U3", 2025)))
    assert value == "3 works beside planned areas: 1 in the same year, 1 dig again after the renovation"
    assert "A1 U2" in how


@pytest.mark.parametrize(("said", "expected"), [
    ({}, "pass"),
    ({"estates": estates(E1={"hazards": "排水、屋面"}), "works": works(("A1", "DRAIN"), ("A1", "ROOF"))}, "pass"),
    ({"estates": estates(E1={"hazards": "排水、屋面"}), "works": works(("A1", "YARD"), ("A1", "ROOF"))}, "pass"),
    ({"estates": estates(E1={"hazards": "排水、屋面"}), "works": works(("A1", "ROOF"))}, "fail"),
    ({"estates": estates(E1={"hazards": "排水"}), "works": works(("A2", "DRAIN"))}, "fail"),  # of another area
    ({"estates": estates(E1={"hazards": "白蚁"})}, "needs_evidence"),  # no item is known for termites
    ({"estates": estates(E1={"hazards": None})}, "needs_evidence"),
    ({"estates": estates(E1={"municipal_gaps": True})}, "fail"),
    ({"estates": estates(E1={"municipal_gaps": True}), "works": works(("A1", "WATER"))}, "pass"),
    ({"estates": estates(E1={"municipal_gaps": None})}, "needs_evidence"),
    ({"area_gaps": gaps(("A1", "BARRIER_FREE", True, True))}, "fail"),
    ({"area_gaps": gaps(("A1", "BARRIER_FREE", True, True)), "works": works(("A1", "BARRIER_FREE"))}, "pass"),
    ({"area_gaps": gaps(("A1", "BARRIER_FREE", True, False))}, "pass"),
    ({"area_gaps": gaps(("A1", "BARRIER_FREE", None, None))}, "needs_evidence"),
    ({"area_gaps": gaps(("A1", "PARKING", True, True))}, "pass"),  # of another class
    ({"area_gaps": empty_table("area_gaps")}, "needs_evidence"),
])
def test_sc_10_asks_that_every_base_shortfall_is_in_the_works(said: dict[str, Any], expected: str) -> None:
    assert judged("SC-10", **said)[0] == expected


def test_sc_10_names_what_is_left_out_in_words() -> None:
    result, value, how = judged("SC-10", estates=estates(E1={"hazards": "排水", "municipal_gaps": None}),
                                area_gaps=gaps(("A2", "CHILD_PLAY", True, True)))
    assert result == "fail"
    assert value == "短板 2 项，已纳入或补齐 0 项，未纳入 2 项"  # the drain and the play ground; the third is unknown
    assert "未纳入或未补齐 2 项：E1 排水、A2 老幼活动" in how
    assert "不能判断 1 项：E1 市政配套不完善" in how


@pytest.mark.parametrize(("said", "expected"), [
    ({}, "pass"),
    ({"area_gaps": gaps(("A1", "PARKING", True, True), ("A1", "PARCEL", True, True))}, "fail"),
    ({"area_gaps": gaps(("A1", "PARKING", True, True), ("A1", "PARCEL", True, True)),
      "works": works(("A1", "PARKING"))}, "pass"),  # some content is enough (有相关内容)
    ({"area_gaps": gaps(("A1", "PARKING", True, True), ("A2", "PARCEL", True, True)),
      "works": works(("A1", "PARKING"))}, "fail"),  # A2 has none
    ({"estates": estates(E3={"elevators_needed": 2, "elevators_installed": 1})}, "fail"),
    ({"estates": estates(E3={"elevators_needed": 2}), "works": works(("A2", "LIFT"))}, "pass"),
    ({"estates": estates(E3={"elevators_needed": 2, "elevators_installed": 2})}, "pass"),
    ({"area_gaps": gaps(("A1", "PARKING", True, None))}, "needs_evidence"),
    ({"area_gaps": gaps(("A1", "PARKING", None, None))}, "needs_evidence"),
    ({"area_gaps": gaps(("A1", "PARKING", None, None), ("A1", "PARCEL", True, True)),
      "works": works(("A1", "PARCEL"))}, "pass"),  # A1 has some content whatever its parking
    ({"area_gaps": gaps(("A1", "ELEVATOR", None, None))}, "pass"),  # of lifts the ledger speaks
])
def test_sc_11_asks_for_some_content_in_every_area_that_lacks_something(said: dict[str, Any], expected: str) -> None:
    assert judged("SC-11", **said)[0] == expected


@pytest.mark.parametrize(("said", "expected"), [
    ({}, "pass"),
    ({"area_gaps": gaps(("A1", "ELD_DAYCARE", True, False))}, "pass"),
    ({"area_gaps": gaps(("A1", "ELD_DAYCARE", True, True))}, "fail"),
    ({"area_gaps": gaps(("A1", "ELD_DAYCARE", True, True)), "works": works(("A1", "ELD_DAYCARE"))}, "fail"),
    ({"area_gaps": gaps(("A1", "ELD_DAYCARE", True, None))}, "needs_evidence"),
    ({"area_gaps": gaps(("A1", "CHILD_NURSERY", None, None))}, "needs_evidence"),
])
def test_sc_12_asks_that_the_area_as_a_whole_lacks_nothing_afterwards(said: dict[str, Any], expected: str) -> None:
    assert judged("SC-12", **said)[0] == expected


SURVEYED = estates(E1={"after_base": 100, "after_surveyed": 80, "after_satisfied": 76})


@pytest.mark.parametrize(("said", "expected"), [
    ({}, "needs_evidence"),  # nobody surveyed
    ({"estates": SURVEYED}, "needs_evidence"),  # no ratio set
    ({"estates": SURVEYED, "verdicts": verdicts("QH23-23", "pass", stage="after")}, "pass"),
    ({"estates": SURVEYED, "verdicts": verdicts("QH23-23", "fail", stage="after")}, "fail"),
    ({"estates": SURVEYED, "verdicts": verdicts("QH23-23", "unknown", stage="after")}, "needs_evidence"),
    ({"estates": SURVEYED, "verdicts": verdicts("QH23-23", "pass", "fail", stage="after")}, "pass"),  # E2 is not done
])
def test_sc_15_looks_at_the_estates_surveyed_after_completion(said: dict[str, Any], expected: str) -> None:
    assert judged("SC-15", **said)[0] == expected


def test_sc_15_tells_the_share_of_satisfied_households() -> None:
    assert english("SC-15", estates=SURVEYED, verdicts=verdicts("QH23-23", "pass", stage="after"))[1] == (
        "1 estates surveyed, 76 of 80 households satisfied (95.0%)")  # 76 / 80 = 0.95


@pytest.mark.parametrize(("answer", "expected"), [(True, "pass"), (False, "fail"), (None, "needs_evidence")])
def test_sc_18_asks_that_management_is_confirmed(answer: bool | None, expected: str) -> None:
    assert judged("SC-18", estates=estates(E2={"pm_confirmed": answer}))[0] == expected


def test_sc_26_counts_households_in_areas_of_two_estates() -> None:
    assert english("SC-26")[:2] == ("pass", "200 of 300 households (66.7%)")  # E1 + E2 of E1 + E2 + E3
    alone = estates().iloc[[0, 2]]
    assert english("SC-26", estates=alone)[:2] == ("fail", "0 of 200 households (0.0%)")
    assert judged("SC-26", estates=estates(E1={"households": None}))[0] == "needs_evidence"


def test_sc_27_asks_for_facilities_hazards_and_sites() -> None:
    assert english("SC-27")[:2] == ("pass", "3 of 3 kinds of data were brought")
    result, value, how = english("SC-27", brought={"estates": frozenset(), "facilities": frozenset()})
    assert (result, value) == ("needs_evidence", "1 of 3 kinds of data were brought")
    assert "2 not brought: hazards, reuse sites" in how


@pytest.mark.parametrize(("item", "source"), [
    ("SC-28", "utility"), ("SC-28", "residents"), ("SC-28", "social_capital"), ("SC-28", "original_owner"),
    ("SC-29", "local_budget"), ("SC-29", "special_bond"), ("SC-31", "special_bond"),
])
def test_money_of_a_source_passes_with_its_share(item: str, source: str) -> None:
    money = funding(("A1", source, 250_000.0), ("A1", "central_provincial", 750_000.0))
    assert english(item, funding=money)[:2] == ("pass", "250,000 of 1,000,000 yuan (25.0%)")


@pytest.mark.parametrize(("item", "expected"), [("SC-28", "fail"), ("SC-29", "fail"), ("SC-31", "needs_evidence")])
def test_without_money_of_a_source_a_check_fails_unless_loans_may_stand_elsewhere(item: str, expected: str) -> None:
    assert judged(item, funding=funding(("A1", "central_provincial", 5.0)))[0] == expected


@pytest.mark.parametrize("item", ["SC-28", "SC-29", "SC-31"])
def test_money_of_unknown_amount_neither_passes_nor_fails(item: str) -> None:
    assert judged(item, funding=funding(("A1", "gap", None)))[0] == "needs_evidence"
    assert judged(item, funding=empty_table("funding"))[0] == "needs_evidence"


@given(st.permutations(range(3)), st.permutations(range(2)))
def test_the_order_of_rows_changes_nothing(homes: list[int], areas: list[int]) -> None:
    shuffled = case(estates=estates(E1={"hazards": "排水"}).iloc[homes], programme=programme().iloc[areas])
    usual = case(estates=estates(E1={"hazards": "排水"}))
    pd.testing.assert_frame_equal(make_scorecard(shuffled, LAW), make_scorecard(usual, LAW))
