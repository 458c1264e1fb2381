"""Whose needs are met alike: small towns by hand, and every choice of offers counted walk by walk."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from geoplan.nearby import Nearby, find_nearby

Walk = tuple[int, int, int, int]  # offer, demand, residents, metres


def table(walks: list[Walk]) -> pd.DataFrame:
    return pd.DataFrame(walks, columns=["offer", "demand", "residents", "metres"]).astype({"metres": float})


def worth(nearby: Nearby, taken: set[int]) -> tuple[float, float]:
    """Return residents relieved and their metres when some offers are taken, as the sets tell it."""
    is_met = np.array([bool(taken & set(near)) for near in [*((at,) for at in range(nearby.offers)), *nearby.sets]])
    return float(nearby.residents[is_met].sum()), float(nearby.walking[is_met].sum())


def test_two_estates_that_reach_the_same_offers_are_counted_together() -> None:
    nearby = find_nearby(table([(0, 7, 10, 100), (1, 7, 10, 300), (1, 8, 5, 50), (0, 8, 5, 80)]), 2)
    assert nearby.sets == [(0, 1)]
    assert nearby.residents.tolist() == [0, 0, 15]
    # ten walk 300 m to either and 200 m less to offer 0, five walk 80 m to either and 30 m less to offer 1
    assert nearby.walking.tolist() == [-2_000, -150, 10 * 300 + 5 * 80]
    assert nearby.inner == [(0, 2), (1, 2)]


def test_of_an_estate_that_reaches_one_offer_no_set_is_told() -> None:
    nearby = find_nearby(table([(1, 0, 10, 100)]), 2)
    assert (nearby.sets, nearby.inner, nearby.widest) == ([], [], 0)
    assert nearby.residents.tolist() == [0, 10]
    assert nearby.walking.tolist() == [0, 1_000]


def test_equally_near_offers_stand_in_one_set() -> None:
    nearby = find_nearby(table([(0, 0, 10, 100), (1, 0, 10, 100), (2, 0, 10, 300)]), 3)
    assert nearby.sets == [(0, 1, 2), (0, 1)]
    assert nearby.widest == 1
    assert nearby.inner == [(4, 3)]


def test_needs_of_nobody_do_not_count() -> None:
    nearby = find_nearby(table([(0, 0, 0, 100), (1, 0, 0, 200)]), 2)
    assert (nearby.sets, nearby.residents.sum(), nearby.walking.sum()) == ([], 0, 0)


@st.composite
def walks(draw: st.DrawFn) -> list[Walk]:
    people = draw(st.lists(st.integers(0, 9), max_size=5))
    return [(offer, demand, count, draw(st.integers(0, 3))) for demand, count in enumerate(people)
            for offer in sorted(draw(st.sets(st.integers(0, 3), min_size=1)))]


@given(walks(), st.sets(st.integers(0, 3)))
def test_everybody_walks_to_the_nearest_offer_taken(town: list[Walk], taken: set[int]) -> None:
    relieved, metres = 0, 0
    for demand in {demand for _, demand, _, _ in town}:
        near = [(far, people) for offer, other, people, far in town if other == demand and offer in taken]
        if near:
            far, people = min(near)
            relieved, metres = relieved + people, metres + people * far
    assert worth(find_nearby(table(town), 4), taken) == (relieved, metres)


@given(walks(), st.randoms(use_true_random=False))
def test_the_order_of_walks_changes_nothing(town: list[Walk], chance: object) -> None:
    mixed = list(town)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = find_nearby(table(town), 4), find_nearby(table(mixed), 4)
    assert (one.sets, one.inner, one.walking.tolist()) == (other.sets, other.inner, other.walking.tolist())
