"""Who would be relieved by which offer, and why does a gap stay open after the plan?

What is asked for are the gaps that opened walls leave, in areas that have such a gap, and the square metres of
elder-care rooms that areas still lack. An offer reaches them along streets, within the limit of its type; rooms count
for an area of which at least one estate reaches them.

What stays open is told of the site that came nearest to closing it: among all sites within the limit of an estate that
still lacks the type the mildest reason counts, in the order of MILDEST_FIRST.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from geoplan.scenes import Scene

MILDEST_FIRST = (
    "not_found", "no_budget", "capacity_used_by_other", "reserved_for_care", "to_check", "not_available_in_time",
    "too_small", "no_data", "no_consent", "plan_conformity", "storey", "structure", "not_allowed",
)
NO_SITES, NOWHERE, NEVER, LEFT_OUT, NO_DATA = (
    "no_sites", "no_site_within_reach", "not_sited", "not_included", "no_data")
OBSTACLES: Mapping[str, str] = {  # reason -> care_status; what is not named here is no site
    "no_consent": "not_met_no_consent", "structure": "not_met_structure", "plan_conformity": "not_met_plan_conformity",
    "no_budget": "not_met_no_budget", "to_check": "unknown", "no_data": "unknown", "not_found": "unknown",
}
NO_SITE = "not_met_no_site"
NEVER_PAID = float("inf")
PAIR = ["area_id", "facility_type"]
OFFER = ["site_id", "facility_type"]


def find_scene(
    offers: pd.DataFrame, reached: pd.DataFrame, gaps: pd.DataFrame, area_gaps: pd.DataFrame, members: pd.DataFrame,
    care: pd.DataFrame, *, host_areas: Mapping[str, str] | None,
) -> Scene:
    """Return the offers that would relieve somebody, whom, and how far they walk.

    Parameters
    ----------
    offers
        As `find_offers` returns them; those that nothing bars.
    reached
        estate_id, site_id, distance_m of every pair within the widest limit.
    gaps, area_gaps
        Tables of those names without sitings: after the opening of walls where that is known, else today.
    members
        estate_id, area_id.
    care
        Table `care` without sitings: what is short after the plan.
    host_areas
        site_id -> the area it stands in, where only rooms inside an area count for it; None where others may too.

    Returns
    -------
    scene
        Its demands are numbered by estate and type, its areas keep their ids; residents that are not known count for
        none, metres are whole.
    """
    free = offers[offers["reason"].eq("")].rename_axis("row").reset_index()[["row", *OFFER, "is_elder_rooms"]]
    closes = _closing(free, reached, find_demands(gaps, area_gaps, members))
    fills = _filling(free, reached, gaps, members, care, host_areas)
    used = offers.loc[sorted({*closes["row"], *fills["row"]})]
    number = pd.Series(np.arange(len(used)), index=used.index)
    return Scene(
        used.reset_index(drop=True),
        closes.assign(offer=closes["row"].map(number)).drop(columns="row"),
        fills.assign(offer=fills["row"].map(number)).drop(columns="row"))


def find_demands(gaps: pd.DataFrame, area_gaps: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps still open in areas that have the gap.

    Parameters
    ----------
    gaps, area_gaps, members
        As for `find_scene`.

    Returns
    -------
    demands
        estate_id, facility_type, area_id, limit_m, residents (0 where not known); sorted by estate and type.
    """
    lacking = area_gaps.loc[is_open(area_gaps), PAIR]
    rows = gaps[is_open(gaps)].merge(members[["estate_id", "area_id"]].dropna(), on="estate_id").merge(lacking, on=PAIR)
    rows = rows.assign(residents=rows["residents"].fillna(0).astype("int64"))
    ordered = rows.sort_values(["estate_id", "facility_type"], ignore_index=True)
    return ordered[["estate_id", "facility_type", "area_id", "limit_m", "residents"]]


def is_open(gaps: pd.DataFrame) -> pd.Series:
    """Say which rows of `gaps` or `area_gaps` are known to stay gaps: after the plan, else today."""
    return gaps["is_gap_after"].fillna(gaps["is_gap"]).fillna(False).astype(bool)


