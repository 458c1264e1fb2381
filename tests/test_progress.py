"""Progress: two areas of three estates followed from the office's ledger to the monthly report, every sum by hand."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.errors import Finding, say
from geoplan.jurisdictions import find_documents
from geoplan.policy import resolve
from geoplan.progress import STAGES, Limits, find_limits, find_monthly, find_progress
from geoplan.progress_rows import no_progress
from geoplan.schema import columns_of, empty_table, words_of

QINGHAI = Limits(None, Fraction(9, 10), Fraction(3, 20))
GANSU = Limits(Fraction(3, 4), Fraction(4, 5), None)
SILENT = Limits(None, None, None)


def ledger(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """Return the layer `progress`; what a row does not say is missing."""
    empty = no_progress()
    said = [{name: row.get(name) for name in empty} | {"row": number} for number, row in enumerate(rows, start=2)]
    return pd.DataFrame(said, columns=list(empty)).astype(empty.dtypes.to_dict())


def estates(**said: Mapping[str, Any]) -> pd.DataFrame:
    """Return E1 and E2 of A1, E3 of A2, E4 of no area; after-completion counts missing where nothing is said."""
    counts = {"after_base": None, "after_surveyed": None, "after_satisfied": None}
    rows = [{"estate_id": estate_id, "area_id": area_id, **counts, **said.get(estate_id, {})}
            for estate_id, area_id in (("E1", "A1"), ("E2", "A1"), ("E3", "A2"), ("E4", None))]
    return pd.DataFrame(rows).astype({"estate_id": "str", "area_id": "str", **dict.fromkeys(counts, "Int64")})


def programme(**changed: Any) -> pd.DataFrame:
    """Return A1 of 200 households (40 of 2001-2005) and A2 of 100 (none), both 2025 and one million yuan."""
    empty = empty_table("programme")
    rows = [{"area_id": area_id, "plan_year": 2025, "households": households, "households_2001_2005": old,
             "amount_yuan": 1_000_000.0, **changed.get(area_id, {})}
            for area_id, households, old in (("A1", 200, 40), ("A2", 100, 0))]
    frame = pd.DataFrame([{name: row.get(name) for name in empty} for row in rows], columns=list(empty))
    return frame.astype(empty.dtypes.to_dict())


def found(*rows: Mapping[str, Any], limits: Limits = QINGHAI, homes: pd.DataFrame | None = None,
          plan: pd.DataFrame | None = None) -> tuple[pd.DataFrame, list[Finding]]:
    table, findings = find_progress(ledger(*rows), estates() if homes is None else homes,
                                    programme() if plan is None else plan, limits)
    return table.set_index("area_id"), findings


def area(*rows: Mapping[str, Any], **said: Any) -> pd.Series:
    """Return the progress of A1."""
    return found(*rows, **said)[0].loc["A1"]


def report(*rows: Mapping[str, Any], budgets: Mapping[int, float] | None = None, limits: Limits = QINGHAI,
           plan: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the monthly report of 2025, by figure."""
    plan = programme() if plan is None else plan
    table, _ = find_progress(ledger(*rows), estates(), plan, limits)
    monthly = find_monthly(table, plan, budgets=budgets or {}, limits=limits)
    return monthly[monthly["plan_year"] == 2025].set_index("figure")


def test_without_a_ledger_there_is_no_progress_and_no_report() -> None:
    table, findings = find_progress(no_progress(), estates(), programme(), QINGHAI)
    assert table.empty
    assert findings == []
    assert find_monthly(table, programme(), budgets={}, limits=QINGHAI).empty


def test_the_limits_are_those_of_the_law_in_force() -> None:
    qinghai = resolve(find_documents("青海省", (), date(2024, 3, 1))[0])
    gansu = resolve(find_documents("甘肃省", (), date(2023, 3, 1))[0])
    assert find_limits(qinghai, old_share=Fraction(3, 20)) == QINGHAI
    assert find_limits(gansu, old_share=None) == GANSU
    assert find_limits(resolve([]), old_share=None) == SILENT


def test_an_area_is_as_far_as_its_slowest_estate() -> None:
    row = area({"estate_id": "E1", "stage": "done"}, {"estate_id": "E2", "stage": "tender"})
    assert (row["stage"], row["estates"], row["estates_reported"]) == ("tender", 2, 2)


def test_an_area_with_an_estate_that_was_not_reported_has_no_stage() -> None:
    row = area({"estate_id": "E1", "stage": "done", "spent_yuan": 5.0, "finish_date": "2025-09-01"})
    assert pd.isna(row[["stage", "spent_yuan", "finish_date"]]).all()
    assert row["estates_reported"] == 1


