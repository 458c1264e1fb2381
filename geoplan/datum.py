"""Where on earth is this coordinate? GCJ-02 and BD-09 to WGS84 and back, and the CGCS2000 zone a place lies in.

GCJ-02 and BD-09 are shifted on purpose; their formulas are known from open implementations, not from an official text.
The shift has no closed inverse, so the inverse is found by fixed-point iteration, which gains at least a decimal a step
and ends below a micrometre. CGCS2000 and WGS84 differ by centimetres and count as one.
Zones: 3-degree Gauss-Kruger, central meridian 3z, EPSG 4509+z without and 4488+z with the zone before the easting.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

Degrees = NDArray[np.float64]

SHIFTED = ("GCJ02", "BD09")
CHINA_WEST, CHINA_SOUTH, CHINA_EAST, CHINA_NORTH = 72.004, 0.8293, 137.8347, 55.8271  # box of the GCJ-02 formula
AXIS_M, ECCENTRICITY_SQUARED = 6378245.0, 0.00669342162296594323  # Krassovsky 1940, as the GCJ-02 formula has it
BD_ANGLE = math.pi * 3000.0 / 180.0
BD_EAST, BD_NORTH = 0.0065, 0.006
ITERATIONS = 10
BORDER_DECIMALS = 9  # a place on the very border of the box must find its way back in

ZONES = range(25, 46)
FIRST_PREFIXED, FIRST_PLAIN = 4488, 4509
SIX_DEGREE_ZONES, FIRST_SIX_PREFIXED, FIRST_SIX_PLAIN = range(13, 24), 4478, 4489
PREFIX_M = 1_000_000


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> tuple[Degrees, Degrees]:
    """Return WGS84 longitude and latitude of coordinates in `datum` (WGS84, CGCS2000, GCJ02 or BD09), in degrees.

    A place that lies outside China's box is returned as it is, because there the shift is not applied.
    """
    given_lon, given_lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum not in SHIFTED:
        return given_lon, given_lat
    true_lon, true_lat = _on_earth(given_lon, given_lat)
    if datum == "BD09":
        true_lon, true_lat = _unshift(true_lon, true_lat, _bd_from_gcj)
    true_lon, true_lat = _unshift(true_lon, true_lat, _gcj_from_wgs)
    inside = in_china(np.round(true_lon, BORDER_DECIMALS), np.round(true_lat, BORDER_DECIMALS))
    return np.where(inside, true_lon, given_lon), np.where(inside, true_lat, given_lat)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> tuple[Degrees, Degrees]:
    """Return longitude and latitude in `datum` of WGS84 coordinates; the inverse of `to_wgs84`."""
    true_lon, true_lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum not in SHIFTED:
        return true_lon, true_lat
    shifted = _gcj_from_wgs(*_on_earth(true_lon, true_lat))
    if datum == "BD09":
        shifted = _bd_from_gcj(*shifted)
    inside = in_china(true_lon, true_lat)
    return np.where(inside, shifted[0], true_lon), np.where(inside, shifted[1], true_lat)


def in_china(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Say which WGS84 places lie in the box in which China's map shift applies."""
    east, north = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return (east >= CHINA_WEST) & (east <= CHINA_EAST) & (north >= CHINA_SOUTH) & (north <= CHINA_NORTH)


def zone_of(lon_deg: float) -> int | None:
    """Return the number of the 3-degree zone of a longitude; None outside China's zones 25 to 45."""
    zone = math.floor((lon_deg + 1.5) / 3) if math.isfinite(lon_deg) else 0
    return zone if zone in ZONES else None


def zone_crs(lon_deg: float) -> CRS:
    """Return the CGCS2000 3-degree CRS of a longitude, in metres, without a zone number before the easting.

    ValueError where the longitude lies outside China's zones.
    """
    zone = zone_of(lon_deg)
    if zone is None:
        raise ValueError(f"longitude {lon_deg} lies outside the zones {ZONES[0]} to {ZONES[-1]}")
    return CRS.from_epsg(FIRST_PLAIN + zone)


