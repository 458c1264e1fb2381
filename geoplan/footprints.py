"""Is this outline sound? Kind, crossing rings, repeated corners, slivers, the same outline twice, and overlaps."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.rules import Checked, Setting, reject, remark

SLIVER_M2 = 20  # smaller than any house; a leftover of drawing
OVERLAP_M2 = 1  # below it two outlines only share a carelessly drawn border
HUGE_M2 = 1_000_000  # a square kilometre: a whole quarter, not an estate
SCATTERED_M = 200  # parts of one estate lie across a street, not in another quarter
SAME_M = 0.001  # outlines that differ by less than a millimetre are one

POINTS = (shapely.GeometryType.POINT,)
LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING, shapely.GeometryType.MULTILINESTRING)
POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

Shapes = NDArray[np.object_]


def reject_not_polygon(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Reject rows that are not areas."""
    return _reject_other_kinds(rows, setting, POLYGONS)


def reject_not_line(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Reject rows that are not lines."""
    return _reject_other_kinds(rows, setting, LINES)


def reject_not_line_or_polygon(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Reject rows that neither stretch nor spread: a point bars nobody's way."""
    return _reject_other_kinds(rows, setting, (*LINES, *POLYGONS))


def reject_no_length(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Reject lines whose ends and corners are all one place."""
    return reject("footprints.no_length", rows, setting, shapely.length(_shapes(rows)) == 0)


def reject_not_place(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Reject rows that are neither a point nor an area."""
    rows = rows.assign(geometry=_column(_single_points(_shapes(rows)), rows))
    return _reject_other_kinds(rows, setting, (*POINTS, *POLYGONS))


def make_points(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Return areas as a point inside them; reject what is neither a point nor an area."""
    kept, findings = reject_not_place(rows, setting)
    shapes = _shapes(kept)
    is_area = np.isin(shapely.get_type_id(shapes), POLYGONS)
    shapes[is_area] = shapely.point_on_surface(shapes[is_area])
    return kept.assign(geometry=_column(shapes, kept)), findings


def remark_closed(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name outlines whose last corner was not the first; they were closed to be read at all."""
    return (rows, remark("footprints.open", rows, setting, rows["was_open"])) if "was_open" in rows else (rows, [])


def mend_repeated_corners(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Drop a corner that stands twice in a row."""
    shapes = _shapes(rows)
    is_area = np.isin(shapely.get_type_id(shapes), POLYGONS) & (shapely.area(shapes) > 0)  # a flat ring ends in none
    mended = shapes.copy()
    mended[is_area] = shapely.remove_repeated_points(shapes[is_area])
    before, after = shapely.get_num_coordinates(shapes), shapely.get_num_coordinates(mended)
    is_flat = is_area & shapely.is_empty(mended)
    mended[is_flat] = shapes[is_flat]
    findings = remark("footprints.repeated_corner", rows, setting, (after < before) & ~is_flat, count=before - after)
    return rows.assign(geometry=_column(mended, rows)), findings


def mend_crossing(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Make an outline whose ring crosses itself valid; reject one that then holds no area."""
    shapes = _shapes(rows)
    is_crossing = np.isin(shapely.get_type_id(shapes), POLYGONS) & ~shapely.is_valid(shapes)
    if not is_crossing.any():
        return rows, []
    before = shapely.area(shapes)
    shapes[is_crossing] = [_areas_in(shape) for shape in shapely.make_valid(shapes[is_crossing])]
    is_flat = is_crossing & shapely.is_empty(shapes)
    findings = remark("footprints.crossing", rows, setting, is_crossing & ~is_flat,
                      before=_rounded(before), after=_rounded(shapely.area(shapes)))
    kept, rejected = reject("footprints.flat", rows.assign(geometry=_column(shapes, rows)), setting, is_flat)
    return kept, findings + rejected


def reject_slivers(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Reject outlines too small to be an estate."""
    area = shapely.area(_shapes(rows))
    return reject("footprints.sliver", rows, setting, area < SLIVER_M2, area=_rounded(area), least=SLIVER_M2)


def reject_identical(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Reject an outline that an earlier row already has."""
    rounded = shapely.transform(_shapes(rows), lambda xy: np.round(xy / SAME_M) * SAME_M)
    outline = pd.Series(shapely.to_wkb(shapely.normalize(rounded)), index=rows.index)
    first = rows["row"].groupby(outline).transform("first")
    first_id = rows["estate_id"].fillna("").groupby(outline).transform("first")
    return reject("footprints.identical", rows, setting, outline.duplicated(), first=first, first_id=first_id)


def remark_overlaps(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name every pair of outlines that overlap; both are kept."""
    shapes = _shapes(rows)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    pairs = pd.DataFrame({"one": one, "other": other, "shared": shared})[shared > OVERLAP_M2]
    pairs = pairs.sort_values(["one", "other"], ignore_index=True)
    later = rows.iloc[pairs["other"]].reset_index(drop=True)
    earlier = rows.iloc[pairs["one"]].reset_index(drop=True)
    return rows, remark(
        "footprints.overlap", later, setting, np.ones(len(later), dtype=bool), of=len(rows),
        area=_rounded(pairs["shared"].to_numpy()), first=earlier["row"], first_id=earlier["estate_id"])


def remark_scattered(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name outlines of which a part lies far from all the others, and outlines that no estate can fill."""
    shapes = _shapes(rows)
    gaps, is_many = np.zeros(len(shapes)), shapely.get_num_geometries(shapes) > 1
    gaps[is_many] = [_farthest_part(shape) for shape in shapes[is_many]]
    areas = shapely.area(shapes)
    return rows, [
        *remark("footprints.scattered", rows, setting, gaps > SCATTERED_M, gap=_rounded(gaps)),
        *remark("footprints.huge", rows, setting, areas > HUGE_M2, area=_rounded(areas))]


def _farthest_part(shape: shapely.Geometry) -> float:
    """Return how far the part of a shape that lies farthest off is from the rest."""
    parts = shapely.get_parts(shape)
    _, metres = shapely.STRtree(parts).query_nearest(parts, exclusive=True, return_distance=True, all_matches=False)
    return float(metres.max(initial=0.0))


def _reject_other_kinds(rows: pd.DataFrame, setting: Setting, kinds: Iterable[int]) -> Checked:
    type_id = shapely.get_type_id(_shapes(rows))
    found = np.array([shapely.GeometryType(kind).name.lower() if kind >= 0 else "" for kind in type_id], dtype=object)
    return reject("footprints.wrong_kind", rows, setting, ~np.isin(type_id, tuple(kinds)), kind=found)


def _single_points(shapes: Shapes) -> Shapes:
    """Return a multipoint of one point as that point."""
    is_multi = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT
    is_one = is_multi & (shapely.get_num_geometries(shapes) == 1)
    shapes[is_one] = shapely.get_geometry(shapes[is_one], 0)
    return shapes


def _areas_in(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a shape; make_valid leaves lines where a ring folds back on itself."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    polygons = parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > 0)]
    joined: shapely.Geometry = polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
    return joined


def _shapes(rows: pd.DataFrame) -> Shapes:
    return rows["geometry"].to_numpy(dtype=object).copy()


def _column(shapes: Shapes, rows: pd.DataFrame) -> pd.Series:
    return pd.Series(shapes, index=rows.index, dtype=object)


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(values, 1)
