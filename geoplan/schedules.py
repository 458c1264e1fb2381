"""Which areas in which years is best? Groups of areas, their years and caps -> one programme, and a bound of all.

A mixed-integer program (HiGHS) with one column per group and year, solved in stages; each stage keeps what the ones
before it reached:

1. most score-weighted households planned (score in hundredths of a point, at least one, x households);
2. most pipe and line works in the same year as the area they lie in (dig once, where that costs no area its place);
3. score-weighted households early: each counts once for every programme year left from its own on;
4. groups of smaller ids earlier, exactly: id by id, `BLOCK` ids at a time.

So two programmes never tie, and the answer does not depend on the order of the input. HiGHS counts in floating point:
every answer is counted again in whole numbers, and one that breaks a cap is cut off and solved again. Stopping rules
are node counts. Where they end the search before a proof, the programme is improved by solving one year, then two years
at a time with the others kept, the later stages only move the areas that are planned between years, the fourth is not
asked, and the bound says how good any programme could be.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from geoplan.caps import Cap, load_of
from geoplan.solver import INFINITY, Model, Row, Solver

MAX_NODES = 1_000  # branch-and-bound nodes of one stage
FEW_NODES = 100  # of one or two years of it
ROUNDS = 2
BLOCK = 6
LARGEST = 1e6  # HiGHS holds a row to 1e-6: a millionth of a millionth of the largest number
HALF = 0.5
Programme = dict[str, int | None]  # area -> its year


@dataclass(frozen=True)
class Group:
    """Areas that are renovated in the same year, one of `years`, or not at all."""

    areas: tuple[str, ...]
    years: tuple[int, ...]


@dataclass(frozen=True)
class Question:
    """What is to be planned: groups in order of id, and what counts, by area; `matches` by area and year."""

    years: tuple[int, ...]
    groups: tuple[Group, ...]
    caps: tuple[Cap, ...]
    worth: Mapping[str, int]
    matches: Mapping[tuple[str, int], int]


@dataclass(frozen=True)
class Schedule:
    """A programme, its score-weighted households (in hundredths of a point), and that no programme has more than
    `bound`."""

    programme: Programme
    worth: int
    bound: int


@dataclass(frozen=True)
class Sum:
    """Values x chosen columns <= limit, in whole numbers."""

    columns: tuple[int, ...]
    values: tuple[int, ...]
    limit: int


def find_schedule(question: Question, other_than: Sequence[Programme] = ()) -> Schedule | None:
    """Return the best programme that is none of `other_than`; None where there is no other.

    Parameters
    ----------
    question
        Groups, years and caps; a group may only have years in which all its areas can be counted under every cap.
    other_than
        Programmes found before, every one of this question.
    """
    columns = [(number, year) for number, group in enumerate(question.groups) for year in group.years]
    sums = [*_once_each(columns), *_cap_sums(question, columns)]
    sums += [_not_again(columns, _chosen(question, columns, programme)) for programme in other_than]
    worth, matches, early = _stages(question, columns)
    start = None if other_than else frozenset[int]()
    chosen, bound = _best(worth, sums, start)
    if chosen is None:
        return None
    if _worth_of(worth, chosen) < bound:
        chosen = _improve(worth, sums, chosen, [year for _, year in columns])
    is_proven = _worth_of(worth, chosen) == bound
    sums += [_at_least(worth, _worth_of(worth, chosen))] if is_proven else _same_groups(columns, chosen)
    for values in (matches, early):
        chosen, sums = _kept(values, sums, chosen, max_nodes=MAX_NODES if is_proven else FEW_NODES)
    if is_proven and not _is_alone(sums, chosen, len(columns)):
        for values in _blocks(question, columns):
            chosen, sums = _kept(values, sums, chosen, max_nodes=MAX_NODES)
    return Schedule(_programme(question, columns, chosen), _worth_of(worth, chosen), bound)


def _kept(
    values: Sequence[int], sums: list[Sum], chosen: frozenset[int], *, max_nodes: int,
) -> tuple[frozenset[int], list[Sum]]:
    """Return the best choice by further values, and the sums with what it reaches."""
    better, _ = _best(values, sums, chosen, max_nodes=max_nodes)
    chosen = better or chosen
    return chosen, [*sums, _at_least(values, _worth_of(values, chosen))]


def _is_alone(sums: Sequence[Sum], chosen: frozenset[int], count: int) -> bool:
    """Say whether no other choice that keeps all sums is found."""
    other, _ = _best([0] * count, [*sums, _not_again(range(count), chosen)], None)
    return other is None


def _improve(
    values: Sequence[int], sums: Sequence[Sum], chosen: frozenset[int], years: Sequence[int],
) -> frozenset[int]:
    """Return a choice at least as good, planning one year and then two years again while the others stay."""
    rounds = [(year,) for year in sorted(set(years))] * ROUNDS + list(combinations(sorted(set(years)), 2))
    for again in rounds:
        fixed = [column for column in chosen if years[column] not in again]
        shut = [column for column, year in enumerate(years) if year not in again and column not in chosen]
        kept = [*(Sum((column,), (-1,), -1) for column in fixed), *(Sum((column,), (1,), 0) for column in shut)]
        better, _ = _best(values, [*sums, *kept], chosen, max_nodes=FEW_NODES)
        chosen = better or chosen
    return chosen


def _once_each(columns: Sequence[tuple[int, int]]) -> Iterator[Sum]:
    by_group: dict[int, list[int]] = {}
    for column, (number, _) in enumerate(columns):
        by_group.setdefault(number, []).append(column)
    return (Sum(tuple(own), (1,) * len(own), 1) for own in by_group.values() if len(own) > 1)


def _cap_sums(question: Question, columns: Sequence[tuple[int, int]]) -> Iterator[Sum]:
    for cap in question.caps:
        loads = {column: load_of(cap, question.groups[number].areas)
                 for column, (number, year) in enumerate(columns) if year in cap.years}
        heavy = {column: load for column, load in loads.items() if load}
        yield Sum(tuple(heavy), tuple(heavy.values()), cap.limit)


def _not_again(columns: Sequence[object], chosen: frozenset[int]) -> Sum:
    """Cut off exactly one choice of columns."""
    everything = tuple(range(len(columns)))
    return Sum(everything, tuple(1 if column in chosen else -1 for column in everything), len(chosen) - 1)


def _at_least(values: Sequence[int], least: int) -> Sum:
    heavy = tuple(column for column, value in enumerate(values) if value)
    return Sum(heavy, tuple(-values[column] for column in heavy), -least)


def _same_groups(columns: Sequence[tuple[int, int]], chosen: frozenset[int]) -> Iterator[Sum]:
    """Keep which groups are planned, in whatever year."""
    planned = {columns[column][0] for column in chosen}
    for number in sorted({number for number, _ in columns}):
        own = tuple(column for column, (group, _) in enumerate(columns) if group == number)
        yield Sum(own, (-1,) * len(own), -1) if number in planned else Sum(own, (1,) * len(own), 0)


def _stages(question: Question, columns: Sequence[tuple[int, int]]) -> tuple[list[int], list[int], list[int]]:
    """Return what each column is worth in the first three stages."""
    worth = [sum(question.worth[area_id] for area_id in group.areas) for group in question.groups]
    left = _years_left(question)
    return (
        [worth[number] for number, _ in columns],
        [sum(question.matches.get((area_id, year), 0) for area_id in question.groups[number].areas)
         for number, year in columns],
        [worth[number] * left[year] for number, year in columns],
    )


def _blocks(question: Question, columns: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield what each column is worth by its id: one digit per group, the smallest id foremost, a few at a time."""
    left, base = _years_left(question), len(question.years) + 1
    for first in range(0, len(question.groups), BLOCK):
        yield [left[year] * base ** (first + BLOCK - 1 - number) if first <= number < first + BLOCK else 0
               for number, year in columns]


