"""Siting in the sample town: every gap is closed or has a reason, and every figure adds up anew."""

import math
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from geoplan.plan import Plan, make_plan
from geoplan.policy import load_catalogue
from geoplan.project import load_project
from geoplan.schema import split_list

TOWN = Path(__file__).parents[1] / "data" / "hehuang"
KEYS = ["site_id", "facility_type"]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(load_project(TOWN))


def test_every_gap_of_an_area_is_closed_or_has_its_reason(plan: Plan) -> None:
    area_gaps = plan.tables["area_gaps"]
    stays = area_gaps["is_gap_after"].fillna(False).astype(bool)
    assert area_gaps.loc[stays, "reason"].notna().all()
    assert (area_gaps["reason"].notna() == (stays | area_gaps["is_gap"].isna())).all()
    assert "not_found" not in set(area_gaps["reason"])
    assert (area_gaps["is_gap"].fillna(False).astype(bool) & ~stays).sum() > 20


def test_every_area_short_of_elder_care_is_met_or_says_why(plan: Plan) -> None:
    assert not plan.tables["care"]["status"].eq("unknown").any()


def test_the_elder_care_account_counts_every_sited_square_metre_once(plan: Plan) -> None:
    care = plan.tables["care"].set_index("area_id")
    sited = plan.tables["siting_areas"].groupby("area_id")["elder_m2"].sum()
    for area_id, row in care.iterrows():
        parts = ("inside_m2", "declared_m2", "planned_m2")
        have = sum(Fraction(str(row[part])) for part in parts) + Fraction(str(sited.get(area_id, 0.0)))
        assert row["short_after_m2"] == max(0, math.ceil(Fraction(str(row["need_m2"])) - have))
    given = plan.tables["siting_areas"].groupby(KEYS)["elder_m2"].sum()
    assert (given <= plan.tables["sitings"].set_index(KEYS)["floor_area_m2"]).all()


def test_what_is_relieved_is_the_sum_of_the_rows_and_proven(plan: Plan) -> None:
    stages = plan.tables["siting_stages"].set_index("stage")
    sitings, served = plan.tables["sitings"], plan.tables["siting_areas"]
    assert stages.at["relieved", "value"] == sitings["residents_served"].sum() + 10 * served["elder_m2"].sum()
    assert served["residents_served"].sum() == sitings["residents_served"].sum()
    assert stages.at["cost", "value"] <= sitings["amount_yuan"].sum()
    assert stages["gap_share"].eq(0).all()


def test_every_site_takes_what_it_may_and_no_more_than_it_has(plan: Plan) -> None:
    sites, catalogue = plan.layers.sites.set_index("site_id"), load_catalogue().set_index("facility_type")
    for site_id, own in plan.tables["sitings"].groupby("site_id"):
        site = sites.loc[site_id]
        has = site["land_area_m2"] if pd.isna(site["floor_area_m2"]) else site["floor_area_m2"]
        assert own["floor_area_m2"].sum() <= has
        assert set(own["facility_type"]) <= set(split_list(site["allowed_types"]))
        assert site["consent"] != "refused"
        assert site["plan_conformity"] != "no"
        for row in own.itertuples():
            least = catalogue.loc[row.facility_type, ["min_building_m2", "min_land_m2"]].min()
            assert pd.isna(least) or row.floor_area_m2 >= least


def test_a_gap_closed_by_a_site_is_within_a_straight_line_of_its_limit(plan: Plan) -> None:
    opened = plan.tables["walks"][plan.tables["walks"]["state"] == "opened"]
    gaps = plan.tables["gaps"].merge(
        opened[["estate_id", "facility_type", "distance_m"]], on=["estate_id", "facility_type"], how="left",
        suffixes=("", "_opened"))
    by_site = gaps[gaps["is_gap"].fillna(False).astype(bool) & ~gaps["is_gap_after"].fillna(True).astype(bool)
                   & ~(gaps["distance_m_opened"] <= gaps["limit_m"])]
    assert len(by_site) > 50
    estates = plan.tables["estates"].set_index("estate_id").geometry
    points = plan.tables["sites"].set_index("site_id").geometry
    for gap in by_site.itertuples():
        sitings = plan.tables["sitings"]
        there = sitings.loc[sitings["facility_type"] == gap.facility_type, "site_id"]
        assert points.loc[there].distance(estates[gap.estate_id]).min() <= gap.limit_m


def test_rooms_turned_to_elder_care_name_the_clause_of_their_permits(plan: Plan) -> None:
    procedures = plan.tables["procedures"].set_index([*KEYS, "procedure"])
    kinds = plan.layers.sites.set_index("site_id")["site_kind"]
    elder = plan.tables["sitings"][plan.tables["sitings"]["facility_type"].str.startswith("ELD")]
    assert len(elder)
    for row in elder.itertuples():
        needed = "new_building" if kinds[row.site_id] in ("idle_land", "cleared_land") else "change_of_use"
        assert procedures.at[(row.site_id, row.facility_type, needed), "rule_id"] == "QH21-42"
        assert needed in split_list(row.procedures)


def test_the_objectives_are_a_remark_with_their_bounds(plan: Plan) -> None:
    remarks = plan.tables["remarks"]
    message = remarks.loc[remarks["code"] == "siting.objective", "message"].item()
    assert "解决缺口的居民最多" in message
    assert "任何方案至多" in message
