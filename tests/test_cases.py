"""Every threshold of every document, just below, on and above it: tests/cases/*.toml, one estate, one rule a case."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from drawn import layer
from shapely.geometry import box

from geoplan.jurisdictions import find_documents
from geoplan.policy import Policy, resolve
from geoplan.screening import screen_estates

CASES = Path(__file__).parent / "cases"
SCOPE_RULES = ("CN50-03", "SC-03")
FILES = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(CASES.glob("*.toml"))}
ALL = [(stem, case) for stem, said in FILES.items() for case in said["case"]]
ESTATE = box(0, 0, 100, 100)
HERITAGE = {"touching": box(90, 90, 200, 200), "apart": box(500, 500, 600, 600)}


def policy_of(said: dict[str, Any], rule: str) -> Policy:
    documents, _ = find_documents(None, said["documents"], said["as_of"])
    policy = resolve(documents)
    if rule in SCOPE_RULES:
        return policy
    return replace(policy, rules=policy.rules[policy.rules["rule_id"] == rule])


@pytest.mark.parametrize(("stem", "case"), ALL, ids=[f"{stem}: {case['rule']}: {case['name']}" for stem, case in ALL])
def test_a_case_comes_out_as_the_sum_says(stem: str, case: dict[str, Any]) -> None:
    said = FILES[stem]
    estates = layer("estates", [ESTATE], estate_id=["E1"], name=["E1"],
                    **{column: [value] for column, value in case["estate"].items()})
    brought = {"estates": frozenset(case["estate"]) | frozenset(case.get("brought", ()))}
    where = case.get("heritage")
    heritage = layer("heritage", [HERITAGE[where]] if where else [], name=["老街"] if where else [])
    verdicts = screen_estates(
        estates, policy_of(said, case["rule"]), plan_year=said.get("plan_year", 2025),
        brought=brought | ({"heritage": frozenset({"name"})} if where else {}), heritage=heritage)
    verdict = verdicts.set_index("rule_id").loc[case["rule"]]
    told = {key: verdict[key] for key in ("result", "value", "limit", "stage") if key in case}
    assert told == {key: case[key] for key in told}


def test_every_rule_with_a_number_has_cases_that_pass_and_cases_that_fail() -> None:
    results: dict[str, set[str]] = {}
    for _, case in ALL:
        results.setdefault(case["rule"], set()).add(case["result"])
    compared = {
        rule_id
        for place, day in (("西宁市", date(2024, 3, 1)), ("甘肃省", date(2023, 3, 1)), ("金沙县", date(2022, 3, 1)),
                           ("德宏州", date(2022, 6, 1)))
        for rule_id, stage, strength, unit, value in resolve(find_documents(place, (), day)[0]).rules[
            ["rule_id", "stage", "strength", "unit", "value"]].itertuples(index=False)
        if stage and strength != "report" and unit in ("ratio", "year", "years") and isinstance(value, int | float)
    }
    assert {rule for rule in compared if not {"pass", "fail", "unknown"} <= results.get(rule, set())} == {"XN-09"}


def test_every_rule_that_stands_at_a_gate_has_a_case() -> None:
    asked = {
        rule_id
        for place, day in (("西宁市", date(2024, 3, 1)), ("甘肃省", date(2023, 3, 1)), ("金沙县", date(2022, 3, 1)),
                           ("德宏州", date(2022, 6, 1)))
        for rule_id, stage, strength in resolve(find_documents(place, (), day)[0]).rules[
            ["rule_id", "stage", "strength"]].itertuples(index=False)
        if stage and strength != "report"
    }
    assert asked - {case["rule"] for _, case in ALL} == set()
