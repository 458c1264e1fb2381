"""Words for codes, and text that every file can hold."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.labels import labelled, table_name, unit_of, writable
from geoplan.policy import load_catalogue
from geoplan.schema import Column, columns_of, labels_of, lines_of, tables


def column(table: str, name: str) -> Column:
    return next(column for column in columns_of(table) if column.name == name)


def test_a_code_becomes_a_word_and_an_unknown_code_stays() -> None:
    wanted = column("estates", "eligibility")
    frame = pd.DataFrame({"eligibility": pd.Series(["eligible", "odd", None], dtype="str")})
    found = labelled([wanted], frame, "zh")["eligibility"]
    assert found[:2].tolist() == ["符合", "odd"]
    assert found.isna().tolist() == [False, False, True]


def test_yes_no_and_unknown_are_three_things() -> None:
    frame = pd.DataFrame({"usable": pd.Series([True, False, None], dtype="boolean")})
    found = labelled([column("links", "usable")], frame, "en")["usable"]
    assert found[:2].tolist() == ["Yes", "No"]
    assert found.isna().tolist() == [False, False, True]


def test_members_of_a_list_are_kept_apart_though_a_word_holds_the_mark_of_lists() -> None:
    frame = pd.DataFrame({"gap_types": pd.Series(["PLAY_GROUND、KINDERGARTEN", "", None], dtype="str")})
    found = labelled([column("areas", "gap_types")], frame, "zh")["gap_types"]
    assert found[0] == "PLAY_GROUND；幼儿园"
    assert found[1] == ""
    assert pd.isna(found[2])


def test_a_list_speaks_in_short_names_and_a_single_type_in_its_full_one() -> None:
    frame = pd.DataFrame({"gap_types": ["ELD_DAYCARE、ELD_MEAL"], "facility_type": ["ELD_DAYCARE"]}, dtype="str")
    wanted = [column("areas", "gap_types"), column("gaps", "facility_type")]
    assert labelled(wanted, frame, "zh").iloc[0].tolist() == ["日间照料；助餐", "老年人日间照料中心(含托老所)"]
    assert labelled(wanted, frame, "en", between=",").iloc[0].tolist() == [
        "Day care,Elder meals", "Elderly day-care centre"]


def test_short_names_are_short_tell_types_apart_and_hold_no_mark_of_lists() -> None:
    catalogue = load_catalogue()
    for language, longest in (("zh", 4), ("en", 20)):
        short = catalogue[f"short_{language}"]
        assert short.is_unique
        assert short.str.len().between(2, longest).all()
        assert not short.str.contains("[,;；、/]").any()


def test_every_type_is_of_a_kind_that_has_a_name() -> None:
    assert set(load_catalogue()["kind"]) == set(labels_of("facility_kind", "zh"))


def test_every_layer_table_and_unit_has_a_name() -> None:
    for language in ("zh", "en"):
        names = labels_of("table", language)
        assert all(names[table] for side in ("in", "out") for table in tables(side))
        for side in ("in", "out"):
            for table in tables(side):
                assert all(isinstance(unit_of(one, language), str) for one in columns_of(table, side))


def test_a_barrier_layer_keeps_the_name_the_planner_gave_it() -> None:
    assert table_name("barriers.water", "zh") == "阻隔: water"
    assert table_name("estates", "zh") == "小区"
    assert table_name("plan.toml", "zh") == "plan.toml"


@pytest.mark.parametrize(("text", "kept"), [
    ("一\x00二\x07三\x1b", "一二三"),
    ("a\tb\nc\r", "a\tb\nc\r"),
    ("甲\u202e乙\u200f𠮷🏚️", "甲\u202e乙\u200f𠮷🏚️"),
    ("\ud83d", ""),
    ("\ufffe\uffff", ""),
])
def test_only_what_no_file_can_hold_is_taken_out(text: str, kept: str) -> None:
    assert writable(text) == kept


@given(st.text())
def test_what_is_written_can_be_written_again(text: str) -> None:
    assert writable(writable(text)) == writable(text)
    writable(text).encode("utf-8")


def test_no_code_stands_twice_in_a_list() -> None:
    lines = [(line["values"], line["code"]) for line in lines_of("values.csv")]
    assert len(set(lines)) == len(lines)
