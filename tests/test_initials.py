"""Pinyin initials: by the order of GB 2312, a short list of rarer characters, nothing guessed."""

import pytest

from geoplan.initials import FIRST_OF, LAST, RARER, initials_of


@pytest.mark.parametrize(("name", "initials"), [
    ("鼓楼片区", "glpq"), ("柳川街道 · 酿酒厂家属楼片区", "lcjdnjcjslpq"), ("湟水花园3号院A座", "hshy3hyaz"),
    ("啊座", "az"), ("鑫苑名家", "xymj"), ("𠮷㐂🏚️<b>", "b"), ("", ""),
])
def test_a_name_has_the_initials_one_types(name: str, initials: str) -> None:
    assert initials_of(name) == initials


def test_the_letters_stand_in_the_order_of_the_codes_and_begin_where_the_alphabet_says() -> None:
    codes = [code for _, code in FIRST_OF]
    assert codes == sorted(codes)
    assert codes[-1] < LAST
    firsts = "".join(code.to_bytes(2, "big").decode("gb2312") for code in codes)
    assert firsts == "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"


def test_a_character_of_several_readings_has_the_one_it_is_filed_under() -> None:
    assert initials_of("重长乐行") == "zclx"


def test_the_rarer_characters_are_listed_once_and_are_not_among_the_common() -> None:
    listed = "".join(RARER.values())
    assert len(set(listed)) == len(listed)
    for character in listed:
        code = int.from_bytes(character.encode("gb2312", "ignore"), "big")
        assert code == 0 or code > LAST
