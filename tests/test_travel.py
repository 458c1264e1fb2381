"""How far it is: hand-worked towns, networkx as the oracle, and the laws every distance keeps."""

import itertools
import math
from collections.abc import Mapping

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from drawn import CRS, SPEEDS, estates, facilities, gates, grid, hard, layer, moved, streets
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import find_access, snap_points
from geoplan.network import build_network
from geoplan.travel import find_walks, straight_walks, walk_between, walk_home_to_home

TYPES = ("ELD_MEAL", "PHARMACY")
GRID = grid(5, 5)  # corners every 100 m from (0, 0) to (400, 400)


def walk(
    homes: gpd.GeoDataFrame, shops: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame, joints: pd.DataFrame | None = None,
) -> pd.DataFrame:
    edges, _ = build_network(drawn)
    access, _ = find_access(homes, gates(), edges, hard(), access_m=30, max_snap_m=100)
    snaps, _ = snap_points(shops, "facility_id", edges, hard(), max_snap_m=100)
    return search(homes, shops, access, snaps, edges, joints)


def search(
    homes: pd.DataFrame, shops: pd.DataFrame, access: pd.DataFrame, snaps: pd.DataFrame, edges: pd.DataFrame,
    joints: pd.DataFrame | None = None,
) -> pd.DataFrame:
    return find_walks(
        homes, shops, access, snaps, edges, joints,
        state="today", speeds=SPEEDS, elderly_types=("ELD_MEAL",), types=TYPES)


def metres(walks: pd.DataFrame) -> list[float]:
    return walks["distance_m"].tolist()


def entered(**at: tuple[int, float, float]) -> pd.DataFrame:
    """Return the table `access` with one row an estate: edge, metres along it, metres of leg."""
    return pd.DataFrame([(name, *row) for name, row in at.items()], columns=["estate_id", "edge", "along_m", "leg_m"])


def snapped(**at: tuple[int, float, float]) -> pd.DataFrame:
    return entered(**at).rename(columns={"estate_id": "facility_id"}).astype({"edge": "Int64"})


def test_a_walk_is_leg_and_street_and_leg() -> None:
    # Home (150, 20) stands 20 m above the street y = 0; the pharmacy (330, -10) 10 m below it: 20 + 180 + 10.
    walks = walk(estates(E1=(150, 20, 30)), facilities(F1=("PHARMACY", 330, -10)), streets(*GRID))
    assert walks.drop(columns="walking").to_numpy().tolist() == [
        ["E1", "PHARMACY", "today", 210.0, 210 / 66, "F1"]]


def test_a_walk_turns_corners() -> None:
    # From x = 150 on y = 0 by the corner (200, 0) up to y = 170: 20 + 50 + 170, and 5 m to the door beside x = 200.
    walks = walk(estates(E1=(150, 20, 30)), facilities(F1=("PHARMACY", 205, 170)), streets(*GRID))
    assert metres(walks) == [245.0]


def test_two_points_of_one_street_are_as_far_apart_as_they_stand() -> None:
    # One long street without a corner: 60 m between them, not round by its ends.
    walks = walk(estates(E1=(150, 20, 30)), facilities(F1=("PHARMACY", 210, 0)), streets([(0, 0), (1000, 0)]))
    assert metres(walks) == [80.0]


def test_the_facility_at_the_very_point_of_entry_is_only_the_legs_away() -> None:
    walks = walk(estates(E1=(150, 20, 30)), facilities(F1=("PHARMACY", 150, -7)), streets(*GRID))
    assert metres(walks) == [27.0]


def test_legs_and_streets_of_no_length_are_kept() -> None:
    # Centre, street corner and facility in one point; and a second estate 100 m along the street.
    homes = estates(E1=(100, 0, 30), E2=(200, 0, 30))
    walks = walk(homes, facilities(F1=("PHARMACY", 100, 0)), streets(*GRID))
    assert metres(walks) == [0.0, 100.0]


def test_the_nearest_of_several_is_found() -> None:
    shops = facilities(F1=("PHARMACY", 400, 0), F2=("PHARMACY", 250, 0), F3=("PHARMACY", 0, 300))
    walks = walk(estates(E1=(150, 20, 30)), shops, streets(*GRID))
    assert walks[["distance_m", "facility_id"]].to_numpy().tolist() == [[120.0, "F2"]]


