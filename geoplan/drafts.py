"""How does a draft of plan.toml read? Sections with their keys, and behind each line why it says so.

What is sure is written as TOML, what is not as a comment that becomes TOML when its # is taken away. Text of a file is
always quoted: a heading can hold quotes, line breaks or TOML of its own.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from geoplan.evidence import Evidence, Key, because, said_with, tell
from geoplan.settings import RULE_SECTIONS

RULES_SHOWN = ("areas", "circle", "elder", "assumptions", "programme", "delivery")
BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
RULE_LENGTH = 66


@dataclass(frozen=True)
class Table:
    """One table of a draft: its name as a path of keys, its lines, and what is said above and below them."""

    path: tuple[str, ...]
    keys: tuple[Key, ...]
    above: tuple[Evidence, ...] = ()
    below: tuple[Evidence, ...] = ()
    heading: str = field(default="")


def draft_text(name: str, tables: Iterable[Table], missing: Sequence[Evidence], language: str) -> str:
    """Return the text of plan.toml.

    Parameters
    ----------
    name
        What the plan is called.
    tables
        In their order; a table with a heading begins a part of the file.
    missing
        What was not brought, and what cannot be said without it.
    language
        zh or en, of the comments.

    Returns
    -------
    text
        TOML.
    """
    said = [because("title", name=name), *(because(code) for code in ("use_1", "use_2", "use_3"))]
    lines = [_comment(tell(each, language)) for each in said]
    for table in tables:
        lines += ["", *_table(table, language)]
    lines += ["", _rule(tell(because("missing"), language))]
    lines += [_comment(tell(each, language)) for each in missing or [because("nothing_missing")]]
    return "\n".join([*lines, "", _rule(tell(because("rules"), language)), *_rules(language)]) + "\n"


def toml_of(value: object) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | date):
        return str(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml_of(part) for part in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(str(name))} = {toml_of(part)}" for name, part in value.items()) + " }"
    text = json.dumps(str(value), ensure_ascii=False)
    return "".join(_escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    """Return a letter as it may stand in a TOML string: what is not seen is written by its number."""
    if unicodedata.category(letter) not in UNSEEN:
        return letter
    return f"\\U{ord(letter):08x}" if ord(letter) > 0xFFFF else f"\\u{ord(letter):04x}"


def _table(table: Table, language: str) -> Iterator[str]:
    if table.heading:
        yield _rule(table.heading)
    yield "[" + ".".join(_key(part) for part in table.path) + "]"
    yield from (_comment(tell(each, language)) for each in table.above)
    yield from (_line(key, language) for key in table.keys)
    yield from (_comment(tell(each, language)) for each in table.below)


def _line(key: Key, language: str) -> str:
    why = ("；" if language == "zh" else "; ").join(tell(each, language) for each in key.why)
    if not key.name:
        return _comment(why)
    said = f"{_key(key.name)} = {toml_of(key.value)}"
    if not why:
        return said if key.is_sure else f"# {said}"
    code = "evidence" if key.is_sure else "confirm"
    behind = _plain(said_with(code, why, language))
    return f"{'' if key.is_sure else '# '}{said}  # {behind}"


def _key(name: str) -> str:
    return name if name and set(name) <= BARE else toml_of(name)


def _comment(text: str) -> str:
    return f"# {_plain(text)}"


def _rule(text: str) -> str:
    return f"# {'-' * RULE_LENGTH} {_plain(text)}"


def _plain(text: str) -> str:
    """Return a text that stays on its line and shows what it is: what is not seen becomes a space."""
    return "".join(" " if unicodedata.category(letter) in UNSEEN else letter for letter in text)


def _rules(language: str) -> Iterator[str]:
    """Return the plain numbers and words of the planner's own sections as comments, with their reasons."""
    for name in RULES_SHOWN:
        yield f"# [{name}]"
        for key, about in RULE_SECTIONS[name].model_fields.items():
            extra: Mapping[str, object] = about.json_schema_extra if isinstance(about.json_schema_extra, dict) else {}
            if isinstance(about.default, bool | int | float | str):
                unit = f"{extra['unit']}  " if extra.get("unit") else ""
                yield f"# {key} = {toml_of(about.default)}  # {_plain(unit + str(extra[language]))}"
