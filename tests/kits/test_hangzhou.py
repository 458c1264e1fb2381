"""2,112 real outlines across rivers and canals: the areas are proven best, and none crosses the water."""

import json
from pathlib import Path

import networkx as nx
import pytest
import shapely

from geoplan import make_plan, read_project
from geoplan.plan import Plan

PROVEN_GAP_SHARE = 0.001


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict:
    return json.loads((shared / "kits" / "hangzhou" / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plan(shared: Path) -> Plan:
    assert shared.is_dir()
    return make_plan(read_project(Path(__file__).parent / "hangzhou"))


def test_every_outline_is_read_and_stays(plan: Plan, expected: dict) -> None:
    assert plan.layers.rows["estates"] == {"read": expected["estates"]["rows"], "used": expected["estates"]["rows"],
                                           "rejected": 0}
    assert len(plan.tables["estates"]) == expected["estates"]["rows"]


def test_the_pairs_are_those_of_the_kit(plan: Plan, expected: dict) -> None:
    counts = expected["pairs"]["gap_60_m"]
    links = plan.tables["links"]
    # the kit counts pairs without water and without a third estate; what is left of ours must be the same
    assert int((links["barrier"].isna()).sum()) == counts["pairs_without_water_and_third_estate"]
    graph = nx.from_pandas_edgelist(links[links["barrier"].isna()], "estate_a", "estate_b")
    graph.add_nodes_from(plan.tables["estates"]["estate_id"])
    sizes = sorted(map(len, nx.connected_components(graph)), reverse=True)
    assert len(sizes) == counts["groups_without_water_and_third_estate"]["components"]
    assert sizes[:10] == counts["groups_without_water_and_third_estate"]["largest"]


def test_without_streets_no_link_crosses_water(plan: Plan) -> None:
    links = plan.tables["links"]
    water = plan.layers.barriers.geometry.values
    usable = links[links["usable"].astype(bool)].geometry.values
    link, pond = plan.layers.barriers.sindex.query(usable, predicate="intersects")
    wet_m = shapely.length(shapely.intersection(usable[link], water[pond]))
    assert (wet_m <= 0.01 + 1e-9).all()


def test_the_grouping_is_proven_within_a_thousandth(plan: Plan) -> None:
    grouping = plan.tables["grouping"]
    gap = (grouping["objective"].sum() - grouping["lower_bound"].sum()) / grouping["objective"].sum()
    assert gap <= PROVEN_GAP_SHARE
    assert (grouping["gap_share"] <= PROVEN_GAP_SHARE).all()


def test_walking_is_marked_as_straight_line(plan: Plan) -> None:
    assert plan.notes["walking"] == "straight_line"
    assert (plan.tables["remarks"]["code"] == "plan.straight_line").sum() == 1
