"""Deadlines: those of the jurisdiction and of no other, with days counted by hand."""

from datetime import date

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from reserve import YEARS, Asked, homes, law

from geoplan.errors import say
from geoplan.gantt import draw_gantt
from geoplan.milestones import find_deadlines, list_milestones


def milestones(
    place: str, as_of: str, *, year: int = 2025, ready_year: int | None = None, plan_year: int | None = None,
    lead_days: int = 30,
) -> tuple[pd.DataFrame, list[str]]:
    years = tuple(range(year, year + 3))
    estates = homes({"area_id": "A1", "ready_year": ready_year})
    asked = Asked(estates, gates={} if ready_year is None else {"E1": "not_ready"}, years=years)
    table, _, _ = asked.programme()
    if plan_year is not None:
        table["plan_year"] = plan_year
    found, findings = list_milestones(
        table.reset_index(), asked.entries, find_deadlines(law(place, as_of)), as_of=date.fromisoformat(as_of),
        lead_days=lead_days)
    return found.set_index("milestone"), [say(finding, "zh") for finding in findings]


def test_qinghai_files_the_plan_by_the_end_of_june_of_the_year_before() -> None:
    found, findings = milestones("青海省", "2024-03-01")
    filed = found.loc["next_year_plan_submission"]
    # 1 March to 30 June 2024: 30 + 30 + 31 + 30 days.
    assert filed[["due_date", "slack_days", "pace"]].tolist() == ["2024-06-30", 121, "in_time"]
    assert filed["clause"] == "QH-2023-268 1 [QH23-10]"
    assert findings == []


def test_qinghai_reports_every_month_from_april_to_december_of_the_plan_year() -> None:
    found, _ = milestones("青海省", "2024-03-01")
    reports = found[found["pace"] == "report"]
    assert reports["due_date"].tolist() == [
        "2025-04-30", "2025-05-31", "2025-06-30", "2025-07-31", "2025-08-31", "2025-09-30", "2025-10-31", "2025-11-30",
        "2025-12-31"]
    assert reports["slack_days"].isna().all()
    assert set(reports["clause"]) == {"QH-2023-268 9 [QH23-45]"}
    assert len(found) == 10


def test_dehong_has_five_milestones_and_no_slack_between_approval_and_start() -> None:
    found, findings = milestones("德宏州", "2022-06-01", year=2023)
    assert found.sort_values("due_date")["due_date"].to_dict() == {
        "next_year_prework_deadline": "2022-12-30", "approval_deadline": "2023-04-30",
        "start_100pct_deadline": "2023-04-30", "completion_deadline": "2023-10-30", "acceptance_deadline": "2023-12-30"}
    # 1 June to 30 December 2022: 212 days; to 30 April: 121; the same day: 0; to 30 October: 183; to 30 December: 61.
    assert found["slack_days"].to_dict() == {
        "next_year_prework_deadline": 212, "approval_deadline": 121, "start_100pct_deadline": 0,
        "completion_deadline": 183, "acceptance_deadline": 61}
    assert found.loc["start_100pct_deadline", "pace"] == "no_slack"
    assert len(findings) == 1
    assert "DH-08" in findings[0]


def test_what_is_due_on_the_day_of_the_next_milestone_is_to_be_done_before() -> None:
    found, _ = milestones("德宏州", "2022-06-01", year=2023)
    assert found.loc["approval_deadline", "target_date"] == "2023-03-31"  # 30 days before 30 April
    assert found.loc["start_100pct_deadline", "target_date"] == "2023-04-30"
    assert found.loc["acceptance_deadline", "target_date"] == "2023-12-30"
    longer, _ = milestones("德宏州", "2022-06-01", year=2023, lead_days=90)
    assert longer.loc["completion_deadline", "target_date"] == "2023-10-01"  # 90 days before 30 December


def test_a_gate_that_is_to_open_in_the_plan_year_has_to_open_before_the_plan_is_filed() -> None:
    found, findings = milestones("青海省", "2024-03-01", ready_year=2025)
    filed = found.loc["next_year_plan_submission"]
    # Papers can come until 30 June 2024; from 1 March that is 121 days, and nobody can say yet that it is too late.
    assert filed[["slack_days", "pace"]].tolist() == [121, "gate_first"]
    assert "QH23-10" in findings[0]
    assert "同意率" in findings[0]


def test_a_gate_that_opens_the_year_before_leaves_time_until_the_plan_is_filed() -> None:
    found, findings = milestones("青海省", "2024-03-01", year=2025, ready_year=2026, plan_year=2027)
    filed = found.loc["next_year_plan_submission"]
    # The gate opens in 2026; from 1 January to 30 June 2026 there are 180 days.
    assert filed[["due_date", "slack_days", "pace"]].tolist() == ["2026-06-30", 180, "in_time"]
    assert findings == []


