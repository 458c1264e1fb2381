"""What a policy document says: one TOML file -> one frozen Document with its rules, or every reason why not.

A rule is a sentence of law made into data: clause and verbatim quote, the parameter it sets, how it compares, and how
it is merged with what other documents say about the same parameter. All words a rule may use stand in values.csv. What
the law leaves open (LOCAL, STATUTORY, UNSPECIFIED) stays a word and never becomes a number.
"""

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from geoplan.errors import Finding, PolicyError, raise_all
from geoplan.presence import is_file
from geoplan.schema import words_of

Value = bool | int | float | str | tuple[int | float | str, ...]
COMPARISONS = (">=", "<=", ">", "<")
VALUELESS = ("report", "present")
TRUTH_UNITS = ("bool",)
DAY_UNITS = ("date", "MM-DD")
NUMBER_UNITS = (
    "ratio", "year", "years", "count", "estates", "households", "persons", "万元", "万元/户", "万元/部", "万元/年",
    "元", "m2/人", "m2/100户", "min", "days", "item", "points", "month", "star", "tables/year", "per year",
)
GATES = {"plan_entry": "plan_entry", "start": "start", "post": "after"}
ADCODE_DIGITS = 6
CLOSED_LISTS = {
    "module": "rule_module", "stage": "stage", "strength": "strength", "check": "rule_check", "op": "rule_op",
    "unit": "rule_unit", "merge": "rule_merge", "level": "document_level", "status": "document_status",
}
WORDS_OF_PARAMS = {"location": "location_scope", "deficiency": "deficiency", "excluded_types": "exclusion"}


@dataclass(frozen=True)
class Rule:
    """One sentence of a document that can be followed or broken."""

    id: str
    clause: str
    quote: str
    module: str
    strength: str
    check: str
    param: str
    op: str
    unit: str
    merge: str
    meaning: str
    value: Value | None = None
    stage: str = ""
    condition: str = ""
    note: str = ""
    restored: bool = False


@dataclass(frozen=True)
class Document:
    """One policy document; an empty `effective_to` means it is open-ended."""

    id: str
    title: str
    issuer: str
    level: str
    jurisdiction: str
    effective_from: date
    number: str = ""
    adcode: str = ""
    issued: date | None = None
    effective_to: date | None = None
    programme_years: tuple[int, ...] = ()
    parent: tuple[str, ...] = ()
    source_file: str = ""
    status: str = "full_text"
    note: str = ""
    rules: tuple[Rule, ...] = ()


@cache
def load_documents() -> Mapping[str, Document]:
    """Return every document of the package by its id; PolicyError names every problem of every file."""
    found: dict[str, Document] = {}
    findings: list[Finding] = []
    for file in sorted(files("geoplan").joinpath("policies").iterdir(), key=lambda file: file.name):
        if file.name == "chain.toml":
            continue
        document, problems = read_document(file)
        findings += problems
        if document is not None:
            found[document.id] = document
    raise_all(PolicyError, findings)
    return found


def read_document(file: Traversable) -> tuple[Document | None, list[Finding]]:
    """Return the document in a TOML file, or None and every reason why it does not load."""
    if not is_file(file):
        return None, [Finding("policy.no_file", file.name, values={"path": file.name})]
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return None, [Finding("policy.not_toml", file.name, values={"path": file.name, "error": str(error)})]
    findings = [
        Finding(code, file.name, values={"path": file.name, **values}) for code, values in _problems(said)
    ]
    if findings:
        return None, findings
    rules = tuple(Rule(**{key: _frozen(value) for key, value in rule.items()}) for rule in said["rule"])
    header = {key: _frozen(value) for key, value in said["document"].items()}
    return Document(**header, rules=rules), []


def stage_of(rule: Rule) -> str:
    """Return at which gate a rule is asked (eligibility, plan_entry, start, after); "" where it is asked at none."""
    if rule.stage or rule.module == "eligibility":
        return rule.stage or "eligibility"
    gate, dot, _ = rule.param.partition(".")
    return GATES.get(gate, "") if dot else ""


def is_open(value: object) -> bool:
    """Say whether a value is one of the words by which the law leaves a number to others."""
    return isinstance(value, str) and value in {word.code for word in words_of("open_value")}


def codes_of(values: str, words: Sequence[object]) -> list[str]:
    """Return the codes of a closed list that the words of a document stand for; a word may stand for several."""
    asked = {unicodedata.normalize("NFKC", str(word)) for word in words}
    return [
        known.code for known in words_of(values)
        if asked & {unicodedata.normalize("NFKC", word) for word in (known.code, known.zh, *known.words)}
    ]


