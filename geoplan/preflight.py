"""Is this file what it says? Local, of a known kind by its first bytes, whole, and free of traps.

A file is looked at here before any library opens it: a text file named .shp can make GDAL read other files and call the
network, a workbook of a few kilobytes can unpack to gigabytes, and a damaged file can be read with rows missing.
"""

import json
import lzma
import re
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from geoplan.broken_texts import broken_features, broken_rows_query
from geoplan.compounds import is_compound, is_whole_workbook, spans_of
from geoplan.errors import Finding, listed
from geoplan.presence import is_file
from geoplan.records import MAGIC, check_shapefile, companion
from geoplan.spans import span_of

SHAPEFILE, GEOPACKAGE, GEOJSON, OSM_PBF = "ESRI Shapefile", "GPKG", "GeoJSON", "OSM"
WORKBOOK, OLD_WORKBOOK, CSV = "XLSX", "XLS", "CSV"
ARCHIVE = "ZIP"  # holds one of the others
FORMATS: Mapping[str, str] = {
    ".shp": SHAPEFILE, ".gpkg": GEOPACKAGE, ".geojson": GEOJSON, ".json": GEOJSON, ".osm.pbf": OSM_PBF,
    ".pbf": OSM_PBF, ".xlsx": WORKBOOK, ".xls": OLD_WORKBOOK, ".csv": CSV, ".zip": ARCHIVE,
}
LEDGERS = (WORKBOOK, OLD_WORKBOOK, CSV)
SIDECARS = (".shx", ".dbf", ".prj", ".cpg")
GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
SQLITE_MAGIC = b"SQLite format 3\0"
GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11")
MAX_BLOB_HEADER = 64 * 1024  # OSM PBF format: a longer header is invalid
MAX_UNPACKED = 1_000_000_000  # bytes; the largest sheet Excel can hold is about half of it
MAX_RATIO = 200  # unpacked to packed; real sheets stay below 30
MAX_CELLS = 50_000_000
SHEET_MARK = b"sheetData"
UNZIPPING = (  # what a damaged zip file can raise
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError, OSError,
    ValueError)
MAX_EMPTY_CELLS, CELLS_FOR_ONE = 2_000_000, 20  # empty cells take as much memory and time as filled ones


def format_of(path: Path) -> str | None:
    """Return which format the name of a file claims, None where it is none that can be read."""
    name = path.name.lower()
    return next((format_ for suffix, format_ in FORMATS.items() if name.endswith(suffix)), None)


def check_file(path: Path, said: str, layer: str) -> list[Finding]:
    """Return why a file must not be opened; empty where it may.

    Parameters
    ----------
    path
        Where the file is.
    said
        The path as plan.toml has it.
    layer
        Name of the layer, for the findings.

    Returns
    -------
    findings
        Every finding stops the run.
    """
    if not is_local(said):
        return [Finding("preflight.not_local", layer, values={"path": said})]
    if not is_file(path):
        return [Finding("preflight.no_file", layer, values={"path": said})]
    format_ = format_of(path)
    if format_ is None:
        return [Finding("preflight.unknown_format", layer, values={"file": path.name, "known": "、".join(FORMATS)})]
    led = [file.name for file in files_of(path).values() if _leads_away(file)]
    if led:
        return [Finding("preflight.link", layer, values={"file": "、".join(led)})]
    return CHECKS[format_](path, layer)


def is_local(said: str) -> bool:
    """Say whether a path as plan.toml has it leads to this computer and to no driver of GDAL's."""
    return not ("://" in said or said.startswith(("/vsi", "\\\\")) or re.match(r"[A-Za-z0-9_]{2,}:", said))


def files_of(path: Path) -> dict[str, Path]:
    """Return the files that make up what stands at `path`, by their suffix; a shapefile is several."""
    beside = {suffix: companion(path, suffix) for suffix in SIDECARS} if format_of(path) == SHAPEFILE else {}
    return {path.suffix: path} | {suffix: file for suffix, file in beside.items() if file is not None}


