"""Which walls are worth opening: towns worked out by hand, and the full search on streets as the oracle."""

import itertools
from collections.abc import Mapping, Sequence

import geopandas as gpd
import pandas as pd
import pytest
from drawn import CRS, SPEEDS, estates, facilities, gates, hard, streets
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from geoplan.access import find_access, snap_points
from geoplan.circles import find_gaps
from geoplan.network import build_network
from geoplan.openings import find_pairs, find_walls, open_walls, open_ways, rank_openings
from geoplan.schema import conform
from geoplan.travel import find_walks, walk_home_to_home

ELDERLY = ("ELD_MEAL",)
TYPES = ("ELD_MEAL", "PHARMACY")
CATALOGUE = pd.DataFrame({
    "facility_type": TYPES, "zh": TYPES, "max_walk_m": [20.0, 15.0], "standard": "", "clause": "", "confidence": "K"})
PACE = {"speeds": SPEEDS, "elderly_types": ELDERLY}
FIGURES = ["estate_a", "estate_b", "resident_minutes_saved", "gaps_closed", "rank"]


class Town:
    """Estates of areas on streets, and what the steps before know of them."""

    def __init__(
        self, areas: Mapping[str, str | None], walls: Mapping[tuple[str, str], float], access: pd.DataFrame,
        snaps: pd.DataFrame, shops: pd.DataFrame, edges: pd.DataFrame, *, residents: Mapping[str, int | None],
        limits: Mapping[str, float],
    ) -> None:
        ids = list(areas)
        self.estates = pd.DataFrame({
            "estate_id": ids, "residents": pd.array([residents[name] for name in ids], dtype="Int64")})
        self.members = pd.DataFrame({"estate_id": ids, "area_id": list(areas.values())}).astype("str")
        self.links = links_of(walls)
        self.access, self.snaps, self.shops, self.edges, self.limits = access, snaps, shops, edges, limits

    def search(self, joints: pd.DataFrame | None, state: str) -> pd.DataFrame:
        return find_walks(self.estates, self.shops, self.access, self.snaps, self.edges, joints, state=state,
                          types=TYPES, **PACE)

    def gaps(self, walks: pd.DataFrame) -> pd.DataFrame:
        brought = sorted(self.shops["facility_type"].unique())
        return find_gaps(walks, self.estates, CATALOGUE, limits=self.limits, complete=(), brought_types=brought)[0]

    def known(self) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame]:
        """Return the walls, the pairs with their walks of today, and the walks of today to the facilities."""
        walls = find_walls(self.links, self.members)
        apart = walk_home_to_home(find_pairs(walls, self.members), self.access, self.edges)
        return walls, apart, self.search(None, "today")


def links_of(walls: Mapping[tuple[str, str], float], **columns: object) -> gpd.GeoDataFrame:
    """Return table `links` with usable links between the pairs, each with its length."""
    frame = pd.DataFrame(list(walls), columns=["estate_a", "estate_b"]).assign(
        length_m=list(walls.values()), gap_m=1.0, kind="apart", barrier=None, usable=True, reason="usable",
        geometry=[LineString([(0, 0), (1, 0)])] * len(walls), **columns)
    return conform("links", frame, CRS)


def town_of(
    homes: gpd.GeoDataFrame, shops: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame, areas: Mapping[str, str | None],
    walls: Mapping[tuple[str, str], float], *, residents: Mapping[str, int | None] | None = None,
) -> Town:
    """Return a town drawn on the ground, 66 residents an estate and limits of 500 m unless said otherwise."""
    edges, _ = build_network(drawn)
    access, _ = find_access(homes, gates(), edges, hard(), access_m=30, max_snap_m=100)
    snaps, _ = snap_points(shops, "facility_id", edges, hard(), max_snap_m=100)
    return Town(areas, walls, access, snaps, shops, edges, residents=residents or dict.fromkeys(areas, 66),
                limits=dict.fromkeys(TYPES, 500.0))


def openings_of(town: Town) -> pd.DataFrame:
    walls, apart, today = town.known()
    return rank_openings(walls, apart, town.gaps(today), **PACE)


def opened_of(town: Town) -> pd.DataFrame:
    walls, apart, today = town.known()
    return open_walls(today, walls, apart, **PACE)


