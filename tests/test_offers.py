"""What could go into a site, how large, at what price, and what bars the rest."""

from typing import Any

import pandas as pd
import pytest
from cared import layer, room
from shapely import Point

from geoplan.offers import find_offers
from geoplan.policy import load_catalogue

PRICES = {"conversion": 2_500.0, "infill": 4_000.0, "outdoor": 350.0}


def offers(*sites: dict[str, Any], **options: Any) -> pd.DataFrame:
    said = {"types": (), "accept": ("usable", "to_check"), "least_m2": {"ELD_MEAL": 100.0}, "prices": PRICES,
            "floor_ratio": 1.0, "last_year": 2027, **options}
    return find_offers(layer("sites", sites), load_catalogue(), **said)


def of(facility_type: str, *sites: dict[str, Any], **options: Any) -> dict[str, Any]:
    found = offers(*sites, **options)
    return dict(found[found["facility_type"] == facility_type].iloc[0])


def land(**more: Any) -> dict[str, Any]:
    return {"site_id": "L1", "site_kind": "idle_land", "land_area_m2": 800.0, "geometry": Point(0, 0), **more}


def test_a_room_is_offered_to_indoor_uses_at_the_price_of_a_conversion() -> None:
    day_care = of("ELD_DAYCARE", room(floor_area_m2=400.9))
    assert (day_care["use"], day_care["reason"]) == ("rooms", "")
    assert (day_care["site_m2"], day_care["least_m2"], day_care["most_m2"]) == (400, 350, 400)
    assert day_care["yuan_per_m2"] == 2_500
    assert of("ELD_DAYCARE", room(conversion_yuan_per_m2=1_300.0))["yuan_per_m2"] == 1_300


def test_only_elder_care_rooms_may_be_larger_than_their_least_size() -> None:
    assert of("CHILD_NURSERY", room())["most_m2"] == of("CHILD_NURSERY", room())["least_m2"] == 200
    assert of("ELD_DAYCARE", room(floor_area_m2=9_000.0))["most_m2"] == 1_750  # the largest of the catalogue


def test_land_is_laid_out_for_outdoor_uses_and_built_on_for_others() -> None:
    priced = land(conversion_yuan_per_m2=800.0)
    park, day_care = of("GREEN", priced), of("ELD_DAYCARE", priced)
    assert (park["use"], park["least_m2"], park["yuan_per_m2"]) == ("land", 400, 800)
    assert (day_care["use"], day_care["most_m2"], day_care["yuan_per_m2"]) == ("infill", 800, 4_000)
    assert of("GREEN", land())["yuan_per_m2"] == 350


def test_a_building_takes_its_plot_or_its_floor_by_the_ratio_whichever_is_more() -> None:
    service = of("COMM_SERVICE", land(), floor_ratio=2.0)  # 800 m2 of floor on 400 m2 of land, but no plot below 500
    assert (service["least_m2"], service["ground_m2"], service["reason"]) == (800, 500, "")
    day_care = of("ELD_DAYCARE", land(), floor_ratio=2.0)
    assert (day_care["ground_m2"], day_care["ground_per_m2"], day_care["most_m2"]) == (175, 0.5, 1_600)


@pytest.mark.parametrize(("facility_type", "change", "reason"), [
    ("ELD_DAYCARE", {}, ""),
    ("GREEN", {}, "not_allowed"),
    ("CHILD_NURSERY", {"allowed_types": "ELD_DAYCARE、ELD_MEAL"}, "not_allowed"),
    ("ELD_MEAL", {"allowed_types": "养老"}, ""),
    ("CHILD_NURSERY", {"allowed_types": "养老"}, "not_allowed"),
    ("ELD_DAYCARE", {"structure_ok": False}, "structure"),
    ("ELD_DAYCARE", {"fire_ok": False}, "structure"),
    ("ELD_DAYCARE", {"is_basement": True}, "storey"),
    ("ELD_DAYCARE", {"storey": 3, "has_lift": True}, ""),
    ("ELD_DAYCARE", {"storey": 4, "has_lift": True}, "storey"),  # not above the third floor
    ("ELD_DAYCARE", {"storey": 2, "has_lift": False}, "storey"),
    ("CHILD_NURSERY", {"storey": 2, "has_lift": False}, ""),
    ("CHILD_NURSERY", {"storey": 3, "has_lift": True}, "storey"),
    ("HEALTH_STATION", {"storey": 2, "has_lift": True}, "storey"),
    ("ELD_DAYCARE", {"plan_conformity": "no"}, "plan_conformity"),
    ("ELD_DAYCARE", {"plan_conformity": "adjust"}, ""),
    ("ELD_DAYCARE", {"consent": "refused"}, "no_consent"),
    ("ELD_DAYCARE", {"consent": "asked"}, ""),
    ("ELD_DAYCARE", {"floor_area_m2": None}, "no_data"),
    ("ELD_STATION", {}, "no_data"),  # nobody says how small it may be
    ("ELD_DAYCARE", {"floor_area_m2": 349.9}, "too_small"),
    ("ELD_DAYCARE", {"available_year": 2027}, ""),
    ("ELD_DAYCARE", {"available_year": 2028}, "not_available_in_time"),
    ("ELD_DAYCARE", {"consent": "refused", "structure_ok": False}, "structure"),  # the gravest
])
def test_what_bars_an_offer(facility_type: str, change: dict[str, Any], reason: str) -> None:
    assert of(facility_type, room(**change))["reason"] == reason


def test_sites_to_be_verified_are_left_out_on_request() -> None:
    sound = room(structure_ok=True, fire_ok=True, consent="agreed", plan_conformity="yes", is_basement=False)
    assert of("ELD_DAYCARE", sound, accept=("usable",))["reason"] == ""
    assert of("ELD_DAYCARE", {**sound, "consent": "asked"}, accept=("usable",))["reason"] == "to_check"


def test_types_may_be_named_and_schools_and_bus_stops_are_never_placed() -> None:
    every = set(offers(room())["facility_type"])
    assert not every & {"PRIMARY", "MIDDLE", "BUS_STOP", "SUBWAY", "ELEVATOR"}
    assert set(offers(room(), types=("ELD_DAYCARE", "PRIMARY"))["facility_type"]) == {"ELD_DAYCARE"}


def test_the_order_of_sites_changes_nothing() -> None:
    sites = [room("S2"), land(), room("S1", floor_area_m2=100.0)]
    pd.testing.assert_frame_equal(offers(*sites), offers(*reversed(sites)))


def test_no_site_makes_no_offer() -> None:
    assert offers().empty
