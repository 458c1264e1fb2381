"""How is a sheet printed into a PDF? Lines and letters stay lines and letters, and the same sheets give the same bytes.

A page counts in hundredths of a millimetre, finer than any press, so that whole numbers do. What sheets share is in the
file once: every letter, every symbol, every degree of opacity.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib.colors import to_rgb
from matplotlib.markers import MarkerStyle

from geoplan.bindery import Bindery
from geoplan.drawing import Letters, Marks, Outline, Shape, Sheet
from geoplan.typesetting import Typesetter, add_case, listed, traced

PER_MM = 100
POINTS = 72 / 25.4 / PER_MM  # of one unit of a page
PAINT = {(True, False): "f", (False, True): "S", (True, True): "B", (False, False): "n"}
JOINS = {"miter": 0, "round": 1, "bevel": 2}
MITRE = 10  # how many widths of its line a pointed corner may be long where nothing is said


class Pdf:
    """A document to which sheets are added as pages."""

    def __init__(self) -> None:
        self._bindery, self._setter = Bindery(), Typesetter()
        self._symbols: dict[tuple[str, float, float], int] = {}
        self._opacities: dict[float, int] = {}

    def add(self, sheet: Sheet) -> None:
        """Print a sheet as the next page."""
        said, frame = [f"{POINTS:.8f} 0 0 {POINTS:.8f} 0 0 cm 1 j".encode()], None
        for stroke in sheet.strokes:
            wanted = None if isinstance(stroke, Letters) else stroke.frame
            if wanted != frame:
                said += [b"Q"] if frame else []
                said += [_cut(wanted)] if wanted else []
                frame = wanted
            said.append(self._printed(stroke))
        said += [b"Q"] if frame else []
        width, height = (side * PER_MM * POINTS for side in (sheet.width_mm, sheet.height_mm))
        self._bindery.add_page(b"\n".join(said), width, height)

    def closed(self, title: str, day: date) -> bytes:
        """Return the file."""
        fonts = [add_case(self._bindery, letters) for letters in self._setter.cases()]
        return self._bindery.bound(title, day, fonts=fonts, symbols=self._symbols.values(),
                                   opacities=self._opacities.values())

    def _printed(self, stroke: Shape | Marks | Letters) -> bytes:
        if isinstance(stroke, Shape):
            return self._shape(stroke)
        return self._marks(stroke) if isinstance(stroke, Marks) else self._letters(stroke)

    def _shape(self, shape: Shape) -> bytes:
        is_filled, is_drawn = shape.colour != "none", shape.edge != "none" and shape.width_mm > 0
        said = [_colour(shape.colour), "rg"] if is_filled else []
        if is_drawn:
            dash = " ".join(f"{part * PER_MM:g}" for part in shape.dash_mm)
            said += [_colour(shape.edge), f"RG {shape.width_mm * PER_MM:.6g} w [{dash}] 0 d {0 if dash else 1} J"]
        said += [_traced(shape.outline), PAINT[is_filled, is_drawn]]
        if shape.opacity != 1:
            said = ["q", f"/A{self._opacity(shape.opacity)} gs", *said, "Q"]
        return " ".join(said).encode()

    def _marks(self, marks: Marks) -> bytes:
        symbol = self._symbol(marks.form, marks.size_mm, marks.edge_mm)
        said, before = [f"q {_colour(marks.colour)} rg {_colour(marks.edge)} RG"], (0, 0)
        for x, y in (marks.points * PER_MM).round().astype(int).tolist():
            said.append(f"1 0 0 1 {x - before[0]} {y - before[1]} cm /M{symbol} Do")
            before = x, y
        return "\n".join([*said, "Q"]).encode()

    def _letters(self, letters: Letters) -> bytes:
        return b"\n".join(
            b"%b rg BT %d %d Td %b ET" % (_colour(colour).encode(), round(x * PER_MM), round(y * PER_MM),
                                          self._setter.line(text, round(points / POINTS, 2)))
            for x, y, text, points, colour in letters.lines)

    def _symbol(self, form: str, size_mm: float, edge_mm: float) -> int:
        """Return the number of a symbol, which is put in when it is first asked for."""
        key = (form, size_mm, edge_mm)
        if key not in self._symbols:
            style: Any = MarkerStyle(form, fillstyle="full")
            path = style.get_path().transformed(style.get_transform().scale(size_mm))
            said = (f"{edge_mm * PER_MM:.6g} w {JOINS[style.get_joinstyle()]} j 0 J "
                    f"{_traced(Outline(path.vertices, path.codes))} B")
            reach = (size_mm + MITRE * edge_mm) * PER_MM
            self._symbols[key] = self._bindery.add_stream(said.encode(), {
                "Type": "/XObject", "Subtype": "/Form",
                "BBox": listed(f"{side:.6g}" for side in (-reach, -reach, reach, reach))})
        return self._symbols[key]

    def _opacity(self, share: float) -> int:
        if share not in self._opacities:
            self._opacities[share] = self._bindery.add({
                "Type": "/ExtGState", "CA": f"{share:.6g}", "ca": f"{share:.6g}"})
        return self._opacities[share]


@contextmanager
def pdf_of(file: Path, title: str, day: date) -> Iterator[Pdf]:
    """Open a PDF whose only date is a given day; it is written when all sheets are printed."""
    pdf = Pdf()
    yield pdf
    file.write_bytes(pdf.closed(title, day))


def _traced(outline: Outline) -> str:
    return traced(outline.points * PER_MM, outline.pen)


def _cut(frame: tuple[float, float, float, float]) -> bytes:
    left, bottom, right, top = (round(edge * PER_MM) for edge in frame)
    return b"q %d %d %d %d re W n" % (left, bottom, right - left, top - bottom)


@cache
def _colour(name: str) -> str:
    return " ".join(f"{part:.4g}" for part in to_rgb(name))
