"""How well is the town served, as the city check-up (城市体检) asks? Gaps -> coverage by town, district and area.

Two figures stand side by side: the social one is the share of residents who are covered, the spatial one the share of
residential land whose estates are covered. Both rest on the rows of `gaps`, as the map does. A circle of 5, 10 or 15
minutes counts as there where every type of that circle that the data tell of is in reach; none makes up for another.
The 15-minute fitness circle (15分钟健身圈, QH23-58) asks for any place to exercise within the distance of the 15-minute
circle. Land is summed in whole thousandths of a square metre, so no sum depends on the order of rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import Finding, listed
from geoplan.schema import conform, join_list

KEYS = ["scope", "name", "indicator"]
JUDGED, NO_DATA, NO_STANDARD = "judged", "no_data", "no_standard"
PARTS_OF_M2 = 1000  # land is summed in whole thousandths of a square metre
FROM_SURE_TO_UNSURE = ("V-seed", "V-text", "project", "V-sec", "K")
Rule = Literal["all", "any", "within"]


@dataclass(frozen=True)
class Indicator:
    """What an estate must have within reach: all of the types, any of them, or any within the distance of the first."""

    rule: Rule
    types: tuple[str, ...]


# 完整居住社区建设标准 and the check-up lists name the types; reference policy.md 3.1 has the report names.
INDICATORS: Mapping[str, Indicator] = {
    "fitness_circle": Indicator(
        "within", ("SPORT_LARGE", "SPORT_MID", "SPORT_SMALL", "PUBLIC_SPACE", "TABLE_TENNIS")),
    "elder_care": Indicator("any", ("ELD_DAYCARE", "ELD_STATION")),
    "childcare": Indicator("any", ("CHILD_NURSERY",)),
    "kindergarten": Indicator("any", ("KINDERGARTEN",)),
    "public_space": Indicator("any", ("PUBLIC_SPACE",)),
    "parking": Indicator("any", ("PARKING",)),
    "ev_charging": Indicator("any", ("EV_CHARGING",)),
}
TIERS = {"tier_5": 5, "tier_10": 10, "tier_15": 15}


def find_checkup(
    gaps: pd.DataFrame, estates: gpd.GeoDataFrame, members: pd.DataFrame, catalogue: pd.DataFrame, *, town: str,
    walking: str,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return what the check-up reports of the town, its districts, subdistricts and areas, and the circles of estates.

    Where the residents of an estate are unknown, a sum they belong to is unknown, and so is the share, unless all
    estates stand alike: then it is 0 or 1 whoever lives there. Types without data are named and judged no gap.

    Parameters
    ----------
    gaps
        Table `gaps`.
    estates
        Layer `estates` with `residents` filled as far as known.
    members
        estate_id, area_id (missing where an estate is in no area).
    catalogue
        Facility catalogue: facility_type, tier_min.
    town
        What the whole is called.
    walking
        network or straight_line: what the distances of `gaps` rest on.

    Returns
    -------
    checkup
        Table `checkup`.
    findings
        Estates whose residents, land or place are unknown.
    """
    tiers = catalogue.set_index("facility_type")["tier_min"]
    indicators = _indicators(gaps, tiers)
    places, findings = _places(estates, members, town)
    standing = _standing(gaps, indicators).merge(_weights(estates), on="estate_id")
    rows = places.merge(standing, on="estate_id")
    rows = rows[(rows["scope"] != "estate") | rows["indicator"].isin(TIERS)]
    checkup = _figures(rows).merge(_about(gaps, indicators, tiers), on="indicator")
    findings = [*_say_unknown(estates), *findings]
    return conform("checkup", checkup.assign(walking=walking)), findings


def _indicators(gaps: pd.DataFrame, tiers: pd.Series) -> dict[str, Indicator]:
    """Return every indicator by its code: the circles hold the types of their tier that have a limit."""
    tier = tiers.reindex(sorted(gaps["facility_type"].unique()))
    circles = {code: Indicator("all", tuple(tier.index[tier == minutes])) for code, minutes in TIERS.items()}
    judged = {code: said for code, said in INDICATORS.items() if said.rule != "within" or said.types[0] in tier.index}
    return {**circles, **judged}


