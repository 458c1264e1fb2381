"""How is every table of the plan kept, exactly, in one file? Layers and attribute tables of plan.gpkg.

Beside the contract's tables stand two layers that say what each estate and area lacks (lacked.py), and what makes the
file open styled in QGIS (qgis.py).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from sqlite3 import OperationalError

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyogrio import get_gdal_config_option, set_gdal_config_options, write_dataframe
from pyogrio.errors import DataLayerError, DataSourceError

from geoplan.labels import TEXT_TYPES
from geoplan.lacked import columns_lacked, list_lacked
from geoplan.plan import Plan
from geoplan.qgis import write_styles
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, tables

TODAY, SYNCHRONOUS = "OGR_CURRENT_DATE", "OGR_SQLITE_SYNCHRONOUS"
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
    when = f"{plan.project.plan.as_of.isoformat()}T00:00:00.000Z"
    lacked, columns = list_lacked(plan.tables, plan.project.plan.language), columns_lacked()
    with _today(when):
        for table in tables("out"):
            _write(table, columns_of(table), plan.tables[table], file)
        for layer, frame in lacked.items():
            _write(layer, columns[layer], frame, file)
    try:
        write_styles(plan, file, when)
    except OperationalError as error:  # SQLite says a full disk in these words
        raise OSError(str(error)) from error


def write_layer(table: str, side: str, frame: pd.DataFrame, file: Path, day: date) -> None:
    """Write one table of a side of columns.csv as a file of its own, dated `day`; OSError where the disk refuses it.

    Parameters
    ----------
    table, side
        Which table of columns.csv `frame` is.
    frame
        Its rows.
    file
        Must not exist.
    """
    with _today(f"{day.isoformat()}T00:00:00.000Z"):
        _write(table, columns_of(table, side), frame, file)


def _write(table: str, columns: Sequence[Column], frame: pd.DataFrame, file: Path) -> None:
    texts = {c.name: frame[c.name].str.replace(NUL, "", regex=False) for c in columns if c.type in TEXT_TYPES}
    kinds = [column.type for column in columns if column.type in GEOMETRY_TYPES]
    shape = {"geometry_type": _shape_of(kinds[0], frame)} if kinds else {}
    try:
        write_dataframe(frame.assign(**texts), file, layer=table, driver="GPKG", **shape)
    except (DataSourceError, DataLayerError) as error:  # GDAL says a full disk in these words
        raise OSError(str(error)) from error


def _shape_of(kind: str, frame: pd.DataFrame) -> str:
    assert isinstance(frame, gpd.GeoDataFrame)
    shape = SHAPES[kind]
    types = shapely.get_type_id(np.asarray(frame.geometry, dtype=object))
    has_parts = bool((types >= shapely.GeometryType.MULTIPOINT).any())
    return MULTI + shape if has_parts and shape != SHAPES["any"] else shape


@contextmanager
def _today(moment: str) -> Iterator[None]:
    """Let GDAL write this date, and not wait for the disk after every table: a run folder is whole or absent anyhow."""
    wanted: dict[str, str | None] = {TODAY: moment, SYNCHRONOUS: "OFF"}
    before = {name: get_gdal_config_option(name) for name in wanted}
    set_gdal_config_options(wanted)
    try:
        yield
    finally:
        set_gdal_config_options(before)
