"""Do the three files of a shapefile tell the same story? Sizes, the chain of records, and their counts.

A reader that trusts a damaged shapefile returns fewer rows, or other rows, in silence. Layout of the files: ESRI
Shapefile Technical Description (1998); dBASE III header.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Finding

HEADER = 100
MAGIC = bytes([0x00, 0x00, 0x27, 0x0A])
POINT_TYPES = (1, 11, 21)
POLY_TYPES = (3, 5, 13, 15, 23, 25)
SHAPE_TYPES = (0, *POINT_TYPES, *POLY_TYPES, 8, 18, 28, 31)
MEASURED, WITH_HEIGHT = (23, 25), (13, 15)
FIELD_END = 0x0D
FIELD_TYPES = "CNFLDMBGPYTIVXO@+0"  # letters that dBASE, FoxPro and GIS programs write
FIELD_BYTES = 32


@dataclass(frozen=True)
class Field:
    """One field of a .dbf: its name as it stands there, its type letter, and where it lies in a record."""

    name: bytes
    type: str
    start: int
    width: int


@dataclass(frozen=True)
class DbfLayout:
    """What the header of a .dbf says."""

    count: int
    header: int
    width: int
    language: int
    fields: tuple[Field, ...]


def companion(path: Path, suffix: str) -> Path | None:
    """Return the file beside a shapefile that has its name and `suffix`, in whatever case it is written."""
    wanted = path.with_suffix(suffix).name.lower()
    found = sorted(other for other in path.parent.iterdir() if other.name.lower() == wanted and other.is_file())
    return found[0] if found else None


def dbf_layout(data: bytes) -> DbfLayout | None:
    """Return what the header of a .dbf says, None where it is no .dbf header."""
    if len(data) < FIELD_BYTES + 1:
        return None
    count, header, width = (int.from_bytes(data[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    fields: list[Field] = []
    start, at = 1, FIELD_BYTES
    while at < min(header, len(data)) and data[at] != FIELD_END:
        entry = data[at:at + FIELD_BYTES]
        if len(entry) < FIELD_BYTES:
            return None
        fields.append(Field(entry[:11].split(b"\0")[0], chr(entry[11]), start, entry[16]))
        start, at = start + entry[16], at + FIELD_BYTES
    if at >= header or start != width or any(field.type not in FIELD_TYPES for field in fields):
        return None
    return DbfLayout(count, header, width, data[29], tuple(fields))


def check_shapefile(path: Path, layer: str) -> list[Finding]:
    """Return what is wrong with the structure of a shapefile; empty where its three files agree.

    Parameters
    ----------
    path
        The .shp; its magic bytes have been seen already.
    layer
        Name of the layer, for the findings.

    Returns
    -------
    findings
        Every finding stops the run.
    """
    files = {suffix: companion(path, suffix) for suffix in (".shx", ".dbf")}
    missing = [suffix for suffix, file in files.items() if file is None]
    if missing:
        values = {"file": path.name, "missing": "、".join(missing)}
        return [Finding("preflight.companion_missing", layer, values=values)]
    shp, shx, dbf = (file.read_bytes() for file in (path, *files.values()) if file is not None)
    findings = [*_check_size(shp, path.name, layer), *_check_size(shx, path.with_suffix(".shx").name, layer),
                *_check_dbf(dbf, path.with_suffix(".dbf").name, layer), *_check_prj(path, layer)]
    return findings or _check_records(shp, shx, dbf, path.name, layer)


def _check_size(data: bytes, file: str, layer: str) -> list[Finding]:
    if len(data) < HEADER or data[:4] != MAGIC:
        return [Finding("preflight.header_damaged", layer, values={"file": file})]
    said = 2 * int.from_bytes(data[24:28], "big")
    if said != len(data):
        return [Finding("preflight.size_disagrees", layer, values={"file": file, "said": said, "found": len(data)})]
    if int.from_bytes(data[32:36], "little") not in SHAPE_TYPES:
        return [Finding("preflight.header_damaged", layer, values={"file": file})]
    return []


def _check_dbf(data: bytes, file: str, layer: str) -> list[Finding]:
    layout = dbf_layout(data)
    if layout is None:
        return [Finding("preflight.header_damaged", layer, values={"file": file})]
    said = layout.header + layout.count * layout.width
    if said > len(data):
        return [Finding("preflight.size_disagrees", layer, values={"file": file, "said": said, "found": len(data)})]
    return []


def _check_prj(path: Path, layer: str) -> list[Finding]:
    """Return a finding where the .prj is not UTF-8: the reader behind pyogrio 0.13 fails on it."""
    prj = companion(path, ".prj")
    try:
        _ = prj.read_bytes().decode("utf-8") if prj is not None else ""
    except UnicodeDecodeError:
        return [Finding("preflight.prj_not_utf8", layer, values={"file": path.with_suffix(".prj").name})]
    return []


def _check_records(shp: bytes, shx: bytes, dbf: bytes, file: str, layer: str) -> list[Finding]:
    layout = dbf_layout(dbf)
    assert layout is not None
    chain = _walk(shp)
    if chain is None:
        return [Finding("preflight.chain_broken", layer, values={"file": file})]
    entries = np.frombuffer(shx, dtype=">i4", offset=HEADER, count=(len(shx) - HEADER) // 8 * 2).reshape(-1, 2)
    if not len(chain) == len(entries) == layout.count:
        return [Finding("preflight.counts_disagree", layer, values={
            "file": file, "shp": len(chain), "shx": len(entries), "dbf": layout.count})]
    listed = np.sort(entries[:, 0].astype(np.int64) * 2)
    if not np.array_equal(listed, chain) or not np.array_equal(
            entries[:, 1], _big_endian(shp, entries[:, 0].astype(np.int64) * 2 + 4)):
        return [Finding("preflight.index_disagrees", layer, values={"file": file})]
    return [
        Finding("preflight.record_damaged", layer, int(record) + 1, {"file": file, "record": int(record) + 1})
        for record in np.flatnonzero(~_sound(shp, entries[:, 0].astype(np.int64) * 2))
    ]


def _walk(shp: bytes) -> NDArray[np.int64] | None:
    """Return where each record begins, None where the chain does not end at the end of the file."""
    starts, at = [], HEADER
    while at + 8 <= len(shp):
        words = int.from_bytes(shp[at + 4:at + 8], "big", signed=True)
        if words < 2:
            return None
        starts.append(at)
        at += 8 + 2 * words
    return np.array(starts, dtype=np.int64) if at == len(shp) else None


def _big_endian(data: bytes, at: NDArray[np.int64]) -> NDArray[np.int64]:
    return _words(data, at).view(">i4").astype(np.int64).ravel()


def _little_endian(data: bytes, at: NDArray[np.int64]) -> NDArray[np.int64]:
    return _words(data, at).view("<i4").astype(np.int64).ravel()


def _words(data: bytes, at: NDArray[np.int64]) -> NDArray[np.uint8]:
    inside = np.clip(at, 0, len(data) - 4)
    words: NDArray[np.uint8] = np.frombuffer(data, dtype=np.uint8)[inside[:, None] + np.arange(4)]
    return words


def _sound(shp: bytes, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which records have the type of the file (or none) and the length that their own counts ask for."""
    kind_of_file = int.from_bytes(shp[32:36], "little")
    length = 2 * _big_endian(shp, starts + 4)
    kind = _little_endian(shp, starts + 8)
    sound: NDArray[np.bool_] = (kind == kind_of_file) | (kind == 0)
    if kind_of_file not in POLY_TYPES:
        return sound
    is_full = (kind != 0) & (length >= 44)
    parts, points = _little_endian(shp, starts + 44), _little_endian(shp, starts + 48)
    needed = 44 + 4 * parts + 16 * points
    if kind_of_file in WITH_HEIGHT:
        needed = needed + 16 + 8 * points
    fits = (parts >= 1) & (points >= 1) & (length >= needed)
    if kind_of_file not in (*WITH_HEIGHT, *MEASURED):
        fits &= length == needed
    fits[is_full & fits] &= _rings_hold(shp, starts[is_full & fits], parts[is_full & fits], points[is_full & fits])
    return sound & np.where(kind == 0, True, is_full & fits)


def _rings_hold(
    shp: bytes, starts: NDArray[np.int64], parts: NDArray[np.int64], points: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Say which records begin their first ring at their first corner, and every next one after the one before."""
    holds: NDArray[np.bool_] = _little_endian(shp, starts + 52) == 0
    for at in np.flatnonzero(holds & (parts > 1)):
        first = np.frombuffer(shp, dtype="<i4", offset=int(starts[at]) + 52, count=int(parts[at]))
        holds[at] = (np.diff(first) > 0).all() and first[-1] < points[at]
    return holds
