"""What goes into which site, for whom, and why what stays open stays open: little towns worked out by hand."""

from typing import Any

import pandas as pd
import pytest
from cared import account, centre, codes, estate
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point
from sited import Lack, Sited, gaps_of, good, site_town

from geoplan.circles import find_area_gaps
from geoplan.relief import find_demands
from geoplan.scenes import Wish
from geoplan.siting import find_siting_alternatives, list_rooms, say_siting_alternatives, say_sitings, with_procedures

DAY, STATION, NURSERY, PARK = "ELD_DAYCARE", "ELD_STATION", "CHILD_NURSERY", "GREEN"
TWO_AREAS: list[Lack] = [("E1", "A1", 1_000, NURSERY, 300), ("E2", "A2", 400, NURSERY, 300)]
WALKS = [("E1", "S1", 120.0), ("E2", "S1", 290.4)]


# ---- who is relieved

def test_one_nursery_relieves_the_estates_of_two_areas_and_counts_for_the_larger() -> None:
    town = site_town(TWO_AREAS, WALKS, good())
    row = town.sitings.iloc[0]
    assert town.placed() == {("S1", NURSERY): 200}
    assert (row["area_id"], row["residents_served"], row["amount_yuan"]) == ("A1", 1_400, 500_000)  # 200 x 2,500
    assert town.served["residents_served"].tolist() == [1_000, 400]
    assert town.stages["value"].tolist() == [1_400, 500_000, 1_000 * 120 + 400 * 290]
    assert town.stages["gap_share"].tolist() == [0, 0, 0]
    assert not town.gaps["is_gap_after"].any()
    assert [town.reason(area, NURSERY) for area in ("A1", "A2")] == [None, None]


def test_a_service_that_only_makes_up_a_complex_counts_for_the_area_it_could_relieve() -> None:
    # S2 relieves E1 and E2 of the shop; a second one in S1 costs 50 x 2,500 = 125,000 and earns the bonus of 200,000
    kinds = ("ELD_DAYCARE", NURSERY, "CONVENIENCE")
    lacks = [*(("E1", "A1", 1_000, kind, 300) for kind in kinds), ("E2", "A2", 50, "CONVENIENCE", 300)]
    walks = [("E1", "S1", 200.0), ("E1", "S2", 100.0), ("E2", "S2", 100.0)]
    house, shop = good("S1", floor_area_m2=600, allowed_types="、".join(kinds)), good("S2", allowed_types=kinds[2])
    town = site_town(lacks, walks, house, shop, wish=Wish(0.1, complex_bonus_yuan=200_000))
    assert town.placed() == {("S1", kind): m2 for kind, m2 in zip(kinds, (350, 200, 50), strict=True)} | {
        ("S2", "CONVENIENCE"): 50}
    spare = town.sitings.set_index(["site_id", "facility_type"]).loc[("S1", "CONVENIENCE")]
    assert (spare["area_id"], spare["residents_served"], spare["amount_yuan"]) == ("A1", 0, 125_000)
    assert town.stages["value"].tolist()[:2] == [3_050, 650 * 2_500 - 200_000]


def test_an_estate_beyond_the_limit_is_not_relieved() -> None:
    town = site_town(TWO_AREAS, [WALKS[0], ("E2", "S1", 300.01)], good())
    assert town.sitings["residents_served"].tolist() == [1_000]
    assert town.gaps["is_gap_after"].tolist() == [False, True]
    assert town.reason("A2", NURSERY) == "no_site_within_reach"


def test_each_resident_counts_once_a_type_at_the_nearest_siting() -> None:
    lacks = [*TWO_AREAS, ("E3", "A2", 50, NURSERY, 300)]
    walks = [("E1", "S1", 100.0), ("E2", "S1", 200.0), ("E2", "S2", 150.0), ("E3", "S2", 10.0)]
    town = site_town(lacks, walks, good("S1"), good("S2"))
    assert town.sitings["residents_served"].tolist() == [1_000, 450]
    assert town.sitings["residents_served"].sum() == town.stages["value"].iloc[0]


def test_a_gap_that_opened_walls_have_closed_asks_for_no_site() -> None:
    gaps, members = gaps_of(TWO_AREAS)
    gaps.loc[0, "is_gap_after"] = False
    found = find_demands(gaps, find_area_gaps(gaps, members, tolerance=0.1), members)
    assert found["estate_id"].tolist() == ["E2"]


def test_an_area_without_the_gap_asks_for_no_site_for_its_few_uncovered() -> None:
    # 90 of 1,090 residents are 8 %, under a tenth
    gaps, members = gaps_of([("E1", "A1", 1_000, PARK, 300), ("E2", "A1", 90, PARK, 300)])
    gaps.loc[0, ["is_gap", "is_gap_after"]] = False
    assert find_demands(gaps, find_area_gaps(gaps, members, tolerance=0.1), members).empty


