"""Runs every benchmark, one after the other, and prints one page of Markdown.

    pip install -r tests/benchmarks/requirements.txt
    python tests/benchmarks/run.py [--shared FOLDER] [--date 2026-01-31] [--towns 1000 3000] [--only steps] > report.md

Without the rivals of requirements.txt geoplan is measured alone, and the page says who is missing; without the shared
folder the drawn towns and the sample town remain. A part that fails is named at the end, and the exit status is 1.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from report import arguments, say, whisper
from rivals import RIVALS

FOLDER = Path(__file__).parent
PACKAGES = ("pandana", "networkx", "pygeoda", "spopt", "gerrychain")
KITS = {"wuxi_xinwu": "wuxi_xinwu", "hangzhou": "hangzhou"}
GRAPHS = ("1000", "3000")  # estates of the drawn towns whose areas are proven


def main() -> None:
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--towns", nargs="*", type=int, default=[1000, 3000, 10_000], help="estates of drawn towns")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), help="parts to run")
    asked = parser.parse_args()
    say("## Benchmarks", "")
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        say(f"Not installed, so not measured beside geoplan: {', '.join(missing)} (see requirements.txt).", "")
    failed = [name for name in asked.only if not run_part(name, asked)]
    if failed:
        say(f"These parts failed; stderr says why: {', '.join(failed)}")
        sys.exit(1)


def run_part(name: str, asked: argparse.Namespace) -> bool:
    """Run one benchmark in its own process, which prints its tables, and say whether it came to its end."""
    more = PARTS[name](asked)
    if more is None:
        whisper(f"{name}: nothing to measure here")
        return True
    call = [sys.executable, "-W", "ignore", str(FOLDER / f"{name}.py"), *more]
    return subprocess.run(call, check=False).returncode == 0


def common(asked: argparse.Namespace) -> list[str]:
    return ["--date", asked.date.isoformat(), "--shared", str(asked.shared)]


def of_steps(asked: argparse.Namespace) -> Sequence[str]:
    return [*common(asked), "--towns", *map(str, asked.towns)]


def of_walking(asked: argparse.Namespace) -> Sequence[str] | None:
    return common(asked) if (asked.shared / "kits" / "streets_nyc").is_dir() else None


def of_areas(asked: argparse.Namespace) -> Sequence[str]:
    graphs = [name for name, kit in KITS.items() if (asked.shared / "kits" / kit).is_dir()]
    able = [name for name in RIVALS if find_spec(name.split()[0].lower())]
    return [*common(asked), "--graphs", *graphs, *GRAPHS, "--rivals", *able]


PARTS: Mapping[str, Callable[[argparse.Namespace], Sequence[str] | None]] = {
    "steps": of_steps, "walking": of_walking, "areas": of_areas,
}


if __name__ == "__main__":
    main()
