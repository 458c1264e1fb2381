"""How many households and people live in an estate, where the ledger does not say.

A figure of the ledger always stands. Only where it is missing, households follow from the floor area and residents from
the households, by the planner's own averages; whoever is counted so is named in a finding.
"""

from fractions import Fraction

import geopandas as gpd
import pandas as pd

from geoplan.errors import Finding, listed


def count_residents(
    estates: gpd.GeoDataFrame, *, m2_per_household: float | None, persons_per_household: float
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Fill missing households and residents by the stated averages, rounded half up to whole ones per estate.

    Parameters
    ----------
    estates
        Layer `estates`.
    m2_per_household
        Floor area of a household; None leaves missing households missing.
    persons_per_household
        Persons; used only where residents are missing and households are known.

    Returns
    -------
    estates
        The same rows with `households` and `residents` filled where they could be.
    findings
        Which estates were filled, and which stay unknown.
    """
    households = estates["households"]
    if m2_per_household is not None:
        households = households.fillna(_divided(estates["floor_area_m2"], m2_per_household))
    residents = estates["residents"].fillna(_multiplied(households, persons_per_household))
    filled = estates.assign(households=households, residents=residents)
    findings = [
        *_named("residents.households_estimated", estates, estates["households"].isna() & households.notna(),
                value=m2_per_household),
        *_named("residents.estimated", estates, estates["residents"].isna() & residents.notna(),
                value=persons_per_household),
        *_named("residents.households_unknown", estates, households.isna()),
        *_named("residents.unknown", estates, residents.isna()),
    ]
    return filled, findings


def _divided(floor_area_m2: pd.Series, m2_per_household: float) -> pd.Series:
    return ((floor_area_m2 / m2_per_household) + 0.5).floordiv(1).astype("Int64")


def _multiplied(households: pd.Series, persons: float) -> pd.Series:
    """Return households x persons rounded half up, in whole numbers so that 25 x 2.62 = 65.5 is surely 66."""
    exact = Fraction(str(persons))
    return (households * exact.numerator * 2 + exact.denominator) // (2 * exact.denominator)


def _named(code: str, estates: pd.DataFrame, chosen: pd.Series, **values: object) -> list[Finding]:
    ids = estates.loc[chosen.astype(bool), "estate_id"]
    if ids.empty:
        return []
    return [Finding(code, "estates", values={"count": len(ids), "ids": listed(ids), **values})]
