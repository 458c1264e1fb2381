"""Draws a whole town of any size: estates, streets, facilities, sites and a river, as a project to run.

Blocks of four estates between streets 300 m apart, a lane through every block, a river every tenth street with a bridge
at every fourth. Households, years and facilities are spread as in the kit of Wuxi. The same size and seed give the same
town; it says nothing about any real place.

    python tests/benchmarks/towns.py FOLDER ESTATES
"""

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CRS = "EPSG:4549"
SEED = 20240301
CORNER_M = (480_000.0, 3_400_000.0)
BLOCK_M, STREET_M, LANE_M, RIVER_M = 300.0, 20.0, 12.0, 60.0
RIVER_EVERY, BRIDGE_EVERY = 10, 4  # streets
COMMUNITY, SUBDISTRICT = 3, 9  # blocks to a side
FACILITIES_AN_ESTATE, SITES_AN_ESTATE = 2.2, 0.17
TYPES = {  # of 1,525 facilities of the kit
    "BUS_STOP": 300, "CHILD_NURSERY": 22, "COMM_SERVICE": 40, "CONVENIENCE": 268, "CULT_STATION": 22,
    "DAILY_SHOPS": 48, "ELD_CENTER": 3, "ELD_DAYCARE": 13, "ELD_HOME": 4, "ELD_MEAL": 18, "ELD_STATION": 15,
    "GREEN": 36, "HEALTH_CENTER": 7, "HEALTH_STATION": 34, "KINDERGARTEN": 67, "MIDDLE": 21, "PARCEL": 150,
    "PHARMACY": 136, "PRIMARY": 18, "PUBLIC_SPACE": 100, "SUBWAY": 13, "SUPERMARKET": 92, "TOILET": 60,
    "WET_MARKET": 38,
}
PLAN = """[plan]
name = "{name}"
jurisdiction = "西宁市"
as_of = 2024-03-01
year = 2025
crs = "{crs}"

[estates]
path = "estates.gpkg"
[facilities]
path = "facilities.gpkg"
[streets]
path = "streets.gpkg"
[barriers.water]
path = "water.gpkg"
[sites]
path = "sites.gpkg"
"""


