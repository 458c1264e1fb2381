"""Lines cut into pieces: what a piece is, and that cutting loses nothing. The rest stands in test_network.py."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString

from geoplan.noding import Pieces, cut, cut_crossings, draw, find_near_misses, gather, join, take_vertices

SPOTS = st.tuples(st.integers(0, 6), st.integers(0, 6))
LINES = st.lists(st.lists(SPOTS, min_size=2, max_size=6, unique=True), min_size=1, max_size=8)


def pieces(*lines: list[tuple[float, float]], level: list[int] | None = None) -> Pieces:
    vertices, places = gather(take_vertices(np.array([LineString(line) for line in lines], dtype=object),
                                            np.array(level or [0] * len(lines))))
    return cut(vertices, places)


def lines_of(found: Pieces) -> list[list[tuple[float, ...]]]:
    return [list(line.coords) for line in draw(found.table, found.spots)]


def test_a_line_is_cut_at_the_vertex_it_shares() -> None:
    found = pieces([(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 50)])
    assert lines_of(found) == [[(0, 0), (50, 0)], [(50, 0), (100, 0)], [(50, 0), (50, 50)]]
    assert found.table["at_m"].tolist() == [0.0, 50.0, 0.0]


def test_the_vertices_of_a_piece_stand_in_a_row() -> None:
    found = pieces([(0, 0), (10, 10), (20, 0)], [(0, 0), (0, 50)])
    assert found.table[["first", "size"]].to_numpy().tolist() == [[0, 3], [3, 2]]
    assert found.spots.tolist() == [[0, 0], [10, 10], [20, 0], [0, 0], [0, 50]]


def test_pieces_drawn_alone_are_those_drawn_together() -> None:
    found = pieces([(0, 0), (10, 10), (20, 0)], [(0, 0), (0, 50)], [(20, 0), (20, 9), (30, 9)])
    together = draw(found.table, found.spots)
    for number in range(len(found.table)):
        assert draw(found.table.iloc[[number]], found.spots)[0] == together[number]


def test_crossings_are_cut_on_one_level_only() -> None:
    shapes = np.array([LineString([(0, 0), (100, 0)]), LineString([(50, -50), (50, 50)])], dtype=object)
    counts = [len(cut(*gather(cut_crossings(take_vertices(shapes, np.array(levels))))).table)
              for levels in ([0, 0], [0, 1])]
    assert counts == [4, 2]


def test_an_end_that_misses_a_line_is_joined_to_its_middle() -> None:
    shapes = np.array([LineString([(0, 0), (100, 0)]), LineString([(40, 0.4), (40, 50)])], dtype=object)
    vertices, places = gather(take_vertices(shapes, np.zeros(2, int)))
    misses = find_near_misses(vertices, cut(vertices, places), places, 0.5)
    assert misses["at_m"].tolist() == [40.0]
    assert misses["end_place"].isna().all()
    joined = cut(*join(vertices, places, misses))
    assert sorted(shapely.length(draw(joined.table, joined.spots)).round(1)) == [40.0, 49.6, 60.0]


def test_an_end_as_far_as_the_limit_is_not_joined() -> None:
    shapes = np.array([LineString([(0, 0), (100, 0)]), LineString([(40, 0.5), (40, 50)])], dtype=object)
    vertices, places = gather(take_vertices(shapes, np.zeros(2, int)))
    assert find_near_misses(vertices, cut(vertices, places), places, 0.5).empty


@given(LINES)
def test_cutting_loses_no_metre_and_no_ground(drawn: list[list[tuple[int, int]]]) -> None:
    found = pieces(*drawn)
    made = draw(found.table, found.spots)
    whole = [LineString(line) for line in drawn]
    assert abs(shapely.length(made).sum() - sum(line.length for line in whole)) < 1e-9
    assert shapely.union_all(made).symmetric_difference(shapely.union_all(whole)).length < 1e-9


@given(LINES)
def test_near_misses_are_those_found_by_looking_at_every_pair(drawn: list[list[tuple[int, int]]]) -> None:
    shaken = [[(x + 0.3 * (n % 2), y) for x, y in line] for n, line in enumerate(drawn)]
    vertices, places = gather(take_vertices(
        np.array([LineString(line) for line in shaken], dtype=object), np.zeros(len(shaken), int)))
    found = cut(vertices, places)
    misses = find_near_misses(vertices, found, places, 0.5)
    tips_of = vertices.groupby("line")["place"]
    ends = {tuple(places[place]) for place in [*tips_of.first(), *tips_of.last()]}
    near = set()
    for end in ends:
        for line, tips in zip(draw(found.table, found.spots), found.table[["from_place", "to_place"]].to_numpy(),
                              strict=True):
            own = any(tuple(places[tip]) == end for tip in tips)
            if not own and line.distance(shapely.Point(end)) < 0.5:
                near.add(end)
    assert {tuple(places[place]) for place in misses["place"]} <= near
    beyond = {end for end in near if min(
        shapely.Point(end).distance(shapely.Point(places[tip]))
        for tip in np.unique(found.table[["from_place", "to_place"]]) if tuple(places[tip]) != end) >= 1}
    assert beyond <= {tuple(places[place]) for place in misses["place"]}
