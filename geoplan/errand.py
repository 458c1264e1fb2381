"""What does a worker do with one town? Its project -> its run folder, and what the summary shows of it.

A town whose run still stands is not run again. What is wrong with a town comes back as sentences, so that one bad town
is one row of the summary; a fault of the program is left to be raised, and whoever sent the errand tells it apart.
"""

from dataclasses import dataclass, field

from geoplan.edition import edition
from geoplan.errors import DataError, Finding, GeoplanError, located
from geoplan.plan import make_plan_of
from geoplan.prepared import prepare
from geoplan.province import Report, report_town
from geoplan.publish import check_out, publish
from geoplan.runs import open_run
from geoplan.standing import still_stands
from geoplan.towns import Town, folder_of


@dataclass(frozen=True)
class Outcome:
    """How one town ended: done, failed (with problems), lost (its worker died) or fault (of the program)."""

    state: str
    problems: tuple[str, ...] = ()
    report: Report = field(default_factory=dict)
    is_kept: bool = False


def run_town(town: Town, *, asked_version: str, language: str) -> Outcome:
    """Run one town, unless its run still stands, and return how it ended.

    Parameters
    ----------
    town
        As `list_towns` gives it, on a disk that this worker shares.
    asked_version
        Of geoplan where the batch was asked for; another one here would give other results.
    language
        Of the problems.
    """
    if edition()["version"] != asked_version:
        values = {"asked": asked_version, "found": edition()["version"]}
        return _failed([Finding("batch.other_version", values=values)], language)
    try:
        kept = _report_kept(town)
        if kept is not None:
            return Outcome("done", report=kept, is_kept=True)
        town.run.parent.mkdir(parents=True, exist_ok=True)
        publish(make_plan_of(prepare(town.project, also=check_out(town.run))), town.run, processes=1)
        return Outcome("done", report=report_town(open_run(town.run), town.name))
    except GeoplanError as error:
        return _failed(error.findings, language)


def _report_kept(town: Town) -> Report | None:
    if not still_stands(town.run, folder_of(town.project), edition()):
        return None
    try:
        return report_town(open_run(town.run), town.name)
    except DataError:  # its tables are of another making: it does not stand after all
        return None


def _failed(findings: "tuple[Finding, ...] | list[Finding]", language: str) -> Outcome:
    return Outcome("failed", tuple(located(finding, language) for finding in findings))
