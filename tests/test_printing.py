"""A sheet becomes a page of a PDF and a picture: the same things at the same places, whoever reads it."""

from datetime import date
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import ContentStream

from geoplan.drawing import CLOSE, LINE, MOVE, Sheet, box, boxes, fill, line, mark, write
from geoplan.fonts import closer_by, drawable
from geoplan.pictures import plain_style, png_of
from geoplan.printing import Pdf, pdf_of
from geoplan.scalebars import Window
from geoplan.transcripts import pdf_pages
from geoplan.typesetting import CODES, Typesetter, traced

DAY = date(2024, 3, 1)
WINDOW = Window(0.0, 0.0, 1000.0, 10.0, 10.0, 20.0, 20.0)  # the square from 10 to 30 mm


def read(*sheets: Sheet, title: str = "图册 (1)\\") -> PdfReader:
    pdf = Pdf()
    for sheet in sheets:
        pdf.add(sheet)
    return PdfReader(BytesIO(pdf.closed(title, DAY)))


def operators(reader: PdfReader, page: int = 0) -> list[tuple[str, list[float]]]:
    content = ContentStream(reader.pages[page].get_contents(), reader)
    return [(name.decode(), [float(value) for value in values if not isinstance(value, list | str | bytes)])
            for values, name in content.operations]


def dots(sheet: Sheet) -> np.ndarray:
    """Return a sheet as a picture of 10 dots a millimetre, the first row at the bottom."""
    with plain_style():
        picture = Image.open(BytesIO(png_of(sheet, 254))).convert("RGB")
    return np.asarray(picture)[::-1]


def test_a_page_is_as_large_as_its_sheet_and_the_title_is_as_it_was_given() -> None:
    reader = read(Sheet(420.0, 297.0), Sheet(210.0, 297.0))
    assert [round(float(page.mediabox.width), 2) for page in reader.pages] == [1190.55, 595.28]  # 420 / 25.4 x 72
    assert reader.metadata is not None
    assert reader.metadata.title == "图册 (1)\\"
    assert reader.metadata.creation_date_raw == "D:20240301000000Z"


def test_a_shape_stands_where_it_was_put_in_hundredths_of_a_millimetre() -> None:
    sheet = Sheet(100.0, 50.0)
    fill(sheet, box(1.0, 2.0, 3.5, 4.004), "#ff0000", edge="#0000ff", width_mm=0.25, dash=(1.0, 0.5))
    said = operators(read(sheet))
    assert said[0] == ("cm", pytest.approx([72 / 2540, 0, 0, 72 / 2540, 0, 0], abs=1e-7))
    assert [item for item in said if item[0] in "mlhBw"] == [
        ("w", [25]), ("m", [100, 200]), ("l", [350, 200]), ("l", [350, 400]), ("l", [100, 400]), ("h", []), ("B", [])]
    assert ("rg", [1, 0, 0]) in said
    assert ("RG", [0, 0, 1]) in said


def test_what_lies_outside_its_window_is_cut_off_on_paper_and_in_pictures() -> None:
    sheet = Sheet(40.0, 40.0)
    fill(sheet, box(0.0, 0.0, 40.0, 20.0), "#ff0000", window=WINDOW)
    fill(sheet, box(35.0, 35.0, 40.0, 40.0), "#0000ff")
    names = [name for name, _ in operators(read(sheet))]
    assert names == ["cm", "j", "q", "re", "W", "n", "rg", "m", "l", "l", "l", "h", "f", "Q", "rg", "m", "l", "l", "l",
                     "h", "f"]
    seen = dots(sheet)
    assert seen[150, 200].tolist() == [255, 0, 0]
    assert seen[50, 200].tolist() == seen[250, 200].tolist() == [255, 255, 255]
    assert seen[380, 380].tolist() == [0, 0, 255]


def test_later_things_lie_on_top_and_thin_ones_let_shine_through() -> None:
    sheet = Sheet(40.0, 40.0)
    fill(sheet, box(0.0, 0.0, 40.0, 40.0), "#000000")
    fill(sheet, box(10.0, 10.0, 30.0, 30.0), "#ffffff", opacity=0.5)
    reader = read(sheet, sheet)
    seen = dots(sheet)
    assert seen[50, 50].tolist() == [0, 0, 0]
    assert all(abs(int(part) - 128) <= 4 for part in seen[200, 200])
    states = reader.pages[1]["/Resources"]["/ExtGState"]  # type: ignore[index]
    assert [state.get_object()["/ca"] for state in states.values()] == [0.5]  # one for all that is as thin


