"""What the benchmarks share: one clock, one picture of the machine, one way to print a table."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np

Made = TypeVar("Made")
GIB = 2**30


def arguments(about: str) -> argparse.ArgumentParser:
    """Return a parser that knows the day and where the kits are."""
    beside = Path(__file__).resolve().parents[3] / "shared"
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--date", default=datetime.now(UTC).date(), type=date.fromisoformat, help="the day printed")
    parser.add_argument("--shared", default=Path(os.environ.get("GEOPLAN_SHARED", beside)), type=Path,
                        help="the folder that holds kits/")
    return parser


def timed(call: Callable[[], Made]) -> tuple[Made, np.ndarray]:
    """Return what a call gives, and how many seconds it took: by the wall clock, and of all processors together."""
    start = np.array([time.perf_counter(), time.process_time()])
    made = call()
    return made, np.array([time.perf_counter(), time.process_time()]) - start


def heading(title: str, day: date) -> str:
    return f"### {title}\n\n{day.isoformat()} · {_machine()}\n"


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; floats with three digits that matter."""
    lines = [columns, ["---"] * len(columns), *([_text(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def say(*lines: str) -> None:
    print("\n".join(lines), flush=True)


def whisper(line: str) -> None:
    """Tell whoever waits how far it is, beside the table."""
    print(line, file=sys.stderr, flush=True)


def _text(cell: object) -> str:
    if type(cell) is float or isinstance(cell, np.floating):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _machine() -> str:
    ram = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB if hasattr(os, "sysconf") else float("nan")
    return (f"{os.cpu_count()} cores, {ram:.0f} GB, {platform.system()} {platform.machine()}, "
            f"Python {platform.python_version()}")
