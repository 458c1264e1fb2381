"""One real district from its messy files to its areas and its map, checked against what the kit says must come out.

The checks use their own geometry and their own graphs (shapely, networkx), never the steps that made the tables.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
import shapely
from chromium import Browser
from mapped import started
from toured import FIGURES, SIZES, THEMES, choose, is_sound_on_paper, look_at_every_theme, use_every_tool, visited

from geoplan import make_plan, read_project
from geoplan.maps import write_map
from geoplan.plan import Plan
from geoplan.schema import tables

HERE = Path(__file__).parent / "wuxi_xinwu"


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict:
    return json.loads((shared / "kits" / "wuxi_xinwu" / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plan(shared: Path) -> Plan:
    assert shared.is_dir()
    return make_plan(read_project(HERE))


@pytest.fixture(scope="module")
def members(plan: Plan) -> pd.DataFrame:
    estates = plan.tables["estates"]
    return estates[estates["area_id"].notna()]


def test_every_table_of_the_contract_is_there(plan: Plan) -> None:
    assert set(plan.tables) == set(tables())


def test_rows_read_are_rows_used_and_rows_rejected(plan: Plan, expected: dict) -> None:
    read = {layer: rows["read"] for layer, rows in plan.layers.rows.items()}
    assert read["estates"] == expected["estates"]["rows"]
    assert read["facilities"] == expected["facilities"]["rows"]
    assert read["streets"] == expected["streets"]["rows"]
    assert read["sites"] == expected["sites"]["rows"]
    assert read["utilities"] == expected["utilities"]["rows"]
    assert read["heritage"] == expected["heritage"]["rows"]
    for layer, rows in plan.layers.rows.items():
        assert rows["read"] == rows["used"] + rows["rejected"], layer
    assert len(plan.tables["estates"]) == plan.layers.rows["estates"]["used"]
    assert len(plan.tables["facilities"]) == plan.layers.rows["facilities"]["used"]


def test_every_area_holds_its_bounds(plan: Plan, members: pd.DataFrame) -> None:
    rules = plan.project.areas
    sizes = members.groupby("area_id")["households"].agg(["sum", "count"])
    assert (sizes["sum"] >= rules.min_households).all()
    assert ((sizes["sum"] <= rules.max_households) | (sizes["count"] == 1)).all()
    areas = plan.tables["areas"].set_index("area_id")
    assert (areas["households"] == sizes["sum"]).all()
    assert (areas["radius_m"] <= rules.max_radius_m).all()


def test_every_area_is_connected_by_usable_links_among_its_own(plan: Plan, members: pd.DataFrame) -> None:
    links = plan.tables["links"]
    graph = nx.from_pandas_edgelist(links[links["usable"].astype(bool)], "estate_a", "estate_b")
    graph.add_nodes_from(members["estate_id"])
    for area_id, own in members.groupby("area_id"):
        assert nx.is_connected(graph.subgraph(own["estate_id"])), area_id


def test_no_usable_link_crosses_water_unless_the_network_does(plan: Plan) -> None:
    links = plan.tables["links"]
    water = plan.layers.barriers.union_all()
    wet = shapely.length(shapely.intersection(links.geometry.values, water)) > 0.01
    assert set(links[wet & links["usable"].astype(bool)]["reason"]) <= {"crossing"}


def test_areas_do_not_overlap_and_each_is_one_polygon_over_its_members(plan: Plan, members: pd.DataFrame) -> None:
    areas = plan.tables["areas"]
    assert (areas.geom_type == "Polygon").all()
    assert areas.is_valid.all()
    pairs = gpd.sjoin(areas, areas, predicate="overlaps")
    overlap = shapely.area(shapely.intersection(
        areas.loc[pairs.index].geometry.values, areas.loc[pairs["index_right"]].geometry.values))
    assert (overlap < 1).all()
    outline = areas.set_index("area_id").geometry
    own = members.reset_index(drop=True)
    outside = own.geometry.difference(gpd.GeoSeries(outline.loc[own["area_id"]].values, crs=areas.crs)).area
    touching = gpd.sjoin(own, own, predicate="overlaps").index  # estates whose own outlines overlap share that strip
    assert (outside.drop(touching.unique()) < 1).all()


def test_areas_stay_inside_one_subdistrict(members: pd.DataFrame) -> None:
    assert (members.groupby("area_id")["subdistrict"].nunique() == 1).all()


def test_nobody_disappears(plan: Plan) -> None:
    estates = plan.tables["estates"]
    assert (estates["area_id"].isna() == estates["left_out"].notna()).all()
    assert plan.tables["areas"]["households"].sum() == estates.loc[estates["area_id"].notna(), "households"].sum()


def test_a_walk_is_never_shorter_than_the_straight_line(plan: Plan) -> None:
    walks = plan.tables["walks"].dropna(subset=["distance_m"])
    estates = plan.tables["estates"].set_index("estate_id").geometry
    facilities = plan.tables["facilities"].set_index("facility_id").geometry
    straight = shapely.distance(
        estates.loc[walks["estate_id"]].values, facilities.loc[walks["facility_id"]].values)
    assert (walks["distance_m"].to_numpy() >= straight - 1e-6).all()
    assert len(walks) > 0.9 * len(plan.tables["walks"])


def test_gaps_agree_with_the_walks_and_the_catalogue(plan: Plan) -> None:
    gaps = plan.tables["gaps"]
    known = gaps.dropna(subset=["is_gap"])
    is_far = known["distance_m"].isna() | (known["distance_m"] > known["limit_m"])
    assert (known["is_gap"].astype(bool) == is_far).all()


def test_the_walls_of_an_area_together_save_what_its_walks_grow_shorter(plan: Plan, members: pd.DataFrame) -> None:
    walks = plan.tables["walks"].pivot(index=["estate_id", "facility_type"], columns="state", values="minutes")
    gaps = plan.tables["gaps"].merge(walks.reset_index(), on=["estate_id", "facility_type"]).merge(
        members[["estate_id", "area_id"]], on="estate_id")
    assert (gaps["opened"] <= gaps["today"]).sum() == gaps["today"].notna().sum()
    saved = ((gaps["today"] - gaps["opened"]) * gaps["residents"].astype(float)).groupby(gaps["area_id"]).sum()
    near = plan.tables["walks"].pivot(index=["estate_id", "facility_type"], columns="state", values="distance_m")
    opened = gaps.merge(near["opened"].rename("after_m").reset_index(), on=["estate_id", "facility_type"])
    is_closed = opened["is_gap"].fillna(False) & (opened["after_m"] <= opened["limit_m"])
    closed = is_closed.groupby(opened["area_id"]).sum()
    openings = plan.tables["openings"].groupby("area_id")[["resident_minutes_saved", "gaps_closed"]].sum()
    assert openings["resident_minutes_saved"].reindex(saved.index, fill_value=0).to_numpy() == pytest.approx(
        saved.to_numpy(), rel=1e-6, abs=1)
    assert (openings["gaps_closed"].reindex(closed.index, fill_value=0) == closed).all()
    assert saved.sum() > 0
    assert closed.sum() > 0


def test_every_opening_is_a_usable_link_inside_its_area_that_passes_no_barrier(
    plan: Plan, members: pd.DataFrame,
) -> None:
    openings = plan.tables["openings"].merge(plan.tables["links"], on=["estate_a", "estate_b"], suffixes=("", "_link"))
    area = members.set_index("estate_id")["area_id"]
    assert len(openings) == len(plan.tables["openings"]) > 0
    assert openings["usable"].all()
    assert openings["barrier"].isna().all()
    assert (openings["estate_a"].map(area) == openings["area_id"]).all()
    assert (openings["estate_b"].map(area) == openings["area_id"]).all()
    assert sorted(openings["rank"]) == list(range(1, len(openings) + 1))


def test_care_never_gives_a_square_metre_twice(plan: Plan) -> None:
    care = plan.tables["care"]
    facilities = plan.tables["facilities"]
    in_use = facilities[facilities["status"] == "existing"]
    assert care["inside_m2"].sum() + care["declared_m2"].sum() <= (
        in_use["elder_area_m2"].fillna(in_use["floor_area_m2"]).sum() + 1e-6)
    # 0.1 m2 x residents of the area, exactly
    assert ((care["residents"].astype(float) / 10 - care["need_m2"]).abs() < 1e-9).all()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def drawn(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("wuxi") / "map.html"
    write_map(plan, file)
    return file


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_on_the_map_no_name_lies_on_another_in_any_theme(
    browser: Browser, drawn: Path, width: int, height: int,
) -> None:
    with visited(browser, drawn, width, height) as page:
        assert len(page.evaluate(THEMES)) == 9
        look_at_every_theme(page, least=30)


def test_every_tool_of_the_map_works_and_every_theme_prints_on_one_sheet(
    plan: Plan, browser: Browser, drawn: Path, tmp_path: Path,
) -> None:
    with visited(browser, drawn, *SIZES[0]) as page:
        use_every_tool(page, plan.tables["estates"]["estate_id"].iloc[100], "新洲街道")
        for theme in page.evaluate(THEMES):
            page.click(f"#theme-{theme}")
            is_sound_on_paper(page, tmp_path / "map.pdf", theme)
        page.click("#theme-areas")
        page.click(".leaders button")
        is_sound_on_paper(page, tmp_path / "map.pdf", "an area")


def test_the_figures_at_the_top_of_the_map_are_those_of_the_tables_for_every_filter(
    plan: Plan, browser: Browser, drawn: Path,
) -> None:
    estates = plan.tables["estates"]
    years = estates["area_id"].map(plan.tables["areas"].set_index("area_id")["plan_year"])
    passing = {("subdistrict", value): estates["subdistrict"] == value for value in estates["subdistrict"].unique()}
    passing |= {("year", str(year)): years == year for year in years.dropna().unique()}
    passing |= {("status", f"{column}:{code}"): estates[column] == code
                for column in ("eligibility", "plan_entry") for code in estates[column].unique()}
    with visited(browser, drawn, *SIZES[0]) as page:
        for (asked, value), passes in {("subdistrict", ""): pd.Series(True, index=estates.index), **passing}.items():
            choose(page, f"only-{asked}", value)
            shown = page.evaluate(FIGURES)
            assert shown == pytest.approx(figures_of(plan, estates[passes]), abs=0.51), value
            choose(page, f"only-{asked}", "")


def figures_of(plan: Plan, passing: pd.DataFrame) -> dict[str, float]:
    """Add up the tables the workbook writes: estates that pass, and the whole of the areas they are in."""
    homes = passing[passing["area_id"].notna()]
    areas = plan.tables["areas"][plan.tables["areas"]["area_id"].isin(homes["area_id"])]
    gaps = plan.tables["area_gaps"]
    return {"areas": len(areas), "estates": len(homes), "households": homes["households"].sum(),
            "residents": homes["residents"].sum(),
            "gaps": (gaps["is_gap"].fillna(False) & gaps["area_id"].isin(areas["area_id"])).sum(),
            "need": areas["elder_need_m2"].sum(), "have": areas["elder_have_m2"].sum(),
            "short": areas["elder_short_m2"].sum(), "money": areas["amount_yuan"].sum() / 10_000}