def told(openings: pd.DataFrame) -> list[list[object]]:
    """Return estate, estate, resident-minutes and gaps of every wall in the order of opening."""
    rows = openings.sort_values("rank")[FIGURES[:-1]].to_numpy(object).tolist()
    return [[a, b, None if pd.isna(saved) else round(saved, 4), closed] for a, b, saved, closed in rows]


# Two streets, y = 0 and y = 200, that meet only at x = 400; E1 lies on the lower, E2 behind it on the upper one.
TWO_ROWS = streets([(0, 0), (400, 0), (400, 200), (0, 200)])
BACK_TO_BACK = estates(E1=(100, 50, 90), E2=(100, 150, 90))
SHOP = facilities(F1=("PHARMACY", 100, 200))
ONE_AREA = {"E1": "A1", "E2": "A1"}
ONE_WALL = {("E1", "E2"): 100.0}


def two_rows(**options: object) -> Town:
    return town_of(BACK_TO_BACK, SHOP, TWO_ROWS, **{"areas": ONE_AREA, "walls": ONE_WALL, **options})


def test_a_wall_saves_the_way_round_the_block() -> None:
    # E1 today: 50 out, 300 + 200 + 300 round, to the door = 850 m. Through the wall: 100 to E2's middle and 50 out.
    # 66 residents at 66 m a minute save 700 m: 700 resident-minutes; 850 m is over the limit of 500 m, 150 m is not.
    openings = openings_of(two_rows())
    assert openings[["area_id", *FIGURES]].to_numpy().tolist() == [["A1", "E1", "E2", 700.0, 1, 1]]
    assert openings.crs == CRS
    assert opened_of(two_rows())["distance_m"].tolist() == [150.0, 50.0]


def test_the_walks_of_the_state_opened_say_how_long_and_where_to() -> None:
    # A pharmacy at E1's door too: today the own one for each; the nearest stays the nearest.
    shops = facilities(F1=("PHARMACY", 100, 200), F2=("ELD_MEAL", 100, 0))
    walks = opened_of(two_rows_with(shops))
    assert walks.drop(columns="walking").to_numpy().tolist() == [
        ["E1", "ELD_MEAL", "opened", 50.0, 50 / 48, "F2"], ["E1", "PHARMACY", "opened", 150.0, 150 / 66, "F1"],
        ["E2", "ELD_MEAL", "opened", 150.0, 150 / 48, "F2"], ["E2", "PHARMACY", "opened", 50.0, 50 / 66, "F1"]]


def two_rows_with(shops: gpd.GeoDataFrame) -> Town:
    return town_of(BACK_TO_BACK, shops, TWO_ROWS, ONE_AREA, ONE_WALL)


def test_each_type_is_walked_to_once_and_elderly_people_at_their_own_pace() -> None:
    # E1 saves 700 m to the pharmacy at 66 m a minute, E2 700 m to the meals at 48: 700 and 66 x 700 / 48 = 962.5.
    shops = facilities(F1=("PHARMACY", 100, 200), F2=("ELD_MEAL", 100, 0))
    assert told(openings_of(two_rows_with(shops))) == [["E1", "E2", 1662.5, 2]]


def test_of_two_facilities_equally_near_through_a_wall_the_first_by_id_is_named() -> None:
    # E3 in the middle opens to E1 and E2, both 100 m away, each 50 m from its own pharmacy.
    homes = estates(E1=(100, 50, 90), E2=(100, 250, 90), E3=(100, 150, 90))
    drawn = streets([(0, 0), (400, 0), (400, 300), (0, 300)])
    town = town_of(homes, facilities(F2=("PHARMACY", 100, 0), F1=("PHARMACY", 100, 300)), drawn,
                   dict.fromkeys(["E1", "E2", "E3"], "A1"), {("E1", "E3"): 100.0, ("E2", "E3"): 100.0})
    assert opened_of(town)[["estate_id", "distance_m", "facility_id"]].to_numpy().tolist() == [
        ["E1", 50.0, "F2"], ["E2", 50.0, "F1"], ["E3", 150.0, "F1"]]


# E2 in the middle meets no street; the pharmacy is at E3's door. Walls E1 | E2 | E3.
ROW = estates(E1=(100, 50, 90), E2=(100, 150, 90), E3=(100, 250, 90))
ROW_STREETS = streets([(0, 0), (400, 0), (400, 300), (0, 300)])
ROW_WALLS = {("E1", "E2"): 100.0, ("E2", "E3"): 100.0}


