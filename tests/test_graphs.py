"""Links walked one way each, and the nearest of several nodes over them."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.graphs import both_ways, lay_graph, nearest_of

NODES = 8
LINKS = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.integers(0, 9)), max_size=30)


def links(*rows: tuple[int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["tail", "head", "length_m"]).astype(
        {"tail": int, "head": int, "length_m": float})


def test_of_parallel_links_the_shorter_stays() -> None:
    graph = lay_graph([links((0, 1, 7), (0, 1, 3)), links((0, 1, 5))], 2)
    assert graph.data.tolist() == [3.0]


def test_a_link_of_no_length_is_a_link() -> None:
    distance_m, source = nearest_of(lay_graph([links((0, 1, 0), (1, 2, 4))], 3), np.array([0]))
    assert distance_m.tolist() == [0.0, 0.0, 4.0]
    assert source.tolist() == [0, 0, 0]


def test_links_are_walked_one_way_unless_turned_round() -> None:
    street = links((0, 1, 5))
    assert np.isinf(nearest_of(lay_graph([street], 2), np.array([1]))[0][0])
    assert nearest_of(lay_graph(both_ways(street), 2), np.array([1]))[0].tolist() == [5.0, 0.0]


def test_no_links_leave_every_node_to_itself() -> None:
    assert nearest_of(lay_graph([links()], 2), np.array([1]))[0].tolist() == [np.inf, 0.0]


@given(LINKS, st.sets(st.integers(0, NODES - 1), min_size=1))
def test_the_nearest_source_is_as_far_as_networkx_says(rows: list[tuple[int, int, int]], sources: set[int]) -> None:
    distance_m, source = nearest_of(lay_graph([links(*rows)], NODES), np.array(sorted(sources)))
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(NODES))
    graph.add_weighted_edges_from(rows)
    walked = nx.multi_source_dijkstra_path_length(graph, sources)
    assert {node: far for node, far in enumerate(distance_m) if np.isfinite(far)} == pytest.approx(walked)
    for node in walked:
        assert nx.dijkstra_path_length(graph, source[node], node) == pytest.approx(distance_m[node])
