"""The sample town counted again by other means: who is relieved by which site, and whom the elder-care rooms serve.

Streets are cut, entered and walked here with shapely and networkx, as DESIGN section 6.2 says it; nothing of geoplan's
network, access points, search, siting or flows is used. Only layers as read and the finished tables are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from geoplan.plan import Plan, make_plan
from geoplan.project import load_project

TOWN = Path(__file__).parents[1] / "data" / "hehuang"
ACCESS_M, SNAP_M, JOINED_M, TOUCH_M = 30, 100, 0.5, 0.01
SLIP_M = 1.0  # what street ends that nearly meet may add to a walk, each less than half a metre
QUARTER_HOUR_M = 1_000
TOLERANCE = 0.1  # circle.area_tolerance of plan.toml
CARRIAGEWAYS, MAIN_ROADS = ("motorway", "motorway_link"), ("primary", "secondary", "trunk")
Ways = list[tuple[int, float, float]]  # piece of street, metres along it, metres of the leg
Metres = dict[object, float]


class Streets:
    """Pieces of street between corners, and where places open to them."""

    def __init__(self, plan: Plan) -> None:
        drawn = plan.layers.streets
        is_tunnel = drawn["tunnel"].fillna(False).astype(bool) & drawn["class"].isin(MAIN_ROADS)
        is_open = ~drawn["class"].isin(CARRIAGEWAYS) & ~is_tunnel & drawn["foot"].ne("no").fillna(True)
        lines = list(drawn[is_open].geometry.explode())
        corners = Counter(spot for line in lines for spot in line.coords)
        corners.update(line.coords[end] for line in lines for end in (0, -1))
        self.pieces = [piece for line in lines for piece in _cut(line, corners)]
        self.tree = shapely.STRtree(self.pieces)
        self.walls = [*plan.layers.barriers.geometry.explode(), *drawn[
            drawn["class"].isin(CARRIAGEWAYS) & ~drawn["bridge"].fillna(False).astype(bool)].geometry]
        self.stops: dict[int, dict[object, float]] = defaultdict(dict)
        for tip in sorted({line.coords[end] for line in lines for end in (0, -1)}):
            for piece in self.tree.query(Point(tip), predicate="dwithin", distance=JOINED_M):
                if tip not in (self.pieces[piece].coords[0], self.pieces[piece].coords[-1]):
                    self.stops[int(piece)][tip] = self.pieces[piece].project(Point(tip))

    def beside(self, shape: BaseGeometry, start: Point, within_m: float) -> Ways:
        """Return every way from a start to a piece of street near a shape that no wall stands in, the nearest first."""
        near = [(self.pieces[piece].distance(shape), self.pieces[piece].distance(start), int(piece))
                for piece in self.tree.query(shape, predicate="dwithin", distance=within_m)]
        return [(piece, self.pieces[piece].project(start), leg) for _, leg, piece in sorted(near)
                if not self.is_walled(shapely.shortest_line(start, self.pieces[piece]))]

    def is_walled(self, leg: LineString) -> bool:
        inner = substring(leg, TOUCH_M, leg.length - TOUCH_M) if leg.length > 2 * TOUCH_M else None
        return inner is not None and any(
            leg.intersection(wall).length > TOUCH_M if wall.area else inner.intersects(wall) for wall in self.walls)

    def graph(self, places: dict[object, Ways]) -> nx.Graph:
        """Return the streets with the stops of all places as corners of their own."""
        for ways in places.values():
            for piece, along, _ in ways:
                self.stops[piece][piece, round(along, 6)] = along
        graph = nx.Graph()
        for piece, line in enumerate(self.pieces):
            between = sorted((along, stop) for stop, along in self.stops[piece].items())
            stops = [(0.0, line.coords[0]), *between, (line.length, line.coords[-1])]
            for (at, one), (further, other) in pairwise(stops):
                _shorten(graph, one, other, further - at)
        return graph


def _cut(line: LineString, corners: Counter[tuple[float, ...]]) -> Iterator[LineString]:
    start, spots = 0, list(line.coords)
    for at in range(1, len(spots)):
        if corners[spots[at]] > 1:
            yield LineString(spots[start:at + 1])
            start = at


def _shorten(graph: nx.Graph, one: object, other: object, metres: float) -> None:
    if metres < graph.get_edge_data(one, other, {"weight": float("inf")})["weight"]:
        graph.add_edge(one, other, weight=metres)


def _centre(shape: BaseGeometry) -> Point:
    return shape.centroid if shape.intersects(shape.centroid) else shape.point_on_surface()


class Recount:
    """A plan, and everybody's distance from a place by streets alone or with the walls of one area open."""

    def __init__(self, plan: Plan) -> None:
        self.tables, layers, streets = plan.tables, plan.layers, Streets(plan)
        self.homes = {row.estate_id: row.geometry for row in layers.estates.itertuples()}
        self.area = self.tables["estates"].set_index("estate_id")["area_id"].dropna()
        gates = {id_: list(own.geometry) for id_, own in layers.gates.groupby("estate_id")}
        self.places: dict[object, Ways] = {}
        for home, shape in self.homes.items():
            inside = _centre(shape)
            through = [(piece, along, leg + inside.distance(gate)) for gate in gates.get(home, [])
                       for piece, along, leg in streets.beside(gate, gate, SNAP_M)[:1]]
            around = streets.beside(shape, inside, ACCESS_M) or streets.beside(shape, inside, SNAP_M)[:1]
            self.places["home", home] = through if home in gates else around
        for layer, key in ((layers.facilities, "facility_id"), (layers.sites, "site_id")):
            for row in layer.itertuples():
                spot = _centre(row.geometry)
                self.places[key, getattr(row, key)] = streets.beside(spot, spot, SNAP_M)[:1]
        self.graph = streets.graph(self.places)
        inside = self.tables["links"].query("usable and barrier.isna()")
        same = inside["estate_a"].map(self.area).eq(inside["estate_b"].map(self.area))
        self.walls = inside[same & inside["estate_a"].isin(self.area.index)]

    def from_place(self, place: object, within_m: float) -> Metres:
        """Return how far every home is from a place by streets."""
        return self._homes(self._walk(self.graph, place, within_m), self.homes)

    def with_walls_open(self, place: object, within_m: float) -> Metres:
        """Return how far every home is from a place where everybody may walk through the opened walls of his area."""
        reached = self._walk(self.graph, place, within_m)
        metres = self._homes(reached, self.homes)
        for area_id, walls in self.walls.groupby(self.walls["estate_a"].map(self.area)):
            members = self.area.index[self.area == area_id]
            if not any(home in metres for home in members):
                continue
            through = {*walls["estate_a"], *walls["estate_b"]}
            added = [(("home", home), (piece, round(along, 6)), leg)
                     for home in sorted(through) for piece, along, leg in self.places["home", home]]
            added += [(("home", a), ("home", b), _centre(self.homes[a]).distance(_centre(self.homes[b])))
                      for a, b in walls[["estate_a", "estate_b"]].itertuples(index=False)]
            for one, other, leg in added:
                _shorten(self.graph, one, other, leg)
            opened = self._walk(self.graph, place, within_m)
            self.graph.remove_nodes_from([("home", home) for home in through])
            found = self._homes(opened, members) | {
                home: opened["home", home] for home in through if ("home", home) in opened}
            metres |= {home: min(found[home], metres.get(home, found[home])) for home in found}
        return metres

    def _walk(self, graph: nx.Graph, place: object, within_m: float) -> Metres:
        (piece, along, leg), = self.places[place]
        walked = nx.single_source_dijkstra_path_length(graph, (piece, round(along, 6)), cutoff=within_m + SLIP_M - leg)
        return {spot: metres + leg for spot, metres in walked.items()}

    def _homes(self, reached: Metres, homes: Iterable[str]) -> Metres:
        ways = {home: [reached[piece, round(along, 6)] + leg for piece, along, leg in self.places["home", home]
                       if (piece, round(along, 6)) in reached] for home in homes}
        return {home: min(metres) for home, metres in ways.items() if metres}


