"""What is known of every estate: years, households, houses, faults of the houses, and what the residents said.

Columns are geoplan's (columns.csv, side in). Nothing is wrong here yet: faults.py spoils the file afterwards.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from maker.blocks import COMMUNITIES, SUBDISTRICTS
from maker.names import COUNTY, HAZARDS, estate_names
from maker.valley import CRS_CODE, generator, to_valley

UP_TO_2000, UP_TO_2005 = 0.73, 0.89  # shares of the estates built until then
SURVEYED = 0.64
TOWER_STOREYS = [18, 18, 18, 26]  # of the largest new estates, the largest last
LARGEST_HOUSEHOLDS = 1_208
# Communities that have promised the county to have every estate ready by then.
PROMISED = {"西关社区": 2025, "鼓楼社区": 2025, "柳滩社区": 2025, "南门社区": 2026, "祁连社区": 2026, "站前社区": 2026}
RENOVATED = (2023, 2023, 2022, 2022, 2022, 2021, 2021, 2021, 2019, 2018, 2016, 2014, 2013, 2012)
SATISFIED = (0.97, 0.95, 0.93, 0.91, 0.9, 0.9, 0.86, 0.78)  # of those renovated last: above, at and below 90 %
YES, NO = "是", "否"
FLAGS = {
    "shanty_plan": "棚户区改造计划",
    "self_built": "自建房为主",
    "urban_village": "城中村",
    "demolish_rebuild": "拆除重建",
}
# built until, gross m2 per household, storeys (equally likely), share of the plot that is built on
HOUSES = [
    (1979, 54, (2, 3, 3, 4), 0.34),
    (1989, 64, (4, 4, 5, 5, 6), 0.31),
    (2000, 78, (5, 5, 6, 6), 0.30),
    (2005, 96, (6, 6, 6, 7), 0.27),
    (2020, 108, (6, 7, 11, 11, 18), 0.20),
]


def people(homes, streets):
    """Return the estates with every input column, one row each, sorted by id."""
    rng = generator(5)
    estates = _placed(homes, streets)
    estates["completion_year"] = _years(estates, rng)
    estates["name"] = estate_names(estates, rng)
    estates = _houses(estates, rng)
    estates = _persons(estates, rng)
    estates = _condition(estates, rng)
    estates = _shortcomings(estates, rng)
    estates = _consent(estates, rng)
    estates = _scheme(estates, rng)
    return _renovated(estates, rng)


def _placed(homes, streets):
    rows = []
    for home in homes:
        community, subdistrict, number, *_ = COMMUNITIES[home.community]
        rows.append({
            "district": COUNTY, "subdistrict": SUBDISTRICTS[subdistrict], "community": community, "form": home.form,
            "zone": home.zone, "s": home.s, "prefix": f"{subdistrict:02d}{number:02d}", "geometry": home.shape,
        })
    estates = gpd.GeoDataFrame(rows, crs=CRS_CODE)
    estates["order"] = to_valley(estates.centroid.x, estates.centroid.y)[0].round(2)
    estates = estates.sort_values(["prefix", "order"], ignore_index=True)
    estates.insert(0, "estate_id", estates["prefix"] + (estates.groupby("prefix").cumcount() + 1).map("{:03d}".format))
    large = [street for street in streets if street.kind in ("primary", "secondary", "tertiary", "residential")]
    named = [street for street in large if street.name and not street.bridge and not street.tunnel]
    nearest = shapely.STRtree([street.line for street in named]).nearest(estates.geometry.values)
    estates["nearest_street"] = [named[k].name for k in nearest]
    return estates


def _years(estates, rng):
    """Return years that rise from the old centre outwards, in the shares UP_TO_2000 and UP_TO_2005."""
    age = estates["zone"].map({"old": 0.0, "inner": 0.7, "outer": 1.35, "edge": 1.9})
    age = age + 0.62 * rng.normal(size=len(estates))
    age -= estates["community"].map({"铁南社区": 0.9, "东川社区": 1.5, "西川社区": 0.6}).fillna(0)
    age -= 0.5 * estates["form"].isin(["single", "scattered"])
    rank = np.empty(len(estates))
    rank[np.argsort(age.to_numpy(), kind="stable")] = (np.arange(len(estates)) + 0.5) / len(estates)
    years = np.interp(
        rank,
        [0, 0.06, 0.22, 0.48, UP_TO_2000, UP_TO_2000 + 1e-9, UP_TO_2005, UP_TO_2005 + 1e-9, 1],
        [1957, 1972, 1983, 1992, 2000.99, 2001, 2005.99, 2006, 2014],
    )
    return np.floor(years).astype(int)


def _houses(estates, rng):
    era = np.searchsorted([until for until, *_ in HOUSES], estates["completion_year"])
    draw = rng.random(len(estates))
    storeys = np.array([HOUSES[e][2][int(d * len(HOUSES[e][2]))] for e, d in zip(era, draw, strict=True)])
    built_on = np.array([HOUSES[e][3] for e in era]) * rng.uniform(0.85, 1.12, len(estates))
    slab = estates["form"].isin(["single", "scattered"]) & (estates.area < 1_000)
    storeys = np.where(slab, np.clip(storeys, 3, 7), storeys)
    built_on = np.where(slab, 0.96, built_on)
    new = estates.area.where(estates["completion_year"] > 2005, 0).sort_values(kind="stable")
    tallest = new.index[-len(TOWER_STOREYS) :]
    storeys[tallest], built_on[tallest] = TOWER_STOREYS, 0.24
    floor = estates.area * built_on * storeys
    per_household = np.array([HOUSES[e][1] for e in era]) * rng.uniform(0.92, 1.1, len(estates))
    floor[tallest[-1]] = LARGEST_HOUSEHOLDS * per_household[tallest[-1]] / 0.94
    households = np.clip(np.round(floor * 0.94 / per_household), 12, None).astype(int)
    flats_a_landing = np.where(storeys >= 11, 4, 2)
    estates["buildings"] = np.where(slab, 1, np.clip(np.round(estates.area * built_on / 640), 1, None)).astype(int)
    landings = np.ceil(households / (storeys * flats_a_landing))
    estates["stairwells"] = np.maximum(landings, estates["buildings"]).astype(int)
    estates["storeys_max"] = storeys
    estates["households"] = households
    estates["households_body_works"] = np.round(
        households * np.where(rng.random(len(estates)) < 0.7, 1, rng.uniform(0.6, 0.95))
    )
    estates["floor_area_m2"] = floor.round(1)
    estates["land_area_m2"] = (estates.area * np.where(slab, 2.1, 1.0)).round(1)
    tall = storeys >= 5
    estates["elevators_needed"] = np.where(tall & (storeys < 11), estates["stairwells"], 0)
    chance = rng.random(len(estates))
    estates["elevators_installed"] = np.where(
        storeys >= 11, estates["stairwells"], np.where(tall & (chance < 0.08), 1, 0)
    )
    estates["elevators_reserved"] = np.where(tall & (chance > 0.72), np.ceil(estates["stairwells"] / 3), 0).astype(int)
    return estates


def _persons(estates, rng):
    young = np.clip((estates["completion_year"] - 1960) / 50, 0, 1)
    residents = np.round(estates["households"] * rng.uniform(2.25, 2.85, len(estates)))
    estates["residents"] = _sometimes(residents, 0.04, rng)
    estates["residents_60plus"] = _sometimes(
        np.round(residents * (0.36 - 0.2 * young) * rng.uniform(0.85, 1.15, len(estates))), 0.07, rng
    )
    estates["residents_0_3"] = _sometimes(
        np.round(residents * (0.018 + 0.022 * young) * rng.uniform(0.8, 1.2, len(estates))), 0.09, rng
    )
    return estates


def _sometimes(values, missing_share, rng):
    return pd.Series(values).mask(rng.random(len(values)) < missing_share)


def _words(rng, number, words, shares):
    """Return `number` words drawn with these shares; what is left to 1 stays unknown."""
    edges = np.cumsum(shares)
    return [words[k] if k < len(words) else None for k in np.searchsorted(edges, rng.random(number), side="right")]


def _few(estates, column, values, test, rng):
    """Give some estates that pass `test` a value each, and no other column that was given this way."""
    free = [k for k in rng.permutation(len(estates)) if test(estates.loc[k]) and k not in estates.attrs["special"]]
    for k, value in zip(free[: len(values)], values, strict=True):
        estates.at[k, column] = value
        estates.attrs["special"].append(int(k))


def _condition(estates, rng):
    number = len(estates)
    year, old = estates["completion_year"], estates["completion_year"] <= 2000
    estates.attrs["special"] = []
    estates["location"] = np.where(
        estates["s"].between(-2300, 2400), _words(rng, number, ("县城", "县城(城关镇)"), (0.9, 0.1)), "建成区外"
    )
    estates["completion_year_source"] = _words(
        rng, number, ("竣工", "产权证", "街道证明", "估计"), (0.48, 0.30, 0.14, 0.08)
    )
    estates["structure"] = np.where(
        year < 1980,
        _words(rng, number, ("完好", "加固后可"), (0.55, 0.45)),
        np.where(old, _words(rng, number, ("完好", "加固后可"), (0.93, 0.07)), "完好"),
    )
    _few(estates, "structure", ["危险"] * 4, lambda row: row.completion_year < 1985, rng)
    estates["legal_build"] = _words(rng, number, (YES,), (0.97,))
    _few(estates, "legal_build", [NO] * 3, lambda row: row.completion_year < 1995, rng)
    estates["expropriation_year"] = pd.Series([None] * number, dtype=object)
    _few(estates, "expropriation_year", [2026, 2028, 2030, 2031, 2034], lambda row: row.zone in ("old", "inner"), rng)
    estates["exclusions"] = pd.Series([None] * number, dtype=object)
    excluded = [*FLAGS.values(), "城中村、自建房为主"]
    _few(estates, "exclusions", excluded, lambda row: row.completion_year < 1990, rng)
    for column, word in FLAGS.items():
        estates[column] = np.where(estates["exclusions"].fillna("").str.contains(word), YES, NO)
    return estates


def _shortcomings(estates, rng):
    number = len(estates)
    old, worn = estates["completion_year"] <= 2000, np.clip((2012 - estates["completion_year"]) / 40, 0, 1)
    estates["neglect"] = np.where(rng.random(number) < 0.25 + 0.6 * worn, YES, NO)
    estates["municipal_gaps"] = np.where(rng.random(number) < 0.15 + 0.8 * worn, YES, NO)
    estates["service_gaps"] = np.where(rng.random(number) < 0.72, YES, _words(rng, number, (NO,), (0.8,)))
    estates.loc[old & (estates["neglect"] == NO) & (estates["municipal_gaps"] == NO), "municipal_gaps"] = YES
    estates.loc[(estates["neglect"] == NO) & (estates["municipal_gaps"] == NO), "service_gaps"] = YES
    newer = [k for k in rng.permutation(number) if not old[k]]
    estates.loc[newer[:5], ["neglect", "municipal_gaps", "service_gaps"]] = NO
    estates["hazards"] = [
        _hazards(share, draw) for share, draw in zip(worn, rng.random((number, len(HAZARDS))), strict=True)
    ]
    estates["owner_type"] = [
        _owner(row, draw) for row, draw in zip(estates.itertuples(), rng.random(number), strict=True)
    ]
    _few(estates, "owner_type", ["军队", "军休", *["直管公房"] * 3], lambda row: row.completion_year < 1996, rng)
    estates["pm_status"] = np.where(
        old,
        _words(rng, number, ("三无", "社区代管", "单位", "自管", "物业"), (0.38, 0.24, 0.16, 0.12, 0.08)),
        _words(rng, number, ("物业", "自管", "社区代管"), (0.72, 0.16, 0.1)),
    )
    return estates


def _hazards(worn, draws):
    found = [word for word, draw in zip(HAZARDS, draws, strict=True) if draw < 0.06 + 0.34 * worn]
    return "、".join(found) or None


def _owner(row, draw):
    if row.completion_year > 2000:
        return "商品房"
    if row.name.endswith(("家属院", "家属楼", "职工宿舍", "住宅楼")):
        unit = row.name.removesuffix("家属院").removesuffix("家属楼").removesuffix("职工宿舍").removesuffix("住宅楼")
        owner = "国企" if unit.endswith(("厂", "公司", "队", "段", "站", "场", "一院", "二院", "三院")) else "事业"
        return owner if draw < 0.45 else "房改房"
    return "房改房" if draw < 0.4 else "混合" if draw < 0.62 else "商品房"


def _consent(estates, rng):
    number = len(estates)
    asked = rng.random(number) < SURVEYED
    households = estates["households"]
    share = np.where(rng.random(number) < 0.68, rng.uniform(0.81, 0.97, number), rng.uniform(0.52, 0.79, number))
    agree = np.floor(households * share)
    order = [k for k in rng.permutation(number) if asked[k]]
    for k in [k for k in order if households[k] % 5 == 0][:5]:
        agree[k] = households[k] * 4 // 5
    for k in [k for k in order if households[k] % 5][:5]:
        agree[k] = np.ceil(households[k] * 0.8) - 1
    took_part = np.maximum(np.floor(households * rng.uniform(0.8, 0.99, number)), np.minimum(agree + 1, households))
    estates["survey_done"] = np.where(asked, YES, _words(rng, number, (NO,), (0.7,)))
    estates["strong_will"] = np.where(
        asked, _words(rng, number, (YES, NO), (0.95, 0.02)), _words(rng, number, (YES, NO), (0.68, 0.02))
    )
    estates["consent_eligible"] = households
    estates["consent_participants"] = pd.Series(took_part).where(asked)
    estates["consent_agree"] = pd.Series(agree).where(asked)
    counted = asked & (rng.random(number) < 0.7)
    total = (estates["floor_area_m2"] * 0.97).round(1)
    estates["consent_area_total_m2"] = total.where(counted)
    a_household_m2 = total / households * rng.uniform(0.975, 0.995, number)
    for column, count in (("consent_area_participants_m2", took_part), ("consent_area_agree_m2", agree)):
        estates[column] = (a_household_m2 * count).round(1).where(counted)
    enough = asked & (agree >= 0.8 * households)
    estates["mgmt_consensus"] = np.where(
        enough,
        _words(rng, number, (YES, NO), (0.9, 0.04)),
        np.where(asked, _words(rng, number, (YES, NO), (0.35, 0.3)), None),
    )
    settled = enough & (estates["mgmt_consensus"] == YES)
    estates["public_notice_no_objection"] = np.where(settled, _words(rng, number, (YES, NO), (0.86, 0.05)), None)
    estates["willing_to_pay"] = np.where(asked, _words(rng, number, (YES, NO), (0.42, 0.34)), None)
    estates["illegal_demolition_done"] = _words(rng, number, (YES, NO), (0.28, 0.34))
    return estates


def _scheme(estates, rng):
    number = len(estates)
    ready = (estates["public_notice_no_objection"] == YES).to_numpy()
    estates["pm_confirmed"] = np.where(ready, _words(rng, number, (YES, NO), (0.72, 0.08)), None)
    voted = (estates["pm_confirmed"] == YES).to_numpy() & (rng.random(number) < 0.75)
    households = estates["households"]
    took_part = np.floor(households * rng.uniform(0.84, 0.99, number))
    estates["scheme_participants"] = pd.Series(took_part).where(voted)
    estates["scheme_agree"] = pd.Series(np.floor(took_part * rng.uniform(0.72, 0.98, number))).where(voted)
    estates["scheme_satisfaction_share"] = pd.Series(rng.uniform(0.84, 0.985, number).round(2)).where(voted)
    later = np.where(
        (estates["survey_done"] == YES) & (rng.random(number) < 0.6), 2026 + (rng.random(number) < 0.45), np.nan
    )
    said = np.where(ready, np.where(rng.random(number) < 0.7, 2025, 2026), later)
    promised = estates["community"].map(PROMISED).to_numpy(dtype=float)
    estates["ready_year"] = np.fmin(said, promised)
    return estates


def _renovated(estates, rng):
    """Mark 14 estates as renovated before, eight of them with a survey afterwards: above, at and below 90 %."""
    estates["renovated_year"] = np.nan
    for column in ("after_base", "after_surveyed", "after_satisfied"):
        estates[column] = np.nan
    fitting = [
        k
        for k in rng.permutation(len(estates))
        if estates.at[k, "completion_year"] <= 1998 and estates.at[k, "households"] >= 60
    ]
    for n, k in enumerate(fitting[: len(RENOVATED)]):
        estates.at[k, "renovated_year"] = RENOVATED[n]
        if n < len(SATISFIED):
            households = estates.at[k, "households"]
            surveyed = int(households * (0.7 + 0.03 * n)) // 10 * 10
            counts = [households, surveyed, round(surveyed * SATISFIED[n])]
            estates.loc[k, ["after_base", "after_surveyed", "after_satisfied"]] = counts
    return estates
