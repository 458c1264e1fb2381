"""Explain: every figure of a finished run with its reason, from the run folder alone."""

import subprocess
import sys
import unicodedata
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from little_plan import CRS_OF_PLAN, X0, Y0, all_tables, little_plan, table
from shapely import LineString
from test_cli import geoplan, write_project
from test_documents import SOUND

from geoplan.errors import DataError
from geoplan.explain import explain
from geoplan.labels import table_name
from geoplan.pages import lay_out
from geoplan.publish import publish
from geoplan.runs import Run, open_run

QUOTE = "建成于 2000 年后、2005 年底前小区纳入改造计划的"


def changed_tables() -> dict[str, pd.DataFrame]:
    """Return what the pages are made of: A1 = E1 E2 E3 with its hub E2, all figures small enough to add up by hand."""
    ids, rules = ["E1", "E1", "E1", "E4", "E6", "E6"], ["QH23-03", "QH21-09", "CN50-16", "QH23-03", "L-01", "QH23-03"]
    return {
        "verdicts": table(
            "verdicts", estate_id=ids, rule_id=rules,
            document=["QH-2023-268", "QH-2021-13", "CN-2021-50", "QH-2023-268", "LOCAL-1", "QH-2023-268"],
            clause=["1", "二(一)", "一(七)", "1", "一", "1"], strength=["hard", "soft", "hard", "hard", "hard", "hard"],
            param=["completion_year_max", "completion_year", "plan_entry.participation_rate & agree_rate",
                   "completion_year_max", "plan_entry.agree_rate", "completion_year_max"],
            value=["1995", "1995", None, None, "80/100 = 0.8", "2008"],
            limit=["≤ 2005", "≤ 2000", "≥ 当地规定", "≤ 2005", "≥ 0.85", "≤ 2005"],
            result=["pass", "pass", "not_set", "unknown", "fail", "fail"],
            stage=["eligibility", "eligibility", "plan_entry", "eligibility", "plan_entry", "eligibility"]),
        "links": table(
            "links", estate_a=["E1", "E2", "E3"], estate_b=["E2", "E3", "E4"], gap_m=[20.0] * 3,
            length_m=[120.0, 110.0, 120.0], kind=["across_street"] * 3, barrier=[None, None, "湟水"],
            usable=[True, True, False], reason=["usable", "usable", "barrier"],
            geometry=[LineString([(X0 + x, Y0), (X0 + x + 20, Y0)]) for x in (100, 220, 340)]),
        "grouping": table(
            "grouping", component_id=["C1", "C2"], estates=[3, 2], areas=[1, 1], left_over=[0, 0],
            objective=[545_000.0, 560_000.0], lower_bound=[545_000.0, 504_000.0], gap_share=[0.0, 0.1]),
        "care": table(
            "care", area_id=["A1", "A2"], residents=[1_572, 2_358], need_m2=[157.2, 235.8], inside_m2=[60.0, 300.0],
            declared_m2=[40.0, 0.0], planned_m2=[20.5, 0.0], short_m2=[58.0, 0.0], short_after_m2=[37.0, 0.0],
            status=["not_met_no_site", "met"], land_need_m2=[157.2, 235.8], land_have_m2=[None, 10.0],
            land_status=["unknown", "not_met"]),
        "parameters": table(
            "parameters", name=["areas.area_overhead", "circle.area_tolerance", "elder.basis", "elder.count_scope",
                                "elder.m2_per_resident"],
            value=["500000", "0.1", "premises", "declared", "0.1"], unit=[None, "share", None, None, "m2/person"],
            origin=["default", "default", "default", "default", "policy"],
            clause_or_because=["管理代价", "一成", "用房", "约定", "QH-2023-268 7 [QH23-42]"]),
        "walks": table(
            "walks", estate_id=["E1", "E1", "E2", "E4"],
            facility_type=["ELD_DAYCARE", "KINDERGARTEN", "ELD_DAYCARE", "ELD_DAYCARE"],
            state=["today"] * 4, distance_m=[50.5, None, 700.0, None], minutes=[1.05, None, 14.6, None],
            facility_id=["F1", None, "F1", None]),
        "gaps": table(
            "gaps", estate_id=["E1", "E1", "E2"], facility_type=["ELD_DAYCARE", "KINDERGARTEN", "ELD_DAYCARE"],
            limit_m=[300.0] * 3, distance_m=[50.5, None, 700.0], is_gap=[False, None, True],
            standard=["GB 50180-2018", "GB 50180-2018", "GB 50180-2018"], confidence=["K", "V-sec", "K"]),
        "remarks": table(
            "remarks", layer=["estates", "estates", "estates"], row=[2, 3, None], code=["a.b", "a.c", "a.d"],
            severity=["note"] * 3, message=["甲(E1)：读作 1995", "E10：户数为空", "E1-2 改名"], action=["kept"] * 3),
    }


