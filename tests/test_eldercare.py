"""The elder-care account: the worked example of policy 1.2 to the last digit, and the laws of sharing."""

from fractions import Fraction
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from cared import CRS, account, account_of, centre, codes, estate, layer, room
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geoplan.eldercare import _divide, have_m2
from geoplan.errors import say
from geoplan.policy import load_catalogue
from geoplan.rooms import count_rooms
from geoplan.schema import columns_of

# ---- the worked example

SIX = {"E1": 520, "E2": 520, "E3": 520, "E4": 520, "E5": 520, "E6": 624}  # 1,240 households x 2.6 = 3,224
EXAMPLE_ESTATES = [
    *(estate(name, people, 100 * number) for number, (name, people) in enumerate(SIX.items())),
    estate("N1", 5_000, 2_000),
]
EXAMPLE_FACILITIES = [
    centre("F1", 90),
    centre("F2", 350, x=450, serves="、".join([*SIX, "N1"])),
    centre("F3", 120, x=250, status="planned", opened_year=2026),
]
EXAMPLE_MEMBERS = dict.fromkeys(SIX, "A1")


def test_the_worked_example_of_the_policy_comes_out_to_the_last_digit() -> None:
    care, _ = account(EXAMPLE_ESTATES, EXAMPLE_FACILITIES, EXAMPLE_MEMBERS)
    row = care.loc["A1"]
    assert row["residents"] == 3224
    assert row["need_m2"] == 322.4  # 3,224 x 0.1
    assert row["inside_m2"] == 90
    assert row["declared_m2"] == 137.2  # 350 x 3,224 / 8,224 = 137.208…
    assert row["short_m2"] == 96  # 322.4 - 227.2 = 95.2, rounded up
    assert row["planned_m2"] == 120
    assert row["short_after_m2"] == 0  # 322.4 - 347.2 < 0
    assert row["status"] == "met_after_plan"
    assert row["reachable_m2"] == 322.4  # 440 m2 stand within the walk of all six, which need 322.4


def test_the_land_account_of_the_worked_example_is_not_met() -> None:
    care, findings = account(EXAMPLE_ESTATES, EXAMPLE_FACILITIES, EXAMPLE_MEMBERS)
    row = care.loc["A1"]
    assert row["land_need_m2"] == 322.4
    assert row["land_have_m2"] == 208.3  # 347.2 x 0.6 = 208.32
    assert row["land_status"] == "not_met"
    assert codes(findings) == set()


def test_the_basis_picks_the_account_that_gives_the_status() -> None:
    care, _ = account(EXAMPLE_ESTATES, EXAMPLE_FACILITIES, EXAMPLE_MEMBERS, sites=[], basis="land")
    assert care.loc["A1", "status"] == "not_met_no_site"
    assert care.loc["A1", "short_after_m2"] == 0


def test_the_scope_inside_leaves_declared_rooms_out() -> None:
    care, _ = account(EXAMPLE_ESTATES, EXAMPLE_FACILITIES, EXAMPLE_MEMBERS, count_scope="inside")
    assert care.loc["A1", "declared_m2"] == 137.2
    assert care.loc["A1", "short_m2"] == 233  # 322.4 - 90 = 232.4
    assert care.loc["A1", "short_after_m2"] == 113  # 322.4 - 90 - 120 = 112.4
    assert have_m2(care, "inside").loc["A1"] == 90
    assert have_m2(care, "declared").loc["A1"] == 227.2


def test_the_scope_reachable_counts_what_flows_and_nothing_else() -> None:
    care, findings = account(EXAMPLE_ESTATES, EXAMPLE_FACILITIES[:1], EXAMPLE_MEMBERS, count_scope="reachable")
    row = care.loc["A1"]
    assert (row["inside_m2"], row["reachable_m2"], row["short_m2"]) == (90, 90, 233)  # 322.4 - 90 = 232.4
    assert have_m2(care, "reachable").loc["A1"] == 90
    assert codes(findings) == {"care.no_sites"}


@pytest.mark.parametrize(("residents", "rate", "need"), [
    (700, 0.1, 70.0), (3224, 0.1, 322.4), (3, 0.1, 0.3), (6, 0.1, 0.6), (1, 0.15, 0.15), (0, 0.1, 0.0),
])
def test_need_is_exact(residents: int, rate: float, need: float) -> None:
    care, _ = account([estate("E1", residents)], [], {"E1": "A1"}, m2_per_resident=rate)
    assert repr(float(care.loc["A1", "need_m2"])) == repr(need)


