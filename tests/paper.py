"""A little plan on paper: one that has everything its papers may say, and one whose names are out to break them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from little_plan import CRS_OF_PLAN, X0, Y0, at, little_plan, table
from shapely.geometry import LineString, Point

from geoplan.plan import Plan
from geoplan.schema import empty_table, tables

BROUGHT = {"estates": frozenset({"name", "consent_eligible", "consent_agree", "survey_done"}),
           "facilities": frozenset({"name"}), "sites": frozenset({"name"})}
HOSTILE = ["$\\frac{1}{0}$ ^_{", "甲\x00\x07<w:p/>&乙", "\u202eRTL\u202c 𠮷 😀", "长" * 10_000, "=HYPERLINK(1)",
           "]]>'\""]


def full_plan(folder: Path, *, language: str = "zh", **changed: pd.DataFrame) -> Plan:
    """Return the little plan with sitings, money, years and deadlines."""
    plan = little_plan(folder, language=language, **(tables_of_money() | changed))
    return replace(plan, layers=replace(plan.layers, brought=BROUGHT, estates=plan.layers.estates.assign(
        consent_eligible=pd.array([100, 200, 300, None, 500, None], dtype="Int64"),
        consent_agree=pd.array([90, 150, None, None, 400, None], dtype="Int64"),
        survey_done=pd.array([True, False, None, None, True, None], dtype="boolean"))))


def tables_of_money() -> dict[str, pd.DataFrame]:
    """Return the tables that later steps fill."""
    line = LineString([(X0 + 100, Y0 + 25), (X0 + 120, Y0 + 25)])
    return {
        "care": table(
            "care", area_id=["A1", "A2"], residents=[1_572, 2_358], need_m2=[157.2, 235.8], inside_m2=[100.0, 300.0],
            declared_m2=[0.0, 0.0], reachable_m2=[100.0, 300.0], planned_m2=[0.0, 0.0], short_m2=[58.0, 0.0],
            short_after_m2=[0.0, 0.0], status=["met_after_plan", "met"], land_need_m2=[157.2, 235.8],
            land_have_m2=[None, 300.0], land_status=["unknown", "met"]),
        "care_flows": table("care_flows", facility_id=["F1"], area_id=["A1"], floor_area_m2=[100.0]),
        "openings": table(
            "openings", estate_a=["E1", "E2"], estate_b=["E2", "E3"], area_id=["A1", "A1"],
            resident_minutes_saved=[10.0, 1_234.5], gaps_closed=[0, 2], rank=[2, 1], geometry=[line, line]),
        "sitings": table(
            "sitings", site_id=["S1"], facility_type=["ELD_DAYCARE"], area_id=["A1"], floor_area_m2=[350.0],
            residents_served=[786], amount_yuan=[525_000.0]),
        "funding": table(
            "funding", area_id=["A1", "A1"], item=["管线", "外墙"], source=["residents", "utility"],
            content_class=["基础类", "基础类"], amount_yuan=[1_234_500.0, 765_500.0], basis=["assumption", "policy"],
            clause=[None, "QH-2023-268 第五条"]),
        "programme": table(
            "programme", area_id=["A1", "A2"], plan_year=[2025, None], reason=["得分最高", "超出预算"],
            households=[600, 900], households_2001_2005=[0, 0], amount_yuan=[2_000_000.0, None]),
        "milestones": table(
            "milestones", area_id=["A1"], milestone=["开工"], due_date=["2025-06-30"], clause=["QH-2023-268 第八条"]),
    }


def hostile_plan(folder: Path) -> Plan:
    """Return the plan with names that are formulas, markup, controls, rare letters, and far too long."""
    plan = full_plan(folder)
    named = {name: plan.tables[name].assign(name=HOSTILE[:len(plan.tables[name])])
             for name in ("areas", "estates", "facilities", "sites")}
    return replace(plan, tables=dict(plan.tables) | named)


def many_areas(folder: Path, count: int) -> Plan:
    """Return a plan of so many areas of one estate each."""
    ids = [f"A{number:03d}" for number in range(1, count + 1)]
    homes = [at(number) for number in range(count)]
    drawn: dict[str, Any] = {
        "estates": table("estates", estate_id=[f"E{name}" for name in ids], name=ids, households=[10] * count,
                         residents=[26] * count, area_id=ids, geometry=homes),
        "areas": table("areas", area_id=ids, name=[f"第{name}片区" for name in ids], estates=[1] * count,
                       households=[10] * count, residents=[26] * count, geometry=homes),
        "facilities": table("facilities", facility_id=["F1"], facility_type=["ELD_DAYCARE"], status=["existing"],
                            geometry=[Point(X0, Y0)]),
    }
    return little_plan(folder, **({name: empty_table(name, CRS_OF_PLAN) for name in tables("out")} | drawn))
