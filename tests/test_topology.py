"""Overlaps, gaps, slivers and rings, counted and named; what fits is not reported."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from drawn import layer
from hypothesis import given
from hypothesis import strategies as st
from little_plan import little_plan
from shapely import MultiPolygon, Polygon, box

from geoplan.enclosures import TOPOLOGY_NOTES
from geoplan.errors import Finding, say
from geoplan.schema import columns_of, words_of
from geoplan.shapefiles import write_shapefiles
from geoplan.topology import check_topology

Row = tuple[str, str, str, str, int, float]


def checked(
    estates: dict[str, Polygon], areas: dict[str, Polygon], members: dict[str, str] | None = None,
) -> tuple[list[Row], list[Finding]]:
    """Return the faults of estates and areas drawn by hand; `members` is estate -> area."""
    grounds = layer("estates", list(estates.values()), estate_id=list(estates))
    outlines = gpd.GeoDataFrame({"area_id": list(areas)}, geometry=list(areas.values()), crs=grounds.crs)
    area_ids = [(members or {}).get(name) for name in estates]
    placed = pd.DataFrame({"estate_id": list(estates), "area_id": area_ids}, dtype="str")
    table, findings = check_topology(grounds, outlines, placed)
    assert list(table.columns) == [column.name for column in columns_of("topology")]
    return [tuple(row) for row in table.itertuples(index=False)], findings


def of(check: str, rows: list[Row]) -> list[tuple[str, str, str, int, float]]:
    return [(layer, a, b, pieces, pytest.approx(m2)) for layer, found, a, b, pieces, m2 in rows if found == check]


ONE, TWO = box(0, 0, 100, 50), box(120, 0, 220, 50)


def test_outlines_that_fit_make_no_row_and_no_remark() -> None:
    assert checked({"E1": ONE, "E2": TWO}, {"A1": box(0, 0, 220, 50)}, {"E1": "A1", "E2": "A1"}) == ([], [])
    assert checked({}, {}) == ([], [])


def test_outlines_that_share_an_edge_neither_overlap_nor_leave_a_gap() -> None:
    assert checked({"E1": ONE, "E2": box(100, 0, 200, 50)}, {}) == ([], [])


def test_ground_in_two_outlines_is_an_overlap() -> None:
    # 5 m x 50 m; of estates it was told when they were read, of areas it is told here
    rows, findings = checked({"E1": ONE, "E2": box(95, 0, 200, 50)}, {"A1": ONE, "A2": box(95, 0, 200, 50)})
    assert of("overlap", rows) == [("areas", "A1", "A2", 1, 250.0), ("estates", "E1", "E2", 1, 250.0)]
    assert [(f.code, f.layer) for f in findings if f.code == "topology.overlap"] == [("topology.overlap", "areas")]


@pytest.mark.parametrize(("wide", "found"), [(0.001, False), (0.01, True), (0.19, True), (0.21, False), (12.0, False)])
def test_a_slit_between_two_outlines_is_a_gap_and_a_street_is_none(wide: float, found: bool) -> None:
    # a slit of 50 m: 1 cm make 0.5 m2; a millimetre is rounding
    rows, _ = checked({"E1": ONE, "E2": box(100 + wide, 0, 200, 50)}, {})
    assert of("gap", rows) == ([("estates", "E1", "E2", 1, 50 * wide)] if found else [])


def test_a_hole_too_small_to_be_anything_is_a_gap_and_a_courtyard_is_none() -> None:
    pinhole, court = box(10, 10, 10.5, 10.5), box(30, 10, 60, 40)
    rows, _ = checked({}, {"A1": ONE - pinhole - court})
    assert rows == [("areas", "gap", "A1", "", 1, pytest.approx(0.25))]


def test_parts_too_small_or_too_thin_are_slivers() -> None:
    # half a square metre; 50 m of 5 cm: 2.5 m2
    estate = MultiPolygon([ONE, box(200, 0, 201, 0.5), box(300, 0, 300.05, 50)])
    rows, [finding] = checked({"E1": estate}, {})
    assert rows == [("estates", "sliver", "E1", "", 2, pytest.approx(3.0))]
    assert "3.00" in say(finding, "zh")


def test_a_ring_that_crosses_itself_is_named_and_not_computed_with() -> None:
    bow = Polygon([(0, 0), (100, 50), (100, 0), (0, 50)])
    rows, findings = checked({"E1": bow, "E2": ONE}, {"A1": bow}, {"E1": "A1"})
    assert [row[:5] for row in rows] == [("areas", "invalid", "A1", "", 1), ("estates", "invalid", "E1", "", 1)]
    assert [finding.code for finding in findings] == ["topology.invalid"] * 2


def test_an_area_owes_the_whole_ground_of_its_members_and_none_of_others() -> None:
    # A1 leaves out 10 m x 50 m of E1 and takes 10 m x 50 m of E2
    rows, _ = checked({"E1": ONE, "E2": TWO}, {"A1": box(10, 0, 130, 50)}, {"E1": "A1"})
    assert rows == [("areas", "foreign", "A1", "E2", 1, pytest.approx(500.0)),
                    ("areas", "uncovered", "A1", "E1", 1, pytest.approx(500.0))]


def test_an_area_in_two_pieces_is_told() -> None:
    rows, _ = checked({"E1": ONE, "E2": TWO}, {"A1": MultiPolygon([ONE, TWO])}, {"E1": "A1", "E2": "A1"})
    assert rows == [("areas", "multipart", "A1", "", 2, pytest.approx(10_000.0))]


def test_every_check_has_a_word_and_a_sentence() -> None:
    values = {"count": 1, "ids": "A1", "m2": "1.00"}
    for word in words_of("topology_check"):
        for language in ("zh", "en"):
            assert say(Finding(f"topology.{word.code}", values=values), language)


@given(st.permutations(range(4)))
def test_the_order_of_the_rows_changes_nothing(order: list[int]) -> None:
    drawn = {"E1": ONE, "E2": box(95, 0, 200, 50), "E3": box(200.1, 0, 300, 50), "E4": box(400, 0, 400.5, 1)}
    shuffled = {name: drawn[name] for name in [sorted(drawn)[at] for at in order]}
    rows, straight = checked(shuffled, {})[0], checked(drawn, {})[0]
    assert [(a, {b, c}) for _, a, b, c, *_ in rows] == [(a, {b, c}) for _, a, b, c, *_ in straight]


def test_the_report_counts_every_check_and_says_that_all_was_read_back(tmp_path: Path) -> None:
    plan = little_plan(tmp_path / "plan")
    write_shapefiles(plan, tmp_path / "clean")
    text = (tmp_path / "clean" / TOPOLOGY_NOTES).read_text("utf-8-sig")
    assert "片区\t重叠\t0\t0.00" in text
    assert "小区\t环不合格\t0\t0.00" in text
    assert "写出后逐条回读：estates.shp 6 条" in text
    assert "另一图斑" not in text
    faults, _ = check_topology(
        plan.tables["estates"], gpd.GeoDataFrame({"area_id": ["A1"]}, geometry=[box(0, 0, 1, 0.2)], crs="EPSG:4549"),
        pd.DataFrame({"estate_id": [], "area_id": []}, dtype="str"))
    write_shapefiles(little_plan(tmp_path / "plan", topology=faults), tmp_path / "out")
    text = (tmp_path / "out" / TOPOLOGY_NOTES).read_text("utf-8-sig")
    assert "片区\t碎面\t1\t0.20" in text
    assert "片区\t碎面\tA1\t\t1\t0.20" in text
