"""Sound files to begin from: one small project for every format and layer that a planner may bring."""

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
from brought import CRS, EAST, NORTH, square, town, write, write_sheet
from old_excel import xls_bytes
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

ROWS = 6
LEDGER = 'datum = "WGS84"\nx = "经度"\ny = "纬度"\ncolumns = { name = "名称", facility_type = "类型" }\n'
SITES = 'datum = "WGS84"\nx = "经度"\ny = "纬度"\ncolumns = { site_id = "编号", site_kind = "类别" }\n'
PLACES = [["名称", "类型", "经度", "纬度", "状态", "建筑面积", "服务范围"],
          *[[f"超市{n}", "超市", f"{120.42 + n / 1000:.3f}", "31.54", "在用", f"{n}00㎡", "E1、E2"] for n in range(5)],
          ["合计", "", "", "", "", "1000", ""]]
ROOMS = [["编号", "类别", "经度", "纬度", "面积"],
         *[[f"S{n}", "闲置房屋", f"{120.42 + n / 1000:.3f}", "31.54", f"{n}00"] for n in range(4)]]
PROGRESS = [["estate_id", "stage", "start_date", "finish_date", "after_base", "after_surveyed", "after_satisfied"],
            ["E1", "完工", "2024-03-01", "2024年11月", "100", "90", "80"], ["E2", "在建", "2024.5", "", "", "", "60%"],
            ["E3", "未开工", "", "", "", "", ""]]
COSTS = [["项目", "单价", "低", "高", "来源"], ["电梯", "650000", "500000", "800000", "询价"],
         ["lift", "9", "", "", ""]]
NAMES = [["图层", "列", "图层名", "字段代码", "类型", "长度", "小数位数"],
         ["areas", "area_id", "GZPQ", "PQBH", "C", "20", ""],
         ["areas", "amount_yuan", "", "TZE", "N", "14", "2"], ["estates", "name", "老旧小区", "XQMC", "文本", "60", ""],
         ["合计", "3", "", "", "", "", ""]]
PLAN = """
[plan]
name = "小镇"
jurisdiction = "西宁市"
as_of = 2024-03-01
year = 2025
max_rejected_share = 1
"""
MORE = """
[areas]
max_gap_m = { value = 60, because = "近" }
min_households = 100
must_join = [["E1", "E2"]]
[circle]
limits = { ELD_DAYCARE = { value = 700, because = "远" } }
speed_m_per_min = { adult = 66, elderly = 48 }
[programme]
years = [2025, 2026]
budget_yuan = { 2025 = 120_000_000 }
[funding]
shares = { utility = 0.7 }
"""


@dataclass(frozen=True)
class Seed:
    """A sound project: `layer` is under fuzz, `main` its file under a `key`, `text` what plan.toml says beside it."""

    name: str
    layer: str
    main: str
    files: Mapping[str, bytes]
    text: str = ""
    key: str = "path"

    @property
    def section(self) -> str:
        """What plan.toml says of the layer."""
        return f'[{self.layer}]\n{self.key} = "{self.main}"\n{self.text}'


def make_seeds(folder: Path) -> list[Seed]:
    """Return every seed; `folder` is empty and may be written to."""
    seeds = [*_outlines(folder), *_ledgers(folder), *_others(folder)]
    return seeds if find_spec("rasterio") is None else [*seeds, _terrain(folder)]


def estates_json(folder: Path) -> bytes:
    """Return sound estates, to stand beside a layer under fuzz."""
    return write(town(ROWS), folder / "sound.geojson").read_bytes()


def _outlines(folder: Path) -> Iterable[Seed]:
    estates = town(ROWS, geometry=[
        Polygon(square(0).exterior, [square(0).buffer(-30).exterior]), MultiPolygon([square(1), square(1, 1)]),
        *[square(number) for number in range(2, ROWS)]])
    for name, options in {"utf8": {"encoding": "UTF-8"}, "gbk": {"encoding": "GBK"}}.items():
        file = write(estates, folder / f"{name}.shp", **options)
        yield _seed("estates", file, 'columns = { completion_year = "year_built" }\n')
    for name in ("estates.gpkg", "estates.geojson"):
        yield _seed("estates", write(estates, folder / name))
    lines = [LineString([(EAST + 150 * n, NORTH - 20), (EAST + 150 * n + 150, NORTH - 20)]) for n in range(ROWS)]
    streets = gpd.GeoDataFrame(
        {"highway": ["residential"] * ROWS, "bridge": ["F"] * ROWS}, geometry=lines, crs=CRS)
    for name in ("streets.shp", "streets.gpkg", "streets.geojson"):
        yield _seed("streets", write(streets, folder / name))
    doors = gpd.GeoDataFrame({"estate_id": ["E1", "E2", "E3"]}, geometry=[
        Point(EAST + 200 * n + 50, NORTH) for n in range(3)], crs=CRS)
    yield _seed("gates", write(doors, folder / "gates.shp"))
    yield Seed("streets.osm.pbf", "streets", "s.osm.pbf", {"s.osm.pbf": osm_bytes()})
    yield Seed("packed.osm.pbf", "streets", "s.osm.pbf", {"s.osm.pbf": osm_bytes(is_packed=True)})


