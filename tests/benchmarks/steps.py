"""Where does the time go? Start-up, and every step of whole runs: sample town, kits, and drawn towns of growing size.

Each run is a process of its own, so that peak memory is that of one run. Seconds stand twice: by the wall clock, and
of all processors together, which a busy machine changes less; shares and exponents are of the latter. A step is what
passes between two lines of progress of `geoplan run --verbose`, or one file written; what is small stands under "rest".
The exponent of a step is the power of the number of estates by which it grows from the smallest to the largest drawn
town; below 1 s it is left out, for there what does not grow covers what does.

    python tests/benchmarks/steps.py [--shared FOLDER] [--date 2026-01-31] [--towns 1000 3000 10000]
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from report import GIB, arguments, heading, say, table, whisper
from towns import write_town

ROOT = Path(__file__).resolve().parents[2]
START_UPS = {
    "python alone": ["-c", "pass"], "import geoplan": ["-c", "import geoplan"],
    "geoplan --help": ["-m", "geoplan", "--help"],
    "all that a run imports": ["-c", "import geoplan.plan, geoplan.publish"],
}
REPEATS = 7
KIB_PER_GIB = GIB / 1024
SMALL_SHARE = 0.03  # steps below it in every run stand together as the rest
LEAST_S = 1.0  # below it no exponent is told
KITS = {"Wuxi": "wuxi_xinwu", "Hangzhou": "hangzhou"}
GOALS = {"import geoplan": "0.3 s", "geoplan --help": "0.5 s", "Wuxi": "30 s, 1 GB", "town of 10,000": "3 GB"}
RUN = "--one-run"  # how this file calls itself


def main() -> None:
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--towns", nargs="*", type=int, default=[1000, 3000, 10_000])
    parser.add_argument("--patience", type=float, default=1800.0, help="seconds after which a run is given up")
    asked = parser.parse_args()
    os.environ["GEOPLAN_SHARED"] = str(asked.shared)
    say(heading("Start-up", asked.date), table(["what", "median wall s", "processor s", "to reach"], [
        [name, *start_up_s(call), GOALS.get(name, "")] for name, call in START_UPS.items()]))
    projects = {"sample town": ROOT / "data" / "hehuang"} | {
        name: ROOT / "tests" / "kits" / kit for name, kit in KITS.items() if (asked.shared / "kits" / kit).is_dir()}
    with tempfile.TemporaryDirectory() as folder:
        projects |= {f"town of {count:,}": write_town(Path(folder) / f"town{count}", count) for count in asked.towns}
        runs = {name: run_apart(name, project, asked.patience) for name, project in projects.items()}
    say(heading("Whole runs", asked.date), show_runs({name: run for name, run in runs.items() if run}))
    failed = [name for name, run in runs.items() if run is None]
    if failed:
        say(f"No figures, because the run failed or was given up: {', '.join(failed)}", "")
    drawn = [runs[name] for name in runs if name.startswith("town of") and runs[name]]
    if len(drawn) > 1:
        say(heading("Growth with the number of estates", asked.date), show_growth(drawn))


def clocks() -> np.ndarray:
    """Return the wall clock, and the seconds of all processors of this process and those it waited for."""
    return np.array([time.perf_counter(), sum(os.times()[:4])])


def start_up_s(call: list[str]) -> list[float]:
    def once() -> np.ndarray:
        start = clocks()
        subprocess.run([sys.executable, *call], check=True, capture_output=True)
        return clocks() - start

    once()
    return [float(seconds) for seconds in np.median([once() for _ in range(REPEATS)], axis=0)]


def run_apart(name: str, project: Path, patience: float) -> dict[str, Any] | None:
    """Return estates, seconds of every step and peak memory of one run in its own process; None where there is none."""
    whisper(name)
    try:
        done = subprocess.run([sys.executable, __file__, RUN, str(project)], capture_output=True, text=True,
                              timeout=patience, check=False)
    except subprocess.TimeoutExpired:
        whisper(f"{name}: given up after {patience:.0f} s")
        return None
    if done.returncode:
        whisper(f"{name}: ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        return None
    run = json.loads(done.stdout.splitlines()[-1])
    whisper(f"{name}: {sum(run['wall'].values()):.0f} s, of all processors {sum(run['seconds'].values()):.0f} s")
    return run


def run_once(project: Path) -> None:
    """Run one project and print its figures as JSON."""
    clock = [clocks()]
    seconds: dict[str, np.ndarray] = {}

    def lap(name: str) -> None:
        now = clocks()
        seconds[name] = seconds.get(name, 0.0) + now - clock[-1]
        clock.append(now)

    from geoplan import make_plan, read_project, write_run

    with tempfile.TemporaryDirectory() as folder:
        opened = read_project(project)
        lap("start")
        plan = make_plan(opened, report=lambda finding: lap(finding.code.removeprefix("step.")))
        lap("last tables")
        write_run(plan, Path(folder) / "out", report=lambda finding: lap(f"write {finding.values['file']}"))
        lap("manifest")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_GIB
    print(json.dumps({
        "estates": len(plan.tables["estates"]), "areas": len(plan.tables["areas"]), "peak": peak,
        "wall": {name: spent[0] for name, spent in seconds.items()},
        "seconds": {name: spent[1] for name, spent in seconds.items()},
        "gap": gap_share(plan.tables["grouping"]),
    }))


def gap_share(grouping: Any) -> float:
    objective = grouping["objective"].sum()
    return float((objective - grouping["lower_bound"].sum()) / objective) if objective else 0.0


def show_runs(runs: Mapping[str, dict[str, Any]]) -> str:
    """Return one column a run: what it is, its seconds, and the share of every step that counts."""
    total = {name: sum(run["seconds"].values()) for name, run in runs.items()}
    steps = list(dict.fromkeys(step for run in runs.values() for step in run["seconds"]))
    share = {step: [run["seconds"].get(step, 0.0) / total[name] for name, run in runs.items()] for step in steps}
    large = [step for step in steps if max(share[step]) >= SMALL_SHARE]
    rest = [1 - sum(share[step][i] for step in large) for i in range(len(runs))]
    return table(["", *runs], [
        ["estates", *(run["estates"] for run in runs.values())], ["areas", *(run["areas"] for run in runs.values())],
        ["proven gap of the areas", *(f"{run['gap']:.2%}" for run in runs.values())],
        ["wall s", *(float(sum(run["wall"].values())) for run in runs.values())],
        ["processor s", *(float(seconds) for seconds in total.values())],
        ["peak memory, GB", *(f"{run['peak']:.2f}" for run in runs.values())],
        ["to reach", *(GOALS.get(name, "") for name in runs)],
        *([f"of it {step}", *(f"{part:.0%}" for part in share[step])] for step in large),
        ["of it the rest", *(f"{part:.0%}" for part in rest)],
    ])


def show_growth(drawn: list[dict[str, Any]]) -> str:
    small, large = drawn[0], drawn[-1]
    steps = sorted(small["seconds"].keys() & large["seconds"].keys(), key=lambda step: -large["seconds"][step])
    spent = {step: [float(run["seconds"].get(step, np.nan)) for run in drawn] for step in steps}
    size = np.log(large["estates"] / small["estates"])
    rows = [[step, *seconds, f"{np.log(seconds[-1] / seconds[0]) / size:.2f}"]
            for step, seconds in spent.items() if seconds[-1] >= LEAST_S and seconds[0] > 0]
    whole = [sum(run["seconds"].values()) for run in drawn]
    rows.append(["the whole run", *whole, f"{np.log(whole[-1] / whole[0]) / size:.2f}"])
    return table(["step", *(f"{run['estates']:,} estates, processor s" for run in drawn), "exponent"], rows)


if __name__ == "__main__":
    if RUN in sys.argv:
        run_once(Path(sys.argv[-1]))
    else:
        main()
