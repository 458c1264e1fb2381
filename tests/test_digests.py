"""Equal content has equal digests; whatever differs in anything has another."""

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.digests import Digester, NoDigestError
from geoplan.settings import AreaRules

SQUARE = shapely.box(0, 0, 1, 1)


@dataclass(frozen=True)
class Pair:
    one: object
    other: object


def frame(**changed: object) -> pd.DataFrame:
    return pd.DataFrame({"text": ["a", "b"], "number": [1.0, 2.0]} | changed)


DIFFERENT = [
    None, True, 1, 1.0, "1", b"1", "", -0.0, 0.0, float("nan"), date(2024, 3, 1), (1,), [1], [1, [2]], [[1], 2], {1},
    {1: 2}, Pair(1, 2), Pair(2, 1), AreaRules(), AreaRules(max_households=2000), np.array([1]), np.array([1.0]),
    np.array([[1]]), np.float64(1), np.int64(1), np.array(["a", None], dtype=object), np.array(["a", ""], dtype=object),
    frame(), frame(text=["a", "c"]), frame(text=["ab", ""]), frame(text=["a", None]), frame(number=[1, 2]),
    frame(number=pd.array([1, 2], dtype="Int64")), frame(number=pd.array([1, None], dtype="Int64")),
    frame(number=pd.array([1, 0], dtype="Int64")), frame()[::-1], frame().set_index("text"),
    frame()[["number", "text"]], frame().rename(columns={"text": "name"}), frame()[:0], frame()["text"],
    gpd.GeoDataFrame(geometry=[SQUARE]), gpd.GeoDataFrame(geometry=[SQUARE], crs="EPSG:4549"),
    gpd.GeoDataFrame(geometry=[SQUARE], crs="EPSG:4490"), gpd.GeoDataFrame(geometry=[None], crs="EPSG:4490"),
    gpd.GeoDataFrame(geometry=[SQUARE.reverse()]), gpd.GeoDataFrame(geometry=[SQUARE.exterior]),
    gpd.GeoDataFrame(geometry=[shapely.LineString(SQUARE.exterior)]), gpd.GeoDataFrame(),
]


def test_whatever_differs_has_another_digest() -> None:
    assert len({Digester()(value) for value in DIFFERENT}) == len(DIFFERENT)


def test_equal_content_has_an_equal_digest() -> None:
    assert Digester()(frame()) == Digester()(frame().copy())
    assert Digester()({"a": 1}) == Digester()(MappingProxyType({"a": 1}))
    assert Digester()({"b", "a", "c"}) == Digester()({"c", "b", "a"})
    assert Digester()(frame()[1:].reset_index(drop=True)) == Digester()(frame()[1:].reset_index(drop=True).copy())


def test_a_table_is_held_so_that_another_does_not_take_its_place() -> None:
    digest = Digester()
    found = {digest(frame(number=[float(number), 0.0])) for number in range(50)}
    assert len(found) == 50


@pytest.mark.parametrize("value", [print, object(), shapely.STRtree([]), pd.Series(["a"], dtype="category")])
def test_what_nobody_can_compare_has_no_digest(value: object) -> None:
    with pytest.raises(NoDigestError):
        Digester()([value])
