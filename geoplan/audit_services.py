"""Do walks, gaps, verdicts and the elder-care account follow from each other?"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal

import numpy as np
import pandas as pd
import shapely

from geoplan.audited import Audited, Outcome, exact, is_off, wrong_rows
from geoplan.schema import split_list

WALK_SLACK = 0.01  # metres
WORST = ("fail", "unknown", "not_set", "pass")
PASSING = {"pass", "needs_evidence"}
STATE_OF = {"fail": "ineligible", "unknown": "unknown", "not_set": "unknown", "pass": "eligible"}
SCOPES = {"inside": ("inside_m2",), "declared": ("inside_m2", "declared_m2"), "reachable": ("reachable_m2",)}
TODAY, OPENED = "today", "opened"


def walks_are_no_shorter_than_straight_lines(audited: Audited) -> Outcome:
    """No walk is shorter than the straight line from the estate's outline to the facility."""
    walks = audited.table("walks").dropna(subset=["distance_m", "facility_id"])
    lots = audited.table("estates").set_index("estate_id").geometry
    places = audited.table("facilities").set_index("facility_id").geometry
    ends = [walks[key].map(of).to_numpy(dtype=object) for key, of in (("estate_id", lots), ("facility_id", places))]
    straight = pd.Series(shapely.distance(*ends), index=walks.index, dtype="float64")
    return wrong_rows(walks, walks["distance_m"] < straight - WALK_SLACK, ["estate_id", "facility_type", "state"])


def walks_lead_to_their_type(audited: Audited) -> Outcome:
    """Every walk leads to a facility of its type, with minutes that a walker of one of the speeds needs."""
    walks = audited.table("walks")
    facilities = audited.table("facilities").set_index("facility_id")
    known = walks["facility_id"].notna()
    wrong = known & walks["facility_id"].map(facilities["facility_type"]).ne(walks["facility_type"])
    wrong |= known & walks["facility_id"].map(facilities["status"]).ne("existing")
    wrong |= walks["distance_m"].isna() != walks["minutes"].isna()
    return wrong_rows(walks, wrong, ["estate_id", "facility_type", "state"])


def opening_walls_lengthens_no_walk(audited: Audited) -> Outcome:
    """No walk is longer when walls are opened than today."""
    walks, keys = audited.table("walks"), ["estate_id", "facility_type"]
    sides = [walks.loc[walks["state"] == state, [*keys, "distance_m"]] for state in (TODAY, OPENED)]
    rows = sides[0].merge(sides[1], on=keys, suffixes=("_today", "_opened"))
    today, opened = rows["distance_m_today"], rows["distance_m_opened"]
    return wrong_rows(rows, (opened > today + WALK_SLACK) | (today.notna() & opened.isna()), keys)


def gaps_follow_from_walks(audited: Audited) -> Outcome:
    """A gap is a walk that is longer than the limit or cannot be made; its distance is that of the walk today."""
    gaps, walks = audited.table("gaps"), audited.table("walks")
    keys = ["estate_id", "facility_type"]
    walked = walks[walks["state"] == TODAY].set_index(keys)["distance_m"]
    found = pd.Series([walked.get(key, np.nan) for key in zip(gaps["estate_id"], gaps["facility_type"], strict=True)],
                      index=gaps.index, dtype="float64")
    is_gap = found.isna() | (found > gaps["limit_m"])
    judged = gaps["is_gap"].notna()
    wrong = (judged & gaps["is_gap"].ne(is_gap)) | is_off(gaps["distance_m"], found, WALK_SLACK)
    return wrong_rows(gaps, wrong, keys)


def area_gaps_sum_their_estates(audited: Audited) -> Outcome:
    """Uncovered residents of an area are those of its estates with a gap; their share makes the verdict."""
    tolerance, rows = audited.number("circle.area_tolerance"), audited.table("area_gaps")
    if tolerance is None:
        return Outcome(0, [])
    area_of = audited.table("estates").set_index("estate_id")["area_id"]
    gaps = audited.table("gaps")
    gaps = gaps.assign(area_id=gaps["estate_id"].map(area_of)).dropna(subset="area_id")
    wrong, by_key = [], dict(list(gaps.groupby(["area_id", "facility_type"])))
    for row in rows.itertuples():
        of = by_key.get((row.area_id, row.facility_type))
        if of is None or not _area_gap_holds(row, of, tolerance):
            wrong.append(f"{row.area_id} {row.facility_type}")
    return Outcome(len(rows), wrong)


