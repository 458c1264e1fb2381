"""When may an area enter an annual plan? Estates and their entry gates -> the first year of each.

An area starts whole: when every estate of it has passed the gate of plan entry, or its `ready_year` has come. Unknown
is not ready: an estate whose gate is unknown, or for which the law sets no standard, waits like one that failed it,
until it is verified or the planner says from which year such estates are taken to be ready ([programme] ready_year);
that stays visible as an assumption.
"""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Literal

import pandas as pd

Waiting = Literal["not_ready", "unknown", "not_set"]

READY = "ready"
NOT_READY = "not_ready"


def find_entries(
    homes: pd.DataFrame, standing: pd.DataFrame, *, years: Sequence[int], assumed: Mapping[Waiting, int],
) -> pd.DataFrame:
    """Return from which year on each grouped estate may stand in an annual plan.

    Parameters
    ----------
    homes
        Layer `estates` with the `area_id` of each; those without one are passed over.
    standing
        estate_id, plan_entry.
    years
        Of the programme.
    assumed
        State of the gate (not_ready, unknown, not_set) -> the year from which estates in that state that name no
        `ready_year` are taken to be ready.

    Returns
    -------
    entries
        estate_id, area_id, plan_entry, entry_year (the first programme year where the gate is ready; missing where no
        year is known), is_assumed.
    """
    known = homes.dropna(subset=["area_id"])[["estate_id", "area_id", "ready_year"]].merge(
        standing[["estate_id", "plan_entry"]], on="estate_id").sort_values("estate_id", ignore_index=True)
    is_ready = known["plan_entry"] == READY
    is_assumed = ~is_ready & known["ready_year"].isna() & known["plan_entry"].isin(list(assumed))
    year = known["ready_year"].fillna(known["plan_entry"].map(dict(assumed)).astype("Int64"))
    return known.drop(columns="ready_year").assign(
        entry_year=year.mask(is_ready, years[0]).clip(lower=years[0]).astype("Int64"), is_assumed=is_assumed)


def entry_years(entries: pd.DataFrame, years: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Return area -> the programme years in which all of its estates may be in the plan."""
    first = entries["entry_year"].astype("float64").fillna(inf).groupby(entries["area_id"]).max()
    return {str(area_id): tuple(year for year in years if year >= opens) for area_id, opens in first.items()}


def blocking_estates(entries: pd.DataFrame, last_year: int) -> pd.DataFrame:
    """Return the entries of the estates that are not ready in any year up to the last of the programme."""
    return entries[entries["entry_year"].isna() | (entries["entry_year"] > last_year).fillna(False)]
