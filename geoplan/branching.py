"""Which whole-number plan is the best, and which others are as good? A search that halves the choices.

Every part of the choices is bounded by the program in fractions; a part that cannot hold a plan as good as the best
found is left, one that may hold a better is halved at the column that moves the bound most (strong branching, then what
it has taught), the part with the best bound first. Parts that may hold an equal plan but no better are returned: a next
objective is sought in them alone. Programs whose fractions say nearly as much as whole numbers need no cuts, and one
look at a part takes about a millisecond.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geoplan.solver import Answer, Model, Solver

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
WHOLE = 1e-6  # nearer than this to a whole number is whole
KEPT = 1e-5  # by how much rows may be missed
CARELESS = 1e-3  # of a step, and
ROUGH = 1e-9  # of a value: what a bound in fractions may be too high by
TRIED, TRUSTED = 8, 4  # columns tried at a part; times a column is tried before what it taught is trusted
LEAST_MOVE = 1e-6  # of the bound: less is no move


@dataclass(frozen=True)
class Part:
    """A part of the choices: between which numbers its whole columns are, and what no plan in it is below."""

    lower: Numbers
    upper: Numbers
    bound: float = -np.inf


@dataclass(frozen=True)
class Quest:
    """What is sought: the least of a program whose values differ by `step`, within `max_gap` of it.

    `columns` must be whole, in a plan that counts and in every part; `sizes` tell which of them to try first.
    `complete` makes a plan of the values of columns.
    """

    model: Model
    columns: Places
    sizes: Numbers
    step: float
    complete: Callable[[Numbers], Numbers]
    max_gap: float = 0.0


@dataclass
class Search:
    """A search from parts of the choices, with a plan known before or none.

    Afterwards `plan` is the best found and `value` what it costs, no plan costs less than `bound`, and plans that cost
    no more are in the parts `left`. Where `is_done` is false, looks ran out or fractions did not become whole.
    """

    quest: Quest
    plan: Numbers | None = None
    value: float = np.inf
    looks: int = 0
    left: list[Part] = field(default_factory=list)
    is_done: bool = True

    def __post_init__(self) -> None:
        self._solver = Solver(self.quest.model, presolve=False)
        self._taught = np.zeros((2, len(self.quest.columns)))
        self._times = np.zeros((2, len(self.quest.columns)), dtype=np.int64)
        rows = self.quest.model.rows
        self._least, self._most = np.array([row.lower for row in rows]), np.array([row.upper for row in rows])
        self._costs = np.asarray(self.quest.model.costs)
        self._matrix = csr_array((
            np.concatenate([row.values for row in rows]), np.concatenate([row.columns for row in rows]),
            np.cumsum([0, *(len(row.columns) for row in rows)])), shape=(len(rows), len(self._costs)))
        if self.plan is not None:
            self.value = self._value_of(self.plan)

    @property
    def bound(self) -> float:
        """What no plan in the parts searched costs less than."""
        return min([self.value, *(part.bound for part in self.left)])

    def run(self, parts: Sequence[Part], *, max_looks: int) -> None:
        """Search some parts, looking at programs in fractions so many times at most."""
        waiting = [(part.bound, number, part) for number, part in enumerate(parts)]
        heapq.heapify(waiting)
        number = len(parts)
        while waiting and self.looks < max_looks:
            halves = self._look_into(heapq.heappop(waiting)[2])
            if halves:
                number += 1
                heapq.heappush(waiting, (-np.inf, -number, halves[0]))  # at once: soon there is a plan to compare with
                heapq.heappush(waiting, (halves[1].bound, number, halves[1]))
        self.is_done = self.is_done and not waiting
        self.left = [part for part in [*self.left, *(part for *_, part in sorted(waiting))] if part.bound <= self.value]

    def _look_into(self, part: Part) -> tuple[Part, Part] | None:
        """Return the halves of a part, the likelier first; nothing where it is settled."""
        lower, upper = part.lower.copy(), part.upper.copy()
        while True:
            answer = self._look(lower, upper)
            own = Part(lower, upper, max(part.bound, self._rounded(answer)))
            if self._settles(answer, own):
                return None
            assert answer.values is not None
            at = answer.values[self.quest.columns]
            column, is_settled = self._choose(answer, at, lower, upper)
            if is_settled:
                return None
            if column is not None:
                return _halved(own, column, float(at[column]))

    def _settles(self, answer: Answer, part: Part) -> bool:
        """Say whether a part holds nothing better than what is found; where it may hold an equal plan it is kept."""
        if self._is_beyond(part.bound):
            return True
        if answer.values is None or answer.reduced is None:
            self._give_up(part)
            return True
        at = answer.values[self.quest.columns]
        self._narrow(answer, at, part.lower, part.upper)
        if bool((np.abs(at - at.round()) <= WHOLE).all()):
            self._arrive(answer.values, part)
            return True
        is_as_good = part.bound >= self.value - self.quest.max_gap * abs(self.value)
        if is_as_good:
            self.left.append(part)
        return is_as_good

    def _arrive(self, values: Numbers, part: Part) -> None:
        """Take the plan of a part that is whole; the part may hold others as good."""
        plan = self.quest.complete(values)
        sums = self._matrix @ plan
        is_kept = bool(((sums >= self._least - KEPT) & (sums <= self._most + KEPT)).all())
        value = self._value_of(plan)
        if is_kept and value < self.value:
            self.plan, self.value = plan, value
        if is_kept and value <= part.bound + self.quest.max_gap * abs(value):
            self.left.append(part)
        else:
            self._give_up(part)

    def _give_up(self, part: Part) -> None:
        self.is_done = False
        self.left.append(part)

    def _narrow(self, answer: Answer, at: Numbers, lower: Numbers, upper: Numbers) -> None:
        """Hold the columns that no plan as good as the best can have otherwise: what they would cost says so."""
        assert answer.reduced is not None
        spare = self.value - answer.cost + 2 * self._doubt(answer.cost)
        each = answer.reduced[self.quest.columns]
        is_narrow = upper - lower == 1
        stays_down = is_narrow & (at < lower + WHOLE) & (each > spare)
        stays_up = is_narrow & (at > upper - WHOLE) & (-each > spare)
        upper[stays_down] = lower[stays_down]
        lower[stays_up] = upper[stays_up]

    def _choose(
        self, answer: Answer, at: Numbers, lower: Numbers, upper: Numbers,
    ) -> tuple[int | None, bool]:
        """Return the column to halve at, none where one was settled by trying, and whether the part is settled."""
        away = np.abs(at - at.round())
        broken = np.flatnonzero(away > WHOLE)
        away *= self.quest.sizes
        tried, best, scores = 0, None, (-np.inf, -np.inf)
        for column in broken[np.argsort(-away[broken], kind="stable")].tolist():
            share = np.array([at[column] - np.floor(at[column]), np.ceil(at[column]) - at[column]])
            if self._times[:, column].min() < TRUSTED and tried < TRIED:
                tried += 1
                moves = self._try(answer, column, float(at[column]), share, lower, upper)
            else:
                moves = self._taught[:, column] / np.maximum(1, self._times[:, column]) * share
            if np.isinf(moves).any():
                if np.isinf(moves[0]):
                    lower[column] = np.ceil(at[column])
                if np.isinf(moves[1]):
                    upper[column] = np.floor(at[column])
                return None, bool(np.isinf(moves).all())
            score = float(np.maximum(moves, LEAST_MOVE * abs(answer.cost)).prod()), float(away[column])
            if score > scores:
                best, scores = column, score
        return best, False

    def _try(
        self, answer: Answer, column: int, at: float, share: Numbers, lower: Numbers, upper: Numbers,
    ) -> Numbers:
        """Return by how much the bound moves when a column is rounded down, and up: infinite where no plan is left."""
        moves = np.zeros(2)
        for side, half in enumerate(_halves(Part(lower, upper), column, at)):
            found = self._look(half.lower, half.upper)
            if found.values is not None:
                moves[side] = max(0.0, found.cost - answer.cost)
                self._taught[side, column] += moves[side] / share[side]
                self._times[side, column] += 1
            moves[side] = np.inf if self._is_beyond(self._rounded(found)) else moves[side]
        return moves

    def _look(self, lower: Numbers, upper: Numbers) -> Answer:
        self.looks += 1
        self._solver.limit(self.quest.columns, lower, upper)
        return self._solver.solve(max_nodes=1)

    def _rounded(self, answer: Answer) -> float:
        """Return the bound that an answer in fractions gives plans of whole steps."""
        if answer.reduced is None:
            return np.inf if answer.is_infeasible else -np.inf
        step = self.quest.step
        return step * float(np.ceil((answer.cost - self._doubt(answer.cost)) / step))

    def _is_beyond(self, bound: float) -> bool:
        """Say whether plans that cost as much are worse than the best found, or there are none."""
        return bound > self.value or bound == np.inf

    def _doubt(self, cost: float) -> float:
        return max(CARELESS * self.quest.step, ROUGH * abs(cost))

    def _value_of(self, plan: Numbers) -> float:
        step = self.quest.step
        return step * round(float(self._costs @ plan) / step)


def _halves(part: Part, column: int, at: float) -> tuple[Part, Part]:
    """Return the part with a column rounded down, and up."""
    lower, upper = part.lower.copy(), part.upper.copy()
    lower[column], upper[column] = np.ceil(at), np.floor(at)
    return Part(part.lower, upper, part.bound), Part(lower, part.upper, part.bound)


def _halved(part: Part, column: int, at: float) -> tuple[Part, Part]:
    down, up = _halves(part, column, at)
    return (down, up) if at - np.floor(at) < 1 / 2 else (up, down)
