"""Which encoding a text is in, from all of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.encoding import codec_of, decide_encoding, decode_cut, is_readable, is_same_encoding

HAN = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=8, max_size=40)


def test_plain_ascii_is_called_utf_8() -> None:
    assert decide_encoding(b"E001\nname") == "UTF-8"


@given(HAN)
def test_chinese_in_utf_8_is_found(text: str) -> None:
    assert decide_encoding(text.encode("utf-8")) == "UTF-8"


def test_chinese_in_gbk_is_found_and_called_gbk() -> None:
    assert decide_encoding("喆园一村\n泰堃三村".encode("gbk")) == "GBK"


def test_gb18030_is_named_only_where_gbk_does_not_suffice() -> None:
    assert decide_encoding("\U00020bb7野家\n幸福里".encode("gb18030")) == "GB18030"


def test_one_doubtful_cell_does_not_decide() -> None:
    # 模 in GBK is C4 A3, which is also the UTF-8 of ģ
    assert decide_encoding("模".encode("gbk")) == "UTF-8"
    assert decide_encoding("模\n幸福里社区".encode("gbk")) == "GBK"


def test_bytes_that_are_neither_are_not_guessed_at() -> None:
    assert decide_encoding(b"\xff\xff\xff abc") is None


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_a_value_cut_in_half_a_character_does_not_confuse(encoding: str) -> None:
    cut = "幸福里社区卫生服务站".encode(encoding)[:-1]
    assert decide_encoding(cut + b"\n" + "柳巷社区".encode(encoding)) == encoding
    assert decode_cut(cut, encoding) == "幸福里社区卫生服务"


def test_names_of_encodings_are_compared_by_meaning() -> None:
    assert codec_of("ANSI 936") == "gbk"
    assert codec_of("65001") == "utf-8"
    assert codec_of("OEM-nonsense") is None
    assert is_same_encoding("GBK", "cp936")
    assert is_same_encoding("GB18030", "gb2312")
    assert not is_same_encoding("GBK", "UTF-8")


@given(st.binary(max_size=60))
def test_what_is_decided_can_be_read(data: bytes) -> None:
    decided = decide_encoding(data)
    assert decided is None or is_readable(data, decided)
