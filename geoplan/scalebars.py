"""At which scale does a map fit its frame, and how long is its scale bar? Always round figures, as on printed maps."""

from dataclasses import dataclass

import numpy as np

SCALES = (500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 7500)  # then each of ROUND times a power of ten
ROUND = (1, 1.5, 2, 2.5, 3, 4, 5, 7.5)
BAR_ROUND = (1, 2, 5)
MM_PER_M, SLACK = 1000, 1e-12  # a scale that fits but for the last digit fits


@dataclass(frozen=True)
class Window:
    """A piece of ground on a piece of paper: its middle in metres, the scale 1:n, and the frame in millimetres."""

    x: float
    y: float
    scale: float
    left: float
    bottom: float
    width: float
    height: float


def fit(bounds: tuple[float, float, float, float], frame: tuple[float, float, float, float], margin: float) -> Window:
    """Return the window on some bounds at the largest round scale at which they fit.

    Parameters
    ----------
    bounds
        West, south, east, north in metres.
    frame
        Left, bottom, width, height on the sheet in millimetres.
    margin
        Share of the frame that stays free around the bounds.

    Returns
    -------
    window
    """
    left, bottom, width, height = frame
    west, south, east, north = bounds
    room = 1 - margin
    needed = MM_PER_M * max((east - west) / (width * room), (north - south) / (height * room))
    return Window((west + east) / 2, (south + north) / 2, round_scale(needed), left, bottom, width, height)


def frame_of(window: Window) -> tuple[float, float, float, float]:
    """Return left, bottom, right, top of a window on the sheet, in millimetres."""
    return window.left, window.bottom, window.left + window.width, window.bottom + window.height


def ground_of(window: Window, margin_mm: float = 0.0) -> tuple[float, float, float, float]:
    """Return west, south, east, north of what a window shows, in metres, with a margin on every side."""
    across, up = ((side / 2 + margin_mm) * window.scale / MM_PER_M for side in (window.width, window.height))
    return window.x - across, window.y - up, window.x + across, window.y + up


def round_scale(needed: float) -> float:
    """Return the smallest round scale figure that is not below the one needed."""
    fitting = [scale for scale in SCALES if scale >= needed]
    if fitting:
        return fitting[0]
    power = 10 ** int(np.floor(np.log10(needed)))
    return float(next(figure * power for figure in (*ROUND, 10) if figure * power >= needed * (1 - SLACK)))


def bar_m(scale: float, most_mm: float) -> int:
    """Return the longest round length in metres whose bar is no longer than so many millimetres; at least one metre."""
    longest = most_mm * scale / MM_PER_M
    power = 10 ** int(np.floor(np.log10(max(longest, 1))))
    return int(max(figure * power for figure in BAR_ROUND if figure * power <= max(longest, 1)))


def to_sheet(points: np.ndarray, window: Window) -> np.ndarray:
    """Return ground coordinates in metres as millimetres on the sheet."""
    middle = (window.left + window.width / 2, window.bottom + window.height / 2)
    placed: np.ndarray = (points - (window.x, window.y)) * (MM_PER_M / window.scale) + middle
    return placed
