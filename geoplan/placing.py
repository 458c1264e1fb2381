"""Which offers are taken, and how large, so that most residents are relieved, then at the least cost, then nearest?

A mixed-integer program (HiGHS) over offers of a site to a facility type. Its whole numbers are taken or not, and the
square metres beyond the least size; who walks where and which elder-care rooms count for which area follow from them.
Four objectives, one after the other; each keeps the value of those before it exactly, because residents, square metres,
fen and person-metres are whole numbers:

1. relieved: residents whose gap closes, summed over types, and the residents for whose share of elder-care space rooms
   are found (square metres over the share of one resident), as many as can be;
2. cost: yuan, less the bonus of every service complex, as little as can be;
3. walking: residents times metres to the siting that relieves them, as little as can be;
4. of equal plans the one whose offers stand first by site and type (least sum of their places).

Sites and needs that share no walk are solved apart, unless one sum of money binds them all. A search stops after
MAX_NODES branch-and-bound nodes; the bound then says how much better any plan could be. In a part of more than LARGE
columns the first two stages stop at LARGE_GAP, walking is the least with the sites as they then stand, and its bound is
that of the program without whole numbers. A part of more than HUGE columns is solved in pieces (pieces.py).
"""

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.pieces import solve_in_pieces
from geoplan.scenes import STAGES, Placed, Scene, Wish, join, split
from geoplan.solver import INFINITY, Model, Row, Solver

MAX_NODES = 2000
LARGE = 2500  # columns: whole real towns have fewer; beyond, proofs of the last stages take minutes
LARGE_GAP = 1e-3
HUGE = 5000  # columns
SITED = 2  # stages that decide what goes where; the others only who walks and which of equal plans it is
COMPLEX_M2, COMPLEX_SERVICES = 600, 3  # of a service complex: guideline of embedded community services (UP-100HH)
HELD = 1e-4  # of a step: what rounding in the solver may take of a value reached; plans change by whole steps
TOLERANCE = 1e-6  # of a value: the solver's own; a bound nearer to it is the value
FEN = 100  # in a yuan
Numbers = NDArray[np.float64]


@dataclass
class _Program:
    """The columns and rows of a scene; columns stand in blocks: taken, beyond the least, walks, rooms, complexes."""

    scene: Scene
    wish: Wish
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        offers, closes, fills = self.scene.offers, self.scene.closes, self.scene.fills
        self.sites = _complex_sites(offers) if self.wish.complex_bonus_yuan > 0 else {}
        sizes = [len(offers), len(offers), len(closes), len(fills), len(self.sites)]
        starts = np.cumsum([0, *sizes])
        self.taken, self.more, self.walk, self.room, self.complex = (
            np.arange(low, high) for low, high in itertools.pairwise(starts))
        self.count = int(starts[-1])


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
    if _Program(scene, wish).count > HUGE and scene.offers["site_id"].nunique() > 1:
        return _nothing(scene) if other_than else solve_in_pieces(scene, wish, _solve_piece, _most_relieved)
    program = _program(scene, wish, other_than)
    return _in_stages(program, is_large=program.count > LARGE)


def _solve_piece(scene: Scene, wish: Wish) -> Placed:
    return _in_stages(_program(scene, wish, ()), is_large=True)


def _in_stages(program: _Program, *, is_large: bool) -> Placed:
    """Return the best plan stage by stage; in a large part equal plans are not told apart."""
    values: Numbers | None = None
    held: list[tuple[Numbers, float, float]] = []
    bounds: list[float] = []
    for stage, (costs, step) in enumerate(_objectives(program)[:len(STAGES) if is_large else None]):
        found, bound = _stage(program, stage, costs, values) if is_large else _best(program, costs, values)
        if found is not None and _holds(found, held):
            values = found
        if values is None:
            return _decided(program, np.zeros(program.count), (0.0,) * len(STAGES))
        value = step * round(float(costs @ values) / step)
        held.append((costs, value, step))
        whole = step * float(np.ceil(bound / step - 10 * HELD))
        bounds.append(value if abs(value - whole) <= TOLERANCE * abs(value) else min(value, whole))
        columns = np.flatnonzero(costs).tolist()
        program.rows.append(Row(-INFINITY, value + HELD * step, columns, costs[columns].tolist()))
    assert values is not None
    return _decided(program, values, tuple(bounds))


def _nothing(scene: Scene) -> Placed:
    none = (0.0,) * len(STAGES)
    return Placed(np.zeros(len(scene.offers), dtype=np.int64), np.zeros(len(scene.fills), dtype=np.int64), none, none)