def _years_left(question: Question) -> dict[int, int]:
    return {year: len(question.years) - place for place, year in enumerate(question.years)}


def _worth_of(values: Sequence[int], chosen: Iterable[int]) -> int:
    return sum(values[column] for column in chosen)


def _best(
    values: Sequence[int], sums: Sequence[Sum], start: frozenset[int] | None, *, max_nodes: int = MAX_NODES,
) -> tuple[frozenset[int] | None, int]:
    """Return the columns that are worth most under all sums, and how much any could be worth."""
    if not values or (not any(values) and start is not None):
        return start, 0
    solver = Solver(Model([-float(value) for value in values], [_row(one) for one in sums]), max_gap=0.0)
    if start is not None:
        solver.hint([float(column in start) for column in range(len(values))])
    while True:
        answer = solver.solve(max_nodes=max_nodes)
        if answer.values is None:
            return start, _everything(values)
        chosen = frozenset(np.flatnonzero(answer.values > HALF).tolist())
        broken = [one for one in sums if _total(one, chosen) > one.limit]
        if not broken:
            break
        solver.add_rows([_row(_never(one, chosen)) for one in broken])
    found = [each for each in (start, chosen) if each is not None]
    best = max(found, key=lambda each: _worth_of(values, each))
    return best, max(_worth_of(values, best), _whole(-answer.bound, values))


def _row(one: Sum) -> Row:
    """Return a sum as the solver takes it, with numbers that its tolerances can tell apart."""
    size = max(1.0, max((abs(value) for value in one.values), default=0) / LARGEST)
    return Row(-INFINITY, one.limit / size, one.columns, [value / size for value in one.values])


def _never(one: Sum, chosen: frozenset[int]) -> Sum:
    """Cut off the choice among the columns of a sum that breaks it."""
    values = tuple(1 if column in chosen else -1 for column in one.columns)
    return Sum(one.columns, values, sum(value > 0 for value in values) - 1)


def _total(one: Sum, chosen: frozenset[int]) -> int:
    return sum(value for column, value in zip(one.columns, one.values, strict=True) if column in chosen)


def _whole(bound: float, values: Sequence[int]) -> int:
    """Return a bound of whole numbers: never above all of them together."""
    everything = _everything(values)
    return everything if bound >= everything else int(np.floor(bound + HALF))


def _everything(values: Sequence[int]) -> int:
    return sum(value for value in values if value > 0)


def _chosen(question: Question, columns: Sequence[tuple[int, int]], programme: Programme) -> frozenset[int]:
    return frozenset(column for column, (number, year) in enumerate(columns)
                     if programme[question.groups[number].areas[0]] == year)


def _programme(question: Question, columns: Sequence[tuple[int, int]], chosen: frozenset[int]) -> Programme:
    programme: Programme = {area_id: None for group in question.groups for area_id in group.areas}
    for column in chosen:
        number, year = columns[column]
        programme |= dict.fromkeys(question.groups[number].areas, year)
    return programme
