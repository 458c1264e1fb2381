"""What stands in a ledger? A sheet of a workbook or a .csv -> cells as text, with the row numbers of the sheet.

Everything is read as text: a number format would turn an 18-digit id into something else. Rows above the heading are
titles, a row of totals is not a row, and a merged cell counts for every cell it covers.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from pathlib import Path

import numpy as np
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from geoplan.blemishes import blemishes_of, merged_numbers
from geoplan.encoding import DEFAULT, codec_of, decide_encoding
from geoplan.errors import Finding, stopping
from geoplan.opened import Opened, table_of, texts_of
from geoplan.preflight import CSV, UNZIPPING, format_of
from geoplan.settings import Source
from geoplan.words import plain

TOTALS = re.compile(r"(?:合计|总计|小计|共计|总和)[::]?")
PANIC = "PanicException"  # how a reader written in Rust gives up; it is no Exception and has no name to import
MAX_COLUMNS = 16_384  # a sheet of Excel has no more
SEPARATORS = ",\t;"
MARKS = ((b"\xef\xbb\xbf", "UTF-8", "utf-8-sig"), (b"\xff\xfe", "UTF-16", "utf-16"), (b"\xfe\xff", "UTF-16", "utf-16"))

Sheet = list[list[object]]


def open_ledger(path: Path, source: Source, layer: str) -> tuple[Opened | None, list[Finding]]:
    """Return the rows of a ledger below its heading, or why there are none.

    Parameters
    ----------
    path
        The file; preflight has passed it.
    source
        What plan.toml says of it: sheet, header_row, encoding.
    layer
        Name of the layer, for the findings.

    Returns
    -------
    opened
        None where the file cannot be used.
    findings
        What stops the run; remarks travel in `opened`.
    """
    format_ = format_of(path) or CSV
    sheet, encoding, findings = _csv(path, source, layer) if format_ == CSV else _workbook(path, source, layer)
    if stopping(findings):
        return None, findings
    last, width = source.header_row + source.header_rows - 1, max(map(len, sheet), default=0)
    if len(sheet) < last:
        return None, [Finding("ledgers.no_heading", layer, values={"row": last, "rows": len(sheet)})]
    if width > MAX_COLUMNS:
        return None, [Finding("ledgers.too_wide", layer, values={
            "file": path.name, "count": width, "most": MAX_COLUMNS})]
    opened = _below_heading(sheet, source, layer, format_, encoding)
    return replace(opened, findings=(*opened.findings, *findings)), []


def _below_heading(sheet: Sheet, source: Source, layer: str, format_: str, encoding: str) -> Opened:
    width = max(len(line) for line in sheet)
    last = source.header_row + source.header_rows - 1
    names = _names(sheet[source.header_row - 1:last], width)
    lines = [(number, line) for number, line in enumerate(sheet, 1) if number > last and any(
        str(cell).strip() for cell in line if cell is not None)]
    totals = [number for number, line in lines if _is_total(line)]
    kept = [(number, [*line, *[None] * width][:width]) for number, line in lines if not _is_total(line)]
    texts = [texts_of([line[at] for _, line in kept]) for at in range(width)]
    past = [number for number, line in kept if any(
        not name and str(cell or "").strip() for name, cell in zip(names, line, strict=True))]
    remarks = [Finding(code, layer, rows[0], {"rows": "、".join(map(str, rows[:5])), "count": len(rows)})
               for code, rows in (("ledgers.totals", totals), ("ledgers.beyond_heading", past)) if rows]
    row = np.array([number for number, _ in kept], dtype=np.int64)
    return Opened(table_of(names, texts, len(kept)), row, None, None, format_, encoding, findings=tuple(remarks))


def _names(heading: Sheet, width: int) -> list[str]:
    """Return the name of every column; where the heading has several rows, their words joined from the top down."""
    rows = [texts_of([*line, *[None] * width][:width]) for line in heading]
    return ["/".join(dict.fromkeys(str(word) for word in words if word)) for words in zip(*rows, strict=True)]


def _is_total(line: Sequence[object]) -> bool:
    first = next((str(cell) for cell in line if cell is not None and str(cell).strip()), "")
    return TOTALS.fullmatch(plain(first)) is not None


def _workbook(path: Path, source: Source, layer: str) -> tuple[Sheet, str, list[Finding]]:
    try:
        book = CalamineWorkbook.from_path(path)
        names = [source.sheet] if source.sheet is not None else _filled(book)
        if len(names) != 1 or names[0] not in book.sheet_names:
            code = "ledgers.which_sheet" if source.sheet is None else "ledgers.no_sheet"
            return [], "", [Finding(code, layer, values={
                "said": source.sheet or "", "sheets": "、".join(book.sheet_names)})]
        sheet = book.get_sheet_by_name(names[0])
        cells = _unmerged(sheet)
        rows = _rows_that_count(cells, source)
        marks = blemishes_of(path, book.sheet_names, sheet.name, layer, rows)
        return cells, DEFAULT, [*marks, *merged_numbers(cells, sheet.merged_cell_ranges or (), rows, layer)]
    except (CalamineError, *UNZIPPING):
        return [], "", [Finding("preflight.damaged", layer, values={"file": path.name})]
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        return [], "", [Finding("preflight.damaged", layer, values={"file": path.name})]


def _rows_that_count(cells: Sheet, source: Source) -> list[int]:
    last = source.header_row + source.header_rows - 1
    return [number for number, line in enumerate(cells, 1) if number > last and any(
        cell not in ("", None) for cell in line)]


def _filled(book: CalamineWorkbook) -> list[str]:
    return [name for name in book.sheet_names if book.get_sheet_by_name(name).height]


def _unmerged(sheet: CalamineSheet) -> Sheet:
    """Return the cells of a sheet, merged ones filled in every line that has something of its own."""
    cells: Sheet = [list(line) for line in sheet.to_python(skip_empty_area=False)]
    has_own = [any(cell not in ("", None) for cell in line) for line in cells]
    for (top, left), (bottom, right) in sorted(sheet.merged_cell_ranges or ()):
        if top >= len(cells) or left >= len(cells[top]):
            continue
        value = cells[top][left]
        for line in compress(cells[top:bottom + 1], has_own[top:bottom + 1]):
            line[left:right + 1] = [value] * len(line[left:right + 1])
    return cells


def _csv(path: Path, source: Source, layer: str) -> tuple[Sheet, str, list[Finding]]:
    """Return the lines of a .csv; its encoding is decided from all its text where plan.toml leaves it open."""
    text, encoding = _decoded(path.read_bytes(), source.encoding)
    if text is None:
        code = "preflight.encoding_unknown" if source.encoding == "auto" else "preflight.encoding_wrong"
        return [], "", [Finding(code, layer, values={"file": path.name, "said": source.encoding})]
    lines = re.split(r"\r\n|\r|\n", text)  # as csv does; str.splitlines knows seven more ends of a line
    heading = lines[source.header_row - 1] if len(lines) >= source.header_row else ""
    separator = max(SEPARATORS, key=heading.count)
    try:
        return [[*line] for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator)], encoding, []
    except csv.Error:
        return [], "", [Finding("preflight.damaged", layer, values={"file": path.name})]


def _decoded(data: bytes, said: str) -> tuple[str | None, str]:
    """Return the text and the name of its encoding; a byte order mark has the first word."""
    for mark, name, codec in MARKS:
        if data.startswith(mark):
            return _text(data, codec), name
    encoding = (decide_encoding(data) or "") if said == "auto" else said
    return _text(data, codec_of(encoding)), encoding


def _text(data: bytes, codec: str | None) -> str | None:
    try:
        return data.decode(codec) if codec else None
    except UnicodeDecodeError:
        return None


def sheets_of(path: Path) -> dict[str, Sheet]:
    """Return the cells of every sheet of a ledger that has some, by name ("" for a .csv); none where it is damaged."""
    if format_of(path) == CSV:
        text, _ = _decoded(path.read_bytes(), "auto")
        separator = max(SEPARATORS, key=(text or "").count)
        try:
            lines: Sheet = [[*line] for line in csv.reader(io.StringIO(text or "", newline=""), delimiter=separator)]
        except csv.Error:
            return {}
        return {"": lines} if lines else {}
    try:
        book = CalamineWorkbook.from_path(path)
        return {name: _unmerged(book.get_sheet_by_name(name)) for name in _filled(book)}
    except (CalamineError, OSError):
        return {}
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        return {}
