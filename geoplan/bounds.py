"""How cheap could any grouping of a component be?

Every unit is given a price for being served. At given prices every hub can be looked at alone: which part of the units
within its reach it would serve, household bounds kept, and what it would gain by that (a knapsack, filled in the order
of gain per household). The prices together, less what all hubs gain, cost no more than any grouping: the Lagrangian
bound of the hub-assignment program, valid at any prices. Prices rise where nobody serves a unit and fall where several
do, for a stated number of rounds (subgradient steps of Polyak's length, deflected as Camerini, Fratta and Maffioli
1975 have it). Everything that the bound is added up from is a whole number.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.components import LEFT_OVER_M, METRE, Component, Group, best_hub, cost_of, households_of
from geoplan.pairs import cost_of_pair, number_units

ROUNDS = 300
PATIENCE = 20  # rounds without a better bound after which steps are halved
FIRST_STEP = 1.0  # of Polyak's length
MEMORY = 0.5  # of the last direction that is kept in the next
Whole = NDArray[np.int64]
Real = NDArray[np.float64]


@dataclass(frozen=True)
class Offers:
    """What every hub could serve: one row a hub, its own unit aside, the units that may belong to it in columns.

    Costs are household-micrometres, weights and totals households. Where a row is short, its last columns weigh
    nothing. `room` is what an open hub may serve beside its own unit at most, `need` what it must.
    """

    totals: Whole
    own: Whole
    own_costs: Whole
    units: Whole
    costs: Whole
    weights: Whole
    room: Whole
    need: Whole


def priced_bound(
    component: Component, pairs: Iterable[tuple[int, int]], areas: Collection[Group],
) -> tuple[float, Whole]:
    """Return what any grouping costs at least, and the prices that say so.

    Parameters
    ----------
    component
        A component.
    pairs
        Unit and hub wherever the unit may belong to that hub, as `find_pairs` returns them.
    areas
        A good grouping: what it costs sets the length of steps, and its areas the first prices.

    Returns
    -------
    bound
        In household-micrometres.
    prices
        By unit, household-micrometres.
    """
    pairs = sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    offers = _offers(component, pairs)
    most = LEFT_OVER_M * METRE * offers.totals
    goal = cost_of(component, areas)
    prices = best_prices = np.minimum(_first_prices(component, areas), most)
    direction = np.zeros(len(prices))
    best, step, stale = -math.inf, FIRST_STEP, 0
    for _ in range(ROUNDS):
        bound, served = _look(offers, prices)
        stale = 0 if bound > best else stale + 1
        if bound > best:
            best, best_prices = bound, prices
        if stale >= PATIENCE:
            step, stale, prices, direction = step / 2, 0, best_prices, np.zeros(len(prices))
            continue
        unserved = 1 - served
        direction = np.where((prices >= most) & (unserved > 0), 0, unserved) + MEMORY * direction
        length = math.fsum(offers.totals * direction * direction)
        if length == 0 or bound >= goal:
            break
        move = np.floor(step * (goal - bound) / length * offers.totals * direction).astype(np.int64)
        prices = np.clip(prices + move, 0, most)
    return best, best_prices


def _offers(component: Component, pairs: list[tuple[int, int]]) -> Offers:
    unit_at = number_units(component)
    totals = np.array([households_of(component, unit) for unit in component.units], dtype=np.int64)
    served: dict[int, list[int]] = {}
    for number, hub in pairs:
        served.setdefault(hub, [])
        if number != unit_at[hub]:
            served[hub].append(number)
    shape = len(served), max((len(others) for others in served.values()), default=0)
    units, costs, weights = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for row, (hub, others) in enumerate(served.items()):
        units[row, :len(others)] = others
        costs[row, :len(others)] = [cost_of_pair(component, number, hub) for number in others]
        weights[row, :len(others)] = totals[others]
    own = np.array([unit_at[hub] for hub in served], dtype=np.int64)
    own_costs = np.array([cost_of_pair(component, unit_at[hub], hub) for hub in served], dtype=np.int64)
    return Offers(totals, own, own_costs, units, costs, weights,
                  np.maximum(component.max_households - totals[own], 0),
                  np.maximum(component.min_households - totals[own], 0))


def _first_prices(component: Component, areas: Collection[Group]) -> Whole:
    """Return for every unit what it costs in its area, the overhead shared by households, or left over."""
    unit_at = number_units(component)
    totals = [households_of(component, unit) for unit in component.units]
    prices = LEFT_OVER_M * METRE * np.array(totals, dtype=np.int64)
    for area in areas:
        _, hub = best_hub(component, area)
        total = max(1, households_of(component, area))
        for number in sorted({unit_at[i] for i in area}):
            unit = component.units[number]
            walked = sum(component.households[i] * component.reach[i][hub] for i in unit)
            prices[number] = walked + component.overhead * totals[number] // total
    return prices


def _look(offers: Offers, prices: Whole) -> tuple[int, Real]:
    """Return the bound at some prices, and how often each unit is served."""
    weights = np.maximum(offers.weights, 1)
    paid = np.where(offers.weights > 0, offers.costs - prices[offers.units], 0)
    order = np.argsort(np.where(offers.weights > 0, paid / weights, np.inf), axis=1, kind="stable")
    paid, weights = np.take_along_axis(paid, order, axis=1), np.take_along_axis(offers.weights, order, axis=1)
    before = np.cumsum(weights, axis=1) - weights
    wanted = np.where(paid < 0, offers.room[:, None], offers.need[:, None])
    parts = np.clip(wanted - before, 0, weights)
    gains = np.where(parts == weights, paid, paid // np.maximum(weights, 1) * parts)  # rounded down: still a bound
    values = offers.own_costs - prices[offers.own] + gains.sum(axis=1)
    is_open = (values < 0) & (weights.sum(axis=1) >= offers.need)
    shares = parts / np.maximum(weights, 1) * is_open[:, None]
    units = np.take_along_axis(offers.units, order, axis=1)
    opened = np.bincount(offers.own[is_open], minlength=len(prices))
    served = np.bincount(units.ravel(), shares.ravel(), len(prices)).astype(np.float64) + opened
    return int(prices.sum()) + int(values[is_open].sum()), served
