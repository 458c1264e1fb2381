"""Transport: hand-worked allocations, other algorithms as oracles, every allocation tried, and the laws."""

import itertools
from collections.abc import Mapping, Sequence

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geoplan.transport import allocate

Pair = tuple[str, str, int]


def pairs_of(rooms: Mapping[str, int], needs: Mapping[str, int], pairs: Sequence[Pair]) -> pd.DataFrame:
    """Return the pairs giver, taker, cost with what the giver has and the taker wants."""
    frame = pd.DataFrame(pairs, columns=["giver", "taker", "cost"]).astype({"cost": "int64"})
    return frame.assign(
        room=pd.Series([rooms[giver] for giver, _, _ in pairs], dtype=object),
        need=pd.Series([needs[taker] for _, taker, _ in pairs], dtype=object))


def carried(rooms: Mapping[str, int], needs: Mapping[str, int], pairs: Sequence[Pair]) -> list[int]:
    return allocate(pairs_of(rooms, needs, pairs)).tolist()


def test_without_pairs_nothing_is_carried() -> None:
    assert carried({"F": 5}, {"E": 5}, []) == []


def test_a_pair_carries_what_both_sides_allow() -> None:
    assert carried({"F": 5}, {"E": 3}, [("F", "E", 7)]) == [3]
    assert carried({"F": 3}, {"E": 5}, [("F", "E", 7)]) == [3]


def test_the_nearest_is_served_first() -> None:
    assert carried({"F": 5}, {"E": 4, "N": 4}, [("F", "E", 7), ("F", "N", 2)]) == [1, 4]


def test_more_are_served_even_if_all_walk_farther() -> None:
    # F alone reaches N: E must go to G, 900 instead of 1, or four fewer are served.
    rooms, needs = {"F": 4, "G": 4}, {"E": 4, "N": 4}
    assert carried(rooms, needs, [("F", "E", 1), ("F", "N", 500), ("G", "E", 900)]) == [0, 4, 4]


def test_of_equally_many_the_shortest_walks_count() -> None:
    # Straight across 3 + 3 = 6 for each four; crosswise 1 + 9 = 10.
    rooms, needs = {"F": 4, "G": 4}, {"E": 4, "N": 4}
    assert carried(rooms, needs, [("F", "E", 3), ("F", "N", 1), ("G", "E", 9), ("G", "N", 3)]) == [4, 0, 0, 4]


def test_of_equals_the_first_pair_carries_most() -> None:
    rooms, needs = {"F": 3, "G": 3}, {"E": 4, "N": 4}
    every = [("F", "E", 5), ("F", "N", 5), ("G", "E", 5), ("G", "N", 5)]
    assert carried(rooms, needs, every) == [3, 0, 1, 2]
    assert carried(rooms, needs, every[::-1]) == [3, 0, 1, 2]


def test_two_facilities_at_one_place_are_filled_in_their_order() -> None:
    assert carried({"F": 3, "G": 3}, {"E": 4}, [("F", "E", 5), ("G", "E", 5)]) == [3, 1]


def test_amounts_may_be_of_any_size() -> None:
    huge = 10**30
    assert carried({"F": huge + 1}, {"E": huge, "N": huge}, [("F", "E", 2), ("F", "N", 1)]) == [1, huge]


ROOMS = st.lists(st.integers(1, 3), min_size=1, max_size=3)
SMALL = st.tuples(ROOMS, ROOMS, st.lists(st.none() | st.integers(0, 2), min_size=9, max_size=9))
MANY = st.lists(st.integers(0, 60), min_size=1, max_size=6)
LARGE = st.tuples(MANY, MANY, st.lists(st.none() | st.integers(0, 12), min_size=36, max_size=36))


def town(drawn: tuple[list[int], list[int], list[int | None]]) -> tuple[dict[str, int], dict[str, int], list[Pair]]:
    """Return rooms, needs and pairs of a town, from the two and a list of costs in which None joins nothing."""
    rooms = {f"F{at}": room for at, room in enumerate(drawn[0])}
    needs = {f"E{at}": need for at, need in enumerate(drawn[1])}
    joined = zip(itertools.product(rooms, needs), drawn[2], strict=False)
    return rooms, needs, [(giver, taker, cost) for (giver, taker), cost in joined if cost is not None]


