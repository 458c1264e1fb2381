"""Does the province get what its documents ask for? Sums over the towns of a batch -> met, not met, to be verified.

Three things are asked of more than one town: table-tennis tables set up in a year over the province (QH23-57:
力争在3年内每年配置100个以上乒乓球台); estates and households to start in one named year (QH21-01, QH21-02: 新开工改造
老旧小区 489 个，5.15 万户), never a target of another year; and the share of 2001-2005 households in the annual plan of
a jurisdiction (QH23-04: 占比不得超过 15%（按居民户数计）). Unknown is not false: a check is not met only where every
town of the batch was counted.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from geoplan.documents import Document, load_documents
from geoplan.schema import conform, split_list

SIDE = "province"
AT_LEAST, AT_MOST = ">=", "<="
RESOLVED = {"pingpong_tables_per_year": "tables", "share_2001_2005_households": "old_share"}
OF_PROVINCE = ("tables",)  # asked of the place whose document says it, all its towns together
TARGET = re.compile(r"target_(\d{4})_(estates|households)")
TABLE_YEARS = 3  # QH23-57: 力争在3年内, counted from the year of the document
LIMIT = re.compile(r"(>=|<=|==)\s*(\d+(?:\.\d+)?)")
RULE_ID = re.compile(r"\[([^\[\]]+)\]$")
RULE_COLUMNS = ["check", "jurisdiction", "clause", "limit", "year"]


@dataclass(frozen=True)
class Bounds:
    """A figure between what is known of it and what it would be if all that is unknown counted."""

    least: Fraction
    most: Fraction


def list_rules(parameters: pd.DataFrame, documents: str, jurisdiction: str) -> pd.DataFrame:
    """Return what the law of one town asks of more than that town.

    Parameters
    ----------
    parameters
        Table `parameters` of its run: what a chain has resolved stands there.
    documents
        The documents in force, as the manifest notes them; targets of one year are read from them.
    jurisdiction
        Of the town, as `place_name` returns it.

    Returns
    -------
    rules
        check, jurisdiction, clause, limit, year (of a target of one year, else missing).
    """
    rows = [*_resolved(parameters, jurisdiction), *_targets(documents)]
    return pd.DataFrame(rows, columns=RULE_COLUMNS).astype({"year": "Int64"})


def check_quotas(towns: pd.DataFrame, years: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Return every rule of every year it is asked in, or planned in, with its verdict.

    Parameters
    ----------
    towns
        town, state, jurisdiction (missing where it cannot be read).
    years
        Table `town_years`.
    rules
        town, and what `list_rules` returns.

    Returns
    -------
    province_checks
        Table `province_checks`.
    """
    undone = towns[towns["state"] != "done"]
    rows = [
        row for _, asked in rules.groupby(["check", "jurisdiction", "clause", "limit"], sort=True)
        for row in _check(asked, years[years["town"].isin(asked["town"])], undone)
    ]
    columns = ["check", "jurisdiction", "plan_year", "clause", "limit", "towns", "towns_unknown", "least", "most",
               "result"]
    return conform("province_checks", pd.DataFrame(rows, columns=columns), side=SIDE)


def _resolved(parameters: pd.DataFrame, jurisdiction: str) -> Iterator[dict[str, object]]:
    for row in parameters.itertuples():
        check = RESOLVED.get(str(row.name).rpartition(".")[2])
        if check is None or row.origin != "policy" or not LIMIT.fullmatch(str(row.value)):
            continue
        document = _document_of(str(row.clause_or_because))
        asked_of = document.jurisdiction if check in OF_PROVINCE and document else jurisdiction
        yield {"check": check, "jurisdiction": asked_of, "clause": row.clause_or_because, "limit": row.value,
               "year": None}


def _targets(documents: str) -> Iterator[dict[str, object]]:
    for name in split_list(documents):
        document = load_documents().get(name)
        for rule in document.rules if document else ():
            said = TARGET.fullmatch(rule.param)
            if document and said:
                yield {"check": f"target_{said[2]}", "jurisdiction": document.jurisdiction, "year": int(said[1]),
                       "clause": f"{document.id} {rule.clause} [{rule.id}]", "limit": f"{rule.op} {rule.value:g}"}


