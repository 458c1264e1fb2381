"""Names that want to be programs, paths that want to be elsewhere, files that are not what they say."""

import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from brought import town, write, write_sheet
from catalogue import (
    CLEAN,
    FACILITIES,
    FACILITY_TEXT,
    ROWS,
    Catalogue,
    plan_toml,
    reads,
    with_cell,
    with_facilities,
    with_layer,
)

GROUP = "hostile"
KEPT = {  # texts that stay exactly what they are
    "Jinja": "{{7*7}}",
    "a Jinja comment": "{# 3号楼 #}",
    "a Jinja block": "{% x %}",
    "a template literal": "${alert(1)}",
    "a script": "<script>alert(1)</script>",
    "an image that runs": "<img src=x onerror=alert(1)>",
    "a formula": "=1+1",
    "a formula of another program": "@SUM(1)",
    "a formula with a plus": "+cmd|' /C calc'!A0",
    "quotes": 'O\'Neil"小区"',
    "SQL": "'); DROP TABLE estates;--",
    "a format string": "{0.__class__}",
    "a percent format": "%s%n",
    "mathtext": "$x^2$",
    "an address": "http://example.com",
    "markdown": "| a | b |",
    "a backslash": "小区\\n二期",
    "emoji": "幸福🏠里",
    "letters of four bytes": "𠮷祥里",
    "an entity": "&amp;lt;",
    "a closing comment": "--> </style>",
}
CLEANED = {
    "a bell": "小区\a",
    "a NUL-like control": "小区\x01",
    "an escape sequence": "\x1b[31m小区",
    "a turn of the writing": "\u202e小区",
    "a zero-width joiner": "小\u200d区",
    "half a letter pair": "小区\x7f",
}


def path_of(said: str, prepare: Callable[[Path], object] = lambda _: None) -> Callable[[Path], None]:
    """Return a maker of a project whose estates stand at this path."""

    def make(folder: Path) -> None:
        write(town(3), folder / "estates.gpkg")
        prepare(folder)
        plan_toml(folder, estates=f"path = '{said}'")

    return make


def written(name: str, text: str | bytes) -> Callable[[Path], None]:
    return path_of(name, lambda folder: (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode()))


def parts(name: str, members: dict[str, str]) -> Callable[[Path], object]:
    def files(folder: Path) -> None:
        with zipfile.ZipFile(folder / name, "w") as book:
            for member, text in members.items():
                book.writestr(member, text)

    return files


def sheet_of(members: dict[str, str]) -> Callable[[Path], None]:
    return with_layer("facilities", FACILITY_TEXT.replace(".csv", ".xlsx"), parts("facilities.xlsx", members))


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><sst>&j;</sst>"
)
WORKBOOK = '<workbook><sheets><sheet name="s" sheetId="1"/></sheets></workbook>'


def with_trigger(folder: Path) -> None:
    """Write a GeoPackage with a trigger and a view that ask for more than they should."""
    write(town(3), folder / "estates.gpkg")
    with closing(sqlite3.connect(folder / "estates.gpkg")) as base:
        base.execute("CREATE VIEW more AS SELECT load_extension('evil')")
        base.commit()
    plan_toml(folder, estates='path = "estates.gpkg"')


def linked(folder: Path) -> None:
    write(town(3), folder / "estates.gpkg")
    outside = folder.parent / f"{folder.name}-outside.gpkg"
    (folder / "estates.gpkg").rename(outside)
    (folder / "estates.gpkg").symlink_to(outside)
    plan_toml(folder, estates='path = "estates.gpkg"')


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "estates.gpkg")
    plan_toml(folder, estates='path = "estates.gpkg"')


