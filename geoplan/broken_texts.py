"""Which texts would a reader cut short in silence? Those with a NUL in them, or with half of a pair of letters.

GDAL hands texts on as C does, which end at a NUL; half a surrogate pair is no letter in UTF-8. JSON can write both
(\\u0000, \\ud800), SQLite can hold the first. No sound file does: RFC 7493, section 2.1.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

ESCAPES = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
BROKEN = re.compile("[\0\ud800-\udfff]")
TEXTS_WITH_NUL = "typeof({column}) = 'text' AND instr(CAST({column} AS BLOB), x'00') > 0"


def broken_features(data: bytes, features: Iterable[Mapping[str, Any]]) -> list[int]:
    """Return the numbers, from 1, of the features of a GeoJSON one of whose texts would be cut.

    Parameters
    ----------
    data
        All bytes of the file.
    features
        As they stand in it.
    """
    if not ESCAPES.search(data):
        return []
    return [number for number, feature in enumerate(features, 1) if _is_broken(feature.get("properties"))]


def broken_rows_query(table: str, columns: Iterable[str]) -> str | None:
    """Return the question to a GeoPackage after rows of a table one of whose texts would be cut, if it has columns."""
    tests = [TEXTS_WITH_NUL.format(column=_quoted(column)) for column in columns]
    return f"SELECT rowid FROM {_quoted(table)} WHERE {' OR '.join(tests)}" if tests else None


def _is_broken(said: object) -> bool:
    if isinstance(said, dict):
        return any(_is_broken(part) for pair in said.items() for part in pair)
    if isinstance(said, list):
        return any(map(_is_broken, said))
    return isinstance(said, str) and BROKEN.search(said) is not None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
