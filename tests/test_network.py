"""The walking network: where lines are cut, what is joined, what may be walked, what cuts the town."""

import itertools
import math
from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from drawn import CRS, barriers, grid, layer, moved, streets
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from geoplan.errors import say
from geoplan.network import build_network, find_hard_barriers

SPOTS = st.tuples(st.integers(0, 6), st.integers(0, 6))
LINES = st.lists(st.lists(SPOTS, min_size=2, max_size=6), min_size=1, max_size=8)


def network(drawn: gpd.GeoDataFrame, **options: object) -> gpd.GeoDataFrame:
    return build_network(drawn, **options)[0]


def node_count(edges: gpd.GeoDataFrame) -> int:
    return len(np.unique(edges[["from_node", "to_node"]]))


def codes(drawn: gpd.GeoDataFrame) -> list[str]:
    return [finding.code for finding in build_network(drawn)[1]]


def test_streets_are_cut_where_they_share_a_vertex() -> None:
    # A cross of two streets with a common middle vertex: 4 arms, 4 ends and the middle.
    edges = network(streets([(0, 0), (100, 0), (200, 0)], [(100, -100), (100, 0), (100, 100)]))
    assert (len(edges), node_count(edges)) == (4, 5)
    assert edges["length_m"].tolist() == [100.0] * 4


def test_streets_that_cross_without_a_vertex_do_not_meet() -> None:
    edges = network(streets([(0, 0), (200, 0)], [(100, -100), (100, 100)]))
    assert (len(edges), node_count(edges), edges["component_id"].nunique()) == (2, 4, 2)


def test_a_vertex_used_by_nobody_else_is_no_node() -> None:
    edges = network(streets([(0, 0), (100, 0), (100, 100)]))
    assert edges["length_m"].tolist() == [200.0]


@pytest.mark.parametrize(("apart_m", "components"), [(0.008, 1), (0.012, 2)])
def test_vertices_within_a_centimetre_are_one_place(apart_m: float, components: int) -> None:
    drawn = streets([(0, 0), (100, 0), (200, 0)], [(100, -100), (100, -apart_m), (150, -100)])
    assert network(drawn, join_within_m=0)["component_id"].nunique() == components


def test_edges_that_meet_at_a_node_end_in_the_very_same_point() -> None:
    edges = network(streets([(0, 0), (100, 0.004)], [(100, 0), (200, 0)]))
    ends = {tuple(line.coords[i]) for line in edges.geometry for i in (0, -1)}
    assert len(ends) == node_count(edges) == 3


def test_an_edge_runs_from_its_from_node_to_its_to_node() -> None:
    edges = network(streets(*grid(3, 3)))
    spots: dict[int, set[tuple[float, float]]] = {}
    for edge in edges.itertuples():
        spots.setdefault(edge.from_node, set()).add(edge.geometry.coords[0])
        spots.setdefault(edge.to_node, set()).add(edge.geometry.coords[-1])
    assert [len(seen) for seen in spots.values()] == [1] * 9


def test_crossings_are_cut_when_asked() -> None:
    edges = network(streets([(0, 0), (200, 0)], [(50, -100), (50, 100)]), node_crossings=True)
    assert sorted(edges["length_m"]) == [50.0, 100.0, 100.0, 150.0]
    assert node_count(edges) == 5


@pytest.mark.parametrize("tags", [{"bridge": [True, None]}, {"tunnel": [None, True]}, {"layer": [None, 1]}])
def test_a_bridge_a_tunnel_or_another_layer_is_not_cut_at_a_crossing(tags: dict[str, list[object]]) -> None:
    drawn = streets([(0, 0), (200, 0)], [(50, -100), (50, 100)], **tags)
    assert len(network(drawn, node_crossings=True)) == 2


def test_a_line_that_crosses_itself_is_cut_there_when_asked() -> None:
    # Crosses itself at (50, 50): in, round, out.
    drawn = streets([(0, 0), (100, 100), (100, 0), (0, 100)])
    edges = network(drawn, node_crossings=True)
    assert len(edges) == 3
    assert (edges["from_node"] == edges["to_node"]).sum() == 1


