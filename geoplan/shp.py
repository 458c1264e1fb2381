"""Do the outlines of a shapefile on disk lie where they were meant to? Read back without the library that wrote them.

Every record is fetched by its place in the .shx, every point compared to the last bit; rings may begin elsewhere and
run the other way, but outer rings must run clockwise and holes against it, or other programs fill the wrong side.
Layout: "ESRI Shapefile Technical Description" (1998).
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

HEADER, SHX_RECORD, RECORD_HEADER = 100, 8, 8
WORD = 2  # lengths in .shp and .shx count 16-bit words
NOTHING, POINT, LINE, POLYGON = 0, 1, 3, 5
AREA_ERROR = 1e-9
Shapes = np.ndarray[Any, np.dtype[np.object_]]


def check_outlines(file: Path, meant: Shapes) -> None:
    """Read the outlines of a shapefile back; OSError where one is not what was meant.

    Parameters
    ----------
    file
        The .shp; its .shx stands beside it.
    meant
        Points, lines or polygons in two dimensions, in the order of the records.
    """
    try:
        found = list(_records(file))
    except (struct.error, ValueError, shapely.errors.GEOSException) as error:
        raise OSError(f"{file.name}: {error}") from error
    if len(found) != len(meant):
        raise OSError(f"{file.name}: the number of outlines is not {len(meant)}")
    if not len(found):
        return
    is_same = shapely.equals_exact(shapely.normalize(np.array(found)), shapely.normalize(_drawn(meant)), tolerance=0)
    if not is_same.all():
        raise OSError(f"{file.name}: outline {int(np.argmin(is_same)) + 1} reads back differently")
    is_ground = shapely.get_dimensions(meant) == 2
    turned = [_turned_area(shape) if ground else 0.0 for shape, ground in zip(found, is_ground, strict=True)]
    if not np.allclose(turned, shapely.area(meant), rtol=AREA_ERROR, atol=AREA_ERROR):
        raise OSError(f"{file.name}: rings run the wrong way")


def _records(file: Path) -> Iterator[Any]:
    """Yield what is drawn for each record: a point, or all its lines and rings as one geometry of lines."""
    data, index = file.read_bytes(), file.with_suffix(".shx").read_bytes()
    for (words,) in struct.iter_unpack(">i4x", index[HEADER:]):
        at = words * WORD + RECORD_HEADER
        [kind] = struct.unpack_from("<i", data, at)
        if kind == POINT:
            yield shapely.Point(*struct.unpack_from("<2d", data, at + 4))
        elif kind in (LINE, POLYGON):
            parts, points = struct.unpack_from("<2i", data, at + 36)
            starts = np.frombuffer(data, "<i4", parts, at + 44)
            corners = np.frombuffer(data, "<f8", 2 * points, at + 44 + 4 * parts).reshape(-1, 2)
            yield shapely.MultiLineString(np.split(corners, starts[1:]))
        else:
            raise ValueError(f"a record of kind {kind}")


def _drawn(geometries: Shapes) -> Shapes:
    """Return what a shapefile draws: points as they are, else lines and rings as one geometry of lines."""
    lines = np.where(shapely.get_dimensions(geometries) == 2, shapely.boundary(geometries), geometries)
    return np.array([line if line.geom_type == "Point" else shapely.multilinestrings(shapely.get_parts(line))
                     for line in lines])


def _turned_area(rings: Any) -> float:
    """Return the area inside rings that run clockwise, less that of those that run against it."""
    total = 0.0
    for ring in shapely.get_parts(rings):
        x, y = (shapely.get_coordinates(ring) - shapely.get_coordinates(ring)[0]).T
        total += float(np.sum(x[1:] * y[:-1] - x[:-1] * y[1:])) / 2
    return total
