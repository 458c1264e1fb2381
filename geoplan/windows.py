"""How is a component grouped that is too large for one program?

Areas are grown, then looked at again window by window: an area with those around it, and what is left over between
them, are grouped anew with everything else as it is, by the program that groups small components exactly. Windows
overlap, and go round until none of them brings anything, or for a stated number of sweeps. A grouping inside a window
holds every rule that a grouping of the whole holds, so each step keeps them; how far the outcome is from the best is
told by the prices of `priced_bound`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from geoplan.bounds import priced_bound
from geoplan.components import Component, Group, cost_of
from geoplan.growth import grow_areas
from geoplan.optimum import MAX_PAIRS, Effort, group_best, improve_areas
from geoplan.pairs import find_pairs

WINDOW = 20  # estates at which a window is wide enough
HUB_SHARE = 3  # one in so many estates of a window is tried as a hub
EFFORT = Effort(max_gap=1e-3, max_nodes=10)  # spent on one window
SWEEPS = 2  # times that windows go over the whole component


@dataclass(frozen=True)
class State:
    """A grouping while it changes: areas and units left over by their smallest estate, and which of them are areas."""

    component: Component
    worth: Mapping[int, int]
    groups: dict[int, Group]
    area_keys: set[int]


def group_any(component: Component) -> tuple[list[Group], float]:
    """Return the best grouping found of a component, and a lower bound of all of them in household-micrometres."""
    pairs = find_pairs(component, range(len(component.ids)))
    if len(pairs) <= MAX_PAIRS:
        return group_best(component)
    grown = grow_areas(component, in_one_order=True)
    bound, worth = priced_bound(component, pairs, grown)
    areas = sweep(component, grown, worth)
    return areas, min(bound, cost_of(component, areas))


def sweep(component: Component, areas: Collection[Group], worth: Mapping[int, int]) -> list[Group]:
    """Return areas that cost no more, by grouping one window after the other anew.

    Parameters
    ----------
    component
        A component.
    areas
        A grouping of it.
    worth
        What opening a hub costs, as `priced_bound` returns it: a window chooses among its cheapest hubs.
    """
    taken = frozenset[int]().union(*areas)
    left = [frozenset(unit) for unit in component.units if taken.isdisjoint(unit)]
    state = State(component, worth, {min(group): group for group in [*areas, *left]}, {min(group) for group in areas})
    finished: set[frozenset[Group]] = set()
    for _ in range(SWEEPS):
        if not _sweep_once(state, finished):
            break
    return [state.groups[key] for key in sorted(state.area_keys)]


def _sweep_once(state: State, finished: set[frozenset[Group]]) -> bool:
    """Group every window anew that has changed since it was last looked at, and say whether that brought anything."""
    home = {i: key for key, group in state.groups.items() for i in group}
    seen: set[int] = set()
    is_better = False
    for centre in range(len(home)):
        if centre in seen:
            continue
        keys, core = _window(state, home, home[centre])
        seen.update(i for key in core for i in state.groups[key])
        before = frozenset(state.groups[key] for key in keys)
        if before in finished:
            continue
        is_better |= _group_anew(state, home, keys)
        finished.add(frozenset(state.groups[key] for key in {home[i] for group in before for i in group}))
    return is_better


def _window(state: State, home: Mapping[int, int], centre: int) -> tuple[list[int], list[int]]:
    """Return the keys of a group and of those around it, ring by ring, and the keys of the first ring."""
    keys, core, count = [centre], [centre], len(state.groups[centre])
    for key in keys:
        beside = sorted({home[j] for i in state.groups[key] for j in state.component.neighbours[i]}.difference(keys))
        for other in beside:
            if count >= WINDOW:
                return keys, core
            keys.append(other)
            count += len(state.groups[other])
            if key == centre:
                core.append(other)
    return keys, core


def _group_anew(state: State, home: dict[int, int], keys: list[int]) -> bool:
    members = sorted(i for key in keys for i in state.groups[key])
    part = _part(state.component, members)
    number = {i: n for n, i in enumerate(members)}
    old = [frozenset(number[i] for i in state.groups[key]) for key in sorted(state.area_keys.intersection(keys))]
    likely = sorted((state.worth[i], number[i]) for i in members if i in state.worth)
    new, _ = improve_areas(part, old, [n for _, n in likely[:len(members) // HUB_SHARE + 1]], effort=EFFORT)
    if cost_of(part, new) >= cost_of(part, old):
        return False
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
    return True


def _part(component: Component, members: list[int]) -> Component:
    """Return some estates of a component, whole units, as a component of their own; they need not hang together."""
    number = {i: n for n, i in enumerate(members)}

    def within(group: Iterable[int]) -> tuple[int, ...]:
        return tuple(number[i] for i in group if i in number)

    return replace(
        component, ids=tuple(component.ids[i] for i in members),
        households=tuple(component.households[i] for i in members),
        neighbours=tuple(within(component.neighbours[i]) for i in members),
        reach=tuple({number[k]: metres for k, metres in component.reach[i].items() if k in number} for i in members),
        units=tuple(within(unit) for unit in component.units if unit[0] in number),
        unit_of=tuple(within(component.unit_of[i]) for i in members),
        apart=tuple(frozenset(within(component.apart[i])) for i in members),
        communities=tuple(component.communities[i] for i in members))
