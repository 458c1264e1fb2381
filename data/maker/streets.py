"""The street network as surveyed: names, bridges, underpasses, dead ends, and a few lines that miss each other."""

from collections import Counter
from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.ops import substring

from maker.names import words_of
from maker.noding import joined, on_grid
from maker.valley import BRIDGES, CAR_TUNNEL, UNDERPASS, Road, generator, railway, river

DEAD_END_SHARE = 0.16
MISSES_M = (0.22, 0.31, 0.38, 0.44)  # below the 0.5 m that a reader joins
TOO_FAR_M = 2.6  # a lane that really ends before the street


def survey(roads):
    """Return the streets as the planner has them, noded, and what was done to them on purpose."""
    rng = generator(3)
    streets = [road for road in roads if road.kind != "wall"]
    streets, ends = _dead_ends(streets, rng)
    streets, missing = _short_of_street(streets, ends, rng)
    streets = _marked(joined(streets))
    streets, missing_vertex = _off_vertex(streets, ends, rng)
    streets.append(_footbridge(streets))
    facts = {
        "near_misses_m": {"a vertex": list(MISSES_M[2:]), "the middle of a street": list(MISSES_M[:2])},
        "real_gap_m": TOO_FAR_M,
        "near_miss_points": [_spot(p) for p in missing[:2] + missing_vertex],
        "real_gap_point": _spot(missing[2]),
    }
    return _named(streets), facts


def _spot(point):
    return [round(point[0], 2), round(point[1], 2)]


def _dead_ends(streets, rng):
    """Cut some alleys short where no other street begins on them; return the alleys that stay whole as well."""
    points = shapely.STRtree([Point(street.line.coords[end]) for street in streets for end in (0, -1)])
    lines = shapely.STRtree([street.line for street in streets])
    out, whole = [], []
    for k, street in enumerate(streets):
        short = street.kind in ("service", "footway") and street.name is None and 30 < street.line.length < 170
        met = [
            lines.query(Point(street.line.coords[end]), predicate="dwithin", distance=0.05).size > 1 for end in (0, -1)
        ]
        if short and all(met) and points.query(street.line, predicate="dwithin", distance=0.05).size == 2:
            if rng.random() < DEAD_END_SHARE:
                part = 0.5 + 0.3 * rng.random()
                street = replace(street, line=substring(street.line, 0, part, normalized=True))
            else:
                whole.append(k)
        out.append(street)
    return out, whole


def _short_of_street(streets, whole, rng):
    """Draw three alleys back from the middle of the street they should meet."""
    chosen = [whole[k] for k in rng.permutation(len(whole))[:3]]
    points = []
    for k, miss in zip(chosen, (*MISSES_M[:2], TOO_FAR_M), strict=True):
        line = streets[k].line
        streets[k] = replace(streets[k], line=substring(line, 0, line.length - miss))
        points.append(streets[k].line.coords[-1])
        whole.remove(k)
    return streets, points


def _off_vertex(streets, whole, rng):
    """Draw two alleys back from a vertex of the street they should meet."""
    points = []
    for k, miss in zip([whole[k] for k in rng.permutation(len(whole))[:2]], MISSES_M[2:], strict=True):
        line = streets[k].line
        streets[k] = replace(streets[k], line=on_grid(substring(line, 0, line.length - miss)))
        points.append(streets[k].line.coords[-1])
    return streets, points


def _marked(streets):
    """Mark what crosses the river as a bridge and what crosses the railway as a tunnel."""
    water, rails = river(), shapely.union_all(railway())
    out = []
    for street in streets:
        if street.name in BRIDGES and street.line.intersects(water):
            street = replace(street, name=BRIDGES[street.name], bridge=True, level=1)
        elif street.name in (UNDERPASS, CAR_TUNNEL) and street.line.intersects(rails):
            street = replace(street, tunnel=True, level=-1, foot="yes" if street.name == UNDERPASS else None)
        out.append(street)
    return out


def _footbridge(streets):
    """Return a footbridge between two lanes that end on 人民路 opposite each other; it shares no vertex with 人民路."""
    avenue = shapely.union_all([street.line for street in streets if street.name == "人民路"])
    ends = [
        (k, end)
        for k, street in enumerate(streets)
        if street.kind == "residential" and street.name is None
        for end in (0, -1)
        if avenue.distance(Point(street.line.coords[end])) < 0.01
    ]
    pairs = []
    for i, (a, end_a) in enumerate(ends):
        for b, end_b in ends[i + 1 :]:
            start, stop = _step_in(streets[a].line, end_a), _step_in(streets[b].line, end_b)
            bridge = LineString([start, stop])
            if a != b and bridge.crosses(avenue) and bridge.intersection(avenue).geom_type == "Point":
                pairs.append((bridge.length, a, b, end_a, end_b))
    _, a, b, end_a, end_b = min(pairs)
    ramp = LineString([_step_in(streets[a].line, end_a), _step_in(streets[b].line, end_b)])
    for k, end in ((a, end_a), (b, end_b)):
        coords = list(streets[k].line.coords)
        coords.insert(1 if end == 0 else len(coords) - 1, _step_in(streets[k].line, end))
        streets[k] = replace(streets[k], line=LineString(coords))
    return Road("人民路过街天桥", "footway", 4, ramp, bridge=True, level=1, foot="yes")


def _step_in(line, end):
    """Return the point of a lane 20 m from its end."""
    point = line.interpolate(20 if end == 0 else line.length - 20)
    return tuple(np.round([point.x, point.y], 2))


def _named(streets):
    """Give the streets that were cut into the blocks their names; most alleys and paths stay without one."""
    rng = generator(4)
    lanes, roads = iter(words_of("lanes")), iter(words_of("roads"))
    out = []
    for street in streets:
        if street.name is None and street.kind == "residential" and street.line.length > 90:
            street = replace(street, name=next(roads, None) if rng.random() < 0.3 else None)
        elif street.name is None and street.kind == "service" and street.line.length > 60:
            street = replace(street, name=next(lanes, None) if rng.random() < 0.25 else None)
        out.append(street)
    return out


def kinds_of(streets):
    """Return how many streets there are of each class."""
    return dict(sorted(Counter(street.kind for street in streets).items()))
