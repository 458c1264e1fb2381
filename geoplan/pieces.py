"""How is a part of the town sited that is too large for one program? Piece by piece, neighbours first.

Sites are taken in the order in which one comes upon them walking from need to need, and cut into pieces of about PIECE
columns. Each piece is solved for what the pieces before it left open. The plan is whole and keeps every rule; how good
it is, is bounded by what every piece could relieve if it were alone: no plan relieves more than all of them together.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from geoplan.scenes import Placed, Scene, Wish, part_of

PIECE = 1500  # columns
Solve = Callable[[Scene, Wish], Placed]
Bound = Callable[[Scene, Wish], float]


def solve_in_pieces(scene: Scene, wish: Wish, solve: Solve, bound: Bound) -> Placed:
    """Return a good plan for one part of the town.

    Parameters
    ----------
    scene, wish
        As for `placing.solve_apart`.
    solve
        Returns a good plan of a piece.
    bound
        Returns how many residents any plan of a piece could relieve.

    Returns
    -------
    placed
        The plan; of cost and walking nothing is proven but that they are not below nothing.
    """
    offers, closes, fills = scene.offers, scene.closes, scene.fills
    m2, filled = np.zeros(len(offers), dtype=np.int64), np.zeros(len(fills), dtype=np.int64)
    cost, relieved_bound, money = 0.0, 0.0, wish.max_cost_yuan
    for rows in _cut(scene):
        _, alone = part_of(scene, rows)
        relieved_bound += bound(alone, wish)
        rooms, left = part_of(_left_open(scene, m2, filled), rows)
        placed = solve(left, replace(wish, max_cost_yuan=money))
        m2[rows], filled[rooms] = placed.m2, placed.filled_m2
        cost += placed.values[1]
        if money is not None:
            money -= float((placed.m2 * left.offers["yuan_per_m2"]).sum())
    walks = closes[m2[closes["offer"]] > 0]
    nearest = walks.sort_values(["demand", "metres"], kind="stable").drop_duplicates("demand")
    room_residents = filled / wish.m2_per_resident
    relieved = float(nearest["residents"].sum() + room_residents.sum())
    walking = float((nearest["residents"] * nearest["metres"]).sum() + (room_residents * fills["metres"]).sum())
    most = float(closes.drop_duplicates("demand")["residents"].sum()
                 + fills.drop_duplicates("area")["short_m2"].sum() / wish.m2_per_resident)
    bonus = wish.complex_bonus_yuan * offers["site_id"].nunique()
    return Placed(m2, filled, (relieved, cost, walking), (max(relieved, min(relieved_bound, most)), -bonus + 0.0, 0.0))


def _left_open(scene: Scene, m2: NDArray[np.int64], filled: NDArray[np.int64]) -> Scene:
    """Return the scene without the needs that what is taken meets; rows keep their index."""
    closes, fills = scene.closes, scene.fills
    met = set(closes.loc[m2[closes["offer"]] > 0, "demand"])
    given = pd.Series(filled, index=fills.index).groupby(fills["area"]).transform("sum")
    short = fills["short_m2"] - given
    return Scene(scene.offers, closes[~closes["demand"].isin(met)], fills.assign(short_m2=short)[short > 0])


def _cut(scene: Scene) -> list[NDArray[np.int64]]:
    """Return the offers of every piece; the offers of a site stay together."""
    offers = scene.offers
    site = pd.factorize(offers["site_id"])[0]
    offer = np.concatenate([scene.closes["offer"], scene.fills["offer"]]).astype(np.int64)
    demand, area = (pd.factorize(needs)[0] for needs in (scene.closes["demand"], scene.fills["area"]))
    sites, demands = int(site.max()) + 1, int(demand.max(initial=-1)) + 1
    need, count = np.concatenate([demand, demands + area]), demands + int(area.max(initial=-1)) + 1
    graph = csr_array((np.ones(len(offer)), (site[offer], sites + need)), shape=(sites + count, sites + count))
    met = breadth_first_order(graph, 0, directed=False, return_predecessors=False)
    order = [*met[met < sites].tolist(), *sorted(set(range(sites)) - set(met.tolist()))]
    weight = np.bincount(site, minlength=sites) * 2 + np.bincount(site[offer], minlength=sites)
    piece = (np.cumsum(weight[order]) - 1) // PIECE
    of_site = np.empty(sites, dtype=np.int64)
    of_site[order] = piece
    return [np.flatnonzero(of_site[site] == number) for number in np.unique(piece)]
