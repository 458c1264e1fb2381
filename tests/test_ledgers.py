"""Workbooks and .csv as text, with the row numbers of the sheet."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from brought import write_csv, write_sheet
from hypothesis import given
from hypothesis import strategies as st

from geoplan.ledgers import open_ledger
from geoplan.opened import Opened
from geoplan.settings import Source

LINES = [["编号", "名称", "经度"], ["A1", "幸福里", 120.5], ["A2", "光明里", 120.25]]


def opened(path: Path, **said: Any) -> Opened:
    found, findings = open_ledger(path, Source(path=path.name, **said), "facilities")
    assert findings == []
    assert found is not None
    return found


def codes(path: Path, **said: Any) -> list[str]:
    found, findings = open_ledger(path, Source(path=path.name, **said), "facilities")
    assert found is None
    return [finding.code for finding in findings]


def test_rows_are_numbered_as_excel_numbers_them(tmp_path: Path) -> None:
    sheet = opened(write_sheet(tmp_path / "a.xlsx", [["设施台账"], *LINES]), header_row=2)
    assert sheet.row.tolist() == [3, 4]
    assert sheet.cells["名称"].tolist() == ["幸福里", "光明里"]
    assert sheet.cells["经度"].tolist() == ["120.5", "120.25"]


def test_a_long_id_kept_as_text_keeps_every_digit(tmp_path: Path) -> None:
    sheet = opened(write_sheet(tmp_path / "a.xlsx", [["编号"], ["320214007037001123"], [60200], [120.5]]))
    assert sheet.cells["编号"].tolist() == ["320214007037001123", "60200", "120.5"]


def test_a_date_is_read_as_year_month_day(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, "建成")
    sheet.write_datetime(1, 0, date(1998, 6, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write_boolean(2, 0, True)
    book.close()
    assert opened(tmp_path / "a.xlsx").cells["建成"].tolist() == ["1998-06-01", "是"]


def test_a_merged_cell_counts_for_every_row_it_covers(tmp_path: Path) -> None:
    lines = [["区县", "名称"], ["新吴区", "甲"], [None, "乙"], ["梁溪区", "丙"], [None, "丁"]]
    sheet = opened(write_sheet(tmp_path / "a.xlsx", lines, merged=[(1, 0, 2, 0), (3, 0, 4, 0)]))
    assert sheet.cells["区县"].tolist() == ["新吴区", "新吴区", "梁溪区", "梁溪区"]


def test_an_empty_row_inside_a_merged_range_is_no_row(tmp_path: Path) -> None:
    lines = [["区县", "名称"], ["新吴区", "甲"], [None, None], [None, "丙"]]
    sheet = opened(write_sheet(tmp_path / "a.xlsx", lines, merged=[(1, 0, 3, 0)]))
    assert sheet.row.tolist() == [2, 4]


@pytest.mark.parametrize("word", ["合计", "总计", "小计", "合 计", "合计："])
def test_a_row_of_totals_is_no_row(tmp_path: Path, word: str) -> None:
    sheet = opened(write_sheet(tmp_path / "a.xlsx", [*LINES, [word, "2处"]]))
    assert sheet.row.tolist() == [2, 3]
    (finding,) = sheet.findings
    assert (finding.code, finding.row) == ("ledgers.totals", 4)


def test_a_place_called_after_a_total_is_a_row(tmp_path: Path) -> None:
    assert opened(write_sheet(tmp_path / "a.xlsx", [*LINES, ["合计路1号", "甲"]])).row.tolist() == [2, 3, 4]


def test_a_sheet_must_be_named_where_there_are_several(tmp_path: Path, shared: Path) -> None:
    book = shared / "kits/wuxi_xinwu/facilities.xlsx"
    assert codes(book) == ["ledgers.which_sheet"]
    assert codes(book, sheet="没有") == ["ledgers.no_sheet"]
    assert codes(write_sheet(tmp_path / "a.xlsx", LINES), header_row=9) == ["ledgers.no_heading"]


def test_a_workbook_that_is_broken_inside_is_damaged(tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "a.xlsx", LINES)
    path.write_bytes(path.read_bytes()[:-200])
    assert codes(path) == ["preflight.damaged"]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("gbk", "GBK"),
        ("utf-16", "UTF-16"),
    ],
)
def test_a_csv_is_read_in_the_encoding_of_its_text(tmp_path: Path, encoding: str, name: str) -> None:
    sheet = opened(write_csv(tmp_path / "a.csv", LINES, encoding))
    assert (sheet.encoding, sheet.cells["名称"].tolist()) == (name, ["幸福里", "光明里"])


def test_an_encoding_that_is_said_and_wrong_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", LINES, "gbk")
    assert codes(path, encoding="UTF-8") == ["preflight.encoding_wrong"]
    assert codes(path, encoding="klingon") == ["preflight.encoding_wrong"]
    (tmp_path / "b.csv").write_bytes(b"a\n\xff\xff\xff\n")
    assert codes(tmp_path / "b.csv") == ["preflight.encoding_unknown"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_may_be_separated_otherwise(tmp_path: Path, separator: str) -> None:
    (tmp_path / "a.csv").write_text("\n".join(separator.join(map(str, line)) for line in LINES), encoding="utf-8")
    assert opened(tmp_path / "a.csv").cells.columns.tolist() == ["编号", "名称", "经度"]


def test_a_row_of_a_csv_counts_lines_of_the_sheet_not_of_the_text(tmp_path: Path) -> None:
    sheet = opened(write_csv(tmp_path / "a.csv", [["编号", "备注"], ["A1", "第一行\n第二行"], ["A2", ""]]))
    assert sheet.row.tolist() == [2, 3]


def test_lines_shorter_or_longer_than_the_heading_keep_their_place(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("编号,名称\nA1\nA2,乙,多余\n\nA3,丙\n", encoding="utf-8")
    sheet = opened(tmp_path / "a.csv")
    assert sheet.row.tolist() == [2, 3, 5]
    assert sheet.cells["名称"].fillna("").tolist() == ["", "乙", "丙"]


def test_an_empty_csv_has_no_heading(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    assert codes(tmp_path / "a.csv") == ["ledgers.no_heading"]


@given(data=st.binary(max_size=200))
def test_no_bytes_make_a_csv_fail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(data)
    found, findings = open_ledger(path, Source(path="a.csv"), "sites")
    assert (found is None) == bool(findings)


def test_a_heading_of_two_rows_is_read_from_the_top_down(tmp_path: Path) -> None:
    lines = [["小区台账"], ["名称", "规模", None, "备注"], [None, "户数", "建筑面积", None], ["甲", 120, 9000, "临街"]]
    merged = [(1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 2, 3)]
    sheet = opened(write_sheet(tmp_path / "a.xlsx", lines, merged=merged), header_row=2, header_rows=2)
    assert sheet.cells.columns.tolist() == ["名称", "规模/户数", "规模/建筑面积", "备注"]
    assert sheet.cells.iloc[0].tolist() == ["甲", "120", "9000", "临街"]
    assert sheet.row.tolist() == [4]


def test_a_heading_that_ends_below_the_sheet_is_told(tmp_path: Path) -> None:
    assert codes(write_sheet(tmp_path / "a.xlsx", LINES), header_row=3, header_rows=2) == ["ledgers.no_heading"]


def test_a_reader_that_gives_up_is_a_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object) -> None:
        raise type("PanicException", (BaseException,), {})("index out of range")

    path = write_sheet(tmp_path / "a.xlsx", LINES)
    monkeypatch.setattr("geoplan.ledgers.CalamineWorkbook", type("Book", (), {"from_path": staticmethod(give_up)}))
    assert codes(path) == ["preflight.damaged"]
