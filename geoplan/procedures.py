"""Which procedures does a siting need, and which clause asks for each?

A change of use is no light matter: converting idle rooms to elder care changes what the building is for, and with it
the light procedure of the renovation falls away and the full permits return (QH21-41, QH21-42). The clause is named
where a document in force has it; where none has, the procedure stands without one, for general building law asks for it
anywhere.
"""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from geoplan.offers import INFILL, LAND, ROOMS
from geoplan.schema import conform
from geoplan.sites import is_upstairs

CARE_KINDS = ("elder", "child", "health")  # people who cannot leave quickly: fire safety is always looked at
SAME_USE_KINDS = ("commerce",)  # a shop in idle rooms may be what the building was for
COMMON_OWNERS, GOVERNMENT, PUBLIC_SITE = "业主", "政府", "public_idle"
KEYS = ["site_id", "facility_type"]
CLAUSES: Mapping[str, str] = {  # procedure -> param of the rule that asks for it
    "owners_decision": "reuse_owner_decision", "holders_consent": "site_consent",
    "government_procedure": "reuse_government_procedure", "plan_adjustment": "exempt_planning_permit",
    "conformity_check": "site_consent", "change_of_use": "full_permit_triggers", "use_check": "full_permit_triggers",
    "new_building": "full_permit_triggers", "fire_review": "full_permit_triggers",
    "structure_check": "full_permit_triggers", "heritage_review": "heritage_overlay",
}


def list_procedures(
    sitings: pd.DataFrame, offers: pd.DataFrame, sites: gpd.GeoDataFrame, catalogue: pd.DataFrame, rules: pd.DataFrame,
    heritage: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Return what has to be asked, checked or permitted for every siting.

    What is settled (consent given, conformity known, structure and fire safety known to be good) is not listed. Owners
    in common always decide together, and the housing authority always has its procedure for public premises.

    Parameters
    ----------
    sitings
        Table `sitings`.
    offers
        As `find_offers` returns them: how each site is used.
    sites
        Layer `sites`.
    catalogue
        Facility catalogue: the kind of every type.
    rules
        Rules of the documents in force: rule_id, document, clause, param, stands; a column missing where none is.
    heritage
        Layer `heritage`; zero rows where it was not brought.

    Returns
    -------
    procedures
        Table `procedures`.
    """
    kinds = catalogue.set_index("facility_type")["kind"]
    touched = gpd.sjoin(sites[["site_id", "geometry"]], heritage[["geometry"]], predicate="intersects")["site_id"]
    facts = sitings[KEYS].merge(offers[[*KEYS, "use"]], on=KEYS).merge(
        sites.assign(is_upstairs=is_upstairs(sites), is_heritage=sites["site_id"].isin(touched)), on="site_id")
    needed = _needed(facts, facts["facility_type"].map(kinds))
    rows = facts[KEYS].join(needed).melt(KEYS, var_name="procedure", value_name="is_needed")
    rows = rows[rows["is_needed"].astype(bool)]
    named = rows.merge(_clauses(rules), on="procedure", how="left")
    return conform("procedures", named)


def find_clause(rules: pd.DataFrame, param: str) -> str:
    """Return document, clause and id of the rule that stands for a parameter, or an empty text where none does.

    Parameters
    ----------
    rules
        As for `list_procedures`.
    param
        What is ruled.

    Returns
    -------
    clause
        Of several rules the one of the lowest level.
    """
    standing = rules[rules["stands"].astype(bool) & rules["param"].eq(param)] if len(rules) else rules
    if standing.empty:
        return ""
    rule = standing.iloc[-1]
    return f"{rule['document']} {rule['clause']} [{rule['rule_id']}]"


def _needed(facts: pd.DataFrame, kind: pd.Series) -> pd.DataFrame:
    owner, is_rooms = facts["owner"].fillna(""), facts["use"].eq(ROOMS)
    is_care, may_stay = kind.isin(CARE_KINDS), kind.isin(SAME_USE_KINDS)
    return pd.DataFrame({
        "owners_decision": owner.str.contains(COMMON_OWNERS),
        "holders_consent": facts["consent"].ne("agreed").fillna(True),
        "government_procedure": facts["site_kind"].eq(PUBLIC_SITE).fillna(False) | owner.str.contains(GOVERNMENT),
        "plan_adjustment": facts["plan_conformity"].eq("adjust").fillna(False),
        "conformity_check": facts["plan_conformity"].isna(),
        "change_of_use": is_rooms & ~may_stay,
        "use_check": is_rooms & may_stay,
        "new_building": facts["use"].eq(INFILL),
        "fire_review": facts["use"].ne(LAND) & (is_care | (is_rooms & facts["fire_ok"].isna())),
        "structure_check": is_rooms & facts["structure_ok"].isna(),
        "storey_check": is_rooms & (
            (facts["is_basement"].isna() & facts["storey"].isna()) | (facts["is_upstairs"] & facts["has_lift"].isna())),
        "availability_check": facts["available_year"].isna(),
        "heritage_review": facts["is_heritage"],
    })


def _clauses(rules: pd.DataFrame) -> pd.DataFrame:
    """Return procedure, rule_id and clause of those a rule in force asks for; of several the lowest level's."""
    asked = pd.DataFrame({"procedure": list(CLAUSES), "param": list(CLAUSES.values())})
    if rules.empty:
        return asked.assign(rule_id=None, clause=None)[["procedure", "rule_id", "clause"]]
    standing = rules[rules["stands"].astype(bool)].drop_duplicates("param", keep="last")
    named = standing.assign(clause=standing["document"] + " " + standing["clause"])
    return asked.merge(named[["param", "rule_id", "clause"]], on="param")[["procedure", "rule_id", "clause"]]
