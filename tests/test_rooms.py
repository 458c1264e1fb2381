"""Which elder-care rooms count: storey, lift, status and year, and what is said of those that do not."""

from typing import Any

import pandas as pd
import pytest
from cared import centre, codes, layer

from geoplan.errors import say
from geoplan.policy import load_catalogue
from geoplan.rooms import count_rooms, say_sited_same_places


def rooms_of(*facilities: dict[str, Any]) -> tuple[dict[str, float], set[str]]:
    rooms, findings = count_rooms(layer("facilities", facilities), load_catalogue(), last_year=2027)
    return dict(zip(rooms["facility_id"], rooms["rooms_m2"].astype(float), strict=True)), codes(findings)


@pytest.mark.parametrize(("change", "code"), [
    ({"facility_type": "ELD_HOME"}, "care.residential"),
    ({"facility_type": "ELD_NURSE", "elder_area_m2": 4_000.0}, "care.residential"),
    ({"status": "closed"}, "care.closed"),
    ({"status": None}, "care.no_status"),
    ({"is_basement": True}, "care.basement"),
    ({"storey": -1}, "care.basement"),
    ({"storey": 2, "has_lift": False}, "care.no_lift"),
    ({"status": "planned"}, "care.no_year"),
    ({"status": "under_construction"}, "care.no_year"),
    ({"status": "planned", "opened_year": 2028}, "care.too_late"),
    ({"status": "under_construction", "opened_year": 2028}, "care.too_late"),
    ({"floor_area_m2": None}, "care.no_area"),
])
def test_rooms_that_do_not_count_are_named_with_the_reason(change: dict[str, Any], code: str) -> None:
    assert rooms_of(centre("F1", 300, **change)) == ({}, {code})


def test_an_exclusion_says_how_many_how_much_and_which() -> None:
    facilities = layer("facilities", [
        centre("F2", 200, status="closed"), centre("F1", 150.5, status="closed"), centre("F3", 100)])
    _, findings = count_rooms(facilities, load_catalogue(), last_year=2027)
    assert [finding.code for finding in findings] == ["care.closed"]
    assert say(findings[0], "zh") == "停用设施 2 处的养老用房（350.5 m²）不计入：F1、F2"


def test_each_facility_is_excluded_for_one_reason_only() -> None:
    facilities = layer("facilities", [centre("F1", 200, status="closed", is_basement=True, storey=2, has_lift=False)])
    _, findings = count_rooms(facilities, load_catalogue(), last_year=2027)
    assert [finding.code for finding in findings] == ["care.closed"]


def test_a_mixed_building_counts_only_its_elder_rooms() -> None:
    mixed = {"facility_type": "COMM_SERVICE", "elder_area_m2": 120.0}
    assert rooms_of(centre("F1", 900, **mixed)) == ({"F1": 120.0}, set())
    assert rooms_of(centre("F1", 900, facility_type="COMM_SERVICE")) == ({}, set())


def test_a_facility_without_a_type_counts_by_its_elder_rooms() -> None:
    assert rooms_of(centre("F1", 900, facility_type=None, elder_area_m2=60.0)) == ({"F1": 60.0}, set())
    assert rooms_of(centre("F1", 900, facility_type=None)) == ({}, set())


def test_an_elder_facility_counts_its_elder_rooms_and_else_its_floor() -> None:
    assert rooms_of(centre("F1", 500, elder_area_m2=320.0)) == ({"F1": 320.0}, set())
    assert rooms_of(centre("F1", 500)) == ({"F1": 500.0}, set())
    assert rooms_of(centre("F1", 500, elder_area_m2=0.0)) == ({}, set())


def test_an_upper_floor_with_a_lift_counts() -> None:
    assert rooms_of(centre("F1", 100, storey=3, has_lift=True)) == ({"F1": 100.0}, set())


def test_what_is_not_known_of_a_storey_bars_nothing_and_is_said() -> None:
    assert rooms_of(centre("F1", 100, storey=3)) == ({"F1": 100.0}, {"care.lift_unknown"})
    assert rooms_of(centre("F1", 100, storey=None)) == ({"F1": 100.0}, {"care.storey_unknown"})


def test_planned_rooms_count_up_to_the_last_year_of_the_programme() -> None:
    facilities = layer("facilities", [
        centre("F1", 100, x=0, status="planned", opened_year=2027),
        centre("F2", 100, x=50, status="under_construction", opened_year=2025), centre("F3", 100, x=90)])
    rooms, findings = count_rooms(facilities, load_catalogue(), last_year=2027)
    assert rooms["is_planned"].tolist() == [True, True, False]
    assert findings == []


def test_two_entries_at_one_place_are_pointed_out() -> None:
    counted, found = rooms_of(centre("F1", 100, x=50), centre("F2", 80, x=70, facility_type="ELD_MEAL"))
    assert counted == {"F1": 100.0, "F2": 80.0}
    assert found == {"care.same_place"}
    assert rooms_of(centre("F1", 100, x=50), centre("F2", 80, x=71))[1] == set()  # 21 m apart


def test_rooms_that_siting_plans_at_the_place_of_rooms_that_count_are_pointed_out() -> None:
    rooms, _ = count_rooms(layer("facilities", [centre("D1", 100, x=50)]), load_catalogue(), last_year=2027)
    sited = layer("facilities", [centre(site_id, None, x=x) for site_id, x in (("D1", 50), ("S2", 70), ("S3", 71))])
    found, = say_sited_same_places(rooms, sited)
    assert found.values == {"count": 2, "metres": "20", "pairs": "D1+D1、S2+D1"}
    assert say_sited_same_places(rooms, sited[2:]) == []


def test_nothing_given_is_changed() -> None:
    facilities = layer("facilities", [centre("F1", 90), centre("F2", 350, x=450, serves="E1、N1")])
    before = facilities.copy(deep=True)
    count_rooms(facilities, load_catalogue(), last_year=2027)
    pd.testing.assert_frame_equal(facilities, before)
