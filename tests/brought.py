"""Files as planners bring them, written by the tests into a folder of their own, and the projects around them."""

import csv
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import shapely
import xlsxwriter
from shapely.geometry import box

from geoplan.project import load_project
from geoplan.read import Layers, collect_layers

EAST, NORTH = 540_000.0, 3_490_000.0  # in EPSG:4549, in the middle of Wuxi
CRS = "EPSG:4549"
HEADER = 'name = "小镇"\njurisdiction = "西宁市"\nas_of = 2024-03-01\nyear = 2025\n'


def square(column: int, line: int = 0, side: float = 100.0) -> Any:
    """Return an outline on a grid of 200 m."""
    return box(EAST + 200 * column, NORTH + 200 * line, EAST + 200 * column + side, NORTH + 200 * line + side)


def town(count: int = 3, **columns: Sequence[Any]) -> gpd.GeoDataFrame:
    """Return `count` sound estates in a row; columns may replace what they say."""
    said: dict[str, Sequence[Any]] = {
        "estate_id": [f"E{number}" for number in range(1, count + 1)],
        "name": [f"幸福{number}村" for number in range(1, count + 1)],
        "households": ["100"] * count,
        "completion_year": ["1998"] * count,
        "geometry": [square(number) for number in range(count)],
    }
    return gpd.GeoDataFrame(said | columns, geometry="geometry", crs=CRS)


def write(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> Path:
    """Write outlines in the format that the name of the file asks for; in a shapefile completion_year is year_built."""
    if path.suffix == ".shp":
        frame = frame.rename(columns={"completion_year": "year_built"})
    pyogrio.write_dataframe(frame, path, **options)
    return path


def write_gbk(frame: gpd.GeoDataFrame, path: Path) -> Path:
    """Write a shapefile in GBK that says so nowhere."""
    write(frame, path, encoding="GBK")
    path.with_suffix(".cpg").unlink()
    return path


def write_sheet(path: Path, lines: Sequence[Sequence[Any]], merged: Sequence[tuple[int, int, int, int]] = ()) -> Path:
    """Write a workbook of one sheet; merged ranges are first row, first column, last row, last column from 0."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("台账")
    for at, line in enumerate(lines):
        for column, cell in enumerate(line):
            if cell is not None:
                sheet.write(at, column, cell) if not isinstance(cell, str) else sheet.write_string(at, column, cell)
    for top, left, bottom, right in merged:
        sheet.merge_range(top, left, bottom, right, lines[top][left])
    book.close()
    return path


def write_csv(path: Path, lines: Sequence[Sequence[Any]], encoding: str = "utf-8") -> Path:
    """Write lines separated by commas."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(lines)
    return path


def write_polygons(path: Path, rings: Sequence[Sequence[tuple[float, float]]]) -> Path:
    """Write the .shp and .shx of polygons byte by byte, so that a ring may be anything; .dbf and .prj are GDAL's."""
    write(town(len(rings)), path)
    chain, index, at = b"", b"", 50
    for number, ring in enumerate(rings, 1):
        xs, ys = [x for x, _ in ring], [y for _, y in ring]
        content = struct.pack("<i4d3i", 5, min(xs), min(ys), max(xs), max(ys), 1, len(ring), 0)
        content += b"".join(struct.pack("<2d", *corner) for corner in ring)
        chain += struct.pack(">2i", number, len(content) // 2) + content
        index += struct.pack(">2i", at, len(content) // 2)
        at += 4 + len(content) // 2
    for suffix, body in ((".shp", chain), (".shx", index)):
        head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, (100 + len(body)) // 2) + struct.pack(
            "<2i8d", 1000, 5, *[0.0] * 8
        )
        path.with_suffix(suffix).write_bytes(head + body)
    return path


def project(folder: Path, header: str = "", **sections: str) -> Path:
    """Write a plan.toml; a section is what stands below its heading, `barriers__water` is [barriers.water]."""
    parts = [f"[plan]\n{HEADER}{header}"]
    parts += [f"[{name.replace('__', '.')}]\n{text}" for name, text in sections.items()]
    (folder / "plan.toml").write_text("\n".join(parts), encoding="utf-8")
    return folder


def collect(folder: Path, header: str = "", **sections: str) -> tuple[Layers | None, list[str]]:
    """Return the layers of a project, and the codes of what stops it."""
    layers, findings = collect_layers(load_project(project(folder, header, **sections)))
    return layers, [finding.code for finding in findings]


def estates(folder: Path, frame: gpd.GeoDataFrame, text: str = "", header: str = "") -> Layers:
    """Return the layers of a project of estates only."""
    write(frame, folder / "estates.gpkg")
    layers, stops = collect(folder, header, estates=f'path = "estates.gpkg"\n{text}')
    assert stops == []
    assert layers is not None
    return layers


def remarks(layers: Layers, code: str) -> list[Mapping[str, object]]:
    """Return layer, row and values of every remark with a code."""
    return [{"row": found.row, **found.values} for found in layers.findings if found.code == code]


def degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the same outlines in longitude and latitude."""
    return frame.to_crs("EPSG:4326")


def swapped(shape: Any) -> Any:
    """Return a shape with x and y exchanged."""
    return shapely.transform(shape, lambda xy: xy[:, ::-1])
