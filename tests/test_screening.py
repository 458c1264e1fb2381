"""Screening: every rule asked of every estate, unknown kept apart from no, and the worst of the hard rules."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from drawn import layer
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box
from test_documents import SOUND

from geoplan.answers import RESULTS
from geoplan.jurisdictions import find_documents
from geoplan.policy import Policy, resolve
from geoplan.schema import columns_of, words_of
from geoplan.screening import judge_estates, screen_estates

READY: Mapping[str, Any] = {
    "location": "city", "completion_year": 1995, "structure": "sound", "strong_will": True, "neglect": True,
    "consent_eligible": 300, "consent_participants": 280, "consent_agree": 250, "mgmt_consensus": True,
    "public_notice_no_objection": True,
}
LISTS = frozenset({"expropriation_year", "exclusions"})
NO_HERITAGE = layer("heritage", [])


def policy_of(place: str = "西宁市", day: date = date(2024, 3, 1), *files: Path) -> Policy:
    return resolve(find_documents(place, (), day, files)[0])


QINGHAI = policy_of()
GANSU, JINSHA = policy_of("甘肃省", date(2023, 3, 1)), policy_of("金沙县", date(2022, 3, 1))
DEHONG = policy_of("德宏州", date(2022, 6, 1))


def town(*said: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return estates E1, E2, … in a row, 100 m square and 150 m apart, with the columns said of each."""
    columns = sorted({column for estate in said for column in estate})
    ids = [f"E{number}" for number in range(1, len(said) + 1)]
    shapes = [box(150 * place, 0, 150 * place + 100, 100) for place in range(len(said))]
    given = {column: [estate.get(column) for estate in said] for column in columns}
    return layer("estates", shapes, **{"estate_id": ids, "name": ids, **given})


def screen(estates: gpd.GeoDataFrame, policy: Policy = QINGHAI, **given: Any) -> pd.DataFrame:
    asked = {"plan_year": 2025, "brought": {"estates": LISTS, "heritage": frozenset()}, "heritage": NO_HERITAGE} | given
    return screen_estates(estates, policy, **asked)


def states(said: Mapping[str, Any], policy: Policy = QINGHAI, **given: Any) -> tuple[str, str]:
    estates = town(said)
    state = judge_estates(screen(estates, policy, **given), estates).iloc[0]
    return state["eligibility"], state["plan_entry"]


def result(said: Mapping[str, Any], rule: str, policy: Policy = QINGHAI, **given: Any) -> str:
    return str(screen(town(said), policy, **given).set_index("rule_id").loc[rule, "result"])


def test_an_estate_that_meets_everything_is_eligible_and_ready() -> None:
    assert states(READY) == ("eligible", "ready")


@pytest.mark.parametrize(("missing", "expected"), [
    ("completion_year", ("unknown", "ready")), ("structure", ("unknown", "ready")), ("location", ("unknown", "ready")),
    ("strong_will", ("unknown", "ready")), ("neglect", ("unknown", "ready")),
    ("consent_eligible", ("eligible", "unknown")), ("consent_agree", ("eligible", "unknown")),
    ("mgmt_consensus", ("eligible", "unknown")), ("public_notice_no_objection", ("eligible", "unknown")),
])
def test_a_missing_fact_is_unknown_and_not_false(missing: str, expected: tuple[str, str]) -> None:
    assert states({**READY, missing: None}) == expected


