"""Whole commands on a small project and its run, one file of which went wrong: `python tests/fuzz --commands`.

check, run and init meet a changed project; explain, audit and compare a changed run folder. In the run folder the
manifest vouches for what was changed in most cases, so that it is the readers that have to see it.
"""

import csv
import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from brought import EAST, NORTH, square, town, write
from geopandas import GeoDataFrame
from laws import place_of
from mutations import NASTY, mutate
from seeds import LEDGER, PLACES, PROGRESS, ROOMS, SITES, csv_bytes
from shapely.geometry import LineString
from typer.testing import CliRunner

from geoplan.cli import app

ROWS = 10
COMMANDS = {"check": 6, "init": 2, "explain": 4, "audit": 3, "compare": 2, "run": 3}
VOUCHED, SENSIBLE = 0.85, 0.8  # shares of the cases: vouched for by the manifest; still a file that says something
CELLS = (*(text for text in NASTY if text.isprintable()), "1", "1000000", "0.1", "120.4", "E3", "S1")
VALUES = ("0", "1", "-1", "0.5", "1e9", "1e-9", "nan", "inf", "99999999999999999999", "true", "[]", "{}", '""', '"x"',
          "2024-02-29", '"EPSG:4326"', '"EPSG:4528"', '"E1"', "[[\"E1\"]]", "[2025]", '"all"', "100", "3000")
WANTED = ("E1", "E2", "A001", "F00002", "S1", "", "E1\0", "{{7*7}}", "*", "x" * 5000)
PLAN = f"""
[plan]
name = "小镇"
jurisdiction = "西宁市"
as_of = 2024-03-01
year = 2025
max_rejected_share = 1
[estates]
path = "estates.geojson"
[facilities]
path = "f.csv"
complete = ["SUPERMARKET"]
{LEDGER}
[sites]
path = "s.csv"
{SITES}
[streets]
path = "streets.geojson"
[progress]
path = "p.csv"
[areas]
max_gap_m = {{ value = 120, because = "近" }}
min_households = 100
[programme]
years = [2025, 2026]
budget_yuan = {{ 2025 = 120_000_000, 2026 = 1_000_000 }}
ready_year = {{ unknown = 2025, not_ready = 2026 }}
[funding]
shares = {{ utility = 0.7 }}
"""


class CommandBench:
    """A small project, its run, and a folder in which changed copies of them are laid out."""

    def __init__(self, folder: Path) -> None:
        os.environ["GEOPLAN_NO_CACHE"] = "1"
        self.project, self.run_folder, self.place = folder / "project", folder / "run", folder / "case"
        self.project.mkdir(parents=True)
        lay_out_project(self.project)
        made = CliRunner().invoke(app, ["run", str(self.project), "--out", str(self.run_folder)])
        assert made.exit_code == 0, made.output

    def run(self, seed: int, number: int, _: float = 0.0, keep: Path | None = None) -> tuple[str, list[str]]:
        """Return the command of a case, and what is wrong with how it ended; its files are kept if asked."""
        chance = Random(f"commands:{seed}:{number}")
        [command] = chance.choices(list(COMMANDS), list(COMMANDS.values()))
        shutil.rmtree(self.place, ignore_errors=True)
        project = changed(chance, self.project, self.place / "project") if command in ("check", "run", "init") else (
            self.project)
        run = self.run_folder
        if command in ("explain", "audit", "compare"):
            run = changed(chance, run, self.place / "run")
        words = WORDS[command](chance, project, run, self.run_folder, self.place)
        if keep is not None:
            shutil.copytree(self.place, keep, dirs_exist_ok=True)
        return command, ended(words, self.place / "out")


def lay_out_project(folder: Path) -> None:
    """Write the files of a town of ten estates in a row, with a street behind them."""
    shapes = [square(number) for number in range(ROWS)]
    write(town(ROWS, residents=["250"] * ROWS, geometry=shapes).to_crs("EPSG:4326"), folder / "estates.geojson")
    lines = [LineString([(EAST + 200 * n, NORTH - 20), (EAST + 200 * n + 200, NORTH - 20)]) for n in range(ROWS)]
    streets = GeoDataFrame({"highway": ["residential"] * ROWS}, geometry=lines, crs="EPSG:4549")
    write(streets.to_crs("EPSG:4326"), folder / "streets.geojson")
    for name, said in (("f.csv", PLACES), ("s.csv", ROOMS), ("p.csv", PROGRESS)):
        (folder / name).write_bytes(csv_bytes(said, "utf-8"))
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")


