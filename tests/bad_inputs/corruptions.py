"""Files cut short, bytes gone wrong, counts that disagree: every one must stop the run."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import xlsxwriter
from brought import town, write, write_sheet
from catalogue import FACILITIES, FACILITY_TEXT, Catalogue, plan_toml, with_layer
from old_excel import xls_bytes

GROUP = "corruption"
Damage = Callable[[bytes], bytes]


def cut_at(share: float) -> Damage:
    return lambda data: data[: int(len(data) * share)]


def put(at: int, new: bytes) -> Damage:
    return lambda data: data[:at] + new + data[at + len(new) :]


def shapefile(suffix: str, damage: Damage | None) -> Callable[[Path], None]:
    """Return a maker of a shapefile one of whose files is damaged, or missing where there is no damage."""

    def make(folder: Path) -> None:
        write(
            town(
                8,
                estate_id=[f"E{n}" for n in range(8)],
                name=["里"] * 8,
                households=["9"] * 8,
                completion_year=["1998"] * 8,
                geometry=town(
                    8, estate_id=["x"] * 8, name=["x"] * 8, households=["1"] * 8, completion_year=["1"] * 8
                ).geometry.tolist(),
            ),
            folder / "estates.shp",
            encoding="UTF-8",
        )
        file = (folder / "estates.shp").with_suffix(suffix)
        if damage is None:
            file.unlink()
        else:
            file.write_bytes(damage(file.read_bytes()))
        plan_toml(folder, estates='path = "estates.shp"')

    return make


def single(name: str, damage: Damage) -> Callable[[Path], None]:
    """Return a maker of a GeoPackage or GeoJSON of estates that is damaged."""

    def make(folder: Path) -> None:
        write(town(3), folder / name)
        (folder / name).write_bytes(damage((folder / name).read_bytes()))
        plan_toml(folder, estates=f'path = "{name}"')

    return make


def workbook(damage: Damage, name: str = "facilities.xlsx") -> Callable[[Path], None]:
    def files(folder: Path) -> None:
        if name.endswith(".xls"):
            (folder / name).write_bytes(damage(xls_bytes({"台账": FACILITIES})))
            return
        write_sheet(folder / name, FACILITIES)
        (folder / name).write_bytes(damage((folder / name).read_bytes()))

    return with_layer("facilities", FACILITY_TEXT.replace("facilities.csv", name), files)


def bomb(folder: Path) -> None:
    """Write a workbook of a few kilobytes that unpacks to a gigabyte and a half."""
    with zipfile.ZipFile(folder / "facilities.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(30):
                sheet.write(b" " * 10_000_000)


def wide(folder: Path) -> None:
    """Write a workbook with one cell at its very end."""
    book = xlsxwriter.Workbook(str(folder / "facilities.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, "名称")
    sheet.write_string(1_048_575, 16_383, "x")
    book.close()


def add_to(book: Catalogue) -> None:
    book.stop(GROUP, "no .shx", "preflight.", shapefile(".shx", None))
    book.stop(GROUP, "no .dbf", "preflight.", shapefile(".dbf", None))
    for suffix in (".shp", ".shx", ".dbf"):
        for share in (0, 0.02, 0.3, 0.6, 0.97):
            book.stop(GROUP, f"{suffix} cut at {share:.0%}", "preflight.", shapefile(suffix, cut_at(share)))
    for name, at, new in (
        ("another magic number", 0, b"\0\0\0\1"),
        ("a length twice as long", 24, struct.pack(">i", 9_999)),
        ("a negative length", 24, struct.pack(">i", -4)),
        ("an unknown shape type", 32, struct.pack("<i", 99)),
        ("a record of length 0", 104, struct.pack(">i", 0)),
        ("a record longer than the file", 104, struct.pack(">i", 9_999_999)),
        ("a record of another shape type", 108, struct.pack("<i", 3)),
        ("a polygon of a million rings", 144, struct.pack("<i", 1_000_000)),
        ("a polygon of minus one ring", 144, struct.pack("<i", -1)),
        ("a polygon of no corners", 148, struct.pack("<i", 0)),
        ("a ring that begins past its corners", 152, struct.pack("<i", 77)),
    ):
        book.stop(GROUP, f".shp with {name}", "preflight.", shapefile(".shp", put(at, new)))
    for name, at, new in (
        ("an offset past the end", 100, struct.pack(">i", 99_999)),
        ("a length that disagrees", 104, struct.pack(">i", 3)),
        ("an offset in the middle of a record", 108, struct.pack(">i", 61)),
    ):
        book.stop(GROUP, f".shx with {name}", "preflight.", shapefile(".shx", put(at, new)))
    for name, at, new in (
        ("fewer records", 4, struct.pack("<I", 5)),
        ("more records", 4, struct.pack("<I", 50)),
        ("no records", 4, struct.pack("<I", 0)),
        ("a header too short", 8, struct.pack("<H", 33)),
        ("a record of one byte", 10, struct.pack("<H", 1)),
        ("a record too wide", 10, struct.pack("<H", 60_000)),
        ("a field of no type", 43, b"\0"),
        ("a field too wide", 48, b"\xff"),
    ):
        book.stop(GROUP, f".dbf with {name}", "preflight.", shapefile(".dbf", put(at, new)))
    for name in ("estates.gpkg", "estates.geojson"):
        for share in (0, 0.1, 0.5, 0.9):
            book.stop(GROUP, f"{name} cut at {share:.0%}", "preflight.", single(name, cut_at(share)))
    book.stop(GROUP, "a GeoPackage that is a plain database", "preflight.", single("estates.gpkg", put(68, b"ABCD")))
    book.stop(
        GROUP,
        "a GeoPackage with a page of rubbish",
        "preflight.",
        single("estates.gpkg", lambda data: data[:4096] + b"\xaa" * 8192 + data[12_288:]),
    )
    book.stop(
        GROUP,
        "a GeoPackage without its catalogue",
        "geodata.",
        single("estates.gpkg", lambda data: data.replace(b"gpkg_contents", b"gpkg_c0ntents")),
    )
    book.stop(
        GROUP, "GeoJSON of another kind", "preflight.", single("estates.geojson", lambda _: b'{"type":"Topology"}')
    )
    book.stop(
        GROUP,
        "GeoJSON whose features are a text",
        "preflight.",
        single("estates.geojson", lambda _: b'{"type":"FeatureCollection","features":"x"}'),
    )
    book.stop(
        GROUP, "GeoJSON ten thousand levels deep", "preflight.", single("estates.geojson", lambda _: b"[" * 10_000)
    )
    book.remark(
        GROUP,
        "GeoJSON with NaN for a coordinate",
        "places.",
        single("estates.geojson", lambda data: data.replace(b"[ [ [ ", b"[ [ [ NaN, ", 1)),
    )
    for share in (0, 0.2, 0.7, 0.99):
        book.stop(GROUP, f".xlsx cut at {share:.0%}", "preflight.", workbook(cut_at(share)))
        book.stop(GROUP, f".xls cut at {share:.0%}", "preflight.", workbook(cut_at(share), "facilities.xls"))
    book.stop(
        GROUP,
        ".xlsx that is a plain zip",
        "preflight.",
        workbook(lambda data: data.replace(b"xl/workbook.xml", b"xl/w0rkbook.xml")),
    )
    book.stop(
        GROUP,
        ".xlsx with a byte flipped in a sheet",
        "preflight.",
        workbook(lambda data: put(data.find(b"xl/worksheets/sheet1.xml") + 60, b"\xff\xff\xff")(data)),
    )
    book.stop(
        GROUP,
        ".xlsx that unpacks to gigabytes",
        "preflight.unpacks_too_far",
        with_layer("facilities", FACILITY_TEXT.replace(".csv", ".xlsx"), bomb),
    )
    book.stop(
        GROUP,
        ".xlsx whose last cell is at the end of the sheet",
        "preflight.sheet_too_wide",
        with_layer("facilities", FACILITY_TEXT.replace(".csv", ".xlsx"), wide),
    )
    book.stop(
        GROUP,
        ".xls that is a web page",
        "preflight.not_what_it_says",
        workbook(lambda _: b"<html><table></table></html>", "facilities.xls"),
    )
    book.stop(
        GROUP,
        ".pbf of text",
        "preflight.",
        with_layer(
            "streets", 'path = "s.osm.pbf"', lambda folder: (folder / "s.osm.pbf").write_bytes(b"not protobuf at all")
        ),
    )
    book.stop(
        GROUP,
        ".pbf of a header only, cut",
        "preflight.",
        with_layer(
            "streets",
            'path = "s.osm.pbf"',
            lambda folder: (folder / "s.osm.pbf").write_bytes(b"\0\0\0\x0d\x0a\x09OSMHeader\x18\x80\x01"),
        ),
    )
