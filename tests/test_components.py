"""Components of small link graphs as numbers."""

import math

import pandas as pd
from linked import Asked, Town

from geoplan.components import (
    METRE,
    Component,
    best_hub,
    check_wishes,
    cost_of,
    describe_components,
    is_connected,
    number_components,
    plain_bound,
    price,
)


def component_of(town: Town) -> Component:
    numbers = number_components(sorted(town.households), list(town.lengths))
    (only,) = describe_components(town.estates, town.links, numbers, town.asked)
    return only


# a --100-- b --150.5-- c: 300, 400 and 300 households
CHAIN = component_of(Town({"a": 300, "b": 400, "c": 300}, {("a", "b"): 100.0, ("b", "c"): 150.5}))


def test_components_are_numbered_by_their_smallest_id() -> None:
    assert number_components(list("abcd"), [("a", "d")]) == {"a": "C001", "d": "C001", "b": "C002", "c": "C003"}


def test_a_thousand_components_have_numbers_of_one_width() -> None:
    numbers = number_components([f"{n:04d}" for n in range(1000)], [])
    assert (numbers["0000"], numbers["0999"]) == ("C0001", "C1000")


def test_distances_are_whole_micrometres_within_the_radius() -> None:
    assert CHAIN.reach[0] == {0: 0, 1: 100 * METRE, 2: 250_500_000}
    lengths = {("a", "b"): 100.0, ("b", "c"): 150.5}
    near = component_of(Town({"a": 1, "b": 1, "c": 1}, lengths, Asked(max_radius_m=150.5)))
    assert near.reach[0] == {0: 0, 1: 100 * METRE}
    assert near.reach[1] == {0: 100 * METRE, 1: 0, 2: 150_500_000}


def test_estates_at_the_same_place_are_no_distance_apart() -> None:
    assert component_of(Town({"a": 1, "b": 1}, {("a", "b"): 0.0})).reach[0] == {0: 0, 1: 0}


def test_the_best_hub_is_where_households_walk_least() -> None:
    # from a: 400 x 100 + 300 x 250.5 = 115,150; from b: 300 x 100 + 300 x 150.5 = 75,150; from c: 135,350
    assert best_hub(CHAIN, frozenset({0, 1, 2})) == (75_150 * METRE, 1)


def test_a_group_is_priced_as_an_area_or_as_left_over() -> None:
    assert price(CHAIN, frozenset({0, 1})) == (500_000 + 300 * 100) * METRE
    assert price(CHAIN, frozenset({0})) == 300 * 10_000 * METRE  # below the minimum of 500
    assert cost_of(CHAIN, [frozenset({0, 1})]) == (500_000 + 300 * 100 + 300 * 10_000) * METRE


def test_a_group_that_asks_too_much_has_no_price() -> None:
    town = Town({"a": 300, "b": 400, "c": 300}, {("a", "b"): 1.0, ("b", "c"): 1.0},
                Asked(max_households=900, must_split=[["a", "b"]], must_join=[["b", "c"]]))
    component = component_of(town)
    assert price(component, frozenset({0, 1, 2})) == math.inf  # 1,000 households
    assert price(component, frozenset({0, 1})) == math.inf  # to be kept apart
    assert price(component, frozenset({1})) == math.inf  # c belongs to it
    assert price(component, frozenset({1, 2})) < math.inf


def test_an_estate_above_the_maximum_is_priced_as_an_area() -> None:
    assert price(component_of(Town({"a": 9000}, {})), frozenset({0})) == 500_000 * METRE


def test_pieces_are_not_connected() -> None:
    assert is_connected(CHAIN, frozenset({0, 1, 2}))
    assert not is_connected(CHAIN, frozenset({0, 2}))
    assert not is_connected(CHAIN, frozenset())


def test_the_plain_bound_shares_the_overhead_among_households() -> None:
    # 3,000 households at most: 300 of them bear a tenth of 500,000; an estate above the maximum bears it all.
    assert plain_bound(component_of(Town({"a": 300}, {}))) == 50_000 * METRE
    assert plain_bound(component_of(Town({"a": 9000}, {}))) == 500_000 * METRE


def test_wishes_without_fault_are_not_told() -> None:
    asked = Asked(must_join=[["a", "b"]], must_split=[["a", "c"]])
    assert check_wishes(asked, ["a", "b", "c"], {"a": "C001", "b": "C001", "c": "C001"}) == []


def test_nothing_given_is_changed() -> None:
    town = Town({"a": 300, "b": 400}, {("a", "b"): 1.0})
    estates, links = town.estates, town.links
    describe_components(estates, links, {"a": "C001", "b": "C001"}, Asked())
    pd.testing.assert_frame_equal(estates, town.estates)
    pd.testing.assert_frame_equal(links, town.links)
