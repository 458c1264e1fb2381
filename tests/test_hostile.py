"""A town of hostile texts through every output: nothing runs, nothing is a formula, and every text stands as it was."""

import json
import re
import shutil
import sqlite3
import tomllib
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapefile
from chromium import Browser
from docx import Document
from hostile import LAYERS, TEXTS, make_town
from lxml import etree
from mapped import READY, started
from pypdf import PdfReader

from geoplan.audit import audit, audit_page
from geoplan.compare import compare_runs, comparison_page
from geoplan.explain import explain
from geoplan.exploring import explore
from geoplan.init import write_draft
from geoplan.pages import lay_out
from geoplan.plan import Plan, make_plan
from geoplan.project import load_project
from geoplan.publish import publish, publish_comparison
from geoplan.runs import Run, open_run
from geoplan.schema import DTYPES, columns_of

EXPLAINED = 11  # every eleventh row is asked for: its columns hold other texts than those of the first
HTML = ("map.html", "compare.html")
CHANGED = """UPDATE estates SET households = households + 1;
    UPDATE areas SET households = households + 30, name = name || 'x';
    UPDATE gaps SET is_gap = NOT is_gap;
    UPDATE parameters SET value = value || '{{7*7}}' WHERE name = 'areas.max_gap_m'"""
EXTERNAL = re.compile(rb'TargetMode="External"')
RUNNING = ("/JavaScript", "/JS", "/Launch", "/URI", "/EmbeddedFile", "/OpenAction", "/AA", "/RichMedia")


