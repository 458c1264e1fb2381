"""What does each source give to each line of work? Sources pay in turn, each no more than is left of a line.

First the floors the law sets (per household with building works, per lift), then whom the law makes pay everything,
then the shares agreed where the documents leave them open, then the owner of public housing for the rest; what nobody
gives is the gap. Whole yuan only, so that what is given to a line and its gap add up to the line.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.costs import TAG_SEPARATOR
from geoplan.sources import ANYTHING, GAP, ONLY, SHARE, UNVERIFIED, Door

Mask = NDArray[np.bool_]
Yuan = NDArray[np.int64]


class Payment(NamedTuple):
    """What one source gives to each line; `basis` is policy or, where it is empty or the gift `is_capped` by what the
    line costs, that of the line."""

    source: str
    clause: str
    yuan: Yuan
    basis: str
    is_capped: Mask


class Offer(NamedTuple):
    """What a door can do for the lines it may pay for: what they cost and what is left of them."""

    door: Door
    share: Fraction
    may: Mask
    amount: Yuan
    left: Yuan


def pay_lines(
    lines: pd.DataFrame, doors: Sequence[Door], shares: Mapping[str, float], is_known: Mask
) -> list[Payment]:
    """Return what every door gives, in the order of payment, and last the gap.

    Parameters
    ----------
    lines
        estate_id, tags, quantity, mid_yuan, owner_type, households, households_body_works, eligibility.
    doors
        As `open_doors` returns them.
    shares
        Source -> agreed share (0-1).
    is_known
        Which lines are paid for; nobody gives to the others.

    Returns
    -------
    payments
        Their yuan add up to mid_yuan of every known line, and to 0 of every other.
    """
    amount = np.where(is_known, lines["mid_yuan"].fillna(0).to_numpy(dtype=np.int64), 0)
    left, payments, agreed = amount, [], dict[str, Mask]()
    for door in doors:
        if door.pays == ONLY:
            continue
        may = may_pay(lines, door, doors)
        if door.pays == SHARE:
            before = agreed.get(door.source, np.zeros(len(lines), dtype=bool))
            may, agreed[door.source] = may & ~before, before | may
        offer = Offer(door, Fraction(str(shares.get(door.source, 0))), may, amount, left)
        given = list(PAYS[door.pays](lines, offer))
        payments += given
        left = left - sum(payment.yuan for payment in given)
    return [*payments, Payment(GAP, "", left, "", np.zeros(len(lines), dtype=bool))]


def may_pay(lines: pd.DataFrame, door: Door, doors: Sequence[Door]) -> Mask:
    """Say which lines a door is open to."""
    may = has_tag(lines, door.tags)
    if door.owners:
        may = may & lines["owner_type"].isin(list(door.owners)).to_numpy(dtype=bool)
    for only in doors:
        if only.pays == ONLY and only.source == door.source:
            may = may & has_tag(lines, only.tags)
    return may


def has_tag(lines: pd.DataFrame, tags: frozenset[str]) -> Mask:
    """Say which lines have one of the tags."""
    return np.array([ANYTHING in tags or bool(tags & set(str(text).split(TAG_SEPARATOR))) for text in lines["tags"]],
                    dtype=bool)


def _per_household(lines: pd.DataFrame, offer: Offer) -> Iterator[Payment]:
    """Pay so much per household with building works of an eligible estate, line by line, never more than they cost.

    Where eligibility or those households are to be verified the same goes to `unverified`, at most for all households.
    """
    counted = lines["households_body_works"]
    is_none = counted.eq(0).fillna(False).to_numpy(dtype=bool)
    is_out = lines["eligibility"].eq("ineligible").to_numpy(dtype=bool) | is_none
    is_sure = lines["eligibility"].eq("eligible").to_numpy(dtype=bool) & counted.notna().to_numpy(dtype=bool)
    due = counted.fillna(lines["households"]).fillna(0).to_numpy(dtype=np.int64) * offer.door.yuan
    estate = lines["estate_id"].fillna("").to_numpy()
    for source, chosen in ((offer.door.source, is_sure), (UNVERIFIED, ~is_sure & ~is_out)):
        asked = np.where(offer.may & chosen, offer.left, 0)
        before = pd.Series(asked).groupby(estate).cumsum().to_numpy(dtype=np.int64) - asked
        given = np.minimum(asked, np.maximum(due - before, 0))
        yield Payment(source, offer.door.clause, given, "policy", (asked > 0) & (given == asked))


def _per_lift(lines: pd.DataFrame, offer: Offer) -> Iterator[Payment]:
    lifts = lines["quantity"].astype("float64").fillna(0).to_numpy(dtype=np.float64)
    due = np.where(offer.may, lifts, 0).astype(np.int64) * offer.door.yuan
    given = np.minimum(due, offer.left)
    yield Payment(offer.door.source, offer.door.clause, given, "policy", given < due)


def _everything(lines: pd.DataFrame, offer: Offer) -> Iterator[Payment]:
    nowhere = np.zeros(len(lines), dtype=bool)
    yield Payment(offer.door.source, offer.door.clause, np.where(offer.may, offer.left, 0), "", nowhere)


def _agreed(_: pd.DataFrame, offer: Offer) -> Iterator[Payment]:
    """Pay the agreed share of the whole amount, rounded down to whole yuan, and no more than is left."""
    exactly = offer.amount.astype(object) * offer.share.numerator // offer.share.denominator  # no 64 bits to overflow
    wanted = np.where(offer.may, exactly.astype(np.int64), 0)
    given = np.minimum(wanted, offer.left)
    yield Payment(offer.door.source, offer.door.clause, given, "", given < wanted)


PAYS: Mapping[str, Callable[[pd.DataFrame, Offer], Iterator[Payment]]] = {
    "per_household": _per_household, "per_lift": _per_lift, "all": _everything, "rest": _everything, SHARE: _agreed,
}
