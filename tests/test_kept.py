"""Areas that stay as they were: worked out by hand, and held against the best of all groupings that keep them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from linked import Asked, Town, broken_rules, distances, least_cost, objective, towns

from geoplan.areas import group_estates, rate_grouping
from geoplan.errors import InfeasibleError
from geoplan.kept import find_broken_bounds

Frozen = Mapping[str, Sequence[str]]
# a --100-- b --100-- c --100-- d: 500 households each
ROW = Town(dict.fromkeys("abcd", 500), {("a", "b"): 100.0, ("b", "c"): 100.0, ("c", "d"): 100.0})


def grouped(town: Town, frozen: Frozen, method: str = "optimal") -> tuple[pd.DataFrame, pd.DataFrame]:
    members, bounds = group_estates(town.estates, town.links, grouped_ids=list(town.households), rules=town.asked,
                                    method=method, frozen=frozen)
    return members, rate_grouping(members, bounds, town.estates, area_overhead=town.asked.area_overhead)


def areas_of(members: pd.DataFrame) -> dict[str, str]:
    return {str(area): "".join(ids) for area, ids in members.groupby("area_id")["estate_id"]}


@pytest.mark.parametrize("method", ["optimal", "greedy", "subdistrict"])
def test_a_frozen_area_keeps_its_members_and_its_id(method: str) -> None:
    # Left alone all four would be one area.
    assert areas_of(grouped(ROW, {})[0]) == {"A001": "abcd"}
    assert areas_of(grouped(ROW, {"A007": ["c", "b"]}, method)[0]) == {"A007": "bc", "A001": "a", "A002": "d"}


def test_other_areas_pass_over_the_numbers_of_frozen_ones() -> None:
    members, _ = grouped(ROW, {"A002": ["b"], "A001": ["d"]})
    assert areas_of(members) == {"A001": "d", "A002": "b", "A003": "a", "A004": "c"}


def test_objective_bound_and_gap_count_frozen_areas() -> None:
    # b-c costs 500,000 + 500 x 100, and a and d 500,000 each.
    _, grouping = grouped(ROW, {"A007": ["b", "c"]})
    assert grouping[["component_id", "estates", "areas", "objective", "lower_bound", "gap_share"]].to_numpy().tolist() \
        == [["C001", 4, 3, 1_550_000, 1_550_000, 0]]


def test_the_walk_to_a_hub_may_lead_through_a_frozen_area() -> None:
    # a and c hang together through x by 10 m + 10 m, by their own link 450 m; x is frozen.
    town = Town({"a": 300, "c": 300, "x": 600}, {("a", "c"): 450.0, ("a", "x"): 10.0, ("c", "x"): 10.0})
    members, _ = grouped(town, {"A001": ["x"]})
    assert areas_of(members) == {"A001": "x", "A002": "ac"}
    assert members["distance_m"].tolist() == [0, 20, 0]


def test_who_is_left_alone_by_a_frozen_area_says_so() -> None:
    town = replace(ROW, households={"a": 400, "b": 500, "c": 500, "d": 500})
    members, _ = grouped(town, {"A001": ["b", "c", "d"]})
    assert members["left_out"].dropna().tolist() == ["frozen_around"]


@pytest.mark.parametrize(("asked", "code"), [
    (Asked(min_households=1001), "areas.frozen_too_few"), (Asked(max_households=999), "areas.frozen_too_many"),
    (Asked(max_radius_m=99), "areas.frozen_too_far"),
])
def test_bounds_that_a_frozen_area_breaks_today_are_remarks(asked: Asked, code: str) -> None:
    town, frozen = replace(ROW, asked=asked), {"A001": ["b", "c"]}
    members, _ = grouped(town, frozen)
    assert areas_of(members)["A001"] == "bc"
    assert [each.code for each in find_broken_bounds(members, town.estates, frozen=frozen, rules=asked)] == [code]


def test_bounds_that_hold_are_not_remarked_nor_an_estate_above_the_maximum_alone() -> None:
    asked = Asked(max_households=499)
    members, _ = grouped(replace(ROW, asked=asked), {"A001": ["b"]})
    assert find_broken_bounds(members, ROW.estates, frozen={"A001": ["b"]}, rules=asked) == []


@pytest.mark.parametrize(("wishes", "frozen", "code", "named"), [
    ({}, {"A001": ["b", "x", "y"]}, "areas.frozen_gone", ["A001", "x", "y"]),
    ({}, {"A001": ["a", "c", "d"]}, "areas.frozen_apart", ["A001", "a"]),
    ({"must_split": [["a", "b", "d"]]}, {"A001": ["a", "b"]}, "areas.frozen_and_split", ["A001", "a、b"]),
    ({"must_join": [["b", "c"]]}, {"A001": ["a", "b"]}, "areas.frozen_and_join", ["A001", "c"]),
    ({"must_join": [["a", "d"]]}, {"A001": ["b"]}, "areas.join_around_frozen", ["a、d"]),
])
def test_what_contradicts_a_frozen_area_stops_the_run_and_is_named(
    wishes: dict, frozen: Frozen, code: str, named: list[str],
) -> None:
    with pytest.raises(InfeasibleError) as error:
        grouped(replace(ROW, asked=replace(ROW.asked, **wishes)), frozen)
    assert [finding.code for finding in error.value.findings] == [code]
    assert all(name in str(error.value) for name in named)


def test_a_frozen_estate_that_is_not_grouped_any_more_stops_the_run() -> None:
    with pytest.raises(InfeasibleError, match="not grouped any more") as error:
        group_estates(ROW.estates, ROW.links[:0], grouped_ids=["a", "b"], rules=Asked(), frozen={"A001": ["b", "c"]})
    assert [finding.code for finding in error.value.findings] == ["areas.frozen_not_grouped"]


def test_a_wish_inside_a_frozen_area_is_met_by_it() -> None:
    town = replace(ROW, asked=Asked(must_join=[["b", "c"]], must_split=[["a", "b"]]))
    assert areas_of(grouped(town, {"A005": ["b", "c"]})[0])["A005"] == "bc"


def test_all_that_is_wrong_with_frozen_areas_is_told_at_once() -> None:
    with pytest.raises(InfeasibleError) as error:
        grouped(replace(ROW, asked=Asked(must_join=[["a", "z"]])), {"A001": ["a", "c"], "A002": ["d", "y"]})
    assert [finding.code for finding in error.value.findings] == [
        "areas.unknown_id", "areas.frozen_apart", "areas.frozen_and_join", "areas.frozen_gone"]


@settings(max_examples=60)
@given(town=towns(most=7, wishes=False), data=st.data())
def test_around_frozen_areas_the_rest_is_grouped_best(town: Town, data: st.DataObject) -> None:
    members, _ = grouped(town, {})
    areas = {str(area): list(ids) for area, ids in members.groupby("area_id")["estate_id"]}
    assume(areas)
    frozen = {area: areas[area] for area in data.draw(st.sets(st.sampled_from(sorted(areas)), min_size=1))}
    again, grouping = grouped(town, frozen)
    for area, ids in frozen.items():
        assert again.loc[again["area_id"] == area, "estate_id"].tolist() == sorted(ids)
    groups = [frozenset(ids) for _, ids in again.groupby("area_id")["estate_id"]]
    assert broken_rules(town, groups) == []
    placed = again.dropna(subset=["area_id"])
    cost = objective(town, dict(zip(placed["estate_id"], placed["hub_estate_id"], strict=True)))
    assert grouping["objective"].sum() == pytest.approx(cost, abs=1e-3)
    # What was best stays best when parts of it are frozen, and the bound says so.
    assert cost == pytest.approx(least_cost(town), rel=1e-6, abs=1e-3)
    assert grouping["lower_bound"].sum() == pytest.approx(cost, rel=1e-6, abs=1e-3)


@settings(max_examples=40)
@given(town=towns(most=6, wishes=False), data=st.data())
def test_any_area_that_could_be_may_be_frozen(town: Town, data: st.DataObject) -> None:
    names = sorted(town.households)
    area = data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=4))
    assume(broken_rules(town, [frozenset(area)]) == [])
    members, grouping = grouped(town, {"A009": sorted(area)})
    groups = [frozenset(ids) for _, ids in members.groupby("area_id")["estate_id"]]
    assert frozenset(area) in groups
    assert broken_rules(town, groups) == []
    walked = distances(town)
    own = town.asked.area_overhead + min(
        sum(town.households[one] * walked[one][hub] for one in area) for hub in area
        if all(walked[one].get(hub, 1e9) <= town.asked.max_radius_m for one in area))
    rest = {name: count for name, count in town.households.items() if name not in area}
    inner = {pair: length for pair, length in town.lengths.items() if area.isdisjoint(pair)}
    # Without the walks through the frozen area the rest costs at least as much, so this bounds from above.
    assert grouping["objective"].sum() <= own + (least_cost(Town(rest, inner, town.asked)) if rest else 0) + 1e-3
    assert grouping["gap_share"].max() <= 1e-6
