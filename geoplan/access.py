"""Where do estates and facilities meet the streets? Gates, street sides and doors -> points on edges, with their legs.

A leg is the straight line from a place to its point on a street. It is part of every walk, and it never crosses a hard
barrier: the next nearest street is taken instead.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import Finding
from geoplan.schema import keys_of, tables
from geoplan.shapes import representative_points

GATE_FAR_M = 200  # a gate farther from its estate bears another's id
TOUCH_M = 0.01  # a leg that lies no more than this inside a barrier touches it and does not cross it


def find_access(
    estates: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    edges: gpd.GeoDataFrame,
    hard_barriers: gpd.GeoDataFrame,
    *,
    access_m: float,
    max_snap_m: float,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return where each estate may be entered on foot.

    An estate that has gates is entered at its gates only; the leg then runs from the representative point through the
    gate to the nearest street. Any other estate is entered from every edge near its outline, at the edge's point
    nearest to the representative point; where there is none, from the one street nearest to the outline.

    Parameters
    ----------
    estates
        Layer `estates`.
    gates
        Layer `gates`; zero rows where it was not brought. A gate that names no estate belongs to the nearest outline
        within `access_m`.
    edges
        Table `edges` of the network.
    hard_barriers
        name, geometry: what no leg may cross.
    access_m
        How near to the outline an edge gives access.
    max_snap_m
        How far the nearest street may be from a gate, or from the outline of an estate without an edge in `access_m`.

    Returns
    -------
    access
        estate_id, edge, along_m, leg_m; several rows an estate, none where it cannot be reached.
    findings
        Gates of no estate, and every estate without access or off the main network, with the reason.
    """
    centres = representative_points(estates.geometry)
    owned, findings = _own_gates(estates, gates, access_m)
    outlines = _without(estates.geometry.to_numpy(), owned["place"])
    through = _through_gates(owned, centres, edges, hard_barriers, max_snap_m)
    around = _from_outlines(outlines, centres, edges, hard_barriers, (access_m, max_snap_m))
    ways = pd.concat([through, around])
    used = ways[ways["is_used"]].sort_values(["place", "edge", "along_m"], kind="stable", ignore_index=True)
    access = used[["edge", "along_m", "leg_m"]]
    access.insert(0, "estate_id", estates["estate_id"].to_numpy()[used["place"]])
    return access, [*findings, *_say_unreached(estates, "estate_id", ways, edges, max_snap_m)]


