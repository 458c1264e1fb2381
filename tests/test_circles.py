"""What is missing, for whom, by which standard; and what is not known."""

import pandas as pd
import pytest
from drawn import layer
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box

from geoplan.circles import close_gaps, find_area_gaps, find_gaps, say_inside
from geoplan.errors import say
from geoplan.policy import load_catalogue
from geoplan.schema import conform

CATALOGUE = pd.DataFrame({
    "facility_type": ["KINDERGARTEN", "PHARMACY", "SUBWAY"],
    "zh": ["幼儿园", "药店", "轨道交通站点"],
    "max_walk_m": [300.0, 500.0, None],
    "standard": ["GB 50180-2018", "一刻钟便民生活圈", ""],
    "clause": ["C.0.2", "业态配置", ""],
    "confidence": ["V-sec", "K", "K"],
})
ESTATES = pd.DataFrame({"estate_id": ["E1", "E2"], "residents": pd.array([700, None], dtype="Int64")})


def walks(*rows: tuple[str, str, float | None], state: str = "today") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["estate_id", "facility_type", "distance_m"])
    return table.assign(state=state, distance_m=table["distance_m"].astype(float))


def judge(table: pd.DataFrame, **options: object) -> pd.DataFrame:
    return judge_and_say(table, **options)[0]


def judge_and_say(table: pd.DataFrame, **options: object) -> tuple[pd.DataFrame, list]:
    brought = sorted(set(table["facility_type"]))
    return find_gaps(
        table, ESTATES, CATALOGUE, **{"limits": {}, "complete": (), "brought_types": brought, **options})


def verdicts(gaps: pd.DataFrame, facility_type: str, column: str = "is_gap") -> list[object]:
    found = gaps.loc[gaps["facility_type"] == facility_type, column]
    return [None if pd.isna(value) else bool(value) for value in found]


def test_beyond_the_limit_or_out_of_reach_is_a_gap_and_at_the_limit_is_none() -> None:
    gaps = judge(walks(("E1", "PHARMACY", 500.0), ("E2", "PHARMACY", 500.001)))
    assert verdicts(gaps, "PHARMACY") == [False, True]
    assert verdicts(judge(walks(("E1", "PHARMACY", 10.0), ("E2", "PHARMACY", None))), "PHARMACY") == [False, True]


def test_every_estate_has_a_row_for_every_type_with_a_limit() -> None:
    gaps = judge(walks(("E1", "PHARMACY", 10.0)))
    assert gaps[["estate_id", "facility_type"]].to_numpy().tolist() == [
        ["E1", "KINDERGARTEN"], ["E1", "PHARMACY"], ["E2", "KINDERGARTEN"], ["E2", "PHARMACY"]]


def test_a_type_without_data_is_not_judged_and_named_once() -> None:
    gaps, findings = judge_and_say(walks(("E1", "PHARMACY", 10.0), ("E2", "PHARMACY", 10.0)))
    assert verdicts(gaps, "KINDERGARTEN") == [None, None]
    assert [finding.code for finding in findings] == ["circles.no_data"]
    assert "幼儿园 KINDERGARTEN" in say(findings[0], "zh")


@pytest.mark.parametrize("complete", [True, ("KINDERGARTEN",)])
def test_a_type_listed_in_full_of_which_there_is_none_is_a_gap_of_everyone(complete: object) -> None:
    gaps, findings = judge_and_say(walks(("E1", "PHARMACY", 10.0), ("E2", "PHARMACY", 10.0)), complete=complete)
    assert verdicts(gaps, "KINDERGARTEN") == [True, True]
    assert findings == []


def test_a_false_complete_is_an_empty_one() -> None:
    assert verdicts(judge(walks(("E1", "PHARMACY", 10.0)), complete=False), "KINDERGARTEN") == [None, None]


def test_a_gap_carries_its_standard_clause_and_confidence() -> None:
    row = judge(walks(("E1", "PHARMACY", 10.0))).iloc[0]
    assert (row["standard"], row["confidence"], row["limit_m"]) == ("GB 50180-2018 C.0.2", "V-sec", 300)


def test_a_limit_of_the_project_stands_before_the_catalogue_and_says_so() -> None:
    table = walks(("E1", "PHARMACY", 650.0), ("E1", "SUBWAY", 900.0))
    gaps = judge(table, limits={"PHARMACY": 700, "SUBWAY": 800}).set_index(["estate_id", "facility_type"])
    assert gaps.loc[("E1", "PHARMACY"), ["limit_m", "is_gap", "confidence"]].tolist() == [700.0, False, "project"]
    assert gaps.loc[("E1", "SUBWAY"), ["limit_m", "is_gap", "standard"]].tolist() == [
        800.0, True, "plan.toml circle.limits"]


