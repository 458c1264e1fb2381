"""What reads as a sound number, a sound row or a sound outline, and is none: units, hidden rows, merged sums, halves.

Each of these passed in silence once, or might: a planner's unit stands in the heading, a filter hides a row, Excel
rounds a long id, one estate is two quarters apart. What counts is told; what cannot be known is unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
import xlsxwriter
from brought import CRS, EAST, NORTH, square, town, write, write_sheet
from catalogue import CLEAN, Catalogue, Look, estates_of, plan_toml, with_layer
from geopandas import GeoDataFrame
from shapely.affinity import translate
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

HEAD = ["编号", "名称", "类型", "经度", "纬度", "建筑面积", "养老面积"]
TEXT = (
    'path = "f.xlsx"\ndatum = "WGS84"\nx = "经度"\ny = "纬度"\ncolumns = { facility_id = "编号", name = "名称", '
    'facility_type = "类型", floor_area_m2 = "建筑面积", elder_area_m2 = "养老面积" }'
)
LONG = 320214007037001123
Sheet = Any


def place(number: int, floor_m2: object = 300, elder_m2: object = 200, key: object = None) -> list[object]:
    """Return a line of a day-care centre."""
    return [
        key if key is not None else f"F{number}", f"日间照料{number}", "日间照料中心", 120.42 + number / 1000, 31.54,
        floor_m2, elder_m2,
    ]


PLACES = [HEAD, *(place(number) for number in range(9))]


def book(change: Callable[[Sheet], object], lines: Sequence[Sequence[object]] = PLACES) -> Callable[[Path], None]:
    """Return a maker of a town with a ledger in Excel to which something was done by hand."""

    def files(folder: Path) -> None:
        with xlsxwriter.Workbook(str(folder / "f.xlsx")) as workbook:
            sheet = workbook.add_worksheet("台账")
            for at, line in enumerate(lines):
                sheet.write_row(at, 0, line)
            change(sheet)

    return with_layer("facilities", TEXT, files)


def ledger(lines: Sequence[Sequence[Any]], text: str = TEXT) -> Callable[[Path], None]:
    return with_layer("facilities", text, lambda folder: write_sheet(folder / "f.xlsx", lines))


def csv(*lines: str) -> Callable[[Path], None]:
    said = "\n".join([",".join(HEAD), *lines])
    return with_layer("facilities", TEXT.replace("xlsx", "csv"), lambda folder: (folder / "f.csv").write_text(
        said, encoding="utf-8"))


def headed(ours: str, theirs: str, values: Sequence[object]) -> Callable[[Path], None]:
    """Return a maker of estates with a column under a heading of the planner's."""
    frame = town(len(values), **{"列": values})
    return lambda folder: (
        write(frame.rename(columns={"列": theirs}), folder / "estates.gpkg"),
        plan_toml(folder, estates=f'path = "estates.gpkg"\ncolumns = {{ {ours} = "{theirs}" }}'),
    )[1]


def drawn(*shapes: Any, **columns: Sequence[Any]) -> Callable[[Path], None]:
    """Return a maker of a town whose first estates have these outlines."""
    every = [*shapes, *(square(number, 9) for number in range(9))]
    filled = {name: [*values, *[None] * (len(every) - len(values))] for name, values in columns.items()}
    return estates_of(town(len(every), geometry=every, **filled))


def numbered(values: Sequence[object], dtype: str) -> Callable[[Path], None]:
    """Return a maker of estates whose ids are numbers."""
    return estates_of(town(len(values)).assign(estate_id=pd.array(values, dtype=dtype)))


def are(column: str, *expected: object, layer: str = "estates") -> Look:
    """Say that the first rows, by id, read so; None means missing."""

    def look(layers: Any) -> bool:
        found = getattr(layers, layer)[column].tolist()[:len(expected)]
        return all(pd.isna(a) if b is None else a == b for a, b in zip(found, expected, strict=True))

    return look