def is_possible(amounts: Sequence[int], frame: pd.DataFrame) -> bool:
    """Say whether nobody gives more than there is nor gets more than is wanted."""
    return all(
        (frame.assign(sum=amounts).groupby(side)["sum"].sum() <= frame.groupby(side)[most].first()).all()
        for side, most in (("giver", "room"), ("taker", "need")))


@given(SMALL)
@settings(max_examples=60)
def test_no_allocation_is_better_nor_equally_good_and_earlier(drawn: tuple) -> None:
    frame = pairs_of(*town(drawn))[:6]
    costs = frame["cost"].tolist()
    every = itertools.product(*(range(min(most) + 1) for most in zip(frame["room"], frame["need"], strict=True)))
    best = max(
        (sum(amounts), -sum(map(int.__mul__, amounts, costs)), amounts)
        for amounts in every if is_possible(amounts, frame))
    assert tuple(allocate(frame)) == best[2]


@given(LARGE)
@settings(max_examples=60)
def test_the_most_is_carried_that_networkx_can_carry(drawn: tuple) -> None:
    rooms, needs, pairs = town(drawn)
    network = nx.DiGraph()
    network.add_nodes_from(("start", "end"))
    network.add_edges_from(("start", giver, {"capacity": room}) for giver, room in rooms.items())
    network.add_edges_from((taker, "end", {"capacity": need}) for taker, need in needs.items())
    network.add_edges_from((giver, taker) for giver, taker, _ in pairs)
    found = carried(rooms, needs, pairs)
    assert is_possible(found, pairs_of(rooms, needs, pairs))
    assert sum(found) == nx.maximum_flow_value(network, "start", "end")


@given(LARGE)
@settings(max_examples=40)
def test_nobody_walks_less_for_as_much(drawn: tuple) -> None:
    """The oracle is another method, a linear programme that must carry as much."""
    frame = pairs_of(*town(drawn))
    found = allocate(frame)
    if frame.empty:
        return
    sides = [(frame[side].to_numpy() == name, most)
             for side, column in (("giver", "room"), ("taker", "need"))
             for name, most in frame.groupby(side)[column].first().items()]
    least = linprog(
        frame["cost"], A_ub=np.array([mask for mask, _ in sides], float), b_ub=[most for _, most in sides],
        A_eq=np.ones((1, len(frame))), b_eq=[found.sum()])
    assert (found * frame["cost"]).sum() == pytest.approx(least.fun, abs=1e-6)


@given(LARGE, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_names_do_not_matter_only_the_order_of_pairs(drawn: tuple, random: object) -> None:
    rooms, needs, pairs = town(drawn)
    names = [*rooms, *needs]
    other = dict(zip(names, random.sample(names, len(names)), strict=True))
    renamed = [{other[name]: amount for name, amount in side.items()} for side in (rooms, needs)]
    again = carried(*renamed, [(other[giver], other[taker], cost) for giver, taker, cost in pairs])
    assert again == carried(rooms, needs, pairs)


@given(LARGE, st.integers(1, 60), st.lists(st.none() | st.integers(0, 12), min_size=6, max_size=6), st.integers(0, 36))
@settings(max_examples=80)
def test_where_a_giver_is_added_no_taker_gets_less(
    drawn: tuple, room: int, costs: list[int | None], place: int,
) -> None:
    rooms, needs, pairs = town(drawn)
    added = [("new", taker, cost) for taker, cost in zip(needs, costs, strict=False) if cost is not None]
    before, after = (
        pairs_of(rooms | {"new": room}, needs, some).assign(carried=lambda frame: allocate(frame))
        .groupby("taker")["carried"].sum().reindex(list(needs), fill_value=0)
        for some in (pairs, [*pairs[:place], *added, *pairs[place:]]))
    assert (after >= before).all()
