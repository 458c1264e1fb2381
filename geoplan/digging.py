"""Which street is opened twice? Areas and planned pipe and line works -> what should be done in the same year.

Works belong to an area when they come within reach of its outline (水电气热信 works go with the renovation: QH21-24,
QH23-49, GS-15, CN50-12). Two works are in the same street when at least half of the shorter one runs within
`SAME_STREET_M` of the other.
"""

from collections.abc import Iterator

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geoplan.errors import Finding, listed

SAME_STREET_M = 10.0  # lines drawn on the two sides of a residential street of 20 m
SAME_STREET_SHARE = 0.5


def find_digs(areas: gpd.GeoDataFrame, utilities: gpd.GeoDataFrame, *, reach_m: float) -> pd.DataFrame:
    """Return which works come within reach of which area.

    Parameters
    ----------
    areas
        area_id, geometry.
    utilities
        Layer `utilities`.
    reach_m
        Distance from the outline of an area within which its own works open the street.

    Returns
    -------
    digs
        area_id, utility_id, kind, year: one row per pair, sorted.
    """
    tree = shapely.STRtree(utilities.geometry.to_numpy())
    area, work = tree.query(areas.geometry.to_numpy(), predicate="dwithin", distance=reach_m)
    works = utilities[["utility_id", "kind", "year"]].iloc[work].reset_index(drop=True)
    works["utility_id"] = _named(utilities).iloc[work].to_numpy()
    digs = works.assign(area_id=areas["area_id"].to_numpy()[area])[["area_id", "utility_id", "kind", "year"]]
    known = pd.DataFrame(digs.dropna(subset=["year"]))
    return known.sort_values(["area_id", "utility_id", "kind", "year"], ignore_index=True)


def count_matches(digs: pd.DataFrame) -> dict[tuple[str, int], int]:
    """Return (area, year) -> how many works within its reach are planned in that year."""
    counts = digs.groupby(["area_id", "year"], as_index=False).size()
    return {(str(area_id), int(year)): int(count)
            for area_id, year, count in counts.itertuples(index=False, name=None)}


def find_dug_twice(utilities: gpd.GeoDataFrame) -> list[Finding]:
    """Return one finding for each pair of works that open the same street in different years."""
    works = utilities.assign(utility_id=_named(utilities)).dropna(subset=["year"]).sort_values(
        "utility_id", ignore_index=True)
    lines = works.geometry.to_numpy()
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=SAME_STREET_M)
    years = works["year"].to_numpy(dtype="int64")
    is_pair = (one < other) & (years[one] != years[other])
    return [
        Finding("programme.dug_twice", "utilities", values={
            "one": works.at[a, "utility_id"], "one_year": years[a],
            "other": works.at[b, "utility_id"], "other_year": years[b]})
        for a, b in sorted(zip(one[is_pair].tolist(), other[is_pair].tolist(), strict=True))
        if _runs_along(lines[a], lines[b])
    ]


def find_conflicts(digs: pd.DataFrame, programme: pd.DataFrame) -> Iterator[Finding]:
    """Yield the works within reach of a planned area that are planned for another year, area by area.

    Works after the renovation open what was just finished (XN-16) and are a warning; works before it are a note.

    Parameters
    ----------
    digs
        As `find_digs` returns them.
    programme
        Table `programme`; areas without a year have no conflict.
    """
    planned = digs.merge(programme[["area_id", "plan_year"]].dropna(), on="area_id")
    for area_id, works in planned[planned["year"] != planned["plan_year"]].groupby("area_id"):
        first = int(works["plan_year"].iloc[0])
        after = works[works["year"] > first]
        before = works[works["year"] < first]
        if len(after):
            yield Finding("programme.dug_after", "utilities", values=_values(area_id, first, after))
        if len(before):
            yield Finding("programme.dug_before", "utilities", values=_values(area_id, first, before))


def _values(area_id: object, plan_year: int, works: pd.DataFrame) -> dict[str, object]:
    said = [f"{work.utility_id} ({work.kind}, {work.year})" for work in works.itertuples()]
    return {"area": area_id, "year": plan_year, "count": len(works), "works": listed(said)}


def _named(utilities: pd.DataFrame) -> pd.Series:
    """Return the id of each work, or its row where it was brought without one."""
    rows = utilities["row"] if "row" in utilities else pd.Series(range(1, len(utilities) + 1), utilities.index)
    return utilities["utility_id"].where(utilities["utility_id"].notna(), "#" + rows.astype("str"))


def _runs_along(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Say whether half of the shorter of two works runs within a street's half width of the other."""
    shorter, longer = sorted((one, other), key=lambda work: (work.length, work.wkt))
    if shorter.length == 0:
        return bool(shapely.dwithin(one, other, SAME_STREET_M))
    beside_m = float(shapely.length(shapely.intersection(shorter, shapely.buffer(longer, SAME_STREET_M))))
    return beside_m >= SAME_STREET_SHARE * shorter.length
