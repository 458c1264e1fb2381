"""Whom would the elder-care rooms serve if residents went to what lies within a walk? Rooms and walks -> flows.

A transport problem: rooms go to the estates of areas within the walk limit; no facility gives more than it has, no
estate gets more than its residents need. First as many square metres as possible find residents, then the walking
(square metres times metres) is least; of equally good allocations the first by id of facility and estate counts.
Estates in no area draw nothing, for they have no account.
"""

import math
from fractions import Fraction

import pandas as pd

from geoplan.schema import conform
from geoplan.transport import allocate

MM_PER_M = 1000  # walks are compared in whole millimetres: below lies the noise of adding lengths


def find_flows(
    rooms: pd.DataFrame, reached: pd.DataFrame, estates: pd.DataFrame, members: pd.DataFrame, *, m2_per_resident: float,
) -> pd.DataFrame:
    """Return how the elder-care rooms flow to the areas, today and after the plan.

    An estate needs `m2_per_resident` for each of its residents; one whose residents are not known draws nothing. After
    the plan the rooms being built or planned flow too, and all are allocated anew: no area gets less than today, but
    some may get it from elsewhere.

    Parameters
    ----------
    rooms
        The rooms that count: facility_id, rooms_m2 (exact), is_planned.
    reached
        estate_id, facility_id, distance_m of every pair within the walk limit.
    estates
        Layer `estates` with `residents` filled as far as known.
    members
        estate_id and area_id (missing where an estate is in no area).
    m2_per_resident
        Elder-care space per permanent resident.

    Returns
    -------
    flows
        facility_id, area_id, is_planned, m2 (exact). Rows that are not planned hold what flows today; planned rows what
        the plan changes, below zero where an area is served from elsewhere after it.
    """
    pairs, unit = _pairs(rooms, reached, _needs(estates, members, Fraction(str(m2_per_resident))))
    today = allocate(pairs[~pairs["is_planned"]]).reindex(pairs.index, fill_value=0)
    change = allocate(pairs) - today
    both = pd.concat([pairs.assign(is_planned=False, flow=today), pairs.assign(is_planned=True, flow=change)])
    flows = both.groupby(["facility_id", "area_id", "is_planned"])["flow"].sum().reset_index()
    flows["m2"] = pd.Series([Fraction(int(flow), unit) for flow in flows["flow"]], dtype=object)
    return flows.loc[flows["flow"] != 0, ["facility_id", "area_id", "is_planned", "m2"]].reset_index(drop=True)


def list_flows(flows: pd.DataFrame) -> pd.DataFrame:
    """Return table `care_flows`, the rooms that flow today, from what `find_flows` returns."""
    today = flows[~flows["is_planned"]]
    return conform("care_flows", today.assign(floor_area_m2=today["m2"].astype("float64"), walking=None))


def _needs(estates: pd.DataFrame, members: pd.DataFrame, rate: Fraction) -> pd.DataFrame:
    """Return estate_id, area_id and need_m2 (exact) of the estates that draw rooms."""
    people = members[["estate_id", "area_id"]].dropna().merge(estates[["estate_id", "residents"]].dropna())
    need = pd.Series([rate * int(residents) for residents in people["residents"]], dtype=object)
    return people.assign(need_m2=need)[["estate_id", "area_id", "need_m2"]]


def _pairs(rooms: pd.DataFrame, reached: pd.DataFrame, needs: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return every facility and estate that may be joined, by id, and how many of their units make a square metre."""
    pairs = reached.merge(needs, on="estate_id").merge(rooms[["facility_id", "rooms_m2", "is_planned"]])
    pairs = pairs.sort_values(["facility_id", "estate_id"], ignore_index=True)
    unit = math.lcm(*(m2.denominator for m2 in [*pairs["rooms_m2"], *pairs["need_m2"]]))
    room, need = (
        pd.Series([int(m2 * unit) for m2 in pairs[column]], dtype=object) for column in ("rooms_m2", "need_m2"))
    cost = (pairs["distance_m"] * MM_PER_M).round().astype("int64")
    return pairs.assign(giver=pairs["facility_id"], taker=pairs["estate_id"], room=room, need=need, cost=cost,
                        is_planned=pairs["is_planned"].astype(bool)), unit