@dataclass(frozen=True)
class Town:
    """The town, its plan, its run, and how that differs from another one."""

    project: Path
    plan: Plan
    run: Run
    changed: Run
    comparison: Path


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("hostile")
    project = make_town(folder / "town")
    plan = make_plan(load_project(project))
    publish(plan, folder / "run")
    shutil.copytree(folder / "run", folder / "changed")
    with closing(sqlite3.connect(folder / "changed" / "plan.gpkg")) as base:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):  # what its triggers ask for
            base.create_function(name, 1, lambda _: 0)
        base.executescript(CHANGED)
    manifest = json.loads((folder / "changed" / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"]["plan.gpkg"] = sha256((folder / "changed" / "plan.gpkg").read_bytes()).hexdigest()
    (folder / "changed" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    run, changed = open_run(folder / "run"), open_run(folder / "changed")
    comparison = publish_comparison(compare_runs(run, changed), folder / "comparison")
    return Town(project, plan, run, changed, comparison)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


def files_of(town: Town, suffix: str) -> list[Path]:
    return sorted(file for folder in (town.run.folder, town.comparison) for file in folder.rglob(f"*{suffix}"))


def texts_in(frame: pd.DataFrame) -> set[str]:
    return {text for column in frame.select_dtypes("str") for text in frame[column].dropna()}


def test_every_text_is_read_as_it_stands_or_remarked(town: Town) -> None:
    layers = town.plan.layers
    remarked = {(finding.layer, finding.row, finding.values.get("column")) for finding in layers.findings}
    rows_remarked = {(layer, row) for layer, row, _ in remarked}
    silent = []
    for layer, cells_of_rows in LAYERS.items():
        name, kind = (f"barriers.{layer}", "barriers") if layer == "water" else (layer, layer)
        read = getattr(layers, kind).set_index("row")
        for at, cells in enumerate(cells_of_rows):
            row = at + (2 if layer in ("facilities", "sites", "progress") else 1)
            for column, text in cells.items():
                is_text = isinstance(text, str) and column in read and (row in read.index)
                if is_text and (name, row) not in rows_remarked and str(
                        read.at[row, column]).casefold() != text.casefold():  # tags of streets are in lower case
                    silent.append((layer, row, column))
    assert silent == []
    assert all(counts["read"] == counts["used"] + counts["rejected"] for counts in layers.rows.values())
    assert {"estates", "facilities", "sites", "progress"} <= {layer for layer, _ in rows_remarked}


def test_the_geopackage_holds_every_name_and_id_as_it_was_read(town: Town) -> None:
    with closing(sqlite3.connect(town.run.folder / "plan.gpkg")) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for table, key in (("estates", "estate_id"), ("facilities", "facility_id"), ("sites", "site_id")):
            held = dict(base.execute(f"SELECT {key}, name FROM {table}").fetchall())
            read = getattr(town.plan.layers, table).set_index(key)["name"]
            assert held == {name: None if pd.isna(text) else text for name, text in read.items()}
        for _, style in base.execute("SELECT f_table_name, styleQML FROM layer_styles"):
            etree.fromstring(style.encode())
    assert len(town.plan.tables["estates"]) == len(TEXTS)


def test_no_workbook_holds_a_formula_or_a_link(town: Town) -> None:
    books = files_of(town, ".xlsx")
    assert {"plan.xlsx", "check.xlsx", "compare.xlsx"} <= {book.name for book in books}
    for book in books:
        with zipfile.ZipFile(book) as archive:
            for name in archive.namelist():
                root = etree.fromstring(archive.read(name))
                tags = {etree.QName(node).localname for node in root.iter(tag=etree.Element)}
                assert not tags & {"f", "hyperlink", "ddeLink", "oleLink", "externalLink"}, (book.name, name)
                assert not EXTERNAL.search(archive.read(name))


def test_every_name_stands_in_the_workbook(town: Town) -> None:
    with zipfile.ZipFile(town.run.folder / "plan.xlsx") as archive:
        strings = etree.fromstring(archive.read("xl/sharedStrings.xml"))
    held = {"".join(node.itertext()).replace("_x005F_", "_") for node in strings}
    assert set(town.plan.tables["estates"]["name"].str.strip()) <= {text.strip() for text in held}


def test_every_document_is_whole_and_asks_for_nothing_outside(town: Town) -> None:
    documents = files_of(town, ".docx")
    assert documents
    for file in documents:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if name.endswith((".xml", ".rels")):
                    etree.fromstring(archive.read(name))
                    assert not EXTERNAL.search(archive.read(name)), name
        said = "\n".join(cell.text for table in Document(str(file)).tables for row in table.rows for cell in row.cells)
        assert all(text in said for text in ("=1+1", "{{7*7}}{% x %}{# 楼 #}", "../../etc/passwd", "$\\frac{1}{0}$"))


def test_every_sheet_of_paper_is_whole_and_does_nothing(town: Town) -> None:
    sheets = files_of(town, ".pdf")
    assert sheets
    for file in sheets:
        reader = PdfReader(file)
        assert "=1+1" in "".join(page.extract_text() for page in reader.pages)
        keys = {key for number in range(1, len(reader.xref[0]) + 1) for key in keys_of(reader.get_object(number))}
        assert not keys & set(RUNNING)


def keys_of(found: Any) -> set[str]:
    return set(found) if isinstance(found, dict) else set()


def test_shapefiles_hold_what_was_read_as_far_as_their_fields_go(town: Town) -> None:
    names = town.plan.tables["estates"]["name"]
    with shapefile.Reader(str(town.run.folder / "shapefile" / "estates.shp"), encoding="utf-8") as reader:
        held = [record["NAME"] for record in reader.records()]
    assert len(held) == len(names)
    assert all(name.startswith(text.rstrip("…")) for name, text in zip(names, held, strict=True))


@pytest.mark.parametrize("name", HTML)
def test_nothing_runs_on_a_page_whatever_is_pressed(name: str, town: Town, browser: Browser) -> None:
    pages = files_of(town, name)
    if not pages:
        pytest.skip(f"no run has a {name}")
    for file in pages:
        with browser.open(file) as page:
            page.wait_for("document.readyState === 'complete'")
            if name == "map.html":
                page.wait_for(READY)
            page.evaluate("(() => { window.print = () => {}; delete Element.prototype.requestFullscreen; })()")
            count = page.evaluate("document.querySelectorAll('button').length")
            for number in range(count):
                page.evaluate(f"(() => {{ const one = document.querySelectorAll('button')[{number}];"
                              " if (one) one.click(); })()")
            assert page.evaluate("window.pwned === undefined && Object.prototype.pwned === undefined")
            assert page.evaluate("document.querySelectorAll('#panel img, #panel svg[onload], iframe').length") == 0
            assert page.problems == []
            assert page.requests == [file.resolve().as_uri()]


def test_nothing_runs_in_a_notebook(town: Town, browser: Browser, tmp_path: Path) -> None:
    drawn = explore(town.plan, "estates", colour="name")._repr_html_()
    (tmp_path / "notebook.html").write_text(f'<!doctype html><meta charset="utf-8">{drawn}', encoding="utf-8")
    with browser.open(tmp_path / "notebook.html") as page:
        inside = "document.querySelector('iframe').contentDocument"
        page.wait_for(f"{inside} && {inside}.querySelector('.leaflet-bottom.leaflet-right b') !== null")
        assert "=1+1" in page.evaluate(f"{inside}.body.textContent")
        assert page.evaluate("window.pwned === undefined")
        assert page.problems == []


def test_what_is_printed_cannot_drive_a_terminal(town: Town) -> None:
    pages = [explain(town.run, wanted) for table, key in (
        ("estates", "estate_id"), ("facilities", "facility_id"), ("sites", "site_id"), ("areas", "area_id"))
        for wanted in town.plan.tables[table][key][::EXPLAINED]]
    pages += [comparison_page(compare_runs(town.run, town.changed)), audit_page(audit(town.run, town.project), "zh")]
    assert len(pages) > len(TEXTS) / EXPLAINED
    printed = "".join(lay_out(page) for page in pages)
    assert {unicodedata.category(letter) for letter in set(printed) - {"\n"}} & {"Cc", "Cf", "Cs", "Zl", "Zp"} == set()
    assert "{{7*7}}{% x %}{# 楼 #}" in printed


def test_a_draft_of_the_town_says_only_what_a_draft_says(town: Town, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(town.project, tmp_path / "town"))
    (folder / "plan.toml").unlink()
    brought = {"estates": "estates.geojson", "facilities": "facilities.csv", "sites": "sites.csv"}
    file = write_draft(folder, {layer: folder / name for layer, name in brought.items()}, name=TEXTS[0] + TEXTS[-3])
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(said) == {"plan", *brought}
    assert said["plan"]["name"] == TEXTS[0] + TEXTS[-3]


def test_every_text_column_that_can_be_brought_was_hostile() -> None:
    own_rules = {"start_date", "finish_date", "area_id", "amap_code", "class"}
    for layer, rows in LAYERS.items():
        kind = {"water": "barriers"}.get(layer, layer)
        texts = {column.name for column in columns_of(kind, "in") if DTYPES.get(column.type) in ("str", "string")
                 and column.type in ("text", "list")}
        assert texts - own_rules <= set(rows[0]), layer


def test_the_audit_finds_nothing_wrong_with_it(town: Town) -> None:
    assert {result.check: result.wrong for result in audit(town.run, town.project) if result.state == "fail"} == {}
