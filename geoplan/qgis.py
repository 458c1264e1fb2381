"""How does plan.gpkg open in QGIS? Styled, with Chinese field names, and with a project that holds all its layers.

Three things are added to the finished file. `layer_styles` holds the styles of every layer and table, which QGIS takes
by itself when one is opened; `gpkg_data_columns` (the schema extension of GeoPackage) holds heading and meaning of
every column, for any program; `qgis_projects` holds a project with all layers in a sensible order, in the working
coordinate system. Nothing depends on the day: every date is the one given.
"""

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import pandas as pd
from pyproj import CRS

from geoplan.labels import table_name, writable
from geoplan.lacked import columns_lacked
from geoplan.plan import Plan
from geoplan.qml import VERSION, qml_of, style_parts
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, labels_of, tables
from geoplan.styles import Style, styles_of

TOP_FIRST = ("openings", "sites", "facilities", "gaps_of_areas", "gaps_of_estates", "areas", "estates", "links",
             "isochrones")
OPEN_AT_FIRST = {"sites", "areas", "estates"}
AROUND = 0.05  # of the height and width of the town, around it
FILE = "./plan.gpkg"
ID = "geoplan_layer_"  # QGIS takes no id of ten characters or fewer
EXTENSION = ("gpkg_schema", "http://www.geopackage.org/spec121/#extension_schema", "read-write")
STYLE_TABLE = """CREATE TABLE "layer_styles" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
 "f_table_catalog" TEXT(256), "f_table_schema" TEXT(256), "f_table_name" TEXT(256), "f_geometry_column" TEXT(256),
 "styleName" TEXT(30), "styleQML" TEXT, "styleSLD" TEXT, "useAsDefault" BOOLEAN, "description" TEXT, "owner" TEXT(30),
 "ui" TEXT(30), "update_time" DATETIME)"""
COLUMN_TABLE = """CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT,
 title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT,
 CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name))"""
LIMIT_TABLE = """CREATE TABLE gpkg_data_column_constraints (
 constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT,
 min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
 CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"""
EXTENSION_TABLE = """CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT,
 extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
 CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"""
PROJECT_TABLE = "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"




@dataclass(frozen=True)
class Layer:
    """A layer or table of the file: what it is called, its columns, its shape and its styles with their QML."""

    table: str
    name: str
    columns: Sequence[Column]
    shape: str
    styles: Sequence[Style]

    @property
    def is_labelled(self) -> bool:
        return any(style.label for style in self.styles[:1])


def write_styles(plan: Plan, file: Path, when: str) -> None:
    """Add styles, field names and a project to a GeoPackage that holds the plan's tables and layers.

    Parameters
    ----------
    plan
        The plan whose tables the file holds.
    file
        The GeoPackage, closed.
    when
        The date of everything written, as GeoPackage writes it.
    """
    language = plan.project.plan.language
    with closing(sqlite3.connect(file)) as database, database:
        shapes = dict(database.execute("SELECT table_name, geometry_type_name FROM gpkg_geometry_columns"))
        layers = _layers(plan, shapes)
        _write_columns(database, layers, language)
        _write_styles(database, layers, language, when)
        _write_project(database, plan, layers, when)


def _layers(plan: Plan, shapes: Mapping[str, str]) -> list[Layer]:
    """Return every layer and table in the order of the project, the topmost first."""
    language, first_year = plan.project.plan.language, plan.project.plan.year
    years = sorted(int(year) for year in plan.tables["areas"]["plan_year"].dropna().unique())
    columns = {name: columns_of(name) for name in tables()} | dict(columns_lacked())
    names = [*TOP_FIRST, *(name for name in columns if name not in TOP_FIRST)]
    return [Layer(name, table_name(name, language), columns[name], shapes.get(name, ""),
                  styles_of(name, language, years=years, first_year=first_year)) for name in names]


def _write_columns(database: sqlite3.Connection, layers: Sequence[Layer], language: str) -> None:
    for statement in (COLUMN_TABLE, LIMIT_TABLE, EXTENSION_TABLE):
        database.execute(statement)
    database.executemany("INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, ?)", [
        (table, *EXTENSION) for table in ("gpkg_data_columns", "gpkg_data_column_constraints")])
    for layer in layers:
        shown = [column for column in layer.columns if column.type not in GEOMETRY_TYPES]
        headings = [getattr(column, language) for column in shown]
        database.executemany("INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, NULL)", [
            (layer.table, column.name, heading if headings.index(heading) == place else None, heading,
             getattr(column, f"meaning_{language}") or None)  # two columns of a table may not share a name
            for place, (column, heading) in enumerate(zip(shown, headings, strict=True))])


