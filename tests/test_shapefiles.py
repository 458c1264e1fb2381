"""Shapefiles for the bureau: what an independent reader finds in them is what the plan says."""

import os
import shutil
import struct
import subprocess
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapefile
from hypothesis import given
from hypothesis import strategies as st
from little_plan import CONTROLS, LONG, RARE, RIGHT_TO_LEFT, all_tables, estates_table, little_plan, table
from pyproj import CRS
from shapely import Polygon

from geoplan import fields, shapefiles
from geoplan.dbf import check_shapefile
from geoplan.enclosures import FIELD_NOTES, TOPOLOGY_NOTES
from geoplan.errors import DataError
from geoplan.policy import load_catalogue
from geoplan.schema import columns_of, empty_table
from geoplan.shapefiles import SHAPES, write_shapefiles

FIELD_BYTES = 254  # bytes in a dbf text field


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_shapefiles(little_plan(tmp_path / "plan"), tmp_path / "shapefile")
    return tmp_path / "shapefile"


def records(folder: Path, name: str) -> list[dict[str, object]]:
    with shapefile.Reader(str(folder / f"{name}.shp"), encoding="utf-8") as reader:
        return [record.as_dict() for record in reader.iterRecords()]


def write_estates(folder: Path, **changes: list[object]) -> Path:
    """Write the little plan with other values in some columns of its six estates."""
    changed = gpd.GeoDataFrame(estates_table().assign(**{
        name: pd.Series(values, dtype=estates_table()[name].dtype) for name, values in changes.items()}))
    write_shapefiles(little_plan(folder / "plan", estates=changed), folder / "shapefile")
    return folder / "shapefile"


def test_five_files_with_five_parts_and_the_notes_are_written(folder: Path) -> None:
    names = {f"{name}.{part}" for name in SHAPES for part in ("shp", "shx", "dbf", "prj", "cpg")}
    assert {file.name for file in folder.iterdir()} == names | {FIELD_NOTES, TOPOLOGY_NOTES}


def test_field_names_are_ascii_of_at_most_ten_bytes_and_each_once() -> None:
    for name in SHAPES:
        names = [column.dbf for column in columns_of(name) if column.name != "geometry"]
        assert len(set(names)) == len(names)
        assert all(0 < len(field.encode("ascii")) <= 10 for field in names)


def test_pyshp_finds_every_record_and_its_area(folder: Path) -> None:
    with shapefile.Reader(str(folder / "estates.shp"), encoding="utf-8") as reader:
        assert reader.shapeType == shapefile.POLYGON
        areas = [Polygon(shape.points).area for shape in reader.iterShapes() if len(shape.parts) == 1]
    # 100 m x 50 m each; the fifth estate has two parts and is looked at below
    assert areas == pytest.approx([5000.0] * 5, rel=1e-6)
    assert gpd.read_file(folder / "estates.shp").area.iloc[4] == pytest.approx(2 * 40 * 50, rel=1e-6)


def test_text_comes_back_letter_for_letter(folder: Path) -> None:
    names = [record["NAME"] for record in records(folder, "estates")]
    assert names[:4] == ["=1+1", "@SUM(1)", RARE, RIGHT_TO_LEFT]


def test_control_characters_go_and_line_breaks_become_spaces(folder: Path) -> None:
    assert CONTROLS == "一\x00二\x07三\x1b四\n五\t六"
    assert records(folder, "estates")[4]["NAME"] == "一二三四 五 六"


def test_long_text_is_cut_between_characters_and_listed(folder: Path) -> None:
    # 254 bytes hold 84 characters of three bytes (252); the 85th would need 255
    assert LONG[:84] == records(folder, "estates")[5]["NAME"]
    assert "NAME 有 1 条被截断：E6" in (folder / FIELD_NOTES).read_text("utf-8-sig")


@pytest.mark.parametrize(("text", "kept"), [
    ("a" * 254, "a" * 254),
    ("a" * 255, "a" * 254),
    ("a" * 253 + "长", "a" * 253),
    ("a" * 250 + "𠮷", "a" * 250 + "𠮷"),
    ("a" * 251 + "𠮷", "a" * 251),
])
def test_the_cut_never_halves_a_character(tmp_path: Path, text: str, kept: str) -> None:
    folder = write_estates(tmp_path, name=[text, *"bcdef"])
    assert records(folder, "estates")[0]["NAME"] == kept


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_any_text_fits_after_the_cut_and_is_a_beginning_of_itself(text: str) -> None:
    cut = fields.cut_text(text)
    assert text.startswith(cut)
    assert len(cut.encode()) <= FIELD_BYTES
    assert cut == text or len((cut + text[len(cut)]).encode()) > FIELD_BYTES


