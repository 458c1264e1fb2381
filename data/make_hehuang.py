"""Make the sample town 河湟县: an invented county town in the Hehuang valley, in the messy files that planners have.

    python data/make_hehuang.py [OUT]        default: data/hehuang beside this script

No clock and no chance but a seeded one: the same versions of the libraries give the same bytes on any day and machine.
plan.toml and README.md are written by hand; they stay where they are and are copied when OUT is another folder.
"""

import shutil
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from maker.blocks import COMMUNITIES, divide
from maker.facts import estates_facts, facilities_facts, made_with, streets_facts
from maker.faults import spoil_estates, spoil_facilities, spoil_gates, spoil_sites
from maker.files import (
    clear,
    degrees_of,
    write_estates,
    write_geojson,
    write_gpkg,
    write_json,
    write_ledger,
    write_sites,
)
from maker.homes import settle
from maker.people import people
from maker.reuse import DUG_TWICE, gates, heritage, planning_units, sites, utilities
from maker.services import serve
from maker.streets import survey
from maker.valley import CRS_CODE, RAIL_NAME, RIVER_NAME, railway, river

HOME = Path(__file__).resolve().parent / "hehuang"
BY_HAND = ("plan.toml", "README.md")
LEDGER_TITLE = "河湟县公共服务设施台账(2024年3月)"
LEDGER_NOTE = "填报单位：河湟县住房和城乡建设局　　坐标系：GCJ-02(高德)　　面积单位：㎡　　(本县为虚构)"
STREET_FIELDS = {"road_id": "road_id", "fclass": "kind", "layer": "level"} | {
    name: name for name in ("name", "bridge", "tunnel", "foot")}
WORK_FIELDS = {"工程编号": "utility_id", "类别": "kind", "实施年份": "year", "建设单位": "owner", "道路名称": "street"}
UNIT_FIELDS = {"单元编号": "unit_id", "名称": "name", "类别": "kind"}
ABOUT = ("河湟县 is invented. What a correct reader must find in these files; "
         "every fault was planted by data/make_hehuang.py.")


def make(out):
    """Write the town into a folder."""
    roads, blocks, parcels = divide()
    homes, campuses, leftover = settle(parcels, roads)
    streets, street_faults = survey(roads)
    estates = people(homes, streets)
    facilities = serve(estates, streets, campuses)
    facilities["lon"], facilities["lat"] = degrees_of(facilities, "GCJ02")
    reuse = sites(leftover, estates)
    reuse["lon"], reuse["lat"] = degrees_of(reuse, "BD09")
    works, doors = utilities(streets, estates), gates(estates, streets)
    old_quarter, units = heritage(), planning_units(blocks)

    rows, estate_faults, true_estates = spoil_estates(estates)
    ledger, facility_faults, true_facilities = spoil_facilities(facilities)
    offers, site_faults, true_sites = spoil_sites(reuse)
    doors, gate_faults = spoil_gates(doors, true_estates["second_row_with_the_duplicate_id"]["true_id"])

    out.mkdir(parents=True, exist_ok=True)
    clear(out)
    write_estates(rows, out)
    write_ledger(ledger, out / "facilities.xlsx", LEDGER_TITLE, LEDGER_NOTE)
    write_sites(offers, out / "sites.csv")
    write_gpkg(_street_table(streets), out / "streets.gpkg", "streets", STREET_FIELDS, crs=4326)
    write_gpkg(works, out / "utilities.gpkg", "utilities", WORK_FIELDS)
    write_gpkg(units, out / "planning_units.gpkg", "planning_units", UNIT_FIELDS)
    write_geojson(_single(RIVER_NAME, river()), out / "water.geojson", {"name": "name"})
    write_geojson(_single(RAIL_NAME, shapely.union_all(railway())), out / "rail.geojson", {"name": "name"})
    write_geojson(old_quarter, out / "heritage.geojson", {"名称": "name", "类别": "kind"})
    write_geojson(doors, out / "gates.geojson", {"小区编号": "estate_id"})
    if out.resolve() != HOME:
        for name in BY_HAND:
            shutil.copy(HOME / name, out / name)
    met = estates.intersects(old_quarter["geometry"].iloc[0])
    write_json({
        "about": ABOUT, "made_with": made_with(),
        "estates": estates_facts(estates, rows, estate_faults, true_estates),
        "facilities": facilities_facts(facilities, ledger, facility_faults, true_facilities),
        "sites": {"rows": len(offers), "faults": site_faults, "true_values": true_sites},
        "gates": {"rows": len(doors), "gated_estates": int(doors["estate_id"].nunique()) - 1, "faults": gate_faults},
        "streets": streets_facts(streets, blocks) | street_faults,
        "utilities": {"rows": len(works), "streets": int(works["geometry"].nunique()), "dug_twice": DUG_TWICE},
        "water": {"rows": 1}, "rail": {"rows": 1}, "planning_units": {"rows": len(units)},
        "heritage": {"rows": 1, "estates_met": int(met.sum())},
        "communities": [row[0] for row in COMMUNITIES],
    }, out / "expected.json")


def _single(name, shape):
    return pd.DataFrame([{"name": name, "geometry": shape}])


def _street_table(streets):
    table = pd.DataFrame([vars(street) for street in streets]).rename(columns={"line": "geometry"})
    table["road_id"] = [f"R{k + 1:04d}" for k in range(len(table))]
    for column in ("bridge", "tunnel"):
        table[column] = np.where(table[column], "T", "F")
    return gpd.GeoDataFrame(table, crs=CRS_CODE)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)
