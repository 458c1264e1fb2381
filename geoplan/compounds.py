"""Is an old Excel workbook (.xls) whole? Its compound file and its records, walked before a library opens it.

A compound file is a small file system: a table of sectors, a directory, and streams that are chains of sectors
([MS-CFB]). The workbook is one stream of records, each with a code and a length ([MS-XLS]). A damaged column number can
make a reader ask for more memory than any machine has.
"""

import struct
from collections.abc import Iterator

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STREAMS = ("workbook", "book")
ENTRY = 128  # bytes of a directory entry
HEADER_PLACES = 109  # sectors of the table that the header itself names
END, LAST = 0xFFFFFFFE, 0xFFFFFFFA  # ends a chain; the largest number of a sector
BOF = (0x0809, 0x0409, 0x0209, 0x0009)
SHEET_END = 0x000A
# The fewest bytes of every record that begins with the row and column of a cell.
CELLS = {0x0001: 6, 0x0002: 9, 0x0003: 15, 0x0004: 8, 0x0006: 20, 0x00BD: 12, 0x00BE: 8, 0x00D6: 8, 0x00FD: 10,
         0x0201: 6, 0x0203: 14, 0x0204: 8, 0x0205: 8, 0x0206: 20, 0x027E: 10, 0x0406: 20}
COUNTS = (40, 44, 64, 72)  # where the header says how many sectors its parts have
SHEET, SIZE = 0x0085, 0x0200  # records: where a sheet begins; its first and last row and column
ROW, HIDDEN = 0x0208, 0x20  # record of a row, and the bit of its flags that says nobody sees it
FAULT, FORMULAS = 0x0205, (0x0006, 0x0206, 0x0406)  # records of cells that hold, or come to, an error
FLAGS_OF_ROW, NO_NUMBER = 12, b"\xff\xff"  # where the flags begin; how the result of a formula ends that is none
RUNS = (0x00BD, 0x00BE)  # several cells of a row: first and last column
MOST_ROWS, MOST_COLUMNS = 65_536, 256  # of a sheet of Excel 97-2003
MOST_RECORD = 8224  # bytes


def is_compound(data: bytes) -> bool:
    """Say whether the bytes begin as a compound file does, as .xls, .doc and .ppt do."""
    return data.startswith(MAGIC)


def is_whole_workbook(data: bytes) -> bool:
    """Say whether a compound file holds a workbook whose records follow each other to their end.

    Parameters
    ----------
    data
        All bytes of the file.
    """
    stream = _workbook(data)
    return stream is not None and _records_hold(stream)


def spans_of(data: bytes) -> list[tuple[int, int]]:
    """Return for every part of a workbook how many cells a reader must hold, all up to the farthest, and how many are.

    Parameters
    ----------
    data
        All bytes of a file that is whole.
    """
    spans, rows, columns, filled = [(0, 0)], 0, 0, 0
    for _, code, record in _records(_workbook(data) or b""):
        if code in BOF:
            rows, columns, filled = 0, 0, 0
            spans.append((0, 0))
        elif code in CELLS:
            row, column = struct.unpack_from("<HH", record)
            last = struct.unpack_from("<H", record, len(record) - 2)[0] if code in RUNS else column
            rows, columns, filled = max(rows, row + 1), max(columns, last + 1), filled + last - column + 1
            spans[-1] = rows * columns, filled
    return spans


