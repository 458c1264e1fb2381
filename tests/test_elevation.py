"""Uphill and downhill: hand-worked hills, the raster reader and what it refuses."""

import itertools
import math
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from brought import project as write_plan
from brought import town as plain_town
from brought import write
from drawn import CRS, SPEEDS, estates, facilities, grid, streets
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point
from walked import Walked, walk

from geoplan.elevation import climb, list_spots, slowness, walk_slopes
from geoplan.errors import say
from geoplan.heights import check_heights, heights_inputs, read_heights
from geoplan.policy import load_catalogue
from geoplan.prepared import elderly_types
from geoplan.project import Project, load_project

KIND, OTHER = "PHARMACY", "ELD_DAYCARE"
ELDERLY = elderly_types(load_catalogue())
UP, DOWN = math.exp(3.5 * 0.1), math.exp(3.5 * -0.0)  # slope +0.1: |0.15| - 0.05; slope -0.1: |-0.05| - 0.05


def climbed(town: Walked, height: object) -> pd.DataFrame:
    spots = list_spots(town.edges)
    heights = np.array([height(point.x, point.y) for point in spots.geometry], dtype=float)
    return climb(town.edges, spots, heights)


def minutes(town: Walked, height: object) -> pd.DataFrame:
    return walk_slopes(town.walks, town.facilities, town.access, town.snaps, town.edges, climbed(town, height),
                       speeds=SPEEDS, elderly_types=ELDERLY)


def one(town: Walked, height: object, kind: str = KIND) -> float:
    table = minutes(town, height)
    return table.loc[table["facility_type"] == kind, "minutes"].item()


# ---- Tobler

def test_flat_ground_gives_the_stated_speed_and_a_gentle_way_down_is_the_fastest() -> None:
    assert slowness(np.array([0.0])).item() == 1.0
    assert slowness(np.array([-0.05])).item() == pytest.approx(math.exp(-0.175))
    # Tobler: 6 exp(-0.175) = 5.037 km/h on the flat, 6 km/h at -5 %, 6 exp(-0.525) = 3.549 km/h at +10 %.
    kmh = 6 * math.exp(-0.175) / slowness(np.array([0.0, -0.05, 0.1]))
    assert kmh.round(3).tolist() == [5.037, 6.0, 3.549]
    assert slowness(np.linspace(-0.6, 0.6, 121)).argmin() == 55  # -0.05


# ---- hills, by hand

HILL = estates(E1=(100, 30, 40))
STREET = [(0, 0), (1000, 0)]


def test_uphill_takes_longer_and_downhill_as_long_as_it_takes() -> None:
    # Home at x = 100, shop at x = 500: 400 m along a slope of 10 %; legs of 30 m and 10 m are flat.
    town = walk(streets(STREET), HILL, facilities(F1=(KIND, 500, 10)))
    assert one(town, lambda x, _: 0.1 * x) == pytest.approx((40 + 400 * UP) / 66)
    assert one(town, lambda x, _: -0.1 * x) == pytest.approx((40 + 400 * DOWN) / 66)
    assert one(town, lambda *_: 7.0) == pytest.approx(440 / 66)


def test_elderly_people_keep_their_own_speed_on_the_same_slope() -> None:
    town = walk(streets(STREET), HILL, facilities(F1=(OTHER, 500, 10)))
    assert one(town, lambda x, _: 0.1 * x, OTHER) == pytest.approx((40 + 400 * UP) / 48)


def test_slopes_are_followed_over_corners_each_way() -> None:
    # 900 m of street from x = 100: to the corner at x = 1000 downhill at 5 %, then 200 m north uphill at 10 %.
    town = walk(streets(STREET, [(1000, 0), (1000, 300)]), HILL, facilities(F1=(KIND, 1010, 200)))
    quick, slow = math.exp(-0.175), UP
    assert one(town, lambda x, y: -0.05 * x + 0.1 * y) == pytest.approx((40 + 900 * quick + 200 * slow) / 66)
    # The same streets drawn the other way round.
    turned = walk(streets(STREET[::-1], [(1000, 300), (1000, 0)]), HILL, facilities(F1=(KIND, 1010, 200)))
    assert one(turned, lambda x, y: -0.05 * x + 0.1 * y) == pytest.approx((40 + 900 * quick + 200 * slow) / 66)


