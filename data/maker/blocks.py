"""How the ground between the main roads is divided: lanes, alleys and walls, cut again and again down to parcels."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.ops import polygonize, split

from maker.noding import crossed
from maker.valley import Road, generator, main_roads, motorway, to_valley

OLD_CENTRE = (-250.0, 430.0)
LANE_ABOVE_M2, ALLEY_ABOVE_M2 = 38_000, 18_000
SMALLEST_BLOCK_M2, LARGEST_BLOCK_M2 = 2_500, 220_000
TARGET_M2 = {"old": (4_600, 9_000), "inner": (6_300, 15_000), "outer": (8_800, 22_000), "edge": (12_000, 38_000)}

# name, subdistrict number, community number, planning unit, from s, to s, from t, to t; the first that holds a place
COMMUNITIES = [
    ("西川社区", 1, 1, "西川产业居住单元", -2400, -1450, 30, 900),
    ("西关社区", 1, 2, "西关居住单元", -1450, -640, 30, 900),
    ("南门社区", 1, 3, "古堡老城单元", -640, 540, 30, 490),
    ("水车社区", 1, 4, "水车居住单元", -1800, -560, -546, -30),
    ("磨坊社区", 1, 5, "古堡老城单元", -560, 700, -546, -30),
    ("铁南社区", 1, 6, "古堡老城单元", -1000, 800, -900, -574),
    ("鼓楼社区", 2, 1, "古堡老城单元", -640, 540, 490, 900),
    ("祁连社区", 2, 2, "祁连行政单元", 540, 1050, 30, 900),
    ("丁香社区", 2, 3, "东川居住单元", 1050, 1690, 30, 900),
    ("东川社区", 2, 4, "东川居住单元", 1690, 2450, 30, 900),
    ("站前社区", 2, 5, "站前商贸单元", 700, 1450, -546, -30),
    ("柳滩社区", 2, 6, "柳滩居住单元", 1450, 2200, -546, -30),
]
SUBDISTRICTS = {1: "柳川街道", 2: "鼓楼街道"}


@dataclass(frozen=True)
class Parcel:
    """Ground between streets: `shape` is what is left after streets and pavements."""

    shape: Polygon
    s: float
    t: float
    zone: str
    community: int


def zone_of(s, t):
    """Return old / inner / outer / edge by the distance from the old centre, longer along the valley than across."""
    away = np.hypot(s - OLD_CENTRE[0], 1.35 * (t - OLD_CENTRE[1]))
    return "old" if away < 480 else "inner" if away < 1250 else "outer" if away < 2050 else "edge"


def community_of(s, t):
    """Return the row of COMMUNITIES that holds a place, or None outside the town."""
    held = (
        k for k, (*_, west, east, south, north) in enumerate(COMMUNITIES) if west <= s < east and south <= t < north
    )
    return next(held, None)


def divide():
    """Return all streets and walls of the town (the cuts not noded yet), its blocks by community, and the parcels."""
    rng = generator(1)
    roads = crossed(main_roads() + motorway())
    blocks = [
        (block, community)
        for block in polygonize([road.line for road in roads])
        if SMALLEST_BLOCK_M2 < block.area < LARGEST_BLOCK_M2
        and (community := community_of(*to_valley(block.centroid.x, block.centroid.y))) is not None
    ]
    blocks.sort(key=lambda pair: (round(pair[0].centroid.x), round(pair[0].centroid.y)))
    leaves = []
    for block, community in blocks:
        low, high = TARGET_M2[_zone(block)]
        cuts, parts = _cut(block, low + (high - low) * rng.random(), rng)
        roads += cuts
        leaves += [(part, community) for part in parts]
    return roads, blocks, _parcels(leaves, roads)


def _zone(shape):
    return zone_of(*to_valley(shape.centroid.x, shape.centroid.y))


def _cut(region, target_m2, rng):
    if region.area < target_m2 * (1.0 + 0.7 * rng.random()):
        return [], [region]
    for _ in range(12):
        line = _cut_line(region, rng)
        piece = line.intersection(region)
        parts = [part for part in split(region, line).geoms if part.area > 400]
        if piece.geom_type == "LineString" and len(parts) == 2:
            break
    else:
        return [], [region]
    kind, width = _kind(region.area, target_m2, rng)
    cuts, leaves = [Road(None, kind, width, piece)], []
    for part in parts:
        below = _cut(part, target_m2, rng) if kind != "wall" else ([], [part])
        cuts += below[0]
        leaves += below[1]
    return cuts, leaves


def _cut_line(region, rng):
    corners = np.array(region.minimum_rotated_rectangle.exterior.coords)[:4]
    sides = np.roll(corners, -1, axis=0) - corners
    lengths = np.hypot(*sides.T)
    long = int(np.argmax(lengths))
    if lengths[long] < (2.6 if region.area > LANE_ABOVE_M2 else 1.7) * lengths[(long + 1) % 4] and rng.random() < 0.4:
        long = (long + 1) % 4
    along = sides[long] / lengths[long]
    start = corners[long] + sides[(long + 1) % 4] / 2
    ratio = 0.36 + 0.28 * rng.random() if lengths[long] < 260 else 0.42 + 0.16 * rng.random()
    lean = np.radians(9 * (rng.random() - 0.5))
    across = np.array([-along[1], along[0]]) @ np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
    middle = start + along * lengths[long] * ratio
    bend = along * (rng.random() - 0.5) * 20 if rng.random() < 0.4 else 0 * along
    kink = middle + across * (rng.random() - 0.5) * lengths[(long + 1) % 4] * 0.4
    far = across * 900
    return LineString(
        [middle - far + bend, kink + bend, kink, middle + far] if bend.any() else [middle - far, middle + far]
    )


def _kind(area_m2, target_m2, rng):
    if area_m2 > LANE_ABOVE_M2:
        return "residential", 12 + 3 * rng.random()
    if area_m2 > ALLEY_ABOVE_M2 or area_m2 > 3.2 * target_m2:
        return ("residential", 11 + 2 * rng.random()) if rng.random() < 0.35 else ("service", 7 + 3 * rng.random())
    draw = rng.random()
    if draw < 0.32:
        return "service", 6 + 2 * rng.random()
    return ("footway", 5 + 2 * rng.random()) if draw < 0.44 else ("wall", 1 + 7 * rng.random())


def _parcels(leaves, roads):
    buffers = [road.line.buffer(road.width_m / 2 + 0.5, cap_style="flat", join_style="mitre") for road in roads]
    tree = shapely.STRtree(buffers)
    parcels = []
    for leaf, community in leaves:
        near = [buffers[k] for k in sorted(tree.query(leaf, predicate="intersects"))]
        rest = leaf.difference(shapely.unary_union(near))
        for part in getattr(rest, "geoms", [rest]):
            shape = Polygon(part.exterior).simplify(0.5).buffer(0) if part.area > 700 else Polygon()
            if shape.geom_type == "Polygon" and shape.area > 700:
                s, t = map(float, to_valley(shape.centroid.x, shape.centroid.y))
                parcels.append(Parcel(shape, s, t, zone_of(s, t), community))
    return parcels
