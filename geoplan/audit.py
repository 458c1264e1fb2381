"""Does a finished run hold what it says? A run folder -> every promise re-derived from its files alone.

Nothing here uses a step: sums, walks along links, verdicts and shortages are worked out again by other means, so that
a mistake of a step cannot hide behind itself. A check counts what it looked at and names what is wrong; one that has
nothing to look at says so.
"""

import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from geoplan.audit_areas import AREA_CHECKS
from geoplan.audit_files import FILE_CHECKS
from geoplan.audit_money import MONEY_CHECKS
from geoplan.audit_outputs import OUTPUT_CHECKS
from geoplan.audit_services import SERVICE_CHECKS
from geoplan.audit_walks import WALK_CHECKS
from geoplan.audited import Audited, Outcome
from geoplan.errors import DataError, listed
from geoplan.facts import MISSING, sentence
from geoplan.pages import Block, Table
from geoplan.runs import Run
from geoplan.schema import labels_of

Check = Callable[[Audited], Outcome]
CHECKS: Mapping[str, Check] = {
    **FILE_CHECKS, **OUTPUT_CHECKS, **AREA_CHECKS, **WALK_CHECKS, **SERVICE_CHECKS, **MONEY_CHECKS}
OK, FAIL, NOTHING = "ok", "fail", "nothing"
SHOWN = 5
BROKEN = (  # what a broken run makes of a check that looks at it
    OSError, LookupError, ValueError, TypeError, EOFError, ArithmeticError, ParseError, BadZipFile, zlib.error,
    struct.error)


@dataclass(frozen=True)
class Result:
    """One check: ok, fail, or nothing to look at; how many things it looked at, and what is wrong with which."""

    check: str
    state: str
    count: int
    wrong: tuple[str, ...]


def audit(run: Run, project_folder: Path | None = None) -> list[Result]:
    """Return every check of a run in their order.

    Parameters
    ----------
    run
        As `open_run` returns it.
    project_folder
        The folder of the inputs: where it is given their hashes are checked, and a sample of walks is walked again.

    Returns
    -------
    results
        Of all checks in `CHECKS`; a table that cannot be read fails every check that needs it.
    """
    audited = Audited(run, project_folder)
    return [_result(name, check, audited) for name, check in CHECKS.items()]


def has_failed(results: Sequence[Result]) -> bool:
    """Say whether any check found something wrong."""
    return any(result.state == FAIL for result in results)


def audit_page(results: Sequence[Result], language: str) -> list[Block]:
    """Return the results as a page for the screen."""
    checks, states = labels_of("audit_check", language), labels_of("audit_state", language)
    rows = [(states[result.state], checks[result.check], str(result.count) if result.count else MISSING,
             f"{len(result.wrong)}: {listed(result.wrong[:SHOWN], language)}" if result.wrong else "")
            for result in results]
    headings = labels_of("audit_heading", language)
    counts = {state: sum(result.state == state for result in results) for state in (OK, FAIL, NOTHING)}
    return [Table(tuple(headings.values()), tuple(rows), frozenset({2})), "",
            sentence("audit.sum", language, ok=counts[OK], fail=counts[FAIL], nothing=counts[NOTHING])]


def _result(name: str, check: Check, audited: Audited) -> Result:
    try:
        outcome = check(audited)
    except DataError as error:
        said = tuple(str(finding.values.get("error", finding.code)) for finding in error.findings)
        return Result(name, FAIL, 0, said)
    except BROKEN as error:
        return Result(name, FAIL, 0, (f"{type(error).__name__}: {error}",))
    state = FAIL if outcome.wrong else OK if outcome.count else NOTHING
    return Result(name, state, outcome.count, tuple(outcome.wrong))