# ---- elder-care rooms

def test_a_room_of_300_square_metres_serves_the_shortages_of_two_areas_and_not_one_square_metre_twice() -> None:
    lacks: list[Lack] = [("E1", "A1", 2_500, STATION, 500), ("E2", "A2", 1_200, STATION, 500)]
    town = site_town(lacks, [("E1", "S1", 100.0), ("E2", "S1", 300.0)], good(floor_area_m2=300.0),
                     short={"A1": 250, "A2": 120}, types=(STATION,))
    assert town.placed() == {("S1", STATION): 300}
    assert town.served.set_index("area_id")["elder_m2"].to_dict() == {"A1": 250, "A2": 50}
    # 3,700 residents lack a station, and 300 m2 are the space of 3,000
    assert town.stages["value"].iloc[0] == 3_700 + 3_000
    assert town.obstacles.to_dict() == {"A1": "not_met_no_site", "A2": "not_met_no_site"}


def test_the_account_after_siting_is_exact() -> None:
    # need 350 x 0.1 + 3,224 x 0.1 = 357.4; have 90; short 267.4 -> 268; the room of 300.9 m2 gives 268 of its 300
    town = site_town([("E1", "A1", 3_574, STATION, 500)], [("E1", "S1", 100.0)], good(floor_area_m2=300.9),
                     short={"A1": 268}, types=(STATION,))
    assert town.placed() == {("S1", STATION): 268}
    sited = list_rooms(town.served, town.sitings, town.offers, town.sites)
    care, findings = account([estate("E1", 3_574)], [centre("F1", 90)], {"E1": "A1"}, sites=[], sited=sited,
                             obstacles=town.obstacles)
    row = care.loc["A1"]
    assert (row["need_m2"], row["inside_m2"], row["planned_m2"]) == (357.4, 90, 0)
    assert (row["short_m2"], row["short_after_m2"], row["status"]) == (268, 0, "met_after_plan")
    assert row["land_have_m2"] == 214.8  # (90 + 268) x 6,000 / 10,000: the room stands in E1
    assert codes(findings) == set()


def test_rooms_on_land_bring_the_land_they_are_built_on() -> None:
    land = good("L1", site_kind="idle_land", floor_area_m2=None, land_area_m2=500.0)
    town = site_town([("E1", "A1", 1_000, STATION, 500)], [("E1", "L1", 1.0)], land, short={"A1": 100},
                     types=(STATION,))
    sited = list_rooms(town.served, town.sitings, town.offers, town.sites)
    care, _ = account([estate("E1", 1_000)], [], {"E1": "A1"}, sites=[], sited=sited, obstacles=town.obstacles)
    assert (care.loc["A1", "land_have_m2"], care.loc["A1", "land_status"]) == (100, "met_after_plan")


@pytest.mark.parametrize(("change", "status"), [
    ({"consent": "refused"}, "not_met_no_consent"), ({"structure_ok": False}, "not_met_structure"),
    ({"fire_ok": False}, "not_met_structure"), ({"plan_conformity": "no"}, "not_met_plan_conformity"),
    ({"is_basement": True}, "not_met_no_site"), ({"allowed_types": "GREEN"}, "not_met_no_site"),
    ({"floor_area_m2": None}, "unknown"), ({"available_year": 2030}, "not_met_no_site"),
])
def test_what_bars_the_rooms_is_the_status_of_the_area(change: dict[str, Any], status: str) -> None:
    town = site_town([("E1", "A1", 1_000, STATION, 500)], [("E1", "S1", 1.0)], good(**change), short={"A1": 100})
    assert town.obstacles.to_dict() == {"A1": status}


def test_an_area_with_no_site_near_has_no_site() -> None:
    assert site_town([("E1", "A1", 1_000, STATION, 500)], [], good(), short={"A1": 9}).obstacles.tolist() == [
        "not_met_no_site"]


# ---- why a gap stays open

@pytest.mark.parametrize(("change", "reason"), [
    ({"allowed_types": DAY}, "not_allowed"), ({"structure_ok": False}, "structure"), ({"fire_ok": False}, "structure"),
    ({"is_basement": True}, "storey"), ({"storey": 3, "has_lift": True}, "storey"),
    ({"plan_conformity": "no"}, "plan_conformity"), ({"consent": "refused"}, "no_consent"),
    ({"floor_area_m2": None}, "no_data"), ({"floor_area_m2": 199.0}, "too_small"),
    ({"available_year": 2028}, "not_available_in_time"),
])
def test_a_gap_that_stays_open_says_why(change: dict[str, Any], reason: str) -> None:
    town = site_town(TWO_AREAS, WALKS, good(**change))
    assert town.sitings.empty
    assert town.reason("A1", NURSERY) == reason


