"""The law book: documents, rules and resolved values as people read them, with what is open said to be open."""

from datetime import date
from pathlib import Path

import pytest
from test_documents import SOUND

from geoplan.coverage import find_uses
from geoplan.documents import load_documents
from geoplan.errors import PolicyError
from geoplan.lawbook import list_documents, show_coverage, show_document, show_law, summary_table
from geoplan.pages import Block, Table, as_markdown, lay_out

README = Path(__file__).parents[1] / "README.md"
BEFORE, AFTER = date(2024, 3, 1), date(2026, 11, 21)
OTHER_WINNERS = {  # what Xining's plan said, and who speaks once it has expired on 2026-08-12
    "completion_target": ("XN-01", "QH21-03"), "years_until_expropriation": ("XN-02", "QH21-06"),
    "post2000_share": ("XN-04", "QH21-10"), "class_基础": ("XN-05", "QH21-12"), "reserve_exists": ("XN-10", "CN50-08"),
    "resident_contribution_modes": ("XN-15", "QH21-23"), "shared_trench": ("XN-18", "QH21-25"),
    "enterprise_reuse": ("XN-20", "QH21-27"), "bond_self_balancing": ("XN-21", "QH21-28"),
    "slow_progress_action": ("XN-27", "QH21-45"),
}
NOBODY_ELSE_SAYS = {
    "off_site_works": "XN-06", "upgrade_class_size_control": "XN-07", "class_引导": "XN-08",
    "guided_class.unit_agree_rate": "XN-09", "selection_mode": "XN-11", "priority_1": "XN-12",
    "priority_2_tiebreak": "XN-13", "deliverables": "XN-14", "no_repeat_after_renovation": "XN-16",
    "utility_cost_share": "XN-17", "public_housing_owner_pays_gap": "XN-19", "limit_design_by_approval": "XN-22",
    "contiguous_promotion": "XN-23", "public_notice_board": "XN-24", "joint_acceptance_handover": "XN-25",
    "three_no_estate_pm": "XN-26", "valid": "XN-28",
}


def text(page: list[Block]) -> str:
    return lay_out(page)


def values_of(page: list[Block]) -> dict[str, tuple[str, ...]]:
    """Return the lines of the last table by their parameter."""
    table = page[-1]
    assert isinstance(table, Table)
    return {row[3]: row for row in table.rows}


@pytest.fixture
def county(tmp_path: Path) -> Path:
    file = tmp_path / "minhe.toml"
    file.write_text(SOUND, encoding="utf-8")
    return file


def test_every_document_is_one_line_with_its_days_and_rules() -> None:
    lines = text(list_documents([], "zh")).splitlines()
    assert len(lines) == 1 + 16 + 2
    assert lines[-1] == "16 份文件，288 条规则"
    line = next(line for line in lines if line.startswith("XN-2021 "))
    assert line.split() == ["XN-2021", "市级", "西宁市", "2021-08-12", "2026-08-12", "28", "全文",
                            "西宁市全面推进城镇老旧小区改造工作实施方案"]
    assert sum("上位文件摘录" in line for line in lines) == 8


def test_a_programme_ends_with_its_years() -> None:
    line = next(line for line in text(list_documents([], "en")).splitlines() if line.startswith("JS-2021-140 "))
    assert line.split()[:6] == ["JS-2021-140", "County", "金沙县", "2021-11-19", "2022-12-31", "21"]


@pytest.mark.parametrize("document", load_documents().values(), ids=lambda document: document.id)
def test_a_document_is_printed_with_every_clause_and_quote_in_its_order(document: object) -> None:
    page = text(show_document(document.id, [], "zh"))
    places = [page.index(f"\n{rule.id}  ") for rule in document.rules]
    assert places == sorted(places)
    assert all(rule.meaning in page and f"“{' '.join(rule.quote.split())}”" in page for rule in document.rules)
    assert page.count("已按正确次序复原") == sum(rule.restored for rule in document.rules)


def test_a_rule_says_what_it_asks_and_how_it_is_used() -> None:
    page = text(show_document("QH23-19", [], "zh"))
    assert "QH23-19  条款 3 · 居民意愿 · 强制 · 计算 · 逐小区判定（列入计划）" in page
    assert "plan_entry.agree_rate ≥ 0.8 [比例]" in page
    assert "QH23-20" not in page
    assert "judged for every estate (Plan entry)" in text(show_document("QH23-19", [], "en"))


def test_a_document_is_found_by_its_number_too() -> None:
    assert show_document("青建房〔2023〕268号", [], "zh") == show_document("QH-2023-268", [], "zh")


def test_an_unknown_document_is_told_with_near_ones() -> None:
    with pytest.raises(PolicyError, match="no document or rule QH-2023; known: QH-2021-13、QH-2023-268"):
        show_document("QH-2023", [], "zh")
    with pytest.raises(PolicyError, match=r"known: .*XN-2021"):
        show_document("?", [], "zh")


