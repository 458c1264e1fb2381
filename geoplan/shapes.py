"""What small facts about shapes do several steps need?"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import shapely

from geoplan.crews import count_processors

LINEAR = (1, 2, 5)  # shapely type ids of LineString, LinearRing and MultiLineString
POLYGON = 3
CONTACT_M = 0.01
ROUNDED_M = 0.001
SLIVER_M2, SLIVER_M = 1.0, 0.1  # area and mean width below which a part is no ground anybody uses
MITRE = 2.0  # past twice the radius a grown corner is cut off
PLAIN_SHARE = 0.001  # of the radius: nearer to a line, corners change nothing but take most of the time to grow
PORTION = 64  # pairs that one thread closes at a time
Shapes = np.ndarray[Any, np.dtype[np.object_]]


def representative_points(geometries: Iterable[Any]) -> Shapes:
    """Return the point that stands for each footprint: its centroid where that lies inside, else a point on surface.

    Parameters
    ----------
    geometries
        Footprints (an array, a GeoSeries or a list of shapely geometries).

    Returns
    -------
    points
        Array of shapely Points in the order of `geometries`.
    """
    footprints = np.asarray(geometries, dtype=object)
    centroids = shapely.centroid(footprints)
    inside = shapely.contains_properly(footprints, centroids)
    return np.where(inside, centroids, shapely.point_on_surface(footprints))


def contact_segments(contact: Any, shortest: Any, towards_a: Any, towards_b: Any) -> Shapes:
    """Return a segment of one centimetre in the middle of each contact, directed from one point towards the other.

    Parameters
    ----------
    contact
        Shapes that two footprints share; empty or missing where they only come close.
    shortest
        Shortest segment between the two footprints.
    towards_a, towards_b
        Representative points of the two.

    Returns
    -------
    segments
        Array of LineStrings with two different points.
    """
    is_shared = ~(shapely.is_empty(contact) | shapely.is_missing(contact))
    middle = shapely.get_coordinates(shapely.point_on_surface(np.where(is_shared, contact, shapely.centroid(shortest))))
    step = shapely.get_coordinates(towards_b) - shapely.get_coordinates(towards_a)
    length = np.hypot(*step.T)[:, None]
    along = np.where(length > 0, step / np.where(length > 0, length, 1), (1.0, 0.0)) * CONTACT_M / 2
    return np.asarray(shapely.linestrings(np.stack([middle - along, middle + along], axis=1)), dtype=object)


def snapped(geometries: Iterable[Any]) -> Shapes:
    """Return shapes with their coordinates rounded to the millimetre, valid ones where that can be.

    A shape that cannot be rounded without falling apart is returned as it is.
    """
    return np.array([_snapped(shape) for shape in geometries], dtype=object)


def polygons_of(geometry: Any) -> list[Any]:
    """Return the polygons of any geometry; lines and points have none."""
    parts = shapely.get_parts(shapely.get_parts([geometry]))
    return [part for part in parts if shapely.get_type_id(part) == POLYGON and not shapely.is_empty(part)]


def is_sliver(part: Any) -> bool:
    """Say whether a polygon is smaller than a square metre, or narrower than a hand is long."""
    return bool(part.area < SLIVER_M2 or 2 * part.area < SLIVER_M * part.length)


def pairs_within(shapes: Shapes, distance: float) -> tuple[Any, Any]:
    """Return the numbers of all pairs of shapes that are at most a distance apart, the smaller first, in order."""
    one, two = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=distance)
    one, two = one[one < two], two[one < two]
    order = np.lexsort((two, one))
    return one[order], two[order]


def cut_away(shapes: Shapes, at: Any, blockers: Shapes) -> Shapes:
    """Return shapes without their blockers.

    Parameters
    ----------
    shapes
        Polygons.
    at
        For each blocker the number of the shape that it is taken from.
    blockers
        Polygons.

    Returns
    -------
    left
        What is left of every shape; it may be empty, or in several pieces.
    """
    left = np.array(shapes, dtype=object)
    if len(at) == 0:
        return left
    order = np.argsort(at, kind="stable")
    numbers, starts = np.unique(np.asarray(at)[order], return_index=True)
    for number, theirs in zip(numbers, np.split(np.asarray(blockers, dtype=object)[order], starts[1:]), strict=True):
        left[number] = shapely.difference(left[number], shapely.union_all(theirs))
    return left


def pull_apart(shapes: Shapes, owners: Any) -> Shapes:
    """Return footprints that overlap no footprint of another owner: shared ground goes to the smaller of the two.

    Parameters
    ----------
    shapes
        Footprints.
    owners
        Who owns each of them; footprints of one owner may overlap.

    Returns
    -------
    shapes
        In the same order; at equal size the earlier one keeps the ground, and one that would lose all of it loses none.
    """
    one, two = pairs_within(shapes, 0.0)
    overlaps = (owners[one] != owners[two]) & (shapely.area(shapely.intersection(shapes[one], shapes[two])) > 0)
    one, two = one[overlaps], two[overlaps]
    is_first_larger = shapely.area(shapes[one]) > shapely.area(shapes[two])
    left = cut_away(shapes, np.where(is_first_larger, one, two), shapes[np.where(is_first_larger, two, one)])
    return np.where(shapely.is_empty(left), shapes, left)


def fill_between(one: Shapes, two: Shapes, radius: Any) -> Shapes:
    """Return the ground between pairs of footprints that a circle of a radius cannot enter (a morphological closing).

    Parameters
    ----------
    one, two
        Footprints, pair by pair.
    radius
        Of each pair; over half the gap, or nothing is filled.

    Returns
    -------
    strips
        Polygons that touch both footprints; empty where there is none.
    """
    columns = (np.asarray(column) for column in (one, two, radius))
    portions = [np.array_split(column, -(-len(column) // PORTION) or 1) for column in columns]
    with ThreadPoolExecutor(count_processors()) as threads:  # GEOS runs beside Python
        return np.concatenate(list(threads.map(_fill_between, *portions)))


def _fill_between(one: Shapes, two: Shapes, radius: Any) -> Shapes:
    near = _window(one, two, 2 * radius)
    one, two = shapely.intersection(one, near), shapely.intersection(two, near)
    both = shapely.union(one, two)
    closed = shapely.buffer(
        shapely.simplify(both, radius * PLAIN_SHARE), radius, join_style="mitre", mitre_limit=MITRE)
    closed = shapely.buffer(closed, -radius, join_style="mitre", mitre_limit=MITRE)
    parts, at = shapely.get_parts(shapely.difference(closed, both), return_index=True)
    joins = (shapely.distance(parts, one[at]) <= ROUNDED_M) & (shapely.distance(parts, two[at]) <= ROUNDED_M)
    strips = np.full(len(both), shapely.Polygon(), dtype=object)
    for number in np.unique(at[joins]):
        strips[number] = shapely.union_all(parts[joins & (at == number)])
    return strips


def _window(one: Shapes, two: Shapes, margin: Any) -> Shapes:
    """Return the rectangles in which the bounds of two shapes, grown by a margin, overlap."""
    low = np.maximum(shapely.bounds(one)[:, :2], shapely.bounds(two)[:, :2]) - margin[:, None]
    high = np.minimum(shapely.bounds(one)[:, 2:], shapely.bounds(two)[:, 2:]) + margin[:, None]
    return np.asarray(shapely.box(*low.T, *high.T), dtype=object)


def _snapped(shape: Any) -> Any:
    try:
        rounded = shapely.set_precision(shape, ROUNDED_M)
    except shapely.errors.GEOSException:
        return shape
    return shape if shapely.is_empty(rounded) else rounded
