"""What the planner asks for: plan.toml -> one frozen Project, with every problem told at once.

Every planner's number may stand plain or as `{ value = 60, because = "…" }`; the reasons are kept beside the values and
printed with them. Unknown keys, unknown codes and impossible values are refused together, so that a planner mends the
file once.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.errors import ConfigError, Finding, listed, raise_all
from geoplan.policy import load_catalogue
from geoplan.presence import is_file
from geoplan.schema import columns_of, labels_of, words_of
from geoplan.settings import (
    RULE_SECTIONS,
    SOURCES,
    AreaRules,
    Assumptions,
    CircleRules,
    CostRules,
    DeliveryRules,
    ElderRules,
    ElevationRules,
    FacilitySource,
    FundingRules,
    Header,
    MapRules,
    ProgrammeRules,
    ScoreRules,
    Section,
    SitingRules,
    Source,
)
from geoplan.sources import shared_sources

PLAN_FILE = "plan.toml"
SINGLE_LAYERS = ("estates", "facilities", "streets", "gates", "sites", "utilities", "heritage", "planning_units")
PROGRESS = "progress"  # a ledger whose rows lie nowhere
STAND_IN_DATE = date(2000, 1, 1)
SMALLEST_BUNDLE = 2
SECRET = "***"  # stands in every table for a key that is the planner's own


@dataclass(frozen=True)
class Project:
    """Everything plan.toml says; `because` holds the planner's reasons by dotted key, `given` the keys found."""

    file: Path
    plan: Header
    sources: Mapping[str, Source]
    areas: AreaRules
    circle: CircleRules
    elder: ElderRules
    assumptions: Assumptions
    score: ScoreRules
    programme: ProgrammeRules
    siting: SitingRules
    costs: CostRules
    elevation: ElevationRules
    funding: FundingRules
    delivery: DeliveryRules
    map: MapRules
    because: Mapping[str, str] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    @property
    def folder(self) -> Path:
        """The project folder, from which every path in plan.toml is seen."""
        return self.file.parent

    @property
    def years(self) -> tuple[int, ...]:
        """The programme years, or the first plan year where none are set."""
        return self.programme.years or (self.plan.year,)


def load_project(path: Path | str) -> Project:
    """Return the project in a folder or plan.toml; ConfigError names every problem."""
    project, findings = parse_project(Path(path))
    raise_all(ConfigError, findings)
    assert project is not None
    return project


def parse_project(path: Path) -> tuple[Project | None, list[Finding]]:
    """Return what plan.toml says, with all its problems; a project that has problems serves only to look for more.

    Parameters
    ----------
    path
        A project folder, or its plan.toml.

    Returns
    -------
    project
        None where the file cannot be read at all.
    findings
        Every problem; empty where the project can be used.
    """
    file = path / PLAN_FILE if path.is_dir() else path
    if not is_file(file):
        return None, [_finding("project.no_file", path=str(file))]
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        return None, [_finding("project.not_utf8")]
    except tomllib.TOMLDecodeError as error:
        return None, [_finding("project.not_toml", error=str(error))]
    return _project_of(said, file.resolve())


def source_path(project: Project, layer: str) -> Path:
    """Return the path of a layer's file, as seen from the project folder."""
    return project.folder / project.sources[layer].path


def jurisdiction_text(project: Project) -> str:
    """Return what governs the plan, as the planner wrote it."""
    return project.plan.jurisdiction or "、".join(project.plan.policies)


def parameter_lines(project: Project) -> list[dict[str, str]]:
    """Return one line per parameter of plan.toml: name, value, unit, origin, clause_or_because."""
    language = project.plan.language
    lines = []
    for section_name in ("plan", *RULE_SECTIONS):
        section: Section = getattr(project, section_name)
        for key, about in type(section).model_fields.items():
            extra = about.json_schema_extra
            if not isinstance(extra, dict):
                continue
            for dotted, value in _flat(f"{section_name}.{key}", getattr(section, key)):
                is_given = any(given in project.given for given in (dotted, f"{section_name}.{key}"))
                because = project.because.get(dotted, project.because.get(f"{section_name}.{key}", ""))
                shown = SECRET if value and extra.get("is_secret") else _text(value)
                lines.append({
                    "name": dotted, "value": shown, "unit": str(extra["unit"]),
                    "origin": "project" if is_given else "default",
                    "clause_or_because": because if is_given else str(extra[language]),
                })
    return lines


def _flat(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Section):
        value = value.model_dump()
    if not isinstance(value, dict):
        yield name, value
        return
    for key, part in sorted(value.items(), key=lambda item: str(item[0])):
        yield from _flat(f"{name}.{key}", part)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "; ".join(_text(part) for part in value)
    return repr(value) if isinstance(value, float) and not value.is_integer() else (
        str(int(value)) if isinstance(value, float) else str(value))


def _finding(code: str, where: str = "", **values: object) -> Finding:
    return Finding(code, layer=PLAN_FILE, values={"where": where, **values})


