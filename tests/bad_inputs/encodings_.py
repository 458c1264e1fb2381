"""Text in the wrong encoding, or in none that the file names."""

from pathlib import Path

from brought import town, write, write_gbk
from catalogue import CLEAN, FACILITIES, FACILITY_TEXT, Catalogue, plan_toml, reads, with_facilities

NAMES = {"estate_id": ["E1", "E2", "E3"], "name": ["泰山里小区", "幸福新村", "朝阳街家属院"]}


def shapefile(folder: Path, said: str | None, written: str, text: str = "") -> None:
    """Write a shapefile in one encoding and a .cpg that says another, or no .cpg."""
    write(town(3, **NAMES), folder / "estates.shp", encoding=written)
    cpg = folder / "estates.cpg"
    cpg.unlink(missing_ok=True)
    if said is not None:
        cpg.write_bytes(said.encode())
    plan_toml(folder, estates=f'path = "estates.shp"\n{text}')


def add_to(book: Catalogue) -> None:
    group = "encoding"
    right = reads("name", "泰山里小区")
    for written, name in (("GBK", "GBK"), ("GB18030", "GB18030"), ("UTF-8", "UTF-8")):
        book.remark(
            group,
            f"{name} shapefile without .cpg",
            "preflight.encoding_decided",
            lambda folder, w=written: shapefile(folder, None, w),
            right,
        )
        wrong = "UTF-8" if written != "UTF-8" else "GBK"
        book.remark(
            group,
            f"{name} shapefile whose .cpg says {wrong}",
            "preflight.encoding_conflict",
            lambda folder, w=written, s=wrong: shapefile(folder, s, w),
            right,
        )
        book.remark(
            group,
            f"{name} shapefile whose .cpg is rubbish",
            "preflight.encoding_conflict",
            lambda folder, w=written: shapefile(folder, "??", w),
            right,
        )
        book.remark(
            group,
            f"{name} shapefile whose .cpg is empty",
            "preflight.encoding_decided",
            lambda folder, w=written: shapefile(folder, "", w),
            right,
        )
        book.stop(
            group,
            f"{name} shapefile that plan.toml calls ASCII",
            "preflight.encoding_wrong",
            lambda folder, w=written: shapefile(folder, None, w, 'encoding = "ascii"'),
        )
        book.remark(
            group,
            f"{name} shapefile that plan.toml names rightly",
            CLEAN,
            lambda folder, w=written: shapefile(folder, None, w, f'encoding = "{w}"'),
            right,
        )
    book.stop(
        group,
        "GBK shapefile that plan.toml calls UTF-8",
        "preflight.encoding_wrong",
        lambda folder: shapefile(folder, None, "GBK", 'encoding = "UTF-8"'),
    )
    book.stop(
        group,
        "an encoding that does not exist",
        "preflight.encoding_wrong",
        lambda folder: shapefile(folder, None, "GBK", 'encoding = "GBK-2024"'),
    )
    book.stop(group, "bytes that are no text in any of them", "preflight.encoding_unknown", no_text)
    book.remark(group, "one row in GBK, the next in UTF-8, all of it possible GBK", "preflight.encoding_mixed", mixed)
    for encoding in ("gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"):
        book.remark(
            group,
            f"a ledger in {encoding}",
            CLEAN,
            with_facilities(FACILITIES, encoding=encoding),
            lambda layers: layers.facilities["name"].iloc[0] == "超市0",
        )
    book.stop(
        group, "a ledger of no text", "preflight.encoding_unknown", ledger(b"\x81\xff\xfe\x80,\xff\xff\n\xff,\xfe\n")
    )
    book.stop(group, "a ledger with NUL bytes", "preflight.not_what_it_says", ledger("名称\0,类型\n".encode()))
    book.stop(
        group,
        "a GBK ledger that plan.toml calls UTF-8",
        "preflight.encoding_wrong",
        with_facilities(FACILITIES, FACILITY_TEXT + '\nencoding = "utf-8"', "gbk"),
    )
    book.stop(
        group,
        "a UTF-8 ledger that plan.toml calls ASCII",
        "preflight.encoding_wrong",
        with_facilities(FACILITIES, FACILITY_TEXT + '\nencoding = "ascii"'),
    )
    book.remark(group, "characters that only GB18030 has", "preflight.encoding_decided", rare, reads("name", "㐂𠮷里"))
    book.stop(group, "GeoJSON in GBK", "preflight.json_not_utf8", lambda folder: json(folder, "gbk"))
    book.stop(group, "GeoJSON in UTF-16", "preflight.json_not_utf8", lambda folder: json(folder, "utf-16"))
    book.remark(group, "GeoJSON with a byte order mark", CLEAN, lambda folder: json(folder, "utf-8-sig"), right)
    book.stop(group, "a .prj that names no coordinate system, in GBK", "places.no_crs", bad_prj)
    book.remark(group, "a GBK shapefile by itself", "preflight.encoding_decided", plain_gbk, right)
    book.stop(group, "plan.toml in GBK", "project.not_utf8", toml_gbk)
    book.stop(group, "plan.toml in UTF-16", "project.not_utf8", toml_utf16)
    book.remark(group, "plan.toml with a byte order mark", CLEAN, toml_mark)
    book.remark(
        group,
        "a ledger with the mark of UTF-8 that plan.toml calls GBK",
        CLEAN,
        with_facilities(FACILITIES, FACILITY_TEXT + '\nencoding = "gbk"', "utf-8-sig"),
    )