def add_to(book_: Catalogue) -> None:
    _units(book_)
    _sheets(book_)
    _ids(book_)
    _figures(book_)
    _lists(book_)
    _streets(book_)
    _outlines(book_)


def _units(book_: Catalogue) -> None:
    said = "cells.number_in_unit"
    of_area: Mapping[str, tuple[object, float]] = {
        "建筑面积(万平方米)": ("1.25", 12_500.0),
        "建筑面积（万㎡）": (1.25, 12_500.0),
        "建筑面积/公顷": ("1.25", 12_500.0),
        "建筑面积_亩": ("15", 10_000.0),
        "总建筑面积万平方米": ("1.25", 12_500.0),
        "建面(单位：万平米)": ("1.25", 12_500.0),
        "建筑面积(k㎡)": ("0.0125", 12_500.0),
    }
    for heading, (value, m2) in of_area.items():
        book_.remark("table text", f"floor area under {heading}", said, headed("floor_area_m2", heading, [value] * 3),
                     are("floor_area_m2", m2))
    book_.remark("table text", "a unit of the cell against one of the heading", "cells.number_written",
                 headed("floor_area_m2", "建筑面积(万平方米)", ["12500㎡", "1.25万"]),
                 are("floor_area_m2", 12_500, 12_500))
    for heading in ("建筑面积(平方米)", "建筑面积㎡", "建筑面积（2023年）", "建筑面积(万科)"):
        book_.remark("table text", f"floor area under {heading}", CLEAN,
                     headed("floor_area_m2", heading, ["12500"] * 3), are("floor_area_m2", 12_500.0))
    book_.remark("table text", "residents in 万人", said, headed("residents", "人口(万人)", ["0.025"] * 3),
                 are("residents", 250))
    book_.remark("table text", "percents under a heading of %", said,
                 headed("scheme_satisfaction_share", "满意率(%)", ["85", "92.5", "1"]),
                 are("scheme_satisfaction_share", 0.85, 0.925, 0.01))
    book_.remark("table text", "shares under a heading of %, as Excel stores percents", CLEAN,
                 headed("scheme_satisfaction_share", "满意率(%)", [0.85, 0.925, 1.0]),
                 are("scheme_satisfaction_share", 0.85, 0.925, 1.0))
    book_.remark("table text", "shares among percents", "cells.share_or_percent",
                 headed("scheme_satisfaction_share", "满意率", ["85", "92", "0.9", "1"]),
                 are("scheme_satisfaction_share", 0.85, 0.92, None, None))
    book_.remark("table text", "a zero below zero", "estates.odd_ratio",
                 headed("land_area_m2", "用地", ["-0.0", "10000", "10000"]),
                 lambda layers: str(layers.estates["land_area_m2"].iloc[0]) == "0.0")


def _sheets(book_: Catalogue) -> None:
    floors = {"layer": "facilities"}
    book_.remark("table text", "a hidden row", "ledgers.hidden_rows",
                 book(lambda sheet: sheet.set_row(2, None, None, {"hidden": True})),
                 lambda layers: len(layers.facilities) == 9)
    book_.remark("table text", "an error for a number", "ledgers.error_cells",
                 book(lambda sheet: sheet.write_formula(1, 5, "=1/0", None, "#DIV/0!")),
                 are("floor_area_m2", None, **floors))
    book_.remark("table text", "a formula that nobody worked out", "ledgers.no_result",
                 book(lambda sheet: sheet.write_formula(1, 5, "=SUM(A1:A9)", None, "")),
                 are("floor_area_m2", None, **floors))
    book_.remark("table text", "a formula with its result", "", book(
        lambda sheet: sheet.write_formula(1, 5, "=100*3", None, 300)), are("floor_area_m2", 300.0, **floors))
    book_.remark("table text", "one number merged over three rows", "ledgers.merged_number",
                 book(lambda sheet: sheet.merge_range(1, 5, 3, 5, 900)),
                 are("floor_area_m2", 900.0, 900.0, 900.0, **floors))
    book_.remark("table text", "thousands that shift a line", "ledgers.beyond_heading", csv(
        "F1,日间照料,日间照料中心,120.42,31.54,1,200,300"))
    book_.remark("table text", "a comma in a name that shifts a line", "ledgers.beyond_heading", csv(
        "F0,日间照料,日间照料中心,120.42,31.54,300,200", "F1,日间,照料,日间照料中心,120.42,31.54,300,200"),
        lambda layers: len(layers.facilities) == 1)
    book_.remark("table text", "a heading again in the middle", "places.not_a_coordinate",
                 ledger([*PLACES[:4], HEAD, *PLACES[4:]]), lambda layers: len(layers.facilities) == 9)
    book_.remark("table text", "a subtotal of a street", "places.no_coordinates",
                 ledger([*PLACES, ["", "柳川街道小计", "", None, None, 2700, 1800]]),
                 lambda layers: len(layers.facilities) == 9)


