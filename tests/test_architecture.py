"""The law of the house: imports run downward, steps stand alone, every third-party package has one home."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import geoplan

PACKAGE = Path(geoplan.__file__).parent
ROOMS = {  # from the ground up: a room imports from itself and from rooms below, as far as MAY_IMPORT lets it
    "ground": {
        "errors", "schema", "shapes", "datum", "pages", "solver", "crews", "runs", "presence", "digests", "parcels",
        "cache", "edition", "tidying", "locks", "scratch",
    },
    "law": {"contents", "costs", "sources", "documents", "jurisdictions", "policy", "labels"},
    "project": {"settings", "project"},
    "reading": {
        "preflight", "records", "compounds", "spans", "encoding", "opened", "words", "headings", "ledgers", "keyed",
        "geodata", "rules", "cells", "measures", "usual", "blemishes", "checks", "cost_rows", "identities",
        "footprints", "places", "estate_rows",
        "facility_rows", "facility_types", "site_rows", "heights", "street_rows", "progress_rows", "read",
        "frozen", "templates", "archives", "broken_texts",
    },
    "steps": {
        "residents", "screening", "network", "noding", "access", "travel", "graphs", "reach", "circles",
        "links", "areas", "alternatives", "openings", "outlines", "rooms", "flows", "transport", "eldercare",
        "sites", "siting", "offers", "relief", "placing", "choices", "pieces", "spare", "scenes", "procedures",
        "branching", "fittings", "nearby",
        "results", "answers",
        "conditions", "bounds", "communities", "components", "growth", "departures", "kept", "moves", "quests",
        "optimum", "pairs", "prices", "prospects", "selection", "windows", "naming", "paths", "islands",
        "checkup", "nearest", "isochrones", "norms", "elevation", "needs", "works", "payments", "funding",
        "ranking", "programme", "bundles", "caps", "digging", "readiness", "reasons", "schedules", "milestones",
        "scorecard", "shortfalls", "progress", "topology",
    },
    "lawbook": {"coverage", "lawbook"},
    "plan": {"delivery", "prepared", "reuse", "budget", "stocktaking", "plan"},
    "drafting": {"evidence", "vocabulary", "sniffing", "proposals", "whereabouts", "drafts", "init"},
    "looking back": {
        "lacking", "facts", "accounts", "explain", "compare", "audited", "audit", "audit_files", "audit_areas",
        "audit_services", "audit_money", "audit_walks", "audit_outputs", "transcripts", "quotas", "towns", "province",
    },
    "writing": {
        "payload", "initials", "shown", "standalone", "tiles", "maps", "gantt", "years",
        "forms", "cover", "objections", "money_sheets", "sheets", "workbook", "dbf", "shp", "fields", "enclosures",
        "shapefiles",
        "geopackage", "swatches", "qml", "styles", "qgis", "lacked", "exploring", "leaflets", "sweeping",
        "figures", "extracts", "briefs", "fonts", "scalebars", "labelling", "drawing", "bindery",
        "typesetting", "printing", "pictures", "grounds", "palette",
        "annotations", "plates", "legends", "sidebars", "atlas", "inserts", "manuscript", "desk", "grounding",
        "chapters", "dossiers", "index_page",
    },
    "publishing": {"staging", "panes", "publish"},
    "batch": {"standing", "errand", "workers", "batch"},
    "command line": {"cli", "__main__"},
}
MAY_IMPORT = {
    "ground": {"ground"},
    "law": {"ground", "law"},
    "project": {"ground", "law", "project"},
    "reading": {"ground", "law", "project", "reading"},
    "steps": {"ground", "law", "steps"},
    "lawbook": {"ground", "law", "steps", "lawbook"},
    "plan": set(ROOMS) - {"drafting", "lawbook", "looking back", "writing", "publishing", "batch", "command line"},
    "drafting": {"ground", "law", "project", "reading", "drafting"},
    "looking back": {"ground", "law", "looking back"},
    "writing": set(ROOMS) - {"drafting", "lawbook", "looking back", "publishing", "batch", "command line"},
    "publishing": set(ROOMS) - {"drafting", "lawbook", "batch", "command line"},
    "batch": set(ROOMS) - {"drafting", "lawbook", "command line"},
    "command line": set(ROOMS),
}
PARTS = {  # files that belong to one step, or are shared by those named
    "answers": {"screening", "conditions"},
    "conditions": {"screening"},
    "communities": {"areas"},
    "components": {
        "alternatives", "areas", "bounds", "communities", "departures", "growth", "kept", "moves", "optimum",
        "pairs", "prices", "quests", "prospects", "selection", "windows",
    },
    "growth": {"areas", "departures", "optimum", "windows"},
    "kept": {"alternatives", "areas"},
    "moves": {"alternatives", "departures", "quests"},
    "quests": {"alternatives", "departures"},
    "departures": {"alternatives"},
    "optimum": {"alternatives", "areas", "departures", "moves", "quests", "windows"},
    "windows": {"areas"},
    "pairs": {"bounds", "optimum", "prospects", "selection", "windows"},
    "bounds": {"windows"},
    "prices": {"windows"},
    "prospects": {"prices", "selection", "windows"},
    "selection": {"windows"},
    "naming": {"outlines"},
    "paths": {"outlines"},
    "sites": {"rooms", "eldercare", "works", "offers", "procedures", "siting"},
    "offers": {"procedures", "siting"},
    "relief": {"siting"},
    "placing": {"siting"},
    "branching": {"placing"},
    "choices": {"placing"},
    "fittings": {"choices"},
    "nearby": {"choices"},
    "pieces": {"placing"},
    "spare": {"placing", "pieces"},
    "scenes": {"siting", "relief", "placing", "choices", "pieces", "spare"},
    "rooms": {"siting", "eldercare", "needs", "works", "norms"},
    "needs": {"works"},
    "payments": {"funding"},
    "transport": {"flows"},
    "travel": {"reach", "nearest"},
    "noding": {"network"},
    "graphs": {"travel"},
    "norms": {"eldercare"},
    "bundles": {"programme"},
    "caps": {"programme", "reasons", "schedules"},
    "digging": {"programme"},
    "readiness": {"milestones", "programme", "reasons"},
    "reasons": {"programme"},
    "schedules": {"programme", "reasons"},
    "shortfalls": {"scorecard"},
}
HOMES = {
    "folium": {"exploring", "maps"},
    "branca": {"exploring", "maps"},
    "fiona": {"shapefiles"},
    "pyogrio": {"geodata", "geopackage"},
    "xlsxwriter": {"workbook"},
    "python_calamine": {"ledgers"},
    "typer": {"cli"},
    "pydantic": {"settings", "project"},
    "highspy": {"solver"},
    "matplotlib": {"fonts", "printing", "pictures"},
    "pydyf": {"bindery"},
    "pylopdf_fonts_zh_cn": {"fonts"},
    "PIL": {"pictures"},
    "docx": {"manuscript"},
    "dask": {"workers"},
    "distributed": {"workers"},
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


def room_of(name: str) -> str:
    return next(room for room, names in ROOMS.items() if name in names)


def test_every_file_has_one_room() -> None:
    housed = [name for names in ROOMS.values() for name in names]
    assert sorted(housed) == sorted(set(sources()) - {"__init__"})


def test_imports_run_downward_only() -> None:
    upward = [
        (name, target)
        for name, tree in sources().items() if name != "__init__"
        for target in own_imports(tree) if room_of(target) not in MAY_IMPORT[room_of(name)]
    ]
    assert upward == []


def test_no_files_import_each_other_in_a_circle() -> None:
    TopologicalSorter({name: own_imports(tree) for name, tree in sources().items() if name != "__init__"}).prepare()


def test_a_step_imports_no_other_step() -> None:
    sideways = [
        (name, target)
        for name, tree in sources().items() if name in ROOMS["steps"]
        for target in own_imports(tree) & ROOMS["steps"] if name not in PARTS.get(target, ())
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


def test_a_plan_loads_neither_writers_nor_what_only_comparing_needs() -> None:
    heavy = {"scipy.optimize", "matplotlib", "docx", "folium"}
    code = f"import sys, geoplan.plan; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_importing_geoplan_loads_no_geometry_library() -> None:
    code = "import sys, geoplan; print(sorted({'geopandas', 'pandas', 'shapely', 'folium'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_what_it_says_even_after_its_file_was_imported() -> None:
    import_module("geoplan.publish")
    assert all(callable(getattr(geoplan, name)) for name in geoplan.__all__)
