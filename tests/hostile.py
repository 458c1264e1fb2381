"""A town whose every text is hostile: names, ids, kinds and notes that try to be code, formulas, markup or nothing."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TEXTS = (
    "</script><script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>",
    "{{7*7}}{% x %}{# 楼 #}", "${window.pwned=1}`+window.pwned+`",
    "'\"><svg onload=window.pwned=1>", "javascript:window.pwned=1", "=1+1", "+1+1", "-1+1",
    "@SUM(A1)", "=cmd|' /C calc'!A0", "{=1}", '=HYPERLINK("http://example.invalid")',
    "甲\x07丙\x1b[31m丁", "甲\u202e乙\u200f丙", "零\u200b宽\u200d字\ufeff", "长" * 10_000,
    "&lt;b&gt;&amp;&#x41;]]><!--", "'''\"\"\"\\\n[evil]\nx=1", "'; DROP TABLE estates;--", "CON",
    "../../etc/passwd", "_x0041_", "{0}{name}{who.__class__}", "囧𠮷㐂🏚️", "__proto__",
    "$\\frac{1}{0}$^_%s%(x)s", "一\u2028二\u2029三\x85四", "\ttab\r\nline",
)
COUNT = len(TEXTS)
SIDE, GAP = 0.0007, 0.001  # degrees: estates of about 60 m x 75 m, 30 m apart
WEST, SOUTH, COLUMNS = 102.0, 36.5, 6
PLAN = """[plan]
name = '</script><img src=x onerror=window.pwned=1>{{7*7}}'
jurisdiction = "青海省"
as_of = 2024-03-01
year = 2025
max_rejected_share = 1
[areas]
max_gap_m = { value = 60, because = "=1+1</script><script>window.pwned=1</script>{{7*7}}" }
same_subdistrict = false
[estates]
path = "estates.geojson"
[facilities]
path = "facilities.csv"
datum = "WGS84"
x = "x"
y = "y"
[sites]
path = "sites.csv"
datum = "WGS84"
x = "x"
y = "y"
[progress]
path = "progress.csv"
[streets]
path = "streets.geojson"
[gates]
path = "gates.geojson"
[utilities]
path = "utilities.geojson"
[heritage]
path = "heritage.geojson"
[planning_units]
path = "units.geojson"
[barriers.water]
path = "water.geojson"
"""


def text(row: int, column: int) -> str:
    """Return the text of a cell: every column has every text, in another order."""
    return TEXTS[(row + 7 * column) % COUNT]


def at(row: int) -> tuple[float, float]:
    """Return the south-western corner of an estate."""
    return WEST + GAP * (row % COLUMNS), SOUTH + GAP * (row // COLUMNS)


def square(row: int, side: float = SIDE) -> dict[str, Any]:
    west, south = at(row)
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def point(row: int, off: float = 0.0) -> dict[str, Any]:
    west, south = at(row)
    return {"type": "Point", "coordinates": [west + SIDE / 2, south - off]}


def street(row: int) -> dict[str, Any]:
    west, south = at(row)
    return {"type": "LineString", "coordinates": [[west - 0.00015, south - 0.00015], [west + 0.00085, south - 0.00015],
                                                  [west + 0.00085, south + 0.00085]]}


def rows_of(columns: Sequence[str], *, ids: str = "", sound: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return a row for every text; ids are kept apart by a number at their end, and sound cells are the same in all."""
    rows = [{column: text(row, at_column) for at_column, column in enumerate(columns)} for row in range(COUNT)]
    for row, cells in enumerate(rows):
        cells |= dict(sound or {})
        if ids:
            cells[ids] = f"{TEXTS[row]}{row}"
    return rows


LAYERS: Mapping[str, list[dict[str, Any]]] = {
    "estates": rows_of(
        ("name", "district", "subdistrict", "community", "location", "completion_year_source", "structure",
         "exclusions", "hazards", "owner_type", "pm_status"),
        ids="estate_id", sound={"households": 90, "completion_year": 1995}),
    "facilities": rows_of(("name", "facility_type", "status", "serves"), ids="facility_id"),
    "sites": rows_of(("name", "owner", "site_kind", "allowed_types", "consent", "plan_conformity"), ids="site_id",
                     sound={"floor_area_m2": 400}),
    "progress": rows_of(("issues", "stage", "start_date", "finish_date"), ids="estate_id"),
    "streets": rows_of(("name", "foot"), sound={"class": "residential"}),
    "gates": [{"estate_id": row["estate_id"]} for row in rows_of((), ids="estate_id")],
    "utilities": rows_of(("kind", "owner"), ids="utility_id", sound={"year": 2026}),
    "heritage": rows_of(("name", "kind")), "planning_units": rows_of(("kind", "name")), "water": rows_of(("name",)),
}
SHAPES = {
    "estates": square, "streets": street, "gates": lambda row: point(row, 0.00001), "utilities": street,
    "heritage": lambda row: point(row, 0.0001), "planning_units": lambda row: square(row, SIDE / 9),
    "water": lambda row: {"type": "LineString", "coordinates": [[101.98, 36.4 + row / 1e5], [101.99, 36.4]]},
}
FILES = {"planning_units": "units"}


def make_town(folder: Path) -> Path:
    """Write the project; one facility and one site in four say what they are, so that there is something to do."""
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    for layer, shape in SHAPES.items():
        features = [{"type": "Feature", "properties": cells, "geometry": shape(row)}
                    for row, cells in enumerate(LAYERS[layer])]
        said = json.dumps({"type": "FeatureCollection", "features": features})
        (folder / f"{FILES.get(layer, layer)}.geojson").write_text(said, encoding="ascii")
    for layer, kind, word in (("facilities", "facility_type", "日间照料中心"), ("sites", "site_kind", "闲置房屋")):
        rows = [cells | {"x": at(row)[0], "y": at(row)[1]} | ({kind: word} if row % 4 == 0 else {})
                for row, cells in enumerate(LAYERS[layer])]
        write_csv(folder / f"{layer}.csv", rows)
    write_csv(folder / "progress.csv", LAYERS["progress"])
    return folder


def write_csv(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as a ledger."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
