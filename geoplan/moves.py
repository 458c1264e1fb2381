"""How different are two plans, and how is a plan kept different from another?

Two plans differ by the estates that would have to change area to make one into the other: areas of the two are paired
so that the paired ones share as many estates as can be (Hungarian method), and every other estate changes; to be left
over is one more place to be in. That is a distance in the strict sense (Gusfield 2002, "Partition-distance"): the way
round over a third plan is never shorter.

In a program the same is said by prices: one on each area of the earlier plan and one on each hub. A hub and an area
share no more estates than their two prices, and all prices together leave enough estates to change. By the duality of
the pairing (König, Egerváry) that holds for some prices exactly when no pairing at all shares more.
"""

from collections.abc import Collection, Iterator, Sequence
from importlib import import_module

import numpy as np

from geoplan.components import Group
from geoplan.optimum import Program
from geoplan.solver import INFINITY, Row

Areas = Sequence[Group]
PAIRING = "scipy.optimize"  # takes long to load; loaded when plans are compared


def count_moves(estates: Collection[int], one: Areas, two: Areas) -> int:
    """Return the fewest of some estates that must change area, come in or go out, to make one plan into another."""
    stay = sum(shared for _, _, shared in pair_areas(one, two))
    return len(estates) - stay - len(left_out_of(estates, one) & left_out_of(estates, two))


def pair_areas(one: Areas, two: Areas) -> list[tuple[int, int, int]]:
    """Return the areas of two plans that are paired, with the estates they share."""
    home = {i: number for number, area in enumerate(two) for i in area}
    shared = np.zeros((len(one), len(two)), dtype=np.int64)
    for number, area in enumerate(one):
        for i in area:
            if i in home:
                shared[number, home[i]] += 1
    rows, columns = import_module(PAIRING).linear_sum_assignment(shared, maximize=True)
    return [(int(a), int(b), int(shared[a, b])) for a, b in zip(rows, columns, strict=True) if shared[a, b]]


def left_out_of(estates: Collection[int], areas: Areas) -> Group:
    """Return those of some estates that are in no area."""
    return frozenset(estates).difference(*areas)


def distance_rows(plan: Areas, program: Program, least: int, upper: list[float]) -> Iterator[Row]:
    """Return the rows that set a plan apart from an earlier one, adding the bounds of their price columns to `upper`.

    Parameters
    ----------
    plan
        The earlier plan.
    program
        The hub-assignment program of the town.
    least
        Estates that must change area at least.
    upper
        Upper bounds of all columns so far.
    """
    town = program.component
    home = {i: number for number, area in enumerate(plan) for i in area}
    shared: dict[tuple[int, int], dict[int, float]] = {}
    from_outside: dict[int, float] = {}
    for (number, hub), column in program.pairs.items():
        for i in program.units[number]:
            counts = shared.setdefault((hub, home[i]), {}) if i in home else from_outside
            counts[column] = counts.get(column, 0.0) - 1.0
    first = len(upper)
    upper += [float(len(area)) for area in plan]
    hubs = {hub: len(upper) + place for place, hub in enumerate(sorted({hub for hub, _ in shared}))}
    upper += [float(len(town.ids))] * len(hubs)
    for (hub, area), counts in sorted(shared.items()):
        yield Row(0.0, INFINITY, [first + area, hubs[hub], *counts], [1.0, 1.0, *counts.values()])
    prices = range(first, len(upper))
    most = len(town.ids) - least - len(left_out_of(range(len(town.ids)), plan))
    yield Row(-INFINITY, float(most), [*prices, *from_outside], [*[1.0] * len(prices), *from_outside.values()])
