"""Which facilities lie within a walk: hand-worked towns, and the same distances as the nearest of a type has."""

import geopandas as gpd
import pandas as pd
import pytest
from drawn import SPEEDS, estates, facilities, gates, grid, hard, streets
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import find_access, snap_points
from geoplan.network import build_network
from geoplan.reach import find_reach, straight_reach
from geoplan.travel import find_walks, straight_walks

GRID = grid(5, 5)  # corners every 100 m from (0, 0) to (400, 400)
KIND = "ELD_MEAL"


def entered(
    homes: gpd.GeoDataFrame, doors: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame, gpd.GeoDataFrame]:
    edges, _ = build_network(drawn)
    access, _ = find_access(homes, gates(), edges, hard(), access_m=30, max_snap_m=100)
    snaps, _ = snap_points(doors, "facility_id", edges, hard(), max_snap_m=100)
    return access, snaps, edges


def reach(homes: gpd.GeoDataFrame, doors: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame, limit_m: float) -> list[tuple]:
    reached = find_reach(homes, doors, *entered(homes, doors, drawn), limit_m=limit_m)
    assert reached.columns.tolist() == ["estate_id", "facility_id", "distance_m"]
    return list(reached.itertuples(index=False, name=None))


def test_every_facility_within_the_walk_is_found_not_the_nearest_only() -> None:
    # Home (150, 20) is 20 m above the street y = 0; F1 60 m along it, F2 180 m along and 10 m below, F3 round a corner.
    doors = facilities(F2=(KIND, 330, -10), F1=(KIND, 210, 0), F3=(KIND, 200, 170))
    homes = estates(E1=(150, 20, 30))
    assert reach(homes, doors, streets(*GRID), 240) == [("E1", "F1", 80.0), ("E1", "F2", 210.0), ("E1", "F3", 240.0)]
    assert [row[1] for row in reach(homes, doors, streets(*GRID), 239.9)] == ["F1", "F2"]


def test_rooms_that_are_not_open_yet_are_reached_too() -> None:
    doors = facilities(F1=(KIND, 210, 0))
    doors["status"] = ["planned"]
    assert reach(estates(E1=(150, 20, 30)), doors, streets(*GRID), 500) == [("E1", "F1", 80.0)]


def test_an_estate_and_a_facility_may_share_an_id() -> None:
    assert reach(estates(A=(150, 20, 30)), facilities(A=(KIND, 210, 0)), streets(*GRID), 500) == [("A", "A", 80.0)]


def test_what_is_off_the_streets_or_across_a_gap_is_not_reached() -> None:
    drawn = streets([(0, 0), (400, 0)], [(0, 150), (400, 150)])
    homes = estates(E1=(150, 20, 30), E2=(900, 20, 30))
    assert reach(homes, facilities(F1=(KIND, 150, 150), F2=(KIND, 900, 0)), drawn, 900) == []


def test_without_estates_facilities_or_streets_nothing_is_reached() -> None:
    home, door = estates(E1=(150, 20, 30)), facilities(F1=(KIND, 210, 0))
    assert reach(estates(), door, streets(*GRID), 500) == []
    assert reach(home, facilities(), streets(*GRID), 500) == []
    assert reach(home, door, streets(), 500) == []


def test_without_streets_the_straight_line_is_lengthened_by_the_detour() -> None:
    # 300 and 400 make 500; 1.3 times that is 650.
    homes, doors = estates(E1=(0, 0, 10)), facilities(F1=(KIND, 300, 400), F2=(KIND, 400, 400))
    assert straight_reach(homes, doors, detour=1.3, limit_m=650).to_numpy().tolist() == [["E1", "F1", 650.0]]
    assert straight_reach(homes, doors, detour=1.3, limit_m=649.9).empty
    assert straight_reach(homes, doors[:0], detour=1.3, limit_m=650).empty


SPOT = st.tuples(st.integers(0, 40).map(lambda x: x * 10 + 0.137), st.integers(0, 40).map(lambda y: y * 10 + 0.291))
SPOTS = st.lists(SPOT, min_size=1, max_size=5, unique=True)
STREETS = st.lists(st.sampled_from(GRID), min_size=2, max_size=10)


@given(SPOTS, SPOTS, STREETS, st.integers(50, 900))
@settings(max_examples=40)
def test_each_pair_is_as_far_apart_as_the_walk_to_the_one_facility(
    homes_at: list, doors_at: list, lines: list, limit_m: int,
) -> None:
    homes = estates(**{f"E{at}": (*spot, 30) for at, spot in enumerate(homes_at)})
    doors = facilities(**{f"F{at}": (KIND, *spot) for at, spot in enumerate(doors_at)})
    access, snaps, edges = entered(homes, doors, streets(*lines))
    walks = pd.concat([
        find_walks(homes, doors[doors["facility_id"] == only], access, snaps, edges, None, state="today", speeds=SPEEDS,
                   elderly_types=(), types=(KIND,))
        for only in doors["facility_id"]])
    expected = walks[walks["distance_m"] <= limit_m].sort_values(["estate_id", "facility_id"])
    reached = find_reach(homes, doors, access, snaps, edges, limit_m=limit_m)
    assert reached[["estate_id", "facility_id"]].to_numpy().tolist() == (
        expected[["estate_id", "facility_id"]].to_numpy().tolist())
    assert reached["distance_m"].tolist() == pytest.approx(expected["distance_m"].tolist(), abs=1e-6)


@given(SPOTS, SPOTS, STREETS)
@settings(max_examples=30)
def test_the_nearest_in_reach_is_the_nearest_of_the_walks(homes_at: list, doors_at: list, lines: list) -> None:
    homes = estates(**{f"E{at}": (*spot, 30) for at, spot in enumerate(homes_at)})
    doors = facilities(**{f"F{at}": (KIND, *spot) for at, spot in enumerate(doors_at)})
    access, snaps, edges = entered(homes, doors, streets(*lines))
    common = {"state": "today", "speeds": SPEEDS, "elderly_types": (), "types": (KIND,)}
    for reached, walks in (
        (find_reach(homes, doors, access, snaps, edges, limit_m=5_000),
         find_walks(homes, doors, access, snaps, edges, None, **common)),
        (straight_reach(homes, doors, detour=1.3, limit_m=5_000), straight_walks(homes, doors, detour=1.3, **common)),
    ):
        nearest = reached.groupby("estate_id")["distance_m"].min().reindex(walks["estate_id"])
        assert nearest.tolist() == pytest.approx(walks["distance_m"].tolist(), abs=1e-6, nan_ok=True)


@given(SPOTS, SPOTS, STREETS, st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_the_rows_changes_nothing(
    homes_at: list, doors_at: list, lines: list, random: object,
) -> None:
    homes = estates(**{f"E{at}": (*spot, 30) for at, spot in enumerate(homes_at)})
    doors = facilities(**{f"F{at}": (KIND, *spot) for at, spot in enumerate(doors_at)})
    access, snaps, edges = entered(homes, doors, streets(*lines))
    tables = (homes, doors, access, snaps)
    shuffled = [table.iloc[random.sample(range(len(table)), len(table))] for table in tables]
    pd.testing.assert_frame_equal(
        find_reach(*tables, edges, limit_m=700), find_reach(*shuffled, edges, limit_m=700))
