"""Where estates and facilities meet the streets, with the legs to get there."""

import math

import geopandas as gpd
import pandas as pd
import pytest
from drawn import estates, facilities, gates, hard, layer, moved, streets
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geoplan.access import find_access, snap_points
from geoplan.errors import Finding, say
from geoplan.network import build_network

MAIN_STREET = [(0, 0), (400, 0)]


def edges_of(*lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return build_network(streets(*lines))[0]


def enter(
    homes: gpd.GeoDataFrame, edges: gpd.GeoDataFrame, doors: gpd.GeoDataFrame | None = None, *cuts: object,
) -> tuple[pd.DataFrame, list[Finding]]:
    return find_access(homes, gates() if doors is None else doors, edges, hard(*cuts), access_m=30, max_snap_m=100)


def snap(points: gpd.GeoDataFrame, edges: gpd.GeoDataFrame, *cuts: object) -> tuple[pd.DataFrame, list[Finding]]:
    return snap_points(points, "facility_id", edges, hard(*cuts), max_snap_m=100)


def rows(access: pd.DataFrame) -> list[list[object]]:
    return access.round(6).to_numpy().tolist()


def said(findings: list[Finding]) -> list[tuple[str, str, int | None]]:
    return [(finding.code, finding.layer, finding.row) for finding in findings]


def test_an_estate_is_entered_from_the_street_beside_it_at_the_point_nearest_to_its_centre() -> None:
    # Centre (150, 40), outline from y = 20: 20 m from the street; the leg runs 40 m straight down to x = 150.
    access, findings = enter(estates(E1=(150, 40, 40)), edges_of(MAIN_STREET))
    assert rows(access) == [["E1", 0, 150.0, 40.0]]
    assert findings == []


def test_every_street_within_reach_of_the_outline_gives_access_and_no_other() -> None:
    # Outline y 20..60: the street at y = 0 is 20 m away, the one at y = 90 exactly 30 m, the one at y = 91 31 m.
    lines = [MAIN_STREET, [(0, 90), (400, 90)], [(0, 91.5), (400, 91.5)]]
    access, _ = enter(estates(E1=(150, 40, 40)), edges_of(*lines))
    assert access["leg_m"].tolist() == [40.0, 50.0]


def test_a_street_inside_the_estate_gives_access() -> None:
    access, _ = enter(estates(E1=(150, 0, 200)), edges_of([(60, 10), (240, 10)]))
    assert access["leg_m"].tolist() == [10.0]


def test_where_no_street_is_beside_an_estate_the_nearest_one_is_taken() -> None:
    # Outline from y = 50: streets at y = 0 (50 m) and y = 150 (60 m from the outline's top at 90) are both off.
    access, _ = enter(estates(E1=(150, 70, 40)), edges_of(MAIN_STREET, [(0, 150), (400, 150)]))
    assert access["leg_m"].tolist() == [70.0]


def test_an_estate_far_from_every_street_has_no_access_and_a_remark() -> None:
    access, findings = enter(estates(E1=(150, 121, 40), E2=(150, 40, 40)), edges_of(MAIN_STREET))
    assert access["estate_id"].tolist() == ["E2"]
    assert said(findings) == [("access.no_street", "estates", 1)]
    assert "E1" in say(findings[0], "zh")


def test_an_estate_with_a_gate_is_entered_there_only() -> None:
    # Centre (150, 40) to the gate (170, 60) on the far side: hypot(20, 20); from there 60 m to the street at x = 170.
    access, _ = enter(estates(E1=(150, 40, 40)), edges_of(MAIN_STREET), gates((170, 60), of=["E1"]))
    assert rows(access) == [["E1", 0, 170.0, round(math.hypot(20, 20) + 60, 6)]]


def test_each_gate_opens_to_its_nearest_street() -> None:
    doors = gates((150, 20), (150, 60), of=["E1", "E1"])
    access, _ = enter(estates(E1=(150, 40, 40)), edges_of(MAIN_STREET, [(0, 90), (400, 90)]), doors)
    assert access["leg_m"].tolist() == [20 + 20, 20 + 30]


def test_a_gate_that_names_no_estate_belongs_to_the_outline_beside_it() -> None:
    homes = estates(E1=(150, 40, 40), E2=(300, 40, 40))
    access, findings = enter(homes, edges_of(MAIN_STREET), gates((285, 10)))
    assert rows(access) == [["E1", 0, 150.0, 40.0], ["E2", 0, 285.0, round(math.hypot(15, 30) + 10, 6)]]
    assert findings == []


@pytest.mark.parametrize("door", [gates((150, 20), of=["E9"]), gates((150, 400))])
def test_a_gate_of_no_estate_is_remarked_and_opens_nothing(door: gpd.GeoDataFrame) -> None:
    access, findings = enter(estates(E1=(150, 40, 40)), edges_of(MAIN_STREET), door)
    assert said(findings) == [("access.gate_unowned", "gates", 1)]
    assert access["leg_m"].tolist() == [40.0]


def test_a_gate_far_from_the_estate_it_names_is_remarked() -> None:
    # The outline is a square of 40 m around (150, 40): its right side is at x = 170, the gate 230 m beyond.
    access, findings = enter(estates(E1=(150, 40, 40)), edges_of(MAIN_STREET), gates((400, 10), of=["E1"]))
    assert said(findings) == [("access.gate_far", "gates", 1)]
    assert len(access) == 1


def test_a_gate_far_from_every_street_gives_no_access() -> None:
    access, findings = enter(estates(E1=(150, 140, 40)), edges_of(MAIN_STREET), gates((150, 120), of=["E1"]))
    assert len(access) == 0
    assert said(findings) == [("access.no_street", "estates", 1)]


def test_a_gate_behind_the_water_gives_no_access_and_one_on_the_own_bank_does() -> None:
    # A canal above the estate (y 65..70): the gate at y = 80 lies beyond it, the gate at y = 20 does not.
    homes, edges, canal = estates(E1=(150, 40, 40)), edges_of(MAIN_STREET, [(0, 90), (400, 90)]), box(0, 65, 400, 70)
    beyond, findings = enter(homes, edges, gates((150, 80), of=["E1"]), canal)
    assert len(beyond) == 0
    assert said(findings) == [("access.blocked", "estates", 1)]
    both, _ = enter(homes, edges, gates((150, 80), (150, 20), of=["E1", "E1"]), canal)
    assert both["leg_m"].tolist() == [40.0]


def test_a_gate_whose_nearest_street_lies_across_the_water_opens_to_the_next() -> None:
    # From the gate (150, 20) the near street is 20 m away behind a canal, the far one 70 m: 20 + 70.
    homes, edges = estates(E1=(150, 40, 40)), edges_of(MAIN_STREET, [(0, 90), (400, 90)])
    access, _ = enter(homes, edges, gates((150, 20), of=["E1"]), box(0, 5, 400, 10))
    assert access["leg_m"].tolist() == [90.0]


def test_a_leg_never_crosses_water_and_the_next_nearest_street_is_taken() -> None:
    # A canal between the estate and the near street; the far one (90 m from the outline) is on its own bank.
    canal = box(-100, 5, 500, 10)
    edges = edges_of(MAIN_STREET, [(0, 150), (400, 150)], [(400, 150), (800, 150)])
    access, findings = enter(estates(E1=(150, 40, 40)), edges, None, canal)
    assert access["leg_m"].tolist() == [110.0]
    assert findings == []


def test_a_leg_never_crosses_a_railway_line() -> None:
    access, findings = enter(estates(E1=(150, 40, 40)), edges_of(MAIN_STREET), None, LineString([(-9, 5), (500, 5)]))
    assert len(access) == 0
    assert said(findings) == [("access.blocked", "estates", 1)]
    assert "barrier 0" in say(findings[0], "en")


def test_a_leg_does_not_slip_between_two_parts_of_a_railway() -> None:
    # Drawn as two lines that meet just where the leg passes.
    rails = [LineString([(-9, 5), (150, 5)]), LineString([(150, 5), (500, 5)])]
    access, _ = enter(estates(E1=(150, 40, 40)), edges_of(MAIN_STREET), None, *rails)
    assert len(access) == 0


@pytest.mark.parametrize(("depth_m", "legs"), [(0.009, 1), (0.011, 0)])
def test_a_centimetre_of_water_is_a_touch(depth_m: float, legs: int) -> None:
    access, _ = enter(estates(E1=(150, 40, 40)), edges_of(MAIN_STREET), None, box(0, -50, 400, depth_m))
    assert len(access) == legs


def test_a_barrier_line_that_ends_at_the_street_is_not_crossed() -> None:
    # The facility's leg ends where the railway touches the street.
    snaps, _ = snap(facilities(F1=("PHARMACY", 150, 40)), edges_of(MAIN_STREET), LineString([(150, 0), (150, -50)]))
    assert snaps["leg_m"].tolist() == [40.0]


def test_an_estate_whose_centre_stands_in_water_is_named_with_the_water() -> None:
    access, findings = enter(estates(E1=(150, 40, 40)), edges_of(MAIN_STREET), None, box(145, 35, 155, 45))
    assert len(access) == 0
    assert said(findings) == [("access.blocked", "estates", 1)]
    assert findings[0].values["barrier"] == "barrier 0"


def test_an_estate_that_opens_only_to_an_island_of_the_network_is_named() -> None:
    lines = [[(0, 0), (400, 0)], [(400, 0), (800, 0)], [(0, 1000), (400, 1000)]]
    access, findings = enter(estates(E1=(150, 1040, 40)), edges_of(*lines))
    assert len(access) == 1
    assert said(findings) == [("access.off_main", "estates", 1)]


def test_a_facility_is_reached_at_the_nearest_point_of_the_nearest_street() -> None:
    snaps, findings = snap(facilities(F1=("PHARMACY", 150, 12)), edges_of(MAIN_STREET, [(0, 30), (400, 30)]))
    assert rows(snaps) == [["F1", 0, 150.0, 12.0]]
    assert findings == []


def test_a_facility_across_the_water_from_its_nearest_street_takes_the_next() -> None:
    edges = edges_of(MAIN_STREET, [(0, 60), (400, 60)])
    snaps, _ = snap(facilities(F1=("PHARMACY", 150, 12)), edges, box(0, 5, 400, 10))
    assert snaps["leg_m"].tolist() == [48.0]


def test_a_facility_three_kilometres_from_any_street_is_not_reached_and_is_remarked() -> None:
    snaps, findings = snap(facilities(F1=("PHARMACY", 150, 3000), F2=("PHARMACY", 10, 1)), edges_of(MAIN_STREET))
    assert snaps["edge"].isna().tolist() == [True, False]
    assert snaps["leg_m"].isna().tolist() == [True, False]
    assert said(findings) == [("access.no_street", "facilities", 1)]


def test_a_site_drawn_as_an_area_is_reached_from_the_point_that_stands_for_it() -> None:
    sites = layer("sites", [box(140, 10, 160, 30), Point(50, 5)], site_id=["S1", "S2"])
    snaps, _ = snap_points(sites, "site_id", edges_of(MAIN_STREET), hard(), max_snap_m=100)
    assert rows(snaps) == [["S1", 0, 150.0, 20.0], ["S2", 0, 50.0, 5.0]]


def test_a_ring_street_is_reached_at_the_side_one_stands_on() -> None:
    # Ring from (0, 0) counter-clockwise, 100 m a side: the middle of its last side lies 350 m along.
    ring = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    snaps, _ = snap(facilities(F1=("PHARMACY", -20, 50)), edges_of(ring))
    assert rows(snaps) == [["F1", 0, 350.0, 20.0]]


def test_without_streets_everything_is_unreached() -> None:
    access, findings = enter(estates(E1=(0, 0, 40)), edges_of())
    snaps, more = snap(facilities(F1=("PHARMACY", 0, 0)), edges_of())
    assert len(access) == 0
    assert snaps["edge"].isna().all()
    assert said([*findings, *more]) == [("access.no_street", "estates", 1), ("access.no_street", "facilities", 1)]


def test_without_estates_and_facilities_there_is_nothing_to_say() -> None:
    access, findings = enter(estates(), edges_of(MAIN_STREET))
    snaps, more = snap(facilities(), edges_of(MAIN_STREET))
    assert (len(access), len(snaps), findings, more) == (0, 0, [], [])


# Whole metres and a bit, so that no spot is equally near to two streets: which of them is taken may turn with the map.
SPOT = st.tuples(st.integers(-150, 550).map(lambda x: x + 0.137), st.integers(-150, 150).map(lambda y: y + 0.291))


@given(st.lists(SPOT, min_size=1, max_size=8), st.floats(0, 6.28), st.integers(-5000, 5000))
@settings(max_examples=25, deadline=None)
def test_moving_and_turning_the_map_changes_no_leg(
    spots: list[tuple[float, float]], angle: float, shift: int,
) -> None:
    points = facilities(**{f"F{number}": ("PHARMACY", *spot) for number, spot in enumerate(spots)})
    drawn = streets(MAIN_STREET, [(200, 0), (230, 140)])
    canal = gpd.GeoDataFrame({"name": ["canal"]}, geometry=[box(100, 20, 300, 30)], crs=drawn.crs)
    legs = [
        snap_points(change(points), "facility_id", build_network(change(drawn))[0], change(canal), max_snap_m=100)[0]
        for change in (lambda frame: frame, lambda frame: moved(frame, angle, shift, -shift))
    ]
    assert legs[1]["leg_m"].tolist() == pytest.approx(legs[0]["leg_m"].tolist(), abs=1e-5, nan_ok=True)
