"""The mess that planners' files have: what is spoilt on purpose, where, and what it stood for."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Point, Polygon

from maker.noding import on_grid
from maker.valley import generator

CHINESE_DIGITS = "〇一二三四五六七八九"
STRAY_ID = "0199001"
VOTES = [
    "consent_participants", "consent_agree", "consent_area_total_m2", "consent_area_participants_m2",
    "consent_area_agree_m2", "scheme_participants", "scheme_agree", "scheme_satisfaction_share",
]
KEPT_BY_A_SLIVER = ("estate_id", "name", "district", "subdistrict", "community", "geometry")


def full_width(text):
    """Return the text with full-width digits."""
    return "".join(chr(ord(letter) + 0xFEE0) if letter.isdigit() else letter for letter in text)


class Spoiler:
    """Takes rows of a clean table one after another, each for one fault only, and keeps the list of what was done."""

    def __init__(self, table, key, number):
        self.table, self.key = table, key
        self.queue = generator(number).permutation(len(table)).tolist()
        self.faults = {}
        self.true = {}

    def take(self, kind, number=1, test=None):
        """Return the next rows that pass `test` and note them under `kind`."""
        chosen = [k for k in self.queue if test is None or test(self.table.loc[k])][:number]
        assert len(chosen) == number, kind
        self.queue = [k for k in self.queue if k not in chosen]
        self.faults.setdefault(kind, []).extend(self.table.at[k, self.key] for k in chosen)
        return chosen

    def write(self, kind, number, column, value, test=None):
        """Write `value(row)` into `column` of the next rows, and keep what stood there."""
        for k in self.take(kind, number, test):
            old, one = self.table.at[k, column], self.table.at[k, self.key]
            self.true.setdefault(column, {})[one] = old.item() if isinstance(old, np.generic) else old
            self.table.at[k, column] = value(self.table.loc[k])


def spoil_estates(estates):
    """Return the rows of estates.shp with text years and households, and the faults by kind."""
    rows = estates.copy()
    for column in ("completion_year", "households"):
        rows[column] = rows[column].astype(int).astype(str).astype(object)
    spoiler = Spoiler(rows, "estate_id", 10)
    compact = {k for k in rows.index if _is_compact(rows.geometry[k]) and rows.at[k, "form"] == "courtyard"}
    _spoil_shapes(spoiler, compact)
    _spoil_years(spoiler)
    _spoil_numbers(spoiler, estates)
    rows, added = _with_added_rows(spoiler, compact)
    return rows, spoiler.faults | added, spoiler.true


def _is_compact(shape):
    return shape.geom_type == "Polygon" and len(shape.exterior.coords) == 5 and shape.area > 2_500


def _spoil_shapes(spoiler, compact):
    k = spoiler.take("bow_tie", 1, lambda row: row.name in compact)[0]
    spoiler.true["bow_tie_area_m2"] = {spoiler.table.at[k, "estate_id"]: round(spoiler.table.geometry[k].area, 1)}
    ring = list(spoiler.table.geometry[k].exterior.coords)
    ring[1], ring[2] = ring[2], ring[1]
    spoiler.table.loc[[k], "geometry"] = gpd.GeoSeries([Polygon(ring)], index=[k], crs=spoiler.table.crs)
    first, second = sorted(spoiler.take("duplicate_id", 2, lambda row: row["form"] == "courtyard"))
    spoiler.faults["duplicate_id"] = [spoiler.table.at[first, "estate_id"]]
    spoiler.true["second_row_with_the_duplicate_id"] = {
        "row": second + 1,
        "name": spoiler.table.at[second, "name"],
        "true_id": spoiler.table.at[second, "estate_id"],
    }
    spoiler.table.at[second, "estate_id"] = spoiler.table.at[first, "estate_id"]


def _spoil_years(spoiler):
    year = "completion_year"
    spoiler.write("year_missing", 4, year, lambda _: None)
    spoiler.write("year_with_suffix", 7, year, lambda row: f"{row[year]}年")
    spoiler.write("year_full_width", 2, year, lambda row: full_width(row[year]))
    spoiler.write(
        "year_chinese_numerals",
        2,
        year,
        lambda row: "".join(CHINESE_DIGITS[int(digit)] for digit in row[year]),
        lambda row: "1980" < row[year] < "1999",
    )
    spoiler.write("year_two_digits", 1, year, lambda row: f"{row[year][2:]}年", lambda row: "1980" < row[year] < "1999")
    spoiler.write("year_decade_only", 1, year, lambda _: "九十年代", lambda row: "1990" <= row[year] <= "1999")


def _spoil_numbers(spoiler, estates):
    households = "households"
    spoiler.write("households_missing", 3, households, lambda _: None)
    spoiler.write("households_with_unit", 5, households, lambda row: f"{row[households]}户")
    spoiler.write("households_full_width", 2, households, lambda row: full_width(row[households]))
    large = set(estates.index[estates["households"] >= 1000])
    spoiler.write(
        "households_with_comma", 1, households,
        lambda row: f"{int(row[households]):,}户", lambda row: row.name in large,
    )
    spoiler.write(
        "agree_above_participants",
        1,
        "consent_agree",
        lambda row: row["consent_participants"] + 9,
        lambda row: pd.notna(row["consent_agree"]) and row["form"] == "courtyard",
    )
    spoiler.write(
        "elderly_above_residents",
        1,
        "residents_60plus",
        lambda row: row["residents"] * 2,
        lambda row: pd.notna(row["residents"]) and pd.notna(row["residents_60plus"]),
    )
    spoiler.write("structure_unknown_word", 1, "structure", lambda _: "一般", lambda row: row["structure"] == "完好")


def _with_added_rows(spoiler, compact):
    """Add a twin outline, an overlapping second phase and a sliver below the others."""
    rows = spoiler.table
    free = [k for k in spoiler.queue if k in compact and rows.geometry[k].area > 4_000]
    twin, *roomy = free
    lapped = next(k for k in roomy if _touches_no_other(_annex(rows.geometry[k]), rows, k))
    edged = next(k for k in roomy if k != lapped and _touches_no_other(_strip(rows.geometry[k]), rows, k))
    copy, phase, strip = (rows.loc[k].copy() for k in (twin, lapped, edged))
    copy["name"] = f"原{copy['name']}(东院)"
    phase["name"], phase["geometry"] = f"{phase['name']}二期", _annex(phase["geometry"])
    known = {"households": "48", "households_body_works": 48, "consent_eligible": 48, "residents": 121, "buildings": 1,
             "stairwells": 4, "floor_area_m2": 4_100.0, "land_area_m2": 598.0}
    phase[list(known)] = list(known.values())
    phase[[*VOTES, "residents_60plus", "residents_0_3", "survey_done"]] = None
    strip[[column for column in rows.columns if column not in KEPT_BY_A_SLIVER]] = None
    strip["name"], strip["geometry"] = f"{strip['name']}边角", _strip(strip["geometry"])
    for n, row in enumerate((copy, phase, strip)):
        row["estate_id"] = f"{row['estate_id'][:4]}9{n + 1:02d}"
    ids = rows["estate_id"]
    faults = {
        "identical_outline": [[ids[twin], copy["estate_id"]]], "overlapping_pair": [[ids[lapped], phase["estate_id"]]],
        "sliver": [strip["estate_id"]],
    }
    table = pd.DataFrame([*(row for _, row in rows.iterrows()), copy, phase, strip]).reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=rows.crs), faults


def _longest_edge(shape):
    corners = np.array(shape.exterior.coords)
    steps = np.diff(corners, axis=0)
    at = int(np.argmax(np.hypot(*steps.T)))
    along = steps[at] / np.hypot(*steps[at])
    outward = np.array([along[1], -along[0]])
    if shape.contains(Point(corners[at] + steps[at] / 2 + outward)):
        outward = -outward
    return corners[at], along, outward, float(np.hypot(*steps[at]))


def _touches_no_other(shape, rows, k):
    return not rows.geometry.drop(k).buffer(0).intersects(shape).any()


def _annex(shape):
    """Return a plot of 26 m x 23 m that reaches 9 m into the estate."""
    start, along, outward, length = _longest_edge(shape)
    corner = start + along * (length / 2 - 13) - outward * 9
    return on_grid(Polygon([corner, corner + along * 26, corner + along * 26 + outward * 14, corner + outward * 14]))


def _strip(shape):
    """Return a strip of 30 m x 0.4 m along the longest edge."""
    start, along, outward, _ = _longest_edge(shape)
    near, far = start + along * 6 + outward * 0.2, start + along * 36 + outward * 0.2
    return on_grid(Polygon([near, far, far + outward * 0.4, near + outward * 0.4]))


def spoil_facilities(table):
    """Return the rows of the ledger with spoilt coordinates, areas and codes and two copies, and the faults by kind."""
    rows = table.copy()
    for column in ("lon", "lat", "floor_area_m2", "amap_code", "word"):
        rows[column] = rows[column].astype(object)
    spoiler = Spoiler(rows, "facility_id", 11)
    for k in spoiler.take("coordinate_missing", 3, _is_shop):
        rows.loc[k, ["lon", "lat"]] = None
    for k in spoiler.take("lon_lat_swapped", 3, _is_shop):
        rows.loc[k, ["lon", "lat"]] = rows.loc[k, ["lat", "lon"]].tolist()
    for k in spoiler.take("coordinate_zero", 1, _is_shop):
        rows.loc[k, ["lon", "lat"]] = 0.0
    for k in spoiler.take("outside_the_town", 1, _is_shop):
        rows.loc[k, "lon"] = round(rows.at[k, "lon"] - 1.5, 6)
    forms = iter(["{}㎡", "约{}㎡", "{}平方米", "{}m2", "{} 平米"])
    spoiler.write(
        "area_text_with_unit",
        5,
        "floor_area_m2",
        lambda row: next(forms).format(int(row["floor_area_m2"])),
        lambda row: _is_shop(row) and pd.notna(row["floor_area_m2"]),
    )
    spoiler.write(
        "code_lost_leading_zero",
        2,
        "amap_code",
        lambda row: int(row["amap_code"]),
        lambda row: row["amap_code"] == "060200",
    )
    for k in spoiler.take("type_only_as_code", 8, _is_known_by_code):
        rows.at[k, "word"] = None
    copies = [
        rows.loc[k].copy()
        for k in spoiler.take("duplicate_within_20_m", 2, lambda row: row["facility_type"] == "PHARMACY")
    ]
    spoiler.faults["unknown_type_word"] = rows.loc[rows["facility_type"].isna(), "facility_id"].tolist()
    for n, copy in enumerate(copies):
        copy["facility_id"] = f"SS{len(rows) + n + 1:04d}"
        copy["name"] = copy["name"].split("(")[0]
        copy["lon"] = round(copy["lon"] + 0.00012, 6)
    spoiler.faults["duplicate_within_20_m"] = [
        [original, copy["facility_id"]]
        for original, copy in zip(spoiler.faults["duplicate_within_20_m"], copies, strict=True)
    ]
    rows = pd.DataFrame([*(row for _, row in rows.iterrows()), *copies]).reset_index(drop=True)
    return rows.sort_values("subdistrict", kind="stable", ignore_index=True), spoiler.faults, spoiler.true


def _is_shop(row):
    return row["facility_type"] in ("CONVENIENCE", "PHARMACY", "PARCEL", "DAILY_SHOPS")


def _is_known_by_code(row):
    return row["facility_type"] in ("CONVENIENCE", "PHARMACY") and pd.notna(row["amap_code"])


def spoil_sites(table):
    """Return the sites with prices and storeys as people write them, and the faults by kind (ids)."""
    rows = table.copy()
    spoiler = Spoiler(rows, "site_id", 12)
    price = "conversion_yuan_per_m2"
    spoiler.write("price_with_comma", 1, price, lambda row: f"{int(row[price]):,}", lambda row: int(row[price]) >= 1000)
    spoiler.write("price_with_unit", 1, price, lambda row: f"{row[price]}元")
    spoiler.write("price_not_a_number", 1, price, lambda _: "面议")
    for k in spoiler.take("dispute_in_remark", 1, lambda row: row["site_kind"] == "闲置房屋"):
        rows.at[k, "note"] = "产权有纠纷"
    spoiler.faults["storey_range"] = rows.loc[rows["storey"] == "1-2层", "site_id"].tolist()
    spoiler.faults["basement"] = rows.loc[rows["storey"] == "负一层", "site_id"].tolist()
    return rows, spoiler.faults, spoiler.true


def spoil_gates(table, lost_id):
    """Return the gates with one whose estate is in no file; `lost_id` is an id that a fault took from its estate."""
    table = table[table["estate_id"] != lost_id]
    stray = table.iloc[[len(table) // 2]].assign(estate_id=STRAY_ID)
    return pd.concat([table, stray], ignore_index=True), {"gate_of_unknown_estate": [STRAY_ID]}
