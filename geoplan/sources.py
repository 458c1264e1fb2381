"""Who may pay for what? Documents in force -> the doors they open to each source of money.

sources.csv says in which parameter of the law a source is named, what kind of work it may pay for and how much: a floor
per household or lift, everything, what is left, or a share that the documents leave to those who pay. A door without a
rule in force is shut. Nothing is opened here that no clause opens.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd

from geoplan.costs import TAG_SEPARATOR
from geoplan.documents import is_open, listed_values
from geoplan.policy import Policy
from geoplan.schema import lines_of

YUAN = {"万元/户": 10_000, "万元/部": 10_000}
GAP, UNVERIFIED = "gap", "unverified"
FISCAL = ("central_provincial", "provincial_lift", "central_infrastructure", "lottery", "sector_funds", "local_budget")
UPPER_LEVELS = ("central_provincial", "provincial_lift", "central_infrastructure")
BOND = "special_bond"
ANYTHING = "*"
AMOUNTS = ("per_household", "per_lift")
SHARE, ONLY = "share", "only"


@dataclass(frozen=True)
class Door:
    """A line of sources.csv: what a source may pay for (any of `tags`, estates of `owners` where some are named).

    `pays` is per_household, per_lift, all, share, rest (what all others leave), or only: not a door, but the only works
    its source may pay for. `yuan` and `clause` are what the documents in force say.
    """

    source: str
    param: str
    word: str
    pays: str
    tags: frozenset[str]
    owners: frozenset[str]
    yuan: int = 0
    clause: str = ""


@cache
def load_sources() -> tuple[Door, ...]:
    """Return the lines of sources.csv in their order."""
    return tuple(
        Door(line["source"], line["param"], line["word"], line["pays"], _set_of(line["tags"]), _set_of(line["owners"]))
        for line in lines_of("sources.csv"))


def shared_sources() -> list[str]:
    """Return the sources whose share the documents leave open, in the order in which they pay."""
    return list(dict.fromkeys(door.source for door in load_sources() if door.pays == SHARE))


def open_doors(policy: Policy) -> list[Door]:
    """Return what the documents in force let each source pay for.

    Parameters
    ----------
    policy
        As `resolve` returns it.

    Returns
    -------
    doors
        In the order of payment; of the doors by which one source gives its share the most specific comes first.
    """
    return _in_turn(opened for door in load_sources() if (opened := _opened(door, policy)) is not None)


def bond_tags() -> frozenset[str]:
    """Return the tags of works that earn something, for which alone special bonds may be raised."""
    return frozenset().union(*(door.tags for door in load_sources() if door.source == BOND))


def find_limit(policy: Policy, param: str) -> tuple[Fraction, str] | None:
    """Return the figure the law sets for a parameter and its clause; None where it sets none."""
    said = _value_of(policy, param)
    return None if said is None or is_open(said["value"]) else (Fraction(str(said["value"])), clause_of(said))


def find_clause(policy: Policy, param: str) -> str:
    """Return the clause of the most specific rule in force on a parameter, "" where there is none."""
    said = _rule_of(policy, param, "")
    return "" if said is None else clause_of(said)


def clause_of(said: pd.Series) -> str:
    """Return document, clause and rule of a row of `policy.rules` or `policy.values`, as every table prints it."""
    return f"{said['document']} {said['clause']} [{said['rule_id']}]"


def _set_of(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(TAG_SEPARATOR)))


def _opened(door: Door, policy: Policy) -> Door | None:
    if door.pays not in AMOUNTS:
        said = _rule_of(policy, door.param, door.word)
        return None if said is None else replace(door, clause=clause_of(said))
    said = _value_of(policy, door.param)
    if said is None or is_open(said["value"]):
        return None
    return replace(door, clause=clause_of(said), yuan=int(Fraction(str(said["value"])) * YUAN[str(said["unit"])]))


def _in_turn(doors: Iterable[Door]) -> list[Door]:
    placed = list(enumerate(doors))
    first = {door.source: at for at, door in reversed(placed) if door.pays == SHARE}
    return [door for _, door in sorted(
        placed, key=lambda one: (first[one[1].source], -one[0]) if one[1].pays == SHARE else (one[0], 0))]


def _value_of(policy: Policy, param: str) -> pd.Series | None:
    """Return the row of the figure that stands for a parameter."""
    values = policy.values[policy.values["param"] == param] if len(policy.values) else policy.values
    return None if values.empty else values.iloc[0]


def _rule_of(policy: Policy, param: str, word: str) -> pd.Series | None:
    """Return the most specific rule that stands on a parameter and, where a word is asked for, names it."""
    if not len(policy.rules):
        return None
    rules = policy.rules[(policy.rules["param"] == param) & policy.rules["stands"].astype(bool)]
    fits = [not word or word in listed_values(value) for value in rules["value"]]
    standing = rules[np.array(fits, dtype=bool)]
    return None if standing.empty else standing.iloc[-1]
