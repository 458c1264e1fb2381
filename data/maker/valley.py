"""The ground of the town: a bent valley, its river, railway, hills and main roads.

Everything is first drawn on a straight valley, `s` metres downstream and `t` metres to the left of the river, and then
bent onto the map, so that roads follow the river as they do in a real valley town. Map coordinates are metres of
EPSG:4543 (CGCS2000, 3-degree zone, central meridian 102 E).
"""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

SEED = 20240301
CRS_CODE = 4543
ORIGIN = (500_400.0, 4_030_600.0)
TURN = np.radians(-9.0)
STEP_M = 45.0
OVERSHOOT_M = 22.0

# name, class, full width with pavements, start, end, then t as a function of s
ALONG = [
    ("北山路", "tertiary", 18, -2250, 2350, lambda s: hill_foot(s)),
    ("文化路", "secondary", 24, -1850, 1900, lambda s: 492 + 14 * np.sin(s / 520)),
    ("人民路", "primary", 34, -3500, 3600, lambda s: 258 + 16 * np.sin(s / 640 + 1)),
    ("滨河北路", "secondary", 20, -2250, -250, lambda s: 46 + 4 * np.sin(s / 300)),
    ("滨河步道", "footway", 6, -250, 540, lambda s: 23 + 1.5 * np.sin(s / 210)),
    ("滨河北路", "secondary", 20, 540, 2350, lambda s: 46 + 4 * np.sin(s / 300)),
    ("柳岸步道", "footway", 6, -1700, 700, lambda s: -22 + 1.5 * np.sin(s / 260)),
    ("滨河南路", "tertiary", 18, 700, 2100, lambda s: -45 + 4 * np.sin(s / 280)),
    ("建设路", "primary", 30, -2600, 2900, lambda s: -238 + 12 * np.sin(s / 560 + 2)),
    ("铁北路", "tertiary", 18, -1700, 2100, lambda s: -432 + 9 * np.sin(s / 470)),
    ("铁南路", "residential", 13, -920, 715, lambda s: -694 + 8 * np.sin(s / 350)),
    ("南山根路", "residential", 13, -920, 715, lambda s: -822 + 22 * np.sin(s / 390 + 1)),
]
# name, class, full width, s at t = 0, slant, start, end (t; "hill" = the foot of the hills)
ACROSS = [
    ("西川路", "secondary", 22, -2250, 0.03, 46, "hill"),
    ("水磨路", "residential", 14, -1850, -0.04, 46, "hill"),
    ("西关路", "tertiary", 18, -1450, 0.02, 46, "hill"),
    ("昆仑路", "residential", 15, -1050, -0.03, 46, "hill"),
    ("西门街", "tertiary", 18, -640, 0.05, 46, "hill"),
    ("解放路", "secondary", 24, -250, 0.0, -432, "hill"),
    ("东门街", "tertiary", 18, 150, -0.04, 23, "hill"),
    ("祁连路", "secondary", 22, 540, 0.03, 23, "hill"),
    ("柳川路", "primary", 30, 1050, -0.02, -432, "hill"),
    ("丁香路", "residential", 15, 1480, 0.04, 46, "hill"),
    ("毛纺路", "tertiary", 18, 1900, -0.03, 46, "hill"),
    ("东川路", "secondary", 22, 2350, 0.02, 46, "hill"),
    ("水车路", "residential", 14, -1700, 0.03, -432, -22),
    ("粮站路", "residential", 15, -1300, -0.03, -432, -22),
    ("南园路", "tertiary", 18, -900, 0.02, -548, -22),
    ("菜园街", "residential", 14, -560, -0.04, -548, -22),
    ("磨坊街", "residential", 14, 120, 0.04, -548, -22),
    ("红崖路", "tertiary", 18, 700, -0.02, -548, -22),
    ("站西路", "residential", 15, 1450, 0.03, -432, -45),
    ("货场路", "tertiary", 18, 1800, -0.03, -432, -45),
    ("柳滩路", "residential", 15, 2100, 0.02, -432, -45),
    ("铁路涵洞", "footway", 5, -180, 0.0, -694, -432),
    ("铁南通道", "secondary", 14, 420, 0.0, -694, -432),
    ("铁西巷", "residential", 12, -870, 0.02, -822, -576),
    ("道班巷", "residential", 12, -480, 0.03, -822, -576),
    ("枕木巷", "residential", 12, 120, -0.02, -822, -576),
    ("铁东巷", "residential", 12, 670, -0.02, -822, -576),
]
WALLS = [(-920, 715, -548), (-920, 715, -576)]  # beside the railway: s from, s to, t
RAIL_T, RAIL_FROM, RAIL_TO = -562, -3600, 3700
BRIDGES = {"解放路": "解放桥", "柳川路": "柳川大桥"}
UNDERPASS, CAR_TUNNEL = "铁路涵洞", "铁南通道"
RIVER_NAME, RAIL_NAME, MOTORWAY_NAME = "柳川河", "湟柳铁路", "湟柳高速"


