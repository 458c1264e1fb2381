"""dossiers.docx: what each area gets on paper, as text and tables that people can trust."""

import hashlib
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from little_plan import little_plan
from lxml import etree
from paper import full_plan, hostile_plan

from geoplan.dossiers import write_dossiers
from geoplan.plan import Plan
from geoplan.schema import empty_table, tables

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def written(plan: Plan, folder: Path) -> Path:
    write_dossiers(plan, folder / "dossiers.docx")
    return folder / "dossiers.docx"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("full")
    return written(full_plan(folder / "plan"), folder)


def headings(file: Path, level: int = 1) -> list[str]:
    return [part.text for part in Document(str(file)).paragraphs if part.style.name == f"Heading {level}"]


def grids(file: Path) -> list[list[list[str]]]:
    return [[[cell.text for cell in row.cells] for row in grid.rows] for grid in Document(str(file)).tables]


def grid_with(file: Path, heading: str) -> list[list[str]]:
    return next(grid for grid in grids(file) if heading in grid[0])


def texts(file: Path) -> list[str]:
    return [part.text for part in Document(str(file)).paragraphs]


def test_every_area_has_a_part_of_its_own(full: Path) -> None:
    assert headings(full) == ["目录与总览", "A1　鼓楼片区", "A2　=片区"]
    assert headings(full, 2)[:14] == [
        "一、主要指标", "二、所含小区", "三、缺什么", "四、养老用房账", "五、存量资源", "六、选址安排",
        "七、建议打通的围墙", "八、改造内容与造价", "九、资金来源", "十、居民意愿", "十一、纳入与入库条件",
        "十二、年度安排与理由", "十三、进度节点", "十四、所引条款"]


def test_the_list_of_areas_sums_up_and_links_to_their_pages(full: Path) -> None:
    listed = grid_with(full, "页")
    assert [row[0] for row in listed] == ["片区编号", "A1", "A2", "合计"]
    assert [row[-1] for row in listed] == ["页", "A1-1", "A2-1", ""]
    households = listed[0].index("户数（户）")
    assert [row[households] for row in listed[1:]] == ["600", "900", "1,500"]  # 600 + 900
    body = Document(str(full)).element.body
    targets = {link.get(f"{W}anchor") for link in body.iter(f"{W}hyperlink")}
    assert targets == {mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")} == {"area_A1", "area_A2"}


def test_pages_are_counted_within_each_area(full: Path) -> None:
    sections = Document(str(full)).sections
    assert [section.footer.paragraphs[0].text.split("\t")[1] for section in sections] == ["1", "A1-1", "A2-1"]
    assert [section._sectPr.find(f"{W}pgNumType").get(f"{W}start") for section in sections] == ["1"] * 3
    assert all(section.page_width.mm == pytest.approx(210, abs=0.1) for section in sections)
    assert "政策基准日 2024-03-01" in sections[1].footer.paragraphs[0].text
    assert "A1　鼓楼片区" in sections[1].header.paragraphs[0].text


def test_the_care_account_stands_with_its_verdict(full: Path) -> None:
    assert "结论（用房口径）：实施后达标。用地口径：待核实。" in texts(full)
    account = grid_with(full, "数值")
    told = {row[place]: row[place + 1] for row in account[1:] for place in (0, 2)}
    assert told["用房需求（平方米）"] == "157.2"
    assert told["现状缺口（平方米）"] == "58.0"
    assert told["实施后缺口（平方米）"] == "0.0"


def test_a_gap_stands_with_its_residents_standard_and_confidence(full: Path) -> None:
    gaps = grid_with(full, "标准距离（米）")
    assert gaps[1][:3] == ["老年人日间照料中心(含托老所)", "786", "50.0%"]
    assert "GB 50180-2018" in gaps[1]
    assert "经验值，须核对" in gaps[1]


def test_money_is_summed_by_source_and_assumptions_say_so(full: Path) -> None:
    by_source = next(grid for grid in grids(full) if grid[0][0] == "资金来源")
    assert [row[1] for row in by_source[1:]] == ["123.45", "76.55", "200.00"]  # 1,234,500 + 765,500 yuan
    items = next(grid for grid in grids(full) if grid[0][0] == "改造内容")
    assert [row[0].startswith("〔假设〕") for row in items[1:]] == [row[-1] == "—" for row in items[1:]]
    assert sum(row[0].startswith("〔假设〕") for row in items) == 1


def test_sites_sitings_walls_years_and_deadlines_are_there(full: Path) -> None:
    assert grid_with(full, "服务人口（人）")[1][:2] == ["锅炉房", "S1"]
    walls = grid_with(full, "节省人分钟（人·分钟）")
    assert [row[0] for row in walls[1:]] == ["1", "2"]
    assert walls[1][2:] == ["1,235", "2"]  # 1,234.5 rounded half up
    assert any("得分最高" in row for grid in grids(full) for row in grid)
    assert any("2025-06-30" in row for grid in grids(full) for row in grid)


def test_consent_is_told_estate_by_estate_and_unknown_is_a_dash(full: Path) -> None:
    consent = grid_with(full, "已征询意愿")
    assert sorted(row[2:] for row in consent[1:]) == [
        ["100", "90", "是"], ["200", "150", "否"], ["300", "—", "—"]]


def test_what_was_not_drawn_up_says_so(tmp_path: Path) -> None:
    empty = {name: empty_table(name, "EPSG:4549") for name in ("sitings", "funding", "programme", "milestones")}
    said = texts(written(little_plan(tmp_path / "plan", **empty), tmp_path))
    assert said.count("未编制。") >= 2 * 4
    assert "未提供存量资源数据，未编制。" in said


def test_a_plan_without_an_area_still_has_a_cover(tmp_path: Path) -> None:
    empty = {name: empty_table(name, "EPSG:4549") for name in tables("out")}
    file = written(little_plan(tmp_path / "plan", **empty), tmp_path)
    assert headings(file) == ["目录与总览"]


def test_an_english_plan_has_english_dossiers(tmp_path: Path) -> None:
    file = written(full_plan(tmp_path / "plan", language="en"), tmp_path)
    assert headings(file)[0] == "Contents and overview"
    assert "1. Key figures" in headings(file, 2)
    assert "Verdict (premises account): Met after the plan. Land account: To be verified." in texts(file)


def test_hostile_names_are_text_and_nothing_else(tmp_path: Path) -> None:
    file = written(hostile_plan(tmp_path / "plan"), tmp_path)
    shown = [row[1] for grid in grids(file) if grid[0][:2] == ["编号", "小区名称"] for row in grid[1:]]
    assert "$\\frac{1}{0}$ ^_{" in shown
    assert "甲\\x00\\x07<w:p/>&乙" in shown
    assert "\\u202eRTL\\u202c 𠮷 😀" in shown
    assert "长" * 199 + "…" in shown
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(name))


