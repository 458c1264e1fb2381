"""What was packed comes out as it went in, or is not packed."""

from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.digests import Digester
from geoplan.errors import Finding
from geoplan.parcels import UNREADABLE, NotPackedError, pack, unpack
from geoplan.schema import empty_table, tables

SHAPES = [shapely.Point(1.1, 2.2), None, shapely.LineString([(0, 0), (0.1, 0.3)]), shapely.Polygon(),
          shapely.Point(1, 2, 3)]
FRAME = pd.DataFrame({
    "text": pd.Series(["", None, "片区\x00一", "a", "\ud800"], dtype="str"),
    "whole": pd.array([1, None, -(2**62) - 1, 0, 2**62 + 1], dtype="Int64"),
    "yes": pd.array([True, None, False, True, False], dtype="boolean"),
    "float": [0.1, np.nan, -0.0, np.inf, 5e-324], "number": np.arange(5), "is": [True, False] * 2 + [True],
    "object": pd.Series([None, "x", "y", "z", ""], dtype=object),
})
GROUND = gpd.GeoDataFrame(FRAME, geometry=SHAPES, crs="EPSG:4549")


def is_same(one: object, other: object) -> bool:
    return type(one) is type(other) and Digester()(one) == Digester()(other)


@pytest.mark.parametrize("result", [
    FRAME, GROUND, GROUND[:0], GROUND.iloc[[3, 1]], FRAME.set_index("text").loc[["a"]], FRAME["yes"], pd.DataFrame(),
    pd.DataFrame(GROUND), (FRAME, [Finding("step.read", "estates", 3, {"a": 1.5, "b": np.float64(2.5), "c": "x"})]),
    pd.DataFrame({"share": [Fraction(1, 3), None], "mixed": [1.5, "x"]}), pd.Series([Fraction(2, 3), [1]]),
    {"a": None, "b": [True, 1, float("nan")]}, np.eye(3), np.array(["a", None], dtype=object),
    np.array(SHAPES, dtype=object), GROUND.set_crs("EPSG:4490", allow_override=True),
], ids=lambda result: type(result).__name__)
def test_a_result_comes_out_as_it_went_in(result: object) -> None:
    assert is_same(unpack(pack(result)), result)


def test_frames_come_out_equal_to_pandas_too() -> None:
    found = unpack(pack(GROUND))
    pd.testing.assert_frame_equal(pd.DataFrame(found.drop(columns="geometry")), FRAME)
    assert found.crs.to_string() == "EPSG:4549"
    assert found.geometry.name == "geometry"
    assert shapely.equals_identical(found.geometry.to_numpy()[[0, 2, 4]], GROUND.geometry.to_numpy()[[0, 2, 4]]).all()


def test_shapes_keep_the_grid_to_which_all_that_is_made_of_them_is_rounded() -> None:
    triangle = shapely.set_precision(shapely.Polygon([(0, 0), (1, 0), (0.1234, 1)]), 0.001)
    shapes = np.array([triangle, shapely.box(0, 0, 1, 1), None], dtype=object)
    found = unpack(pack(shapes))
    assert shapely.get_precision(found[:2]).tolist() == [0.001, 0]
    assert found[0].centroid == triangle.centroid != shapely.from_wkb(triangle.wkb).centroid
    assert is_same(found, shapes)
    assert not is_same(shapely.from_wkb(shapely.to_wkb(shapes)), shapes)


def test_a_result_can_be_written_to() -> None:
    unpack(pack(np.zeros(2)))[0] = 1


@pytest.mark.parametrize("table", tables())
def test_every_table_of_the_contract_can_be_packed(table: str) -> None:
    empty = empty_table(table, "EPSG:4549")
    assert is_same(unpack(pack(empty)), empty)


@pytest.mark.parametrize("result", [
    {1: "key that is no text"}, object(), pd.Series([object()]), pd.Series(["a"], dtype="category"),
    pd.Series([pd.Timestamp(2024, 3, 1)]), shapely.STRtree([]), np.array([shapely.box(0, 0, 1, 1).exterior]),
    pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)])),
    pd.DataFrame([[1, 2]], columns=["a", "a"]), {"set"}, 1j,
], ids=lambda result: type(result).__name__)
def test_what_would_not_come_out_as_it_was_is_not_packed(result: object) -> None:
    with pytest.raises(NotPackedError):
        pack(result)


@settings(max_examples=60, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda some: st.lists(some, max_size=4) | st.tuples(some, some) | st.dictionaries(st.text(), some, max_size=3)))
def test_any_nested_value_comes_out_as_it_went_in(value: object) -> None:
    assert is_same(unpack(pack(value)), value)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_one_of_the_known_ways(junk: bytes) -> None:
    with pytest.raises(UNREADABLE):
        unpack(junk)


@pytest.mark.parametrize("at", [0, 9, 40, 200, -1])
def test_a_shortened_parcel_is_refused(at: int) -> None:
    with pytest.raises(UNREADABLE):
        unpack(pack(GROUND)[:at])


def test_a_text_is_kept_once_however_often_it_stands() -> None:
    once, often = (len(pack(pd.Series(["第一街道第二社区三号小区"] * rows, dtype="str"))) for rows in (1, 1_001))
    assert often - once < 1_000 * 9  # a number of 8 bytes for each row, and some digits of the sizes


def test_texts_that_differ_only_behind_a_zero_byte_stay_apart() -> None:
    texts = pd.Series(["a\x00b", "a\x00c", "a", "", None, "a\x00b"], dtype="str")
    assert unpack(pack(texts)).tolist()[:4] == ["a\x00b", "a\x00c", "a", ""]
    assert is_same(unpack(pack(texts)), texts)
