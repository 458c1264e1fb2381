"""How high do the streets lie? `[elevation] path` -> heights at points, from a GeoTIFF and nothing else.

The file is looked at before GDAL sees it: local, regular, a TIFF by its first bytes; then only the driver for GeoTIFF
may open it, and no file beside it is read. rasterio is an extra (`pip install geoplan[terrain]`); without it, whoever
asks for heights is told so.
"""

import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from geoplan.errors import Finding
from geoplan.preflight import digest_of, is_local
from geoplan.presence import is_file
from geoplan.project import Project

LAYER, FORMAT = "elevation", "GeoTIFF"
MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
SUFFIXES = (".tif", ".tiff")
READER = "rasterio"
ANY_CRS = "EPSG:4490"
MAX_CELLS = 100_000_000  # of the window that is read: 400 MB of heights; a county at 5 m has fewer
LOWEST_M, HIGHEST_M = -500, 9_000  # of any ground in China, with room: -9999 and 3e38 mean that nothing is known


def check_heights(project: Project) -> list[Finding]:
    """Return why the raster that plan.toml names cannot be used; every finding stops the run.

    Parameters
    ----------
    project
        `elevation.path` names a GeoTIFF, as seen from the project folder.

    Returns
    -------
    findings
        Empty where it can be used, or none is named.
    """
    said = project.elevation.path
    if said is None:
        return []
    path = project.folder / said
    problems = _problems(path, said)
    if not problems and _heights(path, gpd.GeoSeries([], crs=ANY_CRS)) is None:
        return [Finding("heights.unreadable", LAYER, values={"file": path.name})]
    return problems


def read_heights(project: Project, spots: gpd.GeoSeries) -> tuple[np.ndarray, list[Finding]]:
    """Return the height of the ground at points, read between the cells around them.

    Parameters
    ----------
    project
        `elevation.path` names a GeoTIFF that `check_heights` has passed.
    spots
        Points in the working CRS.

    Returns
    -------
    heights
        In metres, missing outside the raster and where it holds none.
    findings
        How many points have no height.
    """
    said = str(project.elevation.path)
    found = _heights(project.folder / said, spots)
    heights = np.full(len(spots), np.nan) if found is None else found
    missing = int(np.isnan(heights).sum())
    return heights, [Finding("heights.missing", LAYER, values={"count": missing, "all": len(heights)})] * bool(missing)


def heights_inputs(project: Project) -> dict[str, str]:
    """Return path as written in plan.toml -> sha256 of the raster, or nothing where none is named."""
    said = project.elevation.path
    return {} if said is None else {said: digest_of(project.folder / said)}


def _problems(path: Path, said: str) -> list[Finding]:
    if not is_local(said):
        return [Finding("preflight.not_local", LAYER, values={"path": said})]
    if not is_file(path):
        return [Finding("preflight.no_file", LAYER, values={"path": said})]
    with path.open("rb") as file:
        if path.suffix.lower() not in SUFFIXES or file.read(4) not in MAGICS:
            return [Finding("preflight.not_what_it_says", LAYER, values={"file": path.name, "format": FORMAT})]
    return [] if find_spec(READER) else [Finding("heights.no_reader", LAYER, values={"file": path.name})]


def _heights(path: Path, spots: gpd.GeoSeries) -> np.ndarray | None:
    rasterio: Any = import_module(READER)
    unplaced: type[Warning] = rasterio.errors.NotGeoreferencedWarning  # its cells would lie at metres 0, 1, 2 …
    try:
        with warnings.catch_warnings(action="error", category=unplaced), rasterio.Env(
                GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"), rasterio.open(
                path, driver="GTiff") as raster:
            xy = _in_crs_of(raster, spots)
            return None if xy is None else _between_cells(raster, rasterio, xy)
    except (rasterio.errors.RasterioError, ProjError, UnicodeDecodeError, unplaced):
        return None


def _in_crs_of(raster: Any, spots: gpd.GeoSeries) -> np.ndarray | None:
    """Return the points in cells of the raster, from the middle of its first cell on; None where it has no place."""
    if raster.crs is None or raster.transform.is_degenerate:
        return None
    to_raster = Transformer.from_crs(spots.crs, CRS.from_wkt(raster.crs.to_wkt()), always_xy=True)
    x, y = to_raster.transform(*shapely.get_coordinates(spots.to_numpy()).reshape(-1, 2).T)
    a, b, c, d, e, f = tuple(~raster.transform)[:6]
    x, y = np.asarray(x), np.asarray(y)
    with np.errstate(over="ignore", invalid="ignore"):  # what lies past all numbers lies outside
        return np.column_stack([a * x + b * y + c, d * x + e * y + f]) - 0.5


def _between_cells(raster: Any, rasterio: Any, cells: np.ndarray) -> np.ndarray | None:
    """Return heights weighted by the four cells around each point; missing where one of them is."""
    heights = np.full(len(cells), np.nan)
    size = np.array([raster.width, raster.height])
    is_inside = (np.isfinite(cells) & (cells >= 0) & (cells <= size - 1)).all(axis=1)
    if not is_inside.any():
        return heights
    low = np.floor(cells[is_inside]).astype(int).min(axis=0)
    high = np.minimum(np.ceil(cells[is_inside]).astype(int).max(axis=0) + 1, size)
    if np.prod(high - low, dtype=float) > MAX_CELLS:
        return None
    window = rasterio.windows.Window(*low.tolist(), *(high - low).tolist())
    with np.errstate(invalid="ignore"):  # NaN of another make
        ground = raster.read(1, window=window, masked=True).astype("float64").filled(np.nan)
    ground[~((ground >= LOWEST_M) & (ground <= HIGHEST_M))] = np.nan
    at = cells[is_inside] - low
    whole = np.minimum(np.floor(at).astype(int), np.maximum(np.array(ground.shape)[::-1] - 2, 0))
    part = at - whole
    found = np.zeros(len(at))
    for right in (0, 1):
        for down in (0, 1):
            weight = np.abs(1 - right - part[:, 0]) * np.abs(1 - down - part[:, 1])
            column = np.minimum(whole[:, 0] + right, ground.shape[1] - 1)
            row = np.minimum(whole[:, 1] + down, ground.shape[0] - 1)
            found += np.where(weight > 0, weight * ground[row, column], 0)
    heights[is_inside] = found
    return heights
