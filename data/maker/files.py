"""How each layer reaches the disk, in the way planners have it; the same rows give the same bytes on any day."""

import csv
import json
import re
import zipfile
from datetime import datetime
from pathlib import Path

import fiona
import geopandas as gpd
import numpy as np
import pyogrio
import shapely
import xlsxwriter
from fiona.crs import CRS as FILE_CRS
from pyproj import Transformer
from shapely.geometry import mapping

from geoplan.datum import from_wgs84
from maker.valley import CRS_CODE

DAY = "2024-03-01"
DEGREES = 7
TO_DEGREES = Transformer.from_crs(CRS_CODE, 4490, always_xy=True)

# ours, the planner's name (at most 10 bytes of GBK), type and width (text widths in bytes of GBK)
ESTATE_FIELDS = [
    ("estate_id", "小区编号", "str:12"),
    ("name", "小区名称", "str:40"),
    ("district", "区县", "str:12"),
    ("subdistrict", "街道", "str:16"),
    ("community", "社区", "str:16"),
    ("location", "区位", "str:16"),
    ("completion_year", "建成年份", "str:12"),
    ("completion_year_source", "年份依据", "str:10"),
    ("buildings", "楼栋数", "int:4"),
    ("stairwells", "单元数", "int:4"),
    ("storeys_max", "最高层数", "int:3"),
    ("households", "户数", "str:12"),
    ("households_body_works", "本体户数", "int:6"),
    ("residents", "常住人口", "int:6"),
    ("residents_60plus", "老年人口", "int:6"),
    ("residents_0_3", "婴幼儿数", "int:6"),
    ("floor_area_m2", "建筑面积", "float:12.1"),
    ("land_area_m2", "用地面积", "float:12.1"),
    ("structure", "主体结构", "str:10"),
    ("legal_build", "合法建设", "str:2"),
    ("expropriation_year", "征收年份", "int:4"),
    ("exclusions", "排除类型", "str:30"),
    ("shanty_plan", "棚改计划", "str:2"),
    ("self_built", "自建为主", "str:2"),
    ("urban_village", "城中村", "str:2"),
    ("demolish_rebuild", "拆除重建", "str:2"),
    ("neglect", "失养失修", "str:2"),
    ("municipal_gaps", "市政短板", "str:2"),
    ("service_gaps", "服务短板", "str:2"),
    ("hazards", "安全隐患", "str:50"),
    ("strong_will", "改造意愿", "str:2"),
    ("owner_type", "产权类型", "str:10"),
    ("pm_status", "物业状态", "str:10"),
    ("renovated_year", "已改年份", "int:4"),
    ("ready_year", "就绪年份", "int:4"),
    ("consent_eligible", "应参与户", "int:6"),
    ("consent_participants", "参与户数", "int:6"),
    ("consent_agree", "同意户数", "int:6"),
    ("consent_area_total_m2", "专有面积", "float:12.1"),
    ("consent_area_participants_m2", "参与面积", "float:12.1"),
    ("consent_area_agree_m2", "同意面积", "float:12.1"),
    ("survey_done", "已征意愿", "str:2"),
    ("mgmt_consensus", "管理共识", "str:2"),
    ("public_notice_no_objection", "公示无异", "str:2"),
    ("pm_confirmed", "物业确认", "str:2"),
    ("scheme_agree", "方案同意", "int:6"),
    ("scheme_participants", "方案参与", "int:6"),
    ("scheme_satisfaction_share", "方案满意", "float:6.2"),
    ("after_base", "应回访户", "int:6"),
    ("after_surveyed", "已回访户", "int:6"),
    ("after_satisfied", "满意户数", "int:6"),
    ("willing_to_pay", "出资意愿", "str:2"),
    ("illegal_demolition_done", "主动拆违", "str:2"),
    ("elevators_needed", "需装电梯", "int:4"),
    ("elevators_installed", "已装电梯", "int:4"),
    ("elevators_reserved", "预留电梯", "int:4"),
]
LEDGER = [
    ("subdistrict", "街道", 14),
    ("facility_id", "设施编号", 10),
    ("name", "设施名称", 34),
    ("word", "设施类型", 20),
    ("amap_code", "高德编码", 10),
    ("lon", "经度", 12),
    ("lat", "纬度", 12),
    ("floor_area_m2", "建筑面积", 11),
    ("elder_area_m2", "养老用房面积", 13),
    ("land_area_m2", "用地面积", 11),
    ("beds", "床位", 7),
    ("storey", "所在楼层", 10),
    ("has_lift", "有无电梯", 10),
    ("is_basement", "是否地下", 10),
    ("status", "状态", 8),
    ("opened_year", "启用年份", 10),
    ("serves", "服务范围", 24),
    ("community", "所在社区", 12),
]
LEDGER_HEADER_ROW = 3
LEDGER_NOTES = (
    "坐标由高德地图拾取，为GCJ-02(火星坐标)。",
    "养老用房面积只填实际用于养老服务的房间。",
    "状态分在用、在建、规划、停用四类。",
)
SITE_FIELDS = [
    ("site_id", "资源编号"),
    ("name", "名称"),
    ("site_kind", "类型"),
    ("owner", "权属"),
    ("lon", "经度"),
    ("lat", "纬度"),
    ("floor_area_m2", "可用建筑面积"),
    ("land_area_m2", "可用用地面积"),
    ("storey", "所在楼层"),
    ("has_lift", "有无电梯"),
    ("is_basement", "是否地下"),
    ("allowed_types", "允许用途"),
    ("structure_ok", "结构安全"),
    ("fire_ok", "消防合格"),
    ("consent", "权利人意见"),
    ("plan_conformity", "规划符合性"),
    ("conversion_yuan_per_m2", "改造单价(元/㎡)"),
    ("available_year", "可用年份"),
    ("note", "备注"),
]


