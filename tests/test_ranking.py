"""The reserve ranking: every criterion by hand, unknown counted as nothing and said so, ties, and the order of rows."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_plan import all_tables, table

from geoplan.errors import say
from geoplan.ranking import CRITERIA, score_areas
from geoplan.results import schedule_areas
from geoplan.schema import conform, empty_table, labels_of
from geoplan.settings import ScoreRules

TYPES = {"estate_id": "str", "area_id": "str", "households": "Int64", "completion_year": "Int64", "hazards": "str",
         "strong_will": "boolean", "willing_to_pay": "boolean", "illegal_demolition_done": "boolean",
         "consent_agree": "Int64", "consent_eligible": "Int64"}
NO_LINKS = pd.DataFrame({"estate_a": [], "estate_b": [], "gap_m": [], "usable": pd.Series([], dtype="boolean")})


def homes(*rows: dict[str, Any]) -> pd.DataFrame:
    known = [{"estate_id": f"E{number}", "area_id": "A1", "households": 100, **row}
             for number, row in enumerate(rows, start=1)]
    return pd.DataFrame(known, columns=list(TYPES)).astype(TYPES)


def gaps(*rows: tuple[str, str, float | None]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["area_id", "facility_type", "uncovered_share"]).astype(
        {"uncovered_share": "float64"})


def links(*rows: tuple[str, str, float, bool]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["estate_a", "estate_b", "gap_m", "usable"]).astype({"usable": "boolean"})


def scored(
    estates: pd.DataFrame, weights: dict[str, float], *, area_gaps: pd.DataFrame | None = None,
    linked: pd.DataFrame = NO_LINKS,
) -> tuple[pd.DataFrame, pd.DataFrame, list[Any]]:
    areas = pd.DataFrame({"area_id": sorted(set(estates["area_id"].dropna()))})
    known = gaps() if area_gaps is None else area_gaps
    return score_areas(areas, estates, known, linked, weights=weights, max_gap_m=60)


def part(estates: pd.DataFrame, criterion: str, area_id: str = "A1", **more: Any) -> list[Any]:
    """Return value, normalised, points, known_share and is_known of one criterion, alone in the score."""
    ranking, _, _ = scored(estates, {criterion: 1}, **more)
    row = ranking.set_index("area_id").loc[area_id]
    return row[["value", "normalised", "points", "known_share", "is_known"]].tolist()


# ---- each criterion

def test_facility_debt_is_the_mean_share_not_covered_of_the_types_judged() -> None:
    # A1: 0.5 + 1.0 of two types judged is 0.75. A2 is not known for one of them: (0.2 + 0) / 2 = 0.1.
    known = gaps(("A1", "PHARMACY", 0.5), ("A1", "ELD_MEAL", 1.0), ("A1", "SUBWAY", None),
                 ("A2", "PHARMACY", 0.2), ("A2", "ELD_MEAL", None), ("A2", "SUBWAY", None))
    estates = homes({}, {"area_id": "A2"})
    assert part(estates, "facility_debt", area_gaps=known) == [1.5, 0.75, 75.0, 1.0, True]
    assert part(estates, "facility_debt", "A2", area_gaps=known) == [0.2, 0.1, 10.0, 0.5, False]


def test_hazards_are_the_households_of_estates_with_one() -> None:
    # 100 with, 200 with none listed, 100 unknown: 100 of 400, and 300 of 400 known.
    estates = homes({"hazards": "消防、燃气"}, {"hazards": "", "households": 200}, {"hazards": None})
    assert part(estates, "hazards") == [100.0, 0.25, 25.0, 0.75, False]


def test_will_is_the_share_that_agrees_of_those_entitled() -> None:
    # 90 of 100 in 300 households, nobody counted in 100: 270 of 400.
    estates = homes({"households": 300, "consent_agree": 90, "consent_eligible": 100}, {"strong_will": True})
    assert part(estates, "will") == [270.0, 0.675, 67.5, 0.75, False]


def test_will_is_what_is_said_where_nobody_counted() -> None:
    estates = homes({"strong_will": True}, {"strong_will": False}, {"strong_will": None, "consent_eligible": 0})
    assert part(estates, "will") == [100.0, 0.333333, 33.33, 0.666667, False]


def test_contradictory_counts_are_no_more_than_all() -> None:
    assert part(homes({"consent_agree": 120, "consent_eligible": 100}), "will") == [100.0, 1.0, 100.0, 1.0, True]


def test_payment_age_and_demolition_are_shares_of_households() -> None:
    estates = homes({"willing_to_pay": True, "completion_year": 1999, "illegal_demolition_done": False},
                    {"willing_to_pay": False, "completion_year": 2000, "illegal_demolition_done": True})
    for criterion in ("payment", "age", "demolition"):
        assert part(estates, criterion) == [100.0, 0.5, 50.0, 1.0, True]


def test_contiguity_falls_with_the_distance_to_the_nearest_estate_of_the_area() -> None:
    # E1-E2 12 m, E2-E3 30 m, E3-E4 barred, E4 alone in A2. A1: (12 + 12 + 30) / 3 = 18 m of 60: 0.7.
    estates = homes({}, {}, {}, {"area_id": "A2"})
    near = links(("E1", "E2", 12.0, True), ("E2", "E3", 30.0, True), ("E1", "E3", 1.0, False), ("E3", "E4", 5.0, True))
    assert part(estates, "contiguity", linked=near) == [18.0, 0.7, 70.0, 1.0, True]
    assert part(estates, "contiguity", "A2", linked=near) == [60.0, 0.0, 0.0, 1.0, True]


def test_an_area_of_which_nothing_is_known_has_no_share_and_no_points() -> None:
    value, normalised, points, known_share, is_known = part(homes({}), "payment")
    assert pd.isna(value)
    assert pd.isna(normalised)
    assert (points, known_share, is_known) == (0.0, 0.0, False)


# ---- the score

def test_weights_are_parts_of_their_sum_and_points_of_a_hundred() -> None:
    # Weights 3 and 1: 75 x 0.5 + 25 x 1 = 62.5.
    estates = homes({"willing_to_pay": True, "hazards": "消防"}, {"willing_to_pay": False, "hazards": "屋面"})
    ranking, scores, findings = scored(estates, {"payment": 3, "hazards": 1, "will": 0})
    assert ranking[["criterion", "weight", "points"]].to_numpy().tolist() == [
        ["hazards", 0.25, 25.0], ["payment", 0.75, 37.5]]
    assert scores.to_numpy().tolist() == [["A1", 62.5, 1]]
    assert findings == []


def test_the_score_is_the_sum_of_the_points_printed() -> None:
    # Three shares of a third: 33.33 each of 100 / 3 points -> 11.11; the sum is 33.33 and not 100 / 3.
    estates = homes({"willing_to_pay": True, "hazards": "消防", "strong_will": True},
                    *({"willing_to_pay": False, "hazards": "", "strong_will": False},) * 2)
    ranking, scores, _ = scored(estates, {"payment": 1, "hazards": 1, "will": 1})
    assert ranking["points"].tolist() == [11.11] * 3
    assert scores["score"].tolist() == [33.33]


def test_ties_go_to_the_stronger_will_and_then_to_the_smaller_id() -> None:
    estates = homes(*({"area_id": f"A{number}", "hazards": "", "strong_will": number == 3} for number in range(1, 4)))
    _, scores, _ = scored(estates, {"hazards": 1})
    assert scores["score"].tolist() == [0, 0, 0]
    assert scores["rank"].tolist() == [2, 3, 1]


def test_what_is_unknown_is_counted_in_a_remark() -> None:
    ranking, _, findings = scored(homes({}, {"area_id": "A2"}), ScoreRules().weights)
    assert (~ranking["is_known"]).sum() == 8  # of two areas all but contiguity
    assert "2 areas" in say(findings[0], "en")


def test_no_area_no_ranking() -> None:
    ranking, scores, findings = scored(homes(), ScoreRules().weights)
    assert (len(ranking), len(scores), findings) == (0, 0, [])
    pd.testing.assert_frame_equal(ranking, empty_table("ranking"))


def test_every_criterion_has_its_name_and_its_formula() -> None:
    assert set(CRITERIA) == set(labels_of("criterion", "zh")) >= set(ScoreRules().weights)
    assert all(measure.__doc__ for measure in CRITERIA.values())


ESTATES = st.lists(st.fixed_dictionaries({
    "area_id": st.sampled_from(["A1", "A2", "A3"]), "households": st.integers(1, 900),
    "hazards": st.sampled_from([None, "", "消防"]), "willing_to_pay": st.sampled_from([None, True, False]),
    "consent_agree": st.sampled_from([None, 0, 70]), "consent_eligible": st.sampled_from([None, 100])}),
    min_size=1, max_size=9)


@settings(max_examples=20)
@given(ESTATES, st.randoms(use_true_random=False))
def test_scores_lie_between_0_and_100_and_the_order_of_rows_changes_nothing(rows: Any, chance: Any) -> None:
    estates = homes(*rows)
    order = list(range(len(estates)))
    chance.shuffle(order)
    weights = {"hazards": 0.3, "will": 0.3, "payment": 0.4}
    ranking, scores, _ = scored(estates, weights)
    assert scores["score"].between(0, 100).all()
    assert sorted(scores["rank"]) == list(range(1, len(scores) + 1))
    again = scored(estates.iloc[order].reset_index(drop=True), weights)
    pd.testing.assert_frame_equal(ranking, again[0])
    pd.testing.assert_frame_equal(scores, again[1])


@settings(max_examples=20)
@given(ESTATES)
def test_filling_in_a_cell_never_lowers_a_score(rows: Any) -> None:
    estates = homes(*rows)
    filled = estates.assign(
        willing_to_pay=estates["willing_to_pay"].fillna(True), hazards=estates["hazards"].fillna("消防"))
    weights = {"hazards": 0.5, "payment": 0.5}
    assert (scored(filled, weights)[1]["score"] >= scored(estates, weights)[1]["score"]).all()


def test_areas_carry_score_rank_year_and_amount() -> None:
    areas = all_tables()["areas"]
    scores = pd.DataFrame({"area_id": ["A1", "A2"], "score": [40.0, 60.0], "rank": [2, 1]})
    programme = table("programme", area_id=["A1", "A2"], plan_year=[None, 2025], reason=["budget", "first_year"],
                      amount_yuan=[1e6, None])
    placed = schedule_areas(areas, scores, programme)
    assert placed["rank"].tolist() == [2, 1]
    assert placed["plan_year"].isna().tolist() == [True, False]
    assert placed["amount_yuan"].isna().tolist() == [False, True]
    pd.testing.assert_frame_equal(conform("areas", placed)[list(areas.columns[:10])], areas[list(areas.columns[:10])])


@pytest.mark.parametrize("weights", [{"will": 1}, {"will": 0.1, "payment": 0.2}])
def test_the_weights_printed_add_up_to_one(weights: dict[str, float]) -> None:
    ranking, _, _ = scored(homes({}), weights)
    assert ranking["weight"].sum() == pytest.approx(1)
