"""plan.xlsx and check.xlsx: words and numbers, and nothing that a spreadsheet program would run."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from little_plan import FORMULA, LINK, LONG, RARE, RIGHT_TO_LEFT, all_tables, estates_table, little_plan, table
from python_calamine import CalamineWorkbook

from geoplan import workbook
from geoplan.cover import overview
from geoplan.schema import empty_table, tables
from geoplan.sheets import ONLY_WITH_ROWS, SHEETS, sheets_of
from geoplan.workbook import write_findings, write_workbook

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Rows = dict[str, list[list[object]]]


def rows_of(file: Path) -> Rows:
    book = CalamineWorkbook.from_path(file)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def written(folder: Path, **changes: object) -> Path:
    write_workbook(little_plan(folder / "plan", **changes), folder / "plan.xlsx")
    return folder / "plan.xlsx"


def columns(sheet: list[list[object]]) -> dict[object, list[object]]:
    return {heading: [row[number] for row in sheet[1:]] for number, heading in enumerate(sheet[0])}


def parts(file: Path, pattern: str) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(file) as archive:
        return {name: ElementTree.fromstring(archive.read(name))
                for name in archive.namelist() if re.fullmatch(pattern, name)}


def test_the_sheets_stand_in_the_order_in_which_people_ask(tmp_path: Path) -> None:
    assert list(rows_of(written(tmp_path))) == [
        "概况", "片区一览", "小区台账", "设施短板", "养老用房", "选址", "选址手续", "打通围墙", "改造内容与造价",
        "年度资金汇总", "资金", "资金来源对照", "储备库排序", "年度计划", "里程碑", "进度横道图", "衡量标准",
        "可用资源", "联动关系", "参数与依据", "数据核查"]


def test_an_english_plan_has_english_sheets(tmp_path: Path) -> None:
    book = rows_of(written(tmp_path, language="en"))
    assert list(book)[:3] == ["Overview", "Areas", "Estates"]
    assert columns(book["Estates"])["Eligibility"][5] == "Ineligible"


def test_the_cover_counts_what_the_tables_hold(tmp_path: Path) -> None:
    book = rows_of(written(tmp_path))
    cover = {row[0]: row[1] for row in book["概况"]}
    assert book["概况"][0][0] == "试点<b>&{{7*7}}"
    assert cover["政策基准日"] == "2024-03-01"
    assert cover["纳入分析的小区"] == "6 个（符合 4，待核实 1，不符合 1）"
    assert cover["片区内户数"] == "1,500"  # 600 + 900
    assert cover["片区内常住人口"] == "3,930"  # 1,572 + 2,358
    assert cover["片区养老用房（平方米）"] == "需求 393.0，现有 400.0，缺口 58.0"  # 157.2 + 235.8; 100 + 300; 58 + 0
    assert cover["检查说明"] == "错误 1、警告 1、说明 1"
    assert "直线距离" in str(cover["假设与待核事项"])
    assert "5 个小区没有常住人口数" in str(cover["假设与待核事项"])


def test_codes_are_words_and_units_stand_in_the_headings(tmp_path: Path) -> None:
    book = rows_of(written(tmp_path))
    areas = columns(book["片区一览"])
    assert areas["缺口设施"][:2] == ["日间照料；幼儿园", ""]
    assert areas["所含小区"][0] == f"=1+1；@SUM(1)；{RARE}"
    assert areas["投资额（万元）"] == [1234.5678, "", ""]
    assert areas["养老用房状态"][:2] == ["未达标：无可用场地", "达标"]
    assert columns(book["设施短板"])["设施类型"] == ["老年人日间照料中心(含托老所)"] * 2


def test_the_reason_of_a_verdict_is_a_sentence_with_its_clause(tmp_path: Path) -> None:
    reasons = columns(rows_of(written(tmp_path))["小区台账"])["纳入条件说明"]
    # the soft rule excludes nobody
    assert reasons[5] == "不通过：建成年份 2008，要求 <= 2005（青建房〔2023〕268号 第一条）"
    assert reasons[3] == "待核实：建成年份 —，要求 <= 2005（青建房〔2023〕268号 第一条）"
    assert reasons[:3] == ["", "", ""]


def test_an_estate_that_is_shut_out_says_so_where_no_rule_of_entry_failed(tmp_path: Path) -> None:
    reasons = columns(rows_of(written(tmp_path))["小区台账"])["入库条件说明"]
    assert reasons == ["", "", "", "", "", "不符合纳入条件"]


def test_only_the_answers_that_decided_are_reasons(tmp_path: Path) -> None:
    verdicts = table(
        "verdicts", estate_id=["E1"] * 4, rule_id=["R1", "R2", "R3", "R4"], document=["D"] * 4, clause=["1"] * 4,
        strength=["hard"] * 4, param=["households", "completion_year", "buildings", "residents"],
        value=["1", None, "3", None], limit=["2"] * 4, result=["fail", "unknown", "pass", "not_set"],
        stage=["eligibility"] * 4)
    reasons = columns(rows_of(written(tmp_path, verdicts=verdicts))["小区台账"])["纳入条件说明"]
    assert reasons[0] == "不通过：户数 1，要求 2（D 1）"


def test_unknown_is_said_and_is_neither_no_nor_zero(tmp_path: Path) -> None:
    book = rows_of(written(tmp_path))
    gaps = columns(book["设施短板"])
    assert gaps["是否缺口"] == ["是", "待核实"]
    assert gaps["未覆盖人口（人）"] == [786, ""]
    assert columns(book["小区台账"])["户数（户）"][5] == ""


def test_standard_and_confidence_go_with_every_gap(tmp_path: Path) -> None:
    gaps = columns(rows_of(written(tmp_path))["设施短板"])
    assert gaps["标准距离（米）"] == [300, 300]
    assert gaps["可信度"] == ["经验值，须核对"] * 2


def test_a_column_without_any_value_is_left_out(tmp_path: Path) -> None:
    headings = rows_of(written(tmp_path))["片区一览"][0]
    assert "得分" not in headings
    assert "户数（户）" in headings


def test_hostile_text_is_text_and_nothing_runs(tmp_path: Path) -> None:
    hostile = [FORMULA, LINK, "+cmd|' /C calc'!A0", "{=1}", "0012", RIGHT_TO_LEFT]
    names = estates_table().assign(name=hostile)
    file = written(tmp_path, estates=names)
    assert columns(rows_of(file)["小区台账"])["小区名称"] == hostile
    sheets = parts(file, r"xl/worksheets/sheet\d+\.xml")
    assert len(sheets) == len(SHEETS) + 1 - len(ONLY_WITH_ROWS)
    assert sum(len(list(sheet.iter(f"{MAIN}f"))) for sheet in sheets.values()) == 0
    assert sum(len(list(sheet.iter(f"{MAIN}hyperlink"))) for sheet in sheets.values()) == 0
    assert parts(file, r"xl/worksheets/_rels/.*") == {}


def test_control_characters_go_and_the_rest_stays(tmp_path: Path) -> None:
    names = columns(rows_of(written(tmp_path))["小区台账"])["小区名称"]
    assert names[2:] == [RARE, RIGHT_TO_LEFT, "一二三四\n五\t六", LONG]


def test_text_that_looks_like_an_escape_stays_as_it_is(tmp_path: Path) -> None:
    names = estates_table().assign(name=["_x0041_", "a", "b", "c", "d", "e"])
    file = written(tmp_path, estates=names)
    with zipfile.ZipFile(file) as archive:  # Excel reads _x005F_ as the underscore that begins an escape
        assert "<t>_x005F_x0041_</t>" in archive.read("xl/sharedStrings.xml").decode()


def test_text_longer_than_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    names = estates_table().assign(name=["长" * 40_000, "𠮷" * 20_000, "长" * 32_767, "𠮷" * 16_383, "d", "e"])
    found = [str(name) for name in columns(rows_of(written(tmp_path, estates=names))["小区台账"])["小区名称"]]
    assert [name.endswith("全文见 plan.gpkg）") for name in found] == [True, True, False, False, False, False]
    assert all(len(name.encode("utf-16-le")) <= 2 * 32_767 for name in found)
    assert found[2:4] == ["长" * 32_767, "𠮷" * 16_383]


def test_every_table_can_be_read_printed_and_filtered(tmp_path: Path) -> None:
    for name, sheet in parts(written(tmp_path), r"xl/worksheets/sheet\d+\.xml").items():
        setup = sheet.find(f"{MAIN}pageSetup")
        assert setup is not None
        assert setup.attrib["orientation"] == "landscape"
        assert setup.attrib["paperSize"] in ("8", "9")
        assert sheet.find(f"{MAIN}headerFooter") is not None
        if name != "xl/worksheets/sheet1.xml":
            pane = sheet.find(f"{MAIN}sheetViews/{MAIN}sheetView/{MAIN}pane")
            assert pane is not None
            assert pane.attrib["state"] == "frozen"
            assert sheet.find(f"{MAIN}autoFilter") is not None
            widths = [float(column.attrib["width"]) for column in sheet.iter(f"{MAIN}col")]
            assert min(widths) >= 5
            assert max(widths) < 45
    names = parts(tmp_path / "plan.xlsx", r"xl/workbook\.xml")["xl/workbook.xml"]
    titles = [name for name in names.iter(f"{MAIN}definedName") if name.attrib["name"] == "_xlnm.Print_Titles"]
    assert len(titles) == len(SHEETS) - len(ONLY_WITH_ROWS)


def test_a_plan_without_a_row_still_has_its_headings(tmp_path: Path) -> None:
    empty = {name: empty_table(name, "EPSG:4549") for name in tables("out")}
    book = rows_of(written(tmp_path, **empty))
    assert "户数（户）" in book["小区台账"][0]
    assert {row[0]: row[1] for row in book["概况"]}["片区内户数"] == "0"


def test_no_facilities_is_said_and_not_counted_as_no_need(tmp_path: Path) -> None:
    areas = all_tables()["areas"].assign(elder_have_m2=float("nan"), elder_short_m2=float("nan"))
    cover = {row[0]: row[1] for row in rows_of(written(tmp_path, areas=areas))["概况"]}
    assert cover["片区养老用房（平方米）"] == "未提供设施数据，无法核算"


def test_more_rows_than_a_sheet_holds_go_on_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 4)
    book = rows_of(written(tmp_path))
    assert [row[0] for row in book["小区台账"][1:]] == ["E1", "E2", "E3", "E4"]
    assert [row[0] for row in book["小区台账 2"][1:]] == ["E5", "E6"]
    assert book["小区台账 2"][0] == book["小区台账"][0]


def test_remarks_stand_worst_first_with_their_colour(tmp_path: Path) -> None:
    write_findings(all_tables()["remarks"], "zh", tmp_path / "check.xlsx")
    book = rows_of(tmp_path / "check.xlsx")
    assert book["数据核查"] == [
        ["级别", "图层", "行号", "说明", "处理"],
        ["错误", "设施", 3, "坐标超出范围", "已剔除"],
        ["警告", "阻隔: water", "", "阻隔为空", "保留"],
        ["说明", "小区", 7, "=HYPERLINK(1)", "保留"],
    ]
    styles = parts(tmp_path / "check.xlsx", r"xl/styles\.xml")["xl/styles.xml"]
    colours = {colour.attrib.get("rgb", "") for colour in styles.iter(f"{MAIN}fgColor")}
    assert {"FFF8CBC4", "FFFCE8B2"} <= colours


def test_the_date_inside_is_the_day_of_the_plan(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path)) as archive:
        core = archive.read("docProps/core.xml").decode()
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2024-03-01T00:00:00Z"}


def test_a_place_that_does_not_exist_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_workbook(little_plan(tmp_path / "plan"), tmp_path / "nowhere" / "plan.xlsx")


def test_names_of_links_are_those_of_their_estates(tmp_path: Path) -> None:
    links = columns(rows_of(written(tmp_path))["联动关系"])
    assert links["小区乙名称"] == ["@SUM(1)", RIGHT_TO_LEFT]
    assert links["阻隔"] == ["", "湟水"]
    assert links["可联动"] == ["是", "否"]


def test_the_walls_of_an_area_stand_in_the_order_in_which_to_open_them(tmp_path: Path) -> None:
    line = all_tables()["links"].geometry.iloc[0]
    openings = table(
        "openings", estate_a=["E1", "E2", "E4"], estate_b=["E2", "E3", "E5"], area_id=["A1", "A1", "A2"],
        resident_minutes_saved=[10.0, 1234.5, None], gaps_closed=[0, 2, 1], rank=[3, 1, 2], geometry=[line] * 3)
    sheet = rows_of(written(tmp_path, openings=openings))["打通围墙"]
    assert sheet[0] == ["片区编号", "片区名称", "排序", "小区甲", "小区甲名称", "小区乙", "小区乙名称",
                        "节省人分钟（人·分钟）", "消除缺口数（个）"]
    assert sheet[1] == ["A1", "鼓楼片区", 1, "E2", "@SUM(1)", "E3", RARE, 1234.5, 2]
    assert [row[2] for row in sheet[1:]] == [1, 3, 2]  # A1 first, though the wall of A2 is the second of the plan
    assert sheet[3][7] == ""


def test_the_need_of_elder_care_stands_beside_the_name_of_its_area(tmp_path: Path) -> None:
    care = table("care", area_id=["A2"], need_m2=[235.8], short_m2=[0.0], status=["met"], land_status=["unknown"])
    found = columns(rows_of(written(tmp_path, care=care))["养老用房"])
    assert found["片区名称"] == ["=片区", ""]
    assert found["用房需求（平方米）"] == [235.8, 235.8]  # and the sum
    assert found["现状缺口（平方米）"] == [0, 0]


def test_a_rule_that_only_repeats_others_is_no_reason_of_its_own(tmp_path: Path) -> None:
    verdicts = table(
        "verdicts", estate_id=["E1"] * 3 + ["E2"], rule_id=["R1", "R2", "R3", "R1"], document=["D"] * 4,
        clause=["1"] * 4, strength=["hard"] * 4, value=["1"] * 4, limit=["2"] * 4, result=["fail"] * 4,
        param=["out_of_scope_in_plan", "households", "households", "out_of_scope_in_plan"], stage=["eligibility"] * 4)
    reasons = columns(rows_of(written(tmp_path, verdicts=verdicts))["小区台账"])["纳入条件说明"]
    assert str(reasons[0]).count("不通过") == 1  # the households, once
    assert "户数" in str(reasons[0])
    assert str(reasons[1]).startswith("不通过")  # nothing else says why


def test_the_sitings_say_whom_they_serve(tmp_path: Path) -> None:
    sitings = table("sitings", site_id=["S1", "S1"], facility_type=["ELD_DAYCARE", "ELD_MEAL"], area_id=["A1", "A1"],
                    floor_area_m2=[350.0, 100.0], residents_served=[500, 600], amount_yuan=[700_000.0, 200_000.0])
    served = table("siting_areas", site_id=["S1", "S1", "S1"], facility_type=["ELD_DAYCARE", "ELD_DAYCARE", "ELD_MEAL"],
                   area_id=["A1", "A2", "A1"], elder_m2=[58.0, 12.5, 0.0])
    found = columns(rows_of(written(tmp_path, sitings=sitings, siting_areas=served))["选址"])
    assert found["服务片区（计入养老用房）"] == ["A1 58.0 m²；A2 12.5 m²", "A1", ""]
    assert found["投资额（万元）"] == [70, 20, 90]
    assert found["建筑面积（平方米）"][-1] == 450


def test_every_year_has_one_line_with_its_money_and_what_the_budget_leaves(tmp_path: Path) -> None:
    programme = table("programme", area_id=["A1", "A2"], plan_year=[2025, None], households=[600, 900],
                      amount_yuan=[3_000_000.0, 1_000_000.0])
    funding = table("funding", area_id=["A1", "A1", "A2"], item=["ROOF"] * 3, source=["residents", "gap", "gap"],
                    amount_yuan=[1_000_000.0, 2_000_000.0, 1_000_000.0])
    plan = little_plan(tmp_path / "plan", programme=programme, funding=funding)
    sheet = sheets_of(plan)["年度资金汇总"]
    assert sheet["plan_year"].values.tolist() == ["2025", "未排入"]
    assert sheet["residents"].heading == "居民（万元）"
    assert sheet["residents"].values.tolist() == [100, 0]
    assert (sheet["gap"].values.tolist(), sheet["gap"].total) == ([200, 100], 300)
    assert (sheet["funded_yuan"].total, sheet["amount_yuan"].total) == (100, 400)  # a gap is nobody's money
    assert sheet["funded_yuan"].heading == "有来源合计（万元）"
    assert "budget_yuan" not in sheet  # none is set


@pytest.mark.parametrize(("yuan", "said"), [
    (2_000_000.0, "共 300.00 万元：有来源 100.00，待核实的补助 0.00，资金缺口 200.00"),
    (None, "共 待核实 万元：有来源 100.00，待核实的补助 0.00，资金缺口 待核实")])
def test_the_cover_says_how_much_has_a_source_and_never_takes_an_unknown_gap_for_none(
    tmp_path: Path, yuan: float | None, said: str,
) -> None:
    programme = table("programme", area_id=["A1"], plan_year=[2025], households=[600],
                      amount_yuan=[None if yuan is None else 1_000_000.0 + yuan])
    funding = table("funding", area_id=["A1", "A1"], item=["ROOF", "WALL"], source=["residents", "gap"],
                    amount_yuan=[1_000_000.0, yuan])
    cover = dict(overview(little_plan(tmp_path / "plan", programme=programme, funding=funding)))
    assert said in cover["资金"]


def test_other_programmes_stand_beside_the_plan_and_years_that_move_are_marked(tmp_path: Path) -> None:
    others = table("programme_alternatives", alternative=[1, 1, 2, 2], area_id=["A1", "A2"] * 2,
                   plan_year=[2026, None, 2026, 2025], score_households=[100.0, 100.0, 90.0, 90.0],
                   worth_share=[1.0, 1.0, 0.9, 0.9])
    sheet = columns(rows_of(written(tmp_path, programme_alternatives=others))["年度计划备选"])
    assert sheet["片区编号"] == ["A1", "A2"]
    assert sheet["所采用的计划"] == ["2026", "未排入"]
    assert sheet["备选1（得分为其90.0%）"] == ["2026", "→ 2025"]


def test_the_chart_has_narrow_months_and_says_what_its_marks_mean(tmp_path: Path) -> None:
    programme = table("programme", area_id=["A1"], plan_year=[2025], households=[600])
    milestones = table("milestones", area_id=["A1"], milestone=["next_year_plan_submission"], due_date=["2024-06-30"],
                       pace=["in_time"])
    chart = sheets_of(little_plan(tmp_path / "plan", programme=programme, milestones=milestones))["进度横道图"]
    assert chart["area_id"].heading == "片区名称\n报 上报次年改造计划；─ 进行中"
    assert (chart["2024-06"].heading, chart["2024-06"].values[0], chart["2024-06"].width) == ("2024\n06", "报", 5)


def test_progress_and_its_report_have_sheets_where_there_is_progress(tmp_path: Path) -> None:
    progress = table("progress", area_id=["A1"], stage=["done"], issues=["屋面渗漏"], issues_open=[1])
    monthly = table("monthly", plan_year=[2025] * 2, figure=["issues_open", "areas"], value=[1.0, 1.0],
                    unit=["count", "count"])
    book = rows_of(written(tmp_path, progress=progress, monthly=monthly))
    assert columns(book["工程进度与问题台账"])["待整改问题"] == ["屋面渗漏"]
    assert columns(book["月报"])["指标"] == ["片区数", "未整改问题，占全部问题"]  # in the order of the form


def test_documents_are_cited_by_their_numbers(tmp_path: Path) -> None:
    funding = table("funding", area_id=["A1"], item=["ROOF"], source=["residents"], amount_yuan=[1.0],
                    clause=["QH-2021-13 三7 [QH21-23]"])
    for language, words in (("zh", "青政办〔2021〕13号 三7 [QH21-23]"), ("en", "QH-2021-13 三7 [QH21-23]")):
        plan = little_plan(tmp_path / language, language=language, funding=funding)
        shown = sheets_of(plan)["资金" if language == "zh" else "Funding"]
        assert shown["clause"].values.tolist() == [words]
