"""Is what planned areas lack taken into the works? Gaps and ledgers -> shortfalls by the classes of the 衡量标准.

The scorecard has classes of its own (SC-10 base, SC-11 improvement, SC-12 upgrade), which are not those of the local
documents. A shortfall of an estate is in the scheme where the works of its area hold what mends it; a missing facility
where a site takes it in, or where nobody misses it any more once the plan is built. All three return area_id, what (for
people to read) and is_met (missing where it cannot be told), one row per shortfall.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from geoplan.costs import TAG_SEPARATOR
from geoplan.schema import split_list

YARD = "yard"
WHOLE = {"body": "BODY", YARD: "YARD"}  # the renovation as a whole holds every item of its part
LIFT, HAZARDS, MUNICIPAL = "LIFT", "hazards", "municipal_gaps"
TYPES = {"area_id": "str", "what": "str", "is_met": "boolean"}


class Scheme(NamedTuple):
    """Rows of table `area_gaps` of the areas and types asked about, the estates of those areas (layer, with area_id),
    table `works`, unit costs, and what people call facility types and columns."""

    gaps: pd.DataFrame
    homes: pd.DataFrame
    works: pd.DataFrame
    costs: pd.DataFrame
    names: Mapping[str, str]


def find_base(scheme: Scheme) -> pd.DataFrame:
    """Return the base shortfalls: hazards and missing municipal works of each estate, and missing facilities."""
    of_estates = [(home.area_id, f"{home.estate_id} {what}", is_met)
                  for home in scheme.homes.itertuples() for what, is_met in _of_estate(home, scheme)]
    return _frame([*of_estates, *_missing(scheme)])


def find_improvement(scheme: Scheme) -> pd.DataFrame:
    """Return the areas that lack a facility or a lift, each met where something of it is in the scheme (有相关内容)."""
    homes = scheme.homes
    lacks = (homes["elevators_needed"] > homes["elevators_installed"].fillna(0)).fillna(False).astype(bool)
    lifts = [(area_id, LIFT, LIFT in _items(scheme, area_id)) for area_id in sorted(set(homes.loc[lacks, "area_id"]))]
    every = _frame([*lifts, *_missing(scheme)])
    return _frame([(area_id, area_id, _any(met)) for area_id, met in every.groupby("area_id")["is_met"]])


def find_upgrade(scheme: Scheme) -> pd.DataFrame:
    """Return the missing facilities, each met where the area as a whole no longer lacks it (片区层面统筹补齐)."""
    return _frame([(gap.area_id, _named(gap, scheme), _is_closed(gap)) for gap in _lacking(scheme)])


def _of_estate(home: Any, scheme: Scheme) -> Iterator[tuple[str, object]]:
    """Yield what an estate lacks; what nobody has asked it cannot be told."""
    items = _items(scheme, home.area_id)
    for hazard in split_list(home.hazards):
        yield hazard, _is_mended(hazard, items, scheme.costs)
    if pd.isna(home.hazards):
        yield scheme.names[HAZARDS], pd.NA
    if pd.isna(home.municipal_gaps):
        yield scheme.names[MUNICIPAL], pd.NA
    elif home.municipal_gaps:
        yield scheme.names[MUNICIPAL], bool(items & {*scheme.costs.index[scheme.costs["part"] == YARD]})


def _is_mended(hazard: str, items: set[str], costs: pd.DataFrame) -> object:
    """Say whether the works hold an item that a hazard asks for; a word no item is known for cannot be told."""
    asked = [item for item, words in costs["hazards"].items()
             if words and any(word in hazard for word in words.split(TAG_SEPARATOR))]
    wholes = {WHOLE[part] for part in costs.loc[asked, "part"] if part in WHOLE}
    return bool(items & {*asked, *wholes}) if asked else pd.NA


def _missing(scheme: Scheme) -> Iterator[tuple[str, str, object]]:
    for gap in _lacking(scheme):
        is_met = gap.facility_type in _items(scheme, gap.area_id) or _is_closed(gap)
        yield gap.area_id, _named(gap, scheme), is_met


def _lacking(scheme: Scheme) -> Iterator[Any]:
    yield from scheme.gaps[scheme.gaps["is_gap"].fillna(False).astype(bool)].itertuples()


def _is_closed(gap: Any) -> object:
    return pd.NA if pd.isna(gap.is_gap_after) else not gap.is_gap_after


def _named(gap: Any, scheme: Scheme) -> str:
    return f"{gap.area_id} {scheme.names[gap.facility_type]}"


def _items(scheme: Scheme, area_id: str) -> set[str]:
    return set(scheme.works.loc[scheme.works["area_id"] == area_id, "item"])


def _any(met: pd.Series) -> object:
    return True if met.fillna(False).any() else pd.NA if met.isna().any() else False


def _frame(rows: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(TYPES)).astype(TYPES)
