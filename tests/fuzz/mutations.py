"""How a sound file goes wrong: bytes, words, and the structure of its format, changed by chance with a seed."""

import io
import json
import re
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

Mutation = Callable[[Random, bytes], bytes]
Files = dict[str, bytes]
NASTY = (
    "", " ", "0", "-1", "1e309", "NaN", "inf", "-0.0", "9" * 400, "1,200户", "约300", "１２３", "1998年", "2024-02-30",
    "9999-12-31", "0001-01-01", "是", "否", "不详", "=1+1", "{{7*7}}", "</script>", "\u202e", "\u200b", "\ufeff",
    "\x00", "\ud800", "A" * 5000, "E1", "E2、E2", "/", "\\", "..", "con", '"', "'", ";", "\t", "\n", "\r", "null",
    "true", "[]", "{}", "120.4", "31.5", "540000", "-", "%", "50%", "1/0", "一九九八", "万", "合计", "小计", "\x1a",
    "\x85", "\u2028",
)
NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, -2**31, 2**32 - 1, 9994, 44, 100)
REALS = (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1e308, 1e-308, 1e39, -1e20, 181.0, 90.0, 40_540_000.0)
TOKEN = re.compile(rb"[A-Za-z_]+|[0-9.]+|[\x80-\xff]+|\s+|.", re.DOTALL)
CODES = (b"UTF-8", b"GBK", b"936", b"ISO-8859-1", b"Big5", b"\xff", b"", b"UTF-16", b"utf-7", b"rot13", b"\0\0")
PROJECTIONS = (b"", b"GEOGCS[]", b"LOCAL_CS[\"x\"]", b"EPSG:4326", b"EPSG:999999", b"+proj=merc",
               b"PROJCS[\"x\"", b"\xef\xbb\xbf")
SPLICED = 40  # bytes


# ---- bytes

def flip(chance: Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:]


def overwrite(chance: Random, data: bytes) -> bytes:
    new = chance.choice((
        lambda: bytes([chance.choice((0, 255, 127, 128, 34, 39, 44, 10, 13, 32, 42, chance.randrange(256)))]),
        lambda: (chance.choice(NUMBERS) & 0xFFFFFFFF).to_bytes(4, chance.choice(("big", "little"))),
        lambda: struct.pack("<d", chance.choice(REALS)), lambda: chance.randbytes(chance.randrange(1, SPLICED))))()
    at = chance.randrange(len(data))
    return data[:at] + new + data[at + len(new):]


def delete(chance: Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randrange(1, SPLICED):]


def insert(chance: Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.randrange(1, SPLICED)) + data[at:]


def double(chance: Random, data: bytes) -> bytes:
    at, size = chance.randrange(len(data)), chance.randrange(1, 4 * SPLICED)
    return data[:at] + data[at:at + size] * chance.choice((2, 2, 3, 50)) + data[at + size:]


def cut(chance: Random, data: bytes) -> bytes:
    return data[:chance.randrange(len(data))]


def swap(chance: Random, data: bytes) -> bytes:
    one, two, size = chance.randrange(len(data)), chance.randrange(len(data)), chance.randrange(1, SPLICED)
    held = bytearray(data)
    held[one:one + size], held[two:two + size] = data[two:two + size], data[one:one + size]
    return bytes(held)


# ---- words and lines

def replace_word(chance: Random, data: bytes) -> bytes:
    found = list(TOKEN.finditer(data))
    word = chance.choice(found)
    other = chance.choice(found).group() if chance.random() < 0.3 else _bytes(chance.choice(NASTY))
    return data[:word.start()] + other + data[word.end():]


