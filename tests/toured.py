"""A tour of the page as a planner makes it, with what must never be: names that lie on each other, words cut off.

Where names stand is not asked of the page's own book of places: what the canvas is told to write is written down too.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chromium import Browser, Page
from mapped import ENTER, ESCAPE, PANEL, READY, RIGHT

SIZES = ((1920, 1080), (1366, 768))
THEMES = "[...document.querySelectorAll('#themes input:enabled')].map((theme) => theme.value)"
WRITTEN = """(() => {
  const write = CanvasRenderingContext2D.prototype.fillText;
  const wide = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, 'width');
  window.written = [];
  Object.defineProperty(HTMLCanvasElement.prototype, 'width', { ...wide, set(value) {
    if (this.isConnected) window.written = [];
    wide.set.call(this, value);
  } });
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const said = this.measureText(text);
    const turn = this.getTransform();
    const across = [x - said.actualBoundingBoxLeft, x + said.actualBoundingBoxRight];
    const down = [y - said.actualBoundingBoxAscent, y + said.actualBoundingBoxDescent];
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([i, j]) => turn.transformPoint({ x: across[i], y: down[j] }));
    window.written.push({ text, corners });
    return write.call(this, text, x, y);
  };
})();"""
ON_SCREEN = """(() => {
  const { x: left, y: top } = document.querySelector('.leaflet-map-pane canvas').getBoundingClientRect();
  return window.written.map(({ text, corners }) => [text, corners.map(({ x, y }) => [x + left, y + top])]);
})()"""
ON_PAPER = """[...document.querySelectorAll('#drawn text')].map((node) => {
  const { x, width } = node.getBBox();
  const high = Number(node.getAttribute('font-size'));
  const y = Number(node.getAttribute('y')) - 0.86 * high;
  const turn = node.getScreenCTM();
  const corners = [[x, y], [x + width, y], [x + width, y + high], [x, y + high]];
  const turned = corners.map(([x, y]) => new DOMPoint(x, y).matrixTransform(turn));
  return [node.textContent, turned.map(({ x, y }) => [x, y])];
})"""
CONTROLS = """['#north', '.leaflet-bar', '.leaflet-control-scale-line', '.meeting #side'].flatMap((selector) =>
  [...document.querySelectorAll(selector)].map((node) => [selector, node.getBoundingClientRect()]))
  .filter(([, box]) => box.width).map(([selector, { left, top, right, bottom }]) =>
    [selector, [[left, top], [right, top], [right, bottom], [left, bottom]]])"""
OVERLAPS = """((names, controls) => {
  const place = document.getElementById('place').getBoundingClientRect();
  const isSeen = ([, corners]) => corners.some(([x, y]) =>
    x > place.left && x < place.right && y > place.top && y < place.bottom);
  const shown = names.filter(isSeen).concat(controls);
  const edges = (corners) => [0, 1].map((n) => [corners[n + 1][1] - corners[n][1], corners[n][0] - corners[n + 1][0]]);
  const spans = (corners, [a, b]) => {
    const along = corners.map(([x, y]) => (a * x + b * y) / Math.hypot(a, b));
    return [Math.min(...along) + 0.5, Math.max(...along) - 0.5];
  };
  const isApart = (one, other) => [...edges(one), ...edges(other)].some((edge) => {
    const [[from, to], [start, end]] = [spans(one, edge), spans(other, edge)];
    return to <= start || end <= from;
  });
  const found = [];
  shown.forEach(([text, corners], nth) => shown.slice(nth + 1).forEach(([other, others]) => {
    if (!isApart(corners, others)) found.push([text, other]);
  }));
  return { found, names: shown.length - controls.length };
})"""
CUT_OFF = """(() => {
  const found = [];
  const page = document.documentElement;
  if (page.className !== 'on-paper' && page.scrollWidth > innerWidth) found.push('page');
  for (const selector of ['#top', '#title', '#headline', '#bar', '#controls', '#panel', '#foot', '#leading']) {
    const box = document.querySelector(selector);
    if (!box.offsetWidth) continue;
    if (box.scrollWidth > box.clientWidth + 1) found.push([selector, box.scrollWidth, box.clientWidth]);
    const { left, right } = box.getBoundingClientRect();
    for (const node of box.querySelectorAll('*')) {
      const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
      if (!own || !node.getClientRects().length || node.tagName === 'OPTION') continue;
      const words = document.createRange();
      words.selectNodeContents(node);
      const at = words.getBoundingClientRect();
      if (at.left < left - 1 || at.right > right + 1) found.push([selector, node.textContent]);
    }
  }
  const parts = [...document.querySelectorAll('#bar > *, #title, #headline > div')].filter((node) => node.offsetWidth);
  parts.forEach((one, nth) => parts.slice(nth + 1).forEach((other) => {
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    const isApart = a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
    if (!isApart) found.push([one.textContent, other.textContent]);
  }));
  return found;
})()"""
TOO_LONG = """['#controls', '#panel'].map((selector) => document.querySelector(selector))
  .filter((box) => box.offsetHeight && box.scrollHeight > box.clientHeight).map((box) => box.id)"""
FIGURES = """Object.fromEntries([...document.querySelectorAll('#headline [data-key]')].map((tile) => [
  tile.dataset.key, Number(tile.querySelector('dd').firstChild.textContent.replace(/,/g, ''))]))"""


@contextmanager
def visited(browser: Browser, file: Path, width: int, height: int) -> Iterator[Page]:
    """Open a page that writes down what its canvas is told to write; it asks for nothing and complains of nothing."""
    with browser.open(file, width, height, before=WRITTEN) as page:
        page.wait_for(READY)
        yield page
        assert page.requests == [file.resolve().as_uri()]
        assert page.problems == []


def look_at_every_theme(page: Page, least: int) -> None:
    """See that in no theme a name lies on another or on a control, that no word is cut off, and that names are seen."""
    for theme in page.evaluate(THEMES):
        page.click(f"#theme-{theme}")
        nothing_overlaps(page, theme, least)


def nothing_overlaps(page: Page, where: str, least: int = 1) -> None:
    said = page.evaluate(f"{OVERLAPS}({ON_SCREEN}, {CONTROLS})")
    assert said["found"] == [], (where, said["found"])
    assert said["names"] >= least, where
    cut = page.evaluate(CUT_OFF)
    assert cut == [], (where, cut)


def use_every_tool(page: Page, estate: str, subdistrict: str) -> None:
    """Search, click, filter, sort the table, jump from it, and step through a meeting, as a planner does."""
    page.evaluate("document.getElementById('asked').focus()")
    page.type(estate)
    page.press(*ENTER)
    assert estate in page.evaluate(PANEL)
    assert page.evaluate(CUT_OFF) == []
    page.press(*ESCAPE)
    page.click("#theme-areas")
    page.click(".leaders button")
    nothing_overlaps(page, "area")
    choose(page, "only-subdistrict", subdistrict)
    assert page.evaluate("document.getElementById('view').textContent").endswith(f"仅{subdistrict}")
    page.press(*ESCAPE)
    panel = page.evaluate(PANEL)
    page.click("#as-table")
    rows = "document.querySelectorAll('#table tbody tr').length"
    listed = page.evaluate("Number(document.querySelector('#headline [data-key=areas] dd').firstChild.textContent)")
    assert page.evaluate(rows) == listed > 0
    page.click("#table tbody .link")
    assert page.evaluate(PANEL) != panel
    page.click("#show")
    first = page.evaluate(PANEL)
    nothing_overlaps(page, "meeting")
    if listed > 1:
        page.press(*RIGHT)
        assert page.evaluate(PANEL) != first
    page.press(*ESCAPE)
    page.press(*ESCAPE)
    choose(page, "only-subdistrict", "")


def choose(page: Page, selector: str, value: str) -> None:
    page.evaluate(f"(() => {{ const box = document.getElementById('{selector}'); box.value = {json.dumps(value)};"
                  " box.dispatchEvent(new Event('change')); })()")


def is_sound_on_paper(page: Page, file: Path, where: str) -> None:
    """See that a view is one sheet of A3 on which nothing overlaps and nothing is cut off."""
    page.evaluate("void dispatchEvent(new Event('beforeprint'))")
    said: dict[str, Any] = page.evaluate(f"{OVERLAPS}({ON_PAPER}, {CONTROLS})")
    cut, too_long = page.evaluate(CUT_OFF), page.evaluate(TOO_LONG)
    page.evaluate("void dispatchEvent(new Event('afterprint'))")
    assert said["found"] == [], (where, said["found"])
    assert said["names"] > 0, where
    assert (cut, too_long) == ([], []), (where, cut, too_long)
    page.print(file)
    printed = file.read_bytes()
    assert printed.count(b"/Type /Page\n") == 1, where
    assert b"/MediaBox [0 0 1191" in printed, where
