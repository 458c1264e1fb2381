"""What goes into idle rooms and land, and what does that change? The chapter of the plan between gaps and money.

The steps of siting in their order, each called once, on what the plan has found so far.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from geoplan.access import snap_points
from geoplan.cache import Recall
from geoplan.circles import close_gaps, find_area_gaps
from geoplan.costs import site_prices
from geoplan.eldercare import find_care
from geoplan.errors import Finding
from geoplan.norms import HouseholdNorm
from geoplan.offers import find_offers
from geoplan.openings import open_ways
from geoplan.policy import ElderStandard, Policy
from geoplan.prepared import Prepared, limit_m_of
from geoplan.procedures import find_clause, list_procedures
from geoplan.reach import find_reach, straight_reach
from geoplan.relief import find_demands, find_obstacles, tell_reasons
from geoplan.rooms import say_sited_same_places
from geoplan.scenes import Wish
from geoplan.sites import find_host_areas, find_places
from geoplan.siting import (
    find_siting_alternatives,
    find_sitings,
    list_rooms,
    say_siting_alternatives,
    say_sitings,
    with_procedures,
)


@dataclass(frozen=True)
class Town:
    """What the plan knows of the town when it comes to its sites."""

    prepared: Prepared
    catalogue: pd.DataFrame
    policy: Policy
    standard: ElderStandard
    norm: HouseholdNorm | None
    estates: gpd.GeoDataFrame
    members: pd.DataFrame
    areas: gpd.GeoDataFrame
    edges: gpd.GeoDataFrame
    access: pd.DataFrame
    hard_barriers: gpd.GeoDataFrame
    walls: pd.DataFrame
    apart: pd.DataFrame
    rooms: gpd.GeoDataFrame
    flows: pd.DataFrame


@dataclass(frozen=True)
class Reuse:
    """What became of the sites: the tables as they are after it, and the facts for the log."""

    gaps: pd.DataFrame
    area_gaps: pd.DataFrame
    care: pd.DataFrame
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


def leave_sites(gaps: pd.DataFrame, area_gaps: pd.DataFrame, care: pd.DataFrame, members: pd.DataFrame,
                catalogue: pd.DataFrame) -> Reuse:
    """Return gaps and care as they are where no sites were brought, with that as the reason of every open gap."""
    none = gaps[:0]
    told = tell_reasons(area_gaps, gaps, members, None, none, none, catalogue, types=(), money_left=None)
    return Reuse(gaps, told, care)


def use_sites(
    town: Town, gaps: pd.DataFrame, area_gaps: pd.DataFrame, care: pd.DataFrame, recall: Recall, *, alternatives: int,
) -> Reuse:
    """Return what the sites of the town take up, and gaps, gaps of areas and care after that.

    Parameters
    ----------
    town
        What is known of it.
    gaps, area_gaps, care
        Tables of those names before any siting.
    recall
        Returns what a step gives.
    alternatives
        How many other plans for the sites are wanted.

    Returns
    -------
    reuse
        Its tables are sitings, siting_areas, siting_stages, procedures and siting_alternatives.
    """
    project, layers = town.prepared.project, town.prepared.layers
    asked, members, catalogue = project.siting, town.members, town.catalogue
    offers = find_offers(
        layers.sites, catalogue, types=asked.types, accept=asked.accept, least_m2=asked.least_m2,
        floor_ratio=asked.infill_floor_ratio, last_year=project.years[-1],
        prices=site_prices(town.prepared.costs))
    near_sites, snapped = _walk_to_sites(town, recall, farthest_m=float(gaps["limit_m"].max()))
    care_clause = find_clause(town.policy.rules, "low_efficiency_land_priority")
    wish = Wish(town.standard.m2_per_resident, asked.complex_bonus_yuan, asked.max_cost_yuan,
                is_care_first=bool(care_clause))
    host_areas = find_host_areas(layers.sites, town.areas) if project.elder.count_scope == "inside" else None
    demands = find_demands(gaps, area_gaps, members)
    sitings, siting_areas, stages = recall(
        find_sitings, offers, near_sites, gaps, area_gaps, members, care, host_areas=host_areas, wish=wish)
    procedures = list_procedures(sitings, offers, layers.sites, catalogue, town.policy.rules, layers.heritage)
    sitings = with_procedures(sitings, procedures)
    tables = {"sitings": sitings, "siting_areas": siting_areas, "siting_stages": stages, "procedures": procedures}
    if alternatives:
        tables["siting_alternatives"] = recall(
            find_siting_alternatives, offers, near_sites, gaps, area_gaps, members, care, host_areas=host_areas,
            wish=wish, count=alternatives)
    fewer = say_siting_alternatives(tables["siting_alternatives"], count=alternatives) if alternatives else []
    said = say_sitings(stages, offers, demands, gaps, wish=wish, care_clause=care_clause)

    spent = float(sitings["amount_yuan"].sum())
    money_left = None if wish.max_cost_yuan is None else wish.max_cost_yuan - spent
    obstacles = find_obstacles(care, gaps, members, offers, near_sites, sitings, host_areas=host_areas,
                               money_left=money_left)
    sited = list_rooms(siting_areas, sitings, offers, layers.sites)
    care, cared = find_care(
        town.areas, members, town.estates, town.rooms, town.flows, layers.sites, catalogue,
        m2_per_resident=town.standard.m2_per_resident, basis=project.elder.basis,
        count_scope=project.elder.count_scope, reach_m=limit_m_of(project, catalogue, "ELD_DAYCARE"),
        norm=town.norm, obstacles=obstacles, sited=sited)
    gaps = close_gaps(gaps, sitings, near_sites)
    area_gaps = tell_reasons(
        find_area_gaps(gaps, members, tolerance=project.circle.area_tolerance), gaps, members, offers, near_sites,
        sitings, catalogue, types=asked.types, money_left=money_left)
    findings = (*snapped, *said, *fewer, *cared, *say_sited_same_places(town.rooms, sited))
    return Reuse(gaps, area_gaps, care, tables, findings, _facts(sitings, siting_areas, stages))


def _walk_to_sites(town: Town, recall: Recall, *, farthest_m: float) -> tuple[pd.DataFrame, list[Finding]]:
    """Return which estate is how far from which site with walls opened: estate_id, site_id, distance_m."""
    layers, circle = town.prepared.layers, town.prepared.project.circle
    places = find_places(layers.sites)
    if "streets" not in layers.brought:
        near = straight_reach(town.estates, places, detour=circle.detour, limit_m=farthest_m)
        return near.rename(columns={"facility_id": "site_id"}), []
    snaps, snapped = snap_points(layers.sites, "site_id", town.edges, town.hard_barriers, max_snap_m=circle.max_snap_m)
    near = recall(find_reach, town.estates, places, town.access, snaps.rename(columns={"site_id": "facility_id"}),
                  town.edges, limit_m=farthest_m)
    opened = open_ways(near, town.walls, town.apart, limit_m=farthest_m)
    return opened.rename(columns={"facility_id": "site_id"}), snapped


def _facts(sitings: pd.DataFrame, siting_areas: pd.DataFrame, stages: pd.DataFrame) -> dict[str, object]:
    relieved = stages.loc[stages["stage"].eq("relieved")].iloc[0].to_dict()
    return {
        "sites": sitings["site_id"].nunique(), "sitings": len(sitings), "relieved": f"{relieved['value']:.0f}",
        "relieved_bound": f"{relieved['bound']:.0f}", "elder_m2": f"{siting_areas['elder_m2'].sum():g}",
        "amount": f"{sitings['amount_yuan'].sum():.0f}",
    }
