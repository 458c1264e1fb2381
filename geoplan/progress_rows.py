"""How far is each project, as the office's own ledger has it? `[progress]` of plan.toml -> rows without a place.

The one layer that lies nowhere: its rows speak of estates, or of areas by the ids of the plan (which nobody can check
before the areas exist; the step does). What is said twice of one estate counts once.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
from pyproj import CRS

from geoplan.archives import at_hand
from geoplan.cells import read_cells
from geoplan.errors import Finding
from geoplan.headings import Headed, take_columns
from geoplan.ledgers import open_ledger
from geoplan.opened import Opened
from geoplan.preflight import LEDGERS, format_of
from geoplan.project import PLAN_FILE, PROGRESS, Project, source_path
from geoplan.rules import Checked, Rule, Setting, apply_rules, reject, remark
from geoplan.schema import DTYPES, columns_of

COUNTS = ("after_base", "after_surveyed", "after_satisfied")


class Progress(NamedTuple):
    """The rows that can be used, and what the manifest says of their file."""

    rows: pd.DataFrame
    brought: frozenset[str]
    counts: Mapping[str, int]
    decided: Mapping[str, str]


def read_progress(project: Project, crs: CRS, estate_ids: frozenset[str]) -> tuple[Progress | None, list[Finding]]:
    """Return the ledger of progress, where plan.toml names one.

    Parameters
    ----------
    project
        `[progress]` names a .csv or workbook: path, sheet, header_row, columns, values.
    crs
        Of the plan; no row lies in it.
    estate_ids
        Every estate that was brought.

    Returns
    -------
    progress
        None where there is none or it cannot be used.
    findings
        What stops the run, and remarks.
    """
    opened, findings = _open(project) if PROGRESS in project.sources else (None, [])
    if opened is None:
        return None, findings
    headed, found = take_columns(opened, project.sources[PROGRESS], PROGRESS)
    if any(finding.code.startswith("headings.no_") or finding.code == "headings.column_twice" for finding in found):
        return None, found
    setting = Setting(PROGRESS, project.sources[PROGRESS], project.plan.as_of, crs, headed.heads, None, estate_ids)
    rows, more = apply_rules(headed.rows, setting, RULES)
    read = len(opened.row)
    findings = [*opened.findings, *found, *more, *_too_many(project, read, read - len(rows))]
    return _progress(rows, opened, headed), findings


def no_progress() -> pd.DataFrame:
    """Return the ledger of a plan without one."""
    return pd.DataFrame({name: pd.Series([], dtype=dtype) for name, dtype in _types().items()})


def _types() -> dict[str, str]:
    return {column.name: DTYPES[column.type] for column in columns_of(PROGRESS, "in")} | {"row": "Int64"}


def _open(project: Project) -> tuple[Opened | None, list[Finding]]:
    source = project.sources[PROGRESS]
    with at_hand(source_path(project, PROGRESS), source, PROGRESS) as (path, inner, findings):
        if findings and findings[0].code == "preflight.no_file":
            return None, [Finding("project.no_data_file", PLAN_FILE, values={
                "where": f"{PROGRESS}.path", "said": source.path})]
        if path is not None and format_of(path) not in LEDGERS:
            return None, [Finding("progress.no_ledger", PROGRESS, values={"file": path.name})]
        return (None, findings) if path is None else open_ledger(path, inner, PROGRESS)


def _progress(rows: pd.DataFrame, opened: Opened, headed: Headed) -> Progress:
    typed = rows[list(_types())].astype(_types())
    read = len(opened.row)
    return Progress(
        typed.sort_values(["estate_id", "area_id", "row"], kind="stable", ignore_index=True), frozenset(headed.heads),
        {"read": read, "used": len(rows), "rejected": read - len(rows)},
        {"format": opened.format, "encoding": opened.encoding, "crs": "", "datum": "", "origin": ""})


def _too_many(project: Project, read: int, rejected: int) -> list[Finding]:
    most = project.plan.max_rejected_share
    return [] if rejected <= most * read else [Finding("read.too_many_rejected", PROGRESS, values={
        "rejected": rejected, "read": read, "most": f"{most:.0%}"})]


def _reject_nameless(rows: pd.DataFrame, setting: Setting) -> Checked:
    return reject("progress.nameless", rows, setting, rows["estate_id"].isna() & rows["area_id"].isna())


def _reject_strangers(rows: pd.DataFrame, setting: Setting) -> Checked:
    is_strange = rows["estate_id"].notna() & ~rows["estate_id"].isin(setting.estate_ids)
    return reject("progress.no_such_estate", rows, setting, is_strange, said=rows["estate_id"])


def _reject_repeated(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Take what stands first of one estate, or of one area as a whole."""
    key = ("E " + rows["estate_id"]).fillna("A " + rows["area_id"])
    first = rows["row"].groupby(key).transform("first")
    return reject("progress.twice", rows, setting, key.duplicated(), said=key.str[2:], first=first)


def _doubt_counts(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Take counts as unknown where more are satisfied than surveyed, or more surveyed than there are."""
    base, surveyed, satisfied = (rows[name] for name in COUNTS)
    is_wrong = ((satisfied > surveyed) | (surveyed > base)).fillna(False).astype(bool)
    unknown = {name: rows[name].mask(is_wrong) for name in COUNTS}
    return rows.assign(**unknown), remark("progress.contradictory", rows, setting, is_wrong)


def _doubt_dates(rows: pd.DataFrame, setting: Setting) -> Checked:
    is_wrong = (rows["finish_date"] < rows["start_date"]).fillna(False).astype(bool)
    return rows.assign(finish_date=rows["finish_date"].mask(is_wrong)), remark(
        "progress.ends_before_it_starts", rows, setting, is_wrong, said=rows["finish_date"], start=rows["start_date"])


RULES: tuple[Rule, ...] = (
    read_cells, _reject_nameless, _reject_strangers, _reject_repeated, _doubt_counts, _doubt_dates)
