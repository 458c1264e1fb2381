"""Which facilities lie within a walk of which estates? Network and access points -> every pair within a limit.

Distances are those of `walks`, legs included; there the nearest facility of a type is asked for, here all of them.
"""

import geopandas as gpd
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from geoplan.shapes import representative_points
from geoplan.travel import DECIMALS, walk_door_to_door

ROUGHLY = 1.05  # street ends that nearly meet are joined, so a walk may be a trifle shorter than the straight line


def find_reach(
    estates: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, access: pd.DataFrame, snaps: pd.DataFrame,
    edges: gpd.GeoDataFrame, *, limit_m: float,
) -> pd.DataFrame:
    """Return every estate and facility that are at most `limit_m` apart along streets.

    Parameters
    ----------
    estates
        Layer `estates`.
    facilities
        facility_id and geometry (points), of whatever status.
    access
        Where estates are entered.
    snaps
        Where facilities are reached: facility_id, edge, along_m, leg_m.
    edges
        Table `edges` of the network.
    limit_m
        The longest walk, both legs included.

    Returns
    -------
    reached
        estate_id, facility_id, distance_m; sorted by the ids.
    """
    near = _near(estates, facilities, limit_m * ROUGHLY)
    doors = snaps[snaps["edge"].notna() & snaps["facility_id"].isin(near["facility_id"])].astype({"edge": "int64"})
    places = pd.concat([  # ids of estates and facilities may be the same
        access.assign(estate_id="estate " + access["estate_id"]),
        doors.assign(estate_id="facility " + doors["facility_id"])[["estate_id", "edge", "along_m", "leg_m"]],
    ], ignore_index=True)
    pairs = near.assign(estate_a="facility " + near["facility_id"], estate_b="estate " + near["estate_id"])
    return _within(walk_door_to_door(pairs, places, edges, limit_m=limit_m), limit_m)


def straight_reach(
    estates: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, *, detour: float, limit_m: float,
) -> pd.DataFrame:
    """Return the pairs within reach where no streets were brought: straight line, times `detour`.

    Parameters
    ----------
    estates, facilities, limit_m
        As for `find_reach`.
    detour
        Street distance over straight distance.

    Returns
    -------
    reached
        As of `find_reach`.
    """
    near = _near(estates, facilities, limit_m * ROUGHLY / detour)
    return _within(near.assign(distance_m=near["straight_m"] * detour), limit_m)


def _near(estates: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, within_m: float) -> pd.DataFrame:
    """Return estate_id, facility_id and straight_m of the pairs whose points are near each other."""
    homes = shapely.get_coordinates(representative_points(estates.geometry)).reshape(-1, 2)
    doors = shapely.get_coordinates(facilities.geometry).reshape(-1, 2)
    found = cKDTree(homes).sparse_distance_matrix(cKDTree(doors), within_m, output_type="ndarray")
    return pd.DataFrame({
        "estate_id": estates["estate_id"].to_numpy()[found["i"]],
        "facility_id": facilities["facility_id"].to_numpy()[found["j"]], "straight_m": found["v"],
    })


def _within(pairs: pd.DataFrame, limit_m: float) -> pd.DataFrame:
    reached = pairs.assign(distance_m=pairs["distance_m"].round(DECIMALS))
    reached = reached.loc[reached["distance_m"] <= limit_m, ["estate_id", "facility_id", "distance_m"]]
    return reached.sort_values(["estate_id", "facility_id"], ignore_index=True)
