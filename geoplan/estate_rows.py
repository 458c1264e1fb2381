"""Do the figures of an estate fit together? Households, consent counts, exclusions."""

import pandas as pd
import shapely

from geoplan.rules import Checked, Setting, remark
from geoplan.schema import split_list

NOT_ABOVE = (
    ("residents_60plus", "residents"), ("residents_0_3", "residents"), ("households_body_works", "households"),
    ("consent_participants", "consent_eligible"), ("consent_agree", "consent_participants"),
    ("consent_area_participants_m2", "consent_area_total_m2"),
    ("consent_area_agree_m2", "consent_area_participants_m2"), ("scheme_agree", "scheme_participants"),
    ("after_surveyed", "after_base"), ("after_satisfied", "after_surveyed"), ("elder_area_m2", "floor_area_m2"),
)
USUAL = (  # part, whole, least and most of one to a unit of the other: outside them a unit was mistaken, or a figure
    ("floor_area_m2", "households", 10, 1000), ("residents", "households", 0.5, 10),
)
LEAST_LAND, MOST_LAND = 0.1, 10  # m2 of land said to m2 of the outline drawn
EXCLUSIONS = {"shanty_plan": "棚户区", "self_built": "自建", "urban_village": "城中村", "demolish_rebuild": "拆除重建"}


def forget_zero_households(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Make households of 0 unknown: an estate that nobody lives in is not planned for."""
    is_zero = (rows["households"] == 0).fillna(False)
    known = rows.assign(households=rows["households"].mask(is_zero))
    return known, remark("estates.no_households", rows, setting, is_zero)


def remark_parts_above_whole(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name rows in which a part is larger than what it is part of; both figures are kept."""
    findings = []
    for part, whole in NOT_ABOVE:
        if part in rows and whole in rows:
            findings += remark(
                "estates.part_above_whole", rows, setting, (rows[part] > rows[whole]).fillna(False),
                part=setting.heads.get(part, part), whole=setting.heads.get(whole, whole),
                said=rows[part], most=rows[whole])
    return rows, findings


def forget_zero_residents(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Make residents of 0 unknown where there are households."""
    is_zero = ((rows["residents"] == 0) & (rows["households"] > 0)).fillna(False).astype(bool)
    known = rows.assign(residents=rows["residents"].mask(is_zero))
    return known, remark("estates.no_residents", rows, setting, is_zero, households=rows["households"])


def remark_odd_ratios(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name figures that do not fit each other, or the outline: 1.2 m2 of 100 households were meant in another unit."""
    pairs = [(part, setting.heads.get(whole, whole), rows[whole].astype("float64"), low, high)
             for part, whole, low, high in USUAL]
    outline = pd.Series(shapely.area(rows["geometry"].to_numpy(dtype=object)), index=rows.index)
    pairs.append(("land_area_m2", "geometry", outline, LEAST_LAND, MOST_LAND))
    findings = []
    for part, whole, of, low, high in pairs:
        said = rows[part].astype("float64")
        ratio = said / of.where(of > 0)
        findings += remark(
            "estates.odd_ratio", rows, setting, (ratio < low) | (ratio > high), part=setting.heads.get(part, part),
            whole=whole, said=said, denominator=of, ratio=ratio.round(4), low=low, high=high)
    return rows, findings


def flag_exclusions(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Derive the four flags of exclusion from the list where they were not given.

    A word that nobody knows may mean any of the four: the flags it leaves open stay unknown.
    """
    members = rows["exclusions"].map(split_list)
    stray = members.map(lambda words: "、".join(word for word in words if not _is_known(word))).astype("str")
    is_open = rows["exclusions"].isna() | (stray != "")
    flags = {}
    for flag, stem in EXCLUSIONS.items():
        is_listed = rows["exclusions"].fillna("").str.contains(stem, regex=False).astype("boolean")
        flags[flag] = rows[flag].fillna(is_listed.mask(is_open & ~is_listed))
    return rows.assign(**flags), remark("estates.unknown_exclusion", rows, setting, stray != "", said=stray)


def _is_known(word: str) -> bool:
    return any(stem in word for stem in EXCLUSIONS.values())