def test_a_row_of_the_whole_area_has_the_first_word() -> None:
    row = area({"area_id": "A1", "stage": "construction", "spent_yuan": 700_000.0},
               {"estate_id": "E1", "stage": "done", "spent_yuan": 1.0})
    assert (row["stage"], row["estates_reported"], row["spent_yuan"]) == ("construction", 2, 700_000)
    assert row["spent_share"] == 0.7


def test_money_and_days_of_the_estates_are_summed_up() -> None:
    row = area({"estate_id": "E1", "stage": "done", "spent_yuan": 0.1, "start_date": "2025-04-20",
                "finish_date": "2025-10-01"},
               {"estate_id": "E2", "stage": "done", "spent_yuan": 0.2, "start_date": "2025-04-02",
                "finish_date": "2025-09-01"})
    assert row["spent_yuan"] == 0.3  # and not 0.30000000000000004
    assert (row["start_date"], row["finish_date"]) == ("2025-04-02", "2025-10-01")


def test_a_planned_area_that_nobody_reported_stands_there_without_a_stage() -> None:
    table, _ = found({"estate_id": "E3", "stage": "design"})
    assert table["estates_reported"].tolist() == [0, 1]
    assert pd.isna(table.loc["A1", "stage"])


def test_an_area_outside_the_programme_comes_in_with_the_year_of_the_ledger() -> None:
    table, findings = found({"estate_id": "E3", "stage": "design", "year": 2024},
                            plan=programme(A2={"plan_year": None}))
    assert table["plan_year"].tolist() == [2025, 2024]
    assert [finding.code for finding in findings] == ["progress.other_year"]


@pytest.mark.parametrize(("counts", "limits", "gate"), [
    ((100, 80, 72), QINGHAI, "pass"),  # 72 / 80 = 0.9
    ((100, 80, 71), QINGHAI, "fail"),
    ((100, 75, 60), GANSU, "pass"),  # 75 / 100 = 0.75 and 60 / 75 = 0.8
    ((100, 74, 74), GANSU, "fail"),
    ((None, 74, 74), GANSU, "unknown"),
    ((None, 80, 72), QINGHAI, "pass"),  # Qinghai sets no coverage
    ((None, None, None), QINGHAI, "unknown"),
    ((100, 0, 0), QINGHAI, "unknown"),
    ((100, 80, 90), QINGHAI, "unknown"),  # more satisfied than surveyed
    ((100, 80, 80), SILENT, "not_set"),
])
def test_the_gate_after_completion(counts: tuple[int | None, ...], limits: Limits, gate: str) -> None:
    said = dict(zip(("after_base", "after_surveyed", "after_satisfied"), counts, strict=True))
    table, _ = found({"estate_id": "E3", "stage": "done", **said}, limits=limits)
    assert table.loc["A2", "gate"] == gate


def test_there_is_no_gate_before_works_are_done() -> None:
    table, _ = found({"estate_id": "E3", "stage": "construction", "after_surveyed": 80, "after_satisfied": 10})
    assert pd.isna(table.loc["A2", "gate"])


def test_an_area_stands_by_its_worst_estate_although_the_sum_would_pass() -> None:
    good = {"estate_id": "E1", "stage": "done", "after_base": 900, "after_surveyed": 900, "after_satisfied": 900}
    bad = {"estate_id": "E2", "stage": "done", "after_base": 100, "after_surveyed": 100, "after_satisfied": 10}
    table, findings = found(good, bad)
    assert table.loc["A1", "gate"] == "fail"
    assert table.loc["A1", "satisfaction_share"] == 0.91  # 910 / 1000
    assert table.loc["A1", "satisfaction_limit_share"] == 0.9
    assert [say(finding, "en") for finding in findings] == [
        "1 areas miss survey coverage or satisfaction after completion: A1"]


def test_counts_of_the_estates_stand_in_where_the_ledger_has_none() -> None:
    homes = estates(E3={"after_base": 50, "after_surveyed": 40, "after_satisfied": 38})
    table, _ = found({"estate_id": "E3", "stage": "done"}, homes=homes)
    assert (table.loc["A2", "gate"], table.loc["A2", "coverage_share"]) == ("pass", 0.8)  # 40 / 50; 38 / 40 = 0.95


def test_issues_listed_count_where_nobody_counted_them() -> None:
    row = area({"estate_id": "E1", "stage": "done", "issues": "漏水、路面", "issues_closed": 3},
               {"estate_id": "E2", "stage": "done", "issues": "漏水", "issues_open": 4})
    assert (row["issues"], row["issues_open"], row["issues_closed"]) == ("漏水、路面", 6, 3)  # 2 + 4
    assert pd.isna(area({"estate_id": "E1", "stage": "done"})["issues_open"])


