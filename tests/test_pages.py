"""Pages: wide letters count double, numbers end flush, and no name drives the terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.pages import Table, as_markdown, cells_of, lay_out, printable

TEXTS = st.text(alphabet=st.characters() | st.sampled_from("\x1b\x07\n\t\u202e\u200f\u2028小区片 ab"), max_size=40)


@pytest.mark.parametrize(("text", "cells"), [
    ("abc", 3), ("小区", 4), ("A区", 3), ("（）", 4), ("é", 1), ("e\u0301", 1), ("𠮷", 2), ("", 0),
])
def test_a_wide_letter_takes_two_cells(text: str, cells: int) -> None:
    assert cells_of(text) == cells


@pytest.mark.parametrize(("text", "shown"), [
    ("a\x1b[31mb", r"a\x1b[31mb"), ("\x9b2J", r"\x9b2J"), ("甲\u202e乙", r"甲\u202e乙"), ("a\nb\tc", "a b c"),
    ("\x00", r"\x00"), ("\u2028", r"\u2028"), ("\ud800", r"\ud800"), ("一般文字 ok", "一般文字 ok"),
])
def test_what_would_drive_the_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(TEXTS)
def test_no_control_character_passes(text: str) -> None:
    assert not {unicodedata.category(letter) for letter in printable(text)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_columns_stand_under_each_other() -> None:
    table = Table(("编号", "户数", "名称"), (("E1", "1,200", "a"), ("小区二", "80", "b")), frozenset({1}))
    assert lay_out([table]).splitlines() == [
        "编号     户数  名称",
        "E1      1,200  a",
        "小区二     80  b",
    ]


def test_a_long_last_column_is_folded_under_itself_on_a_screen_only() -> None:
    table = Table(("k", "text"), (("1", "some words " * 4),))
    assert lay_out([table], cells=30).splitlines() == [
        "k  text", "1  some words some words some", "   words some words"]
    assert len(lay_out([table]).splitlines()) == 2


def test_a_line_keeps_its_indent_when_it_is_folded() -> None:
    assert lay_out(["  一二三四五"], cells=8).splitlines() == ["  一二三", "  四五"]


def test_a_line_break_in_a_name_makes_no_line() -> None:
    assert len(lay_out([Table(("a",), (("x\ny",),)), "p\r\nq"]).splitlines()) == 3


@given(st.lists(TEXTS, max_size=5), st.integers(4, 60))
def test_folding_fits_the_screen_and_loses_nothing_but_spaces(texts: list[str], cells: int) -> None:
    lines = lay_out(texts, cells=cells).split("\n")
    indents = [len(text) - len(text.lstrip()) for text in map(printable, texts)]
    assert all(cells_of(line) <= cells or any(indent > cells - 2 for indent in indents) for line in lines)
    assert "".join("".join(lines).split()) == "".join("".join(map(printable, texts)).split())


def test_a_very_long_name_takes_no_long_time_or_depth() -> None:
    assert cells_of("".join(lay_out(["字" * 50_000], cells=2).split("\n"))) == 100_000


def test_markdown_keeps_its_columns() -> None:
    table = Table(("模块", "合计"), (("a|b", "1"),), frozenset({1}))
    assert as_markdown(table).splitlines() == ["| 模块 | 合计 |", "| --- | --: |", "| a\\|b | 1 |"]
