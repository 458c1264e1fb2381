"""Which columns are taken for which, and what is said of the rest."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoplan.headings import Headed, take_columns
from geoplan.opened import Opened
from geoplan.settings import Source, StreetSource


def opened(columns: dict[str, list[Any]] | pd.DataFrame, *, points: bool = False) -> Opened:
    cells = pd.DataFrame(columns, dtype="str")
    shapes = None if points else np.array([shapely.Point(0, 0)] * len(cells), dtype=object)
    return Opened(cells, np.arange(1, len(cells) + 1), shapes, None, "GPKG", "UTF-8")


def taken(layer: str, columns: dict[str, list[Any]], source: Source | None = None) -> tuple[Headed, list[str]]:
    headed, findings = take_columns(opened(columns), source or Source(path="x"), layer)
    return headed, [finding.code for finding in findings]


def test_columns_are_mapped_from_ours_to_theirs() -> None:
    source = Source(path="x", columns={"estate_id": "编号", "name": "名称"})
    headed, codes = taken("estates", {"编号": ["E1"], "名称": ["幸福里"]}, source)
    assert codes == []
    assert headed.rows.loc[0, ["estate_id", "name", "row"]].tolist() == ["E1", "幸福里", 1]
    assert headed.heads == {"estate_id": "编号", "name": "名称"}


def test_a_column_with_our_name_needs_no_mapping() -> None:
    headed, codes = taken("estates", {"estate_id": ["E1"], "name": ["幸福里"], "households": ["10"]})
    assert codes == []
    assert set(headed.heads) == {"estate_id", "name", "households"}


def test_a_heading_is_found_whatever_its_width() -> None:
    source = Source(path="x", columns={"site_id": "编号", "conversion_yuan_per_m2": "改造单价（元／㎡）"})
    headed, codes = taken("sites", {"编号": ["S1"], "改造单价(元/m2)": ["100"]}, source)
    assert codes == []
    assert headed.heads["conversion_yuan_per_m2"] == "改造单价(元/m2)"


def test_a_mapped_column_that_is_not_there_stops_the_run() -> None:
    source = Source(path="x", columns={"households": "户数"})
    assert taken("estates", {"estate_id": ["E1"], "name": ["里"]}, source)[1] == ["headings.no_column"]


def test_a_required_column_that_is_not_there_stops_the_run() -> None:
    assert taken("estates", {"name": ["里"]})[1] == ["headings.no_required"]
    assert taken("utilities", {"owner": ["里"]})[1] == ["headings.no_required"] * 2


def test_a_facility_needs_a_name_a_type_or_a_code() -> None:
    assert taken("facilities", {"beds": ["1"]})[1] == ["headings.no_required"]
    for column in ("name", "facility_type", "amap_code"):
        assert taken("facilities", {column: ["x"]})[1] == []


def test_a_ledger_needs_both_coordinates() -> None:
    headed, findings = take_columns(
        opened({"name": ["x"], "经度": ["1"]}, points=True), Source(path="x", x="经度"), "facilities"
    )
    assert [(finding.code, finding.values["ours"]) for finding in findings] == [("headings.no_required", "y")]
    assert headed.heads["x"] == "经度"


def test_a_heading_that_stands_twice_is_ambiguous_only_where_it_is_used() -> None:
    cells = pd.DataFrame([["E1", "甲", "乙", "1", "2"]], columns=["estate_id", "name", "name", "备注", "备注"])
    _, findings = take_columns(opened(cells), Source(path="x"), "estates")
    assert [finding.code for finding in findings] == ["headings.column_twice", "headings.unused"]


def test_columns_that_are_not_used_are_one_note() -> None:
    _, findings = take_columns(
        opened({"estate_id": ["E1"], "name": ["里"], "备注": ["x"], "电话": ["y"]}), Source(path="x"), "estates"
    )
    (note,) = findings
    assert (note.code, note.values) == ("headings.unused", {"columns": "备注、电话", "count": 2})


@pytest.mark.parametrize("name", ["highway", "fclass", "kind_detail", "kind", "class"])
def test_the_class_of_a_street_has_several_usual_names(name: str) -> None:
    assert taken("streets", {name: ["residential"], "is_bridge": ["T"]})[0].heads == {
        "class": name,
        "bridge": "is_bridge",
    }


def test_the_planners_list_of_ways_may_name_their_column_or_ours() -> None:
    for column in ("highway", "class"):
        source = StreetSource(path="x", not_walkable={column: ("motorway",)})
        headed, codes = taken("streets", {"highway": ["Motorway", "footway", None]}, source)
        assert codes == []
        assert headed.rows["not_walkable"].tolist() == [True, False, False]


def test_a_list_on_a_column_that_is_not_there_stops_the_run() -> None:
    source = StreetSource(path="x", not_walkable={"fclass": ("motorway",)})
    assert taken("streets", {"highway": ["motorway"]}, source)[1] == ["headings.no_column"]


@given(names=st.lists(st.text(max_size=6), max_size=6))
def test_no_headings_make_it_fail(names: list[str]) -> None:
    cells = pd.DataFrame([["x"] * len(names)], columns=pd.Index(names, dtype=object))
    for layer in ("estates", "facilities", "streets", "barriers.water"):
        take_columns(opened(cells), Source(path="x", columns={"name": "名称"}), layer)
