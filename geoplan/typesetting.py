"""How does a line of text get into a PDF? It is laid out once; where the same line is drawn again, it is copied.

An atlas says the same words on every sheet, and laying out Chinese letters is most of the work of drawing them.
"""

from io import BytesIO
from typing import Any
from weakref import WeakKeyDictionary

from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_pdf import Op, PdfFile

from geoplan.fonts import font

Known = dict[tuple[str, float], bytes]
_KNOWN: WeakKeyDictionary[PdfFile, Known] = WeakKeyDictionary()  # letters are numbered anew in every file


def draw_line(renderer: RendererBase, context: Any, place: tuple[float, float], text: str, points: float) -> None:
    """Draw a line of text.

    Parameters
    ----------
    renderer
        Of a PDF or of a picture.
    context
        Made by the renderer; its foreground is the colour.
    place
        Where the base line begins, as the renderer counts.
    text
        A drawable line.
    points
        Size of the letters.
    """
    pdf: Any = renderer
    file: Any = getattr(pdf, "file", None)
    if not _is_pdf(file):
        renderer.draw_text(context, *place, text, font(points), 0)
        return
    pdf.check_gc(context, context.get_rgb())
    known = _KNOWN.setdefault(file, {})
    if (text, points) not in known:
        known[text, points] = _laid_out(pdf, context, text, points)
    file.output(Op.gsave, 1, 0, 0, 1, *place, Op.concat_matrix)
    file.write(known[text, points])
    file.output(Op.grestore)


def _is_pdf(file: object) -> bool:
    return isinstance(file, PdfFile)


def _laid_out(pdf: Any, context: Any, text: str, points: float) -> bytes:
    """Return what the renderer writes for a line at the origin, instead of letting it into the file."""
    page, written = pdf.file.currentstream, BytesIO()
    pdf.file.currentstream = written
    try:
        pdf.draw_text(context, 0, 0, text, font(points), 0)
    finally:
        pdf.file.currentstream = page
    return written.getvalue()