def test_today_and_after_are_judged_each_by_its_own_walks() -> None:
    today = walks(("E1", "PHARMACY", 900.0), ("E2", "PHARMACY", None))
    opened = walks(("E1", "PHARMACY", 500.0), ("E2", "PHARMACY", 900.0), state="opened")
    gaps = judge(pd.concat([today, opened]))
    assert verdicts(gaps, "PHARMACY") == [True, True]
    assert verdicts(gaps, "PHARMACY", "is_gap_after") == [False, True]
    assert verdicts(gaps, "KINDERGARTEN", "is_gap_after") == [None, None]
    assert gaps["distance_m"].dropna().tolist() == [900.0]
    assert gaps["residents"].tolist()[0] == 700


def test_without_walks_of_the_state_opened_nothing_is_known_of_after() -> None:
    assert judge(walks(("E1", "PHARMACY", 900.0)))["is_gap_after"].isna().all()


def test_every_limit_of_the_catalogue_has_a_standard_and_a_confidence() -> None:
    catalogue = load_catalogue()
    gaps, _ = find_gaps(
        walks(), ESTATES, catalogue, limits={}, complete=True, brought_types=())
    assert len(gaps) == 2 * catalogue["max_walk_m"].notna().sum()
    assert (gaps["standard"] != "").all()


def rows_of(*rows: tuple[str, int | None, bool | None]) -> pd.DataFrame:
    """Return gaps of one type: estate, residents, is_gap; nothing is known of after."""
    table = pd.DataFrame(rows, columns=["estate_id", "residents", "is_gap"]).assign(is_gap_after=None)
    return table.astype({"residents": "Int64", "is_gap": "boolean", "is_gap_after": "boolean"}).assign(
        facility_type="PHARMACY")


def area_row(*rows: tuple[str, int | None, bool | None], tolerance: float = 0.1) -> list[object]:
    members = pd.DataFrame({"estate_id": [row[0] for row in rows], "area_id": "A1"})
    found = find_area_gaps(rows_of(*rows), members, tolerance=tolerance)
    cells = found[["residents", "uncovered_residents", "uncovered_share", "is_gap"]].iloc[0]
    return [None if pd.isna(cell) else cell for cell in cells]


def test_an_area_sums_its_estates() -> None:
    # 300 of 1000 residents have no pharmacy in reach.
    assert area_row(("E1", 700, False), ("E2", 300, True)) == [1000, 300, 0.3, True]


@pytest.mark.parametrize(("uncovered", "is_gap"), [(100, False), (101, True)])
def test_a_share_at_the_tolerance_is_no_gap(uncovered: int, is_gap: bool) -> None:
    assert area_row(("E1", 1000 - uncovered, False), ("E2", uncovered, True))[3] == is_gap


def test_unknown_residents_leave_the_sums_unknown() -> None:
    assert area_row(("E1", 700, False), ("E2", None, True)) == [None, None, None, None]
    assert area_row(("E1", None, False), ("E2", 300, True)) == [None, 300, None, None]


def test_where_all_estates_stand_alike_the_share_needs_no_count() -> None:
    assert area_row(("E1", 700, False), ("E2", None, False)) == [None, 0, 0.0, False]
    assert area_row(("E1", 700, True), ("E2", None, True)) == [None, None, 1.0, True]


def test_an_area_where_nobody_lives_has_no_share_unless_its_estates_stand_alike() -> None:
    assert area_row(("E1", 0, False), ("E2", 0, True)) == [0, 0, None, None]
    assert area_row(("E1", 0, True)) == [0, 0, 1.0, True]


def test_what_was_not_judged_stays_open() -> None:
    assert area_row(("E1", 700, None), ("E2", 300, None)) == [1000, None, None, None]


def test_estates_without_an_area_are_left_out() -> None:
    members = pd.DataFrame({"estate_id": ["E1", "E2", "E3"], "area_id": ["A1", None, "A2"]})
    found = find_area_gaps(rows_of(("E1", 5, True), ("E2", 6, True), ("E3", 7, False)), members, tolerance=0.1)
    assert found[["area_id", "residents"]].to_numpy().tolist() == [["A1", 5], ["A2", 7]]
    assert found["is_gap_after"].isna().all()


@pytest.mark.parametrize(
    ("still", "is_gap_after"), [((True, True), True), ((False, True), False), ((None, None), None)])
def test_an_area_is_judged_once_more_by_what_remains_after(
    still: tuple[bool | None, ...], is_gap_after: bool | None,
) -> None:
    # 150 of 1000 are uncovered today; where those of E1 are covered after, 50 remain: a share of 0.05, no gap.
    gaps = rows_of(("E1", 100, True), ("E2", 50, True), ("E3", 850, False))
    gaps["is_gap_after"] = pd.array([*still, None if still[0] is None else False], dtype="boolean")
    members = pd.DataFrame({"estate_id": ["E1", "E2", "E3"], "area_id": "A1"})
    found = find_area_gaps(gaps, members, tolerance=0.1).iloc[0]
    assert [found["residents"], found["uncovered_residents"], found["is_gap"]] == [1000, 150, True]
    assert (None if pd.isna(found["is_gap_after"]) else bool(found["is_gap_after"])) == is_gap_after


