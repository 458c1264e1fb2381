"""How large is the map, and how soon is it there? Towns of many estates on a grid: file size, first paint, memory.

    python tests/benchmarks/map.py [--estates 5000 200000] [--types 20 5]

First paint is measured in headless Chromium with networking off, from the start of navigation to the first frame that
shows the whole plan; the longest of three openings counts. Memory is the page's JavaScript heap after it.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).parents[1]))

from chromium import find_chromium, run_chromium
from little_plan import X0, Y0, little_plan, table
from report import say

from geoplan.maps import write_map
from geoplan.plan import Plan
from geoplan.policy import load_catalogue

TARGETS = {5_000: (2, 1.0), 200_000: (25, 3.0)}  # estates: megabytes, seconds
OPENINGS = 3
ESTATES_OF_AREA = 12
PAINTED = """new Promise((done) => {
  const look = () => {
    const page = document.getElementById('geoplan');
    if (page && page.dataset.ready === 'yes') requestAnimationFrame(() => setTimeout(() => done(performance.now())));
    else setTimeout(look, 5);
  };
  look();
})"""


def synthetic_plan(folder: Path, count: int, kinds: int) -> Plan:
    """Return a plan of so many estates of 14 corners each, with gaps of so many types and three doubtful rules each."""
    draw = np.random.default_rng(1)
    ids = np.array([f"E{number:06d}" for number in range(count)])
    side = int(np.ceil(np.sqrt(count)))
    where = np.column_stack([X0 + 150.0 * (np.arange(count) % side), Y0 + 150.0 * (np.arange(count) // side)])
    turns = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    rings = where[:, None, :] + np.column_stack([np.cos(turns), np.sin(turns)]) * draw.uniform(35, 70, (count, 14, 1))
    shapes = shapely.polygons(rings)
    areas = np.array([f"A{number // ESTATES_OF_AREA:05d}" for number in range(count)])
    homes = draw.integers(30, 900, count)
    types = load_catalogue().query("max_walk_m.notna()")["facility_type"].tolist()[:kinds]
    estates = table(
        "estates", estate_id=ids, name=[f"{'东西南北'[n % 4]}城新村{n}号院" for n in range(count)], households=homes,
        residents=homes * 3, completion_year=draw.integers(1978, 2005, count), eligibility=["eligible"] * count,
        subdistrict=[f"第{n * 20 // count}街道" for n in range(count)], plan_entry=["unknown"] * count, area_id=areas,
        geometry=shapes)
    grouped = pd.Series(homes).groupby(areas).sum()
    corners = shapely.polygons(rings[:, ::2])  # real outlines of areas have 0.6 to 0.7 corners for one of their estates
    outlines = [shapely.MultiPolygon(list(corners[n:n + ESTATES_OF_AREA])) for n in range(0, count, ESTATES_OF_AREA)]
    distances = draw.gamma(2.0, 250.0, count * len(types)).round()
    limits = np.tile(np.resize([300.0, 500.0, 1_000.0, 800.0], len(types)), count)
    gaps = table("gaps", estate_id=np.repeat(ids, len(types)), facility_type=types * count, limit_m=limits,
                 distance_m=distances, is_gap=distances > limits, is_gap_after=distances > limits * 1.2,
                 standard=["GB 50180-2018"] * len(distances), confidence=["K"] * len(distances))
    rules = ["QH23-01", "QH23-02", "QH23-03"]
    verdicts = table(
        "verdicts", estate_id=np.repeat(ids, 3), rule_id=rules * count, document=["QH-2023-268"] * 3 * count,
        clause=["第一条"] * 3 * count, strength=["hard"] * 3 * count, param=["completion_year"] * 3 * count,
        value=[None] * 3 * count, limit=["<= 2000"] * 3 * count, result=["unknown"] * 3 * count,
        stage=["eligibility"] * 3 * count)
    drawn = table(
        "areas", area_id=grouped.index, component_id=["C1"] * len(grouped), name=[f"第{n}片区" for n in grouped.index],
        estates=pd.Series(areas).value_counts().sort_index().to_numpy(), households=grouped.to_numpy(),
        residents=3 * grouped.to_numpy(), hub_estate_id=ids[::ESTATES_OF_AREA], radius_m=[300.0] * len(grouped),
        cost=[1.0] * len(grouped), elder_short_m2=draw.integers(0, 1_500, len(grouped)), geometry=outlines)
    empty = {name: made.iloc[:0] for name, made in little_plan(folder).tables.items() if name in (
        "area_gaps", "facilities", "sites", "links")}
    return little_plan(folder, **empty, estates=estates, gaps=gaps, verdicts=verdicts, areas=drawn)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--estates", type=int, nargs="+", default=list(TARGETS))
    asked.add_argument("--types", type=int, nargs="+", default=[20, 5])
    said = asked.parse_args()
    say("| map of | types | MB | target | written in | first paint | target | heap |", "|" + "---|" * 8)
    path = find_chromium()
    if path is None:
        raise SystemExit("Chromium is not installed")
    with tempfile.TemporaryDirectory() as folder, run_chromium(path) as browser:
        for count, kinds in zip(said.estates, said.types, strict=True):
            plan = synthetic_plan(Path(folder) / "project", count, kinds)
            start = perf_counter()
            write_map(plan, Path(folder) / "map.html")
            written = perf_counter() - start
            paints, heap = [], 0
            for _ in range(OPENINGS):
                with browser.open(Path(folder) / "map.html", 1920, 1080) as page:
                    paints.append(page.evaluate(PAINTED) / 1_000)
                    heap = page.evaluate("performance.memory.usedJSHeapSize")
            size = (Path(folder) / "map.html").stat().st_size
            megabytes, seconds = TARGETS.get(count, ("", ""))
            say(f"| {count:,} estates | {kinds} | {size / 1e6:.1f} | {megabytes} | {written:.1f} s "
                f"| {max(paints):.2f} s | {seconds} s | {heap / 1e6:.0f} MB |")


if __name__ == "__main__":
    main()
