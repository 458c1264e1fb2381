"""Links between estates of small drawn towns, and the pair counts of real cities."""

import json
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from drawn import CRS, barriers, hard, layer, moved, streets
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon, box

from geoplan.links import find_candidates, judge_links
from geoplan.network import find_hard_barriers

NO_STREETS = streets()
NO_BARRIERS = hard()


def town(*shapes: Polygon, **given: Sequence[object]) -> gpd.GeoDataFrame:
    """Return estates E1, E2 … of 100 households each in subdistrict 东街."""
    ids = [f"E{number}" for number in range(1, len(shapes) + 1)]
    usual = {"estate_id": ids, "name": ids, "households": [100] * len(ids), "subdistrict": ["东街"] * len(ids)}
    return layer("estates", shapes, **{**usual, **given})


def pairs(table: pd.DataFrame) -> list[str]:
    return [f"{a}-{b}" for a, b in zip(table["estate_a"], table["estate_b"], strict=True)]


def crossings(**distances: float | None) -> pd.DataFrame:
    return pd.DataFrame({"estate_a": [pair[:2] for pair in distances], "estate_b": [pair[2:] for pair in distances],
                         "distance_m": pd.array(list(distances.values()), dtype="Float64").astype("float64")})


def judged(estates: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame, walks: pd.DataFrame | None = None,
           **options: object) -> gpd.GeoDataFrame:
    usual = {"same_subdistrict": True, "grouped_ids": list(estates["estate_id"])}
    return judge_links(candidates, crossings() if walks is None else walks, estates, **{**usual, **options})


TWO_APART = town(box(0, 0, 100, 100), box(130, 0, 230, 100))  # a gap of 30 m, centres 130 m apart


def test_estates_within_the_gap_are_candidates() -> None:
    found = find_candidates(TWO_APART, NO_BARRIERS, NO_STREETS, max_gap_m=30)
    assert pairs(found) == ["E1-E2"]
    assert found["gap_m"].tolist() == [30]
    assert found["length_m"].tolist() == [130]
    assert found["kind"].tolist() == ["apart"]
    assert found["barrier"].isna().all()


def test_estates_beyond_the_gap_are_no_candidates() -> None:
    assert len(find_candidates(TWO_APART, NO_BARRIERS, NO_STREETS, max_gap_m=29.99)) == 0


def test_a_third_estate_in_between_hides_the_pair() -> None:
    row = town(box(0, 0, 100, 100), box(110, 0, 120, 100), box(130, 0, 230, 100))
    assert pairs(find_candidates(row, NO_BARRIERS, NO_STREETS, max_gap_m=60)) == ["E1-E2", "E2-E3"]


def test_a_third_estate_that_reaches_in_by_less_than_a_centimetre_hides_nothing() -> None:
    left, right = box(0, 0, 100, 1), box(130, 0, 230, 1)
    for depth, count in ((0.005, 3), (0.5, 2)):
        between = box(110, -1, 110 + depth, 2)
        assert len(find_candidates(town(left, between, right), NO_BARRIERS, NO_STREETS, max_gap_m=60)) == count


def test_a_street_between_two_estates_does_not_part_them() -> None:
    street = streets([(115, -50), (115, 150)])
    found = judged(TWO_APART, find_candidates(TWO_APART, NO_BARRIERS, street, max_gap_m=60))
    assert found["kind"].tolist() == ["across_street"]
    assert found["reason"].tolist() == ["usable"]


@pytest.mark.parametrize("other", [box(100, 0, 200, 100), box(90, 0, 200, 100), box(100, 100, 200, 200)])
def test_outlines_that_touch_or_overlap_are_linked_by_a_valid_segment_at_their_contact(other: Polygon) -> None:
    first = box(0, 0, 100, 100)
    found = find_candidates(town(first, other), NO_BARRIERS, NO_STREETS, max_gap_m=60)
    assert found["kind"].tolist() == ["touching"]
    assert found["gap_m"].tolist() == [0]
    assert found.geometry.is_valid.all()
    assert found.geometry[0].distance(first.intersection(other)) < 1e-6


def test_water_between_two_estates_is_named() -> None:
    river = barriers(box(110, -50, 120, 150), names=["浣溪河"])
    assert find_candidates(TWO_APART, river, NO_STREETS, max_gap_m=60)["barrier"].tolist() == ["浣溪河"]


def test_a_railway_line_between_two_estates_is_named() -> None:
    railway = barriers(LineString([(110, -50), (110, 150)]), names=["老铁路"])
    assert find_candidates(TWO_APART, railway, NO_STREETS, max_gap_m=60)["barrier"].tolist() == ["老铁路"]


