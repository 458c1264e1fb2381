"""Which of their columns may be which of ours? The name speaks first, the values must agree; what is open is asked.

A proposal is sure where one heading of the file, and only one, means one column of ours by its whole name, and the
values can be read as that column asks. Everything else is left to the planner.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from geoplan.datum import CHINA_EAST, CHINA_NORTH, CHINA_SOUTH, CHINA_WEST, prefix_of_easting
from geoplan.evidence import Evidence, because
from geoplan.opened import Opened
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, words_of
from geoplan.vocabulary import How, Sense, is_taken, sense_of
from geoplan.words import (
    Meaning,
    is_blank,
    read_bool,
    read_number,
    read_share,
    read_storey,
    read_tag,
    read_whole,
    read_word,
    read_year,
    word_key,
)

LATEST_YEAR = 2100  # of any plan; no clock decides what a year is
MOST = 0.8  # share of the values that must fit before a name is believed
MOST_KNOWN = 0.5  # of the words of a closed list: a town has words of its own
AXES = ("x", "y")
TAGS = ("bridge", "tunnel")
MOST_KEYS = 3
EASTING, NORTHING = (100_000, 1_000_000), (1_500_000, 6_300_000)  # m, from Hainan to the Heilong Jiang; no zone


class Proposal(NamedTuple):
    """Their column for one of ours; `how` is the way its name was understood."""

    ours: str
    theirs: str
    is_sure: bool
    why: tuple[Evidence, ...]


def propose_columns(opened: Opened, kind: str, levels: int = 1) -> list[Proposal]:
    """Return their column for each of ours, in our order; what is not sure follows what is.

    Parameters
    ----------
    opened
        The layer as its file has it.
    kind
        Name of the layer; barriers for barriers.water.
    levels
        How many rows its heading takes.

    Returns
    -------
    proposals
        A column of ours stands in at most one sure proposal, and so does one of theirs.
    """
    theirs = [str(name) for name in opened.cells.columns]
    senses = [sense_of(name, kind, levels) if name.strip() else None for name in theirs]
    counts = Counter(word_key(name) for name in theirs)
    found: list[Proposal] = []
    for column in _asked(kind, opened):
        fitting = [(at, sense) for at, sense in enumerate(senses) if sense is not None and column.name in sense.columns]
        found += _of_column(column, fitting, counts, opened)
    taken = {proposal.theirs for proposal in found if proposal.is_sure}
    left = [proposal for proposal in found if proposal.is_sure or proposal.theirs not in taken]
    return [*_exchanged(left, opened), *_keys(left, kind, opened)]


def codes_of(values: str) -> dict[str, str]:
    """Return word key -> code of a closed list."""
    return {word_key(text): word.code for word in words_of(values)
            for text in (word.code, word.zh, word.en, *word.words)}


def numbers_of(cells: pd.Series) -> np.ndarray:
    """Return cells as numbers, NaN where they are none."""
    known = {text: read_number(str(text), "degrees", signed=True).value for text in cells.dropna().unique()}
    return cells.map(known).astype("float64").to_numpy()


def unused_columns(opened: Opened, proposals: Sequence[Proposal]) -> list[str]:
    """Return the columns of a file that stand in no proposal, in their order."""
    used = {proposal.theirs for proposal in proposals}
    return [str(name) for name in opened.cells.columns if str(name).strip() and str(name) not in used]


def _asked(kind: str, opened: Opened) -> list[Column]:
    return [column for column in columns_of(kind, "in") if column.type not in GEOMETRY_TYPES
            and not (column.name in AXES and opened.geometry is not None)]


def _of_column(
    column: Column, fitting: Sequence[tuple[int, Sense]], counts: Mapping[str, int], opened: Opened
) -> Iterator[Proposal]:
    theirs = [str(name) for name in opened.cells.columns]
    whole = [(sense, at) for at, sense in fitting if is_taken(sense)]
    first = min((_rank(sense) for sense, _ in whole), default=None)
    best = [at for sense, at in whole if _rank(sense) == first]
    twice = {at for at, _ in fitting if counts[word_key(theirs[at])] > 1}
    for at, sense in fitting:
        if best and at not in best and not is_taken(sense):
            continue  # a part of a name is no rival to a whole one
        fits, values = _values(opened.cells.iloc[:, at], column)
        rivals = best or [other for other, _ in fitting]
        others = [other for other in rivals if other != at] if best != [at] else []
        why = _name_evidence(sense, column, tuple(theirs[other] for other in others), is_twice=at in twice)
        is_read_anyway = word_key(theirs[at]) == word_key(column.name)  # headings.py takes our own name as it is
        yield Proposal(
            column.name, theirs[at], best == [at] and (fits or is_read_anyway) and at not in twice, (*why, values))


def _rank(sense: Sense) -> tuple[int, int]:
    return int(sense.how), sense.place


def _name_evidence(sense: Sense, column: Column, rivals: tuple[str, ...], *, is_twice: bool) -> Iterator[Evidence]:
    if is_twice:
        yield because("heading_twice")
    elif rivals:
        yield because("rivals", others="、".join(dict.fromkeys(rivals)))
    if len(sense.columns) > 1:
        yield because("many_senses", columns="、".join(sense.columns))
    elif sense.how is How.UNIT:
        yield because("other_unit", unit=column.unit)
    elif sense.how is How.CUT:
        yield because("name_cut", zh=column.zh)
    elif sense.how is How.PART:
        yield because("name_part", zh=column.zh)


def _values(cells: pd.Series, column: Column) -> tuple[bool, Evidence]:
    """Say whether the values can be read as a column asks, and with which figures."""
    texts = cells.dropna()
    said = texts[~texts.map(is_blank).astype(bool)]
    if said.empty:
        return True, because("no_values", rows=len(cells))
    if column.name in AXES:
        return _axis_values(said, column.name)
    if column.key:
        distinct = said.nunique()
        return distinct >= MOST * len(said), because("ids", count=len(said), distinct=distinct)
    reader = _reader(column)
    if reader is None:
        return _text_values(said)
    known = {text: reader(str(text)).value for text in said.unique()}
    read = said.map(lambda text: known[text] is not None).astype(bool)
    enough = float(read.mean()) >= (MOST_KNOWN if column.values else MOST)
    values = [value for value in known.values() if isinstance(value, int | float) and not isinstance(value, bool)]
    if not values:
        return enough, because("readable", count=len(said), read=int(read.sum()))
    return enough, because("readable_from_to", count=len(said), read=int(read.sum()), low=f"{min(values):g}",
                           high=f"{max(values):g}")


def _text_values(said: pd.Series) -> tuple[bool, Evidence]:
    """Return that any text will do, with the first of them to recognise the column by."""
    return True, because("texts", count=len(said), distinct=said.nunique(), first=str(said.iloc[0]))


def _reader(column: Column) -> Callable[[str], Meaning] | None:
    if column.values:
        codes = codes_of(column.values)
        return lambda text: read_word(text, codes)
    readers: Mapping[str, Callable[[str], Meaning]] = {
        "int": lambda text: read_whole(text, column.unit, signed=True),
        "float": lambda text: read_number(text, column.unit),
        "year": lambda text: read_year(text, LATEST_YEAR),
        "share": read_share, "storey": read_storey, "bool": read_tag if column.name in TAGS else read_bool,
    }
    return readers.get(column.type)


def _axis_values(said: pd.Series, axis: str) -> tuple[bool, Evidence]:
    numbers = numbers_of(said)
    known = numbers[np.isfinite(numbers) & (numbers != 0)]
    if len(known) < MOST * len(said):
        return False, because("readable", count=len(said), read=len(known))
    low, high = np.quantile(known, [0.05, 0.95])
    return _is_axis(float(np.median(known)), axis), because(
        "axis", count=len(known), low=f"{low:.10g}", high=f"{high:.10g}")


def _is_axis(middle: float, axis: str) -> bool:
    if axis == "x":
        return CHINA_WEST <= middle <= CHINA_EAST or EASTING[0] <= middle < EASTING[1] or (
            prefix_of_easting(middle) is not None)
    return CHINA_SOUTH <= middle <= CHINA_NORTH or NORTHING[0] <= middle <= NORTHING[1]


def _exchanged(proposals: list[Proposal], opened: Opened) -> list[Proposal]:
    """Exchange x and y where each holds what the other's name says: a surveyor's X is north."""
    axes = {proposal.ours: proposal for proposal in proposals if proposal.ours in AXES}
    if set(axes) != set(AXES) or any(proposal.is_sure for proposal in axes.values()):
        return proposals
    middles = {axis: _middle(opened, axes[axis].theirs) for axis in AXES}
    if not (_is_axis(middles["y"], "x") and _is_axis(middles["x"], "y")) or _is_axis(middles["x"], "x"):
        return proposals
    other = {"x": axes["y"], "y": axes["x"]}
    return [proposal if proposal.ours not in AXES else Proposal(
        proposal.ours, other[proposal.ours].theirs, False, (because("axes_exchanged"), *other[proposal.ours].why[-1:]))
        for proposal in proposals]


def _middle(opened: Opened, theirs: str) -> float:
    numbers = numbers_of(opened.cells.iloc[:, [str(name) for name in opened.cells.columns].index(theirs)])
    known = numbers[np.isfinite(numbers) & (numbers != 0)]
    return float(np.median(known)) if len(known) else float("nan")


def _keys(proposals: list[Proposal], kind: str, opened: Opened) -> Iterator[Proposal]:
    """Return, where a layer has no id, columns whose values are all different; where it has no x or y, degrees."""
    used = {proposal.theirs for proposal in proposals}
    named = {proposal.ours for proposal in proposals}
    free = [at for at, name in enumerate(opened.cells.columns) if str(name).strip() and str(name) not in used]
    for column in _asked(kind, opened):
        if column.name in named or not ((column.key and column.required) or column.name in AXES):
            continue
        checked = [(at, *_values(opened.cells.iloc[:, at].copy(), column)) for at in free]
        fitting = [(at, why) for at, fits, why in checked
                   if fits and why.code in ("ids", "axis") and _is_full(opened, at)]
        for at, why in fitting[:MOST_KEYS]:
            yield Proposal(column.name, str(opened.cells.columns[at]), False, (because("by_values"), why))


def _is_full(opened: Opened, at: int) -> bool:
    return bool(opened.cells.iloc[:, at].notna().mean() >= MOST)
