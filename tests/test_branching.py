"""The search without cuts: knapsacks worked out by hand, and small programs tried choice by choice."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.branching import Part, Quest, Search
from geoplan.solver import INFINITY, Model, Row

EVERYWHERE = 10_000  # looks
Program = tuple[list[int], list[list[int]], list[int], int]  # costs, rows and their limits, most of a column


def quest_of(costs: list[float], rows: list[Row], *, upper: int = 1, max_gap: float = 0.0) -> Quest:
    count = len(costs)
    model = Model(costs, rows, upper=[float(upper)] * count, is_whole=[False] * count)
    return Quest(model, np.arange(count), np.ones(count), 1.0, np.round, max_gap)


def whole(quest: Quest) -> list[Part]:
    count = len(quest.columns)
    return [Part(np.zeros(count), np.asarray(quest.model.upper))]


def searched(quest: Quest, *, max_looks: int = EVERYWHERE, plan: list[float] | None = None) -> Search:
    search = Search(quest, None if plan is None else np.array(plan))
    search.run(whole(quest), max_looks=max_looks)
    return search


# Worth 6, 5, 4 at weights 5, 4, 3 within 7: the last two bring 9 and weigh 7; the first alone brings 6.
KNAPSACK = quest_of([-6, -5, -4], [Row(-INFINITY, 7, [0, 1, 2], [5, 4, 3])])


def test_a_knapsack_is_filled_with_the_best_pair() -> None:
    search = searched(KNAPSACK)
    assert search.plan is not None
    assert search.plan.tolist() == [0, 1, 1]
    assert (search.value, search.bound, search.is_done) == (-9, -9, True)


def test_a_plan_known_before_stands_where_nothing_is_better_and_equals_are_kept() -> None:
    search = searched(KNAPSACK, plan=[0, 1, 1])
    assert search.plan is not None
    assert search.plan.tolist() == [0, 1, 1]
    assert any((part.lower <= [0, 1, 1]).all() and (part.upper >= [0, 1, 1]).all() for part in search.left)


def test_where_looks_run_out_the_bound_is_true_and_it_is_said() -> None:
    search = searched(KNAPSACK, max_looks=0)
    assert not search.is_done
    assert search.bound == -INFINITY


def test_a_program_without_any_plan_has_none() -> None:
    search = searched(quest_of([1], [Row(2, INFINITY, [0], [1])]))
    assert (search.plan, search.value, search.is_done, search.left) == (None, INFINITY, True, [])


def test_within_a_gap_the_search_stops_earlier_and_tells_a_true_bound() -> None:
    generator = np.random.default_rng(7)
    worth, weights = generator.integers(20, 90, 14), generator.integers(20, 90, (3, 14))
    rows = [Row(-INFINITY, float(line.sum() // 3), range(14), line.tolist()) for line in weights]
    exact = searched(quest_of((-worth).tolist(), rows))
    rough = searched(quest_of((-worth).tolist(), rows, max_gap=0.1))
    assert exact.is_done
    assert rough.is_done
    assert exact.value == exact.bound
    assert rough.looks < exact.looks
    assert rough.bound <= exact.value <= rough.value
    assert rough.value - rough.bound <= 0.1 * abs(rough.value)


def test_a_plan_that_breaks_a_row_is_not_taken() -> None:
    # the plan made of the values takes everything, which weighs 12 of 7
    quest = Quest(KNAPSACK.model, KNAPSACK.columns, KNAPSACK.sizes, 1.0, np.ones_like)
    search = searched(quest)
    assert search.plan is None
    assert not search.is_done


@st.composite
def programs(draw: st.DrawFn) -> Program:
    count = draw(st.integers(1, 5))
    numbers = st.lists(st.integers(-5, 9), min_size=count, max_size=count)
    rows = draw(st.lists(numbers, min_size=1, max_size=3))
    return draw(numbers), rows, [draw(st.integers(0, 12)) for _ in rows], draw(st.integers(1, 2))


@given(programs())
@settings(max_examples=60, deadline=None)
def test_the_best_is_found_and_no_equal_plan_is_lost(program: Program) -> None:
    costs, weights, most, upper = program
    rows = [Row(-INFINITY, limit, range(len(costs)), line) for line, limit in zip(weights, most, strict=True)]
    search = searched(quest_of([float(cost) for cost in costs], rows, upper=upper))
    plans = [plan for plan in product(range(upper + 1), repeat=len(costs))
             if all(np.dot(line, plan) <= limit for line, limit in zip(weights, most, strict=True))]
    best = min(float(np.dot(costs, plan)) for plan in plans)
    assert (search.value, search.bound) == pytest.approx((best, best))
    for plan in plans:
        if np.dot(costs, plan) == best:
            assert any((part.lower <= plan).all() and (plan <= part.upper).all() for part in search.left)