def test_the_mildest_bar_of_all_sites_in_reach_is_told() -> None:
    walks = [("E1", "S1", 10.0), ("E1", "S2", 10.0), ("E1", "S3", 10.0)]
    town = site_town(TWO_AREAS[:1], walks, good("S1", structure_ok=False), good("S2", consent="refused"),
                     good("S3", allowed_types=PARK))
    assert town.reason("A1", NURSERY) == "no_consent"


def test_a_use_that_relieves_fewer_yields_and_says_so() -> None:
    lacks: list[Lack] = [("E1", "A1", 100, NURSERY, 300), ("E1", "A1", 100, DAY, 300), ("E2", "A1", 5, NURSERY, 300)]
    town = site_town(lacks, [("E1", "S1", 10.0), ("E2", "S1", 10.0)], good())  # 400 m2: 200 or 350, not both
    assert town.placed() == {("S1", NURSERY): 200}
    assert town.reason("A1", DAY) == "capacity_used_by_other"


def test_a_budget_that_does_not_reach_is_the_reason() -> None:
    town = site_town(TWO_AREAS, WALKS, good(), wish=Wish(0.1, max_cost_yuan=499_999))
    assert town.reason("A1", NURSERY) == "no_budget"
    assert site_town(TWO_AREAS, WALKS, good(), wish=Wish(0.1, max_cost_yuan=500_000)).reason("A1", NURSERY) is None


def test_money_that_is_left_is_no_reason() -> None:
    lacks: list[Lack] = [("E1", "A1", None, NURSERY, 300)]  # nobody is known to live there: nothing is relieved
    for money in (None, 500_000):
        town = site_town(lacks, [("E1", "S1", 10.0)], good(), wish=Wish(0.1, max_cost_yuan=money))
        assert town.reason("A1", NURSERY) == "no_data"
    poor = site_town(lacks, [("E1", "S1", 10.0)], good(), wish=Wish(0.1, max_cost_yuan=499_999))
    assert poor.reason("A1", NURSERY) == "no_budget"  # 200 x 2,500


@pytest.mark.parametrize(("money", "m2"), [(249_999, 0), (400_000, 160)])
def test_rooms_that_the_money_does_not_pay_for_are_not_called_a_want_of_sites(money: int, m2: int) -> None:
    lacks: list[Lack] = [("E1", "A1", 2_000, STATION, 500)]
    town = site_town(lacks, [("E1", "S1", 1.0)], good(), short={"A1": 200}, types=(STATION,),
                     wish=Wish(0.1, max_cost_yuan=money))
    assert sum(town.placed().values()) == m2  # at 2,500 yuan, 100 m2 at least
    assert town.obstacles.to_dict() == {"A1": "not_met_no_budget"}


def test_land_kept_for_care_is_the_reason() -> None:
    land = good("S1", site_kind="idle_land", floor_area_m2=None, land_area_m2=500.0)
    lacks: list[Lack] = [("E1", "A1", 900, PARK, 300), ("E1", "A1", 900, DAY, 300)]
    wish = Wish(0.1, is_care_first=True)
    town = site_town(lacks, [("E1", "S1", 10.0)], {**land, "land_area_m2": 400.0}, wish=wish)
    assert town.placed() == {("S1", DAY): 350}
    assert town.reason("A1", PARK) == "capacity_used_by_other"
    poor = site_town(lacks, [("E1", "S1", 10.0)], land, wish=Wish(0.1, is_care_first=True, max_cost_yuan=1_000_000))
    assert poor.placed() == {}  # the park would cost 140,000, the building 1,400,000
    assert poor.reason("A1", PARK) == "no_budget"


def test_types_left_out_and_types_that_no_site_serves_say_so() -> None:
    lacks = [*TWO_AREAS, ("E1", "A1", 1_000, "PRIMARY", 500)]
    town = site_town(lacks, WALKS, good(), types=(DAY,))
    assert (town.reason("A1", NURSERY), town.reason("A1", "PRIMARY")) == ("not_included", "not_sited")


def test_where_nobody_is_known_to_live_siting_says_it_has_no_data() -> None:
    town = site_town([("E1", "A1", None, NURSERY, 300)], [("E1", "S1", 10.0)], good())
    assert town.sitings.empty
    assert town.reason("A1", NURSERY) == "no_data"


def test_a_layer_of_sites_without_rows_leaves_every_gap_open() -> None:
    town = site_town(TWO_AREAS, [])
    assert town.sitings.empty
    assert town.reason("A1", NURSERY) == "no_site_within_reach"
    assert town.stages["value"].tolist() == [0, 0, 0]


