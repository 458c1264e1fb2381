"""Runs cases one after the other and says what is wrong with each; whoever started it watches whether it lives.

A case is a pair of numbers, seed and number, and nothing else: the same pair makes the same files again.
"""

import argparse
import faulthandler
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random

from commands import CommandBench
from laws import judge
from mutations import mutate
from seeds import Seed, estates_json, make_seeds

PATIENCE_S, PATIENCE_WHILE_IDLE_S = 10, 120  # of the processor; of the clock, where other work holds the machine
MEMORY_BYTES = 6 << 30
DEEP = 0.04  # of the cases are read to the end, every rule included
SELDOM = {".pbf": 0.2, ".tif": 0.5}  # slow to open


def limit_memory() -> None:
    """Let a reader that asks for more memory than any file here is worth fail."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def watch() -> Callable[[float], None]:
    """Return what ends this process, with a traceback, unless it is called again within ten seconds of its own work."""
    try:
        from signal import ITIMER_PROF, SIGPROF, setitimer
    except ImportError:  # not on Windows
        return lambda _: None
    faulthandler.register(SIGPROF, chain=True)

    def wind(seconds: float) -> None:
        setitimer(ITIMER_PROF, seconds)

    return wind


class Bench:
    """The seeds, and a folder in which cases are laid out."""

    def __init__(self, folder: Path) -> None:
        corpus, self.place = folder / "corpus", folder / "case"
        corpus.mkdir()
        self.place.mkdir()
        self.seeds: list[Seed] = make_seeds(corpus)
        self.sound = estates_json(corpus)
        self.weights = [SELDOM.get(Path(begun.name).suffix, 1.0) for begun in self.seeds]

    def run(self, seed: int, number: int, deep: float = DEEP, keep: Path | None = None) -> tuple[str, list[str]]:
        """Return the name of a case's seed, and what is wrong with it; its files are kept in a folder if asked."""
        chance = Random(f"{seed}:{number}")
        [begun] = chance.choices(self.seeds, self.weights)
        files = mutate(chance, begun.files)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            for name, data in {"section.txt": begun.section.encode(), **files}.items():
                (keep / name).write_bytes(data)
        return begun.name, judge(begun, files, self.sound, self.place, chance, deep)


def work(
    seed: int, first: int, last: int, at: Path, *, deep: float = DEEP, keep: Path | None = None,
    commands: bool = False,
) -> None:
    """Run the cases from `first` to before `last`; the number of the one under way stands in the file `at`."""
    limit_memory()
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder, at.open("wb", buffering=0) as mark:
        bench = CommandBench(Path(folder)) if commands else Bench(Path(folder))
        warnings.simplefilter("error")
        watched = watch()
        for number in range(first, last):
            os.pwrite(mark.fileno(), b"%012d" % number, 0)
            faulthandler.dump_traceback_later(PATIENCE_WHILE_IDLE_S, exit=True)
            watched(PATIENCE_S)
            name, complaints = bench.run(seed, number, deep, keep)
            watched(0)
            faulthandler.cancel_dump_traceback_later()
            for complaint in complaints:
                print(json.dumps({"seed": seed, "number": number, "from": name, "said": complaint}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for option in ("--seed", "--first", "--last"):
        parser.add_argument(option, type=int, required=True)
    parser.add_argument("--at", type=Path, required=True)
    parser.add_argument("--deep", type=float, default=DEEP)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--commands", action="store_true")
    asked = parser.parse_args()
    faulthandler.enable(sys.stderr)
    work(asked.seed, asked.first, asked.last, asked.at, deep=asked.deep, keep=asked.keep, commands=asked.commands)
