"""What is the best grouping of a component, and how sure is that?

One mixed-integer program a component (HiGHS): every unit is assigned to a hub within the radius or left over, a hub
opens an area, household bounds hold for every open hub (hub assignment as in the capacitated p-median problem). Areas
that come out in pieces are cut off with separators between the piece and its hub (Carvajal et al. 2013, "Imposing
connectivity constraints in forest planning models"), and the program is solved again; every cut holds for all
connected groupings, so each solve also bounds them from below. The grown areas are the start, and the answer where
nothing better is found. One thread, and stopping rules that are counts and gaps: the answer does not depend on the
machine.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.components import LEFT_OVER_M, METRE, Component, Group, best_hub, cost_of, households_of, plain_bound
from geoplan.growth import grow_areas
from geoplan.pairs import Pairs, cost_of_pair, find_pairs, number_units
from geoplan.solver import INFINITY, Model, Row, Solver

MAX_GAP = 1e-6  # relative gap at which a program counts as solved
MAX_NODES = 20  # branch-and-bound nodes of one program, over all its solves
MAX_PAIRS = 2_000  # pairs of unit and hub past which a program is not tried
SCALE = METRE * 1_000  # the program counts in thousands of household-metres


@dataclass(frozen=True)
class Effort:
    """When a program counts as solved: its relative gap, or the branch-and-bound nodes of all its solves."""

    max_gap: float
    max_nodes: int


@dataclass(frozen=True)
class Program:
    """The hub-assignment program of a component; column `pairs[unit, hub]` says that the unit belongs to that hub."""

    component: Component
    units: tuple[Group, ...]
    pairs: Pairs
    unit_at: tuple[int, ...]
    model: Model


def group_best(component: Component) -> tuple[list[Group], float]:
    """Return the best grouping found of a component, and a lower bound of all of them in household-micrometres."""
    return improve_areas(component, grow_areas(component), effort=Effort(MAX_GAP, MAX_NODES))


def improve_areas(
    component: Component, areas: list[Group], hubs: Collection[int] | None = None, *, effort: Effort,
) -> tuple[list[Group], float]:
    """Return the best grouping found of a component, and a lower bound of all of them in household-micrometres.

    Parameters
    ----------
    component
        A component; one of more than `MAX_PAIRS` pairs of unit and hub keeps its areas and has a plain bound.
    areas
        A grouping of it to start from.
    hubs
        Hubs to choose among, the best ones of `areas` always included; the bound is then one of such groupings only.
    effort
        When to stop.
    """
    bound = plain_bound(component)
    program = write_program(component, _with_own(component, areas, hubs))
    if not 0 < len(program.pairs) <= MAX_PAIRS:
        return areas, bound
    solver = Solver(program.model, max_gap=effort.max_gap, heuristic_effort=0.0)
    solver.hint(values_of(program, areas))
    nodes = 0
    while True:
        answer = solver.solve(max_nodes=effort.max_nodes - nodes)
        nodes += answer.nodes
        bound = max(bound, answer.bound * SCALE)
        found = [] if answer.values is None else areas_of(program, answer.values)
        cuts = [cut for hub, area in found for cut in cuts_of(program, hub, area)]
        if not cuts or nodes >= effort.max_nodes:
            break
        solver.add_rows(cuts)
    best = min([areas] if cuts else [areas, [area for _, area in found]], key=lambda each: cost_of(component, each))
    return best, min(bound, cost_of(component, best))


def _with_own(component: Component, areas: list[Group], hubs: Collection[int] | None) -> Collection[int]:
    return range(len(component.ids)) if hubs is None else {*hubs, *(best_hub(component, area)[1] for area in areas)}


def write_program(component: Component, hubs: Collection[int] | None = None) -> Program:
    """Return the hub-assignment program of a component, or of some hubs of it, without a word on connection."""
    pairs = find_pairs(component, range(len(component.ids)) if hubs is None else hubs)
    units = tuple(frozenset(unit) for unit in component.units)
    unit_at = number_units(component)
    totals = [households_of(component, unit) for unit in units]
    costs = [(cost_of_pair(component, number, hub) - LEFT_OVER_M * METRE * totals[number]) / SCALE
             for number, hub in pairs]
    offset = LEFT_OVER_M * METRE * sum(totals) / SCALE
    return Program(component, units, pairs, unit_at,
                   Model(costs, list(_rows(component, units, unit_at, totals, pairs)), offset))


def _rows(
    component: Component, units: tuple[Group, ...], unit_at: Sequence[int], totals: list[int], pairs: Pairs,
) -> Iterator[Row]:
    of_unit: dict[int, list[int]] = {}
    of_hub: dict[int, list[tuple[int, int]]] = {}
    for (number, hub), column in pairs.items():
        of_unit.setdefault(number, []).append(column)
        of_hub.setdefault(hub, []).append((number, column))
    for number in sorted(of_unit):
        yield Row(-INFINITY, 1.0, of_unit[number], [1.0] * len(of_unit[number]))
    for hub, members in sorted(of_hub.items()):
        own = unit_at[hub]
        opened = pairs[own, hub]
        others = [(number, column) for number, column in members if number != own]
        for _, column in others:
            yield Row(-INFINITY, 0.0, [column, opened], [1.0, -1.0])
        weights = [float(totals[number]) for number, _ in others]
        columns = [column for _, column in others] + [opened]
        yield Row(-INFINITY, 0.0, columns, [*weights, float(min(totals[own] - component.max_households, 0))])
        yield Row(0.0, INFINITY, columns, [*weights, float(totals[own] - component.min_households)])
        yield from _apart_rows(component, units, others, opened)


def _apart_rows(
    component: Component, units: tuple[Group, ...], others: list[tuple[int, int]], opened: int,
) -> Iterator[Row]:
    """Keep units apart under every hub that two of them could share."""
    column_at = {i: column for number, column in others for i in units[number]}
    for number, column in others:
        for i in sorted(units[number]):
            for j in sorted(component.apart[i]):
                if i < j and j in column_at:
                    yield Row(-INFINITY, 0.0, [column, column_at[j], opened], [1.0, 1.0, -1.0])


def values_of(program: Program, areas: list[Group]) -> NDArray[np.float64]:
    """Return the columns of a grouping, every area at its best hub."""
    values = np.zeros(len(program.pairs))
    for area in areas:
        _, hub = best_hub(program.component, area)
        for number in {program.unit_at[i] for i in area}:
            values[program.pairs[number, hub]] = 1.0
    return values


def areas_of(program: Program, values: NDArray[np.float64]) -> list[tuple[int, Group]]:
    members: dict[int, set[int]] = {}
    for (number, hub), column in program.pairs.items():
        if values[column] > 0.5:
            members.setdefault(hub, set()).update(program.units[number])
    return [(hub, frozenset(members[hub])) for hub in sorted(members)]


def cuts_of(program: Program, hub: int, area: Group) -> Iterator[Row]:
    """Return for each unit of a piece without the hub: no assignment unless a separator in between is assigned too."""
    component = program.component
    eligible = {i for number, unit in enumerate(program.units) if (number, hub) in program.pairs for i in unit}
    left = set(area) - _spread(component, {hub}, area)
    while left:
        piece = _spread(component, {min(left)}, area)
        left -= piece
        border = {j for i in piece for j in component.neighbours[i] if j in eligible} - piece
        beyond = _spread(component, {hub}, eligible - border)
        separator = {j for j in border if j == hub or not beyond.isdisjoint(component.neighbours[j])}
        columns = sorted({program.pairs[program.unit_at[j], hub] for j in separator})
        for number in sorted({program.unit_at[i] for i in piece}):
            own = program.pairs[number, hub]
            between = [column for column in columns if column != own]
            yield Row(-INFINITY, 0.0, [own, *between], [1.0] + [-1.0] * len(between))


def _spread(component: Component, start: set[int], within: set[int] | Group) -> set[int]:
    """Return what hangs together with the start inside a set of estates."""
    found, ahead = set(start), sorted(start)
    while ahead:
        for j in component.neighbours[ahead.pop()]:
            if j in within and j not in found:
                found.add(j)
                ahead.append(j)
    return found
