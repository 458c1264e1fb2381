"""What is left to group once the planner has frozen some areas?

A frozen area keeps its members and its id: nobody joins and nobody leaves, and the rest is grouped around it. Its
estates still count in the distances that others walk. It costs what its members walk to their best hub, so whatever is
said of the best grouping is said of groupings that keep the frozen areas.

What no freezing can mend stops the run: estates that are gone or no longer grouped, wishes that contradict it, and an
area whose members do not hang together any more, for that is what an area is. Bounds are agreements: an area that
breaks one today, since the numbers or the rules have changed, is kept as the planner asked, and a remark says so.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import pandas as pd

from geoplan.components import (
    METRE,
    Component,
    Rules,
    check_wishes,
    describe_components,
    number_components,
    part_of,
)
from geoplan.errors import Finding, InfeasibleError, listed, raise_all

Frozen = Mapping[str, Sequence[str]]  # members of every frozen area by its area_id


@dataclass(frozen=True)
class Kept:
    """A frozen area as it stands: household-micrometres it costs, and micrometres of every member to its hub."""

    area_id: str
    component_id: str
    hub_estate_id: str
    distances: Mapping[str, int]
    cost: int


@dataclass(frozen=True)
class Layout:
    """What there is to group: the components of candidates, areas that are kept, and the pieces of what is left."""

    components: tuple[Component, ...]
    kept: tuple[Kept, ...]
    pieces: tuple[Component, ...]


def lay_out(
    estates: pd.DataFrame, links: pd.DataFrame, *, grouped_ids: Collection[str], rules: Rules, frozen: Frozen,
) -> Layout:
    """Return what there is to group; InfeasibleError names every wish, and every frozen area, that cannot be met.

    Parameters
    ----------
    estates
        Layer `estates`; those of `grouped_ids` whose households are known are the candidates.
    links
        Table `links`.
    grouped_ids
        Estates that are to be grouped.
    rules
        [areas] of plan.toml.
    frozen
        Estates of every area that is to stay as it is, by area_id.
    """
    candidates = estates[estates["estate_id"].isin(list(grouped_ids)) & estates["households"].notna()]
    usable = links[links["usable"].astype(bool)]
    graph = _graph(sorted(candidates["estate_id"]), usable)
    component_of = number_components(list(graph), graph.edges)
    raise_all(InfeasibleError, [
        *check_wishes(rules, set(estates["estate_id"]), component_of),
        *_check_frozen(frozen, rules, set(estates["estate_id"]), graph)])
    components = describe_components(candidates, usable, component_of, rules)
    households = dict(zip(candidates["estate_id"], candidates["households"].astype(int), strict=True))
    kept = tuple(_kept(area_id, sorted(frozen[area_id]), component_of, graph, households, rules)
                 for area_id in sorted(frozen))
    taken = frozenset(estate_id for area in kept for estate_id in area.distances)
    return Layout(tuple(components), kept, tuple(
        piece for component in components for piece in _pieces(component, taken)))


def find_broken_bounds(members: pd.DataFrame, estates: pd.DataFrame, *, frozen: Frozen, rules: Rules) -> list[Finding]:
    """Return a remark for every frozen area that would not be made today, with the bounds it breaks.

    Parameters
    ----------
    members
        As `group_estates` returns them.
    estates
        Layer `estates`.
    frozen
        Estates of every frozen area, by area_id.
    rules
        [areas] of plan.toml.
    """
    placed = members[members["area_id"].isin(list(frozen))].merge(estates[["estate_id", "households"]], on="estate_id")
    findings = []
    for area_id, own in placed.groupby("area_id"):
        total, radius_m = int(own["households"].sum()), float(own["distance_m"].max())
        if total < rules.min_households:
            findings.append(_finding("areas.frozen_too_few", area=area_id, households=total,
                                     limit=rules.min_households))
        if total > rules.max_households and len(own) > 1:
            findings.append(_finding("areas.frozen_too_many", area=area_id, households=total,
                                     limit=rules.max_households))
        if radius_m > rules.max_radius_m:
            findings.append(_finding("areas.frozen_too_far", area=area_id, metres=f"{radius_m:.0f}",
                                     limit=f"{rules.max_radius_m:g}"))
    return findings


def _graph(ids: Sequence[str], usable: pd.DataFrame) -> nx.Graph:
    """Return the graph of usable links, with whole micrometres."""
    graph = nx.Graph()
    graph.add_nodes_from(ids)
    graph.add_weighted_edges_from(
        (a, b, round(length * METRE)) for a, b, length in
        sorted(zip(usable["estate_a"], usable["estate_b"], usable["length_m"], strict=True)))
    return graph


def _check_frozen(frozen: Frozen, rules: Rules, estate_ids: Collection[str], graph: nx.Graph) -> Iterator[Finding]:
    for area_id, members in sorted(frozen.items()):
        gone = sorted(set(members) - set(estate_ids))
        if gone:
            yield _finding("areas.frozen_gone", area=area_id, ids=listed(gone))
        outside = sorted(set(members).intersection(estate_ids) - set(graph))
        if outside:
            yield _finding("areas.frozen_not_grouped", area=area_id, ids=listed(outside))
        if not gone and not outside:
            yield from _check_connection(area_id, members, graph)
        yield from _check_frozen_wishes(area_id, frozenset(members), rules)
    yield from _check_joins_around(frozen, rules, graph)


def _check_connection(area_id: str, members: Sequence[str], graph: nx.Graph) -> Iterator[Finding]:
    parts = sorted(nx.connected_components(graph.subgraph(members)), key=lambda part: (-len(part), min(part)))
    if len(parts) > 1:
        yield _finding("areas.frozen_apart", area=area_id, ids=listed(sorted(set(members) - parts[0])))


def _check_frozen_wishes(area_id: str, members: Collection[str], rules: Rules) -> Iterator[Finding]:
    for wish in rules.must_split:
        inside = sorted(set(wish).intersection(members))
        if len(inside) > 1:
            yield _finding("areas.frozen_and_split", area=area_id, ids=listed(inside))
    for wish in rules.must_join:
        beyond = sorted(set(wish).difference(members))
        if beyond and len(beyond) < len(set(wish)):
            yield _finding("areas.frozen_and_join", area=area_id, ids=listed(sorted(set(wish))), outside=listed(beyond))


def _check_joins_around(frozen: Frozen, rules: Rules, graph: nx.Graph) -> Iterator[Finding]:
    """Find estates that must join and can reach each other only through frozen areas."""
    taken = {member for members in frozen.values() for member in members}
    free = graph.subgraph([estate_id for estate_id in graph if estate_id not in taken])
    for wish in rules.must_join:
        if set(wish) <= set(free) and any(
                nx.has_path(graph, wish[0], other) and not nx.has_path(free, wish[0], other) for other in wish[1:]):
            yield _finding("areas.join_around_frozen", ids=listed(sorted(set(wish))))


def _kept(
    area_id: str, members: Sequence[str], component_of: Mapping[str, str], graph: nx.Graph,
    households: Mapping[str, int], rules: Rules,
) -> Kept:
    """Return a frozen area with its best hub, one that reaches all members within the radius where there is one."""
    radius = round(rules.max_radius_m * METRE)
    walks = _walks(graph, members, radius) or _walks(graph, members, None)
    cost, hub = min((sum(households[i] * walk[i] for i in members), hub) for hub, walk in walks.items())
    return Kept(area_id, component_of[hub], hub, {i: walks[hub][i] for i in members},
                cost + round(rules.area_overhead * METRE))


def _walks(graph: nx.Graph, members: Sequence[str], limit: int | None) -> dict[str, Mapping[str, int]]:
    """Return the distances from every member that reaches all the others within a limit."""
    walks = {hub: nx.single_source_dijkstra_path_length(graph, hub, cutoff=limit) for hub in members}
    return {hub: walk for hub, walk in walks.items() if walk.keys() >= set(members)}


def _pieces(component: Component, taken: Collection[str]) -> Iterable[Component]:
    """Return what hangs together of a component once some estates are taken out of it."""
    free = {i for i, estate_id in enumerate(component.ids) if estate_id not in taken}
    if len(free) == len(component.ids):
        return [component]
    graph = nx.Graph()
    graph.add_nodes_from(free)
    graph.add_edges_from((i, j) for i in free for j in component.neighbours[i] if j in free)
    return [part_of(component, piece) for piece in sorted(map(sorted, nx.connected_components(graph)))]


def _finding(code: str, **values: object) -> Finding:
    return Finding(code, layer="plan.toml", values=values)
