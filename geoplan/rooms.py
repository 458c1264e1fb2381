"""Which elder-care rooms count, and how many square metres are they?

What counts are rooms, not buildings: of a mixed building only its elder-care rooms. Areas are kept as exact fractions
of the decimals the planner wrote; they become floats only in finished tables.
"""

import math
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import Finding, listed
from geoplan.sites import is_basement, is_upstairs, is_without_lift

SAME_PLACE_M = 20.0  # two entries nearer than this may be one set of rooms (meal points share rooms with day care)
PLANNED = ("under_construction", "planned")


def count_rooms(
    facilities: gpd.GeoDataFrame, catalogue: pd.DataFrame, *, last_year: int,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the elder-care rooms that count, and a finding for every reason why others do not.

    Existing rooms count today; rooms being built or planned count when their year of opening is known and not after the
    programme. Basements never count, nor upper floors without a lift (policy 1.2). What is unknown bars nothing: rooms
    whose storey or lift is not known count, and a finding names them.

    Parameters
    ----------
    facilities
        Layer `facilities`.
    catalogue
        Facility catalogue; `elder_rooms` says whether a facility counts whole, by its `elder_area_m2`, or not at all.
    last_year
        Last year of the programme.

    Returns
    -------
    rooms
        One row per facility: facility_id, rooms_m2 (exact), is_planned, serves, land_ratio (exact: land per floor area
        of the facility's own site, missing where unknown), geometry.
    findings
        One per reason, each facility under one reason only.
    """
    rule = facilities["facility_type"].map(catalogue.set_index("facility_type")["elder_rooms"])
    is_all = rule.eq("all")
    rooms_m2 = facilities["elder_area_m2"].fillna(facilities["floor_area_m2"].where(is_all))
    offers_rooms = (rule.isin(["all", "none"]) | rooms_m2.gt(0)) & rooms_m2.ne(0)
    floor_m2 = facilities["floor_area_m2"].fillna(rooms_m2.where(is_all))
    offered = facilities.assign(
        rule=rule, rooms_m2=rooms_m2, land_ratio=ratio(positive(facilities["land_area_m2"]), floor_m2),
        is_planned=facilities["status"].isin(PLANNED))[offers_rooms]

    reasons = _why_not(offered, last_year)
    rooms = offered[reasons.eq("")].sort_values("facility_id", ignore_index=True)
    findings = [about_rooms(code, offered[reasons.eq(code)]) for code in sorted(set(reasons) - {""})]
    findings += [*_unverified(rooms), *_same_places(rooms)]
    counted = ["facility_id", "rooms_m2", "is_planned", "serves", "land_ratio", "geometry"]
    return rooms.assign(rooms_m2=exact(rooms["rooms_m2"]))[counted], findings


def about_rooms(code: str, places: pd.DataFrame) -> Finding:
    """Return a finding with the count of the facilities, their rooms and their ids."""
    m2 = f"{float(places['rooms_m2'].sum()):.10g}"
    ids = listed(sorted(places["facility_id"]))
    return Finding(code, "facilities", values={"count": len(places), "m2": m2, "facilities": ids})


def exact(values: pd.Series) -> pd.Series:
    """Return the decimals of a column as exact fractions, missing where they are missing."""
    fractions = [Fraction(str(value)) if math.isfinite(value) else math.nan for value in values.astype("float64")]
    return pd.Series(fractions, index=values.index, dtype=object)


def ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return the exact ratio of two columns, missing where the whole is not above zero."""
    return exact(part) / exact(positive(whole))


def positive(values: pd.Series) -> pd.Series:
    """Return the values that are above zero, the others missing."""
    return values.where(values.gt(0).fillna(False).astype(bool))


def _why_not(offered: pd.DataFrame, last_year: int) -> pd.Series:
    year = offered["opened_year"]
    conditions = {
        "care.residential": offered["rule"].eq("none"),
        "care.closed": offered["status"].eq("closed"),
        "care.no_status": offered["status"].isna(),
        "care.basement": is_basement(offered),
        "care.no_lift": is_without_lift(offered),
        "care.no_year": offered["is_planned"] & year.isna(),
        "care.too_late": offered["is_planned"] & year.gt(last_year).fillna(False),
        "care.no_area": offered["rooms_m2"].isna(),
    }
    masks = [mask.to_numpy(dtype=bool) for mask in conditions.values()]
    return pd.Series(np.select(masks, list(conditions), ""), index=offered.index, dtype=object)


def _unverified(rooms: gpd.GeoDataFrame) -> list[Finding]:
    doubts = {
        "care.lift_unknown": is_upstairs(rooms) & rooms["has_lift"].isna(),
        "care.storey_unknown": rooms["storey"].isna(),
    }
    return [about_rooms(code, rooms[doubt]) for code, doubt in doubts.items() if doubt.any()]


def say_sited_same_places(rooms: gpd.GeoDataFrame, sited: gpd.GeoDataFrame) -> list[Finding]:
    """Return a finding on rooms that siting plans where rooms stand that count already: they may be the same.

    Parameters
    ----------
    rooms
        The rooms that count: facility_id, geometry.
    sited
        facility_id (the site's id), geometry.
    """
    return _same("care.sited_same_place", _near(sited.drop_duplicates("facility_id"), rooms))


def _same_places(rooms: gpd.GeoDataFrame) -> list[Finding]:
    return _same("care.same_place", [pair for pair in _near(rooms, rooms) if pair[0] < pair[1]])


def _near(some: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    one, other = others.sindex.query(some.geometry, predicate="dwithin", distance=SAME_PLACE_M)
    return sorted(zip(some["facility_id"].to_numpy()[one], others["facility_id"].to_numpy()[other], strict=True))


def _same(code: str, pairs: list[tuple[str, str]]) -> list[Finding]:
    values = {"count": len(pairs), "metres": f"{SAME_PLACE_M:g}", "pairs": listed("+".join(pair) for pair in pairs)}
    return [Finding(code, "facilities", values=values)] if pairs else []
