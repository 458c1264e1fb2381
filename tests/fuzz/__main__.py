"""Changes sound files by chance and reads them: `python tests/fuzz --cases 10000 --seed 1`.

The readers run in a child process; a child that dies, or takes more than ten seconds over a case, is a finding, and
the cases go on behind it. `--replay SEED:NUMBER --keep FOLDER` writes the files of one case into a folder.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
SHIFT = 5_000  # cases of one child: the libraries keep some memory of every damaged file


def main() -> int:
    parser = argparse.ArgumentParser(description="Change sound files by chance and read them.")
    parser.add_argument("--cases", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--deep", default="0.04", help="share of the cases read to the end")
    parser.add_argument("--replay", metavar="SEED:NUMBER")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--commands", action="store_true", help="whole commands instead of the readers")
    asked = parser.parse_args()
    if asked.replay:
        seed, _, number = asked.replay.partition(":")
        asked.seed, asked.first, asked.cases, asked.deep = int(seed), int(number), 1, "1"
    found = run(asked.seed, asked.first, asked.first + asked.cases, asked.deep, asked.keep, commands=asked.commands)
    print(f"{asked.cases} cases from {asked.first}, seed {asked.seed}: {found.total()} findings")
    for said, count in found.most_common():
        print(f"  {count:6d}  {said}")
    return 1 if found else 0


def run(
    seed: int, first: int, last: int, deep: str, keep: Path | None = None, *, commands: bool = False,
) -> Counter[str]:
    """Return what was found, and how often; the first case of each is printed as it is found."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder) / "at"
        while first < last:
            end = min(last, first + SHIFT)
            done = child(seed, first, end, at, deep, keep, commands=commands)
            for line in done.stdout.splitlines():
                told(json.loads(line), found)
            if done.returncode == 0:
                first = end
                continue
            died = int(at.read_bytes() or b"-1") if at.exists() else -1
            if died < first:
                raise SystemExit(done.stderr)
            place = next((line.strip() for line in done.stderr.splitlines() if "geoplan" in line), "")
            told({"seed": seed, "number": died, "from": "?", "said": f"died {done.returncode} {place}"}, found)
            first = died + 1
            at.unlink()
    return found


def told(line: dict[str, object], found: Counter[str]) -> None:
    said = f"{line['from']}: {line['said']}"
    if said not in found:
        print(f"{line['seed']}:{line['number']} {said}", flush=True)
    found[said] += 1


def child(
    seed: int, first: int, last: int, at: Path, deep: str, keep: Path | None, *, commands: bool,
) -> subprocess.CompletedProcess[str]:
    words = ["--seed", seed, "--first", first, "--last", last, "--at", at, "--deep", deep]
    words += ["--commands"] if commands else []
    words += [] if keep is None else ["--keep", keep.resolve()]
    paths = os.pathsep.join([str(HERE.parent), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, HERE / "worker.py", *map(str, words)], capture_output=True, text=True, errors="replace",
        check=False, env={**os.environ, "PYTHONPATH": paths, "PYTHONUTF8": "1"})


if __name__ == "__main__":
    raise SystemExit(main())