@dataclass(frozen=True)
class Road:
    """One line of the ground: class `wall` is a railway fence and no street."""

    name: str | None
    kind: str
    width_m: float
    line: LineString
    bridge: bool = False
    tunnel: bool = False
    level: int = 0
    foot: str | None = None


def generator(number):
    """Return the stream of chance of one noun of the town."""
    return np.random.default_rng([SEED, number])


def hill_foot(s):
    """Return the distance of the northern hills from the river."""
    return 545 + 215 * np.exp(-(((s + 200) / 1250) ** 2)) + 18 * np.sin(s / 330)


def to_map(s, t):
    """Bend points of the straight valley onto the map."""
    s, t = np.broadcast_arrays(np.asarray(s, float), np.asarray(t, float))
    x, y = s + _wobble_x(s, t), t + _river(s) + _wobble_y(s, t)
    return ORIGIN[0] + x * np.cos(TURN) - y * np.sin(TURN), ORIGIN[1] + x * np.sin(TURN) + y * np.cos(TURN)


def to_valley(x, y):
    """Return s and t of map points: the inverse of to_map by fixed point, good to a centimetre."""
    x, y = np.asarray(x, float) - ORIGIN[0], np.asarray(y, float) - ORIGIN[1]
    east, north = x * np.cos(TURN) + y * np.sin(TURN), -x * np.sin(TURN) + y * np.cos(TURN)
    s, t = east, north - _river(east)
    for _ in range(30):
        s = east - _wobble_x(s, t)
        t = north - _river(s) - _wobble_y(s, t)
    return s, t


def _river(s):
    return 170 * np.sin(s / 900 + 0.5) + 30 * np.sin(s / 370 + 1.9)


def _wobble_x(s, t):
    return 16 * np.sin(t / 260 + s / 800) + 6 * np.sin(s / 190 - t / 330)


def _wobble_y(s, t):
    return 9 * np.sin(s / 310 + t / 420) * (1 - np.exp(-((t / 300) ** 2)))


def bent(s, t):
    """Return the line through points of the straight valley, at most STEP_M apart, on the map."""
    s, t = np.broadcast_arrays(np.asarray(s, float), np.asarray(t, float))
    line = shapely.segmentize(LineString(np.c_[s, t]), STEP_M)
    return LineString(np.c_[to_map(*shapely.get_coordinates(line).T)])


def main_roads():
    """Return the hand-drawn roads and the railway fences, whole; where they meet they run over by OVERSHOOT_M."""
    roads = []
    for name, kind, width, start, end, t_of in ALONG:
        s = np.arange(start - OVERSHOOT_M, end + OVERSHOOT_M + 1, 10.0)
        roads.append(Road(name, kind, width, bent(s, t_of(s)).simplify(0.8)))
    for name, kind, width, at, slant, start, end in ACROSS:
        stop = hill_foot(at + slant * 650) if end == "hill" else end
        t = np.array([start - OVERSHOOT_M, stop + OVERSHOOT_M])
        roads.append(Road(name, kind, width, bent(at + slant * t, t)))
    roads += [Road(None, "wall", 4, bent([start - OVERSHOOT_M, end + OVERSHOOT_M], [t, t])) for start, end, t in WALLS]
    return roads


def river():
    """Return the river as a polygon, some 30 m wide."""
    s = np.arange(-3900.0, 4000.0, 40.0)
    half = 14.5 + 2 * np.sin(s / 240) + 1.2 * np.sin(s / 95)
    return Polygon([*np.c_[to_map(s, half)], *np.c_[to_map(s, -half)][::-1]]).simplify(0.3)


def railway():
    """Return the two tracks of the railway."""
    s = np.arange(RAIL_FROM, RAIL_TO + 1, 60.0)
    return [LineString(np.c_[to_map(s, np.full_like(s, RAIL_T + side))]).simplify(0.3) for side in (-2.1, 2.1)]


def motorway():
    """Return the expressway on the northern hillside and its slip road to 人民路."""
    s = np.arange(-3700.0, 3701.0, 50.0)
    t = hill_foot(s) + 165 + 40 * np.sin(s / 700)
    slip = np.array([2640.0, 2760, 2800, 2780, 2700, 2690])
    down = np.array([760.0, 600, 480, 370, 280, 200])
    return [
        Road(MOTORWAY_NAME, "motorway", 26, LineString(np.c_[to_map(s, t)])),
        Road(None, "motorway_link", 10, bent(slip, down)),
    ]


def hills():
    """Return the hills north and south of the town as polygons."""
    s = np.arange(-3600.0, 3601.0, 100.0)
    north, south = hill_foot(s) + 26, np.full_like(s, -885.0) + 30 * np.sin(s / 400)
    return [
        Polygon([*np.c_[to_map(s, foot)], *np.c_[to_map(s, np.full_like(s, far))][::-1]]).simplify(1.0)
        for foot, far in ((north, 1500), (south, -1500))
    ]
