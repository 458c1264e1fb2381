"""Which estates the law lets in, and how far each one is: estates x rules -> verdicts, and the state of every estate.

Every hard or soft rule that stands at a gate (eligibility, plan_entry, start, after) is asked of every estate; how, is
said in conditions.py. Rules that only report, and rules that another rule has replaced, make no verdict.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.answers import (
    FAIL,
    NEEDS_EVIDENCE,
    NOT_SET,
    PASS,
    RESULTS,
    UNKNOWN,
    Answer,
    Town,
    is_amount,
    note,
)
from geoplan.conditions import ask
from geoplan.policy import Policy
from geoplan.schema import conform, empty_table, join_list, labels_of

ELIGIBILITY = {PASS: "eligible", NEEDS_EVIDENCE: "eligible", NOT_SET: "unknown", UNKNOWN: "unknown", FAIL: "ineligible"}
PLAN_ENTRY = {PASS: "ready", NEEDS_EVIDENCE: "ready", NOT_SET: "not_set", UNKNOWN: "unknown", FAIL: "not_ready"}
SCOPE_PARAMS = ("out_of_scope_in_plan", "scorecard.03")
RULE_COLUMNS = ("rule_id", "document", "clause", "strength", "param", "stage")


def screen_estates(
    estates: gpd.GeoDataFrame, policy: Policy, *, plan_year: int, brought: Mapping[str, frozenset[str]],
    heritage: gpd.GeoDataFrame, language: str = "zh",
) -> pd.DataFrame:
    """Ask every rule that stands at a gate of every estate.

    An empty cell in expropriation_year or exclusions means none listed where that column was brought, and is unknown
    where it was not. Heritage rules pass where the layer was brought and does not touch the estate, else they need
    evidence. The rules against estates outside the local scope (CN50-03) answer with the worst of the hard rules of
    eligibility.

    Parameters
    ----------
    estates
        Layer `estates`.
    policy
        As `resolve` returns it.
    plan_year
        First plan year; the years until expropriation count from it.
    brought
        Layer -> the columns its file had.
    heritage
        Layer `heritage`.
    language
        Of values and limits: zh or en.

    Returns
    -------
    verdicts
        Table `verdicts`.
    """
    rows = estates.reset_index(drop=True)
    numbers = {str(value.param): value for value in policy.values.itertuples() if is_amount(value)}
    touched = _names_touched(rows, heritage) if "heritage" in brought else None
    town = Town(rows, brought.get("estates", frozenset()), touched, plan_year, numbers, language)
    asked = [rule for rule in policy.rules.itertuples() if rule.stands and makes_verdicts(rule)]
    answers = {rule.rule_id: ask(town, rule) for rule in asked if rule.param not in SCOPE_PARAMS}
    scope = _answer_scope(town, [
        answers[rule.rule_id] for rule in asked
        if rule.rule_id in answers and rule.stage == "eligibility" and rule.strength == "hard"
    ])
    return _verdicts(rows, asked, [answers.get(rule.rule_id, scope) for rule in asked])


def judge_estates(verdicts: pd.DataFrame, estates: pd.DataFrame) -> pd.DataFrame:
    """Return the state of every estate: the worst of its hard rules, fail > unknown > not_set > pass.

    Soft rules never exclude and missing papers block nothing. For eligibility not_set counts as unknown; an ineligible
    estate is not_ready. Without a hard rule of eligibility every estate is eligible.

    Parameters
    ----------
    verdicts
        Table `verdicts`.
    estates
        Layer `estates`: which estates there are, in which order.

    Returns
    -------
    states
        estate_id, eligibility, plan_entry.
    """
    ids = estates["estate_id"].reset_index(drop=True)
    hard = verdicts[verdicts["strength"] == "hard"]
    eligibility = ids.map(_worst(hard, "eligibility")).fillna(PASS).map(ELIGIBILITY).astype("str")
    entry = ids.map(_worst(hard, "plan_entry")).fillna(PASS).map(PLAN_ENTRY).astype("str")
    entry = entry.mask(eligibility == "ineligible", "not_ready")
    return pd.DataFrame({"estate_id": ids, "eligibility": eligibility, "plan_entry": entry})


def makes_verdicts(rule: Any) -> bool:
    """Say whether a rule (one row of `Policy.rules`) is asked of estates: it stands at a gate, and not only reports."""
    return bool(rule.stage) and "report" not in (rule.strength, rule.check)


def _worst(verdicts: pd.DataFrame, stage: str) -> pd.Series:
    asked = verdicts[verdicts["stage"] == stage]
    return asked["result"].map(RESULTS.index).astype("int8").groupby(asked["estate_id"]).max()


def _names_touched(estates: pd.DataFrame, heritage: gpd.GeoDataFrame) -> pd.Series:
    """Return the names of the heritage each estate touches, "" for none."""
    tree = shapely.STRtree(heritage.geometry.to_numpy())
    estate, feature = tree.query(estates["geometry"].to_numpy(), predicate="intersects")
    names = heritage["name"].fillna(heritage["kind"]).fillna("").to_numpy(dtype=object)
    pairs = pd.DataFrame({"estate": estate, "name": names[feature]}).drop_duplicates().sort_values(["estate", "name"])
    return pairs.groupby("estate")["name"].agg(join_list).reindex(range(len(estates)), fill_value="")


def _answer_scope(town: Town, deciding: Sequence[Answer]) -> Answer:
    """Return the local conditions as a whole; missing papers block nothing."""
    asked = np.array([answer.results for answer in deciding], dtype=np.int8).reshape(len(deciding), len(town.estates))
    results = np.where(asked == NEEDS_EVIDENCE, PASS, asked).max(axis=0, initial=PASS).astype(np.int8)
    labels = labels_of("eligibility", town.language)
    values = pd.Series(results).map({code: labels[state] for code, state in ELIGIBILITY.items()})
    return Answer(results, values, note(town, "local_conditions"))


def _verdicts(estates: pd.DataFrame, asked: Sequence[Any], answers: Sequence[Answer]) -> pd.DataFrame:
    if not asked:
        return empty_table("verdicts")
    count = len(estates)
    columns = {name: np.repeat(np.array([getattr(rule, name) for rule in asked], dtype=object), count)
               for name in RULE_COLUMNS}
    return conform("verdicts", pd.DataFrame({
        "estate_id": np.tile(estates["estate_id"].to_numpy(dtype=object), len(asked)), **columns,
        "value": np.concatenate([answer.values.to_numpy(dtype=object) for answer in answers]),
        "limit": np.repeat(np.array([answer.limit for answer in answers], dtype=object), count),
        "result": np.array(RESULTS, dtype=object)[np.concatenate([answer.results for answer in answers])],
    }))
