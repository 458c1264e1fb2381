"""A town on the map, and a browser to look at it: what the tests of the page share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from chromium import Browser, Page, find_chromium, run_chromium
from drawn import layer, streets
from little_plan import CRS_OF_PLAN, X0, Y0, little_plan, table
from shapely import LineString, box

from geoplan.maps import write_map

READY = "document.getElementById('geoplan') && document.getElementById('geoplan').dataset.ready === 'yes'"
PANEL = "document.getElementById('panel').textContent"
ENTER, ESCAPE, DOWN, TAB = ("Enter", 13), ("Escape", 27), ("ArrowDown", 40), ("Tab", 9)
RIGHT, LEFT = ("ArrowRight", 39), ("ArrowLeft", 37)


@contextmanager
def started() -> Iterator[Browser]:
    """Start Chromium, or skip where there is none."""
    path = find_chromium()
    if path is None:
        sentence = "Chromium is not installed: the page is not tried in a browser"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    with run_chromium(path) as browser:
        yield browser


def town(folder: Path, *, language: str = "zh", **changed: Any) -> Any:
    """Return the little plan with streets, water, a railway and an old quarter, and gaps of three kinds."""
    ids = [f"E{number}" for number in range(1, 7)]
    gaps = table("gaps", estate_id=ids * 2, facility_type=["ELD_DAYCARE"] * 6 + ["KINDERGARTEN"] * 6,
                 distance_m=[120.0, 300.0, 300.4, 810.0, None, 90.0] + [None] * 6, confidence=["K"] * 12,
                 is_gap=[False, False, True, True, True, False] + [None] * 6, standard=["GB 50180-2018"] * 12,
                 limit_m=[300.0] * 12, is_gap_after=[False, False, False, True, True, False] + [None] * 6)
    lines = [LineString([(X0 + 100, Y0 + 25), (X0 + 120, Y0 + 25)]),
             LineString([(X0 + 220, Y0 + 25), (X0 + 240, Y0 + 25)]),
             LineString([(X0 + 460, Y0 + 25), (X0 + 460.01, Y0 + 25)])]
    openings = table("openings", estate_a=["E1", "E2", "E4"], estate_b=["E2", "E3", "E5"], area_id=["A1", "A1", "A2"],
                     resident_minutes_saved=[250.0, 4_000.0, 0.0], gaps_closed=[0, 1, 0], rank=[2, 1, 3],
                     geometry=lines)
    care = table("care", area_id=["A1", "A2"], residents=[1_572, 2_358], need_m2=[157.2, 235.8],
                 inside_m2=[100.0, 300.0], short_m2=[58.0, 0.0], status=["not_met_no_site", "met"],
                 land_status=["unknown", "met"])
    flows = table("care_flows", facility_id=["F1"], area_id=["A1"], floor_area_m2=[100.0])
    plan = little_plan(folder, language=language, **{
        "gaps": gaps, "care": care, "care_flows": flows, "openings": openings, **changed})
    ways = streets([(X0 - 50, Y0 - 20), (X0 + 750, Y0 - 20)], [(X0 + 350, Y0 - 90), (X0 + 350, Y0 + 190)],
                   **{"class": ["primary", "residential"], "name": ["人民路", "北街"]})
    lines = [box(X0 - 100, Y0 + 120, X0 + 800, Y0 + 160), LineString([(X0 - 100, Y0 - 60), (X0 + 800, Y0 - 60)])]
    barriers = layer("barriers", lines, name=["湟水", "兰青铁路"]).assign(layer=["water", "rail"])
    heritage = layer("heritage", [box(X0, Y0 + 60, X0 + 100, Y0 + 100)], name=["古城墙"])
    return replace(plan, layers=replace(plan.layers, streets=ways, barriers=barriers, heritage=heritage))


@contextmanager
def opened(browser: Browser, folder: Path, plan: Any, **options: Any) -> Iterator[Page]:
    """Open the map of a plan; whatever the test does, the page asks for nothing but itself and complains of nothing."""
    write_map(plan, folder / "map.html")
    with browser.open(folder / "map.html", **options) as page:
        page.wait_for(READY)
        yield page
        assert page.requests == [(folder / "map.html").resolve().as_uri()]
        assert page.problems == []


def click_on(page: Page, x: float, y: float) -> None:
    """Click on a place of the plan, given in metres of the working CRS."""
    where = gpd.GeoSeries(gpd.points_from_xy([x], [y]), crs=CRS_OF_PLAN).to_crs("EPSG:4326").iloc[0]
    page.click_at(*page.evaluate(
        f"(() => {{ const at = map_1.latLngToContainerPoint([{where.y}, {where.x}]);"
        " const box = map_1.getContainer().getBoundingClientRect(); return [box.x + at.x, box.y + at.y]; })()"))


def shown(page: Page, x: float, y: float) -> list[int]:
    """Return the colour of the map at a place of the plan."""
    where = gpd.GeoSeries(gpd.points_from_xy([x], [y]), crs=CRS_OF_PLAN).to_crs("EPSG:4326").iloc[0]
    return page.evaluate(
        f"(() => {{ const at = map_1.latLngToLayerPoint([{where.y}, {where.x}]);"
        " const canvas = document.querySelector('.leaflet-map-pane canvas');"
        " const corner = L.DomUtil.getPosition(canvas);"
        " const copy = document.createElement('canvas').getContext('2d');"
        " copy.drawImage(canvas, corner.x - at.x, corner.y - at.y);"
        " return [...copy.getImageData(0, 0, 1, 1).data]; })()")


def full_town(folder: Path, **changed: Any) -> Any:
    """Return the town with all that a plan may hold: a siting, money, points, years and deadlines."""
    made = town(folder).tables
    clause = "QH-2023-268 第二条 [QH23-02]"
    # E3 lacks day care until walls are open, E4 until S1 is built, E5 for good: of E4 and E5 no wall is worth opening
    is_closed = made["gaps"]["estate_id"].isin(["E3", "E4"]) & made["gaps"]["is_gap"].notna()
    left = made["gaps"]["is_gap"].mask(is_closed, False)
    gaps = made["gaps"].assign(is_gap_after=left)
    walks = table("walks", estate_id=["E1", "E2", "E3", "E4", "E5"], facility_type=["ELD_DAYCARE"] * 5,
                  state=["opened"] * 5, distance_m=[120.0, 300.0, 290.0, 810.0, None])
    filled = {
        "gaps": gaps, "walks": walks,
        "estates": made["estates"].assign(subdistrict=["东街", "东街", "东街", "东街", "西街", "西街"]),
        "areas": made["areas"].assign(score=[71.5, 33.0], rank=[1, 2], plan_year=[2025, None],
                                      amount_yuan=[12_345_678.0, 5_000_000.0]),
        "area_gaps": table(
            "area_gaps", area_id=["A1", "A2"], facility_type=["ELD_DAYCARE"] * 2, residents=[1_572, 2_358],
            uncovered_residents=[786, 2_358], uncovered_share=[0.5, 1.0], is_gap=[True, True],
            is_gap_after=[False, True], reason=[None, "no_consent"]),
        "sitings": table(
            "sitings", site_id=["S1"], facility_type=["ELD_DAYCARE"], area_id=["A2"], floor_area_m2=[350.0],
            residents_served=[1_048], amount_yuan=[525_000.0], procedures=["change_of_use、fire_review"]),
        "siting_areas": table("siting_areas", site_id=["S1"], facility_type=["ELD_DAYCARE"], area_id=["A2"],
                              residents_served=[1_048], elder_m2=[350.0]),
        "works": table(
            "works", area_id=["A1", "A1"], item=["roof", "road"], content_class=["基础类", "完善类"],
            unit=["m2", "m2"], driver=["roof_m2", "land_area_m2"], low_yuan=[8e6, 2e6], amount_yuan=[9e6, 3_345_678.0],
            high_yuan=[11e6, 4e6], basis=["assumption"] * 2, clause=[clause, None]),
        "funding": table(
            "funding", area_id=["A1", "A1"], item=["roof", "road"], source=["central_provincial", "gap"],
            content_class=["基础类", "完善类"], amount_yuan=[9e6, 3_345_678.0], basis=["policy", None],
            clause=[clause, None]),
        "ranking": table("ranking", area_id=["A1"], criterion=["hazards"], weight=[0.2], points=[11.5],
                         known_share=[1.0], is_known=[True]),
        "programme": table(
            "programme", area_id=["A1", "A2"], plan_year=[2025, None], batch=["implement", "reserve"],
            reason=["first_year", "not_ready"], binding_caps=["", "budget"], blocking_estates=["", "E4"]),
        "milestones": table(
            "milestones", area_id=["A1"], milestone=["acceptance_deadline"], due_date=["2025-12-31"], clause=[clause],
            pace=["in_time"]),
    }
    return town(folder, **(filled | changed))
