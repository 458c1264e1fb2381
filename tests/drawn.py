"""Layers of little towns drawn in code, as read.py hands them over: every column there, typed, in metres."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry import LineString, Point, box

from geoplan.schema import DTYPES, GEOMETRY_TYPES, columns_of

CRS = "EPSG:4549"
NOT_KEPT = ("x", "y", "amap_code")
SPEEDS = {"adult": 66.0, "elderly": 48.0}


def layer(table: str, geometry: Sequence[Any], **given: Sequence[Any]) -> gpd.GeoDataFrame:
    """Return a layer with the columns given and all others missing."""
    rows = range(len(geometry))
    unknown = [None] * len(geometry)
    columns = {
        column.name: pd.Series(list(given.get(column.name, unknown)), index=rows, dtype=DTYPES[column.type])
        for column in columns_of(table, "in") if column.type not in GEOMETRY_TYPES and column.name not in NOT_KEPT
    }
    columns["row"] = pd.Series([row + 1 for row in rows], index=rows, dtype="Int64")
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=CRS)


def streets(*lines: Sequence[tuple[float, float]], **given: Sequence[Any]) -> gpd.GeoDataFrame:
    """Return streets through the points of each line, of class residential unless said otherwise."""
    drawn = layer("streets", [LineString(line) for line in lines], **{"class": ["residential"] * len(lines), **given})
    drawn["not_walkable"] = pd.array(list(given.get("not_walkable", [None] * len(lines))), dtype="boolean")
    return drawn


def grid(columns: int, rows: int, step: float = 100.0) -> list[list[tuple[float, float]]]:
    """Return the lines of a street grid with a vertex at every crossing."""
    across = [[(x * step, y * step) for x in range(columns)] for y in range(rows)]
    along = [[(x * step, y * step) for y in range(rows)] for x in range(columns)]
    return across + along


def barriers(*shapes: Any, names: Sequence[str | None] | None = None, of_layer: str = "water") -> gpd.GeoDataFrame:
    return layer("barriers", shapes, name=names or [None] * len(shapes)).assign(layer=of_layer)


def hard(*shapes: Any) -> gpd.GeoDataFrame:
    names = pd.Series([f"barrier {number}" for number in range(len(shapes))], dtype="str")
    return gpd.GeoDataFrame({"name": names}, geometry=list(shapes), crs=CRS)


def estates(**squares: tuple[float, float, float]) -> gpd.GeoDataFrame:
    """Return square estates, named by id, each given as the x and y of its centre and its side."""
    shapes = [box(x - side / 2, y - side / 2, x + side / 2, y + side / 2) for x, y, side in squares.values()]
    return layer("estates", shapes, estate_id=list(squares), name=list(squares))


def facilities(**points: tuple[str, float, float]) -> gpd.GeoDataFrame:
    """Return existing facilities, by id, each given as its type, x and y."""
    kinds = [kind for kind, _, _ in points.values()]
    shapes = [Point(x, y) for _, x, y in points.values()]
    return layer("facilities", shapes, facility_id=list(points), facility_type=kinds, status=["existing"] * len(points))


def gates(*points: tuple[float, float], of: Sequence[str | None] | None = None) -> gpd.GeoDataFrame:
    return layer("gates", [Point(point) for point in points], estate_id=of or [None] * len(points))


def moved(frame: gpd.GeoDataFrame, angle: float, dx: float, dy: float) -> gpd.GeoDataFrame:
    """Return the layer turned about the origin (radians) and shifted."""
    turned = shapely.affinity.rotate
    return frame.set_geometry([
        shapely.affinity.translate(turned(shape, angle, origin=(0, 0), use_radians=True), dx, dy)
        for shape in frame.geometry
    ], crs=CRS)