def verdicts_make_the_state(audited: Audited) -> Outcome:
    """An estate is as eligible as the worst of its hard rules of that stage."""
    verdicts, estates = audited.table("verdicts"), audited.table("estates")
    hard = verdicts[verdicts["strength"].eq("hard") & verdicts["stage"].eq("eligibility")]
    if hard.empty:
        return wrong_rows(estates, estates["eligibility"].ne("eligible"), ["estate_id"])
    results = hard.assign(result=hard["result"].where(~hard["result"].isin(PASSING), "pass"))
    worst = results.groupby("estate_id")["result"].agg(lambda of: min(of, key=WORST.index))
    found = estates["estate_id"].map(worst).map(STATE_OF)
    return wrong_rows(estates, found.notna() & found.ne(estates["eligibility"]), ["estate_id"])


def care_needs_follow_from_residents(audited: Audited) -> Outcome:
    """Need = residents of the area x m2 each, to the last digit; the figures of areas are those of care."""
    care, rate = audited.table("care"), audited.number("elder.m2_per_resident")
    if rate is None:
        return Outcome(0, [])
    areas = audited.table("areas").set_index("area_id")
    people = care["area_id"].map(areas["residents"])
    need = [None if pd.isna(of) else rate * int(of) for of in people]
    wrong = pd.Series([exact(said) != found and not (found is not None and not pd.isna(said)
                                                     and Decimal(str(said)) == found)
                       for said, found in zip(care["need_m2"], need, strict=True)], index=care.index, dtype=bool)
    wrong |= is_off(care["residents"], people, 0) | is_off(care["need_m2"], care["area_id"].map(
        areas["elder_need_m2"]), 0) | is_off(care["short_m2"], care["area_id"].map(areas["elder_short_m2"]), 0)
    return wrong_rows(care, wrong, ["area_id"])


def care_shortages_follow(audited: Audited) -> Outcome:
    """Short = need less what the scope counts, not below 0, rounded up to whole m2; met where nothing is short."""
    care, parts = audited.table("care"), SCOPES.get(audited.text("elder.count_scope"))
    if parts is None:
        return Outcome(0, [])
    wrong = []
    for row in care.to_dict("records"):
        known = [exact(row[part]) for part in ("need_m2", *parts)]
        if any(value is None for value in known) or pd.isna(row["short_m2"]):
            continue
        need, *have = known
        short = max(0, math.ceil(Decimal(need or 0) - sum(value or Decimal(0) for value in have)))
        is_met = row["status"] == "met"
        if short != row["short_m2"] or (audited.text("elder.basis") == "premises" and is_met != (short == 0)):
            wrong.append(str(row["area_id"]))
    return Outcome(len(care), wrong)


def care_shortages_after_follow(audited: Audited) -> Outcome:
    """What stays short = need less what counts, less what is planned and what sitings give, rounded up to whole m2."""
    care, parts = audited.table("care"), SCOPES.get(audited.text("elder.count_scope"))
    given = audited.table("siting_areas").groupby("area_id")["elder_m2"].agg(math.fsum)
    if parts is None or "reachable_m2" in parts:  # there rooms that open change what flows
        return Outcome(0, [])
    wrong = []
    for row in care.to_dict("records"):
        have = [exact(row[part]) for part in (*parts, "planned_m2")] + [exact(given.get(row["area_id"], 0.0))]
        need = exact(row["need_m2"])
        if need is None or None in have or pd.isna(row["short_after_m2"]):
            continue
        if max(0, math.ceil(need - sum(value or Decimal(0) for value in have))) != row["short_after_m2"]:
            wrong.append(str(row["area_id"]))
    return Outcome(len(care), wrong)


def no_gap_opens_later(audited: Audited) -> Outcome:
    """What is no gap today is none once walls are open and sites built."""
    count, wrong = 0, list[str]()
    for name, keys in (("gaps", ["estate_id", "facility_type"]), ("area_gaps", ["area_id", "facility_type"])):
        rows = audited.table(name)
        outcome = wrong_rows(rows, rows["is_gap_after"].eq(True).fillna(False) & rows["is_gap"].eq(False).fillna(False),
                             keys)
        count, wrong = count + outcome.count, wrong + outcome.wrong
    return Outcome(count, wrong)


