"""Works: what each estate asks for, how much of it, and what it costs; nothing twice, and what is unknown is not 0."""

from itertools import permutations
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from priced import Town, classes, codes, estate, siting, wall

from geoplan.costs import load_costs, site_prices
from geoplan.works import sum_amounts

NOTHING: dict[str, Any] = {"neglect": None, "municipal_gaps": None, "hazards": None, "households_body_works": None}


# ---- what an estate asks for

def test_an_estate_of_which_nothing_is_known_is_renovated_as_a_whole() -> None:
    # building 10,000 m2 x 210 = 2,100,000; grounds 10,000 m2 x 140 = 1,400,000; together 350 yuan/m2
    town = Town([estate("E1", **NOTHING)])
    assert town.amounts() == {"BODY": 2_100_000, "YARD": 1_400_000}
    assert sum_amounts(town.works).to_dict() == {"A1": 3_500_000}


def test_an_estate_known_to_be_in_order_asks_for_nothing() -> None:
    assert Town([estate("E1")]).amounts() == {}


def test_the_building_counts_with_the_households_that_have_building_works() -> None:
    # 10,000 m2 x 60 / 100 households = 6,000 m2 x 210 = 1,260,000
    town = Town([estate("E1", households_body_works=60)])
    assert town.amounts() == {"BODY": 1_260_000}
    assert town.of("BODY")["quantity"] == 6_000


@pytest.mark.parametrize(("facts", "item", "yuan"), [
    ({"hazards": "屋面"}, "ROOF", 2_000 * 160),  # 10,000 m2 / 5 storeys
    ({"hazards": "外墙"}, "WALL", 7_000 * 280),  # 10,000 m2 x 0.7
    ({"hazards": "楼梯"}, "STAIR", 10 * 50_000),
    ({"hazards": "排水"}, "DRAIN", 250 * 1_400),  # 10 stairwells x 25 m
    ({"hazards": "燃气"}, "GAS", 100 * 2_800),
    ({"hazards": "供热"}, "HEAT", 10_000 * 100),
    ({"hazards": "电气"}, "POWER", 100 * 1_500),
    ({"hazards": "消防"}, "FIRE", 100 * 1_000),
    ({"hazards": "道路"}, "ROAD", 1_000 * 200),  # 5,000 m2 of land x 0.2
    ({"hazards": "屋面漏水"}, "ROOF", 320_000),
])
def test_a_hazard_asks_for_its_own_work(facts: dict[str, Any], item: str, yuan: int) -> None:
    # survey and design 10 %, contingency 5 % on top
    assert Town([estate("E1", **facts)]).amounts() == {item: yuan, "FEES": yuan * 0.10, "RESERVE": yuan * 0.05}


def test_a_named_hazard_of_the_building_takes_the_place_of_its_whole_renovation() -> None:
    town = Town([estate("E1", hazards="屋面", neglect=True, households_body_works=100)])
    assert "BODY" not in town.amounts()
    assert town.amounts()["ROOF"] == 320_000


def test_a_named_pipe_takes_the_place_of_the_whole_grounds_but_not_of_the_building() -> None:
    amounts = Town([estate("E1", **NOTHING | {"hazards": "燃气", "municipal_gaps": True})]).amounts()
    assert "YARD" not in amounts
    assert (amounts["GAS"], amounts["BODY"]) == (280_000, 2_100_000)


def test_fire_equipment_is_part_of_the_whole_grounds() -> None:
    assert set(Town([estate("E1", hazards="消防", municipal_gaps=True)]).amounts()) == {"YARD"}
    assert set(Town([estate("E1", hazards="消防、燃气", municipal_gaps=True)]).amounts()) == {
        "FIRE", "GAS", "FEES", "RESERVE"}


ANSWERS = st.sampled_from([True, False, None])
HAZARDS = st.lists(st.sampled_from(["屋面", "外墙", "楼梯", "排水", "燃气", "供热", "电气", "消防", "白蚁"]),
                   unique=True, max_size=4)


