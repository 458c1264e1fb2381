"""Files of outlines: encodings, layers, rings that are not closed, and streets out of OpenStreetMap."""

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from brought import square, town, write, write_gbk, write_polygons

from geoplan.geodata import open_geodata
from geoplan.opened import Opened
from geoplan.records import dbf_layout
from geoplan.settings import Source


def opened(path: Path, kind: str = "estates", **said: Any) -> Opened:
    found, findings = open_geodata(path, Source(path=path.name, **said), kind)
    assert findings == []
    assert found is not None
    return found


def codes(path: Path, **said: Any) -> list[str]:
    found, findings = open_geodata(path, Source(path=path.name, **said), "estates")
    assert found is None
    return [finding.code for finding in findings]


def test_gbk_is_decided_from_the_text_and_told(tmp_path: Path) -> None:
    layer = opened(write_gbk(town(), tmp_path / "a.shp"))
    assert layer.encoding == "GBK"
    assert layer.cells["name"].tolist() == ["幸福1村", "幸福2村", "幸福3村"]
    assert [finding.code for finding in layer.findings] == ["preflight.encoding_decided"]


def test_a_cpg_that_lies_is_overruled_and_told(tmp_path: Path) -> None:
    path = write_gbk(town(), tmp_path / "a.shp")
    path.with_suffix(".cpg").write_text("UTF-8")
    layer = opened(path)
    assert layer.cells["name"][0] == "幸福1村"
    assert [finding.code for finding in layer.findings] == ["preflight.encoding_conflict"]


def test_a_cpg_that_is_right_needs_no_remark(tmp_path: Path) -> None:
    path = write_gbk(town(), tmp_path / "a.shp")
    path.with_suffix(".cpg").write_text("CP936")
    assert opened(path).findings == ()


def test_an_encoding_may_be_said(tmp_path: Path) -> None:
    path = write_gbk(town(), tmp_path / "a.shp")
    assert opened(path, encoding="GB18030").cells["name"][0] == "幸福1村"
    assert codes(path, encoding="UTF-8") == ["preflight.encoding_wrong"]


def test_chinese_field_names_are_read_in_the_same_encoding(tmp_path: Path) -> None:
    path = write_gbk(town().rename(columns={"name": "小区名称"}), tmp_path / "a.shp")
    assert "小区名称" in opened(path).cells.columns


