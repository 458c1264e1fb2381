"""What changed on the ground? Two runs on two maps in step, the earlier at the left: one file, no network.

Areas are coloured by what became of them (compare.py says which area is which), and the list beside them tells each
change in figures. The page is made as the leadership map is: an inert payload, own scripts, everything shown as text.
"""

from pathlib import Path
from typing import Any

import geopandas as gpd

from geoplan.compare import AREA_FACTS, BOTH, FIGURES, SIDE, Comparison
from geoplan.labels import labels_for
from geoplan.maps import close_slits
from geoplan.payload import encode_table, pack
from geoplan.runs import read_rows
from geoplan.schema import Column, columns_of, labels_of, lines_of
from geoplan.standalone import asset, seal

SCRIPTS = ("map_payload.js", "map_words.js", "map_pen.js", "map_sheet.js", "map_specks.js", "map_labels.js",
           "map_pointing.js", "map_parts.js", "compare.js")
WORDS = ("map.csv", "compare.csv")
STYLES = ("map.css", "compare.css")
TABLES = ("changed_figures", "changed_areas", "changed_estates")
PLACED = {"areas": ("area_id", "name"), "estates": ("estate_id", "name")}  # what a pane says of its shapes


def write_panes(comparison: Comparison, file: Path) -> None:
    """Write a comparison as a page with two linked maps: the same bytes for the same runs.

    Parameters
    ----------
    comparison
        As `compare_runs` returns it; areas and estates are read from the files of its runs.
    file
        Where the page goes; its folder exists.
    """
    language = comparison.now.language
    page = asset("compare.html").strip().replace("<html>", f'<html lang="{"zh-CN" if language == "zh" else "en"}">', 1)
    page = seal(page, styles=STYLES, scripts=SCRIPTS, payloads={"payload": _payload(comparison)})
    file.write_text(page, encoding="utf-8", newline="\n")


def _payload(comparison: Comparison) -> str:
    language = comparison.now.language
    placed = {f"{layer}{side}": read_rows(run, layer) for layer in PLACED
              for side, run in zip(BOTH, (comparison.was, comparison.now), strict=True)}
    columns = {name: columns_of(name, SIDE) for name in TABLES}
    head = {
        "runs": {side: _about(run.folder, run.manifest) for side, run in
                 (("was", comparison.was), ("now", comparison.now))},
        "words": {f"unit.{code}": text for code, text in labels_of("unit", language).items()}
        | {line["key"]: line[language] for words in WORDS for line in lines_of(words)},
        "figures": list(FIGURES),
        "labels": {values: dict(labels_for(values, language)) for values in _lists(columns.values())},
        "facts": [[name, *_fact(name, language)] for name in AREA_FACTS if name != "name"],
        "tables": {name: encode_table(comparison.tables[name], columns[name]) for name in TABLES}
        | {name: encode_table(rows, _said(name)) for name, rows in placed.items()},
    }
    return pack(head, {name: _drawn(name, rows) for name, rows in placed.items()})


def _about(folder: Path, manifest: Any) -> dict[str, str]:
    return {"folder": folder.resolve().name, **{key: str(manifest.get(key, "")) for key in ("name", "as_of")}}


def _fact(name: str, language: str) -> tuple[str, str]:
    """Return heading and unit of a fact of areas."""
    [column] = [column for column in columns_of("areas") if column.name == name]
    return getattr(column, language), column.unit


def _lists(tables: Any) -> list[str]:
    return sorted({column.values for columns in tables for column in columns} - {""} | {"compare_figure"})


def _said(name: str) -> list[Column]:
    layer = name.removesuffix("_was").removesuffix("_now")
    return [column for column in columns_of(layer) if column.name in PLACED[layer]]


def _drawn(name: str, rows: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return close_slits(rows.geometry) if name.startswith("areas") else rows.geometry
