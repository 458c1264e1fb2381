"""The contract of every table: names, types, order, words."""

import re
from itertools import groupby

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from geoplan.costs import load_costs
from geoplan.policy import load_catalogue
from geoplan.schema import (
    DTYPES,
    GEOMETRY_TYPES,
    Column,
    columns_of,
    conform,
    empty_table,
    is_spatial,
    join_list,
    keys_of,
    labels_of,
    lines_of,
    split_list,
    tables,
    words_of,
)

CATALOGUED = {"facility_type": set(load_catalogue()["facility_type"]),
              "work_item": {*load_costs().index, *load_catalogue()["facility_type"]}}
ALL = [column for side in ("in", "out") for table in tables(side) for column in columns_of(table, side)]


def named(column: Column) -> str:
    return f"{column.side}.{column.table}.{column.name}"


every_column = pytest.mark.parametrize("column", ALL, ids=named)
every_table = pytest.mark.parametrize(("table", "side"), [(t, s) for s in ("in", "out") for t in tables(s)])


# ---- columns.csv

def test_the_tables_of_the_contract_are_there_in_its_order() -> None:
    assert tables() == (
        "estates", "verdicts", "links", "areas", "grouping", "alternatives", "alternative_members",
        "facilities", "sites", "walks", "gaps", "area_gaps",
        "care", "care_flows", "openings", "sitings", "siting_areas", "procedures",
        "siting_stages", "siting_alternatives", "works", "sources", "funding", "ranking", "programme",
        "programme_alternatives", "milestones", "scorecard", "progress", "monthly", "parameters",
        "remarks", "checkup", "nearest", "isochrones", "topology")


@every_column
def test_every_column_has_headings_and_a_sentence_in_both_languages(column: Column) -> None:
    assert column.zh
    assert column.en
    assert re.search(r"[\u4e00-\u9fff]", column.meaning_zh)
    assert column.meaning_zh.endswith("。")
    assert column.meaning_en.isascii() or "社区" in column.meaning_en or "单元" in column.meaning_en
    assert column.meaning_en.endswith(".")
    assert column.meaning_en[0].isupper() or column.meaning_en.startswith("(")


@every_column
def test_a_sentence_says_more_than_the_heading(column: Column) -> None:
    assert column.meaning_en.rstrip(".") != column.en


@every_column
def test_a_unit_ends_the_name_and_stands_in_the_sentence(column: Column) -> None:
    unit, words = {"m2": ("m2", ("square metre", "m2")), "yuan": ("yuan", ("yuan",)),
                   "m": ("m", ("metre",)), "share": ("share", ("hare",))}.get(column.unit, ("", ("",)))
    if column.side == "out" and unit and column.name != "cost":
        assert column.name.endswith(f"_{unit}")
    if column.unit in ("m2", "yuan", "m"):
        said = column.meaning_en.lower()
        assert any(word in said for word in words), column.meaning_en


@every_column
def test_a_column_has_a_known_type(column: Column) -> None:
    assert column.type in {*DTYPES, *GEOMETRY_TYPES}
    assert (column.name == "geometry") == (column.type in GEOMETRY_TYPES)


@every_column
def test_a_shapefile_name_is_ascii_upper_case_and_ten_bytes_at_most(column: Column) -> None:
    if column.type in GEOMETRY_TYPES:
        assert column.dbf == ""
    else:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,9}", column.dbf)


@every_table
def test_names_are_unique_in_their_table(table: str, side: str) -> None:
    columns = columns_of(table, side)
    for names in ([c.name for c in columns], [c.dbf for c in columns if c.dbf], [c.zh for c in columns],
                  [c.en for c in columns]):
        assert len(names) == len(set(names))


@every_column
def test_a_closed_list_exists_and_only_text_has_one(column: Column) -> None:
    if column.values:
        assert column.type in ("text", "list")
        assert column.values in CATALOGUED or words_of(column.values)


@every_table
def test_a_table_has_one_geometry_at_most_and_it_stands_last(table: str, side: str) -> None:
    types = [column.type for column in columns_of(table, side)]
    assert sum(kind in GEOMETRY_TYPES for kind in types) <= 1
    assert is_spatial(table, side) == (types[-1] in GEOMETRY_TYPES)


@pytest.mark.parametrize("table", tables())
def test_every_table_of_a_run_has_a_key(table: str) -> None:
    assert keys_of(table)


def test_a_table_stands_in_one_block() -> None:
    blocks = [key for key, _ in groupby((line["side"], line["table"]) for line in lines_of("columns.csv"))]
    assert len(blocks) == len(set(blocks))


def test_a_table_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError):
        columns_of("estate")


# ---- values.csv

LISTS = sorted({column.values for column in ALL if column.values} - set(CATALOGUED))


@pytest.mark.parametrize("values", LISTS)
def test_a_code_stands_once_in_its_list_and_has_both_labels(values: str) -> None:
    words = words_of(values)
    assert len({word.code for word in words}) == len(words)
    assert all(word.zh and word.en for word in words)


@pytest.mark.parametrize("values", LISTS)
def test_no_word_of_a_planner_means_two_codes(values: str) -> None:
    said = [word for entry in words_of(values) for word in entry.words]
    assert len(said) == len(set(said))


def test_every_unit_has_its_line() -> None:
    assert {column.unit for column in ALL if column.unit} <= {word.code for word in words_of("unit")}