def test_a_symbol_is_in_the_file_once_and_drawn_at_every_point() -> None:
    sheet = Sheet(40.0, 40.0)
    mark(sheet, np.array([(10.0, 10.0), (30.0, 25.0)]), "s", 2.0, "#ff0000", edge="#0000ff", edge_mm=0.2)
    mark(sheet, np.array([(20.0, 35.0)]), "s", 2.0, "#00ff00", edge="#0000ff", edge_mm=0.2)
    reader = read(sheet)
    moves = [values[4:] for name, values in operators(reader)[1:] if name == "cm"]
    assert moves == [[1000, 1000], [2000, 1500], [2000, 3500]]  # each from the one before
    assert len(reader.pages[0]["/Resources"]["/XObject"]) == 1  # type: ignore[index, arg-type]
    seen = dots(sheet)
    assert [seen[y, x].tolist() for y, x in ((100, 100), (250, 300), (350, 200))] == [
        [255, 0, 0], [255, 0, 0], [0, 255, 0]]


def test_letters_of_many_cases_are_read_as_they_were_written(tmp_path: Path) -> None:
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + 2 * len(CODES))]
    texts = ["AV (To) \\ 1,234.5%", "".join(letters), "甲A乙"]
    sheet = Sheet(400.0, 40.0)
    for nth, text in enumerate(texts):
        write(sheet, 5.0, 30.0 - 5 * nth, drawable(text), 7.0, colour="#1b2a38")
    with pdf_of(tmp_path / "a.pdf", "A", DAY) as pdf:
        pdf.add(sheet)
    assert pdf_pages(tmp_path / "a.pdf") == [texts]
    read_by_another = PdfReader(tmp_path / "a.pdf").pages[0].extract_text()
    assert all(letter in read_by_another for letter in letters)


def test_a_line_is_as_long_as_its_letters_but_where_latin_ones_move_together() -> None:
    setter = Typesetter()
    assert closer_by("A", "V") == 15  # 608 - 593, as Noto Sans SC has it
    assert closer_by("1", "1") == closer_by("海", "A") == closer_by("", "A") == 0
    assert setter.line("AV1", 10.0) == b"/F1 10 Tf [(%b)15(%b%b)] TJ" % (CODES[0:1], CODES[1:2], CODES[2:3])
    assert setter.line("11", 6.5) == b"/F1 6.5 Tf [(%b%b)] TJ" % (CODES[2:3], CODES[2:3])
    assert setter.cases() == [["A", "V", "1"]]


def test_a_ring_closes_and_what_does_not_move_the_pen_is_left_out() -> None:
    points = np.array([(0, 0), (0.3, 0.2), (10, 0), (10, 10), (0, 0), (20, 20), (20.4, 20), (30, 20)])
    pen = np.array([MOVE, LINE, LINE, LINE, CLOSE, MOVE, LINE, LINE])
    assert traced(points, pen) == "0 0 m 10 0 l 10 10 l h 20 20 m 30 20 l "


@given(st.lists(st.tuples(*[st.floats(0, 100)] * 4), min_size=1, max_size=5))
def test_many_rectangles_are_one_outline_of_as_many_rings(rectangles: list[tuple[float, float, float, float]]) -> None:
    outline = boxes(rectangles)
    single = [box(*rectangle) for rectangle in rectangles]
    assert (outline.points == np.concatenate([one.points for one in single])).all()
    assert outline.pen.tolist() == [MOVE, LINE, LINE, LINE, CLOSE] * len(rectangles)


def test_an_empty_sheet_and_a_line_of_no_letter_are_no_error() -> None:
    sheet = Sheet(40.0, 40.0)
    fill(sheet, line(), "none", edge="#000000", width_mm=1.0)
    mark(sheet, np.empty((0, 2)), "o", 1.0, "#000000")
    write(sheet, 1.0, 1.0, "", 7.0, colour="#000000")
    assert read(sheet).pages[0].extract_text() == ""
    assert (dots(sheet) == 255).all()
