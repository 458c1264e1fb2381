"""What stands in a ledger that one key of plan.toml names? `costs.path`, `delivery.template` -> its lines, as texts.

Such a ledger is no layer: it has no place and few columns, which planners head in several ways. It is opened as
every ledger is, and what is odd about it is told as of every ledger: rows of totals, hidden rows, cells with an error,
columns that nobody uses.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from geoplan.errors import Finding, stopping
from geoplan.headings import LISTED_COLUMNS, say_unused
from geoplan.ledgers import open_ledger
from geoplan.opened import Opened
from geoplan.preflight import LEDGERS, check_file, format_of
from geoplan.project import PLAN_FILE
from geoplan.settings import Source
from geoplan.words import word_key


class Key(NamedTuple):
    """A key of plan.toml that names a ledger: its place there, what the ledger is called in findings, the message for
    a file that is none, how planners head each of our columns, and which of them must be there."""

    where: str
    layer: str
    no_ledger: str
    names: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]


def read_keyed(folder: Path, said: str, key: Key) -> tuple[pd.DataFrame | None, list[Finding]]:
    """Return the lines of a ledger under our names.

    Parameters
    ----------
    folder
        Of the project.
    said
        The path as plan.toml has it.
    key
        What plan.toml and the ledger call things.

    Returns
    -------
    lines
        Cells are texts, missing where empty; `row` is the row number a planner sees. A column that was not brought is
        not there. None where the file cannot be used.
    findings
        What stops the run, and remarks.
    """
    file = folder / said
    findings = check_file(file, said, key.layer)
    if findings and findings[0].code == "preflight.no_file":
        return None, [Finding("project.no_data_file", PLAN_FILE, values={"where": key.where, "said": said})]
    if not findings and format_of(file) not in LEDGERS:
        findings = [Finding(key.no_ledger, key.layer, values={"file": file.name})]
    if findings:
        return None, findings
    opened, findings = open_ledger(file, Source.model_validate({"path": said}), key.layer)
    if opened is None:
        return None, findings
    lines, more = _under_our_names(opened, key)
    findings = [*findings, *opened.findings, *more]
    return (None if stopping(findings) else lines), findings


def _under_our_names(opened: Opened, key: Key) -> tuple[pd.DataFrame, list[Finding]]:
    theirs = [str(name) for name in opened.cells.columns]
    keys = [word_key(name) for name in theirs]
    heads = {ours: next((head for name in names if (head := word_key(name)) in keys), None)
             for ours, names in key.names.items()}
    missing = [Finding("headings.no_required", key.layer, values={
        "ours": ours, "columns": "、".join(theirs[:LISTED_COLUMNS])}) for ours in key.needed if heads[ours] is None]
    at = {ours: keys.index(head) for ours, head in heads.items() if head is not None}
    twice = [Finding("headings.column_twice", key.layer, values={"ours": ours, "column": theirs[place]})
             for ours, place in at.items() if keys.count(keys[place]) > 1]
    lines = pd.DataFrame({ours: opened.cells.iloc[:, place] for ours, place in at.items()}, index=opened.cells.index)
    unused = [name for place, name in enumerate(theirs) if name and place not in at.values()]
    return lines.assign(row=opened.row), [*missing, *twice, *say_unused(unused, key.layer)]
