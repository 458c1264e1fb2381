"""Where does each row lie, and in which CRS is that said? Nothing is guessed: what is undeclared stops the run.

Rows whose x and y are exchanged are mended when the exchange, and only the exchange, brings them home; home is China
and the neighbourhood of the estates. A whole layer that is not at home has a CRS that lies, and stops the run.
"""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from geoplan.datum import SHIFTED, in_china, likely_crs, plain_twin, prefix_of_crs, prefix_of_easting, to_wgs84
from geoplan.errors import Finding
from geoplan.opened import Opened
from geoplan.rules import Checked, Home, Setting, reject, remark
from geoplan.settings import Source
from geoplan.words import Meaning, read_number

DEGREES = CRS.from_epsg(4326)
FAR_M = 50_000  # no walk and no planning unit reaches from one town to another this far away
SPREAD_DEG = 5.0  # about 500 km: no prefecture reaches farther from its middle
M_PER_DEG = 111_320
HALF = 0.5
SANE = 1e9  # no coordinate system of the earth reaches farther, in metres or degrees
JUDGED_BY_ROW = frozenset({"estates", "facilities", "sites"})
SAME_PLACE = ("World Geodetic System 1984", "WGS 84", "WGS_1984", "China 2000", "China_2000", "China Geodetic")

Numbers = NDArray[np.float64]


def crs_of(opened: Opened, source: Source, layer: str) -> tuple[CRS | None, str, list[Finding]]:
    """Return the CRS that the coordinates of a layer are in, and their datum.

    Returns
    -------
    crs
        From the file, else from plan.toml; where both speak plan.toml wins. None where neither does.
    datum
        As plan.toml has it, else the one the CRS implies.
    findings
        No CRS, or a ledger without datum, stops the run; the rest are remarks.
    """
    said = _parsed(source.crs)
    if said is None and source.crs is not None:
        return None, "", []  # plan.toml is wrong there, and project.py has said so
    if opened.geometry is None:
        crs = said or (DEGREES if source.datum is not None else None)
        missing = [] if crs is not None else [Finding("places.no_datum", layer)]
        return crs, source.datum or _datum_of(crs), missing
    crs = said or opened.crs
    if crs is None or not _leads_to_earth(crs):
        x, y = _middle(opened.geometry)
        hint = likely_crs(x, y)
        code = "places.no_crs_hint" if hint else "places.no_crs"
        return None, "", [Finding(code, layer, values={"x": f"{x:.9g}", "y": f"{y:.9g}", "hint": hint})]
    remarks = []
    if said is not None and opened.crs is not None and not _is_same(said, opened.crs):
        values = {"said": name_of(said), "file": name_of(opened.crs)}
        remarks.append(Finding("places.crs_overruled", layer, values=values))
    if not any(name in str(crs.geodetic_crs and crs.geodetic_crs.datum) for name in SAME_PLACE):
        remarks.append(Finding("places.other_datum", layer, values={"crs": name_of(crs)}))
    return crs, source.datum or _datum_of(crs), remarks


def name_of(crs: CRS) -> str:
    """Return how a CRS is called: its EPSG code where it has one."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.name


def points_of_cells(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Return the rows of a ledger with a point made of their x and y; rows without both are rejected."""
    x, y = (rows[axis].map(_coordinate).astype("float64") for axis in ("x", "y"))
    blank = rows["x"].isna() | rows["y"].isna()
    placed = rows.assign(geometry=pd.Series(shapely.points(x, y), index=rows.index, dtype=object))
    is_zero, is_text = (x == 0) | (y == 0), ~blank & (x.isna() | y.isna())
    findings = remark("places.no_coordinates", rows, setting, blank)
    findings += remark("places.not_a_coordinate", rows, setting, is_text, x=rows["x"], y=rows["y"])
    findings += remark("places.zero_coordinates", rows, setting, is_zero & ~blank & ~is_text)
    return placed[~(blank | is_text | is_zero)].reset_index(drop=True), findings