def test_a_shortage_is_rounded_up_and_never_negative() -> None:
    facilities = [centre("F1", 99.9)]
    assert account([estate("E1", 1_000)], facilities, {"E1": "A1"})[0].loc["A1", "short_m2"] == 1  # 0.1 -> 1
    assert account([estate("E1", 999)], facilities, {"E1": "A1"})[0].loc["A1", "short_m2"] == 0
    assert account([estate("E1", 10)], facilities, {"E1": "A1"})[0].loc["A1", "short_m2"] == 0


def test_rooms_that_add_up_in_decimals_meet_the_need_exactly() -> None:
    facilities = [centre("F1", 0.1, x=10), centre("F2", 0.2, x=90)]  # 0.1 + 0.2 = 0.3, not 0.30000000000000004
    care, _ = account([estate("E1", 3)], facilities, {"E1": "A1"})
    assert care.loc["A1", "inside_m2"] == 0.3
    assert care.loc["A1", "status"] == "met"


# ---- who gets them

def test_planned_rooms_do_not_count_today() -> None:
    care, _ = account([estate("E1", 500)], [centre("F1", 60, status="planned", opened_year=2025)], {"E1": "A1"})
    assert care.loc["A1", "inside_m2"] == 0
    assert care.loc["A1", "planned_m2"] == 60
    assert care.loc["A1", "status"] == "met_after_plan"


TWO = [estate("E1", 300, 0, community="东", subdistrict="城关"),
       estate("E2", 100, 200, community="西", subdistrict="城关"),
       estate("E3", 600, 400, community="西", subdistrict="城关")]
TWO_AREAS = {"E1": "A1", "E2": "A2"}


def test_rooms_that_declare_nothing_belong_to_the_area_they_stand_in() -> None:
    care, findings = account(TWO, [centre("F1", 50), centre("F2", 70, x=250), centre("F3", 40, x=450)], TWO_AREAS)
    assert care["inside_m2"].tolist() == [50, 70]
    assert codes(findings) == {"care.outside"}


def test_an_empty_service_area_declares_nothing() -> None:
    assert account(TWO, [centre("F1", 50, serves="")], TWO_AREAS)[0]["inside_m2"].tolist() == [50, 0]


def test_rooms_on_the_border_of_two_areas_count_once() -> None:
    estates = [estate("E1", 300, 0), estate("E2", 300, 100)]
    care, _ = account(estates, [centre("F1", 50, x=100)], {"E1": "A1", "E2": "A2"})
    assert care["inside_m2"].tolist() == [50, 0]


def test_declared_rooms_are_divided_by_residents_grouped_or_not() -> None:
    care, _ = account(TWO, [centre("F1", 100, serves="E1、E2、E3")], TWO_AREAS)
    assert care["declared_m2"].tolist() == [30, 10]  # 300 and 100 of 1,000 residents; 600 are in no area
    assert care["inside_m2"].tolist() == [0, 0]


def test_declared_rooms_of_a_community_and_a_subdistrict_reach_all_their_estates() -> None:
    # 70 x 100 / 700
    assert account(TWO, [centre("F1", 70, serves="西")], TWO_AREAS)[0]["declared_m2"].tolist() == [0, 10]
    assert account(TWO, [centre("F1", 100, serves="城关")], TWO_AREAS)[0]["declared_m2"].tolist() == [30, 10]


def test_an_estate_named_twice_is_served_once() -> None:
    care, _ = account(TWO, [centre("F1", 100, serves="城关、东、E1")], TWO_AREAS)
    assert care["declared_m2"].tolist() == [30, 10]


def test_a_name_means_the_smallest_thing_that_bears_it() -> None:
    estates = [estate("E1", 300, 0, community="E2", subdistrict="E2"), estate("E2", 100, 200)]
    care, _ = account(estates, [centre("F1", 100, serves="E2")], TWO_AREAS)
    assert care["declared_m2"].tolist() == [0, 100]


def test_a_share_is_rounded_half_up_to_a_tenth() -> None:
    estates = [estate("E1", 1, 0), estate("E2", 3, 200)]
    care, _ = account(estates, [centre("F1", 0.2, serves="E1、E2")], TWO_AREAS)
    assert care["declared_m2"].tolist() == [0.1, 0.2]  # 0.2 x 1/4 = 0.05 -> 0.1; 0.2 x 3/4 = 0.15 -> 0.2


