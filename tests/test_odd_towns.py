"""Odd but legal towns through the whole plan: every figure worked out by hand, or a remark that says what is doubtful.

The main street runs along y = 0 with a vertex every 100 m; estates stand above it, 80 m wide, from y = 10 to y = 60, so
that the leg of each is 35 m.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box
from shapely.affinity import translate

from geoplan import make_plan, read_project

CRS, EAST, NORTH = "EPSG:4549", 500_000.0, 4_050_000.0
PLAN = f"""[plan]
name = "怪城"
jurisdiction = "青海省"
as_of = 2024-03-01
year = 2025
crs = "{CRS}"
[areas]
min_households = 100
[elder]
count_scope = "reachable"
"""
Row = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]


def plan_of(folder: Path, **layers: list[Row]) -> Tables:
    lines = [PLAN]
    for name, rows in layers.items():
        moved = [{**row, "geometry": translate(row["geometry"], EAST, NORTH)} for row in rows]
        gpd.GeoDataFrame(moved, crs=CRS).to_file(folder / f"{name}.gpkg")
        lines.append(f'[{name}]\npath = "{name}.gpkg"\n')
    (folder / "plan.toml").write_text("".join(lines), encoding="utf-8")
    return make_plan(read_project(folder)).tables


def estate(estate_id: str, x: float, **more: Any) -> Row:
    return {"estate_id": estate_id, "name": estate_id, "households": 200, "residents": 500, "completion_year": 1995,
            "floor_area_m2": 18_000.0, "geometry": box(x, 10, x + 80, 60), **more}


def place(facility_id: str, facility_type: str, x: float, y: float = 0, **more: Any) -> Row:
    return {"facility_id": facility_id, "facility_type": facility_type, "status": "existing", "floor_area_m2": None,
            "storey": 1, "opened_year": None, "geometry": Point(x, y), **more}


def street(*spots: tuple[float, float], foot: str | None = None) -> Row:
    return {"class": "residential", "foot": foot, "geometry": LineString(spots)}


def site(site_id: str, x: float, **more: Any) -> Row:
    return {"site_id": site_id, "site_kind": "idle_building", "floor_area_m2": 400.0, "storey": 1, "is_basement": False,
            "structure_ok": True, "fire_ok": True, "consent": "agreed", "plan_conformity": "yes",
            "available_year": 2025, "geometry": Point(x, 0), **more}


MAIN = street(*((x, 0) for x in range(-100, 3_001, 100)))


def row_of(table: pd.DataFrame, estate_id: str, facility_type: str) -> pd.Series:
    return table[table["estate_id"].eq(estate_id) & table["facility_type"].eq(facility_type)].iloc[0]


def walk(town: Tables, estate_id: str, facility_type: str) -> tuple[float | None, str | None]:
    row = row_of(town["walks"].query("state == 'today'"), estate_id, facility_type)
    return (None, None) if pd.isna(row["distance_m"]) else (row["distance_m"], row["facility_id"])


def is_gap(town: Tables, estate_id: str, facility_type: str) -> bool:
    return bool(row_of(town["gaps"], estate_id, facility_type)["is_gap"])


def remarks(town: Tables, code: str) -> str:
    return "\n".join(town["remarks"].loc[town["remarks"]["code"] == code, "message"])


@pytest.fixture(scope="module")
def facilities_town(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Return a town whose facilities stand at odd places and in odd states."""
    return plan_of(
        tmp_path_factory.mktemp("odd"),
        estates=[estate("E1", 0), estate("E2", 100), estate("E3", 200, residents=0),
                 estate("E4", 300, households=None)],
        facilities=[
            place("F2", "PHARMACY", 505), place("F1", "PHARMACY", 505), place("F3", "CONVENIENCE", 140, 35),
            place("F4", "KINDERGARTEN", 150, status="under_construction", opened_year=2025),
            place("F5", "CHILD_NURSERY", 150, status="closed"), place("F6", "WET_MARKET", 505.001),
            place("F7", "ELD_DAYCARE", 600), place("F8", "ELD_STATION", 620, floor_area_m2=100.0)],
        streets=[MAIN])


def test_a_facility_at_the_limit_is_no_gap_and_a_millimetre_farther_is_one(facilities_town: Tables) -> None:
    # 35 m to the street and 465 m along it; the first of two at one point is named
    assert walk(facilities_town, "E1", "PHARMACY") == (500.0, "F1")
    assert not is_gap(facilities_town, "E1", "PHARMACY")
    assert walk(facilities_town, "E1", "WET_MARKET")[0] == pytest.approx(500.001)
    assert is_gap(facilities_town, "E1", "WET_MARKET")


def test_a_facility_inside_an_estate_is_walked_to_from_the_street(facilities_town: Tables) -> None:
    assert walk(facilities_town, "E1", "CONVENIENCE") == (35 + 100 + 35, "F3")
    assert walk(facilities_town, "E2", "CONVENIENCE") == (35 + 35, "F3")


