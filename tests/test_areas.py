"""Groupings of small towns worked out by hand, the laws that all groupings keep, and a whole real city."""

import random
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from linked import Asked, Town, broken_rules, least_cost, objective, towns

from geoplan.areas import group_estates, rate_grouping
from geoplan.errors import InfeasibleError

METHODS = ["greedy", "optimal"]


def grouped(town: Town, method: str = "optimal") -> tuple[pd.DataFrame, pd.DataFrame]:
    members, bounds = group_estates(
        town.estates, town.links, grouped_ids=list(town.households), rules=town.asked, method=method)
    return members, rate_grouping(members, bounds, town.estates, area_overhead=town.asked.area_overhead)


def areas_of(members: pd.DataFrame) -> list[frozenset[str]]:
    return [frozenset(names) for _, names in members.dropna(subset=["area_id"]).groupby("area_id")["estate_id"]]


def hubs_of(members: pd.DataFrame) -> dict[str, str]:
    placed = members.dropna(subset=["area_id"])
    return dict(zip(placed["estate_id"], placed["hub_estate_id"], strict=True))


def reasons(members: pd.DataFrame) -> dict[str, str]:
    left = members.dropna(subset=["left_out"])
    return dict(zip(left["estate_id"], left["left_out"], strict=True))


# a --100-- b --100-- c: 300 + 400 + 300 households
CHAIN = Town({"a": 300, "b": 400, "c": 300}, {("a", "b"): 100.0, ("b", "c"): 100.0})


@pytest.mark.parametrize("method", METHODS)
def test_three_estates_in_a_row_are_one_area_around_the_middle(method: str) -> None:
    members, grouping = grouped(CHAIN, method)
    assert members["area_id"].tolist() == ["A001"] * 3
    assert members["hub_estate_id"].tolist() == ["b"] * 3
    assert members["distance_m"].tolist() == [100, 0, 100]
    assert grouping["objective"].tolist() == [500_000 + 300 * 100 + 300 * 100]


@pytest.mark.parametrize("method", METHODS)
def test_two_areas_stand_where_one_would_walk_further_than_a_project_is_worth(method: str) -> None:
    # One area: 500,000 + 1,000 x 450 = 950,000. Two: 2 x 500,000 = 1,000,000; at 550 m one is 1,050,000.
    for length, areas in ((450.0, 1), (550.0, 2)):
        pair = Town({"a": 1000, "b": 1000}, {("a", "b"): length}, Asked(max_radius_m=600))
        assert len(areas_of(grouped(pair, method)[0])) == areas


@pytest.mark.parametrize("method", METHODS)
def test_an_estate_above_the_maximum_stands_alone(method: str) -> None:
    members, _ = grouped(Town({"a": 300, "b": 3001, "c": 500}, {("a", "b"): 50.0, ("b", "c"): 50.0}), method)
    assert areas_of(members) == [{"b"}, {"c"}]
    assert reasons(members) == {"a": "beyond_bounds"}


@pytest.mark.parametrize("method", METHODS)
def test_an_area_holds_exactly_the_minimum_and_the_maximum(method: str) -> None:
    lengths = {("a", "b"): 10.0, ("b", "c"): 10.0}
    just = Asked(min_households=500, max_households=600)
    assert areas_of(grouped(Town({"a": 250, "b": 250, "c": 100}, lengths, just), method)[0]) == [{"a", "b", "c"}]
    members, _ = grouped(Town({"a": 250, "b": 250, "c": 101}, lengths, just), method)
    assert areas_of(members) == [{"a", "b"}]  # 601 are too many
    assert len(areas_of(grouped(Town({"a": 250, "b": 249}, {("a", "b"): 10.0}, just), method)[0])) == 0


@pytest.mark.parametrize("method", METHODS)
def test_the_radius_counts_from_the_hub_along_links(method: str) -> None:
    # a-b-c, 300 m each: from b everybody is within 300 m, from a or c not within 500 m.
    chain = Town(CHAIN.households, {("a", "b"): 300.0, ("b", "c"): 300.0}, Asked(min_households=1000, max_radius_m=300))
    assert areas_of(grouped(chain, method)[0]) == [{"a", "b", "c"}]
    closer = replace(chain, asked=replace(chain.asked, max_radius_m=299))
    assert set(reasons(grouped(closer, method)[0]).values()) == {"too_few_households"}


@pytest.mark.parametrize("method", METHODS)
def test_an_estate_never_leaps_over_another_to_join_an_area(method: str) -> None:
    # a and c together have 600 households and are 200 m apart, but only b, which is too large, lies between.
    town = Town({"a": 300, "b": 2900, "c": 300}, {("a", "b"): 100.0, ("b", "c"): 100.0}, Asked(max_households=3000))
    members, _ = grouped(town, method)
    assert areas_of(members) == [{"b"}]
    assert reasons(members) == {"a": "beyond_bounds", "c": "beyond_bounds"}