def _weights(estates: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return estate_id, residents and the land of each estate in whole thousandths of a square metre."""
    land = _said_land(estates).fillna(estates.area.round(1))
    parts = (land * PARTS_OF_M2).round().astype("int64")
    return pd.DataFrame({"estate_id": estates["estate_id"], "residents": estates["residents"], "land": parts})


def _said_land(estates: pd.DataFrame) -> pd.Series:
    return estates["land_area_m2"].where(estates["land_area_m2"] > 0)


def _places(
    estates: pd.DataFrame, members: pd.DataFrame, town: str,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return estate_id, scope and name of everything an estate belongs to, and who belongs to no district."""
    area = estates["estate_id"].map(members.set_index("estate_id")["area_id"])
    names = {
        "town": pd.Series(town, index=estates.index), "district": estates["district"],
        "subdistrict": _subdistricts(estates), "area": area, "estate": estates["estate_id"],
    }
    places = pd.concat([
        pd.DataFrame({"estate_id": estates["estate_id"], "scope": scope, "name": name})[name.notna()]
        for scope, name in names.items()
    ], ignore_index=True)
    findings = [
        Finding("checkup.no_place", "estates", values={
            "column": column, "count": len(nowhere), "estates": listed(sorted(nowhere))})
        for column in ("district", "subdistrict")
        if 0 < len(nowhere := estates.loc[estates[column].isna(), "estate_id"]) < len(estates)
    ]
    return places, findings


def _subdistricts(estates: pd.DataFrame) -> pd.Series:
    """Return the subdistrict of each estate, with its district in front where two districts have one of that name."""
    name, district = estates["subdistrict"], estates["district"]
    is_shared = district.groupby(name).transform("nunique") > 1
    return name.where(~is_shared, district.fillna("") + name)


def _standing(gaps: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Return estate_id, indicator, is_covered (missing where nothing was judged), and types and types in reach."""
    is_gap = gaps.pivot(index="estate_id", columns="facility_type", values="is_gap")
    distance = gaps.pivot(index="estate_id", columns="facility_type", values="distance_m")
    limit = gaps.drop_duplicates("facility_type").set_index("facility_type")["limit_m"]
    frames = [_one_standing(code, indicator, is_gap, distance, limit) for code, indicator in indicators.items()]
    return pd.concat(frames, ignore_index=True)


def _one_standing(
    code: str, indicator: Indicator, is_gap: pd.DataFrame, distance: pd.DataFrame, limit: pd.Series,
) -> pd.DataFrame:
    types = _judged(indicator, is_gap)
    in_reach = ~is_gap[types].astype(bool)
    standing = pd.DataFrame({
        "estate_id": is_gap.index, "indicator": code, "is_covered": pd.array([None] * len(is_gap), dtype="boolean"),
        "types_asked": len(types), "types_in_reach": in_reach.sum(axis=1).to_numpy(),
    })
    if types:
        near = distance[types] <= limit[indicator.types[0]] if indicator.rule == "within" else in_reach
        is_covered = near.all(axis=1) if indicator.rule == "all" else near.any(axis=1)
        standing["is_covered"] = is_covered.astype("boolean").to_numpy()
    return standing


def _judged(indicator: Indicator, is_gap: pd.DataFrame) -> list[str]:
    return [code for code in indicator.types if code in is_gap and is_gap[code].notna().all() and len(is_gap)]


def _figures(rows: pd.DataFrame) -> pd.DataFrame:
    is_covered, is_unknown = rows["is_covered"].fillna(False).astype(bool), rows["residents"].isna()
    people = rows["residents"].fillna(0).astype("int64")
    sums = pd.DataFrame({
        **{key: rows[key] for key in KEYS}, "estates": 1, "not_judged": rows["is_covered"].isna().astype("int64"),
        "covered": is_covered.astype("int64"), "unknown": is_unknown.astype("int64"),
        "unknown_covered": (is_unknown & is_covered).astype("int64"), "people": people,
        "people_covered": people.where(is_covered, 0), "land": rows["land"], "land_covered": rows["land"].where(
            is_covered, 0), "asked": rows["types_asked"], "in_reach": rows["types_in_reach"],
        "people_asked": people * rows["types_asked"], "people_in_reach": people * rows["types_in_reach"],
    }).groupby(KEYS, as_index=False).sum()
    is_judged = sums["not_judged"] == 0
    has_unknown, unknown_covered = sums["unknown"] > 0, sums["unknown_covered"] > 0
    people, covered = sums["people"].astype("Int64"), sums["people_covered"].astype("Int64")
    return sums[KEYS].assign(
        estates=sums["estates"], uncovered_estates=(sums["estates"] - sums["covered"]).where(is_judged),
        estates_unknown=sums["unknown"], residents=people.mask(has_unknown),
        covered_residents=covered.where(is_judged & ~unknown_covered),
        uncovered_residents=(people - covered).where(is_judged & (sums["unknown"] == sums["unknown_covered"])),
        social_share=_share(sums, "people_covered", "people", "covered", "estates").where(is_judged),
        mean_share=_share(sums, "people_in_reach", "people_asked", "in_reach", "asked").where(is_judged),
        land_m2=sums["land"] / PARTS_OF_M2, covered_land_m2=(sums["land_covered"] / PARTS_OF_M2).where(is_judged),
        spatial_share=(sums["land_covered"] / sums["land"]).where(is_judged),
    )


def _share(sums: pd.DataFrame, part: str, whole: str, few: str, many: str) -> pd.Series:
    """Return part of whole; where residents are unknown or nobody lives there, known only of estates that are alike."""
    share = (sums[part] / sums[whole].replace(0, np.nan)).mask(sums["unknown"] > 0)
    return share.mask(sums[few] == 0, 0.0).mask(sums[few] == sums[many], 1.0)


def _about(gaps: pd.DataFrame, indicators: Mapping[str, Indicator], tiers: pd.Series) -> pd.DataFrame:
    """Return for each indicator what it counts, by which standard, and how sure that is."""
    of_type = gaps.drop_duplicates("facility_type").set_index("facility_type")
    return pd.DataFrame([_about_one(code, indicator, of_type, tiers) for code, indicator in indicators.items()])


def _about_one(code: str, indicator: Indicator, of_type: pd.DataFrame, tiers: pd.Series) -> dict[str, object]:
    limited = [name for name in indicator.types if name in of_type.index]
    counted = [name for name in limited if of_type["is_gap"].notna()[name]]
    levels = sorted(set(tiers.reindex(counted).dropna()))
    of_limit = of_type.loc[[*indicator.types[:1]] if indicator.rule == "within" else counted or limited]
    sure = [mark for mark in FROM_SURE_TO_UNSURE if mark in set(of_limit["confidence"])]
    tier = tiers.get(indicator.types[0]) if indicator.rule == "within" else levels[0] if len(levels) == 1 else None
    return {
        "indicator": code, "state": JUDGED if counted else NO_DATA if limited else NO_STANDARD,
        "tier_min": TIERS.get(code, tier), "types": join_list(counted),
        "types_no_data": join_list(name for name in limited if name not in counted),
        "standard": "；".join(dict.fromkeys(of_limit["standard"])) or None, "confidence": sure[-1] if sure else None,
    }


def _say_unknown(estates: gpd.GeoDataFrame) -> list[Finding]:
    asked = {
        "checkup.residents_unknown": estates["residents"].isna(),
        "checkup.land_from_outline": _said_land(estates).isna(),
    }
    return [
        Finding(code, "estates", values={
            "count": int(which.sum()), "estates": listed(sorted(estates.loc[which, "estate_id"]))})
        for code, which in asked.items() if which.any()
    ]
