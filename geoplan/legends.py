"""What does each sign on a sheet mean? The legend, in plain words, under the map."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from geoplan.drawing import Sheet, box, fill, line, mark, write
from geoplan.fonts import fitted
from geoplan.palette import (
    AREA_EDGE,
    AREA_TINT,
    BARRIER,
    HERITAGE,
    INK,
    MEMBER,
    MEMBER_EDGE,
    NEIGHBOUR,
    NUMBER_MM,
    OTHER,
    OTHER_EDGE,
    RAIL,
    SITE,
    SITE_MM,
    SOFT,
    SYMBOLS,
    TINTS,
    WALL,
    WALL_DOT_MM,
    WALL_MM,
    WATER,
    WATER_EDGE,
)

Draw = Callable[[Sheet, float, float], None]
POINTS, ROW_MM, COLUMN_MM, ROWS = 6.6, 4.4, 43.0, 4
KEY_MM, KEY_HEIGHT_MM = 7.0, 2.6
ON_AREA = ("l.area", "l.member", "l.wall", "l.walls", "l.site", "l.neighbour", "l.estate", "l.heritage", "l.street",
           "l.water", "l.rail", "l.barrier")
ON_OVERVIEW = ("l.areas", "l.estate", "l.street", "l.water", "l.rail", "l.barrier", "l.heritage")


def draw_legend(
    sheet: Sheet, keys: Sequence[str], words: Mapping[str, str], left: float, top: float, *, kinds: Sequence[str] = (),
) -> None:
    """Draw the legend in columns of four.

    Parameters
    ----------
    sheet
        Is drawn upon.
    keys
        Signs, by their key in paper.csv.
    words
        As `words_on_paper` returns them.
    left, top
        In millimetres.
    kinds
        Kinds of facilities shown.
    """
    entries: list[tuple[str, Draw]] = [(words[key], SIGNS[key]) for key in keys]
    entries += [(words[f"kind.{kind}"], _symbol(kind)) for kind in kinds]
    entries += [(words["l.planned"], _hollow)] if kinds else []
    for place, (text, draw) in enumerate(entries):
        x, y = left + place // ROWS * COLUMN_MM, top - (place % ROWS + 0.5) * ROW_MM
        draw(sheet, x, y)
        write(sheet, x + KEY_MM + 1.2, y - 0.8, fitted(text, POINTS, COLUMN_MM - KEY_MM - 2), POINTS, colour=INK)


def _patch(colour: str, edge: str, width_mm: float, dash: tuple[float, ...] = ()) -> Draw:
    def draw(sheet: Sheet, x: float, y: float) -> None:
        half = KEY_HEIGHT_MM / 2
        fill(sheet, box(x, y - half, x + KEY_MM, y + half), colour, edge=edge, width_mm=width_mm, dash=dash)
    return draw


def _ribbon(colour: str, width_mm: float, over: str = "", over_mm: float = 0.0, dash: tuple[float, ...] = ()) -> Draw:
    def draw(sheet: Sheet, x: float, y: float) -> None:
        fill(sheet, line((x, y), (x + KEY_MM, y)), "none", edge=colour, width_mm=width_mm)
        if over:
            fill(sheet, line((x, y), (x + KEY_MM, y)), "none", edge=over, width_mm=over_mm, dash=dash)
    return draw


def _disc(form: str, size_mm: float, colour: str, edge: str, text: str = "") -> Draw:
    def draw(sheet: Sheet, x: float, y: float) -> None:
        mark(sheet, np.array([(x + KEY_MM / 2, y)]), form, size_mm, colour, edge=edge, edge_mm=0.2)
        if text:
            write(sheet, x + KEY_MM / 2, y - 0.75, text, 5.5, colour="white", align="center")
    return draw


def _member(sheet: Sheet, x: float, y: float) -> None:
    _patch(MEMBER, MEMBER_EDGE, 0.25)(sheet, x, y)
    mark(sheet, np.array([(x + KEY_MM / 2, y)]), "o", NUMBER_MM, "white", edge=MEMBER_EDGE, edge_mm=0.2)
    write(sheet, x + KEY_MM / 2, y - 0.8, "1", 6.0, colour=INK, align="center")


def _areas(sheet: Sheet, x: float, y: float) -> None:
    for place, tint in enumerate(TINTS[:3]):
        third, half = KEY_MM / 3, KEY_HEIGHT_MM / 2
        fill(sheet, box(x + place * third, y - half, x + (place + 1) * third, y + half), tint, edge=AREA_EDGE,
             width_mm=0.25)


def _symbol(kind: str) -> Draw:
    form, colour, size = SYMBOLS[kind]
    return _disc(form, size, colour, "white")


def _hollow(sheet: Sheet, x: float, y: float) -> None:
    form, colour, size = SYMBOLS["elder"]
    mark(sheet, np.array([(x + KEY_MM / 2, y)]), form, size, "white", edge=colour, edge_mm=0.3)


SIGNS: Mapping[str, Draw] = {
    "l.area": _patch(AREA_TINT, AREA_EDGE, 0.6),
    "l.areas": _areas,
    "l.neighbour": _patch("none", NEIGHBOUR, 0.3, (1.4, 0.9)),
    "l.member": _member,
    "l.estate": _patch(OTHER, OTHER_EDGE, 0.2),
    "l.wall": _disc("o", WALL_MM, WALL, "white", "1"),
    "l.walls": _disc("o", WALL_DOT_MM, WALL, "white"),
    "l.site": _disc("*", SITE_MM, SITE, INK),
    "l.street": _ribbon(SOFT, 2.0, "white", 1.7),
    "l.water": _patch(WATER, WATER_EDGE, 0.15),
    "l.rail": _ribbon(RAIL, 0.6, "white", 0.3, (1.2, 1.2)),
    "l.barrier": _ribbon(BARRIER, 0.4),
    "l.heritage": _patch("none", HERITAGE, 0.3, (0.6, 0.8)),
}
