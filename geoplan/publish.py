"""How does a plan leave the program? As a run folder that is whole or absent, with a manifest that proves it."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from geoplan.atlas import write_atlas
from geoplan.compare import SIDE, Comparison
from geoplan.crews import aside, count_processors
from geoplan.dossiers import write_dossiers
from geoplan.edition import edition
from geoplan.errors import DataError, Finding
from geoplan.geopackage import write_geopackage, write_layer
from geoplan.index_page import write_index
from geoplan.maps import write_map
from geoplan.panes import write_panes
from geoplan.plan import Plan
from geoplan.results import list_remarks
from geoplan.shapefiles import write_shapefiles
from geoplan.sheets import changes_sheets
from geoplan.staging import MANIFEST, check_out, disk_finding, read_manifest, staged
from geoplan.workbook import FIXED_DAY, write_findings, write_sheets, write_workbook

__all__ = ["WRITERS", "check_out", "publish", "publish_comparison", "publish_findings", "publish_summary"]
CHECK_FILE, COMPARE_FILE, PANES_FILE = "check.xlsx", "compare.xlsx", "compare.html"
SUMMARY_FILES = {"sheets": "summary.xlsx", "areas": "areas.gpkg", "index": "index.html"}
AREAS_TABLE, PROVINCE = "town_areas", "province"
CHUNK_BYTES = 1 << 20
APART, MANY_AREAS = "atlas.pdf", 30  # half of the work, and from where on it takes longer than starting a process


def publish(
    plan: Plan, out: Path, *, report: Callable[[Finding], None] | None = None, processes: int | None = None,
) -> Path:
    """Write the run folder of a plan, whole or not at all, and return where it is.

    An earlier run or an empty folder is replaced whole; DataError, with nothing left behind and the earlier run as it
    was, where `out` is anything else or the disk does not take it.

    Parameters
    ----------
    plan
        The finished plan.
    out
        The run folder.
    report
        Is told of every output written.
    processes
        That may write; as many as there are processors where nobody says. The bytes are the same.
    """
    apart = _apart(plan, processes or count_processors())
    with _disk_told(out, plan.project.plan.language), staged(out) as folder:
        with ExitStack() as stack:
            wait = stack.enter_context(aside(_write, (plan, folder, apart))) if apart else None
            _write((plan, folder, [name for name in WRITERS if name not in apart]), report)
            if wait is not None:
                wait()
        _tell(report, apart)
        _write_manifest(folder, _facts(plan))
    return out


def publish_findings(findings: Sequence[Finding], out: Path, language: str) -> Path:
    """Write what a check found as a folder of its own, and return where it is; a finished run is never replaced by it.

    Parameters
    ----------
    findings
        May be empty: then only the manifest says that the check was made.
    out
        The folder: absent, empty, or of an earlier check.
    language
        zh or en.
    """
    before = read_manifest(out)
    if before and before["steps"]:
        raise DataError([Finding("publish.holds_run", values={"path": out})], language)
    with _disk_told(out, language), staged(out) as folder:
        if findings:
            write_findings(list_remarks(findings, language), language, folder / CHECK_FILE)
        _write_manifest(folder, {"inputs": {}, "rows": {}, "parameters": {}, "steps": {}})
    return out


def publish_comparison(comparison: Comparison, out: Path) -> Path:
    """Write a comparison of two runs as a folder of its own, and return where it is; a finished run is never replaced.

    Parameters
    ----------
    comparison
        As `compare_runs` returns it.
    out
        The folder: absent, empty, or of an earlier check or comparison.
    """
    language = comparison.now.language
    before = read_manifest(out)
    if before and before["steps"]:
        raise DataError([Finding("publish.holds_run", values={"path": out})], language)
    with _disk_told(out, language), staged(out) as folder:
        sheets = changes_sheets(comparison.tables, language, SIDE)
        write_sheets(sheets, language, COMPARE_FILE, folder / COMPARE_FILE)
        write_panes(comparison, folder / PANES_FILE)
        _write_manifest(folder, {"inputs": {}, "rows": {}, "parameters": {}, "steps": {}})
    return out


def publish_summary(tables: Mapping[str, pd.DataFrame], out: Path, language: str) -> Path:
    """Write the summary of a batch as a folder of its own, and return where it is; a finished run is never replaced.

    Parameters
    ----------
    tables
        Tables of side `province` by name, as `summarise` returns them.
    out
        The folder: absent, empty, or of an earlier summary.
    language
        zh or en.
    """
    before = read_manifest(out)
    if before and before["steps"] and AREAS_TABLE not in before["steps"]:
        raise DataError([Finding("publish.holds_run", values={"path": out})], language)
    with _disk_told(out, language), staged(out) as folder:
        write_sheets(changes_sheets(tables, language, PROVINCE), language, SUMMARY_FILES["sheets"],
                     folder / SUMMARY_FILES["sheets"])
        write_layer(AREAS_TABLE, PROVINCE, tables[AREAS_TABLE], folder / SUMMARY_FILES["areas"], FIXED_DAY)
        write_index(tables, language, folder / SUMMARY_FILES["index"])
        rows = {name: len(table) for name, table in tables.items()}
        _write_manifest(folder, {"inputs": {}, "rows": {}, "parameters": {}, "steps": rows})
    return out


def _apart(plan: Plan, processes: int) -> list[str]:
    """Return the outputs that another process writes: none of a plan that is written before one has started."""
    pays = processes > 1 and len(plan.tables["areas"]) >= MANY_AREAS
    return [name for name in WRITERS if name == APART] if pays else []


def _write(
    task: tuple[Plan, Path, Sequence[str]], report: Callable[[Finding], None] | None = None,
) -> None:
    plan, folder, names = task
    for name in names:
        WRITERS[name](plan, folder / name)
        _tell(report, [name])


def _tell(report: Callable[[Finding], None] | None, names: Sequence[str]) -> None:
    if report is not None:
        for name in names:
            report(Finding("publish.written", values={"file": name}))


def _write_check(plan: Plan, file: Path) -> None:
    if len(plan.tables["remarks"]):
        write_findings(plan.tables["remarks"], plan.project.plan.language, file)


WRITERS: Mapping[str, Callable[[Plan, Path], None]] = {
    "map.html": write_map,
    "plan.gpkg": write_geopackage,
    "plan.xlsx": write_workbook,
    "dossiers.docx": write_dossiers,
    "atlas.pdf": write_atlas,
    "shapefile": write_shapefiles,
    CHECK_FILE: _write_check,
}


@contextmanager
def _disk_told(out: Path, language: str) -> Iterator[None]:
    """Turn what the disk refuses into a sentence in the plan's language."""
    try:
        yield
    except OSError as error:
        raise DataError([disk_finding(out, error)], language) from error
    except DataError as error:
        raise DataError(error.findings, language) from error


def _facts(plan: Plan) -> dict[str, Any]:
    header, layers = plan.project.plan, plan.layers
    parameters = plan.tables["parameters"]
    values = parameters["value"].astype(object).where(parameters["value"].notna(), None)
    return {
        "name": header.name, "jurisdiction": header.jurisdiction, "policies": list(header.policies),
        "as_of": header.as_of.isoformat(), "year": header.year, "language": header.language,
        "crs": layers.crs.to_string(), "inputs": dict(layers.inputs), "decided": _plain(layers.decided),
        "rows": _plain(layers.rows), "notes": dict(plan.notes),
        "delivery": {"encoding": plan.project.delivery.encoding, "names": dict(plan.template.names)},
        "parameters": dict(zip(parameters["name"], values, strict=True)),
        "steps": {name: len(table) for name, table in plan.tables.items()},
    }


def _plain(nested: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: dict(part) for name, part in nested.items()}


def _write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the manifest, after everything that it vouches for."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    outputs = {file.relative_to(folder).as_posix(): _sha256(file) for file in files}
    manifest = {**facts, **edition(), "outputs": outputs}
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
