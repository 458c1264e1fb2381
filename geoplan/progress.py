"""How far is the programme, and does it keep its limits? The office's own ledger -> progress by area, monthly report.

An area is as far as its estate that is least far. Figures that an estate did not report leave those of its area
unknown; a row that speaks of the area as a whole has the first word. What is known once works are done is held against
the gate after completion, estate by estate: survey coverage and satisfaction, as far as the documents set a ratio.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from geoplan.errors import Finding, listed
from geoplan.policy import Policy
from geoplan.schema import conform, empty_table, join_list, split_list, words_of
from geoplan.sources import find_limit

COVERAGE, SATISFACTION = "post.survey_coverage", "post.satisfaction_rate"
STAGES = tuple(word.code for word in words_of("progress_stage"))
STARTED, COMPLETED = STAGES[STAGES.index("construction"):], STAGES[STAGES.index("acceptance"):]
UNREPORTED = "unreported"
COUNTS = ["after_base", "after_surveyed", "after_satisfied"]
GATES = ("pass", "not_set", "unknown", "fail")  # from good to bad: an area stands by its worst estate


@dataclass(frozen=True)
class Limits:
    """What the documents ask for: after completion, and of the households of 2001-2005; None where they set none."""

    coverage: Fraction | None
    satisfaction: Fraction | None
    old_share: Fraction | None


def find_limits(policy: Policy, *, old_share: Fraction | None) -> Limits:
    """Return the limits in force.

    Parameters
    ----------
    policy
        As `resolve` returns it.
    old_share
        Greatest share of 2001-2005 households in an annual plan (`old_share` of caps.py).
    """
    coverage, satisfaction = (find_limit(policy, param) for param in (COVERAGE, SATISFACTION))
    return Limits(coverage and coverage[0], satisfaction and satisfaction[0], old_share)


def find_progress(
    ledger: pd.DataFrame, estates: pd.DataFrame, programme: pd.DataFrame, limits: Limits,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return how far each area is.

    Parameters
    ----------
    ledger
        Layer `progress`.
    estates
        Layer `estates` with the `area_id` of each.
    programme
        Table `programme`.
    limits
        As `find_limits` returns them.

    Returns
    -------
    progress
        Table `progress`: areas with a plan year or a row; zero rows where no ledger was brought.
    findings
        Areas of the ledger that do not exist, other years than the programme's, money past the investment, gates
        failed.
    """
    if ledger.empty:
        return empty_table("progress"), []
    homes = estates.dropna(subset=["area_id"])
    known = programme.set_index("area_id")
    strange = sorted(set(ledger["area_id"].dropna()) - set(known.index))
    whole: dict[str, Any] = {str(row.area_id): row for row in ledger[ledger["estate_id"].isna()].itertuples()}
    told: dict[str, Any] = {str(row.estate_id): row for row in ledger[ledger["estate_id"].notna()].itertuples()}
    planned, named = known.index[known["plan_year"].notna()], homes.loc[homes["estate_id"].isin(told), "area_id"]
    rows = [_area(area_id, homes[homes["area_id"] == area_id], whole.get(area_id), told, known.loc[area_id], limits)
            for area_id in sorted({*planned, *named, *whole} & {*known.index})]
    progress = conform("progress", pd.DataFrame(rows)) if rows else empty_table("progress")
    return progress, list(_findings(progress, known, strange))


def find_monthly(
    progress: pd.DataFrame, programme: pd.DataFrame, *, budgets: Mapping[int, float], limits: Limits,
) -> pd.DataFrame:
    """Return the monthly report of every annual plan.

    Parameters
    ----------
    progress
        Table `progress`.
    programme
        Table `programme`: households of 2001-2005.
    budgets
        Year -> yuan, of plan.toml.
    limits
        As `find_limits` returns them.

    Returns
    -------
    monthly
        Table `monthly`; zero rows where there is no progress.
    """
    old = progress["area_id"].map(programme.set_index("area_id")["households_2001_2005"])
    known = progress.assign(old=old).dropna(subset=["plan_year"])
    rows = [{"plan_year": year, **row} for year in sorted(known["plan_year"].unique())
            for row in _report(known[known["plan_year"] == year], budgets.get(int(year)), limits)]
    return conform("monthly", pd.DataFrame(rows)) if rows else empty_table("monthly")


