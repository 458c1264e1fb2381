"""What is there to decide in siting, which parts of it stand apart, and what does a decision look like?

Two sites belong to one part of the town where some estate can walk to both for the same facility type, or where the
elder-care rooms of both may count for one area. Parts share nothing, so the best of the whole is the best of each;
only one sum of money for all sites ties them together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

STAGES = ("relieved", "cost", "walking")
Rows = NDArray[np.int64]
Cost = Callable[[Rows], float]  # of square metres of every offer, bonuses taken off


@dataclass(frozen=True)
class Wish:
    """What is weighed: the elder-care space due to one resident, what a service complex (three services in one house of
    600 m2) may cost more, the money for all sitings together (None for no limit), and whether elder care and childcare
    come first on idle land (QH21-29)."""

    m2_per_resident: float
    complex_bonus_yuan: float = 0.0
    max_cost_yuan: float | None = None
    is_care_first: bool = False


@dataclass(frozen=True)
class Scene:
    """Offers that may be taken (rows 0..n-1), the gaps each would close, and the shortages of rooms each would fill.

    `closes`: offer, demand, residents, metres. `fills`: offer, area, short_m2, metres. Demands and areas are numbers.
    """

    offers: pd.DataFrame
    closes: pd.DataFrame
    fills: pd.DataFrame


@dataclass(frozen=True)
class Placed:
    """What was decided of a scene: m2 of every offer (0 where it is not taken), m2 that every row of `fills` gives, and
    value and bound of each stage, all in the units of STAGES (relieved counts up, the others down)."""

    m2: NDArray[np.int64]
    filled_m2: NDArray[np.int64]
    values: tuple[float, ...]
    bounds: tuple[float, ...]

    @property
    def taken(self) -> frozenset[int]:
        """The rows of the offers taken."""
        return frozenset(np.flatnonzero(self.m2).tolist())


def split(scene: Scene, wish: Wish) -> list[tuple[tuple[Rows, Rows], Scene]]:
    """Return the parts of a scene that share nothing: each with its rows of `offers` and of `fills`."""
    offers = scene.offers
    if offers.empty:
        return []
    part = _parts(scene) if wish.max_cost_yuan is None else np.zeros(len(offers), dtype=np.int64)
    found = []
    for number in pd.unique(part):
        rows = np.flatnonzero(part == number)
        rooms, own = part_of(scene, rows)
        found.append(((rows, rooms), own))
    return found


def part_of(scene: Scene, rows: Rows) -> tuple[Rows, Scene]:
    """Return the scene of some offers alone, and the index of its rows of `fills` in the whole."""
    place_of = pd.Series(np.arange(len(rows)), index=rows)
    walks, rooms = (table[table["offer"].isin(rows)] for table in (scene.closes, scene.fills))
    own = Scene(scene.offers.iloc[rows].reset_index(drop=True), *(
        table.assign(offer=table["offer"].map(place_of)).reset_index(drop=True) for table in (walks, rooms)))
    return rooms.index.to_numpy(), own


def join(scene: Scene, parts: Sequence[tuple[tuple[Rows, Rows], Placed]]) -> Placed:
    """Return the plans of all parts of a scene, each with its rows, as one plan of the scene."""
    m2, filled_m2 = np.zeros(len(scene.offers), dtype=np.int64), np.zeros(len(scene.fills), dtype=np.int64)
    for (rows, rooms), placed in parts:
        m2[rows], filled_m2[rooms] = placed.m2, placed.filled_m2
    totals = (tuple(sum(stage) for stage in zip(*[(0.0,) * len(STAGES), *said], strict=True))
              for said in ([placed.values for _, placed in parts], [placed.bounds for _, placed in parts]))
    return Placed(m2, filled_m2, *totals)


def _parts(scene: Scene) -> NDArray[np.int64]:
    """Return by offer the number of the part it belongs to: offers, sites, demands and areas as one graph."""
    offers, closes, fills = scene.offers, scene.closes, scene.fills
    site, demand, area = (pd.factorize(values)[0] for values in (offers["site_id"], closes["demand"], fills["area"]))
    starts = np.cumsum([0, len(offers), offers["site_id"].nunique(), closes["demand"].nunique()])
    tail = np.concatenate([np.arange(len(offers)), closes["offer"], fills["offer"]]).astype(int)
    head = np.concatenate([starts[1] + site, starts[2] + demand, starts[3] + area]).astype(int)
    nodes = int(starts[3]) + fills["area"].nunique()
    _, part = connected_components(coo_array((np.ones(len(tail)), (tail, head)), shape=(nodes, nodes)))
    return np.asarray(part[: len(offers)], dtype=np.int64)
