"""What changing sound files by chance has found (see tests/fuzz): each was a traceback, a hang, or a silent loss."""

import json
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from brought import degrees, town, write, write_csv, write_sheet
from catalogue import CLEAN, FACILITIES, FACILITY_TEXT, Catalogue, plan_toml, with_layer
from old_excel import xls_bytes

GROUP = "fuzzed"


def geopackage(*statements: str) -> Callable[[Path], None]:
    """Return a maker of estates in a GeoPackage to which some SQL was done."""

    def make(folder: Path) -> None:
        write(town(6), folder / "estates.gpkg")
        with closing(sqlite3.connect(folder / "estates.gpkg")) as base:
            for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
                base.create_function(name, 1, lambda _: 0)
            base.executescript(";".join(statements))
        plan_toml(folder, estates='path = "estates.gpkg"')

    return make


def json_named(text: str) -> Callable[[Path], None]:
    """Return a maker of estates in GeoJSON, one of which has this name."""

    def make(folder: Path) -> None:
        file = write(degrees(town(6)), folder / "estates.geojson")
        said = json.loads(file.read_text(encoding="utf-8"))
        said["features"][2]["properties"]["name"] = text
        file.write_text(json.dumps(said), encoding="ascii")
        plan_toml(folder, estates='path = "estates.geojson"')

    return make


def shapefile(suffix: str, change: Callable[[bytes], bytes], text: str = "") -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        write(town(6), folder / "estates.shp", encoding="UTF-8")
        file = (folder / "estates.shp").with_suffix(suffix)
        file.write_bytes(change(file.read_bytes() if file.exists() else b""))
        plan_toml(folder, estates=f'path = "estates.shp"\n{text}')

    return make


def dated(table: bytes) -> bytes:
    """Make a field of dates of the third one, in which years are 0."""
    return table[: 32 + 2 * 32 + 11] + b"D" + table[32 + 2 * 32 + 12 :]


def without_rows(folder: Path) -> None:
    write(town(3).iloc[:0], folder / "estates.gpkg")
    plan_toml(folder, estates='path = "estates.gpkg"')


def ledger(name: str, write_it: Callable[[Path], object]) -> Callable[[Path], None]:
    text = FACILITY_TEXT.replace("facilities.csv", name)
    return with_layer("facilities", text, lambda folder: write_it(folder / name))


def far_cell(row: int, column: int) -> list[list[Any]]:
    """Return the lines of a sheet with one cell far from all others."""
    lines: list[list[Any]] = [list(line) for line in FACILITIES]
    lines += [[] for _ in range(row - len(lines))]
    return [*lines, [None] * column + ["x"]]


def directory_far_off(file: Path) -> None:
    """Write a workbook whose zip directory is said to lie before the file."""
    data = write_sheet(file, FACILITIES).read_bytes()
    end = data.rfind(b"PK\5\6")
    file.write_bytes(data[: end + 12] + struct.pack("<I", 0x7FFFFFFF) + data[end + 16 :])


def sheets_changed(file: Path) -> None:
    """Write a workbook in which one letter of the list of sheets is another than its sum says."""
    write_sheet(file, FACILITIES)
    with zipfile.ZipFile(file) as book:
        members = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as book:
        for name, body in members.items():
            book.writestr(name, body)
    file.write_bytes(file.read_bytes().replace(b"<calcPr", b"<calcPs", 1))


def json_listed(folder: Path) -> None:
    """Write estates in GeoJSON of which one column holds lists."""
    file = write(degrees(town(6)), folder / "estates.geojson")
    said = json.loads(file.read_text(encoding="utf-8"))
    for feature in said["features"]:
        feature["properties"]["tags"] = ["a", "b"]
    file.write_text(json.dumps(said), encoding="utf-8")
    plan_toml(folder, estates='path = "estates.geojson"')


def at_path(said: str) -> Callable[[Path], None]:
    """Return a maker of a project whose estates stand at a path."""

    def make(folder: Path) -> None:
        write(town(3), folder / "estates.gpkg")
        plan_toml(folder, estates=f'path = "{said}"')

    return make