@pytest.mark.parametrize("names", [("F1", "F2"), ("F2", "F1")])
def test_of_two_equally_near_the_first_by_id_is_named(names: tuple[str, str]) -> None:
    # 100 m to the left and 100 m to the right.
    shops = facilities(**{names[0]: ("PHARMACY", 50, 0), names[1]: ("PHARMACY", 250, 0)})
    walks = walk(estates(E1=(150, 20, 30)), shops, streets(*GRID))
    assert walks[["distance_m", "facility_id"]].to_numpy().tolist() == [[120.0, "F1"]]


def test_ties_over_many_corners_go_to_the_first_by_id() -> None:
    # All four corners of the grid are 400 m from its middle.
    corners = itertools.product((0, 400), (0, 400))
    shops = facilities(**{f"F{number}": ("PHARMACY", *spot) for number, spot in enumerate(corners)})
    walks = walk(estates(E1=(200, 200, 30)), shops, streets(*GRID))
    assert walks[["distance_m", "facility_id"]].to_numpy().tolist() == [[400.0, "F0"]]


def test_only_facilities_in_use_are_walked_to() -> None:
    shops = facilities(F1=("PHARMACY", 150, 0), F2=("PHARMACY", 350, 0))
    shops["status"] = ["planned", "existing"]
    walks = walk(estates(E1=(150, 20, 30)), shops, streets(*GRID))
    assert walks["facility_id"].tolist() == ["F2"]


def test_a_type_of_which_none_is_in_use_is_missing_and_a_type_without_a_row_is_not_there() -> None:
    shops = facilities(F1=("PHARMACY", 150, 0))
    shops["status"] = ["closed"]
    walks = walk(estates(E1=(150, 20, 30)), shops, streets(*GRID))
    assert walks["facility_type"].tolist() == ["PHARMACY"]
    assert walks[["distance_m", "minutes", "facility_id"]].isna().all(axis=None)


def test_elderly_people_take_longer_to_what_is_theirs() -> None:
    # 33 m + 15 m from the centre = 48 m; the others walk it at 66 m a minute.
    shops = facilities(F1=("ELD_MEAL", 183, 0), F2=("PHARMACY", 183, 0))
    walks = walk(estates(E1=(150, 15, 30)), shops, streets(*GRID))
    assert walks["minutes"].tolist() == [1.0, 48 / 66]


def test_a_facility_on_another_component_is_missing() -> None:
    drawn = streets([(0, 0), (400, 0)], [(0, 500), (400, 500)])
    walks = walk(estates(E1=(150, 20, 30)), facilities(F1=("PHARMACY", 150, 500)), drawn)
    assert walks[["distance_m", "facility_id"]].isna().all(axis=None)


def test_a_facility_far_from_streets_and_an_estate_far_from_streets_are_missing() -> None:
    homes = estates(E1=(150, 20, 30), E2=(150, 3000, 30))
    walks = walk(homes, facilities(F1=("PHARMACY", 150, 3000)), streets(*GRID))
    assert len(walks) == 2
    assert walks["distance_m"].isna().all()


def test_a_ring_is_walked_the_shorter_way_round() -> None:
    # One loop of 400 m with its only corner at (0, 0): 30 m and 370 m along are 60 m apart through the corner.
    edges = gpd.GeoDataFrame(
        {"from_node": [0], "to_node": [0], "length_m": [400.0], "component_id": [0]},
        geometry=[shapely.box(0, 0, 100, 100).exterior], crs=CRS)
    shops = facilities(F1=("PHARMACY", 0, 0))
    homes = estates(E1=(0, 0, 1), E2=(0, 0, 1))
    access = entered(E1=(0, 30.0, 0.0), E2=(0, 200.0, 0.0))
    assert metres(search(homes, shops, access, snapped(F1=(0, 370.0, 0.0)), edges)) == [60.0, 170.0]


def test_of_two_streets_between_the_same_corners_the_shorter_is_walked() -> None:
    drawn = streets([(0, 0), (100, 0), (200, 0)], [(0, 0), (100, 150), (200, 0)], [(200, 0), (300, 0)])
    walks = walk(estates(E1=(0, 0, 10)), facilities(F1=("PHARMACY", 300, 0)), drawn)
    assert metres(walks) == [300.0]


