"""Prices of units: what they prove of a component, by hand and against the best of all groupings."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from linked import Asked, Town, least_cost, towns
from test_components import component_of

from geoplan.bounds import priced_bound
from geoplan.components import (
    METRE,
    Component,
    check_wishes,
    cost_of,
    describe_components,
    number_components,
    plain_bound,
)
from geoplan.errors import InfeasibleError
from geoplan.growth import grow_areas
from geoplan.pairs import find_pairs


def components_of(town: Town) -> list[Component]:
    numbers = number_components(sorted(town.households), list(town.lengths))
    assume(not check_wishes(town.asked, set(town.households), numbers))
    try:
        return describe_components(town.estates, town.links, numbers, town.asked)
    except InfeasibleError:
        reject()


def bound_of(component: Component) -> float:
    pairs = find_pairs(component, range(len(component.ids)))
    return priced_bound(component, pairs, grow_areas(component))[0]


def test_where_one_area_is_best_its_cost_is_proven() -> None:
    # One area around b: 500,000 + 300 x 100 + 300 x 100.
    chain = component_of(Town({"a": 300, "b": 400, "c": 300}, {("a", "b"): 100.0, ("b", "c"): 100.0}))
    assert bound_of(chain) == pytest.approx(560_000 * METRE, rel=1e-3)
    assert bound_of(chain) <= 560_000 * METRE


def test_what_nobody_can_serve_is_priced_as_left_over() -> None:
    assert bound_of(component_of(Town({"a": 100, "b": 100}, {("a", "b"): 10.0}))) == 200 * 10_000 * METRE


def test_estates_far_apart_prove_more_than_their_number() -> None:
    names = [f"E{n}" for n in range(12)]
    row = dict.fromkeys(pairwise(names), 300.0)
    component = component_of(Town(dict.fromkeys(names, 300), row, Asked(min_households=600)))
    assert plain_bound(component) < bound_of(component) <= cost_of(component, grow_areas(component))


def test_prices_say_what_an_estate_costs() -> None:
    # One area around b: 560,000, which the prices of the three come to.
    chain = component_of(Town({"a": 300, "b": 400, "c": 300}, {("a", "b"): 100.0, ("b", "c"): 100.0}))
    bound, prices = priced_bound(chain, find_pairs(chain, range(3)), grow_areas(chain))
    assert prices.sum() >= bound
    assert prices.sum() == pytest.approx(560_000 * METRE, rel=1e-2)


@settings(max_examples=80)
@given(town=towns(), few=st.booleans())
def test_no_bound_exceeds_the_best_of_all_groupings(town: Town, few: bool) -> None:
    proven = 0.0
    for component in components_of(town):
        areas = [] if few else grow_areas(component)
        proven += priced_bound(component, find_pairs(component, range(len(component.ids))), areas)[0]
    assert proven <= least_cost(town) * METRE * (1 + 1e-9) + METRE