def test_a_value_cut_in_half_a_character_loses_it_and_is_told(tmp_path: Path) -> None:
    path = write_gbk(town(), tmp_path / "a.shp")
    data = bytearray(path.with_suffix(".dbf").read_bytes())
    layout = dbf_layout(bytes(data))
    assert layout is not None
    name = next(field for field in layout.fields if field.name == b"name")
    start = layout.header + name.start
    data[start : start + name.width] = (b"A" + "福".encode("gbk") * name.width)[: name.width]  # ends in half a 福
    path.with_suffix(".dbf").write_bytes(data)
    layer = opened(path)
    (cut,) = [finding for finding in layer.findings if finding.code == "geodata.text_cut"]
    assert cut.row == 1
    assert layer.cells["name"][0] == "A" + "福" * ((name.width - 1) // 2)


def test_numbers_become_the_text_a_planner_would_type(tmp_path: Path) -> None:
    layer = opened(write(town(households=[100.0, None, 12.5], year=[1998, 2000, 2001]), tmp_path / "a.gpkg"))
    assert layer.cells["households"].fillna("").tolist() == ["100", "", "12.5"]
    assert layer.cells["year"].tolist() == ["1998", "2000", "2001"]


def test_a_geopackage_of_several_layers_asks_which(tmp_path: Path) -> None:
    path = write(town(), tmp_path / "a.gpkg", layer="one")
    write(town(2), path, layer="two", append=True)
    assert codes(path) == ["geodata.which_layer"]
    assert codes(path, layer="three") == ["geodata.no_layer"]
    assert len(opened(path, layer="two").row) == 2


def test_a_ring_that_is_not_closed_is_closed_and_marked(shared: Path) -> None:
    layer = opened(shared / "kits/formats/unclosed_ring/unclosed.shp")
    assert layer.closed is not None
    assert (layer.row[layer.closed].tolist(), len(layer.row)) == ([3], 5)
    assert layer.geometry is not None
    assert shapely.is_valid(layer.geometry).all()


def test_an_open_ring_does_not_cost_the_other_rows(tmp_path: Path) -> None:
    closed = list(square(0).exterior.coords)
    layer = opened(write_polygons(tmp_path / "a.shp", [closed, list(square(1).exterior.coords)[:-1], closed]))
    assert layer.geometry is not None
    assert shapely.area(layer.geometry).tolist() == [10_000.0] * 3


def test_field_names_in_chinese_with_a_cpg_are_read(shared: Path) -> None:
    layer = opened(shared / "kits/formats/beijing_jiedao/beijing.shp")
    assert layer.cells.columns.tolist() == ["geom", "省", "市", "县", "乡"]
    assert (len(layer.row), layer.encoding) == (331, "UTF-8")


def test_a_bare_geometry_is_a_layer_of_one_row(shared: Path) -> None:
    for path in sorted((shared / "kits/formats/admin_cn").glob("*.geojson")):
        layer = opened(path, "barriers.water")
        assert layer.geometry is not None
        assert [shape.geom_type for shape in layer.geometry] == ["MultiPolygon"]


def test_a_shapefile_without_prj_has_no_crs(shared: Path) -> None:
    layer = opened(shared / "kits/formats/hlg_dhm/land.shp")
    assert (layer.crs, len(layer.row)) == (None, 79)


def test_only_streets_are_taken_from_openstreetmap(shared: Path) -> None:
    layer = opened(shared / "kits/formats/Helsinki.osm.pbf", "streets")
    (finding,) = [finding for finding in layer.findings if finding.code == "geodata.not_streets"]
    # 3,818 lines as the kit counts them; the others are railways, coasts and the like
    assert finding.values == {"count": 3818 - len(layer.row), "lines": 3818}
    assert layer.cells["highway"].notna().all()
    assert set(layer.cells["bridge"]) >= {"no", "yes"}
    assert layer.cells["layer"].dropna().str.fullmatch(r"-?\d").all()


def test_heights_are_dropped(tmp_path: Path) -> None:
    high = town(1, geometry=[shapely.force_3d(square(0), 5.0)])
    layer = opened(write(high, tmp_path / "a.gpkg"))
    assert layer.geometry is not None
    assert not shapely.has_z(layer.geometry).any()


def test_a_layer_without_geometry_is_refused(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"a": 1}, "geometry": None}
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    found, findings = open_geodata(tmp_path / "a.geojson", Source(path="a.geojson"), "estates")
    assert found is None or found.geometry is not None
    assert (found is None) == bool(findings)


@pytest.mark.parametrize("name", ["a.shp", "a.gpkg", "a.geojson"])
def test_records_are_counted_from_one(tmp_path: Path, name: str) -> None:
    frame = town(4) if name != "a.geojson" else town(4).to_crs(4326)
    assert opened(write(frame, tmp_path / name)).row.tolist() == [1, 2, 3, 4]


def test_of_a_file_of_openstreetmap_only_what_is_near_the_estates_is_read(shared: Path) -> None:
    file = shared / "kits/formats/Helsinki.osm.pbf"
    source = Source(path=file.name)
    whole, _ = open_geodata(file, source, "streets")
    assert whole is not None
    assert whole.geometry is not None
    west, south, east, north = shapely.total_bounds(whole.geometry).tolist()
    box = (west, south, (west + east) / 2, (south + north) / 2)
    part, _ = open_geodata(file, source, "streets", box)
    assert part is not None
    assert part.geometry is not None
    inside = shapely.intersects(whole.geometry, shapely.box(*box))
    assert 0 < len(part.row) < len(whole.row)
    assert set(shapely.to_wkb(part.geometry)) == set(shapely.to_wkb(whole.geometry[inside]))
    assert "geodata.near_estates" in {finding.code for finding in part.findings}
    elsewhere, _ = open_geodata(file, source, "streets", (120.0, 31.0, 121.0, 32.0))
    assert elsewhere is not None
    assert len(elsewhere.row) == len(whole.row)  # so that the layer is found to lie elsewhere
