"""What does the law say, and what does geoplan make of it? Documents, rules and resolved values as people read them.

Every page is a list of lines and tables (pages.py); quotes are the documents' own words, and what a document leaves
open is said to be open.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from geoplan.contents import find_content_classes
from geoplan.coverage import count_uses, find_uses
from geoplan.documents import Document, is_open
from geoplan.errors import Finding, PolicyError, say
from geoplan.jurisdictions import find_documents, known_documents, last_day
from geoplan.pages import Block, Table
from geoplan.policy import Policy, elder_standard, requirement_text, resolve
from geoplan.schema import join_list, labels_of, words_of

DOT = " · "
INDENT = "    "
BRACKETS = {"zh": "（{}）", "en": " ({})"}


def list_documents(policy_files: Sequence[Path], language: str) -> list[Block]:
    """Return every document known, from the nation down: one line each."""
    known = _ordered(known_documents(policy_files).values())
    count = Finding("lawbook.counted", values={
        "documents": len(known), "rules": sum(len(document.rules) for document in known)})
    return [_document_table(known, language), "", say(count, language)]


def show_document(wanted: str, policy_files: Sequence[Path], language: str) -> list[Block]:
    """Return a document with all its rules in its order, or one rule.

    Parameters
    ----------
    wanted
        Id or number of a document, or id of a rule; PolicyError with near ids where there is none.
    policy_files
        TOML files of the planner's own.
    language
        zh or en; quotes stay Chinese.

    Returns
    -------
    page
    """
    known = known_documents(policy_files)
    uses = find_uses(known.values()).set_index("rule_id")
    for document in known.values():
        rules = [
            rule for rule in resolve([document]).rules.itertuples()
            if wanted in (document.id, document.number, rule.rule_id)
        ]
        if rules:
            lines = [line for rule in rules for line in _rule_lines(rule, uses.loc[str(rule.rule_id)], language)]
            return [*_header_lines(document, language), *lines]
    ids = [*known, *uses.index]
    shown = join_list(get_close_matches(wanted, ids) or known)
    raise PolicyError([Finding("lawbook.unknown", values={"said": wanted, "known": shown})], language)


def show_law(jurisdiction: str, as_of: date, policy_files: Sequence[Path], language: str) -> list[Block]:
    """Return the law of a place on a day: documents in force, those that dropped out, resolved values, content classes.

    Parameters
    ----------
    jurisdiction
        A place by name or adcode; PolicyError where nothing is known of it, or nothing in force.
    as_of
        The day.
    policy_files
        TOML files of the planner's own; their documents govern beside the others.
    language
        zh or en.

    Returns
    -------
    page
    """
    words = labels_of("lawbook", language)
    documents, dropped = find_documents(jurisdiction, (), as_of, policy_files)
    policy = resolve(documents)
    values = _by_module(policy.values)
    left_open = values[[is_open(value) for value in values["value"]]]
    title = Finding("lawbook.law_of", values={"jurisdiction": jurisdiction, "as_of": as_of.isoformat()})
    page: list[Block] = [say(title, language), "", words["in_force"], _document_table(documents, language)]
    if dropped:
        page += ["", words["dropped"], *(INDENT + say(finding, language) for finding in dropped)]
    page += ["", words["elder"], *(INDENT + line for line in _elder_lines(policy, language))]
    if len(left_open):
        page += ["", words["open"], _value_table(left_open, language)]
    classes = find_content_classes(documents)
    if len(classes):
        page += ["", words["classes"], _class_table(classes, language)]
    return [*page, "", words["values"], _value_table(values, language)]


def show_coverage(policy_files: Sequence[Path], language: str) -> list[Block]:
    """Return how every rule of every document is used, and the counts by module."""
    known = _ordered(known_documents(policy_files).values())
    uses = find_uses(known)
    words = labels_of("lawbook", language)
    page: list[Block] = [words["coverage"]]
    for document in known:
        own = uses[uses["document"] == document.id]
        page += ["", f"{document.id}  {document.title}", _use_table(own, document, language)]
    return [*page, "", words["summary"], summary_table(uses, language)]


def summary_table(uses: pd.DataFrame, language: str) -> Table:
    """Return the counts of rules by module and use, with sums.

    Parameters
    ----------
    uses
        As `find_uses` returns them.
    language
        zh or en.

    Returns
    -------
    summary
    """
    counts = count_uses(uses)
    words, modules = labels_of("lawbook", language), labels_of("rule_module", language)
    labels = labels_of("rule_use", language)
    rows = [(modules[str(module)], *counts.loc[module], counts.loc[module].sum()) for module in counts.index]
    rows.append((words["all"], *counts.sum(), counts.to_numpy().sum()))
    headings = (words["module"], *(labels[use] for use in counts.columns), words["all"])
    return _numbers_right(headings, [tuple(str(cell) for cell in row) for row in rows])


def _numbers_right(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    return Table(headings, tuple(rows), frozenset(range(1, len(headings))))


def _ordered(documents: Iterable[Document]) -> list[Document]:
    levels = [word.code for word in words_of("document_level")]
    return sorted(documents, key=lambda one: (levels.index(one.level), one.effective_from, one.id))


def _document_table(documents: Sequence[Document], language: str) -> Table:
    words = labels_of("lawbook", language)
    names = ("id", "level", "jurisdiction", "from", "to", "rules", "status", "number", "title")
    rows = tuple(
        (
            document.id, labels_of("document_level", language)[document.level], document.jurisdiction,
            document.effective_from.isoformat(), str(last_day(document) or ""), str(len(document.rules)),
            labels_of("document_status", language)[document.status], document.number, document.title,
        )
        for document in documents
    )
    return Table(tuple(words[name] for name in names), rows, frozenset({names.index("rules")}))


def _header_lines(document: Document, language: str) -> list[Block]:
    words = labels_of("lawbook", language)
    facts = {
        "issuer": document.issuer, "level": labels_of("document_level", language)[document.level],
        "jurisdiction": document.jurisdiction, "from": document.effective_from.isoformat(),
        "to": str(last_day(document) or ""), "parent": join_list(document.parent),
        "status": labels_of("document_status", language)[document.status], "rules": str(len(document.rules)),
        "note": document.note,
    }
    title = "  ".join(filter(None, [document.id, document.number]))
    return [title, document.title, *(f"{INDENT}{words[name]}: {text}" for name, text in facts.items() if text)]


def _rule_lines(rule: Any, use: Any, language: str) -> list[Block]:
    words = labels_of("lawbook", language)
    marks = [f"{words['clause']} {rule.clause}", *(
        labels_of(values, language)[code] for values, code in (
            ("rule_module", rule.module), ("strength", rule.strength), ("rule_check", rule.check))
    ), _use_text(use, language)]
    unit = labels_of("rule_unit", language)[rule.unit]
    facts = {
        "meaning": rule.meaning, "condition": rule.condition, "note": rule.note,
        "merge": labels_of("rule_merge", language)[rule.merge],
    }
    return [
        "", f"{rule.rule_id}  {DOT.join(marks)}", f"{INDENT}“{rule.quote}”",
        *([f"{INDENT}{words['restored']}"] if rule.restored else []),
        f"{INDENT}{rule.param} {requirement_text(rule.op, rule.value, rule.unit, language)} [{unit}]",
        *(f"{INDENT}{words[name]}: {text}" for name, text in facts.items() if text),
    ]


def _use_text(use: Any, language: str) -> str:
    where = _where(use, language)
    label = labels_of("rule_use", language)[use["use"]]
    return label + BRACKETS[language].format(where) if where else label


def _where(use: Any, language: str) -> str:
    if use["stage"]:
        return labels_of("stage", language)[use["stage"]]
    return labels_of("table", language)[use["table"]] if use["table"] else ""


def _by_module(values: pd.DataFrame) -> pd.DataFrame:
    order = {word.code: place for place, word in enumerate(words_of("rule_module"))}
    return values.iloc[values["module"].map(order).argsort(kind="stable")]


def _value_table(values: pd.DataFrame, language: str) -> Table:
    words, modules = labels_of("lawbook", language), labels_of("rule_module", language)
    names = ("module", "rule", "document", "param", "shadowed", "beside", "requirement_clause")
    rows = tuple(
        (
            modules[one["module"]], one["rule_id"], one["document"], one["param"], join_list(one["shadowed"]),
            join_list(one["beside"]), f"{_requirement(one, language)} 〔{one['clause']}〕",
        )
        for one in values.to_dict("records")
    )
    return Table(tuple(words[name] for name in names), rows)


def _class_table(classes: pd.DataFrame, language: str) -> Table:
    """Return one row per document and class, its items in the document's order."""
    words, labels = labels_of("lawbook", language), labels_of("content_class", language)
    named = classes.assign(content_class=[labels.get(kind, kind) for kind in classes["content_class"]])
    by_class = named.groupby(["document", "content_class", "clause"], sort=False)["item"].agg(join_list).reset_index()
    headings = (words["document"], words["class"], words["clause"], words["items"])
    return Table(headings, tuple(by_class.itertuples(index=False, name=None)))