@st.composite
def an_estate(draw: st.DrawFn, number: int) -> dict[str, Any]:
    hazards = draw(st.one_of(st.none(), HAZARDS.map("、".join)))
    return estate(
        f"E{number}", draw(st.sampled_from(["A1", "A2", None])), hazards=hazards, neglect=draw(ANSWERS),
        municipal_gaps=draw(ANSWERS), households=draw(st.integers(1, 300)),
        households_body_works=draw(st.one_of(st.none(), st.integers(0, 300))),
        floor_area_m2=draw(st.one_of(st.none(), st.integers(1, 300_000).map(lambda tenths: tenths / 10))),
        stairwells=draw(st.one_of(st.none(), st.integers(1, 30))), storeys_max=draw(st.one_of(st.none(), st.just(7))),
        elevators_needed=draw(st.one_of(st.none(), st.integers(0, 9))), elevators_installed=draw(st.integers(0, 9)))


TOWNS = st.integers(1, 5).flatmap(lambda count: st.tuples(*(an_estate(number) for number in range(count))))


@settings(max_examples=8)
@given(TOWNS)
def test_nothing_is_counted_both_as_a_whole_and_by_the_piece(estates: tuple[dict[str, Any], ...]) -> None:
    lines, part = Town(estates).lines, load_costs()["part"]
    for whole in ("BODY", "YARD"):
        with_whole = set(lines.loc[lines["item"] == whole, "estate_id"])
        pieces = lines[lines["item"].map(part).eq(part[whole]) & (lines["item"] != whole)]
        assert not with_whole & set(pieces["estate_id"])


@settings(max_examples=8)
@given(TOWNS)
def test_a_low_amount_is_never_above_a_middle_one_nor_that_above_a_high_one(
    estates: tuple[dict[str, Any], ...]) -> None:
    works = Town(estates).works.dropna(subset="amount_yuan")
    assert (works["low_yuan"] <= works["amount_yuan"]).all()
    assert (works["amount_yuan"] <= works["high_yuan"]).all()


@settings(max_examples=8)
@given(TOWNS)
def test_an_area_costs_what_its_lines_cost_and_is_unknown_where_one_of_them_is(
    estates: tuple[dict[str, Any], ...]) -> None:
    town = Town(estates)
    for area_id, amount in sum_amounts(town.works).items():
        lines = town.lines.loc[town.lines["area_id"] == area_id, "mid_yuan"].tolist()
        if any(pd.isna(yuan) for yuan in lines):
            assert pd.isna(amount)
        else:
            assert amount == sum(lines)


def test_the_order_of_the_rows_changes_nothing() -> None:
    estates = [estate("E1", **NOTHING), estate("E2", hazards="屋面、排水"), estate("E3", "A2", hazards="消防")]
    first = Town(estates)
    for shuffled in permutations(estates):
        again = Town(shuffled)
        pd.testing.assert_frame_equal(again.works, first.works)
        pd.testing.assert_frame_equal(again.funding, first.funding)


def test_what_is_named_and_cannot_be_measured_is_renovated_as_a_whole_and_said() -> None:
    town = Town([estate("E1", hazards="楼梯、屋面、燃气", stairwells=None)])
    assert set(town.amounts()) == {"BODY", "GAS", "FEES", "RESERVE"}  # the pipes can be measured
    assert "works.stands_in" in codes(town.doubts)


def test_the_building_of_a_stand_in_counts_with_all_its_floor_area_where_no_household_is_counted() -> None:
    # works are named although the ledger counts no household with building works: 10,000 m2 x 210
    town = Town([estate("E1", hazards="楼梯", stairwells=None, households_body_works=None)])
    assert town.amounts() == {"BODY": 2_100_000}


# ---- unknown is not nought

def test_a_missing_floor_area_leaves_the_amount_unknown_and_names_the_estates() -> None:
    town = Town([estate("E1", **NOTHING), estate("E2", **NOTHING | {"floor_area_m2": None})])
    assert town.amounts() == {"BODY": None, "YARD": None}
    assert sum_amounts(town.works).isna().all()
    said = [finding.values for finding in town.doubts if finding.code == "works.unknown_quantity"]
    assert [(values["count"], values["ids"]) for values in said] == [(1, "E2"), (1, "E2")]


