"""How far one gets on foot: drawn towns with rivers, bridges and rails, and the laws every isochrone keeps."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from drawn import CRS, estates, facilities, gates, grid, hard, streets
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box
from walked import Walked, walk

from geoplan.isochrones import DECK_M, draw_isochrones, list_origins, straight_isochrones

SHOP = "PHARMACY"
WIDTH_M = 20.0
SPEED = 60.0  # 5, 10 and 15 minutes are 300, 600 and 900 m
NOBODY = pd.DataFrame({"estate_id": [], "area_id": []}, dtype="str")
NO_AREAS = gpd.GeoDataFrame({"area_id": pd.Series([], dtype="str")}, geometry=[], crs=CRS)
FAR = facilities(F0=(SHOP, 90_000, 0))


def draw(town: Walked, *kinds: str, minutes: tuple[float, ...] = (5, 10, 15), members: pd.DataFrame = NOBODY,
         areas: gpd.GeoDataFrame = NO_AREAS) -> gpd.GeoDataFrame:
    origins = list_origins(kinds or ("estate",), town.estates, members, areas, town.facilities)
    return draw_isochrones(origins, town.access, town.snaps, town.edges, town.hard, minutes=minutes, walker="adult",
                           speed=SPEED, width_m=WIDTH_M)


def ground(table: gpd.GeoDataFrame, minutes: float = 5, origin: str = "E1") -> object:
    found = table[(table["origin_id"] == origin) & (table["minutes"] == minutes)]
    assert len(found) == 1
    return found.geometry.iloc[0]


def test_streets_are_cut_where_the_time_runs_out() -> None:
    # Facility on the street at x = 1000: 5 minutes are 300 m each way, ground to 20 m beside and beyond the end.
    town = walk(streets([(0, 0), (2000, 0)]), estates(), facilities(F1=(SHOP, 1000, 0)))
    table = draw(town, "facility")
    west, south, east, north = ground(table, 5, "F1").bounds
    assert (west, south, east, north) == pytest.approx((680, -20, 1320, 20), abs=0.01)
    # 600 m x 40 m and two half circles of 20 m, drawn with 8 corners: 24 000 + 1 131.4 (pi r2 is 1 256.6)
    assert table["area_m2"].iloc[0] == pytest.approx(25_131.4, abs=0.5)
    assert table["limit_m"].tolist() == [300, 600, 900]


def test_the_leg_to_the_street_takes_its_time() -> None:
    # The home stands 50 m off the street: 250 m are left on it.
    town = walk(streets([(0, 0), (2000, 0)]), estates(E1=(1000, 50, 60)), FAR)
    west, _, east, north = ground(draw(town)).bounds
    assert (west, east) == pytest.approx((1000 - 270, 1000 + 270), abs=0.01)
    assert north == pytest.approx(80, abs=0.01)  # the estate's own ground


def test_an_edge_reached_from_both_ends_is_whole_where_the_walks_meet() -> None:
    # A ring of 400 m: 200 m either way around reach the far side; 199 m leave 2 m open, less than the width.
    ring = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    town = walk(streets(ring, [(0, 0), (0, -50)]), estates(), facilities(F1=(SHOP, 0, 0)))
    assert ground(draw(town, "facility", minutes=(200 / SPEED,)), 200 / SPEED, "F1").covers(LineString(ring))
    short = ground(draw(town, "facility", minutes=(150 / SPEED,)), 150 / SPEED, "F1")
    assert not short.covers(Point(100, 100))


def test_an_estate_that_opens_to_no_street_has_no_isochrone() -> None:
    town = walk(streets([(0, 0), (2000, 0)]), estates(E1=(1000, 50, 60), E2=(1000, 900, 60)), FAR)
    assert set(draw(town)["origin_id"]) == {"E1"}


# ---- rivers

RIVER = box(-100, 20, 2100, 30)
BANKS = [[(0, 10), (1000, 10), (2000, 10)], [(0, 40), (1000, 40), (2000, 40)]]
OTHER_BANK = box(-500, 30, 2500, 500)


def test_no_ground_is_reached_on_the_other_bank_though_it_is_nearer_than_the_width() -> None:
    # The other bank is 20 m from the street, the river only 10 m wide.
    town = walk(streets(*BANKS), estates(E1=(1000, -10, 20)), FAR, RIVER)
    for minutes in (5, 10, 15):
        reached = ground(draw(town), minutes)
        assert reached.intersection(OTHER_BANK).area == 0
        assert reached.intersection(RIVER).area == 0
        assert reached.geom_type == "Polygon"


def test_over_a_bridge_both_banks_are_reached_each_as_far_as_the_walk_goes() -> None:
    # Bridge at x = 1000. Home to the street 20 m, 30 m over the river: of 300 m, 250 m are left on the other bank.
    town = walk(streets(*BANKS, [(1000, 10), (1000, 40)], bridge=[None, None, True]), estates(E1=(1000, -10, 20)), FAR,
                RIVER)
    reached = ground(draw(town))
    assert reached.geom_type == "Polygon"  # the deck holds it together
    over = reached.intersection(OTHER_BANK)
    assert (over.bounds[0], over.bounds[2]) == pytest.approx((1000 - 270, 1000 + 270), abs=0.1)
    assert reached.intersection(RIVER).area == pytest.approx(10 * 2 * DECK_M, rel=0.1)
    home_bank = reached.difference(OTHER_BANK.buffer(15))
    assert home_bank.bounds[0] == pytest.approx(1000 - 300, abs=0.1)


def test_on_the_other_bank_only_the_ground_beside_its_own_reached_streets_is_reached() -> None:
    # The bridge is 250 m down the street: 300 - 20 - 250 - 30 leave nothing on the other bank beyond the bridge head;
    # the strip of the other bank along the near street stays out although it is joined to the bridge head.
    lines = [[(0, 10), (1000, 10), (1250, 10), (2000, 10)], [(0, 40), (1250, 40), (2000, 40)], [(1250, 10), (1250, 40)]]
    town = walk(streets(*lines), estates(E1=(1000, -10, 20)), FAR, RIVER)
    over = ground(draw(town)).intersection(OTHER_BANK)
    assert over.area > 0
    assert over.bounds[0] == pytest.approx(1230, abs=0.1)


def test_a_tunnel_for_vehicles_carries_no_isochrone_across() -> None:
    lines = streets(*BANKS, [(1000, 10), (1000, 40)], tunnel=[None, None, True], **{"class": ["residential"] * 2 + [
        "primary"]})
    town = walk(lines, estates(E1=(1000, -10, 20)), FAR, RIVER)
    assert ground(draw(town), 15).intersection(OTHER_BANK).area == 0


def test_a_railway_cuts_ground_as_water_does() -> None:
    lines = streets([(0, 0), (2000, 0)], [(0, 8), (2000, 8)], **{"class": ["residential", "rail"]})
    town = walk(lines, estates(E1=(1000, -12, 20)), FAR)
    reached = ground(draw(town))
    assert reached.bounds[3] == pytest.approx(8 - 0.25, abs=0.01)


# ---- blocks

def test_blocks_between_reached_streets_are_reached_and_a_lake_in_one_is_not() -> None:
    lake = box(40, 40, 60, 60)
    town = walk(streets(*grid(3, 3)), estates(), facilities(F1=(SHOP, 100, 100)), lake)
    reached = ground(draw(town, "facility"), 5, "F1")
    assert reached.covers(box(110, 110, 190, 190))
    assert reached.intersection(lake).area == pytest.approx(0, abs=0.01)
    assert reached.covers(box(25, 25, 38, 38))


def test_a_large_block_stays_open() -> None:
    # 400 m a side, less 20 m on each: 360 m x 360 m are 12.96 ha.
    town = walk(streets(*grid(2, 2, 400.0)), estates(), facilities(F1=(SHOP, 0, 0)))
    assert not ground(draw(town, "facility"), 15, "F1").intersects(Point(200, 200))


def test_an_islet_between_two_bridges_is_not_reached() -> None:
    # The river flows around an islet no street leads to; streets on both banks and two bridges enclose it.
    river = box(-500, 60, 700, 140).difference(box(80, 90, 120, 110))
    lines = [[(0, 0), (200, 0)], [(0, 200), (200, 200)], [(0, 0), (0, 200)], [(200, 0), (200, 200)]]
    town = walk(streets(*lines), estates(), facilities(F1=(SHOP, 0, 0)), river)
    reached = ground(draw(town, "facility"), 15, "F1")
    assert not reached.intersects(Point(100, 100))
    assert reached.covers(Point(100, 40))  # the bank between street and river


# ---- areas, gates, no streets

def test_of_an_area_one_may_start_from_every_estate_of_it() -> None:
    town = walk(streets([(0, 0), (3000, 0)]), estates(E1=(1000, 30, 40), E2=(1500, 30, 40)), FAR)
    members = pd.DataFrame({"estate_id": ["E1", "E2"], "area_id": ["A1", "A1"]})
    areas = gpd.GeoDataFrame({"area_id": ["A1"]}, geometry=[box(980, 10, 1520, 50)], crs=CRS)
    table = draw(town, "area", "estate", members=members, areas=areas)
    whole, parts = ground(table, 5, "A1"), [ground(table, 5, name) for name in ("E1", "E2")]
    assert (whole.bounds[0], whole.bounds[2]) == pytest.approx((1000 - 290, 1500 + 290), abs=0.01)
    assert all(whole.buffer(0.01).covers(part) for part in parts)
    assert whole.covers(box(1100, 30, 1400, 45))  # the area's own ground
    assert table["origin_kind"].value_counts().to_dict() == {"estate": 6, "area": 3}


def test_an_estate_with_a_gate_starts_at_the_gate() -> None:
    # Centre to the gate on the north side 20 m and 60 m back to the street: 220 m are left.
    town = walk(streets([(0, 0), (2000, 0)]), estates(E1=(1000, 40, 40)), FAR, entrances=gates((1000, 60), of=["E1"]))
    west, _, east, _ = ground(draw(town)).bounds
    assert (west, east) == pytest.approx((1000 - 240, 1000 + 240), abs=0.01)


def test_closed_facilities_have_no_isochrone_and_an_id_may_be_shared() -> None:
    doors = facilities(X1=(SHOP, 1000, 0), X2=(SHOP, 1200, 0))
    doors["status"] = ["existing", "closed"]
    town = walk(streets([(0, 0), (2000, 0)]), estates(X1=(300, 30, 40)), doors)
    table = draw(town, "facility", "estate", minutes=(5,))
    assert table[["origin_kind", "origin_id"]].to_numpy().tolist() == [["estate", "X1"], ["facility", "X1"]]
    assert table.geometry.iloc[0].centroid.x == pytest.approx(300, abs=1)
    assert table.geometry.iloc[1].centroid.x == pytest.approx(1000, abs=1)


def test_nothing_asked_for_is_an_empty_table() -> None:
    town = walk(streets([(0, 0), (2000, 0)]), estates(E1=(1000, 30, 40)), FAR)
    origins = list_origins((), town.estates, NOBODY, NO_AREAS, town.facilities)
    assert len(origins) == 0
    for table in (
        draw_isochrones(origins, town.access, town.snaps, town.edges, town.hard, minutes=(5,), walker="adult", speed=60,
                        width_m=20),
        straight_isochrones(origins, town.hard, minutes=(5,), walker="adult", speed=60, detour=1.3),
    ):
        assert len(table) == 0
        assert table.crs == CRS


def test_without_streets_a_circle_is_cut_at_the_river_and_marked() -> None:
    # 5 minutes at 60 m, detour 1.2: 250 m. The river lies 100 m north.
    homes = estates(E1=(0, 0, 20))
    origins = list_origins(("estate",), homes, NOBODY, NO_AREAS, facilities())
    table = straight_isochrones(origins, hard(box(-1000, 100, 1000, 120)), minutes=(5, 10), walker="elderly", speed=60,
                                detour=1.2)
    assert table.geometry.iloc[0].bounds == pytest.approx((-250, -250, 250, 100), abs=0.01)
    assert set(table["walking"]) == {"straight_line"}
    assert set(table["walker"]) == {"elderly"}


# ---- laws, on grids with holes drawn at random

STREETS = st.lists(st.sampled_from([*grid(5, 5), [(400, 0), (700, 0)], [(0, 0), (200, 200)]]), min_size=2, max_size=9)
SPOTS = st.lists(st.tuples(st.integers(0, 40).map(lambda x: x * 10 + 0.137), st.integers(0, 40).map(
    lambda y: y * 10 + 0.291)), min_size=1, max_size=3, unique=True)
WATER = st.one_of(st.none(), st.tuples(st.integers(0, 3), st.integers(5, 60)))


def random_town(lines: list, spots: list, water: tuple[int, int] | None) -> Walked:
    rivers = () if water is None else (box(-100, water[0] * 100 + 20, 900, water[0] * 100 + 20 + water[1]),)
    return walk(streets(*lines), estates(**{f"E{at}": (*spot, 30) for at, spot in enumerate(spots)}),
                facilities(F1=(SHOP, 200, 1)), *rivers)


@settings(max_examples=12)
@given(STREETS, SPOTS, WATER)
def test_the_longer_walk_holds_the_shorter(lines: list, spots: list, water: tuple[int, int] | None) -> None:
    table = draw(random_town(lines, spots, water), "estate", "facility")
    for _, some in table.groupby(["origin_kind", "origin_id"]):
        five, ten, fifteen = some.sort_values("minutes").geometry
        assert five.difference(ten.buffer(0.01)).is_empty
        assert ten.difference(fifteen.buffer(0.01)).is_empty
    assert shapely.is_valid(table.geometry.to_numpy()).all()


@settings(max_examples=12)
@given(STREETS, SPOTS, WATER, st.sampled_from([2.0, 5.0]))
def test_every_corner_within_the_time_is_covered_and_those_beyond_with_all_their_streets_are_not(
    lines: list, spots: list, water: tuple[int, int] | None, minutes: float,
) -> None:
    town = random_town(lines, spots, water)
    table, limit = draw(town, minutes=(minutes,)), minutes * SPEED
    graph = nx.Graph()
    for edge in town.edges.itertuples():
        old = graph.get_edge_data(edge.from_node, edge.to_node, {"weight": np.inf})["weight"]
        graph.add_edge(edge.from_node, edge.to_node, weight=min(old, edge.length_m))
    corners = {}
    for edge in town.edges.itertuples():
        corners[edge.from_node], corners[edge.to_node] = (Point(edge.geometry.coords[at]) for at in (0, -1))
    for origin, doors in town.access.groupby("estate_id"):
        reached = ground(table, minutes, origin)
        whole = graph.copy()
        for door in doors.itertuples():
            edge = town.edges.loc[door.edge]
            for node, far in ((edge.from_node, door.along_m), (edge.to_node, edge.length_m - door.along_m)):
                old = whole.get_edge_data("home", node, {"weight": np.inf})["weight"]
                whole.add_edge("home", node, weight=min(old, door.leg_m + far))
        far_m = nx.single_source_dijkstra_path_length(whole, "home")
        for node, corner in corners.items():
            if far_m.get(node, np.inf) <= limit - 0.01:
                assert reached.distance(corner) <= 0.01 or town.hard.distance(corner).min() <= 0.01
        nearest_beyond = [corner for node, corner in corners.items() if far_m.get(node, np.inf) > limit + WIDTH_M + 1]
        # Ground reaches at most the width beyond a reached street, so a corner that none comes near is out.
        home = town.estates.set_index("estate_id").geometry[origin]
        for corner in nearest_beyond:
            assert reached.distance(corner) > 0 or any(
                edge.geometry.distance(corner) <= WIDTH_M + 0.01 and min(
                    far_m.get(edge.from_node, np.inf), far_m.get(edge.to_node, np.inf)) < limit
                for edge in town.edges.itertuples()) or home.distance(corner) <= 100 + WIDTH_M


@settings(max_examples=8)
@given(STREETS, SPOTS, WATER)
def test_nothing_is_reached_beyond_a_river_that_no_street_crosses(
    lines: list, spots: list, water: tuple[int, int] | None,
) -> None:
    if water is None:
        return
    south = [line for line in lines if max(y for _, y in line) <= water[0] * 100]
    if not south:
        return
    town = random_town(south, [spot for spot in spots if spot[1] <= water[0] * 100] or [(50.1, 10.2)], water)
    beyond = box(-500, water[0] * 100 + 20 + water[1], 2000, 3000)
    homes = town.estates.geometry.union_all()
    for reached in draw(town, "estate", "facility").geometry:
        assert reached.difference(homes).intersection(beyond).area == pytest.approx(0, abs=1e-6)


@settings(max_examples=10)
@given(STREETS, SPOTS, st.permutations(range(3)))
def test_the_order_of_the_rows_changes_nothing(lines: list, spots: list, order: list[int]) -> None:
    town = random_town(lines, spots, None)
    rows = [row for row in order if row < len(spots)]
    turned = Walked(town.estates.iloc[rows], town.facilities, town.hard, town.edges, town.access.iloc[::-1],
                    town.snaps, town.walks, ())
    one, other = draw(town), draw(turned)
    assert one.geometry.to_wkb().tolist() == other.geometry.to_wkb().tolist()
