"""The same bytes from the same town: whatever the order of rows, the seed of hashes, and the processors at hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
