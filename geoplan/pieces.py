"""How is a part of the town sited that is too large for one program? Piece by piece, neighbours first.

Sites are taken in the order in which one comes upon them walking from need to need, and cut into pieces of about PIECE
columns. Each piece is solved for what the pieces before it left open. One sum of money is divided among the pieces as
it would be if sites could be taken in part; what a piece does not spend goes to the next. The plan is whole and keeps
every rule; how good it is, is bounded by what every piece could relieve if it were alone, for no plan relieves more
than all of them together, and in every stage by what could be reached if sites could be taken in part.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from geoplan.scenes import Cost, Placed, Scene, Wish, part_of
from geoplan.spare import tidy

PIECE = 1500  # columns


@dataclass(frozen=True)
class Tools:
    """What a plan in pieces is made with.

    `solve` returns a good plan of a piece, `most` how many residents any plan of a piece could relieve, `cost` what
    square metres of every offer of the part cost, bonuses taken off. If offers could be taken in part, `divide` returns
    what each would cost, and `bounds` what bounds every stage for plans that reach some values in the stages before.
    """

    solve: Callable[[Scene, Wish], Placed]
    most: Callable[[Scene, Wish], float]
    cost: Cost
    divide: Callable[[Scene, Wish], NDArray[np.float64]]
    bounds: Callable[[Scene, Wish, tuple[float, ...]], tuple[float, ...]]


def solve_in_pieces(scene: Scene, wish: Wish, tools: Tools) -> Placed:
    """Return a good plan for one part of the town.

    Parameters
    ----------
    scene, wish
        As for `placing.solve_apart`.
    tools
        What the pieces are solved with.

    Returns
    -------
    placed
        The plan; cost and walking are bounded by what they were if sites could be taken in part.
    """
    m2, filled = np.zeros(len(scene.offers), dtype=np.int64), np.zeros(len(scene.fills), dtype=np.int64)
    money, relieved = wish.max_cost_yuan, []
    shares = np.zeros(len(scene.offers)) if money is None else tools.divide(scene, wish)
    spare = None if money is None else money - float(shares.sum())
    for rows in _cut(scene):
        _, alone = part_of(scene, rows)
        relieved.append(tools.most(alone, wish))
        rooms, left = part_of(_left_open(scene, m2, filled), rows)
        if spare is not None:
            money = spare = spare + float(shares[rows].sum())
        placed = tools.solve(left, replace(wish, max_cost_yuan=money if money is None else max(0.0, money)))
        m2[rows], filled[rooms] = placed.m2, placed.filled_m2
        if spare is not None:
            spare -= float((placed.m2 * left.offers["yuan_per_m2"]).sum())
    whole = tidy(Placed(m2, filled, (), ()), scene, wish, tools.cost)
    most, *rest = tools.bounds(scene, wish, whole.values)
    return replace(whole, bounds=(min(most, sum(relieved)), *rest))


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
