"""What must hold for any file at all: no exception but ours, every row accounted for, every finding a sentence.

Rows are counted a second time here, from the bytes alone and without the reader, wherever the format lets one.
"""

import json
import re
import sqlite3
import struct
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import geopandas as gpd
from brought import CRS, EAST, NORTH
from mutations import Files
from seeds import PLAN, Seed
from shapely.geometry import Point

from geoplan.cost_rows import read_costs
from geoplan.errors import Finding, GeoplanError, located, messages, stopping
from geoplan.geodata import open_geodata
from geoplan.heights import check_heights, read_heights
from geoplan.ledgers import open_ledger
from geoplan.preflight import LEDGERS, check_file, format_of
from geoplan.project import Project, parse_project
from geoplan.read import collect_layers
from geoplan.templates import read_template

HOLE = re.compile(r"\{[a-z_]+\}")
SOUND = '[estates]\npath = "sound.geojson"\n'
TOTALS = re.compile(r"\s*(?:合计|总计|小计|共计|总和)[::]?\s*")


def judge(seed: Seed, files: Files, sound: bytes, folder: Path, chance: Random, deep: float) -> list[str]:
    """Return what is wrong with what is made of these files, one line each; `deep` is the share read to the end.

    `folder` is emptied of the files again. Every exception is a complaint, whatever it is.
    """
    said = files.get("plan.toml")
    text = f"{PLAN}{SOUND if seed.layer != 'estates' else ''}{seed.section}"
    held = {**files, "plan.toml": said if said is not None else text.encode()}
    if seed.layer not in ("estates", "plan"):
        held["sound.geojson"] = sound
    for name, data in held.items():
        (folder / name).write_bytes(data)
    try:
        return _judged(seed, files, folder, chance.random() < deep)
    except GeoplanError as error:
        return _holes(error.findings)
    except Exception as error:
        return [f"{type(error).__name__} {place_of(error)}: {str(error)[:160]!r}"]
    finally:
        for file in folder.iterdir():
            file.unlink()


def _judged(seed: Seed, files: Files, folder: Path, is_deep: bool) -> list[str]:
    project, findings = parse_project(folder)
    complaints = _holes(findings)
    if project is None:
        return complaints
    if seed.layer == "costs":
        return complaints + _holes(read_costs(project)[1])
    if seed.layer == "delivery":
        return complaints + _template(project)
    if seed.layer == "elevation":
        return complaints + _heights(project)
    if seed.layer == "plan":
        return complaints + (_read(project, findings) if is_deep else [])
    if seed.layer not in project.sources:
        return complaints
    complaints += _opened(seed, files, project, folder)
    return complaints + (_read(project, findings) if is_deep else [])


def _template(project: Project) -> list[str]:
    template, findings = read_template(project)
    said = bool(template.wishes or stopping(findings)) or project.delivery.template is None
    return _holes(findings) if said else ["template: nothing read, and nothing said"]


def _heights(project: Project) -> list[str]:
    findings = check_heights(project)
    if not findings and project.elevation.path is not None:
        spots = gpd.GeoSeries([Point(EAST, NORTH), Point(EAST + 333, NORTH + 77)], crs=CRS)
        heights, more = read_heights(project, spots)
        findings = [*findings, *more]
        if len(heights) != len(spots):
            return ["heights: not one a point"]
    return _holes(findings)


def _opened(seed: Seed, files: Files, project: Project, folder: Path) -> list[str]:
    path, source = folder / seed.main, project.sources[seed.layer]
    stops = check_file(path, seed.main, seed.layer)
    if stops:
        return _holes(stops)
    opened, stops = (open_ledger if format_of(path) in LEDGERS else open_geodata)(path, source, seed.layer)
    complaints = _holes(stops)
    if opened is None:
        return complaints if stops else [*complaints, "not opened, and nothing said"]
    complaints += _holes(opened.findings)
    count = COUNTS.get(path.suffix)
    expected = count(files, seed.main, source.header_row) if count is not None else None
    if expected is not None and expected != len(opened.row):
        complaints.append(f"rows: {len(opened.row)} read, {expected} in the file ({path.suffix})")
    return complaints


def _read(project: Project, of_plan: Sequence[Finding]) -> list[str]:
    layers, stops = collect_layers(project)
    if layers is None:
        return _holes(stops) if stops or of_plan else ["nothing read, and nothing said"]
    complaints = _holes([*stops, *layers.findings])
    for layer, counts in layers.rows.items():
        lost = [one for one in layers.findings if one.layer == layer and messages()[one.code]["action"] == "rejected"]
        if counts["read"] != counts["used"] + counts["rejected"] or len(lost) != counts["rejected"]:
            complaints.append(f"{layer}: {dict(counts)}, {len(lost)} rejected by name")
    return complaints


def _holes(findings: Sequence[Finding]) -> list[str]:
    """Return the findings that are no sentence in one of the languages."""
    said = {located(finding, language): finding.code for finding in findings for language in ("zh", "en")}
    return [f"no sentence: {code}" for sentence, code in said.items() if not sentence.strip()]


def place_of(error: BaseException) -> str:
    """Return where an exception arose, in our own files."""
    calls = [(Path(call.filename), call.lineno) for call in traceback.extract_tb(error.__traceback__)]
    ours = [f"{file.name}:{line}" for file, line in calls if file.parent.name == "geoplan"]
    return " < ".join(ours[:-4:-1]) or "outside"


# ---- rows counted a second time

def _of_table(files: Files, main: str, _: int) -> int:
    data = files[Path(main).with_suffix(".dbf").name]
    count, header, width = struct.unpack_from("<IHH", data, 4)
    return sum(data[header + width * at:header + width * at + 1] != b"*" for at in range(count))


def _of_json(files: Files, main: str, _: int) -> int:
    said = json.loads(files[main].decode("utf-8-sig"))
    return len(said["features"]) if said["type"] == "FeatureCollection" else 1


def _of_base(files: Files, main: str, _: int) -> int | None:
    with closing(sqlite3.connect(":memory:")) as base:
        base.deserialize(files[main])
        names = base.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'").fetchall()
        return int(base.execute(f'SELECT count(*) FROM "{names[0][0]}"').fetchone()[0]) if len(names) == 1 else None


def _of_lines(files: Files, main: str, header: int) -> int | None:
    """Count lines; one that is quoted may hold several, and a mark in front decides the encoding: both are left out.

    The separator is what the heading has most of, so that another one alone in a line is something said.
    """
    data = files[main]
    if b'"' in data or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None
    every = re.split(rb"\r\n|\r|\n", data.removeprefix(b"\xef\xbb\xbf"))
    separator = max(",\t;", key=lambda mark: every[header - 1].count(mark.encode()) if len(every) >= header else 0)
    lines = every[header:]
    for encoding in ("utf-8", "gbk", "gb18030"):
        try:
            texts = [line.decode(encoding) for line in lines]
        except UnicodeDecodeError:
            continue
        cells = [[cell for cell in text.split(separator) if cell.strip()] for text in texts]
        return sum(bool(line) and not TOTALS.fullmatch(line[0]) for line in cells)
    return None


COUNTS: Mapping[str, Callable[[Files, str, int], int | None]] = {
    ".shp": _of_table, ".geojson": _of_json, ".gpkg": _of_base, ".csv": _of_lines}
