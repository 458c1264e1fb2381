"""The nearest few of every type: drawn towns by hand, and networkx as the judge of random ones."""

import itertools
from collections.abc import Mapping

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
from drawn import SPEEDS, estates, facilities, grid, streets
from hypothesis import given, settings
from hypothesis import strategies as st
from walked import Walked, walk

from geoplan.nearest import find_nearest, straight_nearest
from geoplan.policy import load_catalogue
from geoplan.prepared import elderly_types

KIND, OTHER = "PHARMACY", "ELD_DAYCARE"
ELDERLY = elderly_types(load_catalogue())
MAIN_STREET = [(0, 0), (20_000, 0)]


def nearest(town: Walked, count: int = 3) -> pd.DataFrame:
    types = sorted(town.facilities["facility_type"].unique())
    return find_nearest(town.estates, town.facilities, town.access, town.snaps, town.edges, count=count,
                        speeds=SPEEDS, elderly_types=ELDERLY, types=types)


def rows(table: pd.DataFrame) -> list[list[object]]:
    return table[["estate_id", "facility_type", "rank", "facility_id", "distance_m"]].to_numpy().tolist()


def test_the_three_nearest_stand_from_near_to_far_and_the_fourth_is_left_out() -> None:
    # Home (1000, 30): 30 m to the street; doors 10 m off it at 100, 400, 700 and 900 m along on either side.
    doors = facilities(F1=(KIND, 1900, 10), F2=(KIND, 600, 10), F3=(KIND, 1100, 10), F4=(KIND, 300, 10))
    assert rows(nearest(walk(streets(MAIN_STREET), estates(E1=(1000, 30, 40)), doors))) == [
        ["E1", KIND, 1, "F3", 140.0], ["E1", KIND, 2, "F2", 440.0], ["E1", KIND, 3, "F4", 740.0]]


def test_far_ones_are_found_as_well_as_near_ones() -> None:
    # 100 m is within the first ring, 6 km and 15 km are beyond the last one.
    doors = facilities(F1=(KIND, 16_000, 10), F2=(KIND, 1100, 10), F3=(KIND, 7000, 10))
    table = nearest(walk(streets(MAIN_STREET), estates(E1=(1000, 30, 40)), doors))
    assert table["distance_m"].tolist() == [140.0, 6040.0, 15_040.0]


def test_what_is_near_as_the_crow_flies_may_be_third_on_foot() -> None:
    # F3 stands 60 m from the home, behind a fence of no street: 200 m east, 70 m up and back again.
    lines = streets([(0, 0), (300, 0)], [(300, 0), (300, 70)], [(300, 70), (0, 70)])
    doors = facilities(F1=(KIND, 150, -10), F2=(KIND, 200, -10), F3=(KIND, 100, 72))
    table = nearest(walk(lines, estates(E1=(100, 15, 30)), doors))
    assert table["facility_id"].tolist() == ["F1", "F2", "F3"]


def test_of_equally_near_ones_the_first_by_id_comes_first() -> None:
    doors = facilities(F9=(KIND, 1100, 10), F1=(KIND, 900, 10), F5=(KIND, 1100, -10))
    assert nearest(walk(streets(MAIN_STREET), estates(E1=(1000, 30, 40)), doors))["facility_id"].tolist() == [
        "F1", "F5", "F9"]


def test_only_what_is_in_use_and_can_be_reached_has_a_row() -> None:
    doors = facilities(F1=(KIND, 1100, 10), F2=(KIND, 1200, 10), F3=(KIND, 1000, 3000), F4=(KIND, 200, 510))
    doors["status"] = ["existing", "planned", "existing", "existing"]
    table = nearest(walk(streets(MAIN_STREET, [(0, 500), (400, 500)]), estates(E1=(1000, 30, 40)), doors))
    assert table["facility_id"].tolist() == ["F1"]