def test_an_estate_may_be_left_by_any_of_its_streets() -> None:
    # A block of 80 m between streets on all four sides: straight to the corner (200, 100), then 50 m, not round.
    walks = walk(estates(E1=(150, 50, 80)), facilities(F1=("PHARMACY", 250, 100)), streets(*GRID))
    assert metres(walks) == [pytest.approx(math.hypot(50, 50) + 50, abs=1e-6)]


TWO_ROWS = streets([(0, 0), (400, 0)], [(0, 200), (400, 200)], [(400, 0), (400, 200)])
STACKED = estates(E1=(100, 50, 90), E2=(100, 150, 90))


def test_walls_stand_today() -> None:
    # E1 opens to the lower street only: 50 + 300 + 200 + 300 to (100, 200).
    walks = walk(STACKED, facilities(F1=("PHARMACY", 100, 200)), TWO_ROWS)
    assert metres(walks) == [850.0, 50.0]


def test_opened_walls_are_walked_through() -> None:
    # From the centre of E1 100 m to the centre of E2, then 50 m to its street.
    joints = pd.DataFrame({"estate_a": ["E1"], "estate_b": ["E2"], "length_m": [100.0]})
    walks = walk(STACKED, facilities(F1=("PHARMACY", 100, 200)), TWO_ROWS, joints)
    assert metres(walks) == [150.0, 50.0]


def test_neighbours_walk_through_opened_estates_too() -> None:
    # E3 stands on the lower street 100 m to the right of E1: 45 + 100 to E1's entrance, 50 + 100 + 50 through both.
    homes = pd.concat([STACKED, estates(E3=(200, -45, 80))], ignore_index=True)
    shops = facilities(F1=("PHARMACY", 100, 200))
    joints = pd.DataFrame({"estate_a": ["E2"], "estate_b": ["E1"], "length_m": [100.0]})
    assert metres(walk(homes, shops, TWO_ROWS))[2] == 45 + 200 + 200 + 300
    assert metres(walk(homes, shops, TWO_ROWS, joints))[2] == 45 + 100 + 50 + 100 + 50


def test_nobody_walks_through_an_estate_that_is_not_opened() -> None:
    # E1 opens to both streets, 50 m each; E2 may not cut through it.
    homes = estates(E1=(100, 100, 180), E2=(200, -45, 80))
    walks = walk(homes, facilities(F1=("PHARMACY", 100, 200)), TWO_ROWS)
    assert metres(walks)[1] == 45 + 200 + 200 + 300


def test_no_joint_is_the_same_as_none() -> None:
    joints = pd.DataFrame({"estate_a": [], "estate_b": [], "length_m": []})
    walks = walk(STACKED, facilities(F1=("PHARMACY", 100, 200)), TWO_ROWS, joints)
    assert metres(walks) == [850.0, 50.0]


def test_without_estates_facilities_or_streets_the_table_is_there() -> None:
    shop = facilities(F1=("PHARMACY", 0, 0))
    assert walk(estates(E1=(0, 0, 9)), facilities(), streets(*GRID)).empty
    assert walk(estates(), shop, streets(*GRID)).empty
    assert metres(walk(estates(E1=(0, 0, 9)), shop, streets())) == pytest.approx([np.nan], nan_ok=True)


def test_without_streets_the_straight_line_is_lengthened_by_the_detour() -> None:
    # 300 and 400 make 500; 1.3 times that is 650.
    walks = straight_walks(
        estates(E1=(0, 0, 10)), facilities(F1=("ELD_MEAL", 300, 400), F2=("PHARMACY", 10, 0)),
        detour=1.3, speeds=SPEEDS, elderly_types=("ELD_MEAL",), types=TYPES)
    assert walks["distance_m"].tolist() == [650.0, 13.0]
    assert walks["minutes"].tolist() == [650 / 48, 13 / 66]
    assert walks["facility_id"].tolist() == ["F1", "F2"]


