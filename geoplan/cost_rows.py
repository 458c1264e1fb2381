"""What are the planner's own unit costs? `[costs] path` -> the prices of the package with theirs in place."""

import pandas as pd

from geoplan.costs import LAYER, load_costs, replace_costs
from geoplan.errors import Finding
from geoplan.keyed import Key, read_keyed
from geoplan.preflight import digest_of
from geoplan.project import Project

NAMES = {  # what planners head their columns with
    "item": ("item", "项目", "改造内容", "内容"), "mid": ("mid", "单价", "中价", "造价"), "low": ("low", "低", "低价"),
    "high": ("high", "高", "高价"), "per_driver": ("per_driver", "系数"), "basis": ("basis", "依据类型"),
    "source": ("source", "来源", "依据"),
}
KEY = Key("costs.path", LAYER, "costs.no_ledger", NAMES, needed=("item", "mid"))


def read_costs(project: Project) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the unit costs of a plan, and what is wrong or odd about the planner's own.

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
        What stops the run, and remarks.
    """
    path = project.costs.path
    if path is None:
        return load_costs(), []
    said, findings = read_keyed(project.folder, path, KEY)
    if said is None:
        return load_costs(), findings
    costs, wrong = replace_costs(load_costs(), said)
    return costs, [*findings, *wrong]


def cost_inputs(project: Project) -> dict[str, str]:
    """Return path as written in plan.toml -> sha256 of the planner's unit costs, or nothing."""
    path = project.costs.path
    return {} if path is None else {path: digest_of(project.folder / path)}