def no_room_is_used_twice(audited: Audited) -> Outcome:
    """What flows from a facility is not more than its rooms, what flows to an area not more than its need."""
    flows, care = audited.table("care_flows"), audited.table("care").set_index("area_id")
    facilities = audited.table("facilities").set_index("facility_id")
    rooms = facilities["elder_area_m2"].fillna(facilities["floor_area_m2"])
    given = flows.groupby("facility_id")["floor_area_m2"].agg(math.fsum)
    taken = flows.groupby("area_id")["floor_area_m2"].agg(math.fsum)
    wrong = [str(name) for name, m2 in given.items() if not m2 <= rooms.get(name, math.nan) + 1e-6]
    wrong += [str(name) for name, m2 in taken.items() if not m2 <= care["need_m2"].get(name, math.nan) + 1e-6]
    return Outcome(len(flows), wrong)


def walls_lie_inside_areas(audited: Audited) -> Outcome:
    """Every wall to open is a usable link between two estates of its area; ranks run from 1 without a hole."""
    openings, links = audited.table("openings"), audited.table("links")
    area_of = audited.table("estates").set_index("estate_id")["area_id"]
    joined = links[links["usable"].astype(bool)]
    usable = set(zip(joined["estate_a"], joined["estate_b"], strict=True))
    wrong = [f"{a} {b}" for a, b, area_id in zip(openings["estate_a"], openings["estate_b"], openings["area_id"],
                                                 strict=True)
             if (a, b) not in usable or area_of.get(a) != area_id or area_of.get(b) != area_id]
    if sorted(openings["rank"].dropna()) != list(range(1, len(openings) + 1)):
        wrong.append("rank")
    return Outcome(len(openings), wrong)


def sitings_fit_their_sites(audited: Audited) -> Outcome:
    """What is put into a site is not more than it has, and only into a usable one."""
    sitings = audited.table("sitings")
    sites = audited.table("sites").set_index("site_id")
    used = sitings.groupby("site_id")["floor_area_m2"].agg(math.fsum)
    room = sites[["floor_area_m2", "land_area_m2"]].max(axis=1)
    wrong = [str(name) for name, m2 in used.items() if not m2 <= room.get(name, math.nan) + 1e-6]
    barred = set(sites.index[sites["usable"].eq(False).fillna(False)])  # one to be checked may be used: it says so
    wrong += sorted(barred & set(sitings["site_id"]))
    return Outcome(len(sitings), wrong)


def missing_types_are_those_of_the_area(audited: Audited) -> Outcome:
    """The types that an area lacks are those whose gap stands in area_gaps."""
    areas, rows = audited.table("areas"), audited.table("area_gaps")
    lacking = rows[rows["is_gap"].fillna(False).astype(bool)].groupby("area_id")["facility_type"].agg(frozenset)
    said = areas["gap_types"].map(lambda text: frozenset(split_list(text)))
    found = areas["area_id"].map(lacking).map(lambda of: of if isinstance(of, frozenset) else frozenset())
    return Outcome(len(areas), areas.loc[said.ne(found), "area_id"].tolist())


def _area_gap_holds(row: object, of: pd.DataFrame, tolerance: Decimal) -> bool:
    said = {name: getattr(row, name) for name in ("residents", "uncovered_residents", "uncovered_share", "is_gap")}
    if of["is_gap"].isna().any():
        return bool(pd.isna(said["is_gap"]) and pd.isna(said["uncovered_residents"]))
    if of["residents"].isna().any():
        return bool(pd.isna(said["residents"]))
    people = int(of["residents"].sum())
    uncovered = int(of.loc[of["is_gap"].astype(bool), "residents"].sum())
    if said["residents"] != people or said["uncovered_residents"] != uncovered:
        return False
    if not people:
        return True
    share = Decimal(uncovered) / people
    return abs(float(said["uncovered_share"]) - float(share)) < 1e-9 and bool(said["is_gap"]) == (share > tolerance)


SERVICE_CHECKS: Mapping[str, Callable[[Audited], Outcome]] = {
    "straight": walks_are_no_shorter_than_straight_lines, "walk_types": walks_lead_to_their_type,
    "opened": opening_walls_lengthens_no_walk, "gaps": gaps_follow_from_walks,
    "area_gaps": area_gaps_sum_their_estates, "gap_types": missing_types_are_those_of_the_area,
    "verdicts": verdicts_make_the_state, "care_need": care_needs_follow_from_residents,
    "care_short": care_shortages_follow, "care_after": care_shortages_after_follow, "later": no_gap_opens_later,
    "care_flows": no_room_is_used_twice, "walls": walls_lie_inside_areas, "sitings": sitings_fit_their_sites,
}