# ---- what is said, alternatives, order

def test_the_objectives_are_said_with_their_bounds() -> None:
    town = site_town(TWO_AREAS, WALKS, good())
    gaps, members = gaps_of([*TWO_AREAS, ("E9", "A2", None, NURSERY, 300)])
    demands = find_demands(gaps, find_area_gaps(gaps, members, tolerance=0.1), members)
    findings = say_sitings(town.stages, town.offers, demands, gaps, wish=Wish(0.1), care_clause="QH-2021-13 三12")
    assert codes(findings) == {"siting.objective", "siting.residents_unknown"}
    assert findings[0].values["relieved"] == findings[0].values["relieved_bound"] == "1,400"
    assert findings[0].values["cost"] == "500,000"


def test_procedures_join_the_sitings_and_none_is_an_empty_text() -> None:
    town = site_town(TWO_AREAS, [WALKS[0], ("E2", "S2", 1.0)], good("S1"), good("S2"))
    procedures = pd.DataFrame({"site_id": ["S1", "S1"], "facility_type": [NURSERY] * 2,
                               "procedure": ["change_of_use", "fire_review"]})
    assert with_procedures(town.sitings, procedures)["procedures"].tolist() == ["change_of_use、fire_review", ""]


def test_alternatives_use_another_site() -> None:
    gaps, members = gaps_of(TWO_AREAS[:1])
    sites = [good("S1"), good("S2", conversion_yuan_per_m2=3_000.0)]
    town = site_town(TWO_AREAS[:1], [("E1", "S1", 1.0), ("E1", "S2", 1.0)], *sites)
    reached = pd.DataFrame({"estate_id": ["E1", "E1"], "site_id": ["S1", "S2"], "distance_m": [1.0, 1.0]})
    care = pd.DataFrame({"area_id": ["A1"], "short_after_m2": [0.0]})
    found = find_siting_alternatives(
        town.offers, reached, gaps, find_area_gaps(gaps, members, tolerance=0.1), members, care, host_areas=None,
        wish=Wish(0.1), count=3)
    assert town.placed() == {("S1", NURSERY): 200}
    assert found[["alternative", "site_id", "amount_yuan"]].values.tolist() == [[1, "S2", 600_000]]
    fewer, = say_siting_alternatives(found, count=3)
    assert fewer.values == {"count": 1, "wanted": 3}
    assert say_siting_alternatives(found, count=1) == []


RANDOM_LACKS = st.lists(st.tuples(st.sampled_from(["E1", "E2", "E3", "E4"]), st.integers(0, 300), st.sampled_from(
    [DAY, NURSERY, STATION, PARK])), max_size=8, unique_by=lambda lack: (lack[0], lack[2]))


@given(RANDOM_LACKS, st.lists(st.integers(90, 900), min_size=1, max_size=4), st.integers(0, 250), st.randoms())
@settings(max_examples=12, deadline=None)
def test_the_order_of_rows_changes_nothing_and_every_gap_is_closed_or_has_a_reason(
    said: list[tuple[str, int, str]], rooms: list[int], short: int, chance: Any,
) -> None:
    people = {"E1": 100, "E2": 200, "E3": 300, "E4": 400}
    lacks: list[Lack] = [(name, "A1" if name < "E3" else "A2", people[name], kind, 500) for name, _, kind in said]
    sites = [good(f"S{at}", floor_area_m2=float(m2), geometry=Point(at, 0)) for at, m2 in enumerate(rooms)]
    walks = [(name, site["site_id"], 37.0 * at + 50 * (ord(name[1]) % 3)) for name in people
             for at, site in enumerate(sites)]
    once = site_town(lacks, walks, *sites, short={"A1": short})
    stays = once.area_gaps["is_gap_after"].fillna(False).astype(bool)
    assert (once.area_gaps["reason"].notna() == stays).all()
    for rows in (lacks, walks, sites):
        chance.shuffle(rows)
    again = site_town(lacks, walks, *sites, short={"A1": short})
    for name in ("sitings", "served", "stages", "area_gaps"):
        pd.testing.assert_frame_equal(getattr(once, name), getattr(again, name))
    assert_no_room_is_given_twice(once)


def assert_no_room_is_given_twice(town: Sited) -> None:
    given = town.served.groupby(["site_id", "facility_type"])["elder_m2"].sum()
    has = town.sitings.set_index(["site_id", "facility_type"])["floor_area_m2"]
    assert (given <= has).all()
    room = town.sites.set_index("site_id")["floor_area_m2"]
    assert (town.sitings.groupby("site_id")["floor_area_m2"].sum() <= room.reindex(
        sorted(set(town.sitings["site_id"])))).all()