def test_of_two_barriers_the_first_by_name_is_named() -> None:
    both = barriers(box(104, -50, 106, 150), box(120, -50, 124, 150), names=["b", "a"])
    assert find_candidates(TWO_APART, both, NO_STREETS, max_gap_m=60)["barrier"].tolist() == ["a"]


def test_water_less_than_a_centimetre_wide_is_no_barrier() -> None:
    brook = barriers(box(110, -50, 110.005, 150), names=["沟"])
    assert find_candidates(TWO_APART, brook, NO_STREETS, max_gap_m=60)["barrier"].isna().all()


def test_a_railway_along_the_whole_shared_border_parts_two_touching_estates() -> None:
    touching = town(box(0, 0, 100, 100), box(100, 0, 200, 100))
    railway = hard(LineString([(100, -50), (100, 150)]))
    half = hard(LineString([(100, 50), (100, 150)]))
    assert find_candidates(touching, railway, NO_STREETS, max_gap_m=60)["barrier"].tolist() == ["barrier 0"]
    assert find_candidates(touching, half, NO_STREETS, max_gap_m=60)["barrier"].isna().all()


def test_water_is_crossed_only_where_the_network_crosses() -> None:
    river = hard(box(110, -50, 120, 150))
    candidates = find_candidates(TWO_APART, river, NO_STREETS, max_gap_m=60)
    assert judged(TWO_APART, candidates)["reason"].tolist() == ["barrier"]
    assert judged(TWO_APART, candidates, crossings(E1E2=None))["usable"].tolist() == [False]
    bridged = judged(TWO_APART, candidates, crossings(E1E2=120.0))
    assert bridged["reason"].tolist() == ["crossing"]
    assert bridged["usable"].tolist() == [True]


@pytest.mark.parametrize(("subdistricts", "reason"), [
    (["东街", "东街"], "usable"), (["东街", "西街"], "subdistrict"), (["东街", None], "subdistrict_unknown"),
    ([None, None], "subdistrict_unknown"),
])
def test_a_link_stays_inside_a_subdistrict_where_that_is_asked(subdistricts: list[str | None], reason: str) -> None:
    estates = TWO_APART.assign(subdistrict=pd.Series(subdistricts, dtype="str"))
    candidates = find_candidates(estates, NO_BARRIERS, NO_STREETS, max_gap_m=60)
    assert judged(estates, candidates)["reason"].tolist() == [reason]
    assert judged(estates, candidates, same_subdistrict=False)["reason"].tolist() == ["usable"]


def test_an_estate_that_is_not_grouped_has_no_usable_link() -> None:
    candidates = find_candidates(TWO_APART, NO_BARRIERS, NO_STREETS, max_gap_m=60)
    assert judged(TWO_APART, candidates, grouped_ids=["E1"])["reason"].tolist() == ["not_grouped"]
    unknown = TWO_APART.assign(households=pd.array([100, None], dtype="Int64"))
    assert judged(unknown, candidates)["reason"].tolist() == ["not_grouped"]


def test_a_link_does_not_cross_from_one_planning_unit_into_another() -> None:
    candidates = find_candidates(TWO_APART, NO_BARRIERS, NO_STREETS, max_gap_m=60)
    units = layer("planning_units", [box(-10, -10, 115, 110), box(115, -10, 240, 110)])
    half = units.iloc[:1]
    assert judged(TWO_APART, candidates, planning_units=units)["reason"].tolist() == ["planning_unit"]
    assert judged(TWO_APART, candidates, planning_units=half)["reason"].tolist() == ["usable"]


def test_a_barrier_is_told_before_a_subdistrict_line() -> None:
    estates = TWO_APART.assign(subdistrict=pd.Series(["东街", "西街"], dtype="str"))
    candidates = find_candidates(estates, hard(box(110, -50, 120, 150)), NO_STREETS, max_gap_m=60)
    assert judged(estates, candidates)["reason"].tolist() == ["barrier"]
    assert judged(estates, candidates, crossings(E1E2=99.0))["reason"].tolist() == ["subdistrict"]


def test_a_hundred_estates_divided_by_streets_are_one_component() -> None:
    blocks = town(*(box(x * 62, y * 62, x * 62 + 50, y * 62 + 50) for x in range(10) for y in range(10)))
    candidates = find_candidates(blocks, NO_BARRIERS, NO_STREETS, max_gap_m=15)
    assert len(candidates) == 2 * 9 * 10  # 12 m across each street; the diagonals are 17 m
    assert groups_of(judged(blocks, candidates), blocks) == [100]


def with_heritage(estates: gpd.GeoDataFrame, *shapes: object, **given: Sequence[object]) -> gpd.GeoDataFrame:
    places = layer("heritage", shapes, **{"name": [f"古迹{number}" for number in range(len(shapes))], **given})
    return judged(estates, find_candidates(estates, NO_BARRIERS, NO_STREETS, max_gap_m=60, heritage=places))


