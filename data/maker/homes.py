"""Which parcels people live in, and the outline of every estate: blocks, work-unit courtyards, single buildings."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.affinity import rotate, scale, translate
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from maker.blocks import community_of, zone_of
from maker.names import lines_of
from maker.noding import on_grid
from maker.valley import generator, hill_foot, to_map

ESTATES = 300
SINGLE_PARCELS = 22
LARGEST_SINGLE_M2, SMALLEST_SINGLE_M2 = 5_200, 1_500

KEPT_EMPTY = {"old": 0.06, "inner": 0.14, "outer": 0.18, "edge": 0.30}  # shops, offices, workshops, waste ground
# s, t, length, depth, turn in degrees; the last one stands too far from any street to be reached on foot
SCATTERED = [
    (-2560, 297, 46, 13, 2),
    (-2940, 214, 60, 34, -3),
    (-3280, 300, 42, 12, 4),
    (-2400, -205, 52, 30, 0),
    (2530, 216, 64, 38, 3),
    (2960, 302, 48, 13, -4),
    (3330, 212, 44, 26, 0),
    (930, None, 44, 12, 6),
]
UNREACHABLE_M = 145.0  # behind 北山路


@dataclass(frozen=True)
class Home:
    """One estate before it has people: `form` is block, courtyard, single or scattered."""

    shape: Polygon | MultiPolygon
    s: float
    t: float
    zone: str
    form: str
    community: int


def settle(parcels, roads):
    """Return the estates, the campuses (line of campuses.csv, parcel), and the parcels left for other uses."""
    rng = generator(2)
    campuses, free = _campuses(parcels)
    chance = rng.random(len(free))
    kept = [k for k, parcel in enumerate(free) if chance[k] >= KEPT_EMPTY[parcel.zone] or _is_wanted(parcel)]
    single = [k for k in kept if SMALLEST_SINGLE_M2 < free[k].shape.area < LARGEST_SINGLE_M2 and free[k].zone != "edge"]
    single = {single[k] for k in rng.permutation(len(single))[:SINGLE_PARCELS]}
    homes = [home for k in kept if k in single for home in _single_buildings(free[k], rng)]
    homes += [_scattered(*place) for place in SCATTERED]
    others = [k for k in kept if k not in single]
    lived_in = _lived_in(free, rng)
    order = sorted(others, key=lambda k: (not _is_wanted(free[k]), lived_in[k]))
    chosen = sorted(order[: ESTATES - len(homes)])
    assert len(homes) + len(chosen) == ESTATES, f"only {len(homes) + len(chosen)} estates: lower KEPT_EMPTY"
    streets = shapely.STRtree([road.line for road in roads if road.kind not in ("wall", "motorway", "motorway_link")])
    homes += [_estate(free[k], streets, rng) for k in chosen]
    taken = single | set(chosen)
    return homes, campuses, [parcel for k, parcel in enumerate(free) if k not in taken]


def _campuses(parcels):
    free, campuses = list(parcels), []
    for line in lines_of("campuses.csv"):
        s, t, low, high = (int(line[name]) for name in ("s", "t", "smallest_m2", "largest_m2"))
        fitting = [parcel for parcel in free if low <= parcel.shape.area <= high]
        best = min(fitting, key=lambda parcel, s=s, t=t: (np.hypot(parcel.s - s, parcel.t - t), parcel.s))
        free.remove(best)
        campuses.append((line, best))
    return campuses, free


def _lived_in(parcels, rng):
    """Return a number per parcel, low where people live: shops and offices keep together, so estates do too."""
    s, t = np.array([(parcel.s, parcel.t) for parcel in parcels]).T
    central = np.array([0.3 * (parcel.zone == "old") for parcel in parcels])
    return 0.17 * (np.sin(s / 190 + 0.4) + np.sin(t / 150 + s / 410)) + 0.6 * rng.random(len(parcels)) - central


def _is_wanted(parcel):
    """Say whether people look across the railway or the river, or live in the thin east of the town."""
    east = (parcel.s > 1750 and parcel.t > 0) or (parcel.s > 750 and parcel.t < 0)
    beside_rail = -900 < parcel.s < 700 and (-545 < parcel.t < -440 or -690 < parcel.t < -580)
    return east or (beside_rail and parcel.shape.area < 16_000) or (-250 < parcel.s < 540 and abs(parcel.t) < 75)


def _estate(parcel, streets, rng):
    """Return a block or courtyard: the parcel, set back from the street and often with a bite out of it."""
    setback = 0.5 + 2.5 * rng.random()
    shape = parcel.shape.buffer(-setback, join_style="mitre")
    form = "courtyard" if parcel.shape.area < 8_500 and parcel.zone != "edge" else "block"
    draw = rng.random()
    if draw < 0.24:
        shape = _bitten(shape, 14 + 12 * rng.random(), 12 + 12 * rng.random(), rng)
    elif draw < 0.33:
        shape = _bitten(shape, 0.42 * shape.length / 4, 0.5 * shape.length / 4, rng)
    elif draw < 0.355 and shape.area > 9_000:
        court = scale(shape.minimum_rotated_rectangle, 0.35, 0.4)
        shape = Polygon(shape.exterior, [court.exterior]) if court.within(shape.buffer(-8)) else shape
    elif draw < 0.375 and shape.area > 7_000:
        shape = _halved(shape)
    if streets.query(shape, predicate="dwithin", distance=40).size == 0:
        shape = parcel.shape
    return Home(on_grid(_largest(shape)), parcel.s, parcel.t, parcel.zone, form, parcel.community)


def _largest(shape):
    if shape.geom_type == "MultiPolygon" and not all(part.area > 1_500 for part in shape.geoms):
        return max(shape.geoms, key=lambda part: part.area)
    return shape


def _bitten(shape, along_m, deep_m, rng):
    """Take a corner away, for a shop building that is not part of the estate."""
    corners = np.array(shape.minimum_rotated_rectangle.exterior.coords)[:4]
    k = int(4 * rng.random())
    right, left = corners[(k + 1) % 4] - corners[k], corners[k - 1] - corners[k]
    right, left = right / np.hypot(*right) * along_m, left / np.hypot(*left) * deep_m
    bite = Polygon(
        [
            corners[k] - 3 * (right + left),
            corners[k] + right - 3 * left,
            corners[k] + right + left,
            corners[k] + left - 3 * right,
        ]
    )
    rest = shape.difference(bite)
    return rest if rest.geom_type == "Polygon" and rest.area > 0.55 * shape.area else shape


def _halved(shape):
    """Return an estate of two courtyards with a lane between them."""
    corners = np.array(shape.minimum_rotated_rectangle.exterior.coords)[:4]
    if np.hypot(*(corners[1] - corners[0])) > np.hypot(*(corners[2] - corners[1])):
        lane = LineString([(corners[0] + corners[1]) / 2, (corners[2] + corners[3]) / 2])
    else:
        lane = LineString([(corners[1] + corners[2]) / 2, (corners[3] + corners[0]) / 2])
    return shape.difference(lane.buffer(3.5, cap_style="square"))


def _single_buildings(parcel, rng):
    """Return the buildings of a parcel, each an estate of its own: rows of slabs along the longer side."""
    frame = parcel.shape.minimum_rotated_rectangle
    corners = np.array(frame.exterior.coords)[:4]
    sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    long = int(np.argmax(sides))
    along = (corners[(long + 1) % 4] - corners[long]) / sides[long]
    turn = float(np.degrees(np.arctan2(along[1], along[0])))
    room = rotate(parcel.shape, -turn, origin=(0, 0))
    west, south, east, north = room.bounds
    homes = []
    y = south + 2
    while y + 13 < north and len(homes) < 4:
        x = west + 2
        while x + 30 < east and len(homes) < 4:
            length, depth = 34 + 26 * rng.random(), 11.5 + 2.5 * rng.random()
            slab = box(x, y, min(x + length, east - 2), y + depth)
            slab = slab.intersection(room) if slab.area > 340 else Polygon()
            if slab.geom_type == "Polygon" and slab.area > 0.85 * length * depth:
                shape = on_grid(rotate(slab, turn, origin=(0, 0)))
                homes.append(Home(shape, parcel.s, parcel.t, parcel.zone, "single", parcel.community))
            x += length + 7 + 6 * rng.random()
        y += 13 + 11 + 5 * rng.random()
    return homes


def _scattered(s, t, length, depth, turn):
    t = hill_foot(s) + UNREACHABLE_M if t is None else t
    x, y = map(float, to_map(s, t))
    ahead = np.subtract(to_map(s + 10, t), (x, y))
    slope = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
    slab = translate(rotate(box(-length / 2, -depth / 2, length / 2, depth / 2), slope + turn, origin=(0, 0)), x, y)
    community = community_of(np.clip(s, -1750, 2150), np.clip(t, -540, 500))
    return Home(on_grid(slab), float(s), float(t), zone_of(s, t), "scattered", community)
