"""Which towns does a batch run, and where does each land? Folders, plan.toml files and lists of them -> towns.

A town is called by the name of its project folder, and its run folder too. Names are what somebody once called a
folder: two projects of one name are told, never written over each other, and a name that no file or screen can carry
safely is refused.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoplan.errors import ConfigError, Finding, listed, raise_all
from geoplan.pages import printable

TOWNS_FOLDER = "towns"
PLAN_SUFFIX = ".toml"
COMMENT, HIDDEN = "#", "."
MAX_NAME_BYTES = 200  # file systems take 255; the folders beside a run folder add to its name


@dataclass(frozen=True)
class Town:
    """One project of a batch: what it is called, where it lies, and the run folder it gets."""

    name: str
    project: Path
    run: Path


def list_towns(asked: Sequence[Path], out: Path) -> list[Town]:
    """Return the towns of a batch by name; ConfigError tells every list that cannot be read and every unfit name.

    A project that is missing or wrong is still a town: it ends as a row of the summary.

    Parameters
    ----------
    asked
        Project folders, plan.toml files, and text files that name one of these a line, seen from their own folder;
        empty lines and lines that begin with # say nothing.
    out
        The output folder.
    """
    findings: list[Finding] = []
    projects = [project.resolve() for path in asked for project in _projects(path, findings)]
    towns = [Town(name := folder_of(project).name, project, out.resolve() / TOWNS_FOLDER / name)
             for project in projects]
    findings += [Finding("batch.bad_name", values={"path": printable(repr(str(town.project)))})
                 for town in towns if not _is_fit(town.name)]
    raise_all(ConfigError, [*findings, *_same_names(towns)] or [Finding("batch.no_towns")] * (not towns))
    return sorted(towns, key=lambda town: town.name)


def folder_of(project: Path) -> Path:
    """Return the folder of a project that is named by itself or by its plan.toml."""
    return project.parent if project.suffix == PLAN_SUFFIX and not project.is_dir() else project


def _projects(path: Path, findings: list[Finding]) -> Iterator[Path]:
    if not path.is_file() or path.suffix == PLAN_SUFFIX:
        yield path
        return
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        findings.append(Finding("batch.list_not_utf8", values={"path": path}))
        return
    said = (line.strip() for line in lines)
    yield from (path.parent / line for line in said if line and not line.startswith(COMMENT) and "\0" not in line)


def _is_fit(name: str) -> bool:
    is_plain = bool(name) and not name.startswith(HIDDEN) and printable(name) == name
    return is_plain and len(name.encode()) <= MAX_NAME_BYTES


def _same_names(towns: Sequence[Town]) -> Iterator[Finding]:
    """Tell names that a disk may take for one: those that differ in case or in how a letter is composed, too."""
    named: dict[str, list[Town]] = {}
    for town in towns:
        named.setdefault(unicodedata.normalize("NFKC", town.name).casefold(), []).append(town)
    for _, same in sorted(named.items()):
        if len(same) > 1:
            yield Finding("batch.same_name", values={
                "name": same[0].name, "paths": listed(sorted(str(town.project) for town in same))})
