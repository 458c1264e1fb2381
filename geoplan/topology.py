"""Do the outlines fit together as a land-resources bureau checks them? Overlaps, gaps, slivers, rings, one layer after
the other, and the areas against the estates they are made of.

Areas need not tile the town: a gap is only ground too narrow to be anything, between two outlines or in the middle of
one. What an area owes is the whole ground of its members, and none of an estate that is not in it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import Finding, listed
from geoplan.schema import conform
from geoplan.shapes import Shapes, fill_between, is_sliver, pairs_within, polygons_of

LEAST_M2, LEAST_M = 0.01, 0.002  # area and mean width of what rounding to the millimetre makes along an edge
SLIT_M = 0.2  # nobody walks, builds or plants on less
SLIT_LENGTH_M = 1.0  # shorter ones are the corner where two outlines meet
KEYS: Mapping[str, str] = {"estates": "estate_id", "areas": "area_id"}
TOLD_BEFORE = {("estates", "overlap")}  # pair by pair, when the estates were read


class Fault(NamedTuple):
    """One thing that does not fit: of one outline, or of two."""

    check: str
    feature_a: str
    feature_b: str
    pieces: int
    area_m2: float


class Outlines(NamedTuple):
    """The outlines of a layer that can be computed with, and what they are called."""

    ids: np.ndarray
    shapes: Shapes


def check_topology(
    estates: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, members: pd.DataFrame,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return what does not fit together in the outlines of estates and areas.

    Parameters
    ----------
    estates
        Layer `estates`.
    areas
        area_id and geometry of table `areas`.
    members
        As `group_estates` returns them.

    Returns
    -------
    topology
        Table `topology`; without a row where everything fits.
    findings
        One for each layer and check with rows, except what was told when the estates were read.
    """
    layers = {"estates": estates, "areas": areas}
    faults = [(layer, fault) for layer, frame in layers.items() for fault in _faults(frame, KEYS[layer])]
    faults += [("areas", fault) for fault in _against_members(estates, areas, members)]
    table = conform("topology", pd.DataFrame(
        [(layer, *fault) for layer, fault in faults],
        columns=["layer", "check", "feature_a", "feature_b", "pieces", "area_m2"]))
    return table, _say(table)


def _faults(frame: gpd.GeoDataFrame, key: str) -> Iterator[Fault]:
    shapes, ids = np.asarray(frame.geometry, dtype=object), frame[key].to_numpy(dtype=object)
    is_sound = shapely.is_valid(shapes) & ~shapely.is_empty(shapes)
    for name in ids[~is_sound]:
        yield Fault("invalid", name, "", 1, np.nan)
    sound = Outlines(ids[is_sound], shapes[is_sound])
    for check in CHECKS:
        yield from check(sound)
    if key == KEYS["areas"]:
        for name, shape in zip(*sound, strict=True):
            if shape.geom_type != "Polygon":
                yield Fault("multipart", name, "", len(shape.geoms), shape.area)


def _overlaps(outlines: Outlines) -> Iterator[Fault]:
    one, two = pairs_within(outlines.shapes, 0.0)
    shared = shapely.intersection(outlines.shapes[one], outlines.shapes[two])
    yield from _pairs("overlap", outlines.ids[one], outlines.ids[two], shared)


def _gaps(outlines: Outlines) -> Iterator[Fault]:
    """Yield slits between two outlines, and holes of one that are no more than a slit."""
    one, two = pairs_within(outlines.shapes, SLIT_M)
    strips = fill_between(outlines.shapes[one], outlines.shapes[two], np.full(len(one), SLIT_M / 2))
    long = [shapely.union_all([part for part in polygons_of(strip) if part.length >= 2 * SLIT_LENGTH_M])
            for strip in strips]
    yield from _pairs("gap", outlines.ids[one], outlines.ids[two], np.array(long, dtype=object))
    for name, shape in zip(*outlines, strict=True):
        holes = [shapely.Polygon(ring) for part in polygons_of(shape) for ring in part.interiors]
        yield from _thin("gap", name, holes)


def _slivers(outlines: Outlines) -> Iterator[Fault]:
    for name, shape in zip(*outlines, strict=True):
        yield from _thin("sliver", name, polygons_of(shape))


CHECKS: Sequence[Callable[[Outlines], Iterator[Fault]]] = (_overlaps, _gaps, _slivers)


def _thin(check: str, name: str, parts: Sequence[Any]) -> Iterator[Fault]:
    thin = [part for part in parts if is_sliver(part)]
    if thin:
        yield Fault(check, name, "", len(thin), sum(part.area for part in thin))


def _pairs(check: str, ones: np.ndarray, others: np.ndarray, ground: Shapes) -> Iterator[Fault]:
    for at in np.flatnonzero(shapely.area(ground) >= LEAST_M2):
        pieces = [part for part in polygons_of(ground[at]) if 2 * part.area > LEAST_M * part.length]
        m2 = sum(part.area for part in pieces)
        if m2 >= LEAST_M2:
            yield Fault(check, ones[at], others[at], len(pieces), m2)


def _against_members(
    estates: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, members: pd.DataFrame,
) -> Iterator[Fault]:
    """Yield the ground of members that their area leaves out, and ground of others that it takes."""
    placed = estates[["estate_id", "geometry"]].merge(members[["estate_id", "area_id"]], on="estate_id", how="left")
    placed, drawn = placed[placed.geometry.is_valid], areas[areas.geometry.is_valid]
    grounds, outlines = (np.asarray(frame.geometry, dtype=object) for frame in (placed, drawn))
    at, estate = shapely.STRtree(grounds).query(outlines, predicate="intersects")
    area_ids, estate_ids = drawn["area_id"].to_numpy(dtype=object)[at], placed["estate_id"].to_numpy(dtype=object)
    is_member = placed["area_id"].to_numpy(dtype=object)[estate] == area_ids
    left = shapely.difference(grounds[estate[is_member]], outlines[at[is_member]])
    taken = shapely.intersection(grounds[estate[~is_member]], outlines[at[~is_member]])
    yield from _pairs("uncovered", area_ids[is_member], estate_ids[estate[is_member]], left)
    yield from _pairs("foreign", area_ids[~is_member], estate_ids[estate[~is_member]], taken)


def _say(table: pd.DataFrame) -> list[Finding]:
    findings = []
    for (layer, check), rows in table.groupby(["layer", "check"], sort=True):
        if (layer, check) not in TOLD_BEFORE:
            pairs = [a if not b else f"{a}–{b}" for a, b in zip(rows["feature_a"], rows["feature_b"], strict=True)]
            findings.append(Finding(f"topology.{check}", str(layer), values={
                "count": len(rows), "ids": listed(pairs), "m2": f"{rows['area_m2'].sum():.2f}"}))
    return findings