def tell_reasons(
    area_gaps: pd.DataFrame, gaps: pd.DataFrame, members: pd.DataFrame, offers: pd.DataFrame | None,
    reached: pd.DataFrame, sitings: pd.DataFrame, catalogue: pd.DataFrame, *, types: Collection[str],
    money_left: float | None,
) -> pd.DataFrame:
    """Return table `area_gaps` with the reason of every gap that stays open, and of every type that was not judged.

    Parameters
    ----------
    area_gaps, gaps
        Tables of those names, sitings counted.
    members
        estate_id, area_id.
    offers, reached
        As for `find_scene`, with all that bars a site; `offers` is None where no sites were brought.
    sitings
        Table `sitings`.
    catalogue
        Facility catalogue: which types siting may place at all.
    types
        Types siting was asked to place; empty for all.
    money_left
        What the sitings leave of the sum of money set for all of them; None where none is set.

    Returns
    -------
    area_gaps
        Table `area_gaps`.
    """
    stays_open = is_open(area_gaps)
    reason = pd.Series(np.where(area_gaps["is_gap"].isna(), NO_DATA, ""), index=area_gaps.index, dtype=object)
    if offers is None:
        reason[stays_open] = NO_SITES
    else:
        rows = gaps[is_open(gaps)].merge(members[["estate_id", "area_id"]].dropna(), on="estate_id")
        near = rows[["estate_id", *PAIR, "limit_m", "residents"]].merge(reached, on="estate_id")
        near = near.loc[near["distance_m"] <= near["limit_m"], [*PAIR, "site_id", "residents"]]
        told = _mildest(near, _explained(offers, sitings, money_left=money_left), PAIR)
        never = set(catalogue.loc[catalogue["place"].eq(""), "facility_type"])
        reason[stays_open] = [
            NEVER if facility_type in never else LEFT_OUT if types and facility_type not in types
            else told.get((area_id, facility_type), NOWHERE)
            for area_id, facility_type in area_gaps.loc[stays_open, PAIR].itertuples(index=False, name=None)]
    return area_gaps.assign(reason=reason.where(reason.ne(""), None).astype("str"))


def find_obstacles(
    care: pd.DataFrame, gaps: pd.DataFrame, members: pd.DataFrame, offers: pd.DataFrame, reached: pd.DataFrame,
    sitings: pd.DataFrame, *, host_areas: Mapping[str, str] | None, money_left: float | None,
) -> pd.Series:
    """Return by area_id why elder-care rooms are not found for it, as a code of care_status.

    Parameters
    ----------
    care, gaps, members, offers, reached, sitings, host_areas, money_left
        As for `find_scene` and `tell_reasons`.

    Returns
    -------
    obstacles
        One row per area of `care`, met or not.
    """
    elder = offers[offers["is_elder_rooms"].astype(bool)]
    near = _within_type(elder[OFFER], reached, gaps, members[members["area_id"].isin(care["area_id"])])
    if host_areas is not None:
        near = near[near["site_id"].map(host_areas).eq(near["area_id"])]
    told = _mildest(near.assign(residents=1), _explained(elder, sitings, money_left=money_left, all_offers=offers),
                    ["area_id"])
    reasons = [told.get(area_id, NOWHERE) for area_id in care["area_id"]]
    return pd.Series([OBSTACLES.get(reason, NO_SITE) for reason in reasons], index=care["area_id"], dtype=object)


def _closing(free: pd.DataFrame, reached: pd.DataFrame, demands: pd.DataFrame) -> pd.DataFrame:
    """Return row (of the offer), demand, area, residents, metres and distance_m of every gap an offer would close."""
    numbered = demands.assign(demand=np.arange(len(demands)))
    pairs = numbered.merge(reached, on="estate_id").merge(free, on=OFFER)
    pairs = pairs[pairs["distance_m"] <= pairs["limit_m"]].sort_values(["demand", "site_id"], ignore_index=True)
    return pairs.assign(area=pairs["area_id"], metres=pairs["distance_m"].round())[
        ["row", "demand", "area", "residents", "metres", "distance_m"]]


