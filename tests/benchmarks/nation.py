"""Makes a nation and runs it through `geoplan batch`: how long, how much memory, what fails, what two workers give.

    python tests/benchmarks/nation.py FOLDER [--towns 340] [--estates 220000] [--every 1] [--workers 1 2] [--memory 2GB]

Towns are as unequal as real cities: the k-th largest has a share that falls with k (SHIFT), none fewer than SMALLEST
estates. The same figures give the same towns. Towns are drawn once and found again; run folders too, so a nation that
was cut off goes on. `--every 16` runs a sixteenth of it: the largest town and every sixteenth after it. For clean
figures give an empty folder, and the machine nothing else to do.
"""

import json
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from report import GIB, arguments, heading, say, table, timed, whisper
from towns import SEED, write_town

from geoplan.batch import run_batch
from geoplan.errors import Finding
from geoplan.errors import say as say_in
from geoplan.towns import list_towns
from geoplan.workers import local_workers, results_of

TOWNS, ESTATES = 340, 220_000
SHIFT = 10  # Zipf and Mandelbrot: the k-th town is as large as 1 / (k + SHIFT); the largest of the nation has 5,900
SMALLEST = 24  # estates; Wuxi's district has 690, Hangzhou 2,112
LOOK_S = 1.0


def sizes(towns: int, estates: int) -> list[int]:
    """Return the estates of every town, largest first; their sum is `estates`, as far as no town is too small."""
    share = 1 / (np.arange(1, towns + 1) + SHIFT)
    counts = np.maximum(np.floor(share / share.sum() * estates).astype(int), SMALLEST)
    counts[0] += max(0, estates - int(counts.sum()))
    return [int(count) for count in counts]


def draw_nation(folder: Path, counts: list[int]) -> list[Path]:
    """Write every town that is not there yet, and return the projects."""
    projects = []
    for number, count in enumerate(counts):
        project = folder / f"T{number:03d}_{count}"
        if not (project / "plan.toml").is_file():
            write_town(project, count, seed=SEED + number)
        projects.append(project)
    return projects


def run_nation(projects: list[Path], out: Path, workers: int, memory: str | None) -> dict[str, Any]:
    """Run the towns and return what it took; every worker process that lived is counted."""
    seen: dict[int, tuple[int, float]] = {}
    is_over = threading.Event()
    with local_workers(workers, memory) as client, ThreadPoolExecutor(1) as beside:
        watch = beside.submit(_watch, client, seen, is_over)
        start = time.perf_counter()
        outcomes = run_batch(
            list_towns(projects, out), out, partial(results_of, client), language="en", report=_whisper)
        seconds = time.perf_counter() - start
        is_over.set()
        watch.result()
    return {
        "workers": workers, "seconds": seconds, "cpu": sum(cpu for _, cpu in seen.values()),
        "peak": max((peak for peak, _ in seen.values()), default=0),
        "undone": {name: outcome.state for name, outcome in outcomes.items() if outcome.state != "done"},
        "kept": sum(outcome.is_kept for outcome in outcomes.values()),
        "bytes": sum(file.stat().st_size for file in out.rglob("*") if file.is_file()),
    }


def _watch(client: Any, seen: dict[int, tuple[int, float]], is_over: threading.Event) -> None:
    """Look at every worker now and then: peaks and processor time only grow, so the last look says all."""
    while True:
        is_last = is_over.wait(LOOK_S)
        seen.update(dict(client.run(_used, on_error="ignore").values()))
        if is_last:
            return


def _used() -> tuple[int, tuple[int, float]]:
    """Return the process, the most memory it ever held, and its seconds on a processor."""
    import os
    import resource
    import time

    return os.getpid(), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, time.process_time())


def _whisper(finding: Finding) -> None:
    whisper(say_in(finding, "en"))


def _same(one: Path, two: Path) -> bool:
    """Say whether two batches have the same bytes: the manifests vouch for all others."""
    manifests = [{file.relative_to(out): json.loads(file.read_text(encoding="utf-8"))
                  for file in out.rglob("manifest.json")} for out in (one, two)]
    return manifests[0] == manifests[1]


def main() -> None:
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--towns", type=int, default=TOWNS)
    parser.add_argument("--estates", type=int, help="default: 647 a town, as in the nation")
    parser.add_argument("--every", type=int, default=1, help="run run one town in so many, the largest among them")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--memory", help="limit of each worker, as 2GB")
    parser.add_argument("--fresh", action="store_true", help="remove the runs of an earlier call first")
    asked = parser.parse_args()
    counts = sizes(asked.towns, asked.estates or asked.towns * ESTATES // TOWNS)
    projects, drawn = timed(partial(draw_nation, asked.folder / "projects", counts))
    whisper(f"{len(projects)} towns drawn in {drawn[0]:.0f} s")
    projects, ran = projects[::asked.every], counts[::asked.every]
    outs = {workers: asked.folder / f"out-{workers}" for workers in asked.workers}
    runs = []
    for workers, out in outs.items():
        if asked.fresh:
            shutil.rmtree(out, ignore_errors=True)
        runs.append(run_nation(projects, out, workers, asked.memory))
    say(heading(f"A nation of {len(counts)} towns, {sum(counts):,} estates", asked.date))
    say(f"Largest {counts[0]:,}, median {int(np.median(counts)):,}, smallest {counts[-1]:,} estates.", "")
    if asked.every > 1:
        say(f"Of it every {asked.every}th town: {len(ran)} towns, {sum(ran):,} estates, "
            f"{sum(ran) / sum(counts):.1%} of the nation.", "")
    base = runs[0]["seconds"]
    say(table(
        ["workers", "minutes", "processor minutes", "speed-up", "peak memory a worker (GB)", "kept", "not done",
         "written (GB)"],
        [[run["workers"], run["seconds"] / 60, run["cpu"] / 60, base / run["seconds"], run["peak"] / GIB, run["kept"],
          len(run["undone"]), run["bytes"] / GIB] for run in runs]))
    first, *others = outs.values()
    if others:
        say(f"Same bytes from all: {'yes' if all(_same(first, out) for out in others) else 'NO'}")
    for run in runs:
        for name, state in run["undone"].items():
            say(f"- {run['workers']} workers: {name} {state}")


if __name__ == "__main__":
    sys.exit(main())