def move_lines(chance: Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    line = lines.pop(at) if chance.random() < 0.5 else lines[at]
    lines[chance.randrange(len(lines) + 1):0] = [line] * chance.choice((1, 1, 1, 30))
    return b"\n".join(lines)


def recode(chance: Random, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(chance.choice(("gbk", "utf-16", "utf-8-sig", "big5", "gb18030", "latin-1")), "replace")


def end_otherwise(chance: Random, data: bytes) -> bytes:
    return data.replace(b"\n", chance.choice((b"\r", b"\r\n", b"\n\n", b"\0", b"", "\u2028".encode())))


# ---- structure

def change_json(chance: Random, data: bytes) -> bytes:
    """Put something else in the place of one part of a JSON text, or take the part away."""
    try:
        said = json.loads(data)
    except ValueError:
        return flip(chance, data)
    at = said
    while isinstance(at, dict | list) and at:
        keys: list[Any] = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = chance.choice(keys)
        if not isinstance(at[key], dict | list) or not at[key] or chance.random() < 0.15:
            _put(chance, at, key)
            break
        at = at[key]
    return json.dumps(said, ensure_ascii=chance.random() < 0.5).encode("utf-8", "replace")


def _put(chance: Random, at: Any, key: Any) -> None:
    if chance.random() < 0.2:
        del at[key]
    elif chance.random() < 0.2 and isinstance(at, list):
        at.insert(key, at[key])
    else:
        at[key] = chance.choice((
            None, True, 0, -1, 1e308, float("nan"), float("inf"), 2**70, "", "x", [], {}, [[]], {"type": "Point"},
            chance.choice(NASTY), [chance.choice(REALS)] * 2, [at[key]], {"crs": at[key]}))


def change_shape(chance: Random, data: bytes) -> bytes:
    """Change a number of a .shp or .shx where the format has one: header, record, counts, corners."""
    starts, at = [], 100
    while at + 12 <= len(data):
        starts.append(at)
        at += 8 + 2 * max(0, int.from_bytes(data[at + 4:at + 8], "big", signed=True))
    kind, start = chance.randrange(6), chance.choice(starts or [0])
    if kind == 0:
        return _pack(data, chance.choice((0, 24, 28, 32)), chance.choice("<>") + "i", chance.choice(NUMBERS))
    if kind == 1:
        return _pack(data, chance.choice((36, 44, 52, 60)), "<d", chance.choice(REALS))
    if kind == 2:
        return _pack(data, start + chance.choice((0, 4)), ">i", chance.choice(NUMBERS))
    if kind == 3:
        return _pack(data, start + 8, "<i", chance.choice((0, 1, 3, 5, 8, 13, 15, 31, 99)))
    if kind == 4:
        return _pack(data, start + chance.choice((44, 48, 52, 56)), "<i", chance.choice(NUMBERS))
    return _pack(data, start + 12 + 8 * chance.randrange(14) + chance.choice((0, 4)), "<d", chance.choice(REALS))


def change_table(chance: Random, data: bytes) -> bytes:
    """Change a .dbf where the format has a number, a mark or a cell."""
    header, width = struct.unpack_from("<HH", data, 8) if len(data) > 12 else (33, 1)
    kind = chance.randrange(6)
    if kind == 0:
        return _pack(data, 4, "<i", chance.choice(NUMBERS) if chance.random() < 0.5 else chance.randrange(9))
    if kind == 1:
        return _pack(data, chance.choice((8, 10)), "<H", chance.choice(NUMBERS) & 0xFFFF)
    if kind == 2:
        return _pack(data, header + max(width, 1) * chance.randrange(8), "<s", chance.choice((b"*", b" ", b"\0", b"x")))
    if kind == 3:
        at = 32 + 32 * chance.randrange(6)
        return _pack(data, at + chance.choice((0, 11, 16, 17)), "<B", chance.choice((0, 32, 67, 78, 68, 76, 77, 255)))
    if kind == 4:
        return _pack(data, 29, "<B", chance.choice((0, 0x4D, 0x7A, 0x57, 0xFF)))
    text = _bytes(chance.choice(NASTY))[:12]
    return _pack(data, header + chance.randrange(max(1, len(data) - header)), f"<{len(text)}s", text)


def _pack(data: bytes, at: int, form: str, value: Any) -> bytes:
    if form.endswith("i"):
        value = (value + 2**31) % 2**32 - 2**31
    new = struct.pack(form, value)
    return data[:at] + new + data[at + len(new):] if 0 <= at <= len(data) - len(new) else data + new


def change_side(chance: Random, data: bytes) -> bytes:
    return chance.choice(CODES + PROJECTIONS) if chance.random() < 0.6 else replace_word(chance, data or b" ")


def change_book(chance: Random, data: bytes) -> bytes:
    """Change one member of a workbook and pack it again, so that all its sums hold."""
    try:
        members = {member.filename: zipfile.ZipFile(io.BytesIO(data)).read(member)
                   for member in zipfile.ZipFile(io.BytesIO(data)).infolist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        return flip(chance, data)
    name = chance.choice([one for one in members if "sheet" in one or "shared" in one] or list(members) or [""])
    if chance.random() < 0.15:
        name = chance.choice(list(members) or [""])
    if chance.random() < 0.05:
        members.pop(name, None)
    else:
        members[name] = chance.choice(TEXTS)(chance, members.get(name) or b"<x/>")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        for member, body in members.items():
            book.writestr(zipfile.ZipInfo(member), body)
    return out.getvalue()


def change_database(chance: Random, data: bytes) -> bytes:
    """Change a cell, a name or the catalogue of a GeoPackage, by SQL."""
    with closing(sqlite3.connect(":memory:")) as base:
        try:
            base.deserialize(data)
            base.execute("PRAGMA trusted_schema = OFF")
            _change_base(chance, base)
            base.commit()
            return base.serialize()
        except (sqlite3.Error, UnicodeError, OverflowError):
            return flip(chance, data)


def _change_base(chance: Random, base: sqlite3.Connection) -> None:
    tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f'DROP TRIGGER "{name}"')
    own = [name for name in tables if not name.startswith(("gpkg_", "sqlite_", "rtree_"))]
    table = chance.choice(own if own and chance.random() < 0.6 else tables)
    columns = [line[1] for line in base.execute(f'PRAGMA table_info("{table}")')]
    column, other = chance.choice(columns), chance.choice(columns)
    rows = [row for (row,) in base.execute(f'SELECT rowid FROM "{table}"')]
    old = base.execute(f'SELECT "{column}" FROM "{table}"').fetchone() or (None,)
    row, new_name = chance.choice(rows or [1]), chance.choice(("geom", "x", "名"))
    blob = flip(chance, old[0]) if isinstance(old[0], bytes) and old[0] else b"GP\0\1"
    value = chance.choice((None, 0, -1, 2**62, 1.5, float("inf"), "", chance.choice(NASTY), blob, blob, blob[:9]))
    chance.choice((
        lambda: base.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (value, row)),
        lambda: base.execute(f'UPDATE "{table}" SET "{column}" = ?', (value,)),
        lambda: base.execute(f'UPDATE "{table}" SET "{column}" = "{other}"'),
        lambda: base.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row,)),
        lambda: base.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "{new_name}"'),
        lambda: base.execute(f'ALTER TABLE "{table}" ADD COLUMN "y{chance.randrange(9)}" BLOB DEFAULT 1'),
        lambda: base.execute(f'DROP TABLE "{table}"'),
        lambda: base.execute(f'CREATE VIEW v AS SELECT * FROM "{table}"'),
    ))()


