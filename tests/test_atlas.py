"""atlas.pdf: sheets that can be printed, searched and trusted."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from little_plan import little_plan
from paper import full_plan, hostile_plan, many_areas
from pypdf import PdfReader

from geoplan import atlas, make_plan, read_project
from geoplan.atlas import write_atlas
from geoplan.drawing import Letters, Sheet
from geoplan.fonts import MM_PER_POINT, width_mm
from geoplan.labelling import overlaps
from geoplan.plan import Plan
from geoplan.schema import empty_table, tables

MM = 72 / 25.4
HEHUANG = Path(__file__).parents[1] / "data" / "hehuang"


def written(plan: Plan, folder: Path) -> PdfReader:
    write_atlas(plan, folder / "atlas.pdf")
    return PdfReader(folder / "atlas.pdf")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    folder = tmp_path_factory.mktemp("full")
    return written(full_plan(folder / "plan"), folder)


def text_of(reader: PdfReader, sheet: int) -> str:
    return reader.pages[sheet].extract_text()


def test_there_is_an_overview_and_one_sheet_for_each_area_on_a3(full: PdfReader) -> None:
    assert len(full.pages) == 3
    assert {(round(page.mediabox.width / MM), round(page.mediabox.height / MM)) for page in full.pages} == {(420, 297)}


def test_the_overview_lists_every_area_with_its_figures(full: PdfReader) -> None:
    text = text_of(full, 0)
    assert "总图" in text
    assert "1,500" in text  # households: 600 + 900
    assert "3,930" in text  # residents: 1,572 + 2,358
    assert "鼓楼片区" in text


def test_a_sheet_says_what_the_tables_say(full: PdfReader) -> None:
    text = text_of(full, 1)
    for words in ("A1　鼓楼片区", "所含小区", "缺什么", "日间照料", "786 · 50.0%", "157.2", "实施后达标", "锅炉房",
                  "→ 日间照料", "1,235", "123.45", "得分最高", "2025"):
        assert words in text, words


def test_every_sheet_has_scale_north_legend_source_and_the_day_of_the_law(full: PdfReader) -> None:
    for sheet in range(3):
        text = text_of(full, sheet)
        assert re.search(r"1:[\d,]+", text)
        assert "北" in text
        assert "道路" in text
        assert "政策基准日 2024-03-01" in text
        assert f"第 {sheet + 1} / 3 张" in text
    assert "步行距离为直线" in text_of(full, 0)  # no streets were brought


def test_the_font_is_inside_the_file(full: PdfReader) -> None:
    fonts = [font.get_object() for page in full.pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    assert all(font["/Subtype"] == "/Type3" and "/CharProcs" in font and "/ToUnicode" in font for font in fonts)


def test_an_english_plan_has_an_english_atlas(tmp_path: Path) -> None:
    text = text_of(written(full_plan(tmp_path / "plan", language="en"), tmp_path), 1)
    for words in ("Member estates", "What is missing", "Met after the plan", "Sheet 2 of 3", "law as of 2024-03-01"):
        assert words in text, words


def test_hostile_names_are_drawn_as_they_stand(tmp_path: Path) -> None:
    reader = written(hostile_plan(tmp_path / "plan"), tmp_path)
    text = text_of(reader, 1)
    assert "$\\frac{1}{0}$ ^_{" in text  # no formula
    assert "甲\\x00\\x07<w:p/>&乙" in text_of(reader, 2) + text
    assert "长长长" in text_of(reader, 2)
    assert "U+1F600, U+20BB7" in text_of(reader, 0)  # the emoji and the rare letter are named under the map
    assert "〓" in text


def test_a_plan_without_an_area_still_has_an_overview(tmp_path: Path) -> None:
    empty = {name: empty_table(name, "EPSG:4549") for name in tables("out") if name != "estates"}
    assert len(written(little_plan(tmp_path / "plan", **empty), tmp_path).pages) == 1


def test_a_plan_without_an_estate_is_no_error(tmp_path: Path) -> None:
    empty = {name: empty_table(name, "EPSG:4549") for name in tables("out")}
    assert len(written(little_plan(tmp_path / "plan", **empty), tmp_path).pages) == 1


def test_a_list_too_long_for_the_overview_goes_on_on_a_sheet_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(atlas, "INDEX_ROW_MM", 25.0)  # 231 mm beside the overview hold 7 rows, a sheet three times 8
    reader = written(many_areas(tmp_path / "plan", 12), tmp_path)
    assert len(reader.pages) == 2 + 12
    assert [f"第A{number:03d}片区" in text_of(reader, 0) for number in (1, 7, 8)] == [True, True, False]
    assert all(f"第A{number:03d}片区" in text_of(reader, 1) for number in range(8, 13))


def test_no_facilities_is_said(tmp_path: Path) -> None:
    text = text_of(written(little_plan(tmp_path / "plan"), tmp_path), 1)
    assert "未提供设施数据" in text
    assert "未提供存量资源数据" in text
    assert text.count("未编制") >= 3


def test_the_same_plan_gives_the_same_bytes_whatever_the_hash_seed_and_the_time_zone(tmp_path: Path) -> None:
    code = ("import sys; sys.path.insert(0, 'tests'); from pathlib import Path; from paper import full_plan; "
            "from geoplan.atlas import write_atlas; folder = Path(sys.argv[1]); "
            "write_atlas(full_plan(folder / 'plan'), folder / 'atlas.pdf')")
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=Path(__file__).parents[1],
                   env=os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai"})
    made = (tmp_path / "atlas.pdf").read_bytes()
    write_atlas(full_plan(tmp_path / "here"), tmp_path / "again.pdf")
    assert made == (tmp_path / "again.pdf").read_bytes()
    assert b"(D:20240301000000Z)" in made


def test_no_two_lines_of_text_overlap_and_none_leaves_the_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    sheets: list[Sheet] = []

    @contextmanager
    def kept(*_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(add=sheets.append)

    monkeypatch.setattr(atlas, "pdf_of", kept)
    write_atlas(make_plan(read_project(HEHUANG)), Path())
    assert len(sheets) > 10
    for sheet in sheets:
        places = np.array([
            (x, y - 0.1 * points * MM_PER_POINT, x + width_mm(text, points), y + 0.75 * points * MM_PER_POINT)
            for letters in sheet.strokes if isinstance(letters, Letters) for x, y, text, points, _ in letters.lines])
        assert overlaps(places, places).max() == 1  # each overlaps itself only
        assert places[:, :2].min() > 4
        assert places[:, 2].max() <= 410.01
        assert places[:, 3].max() < 292


def test_a_place_that_does_not_exist_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atlas(little_plan(tmp_path / "plan"), tmp_path / "nowhere" / "atlas.pdf")