def test_a_missing_floor_area_follows_from_households_only_where_the_planner_says_how() -> None:
    # 100 households x 90 m2 = 9,000 m2 x (210 + 140)
    town = Town([estate("E1", **NOTHING | {"floor_area_m2": None})], m2_per_household=90)
    assert sum_amounts(town.works)["A1"] == 9_000 * 350
    assert "works.floor_area_estimated" in codes(town.doubts)


def test_an_estimated_floor_area_is_an_assumption_whatever_the_price() -> None:
    costs = load_costs()
    costs.loc["HEAT", "basis"] = "project"
    said = Town([estate("E1", hazards="供热")], costs=costs)
    guessed = Town([estate("E1", hazards="供热", floor_area_m2=None)], costs=costs, m2_per_household=90)
    assert (said.of("HEAT")["basis"], guessed.of("HEAT")["basis"]) == ("project", "assumption")


def test_a_hazard_without_a_known_work_is_named() -> None:
    town = Town([estate("E1", hazards="白蚁")])
    assert "works.unknown_hazard" in codes(town.doubts)
    assert town.amounts() == {}


def test_an_estate_in_no_area_costs_nothing() -> None:
    assert Town([estate("E1", None, **NOTHING)]).works.empty


def test_an_estate_that_was_renovated_before_is_named_and_stays() -> None:
    town = Town([estate("E1", renovated_year=2019, **NOTHING)])
    assert "works.renovated_before" in codes(town.doubts)
    assert "BODY" in town.amounts()


# ---- lifts

def test_lifts_are_those_needed_less_those_installed() -> None:
    town = Town([estate("E1", elevators_needed=6, elevators_installed=2), estate("E2", elevators_needed=1,
                                                                                    elevators_installed=3)])
    assert town.amounts() == {"LIFT": 4 * 500_000}
    assert town.of("LIFT")["basis"] == "retrieved"
    assert town.of("LIFT")["estates"] == 1


def test_lifts_installed_that_nobody_counted_leave_the_amount_unknown() -> None:
    assert Town([estate("E1", elevators_needed=6, elevators_installed=None)]).amounts() == {"LIFT": None}


def test_lifts_that_nobody_asked_after_are_left_out_and_said() -> None:
    town = Town([estate("E1", elevators_needed=None, **NOTHING)])
    assert "LIFT" not in town.amounts()
    assert "works.no_lifts" in codes(town.doubts)


# ---- walls, sites, homes

def test_a_wall_between_touching_estates_is_opened_once_and_one_across_a_street_on_both_sides() -> None:
    # (1 + 2) walls x 4 m x 150 yuan
    town = Town([estate("E1")], walls=[wall(), wall(apart_m=12.0)])
    assert (town.of("OPENING")["quantity"], town.amounts()["OPENING"]) == (12, 1_800)


def test_a_wall_that_helps_nobody_stays_shut_and_one_of_unknown_use_is_opened() -> None:
    town = Town([estate("E1")], walls=[wall(saved=0.0), wall(saved=None)])
    assert town.of("OPENING")["quantity"] == 4


def test_rooms_are_converted_land_is_built_on_and_grounds_have_their_own_price() -> None:
    town = Town([estate("E1")], sitings=[
        siting("S1", "ELD_DAYCARE", 350.0), siting("S2", "CHILD_NURSERY", 200.0, kind="idle_land"),
        siting("S3", "PUBLIC_SPACE", 400.0, kind="idle_land"), siting("S4", "PARKING", 600.0, kind="cleared_land")])
    assert {item: town.amounts()[item] for item in ("ELD_DAYCARE", "CHILD_NURSERY", "PUBLIC_SPACE", "PARKING")} == {
        "ELD_DAYCARE": 350 * 2_500, "CHILD_NURSERY": 200 * 4_000, "PUBLIC_SPACE": 400 * 350, "PARKING": 20 * 8_000}


