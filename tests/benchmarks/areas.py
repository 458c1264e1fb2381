"""Who groups best? geoplan beside pygeoda, spopt and GerryChain on the very same link graphs, judged by one model.

Every answer is judged here with the objective of DESIGN section 6.3 (household-metres to a hub, overhead of every area
included) by distances of scipy and connectivity of networkx, whoever gave it. `as given` takes all areas as they are;
`as it can be built` leaves over the estates of every area that breaks a bound or is not connected: 10 km a household.

What the rivals cannot be told: max-p (pygeoda, spopt) knows a floor and no ceiling, and nothing of a radius or hub; it
is run with three floors. GerryChain keeps floor and ceiling around a size that is given; it is run with three sizes,
and its short bursts improve our objective, the radius included. Of three answers the best as it can be built counts,
with the time of that one. Estates above the ceiling stand alone and components that cannot hold an area are left over
before anybody starts; a rival gets one component at a time.

    python tests/benchmarks/areas.py [--shared FOLDER] [--date 2026-01-31] [--graphs wuxi_xinwu hangzhou 1000 3000]
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from report import arguments, heading, say, table, timed, whisper
from rivals import RIVALS
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geoplan import make_plan, read_project
from geoplan.areas import group_estates
from geoplan.schema import conform
from geoplan.settings import AreaRules

KITS = Path(__file__).resolve().parents[1] / "kits"
LEFT_OVER_M = 10_000.0
FLOORS = (1, 2, 3)  # rivals are tried with these multiples of min_households
PITCH_M, LANE_M = 150.0, 12.0  # estates of two hectares
SEED = 20240301
CRS = "EPSG:4549"
MEASURES = ["areas", "below min", "above max", "radius", "not connected", "left over", "as given", "as it can be built"]


@dataclass(frozen=True)
class Town:
    """Candidate estates with their usable links; positions are those of `estates`."""

    name: str
    estates: pd.DataFrame
    links: pd.DataFrame
    rules: AreaRules

    @property
    def households(self) -> np.ndarray:
        return self.estates["households"].to_numpy(float)

    @property
    def ends(self) -> np.ndarray:
        index = pd.Index(self.estates["estate_id"])
        usable = self.links[self.links["usable"].astype(bool)]
        return np.stack([index.get_indexer(usable[end]) for end in ("estate_a", "estate_b")])

    @property
    def metres(self) -> np.ndarray:
        return self.links.loc[self.links["usable"].astype(bool), "length_m"].to_numpy(float)


def main() -> None:
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--graphs", nargs="+", default=["wuxi_xinwu", "hangzhou", "1000", "3000"])
    parser.add_argument("--methods", nargs="+", default=["optimal", "greedy"], help="of geoplan")
    parser.add_argument("--rivals", nargs="*", default=list(RIVALS), choices=list(RIVALS))
    parser.add_argument("--patience", type=float, default=600.0, help="seconds after which a rival is given up")
    asked = parser.parse_args()
    for name in asked.graphs:
        town = draw_town(int(name)) if name.isdigit() else read_town(name)
        title = f"Areas: {town.name}, {len(town.estates):,} estates, {town.ends.shape[1]:,} usable links"
        rows = [[who, seconds, *judge(town, labels).values()]
                for who, seconds, labels in answers(town, asked.methods, asked.rivals, asked.patience)]
        say(heading(title, asked.date), table(["who", "seconds", *MEASURES], rows))


def read_town(kit: str) -> Town:
    """Return the candidates and links of a kit as geoplan makes them."""
    project = read_project(KITS / kit)
    tables = make_plan(project).tables
    candidates = tables["estates"][tables["estates"]["component_id"].notna()].reset_index(drop=True)
    return Town(f"kit {kit}", candidates, tables["links"], project.areas)


def draw_town(count: int) -> Town:
    """Return estates in rows like bricks, so that most have six neighbours, as counties on a map have."""
    chance = np.random.default_rng(SEED)
    columns = round(count ** 0.5)
    row, column = np.divmod(np.arange(count), columns)
    low = np.stack([(column + row % 2 / 2) * PITCH_M, row * PITCH_M], axis=1) + chance.uniform(0, 5, (count, 2))
    high = low + PITCH_M - LANE_M - chance.uniform(0, 5, (count, 2))
    shapes = shapely.box(*low.T, *high.T)
    households = chance.lognormal(np.log(350), 0.9, count).clip(6, 2900).round()
    ids = pd.Series([f"E{i:05d}" for i in range(count)], dtype="str")
    estates = gpd.GeoDataFrame({
        "estate_id": ids, "households": pd.array(households, dtype="Int64"), "district": None, "subdistrict": "S",
        "community": "C"}, geometry=shapes, crs=CRS)
    pairs = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=2 * LANE_M)
    one, other = pairs[:, pairs[0] < pairs[1]]
    centres = shapely.centroid(shapes)
    links = gpd.GeoDataFrame({
        "estate_a": ids[one].to_numpy(), "estate_b": ids[other].to_numpy(), "usable": True, "reason": "usable",
        "barrier": None,
        "gap_m": shapely.distance(shapes[one], shapes[other]), "kind": "across_street",
        "length_m": shapely.distance(centres[one], centres[other]),
    }, geometry=shapely.shortest_line(shapes[one], shapes[other]), crs=CRS)
    ordered = links.sort_values(["estate_a", "estate_b"], ignore_index=True)
    return Town("rows of bricks", estates, conform("links", ordered, CRS), AreaRules())


def answers(
    town: Town, methods: Sequence[str], rivals: Sequence[str], patience: float,
) -> Iterator[tuple[str, float | str, pd.Series]]:
    """Yield who, seconds and the area of every estate (missing where left over)."""
    for method in methods:
        whisper(f"{town.name}: geoplan {method}")
        (members, bounds), seconds = timed(lambda method=method: group_estates(
            town.estates, town.links, grouped_ids=town.estates["estate_id"].tolist(), rules=town.rules, method=method))
        labels = members.set_index("estate_id")["area_id"].reindex(town.estates["estate_id"])
        share = gap_share(town, labels, bounds)
        yield f"geoplan {method} (gap {share:.2%})", float(seconds[0]), labels.reset_index(drop=True)
    asked = components(town)
    for name in rivals:
        yield name, *answer_of(town, name, asked, patience)


def gap_share(town: Town, labels: pd.Series, bounds: pd.DataFrame) -> float:
    objective = judge(town, labels.reset_index(drop=True))["as it can be built"]
    return max(0.0, objective - bounds["lower_bound"].sum()) / objective


def components(town: Town) -> list[dict[str, Any]]:
    """Return the components that can hold an area, without the estates that stand alone."""
    graph = nx.Graph()
    graph.add_nodes_from(np.flatnonzero(town.households <= town.rules.max_households).tolist())
    graph.add_weighted_edges_from(
        (int(one), int(other), float(metres)) for one, other, metres in zip(*town.ends, town.metres, strict=True)
        if one in graph and other in graph)
    places = shapely.get_coordinates(shapely.centroid(town.estates.geometry.to_numpy()))
    held = []
    for nodes in map(sorted, nx.connected_components(graph)):
        if town.households[nodes].sum() >= town.rules.min_households:
            number = {node: i for i, node in enumerate(nodes)}
            edges = sorted(graph.subgraph(nodes).edges(data="weight"))
            held.append({
                "nodes": nodes, "households": town.households[nodes].tolist(), "xy": places[nodes].tolist(),
                "edges": [(number[one], number[other]) for one, other, _ in edges],
                "metres": [metres for _, _, metres in edges],
            })
    return held


def answer_of(
    town: Town, name: str, asked: list[dict[str, Any]], patience: float,
) -> tuple[float | str, pd.Series]:
    """Return the best answer of a rival: that which costs least as it can be built."""
    found = []
    for floor in FLOORS:
        made = run_rival(town, name, asked, floor * town.rules.min_households, patience)
        whisper(f"{town.name}: {name}, floor {floor * town.rules.min_households}: {made['seconds']}")
        labels = spread(town, asked, made["labels"])
        found.append((judge(town, labels)["as it can be built"], made["seconds"], labels))
    _, seconds, labels = min(found, key=lambda one: one[0])
    return seconds, labels


def run_rival(
    town: Town, name: str, asked: list[dict[str, Any]], floor: float, patience: float,
) -> Mapping[str, Any]:
    rules = {"floor": floor, "min": town.rules.min_households, "max": town.rules.max_households,
             "radius": town.rules.max_radius_m, "left_over": LEFT_OVER_M}
    several = [one for one in asked if len(one["nodes"]) > 1]
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        try:
            done = subprocess.run(
                [sys.executable, str(Path(__file__).with_name("rivals.py")), name, str(answer)], text=True,
                input=json.dumps({"components": several, "rules": rules, "warm_up": small_town()}), timeout=patience,
                check=False, stdout=sys.stderr)
        except subprocess.TimeoutExpired:
            return {"labels": [None] * len(several), "seconds": f"none in {patience:.0f} s"}
        if done.returncode:
            return {"labels": [None] * len(several), "seconds": f"died ({done.returncode})"}
        made = json.loads(answer.read_text(encoding="utf-8"))
    for failure in made["failed"][:3]:
        whisper(f"  {failure}")
    return made


def small_town() -> dict[str, Any]:
    """Return a component on which a rival loads what it needs before its clock starts."""
    side = 8
    spots = [(x, y) for y in range(side) for x in range(side)]
    edges = [(i, i + 1) for i, (x, _) in enumerate(spots) if x + 1 < side]
    edges += [(i, i + side) for i, (_, y) in enumerate(spots) if y + 1 < side]
    return {"households": [400.0 + i for i in range(len(spots))], "xy": [(100.0 * x, 100.0 * y) for x, y in spots],
            "edges": edges, "metres": [100.0] * len(edges)}


def spread(town: Town, asked: list[dict[str, Any]], labels: Sequence[Sequence[int] | None]) -> pd.Series:
    """Return the area of every estate; those that stand alone are their own."""
    area = pd.Series([None] * len(town.estates), dtype=object)
    for one in np.flatnonzero(town.households > town.rules.max_households):
        area[one] = f"alone {one}"
    for one in asked:
        if len(one["nodes"]) == 1:
            area[one["nodes"][0]] = f"alone {one['nodes'][0]}"
    for number, (one, given) in enumerate(zip((one for one in asked if len(one["nodes"]) > 1), labels, strict=True)):
        if given is not None:
            area[one["nodes"]] = [f"{number} {label}" for label in given]
    return area


def judge(town: Town, areas: pd.Series) -> dict[str, Any]:
    """Return the measures of an answer by our model; an area is walked to its cheapest hub within the radius."""
    count, rules, households = len(town.estates), town.rules, town.households
    graph = nx.Graph(town.ends.T.tolist())
    near = csr_array((town.metres, town.ends), shape=(count, count))
    rows, given_m, left = [], 0.0, float(households[areas.isna()].sum())
    for _, own in areas.groupby(areas).groups.items():
        nodes = own.to_numpy()
        apart = dijkstra(near, directed=False, indices=nodes)[:, nodes]
        walked = apart @ households[nodes]
        hubs = apart.max(axis=1) <= rules.max_radius_m
        size = households[nodes].sum()
        cost = float(np.where(hubs, walked, np.inf).min() if hubs.any() else walked.min()) + rules.area_overhead
        broken = {"below min": size < rules.min_households, "above max": size > rules.max_households and len(nodes) > 1,
                  "radius": not hubs.any(),
                  "not connected": len(nodes) > 1 and not nx.is_connected(nx.Graph(graph.subgraph(nodes.tolist())))}
        given_m += cost
        rows.append({**broken, "cost": LEFT_OVER_M * size if any(broken.values()) else cost})
    table_of = pd.DataFrame(rows, columns=[*MEASURES[1:5], "cost"])
    left_m = LEFT_OVER_M * left
    return {"areas": len(rows), **{name: int(table_of[name].sum()) for name in MEASURES[1:5]}, "left over": int(left),
            "as given": f"{(given_m + left_m) / 1e6:,.1f} M" if len(rows) else "–",
            "as it can be built": Millions(table_of["cost"].sum() + left_m)}


class Millions(float):
    """Household-metres, printed in millions."""

    def __str__(self) -> str:
        return f"{self / 1e6:,.1f} M"


if __name__ == "__main__":
    main()
