"""Paths that make one piece of an area."""

import geopandas as gpd
import numpy as np
import shapely
from drawn import CRS
from shapely.geometry import LineString, box

from geoplan.paths import clear, find_paths


def inner(*links: tuple[int, int, LineString]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"a": [a for a, _, _ in links], "b": [b for _, b, _ in links],
                             "area_id": ["A001"] * len(links)}, geometry=[line for _, _, line in links], crs=CRS)


def fence(*grounds: tuple[str | None, object]) -> gpd.GeoDataFrame:
    owners, shapes = [owner for owner, _ in grounds], [shape for _, shape in grounds]
    return gpd.GeoDataFrame({"area_id": owners}, geometry=shapes, crs=CRS)


def test_ground_of_others_is_cleared_and_own_ground_is_kept() -> None:
    square = gpd.GeoDataFrame({"area_id": ["A001"]}, geometry=[box(0, 0, 10, 10)])
    (left,) = clear(square["area_id"], square.geometry.to_numpy(),
                    fence(("A001", box(0, 0, 5, 5)), ("A002", box(5, 5, 10, 10)), (None, box(0, 5, 5, 10))))
    assert left.area == 100 - 25 - 25


def test_a_path_of_four_metres_joins_two_lots() -> None:
    lots = np.array([box(0, 0, 50, 50), box(80, 0, 130, 50)])
    paths = find_paths(lots, np.array(["A001", "A001"], dtype=object),
                       inner((0, 1, LineString([(50, 25), (80, 25)]))), fence(("A001", lots[0]), ("A001", lots[1])))
    assert paths["area_id"].tolist() == ["A001"]
    assert shapely.union_all([*lots, *paths.geometry]).geom_type == "Polygon"
    assert paths.geometry[0].intersection(box(50, -50, 80, 100)).area >= 2 * 30


def test_lots_that_share_a_border_need_no_path() -> None:
    lots = np.array([box(0, 0, 50, 50), box(50, 0, 130, 50)])
    paths = find_paths(lots, np.array(["A001", "A001"], dtype=object),
                       inner((0, 1, LineString([(49.9, 25), (50.1, 25)]))), fence())
    assert len(paths) == 0


def test_a_path_goes_around_what_stands_across_it() -> None:
    lots = np.array([box(0, 0, 50, 50), box(80, 0, 130, 50)])
    wall = box(60, -10, 65, 60)
    paths = find_paths(lots, np.array(["A001", "A001"], dtype=object),
                       inner((0, 1, LineString([(50, 25), (80, 25)]))), fence(("A002", wall)))
    whole = shapely.union_all([*lots, *paths.geometry])
    assert whole.geom_type == "Polygon"
    assert whole.intersection(wall).area == 0
