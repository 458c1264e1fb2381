"""Funding: who pays for what by which clause, what is left, and that no yuan is lost or paid twice."""

from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from priced import Town, codes, estate, law, siting

from geoplan.documents import listed_values, load_documents
from geoplan.funding import find_idle_limit, sum_sources
from geoplan.policy import resolve
from geoplan.sources import FISCAL, load_sources, open_doors, shared_sources

LUMP: dict[str, Any] = {"neglect": True, "households_body_works": 100}  # building 10,000 m2 x 210 = 2,100,000 yuan


def findings(town: Town, code: str) -> list[dict[str, Any]]:
    return [dict(finding.values) for finding in town.warnings if finding.code == code]


# ---- floors per household

def test_qinghai_pays_15000_yuan_per_household_with_building_works() -> None:
    # 100 households x 15,000 = 1,500,000 of 2,100,000; the rest has no source
    town = Town([estate("E1", **LUMP)], place="青海省")
    assert town.paid("BODY") == {"central_provincial": 1_500_000, "gap": 600_000}
    assert "QH-2023-268" in town.clause("BODY", "central_provincial")
    assert "[QH23-70]" in town.clause("BODY", "central_provincial")


def test_the_floor_of_2021_is_not_added_to_that_of_2023() -> None:
    before = Town([estate("E1", **LUMP)], place="青海省", on=date(2022, 3, 1))
    assert before.paid("BODY")["central_provincial"] == 1_500_000
    assert "[QH21-20]" in before.clause("BODY", "central_provincial")


def test_only_households_with_building_works_count() -> None:
    # building 10,000 x 40 / 100 x 210 = 840,000; 40 x 15,000 = 600,000
    town = Town([estate("E1", households_body_works=40)], place="青海省")
    assert town.paid("BODY") == {"central_provincial": 600_000, "gap": 240_000}


def test_a_subsidy_is_never_more_than_the_works_cost() -> None:
    # stairwells 10 x 50,000 = 500,000 < 1,500,000
    town = Town([estate("E1", hazards="楼梯", households_body_works=100)], place="青海省")
    assert town.paid("STAIR") == {"central_provincial": 500_000}
    row = town.funding[(town.funding["item"] == "STAIR")].iloc[0]
    assert row["basis"] == "assumption"  # what it costs is assumed; the floor itself is policy


def test_the_floor_of_an_estate_runs_through_its_works_in_turn_and_is_policy() -> None:
    # roof 320,000 is paid whole, 1,180,000 is left for walls of 1,960,000
    town = Town([estate("E1", hazards="屋面、外墙", households_body_works=100)], place="青海省")
    assert town.paid("ROOF") == {"central_provincial": 320_000}
    assert town.paid("WALL") == {"central_provincial": 1_180_000, "gap": 780_000}
    basis = town.funding.set_index(["item", "source"])["basis"]
    assert basis["WALL", "central_provincial"] == "policy"
    assert basis["WALL", "gap"] == "assumption"


def test_grounds_pipes_and_lifts_get_nothing_from_the_floor_of_the_building() -> None:
    town = Town([estate("E1", hazards="燃气", elevators_needed=1, households_body_works=100)], place="青海省")
    rows = town.funding[town.funding["source"] == "central_provincial"]
    assert set(rows["item"]) == {"BODY"}


def test_an_estate_that_is_not_eligible_gets_no_subsidy() -> None:
    assert Town([estate("E1", eligibility="ineligible", **LUMP)], place="青海省").paid("BODY") == {"gap": 2_100_000}


def test_no_household_with_building_works_is_no_subsidy_and_not_to_be_verified() -> None:
    town = Town([estate("E1", hazards="屋面", households_body_works=0)], place="青海省")
    assert town.paid("ROOF") == {"gap": 320_000}


