"""The one door to the solver: small programs whose answers are worked out by hand."""

import numpy as np
import pytest

from geoplan.solver import INFINITY, Model, Row, Solver, solve


def test_a_knapsack_is_filled_with_the_best_pair() -> None:
    # Worth 6, 5, 4 at weights 5, 4, 3 within 7: the last two bring 9 and weigh 7; the first alone brings 6.
    answer = solve(Model([-6, -5, -4], [Row(-INFINITY, 7, [0, 1, 2], [5, 4, 3])]), max_nodes=100)
    assert answer.values is not None
    assert answer.values.round().tolist() == [0, 1, 1]
    assert answer.cost == answer.bound == -9
    assert answer.gap_share == 0


def test_columns_need_not_be_whole() -> None:
    # The same with parts: 4/3 a unit of weight for the third, 5/4 for the second, none left for the first.
    model = Model([-6, -5, -4], [Row(-INFINITY, 6, [0, 1, 2], [5, 4, 3])], is_whole=[False] * 3)
    answer = solve(model, max_nodes=1)
    assert answer.values is not None
    assert answer.values == pytest.approx([0, 0.75, 1])
    assert answer.cost == pytest.approx(-7.75)
    assert answer.bound == pytest.approx(-7.75)


def test_the_offset_is_part_of_cost_and_bound() -> None:
    answer = solve(Model([1], [Row(1, 1, [0], [1])], offset=10), max_nodes=1)
    assert (answer.cost, answer.bound) == (11, 11)


def test_a_row_added_later_holds() -> None:
    solver = Solver(Model([-2, -1], []))
    first = solver.solve(max_nodes=10)
    solver.add_rows([Row(-INFINITY, 0, [0], [1])])
    second = solver.solve(max_nodes=10)
    assert (first.cost, second.cost) == (-3, -1)


def test_a_program_without_any_choice_says_so() -> None:
    answer = solve(Model([1], [Row(2, INFINITY, [0], [1])]), max_nodes=10)
    assert answer.values is None
    assert answer.is_infeasible
    assert answer.gap_share == INFINITY


def test_when_nodes_run_out_the_hint_is_the_answer_and_the_bound_holds() -> None:
    generator = np.random.default_rng(7)
    worth, weights = generator.integers(20, 90, 40), generator.integers(20, 90, (12, 40))
    rows = [Row(-INFINITY, float(line.sum() // 3), range(40), line.tolist()) for line in weights]
    model = Model((-worth).tolist(), rows)
    best = solve(model, max_nodes=100_000)
    solver = Solver(model, heuristic_effort=0.0)
    assert best.values is not None
    solver.hint(best.values)
    early = solver.solve(max_nodes=1)
    assert early.cost == pytest.approx(best.cost)
    assert early.bound <= best.cost + 1e-6