def _filling(
    free: pd.DataFrame, reached: pd.DataFrame, gaps: pd.DataFrame, members: pd.DataFrame, care: pd.DataFrame,
    host_areas: Mapping[str, str] | None,
) -> pd.DataFrame:
    """Return row (of the offer), area, short_m2 and metres of every shortage of rooms that an offer would lessen."""
    short = care[care["short_after_m2"].gt(0).fillna(False).astype(bool)].set_index("area_id")["short_after_m2"]
    near = _within_type(free[free["is_elder_rooms"].astype(bool)], reached, gaps, members[
        members["area_id"].isin(short.index)])
    if host_areas is not None:
        near = near[near["site_id"].map(host_areas).eq(near["area_id"])]
    fills = near.groupby(["row", "area_id"])["distance_m"].min().reset_index()
    return pd.DataFrame({"row": fills["row"].astype("int64"), "area": fills["area_id"],
                         "short_m2": fills["area_id"].map(short).astype("float64"),
                         "metres": fills["distance_m"].round()})


def _within_type(
    offers: pd.DataFrame, reached: pd.DataFrame, gaps: pd.DataFrame, members: pd.DataFrame,
) -> pd.DataFrame:
    """Return the offers that estates of areas reach within the limit of the type, whether they lack it or not."""
    limits = gaps.drop_duplicates("facility_type").set_index("facility_type")["limit_m"]
    near = members[["estate_id", "area_id"]].dropna().merge(reached, on="estate_id").merge(offers, on="site_id")
    return near[near["distance_m"] <= near["facility_type"].map(limits)]


def _explained(
    offers: pd.DataFrame, sitings: pd.DataFrame, *, money_left: float | None, all_offers: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the offers with a reason for every one, those that nothing bars being used up, unpaid or kept.

    Land kept for care that the money does not pay for waits for money. Rooms that are taken may grow.
    """
    every = (offers if all_offers is None else all_offers).merge(sitings[[*OFFER, "floor_area_m2"]], on=OFFER)
    used = (every["ground_m2"] + (every["floor_area_m2"] - every["least_m2"]) * every["ground_per_m2"]).groupby(
        every["site_id"]).sum()
    left = offers["site_m2"] - offers["site_id"].map(used).fillna(0)
    taken_m2 = offers[OFFER].merge(sitings[[*OFFER, "floor_area_m2"]], on=OFFER, how="left")["floor_area_m2"]
    is_taken = taken_m2.notna().to_numpy()
    may_grow = is_taken & offers["is_elder_rooms"].astype(bool) & (taken_m2.to_numpy(float) < offers["most_m2"])
    next_m2, next_ground = (offers[one].mask(is_taken, more) for one, more in (
        ("least_m2", 1.0), ("ground_m2", offers["ground_per_m2"])))
    is_full = (is_taken & ~may_grow) | left.lt(next_ground)
    is_kept = offers["use"].ne("rooms") & ~offers["is_care"].astype(bool)
    is_unpaid = (offers["yuan_per_m2"] * next_m2).gt(NEVER_PAID if money_left is None else money_left)
    waits = offers.loc[is_unpaid & offers["is_care"].astype(bool) & offers["reason"].eq(""), "site_id"]
    why = np.select([is_full, is_unpaid | is_kept & offers["site_id"].isin(waits), is_kept],
                    ["capacity_used_by_other", "no_budget", "reserved_for_care"], "not_found")
    return offers.assign(reason=offers["reason"].where(offers["reason"].ne(""), why))


def _mildest(near: pd.DataFrame, offers: pd.DataFrame, keys: Sequence[str]) -> dict[object, str]:
    """Return by key the mildest reason of all offers near; none is missed where nobody's residents are known."""
    near = near.merge(offers[[*OFFER, "reason"]], on=OFFER)
    nobody = near.groupby([*keys, *OFFER[:1]])["residents"].transform("sum").fillna(0).eq(0)
    reason = near["reason"].mask(near["reason"].eq("not_found") & nobody, NO_DATA)
    rank = reason.map({code: place for place, code in enumerate(MILDEST_FIRST)})
    best = near.assign(rank=rank).groupby(list(keys))["rank"].min()
    return {key: MILDEST_FIRST[int(place)] for key, place in best.items()}
