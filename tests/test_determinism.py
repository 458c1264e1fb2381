"""The same bytes from the same town: whatever the order of rows, the seed of hashes, and the processors at hand."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_town import make_town

TESTS = Path(__file__).parent
PROGRAM = """
import hashlib, os, random, sys
from itertools import combinations
if sys.argv[2] == "one" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from linked import Asked, Town
from geoplan.alternatives import find_alternatives
from geoplan.areas import GROUPINGS, group_estates, rate_grouping

chance = random.Random(5)
names = [f"E{number:02d}" for number in range(14)]
places = {name: (chance.randrange(10), chance.randrange(6) + 20 * (number % 2)) for number, name in enumerate(names)}
lengths = {}
for one, two in combinations(names, 2):
    away = abs(places[one][0] - places[two][0]) + abs(places[one][1] - places[two][1])
    if away <= 4:
        lengths[one, two] = 60.0 * max(away, 1)
households = {name: chance.choice([100, 250, 400, 400, 700]) for name in names}
town = Town(households, lengths, Asked(min_households=600, max_households=1800, must_join=[list(min(lengths))]))
rows = int(sys.argv[1])
estates, links = town.estates, town.links
ids = list(names)
if rows:
    estates, links = estates.sample(frac=1, random_state=rows), links.sample(frac=1, random_state=rows)
    random.Random(rows).shuffle(ids)
tables = []
for method in sorted(GROUPINGS):
    for frozen in ({}, {"A003": ["E01"]}):
        given = {"grouped_ids": ids, "rules": town.asked, "frozen": frozen}
        members, bounds = group_estates(estates, links, method=method, **given)
        tables += [members, bounds, rate_grouping(members, bounds, estates, area_overhead=500_000)]
        if method == "optimal":
            alternatives, who, findings = find_alternatives(
                estates, links, members, count=1, max_extra_share=0.3, min_changed_share=0.2, **given)
            assert len(alternatives) > 1
            tables += [alternatives, who]
for table in tables:
    print(hashlib.sha256(table.to_csv(index=False, float_format="%r").encode()).hexdigest())
"""


def digests(*, seed: int, rows: int, processors: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(rows), processors], capture_output=True, text=True, cwd=TESTS, check=False,
        env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(TESTS)})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def straight() -> str:
    return digests(seed=0, rows=0, processors="all")


@pytest.mark.parametrize(("seed", "rows", "processors"), [(1, 0, "all"), (0, 7, "all"), (4242, 3, "one")])
def test_groupings_and_alternatives_are_the_same_bytes(straight: str, seed: int, rows: int, processors: str) -> None:
    assert len(straight.split()) == 3 * 3 * 2 + 2 * 2
    assert digests(seed=seed, rows=rows, processors=processors) == straight


# ---- a whole run, from files to files

RUN = """
import datetime, os, sys, time, types
days, processors, project, out = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
if processors == "one" and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
later, moved = days * 86_400, datetime.timedelta(days=days)
real_time, real_local, real_gm, real_form = time.time, time.localtime, time.gmtime, time.strftime
time.time = lambda: real_time() + later
time.localtime = lambda seconds=None: real_local(time.time() if seconds is None else seconds)
time.gmtime = lambda seconds=None: real_gm(time.time() if seconds is None else seconds)
time.strftime = lambda form, moment=None: real_form(form, time.localtime() if moment is None else moment)
import geoplan.publish
class Day(datetime.date):
    @classmethod
    def today(cls):
        return super().today() + moved
class Moment(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + moved
    @classmethod
    def today(cls):
        return super().today() + moved
    @classmethod
    def utcnow(cls):
        return super().now(datetime.timezone.utc).replace(tzinfo=None) + moved
moved_module = types.ModuleType("datetime")
moved_module.__dict__.update({**vars(datetime), "date": Day, "datetime": Moment})
others = {datetime: moved_module, datetime.date: Day, datetime.datetime: Moment}
WRITERS = ("docx", "folium", "branca", "matplotlib", "xlsxwriter", "zipfile", "geoplan", "jinja2", "fiona", "PIL")
for name, module in list(sys.modules.items()):  # compiled libraries keep theirs: they need the very classes
    if name.partition(".")[0] in WRITERS:
        for called, value in list(vars(module).items()):
            if isinstance(value, type | types.ModuleType) and value in others:
                setattr(module, called, others[value])
sys.argv = ["geoplan", "run", project, "--out", out]
from geoplan.cli import main
main()
"""


def run_of(folder: Path, *, order: int, days: int, processors: str, **environment: str) -> dict[str, Any]:
    """Return the manifest of a run, so many days from now, of the town with its rows in some order."""
    project, out = make_town(folder / "town", order), folder / "run"
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(days), processors, str(project), str(out)], capture_output=True, text=True,
        check=False, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    manifest: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return manifest


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_of(tmp_path_factory.mktemp("first"), order=0, days=0, processors="all", PYTHONHASHSEED="0",
                  TZ="Asia/Shanghai", LC_ALL="C.UTF-8")


@pytest.mark.parametrize(("order", "days", "processors", "seed", "zone", "locale"), [
    (7, 0, "one", "1", "Asia/Shanghai", "C"), (0, 4_000, "all", "4242", "America/New_York", "C.UTF-8"),
])
def test_a_run_is_the_same_bytes_whatever_the_day_the_zone_the_seed_the_order_and_the_processors(
    first_run: dict[str, Any], tmp_path: Path, order: int, days: int, processors: str, seed: str, zone: str,
    locale: str,
) -> None:
    again = run_of(tmp_path, order=order, days=days, processors=processors, PYTHONHASHSEED=seed, TZ=zone,
                   LC_ALL=locale, OMP_NUM_THREADS="1" if processors == "one" else "2")
    assert first_run["steps"]["areas"] > 1
    assert first_run["steps"]["sitings"] > 0
    assert {"map.html", "plan.gpkg", "plan.xlsx", "dossiers.docx", "atlas.pdf"} <= set(first_run["outputs"])
    assert again["outputs"] == first_run["outputs"]
    differing = {name for name in first_run if again[name] != first_run[name]}
    assert differing == ({"inputs"} if order else set())