def test_labels_are_given_by_code() -> None:
    assert labels_of("basis", "zh") == {
        "policy": "政策条款", "retrieved": "公开资料", "assumption": "假设", "project": "本项目"}
    assert labels_of("basis", "en")["assumption"] == "Assumption"


def test_words_come_in_the_order_of_the_file() -> None:
    assert [word.code for word in words_of("structure")] == ["sound", "strengthen", "dangerous"]
    assert words_of("structure")[1].words == ("加固后可", "需加固", "加固")


def test_a_list_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError):
        words_of("colours")


# ---- lists in cells

@settings(max_examples=50)
@given(st.lists(st.text(alphabet="ab社区-1", min_size=1)))
def test_a_list_survives_its_text(members: list[str]) -> None:
    assert split_list(join_list(members)) == members


@pytest.mark.parametrize("text", ["", None, np.nan, pd.NA])
def test_an_empty_and_a_missing_list_have_no_members(text: object) -> None:
    assert split_list(text) == []


# ---- conform

def flows(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["facility_id", "area_id", "floor_area_m2"]).assign(walking="network")


FLOWS = flows(("F2", "A1", 3), ("F1", "A2", 2), ("F1", "A1", 1))


def test_rows_are_sorted_by_key_and_counted_from_nought() -> None:
    table = conform("care_flows", FLOWS)
    assert table["floor_area_m2"].tolist() == [1, 2, 3]
    assert table.index.equals(pd.RangeIndex(3))


def test_columns_come_in_the_order_of_the_contract_and_no_other_stays() -> None:
    mixed = FLOWS[["walking", "floor_area_m2", "area_id", "facility_id"]].assign(other=1)
    assert list(conform("care_flows", mixed)) == ["facility_id", "area_id", "floor_area_m2", "walking"]


def test_a_missing_column_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="area_id"):
        conform("care_flows", FLOWS.drop(columns="area_id"))


def test_a_doubled_key_is_refused() -> None:
    with pytest.raises(ValueError, match="2 rows share a key"):
        conform("care_flows", pd.concat([FLOWS, FLOWS.iloc[:2]]))


def test_what_is_given_is_not_changed() -> None:
    before = FLOWS.copy(deep=True)
    conform("care_flows", FLOWS)
    pd.testing.assert_frame_equal(FLOWS, before)


def test_types_are_set_and_missing_stays_missing() -> None:
    said: dict[str, list[object]] = {column.name: [None, None] for column in columns_of("area_gaps")}
    said |= {"area_id": ["A2", "A1"], "facility_type": ["GREEN", "GREEN"], "residents": [None, 30.0],
             "is_gap": [True, None]}
    table = conform("area_gaps", pd.DataFrame(said))
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == {
        "area_id": "str", "facility_type": "str", "residents": "Int64", "uncovered_residents": "Int64",
        "uncovered_share": "float64", "is_gap": "boolean", "is_gap_after": "boolean", "reason": "str",
        "walking": "str"}
    assert table["residents"].tolist() == [30, pd.NA]
    assert table["is_gap"].tolist() == [pd.NA, True]
    assert table["uncovered_share"].isna().all()


def test_a_missing_text_does_not_become_the_word_none() -> None:
    said = {column.name: [None] for column in columns_of("programme")} | {"area_id": ["A1"]}
    assert conform("programme", pd.DataFrame(said))["reason"].isna().all()


def test_a_number_with_a_fraction_is_no_count() -> None:
    said = {column.name: [None] for column in columns_of("programme")} | {"area_id": ["A1"], "households": [1.5]}
    with pytest.raises((TypeError, ValueError)):
        conform("programme", pd.DataFrame(said))


def test_a_spatial_table_keeps_its_geometry_and_its_coordinate_system() -> None:
    said = {column.name: [None, None] for column in columns_of("sites")}
    said |= {"site_id": ["S2", "S1"], "geometry": [Point(2, 2), box(0, 0, 1, 1)]}
    table = conform("sites", gpd.GeoDataFrame(said, geometry="geometry", crs="EPSG:4549"))
    assert isinstance(table, gpd.GeoDataFrame)
    assert table.crs == "EPSG:4549"
    assert table.geometry.iloc[0].equals(box(0, 0, 1, 1))
    assert conform("sites", pd.DataFrame(said), crs="EPSG:4547").crs == "EPSG:4547"


@every_table
def test_an_empty_table_has_every_column_and_no_row(table: str, side: str) -> None:
    frame = empty_table(table, "EPSG:4549", side)
    assert list(frame) == [column.name for column in columns_of(table, side)]
    assert frame.empty
    assert isinstance(frame, gpd.GeoDataFrame) == is_spatial(table, side)
    assert conform(table, frame, "EPSG:4549", side).dtypes.equals(frame.dtypes)


@settings(max_examples=30)
@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    rows = flows(*((f"F{k // 2}", f"A{k % 2}", float(k)) for k in range(6)))
    pd.testing.assert_frame_equal(conform("care_flows", rows.iloc[order]), conform("care_flows", rows))


@settings(max_examples=10)
@given(st.permutations(range(4)))
def test_conforming_twice_changes_nothing(order: list[int]) -> None:
    rows = flows(*((f"F{k}", "A1", float(k)) for k in order))
    once = conform("care_flows", rows)
    pd.testing.assert_frame_equal(conform("care_flows", once), once)
