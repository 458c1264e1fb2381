"""A plan of six estates, drawn by hand, for the tests of the writers: no step has to run to make it.

    E1 E2 E3 | E4 E5     E6      each 100 m x 50 m, 20 m apart; areas A1 = E1-E3, A2 = E4-E5; E6 is left out
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from drawn import layer, streets
from pyproj import CRS
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geoplan.plan import Plan
from geoplan.project import load_project
from geoplan.read import Layers
from geoplan.schema import columns_of, conform, empty_table, is_spatial, tables

CRS_OF_PLAN = CRS("EPSG:4549")
X0, Y0 = 500_000.0, 4_050_000.0
RARE = "囧𠮷㐂🏚️"
FORMULA = "=1+1"
LINK = "http://example.invalid/x"
RIGHT_TO_LEFT = "甲\u202e乙\u200f"
CONTROLS = "一\x00二\x07三\x1b四\n五\t六"
LONG = "长" * 10_000
TEXTS = [FORMULA, "@SUM(1)", RARE, RIGHT_TO_LEFT, CONTROLS, LONG]
PLAN_TOML = """
[plan]
name = "试点<b>&{{7*7}}"
jurisdiction = "西宁市"
as_of = 2024-03-01
year = 2025
language = "LANGUAGE"
[estates]
path = "estates.csv"
"""


def at(number: int, *, wide: float = 100.0) -> Polygon:
    left = X0 + 120.0 * number
    return box(left, Y0, left + wide, Y0 + 50.0)


def table(called: str, /, **columns: Any) -> pd.DataFrame:
    """Return a table of the contract from the columns given; the others are missing in every row."""
    rows = max(len(values) for values in columns.values())
    frame = pd.DataFrame({column.name: columns.get(column.name, [None] * rows) for column in columns_of(called)})
    if is_spatial(called):
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS_OF_PLAN)
    return conform(called, frame)


TWO_PARTS = MultiPolygon([at(4, wide=40.0), box(X0 + 530, Y0, X0 + 570, Y0 + 50)])


def estates_table() -> pd.DataFrame:
    ids = [f"E{number}" for number in range(1, 7)]
    return table(
        "estates", estate_id=ids, name=TEXTS, households=[100, 200, 300, 400, 500, None],
        residents=[262, 524, 786, 1_048, 1_310, None], floor_area_m2=[1.5, None, 2.25, 0.0, 1e6, 3.0],
        completion_year=[1995, 1998, 2000, None, 1989, 2008],
        eligibility=["eligible", "eligible", "eligible", "unknown", "eligible", "ineligible"],
        plan_entry=["ready", "not_set", "ready", "unknown", "ready", "not_ready"],
        area_id=["A1", "A1", "A1", "A2", "A2", None], left_out=[None] * 5 + ["ineligible"],
        geometry=[at(0), at(1), at(2), at(3), TWO_PARTS, at(5)],
    )


def all_tables() -> dict[str, pd.DataFrame]:
    made = {name: empty_table(name, CRS_OF_PLAN) for name in tables("out")}
    made["estates"] = estates_table()
    made["verdicts"] = table(
        "verdicts", estate_id=["E4", "E6", "E6"], rule_id=["R1", "R1", "R2"], document=["QH-2023-268"] * 3,
        clause=["第一条", "第一条", "第二条"], strength=["hard", "hard", "soft"], param=["completion_year"] * 3,
        value=[None, "2008", "2008"], limit=["<= 2005"] * 3, result=["unknown", "fail", "fail"],
        stage=["eligibility"] * 3,
    )
    made["links"] = table(
        "links", estate_a=["E1", "E3"], estate_b=["E2", "E4"], gap_m=[20.0, 20.0], length_m=[120.0, 120.0],
        kind=["across_street"] * 2, barrier=[None, "湟水"], usable=[True, False], reason=["usable", "barrier"],
        geometry=[LineString([(X0 + 100, Y0), (X0 + 120, Y0)]), LineString([(X0 + 340, Y0), (X0 + 360, Y0)])],
    )
    made["areas"] = table(
        "areas", area_id=["A1", "A2"], component_id=["C1", "C2"], name=["鼓楼片区", "=片区"], estates=[3, 2],
        households=[600, 900], residents=[1_572, 2_358], hub_estate_id=["E2", "E4"], radius_m=[120.0, 120.0004],
        cost=[548_000.0, 560_000.0], gap_types=["ELD_DAYCARE、KINDERGARTEN", ""], elder_need_m2=[157.2, 235.8],
        elder_have_m2=[100.0, 300.0], elder_short_m2=[58.0, 0.0], elder_status=["not_met_no_site", "met"],
        amount_yuan=[12_345_678.0, None],
        geometry=[box(X0, Y0, X0 + 340, Y0 + 50), box(X0 + 360, Y0, X0 + 580, Y0 + 50)],
    )
    made["facilities"] = table(
        "facilities", facility_id=["F1", "F2"], name=["日间照料中心", None], facility_type=["ELD_DAYCARE", None],
        status=["existing", "planned"], floor_area_m2=[100.0, None], reachable=[True, None],
        geometry=[Point(X0, Y0), Point(X0 + 5, Y0)],
    )
    made["sites"] = table(
        "sites", site_id=["S1", "S2"], name=["锅炉房", "空地"], site_kind=["idle_building", "idle_land"],
        usable=[True, False], reason=["usable", "no_area"],
        geometry=[Point(X0, Y0 + 80), box(X0, Y0 + 90, X0 + 10, Y0 + 100)],
    )
    made["area_gaps"] = table(
        "area_gaps", area_id=["A1", "A2"], facility_type=["ELD_DAYCARE"] * 2, residents=[1_572, 2_358],
        uncovered_residents=[786, None], uncovered_share=[0.5, None], is_gap=[True, None],
    )
    made["gaps"] = table(
        "gaps", estate_id=["E1", "E4"], facility_type=["ELD_DAYCARE"] * 2, limit_m=[300.0, 300.0],
        distance_m=[50.5, None], is_gap=[False, None], standard=["GB 50180-2018"] * 2, confidence=["K", "K"],
    )
    made["parameters"] = table(
        "parameters", name=["areas.max_gap_m", "elder.m2_per_resident"], value=["60", "0.1"], unit=["m", "m2/person"],
        origin=["default", "policy"], clause_or_because=["政策未规定", "3.2.1A"],
    )
    made["remarks"] = table(
        "remarks", layer=["estates", "facilities", "barriers.water"], row=[7, 3, None], code=["a.b", "a.c", "a.d"],
        severity=["note", "error", "warning"], message=["=HYPERLINK(1)", "坐标超出范围", "阻隔为空"],
        action=["kept", "rejected", "kept"],
    )
    return made


def layers_of(estates: pd.DataFrame) -> Layers:
    """Return what was read: estates without residents, one street, one barrier, nothing else."""
    street, water = LineString([(X0, Y0 - 10), (X0 + 700, Y0 - 10)]), box(X0 + 345, Y0 - 50, X0 + 355, Y0 + 90)
    drawn = {name: layer(name, []) for name in (
        "facilities", "sites", "gates", "utilities", "heritage", "planning_units")}
    return Layers(
        crs=CRS_OF_PLAN, estates=estates.assign(residents=pd.Series(None, index=estates.index, dtype="Int64")),
        streets=streets(list(street.coords)), barriers=layer("barriers", [water], name=["湟水"]).assign(layer="water"),
        **drawn, brought={"estates": frozenset({"name"})}, findings=(), inputs={"estates.csv": "0" * 64},
        rows={"estates": {"read": 7, "used": 6, "rejected": 1}}, decided={"estates": {"encoding": "gb18030"}},
    )


def little_plan(folder: Path, *, language: str = "zh", crs: CRS = CRS_OF_PLAN, **changed: pd.DataFrame) -> Plan:
    """Return the plan, with some of its tables replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "estates.csv").write_text("", encoding="utf-8")
    (folder / "plan.toml").write_text(PLAN_TOML.replace("LANGUAGE", language), encoding="utf-8")
    made = all_tables() | changed
    notes = {"walking": "straight_line", "documents": "QH-2023-268"}
    return Plan(load_project(folder), replace(layers_of(made["estates"]), crs=crs), made, notes)