def marks_of(data: bytes, number: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Return what a sheet holds that its values do not tell.

    Parameters
    ----------
    data
        All bytes of a file that is whole.
    number
        Of the sheet, in the order of the workbook, from 0.

    Returns
    -------
    hidden
        Rows that are hidden or filtered out, from 0.
    errors
        Row and column, from 0, of every cell with an error.
    """
    hidden, errors = list[int](), list[tuple[int, int]]()
    for code, record in _records_of_sheet(_workbook(data) or b"", number):
        if code == ROW and len(record) > FLAGS_OF_ROW and record[FLAGS_OF_ROW] & HIDDEN:
            hidden.append(struct.unpack_from("<H", record)[0])
        if (code == FAULT and record[7:8] == b"\1") or (
                code in FORMULAS and record[6:7] == b"\2" and record[12:14] == NO_NUMBER):
            row, column = struct.unpack_from("<HH", record)
            errors.append((row, column))
    return hidden, errors


def _records_of_sheet(stream: bytes, number: int) -> Iterator[tuple[int | None, bytes]]:
    """Yield code and bytes of every record of a sheet, not those of charts that stand in it."""
    starts = [struct.unpack_from("<I", record)[0] for _, code, record in _records(stream) if code == SHEET]
    depth = 0
    for _, code, record in _records(stream[starts[number]:]) if number < len(starts) else ():
        depth += (code in BOF) - (code == SHEET_END)
        if depth == 0:
            return
        if depth == 1:
            yield code, record


def _workbook(data: bytes) -> bytes | None:
    """Return the stream of the workbook; None where there is none or the file is broken."""
    if len(data) < 512 or not is_compound(data):
        return None
    power, mini_power = struct.unpack_from("<HH", data, 30)
    if power not in (9, 12) or mini_power != 6:
        return None
    size = 1 << power
    if any(struct.unpack_from("<I", data, at)[0] > len(data) // size for at in COUNTS):
        return None
    table = _table(data, size)
    start, _, cutoff = struct.unpack_from("<III", data, 48)
    directory = _chain(data, table, start, size)
    if directory is None or cutoff != 4096:
        return None
    for at in range(0, len(directory) - ENTRY + 1, ENTRY):
        name, first, length = _entry(directory[at:at + ENTRY])
        if name in STREAMS and length >= cutoff:
            stream = _chain(data, table, first, size)
            return stream[:length] if stream is not None and len(stream) >= length else None
    return None


def _table(data: bytes, size: int) -> list[int]:
    """Return for every sector the one after it."""
    places = list(struct.unpack_from(f"<{HEADER_PLACES}I", data, 76))
    following, seen = struct.unpack_from("<I", data, 68)[0], set[int]()
    while following <= LAST and following not in seen and (following + 2) * size <= len(data):
        seen.add(following)
        *more, following = struct.unpack_from(f"<{size // 4}I", data, (following + 1) * size)
        places += more
    inside = [place for place in places if place <= LAST and (place + 2) * size <= len(data)]
    return [number for place in inside for number in struct.unpack_from(f"<{size // 4}I", data, (place + 1) * size)]


def _chain(data: bytes, table: list[int], start: int, size: int) -> bytes | None:
    parts, at = list[bytes](), start
    while at != END:
        if at >= len(table) or len(parts) > len(table):
            return None
        part = data[(at + 1) * size:(at + 2) * size]
        if not part:
            return None
        parts.append(part)
        at = table[at]
    return b"".join(parts)


def _entry(entry: bytes) -> tuple[str, int, int]:
    letters = struct.unpack_from("<H", entry, 64)[0]
    name = entry[:max(0, min(letters, 64) - 2)].decode("utf-16-le", "replace").lower()
    first, length = struct.unpack_from("<II", entry, 116)
    return name, first, length


def _records_hold(stream: bytes) -> bool:
    """Say whether every part ends where it should, sheets begin where it is said, and no cell lies past the widest."""
    depth, starts, sheets, end = 0, set[int](), set[int](), 0
    for at, code, data in _records(stream):
        if depth == 0 and end and code not in BOF:
            break
        if code is None or not _record_holds(code, data):
            return False
        if code in BOF:
            depth += 1
            starts.add(at)
        elif code == SHEET_END:
            depth, end = depth - 1, at + 4
        elif code == SHEET:
            sheets.add(struct.unpack_from("<I", data)[0])
    return depth == 0 and end > 0 and sheets <= starts and not stream[end:].strip(b"\0")


def _record_holds(code: int, data: bytes) -> bool:
    if code == SIZE:
        return _is_size(data)
    if code == SHEET:
        return len(data) >= 7
    if code not in CELLS:
        return True
    if len(data) < CELLS[code] or struct.unpack_from("<H", data, 2)[0] >= MOST_COLUMNS:
        return False
    return code not in RUNS or bool(struct.unpack_from("<H", data, len(data) - 2)[0] < MOST_COLUMNS)


def _is_size(data: bytes) -> bool:
    if len(data) == 10:
        return bool(struct.unpack_from("<H", data, 2)[0] <= MOST_ROWS)
    if len(data) != 14:
        return False
    first, last, left, right = struct.unpack_from("<IIHH", data)
    return bool(first <= last <= MOST_ROWS and left <= right <= MOST_COLUMNS)


def _records(stream: bytes) -> Iterator[tuple[int, int | None, bytes]]:
    """Yield place, code and bytes of every record; a code of None where one is cut off or too long."""
    at = 0
    while at + 4 <= len(stream):
        code, length = struct.unpack_from("<HH", stream, at)
        if length > MOST_RECORD or at + 4 + length > len(stream):
            yield at, None, b""
            return
        yield at, code, stream[at + 4:at + 4 + length]
        at += 4 + length