def test_elderly_people_take_longer_to_what_is_theirs() -> None:
    doors = facilities(F1=(KIND, 1100, 10), F2=(OTHER, 1100, 10))
    table = nearest(walk(streets(MAIN_STREET), estates(E1=(1000, 30, 40)), doors)).set_index("facility_type")
    assert table["minutes"].to_dict() == {OTHER: 140 / 48, KIND: 140 / 66}
    assert set(table["walking"]) == {"network"}


def test_none_asked_for_is_an_empty_table() -> None:
    town = walk(streets(MAIN_STREET), estates(E1=(1000, 30, 40)), facilities(F1=(KIND, 1100, 10)))
    said = {"count": 0, "speeds": SPEEDS, "elderly_types": ELDERLY, "types": [KIND]}
    assert nearest(town, 0).empty
    assert straight_nearest(town.estates, town.facilities, detour=1.3, **said).empty


def test_an_estate_and_a_facility_may_share_an_id() -> None:
    town = walk(streets(MAIN_STREET), estates(X1=(1000, 30, 40)), facilities(X1=(KIND, 1100, 10)))
    assert rows(nearest(town)) == [["X1", KIND, 1, "X1", 140.0]]


def test_without_estates_facilities_or_streets_the_table_is_there() -> None:
    homes, doors = estates(E1=(1000, 30, 40)), facilities(F1=(KIND, 1100, 10))
    for town in (walk(streets(MAIN_STREET), homes[:0], doors), walk(streets(MAIN_STREET), homes, doors[:0]),
                 walk(streets(), homes, doors)):
        assert len(nearest(town)) == 0
        assert "rank" in nearest(town)


def test_without_streets_the_straight_line_counts_and_is_marked() -> None:
    # 300 and 400 make 500, times 1.3; F3 and F4 lie equally far and only one of them is third.
    doors = facilities(F4=(KIND, 0, 1000), F3=(KIND, 1000, 0), F1=(KIND, 300, 400), F2=(KIND, 600, 0))
    table = straight_nearest(estates(E1=(0, 0, 10)), doors, detour=1.3, count=3, speeds=SPEEDS,
                             elderly_types=ELDERLY, types=[KIND])
    assert rows(table) == [["E1", KIND, 1, "F1", 650.0], ["E1", KIND, 2, "F2", 780.0], ["E1", KIND, 3, "F3", 1300.0]]
    assert set(table["walking"]) == {"straight_line"}


def test_without_streets_there_may_be_fewer_than_asked_for_and_none_at_all() -> None:
    homes, doors = estates(E1=(0, 0, 10)), facilities(F1=(KIND, 300, 400))
    said = {"detour": 1.3, "count": 3, "speeds": SPEEDS, "elderly_types": ELDERLY, "types": [KIND]}
    assert len(straight_nearest(homes, doors, **said)) == 1
    assert len(straight_nearest(homes, doors[:0], **said)) == 0


# ---- networkx as the oracle, on towns drawn at random

SPOT = st.tuples(st.integers(0, 40).map(lambda x: x * 10 + 0.137), st.integers(0, 40).map(lambda y: y * 10 + 0.291))
FAR = st.tuples(st.integers(0, 40).map(lambda x: x * 100 + 0.137), st.integers(0, 3).map(lambda y: y * 100 + 0.291))
HOMES = st.lists(SPOT, min_size=1, max_size=4, unique=True)
DOORS = st.lists(st.one_of(SPOT, FAR), min_size=1, max_size=9, unique=True)
LINES = st.lists(st.sampled_from([*grid(5, 5), [(400, 0), (4400, 0)], [(400, 100), (4400, 100)]]), min_size=2,
                 max_size=10)


def drawn_town(homes_at: list, doors_at: list, lines: list) -> Walked:
    homes = estates(**{f"E{at}": (*spot, 30) for at, spot in enumerate(homes_at)})
    doors = facilities(**{f"F{at}": (KIND if at % 3 else OTHER, *spot) for at, spot in enumerate(doors_at)})
    return walk(streets(*lines), homes, doors)


