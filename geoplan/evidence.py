"""Why does a draft say what it says? One sentence of drafts.csv with the figures behind it, in either language."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from geoplan.schema import lines_of

LONGEST_SHOWN = 120


class Evidence(NamedTuple):
    """One use of a line of drafts.csv, and the values it names."""

    code: str
    values: Mapping[str, object]


class Key(NamedTuple):
    """One `key = value` of plan.toml; unless it is sure it is written as a comment, for the planner to decide."""

    name: str
    value: object
    is_sure: bool
    why: tuple[Evidence, ...] = ()


def because(code: str, **values: object) -> Evidence:
    """Return the evidence for something."""
    return Evidence(code, values)


def tell(evidence: Evidence, language: str) -> str:
    """Return the sentence of an evidence; texts from files are shortened, never obeyed."""
    values = {name: quoted(value) if isinstance(value, str) else value for name, value in evidence.values.items()}
    return _sentences()[evidence.code][language].format(**values)


def said_with(code: str, what: str, language: str) -> str:
    """Return a sentence around another, which is not shortened."""
    return _sentences()[code][language].format(what=what)


def quoted(text: str) -> str:
    """Return a text of a file as a comment may show it."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    return {line["code"]: line for line in lines_of("drafts.csv")}