def test_what_is_being_built_or_has_stopped_is_walked_to_by_nobody(facilities_town: Tables) -> None:
    for code in ("KINDERGARTEN", "CHILD_NURSERY"):
        assert walk(facilities_town, "E1", code) == (None, None)
        assert is_gap(facilities_town, "E1", code)


def test_nobody_in_households_is_doubted_and_who_has_no_households_is_left_out(facilities_town: Tables) -> None:
    # nobody lives in the 200 households of E3: unknown, and counted as 200 x 2.62 = 524
    assert "E3" in remarks(facilities_town, "residents.estimated")
    assert facilities_town["areas"][["estates", "households", "residents"]].to_numpy().tolist() == [[3, 600, 1_524]]
    assert facilities_town["estates"].set_index("estate_id")["left_out"]["E4"] == "households_unknown"
    market = facilities_town["area_gaps"].set_index("facility_type").loc["WET_MARKET"]
    # E1 walks 500.001 m, E2 and E3 less: 500 of 1,524 residents
    assert (market["uncovered_residents"], market["uncovered_share"]) == (500, 500 / 1_524)


def test_rooms_without_an_area_are_named_and_the_others_count(facilities_town: Tables) -> None:
    assert "F7" in remarks(facilities_town, "care.no_area")
    assert facilities_town["care"][["need_m2", "reachable_m2"]].to_numpy().tolist() == [[152.4, 100.0]]


@pytest.fixture(scope="module")
def streets_town(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Return a town with odd streets: an island, a street twice, a loop, one that crosses itself, a closed one."""
    again = street(*((x, 0) for x in range(-100, 3_001, 100)))
    return plan_of(
        tmp_path_factory.mktemp("odd"), estates=[estate("E1", 0), estate("E2", 100), estate("E3", 720)],
        facilities=[place("F1", "PHARMACY", 50, 120), place("F2", "CONVENIENCE", 780, -80),
                    place("F3", "KINDERGARTEN", 1_200, -300), place("F4", "CULT_STATION", 850, -50)],
        streets=[MAIN, again, street(*((x, 120) for x in range(-100, 701, 100))),
                 street((700, 0), (700, -80), (780, -80), (780, 0), (700, 0)),
                 street((900, 0), (900, -100), (1_000, -100), (1_000, -50), (850, -50)),
                 street((1_200, 0), (1_200, -300), foot="no")],
        gates=[{"estate_id": "E1", "geometry": Point(40, 10)}, {"estate_id": "E1", "geometry": Point(40, 60)}])


def test_an_estate_with_gates_to_two_networks_leaves_by_either(streets_town: Tables) -> None:
    # by the northern gate: 25 m to it, 60 m to the street, 10 m along it; E2 next door does not reach that street
    assert walk(streets_town, "E1", "PHARMACY") == (25 + 60 + 10, "F1")
    assert walk(streets_town, "E2", "PHARMACY") == (None, None)
    assert "F1" in remarks(streets_town, "access.off_main")
    # the southern gate leads to the main street: 25 + 10 to it, 740 along it and 80 down the loop
    assert walk(streets_town, "E1", "CONVENIENCE") == (25 + 10 + 740 + 80, "F2")


def test_loops_doubles_and_streets_that_cross_themselves_are_walked_as_drawn(streets_town: Tables) -> None:
    assert walk(streets_town, "E3", "CONVENIENCE") == (35 + 20 + 80, "F2")
    # E3 opens to the corner (800, 0) as well, 53.15 m away; the street that crosses itself has no corner there
    assert walk(streets_town, "E3", "CULT_STATION")[0] == pytest.approx((40**2 + 35**2) ** 0.5 + 100 + 400)


def test_a_street_closed_to_walkers_leads_nobody_to_its_end(streets_town: Tables) -> None:
    assert walk(streets_town, "E3", "KINDERGARTEN") == (None, None)
    assert "F3" in remarks(streets_town, "access.no_street")


def test_a_site_that_is_a_facility_is_pointed_out_and_a_large_one_is_used_in_part(tmp_path: Path) -> None:
    # 1,000 residents need 100 m2 and 40 m2 are there; the site beside them gives the least size of a meal point, 100 m2
    town = plan_of(
        tmp_path, estates=[estate("E1", 0), estate("E2", 100)],
        facilities=[place("D1", "ELD_DAYCARE", 150, floor_area_m2=40.0), place("K1", "CONVENIENCE", 2_500)],
        streets=[MAIN], sites=[site("D1", 150, floor_area_m2=90_000.0), site("Z1", 160, floor_area_m2=None)])
    sitings = town["sitings"].set_index("facility_type")
    assert set(sitings["site_id"]) == {"D1"}
    assert sitings["floor_area_m2"].to_dict() == {"CONVENIENCE": 50, "ELD_MEAL": 100}
    assert town["siting_areas"]["elder_m2"].sum() == 60
    care = town["care"].iloc[0]
    assert (care["short_m2"], care["short_after_m2"], care["status"]) == (60, 0, "met_after_plan")
    assert "D1+D1" in remarks(town, "care.sited_same_place")