@given(st.lists(st.text("长a", min_size=1, max_size=100), min_size=1, max_size=60))
def test_a_list_is_cut_behind_whole_members_and_says_how_many_there_are(members: list[str]) -> None:
    cut = fields.cut_list("；".join(members), "；")
    assert len(cut.encode()) <= FIELD_BYTES
    *kept, last = cut.split("；")
    if cut != "；".join(members) and kept:
        assert last == f"…({len(members)})"
        assert kept == members[:len(kept)]


def test_words_stand_for_codes_and_for_yes_and_no(folder: Path) -> None:
    facility = records(folder, "facilities")[0]
    assert (facility["TYPE"], facility["STATUS"], facility["REACH"]) == ("老年人日间照料中心(含托老所)", "在用", "是")
    assert records(folder, "areas")[0]["GAPS"] == "日间照料,幼儿园"
    assert [record["USABLE"] for record in records(folder, "sites")] == ["是", "否"]


def test_words_are_english_where_the_plan_is(tmp_path: Path) -> None:
    write_shapefiles(little_plan(tmp_path / "plan", language="en"), tmp_path / "out")
    assert records(tmp_path / "out", "estates")[5]["ELIG"] == "Ineligible"
    assert records(tmp_path / "out", "facilities")[0]["REACH"] == "Yes"


def test_null_stays_null_and_zero_stays_zero(folder: Path) -> None:
    estates = records(folder, "estates")
    assert [estate["YEAR"] for estate in estates] == [1995, 1998, 2000, None, 1989, 2008]
    assert [estate["GFA"] for estate in estates] == [1.5, None, 2.25, 0.0, 1e6, 3.0]
    assert [estate["AREA_ID"] for estate in estates] == ["A1", "A1", "A1", "A2", "A2", ""]
    assert records(folder, "facilities")[1]["REACH"] == ""


def test_whole_numbers_keep_every_digit_whatever_their_length(tmp_path: Path) -> None:
    # 9 digits fit a number, more only a text; the sign takes a place too
    for number, (most, kind) in enumerate([(10**9 - 1, "N"), (10**9, "C"), (-(10**8), "C"), (2**63 - 1, "C")]):
        folder = write_estates(tmp_path / str(number), households=[most, None, 1, 2, 3, 4])
        with shapefile.Reader(str(folder / "estates.shp"), encoding="utf-8") as reader:
            described = {field.name: field.field_type for field in reader.fields}
            assert str(reader.record(0)["HH"]) == str(most)
        assert str(described["HH"]).endswith(kind)


def test_an_empty_table_is_a_valid_file_of_its_own_kind(folder: Path) -> None:
    with shapefile.Reader(str(folder / "openings.shp"), encoding="utf-8") as reader:
        assert (len(reader), reader.shapeType) == (0, shapefile.POLYLINE)
        assert [field.name for field in reader.fields if field.name != "DeletionFlag"] == [
            "EST_A", "EST_B", "AREA_ID", "SAVED", "CLOSED", "RANK"]


def test_every_table_may_be_empty(tmp_path: Path) -> None:
    empty = {name: empty_table(name, "EPSG:4549") for name in SHAPES}
    write_shapefiles(little_plan(tmp_path / "plan", **empty), tmp_path / "out")
    kinds = {"areas": 5, "estates": 5, "facilities": 1, "sites": 1, "openings": 3}
    for name, kind in kinds.items():
        with shapefile.Reader(str(tmp_path / "out" / f"{name}.shp"), encoding="utf-8") as reader:
            assert (len(reader), reader.shapeType) == (0, kind)


def test_sites_are_points_and_an_outline_stands_as_its_representative_point(folder: Path) -> None:
    sites = gpd.read_file(folder / "sites.shp")
    assert set(sites.geom_type) == {"Point"}
    # S2 is a square of 10 m whose lower left corner lies 90 m north of the origin: centre (5, 95)
    assert (sites.geometry.iloc[1].x, sites.geometry.iloc[1].y) == (500_005.0, 4_050_095.0)


def test_the_coordinate_system_is_written_as_esri_writes_it(folder: Path) -> None:
    text = (folder / "areas.prj").read_text("ascii")
    assert text.startswith('PROJCS["CGCS2000_3_Degree_GK_CM_120E"')
    assert CRS(text).to_epsg() == 4549
    assert (folder / "areas.cpg").read_bytes() == b"UTF-8"


def test_the_date_in_the_header_is_the_day_of_the_plan(folder: Path) -> None:
    year, month, day = struct.unpack_from("3B", (folder / "estates.dbf").read_bytes(), 1)
    assert (1900 + year, month, day) == (2024, 3, 1)


def test_the_notes_explain_every_field_and_name_the_coordinate_system(folder: Path) -> None:
    raw = (folder / FIELD_NOTES).read_bytes()
    notes = raw.decode("utf-8-sig")
    assert raw.startswith(b"\xef\xbb\xbf")
    assert "EPSG:4549" in notes
    for name in SHAPES:
        for column in columns_of(name):
            assert column.name == "geometry" or f"\r\n{column.dbf}\t{column.zh}\t" in notes


