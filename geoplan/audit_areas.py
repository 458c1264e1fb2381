"""Is every area what an area must be: connected, within its bounds, and as dear as it says?

Distances to the hub are found anew with networkx over the usable links of the table, sums from the estates.
"""

import math
from collections.abc import Callable, Mapping

import networkx as nx
import pandas as pd
import shapely

from geoplan.audited import Audited, Outcome, is_off, wrong_rows

METRE_SLACK, COST_SLACK = 1e-3, 1e-2  # tables hold what was summed in whole micrometres
GAP_SLACK = 0.01  # metres between two outlines found twice
OVERLAP_M2 = 1.0
LEFT_OVER_M = 10_000  # household-metres of a household in no area (contract, the model of areas)
OUTSIDE_M = 1.0
USABLE = ("usable", "crossing")  # reasons of links that may be used


def areas_are_connected(audited: Audited) -> Outcome:
    """The members of every area hang together by usable links among themselves."""
    graph, members = _links(audited), _members(audited)
    return Outcome(len(members), [area_id for area_id, ids in members.items()
                                  if not ids or not nx.is_connected(graph.subgraph(ids))])


def areas_keep_household_bounds(audited: Audited) -> Outcome:
    """Households lie between minimum and maximum; one estate may stand alone above it, a frozen area is kept."""
    least, most = audited.number("areas.min_households"), audited.number("areas.max_households")
    areas = audited.table("areas")
    if least is None or most is None:
        return Outcome(0, [])
    alone = areas["estates"].eq(1) | _is_frozen(audited)
    is_small = areas["households"].lt(int(least)) & ~_is_frozen(audited)
    return wrong_rows(areas, is_small | (areas["households"].gt(int(most)) & ~alone), ["area_id"])


def areas_keep_the_radius(audited: Audited) -> Outcome:
    """The farthest member is as far from the hub as the table says, and not beyond the largest radius."""
    most, areas = audited.number("areas.max_radius_m"), audited.table("areas")
    if most is None:
        return Outcome(0, [])
    far = areas["area_id"].map({area_id: max(found.values()) for area_id, found in _to_hubs(audited).items()})
    is_wide = (far > float(most) + METRE_SLACK) & ~_is_frozen(audited)
    return wrong_rows(areas, is_off(areas["radius_m"], far, METRE_SLACK) | is_wide, ["area_id"])


def hubs_are_members(audited: Audited) -> Outcome:
    """The hub of every area is one of its members."""
    areas, members = audited.table("areas"), _members(audited)
    return Outcome(len(areas), [area_id for area_id, hub in zip(areas["area_id"], areas["hub_estate_id"], strict=True)
                                if hub not in members.get(area_id, [])])


def areas_sum_their_estates(audited: Audited) -> Outcome:
    """Estates, households and residents of every area are those of its members; unknown where a part is."""
    areas, estates = audited.table("areas").set_index("area_id"), audited.table("estates").dropna(subset="area_id")
    grouped = estates.groupby("area_id")
    found = pd.DataFrame({"estates": grouped.size(), "households": grouped["households"].sum(min_count=1),
                          "residents": grouped["residents"].agg(lambda of: of.sum(skipna=False))}).reindex(areas.index)
    off = pd.concat([is_off(areas[name], found[name], 0) for name in found], axis=1).any(axis=1)
    return wrong_rows(areas.reset_index(), off.reset_index(drop=True), ["area_id"])


def areas_cost_what_they_say(audited: Audited) -> Outcome:
    """Cost = overhead + households x metres to the hub, over the members."""
    overhead, areas = audited.number("areas.area_overhead"), audited.table("areas")
    if overhead is None:
        return Outcome(0, [])
    costs = _costs(audited, float(overhead))
    return wrong_rows(areas, is_off(areas["cost"], areas["area_id"].map(costs), COST_SLACK), ["area_id"])


def objectives_are_the_costs(audited: Audited) -> Outcome:
    """The objective of a component is the cost of its areas and of its estates left over; its bound is no larger."""
    grouping, estates = audited.table("grouping"), audited.table("estates")
    overhead = audited.number("areas.area_overhead")
    if overhead is None:
        return Outcome(0, [])
    areas, costs = audited.table("areas"), _costs(audited, float(overhead))
    of_areas = areas.assign(cost=areas["area_id"].map(costs)).groupby("component_id")["cost"].sum()
    left = estates[estates["area_id"].isna() & estates["component_id"].notna()]
    of_left = left.groupby("component_id")["households"].sum().astype("float64") * LEFT_OVER_M
    ids = grouping["component_id"]
    found = ids.map(of_areas).fillna(0) + ids.map(of_left).fillna(0)
    gap = (grouping["objective"] - grouping["lower_bound"]) / grouping["objective"].where(grouping["objective"] > 0)
    wrong = (is_off(grouping["objective"], found, COST_SLACK) | (grouping["lower_bound"] > grouping["objective"])
             | is_off(grouping["gap_share"], gap.fillna(0.0), 1e-9))
    return wrong_rows(grouping, wrong, ["component_id"])


