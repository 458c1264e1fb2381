"""What cells say: each reader on the forms planners write, and laws that hold for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.errors import messages
from geoplan.words import (
    BLANKS,
    Meaning,
    is_blank,
    read_bool,
    read_id,
    read_list,
    read_number,
    read_share,
    read_storey,
    read_tag,
    read_text,
    read_whole,
    read_word,
    read_year,
)

THIS_YEAR = 2024
CELLS = st.text(
    alphabet=st.characters() | st.sampled_from("0123456789,.-约万户㎡平方米年层负一二十至~、％ａ１９"), max_size=20
)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1,200户", "households", 1200),
        ("约120㎡", "m2", 120),
        ("1,050平方米", "m2", 1050),
        ("80m2", "m2", 80),
        ("350 ㎡", "m2", 350),
        ("２４６", "households", 246),
        ("1.2万", "m2", 12_000),
        ("2200元", "yuan/m2", 2200),
        ("3亩", "m2", 2000),
        ("0.5公顷", "m2", 5000),
        ("300人左右", "persons", 300),
        ("3600元/㎡", "yuan/m2", 3600),
    ],
)
def test_a_number_is_read_through_its_unit(text: str, unit: str, value: float) -> None:
    assert read_number(text, unit) == Meaning(pytest.approx(value), "number_written")


@pytest.mark.parametrize("text", ["12", "12.5", "0", "964491.2", " 7 "])
def test_a_plain_number_needs_no_remark(text: str) -> None:
    assert read_number(text) == Meaning(float(text), "")


@pytest.mark.parametrize(
    "text", ["面议", "1,20户", "12户", "3-5", "1.2.3", "", "约", "9" * 16, "1e99", "٣", "12m", "--5"]
)
def test_what_is_no_number_is_unknown(text: str) -> None:
    assert read_number(text, "m2") == Meaning(None, "number_unreadable")


def test_a_number_below_zero_is_unknown_unless_it_may_be() -> None:
    assert read_number("-3") == Meaning(None, "number_negative")
    assert read_whole("-1", signed=True) == Meaning(-1, "")


def test_half_a_household_is_unknown() -> None:
    assert read_whole("12.5") == Meaning(None, "not_whole")
    assert read_whole("12.0") == Meaning(12, "")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1998年", 1998),
        ("87年", 1987),
        ("98", 1998),
        ("一九八七", 1987),
        ("一九九〇", 1990),
        ("二○○五年", 2005),
        ("１９７７", 1977),
        ("1998-06-01", 1998),
        ("1998年6月", 1998),
        ("1998.06", 1998),
        ("八七年", 1987),
        ("05年", 2005),
        ("24", 2024),
        ("1998年建成", 1998),
        ("1998/6/1", 1998),
    ],
)
def test_a_year_is_read_from_how_it_is_written(text: str, year: int) -> None:
    assert read_year(text, THIS_YEAR) == Meaning(year, "year_written")


@pytest.mark.parametrize("text", ["1998", "1998.0"])
def test_a_plain_year_needs_no_remark(text: str) -> None:
    assert read_year(text, THIS_YEAR) == Meaning(1998)


@pytest.mark.parametrize(
    "text", ["九十年代", "八十年代末", "1995-1998", "80年代", "25", "49年", "0", "", "十二年", "199", "19988"]
)
def test_what_names_no_single_year_is_unknown(text: str) -> None:
    assert read_year(text, THIS_YEAR) == Meaning(None, "year_unreadable")


@pytest.mark.parametrize("text", ["1899", "2025", "9999", "0001"])
def test_a_year_that_cannot_be_is_unknown(text: str) -> None:
    assert read_year(text, THIS_YEAR) == Meaning(None, "year_outside")


def test_two_digits_are_the_last_century_from_fifty_on() -> None:
    assert [read_year(text, 2074).value for text in ("49", "50", "99", "00")] == [2049, 1950, 1999, 2000]


@pytest.mark.parametrize(
    ("text", "storey", "how"),
    [
        ("1", 1, ""),
        ("3层", 3, ""),
        ("-1", -1, ""),
        ("负一层", -1, "storey_written"),
        ("B1", -1, "storey_written"),
        ("地下二层", -2, "storey_written"),
        ("地下室", -1, "storey_written"),
        ("首层", 1, "storey_written"),
        ("十二层", 12, "storey_written"),
        ("二十楼", 20, "storey_written"),
        ("1-2层", 1, "storey_lowest"),
        ("一至三层", 1, "storey_lowest"),
        ("1、2层", 1, "storey_lowest"),
        ("-1-1层", -1, "storey_lowest"),
        ("0", None, "storey_unreadable"),
        ("夹层", None, "storey_unreadable"),
        ("1-", None, "storey_unreadable"),
        ("一二", 12, "storey_written"),
        ("", None, "storey_unreadable"),
    ],
)
def test_a_storey_is_the_lowest_and_negative_below_ground(text: str, storey: int | None, how: str) -> None:
    assert read_storey(text) == Meaning(storey, how)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("是", True),
        ("有", True),
        (" TRUE", True),
        ("1", True),
        ("ｙ", True),
        ("√", True),
        ("否", False),
        ("无", False),
        ("F", False),
        ("0", False),
        ("No", False),
    ],
)
def test_yes_and_no_have_many_forms(text: str, value: bool) -> None:
    assert read_bool(text) == Meaning(value)


def test_perhaps_is_neither_yes_nor_no() -> None:
    assert read_bool("大概") == Meaning(None, "bool_unreadable")


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("消防、屋面", "消防、屋面"),
        ("消防,屋面；外墙/电气", "消防、屋面、外墙、电气"),
        ("消防，消防", "消防"),
        ("无", ""),
        ("", ""),
        ("消防、、 ", "消防"),
        ("E01;E02", "E01、E02"),
    ],
)
def test_a_list_is_split_wherever_a_planner_splits_it(text: str, members: str) -> None:
    assert read_list(text) == Meaning(members)


@pytest.mark.parametrize(
    ("text", "share"), [("0.85", 0.85), ("85%", 0.85), ("85", 0.85), ("100", 1.0), ("1", 1.0), ("0", 0)]
)
def test_a_share_may_be_written_in_percent(text: str, share: float) -> None:
    assert read_share(text).value == pytest.approx(share)


@pytest.mark.parametrize("text", ["120%", "101"])
def test_more_than_all_is_no_share(text: str) -> None:
    assert read_share(text) == Meaning(None, "not_a_share")


def test_invisible_characters_are_taken_out_and_told() -> None:
    assert read_text("幸福\u200b里\x07") == Meaning("幸福里", "text_cleaned")
    assert read_text("　旺安新村<一期>&二期 ") == Meaning("旺安新村<一期>&二期")
    assert read_text("{{7*7}}") == Meaning("{{7*7}}")


def test_a_full_width_id_is_the_same_id() -> None:
    assert read_id("Ｅ０１７") == Meaning("E017", "text_cleaned")


def test_a_word_of_a_closed_list_is_found_whatever_its_width_and_case() -> None:
    assert read_word(" ＯＫ ", {"ok": "fine"}) == Meaning("fine")
    assert read_word("一般", {"ok": "fine"}) == Meaning(None, "word_unknown")


def test_a_street_tag_applies_unless_it_says_no() -> None:
    assert [read_tag(text).value for text in ("yes", "viaduct", "T", "no", "F", "0")] == [True] * 3 + [False] * 3


@given(CELLS)
def test_no_text_makes_a_reader_fail_and_every_doubt_has_a_sentence(text: str) -> None:
    meanings = [
        read_text(text),
        read_id(text),
        read_number(text, "m2"),
        read_whole(text, "households"),
        read_share(text),
        read_year(text, THIS_YEAR),
        read_storey(text),
        read_bool(text),
        read_list(text),
        read_tag(text),
        read_word(text, {}),
    ]
    for meaning in meanings:
        assert not meaning.how or f"cells.{meaning.how}" in messages()


@given(CELLS)
def test_what_is_unknown_is_always_remarked_on(text: str) -> None:
    for meaning in (
        read_number(text),
        read_year(text, THIS_YEAR),
        read_storey(text),
        read_bool(text),
        read_share(text),
    ):
        assert meaning.value is not None or meaning.how


@given(st.integers(0, 10**9))
def test_a_number_survives_being_written(number: int) -> None:
    for text in (str(number), f"{number:,}", f"{number}户", f"约{number:,}户"):
        assert read_whole(text, "households").value == number


@given(st.integers(1900, THIS_YEAR))
def test_a_year_survives_being_written(year: int) -> None:
    chinese = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(year))
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in str(year))
    assert {read_year(text, THIS_YEAR).value for text in (str(year), f"{year}年", chinese, full_width)} == {year}


@given(st.sampled_from(sorted(BLANKS)))
def test_marks_for_nothing_are_blank(text: str) -> None:
    assert is_blank(f" {text} ")
