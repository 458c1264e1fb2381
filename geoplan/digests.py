"""When are two inputs of a step the same? When every byte of them is: their digests are equal.

A digest is made of the type and of the exact content, member by member: a float of 1.0 is no whole 1, a missing value
no empty text, and the order of rows, keys and columns counts. What is of a kind not known here has no digest.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import singledispatch
from hashlib import sha256
from numbers import Rational
from pathlib import PurePath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

PLAIN = (type(None), bool, int, float, str, bytes)
MASKED = (pd.arrays.BooleanArray, pd.arrays.FloatingArray, pd.arrays.IntegerArray)
LINEAR_RING = 2  # its shapely type id


class NoDigestError(TypeError):
    """Something is of a kind of which nobody knows when two are the same."""


class Digester:
    """Returns digests; a table is read once, however often it is asked for: what steps are given never changes."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, bytes]] = {}  # the table is held, so that its number stays its own

    def __call__(self, value: object) -> bytes:
        if not isinstance(value, pd.DataFrame | pd.Series):
            return _digest(value, self)
        if id(value) not in self._known:
            self._known[id(value)] = value, _digest(value, self)
        return self._known[id(value)][1]


Ask = Callable[[object], bytes]


def _of(*parts: bytes) -> bytes:
    whole = sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "little") + part)
    return whole.digest()


def _of_texts(texts: Iterable[object]) -> bytes:
    """Return the digest of many texts, of which some may be missing."""
    known = [text if isinstance(text, str) else None for text in texts]
    sizes = np.array([-1 if text is None else len(text) for text in known], dtype="<i8")
    return _of(b"texts", sizes.tobytes(), "".join(filter(None, known)).encode("utf-8", "surrogatepass"))


def _of_pieces(pieces: Iterable[bytes | None]) -> bytes:
    known = list(pieces)
    sizes = np.array([-1 if piece is None else len(piece) for piece in known], dtype="<i8")
    return _of(b"pieces", sizes.tobytes(), b"".join(piece or b"" for piece in known))


@singledispatch
def _digest(value: object, ask: Ask) -> bytes:
    kind = type(value)
    named = f"{kind.__module__}.{kind.__qualname__}".encode()
    if kind in PLAIN or isinstance(value, date | PurePath | Rational | Decimal):
        return _of(b"plain", named, repr(value).encode("utf-8", "backslashreplace"))
    if is_dataclass(value):
        return _of(b"class", named, *(part for field in fields(value) for part in (
            field.name.encode(), ask(getattr(value, field.name)))))
    if hasattr(kind, "model_fields"):
        return _of(b"section", named, ask(dict(value)))  # type: ignore[call-overload]
    raise NoDigestError(kind)


@_digest.register(list)
@_digest.register(tuple)
def _of_members(value: Iterable[object], ask: Ask) -> bytes:
    return _of(type(value).__name__.encode(), *map(ask, value))


@_digest.register(set)
@_digest.register(frozenset)
def _of_set(value: Iterable[object], ask: Ask) -> bytes:
    return _of(type(value).__name__.encode(), *sorted(map(ask, value)))


@_digest.register(Mapping)
def _of_mapping(value: Mapping[object, object], ask: Ask) -> bytes:
    return _of(b"mapping", *(ask(part) for item in value.items() for part in item))


@_digest.register(np.generic)
def _of_scalar(value: np.generic, ask: Ask) -> bytes:
    return _of(b"scalar", ask(np.array([value])))


@_digest.register(np.ndarray)
def _of_array(value: np.ndarray, ask: Ask) -> bytes:
    about = f"{value.dtype.str} {value.shape}".encode()
    if value.dtype != object:
        if value.dtype.hasobject:
            raise NoDigestError(value.dtype)
        return _of(b"array", about, np.ascontiguousarray(value).tobytes())
    flat = value.ravel()
    if all(item is None or type(item) is str for item in flat):
        return _of(b"array", about, _of_texts(flat))
    if shapely.is_valid_input(flat).all():
        rings = np.flatnonzero(shapely.get_type_id(flat) == LINEAR_RING)  # WKB makes lines of them
        grids = shapely.get_precision(flat).tobytes()  # what is made of a shape is rounded to its grid
        return _of(b"shapes", about, rings.tobytes(), grids, _of_pieces(shapely.to_wkb(flat, output_dimension=4)))
    return _of(b"array", about, *map(ask, flat))


@_digest.register(CRS)
def _of_crs(value: CRS, ask: Ask) -> bytes:
    return _of(b"crs", ask(value.srs), ask(value.to_wkt()))


@_digest.register(pd.Index)
def _of_index(value: pd.Index, ask: Ask) -> bytes:
    if isinstance(value, pd.MultiIndex):
        raise NoDigestError(type(value))
    if isinstance(value, pd.RangeIndex):
        return _of(b"range", ask(value.name), ask([value.start, value.stop, value.step]))
    return _of(b"index", ask(value.name), ask(value.to_series().reset_index(drop=True)))


@_digest.register(pd.Series)
def _of_series(value: pd.Series, ask: Ask) -> bytes:
    return _of(b"series", ask(value.name), _of_index(value.index, ask), _of_values(value, ask))


@_digest.register(pd.DataFrame)
def _of_frame(value: pd.DataFrame, ask: Ask) -> bytes:
    spatial = isinstance(value, gpd.GeoDataFrame)
    about = ask([spatial, dict(value.attrs), value.active_geometry_name if spatial else None, value.columns.name,
                 value.columns.tolist()])
    columns = (_of_values(value.iloc[:, place], ask) for place in range(value.shape[1]))
    return _of(b"frame", about, _of_index(value.index, ask), *columns)


def _of_values(values: pd.Series, ask: Ask) -> bytes:
    dtype, about = values.dtype, str(values.dtype).encode()
    if isinstance(dtype, np.dtype):
        return _of(about, _of_array(values.to_numpy(), ask))
    if about == b"geometry":
        return _of(about, ask(values.array.crs), _of_array(np.asarray(values.array, dtype=object), ask))
    if isinstance(dtype, pd.StringDtype):
        return _of(about, str(dtype.na_value).encode(), _of_texts(values.to_numpy(object)))
    if isinstance(values.array, MASKED):
        kind: Any = values.array.dtype
        missing, plain = values.isna().to_numpy(), values.to_numpy(kind.numpy_dtype, na_value=0)
        return _of(about, _of_array(missing, ask), _of_array(plain, ask))
    raise NoDigestError(dtype)