def test_xining_before_and_after_its_plan_differs_exactly_where_its_plan_spoke() -> None:
    before, after = (values_of(show_law("西宁市", day, [], "zh")) for day in (BEFORE, AFTER))
    other = {param for param in before.keys() & after.keys() if before[param] != after[param]}
    assert set(before) - set(after) == set(NOBODY_ELSE_SAYS)
    assert set(after) - set(before) == set()
    assert {param: (before[param][1], after[param][1]) for param in other - {"completion_year"}} == OTHER_WINNERS
    # XN-03 said the same as QH21-09, which wins on both days and no longer shadows it
    assert (before["completion_year"][1:5], after["completion_year"][1:5]) == (
        ("QH21-09", "QH-2021-13", "completion_year", "XN-03"), ("QH21-09", "QH-2021-13", "completion_year", ""))
    assert {param: before[param][1] for param in NOBODY_ELSE_SAYS} == NOBODY_ELSE_SAYS
    # 10 + 17 + 1 = 28: every rule of the plan is behind one difference, and none is behind two
    assert len(OTHER_WINNERS) + len(NOBODY_ELSE_SAYS) + 1 == len(load_documents()["XN-2021"].rules) == 28


def test_the_dates_of_policy_md_stand_on_the_page() -> None:
    before, after = (values_of(show_law("西宁市", day, [], "zh")) for day in (BEFORE, AFTER))
    assert before["post2000_share"][-1] == after["post2000_share"][-1] == "≤ 未明确（标准未定） 〔二(一)〕"
    assert before["guided_class.unit_agree_rate"][-1] == "= 1 〔二(二)4〕"
    assert before["years_until_expropriation"][1:5] == (
        "XN-02", "XN-2021", "years_until_expropriation", "QH21-06")
    assert after["plan_entry.agree_rate"][1] == "QH23-19"


def test_what_dropped_out_is_told_with_the_reason() -> None:
    page = text(show_law("西宁市", AFTER, [], "zh"))
    assert "XN-2021《西宁市全面推进城镇老旧小区改造工作实施方案》有效期至 2026-08-12，2026-11-21 不再适用" in page
    assert "不适用的文件" not in text(show_law("西宁市", BEFORE, [], "zh"))
    assert "is in force from 2023-09-26 and does not apply yet on 2023-09-25" in text(
        show_law("青海省", date(2023, 9, 25), [], "en"))


def test_what_the_law_leaves_open_is_said_to_be_open_with_its_clause() -> None:
    page = show_law("德宏州", date(2022, 6, 1), [], "zh")
    heading = next(place for place, block in enumerate(page) if isinstance(block, str) and "not_set" in block)
    table = page[heading + 1]
    assert isinstance(table, Table)
    assert [(row[1], row[3], row[-1]) for row in table.rows] == [
        ("CN50-16", "plan_entry.participation_rate & agree_rate", "≥ 当地规定（标准未定） 〔一(七)〕"),
        ("CN50-17", "start.scheme_vote_rate", "≥ 法定比例（标准未定） 〔一(七)〕"),
    ]


@pytest.mark.parametrize(("place", "day", "line"), [
    ("西宁市", BEFORE, "每位常住居民 0.1 平方米（QH-2023-268 7 [QH23-42]）"),
    ("金沙县", date(2022, 3, 1), "有效文件没有规定；默认每位常住居民 0.1 平方米（GB 50437-2007 (2018) 3.2.1A"),
])
def test_the_elder_care_standard_says_whether_it_is_the_law_or_a_default(place: str, day: date, line: str) -> None:
    page = text(show_law(place, day, [], "zh"))
    assert line in page
    assert "前提：" in page


def test_a_county_is_added_by_one_file_and_tightens(county: Path) -> None:
    page = show_law("某县", BEFORE, [county], "zh")
    # 630222 lies in Qinghai: 85 % is tighter than the 80 % of QH23-19 and wins
    assert values_of(page)["plan_entry.agree_rate"] == (
        "居民意愿", "L-01", "LOCAL-1", "plan_entry.agree_rate", "QH23-19", "", "≥ 0.85 〔一〕")
    assert "17 份文件，289 条规则" in text(list_documents([county], "zh"))
    assert "“同意率不低于85%”" in text(show_document("LOCAL-1", [county], "zh"))
    assert "L-01" in text(show_coverage([county], "zh"))


def test_coverage_has_a_line_for_every_rule_and_a_sum() -> None:
    page = text(show_coverage([], "zh"))
    rules = [rule.id for document in load_documents().values() for rule in document.rules]
    lines = [line.split()[0] for line in page.splitlines() if line]
    assert all(lines.count(rule) == 1 for rule in rules)
    assert page.splitlines()[-1].split()[-1] == "288"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_summary_in_a_readme_is_that_of_the_rules(language: str) -> None:
    table = as_markdown(summary_table(find_uses(load_documents().values()), language))
    for file in sorted(README.parent.glob("README*.md")):
        told = file.read_text(encoding="utf-8")
        assert table.splitlines()[0] not in told or table in told, file.name
