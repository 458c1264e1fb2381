"""How is the choice of what goes into which site written down? Scene and wish -> columns, rows and objectives.

Its whole numbers are taken or not, and the square metres beyond the least size; who is met by what (nearby.py) and
which elder-care rooms count for which area follow from them. Which uses fit into one site together (fittings.py) is
told beside the square metres. What is sought, and how, is told in placing.py.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.fittings import find_fittings
from geoplan.nearby import find_nearby
from geoplan.scenes import Cost, Rows, Scene, Wish
from geoplan.solver import INFINITY, Row

COMPLEX_M2, COMPLEX_SERVICES = 600, 3  # of a service complex: guideline of embedded community services (UP-100HH)
FEN = 100  # in a yuan
Numbers = NDArray[np.float64]


@dataclass
class Program:
    """The columns and rows of a scene.

    Columns stand in blocks: taken, beyond the least, met (whether one of a set of offers is taken), rooms, complexes,
    and the fittings of sites. `nearer` are rows that only walking asks for.
    """

    scene: Scene
    wish: Wish
    rows: list[Row] = field(default_factory=list)
    nearer: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        offers = self.scene.offers
        self.nearby = find_nearby(self.scene.closes, len(offers))
        self.sites = _complex_sites(offers) if self.wish.complex_bonus_yuan > 0 else {}
        self.fittings = _fittings(offers)
        sizes = [len(offers), len(offers), len(self.nearby.sets), len(self.scene.fills), len(self.sites),
                 sum(len(sets) for _, sets in self.fittings)]
        starts = np.cumsum([0, *sizes])
        self.taken, self.more, self.met, self.room, self.complex, self.fitting = (
            np.arange(low, high) for low, high in itertools.pairwise(starts))
        self.meets = np.concatenate([self.taken, self.met])
        self.count = int(starts[-1])

    @property
    def upper(self) -> Numbers:
        """What every column can be at most; all start at nothing."""
        offers, fills, upper = self.scene.offers, self.scene.fills, np.ones(self.count)
        upper[self.more] = offers["most_m2"] - offers["least_m2"]
        upper[self.room] = np.minimum(fills["short_m2"], offers["most_m2"].loc[fills["offer"]].to_numpy())
        return upper

    def complete(self, values: Numbers) -> Numbers:
        """Return the plan that takes what some values take, everything else following from that."""
        offers, whole = self.scene.offers, values.copy()
        for block in (self.taken, self.more, self.room):
            whole[block] = values[block].round()
        is_taken = whole[self.taken] > 0
        whole[self.met] = [bool(is_taken[list(near)].any()) for near in self.nearby.sets]
        m2 = whole[self.taken] * offers["least_m2"].to_numpy() + whole[self.more]
        whole[self.complex] = [is_taken[at].sum() >= COMPLEX_SERVICES and m2[at].sum() >= COMPLEX_M2
                               for at in self.sites.values()]
        return whole


def count_choices(scene: Scene, wish: Wish) -> int:
    """Return how many choices hang together in a scene: sites, types, sizes, walks, rooms and complexes."""
    sites = _complex_sites(scene.offers) if wish.complex_bonus_yuan > 0 else {}
    return 2 * len(scene.offers) + len(scene.closes) + len(scene.fills) + len(sites)


def write_program(scene: Scene, wish: Wish, other_than: Sequence[frozenset[int]] = ()) -> Program:
    """Return the program of a scene.

    Parameters
    ----------
    scene, wish
        As for `placing.place`.
    other_than
        Plans, each as the offers it takes, of which the program leaves at least one and takes another.

    Returns
    -------
    program
        With all its rows.
    """
    program = Program(scene, wish)
    program.rows += [*_sizes(program), *_fitting(program), *_meeting(program, 0, program.nearby.widest),
                     *_rooms(program), *_complexes(program)]
    program.nearer += [*_meeting(program, program.nearby.widest, len(program.met)), *_nested(program)]
    if wish.is_care_first:
        program.rows += _care_first(program)
    for seen in other_than:
        others = sorted(set(range(len(scene.offers))) - seen)
        kept = program.taken[sorted(seen)].tolist()
        program.rows.append(Row(1, INFINITY, program.taken[others].tolist(), [1.0] * len(others)))
        program.rows.append(Row(-INFINITY, len(seen) - 1, kept, [1.0] * len(kept)))
    if wish.max_cost_yuan is not None:
        spent = cost_columns(program, bonus=0.0)
        columns = np.flatnonzero(spent).tolist()
        program.rows.append(Row(-INFINITY, wish.max_cost_yuan + 0.5 / FEN, columns, spent[columns].tolist()))
    return program


def _sizes(program: Program) -> Iterator[Row]:
    """No size beyond the least where nothing is taken; all that a site takes fits into it."""
    offers = program.scene.offers
    for offer, more_m2 in enumerate((offers["most_m2"] - offers["least_m2"]).tolist()):
        yield Row(-INFINITY, 0, [program.more[offer], program.taken[offer]], [1, -more_m2])
    for _, own in offers.groupby("site_id"):
        at = own.index.to_numpy()
        columns = [*program.taken[at].tolist(), *program.more[at].tolist()]
        yield Row(-INFINITY, float(own["site_m2"].iloc[0]), columns, [*own["ground_m2"], *own["ground_per_m2"]])


def _fitting(program: Program) -> Iterator[Row]:
    """What a site takes is part of one of the sets that fit into it."""
    start = int(program.fitting[0]) if len(program.fitting) else 0
    for at, sets in program.fittings:
        own = list(range(start, start + len(sets)))
        yield Row(-INFINITY, 1, own, [1] * len(own))
        for position, offer in enumerate(at.tolist()):
            holding = [column for column, chosen in zip(own, sets, strict=True) if position in chosen]
            if len(holding) < len(own):
                yield Row(-INFINITY, 0, [program.taken[offer], *holding], [1, *[-1] * len(holding)])
        start += len(sets)


def _meeting(program: Program, start: int, stop: int) -> Iterator[Row]:
    """A need is met by what is taken."""
    for column, near in zip(program.met[start:stop].tolist(), program.nearby.sets[start:stop], strict=True):
        yield Row(-INFINITY, 0, [column, *program.taken[list(near)].tolist()], [1, *[-1] * len(near)])


def _nested(program: Program) -> Iterator[Row]:
    """Who is met by the nearest is met."""
    for near, wider in program.nearby.inner:
        yield Row(-INFINITY, 0, [program.meets[near], program.meets[wider]], [1, -1])


def _rooms(program: Program) -> Iterator[Row]:
    """Rooms count once, and no area gets more than it is short of."""
    offers, fills = program.scene.offers, program.scene.fills
    least_m2 = offers["least_m2"].to_numpy()
    for offer in sorted(fills["offer"].unique().tolist()):
        given = program.room[fills["offer"].eq(offer).to_numpy()].tolist()
        yield Row(-INFINITY, 0, [*given, program.more[offer], program.taken[offer]],
                  [*[1] * len(given), -1, -least_m2[offer]])
    for _, own in fills.groupby("area"):
        yield Row(-INFINITY, float(own["short_m2"].iloc[0]), program.room[own.index].tolist(), [1] * len(own))


def _complexes(program: Program) -> Iterator[Row]:
    """A complex has its services and its floor area."""
    least = program.scene.offers["least_m2"].to_numpy()
    for column, at in zip(program.complex.tolist(), program.sites.values(), strict=True):
        taken, more = program.taken[at].tolist(), program.more[at].tolist()
        yield Row(-INFINITY, 0, [column, *taken], [COMPLEX_SERVICES, *[-1] * len(at)])
        yield Row(-INFINITY, 0, [column, *taken, *more], [COMPLEX_M2, *(-least[at]), *[-1] * len(at)])


def _care_first(program: Program) -> Iterator[Row]:
    """Idle land goes to other uses only where every need of elder care or childcare that could be met there is met.

    Met there or elsewhere (QH21-29: low-efficiency land goes first to elder care and childcare).
    """
    scene = program.scene
    on_land = scene.offers[scene.offers["use"].ne("rooms")]
    for _, own in on_land.groupby("site_id"):
        for care in own.index[own["is_care"]]:
            met = [*_met(program, scene.closes, "demand", care), *_met(program, scene.fills, "area", care)]
            for other in own.index[~own["is_care"]]:
                for columns, shares in met:
                    at = [program.taken[other], program.taken[care], *columns]
                    yield Row(-INFINITY, 0, at, [1, -1, *(-share for share in shares)])


def _met(
    program: Program, reached: pd.DataFrame, key: str, offer: int,
) -> Iterator[tuple[list[int], list[float]]]:
    """Yield for every need an offer reaches the columns that meet it elsewhere, and the part that each unit meets."""
    for need in reached.loc[reached["offer"].eq(offer), key]:
        others = reached[reached[key].eq(need) & reached["offer"].ne(offer)]
        if key == "area":
            yield program.room[others.index].tolist(), (1 / others["short_m2"]).tolist()
        else:
            yield program.taken[others["offer"]].tolist(), [1.0] * len(others)


def objectives_of(program: Program) -> list[tuple[Numbers, float]]:
    """Return the costs of the columns in each stage, and the step between two values they can take.

    Parameters
    ----------
    program
        As `write_program` returns it.

    Returns
    -------
    objectives
        Of relieved (counted down), cost, walking, the places of the offers taken, and those of their square metres.
    """
    scene, share = program.scene, Fraction(str(program.wish.m2_per_resident))
    p, q = share.numerator, share.denominator  # a square metre is q/p residents; times p, all are whole numbers
    relieved, walking, first, larger = (np.zeros(program.count) for _ in range(4))
    relieved[program.meets] = -p * program.nearby.residents
    relieved[program.room] = -q
    walking[program.meets] = p * program.nearby.walking
    walking[program.room] = q * scene.fills["metres"]
    first[program.taken] = larger[program.more] = np.arange(1, len(scene.offers) + 1)
    larger[program.room] = np.arange(1, len(scene.fills) + 1)
    cost = cost_columns(program, bonus=program.wish.complex_bonus_yuan)
    return [(costs, _step(costs, unit)) for costs, unit in (
        (relieved, 1), (cost, FEN), (walking, 1), (first, 1), (larger, 1))]


def _step(costs: Numbers, unit: int) -> float:
    """Return the least by which two plans can differ: a multiple of one part of a `unit`."""
    return max(1, math.gcd(*(costs * unit).round().astype(np.int64).tolist())) / unit


def cost_columns(program: Program, *, bonus: float) -> Numbers:
    """Return the yuan of every column of a program, a complex at some bonus.

    Parameters
    ----------
    program
        As `write_program` returns it.
    bonus
        Yuan.
    """
    offers, costs = program.scene.offers, np.zeros(program.count)
    costs[program.taken] = offers["yuan_per_m2"] * offers["least_m2"]
    costs[program.more] = offers["yuan_per_m2"]
    costs[program.complex] = -bonus
    return costs


def pricing_of(scene: Scene, wish: Wish) -> Cost:
    """Return what tells the cost of square metres of every offer, less the bonus of every complex they make up.

    Parameters
    ----------
    scene, wish
        As for `placing.place`.
    """
    prices = scene.offers["yuan_per_m2"].to_numpy(float)
    sites = list(_complex_sites(scene.offers).values()) if wish.complex_bonus_yuan > 0 else []
    at = np.concatenate([*sites, np.zeros(0, dtype=np.int64)])
    site = np.repeat(np.arange(len(sites)), [len(own) for own in sites])

    def cost(m2: NDArray[np.int64]) -> float:
        services, room = np.bincount(site, m2[at] > 0), np.bincount(site, m2[at])
        made = (services >= COMPLEX_SERVICES) & (room >= COMPLEX_M2)
        return float((m2 * prices).sum()) - wish.complex_bonus_yuan * int(made.sum())

    return cost


def _fittings(offers: pd.DataFrame) -> list[tuple[Rows, list[tuple[int, ...]]]]:
    """Return the offers of every site for which not all uses fit together, and the sets of them that do."""
    found = []
    for _, own in offers.groupby("site_id"):
        sets = find_fittings(own["ground_m2"].tolist(), float(own["site_m2"].iloc[0]))
        if sets:
            found.append((own.index.to_numpy(), sets))
    return found


def _complex_sites(offers: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    """Return the offers of every site in which a service complex has room; outdoor grounds are no service of it."""
    indoor = offers[offers["use"].ne("land")]
    return {str(site_id): own.index.to_numpy() for site_id, own in indoor.groupby("site_id")
            if len(own) >= COMPLEX_SERVICES and own["most_m2"].sum() >= COMPLEX_M2}
