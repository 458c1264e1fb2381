"""How far does one get on foot in 5, 10 or 15 minutes? Network and starting points -> polygons for the map.

The streets that are reached are cut where the time runs out; the ground beside them, as far as an estate may lie from
the street it opens to, is reached with them, and so are blocks that reached streets enclose. Ground is taken street by
street and only on the street's own side of water, railways and other hard barriers: nothing leaps across a river. Where
a street crosses one, its deck is kept, so that the polygon hangs together as the walk does.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from geoplan.schema import conform
from geoplan.shapes import ROUNDED_M, Shapes, cut_away, polygons_of, representative_points, snapped

DECK_M = 2.0  # half the width of a bridge's deck as drawn
RAIL_M = 0.25  # half the width of a barrier that is a line, when ground is cut along it
MAX_BLOCK_M2 = 40_000.0  # a residential block is 2 to 4 ha (居住街坊, GB 50180-2018 2.0.5); larger holes stay open
STRAIGHT_LEG_M = 0.001  # a leg longer than the straight line by more runs through a gate
ROUND = 2  # segments of a quarter circle: enough for a map
SLIP_M2 = 1.0  # what rounding may add up to along all shores of one isochrone
MATRIX_CELLS = 5_000_000  # how many distances are held at once between origins and nodes: 40 MB
CLOSED = "closed"
NETWORK, STRAIGHT = "network", "straight_line"


@dataclass(frozen=True)
class Town:
    """What every origin shares: the streets, the ground beside each, and what cuts ground."""

    edges: gpd.GeoDataFrame
    strips: Shapes
    decks: Shapes
    blockers: Shapes
    width_m: float


def list_origins(
    kinds: Collection[str], estates: gpd.GeoDataFrame, members: pd.DataFrame, areas: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return what isochrones are drawn of, one row for each place one may start from.

    Parameters
    ----------
    kinds
        estate, area, facility: those that are asked for.
    estates
        Layer `estates`.
    members
        estate_id, area_id; of an area one may start from every estate of it.
    areas
        Table `areas`: area_id and outline.
    facilities
        Layer `facilities`; closed ones are left out.

    Returns
    -------
    origins
        origin_kind, origin_id, place_id (estate or facility), x and y of the place, geometry (the origin's outline).
    """
    centres = shapely.get_coordinates(representative_points(estates.geometry)).reshape(-1, 2)
    homes = estates[["estate_id", "geometry"]].assign(
        origin_id=estates["estate_id"], place_id=estates["estate_id"], x=centres[:, 0], y=centres[:, 1])
    of_area = homes.drop(columns=["geometry", "origin_id"]).merge(members[["estate_id", "area_id"]].dropna())
    of_area = of_area.merge(areas[["area_id", "geometry"]], on="area_id").assign(origin_id=lambda of: of["area_id"])
    doors = facilities[~facilities["status"].eq(CLOSED).fillna(False)]
    xy = shapely.get_coordinates(doors.geometry).reshape(-1, 2)
    doors = doors[["geometry"]].assign(
        origin_id=doors["facility_id"], place_id=doors["facility_id"], x=xy[:, 0], y=xy[:, 1])
    listed = [frame.assign(origin_kind=kind) for kind, frame in
              (("area", of_area), ("estate", homes), ("facility", doors)) if kind in kinds]
    columns = ["origin_kind", "origin_id", "place_id", "x", "y", "geometry"]
    every = pd.concat([pd.DataFrame(frame)[columns] for frame in listed]) if listed else pd.DataFrame(
        {name: [] for name in columns})
    every = every.sort_values(["origin_kind", "origin_id", "place_id"], ignore_index=True)
    return gpd.GeoDataFrame(every, geometry="geometry", crs=estates.crs)