def test_a_name_that_matches_nothing_is_said() -> None:
    care, findings = account(TWO, [centre("F1", 100, serves="E1、北"), centre("F2", 80, serves="南")], TWO_AREAS)
    assert care["declared_m2"].tolist() == [100, 0]
    said = {finding.code: say(finding, "zh") for finding in findings}
    assert "F1 北、F2 南" in said["care.unknown_name"]
    assert "F2" in said["care.outside"]


def test_a_share_among_unknown_residents_is_unknown() -> None:
    estates = [*TWO[:2], estate("E3", None, 400)]
    care, findings = account(estates, [centre("F1", 100, serves="E1、E3")], TWO_AREAS)
    assert care["declared_m2"].isna().tolist() == [True, False]
    assert care["short_m2"].isna().tolist() == [True, False]
    assert care.loc["A1", "status"] == "unknown"
    assert "care.served_unknown" in codes(findings)


def test_an_unknown_share_does_not_matter_where_the_rest_is_enough() -> None:
    estates = [*TWO[:2], estate("E3", None, 400)]
    facilities = [centre("F1", 100, x=90, serves="E1、E3"), centre("F2", 30)]
    care, _ = account(estates, facilities, TWO_AREAS)
    assert care.loc["A1", "short_m2"] == 0  # 300 x 0.1 = 30 stands inside
    assert care.loc["A1", "status"] == "met"


def test_an_area_with_unknown_residents_is_unknown_and_names_the_estates() -> None:
    estates = [estate("E1", None, 0), estate("E2", 100, 200)]
    care, findings = account(estates, [centre("F1", 500)], {"E1": "A1", "E2": "A1"}, sites=[])
    row = care.loc["A1"]
    assert row[["residents", "need_m2", "short_m2", "short_after_m2"]].isna().all()
    assert (row["status"], row["land_status"]) == ("unknown", "unknown")
    assert [say(finding, "en") for finding in findings if finding.code == "care.residents_unknown"] == [
        "area A1 has 1 estates whose residents are not known; its need for elder-care space cannot be told: E1"]


# ---- land

def land_of(facility: dict[str, Any], *estates: dict[str, Any]) -> tuple[float, set[str]]:
    care, findings = account(list(estates), [facility], {said["estate_id"]: "A1" for said in estates}, sites=[])
    return care.loc["A1", "land_have_m2"], codes(findings)


def test_a_facility_that_stands_alone_brings_its_own_parcel() -> None:
    assert land_of(centre("F1", 400, land_area_m2=900.0), estate("E1", 100))[0] == 900
    assert land_of(centre("F1", None, elder_area_m2=400.0, land_area_m2=900.0), estate("E1", 100))[0] == 900


def test_rooms_in_a_building_bring_their_part_of_its_land() -> None:
    mixed = centre("F1", 1_000, elder_area_m2=200.0, land_area_m2=500.0, facility_type="COMM_SERVICE")
    assert land_of(mixed, estate("E1", 100))[0] == 100  # 200 x 500 / 1,000


def test_rooms_without_land_take_the_ratio_of_the_estate_they_stand_in() -> None:
    other = estate("E2", 100, 200, land_area_m2=1_000.0)
    assert land_of(centre("F1", 100), estate("E1", 100), other)[0] == 60  # 6,000 / 10,000
    assert land_of(centre("F1", 100, land_area_m2=0.0), estate("E1", 100), other)[0] == 60


def test_rooms_between_estates_take_the_ratio_of_all_estates_of_the_area() -> None:
    other = estate("E2", 100, 200, land_area_m2=1_000.0)
    assert land_of(centre("F1", 100, x=150), estate("E1", 100), other)[0] == 35  # 7,000 / 20,000


def test_an_estate_without_land_area_lends_its_outline_and_that_is_said() -> None:
    have, found = land_of(centre("F1", 100), estate("E1", 100, land_area_m2=None, floor_area_m2=20_000.0))
    assert have == 50  # an outline of 100 m x 100 m, 10,000 / 20,000
    assert "care.land_from_outline" in found


def test_land_is_unknown_where_no_ratio_is_known() -> None:
    care, findings = account([estate("E1", 100, floor_area_m2=None)], [centre("F1", 100)], {"E1": "A1"})
    assert pd.isna(care.loc["A1", "land_have_m2"])
    assert care.loc["A1", "land_status"] == "unknown"
    assert care.loc["A1", "status"] == "met"
    assert codes(findings) == {"care.land_unknown"}


