"""How is every table of the plan kept, exactly, in one file? Layers and attribute tables of plan.gpkg."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyogrio import get_gdal_config_option, set_gdal_config_options, write_dataframe
from pyogrio.errors import DataLayerError, DataSourceError

from geoplan.labels import TEXT_TYPES
from geoplan.plan import Plan
from geoplan.schema import GEOMETRY_TYPES, columns_of, is_spatial, tables

TODAY = "OGR_CURRENT_DATE"
SHAPES = {"polygon": "Polygon", "line": "LineString", "point": "Point", "any": "Unknown"}
MULTI = "Multi"
NUL = "\0"  # ends a text in C, and with it in SQLite


def write_geopackage(plan: Plan, file: Path) -> None:
    """Write every table of the plan in its order: codes, ids and text as they are, booleans as BOOLEAN, null as NULL.

    The dates that GeoPackage asks for are `plan.as_of`, so that the bytes do not depend on the day. OSError where the
    disk does not take the file.

    Parameters
    ----------
    plan
        The finished plan.
    file
        Must not exist.
    """
    with _today(f"{plan.project.plan.as_of.isoformat()}T00:00:00.000Z"):
        for table in tables("out"):
            _write(table, plan.tables[table], file)


def _write(table: str, frame: pd.DataFrame, file: Path) -> None:
    columns = columns_of(table)
    texts = {c.name: frame[c.name].str.replace(NUL, "", regex=False) for c in columns if c.type in TEXT_TYPES}
    shape = {"geometry_type": _shape_of(table, frame)} if is_spatial(table) else {}
    try:
        write_dataframe(frame.assign(**texts), file, layer=table, driver="GPKG", **shape)
    except (DataSourceError, DataLayerError) as error:  # GDAL says a full disk in these words
        raise OSError(str(error)) from error


def _shape_of(table: str, frame: pd.DataFrame) -> str:
    assert isinstance(frame, gpd.GeoDataFrame)
    shape = next(SHAPES[column.type] for column in columns_of(table) if column.type in GEOMETRY_TYPES)
    types = shapely.get_type_id(np.asarray(frame.geometry, dtype=object))
    has_parts = bool((types >= shapely.GeometryType.MULTIPOINT).any())
    return MULTI + shape if has_parts and shape != SHAPES["any"] else shape


@contextmanager
def _today(date: str) -> Iterator[None]:
    before = get_gdal_config_option(TODAY)
    set_gdal_config_options({TODAY: date})
    try:
        yield
    finally:
        set_gdal_config_options({TODAY: before})
