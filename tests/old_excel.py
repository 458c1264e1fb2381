"""Writes .xls workbooks (BIFF8 in a compound file) for the tests: no library that still lives writes them."""

import struct
from collections.abc import Collection, Sequence

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
DIVIDED_BY_ZERO = 0x07
HIDDEN = 0x20

Cell = str | float | ZeroDivisionError | None


def xls_bytes(sheets: dict[str, Sequence[Sequence[Cell]]], hidden: Collection[tuple[str, int]] = ()) -> bytes:
    """Return a workbook of some sheets: texts, numbers, divisions by zero; `hidden` are rows from 1, by their sheet."""
    bodies = [_sheet(lines, [row for sheet, row in hidden if sheet == name]) for name, lines in sheets.items()]
    heads = [struct.pack("<IH", 0, 0) + _short_text(name) for name in sheets]
    before = len(_bof(0x0005)) + sum(4 + len(head) for head in heads) + len(_record(0x000A))
    starts = [before + sum(map(len, bodies[:number])) for number in range(len(bodies))]
    bound = [_record(0x0085, struct.pack("<IH", start, 0) + _short_text(name))
             for start, name in zip(starts, sheets, strict=True)]
    stream = b"".join([_bof(0x0005), *bound, _record(0x000A), *bodies])
    return _compound(stream)


def _record(code: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", code, len(data)) + data


def _bof(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _short_text(text: str) -> bytes:
    return struct.pack("<BB", len(text), 1) + text.encode("utf-16-le")


def _sheet(lines: Sequence[Sequence[Cell]], hidden: Collection[int]) -> bytes:
    width = max((len(line) for line in lines), default=0)
    cells = [_record(0x0200, struct.pack("<IIHHH", 0, len(lines), 0, width, 0))]
    cells += [_record(0x0208, struct.pack("<HHHHHHI", row, 0, width, 255, 0, 0, 0x100 | HIDDEN * (row + 1 in hidden)))
              for row in range(len(lines))]
    for row, line in enumerate(lines):
        for column, value in enumerate(line):
            if isinstance(value, str):
                text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
                cells.append(_record(0x0204, struct.pack("<HHH", row, column, 0) + text))
            elif isinstance(value, ZeroDivisionError):
                cells.append(_fault(row, column, is_formula=bool(value.args)))
            elif value is not None:
                cells.append(_record(0x0203, struct.pack("<HHHd", row, column, 0, value)))
    return b"".join([_bof(0x0010), *cells, _record(0x000A)])


def _fault(row: int, column: int, *, is_formula: bool) -> bytes:
    """Return a cell with an error, typed in or what a formula (1/0) came to."""
    if not is_formula:
        return _record(0x0205, struct.pack("<HHHBB", row, column, 0, DIVIDED_BY_ZERO, 1))
    result = struct.pack("<BBBBBBH", 2, 0, DIVIDED_BY_ZERO, 0, 0, 0, 0xFFFF)
    formula = struct.pack("<BHBHB", 0x1E, 1, 0x1E, 0, 0x06)
    rest = struct.pack("<HIH", 0, 0, len(formula)) + formula
    return _record(0x0006, struct.pack("<HHH", row, column, 0) + result + rest)


def _compound(stream: bytes) -> bytes:
    """Return a compound file with one stream called Workbook, long enough to lie in whole sectors."""
    stream += b"\0" * (-len(stream) % SECTOR)
    stream += b"\0" * max(0, 4096 - len(stream))
    sectors = len(stream) // SECTOR
    tables = 1
    while tables * (SECTOR // 4) < sectors + 1 + tables:
        tables += 1
    chain = [*range(1, sectors), END, END, *[FAT] * tables]  # the stream, the directory, the table itself
    chain += [FREE] * (tables * (SECTOR // 4) - len(chain))
    directory = _entry("Root Entry", 5, 1, END, 0) + _entry("Workbook", 2, FREE, 0, len(stream)) + 2 * _entry(
        "", 0, FREE, 0, 0)
    places = [sectors + 1 + number for number in range(tables)]
    magic = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    header = struct.pack("<8s16sHHHHHHIIIIIIIIII", magic, b"", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, tables, sectors, 0, 4096,
                         END, 0, END, 0)
    header += struct.pack("<109I", *(places + [FREE] * (109 - tables)))
    return header + stream + directory + struct.pack(f"<{len(chain)}I", *chain)


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le") if name else b""
    return struct.pack("<64sHBBIII16sIQQIQ", text, len(text), kind, 1, FREE, FREE, child, b"", 0, 0, 0, start, size)
