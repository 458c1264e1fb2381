"""How do many towns become one summary? Each town is run by a worker, whole or not at all; then they are summed.

    OUT/towns/NAME/     the run folder of each town, the same bytes as a run of that town alone
    OUT/summary/        summary.xlsx, areas.gpkg, index.html

Nothing of a batch stands outside these folders: called again, it keeps the towns whose runs still stand and runs the
others. The summary is made of what the towns hold, sorted by town; who ran them, and in what order, leaves no trace.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import pandas as pd

from geoplan.errand import Outcome, run_town
from geoplan.errors import DataError, Finding, say
from geoplan.project import parse_project
from geoplan.province import jurisdiction_of, summarise
from geoplan.publish import check_out, publish_summary
from geoplan.staging import MANIFEST
from geoplan.towns import Town, folder_of

SUMMARY_FOLDER = "summary"
DONE = "done"


class Hands(Protocol):
    """Does some work on each of several towns, and gives each with its result, or the fault it raised, when done."""

    def __call__(
        self, work: Callable[[Town], Outcome], towns: Sequence[Town], /,
    ) -> Iterator[tuple[Town, object]]: ...


def run_batch(
    towns: Sequence[Town], out: Path, hands: Hands, *, language: str,
    report: Callable[[Finding], None] | None = None,
) -> dict[str, Outcome]:
    """Run every town, write the summary, and return how each town ended, by name.

    Parameters
    ----------
    towns
        As `list_towns` returns them.
    out
        The output folder.
    hands
        Who does the work.
    language
        Of the summary, zh or en.
    report
        Is told of every town that is done.
    """
    refused = check_out(out / SUMMARY_FOLDER) if out.is_dir() else []
    if refused:
        raise DataError(refused, language)
    work = partial(run_town, asked_version=version("geoplan"), language=language)
    outcomes: dict[str, Outcome] = {}
    for town, result in hands(work, _biggest_first(towns)):
        outcome = outcomes[town.name] = _outcome_of(town, result, language)
        if report is not None:
            report(Finding(f"batch.{'kept' if outcome.is_kept else outcome.state}", values={
                "town": town.name, "count": len(outcomes), "all": len(towns)}))
    named = sorted(outcomes)
    out.mkdir(parents=True, exist_ok=True)
    undone = _undone([town for town in towns if outcomes[town.name].state != DONE], outcomes)
    tables = summarise([outcomes[name].report for name in named if outcomes[name].state == DONE], undone)
    publish_summary(tables, out / SUMMARY_FOLDER, language)
    return {name: outcomes[name] for name in named}


def alone(work: Callable[[Town], Outcome], towns: Sequence[Town]) -> Iterator[tuple[Town, object]]:
    """Do all the work in this process, one town after the other; a fault of the program ends it."""
    return ((town, work(town)) for town in towns)


def _biggest_first(towns: Sequence[Town]) -> list[Town]:
    """Return the towns by the bytes of their folders: what takes longest is begun first, and nobody waits for it."""
    return sorted(towns, key=lambda town: (-_bytes_of(folder_of(town.project)), town.name))


def _bytes_of(folder: Path) -> int:
    try:
        return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    except OSError:  # what cannot be looked at ends as a row of its own
        return 0


def _outcome_of(town: Town, result: object, language: str) -> Outcome:
    if isinstance(result, BaseException):
        fault = Finding("batch.fault_of", values={"fault": f"{type(result).__name__}: {result}"})
        return Outcome("fault", (say(fault, language),))
    if not isinstance(result, Outcome):
        return Outcome("lost", (say(Finding("batch.lost_why"), language),))
    if result.state == DONE and not (town.run / MANIFEST).is_file():
        return Outcome("failed", (say(Finding("batch.not_shared", values={"path": town.run}), language),))
    return result


def _undone(towns: Sequence[Town], outcomes: Mapping[str, Outcome]) -> pd.DataFrame:
    rows = [{"town": town.name, **_header(town), "state": outcomes[town.name].state,
             "problems": "\n".join(outcomes[town.name].problems)} for town in towns]
    return pd.DataFrame(rows, columns=["town", "name", "jurisdiction", "state", "problems"])


def _header(town: Town) -> dict[str, str]:
    """Return what plan.toml says of a town that is not done, where it can be read."""
    try:
        project, _ = parse_project(town.project)
    except OSError:
        return {}
    if project is None:
        return {}
    plan = project.plan
    return {"name": plan.name, "jurisdiction": jurisdiction_of(plan.jurisdiction, plan.policies)}