@pytest.mark.parametrize(("fact", "expected"), [
    ({"completion_year": 2006}, ("ineligible", "not_ready")), ({"structure": "dangerous"}, ("ineligible", "not_ready")),
    ({"expropriation_year": 2030}, ("ineligible", "not_ready")), ({"location": "outside"}, ("ineligible", "not_ready")),
    ({"completion_year": 2005}, ("eligible", "ready")), ({"completion_year": 2001}, ("eligible", "ready")),
    ({"expropriation_year": 2031}, ("eligible", "ready")), ({"structure": "strengthen"}, ("eligible", "ready")),
    ({"consent_agree": 239}, ("eligible", "not_ready")), ({"consent_agree": 240}, ("eligible", "ready")),
    ({"consent_participants": None}, ("eligible", "ready")),
    ({"public_notice_no_objection": False}, ("eligible", "not_ready")),
])
def test_one_fact_decides(fact: Mapping[str, Any], expected: tuple[str, str]) -> None:
    assert states({**READY, **fact}) == expected


def test_82_percent_without_the_notice_is_not_ready() -> None:
    assert states({**READY, "consent_agree": 246, "public_notice_no_objection": False}) == ("eligible", "not_ready")


def test_a_soft_rule_never_excludes() -> None:
    assert result({**READY, "completion_year": 2004}, "QH21-09") == "fail"
    assert states({**READY, "completion_year": 2004}) == ("eligible", "ready")


def test_missing_papers_block_nothing() -> None:
    assert result(READY, "QH23-17", brought={"estates": LISTS}) == "needs_evidence"
    assert states(READY, brought={"estates": LISTS}) == ("eligible", "ready")


def test_a_column_of_exclusions_that_was_not_brought_is_unknown() -> None:
    assert states(READY, brought={"heritage": frozenset()}) == ("unknown", "ready")
    assert result({}, "JS-07", JINSHA, brought={}) == "unknown"
    assert result({}, "JS-07", JINSHA) == "pass"


def test_gansu_and_dehong_name_no_computed_condition_so_every_estate_of_gansu_is_eligible() -> None:
    assert states({}, GANSU)[0] == "eligible"
    assert states({"completion_year": 2015, "structure": "dangerous"}, GANSU)[0] == "eligible"
    assert states({"location": "outside"}, DEHONG)[0] == "ineligible"


def test_an_open_ratio_is_not_set_at_the_gate() -> None:
    consent = {"location": "city", "consent_eligible": 300, "consent_participants": 300, "consent_agree": 300,
               "mgmt_consensus": True}
    assert states(consent, DEHONG) == ("eligible", "not_set")
    assert states({**consent, "mgmt_consensus": None}, DEHONG) == ("eligible", "unknown")
    assert states({**consent, "mgmt_consensus": False}, DEHONG) == ("eligible", "not_ready")


def test_jinsha_shuts_out_the_year_that_qinghai_takes_in() -> None:
    estate = {**READY, "completion_year": 2000, "subdistrict": "鼓场街道", "exclusions": ""}
    assert states(estate)[0] == "eligible"
    assert states(estate, JINSHA)[0] == "ineligible"
    assert states({**estate, "completion_year": 1999}, JINSHA)[0] == "eligible"


def test_the_gates_are_kept_apart() -> None:
    estate = {**READY, "consent_eligible": 300, "after_surveyed": 100, "after_satisfied": 10, "pm_confirmed": False}
    assert result(estate, "QH23-23") == "fail"
    assert result(estate, "CN50-19") == "fail"
    assert states(estate) == ("eligible", "ready")


def test_report_rules_and_replaced_rules_make_no_verdict() -> None:
    verdicts = screen(town(READY))
    assert not {"XN-14", "QH23-24", "CN50-15"} & set(verdicts["rule_id"])
    assert set(verdicts["strength"]) == {"hard", "soft"}


def test_every_verdict_has_its_document_its_clause_and_a_known_result() -> None:
    for policy in (QINGHAI, GANSU, JINSHA, DEHONG):
        verdicts = screen(town(READY, {}), policy)
        for name in ("document", "clause", "param", "limit", "stage", "result"):
            assert verdicts[name].notna().all()
            assert (verdicts[name] != "").all()
        assert set(verdicts["result"]) <= {word.code for word in words_of("verdict")}
        assert set(verdicts["stage"]) <= {word.code for word in words_of("stage")}
        assert list(verdicts.columns) == [column.name for column in columns_of("verdicts")]


