"""plan.gpkg in QGIS: every code has a class, every field a Chinese name, every layer its place."""

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from little_plan import all_tables, little_plan, table

from geoplan.geopackage import write_geopackage
from geoplan.lacked import columns_lacked, list_lacked
from geoplan.policy import load_catalogue
from geoplan.schema import GEOMETRY_TYPES, columns_of, is_spatial, tables, words_of

CLOSED = {  # layer, name of the style -> column whose list the classes cover
    ("estates", "纳入条件"): "eligibility", ("estates", "入库条件"): "plan_entry",
    ("areas", "养老用房状态"): "elder_status",
    ("sites", "原因"): "reason", ("links", "原因"): "reason",
}
HEADINGS = {"areas": "小区数（个）", "estates": "户数（户）"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("styled")
    areas = all_tables()["areas"].assign(plan_year=pd.array([2026, None], dtype="Int64"))
    write_geopackage(little_plan(folder / "plan", areas=areas), folder / "plan.gpkg")
    return folder / "plan.gpkg"


@pytest.fixture
def database(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as connection:
        yield connection


def styles(database: sqlite3.Connection) -> dict[tuple[str, str], ElementTree.Element]:
    rows = database.execute("select f_table_name, styleName, styleQML from layer_styles").fetchall()
    return {(layer, name): ElementTree.fromstring(qml) for layer, name, qml in rows}


def codes(style: ElementTree.Element) -> list[str]:
    found = style.findall("renderer-v2/categories/category")
    return [code for category in found for code in (
        [value.get("value") for value in category.findall("val")] or [category.get("value")]) if code]


def project(database: sqlite3.Connection) -> ElementTree.Element:
    (content,) = database.execute("select content from qgis_projects").fetchone()
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content.decode("ascii")))) as archive:
        assert archive.namelist() == ["project.qgs"]
        return ElementTree.fromstring(archive.read("project.qgs"))


def test_every_layer_and_table_has_one_style_it_opens_with(database: sqlite3.Connection) -> None:
    asked = "select f_table_name, count(*) from layer_styles where useAsDefault group by 1"
    opened = database.execute(asked).fetchall()
    assert dict(opened) == dict.fromkeys([*tables(), *columns_lacked()], 1)


def test_qgis_finds_a_style_by_the_column_of_the_shape(database: sqlite3.Connection) -> None:
    shapes = dict(database.execute("select table_name, column_name from gpkg_geometry_columns"))
    for layer, column in database.execute("select f_table_name, f_geometry_column from layer_styles"):
        assert column == shapes.get(layer, "")


@pytest.mark.parametrize(("layer", "name"), CLOSED)
def test_classes_cover_the_closed_list(database: sqlite3.Connection, layer: str, name: str) -> None:
    column = next(column for column in columns_of(layer) if column.name == CLOSED[layer, name])
    style = styles(database)[layer, name]
    assert style.find("renderer-v2").get("attr") == column.name
    assert codes(style) == [word.code for word in words_of(column.values)] or set(codes(style)) == {
        word.code for word in words_of(column.values)}
    labels = [category.get("label") for category in style.iter("category") if category.get("value")]
    assert set(labels) == {word.zh for word in words_of(column.values)}


def test_every_type_of_the_catalogue_has_the_sign_of_its_kind(database: sqlite3.Connection) -> None:
    assert sorted(codes(styles(database)["facilities", "设施类型"])) == sorted(load_catalogue()["facility_type"])


def test_areas_open_by_year_once_years_are_planned(database: sqlite3.Connection, tmp_path: Path) -> None:
    asked = "select styleName from layer_styles where f_table_name = 'areas' and useAsDefault"
    assert database.execute(asked).fetchone() == ("计划年度",)
    assert codes(styles(database)["areas", "计划年度"]) == ["2026"]
    write_geopackage(little_plan(tmp_path / "plan"), tmp_path / "plan.gpkg")
    with closing(sqlite3.connect(tmp_path / "plan.gpkg")) as unplanned:
        assert unplanned.execute(asked).fetchone() == ("片区范围",)


def test_every_field_has_its_heading_as_alias(database: sqlite3.Connection) -> None:
    for (layer, _), style in styles(database).items():
        columns = columns_lacked()[layer] if layer in columns_lacked() else columns_of(layer)
        names = [alias.get("field") for alias in style.findall("aliases/alias")]
        assert names == [column.name for column in columns if column.type not in GEOMETRY_TYPES]
        aliases = {alias.get("name") for alias in style.findall("aliases/alias")}
        assert HEADINGS.get(layer, "") in aliases | {""}


