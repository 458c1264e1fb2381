"""Is what planned areas lack taken into the works? Gaps and ledgers -> shortfalls by the classes of the 衡量标准.

The scorecard has classes of its own (SC-10 base, SC-11 improvement, SC-12 upgrade), which are not those of the local
documents. A shortfall of an estate is in the scheme where the works of its area hold what mends it; a missing facility
where a site takes it in, or where nobody misses it any more once the plan is built.
"""

from typing import Any

import pandas as pd

from geoplan.costs import TAG_SEPARATOR
from geoplan.schema import split_list

WHOLE = {"body": "BODY", "yard": "YARD"}  # the renovation as a whole holds every item of its part
LIFT = "LIFT"
COLUMNS = ["area_id", "what", "is_met"]


def find_base(gaps: pd.DataFrame, homes: pd.DataFrame, works: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """Return the base shortfalls: hazards and missing municipal works of estates, and facilities of the class.

    Parameters
    ----------
    gaps
        Table `area_gaps`, as far as areas and types are asked about.
    homes
        Layer `estates` of those areas, with area_id.
    works
        Table `works`.
    costs
        As `load_costs` returns them.

    Returns
    -------
    shortfalls
        area_id, what (for people to read), is_met (missing where it cannot be told); one row each.
    """
    rows = [_row(home, what, is_met) for home in homes.itertuples() for what, is_met in _of_estate(home, works, costs)]
    return _joined(rows, _missing_types(gaps, works))


def find_improvement(gaps: pd.DataFrame, homes: pd.DataFrame, works: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    """Return the areas that lack something of the class, and whether any of it is in the scheme (有相关内容).

    Parameters and result as for `find_base`; lifts count where the ledger says that they are needed.
    """
    short = homes["elevators_needed"] > homes["elevators_installed"].fillna(0)
    lifts = [{"area_id": area_id, "what": LIFT, "is_met": LIFT in _items(works, area_id)}
             for area_id in sorted(set(homes.loc[short.fillna(False).astype(bool), "area_id"]))]
    every = _joined(lifts, _missing_types(gaps, works))
    areas = every["is_met"].groupby(every["area_id"]).agg(lambda met: True if met.eq(True).any() else (
        pd.NA if met.isna().any() else False))
    return _joined([{"area_id": area_id, "what": area_id, "is_met": met} for area_id, met in areas.items()])


def find_upgrade(gaps: pd.DataFrame, _: pd.DataFrame, __: pd.DataFrame, ___: pd.DataFrame) -> pd.DataFrame:
    """Return the facilities of the class that are missing, met only where the area as a whole no longer lacks them.

    Parameters and result as for `find_base`.
    """
    lacking = gaps[gaps["is_gap"].fillna(False).astype(bool)]
    return _joined([
        {"area_id": gap.area_id, "what": f"{gap.area_id} {gap.facility_type}",
         "is_met": pd.NA if pd.isna(gap.is_gap_after) else not gap.is_gap_after} for gap in lacking.itertuples()])


def _of_estate(home: Any, works: pd.DataFrame, costs: pd.DataFrame) -> list[tuple[str, object]]:
    """Return what an estate is known to lack; what nobody asked it stands as one that cannot be told."""
    items = _items(works, home.area_id)
    hazards, municipal = home.hazards, home.municipal_gaps
    found: list[tuple[str, object]] = [(word, _is_mended(word, items, costs)) for word in split_list(hazards)]
    if pd.isna(hazards):
        found.append(("hazards", pd.NA))
    if pd.isna(municipal):
        found.append(("municipal_gaps", pd.NA))
    elif municipal:
        found.append(("municipal_gaps", bool(items & {*costs.index[costs["part"] == "yard"]})))
    return found


def _is_mended(word: str, items: set[str], costs: pd.DataFrame) -> object:
    """Say whether the works hold an item that a hazard asks for; a word no item is known for cannot be told."""
    asked = [item for item, words in costs["hazards"].items()
             if words and any(said in word for said in words.split(TAG_SEPARATOR))]
    wanted = {*asked, *(WHOLE[costs.at[item, "part"]] for item in asked if costs.at[item, "part"] in WHOLE)}
    return bool(items & wanted) if asked else pd.NA


def _missing_types(gaps: pd.DataFrame, works: pd.DataFrame) -> list[dict[str, object]]:
    lacking = gaps[gaps["is_gap"].fillna(False).astype(bool)]
    return [{
        "area_id": gap.area_id, "what": f"{gap.area_id} {gap.facility_type}",
        "is_met": gap.facility_type in _items(works, gap.area_id) or (
            pd.NA if pd.isna(gap.is_gap_after) else not gap.is_gap_after),
    } for gap in lacking.itertuples()]


def _items(works: pd.DataFrame, area_id: str) -> set[str]:
    return set(works.loc[works["area_id"] == area_id, "item"])


def _row(home: Any, what: str, is_met: object) -> dict[str, object]:
    return {"area_id": home.area_id, "what": f"{home.estate_id} {what}", "is_met": is_met}


def _joined(*parts: list[dict[str, object]]) -> pd.DataFrame:
    rows = pd.DataFrame([row for part in parts for row in part], columns=COLUMNS)
    return rows.astype({"is_met": "boolean"})