def test_metres_decide_though_the_longer_way_round_would_be_quicker() -> None:
    # Straight over the hill 500 m; F2 lies 510 m away on the flat. The nearer one stays the one.
    town = walk(streets([(-1000, 0), (100, 0)], [(100, 0), (1000, 0)]), HILL,
                facilities(F1=(KIND, 600, 10), F2=(KIND, -410, 10)))
    table = minutes(town, lambda x, _: 0.3 * max(0.0, x - 100))
    assert table["facility_id"].tolist() == ["F1"]
    assert table["distance_m"].tolist() == town.walks["distance_m"].tolist() == [540.0]
    assert table["minutes"].item() == pytest.approx((40 + 500 * math.exp(3.5 * 0.3)) / 66)


def test_where_no_height_is_known_the_ground_is_flat() -> None:
    # 300 m and on nothing is known: of the 400 m from x = 100 the 200 m to x = 300 are uphill (pieces of 25 m).
    lines = streets([(0, 0), (300, 0)], [(300, 0), (1000, 0)])
    town = walk(lines, HILL, facilities(F1=(KIND, 500, 10)))
    assert one(town, lambda x, _: 0.1 * x if x <= 300 else math.nan) == pytest.approx((40 + 200 * UP + 200) / 66)


def test_no_street_is_steeper_than_a_stair() -> None:
    town = walk(streets(STREET), HILL, facilities(F1=(KIND, 500, 10)))
    assert one(town, lambda x, _: 9.0 * x) == pytest.approx((40 + 400 * math.exp(3.5 * 0.6)) / 66)


def test_spots_lie_at_most_thirty_metres_apart_with_both_ends() -> None:
    edges = walk(streets([(0, 0), (100, 0)], [(100, 0), (110, 0)]), HILL, facilities()).edges
    spots = list_spots(edges)
    assert spots["at_m"].tolist() == [0, 25, 50, 75, 100, 0, 10]


def test_unreachable_walks_stay_unreachable_and_walks_through_walls_keep_their_minutes() -> None:
    town = walk(streets(STREET, [(0, 900), (400, 900)]), HILL, facilities(F1=(KIND, 500, 10), F2=("TOILET", 100, 910)))
    opened = town.walks.assign(state="opened", distance_m=100.0, minutes=100 / 66)
    both = Walked(**{**vars(town), "walks": pd.concat([town.walks, opened], ignore_index=True)})
    table = minutes(both, lambda x, _: 0.1 * x).set_index(["facility_type", "state"])["minutes"]
    assert math.isnan(table["TOILET", "today"])
    assert table[KIND, "opened"] == 100 / 66
    assert table[KIND, "today"] == pytest.approx((40 + 400 * UP) / 66)


SPOT = st.tuples(st.integers(0, 30).map(lambda x: x * 10 + 0.137), st.integers(0, 30).map(lambda y: y * 10 + 0.291))
STREETS = st.lists(st.sampled_from([*grid(4, 4), [(0, 0), (300, 300)]]), min_size=2, max_size=8)


@settings(max_examples=12)
@given(st.lists(SPOT, min_size=1, max_size=3, unique=True), st.lists(SPOT, min_size=1, max_size=4, unique=True),
       STREETS, st.lists(st.integers(0, 30), min_size=16, max_size=16))
