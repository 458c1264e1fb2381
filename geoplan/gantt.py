"""What happens in which month? Annual plans and milestones -> one row per planned area, one column per month.

A row is a bar from the first milestone, or January of the plan year, to the last milestone, or its December. A month
holds the short mark of every stage due in it; monthly reports make none, they would fill every row alike.
"""

import pandas as pd

from geoplan.schema import labels_of

RUNNING = "─"
REPORT = "report"


def draw_gantt(programme: pd.DataFrame, milestones: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return the chart: area_id, then one text column per month (YYYY-MM) from the first bar to the last.

    Parameters
    ----------
    programme, milestones
        Tables of those names.
    language
        Of the marks: zh or en.

    Returns
    -------
    chart
        One row per area that has a year, by year and id.
    """
    planned = programme.dropna(subset=["plan_year"]).sort_values(["plan_year", "area_id"])
    marks = labels_of("milestone_mark", language)
    due = milestones.assign(month=pd.PeriodIndex(milestones["due_date"], freq="M"),
                            mark=milestones["milestone"].map(lambda code: marks.get(code, marks["other"])))
    bars = {area_id: _bar(int(year), due[due["area_id"] == area_id], marks["with"])
            for area_id, year in zip(planned["area_id"], planned["plan_year"], strict=True)}
    months = sorted({month for bar in bars.values() for month in bar.index})
    every = pd.period_range(months[0], months[-1]) if months else pd.PeriodIndex([], freq="M")
    chart = {str(month): [bar.get(month, "") for bar in bars.values()] for month in every}
    return pd.DataFrame({"area_id": pd.Series(list(bars), dtype="str"), **chart})


def _bar(plan_year: int, due: pd.DataFrame, between: str) -> pd.Series:
    """Return what stands in each month of the bar of one area."""
    ends = [pd.Period(f"{plan_year}-01", "M"), pd.Period(f"{plan_year}-12", "M"), *due["month"]]
    stages = due[due["pace"] != REPORT].groupby("month")["mark"].agg(between.join)
    return stages.reindex(pd.period_range(min(ends), max(ends)), fill_value=RUNNING)