def test_a_protected_place_between_two_estates_is_no_wall_to_open() -> None:
    found = with_heritage(TWO_APART, box(105, -50, 125, 150), name=["文庙"])
    assert found[["usable", "reason", "barrier"]].to_numpy().tolist() == [[False, "heritage", "文庙"]]
    nameless = with_heritage(TWO_APART, box(105, -50, 125, 150), name=[None], kind=["历史建筑"])
    assert nameless["barrier"].tolist() == ["历史建筑"]


def test_a_city_wall_drawn_as_a_line_is_no_wall_to_open_either() -> None:
    assert with_heritage(TWO_APART, LineString([(115, -9), (115, 150)]))["reason"].tolist() == ["heritage"]
    touching = town(box(0, 0, 100, 100), box(100, 0, 200, 100))
    assert with_heritage(touching, LineString([(100, -9), (100, 150)]))["reason"].tolist() == ["heritage"]
    assert with_heritage(touching, LineString([(100, 50), (100, 150)]))["reason"].tolist() == ["usable"]


def test_a_protected_place_beside_the_segment_parts_nobody() -> None:
    assert with_heritage(TWO_APART, box(105, 101, 125, 150))["reason"].tolist() == ["usable"]


def test_estates_inside_a_historic_quarter_keep_their_links() -> None:
    # Both stand in the quarter; then E1 alone does, by its centre at (50, 50); then neither does, and it lies between.
    for left, right, reason in ((-10, 240, "usable"), (40, 125, "usable"), (60, 125, "heritage")):
        found = with_heritage(TWO_APART, box(left, -10, right, 110))
        assert found["reason"].tolist() == [reason]
        assert found["barrier"].isna().tolist() == [reason == "usable"]


def test_a_barrier_is_told_before_heritage_and_heritage_before_a_subdistrict_line() -> None:
    estates = TWO_APART.assign(subdistrict=pd.Series(["东街", "西街"], dtype="str"))
    temple = layer("heritage", [box(105, -50, 110, 150)], name=["文庙"])
    river = barriers(box(110, -50, 120, 150), names=["浣溪河"])
    both = find_candidates(estates, river, NO_STREETS, max_gap_m=60, heritage=temple)
    assert judged(estates, both)[["reason", "barrier"]].to_numpy().tolist() == [["barrier", "浣溪河"]]
    bridged = judged(estates, both, crossings(E1E2=99.0))
    assert bridged[["reason", "barrier"]].to_numpy().tolist() == [["heritage", "文庙"]]


def test_barriers_of_several_named_layers_are_called_by_their_own_names() -> None:
    row = town(box(0, 0, 100, 100), box(130, 0, 230, 100), box(260, 0, 360, 100))
    water, rail = barriers(box(110, -50, 120, 150)), barriers(LineString([(245, -9), (245, 150)]), of_layer="rail")
    walls = find_hard_barriers(NO_STREETS, pd.concat([water, rail], ignore_index=True))
    found = find_candidates(row, walls, NO_STREETS, max_gap_m=60)
    assert dict(zip(pairs(found), found["barrier"], strict=True)) == {"E1-E2": "water", "E2-E3": "rail"}


def test_a_town_of_one_estate_has_no_links() -> None:
    alone = town(box(0, 0, 10, 10))
    found = judged(alone, find_candidates(alone, NO_BARRIERS, NO_STREETS, max_gap_m=60))
    assert len(found) == 0


@st.composite
def scattered(draw: st.DrawFn) -> gpd.GeoDataFrame:
    cells = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=9, unique=True))
    shapes = []
    for x, y in cells:
        left, low = x * 70 + draw(st.integers(0, 19)), y * 70 + draw(st.integers(0, 19))
        shapes.append(box(left, low, left + draw(st.integers(20, 50)), low + draw(st.integers(20, 50))))
    return town(*shapes)