@pytest.fixture(scope="module")
def town() -> Recount:
    return Recount(make_plan(load_project(TOWN)))


def test_a_gap_is_closed_where_walls_or_a_site_within_the_walk_close_it_and_nowhere_else(town: Recount) -> None:
    sitings, gaps = town.tables["sitings"], town.tables["gaps"]
    opened = town.tables["walks"].query("state == 'opened'").set_index(["estate_id", "facility_type"])["distance_m"]
    gaps = gaps[gaps["is_gap"].notna() & gaps["facility_type"].isin(sitings["facility_type"])]
    metres = {site: town.with_walls_open(("site_id", site), 500) for site in sitings["site_id"].unique()}
    nearest = {code: own["site_id"].tolist() for code, own in sitings.groupby("facility_type")}
    lacking = gaps.assign(area_id=gaps["estate_id"].map(town.area), is_open=[
        not opened[row.estate_id, row.facility_type] <= row.limit_m for row in gaps.itertuples()])
    share = lacking.assign(open_residents=lacking["residents"].where(lacking["is_open"], 0)).groupby(
        ["area_id", "facility_type"])[["open_residents", "residents"]].sum()
    served: Counter[tuple[str, str]] = Counter()
    for row in lacking.itertuples():
        near = sorted((metres[site][row.estate_id], site) for site in nearest[row.facility_type]
                      if row.estate_id in metres[site])
        is_near = bool(near) and near[0][0] <= row.limit_m
        assert not near or abs(near[0][0] - row.limit_m) > SLIP_M / 10  # none is so near the limit that slips decide
        assert row.is_gap_after == (row.is_open and not is_near), (row.estate_id, row.facility_type)
        if row.is_open and is_near and isinstance(row.area_id, str):
            people, everybody = share.loc[(row.area_id, row.facility_type)]
            served[near[0][1], row.facility_type] += row.residents if people > TOLERANCE * everybody else 0
    said = sitings.set_index(["site_id", "facility_type"])["residents_served"]
    assert said.to_dict() == {key: served[key] for key in said.index}
    assert said.sum() == sum(served.values()) > 10_000


