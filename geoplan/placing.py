"""Which offers are taken, and how large, so that most residents are relieved, then at the least cost, then nearest?

A mixed-integer program (HiGHS) over offers of a site to a facility type; choices.py writes it down. Four objectives,
one after the other; each keeps the value of those before it exactly, because residents, square metres, fen and
person-metres are whole numbers:

1. relieved: residents whose gap closes, summed over types, and the residents for whose share of elder-care space rooms
   are found (square metres over the share of one resident), as many as can be;
2. cost: yuan, less the bonus of every service complex, as little as can be;
3. walking: residents times metres to the siting that relieves them, as little as can be;
4. of equal plans the one whose offers stand first by site and type (least sum of their places), and of those the one
   whose square metres do.

Sites and needs that share no walk are solved apart, unless one sum of money binds them all. Every objective is sought
where equal plans of those before it are (branching.py); what that search does not settle in MAX_LOOKS goes to the
solver whole, which stops after MAX_NODES branch-and-bound nodes; the bound then says how much better any plan could be.
In a part of more than LARGE choices the first two stages stop at LARGE_GAP, walking is the least with the sites as they
then stand, and its bound is that of the program without whole numbers. A part of more than HUGE choices is solved in
pieces (pieces.py).
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from geoplan.branching import Part, Quest, Search
from geoplan.choices import (
    COMPLEX_M2,
    Numbers,
    Program,
    cost_columns,
    count_choices,
    objectives_of,
    pricing_of,
    write_program,
)
from geoplan.pieces import Tools, solve_in_pieces
from geoplan.scenes import STAGES, Placed, Scene, Wish, join, split
from geoplan.solver import INFINITY, Answer, Model, Row, Solver
from geoplan.spare import tidy

MAX_NODES = 2000
MAX_LOOKS = 2000  # at programs in fractions in the search of one stage: about two seconds
MOST_PARTS = 64  # in which a stage is searched further; where there are more, it starts anew
LARGE = 2500  # choices: whole real towns have fewer; beyond, proofs of the last stages may take minutes
LARGE_GAP = 1e-3
HUGE = 5000  # choices
SITED = 2  # stages that decide what goes where; the others only who walks and which of equal plans it is
LARGEST = 1e4  # number in a row that keeps a value
SLACK = 1e-6  # of a step, in a row that keeps a value: more would be spent where a step buys thousands of metres
HELD = 1e-4  # of a step: what rounding in the solver may take of a value reached; plans change by whole steps
TOLERANCE = 1e-6  # of a value: the solver's own; a bound nearer to it is the value


def place(scene: Scene, wish: Wish) -> Placed:
    """Return the best plan for a scene.

    Parameters
    ----------
    scene
        Offers, and the gaps and shortages within their reach.
    wish
        Weights and limits.

    Returns
    -------
    placed
        Which offers are taken and how large, with the values and bounds of the stages over the whole scene.
    """
    return join(scene, [(rows, solve_apart(part, wish)) for rows, part in split(scene, wish)])


def place_otherwise(scene: Scene, wish: Wish, *, count: int) -> Iterator[Placed]:
    """Yield further plans, the next best first: each leaves at least one offer of the best plan and takes another.

    They change one part of the town that stands apart from the rest, and no two are alike.

    Parameters
    ----------
    scene, wish
        As for `place`.
    count
        How many at most.

    Yields
    ------
    placed
        As of `place`.
    """
    parts = split(scene, wish)
    best = [(rows, solve_apart(part, wish)) for rows, part in parts]
    queue: list[tuple[tuple[float, ...], int, Placed, tuple[frozenset[int], ...]]] = []
    for number in range(len(parts)):
        _push(queue, number, parts[number][1], wish, best[number][1], (best[number][1].taken,))
    for _ in range(count):
        if not queue:
            return
        _, number, found, seen = heapq.heappop(queue)
        yield join(scene, [*best[:number], (parts[number][0], found), *best[number + 1:]])
        _push(queue, number, parts[number][1], wish, best[number][1], (*seen, found.taken))


def solve_apart(scene: Scene, wish: Wish, *, other_than: Sequence[frozenset[int]] = ()) -> Placed:
    """Return the best plan for one part, stage by stage; with `other_than`, the best that differs from all those.

    Each stage is a program of its own that holds the values reached before and starts from the plan found before. Where
    no plan differs, and in a part solved in pieces, nothing is taken.
    """
    cost = pricing_of(scene, wish)
    count = count_choices(scene, wish)
    if count > HUGE and scene.offers["site_id"].nunique() > 1:
        tools = Tools(_solve_piece, _most_relieved, cost, _divide, _bounds_in_part)
        return _nothing(scene) if other_than else solve_in_pieces(scene, wish, tools)
    program = write_program(scene, wish, other_than)
    if count > LARGE:
        return tidy(_in_stages(program, is_large=True), scene, wish, cost)
    return _in_stages(program, is_large=False)


def _solve_piece(scene: Scene, wish: Wish) -> Placed:
    return _in_stages(write_program(scene, wish), is_large=True)


def _in_stages(program: Program, *, is_large: bool) -> Placed:
    """Return the best plan stage by stage; in a large part equal plans are not told apart."""
    values: Numbers | None = None
    held: list[tuple[Numbers, float, float]] = []
    bounds: list[float] = []
    parts: list[Part] = []
    for stage, (costs, step) in enumerate(objectives_of(program)[:len(STAGES) if is_large else None]):
        program.rows += program.nearer if stage == SITED else []
        if is_large and stage == SITED:
            found, bound = _walked(program, costs, values)
        else:
            found, bound, parts = _stage(program, costs, step, values, parts, max_gap=LARGE_GAP if is_large else 0.0)
        if found is not None and _holds(found, held):
            values = found
        if values is None:
            return _decided(program, np.zeros(program.count), (0.0,) * len(STAGES))
        value = step * round(float(costs @ values) / step)
        held.append((costs, value, step))
        whole = step * float(np.ceil(bound / step - 10 * HELD))
        bounds.append(value if abs(value - whole) <= TOLERANCE * abs(value) else min(value, whole))
        program.rows.append(_held(costs, value + SLACK * step))
    assert values is not None
    return _decided(program, values, tuple(bounds))


def _held(costs: Numbers, value: float) -> Row:
    """Return the row that keeps what a stage reached; large numbers are made smaller, or rounding would break it."""
    columns = np.flatnonzero(costs)
    scale = max(1.0, float(np.abs(costs).max(initial=0)) / LARGEST)
    return Row(-INFINITY, value / scale, columns.tolist(), (costs[columns] / scale).tolist())


def _nothing(scene: Scene) -> Placed:
    none = (0.0,) * len(STAGES)
    return Placed(np.zeros(len(scene.offers), dtype=np.int64), np.zeros(len(scene.fills), dtype=np.int64), none, none)


def _divide(scene: Scene, wish: Wish) -> Numbers:
    """Return what every offer would cost if as many as can be were relieved and offers could be taken in part."""
    program = write_program(scene, wish)
    relieved, _ = objectives_of(program)[0]
    answer = _answer(program, relieved, is_whole=False)
    spent = cost_columns(program, bonus=0.0) * (np.zeros(program.count) if answer.values is None else answer.values)
    return np.maximum(spent[program.taken] + spent[program.more], 0)


def _bounds_in_part(scene: Scene, wish: Wish, values: tuple[float, ...]) -> tuple[float, ...]:
    """Return a bound of every stage for plans that are as good as some values in the stages before."""
    program, bounds = write_program(scene, wish), []
    share = Fraction(str(wish.m2_per_resident)).numerator
    for stage, (value, unit, (costs, step)) in enumerate(zip(
            values, (-share, 1, share), objectives_of(program), strict=False)):
        program.rows += program.nearer if stage == SITED else []
        bound = _answer(program, costs, is_whole=False).bound
        bounds.append(min(value * unit, step * float(np.ceil(bound / step - 10 * HELD))) / unit + 0.0)
        program.rows.append(_held(costs, value * unit + HELD * step))
    return tuple(bounds)


def _stage(
    program: Program, costs: Numbers, step: float, values: Numbers | None, parts: list[Part], *, max_gap: float,
) -> tuple[Numbers | None, float, list[Part]]:
    """Return the best plan of one stage, its bound, and the parts of the choices where equal plans are.

    Most programs are searched without cuts in a moment; those that are not are given to the solver whole.
    """
    columns = _chosen(program)
    sizes = np.concatenate([program.scene.offers["ground_m2"], np.full(program.count, COMPLEX_M2)])[:len(columns)]
    whole = [Part(np.zeros(len(columns)), program.upper[columns])]
    search = Search(Quest(_model(program, costs, is_whole=False), columns, sizes, step, program.complete, max_gap),
                    values)
    search.run(parts if 0 < len(parts) <= MOST_PARTS else whole, max_looks=MAX_LOOKS)
    found, bound = search.plan, search.bound
    if not search.is_done:
        found, told = _best(program, costs, found, max_gap=max_gap)
        bound = max(bound, told)
    return found, bound, [Part(part.lower, part.upper) for part in search.left]


def _chosen(program: Program) -> NDArray[np.int64]:
    """Return the columns that decide everything: once they are whole, the best of the rest is."""
    offers = program.scene.offers
    is_loose = offers["ground_per_m2"].ne(1).to_numpy() | (program.wish.max_cost_yuan is not None)
    return np.concatenate([program.taken, program.complex, program.more[is_loose]])


def _most_relieved(scene: Scene, wish: Wish) -> float:
    """Return how many residents any plan of these offers could relieve, whatever is met elsewhere."""
    program = write_program(scene, replace(wish, is_care_first=False))
    relieved, step = objectives_of(program)[0]
    _, bound, _ = _stage(program, relieved, step, None, [], max_gap=LARGE_GAP)
    return -bound / Fraction(str(wish.m2_per_resident)).numerator


def _walked(program: Program, costs: Numbers, values: Numbers | None) -> tuple[Numbers | None, float]:
    """Return the plan of the same sites with the least walking, and what any plan could be bounded by."""
    assert values is not None
    _, bound = _best(program, costs, None, is_whole=False)
    found, _ = _best(program, costs, values, kept=np.concatenate([program.taken, program.more, program.complex]))
    return found, bound


def _holds(values: Numbers, held: Sequence[tuple[Numbers, float, float]]) -> bool:
    """Say whether a plan of whole numbers keeps what the stages before reached: solvers round, plans do not."""
    return all(float(costs @ values) <= value + HELD * step for costs, value, step in held)


def _push(
    queue: list[tuple[tuple[float, ...], int, Placed, tuple[frozenset[int], ...]]], number: int, part: Scene,
    wish: Wish, best: Placed, seen: tuple[frozenset[int], ...],
) -> None:
    """Add the next plan of a part to the queue, by how much worse it is than the best; nothing where there is none."""
    if not best.taken:
        return
    found = solve_apart(part, wish, other_than=seen)
    if found.taken:
        loss = (best.values[0] - found.values[0], *(np.subtract(found.values[1:], best.values[1:]).tolist()))
        heapq.heappush(queue, (loss, number, found, seen))


def _best(
    program: Program, costs: Numbers, start: Numbers | None, *, max_gap: float = 0.0, is_whole: bool = True,
    kept: NDArray[np.int64] | None = None,
) -> tuple[Numbers | None, float]:
    """Return the best plan found and its bound; columns in `kept` stay as they are at the start."""
    answer = _answer(program, costs, start, max_gap=max_gap, is_whole=is_whole, kept=kept)
    return (None if answer.values is None else program.complete(answer.values)), answer.bound


def _answer(
    program: Program, costs: Numbers, start: Numbers | None = None, *, max_gap: float = 0.0, is_whole: bool = True,
    kept: NDArray[np.int64] | None = None,
) -> Answer:
    model = _model(program, costs, is_whole=is_whole)
    if kept is not None and start is not None:
        lower, upper = np.zeros(program.count), program.upper
        lower[kept] = upper[kept] = start[kept]
        model = replace(model, lower=lower.tolist(), upper=upper.tolist())
    solver = Solver(model, max_gap=max_gap)
    if start is not None:
        solver.hint(start)
    return solver.solve(max_nodes=MAX_NODES)


def _model(program: Program, costs: Numbers, *, is_whole: bool) -> Model:
    kinds = np.full(program.count, is_whole)
    kinds[program.met] = kinds[program.fitting] = False
    return Model(costs.tolist(), list(program.rows), upper=program.upper.tolist(), is_whole=kinds.tolist())


def _decided(program: Program, values: Numbers, bounds: tuple[float, ...]) -> Placed:
    """Return the plan in its own units, every figure worked out anew from what is taken."""
    whole = values.round().astype(np.int64)
    m2 = whole[program.taken] * program.scene.offers["least_m2"].to_numpy("int64") + whole[program.more]
    objectives = objectives_of(program)
    share = Fraction(str(program.wish.m2_per_resident)).numerator
    units = (-share, 1, share)
    reached = tuple(float(costs @ whole) / unit + 0.0 for (costs, _), unit in zip(objectives, units, strict=False))
    proven = tuple(bound / unit + 0.0 for bound, unit in zip(bounds, units, strict=False))
    return Placed(m2, whole[program.room], reached, proven)
