"""Which of many possible areas together are the cheapest grouping of a few estates?

At prices at which no area gains anything, what a grouping costs more than the prices come to is what its areas lose
together. So a better grouping is made of areas that lose little. These are found, and a program chooses among them
(set partitioning): first in fractions, which prices the units of the window anew and so proves how much can be saved at
most; then, among areas that do not lose more than that at the new prices, whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoplan.components import LEFT_OVER_M, METRE, Component, Group, best_hub, cost_of, households_of, is_connected
from geoplan.pairs import find_pairs, number_units
from geoplan.prospects import Prospects, Real, Whole, find_prospects, join_prospects, lay_plots
from geoplan.solver import Model, Row, Solver

SCALE = METRE * 1_000  # programs count in thousands of household-metres
UNFINISHED = 1_000  # unfinished areas of a hub that are kept at a time
FIRST, FURTHER = 600, 400  # areas offered at first, and each time that prices show others to be better
MAX_GAP = 1e-4  # relative gap at which a choice counts as made
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
    offer = _find_offer(component, own, prices, most)
    left_over = (LEFT_OVER_M * METRE * np.array([households_of(component, unit) for unit in component.units]) - prices)
    saving, losses = _relax(offer, left_over, (cost - int(prices.sum())) / SCALE)
    if saving <= WORTHWHILE * cost / SCALE:
        return areas
    kept = np.flatnonzero(losses < saving)
    kept = np.sort(kept[np.argsort(losses[kept], kind="stable")][:effort.areas])
    chosen = _choose(own, Offer(offer.units[kept], offer.losses[kept]), left_over, effort.nodes)
    new = [frozenset(i for number in row if number >= 0 for i in component.units[number]) for row in chosen.tolist()]
    return new if cost_of(component, new) < cost else areas


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


def _find_offer(component: Component, own: Offer, prices: Whole, most: float) -> Offer:
    plots = lay_plots(component, find_pairs(component, range(len(component.ids))))
    found, _ = find_prospects(plots, prices.astype(np.float64), least=-most, width=np.inf, most=UNFINISHED)
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
    return Offer(units[order], losses[order])


def _holds(component: Component, row: Whole) -> bool:
    """Say whether the estates of some units hang together, which units of one estate do wherever the units do."""
    return is_connected(component, [i for number in row[row >= 0] for i in component.units[number]])


def _relax(offer: Offer, left_over: Whole, loss: float) -> tuple[float, Real]:
    """Return how much less than now areas could lose at most, and what each loses at prices that say so."""
    solver = Solver(_leave_all(left_over, is_whole=False), max_gap=MAX_GAP)
    is_in = np.arange(len(offer.losses)) < FIRST
    solver.add_columns(offer.losses[is_in] / SCALE, offer.units[is_in])
    while True:
        answer = solver.solve(max_nodes=0)
        if answer.prices is None:
            return 0.0, offer.losses
        losses = offer.losses / SCALE - _worth(offer.units, answer.prices)
        further = np.flatnonzero((losses < -CLOSE) & ~is_in)
        if len(further) == 0:
            return loss - answer.cost, losses
        further = np.sort(further[np.argsort(losses[further], kind="stable")][:FURTHER])
        is_in[further] = True
        solver.add_columns(offer.losses[further] / SCALE, offer.units[further])


def _leave_all(left_over: Whole, *, is_whole: bool) -> Model:
    """Return a program that leaves every unit over."""
    rows = [Row(1.0, 1.0, [number], [1.0]) for number in range(len(left_over))]
    return Model((left_over / SCALE).tolist(), rows, is_whole=[is_whole] * len(left_over))


def _choose(own: Offer, offer: Offer, left_over: Whole, nodes: int) -> Whole:
    """Return units of the areas to choose."""
    solver = Solver(_leave_all(left_over, is_whole=True), max_gap=MAX_GAP, heuristic_effort=0.0)
    width = max(own.units.shape[1], offer.units.shape[1])
    units = np.concatenate([np.pad(each.units, ((0, 0), (0, width - each.units.shape[1])), constant_values=-1)
                            for each in (own, offer)])
    solver.add_columns(np.concatenate([own.losses, offer.losses]) / SCALE, units)
    start = np.concatenate([np.ones(len(left_over)), np.ones(len(own.losses)), np.zeros(len(offer.losses))])
    start[own.units[own.units >= 0]] = 0.0
    solver.hint(start)
    values = solver.solve(max_nodes=nodes).values
    return own.units if values is None else units[values[len(left_over):] > 0.5]
