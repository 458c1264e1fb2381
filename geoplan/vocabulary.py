"""What do planners call our columns? A heading of theirs -> the columns of ours it may stand for, and how surely.

Our own names, the headings and short names of columns.csv, and the usual words of heading_words.csv are compared
without case, white space, punctuation and what stands in brackets.
"""

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum
from functools import cache, lru_cache
from typing import NamedTuple

from geoplan.headings import STREET_NAMES
from geoplan.schema import GEOMETRY_TYPES, columns_of, lines_of
from geoplan.words import plain, word_key

PUNCTUATION = re.compile(r"[_\-—/\\、,，.。:：;；*#\"'“”‘’]")
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^】]*】")
OTHER_UNITS = re.compile(r"[万亿千百亩]|公顷|公里|\b(?:ha|km)", re.IGNORECASE)
HARMLESS = re.compile(
    r"(?:单位[::]?)?(?:m\^?2|平方米|平米|米|m|户|人|位|栋|幢|座|个|单元|部|台|张|床|处|层|年|元|元/(?:m2|平方米|平米)|%|°|度|"
    r"必填|选填|是/否|有/无|households|persons|years?)", re.IGNORECASE)
GROUPS = re.compile(
    r"(?:小区|设施|资源|项目|房屋)?(?:基本|基础)?(?:情况|信息|概况|数据|资料)|(?:地理)?(?:坐标|位置)|规模|指标")
SHORTEST_PART = 2  # letters of a usual word that must stand in a heading before it is worth a question
KEPT = 10_000  # headings looked up; rows of a ledger are tried one by one and say the same things
CUT_BYTES = 9  # a field name of a shapefile ends after 10 bytes, 9 where letters take three


class How(IntEnum):
    """How a heading came to mean a column; up to USUAL it is taken, after that it is a question to the planner."""

    OWN = 0
    HEADING = 1
    USUAL = 2
    UNIT = 3
    CUT = 4
    PART = 5


class Sense(NamedTuple):
    """What a heading may mean: columns of ours, how, and the place of the word in its list."""

    columns: tuple[str, ...]
    how: How
    place: int = 0


NONE = Sense((), How.PART)


@lru_cache(maxsize=KEPT)
def sense_of(heading: str, kind: str, levels: int = 1) -> Sense:
    """Return what a heading of a layer of this kind means; it is joined from `levels` rows of a ledger."""
    known = _known(kind)
    said = _without_group(heading) if levels > 1 else heading
    for text in dict.fromkeys((heading, said, _without_units(said))):
        if _key(text) in known:
            return known[_key(text)]
    bare = _key(BRACKETS.sub("", plain(said)))
    if _has_other_unit(said) and bare in known:
        return known[bare]._replace(how=How.UNIT)
    return _cut(heading, kind) or _part(heading, kind)


def is_taken(sense: Sense) -> bool:
    """Say whether a heading means one column of ours by its whole name."""
    return sense.how <= How.USUAL and len(sense.columns) == 1


def _has_other_unit(heading: str) -> bool:
    """Say whether what stands in brackets is a unit that would have to be converted: 建筑面积(万平方米)."""
    return any(OTHER_UNITS.search(inside) for inside in BRACKETS.findall(plain(heading)))


def _without_units(heading: str) -> str:
    """Return a heading without brackets that hold only its unit; any other word there may change what it means."""
    said = plain(heading)
    is_unit = all(HARMLESS.fullmatch(inside[1:-1]) for inside in BRACKETS.findall(said))
    return BRACKETS.sub("", said) if is_unit else said


def _without_group(heading: str) -> str:
    """Return what stands below a word that only holds columns together: 基本情况/户数, but not 已改造/户数."""
    group, _, below = heading.partition("/")
    return below if below and GROUPS.fullmatch(plain(group)) else heading


def _key(text: str) -> str:
    return PUNCTUATION.sub("", word_key(text))


@cache
def _known(kind: str) -> Mapping[str, Sense]:
    found: dict[str, Sense] = {}
    for name, how, place, column in sorted(_names(kind), key=lambda each: each[1:3]):
        key = _key(name)
        before = found.get(key)
        if before is None:
            found[key] = Sense((column,), how, place)
        elif before.how == how and column not in before.columns:
            found[key] = Sense((*before.columns, column), how, before.place)
    found.pop("", None)
    return found


def _names(kind: str) -> Iterator[tuple[str, How, int, str]]:
    for column in columns_of(kind, "in"):
        if column.type in GEOMETRY_TYPES:
            continue
        own = (column.name, *(STREET_NAMES.get(column.name, ()) if kind == "streets" else ()))
        yield from ((name, How.OWN, place, column.name) for place, name in enumerate(own))
        yield from ((name, How.HEADING, 0, column.name) for name in (column.zh, column.en, column.dbf))
    for line in lines_of("heading_words.csv"):
        if line["layer"] == kind:
            yield from ((word, How.USUAL, 0, line["column"]) for word in line["words"].split("|"))


def _cut(heading: str, kind: str) -> Sense | None:
    """Return what a name cut short by a shapefile stands for, where only one column begins with it."""
    key = _key(heading)
    if max(len(heading.encode("gbk", "replace")), len(heading.encode("utf-8", "replace"))) < CUT_BYTES:
        return None
    columns = {sense.columns for name, sense in _known(kind).items()
               if name.startswith(key) and len(sense.columns) == 1}
    return Sense(columns.pop(), How.CUT) if len(columns) == 1 else None


def _part(heading: str, kind: str) -> Sense:
    """Return what the longest usual word inside a heading stands for."""
    key = _key(heading)
    inside = [name for name in _known(kind) if len(name) >= SHORTEST_PART and name in key and not name.isascii()]
    if not inside:
        return NONE
    longest = max(inside, key=lambda name: (len(name), name))
    return Sense(_known(kind)[longest].columns, How.PART)