def components_are_those_of_the_links(audited: Audited) -> Outcome:
    """Two estates share a component exactly where usable links join them."""
    estates = audited.table("estates").dropna(subset="component_id")
    graph = _links(audited).subgraph(estates["estate_id"])
    said = {frozenset(ids) for _, ids in estates.groupby("component_id")["estate_id"]}
    return Outcome(len(said), sorted(min(ids) for ids in said ^ set(map(frozenset, nx.connected_components(graph)))))


def every_estate_is_placed_or_told_why(audited: Audited) -> Outcome:
    """An estate is in an area or has a reason why not, never both and never neither."""
    estates = audited.table("estates")
    return wrong_rows(estates, estates["area_id"].notna() == estates["left_out"].notna(), ["estate_id"])


def outlines_are_one_piece_apart(audited: Audited) -> Outcome:
    """The outline of every area is one polygon that touches its members' ground and no other outline's."""
    areas, estates = audited.table("areas"), audited.table("estates").dropna(subset="area_id")
    outlines = areas.geometry.to_numpy()
    wrong = {str(area_id) for area_id, outline in zip(areas["area_id"], outlines, strict=True)
             if outline is None or outline.geom_type != "Polygon"}
    first, second = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    for a, b in zip(first, second, strict=True):
        if a < b and shapely.intersection(outlines[a], outlines[b]).area > OVERLAP_M2:
            wrong.add(f"{areas['area_id'].iloc[a]} {areas['area_id'].iloc[b]}")
    own = estates["area_id"].map(dict(zip(areas["area_id"], outlines, strict=True)))
    lots = estates.geometry.to_numpy()
    away = shapely.distance(own.to_numpy(dtype=object), lots) > OUTSIDE_M
    return Outcome(len(areas), [*sorted(wrong), *estates.loc[away, "estate_id"]])


def links_are_as_near_as_they_say(audited: Audited) -> Outcome:
    """The gap of every link is the distance of the two outlines, not beyond the largest; a usable one has no fault."""
    links, estates = audited.table("links"), audited.table("estates").set_index("estate_id")
    most = audited.number("areas.max_gap_m")
    lots = estates.geometry
    found = pd.Series(shapely.distance(*(links[side].map(lots).to_numpy(dtype=object) for side in (
        "estate_a", "estate_b"))), index=links.index)
    wrong = is_off(links["gap_m"], found, GAP_SLACK) | (links["usable"] & ~links["reason"].isin(USABLE))
    if most is not None:
        wrong |= links["gap_m"] > float(most) + GAP_SLACK
    if audited.text("areas.same_subdistrict") == "true":
        sides = [links[side].map(estates["subdistrict"]) for side in ("estate_a", "estate_b")]
        wrong |= links["usable"] & sides[0].notna() & sides[1].notna() & sides[0].ne(sides[1])
    return wrong_rows(links, wrong, ["estate_a", "estate_b"])


def _is_frozen(audited: Audited) -> pd.Series:
    """Say which areas the planner kept from an earlier run: they stay as they are, whatever the bounds."""
    areas, said = audited.table("areas")["area_id"], audited.text("areas.frozen")
    return pd.Series(said == "all", index=areas.index) | areas.isin(said.split("; "))


def _links(audited: Audited) -> nx.Graph:
    graph, links = nx.Graph(), audited.table("links")
    graph.add_nodes_from(audited.table("estates")["estate_id"])
    usable = links[links["usable"].astype(bool)]
    graph.add_weighted_edges_from(zip(usable["estate_a"], usable["estate_b"], usable["length_m"], strict=True))
    return graph


def _members(audited: Audited) -> dict[str, list[str]]:
    estates = audited.table("estates")
    members: dict[str, list[str]] = {area_id: [] for area_id in audited.table("areas")["area_id"]}
    for estate_id, area_id in zip(estates["estate_id"], estates["area_id"], strict=True):
        if not pd.isna(area_id) and area_id in members:
            members[area_id].append(estate_id)
    return members


def _to_hubs(audited: Audited) -> dict[str, dict[str, float]]:
    """Return metres from every member to the hub of its area over any usable links; infinite where there are none."""
    graph, areas, members = _links(audited), audited.table("areas"), _members(audited)
    found = {}
    for area_id, hub in zip(areas["area_id"], areas["hub_estate_id"], strict=True):
        metres = nx.single_source_dijkstra_path_length(graph, hub) if hub in graph else {}
        found[area_id] = {one: metres.get(one, math.inf) for one in members[area_id]} or {hub: math.inf}
    return found


def _costs(audited: Audited, overhead: float) -> dict[str, float]:
    households = audited.table("estates").set_index("estate_id")["households"].astype("float64")
    return {area_id: overhead + math.fsum(households.get(estate_id, math.nan) * metres
                                          for estate_id, metres in found.items())
            for area_id, found in _to_hubs(audited).items()}


AREA_CHECKS: Mapping[str, Callable[[Audited], Outcome]] = {
    "connected": areas_are_connected, "households": areas_keep_household_bounds, "radius": areas_keep_the_radius,
    "hubs": hubs_are_members, "sums": areas_sum_their_estates, "costs": areas_cost_what_they_say,
    "objectives": objectives_are_the_costs, "components": components_are_those_of_the_links,
    "placed": every_estate_is_placed_or_told_why, "outlines": outlines_are_one_piece_apart,
    "links": links_are_as_near_as_they_say,
}
