"""One plan, many papers: every figure is the same to the last digit, and the parts add up to the whole.

The sums are made here from the tables with whole numbers and decimals; what every file says is read back from the file
alone: the workbook cell by cell, the GeoPackage by GDAL, the map from its payload, the dossiers and the atlas as text.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest
from docx import Document
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from test_payload import read_payload

from geoplan.atlas import write_atlas
from geoplan.dossiers import write_dossiers
from geoplan.geopackage import write_geopackage
from geoplan.labels import labels_for
from geoplan.maps import write_map
from geoplan.plan import Plan, make_plan
from geoplan.project import load_project
from geoplan.workbook import write_workbook

TOWN = Path(__file__).parents[1] / "data" / "hehuang" / "plan.toml"
FIGURES = ("estates", "households", "residents", "floor_area_m2", "elder_need_m2", "elder_have_m2", "elder_short_m2",
           "amount_yuan")
WAN = 10_000


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(load_project(TOWN))


@pytest.fixture(scope="module")
def folder(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    write_workbook(plan, folder / "plan.xlsx")
    write_geopackage(plan, folder / "plan.gpkg")
    write_map(plan, folder / "map.html")
    write_dossiers(plan, folder / "dossiers.docx")
    write_atlas(plan, folder / "atlas.pdf")
    return folder


@pytest.fixture(scope="module")
def book(folder: Path) -> Mapping[str, pd.DataFrame]:
    """Every sheet with its headings without units; its last row may be the sum of the others."""
    read = CalamineWorkbook.from_path(folder / "plan.xlsx")
    sheets = {}
    for name in read.sheet_names[1:]:
        head, *rows = read.get_sheet_by_name(name).to_python()
        sheets[name] = pd.DataFrame(rows, columns=[re.split("（(?=[^（]*$)", str(text))[0] for text in head])
    return sheets


@pytest.fixture(scope="module")
def dossiers(folder: Path) -> list[list[list[str]]]:
    """Every grid of the dossiers as rows of text."""
    return [[[cell.text for cell in row.cells] for row in table.rows]
            for table in Document(str(folder / "dossiers.docx")).tables]


def exact(values: Any) -> Decimal:
    return sum((Decimal(str(value)) for value in values), Decimal(0))


def sums(areas: pd.DataFrame) -> dict[str, Decimal]:
    return {name: exact(areas[name]) for name in FIGURES}


def money(funding: pd.DataFrame, programme: pd.DataFrame) -> dict[tuple[str, str], Decimal]:
    """Return (year or none, source) -> yuan."""
    year_of = programme.set_index("area_id")["plan_year"]
    years = funding["area_id"].map(year_of).map(lambda year: "未排入" if pd.isna(year) else f"{year:.0f}")
    return {(str(year), str(source)): exact(own["amount_yuan"])
            for (year, source), own in funding.groupby([years, "source"])}


def printed(values: Any) -> str:
    """Return a sum in units of ten thousand as papers print it."""
    return f"{(exact(values) / WAN).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def wan(text: str) -> Decimal:
    return Decimal(text.replace(",", "")) * WAN


def parts_and_total(sheet: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    assert sheet.iloc[-1, 0] == "合计"
    return sheet.iloc[:-1], sheet.iloc[-1]


# ---- the tables themselves

def test_the_areas_are_the_sums_of_their_estates(plan: Plan) -> None:
    areas = plan.tables["areas"].set_index("area_id")
    estates = plan.tables["estates"].dropna(subset=["area_id"])
    for name in ("households", "residents", "floor_area_m2"):
        for area_id, own in estates.groupby("area_id"):
            assert exact(own[name].dropna()) == exact([areas.loc[str(area_id), name]]), (area_id, name)
    assert estates.groupby("area_id").size().to_dict() == areas["estates"].to_dict()


def test_works_funding_and_programme_speak_of_the_same_yuan(plan: Plan) -> None:
    tables = plan.tables
    areas = tables["areas"].set_index("area_id")["amount_yuan"]
    for table in ("works", "funding", "programme"):
        assert {area_id: exact(own["amount_yuan"]) for area_id, own in tables[table].groupby("area_id")} == {
            area_id: Decimal(str(yuan)) for area_id, yuan in areas.items()}, table
    by_item = {key: exact(own["amount_yuan"]) for key, own in tables["funding"].groupby(["area_id", "item"])}
    assert by_item == {(row.area_id, row.item): Decimal(str(row.amount_yuan)) for row in tables["works"].itertuples()}


def test_elder_care_is_the_same_in_areas_and_in_its_own_account(plan: Plan) -> None:
    areas, care = plan.tables["areas"].set_index("area_id"), plan.tables["care"].set_index("area_id")
    assert areas["elder_need_m2"].tolist() == care["need_m2"].tolist()
    assert areas["elder_short_m2"].tolist() == care["short_m2"].tolist()
    assert [Decimal(str(need)) for need in care["need_m2"]] == [
        Decimal(int(residents)) / 10 for residents in care["residents"]]  # 0.1 m2 for each


# ---- the workbook

def test_the_sums_under_the_areas_are_those_of_the_table(plan: Plan, book: Mapping[str, pd.DataFrame]) -> None:
    parts, total = parts_and_total(book["片区一览"])
    headings = dict(zip(FIGURES, ("小区数", "户数", "常住人口", "建筑面积", "养老用房需求", "养老用房现有",
                                  "养老用房缺口", "投资额"), strict=True))
    for name, expected in sums(plan.tables["areas"]).items():
        unit = WAN if name == "amount_yuan" else 1
        assert exact(parts[headings[name]]) * unit == expected, name
        assert Decimal(str(total[headings[name]])) * unit == expected, name


def test_every_sum_of_the_workbook_is_the_sum_of_the_rows_above_it(book: Mapping[str, pd.DataFrame]) -> None:
    checked = 0
    for title, sheet in book.items():
        if not len(sheet) or sheet.iloc[-1, 0] != "合计":
            continue
        parts, total = parts_and_total(sheet)
        for place in range(1, sheet.shape[1]):
            if total.iloc[place] != "":
                filled = [value for value in parts.iloc[:, place] if value != ""]
                assert exact(filled) == pytest.approx(exact([total.iloc[place]]), abs=Decimal("1e-6")), (
                    title, sheet.columns[place])
                checked += 1
    assert checked >= 36


def test_money_by_year_and_source_is_that_of_the_table(plan: Plan, book: Mapping[str, pd.DataFrame]) -> None:
    expected = money(plan.tables["funding"], plan.tables["programme"])
    parts, _ = parts_and_total(book["年度资金汇总"])
    labels = labels_for("funding_source", "zh")
    said = {(str(row["计划年度"]), source): Decimal(str(row[label])) * WAN for _, row in parts.iterrows()
            for source, label in labels.items() if label in parts and row[label]}
    assert said == {key: yuan for key, yuan in expected.items() if yuan}
    for _, row in parts.iterrows():
        parts_of = [Decimal(str(row[name])) for name in ("有来源合计", "待核实的补助", "资金缺口")]
        assert Decimal(str(row["投资额"])) == pytest.approx(sum(parts_of), abs=Decimal("1e-6"))
        assert row["年度预算"] == "" or Decimal(str(row["年度预算"])) - Decimal(str(row["投资额"])) == pytest.approx(
            Decimal(str(row["预算余额"])), abs=Decimal("1e-6"))


def test_the_sheets_have_a_row_for_every_row_of_their_table(plan: Plan, book: Mapping[str, pd.DataFrame]) -> None:
    sheets = {"areas": "片区一览", "estates": "小区台账", "area_gaps": "设施短板", "care": "养老用房",
              "sitings": "选址", "works": "改造内容与造价", "funding": "资金", "ranking": "储备库排序",
              "programme": "年度计划", "milestones": "里程碑",
              "scorecard": "衡量标准", "parameters": "参数与依据", "remarks": "数据核查"}
    for table, title in sheets.items():
        rows = len(book[title]) - int(book[title].iloc[-1, 0] == "合计")
        wanted = plan.tables[table]
        assert rows == (wanted["area_id"].nunique() if table == "ranking" else len(wanted)), title


# ---- the GeoPackage and the map

def test_the_geopackage_holds_the_same_sums(plan: Plan, folder: Path) -> None:
    read = {name: pyogrio.read_dataframe(folder / "plan.gpkg", layer=name, read_geometry=False)
            for name in ("areas", "funding", "programme", "area_gaps")}
    assert sums(read["areas"]) == sums(plan.tables["areas"])
    assert money(read["funding"], read["programme"]) == money(plan.tables["funding"], plan.tables["programme"])
    assert int(read["area_gaps"]["is_gap"].fillna(0).sum()) == int(plan.tables["area_gaps"]["is_gap"].sum())


def test_the_map_holds_the_same_sums(plan: Plan, folder: Path) -> None:
    page = (folder / "map.html").read_text(encoding="utf-8")
    [text] = re.findall(r'<script type="application/octet-stream" id="payload">([^<]*)</script>', page)
    tables = read_payload(text)[0]["tables"]
    said = tables["areas"]["columns"]
    expected = sums(plan.tables["areas"])
    for name in ("households", "elder_need_m2", "elder_have_m2", "elder_short_m2", "amount_yuan"):
        assert exact(said[name]) == expected[name], name
    homes = plan.tables["estates"].dropna(subset=["area_id"])
    of_area = [place for place, area in enumerate(tables["estates"]["columns"]["area_id"]) if area is not None]
    assert len(of_area) == len(homes) == expected["estates"]
    for name in ("households", "residents"):
        assert exact(tables["estates"]["columns"][name][place] for place in of_area) == expected[name]
    gaps = tables["area_gaps"]["columns"]["is_gap"]
    assert gaps.count(True) == int(plan.tables["area_gaps"]["is_gap"].sum())


# ---- the papers

def test_the_list_of_the_dossiers_ends_in_the_same_sums(plan: Plan, dossiers: list[list[list[str]]]) -> None:
    listed = next(grid for grid in dossiers if grid[0][0] == "片区编号")
    total = dict(zip(listed[0], listed[-1], strict=True))
    expected = sums(plan.tables["areas"])
    assert total["片区编号"] == "合计"
    assert total["小区数（个）"] == f"{expected['estates']:,}"
    assert total["户数（户）"] == f"{expected['households']:,}"
    assert total["常住人口（人）"] == f"{expected['residents']:,}"
    assert Decimal(total["养老用房缺口（平方米）"].replace(",", "")) == expected["elder_short_m2"]
    assert wan(total["投资额（万元）"]) == pytest.approx(expected["amount_yuan"], abs=50)  # to the hundredth of 万元


def test_the_money_of_every_dossier_is_that_of_its_area(plan: Plan, dossiers: list[list[list[str]]]) -> None:
    funding, labels = plan.tables["funding"], labels_for("funding_source", "zh")
    grids = [grid for grid in dossiers if grid[0] == ["资金来源", "金额（万元）"]]
    assert len(grids) == len(plan.tables["areas"])
    for area_id, grid in zip(plan.tables["areas"]["area_id"], grids, strict=True):
        own = funding[funding["area_id"] == area_id]
        expected = {labels[source]: printed(part["amount_yuan"]) for source, part in own.groupby("source")}
        assert {row[0]: row[1] for row in grid[1:-1]} == expected, area_id
        assert grid[-1] == ["合计", printed(own["amount_yuan"])]


def test_the_atlas_prints_the_same_figures(plan: Plan, folder: Path) -> None:
    every, areas_of_plan = PdfReader(folder / "atlas.pdf").pages, plan.tables["areas"]
    assert len(every) == len(areas_of_plan) + 1
    places = range(0, len(areas_of_plan), 5)  # reading a sheet as text takes a while
    pages = [every[0].extract_text(), *(every[place + 1].extract_text() for place in places)]
    for text, areas in zip(pages, [areas_of_plan, *(areas_of_plan.iloc[[place]] for place in places)], strict=True):
        figures = sums(areas)
        for words in (f"{figures['households']:,}", f"{figures['residents']:,}", f"{figures['elder_short_m2']:,.0f}",
                      printed([figures["floor_area_m2"]]), printed([figures["amount_yuan"]])):
            assert words in text, words
    care = plan.tables["care"].set_index("area_id")
    for text, area in zip(pages[1:], areas_of_plan.iloc[list(places)].itertuples(), strict=True):
        assert f"{care.loc[area.area_id, 'need_m2']:,.1f}" in text
        assert f"{area.elder_have_m2:,.1f}" in text