def write_town(folder: Path, estates: int, *, seed: int = SEED) -> Path:
    """Write the project of a town and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    side = max(2, round((estates / 4) ** 0.5))
    layers = {
        "estates": draw_estates(estates, side, chance), "streets": draw_streets(side, -(-estates // (4 * side))),
        "facilities": draw_facilities(estates, side, chance), "sites": draw_sites(estates, side, chance),
        "water": draw_water(side, -(-estates // (4 * side))),
    }
    for name, layer in layers.items():
        layer.to_file(folder / f"{name}.gpkg", layer=name, driver="GPKG")
    (folder / "plan.toml").write_text(PLAN.format(name=f"试验城镇 {estates}", crs=CRS), encoding="utf-8")
    return folder


def draw_estates(count: int, side: int, chance: np.random.Generator) -> gpd.GeoDataFrame:
    number = np.arange(count)
    row, column = np.divmod(number // 4, side)
    half = BLOCK_M / 2
    x = column * BLOCK_M + number % 2 * half + np.where(number % 2, LANE_M, STREET_M) / 2
    y = row * BLOCK_M + number // 2 % 2 * half + np.where(number // 2 % 2, LANE_M, STREET_M) / 2
    y = y + np.where((row % RIVER_EVERY == 0) & (number // 2 % 2 == 0), RIVER_M / 2, 0)
    wide = half - (STREET_M + LANE_M) / 2 - chance.uniform(0, 15, count)
    deep = half - (STREET_M + LANE_M) / 2 - RIVER_M / 2 - chance.uniform(0, 15, count)
    households = chance.lognormal(np.log(330), 0.95, count).clip(6, 6000).round().astype(int)
    residents = (households * 2.62).round().astype(int)
    place = {name: _squares(word, row, column, blocks) for name, word, blocks in (
        ("subdistrict", "街道", SUBDISTRICT), ("community", "社区", COMMUNITY))}
    return _frame({
        "estate_id": [f"E{i:06d}" for i in number], "name": [f"第{i}小区" for i in number], **place,
        "completion_year": chance.integers(1975, 2012, count), "households": households, "residents": residents,
        "residents_60plus": (residents * 0.25).astype(int), "floor_area_m2": households * 90.0,
        "buildings": households // 40 + 1, "hazards": "", "exclusions": "",
        "structure": chance.choice(["sound", "strengthen", "dangerous"], count, p=[0.8, 0.18, 0.02]),
    }, shapely.box(x, y, x + wide, y + deep))


def draw_streets(side: int, rows: int) -> gpd.GeoDataFrame:
    """Return streets around every block, one piece a line, and lanes through the blocks."""
    lines, classes = [], []
    for row in range(rows + 1):
        is_river = row % RIVER_EVERY == 0
        for column in range(side + 1):
            x, y = column * BLOCK_M, row * BLOCK_M
            if not is_river and column < side:
                lines.append([(x, y), (x + BLOCK_M / 2, y), (x + BLOCK_M, y)])
                classes.append("tertiary")
            if row < rows and not (is_river and column % BRIDGE_EVERY):
                lines.append([(x, y), (x, y + BLOCK_M / 2), (x, y + BLOCK_M)])
                classes.append("residential")
            elif row < rows:
                lines.append([(x, y + BLOCK_M / 2), (x, y + BLOCK_M)])
                classes.append("residential")
            if row < rows and column < side:
                lines.append([(x, y + BLOCK_M / 2), (x + BLOCK_M / 2, y + BLOCK_M / 2), (x + BLOCK_M, y + BLOCK_M / 2)])
                classes.append("footway")
    return _frame({"class": classes}, shapely.linestrings(np.concatenate(lines), indices=_of_line(lines)))


def draw_water(side: int, rows: int) -> gpd.GeoDataFrame:
    rivers = [(-BLOCK_M, row * BLOCK_M - RIVER_M / 2, (side + 1) * BLOCK_M, row * BLOCK_M + RIVER_M / 2)
              for row in range(0, rows + 1, RIVER_EVERY)]
    return _frame({"name": [f"第{i}河" for i in range(len(rivers))]}, shapely.box(*np.array(rivers).T))


def draw_facilities(estates: int, side: int, chance: np.random.Generator) -> gpd.GeoDataFrame:
    count = round(FACILITIES_AN_ESTATE * estates)
    share = np.array(list(TYPES.values())) / sum(TYPES.values())
    kinds = chance.choice(list(TYPES), count, p=share)
    area = chance.uniform(40, 1500, count).round()
    return _frame({
        "facility_id": [f"F{i:06d}" for i in range(count)], "name": [f"第{i}号设施" for i in range(count)],
        "facility_type": kinds, "status": chance.choice(["existing", "planned"], count, p=[0.95, 0.05]),
        "floor_area_m2": area, "opened_year": 2025,
    }, _beside_lanes(count, estates, side, chance))


def draw_sites(estates: int, side: int, chance: np.random.Generator) -> gpd.GeoDataFrame:
    count = max(1, round(SITES_AN_ESTATE * estates))
    return _frame({
        "site_id": [f"S{i:06d}" for i in range(count)], "name": [f"第{i}处闲置房" for i in range(count)],
        "site_kind": chance.choice(["idle_building", "public_idle"], count),
        "floor_area_m2": chance.uniform(80, 1200, count).round(), "storey": "1", "structure_ok": True, "fire_ok": True,
        "consent": "agreed", "plan_conformity": "yes", "conversion_yuan_per_m2": 1800.0, "available_year": 2025,
    }, _beside_lanes(count, estates, side, chance))


def _beside_lanes(count: int, estates: int, side: int, chance: np.random.Generator) -> np.ndarray:
    """Return points a few metres beside the lanes of random blocks."""
    row, column = np.divmod(chance.integers(0, max(1, estates // 4), count), side)
    x = (column + chance.uniform(0.05, 0.95, count)) * BLOCK_M
    spots: np.ndarray = shapely.points(x, (row + 0.5) * BLOCK_M + chance.uniform(2, 5, count))
    return spots


def _squares(word: str, row: np.ndarray, column: np.ndarray, blocks: int) -> list[str]:
    return [f"{word}{up:02d}{right:02d}" for up, right in zip(row // blocks, column // blocks, strict=True)]


def _of_line(lines: list[list[tuple[float, float]]]) -> np.ndarray:
    return np.repeat(np.arange(len(lines)), [len(line) for line in lines])


def _frame(columns: dict[str, object], shapes: np.ndarray) -> gpd.GeoDataFrame:
    placed = shapely.transform(shapes, lambda xy: xy + CORNER_M)
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=placed, crs=CRS)


if __name__ == "__main__":
    write_town(Path(sys.argv[1]), int(sys.argv[2]))
