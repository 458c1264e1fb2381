"""Resolution: what the documents of a chain say together, and which rules stand behind it."""

import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.documents import Document, Rule, Value
from geoplan.jurisdictions import find_documents
from geoplan.policy import (
    Policy,
    elder_standard,
    load_catalogue,
    load_poi_mapping,
    parameter_lines,
    requirement_text,
    resolve,
)

RESOLVED = (Path(__file__).parent / "golden" / "resolved_values.csv").read_text(encoding="utf-8")
GOLDEN = [
    (line["param"], column, expected)
    for line in csv.DictReader(RESOLVED.splitlines()) for column, expected in line.items() if column != "param"
]
FIRST_DAY = date(2024, 1, 1)
LEVELS = ("national", "province", "city", "county")


def policy_of(place: str, day: date) -> Policy:
    return resolve(find_documents(place, (), day)[0])


def row(policy: Policy, param: str) -> pd.Series:
    return policy.values[policy.values["param"] == param].iloc[0]


def document(
    name: str, level: str = "county", *, issuer: str = "", since: date = FIRST_DAY, op: str = ">=",
    value: Value = 0.5, merge: str = "strictest_max", unit: str = "ratio",
) -> Document:
    """Return a document of one rule on the parameter p."""
    rule = Rule(f"{name}-1", "一", "…", "consent", "hard", "computed", "p", op, unit, merge, "", value, stage="start")
    return Document(name, name, issuer or name, level, "某地", since, rules=(rule,))


def resolved(*documents: Document) -> tuple[object, str, tuple[str, ...]]:
    value = row(resolve(documents), "p")
    return value["value"], value["rule_id"], value["shadowed"]


def standing(*documents: Document) -> list[str]:
    rules = resolve(documents).rules
    return rules.loc[rules["stands"], "rule_id"].tolist()


@pytest.mark.parametrize(("param", "column", "expected"), GOLDEN)
def test_a_resolved_value_is_the_one_worked_out_by_hand(param: str, column: str, expected: str) -> None:
    place, day = column.split()
    values = policy_of(place, date.fromisoformat(day)).values
    said = values[values["param"] == param]
    told = [f"{one.op} {one.value} [{one.rule_id}]" for one in said.itertuples()]
    assert told == ([] if expected == "-" else [expected])


def test_xining_before_and_after_its_plan_differs_only_where_its_plan_spoke() -> None:
    before, after = (
        policy_of("西宁市", day).values.set_index(["module", "param", "op"])
        for day in (date(2024, 3, 1), date(2026, 11, 21))
    )
    both = before.index.intersection(after.index)
    changed = before.loc[both, "rule_id"] != after.loc[both, "rule_id"]
    assert set(before.loc[both][changed]["document"]) == {"XN-2021"}
    assert set(after.index) <= set(before.index)
    assert set(before.loc[before.index.difference(after.index), "document"]) == {"XN-2021"}


def test_the_rules_a_value_shadows_are_kept() -> None:
    policy = policy_of("西宁市", date(2024, 3, 1))
    assert row(policy, "years_until_expropriation")["shadowed"] == ("QH21-06",)
    assert row(policy, "completion_year")["shadowed"] == ("XN-03",)
    assert row(policy, "subsidy_building_body_per_household")["shadowed"] == ("QH21-20",)
    assert row(policy, "post2000_share")["shadowed"] == ("QH21-10",)
    assert row(policy_of("兰州市", date(2023, 3, 1)), "start.scheme_vote_rate")["shadowed"] == ("CN50-17",)


def test_every_rule_of_the_documents_in_force_is_there_once() -> None:
    policy = policy_of("西宁市", date(2024, 3, 1))
    assert len(policy.rules) == 1 + 34 + 37 + 46 + 76 + 28
    assert policy.rules["rule_id"].is_unique


def test_a_higher_floor_of_a_lower_level_tightens() -> None:
    assert resolved(document("P", "province", value=0.75), document("C", value=0.85)) == (0.85, "C-1", ("P-1",))


def test_a_lower_level_cannot_loosen_and_its_value_is_listed() -> None:
    assert resolved(document("P", "province", value=0.75), document("C", value=0.6)) == (0.75, "P-1", ("C-1",))


