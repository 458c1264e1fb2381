"""Which are the nearest few facilities of every type, not the nearest one only? Network and doors -> ranked walks.

The search goes out ring by ring: who has not met enough facilities within a radius is asked again within twice that.
Everything within a radius is met at its true distance, so the first few met are the nearest few; no search runs over
the whole town unless an estate has nothing near.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from geoplan.schema import conform, empty_table
from geoplan.shapes import representative_points
from geoplan.travel import DECIMALS, walk_door_to_door

EXISTING = "existing"
FIRST_RADIUS_M = 500.0  # of the first ring: the 10-minute circle of GB 50180-2018, where most types are met
LAST_RADIUS_M = 4000.0  # beyond it everything is looked for at once
SLACK_M = 1.0  # street ends that nearly meet are joined, so a walk may be a trifle shorter than the straight line
SLACK = 1.05
NETWORK, STRAIGHT = "network", "straight_line"


def find_nearest(
    estates: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, access: pd.DataFrame, snaps: pd.DataFrame,
    edges: gpd.GeoDataFrame, *, count: int, speeds: Mapping[str, float], elderly_types: Collection[str],
    types: Sequence[str],
) -> pd.DataFrame:
    """Return the walks from each estate to the nearest `count` facilities of each type, along streets.

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
    count
        How many of each type; 0 leaves the table empty.
    speeds
        Metres per minute of `adult` and `elderly`.
    elderly_types
        Types that elderly people walk to.
    types
        Types to look for.

    Returns
    -------
    nearest
        Table `nearest`; an estate that reaches fewer has fewer rows.
    """
    if not count:
        return empty_table("nearest")
    doors = _doors(facilities, types).merge(snaps.dropna(subset="edge"), on="facility_id").astype({"edge": "int64"})
    homes = _homes(estates)
    homes = homes[homes["estate_id"].isin(access["estate_id"])].reset_index(drop=True)
    places = _places(access, doors)
    rings, left = [], _everyone(homes, doors, count)
    radius = FIRST_RADIUS_M
    while len(left):
        pairs = _pairs(homes, doors, left, radius)
        met = walk_door_to_door(pairs, places, edges, limit_m=radius).dropna(subset="distance_m")
        is_last = not np.isfinite(radius)
        full = met.groupby(["estate_id", "facility_type"], as_index=False).size().merge(left)
        done = left if is_last else full.loc[full["size"] >= full["wanted"], left.columns]
        rings.append(met.merge(done[["estate_id", "facility_type"]]))
        left = left.merge(done[["estate_id", "facility_type"]], how="left", indicator="found")
        left = left.loc[left["found"] == "left_only", done.columns].reset_index(drop=True)
        radius = 2 * radius if 2 * radius <= LAST_RADIUS_M else np.inf
    return _ranked(rings, count, speeds, elderly_types, NETWORK)


def straight_nearest(
    estates: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, *, detour: float, count: int,
    speeds: Mapping[str, float], elderly_types: Collection[str], types: Sequence[str],
) -> pd.DataFrame:
    """Return the nearest few where no streets were brought: the straight line, times `detour`.

    Parameters
    ----------
    estates, facilities, count, speeds, elderly_types, types
        As for `find_nearest`.
    detour
        Street distance over straight distance.

    Returns
    -------
    nearest
        Table `nearest`.
    """
    if not count:
        return empty_table("nearest")
    homes, doors = _homes(estates), _doors(facilities, types)
    rings = [_straight(homes, doors[doors["facility_type"] == code], count).assign(facility_type=code)
             for code in sorted(doors["facility_type"].unique())]
    met = [ring.assign(distance_m=ring["distance_m"] * detour) for ring in rings]
    return _ranked(met, count, speeds, elderly_types, STRAIGHT)


def _doors(facilities: gpd.GeoDataFrame, types: Sequence[str]) -> pd.DataFrame:
    doors = facilities[(facilities["status"] == EXISTING) & facilities["facility_type"].isin(types)]
    xy = shapely.get_coordinates(doors.geometry).reshape(-1, 2)
    placed = pd.DataFrame(doors[["facility_id", "facility_type"]]).assign(x=xy[:, 0], y=xy[:, 1])
    return placed.sort_values("facility_id", ignore_index=True)


def _homes(estates: gpd.GeoDataFrame) -> pd.DataFrame:
    xy = shapely.get_coordinates(representative_points(estates.geometry)).reshape(-1, 2)
    return pd.DataFrame({"estate_id": estates["estate_id"].to_numpy(), "x": xy[:, 0], "y": xy[:, 1]})


def _places(access: pd.DataFrame, doors: pd.DataFrame) -> pd.DataFrame:
    """Return where estates and facilities stand on the streets; their ids may be the same."""
    named = doors.assign(estate_id="facility " + doors["facility_id"])
    return pd.concat([
        access.assign(estate_id="estate " + access["estate_id"]), named[["estate_id", "edge", "along_m", "leg_m"]],
    ], ignore_index=True)


def _everyone(homes: pd.DataFrame, doors: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return every estate and type with how many are wanted: `count`, or all where there are fewer."""
    wanted = doors.groupby("facility_type").size().clip(upper=count).rename("wanted").reset_index()
    return homes[["estate_id"]].merge(wanted, how="cross")