@pytest.mark.parametrize("doubt", [{"eligibility": "unknown"}, {"households_body_works": None}])
def test_a_subsidy_that_hangs_on_something_to_be_verified_stands_apart(doubt: dict[str, Any]) -> None:
    town = Town([estate("E1", **LUMP | doubt), estate("E2", **LUMP)], place="青海省")
    assert town.paid("BODY") == {"central_provincial": 1_500_000, "unverified": 1_500_000, "gap": 1_200_000}
    assert findings(town, "funding.unverified")[0]["ids"] == "E1"


def test_gansu_and_dehong_set_no_floor_and_pay_none() -> None:
    for place in ("甘肃省", "德宏州"):
        town = Town([estate("E1", **LUMP)], place=place)
        assert town.paid("BODY") == {"gap": 2_100_000}
        assert findings(town, "funding.unverified") == []


# ---- lifts

def test_a_lift_gets_150000_yuan_by_the_document_of_2021() -> None:
    # 4 lifts x 500,000; 4 x 150,000 from the province
    town = Town([estate("E1", elevators_needed=4)], place="西宁市")
    assert town.paid("LIFT") == {"provincial_lift": 600_000, "gap": 1_400_000}
    assert "[QH21-21]" in town.clause("LIFT", "provincial_lift")


def test_a_lift_gets_nothing_where_no_document_says_so() -> None:
    assert Town([estate("E1", elevators_needed=4)], place="甘肃省").paid("LIFT") == {"gap": 2_000_000}


# ---- whom the law makes pay

def test_residents_pay_the_guided_class_whole() -> None:
    town = Town([estate("E1")], guided_share=0.2)  # 20 households x 5,000
    assert town.paid("IN_UNIT") == {"residents": 100_000}
    assert "[XN-08]" in town.clause("IN_UNIT", "residents")


def test_after_xining_has_lapsed_the_owners_still_pay_for_pipes_inside_their_homes() -> None:
    town = Town([estate("E1")], guided_share=0.2, on=date(2026, 11, 21))
    assert town.paid("IN_UNIT") == {"residents": 100_000}
    assert "[QH23-43]" in town.clause("IN_UNIT", "residents")


def test_in_xining_the_owner_of_public_housing_pays_what_is_left() -> None:
    town = Town([estate("E1", owner_type="public", **LUMP), estate("E2", **LUMP)])
    assert town.paid("BODY") == {"central_provincial": 3_000_000, "original_owner": 600_000, "gap": 600_000}
    assert "[XN-19]" in town.clause("BODY", "original_owner")
    assert Town([estate("E1", owner_type="public", **LUMP)], place="青海省").paid("BODY")["gap"] == 600_000


# ---- shares the documents leave open

def test_utilities_may_be_asked_for_pipes_and_lines_and_pay_what_is_agreed() -> None:
    asked = Town([estate("E1", hazards="燃气、电气")])
    assert asked.paid("GAS") == {"gap": 280_000}
    assert "utility" in asked.asked("GAS") & asked.asked("POWER")
    assert "[XN-17]" in asked.clause("GAS", "utility")
    # 0.7 x 280,000 and 0.7 x 150,000
    agreed = Town([estate("E1", hazards="燃气、电气")], shares={"utility": 0.7})
    assert agreed.paid("GAS") == {"utility": 196_000, "gap": 84_000}
    assert agreed.paid("POWER") == {"utility": 105_000, "gap": 45_000}


def test_a_share_that_no_document_sets_is_said_with_its_clause_and_its_key() -> None:
    said = findings(Town([estate("E1", hazards="燃气")]), "funding.share_not_set")
    utility = next(values for values in said if values["key"] == "funding.shares.utility")
    assert (utility["yuan"], "[XN-17]" in str(utility["clause"])) == ("280,000", True)


def test_utilities_pay_for_no_roof() -> None:
    town = Town([estate("E1", hazards="屋面")], shares={"utility": 1.0})
    assert "utility" not in town.paid("ROOF")


