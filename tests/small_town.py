"""A sound small town, its rows in any order wanted: 24 estates in two subdistricts, streets all around."""

import csv
import json
from pathlib import Path
from random import Random
from typing import Any

WEST, SOUTH, STEP, SIDE, COLUMNS, COUNT = 102.0, 36.5, 0.001, 0.0007, 6, 24
PLAN = """[plan]
name = "小城"
jurisdiction = "青海省"
as_of = 2024-03-01
year = 2025
[areas]
min_households = 500
[estates]
path = "estates.geojson"
[facilities]
path = "facilities.csv"
datum = "WGS84"
x = "x"
y = "y"
complete = true
[sites]
path = "sites.csv"
datum = "WGS84"
x = "x"
y = "y"
[streets]
path = "streets.geojson"
[gates]
path = "gates.geojson"
[heritage]
path = "heritage.geojson"
[utilities]
path = "utilities.geojson"
[programme]
years = [2025, 2026]
max_households_per_year = 1500
"""
KINDS = ("日间照料中心", "幼儿园", "社区卫生服务站", "超市", "公园")


def corner(number: int) -> tuple[float, float]:
    return WEST + STEP * (number % COLUMNS), SOUTH + STEP * (number // COLUMNS)


def estate(number: int) -> dict[str, Any]:
    west, south = corner(number)
    ring = [[west, south], [west + SIDE, south], [west + SIDE, south + SIDE], [west, south + SIDE], [west, south]]
    said = {"estate_id": f"E{number:02d}", "name": f"{number}号院", "households": 90 + 7 * (number % 5),
            "completion_year": 1988 + number % 12, "subdistrict": "东街" if number < COUNT // 2 else "西街",
            "residents": 240 + 3 * number, "buildings": 2 + number % 3, "floor_area_m2": 6000 + 10 * number,
            "storeys_max": 6, "strong_will": True}
    return {"type": "Feature", "properties": said, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def street(number: int) -> dict[str, Any]:
    """Return a street below an estate and one left of it."""
    west, south = corner(number)
    off = 0.00015
    line = [[west - off, south + STEP - off], [west - off, south - off], [west + STEP - off, south - off]]
    return {"type": "Feature", "properties": {"class": "residential", "name": f"{number}街"},
            "geometry": {"type": "LineString", "coordinates": line}}


def spot(number: int, **said: Any) -> dict[str, Any]:
    west, south = corner(number)
    return {"type": "Feature", "properties": said,
            "geometry": {"type": "Point", "coordinates": [west + SIDE / 2, south - 0.00001]}}


def make_town(folder: Path, order: int = 0) -> Path:
    """Write the project; an order other than 0 shuffles the rows of every file."""
    folder.mkdir(parents=True)
    chance = Random(order)

    def shuffled(rows: list[Any]) -> list[Any]:
        return chance.sample(rows, len(rows)) if order else rows

    layers = {
        "estates": [estate(number) for number in range(COUNT)], "streets": [street(number) for number in range(COUNT)],
        "gates": [spot(number, estate_id=f"E{number:02d}") for number in range(0, COUNT, 2)],
        "utilities": [{**street(number), "properties": {"kind": "燃气", "year": 2025 + number % 3}}
                      for number in range(0, COUNT, 4)],
        "heritage": [spot(3, name="古井", kind="文物"), spot(9, name="古树", kind="古树")],
    }
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    for layer, features in layers.items():
        said = {"type": "FeatureCollection", "features": shuffled(features)}
        (folder / f"{layer}.geojson").write_text(json.dumps(said), encoding="utf-8")
    places = [{"facility_id": f"F{n}", "name": f"{n}", "facility_type": KINDS[n % len(KINDS)], "status": "在用",
               "floor_area_m2": 60 + n, "x": corner(2 * n)[0], "y": corner(2 * n)[1] - 0.0001} for n in range(10)]
    rooms = [{"site_id": f"S{n}", "name": f"{n}", "site_kind": "闲置房屋", "floor_area_m2": 300 + n, "storey": "1",
              "consent": "同意", "x": corner(5 * n)[0], "y": corner(5 * n)[1] - 0.0001} for n in range(4)]
    for layer, rows in (("facilities", places), ("sites", rooms)):
        with (folder / f"{layer}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(shuffled(rows))
    return folder
