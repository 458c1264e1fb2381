"""A table on a map in a notebook: what it shows, what it refuses, and that no name can do anything."""

import base64
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import folium
import pandas as pd
import pytest
from chromium import Browser, Page, find_chromium, run_chromium
from little_plan import all_tables, estates_table, little_plan, table

from geoplan import exploring
from geoplan.exploring import explore, show_map
from geoplan.leaflets import leaflet_script, leaflet_style
from geoplan.plan import Plan
from geoplan.schema import columns_of, is_spatial, tables
from geoplan.swatches import paints_of

HOSTILE = [
    "</script><script>window.pwned = 1</script>", "<img src=x onerror=window.top.pwned=1>", "{{7*7}}", "100{% x",
    "甲{# 3号楼 #}乙", "'\"><svg onload=window.pwned=1>",
]
PACKED = re.compile(r'<script type="application/octet-stream" id="[a-z0-9_]+">([A-Za-z0-9+/=]*)</script>')
ALL_TEXT = "document.querySelector('iframe').contentDocument"


def said(drawn: folium.Map) -> dict[str, Any]:
    """Return what the page of a map was given."""
    (packed,) = PACKED.findall(drawn.get_root().render())
    return json.loads(base64.b64decode(packed))


def legend(drawn: folium.Map) -> dict[str, int]:
    return {entry["label"]: entry["count"] for entry in said(drawn)["classes"]}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return little_plan(tmp_path / "plan")


def test_a_layer_is_drawn_in_the_colours_of_the_map(plan: Plan) -> None:
    drawn = explore(plan, "estates")
    assert legend(drawn) == {"符合": 4, "不符合": 1, "待核实": 1}
    paints = paints_of(next(column for column in columns_of("estates") if column.name == "eligibility"))
    assert said(drawn)["classes"][0]["fill"] == paints["eligible"].fill
    assert len(said(drawn)["features"]["features"]) == 6


def test_a_table_of_estates_is_drawn_on_their_outlines(plan: Plan) -> None:
    drawn = explore(plan, "gaps", facility_type="ELD_DAYCARE")
    assert legend(drawn) == {"是": 0, "否": 1, "其他或不明": 1}  # E4: no verdict is neither yes nor no
    shapes = said(drawn)["features"]["features"]
    assert [shape["geometry"]["type"] for shape in shapes] == ["Polygon", "Polygon"]
    assert shapes[0]["properties"]["facts"][:2] == [["", "=1+1"], ["小区编号", "E1"]]


def test_a_table_of_areas_is_drawn_on_theirs(plan: Plan) -> None:
    drawn = explore(plan, "area_gaps", colour="uncovered_share")
    assert legend(drawn) == {"0.5000 – 0.5000 0–1": 1, "其他或不明": 1}


def test_numbers_fall_into_classes_of_as_many_rows(tmp_path: Path) -> None:
    walks = table("walks", estate_id=["E1", "E2", "E3", "E4", "E5", "E6"], facility_type=["PARKING"] * 6,
                  state=["today"] * 6, distance_m=[66.0, 132.0, 198.0, 264.0, 330.0, None],
                  minutes=[1.0, 2.0, 3.0, 4.0, 5.0, None])
    drawn = explore(little_plan(tmp_path / "plan", walks=walks), "walks", facility_type="PARKING", state="today")
    # quarters of 5 numbers end at the 2nd, 3rd, 4th and 5th
    assert legend(drawn) == {"1.0 – 2.0 分钟": 2, "3.0 – 3.0 分钟": 1, "4.0 – 4.0 分钟": 1, "5.0 – 5.0 分钟": 1,
                             "其他或不明": 1}


def test_a_list_of_values_may_be_asked_for(plan: Plan) -> None:
    assert len(said(explore(plan, "estates", estate_id=["E1", "E2"]))["features"]["features"]) == 2


@pytest.mark.parametrize("name", tables())
def test_an_empty_table_is_a_map_of_the_estates_alone(name: str, tmp_path: Path) -> None:
    empty = {table: frame.iloc[:0] for table, frame in all_tables().items() if table != "estates"}
    plan = little_plan(tmp_path / "plan", **empty)
    has_place = is_spatial(name) or {"estate_id", "site_id", "facility_id", "area_id"} & set(plan.tables[name].columns)
    if not has_place:
        with pytest.raises(ValueError, match="has no place on the map"):
            explore(plan, name)
    elif name != "estates":
        given = said(explore(plan, name))
        assert given["features"]["features"] == []
        assert len(given["under"]["geometries"]) == 6


def test_what_cannot_be_asked_is_said_with_what_can(plan: Plan) -> None:
    with pytest.raises(ValueError, match=r"there is no table 'gap'; there are estates, "):
        explore(plan, "gap")
    with pytest.raises(ValueError, match=r"no column 'type'; it has estate_id, facility_type"):
        explore(plan, "gaps", type="ELD_DAYCARE")
    with pytest.raises(ValueError, match="no column 'hue'"):
        explore(plan, "gaps", colour="hue")


