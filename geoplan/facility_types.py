"""Which type of the catalogue does a town's word, or an Amap code with a name, stand for?

A word of the town is looked up among the words of the catalogue; plan.toml has the last word. Without one, the codes
and name patterns of poi.csv decide: the more a line asks for, the sooner it is tried. A name alone decides when it ends
in a word of the catalogue, or when the patterns leave only one type.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from geoplan.policy import load_catalogue, load_poi_mapping
from geoplan.words import plain, word_key

PROVIDER = "amap"
MODES = ("type_and_name", "name", "type")
SHORTEST_ENDING, LONGEST_NAME = 2, 200


class Pattern(NamedTuple):
    """One line of poi.csv, ready to be tried."""

    facility_type: str
    codes: frozenset[str]
    include: re.Pattern[str] | None
    exclude: re.Pattern[str] | None
    mode: str


def type_words(types: Mapping[str, str]) -> Mapping[str, str]:
    """Return word key -> code of every word of the catalogue, with those of plan.toml on top."""
    own = {word_key(word): code for word, code in types.items()}
    return dict(_catalogue_words()) | own


def type_of_word(word: str, words: Mapping[str, str]) -> str | None:
    """Return the type a word stands for, None where nobody knows it."""
    return words.get(word_key(word))


def type_of_point(code: object, name: object) -> str | None:
    """Return the type of a point with an Amap code (several joined by |), a name, or both; None where none fits."""
    codes = frozenset(plain(code).split("|")) if isinstance(code, str) else frozenset()
    said = plain(name)[:LONGEST_NAME] if isinstance(name, str) else ""
    if any(codes & pattern.codes for pattern in _patterns()):
        return _by_code(codes, said)
    return _by_ending(said) or _by_name(said)


def _by_code(codes: frozenset[str], name: str) -> str | None:
    fitting = [pattern for pattern in _patterns() if codes & pattern.codes and _fits(pattern, name)]
    return fitting[0].facility_type if fitting else None


def _by_name(name: str) -> str | None:
    fitting = {pattern.facility_type for pattern in _patterns() if pattern.include is not None and _fits(pattern, name)}
    return fitting.pop() if len(fitting) == 1 else None


def _by_ending(name: str) -> str | None:
    endings = (word for word in _catalogue_words() if len(word) >= SHORTEST_ENDING and word_key(name).endswith(word))
    longest = max(endings, key=len, default=None)
    return _catalogue_words()[longest] if longest is not None else None


def _fits(pattern: Pattern, name: str) -> bool:
    is_excluded = pattern.exclude is not None and pattern.exclude.search(name) is not None
    is_included = pattern.mode == "type" or (pattern.include is not None and pattern.include.search(name) is not None)
    return is_included and not is_excluded


@cache
def _catalogue_words() -> Mapping[str, str]:
    words: dict[str, str] = {}
    for line in load_catalogue().to_dict("records"):
        for word in (line["facility_type"], line["en"], line["zh"], *line["words"].split("|")):
            words.setdefault(word_key(word), line["facility_type"])
    words.pop("", None)
    return words


@cache
def _patterns() -> tuple[Pattern, ...]:
    mapping = load_poi_mapping()
    known = set(load_catalogue()["facility_type"])
    lines = mapping[(mapping["provider"] == PROVIDER) & mapping["facility_type"].isin(known)]
    patterns = [
        Pattern(line["facility_type"], frozenset(line["type_or_tag"].split("|")), _compiled(line["name_include"]),
                _compiled(line["name_exclude"]), line["mode"])
        for line in lines.to_dict("records")
    ]
    return tuple(sorted(patterns, key=lambda pattern: MODES.index(pattern.mode)))


def _compiled(text: str) -> re.Pattern[str] | None:
    return re.compile(text) if text else None
