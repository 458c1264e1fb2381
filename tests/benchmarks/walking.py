"""How fast are walks found, and are they the same walks? geoplan beside pandana and networkx in New York.

All three get the same nodes and edges and answer the same question: how far is it from every node to the nearest
facility of each of 20 types, facilities standing on nodes. geoplan also makes that network from the raw lines, which
the others leave to their users: they get it for nothing. pandana needs a farthest distance; it is measured once with
one that reaches every node that can be reached, and once with 3 km. networkx searches one type and is scaled to 20.
Seconds stand twice: by the wall clock, and of all processors together, which a busy machine changes less. A second
table has the whole walking step of the Wuxi kit, from the streets as read to gaps and what is in reach.

    python tests/benchmarks/walking.py [--shared FOLDER] [--date 2026-01-31]
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from report import arguments, heading, say, table, timed, whisper

from geoplan import read_project
from geoplan.access import find_access, snap_points
from geoplan.circles import find_gaps
from geoplan.graphs import both_ways, lay_graph, nearest_of
from geoplan.nearest import find_nearest
from geoplan.network import build_network, find_hard_barriers
from geoplan.policy import load_catalogue
from geoplan.prepared import elderly_types
from geoplan.reach import find_reach
from geoplan.read import Layers, read_layers
from geoplan.settings import CircleRules
from geoplan.travel import find_walks

METRES = "EPSG:32618"
TYPES = 20
SIZES = (15, 2000)  # facilities of the rarest and of the commonest type
SEED = 20240301
REPEATS = 3
NEAR_M = 3000.0
SAME_M = 1.0
WUXI = Path(__file__).resolve().parents[1] / "kits" / "wuxi_xinwu"
STEP_S = 5.0
QUARTER_HOUR_M = 1000.0
Distances = Mapping[int, np.ndarray]


def main() -> None:
    asked = arguments(__doc__.partition("\n")[0]).parse_args()
    streets = read_streets(asked.shared / "kits" / "streets_nyc" / "nyc_roads_osm.gpkg")
    edges, spots = make_network(streets)
    sources = place_facilities(len(spots))
    lines_s = usual_s(lambda: build_network(streets))
    ours, table_s = search_ours(edges, len(spots), sources)
    far_m = float(np.ceil(max(found[np.isfinite(found)].max() for found in ours.values())))
    rows = [["geoplan, from raw lines", *(lines_s + table_s), "", "", ""],
            ["geoplan, from nodes and edges", *table_s, "", "", ""]]
    for name, (theirs, seconds, limit_m) in rivals(edges, spots, sources, far_m):
        times = [ratio(seconds, lines_s + table_s), ratio(seconds, table_s)]
        rows.append([name, *seconds, *times, agreement(ours, theirs, limit_m)])
    say(heading(f"Walking: {TYPES} types on {len(spots):,} nodes and {len(edges):,} edges of New York", asked.date),
        table(["who", "wall s", "processor s", "times geoplan from lines (wall / processor)",
               "times geoplan from nodes and edges", "agreement with geoplan"], rows))
    layers = read_layers(read_project(WUXI))
    steps = walk_district(layers)
    say(heading(f"Walking step of Wuxi: {len(layers.estates)} estates, {len(layers.facilities):,} facilities; "
                f"to reach: {STEP_S:g} s", asked.date),
        table(["what", "wall s", "processor s"], [*([name, *spent] for name, spent in steps.items()),
                                                  ["all", *sum(steps.values())]]))


def walk_district(layers: Layers) -> Mapping[str, np.ndarray]:
    """Return the seconds of every part of the walking step, with the distances and speeds of an unwritten plan.toml."""
    homes, doors, rules, catalogue = layers.estates, layers.facilities, CircleRules(), load_catalogue()
    types, elderly = sorted(doors["facility_type"].dropna().unique()), elderly_types(catalogue)
    walker: dict[str, Any] = {"speeds": rules.speed_m_per_min.model_dump(), "elderly_types": elderly, "types": types}
    spent: dict[str, np.ndarray] = {}

    def run(name: str, call: Callable[[], Any]) -> Any:
        made, spent[name] = timed(call)
        return made

    hard = run("hard barriers", lambda: find_hard_barriers(layers.streets, layers.barriers))
    edges, _ = run("network", lambda: build_network(layers.streets))
    access, _ = run("entries of estates", lambda: find_access(
        homes, layers.gates, edges, hard, access_m=rules.access_m, max_snap_m=rules.max_snap_m))
    snaps, _ = run("facilities on streets", lambda: snap_points(
        doors, "facility_id", edges, hard, max_snap_m=rules.max_snap_m))
    walks = run(f"walks to {len(types)} types", lambda: find_walks(
        homes, doors, access, snaps, edges, None, state="today", **walker))
    run("nearest three of each", lambda: find_nearest(homes, doors, access, snaps, edges, count=3, **walker))
    run("gaps", lambda: find_gaps(walks, homes, catalogue, limits={}, complete=False, brought_types=types))
    run("all within the quarter hour", lambda: find_reach(homes, doors, access, snaps, edges, limit_m=QUARTER_HOUR_M))
    return spent


def read_streets(path: Path) -> gpd.GeoDataFrame:
    """Return the ways as a layer `streets`."""
    ways = gpd.read_file(path).to_crs(METRES)
    unknown = [None] * len(ways)
    columns = {
        "class": ways["fclass"].str.lower(), "bridge": (ways["bridge"] == "T").astype("boolean"),
        "tunnel": (ways["tunnel"] == "T").astype("boolean"), "layer": ways["layer"].astype("Int64"),
        "foot": pd.Series(unknown, dtype="str"), "not_walkable": pd.Series(unknown, dtype="boolean"),
        "row": pd.Series(range(1, len(ways) + 1), dtype="Int64"),
    }
    return gpd.GeoDataFrame(columns, geometry=ways.geometry, crs=METRES)


def make_network(streets: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Return the edges, and the coordinates of the nodes."""
    edges, _ = build_network(streets)
    spots = np.zeros((edges[["from_node", "to_node"]].to_numpy().max() + 1, 2))
    for end, place in (("from_node", 0), ("to_node", -1)):
        spots[edges[end]] = shapely.get_coordinates(shapely.get_point(edges.geometry.to_numpy(), place))
    return edges, spots


