"""How is an area made to hang together on ground that nobody else needs?

Along the shortest segments of a spanning tree of its links (Kruskal 1956: links without an alternative first, then the
shortest); where another area's path lies across all of them, on the shortest way around through free ground.
"""

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from networkx.utils import UnionFind

from geoplan.shapes import ROUNDED_M, Shapes, cut_away, pairs_within, polygons_of

PATH_M = 4.0  # width of a path: a fire lane (GB 50016-2014 7.1.8)
CLEARANCE_M = 0.01  # what is drawn keeps this far from what belongs to others, so that rounding makes no overlap
JOINED_M2 = 1e-4  # ground that a path must share with an outline to be joined with it
AROUND_M = 100.0  # a way around is looked for this far from the members
ROUGH_M = (0.5, 2.0, 8.0)  # how exactly a way around follows the ground: the first that leaves few enough corners
MOST_CORNERS = 800  # which are looked at pair by pair
Words = np.ndarray[Any, np.dtype[np.object_]]
Rows = np.ndarray[Any, np.dtype[np.intp]]


def find_paths(lots: Shapes, area: Words, inner: gpd.GeoDataFrame, fenced: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return paths that make one piece of every area where that can be, on ground that is no one else's.

    Parameters
    ----------
    lots
        Ground of every member.
    area
        Area of every member.
    inner
        Usable links inside an area: area_id, and the members a and b as rows of `lots`.
    fenced
        All estates grown by the clearance: geometry, and area_id (missing where in no area).

    Returns
    -------
    paths
        area_id and geometry.
    """
    parts, lot = shapely.get_parts(lots, return_index=True)
    joined = _touching(parts, area[lot])
    ways = _ways(inner, lots, parts, lot, area)
    ways.geometry = clear(ways["area_id"], shapely.buffer(ways.geometry, PATH_M / 2, cap_style="square"), fenced)
    paths = _straight_paths(ways, parts, area[lot], joined)
    around = _ways_around(parts, area[lot], joined, paths, fenced)
    return gpd.GeoDataFrame([*paths, *around], columns=["area_id", "geometry"], geometry="geometry")


def clear(area: pd.Series, shapes: Shapes, fenced: gpd.GeoDataFrame) -> Shapes:
    """Return shapes, each owned by an area, without what belongs to others.

    Parameters
    ----------
    area
        Area of every shape.
    shapes
        Polygons.
    fenced
        Ground of somebody: geometry, and area_id (missing where in no area).

    Returns
    -------
    shapes
        In the same order.
    """
    at, other = shapely.STRtree(fenced.geometry.to_numpy()).query(shapes, predicate="intersects")
    is_other = area.to_numpy(dtype=object)[at] != fenced["area_id"].to_numpy(dtype=object)[other]
    return cut_away(shapes, at[is_other], fenced.geometry.to_numpy()[other[is_other]])


def _touching(parts: Shapes, area: Words) -> UnionFind:
    """Return which parts of an area are one piece already: those that share ground or a stretch of border."""
    one, two = pairs_within(parts, 0.0)
    is_own = area[one] == area[two]
    one, two = one[is_own], two[is_own]
    shared = shapely.intersection(parts[one], parts[two])
    is_joined = (shapely.length(shared) > 0) | (shapely.area(shared) > 0)
    joined = UnionFind(range(len(parts)))
    for i, j in zip(one[is_joined].tolist(), two[is_joined].tolist(), strict=True):
        joined.union(i, j)
    return joined


def _ways(inner: gpd.GeoDataFrame, lots: Shapes, parts: Shapes, lot: Rows, area: Words) -> gpd.GeoDataFrame:
    """Return the segments along which an area may be joined, in the order to try them."""
    pairs = list(zip(inner["a"].tolist(), inner["b"].tolist(), strict=True))
    bridges = {frozenset(edge) for edge in nx.bridges(nx.Graph(pairs))}
    one, two = lots[inner["a"]], lots[inner["b"]]
    i, j = _pairs_of_parts(lot)
    ways = gpd.GeoDataFrame({
        "area_id": [*inner["area_id"], *area[lot[i]]],
        "is_spare": [*(frozenset(pair) not in bridges for pair in pairs), *[False] * len(i)],
        "gap_m": [*shapely.distance(one, two), *shapely.distance(parts[i], parts[j])],
    }, geometry=[*np.where(shapely.intersects(one, two), inner.geometry, shapely.shortest_line(one, two)),
                 *shapely.shortest_line(parts[i], parts[j])])
    return ways.sort_values(["is_spare", "gap_m"], kind="stable", ignore_index=True)


def _pairs_of_parts(lot: Rows) -> tuple[Rows, Rows]:
    """Return the pairs of parts of the same lot."""
    several = pd.DataFrame({"lot": lot, "part": np.arange(len(lot))})
    several = several[several["lot"].duplicated(keep=False)]
    pairs = several.merge(several, on="lot").query("part_x < part_y")
    return pairs["part_x"].to_numpy(), pairs["part_y"].to_numpy()


def _straight_paths(
    ways: gpd.GeoDataFrame, parts: Shapes, area: Words, joined: UnionFind,
) -> list[tuple[str, shapely.Polygon]]:
    """Take each way that joins something new, without the ground of paths taken before it by other areas."""
    crossed = _crossings(ways)
    tree = shapely.STRtree(parts)
    taken: dict[int, list[shapely.Polygon]] = {}
    for number, (area_id, way) in enumerate(zip(ways["area_id"], ways.geometry, strict=True)):
        blockers = [shapely.buffer(path, CLEARANCE_M) for other in crossed[number] for path in taken.get(other, [])]
        for path in polygons_of(shapely.difference(way, shapely.union_all(blockers))):
            near = [i for i in tree.query(path, predicate="intersects").tolist() if area[i] == area_id]
            if _join(path, near, parts, joined):
                taken.setdefault(number, []).append(path)
    return [(ways["area_id"][number], path) for number, paths in taken.items() for path in paths]


def _join(path: shapely.Polygon, near: list[int], parts: Shapes, joined: UnionFind) -> bool:
    """Say whether a path joins pieces that were apart, and note that they no longer are."""
    met = [i for i in near if shapely.area(shapely.intersection(path, parts[i])) > JOINED_M2]
    if len({joined[i] for i in met}) < 2:
        return False
    joined.union(*met)
    return True


def _crossings(ways: gpd.GeoDataFrame) -> list[list[int]]:
    """Return for every way the ways of other areas that it meets."""
    area = ways["area_id"].to_numpy(dtype=object)
    found: list[list[int]] = [[] for _ in area]
    one, two = pairs_within(ways.geometry.to_numpy(), CLEARANCE_M)
    for i, j in zip(one.tolist(), two.tolist(), strict=True):
        if area[i] != area[j]:
            found[i].append(j)
            found[j].append(i)
    return found


def _ways_around(
    parts: Shapes, area: Words, joined: UnionFind, paths: list[tuple[str, shapely.Polygon]], fenced: gpd.GeoDataFrame,
) -> Iterator[tuple[str, shapely.Polygon]]:
    """Return paths through free ground for the areas that are still in pieces."""
    taken = list(paths)
    for area_id in sorted({area[i] for i in range(len(parts)) if joined[i] != joined[_first(area, i)]}):
        own = np.flatnonzero(area == area_id).tolist()
        others = [*fenced.geometry[fenced["area_id"] != area_id],
                  *(shapely.buffer(path, CLEARANCE_M) for owner, path in taken if owner != area_id)]
        free = _free_ground(parts[own], np.array(others, dtype=object))
        for path in _around(free, parts, own, joined):
            if _join(path, own, parts, joined):
                taken.append((area_id, path))
                yield area_id, path


def _first(area: Words, i: int) -> int:
    return int(np.flatnonzero(area == area[i])[0])


def _free_ground(own: Shapes, others: Shapes) -> shapely.Geometry:
    window = shapely.box(*shapely.total_bounds(own)).buffer(AROUND_M, join_style="mitre")
    near = shapely.STRtree(others).query(window)
    return shapely.difference(window, shapely.union_all(others[np.sort(near)]))


def _around(free: shapely.Geometry, parts: Shapes, own: list[int], joined: UnionFind) -> Iterator[shapely.Polygon]:
    """Return the shortest path through free ground from every piece of an area to the nearest other."""
    room = _simplified(shapely.buffer(free, -PATH_M / 2, join_style="mitre"))
    if shapely.is_empty(room):
        return
    doors = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(room, parts[own]), 0))
    sights = _sights(room, np.concatenate([doors, shapely.get_coordinates(room)]))
    pieces: dict[int, set[int]] = {}
    for door, part in enumerate(own):
        pieces.setdefault(joined[part], set()).add(door)
    for piece in list(pieces)[1:]:
        reached, ways = nx.multi_source_dijkstra(sights, pieces[piece])
        ends = sorted((reached[end], end) for other in pieces for end in pieces[other]
                      if other != piece and end in reached)
        if ends:
            line = shapely.LineString([sights.nodes[stop]["at"] for stop in ways[ends[0][1]]])
            yield from polygons_of(shapely.intersection(shapely.buffer(line, PATH_M / 2, cap_style="square"), free))


def _simplified(room: shapely.Geometry) -> shapely.Geometry:
    """Return a room with few enough corners to look from every one to every other; an empty one where that fails."""
    simple = (shapely.simplify(room, rough) for rough in ROUGH_M)
    return next((shape for shape in simple if shapely.get_num_coordinates(shape) <= MOST_CORNERS), shapely.Polygon())


def _sights(room: shapely.Geometry, points: np.ndarray[Any, np.dtype[np.float64]]) -> nx.Graph:
    """Return which points see each other inside a room, and how far they are from each other."""
    one, two = np.triu_indices(len(points), k=1)
    lines = np.asarray(shapely.linestrings(np.stack([points[one], points[two]], axis=1)), dtype=object)
    within = shapely.buffer(room, ROUNDED_M)
    shapely.prepare(within)
    seen = shapely.covers(within, lines)
    graph = nx.Graph()
    graph.add_nodes_from((number, {"at": point}) for number, point in enumerate(points.tolist()))
    graph.add_weighted_edges_from(zip(one[seen].tolist(), two[seen].tolist(), shapely.length(lines[seen]).tolist(),
                                      strict=True))
    return graph