def test_distance_may_lead_through_estates_of_other_areas() -> None:
    # b is joined with a by 390 m; the walk through x is 20 m, whoever x belongs to.
    town = Town({"a": 300, "b": 300, "x": 3500}, {("a", "b"): 390.0, ("a", "x"): 10.0, ("b", "x"): 10.0})
    members, grouping = grouped(town)
    assert areas_of(members) == [{"a", "b"}, {"x"}]
    assert members["distance_m"].tolist() == [0, 20, 0]
    assert grouping["objective"].tolist() == [2 * 500_000 + 300 * 20]


def test_who_is_left_over_says_why() -> None:
    town = Town({"a": 100, "b": 100, "c": 100, "d": 600, "e": 3000, "f": 100},
                {("b", "c"): 50.0, ("e", "f"): 50.0})
    members, _ = grouped(town)
    assert reasons(members) == {"a": "no_neighbour", "b": "too_few_households", "c": "too_few_households",
                                "f": "beyond_bounds"}


def test_who_is_cut_off_by_a_barrier_says_so() -> None:
    town = Town({"a": 100, "b": 100, "c": 600}, {("a", "b"): 50.0, ("b", "c"): 50.0})
    links = town.links.assign(usable=pd.array([True, False], dtype="boolean"), reason=["usable", "barrier"])
    members, _ = group_estates(town.estates, links, grouped_ids=["a", "b", "c"], rules=Asked())
    assert reasons(members) == {"a": "barrier", "b": "barrier"}


def test_a_subdistrict_line_leaves_too_few_households() -> None:
    town = Town({"a": 100, "b": 600}, {("a", "b"): 50.0})
    links = town.links.assign(usable=pd.array([False], dtype="boolean"), reason=["subdistrict"])
    members, _ = group_estates(town.estates, links, grouped_ids=["a", "b"], rules=Asked())
    assert reasons(members) == {"a": "too_few_households"}


def test_a_project_that_costs_more_than_leaving_out_is_not_made() -> None:
    members, grouping = grouped(Town({"a": 6}, {}, Asked(min_households=1)))
    assert reasons(members) == {"a": "too_costly"}
    assert grouping["objective"].tolist() == [6 * 10_000]


def test_unknown_households_are_told_and_belong_to_no_component() -> None:
    estates = CHAIN.estates.assign(households=pd.array([300, None, 600], dtype="Int64"))
    links = CHAIN.links.assign(usable=pd.array([False, False], dtype="boolean"), reason=["not_grouped"] * 2)
    members, bounds = group_estates(estates, links, grouped_ids=["a", "b", "c"], rules=Asked())
    assert reasons(members) == {"a": "no_neighbour", "b": "households_unknown"}
    assert members["component_id"].isna().tolist() == [False, True, False]
    assert bounds["component_id"].tolist() == ["C001", "C002"]


def test_components_and_areas_are_numbered_by_their_smallest_estate() -> None:
    town = Town({"d": 600, "a": 300, "c": 700, "b": 300}, {("a", "c"): 50.0}, Asked(max_households=900))
    members, bounds = group_estates(town.estates, town.links, grouped_ids=list("dacb"), rules=town.asked)
    assert members["component_id"].tolist() == ["C001", "C002", "C001", "C003"]
    assert members["area_id"].fillna("-").tolist() == ["-", "-", "A001", "A002"]
    assert bounds["component_id"].tolist() == ["C001", "C002", "C003"]


def test_only_estates_to_be_grouped_are_listed() -> None:
    members, _ = group_estates(CHAIN.estates, CHAIN.links.iloc[:1], grouped_ids=["b", "a"], rules=Asked())
    assert members["estate_id"].tolist() == ["a", "b"]


def test_a_town_without_candidates_has_no_areas() -> None:
    members, bounds = group_estates(CHAIN.estates, CHAIN.links.iloc[:0], grouped_ids=[], rules=Asked())
    assert len(members) == 0
    assert len(rate_grouping(members, bounds, CHAIN.estates, area_overhead=500_000)) == 0


@pytest.mark.parametrize("method", METHODS)
def test_estates_that_must_join_share_an_area(method: str) -> None:
    # Apart each of a, b, c is an area of its own: 490 m x 1,500 households are worth more than a project.
    lengths = {("a", "b"): 490.0, ("b", "c"): 490.0}
    apart = Town({"a": 1500, "b": 1500, "c": 1500}, lengths)
    assert len(areas_of(grouped(apart, method)[0])) == 3
    joined = replace(apart, asked=Asked(must_join=[["a", "b"]]))
    assert areas_of(grouped(joined, method)[0]) == [{"a", "b"}, {"c"}]


