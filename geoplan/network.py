"""Where can people walk, and what cuts the town? Street lines -> a noded network of edges, and the hard barriers.

Lines are cut where they share a vertex; line ends that just miss another line are joined to it. Everything between is
done on flat arrays of vertices: every vertex has a place, a place that ends a line or is used twice is a node, and the
stretch from node to node is an edge.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geoplan.errors import MAX_LISTED, Finding, listed

NODE_WITHIN_M = 0.01  # vertices this close are one place: street files are drawn no finer than centimetres
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
    vertices = _vertices(walkable)
    if node_crossings:
        vertices = _cut_crossings(vertices)
    vertices, drawn = _gather(vertices)
    misses = _near_misses(vertices, _cut(vertices, drawn), drawn, join_within_m)
    vertices, places = _join(vertices, drawn, misses)
    edges, sizes = _number(_cut(vertices, places), streets.crs)
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


def _vertices(streets: gpd.GeoDataFrame) -> pd.DataFrame:
    """One row per vertex: line, street (position), level, at_m (along the line), x, y."""
    parts, street = shapely.get_parts(streets.geometry.to_numpy(), return_index=True)
    is_line = shapely.length(parts) > NODE_WITHIN_M
    xy, line = shapely.get_coordinates(parts[is_line], return_index=True)
    street = street[is_line][line]
    steps = np.where(_is_first(line), 0, np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T))
    walked = np.cumsum(steps)
    at_m = walked - walked[_is_first(line)][line]
    levels = pd.DataFrame({
        "bridge": _said(streets["bridge"]), "tunnel": _said(streets["tunnel"]), "layer": streets["layer"].fillna(0),
    }).groupby(["bridge", "tunnel", "layer"]).ngroup().to_numpy()
    return pd.DataFrame({
        "line": line, "street": street, "level": levels[street], "at_m": at_m, "x": xy[:, 0], "y": xy[:, 1],
    })


def _is_first(line: np.ndarray) -> np.ndarray:
    return np.diff(line, prepend=-1).astype(bool)


def _is_end(line: np.ndarray) -> np.ndarray:
    is_end: np.ndarray = _is_first(line) | np.diff(line, append=-1).astype(bool)
    return is_end


def _insert(vertices: pd.DataFrame, further: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([vertices, further]).sort_values(["line", "at_m"], kind="stable", ignore_index=True)


def _cut_crossings(vertices: pd.DataFrame) -> pd.DataFrame:
    """Put a vertex on both lines wherever two stretches of one level meet between their vertices."""
    start = vertices[np.diff(vertices["line"], append=-1) == 0].index.to_numpy()
    spots = (vertices["x"] + 1j * vertices["y"]).to_numpy()
    tails, heads = spots[start], spots[start + 1]
    stretches = np.asarray(shapely.linestrings(np.stack([_xy(tails), _xy(heads)], axis=1)))
    one, other = shapely.STRtree(stretches).query(stretches, predicate="intersects")
    level = vertices["level"].to_numpy()[start]
    share_end = (tails[one] == heads[other]) | (heads[one] == tails[other]) | (tails[one] == tails[other]) | (
        heads[one] == heads[other])
    keep = (one < other) & (level[one] == level[other]) & ~share_end
    one, other = one[keep], other[keep]
    met, which = shapely.get_coordinates(shapely.intersection(stretches[one], stretches[other]), return_index=True)
    cut = np.concatenate([one[which], other[which]])
    met = np.concatenate([met, met])
    further = vertices.iloc[start[cut]].assign(x=met[:, 0], y=met[:, 1])
    further["at_m"] += np.hypot(*(met - _xy(tails[cut])).T)
    return _insert(vertices, further)


def _xy(spots: np.ndarray) -> np.ndarray:
    return np.column_stack([spots.real, spots.imag])


def _gather(vertices: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Give every vertex its place; places are numbered from west to east and returned as coordinates."""
    spots, place = np.unique((vertices["x"] + 1j * vertices["y"]).to_numpy(), return_inverse=True)
    line = vertices["line"].to_numpy()
    pairs = cKDTree(_xy(spots)).query_pairs(NODE_WITHIN_M, output_type="ndarray")
    # Neighbours along one finely drawn line are no meeting: joining them would shrink the line to a point.
    line_of = np.zeros(len(spots), int)
    line_of[place] = line
    meets = np.bincount(place, minlength=len(spots)) > 1
    meets[place[_is_end(line)]] = True
    one, other = pairs.T
    pairs = pairs[(line_of[one] != line_of[other]) | meets[one] | meets[other]]
    return _merge(vertices.assign(place=place), _xy(spots), pairs)


