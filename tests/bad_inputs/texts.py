"""Cells as people type them: numbers with words, years in any script, yes and no, lists."""

from catalogue import CLEAN, FACILITIES, FACILITY_TEXT, Catalogue, reads, with_cell, with_facilities

GROUP = "table text"
HOUSEHOLDS = {  # said -> (read, code)
    "1,200户": (1200, "cells.number_written"),
    "１２００": (1200, ""),
    "1 200": (1200, "cells."),
    "1200.0": (1200, ""),
    "约1200": (1200, "cells."),
    "一千二百": (None, "cells.number_unreadable"),
    "1200户": (1200, "cells.number_written"),
    "＋120": (120, ""),
    "120.5": (None, "cells.not_whole"),
    "-3": (None, "cells.number_negative"),
    "户": (None, "cells.number_unreadable"),
    "#N/A": (None, "cells."),
    "#REF!": (None, "cells."),
    "NaN": (None, "cells."),
    "inf": (None, "cells.number_unreadable"),
    "1e3": (1000, ""),
    "0x10": (None, "cells.number_unreadable"),
    "12 / 15": (None, "cells.number_unreadable"),
    "=SUM(A1:A9)": (None, "cells.number_unreadable"),
    "": (None, "cells.blank"),
    "—": (None, "cells."),
    "/": (None, "cells."),
    "无": (None, "cells."),
    "不详": (None, "cells."),
    "0": (None, ""),
    "99999999999999999999": (None, "cells."),
    "1.200": (None, "cells."),
    "1，200": (1200, "cells."),
    "1200 \u200b": (None, "cells.number_unreadable"),
    "八百六十": (None, "cells.number_unreadable"),
}
YEARS = {
    "1998年": (1998, "cells.year_written"),
    "98年": (1998, "cells.year_written"),
    "一九九八": (1998, "cells.year_written"),
    "１９９８": (1998, ""),
    "1998.0": (1998, ""),
    "1998-06-01": (1998, "cells."),
    "1998/6": (1998, "cells."),
    "1998年6月": (1998, "cells."),
    "九十年代": (None, "cells.year_unreadable"),
    "90年代": (None, "cells.year_unreadable"),
    "1998-2002": (None, "cells.year_unreadable"),
    "1998、2001": (None, "cells.year_unreadable"),
    "19998": (None, "cells."),
    "3024": (None, "cells.year_outside"),
    "0": (None, "cells."),
    "1049": (None, "cells."),
    "民国": (None, "cells.year_unreadable"),
    "": (None, "cells.blank"),
    "1998？": (None, "cells."),
    "建成": (None, "cells."),
    "2000年以前": (None, "cells."),
    "-1998": (None, "cells."),
}


def add_to(book: Catalogue) -> None:
    for said, (expected, code) in HOUSEHOLDS.items():
        book.remark(GROUP, f"households {said!r}", code, with_cell("households", said), reads("households", expected))
    for said, (expected, code) in YEARS.items():
        book.remark(
            GROUP,
            f"completion_year {said!r}",
            code,
            with_cell("completion_year", said),
            reads("completion_year", expected),
        )
    for said, expected, code in (
        ("是", True, ""),
        ("否", False, ""),
        ("有", True, ""),
        ("1", True, ""),
        ("TRUE", True, ""),
        ("√", True, ""),
        ("也许", None, "cells.bool_unreadable"),
        ("2", None, "cells.bool_unreadable"),
        ("是否", None, "cells.bool_unreadable"),
    ):
        book.remark(
            GROUP, f"strong_will {said!r}", code, with_cell("strong_will", said), reads("strong_will", expected)
        )
    for said, expected, code in (
        ("完好", "sound", ""),
        ("加固", "strengthen", ""),
        ("还行", None, "cells.word_unknown"),
        ("sound", "sound", ""),
        ("SOUND", "sound", ""),
        ("完好、危险", None, "cells.word_unknown"),
    ):
        book.remark(GROUP, f"structure {said!r}", code, with_cell("structure", said), reads("structure", expected))
    for said, code in (
        ("1.2", "cells.not_a_share"),
        ("85%", ""),
        ("0.85", ""),
        ("八成五", "cells."),
        ("120%", "cells.not_a_share"),
    ):
        book.remark(
            GROUP,
            f"scheme_satisfaction_share {said!r}",
            code,
            with_cell("scheme_satisfaction_share", said),
            reads("scheme_satisfaction_share", 0.85 if code == "" else None),
        )
    for said, code in (
        ("3-5层", "cells."),
        ("负一层", "cells."),
        ("三", "cells."),
        ("楼上", "cells.number_unreadable"),
    ):
        book.remark(GROUP, f"storeys_max {said!r}", code, with_cell("storeys_max", said))
    for word, code in (
        ("超级无敌便利店", "facilities."),
        ("", "facilities."),
        ("超市\n", ""),
        ("ｅｌｄ＿ｄａｙｃａｒｅ", ""),
    ):
        book.remark(
            GROUP, f"facility type {word!r}", code, with_facilities([*FACILITIES, ["某处", word, "120.421", "31.54"]])
        )
    totals = [*FACILITIES, ["合计", "9", "", ""]]
    book.remark(
        GROUP, "a row of totals", "ledgers.totals", with_facilities(totals), lambda layers: len(layers.facilities) == 9
    )
    book.remark(
        GROUP,
        "a blank line in the middle",
        "facilities.no_status",
        with_facilities([*FACILITIES[:4], ["", "", "", ""], *FACILITIES[4:]]),
        lambda layers: len(layers.facilities) == 9,
    )
    book.remark(
        GROUP, "lines shorter than the heading", "places.no_coordinates", with_facilities([*FACILITIES, ["短行"]])
    )
    book.remark(
        GROUP,
        "lines longer than the heading",
        "facilities.no_status",
        with_facilities([*FACILITIES, ["长行", "超市", "120.42", "31.54", "x", "y", "z"]]),
    )
    book.stop(
        GROUP,
        "a heading twice",
        "headings.column_twice",
        with_facilities(
            [["名称", "名称", "经度", "纬度"], ["a", "超市", "120.42", "31.54"]],
            'path = "facilities.csv"\ndatum = "WGS84"\nx = "经度"\ny = "纬度"\ncolumns = { name = "名称" }',
        ),
    )
    book.stop(
        GROUP,
        "a heading that is not there",
        "headings.no_column",
        with_facilities([["名", "类型", "经度", "纬度"], *FACILITIES[1:]]),
    )
    book.stop(
        GROUP,
        "a ledger without coordinates",
        "headings.",
        with_facilities(
            [["名称", "类型"], ["a", "超市"]],
            'path = "facilities.csv"\ndatum = "WGS84"\ncolumns = { name = "名称", facility_type = "类型" }',
        ),
    )
    book.stop(GROUP, "an empty ledger", "ledgers.no_heading", with_facilities([]))
    book.remark(GROUP, "a ledger of a heading only", CLEAN, with_facilities(FACILITIES[:1]))
    book.stop(
        GROUP,
        "a heading row past the end",
        "ledgers.no_heading",
        with_facilities(
            FACILITIES,
            FACILITY_TEXT + "\nheader_row = 99",
        ),
    )