def test_any_program_can_read_heading_and_meaning(database: sqlite3.Connection) -> None:
    said = database.execute("select name, title, description from gpkg_data_columns "
                            "where table_name = 'care' and column_name = 'short_m2'").fetchone()
    column = next(column for column in columns_of("care") if column.name == "short_m2")
    assert said == (column.zh, column.zh, column.meaning_zh)
    held = {name for (name,) in database.execute("select distinct table_name from gpkg_data_columns")}
    assert held == {*tables(), *columns_lacked()}
    registered = database.execute("select table_name from gpkg_extensions where extension_name = 'gpkg_schema'")
    assert {name for (name,) in registered} == {"gpkg_data_columns", "gpkg_data_column_constraints"}


def test_the_project_holds_every_layer_once_points_above_areas_above_estates(database: sqlite3.Connection) -> None:
    read = project(database)
    assert read.findtext("title") == "试点<b>&{{7*7}}"
    ids = [leaf.get("id") for leaf in read.iter("layer-tree-layer")]
    assert sorted(ids) == sorted(layer.findtext("id") for layer in read.iter("maplayer"))
    assert all(len(name) > 10 for name in ids)  # QGIS takes no shorter id
    order = [name.removeprefix("geoplan_layer_") for name in ids]
    assert sorted(order) == sorted([*tables(), *columns_lacked()])
    spatial = [name for name in order if name in columns_lacked() or is_spatial(name)]
    assert order[:len(spatial)] == spatial
    assert order.index("sites") < order.index("facilities") < order.index("areas") < order.index("estates")


def test_the_project_is_in_the_working_coordinate_system(database: sqlite3.Connection) -> None:
    read = project(database)
    assert read.findtext("projectCrs/spatialrefsys/authid") == "EPSG:4549"
    assert read.findtext("properties/SpatialRefSys/ProjectionsEnabled") == "1"
    # six estates from 500 000 to 500 700 m, with a twentieth around them
    assert float(read.findtext("mapcanvas/extent/xmin")) == pytest.approx(500_000 - 35)
    assert float(read.findtext("mapcanvas/extent/xmax")) == pytest.approx(500_700 + 35)


def test_the_project_looks_for_its_file_beside_itself(database: sqlite3.Connection) -> None:
    sources = {layer.findtext("datasource") for layer in project(database).iter("maplayer")}
    assert all(source.startswith("./plan.gpkg|layername=") for source in sources)


def test_two_writes_give_the_same_bytes(tmp_path: Path) -> None:
    plan = little_plan(tmp_path / "plan")
    for name in ("one.gpkg", "two.gpkg"):
        write_geopackage(plan, tmp_path / name)
    assert (tmp_path / "one.gpkg").read_bytes() == (tmp_path / "two.gpkg").read_bytes()


def test_what_is_missing_is_counted_and_named_once_for_each_outline(tmp_path: Path) -> None:
    gaps = table(
        "gaps", estate_id=["E1", "E1", "E1", "E2", "E3"],
        facility_type=["ELD_DAYCARE", "KINDERGARTEN", "PARKING", "KINDERGARTEN", "PARKING"], limit_m=[300.0] * 5,
        is_gap=[True, True, None, False, None], is_gap_after=[False, True, None, False, None],
        standard=["GB"] * 5, confidence=["K"] * 5)
    lacked = list_lacked(little_plan(tmp_path / "plan", gaps=gaps).tables, "zh")
    rows = lacked["gaps_of_estates"].set_index("estate_id")[["gaps", "gaps_after", "missing"]]
    assert rows.loc["E1"].tolist() == [2, 1, "日间照料；幼儿园"]
    assert rows.loc["E2"].tolist() == [0, 0, ""]
    assert rows.loc["E3"].isna().all()  # nothing could be judged
    not_judged = lacked["gaps_of_estates"].set_index("estate_id")["not_judged"]
    assert not_judged[["E1", "E2", "E3"]].tolist() == ["停车", "", "停车"]
    assert len(lacked["gaps_of_areas"]) == 2


def test_a_plan_without_any_row_is_styled_too(tmp_path: Path) -> None:
    empty = {name: frame.iloc[:0] for name, frame in all_tables().items()}
    write_geopackage(little_plan(tmp_path / "plan", language="en", **empty), tmp_path / "plan.gpkg")
    with closing(sqlite3.connect(tmp_path / "plan.gpkg")) as database:
        assert ("estates", "Eligibility") in styles(database)
        assert project(database).findtext("mapcanvas/extent/xmax") == "1.050"