def draw_isochrones(
    origins: gpd.GeoDataFrame, access: pd.DataFrame, snaps: pd.DataFrame, edges: gpd.GeoDataFrame,
    hard_barriers: gpd.GeoDataFrame, *, minutes: Sequence[float], walker: str, speed: float, width_m: float,
) -> gpd.GeoDataFrame:
    """Return the ground that is reached from each origin along streets, for each number of minutes.

    Parameters
    ----------
    origins
        As `list_origins` returns them.
    access
        Where estates are entered.
    snaps
        Where facilities are reached: facility_id, edge, along_m, leg_m.
    edges
        Table `edges` of the network.
    hard_barriers
        name, geometry: what no ground is reached across.
    minutes
        For which a polygon each is drawn; the longer holds the shorter.
    walker
        adult or elderly; written into the table.
    speed
        Metres per minute of that walker.
    width_m
        How far beside a street the ground is reached with it.

    Returns
    -------
    isochrones
        Table `isochrones`; an origin that opens to no street has no row.
    """
    if origins.empty:
        return _table([], origins, walker, speed, NETWORK)
    blockers = _blockers(hard_barriers)
    lines = edges.geometry.to_numpy()
    town = Town(edges, _strips(lines, blockers, width_m), _decks(lines, blockers), blockers, width_m)
    doors = _doors(origins, access, snaps, edges)
    limits = sorted({float(limit) for limit in minutes})
    rows = [
        {"origin_kind": kind, "origin_id": name, "minutes": limit, "geometry": ground}
        for kind, name, distance, starts, outline in _searches(origins, doors, edges, max(limits, default=0) * speed)
        for limit, ground in zip(limits, _grow(town, distance, starts, outline, [limit * speed for limit in limits]),
                                 strict=True)
    ]
    return _table(rows, origins, walker, speed, NETWORK)


def straight_isochrones(
    origins: gpd.GeoDataFrame, hard_barriers: gpd.GeoDataFrame, *, minutes: Sequence[float], walker: str,
    speed: float, detour: float,
) -> gpd.GeoDataFrame:
    """Return circles where no streets were brought, each cut at the first barrier for want of a known crossing.

    Parameters
    ----------
    origins, hard_barriers, minutes, walker, speed
        As for `draw_isochrones`.
    detour
        Street distance over straight distance.

    Returns
    -------
    isochrones
        Table `isochrones`.
    """
    blockers = _blockers(hard_barriers)
    rows = []
    for limit in sorted({float(limit) for limit in minutes}):
        points = shapely.points(origins["x"], origins["y"])
        circles = _own_side(shapely.buffer(points, limit * speed / detour, quad_segs=16), points, blockers)
        ground = gpd.GeoSeries(circles, index=origins.index).union(gpd.GeoSeries(
            _without(origins.geometry.to_numpy(), blockers), index=origins.index))
        for (kind, name), some in ground.groupby([origins["origin_kind"], origins["origin_id"]]):
            rows.append({"origin_kind": kind, "origin_id": name, "minutes": limit, "geometry": shapely.union_all(some)})
    return _table(rows, origins, walker, speed, STRAIGHT)


def _table(
    rows: list[dict[str, object]], origins: gpd.GeoDataFrame, walker: str, speed: float, walking: str,
) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows, columns=["origin_kind", "origin_id", "minutes", "geometry"])
    ground = snapped(frame["geometry"])
    return conform("isochrones", frame.assign(
        geometry=ground, walker=walker, limit_m=frame["minutes"].astype(float) * speed, area_m2=shapely.area(ground),
        walking=walking), origins.crs)


def _blockers(hard_barriers: gpd.GeoDataFrame) -> Shapes:
    """Return barriers as polygons: of a line, the narrow ground it lies on."""
    parts = shapely.get_parts(hard_barriers.geometry.to_numpy())
    is_line = shapely.get_dimensions(parts) < 2
    return np.where(is_line, shapely.buffer(parts, RAIL_M, cap_style="flat"), parts)


def _strips(lines: Shapes, blockers: Shapes, width_m: float) -> Shapes:
    """Return the ground within a width of each line, on the line's own side of every barrier."""
    return _own_side(shapely.buffer(lines, width_m, quad_segs=ROUND), lines, blockers)


def _own_side(grounds: Shapes, cores: Shapes, blockers: Shapes) -> Shapes:
    """Return each ground without barriers and without the pieces that its core does not touch."""
    at, blocker = shapely.STRtree(blockers).query(grounds, predicate="intersects")
    left = cut_away(grounds, at, blockers[blocker])
    for number in np.unique(at):
        parts = np.array(polygons_of(left[number]), dtype=object)
        left[number] = shapely.union_all(parts[shapely.intersects(parts, cores[number])])
    return left


def _without(shapes: Shapes, blockers: Shapes) -> Shapes:
    at, blocker = shapely.STRtree(blockers).query(shapes, predicate="intersects")
    return cut_away(shapes, at, blockers[blocker])