def test_a_share_of_nought_is_an_answer_and_no_open_door() -> None:
    town = Town([estate("E1", hazards="燃气")], shares={"utility": 0.0})
    assert "utility" not in town.asked("GAS")


def test_special_bonds_pay_only_for_what_earns() -> None:
    town = Town([estate("E1", hazards="屋面")], shares={"special_bond": 1.0}, sitings=[
        siting("S1", "PARKING", 600.0, kind="idle_land"), siting("S2", "ELD_DAYCARE", 100.0),
        siting("S3", "PUBLIC_SPACE", 100.0, kind="idle_land")])
    paid = {item: "special_bond" in town.paid(item) for item in ("ROOF", "PARKING", "ELD_DAYCARE", "PUBLIC_SPACE")}
    assert paid == {"ROOF": False, "PARKING": True, "ELD_DAYCARE": True, "PUBLIC_SPACE": False}
    assert "[XN-21]" in town.clause("PARKING", "special_bond")


def test_the_lottery_fund_pays_for_fitness_in_qinghai_only() -> None:
    ground = [siting("S1", "PUBLIC_SPACE", 100.0, kind="idle_land")]  # 35,000 yuan
    here = Town([estate("E1")], sitings=ground, shares={"lottery": 1.0})
    assert here.paid("PUBLIC_SPACE") == {"lottery": 35_000}
    assert "[QH23-73]" in here.clause("PUBLIC_SPACE", "lottery")
    there = Town([estate("E1")], sitings=ground, shares={"lottery": 1.0}, place="甘肃省")
    assert there.paid("PUBLIC_SPACE") == {"gap": 35_000}
    assert findings(there, "funding.shut")[0]["source"] == "体育彩票公益金"


def test_sector_funds_pay_for_their_own_sector() -> None:
    town = Town([estate("E1", hazards="消防、排水")], shares={"sector_funds": 0.5}, sitings=[
        siting("S1", "ELD_DAYCARE", 100.0), siting("S2", "CONVENIENCE", 100.0)])
    assert "sector_funds" in town.paid("ELD_DAYCARE")
    assert "sector_funds" in town.paid("FIRE")
    assert "sector_funds" not in {**town.paid("CONVENIENCE"), **town.paid("DRAIN")}


def test_owner_units_are_asked_only_where_they_own_or_owned() -> None:
    owned = {"hazards": "屋面", "households_body_works": 0}
    shares = {"original_owner": 0.5}
    town = Town([estate("E1", owner_type="soe", **owned), estate("E2", **owned)], place="青海省", shares=shares)
    assert town.paid("ROOF") == {"original_owner": 160_000, "gap": 480_000}


def test_in_jinsha_the_treasury_pays_for_public_works_only() -> None:
    town = Town([estate("E1", hazards="屋面、排水")], place="金沙县", on=date(2022, 3, 1),
                shares={"local_budget": 1.0})
    assert town.paid("ROOF") == {"gap": 320_000}
    assert town.paid("DRAIN") == {"local_budget": 350_000}


def test_shares_that_are_more_than_is_left_are_cut_and_said() -> None:
    town = Town([estate("E1", hazards="燃气")], shares={"utility": 0.8, "residents": 0.5})
    assert town.paid("GAS") == {"utility": 224_000, "residents": 56_000}
    assert findings(town, "funding.share_too_large")[0]["source"] == "居民"


# ---- the gap, debt, the treasury, idle money

def test_the_gap_is_nobodys_and_never_the_governments() -> None:
    town = Town([estate("E1", hazards="排水", **{"households_body_works": 0})])
    assert town.paid("DRAIN") == {"gap": 350_000}
    assert town.clause("DRAIN", "gap") == "nan"