@settings(max_examples=40)
@given(scattered(), st.randoms(use_true_random=False), st.floats(0, 6.28), st.integers(-9000, 9000))
def test_links_do_not_depend_on_row_order_place_or_direction(
    estates: gpd.GeoDataFrame, chance: object, angle: float, shift: int,
) -> None:
    river = hard(box(150.5, -100, 163.25, 500))
    here = find_candidates(estates, river, NO_STREETS, max_gap_m=40.1234)
    order = list(range(len(estates)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    shuffled = find_candidates(estates.iloc[order], river, NO_STREETS, max_gap_m=40.1234)
    assert shuffled.equals(here)
    there = find_candidates(moved(estates, angle, shift, -shift), moved(river, angle, shift, -shift), NO_STREETS,
                            max_gap_m=40.1234)
    assert pairs(there) == pairs(here)
    assert np.allclose(there["gap_m"], here["gap_m"], atol=1e-6)
    assert np.allclose(there["length_m"], here["length_m"], atol=1e-6)


def test_the_candidates_are_left_as_they_were() -> None:
    candidates = find_candidates(TWO_APART, NO_BARRIERS, NO_STREETS, max_gap_m=60)
    before = candidates.copy()
    judged(TWO_APART, candidates)
    assert candidates.equals(before)


def hangzhou(shared: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    estates = gpd.read_file(shared / "kits/hangzhou/estates.gpkg").to_crs(CRS)
    estates = estates.rename(columns={"osm_id": "estate_id", "户数": "households", "街道": "subdistrict"})
    water = gpd.read_file(shared / "kits/hangzhou/water.gpkg").to_crs(CRS)[["name", "geometry"]]
    return estates, water.fillna({"name": "water"})


def groups_of(links: gpd.GeoDataFrame, estates: gpd.GeoDataFrame) -> list[int]:
    """Return the sizes of what hangs together by usable links, the largest first."""
    graph = nx.Graph()
    graph.add_nodes_from(estates["estate_id"])
    usable = links[links["usable"]]
    graph.add_edges_from(zip(usable["estate_a"], usable["estate_b"], strict=True))
    return sorted(map(len, nx.connected_components(graph)), reverse=True)


@pytest.mark.parametrize("gap", [30, 60, 100])
def test_the_pairs_of_hangzhou_are_those_of_the_kit(shared: Path, gap: int) -> None:
    told = json.loads((shared / "kits/hangzhou/expected.json").read_text(encoding="utf-8"))["pairs"][f"gap_{gap}_m"]
    estates, water = hangzhou(shared)
    candidates = find_candidates(estates, water, NO_STREETS, max_gap_m=gap)
    links = judged(estates, candidates, same_subdistrict=False)
    assert int(links["usable"].sum()) == told["pairs_without_water_and_third_estate"]
    groups = told["groups_without_water_and_third_estate"]
    sizes = groups_of(links, estates)
    assert (len(sizes), sizes.count(1), sizes[:10]) == (groups["components"], groups["singletons"], groups["largest"])


@pytest.mark.parametrize("gap", [30, 60, 100])
def test_the_pairs_of_wuxi_are_those_of_the_kit(shared: Path, gap: int) -> None:
    folder = shared / "kits/wuxi_xinwu"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    told = expected["pairs_of_the_690_real_parcels"][f"gap_{gap}_m"]
    rows = gpd.read_file(folder / "estates.shp", encoding="gbk").iloc[:690]
    rows["geometry"] = [unspoilt(shape) for shape in rows.geometry]
    estates = town(*rows.geometry, estate_id=[f"{row:03d}" for row in range(690)])
    water = gpd.read_file(folder / "water.geojson").to_crs(CRS)[["geometry"]].assign(name="water")
    links = judged(estates, find_candidates(estates, water, NO_STREETS, max_gap_m=gap), same_subdistrict=False)
    assert int(links["usable"].sum()) == told["pairs_without_water_and_third_estate"]
    groups = told["groups_without_water_and_third_estate"]
    sizes = groups_of(links, estates)
    assert (len(sizes), sizes.count(1), sizes[:10]) == (groups["components"], groups["singletons"], groups["largest"])


def unspoilt(shape: Polygon) -> Polygon:
    """Undo the faults that the kit planted: exchanged axes, an hourglass of four corners, a small loop."""
    if shape.centroid.x > 3_000_000:
        shape = shapely.transform(shape, lambda corners: corners[:, ::-1])
    if shape.is_valid:
        return shape
    corners = shape.exterior.coords[:-1]
    parts = shapely.get_parts(shapely.make_valid(shape))
    return shape.convex_hull if len(corners) == 4 else max(parts, key=shapely.area)


def test_no_segment_runs_through_a_third_estate_of_hangzhou(shared: Path) -> None:
    estates, water = hangzhou(shared)
    links = find_candidates(estates, water, NO_STREETS, max_gap_m=60)
    apart = links[links["gap_m"] > 0.01]
    at, third = shapely.STRtree(estates.geometry.to_numpy()).query(apart.geometry.to_numpy(), predicate="intersects")
    ids = estates["estate_id"].to_numpy()
    is_third = (ids[third] != apart["estate_a"].to_numpy()[at]) & (ids[third] != apart["estate_b"].to_numpy()[at])
    inside = shapely.intersection(apart.geometry.to_numpy()[at[is_third]], estates.geometry.to_numpy()[third[is_third]])
    assert shapely.length(inside).max() <= 0.01