def test_a_closed_ring_on_its_own_is_one_loop() -> None:
    edges = network(streets([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]))
    assert edges[["from_node", "to_node", "length_m"]].to_numpy().tolist() == [[0, 0, 400]]


def test_a_ring_hanging_on_a_street_starts_and_ends_at_their_common_vertex() -> None:
    # The ring is drawn from a corner of its own, so that corner is a node too: 2 halves and 2 arms of the street.
    edges = network(streets([(0, 0), (100, 0), (200, 0)], [(100, 100), (100, 0), (150, 50), (100, 100)]))
    assert len(edges) == 4
    assert edges["length_m"].sum() == pytest.approx(200 + 100 + 2 * math.hypot(50, 50))


def test_two_streets_between_the_same_corners_are_both_kept() -> None:
    edges = network(streets([(0, 0), (100, 0)], [(0, 0), (50, 50), (100, 0)]))
    assert edges[["from_node", "to_node"]].to_numpy().tolist() == [[0, 1], [0, 1]]
    assert sorted(edges["length_m"]) == pytest.approx([100, 2 * math.hypot(50, 50)])


def test_repeated_vertices_and_streets_of_no_length_leave_nothing_behind() -> None:
    edges = network(streets([(0, 0), (50, 0), (50, 0), (50, 0), (100, 0)], [(50, 30), (50, 30)], [(50, 0), (50, 0)]))
    assert edges["length_m"].tolist() == [100.0]


def test_a_finely_drawn_curve_keeps_its_length() -> None:
    # A vertex every 5 mm: nearer than a centimetre, yet no meeting of streets.
    fine = [(step * 0.005, 0.0) for step in range(2001)]
    edges = network(streets(fine))
    assert edges["length_m"].tolist() == pytest.approx([10.0], abs=0.02)


def test_parts_of_a_multipart_street_are_streets() -> None:
    drawn = streets([(0, 0), (100, 0)])
    drawn.geometry = [shapely.MultiLineString([[(0, 0), (100, 0)], [(100, 0), (100, 50)]])]
    assert sorted(network(drawn)["length_m"]) == [50.0, 100.0]


@pytest.mark.parametrize(("gap_m", "components"), [(0.49, 1), (0.51, 2)])
def test_an_end_that_just_misses_an_end_is_joined(gap_m: float, components: int) -> None:
    edges = network(streets([(0, 0), (100, 0)], [(100 + gap_m, 0), (200, 0)]))
    assert edges["component_id"].nunique() == components


@pytest.mark.parametrize(("gap_m", "edges_expected"), [(0.49, 3), (0.51, 2)])
def test_an_end_that_just_misses_the_middle_of_a_street_cuts_it_there(gap_m: float, edges_expected: int) -> None:
    edges = network(streets([(0, 0), (200, 0)], [(70, gap_m), (70, 90)]))
    assert len(edges) == edges_expected


def test_an_end_that_touches_a_street_between_its_vertices_is_joined() -> None:
    edges = network(streets([(0, 0), (200, 0)], [(70, 0), (70, 90)]))
    assert sorted(edges["length_m"]) == [70.0, 90.0, 130.0]


def test_a_join_is_remarked_with_the_row_of_the_street() -> None:
    _, findings = build_network(streets([(0, 0), (200, 0)], [(70, 90), (70, 0.3)]))
    assert [(finding.code, finding.layer, finding.row) for finding in findings] == [("network.joined", "streets", 2)]
    assert "(70.0, 0.3)" in say(findings[0], "zh")


def test_many_joins_are_one_remark_with_their_count() -> None:
    spurs = [[(10 * number, 0.3), (10 * number, 50)] for number in range(1, 8)]
    _, findings = build_network(streets([(0, 0), (200, 0)], *spurs))
    assert [(finding.code, finding.values["count"]) for finding in findings] == [("network.joined_many", 7)]


def test_ends_that_miss_each_other_are_one_join() -> None:
    assert codes(streets([(0, 0), (100, 0)], [(100.3, 0), (200, 0)])) == ["network.joined"]


def test_an_end_already_connected_there_is_not_joined_again() -> None:
    # The stub of 0.4 m ends beside nothing but the street it stands on.
    assert codes(streets([(0, 0), (100, 0), (200, 0)], [(100, 0), (100, 0.4)])) == []