def test_every_chinese_letter_has_a_chinese_font(full: Path) -> None:
    with zipfile.ZipFile(full) as archive:
        styles = etree.fromstring(archive.read("word/styles.xml"))
    faces = {style.get(f"{W}styleId"): style.find(f"{W}rPr/{W}rFonts").get(f"{W}eastAsia")
             for style in styles.iter(f"{W}style")
             if style.get(f"{W}styleId") in ("Normal", "Title", "Heading1", "Heading2", "Header", "Footer")}
    assert faces == {"Normal": "仿宋", "Title": "黑体", "Heading1": "黑体", "Heading2": "黑体", "Header": "仿宋",
                     "Footer": "仿宋"}
    assert {lang.get(f"{W}eastAsia") for lang in styles.iter(f"{W}lang")} == {"zh-CN"}


def test_the_same_plan_gives_the_same_bytes_and_the_day_of_the_plan(full: Path, tmp_path: Path) -> None:
    again = written(full_plan(tmp_path / "plan"), tmp_path)
    assert hashlib.sha256(again.read_bytes()).hexdigest() == hashlib.sha256(full.read_bytes()).hexdigest()
    with zipfile.ZipFile(again) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2024-03-01T00:00:00Z"}


def test_every_map_is_a_picture_with_words_for_it(full: Path) -> None:
    with zipfile.ZipFile(full) as archive:
        pictures = [name for name in archive.namelist() if name.startswith("word/media/")]
        described = re.findall(r'descr="([^"]+)"', archive.read("word/document.xml").decode())
    assert len(pictures) == 3  # the town, and two areas
    assert any("鼓楼片区" in text for text in described)


def test_a_place_that_does_not_exist_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_dossiers(little_plan(tmp_path / "plan"), tmp_path / "nowhere" / "dossiers.docx")


def test_a_note_of_straight_lines_is_on_the_cover(tmp_path: Path) -> None:
    plan = replace(full_plan(tmp_path / "plan"), notes={"walking": "straight_line", "documents": ""})
    assert any("直线距离" in row[1] for row in grids(written(plan, tmp_path))[0])
