"""What does a check of a run look at? Its tables, read once, its parameters, its manifest, the folder of its inputs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pandas as pd

from geoplan.runs import Run, read_rows


@dataclass(frozen=True)
class Outcome:
    """How many things a check looked at, and a name for each that is wrong."""

    count: int
    wrong: list[str]


@dataclass
class Audited:
    """A run under audit."""

    run: Run
    project_folder: Path | None = None
    _tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the run; DataError where it cannot be read as the contract has it."""
        if name not in self._tables:
            self._tables[name] = read_rows(self.run, name)
        return self._tables[name]

    def number(self, parameter: str) -> Decimal | None:
        """Return a parameter as the exact decimal that the run states, or None where it states none."""
        values = self.table("parameters").set_index("name")["value"]
        try:
            return Decimal(str(values[parameter])) if parameter in values.index else None
        except InvalidOperation:
            return None

    def text(self, parameter: str) -> str:
        """Return a parameter as the run states it, or an empty text."""
        values = self.table("parameters").set_index("name")["value"]
        return "" if parameter not in values.index or pd.isna(values[parameter]) else str(values[parameter])


def wrong_rows(rows: pd.DataFrame, is_wrong: pd.Series, keys: Iterable[str]) -> Outcome:
    """Return an outcome that names the rows that are wrong by their keys."""
    wrong = rows.loc[is_wrong.fillna(True).astype(bool), list(keys)]
    return Outcome(len(rows), [" ".join(map(str, row)) for row in wrong.itertuples(index=False, name=None)])


def exact(value: object) -> Decimal | None:
    """Return a number of a table as the decimal it is written as, None where it is missing."""
    return None if pd.isna(value) else Decimal(str(value))  # type: ignore[call-overload]


def is_off(said: pd.Series, found: pd.Series, tolerance: float) -> pd.Series:
    """Say where two columns differ by more than a tolerance, or where only one of them is known."""
    a, b = said.astype("float64"), found.astype("float64")
    return ~((a - b).abs().le(tolerance) | (a.isna() & b.isna()))
