"""What is refused before any library opens it."""

import json
import os
import zipfile
from pathlib import Path

import pytest
from brought import town, write, write_csv, write_gbk, write_sheet
from hypothesis import given
from hypothesis import strategies as st

from geoplan.preflight import check_file, digest_of, files_of, format_of, geopackage_layers

VRT = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'


def codes(path: Path, said: str | None = None) -> list[str]:
    return [finding.code for finding in check_file(path, said or path.name, "estates")]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return {
        "shp": write_gbk(town(), folder / "a.shp"),
        "gpkg": write(town(), folder / "a.gpkg"),
        "geojson": write(town().to_crs(4326), folder / "a.geojson"),
        "xlsx": write_sheet(folder / "a.xlsx", [["名称"], ["幸福里"]]),
        "csv": write_csv(folder / "a.csv", [["名称"]]),
    }


@pytest.mark.parametrize("kind", ["shp", "gpkg", "geojson", "xlsx", "csv"])
def test_a_whole_file_passes(files: dict[str, Path], kind: str) -> None:
    assert codes(files[kind]) == []


@pytest.mark.parametrize(
    "said",
    [
        "http://example.com/a.shp",
        "/vsicurl/http://example.com/a.shp",
        "/vsizip/a.zip/a.shp",
        "GPKG:a.gpkg",
        "\\\\server\\a.shp",
    ],
)
def test_what_is_not_a_file_here_is_refused(tmp_path: Path, said: str) -> None:
    assert codes(tmp_path / "a.shp", said) == ["preflight.not_local"]


def test_a_missing_file_and_a_folder_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "b.shp").mkdir()
    assert codes(tmp_path / "a.shp") == codes(tmp_path / "b.shp") == ["preflight.no_file"]


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert codes(tmp_path / "a.csv") == ["preflight.no_file"]


@pytest.mark.parametrize("name", ["a.vrt", "a.kml", "a.et", "a", "a.rar"])
def test_an_unknown_format_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    assert codes(tmp_path / name) == ["preflight.unknown_format"]


@pytest.mark.parametrize("name", ["a.shp", "a.gpkg", "a.geojson", "a.xlsx", "a.osm.pbf", "a.zip"])
def test_a_virtual_layer_in_disguise_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(VRT + "</OGRVRTDataSource>")
    assert codes(tmp_path / name)[0] in ("preflight.not_what_it_says", "preflight.not_json", "preflight.damaged")


def test_a_pipeline_in_disguise_is_refused(tmp_path: Path) -> None:
    said = {"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read x ! write stream"}
    (tmp_path / "a.geojson").write_text(json.dumps(said))
    assert codes(tmp_path / "a.geojson") == ["preflight.not_what_it_says"]


@pytest.mark.parametrize("text", ["[]", "1", '{"type": "Topology"}', '{"features": []}'])
def test_json_that_is_no_geojson_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    assert codes(tmp_path / "a.json") == ["preflight.not_what_it_says"]


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "FeatureCollection", "features": [null]}',
        '{"type": "FeatureCollection", "features": 3}',
        '{"type": "FeatureCollection"}',
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": 1}]}',
    ],
)
def test_geojson_with_features_that_are_none_is_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    assert codes(tmp_path / "a.json") == ["preflight.damaged"]


def test_a_geojson_cut_short_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"type": "FeatureCollection",\n"features": [')
    (finding,) = check_file(tmp_path / "a.json", "a.json", "estates")
    assert (finding.code, finding.values["line"]) == ("preflight.not_json", 2)


def test_a_geojson_in_gbk_is_sent_back(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes('{"type": "FeatureCollection", "features": [], "name": "幸福"}'.encode("gbk"))
    assert codes(tmp_path / "a.json") == ["preflight.json_not_utf8"]


def test_brackets_without_end_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" * 200_000)
    assert codes(tmp_path / "a.json")[0].startswith("preflight.")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/worksheets/sheet1.xml", b" " * 20_000_000)
    assert codes(tmp_path / "a.xlsx") == ["preflight.unpacks_too_far"]


def book_with(folder: Path, row: bytes, sheet: str = "sheet1.xml") -> Path:
    """Return a workbook of one cell and of a row as XML, in a sheet whose file has a name."""
    with zipfile.ZipFile(write_sheet(folder / "a.xlsx", [["名称"]])) as old:
        members = {name: old.read(name) for name in old.namelist()}
    text = members.pop("xl/worksheets/sheet1.xml").replace(b"</sheetData>", row + b"</sheetData>")
    links = "xl/_rels/workbook.xml.rels"
    members[links] = members[links].replace(b"sheet1.xml", sheet.encode())
    with zipfile.ZipFile(folder / "b.xlsx", "w") as new:
        for name, data in {**members, f"xl/worksheets/{sheet}": text}.items():
            new.writestr(name, data)
    return folder / "b.xlsx"


@pytest.mark.parametrize("row", [
    b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', b'<row r="2"><c r="A99999999"><v>1</v></c></row>',
    b'<row r="2"><c s="1" r="sheetView2"><v>1</v></c></row>', b"<row r='2'><c\nr = 'ZZZZZZZZZ2'><v>1</v></c></row>",
    b'<row r="99999999999"><c><v>1</v></c></row>', b'<row r="2">' + b"<c/>" * 99 + b'</row><row r="999999"/>',
    b'<row r="999999"><c r="XFD999999"/></row><row><c r="A1"/></row>'],
    ids=["a far row and column", "a far row of a cell", "a word for a column", "quoted otherwise", "a far row alone",
         "cells without references", "a row without one"])
def test_a_cell_at_the_far_end_of_a_sheet_is_refused(tmp_path: Path, row: bytes) -> None:
    assert codes(book_with(tmp_path, row)) == ["preflight.sheet_too_wide"]


def test_a_sheet_is_looked_at_under_any_name_of_its_file(tmp_path: Path) -> None:
    far = b'<row r="2"><c r="A99999999"><v>1</v></c></row>'
    assert codes(book_with(tmp_path, far, "tab.xml")) == [
        "preflight.sheet_too_wide"]


def test_rows_and_cells_without_references_are_no_reason_to_refuse_a_sheet(tmp_path: Path) -> None:
    assert codes(book_with(tmp_path, b"<row>" + b"<c><v>1</v></c>" * 9 + b"</row><row/>" * 50)) == []


def test_a_csv_of_zeros_is_no_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n\0\0\0")
    assert codes(tmp_path / "a.csv") == ["preflight.not_what_it_says"]


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_shapefile_without_its_companion_is_refused(tmp_path: Path, suffix: str) -> None:
    path = write(town(), tmp_path / "a.shp")
    path.with_suffix(suffix).unlink()
    (finding,) = check_file(path, path.name, "estates")
    assert (finding.code, finding.values["missing"]) == ("preflight.companion_missing", suffix)


def test_companions_are_found_in_whatever_case(tmp_path: Path) -> None:
    path = write(town(), tmp_path / "a.shp")
    path.with_suffix(".dbf").rename(tmp_path / "a.DBF")
    assert codes(path) == []
    assert files_of(path)[".dbf"].name == "a.DBF"


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.9])
def test_a_shapefile_cut_short_is_refused(tmp_path: Path, suffix: str, share: float) -> None:
    path = write(town(20), tmp_path / "a.shp")
    part = path.with_suffix(suffix)
    part.write_bytes(part.read_bytes()[: int(share * part.stat().st_size)])
    assert codes(path) != []


