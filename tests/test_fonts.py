"""Letters that can be drawn, their widths, and where lines break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.fonts import MM_PER_POINT, drawable, fitted, folded, missing_letters, readable, shortened, width_mm


def test_a_chinese_letter_is_as_wide_as_it_is_high() -> None:
    assert width_mm("汉字", 10) == pytest.approx(2 * 10 * MM_PER_POINT)


def test_the_font_holds_what_chinese_names_are_written_with() -> None:
    assert missing_letters(["鼓楼街道堃㙍䶮①⑳㎡²—·“”〔〕〓 abcXYZ 0123"]) == []


def test_a_letter_the_font_does_not_hold_is_drawn_as_the_sign_for_it_and_named() -> None:
    assert drawable("甲𠮷乙😀") == "甲〓乙〓"
    assert missing_letters(["甲𠮷乙", "😀𠮷"]) == ["😀", "𠮷"]


def test_controls_and_turned_writing_are_shown_and_not_obeyed() -> None:
    assert drawable("甲\x07\n\u202e乙") == "甲\\x07 \\u202e乙"
    assert readable("a\ufffeb") == "ab"


def test_a_variation_selector_has_no_letter_of_its_own() -> None:
    assert drawable("葛\U000e0100城\ufe0f") == "葛城"


def test_a_short_text_stays_and_a_long_one_ends_in_an_ellipsis() -> None:
    assert shortened("四个汉字", 4) == "四个汉字"
    assert shortened("五个汉字了", 4) == "五个汉…"


def test_a_line_never_begins_with_a_comma_nor_ends_with_an_opening_bracket() -> None:
    room = 4 * 10 * MM_PER_POINT + 0.01  # four letters
    assert folded("一二三四，五六七", 10, room, most=3) == ["一二三", "四，五六", "七"]
    assert folded("一二三（五六七）", 10, room, most=3) == ["一二三", "（五六", "七）"]


def test_a_latin_word_is_not_broken() -> None:
    assert folded("Area of Gulou", 10, 20, most=3) == ["Area of", "Gulou"]


def test_ten_thousand_letters_fit_in_two_lines() -> None:
    lines = folded("长" * 10_000, 7, 26, most=2)
    assert len(lines) == 2
    assert lines[1].endswith("…")


@given(st.text(max_size=40), st.floats(4, 60))
def test_no_line_is_wider_than_its_room(text: str, room: float) -> None:
    lines = [fitted(text, 7, room), *folded(text, 7, room, most=3)]
    assert all(width_mm(line, 7) <= max(room, width_mm("国…", 7)) + 1e-6 for line in lines)
    assert missing_letters(lines) == []
