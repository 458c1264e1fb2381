"""What may a year hold? Rules of plan.toml and of the law -> caps on what areas bring to an annual plan.

Every cap is one inequality in whole numbers: what the areas planned in its years bring may not be more than its limit.
Money is counted in fen. The law's cap on estates of 2001-2005 (QH23-04: 占比不得超过 15%（按居民户数计）) is the same
inequality with the share on the left: households of 2001-2005 x denominator - households x numerator <= 0, over the
areas of one year, because its base is the households of the annual plan (大姚县问答, UP-DY-01). An estate of unknown
year counts there as one of 2001-2005: a legal cap must hold whatever the year turns out to be.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

import pandas as pd

from geoplan.documents import is_open
from geoplan.policy import Policy

OLD_SHARE_PARAM = "share_2001_2005_households"
OLD_YEARS = (2001, 2005)  # the estates QH23-04 speaks of
FEN = 100


class CapRules(Protocol):
    """[programme] of plan.toml, as far as it caps a year."""

    @property
    def budget_yuan(self) -> Mapping[int, float]: ...
    @property
    def total_budget_yuan(self) -> float | None: ...
    @property
    def source_budget_yuan(self) -> Mapping[str, Mapping[int, float]]: ...
    @property
    def max_households_per_year(self) -> int | None: ...
    @property
    def max_areas_per_year(self) -> int | None: ...


@dataclass(frozen=True)
class Cap:
    """What areas planned in `years` bring together is at most `limit`; a load of None cannot be counted."""

    kind: str
    years: tuple[int, ...]
    loads: Mapping[str, int | None]
    limit: int


def old_share(policy: Policy) -> Fraction | None:
    """Return the greatest share of 2001-2005 households in an annual plan; None where the chain sets none."""
    values = policy.values[policy.values["param"] == OLD_SHARE_PARAM] if len(policy.values) else policy.values
    numbers = [value for value in values.get("value", ()) if not is_open(value)]
    return Fraction(str(numbers[0])) if numbers else None


def count_old(homes: pd.DataFrame) -> pd.DataFrame:
    """Return the households of 2001-2005 of each area, and those whose year is unknown.

    Parameters
    ----------
    homes
        Layer `estates` with the `area_id` of each; those without one are passed over.

    Returns
    -------
    old
        area_id, households_2001_2005 (those known), households_year_unknown.
    """
    known = homes.dropna(subset=["area_id"])
    first, last = OLD_YEARS
    is_old = known["completion_year"].between(first, last).fillna(False)
    counted = pd.DataFrame({
        "area_id": known["area_id"], "households_2001_2005": known["households"].where(is_old, 0),
        "households_year_unknown": known["households"].where(known["completion_year"].isna(), 0)})
    return counted.groupby("area_id", as_index=False).sum().astype(
        {"households_2001_2005": "Int64", "households_year_unknown": "Int64"})


def write_caps(
    reserve: pd.DataFrame, rules: CapRules, sources: pd.DataFrame, *, years: Sequence[int], share: Fraction | None,
) -> list[Cap]:
    """Return every cap of the programme, in the order in which they are named as reasons.

    Parameters
    ----------
    reserve
        area_id, households, households_2001_2005, households_year_unknown, amount_yuan.
    rules
        [programme] of plan.toml. A year without a budget has no cap on money.
    sources
        area_id, source, amount_yuan, several rows for one pair allowed; read where a source has a budget. A row
        without an amount claims nothing of its source yet.
    years
        Of the programme.
    share
        As `old_share` returns it.
    """
    return [*_budgets(reserve, rules, years), *_source_budgets(reserve, rules, sources),
            *_counts(reserve, rules, years), *_old_shares(reserve, years, share)]


def load_of(cap: Cap, areas: Sequence[str]) -> int | None:
    """Return what areas bring to a cap together; None where one of them cannot be counted."""
    loads = [cap.loads[area_id] for area_id in areas]
    return None if any(load is None for load in loads) else sum(load for load in loads if load is not None)


def is_kept(cap: Cap, plan: Mapping[str, int | None]) -> bool:
    """Say whether a programme (area -> its year or None) keeps a cap."""
    load = load_of(cap, [area_id for area_id, year in plan.items() if year in cap.years])
    return load is not None and load <= cap.limit


def _budgets(reserve: pd.DataFrame, rules: CapRules, years: Sequence[int]) -> Iterator[Cap]:
    loads = _loads(reserve["area_id"], reserve["amount_yuan"])
    for year, yuan in sorted(rules.budget_yuan.items()):
        yield Cap("budget", (year,), loads, _fen(yuan))
    if rules.total_budget_yuan is not None:
        yield Cap("total_budget", tuple(years), loads, _fen(rules.total_budget_yuan))


def _source_budgets(reserve: pd.DataFrame, rules: CapRules, sources: pd.DataFrame) -> Iterator[Cap]:
    for source, budgets in sorted(rules.source_budget_yuan.items()):
        rows = sources[(sources["source"] == source) & sources["amount_yuan"].notna()]
        fen = rows["amount_yuan"].map(_fen).groupby(rows["area_id"]).sum()
        loads = {area_id: int(fen.get(area_id, 0)) for area_id in reserve["area_id"]}
        for year, yuan in sorted(budgets.items()):
            yield Cap("source_budget", (year,), loads, _fen(yuan))


def _counts(reserve: pd.DataFrame, rules: CapRules, years: Sequence[int]) -> Iterator[Cap]:
    households = dict(zip(reserve["area_id"], reserve["households"].astype(int), strict=True))
    one_each = dict.fromkeys(reserve["area_id"], 1)
    for kind, loads, limit in (("households", households, rules.max_households_per_year),
                               ("areas", one_each, rules.max_areas_per_year)):
        if limit is not None:
            yield from (Cap(kind, (year,), loads, limit) for year in years)


def _old_shares(reserve: pd.DataFrame, years: Sequence[int], share: Fraction | None) -> Iterator[Cap]:
    if share is None:
        return
    old = reserve["households_2001_2005"] + reserve["households_year_unknown"]
    excess = old.astype(int) * share.denominator - reserve["households"].astype(int) * share.numerator
    loads = dict(zip(reserve["area_id"], excess.tolist(), strict=True))
    yield from (Cap("old_share", (year,), loads, 0) for year in years)


def _loads(ids: pd.Series, yuan: pd.Series) -> dict[str, int | None]:
    return {area_id: None if pd.isna(each) else _fen(each) for area_id, each in zip(ids, yuan, strict=True)}


def _fen(yuan: float) -> int:
    return round(Decimal(str(yuan)) * FEN)
