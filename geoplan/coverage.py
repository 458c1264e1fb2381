"""How is every rule of the law used? Rules -> one use each, so that none is silently absent.

The use is derived from the rule and from what the steps can answer (conditions.py), never listed by hand: judged for
every estate, counted with in the elder-care account, the dates of its document, papers to be shown, only listed, or
still to come, and then in which table.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from geoplan.conditions import has_columns
from geoplan.documents import Document, is_open, listed_values
from geoplan.policy import ELDER_PARAMS, ELDER_UNIT, resolve
from geoplan.schema import words_of
from geoplan.screening import SCOPE_PARAMS, makes_verdicts

PAPERS = ("evidence", "manual")
SCORECARD = "scorecard"
TABLES: Mapping[str, str] = {  # in which table what a module asks for will stand; a module not named here has no table
    "programme": "programme", "quota": "programme", "coordination": "programme", "property": "programme",
    "archive": "programme", "schedule": "milestones", "approval": "milestones", "monitoring": "milestones",
    "funding": "funding", "content": "funding", "siting": "sitings", "clustering": "areas",
    "living_circle": "area_gaps", "elder_care": "care", "quality": SCORECARD, "evaluation": SCORECARD,
    "roles": SCORECARD, "eligibility": SCORECARD, "consent": SCORECARD,
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
    if rule.check in PAPERS:
        return "evidence", "", ""
    return "coming", "", SCORECARD if rule.param.startswith(SCORECARD) else TABLES[rule.module]


def _says_when(rule: Any, document: Document) -> bool:
    """Say whether a rule is the sentence the dates of its document come from."""
    dates = [str(day) for day in (document.effective_from, document.effective_to) if day]
    return [str(value) for value in listed_values(rule.value)] == dates