def test_areas_that_do_not_exist_and_overspending_are_told() -> None:
    _, findings = found({"area_id": "A9", "stage": "done"}, {"area_id": "A1", "stage": "done", "spent_yuan": 1.1e6,
                                                             "after_surveyed": 10, "after_satisfied": 10})
    assert [finding.code for finding in findings] == ["progress.unknown_area", "progress.overspent"]
    assert all(say(finding, "zh") for finding in findings)


STARTED = ({"area_id": "A1", "stage": "construction", "spent_yuan": 600_000.0, "issues_open": 1, "issues_closed": 3},
           {"area_id": "A2", "stage": "tender", "spent_yuan": 0.0, "issues_open": 0})


def test_the_monthly_report_counts_areas_and_households_by_stage() -> None:
    monthly = report(*STARTED)
    assert set(monthly.index) == {word.code for word in words_of("monthly_figure")}
    assert monthly.loc["areas", "value"] == 2
    assert monthly.loc["households", "value"] == 300
    assert monthly.loc[["areas_construction", "areas_tender", "areas_done"], "value"].tolist() == [1, 1, 0]
    assert monthly.loc["households_construction", ["value", "whole"]].tolist() == [200, 300]
    assert monthly.loc["households_construction", "actual_share"] == 200 / 300
    stages = [f"areas_{stage}" for stage in (*STAGES, "unreported")]
    assert monthly.loc[stages, "value"].sum() == 2


def test_the_monthly_report_holds_money_against_investment_and_budget() -> None:
    monthly = report(*STARTED, budgets={2025: 1_200_000.0})
    assert monthly.loc["spent_of_amount", "actual_share"] == 0.3  # 600 000 of 2 million
    assert monthly.loc["spent_of_budget", ["actual_share", "is_kept"]].tolist() == [0.5, True]
    over = report(*STARTED, budgets={2025: 500_000.0})
    assert bool(over.loc["spent_of_budget", "is_kept"]) is False
    assert pd.isna(report(*STARTED).loc["spent_of_budget", "is_kept"])


def test_the_monthly_report_counts_the_15_percent_of_the_plan_and_of_what_has_started() -> None:
    monthly = report(*STARTED)
    assert monthly.loc["old_planned", ["value", "whole", "is_kept"]].tolist() == [40, 300, True]  # 13.3 %
    assert monthly.loc["old_started", ["value", "whole", "is_kept"]].tolist() == [40, 200, False]  # 20 % > 15 %
    assert monthly.loc["old_started", "limit_share"] == 0.15
    assert pd.isna(report(*STARTED, limits=GANSU).loc["old_started", "is_kept"])


def test_a_limit_that_part_of_the_areas_keeps_is_not_kept_until_all_are_known() -> None:
    monthly = report(STARTED[0], budgets={2025: 1_200_000.0})  # nobody reported A2
    spent = monthly.loc["spent_of_budget"]
    assert (spent["value"], spent["unknown_areas"]) == (600_000, 1)
    assert pd.isna(spent["is_kept"])
    assert monthly.loc["areas_unreported", "value"] == 1
    broken = report(STARTED[0], budgets={2025: 500_000.0})
    assert bool(broken.loc["spent_of_budget", "is_kept"]) is False


def test_the_monthly_report_counts_issues_and_gates() -> None:
    done = {"area_id": "A2", "stage": "done", "after_surveyed": 10, "after_satisfied": 9}
    monthly = report(STARTED[0], done)
    assert monthly.loc["issues_open", ["value", "whole", "unknown_areas"]].tolist() == [1, 4, 1]
    assert monthly.loc["gates_passed", ["value", "whole"]].tolist() == [1, 1]  # 9 / 10


def test_every_annual_plan_has_its_own_report() -> None:
    plan = programme(A2={"plan_year": 2026})
    table, _ = find_progress(ledger(*STARTED), estates(), plan, QINGHAI)
    monthly = find_monthly(table, plan, budgets={}, limits=QINGHAI)
    assert list(monthly) == [column.name for column in columns_of("monthly")]
    assert monthly.loc[monthly["figure"] == "areas", "value"].tolist() == [1, 1]


@given(st.permutations(range(4)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    rows = ({"estate_id": "E1", "stage": "done", "spent_yuan": 0.1}, {"estate_id": "E2", "stage": "tender",
            "spent_yuan": 0.2}, {"area_id": "A2", "stage": "survey"}, {"estate_id": "E3", "stage": "done"})
    said = ledger(*rows)
    usual, _ = find_progress(said, estates(), programme(), QINGHAI)
    shuffled, _ = find_progress(said.iloc[order], estates(), programme(), QINGHAI)
    pd.testing.assert_frame_equal(usual, shuffled)