@pytest.mark.parametrize(("facilities", "status"), [
    ([centre("F1", 100)], "met"),  # 100 x 0.6 = 60 >= 60
    ([centre("F1", 50), centre("F2", 50, x=90, status="planned", opened_year=2026)], "met_after_plan"),
    ([centre("F1", 99)], "not_met"),
])
def test_the_land_account_has_a_verdict_of_its_own(facilities: list[dict[str, Any]], status: str) -> None:
    assert account([estate("E1", 600)], facilities, {"E1": "A1"}, sites=[])[0].loc["A1", "land_status"] == status


# ---- what stands in the way

def status_with(*sites: dict[str, Any], **options: Any) -> str:
    care, _ = account([estate("E1", 600)], [centre("F1", 10)], {"E1": "A1"}, sites=list(sites), **options)
    return care.loc["A1", "status"]


def test_an_area_short_of_rooms_with_no_site_near_says_so() -> None:
    assert status_with() == "not_met_no_site"
    assert status_with(room(x=400.0)) == "unknown"  # 300 m from the outline, which ends at x = 100
    assert status_with(room(x=400.1)) == "not_met_no_site"


@pytest.mark.parametrize("change", [
    {"is_basement": True}, {"storey": -1}, {"floor_area_m2": 0.0}, {"storey": 2, "has_lift": False},
    {"allowed_types": "KINDERGARTEN、停车"},
])
def test_a_site_that_may_not_host_elder_care_is_no_site(change: dict[str, Any]) -> None:
    assert status_with(room(**change)) == "not_met_no_site"


@pytest.mark.parametrize("uses", [None, "", "停车、日间照料", "ELD_MEAL", "社区养老", "老年人日间照料中心(含托老所)"])
def test_a_site_that_names_elder_care_or_leaves_its_use_open_may_serve(uses: str | None) -> None:
    assert status_with(room(allowed_types=uses)) == "unknown"


def test_idle_land_may_serve_too() -> None:
    assert status_with(room(site_kind="idle_land", floor_area_m2=None, land_area_m2=500.0)) == "unknown"


@pytest.mark.parametrize(("change", "status"), [
    ({"consent": "refused"}, "not_met_no_consent"),
    ({"structure_ok": False}, "not_met_structure"),
    ({"fire_ok": False}, "not_met_structure"),
    ({"plan_conformity": "no"}, "not_met_plan_conformity"),
    ({"consent": "refused", "structure_ok": False}, "not_met_no_consent"),
])
def test_what_bars_every_site_is_the_reason(change: dict[str, Any], status: str) -> None:
    assert status_with(room("S1", **change), room("S2", **change)) == status


def test_one_open_site_leaves_the_verdict_to_siting() -> None:
    assert status_with(room("S1", consent="refused"), room("S2", consent="asked")) == "unknown"


def test_of_several_bars_the_commonest_is_named() -> None:
    barred = [room("S1", structure_ok=False), room("S2", fire_ok=False), room("S3", consent="refused")]
    assert status_with(*barred) == "not_met_structure"
    assert status_with(*barred[1:]) == "not_met_no_consent"  # one each: the one that talks can mend


def test_without_a_layer_of_sites_nothing_is_said_about_sites() -> None:
    care, findings = account([estate("E1", 600)], [], {"E1": "A1"}, sites=None)
    assert care.loc["A1", "status"] == "unknown"
    assert codes(findings) == {"care.no_sites"}


def test_an_area_that_meets_its_need_is_met_whatever_the_sites() -> None:
    assert account([estate("E1", 100)], [centre("F1", 10)], {"E1": "A1"}, sites=None)[0].loc["A1", "status"] == "met"


def test_a_plan_without_areas_has_an_empty_account() -> None:
    areas = gpd.GeoDataFrame({"area_id": pd.Series([], dtype="str")}, geometry=[], crs=CRS)
    members = pd.DataFrame({"estate_id": [], "area_id": []}, dtype="str")
    care, _ = account_of(
        areas, members, layer("estates", TWO), layer("facilities", [centre("F1", 50), centre("F2", 9, serves="E1")]),
        layer("sites", [room()]))
    assert list(care.columns) == [column.name for column in columns_of("care")]
    assert care.empty


def test_estates_in_no_area_may_be_listed_with_a_missing_area() -> None:
    care, _ = account(TWO, [centre("F1", 100, serves="城关")], {**TWO_AREAS})
    grouped = pd.DataFrame({"estate_id": ["E1", "E2", "E3"], "area_id": ["A1", "A2", None]})
    areas = gpd.GeoDataFrame({"area_id": ["A1", "A2"]}, geometry=[box(0, 0, 100, 100), box(200, 0, 300, 100)], crs=CRS)
    same, _ = account_of(
        areas, grouped, layer("estates", TWO), layer("facilities", [centre("F1", 100, serves="城关")]), None)
    pd.testing.assert_frame_equal(care.reset_index(), same)