def test_minutes_are_those_of_a_shortest_way_by_networkx(
    homes_at: list, doors_at: list, lines: list, ground: list[int],
) -> None:
    homes = estates(**{f"E{at}": (*spot, 30) for at, spot in enumerate(homes_at)})
    town = walk(streets(*lines), homes, facilities(**{f"F{at}": (KIND, *spot) for at, spot in enumerate(doors_at)}))

    def height(x: float, y: float) -> float:
        return ground[int(x // 100) * 4 % 16 + int(y // 100) % 4] + 0.05 * x

    climbs, table = climbed(town, height), minutes(town, height)
    graph = nx.MultiDiGraph()
    spots = [("E", row) for row in town.access.itertuples()] + [
        ("F", row) for row in town.snaps.dropna(subset="edge").itertuples()]
    for number, edge in enumerate(town.edges.itertuples()):
        on_edge = sorted((row.along_m, at) for at, (_, row) in enumerate(spots) if row.edge == number)
        stops = [(0.0, ("node", edge.from_node)), *((far, ("spot", at)) for far, at in on_edge),
                 (edge.length_m, ("node", edge.to_node))]
        for (start, a), (stop, b) in itertools.pairwise(stops):
            part = (stop - start) / edge.length_m
            graph.add_edge(a, b, m=stop - start, flat=part * climbs.loc[number, "ahead_m"])
            graph.add_edge(b, a, m=stop - start, flat=part * climbs.loc[number, "back_m"])
    for row in table.dropna(subset="distance_m").itertuples():
        possible = []
        for at, (kind, home) in enumerate(spots):
            if kind == "E" and home.estate_id == row.estate_id:
                for to, (other, door) in enumerate(spots):
                    if other == "F":
                        possible += [flat + home.leg_m + door.leg_m for flat in _flats(
                            graph, at, to, row.distance_m - home.leg_m - door.leg_m)]
        assert min(abs(row.minutes - flat / 66) for flat in possible) < 1e-6


def _flats(graph: nx.MultiDiGraph, at: int, to: int, distance_m: float) -> list[float]:
    """Return the flat metres of every way as short as the distance between two spots."""
    a, b = ("spot", at), ("spot", to)
    if a == b:
        return [0.0] if abs(distance_m) < 1e-4 else []
    if not nx.has_path(graph, a, b) or abs(nx.dijkstra_path_length(graph, a, b, weight="m") - distance_m) > 1e-4:
        return []
    return [
        sum(min(graph[u][v].values(), key=lambda link: link["m"])["flat"] for u, v in itertools.pairwise(path))
        for path in itertools.islice(nx.all_shortest_paths(graph, a, b, weight="m"), 50)]


# ---- the raster

EAST, NORTH = 540_000.0, 3_490_000.0


def raster(path: Path, heights: np.ndarray, *, crs: str | None = CRS, nodata: float | None = None) -> None:
    rasterio = pytest.importorskip("rasterio")
    rows, columns = heights.shape
    place = rasterio.Affine(10, 0, EAST, 0, -10, NORTH + 10 * rows)  # cells of 10 m from (EAST, NORTH) on
    with rasterio.open(path, "w", driver="GTiff", width=columns, height=rows, count=1,
                       dtype="float64", crs=crs, transform=place, nodata=nodata) as file:
        file.write(heights, 1)


def plan(folder: Path, path: str = "dem.tif") -> Project:
    write(plain_town(), folder / "estates.gpkg")
    return load_project(write_plan(folder, estates='path = "estates.gpkg"', elevation=f'path = "{path}"'))


def points(*xy: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([Point(EAST + x, NORTH + y) for x, y in xy], crs=CRS)


def test_heights_are_weighted_between_the_middles_of_cells(tmp_path: Path) -> None:
    # A plane z = x / 10 + y / 5, given at the middles of cells: exact everywhere between them.
    rows, columns = np.mgrid[0:4, 0:5]
    raster(tmp_path / "dem.tif", (10 * columns + 5) / 10 + (10 * (3 - rows) + 5) / 5)
    project = plan(tmp_path)
    assert check_heights(project) == []
    heights, findings = read_heights(project, points((5, 5), (17, 21), (44.9, 34.9), (45, 35)))
    assert heights == pytest.approx([1.5, 5.9, 11.47, 11.5], abs=1e-6)
    assert findings == []
    assert list(heights_inputs(project)) == ["dem.tif"]


def test_outside_and_no_data_are_missing_and_counted(tmp_path: Path) -> None:
    heights = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, -9999.0], [1.0, 1.0, 1.0]])
    raster(tmp_path / "dem.tif", heights, nodata=-9999.0)
    found, findings = read_heights(plan(tmp_path), points((15, 15), (22, 15), (25, 25), (500, 5)))
    assert np.isnan(found).tolist() == [False, True, False, True]
    assert findings[0].values == {"count": 2, "all": 4}
    assert "2" in say(findings[0], "zh")


