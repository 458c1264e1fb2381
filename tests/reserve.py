"""A project reserve, drawn in a few words: areas with their estates, what they cost, and caps on a year."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd

from geoplan.caps import write_caps
from geoplan.jurisdictions import find_documents
from geoplan.policy import Policy, resolve
from geoplan.programme import list_reserve, make_programme, pose_question
from geoplan.readiness import find_entries
from geoplan.schedules import Question, Schedule
from geoplan.settings import ProgrammeRules

YEARS = (2025, 2026, 2027)
FIFTEEN = Fraction(3, 20)
NO_SOURCES = pd.DataFrame({"area_id": [], "source": [], "amount_yuan": []})
TYPES = {"estate_id": "str", "area_id": "str", "households": "Int64", "completion_year": "Int64", "ready_year": "Int64"}


def homes(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """Return estates; E1, E2, … of 100 households and 1990 where a row does not say."""
    known = [{"estate_id": f"E{number}", "households": 100, "completion_year": 1990, "ready_year": None, **row}
             for number, row in enumerate(rows, start=1)]
    return pd.DataFrame(known).astype(TYPES)


def standing(estates: pd.DataFrame, **states: str) -> pd.DataFrame:
    """Return the gate of every estate: ready where nothing is said."""
    ids = estates["estate_id"]
    return pd.DataFrame({"estate_id": ids, "plan_entry": ids.map(lambda name: states.get(name, "ready"))})


def law(place: str, day: str) -> Policy:
    return resolve(find_documents(place, (), date.fromisoformat(day))[0])


class Asked:
    """A reserve, its entries and its question."""

    def __init__(
        self, estates: pd.DataFrame, *, scores: Mapping[str, float] | None = None,
        amounts: Mapping[str, float | None] | None = None, gates: Mapping[str, str] | None = None,
        digs: Sequence[tuple[str, int]] = (), sources: pd.DataFrame = NO_SOURCES, share: Fraction | None = None,
        years: Sequence[int] = YEARS, **rules: Any,
    ) -> None:
        said = ProgrammeRules(**rules)
        totals = estates.groupby("area_id", as_index=False)["households"].sum()
        ids = totals["area_id"]
        money = {name: (amounts or {}).get(name, 1_000_000.0) for name in ids}
        self.reserve = list_reserve(
            totals, estates, pd.DataFrame({"area_id": ids, "score": [(scores or {}).get(name, 50.0) for name in ids]}),
            pd.DataFrame({"area_id": ids, "amount_yuan": pd.Series(list(money.values()), dtype="float64")}))
        self.entries = find_entries(estates, standing(estates, **(gates or {})), years=years, assumed=said.ready_year)
        caps = write_caps(self.reserve, said, sources, years=years, share=share)
        works = pd.DataFrame([{"area_id": area_id, "utility_id": f"U{number}", "kind": "gas", "year": year}
                              for number, (area_id, year) in enumerate(digs)],
                             columns=["area_id", "utility_id", "kind", "year"])
        self.question: Question = pose_question(
            self.reserve, self.entries, caps, works, years=years, bundles=said.bundles)

    def programme(self) -> tuple[pd.DataFrame, Schedule, list[Any]]:
        table, schedule, findings = make_programme(self.question, self.reserve, self.entries)
        return table.set_index("area_id"), schedule, findings
