"""What is due when? Annual plans and the deadlines of the law -> the milestones of every area, and their slack.

A deadline is a rule with a day (MM-DD) or a list of reporting months; the rules in force say which, so that no deadline
of one jurisdiction reaches another. A parameter that speaks of the next year (次年, 下年: `next_year_…`) falls in the
year before the plan year, every other in the plan year itself; a monthly report is due on the last day of its month.

The slack of a milestone is the days from the latest of these until it is due: the day of the plan (`as_of`), the first
of January of the year in which the area's gate opens where it is not open yet, and the due date of the milestone
before. Zero means that two things are due on one day (Dehong: approval and start on 30 April), less that the deadline
has passed; both are flagged. Where the gate opens only in a year after the deadline, the area can stand in its annual
plan only if the papers come before that (QH23-19 to 21: 方可纳入改造计划): then the slack is what is left for them, and
the pace says that the gate comes first. Monthly reports recur and have no slack. `target_date` is when to be done so
that the next milestone has `lead_days` left.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from geoplan.documents import is_open, listed_values
from geoplan.errors import Finding, listed
from geoplan.policy import Policy
from geoplan.readiness import READY
from geoplan.schema import conform, empty_table, labels_of

NEXT_YEAR = "next_year_"
DAY_UNIT, MONTHS_UNIT = "MM-DD", "month"
LAST_DAY = 31  # of a month whose end is meant, when deadlines are put in order


@dataclass(frozen=True)
class Deadline:
    """A day of every plan year: `years_before` it, in a month, on a day; `is_report` where it recurs."""

    milestone: str
    years_before: int
    month: int
    day: int | None
    clause: str
    is_report: bool


def find_deadlines(policy: Policy) -> list[Deadline]:
    """Return the deadlines of the law in force, in the order of a plan year; those of one day as the documents have
    them."""
    found = [deadline for said in policy.values.itertuples() for deadline in _deadlines(said)]
    return sorted(found, key=lambda each: (-each.years_before, each.month, each.day or LAST_DAY))


def list_milestones(
    programme: pd.DataFrame, entries: pd.DataFrame, deadlines: Sequence[Deadline], *, as_of: date, lead_days: int,
    language: str = "zh",
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return what is due for every planned area.

    Parameters
    ----------
    programme
        Table `programme`; areas without a year have no milestones.
    entries
        As `find_entries` returns them: from which year each estate is ready.
    deadlines
        As `find_deadlines` returns them.
    as_of
        The day from which slack counts.
    lead_days
        Days that should lie between one milestone and the next.
    language
        Of the findings: zh or en.

    Returns
    -------
    milestones
        Table `milestones`.
    findings
        Which milestones have no slack, and for how many areas.
    """
    opened = _opened(entries)
    planned = programme.dropna(subset=["plan_year"])
    rows = [row for area_id, year in zip(planned["area_id"], planned["plan_year"].astype(int), strict=True)
            for row in _rows_of(area_id, year, deadlines, as_of, opened.get(area_id, as_of), lead_days)]
    if not rows:
        return empty_table("milestones"), []
    milestones = conform("milestones", pd.DataFrame(rows))
    return milestones, list(_findings(milestones, labels_of("milestone", language)))


def _deadlines(said: Any) -> Iterator[Deadline]:
    clause = f"{said.document} {said.clause} [{said.rule_id}]"
    before = 1 if said.param.startswith(NEXT_YEAR) else 0
    if is_open(said.value):
        return
    if said.unit == DAY_UNIT:
        month, day = (int(part) for part in said.value.split("-"))
        yield Deadline(said.param, before, month, day, clause, is_report=False)
    if said.unit == MONTHS_UNIT:
        for month in (int(str(each)) for each in listed_values(said.value)):
            yield Deadline(f"{said.param}.{month:02d}", before, month, None, clause, is_report=True)


def _opened(entries: pd.DataFrame) -> dict[str, date]:
    """Return the first of January of the year in which the gate of each area opens, where it is not open yet."""
    waiting = entries[(entries["plan_entry"] != READY) & entries["entry_year"].notna()]
    first = waiting.groupby("area_id")["entry_year"].max()
    return {str(area_id): date(int(year), 1, 1) for area_id, year in first.items()}


def _rows_of(
    area_id: str, plan_year: int, deadlines: Sequence[Deadline], as_of: date, opened: date, lead_days: int,
) -> Iterator[dict[str, object]]:
    due = [_due(deadline, plan_year) for deadline in deadlines]
    stages = [day for day, deadline in zip(due, deadlines, strict=True) if not deadline.is_report]
    before = as_of
    for day, deadline in zip(due, deadlines, strict=True):
        row: dict[str, object] = {
            "area_id": area_id, "milestone": deadline.milestone, "due_date": day.isoformat(),
            "clause": deadline.clause, "target_date": day.isoformat(), "slack_days": None, "pace": "report"}
        if not deadline.is_report:
            stages, opened, is_shut = stages[1:], min(opened, day), day < opened
            slack = (day - before).days if is_shut else (day - max(before, opened)).days
            target = min([day, *(stages[0] - timedelta(lead_days) for _ in stages[:1])])
            row |= {"target_date": target.isoformat(), "slack_days": slack, "pace": _pace(slack, is_shut=is_shut)}
            before = max(before, day)
        yield row


def _due(deadline: Deadline, plan_year: int) -> date:
    year = plan_year - deadline.years_before
    return date(year, deadline.month, deadline.day or monthrange(year, deadline.month)[1])


def _pace(slack_days: int, *, is_shut: bool) -> str:
    if slack_days > 0:
        return "gate_first" if is_shut else "in_time"
    return "no_slack" if slack_days == 0 else "late"


def _findings(milestones: pd.DataFrame, labels: Mapping[str, str]) -> Iterator[Finding]:
    for pace in ("late", "no_slack", "gate_first"):
        short = milestones[milestones["pace"] == pace]
        for code in sorted(short["milestone"].unique()):
            rows = short[short["milestone"] == code]
            yield Finding(f"milestones.{pace}", "milestones", values={
                "milestone": labels.get(code, code), "clause": rows["clause"].iloc[0], "count": len(rows),
                "areas": listed(rows["area_id"])})
