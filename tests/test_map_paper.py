"""The map on paper: one sheet of A3 that says by itself what it shows, for a meeting without a screen."""

import re
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import pytest
from chromium import Browser, Page
from little_plan import X0, Y0, at, table
from mapped import click_on, full_town, opened, started
from pypdf import PdfReader
from shapely import box
from toured import THEMES, choose, is_sound_on_paper


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    with opened(browser, tmp_path, full_town(tmp_path / "project")) as page:
        yield page


def test_on_paper_are_lines_and_letters_with_title_legend_scale_arrow_and_date(page: Page, tmp_path: Path) -> None:
    page.click("#theme-programme")
    page.print(tmp_path / "map.pdf")
    [sheet] = PdfReader(tmp_path / "map.pdf").pages
    wide, high = (float(side) for side in sheet.mediabox[2:])
    assert (round(wide * 25.4 / 72), round(high * 25.4 / 72)) == (420, 297)
    assert not [image for image in sheet.images if image.image and image.image.width > 100]  # the map is no picture
    content = sheet.get_contents().get_data()
    assert content.count(b" l\n") + content.count(b" l ") > 30  # lines to
    text = normalize("NFKC", sheet.extract_text())
    for said in ("试点", "图例", "2025", "2024-03-01", "北", "湟水", "50 m"):
        assert said in text
    assert page.evaluate("document.getElementById('drawn').childElementCount") == 0
    assert page.evaluate("document.documentElement.className") == ""


def test_it_prints_on_one_sheet_of_a3_and_the_screen_is_as_before(page: Page, tmp_path: Path) -> None:
    before = page.evaluate("[map_1.getZoom(), map_1.getCenter().lat, map_1.getCenter().lng, innerWidth]")
    page.print(tmp_path / "map.pdf")
    printed = (tmp_path / "map.pdf").read_bytes()
    assert printed.count(b"/Type /Page\n") == 1
    assert b"/MediaBox [0 0 1191" in printed
    assert page.evaluate("document.body.className") == ""
    assert page.evaluate("[map_1.getZoom(), map_1.getCenter().lat, map_1.getCenter().lng, innerWidth]") == before


def words_on_paper(page: Page, file: Path) -> str:
    """Return what a sheet says; letters that stand for others (the radicals of some fonts) as those others."""
    page.print(file)
    [sheet] = PdfReader(file).pages
    return normalize("NFKC", sheet.extract_text())


def test_a_sheet_says_which_view_it_is(page: Page, tmp_path: Path) -> None:
    page.click("#theme-gaps")
    page.click("#when-opened")
    choose(page, "only-subdistrict", "东街")
    choose(page, "only-year", "2025")
    choose(page, "only-status", "eligibility:eligible")
    said = page.evaluate("document.getElementById('view').textContent")
    assert said == "设施缺口 · 日间照料 · 打通后 · 仅东街、2025 年、纳入条件 符合"
    assert said in words_on_paper(page, tmp_path / "map.pdf")
    page.click("#clear")
    views = {"programme": "年度与投资 · 计划年度", "facilities": "现状设施 · 全部类型", "areas": "片区",
             "care": "养老用房 · 现状"}
    for theme, view in views.items():
        page.click(f"#theme-{theme}")
        assert page.evaluate("document.getElementById('view').textContent") == view
    assert page.evaluate("getComputedStyle(document.getElementById('view')).display") == "none"  # on the screen


