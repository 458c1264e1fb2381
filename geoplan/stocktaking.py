"""How does the plan stand? The last chapter: the official scorecard, and the progress of what is under way.

Everything before it has been decided; here it is only looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from geoplan.budget import Budget, Reserve
from geoplan.caps import old_share
from geoplan.digging import find_digs
from geoplan.errors import Finding
from geoplan.progress import find_limits, find_monthly, find_progress
from geoplan.scorecard import Case, make_scorecard


@dataclass(frozen=True)
class Stock:
    """Tables scorecard, progress and monthly, and what the planner should know."""

    tables: Mapping[str, pd.DataFrame]
    findings: tuple[Finding, ...]


def take_stock(
    reserve: Reserve, budget: Budget, verdicts: pd.DataFrame, area_gaps: pd.DataFrame, tell: Callable[..., None],
) -> Stock:
    """Return how the plan stands by the scorecard, and how far the projects are.

    Parameters
    ----------
    reserve, budget
        What the areas are, and what they cost and when.
    verdicts
        Table `verdicts`.
    area_gaps
        Table `area_gaps` with sitings in it; zero rows where no facilities were brought.
    tell
        Is told what each step found.

    Returns
    -------
    stock
        Tables scorecard, progress and monthly.
    """
    project, layers, tables = reserve.prepared.project, reserve.prepared.layers, budget.tables
    homes = reserve.estates.merge(reserve.members[["estate_id", "area_id"]], on="estate_id")
    digs = find_digs(reserve.areas, layers.utilities, reach_m=project.programme.dig_reach_m)
    scorecard = make_scorecard(Case(
        estates=homes, verdicts=verdicts, programme=tables["programme"], scores=budget.scores, area_gaps=area_gaps,
        works=tables["works"], funding=tables["funding"], digs=digs, utilities=layers.utilities,
        costs=reserve.prepared.costs, brought=layers.brought, budgets=project.programme.budget_yuan,
        total_budget=project.programme.total_budget_yuan, language=project.plan.language), reserve.policy)
    limits = find_limits(reserve.policy, old_share=old_share(reserve.policy))
    progress, found = find_progress(layers.progress, homes, tables["programme"], limits)
    monthly = find_monthly(progress, tables["programme"], budgets=project.programme.budget_yuan, limits=limits)
    results = scorecard["result"].value_counts()
    tell("step.stocktaking", reported=int((progress["estates_reported"] > 0).sum()), **{
        result: int(results.get(result, 0)) for result in ("pass", "fail", "needs_evidence")})
    return Stock({"scorecard": scorecard, "progress": progress, "monthly": monthly}, tuple(found))
