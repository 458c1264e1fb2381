"""Towns with elder care, row by row: estates in a line, day-care centres, and the whole account of their areas."""

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import Point, box
from shapely.geometry.base import BaseGeometry

from geoplan.eldercare import find_care
from geoplan.errors import Finding, say
from geoplan.flows import find_flows
from geoplan.policy import load_catalogue
from geoplan.reach import straight_reach
from geoplan.rooms import count_rooms
from geoplan.schema import DTYPES, columns_of

CRS = "EPSG:4549"
WALK_M = 1000.0  # as the crow flies


def layer(name: str, rows: Iterable[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return a layer with every column of the schema; what a row does not say is missing."""
    columns = columns_of(name, "in")
    frame = pd.DataFrame(list(rows), columns=[column.name for column in columns])
    typed = frame.astype({column.name: DTYPES[column.type] for column in columns if column.type in DTYPES})
    return gpd.GeoDataFrame(typed, geometry="geometry", crs=CRS)


def estate(estate_id: str, residents: int | None, x: float = 0, **more: Any) -> dict[str, Any]:
    """Return an estate of 100 m x 100 m whose lower left corner stands at x."""
    ground = {"land_area_m2": 6_000, "floor_area_m2": 10_000}
    return {"estate_id": estate_id, "residents": residents, "geometry": box(x, 0, x + 100, 100), **ground, **more}


def centre(facility_id: str, m2: float | None, x: float = 50, **more: Any) -> dict[str, Any]:
    """Return a day-care centre in use on the ground floor, 50 m north of the corner of the town at x."""
    return {"facility_id": facility_id, "facility_type": "ELD_DAYCARE", "status": "existing", "floor_area_m2": m2,
            "storey": 1, "geometry": Point(x, 50), **more}


def room(site_id: str = "S1", x: float = 50, **more: Any) -> dict[str, Any]:
    return {"site_id": site_id, "site_kind": "idle_building", "floor_area_m2": 400.0, "storey": 1,
            "geometry": Point(x, 50), **more}


def area(area_id: str, outline: BaseGeometry) -> dict[str, Any]:
    return {"area_id": area_id, "geometry": outline}


def account(
    estates: list[dict[str, Any]], facilities: list[dict[str, Any]], members: dict[str, str],
    sites: list[dict[str, Any]] | None = None, **options: Any,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the care table (indexed by area) and its findings; an area is the box around its members."""
    ground = layer("estates", estates)
    grouped = pd.DataFrame({"estate_id": list(members), "area_id": list(members.values())}, dtype="str")
    outlines = ground.merge(grouped, on="estate_id").groupby("area_id").geometry.apply(
        lambda parts: box(*gpd.GeoSeries(parts).total_bounds))
    areas = gpd.GeoDataFrame({"area_id": outlines.index}, geometry=list(outlines), crs=CRS)
    care, findings = account_of(
        areas, grouped, ground, layer("facilities", facilities), None if sites is None else layer("sites", sites),
        **options)
    return care.set_index("area_id"), findings


def account_of(
    areas: gpd.GeoDataFrame, members: pd.DataFrame, estates: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame | None, **options: Any,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the care table and its findings, the rooms counted, reached in a straight line and allocated."""
    said = {"m2_per_resident": 0.1, "basis": "premises", "count_scope": "declared", "reach_m": 300.0, **options}
    rooms, counted = count_rooms(facilities, load_catalogue(), last_year=2027)
    reached = straight_reach(estates, rooms, detour=1.0, limit_m=WALK_M)
    flows = find_flows(rooms, reached, estates, members, m2_per_resident=said["m2_per_resident"])
    care, findings = find_care(areas, members, estates, rooms, flows, sites, load_catalogue(), **said)
    return care, [*counted, *findings]


def codes(findings: Iterable[Finding]) -> set[str]:
    """Return the codes of findings, each of which must be sayable in both languages."""
    return {finding.code for finding in findings if say(finding, "zh") and say(finding, "en")}
