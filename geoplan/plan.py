"""The whole program on one page: a project in, a Plan with every table of the contract out.

Each step is called once, in the order of the path of the data. What a step needs from plan.toml is handed to it here;
what it returns is named here; nothing else happens here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pandas as pd

from geoplan.access import find_access, snap_points
from geoplan.alternatives import find_alternatives
from geoplan.areas import group_estates, rate_grouping
from geoplan.budget import Reserve, plan_money
from geoplan.cache import Recall, anew
from geoplan.checkup import find_checkup
from geoplan.circles import find_area_gaps, find_gaps, say_inside
from geoplan.eldercare import find_care, have_m2
from geoplan.elevation import climb, list_spots, walk_slopes
from geoplan.errors import Finding
from geoplan.flows import find_flows, list_flows
from geoplan.heights import read_heights
from geoplan.islands import name_islands
from geoplan.isochrones import draw_isochrones, list_origins, straight_isochrones
from geoplan.jurisdictions import find_documents
from geoplan.kept import find_broken_bounds
from geoplan.links import find_candidates, judge_links
from geoplan.nearest import find_nearest, straight_nearest
from geoplan.network import build_network, find_hard_barriers
from geoplan.norms import household_norm
from geoplan.openings import find_pairs, find_walls, open_walls, rank_openings
from geoplan.outlines import draw_areas
from geoplan.policy import load_catalogue, resolve
from geoplan.prepared import (
    Prepared,
    complete_types,
    elderly_types,
    keeps_subdistricts,
    law_of,
    limit_m_of,
    list_lines,
    nodes_crossings,
    prepare_project,
    say_not_brought,
    standard_of,
)
from geoplan.project import Project
from geoplan.reach import find_reach, straight_reach
from geoplan.read import Layers
from geoplan.residents import count_residents
from geoplan.results import (
    finish_areas,
    finish_estates,
    finish_facilities,
    list_parameters,
    list_remarks,
    mark_walking,
    schedule_areas,
)
from geoplan.reuse import Town, leave_sites, use_sites
from geoplan.rooms import count_rooms
from geoplan.schema import conform, empty_table, join_list, tables
from geoplan.screening import judge_estates, screen_estates
from geoplan.sites import judge_sites
from geoplan.stocktaking import take_stock
from geoplan.templates import Template
from geoplan.topology import check_topology
from geoplan.travel import find_walks, straight_walks, walk_between, walk_home_to_home

Report = Callable[[Finding], None]
TODAY = "today"
EXPLORING = "geoplan.exploring"  # a writer; loaded when a notebook asks, so that a plan needs no writer


@dataclass(frozen=True)
class Plan:
    """A finished plan: every table of the contract by its name, and what it was made from.

    `notes` holds facts for readers that stand in no table: walking (network or straight_line), documents (in force).
    `template` is what the bureau calls layers and fields.
    """

    project: Project
    layers: Layers
    tables: Mapping[str, pd.DataFrame]
    notes: Mapping[str, str]
    template: Template = field(default_factory=Template)

    def explore(self, table: str, **asked: object) -> Any:
        """Return one table on a folium map, for notebooks; see `geoplan.exploring.explore`."""
        return import_module(EXPLORING).explore(self, table, **asked)

    def map(self) -> Any:
        """Return the leadership map, for notebooks; see `geoplan.exploring.show_map`."""
        return import_module(EXPLORING).show_map(self)


def make_plan(project: Project, *, report: Report | None = None, alternatives: int = 0) -> Plan:
    """Read the layers of a project and run every step.

    Parameters
    ----------
    project
        As `read_project` returns it.
    report
        Is told once after each step what it found.
    alternatives
        How many further plans are wanted beside the best one, of areas, sites and years each.

    Returns
    -------
    plan
        Every table of the contract; a step whose layer was not brought leaves its tables with zero rows.
    """
    return make_plan_of(prepare_project(project), report=report, alternatives=alternatives)


def make_plan_of(
    prepared: Prepared, *, report: Report | None = None, alternatives: int = 0, recall: Recall = anew,
) -> Plan:
    """Run every step on what `prepare` read; parameters and result as for `make_plan`.

    `recall` returns what a step gives, from the cache where nothing that the step is given has changed.
    """
    project, layers = prepared.project, prepared.layers
    tell = _teller(report)
    has_facilities, has_streets = "facilities" in layers.brought, "streets" in layers.brought
    catalogue, circle = load_catalogue(), project.circle
    documents, dropped = find_documents(*law_of(project))
    policy = resolve(documents)
    standard, norm = standard_of(project, policy), household_norm(policy)
    tell("step.read", estates=len(layers.estates), facilities=len(layers.facilities), streets=len(layers.streets))

    estates, counted = count_residents(
        layers.estates, m2_per_household=project.assumptions.m2_per_household,
        persons_per_household=project.assumptions.persons_per_household)
    verdicts = recall(
        screen_estates, estates, policy, plan_year=project.plan.year, brought=layers.brought, heritage=layers.heritage,
        language=project.plan.language)
    standing = judge_estates(verdicts, estates)
    grouped_ids = standing.loc[standing["eligibility"].isin(project.areas.include), "estate_id"].tolist()
    tell("step.screened", **{state: int((standing["eligibility"] == state).sum()) for state in
                             ("eligible", "unknown", "ineligible")})

    hard_barriers = find_hard_barriers(layers.streets, layers.barriers)
    edges, noded = recall(build_network, layers.streets, node_crossings=nodes_crossings(project))
    access, entered = recall(find_access, estates, layers.gates, edges, hard_barriers, access_m=circle.access_m,
                             max_snap_m=circle.max_snap_m)
    snaps, snapped = recall(snap_points, layers.facilities, "facility_id", edges, hard_barriers,
                            max_snap_m=circle.max_snap_m)
    islands = name_islands(edges, access, snaps, estates, layers.facilities)
    tell("step.network", edges=len(edges), entered=access["estate_id"].nunique(),
         snapped=int(snaps["edge"].notna().sum()))

    types = sorted(layers.facilities["facility_type"].dropna().unique())
    speeds, elderly = circle.speed_m_per_min.model_dump(), elderly_types(catalogue)
    walks = recall(
        find_walks, estates, layers.facilities, access, snaps, edges, None, state=TODAY, speeds=speeds,
        elderly_types=elderly, types=types,
    ) if has_streets else recall(
        straight_walks, estates, layers.facilities, detour=circle.detour, speeds=speeds, elderly_types=elderly,
        types=types)

    nearest = recall(
        find_nearest, estates, layers.facilities, access, snaps, edges, count=circle.nearest, speeds=speeds,
        elderly_types=elderly, types=types,
    ) if has_streets else recall(
        straight_nearest, estates, layers.facilities, detour=circle.detour, count=circle.nearest, speeds=speeds,
        elderly_types=elderly, types=types)

    candidates = recall(
        find_candidates, estates, hard_barriers, layers.streets, max_gap_m=project.areas.max_gap_m,
        heritage=layers.heritage if "heritage" in layers.brought else None)
    crossings = recall(walk_between, candidates[candidates["barrier"].notna()], access, edges,
                       limit_m=project.areas.max_crossing_m)
    links = judge_links(
        candidates, crossings, estates, same_subdistrict=keeps_subdistricts(prepared), grouped_ids=grouped_ids,
        planning_units=layers.planning_units if "planning_units" in layers.brought else None)
    frozen = prepared.frozen.members
    members, bounds = recall(group_estates, estates, links, grouped_ids=grouped_ids, rules=project.areas,
                             method=project.areas.method, frozen=frozen)
    kept = find_broken_bounds(members, estates, frozen=frozen, rules=project.areas)
    others, other_members, differing = recall(
        find_alternatives, estates, links, members, count=alternatives, grouped_ids=grouped_ids, rules=project.areas,
        max_extra_share=project.areas.alternative_cost, min_changed_share=project.areas.alternative_change,
        frozen=frozen)
    grouping = rate_grouping(members, bounds, estates, area_overhead=project.areas.area_overhead)
    areas, drawn = recall(draw_areas, estates, links, members, area_overhead=project.areas.area_overhead)
    topology, unfit = recall(check_topology, estates, areas, members)
    origins = list_origins(circle.isochrones, estates, members, areas, layers.facilities)
    isochrones = recall(
        draw_isochrones, origins, access, snaps, edges, hard_barriers, minutes=circle.isochrone_minutes,
        walker=circle.isochrone_walker, speed=speeds[circle.isochrone_walker], width_m=circle.access_m,
    ) if has_streets else straight_isochrones(
        origins, hard_barriers, minutes=circle.isochrone_minutes, walker=circle.isochrone_walker,
        speed=speeds[circle.isochrone_walker], detour=circle.detour)
    tell("step.areas", links=int(links["usable"].sum()), areas=len(areas), left=int(members["area_id"].isna().sum()))

    walls = find_walls(links if has_facilities and has_streets else links[:0], members)
    apart = recall(walk_home_to_home, find_pairs(walls, members), access, edges)
    if has_streets:
        walks = conform("walks", pd.concat([
            walks, open_walls(walks, walls, apart, speeds=speeds, elderly_types=elderly)]))
    climbed: list[Finding] = []
    if has_streets and project.elevation.path is not None:
        spots = list_spots(edges)
        heights, climbed = read_heights(project, spots.geometry)
        walks = walk_slopes(walks, layers.facilities, access, snaps, edges, climb(edges, spots, heights),
                            speeds=speeds, elderly_types=elderly)
    gaps, judged = find_gaps(walks, estates, catalogue, limits=circle.limits, complete=complete_types(project),
                             brought_types=types)
    area_gaps = find_area_gaps(gaps, members, tolerance=circle.area_tolerance)
    checkup, checked = find_checkup(gaps, estates, members, catalogue, town=project.plan.name,
                                    walking="network" if has_streets else "straight_line")
    tell("step.circles", types=len(types), gaps=int(gaps["is_gap"].sum()))
    openings = recall(rank_openings, walls, apart, gaps, speeds=speeds, elderly_types=elderly)
    tell("step.openings", walls=len(openings), minutes=f"{openings['resident_minutes_saved'].sum():.0f}",
         gaps=int(openings["gaps_closed"].sum()))

    rooms, roomed = count_rooms(layers.facilities, catalogue, last_year=project.years[-1])
    quarter_hour_m = limit_m_of(project, catalogue, "ELD_CENTER")
    reached = recall(find_reach, estates, rooms, access, snaps, edges, limit_m=quarter_hour_m) if has_streets else (
        straight_reach(estates, rooms, detour=circle.detour, limit_m=quarter_hour_m))
    flows = recall(find_flows, rooms, reached, estates, members, m2_per_resident=standard.m2_per_resident)
    care, cared = find_care(
        areas, members, estates, rooms, flows, layers.sites if "sites" in layers.brought else None, catalogue,
        m2_per_resident=standard.m2_per_resident, basis=project.elder.basis, count_scope=project.elder.count_scope,
        reach_m=limit_m_of(project, catalogue, "ELD_DAYCARE"), norm=norm)
    tell("step.care", short=int((care["short_m2"] > 0).sum()))

    reuse = use_sites(
        Town(prepared, catalogue, policy, standard, norm, estates, members, areas, edges, access, hard_barriers,
             walls, apart, rooms, flows),
        gaps, area_gaps, care, recall, alternatives=alternatives,
    ) if has_facilities and "sites" in layers.brought else leave_sites(gaps, area_gaps, care, members, catalogue)
    if reuse.facts:
        tell("step.siting", **reuse.facts)
    reserve = Reserve(
        prepared, documents, policy, catalogue, estates, standing, members, areas, links, openings,
        area_gaps if has_facilities else area_gaps[:0], reuse.tables.get("sitings", empty_table("sitings")))
    budget = plan_money(reserve, tell, recall, alternatives=alternatives)
    stock = take_stock(reserve, budget, verdicts, reuse.area_gaps if has_facilities else area_gaps[:0], tell)

    on_foot = [*noded, *entered, *snapped, *islands, *climbed] if has_streets else []
    inside = say_inside(gaps, estates, layers.facilities) if has_streets else []
    of_facilities = [*judged, *inside, *roomed, *cared, *checked, *reuse.findings] if has_facilities else []
    findings = [*layers.findings, *dropped, *counted, *on_foot, *kept, *differing, *drawn, *unfit,
                *of_facilities, *budget.findings, *stock.findings, *say_not_brought(prepared)]
    made = {
        "estates": finish_estates(estates, standing, members), "verdicts": verdicts, "links": links,
        "grouping": grouping, "openings": openings, "isochrones": isochrones, "topology": topology,
        "alternatives": others, "alternative_members": other_members,
        "facilities": finish_facilities(layers.facilities, snaps, edges, has_streets=has_streets),
        "sites": conform("sites", layers.sites.merge(judge_sites(layers.sites), on="site_id"), layers.crs),
        "parameters": list_parameters(list_lines(project, policy, standard)),
        "remarks": list_remarks(findings, project.plan.language),
    }
    known = {
        "walks": walks, "gaps": reuse.gaps, "area_gaps": reuse.area_gaps, "care": reuse.care,
        "care_flows": list_flows(flows), "checkup": checkup, "nearest": nearest, **reuse.tables,
    }
    if not has_facilities:
        known = {name: empty_table(name) for name in known}
    made["areas"] = schedule_areas(finish_areas(
        areas, known["area_gaps"], known["care"], have_m2(known["care"], project.elder.count_scope),
    ), budget.scores, budget.tables["programme"])
    made |= {**known, **budget.tables, **stock.tables}
    every = {name: made[name] if name in made else empty_table(name, layers.crs) for name in tables()}
    notes = {"walking": "network" if has_streets else "straight_line",
             "documents": join_list(policy.documents["document"] if len(policy.documents) else [])}
    return Plan(project, layers, mark_walking(every, notes["walking"]), notes, prepared.template)


def _teller(report: Report | None) -> Callable[..., None]:
    def tell(code: str, **values: object) -> None:
        if report is not None:
            report(Finding(code, values=values))

    return tell
