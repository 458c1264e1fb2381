"""The command line: a thin door to the plan; the only file that prints.

Heavy parts are imported inside the commands, so that --help and --version answer at once.
"""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoplan.errors import ConfigError, Finding, GeoplanError, is_short_of_memory, located, say
from geoplan.pages import Block, lay_out, printable

if TYPE_CHECKING:
    from geoplan.prepared import Prepared

RUNS_FOLDER = Path("maps")
CACHELESS = ("CI", "GEOPLAN_NO_CACHE")  # environment variables in which runs keep no steps unless asked
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
ProjectPath = Annotated[Path, typer.Argument(metavar="PROJECT", help="项目文件夹或 plan.toml / folder or plan.toml")]
OutPath = Annotated[Path | None, typer.Option("--out", help="输出文件夹 / output folder")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="管道中也打印每一步 / print every step in a pipe too")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="成果文件夹 / run folder")]
Audit = Annotated[bool, typer.Option("--audit", help="写出后立即核查 / audit what was written")]
Alternatives = Annotated[int, typer.Option(
    min=0, max=9, help="另给几个备选方案 / how many further plans of areas, sites and years")]
Cache = Annotated[bool | None, typer.Option(
    "--cache/--no-cache", show_default=False,
    help="是否沿用未变步骤的结果（存于项目文件夹 .geoplan-cache，可删除）/ reuse steps that have not changed")]
LaterPath = Annotated[Path, typer.Argument(metavar="RUN", help="后一个成果文件夹 / the later run folder")]
InputsPath = Annotated[Path | None, typer.Option(
    "--project", help="项目文件夹，核对输入文件 / folder of the inputs, to check their hashes")]
WantedId = Annotated[str, typer.Argument(
    metavar="ID", help="小区、片区、设施或可用资源的编号 / id of an estate, area, facility or site")]
DocumentId = Annotated[str | None, typer.Argument(
    metavar="ID", help="文件编号、文号或规则编号 / id or number of a document, or id of a rule")]
Jurisdiction = Annotated[str | None, typer.Option("--jurisdiction", help="地区或区划代码 / place by name or adcode")]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="政策基准日 / law of which day")]
Coverage = Annotated[bool, typer.Option("--coverage", help="每条规则的用法 / how every rule is used")]
PolicyFiles = Annotated[list[Path] | None, typer.Option("--policy-file", help="自带政策文件 / TOML file of one's own")]


class Language(StrEnum):
    """In which language headings and sentences stand."""

    zh = "zh"
    en = "en"


TownPaths = Annotated[list[Path], typer.Argument(
    metavar="PROJECT...", help="项目文件夹、plan.toml，或每行一个的名单 / folders, plan.toml files, lists of them")]
BatchPath = Annotated[Path, typer.Option("--out", help="输出文件夹 / output folder")]
Workers = Annotated[int | None, typer.Option(min=1, help="本机进程数，默认每核一个 / processes here, one a core")]
Memory = Annotated[str | None, typer.Option(help="每个进程的内存上限，如 2GB / memory limit of each, as 2GB")]
Scheduler = Annotated[str | None, typer.Option(
    metavar="ADDRESS", help="已有的 Dask 调度器，如 tcp://10.0.0.1:8786 / a scheduler that is running")]
Layer = Annotated[Path | None, typer.Option(metavar="FILE", show_default=False)]
Tongue = Annotated[Language, typer.Option("--language", help="标题语言 / language of headings")]


