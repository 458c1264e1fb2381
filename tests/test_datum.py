"""Datums and zones: control points, the inverse, and where the shift stops."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from geoplan.datum import (
    CHINA_EAST,
    CHINA_NORTH,
    CHINA_SOUTH,
    CHINA_WEST,
    from_wgs84,
    in_china,
    likely_crs,
    plain_twin,
    prefix_of_crs,
    prefix_of_easting,
    to_wgs84,
    zone_crs,
    zone_of,
)

GEOD = Geod(ellps="WGS84")
LONGITUDES = st.floats(CHINA_WEST, CHINA_EAST)
LATITUDES = st.floats(CHINA_SOUTH, CHINA_NORTH)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(GEOD.inv(*one, *other)[2])


@pytest.mark.parametrize("datum", ["GCJ02", "BD09"])
@given(lon=LONGITUDES, lat=LATITUDES)
def test_the_inverse_is_off_by_less_than_a_micrometre(datum: str, lon: float, lat: float) -> None:
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert metres((lon, lat), (float(back[0]), float(back[1]))) < 1e-6


@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90))
def test_outside_the_box_of_china_nothing_is_shifted(lon: float, lat: float) -> None:
    near_the_box = (CHINA_WEST - 0.1 < lon < CHINA_EAST + 0.1) and (CHINA_SOUTH - 0.1 < lat < CHINA_NORTH + 0.1)
    if not near_the_box:
        assert [float(part) for part in from_wgs84(lon, lat, "GCJ02")] == [lon, lat]
        assert [float(part) for part in to_wgs84(lon, lat, "BD09")] == [lon, lat]


@given(lon=st.floats(allow_nan=True, allow_infinity=True), lat=st.floats(allow_nan=True, allow_infinity=True))
def test_no_number_makes_the_formula_fail(lon: float, lat: float) -> None:
    for datum in ("GCJ02", "BD09", "WGS84"):
        to_wgs84(lon, lat, datum)
        from_wgs84(lon, lat, datum)


@pytest.mark.parametrize("datum", ["WGS84", "CGCS2000"])
def test_wgs84_and_cgcs2000_are_left_alone(datum: str) -> None:
    assert [float(part) for part in to_wgs84(120.3, 31.5, datum)] == [120.3, 31.5]


def test_the_shift_is_some_hundred_metres() -> None:
    shifted = from_wgs84(120.3, 31.5, "GCJ02")
    assert 300 < metres((120.3, 31.5), (float(shifted[0]), float(shifted[1]))) < 700


def test_whole_columns_are_converted_at_once() -> None:
    lon, lat = to_wgs84(np.array([120.1, 120.2]), np.array([31.1, 31.2]), "GCJ02")
    one = to_wgs84(120.2, 31.2, "GCJ02")
    assert (lon[1], lat[1]) == (float(one[0]), float(one[1]))


def test_the_subway_stations_of_the_kit_come_out_right(shared: Path) -> None:
    expected = json.loads((shared / "kits/wuxi_xinwu/expected.json").read_text(encoding="utf-8"))
    points = expected["facilities"]["control_points"]
    assert len(points) == 13
    for point in points:
        lon, lat = to_wgs84(*point["gcj02"], "GCJ02")
        assert abs(float(lon) - point["wgs84"][0]) < 1e-6
        assert abs(float(lat) - point["wgs84"][1]) < 1e-6


def test_the_sites_of_the_kit_come_out_right(shared: Path) -> None:
    expected = json.loads((shared / "kits/wuxi_xinwu/expected.json").read_text(encoding="utf-8"))
    points = expected["sites"]["control_points"]
    assert len(points) == 5
    for point in points:
        lon, lat = to_wgs84(*point["bd09"], "BD09")
        assert abs(float(lon) - point["wgs84"][0]) < 1e-6
        assert abs(float(lat) - point["wgs84"][1]) < 1e-6


@pytest.mark.parametrize(
    ("lon", "epsg"),
    [
        (120.34, 4549),  # (120.34 + 1.5) / 3 = 40.6 -> zone 40, central meridian 120
        (118.5, 4549),  # the border belongs to the zone east of it
        (118.499, 4548),
        (101.77, 4543),  # Xining: 34.4 -> zone 34, central meridian 102
    ],
)
def test_the_zone_follows_the_longitude(lon: float, epsg: int) -> None:
    assert zone_crs(lon).to_epsg() == epsg


@pytest.mark.parametrize("lon", [73.0, 137.0, math.nan, math.inf])
def test_outside_the_zones_of_china_there_is_no_zone(lon: float) -> None:
    assert zone_of(lon) is None
    with pytest.raises(ValueError, match="zones 25 to 45"):
        zone_crs(lon)


def test_a_zone_number_before_the_easting_is_seen() -> None:
    assert prefix_of_easting(40_640_060) == 40
    assert prefix_of_easting(640_060) is None
    assert prefix_of_crs(CRS.from_epsg(4528)) == 40
    assert prefix_of_crs(CRS.from_epsg(4549)) is None
    assert plain_twin(40) == "EPSG:4549"
    assert plain_twin(20) == "EPSG:4509"


@pytest.mark.parametrize(
    ("x", "y", "hint"),
    [
        (40_640_060, 3_490_000, "EPSG:4528"),
        (120.3, 31.5, "EPSG:4490"),
        (532_000, 2_545_000, "EPSG:4534–4554"),
        (1500, 900, ""),
        (20_500_000, 3_490_000, "EPSG:4498"),
    ],
)
def test_coordinates_hint_at_their_crs(x: float, y: float, hint: str) -> None:
    assert likely_crs(x, y) == hint


def test_china_is_a_box() -> None:
    assert in_china([120.3, 24.9, 31.5], [31.5, 60.2, 120.3]).tolist() == [True, False, False]