def _leads_away(file: Path) -> bool:
    """Say whether a file is a link to another folder: what stands there is not what the planner put here."""
    return file.is_symlink() and not file.resolve().is_relative_to(file.parent.resolve())


def digest_of(path: Path) -> str:
    """Return the sha256 of a file."""
    return sha256(path.read_bytes()).hexdigest()


def _check_shapefile(path: Path, layer: str) -> list[Finding]:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return [_lies(path, layer, SHAPEFILE)]
    return check_shapefile(path, layer)


def _check_geopackage(path: Path, layer: str) -> list[Finding]:
    with path.open("rb") as file:
        head = file.read(100)
    if not head.startswith(SQLITE_MAGIC) or head[68:72] not in GEOPACKAGE_IDS:
        return [_lies(path, layer, GEOPACKAGE)]
    is_whole = geopackage_rows(path, "PRAGMA quick_check(1)") == [("ok",)]
    return [] if is_whole else [_damaged(path, layer)]


def geopackage_rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query on a GeoPackage, which is opened read-only; none where it is damaged."""
    mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"
    base = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)
    base.text_factory = lambda data: data.decode("utf-8", "replace")
    try:
        return base.execute(query).fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError):  # the second where SQLite quotes a damaged schema
        return []
    finally:
        base.close()


def geopackage_layers(path: Path) -> list[str]:
    """Return the names of the feature layers of a GeoPackage, in their order."""
    query = "SELECT table_name FROM gpkg_contents WHERE data_type = 'features' ORDER BY rowid"
    return [str(name) for (name,) in geopackage_rows(path, query)]


def check_geopackage_texts(path: Path, name: str, layer: str) -> list[Finding]:
    """Return a finding where rows of a layer of a GeoPackage hold a text that a reader would cut short."""
    quoted = name.replace('"', '""')
    columns = [str(line[1]) for line in geopackage_rows(path, f'PRAGMA table_info("{quoted}")')]
    query = broken_rows_query(name, columns)
    return cut_texts([int(str(row)) for (row,) in geopackage_rows(path, query)] if query else [], path, layer)


def geopackage_count(path: Path, name: str) -> int | None:
    """Return how many rows a layer of a GeoPackage has; the file says it a second time, and a reader may trust that."""
    quoted = name.replace('"', '""')
    rows = geopackage_rows(path, f'SELECT count(*) FROM "{quoted}"')
    return int(str(rows[0][0])) if rows else None


def _check_geojson(path: Path, layer: str) -> list[Finding]:
    data = path.read_bytes()
    try:
        said = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return [Finding("preflight.json_not_utf8", layer, values={"file": path.name})]
    except json.JSONDecodeError as error:
        return [Finding("preflight.not_json", layer, values={"file": path.name, "line": error.lineno})]
    except (ValueError, RecursionError):
        return [_damaged(path, layer)]
    kind = said.get("type") if isinstance(said, dict) else None
    if kind not in ("FeatureCollection", "Feature", *GEOMETRIES):
        return [_lies(path, layer, GEOJSON)]
    features = said.get("features") if kind == "FeatureCollection" else [said] if kind == "Feature" else []
    if not isinstance(features, list) or not all(_is_feature(feature) for feature in features):
        return [_damaged(path, layer)]
    return cut_texts(broken_features(data, features), path, layer)


def cut_texts(rows: Sequence[int], path: Path, layer: str) -> list[Finding]:
    """Return a finding where rows hold a text that a reader would cut short."""
    values = {"file": path.name, "rows": listed(rows), "count": len(rows)}
    return [Finding("preflight.cut_texts", layer, values=values)] if rows else []


def _is_feature(said: object) -> bool:
    return isinstance(said, dict) and said.get("type") == "Feature" and isinstance(
        said.get("geometry"), dict | None) and isinstance(said.get("properties"), dict | None)


def _check_pbf(path: Path, layer: str) -> list[Finding]:
    data = path.read_bytes()
    if data[4:6] != b"\x0a\x09" or data[6:15] != b"OSMHeader":
        return [_lies(path, layer, OSM_PBF)]
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        blob = _blob_size(data[at + 4:at + 4 + size]) if size <= MAX_BLOB_HEADER else None
        if blob is None:
            return [_damaged(path, layer)]
        at += 4 + size + blob
    return [] if at == len(data) else [_damaged(path, layer)]


def _blob_size(header: bytes) -> int | None:
    """Return field 3 (datasize) of a BlobHeader, None where the message is broken."""
    at = 0
    while at < len(header):
        key, at = header[at], at + 1
        number, at = _varint(header, at)
        if key == 0x18:
            return number
        if key in (0x0A, 0x12):
            at += number
        elif key & 7:
            return None
    return None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number, shift = 0, 0
    while at < len(data):
        number, shift, at = number | (data[at] & 0x7F) << shift, shift + 7, at + 1
        if data[at - 1] < 0x80:
            break
    return number, at


def _check_workbook(path: Path, layer: str) -> list[Finding]:
    try:
        with zipfile.ZipFile(path) as book:
            members = book.infolist()
            if not any(member.filename == "xl/workbook.xml" for member in members):
                return [_lies(path, layer, WORKBOOK)]
            unpacked = sum(member.file_size for member in members)
            packed = sum(member.compress_size for member in members)
            if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
                return [Finding("preflight.unpacks_too_far", layer, values={"file": path.name, "size": unpacked})]
            texts = (book.read(member) for member in members)  # a sheet may lie under any name
            return _check_spans([span_of(text) for text in texts if SHEET_MARK in text], path, layer)
    except UNZIPPING:
        return [_damaged(path, layer)]


def _check_old_workbook(path: Path, layer: str) -> list[Finding]:
    data = path.read_bytes()
    if not is_compound(data):
        return [_lies(path, layer, OLD_WORKBOOK)]
    if not is_whole_workbook(data):
        return [_damaged(path, layer)]
    return _check_spans(spans_of(data), path, layer)


def _check_spans(spans: Sequence[tuple[int, int]], path: Path, layer: str) -> list[Finding]:
    """Return a finding where a sheet spans more cells than can be held, or many more than are filled."""
    most = [min(MAX_CELLS, MAX_EMPTY_CELLS + CELLS_FOR_ONE * filled) for spanned, filled in spans
            if spanned > min(MAX_CELLS, MAX_EMPTY_CELLS + CELLS_FOR_ONE * filled)]
    return [Finding("preflight.sheet_too_wide", layer, values={"file": path.name, "most": most[0]})] if most else []


def _check_archive(path: Path, layer: str) -> list[Finding]:
    return [] if zipfile.is_zipfile(path) else [_lies(path, layer, ARCHIVE)]


def _check_csv(path: Path, layer: str) -> list[Finding]:
    data = path.read_bytes()
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return [_lies(path, layer, CSV)] if b"\0" in data and not is_wide else []


def _lies(path: Path, layer: str, format_: str) -> Finding:
    return Finding("preflight.not_what_it_says", layer, values={"file": path.name, "format": format_})


def _damaged(path: Path, layer: str) -> Finding:
    return Finding("preflight.damaged", layer, values={"file": path.name})


CHECKS: Mapping[str, Callable[[Path, str], list[Finding]]] = {
    SHAPEFILE: _check_shapefile, GEOPACKAGE: _check_geopackage, GEOJSON: _check_geojson, OSM_PBF: _check_pbf,
    WORKBOOK: _check_workbook, OLD_WORKBOOK: _check_old_workbook, CSV: _check_csv, ARCHIVE: _check_archive,
}
