"""The page in headless Chromium with networking off: what it shows, what a click opens, what no name can do."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from chromium import Browser, Page
from drawn import layer
from little_plan import CRS_OF_PLAN, X0, Y0
from mapped import DOWN, ENTER, ESCAPE, PANEL, TAB, click_on, opened, shown, started, town
from shapely import box

from geoplan.maps import write_map
from geoplan.schema import empty_table
from geoplan.standalone import asset

LEGEND = "document.getElementById('legend').textContent"
OUTLINED = """(() => {
  const app = { shapes: {} };
  const passes = () => true;
  const L = { Renderer: { extend: () => null } };
  %s
  const pens = [1, 2].map(() => document.createElement('canvas').getContext('2d', { willReadFrequently: true }));
  const corners = [[20, 20], [80, 20], [80, 80], [20, 80], [120, 50], [121, 50], [121, 51], [120, 51]];
  const [x, y] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  const points = [0, 4, 8];
  const pathBoxes = boxesOf(points, x, y);
  const boxes = mergedBoxes([0, 2], pathBoxes);
  app.shapes.drawn = { count: 1, paths: [0, 2], points, closed: [1, 1], x, y, pathBoxes, boxes };
  return pens.map((pen, nth) => {
    const view = { ctx: pen, scale: 1, left: 0, top: 0, box: [0, 0, 300, 150] };
    paintLayer(view, 'drawn', () => ({ stroke: '#ff0000', width: 2 + 2 * nth }));
    const spots = [[20, 50], [50, 50], [120, 50], [119, 49], [117, 50]];
    return spots.map(([x, y]) => pen.getImageData(x, y, 1, 1).data.join());
  });
})()"""
HOSTILE = [
    "</script><script>window.pwned = 1</script>", "<img src=x onerror=window.pwned=1>", "{{7*7}}", "100{% x",
    "甲{# 3号楼 #}乙", "${window.pwned = 1}", "`+window.pwned+`", "'\"><svg onload=window.pwned=1>",
    "行\u2028分\u2029隔", "甲\u202e乙\u200f丙", "&lt;b&gt;&amp;", "javascript:window.pwned=1", "]]><!--",
    "=HYPERLINK(1)", "𠮷㐂🏚️", "__proto__", "constructor",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    with opened(browser, tmp_path, town(tmp_path / "project")) as page:
        yield page


def test_it_opens_with_no_network_and_shows_the_plan(page: Page) -> None:
    assert "鼓楼片区" in page.evaluate(PANEL)
    headline = page.evaluate("document.getElementById('headline').innerText")
    # 2 areas of 5 of 6 estates; 600 + 900 households; 157.2 + 235.8 = 393 needed, 400 at hand, 58 short
    for text in ("改造片区", "2 个", "1,500", "3,930", "393", "400", "58"):
        assert text in headline
    assert page.evaluate("document.title") == "试点<b>&{{7*7}}"
    assert page.evaluate("document.querySelector('.leaflet-control-attribution')") is None
    assert page.evaluate("document.getElementById('waiting').hidden") is True


def test_where_no_streets_were_brought_the_foot_of_every_theme_says_so(page: Page) -> None:
    assert "未提供街道：距离为直线距离乘绕行系数" in page.evaluate("document.getElementById('foot').textContent")


def test_a_click_on_an_area_opens_its_numbers_and_a_second_click_its_estate(page: Page) -> None:
    click_on(page, X0 + 5, Y0 + 5)
    panel = page.evaluate(PANEL)
    for text in ("鼓楼片区", "A1", "600", "1,572", "老年人日间照料中心", "786 人 · 50%", "未达标：无可用场地", "157.2"):
        assert text in panel
    click_on(page, X0 + 5, Y0 + 5)
    panel = page.evaluate(PANEL)
    assert "=1+1" in panel
    assert "1995" in panel
    page.press(*ESCAPE)
    assert page.evaluate("document.querySelector('.leaders') !== null")


def test_an_estate_says_why_it_is_left_out_and_which_rule_it_fails(page: Page) -> None:
    page.click("#theme-eligibility")
    click_on(page, X0 + 605, Y0 + 5)
    panel = page.evaluate(PANEL)
    for text in ("不符合纳入条件", "不通过", "实际：2008；要求：<= 2005", "待核实"):
        assert text in panel


def test_the_gaps_of_a_type_have_three_states_and_their_own_distances(page: Page) -> None:
    page.click("#theme-gaps")
    assert "标准：步行 300 米以内" in page.evaluate(LEGEND)
    items = page.evaluate("[...document.querySelectorAll('#legend li')].map((item) => item.innerText)")
    assert [item.split() for item in items[:2]] == [["缺：超出标准距离", "3"], ["已覆盖", "3"]]
    click_on(page, X0 + 245, Y0 + 5)
    assert "301 / 300" in page.evaluate(PANEL)
    click_on(page, X0 + 485, Y0 + 5)
    assert "走不到 / 300" in page.evaluate(PANEL)
    page.evaluate("(() => { const box = document.getElementById('type'); box.value = 'KINDERGARTEN';"
                  " box.dispatchEvent(new Event('change')); })()")
    assert "没有这类设施的数据" in page.evaluate(LEGEND)


def test_with_the_walls_open_a_gap_is_closed_or_still_there(page: Page) -> None:
    page.click("#theme-gaps")
    today = shown(page, X0 + 245, Y0 + 5)
    page.click("#when-opened")
    items = page.evaluate("[...document.querySelectorAll('#legend li')].map((item) => item.innerText)")
    # E3 to E5 are gaps today; E3 closes
    assert [item.split() for item in items[:3]] == [
        ["仍缺：超出标准距离", "2"], ["打通围墙后消除", "1"], ["已覆盖", "3"]]
    assert "设施缺口 · 打通后" in page.evaluate(LEGEND)
    assert shown(page, X0 + 245, Y0 + 5) != today
    click_on(page, X0 + 245, Y0 + 5)
    assert "打通围墙后消除301 / 300" in page.evaluate(PANEL)
    page.click("#when-today")
    assert shown(page, X0 + 245, Y0 + 5) == today
    page.click("#theme-care")
    assert page.evaluate("document.getElementById('when').hidden") is True


def test_the_walls_stand_in_their_order_and_a_click_tells_the_numbers(page: Page) -> None:
    before = page.evaluate("document.getElementById('headline').innerText")
    page.click("#theme-openings")
    assert page.evaluate("document.getElementById('headline').innerText") == before
    leaders = page.evaluate("[...document.querySelectorAll('.leaders .said')].map((said) => said.textContent)")
    assert leaders == ["4,000", "250"]  # the third gives nothing
    assert "再打通也没有增益1" in page.evaluate(LEGEND)
    click_on(page, X0 + 230, Y0 + 25)
    panel = page.evaluate(PANEL)
    for text in ("第 1 处", "@SUM(1) ↔ ", "4,000", "在前面各处打通之后再打通的增量", "鼓楼片区"):
        assert text in panel
    page.press(*ESCAPE)
    click_on(page, X0 + 460, Y0 + 25)  # estates that touch have a wall one can click on
    assert "第 3 处" in page.evaluate(PANEL)


def test_an_area_says_which_types_it_no_longer_lacks(browser: Browser, tmp_path: Path) -> None:
    area_gaps = town(tmp_path / "project").tables["area_gaps"].assign(
        is_gap_after=pd.array([False, None], dtype="boolean"))
    with opened(browser, tmp_path, town(tmp_path / "project", area_gaps=area_gaps)) as page:
        click_on(page, X0 + 5, Y0 + 5)
        panel = page.evaluate(PANEL)
        assert "打通后片区不再缺：日间照料" in panel
        assert "老年人日间照料中心打通围墙后消除786 人" in panel
        page.click("#theme-gaps")
        page.press(*ESCAPE)
        assert "不再缺的片区 (" not in page.evaluate(PANEL)  # not before it is asked for


def test_an_area_lists_its_walls_and_what_opening_all_gives(page: Page) -> None:
    click_on(page, X0 + 5, Y0 + 5)
    panel = page.evaluate(PANEL)
    assert "全部打通：节省 4,250 人·分钟，消除小区缺口 1 项" in panel  # 4,000 + 250; 1 + 0
    ranks = page.evaluate("[...document.querySelectorAll('.wall .nth')].map((nth) => nth.textContent)")
    assert ranks == ["1", "2"]
    page.click(".wall .link")
    assert page.evaluate("document.querySelector('input[name=theme]:checked').value") == "openings"
    assert "第 1 处" in page.evaluate(PANEL)


def test_the_first_view_is_the_areas_and_a_button_shows_all(browser: Browser, tmp_path: Path) -> None:
    plan = town(tmp_path / "project")
    far = layer("planning_units", [box(X0 - 3_000, Y0 - 3_000, X0 + 3_000, Y0 + 3_000)], name=["外围单元"])
    plan = replace(plan, layers=replace(plan.layers, planning_units=far))
    across = ("(() => { const box = map_1.getBounds(); return 111320 * (box.getEast() - box.getWest())"
              " * Math.cos(box.getNorth() * Math.PI / 180); })()")
    with opened(browser, tmp_path, plan) as page:
        assert 580 < page.evaluate(across) < 2 * 580  # the areas reach from 0 to 580 m
        page.click("#whole")
        assert page.evaluate(across) > 6_000
        page.click("#opening")
        assert page.evaluate(across) < 2 * 580


def test_each_theme_paints_the_map_in_its_own_colours(page: Page) -> None:
    seen = {}
    for theme in ("areas", "eligibility", "gaps", "care", "sites", "programme", "openings", "facilities"):
        page.click(f"#theme-{theme}")
        assert page.evaluate("document.querySelector('input[name=theme]:checked').value") == theme
        seen[theme] = tuple(shown(page, X0 + 6, Y0 + 44))
    assert len(set(seen.values())) == len(seen)
    red, green, blue, _ = seen["eligibility"]
    assert blue > green > red  # eligible is blue
    page.click("#overlay-barriers")
    dry = shown(page, X0 + 500, Y0 + 140)
    page.click("#overlay-barriers")
    wet = shown(page, X0 + 500, Y0 + 140)
    assert wet != dry


def test_search_finds_an_area_by_part_of_its_name_from_the_keyboard(page: Page) -> None:
    page.press(*TAB)
    assert page.evaluate("document.activeElement.id") == "asked"
    page.type("鼓楼")
    assert page.evaluate("document.getElementById('found').innerText").startswith("鼓楼片区")
    page.press(*ENTER)
    assert page.evaluate("document.querySelector('#panel h2').textContent") == "鼓楼片区"
    page.evaluate("document.querySelector('#themes input:checked').focus()")
    page.press(*DOWN)
    assert page.evaluate("document.querySelector('input[name=theme]:checked').value") == "eligibility"
    chosen = "document.querySelector('#themes input:checked + span')"
    assert page.evaluate(f"getComputedStyle({chosen}).outlineStyle") == "solid"


def test_no_name_can_run_and_each_is_shown_as_it_is(browser: Browser, tmp_path: Path) -> None:
    made = town(tmp_path / "project").tables
    for text in HOSTILE:
        count = len(made["estates"])
        changed = {
            "areas": made["areas"].assign(name=[text, "片区"]),
            "estates": made["estates"].assign(name=text, subdistrict=text, community=text, district=text),
            "facilities": made["facilities"].assign(name=text),
            "verdicts": made["verdicts"].assign(value=text, limit=text, document=text, clause=text, param=text),
        }
        plan = town(tmp_path / "project", **changed)
        header = plan.project.plan.model_copy(update={"name": text, "jurisdiction": text})
        layers = {name: getattr(plan.layers, name).assign(name=text) for name in ("streets", "barriers", "heritage")}
        plan = replace(plan, project=replace(plan.project, plan=header), layers=replace(plan.layers, **layers))
        with opened(browser, tmp_path, plan) as page:
            assert page.evaluate("document.querySelector('#title h1').textContent") == text
            assert page.evaluate("document.querySelector('.leaders .name').textContent") in (text, "片区")
            click_on(page, X0 + 5, Y0 + 5)
            assert page.evaluate("document.querySelector('#panel h2').textContent") == text
            click_on(page, X0 + 5, Y0 + 5)
            assert page.evaluate("document.querySelector('#panel h2').textContent") == text
            page.click("#theme-eligibility")
            click_on(page, X0 + 605, Y0 + 5)
            assert text in page.evaluate(PANEL)
            page.click("#asked")
            page.type(text[:3])
            hits = page.evaluate("[...document.querySelectorAll('#found .name')].map((name) => name.textContent)")
            assert hits.count(text) >= count
            assert page.evaluate("typeof window.pwned") == "undefined"
            assert page.evaluate("document.querySelectorAll('#geoplan img, #geoplan iframe, bdi *').length") == 0


def test_an_older_browser_without_decompression_reads_it_too(browser: Browser, tmp_path: Path) -> None:
    plan = town(tmp_path / "project")
    older = "delete window.DecompressionStream; delete Uint8Array.fromBase64;"
    with opened(browser, tmp_path, plan, before=older) as page:
        assert page.evaluate("[typeof DecompressionStream, typeof Uint8Array.fromBase64]") == ["undefined"] * 2
        assert "鼓楼片区" in page.evaluate(PANEL)


def test_a_damaged_page_says_so_in_chinese(browser: Browser, tmp_path: Path) -> None:
    write_map(town(tmp_path / "project"), tmp_path / "map.html")
    text = (tmp_path / "map.html").read_text(encoding="utf-8")
    start = text.index('id="payload">') + len('id="payload">')
    (tmp_path / "map.html").write_text(text[:start + 4000] + text[start + 4400:], encoding="utf-8")
    with browser.open(tmp_path / "map.html") as page:
        page.wait_for("document.getElementById('waiting').textContent.includes('数据没有读出来')")
        assert page.evaluate("document.getElementById('waiting').hidden") is False


def test_themes_without_data_are_closed_and_the_page_still_opens(browser: Browser, tmp_path: Path) -> None:
    without = ("facilities", "gaps", "area_gaps", "care", "care_flows", "areas", "openings")
    empty = {name: empty_table(name, CRS_OF_PLAN) for name in without}
    made = town(tmp_path / "project").tables
    empty["estates"] = made["estates"].assign(area_id=None, left_out="too_few_households")
    with opened(browser, tmp_path, town(tmp_path / "project", **empty)) as page:
        closed = page.evaluate("[...document.querySelectorAll('#themes input:disabled')].map((theme) => theme.value)")
        assert closed == ["areas", "gaps", "walks", "care", "programme", "openings", "facilities"]
        click_on(page, X0 + 5, Y0 + 5)
        assert "可联动范围内户数不足" in page.evaluate(PANEL)


def test_an_english_plan_speaks_english(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, town(tmp_path / "project", language="en")) as page:
        assert page.evaluate("document.documentElement.lang") == "en"
        assert "Residents in areas" in page.evaluate("document.getElementById('headline').textContent")
        page.click("#theme-care")
        assert "Short by" in page.evaluate(LEGEND)


def test_controls_have_names_for_those_who_cannot_see_them(page: Page) -> None:
    unnamed = page.evaluate("""[...document.querySelectorAll('button, input, select, a')].filter((node) => !(
      node.textContent.trim() || node.getAttribute('aria-label') || node.title || (node.labels || []).length))""")
    assert unnamed == []


def test_the_map_is_drawn_once_when_it_opens(browser: Browser, tmp_path: Path) -> None:
    counting = """(() => {
      const wide = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, 'width');
      const stroke = CanvasRenderingContext2D.prototype.stroke;
      const clean = new WeakSet();
      window.drawn = 0;
      Object.defineProperty(HTMLCanvasElement.prototype, 'width', { ...wide, set(value) {
        clean.add(this);
        wide.set.call(this, value);
      } });
      CanvasRenderingContext2D.prototype.stroke = function () {
        if (this.canvas.isConnected && clean.delete(this.canvas)) window.drawn++; // not patterns
        return stroke.call(this);
      };
    })();"""
    with opened(browser, tmp_path, town(tmp_path / "project"), before=counting) as page:
        assert page.evaluate("window.drawn") == 1
        page.click("#whole")
        assert page.evaluate("window.drawn") == 2


def test_what_is_too_small_for_an_outline_has_one_only_where_the_line_is_wide(page: Page) -> None:
    red, nothing = "255,0,0,255", "0,0,0,0"
    scripts = "".join(asset(name) for name in ("map_payload.js", "map_sheet.js", "map_specks.js"))
    # a square of 60 px and one of 1 px at 120, 50: a line of 4 px around the latter reaches from 118, 48 to 123, 53
    assert page.evaluate(OUTLINED % scripts) == [[red, *[nothing] * 4], [red, nothing, red, red, nothing]]
