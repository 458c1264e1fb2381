"""How are the few rows of one area held? As plain values by column: papers hold thousands of little tables.

A table is turned into plain values once and then cut; a frame for each cut would cost more than all that is done with
it. A missing value is None.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Extract:
    """Rows of a table: column -> its values, all of the same number."""

    columns: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return next(map(len, self.columns.values()), 0)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Sequence[Any]:
        return self.columns[name]

    def records(self, *names: str) -> list[dict[str, Any]]:
        """Return every row by column, of all columns where none is named."""
        wanted = names or tuple(self.columns)
        return [dict(zip(wanted, row, strict=True)) for row in zip(*map(self.columns.__getitem__, wanted), strict=True)]

    def part(self, start: int, end: int) -> "Extract":
        """Return the rows from one number to before another."""
        return Extract({name: values[start:end] for name, values in self.columns.items()})

    def pick(self, numbers: Sequence[int]) -> "Extract":
        """Return the rows of these numbers, in their order."""
        return Extract({name: [values[number] for number in numbers] for name, values in self.columns.items()})

    def where(self, flags: Sequence[Any]) -> "Extract":
        """Return the rows whose flag is true."""
        return self.pick([number for number, flag in enumerate(flags) if flag])

    def by(self, *names: str) -> "Extract":
        """Return the rows in order of columns, falling where a minus stands before one; missing values come last."""
        numbers = list(range(len(self)))
        for name in reversed(names):  # each order is kept within the next
            values = self.columns[name.removeprefix("-")]
            known = [number for number in numbers if values[number] is not None]
            missing = [number for number in numbers if values[number] is None]
            known.sort(key=values.__getitem__, reverse=name.startswith("-"))
            numbers = [*known, *missing]
        return self.pick(numbers)

    def given(self, **columns: Sequence[Any]) -> "Extract":
        """Return the rows with columns added or replaced."""
        return Extract({**self.columns, **columns})


def extract_of(table: pd.DataFrame) -> Extract:
    """Return a table as plain values, without its shapes."""
    return Extract({str(name): plain(values).tolist() for name, values in table.items() if name != "geometry"})


def plain(values: pd.Series) -> np.ndarray:
    """Return a column as plain values, with None where one is missing."""
    known: np.ndarray = values.astype(object).where(values.notna(), None).to_numpy()
    return known
