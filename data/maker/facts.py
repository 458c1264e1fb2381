"""What a correct reader must find in the town: counts, totals, and where each planted fault is."""

import fiona
import numpy
import pandas
import pyogrio
import shapely
import xlsxwriter

from maker.blocks import zone_of
from maker.files import LEDGER_HEADER_ROW
from maker.streets import kinds_of
from maker.valley import river, to_valley


def made_with():
    """Return the versions that decide the bytes."""
    return {
        "fiona gdal": fiona.__gdal_version__,
        "pyogrio gdal": pyogrio.__gdal_version_string__,
        "geos": shapely.geos_version_string,
        "numpy": numpy.__version__,
        "pandas": pandas.__version__,
        "xlsxwriter": xlsxwriter.__version__,
    }


def estates_facts(clean, rows, faults, true_values):
    """Return the facts of estates.shp; `clean` is the town before it was spoilt."""
    year = clean["completion_year"]
    share = clean["consent_agree"] / clean["consent_eligible"]
    at = rows["estate_id"].reset_index(drop=True)
    return {
        "rows": len(rows),
        "rows_before_faults": len(clean),
        "distinct_ids": int(rows["estate_id"].nunique()),
        "encoding": "GBK",
        "cpg": False,
        "language_driver_id": 0,
        "crs": "EPSG:4543",
        "multipart_rows": int((rows.geom_type == "MultiPolygon").sum()),
        "rows_with_holes": int(
            sum(len(part.interiors) > 0 for shape in rows.geometry for part in getattr(shape, "geoms", [shape]))
        ),
        "faults": faults,
        "fault_rows": {kind: _rows_of(ids, at) for kind, ids in faults.items()},
        "true_values": true_values,
        "subdistricts": {name: int(number) for name, number in rows["subdistrict"].value_counts(sort=False).items()},
        "communities": int(rows["community"].nunique()),
        "households_true_total": int(clean["households"].sum()),
        "residents_given_total": int(clean["residents"].sum()),
        "years_true": {
            "up_to_2000": int((year <= 2000).sum()),
            "2001_to_2005": int(year.between(2001, 2005).sum()),
            "after_2005": int((year > 2005).sum()),
            "exactly_2000": int((year == 2000).sum()),
            "exactly_2005": int((year == 2005).sum()),
        },
        "surveyed": int(share.notna().sum()),
        "agree_at_least_80": int((share >= 0.8).sum()),
        "agree_exactly_80": int((share == 0.8).sum()),
        "ready_for_the_plan": int(
            ((share >= 0.8) & (clean["mgmt_consensus"] == "是") & (clean["public_notice_no_objection"] == "是")).sum()
        ),
        "renovated_before": int(clean["renovated_year"].notna().sum()),
        "surveyed_afterwards": int(clean["after_surveyed"].notna().sum()),
        "off_every_street": [clean.loc[clean["name"] == "北山林场家属楼", "estate_id"].iloc[0]],
        "land_area_m2_before_faults": round(float(clean.area.sum()), 1),
    }


def _rows_of(ids, at, first=1):
    """Return the row of every id, the first row counted as `first`; both rows of a pair, or of an id used twice."""
    rows = [[int(k) + first for k in at.index[at.isin(one if isinstance(one, list) else [one])]] for one in ids]
    return [found[0] if len(found) == 1 else found for found in rows]


def facilities_facts(clean, rows, faults, true_values):
    """Return the facts of facilities.xlsx; rows are those of the sheet."""
    at = rows["facility_id"]
    sheet_rows = {kind: _rows_of(ids, at, LEDGER_HEADER_ROW + 1) for kind, ids in faults.items()}
    open_rooms = rows[(rows["status"] == "在用") & (rows["elder_area_m2"].notna())]
    return {
        "rows": len(rows),
        "header_row": LEDGER_HEADER_ROW,
        "first_row": LEDGER_HEADER_ROW + 1,
        "totals_row": LEDGER_HEADER_ROW + len(rows) + 1,
        "faults": faults,
        "fault_rows": sheet_rows,
        "true_values": true_values,
        "types": {code: int(number) for code, number in sorted(rows["facility_type"].value_counts().items())},
        "status": {word: int(number) for word, number in sorted(rows["status"].value_counts().items())},
        "elder_rooms_m2_in_use": float(open_rooms["elder_area_m2"].sum()),
        "elder_rooms_m2_in_use_not_in_a_basement": float(
            open_rooms.loc[open_rooms["is_basement"] != "是", "elder_area_m2"].sum()
        ),
        "with_declared_service_area": int(rows["serves"].notna().sum()),
        "subdistricts": {name: int(number) for name, number in rows["subdistrict"].value_counts(sort=False).items()},
        "before_faults": len(clean),
    }


def streets_facts(streets, blocks):
    """Return the facts of streets.gpkg; the dense part is the blocks round the old centre."""
    dense = shapely.union_all(
        [block for block, _ in blocks if zone_of(*to_valley(block.centroid.x, block.centroid.y)) in ("old", "inner")]
    )
    walkable = [street for street in streets if not street.kind.startswith("motorway")]
    inside = sum(street.line.intersection(dense.buffer(0.1)).length for street in walkable)
    return {
        "rows": len(streets),
        "classes": kinds_of(streets),
        "named": sum(street.name is not None for street in streets),
        "length_km": round(sum(street.line.length for street in streets) / 1000, 1),
        "dense_km2": round(dense.area / 1e6, 2),
        "dense_km_per_km2": round(inside / 1000 / (dense.area / 1e6), 1),
        "bridges_over_the_river": [street.name for street in streets if street.line.crosses(river())],
        "bridges": sum(street.bridge for street in streets),
        "tunnels": [[street.name, street.kind] for street in streets if street.tunnel],
    }