def _document_of(clause: str) -> Document | None:
    """Return the document of the rule that a clause ends with in brackets; None for one of a planner's own."""
    said = RULE_ID.search(clause)
    documents = load_documents().values() if said else ()
    return next((each for each in documents if any(said and rule.id == said[1] for rule in each.rules)), None)


def _check(asked: pd.DataFrame, years: pd.DataFrame, undone: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Return a row for every year planned; a rule that speaks of one year has a row for that year in any case."""
    rule = asked.iloc[0]
    named = {int(year) for year in asked["year"].dropna()}
    missing = int(_may_belong(undone, rule).sum())
    for year in sorted(named or set(years["plan_year"])):
        of_year = years[years["plan_year"] == year]
        uncounted = missing + (int((~of_year["tables_known"]).sum()) if rule["check"] == "tables" else 0)
        yield {
            **rule[["check", "jurisdiction", "clause", "limit"]], "plan_year": year,
            "towns": asked["town"].nunique(), "towns_unknown": uncounted, **_judged(rule, year, of_year, uncounted),
        }


def _judged(rule: pd.Series, year: int, years: pd.DataFrame, uncounted: int) -> dict[str, object]:
    bounds = FIGURES[rule["check"]](years) if len(years) else None
    if bounds is None:
        return {"least": None, "most": None, "result": "lapsed"}
    return {
        "least": float(bounds.least), "most": None if uncounted else float(bounds.most),
        "result": judge(str(rule["limit"]), bounds, uncounted) if _is_asked(rule, year) else "lapsed",
    }


def _may_belong(undone: pd.DataFrame, rule: pd.Series) -> pd.Series:
    """Say which towns that are not done may belong to the place; of a province nobody knows who else does."""
    if rule["check"] != "old_share":
        return pd.Series(True, index=undone.index)
    return undone["jurisdiction"].isna() | undone["jurisdiction"].eq(rule["jurisdiction"])


def judge(limit: str, bounds: Bounds, uncounted: int) -> str:
    """Return met, not_met or unknown.

    Parameters
    ----------
    limit
        As `>= 100`; a target to be reached (==) is met by more.
    bounds
        Of the towns counted.
    uncounted
        How many towns could add to it: only a floor that is reached already is met whatever they bring.
    """
    said = LIMIT.fullmatch(limit)
    assert said is not None
    number = Fraction(said[2])
    if said[1] == AT_MOST:
        is_met = bounds.most <= number and not uncounted
        is_broken = bounds.least > number and not uncounted
    else:
        is_met = bounds.least >= number
        is_broken = bounds.most < number and not uncounted
    return "met" if is_met else "not_met" if is_broken else "unknown"


def _is_asked(rule: pd.Series, year: int) -> bool:
    document = _document_of(rule["clause"])
    if rule["check"] != "tables" or document is None or document.issued is None:
        return True
    return document.issued.year <= year < document.issued.year + TABLE_YEARS


def _tables(years: pd.DataFrame) -> Bounds:
    least = _whole(years["tables"])
    return Bounds(least, least)


def _old_share(years: pd.DataFrame) -> Bounds | None:
    households = _whole(years["households"])
    if not households:
        return None
    old, unknown = _whole(years["households_2001_2005"]), _whole(years["households_year_unknown"])
    return Bounds(old / households, (old + unknown) / households)


def _started(column: str) -> Callable[[pd.DataFrame], Bounds]:
    def started(years: pd.DataFrame) -> Bounds:
        least = _whole(years[column])
        return Bounds(least, least)

    return started


def _whole(values: pd.Series) -> Fraction:
    return sum((Fraction(str(value)) for value in values), Fraction(0))


FIGURES: Mapping[str, Callable[[pd.DataFrame], Bounds | None]] = {
    "tables": _tables, "old_share": _old_share, "target_estates": _started("estates"),
    "target_households": _started("households"),
}
