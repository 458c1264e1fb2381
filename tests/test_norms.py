"""The household norm of a province beside the national need: hand-worked, and only where a document sets it."""

from datetime import date
from fractions import Fraction

import pandas as pd
import pytest
from cared import account, centre, estate
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.jurisdictions import find_documents
from geoplan.norms import HouseholdNorm, household_norm
from geoplan.policy import resolve

GUIZHOU = HouseholdNorm(15.0, "贵州民政等四部门2022 通知 [UP-GZ-2022]")
COLUMNS = ["norm_m2", "norm_short_m2", "norm_sites", "norm_clause"]


def norm_of(*policies: str, on: date = date(2024, 3, 1)) -> HouseholdNorm | None:
    return household_norm(resolve(find_documents(None, list(policies), on, [])[0]))


def test_guizhou_asks_for_fifteen_square_metres_per_hundred_households() -> None:
    assert norm_of("CN-2021-50", "贵州民政等四部门2022") == GUIZHOU


def test_where_no_document_sets_a_norm_there_is_none() -> None:
    assert norm_of("CN-2021-50", "QH-2023-268") is None
    care, _ = account([estate("E1", 1000, households=400)], [centre("F1", 50)], {"E1": "A1"})
    assert care.loc["A1", COLUMNS].isna().all()


def test_need_by_households_stands_beside_the_need_by_residents_and_changes_nothing_of_it() -> None:
    # 1,234 households x 15 / 100 = 185.1 m2; 90 m2 stand: 95.1 are lacking, 96 in whole m2. By residents: 0.1 x 3,224.
    homes = [estate("E1", 2000, households=1000), estate("E2", 1224, x=100, households=234)]
    members = {"E1": "A1", "E2": "A1"}
    plain, _ = account(homes, [centre("F1", 90)], members)
    care, _ = account(homes, [centre("F1", 90)], members, norm=GUIZHOU)
    assert care.loc["A1", ["norm_m2", "norm_short_m2", "norm_sites"]].tolist() == [185.1, 96.0, 0]
    assert care.loc["A1", "norm_clause"] == GUIZHOU.clause
    assert care.loc["A1", "need_m2"] == 322.4
    pd.testing.assert_frame_equal(plain.drop(columns=COLUMNS), care.drop(columns=COLUMNS))


@pytest.mark.parametrize(("m2", "sites"), [(349.9, 0), (350, 1), (700, 1)])
def test_a_site_counts_from_350_square_metres(m2: float, sites: int) -> None:
    care, _ = account([estate("E1", 1000, households=400)], [centre("F1", m2), centre("F2", 40, x=60)], {"E1": "A1"},
                      norm=GUIZHOU)
    assert care.loc["A1", "norm_sites"] == sites


def test_a_planned_site_is_no_site_in_use() -> None:
    planned = centre("F1", 400, status="planned", opened_year=2026)
    care, _ = account([estate("E1", 1000, households=400)], [planned], {"E1": "A1"}, norm=GUIZHOU)
    assert care.loc["A1", ["norm_short_m2", "norm_sites"]].tolist() == [60.0, 0]


def test_unknown_households_leave_the_need_unknown() -> None:
    homes = [estate("E1", 1000, households=400), estate("E2", 1000, x=100)]
    care, _ = account(homes, [centre("F1", 50)], {"E1": "A1", "E2": "A1"}, norm=GUIZHOU)
    assert care.loc["A1", ["norm_m2", "norm_short_m2"]].isna().all()


@settings(max_examples=30)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=4), st.integers(0, 4000).map(lambda tenths: tenths / 10))
def test_shortage_is_need_less_what_stands_to_the_last_digit(households: list[int], m2: float) -> None:
    homes = [estate(f"E{at}", 100, x=100 * at, households=count) for at, count in enumerate(households)]
    care, _ = account(homes, [centre("F1", m2)] if m2 else [], {home["estate_id"]: "A1" for home in homes},
                      norm=GUIZHOU)
    need = Fraction(15 * sum(households), 100)
    assert care.loc["A1", "norm_m2"] == float(need)
    assert care.loc["A1", "norm_short_m2"] == max(0, -int((Fraction(str(m2)) - need) // 1))
