"""The sample town, table by table: a golden table changes only in a commit that says why.

To accept a change, look at the difference first, then run

    python tests/test_golden.py
"""

import difflib
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from geoplan import make_plan, read_project

TOWN = Path(__file__).parents[1] / "data" / "hehuang"
GOLDEN = Path(__file__).parent / "golden" / "hehuang"
TABLES = ("estates", "links", "areas", "grouping", "facilities", "sites", "area_gaps", "care", "care_flows",
          "openings", "sitings", "works", "funding", "ranking", "programme", "milestones", "parameters", "remarks")
DECIMALS = 2  # centimetres and hundredths: finer than any reader, coarser than the noise of another GEOS


@cache
def plan_tables() -> dict[str, pd.DataFrame]:
    return dict(make_plan(read_project(TOWN)).tables)


def text_of(table: str) -> str:
    frame = pd.DataFrame(plan_tables()[table]).drop(columns="geometry", errors="ignore").round(DECIMALS)
    return frame.to_csv(index=False, lineterminator="\n")


@pytest.mark.parametrize("table", TABLES)
def test_the_sample_town_gives_the_golden_table(table: str) -> None:
    expected = (GOLDEN / f"{table}.csv").read_text(encoding="utf-8")
    observed = text_of(table)
    difference = list(difflib.unified_diff(
        expected.splitlines(), observed.splitlines(), "golden", "now", lineterm="", n=0))
    assert not difference, "\n".join(difference[:40])


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        (GOLDEN / f"{name}.csv").write_text(text_of(name), encoding="utf-8", newline="\n")
