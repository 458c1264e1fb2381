"""Which of their columns is which of ours? `columns` of plan.toml, our own names, and those usual in street files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from geoplan.errors import Finding, listed
from geoplan.opened import Opened
from geoplan.schema import GEOMETRY_TYPES, columns_of, is_spatial
from geoplan.settings import Source, StreetSource
from geoplan.words import word_key

STREET_NAMES: Mapping[str, tuple[str, ...]] = {
    "class": ("highway", "fclass", "kind_detail", "kind"), "bridge": ("is_bridge",), "tunnel": ("is_tunnel",),
}
ONE_OF: Mapping[str, tuple[str, ...]] = {"facilities": ("name", "facility_type", "amap_code")}
LISTED_COLUMNS = 30


@dataclass(frozen=True)
class Headed:
    """The cells of a layer under our names, and how their file calls each of them."""

    rows: pd.DataFrame
    heads: Mapping[str, str]


def take_columns(opened: Opened, source: Source, layer: str) -> tuple[Headed, list[Finding]]:
    """Return the columns that are ours, with `row` and, where the file has one, `geometry`.

    Parameters
    ----------
    opened
        The layer as its file has it.
    source
        What plan.toml says of it: columns, x, y, not_walkable.
    layer
        Name of the layer; `barriers.water` has the columns of barriers.

    Returns
    -------
    headed
        Cells are texts; a column that was not brought is not there.
    findings
        A column that plan.toml names or that is required, and is missing or ambiguous, stops the run; columns that are
        not used are one note.
    """
    theirs = [str(name) for name in opened.cells.columns]
    known = [column.name for column in columns_of(layer.partition(".")[0], "in") if column.type not in GEOMETRY_TYPES]
    said = {ours: their for ours, their in source.columns.items() if ours in known}
    said |= {axis: name for axis, name in (("x", source.x), ("y", source.y)) if name is not None}
    at = {ours: _positions(their, theirs) for ours, their in said.items()}
    at |= {ours: places for ours in known if ours not in at and (places := _own_name(ours, layer, theirs, at.values()))}
    findings = [*_wrong(said, at, theirs, layer), *_required(at, opened, layer)]
    heads = {ours: theirs[places[0]] for ours, places in at.items() if places}
    rows = pd.DataFrame({ours: opened.cells.iloc[:, at[ours][0]] for ours in heads}, index=opened.cells.index)
    rows["row"] = opened.row
    if opened.geometry is not None:
        rows["geometry"] = pd.Series(opened.geometry, index=rows.index, dtype=object)
        rows["was_open"] = False if opened.closed is None else opened.closed
    if isinstance(source, StreetSource) and source.not_walkable is not None:
        rows["not_walkable"], wrong = _not_walkable(opened, source.not_walkable, rows, layer)
        findings += wrong
    return Headed(rows, heads), [*findings, *_unused(theirs, at.values(), source, layer)]


def say_unused(columns: Sequence[str], layer: str) -> list[Finding]:
    """Return a note on columns of a file that nothing is made of, or nothing where there are none."""
    values = {"columns": listed(columns), "count": len(columns)}
    return [Finding("headings.unused", layer, values=values)] if columns else []


def _positions(name: str, theirs: list[str]) -> list[int]:
    exact = [at for at, their in enumerate(theirs) if their == name]
    return exact or [at for at, their in enumerate(theirs) if word_key(their) == word_key(name)]


def _own_name(ours: str, layer: str, theirs: list[str], taken: Iterable[list[int]]) -> list[int]:
    used = {at for places in taken for at in places}
    names = (ours, *(STREET_NAMES.get(ours, ()) if layer == "streets" else ()))
    found = ([at for at in _positions(name, theirs) if at not in used] for name in names)
    return next((places for places in found if places), [])


def _wrong(said: Mapping[str, str], at: Mapping[str, list[int]], theirs: list[str], layer: str) -> list[Finding]:
    missing = [Finding("headings.no_column", layer, values={
        "ours": ours, "column": their, "columns": "、".join(theirs[:LISTED_COLUMNS])})
        for ours, their in said.items() if not at[ours]]
    return missing + [Finding("headings.column_twice", layer, values={"ours": ours, "column": theirs[places[0]]})
                      for ours, places in at.items() if len(places) > 1]


def _required(at: Mapping[str, list[int]], opened: Opened, layer: str) -> list[Finding]:
    kind = layer.partition(".")[0]
    absent = [column.name for column in columns_of(kind, "in")
              if column.required and column.type not in GEOMETRY_TYPES and column.name not in at]
    if kind in ONE_OF and not any(ours in at for ours in ONE_OF[kind]):
        absent.append(" / ".join(ONE_OF[kind]))
    if opened.geometry is None and is_spatial(kind, "in"):
        absent += [axis for axis in ("x", "y") if axis not in at]
    return [Finding("headings.no_required", layer, values={"ours": ours, "columns": "、".join(
        str(name) for name in opened.cells.columns[:LISTED_COLUMNS])}) for ours in absent]


def _not_walkable(
    opened: Opened, not_walkable: Mapping[str, tuple[str, ...]], rows: pd.DataFrame, layer: str
) -> tuple[pd.Series, list[Finding]]:
    """Say which streets the planner's own list takes out; it may name their column or ours."""
    hit = pd.Series(False, index=rows.index, dtype="boolean")
    findings = []
    for column, classes in not_walkable.items():
        places = _positions(column, [str(name) for name in opened.cells.columns])
        if not places and column not in rows:
            findings.append(Finding("headings.no_column", layer, values={
                "ours": "not_walkable", "column": column,
                "columns": "、".join(str(name) for name in opened.cells.columns[:LISTED_COLUMNS])}))
            continue
        said = opened.cells.iloc[:, places[0]] if places else rows[column]
        hit |= said.str.lower().isin([class_.lower() for class_ in classes]).astype("boolean")
    return hit, findings


def _unused(theirs: list[str], at: Iterable[list[int]], source: Source, layer: str) -> list[Finding]:
    used = {place for places in at for place in places}
    walls = source.not_walkable or {} if isinstance(source, StreetSource) else {}
    unused = [name for place, name in enumerate(theirs) if place not in used and name and name not in walls]
    return say_unused(unused, layer)