def _project_of(said: dict[str, Any], file: Path) -> tuple[Project, list[Finding]]:
    because: dict[str, str] = {}
    given: set[str] = set()
    plain = {name: _plain(section, name, because, given) for name, section in said.items()}
    known = {"plan", "barriers", PROGRESS, *SINGLE_LAYERS, *RULE_SECTIONS}
    findings = [_finding("project.unknown_section", name) for name in sorted(set(plain) - known)]

    header = _section(Header, "plan", plain.get("plan"), findings)
    sources = _sources(plain, findings)
    rules = {name: _section(kind, name, plain.get(name, {}), findings) for name, kind in RULE_SECTIONS.items()}
    project = Project(file, header, sources, **rules, because=because, given=frozenset(given))  # type: ignore[arg-type]
    findings += [*_check_header(project), *_check_sources(project), *_check_rules(project)]
    return project, findings


def _plain(value: Any, name: str, because: dict[str, str], given: set[str]) -> Any:
    """Return the value without its reason, noting the reason and that the key was given."""
    given.add(name)
    if not isinstance(value, dict):
        return value
    if "value" in value and set(value) <= {"value", "because"}:
        if "because" in value:
            because[name] = str(value["because"])
        return _plain(value["value"], name, because, given)
    return {key: _plain(part, f"{name}.{key}", because, given) for key, part in value.items()}


SectionT = TypeVar("SectionT", bound=Section)


def _section(kind: type[SectionT], name: str, said: Any, findings: list[Finding]) -> SectionT:
    """Return the section; where parts are wrong, note them and go on with what is left."""
    if not isinstance(said, dict):
        findings.append(_finding("project.no_section" if said is None else "project.not_a_section", name))
        said = {}
        return _stand_in(kind, said)
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        problems = error.errors(include_url=False)
    findings += [_said_wrong(name, problem) for problem in problems]
    sound = {key: value for key, value in said.items() if key not in {str(problem["loc"][0]) for problem in problems}}
    return _stand_in(kind, sound)


def _stand_in(kind: type[SectionT], sound: dict[str, Any]) -> SectionT:
    fill = {"name": "?", "as_of": STAND_IN_DATE, "year": STAND_IN_DATE.year, "path": "?"}
    missing = {key: fill[key] for key, about in kind.model_fields.items() if about.is_required() and key not in sound}
    return kind.model_validate({**sound, **missing})


WRONG = {
    "missing": "project.missing_key",
    "extra_forbidden": "project.unknown_key",
    "literal_error": "project.not_allowed",
    "greater_than": "project.out_of_range", "greater_than_equal": "project.out_of_range",
    "less_than": "project.out_of_range", "less_than_equal": "project.out_of_range",
}
BOUNDS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def _said_wrong(section: str, problem: Any) -> Finding:
    where = ".".join([section, *(str(part) for part in problem["loc"])])
    context = problem.get("ctx", {})
    expected = context.get("expected") or " ".join(f"{BOUNDS[k]} {v}" for k, v in context.items() if k in BOUNDS)
    code = WRONG.get(problem["type"], "project.wrong_type")
    said = "" if problem["type"] == "missing" else str(problem["input"])[:80]
    return _finding(code, where, said=said, expected=expected or problem["type"])


def _sources(plain: dict[str, Any], findings: list[Finding]) -> dict[str, Source]:
    if "estates" not in plain:
        findings.append(_finding("project.no_section", "estates"))
    barriers = plain.get("barriers", {})
    if not isinstance(barriers, dict) or any(not isinstance(part, dict) for part in barriers.values()):
        findings.append(_finding("project.barriers_unnamed", "barriers"))
        barriers = {}
    said = {name: plain[name] for name in (*SINGLE_LAYERS, PROGRESS) if name in plain}
    said |= {f"barriers.{name}": part for name, part in barriers.items()}
    return {name: _section(SOURCES.get(name, Source), name, part, findings) for name, part in said.items()}


def _check_header(project: Project) -> Iterator[Finding]:
    plan = project.plan
    if bool(plan.jurisdiction) == bool(plan.policies):
        yield _finding("project.jurisdiction_or_policies", "plan")
    if plan.crs is not None:
        yield from _check_crs("plan.crs", plan.crs, metres=True)


def _check_crs(where: str, crs: str, *, metres: bool = False) -> Iterator[Finding]:
    try:
        known = CRS.from_user_input(crs)
    except CRSError:
        yield _finding("project.unknown_crs", where, said=crs)
        return
    if metres and (not known.is_projected or any(axis.unit_name != "metre" for axis in known.axis_info)):
        yield _finding("project.crs_not_metres", where, said=crs)