def test_an_end_under_the_middle_of_a_bridge_is_not_joined_to_it() -> None:
    drawn = streets([(0, 0), (200, 0)], [(70, 0.3), (70, 90)], bridge=[True, None])
    assert network(drawn)["component_id"].nunique() == 2


def test_the_end_of_a_bridge_is_joined_to_the_street_it_just_misses() -> None:
    drawn = streets([(0, 0), (100, 0)], [(100.3, 0), (200, 0)], bridge=[True, None])
    assert network(drawn)["component_id"].nunique() == 1


def test_nothing_is_joined_when_told_so() -> None:
    assert network(streets([(0, 0), (100, 0)], [(100.3, 0), (200, 0)]), join_within_m=0)["component_id"].nunique() == 2


@pytest.mark.parametrize(("tags", "is_walkable"), [
    ({"class": "residential"}, True),
    ({"class": None}, True),
    ({"class": "motorway"}, False),
    ({"class": "trunk_link"}, False),
    ({"class": "快速路"}, False),
    ({"class": "rail"}, False),
    ({"class": "construction"}, False),
    ({"class": "motorway", "foot": "yes"}, True),
    ({"class": "residential", "foot": "no"}, False),
    ({"class": "primary", "tunnel": True}, False),
    ({"class": "secondary_link", "tunnel": True}, False),
    ({"class": "footway", "tunnel": True}, True),
    ({"class": "secondary", "tunnel": True, "foot": "designated"}, True),
    ({"class": "motorway", "not_walkable": False}, True),
    ({"class": "footway", "not_walkable": True}, False),
    ({"class": "trunk", "not_walkable": False, "tunnel": True}, False),
])
def test_what_may_be_walked(tags: dict[str, object], is_walkable: bool) -> None:
    drawn = streets([(0, 0), (100, 0)], **{name: [value] for name, value in tags.items()})
    assert len(network(drawn)) == int(is_walkable)


def test_a_vehicle_tunnel_leaves_the_river_between_its_banks() -> None:
    # Both banks have a street; only a tunnel of a primary road joins them.
    drawn = streets(
        [(0, 0), (100, 0)], [(100, 0), (300, 0)], [(300, 0), (400, 0)],
        **{"class": ["residential", "primary", "residential"], "tunnel": [None, True, None]})
    assert network(drawn)["component_id"].nunique() == 2


def test_without_a_walkable_street_there_is_no_edge_and_a_remark() -> None:
    edges, findings = build_network(streets([(0, 0), (100, 0)], **{"class": ["motorway"]}))
    assert list(edges.columns) == ["from_node", "to_node", "length_m", "component_id", "geometry"]
    assert len(edges) == 0
    assert edges.crs == CRS
    assert [finding.code for finding in findings] == ["network.none_walkable"]


@pytest.mark.parametrize("node_crossings", [False, True])
def test_no_street_at_all_is_an_empty_network(node_crossings: bool) -> None:
    assert len(network(streets(), node_crossings=node_crossings)) == 0


def test_the_component_with_most_nodes_is_number_0_and_all_sizes_are_told() -> None:
    # Three nodes in the east, two in the west, two in the middle.
    drawn = streets([(0, 0), (10, 0)], [(500, 0), (510, 0)], [(900, 0), (910, 0)], [(910, 0), (920, 0)])
    edges, findings = build_network(drawn)
    assert edges.sort_values("from_node")["component_id"].tolist() == [1, 2, 0, 0]
    assert findings[0].values == {"count": 3, "main": 3, "others": "2、2"}


def test_the_layer_is_left_as_it_was() -> None:
    drawn = streets([(0, 0), (100, 0)], [(100.3, 0), (200, 0)])
    before = drawn.copy(deep=True)
    build_network(drawn, node_crossings=True)
    pd.testing.assert_frame_equal(drawn, before)


def by_hand(lines: list[list[tuple[int, int]]]) -> tuple[int, int, float]:
    """Count nodes, edges and metres with dicts and loops."""
    paths = [[spot for at, spot in enumerate(line) if at == 0 or spot != line[at - 1]] for line in lines]
    paths = [path for path in paths if len(path) > 1]
    uses = Counter(spot for path in paths for spot in path)
    ends = {path[at] for path in paths for at in (0, -1)}
    nodes = {spot for spot in uses if spot in ends or uses[spot] > 1}
    edges = sum(sum(spot in nodes for spot in path) - 1 for path in paths)
    return len(nodes), edges, sum(math.dist(a, b) for path in paths for a, b in itertools.pairwise(path))


