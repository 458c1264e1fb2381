"""What does a sheet hold that its values do not tell? Hidden rows, errors, formulas without a result, merged numbers.

Values alone would show an error as an empty cell, a row that a filter hides as any other, and one number that is
merged over three rows three times. All of it counts as it stands, and all of it is told. The text of the sheet is
looked through for marks, not parsed: preflight has passed the file, and nothing here changes what is read.
"""

import re
import zipfile
from collections.abc import Iterable, Sequence
from html import unescape
from pathlib import Path
from typing import NamedTuple

from geoplan.compounds import marks_of
from geoplan.errors import Finding, listed
from geoplan.preflight import OLD_WORKBOOK, format_of

SHEET, RELATION = re.compile(rb"<(?:\w+:)?sheet\b([^>]*)>"), re.compile(rb"<Relationship\b([^>]*)>")
ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="(\d{1,9})"')
ERROR_CELL = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3}\d{1,7})"')
FORMULA = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*><(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)'
                     rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>|(?=</(?:\w+:)?c>))")
CELL_ROW = re.compile(r"\d+$")

class Marks(NamedTuple):
    """Numbers of hidden rows, and names of cells with an error and of formulas without a result."""

    hidden: set[int]
    errors: list[str]
    bare: list[str]


Range = tuple[tuple[int, int], tuple[int, int]]


def blemishes_of(path: Path, sheets: Sequence[str], sheet: str, layer: str, rows: Sequence[int]) -> list[Finding]:
    """Return remarks on what the values of a sheet do not tell.

    Parameters
    ----------
    path
        A workbook that preflight has passed.
    sheets
        Names of all its sheets, in their order.
    sheet
        Name of the sheet that is read.
    layer
        Name of the layer, for the findings.
    rows
        Numbers of the rows that count, from 1.

    Returns
    -------
    findings
        Empty where there is nothing to tell, or the sheet is in no place where it is known to be.
    """
    counted = frozenset(rows)
    marks = _old_marks(path, sheets.index(sheet)) if format_of(path) == OLD_WORKBOOK else _marks(_text_of(path, sheet))
    hidden = sorted(marks.hidden & counted)
    errors, bare = _among(marks.errors, counted), _among(marks.bare, counted)
    return [
        *([Finding("ledgers.hidden_rows", layer, hidden[0], {"rows": listed(hidden), "count": len(hidden)})]
          if hidden else []),
        *[Finding(code, layer, values={"cells": listed(cells), "count": len(cells)})
          for code, cells in (("ledgers.error_cells", errors), ("ledgers.no_result", bare)) if cells]]


def _marks(data: bytes) -> Marks:
    hidden = HIDDEN_ROW.findall(data) if b"hidden=" in data else []
    errors = ERROR_CELL.findall(data) if b't="e"' in data else []
    bare = FORMULA.findall(data) if b"f>" in data or b"<f" in data else []
    return Marks({int(row) for row in hidden}, *([name.decode("ascii") for name in names] for names in (errors, bare)))


def _old_marks(path: Path, number: int) -> Marks:
    """Return the marks of a sheet of an .xls, where a formula never lacks a result."""
    hidden, errors = marks_of(path.read_bytes(), number)
    return Marks({row + 1 for row in hidden}, [f"{_letters(column)}{row + 1}" for row, column in sorted(errors)], [])


def merged_numbers(
    cells: Sequence[Sequence[object]], ranges: Iterable[Range], rows: Sequence[int], layer: str,
) -> list[Finding]:
    """Return a remark on numbers that are merged over several rows of cells.

    Parameters
    ----------
    cells
        Of the sheet.
    ranges
        Top and left, bottom and right of every merged range, from 0.
    rows
        Numbers of the rows that count, from 1.
    layer
        Name of the layer.

    Returns
    -------
    findings
        One, or none.
    """
    counted = frozenset(rows)
    tall = [(top, left, bottom) for (top, left), (bottom, _) in sorted(ranges)
            if top < len(cells) and left < len(cells[top]) and sum(
                row in counted for row in range(top + 1, min(bottom + 1, len(cells)) + 1)) > 1]
    names = [f"{_letters(left)}{top + 1}:{_letters(left)}{bottom + 1}" for top, left, bottom in tall
             if isinstance(cells[top][left], int | float) and not isinstance(cells[top][left], bool)]
    if not names:
        return []
    return [Finding("ledgers.merged_number", layer, values={"cells": listed(names), "count": len(names)})]


def _text_of(path: Path, sheet: str) -> bytes:
    """Return the text of a sheet, nothing where the workbook does not lead to it."""
    with zipfile.ZipFile(path) as book:
        held = set(book.namelist())
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= held:
            return b""
        marks = [dict(ATTRIBUTE.findall(found)) for found in SHEET.findall(book.read("xl/workbook.xml"))]
        links = [dict(ATTRIBUTE.findall(found)) for found in RELATION.findall(book.read("xl/_rels/workbook.xml.rels"))]
        named = [mark.get(b"r:id") for mark in marks if _said(mark.get(b"name", b"")) == sheet]
        places = [_said(link.get(b"Target", b"")) for link in links if link.get(b"Id") in named]
        place = places[0] if places else ""
        member = place.lstrip("/") if place.startswith("/") else f"xl/{place}"
        return book.read(member) if member in held else b""


def _said(value: bytes) -> str:
    return unescape(value.decode("utf-8", "replace"))


def _among(names: Sequence[str], rows: frozenset[int]) -> list[str]:
    return [name for name in names if (row := CELL_ROW.search(name)) and int(row[0]) in rows]


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
