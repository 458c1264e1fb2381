"""Whole small towns: what separates people on foot, what does not, and that each case is said by name."""

import json
from pathlib import Path

import pandas as pd
import pytest
from drawn import estates, facilities, streets
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box, mapping
from test_cli import write_project
from walked import Walked, walk

from geoplan import make_plan, read_project

SHOP = "PHARMACY"
RIVER = box(-100, 90, 900, 110)
SOUTH, NORTH = [(0, 0), (400, 0), (800, 0)], [(0, 200), (400, 200), (800, 200)]
SOUTH_LANE, NORTH_LANE = [(0, 0), (0, 60)], [(0, 200), (0, 140)]
BANKS = [SOUTH, NORTH, SOUTH_LANE, NORTH_LANE]
CROSSING = [(400, 0), (400, 200)]
HOMES = estates(E1=(200, 30, 40), E2=(200, 170, 40))


def river_town(*more: list[tuple[float, float]], **tags: object) -> Walked:
    """Two banks, a street along each, a shop on the south bank at x = 600; further streets with their tags."""
    lines = [*BANKS, *more]
    given_tags = {name: [None] * len(BANKS) + [value] * len(more) for name, value in tags.items()}
    classes = given_tags.pop("class", None) or ["residential"] * len(lines)
    classes = [kind or "residential" for kind in classes]
    drawn = streets(*lines, **{"class": classes, **given_tags})
    return walk(drawn, HOMES, facilities(F1=(SHOP, 600, 10)), RIVER)


# Home to street 30 m, along it 400 m, street to shop 10 m.
NEAR_BANK_M = 30 + 400 + 10
# From the north bank over the bridge: 30 + 200 to x = 400, 200 across, 200 on to x = 600, 10.
OVER_THE_BRIDGE_M = 30 + 200 + 200 + 200 + 10


def test_a_river_without_a_bridge_in_reach_separates() -> None:
    town = river_town()
    assert town.metres()["E1", SHOP] == NEAR_BANK_M
    assert pd.isna(town.metres()["E2", SHOP])


def test_a_bridge_joins_the_banks_by_the_way_over_it() -> None:
    assert river_town(CROSSING, bridge=True).metres()["E2", SHOP] == OVER_THE_BRIDGE_M


@pytest.mark.parametrize("kind", ["motorway", "trunk_link", "primary", "secondary", "主干路"])
def test_a_river_with_a_vehicle_tunnel_in_the_street_file_still_separates(kind: str) -> None:
    assert pd.isna(river_town(CROSSING, tunnel=True, **{"class": kind}).metres()["E2", SHOP])


@pytest.mark.parametrize("tags", [{"class": "footway"}, {"class": "primary", "foot": "yes"}])
def test_a_tunnel_for_people_joins_the_banks(tags: dict[str, object]) -> None:
    assert river_town(CROSSING, tunnel=True, **tags).metres()["E2", SHOP] == OVER_THE_BRIDGE_M


@pytest.mark.parametrize("kind", ["motorway", "railway"])
def test_a_bridge_of_an_expressway_or_a_railway_carries_nobody(kind: str) -> None:
    assert pd.isna(river_town(CROSSING, bridge=True, **{"class": kind}).metres()["E2", SHOP])


def test_an_estate_beside_the_river_does_not_leave_across_it() -> None:
    # The outline reaches to 8 m from the water; the street of the other bank is 28 m away, within access_m.
    town = walk(streets(SOUTH, [(0, 110), (800, 110)], SOUTH_LANE), estates(E1=(200, 52, 60)),
                facilities(F1=(SHOP, 600, 112)), box(-100, 90, 900, 109))
    assert pd.isna(town.metres()["E1", SHOP])
    assert town.access["leg_m"].tolist() == [52.0]


