"""One rival groups one link graph: JSON in by stdin, JSON out by the file named, so that a crash or a hang is its own.

    python rivals.py NAME ANSWER < GRAPH

The graph comes as connected components without estates too large for any area: those stand alone for everybody, and no
rival is asked to cross a gap, which some of them do in silence and others do not survive. Each rival gets households as
its population, our links as its neighbours, and places as what should be alike. A component that holds no two areas
of the floor is one area: some rivals search it for ever.
"""

import json
import math
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

Component = Mapping[str, Any]  # households, xy, edges, metres (of each edge)
Labels = Sequence[int] | None  # the area of every estate; None where the rival gives no answer
SEED = 20240301
BURST, BURSTS_AN_AREA, MOST_BURSTS = 5, 4, 200  # GerryChain: steps of a short burst, and how many bursts
ATTEMPTS = 5000  # GerryChain: trees drawn to halve one part, before there is no answer for the component


def pygeoda_with(method: str, **options: float) -> Callable[[Component, Mapping[str, float]], Labels]:
    def group(component: Component, rules: Mapping[str, float]) -> Labels:
        import pygeoda

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "links.gal"
            path.write_text(_gal(component), encoding="ascii")
            weights = pygeoda.read_gal(str(path), [str(i) for i in range(len(component["xy"]))])
        places = np.array(component["xy"]).T.tolist()
        made = getattr(pygeoda, method)(
            weights, places, component["households"], rules["floor"], scale_method="raw", random_seed=SEED,
            cpu_threads=2, **options)
        return list(made["Clusters"])

    return group


def spopt_max_p(component: Component, rules: Mapping[str, float]) -> Labels:
    import geopandas as gpd
    from libpysal.weights import W
    from spopt.region import MaxPHeuristic

    np.random.seed(SEED)
    x, y = np.array(component["xy"]).T
    frame = gpd.GeoDataFrame(
        {"x": x, "y": y, "households": component["households"]}, geometry=gpd.points_from_xy(x, y))
    large = len(frame) > 300
    model = MaxPHeuristic(
        frame, W(dict(enumerate(_neighbours(component))), silence_warnings=True), ["x", "y"], "households",
        rules["floor"], top_n=2, max_iterations_construction=20 if large else 99, max_iterations_sa=1 if large else 10)
    model.solve()
    return [int(label) for label in model.labels_]


def gerrychain_recom(component: Component, rules: Mapping[str, float]) -> Labels:
    from gerrychain import Graph, Partition, updaters
    from gerrychain.constraints import within_percent_of_ideal_population
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.partition import recursive_tree_part
    from gerrychain.proposals import recom
    from gerrychain.tree import bipartition_tree
    from networkx import Graph as Plain

    total = sum(component["households"])
    wanted = (rules["min"] + rules["max"]) / 2 + rules["floor"] - rules["min"]
    count = min(max(round(total / wanted), math.ceil(total / rules["max"])), int(total // rules["min"]))
    if count < 2:
        return [0] * len(component["xy"]) if count == 1 else None
    ideal = total / count  # the nearer to the middle of the bounds, the more ways there are
    epsilon = min(ideal - rules["min"], rules["max"] - ideal) / ideal
    drawn = Plain()
    drawn.add_nodes_from((i, {"households": households}) for i, households in enumerate(component["households"]))
    drawn.add_edges_from(component["edges"])
    chance = random.Random(SEED)
    graph = Graph.from_networkx(drawn)
    bounds = {"pop_col": "households", "epsilon": epsilon, "pop_target": ideal}
    start = recursive_tree_part(
        graph, parts=range(count), bipartition_tree_fn=partial(bipartition_tree, max_attempts=ATTEMPTS), rng=chance,
        **bounds)
    first = Partition(graph, start, {"population": updaters.Tally("households", alias="population")})
    price = _price(component, rules)
    halve = partial(bipartition_tree, allow_pair_reselection=True)
    optimizer = SingleMetricOptimizer(
        lambda partition, *, rng=None: recom(partition, bipartition_tree_fn=halve, rng=rng, **bounds),
        [within_percent_of_ideal_population(first, epsilon)], first,
        lambda partition: sum(price(frozenset(part)) for part in partition.parts.values()), maximize=False, rng=chance)
    bursts = min(MOST_BURSTS, BURSTS_AN_AREA * count)
    for _ in optimizer.short_bursts(BURST, bursts):
        pass
    best = optimizer.best_part.assignment
    return [int(best[i]) for i in range(len(component["xy"]))]


def _price(component: Component, rules: Mapping[str, float]) -> Callable[[frozenset[int]], float]:
    """Return what an area costs in our model; one whose radius is too large costs as if it were left over."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    count = len(component["xy"])
    ends = np.array(component["edges"]).T
    apart = dijkstra(csr_array((component["metres"], ends), shape=(count, count)), directed=False)
    households = np.array(component["households"], float)

    @cache
    def price(part: frozenset[int]) -> float:
        own = sorted(part)
        between = apart[np.ix_(own, own)]
        walked = np.where(between.max(axis=1) <= rules["radius"], between @ households[own], np.inf).min()
        return float(walked if np.isfinite(walked) else rules["left_over"] * households[own].sum())

    return price


def _neighbours(component: Component) -> list[list[int]]:
    beside: list[list[int]] = [[] for _ in component["xy"]]
    for one, other in component["edges"]:
        beside[one].append(other)
        beside[other].append(one)
    return [sorted(near) for near in beside]


def _gal(component: Component) -> str:
    beside = _neighbours(component)
    lines = [f"0 {len(beside)} links id"]
    for i, near in enumerate(beside):
        lines += [f"{i} {len(near)}", " ".join(map(str, near))]
    return "\n".join(lines) + "\n"


RIVALS = {
    "pygeoda maxp greedy": pygeoda_with("maxp_greedy", iterations=99),
    "pygeoda maxp tabu": pygeoda_with("maxp_tabu", tabu_length=10, conv_tabu=10, iterations=9),
    "pygeoda maxp sa": pygeoda_with("maxp_sa", cooling_rate=0.85, sa_maxit=1, iterations=9),
    "spopt MaxP": spopt_max_p,
    "GerryChain ReCom": gerrychain_recom,
}


def main() -> None:
    name, answer = sys.argv[1:]
    asked = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    group, labels, failed = RIVALS[name], [], []
    group(asked["warm_up"], asked["rules"])  # imports are not counted
    start = time.perf_counter()
    for component in asked["components"]:
        if sum(component["households"]) < 2 * asked["rules"]["floor"]:
            labels.append([0] * len(component["xy"]))
            continue
        try:
            labels.append(group(component, asked["rules"]))
        except (RuntimeError, ValueError, IndexError, KeyError, ZeroDivisionError, ArithmeticError) as error:
            labels.append(None)
            failed.append(f"{type(error).__name__}: {error}"[:200])
    seconds = time.perf_counter() - start
    Path(answer).write_text(json.dumps({"labels": labels, "seconds": seconds, "failed": failed}), encoding="utf-8")


if __name__ == "__main__":
    main()
