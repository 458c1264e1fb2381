"""Few rows as plain values: cut, chosen and put in order as a frame would do it."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from geoplan.extracts import Extract, extract_of

ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 3), st.integers(0, 99)), max_size=12)


def extract(rows: list[tuple[str, int | None, int]]) -> Extract:
    return Extract({name: [row[place] for row in rows] for place, name in enumerate(("name", "count", "id"))})


def test_a_table_is_plain_values_with_nothing_where_one_is_missing() -> None:
    table = pd.DataFrame({
        "whole": pd.array([1, None], dtype="Int64"), "real": [0.5, float("nan")], "is_so": pd.array(
            [True, None], dtype="boolean"), "text": pd.Series(["a", None], dtype="str")})
    assert extract_of(table).records() == [
        {"whole": 1, "real": 0.5, "is_so": True, "text": "a"},
        {"whole": None, "real": None, "is_so": None, "text": None}]


def test_rows_are_cut_chosen_and_added_to() -> None:
    rows = extract([("a", 1, 1), ("b", None, 2), ("c", 3, 3)])
    assert rows.part(1, 3)["name"] == ["b", "c"]
    assert rows.pick([2, 0])["id"] == [3, 1]
    assert rows.where([True, None, False])["name"] == ["a"]
    assert rows.given(name=["x"] * 3, more=[7, 8, 9]).records("name", "more")[2] == {"name": "x", "more": 9}
    assert (len(rows), len(rows.part(0, 0)), len(Extract({}))) == (3, 0, 0)


@given(ROWS)
def test_rows_stand_in_the_order_a_frame_gives_them(rows: list[tuple[str, int | None, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["name", "count", "id"]).astype({"count": "Int64"})
    ordered = frame.sort_values(["count", "name"], ascending=[False, True], kind="stable")
    assert extract(rows).by("-count", "name")["id"] == ordered["id"].tolist()
