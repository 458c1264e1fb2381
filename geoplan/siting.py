"""Which idle rooms and which idle land take which missing service, how large, and what does it cost?

Offers of sites to facility types (offers.py), the gaps and shortages within their reach (relief.py) and a mixed-integer
program with four objectives in turn (placing.py) give table `sitings`. Facilities that exist stay as they are.

A gap closes for everyone within the limit of a siting, as for any facility. Elder-care rooms count besides, by the
square metre and never twice: `siting_areas` says how many of them count for which area. A siting may relieve several
areas; `area_id` in `sitings` is the one it relieves most, and its money is counted there; of a service that only makes
up a complex it is the one it could relieve most. `residents_served` holds all residents of areas whose gap it closes,
those of each estate once per type, at the nearest siting.
"""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from geoplan.errors import Finding, listed
from geoplan.offers import INFILL
from geoplan.placing import place, place_otherwise
from geoplan.relief import find_scene
from geoplan.rooms import exact, positive, ratio
from geoplan.scenes import STAGES, Placed, Scene, Wish
from geoplan.schema import conform
from geoplan.sites import find_places

KEYS = ["site_id", "facility_type"]
ALTERNATIVE = [*KEYS, "area_id", "floor_area_m2", "amount_yuan"]


def find_sitings(
    offers: pd.DataFrame, reached: pd.DataFrame, gaps: pd.DataFrame, area_gaps: pd.DataFrame, members: pd.DataFrame,
    care: pd.DataFrame, *, host_areas: Mapping[str, str] | None, wish: Wish,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return what goes into which site, for whom, and how good that is.

    Parameters
    ----------
    offers
        As `find_offers` returns them.
    reached
        estate_id, site_id, distance_m of every pair within the widest limit.
    gaps, area_gaps, care
        Tables of those names without sitings.
    members
        estate_id, area_id (missing where an estate is in no area).
    host_areas
        site_id -> the area it stands in, where only rooms inside an area count for it; None where others may too.
    wish
        Weights and limits; so many square metres of elder-care rooms as are due to one relieve one resident.

    Returns
    -------
    sitings
        Table `sitings`; procedures are missing until `with_procedures` adds them.
    siting_areas
        Table `siting_areas`.
    siting_stages
        Table `siting_stages`: value and bound of every objective.
    """
    scene = find_scene(offers, reached, gaps, area_gaps, members, care, host_areas=host_areas)
    placed = place(scene, wish)
    served = _served(scene, placed)
    return _sitings(scene, placed, served, wish), _areas(scene, served), _stages(placed)


def find_siting_alternatives(
    offers: pd.DataFrame, reached: pd.DataFrame, gaps: pd.DataFrame, area_gaps: pd.DataFrame, members: pd.DataFrame,
    care: pd.DataFrame, *, host_areas: Mapping[str, str] | None, wish: Wish, count: int,
) -> pd.DataFrame:
    """Return the next best plans, each with at least one site put to another use or exchanged for another.

    Parameters
    ----------
    offers, reached, gaps, area_gaps, members, care, host_areas, wish
        As for `find_sitings`.
    count
        How many plans at most.

    Returns
    -------
    siting_alternatives
        Table `siting_alternatives`, every plan whole.
    """
    scene = find_scene(offers, reached, gaps, area_gaps, members, care, host_areas=host_areas)
    plans = [
        _sitings(scene, placed, _served(scene, placed), wish)[ALTERNATIVE].assign(alternative=number)
        for number, placed in enumerate(place_otherwise(scene, wish, count=count), start=1)]
    empty = pd.DataFrame({name: [] for name in (*ALTERNATIVE, "alternative")})
    return conform("siting_alternatives", pd.concat(plans) if plans else empty)


def say_sitings(
    stages: pd.DataFrame, offers: pd.DataFrame, demands: pd.DataFrame, gaps: pd.DataFrame, *, wish: Wish,
    care_clause: str,
) -> list[Finding]:
    """Return what has to be said of the choice: its objectives with their bounds, and what it rests on.

    Parameters
    ----------
    stages
        Table `siting_stages`.
    offers
        As `find_offers` returns them.
    demands
        As `find_demands` returns them.
    gaps
        Table `gaps`: whose residents are known.
    wish
        As for `find_sitings`.
    care_clause
        Clause by which elder care and childcare come first on idle land; empty where no document in force says so.

    Returns
    -------
    findings
        The objectives; estates of unknown residents; land that could take elder care or childcare.
    """
    said = {f"{stage}{part}": f"{figure:,.10g}" for part, column in (("", "value"), ("_bound", "bound"))
            for stage, figure in zip(stages["stage"], stages[column].tolist(), strict=True)}
    findings = [Finding("siting.objective", "sites", values={**said, "m2_per_resident": f"{wish.m2_per_resident:g}"})]
    unknown = set(gaps.loc[gaps["residents"].isna(), "estate_id"]) & set(demands["estate_id"])
    if unknown:
        findings.append(Finding("siting.residents_unknown", "estates", values={
            "count": len(unknown), "estates": listed(sorted(unknown))}))
    land = offers[offers["use"].eq(INFILL) & offers["is_care"].astype(bool) & offers["reason"].eq("")]["site_id"]
    if care_clause and len(land):
        findings.append(Finding("siting.kept_for_care", "sites", values={
            "count": land.nunique(), "clause": care_clause}))
    return findings


def say_siting_alternatives(alternatives: pd.DataFrame, *, count: int) -> list[Finding]:
    """Return a finding where fewer other plans were found than were asked for.

    Parameters
    ----------
    alternatives
        Table `siting_alternatives`.
    count
        How many were asked for.
    """
    found = alternatives["alternative"].nunique()
    return [Finding("siting.fewer_alternatives", "sites", values={"count": found, "wanted": count})] * (found < count)


def with_procedures(sitings: pd.DataFrame, procedures: pd.DataFrame) -> pd.DataFrame:
    """Return table `sitings` with the procedures each needs, from table `procedures`; an empty text where none."""
    said = procedures.groupby(KEYS)["procedure"].agg("、".join).rename("procedures").reset_index()
    joined = sitings.drop(columns="procedures").merge(said.astype("str"), on=KEYS, how="left")
    return conform("sitings", joined.assign(procedures=joined["procedures"].fillna("")))


def list_rooms(
    siting_areas: pd.DataFrame, sitings: pd.DataFrame, offers: pd.DataFrame, sites: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return the elder-care rooms that sitings add to the account of each area.

    Parameters
    ----------
    siting_areas, sitings
        Tables of those names.
    offers
        As `find_offers` returns them.
    sites
        Layer `sites`.

    Returns
    -------
    sited
        facility_id (the site's id), area_id, m2 (exact), land_ratio (exact: land per floor area of the site itself,
        missing where unknown), geometry (point); one row per site and area.
    """
    own = ratio(positive(sites["land_area_m2"]), sites["floor_area_m2"]).set_axis(sites["site_id"])
    used = sitings[KEYS].merge(offers[[*KEYS, "use", "ground_per_m2"]], on=KEYS).drop_duplicates("site_id")
    used = used.set_index("site_id")
    built = exact(used["ground_per_m2"]).where(used["use"].eq(INFILL), own.reindex(used.index))
    counted = siting_areas[siting_areas["elder_m2"].gt(0)]
    rooms = counted.groupby(["site_id", "area_id"], as_index=False)["elder_m2"].sum()
    places = find_places(sites).set_index("facility_id").geometry
    return gpd.GeoDataFrame({
        "facility_id": rooms["site_id"], "area_id": rooms["area_id"], "m2": exact(rooms["elder_m2"]),
        "land_ratio": rooms["site_id"].map(built).astype(object),
    }, geometry=places.reindex(rooms["site_id"]).to_numpy(), crs=sites.crs)


def _served(scene: Scene, placed: Placed) -> pd.DataFrame:
    """Return offer, area, residents and elder_m2 of everything that is taken, each resident at the nearest."""
    taken = scene.closes[scene.closes["offer"].isin(placed.taken)]
    nearest = taken.sort_values(["demand", "distance_m", "offer"], kind="stable").drop_duplicates("demand")
    walked = nearest.groupby(["offer", "area"])["residents"].sum()
    rooms = scene.fills.assign(m2=placed.filled_m2).groupby(["offer", "area"])["m2"].sum()
    both = pd.DataFrame({"residents": walked, "elder_m2": rooms[rooms > 0]}).fillna(0).astype("int64")
    return both.reset_index()


def _sitings(scene: Scene, placed: Placed, served: pd.DataFrame, wish: Wish) -> pd.DataFrame:
    weight = served["residents"] + served["elder_m2"] / wish.m2_per_resident
    taken = scene.offers.assign(floor_area_m2=placed.m2)[placed.m2 > 0]
    area = _first_area(served.assign(weight=weight)).reindex(taken.index)
    return conform("sitings", taken.assign(
        area_id=area.fillna(_first_area(_in_reach(scene, wish)).reindex(taken.index)),
        residents_served=served.groupby("offer")["residents"].sum().reindex(taken.index).fillna(0),
        amount_yuan=(taken["floor_area_m2"] * taken["yuan_per_m2"]).round(2), procedures=None, walking=None))


def _in_reach(scene: Scene, wish: Wish) -> pd.DataFrame:
    """Return offer, area and weight of everybody an offer could relieve: a service may only make up a complex."""
    walks = scene.closes.groupby(["offer", "area"])["residents"].sum()
    rooms = scene.fills.groupby(["offer", "area"])["short_m2"].first() / wish.m2_per_resident
    return walks.add(rooms, fill_value=0).rename("weight").reset_index()


def _first_area(weighed: pd.DataFrame) -> pd.Series:
    """Return by offer the area of the greatest weight; of equal ones the first by id."""
    ordered = weighed.sort_values(["offer", "weight", "area"], ascending=[True, False, True])
    return ordered.drop_duplicates("offer").set_index("offer")["area"]


def _areas(scene: Scene, served: pd.DataFrame) -> pd.DataFrame:
    named = served.assign(**{key: served["offer"].map(scene.offers[key]) for key in KEYS})
    return conform("siting_areas", named.rename(columns={"area": "area_id", "residents": "residents_served"}).assign(
        walking=None))


def _stages(placed: Placed) -> pd.DataFrame:
    stages = pd.DataFrame({"stage": STAGES, "value": placed.values, "bound": placed.bounds})
    apart = (stages["value"] - stages["bound"]).abs()
    share = (apart / stages["value"].abs()).where(apart > 0, 0.0)
    return conform("siting_stages", stages.assign(rank=stages.index + 1, gap_share=share))