def test_without_areas_the_table_is_there() -> None:
    members = pd.DataFrame({"estate_id": ["E1"], "area_id": pd.Series([None], dtype="str")})
    assert find_area_gaps(rows_of(("E1", 5, True)), members, tolerance=0.1).empty


@given(st.lists(st.tuples(st.integers(0, 5000), st.booleans()), min_size=1, max_size=6), st.floats(0, 0.99))
def test_the_uncovered_are_never_more_than_all(people: list[tuple[int, bool]], tolerance: float) -> None:
    rows = [(f"E{at}", residents, is_gap) for at, (residents, is_gap) in enumerate(people)]
    residents, uncovered, share, is_gap = area_row(*rows, tolerance=tolerance)
    assert 0 <= uncovered <= residents == sum(count for count, _ in people)
    assert is_gap == (share > tolerance) if share is not None else is_gap is None


# ---- sitings

SITINGS = pd.DataFrame({"site_id": ["S1", "S1"], "facility_type": ["GREEN", "TOILET"]})
NEAR = pd.DataFrame({"estate_id": ["E1", "E2"], "site_id": ["S1", "S1"], "distance_m": [300.0, 300.1]})


def closed(is_gap: list[bool | None], after: list[bool | None]) -> list[object]:
    """Return what stays a gap of E1, E2 and E3 (no park within 300 m) and of E1 (no toilet) once S1 is built."""
    gaps = conform("gaps", pd.DataFrame({
        "estate_id": ["E1", "E2", "E3", "E1"], "facility_type": ["GREEN"] * 3 + ["TOILET"], "limit_m": 300.0,
        "distance_m": None, "is_gap": is_gap, "is_gap_after": after, "residents": 1, "standard": "GB",
        "confidence": "K", "walking": "network"}))
    table = close_gaps(gaps, SITINGS, NEAR).set_index(["facility_type", "estate_id"])["is_gap_after"]
    return [None if pd.isna(said) else bool(said) for said in table.sort_index()]


def test_sitings_close_the_gaps_within_the_limit_and_judge_no_type_that_was_not_judged() -> None:
    assert closed([True, True, True, None], [True, True, True, None]) == [False, True, True, None]


def test_what_opened_walls_have_closed_stays_closed() -> None:
    assert closed([True, True, True, True], [True, False, True, True]) == [False, False, True, False]


def test_without_streets_sitings_close_the_gaps_of_today() -> None:
    assert closed([True, True, False, None], [None] * 4) == [False, True, False, None]


def test_each_of_several_standards_stands_with_its_own_clause() -> None:
    catalogue = CATALOGUE.assign(
        standard=["GB 50180-2018; 建标; 指引", "商圈", ""], clause=["C.0.2; 第3项", "一; 二", ""])
    gaps, _ = find_gaps(walks(("E1", "PHARMACY", 10.0)), ESTATES, catalogue, limits={}, complete=False,
                        brought_types=["PHARMACY"])
    told = gaps.drop_duplicates("facility_type").set_index("facility_type")["standard"]
    assert told.to_dict() == {"KINDERGARTEN": "GB 50180-2018 C.0.2; 建标 第3项; 指引", "PHARMACY": "商圈 一; 二"}


def test_a_gap_of_what_stands_inside_the_estate_itself_is_pointed_out() -> None:
    estates = layer("estates", [box(0, 0, 100, 100), box(200, 0, 300, 100)], estate_id=["E1", "E2"])
    shops = layer("facilities", [Point(50, 50), Point(60, 50), Point(70, 50), Point(250, 50)],
                  facility_id=["F1", "F2", "F3", "F4"], facility_type=["PHARMACY"] * 3 + ["KINDERGARTEN"],
                  status=["existing", "existing", "closed", "existing"])
    # E1 walks 501 m round to the shop inside its own walls; E2 has a shop in reach and no way to its kindergarten
    gaps = judge(walks(("E1", "PHARMACY", 501.0), ("E2", "PHARMACY", 10.0), ("E1", "KINDERGARTEN", 10.0),
                       ("E2", "KINDERGARTEN", None)))
    findings = say_inside(gaps, estates, shops)
    assert [(finding.code, finding.values) for finding in findings] == [
        ("circles.inside", {"count": 2, "pairs": "E1←F1、E2←F4"})]
    assert say_inside(judge(walks(("E1", "PHARMACY", 500.0), ("E2", "PHARMACY", 10.0))), estates, shops) == []