def add_to(book: Catalogue) -> None:
    book.stop(GROUP, "a path too long for any disk", "project.no_data_file", at_path("x" * 999 + ".gpkg"))
    book.stop(GROUP, "a path with a NUL", "project.no_data_file", at_path("a\\u0000b.gpkg"))
    book.stop(GROUP, "estates without a row", "read.no_estates", without_rows)
    for count in ("0", "3", "'GP'"):
        book.stop(
            GROUP,
            f"a GeoPackage that says it has {count} rows and has 6",
            "preflight.damaged",
            geopackage(f"UPDATE gpkg_ogr_contents SET feature_count = {count}"),
        )
    book.remark(
        GROUP,
        "a GeoPackage that does not say how many rows it has",
        CLEAN,
        geopackage("UPDATE gpkg_ogr_contents SET feature_count = NULL"),
        lambda layers: len(layers.estates) == 6,
    )
    book.stop(
        GROUP,
        "a GeoPackage with a NUL in a name",
        "preflight.cut_texts",
        geopackage("UPDATE estates SET name = '甲' || char(0) || '乙' WHERE fid = 2"),
    )
    for name, text in {"a NUL": "甲\0乙", "half a letter": "甲\ud800乙", "the other half": "\udc00"}.items():
        book.stop(GROUP, f"GeoJSON with {name} in a name", "preflight.cut_texts", json_named(text))
    book.remark(GROUP, "GeoJSON with a letter of two halves", CLEAN, json_named("𠮷"))
    book.remark(GROUP, "a .cpg with a NUL", "preflight.encoding", shapefile(".cpg", lambda _: b"UTF\x008"))
    book.remark(GROUP, "a .cpg with a codec of Python's", "preflight.encoding", shapefile(".cpg", lambda _: b"rot13"))
    nowhere = b'LOCAL_CS["x",LOCAL_DATUM["y",0],UNIT["metre",1],AXIS["X",EAST],AXIS["Y",NORTH]]'
    book.stop(GROUP, "a .prj of a place that is nowhere", "places.no_crs", shapefile(".prj", lambda _: nowhere))
    for codec in ("rot13", "zlib", "idna", "unicode_escape", "undefined", "no such"):
        book.stop(
            GROUP,
            f"encoding = {codec}",
            "preflight.encoding_wrong",
            shapefile(".cpg", lambda data: data, f'encoding = "{codec}"'),
        )
    book.stop(GROUP, "dates of the year 0", "geodata.unreadable_value", shapefile(".dbf", dated))
    book.stop(
        GROUP,
        ".xls with a cell far away",
        "preflight.sheet_too_wide",
        ledger("facilities.xls", lambda file: file.write_bytes(xls_bytes({"台账": far_cell(60_000, 250)}))),
    )
    book.stop(
        GROUP,
        ".xlsx with a cell far away",
        "preflight.sheet_too_wide",
        ledger("facilities.xlsx", lambda file: write_sheet(file, far_cell(60_000, 250))),
    )
    book.remark(
        GROUP,
        ".xlsx with a cell not so far away",
        "",
        ledger("facilities.xlsx", lambda file: write_sheet(file, far_cell(2_000, 250))),
        lambda layers: layers.rows["facilities"] == {"read": 10, "used": 9, "rejected": 1},
    )
    book.stop(
        GROUP,
        "a sheet of more columns than Excel has",
        "ledgers.too_wide",
        ledger("facilities.csv", lambda file: write_csv(file, [[*FACILITIES[0], *([""] * 20_000)], *FACILITIES[1:]])),
    )
    book.stop(
        GROUP, ".xlsx whose directory lies far off", "preflight.", ledger("facilities.xlsx", directory_far_off)
    )
    book.stop(GROUP, ".xlsx whose list of sheets was changed", "preflight.damaged",
              ledger("facilities.xlsx", sheets_changed))
    book.remark(GROUP, "GeoJSON with a list in a column", "headings.unused", json_listed)
    book.remark(
        GROUP,
        "a heading with a mark that ends no line of a ledger",
        "",
        ledger(
            "facilities.csv",
            lambda file: write_csv(file, [["备注;\x1e;", *FACILITIES[0]], *(["", *line] for line in FACILITIES[1:])]),
        ),
        lambda layers: len(layers.facilities) == 9,
    )
