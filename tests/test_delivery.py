"""What a bureau asks for: its encoding, zone number, names and widths; kept to the byte, or nothing is written."""

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapefile
from drawn import layer
from little_plan import RARE, X0, all_tables, estates_table, little_plan
from pyproj import CRS
from shapely import MultiPolygon, Point, box
from test_cli import write_project

from geoplan.datum import zone_twin
from geoplan.delivery import check_delivery, eastings_moved
from geoplan.enclosures import FIELD_NOTES
from geoplan.errors import DataError, located
from geoplan.plan import Plan
from geoplan.prepared import prepare
from geoplan.schema import empty_table
from geoplan.settings import DeliveryRules
from geoplan.shapefiles import write_shapefiles
from geoplan.shp import check_outlines
from geoplan.templates import LAYERS, Template, Wish

PLAIN_NAMES = ["甲里", "乙里", "丙里", "丁里", "戊里", "己里"]
OURS = {name: name for name in LAYERS}


def asked(folder: Path, template: Template | None = None, *, names: list[str] | None = None, **rules: Any) -> Plan:
    """Return the little plan as a bureau with these wishes gets it."""
    estates = estates_table().assign(name=pd.Series(names or PLAIN_NAMES, dtype="str"))
    plan = little_plan(folder, estates=gpd.GeoDataFrame(estates))
    return replace(plan, project=replace(plan.project, delivery=DeliveryRules(**rules)),
                   template=template or Template())


