"""How does the plan stand by the official scorecard? Plan and law -> the 37 checks of the 衡量标准, with value and how.

A check that tables of the plan answer is judged by them as they stand. What is known to be wrong fails it, whatever
else is unknown; what is unknown neither passes nor fails: the check needs evidence, and says what is missing and how
many. All other checks need papers, and name them (scorecard.csv). Only areas with a plan year count.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from geoplan.costs import TAG_SEPARATOR
from geoplan.errors import Finding, listed, say
from geoplan.policy import Policy, load_catalogue
from geoplan.schema import columns_of, conform, empty_table, lines_of
from geoplan.shortfalls import Scheme, find_base, find_improvement, find_upgrade
from geoplan.sources import GAP, UNVERIFIED

ANNEX = "CN-2021-50-ANNEX"
PASS, FAIL, NEEDS_EVIDENCE = "pass", "fail", "needs_evidence"
AFTER = "after"
LINKED = 2
OTHERS_MONEY = ("utility", "original_owner", "social_capital", "residents")
LOCAL_MONEY = ("local_budget", "special_bond")  # general bonds are part of the local budget
BORROWED = ("special_bond",)
JOINT = {"zh": "；", "en": "; "}


@dataclass(frozen=True)
class Case:
    """What the plan can show: tables of the run, `estates` (layer, with the `area_id` of each), `scores` (area_id,
    score, rank), `digs` (as `find_digs` returns them), the layer `utilities`, what was brought, and the budgets of
    plan.toml."""

    estates: pd.DataFrame
    verdicts: pd.DataFrame
    programme: pd.DataFrame
    scores: pd.DataFrame
    area_gaps: pd.DataFrame
    works: pd.DataFrame
    funding: pd.DataFrame
    digs: pd.DataFrame
    utilities: pd.DataFrame
    costs: pd.DataFrame
    brought: Mapping[str, frozenset[str]]
    budgets: Mapping[int, float]
    total_budget: float | None = None
    language: str = "zh"

    @cached_property
    def planned(self) -> pd.DataFrame:
        """The areas that have a plan year."""
        return self.programme.dropna(subset=["plan_year"])

    @cached_property
    def homes(self) -> pd.DataFrame:
        """The estates of planned areas."""
        return self.estates[self.estates["area_id"].isin(self.planned["area_id"])]


class Judged(NamedTuple):
    """What a check comes to: what was found, whether that is wrong, and what is missing for a pass."""

    value: Mapping[str, object]
    is_wrong: bool
    doubts: Sequence[Finding] = ()


def make_scorecard(case: Case, policy: Policy) -> pd.DataFrame:
    """Return the checks of the 衡量标准 where it is in force, else no row.

    Parameters
    ----------
    case
        What the plan can show.
    policy
        As `resolve` returns it.

    Returns
    -------
    scorecard
        Table `scorecard`; sentences in the language of the case.
    """
    rules = policy.rules[policy.rules["document"] == ANNEX] if len(policy.rules) else policy.rules
    if rules.empty:
        return empty_table("scorecard")
    papers = {line["item"]: line[case.language] for line in lines_of("scorecard.csv")}
    asked = rules.set_index("rule_id")["quote" if case.language == "zh" else "meaning"]
    rows = [{"item": item, "indicator": asked[item], **_row(item, case, papers[item])} for item in asked.index]
    return conform("scorecard", pd.DataFrame(rows))


def _row(item: str, case: Case, paper: str) -> dict[str, str | None]:
    attach = _said("attach", document=paper)
    if item not in CHECKS:
        return _written(NEEDS_EVIDENCE, None, [attach], case.language)
    number, how = item.removeprefix("SC-"), []
    judged = CHECKS[item](case, item) if len(case.planned) or item in ANY_TIME else None
    if judged is None:
        return _written(NEEDS_EVIDENCE, None, [_said("no_plan"), attach], case.language)
    result = FAIL if judged.is_wrong else NEEDS_EVIDENCE if judged.doubts else PASS
    how = [_said(f"how_{number}"), *judged.doubts, *([attach] if result == NEEDS_EVIDENCE else [])]
    value = _said(f"value_{number}", **judged.value) if judged.value else None
    return _written(result, value, how, case.language)


def _written(result: str, value: Finding | None, how: Sequence[Finding], language: str) -> dict[str, str | None]:
    return {"result": result, "value": None if value is None else say(value, language),
            "how": JOINT[language].join(say(each, language) for each in how)}


def _said(what: str, **values: object) -> Finding:
    return Finding(f"scorecard.{what}", values=values)


def _within_means(case: Case, _: str) -> Judged:
    """SC-02: no year over its budget; a gap is not debt yet, but nobody can say that it will not be."""
    planned, funding = case.planned, _of_planned(case)
    spent = {int(year): _total(planned.loc[planned["plan_year"] == year, "amount_yuan"])
             for year in sorted(planned["plan_year"].unique())}
    gap, unverified = _total_of(funding, (GAP,)), _total_of(funding, (UNVERIFIED,))
    is_capped = case.total_budget is not None
    over = [year for year, yuan in spent.items() if year in case.budgets and yuan > _exact(case.budgets[year])]
    is_over = bool(over) or (is_capped and sum(spent.values()) > _exact(case.total_budget))
    unset = [] if is_capped else [year for year in spent if year not in case.budgets]
    unpriced = planned.loc[planned["amount_yuan"].isna(), "area_id"]
    unpaid = ~planned["area_id"].isin(funding["area_id"]) & planned["amount_yuan"].ne(0).fillna(True)
    return Judged(
        {"spent": _by_year(spent, case), "budgets": _by_year(case.budgets, case), "gap": _yuan(gap)},
        is_over, [
            *_doubt("over_budget", over, case), *_doubt("no_budget", unset, case), *_doubt("no_amount", unpriced, case),
            *_doubt("no_funding", planned.loc[unpaid, "area_id"], case),
            *(_said(code, yuan=_yuan(yuan)) for code, yuan in (("gap", gap), ("unverified", unverified)) if yuan)])


def _at_the_gate(case: Case, item: str) -> Judged:
    """SC-03, SC-04, SC-16, SC-17: the verdicts of the planned estates by that very rule."""
    return _of_verdicts(case, case.verdicts[case.verdicts["rule_id"] == item], case.homes)


def _of_verdicts(case: Case, verdicts: pd.DataFrame, homes: pd.DataFrame) -> Judged:
    """Return the estates by the worst of the verdicts given; an estate without one is unknown."""
    own = verdicts[verdicts["estate_id"].isin(homes["estate_id"])]
    passed = own["result"].eq(PASS).groupby(own["estate_id"]).all()
    failed = sorted(set(own.loc[own["result"] == FAIL, "estate_id"]))
    sure = {*passed.index[passed.astype(bool)], *failed}
    open_ = sorted(set(homes["estate_id"]) - sure)
    value = {"estates": len(homes), "passed": int(passed.sum()), "failed": len(failed), "open": len(open_)}
    return Judged(value, bool(failed), [*_doubt("estates_failed", failed, case), *_doubt("estates_open", open_, case)])


def _scored_and_ranked(case: Case, _: str) -> Judged:
    """SC-06: every area of the reserve has a score and a rank of its own."""
    reserve = case.programme[["area_id"]].merge(case.scores, on="area_id", how="left")
    is_scored = reserve["score"].notna() & reserve["rank"].notna() & ~reserve["rank"].duplicated(keep=False)
    return Judged({"areas": len(reserve), "scored": int(is_scored.sum())}, not is_scored.all())


def _dug_once(case: Case, _: str) -> Judged:
    """SC-08: no planned street is opened again after the renovation; works before it do not undo it."""
    if "utilities" not in case.brought:
        return Judged({}, is_wrong=False, doubts=[_said("no_utilities")])
    digs = case.digs.merge(case.planned[["area_id", "plan_year"]], on="area_id")
    late = digs[digs["year"] > digs["plan_year"]]
    undated = int(case.utilities["year"].isna().sum())
    value = {"works": len(digs), "same": int((digs["year"] == digs["plan_year"]).sum()), "after": len(late)}
    named = sorted(set(late["area_id"] + " " + late["utility_id"]))
    return Judged(value, len(late) > 0, [
        *_doubt("dug_after", named, case), *([_said("undated", count=undated)] if undated else [])])


def _in_the_scheme(case: Case, item: str) -> Judged:
    """SC-10, SC-11, SC-12: what is lacking in planned areas is in the works, or closed by the area as a whole."""
    types = next(line["types"] for line in lines_of("scorecard.csv") if line["item"] == item).split(TAG_SEPARATOR)
    ids = case.planned["area_id"]
    gaps = case.area_gaps[case.area_gaps["area_id"].isin(ids) & case.area_gaps["facility_type"].isin(types)]
    names = _names(case.language)
    lacks = SHORTFALLS[item](Scheme(gaps, case.homes, case.works, case.costs, names))
    asked = [area_id for area_id in ids if not (item == SOME_CONTENT and area_id in set(lacks.loc[
        lacks["is_met"].fillna(False), "area_id"]))]
    pairs = pd.MultiIndex.from_product([asked, [type_ for type_ in types if type_ not in UNMEASURED]])
    judged = pd.MultiIndex.from_frame(gaps.loc[gaps["is_gap"].notna(), ["area_id", "facility_type"]])
    unjudged = [f"{area_id} {names[type_]}" for area_id, type_ in pairs.difference(judged)]
    left = lacks.loc[lacks["is_met"].eq(False).fillna(False), "what"]
    unknown = lacks.loc[lacks["is_met"].isna(), "what"]
    value = {"found": int(lacks["is_met"].notna().sum()), "met": int(lacks["is_met"].sum()), "left": len(left)}
    return Judged(value, len(left) > 0, [
        *_doubt("left", left, case), *_doubt("unknown", unknown, case), *_doubt("unjudged", unjudged, case)])


def _satisfied(case: Case, _: str) -> Judged:
    """SC-15: the estates surveyed after completion reach the ratios that the documents set."""
    done = case.estates[case.estates["after_surveyed"].notna()]
    if done.empty:
        return Judged({}, is_wrong=False, doubts=[_said("nobody_surveyed")])
    after = case.verdicts[case.verdicts["stage"] == AFTER]
    surveyed, satisfied = int(done["after_surveyed"].sum()), int(done["after_satisfied"].sum())
    share = f"{satisfied / surveyed:.1%}" if surveyed else "–"
    value = {"estates": len(done), "surveyed": surveyed, "satisfied": satisfied, "share": share}
    if after.empty:
        return Judged(value, is_wrong=False, doubts=[_said("no_ratio")])
    return Judged(value, *_of_verdicts(case, after, done)[1:])


def _management_agreed(case: Case, _: str) -> Judged:
    """SC-18: the form of management is confirmed in every planned estate."""
    homes = case.homes
    refused = homes.loc[homes["pm_confirmed"].eq(False).fillna(False), "estate_id"]
    unknown = homes.loc[homes["pm_confirmed"].isna(), "estate_id"]
    value = {"estates": len(homes), "passed": int(homes["pm_confirmed"].sum()), "failed": len(refused),
             "open": len(unknown)}
    return Judged(value, len(refused) > 0, [
        *_doubt("estates_failed", refused, case), *_doubt("estates_open", unknown, case)])


def _linked(case: Case, _: str) -> Judged:
    """SC-26: planned households live in areas of two or more estates; the documents set no share."""
    homes = case.homes
    is_linked = homes.groupby("area_id")["estate_id"].transform("size") >= LINKED
    households, linked = int(homes["households"].sum()), int(homes.loc[is_linked, "households"].sum())
    unknown = homes.loc[homes["households"].isna(), "estate_id"]
    share = f"{linked / households:.1%}" if households else "–"
    return Judged({"linked": linked, "households": households, "share": share}, not is_linked.any(),
                  _doubt("no_households", unknown, case))


def _surveyed(case: Case, _: str) -> Judged:
    """SC-27: facilities, hazards and reuse sites were brought."""
    has = {"facilities": "facilities" in case.brought, "hazards": "hazards" in case.brought.get("estates", ()),
           "sites": "sites" in case.brought}
    missing = [say(_said(f"layer_{name}"), case.language) for name, is_there in has.items() if not is_there]
    return Judged({"brought": sum(has.values()), "asked": len(has)}, is_wrong=False,
                  doubts=_doubt("not_brought", missing, case))


def _money_from(*sources: str, is_whole: bool = True) -> Callable[[Case, str], Judged]:
    """Return the check that some money comes from `sources`; where not `is_whole`, others stand outside the tables."""
    def judge(case: Case, _: str) -> Judged:
        funding = _of_planned(case)
        given, known = _total_of(funding, sources), _total(funding["amount_yuan"])
        unknown = sorted(set(funding.loc[funding["amount_yuan"].isna(), "area_id"]))
        share = f"{float(given / known):.1%}" if known else "–"
        doubts = [] if given else [
            *_doubt("no_amount", unknown, case), *([] if is_whole else [_said("loans_unseen")]),
            *([] if len(funding) else [_said("no_money")])]
        return Judged({"given": _yuan(given), "known": _yuan(known), "share": share}, not given and not doubts, doubts)

    return judge


CHECKS: Mapping[str, Callable[[Case, str], Judged]] = {
    "SC-02": _within_means, "SC-03": _at_the_gate, "SC-04": _at_the_gate, "SC-06": _scored_and_ranked,
    "SC-08": _dug_once, "SC-10": _in_the_scheme, "SC-11": _in_the_scheme, "SC-12": _in_the_scheme,
    "SC-15": _satisfied, "SC-16": _at_the_gate, "SC-17": _at_the_gate, "SC-18": _management_agreed,
    "SC-26": _linked, "SC-27": _surveyed, "SC-28": _money_from(*OTHERS_MONEY), "SC-29": _money_from(*LOCAL_MONEY),
    "SC-31": _money_from(*BORROWED, is_whole=False),
}
ANY_TIME = ("SC-15", "SC-27")  # do not ask for a plan year
SOME_CONTENT = "SC-11"  # any content of its class will do, so that nothing more is asked of an area that has some
UNMEASURED = ("ELEVATOR",)  # of which no list of places is kept; lifts needed stand in the ledger of estates
SHORTFALLS: Mapping[str, Callable[[Scheme], pd.DataFrame]] = {
    "SC-10": find_base, "SC-11": find_improvement, "SC-12": find_upgrade,
}


def _of_planned(case: Case) -> pd.DataFrame:
    return case.funding[case.funding["area_id"].isin(case.planned["area_id"])]


def _names(language: str) -> dict[str, str]:
    """Return what people call facility types and columns of estates."""
    catalogue = load_catalogue()
    headings = {column.name: str(getattr(column, language)) for column in columns_of("estates", "in")}
    return headings | dict(zip(catalogue["facility_type"], catalogue[f"short_{language}"], strict=True))


def _doubt(what: str, names: Sequence[object] | pd.Series, case: Case) -> list[Finding]:
    """Return the sentence on what is missing or wrong: how many, and the first of them."""
    return [_said(what, count=len(names), names=listed(names, case.language))] if len(names) else []


def _total_of(funding: pd.DataFrame, sources: Sequence[str]) -> Fraction:
    return _total(funding.loc[funding["source"].isin(sources), "amount_yuan"])


def _total(amounts: pd.Series) -> Fraction:
    """Return the exact sum of the known amounts."""
    return sum((_exact(yuan) for yuan in amounts.dropna()), Fraction(0))


def _exact(yuan: float | None) -> Fraction:
    return Fraction(str(yuan))


def _yuan(yuan: Fraction) -> str:
    return f"{int(yuan):,}" if yuan.denominator == 1 else f"{float(yuan):,.2f}"


def _by_year(yuan: Mapping[int, float | Fraction], case: Case) -> str:
    said = (f"{year}: {_yuan(Fraction(str(each)))}" for year, each in sorted(yuan.items()))
    return listed(said, case.language) or "–"
