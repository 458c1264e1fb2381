"""Who pays for what, and what is left? Lines of work and the law -> yuan by area, item and source.

What no source gives is `gap`: nobody's money, and never silently the government's. A subsidy that hangs on something to
be verified stands under `unverified`. A source whose share the documents leave open gives nothing until a share is
agreed; table `sources` says which may be asked, by which clause. All amounts are whole yuan and the sources of an item
add up to it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from geoplan.costs import FIRMNESS
from geoplan.errors import Finding, listed
from geoplan.payments import Payment, has_tag, may_pay, pay_lines
from geoplan.policy import Policy
from geoplan.schema import conform, labels_of
from geoplan.sources import (
    FISCAL,
    GAP,
    ONLY,
    SHARE,
    UNVERIFIED,
    UPPER_LEVELS,
    Door,
    bond_tags,
    find_clause,
    find_limit,
    open_doors,
)

KEY = ["area_id", "item"]
AGREED = "agreed"
SOURCE_TYPES = {"item": "str", "mid_yuan": "Int64", "source": "str", "clause": "str", "agreed_share": "float64",
                "terms": "str"}
DEBT_RULE, FISCAL_RULE, IDLE_RULE = "hidden_debt_increase", "fiscal_share_total", "fund_idle_days"


def fund_works(
    works: pd.DataFrame, lines: pd.DataFrame, estates: pd.DataFrame, standing: pd.DataFrame, policy: Policy, *,
    shares: Mapping[str, float], language: str,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return what each source pays of every item of each area.

    Parameters
    ----------
    works
        Table `works`.
    lines
        What it was summed from, as `list_lines` returns them.
    estates
        Layer `estates` with `households` filled: owner_type, households, households_body_works.
    standing
        estate_id, eligibility.
    policy
        As `resolve` returns it.
    shares
        Source -> share (0-1) of the works it may pay for, where the documents leave the share open.
    language
        zh or en: of the sources named in findings.

    Returns
    -------
    funding
        Table `funding`: the amounts of an item add up to it exactly; an item of unknown cost has an unknown gap and no
        other source.
    findings
        What is to be verified, what is not agreed, the gap that only debt without revenue could fill, shares that no
        document allows or that are more than is left, areas the treasury would pay alone, and the limit on idle money.
    """
    doors = open_doors(policy)
    about = _about(lines, estates).merge(standing[["estate_id", "eligibility"]], on="estate_id", how="left")
    keys = [about[name] for name in KEY]
    is_known = about["mid_yuan"].notna().groupby(keys).transform("all").to_numpy(dtype=bool)
    payments = pay_lines(about, doors, shares, is_known)
    funding = _table(works, pd.concat([_rows(about, payment) for payment in payments], ignore_index=True))
    names = labels_of("funding_source", language)
    return funding, [
        *_verify(about, payments), *_shares(about, doors, shares, payments, names),
        *_debt(about, payments[-1], policy), *_treasury(funding, works, policy), *_idle(funding, policy)]


def list_sources(
    lines: pd.DataFrame, estates: pd.DataFrame, policy: Policy, *, shares: Mapping[str, float]
) -> pd.DataFrame:
    """Return which source may pay for which works, on what terms and by which clause.

    Parameters
    ----------
    lines, estates, policy, shares
        As for `fund_works`.

    Returns
    -------
    sources
        Table `sources`.
    """
    doors, about, parts = open_doors(policy), _about(lines, estates), []
    for door in doors:
        if door.pays != ONLY:
            open_to: pd.DataFrame = about[may_pay(about, door, doors)]
            agreed = shares.get(door.source) if door.pays == SHARE else None
            parts.append(open_to.groupby("item")[["mid_yuan"]].sum().reset_index().assign(
                source=door.source, clause=door.clause, agreed_share=agreed,
                terms=AGREED if agreed is not None else door.pays))
    none = pd.DataFrame(columns=list(SOURCE_TYPES))
    every = pd.concat([part.astype(SOURCE_TYPES) for part in [none, *parts]], ignore_index=True)
    once = every.drop_duplicates(["item", "source", "terms"])
    return conform("sources", once.assign(works_yuan=once["mid_yuan"]))


def sum_sources(funding: pd.DataFrame) -> pd.DataFrame:
    """Return area_id, source, amount_yuan: what each source is known to pay in each area."""
    known: pd.DataFrame = funding.dropna(subset="amount_yuan")
    return known.groupby(["area_id", "source"])[["amount_yuan"]].sum().reset_index()


def find_idle_limit(policy: Policy) -> tuple[int, str] | None:
    """Return the days within which central and provincial money must be spent, with the clause; None where not set."""
    limit = find_limit(policy, IDLE_RULE)
    return None if limit is None else (int(limit[0]), limit[1])


def _about(lines: pd.DataFrame, estates: pd.DataFrame) -> pd.DataFrame:
    facts = estates[["estate_id", "owner_type", "households", "households_body_works"]]
    return lines.merge(facts, on="estate_id", how="left")


