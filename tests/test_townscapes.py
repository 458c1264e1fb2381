"""Towns as they lie on a map: rivers with and without a bridge, islands, ties, huge estates, wishes that clash.

Up to twelve estates are grouped by trying everything, over subsets as bits, and the solver has to come to the same.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations

import networkx as nx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from linked import LEFT_OVER_M, Asked, Town, broken_rules, distances, objective

from geoplan.areas import GROUPINGS, group_estates, rate_grouping
from geoplan.errors import InfeasibleError

PITCH_M = 120.0
HUGE = 3500


@st.composite
def townscapes(draw: st.DrawFn, least: int = 1, most: int = 12) -> Town:
    """Return estates on a grid, linked to those beside them, cut by a river, with islands, ties and huge estates."""
    count = draw(st.integers(least, most))
    columns = draw(st.integers(1, 4))
    names = [f"E{number:02d}" for number in range(count)]
    place = {name: divmod(number, columns) for number, name in enumerate(names)}
    river = draw(st.integers(0, 3))
    bridges = draw(st.sets(st.integers(0, 3), max_size=1))
    islands = draw(st.sets(st.sampled_from(names), max_size=3))
    is_tied = draw(st.booleans())
    lengths = {}
    for one, two in combinations(names, 2):
        (row, column), (other_row, other_column) = place[one], place[two]
        is_beside = abs(row - other_row) + abs(column - other_column) == 1
        is_wet = {row, other_row} == {river, river + 1} and column not in bridges
        if is_beside and not is_wet and not islands.intersection((one, two)):
            lengths[one, two] = PITCH_M if is_tied else PITCH_M + draw(st.integers(0, 90))
    sizes = st.just(300) if is_tied else st.one_of(st.integers(20, 900), st.sampled_from([0, HUGE]))
    return Town({name: draw(sizes) for name in names}, lengths, Asked(
        min_households=draw(st.sampled_from([0, 300, 600])), max_households=draw(st.sampled_from([900, 1500, 3000])),
        max_radius_m=draw(st.sampled_from([130, 300, 500])), area_overhead=draw(st.sampled_from([0, 60_000, 500_000]))))


def group(town: Town, method: str = "optimal") -> tuple[dict[str, str], dict[str, set[str]], float, float]:
    """Return the hub of every grouped estate, the areas, the objective and the lower bound."""
    members, bounds = group_estates(
        town.estates, town.links, grouped_ids=list(town.households), rules=town.asked, method=method)
    grouping = rate_grouping(members, bounds, town.estates, area_overhead=town.asked.area_overhead)
    inside = members[members["area_id"].notna()]
    areas = {name: set(rows["estate_id"]) for name, rows in inside.groupby("area_id")}
    return (dict(zip(inside["estate_id"], inside["hub_estate_id"], strict=True)), areas,
            grouping["objective"].sum(), grouping["lower_bound"].sum())


def least_by_trial(town: Town) -> float:
    """Return the cost of the best grouping: every subset of estates is priced, and every cover by subsets tried."""
    names = sorted(town.households)
    bit = {name: 1 << number for number, name in enumerate(names)}
    units = [sum(bit[name] for name in unit) for unit in units_of(town, names)]
    walked, prices = distances(town), {}
    for subset in range(1, 1 << len(names)):
        if all(subset & unit in (0, unit) for unit in units):
            cost = price_of(town, [name for name in names if subset & bit[name]], walked)
            if cost is not None:
                prices[subset] = cost
    over = {unit: LEFT_OVER_M * sum(town.households[name] for name in names if unit & bit[name]) for unit in units}

    @cache
    def least(left: int) -> float:
        if not left:
            return 0.0
        first = next(unit for unit in units if unit & left & -left)
        rest = left - first
        costs, subset = [over[first] + least(rest)], rest
        while True:
            if first | subset in prices:
                costs.append(prices[first | subset] + least(rest - subset))
            if not subset:
                return min(costs)
            subset = (subset - 1) & rest

    return least((1 << len(names)) - 1)


def units_of(town: Town, names: Sequence[str]) -> list[set[str]]:
    graph = nx.Graph()
    graph.add_nodes_from(names)
    graph.add_edges_from(pair for wish in town.asked.must_join for pair in combinations(wish, 2))
    return list(nx.connected_components(graph))


def price_of(town: Town, area: Sequence[str], walked: Mapping[str, Mapping[str, float]]) -> float | None:
    """Return what an area costs, or None where it breaks a rule."""
    total, asked = sum(town.households[name] for name in area), town.asked
    if total < asked.min_households or (total > asked.max_households and len(area) > 1):
        return None
    if any(len(set(wish).intersection(area)) > 1 for wish in asked.must_split):
        return None
    costs = [sum(town.households[name] * walked[name][hub] for name in area) for hub in area
             if all(walked[name].get(hub, 1e9) <= asked.max_radius_m + 1e-5 for name in area)]
    return asked.area_overhead + min(costs) if costs and nx.is_connected(town.graph.subgraph(area)) else None


@settings(max_examples=12)
@given(town=townscapes(least=9), is_wishful=st.booleans(), seed=st.randoms(use_true_random=False))
def test_up_to_twelve_estates_come_out_as_when_everything_is_tried(
    town: Town, is_wishful: bool, seed: random.Random,
) -> None:
    town = with_wishes(town, seed) if is_wishful else town
    try:
        hubs, areas, cost, bound = group(town)
    except InfeasibleError:
        assume(False)
    best = least_by_trial(town)
    assert broken_rules(town, map(frozenset, areas.values())) == []
    assert cost == pytest.approx(objective(town, hubs), abs=1e-3)
    assert cost == pytest.approx(best, rel=1e-6, abs=1e-3)
    assert bound <= best + max(1e-3, 1e-6 * best)


@pytest.mark.parametrize("method", sorted(set(GROUPINGS) - {"subdistrict"}))
@settings(max_examples=20)
@given(town=townscapes(most=30))
def test_no_river_island_tie_or_huge_estate_breaks_a_rule(method: str, town: Town) -> None:
    hubs, areas, cost, bound = group(town, method)
    assert broken_rules(town, map(frozenset, areas.values())) == []
    assert all(len(area) == 1 for area in areas.values() if any(town.households[name] == HUGE for name in area))
    assert 0 <= bound <= cost + 1e-3
    assert cost == pytest.approx(objective(town, hubs), abs=1e-3)


@pytest.mark.parametrize("method", sorted(GROUPINGS))
def test_one_estate_alone_is_an_area_or_left_over(method: str) -> None:
    for households, expected in ((600, {"A001": {"E"}}), (400, {})):
        town = Town({"E": households}, {})
        assert group(town, method)[1] == expected


def test_estates_that_are_all_isolated_stand_alone_where_they_can() -> None:
    town = Town({"a": 500, "b": 499, "c": HUGE}, {})
    hubs, _, cost, bound = group(town)
    assert hubs == {"a": "a", "c": "c"}
    # two areas of 500,000 each, and 499 households left over at 10 km
    assert cost == bound == 2 * 500_000 + 499 * 10_000


@settings(max_examples=30)
@given(town=townscapes(least=3), seed=st.randoms(use_true_random=False))
def test_wishes_that_contradict_each_other_are_one_clear_error(town: Town, seed: random.Random) -> None:
    one, between, other = seed.sample(sorted(town.households), 3)
    clashing = replace(town, asked=replace(
        town.asked, must_join=[[one, between], [between, other]], must_split=[[other, one]]))
    with pytest.raises(InfeasibleError) as error:
        group(clashing)
    told = [str(finding) for finding in error.value.findings if finding.code == "areas.join_and_split"]
    assert len(told) == 1
    assert one in str(error.value)
    assert other in str(error.value)


def with_wishes(town: Town, seed: random.Random) -> Town:
    joined = [list(seed.choice(sorted(town.lengths)))] if town.lengths else []
    return replace(town, asked=replace(
        town.asked, must_join=joined, must_split=[seed.sample(sorted(town.households), 2)]))
