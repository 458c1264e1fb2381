"""Are walks as long as the streets say? A sample walked again, on streets read anew from the planner's own file.

Nothing of the network that made the walks is used: every line of the file may be walked here, lines join wherever they
meet, cross or nearly meet, and an estate may be entered from any street around it. No way on such a network is longer
than the true one, so a walk that is shorter than the way found here is wrong. Ways by networkx (Dijkstra).
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from geoplan.audited import Audited, Outcome, wrong_rows

PLAN_FILE, OSM = "plan.toml", ".pbf"
SAMPLE = 40
SLACK_M = 0.5  # of every way: joins and roundings
JOIN_M = 0.5  # DESIGN 6.2: ends that miss another line by less are joined
GRAIN_M = 0.01
GATE_SHARE = 2  # a gate, and the street it opens to, may each lie so far off
SHIFTED = ("GCJ02", "BD09")
NETWORK = "network"


def walks_follow_streets(audited: Audited) -> Outcome:
    """No walk of a sample is shorter than the way along all the streets of the file."""
    walks = audited.table("walks")
    walks = walks[walks["state"].eq("today") & walks["distance_m"].notna()].sort_values(["estate_id", "facility_type"])
    streets = _streets(audited)
    if streets is None or walks.empty:
        return Outcome(0, [])
    sample = walks.iloc[np.unique(np.linspace(0, len(walks) - 1, SAMPLE).astype(int))]
    lots = audited.table("estates").set_index("estate_id").geometry
    places = audited.table("facilities").set_index("facility_id").geometry
    ways, reach = _Ways(streets), float(audited.number("circle.max_snap_m") or 0) + JOIN_M
    least = [ways.least(lots[estate_id], places[facility_id], reach, said) for estate_id, facility_id, said in zip(
        sample["estate_id"], sample["facility_id"], sample["distance_m"], strict=True)]
    return wrong_rows(sample, sample["distance_m"] < np.array(least) - SLACK_M, ["estate_id", "facility_type"])


def _streets(audited: Audited) -> gpd.GeoSeries | None:
    """Return the lines of the planner's street file in the CRS of the run; None where they cannot be had."""
    folder = audited.project_folder
    if folder is None or audited.run.manifest["notes"].get("walking") != NETWORK:
        return None
    said = tomllib.loads((folder / PLAN_FILE).read_text(encoding="utf-8-sig")).get("streets", {})
    path = folder / str(said.get("path", ""))
    if not path.is_file() or said.get("datum") in SHIFTED:
        return None
    layer = "lines" if path.suffix == OSM else said.get("layer")
    lines = gpd.read_file(path, columns=[], **({} if layer is None else {"layer": layer})).geometry
    if said.get("crs") is not None:
        lines = lines.set_crs(said["crs"], allow_override=True)
    return None if lines.crs is None else lines.to_crs(audited.run.manifest["crs"]).explode().dropna()


class _Ways:
    """All the lines of a file as one network."""

    def __init__(self, streets: gpd.GeoSeries) -> None:
        lines = shapely.force_2d(streets[streets.geom_type == "LineString"].to_numpy())
        joins = _joins(lines)
        edges = shapely.get_parts(shapely.union_all([*lines, *joins], grid_size=GRAIN_M))
        self.edges = np.array([edge for edge in edges if edge.geom_type == "LineString"], dtype=object)
        self.tree, self.graph = shapely.STRtree(self.edges), nx.Graph()
        for edge in self.edges:
            for one, two in pairwise(edge.coords):
                self.graph.add_edge(one, two, weight=float(np.hypot(one[0] - two[0], one[1] - two[1])))

    def least(self, lot: shapely.Geometry, place: shapely.Geometry, reach: float, said: float) -> float:
        """Return a length that no walk from an estate to a place is below; infinite where that is more than said."""
        from_lot, to_place = self._near(lot, GATE_SHARE * reach), self._near(place, reach)
        if not from_lot or not to_place or from_lot & to_place:
            return float(shapely.distance(lot, place))
        begun, ended = self._nodes(from_lot, lot), self._nodes(to_place, place)
        lengths = self._lengths(begun, said + SLACK_M)
        return min((length + ended[node] for node, length in lengths.items() if node in ended), default=np.inf)

    def _near(self, shape: shapely.Geometry, reach: float) -> set[int]:
        return set(self.tree.query(shape, predicate="dwithin", distance=reach).tolist())

    def _nodes(self, edges: Iterable[int], shape: shapely.Geometry) -> dict[tuple[float, float], float]:
        """Return the corners of some edges, and how far each is from a shape: no leg is shorter."""
        nodes = sorted({node for edge in edges for node in self.edges[edge].coords})
        return dict(zip(nodes, shapely.distance(shape, shapely.points(nodes)).tolist(), strict=True))

    def _lengths(self, begun: Mapping[tuple[float, float], float], most: float) -> Mapping[tuple[float, float], float]:
        graph, start = self.graph, "start"
        graph.add_weighted_edges_from((start, node, length) for node, length in begun.items())
        lengths: dict[tuple[float, float], float] = nx.single_source_dijkstra_path_length(graph, start, most)
        graph.remove_node(start)
        return lengths


def _joins(lines: np.ndarray) -> list[shapely.Geometry]:
    """Return short lines from ends to other lines that they miss by little."""
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    of = np.tile(np.arange(len(lines)), 2)
    found, near = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=JOIN_M)
    other = of[found] != near
    joins = shapely.shortest_line(ends[found[other]], lines[near[other]])
    return [join for join in joins if shapely.length(join) > 0]


WALK_CHECKS: Mapping[str, Callable[[Audited], Outcome]] = {"streets": walks_follow_streets}