def test_a_facility_three_kilometres_from_any_street_is_unreachable_with_a_remark() -> None:
    town = walk(streets(SOUTH), estates(E1=(200, 30, 40)), facilities(F1=(SHOP, 600, 3000), F2=("TOILET", 600, 10)))
    assert pd.isna(town.metres()["E1", SHOP])
    assert town.walks.loc[town.walks["facility_type"] == SHOP, "facility_id"].isna().all()
    assert town.metres()["E1", "TOILET"] == NEAR_BANK_M
    assert town.said("access.no_street") == ["F1: no walkable street within 100 m, so it cannot be reached on foot"]


def test_an_estate_on_an_island_says_so_by_name_and_the_island_lists_who_stands_on_it() -> None:
    # Main: 5 nodes (both ends and the middle of the south street, its lane, one more lane); island: 2 nodes.
    homes = estates(E1=(200, 30, 40), E2=(200, 530, 40)).assign(name=["柳岸小区", "江心小区"])
    doors = facilities(F1=(SHOP, 600, 10), F2=(SHOP, 300, 510), F3=("TOILET", 350, 510)).assign(name="")
    town = walk(streets(SOUTH, SOUTH_LANE, [(400, 0), (400, 60)], [(0, 500), (400, 500)]), homes, doors)
    assert town.said("access.off_main")[0].startswith("E2:")
    assert town.said("islands.part") == [
        "part 1 of the walking network (2 nodes) is not connected with the main one: "
        "estates E2 江心小区; facilities F2、F3"]
    assert town.said("network.components") == [
        "the walking network falls into 2 parts that do not meet: the main one has 5 nodes, the others 2"]
    assert town.metres()["E2", SHOP] == 30 + 100 + 10  # what stands on the same island is reached
    assert pd.isna(town.metres()["E1", "TOILET"])


def test_an_estate_that_may_also_leave_by_the_main_network_stands_on_no_island() -> None:
    lines = streets(SOUTH, SOUTH_LANE, [(100, 60), (300, 60)])
    town = walk(lines, estates(E1=(200, 30, 40)), facilities(F1=(SHOP, 600, 10)))
    assert len(town.access) == 2
    assert town.said("islands.part") == []


def test_a_network_of_one_piece_has_no_islands() -> None:
    town = river_town(CROSSING, bridge=True)
    assert town.said("islands.part") == town.said("network.components") == []


@pytest.mark.parametrize(("gap_m", "is_joined"), [(0.3, True), (0.49, True), (0.6, False)])
def test_a_slip_of_under_half_a_metre_is_joined_and_remarked(gap_m: float, is_joined: bool) -> None:
    # The street to the shop stops short of the main street, by the gap.
    lines = streets([(0, 0), (400, 0)], [(400 + gap_m, 0), (800, 0)])
    town = walk(lines, estates(E1=(200, 30, 40)), facilities(F1=(SHOP, 600, 10)))
    assert pd.notna(town.metres()["E1", SHOP]) == is_joined
    assert len(town.said("network.joined")) == is_joined
    assert len(town.said("islands.part")) == (not is_joined)


@pytest.mark.parametrize("tags", [{"bridge": [None, True]}, {"tunnel": [None, True]}, {"layer": [None, 1]}])
def test_where_crossings_are_cut_one_cannot_step_off_a_bridge_a_tunnel_or_another_level(tags: dict) -> None:
    lines = [[(0, 0), (800, 0)], [(400, -200), (400, 200)]]
    homes, doors = estates(E1=(200, 30, 40)), facilities(F1=(SHOP, 410, 150))
    flat = walk(streets(*lines), homes, doors, node_crossings=True)
    assert flat.metres()["E1", SHOP] == 30 + 200 + 150 + 10
    assert pd.isna(walk(streets(*lines, **tags), homes, doors, node_crossings=True).metres()["E1", SHOP])


def test_crossings_are_not_cut_unless_the_planner_says_so() -> None:
    lines = streets([(0, 0), (800, 0)], [(400, -200), (400, 200)])
    town = walk(lines, estates(E1=(200, 30, 40)), facilities(F1=(SHOP, 410, 150)))
    assert pd.isna(town.metres()["E1", SHOP])


