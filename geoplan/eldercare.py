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
from geoplan.schema import conform, split_list
from geoplan.sites import find_faults, is_basement, is_upstairs, is_without_lift

Scope = Literal["inside", "declared", "reachable"]
Basis = Literal["premises", "land"]

SAME_PLACE_M = 20.0  # two entries nearer than this may be one set of rooms (meal points share rooms with day care)
ELDER_USE = "养老"  # in any allowed use of a site, beside the words of the facility catalogue
PLANNED = ("under_construction", "planned")


def count_rooms(
    facilities: gpd.GeoDataFrame, catalogue: pd.DataFrame, *, last_year: int,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the elder-care rooms that count, and a finding for every reason why others do not.

    Existing rooms count today; rooms being built or planned count when their year of opening is known and not after the
    programme. Basements never count, nor upper floors without a lift (policy 1.2). What is unknown bars nothing: rooms
    whose storey or lift is not known count, and a finding names them.

    Parameters
    ----------
    facilities
        Layer `facilities`.
    catalogue
        Facility catalogue; `elder_rooms` says whether a facility counts whole, by its `elder_area_m2`, or not at all.
    last_year
        Last year of the programme.

    Returns
    -------
    rooms
        One row per facility: facility_id, rooms_m2 (exact), is_planned, serves, land_ratio (exact: land per floor area
        of the facility's own site, missing where unknown), geometry.
    findings
        One per reason, each facility under one reason only.
    """
    rule = facilities["facility_type"].map(catalogue.set_index("facility_type")["elder_rooms"])
    is_all = rule.eq("all")
    rooms_m2 = facilities["elder_area_m2"].fillna(facilities["floor_area_m2"].where(is_all))
    offers_rooms = (rule.isin(["all", "none"]) | rooms_m2.gt(0)) & rooms_m2.ne(0)
    floor_m2 = facilities["floor_area_m2"].fillna(rooms_m2.where(is_all))
    offered = facilities.assign(
        rule=rule, rooms_m2=rooms_m2, land_ratio=_ratio(_positive(facilities["land_area_m2"]), floor_m2),
        is_planned=facilities["status"].isin(PLANNED))[offers_rooms]

    reasons = _why_not(offered, last_year)
    rooms = offered[reasons.eq("")].sort_values("facility_id", ignore_index=True)
    findings = [_about(code, offered[reasons.eq(code)]) for code in sorted(set(reasons) - {""})]
    findings += [*_unverified(rooms), *_same_places(rooms)]
    counted = ["facility_id", "rooms_m2", "is_planned", "serves", "land_ratio", "geometry"]
    return rooms.assign(rooms_m2=_exact(rooms["rooms_m2"]))[counted], findings


def find_care(
    areas: gpd.GeoDataFrame, members: pd.DataFrame, estates: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame | None, catalogue: pd.DataFrame, *,
    m2_per_resident: float, basis: Basis, count_scope: Scope, last_year: int, reach_m: float,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the elder-care account of every area: rooms and land, today and after the plan.

    Rooms that declare a service area are divided by residents over all estates they declare, grouped or not; other
    rooms belong to the area they stand in. Shares are rounded half up to 0.1 m2, shortages up to whole m2. Land is the
    rooms times land per floor area of their own site, else of the estate they stand in, else of the area they serve. A
    share or ratio that is unknown leaves the account unknown, except where the known part is already enough.

    Parameters
    ----------
    areas
        Table `areas`: area_id and outline.
    members
        estate_id and area_id (missing where an estate is in no area).
    estates
        Layer `estates` with `residents` filled as far as known.
    facilities
        Layer `facilities`.
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
    last_year
        Last year of the programme.
    reach_m
        How far from the outline of an area a site may lie to serve it, in metres.

    Returns
    -------
    care
        Table `care`.
    findings
        Rooms that do not count, service areas and residents that are not known, land that was estimated.
    """
    rooms, findings = count_rooms(facilities, catalogue, last_year=last_year)
    people = estates[["estate_id", "residents"]].merge(members[["estate_id", "area_id"]], on="estate_id", how="left")
    shares, share_findings = _divide(rooms, areas, estates, people)
    shares, land_findings = _add_land(shares, rooms, estates, people)
    care, people_findings = _account(
        areas["area_id"], people, shares, SCOPES[count_scope], Fraction(str(m2_per_resident)))

    status = care[f"{basis}_status"]
    is_short = status.eq("not_met")
    care["status"] = status.where(~is_short, _obstacle(areas, sites, catalogue, reach_m).reindex(care.index))
    if sites is None and is_short.any():
        findings.append(Finding("care.no_sites", "sites", values={"count": int(is_short.sum())}))
    table = care.reset_index().assign(reachable_m2=np.nan)
    return conform("care", table), [*findings, *share_findings, *land_findings, *people_findings]


def have_m2(care: pd.DataFrame, count_scope: Scope) -> pd.Series:
    """Return what an area has today in the scope that counts, from table `care`; missing where a part is."""
    parts = pd.DataFrame({kind: _exact(care[f"{kind}_m2"]) for kind in SCOPES[count_scope]})
    return parts.sum(axis=1, skipna=False).astype("float64")


def _exact(values: pd.Series) -> pd.Series:
    exact = [Fraction(str(value)) if math.isfinite(value) else math.nan for value in values.astype("float64")]
    return pd.Series(exact, index=values.index, dtype=object)


def _ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    return _exact(part) / _exact(_positive(whole))


def _positive(values: pd.Series) -> pd.Series:
    return values.where(values.gt(0).fillna(False).astype(bool))


def _tenths(m2: pd.Series) -> pd.Series:
    return m2.map(lambda value: Fraction(math.floor(value * 10 + Fraction(1, 2)), 10), na_action="ignore")


def _why_not(offered: pd.DataFrame, last_year: int) -> pd.Series:
    year = offered["opened_year"]
    conditions = {
        "care.residential": offered["rule"].eq("none"),
        "care.closed": offered["status"].eq("closed"),
        "care.no_status": offered["status"].isna(),
        "care.basement": is_basement(offered),
        "care.no_lift": is_without_lift(offered),
        "care.no_year": offered["is_planned"] & year.isna(),
        "care.too_late": offered["is_planned"] & year.gt(last_year).fillna(False),
        "care.no_area": offered["rooms_m2"].isna(),
    }
    masks = [mask.to_numpy(dtype=bool) for mask in conditions.values()]
    return pd.Series(np.select(masks, list(conditions), ""), index=offered.index, dtype=object)


def _about(code: str, places: pd.DataFrame) -> Finding:
    """Return a finding with the count of the facilities, their rooms and their ids."""
    m2 = f"{float(places['rooms_m2'].sum()):.10g}"
    ids = listed(sorted(places["facility_id"]))
    return Finding(code, "facilities", values={"count": len(places), "m2": m2, "facilities": ids})


def _unverified(rooms: gpd.GeoDataFrame) -> list[Finding]:
    doubts = {
        "care.lift_unknown": is_upstairs(rooms) & rooms["has_lift"].isna(),
        "care.storey_unknown": rooms["storey"].isna(),
    }
    return [_about(code, rooms[doubt]) for code, doubt in doubts.items() if doubt.any()]


def _same_places(rooms: gpd.GeoDataFrame) -> list[Finding]:
    left, right = rooms.sindex.query(rooms.geometry, predicate="dwithin", distance=SAME_PLACE_M)
    ids = rooms["facility_id"].to_numpy()
    pairs = sorted({(ids[a], ids[b]) for a, b in zip(left, right, strict=True) if a < b})
    values = {"count": len(pairs), "metres": f"{SAME_PLACE_M:g}", "pairs": listed("+".join(pair) for pair in pairs)}
    return [Finding("care.same_place", "facilities", values=values)] if pairs else []


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
    outside = rooms[~rooms["facility_id"].isin(shares["facility_id"])]
    if len(unknown):
        findings.append(_naming("care.served_unknown", unknown["estate_id"]))
    if len(outside):
        findings.append(_about("care.outside", outside))
    return shares, findings


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
    portion = _ratio(shares["residents"], shares["facility_id"].map(total))
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
    said = _positive(estates["land_area_m2"])
    is_estimated = said.isna() & estates["floor_area_m2"].notna()
    land = said.fillna(estates.area.round(1))
    known = pd.DataFrame({"land": land, "floor": estates["floor_area_m2"]}).set_axis(estates["estate_id"]).dropna()
    by_estate = _ratio(known["land"], known["floor"])
    together = known.groupby(people.set_index("estate_id")["area_id"]).sum()
    by_area = _ratio(together["land"], together["floor"])

    host = rooms["facility_id"].map(_standing_in(rooms, estates, "estate_id"))
    of_place = rooms["land_ratio"].fillna(host.map(by_estate)).set_axis(rooms["facility_id"])
    ratios = shares["facility_id"].map(of_place).astype(object).fillna(shares["area_id"].map(by_area))

    findings = []
    if is_estimated.any() and len(shares):
        findings.append(_naming("care.land_from_outline", estates.loc[is_estimated, "estate_id"]))
    unknown = rooms[rooms["facility_id"].isin(shares.loc[ratios.isna(), "facility_id"])]
    if len(unknown):
        findings.append(_about("care.land_unknown", unknown))
    return shares.assign(land_m2=shares["m2"] * ratios), findings


def _account(
    area_ids: pd.Series, people: pd.DataFrame, shares: pd.DataFrame, scope: tuple[str, ...], rate: Fraction,
) -> tuple[pd.DataFrame, list[Finding]]:
    grouped = people.dropna(subset="area_id").groupby("area_id")
    care = pd.DataFrame(index=pd.Index(sorted(area_ids), name="area_id"))
    care["residents"] = grouped["residents"].sum(skipna=False).reindex(care.index)
    need = _exact(care["residents"]).map(lambda people: people * rate, na_action="ignore")
    care["need_m2"] = care["land_need_m2"] = need

    is_standing, counts = ~shares["is_planned"].astype(bool), shares["kind"].isin(scope)
    for kind in ("inside", "declared"):
        care[f"{kind}_m2"] = _known(shares[is_standing & shares["kind"].eq(kind)], "m2", care.index)
    care["planned_m2"] = _known(shares[~is_standing & counts], "m2", care.index)
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
}