def _requirement(one: Mapping[Any, Any], language: str) -> str:
    said = requirement_text(one["op"], one["value"], one["unit"], language)
    open_word = BRACKETS[language].format(labels_of("lawbook", language)["not_set"])
    return said + open_word if is_open(one["value"]) else said


def _elder_lines(policy: Policy, language: str) -> list[str]:
    standard = elder_standard(policy)
    values = {"value": f"{standard.m2_per_resident:g}", "clause": standard.clause, "condition": standard.condition}
    codes = {
        "lawbook.elder_policy": standard.origin == "policy", "lawbook.elder_default": standard.origin != "policy",
        "lawbook.condition": bool(standard.condition),
    }
    return [say(Finding(code, values=values), language) for code, is_true in codes.items() if is_true]


def _use_table(uses: pd.DataFrame, document: Document, language: str) -> Table:
    words, modules = labels_of("lawbook", language), labels_of("rule_module", language)
    rules = {rule.id: rule for rule in document.rules}
    names = ("rule", "clause", "module", "use", "where", "param")
    rows = tuple(
        (
            use["rule_id"], rules[use["rule_id"]].clause, modules[use["module"]],
            labels_of("rule_use", language)[use["use"]], _where(use, language), rules[use["rule_id"]].param,
        )
        for use in uses.to_dict("records")
    )
    return Table(tuple(words[name] for name in names), rows)
