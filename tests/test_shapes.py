"""Facts about shapes, on squares that can be checked by eye."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from geoplan.shapes import (
    contact_segments,
    cut_away,
    fill_between,
    pairs_within,
    polygons_of,
    pull_apart,
    representative_points,
    snapped,
)

L_SHAPE = Polygon([(0, 0), (100, 0), (100, 10), (10, 10), (10, 100), (0, 100)])


def test_the_centroid_stands_for_a_footprint_that_holds_it() -> None:
    assert representative_points([box(0, 0, 10, 20)]).tolist() == [Point(5, 10)]


def test_a_point_on_the_surface_stands_for_a_footprint_that_bends_around_its_centroid() -> None:
    (point,) = representative_points([L_SHAPE])
    assert not L_SHAPE.contains(L_SHAPE.centroid)
    assert L_SHAPE.contains(point)


@given(st.integers(-5000, 5000), st.integers(-5000, 5000))
def test_the_representative_point_moves_with_its_footprint(dx: int, dy: int) -> None:
    shape = Polygon([(0, 0), (30, 0), (30, 20), (0, 25)])
    (here,) = representative_points([shape])
    (there,) = representative_points([shapely.affinity.translate(shape, dx, dy)])
    assert there.distance(shapely.affinity.translate(here, dx, dy)) < 1e-6


def test_pairs_come_once_and_in_order() -> None:
    shapes = np.array([box(0, 0, 1, 1), box(5, 0, 6, 1), box(2, 0, 3, 1)])
    one, two = pairs_within(shapes, 2.0)  # gaps: 0-2 is 1 m, 1-2 is 2 m, 0-1 is 4 m
    assert list(zip(one.tolist(), two.tolist(), strict=True)) == [(0, 2), (1, 2)]


def test_coordinates_are_rounded_to_the_millimetre() -> None:
    (shape,) = snapped([Polygon([(0.00049, 0), (10, 0), (10, 10.00061), (0, 10)])])
    assert sorted(shapely.get_coordinates(shape)[:-1].tolist()) == [[0, 0], [0, 10], [10, 0], [10, 10.001]]


def test_a_shape_that_rounds_to_nothing_is_kept_as_it_is() -> None:
    speck = box(0, 0, 0.0001, 0.0001)
    assert snapped([speck]).tolist() == [speck]


def test_polygons_are_found_in_any_geometry() -> None:
    mixed = shapely.GeometryCollection([Point(0, 0), MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]), Polygon()])
    assert [part.area for part in polygons_of(mixed)] == [1, 1]


def test_what_blocks_is_cut_away() -> None:
    left = cut_away(np.array([box(0, 0, 10, 10), box(20, 0, 30, 10)]), np.array([0, 0]),
                    np.array([box(0, 0, 5, 10), box(5, 0, 10, 5)], dtype=object))
    assert [shape.area for shape in left] == [25, 100]  # 100 - 50 - 25, and untouched


def test_shared_ground_goes_to_the_smaller_footprint() -> None:
    large, small = pull_apart(np.array([box(0, 0, 100, 100), box(90, 0, 110, 20)]), np.array(["a", "b"]))
    assert large.area == 10_000 - 10 * 20
    assert small.area == 20 * 20


def test_footprints_of_one_owner_may_share_ground() -> None:
    shapes = pull_apart(np.array([box(0, 0, 100, 100), box(90, 0, 110, 20)]), np.array(["a", "a"]))
    assert [shape.area for shape in shapes] == [10_000, 400]


def test_a_footprint_under_others_altogether_keeps_its_ground() -> None:
    twins = pull_apart(np.array([box(0, 0, 10, 10), box(0, 0, 10, 10)]), np.array(["a", "b"]))
    assert [shape.area for shape in twins] == [100, 100]


def test_the_street_between_two_rows_is_filled_over_their_whole_front() -> None:
    (strip,) = fill_between(np.array([box(0, 0, 80, 40)]), np.array([box(0, 52, 80, 90)]), np.array([8.0]))
    assert abs(strip.area - 80 * 12) < 1e-6


def test_the_ground_between_many_pairs_is_that_between_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    # streets of 1, 2, ... 9 metres, closed in portions of 4 by three threads: each strip is 80 m times its street
    monkeypatch.setattr("geoplan.shapes.PORTION", 4)
    monkeypatch.setattr("geoplan.shapes.count_processors", lambda: 3)
    widths = np.arange(1, 10)
    south = np.array([box(1000 * n, 0, 1000 * n + 80, 40) for n in widths])
    north = np.array([box(1000 * n, 40 + n, 1000 * n + 80, 90) for n in widths])
    strips = fill_between(south, north, widths / 2 + 1.0)
    np.testing.assert_allclose(shapely.area(strips), 80.0 * widths)
    for n, strip in zip(widths, strips, strict=True):
        [alone] = fill_between(south[widths == n], north[widths == n], np.array([n / 2 + 1.0]))
        assert alone.wkb == strip.wkb
    assert fill_between(south[:0], north[:0], np.array([])).tolist() == []


def test_a_court_that_one_footprint_bends_around_is_not_filled() -> None:
    court = Polygon([(0, 0), (40, 0), (40, 40), (25, 40), (25, 10), (15, 10), (15, 40), (0, 40)])
    (strip,) = fill_between(np.array([court]), np.array([box(-30, -22, 70, -12)]), np.array([8.0]))
    assert strip.intersection(box(15, 10, 25, 40)).area == 0
    assert strip.area >= 40 * 12


def test_a_contact_is_a_centimetre_in_the_middle_of_the_shared_border() -> None:
    one, two = np.array([box(0, 0, 10, 10)]), np.array([box(10, 0, 20, 10)])
    (segment,) = contact_segments(shapely.intersection(one, two), shapely.shortest_line(one, two),
                                  representative_points(one), representative_points(two))
    assert abs(segment.length - 0.01) < 1e-9
    assert LineString([(10, 0), (10, 10)]).distance(segment.centroid) < 1e-9
    assert segment.is_valid