def snap_points(
    points: gpd.GeoDataFrame,
    id_column: str,
    edges: gpd.GeoDataFrame,
    hard_barriers: gpd.GeoDataFrame,
    *,
    max_snap_m: float,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the point of the nearest walkable street for each facility or site.

    Parameters
    ----------
    points
        Layer `facilities` or `sites`; of a polygon the representative point counts.
    id_column
        The key of that layer.
    edges
        Table `edges` of the network.
    hard_barriers
        name, geometry: what no leg may cross.
    max_snap_m
        Farther streets are not reached.

    Returns
    -------
    snaps
        The id, edge (missing where no street is reached), along_m, leg_m; one row a point, in the order of `points`.
    findings
        Every point without a street or off the main network, with the reason.
    """
    starts = representative_points(points.geometry)
    ways = _ways(starts, starts, edges, hard_barriers, max_snap_m)
    ways["is_used"] = _is_nearest(ways)
    used = ways[ways["is_used"]].set_index("place")[["edge", "along_m", "leg_m"]]
    snaps = used.astype({"edge": "Int64"}).reindex(np.arange(len(points)))
    snaps.insert(0, id_column, points[id_column].to_numpy())
    return snaps, _say_unreached(points, id_column, ways, edges, max_snap_m)


def _own_gates(
    estates: gpd.GeoDataFrame, gates: gpd.GeoDataFrame, access_m: float,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the gates that belong to an estate, with its position as `place`."""
    positions = pd.Series(np.arange(len(estates)), index=estates["estate_id"].to_numpy(), dtype="Int64")
    said = positions.reindex(gates["estate_id"].to_numpy()).set_axis(gates.index)
    tree = shapely.STRtree(estates.geometry.to_numpy())
    gate, estate = tree.query_nearest(gates.geometry.to_numpy(), max_distance=access_m)
    nearest = pd.Series(estate, index=gates.index[gate], dtype="Int64").groupby(level=0).min().reindex(gates.index)
    place = said.where(gates["estate_id"].notna(), nearest)
    lost = gates[place.isna()]
    findings = [
        Finding("access.gate_unowned", "gates", int(row), {"id": estate if isinstance(estate, str) else "–"})
        for row, estate in zip(lost["row"], lost["estate_id"], strict=True)
    ]
    owned = gates.assign(place=place)[place.notna()].astype({"place": int})
    gaps = shapely.distance(owned.geometry.to_numpy(), estates.geometry.to_numpy()[owned["place"]])
    findings += [
        Finding("access.gate_far", "gates", int(row), {"id": str(estate), "gap": round(gap)})
        for row, estate, gap in zip(owned["row"], owned["estate_id"], gaps, strict=True) if gap > GATE_FAR_M
    ]
    return owned, findings


def _through_gates(
    gates: gpd.GeoDataFrame,
    centres: np.ndarray,
    edges: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
    max_snap_m: float,
) -> pd.DataFrame:
    doors, inside = gates.geometry.to_numpy(), centres[gates["place"]]
    ways = _ways(doors, doors, edges, barriers, max_snap_m)
    gate = ways["place"].to_numpy()
    ways["barrier"] = ways["barrier"].fillna(pd.Series(_barrier_between(inside, doors, barriers)[gate]))
    ways["is_used"] = _is_nearest(ways)
    ways["leg_m"] += shapely.distance(inside, doors)[gate]
    return ways.assign(place=gates["place"].to_numpy()[gate])


def _from_outlines(
    outlines: np.ndarray,
    centres: np.ndarray,
    edges: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
    reach_m: tuple[float, float],
) -> pd.DataFrame:
    access_m, max_snap_m = reach_m
    beside = _ways(outlines, centres, edges, barriers, access_m)
    beside["is_used"] = beside["barrier"].isna()
    apart = _ways(_without(outlines, beside.loc[beside["is_used"], "place"]), centres, edges, barriers, max_snap_m)
    apart["is_used"] = _is_nearest(apart)
    return pd.concat([beside, apart])


def _without(shapes: np.ndarray, places: pd.Series) -> np.ndarray:
    left = shapes.copy()
    left[places] = None
    return left


def _ways(
    shapes: np.ndarray, starts: np.ndarray, edges: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame, within_m: float,
) -> pd.DataFrame:
    """Return every edge near a shape: place (of the shape), edge, gap_m, and the leg from the shape's start to it.

    `barrier` names what the leg would cross, and is missing where it crosses none.
    """
    lines = edges.geometry.to_numpy()
    place, edge = shapely.STRtree(lines).query(shapes, predicate="dwithin", distance=within_m)
    along = shapely.line_locate_point(lines[edge], starts[place])
    stops = shapely.line_interpolate_point(lines[edge], along)
    return pd.DataFrame({
        "place": place, "edge": edge, "gap_m": shapely.distance(shapes[place], lines[edge]), "along_m": along,
        "leg_m": shapely.distance(starts[place], stops), "barrier": _barrier_between(starts[place], stops, barriers),
    })


def _is_nearest(ways: pd.DataFrame) -> pd.Series:
    """Say of each way whether it is the nearest of its place that no barrier cuts."""
    passable = ways[ways["barrier"].isna()].sort_values(["place", "gap_m", "leg_m", "edge"], kind="stable")
    return pd.Series(ways.index.isin(passable.drop_duplicates("place").index), index=ways.index)


def _barrier_between(starts: np.ndarray, stops: np.ndarray, barriers: gpd.GeoDataFrame) -> np.ndarray:
    """Return for each leg the name of a barrier whose area it lies in or whose line it meets, touches left aside."""
    between = np.full(len(starts), None, dtype=object)
    long = np.flatnonzero(shapely.distance(starts, stops) > 2 * TOUCH_M)
    ends = np.stack([shapely.get_coordinates(starts[long]), shapely.get_coordinates(stops[long])], axis=1)
    legs = np.asarray(shapely.linestrings(ends))
    parts, of_part = shapely.get_parts(barriers.geometry.to_numpy(), return_index=True)
    part, leg = shapely.STRtree(legs).query(parts, predicate="intersects")
    inside_m = shapely.length(shapely.intersection(legs[leg], parts[part]))
    meets = shapely.intersects(shapely.linestrings(_shortened(ends[leg])), parts[part])
    is_cut = np.where(shapely.get_dimensions(parts[part]) > 1, inside_m > TOUCH_M, meets)
    between[long[leg[is_cut]]] = barriers["name"].to_numpy()[of_part[part[is_cut]]]
    return between


def _shortened(ends: np.ndarray) -> np.ndarray:
    steps = ends[:, 1] - ends[:, 0]
    touch = steps * (TOUCH_M / np.hypot(*steps.T))[:, None]
    return np.stack([ends[:, 0] + touch, ends[:, 1] - touch], axis=1)


def _say_unreached(
    places: gpd.GeoDataFrame, id_column: str, ways: pd.DataFrame, edges: gpd.GeoDataFrame, max_snap_m: float,
) -> list[Finding]:
    layer = next(layer for layer in tables("in") if keys_of(layer, "in") == [id_column])
    used = ways[ways["is_used"]]
    on_main = used[edges["component_id"].to_numpy()[used["edge"]] == 0]
    everyone = np.arange(len(places))
    has_street, has_way, has_main = (np.isin(everyone, some["place"]) for some in (ways, used, on_main))
    code = np.select(
        [~has_street, ~has_way, ~has_main], ["access.no_street", "access.blocked", "access.off_main"], "")
    barrier = ways.groupby("place")["barrier"].first()
    return [
        Finding(str(code[place]), layer, int(places["row"].iloc[place]), {
            "id": places[id_column].iloc[place], "limit": f"{max_snap_m:g}", "barrier": barrier.get(place)})
        for place in np.flatnonzero(code != "")
    ]