def _rows(about: pd.DataFrame, payment: Payment) -> pd.DataFrame:
    is_paid = payment.yuan > 0
    own = about["basis"].where(payment.is_capped | (not payment.basis), payment.basis)
    rows: pd.DataFrame = about.loc[is_paid, KEY]
    return rows.assign(
        source=payment.source, amount_yuan=payment.yuan[is_paid], clause=payment.clause,
        firmness=own[is_paid].map(FIRMNESS.index))


def _table(works: pd.DataFrame, paid: pd.DataFrame) -> pd.DataFrame:
    """Return the payments summed by item and source; what costs nobody knows how much has a gap nobody knows."""
    summed = paid.groupby([*KEY, "source"], as_index=False).agg(
        amount_yuan=("amount_yuan", "sum"), clause=("clause", "first"), firmness=("firmness", "max"))
    unknown = works.loc[works["amount_yuan"].isna(), KEY].assign(source=GAP, clause="")
    rows = pd.concat([summed, unknown], ignore_index=True).merge(works[[*KEY, "content_class", "basis"]], on=KEY)
    basis = rows["basis"].where(rows["firmness"].isna(), rows["firmness"].map(dict(enumerate(FIRMNESS))))
    return conform("funding", rows.assign(basis=basis, clause=rows["clause"].where(rows["clause"] != "")))


def _naming(code: str, **values: object) -> Finding:
    return Finding(code, "funding", values=values)


def _verify(about: pd.DataFrame, payments: Sequence[Payment]) -> list[Finding]:
    findings = []
    for payment in payments:
        if payment.source == UNVERIFIED and payment.yuan.any():
            ids = sorted(set(about.loc[payment.yuan > 0, "estate_id"]))
            findings.append(_naming("funding.unverified", count=len(ids), ids=listed(ids),
                                    yuan=_said(payment.yuan.sum()), clause=payment.clause))
    return findings


def _shares(
    about: pd.DataFrame, doors: Sequence[Door], shares: Mapping[str, float], payments: Sequence[Payment],
    names: Mapping[str, str],
) -> list[Finding]:
    """Return shares no document allows, shares that are more than is left, and doors without a share."""
    by_source: dict[str, list[Door]] = {}
    for door in doors:
        if door.pays == SHARE:
            by_source.setdefault(door.source, []).append(door)
    findings = [_naming("funding.shut", source=names[source]) for source in sorted(set(shares) - set(by_source))]
    for source, opened in by_source.items():
        may = np.any([may_pay(about, door, doors) for door in opened], axis=0)
        yuan = about.loc[may, "mid_yuan"].sum()
        cut = sum(int(payment.is_capped.sum()) for payment in payments if payment.source == source)
        if source not in shares and yuan:
            findings.append(_naming("funding.share_not_set", source=names[source], clause=opened[0].clause,
                                    yuan=_said(yuan), key=f"funding.shares.{source}"))
        elif source in shares and cut:
            findings.append(_naming("funding.share_too_large", source=names[source], share=f"{shares[source]:g}",
                                    count=cut))
    return findings


def _debt(about: pd.DataFrame, gap: Payment, policy: Policy) -> list[Finding]:
    """Say where a gap lies in works that earn nothing: to borrow for them would be hidden debt."""
    clause = find_clause(policy, DEBT_RULE)
    without = np.where(has_tag(about, bond_tags()), 0, gap.yuan)
    if not clause or not without.any():
        return []
    areas = sorted(set(about.loc[without > 0, "area_id"]))
    return [_naming("funding.hidden_debt", count=len(areas), areas=listed(areas), yuan=_said(without.sum()),
                    clause=clause)]


def _treasury(funding: pd.DataFrame, works: pd.DataFrame, policy: Policy) -> list[Finding]:
    """Say which areas the treasury would pay for alone."""
    limit = find_limit(policy, FISCAL_RULE)
    if limit is None:
        return []
    fiscal = funding[funding["source"].isin(FISCAL)].groupby("area_id")["amount_yuan"].sum()
    total = works.groupby("area_id")["amount_yuan"].sum(skipna=False).reindex(fiscal.index)
    alone = sorted(fiscal.index[(fiscal > 0) & (fiscal >= total * float(limit[0]))])
    return [_naming("funding.treasury_alone", count=len(alone), areas=listed(alone), clause=limit[1])] if alone else []


def _idle(funding: pd.DataFrame, policy: Policy) -> list[Finding]:
    limit = find_idle_limit(policy)
    yuan = funding.loc[funding["source"].isin(UPPER_LEVELS), "amount_yuan"].sum()
    if limit is None or not yuan:
        return []
    return [_naming("funding.idle", days=limit[0], clause=limit[1], yuan=_said(yuan))]


def _said(yuan: float | np.integer) -> str:
    return f"{int(yuan):,}"
