"""Where do the areas lie?

An outline is its members, the paths that make them hang together, and the ground between linked members as far as
nobody else needs it. Ground under estates of two areas goes to the smaller estate.
"""

from decimal import Decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import Finding
from geoplan.naming import name_areas
from geoplan.paths import CLEARANCE_M, clear, find_paths
from geoplan.shapes import POLYGON, Shapes, fill_between, is_sliver, polygons_of, pull_apart, snapped

LANE_M = 1.0  # width of a lane through another area's ground
CRUMB_M2 = 0.1  # pieces with less of a member than this are left behind by cutting
FILL_SHARE, FILL_M = 0.6, 1.0  # a strip fills what is not wider than 1.2 gaps and two metres


def draw_areas(
    estates: gpd.GeoDataFrame, links: gpd.GeoDataFrame, members: pd.DataFrame, *, area_overhead: float,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the areas with their outlines, names and sums.

    Parameters
    ----------
    estates
        Layer `estates` with `residents`, all that were used.
    links
        Table `links`.
    members
        As `group_estates` returns them.
    area_overhead
        Household-metres that every area costs.

    Returns
    -------
    areas
        area_id, component_id, name, subdistrict, estates, households, residents, floor_area_m2 (missing where it is for
        a member), hub_estate_id, radius_m, cost and geometry of table `areas`, by area_id.
    findings
        The areas whose outline could not be drawn in one piece.
    """
    in_area = members[members["area_id"].notna()].drop(columns="left_out")
    placed = estates.merge(in_area, on="estate_id").sort_values("estate_id", ignore_index=True)
    areas = _sums(placed, area_overhead).join(name_areas(placed))
    areas = gpd.GeoDataFrame(areas.reset_index(), geometry=_outlines(estates, links, placed), crs=estates.crs)
    torn = areas.loc[areas.geom_type != "Polygon", "name"]
    return areas, [Finding("outlines.torn", layer="estates", values={"name": name}) for name in torn]


def _sums(placed: gpd.GeoDataFrame, area_overhead: float) -> pd.DataFrame:
    walked = placed["households"].astype("float64") * placed["distance_m"]
    by_area = placed.assign(walked=walked).groupby("area_id")
    table: pd.DataFrame = by_area.agg(
        component_id=("component_id", "first"), estates=("estate_id", "size"), households=("households", "sum"),
        hub_estate_id=("hub_estate_id", "first"), radius_m=("distance_m", "max"), cost=("walked", "sum"))
    table["cost"] += area_overhead
    for column, added in (("residents", by_area["residents"].sum()),
                          ("floor_area_m2", by_area["floor_area_m2"].agg(_exact_sum))):
        is_whole = placed[column].notna().groupby(placed["area_id"]).all()
        table[column] = added.where(is_whole)
    return table


def _exact_sum(values: pd.Series) -> float:
    """Return the sum as people add decimals: 0.1 + 0.2 is 0.3."""
    return float(sum((Decimal(str(value)) for value in values.dropna()), Decimal(0)))


def _outlines(estates: gpd.GeoDataFrame, links: gpd.GeoDataFrame, placed: gpd.GeoDataFrame) -> Shapes:
    """Return the outline of every area, by area_id."""
    area = placed["area_id"].to_numpy(dtype=object)
    lots = pull_apart(snapped(placed.geometry), area)
    others = estates.geometry[~estates["estate_id"].isin(placed["estate_id"])]
    grown = shapely.buffer([*lots, *others], CLEARANCE_M, join_style="mitre")
    fenced = gpd.GeoDataFrame({"area_id": [*area, *[None] * len(others)]}, geometry=grown)
    inner = _inner_links(links, placed)
    paths = find_paths(lots, area, inner, fenced)
    strips = _strips(lots, inner, paths, fenced)
    own = pd.Series(list(lots), dtype=object).groupby(area).agg(shapely.union_all)
    filled = _joined(own, strips)
    loose = filled[filled.map(shapely.get_type_id) != POLYGON]
    whole = _joined(loose, paths).reindex(own.index).fillna(filled)
    apart = pull_apart(snapped(whole), own.index.to_numpy())
    held = np.array([_held(outline, lot) for outline, lot in zip(apart, own, strict=True)], dtype=object)
    for torn in np.flatnonzero(shapely.get_type_id(held) != POLYGON).tolist():
        held = _broken_through(held, own.to_numpy(), torn)
    taken = shapely.STRtree(np.array([*lots, *others, *held], dtype=object))
    return np.array([_without_pinholes(outline, taken) for outline in held], dtype=object)


def _without_pinholes(outline: shapely.Geometry, taken: shapely.STRtree) -> shapely.Geometry:
    """Return an outline without the slits that rounding leaves inside it, as far as nobody's ground lies in them."""
    holes = [shapely.Polygon(ring) for part in polygons_of(outline) for ring in part.interiors]
    empty = [hole for hole in holes if is_sliver(hole) and not shapely.area(
        shapely.intersection(taken.geometries[taken.query(hole, predicate="intersects")], hole)).any()]
    return shapely.union_all([outline, *empty]) if empty else outline


def _joined(outlines: pd.Series, ground: gpd.GeoDataFrame) -> pd.Series:
    """Return outlines, by area_id, together with ground of their areas that touches them."""
    more = pd.Series(list(ground.geometry), dtype=object).groupby(ground["area_id"].to_numpy()).agg(list)
    return pd.Series([_held(shapely.union_all([outline, *more.get(area_id, [])]), outline)
                      for area_id, outline in outlines.items()], index=outlines.index, dtype=object)


def _broken_through(outlines: Shapes, own: Shapes, torn: int) -> Shapes:
    """Join the pieces of an outline straight through its neighbours, unless that would tear one of them.

    Only drawings that lie over each other need this: a member that is all surrounded by another area's ground.
    """
    pieces = list(shapely.get_parts(outlines[torn]))
    joined = pieces.pop(0)
    while pieces:
        nearest = min(range(len(pieces)), key=lambda i: shapely.distance(joined, pieces[i]))
        lane = shapely.buffer(shapely.shortest_line(joined, pieces[nearest]), LANE_M / 2, cap_style="square")
        joined = shapely.union_all([joined, lane, pieces.pop(nearest)])
    met = shapely.STRtree(outlines).query(joined, predicate="intersects")
    met = met[met != torn]
    left = [_held(shapely.difference(outlines[i], joined), own[i]) for i in met]
    if any(shapely.get_type_id(outline) != POLYGON for outline in left):
        return outlines
    broken = outlines.copy()
    broken[met], broken[torn] = left, joined
    return broken


def _held(outline: shapely.Geometry, lots: shapely.Geometry) -> shapely.Geometry:
    """Return the pieces of an outline that hold members, one polygon where they hang together."""
    pieces = polygons_of(outline)
    held = pieces if len(pieces) == 1 else [
        piece for piece in pieces if shapely.area(shapely.intersection(piece, lots)) > CRUMB_M2] or pieces
    return held[0] if len(held) == 1 else shapely.MultiPolygon(held)


def _inner_links(links: gpd.GeoDataFrame, placed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the usable links inside an area: a and b are rows of `placed`."""
    row = pd.Series(placed.index, index=placed["estate_id"])
    both = links[links["usable"] & links["estate_a"].isin(row.index) & links["estate_b"].isin(row.index)]
    both = both.assign(a=row.loc[both["estate_a"]].to_numpy(), b=row.loc[both["estate_b"]].to_numpy())
    area = placed["area_id"].to_numpy(dtype=object)
    both = both.assign(area_id=area[both["a"]])
    return both[both["area_id"].to_numpy() == area[both["b"]]].sort_values(["gap_m", "a", "b"], ignore_index=True)


def _strips(
    lots: Shapes, inner: gpd.GeoDataFrame, paths: gpd.GeoDataFrame, fenced: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return the ground between linked members that nobody else needs; across a barrier there is only the path."""
    beside = inner[inner["barrier"].isna()]
    one, two = lots[beside["a"]], lots[beside["b"]]
    filled = fill_between(one, two, shapely.distance(one, two) * FILL_SHARE + FILL_M)
    filled = clear(beside["area_id"], filled, fenced)
    filled = clear(beside["area_id"], filled, paths.assign(geometry=shapely.buffer(paths.geometry, CLEARANCE_M)))
    return gpd.GeoDataFrame({"area_id": beside["area_id"].to_numpy()},
                            geometry=pull_apart(filled, beside["area_id"].to_numpy(dtype=object)))
