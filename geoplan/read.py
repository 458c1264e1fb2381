"""What did the planner bring? Files -> Layers: checked row by row, in one metric CRS, sorted by id, every doubt noted.

Each layer goes the same way: preflight, open, take our columns, settle the CRS, rules in the CRS of the file, project,
rules in the working CRS. The estates go first; the other layers must lie near them. Rows read = rows used + rejected.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.archives import at_hand
from geoplan.checks import GIVEN_RULES, WORKING_RULES
from geoplan.datum import zone_crs, zone_of
from geoplan.errors import DataError, Finding, raise_all, remarks_of, stopping
from geoplan.geodata import open_geodata
from geoplan.headings import Headed, take_columns
from geoplan.identities import make_ids
from geoplan.ledgers import open_ledger
from geoplan.opened import Opened
from geoplan.places import (
    JUDGED_BY_ROW,
    around,
    check_layer_at_home,
    crs_of,
    home_of_rows,
    median_longitude,
    mend_swapped,
    name_of,
    points_of_cells,
    to_working,
)
from geoplan.preflight import LEDGERS, OSM_PBF, digest_of, files_of, format_of
from geoplan.progress_rows import Progress, no_progress, read_progress
from geoplan.project import PLAN_FILE, PROGRESS, SINGLE_LAYERS, Project, source_path
from geoplan.rules import Checked, Home, Rule, Setting, apply_rules
from geoplan.schema import DTYPES, GEOMETRY_TYPES, columns_of, keys_of
from geoplan.settings import Source

OSM_COLUMN = "osm_id"  # every tool that cuts layers out of OpenStreetMap keeps it; the map then gives the credit
POINT_LAYERS = ("facilities", "sites")
NOT_HANDED_ON = frozenset({"x", "y", "amap_code"})
EXTRAS: Mapping[str, Mapping[str, str]] = {"streets": {"not_walkable": "boolean"}, "barriers": {"layer": "str"}}


@dataclass(frozen=True)
class Layers:
    """Everything that was read, in the working CRS; a layer that was not brought has no rows.

    Every frame has the columns of its layer in columns.csv (without x, y and amap_code) and `row`, the number the
    planner sees; streets also `not_walkable`, barriers also `layer`. `brought`, `rows` and `decided` have no key for a
    layer that was not brought; a barrier layer stands there as barriers.water.
    """

    crs: CRS
    estates: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    utilities: gpd.GeoDataFrame
    heritage: gpd.GeoDataFrame
    planning_units: gpd.GeoDataFrame
    brought: Mapping[str, frozenset[str]]
    findings: tuple[Finding, ...]
    rows: Mapping[str, Mapping[str, int]]
    inputs: Mapping[str, str]
    decided: Mapping[str, Mapping[str, str]]
    progress: pd.DataFrame = field(default_factory=no_progress)


class Brought(NamedTuple):
    """A layer whose file, columns and CRS can be used."""

    source: Source
    opened: Opened
    headed: Headed
    crs: CRS
    datum: str


class Placed(NamedTuple):
    """A layer whose rows are known to lie where they should, still in the CRS of the file."""

    brought: Brought
    rows: pd.DataFrame


def read_layers(project: Project) -> Layers:
    """Return every layer of a project; DataError names everything that stops the run."""
    layers, findings = collect_layers(project)
    raise_all(DataError, findings, project.plan.language)
    assert layers is not None
    return layers


def collect_layers(project: Project) -> tuple[Layers | None, list[Finding]]:
    """Return every layer of a project, and everything that stops the run.

    Parameters
    ----------
    project
        May have problems of its own; what can be read is read all the same, to look for more.

    Returns
    -------
    layers
        None where the estates cannot be read; other layers that cannot be are missing. Remarks on rows travel in it.
    findings
        Empty where the run may go on.
    """
    findings: list[Finding] = []
    placed: dict[str, Placed] = {}
    home: Home | None = None
    for layer in _in_order(project):
        brought, found = _open(project, layer, home)
        findings += found
        if brought is None:
            continue
        rows, found = _place(brought, _setting(project, layer, brought, brought.crs, home))
        findings += found
        if stopping(found):
            continue
        placed[layer] = Placed(brought, rows)
        home = home_of_rows(rows, brought.crs) if layer == "estates" else home
    crs, found = _working_crs(project, placed)
    findings += found
    if crs is None:
        return None, stopping(findings)
    done: dict[str, pd.DataFrame] = {}
    for layer, (brought, rows) in placed.items():
        ids = frozenset(done["estates"]["estate_id"]) if "estates" in done else frozenset()
        setting = _setting(project, layer, brought, crs, home, ids)
        moved = to_working(rows, brought.crs, brought.datum, crs)
        done[layer], found = apply_rules(moved, setting, WORKING_RULES[setting.kind])
        findings += [*found, *_too_many_rejected(project, layer, brought, done[layer])]
    if "estates" not in done:
        return None, stopping(findings)
    progress, found = read_progress(project, crs, frozenset(done["estates"]["estate_id"]))
    findings += found
    return _with_progress(_layers(crs, project, placed, done, findings), project, progress), stopping(findings)


def _in_order(project: Project) -> list[str]:
    layers = [layer for layer in project.sources if layer != PROGRESS]
    return sorted(layers, key=lambda layer: (layer != "estates", layers.index(layer)))


def _open(project: Project, layer: str, home: Home | None) -> tuple[Brought | None, list[Finding]]:
    source = project.sources[layer]
    with at_hand(source_path(project, layer), source, layer) as (path, inner, findings):
        if path is None or (findings := _unfit(path, layer)):
            return None, _said_missing(findings, layer, source)
        opened, findings = open_ledger(path, inner, layer) if format_of(path) in LEDGERS else open_geodata(
            path, inner, layer, None if home is None else around(home))
    if opened is None:
        return None, findings
    headed, found = take_columns(opened, source, layer)
    crs, datum, more = crs_of(opened, source, layer)
    findings = [*findings, *opened.findings, *found, *more]
    if crs is None or stopping(findings):
        return None, findings
    return Brought(source, opened, headed, crs, datum), findings


def _said_missing(findings: list[Finding], layer: str, source: Source) -> list[Finding]:
    """Return findings with the words of plan.toml for a file that is not there."""
    if findings[0].code != "preflight.no_file":
        return findings
    return [Finding("project.no_data_file", PLAN_FILE, values={"where": f"{layer}.path", "said": source.path})]


def _unfit(path: Path, layer: str) -> list[Finding]:
    if format_of(path) in LEDGERS and layer not in POINT_LAYERS:
        return [Finding("read.ledger_has_no_outlines", layer, values={"file": path.name})]
    if format_of(path) == OSM_PBF and layer != "streets":
        return [Finding("read.only_streets_from_osm", layer, values={"file": path.name})]
    return []


def _setting(
    project: Project, layer: str, brought: Brought, crs: CRS, home: Home | None,
    estate_ids: frozenset[str] = frozenset(),
) -> Setting:
    return Setting(layer, brought.source, project.plan.as_of, crs, brought.headed.heads, home, estate_ids)


def _place(brought: Brought, setting: Setting) -> Checked:
    """Return the rows that lie where they should, in the CRS of the file."""
    first: tuple[Rule, ...] = (points_of_cells,) if brought.opened.geometry is None else ()
    rows, findings = apply_rules(brought.headed.rows, setting, (make_ids, *first, *GIVEN_RULES[setting.kind]))
    astray = check_layer_at_home(rows, setting)
    if astray or setting.kind not in JUDGED_BY_ROW:
        return rows, findings + astray
    settled, found = mend_swapped(rows, setting)
    return settled, findings + found


def _working_crs(project: Project, placed: Mapping[str, Placed]) -> tuple[CRS | None, list[Finding]]:
    """Return the CRS of plan.toml, else the zone in the middle of the estates (of any layer, without estates)."""
    try:
        said = CRS.from_user_input(project.plan.crs) if project.plan.crs is not None else None
    except CRSError:
        said = None
    if said is not None and said.is_projected:
        return said, []
    middles = [median_longitude(rows, brought.crs) for brought, rows in placed.values() if len(rows)]
    if not middles:
        return None, [Finding("read.no_estates", "estates", values={"read": 0})] if "estates" in placed else []
    if zone_of(middles[0]) is None:
        told = [Finding("read.no_zone", PLAN_FILE, values={"lon": f"{middles[0]:.3f}"})]
        return None, told if "estates" in placed else []
    return zone_crs(middles[0]), []


def _too_many_rejected(project: Project, layer: str, brought: Brought, rows: pd.DataFrame) -> list[Finding]:
    read, used = len(brought.opened.row), len(rows)
    if layer == "estates" and not used:
        return [Finding("read.no_estates", layer, values={"read": read})]
    most = project.plan.max_rejected_share
    return [] if read - used <= most * read else [Finding("read.too_many_rejected", layer, values={
        "rejected": read - used, "read": read, "most": f"{most:.0%}"})]


def _layers(
    crs: CRS, project: Project, placed: Mapping[str, Placed], done: Mapping[str, pd.DataFrame], findings: list[Finding]
) -> Layers:
    frames = {layer: _frame(layer, [done[layer]] if layer in done else [], crs) for layer in SINGLE_LAYERS}
    walls = [rows.assign(layer=layer.partition(".")[2]) for layer, rows in done.items() if layer not in frames]
    order = {layer: at for at, layer in enumerate([*_in_order(project), PROGRESS])}
    return Layers(
        crs=crs, **frames, barriers=_frame("barriers", walls, crs),
        brought={layer: frozenset(part.brought.headed.heads) | (
            {"geometry"} if part.brought.opened.geometry is not None else set()) for layer, part in placed.items()},
        findings=tuple(sorted(
            remarks_of(findings), key=lambda found: (order.get(found.layer, -1), found.row or 0, found.code))),
        rows={layer: {"read": len(part.brought.opened.row), "used": len(done[layer]),
                      "rejected": len(part.brought.opened.row) - len(done[layer])} for layer, part in placed.items()},
        inputs=_inputs(project, placed),
        decided={layer: _decided(part.brought) for layer, part in placed.items()},
    )


def _with_progress(layers: Layers, project: Project, progress: Progress | None) -> Layers:
    if progress is None:
        return layers
    return replace(
        layers, progress=progress.rows, brought={**layers.brought, PROGRESS: progress.brought},
        rows={**layers.rows, PROGRESS: progress.counts}, decided={**layers.decided, PROGRESS: progress.decided},
        inputs={**layers.inputs, **_inputs(project, [PROGRESS])})


def _decided(brought: Brought) -> dict[str, str]:
    return {"format": brought.opened.format, "encoding": brought.opened.encoding, "crs": name_of(brought.crs),
            "datum": brought.datum, "origin": "openstreetmap" if OSM_COLUMN in brought.opened.cells.columns else ""}


def _frame(kind: str, parts: Iterable[pd.DataFrame], crs: CRS) -> gpd.GeoDataFrame:
    """Return the rows of a layer with its columns in order, sorted by id, or by name and shape where it has none.

    Streets keep the order of their file: their places along one another are settled by their corners.
    """
    columns = [column for column in columns_of(kind, "in") if column.name not in NOT_HANDED_ON]
    types = {column.name: object if column.type in GEOMETRY_TYPES else DTYPES[column.type] for column in columns}
    types |= {"row": "Int64", **EXTRAS.get(kind, {})}
    none = pd.DataFrame(columns=list(types))
    rows = pd.concat([part[list(types)].astype(types) for part in parts] or [none.astype(types)])
    order = [*keys_of(kind, "in"), *(["layer"] if kind == "barriers" else [])]
    if not keys_of(kind, "in") and kind != "streets":
        rows["shape"] = shapely.to_wkb(rows["geometry"].to_numpy(dtype=object), hex=True)
        order += [*(name for name in ("name", "utility_id") if name in rows), "shape"]
    sorted_rows = rows.sort_values([*order, "row"], kind="stable", ignore_index=True)[list(types)]
    return gpd.GeoDataFrame(sorted_rows, geometry="geometry", crs=crs)


def _inputs(project: Project, layers: Iterable[str]) -> dict[str, str]:
    digests = {project.file.name: digest_of(project.file)}
    for layer in layers:
        source = project.sources[layer]
        path = source_path(project, layer)
        for suffix, file in files_of(path).items():
            digests[source.path[:len(source.path) - len(path.suffix)] + suffix] = digest_of(file)
    return dict(sorted(digests.items()))
