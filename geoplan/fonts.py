"""Which letters can be drawn on a sheet, how wide are they, and where may a line of them break?

The font is Noto Sans SC, a file that a package ships (SIL Open Font License), opened by its path: no sheet depends on
what a machine has installed. A letter that the font does not hold is drawn as 〓, the printers' sign for a missing
type, and `missing_letters` names it, so that a rare character neither stops a run nor turns into an empty box unseen.
"""

import re
from collections.abc import Iterable
from functools import cache

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font, LoadFlags
from pylopdf_fonts_zh_cn import sans_path

from geoplan.labels import writable
from geoplan.pages import printable

MISSING_TYPE = "〓"
CUT = "…"
VARIANTS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # choose a form of the letter before
UNITS = 1000  # letters are measured at this size, in points
SIXTEEN_SIXTEEN, SIXTY_FOURTH = 65_536, 64  # FreeType counts advances, and places, in such parts
MM_PER_POINT = 25.4 / 72
NEVER_FIRST = frozenset("，。、；：！？）】》〉」』”’…·,.;:!?)]}%‰")
NEVER_LAST = frozenset("（【《〈「『“‘([{")
LATIN = 0x250  # letters before it stand closer to some of their kind; Chinese ones never do
LONGEST_WORD = 24  # a longer run of Latin letters may break anywhere


@cache
def font(points: float) -> FontProperties:
    """Return the font at a size."""
    return FontProperties(fname=str(sans_path()), size=points)


def drawable(text: object) -> str:
    """Return a text as one line that the font can draw: controls as escapes, letters it does not hold as 〓."""
    held = _letters()
    return "".join(letter if ord(letter) in held else MISSING_TYPE for letter in readable(text))


def readable(text: object) -> str:
    """Return a text as one line that shows every control character and obeys none."""
    return VARIANTS.sub("", writable(printable(str(text))))


def missing_letters(texts: Iterable[object]) -> list[str]:
    """Return the letters of texts that the font does not hold, each once, in order."""
    held = _letters()
    return sorted({letter for text in texts for letter in readable(text) if ord(letter) not in held})


def width_mm(text: str, points: float) -> float:
    """Return how wide a line of drawable text is."""
    return sum(map(advance, text)) * points / UNITS * MM_PER_POINT


@cache
def advance(letter: str) -> float:
    """Return how far a letter moves the pen, in thousandths of its size."""
    return _face().load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance / SIXTEEN_SIXTEEN


def closer_by(before: str, letter: str) -> float:
    """Return how much nearer than its advance (or, below zero, farther) a letter follows another, in thousandths."""
    return _closer_by(before, letter) if before and ord(before) < LATIN and ord(letter) < LATIN else 0.0


def letter_outline(letter: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of a letter in thousandths of its size, and what a pen does at each."""
    _face().load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    points, pen = _face().get_path()
    return points, pen


def height_mm(points: float) -> float:
    """Return the height of a line with its leading."""
    return points * MM_PER_POINT * 1.25


def shortened(text: object, most: int) -> str:
    """Return the beginning of a text with an ellipsis where it is longer than so many letters."""
    whole = str(text)
    return whole if len(whole) <= most else whole[:most - 1].rstrip() + CUT


def fitted(text: object, points: float, room_mm: float) -> str:
    """Return a drawable line that is no wider than the room, with an ellipsis where it was cut."""
    line = drawable(shortened(text, _most_letters(points, room_mm)))
    if width_mm(line, points) <= room_mm:
        return line
    while line and width_mm(line + CUT, points) > room_mm:
        line = line[:-1]
    return line.rstrip() + CUT


def folded(text: object, points: float, room_mm: float, *, most: int) -> list[str]:
    """Return a text in at most so many drawable lines, broken where Chinese and Latin lines may break.

    Parameters
    ----------
    text
        Any text.
    points
        Size of the letters.
    room_mm
        Width of a line.
    most
        How many lines there may be; the last ends in an ellipsis where the text was cut.

    Returns
    -------
    lines
        At least one.
    """
    lines = [""]
    whole = drawable(shortened(text, most * _most_letters(points, room_mm)))
    for piece in _pieces(whole, points, room_mm):
        if lines[-1] and width_mm((lines[-1] + piece).rstrip(), points) > room_mm:
            if len(lines) == most:
                return [*lines[:-1], fitted(lines[-1] + piece + CUT, points, room_mm)]
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def _pieces(text: str, points: float, room_mm: float) -> list[str]:
    """Return a text in pieces between which a line may break."""
    pieces: list[str] = []
    for letter in text:
        glued = bool(pieces) and (
            letter in NEVER_FIRST or pieces[-1][-1] in NEVER_LAST or _are_one_word(pieces[-1], letter))
        if glued and width_mm(pieces[-1] + letter, points) <= room_mm:
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces


def _are_one_word(piece: str, letter: str) -> bool:
    before = piece[-1]
    if letter == " ":
        return True
    return before.isascii() and letter.isascii() and before != " " and len(piece) < LONGEST_WORD


def _most_letters(points: float, room_mm: float) -> int:
    """Return more letters than a line could ever hold: the narrowest is about a fifth of its height."""
    return max(int(room_mm / (points * MM_PER_POINT) * 5) + 2, 2)


@cache
def _face() -> FT2Font:
    face = FT2Font(str(sans_path()))
    face.set_size(UNITS, 72)
    return face


@cache
def _letters() -> frozenset[int]:
    return frozenset(_face().get_charmap())


@cache
def _closer_by(before: str, letter: str) -> float:
    places = _face().set_text(before + letter, 0, flags=LoadFlags.NO_HINTING)
    return advance(before) - float(places[1, 0]) / SIXTY_FOURTH if len(places) > 1 else 0.0  # else one sign for both
