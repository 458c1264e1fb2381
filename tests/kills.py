"""Kill `geoplan run` where it stands, again and again: is there ever half a delivery?

    python tests/kills.py 200 --seed 7

A small town is run for real and killed (SIGKILL) when its process has used a random share of the processor time of a
whole run, drawn from the seed; every second time into a folder that holds an earlier run, and every second pair while
the run folder is being written. Afterwards the folder must be absent, or whole to the last byte, and the next start
must leave nothing else behind. Processor time, not the clock, so that a busy machine kills at the same places.
With --warm each run is forked from a process that has loaded its libraries: the same command, without the first seconds
in which nothing is on the disk yet.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from test_cli import write_project

from geoplan.staging import MANIFEST, check_out

PAUSE_S = 0.005
EVERY = 20  # runs, after which the command says that it is alive
WRITING_SHARE = 0.35  # of the processor time of a whole run, from the moment its hidden folder is there


def start_cold(project: Path, out: Path) -> int:
    """Start a run of a project as a process of its own, and return its number."""
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    words = [sys.executable, "-m", "geoplan", "run", str(project), "--out", str(out)]
    return os.posix_spawn(sys.executable, words, os.environ, file_actions=quiet)


def start_warm(project: Path, out: Path) -> int:
    """Start a run of a project in a copy of this process, and return its number."""
    app = import_module("geoplan.cli").app
    for heavy in ("geoplan.plan", "geoplan.publish"):
        import_module(heavy)
    number = os.fork()
    if number:
        return number
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    try:
        app(["run", str(project), "--out", str(out)])
    except SystemExit as end:
        os._exit(int(end.code or 0))
    os._exit(0)


def used_s(number: int) -> float:
    """Return the processor time a process has used so far."""
    fields = Path(f"/proc/{number}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill_after(number: int, seconds: float, begins: Callable[[], bool]) -> bool:
    """Kill a process when it has used so much time since something began; False where it ended before."""
    since: float | None = None
    while True:
        ended, status = os.waitpid(number, os.WNOHANG)
        if ended:
            return os.WIFSIGNALED(status)
        if since is None and begins():
            since = used_s(number)
        if since is not None and used_s(number) - since >= seconds:
            os.kill(number, signal.SIGKILL)
            return os.WIFSIGNALED(os.waitpid(number, 0)[1])
        time.sleep(PAUSE_S)


def wrong_in(out: Path) -> str:
    """Return what is wrong with a run folder; nothing where it is absent or whole."""
    if not out.exists():
        return ""
    if not (out / MANIFEST).is_file():
        return "no manifest"
    manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    found = {file.relative_to(out).as_posix(): sha256(file.read_bytes()).hexdigest()
             for file in sorted(out.rglob("*")) if file.is_file() and file.name != MANIFEST}
    return "" if manifest["outputs"] == found else "the files are not those of the manifest"


def kill_runs(
    count: int, seed: int, folder: Path, start: Callable[[Path, Path], int] = start_cold,
) -> Iterator[tuple[bool, str]]:
    """Yield for every run whether it was killed before its end, and what was wrong afterwards.

    Parameters
    ----------
    count
        How many runs.
    seed
        Of the moments.
    folder
        An empty folder to work in.
    start
        How a run is started.
    """
    draw = random.Random(seed)
    project, earlier, out = write_project(folder / "town"), folder / "earlier", folder / "out"
    _, status, used = os.wait4(start(project, earlier), 0)
    assert os.waitstatus_to_exitcode(status) == 0
    whole_s = used.ru_utime + used.ru_stime
    for number in range(count):
        shutil.rmtree(out, ignore_errors=True)
        if number % 2:
            shutil.copytree(earlier, out)
        is_late = number % 4 >= 2
        begins = (lambda: any(folder.glob(".out.part-*"))) if is_late else (lambda: True)
        share = draw.random() * (WRITING_SHARE if is_late else 1.0)
        was_killed = kill_after(start(project, out), share * whole_s, begins)
        wrong = wrong_in(out)
        refused = check_out(out)
        left = {file.name for file in folder.iterdir()} - {"town", "earlier", "out"}
        yield was_killed, wrong or str(refused or left or "")


def main() -> int:
    """Run from the command line; exit code 1 where one delivery was not whole."""
    parser = argparse.ArgumentParser(description="kill -9 a run at random moments; no delivery may be partial")
    parser.add_argument("count", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--warm", action="store_true")
    asked = parser.parse_args()
    start = start_warm if asked.warm else start_cold
    killed, partial = 0, 0
    with TemporaryDirectory() as folder:
        runs = kill_runs(asked.count, asked.seed, Path(folder), start)
        for number, (was_killed, wrong) in enumerate(runs, start=1):
            killed, partial = killed + was_killed, partial + bool(wrong)
            if wrong or not number % EVERY:
                print(f"run {number}: {wrong or 'so far so good'}", file=sys.stderr, flush=True)
    print(f"{asked.count} runs, {killed} killed, {partial} partial deliveries (seed {asked.seed})")
    return bool(partial)


if __name__ == "__main__":
    sys.exit(main())