def _area(
    area_id: str, homes: pd.DataFrame, whole: Any, told: Mapping[str, Any], plan: pd.Series, limits: Limits,
) -> dict[str, object]:
    rows = [told[estate_id] for estate_id in homes["estate_id"] if estate_id in told]
    stages = [row.stage for row in rows if pd.notna(row.stage)]
    is_whole = whole is not None and pd.notna(whole.stage)
    stage = whole.stage if is_whole else (
        min(stages, key=STAGES.index) if stages and len(stages) == len(homes) else None)
    every = len(rows) == len(homes)
    spent = _first(whole, "spent_yuan", _sum(rows, "spent_yuan", is_all=every))
    amount = plan["amount_yuan"]
    surveys = _surveys(homes, whole, told)
    return {
        "area_id": area_id, "plan_year": _year(whole, rows, plan), "stage": stage, "estates": len(homes),
        "estates_reported": len(homes) if is_whole else len(stages), "households": plan["households"],
        "start_date": _first(whole, "start_date", min(_texts(rows, "start_date"), default=None)),
        "finish_date": _first(whole, "finish_date", _last(rows, len(homes))),
        "spent_yuan": spent, "amount_yuan": amount, "spent_share": _ratio(spent, amount),
        "coverage_share": _ratio(*_sums(surveys, "after_surveyed", "after_base")),
        "coverage_limit_share": _float(limits.coverage),
        "satisfaction_share": _ratio(*_sums(surveys, "after_satisfied", "after_surveyed")),
        "satisfaction_limit_share": _float(limits.satisfaction), "gate": _gate(surveys, limits),
        **_issues([*([] if whole is None else [whole]), *rows]),
    }


def _surveys(homes: pd.DataFrame, whole: Any, told: Mapping[str, Any]) -> pd.DataFrame:
    """Return the counts after completion of what is completed: the ledger's own, else those of the estate."""
    if whole is not None and whole.stage in COMPLETED and pd.notna(whole.after_surveyed):
        return pd.DataFrame([{name: getattr(whole, name) for name in COUNTS}], dtype="Int64")
    is_done = whole is not None and whole.stage in COMPLETED
    done = homes[[is_done or (home in told and told[home].stage in COMPLETED) for home in homes["estate_id"]]]
    own = pd.DataFrame([{name: getattr(told[home], name) for name in COUNTS} if home in told else dict.fromkeys(COUNTS)
                        for home in done["estate_id"]], columns=COUNTS, index=done.index, dtype="Int64")
    has_own = own["after_surveyed"].notna()
    counts: pd.DataFrame = own.where(has_own, done[COUNTS].astype("Int64"))
    return counts


def _gate(surveys: pd.DataFrame, limits: Limits) -> str | None:
    results = [_judged(base, surveyed, satisfied, limits)
               for base, surveyed, satisfied in surveys.itertuples(index=False, name=None)]
    return max(results, key=GATES.index, default=None)


def _judged(base: Any, surveyed: Any, satisfied: Any, limits: Limits) -> str:
    asked = [(surveyed, base, limits.coverage), (satisfied, surveyed, limits.satisfaction)]
    results = [_held(part, whole, limit) for part, whole, limit in asked if limit is not None]
    return max(results, key=GATES.index, default="not_set")


def _held(part: Any, whole: Any, limit: Fraction) -> str:
    if pd.isna(part) or pd.isna(whole) or not 0 <= part <= whole or not whole:
        return "unknown"
    return "pass" if Fraction(int(part), int(whole)) >= limit else "fail"


def _issues(rows: list[Any]) -> dict[str, object]:
    """Return the issues of all rows; where nobody counted the open ones those listed are."""
    names = list(dict.fromkeys(name for row in rows for name in split_list(row.issues)))
    opened = [row.issues_open if pd.notna(row.issues_open) else len(split_list(row.issues))
              for row in rows if pd.notna(row.issues_open) or pd.notna(row.issues)]
    closed = [row.issues_closed for row in rows if pd.notna(row.issues_closed)]
    return {"issues": join_list(names) or None, "issues_open": sum(opened) if opened else None,
            "issues_closed": sum(closed) if closed else None}