def prefix_of_easting(easting_m: float) -> int | None:
    """Return the zone number that stands before an easting (40 of 40,640,060), None where there is none."""
    prefix = int(easting_m // PREFIX_M) if math.isfinite(easting_m) else 0
    return prefix if prefix in ZONES or prefix in SIX_DEGREE_ZONES else None


def prefix_of_crs(crs: CRS) -> int | None:
    """Return the zone number that a projected CRS puts before its eastings, None where it puts none."""
    operation = crs.coordinate_operation
    eastings = [part.value for part in operation.params if part.name == "False easting"] if operation else []
    return prefix_of_easting(float(eastings[0])) if eastings else None


def likely_crs(x: float, y: float) -> str:
    """Return the EPSG codes that coordinates such as these may belong to, as a hint for people; "" where none fits."""
    if CHINA_WEST <= x <= CHINA_EAST and CHINA_SOUTH <= y <= CHINA_NORTH:
        return "EPSG:4490"
    prefix = prefix_of_easting(x)
    if prefix is not None:
        return f"EPSG:{(FIRST_PREFIXED if prefix in ZONES else FIRST_SIX_PREFIXED) + prefix}"
    if 0 < x < PREFIX_M < y:
        return f"EPSG:{FIRST_PLAIN + ZONES[0]}–{FIRST_PLAIN + ZONES[-1]}"
    return ""


def plain_twin(prefix: int) -> str:
    """Return the EPSG code of the zone `prefix` without its number before the easting."""
    return f"EPSG:{FIRST_PLAIN + prefix}" if prefix in ZONES else f"EPSG:{FIRST_SIX_PLAIN + prefix}"


def zone_twin(crs: CRS, *, has_prefix: bool) -> CRS | None:
    """Return the CGCS2000 zone of `crs` with or without its number before the easting; None where it is no such zone.

    The number is put there as it is (34 before 501 000 makes 34 501 000): no coordinate is projected anew.
    """
    plain_of = {FIRST_PREFIXED + zone: FIRST_PLAIN + zone for zone in ZONES}
    plain_of |= {FIRST_SIX_PREFIXED + zone: FIRST_SIX_PLAIN + zone for zone in SIX_DEGREE_ZONES}
    prefixed_of = {plain: prefixed for prefixed, plain in plain_of.items()}
    code = crs.to_epsg()
    if code in plain_of:
        return CRS.from_epsg(code if has_prefix else plain_of[code])
    return CRS.from_epsg(prefixed_of[code] if has_prefix else code) if code in prefixed_of else None


def _on_earth(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Blank what is no place on earth, so that the formula is not asked about it."""
    real = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
    return np.where(real, lon, np.nan), np.where(real, lat, np.nan)


def _unshift(
    lon: Degrees, lat: Degrees, shift: Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]
) -> tuple[Degrees, Degrees]:
    guess_lon, guess_lat = lon, lat
    for _ in range(ITERATIONS):
        seen_lon, seen_lat = shift(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - seen_lon), guess_lat + (lat - seen_lat)
    return guess_lon, guess_lat


def _gcj_from_wgs(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    common = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + (
        common + _waves(y, ((20.0, 1), (40.0, 3), (160.0, 12), (320.0, 30)))) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + (
        common + _waves(x, ((20.0, 1), (40.0, 3), (150.0, 12), (300.0, 30)))) * 2.0 / 3.0
    latitude = np.radians(lat)
    squeeze = 1.0 - ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    meridian_m = AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / squeeze**1.5
    parallel_m = AXIS_M / np.sqrt(squeeze) * np.cos(latitude)
    return lon + np.degrees(east / parallel_m), lat + np.degrees(north / meridian_m)


def _waves(values: Degrees, parts: tuple[tuple[float, int], ...]) -> Degrees:
    return sum((size * np.sin(values * np.pi / width) for size, width in parts), np.zeros_like(values))


def _bd_from_gcj(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BD_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BD_ANGLE)
    return radius * np.cos(angle) + BD_EAST, radius * np.sin(angle) + BD_NORTH