def main() -> None:
    """Run the command line; exit code 0 done, 1 a problem in what was brought, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"geoplan {version('geoplan')}")
        raise typer.Exit


@app.callback()
def about(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="版本 / version")] = False,
) -> None:
    """老旧小区片区联动改造规划：从自己的数据到片区、缺口、养老用房、地图与成果数据。

    Renovation areas, service gaps, elder-care space, map and shapefiles from a planner's own files.
    """


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="项目文件夹 / project folder")],
    estates: Annotated[Path, typer.Option(metavar="FILE", help="小区 / estates", show_default=False)],
    facilities: Layer = None, streets: Layer = None, gates: Layer = None, sites: Layer = None, utilities: Layer = None,
    heritage: Layer = None, planning_units: Layer = None,
    barriers: Annotated[list[str] | None, typer.Option(
        metavar="NAME=FILE", help="阻隔要素，可多次给出，如 water=河流.shp / barriers, e.g. water=rivers.shp")] = None,
    name: Annotated[str | None, typer.Option(help="规划名称 / name of the plan")] = None,
    jurisdiction: Jurisdiction = None, as_of: AsOf = None,
    year: Annotated[int | None, typer.Option(help="计划年度 / plan year")] = None, language: Tongue = Language.zh,
) -> None:
    """看过数据后起草 plan.toml，每行注明依据，拿不准的留待确认。/ Draft a commented plan.toml from the files."""
    given = {
        "estates": estates, "facilities": facilities, "streets": streets, "gates": gates, "sites": sites,
        "utilities": utilities, "heritage": heritage, "planning_units": planning_units}
    layers = {layer: file for layer, file in given.items() if file is not None}
    for said in barriers or []:
        barrier, _, file = said.partition("=")
        if not barrier or not file or f"barriers.{barrier}" in layers:
            raise typer.BadParameter(f"--barriers {said}: NAME=FILE")
        layers[f"barriers.{barrier}"] = Path(file)
    with _Told(language=language.value, heading="cli.problems_found") as told:
        from geoplan.init import write_draft

        told.print("init.done", path=write_draft(
            folder, layers, name=name, jurisdiction=jurisdiction, as_of=None if as_of is None else as_of.date(),
            year=year, language=language.value))


@app.command()
def check(project: ProjectPath, out: OutPath = None) -> None:
    """只读取和检查数据，列出所有问题。/ Read and check only; list every finding."""
    with _Told() as told:
        from geoplan.prepared import prepare
        from geoplan.publish import publish_findings

        prepared = told.language_of(prepare(project))
        for finding in prepared.layers.findings:
            typer.echo(printable(located(finding, told.language)))
        for layer, rows in prepared.layers.rows.items():
            told.print("check.rows", layer=layer, **rows)
        if out is not None:
            told.print("check.written", path=publish_findings(prepared.layers.findings, out, told.language))


@app.command()
def run(
    project: ProjectPath, out: OutPath = None, verbose: Verbose = False, audit: Audit = False,
    alternatives: Alternatives = 0, cache: Cache = None,
) -> None:
    """运行全部步骤，生成成果文件夹。/ Run the whole path and write the run folder."""
    with _Told(is_talking=verbose or sys.stderr.isatty()) as told:
        from geoplan.tidying import tidy_seldom

        tidy_seldom()  # before the libraries are loaded
        from geoplan.cache import open_cache
        from geoplan.plan import make_plan_of
        from geoplan.prepared import prepare
        from geoplan.publish import check_out, publish

        folder = out or RUNS_FOLDER / _name_of(project)
        prepared = told.language_of(prepare(project, also=check_out(folder)))
        with open_cache(prepared.project.folder if _is_cached(cache) else None, told.note) as recall:
            plan = make_plan_of(prepared, report=told.report, alternatives=alternatives, recall=recall)
        told.print("run.done", path=publish(plan, folder, report=told.report))
        if audit:
            told.audit(folder, prepared.project.folder)


@app.command()
def batch(
    projects: TownPaths, out: BatchPath, workers: Workers = None, memory: Memory = None, scheduler: Scheduler = None,
    language: Tongue = Language.zh, verbose: Verbose = False,
) -> None:
    """运行多个城镇并汇总；中断后再次运行即可继续。/ Run many towns and sum them up; the same call resumes."""
    if scheduler is not None and (workers is not None or memory is not None):
        raise typer.BadParameter("--scheduler: 不能与 --workers、--memory 同用 / not with --workers or --memory")
    with _Told(is_talking=verbose or sys.stderr.isatty(), language=language.value) as told:
        if find_spec("distributed") is None:
            raise ConfigError([Finding("batch.no_dask")])
        from geoplan.batch import SUMMARY_FOLDER, run_batch
        from geoplan.towns import list_towns
        from geoplan.workers import local_workers, results_of, workers_of

        towns = list_towns(projects, out)
        count = min(workers or os.cpu_count() or 1, len(towns))
        with local_workers(count, memory) if scheduler is None else workers_of(scheduler) as client:
            outcomes = run_batch(towns, out, partial(results_of, client), language=told.language, report=told.report)
        done = sum(outcome.state == "done" for outcome in outcomes.values())
        told.print("batch.written", done=done, undone=len(towns) - done, path=out / SUMMARY_FOLDER)
        if done < len(towns):
            raise typer.Exit(1)


@app.command()
def explain(run: RunPath, wanted: WantedId) -> None:
    """说明一个小区、片区、设施或资源：每个数及其依据。/ One estate, area, facility or site: every number and why."""
    with _Told(heading="cli.problems_found") as told:
        from geoplan.explain import explain as explain_id
        from geoplan.runs import open_run

        told.show(explain_id(open_run(run), wanted))


@app.command()
def compare(was: RunPath, now: LaterPath, out: OutPath = None) -> None:
    """对比两个方案：片区、缺口、资金、年度有何变化。/ What changed from one run to another."""
    with _Told(heading="cli.problems_found") as told:
        from geoplan.compare import compare_runs, comparison_page
        from geoplan.publish import publish_comparison
        from geoplan.runs import open_run

        earlier, later = open_run(was), open_run(now)
        told.language = later.language
        comparison = compare_runs(earlier, later)
        told.show(comparison_page(comparison))
        if out is not None:
            told.print("check.written", path=publish_comparison(comparison, out))


@app.command()
def audit(run: RunPath, project: InputsPath = None) -> None:
    """重新核查一个成果：连通、上下限、缺口、养老账、资金、哈希。/ Re-check a finished run from its files alone."""
    with _Told(heading="cli.problems_found") as told:
        told.audit(run, None if project is None else project if project.is_dir() else project.parent)


@app.command()
def policies(
    wanted: DocumentId = None, jurisdiction: Jurisdiction = None, as_of: AsOf = None, coverage: Coverage = False,
    language: Tongue = Language.zh, policy_file: PolicyFiles = None,
) -> None:
    """列出政策文件、条款，或某地某日的有效政策。/ List documents and rules, or resolve the law of a place on a day."""
    if (jurisdiction is None) != (as_of is None):
        raise typer.BadParameter("--jurisdiction, --as-of: 须同时给出 / both or neither")
    if sum(asked is not None for asked in (wanted, jurisdiction)) + coverage > 1:
        raise typer.BadParameter("ID, --jurisdiction, --coverage: 只能选一项 / one of them")
    with _Told(language=language.value, heading="cli.problems_found") as told:
        from geoplan.lawbook import list_documents, show_coverage, show_document, show_law

        files = policy_file or []
        if wanted is not None:
            told.show(show_document(wanted, files, told.language))
        elif jurisdiction is not None and as_of is not None:
            told.show(show_law(jurisdiction, as_of.date(), files, told.language))
        else:
            told.show((show_coverage if coverage else list_documents)(files, told.language))


def _is_cached(asked: bool | None) -> bool:
    """Return whether a run keeps the results of its steps: as asked, else wherever nobody switched it off."""
    return asked if asked is not None else not any(os.environ.get(name) for name in CACHELESS)


def _name_of(project: Path) -> str:
    folder = project if project.is_dir() else project.parent
    return folder.resolve().name


class _Told:
    """Says things in the plan's language, and turns our own errors into one message and exit code 1."""

    def __init__(
        self, *, is_talking: bool = False, language: str = "zh", heading: str = "cli.problems",
    ) -> None:
        self.language, self.heading = language, heading
        self.is_talking = is_talking
        self.report: Callable[[Finding], None] = self._say_step

    def __enter__(self) -> "_Told":
        return self

    def language_of(self, prepared: "Prepared") -> "Prepared":
        self.language = prepared.project.plan.language
        return prepared

    def print(self, code: str, **values: object) -> None:
        typer.echo(printable(say(Finding(code, values=values), self.language)))

    def show(self, page: Sequence[Block]) -> None:
        typer.echo(lay_out(page, cells=shutil.get_terminal_size().columns if sys.stdout.isatty() else None))

    def audit(self, run: Path, inputs: Path | None) -> None:
        from geoplan.audit import audit, audit_page, has_failed
        from geoplan.runs import open_run

        opened = open_run(run)
        self.language = opened.language
        results = audit(opened, inputs)
        self.show(audit_page(results, self.language))
        if has_failed(results):
            raise typer.Exit(1)

    def note(self, finding: Finding) -> None:
        typer.echo(printable(say(finding, self.language)), err=True)

    def _say_step(self, finding: Finding) -> None:
        if self.is_talking:
            self.note(finding)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and is_short_of_memory(error):
            error = GeoplanError([Finding("cli.no_memory")])
        if not isinstance(error, GeoplanError):
            return
        language = error.language or self.language
        heading = say(Finding(self.heading, values={"count": len(error.findings)}), language)
        lines = [heading, *(f"  - {located(finding, language)}" for finding in error.findings)]
        typer.echo("\n".join(map(printable, lines)), err=True)
        raise typer.Exit(1) from None
