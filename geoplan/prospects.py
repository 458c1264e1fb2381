"""Which areas would pay for themselves at given prices?

An area pays when the prices of its units come to more than it costs. For every hub all connected areas around it that
gain more than a stated amount are found by branch and bound, many hubs and many unfinished areas at a time: an
unfinished area takes in or rules out the most rewarding unit next to it, and is given up when even its share of the
best units left, whole or in part, could not bring enough (the fractional knapsack bound). Where a hub has more
unfinished areas than are kept, the least promising are given up, and what they could have gained is remembered: the
most that a hub can gain is always known. All amounts are whole household-micrometres far below 2**53, so sums of floats
are exact, and the same on every machine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.components import Component
from geoplan.pairs import Pairs, cost_of_pair, number_units

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Bits = NDArray[np.bool_]
CELLS = 1 << 21  # hubs x units x units looked at together
UNTOUCHED, BESIDE, INSIDE, OUTSIDE = range(4)  # what an unfinished area has decided of a unit


@dataclass(frozen=True)
class Plots:
    """What every hub could take in: one row a hub, its own unit first, the units that may belong to it in columns.

    Costs are household-micrometres, the overhead with the own unit, weights households. Where a row is short, its last
    units are -1. `links` and `apart` hold the units linked with each unit, and kept apart from it, filled up with -1.
    """

    hubs: Whole
    units: Whole
    costs: Real
    weights: Whole
    links: Whole
    apart: Whole
    min_households: int
    max_households: int


@dataclass(frozen=True)
class Prospects:
    """Areas that were found: row of the hub in `Plots`, cost, and units, one area a row, filled up with -1."""

    rows: Whole
    costs: Real
    units: Whole


@dataclass
class Hunt:
    """Areas found so far around some hubs, and the best and the overlooked gain of each."""

    best: Real
    overlooked: Real
    rows: list[Whole]
    gains: list[Real]
    insides: list[Bits]


def lay_plots(component: Component, pairs: Pairs) -> Plots:
    """Return what every hub of some pairs could take in."""
    unit_at = number_units(component)
    totals = np.array([sum(component.households[i] for i in unit) for unit in component.units], dtype=np.int64)
    served: dict[int, list[int]] = {}
    for number, hub in pairs:
        members = served.setdefault(hub, [unit_at[hub]])
        if number != unit_at[hub]:
            members.append(number)
    shape = len(served), max((len(members) for members in served.values()), default=1)
    units, costs = np.full(shape, -1, dtype=np.int64), np.zeros(shape)
    for row, (hub, members) in enumerate(served.items()):
        units[row, :len(members)] = members
        costs[row, :len(members)] = [cost_of_pair(component, number, hub) for number in members]
    linked = [sorted({unit_at[j] for i in unit for j in component.neighbours[i]} - {number})
              for number, unit in enumerate(component.units)]
    apart = [sorted({unit_at[j] for i in unit for j in component.apart[i]})
             for number, unit in enumerate(component.units)]
    return Plots(np.array(list(served), dtype=np.int64), units, costs, np.where(units >= 0, totals[units], 0),
                 _filled(linked), _filled(apart), component.min_households, component.max_households)


def find_prospects(
    plots: Plots, prices: Real, *, least: float, width: float, most: int,
) -> tuple[Prospects, Real, bool]:
    """Return areas that gain more than `least` at some prices, and the most that each hub can gain at all.

    The third says whether these are all such areas, none of them given up for want of room.

    Parameters
    ----------
    plots
        What every hub could take in.
    prices
        By unit, whole household-micrometres.
    least
        Areas that gain no more than this, which may be negative, are of no interest.
    width
        Nor are areas that gain so much less than the best one of their hub.
    most
        Unfinished areas of one hub that are kept at a time.
    """
    gains = np.where(plots.units >= 0, prices[plots.units] - plots.costs, -np.inf)
    hopeful = np.flatnonzero(_hopes(plots, gains) > least)
    found, reached, is_complete = [], np.full(len(plots.hubs), least), True
    for rows in _chunks(hopeful, plots.units.shape[1]):
        prospects, reached[rows], has_all = _hunt(plots, gains, rows, least, width, most)
        found.append(prospects)
        is_complete = is_complete and has_all
    if not found:
        return Prospects(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 1), np.int64)), reached, is_complete
    return join_prospects(found), reached, is_complete


def join_prospects(parts: Sequence[Prospects]) -> Prospects:
    """Return the areas of several findings as one."""
    width = max(part.units.shape[1] for part in parts)
    units = [np.pad(part.units, ((0, 0), (0, width - part.units.shape[1])), constant_values=-1) for part in parts]
    return Prospects(np.concatenate([part.rows for part in parts]), np.concatenate([part.costs for part in parts]),
                     np.concatenate(units))


def _filled(lists: Sequence[Sequence[int]]) -> Whole:
    filled = np.full((len(lists), max((len(each) for each in lists), default=0)), -1, dtype=np.int64)
    for row, each in enumerate(lists):
        filled[row, :len(each)] = each
    return filled


def _chunks(rows: Whole, width: int) -> Iterator[Whole]:
    size = max(1, CELLS // (width * width))
    for start in range(0, len(rows), size):
        yield rows[start:start + size]


def _hopes(plots: Plots, gains: Real) -> Real:
    """Return what every hub could gain if units could be taken in part, and wherever they are."""
    others, weights = gains[:, 1:], plots.weights[:, 1:]
    order = np.argsort(-_ratios(others, weights), axis=1, kind="stable")
    room = plots.max_households - plots.weights[:, 0]
    more = _fill(np.take_along_axis(others, order, axis=1), np.take_along_axis(weights, order, axis=1),
                 np.take_along_axis(others, order, axis=1) > 0, room)
    hopes: Real = gains[:, 0] + more
    return hopes


def _ratios(gains: Real, weights: Whole) -> Real:
    ratios: Real = np.where(np.isfinite(gains), gains, -np.finfo(np.float64).max) / np.maximum(weights, 1)
    return ratios


def _fill(gains: Real, weights: Whole, is_free: Bits, room: Whole) -> Real:
    """Return the most that rows of units, the best first, bring in some room, the last one that fits in part."""
    is_free = is_free & (weights <= room[:, None])
    taken = np.cumsum(np.where(is_free, weights, 0), axis=1)
    fits = taken <= room[:, None]
    total: Real = np.where(is_free & fits, gains, 0).sum(axis=1)
    if fits.shape[1] == 0:
        return total
    lines = np.flatnonzero(~fits[:, -1])
    first = np.argmin(fits[lines], axis=1)
    left = room[lines] - (taken[lines, first] - weights[lines, first])
    total[lines] += gains[lines, first] * left / weights[lines, first]
    total += total > 0  # a household-micrometre for what floats round away
    return total


def _hunt(
    plots: Plots, all_gains: Real, rows: Whole, least: float, width: float, most: int,
) -> tuple[Prospects, Real, bool]:
    order = np.argsort(-_ratios(all_gains[rows, 1:], plots.weights[rows, 1:]), axis=1, kind="stable") + 1
    order = np.hstack([np.zeros((len(rows), 1), np.int64), order])
    units = np.take_along_axis(plots.units[rows], order, axis=1)
    weights = np.take_along_axis(plots.weights[rows], order, axis=1)
    gains = np.take_along_axis(all_gains[rows], order, axis=1)
    linked, apart = _local(units, plots.links), _local(units, plots.apart)
    hunt = Hunt(np.full(len(rows), -np.inf), np.full(len(rows), -np.inf), [], [], [])
    line, decided = np.arange(len(rows)), np.where(units >= 0, UNTOUCHED, OUTSIDE).astype(np.int8)
    decided[(weights + weights[:, :1] > plots.max_households)] = OUTSIDE
    decided[:, 0] = INSIDE
    decided[(decided == UNTOUCHED) & linked[:, 0]] = BESIDE
    decided[(decided <= BESIDE) & apart[:, 0]] = OUTSIDE
    weight, gain, is_new = weights[:, 0], gains[:, 0], np.ones(len(rows), dtype=np.bool_)
    while len(line):
        _note(hunt, line[is_new], gain[is_new], decided[is_new], weight[is_new] >= plots.min_households, least)
        cut = np.maximum(least, hunt.best - width)
        hopes = gain + _fill(gains[line], weights[line], (decided <= BESIDE) & (gains[line] > 0),
                             plots.max_households - weight)
        kept = np.flatnonzero((hopes > cut[line]) & (decided == BESIDE).any(axis=1))
        kept = _most(hunt, line, hopes, kept, most)
        line, decided, weight, gain = line[kept], decided[kept], weight[kept], gain[kept]
        line, decided, weight, gain, is_new = _branch(
            line, decided, weight, gain, gains, weights, linked, apart, plots.max_households)
    reached: Real = np.maximum(np.maximum(hunt.best, hunt.overlooked), least)
    return _prospects(plots, hunt, rows, order, units, width, least), reached, not np.isfinite(hunt.overlooked).any()


def _local(units: Whole, partners: Whole) -> Bits:
    """Return for every hub which of its units are partners of which."""
    count, width = units.shape
    is_pair = np.zeros((count, width, width + 1), dtype=np.bool_)
    if partners.shape[1] == 0:
        return is_pair[:, :, :-1]
    place = np.full((count, partners.shape[0] + 1), width, dtype=np.int64)
    lines, columns = np.nonzero(units >= 0)
    place[lines, units[lines, columns]] = columns
    found = place[np.arange(count)[:, None, None], partners[units]]
    is_pair[np.arange(count)[:, None, None], np.arange(width)[None, :, None], found] = True
    is_pair[units < 0] = False
    return is_pair[:, :, :-1]


def _note(hunt: Hunt, line: Whole, gain: Real, decided: NDArray[np.int8], is_large: Bits, least: float) -> None:
    """Keep unfinished areas that could stand as they are."""
    good = np.flatnonzero(is_large & (gain > least))
    np.maximum.at(hunt.best, line[good], gain[good])
    hunt.rows.append(line[good])
    hunt.gains.append(gain[good])
    hunt.insides.append(decided[good] == INSIDE)


def _most(hunt: Hunt, line: Whole, hopes: Real, kept: Whole, most: int) -> Whole:
    """Return the most hopeful unfinished areas of every hub, and remember the hope of those given up."""
    if len(kept) == 0 or np.bincount(line[kept]).max() <= most:
        return kept
    ranked = kept[np.lexsort((-hopes[kept], line[kept]))]
    starts = np.searchsorted(line[ranked], line[ranked])
    is_in = np.arange(len(ranked)) - starts < most
    np.maximum.at(hunt.overlooked, line[ranked[~is_in]], hopes[ranked[~is_in]])
    return np.sort(ranked[is_in])


def _branch(
    line: Whole, decided: NDArray[np.int8], weight: Whole, gain: Real,
    gains: Real, weights: Whole, linked: Bits, apart: Bits, room: int,
) -> tuple[Whole, NDArray[np.int8], Whole, Real, Bits]:
    """Return every unfinished area with its best unit beside taken in, where it fits, and with that unit ruled out."""
    each = np.arange(len(line))
    pick = np.argmax(decided == BESIDE, axis=1)
    without = decided.copy()
    without[each, pick] = OUTSIDE
    fits = np.flatnonzero(weight + weights[line, pick] <= room)
    line_in, pick_in, within = line[fits], pick[fits], decided[fits]
    within[np.arange(len(fits)), pick_in] = INSIDE
    within[(within == UNTOUCHED) & linked[line_in, pick_in]] = BESIDE
    within[(within <= BESIDE) & apart[line_in, pick_in]] = OUTSIDE
    return (np.concatenate([line_in, line]), np.concatenate([within, without]),
            np.concatenate([weight[fits] + weights[line_in, pick_in], weight]),
            np.concatenate([gain[fits] + gains[line_in, pick_in], gain]),
            np.concatenate([np.ones(len(fits), np.bool_), np.zeros(len(line), np.bool_)]))


def _prospects(
    plots: Plots, hunt: Hunt, rows: Whole, order: Whole, units: Whole, width: float, least: float,
) -> Prospects:
    line, gain, inside = np.concatenate(hunt.rows), np.concatenate(hunt.gains), np.concatenate(hunt.insides)
    kept = gain > np.maximum(least, hunt.best - width)[line]
    line, inside = line[kept], inside[kept]
    most = int(inside.sum(axis=1).max(initial=1))
    places = np.argsort(~inside, axis=1, kind="stable")[:, :most]
    is_in = np.take_along_axis(inside, places, axis=1)
    own_costs = np.take_along_axis(plots.costs[rows], order, axis=1)[line]
    members = np.where(is_in, np.take_along_axis(units[line], places, axis=1), np.iinfo(np.int64).max)
    members = np.sort(members, axis=1)
    members[members == np.iinfo(np.int64).max] = -1
    return Prospects(rows[line], np.where(inside, own_costs, 0).sum(axis=1), members)
