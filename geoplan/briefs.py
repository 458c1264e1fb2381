"""What does a plan know of one area? Every table, cut to the rows of that area, once for all papers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geoplan.extracts import Extract, extract_of
from geoplan.money_sheets import order_funding, order_works
from geoplan.plan import Plan

BY_AREA = ("area_gaps", "care", "care_flows", "openings", "sitings", "works", "funding", "programme", "milestones",
           "ranking")
HARD = "hard"
OPEN_RESULTS = ("fail", "unknown", "not_set", "needs_evidence")
LISTED_WALLS = 20


@dataclass(frozen=True)
class Brief:
    """One area: its row of table `areas`, its rows of every other table, and the numbers its maps and lists use.

    `rows` has every table of BY_AREA, and estates, verdicts (hard, not passed, by rule), sites (with distance_m to the
    area). Works and money stand as the finance office reads them.
    """

    area: Mapping[Any, Any]
    rows: Mapping[str, Extract]
    estate_numbers: Mapping[str, int]
    wall_numbers: Mapping[tuple[str, str], int]


def make_briefs(plan: Plan) -> list[Brief]:
    """Return a brief of every area of a plan, by id.

    Parameters
    ----------
    plan
        The finished plan.

    Returns
    -------
    briefs
        Estates numbered by name and id; walls by their rank within the area, the first twenty.
    """
    tables = plan.tables
    areas = tables["areas"]
    estates = tables["estates"].dropna(subset="area_id").sort_values(["area_id", "name", "estate_id"])
    verdicts = tables["verdicts"]
    doubtful = verdicts[(verdicts["strength"] == HARD) & verdicts["result"].isin(OPEN_RESULTS)]
    area_of = estates.set_index("estate_id")["area_id"]
    doubtful = doubtful.assign(area_id=doubtful["estate_id"].map(area_of)).dropna(subset="area_id")
    every = {name: tables[name] for name in BY_AREA if name in tables}
    every |= {"estates": estates, "verdicts": doubtful.sort_values(["rule_id", "estate_id"]),
              "sites": _sites_near(plan), "openings": tables["openings"].sort_values(["rank", "estate_a", "estate_b"])}
    every |= {"works": order_works(tables["works"]), "funding": order_funding(tables["funding"], tables["works"])}
    parts = {name: _by_area(table) for name, table in every.items()}
    none = {name: extract_of(table[:0]) for name, table in every.items()}
    return [_brief(row, {name: part.get(row["area_id"], none[name]) for name, part in parts.items()})
            for row in areas.to_dict("records")]


def _by_area(table: pd.DataFrame) -> dict[str, Extract]:
    """Return area -> its rows, in their order."""
    ordered = table.dropna(subset="area_id").sort_values("area_id", kind="stable", ignore_index=True)
    ids, starts = np.unique(ordered["area_id"].to_numpy(dtype=object), return_index=True)
    ends = np.append(starts, len(ordered))[1:]
    whole = extract_of(ordered)
    return {area_id: whole.part(start, end) for area_id, start, end in zip(ids, starts, ends, strict=True)}


def _brief(area: Mapping[Any, Any], rows: dict[str, Extract]) -> Brief:
    walls = rows["openings"]
    pairs = list(zip(walls["estate_a"], walls["estate_b"], strict=True))[:LISTED_WALLS]
    return Brief(
        area, rows,
        {estate_id: number for number, estate_id in enumerate(rows["estates"]["estate_id"], start=1)},
        {pair: number for number, pair in enumerate(pairs, start=1)})


def _sites_near(plan: Plan) -> pd.DataFrame:
    """Return area x site for the sites within an area's walking radius, and those sited for it, the nearest first."""
    areas, sites, sitings = plan.tables["areas"], plan.tables["sites"], plan.tables["sitings"]
    outlines = np.asarray(areas["geometry"].to_numpy(), dtype=object)
    places = np.asarray(sites["geometry"].to_numpy(), dtype=object)
    area_numbers, site_numbers = shapely.STRtree(places).query(
        outlines, predicate="dwithin", distance=plan.project.areas.max_radius_m)
    near = pd.DataFrame({"area_id": areas["area_id"].to_numpy()[area_numbers],
                         "site_id": sites["site_id"].to_numpy()[site_numbers]})
    sited = sitings[["area_id", "site_id"]].dropna()
    pairs = pd.concat([near, sited], ignore_index=True).drop_duplicates()
    joined = pairs.merge(sites, on="site_id")
    at = areas.set_index("area_id")["geometry"]
    distances = shapely.distance(
        np.asarray(joined["area_id"].map(at).to_numpy(), dtype=object),
        np.asarray(joined["geometry"].to_numpy(), dtype=object))
    return pd.DataFrame(joined.drop(columns="geometry").assign(distance_m=distances)).sort_values(
        ["area_id", "distance_m", "site_id"], ignore_index=True)
