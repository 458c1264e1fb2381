"""What one does with the map: filter, search, sort, share, present, print, and look at two of them in step."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from chromium import Browser, Page
from little_plan import X0, Y0
from mapped import DOWN, ENTER, ESCAPE, LEFT, PANEL, READY, RIGHT, click_on, full_town, opened, shown, started

from geoplan.maps import write_map
from geoplan.standalone import asset

FIGURES = """Object.fromEntries([...document.querySelectorAll('#headline [data-key]')].map((tile) =>
  [tile.dataset.key, tile.querySelector('dd').firstChild.textContent]))"""
FILTERS = [{}, {"subdistrict": "东街"}, {"subdistrict": "西街"}, {"year": "2025"}, {"year": "none"},
           {"status": "eligibility:eligible"}, {"status": "eligibility:ineligible"}, {"status": "plan_entry:ready"},
           {"subdistrict": "东街", "status": "eligibility:unknown"}, {"subdistrict": "西街", "year": "2025"}]
TWO_FRAMES = """<!doctype html><iframe src="map.html" width="900" height="700"></iframe>
<iframe src="map.html" width="900" height="700"></iframe>
<script>window.told = []; addEventListener('message', (event) => {
  window.told.push(event.data);
  for (const frame of document.querySelectorAll('iframe'))
    if (frame.contentWindow !== event.source) frame.contentWindow.postMessage(event.data, '*');
});</script>"""
POOR = """(() => {
      const parts = (colour) => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
      const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, nth) => sum + c * [0.2126, 0.7152, 0.0722][nth], 0);
      const groundOf = (node) => {
        for (; node; node = node.parentElement) {
          const ground = parts(getComputedStyle(node).backgroundColor);
          if (ground.length === 3 || ground[3] > 0.9) return ground;
        }
        return [255, 255, 255];
      };
      const texts = document.createTreeWalker(document.getElementById('geoplan'), NodeFilter.SHOW_TEXT);
      const found = [];
      while (texts.nextNode()) {
        const node = texts.currentNode.parentElement;
        if (!texts.currentNode.textContent.trim() || !node.getClientRects().length || node.closest('option')) continue;
        const [one, other] = [light(parts(getComputedStyle(node).color)), light(groundOf(node))];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (ratio < 4.5) found.push([node.className, texts.currentNode.textContent.slice(0, 20), ratio]);
      }
      return found;
    })()"""
INNER_RING = "#1b2a38"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    with opened(browser, tmp_path, full_town(tmp_path / "project")) as page:
        yield page


def contrast(one: str, other: str) -> float:
    """Return how far two colours stand apart, as WCAG 2.1 counts it."""
    lights = []
    for colour in (one, other):
        parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def choose(page: Page, selector: str, value: str) -> None:
    page.evaluate(f"(() => {{ const box = document.querySelector('{selector}'); box.value = '{value}';"
                  " box.dispatchEvent(new Event('change')); })()")


def figures_of(tables: dict[str, pd.DataFrame], only: dict[str, str]) -> dict[str, str]:
    """Sum up what a filter lets through, from the tables alone."""
    estates, areas = tables["estates"], tables["areas"]
    year_of = {area: "none" if pd.isna(year) else f"{year:.0f}"
               for area, year in zip(areas["area_id"], areas["plan_year"], strict=True)}
    passing = pd.Series(True, index=estates.index)
    if "subdistrict" in only:
        passing &= estates["subdistrict"] == only["subdistrict"]
    if "year" in only:
        passing &= estates["area_id"].map(year_of) == only["year"]
    if "status" in only:
        column, code = only["status"].split(":")
        passing &= estates[column] == code
    homes = estates[passing & estates["area_id"].notna()]
    seen = areas[areas["area_id"].isin(homes["area_id"])] if only else areas
    lacking = tables["area_gaps"]["is_gap"].fillna(False).astype(bool)
    sums = {"areas": len(seen), "estates": len(homes), "households": homes["households"].sum(),
            "residents": homes["residents"].sum(),
            "gaps": (lacking & tables["area_gaps"]["area_id"].isin(seen["area_id"])).sum(),
            "need": seen["elder_need_m2"].sum(), "have": seen["elder_have_m2"].sum(),
            "short": seen["elder_short_m2"].sum()}
    said = {key: f"{value:,.0f}" for key, value in sums.items()}
    return said | {"money": f"{seen['amount_yuan'].sum() / 10_000:,.0f}"}


def test_the_figures_at_the_top_are_the_sums_of_what_the_filter_lets_through(page: Page, tmp_path: Path) -> None:
    tables = full_town(tmp_path / "again").tables
    for only in FILTERS:
        for box in ("subdistrict", "year", "status"):
            choose(page, f"#only-{box}", only.get(box, ""))
        found = page.evaluate(FIGURES)
        amount = float(found.pop("money").replace(",", ""))
        wanted = figures_of(tables, only)
        assert amount == pytest.approx(float(wanted.pop("money").replace(",", "")), abs=0.5), only
        assert found == wanted, only
    page.click("#clear")
    assert page.evaluate("document.getElementById('only-subdistrict').value") == ""


def test_what_the_filter_leaves_out_steps_back_on_the_map_and_out_of_the_lists(page: Page) -> None:
    before = shown(page, X0 + 6, Y0 + 44)
    choose(page, "#only-year", "none")
    assert shown(page, X0 + 6, Y0 + 44) != before
    assert "鼓楼片区" not in page.evaluate(PANEL)
    assert page.evaluate("document.querySelector('#only-year').className") == "chosen"


def test_a_gap_is_closed_by_walls_or_by_what_is_built(page: Page) -> None:
    page.click("#theme-gaps")
    assert page.evaluate("[...document.querySelectorAll('#when input')].map((box) => box.value)") == [
        "today", "opened", "built"]
    legend = "[...document.querySelectorAll('#legend li')].map((item) => item.innerText.split('\\n').join(' '))"
    page.click("#when-opened")
    assert [item.split() for item in page.evaluate(legend)[:3]] == [
        ["仍缺：超出标准距离", "2"], ["打通围墙后消除", "1"], ["已覆盖", "3"]]
    page.click("#when-built")
    assert [item.split() for item in page.evaluate(legend)[:4]] == [
        ["仍缺：超出标准距离", "1"], ["打通围墙后消除", "1"], ["实施后消除", "1"], ["已覆盖", "3"]]


def test_a_site_says_what_goes_in_and_whom_it_serves(page: Page) -> None:
    page.click("#theme-sites")
    assert "老年人日间照料" in page.evaluate(PANEL) or "日间照料" in page.evaluate(PANEL)
    click_on(page, X0, Y0 + 80)
    panel = page.evaluate(PANEL)
    for text in ("锅炉房", "S1", "列入选址", "350 ㎡", "52.5 万元", "消防审查", "=片区", "1,048 人"):
        assert text in panel


def test_an_area_says_what_it_costs_who_pays_and_when_with_the_words_of_the_law(page: Page) -> None:
    click_on(page, X0 + 5, Y0 + 5)
    panel = page.evaluate(PANEL)
    # 9,000,000 + 3,345,678 = 1,235 of 10,000 yuan; 8 + 2 to 11 + 4 million
    for text in ("1,235 万元", "造价区间 1,000 万元–1,500 万元", "中央和省级财政", "900 万元", "资金缺口", "2025 年",
                 "实施一批", "竣工验收", "2025-12-31", "11.5 / 20"):
        assert text in panel
    assert "2000 年底前" in page.evaluate("document.querySelector('button.clause').title")
    assert page.evaluate("document.querySelector('.cited q').hidden") is True
    page.click("button.clause")
    assert page.evaluate("document.querySelector('.cited q').hidden") is False


def test_an_area_that_waits_says_why_and_for_whom(page: Page) -> None:
    click_on(page, X0 + 365, Y0 + 5)
    panel = page.evaluate(PANEL)
    for text in ("未列入", "储备一批", "有小区前期工作未就绪", "年度预算", "权利人不同意", "锅炉房"):
        assert text in panel


def test_areas_are_coloured_by_year_points_or_money_in_classes_that_do_not_depend_on_the_data(page: Page) -> None:
    page.click("#theme-programme")
    seen = {}
    for column, text in (("plan_year", "2025 年"), ("score", "60–80"), ("amount_yuan", "1,000 万元–2,000 万元")):
        choose(page, "#type", column)
        assert text in page.evaluate("document.getElementById('legend').textContent")
        seen[column] = tuple(shown(page, X0 + 6, Y0 + 44))
    assert len(set(seen.values())) == 3
    page.click("#theme-care")
    legend = page.evaluate("document.getElementById('legend').textContent")
    for text in ("缺 100 ㎡以内", "缺 100–350 ㎡", "缺 350–1,000 ㎡", "缺 1,000 ㎡以上"):
        assert text in legend


def test_search_knows_pinyin_initials(page: Page) -> None:
    page.click("#asked")
    page.type("glpq")
    assert page.evaluate("document.getElementById('found').innerText").startswith("鼓楼片区")
    page.press(*ENTER)
    assert page.evaluate("document.querySelector('#panel h2').textContent") == "鼓楼片区"


def test_the_table_sorts_unknown_last_and_jumps_to_the_map(page: Page) -> None:
    page.click("#as-table")
    page.click("#table .tabs button:nth-child(2)")
    column = "[...document.querySelectorAll('#table tbody tr')].map((row) => row.children[%d].textContent)"
    page.click("#table [data-column=households]")
    at = page.evaluate("[...document.querySelectorAll('#table thead th')].findIndex((th) => th.ariaSort)")
    assert page.evaluate(column % at) == ["100", "200", "300", "400", "500", "待核实"]
    page.click("#table [data-column=households]")
    assert page.evaluate(column % at) == ["500", "400", "300", "200", "100", "待核实"]
    assert page.evaluate("document.activeElement.dataset.column") == "households"
    page.click("#table tbody tr:last-child .link")
    assert page.evaluate("document.getElementById('table').hidden") is True
    assert "E6" in page.evaluate(PANEL)


def test_an_address_brings_back_theme_filter_selection_and_view(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, full_town(tmp_path / "project")) as page:
        page.click("#theme-programme")
        choose(page, "#type", "score")
        choose(page, "#only-subdistrict", "东街")
        page.click(".leaders button")
        page.click("#overlay-streets")
        before = page.evaluate("[location.hash, map_1.getZoom(), map_1.getCenter().lat.toFixed(5)]")
        panel = page.evaluate(PANEL)
        page.evaluate("void location.reload()")
        page.wait_for("performance.getEntriesByType('navigation')[0].type === 'reload'")
        page.wait_for(READY)
        after = page.evaluate("[location.hash, map_1.getZoom(), map_1.getCenter().lat.toFixed(5)]")
        assert after[0] == before[0]
        assert after[1] == pytest.approx(before[1], abs=0.01)
        assert page.evaluate(PANEL) == panel
        assert page.evaluate("document.getElementById('overlay-streets').checked") is False
        page.evaluate("location.hash = '#theme=constructor&at=areas:%3Cb%3E&view=1,2,NaN&year=<b>&by=__proto__'")
        page.wait_for("document.getElementById('only-subdistrict').value === ''")
        del page.events[:]
        page.events.append({"method": "Network.requestWillBeSent",
                            "params": {"request": {"url": (tmp_path / "map.html").resolve().as_uri()}}})


def test_a_meeting_fills_the_window_and_steps_through_the_areas_by_rank(page: Page) -> None:
    page.click("#show")
    assert page.evaluate("document.body.className") == "meeting"
    titles = [page.evaluate("document.querySelector('#panel h2').textContent")]
    for key in (RIGHT, RIGHT, LEFT):
        page.press(*key)
        titles.append(page.evaluate("document.querySelector('#panel h2').textContent"))
    assert titles == ["鼓楼片区", "=片区", "鼓楼片区", "=片区"]
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('#panel h2')).fontSize)") >= 26
    assert page.evaluate("getComputedStyle(document.getElementById('bar')).display") == "none"
    page.press(*ESCAPE)
    assert page.evaluate("document.body.className") == ""


def test_two_maps_in_frames_move_in_step_and_do_not_echo(browser: Browser, tmp_path: Path) -> None:
    write_map(full_town(tmp_path / "project"), tmp_path / "map.html")
    (tmp_path / "two.html").write_text(TWO_FRAMES, encoding="utf-8")
    with browser.open(tmp_path / "two.html", 1850, 760) as page:
        page.wait_for("frames.length === 2")
        page.evaluate("""new Promise((done) => { const ask = () => {
          if (new Set(window.told.map((told) => told.zoom)).size) return done();
          frames[0].postMessage({geoplan: 'view'}, '*'); setTimeout(ask, 50); }; ask(); })""")
        page.evaluate("void (window.told = [])")
        page.evaluate("frames[0].postMessage({geoplan: 'view', lat: 36.5, lng: 117.01, zoom: 16.5}, '*')")
        page.evaluate("frames[0].postMessage({geoplan: 'view', lat: 'x', lng: null, zoom: 99}, '*')")
        page.wait_for("window.told.length === 1")  # the answer to the second; the first has no echo
        told: dict[str, Any] = page.evaluate("window.told[0]")
        assert told == {"geoplan": "view", "lat": pytest.approx(36.5, abs=1e-3), "lng": pytest.approx(117.01, abs=1e-3),
                        "zoom": pytest.approx(16.5)}
        assert page.problems == []


def test_text_stands_out_from_its_ground_as_wcag_asks(page: Page) -> None:
    themes = page.evaluate("[...document.querySelectorAll('#themes input:enabled')].map((theme) => theme.value)")
    assert len(themes) == 9
    for theme in themes:
        page.click(f"#theme-{theme}")
        assert page.evaluate(POOR) == [], theme
    page.click("#theme-gaps")
    page.click("#when-built")
    assert page.evaluate(POOR) == []
    click_on(page, X0 + 5, Y0 + 5)
    assert page.evaluate(POOR) == [], "area"
    page.click("#panel .rows .link")
    page.click("#as-table")
    assert page.evaluate(POOR) == [], "table"
    page.click("#show")
    assert page.evaluate(POOR) == [], "meeting"


def test_a_ring_of_three_to_one_shows_the_focus() -> None:
    rules = asset("map.css")
    [ring] = re.findall(r"^:focus \{ outline: 3px solid (#\w+)", rules, re.MULTILINE)
    grounds = re.findall(r"--(?:paper|wash|ink|blue): (#\w+)", rules)
    assert len(grounds) == 4
    # on white the ring stands against the dark frame inside it: one of the two reaches 3 : 1 on every ground
    assert all(max(contrast(ring, ground), contrast(INNER_RING, ground)) >= 3 for ground in [*grounds, "#ffffff"])


def test_every_control_is_reached_by_the_keyboard_and_shows_it(page: Page) -> None:
    page.evaluate("document.getElementById('asked').focus()")
    seen = set()
    for _ in range(40):
        page.press("Tab", 9)
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.className || ''"))
    for control in ("only-subdistrict", "only-status", "as-table", "show", "print", "theme-programme", "overlay-names"):
        assert control in seen
    page.evaluate("document.getElementById('as-table').focus()")
    page.press(*DOWN)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