def _decks(lines: Shapes, blockers: Shapes) -> Shapes:
    """Return for each line the narrow ground of the stretches that cross barriers; empty where there is none."""
    line, blocker = shapely.STRtree(blockers).query(lines, predicate="intersects")
    decks = np.full(len(lines), shapely.Polygon(), dtype=object)
    crossed = shapely.intersection(lines[line], blockers[blocker])
    for number in np.unique(line):
        stretch = shapely.union_all(crossed[line == number])
        decks[number] = shapely.buffer(stretch, DECK_M, quad_segs=ROUND)
    return decks


def _doors(
    origins: gpd.GeoDataFrame, access: pd.DataFrame, snaps: pd.DataFrame, edges: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Return where each origin meets the streets, with the leg as a line where it runs straight."""
    homes = access.rename(columns={"estate_id": "place_id"}).assign(is_facility=False)
    shops = snaps.dropna(subset="edge").rename(columns={"facility_id": "place_id"}).assign(is_facility=True)
    places = pd.concat([homes, shops.astype({"edge": "int64"})], ignore_index=True)
    numbered = pd.DataFrame(origins.drop(columns="geometry")).assign(
        is_facility=origins["origin_kind"].eq("facility"), origin=_numbers(origins))
    doors = numbered.merge(places, on=["place_id", "is_facility"]).sort_values(
        ["origin", "place_id", "edge", "along_m"], kind="stable", ignore_index=True)
    stops = shapely.line_interpolate_point(edges.geometry.to_numpy()[doors["edge"].to_numpy(int)], doors["along_m"])
    ends = np.stack([doors[["x", "y"]].to_numpy(float), shapely.get_coordinates(stops).reshape(-1, 2)], axis=1)
    doors["leg"] = np.asarray(shapely.linestrings(ends), dtype=object)
    doors["is_straight"] = doors["leg_m"] <= shapely.length(doors["leg"].to_numpy()) + STRAIGHT_LEG_M
    return doors


def _numbers(origins: pd.DataFrame) -> pd.Series:
    return origins.groupby(["origin_kind", "origin_id"], sort=True).ngroup()


def _searches(
    origins: gpd.GeoDataFrame, doors: pd.DataFrame, edges: gpd.GeoDataFrame, limit_m: float,
) -> Iterator[tuple[str, str, np.ndarray, pd.DataFrame, Any]]:
    """Yield kind and id of each origin, how far each node is from it, its doors, and its outline."""
    firsts = origins.assign(origin=_numbers(origins)).drop_duplicates("origin").set_index("origin")
    nodes = int(edges[["from_node", "to_node"]].to_numpy().max(initial=-1)) + 1
    numbers = doors["origin"].unique()
    graph = _graph(edges, doors, nodes, len(firsts))
    size = max(1, MATRIX_CELLS // graph.shape[0])
    for low in range(0, len(numbers), size):
        some = numbers[low:low + size]
        reached = dijkstra(graph, indices=nodes + some, limit=limit_m)
        for number, distance in zip(some, reached, strict=True):
            first = firsts.loc[number]
            yield first["origin_kind"], first["origin_id"], distance[:nodes], doors[doors["origin"] == number], (
                first["geometry"])


def _graph(edges: pd.DataFrame, doors: pd.DataFrame, nodes: int, origins: int) -> csr_array:
    """Return the streets and, one way, the ways of each origin to both ends of the edges it opens to."""
    one, other, length = (edges[name].to_numpy() for name in ("from_node", "to_node", "length_m"))
    edge, start = doors["edge"].to_numpy(int), nodes + doors["origin"].to_numpy(int)
    along, leg = doors["along_m"].to_numpy(float), doors["leg_m"].to_numpy(float)
    links = pd.DataFrame({
        "tail": np.concatenate([one, other, start, start]),
        "head": np.concatenate([other, one, one[edge], other[edge]]),
        "length": np.concatenate([length, length, leg + along, leg + np.maximum(length[edge] - along, 0)]),
    }).groupby(["tail", "head"], as_index=False).min()  # of parallel links the shortest
    rows = np.searchsorted(links["tail"], np.arange(nodes + origins + 1))
    return csr_array((links["length"].to_numpy(float), links["head"].to_numpy(), rows),
                     shape=(nodes + origins, nodes + origins))


def _grow(
    town: Town, distance: np.ndarray, starts: pd.DataFrame, outline: Any, limits_m: Sequence[float],
) -> Iterator[Any]:
    """Yield the ground reached within each limit, the shorter limits first; each holds the one before."""
    own = shapely.get_parts(_without(np.array([outline], dtype=object), town.blockers))
    held = shapely.union_all(own[shapely.get_dimensions(own) == 2])
    for limit_m in limits_m:
        whole, cut = _reached(town.edges, distance, starts, limit_m)
        legs = _cut_legs(starts, limit_m)
        further = np.concatenate([cut, legs])
        strips = np.concatenate([town.strips[whole], _strips(further, town.blockers, town.width_m)])
        decks = np.concatenate([town.decks[whole], _decks(cut, town.blockers)])
        decks = decks[~shapely.is_empty(decks)]
        grown = _merged(held, strips, decks, town.blockers, None)
        if _drowned_m2(grown, town.blockers) > _drowned_m2(held, town.blockers) + shapely.area(decks).sum() + SLIP_M2:
            # GEOS has been seen to fill a lake of 8,000 m2 when it adds up shapes that all but touch; on a grid it
            # does not, at six times the time.
            grown = _merged(held, strips, decks, town.blockers, ROUNDED_M)
        held = grown
        yield held


def _merged(held: Any, strips: Shapes, decks: Shapes, blockers: Shapes, grid_m: float | None) -> Any:
    ground = shapely.union_all(strips, grid_size=grid_m)
    whole = shapely.union_all([held, ground, *decks], grid_size=grid_m)
    return shapely.union_all([whole, *_enclosed(whole, ground, blockers)], grid_size=grid_m)


def _drowned_m2(ground: Any, blockers: Shapes) -> float:
    near = shapely.STRtree(blockers).query(ground, predicate="intersects")
    return float(shapely.area(shapely.intersection(ground, blockers[near])).sum())


def _reached(
    edges: gpd.GeoDataFrame, distance: np.ndarray, starts: pd.DataFrame, limit_m: float,
) -> tuple[np.ndarray, Shapes]:
    """Return the numbers of the edges reached from end to end, and the reached stretches of the others."""
    length = edges["length_m"].to_numpy()
    ahead, back = (np.clip(limit_m - distance[edges[end].to_numpy()], 0, length) for end in ("from_node", "to_node"))
    is_whole = (ahead + back >= length) & ((ahead > 0) | (back > 0))
    stretches = [(edge, 0.0, ahead[edge]) for edge in np.flatnonzero(~is_whole & (ahead > 0))]
    stretches += [(edge, length[edge] - back[edge], length[edge]) for edge in np.flatnonzero(~is_whole & (back > 0))]
    doors = starts.loc[starts["leg_m"] < limit_m, ["edge", "along_m", "leg_m"]].to_numpy(float)
    for edge, (along, leg) in zip(doors[:, 0].astype(int), doors[:, 1:], strict=True):
        if not is_whole[edge]:
            rest = limit_m - leg
            stretches.append((edge, max(0.0, along - rest), min(length[edge], along + rest)))
    lines = edges.geometry.to_numpy()
    cut = [substring(lines[edge], start, stop) for edge, start, stop in stretches if stop > start]
    return np.flatnonzero(is_whole), np.array(cut, dtype=object)


def _cut_legs(starts: pd.DataFrame, limit_m: float) -> Shapes:
    straight = starts[starts["is_straight"] & (starts["leg_m"] > 0)]
    legs = [leg if leg_m <= limit_m else substring(leg, 0, limit_m)
            for leg, leg_m in zip(straight["leg"], straight["leg_m"], strict=True)]
    return np.array(legs, dtype=object)


def _enclosed(held: Any, ground: Any, blockers: Shapes) -> list[Any]:
    """Return the blocks that reached ground encloses, without water and without what only water leads to."""
    rings = [ring for polygon in polygons_of(held) for ring in polygon.interiors]
    blocks = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    blocks = blocks[shapely.area(blocks) <= MAX_BLOCK_M2]
    pieces = [piece for block in _without(blocks, blockers) for piece in polygons_of(block)]
    return [piece for piece in pieces if shapely.intersects(piece, ground)]
