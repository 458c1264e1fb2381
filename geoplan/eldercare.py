"""How much elder-care space has each area, how much does it need, and what stands in the way?

Need is so many square metres per permanent resident of the area (QH23-42, GB 50437-2007 (2018) 3.2.1A); what counts
against it are rooms, not buildings. All sums are exact fractions of the decimals the planner wrote and become floats
only in the finished table, so that 3,224 residents need 322.4 m2 and nothing else. The clause is conditional
(具备条件的): where an area falls short its status names what is in the way.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import Finding, listed
from geoplan.norms import HouseholdNorm, stand_by_norm
from geoplan.rooms import about_rooms, exact, positive, ratio
from geoplan.schema import conform, split_list
from geoplan.sites import find_faults, is_without_lift

Scope = Literal["inside", "declared", "reachable"]
Basis = Literal["premises", "land"]

SITED = "sited"  # kind of a share of rooms that siting plans
ELDER_USE = "养老"  # in any allowed use of a site, beside the words of the facility catalogue


def find_care(
    areas: gpd.GeoDataFrame, members: pd.DataFrame, estates: gpd.GeoDataFrame, rooms: gpd.GeoDataFrame,
    flows: pd.DataFrame, sites: gpd.GeoDataFrame | None, catalogue: pd.DataFrame, *,
    m2_per_resident: float, basis: Basis, count_scope: Scope, reach_m: float, sited: gpd.GeoDataFrame | None = None,
    obstacles: pd.Series | None = None, norm: HouseholdNorm | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the elder-care account of every area: rooms and land, today and after the plan.

    Rooms that declare a service area are divided by residents over all estates they declare, grouped or not; other
    rooms belong to the area they stand in. Those shares are rounded half up to 0.1 m2; in the scope `reachable` the
    flows count instead, which are exact, and what the plan adds to the flow of an area is its planned rooms. Shortages
    are rounded up to whole m2. Land is the rooms times land per floor area of their own site, else of the estate they
    stand in, else of the area they serve. A share or ratio that is unknown leaves the account unknown, except where the
    known part is already enough.

    Parameters
    ----------
    areas
        Table `areas`: area_id and outline.
    members
        estate_id and area_id (missing where an estate is in no area).
    estates
        Layer `estates` with `residents` filled as far as known.
    rooms
        The rooms that count: facility_id, rooms_m2 (exact), is_planned, serves, land_ratio, geometry.
    flows
        What residents within a walk draw of them: facility_id, area_id, is_planned, m2 (exact).
    sites
        Layer `sites`; None where it was not brought, and then no area is said to have no site.
    catalogue
        Facility catalogue.
    m2_per_resident
        Elder-care space per permanent resident.
    basis
        Which account gives the status.
    count_scope
        Which rooms count; a key of SCOPES.
    reach_m
        How far from the outline of an area a site may lie to serve it, in metres; only asked where siting has not said
        what stands in the way.
    sited
        Rooms that siting plans: facility_id (the site's id), area_id, m2 (exact), land_ratio (exact, missing where
        unknown), geometry; one row per site and area. They count in every scope, in the area they are planned for.
    obstacles
        By area_id the status of one that stays short, as siting decided it; None where it did not.
    norm
        What the province asks per 100 households, shown beside the need by residents; None where it asks nothing.

    Returns
    -------
    care
        Table `care`.
    findings
        Rooms that count nowhere, service areas and residents that are not known, land that was estimated.
    """
    scope = SCOPES[count_scope]
    people = estates[["estate_id", "residents"]].merge(members[["estate_id", "area_id"]], on="estate_id", how="left")
    shares, findings = _divide(rooms, areas, estates, people)
    if "reachable" in scope:
        shares = pd.concat([shares, flows.assign(kind="reachable")], ignore_index=True)
    findings += _unused(rooms, shares, people, scope)
    if sited is not None and len(sited):
        planned = sited.assign(facility_id=SITED + " " + sited["facility_id"], kind=SITED, is_planned=True)
        shares = pd.concat([shares, planned[[*shares.columns]]], ignore_index=True)
        rooms = pd.concat([rooms, planned.drop_duplicates("facility_id").assign(rooms_m2=planned["m2"])[
            ["facility_id", "rooms_m2", "land_ratio", "geometry"]]], ignore_index=True)
    shares, land_findings = _add_land(shares, rooms, estates, people)
    care, people_findings = _account(
        areas["area_id"], people, shares, (*scope, SITED), Fraction(str(m2_per_resident)))
    care["reachable_m2"] = _sum(flows[~flows["is_planned"].astype(bool)], "m2", care.index)

    status = care[f"{basis}_status"]
    is_short = status.eq("not_met")
    if obstacles is None:
        obstacles = _obstacle(areas, sites, catalogue, reach_m)
    care["status"] = status.where(~is_short, obstacles.reindex(care.index))
    if sites is None and is_short.any():
        findings.append(Finding("care.no_sites", "sites", values={"count": int(is_short.sum())}))
    in_use = shares[~shares["is_planned"].astype(bool) & shares["kind"].isin(scope)]
    have = care[[f"{kind}_m2" for kind in scope]].sum(axis=1, skipna=False)
    care = care.join(stand_by_norm(
        care.index, members, estates, have, in_use.merge(rooms[["facility_id", "rooms_m2"]], on="facility_id"), norm,
        catalogue))
    return conform("care", care.reset_index().assign(walking=None)), [*findings, *land_findings, *people_findings]