def test_as_many_square_metres_flow_as_can_with_the_least_walking(town: Recount) -> None:
    flows = town.tables["care_flows"]
    residents = town.tables["estates"].set_index("estate_id")["residents"]
    in_use = town.tables["facilities"].set_index("facility_id")
    best, said = nx.DiGraph(), nx.DiGraph()
    for facility_id in sorted(flows["facility_id"].unique()):
        row = in_use.loc[facility_id]
        rooms = row["elder_area_m2"] if pd.notna(row["elder_area_m2"]) else row["floor_area_m2"]
        best.add_edge("all", facility_id, capacity=round(rooms * 10), weight=0)
        given = flows[flows["facility_id"] == facility_id].set_index("area_id")["floor_area_m2"]
        assert given.sum() <= rooms + 1e-6
        for home, metres in town.from_place(("facility_id", facility_id), QUARTER_HOUR_M).items():
            area_id = town.area.get(home)
            if metres > QUARTER_HOUR_M or area_id is None:
                continue
            best.add_edge(facility_id, home, weight=round(metres * 1_000))
            if area_id in given:
                said.add_edge("all", (facility_id, area_id), capacity=round(given[area_id] * 10), weight=0)
                said.add_edge((facility_id, area_id), home, weight=round(metres * 1_000))
    for graph in (best, said):
        for home in [home for home in graph if home in residents.index]:
            graph.add_edge(home, "needed", capacity=int(residents[home]), weight=0)
    most, least = (nx.cost_of_flow(best, flow) if as_cost else sum(flow["all"].values()) for flow in [
        nx.max_flow_min_cost(best, "all", "needed")] for as_cost in (False, True))
    flow = nx.max_flow_min_cost(said, "all", "needed")
    assert sum(flow["all"].values()) == most == round(flows["floor_area_m2"].sum() * 10)
    assert nx.cost_of_flow(said, flow) == pytest.approx(least, abs=most * SLIP_M * 1_000 / 100)
