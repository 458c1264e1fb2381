"""How are areas grown when seconds count? Greedy merging, then local improvement, without chance.

Estates merge with their neighbours, the smallest first until the lower bound is met, then wherever a merger saves most.
Then every group is looked at again with its neighbours: an estate moves, two are exchanged, groups merge, are split
anew, are shared between two neighbours, take in what was left over or let go of it; what saves most is done, until
nothing saves anything. Hubs follow by themselves, since a group is always priced at its best hub. The steps are taken
in several orders, and the cheapest outcome stands. Ties go to the smaller estate.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import networkx as nx

from geoplan.components import LEFT_OVER_M, METRE, Component, Group, households_of, is_connected, price

MANY = 14  # estates in a union of two groups past which only trees at the two hubs are cut, not at every member
Groups = dict[int, Group]
Price = Callable[[Group], float]
Change = tuple[float, tuple[int, ...], tuple[Group, ...]]


@dataclass(frozen=True)
class Known:
    """What has been worked out of a component, and stays true: prices of groups, the best change of one or two."""

    price_of: Price
    changes: dict[tuple[Group, ...], Change | None]


Step = Callable[[Component, Groups, Known], None]


def grow_areas(component: Component, *, in_one_order: bool = False) -> list[Group]:
    """Return areas of one component: connected groups inside every bound; estates in none of them are left over.

    Parameters
    ----------
    component
        A component.
    in_one_order
        Take only the last of `ORDERS`, which does best for its time.
    """
    price_of = _remembered(component)
    known = Known(price_of, {})
    seeds = {min(group): group for group in _seeds(component, price_of)}
    grown = [_grow(component, dict(seeds), known, steps) for steps in ORDERS[-1 if in_one_order else 0:]]
    groups = min(grown, key=lambda groups: sum(price_of(group) for group in groups.values()))
    return [groups[key] for key in sorted(groups) if price_of(groups[key]) < _left_over(component, groups[key])]


def _grow(component: Component, groups: Groups, known: Known, steps: Iterable[Step]) -> Groups:
    for step in steps:
        step(component, groups, known)
    return groups


def _remembered(component: Component) -> Price:
    """Return the price of groups that need not be connected; what hangs in pieces can only be left over."""
    known: dict[Group, float] = {}

    def price_of(group: Group) -> float:
        if group not in known:
            cost = price(component, group)
            left_over = _left_over(component, group)
            known[group] = cost if cost >= left_over or is_connected(component, group) else left_over
        return known[group]

    return price_of


def _left_over(component: Component, group: Group) -> int:
    return LEFT_OVER_M * METRE * households_of(component, group)


def _seeds(component: Component, price_of: Price) -> Iterator[Group]:
    """Return every unit as a group; one that hangs in pieces brings the estates between its pieces, where it can."""
    taken: set[int] = set()
    together = [frozenset(unit) for unit in component.units if len(unit) > 1]
    for unit in together:
        seed = _bridged(component, unit, taken.union(*together) - unit)
        seed = seed if price_of(seed) < float("inf") else unit
        taken |= seed
        yield seed
    yield from (frozenset(unit) for unit in component.units if unit[0] not in taken)


def _bridged(component: Component, unit: Group, taken: set[int]) -> Group:
    graph = nx.DiGraph()
    graph.add_nodes_from(unit)
    graph.add_weighted_edges_from(
        (i, j, 0 if j in unit else component.households[j] + 1)
        for i, near in enumerate(component.neighbours) if i not in taken for j in near if j not in taken)
    bridged = {min(unit)}
    for i in sorted(unit):
        _, paths = nx.single_source_dijkstra(graph, i)
        nearest = min((len(paths[j]), j) for j in bridged if j in paths) if any(j in paths for j in bridged) else None
        bridged.update(paths[nearest[1]] if nearest else {i})
    return frozenset(bridged)


def _join_small(component: Component, groups: Groups, known: Known) -> None:
    """Let the smallest group below the lower bound join the neighbour that costs least, until none can."""
    home = _homes(groups)
    waiting = [(households_of(component, group), key) for key, group in groups.items()]
    heapify(waiting)
    while waiting:
        total, key = heappop(waiting)
        group = groups.get(key)
        if group is None or total >= component.min_households or total != households_of(component, group):
            continue
        best = min(_mergers(component, groups, home, key, known.price_of), default=None)
        if best is not None:
            merged = _replace(groups, home, (key, best[1]), [group | groups[best[1]]])[0]
            heappush(waiting, (households_of(component, groups[merged]), merged))


def _mergers(
    component: Component, groups: Groups, home: list[int], key: int, price_of: Price,
) -> Iterator[tuple[float, int]]:
    group = groups[key]
    for other in _beside(component, home, group):
        merged = group | groups[other]
        cost = price_of(merged)
        if cost < float("inf"):
            yield (cost - price_of(groups[other]) if cost < _left_over(component, merged) else 0.0), other


def _join_saving(component: Component, groups: Groups, known: Known) -> None:
    """Merge neighbouring groups, the merger that saves most first, while one saves anything."""
    home, price_of = _homes(groups), known.price_of
    waiting: list[tuple[float, int, int]] = []

    def look(key: int) -> None:
        for other in _beside(component, home, groups[key]):
            a, b = min(key, other), max(key, other)
            saved = price_of(groups[a] | groups[b]) - price_of(groups[a]) - price_of(groups[b])
            if saved < 0:
                heappush(waiting, (saved, a, b))

    for key in sorted(groups):
        look(key)
    while waiting:
        saved, a, b = heappop(waiting)
        if a not in groups or b not in groups:
            continue
        merged = groups[a] | groups[b]
        if saved == price_of(merged) - price_of(groups[a]) - price_of(groups[b]):
            look(_replace(groups, home, (a, b), [merged])[0])


def _improve(component: Component, groups: Groups, known: Known) -> None:
    home = _homes(groups)
    waiting = deque(sorted(groups))
    queued = set(waiting)
    while waiting:
        key = waiting.popleft()
        queued.discard(key)
        if key not in groups:
            continue
        change = _best_change(component, groups, home, key, known)
        if change is None:
            continue
        _, old, new = change
        pieces = [piece for group in new for piece in _pieces(component, group, known.price_of)]
        fresh = _replace(groups, home, old, pieces)
        beside = {other for each in fresh for other in _beside(component, home, groups[each])}
        for each in sorted({*fresh, *beside} - queued):
            queued.add(each)
            waiting.append(each)


def _best_change(
    component: Component, groups: Groups, home: list[int], key: int, known: Known,
) -> Change | None:
    """Return what saves most around a group, or nothing where nothing saves; of equals the first."""
    group = groups[key]
    beside = sorted(_beside(component, home, group))
    found = [_best_of_few(component, olds, known)
             for olds in [(group,), *((group, groups[other]) for other in beside)]]
    for old, new in (*_chains(component, groups, home, key), *_shares(component, groups, home, key)):
        found.append(_saving(old, [groups[each] for each in old], [new], known.price_of))
    return min(filter(None, found), key=_rank, default=None)


def _best_of_few(component: Component, olds: tuple[Group, ...], known: Known) -> Change | None:
    """Return the best that may become of a group, or of it and a neighbour: whatever lies around, it is the same."""
    if olds not in known.changes:
        one, *other = olds
        news = _exchanges(component, one, *other) if other else _splits(component, one, sorted(one))
        known.changes[olds] = _saving(tuple(map(min, olds)), olds, news, known.price_of)
    return known.changes[olds]


def _saving(
    keys: tuple[int, ...], olds: Iterable[Group], news: Iterable[tuple[Group, ...]], price_of: Price,
) -> Change | None:
    """Return the best of what may become of some groups, or nothing where nothing costs less than they do."""
    before = sum(map(price_of, olds))
    best: Change | None = None
    for new in news:
        after = 0.0
        for group in new:
            after += price_of(group)
            if after >= before:
                break
        else:
            change = (after - before, keys, new)
            if best is None or _rank(change) < _rank(best):
                best = change
    return best


def _rank(change: Change) -> tuple[float, list[list[int]]]:
    return change[0], sorted(sorted(group) for group in change[2])


def _exchanges(component: Component, one: Group, two: Group) -> Iterator[tuple[Group, ...]]:
    """Return what may become of two neighbours: merged, one unit moved, two exchanged, or split anew."""
    union = one | two
    yield (union,)
    from_one, from_two = _border_units(component, one, two), _border_units(component, two, one)
    for unit in from_one:
        yield tuple(filter(None, (one - unit, two | unit)))
    for unit in from_two:
        yield tuple(filter(None, (one | unit, two - unit)))
    for unit in from_one:
        for back in from_two:
            yield tuple(filter(None, ((one - unit) | back, (two - back) | unit)))
    roots = sorted(union) if len(union) <= MANY else [min(one), min(two)]
    yield from _splits(component, union, roots)


def _splits(component: Component, group: Group, roots: Iterable[int]) -> Iterator[tuple[Group, ...]]:
    """Return the two parts of a group at every branch of the tree of nearest ways from each root."""
    seen: set[Group] = set()
    for root in roots:
        for branch in _branches(component, group, root):
            rest = group - branch
            parts = (branch, rest) if min(branch) < min(rest) else (rest, branch)
            if parts[0] not in seen:
                seen.add(parts[0])
                yield parts


def _branches(component: Component, group: Group, root: int) -> Iterator[Group]:
    parent = {root: root}
    order = [root]
    for i in order:
        for j in component.neighbours[i]:
            if j in group and j not in parent:
                parent[j] = i
                order.append(j)
    below = {i: {i} for i in order}
    for i in reversed(order[1:]):
        yield frozenset(below[i])
        below[parent[i]] |= below[i]


def _chains(
    component: Component, groups: Groups, home: list[int], key: int,
) -> Iterator[tuple[tuple[int, ...], tuple[Group, ...]]]:
    """Return how a neighbour may take in a group that is left over, and pass one of its own units on in turn."""
    group = groups[key]
    for other in sorted(_beside(component, home, group)):
        for third in sorted(_beside(component, home, groups[other]) - {key}):
            for unit in _border_units(component, groups[other], groups[third]):
                parts = (group | groups[other]) - unit, groups[third] | unit
                yield (key, other, third), parts


def _shares(
    component: Component, groups: Groups, home: list[int], key: int,
) -> Iterator[tuple[tuple[int, ...], tuple[Group, ...]]]:
    """Return how two neighbours may share a group between them."""
    for one, two in _splits(component, groups[key], sorted(groups[key])):
        for first in sorted(_beside(component, home, one) - {key}):
            for second in sorted(_beside(component, home, two) - {key, first}):
                yield (key, first, second), (one | groups[first], two | groups[second])


def _border_units(component: Component, one: Group, two: Group) -> list[Group]:
    """Return the units of one group that are linked to another."""
    return [unit for unit in (frozenset(unit) for unit in _units_in(component, one))
            if any(not two.isdisjoint(component.neighbours[i]) for i in unit)]


def _units_in(component: Component, group: Group) -> list[tuple[int, ...]]:
    return sorted({component.unit_of[i] for i in group})


def _pieces(component: Component, group: Group, price_of: Price) -> list[Group]:
    """Return an area as it is, and what is left over as the pieces it hangs in, units kept whole."""
    if price_of(group) < _left_over(component, group):
        return [group]
    graph = nx.Graph()
    graph.add_nodes_from(group)
    graph.add_edges_from((i, j) for i in group for j in component.neighbours[i] if j in group)
    for unit in _units_in(component, group):
        nx.add_path(graph, unit)
    return sorted((frozenset(piece) for piece in nx.connected_components(graph)), key=min)


def _homes(groups: Groups) -> list[int]:
    home = [0] * sum(len(group) for group in groups.values())
    for key, group in groups.items():
        for i in group:
            home[i] = key
    return home


def _beside(component: Component, home: list[int], group: Group) -> set[int]:
    """Return the keys of the groups linked to a group."""
    return {home[j] for i in group for j in component.neighbours[i]} - {home[i] for i in group}


def _replace(groups: Groups, home: list[int], old: Iterable[int], new: Iterable[Group]) -> list[int]:
    """Put new groups in the place of old ones, and return their keys."""
    for key in old:
        del groups[key]
    keys = []
    for group in new:
        key = min(group)
        groups[key] = group
        keys.append(key)
        for i in group:
            home[i] = key
    return keys


ORDERS: tuple[tuple[Step, ...], ...] = (
    (_join_small, _join_saving, _improve),
    (_join_saving, _join_small, _improve),
    (_join_small, _improve),
    (_improve, _join_small, _improve),
)
