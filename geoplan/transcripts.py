"""What do the files of a run say? Workbook, map, dossiers, atlas and .dbf -> texts and numbers, from their bare bytes.

Nothing of what wrote these files is used to read them, nor any library that writes such files: the layouts are those of
Office Open XML, of PDF 1.4, of dBASE III, and of the payload as payload.py describes it.
"""

import base64
import gzip
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

SHEET_XML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
WORD_XML = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SHEET_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")  # ECMA-376, 22.9.2.19: _x005F_ is an underscore
PAYLOAD = re.compile(r'id="payload">([^<]*)<')
OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
FONT_USED, CONTENTS = re.compile(rb"/(F\d+) (\d+) 0 R"), re.compile(rb"/Contents (\d+) 0 R")
TO_UNICODE, IS_PAGE = re.compile(rb"/ToUnicode (\d+) 0 R"), re.compile(rb"/Type /Page\b")
HEX = rb"<([0-9a-fA-F]+)>"
ONE_CODE = re.compile(rb"%b\s*%b" % (HEX, HEX))
MANY_CODES = re.compile(rb"%b\s*%b\s*(?:\[(.*?)\]|%b)" % (HEX, HEX, HEX), re.DOTALL)
SHOWN = re.compile(rb"\b(BT|ET)\b|/(F\d+) [\d.]+\s+Tf|\(((?:[^()\\]|\\.)*)\)", re.DOTALL)
ESCAPED = re.compile(rb"\\(\d{1,3}|.)", re.DOTALL)
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
FIELD_BYTES, FIELDS_END, DELETED = 32, 0x0D, ord("*")
NUMERIC = "NF"

Grid = list[list[str]]


class Paths(NamedTuple):
    """The shapes of a layer on the map: number of shapes, the shape of every point, its longitude and latitude."""

    shapes: int
    shape: NDArray[np.int64]
    lonlat: NDArray[np.float64]


class Page(NamedTuple):
    """What a map carries: tables of columns by name, and shapes by layer."""

    tables: Mapping[str, Mapping[str, list[Any]]]
    shapes: Mapping[str, Paths]


# ---- workbook

def sheet_lines(file: Path) -> dict[str, Grid]:
    """Return the lines of every sheet of a workbook, its cells as the texts in which they are stored."""
    with zipfile.ZipFile(file) as book:
        names = [sheet.get("name", "") for sheet in ElementTree.fromstring(
            book.read("xl/workbook.xml")).iter(f"{SHEET_XML}sheet")]
        items = ElementTree.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{SHEET_XML}si")
        strings = [SHEET_ESCAPE.sub(lambda found: chr(int(found[1], 16)), "".join(
            text.text or "" for text in item.iter(f"{SHEET_XML}t"))) for item in items]
        return {name: list(_rows(book.read(f"xl/worksheets/sheet{number}.xml"), strings))
                for number, name in enumerate(names, 1)}


def _rows(sheet: bytes, strings: Sequence[str]) -> Iterator[list[str]]:
    for row in ElementTree.fromstring(sheet).iter(f"{SHEET_XML}row"):
        line: dict[int, str] = {}
        for cell in row.iter(f"{SHEET_XML}c"):
            value = cell.findtext(f"{SHEET_XML}v") or ""
            line[_column(cell.get("r", ""))] = strings[int(value)] if cell.get("t") == "s" else value
        yield [line.get(place, "") for place in range(1, max(line, default=0) + 1)]


def _column(reference: str) -> int:
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


# ---- dossiers

def paper_blocks(file: Path) -> list[str | Grid]:
    """Return what a document holds in its order: a paragraph is a text, a table the texts of its cells."""
    with zipfile.ZipFile(file) as book:
        body = ElementTree.fromstring(book.read("word/document.xml")).find(f"{WORD_XML}body")
    return [] if body is None else [_grid(block) if block.tag == f"{WORD_XML}tbl" else _text(block) for block in body]


def _grid(table: ElementTree.Element) -> Grid:
    return [[_text(cell) for cell in row.iter(f"{WORD_XML}tc")] for row in table.iter(f"{WORD_XML}tr")]


def _text(block: ElementTree.Element) -> str:
    return "".join(text.text or "" for text in block.iter(f"{WORD_XML}t"))


# ---- map

