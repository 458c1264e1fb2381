"""Which law does an area stand on, and what is still open? The conditions not passed, and every clause that is cited.

Rules of law stand document by document with the number under which offices know it; standards of facilities follow.
"""

import re
from collections.abc import Iterable, Sequence

from geoplan.briefs import Brief
from geoplan.desk import Desk
from geoplan.documents import load_documents
from geoplan.figures import Grid
from geoplan.fonts import shortened
from geoplan.labels import BETWEEN
from geoplan.manuscript import TEXT_MM
from geoplan.schema import labels_of

LEAST_LETTERS, MOST_LETTERS = 6, 24  # of a column of answers
CLAUSE = re.compile(r"(?P<document>\S+) (?P<clause>.+) \[(?P<rule>[^\]]+)\]")
RULE_MM = (15.0, 30.0, 44.0)  # rule, where it stands, its words; the answers share the rest
AND_STANDARD = "; "  # between the standards of one line of the catalogue
RESULTS = ("fail", "unknown", "not_set", "needs_evidence")
QUOTED = 60


def write_standing(desk: Desk, brief: Brief) -> None:
    """Write, rule by rule, which estates do not pass and how."""
    verdicts = brief.rows["verdicts"]
    if not len(verdicts):
        desk.pages.text(desk.words["d.standing_none"])
        return
    desk.pages.lead(desk.words["d.standing_lead"])
    labels = labels_of("verdict", desk.language)
    shown = [result for result in RESULTS if result in verdicts["result"]]
    found: dict[str, dict[str, list[str]]] = {}
    places: dict[str, tuple[str, str, str]] = {}
    for verdict in verdicts.records("rule_id", "result", "estate_id", "document", "clause", "param"):
        found.setdefault(verdict["rule_id"], {}).setdefault(verdict["result"], []).append(verdict["estate_id"])
        places[verdict["rule_id"]] = (verdict["document"], verdict["clause"], verdict["param"])
    rows = []
    for rule_id, (document, clause, param) in places.items():
        number, quote = desk.rules.get(rule_id, (document, param))
        which = [_which(desk, brief, found[rule_id].get(result, ())) for result in shown]
        rows.append((rule_id, f"{number} {clause}", shortened(quote, QUOTED), *which))
    headings = (desk.words["d.rule"], desk.words["d.where"], desk.words["d.asks"], *(labels[code] for code in shown))
    desk.pages.grid(Grid(headings, tuple(rows)), widths_mm=(*RULE_MM, *_answer_widths(rows, TEXT_MM - sum(RULE_MM))))


def _answer_widths(rows: Sequence[tuple[str, ...]], room_mm: float) -> list[float]:
    """Return widths for the columns of answers: those that say more get more of the room."""
    said = [max(LEAST_LETTERS, *(min(len(text), MOST_LETTERS) for text in texts))
            for texts in list(zip(*rows, strict=True))[len(RULE_MM):]]
    return [room_mm * letters / sum(said) for letters in said]


def write_clauses(desk: Desk, brief: Brief) -> None:
    """Write every clause that the figures of this area rest on, document by document, then the standards."""
    known, rows = load_documents(), brief.rows
    rules = list(zip(*(rows["verdicts"][name] for name in ("document", "clause", "rule_id")), strict=True))
    standards = set()
    for text in {clause for name in ("funding", "milestones", "works") for clause in rows[name]["clause"]} - {None}:
        found = CLAUSE.fullmatch(text)
        if found and found["document"] in known:
            rules.append((found["document"], found["clause"], found["rule"]))
        else:
            standards.add(text)
    for document in sorted({document for document, _, _ in rules}):
        desk.pages.text(_cited(desk, document, [(clause, rule) for each, clause, rule in rules if each == document]))
    of_types = [desk.standards["standard"].get(code) for code in rows["area_gaps"].where(
        rows["area_gaps"]["is_gap"])["facility_type"]]
    standards |= {one for text in of_types if text for one in text.split(AND_STANDARD)}  # several rest on one clause
    if standards:
        desk.pages.text(desk.words["d.standards"].format(which=BETWEEN[desk.language].join(sorted(standards))))
    if not rules and not standards:
        desk.pages.text(desk.words["d.none_here"])


def _cited(desk: Desk, document: str, rules: Iterable[tuple[str, str]]) -> str:
    """Return a document with its clauses, and the rules of each in brackets."""
    about = load_documents().get(document)
    by_clause: dict[str, set[str]] = {}
    for clause, rule in rules:
        by_clause.setdefault(clause, set()).add(rule)
    title = f"{about.number} {about.title}".strip() if about else document
    pattern, mark, colon = ("{}（{}）", "、", "：") if desk.language == "zh" else ("{} ({})", ", ", ": ")
    parts = [pattern.format(clause, mark.join(sorted(by_clause[clause]))) for clause in sorted(by_clause)]
    return title + colon + BETWEEN[desk.language].join(parts)


def _which(desk: Desk, brief: Brief, estate_ids: Iterable[str]) -> str:
    numbers = sorted(brief.estate_numbers[estate_id] for estate_id in estate_ids)
    if not numbers:
        return ""
    between = "、" if desk.language == "zh" else ", "
    return desk.words["d.estates_of"].format(n=len(numbers), which=between.join(_runs(numbers)))


def _runs(numbers: Sequence[int]) -> list[str]:
    """Return rising numbers as text, three or more in a row as the first and the last: 1, 4–7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [text for run in runs for text in (
        [f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(number) for number in run])]
