"""Who gives how much to whom, at the least cost? A transport problem, solved in whole numbers of any size.

The most is given first, and that at the least cost: network simplex (networkx), which is exact. Where several
allocations are equally good, the first one counts: the first pair carries as much as it can, then the second, and so
on. That is the one optimum of costs lowered by 1/2, 1/4, 1/8 … of a unit, pair by pair: two allocations differ by
cycles that use no pair twice, so what later pairs save never outweighs an earlier one, and all together never outweigh
a unit of true cost. Hence the answer is the same whatever the solver, and where a giver is added no taker gets less.
"""

from collections import Counter

import networkx as nx
import numpy as np
import pandas as pd


def allocate(pairs: pd.DataFrame) -> pd.Series:
    """Return how much each pair carries.

    Parameters
    ----------
    pairs
        giver, taker, room (what the giver has), need (what the taker wants at most), cost (of carrying one, not below
        zero). All whole numbers; those of room and need may be of any size. The order of the rows decides ties.

    Returns
    -------
    carried
        Whole numbers (objects), with the index of `pairs`.
    """
    carried = pd.Series(0, index=pairs.index, dtype=object)
    giver, taker = (pairs[side].factorize()[0] for side in ("giver", "taker"))
    apart = nx.connected_components(nx.Graph(list(zip(giver, ~taker, strict=True))))  # takers count from -1 down
    part = {node: number for number, nodes in enumerate(apart) for node in nodes}
    for _, together in pairs.groupby([part[node] for node in giver]):
        carried[together.index] = _solve(together)
    return carried


def _solve(pairs: pd.DataFrame) -> np.ndarray:
    """Return what each pair carries, from a network with an arc for each and arcs from all nodes to one sink.

    What a giver keeps goes straight to the sink, at a cost above that of any way through pairs; so the cheapest flow
    keeps the least.
    """
    giver, givers = pairs["giver"].factorize()
    taker, takers = pairs["taker"].factorize()
    sink = len(givers) + len(takers)
    carry = pd.DataFrame({"tail": giver, "head": len(givers) + taker, "cost": pairs["cost"], "flow": 0,
                          "limit": [*map(min, pairs["room"], pairs["need"])]})
    room, need = pairs.groupby(giver)["room"].first(), pairs.groupby(taker)["need"].first()
    keep = pd.DataFrame({"tail": room.index, "head": sink, "cost": (int(pairs["cost"].max()) + 1) * sink,
                         "flow": room, "limit": room})
    take = pd.DataFrame({"tail": len(givers) + need.index, "head": sink, "cost": 0, "flow": 0, "limit": need})
    arcs = pd.concat([carry, keep, take], ignore_index=True).astype({"flow": object, "limit": object})
    cheapest = arcs.assign(flow=_cheapest(arcs))
    return _first_of_equals(cheapest, len(pairs))[:len(pairs)]


def _cheapest(arcs: pd.DataFrame) -> np.ndarray:
    """Return the cheapest flow that leaves at every node the surplus that `flow` leaves there."""
    surplus: Counter[int] = Counter()
    for tail, head, amount in zip(arcs["tail"], arcs["head"], arcs["flow"], strict=True):
        surplus[tail] += amount
        surplus[head] -= amount
    network = nx.DiGraph()
    network.add_nodes_from((node, {"demand": -amount}) for node, amount in surplus.items())
    network.add_edges_from(
        (tail, head, {"capacity": limit, "weight": cost}) for tail, head, limit, cost in zip(
            *(arcs[name].tolist() for name in ("tail", "head", "limit", "cost")), strict=True))
    _, found = nx.network_simplex(network)
    return np.array([found[tail][head] for tail, head in zip(arcs["tail"], arcs["head"], strict=True)], dtype=object)


def _first_of_equals(arcs: pd.DataFrame, pairs: int) -> np.ndarray:
    """Return the first of all cheapest flows, given one of them.

    They differ only in arcs that are worth their cost exactly by the prices of the nodes, and there only round cycles;
    each block of such arcs (biconnected: every two of them lie on a cycle) is allocated anew by order alone.
    """
    price = _prices(arcs)
    even = arcs[arcs["cost"] == price[arcs["head"]] - price[arcs["tail"]]]
    place = dict(zip(zip(even["tail"], even["head"], strict=True), even.index, strict=True))
    first = arcs["flow"].to_numpy(copy=True)
    for block in nx.biconnected_component_edges(nx.Graph(list(place))):
        inside = sorted(place[min(arc), max(arc)] for arc in block)
        if len(inside) > 1:
            cost = [-(1 << (len(inside) - rank)) if arc < pairs else 0 for rank, arc in enumerate(inside)]
            first[inside] = _cheapest(arcs.loc[inside].assign(cost=pd.Series(cost, index=inside, dtype=object)))
    return first


def _prices(arcs: pd.DataFrame) -> np.ndarray:
    """Return prices of the nodes by which no step that is open costs less than it is worth (Bellman and Ford)."""
    tail, head, cost = (arcs[name].to_numpy("int64") for name in ("tail", "head", "cost"))
    may_rise, may_fall = arcs["flow"].lt(arcs["limit"]).to_numpy(), arcs["flow"].gt(0).to_numpy()
    start, stop = (np.concatenate([one[may_rise], other[may_fall]]) for one, other in ((tail, head), (head, tail)))
    step = np.concatenate([cost[may_rise], -cost[may_fall]])
    price = np.zeros(head.max() + 1, "int64")
    while True:
        cheaper = price.copy()
        np.minimum.at(cheaper, stop, price[start] + step)
        if np.array_equal(cheaper, price):
            return price
        price = cheaper