def row_of(**options: object) -> Town:
    return town_of(ROW, facilities(F1=("PHARMACY", 100, 300)), ROW_STREETS,
                   **{"areas": dict.fromkeys(["E1", "E2", "E3"], "A1"), "walls": ROW_WALLS, **options})


def test_what_a_wall_adds_counts_after_those_opened_before() -> None:
    # E1 | E2 alone lets E2 out by E1: 100 + 950 m, over the limit: nothing. E2 | E3 alone closes the gap of E2, which
    # reaches nothing today, so that no minutes are known. Then E1 | E2 brings E1 from 950 m to 250 m: 700 and a gap.
    assert told(openings_of(row_of())) == [["E2", "E3", 0.0, 1], ["E1", "E2", 700.0, 1]]
    assert opened_of(row_of())["distance_m"].tolist() == [250.0, 150.0, 50.0]


def test_a_wall_that_must_wait_for_another_comes_right_after_it() -> None:
    # A second area saves 33 x (850 - 150) / 66 = 350. It is the best to begin with; only then the row is opened,
    # whose second wall gives more than all others and has to wait for its first.
    homes = pd.concat([ROW, estates(G1=(2100, 50, 90), G2=(2100, 150, 90))], ignore_index=True)
    drawn = streets([(0, 0), (400, 0), (400, 300), (0, 300)], [(2000, 0), (2400, 0), (2400, 200), (2000, 200)])
    shops = facilities(F1=("PHARMACY", 100, 300), F2=("PHARMACY", 2100, 200))
    areas = {"E1": "A1", "E2": "A1", "E3": "A1", "G1": "A2", "G2": "A2"}
    town = town_of(homes, shops, drawn, areas, {**ROW_WALLS, ("G1", "G2"): 100.0},
                   residents=dict.fromkeys(["E1", "E2", "E3"], 66) | {"G1": 33, "G2": 33})
    assert told(openings_of(town)) == [["G1", "G2", 350.0, 1], ["E2", "E3", 0.0, 1], ["E1", "E2", 700.0, 1]]


def test_an_opened_estate_is_walked_through_from_street_to_street() -> None:
    # E3 stands below the lower street: 45 + 200 + 200 + 300 = 745 m today. With E1 | E2 open it walks 100 m along its
    # street and through both: 45 + 100 + 50 + 100 + 50 = 345 m. So that wall saves 700 for E1 and 400 for E3. Its own
    # wall to E1 (100 m) then brings it to 100 + 100 + 50 = 250 m: 95 more.
    homes = pd.concat([BACK_TO_BACK, estates(E3=(200, -45, 80))], ignore_index=True)
    town = town_of(homes, SHOP, TWO_ROWS, dict.fromkeys(["E1", "E2", "E3"], "A1"), {**ONE_WALL, ("E1", "E3"): 100.0})
    assert told(openings_of(town)) == [["E1", "E2", 1100.0, 2], ["E1", "E3", 95.0, 0]]


@pytest.mark.parametrize("other", ["A2", None])
def test_nobody_walks_through_estates_of_another_area(other: str | None) -> None:
    homes = pd.concat([BACK_TO_BACK, estates(E3=(200, -45, 80))], ignore_index=True)
    town = town_of(homes, SHOP, TWO_ROWS, {**ONE_AREA, "E3": other}, {**ONE_WALL, ("E1", "E3"): 100.0})
    assert told(openings_of(town)) == [["E1", "E2", 700.0, 1]]
    assert opened_of(town)["distance_m"].tolist() == [150.0, 50.0, 745.0]


def test_a_member_without_a_wall_of_its_own_walks_through_the_others_but_is_not_walked_through() -> None:
    # E3 hangs on by a link over a barrier: no wall. It still walks through E1 and E2, as E1 does.
    homes = pd.concat([BACK_TO_BACK, estates(E3=(200, -45, 80))], ignore_index=True)
    town = town_of(homes, SHOP, TWO_ROWS, dict.fromkeys(["E1", "E2", "E3"], "A1"), {**ONE_WALL, ("E1", "E3"): 100.0})
    town.links["barrier"] = [None, "湟水"]
    assert told(openings_of(town)) == [["E1", "E2", 1100.0, 2]]
    assert opened_of(town)["distance_m"].tolist() == [150.0, 50.0, 345.0]


