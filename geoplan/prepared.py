"""What does a project ask for? plan.toml, its files and the law, ready for the steps.

`prepare` reads and checks; the questions below it turn what plan.toml says, and what was or was not brought, into the
plain values that steps take.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pandas as pd

from geoplan.cost_rows import cost_inputs, read_costs
from geoplan.delivery import check_delivery
from geoplan.errors import DataError, Finding, listed, raise_all, stopping
from geoplan.frozen import FrozenAreas, read_frozen
from geoplan.heights import check_heights, heights_inputs
from geoplan.jurisdictions import check_policies
from geoplan.policy import ElderStandard, Policy, elder_standard, parameter_lines
from geoplan.preflight import digest_of
from geoplan.project import PLAN_FILE, Project, parse_project
from geoplan.project import parameter_lines as project_lines
from geoplan.read import Layers, collect_layers, read_layers
from geoplan.settings import FacilitySource, StreetSource
from geoplan.templates import Template, read_template


@dataclass(frozen=True)
class Prepared:
    """A project whose plan.toml and files have been read and found usable; `costs` are the unit
    costs to plan with, `frozen` the areas of an earlier run that stay, `template` the bureau's names of things."""

    project: Project
    layers: Layers
    costs: pd.DataFrame
    frozen: FrozenAreas
    template: Template = field(default_factory=Template)


def prepare(path: Path, *, also: Sequence[Finding] = ()) -> Prepared:
    """Read and check a project; DataError tells every problem of plan.toml and of all files at once.

    Parameters
    ----------
    path
        A project folder, or its plan.toml.
    also
        Problems found before, told together with these.

    Returns
    -------
    prepared
        The project and its layers.
    """
    project, findings = parse_project(path)
    findings = [*also, *findings]
    if project is None:
        raise DataError(findings)
    layers, problems = collect_layers(project)
    costs, of_costs = read_costs(project)
    frozen, unfit = read_frozen(project, layers.estates["estate_id"].tolist() if layers is not None else [])
    template, of_template = read_template(project)
    findings += [*check_policies(*law_of(project)), *check_heights(project), *stopping(of_costs), *problems,
                 *stopping(of_template),
                 *([*unfit, *check_delivery(project, layers, template)] if layers is not None else []),
                 *_unknown_estates(project, layers)]
    each_once = [finding for place, finding in enumerate(findings) if finding not in findings[:place]]
    raise_all(DataError, each_once, project.plan.language)
    assert layers is not None
    beside = _beside(layers, project, frozen, template, [*of_costs, *of_template])
    return Prepared(project, beside, costs, frozen, template)


def prepare_project(project: Project) -> Prepared:
    """Read the files of a project that was read before; DataError tells every problem of the files at once."""
    layers = read_layers(project)
    costs, of_costs = read_costs(project)
    frozen, unfit = read_frozen(project, layers.estates["estate_id"].tolist())
    template, of_template = read_template(project)
    raise_all(DataError, [*check_heights(project), *stopping(of_costs), *unfit, *stopping(of_template),
                          *check_delivery(project, layers, template)], project.plan.language)
    beside = _beside(layers, project, frozen, template, [*of_costs, *of_template])
    return Prepared(project, beside, costs, frozen, template)


def _beside(
    layers: Layers, project: Project, frozen: FrozenAreas, template: Template, remarks: Sequence[Finding],
) -> Layers:
    """Return the layers with the hashes of what was read beside them, and the remarks on it."""
    return replace(layers, findings=(*layers.findings, *remarks), inputs={
        **layers.inputs, **cost_inputs(project), **heights_inputs(project), **frozen.inputs, **template.inputs,
        **{file: digest_of(project.folder / file) for file in project.plan.policy_files}})


def law_of(project: Project) -> tuple[str | None, Sequence[str], date, Sequence[Path]]:
    plan = project.plan
    return plan.jurisdiction, plan.policies, plan.as_of, [project.folder / file for file in plan.policy_files]


def _unknown_estates(project: Project, layers: Layers | None) -> list[Finding]:
    """Return the wishes that name an estate nobody brought."""
    if layers is None:
        return []
    known = set(layers.estates["estate_id"])
    wishes = {"areas.must_join": project.areas.must_join, "areas.must_split": project.areas.must_split}
    return [
        Finding("plan.unknown_estates", PLAN_FILE, values={"where": where, "ids": listed(unknown)})
        for where, groups in wishes.items()
        if (unknown := sorted({estate_id for group in groups for estate_id in group} - known))
    ]


def standard_of(project: Project, policy: Policy) -> ElderStandard:
    said = project.elder.m2_per_resident
    if said == "policy":
        return elder_standard(policy)
    because = project.because.get("elder.m2_per_resident", "")
    return ElderStandard(said, "", because, "", "project")


def nodes_crossings(project: Project) -> bool:
    source = project.sources.get("streets")
    return isinstance(source, StreetSource) and source.node_crossings


def keeps_subdistricts(prepared: Prepared) -> bool:
    return prepared.project.areas.same_subdistrict and "subdistrict" in prepared.layers.brought["estates"]


def complete_types(project: Project) -> bool | tuple[str, ...]:
    source = project.sources.get("facilities")
    return source.complete if isinstance(source, FacilitySource) else ()


def elderly_types(catalogue: pd.DataFrame) -> list[str]:
    return sorted(catalogue.loc[catalogue["group"].str.contains("elder"), "facility_type"])


def limit_m_of(project: Project, catalogue: pd.DataFrame, facility_type: str) -> float:
    usual = catalogue.loc[catalogue["facility_type"] == facility_type, "max_walk_m"].item()
    return project.circle.limits.get(facility_type, float(usual))


def say_not_brought(prepared: Prepared) -> list[Finding]:
    """Say once what is left out, or done otherwise, for each thing that was not brought."""
    project, brought = prepared.project, prepared.layers.brought
    missing = {
        "facilities": Finding("plan.no_facilities", "facilities"),
        "streets": Finding("plan.straight_line", "streets", values={"detour": project.circle.detour}),
        "sites": Finding("plan.no_sites", "sites"),
    }
    findings = [finding for layer, finding in missing.items() if layer not in brought]
    if project.areas.same_subdistrict and not keeps_subdistricts(prepared):
        findings.append(Finding("plan.no_subdistricts", "estates"))
    return findings


def list_lines(project: Project, policy: Policy, standard: ElderStandard) -> list[dict[str, str]]:
    """Return what plan.toml sets, what the law sets, and the elder-care standard that came of both."""
    of_project = [line for line in project_lines(project) if line["name"] != "elder.m2_per_resident"]
    return [*of_project, *parameter_lines(policy, project.plan.language), {
        "name": "elder.m2_per_resident", "value": f"{standard.m2_per_resident:g}", "unit": "m2/person",
        "origin": standard.origin, "clause_or_because": standard.clause,
    }]
