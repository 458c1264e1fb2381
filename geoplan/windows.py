"""How is a component grouped that is too large for one program?

Areas are grown. Prices of units tell what any grouping must cost, and which areas could be part of a good one. Then
the grown areas are looked at again window by window: an area with those around it, and what is left over between them,
are grouped anew with everything else as it is, by choosing among all areas that lose little at these prices. Windows
overlap, and widen from one sweep to the next. A grouping inside a window holds every rule that a grouping of the whole
holds, so each step keeps them; how far the outcome is from the best is told by the prices.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from geoplan.bounds import priced_bound
from geoplan.components import Component, Group, cost_of, part_of
from geoplan.growth import grow_areas
from geoplan.optimum import MAX_PAIRS, group_best
from geoplan.pairs import find_pairs, number_units
from geoplan.prices import price_areas
from geoplan.prospects import Whole, lay_plots
from geoplan.selection import Effort, choose_areas

WINDOWS = (30, 50, 70, 100)  # estates at which a window is wide enough, sweep by sweep
WORK = 500_000  # windows as wide as this / units of the component, and wider ones, are left out
LOSS_SHARE = 8  # areas are offered that lose no more than the overhead / LOSS_SHARE
AREAS = 1_500  # areas to choose among in a window
NODES = 1  # branch-and-bound nodes spent on one


@dataclass(frozen=True)
class State:
    """A grouping while it changes: areas and units left over by their smallest estate, and which of them are areas."""

    component: Component
    prices: Whole
    unit_at: tuple[int, ...]
    groups: dict[int, Group]
    area_keys: set[int]


def group_any(component: Component) -> tuple[list[Group], float]:
    """Return the best grouping found of a component, and a lower bound of all of them in household-micrometres."""
    pairs = find_pairs(component, range(len(component.ids)))
    if len(pairs) <= MAX_PAIRS:
        return group_best(component)
    grown = grow_areas(component, in_one_order=True)
    _, first = priced_bound(component, pairs, grown)
    prices = price_areas(component, lay_plots(component, pairs), first)
    areas = sweep(component, grown, prices.of_unit)
    return areas, min(prices.bound, cost_of(component, areas))


def sweep(component: Component, areas: Collection[Group], prices: Whole) -> list[Group]:
    """Return areas that cost no more, by grouping one window after the other anew.

    Parameters
    ----------
    component
        A component.
    areas
        A grouping of it.
    prices
        Of units, at which no area gains anything, as `price_areas` returns them.
    """
    taken = frozenset[int]().union(*areas)
    left = [frozenset(unit) for unit in component.units if taken.isdisjoint(unit)]
    state = State(component, prices, number_units(component), {min(group): group for group in [*areas, *left]},
                  {min(group) for group in areas})
    finished: set[frozenset[Group]] = set()
    for width in WINDOWS:
        if width == WINDOWS[0] or width * len(component.units) <= WORK:
            _sweep_once(state, width, finished)
    return [state.groups[key] for key in sorted(state.area_keys)]


def _sweep_once(state: State, width: int, finished: set[frozenset[Group]]) -> None:
    """Group every window anew that has changed since it was last looked at."""
    home = {i: key for key, group in state.groups.items() for i in group}
    seen: set[int] = set()
    for centre in range(len(home)):
        if centre in seen:
            continue
        keys = _window(state, home, home[centre], width)
        seen.update(i for key in keys[:max(1, len(keys) // 3)] for i in state.groups[key])
        before = frozenset(state.groups[key] for key in keys)
        if before not in finished:
            _group_anew(state, home, keys)
            finished.add(frozenset(state.groups[key] for key in {home[i] for group in before for i in group}))


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


def _group_anew(state: State, home: dict[int, int], keys: list[int]) -> None:
    members = sorted(i for key in keys for i in state.groups[key])
    part = part_of(state.component, members)
    number = {i: n for n, i in enumerate(members)}
    old = [frozenset(number[i] for i in state.groups[key]) for key in sorted(state.area_keys.intersection(keys))]
    prices = state.prices[sorted({state.unit_at[i] for i in members})]
    effort = Effort(part.overhead / LOSS_SHARE, AREAS, NODES)
    new = choose_areas(part, old, prices, effort=effort)
    if new == old:
        return
    for key in keys:
        del state.groups[key]
        state.area_keys.discard(key)
    taken = frozenset[int]().union(*new)
    left = [frozenset(unit) for unit in part.units if taken.isdisjoint(unit)]
    for group in [*new, *left]:
        key = members[min(group)]
        state.groups[key] = frozenset(members[n] for n in group)
        home.update(dict.fromkeys(state.groups[key], key))
        if group in new:
            state.area_keys.add(key)
