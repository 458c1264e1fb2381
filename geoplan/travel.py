"""How far is it from every estate to the nearest facility of every type? Network and access points -> walks.

One multi-source search a type (Dijkstra, scipy.sparse.csgraph): it starts at all facilities of the type at once and
runs to the estates, which is the same walk backwards. Everything that is walked to or from is a node of its own: points
on streets are nodes put into their edges, so two points of one edge need no special case; facilities and estates are
nodes beside the streets, joined to their points by their legs in one direction, so no walk runs through them.
"""

from collections.abc import Collection, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geoplan.graphs import both_ways, lay_graph, nearest_of
from geoplan.schema import conform, empty_table
from geoplan.shapes import representative_points

SAME_M = 1e-6  # distances nearer to each other than this are equal: below it lies the noise of adding lengths
DECIMALS = 6  # of a distance in metres, by SAME_M
EXISTING = "existing"
TODAY = "today"
NEAR_M = 2000.0  # pairs farther apart than most of an area are looked for once more, without a limit
MATRIX_CELLS = 5_000_000  # how many distances are held at once between estates and nodes: 40 MB


def find_walks(
    estates: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    access: pd.DataFrame,
    snaps: pd.DataFrame,
    edges: gpd.GeoDataFrame,
    joints: pd.DataFrame | None,
    *,
    state: str,
    speeds: Mapping[str, float],
    elderly_types: Collection[str],
    types: Sequence[str],
) -> pd.DataFrame:
    """Return the walk from each estate to the nearest facility of each type, along streets.

    Parameters
    ----------
    estates
        Layer `estates`.
    facilities
        Layer `facilities`; those of status existing are walked to, and of two equally near ones the first by id.
    access
        Where estates are entered.
    snaps
        Where facilities are reached: facility_id, edge, along_m, leg_m.
    edges
        Table `edges` of the network.
    joints
        estate_a, estate_b, length_m: estates that may be walked through, from one to the other and from street to
        street; None for none.
    state
        Written into the table: today or opened.
    speeds
        Metres per minute of `adult` and `elderly`.
    elderly_types
        Types that elderly people walk to.
    types
        Types to look for; one without any facility in the data gives no row.

    Returns
    -------
    walks
        Table `walks`; distance, minutes and facility are missing where no facility is reached.
    """
    doors = _doors(facilities, snaps)
    spots = pd.concat([access[["edge", "along_m"]], doors[["edge", "along_m"]]])
    streets, node, count = _with_spots(edges, spots)
    at_access, at_door = node[: len(access)], node[len(access):]
    homes = pd.Series(np.arange(count, count + len(estates)), index=estates["estate_id"].to_numpy())
    first_door = count + len(estates)
    legs_in = _links(first_door + np.arange(len(doors)), at_door, doors["leg_m"] + doors["tie_m"])
    legs_out = _links(at_access, homes[access["estate_id"]].to_numpy(), access["leg_m"])
    inside = _through(joints, legs_out, homes)
    graph = lay_graph([*both_ways(streets), legs_in, legs_out, *inside], first_door + len(doors))
    tables = [
        _nearest(graph, homes, doors[doors["facility_type"] == code], first_door).assign(facility_type=code)
        for code in _brought(facilities, types)
    ]
    return _walks(tables, state, speeds, elderly_types)


def straight_walks(
    estates: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    detour: float,
    speeds: Mapping[str, float],
    elderly_types: Collection[str],
    types: Sequence[str],
    state: str = TODAY,
) -> pd.DataFrame:
    """Return the walks where no streets were brought: the straight line from the representative point, times `detour`.

    Parameters
    ----------
    estates, facilities, speeds, elderly_types, types, state
        As for `find_walks`.
    detour
        Street distance over straight distance.

    Returns
    -------
    walks
        Table `walks`.
    """
    starts = shapely.get_coordinates(representative_points(estates.geometry))
    open_now = facilities[facilities["status"] == EXISTING].sort_values("facility_id")
    tables = []
    for facility_type in _brought(facilities, types):
        doors = open_now[open_now["facility_type"] == facility_type]
        found = {"distance_m": np.nan, "facility_id": None}
        if len(doors):
            tree = cKDTree(shapely.get_coordinates(doors.geometry))
            straight_m, _ = tree.query(starts)
            first = [min(near) for near in tree.query_ball_point(starts, straight_m + SAME_M)]
            found = {"distance_m": straight_m * detour, "facility_id": doors["facility_id"].to_numpy()[first]}
        tables.append(pd.DataFrame({"estate_id": estates["estate_id"], "facility_type": facility_type, **found}))
    return _walks(tables, state, speeds, elderly_types)