@pytest.mark.parametrize("counts", [(20, 20, 19), (20, 19, 19), (19, 19, 20)])
def test_counts_that_disagree_are_refused(tmp_path: Path, counts: tuple[int, int, int]) -> None:
    for suffix, count in zip((".shp", ".shx", ".dbf"), counts, strict=True):
        other = write(town(count), tmp_path / f"n{count}.shp")
        (tmp_path / f"a{suffix}").write_bytes(other.with_suffix(suffix).read_bytes())
    (finding,) = check_file(tmp_path / "a.shp", "a.shp", "estates")
    assert finding.code == "preflight.counts_disagree"
    assert (finding.values["shp"], finding.values["shx"], finding.values["dbf"]) == counts


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    path = write(town(), tmp_path / "a.shp")
    data = bytearray(path.read_bytes())
    second = 100 + 8 + 2 * int.from_bytes(data[104:108], "big")
    data[second + 8 + 40 : second + 8 + 44] = (9999).to_bytes(4, "little")  # number of points of the second record
    path.write_bytes(data)
    (finding,) = check_file(path, "a.shp", "estates")
    assert (finding.code, finding.row) == ("preflight.record_damaged", 2)


def test_an_empty_shapefile_is_whole(tmp_path: Path) -> None:
    path = write(town().iloc[:0], tmp_path / "a.shp", geometry_type="Polygon")
    assert codes(path) == []


def test_a_database_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    data = bytearray(write(town(), tmp_path / "a.gpkg").read_bytes())
    data[68:72] = b"\0\0\0\0"
    (tmp_path / "b.gpkg").write_bytes(data)
    assert codes(tmp_path / "b.gpkg") == ["preflight.not_what_it_says"]


def test_a_geopackage_cut_short_is_damaged(tmp_path: Path) -> None:
    path = write(town(), tmp_path / "a.gpkg")
    path.write_bytes(path.read_bytes()[:40_000])
    assert codes(path) == ["preflight.damaged"]


def test_layers_of_a_geopackage_are_listed(tmp_path: Path) -> None:
    path = write(town(), tmp_path / "a.gpkg", layer="one")
    write(town(), path, layer="two", append=True)
    assert geopackage_layers(path) == ["one", "two"]


def test_an_osm_extract_cut_short_is_damaged(tmp_path: Path, shared: Path) -> None:
    whole = (shared / "kits/formats/Helsinki.osm.pbf").read_bytes()
    (tmp_path / "a.osm.pbf").write_bytes(whole[:-100])
    assert codes(tmp_path / "a.osm.pbf") == ["preflight.damaged"]
    (tmp_path / "b.osm.pbf").write_bytes(whole)
    assert codes(tmp_path / "b.osm.pbf") == []


def test_formats_are_known_by_their_names() -> None:
    assert format_of(Path("A.SHP")) == "ESRI Shapefile"
    assert format_of(Path("city.osm.pbf")) == "OSM"
    assert format_of(Path("a.shp.xml")) is None


def test_a_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert digest_of(tmp_path / "a").startswith("ba7816bf")


@given(
    at=st.integers(0, 10**6),
    byte=st.integers(1, 255),
    kind=st.sampled_from(["shp", "shx", "dbf", "gpkg", "xlsx", "geojson"]),
)
def test_one_changed_byte_never_makes_it_fail(files: dict[str, Path], at: int, byte: int, kind: str) -> None:
    path = files["shp"] if kind in ("shx", "dbf") else files[kind]
    part = path.with_suffix(f".{kind}")
    whole = part.read_bytes()
    changed = bytearray(whole)
    changed[at % len(whole)] ^= byte
    part.write_bytes(changed)
    try:
        check_file(path, path.name, "estates")
    finally:
        part.write_bytes(whole)
