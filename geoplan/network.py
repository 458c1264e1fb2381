"""Where can people walk, and what cuts the town? Street lines -> a noded network of edges, and the hard barriers.

Lines are cut where they share a vertex; line ends that just miss another line are joined to it (noding.py has both).
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geoplan.errors import MAX_LISTED, Finding, listed
from geoplan.noding import Pieces, cut, cut_crossings, draw, find_near_misses, gather, groups, join, take_vertices

JOIN_WITHIN_M = 0.5  # a gap this small in a drawn line is a slip of the hand; no street is half a metre wide

# OpenStreetMap's highway and railway classes (wiki.openstreetmap.org/wiki/Key:highway), and the words of Chinese files.
EXPRESSWAYS = ("motorway", "motorway_link", "trunk", "trunk_link", "高速公路", "城市快速路", "快速路")
ARTERIALS = ("primary", "primary_link", "secondary", "secondary_link", "主干路", "主干道", "次干路", "次干道")
TRACKS = ("rail", "railway", "铁路")
RAILWAYS = (*TRACKS, "light_rail", "subway", "tram", "narrow_gauge", "monorail", "轨道交通")
NOT_BUILT = ("construction", "proposed", "planned", "abandoned", "razed", "在建", "规划")
FOOT_YES = ("yes", "designated", "permissive", "是")
FOOT_NO = ("no", "否")
NAMELESS = {**dict.fromkeys(EXPRESSWAYS, "快速路"), **dict.fromkeys(TRACKS, "铁路")}


def find_hard_barriers(streets: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what nobody walks across: the planner's barriers, and expressways and tracks that lie on the ground.

    An expressway that people may walk along is none.

    Parameters
    ----------
    streets
        Layer `streets`; zero rows where it was not brought.
    barriers
        Layer `barriers`, with the column `layer`.

    Returns
    -------
    hard_barriers
        name, geometry. A barrier without a name is called by its layer.
    """
    on_the_ground = ~(_said(streets["tunnel"]) | _said(streets["bridge"]))
    roads = streets[streets["class"].isin(NAMELESS) & ~_is_walkable(streets) & on_the_ground]
    names = [*barriers["name"].fillna(barriers["layer"]), *roads["name"].fillna(roads["class"].map(NAMELESS))]
    geometry = [*barriers.geometry, *roads.geometry]
    return gpd.GeoDataFrame({"name": pd.Series(names, dtype="str")}, geometry=geometry, crs=streets.crs or barriers.crs)


def build_network(
    streets: gpd.GeoDataFrame, *, node_crossings: bool = False, join_within_m: float = JOIN_WITHIN_M,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the network people can walk on, and what was found in making it.

    Streets that carry a `not_walkable` mark follow it, the others the built-in classes; a tunnel of a main road is
    never walkable; the foot tag of a street overrules all of it.

    Parameters
    ----------
    streets
        Layer `streets`, in metres.
    node_crossings
        Also cut lines where they cross without a shared vertex, except where bridge, tunnel or layer differ.
    join_within_m
        A line end that misses another line by less is joined to it; 0 joins nothing.

    Returns
    -------
    edges
        from_node, to_node, length_m, component_id (0 has most nodes), geometry; independent of the order of `streets`.
    findings
        Joins, components, and whether there is any walkable street.
    """
    walkable = streets[_is_walkable(streets)]
    vertices = take_vertices(walkable.geometry.to_numpy(), _levels(walkable))
    if node_crossings:
        vertices = cut_crossings(vertices)
    vertices, drawn = gather(vertices)
    misses = find_near_misses(vertices, cut(vertices, drawn), drawn, join_within_m)
    vertices, places = join(vertices, drawn, misses)
    edges, sizes = _number(cut(vertices, places), streets.crs)
    return edges, [*_say_joins(misses, drawn, walkable), *_say_components(sizes)]


def _is_walkable(streets: pd.DataFrame) -> pd.Series:
    classes = streets["class"]
    by_class = pd.Series(classes.isin([*EXPRESSWAYS, *RAILWAYS, *NOT_BUILT]), dtype="boolean")
    road_tunnel = _said(streets["tunnel"]) & classes.isin([*EXPRESSWAYS, *ARTERIALS])
    closed = streets["not_walkable"].astype("boolean").fillna(by_class).astype(bool) | road_tunnel
    foot = streets["foot"].str.lower()
    return (~closed | foot.isin(FOOT_YES)) & ~foot.isin(FOOT_NO)


def _said(answers: pd.Series) -> pd.Series:
    return answers.astype("boolean").fillna(False).astype(bool)


def _levels(streets: pd.DataFrame) -> np.ndarray:
    """Return a number for every street that is the same for streets of one bridge, tunnel and layer mark."""
    marks = pd.DataFrame({
        "bridge": _said(streets["bridge"]), "tunnel": _said(streets["tunnel"]), "layer": streets["layer"].fillna(0)})
    return marks.groupby(["bridge", "tunnel", "layer"]).ngroup().to_numpy()


def _number(pieces: Pieces, crs: CRS | None) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Return the table `edges`, and the node count of every component."""
    table = pieces.table
    ordered = table.iloc[np.lexsort((table["via_place"], table["to_place"], table["from_place"]))]
    ends = ordered[["from_place", "to_place"]].to_numpy()
    nodes, node = np.unique(ends, return_inverse=True)
    tail, head = node.reshape(ends.shape).T
    label = groups(tail, head, len(nodes))
    sizes = np.bincount(label)
    order = np.argsort(-sizes, kind="stable")  # equal sizes keep the order of their smallest node
    lines = draw(ordered, pieces.spots)
    frame = {
        "from_node": tail, "to_node": head, "length_m": shapely.length(lines),
        "component_id": np.argsort(order)[label[tail]],
    }
    return gpd.GeoDataFrame(frame, geometry=lines, crs=crs), sizes[order]


def _say_joins(misses: pd.DataFrame, places: np.ndarray, streets: pd.DataFrame) -> list[Finding]:
    """One remark a join with the row of the street; where there are many, one remark for all."""
    pairs = pd.DataFrame({
        "one": misses[["place", "end_place"]].min(axis=1), "other": misses[["place", "end_place"]].max(axis=1),
        "line": misses["line"].where(misses["end_place"].isna(), -1),
    })
    joins = misses[~pairs.duplicated()].sort_values("place", kind="stable")
    where = [f"({x:.1f}, {y:.1f})" for x, y in places[joins["place"]]]
    if len(joins) > MAX_LISTED:
        return [Finding("network.joined_many", "streets", values={"count": len(joins), "where": listed(where)})]
    rows = streets["row"].to_numpy()[joins["street"]]
    return [
        Finding("network.joined", "streets", int(row), {"where": at})
        for row, at in zip(rows, where, strict=True)
    ]


def _say_components(sizes: np.ndarray) -> list[Finding]:
    if not len(sizes):
        return [Finding("network.none_walkable", "streets")]
    if len(sizes) == 1:
        return []
    values = {"count": len(sizes), "main": int(sizes[0]), "others": listed(sizes[1:].tolist())}
    return [Finding("network.components", "streets", values=values)]