def test_of_equal_floors_the_lower_level_speaks() -> None:
    assert resolved(document("P", "province", value=0.75), document("C", value=0.75)) == (0.75, "C-1", ("P-1",))


def test_an_open_value_is_filled_from_below_and_from_above() -> None:
    assert resolved(document("P", "province", value="LOCAL"), document("C", value=0.6)) == (0.6, "C-1", ("P-1",))
    later = document("P", "province", value=0.15, op="<=", merge="strictest_min", since=date(2025, 1, 1))
    older = document("C", value="UNSPECIFIED", op="<=", merge="strictest_min")
    assert resolved(later, older) == (0.15, "P-1", ("C-1",))


def test_where_all_leave_it_open_it_stays_open() -> None:
    both = [document("P", "province", value="LOCAL"), document("C", value="LOCAL")]
    assert resolved(*both) == ("LOCAL", "C-1", ("P-1",))


def test_the_lowest_cap_wins() -> None:
    caps = [document("P", "province", op="<=", value=0.15, merge="strictest_min"),
            document("C", op="<=", value=0.1, merge="strictest_min")]
    assert resolved(*caps) == (0.1, "C-1", ("P-1",))


def test_before_a_year_is_tighter_than_until_its_end() -> None:
    years = {"merge": "most_specific_tightening", "unit": "year", "value": 2000}
    assert resolved(document("P", "province", op="<=", **years), document("C", op="<", **years)) == (
        2000, "C-1", ("P-1",))
    assert resolved(document("P", "province", op="<", **years), document("C", op="<=", **years)) == (
        2000, "P-1", ("C-1",))


def test_a_later_document_of_the_same_issuer_replaces_the_earlier_one_even_if_it_loosens() -> None:
    earlier = document("A", "province", issuer="省政府", value=0.9)
    later = document("B", "province", issuer="省政府", value=0.8, since=date(2025, 1, 1))
    assert resolved(earlier, later) == (0.8, "B-1", ("A-1",))
    assert standing(earlier, later) == ["B-1"]


def test_another_issuer_of_the_same_level_replaces_nothing() -> None:
    earlier = document("A", "province", issuer="省政府", value=0.9)
    later = document("B", "province", issuer="住建厅", value=0.8, since=date(2025, 1, 1))
    assert resolved(earlier, later) == (0.9, "A-1", ("B-1",))
    assert standing(earlier, later) == ["A-1", "B-1"]


def test_the_earliest_deadline_wins() -> None:
    days = {"op": "<=", "unit": "MM-DD", "merge": "most_specific_earliest"}
    assert resolved(document("P", "province", value="06-30", **days), document("C", value="05-31", **days)) == (
        "05-31", "C-1", ("P-1",))
    assert resolved(document("P", "province", value="06-30", **days), document("C", value="07-31", **days)) == (
        "06-30", "P-1", ("C-1",))


def test_subsidy_floors_are_not_added_up() -> None:
    floors = {"unit": "万元/户", "merge": "floor_latest_same_issuer"}
    earlier = document("A", "province", value=2.0, **floors)
    later = document("B", "province", value=1.5, since=date(2025, 1, 1), **floors)
    assert resolved(earlier, later) == (1.5, "B-1", ("A-1",))
    assert resolved(earlier, later, document("C", value=1.0, **floors)) == (1.5, "B-1", ("A-1", "C-1"))


def test_the_most_specific_speaks_alone() -> None:
    words = {"op": "==", "unit": "text", "merge": "most_specific"}
    documents = [document("P", "province", value="街道", **words), document("C", value="社区", **words)]
    assert resolved(*documents) == ("社区", "C-1", ("P-1",))
    assert standing(*documents) == ["C-1"]


def test_lists_are_united_in_the_order_of_the_chain() -> None:
    lists = {"op": "include", "unit": "list", "merge": "union"}
    policy = resolve([document("P", "province", value=("养老", "托育"), **lists),
                      document("C", value=("托育", "助餐"), **lists)])
    value = row(policy, "p")
    assert value["value"] == ("养老", "托育", "助餐")
    assert (value["shadowed"], value["beside"]) == ((), ("P-1",))
    assert policy.rules["stands"].all()