def _write_styles(database: sqlite3.Connection, layers: Sequence[Layer], language: str, when: str) -> None:
    database.execute(STYLE_TABLE)
    database.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
                     "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)", (when,))
    for layer in layers:
        drawn: Sequence[Style | None] = layer.styles or [None]
        database.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
            "VALUES ('', '', ?, ?, ?, ?, '', ?, '', '', NULL, ?)",
            [(layer.table, "geom" if style else "", style.name if style else layer.name,
              qml_of(_parts(layer, style, language), labelled=bool(style and style.label)), place == 0, when)
             for place, style in enumerate(drawn)])


def _parts(layer: Layer, style: Style | None, language: str) -> list[Element]:
    return style_parts(layer.columns, language, style.renderer if style else None, style.label if style else None)


def _write_project(database: sqlite3.Connection, plan: Plan, layers: Sequence[Layer], when: str) -> None:
    said = json.dumps({"last_modified_time": when, "last_modified_user": "geoplan"})
    packed = _packed(_project(plan, layers)).hex()
    database.execute(PROJECT_TABLE)
    database.execute("INSERT INTO qgis_projects VALUES (?, ?, ?)", (
        labels_of("legend", plan.project.plan.language)["project"], said.encode(), packed.encode("ascii")))


def _packed(text: str) -> bytes:
    """Return a project as QGIS packs it (.qgz), with the one date that a zip file has for none."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("project.qgs")
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, text)
    return packed.getvalue()


def _project(plan: Plan, layers: Sequence[Layer]) -> str:
    language, title = plan.project.plan.language, writable(plan.project.plan.name)
    root = Element("qgis", projectname=title, version=VERSION)
    _said(root, "title", title)
    reference = _reference(CRS(plan.layers.crs))
    SubElement(root, "projectCrs").append(reference)
    tree = SubElement(root, "layer-tree-group")
    for layer in layers:
        if layer.shape:
            _leaf(tree, layer)
    attributes = SubElement(tree, "layer-tree-group", name=labels_of("legend", language)["tables"], expanded="0",
                            checked="Qt::Unchecked")
    for layer in layers:
        if not layer.shape:
            _leaf(attributes, layer)
    canvas = SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    _said(canvas, "units", "meters")
    canvas.append(_extent(plan.tables[name] for name in ("estates", "areas")))
    SubElement(canvas, "destinationsrs").append(reference)
    written = SubElement(root, "projectlayers")
    for layer in layers:
        _map_layer(written, layer, language, reference)
    properties = SubElement(root, "properties")
    SubElement(SubElement(properties, "Paths"), "Absolute", type="bool").text = "false"
    SubElement(SubElement(properties, "SpatialRefSys"), "ProjectionsEnabled", type="int").text = "1"
    indent(root, " ")
    return tostring(root, encoding="unicode") + "\n"


def _leaf(tree: Element, layer: Layer) -> None:
    SubElement(tree, "layer-tree-layer", id=ID + layer.table, name=layer.name, providerKey="ogr", source=_source(layer),
               expanded="1" if layer.table in OPEN_AT_FIRST else "0",
               checked="Qt::Checked" if layer.table in OPEN_AT_FIRST else "Qt::Unchecked")


def _map_layer(written: Element, layer: Layer, language: str, reference: Element) -> None:
    kind = {"POINT": "Point", "LINESTRING": "Line", "": "No geometry"}.get(layer.shape.removeprefix("MULTI"), "Polygon")
    drawn = SubElement(written, "maplayer", type="vector", geometry=kind, hasScaleBasedVisibilityFlag="0",
                       labelsEnabled=str(int(layer.is_labelled)))
    _said(drawn, "id", ID + layer.table)
    _said(drawn, "datasource", _source(layer))
    _said(drawn, "layername", layer.name)
    if layer.shape:
        SubElement(drawn, "srs").append(reference)
    SubElement(drawn, "provider", encoding="UTF-8").text = "ogr"
    drawn.extend(part for part in _parts(layer, next(iter(layer.styles), None), language)
                 if part.tag != "layerGeometryType")


def _source(layer: Layer) -> str:
    return f"{FILE}|layername={layer.table}"


def _reference(crs: CRS) -> Element:
    reference = Element("spatialrefsys", nativeFormat="Wkt")
    authority = crs.to_authority()
    _said(reference, "wkt", crs.to_wkt())
    _said(reference, "authid", ":".join(authority) if authority else "")
    return reference


def _extent(drawn: Iterable[pd.DataFrame]) -> Element:
    boxes = pd.concat([frame.geometry.bounds for frame in drawn])
    left, low, right, high = (0.0, 0.0, 1.0, 1.0) if boxes.empty else (
        boxes["minx"].min(), boxes["miny"].min(), boxes["maxx"].max(), boxes["maxy"].max())
    wide, tall = AROUND * (right - left), AROUND * (high - low)
    extent = Element("extent")
    for name, value in {"xmin": left - wide, "ymin": low - tall, "xmax": right + wide, "ymax": high + tall}.items():
        _said(extent, name, f"{value:.3f}")
    return extent


def _said(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text
