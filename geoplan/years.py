"""What is every annual plan together, and who pays for it? Programme and funding -> one line for each year.

The years of the programme first, then what waits without a year. Sums are exact, and a sum with an unknown part is
unknown. Households of 2001-2005 include those whose year is not known, as under the cap of 15 per cent.
"""

from collections.abc import Hashable
from typing import Any

import pandas as pd

from geoplan.caps import count_old
from geoplan.figures import sum_of
from geoplan.plan import Plan
from geoplan.schema import labels_of
from geoplan.sources import GAP, UNVERIFIED


def sum_years(plan: Plan) -> pd.DataFrame:
    """Return the sums of every year.

    Parameters
    ----------
    plan
        The finished plan.

    Returns
    -------
    years
        plan_year (None for what waits), areas, households, old (of 2001-2005 or of an unknown year), old_share,
        amount_yuan, funded_yuan (of all sources together, without the gap and what is to be verified), one column for
        each source that gives something, budget_yuan, left_yuan; a figure is None where it is not known or was not set.
    """
    programme, funding = plan.tables["programme"], plan.tables["funding"]
    old = count_old(_homes(plan)).set_index("area_id").sum(axis=1)
    rows = programme.assign(old=programme["area_id"].map(old))
    sources = [source for source in labels_of("funding_source", "zh") if source in set(funding["source"])]
    years: list[int | None] = [*plan.project.years] if len(rows) else []
    made = [_line(plan, year, rows[_is_of(rows["plan_year"], year)], sources) for year in years]
    waiting = rows[rows["plan_year"].isna()]
    return pd.DataFrame([*made, *([_line(plan, None, waiting, sources)] if len(waiting) else [])], columns=[
        "plan_year", "areas", "households", "old", "old_share", "amount_yuan", "funded_yuan", *sources, "budget_yuan",
        "left_yuan"], dtype=object)


def _homes(plan: Plan) -> pd.DataFrame:
    """Return the estates of areas with what their layer says of their age."""
    areas = plan.tables["estates"].set_index("estate_id")["area_id"]
    return pd.DataFrame(plan.layers.estates).assign(area_id=plan.layers.estates["estate_id"].map(areas))


def _is_of(years: pd.Series, year: int | None) -> pd.Series:
    return years.isna() if year is None else years.eq(year).fillna(False)


def _line(plan: Plan, year: int | None, rows: pd.DataFrame, sources: list[str]) -> dict[Hashable, Any]:
    funding = plan.tables["funding"]
    own = funding[funding["area_id"].isin(rows["area_id"])]
    given = own[~own["source"].isin([GAP, UNVERIFIED])]
    households, old = _whole(rows["households"]), _whole(rows["old"])
    amount, budget = _exact(rows["amount_yuan"]), None if year is None else plan.project.programme.budget_yuan.get(year)
    return {
        "plan_year": year, "areas": len(rows), "households": households, "old": old,
        "old_share": old / households if households and old is not None else None,
        "amount_yuan": amount, "funded_yuan": _exact(given["amount_yuan"]),
        **{source: _exact(own.loc[own["source"] == source, "amount_yuan"]) for source in sources},
        "budget_yuan": budget, "left_yuan": None if budget is None or amount is None else budget - amount,
    }


def _exact(values: pd.Series) -> float | None:
    total = sum_of(values)
    return None if total is None else float(str(total))


def _whole(values: pd.Series) -> int | None:
    total = sum_of(values)
    return None if total is None else int(str(total))