def test_the_amount_of_a_siting_stands_and_the_price_of_the_site_outweighs_ours() -> None:
    own = Town([estate("E1")], sitings=[siting("S1", "ELD_DAYCARE", 350.0, price=1_300.0)])
    assert (own.amounts()["ELD_DAYCARE"], own.of("ELD_DAYCARE")["basis"]) == (350 * 1_300, "project")
    assert own.of("ELD_DAYCARE")["low_yuan"] == own.of("ELD_DAYCARE")["high_yuan"] == 455_000
    # low and high keep their ratio to the middle price: 700,000 x 1,500 / 2,500 and x 4,000 / 2,500
    said = Town([estate("E1")], sitings=[siting("S1", "ELD_DAYCARE", 350.0, amount=700_000)]).of("ELD_DAYCARE")
    assert (said["low_yuan"], said["amount_yuan"], said["high_yuan"]) == (420_000, 700_000, 1_120_000)
    assert pd.isna(said["unit_mid"])


def test_a_siting_of_unknown_size_and_amount_is_unknown() -> None:
    town = Town([estate("E1")], sitings=[siting("S1", "ELD_DAYCARE", None)])
    assert town.amounts()["ELD_DAYCARE"] is None
    assert town.amounts()["FEES"] is None


def test_a_siting_that_belongs_to_no_area_is_named() -> None:
    town = Town([estate("E1")], sitings=[siting("S1", "ELD_DAYCARE", 350.0, area=None)])
    assert codes(town.doubts) == ["works.siting_without_area"]
    assert town.works.empty


def test_the_prices_of_sites_are_those_of_the_works() -> None:
    assert site_prices(load_costs()) == {"conversion": 2_500, "outdoor": 350, "infill": 4_000}


def test_pipes_inside_homes_are_listed_only_where_a_share_is_set() -> None:
    assert "IN_UNIT" not in Town([estate("E1")]).amounts()
    assert Town([estate("E1")], guided_share=0.3).amounts()["IN_UNIT"] == 30 * 5_000


# ---- sums and classes

def test_every_line_is_rounded_half_up_to_whole_yuan_once() -> None:
    # 10.5 m2 x 100 yuan = 1,050; 0.1 m2 x 210 = 21; 1.05 m2 x 210 = 220.5 -> 221
    town = Town([estate("E1", **NOTHING | {"floor_area_m2": 1.05})])
    assert town.amounts()["BODY"] == 221


def test_survey_and_contingency_come_on_top_of_pieces_but_not_of_wholes_and_lifts() -> None:
    town = Town([estate("E1", hazards="屋面"), estate("E2", elevators_needed=1, **NOTHING)])
    assert town.amounts()["FEES"] == 32_000
    assert town.amounts()["RESERVE"] == 16_000


def test_a_table_of_works_says_how_much_at_what_price_and_from_what() -> None:
    roof = Town([estate("E1", hazards="屋面"), estate("E2", hazards="屋面")]).of("ROOF")
    assert (roof["quantity"], roof["unit"], roof["driver"], roof["estates"]) == (4_000, "m2", "roof_m2", 2)
    assert (roof["unit_low"], roof["unit_mid"], roof["unit_high"]) == (100, 160, 250)
    assert (roof["low_yuan"], roof["amount_yuan"], roof["high_yuan"]) == (400_000, 640_000, 1_000_000)
    assert roof["basis"] == "assumption"


def test_the_most_specific_document_gives_the_class() -> None:
    town = Town([estate("E1", hazards="屋面", elevators_needed=1)], guided_share=0.1,
                sitings=[siting("S1", "ELD_DAYCARE", 350.0)])
    assert town.works.set_index("item")["content_class"].dropna().to_dict() == {
        "ROOF": "基础", "LIFT": "完善", "IN_UNIT": "引导", "ELD_DAYCARE": "提升"}
    assert "[XN-05]" in town.of("ROOF")["clause"]
    assert "[QH21-13]" in town.of("LIFT")["clause"]


def test_where_the_documents_give_no_class_there_is_none() -> None:
    assert Town([estate("E1", hazards="屋面")], place="甘肃省").works["content_class"].isna().all()
    assert classes("德宏州").empty
