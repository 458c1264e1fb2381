"""The map of the sample town beside its workbook: the same figures for every filter, and answers for a stranger."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from chromium import Page
from mapped import ENTER, PANEL, READY, started
from python_calamine import CalamineWorkbook
from toured import FIGURES, choose

from geoplan.maps import write_map
from geoplan.plan import Plan, make_plan
from geoplan.project import load_project
from geoplan.workbook import write_workbook

TOWN = Path(__file__).parents[1] / "data" / "hehuang" / "plan.toml"
LISTED = "[...document.querySelectorAll('.leaders li')].map((item) => item.textContent)"
LEGEND = """Object.fromEntries([...document.querySelectorAll('#legend li')].map((item) => [
  item.children[1].textContent, Number(item.children[2].textContent)]))"""
MINUTES = ["步行 5 分钟以内", "步行 5–10 分钟", "步行 10–15 分钟", "步行 15–30 分钟", "步行 30 分钟以上"]
NO_YEAR = "none"


def sheet(book: CalamineWorkbook, name: str) -> pd.DataFrame:
    """Return a sheet as a reader has it, headings without their units, empty cells missing."""
    head, *rows = book.get_sheet_by_name(name).to_python()
    frame = pd.DataFrame(rows, columns=[str(text).split("（")[0] for text in head])
    frame = frame.where(frame != "", None)
    return frame[frame.iloc[:, 1].notna() & frame.iloc[:, 0].notna()]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(load_project(TOWN))


@pytest.fixture(scope="module")
def walks(plan: Plan) -> pd.DataFrame:
    """Walks today, and with walls open: an estate without a wall to open walks as today."""
    made, keys = plan.tables["walks"], ["estate_id", "facility_type"]
    opened = pd.concat([made[made["state"] == "opened"], made[made["state"] == "today"]]).drop_duplicates(keys)
    return pd.concat([made[made["state"] == "today"], opened.assign(state="opened")])


@pytest.fixture(scope="module")
def made(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CalamineWorkbook]:
    folder = tmp_path_factory.mktemp("town")
    write_map(plan, folder / "map.html")
    write_workbook(plan, folder / "plan.xlsx")
    return folder, CalamineWorkbook.from_path(folder / "plan.xlsx")


@pytest.fixture(scope="module")
def page(made: tuple[Path, CalamineWorkbook]) -> Iterator[Page]:
    with started() as browser, browser.open(made[0] / "map.html", 1920, 1080) as page:
        page.wait_for(READY)
        yield page
        assert page.requests == [(made[0] / "map.html").resolve().as_uri()]
        assert page.problems == []


@pytest.fixture(scope="module")
def book(made: tuple[Path, CalamineWorkbook]) -> dict[str, pd.DataFrame]:
    areas = sheet(made[1], "片区一览")
    return {"areas": areas[areas["片区编号"].astype(str).str.match(r"A\d")],
            "estates": sheet(made[1], "小区台账"), "gaps": sheet(made[1], "设施短板"),
            "walls": sheet(made[1], "打通围墙")}


@pytest.fixture(autouse=True)
def unfiltered(page: Page) -> Iterator[None]:
    yield
    for asked in ("subdistrict", "year", "status"):
        choose(page, f"only-{asked}", "")


def filters(page: Page) -> list[dict[str, tuple[str, str]]]:
    """Return every choice of every filter, alone, and each year within each subdistrict: value and words."""
    said = {asked: [(value, text) for value, text in page.evaluate(
        f"[...document.getElementById('only-{asked}').options].map((option) => [option.value, option.textContent])")
        if value] for asked in ("subdistrict", "year", "status")}
    alone: list[dict[str, Any]] = [{asked: choice} for asked, choices in said.items() for choice in choices]
    return [{}, *alone, *({"subdistrict": one, "year": other} for one in said["subdistrict"] for other in said["year"])]


def figures_of(book: dict[str, pd.DataFrame], only: dict[str, tuple[str, str]]) -> dict[str, float]:
    """Add up what the sheets say of a filter; statuses by the word a reader sees."""
    estates, areas = book["estates"], book["areas"]
    year_of = areas.set_index("片区编号")["计划年度"].map(lambda year: NO_YEAR if pd.isna(year) else f"{year:.0f}")
    passing = pd.Series(True, index=estates.index)
    for asked, (value, text) in only.items():
        if asked == "subdistrict":
            passing &= estates["街道"] == value
        elif asked == "year":
            passing &= estates["片区编号"].map(year_of) == value
        else:
            passing &= estates["纳入条件" if value.startswith("eligibility") else "入库条件"] == text
    homes = estates[passing & estates["片区编号"].notna()]
    seen = areas[areas["片区编号"].isin(homes["片区编号"])] if only else areas
    gaps = book["gaps"][book["gaps"]["片区编号"].isin(seen["片区编号"]) & (book["gaps"]["是否缺口"] == "是")]
    return {"areas": len(seen), "estates": len(homes), "households": homes["户数"].sum(),
            "residents": homes["常住人口"].sum(), "gaps": len(gaps), "need": seen["养老用房需求"].sum(),
            "have": seen["养老用房现有"].sum(), "short": seen["养老用房缺口"].sum(), "money": seen["投资额"].sum()}


def test_the_headline_says_what_the_workbook_says_for_every_filter(page: Page, book: dict[str, pd.DataFrame]) -> None:
    tried = filters(page)
    assert len(tried) >= 15
    for only in tried:
        for asked in ("subdistrict", "year", "status"):
            choose(page, f"only-{asked}", only.get(asked, ("", ""))[0])
        wanted = figures_of(book, only)
        assert page.evaluate(FIGURES) == pytest.approx(wanted, abs=0.51), only  # shown in whole numbers


def test_the_map_opens_on_the_whole_plan_by_year(page: Page, book: dict[str, pd.DataFrame]) -> None:
    assert page.evaluate("document.querySelector('#themes input:checked').value") == "programme"
    legend = page.evaluate("document.getElementById('legend').innerText")
    for year in book["areas"]["计划年度"].dropna().unique():
        assert f"{year:.0f} 年" in legend
    assert page.evaluate("document.querySelectorAll('.leaders li').length") == len(book["areas"])


def test_a_stranger_finds_which_area_lacks_most_elder_care_space(page: Page, book: dict[str, pd.DataFrame]) -> None:
    page.click("#theme-care")
    worst = book["areas"].sort_values("养老用房缺口", ascending=False).iloc[0]
    first = page.evaluate(LISTED)[0]
    assert worst["片区名称"].split(" · ")[-1] in first
    assert f"{worst['养老用房缺口']:,.0f} ㎡" in first


def test_a_stranger_finds_why_an_estate_is_not_in_the_plan(page: Page, book: dict[str, pd.DataFrame]) -> None:
    left = book["estates"][book["estates"]["片区编号"].isna()]
    for why, estates in left.groupby("未编入原因"):
        page.evaluate("document.getElementById('asked').focus()")
        page.type(str(estates.iloc[0]["小区编号"]))
        page.press(*ENTER)
        assert page.evaluate("document.querySelector('#panel .verdict').textContent") == f"未列入：{why}"
    in_no_year = book["areas"][book["areas"]["计划年度"].isna()]["片区编号"].iloc[0]
    waiting = book["estates"][book["estates"]["片区编号"] == in_no_year].iloc[0]
    page.evaluate("document.getElementById('asked').focus()")
    page.type(str(waiting["小区编号"]))
    page.press(*ENTER)
    assert "但未排入年度：" in page.evaluate(PANEL)
    page.press("Escape", 27)


def test_a_stranger_finds_what_opens_in_a_year(page: Page, book: dict[str, pd.DataFrame]) -> None:
    year = int(book["areas"]["计划年度"].dropna().min()) + 1
    areas = book["areas"][book["areas"]["计划年度"] == year]
    page.click("#theme-openings")
    choose(page, "only-year", str(year))
    walls = book["walls"][book["walls"]["片区编号"].isin(areas["片区编号"]) & (book["walls"]["节省人分钟"] > 0)]
    page.evaluate("(() => { for (let more; (more = document.querySelector('#panel > .link')); ) more.click(); })()")
    listed = page.evaluate(LISTED)
    assert len(listed) == len(walls) > 0
    assert all(f"{year} 年" in text for text in listed)
    assert page.evaluate("document.querySelector('[data-key=areas] dd').firstChild.textContent") == str(len(areas))
    page.click("#theme-programme")


def test_minutes_on_foot_are_those_of_the_walks(page: Page, walks: pd.DataFrame) -> None:
    page.click("#theme-walks")
    said = {}
    for state in ("today", "opened"):
        page.click(f"#when-{state}")
        said[state] = page.evaluate(LEGEND)
    code = page.evaluate("document.getElementById('type').value")
    for state, legend in said.items():
        of_type = walks[(walks["facility_type"] == code) & (walks["state"] == state)]
        classes = pd.cut(of_type["minutes"], [0, 5, 10, 15, 30, float("inf")], labels=MINUTES, include_lowest=True)
        counts = classes.value_counts()
        assert [legend[text] for text in MINUTES] == pytest.approx([counts[text] for text in MINUTES], abs=1), state
    assert said["today"] != said["opened"]
    page.click("#theme-programme")


def test_every_area_is_named_or_numbered_at_the_overview(page: Page, book: dict[str, pd.DataFrame]) -> None:
    page.click("#theme-areas")
    numbered = page.evaluate("document.querySelectorAll('#numbers li').length")
    page.click("#overlay-names")
    assert page.evaluate("document.getElementById('numbers').hidden") is True
    page.click("#overlay-names")
    assert numbered < len(book["areas"]) / 4
    page.click("#theme-programme")
