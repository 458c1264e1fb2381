"""Which works does an estate ask for, and how much of each? Ledger -> needs and the figures they follow from.

An estate is renovated either by what its ledger lists or as a whole, apart for the building and for the grounds, and
never both: a hazard of the building that is named is mended and the whole renovation of the building is left out; the
same for pipes, lines and roads. Where nothing is named, nothing is known to be in order and works are planned, the
whole renovation stands in, which is an assumption; so it does where the ledger lacks a figure to measure what it names.
"""

from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.costs import TAG_SEPARATOR
from geoplan.errors import Finding, listed
from geoplan.rooms import exact, positive
from geoplan.schema import split_list

WHOLE_BUILDING, WHOLE_GROUNDS, LIFT, IN_UNIT = "BODY", "YARD", "LIFT", "IN_UNIT"
WHOLE = (WHOLE_BUILDING, WHOLE_GROUNDS)
FIRE = "fire"
FROM_FLOOR_AREA = ("floor_area_m2", "body_m2", "roof_m2")


def find_needs(
    estates: gpd.GeoDataFrame, figures: pd.DataFrame, costs: pd.DataFrame, *, guided_share: float | None
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return which works each estate asks for.

    Parameters
    ----------
    estates
        Layer `estates`.
    figures
        As `measure` returns them, in the order of `estates`.
    costs
        As `load_costs` returns them; `hazards` holds the words that ask for an item.
    guided_share
        Share of households that renew the pipes in their homes; None: nobody is assumed to.

    Returns
    -------
    needs
        estate_id, item; one row each.
    findings
        Hazards no item is known for, those that cannot be measured, lifts that nobody counted, estates renovated
        before.
    """
    named = _named(estates["hazards"], costs)
    is_lost = named & figures[list(costs.loc[named.columns, "driver"])].isna().to_numpy()
    is_lost = is_lost & figures["floor_area_m2"].notna().to_numpy()[:, None]
    is_building = named.columns.isin(costs.index[costs["part"] == "body"])
    is_fire = named.columns.isin(costs.index[costs["tags"] == FIRE])
    is_pipe = ~is_building & ~is_fire
    has_building, no_building = named.loc[:, is_building].any(axis=1), is_lost.loc[:, is_building].any(axis=1)
    has_grounds, no_grounds = named.loc[:, is_pipe].any(axis=1), is_lost.loc[:, is_pipe].any(axis=1)
    whole_grounds = no_grounds | ~has_grounds & ~_is(estates["municipal_gaps"], False)
    wanted = named.mask(no_building, named & ~is_building)
    wanted = wanted.mask(whole_grounds, wanted & is_building)
    wanted[WHOLE_BUILDING] = no_building | ~has_building & _plans_building(estates)
    wanted[WHOLE_GROUNDS] = whole_grounds
    wanted[LIFT] = bool(estates["elevators_needed"].notna().any())
    wanted[IN_UNIT] = guided_share is not None
    needs = wanted.assign(estate_id=estates["estate_id"]).melt("estate_id", var_name="item", value_name="is_needed")
    is_needed = needs["is_needed"].astype(bool)
    findings = [*_doubts(estates, costs), *_stand_ins(estates.loc[no_building | no_grounds, "estate_id"])]
    return needs.loc[is_needed, ["estate_id", "item"]].reset_index(drop=True), findings


def measure(
    estates: gpd.GeoDataFrame, *, m2_per_household: float | None, guided_share: float | None
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return by estate every figure that quantities follow from, exact, missing where unknown.

    Floor area follows from households where it is missing and m2_per_household is set; land from the outline. The
    building counts with the share of its households that have building works, and whole where that is none or unknown.

    Parameters
    ----------
    estates
        Layer `estates` with `households` filled as far as known.
    m2_per_household
        Floor area of a household; None leaves a missing floor area missing.
    guided_share
        As for `find_needs`.

    Returns
    -------
    figures
        By estate_id: one column per driver of costs.csv, and is_estimated where the floor area is.
    findings
        Estates whose floor area was estimated.
    """
    households, floor = exact(estates["households"]), exact(estates["floor_area_m2"])
    stand_in = _times(households, m2_per_household)
    is_estimated = floor.isna() & stand_in.notna()
    floor = floor.where(floor.notna(), stand_in)
    body_share = (exact(positive(estates["households_body_works"])) / exact(positive(estates["households"]))).map(
        lambda share: min(share, Fraction(1)), na_action="ignore")
    lifts = exact(estates["elevators_needed"]) - exact(estates["elevators_installed"])
    figures = pd.DataFrame({
        "floor_area_m2": floor, "body_m2": floor * body_share.where(body_share.notna(), 1), "households": households,
        "roof_m2": floor / exact(positive(estates["storeys_max"])), "stairwells": exact(estates["stairwells"]),
        "land_area_m2": exact(positive(estates["land_area_m2"]).fillna(estates.area.round(1))),
        "lifts": lifts.map(lambda count: max(count, Fraction(0)), na_action="ignore"),
        "guided_households": _times(households, guided_share),
    }).set_axis(estates["estate_id"])
    ids = estates.loc[is_estimated, "estate_id"]
    findings = [] if ids.empty else [Finding("works.floor_area_estimated", "estates", values={
        "count": len(ids), "ids": listed(ids), "value": m2_per_household})]
    return figures.assign(is_estimated=is_estimated.to_numpy()), findings


def _times(counts: pd.Series, rate: float | None) -> pd.Series:
    """Return exact products, missing throughout where no rate is set."""
    exactly = None if rate is None else Fraction(str(rate))
    return counts.map(lambda count: np.nan if exactly is None else count * exactly, na_action="ignore").astype(object)


def _named(hazards: pd.Series, costs: pd.DataFrame) -> pd.DataFrame:
    """Say which items the hazards of each estate name."""
    texts = hazards.fillna("")
    words = {item: text.split(TAG_SEPARATOR) for item, text in costs["hazards"].items() if text}
    return pd.DataFrame({item: _contains(texts, said) for item, said in words.items()}, index=hazards.index)


def _contains(texts: pd.Series, words: list[str]) -> pd.Series:
    return texts.map(lambda text: any(word in text for word in words)).astype(bool)


def _plans_building(estates: pd.DataFrame) -> pd.Series:
    """Say where the building is renovated: as its households with building works say, else unless it is kept up."""
    with_works = estates["households_body_works"]
    return with_works.gt(0).where(with_works.notna(), ~_is(estates["neglect"], False)).astype(bool)


def _is(answers: pd.Series, answer: bool) -> pd.Series:
    return answers.eq(answer).fillna(False).astype(bool)


def _stand_ins(ids: pd.Series) -> list[Finding]:
    return [] if ids.empty else [Finding("works.stands_in", "estates", values={"count": len(ids), "ids": listed(ids)})]


def _doubts(estates: pd.DataFrame, costs: pd.DataFrame) -> list[Finding]:
    words = [word for text in costs["hazards"] for word in text.split(TAG_SEPARATOR) if word]
    members = estates["hazards"].map(split_list).explode().dropna()
    strange = members[~_contains(members, words)]
    before = estates.loc[estates["renovated_year"].notna(), "estate_id"]
    findings = []
    if len(strange):
        findings.append(Finding("works.unknown_hazard", "estates", values={
            "count": strange.index.nunique(), "words": listed(sorted(set(strange)))}))
    if len(estates) and estates["elevators_needed"].isna().all():
        findings.append(Finding("works.no_lifts", "estates"))
    if len(before):
        findings.append(Finding("works.renovated_before", "estates", values={
            "count": len(before), "ids": listed(before)}))
    return findings