def test_straight_walks_break_ties_by_id_and_miss_what_is_not_in_use() -> None:
    shops = facilities(F3=("PHARMACY", -50, 0), F2=("PHARMACY", 0, 50), F1=("ELD_MEAL", 0, 0))
    shops.loc[shops["facility_id"] == "F1", "status"] = "planned"
    walks = straight_walks(
        estates(E1=(0, 0, 10)), shops, detour=1.0, speeds=SPEEDS, elderly_types=(), types=TYPES)
    assert walks["facility_id"].fillna("none").tolist() == ["none", "F2"]
    assert walks["distance_m"].isna().tolist() == [True, False]


def test_between_estates_the_way_along_streets_counts_without_legs() -> None:
    # Entrances at (100, 0), (250, 0) and (100, 200) of TWO_ROWS: 150 m, and 300 + 200 + 300 m.
    edges, _ = build_network(TWO_ROWS)
    homes = estates(E1=(100, 50, 90), E2=(250, 50, 90), E3=(100, 150, 90))
    access, _ = find_access(homes, gates(), edges, hard(), access_m=30, max_snap_m=100)
    pairs = pd.DataFrame({"estate_a": ["E1", "E3", "E1", "E1"], "estate_b": ["E2", "E1", "E1", "E9"]})
    assert walk_between(pairs, access, edges, limit_m=800)["distance_m"].tolist()[:3] == [150.0, 800.0, 0.0]
    near = walk_between(pairs, access, edges, limit_m=799)
    assert near["distance_m"].isna().tolist() == [False, True, False, True]
    assert near.columns.tolist() == ["estate_a", "estate_b", "distance_m"]


def test_between_estates_any_pair_of_entrances_will_do() -> None:
    edges, _ = build_network(streets(*GRID))
    homes = estates(E1=(50, 50, 90), E2=(250, 250, 90))
    access, _ = find_access(homes, gates(), edges, hard(), access_m=30, max_snap_m=100)
    # Each has a corner of its block within 30 m: from (100, 100) to (200, 200) it is 200 m.
    pairs = pd.DataFrame({"estate_a": ["E1"], "estate_b": ["E2"]})
    assert walk_between(pairs, access, edges, limit_m=1000)["distance_m"].tolist() == [200.0]


def test_from_home_to_home_both_legs_count_and_no_third_estate_is_walked_through() -> None:
    # E1 and E3 back to back: 50 + 300 + 200 + 300 + 50; E1 to E2 along the street: 50 + 150 + 50.
    edges, _ = build_network(TWO_ROWS)
    homes = estates(E1=(100, 50, 90), E2=(250, 50, 90), E3=(100, 150, 90))
    access, _ = find_access(homes, gates(), edges, hard(), access_m=30, max_snap_m=100)
    pairs = pd.DataFrame({
        "area_id": ["A1", "A2", "A3"], "estate_a": ["E1", "E1", "E1"], "estate_b": ["E2", "E3", "E9"]}, index=[7, 8, 9])
    between = walk_home_to_home(pairs, access, edges)
    assert between.columns.tolist() == ["area_id", "estate_a", "estate_b", "distance_m"]
    assert between["distance_m"].tolist() == pytest.approx([250.0, 900.0, np.nan], nan_ok=True)
    assert walk_home_to_home(pairs, access[:0], edges)["distance_m"].isna().all()
    assert walk_home_to_home(pairs[:0], access, edges).empty


def test_from_home_to_home_far_ones_are_found_too() -> None:
    edges, _ = build_network(streets([(0, 0), (9000, 0)], [(0, 500), (9000, 500)]))
    homes = estates(E1=(50, 20, 30), E2=(8950, 20, 30), E3=(50, 480, 30))
    access, _ = find_access(homes, gates(), edges, hard(), access_m=30, max_snap_m=100)
    pairs = pd.DataFrame({"estate_a": ["E1", "E1"], "estate_b": ["E2", "E3"]})
    between = walk_home_to_home(pairs, access, edges)
    assert between["distance_m"].tolist() == pytest.approx([20 + 8900 + 20, np.nan], nan_ok=True)


# The laws, on streets, entrances and doors drawn at random. Lengths are whole metres, so that ties are common.

