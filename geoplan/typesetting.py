"""How does a line of text get into a PDF? Letter by letter out of cases, as a compositor sets it.

A case holds as many letters as one byte tells apart, in the order in which they were first used. A letter is drawn once
for the document, as an outline; a line only says which letters follow each other, and how much closer Latin ones move.
An atlas says the same words on every sheet: a line that was set once is kept.
"""

from collections.abc import Iterable, Sequence
from itertools import cycle

import numpy as np

from geoplan.bindery import Bindery, referred
from geoplan.drawing import CLOSE, CURVE, LINE, MOVE
from geoplan.fonts import advance, closer_by, letter_outline

CODES = bytes(code for code in range(256) if code not in b"()\\\n\r")  # none that a string would have to escape
TRACES = {MOVE: "%d %d m ", LINE: "%d %d l ", CLOSE: "%.0s%.0sh "}  # a ring closes where it began
CURVED = ("%d %d ", "%d %d ", "%d %d c ")  # the two points that pull, and where it ends
MOST_LINES = 100  # of one list in the map of a case
UNICODE_MAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<00> <ff>
endcodespacerange
{}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


class Typesetter:
    """Sets lines for one document, and knows which letters that took."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[int, int]] = {}
        self._lines: dict[tuple[str, float], bytes] = {}

    def line(self, text: str, points: float) -> bytes:
        """Return what shows a drawable line at the place of the pen."""
        known = self._lines.get((text, points))
        if known is None:
            runs = self._runs(text)
            known = self._lines[text, points] = b" ".join(
                b"/F%d %.6g Tf [(%b)] TJ" % (case + 1, points, shown) for case, shown in runs)
        return known

    def cases(self) -> list[list[str]]:
        """Return the letters of the fonts F1, F2, … of all lines so far."""
        letters = list(self._places)
        return [letters[start:start + len(CODES)] for start in range(0, len(letters), len(CODES))]

    def _runs(self, text: str) -> list[tuple[int, bytes]]:
        """Return a line as pieces of one case each."""
        runs: list[tuple[int, bytes]] = []
        before = ""
        for letter in text:
            case, nth = self._places.setdefault(letter, divmod(len(self._places), len(CODES)))
            closer = closer_by(before, letter)
            shown = (b")%.6g(" % closer if closer else b"") + CODES[nth:nth + 1]
            if runs and runs[-1][0] == case:
                runs[-1] = case, runs[-1][1] + shown
            else:
                runs.append((case, shown))
            before = letter
        return runs


def add_case(bindery: Bindery, letters: Sequence[str]) -> int:
    """Put the letters of a case in a PDF as a font, and return its number."""
    codes = CODES[:len(letters)]
    outlines = [letter_outline(letter) for letter in letters]
    corners = np.concatenate([np.zeros((1, 2)), *(points for points, _ in outlines)])
    widths = dict(zip(codes, map(advance, letters), strict=True))
    return bindery.add({
        "Type": "/Font", "Subtype": "/Type3", "FontMatrix": "[.001 0 0 .001 0 0]",
        "FontBBox": listed(f"{side:.0f}" for side in (*corners.min(axis=0), *corners.max(axis=0))),
        "FirstChar": codes[0], "LastChar": codes[-1],
        "Widths": listed(f"{widths.get(code, 0):.6g}" for code in range(codes[0], codes[-1] + 1)),
        "Encoding": f"<</Type /Encoding /Differences {listed(f'{code} /c{code}' for code in codes)}>>",
        "CharProcs": bindery.add_map({
            f"c{code}": bindery.add_stream(_drawn(letter)) for code, letter in zip(codes, letters, strict=True)}),
        "ToUnicode": referred(bindery.add_stream(_unicode_map(codes, letters)))})


def listed(parts: Iterable[str]) -> str:
    """Return an array as a PDF has it."""
    return f"[{' '.join(parts)}]"


def traced(points: np.ndarray, pen: np.ndarray) -> str:
    """Return an outline in whole units as a PDF draws it; what would not move the pen is left out."""
    whole = np.rint(points).astype(np.int64)
    moves = np.ones(len(whole), dtype=bool)
    moves[1:] = (whole[1:] != whole[:-1]).any(axis=1) | (pen[1:] != LINE)
    whole, signs = whole[moves], pen[moves].tolist()
    curved = cycle(CURVED)
    parts = [next(curved) if sign == CURVE else TRACES[sign] for sign in signs]
    return "".join(parts) % tuple(whole.ravel().tolist())


def _drawn(letter: str) -> bytes:
    """Return how a letter is drawn: its width, the box around it, its outline."""
    points, pen = letter_outline(letter)
    if not len(points):
        return b"%.6g 0 d0" % advance(letter)
    box = " ".join(f"{side:.0f}" for side in (*points.min(axis=0), *points.max(axis=0)))
    return f"{advance(letter):.6g} 0 {box} d1 {traced(points, pen)}f".encode()


def _unicode_map(codes: bytes, letters: Sequence[str]) -> bytes:
    said = [f"<{code:02x}> <{letter.encode('utf-16-be').hex()}>" for code, letter in zip(codes, letters, strict=True)]
    lists = [said[start:start + MOST_LINES] for start in range(0, len(said), MOST_LINES)]
    lines = [text for part in lists for text in (f"{len(part)} beginbfchar", *part, "endbfchar")]
    return UNICODE_MAP.format("\n".join(lines)).encode()
