"""What estates answer to a rule: a result, a value to read, and the limit it was held against.

Unknown is not false. A count that contradicts another is unknown; what the law leaves open is `not_set` unless another
document of the chain fills it, and then the limit names that rule.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.policy import requirement_text
from geoplan.schema import LIST_SEPARATOR, labels_of

RESULTS = ("pass", "needs_evidence", "not_set", "unknown", "fail")
PASS, NEEDS_EVIDENCE, NOT_SET, UNKNOWN, FAIL = range(len(RESULTS))
SHARE_STEPS = 10_000  # shares are shown to four places, cut off: 0.79995 must not read as 0.8
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq,
}

Codes = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Town:
    """What rules are asked about.

    `brought` names the columns the file of the estates had, `touched` the heritage each estate touches ("" for none;
    None where that layer was not brought), `numbers` every number the chain sets, by parameter.
    """

    estates: pd.DataFrame
    brought: frozenset[str]
    touched: pd.Series | None
    plan_year: int
    numbers: Mapping[str, Any]
    language: str


@dataclass(frozen=True)
class Answer:
    """What every estate answers to one rule: a result (place in RESULTS), a value to read, and the limit for all."""

    results: Codes
    values: pd.Series
    limit: str


@dataclass(frozen=True)
class Measure:
    """A number per estate, NaN where unknown, with its text."""

    numbers: Floats
    texts: pd.Series


def is_amount(rule: Any) -> bool:
    """Say whether a rule, or a resolved value, compares with a number."""
    is_number = isinstance(rule.value, int | float) and not isinstance(rule.value, bool)
    return rule.op in COMPARISONS and (is_number or (isinstance(rule.value, str) and "/" in rule.value))


def limit_of(town: Town, rule: Any, param: str = "") -> Any:
    """Return the rule itself where it sets a number, else the value that fills what it leaves open, or None."""
    return rule if is_amount(rule) else town.numbers.get(param or rule.param)


def number_of(value: object) -> float:
    """Return the number a value stands for; of a fraction the nearest one, as dividing two counts gives it."""
    return float(Fraction(str(value)))


def compared(town: Town, rule: Any, measure: Measure, param: str = "") -> Answer:
    """Hold a measure against the rule's number, or against the one that fills what the rule leaves open."""
    said = limit_of(town, rule, param)
    if said is None:
        return Answer(everyone(town, NOT_SET), measure.texts, requirement(town, rule))
    met = COMPARISONS[said.op](measure.numbers, number_of(said.value))
    results = np.select([np.isnan(measure.numbers), met], [UNKNOWN, PASS], FAIL).astype(np.int8)
    source = "" if said is rule else f" [{said.rule_id}]"
    return Answer(results, measure.texts, requirement(town, said) + source)


def held(town: Town, rule: Any, truth: pd.Series, texts: pd.Series | None = None) -> Answer:
    """Hold a yes-or-no against the rule's; missing is unknown."""
    words = labels_of("truth", town.language)
    said = truth.map({True: words["yes"], False: words["no"]}).astype(object) if texts is None else texts
    return met(town, rule, truth == rule.value, said)


def met(town: Town, rule: Any, truth: pd.Series, texts: pd.Series) -> Answer:
    """Return pass where true, fail where false, unknown where missing."""
    known = np.where(truth.fillna(False), PASS, FAIL)
    return Answer(np.where(truth.isna(), UNKNOWN, known).astype(np.int8), texts, requirement(town, rule))


def share(town: Town, part: str, *bounds: str) -> Measure:
    """Return part / last bound; unknown where a count exceeds one that holds it."""
    counts = [floats(town.estates[column]) for column in (part, *bounds)]
    some, whole = counts[0], counts[-1]
    is_known = ~np.isnan(some) & ~np.isnan(whole)
    is_wrong = reduce(np.logical_or, [inner > outer for inner, outer in pairwise((*counts, whole))])
    is_wrong |= (some > whole) | (whole <= 0)
    is_sound = is_known & ~is_wrong
    numbers = np.divide(some, whole, out=np.full(len(whole), np.nan), where=is_sound)
    steps = np.floor_divide(some * SHARE_STEPS, whole, out=np.zeros(len(whole)), where=is_sound) / SHARE_STEPS
    texts = pd.Series([
        f"{a:.0f}/{b:.0f} = {step:g}" if sound else f"{a:.0f}/{b:.0f}"
        for a, b, step, sound in zip(some, whole, steps, is_sound, strict=True)
    ], dtype="object")
    return Measure(numbers, noted(texts.where(is_known, None), is_known & is_wrong, note(town, "contradictory")))


def note(town: Town, code: str) -> str:
    """Return a remark that stands beside a value."""
    return labels_of("verdict_note", town.language)[code]


def noted(texts: pd.Series, where: Iterable[bool], remark: str) -> pd.Series:
    """Return texts with a remark in brackets where it applies."""
    return texts.mask(np.asarray(where, dtype=bool), texts + f"（{remark}）")


def beside(parts: Iterable[pd.Series]) -> pd.Series:
    """Return texts side by side; a missing one leaves nothing behind, and where all are missing the text is."""
    return reduce(lambda left, right: (left + LIST_SEPARATOR + right).fillna(left).fillna(right), parts)


def everyone(town: Town, code: int) -> Codes:
    """Return one result for every estate."""
    return np.full(len(town.estates), code, dtype=np.int8)


def said_of_all(town: Town, text: str | None) -> pd.Series:
    """Return one text for every estate."""
    return pd.Series([text] * len(town.estates), dtype="object")


def floats(column: pd.Series) -> Floats:
    """Return numbers with NaN where missing."""
    return column.to_numpy(dtype=float, na_value=np.nan)


def requirement(town: Town, rule: Any) -> str:
    """Return what a rule asks for as people read it."""
    return requirement_text(rule.op, rule.value, rule.unit, town.language)