def _merge(vertices: pd.DataFrame, places: np.ndarray, pairs: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Make one place of every group of places linked by `pairs`, at the westernmost of them."""
    if not len(pairs):
        return vertices, places
    label = _groups(pairs[:, 0], pairs[:, 1], len(places))
    _, first, label = np.unique(label, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return vertices.assign(place=rank[label][vertices["place"]]), places[np.sort(first)]


def _cut(vertices: pd.DataFrame, places: np.ndarray) -> gpd.GeoDataFrame:
    """Return the stretches between nodes: line, at_m (of the start), from_place, to_place, via_place (next vertex)."""
    line, place = vertices["line"].to_numpy(), vertices["place"].to_numpy()
    moves = _is_first(line) | (np.diff(place, prepend=-1) != 0)
    vertices, line, place = vertices[moves], line[moves], place[moves]
    ends = _is_end(line)
    is_node = np.bincount(place, minlength=len(places)) > 1
    is_node[place[ends]] = True
    cuts = np.flatnonzero(is_node[place])
    within = line[cuts[:-1]] == line[cuts[1:]]
    first, last = cuts[:-1][within], cuts[1:][within]
    size = last - first + 1
    piece = np.repeat(np.arange(len(first)), size)
    at = np.arange(len(piece)) - np.repeat(np.cumsum(size) - size - first, size)
    frame = {
        "line": line[first], "level": vertices["level"].to_numpy()[first], "at_m": vertices["at_m"].to_numpy()[first],
        "from_place": place[first], "to_place": place[last], "via_place": place[first + 1] if len(first) else first,
    }
    return gpd.GeoDataFrame(frame, geometry=shapely.linestrings(places[place[at]], indices=piece))


def _near_misses(
    vertices: pd.DataFrame, pieces: gpd.GeoDataFrame, places: np.ndarray, within_m: float,
) -> pd.DataFrame:
    """Return line ends that miss a piece: place and street of the end, line missed, at_m on it, end_place if its end.

    An end may lie over or under the middle of a line of another level; an end is joined to an end whatever the levels,
    for there a bridge meets the ground.
    """
    near = _pieces_near(vertices, pieces, places, within_m)
    shapes, points = near.geometry.to_numpy(), shapely.points(places[near["place"]])
    along = shapely.line_locate_point(shapes, points)
    from_end = np.minimum(along, shapely.length(shapes) - along)
    nearer = np.where(along == from_end, near["from_place"], near["to_place"])
    meets_end = np.hypot(*(places[nearer] - places[near["place"]]).T) < within_m
    there = _short_groups(pieces, len(places), 2 * within_m)
    is_joined = (there[near["place"]] == there[nearer]) & (from_end <= 2 * within_m)
    is_missed = (shapely.distance(shapes, points) < within_m) & ~is_joined
    misses = pd.DataFrame({
        "place": near["place"], "street": near["street"], "line": near["line"], "at_m": near["at_m"] + along,
        "end_place": pd.Series(nearer, dtype="Int64").where(meets_end),
    })
    return pd.DataFrame(misses[is_missed & (meets_end | (near["level"] == near["end_level"]))])


def _pieces_near(
    vertices: pd.DataFrame, pieces: gpd.GeoDataFrame, places: np.ndarray, within_m: float,
) -> gpd.GeoDataFrame:
    """Return every piece near a line end that it does not start or stop at, with the end's place, street and level."""
    ends = vertices[_is_end(vertices["line"].to_numpy())].drop_duplicates(["place", "level"])
    tree = shapely.STRtree(pieces.geometry.to_numpy())
    end, piece = tree.query(shapely.points(places[ends["place"]]), predicate="dwithin", distance=within_m)
    tips = pieces[["from_place", "to_place"]].to_numpy()[piece]
    apart = (tips != ends["place"].to_numpy()[end][:, None]).all(axis=1)
    ends = ends.iloc[end[apart]].reset_index(drop=True)
    return pieces.iloc[piece[apart]].reset_index(drop=True).assign(
        place=ends["place"], street=ends["street"], end_level=ends["level"])


def _short_groups(pieces: gpd.GeoDataFrame, places: int, short_m: float) -> np.ndarray:
    """Return for every place the group of places it is joined to by short pieces alone."""
    short = pieces[pieces.length <= short_m]
    return _groups(short["from_place"].to_numpy(), short["to_place"].to_numpy(), places)


def _groups(one: np.ndarray, other: np.ndarray, count: int) -> np.ndarray:
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(count, count))
    group: np.ndarray = connected_components(graph, directed=False)[1]
    return group


def _join(
    vertices: pd.DataFrame, places: np.ndarray, misses: pd.DataFrame,
) -> tuple[pd.DataFrame, np.ndarray]:
    meets_end = misses["end_place"].notna()
    middles = misses[~meets_end]
    of_line = vertices.drop_duplicates("line").set_index("line")[["street", "level"]]
    further = middles[["line", "at_m", "place"]].join(of_line, on="line")
    pairs = misses.loc[meets_end, ["place", "end_place"]].to_numpy(int)
    return _merge(_insert(vertices, further), places, pairs)


def _number(pieces: gpd.GeoDataFrame, crs: CRS | None) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Return the table `edges`, and the node count of every component."""
    ordered = pieces.sort_values(["from_place", "to_place", "via_place"], kind="stable")
    ends = ordered[["from_place", "to_place"]].to_numpy()
    nodes, node = np.unique(ends, return_inverse=True)
    tail, head = node.reshape(ends.shape).T
    label = _groups(tail, head, len(nodes))
    sizes = np.bincount(label)
    order = np.argsort(-sizes, kind="stable")  # equal sizes keep the order of their smallest node
    frame = {
        "from_node": tail, "to_node": head, "length_m": ordered.length.to_numpy(),
        "component_id": np.argsort(order)[label[tail]],
    }
    return gpd.GeoDataFrame(frame, geometry=ordered.geometry.to_numpy(), crs=crs), sizes[order]


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