def test_a_gap_in_works_that_earn_nothing_must_not_be_borrowed_for() -> None:
    town = Town([estate("E1", hazards="排水")], sitings=[siting("S1", "PARKING", 600.0, kind="idle_land")])
    # 350,000 + fees and contingency of 350,000 and 160,000 (15 %); the car park earns
    said = findings(town, "funding.hidden_debt")[0]
    assert said["yuan"] == f"{350_000 + 51_000 + 25_500:,}"
    assert "[QH23-08]" in said["clause"]


def test_an_area_that_the_treasury_would_pay_alone_is_said() -> None:
    alone = Town([estate("E1", hazards="排水")], shares={"local_budget": 1.0})
    assert "[CN50-06]" in findings(alone, "funding.treasury_alone")[0]["clause"]
    shared = Town([estate("E1", hazards="排水")], shares={"local_budget": 0.9})
    assert findings(shared, "funding.treasury_alone") == []


def test_central_money_may_not_lie_idle_for_more_than_a_year_in_qinghai() -> None:
    limit = find_idle_limit(law("西宁市"))
    assert limit is not None
    assert limit[0] == 365
    assert "[QH23-29]" in limit[1]
    assert find_idle_limit(law("甘肃省")) is None
    assert findings(Town([estate("E1", **LUMP)]), "funding.idle")[0]["yuan"] == "1,500,000"


# ---- unknown

def test_an_unknown_amount_has_an_unknown_gap_and_no_source() -> None:
    town = Town([estate("E1", **LUMP | {"floor_area_m2": None}), estate("E2", **LUMP)], place="青海省")
    assert town.paid("BODY") == {}
    assert town.funding[town.funding["item"] == "BODY"]["source"].tolist() == ["gap"]
    assert sum_sources(town.funding).empty


# ---- laws

@st.composite
def a_town(draw: st.DrawFn) -> Town:
    words = st.sampled_from(["屋面", "外墙", "楼梯", "排水", "燃气", "电气", "消防"])
    hazards = st.lists(words, unique=True, max_size=3)
    estates = [
        estate(f"E{number}", draw(st.sampled_from(["A1", "A2"])), hazards="、".join(draw(hazards)),
               neglect=draw(st.sampled_from([True, False])), households=draw(st.integers(1, 300)),
               households_body_works=draw(st.one_of(st.none(), st.integers(0, 300))),
               floor_area_m2=draw(st.one_of(st.none(), st.integers(1, 200_000).map(lambda tenths: tenths / 10))),
               elevators_needed=draw(st.integers(0, 5)), owner_type=draw(st.sampled_from(["public", "soe", None])),
               eligibility=draw(st.sampled_from(["eligible", "unknown", "ineligible"])))
        for number in range(draw(st.integers(1, 4)))]
    share = st.sampled_from([0.0, 0.1, 1 / 3, 0.5, 1.0])
    shares = draw(st.dictionaries(st.sampled_from(shared_sources()), share, max_size=5))
    sitings = [siting("S1", draw(st.sampled_from(["ELD_DAYCARE", "PARKING", "PUBLIC_SPACE"])), 33.3)]
    return Town(estates, sitings=sitings, shares=shares,
                place=draw(st.sampled_from(["西宁市", "青海省", "甘肃省", "德宏州", "全国"])))


@settings(max_examples=20)
@given(a_town())
def test_the_sources_of_an_item_add_up_to_it_to_the_yuan(town: Town) -> None:
    paid = town.funding.groupby(["area_id", "item"])["amount_yuan"].sum()
    for row in town.works.dropna(subset="amount_yuan").itertuples():
        assert paid[row.area_id, row.item] == row.amount_yuan
    unknown = town.works[town.works["amount_yuan"].isna()].set_index(["area_id", "item"]).index
    assert paid.reindex(unknown).eq(0).all()
    amounts = town.funding["amount_yuan"].dropna()
    assert (amounts > 0).all()
    assert (amounts % 1 == 0).all()


