"""How is a component grouped that is too large for one program?

Areas are grown. Prices of units tell what any grouping must cost, and which areas could be part of a good one. Then the
grown areas are looked at again window by window: an area with those around it, and what is left over between them, are
grouped anew with everything else as it is, by choosing among all areas that lose little at these prices. Windows
overlap, and widen from one sweep to the next, up to the whole of a component that is not large. A grouping inside a
window holds every rule that a grouping of the whole holds, so each step keeps them; how far the outcome is from the
best is told by the prices. A component of up to `PROVEN_UNITS` units is in the end one window that holds every area a
better grouping could have, which often proves it.

Windows that share no area are looked at together, so a large component keeps every processor busy; nobody has to ask
for that, and the answer does not depend on it.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from geoplan.bounds import priced_bound
from geoplan.components import Component, Group, cost_of, part_of
from geoplan.crews import Crew, alone, count_processors, hire
from geoplan.growth import grow_areas
from geoplan.optimum import MAX_GAP, group_best
from geoplan.pairs import Pairs, find_pairs, number_units
from geoplan.prices import price_areas
from geoplan.prospects import Whole, lay_plots
from geoplan.selection import Effort, choose_areas, prove_areas

WINDOWS = (40, 70, 100, 150, 200)  # estates at which a window is wide enough, sweep by sweep
WHOLE = 400  # estates up to which a component is the last window itself, after those of FEW of at most half its size
FEW = (40, 100)
FEW_PAIRS, MANY_PAIRS = 150, 1_000  # pairs of unit and hub: one program before windows, after them, or not at all
WORK = 700_000  # windows as wide as this / units of the component, and wider ones, are left out
LOSS_SHARE = 8  # areas are offered that lose no more than the overhead / LOSS_SHARE
AREAS, WHOLE_AREAS = 1_500, 3_000  # areas to choose among in a window, and in a whole component
LARGE = 1_500  # estates from which a component is shared out among processes, window by window
NODES = 1  # branch-and-bound nodes spent on one
PROVEN_UNITS = 150  # units of a component of which all promising areas are looked at together in the end
PROOF = Effort(loss=math.inf, areas=20_000, nodes=20)


@dataclass(frozen=True)
class State:
    """A grouping while it changes: areas and units left over by their smallest estate, and which of them are areas."""

    component: Component
    prices: Whole
    unit_at: tuple[int, ...]
    groups: dict[int, Group]
    area_keys: set[int]


@dataclass(frozen=True)
class Part:
    """A window as a component of its own: its areas, and the prices of its units."""

    component: Component
    areas: list[Group]
    prices: Whole


def group_each(pieces: Sequence[Component], *, processes: int | None = None) -> list[tuple[list[Group], float]]:
    """Return the best grouping found of every component and its bound, the same for any number of processes.

    Parameters
    ----------
    pieces
        Components.
    processes
        Who groups the windows of large components; as many as there are processors where nobody says, and none but
        this process where no component is large.
    """
    is_large = any(len(piece.ids) >= LARGE for piece in pieces)
    with hire((processes or count_processors()) if is_large else 1) as crew:
        return [group_any(piece, crew) for piece in pieces]


def group_any(component: Component, crew: Crew = alone) -> tuple[list[Group], float]:
    """Return the best grouping found of a component, and a lower bound of all of them in household-micrometres."""
    pairs = find_pairs(component, range(len(component.ids)))
    ways = [partial(_group_by_windows, component, pairs, crew)]
    if len(pairs) <= MANY_PAIRS:
        ways.insert(0 if len(pairs) <= FEW_PAIRS else 1, partial(group_best, component))
    found: list[tuple[list[Group], float]] = []
    for way in ways:
        areas, bound = way()
        if bound >= cost_of(component, areas) * (1 - MAX_GAP):
            return areas, bound
        found.append((areas, bound))
    best = min([areas for areas, _ in found], key=lambda each: cost_of(component, each))
    return best, min(max(bound for _, bound in found), cost_of(component, best))


def _group_by_windows(component: Component, pairs: Pairs, crew: Crew) -> tuple[list[Group], float]:
    grown = grow_areas(component, in_one_order=True)
    _, first = priced_bound(component, pairs, grown)
    prices = price_areas(component, lay_plots(component, pairs), first)
    areas, bound = sweep(component, grown, prices.of_unit, crew), float(prices.bound)
    if len(component.units) <= PROVEN_UNITS:
        areas, bound = prove_areas(component, areas, prices.of_unit, effort=PROOF)
    return areas, min(bound, cost_of(component, areas))


def sweep(component: Component, areas: Collection[Group], prices: Whole, crew: Crew = alone) -> list[Group]:
    """Return areas that cost no more, by grouping one window after the other anew.

    Parameters
    ----------
    component
        A component.
    areas
        A grouping of it.
    prices
        Of units, at which no area gains anything, as `price_areas` returns them.
    crew
        Who groups the windows.
    """
    taken = frozenset[int]().union(*areas)
    left = [frozenset(unit) for unit in component.units if taken.isdisjoint(unit)]
    state = State(component, prices, number_units(component), {min(group): group for group in [*areas, *left]},
                  {min(group) for group in areas})
    finished: set[frozenset[Group]] = set()
    for width in _widths(component):
        _sweep_once(state, width, finished, crew)
    return [state.groups[key] for key in sorted(state.area_keys)]


def _widths(component: Component) -> list[int]:
    """Return the estates at which a window is wide enough, sweep by sweep."""
    count = len(component.ids)
    if count <= WHOLE:
        return [*(width for width in FEW if 2 * width <= count), count]
    return [width for width in WINDOWS if width == WINDOWS[0] or width * len(component.units) <= WORK]


def _sweep_once(state: State, width: int, finished: set[frozenset[Group]], crew: Crew) -> None:
    """Group every window anew that has changed since it was last looked at, those apart from each other together."""
    home = {i: key for key, group in state.groups.items() for i in group}
    ahead = list(range(len(home)))
    seen: set[int] = set()
    while ahead:
        windows = _apart(state, home, ahead, seen, width)
        changed = [keys for keys in windows if frozenset(state.groups[key] for key in keys) not in finished]
        offered = WHOLE_AREAS if width == len(home) else AREAS
        parts = crew(partial(_group_anew, offered), [_part(state, keys) for keys in changed])
        for keys, (old, new) in zip(changed, parts, strict=True):
            members = [i for key in keys for i in state.groups[key]]
            if new != old:
                _replace(state, home, keys, new)
            finished.add(frozenset(state.groups[key] for key in {home[i] for i in members}))
        ahead = [centre for centre in ahead if centre not in seen]


def _apart(
    state: State, home: Mapping[int, int], ahead: Collection[int], seen: set[int], width: int,
) -> list[list[int]]:
    """Return windows that share no group, and take note of the estates that lie well within them."""
    taken: set[int] = set()
    windows = []
    for centre in ahead:
        if centre not in seen and home[centre] not in taken:
            keys = _window(state, home, home[centre], width)
            if taken.isdisjoint(keys):
                windows.append(keys)
                taken.update(keys)
                seen.update(i for key in keys[:max(1, len(keys) // 3)] for i in state.groups[key])
    return windows


def _window(state: State, home: Mapping[int, int], centre: int, width: int) -> list[int]:
    """Return the keys of a group and of those around it, ring by ring."""
    keys, known, count = [centre], {centre}, len(state.groups[centre])
    for key in keys:
        for other in sorted({home[j] for i in state.groups[key] for j in state.component.neighbours[i]} - known):
            if count >= width:
                return keys
            keys.append(other)
            known.add(other)
            count += len(state.groups[other])
    return keys


def _part(state: State, keys: list[int]) -> Part:
    members = sorted(i for key in keys for i in state.groups[key])
    number = {i: n for n, i in enumerate(members)}
    return Part(part_of(state.component, members),
                [frozenset(number[i] for i in state.groups[key]) for key in sorted(state.area_keys.intersection(keys))],
                state.prices[sorted({state.unit_at[i] for i in members})])


def _group_anew(offered: int, part: Part) -> tuple[list[Group], list[Group]]:
    """Return the areas of a window, and those that are to take their place, out of so many that are offered."""
    effort = Effort(part.component.overhead / LOSS_SHARE, offered, NODES)
    return part.areas, choose_areas(part.component, part.areas, part.prices, effort=effort)


def _replace(state: State, home: dict[int, int], keys: list[int], areas: list[Group]) -> None:
    """Put new areas in the place of a window's groups, and what is left over unit by unit."""
    members = sorted(i for key in keys for i in state.groups[key])
    for key in keys:
        del state.groups[key]
        state.area_keys.discard(key)
    taken = frozenset[int]().union(*areas)
    units = sorted({state.component.unit_of[i] for n, i in enumerate(members) if n not in taken})
    new = [frozenset(members[n] for n in area) for area in areas]
    for group in [*new, *map(frozenset, units)]:
        state.groups[min(group)] = group
        home.update(dict.fromkeys(group, min(group)))
    state.area_keys.update(min(group) for group in new)