def _pairs(homes: pd.DataFrame, doors: pd.DataFrame, left: pd.DataFrame, radius: float) -> pd.DataFrame:
    """Return the estates and facilities that may be within the radius of each other, of the estates and types left."""
    near = [
        _near(homes[homes["estate_id"].isin(asked["estate_id"])], doors[doors["facility_type"] == code], radius)
        .assign(facility_type=code) for code, asked in left.groupby("facility_type")
    ]
    pairs = pd.concat(near, ignore_index=True)
    return pairs.assign(estate_a="estate " + pairs["estate_id"], estate_b="facility " + pairs["facility_id"])


def _near(homes: pd.DataFrame, doors: pd.DataFrame, radius: float) -> pd.DataFrame:
    if not np.isfinite(radius):
        return homes[["estate_id"]].merge(doors[["facility_id"]], how="cross")
    trees = [cKDTree(places[["x", "y"]]) for places in (homes, doors)]
    found = trees[0].sparse_distance_matrix(trees[1], radius * SLACK + SLACK_M, output_type="ndarray")
    return _pair(homes, doors, found["i"], found["j"])


def _pair(homes: pd.DataFrame, doors: pd.DataFrame, home: Any, door: Any) -> pd.DataFrame:
    return pd.DataFrame({
        "estate_id": homes["estate_id"].to_numpy()[home], "facility_id": doors["facility_id"].to_numpy()[door]})


def _straight(homes: pd.DataFrame, doors: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the nearest few doors as the crow flies, with all that are as near as the last of them."""
    tree, starts = cKDTree(doors[["x", "y"]]), homes[["x", "y"]].to_numpy()
    last_m = tree.query(starts, k=[min(count, len(doors))])[0][:, 0]
    met = tree.query_ball_point(starts, last_m + 10.0 ** -DECIMALS)
    home = np.repeat(np.arange(len(homes)), [len(some) for some in met])
    door = np.array([one for some in met for one in some], dtype=int)
    apart = starts[home] - doors[["x", "y"]].to_numpy()[door]
    return _pair(homes, doors, home, door).assign(distance_m=np.hypot(*apart.T))


def _ranked(
    rings: Sequence[pd.DataFrame], count: int, speeds: Mapping[str, float], elderly_types: Collection[str],
    walking: str,
) -> pd.DataFrame:
    if not rings:
        return empty_table("nearest")
    met = pd.concat(rings, ignore_index=True)
    met["distance_m"] = met["distance_m"].astype(float).round(DECIMALS)
    met = met.sort_values(["estate_id", "facility_type", "distance_m", "facility_id"], ignore_index=True)
    met["rank"] = met.groupby(["estate_id", "facility_type"]).cumcount() + 1
    pace = np.where(met["facility_type"].isin(elderly_types), speeds["elderly"], speeds["adult"])
    ranked = met.assign(minutes=met["distance_m"] / pace, walking=walking)
    return conform("nearest", ranked[ranked["rank"] <= count])
