"""Which estates hang together by usable links, and what does a grouping of them have to respect?

A `Component` is one connected piece of the link graph as numbers: everything a grouping method needs, and nothing of
the map. Distances are whole micrometres and costs whole household-micrometres, so that sums are exact and ties are ties
on every machine.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import networkx as nx
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geoplan.errors import Finding, InfeasibleError, listed, raise_all

METRE = 1_000_000
LEFT_OVER_M = 10_000  # what each household of an estate in no area costs, in household-metres (DESIGN 6.3)
CHUNK = 512  # sources of one shortest-path search, which returns a dense table
COMMUNITY = ["district", "subdistrict", "community"]  # what names a community, from the widest to the narrowest
Group = frozenset[int]
Community = tuple[str, ...]


class Rules(Protocol):
    """What the planner asks of areas; [areas] of plan.toml has these names."""

    @property
    def min_households(self) -> int: ...
    @property
    def max_households(self) -> int: ...
    @property
    def max_radius_m(self) -> float: ...
    @property
    def area_overhead(self) -> float: ...
    @property
    def must_join(self) -> Sequence[Sequence[str]]: ...
    @property
    def must_split(self) -> Sequence[Sequence[str]]: ...


@dataclass(frozen=True)
class Component:
    """One component of the link graph; estates are numbered 0..n-1 in the order of their ids.

    `reach[i][k]` is the distance from i to every k within the radius; `units` are the estates that must stay together
    (most of them alone), `unit_of` the unit of each, `apart` for each estate those it must not share an area with,
    `communities` the community of each, with its subdistrict and district.
    """

    component_id: str
    ids: tuple[str, ...]
    households: tuple[int, ...]
    neighbours: tuple[tuple[int, ...], ...]
    reach: tuple[Mapping[int, int], ...]
    units: tuple[tuple[int, ...], ...]
    unit_of: tuple[tuple[int, ...], ...]
    apart: tuple[Group, ...]
    min_households: int
    max_households: int
    overhead: int
    communities: tuple[Community, ...]


def number_components(ids: Sequence[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the component of every id: "C001" holds the smallest id, and so on.

    Parameters
    ----------
    ids
        Estates that may be grouped, sorted.
    pairs
        Usable links between them.

    Returns
    -------
    components
        component_id by estate id, the components in their order and the estates in theirs.
    """
    graph = nx.Graph()
    graph.add_nodes_from(ids)
    graph.add_edges_from(pairs)
    found = sorted(sorted(members) for members in nx.connected_components(graph))
    width = max(3, len(str(len(found))))
    return {member: f"C{number:0{width}d}" for number, members in enumerate(found, 1) for member in members}


def describe_components(
    estates: pd.DataFrame, links: pd.DataFrame, component_of: Mapping[str, str], rules: Rules,
) -> list[Component]:
    """Return every component with what its grouping has to respect.

    Parameters
    ----------
    estates
        Candidates only: estate_id and households, all known, and the columns of `COMMUNITY` where they were brought.
    links
        Usable links between candidates: estate_a, estate_b, length_m.
    component_of
        Component of every candidate, as `number_components` returns it.
    rules
        Bounds and wishes; InfeasibleError names the wishes that cannot be met.

    Returns
    -------
    components
        By component id.
    """
    households = {name: int(count) for name, count in zip(estates["estate_id"], estates["households"], strict=True)}
    members: dict[str, list[str]] = {}
    for estate_id, component_id in component_of.items():
        members.setdefault(component_id, []).append(estate_id)
    lengths: dict[str, dict[tuple[str, str], int]] = {component_id: {} for component_id in members}
    for a, b, length in sorted(zip(links["estate_a"], links["estate_b"], links["length_m"], strict=True)):
        lengths[component_of[a]][a, b] = round(length * METRE)
    wished = _joined(rules)
    communities = _communities(estates)
    found = [_component(component_id, group, households, lengths[component_id], wished, rules, communities)
             for component_id, group in members.items()]
    raise_all(InfeasibleError, [finding for component in found for finding in _unmet_wishes(component)])
    return found


