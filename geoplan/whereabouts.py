"""In which datum or CRS may coordinates be that do not say? Each candidate is tried on the ground; the planner decides.

Points of a ledger are shifted as if they were WGS84, GCJ-02 or BD-09 and held against the estates and the streets: of
the right one more lie at the estates they are named after, inside outlines, and beside streets. Outlines without a CRS
are tried in every zone. No result is used: it is written down with its figures, for the planner to take or leave.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.datum import (
    FIRST_PLAIN,
    FIRST_SIX_PLAIN,
    SHIFTED,
    SIX_DEGREE_ZONES,
    ZONES,
    in_china,
    likely_crs,
    prefix_of_easting,
    to_wgs84,
    zone_crs,
    zone_of,
)
from geoplan.evidence import Evidence, Key, because
from geoplan.places import DEGREES, to_crs
from geoplan.proposals import Proposal, numbers_of
from geoplan.sniffing import Sniffed

DATUMS = ("WGS84", "GCJ02", "BD09")
SIGNS: Mapping[str, re.Pattern[str]] = {
    "WGS84": re.compile(r"wgs-?_?84|cgcs-?2000|国家?2000|天地图", re.IGNORECASE),
    "GCJ02": re.compile(r"gcj-?_?0?2|火星|高德|腾讯", re.IGNORECASE),
    "BD09": re.compile(r"bd-?_?09|百度", re.IGNORECASE),
}
NEAR_M = 30  # a shop in the ground floor or across the lane belongs to its estate
LEAST_NAMED = 10  # points named after estates before their distances mean something
SHORT_NAME, LONG_NAME = 3, 40  # letters: shorter names stand in many others, longer ones are no names
CLEARLY = 1.5  # times as far, or as many, before one candidate beats another
FAR_SHARE = 0.9  # the distance to the street within which this share of the points lies: a wrong shift has a long tail
REACH_M = 50_000
WIDEST_ZONE_DEG = 6  # a zone whose middle is farther away cannot hold the place
ENOUGH = 3000  # points to try
MOST_QUOTED = 3
POINTS = ("facilities", "sites", "gates")

Numbers = NDArray[np.float64]


class Ground(NamedTuple):
    """What points can be held against, in metres: outlines, names, and streets where there are some."""

    crs: CRS
    outlines: NDArray[np.object_]
    names: tuple[str, ...]
    streets: NDArray[np.object_]


class Points(NamedTuple):
    """Longitudes and latitudes as they stand in a file, and what the points are called."""

    lon: Numbers
    lat: Numbers
    names: NDArray[np.object_]


class Fit(NamedTuple):
    """How well points fit the ground under one datum."""

    datum: str
    inside: float
    street_m: float
    named: int
    named_m: float


def guess_places(sniffed: Mapping[str, Sniffed], proposals: Mapping[str, Sequence[Proposal]]) -> dict[str, list[Key]]:
    """Return for each layer the keys crs or datum that its file leaves open, none of them sure."""
    ground = _ground(sniffed, proposals)
    middle = _known_middle(sniffed)
    keys: dict[str, list[Key]] = {}
    for layer, found in sniffed.items():
        if found.opened.geometry is None:
            keys[layer] = list(_ledger_keys(found, proposals[layer], ground, middle))
        elif found.opened.crs is not None:
            keys[layer] = list(_shifted_key(found, proposals[layer], ground))
        else:
            bounds = shapely.bounds(found.opened.geometry).reshape(-1, 4)
            keys[layer] = list(_crs_keys((bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2, middle))
    return keys


def _ground(sniffed: Mapping[str, Sniffed], proposals: Mapping[str, Sequence[Proposal]]) -> Ground | None:
    estates = sniffed.get("estates")
    if estates is None or estates.opened.crs is None or estates.opened.geometry is None:
        return None
    lonlat = _in_degrees(estates)
    lon = _median(shapely.get_x(shapely.centroid(lonlat)))
    if zone_of(lon) is None:
        return None
    crs = zone_crs(lon)
    streets = sniffed.get("streets")
    lines = np.array([], dtype=object) if streets is None or streets.opened.crs is None else _in_degrees(streets)
    heads = [proposal.theirs for proposal in proposals["estates"] if proposal.ours == "name" and proposal.is_sure]
    names = estates.opened.cells[heads[0]].fillna("").tolist() if heads else [""] * len(lonlat)
    return Ground(crs, to_crs(lonlat, DEGREES, crs), tuple(names), to_crs(lines, DEGREES, crs))


def _in_degrees(found: Sniffed) -> NDArray[np.object_]:
    """Return the shapes of a layer in degrees, None for those that do not lie in China."""
    assert found.opened.geometry is not None
    assert found.opened.crs is not None
    shapes = to_crs(found.opened.geometry, found.opened.crs, DEGREES)
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    at_home: NDArray[np.bool_] = np.all(in_china(bounds[:, [0, 2]], bounds[:, [1, 3]]), axis=1)
    at_home[owner[~np.isfinite(xy).all(axis=1)]] = False
    empty = np.full(len(shapes), None, dtype=object)
    empty[at_home] = shapes[at_home]
    return empty


def _known_middle(sniffed: Mapping[str, Sniffed]) -> tuple[float, float] | None:
    """Return longitude and latitude in the middle of the first layer whose CRS is known, estates before all others."""
    for layer in sorted(sniffed, key=lambda name: name != "estates"):
        found = sniffed[layer]
        if found.opened.geometry is None or found.opened.crs is None:
            continue
        middles = shapely.centroid(_in_degrees(found))
        lon, lat = _median(shapely.get_x(middles)), _median(shapely.get_y(middles))
        if np.isfinite(lon):
            return lon, lat
    return None


def _median(values: Numbers) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _ledger_keys(
    found: Sniffed, proposals: Sequence[Proposal], ground: Ground | None, middle: tuple[float, float] | None
) -> Iterator[Key]:
    heads = {proposal.ours: proposal.theirs for proposal in reversed(proposals)}
    if "x" not in heads or "y" not in heads:
        yield Key("datum", "WGS84", False, (because("no_coordinates"),))
        return
    x, y = (numbers_of(_column(found, heads[axis])) for axis in ("x", "y"))
    known = np.isfinite(x) & np.isfinite(y) & (x != 0) & (y != 0)
    if known.any() and (np.abs(x[known]) <= 180).mean() <= 0.5:
        yield from _crs_keys(x[known], y[known], middle)
        return
    names = _names_of(found, heads)
    kept = known & in_china(x, y)
    texts = (*found.beside, heads["x"], heads["y"])
    yield _datum_key(texts, _some(Points(x[kept], y[kept], names[kept])), ground)


def _shifted_key(found: Sniffed, proposals: Sequence[Proposal], ground: Ground | None) -> Iterator[Key]:
    """Return the datum of points whose file says WGS84 or CGCS2000 and whose places say otherwise."""
    if found.kind not in POINTS or ground is None or found.opened.crs is None or not found.opened.crs.is_geographic:
        return
    middles = shapely.centroid(_in_degrees(found))
    kept = np.isfinite(shapely.get_x(middles))
    names = _names_of(found, {proposal.ours: proposal.theirs for proposal in reversed(proposals)})
    points = _some(Points(shapely.get_x(middles)[kept], shapely.get_y(middles)[kept], names[kept]))
    fits = _fits(points, ground) if len(points.lon) else []
    best = _best(fits)
    if best in SHIFTED:
        yield Key("datum", best, False, (because("shifted"), *_figures(fits)))


def _names_of(found: Sniffed, heads: Mapping[str, str]) -> NDArray[np.object_]:
    if "name" not in heads:
        return np.full(len(found.opened.row), "", dtype=object)
    return _column(found, heads["name"]).fillna("").to_numpy(dtype=object)


def _some(points: Points) -> Points:
    """Return as many points, evenly through the file, as are enough to tell metres from hundreds of metres."""
    step = -(-len(points.lon) // ENOUGH) or 1
    return Points(points.lon[::step], points.lat[::step], points.names[::step])


def _column(found: Sniffed, theirs: str) -> pd.Series:
    return found.opened.cells.iloc[:, [str(name) for name in found.opened.cells.columns].index(theirs)]


def _datum_key(texts: Sequence[str], points: Points, ground: Ground | None) -> Key:
    said = [(datum, text.strip()) for datum, sign in SIGNS.items() for text in texts if sign.search(text)]
    why: list[Evidence] = [because("datum_said", text=text, datum=datum) for datum, text in said[:MOST_QUOTED]]
    named = {datum for datum, _ in said}
    fits = _fits(points, ground) if ground is not None and len(points.lon) else []
    best = _best(fits)
    why += _figures(fits) if fits else [because("no_ground")]
    if best is not None and named and named != {best}:
        why.append(because("datum_conflict", best=best))
    guess = next(iter(named)) if len(named) == 1 else best
    return Key("datum", guess or "?", False, (*why, *(() if guess else (because("datum_open"),))))


def _figures(fits: Sequence[Fit]) -> Iterator[Evidence]:
    datums = "、".join(fit.datum for fit in fits)
    yield because("fits", datum=datums, inside=_row(f"{fit.inside:.0%}" for fit in fits), near=NEAR_M)
    if np.isfinite(fits[0].street_m):
        yield because("fits_streets", streets=_row(f"{fit.street_m:.0f}" for fit in fits), share=f"{FAR_SHARE:.0%}")
    if fits[0].named >= LEAST_NAMED:
        yield because("fits_names", count=fits[0].named, metres=_row(f"{fit.named_m:.0f}" for fit in fits))


def _row(texts: Iterator[str]) -> str:
    return " / ".join(texts)


def _fits(points: Points, ground: Ground) -> list[Fit]:
    outlines, streets = shapely.STRtree(ground.outlines), shapely.STRtree(ground.streets)
    pairs = _named_pairs(points.names, ground.names)
    found = []
    for datum in DATUMS:
        lon, lat = to_wgs84(points.lon, points.lat, datum)
        places = to_crs(np.asarray(shapely.points(lon, lat), dtype=object), DEGREES, ground.crs)
        inside = np.zeros(len(places), dtype=bool)
        inside[outlines.query(places, predicate="dwithin", distance=NEAR_M)[0]] = True
        far = _street_distances(streets, places)
        metres = shapely.distance(places[pairs[:, 0]], ground.outlines[pairs[:, 1]]) if len(pairs) else np.array([])
        found.append(Fit(datum, float(inside.mean()), float(np.quantile(far, FAR_SHARE)) if len(far) else float("nan"),
                         len(metres), _median(metres)))
    return found


def _street_distances(streets: shapely.STRtree, places: NDArray[np.object_]) -> Numbers:
    if not len(streets) or not len(places):
        return np.array([], dtype=np.float64)
    found: Numbers = streets.query_nearest(places, return_distance=True, all_matches=False)[1]
    return found


def _named_pairs(names: NDArray[np.object_], estates: Sequence[str]) -> NDArray[np.int64]:
    """Return which points bear the whole name of one estate, the longest where several fit."""
    counts = Counter(estates)
    at = {name: place for place, name in enumerate(estates) if len(name) >= SHORT_NAME and counts[name] == 1}
    pairs = []
    for point, said in enumerate(names):
        text = said[:LONG_NAME]
        parts = {text[low:high] for low in range(len(text)) for high in range(low + SHORT_NAME, len(text) + 1)}
        fitting = sorted(parts & at.keys(), key=lambda name: (len(name), name))
        if fitting:
            pairs.append((point, at[fitting[-1]]))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _best(fits: Sequence[Fit]) -> str | None:
    """Return the datum that the strongest measure favours clearly: names, then streets, then outlines."""
    if not fits:
        return None
    if fits[0].named >= LEAST_NAMED:
        clear = _clear([fit.named_m + NEAR_M for fit in fits])
        if clear is not None:
            return fits[clear].datum
    if np.isfinite(fits[0].street_m):
        clear = _clear([fit.street_m for fit in fits])
        if clear is not None:
            return fits[clear].datum
    clear = _clear([1 / max(fit.inside, 1e-9) for fit in fits])
    return fits[clear].datum if clear is not None else None


def _clear(figures: Sequence[float]) -> int | None:
    """Return where the smallest figure stands, None where the next is not clearly larger."""
    order = sorted(range(len(figures)), key=lambda at: figures[at])
    return order[0] if figures[order[1]] >= CLEARLY * figures[order[0]] else None


def _crs_keys(x: Numbers, y: Numbers, middle: tuple[float, float] | None) -> Iterator[Key]:
    """Return the CRS that coordinates without one may be in, by their size and by where the other layers lie."""
    at = (_median(x), _median(y))
    range_ = because("crs_range", x=f"{at[0]:.9g}", y=f"{at[1]:.9g}")
    if prefix_of_easting(at[0]) is not None:
        yield Key("crs", likely_crs(*at), False, (range_, because("crs_prefix", zone=prefix_of_easting(at[0]) or 0)))
        return
    hint = likely_crs(*at)
    if "–" not in hint:
        yield Key("crs", hint or "?", False, (range_, because("crs_degrees" if hint else "crs_open")))
        return
    fitting = [] if middle is None else list(_fitting_zones(at, middle))
    if len(fitting) != 1:
        yield Key("crs", "?", False, (range_, because("crs_zone_open", hint=hint)))
        return
    code, metres = fitting[0]
    yield Key("crs", f"EPSG:{code}", False, (range_, because("crs_zone", km=f"{metres / 1000:.1f}")))


def _fitting_zones(at: tuple[float, float], middle: tuple[float, float]) -> Iterator[tuple[int, float]]:
    """Return the zones in which a place comes to lie within reach of another, without those that are the same twice."""
    seen = set()
    plain = [(3 * zone, FIRST_PLAIN + zone) for zone in ZONES]
    plain += [(6 * zone - 3, FIRST_SIX_PLAIN + zone) for zone in SIX_DEGREE_ZONES]
    for meridian, code in plain:
        if abs(meridian - middle[0]) > WIDEST_ZONE_DEG:
            continue
        there = to_crs(shapely.points([middle]), DEGREES, CRS.from_epsg(code))[0]
        metres = float(np.hypot(shapely.get_x(there) - at[0], shapely.get_y(there) - at[1]))
        if meridian not in seen and metres <= REACH_M:
            seen.add(meridian)
            yield code, metres