def test_results_are_the_words_of_the_verdict_list() -> None:
    assert set(RESULTS) == {word.code for word in words_of("verdict")}


def test_every_estate_answers_every_rule_once() -> None:
    verdicts = screen(town(READY, {}, READY))
    assert len(verdicts) == 3 * verdicts["rule_id"].nunique()
    assert not verdicts.duplicated(["estate_id", "rule_id"]).any()


def test_heritage_is_found_by_geometry() -> None:
    heritage = layer("heritage", [box(90, 90, 160, 160), Point(50, 50)], name=["老街", None], kind=[None, "古树名木"])
    verdicts = screen(town(READY, READY, READY), heritage=heritage).set_index(["rule_id", "estate_id"])
    assert verdicts.loc["QH21-43", "result"].tolist() == ["needs_evidence", "needs_evidence", "pass"]
    assert verdicts.loc[("QH21-43", "E1"), "value"] == "涉及保护对象：古树名木、老街"


def test_a_heritage_layer_that_was_brought_empty_touches_nobody() -> None:
    assert result(READY, "QH21-43") == "pass"
    assert result(READY, "QH21-43", brought={"estates": LISTS}) == "needs_evidence"


def test_values_and_limits_speak_english_too() -> None:
    verdicts = screen(town({**READY, "structure": "strengthen"}), language="en").set_index("rule_id")
    assert verdicts.loc["QH21-05", "value"] == "Sound after strengthening（to be strengthened first）"
    assert verdicts.loc["QH21-06", ["value", "limit"]].tolist() == ["none listed", "> 5 years"]


def county(folder: Path, **said: str) -> Path:
    text = SOUND
    for key, value in said.items():
        line = next(line for line in text.splitlines() if line.startswith(f"{key} = "))
        text = text.replace(line, f"{key} = {value}")
    (folder / "county.toml").write_text(text, encoding="utf-8")
    return folder / "county.toml"


def test_a_county_that_tightens_is_obeyed_without_a_line_of_code(tmp_path: Path) -> None:
    policy = policy_of("某县", date(2024, 3, 1), county(tmp_path))
    assert result({**READY, "consent_agree": 254}, "L-01", policy) == "fail"
    assert result({**READY, "consent_agree": 255}, "L-01", policy) == "pass"
    assert states({**READY, "consent_agree": 254}, policy) == ("eligible", "not_ready")
    assert states({**READY, "consent_agree": 255}, policy) == ("eligible", "ready")


@pytest.mark.parametrize("said", [
    {"param": '"plan_entry.green_share"'},
    {"param": '"plan_entry.long_term_mgmt_consensus"'},
    {"param": '"plan_entry.agree_rate"', "op": '"in"', "unit": '"list"', "value": '["多数"]'},
])
def test_a_rule_no_column_can_answer_needs_evidence_and_never_passes(tmp_path: Path, said: Mapping[str, str]) -> None:
    policy = policy_of("某县", date(2024, 3, 1), county(tmp_path, **said))
    assert result(READY, "L-01", policy) == "needs_evidence"


def test_a_fraction_is_held_exactly(tmp_path: Path) -> None:
    policy = policy_of("某县", date(2024, 3, 1), county(tmp_path, value='"2/3"'))
    assert result({**READY, "consent_agree": 200}, "L-01", policy) == "pass"
    assert result({**READY, "consent_agree": 199}, "L-01", policy) == "fail"


def test_no_estates_make_no_verdicts() -> None:
    nobody = town(READY).iloc[:0]
    assert len(screen(nobody)) == 0
    assert judge_estates(screen(nobody), nobody).columns.tolist() == ["estate_id", "eligibility", "plan_entry"]


