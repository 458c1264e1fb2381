"""Which node is nearest, over links that are walked one way each? Links -> a sparse matrix -> distances.

Several sources are searched from at once (Dijkstra, scipy.sparse.csgraph).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra


def both_ways(links: pd.DataFrame) -> list[pd.DataFrame]:
    """Return links (tail, head, length_m) as they are, and turned round."""
    return [links, links.rename(columns={"tail": "head", "head": "tail"})]


def lay_graph(links: Sequence[pd.DataFrame], count: int) -> csr_array:
    """Return links as a matrix that keeps the shorter of parallel links, and links of no length.

    Built row by row because the usual way, from coordinates, would add parallel links up.

    Parameters
    ----------
    links
        Tables of tail, head (nodes from 0 on) and length_m; one way each.
    count
        How many nodes there are.

    Returns
    -------
    graph
        Row: tail; column: head; value: length_m.
    """
    tail, head, length = (
        np.concatenate([some[name].to_numpy() for some in links]) for name in ("tail", "head", "length_m"))
    order = np.lexsort((length, head, tail))
    tail, head, length = tail[order], head[order], length[order]
    shortest = (np.diff(tail, prepend=-1) != 0) | (np.diff(head, prepend=-1) != 0)
    rows = np.searchsorted(tail[shortest], np.arange(count + 1))
    return csr_array((length[shortest], head[shortest], rows), shape=(count, count))


def nearest_of(graph: csr_array, sources: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for every node how far the nearest of some nodes is (infinite where none is reached), and which it is.

    Parameters
    ----------
    graph
        As `lay_graph` returns it; it is walked from the sources outward.
    sources
        Nodes.

    Returns
    -------
    distance_m, source
        One value a node.
    """
    distance_m, _, source = dijkstra(graph, indices=sources, min_only=True, return_predecessors=True)
    return distance_m, source
