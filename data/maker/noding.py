"""How lines come to share their vertices: a street meets another only where both have the same point."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry import LineString, Point

DIGITS = 2  # centimetres: every vertex of the town lies on this grid
LOOSE_END_M = 62.0


def on_grid(geometry):
    """Return the geometry with its coordinates rounded to centimetres, no vertex twice in a row."""
    rounded = shapely.transform(geometry, lambda xy: np.round(xy, DIGITS))
    return rounded if rounded.geom_type == "Point" else shapely.remove_repeated_points(rounded)


def crossed(roads):
    """Return the roads cut at every crossing of two of them, loose ends shorter than LOOSE_END_M dropped."""
    lines = [road.line for road in roads]
    left, right = shapely.STRtree(lines).query(lines, predicate="intersects")
    points = defaultdict(list)
    for a, b in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        if a < b:
            for point in getattr(lines[a].intersection(lines[b]), "geoms", [lines[a].intersection(lines[b])]):
                spot = tuple(np.round([point.x, point.y], DIGITS))
                points[a].append(spot)
                points[b].append(spot)
    return [replace(road, line=part) for k, road in enumerate(roads) for part in _pieces(road.line, points[k])]


def joined(roads):
    """Return the roads on the grid, with a vertex wherever another road ends on them."""
    lines = [on_grid(road.line) for road in roads]
    ends = sorted({line.coords[end] for line in lines for end in (0, -1)})
    tree = shapely.STRtree([Point(end) for end in ends])
    out = []
    for road, line in zip(roads, lines, strict=True):
        near = tree.query(line, predicate="dwithin", distance=0.03)
        out.append(replace(road, line=_with_vertices(line, [ends[k] for k in sorted(near)])))
    return out


def _with_vertices(line, spots):
    own = {tuple(spot) for spot in line.coords}
    at = [(line.project(Point(spot)), spot) for spot in line.coords[1:-1]]
    at += [(line.project(Point(spot)), spot) for spot in spots if spot not in own]
    return LineString([line.coords[0], *(spot for _, spot in sorted(at)), line.coords[-1]])


def _pieces(line, spots):
    line = _with_vertices(on_grid(line), spots)
    stops, pieces, run = set(spots), [], []
    for spot in line.coords:
        run.append(spot)
        if spot in stops and len(run) > 1:
            pieces.append(LineString(run))
            run = [spot]
        elif spot in stops:
            run = [spot]
    if len(run) > 1:
        pieces.append(LineString(run))
    loose = [
        k
        for k, piece in enumerate(pieces)
        if piece.length < LOOSE_END_M and not {piece.coords[0], piece.coords[-1]} <= stops
    ]
    return [piece for k, piece in enumerate(pieces) if k not in loose]
