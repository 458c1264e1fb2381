"""What bars a reuse site."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from geoplan.schema import labels_of
from geoplan.sites import find_faults, is_basement, is_without_lift, judge_sites

SOUND = {
    "site_id": "S1", "site_kind": "idle_building", "floor_area_m2": 200.0, "land_area_m2": None, "storey": 1,
    "has_lift": None, "is_basement": False, "structure_ok": True, "fire_ok": True, "consent": "agreed",
    "plan_conformity": "yes", "geometry": Point(0, 0),
}
TYPES = {"storey": "Int64", "has_lift": "boolean", "is_basement": "boolean", "structure_ok": "boolean",
         "fire_ok": "boolean", "floor_area_m2": "float64", "land_area_m2": "float64"}


def sites(*changes: dict) -> gpd.GeoDataFrame:
    rows = [{**SOUND, "site_id": f"S{number}", **change} for number, change in enumerate(changes, start=1)]
    return gpd.GeoDataFrame(pd.DataFrame(rows).astype(TYPES), geometry="geometry", crs="EPSG:4549")


def verdict(**change: object) -> tuple[object, str]:
    judged = judge_sites(sites(change))
    usable = judged["usable"].iloc[0]
    return (None if pd.isna(usable) else bool(usable)), judged["reason"].iloc[0]


def test_a_sound_agreed_conforming_room_is_usable() -> None:
    assert verdict() == (True, "usable")


@pytest.mark.parametrize(("change", "reason"), [
    ({"is_basement": True}, "basement"),
    ({"is_basement": None, "storey": -1}, "basement"),
    ({"floor_area_m2": 0.0}, "no_area"),
    ({"structure_ok": False}, "structure"),
    ({"fire_ok": False}, "fire"),
    ({"consent": "refused"}, "refused"),
    ({"plan_conformity": "no"}, "plan_conformity"),
])
def test_what_is_known_to_bar_a_site_makes_it_unusable(change: dict, reason: str) -> None:
    assert verdict(**change) == (False, reason)


@pytest.mark.parametrize("change", [
    {"floor_area_m2": None}, {"structure_ok": None}, {"fire_ok": None}, {"consent": None}, {"consent": "none"},
    {"consent": "asked"}, {"plan_conformity": None}, {"plan_conformity": "adjust"},
    {"is_basement": None, "storey": None},
])
def test_what_is_not_known_or_not_settled_is_no_verdict(change: dict) -> None:
    assert verdict(**change) == (None, "to_check")


def test_the_gravest_reason_is_named_first() -> None:
    assert verdict(consent="refused", structure_ok=False, fire_ok=False) == (False, "structure")
    assert verdict(consent="refused", is_basement=True) == (False, "basement")


def test_a_known_fault_outweighs_what_is_still_open() -> None:
    assert verdict(consent="refused", fire_ok=None) == (False, "refused")


def test_land_needs_no_structure_and_no_storey() -> None:
    land = {"site_kind": "idle_land", "floor_area_m2": None, "land_area_m2": 900.0, "structure_ok": None,
            "fire_ok": None, "storey": None, "is_basement": None}
    assert verdict(**land) == (True, "usable")
    assert verdict(**{**land, "land_area_m2": 0.0}) == (False, "no_area")
    assert verdict(**{**land, "land_area_m2": None}) == (None, "to_check")


def test_every_reason_has_a_label() -> None:
    codes = {*find_faults(sites({})), "usable", "to_check"}
    assert codes == set(labels_of("site_reason", "zh"))


def test_upper_floors_are_barred_only_where_there_is_known_to_be_no_lift() -> None:
    rooms = sites({"storey": 3, "has_lift": False}, {"storey": 3, "has_lift": None}, {"storey": 3, "has_lift": True},
                  {"storey": 1, "has_lift": False}, {"storey": None, "has_lift": False})
    assert is_without_lift(rooms).tolist() == [True, False, False, False, False]


def test_a_storey_below_zero_is_a_basement_and_an_unknown_one_is_not() -> None:
    rooms = sites({"is_basement": None, "storey": -2}, {"is_basement": None, "storey": None}, {"storey": 1})
    assert is_basement(rooms).tolist() == [True, False, False]


def test_a_town_without_sites_gets_no_verdicts() -> None:
    assert judge_sites(sites({}).iloc[:0]).empty
