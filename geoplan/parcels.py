"""How are the results of a step kept in a file, so that exactly they come out again?

As numbers, texts and shapes in plain buffers, with a heading in JSON that says how they belong together: opening a file
can run no program, whoever wrote it. What would not come back as it was is not packed.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geoplan.errors import Finding

SIZE_BYTES = 8  # of the number that says how long the heading is
NUMBERS = {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"}
MASKED = {"Int64": "int64", "Int32": "int32", "Int16": "int16", "Int8": "int8", "Float64": "float64", "boolean": "bool"}
TEXTS = {"str"}
MISSING = -1  # the place of a text that is not there
LINEAR_RING = 2  # its shapely type id; WKB would make a LineString of it
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, shapely.errors.GEOSException, RecursionError,
              OverflowError)


class NotPackedError(TypeError):
    """A result is of a kind that would not come back as it was."""


def pack(result: object) -> bytes:
    """Return a result as bytes; NotPackedError where it holds anything that would not come out as it went in."""
    buffers: list[bytes] = []
    head = json.dumps(_put(result, buffers), ensure_ascii=True, separators=(",", ":")).encode()
    sizes = json.dumps([len(buffer) for buffer in buffers]).encode()
    return b"".join([len(sizes).to_bytes(SIZE_BYTES, "little"), sizes, len(head).to_bytes(SIZE_BYTES, "little"), head,
                     *buffers])


def unpack(packed: bytes) -> Any:
    """Return what was packed; one of UNREADABLE where the bytes are nothing that `pack` made."""
    sizes, rest = _part(memoryview(packed))
    head, body = _part(rest)
    buffers, start = [], 0
    for size in json.loads(bytes(sizes)):
        buffers.append(body[start:start + size])
        start += size
    if start != len(body):
        raise ValueError("length")
    return _take(json.loads(bytes(head)), buffers)


def _part(view: memoryview) -> tuple[memoryview, memoryview]:
    size = int.from_bytes(view[:SIZE_BYTES], "little")
    if size > len(view):
        raise ValueError("length")
    return view[SIZE_BYTES:SIZE_BYTES + size], view[SIZE_BYTES + size:]


def _put(value: Any, buffers: list[bytes]) -> list[Any]:
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return ["plain", value]
    if kind in (list, tuple):
        return [kind.__name__, [_put(member, buffers) for member in value]]
    if kind is dict and all(type(key) is str for key in value):
        return ["dict", list(value), [_put(member, buffers) for member in value.values()]]
    if kind is Fraction:
        return ["fraction", [value.numerator, value.denominator]]
    if kind is Finding:
        return ["finding", [_put(getattr(value, field.name), buffers) for field in fields(Finding)]]
    if isinstance(value, np.generic):
        return ["scalar", _put_array(np.array([value]), buffers)]
    if kind is np.ndarray:
        return ["array", _put_array(value, buffers)]
    if kind is pd.Series:
        return ["series", _put(value.name, buffers), _put_index(value.index, buffers), _put_values(value, buffers)]
    if kind in (pd.DataFrame, gpd.GeoDataFrame):
        return _put_frame(value, buffers)
    raise NotPackedError(kind)


def _put_frame(frame: pd.DataFrame, buffers: list[bytes]) -> list[Any]:
    names, place = frame.columns.tolist(), getattr(frame, "active_geometry_name", None)
    if frame.attrs or frame.columns.name is not None or not frame.columns.is_unique or any(
            type(name) is not str for name in names) or (type(frame) is gpd.GeoDataFrame and place is None):
        raise NotPackedError(type(frame))
    columns = [_put_values(frame[name], buffers) for name in names]
    return ["frame", place, names, _put_index(frame.index, buffers), columns]


def _put_index(index: pd.Index, buffers: list[bytes]) -> list[Any]:
    if type(index) is pd.RangeIndex:
        return ["range", _put(index.name, buffers), [index.start, index.stop, index.step]]
    if type(index) is not pd.Index:
        raise NotPackedError(type(index))
    return ["index", _put(index.name, buffers), _put_values(index.to_series().reset_index(drop=True), buffers)]


def _put_values(values: pd.Series, buffers: list[bytes]) -> list[Any]:
    name = str(values.dtype)
    if name == "geometry":
        crs = values.array.crs
        if crs is not None and CRS(crs.srs) != crs:
            raise NotPackedError(crs)
        shapes = np.asarray(values.array, dtype=object)
        return ["shapes", None if crs is None else crs.srs, _put_shapes(shapes, buffers)]
    if name in TEXTS:
        return ["texts", name, _put_texts(values.to_numpy(object), buffers)]
    if name in MASKED:
        missing, plain = values.isna().to_numpy(), values.to_numpy(MASKED[name], na_value=0)
        return ["masked", name, _put_array(missing, buffers), _put_array(plain, buffers)]
    if not isinstance(values.dtype, np.dtype):
        raise NotPackedError(values.dtype)
    return ["values", _put_array(values.to_numpy(), buffers)]


def _put_array(values: np.ndarray, buffers: list[bytes]) -> list[Any]:
    if values.dtype.name in NUMBERS:
        buffers.append(np.ascontiguousarray(values).tobytes())
        return ["numbers", values.dtype.name, list(values.shape), len(buffers) - 1]
    if values.dtype != object or values.ndim != 1:
        raise NotPackedError(values.dtype)
    if all(value is None or type(value) is str for value in values):
        return ["objects", _put_texts(values, buffers)]
    if shapely.is_valid_input(values).all():
        return ["objects of ground", _put_shapes(values, buffers)]
    return ["mixed", [_put(value, buffers) for value in values]]


def _put_texts(values: np.ndarray, buffers: list[bytes]) -> list[int]:
    """Keep every text once: ids, types and reasons stand in thousands of rows."""
    place = {value: at for at, value in enumerate(dict.fromkeys(value for value in values if isinstance(value, str)))}
    known = [text.encode("utf-8", "surrogatepass") for text in place]
    sizes = np.array([len(text) for text in known], dtype="int64")
    codes = np.array([place.get(value, MISSING) for value in values], dtype="int64")
    buffers += [codes.tobytes(), sizes.tobytes(), b"".join(known)]
    return [len(buffers) - 3, len(buffers) - 2, len(buffers) - 1]


def _put_shapes(shapes: np.ndarray, buffers: list[bytes]) -> list[int]:
    if (shapely.get_type_id(shapes) == LINEAR_RING).any():
        raise NotPackedError("LinearRing")
    written = shapely.to_wkb(shapes, output_dimension=4, flavor="iso")
    sizes = np.array([-1 if shape is None else len(shape) for shape in written], dtype="int64")
    grids = shapely.get_precision(shapes)  # WKB forgets the grid to which all that is made of a shape is rounded
    buffers += [sizes.tobytes(), b"".join(shape or b"" for shape in written), grids.tobytes()]
    return [len(buffers) - 3, len(buffers) - 2, len(buffers) - 1]


def _take(said: list[Any], buffers: list[memoryview]) -> Any:
    return TAKEN[said[0]](buffers, *said[1:])


def _take_plain(_buffers: list[memoryview], value: Any) -> Any:
    return value


def _take_members(buffers: list[memoryview], members: list[Any]) -> list[Any]:
    return [_take(member, buffers) for member in members]


def _take_finding(buffers: list[memoryview], members: list[Any]) -> Finding:
    return Finding(*_take_members(buffers, members))


def _take_fraction(_buffers: list[memoryview], parts: list[int]) -> Fraction:
    return Fraction(*parts)


def _take_frame(
    buffers: list[memoryview], place: str | None, names: list[str], index: list[Any], columns: list[Any],
) -> pd.DataFrame:
    held = {name: _take(column, buffers) for name, column in zip(names, columns, strict=True)}
    frame = pd.DataFrame(held, columns=pd.Index(names, dtype="str"))
    frame.index = _take(index, buffers)
    return frame if place is None else gpd.GeoDataFrame(frame, geometry=place)


def _take_values(buffers: list[memoryview], said: list[Any]) -> Any:
    values = _take(said, buffers)
    return pd.Series(values, dtype=values.dtype)  # else pandas looks into objects and finds texts


def _take_texts(buffers: list[memoryview], name: str, places: list[int]) -> pd.Series:
    if name not in TEXTS:
        raise ValueError(name)
    return pd.Series(_texts(buffers, *places), dtype=name)


def _take_shapes(buffers: list[memoryview], crs: str | None, places: list[int]) -> pd.Series:
    return pd.Series(gpd.array.GeometryArray(_shapes(buffers, *places), crs=None if crs is None else CRS(crs)))


def _take_masked(buffers: list[memoryview], name: str, missing: list[Any], plain: list[Any]) -> Any:
    if name not in MASKED:
        raise ValueError(name)
    values: Any = pd.Series(_take(plain, buffers))
    return values.astype(name).mask(_take(missing, buffers))


def _take_numbers(buffers: list[memoryview], name: str, shape: list[int], place: int) -> np.ndarray:
    if name not in NUMBERS:
        raise ValueError(name)
    return np.frombuffer(buffers[place], dtype=name).reshape(shape).copy()


def _texts(buffers: list[memoryview], codes: int, sizes: int, texts: int) -> np.ndarray:
    found = [None if part is None else str(part, "utf-8", "surrogatepass") for part in _cut(buffers, sizes, texts)]
    held: np.ndarray = _objects([*found, None])[np.frombuffer(buffers[codes], dtype="int64")]
    return held


def _shapes(buffers: list[memoryview], sizes: int, shapes: int, grids: int) -> np.ndarray:
    written = [None if part is None else bytes(part) for part in _cut(buffers, sizes, shapes)]
    held, grid = np.asarray(shapely.from_wkb(_objects(written)), dtype=object), np.frombuffer(buffers[grids])
    for size in np.unique(grid[grid > 0]).tolist():
        held[grid == size] = shapely.set_precision(held[grid == size], size, mode="pointwise")
    return held


def _objects(values: list[Any]) -> np.ndarray:
    held = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):  # numpy would look into members that are lists
        held[place] = value
    return held


def _cut(buffers: list[memoryview], sizes: int, whole: int) -> list[memoryview | None]:
    lengths = np.frombuffer(buffers[sizes], dtype="int64")
    ends = np.cumsum(np.maximum(lengths, 0))
    if (ends[-1] if len(ends) else 0) != len(buffers[whole]):
        raise ValueError("length")
    return [None if length < 0 else buffers[whole][end - length:end]
            for length, end in zip(lengths.tolist(), ends.tolist(), strict=True)]


TAKEN: Mapping[str, Any] = {
    "plain": _take_plain,
    "list": _take_members,
    "tuple": lambda buffers, members: tuple(_take_members(buffers, members)),
    "dict": lambda buffers, names, members: dict(zip(names, _take_members(buffers, members), strict=True)),
    "finding": _take_finding,
    "fraction": _take_fraction,
    "scalar": lambda buffers, said: _take(said, buffers)[0],
    "array": lambda buffers, said: _take(said, buffers),
    "series": lambda buffers, name, index, values: _take(values, buffers).set_axis(_take(index, buffers)).rename(
        _take(name, buffers)),
    "frame": _take_frame,
    "range": lambda buffers, name, parts: pd.RangeIndex(range(*parts), name=_take(name, buffers)),
    "index": lambda buffers, name, values: pd.Index(_take(values, buffers), name=_take(name, buffers)),
    "shapes": _take_shapes,
    "texts": _take_texts,
    "masked": _take_masked,
    "values": _take_values,
    "numbers": _take_numbers,
    "mixed": lambda buffers, members: _objects(_take_members(buffers, members)),
    "objects": lambda buffers, places: _texts(buffers, *places),
    "objects of ground": lambda buffers, places: _shapes(buffers, *places),
}
