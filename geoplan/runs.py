"""What does a finished run hold? A run folder -> its manifest and, as asked, rows of its tables, exactly as written.

plan.gpkg is read only when it is the very file the manifest vouches for. It is an SQLite file and read as one, so that
whole numbers, empty cells and yes or no come back as columns.csv has them.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from pyproj.exceptions import CRSError

from geoplan.errors import DataError, Finding
from geoplan.schema import GEOMETRY_TYPES, columns_of, conform

MANIFEST, TABLES_FILE = "manifest.json", "plan.gpkg"
CONTRACT_KEYS = {"inputs", "outputs", "rows", "steps"}
LANGUAGES = ("zh", "en")
BAD_CONTENT = (sqlite3.Error, ValueError, TypeError, LookupError, shapely.errors.GEOSException, CRSError)
HEADER_BYTES = 8  # of a geometry in GeoPackage: magic, version, flags, reference system; then the envelope, then WKB
ENVELOPE_BYTES = (0, 32, 48, 48, 64)  # by the kind of envelope in bits 1 to 3 of the flags
FLAGS_AT, GEOMETRY_COLUMN = 3, "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"


@dataclass(frozen=True)
class Run:
    """A finished run whose tables are those the manifest vouches for."""

    folder: Path
    manifest: Mapping[str, Any]
    language: str


def open_run(folder: Path) -> Run:
    """Return a finished run; DataError where the folder is none, or its tables are not those that were written.

    Parameters
    ----------
    folder
        The run folder.

    Returns
    -------
    run
        Its language is the plan's.
    """
    manifest = _manifest(folder)
    if manifest is None:
        raise DataError([Finding("runs.no_run", values={"path": folder})])
    said = manifest.get("language")
    language = said if said in LANGUAGES else LANGUAGES[0]
    finding = _why_not(folder, manifest)
    if finding is not None:
        raise DataError([finding], language)
    return Run(folder, manifest, language)


def read_rows(run: Run, table: str, **wanted: str) -> pd.DataFrame:
    """Return the rows of a table in which every column named holds the text given; all rows where none is named.

    Parameters
    ----------
    run
        As `open_run` returns it.
    table
        A table of the contract; DataError where the run holds it in another form.
    wanted
        Column = text.

    Returns
    -------
    rows
        Typed and sorted as columns.csv says; a GeoDataFrame in the CRS of the run where the table is spatial.
    """
    try:
        with closing(sqlite3.connect(f"{_file(run).resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            return _rows(database, run, table, wanted)
    except BAD_CONTENT as error:
        raise DataError([Finding("runs.unreadable", values={
            "file": TABLES_FILE, "table": table, "version": run.manifest.get("version", "?"), "error": error,
        })], run.language) from error


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and set(manifest) >= CONTRACT_KEYS else None


def _why_not(folder: Path, manifest: Mapping[str, Any]) -> Finding | None:
    """Return why the tables of a run cannot be relied on, or None where they can."""
    if not manifest["steps"]:
        return Finding("runs.check_only", values={"path": folder})
    file, outputs = folder / TABLES_FILE, manifest["outputs"]
    if not file.is_file():
        return Finding("runs.no_tables", values={"path": folder, "file": TABLES_FILE})
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if not isinstance(outputs, dict) or outputs.get(TABLES_FILE) != digest:
        return Finding("runs.changed", values={"file": file})
    return None


def _file(run: Run) -> Path:
    return run.folder / TABLES_FILE


def _rows(database: sqlite3.Connection, run: Run, table: str, wanted: Mapping[str, str]) -> pd.DataFrame:
    database.text_factory = lambda text: text.decode("utf-8", errors="replace")
    database.execute("PRAGMA trusted_schema = OFF")
    place = database.execute(GEOMETRY_COLUMN, (table,)).fetchone()
    stored = {column.name: place[0] if column.type in GEOMETRY_TYPES and place else column.name
              for column in columns_of(table)}
    names = ", ".join(map(_named, stored.values()))
    where = " AND ".join(["TRUE", *(f"{_named(name)} = ?" for name in wanted)])
    rows = database.execute(f'SELECT {names} FROM "{table}" AS t WHERE {where}', tuple(wanted.values())).fetchall()
    frame = pd.DataFrame(rows, columns=list(stored), dtype=object)
    for column in columns_of(table):
        if column.type in GEOMETRY_TYPES:
            frame[column.name] = [_geometry(blob) for blob in frame[column.name]]
    return conform(table, frame, run.manifest["crs"])


def _named(column: str) -> str:
    """Return a column with its table in front: alone, SQLite would take a name it does not know for a text."""
    return 't."' + column.replace('"', '""') + '"'


def _geometry(blob: bytes | None) -> Any:
    if blob is None:
        return None
    return shapely.from_wkb(blob[HEADER_BYTES + ENVELOPE_BYTES[blob[FLAGS_AT] >> 1 & 0b111]:])
