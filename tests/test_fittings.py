"""Which uses fit into one site together: sets worked out by hand, and all of them tried."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from geoplan.fittings import MOST_SETS, find_fittings


def test_a_market_and_a_hall_do_not_fit_into_1000_square_metres_but_either_does_with_a_pharmacy() -> None:
    # 750 + 800 is too much; 750 + 60 and 800 + 60 leave no room for the other
    assert find_fittings([750, 800, 60], 1_000) == [(0, 2), (1, 2)]


def test_where_all_uses_fit_there_is_nothing_to_tell() -> None:
    assert find_fittings([750, 60], 810) == []
    assert find_fittings([], 100) == []


def test_a_use_larger_than_the_site_is_in_no_set() -> None:
    assert find_fittings([900, 60], 100) == [(1,)]


def test_uses_of_equal_size_are_told_apart() -> None:
    assert find_fittings([50, 50, 50], 100) == [(0, 1), (0, 2), (1, 2)]


def test_of_too_many_sets_none_is_told() -> None:
    # 12 of the same size of which 6 fit: 924 sets
    assert MOST_SETS < 924
    assert find_fittings([1] * 12, 6) == []


@given(st.lists(st.integers(1, 9), max_size=7), st.integers(0, 30))
def test_the_sets_are_those_that_fit_and_to_which_nothing_can_be_added(sizes: list[int], room: int) -> None:
    every = range(len(sizes))
    fits = [chosen for count in range(len(sizes) + 1) for chosen in combinations(every, count)
            if sum(sizes[at] for at in chosen) <= room]
    largest = [chosen for chosen in fits if not any(set(chosen) < set(other) for other in fits)]
    assert find_fittings(sizes, room) == ([] if sum(sizes) <= room else sorted(largest))