def test_a_railway_on_the_ground_separates_homes_from_the_street_behind_it() -> None:
    lines = streets(SOUTH, [(-50, 15), (850, 15)], **{"class": ["residential", "rail"]})
    town = walk(lines, estates(E1=(200, 45, 40)), facilities(F1=(SHOP, 600, -10)))
    assert pd.isna(town.metres()["E1", SHOP])
    assert "铁路" in town.said("access.blocked")[0]


@settings(max_examples=8)
@given(st.permutations(range(4)), st.permutations(range(2)))
def test_islands_are_told_alike_in_any_order_of_the_rows(lines: list[int], rows: list[int]) -> None:
    drawn = [SOUTH, SOUTH_LANE, [(0, 500), (400, 500)], [(0, 900), (400, 900)]]
    homes = estates(E1=(200, 530, 40), E2=(200, 930, 40))
    doors = facilities(F1=(SHOP, 300, 510), F2=(SHOP, 300, 910))
    straight = walk(streets(*drawn), homes, doors).said("islands.part")
    turned = walk(streets(*(drawn[line] for line in lines)), homes.iloc[rows].reset_index(drop=True),
                  doors.iloc[rows].reset_index(drop=True)).said("islands.part")
    assert straight == turned
    assert len(straight) == 2


# ---- through the files and the whole plan

def write_collection(path: Path, shapes: list[tuple[object, dict[str, object]]]) -> None:
    features = [{"type": "Feature", "properties": said, "geometry": mapping(shape)} for shape, said in shapes]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


@pytest.mark.parametrize("has_bridge", [False, True])
def test_a_whole_plan_keeps_the_river_between_its_banks(tmp_path: Path, has_bridge: bool) -> None:
    """Three estates stand south of the river (36.5 N and up); the only pharmacy stands north of it."""
    project = write_project(tmp_path / "p", extra="""
[facilities]
path = "facilities.geojson"
[streets]
path = "streets.geojson"
[barriers.water]
path = "water.geojson"
""")
    south, north = 36.4999, 36.504
    kinds = {"class": "residential", "bridge": False, "tunnel": False}
    crossing = (LineString([(102.002, south), (102.002, north)]),
                {**kinds, "bridge": True} if has_bridge else {**kinds, "class": "primary", "tunnel": True})
    write_collection(project / "streets.geojson", [
        (LineString([(102.0, south), (102.002, south), (102.004, south)]), kinds),
        (LineString([(102.0, north), (102.002, north), (102.004, north)]), kinds), crossing])
    write_collection(project / "water.geojson", [(box(101.99, 36.502, 102.02, 36.503), {"name": "湟水"})])
    write_collection(project / "facilities.geojson", [
        (Point(102.003, 36.5041), {"name": "平安药店", "facility_type": SHOP})])
    made = make_plan(read_project(project)).tables
    assert made["walks"].query("state == 'today'")["distance_m"].notna().tolist() == [has_bridge] * 3
    assert made["remarks"]["code"].eq("network.components").sum() == (not has_bridge)
    # Over the bridge it is 455 m north (0.0041 degrees) and on along the streets: beyond the 500 m of the standard for
    # who lives more than 45 m from the crossing; without it there is no way at all.
    gaps = made["gaps"].query("facility_type == @SHOP")
    assert gaps["is_gap"].tolist() == [not distance <= 500 for distance in gaps["distance_m"]]


def test_without_streets_every_table_that_rests_on_walks_says_so(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", extra="""
[facilities]
path = "facilities.geojson"
[circle]
nearest = 3
isochrones = ["estate"]
""")
    write_collection(project / "facilities.geojson", [
        (Point(102.003, 36.5041), {"name": "平安药店", "facility_type": SHOP})])
    made = make_plan(read_project(project)).tables
    marks = {name: set(table["walking"]) for name, table in made.items() if "walking" in table and len(table)}
    assert set(marks) >= {"walks", "gaps", "area_gaps", "care", "nearest", "checkup", "isochrones"}
    assert all(said == {"straight_line"} for said in marks.values())
    assert "plan.straight_line" in set(made["remarks"]["code"])
