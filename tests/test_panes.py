"""Two runs on two maps: what changed stands out, both maps move in step, nothing is fetched, names are only text."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chromium import Browser, Page
from little_plan import TEXTS, little_plan
from mapped import READY, started

from geoplan.compare import compare_runs
from geoplan.panes import write_panes
from geoplan.plan import Plan
from geoplan.publish import publish
from geoplan.runs import open_run

VIEWS = "['was', 'now'].map((side) => document.querySelector(`#${side} .leaflet-control-scale-line`).textContent)"
TOLD = "document.getElementById('told').innerText"


def later(plan: Plan) -> Plan:
    """Return the plan with its first area gone, its last one larger by an estate and dearer."""
    areas, estates = plan.tables["areas"], plan.tables["estates"].copy()
    gone, other = areas["area_id"].iloc[[0, -1]]
    first = estates.index[estates["area_id"] == gone][0]
    estates["area_id"] = estates["area_id"].replace({gone: None})
    estates.loc[first, "area_id"] = other
    kept = areas[areas["area_id"] != gone].assign(amount_yuan=9e6, name=f"片区{TEXTS[0]}")
    return replace(plan, tables={**plan.tables, "areas": kept.reset_index(drop=True), "estates": estates})


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    plan = little_plan(tmp_path_factory.mktemp("project"))
    folder = tmp_path_factory.mktemp("runs")
    return publish(plan, folder / "was"), publish(later(plan), folder / "now")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, runs: tuple[Path, Path], tmp_path: Path) -> Iterator[Page]:
    write_panes(compare_runs(*map(open_run, runs)), tmp_path / "compare.html")
    with browser.open(tmp_path / "compare.html") as page:
        page.wait_for(READY)
        yield page
        assert page.requests == [(tmp_path / "compare.html").resolve().as_uri()]
        assert page.problems == []


def test_the_page_tells_what_became_of_every_area_and_estate(page: Page) -> None:
    told = page.evaluate(TOLD)
    for text in ("汇总指标", "有变化的片区", "取消", "小区有变", "换片区", "投资额"):
        assert text in told
    assert page.evaluate("document.querySelectorAll('#legend li').length") >= 4


def test_both_maps_move_in_step(page: Page) -> None:
    before = page.evaluate(VIEWS)
    assert before[0] == before[1]
    page.click(".leaflet-control-zoom-out")
    page.click(".leaflet-control-zoom-out")
    page.click(".leaflet-control-zoom-out")
    page.wait_for(f"{VIEWS}[0] !== {before[0]!r}")
    after = page.evaluate(VIEWS)
    assert after[0] == after[1]


def test_a_change_is_chosen_by_mouse_or_keyboard_and_let_go_by_escape(page: Page) -> None:
    page.evaluate("document.querySelector('.changes .link').focus()")
    page.press("Enter", 13)
    page.evaluate("document.querySelector('.changes .link').click()")
    assert page.evaluate("document.querySelectorAll('.changes li.chosen').length") == 1
    page.press("Escape", 27)
    assert page.evaluate("document.querySelectorAll('.changes li.chosen').length") == 0


def test_a_hostile_name_stays_a_name(page: Page) -> None:
    assert f"片区{TEXTS[0]}" in page.evaluate("document.getElementById('told').textContent")
    assert page.evaluate("document.querySelectorAll('#told img, #told script, #told b').length") == 0


def test_the_same_runs_give_the_same_bytes_and_no_name_stands_in_them(runs: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        write_panes(compare_runs(*map(open_run, runs)), tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert TEXTS[0] not in (tmp_path / "one.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in (tmp_path / "one.html").read_text(encoding="utf-8")


def test_a_run_beside_itself_and_one_without_areas_open_too(
    browser: Browser, runs: tuple[Path, Path], tmp_path: Path,
) -> None:
    plan = little_plan(tmp_path / "project")
    none = {"areas": plan.tables["areas"].iloc[:0], "estates": plan.tables["estates"].assign(area_id=None)}
    bare = publish(replace(plan, tables={**plan.tables, **none}), tmp_path / "bare")
    for was, now in ((runs[0], runs[0]), (bare, bare), (runs[0], bare)):
        write_panes(compare_runs(open_run(was), open_run(now)), tmp_path / "compare.html")
        with browser.open(tmp_path / "compare.html") as page:
            page.wait_for(READY)
            assert page.problems == []
