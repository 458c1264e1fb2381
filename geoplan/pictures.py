"""How does a sheet become a picture? Small, of few colours, and always the same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox
from PIL import Image

from geoplan.drawing import Frame, Letters, Marks, Shape, Sheet, box
from geoplan.fonts import font

MM_PER_INCH = 25.4
POINTS_PER_MM = 72 / MM_PER_INCH
COLOURS = 128
PACKING = 4  # half the work of the usual level, for files that are a sixteenth larger
BACKENDS = ("backend", "backend_fallback")


@contextmanager
def plain_style() -> Iterator[None]:
    """Draw as matplotlib comes, whatever style file the machine has."""
    plain: Any = {key: value for key, value in rcParamsDefault.items() if key not in BACKENDS}
    with rc_context(plain | {"path.simplify": False}):
        yield


def png_of(sheet: Sheet, dots_per_inch: int) -> bytes:
    """Return a sheet as a small picture without a date or the name of a program."""
    dots_per_mm = dots_per_inch / MM_PER_INCH
    maker: Any = RendererAgg
    renderer = maker(int(sheet.width_mm * dots_per_mm), int(sheet.height_mm * dots_per_mm), dots_per_inch)
    to_dots = Affine2D().scale(dots_per_mm)
    paper = Shape(box(0, 0, sheet.width_mm, sheet.height_mm), "white", "none", 0.0, (), 1.0, None)
    for stroke in (paper, *sheet.strokes):
        if isinstance(stroke, Shape):
            _draw_shape(renderer, stroke, to_dots)
        elif isinstance(stroke, Marks):
            _draw_marks(renderer, stroke, to_dots)
        else:
            _draw_letters(renderer, stroke, dots_per_mm)
    picture = Image.fromarray(np.asarray(renderer.buffer_rgba())).convert("RGB")
    stream = BytesIO()
    picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        stream, "PNG", dpi=(dots_per_inch, dots_per_inch), compress_level=PACKING)
    return stream.getvalue()


def _draw_shape(renderer: Any, shape: Shape, to_dots: Affine2D) -> None:
    pen = _pen(renderer, shape.frame, to_dots)
    width = shape.width_mm * POINTS_PER_MM if shape.edge != "none" else 0.0
    pen.set_linewidth(width)
    pen.set_joinstyle("round")
    pen.set_capstyle("butt" if len(shape.dash_mm) else "round")
    pen.set_alpha(shape.opacity)
    pen.set_foreground(_rgba(shape.edge, shape.opacity), isRGBA=True)
    if width and len(shape.dash_mm):
        pen.set_dashes(0, [part * POINTS_PER_MM for part in shape.dash_mm])
    colour = None if shape.colour == "none" else _rgba(shape.colour, shape.opacity)
    renderer.draw_path(pen, Path(shape.outline.points, shape.outline.pen), to_dots, colour)
    pen.restore()


def _draw_marks(renderer: Any, marks: Marks, to_dots: Affine2D) -> None:
    form = _form(marks.form)
    pen = _pen(renderer, marks.frame, to_dots)
    size = renderer.points_to_pixels(marks.size_mm * POINTS_PER_MM)
    pen.set_linewidth(marks.edge_mm * POINTS_PER_MM)
    least = form.get_snap_threshold()
    pen.set_snap(None if least is None else size >= least)
    pen.set_joinstyle(form.get_joinstyle())
    pen.set_capstyle(form.get_capstyle())
    pen.set_foreground(_rgba(marks.edge, 1.0), isRGBA=True)
    renderer.draw_markers(pen, form.get_path(), form.get_transform().scale(size), Path(marks.points), to_dots,
                          _rgba(marks.colour, 1.0))
    pen.restore()


def _draw_letters(renderer: Any, letters: Letters, dots_per_mm: float) -> None:
    pen = renderer.new_gc()
    for x, y, text, points, colour in letters.lines:
        pen.set_foreground(colour)
        renderer.draw_text(pen, x * dots_per_mm, renderer.height - y * dots_per_mm, text, font(points), 0)
    pen.restore()


def _pen(renderer: Any, frame: Frame | None, to_dots: Affine2D) -> Any:
    pen = renderer.new_gc()
    if frame is not None:
        pen.set_clip_rectangle(Bbox(to_dots.transform(np.reshape(frame, (2, 2)))))
    return pen


@cache
def _rgba(colour: str, opacity: float) -> tuple[float, float, float, float]:
    return to_rgba(colour, None if colour == "none" else opacity)


@cache
def _form(name: str) -> Any:
    return MarkerStyle(name, fillstyle="full")
