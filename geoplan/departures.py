"""What could parts of a plan be instead, and which of that together makes another plan?

The town is divided, once into the pieces that hang together and once into windows of a few neighbouring areas. Every
part is grown anew (`growth`) where it is dearer to stay with a hub of one's old area, by more and more; of all
groupings found the cheapest choice that differs enough is made, one for each part. Where that finds nothing in a small
town, its windows are held apart from earlier plans by the program itself.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise, permutations

from geoplan.components import METRE, Component, Group, part_of
from geoplan.growth import grow_areas
from geoplan.moves import Areas, count_moves, left_out_of
from geoplan.optimum import SCALE, Effort, write_program
from geoplan.quests import Quest, cost_of_plan, is_wanted, solve_quest
from geoplan.solver import INFINITY, Model, Row, solve

WINDOW = 20  # estates at which a window is wide enough
MAX_HELD_APART = 400  # pairs of estates within the radius past which windows are not held apart by programs
PENALTIES_M = (10, 20, 40, 80, 160, 320, 640, 1280, 2560)  # metres added for staying with a hub of one's old area
MOVED_SHARES = (0.25, 0.5)  # of the estates of a window that are to change area where penalties do not do
PART = Effort(max_gap=1e-2, max_nodes=10)  # spent on one part of it
Parts = Sequence[Sequence[int]]  # a town divided
Pool = list[dict[tuple[Group, ...], None]]  # for each part the groupings known of it, in the order they were found
Pools = Sequence[tuple[Parts, Pool]]
MAX_NODES = 200  # branch-and-bound nodes of one choice


def search_parts(quest: Quest, plans: Sequence[Areas], pools: Pools) -> Areas | None:
    """Return the cheapest plan made of known groupings of parts that differs enough, once new ones are known."""
    found = [_made_of_parts(quest, plans, parts, pool, _regrouped) for parts, pool in pools]
    wanted = [plan for plan in found if plan is not None]
    if not wanted and sum(map(len, quest.town.reach)) <= MAX_HELD_APART:
        parts, pool = pools[-1]
        wanted = list(filter(None, [_made_of_parts(quest, plans, parts, pool, _held_apart)]))
    return min(wanted, key=lambda plan: cost_of_plan(quest.town, plan), default=None)


def _made_of_parts(
    quest: Quest, plans: Sequence[Areas], parts: Parts, pool: Pool, regroup: Callable[..., Iterator[Areas]],
) -> Areas | None:
    for part, known in zip(parts, pool, strict=True):
        number = {i: n for n, i in enumerate(part)}
        within = [[frozenset(number[i] for i in area) for area in _within(plan, part)] for plan in plans]
        known.setdefault(_renumbered(within[0], range(len(part))))
        for areas in regroup(quest, part, within) if len(part) > 1 else ():
            known.setdefault(_renumbered(areas, range(len(part))))
    chosen = _choose(quest, plans, parts, [[_renumbered(areas, part) for areas in known]
                                           for part, known in zip(parts, pool, strict=True)])
    return chosen if chosen is not None and is_wanted(quest, plans, chosen) else None


def _regrouped(quest: Quest, window: Sequence[int], plans: Sequence[Areas]) -> Iterator[Areas]:
    """Return groupings of a window where it is dearer to stay with a hub of one's area in earlier plans."""
    part = part_of(quest.town, window)
    together = Counter((i, k) for plan in plans for area in plan for i, k in permutations(area, 2))
    for penalty in PENALTIES_M:
        dearer = tuple({k: metres + penalty * METRE * together[i, k] for k, metres in near.items()}
                       for i, near in enumerate(part.reach))
        yield grow_areas(replace(part, reach=dearer), in_one_order=True)


def _held_apart(quest: Quest, window: Sequence[int], plans: Sequence[Areas]) -> Iterator[Areas]:
    """Return groupings of a window in which so many of its estates change area."""
    part = part_of(quest.town, window)
    program = write_program(part)
    most = cost_of_plan(part, plans[0]) + quest.spare
    for share in MOVED_SHARES if program.pairs else ():
        areas, _ = solve_quest(Quest(part, most, math.ceil(share * len(window))), plans, program, None, PART)
        if areas is not None:
            yield areas


def _within(plan: Areas, window: Collection[int]) -> list[Group]:
    """Return what of the areas of a plan lies in a window."""
    inside = frozenset(window)
    return [area & inside for area in plan if not area.isdisjoint(inside)]


def _renumbered(areas: Areas, numbers: Sequence[int]) -> tuple[Group, ...]:
    return tuple(sorted((frozenset(numbers[i] for i in area) for area in areas), key=min))


def _choose(
    quest: Quest, plans: Sequence[Areas], parts: Parts, pool: Sequence[Sequence[tuple[Group, ...]]],
) -> Areas | None:
    """Return the cheapest choice of one grouping for each part that moves enough against every plan.

    Moves are counted part by part, which is never more than they are in the whole town.
    """
    options = [(part, areas) for part, known in zip(parts, pool, strict=True) for areas in known]
    costs = [cost_of_plan(quest.town, areas, part) / SCALE for part, areas in options]
    ends = list(accumulate(map(len, pool), initial=0))
    rows = [Row(1.0, 1.0, range(start, end), [1.0] * (end - start)) for start, end in pairwise(ends)]
    for plan in plans:
        moves = [count_moves(part, _within(plan, part), areas) for part, areas in options]
        rows.append(Row(float(quest.least), INFINITY, range(len(options)), [float(count) for count in moves]))
    values = solve(Model(costs, rows), max_nodes=MAX_NODES).values
    return None if values is None else [
        area for (_, areas), value in zip(options, values, strict=True) if value > 0.5 for area in areas]


def divide_into_pieces(pieces: Sequence[Component]) -> Parts:
    ends = accumulate((len(piece.ids) for piece in pieces), initial=0)
    return [range(start, end) for start, end in pairwise(ends)]


def divide_into_windows(town: Component, plan: Areas) -> Parts:
    """Return the town divided into windows: from the smallest estate on, groups join their neighbours until wide."""
    left = left_out_of(range(len(town.ids)), plan)
    groups = {min(group): group for group in [*plan, *(frozenset(unit) for unit in town.units if unit[0] in left)]}
    home = {i: key for key, group in groups.items() for i in group}
    windows, taken = [], set[int]()
    for start in sorted(groups):
        if start in taken:
            continue
        keys, window = [start], list[int]()
        taken.add(start)
        for key in keys:
            window += groups[key]
            beside = {home[j] for i in groups[key] for j in town.neighbours[i]} - taken
            if len(window) < WINDOW and beside:
                keys.append(min(beside))
                taken.add(min(beside))
        windows.append(tuple(sorted(window)))
    return windows
