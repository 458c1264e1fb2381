"""The payload, read back by a decoder of its own: nothing is lost beyond the quantum, nothing can be read as code."""

import base64
import gzip
import json
import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geoplan.payload import encode_column, encode_shapes, encode_table, encode_varints, pack
from geoplan.schema import columns_of

QUANTUM = 1e-6
HALF = QUANTUM / 2 + 1e-12


def read_varints(data: bytes) -> list[int]:
    """Read numbers of seven bits a byte, lowest first."""
    numbers, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value, shift = 0, 0
    assert shift == 0
    return numbers


def read_shapes(data: bytes) -> list[list[tuple[bool, list[tuple[float, float]]]]]:
    """Read the features of a layer: each a list of paths, each path closed or not, with its points in degrees."""
    numbers = iter(read_varints(data))
    path_counts = [next(numbers) for _ in range(next(numbers))]
    heads = [next(numbers) for _ in range(sum(path_counts))]
    x = y = 0
    paths = []
    for head in heads:
        points = []
        for _ in range(head // 2):
            dx, dy = next(numbers), next(numbers)
            x += (dx >> 1) ^ -(dx & 1)
            y += (dy >> 1) ^ -(dy & 1)
            points.append((x * QUANTUM, y * QUANTUM))
        paths.append((head % 2 == 1, points))
    assert next(numbers, None) is None
    given_out = iter(paths)
    return [[next(given_out) for _ in range(count)] for count in path_counts]


def read_payload(text: str) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Read head and layers of a payload."""
    raw = gzip.decompress(base64.b64decode(text))
    at = 4 + int.from_bytes(raw[:4], "little")
    head = json.loads(raw[4:at])
    layers = {}
    for name, length in head["shapes"]:
        layers[name] = read_shapes(raw[at:at + length])
        at += length
    for table in head["tables"].values():
        for name, column in table["columns"].items():
            if isinstance(column, dict):
                table["columns"][name] = read_column(column, read_varints(raw[at:at + column["bytes"]]))
                at += column["bytes"]
    assert at == len(raw)
    return head, layers


def read_column(column: dict[str, Any], numbers: list[int]) -> list[Any]:
    """Read a column of codes: text, bool or number, 0 for what is missing."""
    codes = np.cumsum([(number >> 1) ^ -(number & 1) for number in numbers]).tolist() if column["steps"] else numbers
    if column["kind"] == "text":
        return [column["words"][code - 1] if code else None for code in codes]
    if column["kind"] == "bool":
        return [code == 2 if code else None for code in codes]
    signed = [(code - 1 >> 1) ^ -(code - 1 & 1) if code else None for code in codes]
    return [None if value is None else value / 10 ** column["decimals"] for value in signed]


def there_and_back(values: pd.Series, unit: str = "") -> list[Any]:
    tables = {"one": {"rows": len(values), "columns": {"values": encode_column(values, unit)}}}
    return read_payload(pack({"tables": tables}, {}))[0]["tables"]["one"]["columns"]["values"]


def expected_paths(shape: Any) -> list[tuple[bool, np.ndarray]]:
    """Return the paths of a shape as they must come back: rings without their last point."""
    paths = []
    for part in shapely.get_parts(shape):
        if isinstance(part, Polygon):
            paths += [(True, shapely.get_coordinates(ring)[:-1]) for ring in shapely.get_rings(part)]
        elif not part.is_empty:
            paths.append((False, shapely.get_coordinates(part)))
    return paths


def assert_same(found: list[Any], shapes: list[Any]) -> None:
    assert len(found) == len(shapes)
    for paths, shape in zip(found, shapes, strict=True):
        wanted = [] if shape is None else expected_paths(shape)
        assert [closed for closed, _ in paths] == [closed for closed, _ in wanted]
        for (_, points), (_, right) in zip(paths, wanted, strict=True):
            np.testing.assert_allclose(points, right, rtol=0, atol=HALF)


SQUARE = box(120.0, 36.0, 120.001, 36.001)
RING = Polygon([(120.1, 36.1), (120.2, 36.1), (120.2, 36.2)], [[(120.15, 36.11), (120.18, 36.11), (120.18, 36.14)]])
SHAPES = [SQUARE, None, MultiPolygon([SQUARE, RING]), LineString([(119, 35), (-1, -2.5), (3, 4)]), Point(-120.5, 12.25),
          Polygon(), shapely.MultiLineString([[(1, 1), (2, 2)], [(3, 3), (4, 5)]])]

places = st.tuples(st.floats(-180, 180), st.floats(-85, 85))
shapes_drawn = st.lists(
    st.one_of(st.none(), places.map(Point), st.lists(places, min_size=2, max_size=6).map(LineString),
              st.lists(places, min_size=3, max_size=6, unique=True).map(Polygon)),
    max_size=8,
)


def test_shapes_come_back_within_half_a_quantum() -> None:
    assert_same(read_shapes(encode_shapes(SHAPES)), SHAPES)


@given(shapes_drawn)
def test_any_shapes_come_back_within_half_a_quantum(shapes: list[Any]) -> None:
    assert_same(read_shapes(encode_shapes(shapes)), shapes)


@given(st.lists(st.integers(0, 2**40)))
def test_any_numbers_come_back(numbers: list[int]) -> None:
    assert read_varints(encode_varints(np.array(numbers, dtype=np.int64))) == numbers


def test_a_number_takes_one_byte_for_each_seven_bits() -> None:
    # 300 = 2 x 128 + 44: 44 with the top bit (172), then 2
    assert encode_varints(np.array([0, 127, 128, 300])) == bytes([0, 127, 128, 1, 172, 2])


def test_a_repeated_text_is_numbered_and_a_single_one_is_written_out() -> None:
    repeated = pd.Series(["甲", "乙", "甲", None], dtype="str")
    assert encode_column(repeated).words == ("甲", "乙")
    assert encode_column(repeated).codes.tolist() == [1, 2, 1, 0]
    assert there_and_back(repeated) == ["甲", "乙", "甲", None]
    assert encode_column(pd.Series(["甲", None, "乙"], dtype="str")) == ["甲", None, "乙"]


def test_numbers_are_rounded_by_their_unit_and_missing_is_null() -> None:
    assert there_and_back(pd.Series([322.44, None, 70.0, -0.36]), "m2") == [322.4, None, 70, -0.4]
    assert there_and_back(pd.Series([0.12347, 1.0]), "share") == [0.1235, 1]
    assert there_and_back(pd.Series([7, None, -3, 0], dtype="Int64")) == [7, None, -3, 0]
    assert there_and_back(pd.Series([True, None, False], dtype="boolean")) == [True, None, False]


@given(st.lists(st.one_of(st.none(), st.integers(-(2**40), 2**40))))
def test_any_column_of_numbers_comes_back(numbers: list[int | None]) -> None:
    assert there_and_back(pd.Series(numbers, dtype="Int64")) == numbers


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        encode_column(pd.Series([float("inf")]), "m2")


def test_numbers_that_climb_are_written_as_steps() -> None:
    climbing = {"rows": 5_000, "columns": {"at": encode_column(pd.Series(range(5_000), dtype="Int64"))}}
    assert len(pack({"tables": {"one": climbing}}, {})) < 400


def test_what_no_text_can_hold_is_left_out() -> None:
    assert encode_column(pd.Series(["一\x00二\ud800"], dtype=object)) == ["一二"]


def test_a_table_says_its_rows_and_only_the_columns_asked_for() -> None:
    table = pd.DataFrame({"area_id": ["A1", "A2"], "need_m2": [1.0, 2.5], "status": ["met", "met"]})
    wanted = [column for column in columns_of("care") if column.name in ("area_id", "need_m2")]
    encoded = encode_table(table, wanted)
    assert (encoded["rows"], list(encoded["columns"])) == (2, ["area_id", "need_m2"])
    assert encoded["columns"]["area_id"] == ["A1", "A2"]


def test_a_payload_is_letters_and_digits_and_comes_back_whole() -> None:
    layers = {"one": gpd.GeoSeries([SQUARE, RING], crs="EPSG:4326"), "none": gpd.GeoSeries([], crs="EPSG:4326")}
    text = pack({"name": "</script>{{7*7}}\u2028"}, layers)
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", text)
    assert text == pack({"name": "</script>{{7*7}}\u2028"}, layers)
    head, found = read_payload(text)
    assert head["name"] == "</script>{{7*7}}\u2028"
    assert_same(found["one"], [SQUARE, RING])
    assert found["none"] == []


def test_metres_become_degrees() -> None:
    # 500 000 m east on the central meridian of zone 40 (EPSG:4549) is 120 degrees east
    _, layers = read_payload(pack({}, {"points": gpd.GeoSeries([Point(500_000, 4_050_000)], crs="EPSG:4549")}))
    [[(closed, [(east, north)])]] = layers["points"]
    assert not closed
    assert east == pytest.approx(120.0, abs=HALF)
    assert 36.5 < north < 36.7


def test_a_number_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        pack({"value": float("nan")}, {})
