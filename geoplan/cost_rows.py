"""What are the planner's own unit costs? `[costs] path` -> the prices of the package with theirs in place."""

import pandas as pd

from geoplan.costs import LAYER, load_costs, replace_costs
from geoplan.errors import Finding
from geoplan.ledgers import open_ledger
from geoplan.opened import Opened
from geoplan.preflight import LEDGERS, check_file, digest_of, format_of
from geoplan.project import PLAN_FILE, Project
from geoplan.settings import Source
from geoplan.words import word_key

NAMES = {  # what planners head their columns with
    "item": ("item", "项目", "改造内容", "内容"), "mid": ("mid", "单价", "中价", "造价"), "low": ("low", "低", "低价"),
    "high": ("high", "高", "高价"), "per_driver": ("per_driver", "系数"), "basis": ("basis", "依据类型"),
    "source": ("source", "来源", "依据"),
}
NEEDED = ("item", "mid")


def read_costs(project: Project) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the unit costs of a plan, and everything that is wrong with the planner's own.

    Parameters
    ----------
    project
        `costs.path` names a .csv or .xlsx with the columns item and mid (and low, high, per_driver, basis, source);
        without it the package's prices stand.

    Returns
    -------
    costs
        As `load_costs` returns them.
    findings
        Each stops the run.
    """
    path = project.costs.path
    if path is None:
        return load_costs(), []
    file = project.folder / path
    findings = check_file(file, path, LAYER)
    if findings and findings[0].code == "preflight.no_file":
        return load_costs(), [Finding("project.no_data_file", PLAN_FILE, values={"where": "costs.path", "said": path})]
    if not findings and format_of(file) not in LEDGERS:
        findings = [Finding("costs.no_ledger", LAYER, values={"file": file.name})]
    if findings:
        return load_costs(), findings
    opened, findings = open_ledger(file, Source.model_validate({"path": path}), LAYER)
    if opened is None:
        return load_costs(), findings
    said, missing = _said(opened)
    if missing:
        return load_costs(), missing
    costs, wrong = replace_costs(load_costs(), said)
    return costs, wrong


def cost_inputs(project: Project) -> dict[str, str]:
    """Return path as written in plan.toml -> sha256 of the planner's unit costs, or nothing."""
    path = project.costs.path
    return {} if path is None else {path: digest_of(project.folder / path)}


def _said(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    theirs = [word_key(str(name)) for name in opened.cells.columns]
    at = {ours: next((theirs.index(word_key(name)) for name in names if word_key(name) in theirs), None)
          for ours, names in NAMES.items()}
    missing = [Finding("headings.no_required", LAYER, values={
        "ours": ours, "columns": "、".join(map(str, opened.cells.columns))}) for ours in NEEDED if at[ours] is None]
    said = pd.DataFrame({ours: opened.cells.iloc[:, place] for ours, place in at.items() if place is not None})
    return said.assign(row=opened.row), missing
