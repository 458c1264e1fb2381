"""Archives: what planners are sent, and what would like to be unpacked where it should not."""

import stat
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from brought import town, write
from catalogue import FACILITIES, FACILITY_TEXT, ROWS, Catalogue, plan_toml, with_layer

from geoplan.read import Layers

GROUP = "zips"
Members = Mapping[str, bytes]
BLANK = bytes(60_000_000)


def shapefile_parts(folder: Path) -> dict[str, bytes]:
    """Return the files of a shapefile of the town by suffix, made beside and taken away again."""
    made = folder / "made"
    made.mkdir()
    write(town(ROWS, estate_id=[f"E{n:02d}" for n in range(ROWS)], name=[f"里{n}" for n in range(ROWS)]),
          made / "e.shp", encoding="utf-8")
    parts = {file.suffix: file.read_bytes() for file in sorted(made.iterdir())}
    for file in made.iterdir():
        file.unlink()
    made.rmdir()
    return parts


def pack(file: Path, members: Members, **info: int) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            for key, value in info.items():
                setattr(member, key, value)
            archive.writestr(member, data)


def zipped(
    members: Callable[[dict[str, bytes]], Members], text: str = "", then: Callable[[bytes], bytes] = bytes,
    **info: int,
) -> Callable[[Path], None]:
    """Return a maker of a project whose estates are in a .zip; `members` names the parts of the shapefile."""

    def make(folder: Path) -> None:
        pack(folder / "e.zip", members(shapefile_parts(folder)), **info)
        (folder / "e.zip").write_bytes(then((folder / "e.zip").read_bytes()))
        plan_toml(folder, estates=f'path = "e.zip"\n{text}')

    return make


def called(stem: str, *more: tuple[str, bytes]) -> Callable[[dict[str, bytes]], Members]:
    return lambda parts: {**{f"{stem}{suffix}": data for suffix, data in parts.items()}, **dict(more)}


def named_in_gbk(stem: str) -> Callable[[bytes], bytes]:
    """Return what makes an archive's ASCII names into GBK ones of the same length, as Windows in China writes them."""
    return lambda data: data.replace(b"x" * len(stem.encode("gbk")), stem.encode("gbk"))


def with_password(data: bytes) -> bytes:
    """Set the bit of encryption in every header of an archive."""
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = data.find(mark)
        while place >= 0:
            [flags] = struct.unpack_from("<H", data, place + at)
            data = data[:place + at] + struct.pack("<H", flags | 1) + data[place + at + 2:]
            place = data.find(mark, place + 4)
    return data


def all_there(layers: Layers) -> bool:
    return len(layers.estates) == ROWS and list(layers.inputs) == ["e.zip", "plan.toml"]


def add_to(book: Catalogue) -> None:
    book.remark(GROUP, "a shapefile in an archive", "", zipped(called("e")), all_there)
    book.remark(GROUP, "a shapefile in a folder of an archive, with the files of a Mac beside it", "", zipped(
        called("2024/小区/e", ("__MACOSX/2024/._e.shp", b"x"), ("2024/读我.txt", b"x"))), all_there)
    book.remark(GROUP, "names in GBK, one with a byte that is a backslash elsewhere", "", zipped(
        called("xxxx"), then=named_in_gbk("誠區")), all_there)
    book.remark(GROUP, "two shapefiles, one named", "", zipped(
        lambda parts: {**called("a")(parts), **called("b")(parts)}, 'layer = "b"'), all_there)
    book.remark(GROUP, "a ledger in an archive", "", with_layer(
        "facilities", FACILITY_TEXT.replace("facilities.csv", "f.zip"), lambda folder: pack(
            folder / "f.zip", {"f.csv": "\n".join(",".join(line) for line in FACILITIES).encode()})),
        lambda layers: len(layers.facilities) == len(FACILITIES) - 1)
    book.stop(GROUP, "two shapefiles, none named", "archives.which", zipped(
        lambda parts: {**called("a")(parts), **called("b")(parts)}))
    book.stop(GROUP, "nothing to read", "archives.nothing", zipped(lambda _: {"读我.txt": b"x"}))
    book.stop(GROUP, "an empty archive", "archives.nothing", zipped(lambda _: {}))
    book.stop(GROUP, "a shapefile without its table", "preflight.companion_missing", zipped(
        lambda parts: {f"e{suffix}": data for suffix, data in parts.items() if suffix != ".dbf"}))
    for name in ("../e.shp", "a/../../e.shp", "/etc/e.shp", "C:/e.shp", "..\\e.shp", "e\x1b.shp", "e?.shp"):
        book.stop(GROUP, f"a member called {name!r}", "archives.unsafe_name", zipped(called("e", (name, b"x"))))
    book.stop(GROUP, "a link for a member", "archives.link", zipped(
        called("e"), external_attr=(stat.S_IFLNK | 0o777) << 16))
    book.stop(GROUP, "a device for a member", "archives.link", zipped(
        called("e"), external_attr=(stat.S_IFCHR | 0o666) << 16))
    book.stop(GROUP, "an archive in the archive", "archives.nested", zipped(called("e", ("more.zip", b"PK"))))
    book.stop(GROUP, "a password", "archives.encrypted", zipped(called("e"), then=with_password))
    book.stop(GROUP, "more members than anybody needs", "archives.too_many", zipped(
        lambda parts: {**called("e")(parts), **{f"{n}.txt": b"" for n in range(1_000)}}))
    book.stop(GROUP, "a table that unfolds a thousand times", "preflight.unpacks_too_far", zipped(
        lambda parts: {**called("e")(parts), "e.dbf": BLANK}))
    book.stop(GROUP, "the same name twice in other letters", "archives.twice", zipped(called("e", ("E.DBF", b"x"))))
    book.stop(GROUP, "a member whose bytes were changed", "preflight.damaged", zipped(
        called("e"), then=lambda data: data[:100] + bytes(20) + data[120:]))
    book.stop(GROUP, "an archive cut short", "preflight.not_what_it_says", zipped(
        called("e"), then=lambda data: data[:-60]))
    book.stop(GROUP, "a text called .zip", "preflight.not_what_it_says", zipped(called("e"), then=lambda _: b"no"))
    book.stop(GROUP, "a workbook called .zip", "archives.nothing", zipped(lambda _: {"xl/workbook.xml": b"<x/>"}))
    book.stop(GROUP, "a virtual file in an archive", "preflight.not_what_it_says", zipped(
        lambda _: {"e.shp": b"<OGRVRTDataSource/>"}))