def add_to(book: Catalogue) -> None:
    for name, text in KEPT.items():
        book.remark(GROUP, f"an estate called {name}", CLEAN, with_cell("name", text), reads("name", text))
    for name, text in CLEANED.items():
        book.remark(
            GROUP,
            f"an estate with {name} in its name",
            "cells.text_cleaned",
            with_cell("name", text),
            lambda layers: "小" in layers.estates["name"].iloc[0] and layers.estates["name"].iloc[0].isprintable(),
        )
    book.remark(
        GROUP,
        "an estate with a name of ten thousand letters",
        "",
        with_cell("name", "长" * 10_000),
        reads("name", "长" * 10_000),
    )
    for said, code in (
        ("http://example.com/e.shp", "p"),
        ("https://example.com/e.gpkg", "p"),
        ("/vsicurl/http://example.com/e.shp", "p"),
        ("/vsizip/e.zip/e.shp", "p"),
        ("\\\\server\\share\\e.shp", "p"),
        ("PG:host=localhost", "p"),
        ("s3://bucket/e.gpkg", "p"),
        ("e.gpkg\\0", "p"),
        ("", "p"),
        (".", "p"),
        ("estates.exe", "p"),
        ("nothing.shp", "p"),
    ):
        book.stop(GROUP, f"a path {said!r}", code, path_of(said))
    source = "<SrcDataSource>/etc/passwd</SrcDataSource>"
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="e">{source}</OGRVRTLayer></OGRVRTDataSource>'
    for name in ("e.shp", "e.gpkg", "e.geojson", "e.json", "e.xlsx", "e.xls", "e.osm.pbf"):
        book.stop(GROUP, f"a virtual file called {name}", "", written(name, vrt))
    book.stop(GROUP, "a virtual file by its own name", "preflight.unknown_format", written("e.vrt", vrt))
    book.stop(GROUP, "a link out of the project", "preflight.", linked)
    book.stop(GROUP, "a pipe for a file", "p", pipe)
    book.remark(GROUP, "a GeoPackage with a view that loads a library", CLEAN, with_trigger)
    book.stop(
        GROUP,
        "a workbook whose text unfolds without end",
        "preflight.",
        sheet_of(
            {"xl/workbook.xml": WORKBOOK, "xl/sharedStrings.xml": BOMB, "xl/worksheets/sheet1.xml": "<worksheet/>"}
        ),
    )
    book.stop(
        GROUP,
        "a workbook that reads another file",
        "preflight.",
        sheet_of({"xl/workbook.xml": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><workbook>&e;</workbook>'}),
    )
    book.stop(
        GROUP,
        "a workbook with a member outside",
        "preflight.",
        sheet_of({"../../evil.xml": "x", "xl/workbook.xml": WORKBOOK}),
    )
    book.remark(
        GROUP,
        "a ledger cell that is a formula",
        "",
        with_facilities([*FACILITIES, ['=HYPERLINK("http://x")', "超市", "120.42", "31.54"]]),
        lambda layers: any(name.startswith("=HYPERLINK") for name in layers.facilities["name"]),
    )
    book.stop(
        GROUP,
        "a ledger with a cell of a million letters",
        "preflight.damaged",
        with_facilities([*FACILITIES, ["x" * 1_000_000, "超市", "120.42", "31.54"]]),
    )
    book.stop(GROUP, "a ledger of ten thousand columns", "", with_facilities([["列"] * 10_000]))
    book.remark(GROUP, "an estate of a shape with forty thousand columns beside it", "", many_columns)
    book.remark(
        GROUP,
        "a workbook with a formula and its value",
        "",
        with_layer(
            "facilities",
            FACILITY_TEXT.replace(".csv", ".xlsx"),
            lambda folder: write_sheet(folder / "facilities.xlsx", FACILITIES),
        ),
    )


def many_columns(folder: Path) -> None:
    frame = town(ROWS, estate_id=[f"E{n:02d}" for n in range(ROWS)], name=[f"里{n}" for n in range(ROWS)])
    frame = frame.assign(**{f"column{n}": "x" for n in range(200)})
    write(frame, folder / "estates.gpkg")
    plan_toml(folder, estates='path = "estates.gpkg"')
