"""Where on a sheet does each label stand so that none covers another?

Labels are placed one after the other, the most important first, at the best free place around their point: no label
overlaps an earlier one, whatever else is taken, or the edge of the map; among free places the one that hides fewest
symbols wins, then the earlier direction (right, left, above, below, corners, then the same farther off). A label
without a free place is left out, and the caller says the name elsewhere. All measures are millimetres on the sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoplan.fonts import height_mm, width_mm

Rectangles = np.ndarray[tuple[int, int], np.dtype[np.float64]]  # left, bottom, right, top
DIRECTIONS = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)], dtype=float)
MARGIN_MM = 0.25  # of a label around its letters
NOWHERE = np.empty((0, 4))


@dataclass(frozen=True)
class Wish:
    """A label that wants a place: lines of drawable text near a point, `gaps_mm` away from it, the nearest first."""

    lines: tuple[str, ...]
    points: float
    x: float
    y: float
    gaps_mm: tuple[float, ...]


def place_labels(
    wishes: Sequence[Wish], *, frame: tuple[float, float, float, float], taken: Rectangles = NOWHERE,
    hidden: Rectangles = NOWHERE,
) -> list[tuple[float, float, float, float] | None]:
    """Return the rectangle of each label, or None for one that has no free place.

    Parameters
    ----------
    wishes
        The most important first.
    frame
        Left, bottom, right, top of the map; no label crosses it.
    taken
        Rectangles that no label may overlap.
    hidden
        Rectangles that labels had better not cover.

    Returns
    -------
    places
        In the order of `wishes`.
    """
    full = np.vstack([taken, np.zeros((len(wishes), 4))])
    count = len(taken)
    places: list[tuple[float, float, float, float] | None] = []
    for wish in wishes:
        place = _best_place(wish, full[:count], hidden, frame)
        if place is not None:
            full[count] = place
            count += 1
        places.append(place)
    return places


def size_mm(lines: Sequence[str], points: float) -> tuple[float, float]:
    """Return width and height of lines of text with the margin of a label."""
    width = max(width_mm(line, points) for line in lines)
    return width + 2 * MARGIN_MM, len(lines) * height_mm(points) + 2 * MARGIN_MM


def around(spots: np.ndarray, radius_mm: float) -> Rectangles:
    """Return the squares around points."""
    return np.hstack([spots - radius_mm, spots + radius_mm])


def overlaps(one: Rectangles, others: Rectangles) -> np.ndarray:
    """Return how many of `others` each rectangle overlaps; a common edge is no overlap."""
    apart = (
        (one[:, None, 0] >= others[None, :, 2]) | (one[:, None, 2] <= others[None, :, 0])
        | (one[:, None, 1] >= others[None, :, 3]) | (one[:, None, 3] <= others[None, :, 1]))
    return np.asarray((~apart).sum(axis=1))


def _best_place(
    wish: Wish, taken: Rectangles, hidden: Rectangles, frame: tuple[float, float, float, float],
) -> tuple[float, float, float, float] | None:
    candidates = _candidates(wish)
    left, bottom, right, top = frame
    inside = (candidates[:, 0] >= left) & (candidates[:, 1] >= bottom)
    inside &= (candidates[:, 2] <= right) & (candidates[:, 3] <= top)
    free = candidates[inside]
    free = free[overlaps(free, taken) == 0]
    if len(free) == 0:
        return None
    best = free[np.argmin(overlaps(free, hidden))]
    return float(best[0]), float(best[1]), float(best[2]), float(best[3])


def _candidates(wish: Wish) -> Rectangles:
    """Return rectangles around the point of a label; a gap of zero is the place on the point itself."""
    size = np.array(size_mm(wish.lines, wish.points))
    centre = np.array([wish.x, wish.y])
    rings = []
    for gap in wish.gaps_mm:
        offsets = DIRECTIONS * (size / 2 + gap) if gap else np.zeros((1, 2))
        middles = centre + offsets
        rings.append(np.hstack([middles - size / 2, middles + size / 2]))
    return np.vstack(rings)
