"""How do tables and shapes become one small, inert text that a page can carry?

Coordinates are degrees of WGS84 in whole millionths (about 0.1 m), written as zig-zag varint differences; attributes
are columns of JSON in which repeating texts are numbered. Everything is packed with gzip and written in base64:
letters, digits, + / =, so that no name in the data can mean anything to a browser. `map_payload.js` reads it.

    4 bytes   length of the JSON, little-endian
    JSON      what the caller says, and `shapes`: [layer, bytes] in the order in which they follow
    layers    varints: number of features; paths of each feature; of each path 2 x points + 1 where it is a ring;
              then x and y of every point, zig-zag, as differences from the point before (of the whole layer)
"""

import base64
import gzip
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.labels import writable
from geoplan.schema import Column

QUANTA_PER_DEGREE = 1_000_000
LENGTH_BYTES = 4
BITS_PER_BYTE = 7
MORE_FOLLOWS = 0x80
DECIMALS = {"m": 0, "min": 1, "m2": 1, "share": 4, "yuan": 0}


def pack(head: Mapping[str, Any], layers: Mapping[str, gpd.GeoSeries]) -> str:
    """Return head and layers as base64 text; the same input gives the same text.

    Parameters
    ----------
    head
        What JSON can hold; `shapes` is added to it.
    layers
        Geometries by layer name, in any CRS.

    Returns
    -------
    text
    """
    streams = {name: encode_shapes(shapes.to_crs("EPSG:4326")) for name, shapes in layers.items()}
    said = {**head, "shapes": [[name, len(stream)] for name, stream in streams.items()]}
    text = json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as stream:
        stream.write(len(text).to_bytes(LENGTH_BYTES, "little") + text + b"".join(streams.values()))
    return base64.b64encode(packed.getvalue()).decode("ascii")


def encode_shapes(shapes: Iterable[Any]) -> bytes:
    """Return one layer of longitudes and latitudes as varints; a missing or empty shape has no path."""
    features = np.asarray(shapes, dtype=object)
    parts, feature_of_part = shapely.get_parts(features, return_index=True)
    paths, part_of_path = _paths_of(parts)
    points, path_of_point = shapely.get_coordinates(paths, return_index=True)

    is_ring = shapely.get_type_id(paths) == shapely.GeometryType.LINEARRING
    ends = np.flatnonzero(np.diff(path_of_point, append=-1))
    kept = np.ones(len(points), dtype=bool)
    kept[ends[is_ring]] = False  # a ring's last point is its first

    paths_of_feature = np.bincount(feature_of_part[part_of_path], minlength=len(features))
    points_of_path = np.bincount(path_of_point[kept], minlength=len(paths))
    whole = np.rint(points[kept] * QUANTA_PER_DEGREE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel()
    zigzag = (steps << 1) ^ (steps >> 63)
    return encode_varints(np.concatenate([[len(features)], paths_of_feature, 2 * points_of_path + is_ring, zigzag]))


def _paths_of(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rings of polygons, and lines and points as they are, with the part each belongs to."""
    is_polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, polygon_of_ring = shapely.get_rings(parts[is_polygon], return_index=True)
    others = ~is_polygon & ~shapely.is_empty(parts)
    part_of_path = np.concatenate([np.flatnonzero(is_polygon)[polygon_of_ring], np.flatnonzero(others)])
    order = np.argsort(part_of_path, kind="stable")
    return np.concatenate([rings, parts[others]])[order], part_of_path[order]


def encode_varints(values: np.ndarray) -> bytes:
    """Return whole numbers of at least 0 as bytes: seven bits each, lowest first, the top bit set where more follow."""
    numbers = np.asarray(values, dtype=np.uint64)
    lengths = np.ones(len(numbers), dtype=np.int64)
    rest = numbers >> BITS_PER_BYTE
    while rest.any():
        lengths += rest > 0
        rest >>= BITS_PER_BYTE
    starts = np.cumsum(lengths) - lengths
    out = np.zeros(int(lengths.sum()), dtype=np.uint8)
    for nth in range(int(lengths.max(initial=0))):
        has = lengths > nth
        low = (numbers[has] >> (nth * BITS_PER_BYTE)).astype(np.uint8) & (MORE_FOLLOWS - 1)
        out[starts[has] + nth] = low | np.where(lengths[has] > nth + 1, MORE_FOLLOWS, 0).astype(np.uint8)
    return out.tobytes()


def encode_table(table: pd.DataFrame, columns: Iterable[Column]) -> dict[str, Any]:
    """Return the columns of a table as JSON can hold them: {"rows": n, "columns": {name: values}}."""
    return {"rows": len(table), "columns": {column.name: encode_column(table[column.name], column.unit)
                                            for column in columns}}


def encode_column(values: pd.Series, unit: str = "") -> Any:
    """Return a list, or {"words", "at"} where texts repeat; missing is None, numbers are rounded as they are read."""
    missing = values.isna().to_numpy()
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_integer_dtype(values.dtype):
        return [None if gone else value for value, gone in zip(values.tolist(), missing, strict=True)]
    if pd.api.types.is_float_dtype(values.dtype):
        rounded = values.round(DECIMALS.get(unit, 3)).tolist()
        return [None if gone else int(value) if value.is_integer() else value
                for value, gone in zip(rounded, missing, strict=True)]
    at, words = pd.factorize(values)
    if len(words) <= len(values) // 2:
        return {"words": [writable(str(word)) for word in words], "at": at.tolist()}
    return [None if gone else writable(str(value)) for value, gone in zip(values.tolist(), missing, strict=True)]