def test_only_usable_links_inside_an_area_that_pass_no_barrier_are_walls() -> None:
    pairs = dict.fromkeys([("E1", "E2"), ("E1", "E3"), ("E2", "E3"), ("E3", "E4"), ("E4", "E5")], 100.0)
    links = links_of(pairs).assign(usable=[True, False, True, True, True], barrier=[None, None, "湟水", None, None])
    members = pd.DataFrame({"estate_id": ["E1", "E2", "E3", "E4"], "area_id": ["A1", "A1", "A1", "A2"]})
    walls = find_walls(links, members)
    assert walls[["area_id", "estate_a", "estate_b"]].to_numpy().tolist() == [["A1", "E1", "E2"]]
    assert find_pairs(walls, members).to_numpy().tolist() == [
        ["A1", "E1", "E2"], ["A1", "E1", "E3"], ["A1", "E2", "E3"]]


def test_a_wall_that_helps_nobody_stands_in_the_table_all_the_same() -> None:
    shops = facilities(F1=("PHARMACY", 100, 200), F2=("PHARMACY", 100, 0))
    assert told(openings_of(two_rows_with(shops))) == [["E1", "E2", 0.0, 0]]


def test_unknown_residents_leave_the_minutes_unknown_only_where_they_would_save_some() -> None:
    assert told(openings_of(two_rows(residents={"E1": None, "E2": 66}))) == [["E1", "E2", None, 1]]
    assert told(openings_of(two_rows(residents={"E1": 66, "E2": None}))) == [["E1", "E2", 700.0, 1]]


def test_a_type_without_data_is_no_gap_to_close() -> None:
    shops = facilities(F1=("PHARMACY", 100, 200), F2=("ELD_MEAL", 100, 200))
    shops["status"] = ["planned", "existing"]
    # Only the meals count: 66 x 700 / 48. Nobody has a pharmacy in use, neither before nor after.
    assert told(openings_of(two_rows_with(shops))) == [["E1", "E2", 962.5, 1]]
    assert opened_of(two_rows_with(shops))["distance_m"].isna().tolist() == [False, True, False, True]


def test_without_areas_walls_facilities_or_streets_the_tables_are_there() -> None:
    nobody = two_rows(areas={"E1": None, "E2": None})
    assert openings_of(nobody).empty
    assert openings_of(nobody).crs == CRS
    assert opened_of(nobody)["distance_m"].tolist() == [850.0, 50.0]
    assert opened_of(two_rows_with(facilities())).empty
    assert told(openings_of(two_rows_with(facilities()))) == [["E1", "E2", 0.0, 0]]
    assert opened_of(town_of(BACK_TO_BACK, SHOP, streets(), ONE_AREA, ONE_WALL))["distance_m"].isna().all()


# The laws, on streets, entrances, doors and walls drawn at random. Lengths are whole metres, so that ties are common.

HOMES = 5
LENGTH = st.integers(1, 30)
PLACE = st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(0, 3))
ENTRY = st.tuples(st.integers(0, HOMES - 1), PLACE)
WALL = st.tuples(st.integers(0, HOMES - 1), st.integers(0, HOMES - 1), st.integers(0, 6))
TOWN = st.builds(
    lambda *parts: random_town(*parts),
    st.tuples(LENGTH, LENGTH, LENGTH, LENGTH), st.integers(2, 4), st.lists(PLACE, min_size=HOMES, max_size=HOMES),
    st.lists(ENTRY, max_size=4), st.lists(st.tuples(st.sampled_from(TYPES), PLACE), min_size=1, max_size=4),
    st.lists(WALL, min_size=2, max_size=6), st.lists(st.sampled_from(["A1", "A1", "A1", "A1", "A2", None]),
                                                     min_size=HOMES, max_size=HOMES),
    st.lists(st.sampled_from([0, 1, 10, 100, None]), min_size=HOMES, max_size=HOMES),
)