def reject_no_geometry(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Reject rows whose geometry is missing or empty."""
    shapes = rows["geometry"].to_numpy(dtype=object)
    return reject("places.no_geometry", rows, setting, shapely.is_missing(shapes) | shapely.is_empty(shapes))


def reject_not_finite(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Reject rows that have a coordinate which is no number."""
    xy, owner = shapely.get_coordinates(rows["geometry"].to_numpy(dtype=object), return_index=True)
    is_insane = ~(np.abs(xy) < SANE).all(axis=1)  # no number is below a number either
    return reject("places.not_finite", rows, setting, np.isin(np.arange(len(rows)), owner[is_insane]))


def remark_far(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name estates so far from the middle of all that they hardly belong to one plan; in a CRS in metres."""
    x, y = _middles(rows)
    away = np.hypot(x - np.median(x), y - np.median(y)) if len(rows) else x
    return rows, remark("places.far", rows, setting, away > FAR_M, km=np.round(away / 1000))


def check_layer_at_home(rows: pd.DataFrame, setting: Setting) -> list[Finding]:
    """Return why the CRS or datum of a whole layer cannot be right; each such finding stops the run."""
    if rows.empty:
        return []
    x, y = _middles(rows)
    near = _is_near(x, y, setting) if setting.kind in JUDGED_BY_ROW else _touches_home(rows, setting)
    at_home = near.mean() > HALF if setting.kind in JUDGED_BY_ROW else near.any()
    if at_home:
        return []
    values = {"crs": name_of(setting.crs), "x": f"{np.median(x):.9g}", "y": f"{np.median(y):.9g}"}
    code, hint = _why_not_at_home(x, y, setting)
    return [Finding(code, setting.layer, values={**values, "hint": hint})]


def mend_swapped(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Exchange x and y where only that brings a row home; reject rows that no exchange brings home."""
    x, y = _middles(rows)
    home = setting.home or _home_of(x, y, setting)
    here = replace(setting, home=home)
    is_near, is_near_swapped = _is_near(x, y, here), _is_near(y, x, here)
    swapped = ~is_near & is_near_swapped
    shapes = rows["geometry"].to_numpy(dtype=object).copy()
    shapes[swapped] = shapely.transform(shapes[swapped], lambda xy: xy[:, ::-1])
    mended = rows.assign(geometry=pd.Series(shapes, index=rows.index, dtype=object))
    findings = remark("places.swapped", rows, setting, swapped, x=x, y=y)
    kept, rejected = reject("places.outside", mended, setting, ~is_near & ~swapped, x=x, y=y)
    return kept, findings + rejected


def home_of_rows(rows: pd.DataFrame, crs: CRS) -> Home | None:
    """Return the box in degrees around all rows, None where there are none."""
    if rows.empty:
        return None
    west, south, east, north = shapely.total_bounds(
        to_crs(rows["geometry"].to_numpy(dtype=object), crs, DEGREES)).tolist()
    return Home(west, south, east, north)


def around(home: Home) -> tuple[float, float, float, float]:
    """Return west, south, east and north of all that is near the estates: nothing farther away counts for them."""
    reach = FAR_M / M_PER_DEG
    wide = reach / math.cos(math.radians(home.north))
    return home.west - wide, home.south - reach, home.east + wide, home.north + reach


def median_longitude(rows: pd.DataFrame, crs: CRS) -> float:
    """Return the longitude in the middle of the rows, NaN where there are none."""
    if rows.empty:
        return math.nan
    lon, _ = _degrees(*_middles(rows), crs)
    return float(np.median(lon))


def to_working(rows: pd.DataFrame, given: CRS, datum: str, working: CRS) -> pd.DataFrame:
    """Return the rows in the working CRS; GCJ-02 and BD-09 are shifted back on the way."""
    shapes = rows["geometry"].to_numpy(dtype=object)
    if datum in SHIFTED:
        shapes = shapely.transform(to_crs(shapes, given, DEGREES), lambda lonlat: np.column_stack(
            to_wgs84(lonlat[:, 0], lonlat[:, 1], datum)))
        given = DEGREES
    return rows.assign(geometry=pd.Series(to_crs(shapes, given, working), index=rows.index, dtype=object))


def to_crs(shapes: NDArray[np.object_], given: CRS, wanted: CRS) -> NDArray[np.object_]:
    """Return geometries in another CRS, x before y; what cannot be projected comes back infinite."""
    if given == wanted or name_of(given) == name_of(wanted):
        return shapes
    project = _transformer(given, wanted)
    moved: NDArray[np.object_] = shapely.transform(
        shapes, lambda xy: np.column_stack(project.transform(xy[:, 0], xy[:, 1])))
    return moved


@cache
def _transformer(given: CRS, wanted: CRS) -> Transformer:
    return Transformer.from_crs(given, wanted, always_xy=True)


def _leads_to_earth(crs: CRS) -> bool:
    try:
        return _transformer(crs, DEGREES) is not None
    except ProjError:
        return False


def _parsed(said: str | None) -> CRS | None:
    try:
        return CRS.from_user_input(said) if said is not None else None
    except CRSError:
        return None


def _datum_of(crs: CRS | None) -> str:
    datum = str(crs.geodetic_crs and crs.geodetic_crs.datum) if crs is not None else ""
    return "CGCS2000" if "China" in datum else "WGS84" if any(name in datum for name in SAME_PLACE) else datum


def _is_same(one: CRS, other: CRS) -> bool:
    return one.equals(other, ignore_axis_order=True) or name_of(one.to_2d()) == name_of(other.to_2d())


def _coordinate(text: object) -> object:
    meaning = read_number(text, "degrees", signed=True) if isinstance(text, str) else Meaning(None)
    return meaning.value


def _middles(rows: pd.DataFrame) -> tuple[Numbers, Numbers]:
    bounds = shapely.bounds(rows["geometry"].to_numpy(dtype=object)).reshape(-1, 4)
    return (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2


def _middle(shapes: NDArray[np.object_]) -> tuple[float, float]:
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    known = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(known):
        return math.nan, math.nan
    return float(np.median(known[:, [0, 2]])), float(np.median(known[:, [1, 3]]))


def _degrees(x: Numbers, y: Numbers, crs: CRS) -> tuple[Numbers, Numbers]:
    if crs.is_geographic:
        return x, y
    lon, lat = _transformer(crs, DEGREES).transform(x, y)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _is_near(x: Numbers, y: Numbers, setting: Setting) -> NDArray[np.bool_]:
    """Say which places lie in China and, where the estates are known, within reach of them."""
    lon, lat = _degrees(x, y, setting.crs)
    near = in_china(lon, lat)
    if setting.home is None:
        return near
    least_lon, least_lat, most_lon, most_lat = around(setting.home)
    return near & (lon >= least_lon) & (lon <= most_lon) & (lat >= least_lat) & (lat <= most_lat)


def _home_of(x: Numbers, y: Numbers, setting: Setting) -> Home | None:
    """Return the box of the rows that lie in China and around the middle of them all."""
    lon, lat = _degrees(x, y, setting.crs)
    inside = in_china(lon, lat)
    if not inside.any():
        return None
    middle = np.median(lon[inside]), np.median(lat[inside])
    kept = inside & (np.abs(lon - middle[0]) <= SPREAD_DEG) & (np.abs(lat - middle[1]) <= SPREAD_DEG)
    lon, lat = lon[kept], lat[kept]
    return Home(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())) if len(lon) else None


def _touches_home(rows: pd.DataFrame, setting: Setting) -> NDArray[np.bool_]:
    """Say which rows, by the box around each, come within reach of the estates; all do where these are not known."""
    if setting.home is None:
        return np.ones(len(rows), dtype=bool)
    bounds = shapely.bounds(rows["geometry"].to_numpy(dtype=object)).reshape(-1, 4)
    west, south = _degrees(bounds[:, 0], bounds[:, 1], setting.crs)
    east, north = _degrees(bounds[:, 2], bounds[:, 3], setting.crs)
    least_lon, least_lat, most_lon, most_lat = around(setting.home)
    return (west <= most_lon) & (east >= least_lon) & (south <= most_lat) & (north >= least_lat)


def _why_not_at_home(x: Numbers, y: Numbers, setting: Setting) -> tuple[str, str]:
    """Return the message that fits best, and the CRS that would explain the coordinates."""
    is_degree = (np.abs(x) <= 180) & (np.abs(y) <= 180)
    if setting.crs.is_geographic and is_degree.mean() <= HALF:
        return "places.not_degrees", likely_crs(float(np.median(x)), float(np.median(y)))
    if _is_near(y, x, setting).mean() > HALF:
        return "places.all_swapped", ""
    prefix, prefix_said = prefix_of_easting(float(np.median(x))), prefix_of_crs(setting.crs)
    if prefix is not None and prefix_said is None:
        return "places.zone_prefix", likely_crs(float(np.median(x)), float(np.median(y)))
    if prefix is None and prefix_said is not None:
        return "places.zone_prefix_missing", plain_twin(prefix_said)
    return "places.elsewhere", ""