def test_rows_that_would_hide_each_other_are_refused_with_the_choices(tmp_path: Path) -> None:
    gaps = table("gaps", estate_id=["E1", "E1"], facility_type=["PARKING", "KINDERGARTEN"], limit_m=[300.0] * 2,
                 is_gap=[True, False], standard=["GB"] * 2, confidence=["K"] * 2)
    with pytest.raises(ValueError, match="facility_type = 'KINDERGARTEN', 'PARKING'"):
        explore(little_plan(tmp_path / "plan", gaps=gaps), "gaps")


def test_every_table_is_coloured_by_a_column_it_has() -> None:
    for name, column in exploring.COLOURED.items():
        assert column in {column.name for column in columns_of(name)}


def test_a_map_asks_for_nothing_outside_itself(plan: Plan) -> None:
    page = explore(plan, "estates").get_root().render()
    page = page.replace(leaflet_script(), "").replace(leaflet_style(), "")
    assert re.findall(r"""src\s*=|https?:|url\(|@import""", page) == []


def test_what_draws_sets_text_and_never_markup() -> None:
    script = (Path(exploring.__file__).parent / "explore.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", script)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        sentence = "Chromium is not installed: the map is not tried in a browser"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    with run_chromium(path) as browser:
        yield browser


def shown(displayed: Any, folder: Path) -> Path:
    """Return a page that shows what a notebook shows, as its output area does."""
    file = folder / "notebook.html"
    head = '<!doctype html><html><head><meta charset="utf-8"><title>笔记</title></head><body>'
    file.write_text(f"{head}{displayed._repr_html_()}</body></html>", encoding="utf-8")
    return file


def assert_nothing_ran(page: Page) -> None:
    assert page.problems == []
    assert [address[:5] for address in page.requests if not address.startswith(("data:", "about:"))] == ["file:"]
    assert page.evaluate("window.pwned === undefined")


def test_hostile_names_are_shown_and_do_nothing(browser: Browser, tmp_path: Path) -> None:
    plan = little_plan(tmp_path / "plan", estates=estates_table().assign(name=HOSTILE))
    drawn = explore(plan, "estates")
    with browser.open(shown(drawn, tmp_path)) as page:
        page.wait_for(f"{ALL_TEXT} && {ALL_TEXT}.querySelector('.leaflet-bottom.leaflet-right b') !== null")
        assert "小区 · 纳入条件" in page.evaluate(f"{ALL_TEXT}.body.innerText")
        page.evaluate("""(() => { const view = document.querySelector('iframe').contentWindow;
            const map = Object.keys(view).filter((name) => name.startsWith('map_')).map((name) => view[name])[0];
            map.eachLayer((layer) => { if (layer.getTooltip && layer.getTooltip()) layer.openTooltip(); }); })()""")
        tips = f"{ALL_TEXT}.querySelector('.leaflet-tooltip-pane')"
        assert all(name in page.evaluate(f"{tips}.textContent") for name in HOSTILE)
        assert page.evaluate(f"{tips}.querySelectorAll('img, svg').length") == 0
        assert page.evaluate("document.querySelector('iframe').contentWindow.pwned === undefined")
        assert_nothing_ran(page)


def test_hostile_names_in_a_legend_do_nothing(browser: Browser, tmp_path: Path) -> None:
    plan = little_plan(tmp_path / "plan", estates=estates_table().assign(name=HOSTILE))
    with browser.open(shown(explore(plan, "estates", colour="name"), tmp_path)) as page:
        page.wait_for(f"{ALL_TEXT} && {ALL_TEXT}.querySelector('.leaflet-bottom.leaflet-right b') !== null")
        text = page.evaluate(f"{ALL_TEXT}.querySelector('.leaflet-bottom.leaflet-right').textContent")
        assert all(name in text for name in HOSTILE)
        assert_nothing_ran(page)


def test_layers_of_ones_own_lie_over_the_table(browser: Browser, plan: Plan, tmp_path: Path) -> None:
    drawn = explore(plan, "areas")
    folium.CircleMarker((36.6, 120.0), radius=9, color="#123456").add_to(drawn)
    with browser.open(shown(drawn, tmp_path)) as page:
        page.wait_for(f"{ALL_TEXT} && {ALL_TEXT}.querySelector('.leaflet-bottom.leaflet-right b') !== null")
        assert_nothing_ran(page)


def test_the_whole_map_stands_in_a_frame_that_reaches_nothing_around_it(plan: Plan) -> None:
    displayed = show_map(plan)._repr_html_()
    assert displayed.startswith('<iframe sandbox="allow-scripts" srcdoc="&lt;!DOCTYPE html&gt;')
    assert displayed.count("<") == displayed.count(">") == 2  # the frame's own tags: the page is text to the notebook


def test_the_whole_map_draws_itself_in_its_frame(browser: Browser, plan: Plan, tmp_path: Path) -> None:
    with browser.open(shown(show_map(plan), tmp_path)) as page:
        assert page.problems == []
        assert pd.Series(page.requests).str.startswith(("file:", "data:", "about:")).all()
