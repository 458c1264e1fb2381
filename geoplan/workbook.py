"""How do people get the plan as Excel? Sheets of words and numbers -> plan.xlsx and check.xlsx.

Every text is written as text: no cell is ever a formula, a link or a guessed number, whatever a planner's file holds.
The date inside the file is `plan.as_of`, so that the same plan gives the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxFileError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from geoplan.cover import overview
from geoplan.errors import Finding, say
from geoplan.forms import TEXT_FORMAT, Sheet, Shown
from geoplan.labels import sheet_title, writable
from geoplan.plan import Plan
from geoplan.schema import labels_of
from geoplan.sheets import remarks_sheet, sheets_of

SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
FIXED_DAY = date(2000, 1, 1)  # of a file that belongs to no plan
MAX_ROWS = 1_000_000  # a sheet holds 1,048,576
MAX_CELL_UNITS = 32_767  # UTF-16 units in a cell; xlsxwriter drops longer text
A4, A3 = 9, 8
A3_FROM_COLUMNS = 9
MIN_WIDTH, MAX_WIDTH, COVER_WIDTHS = 8, 42, (24, 96)
ONE_LINE, TIGHT, HEADING_LINES = 24, 0.8, 2  # a heading of so many letters gets most of a line, a longer one half
MEASURED_ROWS = 500
MAX_LINES, LINE_POINTS = 28, 14.5  # 409 points are the tallest row that a spreadsheet has
MAX_FOOTER = 60
FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
CELL = FONT | {"border": 1, "border_color": "#D0D4D9", "text_wrap": True}
TEXT_CELL = CELL | {"align": "left", "indent": 1}  # keeps a text off the number before it
MARK_CELL = CELL | {"align": "center"}
TOTAL = {"bold": True, "bg_color": "#EDF1F5", "top": 2}
HEADING = FONT | {"border": 1, "border_color": "#A0A8B0", "text_wrap": True, "bold": True, "bg_color": "#DCE6EF",
                  "valign": "vcenter", "align": "center"}
TITLE = FONT | {"bold": True, "font_size": 18}
FACT = FONT | {"text_wrap": True}
COLOURS = {"error": "#F8CBC4", "warning": "#FCE8B2", "note": "#FFFFFF"}

MakeFormat = Callable[[Mapping[str, Any]], Format]


def write_workbook(plan: Plan, file: Path) -> None:
    """Write plan.xlsx: a cover, then one sheet per subject, in the plan's language.

    Parameters
    ----------
    plan
        The finished plan.
    file
        Is written anew; OSError where the disk does not take it.
    """
    header = plan.project.plan
    with _workbook(file, header.as_of, header.name) as book:
        formats = _formats(book)
        _write_cover(book, formats, labels_of("sheet", header.language)["overview"], header.name, overview(plan))
        for title, sheet in sheets_of(plan).items():
            _write_sheets(book, formats, title, sheet, language=header.language)


def write_findings(remarks: pd.DataFrame, language: str, file: Path) -> None:
    """Write check.xlsx: every remark, worst first, coloured by severity.

    Parameters
    ----------
    remarks
        Table `remarks`.
    language
        zh or en.
    file
        Is written anew; OSError where the disk does not take it.
    """
    sheet, severities = remarks_sheet(remarks, language)
    title = sheet_title("remarks", language)
    with _workbook(file, FIXED_DAY, title) as book:
        _write_sheets(book, _formats(book), title, sheet, language=language, colours=severities.map(COLOURS))


def write_sheets(sheets: Mapping[str, Sheet], language: str, title: str, file: Path) -> None:
    """Write sheets by their titles that belong to no one plan; OSError where the disk does not take the file."""
    with _workbook(file, FIXED_DAY, title) as book:
        formats = _formats(book)
        for name, sheet in sheets.items():
            _write_sheets(book, formats, name, sheet, language=language)


@contextmanager
def _workbook(file: Path, day: date, title: str) -> Iterator[Workbook]:
    book = Workbook(str(file), SAFE)
    book.set_properties({"title": _fitting(title, ""), "created": datetime.combine(day, time())})
    yield book
    try:
        book.close()
    except XlsxFileError as error:
        raise OSError(*(error.args[0].args if isinstance(error.args[0], OSError) else error.args)) from error


def _formats(book: Workbook) -> MakeFormat:
    """Return a maker of formats that makes each one once."""
    made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def format_of(look: Mapping[str, Any]) -> Format:
        key = tuple(sorted(look.items()))
        if key not in made:
            made[key] = book.add_format(dict(look))
        return made[key]

    return format_of


def _write_cover(
    book: Workbook, formats: MakeFormat, title: str, name: str, lines: list[tuple[str, str]],
) -> None:
    page = book.add_worksheet(title)
    page.hide_gridlines(2)
    page.write_string(0, 0, _fitting(name, ""), formats(TITLE))
    for row, (label, text) in enumerate(lines, start=2):
        page.write_string(row, 0, label, formats(FACT | {"bold": True}))
        page.write_string(row, 1, _fitting(text, ""), formats(FACT))
        page.set_row(row, _lines_of(text, COVER_WIDTHS[1]) * LINE_POINTS + LINE_POINTS / 2)
    for column, width in enumerate(COVER_WIDTHS):
        page.set_column(column, column, width)
    _set_up_print(page, A4, title)
    page.fit_to_pages(1, 1)


def _write_sheets(
    book: Workbook, formats: MakeFormat, title: str, sheet: Sheet, *, language: str, colours: pd.Series | None = None,
) -> None:
    """Write a table, on as many sheets as its rows need; the sums stand on the last."""
    rows = max((len(shown.values) for shown in sheet.values()), default=0)
    for number, start in enumerate(range(0, max(rows, 1), MAX_ROWS), start=1):
        page = book.add_worksheet(title if number == 1 else f"{title} {number}")
        own = range(start, min(rows, start + MAX_ROWS))
        _write_table(page, formats, sheet, own, language, colours)
        if own.stop == rows and any(shown.total is not None for shown in sheet.values()):
            _write_totals(page, formats, sheet, len(own) + 1, labels_of("sheet", language)["total"])
        _set_up_print(page, A3 if len(sheet) >= A3_FROM_COLUMNS else A4, title)


def _write_table(
    page: Worksheet, formats: MakeFormat, sheet: Sheet, rows: range, language: str, colours: pd.Series | None,
) -> None:
    fills = [{}] * len(rows) if colours is None else [{"bg_color": colours.iloc[row]} for row in rows]
    parts = [shown.values.iloc[rows.start:rows.stop] for shown in sheet.values()]
    widths = [_column_width(shown, values) for shown, values in zip(sheet.values(), parts, strict=True)]
    for column, (shown, values, width) in enumerate(zip(sheet.values(), parts, widths, strict=True)):
        page.write_string(0, column, shown.heading, formats(HEADING))
        page.set_column(column, column, width)
        _write_column(page, formats, column, shown, values, fills, language)
    headed = [_lines_of(shown.heading, width) for shown, width in zip(sheet.values(), widths, strict=True)]
    page.set_row(0, max(HEADING_LINES, *headed) * LINE_POINTS)
    for row, lines in enumerate(_lines(sheet, parts, widths), start=1):
        if lines > 1:
            page.set_row(row, min(lines, MAX_LINES) * LINE_POINTS)
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, max(len(rows), 1), max(len(sheet) - 1, 0))
    page.repeat_rows(0)


def _write_column(
    page: Worksheet, formats: MakeFormat, column: int, shown: Shown, values: pd.Series,
    fills: Sequence[Mapping[str, Any]], language: str,
) -> None:
    is_text = shown.format == TEXT_FORMAT
    usual = MARK_CELL if shown.fill else TEXT_CELL if is_text else CELL
    looks: dict[tuple[bool, str | None], Format] = {}  # thousands of cells look alike
    known = zip(values.astype(object).tolist(), values.isna().tolist(), fills, strict=True)
    for row, (value, is_missing, fill) in enumerate(known, start=1):
        key = is_missing, fill.get("bg_color")
        if key not in looks:
            own = {"bg_color": shown.fill} if shown.fill and not is_missing else fill
            looks[key] = formats({**usual, "num_format": shown.format, **own})
        look = looks[key]
        if is_missing:
            page.write_blank(row, column, None, look)
        elif is_text:
            page.write_string(row, column, _fitting(value, language), look)
        else:
            page.write_number(row, column, value, look)


def _write_totals(page: Worksheet, formats: MakeFormat, sheet: Sheet, row: int, word: str) -> None:
    """Write the sums under a table, below what its filter moves."""
    for column, shown in enumerate(sheet.values()):
        look = formats(CELL | TOTAL | {"num_format": shown.format})
        if shown.total is not None:
            page.write_number(row, column, shown.total, look)
        else:
            page.write_string(row, column, word if column == 0 else "", look)


def _set_up_print(page: Worksheet, paper: int, title: str) -> None:
    page.set_landscape()
    page.set_paper(paper)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    page.fit_to_pages(1, 0)
    page.set_footer(f"&L{title[:MAX_FOOTER].replace('&', '&&')}&R&P / &N")


def _fitting(text: str, language: str) -> str:
    """Return what a cell can hold of a text, with a word where it was cut."""
    clean = writable(text)
    units = clean.encode("utf-16-le")
    if len(units) <= 2 * MAX_CELL_UNITS:
        return clean
    mark = say(Finding("workbook.cut"), language or "zh")
    return units[:2 * (MAX_CELL_UNITS - len(mark))].decode("utf-16-le", errors="ignore") + mark


def _column_width(shown: Shown, values: pd.Series) -> int:
    if shown.width is not None:
        return shown.width
    if shown.format == TEXT_FORMAT:
        texts = [text.partition("\n")[0] for text in values.dropna().head(MEASURED_ROWS)]
    else:
        texts = [f"{value:,.2f}" for value in [*values.dropna().head(MEASURED_ROWS), shown.total or 0]]
    heading = max(_width(line) for line in shown.heading.split("\n"))
    headed = int(heading * TIGHT) + 3 if heading <= ONE_LINE else heading // HEADING_LINES + 5
    return min(max([headed, MIN_WIDTH, *(_width(str(text)) + 3 for text in texts)]), MAX_WIDTH)


def _lines(sheet: Sheet, parts: Sequence[pd.Series], widths: Sequence[int]) -> Iterator[int]:
    """Return how many lines the tallest cell of each row needs."""
    texts = [(values.fillna(""), width - 2) for shown, values, width in zip(sheet.values(), parts, widths, strict=True)
             if shown.format == TEXT_FORMAT and not shown.fill]
    for row in zip(*(values for values, _ in texts), strict=True):
        yield max(_lines_of(text, width) for text, (_, width) in zip(row, texts, strict=True))


def _lines_of(text: str, width: int) -> int:
    if 2 * len(text) < width and "\n" not in text:
        return 1
    return sum(1 + _width(line) // width for line in text.split("\n"))


def _width(text: str) -> int:
    """Return the width of a text in Latin letters."""
    return sum(map(_width_of, text))


@cache
def _width_of(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else 1
