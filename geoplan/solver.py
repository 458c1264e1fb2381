"""How is a linear program with whole-number choices solved, the same way on every machine?

The only door to HiGHS: one thread, a fixed seed, and stopping rules that are counts and gaps, never seconds, so that
an answer depends on the program alone. Costs are minimised. What a program means is its owner's business.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray

INFINITY = float("inf")


@dataclass(frozen=True)
class Row:
    """One constraint: lower <= sum of values x columns <= upper."""

    lower: float
    upper: float
    columns: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True)
class Model:
    """A program: minimise costs x columns + offset over columns within bounds, under rows.

    Columns are whole numbers where `is_whole` says so (all of them when left out), between `lower` and `upper`
    (0 and 1 when left out).
    """

    costs: Sequence[float]
    rows: Sequence[Row]
    offset: float = 0.0
    lower: Sequence[float] | None = None
    upper: Sequence[float] | None = None
    is_whole: Sequence[bool] | None = None


@dataclass(frozen=True)
class Answer:
    """What a solve found: values of the columns (None where no feasible choice was found), their cost, a lower bound
    of every choice's cost (minus infinity where nothing is proven), the branch-and-bound nodes used, and whether it
    is proven that no feasible choice exists. `prices` say what one more unit of each row's bounds
    would cost, `reduced` what one more unit of each column would; they are known where all columns may be fractions."""

    values: NDArray[np.float64] | None
    cost: float
    bound: float
    nodes: int
    is_infeasible: bool
    prices: NDArray[np.float64] | None = None
    reduced: NDArray[np.float64] | None = None

    @property
    def gap_share(self) -> float:
        """(cost - bound) / |cost|; 0 where both are 0 and infinite where nothing was found."""
        if self.values is None:
            return INFINITY
        return 0.0 if self.cost == self.bound else max(0.0, self.cost - self.bound) / max(abs(self.cost), 1e-12)


@dataclass
class Solver:
    """A program in HiGHS, to be solved, cut and solved again."""

    model: Model
    max_gap: float = 1e-6
    heuristic_effort: float | None = None
    presolve: bool = True
    _highs: highspy.Highs = field(init=False, repr=False)

    def __post_init__(self) -> None:
        new_solver: Callable[[], highspy.Highs] = highspy.Highs
        self._highs = new_solver()
        options: dict[str, bool | int | float | str] = {
            "output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0, "mip_rel_gap": self.max_gap}
        if not self.presolve:
            options["presolve"] = "off"
        if self.heuristic_effort is not None:
            options["mip_heuristic_effort"] = self.heuristic_effort
        for name, value in options.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(_in_highs(self.model))

    def hint(self, values: Sequence[float] | NDArray[np.float64]) -> None:
        """Start from a choice known to be feasible."""
        solution = highspy.HighsSolution()
        solution.col_value = np.asarray(values, dtype=np.float64).tolist()
        self._highs.setSolution(solution)

    def limit(
        self, columns: NDArray[np.int64], lower: NDArray[np.float64], upper: NDArray[np.float64],
    ) -> None:
        """Hold some columns between other bounds from the next solve on."""
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Hold further constraints from the next solve on."""
        for row in rows:
            self._highs.addRow(row.lower, row.upper, len(row.columns), np.array(row.columns, dtype=np.int32),
                               np.array(row.values, dtype=np.float64))

    def add_columns(self, costs: NDArray[np.float64], rows: NDArray[np.int64]) -> None:
        """Offer further columns from the next solve on, between 0 and 1: each has a one in its rows; -1 is no row.

        They may be fractions where those of the model may.
        """
        count, before = len(costs), self._highs.getNumCol()
        lengths = (rows >= 0).sum(axis=1)
        starts = (np.cumsum(lengths) - lengths).astype(np.int32)
        self._highs.addCols(count, np.asarray(costs, dtype=np.float64), np.zeros(count), np.ones(count),
                            int(lengths.sum()), starts, rows[rows >= 0].astype(np.int32), np.ones(int(lengths.sum())))
        if self._is_mixed():
            kinds = np.full(count, highspy.HighsVarType.kInteger)
            self._highs.changeColsIntegrality(count, np.arange(before, before + count, dtype=np.int32), kinds)

    def solve(self, *, max_nodes: int) -> Answer:
        """Return the best choice found and how good any could be, stopping after so many branch-and-bound nodes."""
        self._highs.setOptionValue("mip_max_nodes", max_nodes)
        self._highs.run()
        info, status = self._highs.getInfo(), self._highs.getModelStatus()
        is_feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        solution = self._highs.getSolution()
        values = np.array(solution.col_value) if is_feasible else None
        cost = float(info.objective_function_value) if is_feasible else INFINITY
        is_mixed = self._is_mixed()
        is_solved = status == highspy.HighsModelStatus.kOptimal
        bound = float(info.mip_dual_bound) if is_mixed else cost if is_solved else -INFINITY
        is_priced = is_solved and not is_mixed
        return Answer(
            values, cost, bound, max(1, int(info.mip_node_count)),
            status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible),
            np.array(solution.row_dual) if is_priced else None, np.array(solution.col_dual) if is_priced else None)

    def _is_mixed(self) -> bool:
        return self.model.is_whole is None or any(self.model.is_whole)


def solve(model: Model, *, max_nodes: int, max_gap: float = 1e-6) -> Answer:
    """Return the best choice found for a program; see `Solver`."""
    return Solver(model, max_gap=max_gap).solve(max_nodes=max_nodes)


def _in_highs(model: Model) -> highspy.HighsLp:
    count, rows = len(model.costs), model.rows
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = count, len(rows)
    program.col_cost_, program.offset_ = np.array(model.costs, dtype=np.float64), model.offset
    program.col_lower_ = np.zeros(count) if model.lower is None else np.array(model.lower, dtype=np.float64)
    program.col_upper_ = np.ones(count) if model.upper is None else np.array(model.upper, dtype=np.float64)
    kinds = highspy.HighsVarType
    program.integrality_ = [kinds.kInteger] * count if model.is_whole is None else [
        kinds.kInteger if is_whole else kinds.kContinuous for is_whole in model.is_whole]
    program.row_lower_ = np.array([row.lower for row in rows], dtype=np.float64)
    program.row_upper_ = np.array([row.upper for row in rows], dtype=np.float64)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.cumsum([0, *(len(row.columns) for row in rows)]).astype(np.int32)
    program.a_matrix_.index_ = np.array([column for row in rows for column in row.columns], dtype=np.int32)
    program.a_matrix_.value_ = np.array([value for row in rows for value in row.values], dtype=np.float64)
    return program
