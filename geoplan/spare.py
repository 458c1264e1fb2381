"""Is anything taken that nobody needs, and what is a plan for the sites worth?

Where a part of the town is solved in pieces, or only to within a gap, a site may be taken whose residents another one
relieves as well, or be larger than its rooms are called for. What can be left out without relieving anybody less, and
without losing a bonus that is worth more, is left out, the dearest first.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.scenes import Cost, Placed, Scene, Wish

Whole = NDArray[np.int64]


def tidy(placed: Placed, scene: Scene, wish: Wish, cost: Cost) -> Placed:
    """Return a plan without what nobody needs, everybody at the nearest; its bounds stand.

    Parameters
    ----------
    placed
        A plan of the scene; of its values only the bounds are read.
    scene, wish
        As for `placing.place`.
    cost
        Returns what square metres of every offer cost, bonuses taken off.
    """
    m2 = _without_spare(scene, placed, cost)
    return Placed(m2, placed.filled_m2, _values(scene, wish, m2, placed.filled_m2, cost), placed.bounds)


def _without_spare(scene: Scene, placed: Placed, cost: Cost) -> Whole:
    offers, closes = scene.offers, scene.closes
    rooms = np.bincount(scene.fills["offer"].to_numpy("int64"), weights=placed.filled_m2, minlength=len(offers))
    least = np.maximum(offers["least_m2"].to_numpy("int64"), rooms.round().astype(np.int64))
    demand, _ = pd.factorize(closes["demand"])
    takers = np.bincount(demand[placed.m2[closes["offer"]] > 0], minlength=demand.max(initial=-1) + 1)
    reached = pd.Series(demand).groupby(closes["offer"].to_numpy("int64")).agg(list)
    m2, spent = placed.m2, placed.m2 * offers["yuan_per_m2"].to_numpy(float)
    for offer in sorted(placed.taken, key=lambda at: (-spent[at], at)):
        own = np.array(reached.get(offer, []), dtype=np.int64)
        is_spare = rooms[offer] == 0 and bool((takers[own] > 1).all())
        smaller = m2.copy()
        smaller[offer] = 0 if is_spare else least[offer]
        if cost(smaller) <= cost(m2):
            m2 = smaller
            takers[own] -= is_spare
    return m2


def _values(scene: Scene, wish: Wish, m2: Whole, filled_m2: Whole, cost: Cost) -> tuple[float, float, float]:
    """Return residents relieved, yuan, and residents times metres to the nearest that relieves them."""
    walks = scene.closes[m2[scene.closes["offer"]] > 0]
    nearest = walks.sort_values(["demand", "metres"], kind="stable").drop_duplicates("demand")
    relieved = filled_m2 / wish.m2_per_resident
    return (float(nearest["residents"].sum() + relieved.sum()), cost(m2) + 0.0,
            float((nearest["residents"] * nearest["metres"]).sum() + (relieved * scene.fills["metres"]).sum()))
