"""How much elder-care space does a province ask for per 100 households, and how does each area stand by it?

Civil-affairs notices count by households (15 m2 per 100 in built-up areas, each site at least 350 m2, in Guizhou; 20 or
30 elsewhere), the national figure by residents. The two stand side by side; the verdict stays with the national one.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from geoplan.policy import Policy
from geoplan.rooms import exact

PARAM = "elder_care_area_per_100_households_existing"  # areas to be renovated are built up
PER_HOUSEHOLDS = 100
SITE_TYPE = "ELD_DAYCARE"  # whose least size in the facility catalogue a site has to have


@dataclass(frozen=True)
class HouseholdNorm:
    """Square metres of elder-care rooms per 100 households, and who says so."""

    m2_per_100_households: float
    clause: str


def household_norm(policy: Policy) -> HouseholdNorm | None:
    """Return the household norm of the documents in force; None where they set none.

    Parameters
    ----------
    policy
        As `resolve` returns it.

    Returns
    -------
    norm
        With document, clause and rule id.
    """
    said = policy.values[policy.values["param"] == PARAM]
    for row in said.itertuples():
        if isinstance(row.value, int | float):
            return HouseholdNorm(float(row.value), f"{row.document} {row.clause} [{row.rule_id}]")
    return None


def stand_by_norm(
    area_ids: pd.Index, members: pd.DataFrame, estates: pd.DataFrame, have_m2: pd.Series, sites_m2: pd.DataFrame,
    norm: HouseholdNorm | None, catalogue: pd.DataFrame,
) -> pd.DataFrame:
    """Return what the norm asks of each area, what it lacks, and how many of its sites are large enough.

    Parameters
    ----------
    area_ids
        Every area.
    members
        estate_id and area_id (missing where an estate is in no area).
    estates
        estate_id and households.
    have_m2
        What each area has today in the scope that counts (exact, missing where unknown).
    sites_m2
        facility_id, area_id and rooms_m2 (exact) of the rooms in use that count for an area.
    norm
        None where the documents set none; then all is missing.
    catalogue
        Facility catalogue; the least size of a day-care centre is that of a site.

    Returns
    -------
    standing
        norm_m2, norm_short_m2, norm_sites, norm_clause by area; the need is exact, the shortage rounded up to whole m2.
    """
    standing = pd.DataFrame(
        {name: pd.Series(None, index=area_ids, dtype=object)
         for name in ("norm_m2", "norm_short_m2", "norm_sites", "norm_clause")})
    if norm is None:
        return standing
    households = members.merge(estates[["estate_id", "households"]], on="estate_id").dropna(subset="area_id")
    counted = households.groupby("area_id")["households"].sum(skipna=False).reindex(area_ids)
    rate = Fraction(str(norm.m2_per_100_households)) / PER_HOUSEHOLDS
    need = exact(counted).map(lambda number: number * rate, na_action="ignore")
    least = catalogue.loc[catalogue["facility_type"] == SITE_TYPE, "min_building_m2"].item()
    large = sites_m2[sites_m2["rooms_m2"].map(lambda m2: m2 >= least).astype(bool)]
    lacking = (need - have_m2.reindex(area_ids)).map(lambda m2: max(0, math.ceil(m2)), na_action="ignore")
    return standing.assign(
        norm_m2=need, norm_short_m2=lacking,
        norm_sites=large.groupby("area_id")["facility_id"].nunique().reindex(area_ids).fillna(0),
        norm_clause=norm.clause)