def random_town(
    lengths: tuple[int, ...], joined: int, fronts: list, entries: list, doors: list, walls: list,
    areas: list[str | None], residents: list[int | None],
) -> Town:
    """Return a town on four streets in a row, of which the first `joined` meet; all estates but one have a front."""
    roads = [(at if at < joined else at + 10, at + 1 if at < joined else at + 11, length)
             for at, length in enumerate(lengths)]
    edges = pd.DataFrame(roads, columns=["from_node", "to_node", "length_m"]).astype({"length_m": float})
    ids = [f"E{home}" for home in range(HOMES)]
    access = pd.DataFrame([(ids[home], *on_street(place, roads)) for home, place in [*enumerate(fronts[1:]), *entries]],
                          columns=["estate_id", "edge", "along_m", "leg_m"])
    snaps = pd.DataFrame([(f"F{at}", *on_street(place, roads)) for at, (_, place) in enumerate(doors)],
                         columns=["facility_id", "edge", "along_m", "leg_m"]).astype({"edge": "Int64"})
    shops = pd.DataFrame({"facility_id": snaps["facility_id"], "facility_type": [kind for kind, _ in doors],
                          "status": "existing"})
    pairs = {(ids[min(pair)], ids[max(pair)]): float(length) for *pair, length in walls if pair[0] != pair[1]}
    return Town(dict(zip(ids, areas, strict=True)), pairs, access, snaps, shops, edges,
                residents=dict(zip(ids, residents, strict=True)), limits={})


def on_street(place: tuple[int, int, int], roads: list[tuple[int, int, int]]) -> tuple[int, float, float]:
    edge, along, leg = place
    return edge, float(min(along, roads[edge][2])), float(leg)


def worth(town: Town, area_id: str, opened: Sequence[tuple[str, str]]) -> tuple[float, int, bool]:
    """Return what the area's residents save and how many of their gaps close by the full search on streets."""
    is_open = [pair in opened for pair in zip(town.links["estate_a"], town.links["estate_b"], strict=True)]
    gaps = town.gaps(pd.concat([town.search(None, "today"), town.search(town.links[is_open], "opened")]))
    walks = town.search(None, "today").merge(
        town.search(town.links[is_open], "opened"), on=["estate_id", "facility_type"]).merge(town.members)
    walks = walks[walks["area_id"] == area_id].merge(town.estates)
    shorter = (walks["minutes_x"] - walks["minutes_y"]).fillna(0)
    residents = walks["residents"].astype(float)
    own = gaps.merge(town.members).query("area_id == @area_id")
    closed = own["is_gap"].fillna(False) & ~own["is_gap_after"].fillna(True)
    return float((shorter * residents).sum()), int(closed.sum()), bool((shorter[residents.isna()] > 1e-9).any())


def ranked_by_search(town: Town) -> list[tuple[str, str]]:
    """Return all walls in the order of the greedy choice, every gain found by the full search on streets."""
    walls = find_walls(town.links, town.members)
    left = list(walls[["area_id", "estate_a", "estate_b"]].itertuples(index=False, name=None))
    opened = {area_id: [] for area_id, *_ in left}
    order = []
    while left:
        offers = []
        for area_id, *pair in left:
            now, then = (worth(town, area_id, pairs) for pairs in (opened[area_id], [*opened[area_id], tuple(pair)]))
            offers.append((-round(then[0] - now[0], 6), now[1] - then[1], *pair, area_id))
        *_, estate_a, estate_b, area_id = min(offers)
        opened[area_id].append((estate_a, estate_b))
        order.append((estate_a, estate_b))
        left.remove((area_id, estate_a, estate_b))
    return order


@given(TOWN)
@settings(max_examples=60)
def test_the_walks_with_all_walls_open_are_those_the_full_search_finds(town: Town) -> None:
    opened = opened_of(town)
    walls = find_walls(town.links, town.members)
    for area_id, own in town.members.groupby("area_id"):
        searched = town.search(walls[walls["area_id"] == area_id], "opened")
        is_own = searched["estate_id"].isin(own["estate_id"])
        pd.testing.assert_frame_equal(
            opened[opened["estate_id"].isin(own["estate_id"])], searched[is_own], check_exact=False, atol=1e-6, rtol=0)
    alone = town.members.loc[town.members["area_id"].isna(), "estate_id"]
    today = town.search(None, "today")
    pd.testing.assert_frame_equal(opened[opened["estate_id"].isin(alone)].drop(columns="state"),
                                  today[today["estate_id"].isin(alone)].drop(columns="state"))


