"""In which encoding is this text? Decided from all text of a file, never from one cell.

One or two Chinese characters in GBK often happen to be valid UTF-8; the whole of a file hardly ever is. So: strict
UTF-8 where bytes above 127 occur, else strict GBK, else strict GB18030, else nobody knows.
"""

import codecs
import re
from pathlib import Path

import numpy as np

from geoplan.records import companion, dbf_layout

DEFAULT = "UTF-8"
CANDIDATES = ("UTF-8", "GBK", "GB18030")
STRANGER_LETTERS = 2  # Chinese letters that a value must have in UTF-8 to count as written in it
CHINESE_CODECS = frozenset({"gb2312", "gbk", "gb18030"})
PYTHONS_OWN = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
CHINESE_LANGUAGE_DRIVERS = {0x4D: "GBK", 0x7A: "GBK", 0x4F: "Big5", 0x78: "Big5"}


def decide_encoding(text: bytes) -> str | None:
    """Return the name of the encoding in which all lines of `text` can be read, None where none fits.

    A line may end in half a character: that is how a value too long for its field is cut.
    """
    return next((name for name in CANDIDATES if is_readable(text, name)), None)


def is_readable(text: bytes, encoding: str) -> bool:
    """Say whether every line of `text` can be read strictly in `encoding`."""
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        lines = {line.rstrip(b" \0\r") for line in text.split(b"\n") if not line.isascii()}
        return all(decode_cut(line, encoding) is not None for line in lines)
    return True


def decode_cut(line: bytes, encoding: str) -> str | None:
    """Return `line` as text without the half character it may end in, None where it is not in `encoding`."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(line)
    except UnicodeDecodeError:
        return None


def strangers(text: bytes, encoding: str) -> list[str]:
    """Return the values that are whole Chinese words in UTF-8 amid text of a Chinese national encoding, read both ways.

    Rows pasted from another file may be in another encoding; bytes of UTF-8 can look like GBK, and read as nonsense.
    """
    if codec_of(encoding) not in CHINESE_CODECS:
        return []
    found = []
    for line in sorted({line.rstrip(b" \0\r") for line in text.split(b"\n") if not line.isascii()}):
        other = decode_cut(line, DEFAULT)
        if other is not None and sum("\u4e00" <= letter <= "\u9fff" for letter in other) >= STRANGER_LETTERS:
            found.append(f"{decode_cut(line, encoding)} / {other}")
    return found


def codec_of(name: str) -> str | None:
    """Return the name Python has for an encoding, None where it knows none such."""
    page = re.fullmatch(r"(?:ansi[ _-]?|cp|ldid/)?(936|1252|65001)", name.strip(), re.IGNORECASE)
    try:
        codec = codecs.lookup({"65001": "utf-8"}.get(page[1], f"cp{page[1]}") if page else name.strip()).name
        _ = " ".encode(codec)  # Python also has codecs that make bytes of bytes
    except (LookupError, ValueError):
        return None
    return codec if codec.replace("-", "_") not in PYTHONS_OWN else None


def is_same_encoding(one: str, other: str) -> bool:
    """Say whether two names mean the same encoding; the Chinese national ones count as one family."""
    codecs_named = {codec_of(one), codec_of(other)}
    return len(codecs_named) == 1 or codecs_named <= CHINESE_CODECS


def text_of_dbf(shapefile: Path) -> bytes:
    """Return all text of the .dbf beside a shapefile as bytes: field names, then values, one a line."""
    dbf = companion(shapefile, ".dbf")
    data = dbf.read_bytes() if dbf is not None else b""
    layout = dbf_layout(data)
    if layout is None:
        return b""
    names = b"\n".join(field.name for field in layout.fields)
    table = np.frombuffer(data, np.uint8, layout.count * layout.width, layout.header).reshape(-1, layout.width)
    texts = [table[:, field.start:field.start + field.width] for field in layout.fields if field.type == "C"]
    return b"\n".join([names, *(_lines(text) for text in texts)])


def encoding_said(shapefile: Path) -> str | None:
    """Return the encoding that the .cpg claims or, without one, the language driver of the .dbf; else None."""
    cpg = companion(shapefile, ".cpg")
    if cpg is not None:
        return cpg.read_bytes()[:40].decode("ascii", "replace").strip() or None
    dbf = companion(shapefile, ".dbf")
    layout = dbf_layout(dbf.read_bytes()) if dbf is not None else None
    return CHINESE_LANGUAGE_DRIVERS.get(layout.language) if layout is not None else None


def _lines(cells: np.ndarray) -> bytes:
    ended = np.full((len(cells), cells.shape[1] + 1), ord("\n"), dtype=np.uint8)
    ended[:, :-1] = cells
    return ended.tobytes()

