"""Outlines that are not sound, through whole small projects."""

from pathlib import Path

import shapely
from brought import EAST, NORTH, collect, estates, remarks, square, town, write, write_polygons
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box


def at(*corners: tuple[float, float]) -> Polygon:
    return Polygon([(EAST + x, NORTH + y) for x, y in corners])


def test_an_hourglass_is_made_valid_and_both_areas_are_told(tmp_path: Path) -> None:
    hourglass = at((0, 0), (100, 100), (100, 0), (0, 100))
    layers = estates(tmp_path, town(2, geometry=[hourglass, square(3)]))
    (told,) = remarks(layers, "footprints.crossing")
    # two triangles with base 100 and height 50 each: 2 x 2,500
    assert (told["row"], told["id"], told["before"], told["after"]) == (1, "E1", "0", "5000")
    assert layers.estates.geometry.is_valid.all()
    assert layers.estates.geometry[0].area == 5000


def test_a_spike_left_over_by_the_repair_is_dropped(tmp_path: Path) -> None:
    spiked = at((0, 0), (100, 0), (100, 100), (300, 100), (100, 100), (0, 100))
    layers = estates(tmp_path, town(2, geometry=[spiked, square(9)]))
    assert (layers.estates.geometry[0].geom_type, layers.estates.geometry[0].area) == ("Polygon", 10_000)


def test_an_outline_folded_flat_is_rejected(tmp_path: Path) -> None:
    flat = at((0, 0), (100, 0), (50, 0))
    layers = estates(tmp_path, town(6, geometry=[flat, *[square(place) for place in range(1, 6)]]))
    assert [lost["row"] for lost in remarks(layers, "footprints.flat")] == [1]


def test_a_corner_that_stands_thrice_is_dropped_twice(tmp_path: Path) -> None:
    repeated = at((0, 0), (100, 0), (100, 0), (100, 0), (100, 100), (0, 100))
    layers = estates(tmp_path, town(2, geometry=[repeated, square(3)]))
    (told,) = remarks(layers, "footprints.repeated_corner")
    assert (told["id"], told["count"]) == ("E1", 2)
    assert shapely.get_num_coordinates(layers.estates.geometry[0]) == 5


def test_a_sliver_is_rejected_just_below_twenty_square_metres(tmp_path: Path) -> None:
    slivers = [box(EAST, NORTH, EAST + 1, NORTH + 19.99), box(EAST + 50, NORTH, EAST + 51, NORTH + 20)]
    layers = estates(tmp_path, town(6, geometry=[*slivers, *[square(place) for place in range(2, 6)]]))
    assert [lost["row"] for lost in remarks(layers, "footprints.sliver")] == [1]


def test_the_same_outline_again_is_rejected_whatever_corner_it_begins_with(tmp_path: Path) -> None:
    x, y = EAST, NORTH
    again = Polygon([(x + 100, y), (x, y), (x, y + 100), (x + 100, y + 100)])
    layers = estates(tmp_path, town(6, geometry=[*[square(place) for place in range(5)], again]))
    (told,) = remarks(layers, "footprints.identical")
    assert (told["row"], told["id"], told["first"], told["first_id"]) == (6, "E6", 1, "E1")
    assert layers.rows["estates"] == {"read": 6, "used": 5, "rejected": 1}


def test_overlapping_outlines_are_both_kept_and_both_named(tmp_path: Path) -> None:
    reaching = box(EAST + 90, NORTH, EAST + 180, NORTH + 100)  # 10 m x 100 m into the first
    layers = estates(tmp_path, town(3, geometry=[square(0), square(5), reaching]))
    (told,) = remarks(layers, "footprints.overlap")
    assert (told["row"], told["id"], told["first"], told["first_id"], told["area"]) == (3, "E3", 1, "E1", "1000")
    assert len(layers.estates) == 3


def test_outlines_that_share_a_border_do_not_overlap(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(2, geometry=[square(0), box(EAST + 100, NORTH, EAST + 200, NORTH + 100)]))
    assert remarks(layers, "footprints.overlap") == []


def test_many_overlaps_are_one_finding(tmp_path: Path) -> None:
    row = [box(EAST + 90 * place, NORTH, EAST + 90 * place + 100, NORTH + 100) for place in range(80)]
    layers = estates(tmp_path, town(80, geometry=row))
    (told,) = remarks(layers, "footprints.overlap")  # 79 pairs among 80 estates are a fact about the layer
    assert str(told["who"]).endswith("(79)")


def test_what_is_no_area_is_no_estate(tmp_path: Path) -> None:
    shapes = [
        Point(EAST, NORTH),
        LineString([(EAST, NORTH), (EAST + 9, NORTH)]),
        *[square(place) for place in range(8)],
    ]
    layers = estates(tmp_path, town(10, geometry=shapes))
    assert [(lost["row"], lost["kind"]) for lost in remarks(layers, "footprints.wrong_kind")] == [
        (1, "point"),
        (2, "linestring"),
    ]


def test_an_outline_that_is_missing_or_empty_is_rejected(tmp_path: Path) -> None:
    shapes = [None, Polygon(), *[square(place) for place in range(8)]]
    layers = estates(tmp_path, town(10, geometry=shapes))
    assert [lost["id"] for lost in remarks(layers, "places.no_geometry")] == ["E1", "E2"]
    assert layers.rows["estates"] == {"read": 10, "used": 8, "rejected": 2}


def test_an_estate_of_several_parts_is_kept_as_it_is(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(2, geometry=[MultiPolygon([square(0), square(1)]), square(4)]))
    assert layers.estates.geometry[0].area == 20_000


def test_a_ring_that_is_not_closed_is_told_with_its_id(tmp_path: Path) -> None:
    rings = [list(square(place).exterior.coords) for place in range(3)]
    write_polygons(tmp_path / "e.shp", [rings[0], rings[1][:-1], rings[2]])
    layers, stops = collect(tmp_path, estates='path = "e.shp"\ncolumns = { completion_year = "year_built" }')
    assert stops == []
    assert layers is not None
    assert [(told["row"], told["id"]) for told in remarks(layers, "footprints.open")] == [(2, "E2")]
    assert layers.estates.geometry[1].area == 10_000


def test_a_facility_drawn_as_an_area_becomes_a_point_inside_it(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    write(town(1)[["name", "geometry"]], tmp_path / "f.gpkg")
    layers, stops = collect(tmp_path, estates='path = "e.gpkg"', facilities='path = "f.gpkg"')
    assert stops == []
    assert layers is not None
    assert layers.facilities.geometry[0].within(square(0))


def test_a_site_may_be_a_point_or_an_area(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    sites = town(
        6,
        geometry=[
            *[square(place, 3) for place in range(4)],
            Point(EAST, NORTH),
            LineString([(EAST, NORTH), (EAST, NORTH + 5)]),
        ],
    )
    write(sites.rename(columns={"estate_id": "site_id"})[["site_id", "geometry"]], tmp_path / "s.gpkg")
    layers, stops = collect(tmp_path, estates='path = "e.gpkg"', sites='path = "s.gpkg"')
    assert stops == []
    assert layers is not None
    assert layers.sites.geometry.geom_type.tolist() == ["Polygon"] * 4 + ["Point"]
    assert layers.rows["sites"] == {"read": 6, "used": 5, "rejected": 1}
