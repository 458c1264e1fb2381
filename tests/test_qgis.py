"""plan.gpkg in QGIS itself: its project opens, every layer is styled and named, and a picture shows its colours.

QGIS brings its own Python (Debian's python3-qgis); where there is none, this is skipped: test_styles.py reads the same
styles without it.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from little_plan import all_tables, little_plan

from geoplan.geopackage import write_geopackage

PYTHON = Path("/usr/bin/python3")
LOOK = """
import json, sqlite3, sys
from qgis.core import (QgsApplication, QgsLayerTreeLayer, QgsMapRendererParallelJob, QgsMapSettings, QgsProject,
                       QgsRectangle)
from qgis.PyQt.QtCore import QSize

file, picture = sys.argv[1:]
app = QgsApplication([], False)
app.initQgis()
project = QgsProject.instance()
name = sqlite3.connect(file).execute("select name from qgis_projects").fetchone()[0]
opened = project.read(f"geopackage:{file}?projectName={name}")
layers = []
for node in project.layerTreeRoot().findLayers():
    layer = node.layer()
    said = {"name": node.name(), "visible": node.isVisible(), "valid": layer.isValid(), "rows": layer.featureCount(),
            "crs": layer.crs().authid(), "spatial": layer.isSpatial(),
            "fields": {field.name(): layer.attributeDisplayName(at) for at, field in enumerate(layer.fields())}}
    if layer.isSpatial() and layer.renderer().type() == "categorizedSymbol":
        said["classes"] = {str(one.value()): one.symbol().color().name() for one in layer.renderer().categories()}
    layers.append(said)
shown = [layer for layer in project.layerTreeRoot().checkedLayers() if layer.isSpatial()]
extent = QgsRectangle()
extent.setMinimal()
for layer in shown:
    if layer.featureCount():
        extent.combineExtentWith(layer.extent())
extent.scale(1.1)
settings = QgsMapSettings()
settings.setLayers(shown)
settings.setDestinationCrs(project.crs())
settings.setExtent(extent)
settings.setOutputSize(QSize(800, 500))
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
image.save(picture)
colours = {image.pixelColor(x, y).name() for x in range(0, 800, 2) for y in range(0, 500, 2)}
print("LOOK" + json.dumps({"opened": opened, "title": project.title(), "crs": project.crs().authid(),
      "errors": [error.message for error in job.errors()], "layers": layers, "colours": sorted(colours)}))
app.exitQgis()
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/"), "QT_QPA_PLATFORM": "offscreen",
                   "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": str(tmp_path_factory.mktemp("qt"))}
    asked = [str(PYTHON), "-c", "import qgis.core"]
    if not PYTHON.exists() or subprocess.run(asked, env=environment, capture_output=True, check=False).returncode:
        pytest.skip("QGIS's own Python is not installed: plan.gpkg is not opened in QGIS")
    folder = tmp_path_factory.mktemp("qgis")
    areas = all_tables()["areas"].assign(plan_year=pd.array([2026, None], dtype="Int64"))
    write_geopackage(little_plan(folder / "plan", areas=areas), folder / "plan.gpkg")
    said = subprocess.run([str(PYTHON), "-c", LOOK, str(folder / "plan.gpkg"), str(folder / "picture.png")],
                          env=environment, capture_output=True, text=True, check=True, timeout=120).stdout
    [line] = [line for line in said.splitlines() if line.startswith("LOOK")]
    return {**json.loads(line.removeprefix("LOOK")), "picture": folder / "picture.png"}


def test_the_project_opens_with_a_title_and_the_crs_of_the_plan(seen: dict[str, Any]) -> None:
    assert seen["opened"] is True
    assert seen["title"]
    assert seen["crs"].startswith("EPSG:")
    assert all(layer["crs"] == seen["crs"] for layer in seen["layers"] if layer["spatial"])


def test_every_layer_is_found_and_points_lie_over_lines_over_areas_over_estates(seen: dict[str, Any]) -> None:
    assert all(layer["valid"] for layer in seen["layers"])
    names = [layer["name"] for layer in seen["layers"]]
    order = [names.index(name) for name in ("打通围墙", "可用资源", "设施", "片区", "小区", "联动关系")]
    assert order == sorted(order)
    assert names.index("参数") > names.index("小区")
    assert {layer["name"] for layer in seen["layers"] if layer["visible"] and layer["spatial"]} >= {"片区", "小区"}


def test_every_field_has_its_chinese_name(seen: dict[str, Any]) -> None:
    for layer in seen["layers"]:
        plain = [name for name, alias in layer["fields"].items() if name == alias and name != "fid"]
        assert plain == [], layer["name"]


def test_the_picture_has_the_colours_of_the_classes(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []
    classes = {layer["name"]: layer.get("classes", {}) for layer in seen["layers"]}
    assert classes["小区"]["eligible"] == "#4a90c4"
    assert "2026" in classes["片区"]
    assert len(seen["colours"]) > 5
    assert seen["picture"].stat().st_size > 2_000
