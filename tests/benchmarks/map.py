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

sys.path.insert(0, str(Path(__file__).parents[1]))

from chromium import find_chromium, run_chromium
from many_estates import many_estates
from report import say

from geoplan.maps import write_map

TARGETS = {5_000: (2, 1.0), 200_000: (25, 3.0)}  # estates: megabytes, seconds
OPENINGS = 3
PAINTED = """new Promise((done) => {
  const look = () => {
    const page = document.getElementById('geoplan');
    if (page && page.dataset.ready === 'yes') requestAnimationFrame(() => setTimeout(() => done(performance.now())));
    else setTimeout(look, 5);
  };
  look();
})"""


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
            plan = many_estates(Path(folder) / "project", count, kinds)
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
