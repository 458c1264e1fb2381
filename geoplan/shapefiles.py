"""How does the plan reach the bureau as shapefiles that every program opens alike?

Five files with an explicit schema: field names from columns.csv or from the bureau's own template (ASCII, at most ten
bytes), widths measured in the encoding that is written, words instead of codes, empty instead of invented. What a
shapefile cannot hold is changed by rule and told in 字段说明.txt, or stops the delivery; every file is read back, byte
by byte and point by point, before it counts as written.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from fiona._err import CPLE_BaseError  # raised when a file is closed, and no child of FionaError
from fiona.errors import FionaError
from pyproj import CRS

from geoplan.dbf import check_shapefile
from geoplan.delivery import delivery_crs, eastings_moved
from geoplan.enclosures import FIELD_NOTES, TOPOLOGY_NOTES, Sheet, field_notes, topology_notes
from geoplan.errors import DataError, Finding, raise_all
from geoplan.fields import make_fields
from geoplan.plan import Plan
from geoplan.project import PLAN_FILE
from geoplan.shapes import representative_points
from geoplan.shp import check_outlines

MAX_FILE_BYTES = 1_900_000_000  # readers stop at 2 GiB
BYTES_PER_POINT, BYTES_PER_SHAPE = 16, 60
GBK = "GBK"
LANGUAGE_DRIVERS: Mapping[str, str] = {GBK: "LDID/77"}  # GDAL's name of the mark in the header that means GBK
SHAPES: Mapping[str, str] = {
    "areas": "Polygon", "estates": "Polygon", "facilities": "Point", "sites": "Point", "openings": "LineString",
}


def write_shapefiles(plan: Plan, folder: Path) -> None:
    """Write the five shapefiles, 字段说明.txt and 拓扑检查.txt into a new folder.

    Sites are written as points, one file of one type: a site's outline, where it has one, is in plan.gpkg. DataError,
    with nothing written, where a file would pass the two gigabytes a shapefile can hold, or a text or number does not
    fit its field or the encoding; OSError where the disk does not take it.

    Parameters
    ----------
    plan
        The finished plan.
    folder
        Is made; must not exist.
    """
    encoding, crs = plan.project.delivery.encoding, _crs_of(plan)
    sheets = _sheets(plan, eastings_moved(plan.layers.crs, crs))
    folder.mkdir()
    for sheet in sheets:
        file = folder / f"{sheet.name}.shp"
        _write(sheet, file, plan, crs)
        check_shapefile(file, {field.name: field.values for field in sheet.fields}, encoding)
        check_outlines(file, sheet.geometries)
    for name, lines in ((FIELD_NOTES, field_notes), (TOPOLOGY_NOTES, topology_notes)):
        text = "\r\n".join(lines(plan, sheets, crs)) + "\r\n"
        (folder / name).write_text(text, encoding="utf-8-sig", newline="")


def _crs_of(plan: Plan) -> CRS:
    crs = delivery_crs(plan.layers.crs, plan.project.delivery.zone_prefix)
    if crs is None:
        raise DataError([Finding("delivery.no_zone", PLAN_FILE, values={"crs": plan.layers.crs.name})])
    return crs


def _sheets(plan: Plan, moved_m: float) -> list[Sheet]:
    """Return what is to be written; DataError tells everything that cannot be."""
    language, encoding, template = plan.project.plan.language, plan.project.delivery.encoding, plan.template
    sheets, findings = [], []
    for table, shape in SHAPES.items():
        frame = plan.tables[table]
        fields, found = make_fields(table, frame, template.wishes.get(table), language=language, encoding=encoding)
        sheets.append(Sheet(table, template.names[table], shape, _geometries(table, frame, moved_m), fields))
        findings += [*found, *_check_size(sheets[-1])]
    raise_all(DataError, findings)
    return sheets


def _geometries(table: str, frame: pd.DataFrame, moved_m: float) -> np.ndarray:
    assert isinstance(frame, gpd.GeoDataFrame)
    geometries = np.asarray(frame.geometry, dtype=object)
    if not len(geometries):
        return geometries
    drawn = representative_points(geometries) if SHAPES[table] == "Point" else shapely.force_2d(geometries)
    moved: np.ndarray = shapely.transform(drawn, lambda places: places + np.array([moved_m, 0.0])) if moved_m else drawn
    return moved


def _check_size(sheet: Sheet) -> list[Finding]:
    rows = len(sheet.geometries)
    outlines = int(shapely.get_num_coordinates(sheet.geometries).sum()) * BYTES_PER_POINT + rows * BYTES_PER_SHAPE
    record = sum(field.width for field in sheet.fields)
    return [] if max(outlines, rows * record) <= MAX_FILE_BYTES else [
        Finding("shapefiles.too_large", sheet.table, values={"rows": rows})]


def _write(sheet: Sheet, file: Path, plan: Plan, crs: CRS) -> None:
    encoding = plan.project.delivery.encoding
    schema = {"geometry": sheet.shape, "properties": {field.name: field.type for field in sheet.fields}}
    try:
        with fiona.open(
            file, "w", driver="ESRI Shapefile", schema=schema, crs_wkt=crs.to_wkt(),
            encoding=LANGUAGE_DRIVERS.get(encoding, encoding),
            DBF_DATE_LAST_UPDATE=plan.project.plan.as_of.isoformat(),
        ) as target:
            target.writerecords(_records(sheet))
    except (FionaError, CPLE_BaseError, RuntimeError) as error:  # GDAL says a full disk in these words
        raise OSError(str(error)) from error
    if encoding in LANGUAGE_DRIVERS:
        file.with_suffix(".cpg").write_text(encoding, encoding="ascii", newline="")


def _records(sheet: Sheet) -> Sequence[Mapping[str, object]]:
    names = [field.name for field in sheet.fields]
    properties = (dict(zip(names, row, strict=True)) for row in zip(*(f.values for f in sheet.fields), strict=True))
    return [
        {"type": "Feature", "geometry": shapely.geometry.mapping(geometry), "properties": values}
        for geometry, values in zip(sheet.geometries, properties, strict=True)
    ]
