"""What could go into each reuse site, how large, at what price, and what bars the rest?

A site meets every facility type that siting may place (`place` in the catalogue): rooms are converted, outdoor grounds
are laid out on idle land, and a service that needs rooms may be built on idle land where its use allows it (infill).
Sizes are whole square metres: what a site has is rounded down, what a type needs is rounded up. Of several bars the
gravest is named, so that the mildest of all sites tells how near a gap came to being closed.
"""

from collections.abc import Collection, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.schema import split_list
from geoplan.sites import LAND_KINDS, find_faults, is_without_lift, judge_sites

ELDER_USE = "养老"  # in an allowed use: any elder-care type, as the clause names them (QH21-29)
CARE_KINDS = ("elder", "child")
ROOMS, INFILL, LAND = "rooms", "infill", "land"
NEVER = np.inf


def find_offers(
    sites: gpd.GeoDataFrame, catalogue: pd.DataFrame, *, types: Collection[str], accept: Collection[str],
    least_m2: Mapping[str, float], prices: Mapping[str, float], floor_ratio: float, last_year: int,
) -> pd.DataFrame:
    """Return every pair of a reuse site and a facility type that siting may place, with what bars it.

    Parameters
    ----------
    sites
        Layer `sites`.
    catalogue
        Facility catalogue.
    types
        Types to be placed; empty for all that may be.
    accept
        Which sites are planned with: usable, to_check.
    least_m2
        Smallest area of types for which the catalogue has none; a type in neither is not offered.
    prices
        Yuan per square metre of `conversion` and `outdoor` works where a site names no price of its own, and of an
        `infill` building, for which the price of bare land says nothing.
    floor_ratio
        Floor area that may be built per land area.
    last_year
        Last year of the programme.

    Returns
    -------
    offers
        site_id, facility_type, use (rooms / infill / land), is_elder_rooms, is_care, site_m2 (what the site has: floor
        area of rooms, area of land), least_m2, most_m2 (they differ for elder-care rooms only, which may be as large as
        the shortage asks), ground_m2 (what the smallest takes of the site), ground_per_m2 (what each further square
        metre takes), yuan_per_m2, reason (a code of open_reasons, empty where nothing bars it); sorted by the ids.
    """
    placed = catalogue[catalogue["place"].ne("") & (catalogue["facility_type"].isin(list(types)) | (not types))]
    is_land = sites["site_kind"].isin(LAND_KINDS)
    room_m2 = sites["floor_area_m2"].where(~is_land, sites["land_area_m2"].fillna(sites["floor_area_m2"]))
    faults, judged = find_faults(sites), judge_sites(sites)
    facts = pd.DataFrame({
        "site_id": sites["site_id"], "is_land": is_land, "site_m2": np.floor(room_m2.astype("float64")),
        "storey": sites["storey"], "is_without_lift": is_without_lift(sites),
        "own_price": sites["conversion_yuan_per_m2"], "uses": sites["allowed_types"].map(split_list),
        "is_unsafe": faults["structure"] | faults["fire"],
        "is_basement": faults["basement"], "is_refused": faults["refused"], "is_off_plan": faults["plan_conformity"],
        "is_late": sites["available_year"].gt(last_year).fillna(False).astype(bool),
        "is_left_out": ~judged["reason"].where(judged["reason"].eq("to_check"), "usable").isin(list(accept)),
    })
    pairs = facts.merge(_type_facts(placed, least_m2), how="cross")
    sized = _sized(pairs, floor_ratio)
    columns = ["site_id", "facility_type", "use", "is_elder_rooms", "is_care", "site_m2", "least_m2", "most_m2",
               "ground_m2", "ground_per_m2", "yuan_per_m2", "reason"]
    offers = sized.assign(yuan_per_m2=_price(sized, prices), reason=_bars(sized))
    return offers.sort_values(["site_id", "facility_type"], ignore_index=True)[columns]


def _type_facts(placed: pd.DataFrame, least_m2: Mapping[str, float]) -> pd.DataFrame:
    """Return what is asked of each type; its least area is missing where neither catalogue nor planner says one."""
    is_rooms = placed["place"].eq(ROOMS)
    said = placed["min_building_m2"].where(is_rooms, placed["min_land_m2"])
    return pd.DataFrame({
        "facility_type": placed["facility_type"], "is_rooms": is_rooms, "kind": placed["kind"],
        "is_elder_rooms": placed["elder_rooms"].eq("all") & is_rooms, "is_care": placed["kind"].isin(CARE_KINDS),
        "least_m2": np.ceil(said.fillna(placed["facility_type"].map(least_m2)).astype("float64")),
        "max_m2": np.floor(placed["max_building_m2"].fillna(NEVER)), "max_storey": placed["max_storey"].fillna(NEVER),
        "plot_m2": np.ceil(placed["min_land_m2"].fillna(0).where(is_rooms, 0)),
    })


def _sized(pairs: pd.DataFrame, floor_ratio: float) -> pd.DataFrame:
    """Return the pairs with their use, and what the smallest and the largest would take of the site."""
    is_infill = pairs["is_land"] & pairs["is_rooms"]
    use = np.select([is_infill, pairs["is_land"], pairs["is_rooms"]], [INFILL, LAND, ROOMS], "")
    per_m2 = np.where(is_infill, 1 / floor_ratio, 1.0)
    ground = np.maximum(np.ceil(pairs["least_m2"] * per_m2), np.where(is_infill, pairs["plot_m2"], 0))
    room = np.floor(pairs["site_m2"] / per_m2)
    most = room.clip(upper=pairs["max_m2"]).clip(lower=pairs["least_m2"])
    return pairs.assign(use=use, ground_m2=ground, ground_per_m2=per_m2,
                        most_m2=most.where(pairs["is_elder_rooms"], pairs["least_m2"]))


def _price(pairs: pd.DataFrame, prices: Mapping[str, float]) -> pd.Series:
    usual = pairs["use"].map({ROOMS: prices["conversion"], LAND: prices["outdoor"], INFILL: prices["infill"]})
    return pairs["own_price"].where(pairs["use"].ne(INFILL)).fillna(usual.astype("float64")).round(2)


def _bars(pairs: pd.DataFrame) -> np.ndarray:
    """Return the gravest of what bars each pair; a use that is not named is allowed where none is."""
    allows = [
        not uses or facility_type in uses or (kind == "elder" and any(ELDER_USE in said for said in uses))
        for uses, facility_type, kind in zip(pairs["uses"], pairs["facility_type"], pairs["kind"], strict=True)]
    is_too_high = pairs["storey"].astype("float64").gt(pairs["max_storey"]) & ~pairs["is_land"]
    bars = {
        "not_allowed": pairs["use"].eq("") | ~np.array(allows, dtype=bool),
        "structure": pairs["is_unsafe"],
        "storey": pairs["is_basement"] | is_too_high | (pairs["is_without_lift"] & pairs["kind"].eq("elder")),
        "plan_conformity": pairs["is_off_plan"],
        "no_consent": pairs["is_refused"],
        "no_data": pairs["site_m2"].isna() | pairs["least_m2"].isna(),
        "too_small": pairs["ground_m2"].gt(pairs["site_m2"]),
        "not_available_in_time": pairs["is_late"],
        "to_check": pairs["is_left_out"],
    }
    return np.select([bar.to_numpy(dtype=bool) for bar in bars.values()], list(bars), "")
