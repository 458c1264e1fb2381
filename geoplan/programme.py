"""Which area is renovated in which year? The reserve, gates and caps -> the annual plans, and what does not fit.

An area is renovated whole, in one year, with its bundle. Whatever can be planned under every cap is: the programme has
the most score-weighted households, proven or with a bound (schedules.py says how ties are broken). Areas of the first
year are the batch to carry out, those of later years the batch to prepare, the rest stay in reserve (QH23-09:
实施一批、谋划一批、储备一批). Every area says why it stands where it does (reasons.py).
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from geoplan.bundles import group_bundles
from geoplan.caps import Cap, count_old
from geoplan.digging import count_matches
from geoplan.errors import Finding, listed
from geoplan.readiness import READY, entry_years
from geoplan.reasons import Reason, countable_years, find_reasons
from geoplan.schedules import Group, Question, Schedule, find_schedule
from geoplan.schema import conform, empty_table, join_list

HUNDREDTHS = 100


def list_reserve(
    areas: pd.DataFrame, homes: pd.DataFrame, scores: pd.DataFrame, amounts: pd.DataFrame,
) -> pd.DataFrame:
    """Return what counts of every area in an annual plan, one row per area.

    Parameters
    ----------
    areas
        area_id, households.
    homes
        Layer `estates` with the `area_id` of each.
    scores
        area_id, score.
    amounts
        area_id, amount_yuan; missing, or no row, where the amount is not known.

    Returns
    -------
    reserve
        area_id, households, households_2001_2005, households_year_unknown, score, amount_yuan.
    """
    reserve = areas[["area_id", "households"]]
    for columns in (count_old(homes), scores[["area_id", "score"]], amounts[["area_id", "amount_yuan"]]):
        reserve = reserve.merge(columns, on="area_id", how="left")
    return reserve.sort_values("area_id", ignore_index=True)


def pose_question(
    reserve: pd.DataFrame, entries: pd.DataFrame, caps: Sequence[Cap], digs: pd.DataFrame, *, years: Sequence[int],
    bundles: Sequence[Sequence[str]],
) -> Question:
    """Return what is to be planned; ConfigError where a bundle names an area that does not exist.

    Parameters
    ----------
    reserve, entries, caps, digs
        As `list_reserve`, `find_entries`, `write_caps` and `find_digs` return them.
    years
        Of the programme, in order.
    bundles
        [programme] bundles: areas that are renovated in the same year or not at all.
    """
    open_years = entry_years(entries, years)
    fit = {area_id: set(countable_years(area_id, open_years[area_id], caps)) for area_id in reserve["area_id"]}
    groups = [Group(areas, tuple(year for year in years if all(year in fit[area_id] for area_id in areas)))
              for areas in group_bundles(list(reserve["area_id"]), bundles)]
    hundredths = (reserve["score"] * HUNDREDTHS).round().astype(int).clip(lower=1)
    return Question(
        tuple(years), tuple(groups), tuple(caps),
        dict(zip(reserve["area_id"], (hundredths * reserve["households"].astype(int)).tolist(), strict=True)),
        count_matches(digs))


def make_programme(
    question: Question, reserve: pd.DataFrame, entries: pd.DataFrame,
) -> tuple[pd.DataFrame, Schedule, list[Finding]]:
    """Return the year of every area, how good the programme is, and what the planner should know.

    Parameters
    ----------
    question
        As `pose_question` returns it.
    reserve, entries
        What it was posed with.

    Returns
    -------
    programme
        Table `programme`.
    schedule
        The programme, its score-weighted households and their bound.
    findings
        Areas that wait for papers, amounts or verification, and assumptions the programme rests on.
    """
    schedule = find_schedule(question)
    assert schedule is not None
    open_years = entry_years(entries, question.years)
    reasons = find_reasons(question, schedule.programme, entries, open_years)
    rows = reserve.assign(
        plan_year=reserve["area_id"].map(schedule.programme).astype("Int64"),
        entry_year=reserve["area_id"].map({area_id: min(each, default=None) for area_id, each in open_years.items()}),
        reason=reserve["area_id"].map({area_id: reason.code for area_id, reason in reasons.items()}),
        binding_caps=reserve["area_id"].map({area_id: join_list(each.caps) for area_id, each in reasons.items()}),
        blocking_estates=reserve["area_id"].map(
            {area_id: join_list(each.estates) for area_id, each in reasons.items()}),
        households_2001_2005=reserve["households_2001_2005"].mask(reserve["households_year_unknown"] > 0))
    rows["batch"] = [_batch(year, question.years[0]) for year in rows["plan_year"]]
    findings = [*_what_waits(rows, reasons), *_what_is_assumed(rows, entries, question.caps, question.years),
                *_ready_share(reserve, entries)]
    if schedule.worth < schedule.bound:
        findings.append(Finding("programme.not_proven", "programme", values={
            "gap": f"{(schedule.bound - schedule.worth) / schedule.bound:.2%}"}))
    return conform("programme", rows), schedule, findings


def find_programme_alternatives(question: Question, best: Schedule, *, count: int) -> pd.DataFrame:
    """Return the best programmes in order, the first the programme itself, each different in the year of some area.

    Parameters
    ----------
    question
        As `pose_question` returns it.
    best
        Its programme.
    count
        How many programmes, the best included.

    Returns
    -------
    programme_alternatives
        Table `programme_alternatives`; fewer where there are not so many.
    """
    found = [best]
    while len(found) < count:
        other = find_schedule(question, [schedule.programme for schedule in found])
        if other is None:
            break
        found.append(other)
    rows = [
        {"alternative": number, "area_id": area_id, "plan_year": year,
         "score_households": schedule.worth / HUNDREDTHS, "worth_share": _part(schedule, best)}
        for number, schedule in enumerate(found, start=1) for area_id, year in schedule.programme.items()
    ]
    return conform("programme_alternatives", pd.DataFrame(rows)) if rows else empty_table("programme_alternatives")


def _part(schedule: Schedule, best: Schedule) -> float:
    return schedule.worth / best.worth if best.worth else 1.0


def _batch(plan_year: int | None, first_year: int) -> str:
    if pd.isna(plan_year):
        return "reserve"
    return "implement" if plan_year == first_year else "prepare"


def _what_waits(rows: pd.DataFrame, reasons: Mapping[str, Reason]) -> Iterator[Finding]:
    for code in ("unknown_gate", "not_ready", "amount_unknown"):
        areas = rows.loc[rows["reason"] == code, "area_id"]
        if len(areas):
            estates = [estate_id for area_id in areas for estate_id in reasons[area_id].estates]
            yield Finding(f"programme.{code}", "programme", values={
                "count": len(areas), "areas": listed(areas), "estates": listed(estates)})


def _what_is_assumed(
    rows: pd.DataFrame, entries: pd.DataFrame, caps: Sequence[Cap], years: Sequence[int],
) -> Iterator[Finding]:
    planned = rows[rows["plan_year"].notna()]
    assumed = entries[entries["is_assumed"] & entries["area_id"].isin(planned["area_id"])]
    if len(assumed):
        yield Finding("programme.assumed_ready", "programme", values={
            "areas": assumed["area_id"].nunique(), "count": len(assumed), "estates": listed(assumed["estate_id"])})
    unknown = planned[planned["households_year_unknown"] > 0]
    if len(unknown) and any(cap.kind == "old_share" for cap in caps):
        yield Finding("programme.year_unknown", "programme", values={
            "areas": listed(unknown["area_id"]), "households": int(unknown["households_year_unknown"].sum())})
    with_money = {year for cap in caps if cap.kind == "budget" for year in cap.years}
    without = [year for year in years if year not in with_money]
    if with_money and without and not any(cap.kind == "total_budget" for cap in caps):
        yield Finding("programme.no_budget", "programme", values={"years": listed(without)})


def _ready_share(reserve: pd.DataFrame, entries: pd.DataFrame) -> Iterator[Finding]:
    """Say how much of the reserve is ready (CN50-09: 变“钱等项目”为“项目等钱”)."""
    if reserve.empty:
        return
    is_ready = (entries["plan_entry"] == READY).groupby(entries["area_id"]).all()
    households = reserve["households"].astype(int)
    ready = reserve["area_id"].map(is_ready).fillna(False).astype(bool)
    share = households[ready].sum() / max(1, households.sum())
    yield Finding("programme.ready_share", "programme", values={
        "areas": int(ready.sum()), "all": len(reserve), "households": int(households[ready].sum()),
        "share": f"{share:.1%}"})
