"""How firm are the areas when the planner's numbers change? Grouping again over a grid of parameters.

Every combination of the values asked for is grouped as the plan was, on the plan's own links; what comes out is one
line a run, and for every link how often its two estates stay together: where that is always or never, the numbers do
not matter; where it is now and then, they decide.
"""

from collections.abc import Sequence
from itertools import product

import geopandas as gpd
import pandas as pd

from geoplan.areas import group_estates, rate_grouping
from geoplan.plan import Plan

GAP = "max_gap_m"


def sweep_areas(plan: Plan, *, method: str | None = None, **grid: Sequence[float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Group the estates of a plan once for every combination of parameters.

    Parameters
    ----------
    plan
        A finished plan; its links are used, so max_gap_m can only be lowered (ValueError otherwise).
    method
        A way of grouping; the plan's where nothing is said. "greedy" is quick.
    grid
        Numbers of [areas] by name, each with the values to try.

    Returns
    -------
    runs
        One row per combination, by `run` (counted from 1): the parameters, areas, left_over, households of the smallest
        and the largest area, longest radius_m, objective and gap_share (missing where no bound is proven).
    members
        run, estate_id, area_id (missing where left over).
    """
    rules = plan.project.areas
    unknown = [name for name in grid if name not in type(rules).model_fields]
    if unknown:
        raise ValueError(f"[areas] has no number {unknown[0]!r}; it has {', '.join(type(rules).model_fields)}")
    if max(grid.get(GAP, [0])) > rules.max_gap_m:
        raise ValueError(f"the plan's links reach {rules.max_gap_m:g} m; run the plan with a larger max_gap_m")
    estates, links = plan.tables["estates"], plan.tables["links"]
    grouped = estates.loc[estates["eligibility"].isin(rules.include), "estate_id"].tolist()
    lines, found = [], []
    for run, values in enumerate(product(*grid.values()), start=1):
        asked = dict(zip(grid, values, strict=True))
        tried = rules.model_copy(update=asked)
        members, bounds = group_estates(estates, links[links["gap_m"] <= tried.max_gap_m], grouped_ids=grouped,
                                        rules=tried, method=method or rules.method)
        grouping = rate_grouping(members, bounds, estates, area_overhead=tried.area_overhead)
        lines.append({"run": run, **asked, **_summed(members, grouping, estates)})
        found.append(members[["estate_id", "area_id"]].assign(run=run))
    return pd.DataFrame(lines), pd.concat(found, ignore_index=True)[["run", "estate_id", "area_id"]]


def rate_links(plan: Plan, members: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the usable links of a plan with the share of runs in which both estates are in the same area.

    Parameters
    ----------
    plan
        The plan that was swept.
    members
        As `sweep_areas` returns them.
    """
    links = plan.tables["links"]
    usable = gpd.GeoDataFrame(links[links["usable"]].reset_index(drop=True), geometry="geometry", crs=plan.layers.crs)
    areas = members.pivot(index="estate_id", columns="run", values="area_id")
    at_a, at_b = (areas.reindex(usable[side]).reset_index(drop=True) for side in ("estate_a", "estate_b"))
    return usable.assign(together_share=(at_a.eq(at_b) & at_a.notna()).mean(axis="columns"))


def _summed(members: pd.DataFrame, grouping: pd.DataFrame, estates: pd.DataFrame) -> dict[str, object]:
    count = members["estate_id"].map(estates.set_index("estate_id")["households"])
    households = count.groupby(members["area_id"]).sum()
    objective, bound = grouping["objective"].sum(), grouping["lower_bound"].sum(min_count=len(grouping))
    return {
        "areas": members["area_id"].nunique(), "left_over": int(members["area_id"].isna().sum()),
        "households_min": households.min(), "households_max": households.max(),
        "radius_max_m": members.loc[members["area_id"].notna(), "distance_m"].max(),
        "objective": objective, "gap_share": (objective - bound) / objective if objective else None,
    }