def test_after_the_deadline_that_wants_the_gate_open_days_count_from_that_deadline() -> None:
    found, _ = milestones("德宏州", "2022-06-01", year=2023, ready_year=2023)
    # To 30 December 2022: 212 days, papers first; from then to 30 April 2023: 121.
    assert found.loc["next_year_prework_deadline", ["slack_days", "pace"]].tolist() == [212, "gate_first"]
    assert found.loc["approval_deadline", ["slack_days", "pace"]].tolist() == [121, "in_time"]


def test_a_gate_that_is_shut_on_a_deadline_that_has_passed_is_late() -> None:
    found, findings = milestones("青海省", "2024-07-10", ready_year=2025)
    assert found.loc["next_year_plan_submission", ["slack_days", "pace"]].tolist() == [-10, "late"]
    assert len(findings) == 1


def test_a_deadline_that_has_passed_on_the_day_of_the_plan_is_late() -> None:
    found, _ = milestones("青海省", "2024-07-10")
    assert found.loc["next_year_plan_submission", "slack_days"] == -10


def test_deadlines_of_one_jurisdiction_reach_no_other() -> None:
    found, _ = milestones("甘肃省", "2024-03-01")
    assert len(found) == 0
    assert {deadline.milestone for deadline in find_deadlines(law("西宁市", "2024-03-01"))} == {
        "next_year_plan_submission", *(f"monthly_report_months.{month:02d}" for month in range(4, 13))}


def test_an_area_without_a_year_has_no_milestones() -> None:
    asked = Asked(homes({"area_id": "A1"}), gates={"E1": "unknown"}, years=YEARS)
    table, _, _ = asked.programme()
    found, _ = list_milestones(table.reset_index(), asked.entries, find_deadlines(law("德宏州", "2022-06-01")),
                               as_of=date(2022, 6, 1), lead_days=30)
    assert len(found) == 0


def test_the_chart_shows_a_bar_from_the_first_milestone_to_the_end_of_the_plan_year() -> None:
    found, _ = milestones("德宏州", "2022-06-01", year=2023)
    programme = pd.DataFrame({"area_id": ["A1", "A2", "A3"], "plan_year": [2023, None, 2022]})
    chart = draw_gantt(programme, found.reset_index(), "zh").set_index("area_id")
    assert list(chart.index) == ["A3", "A1"]
    assert (chart.columns[0], chart.columns[-1]) == ("2022-01", "2023-12")
    assert chart.loc["A1", "2022-12":].tolist() == [
        "前", "─", "─", "─", "批、开", "─", "─", "─", "─", "─", "完", "─", "验"]
    assert chart.loc["A1", :"2022-11"].tolist() == [""] * 11
    assert chart.loc["A3"].tolist() == ["─"] * 12 + [""] * 12  # no deadline of its own: the plan year


def test_reports_make_no_mark() -> None:
    found, _ = milestones("青海省", "2024-03-01")
    chart = draw_gantt(pd.DataFrame({"area_id": ["A1"], "plan_year": [2025]}), found.reset_index(), "en")
    assert chart.drop(columns="area_id").iloc[0].tolist() == ["P"] + ["─"] * 18  # June 2024 to December 2025


def test_without_a_planned_area_there_is_no_chart() -> None:
    found, _ = milestones("甘肃省", "2024-03-01")
    chart = draw_gantt(pd.DataFrame({"area_id": ["A1"], "plan_year": [None]}), found.reset_index(), "en")
    assert list(chart.columns) == ["area_id"]
    assert chart.empty


@settings(max_examples=60)
@given(st.sampled_from(["青海省", "德宏州"]), st.dates(date(2022, 6, 1), date(2026, 12, 31)), st.integers(2025, 2028),
       st.one_of(st.none(), st.integers(0, 2)))
def test_the_slack_of_every_milestone_is_what_lies_between_it_and_what_has_to_come_before(
    place: str, as_of: date, plan_year: int, years_early: int | None,
) -> None:
    in_force = {"青海省": "2024-03-01", "德宏州": "2022-06-01"}[place]
    opens = None if years_early is None else date(plan_year - years_early, 1, 1)
    programme = pd.DataFrame({"area_id": ["A1"], "plan_year": [plan_year]})
    entries = pd.DataFrame({"area_id": ["A1"], "plan_entry": ["ready" if opens is None else "not_ready"],
                            "entry_year": [plan_year if opens is None else opens.year]})
    found, _ = list_milestones(programme, entries, find_deadlines(law(place, in_force)), as_of=as_of, lead_days=30)
    stages = found[found["pace"] != "report"].sort_values(["due_date", "target_date"])
    done = [as_of]
    for due_date, slack, pace in stages[["due_date", "slack_days", "pace"]].itertuples(index=False, name=None):
        due = date.fromisoformat(due_date)
        wants_gate = opens is not None and due < opens
        has_waited = opens is not None and any(day < opens for day in done[1:])  # an earlier one wanted it open
        starts = [*done, *([opens] if opens is not None and not wants_gate and not has_waited else [])]
        assert slack == (due - max(starts)).days
        in_time = "gate_first" if wants_gate else "in_time"
        assert pace == ("late" if slack < 0 else "no_slack" if slack == 0 else in_time)
        done.append(due)