def test_rules_that_must_all_hold_stand_beside_each_other_unless_one_implies_the_other() -> None:
    years = {"op": ">", "unit": "years", "merge": "all_must_hold"}
    five, three = document("P", "province", value=5, **years), document("C", value=3, **years)
    assert resolved(five, three) == (5, "P-1", ("C-1",))
    lists = {"op": "==", "unit": "list", "merge": "all_must_hold"}
    policy = resolve([
        document("P", "province", value=("同步计划",), **lists), document("C", value=("同步规划",), **lists)])
    assert row(policy, "p")["beside"] == ("P-1",)
    assert policy.rules["stands"].all()


def test_one_parameter_in_two_modules_is_two_parameters() -> None:
    policy = policy_of("西宁市", date(2024, 3, 1))
    assert policy.values.duplicated(["module", "param", "op"]).sum() == 0


@given(st.dictionaries(st.sampled_from(LEVELS), st.integers(0, 100), min_size=1))
def test_the_resolved_floor_is_the_highest_of_all(said: dict[str, int]) -> None:
    documents = [document(level, level, value=said[level] / 100) for level in LEVELS if level in said]
    assert resolved(*documents)[0] == max(said.values()) / 100


def test_elder_care_space_comes_from_the_chain_with_its_condition() -> None:
    standard = elder_standard(policy_of("西宁市", date(2024, 3, 1)))
    assert (standard.m2_per_resident, standard.rule_id, standard.origin) == (0.1, "QH23-42", "policy")
    assert standard.condition == "具备条件的"
    assert standard.clause == "QH-2023-268 7 [QH23-42]"


@pytest.mark.parametrize(("place", "day"), [
    ("兰州市", date(2023, 3, 1)), ("金沙县", date(2022, 3, 1)), ("德宏州", date(2022, 6, 1)),
])
def test_elder_care_space_is_a_marked_default_where_the_chain_has_none(place: str, day: date) -> None:
    standard = elder_standard(policy_of(place, day))
    assert (standard.m2_per_resident, standard.origin) == (0.1, "default")
    assert standard.clause == "GB 50437-2007 (2018) 3.2.1A；建办城〔2023〕26号 二 环境革命"


def test_the_numbers_of_the_law_are_listed_with_their_clause() -> None:
    lines = {line["name"]: line for line in parameter_lines(policy_of("西宁市", date(2024, 3, 1)), "zh")}
    assert lines["completion_year_max"] == {
        "name": "completion_year_max", "value": "<= 2005", "unit": "年份", "origin": "policy",
        "clause_or_because": "QH-2023-268 1 [QH23-03]",
    }
    assert lines["plan_entry.participation_rate & agree_rate"]["value"] == ">= 当地规定"


@pytest.mark.parametrize(("op", "value", "unit", "zh", "en"), [
    (">=", 0.8, "ratio", "≥ 0.8", "≥ 0.8"),
    ("==", True, "bool", "= 是", "= yes"),
    (">", 5, "years", "> 5 年", "> 5 years"),
    (">=", "LOCAL", "ratio", "≥ 当地规定", "≥ set locally"),
    ("in", ("城市", "县城(城关镇)"), "enum", "属于 城市、县城(城关镇)", "in 城市、县城(城关镇)"),
    ("check", 1, "item", "须符合该项", "must be met"),
])
def test_a_requirement_reads_like_a_sentence(op: str, value: object, unit: str, zh: str, en: str) -> None:
    assert (requirement_text(op, value, unit, "zh"), requirement_text(op, value, unit, "en")) == (zh, en)


def test_the_catalogue_names_each_type_once_and_says_how_sure_its_distance_is() -> None:
    catalogue = load_catalogue()
    assert catalogue["facility_type"].is_unique
    assert set(catalogue["confidence"]) <= {"V-seed", "V-text", "V-sec", "K"}
    assert set(load_poi_mapping()["facility_type"].str.lstrip("_")) & set(catalogue["facility_type"])
