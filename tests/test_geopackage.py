"""plan.gpkg: every table of the contract, exactly, as SQLite and GDAL see it."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
from little_plan import CONTROLS, LONG, RARE, RIGHT_TO_LEFT, little_plan
from pyogrio import get_gdal_config_option, set_gdal_config_options
from pyproj import CRS

from geoplan.geopackage import write_geopackage
from geoplan.schema import GEOMETRY_TYPES, columns_of, empty_table, is_spatial, tables

SQL_TYPES = {"text": "TEXT", "list": "TEXT", "int": "INTEGER", "year": "INTEGER", "storey": "INTEGER",
             "float": "REAL", "share": "REAL", "bool": "BOOLEAN"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_geopackage(little_plan(tmp_path / "plan"), tmp_path / "plan.gpkg")
    return tmp_path / "plan.gpkg"


@pytest.fixture
def database(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as connection:
        yield connection


def test_every_table_of_the_contract_is_there_in_its_kind(database: sqlite3.Connection) -> None:
    kinds = dict(database.execute("select table_name, data_type from gpkg_contents"))
    beside = {"gaps_of_estates": "features", "gaps_of_areas": "features", "layer_styles": "attributes"}
    assert kinds == {name: "features" if is_spatial(name) else "attributes" for name in tables("out")} | beside


def test_every_column_has_its_name_and_type_even_without_rows(tmp_path: Path) -> None:
    empty = {name: empty_table(name, "EPSG:4549") for name in tables("out")}
    write_geopackage(little_plan(tmp_path / "plan", **empty), tmp_path / "plan.gpkg")
    with closing(sqlite3.connect(tmp_path / "plan.gpkg")) as connection:
        for name in tables("out"):
            found = {line[1]: line[2] for line in connection.execute(f"pragma table_info('{name}')")}
            wanted = {c.name: SQL_TYPES[c.type] for c in columns_of(name) if c.type not in GEOMETRY_TYPES}
            assert {column: kind for column, kind in found.items() if column not in ("fid", "geom")} == wanted
            assert connection.execute(f"select count(*) from '{name}'").fetchone() == (0,)


def test_codes_booleans_nulls_and_numbers_are_as_the_table_has_them(database: sqlite3.Connection) -> None:
    assert database.execute("select facility_type, reachable, floor_area_m2 from facilities").fetchall() == [
        ("ELD_DAYCARE", 1, 100.0), (None, None, None)]
    assert database.execute("select completion_year, households from estates").fetchall()[3:] == [
        (None, 400), (1989, 500), (2008, None)]
    assert database.execute("select row from remarks where layer = 'barriers.water'").fetchone() == (None,)
    assert database.execute("select gap_types from areas").fetchall() == [("ELD_DAYCARE、KINDERGARTEN",), ("",)]


def test_text_is_exact_but_for_the_character_that_ends_it(database: sqlite3.Connection) -> None:
    names = [name for (name,) in database.execute("select name from estates order by estate_id")]
    assert names == ["=1+1", "@SUM(1)", RARE, RIGHT_TO_LEFT, CONTROLS.replace("\0", ""), LONG]


def test_layers_are_in_the_working_coordinate_system(file: Path, database: sqlite3.Connection) -> None:
    for name in filter(is_spatial, tables("out")):
        assert CRS(gpd.read_file(file, layer=name).crs).to_epsg() == 4549
    assert database.execute("select distinct srs_id from gpkg_geometry_columns").fetchall() == [(4549,)]


def test_outlines_come_back_to_the_last_bit(file: Path, tmp_path: Path) -> None:
    plan = little_plan(tmp_path / "again")
    areas = gpd.read_file(file, layer="areas")
    assert areas.geometry.tolist() == plan.tables["areas"].geometry.tolist()
    # 340 m x 50 m and 220 m x 50 m
    assert areas.area.tolist() == pytest.approx([17_000.0, 11_000.0], rel=1e-6)


def test_a_layer_has_one_shape_and_parts_make_it_a_collection(database: sqlite3.Connection) -> None:
    kinds = dict(database.execute("select table_name, geometry_type_name from gpkg_geometry_columns"))
    assert kinds == {
        "estates": "MULTIPOLYGON", "links": "LINESTRING", "areas": "POLYGON", "facilities": "POINT",
        "sites": "GEOMETRY", "openings": "LINESTRING", "isochrones": "POLYGON",
        "gaps_of_estates": "MULTIPOLYGON", "gaps_of_areas": "POLYGON"}


def test_the_only_date_in_the_file_is_the_day_of_the_plan(database: sqlite3.Connection) -> None:
    assert database.execute("select distinct last_change from gpkg_contents").fetchall() == [
        ("2024-03-01T00:00:00.000Z",)]


def test_the_settings_of_gdal_are_as_they_were(tmp_path: Path) -> None:
    set_gdal_config_options({"OGR_CURRENT_DATE": "2001-01-01T00:00:00Z"})
    try:
        write_geopackage(little_plan(tmp_path / "plan"), tmp_path / "plan.gpkg")
        assert get_gdal_config_option("OGR_CURRENT_DATE") == "2001-01-01T00:00:00Z"
    finally:
        set_gdal_config_options({"OGR_CURRENT_DATE": None})


def test_a_place_that_does_not_exist_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"plan\.gpkg"):
        write_geopackage(little_plan(tmp_path / "plan"), tmp_path / "nowhere" / "plan.gpkg")


def test_ogrinfo_counts_the_same(file: Path) -> None:
    if shutil.which("ogrinfo") is None:
        assert not os.environ.get("CI"), "gdal-bin must be there in CI"
        pytest.skip("ogrinfo (gdal-bin) is not installed")
    said = subprocess.run(["ogrinfo", "-al", "-so", str(file)], capture_output=True, text=True, encoding="utf-8",
                          check=True).stdout
    for name, count in {"estates": 6, "areas": 2, "links": 2, "facilities": 2, "openings": 0, "remarks": 3}.items():
        part = said.partition(f"Layer name: {name}\n")[2].partition("Layer name:")[0]
        assert f"Feature Count: {count}\n" in part
