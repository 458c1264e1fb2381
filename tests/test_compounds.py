"""Old workbooks: whole ones pass, and no damage reaches a reader that would ask for the machine's memory."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from old_excel import xls_bytes

from geoplan.compounds import is_compound, is_whole_workbook, marks_of
from geoplan.ledgers import open_ledger
from geoplan.preflight import check_file
from geoplan.settings import Source

LINES = [["小区编号", "小区名称", "户数"], *([f"A{n}", f"小区{n}", float(n)] for n in range(1, 200))]
WHOLE = xls_bytes({"台账": LINES, "说明": [["填表说明"]]})
STREAM = 512  # where the records begin in these files


def changed(code: int, at: int, new: bytes) -> bytes:
    """Return the workbook with bytes of the first record of a code changed."""
    place = STREAM
    while struct.unpack_from("<H", WHOLE, place)[0] != code:
        place += 4 + struct.unpack_from("<H", WHOLE, place + 2)[0]
    place += 4 + at
    return WHOLE[:place] + new + WHOLE[place + len(new):]


def test_a_whole_workbook_passes_and_is_read_like_any_ledger(tmp_path: Path) -> None:
    file = tmp_path / "台账.xls"
    file.write_bytes(WHOLE)
    assert check_file(file, file.name, "estates") == []
    opened, findings = open_ledger(file, Source(path=file.name, sheet="台账"), "estates")
    assert findings == []
    assert opened is not None
    assert opened.format == "XLS"
    assert opened.cells["户数"].tolist() == [str(n) for n in range(1, 200)]
    assert opened.row.tolist() == list(range(2, 201))


def test_hidden_rows_and_cells_with_an_error_are_told_as_of_new_workbooks(tmp_path: Path) -> None:
    typed, computed = ZeroDivisionError(), ZeroDivisionError("1/0")
    lines = [["小区编号", "户数", "栋数"], ["A1", 10.0, 1.0], ["A2", typed, 2.0], ["A3", 30.0, computed],
             ["A4", 40.0, 4.0]]
    hidden = {("说明", 2), ("台账", 1), ("台账", 3), ("台账", 5)}
    file = tmp_path / "台账.xls"
    file.write_bytes(xls_bytes({"说明": [["填表说明"], ["一"], [computed]], "台账": lines}, hidden))
    opened, findings = open_ledger(file, Source(path=file.name, sheet="台账"), "sites")
    assert findings == []
    assert opened is not None
    assert opened.cells["户数"].isna().tolist() == [False, True, False, False]
    assert opened.cells["栋数"].isna().tolist() == [False, False, True, False]
    assert [(said.code, said.row, dict(said.values)) for said in opened.findings] == [
        ("ledgers.hidden_rows", 3, {"rows": "3、5", "count": 2}),  # the heading is no record, hidden or not
        ("ledgers.error_cells", None, {"cells": "B3、C4", "count": 2})]


@pytest.mark.parametrize("code", [0x0205, 0x0006, 0x0206, 0x0406, 0x0208])
def test_a_record_that_is_too_short_to_hold_a_mark_holds_none(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    short = [(code, b"\x02" * length) for length in range(7)]
    monkeypatch.setattr("geoplan.compounds._records_of_sheet", lambda *_: iter(short))
    assert marks_of(xls_bytes({"一": [["名称"]]}), 0) == ([], [])


def test_a_large_workbook_spans_several_sector_tables() -> None:
    # 9,000 rows of two texts are about 500 kB: 1,000 sectors, and one table names 128.
    many = xls_bytes({"台账": [[f"小区编号{n:05d}", f"某某路小区第{n:05d}号"] for n in range(9000)]})
    assert len(many) > 512 * 1000
    assert is_whole_workbook(many)


@pytest.mark.parametrize(("code", "at", "new"), [
    (0x0203, 2, struct.pack("<H", 256)), (0x0204, 2, struct.pack("<H", 40_000)),
    (0x0200, 4, struct.pack("<I", 70_000)), (0x0200, 10, struct.pack("<H", 300)),
    (0x0085, 0, struct.pack("<I", 1_000_000)), (0x0085, 0, struct.pack("<I", 1)),
], ids=["a column past the last", "a text far past the last column", "a row past the last", "too wide a sheet",
        "a sheet that begins after the end", "a sheet that begins in the middle of nothing"])
def test_a_number_that_cannot_be_is_found(code: int, at: int, new: bytes) -> None:
    assert is_whole_workbook(WHOLE)
    assert not is_whole_workbook(changed(code, at, new))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_workbook_cut_anywhere_is_not_whole(length: int) -> None:
    assert not is_whole_workbook(WHOLE[:length])


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=8))
def test_no_damage_makes_the_check_itself_fail(bytes_at: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for at, value in bytes_at:
        data[at] = value
    assert is_whole_workbook(bytes(data)) in (True, False)


def test_another_kind_of_file_says_so(tmp_path: Path) -> None:
    page = tmp_path / "导出.xls"
    page.write_text("<html><table><tr><td>小区</td></tr></table></html>", encoding="utf-8")
    assert not is_compound(page.read_bytes())
    assert [finding.code for finding in check_file(page, page.name, "estates")] == ["preflight.not_what_it_says"]
    cut = tmp_path / "半截.xls"
    cut.write_bytes(WHOLE[:5000])
    assert [finding.code for finding in check_file(cut, cut.name, "estates")] == ["preflight.damaged"]