# ---- laws

towns = st.lists(st.tuples(st.integers(0, 5_000), st.sampled_from(["A1", "A2", "A3", None])), min_size=1, max_size=6)
wings = st.lists(
    st.tuples(st.integers(1, 20_000), st.lists(st.integers(0, 5), max_size=6), st.integers(0, 700)), max_size=5)
few = settings(max_examples=25, deadline=None)


def draw(town: list[tuple[int, str | None]], rooms: list[tuple[int, list[int], int]]) -> tuple[Any, Any, Any]:
    """Return estates, facilities and members; rooms are in tenths of a square metre and serve estates by number."""
    estates = [estate(f"E{number}", people, 120 * number) for number, (people, _) in enumerate(town)]
    facilities = [
        centre(f"F{number}", tenths / 10, x=x, serves="、".join(f"E{k}" for k in serves if k < len(town)))
        for number, (tenths, serves, x) in enumerate(rooms)]
    return estates, facilities, {f"E{k}": name for k, (_, name) in enumerate(town) if name is not None}


@few
@given(towns, wings)
def test_no_room_is_given_twice(town: list[tuple[int, str | None]], rooms: list[tuple[int, list[int], int]]) -> None:
    estates, facilities, members = draw(town, rooms)
    ground = layer("estates", estates)
    people = ground[["estate_id", "residents"]].assign(area_id=[members.get(name) for name in ground["estate_id"]])
    outlines = [box(120 * k, 0, 120 * k + 100, 100) for k, (_, name) in enumerate(town) if name]
    areas = gpd.GeoDataFrame({"area_id": list(members.values())}, geometry=outlines, crs=CRS).dissolve("area_id")
    counted, _ = count_rooms(layer("facilities", facilities), load_catalogue(), last_year=2027)
    shares, _ = _divide(counted, areas.reset_index(), ground, people)
    given_away = shares.dropna(subset="m2").groupby("facility_id")["m2"].agg(["sum", "size"])
    have = counted.set_index("facility_id")["rooms_m2"].reindex(given_away.index)
    # Each share is rounded half up to 0.1, so it may exceed its exact part by 0.05 at most.
    assert (given_away["sum"] <= have + given_away["size"] * Fraction(5, 100)).all()


@few
@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=5), st.integers(1, 9_999))
def test_all_shares_together_are_the_rooms(residents: list[int], tens: int) -> None:
    """An estate a share: where residents divide evenly nothing is lost and nothing won."""
    estates = [estate(f"E{k}", people, 120 * k) for k, people in enumerate(residents)]
    m2 = tens * sum(residents) / 10  # so that every share is a whole number of tenths
    facilities = [centre("F1", m2, serves="、".join(said["estate_id"] for said in estates))]
    care, _ = account(estates, facilities, {said["estate_id"]: said["estate_id"] for said in estates})
    assert care["declared_m2"].tolist() == [tens * people / 10 for people in residents]


@few
@given(towns.filter(lambda town: any(name for _, name in town)), wings, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    town: list[tuple[int, str | None]], rooms: list[tuple[int, list[int], int]], chance: Any,
) -> None:
    estates, facilities, members = draw(town, rooms)
    care, findings = account(estates, facilities, members, sites=[])
    shuffled = [chance.sample(rows, len(rows)) for rows in (estates, facilities, list(members.items()))]
    again, found = account(shuffled[0], shuffled[1], dict(shuffled[2]), sites=[])
    pd.testing.assert_frame_equal(care, again)
    assert findings == found


@few
@given(towns.filter(lambda town: any(name for _, name in town)), wings, st.integers(1, 5_000))
def test_more_rooms_never_make_an_area_shorter(
    town: list[tuple[int, str | None]], rooms: list[tuple[int, list[int], int]], more: int,
) -> None:
    estates, facilities, members = draw(town, rooms)
    before, _ = account(estates, facilities, members)
    after, _ = account(estates, [*facilities, centre("G1", more / 10, x=60)], members)
    assert (after["short_m2"].fillna(0) <= before["short_m2"].fillna(0)).all()
    assert (after["short_after_m2"].fillna(0) <= after["short_m2"].fillna(0)).all()