def test_a_policy_without_gates_lets_everybody_in() -> None:
    policy = resolve(find_documents(None, ("GBF-2020-23",), date(2024, 3, 1))[0])
    assert len(screen(town({}), policy)) == 0
    assert states({}, policy) == ("eligible", "ready")


def test_screening_changes_nothing_it_was_given() -> None:
    estates = town(READY, {})
    before = estates.copy(deep=True)
    screen(estates)
    pd.testing.assert_frame_equal(estates, before)


FACTS = st.fixed_dictionaries({}, optional={
    "completion_year": st.integers(1980, 2012), "completion_year_source": st.sampled_from(["completion", "estimate"]),
    "location": st.sampled_from(["city", "county_seat", "outside"]), "strong_will": st.booleans(),
    "structure": st.sampled_from(["sound", "strengthen", "dangerous"]), "neglect": st.booleans(),
    "municipal_gaps": st.booleans(), "service_gaps": st.booleans(), "expropriation_year": st.integers(2020, 2035),
    "exclusions": st.sampled_from(["", "城中村", "自建房为主、城中村", "其他"]), "subdistrict": st.just("鼓场街道"),
    "consent_eligible": st.integers(0, 100), "consent_participants": st.integers(0, 100), "pm_confirmed": st.booleans(),
    "consent_agree": st.integers(0, 100), "mgmt_consensus": st.booleans(), "public_notice_no_objection": st.booleans(),
    "scheme_satisfaction_share": st.floats(0, 1), "survey_done": st.booleans(), "legal_build": st.booleans(),
})
POLICIES = st.sampled_from([QINGHAI, GANSU, JINSHA, DEHONG])


@settings(deadline=None, max_examples=15)
@given(said=st.lists(FACTS, min_size=2, max_size=5), policy=POLICIES, seed=st.integers(0, 99))
def test_the_order_of_the_rows_changes_nothing(said: list[dict[str, Any]], policy: Policy, seed: int) -> None:
    estates = town(*said)
    mixed = estates.iloc[np.random.default_rng(seed).permutation(len(estates))]
    verdicts = screen(estates, policy)
    pd.testing.assert_frame_equal(screen(mixed, policy), verdicts)
    again = judge_estates(verdicts, mixed).sort_values("estate_id", ignore_index=True)
    pd.testing.assert_frame_equal(again, judge_estates(verdicts, estates))


@settings(deadline=None, max_examples=15)
@given(said=FACTS, policy=POLICIES)
def test_a_state_is_the_worst_of_the_hard_rules(said: dict[str, Any], policy: Policy) -> None:
    estates = town(said)
    verdicts = screen(estates, policy)
    hard = verdicts[verdicts["strength"] == "hard"]
    at = {stage: set(hard.loc[hard["stage"] == stage, "result"]) for stage in ("eligibility", "plan_entry")}
    eligibility = ("ineligible" if "fail" in at["eligibility"]
                   else "unknown" if {"unknown", "not_set"} & at["eligibility"] else "eligible")
    worst = next((told for told in ("fail", "unknown", "not_set") if told in at["plan_entry"]), "ready")
    entry = "not_ready" if worst == "fail" or eligibility == "ineligible" else worst
    state = judge_estates(verdicts, estates).iloc[0]
    assert (state["eligibility"], state["plan_entry"]) == (eligibility, entry)


@settings(deadline=None, max_examples=15)
@given(said=FACTS, policy=POLICIES, forget=st.sampled_from(sorted(READY)))
def test_forgetting_a_fact_never_turns_a_fail_into_a_pass_nor_a_pass_into_a_fail(
    said: dict[str, Any], policy: Policy, forget: str,
) -> None:
    known = screen(town(said), policy).set_index("rule_id")["result"]
    less = screen(town({**said, forget: None}), policy).set_index("rule_id")["result"]
    turned = (known != less) & known.isin(["pass", "fail"]) & less.isin(["pass", "fail"])
    assert known[turned].index.tolist() == []