def no_text(folder: Path) -> None:
    shapefile(folder, None, "GBK")
    dbf = folder / "estates.dbf"
    data = dbf.read_bytes()
    dbf.write_bytes(data.replace("泰山".encode("gbk"), b"\xff\xff\xff\x81"))


def mixed(folder: Path) -> None:
    write(
        town(3, estate_id=["E1", "E2", "E3"], name=["泰山里小区院", "甲乙丙丁", "朝阳街"]),
        folder / "estates.shp",
        encoding="GBK",
    )
    (folder / "estates.cpg").unlink()
    dbf = folder / "estates.dbf"
    data = dbf.read_bytes()
    dbf.write_bytes(data.replace("泰山里小区院".encode("gbk"), "泰山里小".encode()))
    plan_toml(folder, estates='path = "estates.shp"')


def rare(folder: Path) -> None:
    write(
        town(3, estate_id=["E1", "E2", "E3"], name=["㐂𠮷里", "乙里", "丙里"]),
        folder / "estates.shp",
        encoding="GB18030",
    )
    (folder / "estates.cpg").unlink()
    plan_toml(folder, estates='path = "estates.shp"')


def ledger(data: bytes):  # type: ignore[no-untyped-def]
    def make(folder: Path) -> None:
        write(town(3, **NAMES), folder / "estates.gpkg")
        (folder / "facilities.csv").write_bytes(data)
        plan_toml(folder, estates='path = "estates.gpkg"', facilities=FACILITY_TEXT)

    return make


def json(folder: Path, encoding: str) -> None:
    write(town(3, **NAMES), folder / "estates.geojson")
    file = folder / "estates.geojson"
    file.write_text(file.read_text(encoding="utf-8"), encoding=encoding)
    plan_toml(folder, estates='path = "estates.geojson"')


def bad_prj(folder: Path) -> None:
    shapefile(folder, "GBK", "GBK")
    (folder / "estates.prj").write_bytes("投影".encode("gbk"))


def plain_gbk(folder: Path) -> None:
    write_gbk(town(3, **NAMES), folder / "estates.shp")
    plan_toml(folder, estates='path = "estates.shp"')


def toml_gbk(folder: Path) -> None:
    shapefile(folder, "UTF-8", "UTF-8")
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    (folder / "plan.toml").write_text(text, encoding="gbk")


def toml_utf16(folder: Path) -> None:
    shapefile(folder, "UTF-8", "UTF-8")
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    (folder / "plan.toml").write_text(text, encoding="utf-16")


def toml_mark(folder: Path) -> None:
    shapefile(folder, "UTF-8", "UTF-8")
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    (folder / "plan.toml").write_text(text, encoding="utf-8-sig")