@given(TOWN, st.sampled_from([15.0, 40.0, 1000.0]))
@settings(max_examples=60)
def test_what_is_in_reach_with_all_walls_open_is_what_the_walks_to_every_single_place_say(
    town: Town, limit_m: float,
) -> None:
    town.shops = town.shops.assign(facility_type=town.shops["facility_id"])  # every place a type of its own
    walls, apart, _ = town.known()
    today = find_walks(town.estates, town.shops, town.access, town.snaps, town.edges, None, state="today",
                       types=town.shops["facility_id"].tolist(), **PACE)
    is_near = today["distance_m"] <= limit_m
    opened = open_walls(today.assign(distance_m=today["distance_m"].where(is_near)), walls, apart, **PACE)
    expected = opened[opened["distance_m"] <= limit_m].sort_values(["estate_id", "facility_type"])
    reached = open_ways(today.loc[is_near, ["estate_id", "facility_id", "distance_m"]], walls, apart, limit_m=limit_m)
    assert reached.columns.tolist() == ["estate_id", "facility_id", "distance_m"]
    assert reached.to_numpy().tolist() == expected[["estate_id", "facility_type", "distance_m"]].to_numpy().tolist()


@given(TOWN)
@settings(max_examples=60)
def test_no_walk_grows_longer_and_the_figures_of_an_area_sum_up_to_what_opening_all_gives(town: Town) -> None:
    walls, apart, today = town.known()
    opened = open_walls(today, walls, apart, **PACE)
    both = today.merge(opened, on=["estate_id", "facility_type"]).merge(town.estates).merge(town.members)
    reached = both.dropna(subset="distance_m_x")
    assert (reached["distance_m_y"] <= reached["distance_m_x"]).all()
    gaps = town.gaps(pd.concat([today, opened])).merge(town.members)
    assert not (gaps["is_gap_after"] & ~gaps["is_gap"]).any()

    openings = rank_openings(walls, apart, town.gaps(today), **PACE)
    assert (openings["resident_minutes_saved"].dropna() >= 0).all()
    assert (openings["gaps_closed"] >= 0).all()
    assert sorted(openings["rank"]) == list(range(1, len(walls) + 1))
    for area_id, rows in openings.groupby("area_id"):
        own, judged = both[both["area_id"] == area_id], gaps[gaps["area_id"] == area_id]
        if rows["resident_minutes_saved"].notna().all():
            saved = ((own["minutes_x"] - own["minutes_y"]) * own["residents"].astype(float)).sum()
            assert rows["resident_minutes_saved"].sum() == pytest.approx(saved, abs=1e-3)
        assert rows["gaps_closed"].sum() == (judged["is_gap"] & ~judged["is_gap_after"]).sum()


@given(TOWN)
@settings(max_examples=15)
def test_the_order_is_that_of_the_best_wall_each_time_by_the_full_search(town: Town) -> None:
    openings = openings_of(town).sort_values("rank")
    order = list(openings[["estate_a", "estate_b"]].itertuples(index=False, name=None))
    assert order == ranked_by_search(town)
    for area_id, rows in openings.groupby("area_id"):
        pairs = list(rows[["estate_a", "estate_b"]].itertuples(index=False, name=None))
        saved, closed, _ = zip(*(worth(town, area_id, pairs[:count]) for count in range(len(pairs) + 1)), strict=True)
        expected = [then - now for now, then in itertools.pairwise(saved)]
        told_of = rows["resident_minutes_saved"].fillna(pd.Series(expected, index=rows.index))
        assert told_of.tolist() == pytest.approx(expected, abs=1e-3)
        assert rows["gaps_closed"].tolist() == [then - now for now, then in itertools.pairwise(closed)]


@given(TOWN, st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_the_rows_changes_nothing(town: Town, random: object) -> None:
    def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.iloc[random.sample(range(len(frame)), len(frame))].reset_index(drop=True)

    walls, apart, today = town.known()
    gaps = town.gaps(today)
    mixed = find_walls(shuffled(town.links), shuffled(town.members))
    pd.testing.assert_frame_equal(mixed, walls)
    pairs = find_pairs(shuffled(walls), shuffled(town.members))
    assert set(pairs.itertuples(index=False)) == set(find_pairs(walls, town.members).itertuples(index=False))
    pd.testing.assert_frame_equal(open_walls(shuffled(today), shuffled(walls), shuffled(apart), **PACE),
                                  open_walls(today, walls, apart, **PACE))
    pd.testing.assert_frame_equal(rank_openings(shuffled(walls), shuffled(apart), shuffled(gaps), **PACE),
                                  rank_openings(walls, apart, gaps, **PACE))