def _report(areas: pd.DataFrame, budget: float | None, limits: Limits) -> Iterator[dict[str, object]]:
    stages = areas["stage"].fillna(UNREPORTED)
    households = areas["households"].astype("float64")
    yield _line("areas", "count", len(areas))
    yield _line("households", "households", households.sum(), unknown=households.isna().sum())
    for stage in (*STAGES, UNREPORTED):
        own = stages == stage
        yield _line(f"areas_{stage}", "count", own.sum(), len(areas))
        yield _line(f"households_{stage}", "households", households[own].sum(), households.sum(skipna=False),
                    unknown=households[own].isna().sum())
    spent = areas["spent_yuan"]
    for figure, whole, limit in (("spent_of_amount", areas["amount_yuan"].sum(skipna=False), None),
                                 ("spent_of_budget", np.nan if budget is None else budget, Fraction(1))):
        yield _line(figure, "yuan", spent.sum(), whole, unknown=spent.isna().sum(), limit=limit)
    for figure, part in (("old_planned", areas), ("old_started", areas[stages.isin(STARTED)])):
        old = part["old"].astype("float64")
        yield _line(figure, "households", old.sum(), part["households"].astype("float64").sum(skipna=False),
                    unknown=old.isna().sum(), limit=limits.old_share)
    gates = areas["gate"].dropna()
    yield _line("gates_passed", "count", gates.eq("pass").sum(), len(gates), unknown=(
        gates.isin(["unknown", "not_set"])).sum())
    opened, closed = areas["issues_open"].sum(), areas["issues_closed"].sum()
    yield _line("issues_open", "count", opened, opened + closed, unknown=areas["issues_open"].isna().sum())


def _line(
    figure: str, unit: str, value: float, whole: float | None = None, *, unknown: int = 0,
    limit: Fraction | None = None,
) -> dict[str, object]:
    """Return one figure; a limit is broken by what is known, and kept only where all of it is."""
    is_known = whole is not None and pd.notna(whole) and whole > 0
    is_broken = limit is not None and is_known and _exact(value) > limit * _exact(whole)
    is_kept = None if limit is None or not is_known else False if is_broken else None if unknown else True
    return {"figure": figure, "unit": unit, "value": float(value), "whole": whole, "unknown_areas": int(unknown),
            "actual_share": float(value) / float(whole) if is_known and whole is not None else None,
            "limit_share": _float(limit), "is_kept": is_kept}


def _findings(progress: pd.DataFrame, programme: pd.DataFrame, strange: list[str]) -> Iterator[Finding]:
    years = progress["area_id"].map(programme["plan_year"])
    doubts = {
        "unknown_area": pd.Series(strange, dtype="str"),
        "other_year": progress.loc[progress["plan_year"].ne(years).fillna(progress["plan_year"].notna()), "area_id"],
        "overspent": progress.loc[progress["spent_share"] > 1, "area_id"],
        "gate_failed": progress.loc[progress["gate"] == "fail", "area_id"],
    }
    for code, areas in doubts.items():
        if len(areas):
            yield Finding(f"progress.{code}", "progress", values={"count": len(areas), "areas": listed(areas)})


def _first(whole: Any, name: str, otherwise: object) -> object:
    """Return what the row of the whole area says, else what its estates come to."""
    said = None if whole is None else getattr(whole, name)
    return otherwise if pd.isna(said) else said


def _year(whole: Any, rows: list[Any], plan: pd.Series) -> object:
    own = sorted({row.year for row in rows if pd.notna(row.year)})
    return _first(whole, "year", own[0] if len(own) == 1 else plan["plan_year"])


def _texts(rows: list[Any], name: str) -> list[str]:
    return [getattr(row, name) for row in rows if pd.notna(getattr(row, name))]


def _last(rows: list[Any], estates: int) -> str | None:
    days = _texts(rows, "finish_date")
    return max(days) if days and len(days) == estates else None


def _sum(rows: list[Any], name: str, *, is_all: bool) -> float | None:
    """Return the exact sum of a figure of all estates; None where one of them did not report it."""
    said = [getattr(row, name) for row in rows]
    if not is_all or not said or any(pd.isna(each) for each in said):
        return None
    return float(sum(_exact(each) for each in said))


def _sums(frame: pd.DataFrame, *names: str) -> list[object]:
    return [frame[name].sum(skipna=False) if len(frame) else None for name in names]


def _ratio(part: Any, whole: Any) -> float | None:
    return None if pd.isna(part) or pd.isna(whole) or not whole else float(part) / float(whole)


def _exact(number: Any) -> Fraction:
    return Fraction(str(number))


def _float(share: Fraction | None) -> float | None:
    return None if share is None else float(share)
