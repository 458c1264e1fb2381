"""How is the choice of what goes into which site written down? Scene and wish -> columns, rows and objectives.

Its whole numbers are taken or not, and the square metres beyond the least size; who walks where and which elder-care
rooms count for which area follow from them. What is sought, and how, is told in placing.py.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.scenes import Cost, Scene, Wish
from geoplan.solver import INFINITY, Row

COMPLEX_M2, COMPLEX_SERVICES = 600, 3  # of a service complex: guideline of embedded community services (UP-100HH)
FEN = 100  # in a yuan
Numbers = NDArray[np.float64]


@dataclass
class Program:
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
    program.rows += [*_sizes(program), *_walks(program), *_rooms(program), *_complexes(program)]
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


def _walks(program: Program) -> Iterator[Row]:
    """Residents walk to what is taken, and are relieved once."""
    closes = program.scene.closes
    for walk, offer in zip(program.walk.tolist(), closes["offer"], strict=True):
        yield Row(-INFINITY, 0, [walk, program.taken[offer]], [1, -1])
    for _, own in closes.groupby("demand"):
        yield Row(-INFINITY, 1, program.walk[own.index].tolist(), [1] * len(own))


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


def objectives_of(program: Program) -> list[tuple[Numbers, float]]:
    """Return the costs of the columns in each stage, and the step between two values they can take.

    Parameters
    ----------
    program
        As `write_program` returns it.

    Returns
    -------
    objectives
        Of relieved (counted down), cost, walking, and the places of the offers taken.
    """
    scene, share = program.scene, Fraction(str(program.wish.m2_per_resident))
    p, q = share.numerator, share.denominator  # a square metre is q/p residents; times p, all are whole numbers
    relieved, walking, first = (np.zeros(program.count) for _ in range(3))
    relieved[program.walk] = -p * scene.closes["residents"]
    relieved[program.room] = -q
    walking[program.walk] = p * scene.closes["residents"] * scene.closes["metres"]
    walking[program.room] = q * scene.fills["metres"]
    first[program.taken] = np.arange(1, len(scene.offers) + 1)
    return [(relieved, 1.0), (cost_columns(program, bonus=program.wish.complex_bonus_yuan), 1 / FEN), (walking, 1.0),
            (first, 1.0)]


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

    def cost(m2: NDArray[np.int64]) -> float:
        made = [at for at in sites if (m2[at] > 0).sum() >= COMPLEX_SERVICES and m2[at].sum() >= COMPLEX_M2]
        return float((m2 * prices).sum()) - wish.complex_bonus_yuan * len(made)

    return cost


def _complex_sites(offers: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    """Return the offers of every site in which a service complex has room; outdoor grounds are no service of it."""
    indoor = offers[offers["use"].ne("land")]
    return {str(site_id): own.index.to_numpy() for site_id, own in indoor.groupby("site_id")
            if len(own) >= COMPLEX_SERVICES and own["most_m2"].sum() >= COMPLEX_M2}