def said(plan: Plan, folder: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        write_shapefiles(plan, folder)
    assert not folder.exists()
    return [located(finding, "en") for finding in caught.value.findings]


# ---- the encoding

def test_gbk_is_marked_in_header_and_cpg_and_every_reader_finds_the_letters(tmp_path: Path) -> None:
    write_shapefiles(asked(tmp_path / "plan", encoding="GBK"), tmp_path / "out")
    file = tmp_path / "out" / "estates.dbf"
    assert file.read_bytes()[29] == 77  # LDID 0x4D: GBK
    assert file.with_suffix(".cpg").read_bytes() == b"GBK"
    assert "甲里".encode("gbk") in file.read_bytes()
    assert gpd.read_file(file.with_suffix(".shp"))["NAME"].tolist() == PLAIN_NAMES
    file.with_suffix(".cpg").unlink()  # the mark in the header is enough
    assert gpd.read_file(file.with_suffix(".shp"))["NAME"].tolist() == PLAIN_NAMES
    with shapefile.Reader(str(file), encoding="gbk") as reader:
        assert [record["NAME"] for record in reader.iterRecords()] == PLAIN_NAMES


def test_letters_that_gbk_cannot_hold_are_listed_and_nothing_is_written(tmp_path: Path) -> None:
    plan = asked(tmp_path / "plan", names=["𠮷祥里", "甲里", "㐂乐里𠮷", *"abc"], encoding="GBK")
    # 𠮷 U+20BB7 stands in E1 and E3, 㐂 U+3402 in E3: two values, two letters
    assert said(plan, tmp_path / "out") == [
        "estates: column NAME: 2 values hold letters that GBK cannot hold: 㐂(U+3402)𠮷(U+20BB7); see E1、E3. "
        "Write them otherwise, or set delivery.encoding to UTF-8"]
    write_shapefiles(asked(tmp_path / "plan", names=["𠮷祥里", *"abcde"]), tmp_path / "utf8")


def test_what_the_bureau_does_not_get_needs_no_letters(tmp_path: Path) -> None:
    template = Template(OURS, {"estates": [Wish("estate_id", "XQBH", "C", 20)]})
    write_shapefiles(asked(tmp_path / "plan", template, names=[RARE, *"abcde"], encoding="GBK"), tmp_path / "out")
    assert gpd.read_file(tmp_path / "out" / "estates.shp").columns.tolist() == ["XQBH", "geometry"]


def test_in_gbk_a_field_holds_127_letters_and_the_cut_never_halves_one(tmp_path: Path) -> None:
    # one byte and 127 letters of two: 255; the last letter goes, 253 stay
    plan = asked(tmp_path / "plan", names=["a" + "长" * 127, "长" * 127, *"abcd"], encoding="GBK")
    write_shapefiles(plan, tmp_path / "out")
    with shapefile.Reader(str(tmp_path / "out" / "estates.shp"), encoding="gbk") as reader:
        assert [record["NAME"] for record in reader.iterRecords()][:2] == ["a" + "长" * 126, "长" * 127]
    assert "NAME 有 1 条被截断：E1" in (tmp_path / "out" / FIELD_NOTES).read_text("utf-8-sig")


def test_letters_are_told_before_anything_is_computed(tmp_path: Path) -> None:
    estates = layer("estates", [box(0, 0, 9, 9), box(20, 0, 29, 9)], estate_id=["E1", "E2"], name=["𠮷里", "甲"])
    plan = asked(tmp_path / "plan", encoding="GBK")
    layers = replace(plan.layers, estates=estates)
    assert [(f.code, f.layer, f.values["column"]) for f in check_delivery(plan.project, layers, Template())] == [
        ("delivery.letters", "estates", "name")]
    without = Template(OURS, {"estates": [Wish("estate_id", "XQBH")]})
    assert check_delivery(plan.project, layers, without) == []


def test_everything_a_delivery_asks_in_vain_is_told_before_the_plan_is_made(tmp_path: Path) -> None:
    # of the three estates E1 has a letter that GBK lacks; the template names a column that is not there
    project = write_project(
        tmp_path / "town", '[delivery]\nencoding = "GBK"\ntemplate = "bureau.csv"\nzone_prefix = true\n', name="𠮷祥里")
    (project / "bureau.csv").write_text("layer,column,field\nareas,nothing,A", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        prepare(project)
    assert {finding.code for finding in caught.value.findings} == {"templates.unknown_column", "delivery.letters"}
    (project / "bureau.csv").write_text("layer,column,field\nestates,estate_id,XQBH", encoding="utf-8")
    assert "bureau.csv" in prepare(project).layers.inputs


# ---- the zone

@pytest.mark.parametrize(("plain", "prefixed", "zone"), [
    (4534, 4513, 25), (4543, 4522, 34), (4549, 4528, 40), (4554, 4533, 45), (4502, 4491, 13), (4512, 4501, 23)])
def test_a_zone_has_a_twin_with_its_number_before_the_easting(plain: int, prefixed: int, zone: int) -> None:
    with_number, without = CRS.from_epsg(prefixed), CRS.from_epsg(plain)
    assert zone_twin(without, has_prefix=True) == with_number
    assert zone_twin(with_number, has_prefix=False) == without
    assert zone_twin(without, has_prefix=False) == without
    assert eastings_moved(without, with_number) == zone * 1_000_000
    # the easting of the central meridian: 500 km, and the number of the zone before it
    east = [part.value for part in with_number.coordinate_operation.params if part.name == "False easting"]
    assert east == [zone * 1_000_000 + 500_000]


def test_a_zone_number_is_put_before_every_easting_and_taken_away_again(tmp_path: Path) -> None:
    write_shapefiles(asked(tmp_path / "plan", zone_prefix=True), tmp_path / "out")
    # the first estate begins 500,000 m east in zone 40
    estates = gpd.read_file(tmp_path / "out" / "estates.shp")
    assert estates.crs.to_epsg() == 4528
    assert estates.total_bounds[0] == 40_000_000 + X0
    assert 'PROJCS["CGCS2000_3_Degree_GK_Zone_40"' in (tmp_path / "out" / "estates.prj").read_text("ascii")
    assert "带号 40" in (tmp_path / "out" / FIELD_NOTES).read_text("utf-8-sig")
    plan = asked(tmp_path / "plan", zone_prefix=False)
    plan = replace(plan, layers=replace(plan.layers, crs=CRS.from_epsg(4528)))
    moved = {name: gpd.GeoDataFrame(plan.tables[name].assign(
        geometry=plan.tables[name].geometry.translate(40_000_000, 0))) for name in LAYERS}
    write_shapefiles(replace(plan, tables={**plan.tables, **moved}), tmp_path / "back")
    back = gpd.read_file(tmp_path / "back" / "estates.shp")
    assert (back.crs.to_epsg(), back.total_bounds[0]) == (4549, X0)


def test_a_grid_without_zones_has_no_number_to_give(tmp_path: Path) -> None:
    plan = asked(tmp_path / "plan", zone_prefix=True)
    plan = replace(plan, layers=replace(plan.layers, crs=CRS.from_epsg(32648)))
    assert [f.code for f in check_delivery(plan.project, plan.layers, Template())] == ["delivery.no_zone"]
    assert len(said(plan, tmp_path / "out")) == 1
    plain = replace(plan, project=replace(plan.project, delivery=DeliveryRules()))
    assert check_delivery(plain.project, plain.layers, Template()) == []


# ---- the names and widths of the bureau

TEMPLATE = Template(OURS | {"areas": "GZPQ", "estates": "老旧小区"}, {
    "areas": [Wish("name", "PQMC", "C", 40), Wish("gap_types", "QKSS", "C", 20), Wish("", "BZ", "C", 30),
              Wish("amount_yuan", "TZE", "N", 14, 2), Wish("households", "HS", "N", 6), Wish("radius_m", "BJ", "C", 9)],
    "estates": [Wish("estate_id", "XQBH", "C", 10), Wish("households", "HS")],
})


def test_a_layer_has_the_fields_of_the_template_and_no_other(tmp_path: Path) -> None:
    write_shapefiles(asked(tmp_path / "plan", TEMPLATE), tmp_path / "out")
    names = {file.stem for file in (tmp_path / "out").glob("*.shp")}
    assert names == {"GZPQ", "老旧小区", "facilities", "sites", "openings"}
    with shapefile.Reader(str(tmp_path / "out" / "GZPQ.shp"), encoding="utf-8") as reader:
        fields = [(f.name, str(f.field_type)[-1], f.size, f.decimal) for f in reader.fields if f.name != "DeletionFlag"]
        first, second = (list(record) for record in reader.iterRecords())
    assert fields == [("PQMC", "C", 40, 0), ("QKSS", "C", 20, 0), ("BZ", "C", 30, 0), ("TZE", "N", 14, 2),
                      ("HS", "N", 6, 0), ("BJ", "C", 9, 0)]
    # 日间照料,幼儿园 takes 22 bytes: one whole member, and how many there are
    assert first == ["鼓楼片区", "日间照料,…(2)", "", 12_345_678.0, 600, "120.000"]
    assert second == ["=片区", "", "", None, 900, "120.000"]
    notes = (tmp_path / "out" / FIELD_NOTES).read_text("utf-8-sig")
    assert "GZPQ.shp（" in notes
    assert "BZ\t按模板留空\tC 30" in notes
    assert "PQMC\t片区名称\tC 40" in notes


@pytest.mark.parametrize(("wish", "told"), [
    (Wish("name", "XQMC", "C", 5), "field XQMC (C 5) is too narrow for 6 values, the longest of 6 bytes: E1、E2"),
    (Wish("households", "HS", "N", 2), "field HS (N 2) is too narrow for 5 values, the longest of 3 bytes: E1、E2"),
    (Wish("floor_area_m2", "MJ", "N", 9, 2), "field MJ (N 9) is too narrow for 1 values, the longest of 10 bytes: E5"),
])
def test_what_is_too_wide_for_the_template_stops_the_delivery(tmp_path: Path, wish: Wish, told: str) -> None:
    # 甲里 is 6 bytes in UTF-8; 100 has 3 figures; 1,000,000.00 has 10
    [sentence] = said(asked(tmp_path / "plan", Template(OURS, {"estates": [wish]})), tmp_path / "out")
    assert told in sentence


def test_the_same_text_fits_in_gbk_where_it_does_not_in_utf8(tmp_path: Path) -> None:
    template = Template(OURS, {"estates": [Wish("name", "XQMC", "C", 4)]})  # two letters: 4 bytes, or 6
    write_shapefiles(asked(tmp_path / "plan", template, encoding="GBK"), tmp_path / "out")
    assert gpd.read_file(tmp_path / "out" / "estates.shp")["XQMC"].tolist() == PLAIN_NAMES
    assert len(said(asked(tmp_path / "plan", template), tmp_path / "utf8")) == 1


def test_a_whole_number_of_twelve_figures_is_a_number_where_the_bureau_says_so(tmp_path: Path) -> None:
    template = Template(OURS, {"estates": [Wish("households", "HS", "N", 12)]})
    plan = asked(tmp_path / "plan", template)
    most = pd.Series([123_456_789_012, None, 1, 2, 3, 4], dtype="Int64")
    estates = gpd.GeoDataFrame(plan.tables["estates"].assign(households=most))
    write_shapefiles(replace(plan, tables={**plan.tables, "estates": estates}), tmp_path / "out")
    with shapefile.Reader(str(tmp_path / "out" / "estates.shp"), encoding="utf-8") as reader:
        assert [record["HS"] for record in reader.iterRecords()][:2] == [123_456_789_012, None]


def test_every_wish_may_meet_a_table_without_rows(tmp_path: Path) -> None:
    empty = {name: empty_table(name, "EPSG:4549") for name in LAYERS}
    plan = asked(tmp_path / "plan", TEMPLATE)
    write_shapefiles(replace(plan, tables={**all_tables(), **empty}), tmp_path / "out")
    assert gpd.read_file(tmp_path / "out" / "GZPQ.shp").empty


# ---- read back

def outlines(folder: Path) -> tuple[Path, np.ndarray]:
    plan = asked(folder / "plan")
    write_shapefiles(plan, folder / "out")
    return folder / "out" / "estates.shp", np.asarray(plan.tables["estates"].geometry)


def test_outlines_read_back_by_our_own_eyes_are_those_of_the_plan(tmp_path: Path) -> None:
    file, meant = outlines(tmp_path)
    check_outlines(file, meant)
    ring = MultiPolygon([box(0, 0, 9, 9) - box(2, 2, 4, 4), box(20, 0, 21, 1)])
    for wrong in (meant[::-1], meant[1:], np.array([*meant[:5], ring]), np.array([Point(0, 0)] * 6)):
        with pytest.raises(OSError, match="estates"):
            check_outlines(file, wrong)


@pytest.mark.parametrize(("offset", "change"), [
    (100 + 8 + 52, struct.pack("<d", 1.0)), (100 + 8, b"\x07"), (100 + 8 + 40, b"\x7f")])
def test_a_changed_coordinate_kind_or_count_does_not_pass(tmp_path: Path, offset: int, change: bytes) -> None:
    file, meant = outlines(tmp_path)
    data = bytearray(file.read_bytes())
    data[offset:offset + len(change)] = change
    file.write_bytes(data)
    with pytest.raises(OSError, match="estates"):
        check_outlines(file, meant)


def test_rings_that_run_the_wrong_way_do_not_pass(tmp_path: Path) -> None:
    file, meant = outlines(tmp_path)
    data = bytearray(file.read_bytes())
    start = 100 + 8 + 48  # the five corners of the first estate
    corners = np.frombuffer(bytes(data[start:start + 80]), "<f8").reshape(5, 2)
    data[start:start + 80] = corners[::-1].tobytes()
    file.write_bytes(data)
    with pytest.raises(OSError, match="wrong way"):
        check_outlines(file, meant)