def check_wishes(rules: Rules, estate_ids: Collection[str], components: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong with must_join and must_split before any distance is looked at.

    Parameters
    ----------
    rules
        Bounds and wishes.
    estate_ids
        All estates.
    components
        Component of every candidate.

    Returns
    -------
    findings
        Unknown ids, estates that are not grouped or cannot be reached from each other, and contradictions.
    """
    findings = []
    for key, wishes in (("must_join", rules.must_join), ("must_split", rules.must_split)):
        unknown = sorted({member for wish in wishes for member in wish} - set(estate_ids))
        if unknown:
            findings.append(_finding("areas.unknown_id", key=f"areas.{key}", ids=listed(unknown)))
    for group in _joined(rules):
        outside = [member for member in group if member in estate_ids and member not in components]
        if outside:
            findings.append(_finding("areas.join_not_grouped", ids=listed(group), outside=listed(outside)))
        elif len({components[member] for member in group if member in components}) > 1:
            findings.append(_finding("areas.join_not_linked", ids=listed(group)))
    joined = {member: group for group in _joined(rules) for member in group}
    for pair in _split_pairs(rules):
        if pair[0] in joined and joined[pair[0]] == joined.get(pair[1]):
            findings.append(_finding("areas.join_and_split", ids=listed(pair), joined=listed(joined[pair[0]])))
    return findings


def households_of(component: Component, group: Iterable[int]) -> int:
    """Return the households of some estates of a component."""
    return sum(component.households[i] for i in group)


def best_hub(component: Component, group: Collection[int]) -> tuple[float, int]:
    """Return the household-micrometres to the best hub of a group and that hub; infinite, -1 where none reaches all."""
    reach, households = component.reach, component.households
    common = set(group)
    for i in group:
        common.intersection_update(reach[i])
        if not common:
            return math.inf, -1
    return min((sum(households[i] * reach[i][k] for i in group), k) for k in common)


def price(component: Component, group: Group) -> float:
    """Return what a group costs in household-micrometres: as an area, or left over where that is cheaper.

    A group that no area may be (too few households, no hub) is priced as left over; one that asks too much (too many
    households, estates that must be apart, parts of a unit) has an infinite price. The group is taken to be connected.
    """
    total = households_of(component, group)
    left_over = LEFT_OVER_M * METRE * total
    if total > component.max_households and len(group) > 1:
        return math.inf
    if any(not component.apart[i].isdisjoint(group) or not group.issuperset(component.unit_of[i]) for i in group):
        return math.inf
    if total < component.min_households:
        return left_over
    return min(left_over, component.overhead + best_hub(component, group)[0])


def cost_of(component: Component, areas: Collection[Group]) -> float:
    """Return what a grouping costs in household-micrometres; every estate in none of its areas is left over."""
    left = frozenset(range(len(component.ids))).difference(*areas)
    return sum(price(component, area) for area in areas) + LEFT_OVER_M * METRE * households_of(component, left)


def plain_bound(component: Component) -> float:
    """Return what any grouping costs at least, in household-micrometres.

    An area of H households costs at least the overhead, which is overhead / H for each of them, and H is at most the
    maximum; an estate above it stands alone. Being left over is the other choice of every estate.
    """
    return sum(min(LEFT_OVER_M * METRE * h, component.overhead * min(1.0, h / component.max_households))
               for h in component.households)


def is_connected(component: Component, group: Collection[int]) -> bool:
    """Say whether usable links among the members join all of a group; a group of none is not joined."""
    left = set(group)
    if not left:
        return False
    ahead = [left.pop()]
    while ahead:
        found = left.intersection(component.neighbours[ahead.pop()])
        left -= found
        ahead.extend(found)
    return not left


def part_of(component: Component, members: Sequence[int]) -> Component:
    """Return some estates of a component, whole units, as a component of their own; they need not hang together.

    Distances stay what they are in the whole: they may lead through estates that are not among them.
    """
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


def _finding(code: str, **values: object) -> Finding:
    return Finding(code, layer="plan.toml", values=values)


def _joined(rules: Rules) -> list[list[str]]:
    """Return the estates that must share an area, wishes that overlap taken together."""
    graph = nx.Graph()
    for wish in rules.must_join:
        graph.add_nodes_from(wish)
        graph.add_edges_from(pairwise(wish))
    return sorted(sorted(group) for group in nx.connected_components(graph) if len(group) > 1)


def _split_pairs(rules: Rules) -> list[tuple[str, str]]:
    return sorted({(min(a, b), max(a, b)) for wish in rules.must_split for a in wish for b in wish if a != b})


def _component(
    component_id: str, members: list[str], households: Mapping[str, int], lengths: Mapping[tuple[str, str], int],
    joined: list[list[str]], rules: Rules, communities: Mapping[str, Community],
) -> Component:
    number = {estate_id: i for i, estate_id in enumerate(members)}
    neighbours: list[set[int]] = [set() for _ in members]
    for a, b in lengths:
        neighbours[number[a]].add(number[b])
        neighbours[number[b]].add(number[a])
    units = [tuple(number[member] for member in group) for group in joined if group[0] in number]
    taken = {i for unit in units for i in unit}
    units += [(i,) for i in range(len(members)) if i not in taken]
    unit_of = {i: unit for unit in units for i in unit}
    apart: list[set[int]] = [set() for _ in members]
    for a, b in _split_pairs(rules):
        if a in number and b in number:
            apart[number[a]].add(number[b])
            apart[number[b]].add(number[a])
    rows = [(number[a], number[b], length) for (a, b), length in lengths.items()]
    return Component(
        component_id, tuple(members), tuple(households[member] for member in members),
        tuple(tuple(sorted(near)) for near in neighbours),
        _reach(len(members), rows, rules.max_radius_m * METRE), tuple(sorted(units)),
        tuple(unit_of[i] for i in range(len(members))),
        tuple(frozenset(others) for others in apart), rules.min_households, rules.max_households,
        round(rules.area_overhead * METRE), tuple(communities[member] for member in members),
    )


def _communities(estates: pd.DataFrame) -> dict[str, Community]:
    """Return the community of every estate; where a level is unknown, the next one above it stands for it."""
    levels = estates.reindex(columns=COMMUNITY).astype("str").fillna("")
    return {name: tuple(row) for name, row in zip(estates["estate_id"], levels.to_numpy().tolist(), strict=True)}


def _reach(count: int, rows: list[tuple[int, int, int]], radius: float) -> tuple[Mapping[int, int], ...]:
    if not rows:
        return tuple({i: 0} for i in range(count))
    a, b, length = (np.array(column) for column in zip(*rows, strict=True))
    graph = csr_array((length.astype(float), (a, b)), shape=(count, count))
    found: list[Mapping[int, int]] = []
    for start in range(0, count, CHUNK):
        sources = np.arange(start, min(start + CHUNK, count))
        distance = dijkstra(graph, directed=False, indices=sources, limit=radius)
        for row in distance:
            within = np.flatnonzero(np.isfinite(row))
            found.append(dict(zip(within.tolist(), row[within].astype(np.int64).tolist(), strict=True)))
    return tuple(found)


def _unmet_wishes(component: Component) -> Iterable[Finding]:
    for unit in component.units:
        if len(unit) == 1:
            continue
        names = listed(component.ids[i] for i in unit)
        total = households_of(component, unit)
        if total > component.max_households:
            yield _finding("areas.join_too_many", ids=names, households=total, limit=component.max_households)
            continue
        if not set.intersection(*(set(component.reach[i]) for i in unit)):
            yield _finding("areas.join_too_far", ids=names)
            continue
        needed = max(_fewest_between(component, unit[0], other) for other in unit[1:])
        if needed > component.max_households:
            yield _finding("areas.join_too_many", ids=names, households=needed, limit=component.max_households)


def _fewest_between(component: Component, start: int, end: int) -> int:
    """Return the fewest households of a chain of linked estates from one to another, both counted."""
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        (i, j, component.households[j]) for i, near in enumerate(component.neighbours) for j in near)
    between: int = nx.dijkstra_path_length(graph, start, end)
    return between + component.households[start]
