"""Towns with idle rooms, row by row: who lacks what, which sites are in reach, and what siting makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
from cared import layer, room

from geoplan.circles import close_gaps, find_area_gaps
from geoplan.offers import find_offers
from geoplan.policy import load_catalogue
from geoplan.relief import find_obstacles, tell_reasons
from geoplan.scenes import Wish
from geoplan.schema import conform
from geoplan.siting import find_sitings

PRICES = {"conversion": 2_500.0, "infill": 4_000.0, "outdoor": 350.0}
LEAST = {"ELD_STATION": 100.0, "ELD_MEAL": 100.0}
Lack = tuple[str, str, int | None, str, float]  # estate, area, residents, facility type lacked, limit in metres


@dataclass(frozen=True)
class Sited:
    """What siting makes of a town, and what it was made from."""

    sitings: pd.DataFrame
    served: pd.DataFrame
    stages: pd.DataFrame
    gaps: pd.DataFrame
    area_gaps: pd.DataFrame
    obstacles: pd.Series
    offers: pd.DataFrame
    sites: gpd.GeoDataFrame

    def placed(self) -> dict[tuple[str, str], float]:
        """Return m2 by site and type."""
        return {(row.site_id, row.facility_type): row.floor_area_m2 for row in self.sitings.itertuples()}

    def reason(self, area_id: str, facility_type: str) -> object:
        """Return why a gap of an area stays open, None where none does."""
        row = self.area_gaps.set_index(["area_id", "facility_type"]).loc[(area_id, facility_type)]
        return None if pd.isna(row["reason"]) else row["reason"]


def good(site_id: str = "S1", **more: Any) -> dict[str, Any]:
    """Return a sound room of 400 m2 that everyone agrees to."""
    return room(site_id, **{"structure_ok": True, "fire_ok": True, "consent": "agreed", "plan_conformity": "yes",
                            "is_basement": False, "available_year": 2025, **more})


def gaps_of(lacks: Sequence[Lack], *, gap: bool | None = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return table `gaps` and members of the estates that lack something; after walls nothing has changed."""
    rows = pd.DataFrame(lacks, columns=["estate_id", "area_id", "residents", "facility_type", "limit_m"])
    members = rows[["estate_id", "area_id"]].drop_duplicates(ignore_index=True)
    gaps = conform("gaps", rows.assign(distance_m=None, is_gap=gap, is_gap_after=gap, standard="GB", confidence="K",
                                       walking="network"))
    return gaps, members


def site_town(
    lacks: Sequence[Lack], walks: Sequence[tuple[str, str, float]], *sites: dict[str, Any],
    short: dict[str, int] | None = None, wish: Wish | None = None, **options: Any,
) -> Sited:
    """Return a sited town; walks are (estate, site, metres), `short` the m2 of rooms areas lack."""
    said = {"types": (), "accept": ("usable", "to_check"), "last_year": 2027, **options}
    weights = wish or Wish(0.1)
    ground, catalogue = layer("sites", sites), load_catalogue()
    offers = find_offers(ground, catalogue, least_m2=LEAST, prices=PRICES, floor_ratio=1.0, **said)
    gaps, members = gaps_of(lacks)
    reached = pd.DataFrame(list(walks), columns=["estate_id", "site_id", "distance_m"]).astype(
        {"estate_id": "str", "site_id": "str", "distance_m": float})
    lacking = {area: (short or {}).get(area, 0) for area in sorted(set(members["area_id"]))}
    care = pd.DataFrame({"area_id": list(lacking), "short_after_m2": pd.array(list(lacking.values()), dtype="Float64")})
    area_gaps = find_area_gaps(gaps, members, tolerance=0.1)
    sitings, served, stages = find_sitings(
        offers, reached, gaps, area_gaps, members, care, host_areas=None, wish=weights)
    money = weights.max_cost_yuan
    left = None if money is None else money - float(sitings["amount_yuan"].sum())
    after = close_gaps(gaps, sitings, reached)
    told = tell_reasons(find_area_gaps(after, members, tolerance=0.1), after, members, offers, reached, sitings,
                        catalogue, types=said["types"], money_left=left)
    obstacles = find_obstacles(care, gaps, members, offers, reached, sitings, host_areas=None, money_left=left)
    return Sited(sitings, served, stages, after, told, obstacles, offers, ground)
