"""Outlines of areas in drawn towns, and of all areas of real cities."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from drawn import CRS, hard, layer, streets
from hypothesis import given, settings
from hypothesis import strategies as st
from linked import Asked
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from geoplan.areas import group_estates, rate_grouping
from geoplan.errors import Finding
from geoplan.links import find_candidates, judge_links
from geoplan.outlines import draw_areas

NO_CROSSINGS = pd.DataFrame({"estate_a": [], "estate_b": [], "distance_m": []}, dtype="str")


def town(shapes: Mapping[str, Polygon], **given: Sequence[object]) -> gpd.GeoDataFrame:
    usual = {"estate_id": list(shapes), "name": list(shapes), "households": [100] * len(shapes),
             "residents": [250] * len(shapes), "floor_area_m2": [5000.0] * len(shapes)}
    return layer("estates", list(shapes.values()), **{**usual, **given})


def linked(estates: gpd.GeoDataFrame, max_gap_m: float = 60, walls: gpd.GeoDataFrame | None = None,
           crossings: pd.DataFrame = NO_CROSSINGS) -> gpd.GeoDataFrame:
    candidates = find_candidates(estates, hard() if walls is None else walls, streets(), max_gap_m=max_gap_m)
    return judge_links(candidates, crossings, estates, same_subdistrict=False, grouped_ids=list(estates["estate_id"]))


def members(*areas: str) -> pd.DataFrame:
    """Return members of areas A001, A002 …, each given as its ids with blanks between, the first being the hub."""
    rows = [(one, "C001", f"A{number:03d}", area.split()[0], 50.0 if one != area.split()[0] else 0.0, None)
            for number, area in enumerate(areas, 1) for one in area.split()]
    columns = ["estate_id", "component_id", "area_id", "hub_estate_id", "distance_m", "left_out"]
    return pd.DataFrame(rows, columns=columns)


def drawn(estates: gpd.GeoDataFrame, belong: pd.DataFrame, **options: object) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    return draw_areas(estates, linked(estates, **options), belong, area_overhead=500_000)


ROW = {"a": box(0, 0, 80, 80), "b": box(92, 0, 172, 80), "c": box(184, 0, 264, 80)}  # streets of 12 m between


def test_an_outline_covers_its_members_and_the_street_between_them() -> None:
    areas, findings = drawn(town(ROW), members("a b c"))
    assert findings == []
    assert areas.geometry[0].equals(box(0, 0, 264, 80))


def test_an_outline_hugs_its_members() -> None:
    corner = {"a": box(0, 0, 80, 80), "b": box(92, 0, 172, 80), "c": box(92, 92, 172, 172)}
    outline = drawn(town(corner), members("a b c"))[0].geometry[0]
    # Three squares and two streets: 3 x 80 x 80 + 2 x 12 x 80. The hull would hold 4,624 m2 or more besides.
    assert outline.area == pytest.approx(3 * 6400 + 2 * 960, abs=200)


def test_neighbouring_areas_share_no_ground() -> None:
    areas, _ = drawn(town(ROW), members("a", "b c"))
    assert areas.geometry[0].equals(ROW["a"])
    assert areas.geometry[1].equals(box(92, 0, 264, 80))


def test_a_strip_leaves_out_an_estate_that_reaches_into_the_street() -> None:
    shapes = {"a": box(0, 0, 200, 80), "b": box(0, 100, 200, 180), "x": box(90, 82, 110, 98)}
    areas, _ = drawn(town(shapes), members("a b"))
    outline = areas.geometry[0]
    assert outline.geom_type == "Polygon"
    assert outline.intersection(shapes["x"]).area == 0
    assert outline.area > 2 * 200 * 80 + 150 * 20


def test_overlapping_outlines_go_to_the_smaller_estate() -> None:
    shapes = {"a": box(0, 0, 200, 100), "b": box(180, 0, 240, 40)}
    areas, _ = drawn(town(shapes), members("a", "b"))
    assert areas.geometry[1].equals(shapes["b"])
    assert areas.geometry[0].area == 200 * 100 - 20 * 40


def test_estates_that_meet_at_a_corner_are_one_polygon() -> None:
    areas, findings = drawn(town({"a": box(0, 0, 80, 80), "b": box(80, 80, 160, 160)}), members("a b"))
    assert findings == []
    assert areas.geometry[0].geom_type == "Polygon"


def test_the_parts_of_one_estate_are_joined() -> None:
    shapes = {"a": MultiPolygon([box(0, 0, 80, 80), box(92, 0, 172, 80)])}
    areas, findings = drawn(town(shapes), members("a"))
    assert findings == []
    assert areas.geometry[0].geom_type == "Polygon"
    assert areas.geometry[0].covers(shapes["a"])


def test_only_a_path_crosses_the_water() -> None:
    shapes = {"a": box(0, 0, 200, 80), "b": box(0, 110, 200, 190)}
    river = hard(box(-50, 90, 250, 100))
    bridge = pd.DataFrame({"estate_a": ["a"], "estate_b": ["b"], "distance_m": [90.0]})
    outline = drawn(town(shapes), members("a b"), walls=river, crossings=bridge)[0].geometry[0]
    assert outline.geom_type == "Polygon"
    assert outline.intersection(river.geometry[0]).area == pytest.approx(4 * 10, abs=0.1)  # 4 m wide, 10 m of water


def test_two_areas_that_cross_at_a_corner_are_both_whole() -> None:
    # Four blocks around a crossing; each area holds two that lie across it from each other.
    shapes = {"a": box(0, 0, 80, 80), "b": box(92, 92, 172, 172), "c": box(92, 0, 172, 80), "d": box(0, 92, 80, 172)}
    areas, findings = drawn(town(shapes), members("a b", "c d"))
    assert findings == []
    assert (areas.geom_type == "Polygon").all()
    assert areas.geometry[0].intersection(areas.geometry[1]).area == 0
    for area, ids in zip(areas.geometry, ("ab", "cd"), strict=True):
        assert all(area.buffer(1e-3).covers(shapes[one]) for one in ids)


def test_a_member_inside_anothers_ground_is_joined_by_a_lane() -> None:
    shapes = {"a": box(0, 0, 20, 20), "b": box(60, 0, 80, 20), "x": box(-50, -50, 150, 70)}
    estates = town(shapes)
    links = linked(estates)
    pair = links.iloc[[0]].assign(estate_a="a", estate_b="b", geometry=[LineString([(20, 10), (60, 10)])])
    areas, findings = draw_areas(estates, pd.concat([links, pair], ignore_index=True), members("a b", "x"),
                                 area_overhead=500_000)
    assert findings == []
    assert areas.geom_type.tolist() == ["Polygon", "Polygon"]
    assert areas.geometry[0].intersection(areas.geometry[1]).area < 1e-6


def test_what_cannot_be_joined_is_told() -> None:
    shapes = {"a": box(0, 0, 20, 20), "b": box(60, 0, 80, 20), "x": box(30, -400, 50, 420)}
    estates = town(shapes)
    pair = linked(estates).iloc[[0]].assign(estate_a="a", estate_b="b", geometry=[LineString([(20, 10), (60, 10)])])
    areas, findings = draw_areas(estates, pair, members("a b", "x"), area_overhead=500_000)
    assert [finding.code for finding in findings] == ["outlines.torn"]
    assert findings[0].values == {"name": "a片区"}
    assert areas.geom_type.tolist() == ["MultiPolygon", "Polygon"]


def test_sums_are_those_of_the_members() -> None:
    estates = town(ROW, households=[100, 200, 300], residents=[250, 500, None], floor_area_m2=[1000.0, 2000.0, 3000.0],
                   subdistrict=["东街", "东街", "西街"])
    areas, _ = drawn(estates, members("b a c"))
    (area,) = areas.to_dict("records")
    assert (area["area_id"], area["component_id"], area["hub_estate_id"]) == ("A001", "C001", "b")
    assert (area["estates"], area["households"], area["floor_area_m2"]) == (3, 600, 6000)
    assert pd.isna(area["residents"])  # unknown for c, so unknown for all
    assert area["radius_m"] == 50
    assert area["cost"] == 500_000 + 100 * 50 + 300 * 50


def test_no_areas_are_a_table_without_rows() -> None:
    areas, findings = drawn(town(ROW), members())
    assert len(areas) == 0
    assert findings == []


@st.composite
def crowded(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """Return blocks along streets of varying width, some reaching into their neighbours."""
    cells = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12, unique=True))
    shapes = {}
    for number, (x, y) in enumerate(cells):
        left, low = x * 60 + draw(st.integers(-5, 10)), y * 60 + draw(st.integers(-5, 10))
        shapes[f"E{number:02d}"] = box(left, low, left + draw(st.integers(30, 60)), low + draw(st.integers(30, 60)))
    return town(shapes, households=[draw(st.integers(50, 900)) for _ in shapes])


@settings(max_examples=40)
@given(crowded())
def test_outlines_are_whole_and_apart_and_cover_their_members(estates: gpd.GeoDataFrame) -> None:
    links = linked(estates, max_gap_m=40)
    belong, _ = group_estates(estates, links, grouped_ids=list(estates["estate_id"]), rules=Asked(), method="greedy")
    areas, findings = draw_areas(estates, links, belong, area_overhead=500_000)
    check_outlines(areas, estates, belong, findings)


def check_outlines(
    areas: gpd.GeoDataFrame, estates: gpd.GeoDataFrame, belong: pd.DataFrame, findings: list[Finding],
) -> None:
    shapes = areas.geometry.to_numpy()
    assert areas.is_valid.all()
    assert int((areas.geom_type != "Polygon").sum()) == len(findings)
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    is_pair = one < two
    assert shapely.area(shapely.intersection(shapes[one[is_pair]], shapes[two[is_pair]])).sum() < 1e-6
    placed = estates.merge(belong.dropna(subset=["area_id"])[["estate_id", "area_id"]], on="estate_id")
    outline = areas.set_index("area_id").geometry.loc[placed["area_id"]].to_numpy()
    bare = shapely.difference(placed.geometry.to_numpy(), shapely.buffer(outline, 0.002))
    shared = shapely.union_all(shapely.intersection(shapes[one[is_pair]], shapes[two[is_pair]]))
    taken = [estates.geometry[estates["estate_id"].isin(placed.loc[placed["area_id"] != area, "estate_id"])].union_all()
             for area in placed["area_id"]] if len(placed) < 50 else [None] * len(placed)
    for rest, others in zip(bare, taken, strict=True):
        if others is not None:
            assert shapely.difference(rest, shapely.buffer(others, 3.0)).area < 0.1
    assert shared.area < 1e-6


def hangzhou(shared: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    estates = gpd.read_file(shared / "kits/hangzhou/estates.gpkg").to_crs(CRS)
    estates = estates.rename(columns={"osm_id": "estate_id", "户数": "households", "街道": "subdistrict"})
    estates["name"] = estates["name"].fillna(estates["estate_id"])
    water = gpd.read_file(shared / "kits/hangzhou/water.gpkg").to_crs(CRS)[["name", "geometry"]]
    return estates.assign(community=None, residents=None, floor_area_m2=np.nan), water.fillna({"name": "water"})


@pytest.mark.parametrize(("method", "gap"), [("greedy", None), ("optimal", 0.001)])
def test_all_of_hangzhou_from_estates_to_outlines(shared: Path, method: str, gap: float | None) -> None:
    estates, water = hangzhou(shared)
    links = linked(estates, walls=water)
    belong, bounds = group_estates(
        estates, links, grouped_ids=list(estates["estate_id"]), rules=Asked(), method=method)
    grouping = rate_grouping(belong, bounds, estates, area_overhead=500_000)
    assert len(belong) == 2112
    assert len(grouping) == 784  # components without water at 60 m, as the kit counts them
    if gap is not None:
        assert 1 - grouping["lower_bound"].sum() / grouping["objective"].sum() <= gap
    areas, findings = draw_areas(estates, links, belong, area_overhead=500_000)
    check_outlines(areas, estates, belong, findings)
    assert not areas["name"].duplicated().any()
    walks = areas["cost"].sum() + 10_000 * estates.set_index("estate_id").loc[
        belong.loc[belong["area_id"].isna(), "estate_id"], "households"].sum()
    assert walks == pytest.approx(grouping["objective"].sum())
    over_water = links[links["barrier"].notna()]
    assert not over_water["usable"].any()