def _check_sources(project: Project) -> Iterator[Finding]:
    for name, source in project.sources.items():
        layer = name.partition(".")[0]
        if source.path != "?" and not is_file(project.folder / source.path):
            yield _finding("project.no_data_file", f"{name}.path", said=source.path)
        if source.crs is not None:
            yield from _check_crs(f"{name}.crs", source.crs)
        ours = {column.name: column for column in columns_of(layer, "in") if column.name != "geometry"}
        for column in source.columns:
            if column not in ours:
                yield _finding("project.unknown_column", f"{name}.columns.{column}", expected="、".join(ours))
        for column, words in source.values.items():
            if column not in ours or not ours[column].values:
                yield _finding("project.no_value_list", f"{name}.values.{column}")
                continue
            codes = [word.code for word in words_of(ours[column].values)]
            for code in sorted(set(words.values()) - set(codes)):
                yield _finding("project.not_allowed", f"{name}.values.{column}", said=code, expected="、".join(codes))
        if isinstance(source, FacilitySource):
            yield from _check_types(name, source)


def _check_types(name: str, source: FacilitySource) -> Iterator[Finding]:
    codes = set(load_catalogue()["facility_type"])
    complete = () if isinstance(source.complete, bool) else source.complete
    for where, said in ((f"{name}.types", source.types.values()), (f"{name}.complete", complete)):
        unknown = sorted(set(said) - codes)
        if unknown:
            yield _finding("project.unknown_type", where, said=listed(unknown))


def _check_rules(project: Project) -> Iterator[Finding]:
    areas = project.areas
    if areas.min_households > areas.max_households:
        yield _finding("project.min_above_max", "areas.min_households", said=areas.min_households,
                       expected=areas.max_households)
    joined = {frozenset(pair) for group in areas.must_join for pair in _pairs(group)}
    split = {frozenset(pair) for group in areas.must_split for pair in _pairs(group)}
    for pair in sorted(sorted(pair) for pair in joined & split):
        yield _finding("project.join_and_split", "areas.must_split", said=listed(pair))
    yield from _check_limits(project)
    yield from _check_siting(project)
    yield from _check_shares(project)
    weights = project.score.weights
    if any(weight < 0 for weight in weights.values()) or not sum(weights.values()) > 0:
        yield _finding("project.weights", "score.weights")
    criteria = labels_of("criterion", "en")
    for name in sorted(set(weights) - set(criteria)):
        yield _finding("project.not_allowed", "score.weights", said=name, expected="、".join(criteria))
    years = project.programme.years
    if list(years) != sorted(set(years)):
        yield _finding("project.years", "programme.years", said=listed(years))
    yield from _check_programme(project)
    if project.map.base == "tianditu" and not project.map.tianditu_key:
        yield _finding("project.missing_key", "map.tianditu_key")


def _check_shares(project: Project) -> Iterator[Finding]:
    known = shared_sources()
    for source, share in project.funding.shares.items():
        if source not in known:
            yield _finding("project.not_allowed", "funding.shares", said=source, expected="、".join(known))
        elif not 0 <= share <= 1:
            yield _finding("project.out_of_range", f"funding.shares.{source}", said=share, expected="0 – 1")


def _check_siting(project: Project) -> Iterator[Finding]:
    codes = set(load_catalogue()["facility_type"])
    for where, said in (("siting.types", project.siting.types), ("siting.least_m2", project.siting.least_m2)):
        if unknown := sorted(set(said) - codes):
            yield _finding("project.unknown_type", where, said=listed(unknown))
    for code, m2 in project.siting.least_m2.items():
        if not m2 > 0:
            yield _finding("project.out_of_range", f"siting.least_m2.{code}", said=m2, expected="> 0")


def _check_programme(project: Project) -> Iterator[Finding]:
    rules = project.programme
    budgets = {"programme.budget_yuan": rules.budget_yuan}
    budgets |= {f"programme.source_budget_yuan.{source}": each for source, each in rules.source_budget_yuan.items()}
    for where, budget in budgets.items():
        for year, yuan in sorted(budget.items()):
            if year not in project.years:
                yield _finding("project.budget_year", f"{where}.{year}", expected=listed(project.years))
            if not yuan >= 0:
                yield _finding("project.out_of_range", f"{where}.{year}", said=yuan, expected="≥ 0")
    for bundle in rules.bundles:
        if len(set(bundle)) < SMALLEST_BUNDLE:
            yield _finding("project.bundle_of_one", "programme.bundles", said=listed(bundle))


def _pairs(group: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return ((a, b) for i, a in enumerate(group) for b in group[i + 1:])


def _check_limits(project: Project) -> Iterator[Finding]:
    catalogue = load_catalogue().set_index("facility_type")["max_walk_m"]
    for code, limit in project.circle.limits.items():
        where = f"circle.limits.{code}"
        if code not in catalogue.index:
            yield _finding("project.unknown_type", where, said=code)
            continue
        has_reason = where in project.because or "circle.limits" in project.because
        if not limit > 0:
            yield _finding("project.out_of_range", where, said=limit, expected="> 0")
        elif limit > catalogue[code] and not has_reason:
            yield _finding("project.loosened", where, said=f"{limit:g}", expected=f"{catalogue[code]:g}")
