"""Choosing among areas: what it proves holds for every grouping, and what it chooses is no dearer."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linked import Asked, Town, least_cost, towns
from test_bounds import components_of
from test_components import component_of

from geoplan.bounds import priced_bound
from geoplan.components import METRE, Component, Group, cost_of
from geoplan.growth import grow_areas
from geoplan.pairs import find_pairs
from geoplan.prices import price_areas
from geoplan.prospects import Whole, lay_plots
from geoplan.selection import Effort, choose_areas, prove_areas


def priced(component: Component) -> tuple[list[Group], Whole]:
    pairs = find_pairs(component, range(len(component.ids)))
    grown = grow_areas(component)
    _, first = priced_bound(component, pairs, grown)
    return grown, price_areas(component, lay_plots(component, pairs), first).of_unit


def row() -> Component:
    """Nine estates of 300 households in a row, 10 m apart; three or four of them make an area."""
    lengths = dict.fromkeys(pairwise("abcdefghi"), 10.0)
    return component_of(Town(dict.fromkeys("abcdefghi", 300), lengths, Asked(min_households=900, max_households=1200)))


@settings(max_examples=40)
@given(town=towns(), offered=st.sampled_from([0, 3, 20_000]))
def test_what_is_proven_holds_for_every_grouping(town: Town, offered: int) -> None:
    proven, cost = 0.0, 0.0
    for component in components_of(town):
        grown, prices = priced(component)
        areas, bound = prove_areas(component, grown, prices, effort=Effort(math.inf, offered, 20))
        assert bound >= float(prices.sum())
        assert cost_of(component, areas) <= cost_of(component, grown)
        proven, cost = proven + bound, cost + cost_of(component, areas)
    least = least_cost(town) * METRE
    assert proven <= least * (1 + 1e-9) + METRE
    assert cost >= least * (1 - 1e-9) - METRE


def test_a_choice_in_fractions_proves_the_best_where_areas_lie_in_a_row() -> None:
    component = row()
    grown, prices = priced(component)
    unpriced = prices - prices // 4  # so much too low that they prove three quarters of the cost
    areas, bound = prove_areas(component, grown, unpriced, effort=Effort(math.inf, 0, 0))
    assert areas == grown
    # Areas in a row are intervals, of which the best choice in fractions is whole: three areas of three estates, each
    # 2 x 300 x 10 m and what an area costs.
    assert cost_of(component, grown) == 3 * (6_000 * METRE + component.overhead)
    assert bound == pytest.approx(cost_of(component, grown), rel=1e-6)
    assert float(unpriced.sum()) < 0.8 * cost_of(component, grown)


def test_nothing_is_chosen_that_costs_more() -> None:
    component = row()
    grown, prices = priced(component)
    assert choose_areas(component, grown, prices, effort=Effort(math.inf, 500, 1)) == grown
    poor = [frozenset({0, 1, 2})]
    assert cost_of(component, choose_areas(component, poor, prices, effort=Effort(math.inf, 500, 1))) == cost_of(
        component, grown)
