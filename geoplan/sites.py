"""What stands in the way of using a place: storey and lift, structure and fire, consent, plan conformity?"""

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.shapes import representative_points

LAND_KINDS = ("idle_land", "cleared_land")


def judge_sites(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return for every reuse site whether it can be used, and the first reason why not.

    `usable` is False only where a reason is known, and missing (to_check) where something has yet to be found out,
    asked or adjusted.

    Parameters
    ----------
    sites
        Layer `sites`.

    Returns
    -------
    judged
        site_id, usable, reason (codes of the list site_reason).
    """
    faults, is_checked = find_faults(sites), _is_checked(sites)
    codes = [str(code) for code in faults]
    reason = np.select([faults[code] for code in codes], codes, np.where(is_checked, "usable", "to_check"))
    is_free = ~faults.any(axis=1)
    usable = is_free.astype("boolean").mask(is_free & ~is_checked)
    return pd.DataFrame({"site_id": sites["site_id"], "usable": usable, "reason": reason})


def find_faults(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what is known to bar each site, gravest first; structure, fire safety and storey are no question for land.

    Parameters
    ----------
    sites
        Layer `sites`.

    Returns
    -------
    faults
        One boolean column per code of the list site_reason that bars a use, in the rows of `sites`.
    """
    is_room = ~sites["site_kind"].isin(LAND_KINDS)
    return pd.DataFrame({
        "basement": is_room & is_basement(sites),
        "no_area": _area_m2(sites).eq(0),
        "structure": is_room & sites["structure_ok"].eq(False).fillna(False).astype(bool),
        "fire": is_room & sites["fire_ok"].eq(False).fillna(False).astype(bool),
        "refused": sites["consent"].eq("refused"),
        "plan_conformity": sites["plan_conformity"].eq("no"),
    })


def find_places(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the points that sites are walked to, under the name of facilities: facility_id (the site's id), geometry.

    Parameters
    ----------
    sites
        Layer `sites`; of an outline the representative point counts.

    Returns
    -------
    places
        One row per site.
    """
    return gpd.GeoDataFrame({"facility_id": sites["site_id"]}, geometry=representative_points(sites.geometry),
                            crs=sites.crs)


def find_host_areas(sites: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> dict[str, str]:
    """Return site_id -> the area whose outline its point stands in; on a common border the first id."""
    pairs = gpd.sjoin(find_places(sites), areas[["area_id", "geometry"]], predicate="intersects")
    first = pairs.sort_values(["facility_id", "area_id"]).drop_duplicates("facility_id")
    return dict(zip(first["facility_id"], first["area_id"], strict=True))


def is_basement(places: pd.DataFrame) -> pd.Series:
    """Say which facilities or sites are known to lie below ground."""
    return places["is_basement"].fillna(False).astype(bool) | places["storey"].lt(0).fillna(False).astype(bool)


def is_upstairs(places: pd.DataFrame) -> pd.Series:
    """Say which facilities or sites are known to lie above the ground floor."""
    return places["storey"].gt(1).fillna(False).astype(bool)


def is_without_lift(places: pd.DataFrame) -> pd.Series:
    """Say which facilities or sites are known to lie above the ground floor with no lift."""
    return is_upstairs(places) & places["has_lift"].eq(False).fillna(False).astype(bool)


def _area_m2(sites: pd.DataFrame) -> pd.Series:
    is_land = sites["site_kind"].isin(LAND_KINDS)
    floor_m2, land_m2 = sites["floor_area_m2"], sites["land_area_m2"]
    return floor_m2.fillna(land_m2).where(~is_land, land_m2.fillna(floor_m2))


def _is_checked(sites: gpd.GeoDataFrame) -> pd.Series:
    """Say where nothing has to be found out, asked or adjusted any more."""
    is_land = sites["site_kind"].isin(LAND_KINDS)
    is_known_sound = sites["structure_ok"].notna() & sites["fire_ok"].notna()
    has_known_floor = sites["is_basement"].notna() | sites["storey"].notna()
    is_agreed = sites["consent"].eq("agreed") & sites["plan_conformity"].eq("yes")
    return pd.Series(_area_m2(sites).notna() & is_agreed & (is_land | is_known_sound & has_known_floor))