@pytest.mark.parametrize("odd", [-9999.0, 3.4e38, -32768.0, np.inf, np.frombuffer(b"\1\0\0\0\0\0\xf0\x7f")[0]])
def test_heights_that_no_ground_has_are_missing_though_the_raster_does_not_say_so(tmp_path: Path, odd: float) -> None:
    raster(tmp_path / "dem.tif", np.array([[2200.0, 2200.0, 2200.0], [2200.0, 2200.0, odd], [2200.0, 2200.0, 2200.0]]))
    found, findings = read_heights(plan(tmp_path), points((15, 15), (22, 15)))
    assert found[0] == 2200
    assert np.isnan(found[1])
    assert findings[0].values == {"count": 1, "all": 2}


def test_a_raster_in_degrees_is_met_where_the_town_lies(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    west, south = points((0, 0)).to_crs("EPSG:4326").iloc[0].coords[0]
    place = rasterio.Affine(0.0003, 0, west - 0.001, 0, -0.0003, south + 0.002)
    with rasterio.open(tmp_path / "dem.tif", "w", driver="GTiff", width=12, height=12, count=1, dtype="float32",
                       crs="EPSG:4326", transform=place) as file:
        file.write(np.full((12, 12), 7.0, dtype="float32"), 1)
    found, _ = read_heights(plan(tmp_path), points((0, 0), (30, 30)))
    assert found == pytest.approx([7.0, 7.0])


@pytest.mark.parametrize("said", ["http://example.invalid/dem.tif", "/vsicurl/http://example.invalid/dem.tif",
                                  "GTIFF_DIR:1:dem.tif"])
def test_only_local_files_are_opened(tmp_path: Path, said: str) -> None:
    assert [finding.code for finding in check_heights(plan(tmp_path, said))] == ["preflight.not_local"]


def test_a_missing_file_and_a_text_that_calls_itself_a_raster_are_refused(tmp_path: Path) -> None:
    assert [finding.code for finding in check_heights(plan(tmp_path))] == ["preflight.no_file"]
    (tmp_path / "dem.tif").write_text("<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>")
    assert [finding.code for finding in check_heights(plan(tmp_path))] == ["preflight.not_what_it_says"]


def test_a_raster_that_is_cut_off_or_has_no_place_on_earth_is_refused(tmp_path: Path) -> None:
    raster(tmp_path / "dem.tif", np.ones((4, 4)), crs=None)
    assert [finding.code for finding in check_heights(plan(tmp_path))] == ["heights.unreadable"]
    raster(tmp_path / "dem.tif", np.ones((4, 4)))
    (tmp_path / "dem.tif").write_bytes((tmp_path / "dem.tif").read_bytes()[:20])
    assert [finding.code for finding in check_heights(plan(tmp_path))] == ["heights.unreadable"]


@pytest.mark.parametrize("place", [None, (0, 0, EAST, 0, 0, NORTH)])
@pytest.mark.filterwarnings("ignore:.*geotransform")
def test_a_raster_whose_cells_lie_nowhere_is_refused(tmp_path: Path, place: tuple[float, ...] | None) -> None:
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(tmp_path / "dem.tif", "w", driver="GTiff", width=4, height=4, count=1, dtype="float32",
                       crs="EPSG:4549", transform=place and rasterio.Affine(*place)) as file:
        file.write(np.ones((4, 4), dtype="float32"), 1)
    assert [finding.code for finding in check_heights(plan(tmp_path))] == ["heights.unreadable"]


def test_without_the_reader_whoever_asks_for_heights_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dem.tif").write_bytes(b"II*\0")
    monkeypatch.setattr("geoplan.heights.find_spec", lambda _: None)
    findings = check_heights(plan(tmp_path))
    assert [finding.code for finding in findings] == ["heights.no_reader"]
    assert "rasterio" in say(findings[0], "zh")


def test_no_raster_named_is_nothing_to_check(tmp_path: Path) -> None:
    write(plain_town(), tmp_path / "estates.gpkg")
    project = load_project(write_plan(tmp_path, estates='path = "estates.gpkg"'))
    assert check_heights(project) == []
    assert heights_inputs(project) == {}
