"""Does a shapefile on disk hold what was meant to be written? Read back without the library that wrote it.

The three parts of a shapefile are laid out in "ESRI Shapefile Technical Description" (1998) and the dBASE III table
format; both are plain enough to read with a table of offsets.
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SHP_HEADER, SHX_RECORD = 100, 8
DBF_HEADER, DBF_FIELD, DBF_END = 32, 32, 0x0D
WORD = 2  # lengths in .shp and .shx count 16-bit words
NULL_NUMBER = b"*"
RELATIVE_ERROR = 1e-12


def check_shapefile(file: Path, meant: Mapping[str, Sequence[Any]], encoding: str) -> None:
    """Read a shapefile back; OSError where a count, a name, a text or a number is not what was meant.

    Parameters
    ----------
    file
        The .shp; .shx, .dbf, .prj and .cpg stand beside it.
    meant
        Field name -> values (text, number as rounded for the file, or None), in the order of fields and records.
    encoding
        In which texts were written.
    """
    table = read_dbf(file.with_suffix(".dbf"))
    rows = len(next(iter(meant.values())))
    if not len(table) == _shx_count(file.with_suffix(".shx")) == rows or not _is_whole(file):
        raise OSError(f"{file.name}: the number of records is not {rows}")
    if list(table.dtype.names or ()) != ["deleted", *meant]:
        raise OSError(f"{file.name}: the fields are not {', '.join(meant)}")
    for name, values in meant.items():
        if not _is_same(table[name], values, encoding):
            raise OSError(f"{file.name}: field {name} reads back differently")
    if not file.with_suffix(".prj").stat().st_size or file.with_suffix(".cpg").read_text("ascii") != encoding:
        raise OSError(f"{file.name}: coordinate system or encoding is not declared")


def read_dbf(file: Path) -> np.ndarray:
    """Return the raw table of a .dbf: one named field of bytes per column, after the deletion mark."""
    raw = file.read_bytes()
    rows, header, width = struct.unpack_from("<IHH", raw, 4)
    offsets = range(DBF_HEADER, header - 1, DBF_FIELD)
    names = [raw[start:start + 11].partition(b"\0")[0].decode("ascii") for start in offsets if raw[start] != DBF_END]
    widths = [raw[start + 16] for start in offsets if raw[start] != DBF_END]
    layout = np.dtype([("deleted", "S1"), *((name, f"S{size}") for name, size in zip(names, widths, strict=True))])
    if layout.itemsize != width or len(raw) < header + rows * width:
        raise OSError(f"{file.name}: the table is not as long as its header says")
    return np.frombuffer(raw, layout, count=rows, offset=header)


def _shx_count(file: Path) -> int:
    return (file.stat().st_size - SHP_HEADER) // SHX_RECORD


def _is_whole(file: Path) -> bool:
    with file.open("rb") as stream:
        words: int = struct.unpack_from(">I", stream.read(SHP_HEADER), 24)[0]
    return words * WORD == file.stat().st_size


def _is_same(cells: np.ndarray, values: Sequence[Any], encoding: str) -> bool:
    stripped = [cell.rstrip(b" ") for cell in cells.tolist()]
    if any(isinstance(value, str) for value in values):
        return stripped == [(value or "").rstrip(" ").encode(encoding) for value in values]
    try:
        found = [float(cell) if cell.strip(NULL_NUMBER) else np.nan for cell in stripped]
    except ValueError:  # no number
        return False
    meant = [np.nan if value is None else float(value) for value in values]
    return bool(np.allclose(found, meant, rtol=RELATIVE_ERROR, atol=0, equal_nan=True))