def test_a_sheet_lists_what_leads_and_says_how_many_are_not_on_it(browser: Browser, tmp_path: Path) -> None:
    ids = [f"A{number}" for number in range(1, 31)]
    plan = full_town(tmp_path / "project")
    many = {name: plan.tables[name].iloc[:0] for name in ("area_gaps", "sitings", "siting_areas", "works", "funding",
                                                          "ranking", "programme", "milestones", "care", "care_flows")}
    areas = table("areas", area_id=ids, name=[f"第{name}片区" for name in ids], households=range(100, 3_100, 100),
                  geometry=[at(number) for number in range(30)])
    with opened(browser, tmp_path, full_town(tmp_path / "project", areas=areas, **many)) as page:
        page.click("#theme-areas")
        said = words_on_paper(page, tmp_path / "map.pdf")
        listed = re.findall(r"第A(\d+)片区\s+([\d,]+) [户戶]", said)
        # 30 areas, the largest first: A30 with 3,000 households; 15 on the sheet, 15 not
        assert listed[:2] == [("30", "3,000"), ("29", "2,900")]
        assert len(listed) == 15
        assert "另有 15 项未列" in said
        assert page.evaluate("document.getElementById('leading').hidden") is True  # no trace of it on the screen


def test_a_sheet_of_an_area_holds_its_card(page: Page, tmp_path: Path) -> None:
    click_on(page, X0 + 5, Y0 + 5)
    card = page.evaluate("[...document.querySelectorAll('#panel h3')].map((title) => title.textContent)")
    is_sound_on_paper(page, tmp_path / "map.pdf", "area")
    said = words_on_paper(page, tmp_path / "map.pdf")
    assert "鼓楼片区(续)" in said
    for title in card[:5]:  # what is missing, what goes where, elder care, money, year
        assert normalize("NFKC", title) in said
    assert page.evaluate("[...document.querySelectorAll('#panel h3')].map((title) => title.textContent)") == card
    assert page.evaluate("document.querySelectorAll('#panel .cut').length") == 0


def test_a_meeting_prints_the_same_sheet_and_goes_on(page: Page, tmp_path: Path) -> None:
    click_on(page, X0 + 5, Y0 + 5)
    page.click("#show")
    assert page.evaluate("document.getElementById('view').getClientRects().length") == 1
    said = words_on_paper(page, tmp_path / "map.pdf")
    assert "图例" in said
    assert "需要" in said
    assert page.evaluate("document.body.className") == "meeting"


def test_every_theme_is_sound_on_paper_in_the_longer_words_of_english(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, full_town(tmp_path / "project", language="en")) as page:
        themes = page.evaluate(THEMES)
        assert len(themes) == 9
        for theme in themes:
            page.click(f"#theme-{theme}")
            is_sound_on_paper(page, tmp_path / "map.pdf", theme)
        page.click("#theme-areas")
        page.click(".leaders button")
        is_sound_on_paper(page, tmp_path / "map.pdf", "area")


def test_numbers_that_find_no_room_on_the_sheet_are_counted(browser: Browser, tmp_path: Path) -> None:
    ids = [f"A{number:03d}" for number in range(1, 181)]
    rows = [box(X0 + 300 * (n % 15), Y0 + 250 * (n // 15), X0 + 300 * (n % 15) + 280, Y0 + 250 * (n // 15) + 230)
            for n in range(180)]
    names = [f"{name}号很长很长的名称" * 5 + "片区" for name in ids]
    areas = table("areas", area_id=ids, name=names, households=[1] * 180, geometry=rows)
    plan = full_town(tmp_path / "project")
    none = {name: plan.tables[name].iloc[:0] for name in ("area_gaps", "sitings", "siting_areas", "works", "funding",
                                                          "ranking", "programme", "milestones", "care", "care_flows")}
    with opened(browser, tmp_path, full_town(tmp_path / "project", areas=areas, **none)) as page:
        page.click("#theme-areas")
        numbers = "[...document.querySelectorAll('#numbers li')].map((item) => item.textContent)"
        before = page.evaluate(numbers)
        assert len(before) > 20  # of names so long, each takes five lines
        is_sound_on_paper(page, tmp_path / "map.pdf", "numbers")
        assert re.search(r"另有 \d+ 项未列", words_on_paper(page, tmp_path / "map.pdf"))
        assert page.evaluate(numbers) == before
