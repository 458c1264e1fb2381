"""Ids that are missing, doubled, cut or dressed up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from brought import square, town, write, write_sheet
from catalogue import CLEAN, FACILITIES, FACILITY_TEXT, ROWS, Catalogue, plan_toml, with_facilities, with_layer

GROUP = "ids"
LONG = "320214007037001123"


def ids(*first: Any, text: str = "", areas: str = "") -> Callable[[Path], None]:
    """Return a maker of a town whose first estates have these ids."""

    def make(folder: Path) -> None:
        every = [*first, *(f"E{n:02d}" for n in range(len(first), ROWS))]
        write(
            town(
                ROWS, estate_id=every, name=[f"里{n}" for n in range(ROWS)], geometry=[square(n) for n in range(ROWS)]
            ),
            folder / "estates.gpkg",
        )
        plan_toml(folder, estates=f'path = "estates.gpkg"\n{text}', **({"areas": areas} if areas else {}))

    return make


def ids_are(*expected: str) -> Callable[[Any], bool]:
    return lambda layers: set(expected) <= set(layers.estates["estate_id"])


def numbered(folder: Path) -> None:
    """Write facilities whose ids are numbers in Excel, long ones as text."""
    heading = ["设施编号", *FACILITIES[0]]
    lines = [
        [LONG, "甲", "超市", 120.42, 31.54],
        [12, "乙", "超市", 120.421, 31.54],
        ["007", "丙", "超市", 120.422, 31.54],
    ]
    write_sheet(folder / "facilities.xlsx", [heading, *lines])


def add_to(book: Catalogue) -> None:
    book.remark(GROUP, "the same id twice", "identities.twice", ids("E1", "E1"), ids_are("E1", "E1-2"))
    book.remark(
        GROUP, "the same id three times", "identities.twice", ids("E1", "E1", "E1"), ids_are("E1", "E1-2", "E1-3")
    )
    book.remark(GROUP, "an id that the mended one would have", "identities.twice", ids("E1", "E1", "E1-2"))
    for blank, name in (
        (None, "no id"),
        ("", "an empty id"),
        ("  ", "spaces for an id"),
        ("\u3000", "a wide space for an id"),
    ):
        book.remark(GROUP, name, "identities.made", ids(blank))
    for blank, name in (("—", "a dash for an id"), ("无", "无 for an id"), ("/", "a stroke for an id")):
        book.remark(GROUP, name, "", ids(blank))
    book.remark(GROUP, "an id with spaces around", "", ids(" E1 "), ids_are("E1"))
    book.remark(GROUP, "an id in wide letters", "cells.text_cleaned", ids("Ｅ１"), ids_are("E1"))
    book.remark(GROUP, "a wide and a narrow id that are one", "identities.twice", ids("Ｅ１", "E1"))
    book.remark(GROUP, "an id of 18 digits", CLEAN, ids(LONG), ids_are(LONG))
    book.remark(GROUP, "an id with leading noughts", CLEAN, ids("007"), ids_are("007"))
    book.remark(GROUP, "ids that differ in case only", CLEAN, ids("e1", "E1"), ids_are("e1", "E1"))
    book.remark(GROUP, "an id of a line break", "", ids("E\n1"))
    book.remark(GROUP, "an id of a tab", "", ids("E\t1"))
    book.remark(GROUP, "an id of ten thousand letters", "", ids("E" * 10_000))
    book.remark(GROUP, "an id with a zero-width space", "cells.text_cleaned", ids("E\u200b1"), ids_are("E1"))
    book.remark(GROUP, "an id that turns the writing round", "cells.text_cleaned", ids("\u202eE1"))
    book.remark(GROUP, "an id with the list separator", "", ids("E1、E2"))
    book.remark(
        GROUP,
        "long ids as text and short ones as numbers in Excel",
        "facilities.no_status",
        with_layer(
            "facilities",
            FACILITY_TEXT.replace(".csv", ".xlsx").replace("{ name", '{ facility_id = "设施编号", name'),
            numbered,
        ),
        lambda layers: set(layers.facilities["facility_id"]) == {LONG, "12", "007"},
    )
    book.remark(
        GROUP,
        "facilities without ids",
        "facilities.no_status",
        with_facilities(FACILITIES),
        lambda layers: layers.facilities["facility_id"].is_unique,
    )
    book.remark(GROUP, "an estate without a name", "identities.no_name", unnamed)
    book.stop(
        GROUP, "an id column that is not there", "headings.", ids("E1", text='columns = { estate_id = "小区编号" }')
    )
    book.stop(
        GROUP,
        "must_join and must_split of the same",
        "project.join_and_split",
        ids("E1", areas='must_join = [["E01", "E02"]]\nmust_split = [["E02", "E01"]]'),
    )
    book.stop(GROUP, "must_join that is no list of lists", "project.", ids("E1", areas='must_join = ["E01", "E02"]'))


def unnamed(folder: Path) -> None:
    write(
        town(ROWS, estate_id=[f"E{n:02d}" for n in range(ROWS)], name=[None, *(f"里{n}" for n in range(1, ROWS))]),
        folder / "estates.gpkg",
    )
    plan_toml(folder, estates='path = "estates.gpkg"')
