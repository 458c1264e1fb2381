"""The command line: a thin door to the plan; the only file that prints.

Heavy parts are imported inside the commands, so that --help and --version answer at once.
"""

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoplan.errors import Finding, GeoplanError, located, say

if TYPE_CHECKING:
    from geoplan.plan import Prepared

RUNS_FOLDER = Path("maps")
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
ProjectPath = Annotated[Path, typer.Argument(metavar="PROJECT", help="项目文件夹或 plan.toml / folder or plan.toml")]
OutPath = Annotated[Path | None, typer.Option("--out", help="输出文件夹 / output folder")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="管道中也打印每一步 / print every step in a pipe too")]


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
def check(project: ProjectPath, out: OutPath = None) -> None:
    """只读取和检查数据，列出所有问题。/ Read and check only; list every finding."""
    with _Told() as told:
        from geoplan.plan import prepare
        from geoplan.publish import publish_findings

        prepared = told.language_of(prepare(project))
        for finding in prepared.layers.findings:
            typer.echo(located(finding, told.language))
        for layer, rows in prepared.layers.rows.items():
            told.print("check.rows", layer=layer, **rows)
        if out is not None:
            told.print("check.written", path=publish_findings(prepared.layers.findings, out, told.language))


@app.command()
def run(project: ProjectPath, out: OutPath = None, verbose: Verbose = False) -> None:
    """运行全部步骤，生成成果文件夹。/ Run the whole path and write the run folder."""
    with _Told(is_talking=verbose or sys.stderr.isatty()) as told:
        from geoplan.plan import make_plan_of, prepare
        from geoplan.publish import check_out, publish

        folder = out or RUNS_FOLDER / _name_of(project)
        prepared = told.language_of(prepare(project, also=check_out(folder)))
        plan = make_plan_of(prepared, report=told.report)
        told.print("run.done", path=publish(plan, folder, report=told.report))


def _name_of(project: Path) -> str:
    folder = project if project.is_dir() else project.parent
    return folder.resolve().name


class _Told:
    """Says things in the plan's language, and turns our own errors into one message and exit code 1."""

    def __init__(self, *, is_talking: bool = False) -> None:
        self.language = "zh"
        self.is_talking = is_talking
        self.report: Callable[[Finding], None] = self._say_step

    def __enter__(self) -> "_Told":
        return self

    def language_of(self, prepared: "Prepared") -> "Prepared":
        self.language = prepared.project.plan.language
        return prepared

    def print(self, code: str, **values: object) -> None:
        typer.echo(say(Finding(code, values=values), self.language))

    def _say_step(self, finding: Finding) -> None:
        if self.is_talking:
            typer.echo(say(finding, self.language), err=True)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, GeoplanError):
            return
        language = error.language or self.language
        heading = say(Finding("cli.problems", values={"count": len(error.findings)}), language)
        typer.echo("\n".join([heading, *(f"  - {located(finding, language)}" for finding in error.findings)]), err=True)
        raise typer.Exit(1) from None