def oracle(town: Walked) -> Mapping[str, Mapping[str, float]]:
    """Return how far every facility is from every estate that reaches it, on a graph made point by point."""
    snaps = town.snaps.dropna(subset="edge")
    places = [("E " + row.estate_id, int(row.edge), row.along_m, row.leg_m) for row in town.access.itertuples()]
    places += [("F " + row.facility_id, int(row.edge), row.along_m, row.leg_m) for row in snaps.itertuples()]
    graph = nx.MultiGraph()
    for number, edge in enumerate(town.edges.itertuples()):
        on_edge = sorted((along, at) for at, (_, where, along, _) in enumerate(places) if where == number)
        stops = [(0.0, ("node", edge.from_node)), *((along, ("spot", at)) for along, at in on_edge),
                 (edge.length_m, ("node", edge.to_node))]
        for (start, one), (stop, other) in itertools.pairwise(stops):
            graph.add_edge(one, other, weight=stop - start)
    found: dict[str, dict[str, float]] = {}
    for at, (home, _, _, leg) in enumerate(places):
        if not home.startswith("E "):
            continue
        reached = nx.single_source_dijkstra_path_length(graph, ("spot", at))
        mine = found.setdefault(home[2:], {})
        for to, (door, _, _, other_leg) in enumerate(places):
            if door.startswith("F ") and ("spot", to) in reached:
                far = reached["spot", to] + leg + other_leg
                mine[door[2:]] = min(far, mine.get(door[2:], far))
    return found


@settings(max_examples=12)
@given(HOMES, DOORS, LINES, st.integers(1, 4))
def test_ranks_and_distances_are_those_networkx_finds(homes_at: list, doors_at: list, lines: list, count: int) -> None:
    town = drawn_town(homes_at, doors_at, lines)
    table, expected = nearest(town, count), oracle(town)
    kinds = dict(zip(town.facilities["facility_id"], town.facilities["facility_type"], strict=True))
    for estate in town.estates["estate_id"]:
        for kind in (KIND, OTHER):
            choices = {door: far for door, far in expected.get(estate, {}).items() if kinds[door] == kind}
            mine = table[(table["estate_id"] == estate) & (table["facility_type"] == kind)]
            assert mine["distance_m"].tolist() == pytest.approx(sorted(choices.values())[:count], abs=2e-6)
            assert mine["rank"].tolist() == list(range(1, len(mine) + 1))
            assert mine["facility_id"].is_unique
            for row in mine.itertuples():
                assert choices[row.facility_id] == pytest.approx(row.distance_m, abs=2e-6)


@settings(max_examples=10)
@given(HOMES, DOORS, LINES)
def test_the_first_is_the_one_of_the_walks(homes_at: list, doors_at: list, lines: list) -> None:
    town = drawn_town(homes_at, doors_at, lines)
    first = nearest(town).query("rank == 1").reset_index(drop=True)
    walks = town.walks.dropna(subset="distance_m").reset_index(drop=True)
    pd.testing.assert_frame_equal(first[["estate_id", "facility_type", "facility_id"]],
                                  walks[["estate_id", "facility_type", "facility_id"]])
    assert first["distance_m"].tolist() == pytest.approx(walks["distance_m"].tolist(), abs=2e-6)


@settings(max_examples=8)
@given(HOMES, DOORS, LINES, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(homes_at: list, doors_at: list, lines: list, random: object) -> None:
    town = drawn_town(homes_at, doors_at, lines)

    def shuffled(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return table.iloc[random.sample(range(len(table)), len(table))]

    turned = Walked(shuffled(town.estates), shuffled(town.facilities), town.hard, town.edges, shuffled(town.access),
                    shuffled(town.snaps), town.walks, ())
    pd.testing.assert_frame_equal(nearest(town), nearest(turned))
