"""What is to be done in each area, how much of it, and what does it cost?

Every estate, wall and reuse site asks for works (lines); each line has a quantity that follows from the ledger, a low,
middle and high price, and an amount in whole yuan, rounded half up once per line, so that all later sums are exact. A
figure that is missing leaves its line unknown: an amount of an area is a number only where every line of it is one.
Survey, design and contingency come on top of itemised works; prices of whole renovations and lifts include them.
"""

from collections.abc import Mapping
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.costs import FIRMNESS, PRICES, TAG_SEPARATOR
from geoplan.errors import Finding, listed
from geoplan.needs import FROM_FLOOR_AREA, WHOLE, find_needs, measure
from geoplan.rooms import exact, ratio
from geoplan.schema import conform
from geoplan.sites import LAND_KINDS

OPENING, ANY_ROOM, ANY_LAND = "OPENING", "*rooms", "*land"
WORKS_YUAN = "works_yuan"
AMOUNTS = ("low_yuan", "mid_yuan", "high_yuan")
LINE = ["area_id", "estate_id", "item", "cost", "tags", "quantity", *AMOUNTS, "basis"]


def list_lines(
    members: pd.DataFrame, estates: gpd.GeoDataFrame, openings: gpd.GeoDataFrame, sitings: pd.DataFrame,
    sites: gpd.GeoDataFrame, costs: pd.DataFrame, catalogue: pd.DataFrame, *,
    m2_per_household: float | None, guided_share: float | None, language: str,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return every single piece of work of every area.

    Parameters
    ----------
    members
        estate_id, area_id (missing where an estate is in no area).
    estates
        Layer `estates` with `households` filled as far as known.
    openings
        Table `openings`; walls that save nobody a minute and close no gap stay shut.
    sitings
        Table `sitings`; an amount it has stands.
    sites
        Layer `sites`: their kind decides the price, their own price outweighs ours.
    costs
        Unit costs, as `load_costs` or `read_costs` returns them.
    catalogue
        Facility catalogue.
    m2_per_household, guided_share
        As for `measure` and `find_needs`.
    language
        zh or en: of the works named in findings.

    Returns
    -------
    lines
        area_id, estate_id (missing for walls, sites and fees), item (of costs.csv, or the facility type put on a
        site), cost (the line of costs.csv), tags (what a source of money may ask for), quantity (exact), low_yuan,
        mid_yuan, high_yuan (whole yuan, missing where unknown), basis.
    findings
        Quantities that are unknown, with the number of estates; what was assumed; sitings that belong to no area.
    """
    inside = estates.merge(members[["estate_id", "area_id"]].dropna(subset="area_id"), on="estate_id")
    figures, estimated = measure(inside, m2_per_household=m2_per_household, guided_share=guided_share)
    needs, doubts = find_needs(inside, figures, costs, guided_share=guided_share)
    of_estates = _priced(_quantified(needs, figures, inside, costs), costs)
    of_sites, astray = _of_sitings(sitings, sites, costs, catalogue)
    every = pd.concat([of_estates, _priced(_of_openings(openings, costs), costs), of_sites], ignore_index=True)
    lines = pd.concat([every, _of_fees(every, costs)], ignore_index=True)[LINE]
    order = [list(costs.index).index(cost) for cost in lines["cost"]]
    lines = lines.assign(order=order).sort_values(["area_id", "order", "item", "estate_id"], ignore_index=True)
    findings = [*doubts, *estimated, *_unknown(of_estates, costs, language), *_assumed(of_estates), *astray]
    return lines[LINE].astype(dict.fromkeys(AMOUNTS, "Int64")), findings


def sum_works(lines: pd.DataFrame, costs: pd.DataFrame, classed: pd.DataFrame) -> pd.DataFrame:
    """Return table `works`: the lines of each area summed by item.

    A price stands where all lines of the item share it.

    Parameters
    ----------
    lines
        As `list_lines` returns them.
    costs
        As given to `list_lines`.
    classed
        item, content_class, clause, as `class_items` returns them.

    Returns
    -------
    works
        Table `works`.
    """
    known = lines.assign(firmness=lines["basis"].map(FIRMNESS.index), quantity=lines["quantity"].astype(object))
    grouped = known.groupby(["area_id", "item"])
    facts = grouped.agg(cost=("cost", "first"), estates=("estate_id", "nunique"), firmness=("firmness", "max"))
    works = facts.join(grouped[["quantity", *AMOUNTS]].sum(skipna=False)).reset_index()
    prices = costs.loc[works["cost"], list(PRICES)].astype("float64").set_axis(works.index)
    off = (works["quantity"].astype("float64") * prices["mid"] - works["mid_yuan"].astype("float64")).abs()
    is_common = ~(off > grouped.size().to_numpy())  # each line is rounded to whole yuan
    by_item = classed.set_index("item")
    return conform("works", works.assign(
        **{f"unit_{name}": prices[name].where(is_common) for name in PRICES},
        unit=costs.loc[works["cost"], "unit"].to_numpy(), driver=costs.loc[works["cost"], "driver"].to_numpy(),
        quantity=works["quantity"].astype("float64").round(2), amount_yuan=works["mid_yuan"],
        content_class=works["item"].map(by_item["content_class"]), clause=works["item"].map(by_item["clause"]),
        basis=[FIRMNESS[at] for at in works["firmness"]], estates=works["estates"].where(works["estates"] > 0)))


def sum_amounts(works: pd.DataFrame) -> pd.Series:
    """Return by area_id what its works cost at the middle price, missing where one of them is unknown."""
    return works.groupby("area_id")["amount_yuan"].sum(skipna=False)


def _quantified(
    needs: pd.DataFrame, figures: pd.DataFrame, estates: pd.DataFrame, costs: pd.DataFrame,
) -> pd.DataFrame:
    """Return the needs with area and quantity; a quantity of nought is no work."""
    driver = needs["item"].map(costs["driver"])
    wide = figures.drop(columns="is_estimated")
    at = wide.index.get_indexer(pd.Index(needs["estate_id"])), wide.columns.get_indexer(pd.Index(driver))
    figure = pd.Series(wide.to_numpy(dtype=object)[at], index=needs.index, dtype=object)
    is_guessed = needs["estate_id"].map(figures["is_estimated"]) & driver.isin(FROM_FLOOR_AREA)
    lines = needs.assign(
        area_id=needs["estate_id"].map(estates.set_index("estate_id")["area_id"]), cost=needs["item"],
        tags=needs["item"].map(costs["tags"]), quantity=figure * needs["item"].map(costs["per_driver"]),
        basis=needs["item"].map(costs["basis"]).mask(is_guessed.astype(bool), "assumption"))
    return lines[lines["quantity"].isna() | lines["quantity"].ne(0)].reset_index(drop=True)


def _priced(lines: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with their amounts in whole yuan."""
    return lines.assign(**{
        f"{name}_yuan": _whole(lines["quantity"] * lines["cost"].map(costs[name])) for name in PRICES})


def _whole(yuan: pd.Series) -> pd.Series:
    """Return exact amounts rounded half up to whole yuan."""
    return yuan.astype(object).map(_half_up, na_action="ignore").astype("Int64")


def _half_up(yuan: Fraction) -> int:
    return int(yuan + Fraction(1, 2))


def _of_openings(openings: gpd.GeoDataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """Return the walls to open of each area: one where the estates touch, one on either side where they do not."""
    is_idle = openings["resident_minutes_saved"].eq(0) & openings["gaps_closed"].fillna(0).eq(0)
    useful = openings[~is_idle]
    walls = pd.Series(np.where(useful.length > 0, 2, 1), index=useful.index).groupby(useful["area_id"]).sum()
    return pd.DataFrame({
        "area_id": walls.index, "item": OPENING, "cost": OPENING, "tags": costs.at[OPENING, "tags"],
        "quantity": exact(walls).to_numpy() * costs.at[OPENING, "per_driver"], "basis": costs.at[OPENING, "basis"]})


def _of_sitings(
    sitings: pd.DataFrame, sites: pd.DataFrame, costs: pd.DataFrame, catalogue: pd.DataFrame,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the works on reuse sites, by the facility type that moves in, and what belongs to no single area."""
    of_site = sites.set_index("site_id")
    kind = sitings["facility_type"].map(catalogue.set_index("facility_type")["kind"])
    is_land = sitings["site_id"].map(of_site["site_kind"]).isin(LAND_KINDS)
    prices = _prices_of_types(costs)
    cost = sitings["facility_type"].map(prices).fillna(is_land.map({True: prices[ANY_LAND], False: prices[ANY_ROOM]}))
    figure = exact(sitings["floor_area_m2"]).where(cost.map(costs["driver"]) != "sites", Fraction(1))
    lines = pd.DataFrame({
        "area_id": sitings["area_id"], "item": sitings["facility_type"], "cost": cost,
        "tags": kind.astype(object) + TAG_SEPARATOR + sitings["facility_type"].astype(object) + f"{TAG_SEPARATOR}site",
        "quantity": figure * cost.map(costs["per_driver"]), "basis": cost.map(costs["basis"])})
    own = exact(sitings["site_id"].map(of_site["conversion_yuan_per_m2"]).astype("float64"))
    priced = _as_said(_priced(lines, costs), sitings["amount_yuan"], own, exact(sitings["floor_area_m2"]))
    astray = sitings[sitings["area_id"].isna()]
    findings = [Finding("works.siting_without_area", "sites", values={
        "count": len(astray), "ids": listed(sorted(astray["site_id"]))})] if len(astray) else []
    return priced[priced["area_id"].notna()], findings


def _prices_of_types(costs: pd.DataFrame) -> Mapping[str, str]:
    return {type_: str(item) for item, types in costs["types"].items() for type_ in types.split(TAG_SEPARATOR) if type_}


def _as_said(lines: pd.DataFrame, said: pd.Series, own: pd.Series, m2: pd.Series) -> pd.DataFrame:
    """Return the lines with the amount of the siting, else of the site's own price; ours keeps its low and high."""
    mid = _whole(exact(said)).fillna(_whole(own * m2))
    is_own = own.notna().to_numpy(dtype=bool)
    spread = {name: ratio(lines[f"{name}_yuan"], lines["mid_yuan"]) for name in PRICES}
    changed = {
        f"{name}_yuan": mid.where(is_own | spread[name].isna(), _whole(exact(mid) * spread[name])).fillna(
            lines[f"{name}_yuan"]) for name in PRICES}
    return lines.assign(**changed, basis=lines["basis"].mask(is_own, "project"))


def _of_fees(lines: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """Return survey, design and contingency of each area, as parts of the works that do not include them."""
    fees = costs[costs["driver"] == WORKS_YUAN]
    base = lines[lines["cost"].map(costs["fees"]) == "yes"].groupby("area_id")[list(AMOUNTS)].sum(skipna=False)
    parts = []
    for item, fee in fees.iterrows():
        amounts = {f"{name}_yuan": _whole(exact(base[f"{name}_yuan"]) * fee["per_driver"] * fee[name])
                   for name in PRICES}
        parts.append(pd.DataFrame({
            "area_id": base.index, "item": item, "cost": item, "tags": fee["tags"], "basis": fee["basis"],
            "quantity": (exact(base["mid_yuan"]) * fee["per_driver"]).to_numpy(),
            **{name: values.to_numpy() for name, values in amounts.items()}}))
    return pd.concat(parts, ignore_index=True)


def _unknown(lines: pd.DataFrame, costs: pd.DataFrame, language: str) -> list[Finding]:
    unknown = lines[lines["quantity"].isna()]
    return [
        Finding("works.unknown_quantity", "estates", values={
            "item": costs.at[item, language], "count": part["estate_id"].nunique(),
            "ids": listed(sorted(part["estate_id"]))})
        for item, part in unknown.groupby("item")
    ]


def _assumed(lines: pd.DataFrame) -> list[Finding]:
    whole, listed_ = lines[lines["item"].isin(WHOLE)], lines[~lines["item"].isin(WHOLE)]
    if lines.empty:
        return []
    return [Finding("works.how_counted", "estates", values={
        "whole": whole["estate_id"].nunique(), "listed": listed_["estate_id"].nunique()})]
