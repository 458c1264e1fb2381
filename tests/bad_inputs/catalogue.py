"""A catalogue of what planners' files do wrong, and what must come of it: a stop, or a remark, never silence.

A case makes a project folder and names the code of the finding that must be there. `stop` cases end the run with it;
the others end well, with the finding among the remarks, or with `clean`, nothing but what is said of any file.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from brought import HEADER, town, write, write_csv

from geoplan.read import Layers

CLEAN = "clean"
ROWS = 12  # sound estates beside a bad one, so that one bad row is a small share
FACILITIES = [
    ["名称", "类型", "经度", "纬度"],
    *([f"超市{n}", "超市", f"{120.42 + n / 1000:.3f}", "31.54"] for n in range(9)),
]
FACILITY_TEXT = (
    'path = "facilities.csv"\ndatum = "WGS84"\nx = "经度"\ny = "纬度"\n'
    'columns = { name = "名称", facility_type = "类型" }'
)
Look = Callable[[Layers], bool]


@dataclass(frozen=True)
class Case:
    """One bad input: `make` writes the project into a folder, `look` says whether what was read is right."""

    group: str
    name: str
    make: Callable[[Path], None]
    code: str
    stops: bool = False
    look: Look | None = None

    def __str__(self) -> str:
        return f"{self.group}: {self.name}"


@dataclass
class Catalogue:
    """Cases in the order they were added."""

    cases: list[Case] = field(default_factory=list)

    def stop(self, group: str, name: str, code: str, make: Callable[[Path], None]) -> None:
        """Add a case that must end the run."""
        self.cases.append(Case(group, name, make, code, stops=True))

    def remark(self, group: str, name: str, code: str, make: Callable[[Path], None], look: Look | None = None) -> None:
        """Add a case that must be remarked on."""
        self.cases.append(Case(group, name, make, code, look=look))


def plan_toml(folder: Path, header: str = "", **sections: str) -> None:
    """Write plan.toml; `barriers__water` is [barriers.water]."""
    parts = [
        f"[plan]\n{HEADER}max_rejected_share = 1\n{header}"
        if "max_rejected" not in header
        else (f"[plan]\n{HEADER}{header}")
    ]
    parts += [f"[{name.replace('__', '.')}]\n{text}" for name, text in sections.items()]
    (folder / "plan.toml").write_text("\n".join(parts), encoding="utf-8")


def estates_of(
    frame: gpd.GeoDataFrame, file: str = "estates.gpkg", text: str = "", **options: Any
) -> Callable[[Path], None]:
    """Return a maker of a project of these estates."""

    def make(folder: Path) -> None:
        write(frame, folder / file, **options)
        plan_toml(folder, estates=f'path = "{file}"\n{text}')

    return make


def with_cell(column: str, value: object) -> Callable[[Path], None]:
    """Return a maker of a town whose first estate says something odd in one column."""

    def make(folder: Path) -> None:
        sound = {"estate_id": [f"E{n:02d}" for n in range(ROWS)], "name": [f"里{n}" for n in range(ROWS)]}
        frame = town(ROWS, **sound)
        usual = frame[column].tolist() if column in frame else [None] * ROWS
        frame[column] = [value, *usual[1:]]
        write(frame, folder / "estates.gpkg")
        plan_toml(folder, estates='path = "estates.gpkg"')

    return make


def with_layer(layer: str, text: str, files: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return a maker of a sound town with one more layer."""

    def make(folder: Path) -> None:
        write(
            town(ROWS, estate_id=[f"E{n:02d}" for n in range(ROWS)], name=[f"里{n}" for n in range(ROWS)]),
            folder / "estates.gpkg",
        )
        files(folder)
        plan_toml(folder, estates='path = "estates.gpkg"', **{layer: text})

    return make


def with_facilities(
    lines: list[list[Any]], text: str = FACILITY_TEXT, encoding: str = "utf-8"
) -> Callable[[Path], None]:
    """Return a maker of a sound town with these lines of facilities."""
    return with_layer("facilities", text, lambda folder: write_csv(folder / "facilities.csv", lines, encoding))


def first_cell(column: str) -> Callable[[Layers], Any]:
    """Return what was read of a column for the first estate."""
    return lambda layers: layers.estates[column].iloc[0]


def reads(column: str, expected: object) -> Look:
    """Say that the first estate has this value after reading; None means missing."""

    def look(layers: Layers) -> bool:
        found = first_cell(column)(layers)
        return bool(pd.isna(found)) if expected is None else bool(found == expected)

    return look


def changed(data: bytes, at: int, new: bytes) -> bytes:
    """Return bytes with some of them changed."""
    at %= len(data)
    return data[:at] + new + data[at + len(new) :]


def every(names: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from names.items()