NODES = 7
LINK = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.integers(1, 9))
PLACE = st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 3))
WORLD = st.tuples(
    st.lists(LINK, min_size=4, max_size=16), st.lists(PLACE, min_size=1, max_size=6),
    st.lists(PLACE, min_size=1, max_size=5))


def edges_between(links: list[tuple[int, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(links, columns=["from_node", "to_node", "length_m"]).astype({"length_m": float})


def places(prefix: str, spots: list[tuple[int, int, int]], links: list) -> dict[str, tuple[int, float, float]]:
    return {f"{prefix}{at}": (edge, float(min(along, links[edge][2])), float(leg))
            for at, (edge, along, leg) in enumerate(spots)}


def search_in(world: tuple) -> pd.DataFrame:
    links, homes, doors = world
    access, snaps = entered(**places("E", homes, links)), snapped(**places("F", doors, links))
    ids = list(snaps["facility_id"])
    shops = pd.DataFrame({"facility_id": ids, "facility_type": "PHARMACY", "status": "existing"})
    return search(access[["estate_id"]], shops, access, snaps, edges_between(links))


def oracle(world: tuple) -> Mapping[str, Mapping[str, float]]:
    """Return how far every facility is that an estate can reach, by networkx on a graph made point by point."""
    links, homes, doors = world
    spots = {**places("E", homes, links), **places("F", doors, links)}
    graph = nx.MultiGraph()
    for edge, (tail, head, length) in enumerate(links):
        on_edge = sorted((along, name) for name, (at, along, _) in spots.items() if at == edge)
        stops = [(0.0, tail), *((along, f"street of {name}") for along, name in on_edge), (float(length), head)]
        for (start, one), (stop, other) in itertools.pairwise(stops):
            graph.add_edge(one, other, weight=stop - start)
    found = {}
    for home in (name for name in spots if name.startswith("E")):
        reached = nx.single_source_dijkstra_path_length(graph, f"street of {home}")
        found[home] = {
            door: reached[f"street of {door}"] + spots[home][2] + spots[door][2]
            for door in spots if door.startswith("F") and f"street of {door}" in reached
        }
    return found


@given(WORLD)
@settings(max_examples=80, deadline=None)
def test_distances_and_facilities_are_those_networkx_finds(world: tuple) -> None:
    expected = oracle(world)
    for row in search_in(world).itertuples():
        choices = expected[row.estate_id]
        if not choices:
            assert math.isnan(row.distance_m)
            assert pd.isna(row.facility_id)
            continue
        nearest = min(choices.values())
        assert row.distance_m == pytest.approx(nearest, abs=1e-6)
        assert row.facility_id == min(door for door, metres in choices.items() if metres <= nearest + 1e-6)


@given(WORLD, PLACE)
@settings(max_examples=25, deadline=None)
def test_a_further_facility_lengthens_no_walk(world: tuple, spot: tuple[int, int, int]) -> None:
    links, homes, doors = world
    before, after = search_in(world), search_in((links, homes, [*doors, spot]))
    assert (after["distance_m"].fillna(np.inf) <= before["distance_m"].fillna(np.inf)).all()


@given(WORLD, LINK)
@settings(max_examples=25, deadline=None)
def test_a_further_street_lengthens_no_walk(world: tuple, link: tuple[int, int, int]) -> None:
    links, homes, doors = world
    before, after = search_in(world), search_in(([*links, link], homes, doors))
    assert (after["distance_m"].fillna(np.inf) <= before["distance_m"].fillna(np.inf)).all()


@given(WORLD, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_rows_changes_nothing(world: tuple, random: object) -> None:
    links, homes, doors = world
    access, snaps = entered(**places("E", homes, links)), snapped(**places("F", doors, links))
    shops = pd.DataFrame({"facility_id": snaps["facility_id"], "facility_type": "PHARMACY", "status": "existing"})
    tables = [access[["estate_id"]], shops, access, snaps]
    shuffled = [table.iloc[random.sample(range(len(table)), len(table))] for table in tables]
    edges = edges_between(links)
    pd.testing.assert_frame_equal(search(*tables, edges), search(*shuffled, edges))


@given(WORLD)
@settings(max_examples=40, deadline=None)
def test_ways_between_estates_are_the_same_both_ways_and_keep_the_triangle(world: tuple) -> None:
    links, homes, _ = world
    access = entered(**places("E", homes, links))
    names = access["estate_id"].tolist()
    pairs = pd.DataFrame(list(itertools.product(names, names)), columns=["estate_a", "estate_b"])
    between = walk_between(pairs, access, edges_between(links), limit_m=1000)
    far = between["distance_m"].fillna(np.inf).to_numpy().reshape(len(names), len(names))
    assert (far == far.T).all()
    assert all((far <= far[:, [via]] + far[[via], :] + 1e-6).all() for via in range(len(names)))


# Whole metres and a bit, so that no spot is equally near to two streets: which of them is taken may turn with the map.
SPOT = st.tuples(st.integers(0, 400).map(lambda x: x + 0.137), st.integers(0, 400).map(lambda y: y + 0.291))


@given(st.lists(SPOT, min_size=1, max_size=5), st.lists(SPOT, min_size=1, max_size=5), st.floats(0, 6.28),
       st.integers(-5000, 5000))
@settings(max_examples=15, deadline=None)
def test_moving_and_turning_the_map_changes_no_walk_and_none_is_shorter_than_the_straight_line(
    homes: list[tuple[float, float]], doors: list[tuple[float, float]], angle: float, shift: int,
) -> None:
    town = (
        estates(**{f"E{at}": (*spot, 7.0) for at, spot in enumerate(homes)}),
        facilities(**{f"F{at}": ("PHARMACY", *spot) for at, spot in enumerate(doors)}), streets(*grid(5, 5)),
    )
    walks = walk(*town)
    turned = walk(*(moved(part, angle, shift, -shift) for part in town))
    straight = straight_walks(*town[:2], detour=1, speeds=SPEEDS, elderly_types=(), types=TYPES)
    assert metres(turned) == pytest.approx(metres(walks), abs=1e-4)
    assert (walks["distance_m"] >= straight["distance_m"] - 1e-6).all()


def test_walks_on_the_wuxi_streets_agree_with_networkx(shared) -> None:
    raw = gpd.read_file(shared / "kits/wuxi_xinwu/streets.gpkg").to_crs(CRS)
    drawn = layer("streets", raw.geometry, **{"class": raw["highway"]})
    edges, _ = build_network(drawn.assign(not_walkable=pd.array([pd.NA] * len(drawn), dtype="boolean")))
    halfway = edges["length_m"] / 2
    homes = {f"E{edge:05d}": (edge, halfway[edge], 3.0) for edge in range(0, len(edges), len(edges) // 300)}
    doors = {f"F{edge:05d}": (edge, halfway[edge], 5.0) for edge in range(1, len(edges), len(edges) // 20)}
    shops = pd.DataFrame({"facility_id": list(doors), "facility_type": "PHARMACY", "status": "existing"})
    access = entered(**homes)
    walks = search(access[["estate_id"]], shops, access, snapped(**doors), edges).set_index("estate_id")

    graph = nx.Graph()
    for tail, head, length in zip(edges["from_node"], edges["to_node"], edges["length_m"], strict=True):
        if length < graph.get_edge_data(tail, head, {"weight": math.inf})["weight"]:
            graph.add_edge(tail, head, weight=length)
    for edge, half, _ in [*homes.values(), *doors.values()]:
        graph.add_edge(f"middle of {edge}", edges["from_node"][edge], weight=half)
        graph.add_edge(f"middle of {edge}", edges["to_node"][edge], weight=half)
    reached = nx.multi_source_dijkstra_path_length(graph, {f"middle of {edge}" for edge, _, _ in doors.values()})
    expected = [reached.get(f"middle of {homes[name][0]}", math.nan) + 8 for name in walks.index]
    assert len(walks) >= 300
    assert metres(walks) == pytest.approx(expected, abs=1e-4, nan_ok=True)


def test_without_any_access_nobody_can_walk_between_estates() -> None:
    edges, _ = build_network(streets())
    none = pd.DataFrame({"estate_id": [], "edge": [], "along_m": [], "leg_m": []})
    pairs = pd.DataFrame({"estate_a": ["A"], "estate_b": ["B"]})
    assert walk_between(pairs, none, edges, limit_m=100)["distance_m"].isna().all()
