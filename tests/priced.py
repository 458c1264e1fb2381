"""Little towns with works: estates of one area or more, their lines, works and funding under the law of a place."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import geopandas as gpd
import pandas as pd
from cared import layer
from shapely import LineString, Point, box

from geoplan.contents import class_items, find_content_classes
from geoplan.costs import load_costs
from geoplan.errors import Finding, say
from geoplan.funding import fund_works, list_sources
from geoplan.jurisdictions import find_documents
from geoplan.policy import Policy, load_catalogue, resolve
from geoplan.works import list_lines, sum_works

IN_FORCE = date(2024, 3, 1)
WAN = 10_000


def estate(estate_id: str, area: str | None = "A1", **facts: Any) -> dict[str, Any]:
    """Return an estate of which everything is known and nothing is wanting; facts may say otherwise."""
    sound = {
        "households": 100, "households_body_works": 0, "floor_area_m2": 10_000.0, "land_area_m2": 5_000.0,
        "stairwells": 10, "storeys_max": 5, "neglect": False, "municipal_gaps": False, "hazards": "",
        "elevators_needed": 0, "elevators_installed": 0, "owner_type": "commodity", "eligibility": "eligible"}
    return {"estate_id": estate_id, "area": area, "geometry": box(0, 0, 100, 50), **sound, **facts}


def siting(site_id: str, facility_type: str, m2: float | None, *, area: str | None = "A1",
           kind: str = "idle_building", price: float | None = None, amount: float | None = None) -> dict[str, Any]:
    return {"site_id": site_id, "facility_type": facility_type, "floor_area_m2": m2, "area_id": area,
            "site_kind": kind, "conversion_yuan_per_m2": price, "amount_yuan": amount, "geometry": Point(0, 0)}


def wall(area: str = "A1", *, saved: float | None = 10.0, closed: int = 0, apart_m: float = 0.0) -> dict[str, Any]:
    return {"area_id": area, "resident_minutes_saved": saved, "gaps_closed": closed,
            "geometry": LineString([(0, 0), (apart_m, 0)])}


class Town:
    """What the steps make of a little town: lines, works and funding, and every finding."""

    def __init__(
        self, estates: Sequence[dict[str, Any]], *, sitings: Sequence[dict[str, Any]] = (),
        walls: Sequence[dict[str, Any]] = (), place: str = "西宁市", on: date = IN_FORCE,
        shares: dict[str, float] | None = None, m2_per_household: float | None = None,
        guided_share: float | None = None, costs: pd.DataFrame | None = None,
    ) -> None:
        facts = pd.DataFrame(list(estates), columns=sorted({key for one in estates for key in one}))
        ground = layer("estates", estates)
        prices = load_costs() if costs is None else costs
        self.lines, self.doubts = list_lines(
            facts[["estate_id"]].assign(area_id=facts["area"]), ground, _openings(walls), _sitings(sitings),
            layer("sites", sitings), prices, load_catalogue(), m2_per_household=m2_per_household,
            guided_share=guided_share, language="zh")
        self.works = sum_works(self.lines, prices, classes(place, on))
        self.place, self.estates = place, facts.drop(columns="area")
        self.sources = list_sources(self.lines, ground, law(place, on), shares=shares or {})
        self.funding, self.warnings = fund_works(
            self.works, self.lines, ground, facts[["estate_id", "eligibility"]], law(place, on), shares=shares or {},
            language="zh")

    def amounts(self) -> dict[str, float | None]:
        """Return what each item costs, None where it is not known; items of all areas together."""
        return {row.item: None if pd.isna(row.amount_yuan) else row.amount_yuan for row in self.works.itertuples()}

    def of(self, item: str) -> pd.Series:
        return self.works.set_index("item").loc[item]

    def paid(self, item: str) -> dict[str, float]:
        """Return what is known to be paid for an item, by source."""
        rows = self.funding[(self.funding["item"] == item) & self.funding["amount_yuan"].notna()]
        return dict(zip(rows["source"], rows["amount_yuan"], strict=True))

    def asked(self, item: str) -> set[str]:
        """Return the sources that may be asked and have not agreed."""
        return set(self.sources.loc[self.sources["item"].eq(item) & self.sources["terms"].eq("share"), "source"])

    def clause(self, item: str, source: str) -> str:
        rows = self.funding if source in {"gap", "unverified"} else self.sources
        return str(rows[(rows["item"] == item) & (rows["source"] == source)]["clause"].iloc[0])


@cache
def law(place: str, on: date = IN_FORCE) -> Policy:
    return resolve(find_documents(place, (), on)[0])


@cache
def classes(place: str, on: date = IN_FORCE) -> pd.DataFrame:
    return class_items(find_content_classes(find_documents(place, (), on)[0]))


def codes(findings: Sequence[Finding]) -> list[str]:
    """Return the codes of findings, each of which must be sayable in both languages."""
    return [finding.code for finding in findings if say(finding, "zh") and say(finding, "en")]


def _openings(walls: Sequence[dict[str, Any]]) -> gpd.GeoDataFrame:
    columns = ["area_id", "resident_minutes_saved", "gaps_closed", "geometry"]
    frame = pd.DataFrame(list(walls), columns=columns).astype(
        {"area_id": "str", "resident_minutes_saved": "float64", "gaps_closed": "Int64"})
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4549")


def _sitings(sitings: Sequence[dict[str, Any]]) -> pd.DataFrame:
    columns = ["site_id", "facility_type", "area_id", "floor_area_m2", "amount_yuan"]
    return pd.DataFrame(list(sitings), columns=columns).astype(
        {"site_id": "str", "facility_type": "str", "area_id": "str", "floor_area_m2": "float64",
         "amount_yuan": "float64"})
