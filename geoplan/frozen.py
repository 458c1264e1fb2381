"""Which areas of an earlier run stay as they are? [areas] frozen_run and frozen -> the members of those areas.

The earlier run is opened as every run is: only when its tables are the very ones its manifest vouches for.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from geoplan.errors import DataError, Finding, listed
from geoplan.project import PLAN_FILE, Project
from geoplan.runs import TABLES_FILE, open_run, read_rows


@dataclass(frozen=True)
class FrozenAreas:
    """Estates of every frozen area by its area_id, and the file they were read from with its sha256."""

    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


def read_frozen(project: Project, estate_ids: Collection[str]) -> tuple[FrozenAreas, list[Finding]]:
    """Return the areas of an earlier run that are to stay, and what is wrong with asking for them.

    Parameters
    ----------
    project
        [areas] frozen_run is a run folder seen from the project folder, frozen its area ids or "all".
    estate_ids
        Estates that were brought.

    Returns
    -------
    frozen
        No area where none is asked for.
    findings
        An earlier run that is not named or cannot be used, areas it does not hold, estates that are gone.
    """
    asked, place = project.areas.frozen, project.areas.frozen_run
    if not asked:
        return FrozenAreas(), []
    if place is None:
        return FrozenAreas(), [_finding("frozen.no_run")]
    try:
        run = open_run(project.folder / place)
        estates = read_rows(run, "estates")
    except DataError as error:
        return FrozenAreas(), [_finding("frozen.bad_run", run=place), *error.findings]
    placed: dict[str, tuple[str, ...]] = {
        str(area_id): tuple(ids) for area_id, ids in estates.groupby("area_id")["estate_id"]}
    wanted = sorted(placed) if asked == "all" else sorted(set(asked))
    findings = []
    unknown = [area_id for area_id in wanted if area_id not in placed]
    if unknown:
        findings.append(_finding("frozen.no_area", ids=listed(unknown), run=place, known=listed(sorted(placed))))
    members = {area_id: placed[area_id] for area_id in wanted if area_id in placed}
    for area_id, ids in members.items():
        gone = sorted(set(ids) - set(estate_ids))
        if gone:
            findings.append(_finding("areas.frozen_gone", area=area_id, ids=listed(gone)))
    return FrozenAreas(members, {f"{place}/{TABLES_FILE}": run.manifest["outputs"][TABLES_FILE]}), findings


def _finding(code: str, **values: object) -> Finding:
    return Finding(code, PLAN_FILE, values=values)
