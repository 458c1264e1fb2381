"""The law of the house: imports run downward, steps stand alone, every third-party package has one home."""

import ast
from pathlib import Path

import geoplan

PACKAGE = Path(geoplan.__file__).parent
FLOORS = [
    {"errors"},
    {"schema"},
    {"shapes", "datum", "policy"},
    {"settings"},
    {"project"},
    {"preflight"},
    {"words", "ledgers"},
    {"read"},
    {"plan"},
    {"maps", "workbook", "shapefiles", "geopackage"},
    {"publish"},
    {"cli"},
    {"__main__"},
]
STEPS = {"residents", "screening", "network", "travel", "circles", "links", "areas", "outlines", "eldercare", "results"}
BELOW_STEPS = {"residents", "screening", "network", "travel", "circles", "links", "areas", "outlines", "eldercare", "results"}
HOMES = {
    "folium": {"maps"},
    "branca": {"maps"},
    "fiona": {"shapefiles"},
    "pyogrio": {"read", "geopackage"},
    "xlsxwriter": {"workbook"},
    "python_calamine": {"ledgers"},
    "typer": {"cli"},
    "rich": {"cli"},
    "pydantic": {"settings", "project"},
    "highspy": {"grouping"},
}


def sources() -> dict[str, ast.Module]:
    return {file.stem: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.glob("*.py"))}


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def own_imports(tree: ast.Module) -> set[str]:
    return {name.removeprefix("geoplan.") for name in imported(tree) if name.startswith("geoplan.")}


def floor_of(name: str) -> float:
    if name in STEPS:
        return 7.5
    return next(level for level, names in enumerate(FLOORS) if name in names)


def test_every_file_has_a_floor() -> None:
    on_floors = set().union(*FLOORS) | STEPS | {"__init__"}
    assert set(sources()) <= on_floors, set(sources()) - on_floors


def test_imports_run_downward_only() -> None:
    upward = [
        (name, target)
        for name, tree in sources().items() if name != "__init__"
        for target in own_imports(tree) if floor_of(target) > floor_of(name)
    ]
    assert upward == []


def test_a_step_imports_no_other_step() -> None:
    sideways = [
        (name, target)
        for name, tree in sources().items() if name in STEPS
        for target in own_imports(tree) if target not in BELOW_STEPS
    ]
    assert sideways == []


def test_every_third_party_package_has_one_home() -> None:
    strays = [
        (name, package)
        for name, tree in sources().items()
        for package in {target.partition(".")[0] for target in imported(tree)}
        if package in HOMES and name not in HOMES[package]
    ]
    assert strays == []


def test_only_the_command_line_prints() -> None:
    printing = {
        name
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing == set()


def test_no_clock_and_no_chance_reach_a_result() -> None:
    forbidden = {"random", "time", "secrets", "uuid"}
    users = {name for name, tree in sources().items() if imported(tree) & forbidden}
    assert users == set()


def test_importing_geoplan_loads_no_geometry_library() -> None:
    import subprocess
    import sys

    code = "import sys, geoplan; print(sorted({'geopandas', 'pandas', 'shapely', 'folium'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
