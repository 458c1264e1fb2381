"""How a rule about rows is written: rows in, rows and findings out; a row that is not handed on was rejected.

A rule is any function `(rows, setting) -> (rows, findings)`. It may mend cells, reject rows or only remark on them;
every row it rejects must carry one finding. Adding a rule is writing one function and putting it in checks.py.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.errors import Finding, listed, messages
from geoplan.schema import keys_of
from geoplan.settings import Source

LONGEST_QUOTE = 60
MANY_ROWS, MANY_SHARE = 50, 0.2


@dataclass(frozen=True)
class Home:
    """Where the estates lie, in degrees; rows of other layers must lie near it."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Setting:
    """What rules know of a layer besides its rows; `crs` is the one the geometries are in at that moment."""

    layer: str
    source: Source
    as_of: date
    crs: CRS
    heads: Mapping[str, str] = field(default_factory=dict)
    home: Home | None = None
    estate_ids: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """The layer as schema knows it: barriers for barriers.water."""
        return self.layer.partition(".")[0]


Checked = tuple[pd.DataFrame, list[Finding]]
Rule = Callable[[pd.DataFrame, Setting], Checked]


def apply_rules(rows: pd.DataFrame, setting: Setting, rules: Iterable[Rule]) -> Checked:
    """Return the rows that every rule let through, and all findings in the order of the rules."""
    findings: list[Finding] = []
    for rule in rules:
        rows, found = rule(rows, setting)
        findings += found
    return rows, findings


def remark(
    code: str, rows: pd.DataFrame, setting: Setting, where: pd.Series | NDArray[np.bool_], *, of: int | None = None,
    **values: Any,
) -> list[Finding]:
    """Return one finding per row in `where`, or a single one where so many are alike that it is a fact of the layer.

    Parameters
    ----------
    code
        Line of messages.csv; rows that it rejects are always named one by one.
    rows
        Must hold `row`.
    setting
        Names the layer.
    where
        Which rows are meant.
    of
        Out of how many rows; default all.
    values
        Those as long as `rows` are taken row by row.

    Returns
    -------
    findings
        In the order of the rows.
    """
    at = np.flatnonzero(np.asarray(where, dtype=bool))
    if not len(at):
        return []
    is_each = {name: isinstance(value, pd.Series | np.ndarray) for name, value in values.items()}
    picked = {name: np.asarray(values[name], dtype=object)[at] for name in values if is_each[name]}
    told = rows.iloc[at]
    ids, who = ids_of(told, setting), names_of(told, setting)
    findings = [
        Finding(code, setting.layer, int(row), {
            **values, **{name: _quoted(column[i]) for name, column in picked.items()}, "id": ids[i], "who": who[i]})
        for i, row in enumerate(told["row"].to_numpy())
    ]
    is_common = len(at) > max(MANY_ROWS, MANY_SHARE * (len(rows) if of is None else of))
    if not is_common or messages()[code]["action"] == "rejected":
        return findings
    return [replace(findings[0], values={**findings[0].values, "id": listed(ids), "who": listed(who)})]


def reject(
    code: str, rows: pd.DataFrame, setting: Setting, where: pd.Series | NDArray[np.bool_], **values: Any
) -> Checked:
    """Return the rows that are not in `where`, and one finding for each that is."""
    is_bad = np.asarray(where, dtype=bool)
    return rows[~is_bad].reset_index(drop=True), remark(code, rows, setting, is_bad, **values)


def ids_of(rows: pd.DataFrame, setting: Setting) -> NDArray[np.object_]:
    """Return the id of each row as far as it has one, else ""."""
    keys = keys_of(setting.kind, "in") or ["utility_id"]
    return _texts(rows, keys[0])


def names_of(rows: pd.DataFrame, setting: Setting) -> NDArray[np.object_]:
    """Return how a row is called in sentences: its name and its id, or #5 where it has neither."""
    names, ids = _texts(rows, "name"), ids_of(rows, setting)
    return np.array([
        f"{name}({key})" if name and key and name != key else name or key or f"#{row}"
        for name, key, row in zip(names, ids, rows["row"], strict=True)
    ], dtype=object)


def _texts(rows: pd.DataFrame, column: str) -> NDArray[np.object_]:
    if column not in rows:
        return np.full(len(rows), "", dtype=object)
    return rows[column].astype(object).where(rows[column].notna(), "").to_numpy(dtype=object)


def _quoted(value: object) -> object:
    if isinstance(value, float | np.floating):
        return f"{value:.12g}"
    return value if not isinstance(value, str) or len(value) <= LONGEST_QUOTE else f"{value[:LONGEST_QUOTE]}…"
