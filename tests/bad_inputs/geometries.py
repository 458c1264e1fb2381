"""Outlines and places that are no outlines and no places."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import shapely
from brought import CRS, EAST, NORTH, square, town, write, write_polygons
from catalogue import CLEAN, ROWS, Catalogue, plan_toml, with_layer
from geopandas import GeoDataFrame
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.affinity import translate

GROUP = "geometry"
X, Y = EAST, NORTH


def around(*corners: tuple[float, float]) -> Polygon:
    return Polygon([(X + x, Y + y) for x, y in corners])


def estate(shape: Any) -> Callable[[Path], None]:
    """Return a maker of a sound town of which the first estate has this shape."""

    def make(folder: Path) -> None:
        shapes = [shape, *(square(n) for n in range(1, ROWS))]
        frame = town(
            ROWS, estate_id=[f"E{n:02d}" for n in range(ROWS)], name=[f"里{n}" for n in range(ROWS)], geometry=shapes
        )
        write(frame, folder / "estates.gpkg", geometry_type="Unknown")
        plan_toml(folder, estates='path = "estates.gpkg"')

    return make


def layer(kind: str, text: str, shapes: list[Any], columns: dict[str, Any]) -> Callable[[Path], None]:
    """Return a maker of a sound town with a layer of these shapes."""
    frame = GeoDataFrame({key: [value] * len(shapes) for key, value in columns.items()}, geometry=shapes, crs=CRS)
    return with_layer(
        kind, f'path = "x.gpkg"\n{text}', lambda folder: write(frame, folder / "x.gpkg", geometry_type="Unknown")
    )


def used(count: int) -> Callable[[Any], bool]:
    return lambda layers: len(layers.estates) == count


def add_to(book: Catalogue) -> None:
    lost, kept = used(ROWS - 1), used(ROWS)
    rejected = {
        "no shape": (None, "places.no_geometry"),
        "an empty polygon": (Polygon(), "places.no_geometry"),
        "an empty multipolygon": (MultiPolygon(), "places.no_geometry"),
        "a point": (Point(X, Y), "footprints.wrong_kind"),
        "a line": (LineString([(X, Y), (X + 9, Y)]), "footprints."),
        "a collection of one polygon": (shapely.GeometryCollection([square(0)]), "footprints.wrong_kind"),
        "two points": (shapely.MultiPoint([(X, Y), (X + 1, Y)]), "footprints.wrong_kind"),
        "a triangle of no area": (around((0, 0), (50, 0), (100, 0)), "footprints.flat"),
        "a polygon of one place": (around((0, 0), (0, 0), (0, 0)), "footprints."),
        "a sliver": (around((0, 0), (4, 0), (4, 0.5)), "footprints.sliver"),
        "the outline of another estate": (square(1), "footprints.identical"),
        "an outline on the far side of the earth": (translate(square(0), 0, -9_000_000), "places.outside"),
        "an outline at nought": (Polygon([(0, 0), (100, 0), (100, 100)]), "places."),
    }
    for name, (shape, code) in rejected.items():
        book.remark(GROUP, f"an estate that is {name}", code, estate(shape), lost)
    mended = {
        "an outline in the next province": (translate(square(0), 400_000, 0), "places.far"),
        "a bow tie": (around((0, 0), (90, 90), (90, 0), (0, 90)), "footprints.crossing"),
        "a figure of eight at a corner": (
            around((0, 0), (50, 50), (100, 0), (100, 100), (50, 50), (0, 100)),
            "footprints.crossing",
        ),
        "a spike": (around((0, 0), (100, 0), (100, 50), (180, 50), (100, 50), (100, 100), (0, 100)), "footprints."),
        "the same corner three times": (
            around((0, 0), (0, 0), (0, 0), (90, 0), (90, 90)),
            "footprints.repeated_corner",
        ),
        "a hole outside its shell": (
            Polygon(
                [(X, Y), (X + 90, Y), (X + 90, Y + 90), (X, Y + 90)], [[(X + 110, Y), (X + 120, Y), (X + 120, Y + 9)]]
            ),
            "footprints.crossing",
        ),
        "a hole in a hole": (
            Polygon(
                [(X, Y), (X + 90, Y), (X + 90, Y + 90), (X, Y + 90)],
                [
                    [(X + 10, Y + 10), (X + 80, Y + 10), (X + 80, Y + 80), (X + 10, Y + 80)],
                    [(X + 30, Y + 30), (X + 60, Y + 30), (X + 60, Y + 60), (X + 30, Y + 60)],
                ],
            ),
            "footprints.crossing",
        ),
        "two parts over each other": (MultiPolygon([square(0), translate(square(0), 50, 50)]), "footprints.crossing"),
        "an outline with x and y exchanged": (shapely.transform(square(0), lambda xy: xy[:, ::-1]), "places.swapped"),
        "an outline half over another": (translate(square(1), 50, 0), "footprints.overlap"),
        "an outline inside another": (translate(square(1), 20, 20).buffer(-30), "footprints.overlap"),
    }
    for name, (shape, code) in mended.items():
        book.remark(GROUP, f"an estate that is {name}", code, estate(shape), kept)
    clean = {
        "in two parts": MultiPolygon([square(0), translate(square(0), -150, 0)]),
        "with a courtyard": square(0).difference(square(0).buffer(-30)),
        "wound the other way round": shapely.reverse(square(0)),
        "with heights": shapely.force_3d(square(0), 2_261.0),
        "touching its neighbour": Polygon([(X + 100, Y), (X + 200, Y), (X + 200, Y + 100), (X + 100, Y + 100)]),
        "of ten thousand corners": Point(X + 50, Y + 50).buffer(45, quad_segs=2_500),
    }
    for name, shape in clean.items():
        book.remark(GROUP, f"an estate {name}", CLEAN, estate(shape), kept)
    book.remark(GROUP, "an estate with one row too many for one", "footprints.identical", estate(square(2)), lost)
    for name, ring in {
        "an open ring": [(X, Y), (X, Y + 90), (X + 90, Y + 90), (X + 90, Y)],
    }.items():
        book.remark(GROUP, f"a shapefile with {name}", "footprints.open", rings(ring), None)
    book.remark(
        GROUP,
        "a shapefile with NaN for a coordinate",
        "places.not_finite",
        rings([(X, Y), (X, float("nan")), (X + 90, Y + 90), (X + 90, Y), (X, Y)]),
    )
    wrong = [
        ("streets", "", {"highway": "residential"}, [square(0)], "footprints.wrong_kind", "a polygon as a street"),
        ("streets", "", {"highway": "residential"}, [Point(X, Y)], "footprints.wrong_kind", "a point as a street"),
        ("streets", "", {"highway": "residential"}, [LineString([(X, Y), (X, Y)])], "", "a street of no length"),
        ("streets", "", {"highway": "residential"}, [None], "places.no_geometry", "a street without a line"),
        ("gates", "", {"estate_id": "E00"}, [square(0)], CLEAN, "a polygon as a gate, which stands for a place in it"),
        ("gates", "", {"estate_id": "E00"}, [None], "places.no_geometry", "a gate without a place"),
        ("gates", "", {"estate_id": "E99"}, [Point(X, Y)], "identities.no_such_estate", "a gate of no estate"),
        ("barriers__water", "", {"name": "河"}, [Point(X, Y)], "footprints.wrong_kind", "a point as a barrier"),
        ("barriers__water", "", {"name": "河"}, [None], "places.no_geometry", "a barrier without a shape"),
        ("heritage", "", {"name": "庙"}, [None], "places.no_geometry", "heritage without a shape"),
        ("planning_units", "", {"name": "单元"}, [Point(X, Y)], "footprints.wrong_kind", "a point as a planning unit"),
        ("sites", "", {"site_id": "S1"}, [None], "places.no_geometry", "a site without a place"),
        (
            "sites",
            "",
            {"site_id": "S1"},
            [LineString([(X, Y), (X + 9, Y)])],
            "footprints.wrong_kind",
            "a line as a site",
        ),
        (
            "facilities",
            "",
            {"name": "超市", "facility_type": "超市"},
            [LineString([(X, Y), (X + 9, Y)])],
            "",
            "a line as a facility",
        ),
        (
            "facilities",
            "",
            {"name": "超市", "facility_type": "超市"},
            [None],
            "places.no_geometry",
            "a facility without a place",
        ),
        (
            "facilities",
            "",
            {"name": "超市", "facility_type": "超市"},
            [Point(X + 900_000, Y)],
            "places.",
            "a facility in another town",
        ),
        ("utilities", "", {"kind": "供水", "year": "2026"}, [None], "places.no_geometry", "works without a line"),
    ]
    for kind, text, columns, shapes, code, name in wrong:
        sound = {
            "streets": LineString([(X, Y - 20), (X + 900, Y - 20)]),
            "gates": Point(X + 5, Y),
            "sites": Point(X, Y + 9),
            "facilities": Point(X + 7, Y + 7),
            "utilities": LineString([(X, Y - 20), (X + 90, Y - 20)]),
        }.get(kind, translate(square(0), 0, 300))
        columns = {**columns}
        frame_shapes = [*shapes, *([translate(sound, 0, -7 * n) for n in range(1, 9)])]
        if kind == "sites":
            book.remark(GROUP, name, code, sites(frame_shapes))
        else:
            book.remark(GROUP, name, code, layer(kind, text, frame_shapes, columns))


def sites(shapes: list[Any]) -> Callable[[Path], None]:
    frame = GeoDataFrame({"site_id": [f"S{n}" for n in range(len(shapes))]}, geometry=shapes, crs=CRS)
    return with_layer(
        "sites", 'path = "x.gpkg"', lambda folder: write(frame, folder / "x.gpkg", geometry_type="Unknown")
    )


def rings(ring: list[tuple[float, float]]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        write_polygons(
            folder / "estates.shp",
            [
                ring,
                *(
                    [(X + 200 * n, Y), (X + 200 * n, Y + 90), (X + 200 * n + 90, Y + 90), (X + 200 * n, Y)]
                    for n in range(1, 3)
                ),
            ],
        )
        plan_toml(folder, estates='path = "estates.shp"')

    return make