def degrees_of(table, datum):
    """Return longitude and latitude, six decimals, of the columns x and y in a datum."""
    lon, lat = from_wgs84(*TO_DEGREES.transform(table["x"].to_numpy(float), table["y"].to_numpy(float)), datum)
    return np.round(lon, 6), np.round(lat, 6)


def write_estates(rows, folder):
    """Write estates.shp: GBK text, no .cpg, and no language driver in the .dbf."""
    schema = {"geometry": "Polygon", "properties": {theirs: kind for _, theirs, kind in ESTATE_FIELDS}}
    how = {"driver": "ESRI Shapefile", "crs": FILE_CRS.from_epsg(CRS_CODE), "schema": schema, "encoding": "gbk"}
    with fiona.open(folder / "estates.shp", "w", DBF_DATE_LAST_UPDATE=DAY, **how) as sink:
        for row in rows.to_dict("records"):
            properties = {theirs: _cell(row[ours], kind) for ours, theirs, kind in ESTATE_FIELDS}
            sink.write({"geometry": mapping(row["geometry"]), "properties": properties})
    (folder / "estates.cpg").unlink()
    table = bytearray((folder / "estates.dbf").read_bytes())
    table[29] = 0
    (folder / "estates.dbf").write_bytes(table)


def _cell(value, kind):
    if value is None or value != value:
        return None
    kind, _, width = kind.partition(":")
    if kind == "str":
        assert len(str(value).encode("gbk")) <= int(width), value
        return str(value)
    return int(value) if kind == "int" else float(value)


