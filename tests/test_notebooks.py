"""The notebooks run on the sample town, cell by cell, and carry nothing but their cells."""

import ast
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib import pyplot

from geoplan import plan as planning
from geoplan import sweeping
from geoplan.plan import Plan
from geoplan.project import Project

ROOT = Path(__file__).resolve().parents[1]
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ALTERNATIVES = 2  # what a notebook of the five asks for
CELL_KEYS = {"markdown": {"cell_type", "id", "metadata", "source"},
             "code": {"cell_type", "id", "metadata", "source", "execution_count", "outputs"}}


def cells(book: Path, kind: str = "code") -> list[str]:
    read = json.loads(book.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in read["cells"] if cell["cell_type"] == kind]


@pytest.fixture(scope="module")
def made() -> dict[Path, Plan]:
    return {}


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch, made: dict[Path, Plan]) -> Iterator[None]:
    """Let every notebook of this file use the same plan, and sweep a corner of its grid: enough to see it run."""
    make: Callable[..., Plan] = planning.make_plan
    sweep: Callable[..., Any] = sweeping.sweep_areas

    def make_once(project: Project, *, alternatives: int = 0) -> Plan:
        key = project.file.resolve()
        if key not in made:
            made[key] = make(project, alternatives=max(alternatives, ALTERNATIVES))
        return made[key]

    def sweep_corner(plan: Plan, **grid: Any) -> Any:
        return sweep(plan, **{name: values[:2] if name == "max_gap_m" else values[:1] for name, values in grid.items()})

    monkeypatch.setattr(planning, "make_plan", make_once)
    monkeypatch.setattr(sweeping, "sweep_areas", sweep_corner)
    monkeypatch.chdir(ROOT / "notebooks")
    before = mpl.get_backend()
    mpl.use("Agg")
    yield
    pyplot.close("all")
    mpl.use(before)


def run(source: str, names: dict[str, Any], where: str) -> Any:
    """Run a cell and return what its last line gives, as a notebook would show it."""
    tree = ast.parse(source, where)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), names)
    return eval(compile(ast.Expression(last.value), where, "eval"), names) if last else None


def test_the_notebooks_are_numbered_by_the_path_of_the_data() -> None:
    assert [book.name[:3] for book in BOOKS] == ["01_", "02_", "03_", "04_", "05_"]
    said = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"`(\d\d_\w+\.ipynb)`", said) == [book.name for book in BOOKS]


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_notebook_runs_on_the_sample_town(book: Path) -> None:
    names: dict[str, Any] = {}
    for place, source in enumerate(cells(book), start=1):
        shown = run(source, names, f"{book.name}:{place}")
        if hasattr(shown, "_repr_html_"):
            assert shown._repr_html_()


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_notebook_carries_no_output_and_no_trace_of_a_machine(book: Path) -> None:
    read = json.loads(book.read_text(encoding="utf-8"))
    assert read["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"}}
    for cell in read["cells"]:
        assert set(cell) == CELL_KEYS[cell["cell_type"]]
        assert cell["metadata"] == {}
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
    assert not re.search(r"(?<![.\w])/(?:home|Users|tmp|work|root)\b|[A-Z]:\\\\", book.read_text(encoding="utf-8"))


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_notebook_holds_no_logic_and_no_magic(book: Path) -> None:
    for source in cells(book):
        tree = ast.parse(source)
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.While)]
        assert not re.search(r"^\s*[%!]", source, re.MULTILINE)


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_notebook_speaks_chinese_with_short_english_lines(book: Path) -> None:
    first = cells(book, "markdown")[0]
    assert re.match(r"# \d\d [\u4e00-\u9fff]", first)
    assert re.search(r"\*[A-Z]", first)


def test_the_project_is_found_beside_the_notebooks() -> None:
    for book in BOOKS:
        assert 'Path("../data/hehuang")' in cells(book)[0]
    assert os.path.lexists(ROOT / "data" / "hehuang" / "plan.toml")
