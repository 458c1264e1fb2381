"""Which of many possible areas together are the cheapest grouping of a few estates?

At prices at which no area gains anything, what a grouping costs more than the prices come to is what its areas lose
together. So a better grouping is made of areas that lose little. These are found, and a program chooses among them
(set partitioning): first in fractions, which prices the units of the window anew and so proves how much can be saved at
most; then, among areas that do not lose more than that at the new prices, whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoplan.components import (
    LEFT_OVER_M,
    METRE,
    Component,
    Group,
    best_hub,
    cost_of,
    households_of,
    is_connected,
    price,
)
from geoplan.pairs import find_pairs, number_units
from geoplan.prospects import Bits, Prospects, Real, Whole, find_prospects, join_prospects, lay_plots
from geoplan.solver import INFINITY, Model, Row, Solver

SCALE = METRE * 1_000  # programs count in thousands of household-metres
UNFINISHED = 1_000  # unfinished areas of a hub that are kept at a time
ALL_UNFINISHED = 5_000  # the same where all areas are to be found
FIRST, FURTHER = 600, 400  # areas offered at first, and each time that prices show others to be better
MAX_GAP = 1e-3  # relative gap at which a choice counts as made
PROVEN_GAP = 1e-6  # of what a choice loses, at which a choice counts as proven
WORTHWHILE = 1e-6  # share of the cost that a choice must be able to save, else it is not tried
CLOSE = 1e-7  # of a unit of the program: what counts as no loss


@dataclass(frozen=True)
class Effort:
    """What a choice may take: household-micrometres that an area may lose, areas to choose among, and
    branch-and-bound nodes."""

    loss: float
    areas: int
    nodes: int


@dataclass(frozen=True)
class Offer:
    """Areas to choose among, the least loss first: units of each, filled up with -1, and what they lose."""

    units: Whole
    losses: Real


def choose_areas(component: Component, areas: Sequence[Group], prices: Whole, *, effort: Effort) -> list[Group]:
    """Return areas of a component that cost no more than some it has.

    Parameters
    ----------
    component
        A small component, or part of one.
    areas
        A grouping of it.
    prices
        Of its units, household-micrometres; none of its areas gains anything at them.
    effort
        What the choice may take.
    """
    areas, cost = list(areas), cost_of(component, areas)
    own = _as_offer(component, areas, prices)
    most = min(effort.loss, cost - int(prices.sum()))
    offer, _ = _find_offer(component, own, prices, most, UNFINISHED)
    left_over = _left_over(component, prices)
    now = cost - int(prices.sum())
    least, new_prices = _relax(offer, left_over)
    if now - least <= WORTHWHILE * cost:
        return areas
    own = _both(own, _part(left_over, ~np.isin(left_over.units[:, 0], own.units)))
    chosen, _ = _choose(own, _both(_promising(offer, new_prices, now - least, effort.areas),
                                   _promising(left_over, new_prices, now - least, effort.areas)), effort.nodes)
    return _cheaper(component, areas, chosen)


def prove_areas(
    component: Component, areas: Sequence[Group], prices: Whole, *, effort: Effort,
) -> tuple[list[Group], float]:
    """Return areas of a whole component that cost no more than some it has, and what any grouping of it costs at least.

    Every area that a better grouping could hold is among those looked at, so what a choice in fractions proves holds
    for all groupings, and so does what the choice proves; where there are more such areas than can be looked at, the
    prices are all that is proven, and where there are more than `effort` allows, nothing is chosen.

    Parameters
    ----------
    component, areas, prices, effort
        As for `choose_areas`; the component has to be whole, and `effort.loss` is the most that is looked at.
    """
    areas, cost, proven = list(areas), cost_of(component, areas), float(prices.sum())
    now = cost - proven
    own = _as_offer(component, areas, prices)
    offer, is_complete = _find_offer(component, own, prices, now, ALL_UNFINISHED)
    if now > effort.loss or not is_complete:
        return areas, proven
    left_over = _left_over(component, prices)
    least, new_prices = _relax(offer, left_over)
    saved = now - least + WORTHWHILE * cost
    further = _both(_promising(offer, new_prices, saved, effort.areas + 1),
                    _promising(left_over, new_prices, saved, len(left_over.losses)))
    in_fractions = proven + least - CLOSE * SCALE * len(component.units)  # each of the areas may gain as little as that
    if not 0 <= least < now or len(further.losses) > effort.areas:
        return areas, max(proven, min(in_fractions, cost))
    own = _both(own, _part(left_over, ~np.isin(left_over.units[:, 0], own.units)))
    chosen, bound = _choose(own, further, effort.nodes, PROVEN_GAP)
    best = _cheaper(component, areas, chosen)
    return best, max(proven, min(max(in_fractions, proven + bound), cost_of(component, best)))


def _left_over(component: Component, prices: Whole) -> Offer:
    totals = np.array([households_of(component, unit) for unit in component.units], dtype=np.int64)
    return Offer(np.arange(len(totals))[:, None], (LEFT_OVER_M * METRE * totals - prices).astype(np.float64))


def _cheaper(component: Component, areas: list[Group], chosen: Whole) -> list[Group]:
    """Return the areas that were chosen where they cost less than those there are."""
    groups = [frozenset(i for number in row if number >= 0 for i in component.units[number]) for row in chosen.tolist()]
    new = [group for group in groups if price(component, group) < LEFT_OVER_M * METRE * households_of(component, group)]
    return new if cost_of(component, new) < cost_of(component, areas) else areas


def _as_offer(component: Component, areas: list[Group], prices: Whole) -> Offer:
    unit_at = number_units(component)
    members = [sorted({unit_at[i] for i in area}) for area in areas]
    units = np.full((len(areas), max(map(len, members), default=0)), -1, dtype=np.int64)
    for row, numbers in enumerate(members):
        units[row, :len(numbers)] = numbers
    costs = np.array([component.overhead + best_hub(component, area)[0] for area in areas], dtype=np.float64)
    return Offer(units, costs - _worth(units, prices))


def _worth(units: Whole, prices: Whole | Real) -> Real:
    """Return what the units of every area are worth together."""
    worth: Real = np.where(units >= 0, np.append(prices, 0)[units], 0).sum(axis=1)
    return worth


def _find_offer(
    component: Component, own: Offer, prices: Whole, most: float, unfinished: int,
) -> tuple[Offer, bool]:
    """Return areas that lose no more than some amount, and whether these are all of them."""
    plots = lay_plots(component, find_pairs(component, range(len(component.ids))))
    found, _, is_complete = find_prospects(
        plots, prices.astype(np.float64), least=-most, width=np.inf, most=unfinished)
    every = join_prospects([found, Prospects(np.zeros(len(own.losses), np.int64), own.losses, own.units)])
    losses = np.concatenate([found.costs - _worth(found.units, prices), own.losses])
    order = np.lexsort((losses, *every.units.T[::-1]))
    units, losses = every.units[order], losses[order]
    is_first = np.ones(len(units), dtype=np.bool_)
    is_first[1:] = (units[1:] != units[:-1]).any(axis=1)
    is_first[is_first] = [_holds(component, row) for row in units[is_first]] if any(
        len(unit) > 1 for unit in component.units) else True
    units, losses = units[is_first], losses[is_first]
    order = np.argsort(losses, kind="stable")
    return Offer(units[order], losses[order]), is_complete


def _holds(component: Component, row: Whole) -> bool:
    """Say whether the estates of some units hang together, which units of one estate do wherever the units do."""
    return is_connected(component, [i for number in row[row >= 0] for i in component.units[number]])


def _part(offer: Offer, kept: Whole | Bits) -> Offer:
    return Offer(offer.units[kept], offer.losses[kept])


def _both(one: Offer, two: Offer) -> Offer:
    width = max(one.units.shape[1], two.units.shape[1])
    units = [np.pad(each.units, ((0, 0), (0, width - each.units.shape[1])), constant_values=-1) for each in (one, two)]
    return Offer(np.concatenate(units), np.concatenate([one.losses, two.losses]))


def _promising(offer: Offer, prices: Real, most: float, count: int) -> Offer:
    """Return the areas that lose least at some prices on top of those they lose at already."""
    losses = offer.losses - _worth(offer.units, prices)
    kept = np.flatnonzero(losses < most)
    return _part(offer, np.sort(kept[np.argsort(losses[kept], kind="stable")][:count]))


def _relax(offer: Offer, left_over: Offer) -> tuple[float, Real]:
    """Return what a choice loses at least, and prices of units, on top of theirs, that say so."""
    solver = Solver(_program(left_over, is_whole=False), max_gap=MAX_GAP)
    is_in = np.arange(len(offer.losses)) < FIRST
    solver.add_columns(offer.losses[is_in] / SCALE, offer.units[is_in])
    while True:
        answer = solver.solve(max_nodes=0)
        if answer.prices is None:
            return INFINITY, np.zeros(len(left_over.losses))
        losses = offer.losses / SCALE - _worth(offer.units, answer.prices)
        further = np.flatnonzero((losses < -CLOSE) & ~is_in)
        if len(further) == 0:
            return answer.cost * SCALE, answer.prices * SCALE
        further = np.sort(further[np.argsort(losses[further], kind="stable")][:FURTHER])
        is_in[further] = True
        solver.add_columns(offer.losses[further] / SCALE, offer.units[further])


def _program(offer: Offer, *, is_whole: bool) -> Model:
    """Return a program that has every unit in one area of an offer."""
    of_unit: dict[int, list[int]] = {}
    for column, row in enumerate(offer.units.tolist()):
        for number in row:
            if number >= 0:
                of_unit.setdefault(number, []).append(column)
    rows = [Row(1.0, 1.0, columns, [1.0] * len(columns)) for _, columns in sorted(of_unit.items())]
    return Model((offer.losses / SCALE).tolist(), rows, is_whole=[is_whole] * len(offer.losses))


def _choose(own: Offer, offer: Offer, nodes: int, max_gap: float = MAX_GAP) -> tuple[Whole, float]:
    """Return units of the areas to choose, units that are left over among them, and what any choice loses at least."""
    solver = Solver(_program(own, is_whole=True), max_gap=max_gap, heuristic_effort=0.0)
    solver.add_columns(offer.losses / SCALE, offer.units)
    solver.hint(np.concatenate([np.ones(len(own.losses)), np.zeros(len(offer.losses))]))
    answer = solver.solve(max_nodes=nodes)
    units = own.units if answer.values is None else _both(own, offer).units[answer.values > 0.5]
    return units, answer.bound * SCALE
