"""What is missing within walking distance, for whom, and by which standard? Walks and limits -> gaps.

A type has its own limit and its own tier: a facility of the 15-minute circle never closes a gap of the 5-minute circle.
"""

from collections.abc import Collection, Mapping
from itertools import zip_longest

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import Finding, listed
from geoplan.schema import conform, join_list

TODAY, OPENED = "today", "opened"
EXISTING = "existing"
KEYS = ["estate_id", "facility_type"]
SET_BY_PROJECT = "project"
BETWEEN = "; "  # standards, and clauses, of one line of the catalogue
WHERE_SET = "plan.toml circle.limits"


def find_gaps(
    walks: pd.DataFrame,
    estates: pd.DataFrame,
    catalogue: pd.DataFrame,
    *,
    limits: Mapping[str, float],
    complete: bool | Collection[str],
    brought_types: Collection[str],
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return for each estate and each facility type with a walking limit whether it is out of reach, today and after.

    Parameters
    ----------
    walks
        Table `walks`; what comes after is known where it has the state opened.
    estates
        estate_id, residents.
    catalogue
        Facility catalogue: facility_type, zh, max_walk_m, standard, clause, confidence.
    limits
        The project's own limits in metres by type; they stand before the catalogue's.
    complete
        Types of which the town's list is complete, or True for all: none in the data is then a gap of everyone.
    brought_types
        Types the data holds at least one facility of, whatever its status. Any other is not judged.

    Returns
    -------
    gaps
        Table `gaps`. A missing distance of a judged type is a gap.
    findings
        The types without data, in one remark.
    """
    rules = _limits(catalogue, limits)
    rules["is_judged"] = (complete is True) | rules["facility_type"].isin(
        [*brought_types, *(complete if isinstance(complete, Collection) else ())])
    gaps = estates[["estate_id", "residents"]].merge(rules, how="cross")
    gaps["distance_m"] = _distance(gaps, walks, TODAY)
    gaps["is_gap"] = _is_gap(gaps, gaps["distance_m"])
    gaps["is_gap_after"] = _is_gap(gaps, _distance(gaps, walks, OPENED)) if OPENED in set(walks["state"]) else None
    return conform("gaps", gaps.assign(walking=None)), _say_no_data(rules[~rules["is_judged"]])


def say_inside(gaps: pd.DataFrame, estates: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> list[Finding]:
    """Return a finding on gaps of what stands inside the estate itself: walks are on streets, not through estates.

    Parameters
    ----------
    gaps
        Table `gaps`.
    estates, facilities
        Layers of those names; facilities of status existing count.
    """
    in_use = facilities.loc[facilities["status"].eq(EXISTING), ["facility_id", "facility_type", "geometry"]]
    inside = gpd.sjoin(in_use, estates[["estate_id", "geometry"]], predicate="intersects")
    lacking = gaps.loc[gaps["is_gap"].fillna(False).astype(bool), KEYS].merge(inside, on=KEYS)
    first = lacking.sort_values([*KEYS, "facility_id"]).drop_duplicates(KEYS)
    pairs = listed(first["estate_id"] + "←" + first["facility_id"])
    return [Finding("circles.inside", "estates", values={"count": len(first), "pairs": pairs})] if len(first) else []


def find_area_gaps(gaps: pd.DataFrame, members: pd.DataFrame, *, tolerance: float) -> pd.DataFrame:
    """Return for each area and facility type how many residents have none within the limit.

    Where the residents of an estate are unknown, a sum they belong to is unknown, and so is the share, unless all
    estates of the area stand alike: then it is 0 or 1 whoever lives there.

    Parameters
    ----------
    gaps
        Table `gaps`.
    members
        estate_id, area_id; estates without an area are left out.
    tolerance
        An area has a gap when its uncovered share is greater.

    Returns
    -------
    area_gaps
        Table `area_gaps`; a type that was not judged stays missing.
    """
    rows = gaps.merge(members.loc[members["area_id"].notna(), ["estate_id", "area_id"]], on="estate_id")
    after = _uncovered(rows, rows["is_gap_after"], tolerance)["is_gap"]
    return conform("area_gaps", _uncovered(rows, rows["is_gap"], tolerance).assign(
        is_gap_after=after, reason=None, walking=None))


def close_gaps(gaps: pd.DataFrame, sitings: pd.DataFrame, reached: pd.DataFrame) -> pd.DataFrame:
    """Return table `gaps` with what stays a gap once the sitings are built, too.

    Parameters
    ----------
    gaps
        Table `gaps`; where nothing is known of opened walls, today's gaps are closed.
    sitings
        site_id, facility_type.
    reached
        estate_id, site_id, distance_m of every pair within the widest limit.

    Returns
    -------
    gaps
        Table `gaps`; a type that was not judged stays missing.
    """
    built = reached.merge(sitings[["site_id", "facility_type"]], on="site_id").groupby(KEYS)["distance_m"].min()
    nearest = gaps[KEYS].merge(built.reset_index(), on=KEYS, how="left")["distance_m"]
    is_reached = (nearest <= gaps["limit_m"]).to_numpy()
    return conform("gaps", gaps.assign(is_gap_after=gaps["is_gap_after"].fillna(gaps["is_gap"]).mask(
        is_reached & gaps["is_gap"].notna(), False)))


def _distance(gaps: pd.DataFrame, walks: pd.DataFrame, state: str) -> pd.Series:
    walked = walks.loc[walks["state"] == state, [*KEYS, "distance_m"]]
    return gaps[KEYS].merge(walked, on=KEYS, how="left")["distance_m"]


def _is_gap(gaps: pd.DataFrame, distance_m: pd.Series) -> pd.Series:
    is_out_of_reach = distance_m.isna() | (distance_m > gaps["limit_m"])
    return is_out_of_reach.astype("boolean").where(gaps["is_judged"])


def _uncovered(rows: pd.DataFrame, said: pd.Series, tolerance: float) -> pd.DataFrame:
    """Return for each area and type the residents, those of the estates said to have a gap, and the area's verdict."""
    is_gap = said.fillna(False).astype(bool)
    counted = pd.DataFrame({
        "area_id": rows["area_id"], "facility_type": rows["facility_type"], "estates": 1, "gaps": is_gap.astype(int),
        "not_judged": said.isna().astype(int), "unknown": rows["residents"].isna().astype(int),
        "unknown_gaps": (rows["residents"].isna() & is_gap).astype(int), "residents": rows["residents"].fillna(0),
        "uncovered_residents": rows["residents"].fillna(0).where(is_gap, 0),
    }).groupby(["area_id", "facility_type"], as_index=False).sum()
    is_judged = counted["not_judged"] == 0
    residents = counted["residents"].mask(counted["unknown"] > 0)
    uncovered = counted["uncovered_residents"].where(is_judged & (counted["unknown_gaps"] == 0))
    share = _share(uncovered, residents)
    share = share.mask(counted["gaps"] == 0, 0.0).mask(counted["gaps"] == counted["estates"], 1.0).where(is_judged)
    return counted[["area_id", "facility_type"]].assign(
        residents=residents, uncovered_residents=uncovered, uncovered_share=share,
        is_gap=(share > tolerance).astype("boolean").where(share.notna()))


def _limits(catalogue: pd.DataFrame, limits: Mapping[str, float]) -> pd.DataFrame:
    """Return the types that have a limit: facility_type, zh, limit_m, standard, confidence."""
    own = catalogue["facility_type"].map(limits)
    said = [_cited(*pair) for pair in catalogue[["standard", "clause"]].fillna("").itertuples(index=False)]
    rules = catalogue[["facility_type", "zh"]].assign(
        limit_m=own.fillna(catalogue["max_walk_m"]).astype(float),
        standard=pd.Series(said, index=catalogue.index, dtype="str").mask(own.notna(), WHERE_SET),
        confidence=catalogue["confidence"].mask(own.notna(), SET_BY_PROJECT),
    )
    return rules[rules["limit_m"].notna()]


def _cited(standards: str, clauses: str) -> str:
    """Return each standard with its clause behind it; the catalogue lists both in one order."""
    pairs = zip_longest(standards.split(BETWEEN), clauses.split(BETWEEN), fillvalue="")
    return BETWEEN.join(" ".join(filter(None, pair)) for pair in pairs)


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part.astype(float) / whole.astype(float).replace(0, np.nan)


def _say_no_data(rules: pd.DataFrame) -> list[Finding]:
    if rules.empty:
        return []
    types = join_list(rules["zh"] + " " + rules["facility_type"])
    return [Finding("circles.no_data", "facilities", values={"types": types})]
