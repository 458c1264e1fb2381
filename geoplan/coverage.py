"""How is every rule of the law used? Rules -> one use each, so that none is silently absent.

The use is derived from the rule and from what the steps read: judged for every estate (conditions.py), counted with in
the elder-care account, counted with elsewhere (sources of money, classes of works, deadlines, caps, procedures), judged
in the scorecard, the dates of its document, papers to be shown, only listed, or still to come, and then in which table.
Only FOLLOWED is a list made by hand: what a rule asks there is how a step works, and no step reads its words.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from geoplan.caps import OLD_SHARE_PARAM
from geoplan.conditions import has_columns
from geoplan.contents import CLASS_PARAM
from geoplan.documents import Document, is_open, listed_values
from geoplan.funding import DEBT_RULE, FISCAL_RULE, IDLE_RULE
from geoplan.milestones import DAY_UNIT, MONTHS_UNIT
from geoplan.norms import PARAM as HOUSEHOLD_NORM
from geoplan.policy import ELDER_PARAMS, ELDER_UNIT, resolve
from geoplan.procedures import CLAUSES
from geoplan.schema import words_of
from geoplan.scorecard import ANNEX, CHECKS
from geoplan.screening import SCOPE_PARAMS, makes_verdicts
from geoplan.sources import load_sources

PAPERS = ("evidence", "manual")
SCORECARD = "scorecard"
TABLES: Mapping[str, str] = {  # in which table what a module asks for will stand; a module not named here has no table
    "programme": "programme", "quota": "programme", "coordination": "programme", "property": "programme",
    "archive": "programme", "schedule": "milestones", "approval": "milestones", "monitoring": "milestones",
    "funding": "funding", "content": "funding", "siting": "sitings", "clustering": "areas",
    "living_circle": "area_gaps", "elder_care": "care", "quality": SCORECARD, "evaluation": SCORECARD,
    "roles": SCORECARD, "eligibility": SCORECARD, "consent": SCORECARD,
}
COUNTED: Mapping[str, str] = {  # parameters that a step looks up by name, and the table they count in
    DEBT_RULE: "funding", FISCAL_RULE: "funding", IDLE_RULE: "funding", OLD_SHARE_PARAM: "programme",
    HOUSEHOLD_NORM: "care", "pingpong_tables_per_year": "province_checks",
    "low_efficiency_land_priority": "sitings", **dict.fromkeys(CLAUSES.values(), "procedures"),
}
COUNTED_UNITS: Mapping[str, str] = {DAY_UNIT: "milestones", MONTHS_UNIT: "milestones"}
FOLLOWED: Mapping[str, tuple[str, ...]] = {  # table -> parameters of rules that say how what stands there is done
    "areas": ("area_linkage", "contiguity", "contiguous_promotion", "merge_isolated_buildings", "shared_facilities",
              "bundle_unit", "area_conforms_territorial_plan"),
    "area_gaps": ("services",),
    "checkup": ("life_circle_minutes", "fitness_circle_minutes", "survey_unit"),
    "sitings": ("idle_stock_inventory", "reuse_stock_uses", "stilt_floor_use", "add_elder_child_facilities",
                "space_mining", "enterprise_reuse", "reserve_housekeeping_point"),
    "works": ("elevator_in_plan", "priority_content", "shared_trench", "land_premium"),
    "funding": ("central_provincial_focus", "bond_repayment_sources", "provident_fund_for_elevator"),
    "ranking": ("priority_factors", "priority_1", "priority_2_tiebreak", "selection_mode"),
    "programme": ("plan_cost<=funding_capacity", "reserve_ready_share", "pipeline_stage", "pm_bundle",
                  "unified_contiguous_pm", "pm_bundle_with_anchor", "unified_construction_plan_before_start",
                  "repeat_excavation_count", "utility_three_sync", "utility_four_sync", "no_repeat_after_renovation",
                  "central_fund_exclusion_if_consent_fails"),
    "remarks": ("duplicate_application", "data_audit"),
    "progress": ("unrectified_audit_findings",),
    SCORECARD: ("scorecard", "age_child_barrierfree"),
}
ASKED: Mapping[str, str] = {  # parameters no ledger answers, and the check of the scorecard that names the papers
    "party_branch|owners_committee": "SC-23", "owners_committee": "SC-24", "scaled_operator": "SC-30",
    "utility_asset_handover": "SC-35", "in_unit_works_sync": "SC-37",
}


def find_uses(documents: Iterable[Document]) -> pd.DataFrame:
    """Return how each rule is used.

    Parameters
    ----------
    documents
        In any order, in force or not.

    Returns
    -------
    uses
        One row per rule in the order of the documents: rule_id, document, module, use (a code of rule_use), stage
        (where it is judged, else ""), table (where it counts or will stand, else "").
    """
    rows = [_use_of(rule, document) for document in documents for rule in resolve([document]).rules.itertuples()]
    return pd.DataFrame(rows, columns=["rule_id", "document", "module", "use", "stage", "table"])


def count_uses(uses: pd.DataFrame) -> pd.DataFrame:
    """Return how many rules of each module (rows) are used in each way (columns), both in the order of their lists."""
    counts = pd.crosstab(uses["module"], uses["use"])
    modules = [word.code for word in words_of("rule_module") if word.code in counts.index]
    return counts.reindex(index=modules, columns=[word.code for word in words_of("rule_use")], fill_value=0)


def _use_of(rule: Any, document: Document) -> dict[str, str]:
    use, stage, table = _place_of(rule, document)
    return {"rule_id": rule.rule_id, "document": document.id, "module": rule.module, "use": use, "stage": stage,
            "table": table}


def _place_of(rule: Any, document: Document) -> tuple[str, str, str]:
    if makes_verdicts(rule):
        is_answered = has_columns(rule) or rule.param in SCOPE_PARAMS
        return ("verdict" if is_answered else "evidence"), rule.stage, "verdicts"
    if "report" in (rule.strength, rule.check):
        return "reported", "", ""
    if rule.param in ELDER_PARAMS and rule.unit == ELDER_UNIT and not is_open(rule.value):
        return "account", "", "care"
    if _says_when(rule, document):
        return "in_force", "", ""
    if rule.document == ANNEX:
        return ("scorecard" if rule.rule_id in CHECKS else "evidence"), "", SCORECARD
    if table := _counted(rule):
        return "counted", "", table
    if table := next((table for table, params in FOLLOWED.items() if rule.param in params), ""):
        return "followed", "", table
    if rule.check in PAPERS or rule.param in ASKED:
        return "evidence", "", SCORECARD if rule.param in ASKED else ""
    return ("reported", "", "") if is_open(rule.value) else ("coming", "", TABLES[rule.module])


def _counted(rule: Any) -> str:
    """Return the table in which a step counts with a rule, "" where none reads it."""
    if is_open(rule.value):
        return ""
    if rule.param.startswith(CLASS_PARAM):
        return "works"
    words = listed_values(rule.value)
    if any(door.param == rule.param and (not door.word or door.word in words) for door in load_sources()):
        return "funding"
    return COUNTED.get(rule.param, COUNTED_UNITS.get(rule.unit, ""))


def _says_when(rule: Any, document: Document) -> bool:
    """Say whether a rule is the sentence the dates of its document come from."""
    dates = [str(day) for day in (document.effective_from, document.effective_to) if day]
    return [str(value) for value in listed_values(rule.value)] == dates
