"""Runs every benchmark, one after the other, and prints one page of Markdown.

    pip install -r tests/benchmarks/requirements.txt
    python tests/benchmarks/run.py [--shared FOLDER] [--date 2026-01-31] > benchmarks.md

The rivals of requirements.txt are needed by areas.py and walking.py only. Give the machine nothing else to do.
"""

import subprocess
import sys
from pathlib import Path

from report import arguments, say

BENCHMARKS = ("steps.py", "walking.py", "areas.py")


def main() -> None:
    asked = arguments(__doc__.partition("\n")[0]).parse_args()
    say("## Benchmarks", "")
    for name in BENCHMARKS:
        call = [sys.executable, "-W", "ignore", str(Path(__file__).with_name(name)),
                "--date", asked.date.isoformat(), "--shared", str(asked.shared)]
        subprocess.run(call, check=True)


if __name__ == "__main__":
    main()
