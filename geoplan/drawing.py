"""How do lines, areas, symbols and letters get on a sheet of paper? In millimetres from its lower left corner.

The only file that makes matplotlib's artists. Every text is drawn with the shipped font and as it stands: a planner's
`$` is a dollar sign, not the beginning of a formula. Style files of the machine have no say.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from matplotlib import rc_context, rcParamsDefault
from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.transforms import Affine2D, Bbox, TransformedBbox
from PIL import Image

from geoplan.fonts import width_mm
from geoplan.scalebars import Window, frame_of, ground_of, to_sheet
from geoplan.typesetting import draw_line

MM_PER_INCH = 25.4
POINTS_PER_MM = 72 / MM_PER_INCH
MARGIN_MM = 4.0  # shapes are cut so far outside their window; the frame hides the cut edges
COLOURS_OF_PICTURE = 128
BACKENDS = ("backend", "backend_fallback")
OURS = {"pdf.fonttype": 3, "pdf.compression": 6, "path.simplify": False}  # CFF outlines embed whole as type 3
ALIGNED = {"left": 0.0, "center": 0.5, "right": 1.0}


@contextmanager
def plain_style() -> Iterator[None]:
    """Draw as matplotlib comes, whatever style file the machine has."""
    plain: Any = {key: value for key, value in rcParamsDefault.items() if key not in BACKENDS}
    with rc_context(plain | OURS):
        yield


def new_sheet(width_mm: float, height_mm: float) -> Figure:
    """Return an empty sheet."""
    return Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH), facecolor="white")


@contextmanager
def pdf_of(file: Path, title: str, day: date) -> Iterator[Any]:
    """Open a PDF whose only date is a given day; sheets are added with `savefig`.

    It grows in memory: on a full disk matplotlib would fail while it closes, in words that do not name the disk.
    """
    made = datetime.combine(day, time(), UTC)
    about = {"Title": title, "Creator": "geoplan", "Producer": "geoplan", "CreationDate": made, "ModDate": made}
    written = BytesIO()
    with PdfPages(written, metadata=about) as pages:
        yield pages
    file.write_bytes(written.getbuffer())


def png_of(sheet: Figure, dots_per_inch: int) -> bytes:
    """Return a sheet as a small picture: few colours, no date, no name of a program."""
    canvas: Any = FigureCanvasAgg(sheet)
    sheet.set_dpi(dots_per_inch)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    stream = BytesIO()
    picture.quantize(COLOURS_OF_PICTURE, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        stream, "PNG", dpi=(dots_per_inch, dots_per_inch))
    return stream.getvalue()


def write(
    sheet: Figure, x: float, y: float, text: str, points: float, *, colour: str, align: str = "left",
) -> None:
    """Write a drawable line: `x` is its left end, its middle or its right end, `y` its base line."""
    start = x - width_mm(text, points) * ALIGNED[align]
    letters = sheet.artists[-1] if sheet.artists else None
    if not isinstance(letters, _Letters):
        letters = _Letters()
        _add(sheet, letters)
    letters.lines.append((start, y, text, points, colour))


def fill(
    sheet: Figure, outline: Outline, colour: str, *, edge: str = "none", width_mm: float = 0.0,
    dash: Sequence[float] = (), opacity: float = 1.0, window: Window | None = None,
) -> None:
    """Fill an outline, or only draw its edge where the colour is none; a window cuts off what lies outside it."""
    if np.size(outline.vertices) == 0:
        return
    width = width_mm * POINTS_PER_MM
    style: Any = (0, tuple(part * POINTS_PER_MM / max(width, 0.1) for part in dash)) if dash else "solid"
    patch = PathPatch(outline, facecolor=colour, edgecolor=edge, linewidth=width, linestyle=style, alpha=opacity,
                      joinstyle="round", capstyle="butt" if dash else "round")
    _add(sheet, patch, window)


def mark(
    sheet: Figure, points: np.ndarray, form: str, size_mm: float, colour: str, *, edge: str = "white",
    edge_mm: float = 0.12, window: Window | None = None,
) -> None:
    """Put the same symbol on every point."""
    if len(points) == 0:
        return
    symbols = Line2D(points[:, 0], points[:, 1], linestyle="none", marker=form, markersize=size_mm * POINTS_PER_MM,
                     markerfacecolor=colour, markeredgecolor=edge, markeredgewidth=edge_mm * POINTS_PER_MM)
    _add(sheet, symbols, window)


class _Letters(Artist):
    """Lines of text that follow each other, drawn straight by the renderer: a tenth of the work of `Text`."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[float, float, str, float, str]] = []

    def draw(self, renderer: RendererBase) -> None:
        places = self.get_transform().transform([(x, y) for x, y, *_ in self.lines])
        if renderer.flipy():
            places[:, 1] = renderer.get_canvas_width_height()[1] - places[:, 1]
        context = renderer.new_gc()
        for (x, y), (_, _, text, points, colour) in zip(places.tolist(), self.lines, strict=True):
            context.set_foreground(colour)
            draw_line(renderer, context, (x, y), text, points)
        context.restore()


def box(left: float, bottom: float, right: float, top: float) -> Outline:
    """Return a rectangle."""
    return Outline(np.array([(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]), closed=True)


def boxes(rectangles: Sequence[tuple[float, float, float, float]]) -> Outline:
    """Return many rectangles as one outline."""
    return Outline.make_compound_path(*(box(*rectangle) for rectangle in rectangles))


def line(*points: tuple[float, float]) -> Outline:
    """Return a line through points."""
    return Outline(np.array(points, dtype=float))


def outline_of(shapes: Any, window: Window) -> Outline:
    """Return polygons and lines in metres as one outline on the sheet, cut a little outside the window."""
    cut = shapely.clip_by_rect(np.asarray(shapes, dtype=object), *ground_of(window, MARGIN_MM))
    parts = shapely.get_parts(shapely.get_parts(cut))
    parts = parts[~shapely.is_empty(parts)]
    dimensions = shapely.get_dimensions(parts)
    rings = shapely.get_rings(shapely.orient_polygons(parts[dimensions == 2]))
    pieces = np.concatenate([rings, parts[dimensions == 1]])
    vertices, numbers = shapely.get_coordinates(pieces, return_index=True)
    codes = np.full(len(vertices), Outline.LINETO, dtype=Outline.code_type)
    starts = np.searchsorted(numbers, np.arange(len(pieces)))
    codes[starts] = Outline.MOVETO
    ends = np.append(starts, len(vertices))[1:len(rings) + 1] - 1
    codes[ends] = Outline.CLOSEPOLY
    return Outline(to_sheet(vertices, window), codes)


def _add(sheet: Figure, artist: Artist, window: Window | None = None) -> None:
    millimetres = Affine2D().scale(1 / MM_PER_INCH) + sheet.dpi_scale_trans
    artist.set_transform(millimetres)
    artist.set_zorder(0)  # what is drawn later lies on top, whatever it is
    sheet.add_artist(artist)
    if window is None:
        artist.set_clip_on(False)
        return
    left, bottom, right, top = frame_of(window)
    artist.set_clip_path(None)
    artist.set_clip_box(TransformedBbox(Bbox([[left, bottom], [right, top]]), millimetres))