@pytest.mark.parametrize("method", METHODS)
def test_estates_that_must_join_bring_the_one_between_them(method: str) -> None:
    town = Town({"a": 900, "b": 900, "c": 900}, {("a", "b"): 400.0, ("b", "c"): 400.0}, Asked(must_join=[["a", "c"]]))
    assert areas_of(grouped(town, method)[0]) == [{"a", "b", "c"}]


@pytest.mark.parametrize("method", METHODS)
def test_estates_that_must_split_are_in_different_areas(method: str) -> None:
    town = replace(CHAIN, asked=Asked(min_households=300, must_split=[["a", "b"]]))
    assert areas_of(grouped(town, method)[0]) == [{"a"}, {"b", "c"}]


@pytest.mark.parametrize(("wishes", "code", "named"), [
    ({"must_join": [["a", "x"]]}, "areas.unknown_id", "x"),
    ({"must_split": [["y", "a"]]}, "areas.unknown_id", "y"),
    ({"must_join": [["a", "d"]]}, "areas.join_not_linked", "d"),
    ({"must_join": [["a", "u"]]}, "areas.join_not_grouped", "u"),
    ({"must_join": [["a", "b"], ["b", "c"]], "must_split": [["c", "a"]]}, "areas.join_and_split", "a"),
    ({"must_join": [["a", "c"]], "max_households": 1199}, "areas.join_too_many", "c"),
    ({"must_join": [["a", "c"]], "max_households": 799}, "areas.join_too_many", "c"),
    ({"must_join": [["a", "c"]], "max_radius_m": 99}, "areas.join_too_far", "c"),
])
def test_a_wish_that_cannot_be_met_stops_the_run_and_is_named(wishes: dict, code: str, named: str) -> None:
    # a --100-- b --100-- c, 400 households each; d stands alone; the households of u are unknown.
    estates = pd.DataFrame({"estate_id": list("abcdu"), "households": pd.array([400] * 4 + [None], dtype="Int64")})
    with pytest.raises(InfeasibleError) as error:
        group_estates(estates, CHAIN.links, grouped_ids=list("abcdu"), rules=replace(Asked(), **wishes))
    assert [finding.code for finding in error.value.findings] == [code]
    assert named in str(error.value)


def test_all_impossible_wishes_are_told_at_once() -> None:
    wishes = Asked(must_join=[["a", "x"], ["a", "c"]], must_split=[["a", "c"], ["b", "y"]])
    with pytest.raises(InfeasibleError) as error:
        group_estates(CHAIN.estates, CHAIN.links, grouped_ids=list("abc"), rules=wishes)
    assert [finding.code for finding in error.value.findings] == [
        "areas.unknown_id", "areas.unknown_id", "areas.join_and_split"]


def is_possible(town: Town) -> bool:
    try:
        grouped(town, "greedy")
    except InfeasibleError:
        return False
    return True


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=60)
@given(town=towns())
def test_no_rule_is_ever_broken_and_no_bound_is_wrong(method: str, town: Town) -> None:
    assume(is_possible(town))
    members, grouping = grouped(town, method)
    assert broken_rules(town, areas_of(members)) == []
    cost = objective(town, hubs_of(members))
    assert grouping["objective"].sum() == pytest.approx(cost, abs=1e-3)
    best = least_cost(town)
    assert cost >= best - 1e-3
    assert grouping["lower_bound"].sum() <= best + max(1e-3, 1e-6 * best)
    assert grouping["gap_share"].between(0, 1).all()
    if method == "optimal":
        assert cost == pytest.approx(best, rel=1e-6, abs=1e-3)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=40)
@given(town=towns(most=14))
def test_no_rule_is_broken_in_larger_towns_either(method: str, town: Town) -> None:
    assume(is_possible(town))
    members, grouping = grouped(town, method)
    assert broken_rules(town, areas_of(members)) == []
    assert grouping["objective"].sum() == pytest.approx(objective(town, hubs_of(members)), abs=1e-3)


@settings(max_examples=30)
@given(town=towns(), seed=st.integers(0, 999))
def test_the_order_of_rows_changes_nothing(town: Town, seed: int) -> None:
    assume(is_possible(town))
    chance = random.Random(seed)
    estates, links = town.estates, town.links
    mixed_estates = estates.sample(frac=1, random_state=seed)
    mixed_links = links.sample(frac=1, random_state=seed) if len(links) else links
    ids = chance.sample(list(town.households), len(town.households))
    here, bounds = group_estates(estates, links, grouped_ids=list(town.households), rules=town.asked)
    there, mixed_bounds = group_estates(mixed_estates, mixed_links, grouped_ids=ids, rules=town.asked)
    assert there.equals(here)
    assert mixed_bounds.equals(bounds)


def test_nothing_given_is_changed() -> None:
    estates, links = CHAIN.estates, CHAIN.links
    group_estates(estates, links, grouped_ids=list("abc"), rules=Asked())
    assert estates.equals(CHAIN.estates)
    assert links.equals(CHAIN.links)