def _most_relieved(scene: Scene, wish: Wish) -> float:
    """Return how many residents any plan of these offers could relieve, whatever is met elsewhere."""
    program = _program(scene, replace(wish, is_care_first=False), ())
    relieved, _ = _objectives(program)[0]
    _, bound = _best(program, relieved, None, max_gap=LARGE_GAP)
    return -bound / Fraction(str(wish.m2_per_resident)).numerator


def _stage(program: _Program, stage: int, costs: Numbers, values: Numbers | None) -> tuple[Numbers | None, float]:
    """Return a good plan of one stage of a large part, and its bound."""
    if stage < SITED:
        return _best(program, costs, values, max_gap=LARGE_GAP)
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


def _complex_sites(offers: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    """Return the offers of every site in which a service complex has room; outdoor grounds are no service of it."""
    indoor = offers[offers["use"].ne("land")]
    return {str(site_id): own.index.to_numpy() for site_id, own in indoor.groupby("site_id")
            if len(own) >= COMPLEX_SERVICES and own["most_m2"].sum() >= COMPLEX_M2}


def _program(scene: Scene, wish: Wish, other_than: Sequence[frozenset[int]]) -> _Program:
    program = _Program(scene, wish)
    program.rows += [*_sizes(program), *_walks(program), *_rooms(program), *_complexes(program)]
    if wish.is_care_first:
        program.rows += _care_first(program)
    for seen in other_than:
        others = sorted(set(range(len(scene.offers))) - seen)
        kept = program.taken[sorted(seen)].tolist()
        program.rows.append(Row(1, INFINITY, program.taken[others].tolist(), [1.0] * len(others)))
        program.rows.append(Row(-INFINITY, len(seen) - 1, kept, [1.0] * len(kept)))
    if wish.max_cost_yuan is not None:
        spent = _cost(program, bonus=0.0)
        columns = np.flatnonzero(spent).tolist()
        program.rows.append(Row(-INFINITY, wish.max_cost_yuan + 0.5 / FEN, columns, spent[columns].tolist()))
    return program


def _sizes(program: _Program) -> Iterator[Row]:
    """No size beyond the least where nothing is taken; all that a site takes fits into it."""
    offers = program.scene.offers
    for offer, more_m2 in enumerate((offers["most_m2"] - offers["least_m2"]).tolist()):
        yield Row(-INFINITY, 0, [program.more[offer], program.taken[offer]], [1, -more_m2])
    for _, own in offers.groupby("site_id"):
        at = own.index.to_numpy()
        columns = [*program.taken[at].tolist(), *program.more[at].tolist()]
        yield Row(-INFINITY, float(own["site_m2"].iloc[0]), columns, [*own["ground_m2"], *own["ground_per_m2"]])


def _walks(program: _Program) -> Iterator[Row]:
    """Residents walk to what is taken, and are relieved once."""
    closes = program.scene.closes
    for walk, offer in zip(program.walk.tolist(), closes["offer"], strict=True):
        yield Row(-INFINITY, 0, [walk, program.taken[offer]], [1, -1])
    for _, own in closes.groupby("demand"):
        yield Row(-INFINITY, 1, program.walk[own.index].tolist(), [1] * len(own))


def _rooms(program: _Program) -> Iterator[Row]:
    """Rooms count once, and no area gets more than it is short of."""
    offers, fills = program.scene.offers, program.scene.fills
    least_m2 = offers["least_m2"].to_numpy()
    for offer in sorted(fills["offer"].unique().tolist()):
        given = program.room[fills["offer"].eq(offer).to_numpy()].tolist()
        yield Row(-INFINITY, 0, [*given, program.more[offer], program.taken[offer]],
                  [*[1] * len(given), -1, -least_m2[offer]])
    for _, own in fills.groupby("area"):
        yield Row(-INFINITY, float(own["short_m2"].iloc[0]), program.room[own.index].tolist(), [1] * len(own))


def _complexes(program: _Program) -> Iterator[Row]:
    """A complex has its services and its floor area."""
    least = program.scene.offers["least_m2"].to_numpy()
    for column, at in zip(program.complex.tolist(), program.sites.values(), strict=True):
        taken, more = program.taken[at].tolist(), program.more[at].tolist()
        yield Row(-INFINITY, 0, [column, *taken], [COMPLEX_SERVICES, *[-1] * len(at)])
        yield Row(-INFINITY, 0, [column, *taken, *more], [COMPLEX_M2, *(-least[at]), *[-1] * len(at)])


def _care_first(program: _Program) -> Iterator[Row]:
    """Idle land goes to other uses only where every need of elder care or childcare that could be met there is met.

    Met there or elsewhere (QH21-29: low-efficiency land goes first to elder care and childcare).
    """
    scene = program.scene
    on_land = scene.offers[scene.offers["use"].ne("rooms")]
    for _, own in on_land.groupby("site_id"):
        for care in own.index[own["is_care"]]:
            met = [*_met(scene.closes, "demand", program.walk, care),
                   *_met(scene.fills, "area", program.room, care)]
            for other in own.index[~own["is_care"]]:
                for columns, shares in met:
                    at = [program.taken[other], program.taken[care], *columns]
                    yield Row(-INFINITY, 0, at, [1, -1, *(-share for share in shares)])


def _met(
    reached: pd.DataFrame, key: str, block: NDArray[np.int64], offer: int,
) -> Iterator[tuple[list[int], list[float]]]:
    """Yield for every need an offer reaches the columns that meet it elsewhere, and the part that each unit meets."""
    for need in reached.loc[reached["offer"].eq(offer), key]:
        rows = reached.index[reached[key].eq(need) & reached["offer"].ne(offer)]
        whole = reached["short_m2"].loc[rows].tolist() if key == "area" else [1.0] * len(rows)
        yield block[rows].tolist(), [1 / part for part in whole]


def _objectives(program: _Program) -> list[tuple[Numbers, float]]:
    """Return the costs of each stage, and the step between two values they can take."""
    scene, share = program.scene, Fraction(str(program.wish.m2_per_resident))
    p, q = share.numerator, share.denominator  # a square metre is q/p residents; times p, all are whole numbers
    relieved, walking, first = (np.zeros(program.count) for _ in range(3))
    relieved[program.walk] = -p * scene.closes["residents"]
    relieved[program.room] = -q
    walking[program.walk] = p * scene.closes["residents"] * scene.closes["metres"]
    walking[program.room] = q * scene.fills["metres"]
    first[program.taken] = np.arange(1, len(scene.offers) + 1)
    return [(relieved, 1.0), (_cost(program, bonus=program.wish.complex_bonus_yuan), 1 / FEN), (walking, 1.0),
            (first, 1.0)]


def _cost(program: _Program, *, bonus: float) -> Numbers:
    offers, costs = program.scene.offers, np.zeros(program.count)
    costs[program.taken] = offers["yuan_per_m2"] * offers["least_m2"]
    costs[program.more] = offers["yuan_per_m2"]
    costs[program.complex] = -bonus
    return costs


def _best(
    program: _Program, costs: Numbers, start: Numbers | None, *, max_gap: float = 0.0, is_whole: bool = True,
    kept: NDArray[np.int64] | None = None,
) -> tuple[Numbers | None, float]:
    """Return the best plan found and its bound; columns in `kept` stay as they are at the start."""
    offers, fills = program.scene.offers, program.scene.fills
    upper = np.ones(program.count)
    upper[program.more] = offers["most_m2"] - offers["least_m2"]
    upper[program.room] = np.minimum(fills["short_m2"], offers["most_m2"].loc[fills["offer"]].to_numpy())
    lower = np.zeros(program.count)
    if kept is not None and start is not None:
        lower[kept] = upper[kept] = start[kept]
    kinds = np.full(program.count, is_whole)
    kinds[program.walk] = False
    solver = Solver(Model(costs.tolist(), program.rows, lower=lower.tolist(), upper=upper.tolist(),
                          is_whole=kinds.tolist()), max_gap=max_gap)
    if start is not None:
        solver.hint(start)
    answer = solver.solve(max_nodes=MAX_NODES)
    return (None if answer.values is None else answer.values.round()), answer.bound


def _decided(program: _Program, values: Numbers, bounds: tuple[float, ...]) -> Placed:
    """Return the plan in its own units, every figure worked out anew from what is taken."""
    whole = values.round().astype(np.int64)
    m2 = whole[program.taken] * program.scene.offers["least_m2"].to_numpy("int64") + whole[program.more]
    objectives = _objectives(program)
    share = Fraction(str(program.wish.m2_per_resident)).numerator
    units = (-share, 1, share)
    reached = tuple(float(costs @ whole) / unit + 0.0 for (costs, _), unit in zip(objectives, units, strict=False))
    proven = tuple(bound / unit + 0.0 for bound, unit in zip(bounds, units, strict=False))
    return Placed(m2, whole[program.room], reached, proven)