def walk_between(
    pairs: pd.DataFrame, access: pd.DataFrame, edges: gpd.GeoDataFrame, *, limit_m: float,
) -> pd.DataFrame:
    """Return how far it is along streets from any access point of one estate to any of the other, legs not counted.

    Parameters
    ----------
    pairs
        estate_a, estate_b.
    access
        Where estates are entered.
    edges
        Table `edges` of the network.
    limit_m
        Pairs farther apart are not looked for.

    Returns
    -------
    between
        estate_a, estate_b, distance_m (missing above the limit and where there is no way), in the order of `pairs`.
    """
    return _between(pairs[["estate_a", "estate_b"]], access.assign(leg_m=0.0), edges, limit_m)


def walk_home_to_home(pairs: pd.DataFrame, access: pd.DataFrame, edges: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how far it is from one estate to the other along streets, both legs counted and through no third estate.

    Parameters
    ----------
    pairs
        estate_a, estate_b, and what else belongs to a pair.
    access
        Where estates are entered.
    edges
        Table `edges` of the network.

    Returns
    -------
    between
        `pairs` with distance_m (missing where there is no way).
    """
    between = _between(pairs, access, edges, NEAR_M)
    is_open = between["distance_m"].isna()
    far = _between(between[is_open], access, edges, np.inf)
    between.loc[is_open, "distance_m"] = far["distance_m"].to_numpy()
    return between


def walk_door_to_door(
    pairs: pd.DataFrame, access: pd.DataFrame, edges: gpd.GeoDataFrame, *, limit_m: float,
) -> pd.DataFrame:
    """Return how far it is from one place to the other along streets, both legs counted and through no third place.

    Parameters
    ----------
    pairs
        estate_a, estate_b (estates, or other places that `access` names so), and what else belongs to a pair.
    access
        Where the places are entered.
    edges
        Table `edges` of the network.
    limit_m
        Pairs farther apart are not looked for.

    Returns
    -------
    between
        `pairs` with distance_m (missing above the limit and where there is no way).
    """
    return _between(pairs, access, edges, limit_m)


def _brought(facilities: pd.DataFrame, types: Sequence[str]) -> list[str]:
    brought = set(facilities["facility_type"].dropna())
    return [code for code in types if code in brought]


def _doors(facilities: pd.DataFrame, snaps: pd.DataFrame) -> pd.DataFrame:
    """Return the facilities that are walked to, by id, with what the graph adds to a leg so that the first id wins."""
    doors = facilities.loc[facilities["status"] == EXISTING, ["facility_id", "facility_type"]]
    doors = doors.merge(snaps.dropna(subset="edge"), on="facility_id").sort_values("facility_id", ignore_index=True)
    rank = doors.groupby("facility_type").cumcount()
    return doors.assign(tie_m=SAME_M * rank / max(1, rank.max()) if len(rank) else 0.0)


def _with_spots(edges: pd.DataFrame, spots: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, int]:
    """Return the links of the network with every spot a node, the node of each spot, and the count of nodes."""
    tail, head = edges["from_node"].to_numpy(), edges["to_node"].to_numpy()
    length = edges["length_m"].to_numpy()
    edge = spots["edge"].to_numpy(int)
    along = np.clip(spots["along_m"].to_numpy(float), 0, length[edge])
    nodes = max(tail.max(initial=-1), head.max(initial=-1)) + 1
    order = np.lexsort((along, edge))
    is_new = (np.diff(edge[order], prepend=-1) != 0) | (np.diff(along[order], prepend=-1) != 0)
    node = np.empty(len(edge), int)
    node[order] = nodes + np.cumsum(is_new) - 1

    every = np.arange(len(edges))
    stops = {
        "edge": np.concatenate([every, edge, every]), "at_m": np.concatenate([np.zeros(len(edges)), along, length]),
        "kind": np.repeat([0, 1, 2], [len(edges), len(edge), len(edges)]), "node": np.concatenate([tail, node, head]),
    }
    order = np.lexsort((stops["at_m"], stops["kind"], stops["edge"]))
    edge, at_m, stop = stops["edge"][order], stops["at_m"][order], stops["node"][order]
    on = edge[1:] == edge[:-1]
    return _links(stop[:-1][on], stop[1:][on], np.diff(at_m)[on]), node, nodes + int(is_new.sum())


def _links(tail: np.ndarray, head: np.ndarray, length_m: np.ndarray | pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"tail": tail, "head": head, "length_m": np.asarray(length_m, float)})


def _through(joints: pd.DataFrame | None, legs_out: pd.DataFrame, homes: pd.Series) -> list[pd.DataFrame]:
    """Return the links that lead through estates: from one to the other, and from an estate back to the street."""
    if joints is None or joints.empty:
        return []
    one, other = homes[joints["estate_a"]].to_numpy(), homes[joints["estate_b"]].to_numpy()
    opened = legs_out[legs_out["head"].isin([*one, *other])]
    return [*both_ways(_links(one, other, joints["length_m"])), both_ways(opened)[1]]


def _between(pairs: pd.DataFrame, access: pd.DataFrame, edges: gpd.GeoDataFrame, limit_m: float) -> pd.DataFrame:
    between = pairs.reset_index(drop=True)
    if access.empty:
        return between.assign(distance_m=np.nan)
    estates = pd.Index(sorted(access["estate_id"].unique()))
    streets, node, count = _with_spots(edges, access)
    position = estates.get_indexer(access["estate_id"])
    out = _links(count + position, node, access["leg_m"])
    back = _links(node, count + len(estates) + position, access["leg_m"])
    graph = lay_graph([*both_ways(streets), out, back], count + 2 * len(estates))
    start, goal = (estates.get_indexer(between[side]) for side in ("estate_a", "estate_b"))
    known = np.flatnonzero((start >= 0) & (goal >= 0))
    between["distance_m"] = np.nan
    sources, row = np.unique(start[known], return_inverse=True)
    size = max(1, MATRIX_CELLS // graph.shape[0])
    for low in range(0, len(sources), size):
        reached = dijkstra(graph, indices=count + sources[low:low + size], limit=limit_m + SAME_M)
        here = (row >= low) & (row < low + size)
        found = reached[row[here] - low, count + len(estates) + goal[known[here]]]
        between.loc[known[here], "distance_m"] = np.where(np.isfinite(found), found, np.nan).round(DECIMALS)
    return between


def _nearest(graph: csr_array, homes: pd.Series, doors: pd.DataFrame, first_door: int) -> pd.DataFrame:
    distance_m, facility = np.full(len(homes), np.nan), np.full(len(homes), None, dtype=object)
    if len(doors):
        walked, source = nearest_of(graph, first_door + doors.index.to_numpy())
        at_home, source = walked[homes], source[homes]
        reached = np.isfinite(at_home)
        nearest = doors.index.get_indexer(source[reached] - first_door)
        distance_m[reached] = at_home[reached] - doors["tie_m"].to_numpy()[nearest]
        facility[reached] = doors["facility_id"].to_numpy()[nearest]
    return pd.DataFrame({"estate_id": homes.index, "distance_m": distance_m, "facility_id": facility})


def _walks(
    tables: list[pd.DataFrame], state: str, speeds: Mapping[str, float], elderly_types: Collection[str],
) -> pd.DataFrame:
    if not tables:
        return empty_table("walks")
    walks = pd.concat(tables)
    pace = np.where(walks["facility_type"].isin(elderly_types), speeds["elderly"], speeds["adult"])
    distance = walks["distance_m"].astype(float).round(DECIMALS)
    return conform("walks", walks.assign(
        state=state, distance_m=distance, minutes=distance / pace, walking=None))
