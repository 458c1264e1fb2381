"""Which estates can be joined, and why or why not?

Candidates come from a spatial index; the shortest segment between two outlines decides what lies between them: another
estate (then there is no candidate), a street, a hard barrier, a protected place. What may be used is judged afterwards,
so that every candidate stands in the table with its reason.

A protected place (heritage) is no wall that could be opened, and its ground must not become part of an area by the
way: a link may not run through one. An estate that stands in a protected place itself, as in a historic quarter, is
judged by the rules on heritage and keeps its links: contiguous renovation is to keep the historic fabric, not to leave
it out (青建房〔2023〕268号 2).
"""

from collections.abc import Collection
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.schema import conform
from geoplan.shapes import LINEAR, Shapes, contact_segments, pairs_within, representative_points

SLACK_M = 0.01  # outlines closer than this touch, and a segment may cut this far into a shape without crossing it


def find_candidates(
    estates: gpd.GeoDataFrame, hard_barriers: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, *, max_gap_m: float,
    heritage: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return the pairs of estates that lie close enough to be joined, and what lies between them.

    A pair is a candidate when its outlines are at most `max_gap_m` apart and its shortest segment does not run through
    a third estate. Where outlines touch or overlap the segment is a centimetre long, at the contact; only a barrier
    line that covers the whole contact parts such a pair, as a railway does that two outlines share as their border.

    Parameters
    ----------
    estates
        Layer `estates`, all that were used.
    hard_barriers
        Names and shapes (polygons and lines) that nobody walks through.
    streets
        Layer `streets`.
    max_gap_m
        Greatest distance between two outlines.
    heritage
        Layer `heritage` where it was brought. A protected place lies between two estates when the segment runs through
        it and neither of them stands in it (by its representative point).

    Returns
    -------
    candidates
        estate_a < estate_b, gap_m, length_m (between the representative points), kind, barrier and heritage (name of
        the first that lies between, or missing) and geometry (the shortest segment), by estate_a and estate_b.
    """
    estates = estates.sort_values("estate_id", ignore_index=True)
    shapes = estates.geometry.to_numpy()
    a, b = pairs_within(shapes, max_gap_m)
    gap = shapely.distance(shapes[a], shapes[b])
    segment = shapely.shortest_line(shapes[a], shapes[b])
    is_free = ~_is_third_between(segment, a, b, shapes)
    a, b, gap, segment = a[is_free], b[is_free], gap[is_free], segment[is_free]

    points = representative_points(shapes)
    touches = gap <= SLACK_M
    contact = np.where(touches, shapely.intersection(shapes[a], shapes[b]), None)
    strip = np.where(shapely.is_empty(contact), segment, contact)
    barrier = _first_between(segment, strip, touches, hard_barriers)
    protected = _first_between(segment, strip, touches, _protected(heritage, estates), points[a], points[b])
    crosses_street = _meets_any(segment, streets.geometry.to_numpy())
    ids = estates["estate_id"].to_numpy()
    return gpd.GeoDataFrame({
        "estate_a": ids[a],
        "estate_b": ids[b],
        "gap_m": gap,
        "length_m": shapely.distance(points[a], points[b]),
        "kind": np.select([touches, crosses_street], ["touching", "across_street"], "apart"),
        "barrier": barrier,
        "heritage": protected,
        "geometry": np.where(touches, contact_segments(contact, segment, points[a], points[b]), segment),
    }, geometry="geometry", crs=estates.crs)


def judge_links(
    candidates: gpd.GeoDataFrame, crossings: pd.DataFrame, estates: gpd.GeoDataFrame, *, same_subdistrict: bool,
    grouped_ids: Collection[str], planning_units: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return every candidate with whether it may be used and why.

    The first reason that holds is given, in this order: not_grouped (one of the two is not grouped, or its households
    are unknown), barrier (no walkable crossing), heritage (a protected place lies between), subdistrict_unknown,
    subdistrict, planning_unit (the representative points lie in two different units); a usable link says crossing where
    a barrier is passed, else usable. Where the reason is heritage, the protected place is named as the barrier.

    Parameters
    ----------
    candidates
        As `find_candidates` returns them.
    crossings
        estate_a, estate_b, distance_m: the walk between the two where it is short enough, else missing.
    estates
        Layer `estates`.
    same_subdistrict
        Whether a link may not cross the line between subdistricts.
    grouped_ids
        Estates that are to be grouped.
    planning_units
        Layer `planning_units` where its lines part estates.

    Returns
    -------
    links
        Table `links`.
    """
    known = estates.set_index("estate_id")
    is_grouped = known.index.isin(list(grouped_ids)) & known["households"].notna().to_numpy()
    subdistrict = known["subdistrict"].astype(object).where(known["subdistrict"].notna(), None)
    units = _unit_of(estates, planning_units)
    of_a, of_b = candidates["estate_a"], candidates["estate_b"]

    grouped = pd.Series(is_grouped, index=known.index)
    both_grouped = grouped.loc[of_a].to_numpy() & grouped.loc[of_b].to_numpy()
    has_barrier = candidates["barrier"].notna().to_numpy()
    has_crossing = has_barrier & _walks(candidates, crossings)
    town_a, town_b = subdistrict.loc[of_a].to_numpy(), subdistrict.loc[of_b].to_numpy()
    unit_a, unit_b = units.loc[of_a].to_numpy(), units.loc[of_b].to_numpy()
    reason = np.select(
        [~both_grouped, has_barrier & ~has_crossing, candidates["heritage"].notna(),
         same_subdistrict & (pd.isna(town_a) | pd.isna(town_b)), same_subdistrict & (town_a != town_b),
         pd.notna(unit_a) & pd.notna(unit_b) & (unit_a != unit_b), has_crossing],
        ["not_grouped", "barrier", "heritage", "subdistrict_unknown", "subdistrict", "planning_unit", "crossing"],
        "usable")
    named = candidates["barrier"].mask(reason == "heritage", candidates["heritage"])
    return conform("links", candidates.assign(
        barrier=named, usable=np.isin(reason, ["usable", "crossing"]), reason=reason))


def _is_third_between(segment: Shapes, a: Any, b: Any, shapes: Shapes) -> Any:
    at, third = shapely.STRtree(shapes).query(segment, predicate="intersects")
    is_other = (third != a[at]) & (third != b[at]) & (shapely.length(segment[at]) > SLACK_M)
    at, third = at[is_other], third[is_other]
    cut = shapely.length(shapely.intersection(segment[at], shapes[third])) > SLACK_M
    return np.isin(np.arange(len(segment)), at[cut])


def _protected(heritage: gpd.GeoDataFrame | None, estates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return protected places by the name planners see: their own, else their kind, else that they are heritage."""
    if heritage is None:
        return gpd.GeoDataFrame({"name": pd.Series([], dtype="str")}, geometry=[], crs=estates.crs)
    named = heritage["name"].fillna(heritage["kind"]).fillna("heritage")
    return gpd.GeoDataFrame({"name": named}, geometry=heritage.geometry)


def _first_between(
    segment: Shapes, contact: Shapes, touches: Any, walls: gpd.GeoDataFrame, *homes: Shapes,
) -> Any:
    """Name what lies between each pair, the first by name; what holds a home of the pair does not lie between it."""
    walls = walls.sort_values("name", kind="stable")
    shapes, names = walls.geometry.to_numpy(), walls["name"].to_numpy(dtype=object)
    at, wall = shapely.STRtree(shapes).query(np.where(touches, contact, segment), predicate="intersects")
    is_line = np.isin(shapely.get_type_id(shapes[wall]), LINEAR)
    crosses = is_line | (shapely.length(shapely.intersection(segment[at], shapes[wall])) > SLACK_M)
    left = shapely.difference(contact[at], shapely.buffer(shapes[wall], SLACK_M))
    parts = np.where(touches[at], is_line & shapely.is_empty(left), crosses)
    for home in homes:
        parts &= ~shapely.intersects(shapes[wall], home[at])
    first = pd.Series(wall[parts]).groupby(at[parts]).min()
    between = np.full(len(segment), None, dtype=object)
    between[first.index.to_numpy(dtype=int)] = names[first.to_numpy(dtype=int)]
    return between


def _meets_any(segment: Shapes, lines: Shapes) -> Any:
    at, _ = shapely.STRtree(lines).query(segment, predicate="intersects")
    return np.isin(np.arange(len(segment)), at)


def _walks(candidates: pd.DataFrame, crossings: pd.DataFrame) -> Any:
    walked = crossings.loc[crossings["distance_m"].notna(), ["estate_a", "estate_b"]].drop_duplicates()
    pairs = pd.MultiIndex.from_frame(candidates[["estate_a", "estate_b"]])
    return pairs.isin(pd.MultiIndex.from_frame(walked))


def _unit_of(estates: gpd.GeoDataFrame, planning_units: gpd.GeoDataFrame | None) -> pd.Series:
    """Return the planning unit of each estate: the first that holds its representative point."""
    if planning_units is None:
        return pd.Series(None, index=estates["estate_id"], dtype=object)
    at, unit = shapely.STRtree(planning_units.geometry.to_numpy()).query(
        representative_points(estates.geometry.to_numpy()), predicate="intersects")
    first = pd.Series(unit).groupby(at).min()
    return first.reindex(range(len(estates))).set_axis(estates["estate_id"]).astype(object)
