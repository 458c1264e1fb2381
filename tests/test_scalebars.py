"""Round scales and round bars."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.scalebars import bar_m, fit, ground_of, round_scale, to_sheet


@pytest.mark.parametrize(("needed", "scale"), [
    (1, 500), (500, 500), (501, 1_000), (2_600, 3_000), (7_501, 10_000), (10_000, 10_000), (10_001, 15_000),
    (60_000, 75_000), (99_000, 100_000)])
def test_the_scale_is_the_next_round_one(needed: float, scale: float) -> None:
    assert round_scale(needed) == scale


@pytest.mark.parametrize(("scale", "metres"), [(500, 20), (1_000, 20), (2_500, 100), (5_000, 200), (75_000, 2_000)])
def test_the_bar_is_the_longest_round_length_of_at_most_forty_millimetres(scale: float, metres: int) -> None:
    assert bar_m(scale, 40) == metres  # 40 mm at 1:2,500 are 100 m, at 1:75,000 3,000 m


@given(st.floats(1, 1e5), st.floats(1, 1e5))
def test_the_window_holds_what_it_was_made_for(width: float, height: float) -> None:
    window = fit((500_000, 4_000_000, 500_000 + width, 4_000_000 + height), (10, 34, 282, 233), 0.1)
    west, south, east, north = ground_of(window)
    assert west <= 500_000
    assert east >= 500_000 + width
    assert south <= 4_000_000
    assert north >= 4_000_000 + height


def test_the_middle_of_the_ground_is_the_middle_of_the_frame() -> None:
    window = fit((0, 0, 100, 100), (10, 30, 200, 100), 0.0)  # 100 m in 100 mm
    assert window.scale == 1_000
    assert to_sheet(np.array([[50.0, 50.0], [51.0, 50.0]]), window).tolist() == [[110.0, 80.0], [111.0, 80.0]]
