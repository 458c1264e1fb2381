"""What a file holds before anyone has judged it: cells as text, outlines, and the row numbers a planner sees."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.errors import Finding

EXACT_WHOLE = 2**53  # above it a float no longer holds every whole number


@dataclass(frozen=True)
class Opened:
    """One layer as its file has it; `cells` are texts or None under the file's own names, in the file's order."""

    cells: pd.DataFrame
    row: NDArray[np.int64]
    geometry: NDArray[np.object_] | None
    crs: CRS | None
    format: str
    encoding: str
    closed: NDArray[np.bool_] | None = None  # rows whose ring had to be closed to be read at all
    findings: tuple[Finding, ...] = ()


def texts_of(values: Sequence[object] | NDArray[np.generic]) -> NDArray[np.object_]:
    """Return every value as the text a planner would type, None where the cell is empty."""
    array = np.asarray(values)
    if array.dtype.kind in "iufb":
        codes, uniques = pd.factorize(array)
        texts = np.array([*(text_of(value) for value in uniques.tolist()), None], dtype=object)
        return texts[codes]
    known: dict[tuple[type, Hashable], str | None] = {}
    texts = np.empty(len(values), dtype=object)
    for at, value in enumerate(values):
        key = (type(value), value if isinstance(value, Hashable) else repr(value))
        if key not in known:
            known[key] = text_of(value)
        texts[at] = known[key]
    return texts


def text_of(value: object) -> str | None:
    """Return one value as text: whole numbers without a point, dates as year-month-day, empty as None."""
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return "是" if value else "否"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < EXACT_WHOLE else repr(value)
    if isinstance(value, date | datetime):
        return value.isoformat()[:10]
    return str(value).strip() or None


def table_of(columns: Sequence[str], texts: Sequence[NDArray[np.object_]], count: int) -> pd.DataFrame:
    """Return the cells of a layer as a table of texts, one column per heading; a heading may stand twice."""
    filled = np.empty((count, len(columns)), dtype=object)
    for at, text in enumerate(texts):
        filled[:, at] = text
    return pd.DataFrame(filled, columns=pd.Index(list(columns), dtype=object), dtype="str")
