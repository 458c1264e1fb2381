"""Pages, tables and running heads of a Word file."""

import zipfile
from datetime import date
from pathlib import Path

import pytest
from docx import Document

from geoplan.drawing import Sheet, box, fill
from geoplan.figures import Grid
from geoplan.manuscript import TEXT_MM, Manuscript
from geoplan.pictures import plain_style, png_of

DAY = date(2024, 3, 1)
TWIPS_PER_MM = 56.6929


def saved(pages: Manuscript, folder: Path) -> object:
    pages.save(folder / "pages.docx")
    return Document(str(folder / "pages.docx"))


def test_a_table_is_as_wide_as_the_page_whatever_stands_in_it(tmp_path: Path) -> None:
    pages = Manuscript("书", DAY, "zh")
    pages.new_part(("左", "右"), ("脚", "A1-"))
    for texts in (("短", "短"), ("长" * 500, "1"), ("a" * 500, "b" * 500)):
        pages.grid(Grid(("甲", "乙"), (texts,)))
    for grid in saved(pages, tmp_path).tables:
        widths = [int(column.width.twips) for column in grid.columns]
        assert sum(widths) == pytest.approx(TEXT_MM * TWIPS_PER_MM, abs=3)
        assert min(widths) > 9 * TWIPS_PER_MM * 0.9


def test_where_a_page_is_too_narrow_long_texts_keep_the_most_room_and_numbers_stay_whole(tmp_path: Path) -> None:
    pages = Manuscript("书", DAY, "zh")
    pages.new_part(("左", "右"), ("脚", "A1-"))
    row = ("公共绿地/口袋公园/社区游园", "12,345,678", "GB 50180-2018 4.0.4; " + "完整居住社区建设标准" * 4,
           "经验值，须核对", "资源不允许此用途")
    headings = ("设施类型", "未覆盖人口（人）", "依据标准", "可信度", "未解决原因")
    pages.grid(Grid(headings, (row, row), frozenset({1})))
    type_, number, standard, sure, why = (
        int(column.width.twips) / TWIPS_PER_MM for column in saved(pages, tmp_path).tables[0].columns)
    assert number >= 10 * 1.58 + 2 * 1.2  # ten figures of 8.5 points, and the cell's margins
    assert standard > 2 * max(type_, sure, why)  # 101 letters beside 26, 14 and 16
    assert standard / type_ == pytest.approx(101 / 26, rel=0.35)  # as many lines each


def test_the_heading_row_is_repeated_on_every_page_and_no_row_is_torn(tmp_path: Path) -> None:
    pages = Manuscript("书", DAY, "zh")
    pages.new_part(("左", "右"), ("脚", ""))
    pages.grid(Grid(("甲",), (("一",), ("二",))))
    xml = saved(pages, tmp_path).tables[0]._tbl.xml
    assert xml.count("<w:tblHeader/>") == 1
    assert xml.count("<w:cantSplit/>") == 3


def test_marked_rows_are_shaded_and_sums_are_bold(tmp_path: Path) -> None:
    pages = Manuscript("书", DAY, "zh")
    pages.new_part(("左", "右"), ("脚", ""))
    pages.grid(Grid(("甲", "乙"), (("一", "1"), ("合计", "1")), frozenset({1}), frozenset({0}), has_total=True))
    rows = saved(pages, tmp_path).tables[0].rows
    assert 'w:fill="FFF2CC"' in rows[1]._tr.xml
    assert "<w:b/>" in rows[2]._tr.xml
    assert "<w:b/>" not in rows[1]._tr.xml
    assert 'w:jc w:val="right"' in rows[1].cells[1]._tc.xml


def test_a_long_running_head_leaves_room_for_the_other(tmp_path: Path) -> None:
    pages = Manuscript("书", DAY, "zh")
    pages.new_part(("长" * 10_000, "短"), ("脚", "A1-"))
    head = saved(pages, tmp_path).sections[0].header.paragraphs[0].text
    assert head.endswith("…\t短")
    assert len(head) < 30


def test_the_title_of_the_file_is_the_name_of_the_plan_without_its_controls(tmp_path: Path) -> None:
    pages = Manuscript("甲\x07" + "长" * 400, DAY, "zh")
    pages.new_part(("", ""), ("", ""))
    about = saved(pages, tmp_path).core_properties
    assert about.title.startswith("甲\\x07")
    assert len(about.title) == 255
    assert about.author == "geoplan"


def test_pages_stand_in_the_order_of_their_parts_and_are_no_tree_while_they_are_written(tmp_path: Path) -> None:
    pages = Manuscript("书", DAY, "zh")
    for part in range(3):
        pages.new_part((f"头{part}", ""), ("脚", ""))
        pages.heading(f"篇{part}", 1, bookmark=f"a\x07{part}")
        for place in range(20):
            pages.text(f"{part}-{place} <&> \" '")
        pages.grid(Grid(("甲",), (("",), ("]]> <w:p/>",))), links=[f"a\x07{part}", ""])
    assert len(pages._document.element.body) < 10  # a place and a section for each part
    document = saved(pages, tmp_path)
    assert [text.text for text in document.paragraphs if "-" in text.text] == [
        f"{part}-{place} <&> \" '" for part in range(3) for place in range(20)]
    assert [section.header.paragraphs[0].text.strip() for section in document.sections] == ["头0", "头1", "头2"]
    assert [grid.rows[2].cells[0].text for grid in document.tables] == ["]]> <w:p/>"] * 3


def picture(colour: str) -> bytes:
    sheet = Sheet(40.0, 20.0)
    fill(sheet, box(5.0, 5.0, 35.0, 15.0), colour)
    with plain_style():
        return png_of(sheet, 130)


def test_the_same_picture_is_in_the_file_once_and_keeps_its_shape(tmp_path: Path) -> None:
    pages = Manuscript("书", DAY, "zh")
    for number, colour in enumerate(("#ff0000", "#0000ff", "#ff0000")):
        pages.new_part((f"头{number}", ""), ("", f"A{number}-"))
        pages.picture(picture(colour), 80.0, "图")
    document = saved(pages, tmp_path)
    assert [shape.width.mm for shape in document.inline_shapes] == [pytest.approx(80.0)] * 3
    assert [shape.height.mm for shape in document.inline_shapes] == [pytest.approx(40.0, abs=0.5)] * 3
    held = [document.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed].blob
            for shape in document.inline_shapes]
    assert held == [picture("#ff0000"), picture("#0000ff"), picture("#ff0000")]
    with zipfile.ZipFile(tmp_path / "pages.docx") as packed:
        assert packed.testzip() is None
        assert len(packed.namelist()) == len(set(packed.namelist()))
        assert sum(name.endswith(".png") for name in packed.namelist()) == 2
    assert [section.footer.paragraphs[0].text.split("\t")[1] for section in document.sections] == [
        "A0-1", "A1-1", "A2-1"]