@given(LINES)
@settings(max_examples=60, deadline=None)
def test_nodes_and_edges_are_those_counted_by_hand(lines: list[list[tuple[int, int]]]) -> None:
    edges = network(streets(*lines), join_within_m=0)
    nodes, count, metres = by_hand(lines)
    assert (node_count(edges), len(edges)) == (nodes, count)
    assert edges["length_m"].sum() == pytest.approx(metres)


@given(LINES, st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_streets_changes_nothing(lines: list, random: object, node_crossings: bool) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)
    one, other = (network(streets(*drawn), node_crossings=node_crossings) for drawn in (lines, shuffled))
    assert one.drop(columns="geometry").equals(other.drop(columns="geometry"))
    assert all(shapely.equals_exact(one.geometry.to_numpy(), other.geometry.to_numpy(), tolerance=1e-6))


@given(LINES, st.floats(0, 6.28), st.integers(-5000, 5000))
@settings(max_examples=30, deadline=None)
def test_moving_and_turning_the_map_changes_no_length(lines: list, angle: float, shift: int) -> None:
    # A line that runs back over itself is left aside: an end may touch it on the way out or on the way back.
    assume(all(LineString(line).is_simple for line in lines))
    drawn = streets(*[[(3 * x, 3 * y) for x, y in line] for line in lines])
    edges, turned = network(drawn), network(moved(drawn, angle, shift, -shift))
    assert node_count(turned) == node_count(edges)
    assert sorted(turned["length_m"]) == pytest.approx(sorted(edges["length_m"]), abs=1e-6)
    assert turned["component_id"].nunique() == edges["component_id"].nunique()


def test_barriers_are_called_by_their_name_or_by_their_layer() -> None:
    found = find_hard_barriers(streets(), barriers(box(0, 0, 1, 1), box(2, 0, 3, 1), names=["湟水", None]))
    assert found["name"].tolist() == ["湟水", "water"]


def test_an_expressway_on_the_ground_is_a_barrier_and_one_in_the_air_or_below_is_not() -> None:
    drawn = streets(
        *[[(0, y), (100, y)] for y in range(6)],
        **{"class": ["motorway", "trunk", "trunk", "trunk_link", "primary", "rail"],
           "bridge": [None, True, None, None, None, None], "tunnel": [None, None, True, None, None, None],
           "name": ["京藏高速", None, None, None, None, None]})
    found = find_hard_barriers(drawn, barriers())
    assert found["name"].tolist() == ["京藏高速", "快速路", "铁路"]
    assert found.geometry.iloc[1] == LineString([(0, 3), (100, 3)])


def test_an_expressway_people_may_walk_along_is_no_barrier() -> None:
    drawn = streets([(0, 0), (1, 0)], [(0, 1), (1, 1)], **{"class": ["trunk", "trunk"], "not_walkable": [False, None],
                                                           "foot": [None, "yes"]})
    assert len(find_hard_barriers(drawn, barriers())) == 0


def kit_streets(file: object, class_column: str, closed: list[str]) -> gpd.GeoDataFrame:
    raw = gpd.read_file(file)
    drawn = layer("streets", raw.to_crs(CRS).geometry, **{"class": raw[class_column]})
    return drawn.assign(not_walkable=pd.array(raw[class_column].isin(closed), dtype="boolean"))


def test_the_wuxi_streets_make_the_nodes_and_edges_that_were_counted(shared) -> None:
    drawn = kit_streets(
        shared / "kits/wuxi_xinwu/streets.gpkg", "highway", ["motorway", "motorway_link", "construction"])
    edges = network(drawn, join_within_m=0)
    sizes = edges.groupby("component_id").apply(node_count)
    assert (node_count(edges), len(edges)) == (9046, 12805)
    assert (len(sizes), sizes[0]) == (28, 8964)
    assert (edges["from_node"] == edges["to_node"]).sum() == 13
