"""How far one comes on foot from what is selected: drawn where the plan has isochrones, and said beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Browser, Page
from little_plan import X0, Y0, table
from mapped import PANEL, READY, started, town
from shapely import box

from geoplan.maps import write_map

SHARE_OF_BLUE = """(() => {
  const canvas = document.querySelector('#geoplan canvas');
  const pen = canvas.getContext('2d');
  const {data} = pen.getImageData(0, 0, canvas.width, canvas.height);
  let blue = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at + 2] - data[at] > 30) blue++;
  return blue / (data.length / 4);
})()"""


def reached(width: float) -> object:
    return box(X0 - width, Y0 - width, X0 + 100 + width, Y0 + 50 + width)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("reach")
    made = table("isochrones", origin_kind=["area", "area", "estate"], origin_id=["A1", "A1", "E6"],
                 minutes=[5.0, 15.0, 10.0], walker=["elderly"] * 3, limit_m=[240.0, 720.0, 480.0],
                 area_m2=[52_000.0, 148_000.0, 70_000.0], walking=["network"] * 3,
                 geometry=[reached(60.0), reached(150.0), reached(90.0)])
    write_map(town(folder / "project", isochrones=made), folder / "map.html")
    with browser.open(folder / "map.html", 1366, 768) as page:
        page.wait_for(READY)
        yield page
        assert [told for told in page.problems if "getImageData" not in told] == []  # this test reads pixels twice


def choose(page: Page, at: str) -> None:
    view = page.evaluate("new URLSearchParams(location.hash.slice(1)).get('view')")
    page.evaluate(f"location.hash = 'theme=areas&at={at}&view={view}'")
    page.evaluate("new Promise((done) => setTimeout(done, 300))")


def test_the_circles_of_an_area_stand_in_its_panel_the_nearest_first(page: Page) -> None:
    choose(page, "areas:A1")
    told = page.evaluate("[...document.querySelectorAll('.reach li')].map((item) => item.textContent)")
    assert told == ["步行 5 分钟5 公顷", "步行 15 分钟15 公顷"]
    assert "步行可达范围（老年人）" in page.evaluate(PANEL)


def test_what_has_no_circles_says_nothing_of_them(page: Page) -> None:
    choose(page, "areas:A2")
    assert page.evaluate("document.querySelectorAll('.reach li').length") == 0


def test_the_ground_that_is_reached_is_painted(page: Page) -> None:
    choose(page, "areas:A2")
    without = page.evaluate(SHARE_OF_BLUE)
    choose(page, "areas:A1")
    assert page.evaluate(SHARE_OF_BLUE) > without + 0.02


def test_a_plan_without_isochrones_has_no_such_section(browser: Browser, tmp_path: Path) -> None:
    write_map(town(tmp_path / "project"), tmp_path / "map.html")
    with browser.open(tmp_path / "map.html", 1366, 768) as opened:
        opened.wait_for(READY)
        choose(opened, "areas:A1")
        assert opened.evaluate("document.querySelectorAll('.reach').length") == 0
        assert opened.problems == []