def _ids(book_: Catalogue) -> None:
    for name, key in (("a long id that Excel kept as a number", float(LONG)), ("an id of 16 digits in Excel", 9.1e15)):
        book_.remark("ids", name, "cells.id_rounded", ledger([HEAD, place(1, key=key), *PLACES[2:]]))
    book_.remark("ids", "a long id that a .csv has as Excel shows it", "cells.id_rounded",
                 csv("3.20214E+17,日间照料,日间照料中心,120.42,31.54,300,200"))
    book_.remark("ids", "an id like a number in scientific writing", "facilities.no_status",
                 ledger([HEAD, place(1, key="1E5"), *PLACES[2:]]),
                 lambda layers: "1E5" in set(layers.facilities["facility_id"]))
    book_.remark("ids", "long ids in whole numbers with an empty one", "identities.made",
                 numbered([LONG, None, LONG + 2], "Int64"), are("estate_id", str(LONG), str(LONG + 2), "E00002"))
    book_.remark("ids", "long ids in real numbers", "cells.id_rounded", numbered([float(LONG), 2.0, 3.0], "float64"))


def _figures(book_: Catalogue) -> None:
    book_.remark("table text", "nobody in a hundred households", "estates.no_residents",
                 estates_of(town(3, residents=["0", "250", "250"])), are("residents", None))
    for name, columns in {
        "30 residents in 100 households": {"residents": ["30", "250", "250"]},
        "25,000 residents in 100 households": {"residents": ["25000", "250", "250"]},
        "1.2 m2 for 100 households": {"floor_area_m2": ["1.2", "9000", "9000"]},
        "90 km2 for 100 households": {"floor_area_m2": ["90000000", "9000", "9000"]},
        "15 m2 of land on an outline of a hectare": {"land_area_m2": ["15", "10000", "10000"]},
    }.items():
        book_.remark("table text", name, "estates.odd_ratio", estates_of(town(3, **columns)))
    book_.remark("table text", "more elderly than residents", "estates.part_above_whole",
                 estates_of(town(3, residents=["100", "250", "250"], residents_60plus=["120", "3", "3"])))
    long = "中" * 127
    book_.remark("encoding", "a text as wide as a field can be", "geodata.text_full", lambda folder: (
        write(town(3, name=[long, "里1", "里2"]), folder / "e.shp", encoding="GBK"),
        plan_toml(folder, estates='path = "e.shp"\ncolumns = { completion_year = "year_built" }'))[1],
        are("name", long))


def _lists(book_: Catalogue) -> None:
    for said, read in {"0": "", "否": "", "不涉及": "", "不详": "", "外墙脱落；燃气": "外墙脱落、燃气"}.items():
        book_.remark("table text", f"hazards {said!r}", "", estates_of(town(3, hazards=[said, "无", "无"])),
                     are("hazards", None if said == "不详" else read))
    pile = [[f"F{n}", f"超市{n}", "超市", 120.42, 31.54, 300, ""] for n in range(12)]
    book_.remark("table text", "twelve shops on the very same point", "facilities.pile", ledger([HEAD, *pile]),
                 lambda layers: len(layers.facilities) == 12)


