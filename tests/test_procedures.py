"""Which procedures a siting needs, and on which clause each rests."""

from typing import Any

import pandas as pd
import pytest
from cared import CRS, layer
from shapely import Point, box
from sited import LEAST, PRICES, good

from geoplan.offers import find_offers
from geoplan.policy import load_catalogue
from geoplan.procedures import find_clause, list_procedures
from geoplan.schema import labels_of

RULES = pd.DataFrame({
    "rule_id": ["QH21-30", "QH21-33", "QH21-34", "QH21-41", "QH21-42", "OLD"], "document": ["QH-2021-13"] * 6,
    "clause": ["三12", "三13", "三13", "三15", "三15", "九"], "stands": [True] * 5 + [False],
    "param": ["site_consent", "reuse_owner_decision", "reuse_government_procedure", "exempt_planning_permit",
              "full_permit_triggers", "heritage_overlay"],
})
NO_RULES = RULES[:0]


def procedures(
    facility_type: str, *, rules: pd.DataFrame = RULES, heritage: Any = None, **site: Any,
) -> dict[str, object]:
    """Return the procedures of one siting with the rule of each."""
    sites = layer("sites", [good("S1", geometry=Point(0, 0), **site)])
    offers = find_offers(sites, load_catalogue(), types=(), accept=("usable", "to_check"), least_m2=LEAST,
                         prices=PRICES, floor_ratio=1.0, last_year=2027)
    sitings = pd.DataFrame({"site_id": ["S1"], "facility_type": [facility_type]})
    found = list_procedures(sitings, offers, sites, load_catalogue(), rules, layer("heritage", heritage or []))
    return {row.procedure: None if pd.isna(row.rule_id) else row.rule_id for row in found.itertuples()}


def test_a_change_of_use_to_elder_care_brings_the_full_permits_back_with_their_clause() -> None:
    assert procedures("ELD_DAYCARE") == {"change_of_use": "QH21-42", "fire_review": "QH21-42"}


def test_where_no_document_in_force_says_so_the_procedure_stands_without_a_clause() -> None:
    assert procedures("ELD_DAYCARE", rules=NO_RULES) == {"change_of_use": None, "fire_review": None}


def test_a_shop_in_idle_rooms_may_be_no_change_of_use() -> None:
    assert procedures("CONVENIENCE") == {"use_check": "QH21-42"}


def test_an_outdoor_ground_on_agreed_land_needs_nothing_and_a_building_on_it_needs_all() -> None:
    land = {"site_kind": "idle_land", "floor_area_m2": None, "land_area_m2": 900.0}
    assert procedures("GREEN", **land) == {}
    assert procedures("ELD_DAYCARE", **land) == {"new_building": "QH21-42", "fire_review": "QH21-42"}


@pytest.mark.parametrize(("site", "procedure", "rule_id"), [
    ({"consent": "asked"}, "holders_consent", "QH21-30"),
    ({"consent": None}, "holders_consent", "QH21-30"),
    ({"owner": "业主共有"}, "owners_decision", "QH21-33"),
    ({"owner": "政府"}, "government_procedure", "QH21-34"),
    ({"site_kind": "public_idle"}, "government_procedure", "QH21-34"),
    ({"plan_conformity": "adjust"}, "plan_adjustment", "QH21-41"),
    ({"plan_conformity": None}, "conformity_check", "QH21-30"),
    ({"structure_ok": None}, "structure_check", "QH21-42"),
    ({"fire_ok": None}, "fire_review", "QH21-42"),
    ({"storey": None, "is_basement": None}, "storey_check", None),
    ({"storey": 2, "has_lift": None}, "storey_check", None),
    ({"available_year": None}, "availability_check", None),
])
def test_what_is_open_at_a_site_is_listed(site: dict[str, Any], procedure: str, rule_id: str | None) -> None:
    found = procedures("CONVENIENCE", **site)
    assert found == {"use_check": "QH21-42", procedure: rule_id}


def test_a_protected_place_asks_for_its_review_and_a_rule_that_was_replaced_is_not_quoted() -> None:
    quarter = [{"name": "古堡老街", "geometry": box(-1, -1, 1, 1)}]
    assert procedures("CONVENIENCE", heritage=quarter)["heritage_review"] is None
    assert "heritage_review" not in procedures("CONVENIENCE", heritage=[{"geometry": box(5, 5, 6, 6)}])
    twice = [*quarter, {"name": "古城", "geometry": box(-2, -2, 2, 2)}]
    assert list(procedures("CONVENIENCE", heritage=twice)) == ["heritage_review", "use_check"]


def test_the_clause_of_a_priority_is_found_or_is_empty() -> None:
    assert find_clause(RULES, "site_consent") == "QH-2021-13 三12 [QH21-30]"
    assert find_clause(RULES, "heritage_overlay") == find_clause(RULES, "nothing") == find_clause(NO_RULES, "x") == ""
    assert find_clause(pd.DataFrame(), "x") == ""


def test_every_procedure_has_a_label() -> None:
    open_site = {"owner": "业主政府", "consent": None, "plan_conformity": None, "structure_ok": None, "fire_ok": None,
                 "storey": None, "is_basement": None, "available_year": None}
    assert set(procedures("ELD_DAYCARE", **open_site)) <= set(labels_of("procedure", "zh"))
    assert layer("sites", []).crs == CRS
