"""No label covers another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geoplan.labelling import Wish, around, overlaps, place_labels, size_mm

FRAME = (0.0, 0.0, 100.0, 80.0)


def wish(text: str, x: float, y: float) -> Wish:
    return Wish((text,), 7.0, x, y, (0.0, 1.5, 4.0))


def test_a_label_alone_stands_on_its_point() -> None:
    width, height = size_mm(["鼓楼"], 7.0)
    assert place_labels([wish("鼓楼", 50, 40)], frame=FRAME) == [
        (50 - width / 2, 40 - height / 2, 50 + width / 2, 40 + height / 2)]


def test_the_second_label_on_a_point_steps_to_the_right() -> None:
    first, second = place_labels([wish("甲", 50, 40), wish("乙", 50, 40)], frame=FRAME)
    assert first is not None
    assert second is not None
    assert second[0] >= first[2]


def test_a_label_gives_way_to_a_symbol_where_it_can() -> None:
    symbol = around(np.array([[50.0, 40.0]]), 1.0)
    (place,) = place_labels([wish("甲", 50, 40)], frame=FRAME, hidden=symbol)
    assert place is not None
    assert overlaps(np.array([place]), symbol).tolist() == [0]


def test_a_label_without_a_free_place_is_left_out() -> None:
    everything = np.array([FRAME])
    assert place_labels([wish("甲", 50, 40)], frame=FRAME, taken=everything) == [None]


@given(st.lists(st.tuples(st.floats(-5, 105), st.floats(-5, 85)), min_size=1, max_size=25))
def test_no_two_labels_overlap_and_none_leaves_the_map(points: list[tuple[float, float]]) -> None:
    kept = [place for place in place_labels([wish("鼓楼片区", x, y) for x, y in points], frame=FRAME) if place]
    for place in kept:
        assert place[0] >= 0
        assert place[1] >= 0
        assert place[2] <= 100
        assert place[3] <= 80
    if kept:
        assert overlaps(np.array(kept), np.array(kept)).max() == 1  # itself