def published(folder: Path, *, language: str = "zh", **changed: pd.DataFrame) -> Run:
    made = all_tables()
    changes = changed_tables() | {
        "estates": made["estates"].assign(component_id=["C1", "C1", "C1", "C2", "C2", None]),
        "areas": made["areas"].assign(cost=[545_000.0, 560_000.0]),
    } | changed
    return open_run(publish(little_plan(folder / "p", language=language, **changes), folder / "out"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return published(tmp_path_factory.mktemp("zh"))


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return published(tmp_path_factory.mktemp("en"), language="en")


def page_of(run: Run, wanted: str) -> str:
    return lay_out(explain(run, wanted))


def test_an_estate_is_told_with_every_column_and_its_unit(run: Run) -> None:
    page = page_of(run, "E1")
    assert "户数（户）：100" in page
    assert "建成年份：1995" in page
    assert "建筑面积（平方米）：1.5" in page
    assert "用地面积（平方米）：–" in page


def test_a_verdict_has_value_limit_clause_and_the_words_of_the_law(run: Run) -> None:
    lines = page_of(run, "E1").splitlines()
    at = next(place for place, line in enumerate(lines) if "QH23-03" in line)
    assert lines[at] == "  [通过] QH23-03 强制  completion_year_max：1995；要求 ≤ 2005"
    assert lines[at + 1].endswith(f"《关于扎实推动全省城镇老旧小区改造提质增效的意见》1：“{QUOTE}”")


def test_a_state_names_the_rules_it_comes_from(run: Run) -> None:
    assert "纳入条件：符合，没有强制条款不通过、待核实或标准未定" in page_of(run, "E1")
    assert "纳入条件：待核实，取决于 QH23-03(待核实)" in page_of(run, "E4")
    assert "纳入条件：不符合，取决于 QH23-03(不通过)" in page_of(run, "E6")
    assert "入库条件：未就绪，因为不符合纳入条件" in page_of(run, "E6")


def test_a_rule_of_the_planners_own_file_says_that_its_words_are_not_in_the_run(run: Run) -> None:
    page = page_of(run, "E6")
    assert "  [不通过] L-01 强制  plan_entry.agree_rate：80/100 = 0.8；要求 ≥ 0.85" in page
    assert "LOCAL-1 一（不是本版本 geoplan 所带的文件，条文不在成果中，请查原件）" in page


def test_a_rule_that_stands_elsewhere_today_is_not_quoted_in_its_name(tmp_path: Path) -> None:
    verdicts = changed_tables()["verdicts"].assign(clause="九")
    page = page_of(published(tmp_path, verdicts=verdicts), "E1")
    assert QUOTE not in page
    assert "QH-2023-268 九（不是本版本" in page


def test_walks_show_limit_standard_confidence_and_the_nearest_by_name(run: Run) -> None:
    lines = page_of(run, "E1").splitlines()
    care = next(line for line in lines if line.startswith("老年人日间照料中心"))
    assert care.split() == ["老年人日间照料中心(含托老所)", "否", "–", "50.5", "300", "1", "日间照料中心(F1)",
                            "经验值，须核对", "GB", "50180-2018"]
    kindergarten = next(line for line in lines if line.startswith("幼儿园"))
    assert kindergarten.split()[:7] == ["幼儿园", "–", "–", "–", "300", "–", "–"]
    assert any("不作判断" in line for line in lines)
    assert any("距离为直线距离乘以绕行系数" in line for line in lines)


def test_links_say_why_or_why_not(run: Run) -> None:
    line, = (line for line in page_of(run, "E3").splitlines() if "被阻隔且无步行通道" in line)
    assert "(E4)" in line
    assert line.split()[-7:] == ["否", "被阻隔且无步行通道", "隔街", "20", "120", "湟水", "A2"]


def test_the_area_of_an_estate_and_the_reason_of_one_that_has_none(run: Run) -> None:
    # E3 to the hub E2: one link of 110 m
    assert "编入 鼓楼片区(A1)，沿联动关系到中心小区" in page_of(run, "E3")
    assert page_of(run, "E3").count("(E2) 110 米") == 1
    assert "未编入片区：不符合纳入条件" in page_of(run, "E6")


def test_a_remark_is_shown_where_it_names_the_id_and_nowhere_else(run: Run) -> None:
    page = page_of(run, "E1")
    assert "甲(E1)：读作 1995" in page
    assert "E10" not in page
    assert "E1-2" not in page


def test_the_cost_of_an_area_is_added_up(run: Run) -> None:
    # 500,000 + 100 x 120 + 200 x 0 + 300 x 110 = 500,000 + 45,000 = 545,000 household-metres
    page = page_of(run, "A1")
    assert "联动代价 = 单个项目的固定代价 500,000 + 各小区户数 × 到中心小区的距离 45,000 = 545,000 户·米" in page
    assert "合计 3 个小区、600 户、1,572 人" in page


def test_the_bound_of_a_grouping_says_what_is_proven(run: Run) -> None:
    assert "联动分组 C1（3 个小区，1 个片区，未编入 0 个）" in page_of(run, "A1")
    assert "目标值 545,000，下界 545,000，差距 0.0%" in page_of(run, "A1")
    assert "已证明没有更好的编组" in page_of(run, "A1")
    assert "差距 10.0%" in page_of(run, "A2")
    assert "尚未证明这是最好的编组" in page_of(run, "A2")


def test_the_elder_care_account_is_written_out(run: Run) -> None:
    page = page_of(run, "A1")
    assert "标准：每位常住居民 0.1 平方米（政策：QH-2023-268 7 [QH23-42]）" in page
    assert "需求 = 0.1 × 1,572 人 = 157.2 平方米" in page
    assert "现有（片区内及约定服务本片区）= 片区内用房（平方米） 60 + 约定服务用房（平方米） 40 = 100 平方米" in page
    # 157.2 - 100 = 57.2, up to 58; 157.2 - 100 - 20.5 = 36.7, up to 37
    assert "现状缺口 = 157.2 − 100 = 57.2，向上取整且不小于零：58 平方米" in page
    assert "实施后缺口 = 157.2 − 100 − 在建和规划 20.5 = 36.7，向上取整且不小于零：37 平方米" in page
    assert "结论：未达标：无可用场地（以用房口径为准）" in page
    assert "用地口径：需求 157.2 平方米，折算 – 平方米，待核实" in page


def test_the_gaps_of_an_area_name_who_is_not_covered(run: Run) -> None:
    line = next(line for line in page_of(run, "A1").splitlines() if line.startswith("老年人日间照料中心"))
    assert line.split() == ["老年人日间照料中心(含托老所)", "是", "–", "786", "1,572", "50.0%", "300",
                            "经验值，须核对", "GB", "50180-2018", "E2"]


def test_a_facility_says_for_whom_it_is_the_nearest(run: Run) -> None:
    page = page_of(run, "F1")
    assert "老年人日间照料中心(含托老所)：标准距离 300 米，GB 50180-2018（经验值，须核对）" in page
    assert [line.split()[-2:] for line in page.splitlines() if "现状" in line] == [["50.5", "1"], ["700", "14.6"]]
    assert "位于 片区 鼓楼片区(A1)、小区" in page
    assert "没有小区以它为最近的同类设施" in page_of(run, "F2")


def test_a_site_says_whether_it_can_be_used_and_why(run: Run) -> None:
    page = page_of(run, "S2")
    assert "可用：否\n原因：无可用面积" in page
    assert "不在任何片区范围内" in page


def test_what_later_steps_plan_for_an_area_is_shown_as_soon_as_a_run_holds_it(tmp_path: Path) -> None:
    more = {
        "funding": table("funding", area_id=["A1"], item=["加装电梯"], source=["省级补助"], amount_yuan=[150_000.0],
                         basis=["policy"], clause=["QH-2021-13 三6"]),
        "openings": table("openings", estate_a=["E1", "E2"], estate_b=["E2", "E3"], area_id=["A1", "A1"],
                          resident_minutes_saved=[10.4, 99.6], gaps_closed=[0, 1], rank=[2, 1],
                          geometry=gpd.GeoSeries([LineString([(X0, Y0), (X0 + 1, Y0)])] * 2, crs=CRS_OF_PLAN)),
    }
    run = published(tmp_path, **more)
    page = page_of(run, "A1")
    assert ["加装电梯", "省级补助", "–", "150,000", "政策条款", "QH-2021-13", "三6"] in [
        line.split() for line in page.splitlines()]
    title = f"【{table_name('openings', 'zh')}】"
    ranks = [line.split()[-1] for line in page[page.index(title):].splitlines()[2:4]]
    assert ranks == ["1", "2"]
    assert page_of(run, "E2").count(title) == 2


def test_a_page_speaks_the_language_of_the_run(english: Run) -> None:
    page = page_of(english, "A1")
    assert "short today = 157.2 - 100 = 57.2, rounded up and at least 0: 58 m²" in page
    assert "Households: 600" in page
    assert "Eligibility: Ineligible, decided by QH23-03(Fail)" in page_of(english, "E6")


def test_an_unknown_id_is_told_with_near_ones(run: Run) -> None:
    with pytest.raises(DataError, match="no estate, area, facility or site E9; near: E") as caught:
        explain(run, "E9")
    assert caught.value.language == "zh"
    with pytest.raises(DataError, match=r"facility or site 鼓楼片区; near: A1"):
        explain(run, "鼓楼片区")
    with pytest.raises(DataError, match=r"facility or site ZZZZZZ$"):
        explain(run, "ZZZZZZ")


def test_an_id_that_two_layers_use_is_explained_in_both(tmp_path: Path) -> None:
    sites = all_tables()["sites"].assign(site_id=["E1", "S2"])
    page = page_of(published(tmp_path, sites=sites), "E1")
    assert "小区编号：E1" in page
    assert "资源编号：E1" in page


@pytest.mark.parametrize("wanted", ["E1", "E4", "E5", "E6", "A1", "A2", "F1", "S1"])
def test_no_name_drives_the_terminal(run: Run, wanted: str) -> None:
    page = page_of(run, wanted)
    assert {unicodedata.category(letter) for letter in page if letter != "\n"} & {"Cc", "Cf", "Cs", "Zl", "Zp"} == set()


def test_a_run_without_facilities_says_so(tmp_path: Path) -> None:
    nothing = {name: table(name, **{key: [] for key in keys}) for name, keys in {
        "walks": ["estate_id"], "gaps": ["estate_id"], "area_gaps": ["area_id"], "care": ["area_id"]}.items()}
    run = published(tmp_path, **nothing)
    assert page_of(run, "E1").count("未提供设施数据") == 1
    assert page_of(run, "A1").count("未提供设施数据") == 2


def test_explaining_loads_no_step_and_no_reader() -> None:
    code = "import sys, geoplan.explain; print(sorted(name for name in sys.modules if name.startswith('geoplan.')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "geoplan.explain" in loaded
    forbidden = ("plan", "read", "screening", "conditions", "eldercare", "areas", "project")
    assert not [name for name in forbidden if f"'geoplan.{name}'" in loaded]


def test_from_a_county_file_in_plan_toml_to_the_page_of_an_estate(tmp_path: Path) -> None:
    """A bureau adds its county by one file; the run judges by it, and the page names its clause."""
    project = write_project(tmp_path / "p", extra="""
[estates.columns]
consent_eligible = "应参与"
consent_participants = "参与"
consent_agree = "同意"
""", 应参与=100, 参与=90, 同意=84)
    plan = (project / "plan.toml").read_text(encoding="utf-8")
    plan = plan.replace('"青海省"', '"某县"').replace("year = 2025", 'year = 2025\npolicy_files = ["county.toml"]')
    (project / "plan.toml").write_text(plan, encoding="utf-8")
    (project / "county.toml").write_text(SOUND, encoding="utf-8")
    done = geoplan("run", project, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    page = geoplan("explain", tmp_path / "out", "E1").stdout
    # 84 of 100 agree: enough for the province (80 %), not for the county (85 %)
    assert "[通过] QH23-19 强制  plan_entry.agree_rate：84/100 = 0.84；要求 ≥ 0.8" in page
    assert "[不通过] L-01 强制  plan_entry.agree_rate：84/100 = 0.84；要求 ≥ 0.85" in page
    assert "LOCAL-1 一（不是本版本 geoplan 所带的文件" in page


def test_an_area_is_told_what_it_lacks_and_where_the_plan_puts_it(tmp_path: Path) -> None:
    changed = changed_tables()
    page = page_of(published(
        tmp_path,
        area_gaps=table(
            "area_gaps", area_id=["A1", "A1", "A2"], facility_type=["ELD_DAYCARE", "KINDERGARTEN", "ELD_DAYCARE"],
            residents=[1_572, 1_572, 2_358], uncovered_residents=[524, 1_572, None], uncovered_share=[1 / 3, 1.0, None],
            is_gap=[True, True, None], is_gap_after=[False, True, None], reason=[None, "no_consent", "no_data"]),
        gaps=table(
            "gaps", estate_id=["E1", "E1", "E2"], facility_type=["ELD_DAYCARE", "KINDERGARTEN", "ELD_DAYCARE"],
            limit_m=[300.0] * 3, distance_m=[50.5, None, 700.0], is_gap=[False, True, True],
            is_gap_after=[False, True, False], residents=[262, 262, 524], standard=["GB 50180-2018"] * 3,
            confidence=["K", "V-sec", "K"]),
        walks=pd.concat([changed["walks"], table(
            "walks", estate_id=["E2"], facility_type=["ELD_DAYCARE"], state=["opened"], distance_m=[290.0],
            minutes=[6.0], facility_id=["F1"])]),
        sitings=table(
            "sitings", site_id=["S1"], facility_type=["ELD_DAYCARE"], area_id=["A1"], floor_area_m2=[350.0],
            residents_served=[524], amount_yuan=[875_000.0], procedures=["change_of_use、availability_check"]),
        siting_areas=table(
            "siting_areas", site_id=["S1"], facility_type=["ELD_DAYCARE"], area_id=["A1"], residents_served=[524],
            elder_m2=[37.0]),
        procedures=table(
            "procedures", site_id=["S1", "S1"], facility_type=["ELD_DAYCARE"] * 2,
            procedure=["availability_check", "change_of_use"], rule_id=[None, "QH21-42"],
            clause=[None, "QH-2021-13 三15"]),
    ), "A1")
    told = page[page.index("【缺什么、放在哪里】"):].split("【选址】")[0].splitlines()
    assert told[1:] == [
        "缺幼儿园：1 个小区、262 人步行 300 米以内没有（GB 50180-2018，可信度：二手资料）",
        "    现有：步行网络上到不了任何在用的一处",
        "    实施后：仍缺，权利人不同意",
        "缺老年人日间照料中心(含托老所)：1 个小区、524 人步行 300 米以内没有（GB 50180-2018，可信度：经验值，须核对）",
        "    现有：各小区到最近一处 700 米，其中最近的是 日间照料中心(F1)",
        "    方案：打通围墙后 1 个小区够得着现有设施",
        "    方案：利用 锅炉房(S1) 设 350 平方米，解决本片区 524 人，全处投资 875,000 元",
        "    其中 37 平方米计入本片区养老用房",
        "    手续：核实可用时间、改变建筑功能：依法办理全部手续〔QH-2021-13 三15 QH21-42〕",
        "    实施后：不再是片区缺口", ""]
    assert "− 在建和规划 20.5 − 选址 37 = -0.3，向上取整且不小于零：37 平方米" in page


def test_a_limit_of_the_project_is_told_with_the_planners_reason_and_the_farthest_and_the_cut_off_are_counted(
    tmp_path: Path,
) -> None:
    changed = changed_tables()
    limits = table("parameters", name=["circle.limits.ELD_DAYCARE"], value=["300"], unit=["m"], origin=["project"],
                   clause_or_because=["河谷坡缓"])
    page = page_of(published(
        tmp_path, parameters=pd.concat([changed["parameters"], limits]),
        area_gaps=table("area_gaps", area_id=["A1"], facility_type=["ELD_DAYCARE"], residents=[1_572],
                        uncovered_residents=[1_572], uncovered_share=[1.0], is_gap=[True], is_gap_after=[True],
                        reason=["no_site"]),
        gaps=table("gaps", estate_id=["E1", "E2", "E3"], facility_type=["ELD_DAYCARE"] * 3, limit_m=[300.0] * 3,
                   distance_m=[350.0, 700.0, None], is_gap=[True] * 3, is_gap_after=[True] * 3,
                   residents=[262, 524, 786], standard=["plan.toml circle.limits"] * 3, confidence=["project"] * 3),
        walks=table("walks", estate_id=["E1", "E2", "E3"], facility_type=["ELD_DAYCARE"] * 3, state=["today"] * 3,
                    distance_m=[350.0, 700.0, None], minutes=[7.3, 14.6, None], facility_id=["F2", "F1", None])), "A1")
    # 262 + 524 + 786 residents; the nearest of all is F2, and the farthest estate walks 700 m to F1
    assert "3 个小区、1,572 人步行 300 米以内没有（plan.toml circle.limits：河谷坡缓，可信度：项目自定）" in page
    assert "    现有：各小区到最近一处 350–700 米，其中最近的是 " in page
    assert page.count("其中最近的是 F2\n    其中 1 个小区步行到不了任何在用的一处") == 1


def test_a_norm_by_households_stands_below_the_account_where_a_document_sets_one(run: Run, tmp_path: Path) -> None:
    care = changed_tables()["care"].assign(
        norm_m2=[90.0, 135.0], norm_short_m2=[0.0, 0.0], norm_sites=[1, 0], norm_clause=["GZ-2022 三 [GZ22-01]"] * 2)
    page = page_of(published(tmp_path, care=care), "A1")
    assert "按户标准（GZ-2022 三 [GZ22-01]）：需求 90 平方米，现状缺口 0 平方米，达单处最小规模的在用设施 1 处" in page
    assert "按户标准" not in page_of(run, "A1")


def test_straight_lines_are_told_once_on_the_pages_of_an_estate_and_an_area(run: Run) -> None:
    for wanted in ("E1", "A1"):
        assert page_of(run, wanted).count("未提供道路数据，距离为直线距离乘以绕行系数") == 1
    assert "步行依据" not in page_of(run, "A1")