def listed_values(value: object) -> tuple[object, ...]:
    """Return a value as a list: its members, or itself alone."""
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Problem = tuple[str, dict[str, object]]


def _problems(said: Mapping[str, Any]) -> Iterator[Problem]:
    for key in sorted(set(said) - {"document", "rule"}):
        yield "policy.unknown_key", {"where": key}
    header, rules = said.get("document"), said.get("rule")
    if not isinstance(header, dict):
        yield "policy.missing_key", {"where": "[document]"}
    else:
        yield from _table_problems(header, Document, "[document]")
    if not isinstance(rules, list) or not rules or not all(isinstance(rule, dict) for rule in rules):
        yield "policy.missing_key", {"where": "[[rule]]"}
        return
    for number, rule in enumerate(rules, 1):
        where = str(rule.get("id") or f"[[rule]] {number}")
        yield from _table_problems(rule, Rule, where)
        if not any(_table_problems(rule, Rule, where)):
            yield from _rule_problems(rule, where)
    ids = [rule.get("id") for rule in rules]
    for twice in sorted({str(rule_id) for rule_id in ids if rule_id and ids.count(rule_id) > 1}):
        yield "policy.rule_twice", {"where": twice}


KINDS: Mapping[str, tuple[type, ...]] = {
    "effective_from": (date,), "effective_to": (date,), "issued": (date,), "restored": (bool,),
    "programme_years": (list,), "parent": (list,), "value": (bool, int, float, str, list),
}
MEMBERS: Mapping[str, type] = {"programme_years": int, "parent": str}


def _table_problems(said: Mapping[str, Any], kind: type, where: str) -> Iterator[Problem]:
    known = {field.name: field.default is MISSING for field in fields(kind) if field.name != "rules"}
    for key in sorted(set(said) - set(known)):
        yield "policy.unknown_key", {"where": f"{where}.{key}"}
    for key, is_required in known.items():
        if is_required and said.get(key, "") == "":
            yield "policy.missing_key", {"where": f"{where}.{key}"}
        elif key in said and not _is_kind(key, said[key]):
            yield "policy.wrong_type", {"where": f"{where}.{key}", "said": said[key]}
        elif key in CLOSED_LISTS and said.get(key):
            codes = [word.code for word in words_of(CLOSED_LISTS[key])]
            if said[key] not in codes:
                yield "policy.not_allowed", {"where": f"{where}.{key}", "said": said[key], "expected": "、".join(codes)}


def _is_kind(key: str, value: object) -> bool:
    if key == "adcode":
        return isinstance(value, str) and value.isdecimal() and len(value) == ADCODE_DIGITS
    members = value if isinstance(value, list) else []
    return type(value) in KINDS.get(key, (str,)) and all(
        type(member) is MEMBERS[key] for member in members if key in MEMBERS
    )


def _rule_problems(said: Mapping[str, Any], where: str) -> Iterator[Problem]:
    rule = Rule(**{key: _frozen(value) for key, value in said.items()})
    if rule.value is None and rule.op not in VALUELESS:
        yield "policy.missing_key", {"where": f"{where}.value"}
    elif rule.value is not None and not _fits(rule):
        yield "policy.wrong_value", {"where": where, "said": said["value"], "op": rule.op, "unit": rule.unit}
    if rule.module == "consent" and rule.strength != "report" and not stage_of(rule):
        yield "policy.no_stage", {"where": where}
    for word in listed_values(rule.value) if rule.param in WORDS_OF_PARAMS else ():
        if not codes_of(WORDS_OF_PARAMS[rule.param], [word]):
            yield "policy.unknown_word", {"where": where, "said": word, "param": rule.param}


def _fits(rule: Rule) -> bool:
    members = listed_values(rule.value)
    if rule.unit in TRUTH_UNITS:
        return isinstance(rule.value, bool)
    if rule.unit in DAY_UNITS:
        return all(_is_day(member, rule.unit) for member in members)
    if rule.unit in NUMBER_UNITS:
        limit = 1 if rule.unit == "ratio" else float("inf")
        return all(_is_number(member, limit) for member in members) or _is_value_word(rule.value)
    return rule.op not in COMPARISONS and all(isinstance(member, str) for member in members)


def _is_number(member: object, limit: float) -> bool:
    if isinstance(member, bool) or not isinstance(member, int | float | str):
        return False
    try:
        return 0 <= float(Fraction(member)) <= limit
    except (ValueError, ZeroDivisionError, OverflowError):
        return False


def _is_value_word(value: object) -> bool:
    return is_open(value) or value in [word.code for word in words_of("value_word")]


def _is_day(member: object, unit: str) -> bool:
    try:
        date.fromisoformat(f"2000-{member}" if unit == "MM-DD" else str(member))
    except ValueError:
        return False
    return True