def _ledgers(folder: Path) -> Iterable[Seed]:
    for name, encoding in (("facilities.csv", "utf-8"), ("gbk.csv", "gbk"), ("wide.csv", "utf-16")):
        yield Seed(name, "facilities", name, {name: csv_bytes(PLACES, encoding)}, LEDGER)
    yield Seed("sites.csv", "sites", "sites.csv", {"sites.csv": csv_bytes(ROOMS, "utf-8-sig")}, SITES)
    merged = [["设施台账"] + [None] * 6, *PLACES]
    book = write_sheet(folder / "f.xlsx", merged, [(0, 0, 0, 6), (2, 1, 4, 1)])
    yield Seed("facilities.xlsx", "facilities", "f.xlsx", {"f.xlsx": stored(book.read_bytes())},
               LEDGER + "header_row = 2\n")
    old = xls_bytes({"台账": PLACES})
    yield Seed("facilities.xls", "facilities", "f.xls", {"f.xls": old}, LEDGER)


def _others(folder: Path) -> Iterable[Seed]:
    yield Seed("progress.csv", "progress", "p.csv", {"p.csv": csv_bytes(PROGRESS, "utf-8")})
    yield Seed("costs.csv", "costs", "c.csv", {"c.csv": csv_bytes(COSTS, "utf-8")})
    yield Seed("template.csv", "delivery", "t.csv", {"t.csv": csv_bytes(NAMES, "utf-8")}, key="template")
    book = write_sheet(folder / "t.xlsx", NAMES, [(1, 0, 2, 0)]).read_bytes()
    yield Seed("template.xlsx", "delivery", "t.xlsx", {"t.xlsx": stored(book)}, key="template")
    text = f'{PLAN}[estates]\npath = "estates.geojson"\nvalues.structure = {{ "好" = "sound" }}\n{MORE}'
    sound = estates_json(folder)
    yield Seed("plan.toml", "plan", "plan.toml", {"plan.toml": text.encode(), "estates.geojson": sound})


def _terrain(folder: Path) -> Seed:
    import numpy as np
    import rasterio

    file, heights = folder / "dem.tif", np.arange(400, dtype="float32").reshape(20, 20)
    with rasterio.open(file, "w", driver="GTiff", width=20, height=20, count=1, dtype="float32", crs=CRS,
                       transform=rasterio.Affine(100, 0, EAST - 50, 0, -100, NORTH + 300)) as raster:
        raster.write(heights, 1)
    return Seed("dem.tif", "elevation", "dem.tif", {"dem.tif": file.read_bytes()})


def _seed(layer: str, file: Path, text: str = "") -> Seed:
    parts = sorted(other for other in file.parent.glob(f"{file.stem}.*") if file.suffix == ".shp" or other == file)
    sides = {".shp", ".shx", ".dbf", ".prj", ".cpg", file.suffix}
    return Seed(file.name, layer, file.name, {one.name: one.read_bytes() for one in parts if one.suffix in sides}, text)


def csv_bytes(lines: Sequence[Sequence[Any]], encoding: str) -> bytes:
    """Return lines separated by commas."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode(encoding)


def stored(book: bytes) -> bytes:
    """Return the same zip file with its members as they are, so that a changed byte is not lost in the packing."""
    packed, out = zipfile.ZipFile(io.BytesIO(book)), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as plain:
        for member in packed.infolist():
            plain.writestr(zipfile.ZipInfo(member.filename), packed.read(member))
    return out.getvalue()


# ---- OpenStreetMap's format, written by hand: messages of protocol buffers in blobs

def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while True:
        out.append((number & 0x7F) | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def _zigzag(numbers: Iterable[int]) -> bytes:
    last, out = 0, b""
    for number in numbers:
        step, last = number - last, number
        out += _varint((step << 1) ^ (step >> 63))
    return out


def _message(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _blob(kind: bytes, data: bytes, *, is_packed: bool) -> bytes:
    body = _number(2, len(data)) + _message(3, zlib.compress(data)) if is_packed else _message(1, data)
    header = _message(1, kind) + _number(3, len(body))
    return struct.pack(">I", len(header)) + header + body


def osm_bytes(*, is_packed: bool = False) -> bytes:
    """Return a map of a few streets as OpenStreetMap hands it out."""
    words = [b"", b"highway", b"residential", b"name", "解放路".encode(), b"bridge", b"yes"]
    nodes = range(1, 2 * ROWS + 1)
    dense = _message(1, _zigzag(nodes)) + _message(8, _zigzag(315_400_000 + 900 * (n // 2) for n in nodes)) + _message(
        9, _zigzag(1_204_200_000 + 9000 * n for n in nodes))
    group = _message(2, dense)
    for way in range(ROWS):
        tags = _message(2, bytes([1, 3, 5][:1 + way % 3])) + _message(3, bytes([2, 4, 6][:1 + way % 3]))
        group += _message(3, _number(1, 100 + way) + tags + _message(8, _zigzag([2 * way + 1, 2 * way + 2])))
    block = _message(1, b"".join(_message(1, word) for word in words)) + _message(2, group)
    header = _message(4, b"OsmSchema-V0.6") + _message(4, b"DenseNodes")
    return _blob(b"OSMHeader", header, is_packed=is_packed) + _blob(b"OSMData", block, is_packed=is_packed)
