"""CRS, datum and where rows lie, through whole small projects."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from brought import CRS, EAST, NORTH, collect, degrees, estates, remarks, square, swapped, town, write, write_csv

from geoplan.datum import from_wgs84
from geoplan.read import Layers

FACILITIES = 'path = "f.csv"\nx = "x"\ny = "y"\ndatum = "GCJ02"'
CENTRE = (120.42, 31.54)  # near the estates of the town, WGS84


def with_points(
    folder: Path, points: list[tuple[object, object]], section: str = FACILITIES
) -> tuple[Layers | None, list[str]]:
    write(town(), folder / "e.gpkg")
    write_csv(folder / "f.csv", [["name", "x", "y"], *[[f"店{at}", x, y] for at, (x, y) in enumerate(points)]])
    return collect(folder, estates='path = "e.gpkg"', facilities=section)


def test_the_crs_of_the_file_is_used_and_the_zone_follows_the_middle(tmp_path: Path) -> None:
    layers = estates(tmp_path, degrees(town()))
    assert layers.crs.to_epsg() == 4549
    assert layers.decided["estates"] == {
        "format": "GPKG", "encoding": "UTF-8", "crs": "EPSG:4326", "datum": "WGS84", "origin": "",
    }
    # there and back through degrees: the outlines of the town again, to a tenth of a millimetre
    assert max(shape.hausdorff_distance(square(at)) for at, shape in enumerate(layers.estates.geometry)) < 1e-4


def test_the_working_crs_of_the_plan_wins(tmp_path: Path) -> None:
    assert estates(tmp_path, town(), header='crs = "EPSG:4528"').crs.to_epsg() == 4528


def test_a_crs_in_the_plan_overrules_the_file_and_is_told(tmp_path: Path) -> None:
    layers = estates(tmp_path, town().set_crs("EPSG:4548", allow_override=True), 'crs = "EPSG:4549"')
    assert remarks(layers, "places.crs_overruled") == [{"row": None, "said": "EPSG:4549", "file": "EPSG:4548"}]
    assert layers.estates.total_bounds[0] == EAST


def test_a_shapefile_without_prj_is_refused_with_a_hint(tmp_path: Path, shared: Path) -> None:
    for suffix in (".shp", ".shx", ".dbf"):
        (tmp_path / f"land{suffix}").write_bytes(
            (shared / "kits/formats/hlg_dhm/land").with_suffix(suffix).read_bytes()
        )
    section = 'path = "land.shp"\ncolumns = { estate_id = "ID", name = "Layer" }'
    assert collect(tmp_path, estates=section) == (None, ["places.no_crs_hint"])
    layers, stops = collect(tmp_path, estates=section + '\ncrs = "EPSG:4547"')
    assert layers is not None
    assert layers.rows["estates"]["read"] == 79
    assert stops == []


def test_local_metres_in_a_geojson_are_refused(tmp_path: Path, shared: Path) -> None:
    (tmp_path / "hlg.geojson").write_bytes((shared / "kits/formats/hlg_dhm/hlg.geojson").read_bytes())
    layers, stops = collect(tmp_path, estates='path = "hlg.geojson"\ncolumns = { estate_id = "id", name = "id" }')
    assert layers is None
    assert stops == ["places.not_degrees"]


def test_an_easting_with_its_zone_under_a_crs_without_is_refused(tmp_path: Path) -> None:
    prefixed = town().to_crs("EPSG:4528").set_crs(CRS, allow_override=True)
    write(prefixed, tmp_path / "e.gpkg")
    assert collect(tmp_path, estates='path = "e.gpkg"')[1] == ["places.zone_prefix"]
    layers, stops = collect(tmp_path, estates='path = "e.gpkg"\ncrs = "EPSG:4528"')
    assert stops == []
    assert layers is not None


def test_an_easting_without_its_zone_under_a_crs_with_one_is_refused(tmp_path: Path) -> None:
    write(town().set_crs("EPSG:4528", allow_override=True), tmp_path / "e.gpkg")
    assert collect(tmp_path, estates='path = "e.gpkg"')[1] == ["places.zone_prefix_missing"]


def test_axes_exchanged_throughout_are_refused(tmp_path: Path) -> None:
    frame = town()
    write(frame.set_geometry([swapped(shape) for shape in frame.geometry], crs=CRS), tmp_path / "e.gpkg")
    assert collect(tmp_path, estates='path = "e.gpkg"')[1] == ["places.all_swapped"]


def test_one_outline_with_axes_exchanged_is_put_back(tmp_path: Path) -> None:
    shapes = [square(0), swapped(square(1)), square(2), square(3)]
    layers = estates(tmp_path, town(4, geometry=shapes))
    assert [mended["row"] for mended in remarks(layers, "places.swapped")] == [2]
    assert layers.rows["estates"] == {"read": 4, "used": 4, "rejected": 0}
    assert layers.estates.geometry[1].equals(square(1))


def test_an_outline_that_no_exchange_brings_home_is_rejected(tmp_path: Path) -> None:
    shapes = [*[square(at) for at in range(5)], shapely.transform(square(5), lambda xy: np.add(xy, (3_000_000, 0)))]
    layers = estates(tmp_path, town(6, geometry=shapes))
    assert [(lost["row"], lost["id"]) for lost in remarks(layers, "places.outside")] == [(6, "E6")]
    assert layers.rows["estates"] == {"read": 6, "used": 5, "rejected": 1}


def test_an_old_datum_is_told(tmp_path: Path) -> None:
    layers = estates(tmp_path, town().set_crs("EPSG:2385", allow_override=True), header='crs = "EPSG:4549"')
    assert [told["crs"] for told in remarks(layers, "places.other_datum")] == ["EPSG:2385"]


def test_outlines_in_gcj02_are_shifted_back(tmp_path: Path) -> None:
    def shifted(xy: object) -> object:
        points = np.asarray(xy)
        return np.column_stack(from_wgs84(points[:, 0], points[:, 1], "GCJ02"))

    frame = degrees(town())
    frame = frame.set_geometry([shapely.transform(shape, shifted) for shape in frame.geometry], crs="EPSG:4326")
    layers = estates(tmp_path, frame, 'datum = "GCJ02"')
    assert layers.estates.geometry[0].hausdorff_distance(square(0)) < 1e-4
    assert layers.decided["estates"]["datum"] == "GCJ02"


def test_points_of_a_ledger_are_shifted_back(tmp_path: Path) -> None:
    lon, lat = from_wgs84(*CENTRE, "GCJ02")
    layers, stops = with_points(tmp_path, [(float(lon), float(lat))])
    assert stops == []
    assert layers is not None
    back = layers.facilities.to_crs(4326).geometry[0]
    assert (round(back.x, 7), round(back.y, 7)) == CENTRE


def test_a_ledger_without_datum_is_refused(tmp_path: Path) -> None:
    assert with_points(tmp_path, [CENTRE], 'path = "f.csv"')[1] == ["places.no_datum"]


def test_a_ledger_may_be_in_metres(tmp_path: Path) -> None:
    layers, stops = with_points(tmp_path, [(EAST, NORTH)], 'path = "f.csv"\ncrs = "EPSG:4549"')
    assert stops == []
    assert layers is not None
    assert (layers.facilities.geometry[0].x, layers.facilities.geometry[0].y) == (EAST, NORTH)


def test_every_point_without_a_place_is_rejected_and_named(tmp_path: Path) -> None:
    points: list[tuple[object, object]] = [CENTRE] * 20 + [("", 31.5), (0, 0), (120.4, "面议"), (100.0, 31.5)]
    layers, stops = with_points(tmp_path, points)
    assert stops == []
    assert layers is not None
    found = {
        code: [lost["row"] for lost in remarks(layers, code)]
        for code in ("places.no_coordinates", "places.zero_coordinates", "places.not_a_coordinate", "places.outside")
    }
    # the heading is row 1, the 20 good points rows 2 to 21
    assert found == {
        "places.no_coordinates": [22],
        "places.zero_coordinates": [23],
        "places.not_a_coordinate": [24],
        "places.outside": [25],
    }
    assert layers.rows["facilities"] == {"read": 24, "used": 20, "rejected": 4}


def test_longitude_and_latitude_exchanged_are_put_back(tmp_path: Path) -> None:
    layers, stops = with_points(tmp_path, [CENTRE, CENTRE, CENTRE[::-1]])
    assert stops == []
    assert layers is not None
    assert [mended["row"] for mended in remarks(layers, "places.swapped")] == [4]
    assert layers.facilities.geometry[0].distance(layers.facilities.geometry[2]) == 0


def test_columns_for_x_and_y_exchanged_stop_the_run(tmp_path: Path) -> None:
    assert with_points(tmp_path, [CENTRE[::-1]] * 3)[1] == ["places.all_swapped"]


def test_a_layer_of_another_town_stops_the_run(tmp_path: Path) -> None:
    assert with_points(tmp_path, [(116.4, 39.9)] * 3)[1] == ["places.elsewhere"]


def test_a_barrier_of_another_town_stops_the_run(tmp_path: Path, shared: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    (tmp_path / "w.geojson").write_bytes((shared / "kits/formats/admin_cn/630102.geojson").read_bytes())
    assert collect(tmp_path, estates='path = "e.gpkg"', barriers__wall='path = "w.geojson"')[1] == ["places.elsewhere"]


@pytest.mark.parametrize("number", [1e308, -1e12])
def test_coordinates_beyond_the_earth_are_rejected(tmp_path: Path, number: float) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"estate_id": f"E{at}", "name": "里"},
            "geometry": shapely.geometry.mapping(degrees(town(6)).geometry[at]),
        }
        for at in range(6)
    ]
    features[5]["geometry"] = {"type": "Polygon", "coordinates": [[[number, 1], [1, 2], [2, 2], [number, 1]]]}
    (tmp_path / "e.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    layers, stops = collect(tmp_path, estates='path = "e.geojson"')
    assert stops == []
    assert layers is not None
    assert layers.rows["estates"] == {"read": 6, "used": 5, "rejected": 1}
