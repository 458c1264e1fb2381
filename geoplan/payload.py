"""How do tables and shapes become one small, inert text that a page can carry?

Coordinates are degrees of WGS84 in whole millionths (about 0.1 m), written as zig-zag varint differences; so are
numbers and numbered texts of the tables, so that the page reads a column only when it asks for it. Everything is
packed with gzip and written in base64: letters, digits, + / =, so that no name in the data can mean anything to a
browser.
`map_payload.js` reads it.

    4 bytes   length of the JSON, little-endian
    JSON      what the caller says, and `shapes`: [layer, bytes] in the order in which they follow
    layers    varints: number of features; paths of each feature; of each path 2 x points + 1 where it is a ring;
              then x and y of every point, zig-zag, as differences from the point before (of the whole layer)
    columns   varints of every column of codes, as the JSON says: codes, or zig-zag differences from the code before
"""

import base64
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
        What JSON can hold, and `tables` as `encode_table` returns them; `shapes` is added to it.
    layers
        Geometries by layer name, in any CRS.

    Returns
    -------
    text
    """
    shapes = {name: encode_shapes(shapes.to_crs("EPSG:4326")) for name, shapes in layers.items()}
    streams = list(shapes.values())
    tables = _streamed(head.get("tables", {}), streams)
    said = {**head, "tables": tables, "shapes": [[name, len(stream)] for name, stream in shapes.items()]}
    text = json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as stream:
        stream.write(len(text).to_bytes(LENGTH_BYTES, "little") + text + b"".join(streams))
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
    heads = [[len(features)], paths_of_feature, 2 * points_of_path + is_ring]
    return encode_varints(np.concatenate([*heads, _zigzag(steps)]))


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


@dataclass(frozen=True, eq=False)
class Codes:
    """A column as whole numbers, 0 for what is missing.

    A text is its number among `words`, from 1; false is 1 and true is 2; a number is 1 more than its zig-zag code,
    after `decimals` places were made whole.
    """

    kind: str
    codes: np.ndarray
    words: tuple[str, ...] = ()
    decimals: int = 0


def encode_table(table: pd.DataFrame, columns: Iterable[Column]) -> dict[str, Any]:
    """Return the columns of a table as `pack` takes them: {"rows": n, "columns": {name: texts or Codes}}."""
    return {"rows": len(table), "columns": {column.name: encode_column(table[column.name], column.unit)
                                            for column in columns}}


def encode_column(values: pd.Series, unit: str = "") -> list[str | None] | Codes:
    """Return texts that hardly repeat as a list (missing is None), all else as codes; numbers as they are read."""
    missing = values.isna().to_numpy()
    if pd.api.types.is_bool_dtype(values.dtype):
        return Codes("bool", np.where(missing, 0, values.fillna(False).to_numpy(dtype=np.int64) + 1))
    if pd.api.types.is_numeric_dtype(values.dtype):
        decimals = 0 if pd.api.types.is_integer_dtype(values.dtype) else DECIMALS.get(unit, 3)
        known = values.to_numpy(dtype=np.float64, na_value=0.0) if decimals else (
            values.fillna(0).to_numpy(dtype=np.float64))
        if not np.isfinite(known).all():
            raise ValueError(f"column {values.name!r} holds a number that is not finite")
        whole = np.rint(known * 10.0**decimals).astype(np.int64)
        return Codes("number", np.where(missing, 0, _zigzag(whole) + 1), decimals=decimals)
    at, words = pd.factorize(values)
    if len(words) <= len(values) // 2:
        return Codes("text", at.astype(np.int64) + 1, tuple(writable(str(word)) for word in words))
    return [None if gone else writable(str(value)) for value, gone in zip(values.tolist(), missing, strict=True)]


def _zigzag(numbers: np.ndarray) -> np.ndarray:
    """Return whole numbers as numbers of at least 0: 0, -1, 1, -2 become 0, 1, 2, 3."""
    zigzag: np.ndarray = (numbers << 1) ^ (numbers >> 63)
    return zigzag


def _streamed(tables: Mapping[str, Any], streams: list[bytes]) -> dict[str, Any]:
    """Return what JSON says of the tables; the codes go to `streams`, in the order of the JSON."""
    said: dict[str, Any] = {}
    for name, table in tables.items():
        columns: dict[str, Any] = {}
        for column, values in table["columns"].items():
            columns[column] = values if isinstance(values, list) else _described(values, streams)
        said[name] = {"rows": table["rows"], "columns": columns}
    return said


def _described(column: Codes, streams: list[bytes]) -> dict[str, Any]:
    """Put the codes among the streams, or the steps from one to the next where those are packed shorter."""
    steps = np.diff(column.codes, prepend=np.int64(0))
    plain, stepped = encode_varints(column.codes), encode_varints(_zigzag(steps))
    has_steps = len(zlib.compress(stepped, 1)) < len(zlib.compress(plain, 1))
    streams.append(stepped if has_steps else plain)
    return {"kind": column.kind, "words": list(column.words), "decimals": column.decimals, "steps": has_steps,
            "bytes": len(streams[-1])}