def test_the_notes_tell_what_a_short_name_stands_for(folder: Path) -> None:
    notes = (folder / FIELD_NOTES).read_text("utf-8-sig")
    [gaps] = [line for line in notes.splitlines() if line.startswith("GAPS\t")]
    assert "日间照料=老年人日间照料中心(含托老所)" in gaps


def test_two_dozen_missing_types_fit_a_field(tmp_path: Path) -> None:
    limited = load_catalogue().dropna(subset=["max_walk_m"])["facility_type"]
    every = "、".join(limited[:24])
    areas = all_tables()["areas"].assign(gap_types=every)
    write_shapefiles(little_plan(tmp_path / "plan", areas=areas), tmp_path / "out")
    assert records(tmp_path / "out", "areas")[0]["GAPS"].count(",") == 23


def test_a_file_past_two_gigabytes_is_refused_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shapefiles, "MAX_FILE_BYTES", 1_000)
    with pytest.raises(DataError) as caught:
        write_shapefiles(little_plan(tmp_path / "plan"), tmp_path / "out")
    assert [finding.code for finding in caught.value.findings] == ["shapefiles.too_large"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("part", "offset"), [(".dbf", -30), (".dbf", 4), (".shx", 120), (".shp", 24)])
def test_a_damaged_file_does_not_pass_the_reading_back(folder: Path, part: str, offset: int) -> None:
    meant = {column.dbf: [] for column in columns_of("areas") if column.name != "geometry"}
    with shapefile.Reader(str(folder / "areas.shp"), encoding="utf-8") as reader:
        for record in reader.iterRecords():
            for name in meant:
                meant[name].append(record[name])
    check_shapefile(folder / "areas.shp", meant, "UTF-8")
    file = folder / f"areas{part}"
    raw = bytearray(file.read_bytes())
    if offset == 120:
        del raw[offset:]
        raw = raw[:-4]
    else:
        raw[offset] ^= 0x31
    file.write_bytes(raw)
    with pytest.raises(OSError, match=r"areas\."):
        check_shapefile(folder / "areas.shp", meant, "UTF-8")


def test_ogrinfo_agrees_on_count_type_and_coordinate_system(folder: Path) -> None:
    if shutil.which("ogrinfo") is None:
        assert not os.environ.get("CI"), "gdal-bin must be there in CI"
        pytest.skip("ogrinfo (gdal-bin) is not installed")
    said = {
        name: subprocess.run(["ogrinfo", "-al", "-so", str(folder / f"{name}.shp")],
                             capture_output=True, text=True, encoding="utf-8", check=True).stdout
        for name in SHAPES
    }
    counts = {"areas": 2, "estates": 6, "facilities": 2, "sites": 2, "openings": 0}
    for name, count in counts.items():
        assert f"Feature Count: {count}\n" in said[name]
        assert "4549" in said[name]
    assert "Geometry: Polygon" in said["areas"]


def test_numbers_are_rounded_in_the_last_place_their_unit_needs(tmp_path: Path) -> None:
    areas = all_tables()["areas"]
    assert areas["radius_m"].tolist() == [120.0, 120.0004]
    write_shapefiles(little_plan(tmp_path / "plan", areas=areas), tmp_path / "out")
    assert [record["RADIUS_M"] for record in records(tmp_path / "out", "areas")] == [120.0, 120.0]


def test_the_plan_is_not_changed(tmp_path: Path) -> None:
    plan = little_plan(tmp_path / "plan")
    before = {name: frame.copy() for name, frame in plan.tables.items()}
    write_shapefiles(plan, tmp_path / "out")
    for name, frame in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(plan.tables[name]))


def test_a_grid_of_the_city_without_a_code_keeps_its_definition(tmp_path: Path) -> None:
    local = CRS("+proj=tmerc +lat_0=0 +lon_0=101.75 +x_0=50000 +y_0=-4000000 +ellps=GRS80 +units=m")
    write_shapefiles(little_plan(tmp_path / "plan", crs=local), tmp_path / "out")
    back = CRS((tmp_path / "out" / "areas.prj").read_text("ascii"))
    numbers = {part.name: part.value for part in back.coordinate_operation.params}
    assert numbers["Longitude of natural origin"] == 101.75
    assert numbers["False northing"] == -4_000_000


def test_a_code_without_a_word_stands_as_it_is(tmp_path: Path) -> None:
    facilities = table("facilities", facility_id=["F1"], status=["haunted"], geometry=[at_origin()])
    write_shapefiles(little_plan(tmp_path / "plan", facilities=facilities), tmp_path / "out")
    assert records(tmp_path / "out", "facilities")[0]["STATUS"] == "haunted"


def at_origin() -> object:
    return all_tables()["facilities"].geometry.iloc[0]