def _streets(book_: Catalogue) -> None:
    for name, columns, code in (
        ("streets under classes that nobody knows", {"fclass": ["5111", "5122"]}, "streets.unknown_class"),
        ("an underground railway among streets", {"kind": ["地铁", "支路"]}, "streets.unknown_class"),
        ("streets without a class", {"宽度": ["12", "7"]}, "streets.no_class"),
    ):
        book_.remark("table text", name, code, streets(columns), lambda layers: len(layers.streets) == 2)
    book_.remark("table text", "strange classes that plan.toml answers for", CLEAN,
                 streets({"fclass": ["5111", "5122"]}, 'not_walkable = { fclass = ["5111"] }'),
                 lambda layers: layers.streets["not_walkable"].tolist() == [True, False])


def streets(columns: Mapping[str, Sequence[Any]], text: str = "") -> Callable[[Path], None]:
    """Return a maker of a town with two streets."""
    lines = [LineString([(EAST, NORTH - 20 * n), (EAST + 900, NORTH - 20 * n)]) for n in (1, 2)]
    frame = GeoDataFrame(dict(columns), geometry=lines, crs=CRS)
    return with_layer("streets", f'path = "x.gpkg"\n{text}', lambda folder: write(frame, folder / "x.gpkg"))


def _outlines(book_: Catalogue) -> None:
    apart = MultiPolygon([square(0), square(0, 3)])
    inside = square(0).buffer(-20)
    ring = [*square(0).exterior.coords][2:] + [*square(0).exterior.coords][1:3]
    book_.remark("geometry", "parts of one estate in two quarters", "footprints.scattered", drawn(apart))
    book_.remark("geometry", "parts across a street", CLEAN,
                 drawn(MultiPolygon([square(0), translate(square(0), 130)])))
    book_.remark("geometry", "an estate of twenty square kilometres", "footprints.huge",
                 drawn(box(EAST - 9000, NORTH, EAST - 4000, NORTH + 4000)))
    book_.remark("geometry", "one outline twice, a metre apart", "footprints.overlap",
                 drawn(square(0), translate(square(0), 1)))
    book_.remark("geometry", "one outline twice, from another corner", "footprints.identical",
                 drawn(square(0), Polygon(ring)), lambda layers: len(layers.estates) == 10)
    book_.remark("geometry", "an estate inside another", "footprints.overlap", drawn(square(0), inside))
    book_.remark("geometry", "an estate in the hole of another", CLEAN, drawn(
        Polygon(square(0).exterior.coords, [inside.exterior.coords]), inside),
        lambda layers: np.isclose(layers.estates.set_index("estate_id").area[["E1", "E2"]].sum(), 10_000))
    book_.remark("geometry", "outlines with heights", CLEAN, drawn(shapely.force_3d(square(0), 55)),
                 lambda layers: not layers.estates.has_z.any())
    book_.remark("geometry", "a part drawn twice in one outline", "footprints.crossing",
                 drawn(MultiPolygon([square(0), square(0)])),
                 lambda layers: np.isclose(layers.estates.area.iloc[0], 10_000))
    book_.remark("geometry", "parts over each other in one outline", "footprints.crossing",
                 drawn(MultiPolygon([square(0), translate(square(0), 50)])),
                 lambda layers: np.isclose(layers.estates.area.iloc[0], 15_000))
    book_.remark("geometry", "an outline and a point in one shape", "footprints.wrong_kind",
                 drawn(GeometryCollection([square(0), Point(EAST, NORTH)])), lambda layers: len(layers.estates) == 9)
    book_.remark("geometry", "land said to be a thousandth of the outline", "estates.odd_ratio",
                 drawn(square(0), land_area_m2=["15"]))