def read_page(file: Path) -> Page:
    """Return what the payload of a map carries; ValueError where it has none."""
    found = PAYLOAD.search(file.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{file.name}: no payload")
    data = gzip.decompress(base64.b64decode(found[1]))
    end = 4 + struct.unpack_from("<I", data)[0]
    head = json.loads(data[4:end])
    shapes = {}
    for name, size in head["shapes"]:
        shapes[name], end = _paths(data[end:end + size]), end + size
    tables: dict[str, dict[str, list[Any]]] = {}
    for name, table in head["tables"].items():
        tables[name] = {}
        for column, said in table["columns"].items():
            size = 0 if isinstance(said, list) else said["bytes"]
            tables[name][column] = said if isinstance(said, list) else _values(said, data[end:end + size])
            end += size
    return Page(tables, shapes)


def _values(said: Mapping[str, Any], data: bytes) -> list[Any]:
    codes = _varints(data)
    codes = np.cumsum(_signed(codes)) if said["steps"] else codes
    if said["kind"] == "text":
        return [None if code == 0 else said["words"][code - 1] for code in codes]
    if said["kind"] == "bool":
        return [None if code == 0 else bool(code == 2) for code in codes]
    numbers = _signed(codes - 1) / 10.0 ** said["decimals"]
    return [None if code == 0 else number for code, number in zip(codes, numbers.tolist(), strict=True)]


def _varints(data: bytes) -> NDArray[np.int64]:
    each = np.frombuffer(data, dtype=np.uint8).astype(np.int64)
    if not len(each):
        return each
    starts = np.concatenate([[0], np.flatnonzero(each < 128)[:-1] + 1])
    place = np.arange(len(each)) - np.repeat(starts, np.diff(np.append(starts, len(each))))
    return np.add.reduceat((each & 127) << (7 * place), starts)


def _signed(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(codes % 2, -(codes + 1) // 2, codes // 2)


def _paths(data: bytes) -> Paths:
    numbers = _varints(data)
    count, at = int(numbers[0]), 1
    paths = numbers[at:at + count]
    points = numbers[at + count:at + count + int(paths.sum())] >> 1
    steps = _signed(numbers[at + count + len(points):]).reshape(-1, 2)
    return Paths(count, np.repeat(np.repeat(np.arange(count), paths), points), np.cumsum(steps, axis=0) / 1e6)


# ---- atlas

def pdf_pages(file: Path) -> list[list[str]]:
    """Return the texts of every page, each as it was written at one place, in the order in which they were drawn."""
    bodies = {int(found[1]): found[2] for found in OBJECT.finditer(file.read_bytes())}
    fonts = {name: TO_UNICODE.search(bodies[int(at)]) for body in bodies.values()
             for name, at in FONT_USED.findall(body) if int(at) in bodies}
    letters = {name: _letters(_stream(bodies[int(to[1])])) for name, to in fonts.items() if to}
    contents = [CONTENTS.search(body) for _, body in sorted(bodies.items()) if IS_PAGE.search(body)]
    return [list(_texts(_stream(bodies[int(at[1])]), letters)) for at in contents if at]


def _stream(body: bytes) -> bytes:
    head, _, rest = body.partition(b"stream\n")
    data = rest.rpartition(b"\nendstream")[0]
    return zlib.decompress(data) if b"FlateDecode" in head else data


def _letters(said: bytes) -> dict[int, str]:
    """Return the letter of every code of a font."""
    letters = {}
    for kind, block in re.findall(rb"beginbf(char|range)(.*?)endbf", said, re.DOTALL):
        if kind == b"char":
            letters.update({int(code, 16): _letter(to) for code, to in ONE_CODE.findall(block)})
            continue
        for first, last, each, to in MANY_CODES.findall(block):
            codes = range(int(first, 16), int(last, 16) + 1)
            each = re.findall(HEX, each)
            letters.update({code: _letter(each[nth]) if each else chr(int(to, 16) + nth)
                            for nth, code in enumerate(codes)})
    return letters


def _letter(said: bytes) -> str:
    return bytes.fromhex(said.decode()).decode("utf-16-be")


def _texts(said: bytes, letters: Mapping[bytes, Mapping[int, str]]) -> Iterator[str]:
    font, text = b"", ""
    for found in SHOWN.finditer(said):
        if found[1] == b"ET":
            yield text
        elif found[1] == b"BT":
            text = ""
        elif found[2]:
            font = found[2]
        else:
            text += "".join(letters.get(font, {}).get(code, "\ufffd") for code in ESCAPED.sub(_unescaped, found[3]))


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 8) & 0xFF]) if found[1].isdigit() else ESCAPES.get(found[1], found[1])


# ---- shapefile

def dbf_columns(file: Path, encoding: str) -> dict[str, list[Any]]:
    """Return the records of a .dbf that are not deleted, by field: numbers to the places shown, empty cells as None."""
    data = file.read_bytes()
    count, header, width = struct.unpack_from("<IHH", data, 4)
    fields = [data[at:at + FIELD_BYTES] for at in range(FIELD_BYTES, header - 1, FIELD_BYTES) if data[at] != FIELDS_END]
    records = [data[start:start + width] for start in islice(range(header, len(data), width), count)]
    kept = [record for record in records if record[0] != DELETED]
    columns, at = {}, 1
    for field in fields:
        name, size = field[:11].rstrip(b"\0").decode("ascii"), field[16]
        is_number, texts = chr(field[11]) in NUMERIC, [record[at:at + size] for record in kept]
        columns[name] = [_cell(text.decode(encoding).strip(), is_number=is_number) for text in texts]
        at += size
    return columns


def _cell(text: str, *, is_number: bool) -> Any:
    if not text or (is_number and text.startswith("*")):
        return None
    return Decimal(text) if is_number else text
