"""What do the towns of a batch come to together? Finished runs, town by town -> the tables of a province.

Each run is read from its files, exactly as written, where it was made; only what the summary shows of a town is kept.
Rows stand by town and id: the order in which towns were done changes nothing.
"""

from collections.abc import Mapping, Sequence

import geopandas as gpd
import pandas as pd

from geoplan.jurisdictions import place_name
from geoplan.quotas import check_quotas, list_rules
from geoplan.runs import Run, read_rows
from geoplan.schema import LIST_SEPARATOR, columns_of, conform
from geoplan.towns import TOWNS_FOLDER

SIDE = "province"
COMMON_CRS = "EPSG:4490"  # longitude and latitude of CGCS2000, whatever zone or local grid a town plans in
MAP_FILE = "map.html"
OLD_YEARS = (2001, 2005)  # the estates QH23-04 speaks of
TABLE_TENNIS = "TABLE_TENNIS"
TOLD = ("error", "warning")
SUMS = ("households", "residents", "elder_need_m2", "elder_have_m2", "elder_short_m2")
RULES = "rules"

Report = Mapping[str, pd.DataFrame]


def report_town(run: Run, town: str) -> Report:
    """Return what the summary shows of one finished run.

    Parameters
    ----------
    run
        As `open_run` returns it.
    town
        What the batch calls it.

    Returns
    -------
    report
        Its rows of the tables towns, town_areas and town_years, and of `rules` (town, and as `list_rules` has them).
    """
    areas: gpd.GeoDataFrame = read_rows(run, "areas")
    estates = read_rows(run, "estates")
    law = jurisdiction_of(run.manifest["jurisdiction"], run.manifest["policies"])
    rules = list_rules(read_rows(run, "parameters"), run.manifest["notes"]["documents"], law)
    every = areas.to_crs(COMMON_CRS).assign(town=town)
    return {
        "towns": _town(run, town, law, areas, estates),
        "town_areas": conform("town_areas", every, COMMON_CRS, SIDE),
        "town_years": _years(run, town, estates),
        RULES: rules.assign(town=town),
    }


def jurisdiction_of(jurisdiction: str | None, policies: Sequence[str]) -> str:
    """Return the place that governs a town, or the documents where plan.toml names these."""
    return place_name(jurisdiction) if jurisdiction else LIST_SEPARATOR.join(policies)


def summarise(reports: Sequence[Report], undone: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of a province.

    Parameters
    ----------
    reports
        Of the towns that are done, in any order.
    undone
        town, name, jurisdiction, state, problems of the others.

    Returns
    -------
    tables
        Tables towns, town_areas, town_years, province_years and province_checks by name.
    """
    towns = _stacked("towns", [*(report["towns"] for report in reports), _undone(undone)])
    years = _stacked("town_years", [report["town_years"] for report in reports])
    rules = pd.concat([pd.DataFrame(columns=["town", *RULE_TYPES]).astype(RULE_TYPES),
                       *(report[RULES] for report in reports)])
    return {
        "towns": towns,
        "town_areas": _stacked("town_areas", [report["town_areas"] for report in reports]),
        "town_years": years,
        "province_years": _sum_years(years),
        "province_checks": check_quotas(towns, years, rules),
    }


def _town(run: Run, town: str, law: str, areas: gpd.GeoDataFrame, estates: pd.DataFrame) -> pd.DataFrame:
    gaps, remarks = read_rows(run, "gaps"), read_rows(run, "remarks")
    facts = {
        "town": town, "name": run.manifest["name"], "jurisdiction": law, "state": "done", "problems": None,
        "estates": len(estates), "grouped": int(estates["area_id"].notna().sum()), "areas": len(areas),
        **{column: areas[column].sum(skipna=False) if len(areas) else None for column in SUMS},
        "gaps": _count(gaps["is_gap"]), "gaps_after": _count(gaps["is_gap_after"]),
        "sitings": len(read_rows(run, "sitings")), "amount_yuan": areas["amount_yuan"].sum(min_count=1),
        "areas_without_amount": int(areas["amount_yuan"].isna().sum()),
        "warnings": int(remarks["severity"].isin(TOLD).sum()), "map": f"{TOWNS_FOLDER}/{town}/{MAP_FILE}",
    }
    return conform("towns", pd.DataFrame([facts]), side=SIDE)


def _count(values: pd.Series) -> int | None:
    return int(values.sum()) if values.notna().any() else None


def _years(run: Run, town: str, estates: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of every year of the programme of one town."""
    placed = read_rows(run, "programme").dropna(subset="plan_year")
    works = read_rows(run, "works", item=TABLE_TENNIS).set_index("area_id")["quantity"]
    homes = estates.dropna(subset="area_id")
    first, last = OLD_YEARS
    is_old = homes["completion_year"].between(first, last).fillna(False).astype(bool)
    of_area = pd.DataFrame({
        "area_id": homes["area_id"], "estates": 1, "households_2001_2005": homes["households"].where(is_old, 0),
        "households_year_unknown": homes["households"].where(homes["completion_year"].isna(), 0),
    }).groupby("area_id").sum()
    rows = placed.assign(areas=1, areas_without_amount=placed["amount_yuan"].isna().astype(int), tables=placed[
        "area_id"].map(works).fillna(0.0)).drop(columns="households_2001_2005").join(of_area, on="area_id")
    summed = rows.groupby("plan_year")[[*COUNTED, "tables"]].sum()
    yuan = rows.groupby("plan_year")["amount_yuan"].sum(min_count=1)
    judged = read_rows(run, "gaps", facility_type=TABLE_TENNIS)["is_gap"].notna().any()
    is_known = bool(judged) and "sites" in run.manifest["rows"]
    return conform("town_years", summed.assign(amount_yuan=yuan, town=town, tables_known=is_known).reset_index(),
                   side=SIDE)


def _sum_years(years: pd.DataFrame) -> pd.DataFrame:
    grouped = years.groupby("plan_year")
    summed = grouped[[*COUNTED, "tables"]].sum().assign(
        towns=grouped["town"].nunique(), amount_yuan=grouped["amount_yuan"].sum(min_count=1))
    return conform("province_years", summed.reset_index(), side=SIDE)


def _undone(undone: pd.DataFrame) -> pd.DataFrame:
    named = [column.name for column in columns_of("towns", SIDE)]
    return conform("towns", undone.reindex(columns=named), side=SIDE)


def _stacked(table: str, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    none = conform(table, pd.DataFrame({column.name: [] for column in columns_of(table, SIDE)}), COMMON_CRS, SIDE)
    return conform(table, pd.concat(filled), COMMON_CRS, SIDE) if filled else none


COUNTED = ["areas", "estates", "households", "households_2001_2005", "households_year_unknown",
           "areas_without_amount"]
RULE_TYPES = {"check": "str", "jurisdiction": "str", "clause": "str", "limit": "str", "year": "Int64"}
