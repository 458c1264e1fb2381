"""How long does a walk take uphill and downhill? Heights along the streets -> minutes of the walks; metres decide.

Tobler's hiking function (W. Tobler, 1993, NCGIA report 93-1): speed falls by exp(-3.5 |slope + 0.05|), fastest on a
gentle way down. It is scaled so that flat ground gives the walker's stated speed. Every street is cut into pieces as
long as a cell of the open elevation models; a piece without a height counts as flat, and so do legs.
"""

from collections.abc import Collection, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geoplan.schema import conform

STEEPNESS, GENTLE_DOWN = 3.5, 0.05  # of Tobler's function
PIECE_M = 30.0  # cell of the open elevation models (SRTM, ALOS): finer pieces would read its noise
STEEPEST = 0.6  # about a stair; what is steeper is a bridge or a cutting that the raster does not see
EXISTING, TODAY = "existing", "today"
SAME_M = 1e-5


def list_spots(edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the points between which slopes are taken: edge, at_m (along it) and geometry, in order along each edge.

    Parameters
    ----------
    edges
        Table `edges` of the network.

    Returns
    -------
    spots
        Both ends of every edge and points at most PIECE_M apart between them.
    """
    length = edges["length_m"].to_numpy()
    pieces = np.maximum(1, np.ceil(length / PIECE_M)).astype(int)
    edge = np.repeat(np.arange(len(edges)), pieces + 1)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(pieces + 1) - pieces - 1, pieces + 1)
    at_m = length[edge] * number / pieces[edge]
    points = shapely.line_interpolate_point(edges.geometry.to_numpy()[edge], at_m)
    return gpd.GeoDataFrame({"edge": edge, "at_m": at_m}, geometry=points, crs=edges.crs)


def climb(edges: gpd.GeoDataFrame, spots: pd.DataFrame, heights: np.ndarray) -> pd.DataFrame:
    """Return for each edge how many metres on the flat take as long, along it (ahead_m) and against it (back_m).

    Parameters
    ----------
    edges
        Table `edges` of the network.
    spots
        As `list_spots` returns them.
    heights
        Of the spots, in metres; missing where unknown.

    Returns
    -------
    climbs
        ahead_m and back_m by edge.
    """
    same_edge = np.diff(spots["edge"].to_numpy()) == 0
    run = np.diff(spots["at_m"].to_numpy())[same_edge]
    rise = np.nan_to_num(np.diff(heights)[same_edge])
    slope = np.clip(np.divide(rise, run, out=np.zeros_like(rise), where=run > 0), -STEEPEST, STEEPEST)
    pieces = pd.DataFrame({
        "edge": spots["edge"].to_numpy()[:-1][same_edge], "ahead_m": run * slowness(slope),
        "back_m": run * slowness(-slope)})
    return pieces.groupby("edge")[["ahead_m", "back_m"]].sum().reindex(np.arange(len(edges))).fillna(0.0)


def slowness(slope: np.ndarray) -> np.ndarray:
    """Return how many times longer than on the flat it takes to walk a slope (rise over run, uphill above zero)."""
    return np.asarray(np.exp(STEEPNESS * (np.abs(slope + GENTLE_DOWN) - GENTLE_DOWN)))


def walk_slopes(
    walks: pd.DataFrame, facilities: pd.DataFrame, access: pd.DataFrame, snaps: pd.DataFrame,
    edges: gpd.GeoDataFrame, climbs: pd.DataFrame, *, speeds: Mapping[str, float], elderly_types: Collection[str],
) -> pd.DataFrame:
    """Return the walks with the minutes that slopes make of them, from the estate to the facility.

    Distances and facilities stay as they are, and so do walks that lead through opened walls and are shorter than
    today's: of those only the flat minutes are known.

    Parameters
    ----------
    walks
        Table `walks` by `find_walks`, with or without the state opened.
    facilities, access, snaps, edges
        As for `find_walks`.
    climbs
        As `climb` returns them.
    speeds, elderly_types
        As for `find_walks`.

    Returns
    -------
    walks
        Table `walks` with other minutes.
    """
    doors = facilities.loc[facilities["status"] == EXISTING, ["facility_id", "facility_type"]].merge(
        snaps.dropna(subset="edge").astype({"edge": "int64"}), on="facility_id").sort_values(
        "facility_id", ignore_index=True)
    streets = _streets(edges, climbs)
    timed = [_timed(access, doors[doors["facility_type"] == code].reset_index(drop=True), streets, code)
             for code in sorted(doors["facility_type"].dropna().unique())]
    columns = ["estate_id", "facility_type", "street_m", "flat_m"]
    flat = pd.concat(timed) if timed else pd.DataFrame({name: [] for name in columns}).astype(
        {"estate_id": "str", "facility_type": "str"})
    told = walks.merge(flat, on=["estate_id", "facility_type"], how="left")
    is_same = (told["distance_m"] - told["street_m"]).abs() <= SAME_M
    pace = np.where(told["facility_type"].isin(elderly_types), speeds["elderly"], speeds["adult"])
    minutes = told["minutes"].where(~is_same, told["flat_m"] / pace)
    return conform("walks", told.assign(minutes=minutes, walking=None))


def _streets(edges: pd.DataFrame, climbs: pd.DataFrame) -> pd.DataFrame:
    """Return the edges both ways: tail, head, length_m, and walk_m, the flat metres of walking from head to tail."""
    one, other = edges["from_node"].to_numpy(), edges["to_node"].to_numpy()
    length, ahead, back = edges["length_m"].to_numpy(), climbs["ahead_m"].to_numpy(), climbs["back_m"].to_numpy()
    every = np.arange(len(edges))
    return pd.DataFrame({
        "tail": np.concatenate([one, other]), "head": np.concatenate([other, one]),
        "length_m": np.tile(length, 2), "walk_m": np.concatenate([back, ahead]), "edge": np.tile(every, 2),
    })


def _timed(access: pd.DataFrame, doors: pd.DataFrame, streets: pd.DataFrame, facility_type: str) -> pd.DataFrame:
    """Return estate_id, street_m and flat_m of the shortest walk of each estate to the nearest of the doors.

    The search runs from the doors outward; a link stands for the walk the other way, from its head to its tail.
    """
    nodes = int(streets["tail"].max()) + 1
    ends = _ends(doors, streets).assign(tail=lambda links: nodes + links["place"], head=lambda links: links["node"])
    every = pd.concat([streets[["tail", "head", "length_m", "walk_m"]],
                       ends.assign(walk_m=ends["in_m"])[["tail", "head", "length_m", "walk_m"]]])
    every = every.sort_values(["tail", "head", "length_m", "walk_m"], kind="stable").drop_duplicates(["tail", "head"])
    count = nodes + len(doors)
    graph, costs = (_matrix(every, name, count) for name in ("length_m", "walk_m"))
    far, before, _ = dijkstra(graph, indices=nodes + np.arange(len(doors)), min_only=True, return_predecessors=True)
    ways: pd.DataFrame = pd.concat([_by_corner(access, streets, far), _along_edge(access, doors, streets)])
    ways = ways.loc[np.isfinite(ways["street_m"])].sort_values(
        ["estate_id", "street_m", "flat_m"], kind="stable").drop_duplicates("estate_id", ignore_index=True)
    return ways.assign(flat_m=ways["flat_m"] + _followed(ways["node"], before, costs), facility_type=facility_type)


def _ends(places: pd.DataFrame, streets: pd.DataFrame) -> pd.DataFrame:
    """Return for each place both corners of its edge: place, node, length_m with the leg, flat metres in and out."""
    half = len(streets) // 2
    edge = places["edge"].to_numpy(int)
    ahead = streets.iloc[half + edge]  # walking from its head to its tail is walking along the edge
    back = streets.iloc[edge]
    length, leg = ahead["length_m"].to_numpy(), places["leg_m"].to_numpy()
    along = np.minimum(places["along_m"].to_numpy(), length)
    part = np.divide(along, length, out=np.zeros_like(length), where=length > 0)
    up, down = ahead["walk_m"].to_numpy(), back["walk_m"].to_numpy()
    place = np.arange(len(places))
    return pd.concat([
        pd.DataFrame({"place": place, "node": back["tail"].to_numpy(), "length_m": leg + along,
                      "in_m": leg + up * part, "out_m": leg + down * part}),
        pd.DataFrame({"place": place, "node": back["head"].to_numpy(), "length_m": leg + length - along,
                      "in_m": leg + down * (1 - part), "out_m": leg + up * (1 - part)}),
    ], ignore_index=True)


def _by_corner(access: pd.DataFrame, streets: pd.DataFrame, far: np.ndarray) -> pd.DataFrame:
    ends = _ends(access, streets)
    return pd.DataFrame({
        "estate_id": access["estate_id"].to_numpy()[ends["place"]], "node": ends["node"],
        "street_m": ends["length_m"] + far[ends["node"]], "flat_m": ends["out_m"]})


def _along_edge(access: pd.DataFrame, doors: pd.DataFrame, streets: pd.DataFrame) -> pd.DataFrame:
    """Return the walks that turn no corner: from an access point to a door on the same edge."""
    both = access.merge(doors, on="edge", suffixes=("", "_door"))
    half = len(streets) // 2
    edge = both["edge"].to_numpy(int)
    length = streets["length_m"].to_numpy()[edge]
    step = both["along_m_door"].to_numpy() - both["along_m"].to_numpy()
    walk_m = np.where(step > 0, streets["walk_m"].to_numpy()[half + edge], streets["walk_m"].to_numpy()[edge])
    part = np.divide(np.abs(step), length, out=np.zeros_like(length), where=length > 0)
    legs = both["leg_m"].to_numpy() + both["leg_m_door"].to_numpy()
    return pd.DataFrame({
        "estate_id": both["estate_id"], "node": -1, "street_m": legs + np.abs(step), "flat_m": legs + walk_m * part})


def _followed(starts: pd.Series, before: np.ndarray, costs: csr_array) -> np.ndarray:
    """Return the flat metres of walking from each node back to the door its search came from, step by step."""
    walked, at = np.zeros(len(starts)), starts.to_numpy(int).copy()
    going = np.flatnonzero(at >= 0)
    going = going[before[at[going]] >= 0]
    while len(going):
        onward = before[at[going]]
        walked[going] += np.asarray(costs[onward, at[going]]).ravel()
        at[going] = onward
        going = going[before[onward] >= 0]
    return walked


def _matrix(links: pd.DataFrame, column: str, count: int) -> csr_array:
    rows = np.searchsorted(links["tail"], np.arange(count + 1))
    return csr_array((links[column].to_numpy(float), links["head"].to_numpy(int), rows), shape=(count, count))
