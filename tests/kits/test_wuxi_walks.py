"""300 walks of one real district, walked again by other means: networkx on a graph made here from the raw street file.

Nothing of geoplan's network, access points or search is used: lines are cut, street points are found and legs are
drawn with shapely, estate by estate, as DESIGN section 6.2 says it. Only the shapes of estates and facilities, and
which type a facility is, come from the reader, which has tests of its own.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from geoplan import read_project
from geoplan.access import find_access, snap_points
from geoplan.network import build_network, find_hard_barriers
from geoplan.read import Layers, read_layers
from geoplan.travel import find_walks

HERE = Path(__file__).parent / "wuxi_xinwu"
SAMPLE = 300
NOT_WALKED = ("motorway", "motorway_link", "construction")  # not_walkable of plan.toml
EXPRESSWAYS = ("motorway", "motorway_link")
CENTIMETRES = 2  # places of a coordinate: vertices that agree so far are one node
JOINED_M, ACCESS_M, SNAP_M = 0.5, 30, 100
TOUCH_M = 0.01
TYPE_OF = "facility_type"


@pytest.fixture(scope="module")
def layers(shared: Path) -> Layers:
    assert shared.is_dir()
    return read_layers(read_project(HERE))


@pytest.fixture(scope="module")
def walks(layers: Layers) -> pd.DataFrame:
    hard = find_hard_barriers(layers.streets, layers.barriers)
    edges, _ = build_network(layers.streets)
    access, _ = find_access(layers.estates, layers.gates, edges, hard, access_m=ACCESS_M, max_snap_m=SNAP_M)
    snaps, _ = snap_points(layers.facilities, "facility_id", edges, hard, max_snap_m=SNAP_M)
    types = sorted(layers.facilities[TYPE_OF].dropna().unique())
    every = find_walks(layers.estates, layers.facilities, access, snaps, edges, None, state="today",
                       speeds={"adult": 66.0, "elderly": 48.0}, elderly_types=[], types=types)
    return every.iloc[::len(every) // SAMPLE].head(SAMPLE)


@pytest.fixture(scope="module")
def town(shared: Path, layers: Layers, walks: pd.DataFrame) -> "Town":
    drawn = gpd.read_file(shared / "kits" / "wuxi_xinwu" / "streets.gpkg").to_crs(layers.crs)
    town = Town(drawn, gpd.read_file(shared / "kits" / "wuxi_xinwu" / "water.geojson").to_crs(layers.crs))
    sampled = layers.estates[layers.estates["estate_id"].isin(walks["estate_id"])]
    for estate in sampled.itertuples():
        town.enter(("home", estate.estate_id), estate.geometry)
    open_now = layers.facilities[layers.facilities["status"] == "existing"].dropna(subset=TYPE_OF)
    for facility in open_now.itertuples():
        town.reach(("type", facility.facility_type), facility.geometry)
    return town


class Town:
    """The streets of a town as pieces between nodes, and the points on them where people come and go."""

    def __init__(self, drawn: gpd.GeoDataFrame, water: gpd.GeoDataFrame) -> None:
        lines = [shapely.set_precision(line, 10 ** -CENTIMETRES, mode="pointwise")
                 for line in drawn.loc[~drawn["highway"].isin(NOT_WALKED)].geometry.explode()]
        self.pieces = list(cut(lines))
        self.tree = shapely.STRtree(self.pieces)
        self.walls = [*water.geometry.explode(), *drawn.loc[drawn["highway"].isin(EXPRESSWAYS)].geometry.explode()]
        self.wall_tree = shapely.STRtree(self.walls)
        self.stops: dict[int, list[tuple[float, object]]] = {piece: [] for piece in range(len(self.pieces))}
        self.legs: list[tuple[object, object, float]] = []
        self.join_near_misses({line.coords[end] for line in lines for end in (0, -1)})

    def join_near_misses(self, tips: set[tuple[float, ...]]) -> None:
        for tip in sorted(tips):
            for piece in self.tree.query(Point(tip), predicate="dwithin", distance=JOINED_M):
                line = self.pieces[piece]
                if tip not in (line.coords[0], line.coords[-1]):
                    self.stop(piece, line.project(Point(tip)), tip, 0.0)

    def stop(self, piece: int, along_m: float, place: object, leg_m: float) -> None:
        """Put a stop on a piece, joined to a place beside the street."""
        stop = (piece, round(along_m, 6), "stop")
        self.stops[piece].append((along_m, stop))
        self.legs.append((stop, place, leg_m))

    def enter(self, home: object, outline: BaseGeometry) -> None:
        """Enter an estate from every piece beside it, else from the nearest one."""
        inside = outline.centroid if outline.centroid.within(outline) else outline.point_on_surface()
        beside = [way for way in self.ways(outline, inside, ACCESS_M) if not self.is_walled(way[2])]
        for _, piece, leg in beside:
            self.stop(piece, self.pieces[piece].project(inside), home, leg.length)
        if not beside:
            self.leave(home, outline, inside)

    def reach(self, kind: object, spot: Point) -> None:
        self.leave(kind, spot, spot)

    def leave(self, place: object, shape: BaseGeometry, start: Point) -> None:
        for _, piece, leg in sorted(self.ways(shape, start, SNAP_M), key=lambda way: (way[0], way[2].length)):
            if not self.is_walled(leg):
                self.stop(piece, self.pieces[piece].project(start), place, leg.length)
                return

    def ways(self, shape: BaseGeometry, start: Point, within_m: float) -> list[tuple[float, int, LineString]]:
        near = self.tree.query(shape, predicate="dwithin", distance=within_m)
        return [(shape.distance(self.pieces[piece]), int(piece), shapely.shortest_line(start, self.pieces[piece]))
                for piece in near]

    def is_walled(self, leg: LineString) -> bool:
        if leg.length <= 2 * TOUCH_M:
            return False
        inner = substring(leg, TOUCH_M, leg.length - TOUCH_M)
        return any(
            leg.intersection(self.walls[wall]).length > TOUCH_M if self.walls[wall].area else
            inner.intersects(self.walls[wall]) for wall in self.wall_tree.query(leg, predicate="intersects"))

    def graph(self) -> nx.DiGraph:
        """Return streets both ways, from the types of facilities to the streets, and from the streets to the homes."""
        graph = nx.DiGraph()
        for piece, line in enumerate(self.pieces):
            stops = [(0.0, line.coords[0]), *sorted(self.stops[piece]), (line.length, line.coords[-1])]
            for (at, one), (further, other) in pairwise(stops):
                self.link(graph, one, other, further - at)
                self.link(graph, other, one, further - at)
        for stop, place, leg_m in self.legs:
            is_join = isinstance(place[0], float)
            if is_join or place[0] == "home":
                self.link(graph, stop, place, leg_m)
            if is_join or place[0] == "type":
                self.link(graph, place, stop, leg_m)
        return graph

    @staticmethod
    def link(graph: nx.DiGraph, one: object, other: object, length_m: float) -> None:
        known = graph.get_edge_data(one, other, {"weight": length_m})["weight"]
        graph.add_edge(one, other, weight=min(known, length_m))


def cut(lines: list[LineString]) -> Iterator[LineString]:
    """Cut lines wherever one of their vertices ends a line or is used more than once."""
    used = Counter(spot for line in lines for spot in line.coords)
    used.update(line.coords[end] for line in lines for end in (0, -1))
    for line in lines:
        spots = [spot for spot, following in pairwise([*line.coords, None]) if spot != following]
        nodes = [at for at, spot in enumerate(spots) if used[spot] > 1]
        yield from (LineString(spots[low:high + 1]) for low, high in pairwise(nodes))


def test_the_sample_is_spread_over_the_town(walks: pd.DataFrame) -> None:
    assert len(walks) == SAMPLE
    assert walks["estate_id"].nunique() > 200
    assert walks[TYPE_OF].nunique() == 24


def test_walks_agree_with_networkx_within_one_percent(town: Town, walks: pd.DataFrame) -> None:
    graph = town.graph()
    again = {code: nx.single_source_dijkstra_path_length(graph, ("type", code)) for code in sorted(set(walks[TYPE_OF]))}
    wrong = []
    for walk in walks.itertuples():
        other_m = again[walk.facility_type].get(("home", walk.estate_id), float("nan"))
        if pd.isna(walk.distance_m) != pd.isna(other_m) or abs(walk.distance_m - other_m) > 0.01 * other_m:
            wrong.append((walk.estate_id, walk.facility_type, walk.distance_m, other_m))
    assert wrong == []
    assert walks["distance_m"].notna().sum() > 0.9 * SAMPLE