def write_ledger(rows, path, title, note):
    """Write the facility ledger: title, note, headings in row 3, merged subdistricts, totals, a sheet of notes."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": datetime.fromisoformat(DAY)})
        bold, plain = book.add_format({"bold": True, "align": "center"}), book.add_format({"valign": "vcenter"})
        sheet = book.add_worksheet("设施台账")
        sheet.merge_range(
            0, 0, 0, len(LEDGER) - 1, title, book.add_format({"bold": True, "align": "center", "font_size": 16})
        )
        sheet.merge_range(1, 0, 1, len(LEDGER) - 1, note)
        for at, (_, theirs, width) in enumerate(LEDGER):
            sheet.write_string(LEDGER_HEADER_ROW - 1, at, theirs, bold)
            sheet.set_column(at, at, width)
        sheet.freeze_panes(LEDGER_HEADER_ROW, 3)
        for k, row in enumerate(rows.to_dict("records")):
            for at, (ours, _, _) in enumerate(LEDGER[1:], 1):
                _write(sheet, LEDGER_HEADER_ROW + k, at, row[ours])
        for subdistrict, block in rows.groupby("subdistrict", sort=False):
            first, last = int(block.index[0]), int(block.index[-1])
            sheet.merge_range(LEDGER_HEADER_ROW + first, 0, LEDGER_HEADER_ROW + last, 0, subdistrict, plain)
        total = LEDGER_HEADER_ROW + len(rows)
        sheet.write_string(total, 0, "合计", bold)
        sheet.write_string(total, 2, f"{len(rows)}处", bold)
        notes = book.add_worksheet("填表说明")
        for k, line in enumerate(LEDGER_NOTES):
            notes.write_string(k, 0, line)
    _stored(path)


def _write(sheet, row, column, value):
    if value is None or value != value or value == "":
        return
    if isinstance(value, str):
        sheet.write_string(row, column, value)
    else:
        sheet.write_number(row, column, value)


def _stored(path):
    """Pack the workbook again without compression: compressed bytes differ from one zlib to the next."""
    with zipfile.ZipFile(path) as source:
        parts = [(name, source.read(name)) for name in source.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as sink:
        for name, content in parts:
            sink.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)


def write_sites(rows, path):
    """Write the reuse sites as Excel in China saves CSV: GBK, CRLF."""
    with path.open("w", encoding="gbk", newline="") as sink:
        out = csv.writer(sink, lineterminator="\r\n")
        out.writerow([theirs for _, theirs in SITE_FIELDS])
        for row in rows.to_dict("records"):
            out.writerow([_text(row[ours]) for ours, _ in SITE_FIELDS])


def _text(value):
    if value is None or value != value:
        return ""
    return f"{value:.6f}".removesuffix(".000000") if isinstance(value, float) else str(value)


def write_geojson(rows, path, fields):
    """Write a layer as GeoJSON in degrees; `fields` is their name -> our column."""
    features = []
    for row in rows.to_dict("records"):
        shape = gpd.GeoSeries([row["geometry"]], crs=CRS_CODE).to_crs(4490).iloc[0]
        properties = {theirs: row[ours] for theirs, ours in fields.items()}
        features.append({"type": "Feature", "properties": properties, "geometry": _rounded(mapping(shape))})
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    path.write_text(
        f'{{"type": "FeatureCollection", "name": "{path.stem}", "features": [\n{lines}\n]}}\n',
        encoding="utf-8",
        newline="\n",
    )


def _rounded(item):
    if isinstance(item, dict):
        return {"type": item["type"], "coordinates": _rounded(item["coordinates"])}
    return round(item, DEGREES) if isinstance(item, float) else [_rounded(part) for part in item]


def write_gpkg(rows, path, layer, fields, crs=CRS_CODE):
    """Write a layer as GeoPackage; `fields` is their name -> our column."""
    frame = gpd.GeoDataFrame(
        {theirs: rows[ours] for theirs, ours in fields.items()}, geometry=list(rows["geometry"]), crs=CRS_CODE
    )
    if crs != CRS_CODE:
        frame = frame.to_crs(4490).set_crs(crs, allow_override=True)
        frame.geometry = shapely.transform(frame.geometry.values, lambda xy: np.round(xy, DEGREES))
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{DAY}T00:00:00.000Z"})
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", SPATIAL_INDEX="NO")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_json(content, path):
    """Write facts as JSON, lists of plain values on one line."""
    text = json.dumps(content, ensure_ascii=False, indent=1)
    text = re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda found: "[" + re.sub(r"\s*\n\s*", " ", found[1]) + "]", text)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def clear(folder: Path):
    """Remove what an earlier run of the script wrote."""
    for name in ("estates.*", "*.gpkg", "*.geojson", "facilities.xlsx", "sites.csv", "expected.json"):
        for old in folder.glob(name):
            old.unlink()