def have_m2(care: pd.DataFrame, count_scope: Scope) -> pd.Series:
    """Return what an area has today in the scope that counts, from table `care`; missing where a part is."""
    parts = pd.DataFrame({kind: exact(care[f"{kind}_m2"]) for kind in SCOPES[count_scope]})
    return parts.sum(axis=1, skipna=False).astype("float64")


def _tenths(m2: pd.Series) -> pd.Series:
    return m2.map(lambda value: Fraction(math.floor(value * 10 + Fraction(1, 2)), 10), na_action="ignore")


def _divide(
    rooms: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, estates: gpd.GeoDataFrame, people: pd.DataFrame,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return facility_id, area_id, kind, is_planned and m2 (exact, missing where unknown) of every share of rooms."""
    has_declared = rooms["serves"].map(lambda text: bool(split_list(text))).astype(bool)
    served, findings = _served_estates(rooms[has_declared], estates)
    declared = _shares_by_people(rooms, served.merge(people, on="estate_id"))
    standing = _standing_in(rooms[~has_declared], areas, "area_id")
    inside = rooms[["facility_id", "is_planned", "rooms_m2"]].rename(columns={"rooms_m2": "m2"}).assign(
        area_id=rooms["facility_id"].map(standing), kind="inside").dropna(subset="area_id")
    shares = pd.concat([inside, declared], ignore_index=True)
    unknown = people[people["residents"].isna() & people["estate_id"].isin(served["estate_id"])]
    if len(unknown):
        findings.append(_naming("care.served_unknown", unknown["estate_id"]))
    return shares, findings


def _unused(
    rooms: gpd.GeoDataFrame, shares: pd.DataFrame, people: pd.DataFrame, scope: tuple[str, ...],
) -> list[Finding]:
    """Return findings on rooms that count for no area and, where rooms flow, on estates that cannot draw any."""
    if "reachable" not in scope:
        outside = rooms[~rooms["facility_id"].isin(shares["facility_id"])]
        return [about_rooms("care.outside", outside)] if len(outside) else []
    idle = rooms[~rooms["facility_id"].isin(shares.loc[shares["kind"].eq("reachable"), "facility_id"])]
    unknown = people.loc[people["residents"].isna() & people["area_id"].notna(), "estate_id"]
    findings = [about_rooms("care.idle", idle)] if len(idle) else []
    return [*findings, _naming("care.draws_nothing", unknown)] if len(unknown) else findings


def _naming(code: str, estate_ids: pd.Series, **values: object) -> Finding:
    ids = sorted(estate_ids)
    return Finding(code, "estates", values={"count": len(ids), "estates": listed(ids), **values})


def _served_estates(
    rooms: gpd.GeoDataFrame, estates: gpd.GeoDataFrame,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return facility_id and estate_id of every declared service; a name means the smallest thing that bears it."""
    names = pd.concat(
        [estates[["estate_id"]].assign(name=estates[column], level=level)
         for level, column in enumerate(("estate_id", "community", "subdistrict"))], ignore_index=True)
    names = names[names["level"].eq(names.groupby("name")["level"].transform("min"))]
    said = rooms[["facility_id"]].assign(name=rooms["serves"].map(split_list)).explode("name")
    served = said.merge(names, on="name", how="left")
    strangers = served[served["estate_id"].isna()]
    pairs = served.dropna(subset="estate_id")[["facility_id", "estate_id"]].drop_duplicates()
    if strangers.empty:
        return pairs, []
    texts = sorted(strangers["facility_id"] + " " + strangers["name"])
    return pairs, [Finding("care.unknown_name", "facilities", values={"count": len(texts), "names": listed(texts)})]


def _shares_by_people(rooms: gpd.GeoDataFrame, served: pd.DataFrame) -> pd.DataFrame:
    total = served.groupby("facility_id")["residents"].sum(skipna=False)
    by_area = served.groupby(["facility_id", "area_id"])["residents"].sum(skipna=False).reset_index()
    shares = by_area.merge(rooms[["facility_id", "is_planned", "rooms_m2"]], on="facility_id")
    portion = ratio(shares["residents"], shares["facility_id"].map(total))
    shares["m2"] = _tenths(shares["rooms_m2"] * portion)
    return shares.assign(kind="declared")[["facility_id", "is_planned", "m2", "area_id", "kind"]]


def _standing_in(points: gpd.GeoDataFrame, outlines: gpd.GeoDataFrame, key: str) -> pd.Series:
    """Return by facility_id which outline it stands in; on a common border the first id, so that none has two."""
    pairs = gpd.sjoin(points[["facility_id", "geometry"]], outlines[[key, "geometry"]], predicate="intersects")
    first = pairs.sort_values(["facility_id", key]).drop_duplicates("facility_id")
    return pd.Series(first[key].to_numpy(), index=first["facility_id"])


def _add_land(
    shares: pd.DataFrame, rooms: gpd.GeoDataFrame, estates: gpd.GeoDataFrame, people: pd.DataFrame,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the shares with the land they stand for (exact, missing where no ratio is known)."""
    said = positive(estates["land_area_m2"])
    is_estimated = said.isna() & estates["floor_area_m2"].notna()
    land = said.fillna(estates.area.round(1))
    known = pd.DataFrame({"land": land, "floor": estates["floor_area_m2"]}).set_axis(estates["estate_id"]).dropna()
    by_estate = ratio(known["land"], known["floor"])
    together = known.groupby(people.set_index("estate_id")["area_id"]).sum()
    by_area = ratio(together["land"], together["floor"])

    host = rooms["facility_id"].map(_standing_in(rooms, estates, "estate_id"))
    of_place = rooms["land_ratio"].fillna(host.map(by_estate)).set_axis(rooms["facility_id"])
    ratios = shares["facility_id"].map(of_place).astype(object).fillna(shares["area_id"].map(by_area))

    findings = []
    if is_estimated.any() and len(shares):
        findings.append(_naming("care.land_from_outline", estates.loc[is_estimated, "estate_id"]))
    unknown = rooms[rooms["facility_id"].isin(shares.loc[ratios.isna(), "facility_id"])]
    if len(unknown):
        findings.append(about_rooms("care.land_unknown", unknown))
    return shares.assign(land_m2=shares["m2"] * ratios), findings


def _account(
    area_ids: pd.Series, people: pd.DataFrame, shares: pd.DataFrame, scope: tuple[str, ...], rate: Fraction,
) -> tuple[pd.DataFrame, list[Finding]]:
    grouped = people.dropna(subset="area_id").groupby("area_id")
    care = pd.DataFrame(index=pd.Index(sorted(area_ids), name="area_id"))
    care["residents"] = grouped["residents"].sum(skipna=False).reindex(care.index)
    need = exact(care["residents"]).map(lambda people: people * rate, na_action="ignore")
    care["need_m2"] = care["land_need_m2"] = need

    is_standing, counts = ~shares["is_planned"].astype(bool), shares["kind"].isin(scope)
    for kind in ("inside", "declared"):
        care[f"{kind}_m2"] = _known(shares[is_standing & shares["kind"].eq(kind)], "m2", care.index)
    care["planned_m2"] = _known(shares[~is_standing & counts & shares["kind"].ne(SITED)], "m2", care.index)
    care["short_m2"] = _short(need, shares[is_standing & counts], "m2")
    care["short_after_m2"] = _short(need, shares[counts], "m2")
    care["land_have_m2"] = _tenths(_known(shares[counts], "land_m2", care.index))
    care["premises_status"] = _verdict(care["short_m2"], care["short_after_m2"])
    care["land_status"] = _verdict(
        _short(need, shares[is_standing & counts], "land_m2"), _short(need, shares[counts], "land_m2"))
    unknown = people[people["residents"].isna()].dropna(subset="area_id")
    findings = [_naming("care.residents_unknown", estates["estate_id"], area=area_id)
                for area_id, estates in unknown.groupby("area_id")]
    return care, findings


def _sum(shares: pd.DataFrame, column: str, area_ids: pd.Index) -> pd.Series:
    """Return the sum of what is known of a column, by area."""
    return shares.dropna(subset=column).groupby("area_id")[column].sum().reindex(area_ids).fillna(0)


def _is_open(shares: pd.DataFrame, column: str, area_ids: pd.Index) -> pd.Series:
    return pd.Series(area_ids.isin(shares.loc[shares[column].isna(), "area_id"]), index=area_ids)


def _known(shares: pd.DataFrame, column: str, area_ids: pd.Index) -> pd.Series:
    return _sum(shares, column, area_ids).where(~_is_open(shares, column, area_ids))


def _short(need: pd.Series, shares: pd.DataFrame, column: str) -> pd.Series:
    """Return what is lacking in whole square metres; missing where it is unknown and the known part does not do."""
    lacking = (need - _sum(shares, column, need.index)).map(lambda m2: max(0, math.ceil(m2)), na_action="ignore")
    return lacking.where(lacking.eq(0) | ~_is_open(shares, column, need.index))


def _verdict(today: pd.Series, after: pd.Series) -> np.ndarray:
    return np.select(
        [today.eq(0), today.isna() | after.isna(), after.eq(0)], ["met", "unknown", "met_after_plan"], "not_met")


def _obstacle(
    areas: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None, catalogue: pd.DataFrame, reach_m: float,
) -> pd.Series:
    """Return by area the status of one that stays short: what bars most of the sites that might serve it.

    Unknown where a site is open to it (siting decides), or where no sites were brought.
    """
    status = pd.Series("not_met_no_site" if sites is not None else "unknown", index=areas["area_id"], dtype=object)
    if sites is None:
        return status
    faults = find_faults(sites)
    barred = pd.DataFrame({
        "not_met_no_consent": faults["refused"], "not_met_structure": faults["structure"] | faults["fire"],
        "not_met_plan_conformity": faults["plan_conformity"],
    })
    may_host = ~faults["basement"] & ~faults["no_area"] & ~is_without_lift(sites) & _allows_elder_care(sites, catalogue)
    near = gpd.sjoin(
        gpd.GeoDataFrame(barred.assign(is_open=~barred.any(axis=1)), geometry=sites.geometry)[may_host],
        areas[["area_id", "geometry"]], predicate="dwithin", distance=reach_m)
    counts = near.groupby("area_id")[[*barred, "is_open"]].sum()
    status.update(counts[list(barred)].idxmax(axis=1).where(counts["is_open"].eq(0), "unknown"))
    return status


def _allows_elder_care(sites: gpd.GeoDataFrame, catalogue: pd.DataFrame) -> pd.Series:
    """Say which sites name an elder-care use, or leave their use open."""
    types = catalogue[catalogue["elder_rooms"].eq("all")]
    words = {*types["facility_type"], *types["zh"], *types["en"], *types["words"].str.split("|").explode()}
    uses = sites["allowed_types"].map(split_list)
    allows = [not said or any(use in words or ELDER_USE in use for use in said) for said in uses]
    return pd.Series(allows, index=sites.index, dtype=bool)


SCOPES: Mapping[Scope, tuple[str, ...]] = {
    "inside": ("inside",),
    "declared": ("inside", "declared"),
    "reachable": ("reachable",),
}
