"""What is a place in the best grouping of a component worth to each of its units?

Prices of units prove a bound: whatever areas there are, they cost at least what their units are priced at, less what
hubs could gain. `priced_bound` prices units as if areas could take estates in part and in pieces; here the prices go
on to those of whole, connected areas (the bound of the set-partitioning program over all connected areas, as column
generation has it). Every round finds the areas that gain most at the prices of the best bound so far, and moves the
prices until none of the areas known gains anything (subgradient steps, as in `priced_bound`, over areas known instead
of hubs); then all hubs are looked at anew. Everything that a bound is added up from is a whole number.
"""

from dataclasses import dataclass

import numpy as np

from geoplan.components import LEFT_OVER_M, METRE, Component, households_of
from geoplan.prospects import Plots, Prospects, Real, Whole, find_prospects, join_prospects

ROUNDS = 14  # looks at all hubs
CLOSE = 1e-5  # share of the bound by which a round must better it, else it is the last
STEPS = 200  # moves of prices over areas known, between two looks
PATIENCE = 20  # moves without a better value after which they are halved
LEAST_STEP = 1 / 64  # of Polyak's length, at which prices have settled
FIRST_AIM, AIM = 1.01, 1.003  # what prices aim at, as a multiple of the bound so far
GRAIN = 1024  # directions are kept in parts of so many, so that their sums are exact
FEW = 2_000  # unfinished areas of a hub that are kept at a time
SHARE = 50  # areas are of interest that cost no more than the overhead / SHARE too much


@dataclass(frozen=True)
class Prices:
    """A lower bound of what any grouping costs, and prices of units that say so: no area gains anything at them."""

    bound: int
    of_unit: Whole


@dataclass(frozen=True)
class Known:
    """Areas known, by hub: costs, units of each filled up with -1, and where every hub's areas begin."""

    costs: Real
    units: Whole
    starts: Whole


def price_areas(component: Component, plots: Plots, prices: Whole) -> Prices:
    """Return prices of connected areas, from any prices to start with.

    Parameters
    ----------
    component
        A component.
    plots
        What each of its hubs could take in.
    prices
        By unit, household-micrometres.
    """
    totals = np.array([households_of(component, unit) for unit in component.units], dtype=np.int64)
    most = LEFT_OVER_M * METRE * totals
    prices = np.minimum(prices, most)
    best, centre = Prices(-1, prices), prices
    found: list[Prospects] = []
    for number in range(ROUNDS):
        width = component.overhead / SHARE
        prospects, reached, _ = find_prospects(plots, prices.astype(np.float64), least=-width, width=width, most=FEW)
        found.append(prospects)
        priced = _proven(plots, prices, np.maximum(reached, 0))
        is_close = priced.bound - best.bound <= CLOSE * best.bound
        if priced.bound > best.bound:
            best, centre = priced, prices
        if number and is_close and priced.bound == best.bound:
            break
        prices = _move(_known(found), centre, totals, most, best.bound * (AIM if number else FIRST_AIM))
    return best


def _proven(plots: Plots, prices: Whole, gains: Real) -> Prices:
    """Return the bound that some prices prove: hubs pay for what their best areas gain."""
    paid = prices.copy()
    np.subtract.at(paid, plots.units[:, 0], np.ceil(gains).astype(np.int64))
    return Prices(int(paid.sum()), paid)


def _known(found: list[Prospects]) -> Known:
    every = join_prospects(found)
    keys = np.column_stack([every.rows, every.units])
    _, first = np.unique(keys, axis=0, return_index=True)
    rows, units, costs = every.rows[first], every.units[first], every.costs[first]
    starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]])) if len(rows) else np.zeros(0, np.int64)
    return Known(costs, units, starts)


def _move(known: Known, prices: Whole, totals: Whole, most: Whole, goal: float) -> Whole:
    """Return prices at which areas known leave the best bound."""
    if len(known.costs) == 0:
        return prices
    best, best_prices, step, stale = -np.inf, prices, 1.0, 0
    direction = np.zeros(len(prices))
    segment = np.repeat(np.arange(len(known.starts)), np.diff(np.append(known.starts, len(known.costs))))
    for _ in range(STEPS):
        losses = known.costs - np.append(prices, 0).astype(np.float64)[known.units].sum(axis=1)
        least = np.minimum.reduceat(losses, known.starts)
        value = int(prices.sum()) + float(least[least < 0].sum())
        stale = 0 if value > best else stale + 1
        if value > best:
            best, best_prices = value, prices
        if stale >= PATIENCE:
            step, stale, prices, direction = step / 2, 0, best_prices, np.zeros(len(prices))
            if step < LEAST_STEP:
                break
            continue
        ties = np.flatnonzero((losses == least[segment]) & (losses < 0))
        chosen = ties[np.unique(segment[ties], return_index=True)[1]]
        served = known.units[chosen]
        unserved = 1 - np.bincount(served[served >= 0], minlength=len(prices))
        direction = np.where((prices >= most) & (unserved > 0), 0, unserved) + np.round(direction * (GRAIN / 2)) / GRAIN
        length = float((totals * direction * direction).sum())
        if length == 0:
            break
        prices = np.clip(prices + np.floor(step * (goal - value) / length * totals * direction).astype(np.int64),
                         0, most)
    return best_prices
