"""The tables of the contract that take their columns from several steps.

Nothing is computed here that a step could: columns are joined, codes kept, and what nobody found out stays missing.
"""

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import pandas as pd

from geoplan.errors import Finding, messages, say
from geoplan.schema import conform, join_list

WALKING = "walking"


def finish_estates(
    estates: gpd.GeoDataFrame, standing: pd.DataFrame, members: pd.DataFrame
) -> pd.DataFrame:
    """Return table `estates`: every estate used, whether it may enter, and its area or why it has none.

    Parameters
    ----------
    estates
        Layer `estates` with households and residents filled.
    standing
        estate_id, eligibility, plan_entry.
    members
        estate_id, component_id, area_id, left_out of those that were to be grouped.

    Returns
    -------
    estates
        Table `estates`.
    """
    joined = estates.merge(standing, on="estate_id").merge(
        members[["estate_id", "component_id", "area_id", "left_out"]], on="estate_id", how="left")
    not_grouped = joined["eligibility"].map(lambda state: "ineligible" if state == "ineligible" else "not_included")
    is_asked = joined["estate_id"].isin(members["estate_id"])
    return conform("estates", joined.assign(left_out=joined["left_out"].where(is_asked, not_grouped)), estates.crs)


def finish_areas(
    areas: gpd.GeoDataFrame, area_gaps: pd.DataFrame, care: pd.DataFrame, have_m2: pd.Series
) -> pd.DataFrame:
    """Return table `areas`: outline and sums, the types missing, and the elder-care account.

    Parameters
    ----------
    areas
        As `draw_areas` returns them.
    area_gaps, care
        Tables of those names; zero rows where no facilities were brought, and then nothing is said of either.
    have_m2
        Elder-care space at hand in the scope chosen, aligned with `care`.

    Returns
    -------
    areas
        Table `areas`; score, rank, plan_year and amount_yuan are missing until the programme is made.
    """
    missing = area_gaps[area_gaps["is_gap"].fillna(False)].groupby("area_id")["facility_type"].agg(join_list)
    gap_types = areas["area_id"].map(missing)
    if len(area_gaps):
        gap_types = gap_types.fillna("")
    account = pd.DataFrame({
        "area_id": care["area_id"], "elder_need_m2": care["need_m2"], "elder_have_m2": have_m2,
        "elder_short_m2": care["short_m2"], "elder_status": care["status"],
    })
    joined = areas.assign(gap_types=gap_types).merge(account, on="area_id", how="left")
    return conform("areas", joined.assign(score=None, rank=None, plan_year=None, amount_yuan=None), areas.crs)


def schedule_areas(areas: pd.DataFrame, scores: pd.DataFrame, programme: pd.DataFrame) -> pd.DataFrame:
    """Return table `areas` with score and rank in the reserve, plan year and amount.

    Parameters
    ----------
    areas
        Table `areas`.
    scores
        area_id, score, rank.
    programme
        Table `programme`.

    Returns
    -------
    areas
        Table `areas`.
    """
    known = scores.merge(programme[["area_id", "plan_year", "amount_yuan"]], on="area_id", how="outer")
    return conform("areas", areas.drop(columns=["score", "rank", "plan_year", "amount_yuan"]).merge(
        known, on="area_id", how="left"))


def finish_facilities(
    facilities: gpd.GeoDataFrame, snaps: pd.DataFrame, edges: pd.DataFrame, *, has_streets: bool
) -> pd.DataFrame:
    """Return table `facilities`; reachable means on the main component of the network.

    Parameters
    ----------
    facilities
        Layer `facilities`.
    snaps
        facility_id, edge, leg_m in the order of `facilities`.
    edges
        Table `edges` of the network.
    has_streets
        Without streets nothing is known of reachability.

    Returns
    -------
    facilities
        Table `facilities`.
    """
    component = snaps["edge"].map(edges["component_id"]) if len(edges) else snaps["edge"]
    reachable = (component == 0).fillna(False).astype("boolean") if has_streets else None
    leg_m = dict(zip(snaps["facility_id"], snaps["leg_m"], strict=True))
    is_main = dict(zip(snaps["facility_id"], reachable, strict=True)) if reachable is not None else {}
    return conform("facilities", facilities.assign(
        snapped_m=facilities["facility_id"].map(leg_m), reachable=facilities["facility_id"].map(is_main),
    ), facilities.crs)


def mark_walking(tables: Mapping[str, pd.DataFrame], walking: str) -> dict[str, pd.DataFrame]:
    """Return the tables with what the walks rest on in every row of those whose figures do.

    The steps leave it open, since most of them cannot tell a walk from an estimate of one.

    Parameters
    ----------
    tables
        Tables by name.
    walking
        network or straight_line.
    """
    said = {name: table.assign(walking=pd.Series(walking, index=table.index, dtype="str"))
            for name, table in tables.items() if WALKING in table.columns}
    return {name: said.get(name, table) for name, table in tables.items()}


def list_remarks(findings: Iterable[Finding], language: str) -> pd.DataFrame:
    """Return table `remarks`: every finding in the plan's language, each once."""
    lines = messages()
    rows = [
        {"layer": finding.layer, "row": finding.row, "code": finding.code, "severity": lines[finding.code]["severity"],
         "message": say(finding, language), "action": lines[finding.code]["action"]}
        for finding in findings
    ]
    columns = ["layer", "row", "code", "severity", "message", "action"]
    return conform("remarks", pd.DataFrame(rows, columns=columns).drop_duplicates())


def list_parameters(lines: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Return table `parameters` from its lines."""
    return conform("parameters", pd.DataFrame(lines))