def place_facilities(nodes: int) -> Mapping[int, np.ndarray]:
    chance = np.random.default_rng(SEED)
    sizes = np.geomspace(*SIZES, TYPES).round().astype(int)
    return {code: np.sort(chance.choice(nodes, size, replace=False)) for code, size in enumerate(sizes)}


def usual_s(call: Callable[[], object]) -> np.ndarray:
    return np.median([timed(call)[1] for _ in range(REPEATS)], axis=0)


def ratio(theirs_s: np.ndarray, ours_s: np.ndarray) -> str:
    return " / ".join(f"{times:.0f}" for times in theirs_s / ours_s)


def search_ours(edges: pd.DataFrame, nodes: int, sources: Mapping[int, np.ndarray]) -> tuple[Distances, np.ndarray]:
    def search() -> Distances:
        links = pd.DataFrame({"tail": edges["from_node"], "head": edges["to_node"], "length_m": edges["length_m"]})
        graph = lay_graph(both_ways(links), nodes)
        return {code: nearest_of(graph, places)[0] for code, places in sources.items()}

    return search(), usual_s(search)


def rivals(
    edges: pd.DataFrame, spots: np.ndarray, sources: Mapping[int, np.ndarray], far_m: float,
) -> Iterator[tuple[str, tuple[Distances, np.ndarray, float]]]:
    """Yield who, and its distances, its seconds (build included) and the limit it was given."""
    if find_spec("pandana") is not None:
        yield from pandana_answers(edges, spots, sources, far_m)
    whisper("networkx")
    yield "networkx, one type times 20", search_networkx(edges, len(spots), sources)


def pandana_answers(
    edges: pd.DataFrame, spots: np.ndarray, sources: Mapping[int, np.ndarray], far_m: float,
) -> Iterator[tuple[str, tuple[Distances, np.ndarray, float]]]:
    pandana = import_module("pandana")
    whisper("pandana builds")
    with hushed():
        network, build_s = timed(lambda: pandana.Network(
            pd.Series(spots[:, 0]), pd.Series(spots[:, 1]), edges["from_node"], edges["to_node"],
            edges[["length_m"]], twoway=True))
    for limit_m in (far_m + 1, NEAR_M):
        whisper(f"pandana searches to {limit_m:.0f} m")
        with hushed():
            found, seconds = timed(partial(search_pandana, network, spots, sources, limit_m))
        yield f"pandana, to {limit_m / 1000:.0f} km (build {build_s[1]:.1f} s)", (found, build_s + seconds, limit_m)


def search_pandana(
    network: Any, spots: np.ndarray, sources: Mapping[int, np.ndarray], limit_m: float,
) -> Distances:
    found = {}
    for code, places in sources.items():
        network.set_pois(str(code), limit_m, 1, pd.Series(spots[places, 0]), pd.Series(spots[places, 1]))
        found[code] = network.nearest_pois(limit_m, str(code), num_pois=1)[1].to_numpy()
    return found


def search_networkx(
    edges: pd.DataFrame, nodes: int, sources: Mapping[int, np.ndarray],
) -> tuple[Distances, np.ndarray, float]:
    def build() -> nx.Graph:
        shortest_first = edges[["from_node", "to_node", "length_m"]].sort_values("length_m", ascending=False)
        graph = nx.Graph()  # of parallel edges the last one, the shortest, stays
        graph.add_weighted_edges_from(shortest_first.itertuples(index=False))
        return graph

    graph, build_s = timed(build)
    code = TYPES // 2
    walked, search_s = timed(lambda: nx.multi_source_dijkstra_path_length(graph, set(sources[code].tolist())))
    found = np.full(nodes, np.inf)
    found[list(walked)] = list(walked.values())
    return {code: found}, build_s + TYPES * search_s, np.inf


def agreement(ours: Distances, theirs: Distances, limit_m: float) -> str:
    """Return how many of the pairs within the limit agree, and what is said of those that cannot be reached."""
    mine, other = (np.concatenate([found[code] for code in theirs]) for found in (ours, theirs))
    within = mine < limit_m
    agree = np.abs(mine[within] - other[within]) <= SAME_M
    lost = ~np.isfinite(mine)
    invented = int(np.isfinite(other[lost]).sum())
    apart_m = np.abs(mine[within] - other[within]).max()
    return (f"{agree.mean():.4%} of {within.sum():,} pairs within 1 m (farthest apart {apart_m:.2g} m); "
            f"{invented:,} of {lost.sum():,} unreachable pairs given a distance")


@contextmanager
def hushed() -> Iterator[None]:
    """Send what a library writes to the terminal from its own C++ to stderr, away from the table."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


if __name__ == "__main__":
    main()
