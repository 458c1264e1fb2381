"""What stands on a sheet of paper? Shapes, symbols and letters, in millimetres from its lower left corner.

A sheet only remembers what was put on it, one thing over the other; how it gets on paper is for printing.py (a PDF) and
pictures.py (a picture). Every text stands as it is: a planner's `$` is a dollar sign, not the beginning of a formula.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from geoplan.fonts import width_mm
from geoplan.scalebars import Window, frame_of, ground_of, to_sheet

MARGIN_MM = 4.0  # shapes are cut so far outside their window; the frame hides the cut edges
ALIGNED = {"left": 0.0, "center": 0.5, "right": 1.0}
MOVE, LINE, CURVE, CLOSE = 1, 2, 4, 79  # what a pen does at a point, numbered as all of matplotlib does
AROUND = (MOVE, LINE, LINE, LINE, CLOSE)
Frame = tuple[float, float, float, float]


@dataclass(frozen=True)
class Outline:
    """Lines in millimetres: points, and what the pen does at each; a point of CLOSE is the first of its ring again."""

    points: np.ndarray
    pen: np.ndarray


@dataclass(frozen=True)
class Shape:
    """An outline that is filled, or whose edge is drawn, or both; `frame` cuts off what lies outside it."""

    outline: Outline
    colour: str
    edge: str
    width_mm: float
    dash_mm: Sequence[float]
    opacity: float
    frame: Frame | None


@dataclass(frozen=True)
class Marks:
    """The same symbol on many points; its form is named as in matplotlib."""

    points: np.ndarray
    form: str
    size_mm: float
    colour: str
    edge: str
    edge_mm: float
    frame: Frame | None


@dataclass(frozen=True)
class Letters:
    """Lines of text that follow each other: left end and base line, text, size, colour."""

    lines: list[tuple[float, float, str, float, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """A piece of paper, and what was put on it, from the lowest to the topmost."""

    width_mm: float
    height_mm: float
    strokes: list[Shape | Marks | Letters] = field(default_factory=list)


def write(
    sheet: Sheet, x: float, y: float, text: str, points: float, *, colour: str, align: str = "left",
) -> None:
    """Write a drawable line: `x` is its left end, its middle or its right end, `y` its base line."""
    start = x - width_mm(text, points) * ALIGNED[align] if align != "left" else x
    letters = sheet.strokes[-1] if sheet.strokes else None
    if not isinstance(letters, Letters):
        letters = Letters()
        sheet.strokes.append(letters)
    letters.lines.append((start, y, text, points, colour))


def fill(
    sheet: Sheet, outline: Outline, colour: str, *, edge: str = "none", width_mm: float = 0.0,
    dash: Sequence[float] = (), opacity: float = 1.0, window: Window | None = None,
) -> None:
    """Fill an outline, or only draw its edge where the colour is none; a window cuts off what lies outside it."""
    if len(outline.points):
        sheet.strokes.append(Shape(outline, colour, edge, width_mm, dash, opacity, _frame(window)))


def mark(
    sheet: Sheet, points: np.ndarray, form: str, size_mm: float, colour: str, *, edge: str = "white",
    edge_mm: float = 0.12, window: Window | None = None,
) -> None:
    """Put the same symbol on every point."""
    if len(points):
        sheet.strokes.append(Marks(points, form, size_mm, colour, edge, edge_mm, _frame(window)))


def box(left: float, bottom: float, right: float, top: float) -> Outline:
    """Return a rectangle."""
    return boxes([(left, bottom, right, top)])


def boxes(rectangles: Sequence[Frame]) -> Outline:
    """Return many rectangles as one outline."""
    left, bottom, right, top = np.asarray(rectangles, dtype=float).T
    corners = np.stack([left, bottom, right, bottom, right, top, left, top, left, bottom], axis=1)
    return Outline(corners.reshape(-1, 2), np.tile(np.array(AROUND, dtype=np.uint8), len(left)))


def line(*points: tuple[float, float]) -> Outline:
    """Return a line through points."""
    pen = np.full(len(points), LINE, dtype=np.uint8)
    pen[:1] = MOVE
    return Outline(np.array(points, dtype=float), pen)


def outline_of(shapes: Any, window: Window) -> Outline:
    """Return polygons and lines in metres as one outline on the sheet, cut a little outside the window."""
    cut = shapely.clip_by_rect(np.asarray(shapes, dtype=object), *ground_of(window, MARGIN_MM))
    parts = shapely.get_parts(shapely.get_parts(cut))
    parts = parts[~shapely.is_empty(parts)]
    dimensions = shapely.get_dimensions(parts)
    rings = shapely.get_rings(shapely.orient_polygons(parts[dimensions == 2]))
    pieces = np.concatenate([rings, parts[dimensions == 1]])
    points, numbers = shapely.get_coordinates(pieces, return_index=True)
    pen = np.full(len(points), LINE, dtype=np.uint8)
    starts = np.searchsorted(numbers, np.arange(len(pieces)))
    pen[starts] = MOVE
    ends = np.append(starts, len(points))[1:len(rings) + 1] - 1
    pen[ends] = CLOSE
    return Outline(to_sheet(points, window), pen)


def _frame(window: Window | None) -> Frame | None:
    return None if window is None else frame_of(window)