def changed(chance: Random, sound: Path, folder: Path) -> Path:
    """Return a copy of a folder with one of its files changed, seldom two; a manifest mostly vouches for them."""
    shutil.copytree(sound, folder, copy_function=os.link)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    name = chance.choice([file for file in files for _ in range(SHARES.get(file.name, 1))])
    data, careful = name.read_bytes(), CAREFUL.get(name.suffix)
    if careful is not None and chance.random() < SENSIBLE:
        for _ in range(chance.choice((1, 1, 2, 4))):
            data = careful(chance, data)
    else:
        data = mutate(chance, {name.name: data})[name.name]
    name.unlink()
    name.write_bytes(data)
    manifest = folder / "manifest.json"
    if manifest.exists() and name != manifest and chance.random() < VOUCHED:
        said = json.loads(manifest.read_text(encoding="utf-8"))
        said["outputs"][name.relative_to(folder).as_posix()] = hashlib.sha256(data).hexdigest()
        manifest.unlink()
        manifest.write_text(json.dumps(said), encoding="utf-8")
    return folder


def another_value(chance: Random, data: bytes) -> bytes:
    """Put another value behind one of the keys of a plan.toml that stays one."""
    lines = data.decode().splitlines()
    at = chance.choice([place for place, line in enumerate(lines) if "=" in line])
    key, _, value = lines[at].partition("=")
    inner = list(re.finditer(r"\d[\d_.]*|\"[^\"]*\"", value))
    spot = chance.choice(inner) if inner else None
    new = chance.choice(VALUES)
    lines[at] = f"{key}= {new}" if spot is None or chance.random() < 0.3 else (
        f"{key}={value[:spot.start()]}{new}{value[spot.end():]}")
    return "\n".join(lines).encode()


def another_cell(chance: Random, data: bytes) -> bytes:
    """Put something else into one cell of a .csv that stays one."""
    lines = list(csv.reader(io.StringIO(data.decode(), newline="")))
    line = chance.choice([line for line in lines[1:] if line] or lines)
    line[chance.randrange(len(line))] = chance.choice(CELLS)
    return csv_bytes(lines, "utf-8")


def another_member(chance: Random, data: bytes) -> bytes:
    """Change one property or the shape of one feature of a GeoJSON that stays one."""
    said = json.loads(data)
    feature = chance.choice(said["features"])
    if chance.random() < 0.3:
        other = chance.choice(said["features"])["geometry"]
        feature["geometry"] = chance.choice((None, other, {"type": "Point", "coordinates": [120.4, 31.5]}))
    else:
        key = chance.choice(list(feature["properties"]) or ["x"])
        feature["properties"][key] = chance.choice((*CELLS, None, 0, 1e9))
    return json.dumps(said).encode()


def ended(words: Sequence[str], out: Path) -> list[str]:
    """Return what is wrong with how a command ended: an exception, a code without a message, half a run."""
    result = CliRunner().invoke(app, list(words))
    error = result.exception
    complaints = []
    if error is not None and not isinstance(error, SystemExit):
        complaints.append(f"{type(error).__name__} {place_of(error)}: {str(error)[:160]!r}")
    elif result.exit_code not in (0, 1, 2):
        complaints.append(f"exit code {result.exit_code}")
    elif not result.output.strip():
        complaints.append(f"exit code {result.exit_code}, and nothing said")
    if "Traceback" in result.output:
        complaints.append("a traceback was printed")
    if out.exists() and not (out / "manifest.json").exists() and words[0] == "run":
        complaints.append("half a run")
    return complaints


def _of_init(chance: Random, project: Path, *_: Path) -> list[str]:
    new = project.parent / "new"
    files = {"--facilities": "f.csv", "--sites": "s.csv", "--streets": "streets.geojson"}
    asked = [word for option, file in files.items() if chance.random() < 0.7 for word in (option, str(project / file))]
    return ["init", str(new), "--estates", str(project / "estates.geojson"), *asked]


Words = Callable[[Random, Path, Path, Path, Path], list[str]]
WORDS: Mapping[str, Words] = {
    "check": lambda _, project, *rest: ["check", str(project), "--out", str(rest[-1] / "out")],
    "run": lambda _, project, *rest: ["run", str(project), "--out", str(rest[-1] / "out")],
    "init": _of_init,
    "explain": lambda chance, _, run, *__: ["explain", str(run), chance.choice(WANTED)],
    "audit": lambda chance, project, run, *_: [
        "audit", str(run), *(["--project", str(project)] if chance.random() < 0.5 else [])],
    "compare": lambda chance, _, run, sound, place: [
        "compare", *(map(str, (run, sound) if chance.random() < 0.5 else (sound, run))), "--out", str(place / "out")],
}
SHARES = {"plan.toml": 4, "plan.gpkg": 8, "manifest.json": 8, "plan.xlsx": 2, "map.html": 2}
CAREFUL: Mapping[str, Callable[[Random, bytes], bytes]] = {
    ".toml": another_value, ".csv": another_cell, ".geojson": another_member}
