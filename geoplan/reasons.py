"""Why is an area in its year, or in none? A programme -> the reason of every area, each of which can be checked.

An area in no year is kept out by what would have to change for it, in this order: estates that are not ready, or not
verified; an amount that is not known where money is capped; its bundle; or caps. The caps named are those of which
lifting one alone would let the area (with its bundle) join the programme as it stands in some year that is open to it;
where no single cap would do, the reason is that several bind, and all of them are named. An area that could have come
earlier is later because of caps, by the same test, or because pipe and line works lie in its year.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from geoplan.caps import Cap, is_kept
from geoplan.readiness import NOT_READY, blocking_estates
from geoplan.schedules import Group, Programme, Question

OPEN_STATES = ("unknown", "not_set")


@dataclass(frozen=True)
class Reason:
    """A code of programme_reason, the caps that bind, and the estates that stand in the way."""

    code: str
    caps: tuple[str, ...] = ()
    estates: tuple[str, ...] = ()


def find_reasons(
    question: Question, programme: Programme, entries: pd.DataFrame, own_years: Mapping[str, Sequence[int]],
) -> dict[str, Reason]:
    """Return the reason of every area.

    Parameters
    ----------
    question, programme
        What was asked and what came out.
    entries
        As `find_entries` returns them.
    own_years
        Area -> the years in which its own gates are open, whatever its bundle and its amount.
    """
    in_the_way = blocking_estates(entries, question.years[-1])
    assumed = set(entries.loc[entries["is_assumed"], "area_id"])
    reasons: dict[str, Reason] = {}
    for group in question.groups:
        for area_id in group.areas:
            year = programme[area_id]
            reasons[area_id] = _why_in(question, programme, group, year, area_id in assumed) if year is not None else (
                _why_out(question, programme, group, area_id, own_years[area_id])
                if own_years[area_id] else _why_shut(in_the_way[in_the_way["area_id"] == area_id]))
    return reasons


def countable_years(area_id: str, years: Sequence[int], caps: Sequence[Cap]) -> tuple[int, ...]:
    """Return the years in which an area can be counted under every cap."""
    return tuple(year for year in years
                 if all(cap.loads[area_id] is not None for cap in caps if year in cap.years))


def _why_shut(in_the_way: pd.DataFrame) -> Reason:
    estates = tuple(in_the_way["estate_id"])
    is_open = in_the_way["plan_entry"].isin(OPEN_STATES) & in_the_way["entry_year"].isna()
    return Reason("unknown_gate" if is_open.all() else NOT_READY, estates=estates)


def _why_out(
    question: Question, programme: Programme, group: Group, area_id: str, own_years: Sequence[int],
) -> Reason:
    counted = countable_years(area_id, own_years, question.caps)
    if not counted:
        return Reason("amount_unknown")
    is_bundled = len(group.areas) > 1
    if is_bundled and (not group.years or any(not _broken(question, programme, (area_id,), year) for year in counted)):
        return Reason("bundle")
    return _why_capped([_broken(question, programme, group.areas, year) for year in group.years], "several_caps")


def _why_in(question: Question, programme: Programme, group: Group, year: int, is_assumed: bool) -> Reason:
    earlier = [each for each in group.years if each < year]
    if not earlier:
        return Reason("assumed_ready" if is_assumed else "first_year")
    broken = [_broken(question, programme, group.areas, each) for each in earlier]
    return _why_capped(broken, "later_cap", one="later_cap") if all(broken) else Reason("dig_once")


def _why_capped(broken: Sequence[tuple[str, ...]], several: str, *, one: str = "") -> Reason:
    """Return the caps of which lifting one alone would do, or that several bind."""
    alone = tuple(dict.fromkeys(kinds[0] for kinds in broken if len(kinds) == 1))
    if alone:
        return Reason(one or alone[0], caps=alone)
    return Reason(several, caps=tuple(dict.fromkeys(kind for kinds in broken for kind in kinds)))


def _broken(question: Question, programme: Programme, areas: Sequence[str], year: int) -> tuple[str, ...]:
    """Return the kinds of caps that break when areas move to a year and everything else stays.

    A move can break a cap of the year it leaves: the share of old households rises where new ones go.
    """
    moved = programme | dict.fromkeys(areas, year)
    return tuple(dict.fromkeys(cap.kind for cap in question.caps if not is_kept(cap, moved)))