def change_cells_of_old_book(chance: Random, data: bytes) -> bytes:
    """Change bytes among the records of an .xls, which begin behind the header of the file."""
    at = 512 + chance.randrange(max(1, min(len(data), 3000) - 512))
    new = chance.choice((b"\0", b"\xff", b"\x01\x00", b"\xff\xff", chance.randbytes(2)))
    return data[:at] + new + data[at + len(new):]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


BYTES: tuple[Mutation, ...] = (flip, flip, overwrite, overwrite, delete, insert, double, cut, swap)
TEXTS: tuple[Mutation, ...] = (replace_word, replace_word, replace_word, move_lines, flip, delete, insert, double)
OWN: Mapping[str, tuple[Mutation, ...]] = {
    ".shp": (change_shape,) * 3, ".shx": (change_shape,), ".dbf": (change_table,) * 3, ".cpg": (change_side,) * 9,
    ".prj": (change_side,) * 3 + (replace_word,) * 6, ".geojson": (change_json,) * 9 + TEXTS,
    ".gpkg": (change_database,) * 9, ".xlsx": (change_book,) * 12, ".xls": (change_cells_of_old_book,) * 9,
    ".json": (change_json,) * 9 + TEXTS, ".docx": (change_book,) * 9,
    ".csv": (*TEXTS, *TEXTS, recode, end_otherwise), ".toml": TEXTS * 4, ".pbf": (), ".tif": (),
}


def mutate(chance: Random, files: Mapping[str, bytes]) -> Files:
    """Return the files of a seed with one or a few things changed in one of them, seldom in two."""
    changed = dict(files)
    for _ in range(1 if chance.random() < 0.9 else 2):
        name = chance.choice(sorted(changed))
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            way = chance.choice((*BYTES, *OWN.get(Path(name).suffix, ())))
            changed[name] = way(chance, changed[name]) if changed[name] else chance.randbytes(9)
    return changed