@settings(max_examples=8)
@given(a_town())
def test_no_source_pays_more_than_the_law_or_the_agreement_gives(town: Town) -> None:
    estates = town.lines[["estate_id"]].dropna().drop_duplicates()
    by_source = sum_sources(town.funding).groupby("source")["amount_yuan"].sum()
    assert by_source.get("central_provincial", 0) + by_source.get("unverified", 0) <= 15_000 * 300 * len(estates)
    lifts = town.lines.loc[town.lines["item"] == "LIFT", "quantity"].astype(float).sum()
    assert by_source.get("provincial_lift", 0) <= 150_000 * lifts
    works = town.works.set_index(["area_id", "item"])["amount_yuan"]
    for row in town.funding.dropna(subset="amount_yuan").itertuples():
        assert row.amount_yuan <= works[row.area_id, row.item]


@settings(max_examples=10)
@given(a_town())
def test_the_floor_is_by_estate_the_smaller_of_what_is_due_and_what_the_building_costs(town: Town) -> None:
    has_floor = town.place in ("西宁市", "青海省")
    building = town.lines[town.lines["tags"].eq("body")].merge(town.estates, on="estate_id")
    unknown = building[building["mid_yuan"].isna()][["area_id", "item"]].apply(tuple, axis=1)
    building = building[~building[["area_id", "item"]].apply(tuple, axis=1).isin(list(unknown))]
    due = sum(
        min(15_000 * int(works["households_body_works"].iloc[0]), int(works["mid_yuan"].sum()))
        for _, works in building[building["eligibility"] == "eligible"].dropna(
            subset="households_body_works").groupby("estate_id")) if has_floor else 0
    paid = sum_sources(town.funding).groupby("source")["amount_yuan"].sum()
    assert paid.get("central_provincial", 0) == due


@settings(max_examples=10)
@given(a_town())
def test_every_source_but_the_gap_has_a_clause_in_force(town: Town) -> None:
    named = town.funding[town.funding["source"] != "gap"]
    assert named["clause"].notna().all()


# ---- the lines of sources.csv

def test_every_line_asks_after_a_rule_some_document_has() -> None:
    rules = [rule for document in load_documents().values() for rule in document.rules]
    for door in load_sources():
        named = [rule for rule in rules if rule.param == door.param]
        assert named, door.param
        assert not door.word or any(door.word in listed_values(rule.value) for rule in named), door.word


def test_no_law_opens_no_door() -> None:
    assert open_doors(resolve([])) == []


def test_a_source_is_of_the_treasury_or_not() -> None:
    sources = {door.source for door in load_sources()}
    assert set(FISCAL) <= sources
    assert sources - set(FISCAL) == {"utility", "original_owner", "special_bond", "social_capital", "residents"}


def test_the_most_specific_clause_speaks_for_a_source() -> None:
    doors = {door.source: door for door in reversed(open_doors(law("德宏州")))}
    assert "[DH-13]" in doors["local_budget"].clause
    assert "[DH-14]" in doors["residents"].clause


def test_findings_can_be_said() -> None:
    town = Town([estate("E1", eligibility="unknown", **LUMP)], shares={"lottery": 0.5, "utility": 1.0})
    assert "funding.hidden_debt" in codes(town.warnings)


def test_a_third_of_a_large_amount_is_rounded_down_and_overflows_nothing() -> None:
    # 1/3 as 0.3333333333333333 of 2,000,000
    assert Town([estate("E1", elevators_needed=4)], shares={"residents": 1 / 3}, place="甘肃省").paid("LIFT") == {
        "residents": 666_666, "gap": 1_333_334}


def test_sources_add_up_by_area() -> None:
    town = Town([estate("E1", **LUMP), estate("E2", "A2", hazards="排水")], place="青海省")
    sums = sum_sources(town.funding).set_index(["area_id", "source"])["amount_yuan"].to_dict()
    assert sums["A1", "central_provincial"] == 1_500_000
    assert sums["A2", "gap"] == 402_500  # 350,000 x 1.15
    assert isinstance(town.funding, pd.DataFrame)
