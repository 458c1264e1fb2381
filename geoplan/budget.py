"""What does it cost, who pays, and in which year? The chapter of the plan behind sites: works, money, reserve, years.

The steps in their order, each called once, on what the plan has found so far.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geoplan.cache import Recall
from geoplan.caps import old_share, write_caps
from geoplan.contents import class_items, find_content_classes
from geoplan.digging import find_conflicts, find_digs, find_dug_twice
from geoplan.documents import Document
from geoplan.errors import Finding
from geoplan.funding import fund_works, list_sources, sum_sources
from geoplan.milestones import find_deadlines, list_milestones
from geoplan.policy import Policy
from geoplan.prepared import Prepared
from geoplan.programme import HUNDREDTHS, find_programme_alternatives, list_reserve, make_programme, pose_question
from geoplan.ranking import score_areas
from geoplan.readiness import find_entries
from geoplan.works import list_lines, sum_amounts, sum_works

GAP_SOURCES = ("gap", "unverified")


@dataclass(frozen=True)
class Reserve:
    """What the plan knows of its areas when it comes to money and years."""

    prepared: Prepared
    documents: Sequence[Document]
    policy: Policy
    catalogue: pd.DataFrame
    estates: gpd.GeoDataFrame
    standing: pd.DataFrame
    members: pd.DataFrame
    areas: gpd.GeoDataFrame
    links: pd.DataFrame
    openings: gpd.GeoDataFrame
    area_gaps: pd.DataFrame
    sitings: pd.DataFrame


@dataclass(frozen=True)
class Budget:
    """Works, money and years: their tables, the scores of areas, and what the planner should know."""

    tables: Mapping[str, pd.DataFrame]
    scores: pd.DataFrame
    findings: tuple[Finding, ...]


def plan_money(reserve: Reserve, tell: Callable[..., None], recall: Recall, *, alternatives: int) -> Budget:
    """Return what every area costs, who pays, how it ranks, and the year it has in the programme.

    Parameters
    ----------
    reserve
        What is known of the areas.
    tell
        Is told what each step found.
    recall
        Returns what a step gives.
    alternatives
        How many other programmes are wanted.

    Returns
    -------
    budget
        Its tables are works, sources, funding, ranking, programme, programme_alternatives and milestones.
    """
    project, layers = reserve.prepared.project, reserve.prepared.layers
    costs, language, rules = reserve.prepared.costs, project.plan.language, project.programme
    lines, listed = recall(
        list_lines, reserve.members, reserve.estates, reserve.openings, reserve.sitings, layers.sites, costs,
        reserve.catalogue, m2_per_household=project.assumptions.m2_per_household,
        guided_share=project.costs.guided_share, language=language)
    works = sum_works(lines, costs, class_items(find_content_classes(reserve.documents)))
    shares = project.funding.shares
    sources = list_sources(lines, reserve.estates, reserve.policy, shares=shares)
    funding, funded = recall(fund_works, works, lines, reserve.estates, reserve.standing, reserve.policy, shares=shares,
                             language=language)
    tell("step.works", lines=len(lines), yuan=f"{works['amount_yuan'].sum():.0f}",
         gap=f"{funding.loc[funding['source'].isin(GAP_SOURCES), 'amount_yuan'].sum():.0f}")

    homes = reserve.estates.merge(reserve.members[["estate_id", "area_id"]], on="estate_id")
    ranking, scores, scored = score_areas(
        reserve.areas, homes, reserve.area_gaps, reserve.links, weights=project.score.weights,
        max_gap_m=project.areas.max_gap_m)
    tell("step.scored", areas=len(scores), unknown=int((~ranking["is_known"]).sum()))

    years = project.years
    entries = find_entries(homes, reserve.standing, years=years, assumed=rules.ready_year)
    rows = list_reserve(reserve.areas, homes, scores, sum_amounts(works).reset_index())
    caps = write_caps(rows, rules, sum_sources(funding), years=years, share=old_share(reserve.policy))
    digs = find_digs(reserve.areas, layers.utilities, reach_m=rules.dig_reach_m)
    question = pose_question(rows, entries, caps, digs, years=years, bundles=rules.bundles)
    programme, schedule, planned = make_programme(question, rows, entries)
    is_planned = programme["plan_year"].notna()
    tell("step.programme", areas=int(is_planned.sum()), waiting=int((~is_planned).sum()),
         households=int(programme.loc[is_planned, "households"].sum()),
         worth=f"{schedule.worth / HUNDREDTHS:.2f}", bound=f"{schedule.bound / HUNDREDTHS:.2f}")
    milestones, due = list_milestones(
        programme, entries, find_deadlines(reserve.policy), as_of=project.plan.as_of, lead_days=rules.lead_days,
        language=language)
    paces = milestones["pace"].value_counts()
    tell("step.milestones", rows=len(milestones), no_slack=int(paces.get("no_slack", 0)),
         late=int(paces.get("late", 0)))

    tables = {"works": works, "sources": sources, "funding": funding, "ranking": ranking, "programme": programme,
              "milestones": milestones}
    if alternatives:
        tables["programme_alternatives"] = find_programme_alternatives(question, schedule, count=alternatives + 1)
    dug = [*find_dug_twice(layers.utilities), *find_conflicts(digs, programme)]
    return Budget(tables, scores, (*listed, *funded, *scored, *planned, *due, *dug))
