"""Households and residents: the ledger's figure stands, a missing one follows from the stated averages."""

import geopandas as gpd
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from geoplan.residents import count_residents


def estates(**columns: list[object]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame({"estate_id": [f"E{i}" for i in range(len(columns["households"]))], **columns})
    return gpd.GeoDataFrame(frame.astype({"households": "Int64", "residents": "Int64", "floor_area_m2": "float64"}))


def test_a_given_figure_is_never_replaced() -> None:
    given_rows = estates(households=[100], residents=[7], floor_area_m2=[9000.0])
    filled, findings = count_residents(given_rows, m2_per_household=90, persons_per_household=2.62)
    assert (filled["households"][0], filled["residents"][0], findings) == (100, 7, [])


def test_residents_follow_from_households_rounded_half_up() -> None:
    # 25 x 2.62 = 65.5 -> 66; 100 x 2.62 = 262; unknown stays unknown
    filled, findings = count_residents(
        estates(households=[25, 100, None], residents=[None] * 3, floor_area_m2=[None] * 3),
        m2_per_household=None, persons_per_household=2.62)
    assert filled["residents"].tolist()[:2] == [66, 262]
    assert filled["residents"].isna().tolist() == [False, False, True]
    assert [finding.code for finding in findings] == [
        "residents.estimated", "residents.households_unknown", "residents.unknown"]


def test_households_follow_from_floor_area_only_where_the_planner_says_how() -> None:
    rows = estates(households=[None, None], residents=[None, None], floor_area_m2=[9000.0, None])
    filled, findings = count_residents(rows, m2_per_household=90, persons_per_household=2)
    assert filled["households"][0] == 100  # 9,000 m2 / 90 m2
    assert filled["residents"][0] == 200
    assert filled["households"].isna()[1]
    assert findings[0].values["ids"] == "E0"


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20), st.sampled_from([2, 2.62, 3.15, 2.5]))
def test_an_estimate_is_never_more_than_half_a_person_off(households: list[int], persons: float) -> None:
    filled, _ = count_residents(
        estates(households=households, residents=[None] * len(households), floor_area_m2=[None] * len(households)),
        m2_per_household=None, persons_per_household=persons)
    off = (filled["residents"].astype(float) - pd.Series(households) * persons).abs()
    assert (off <= 0.5 + 1e-9).all()
