"""Which estates are renovated together?

Areas are found component by component of the graph of usable links, by one of the methods in `GROUPINGS`; all of them
give the same tables. The model, with its objective and bounds, is in DESIGN section 6.3.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import pandas as pd

from geoplan.communities import group_communities
from geoplan.components import (
    LEFT_OVER_M,
    METRE,
    Component,
    Group,
    Rules,
    best_hub,
    check_wishes,
    describe_components,
    households_of,
    number_components,
    plain_bound,
)
from geoplan.errors import InfeasibleError, raise_all
from geoplan.growth import grow_areas
from geoplan.schema import conform
from geoplan.windows import group_any

DECIMALS = 6  # of a household-metre: methods count in whole millionths (METRE), the rest is noise of adding floats
Grouping = tuple[list[Group], float]  # the areas of one component, and a lower bound of what any grouping of it costs


def group_estates(
    estates: pd.DataFrame, links: pd.DataFrame, *, grouped_ids: Collection[str], rules: Rules, method: str = "greedy",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return which estate belongs to which area, or why to none, and how cheap any grouping could be.

    Parameters
    ----------
    estates
        Layer `estates`; those of `grouped_ids` whose households are known are the candidates. Method "subdistrict"
        reads their district, subdistrict and community.
    links
        Table `links`.
    grouped_ids
        Estates that are to be grouped.
    rules
        [areas] of plan.toml: bounds, area_overhead, must_join and must_split. InfeasibleError names every wish that
        cannot be met.
    method
        A key of `GROUPINGS`.

    Returns
    -------
    members
        One row per estate of `grouped_ids`: estate_id, component_id, area_id and hub_estate_id (missing when left
        over), distance_m to the hub, left_out (missing or the reason). Areas are numbered by their smallest estate id.
    bounds
        component_id and lower_bound (household-metres) of every component.
    """
    wanted = estates[estates["estate_id"].isin(list(grouped_ids))]
    candidates = wanted[wanted["households"].notna()]
    usable = links[links["usable"]]
    component_of = number_components(sorted(candidates["estate_id"]),
                                     zip(usable["estate_a"], usable["estate_b"], strict=True))
    raise_all(InfeasibleError, check_wishes(rules, set(estates["estate_id"]), component_of))
    components = describe_components(candidates, usable, component_of, rules)
    groupings = [GROUPINGS[method](component) for component in components]

    area_rows = [row for component, (areas, _) in zip(components, groupings, strict=True)
                 for row in _area_rows(component, areas)]
    blocked = _blocked_ids(links)
    left_rows = [row for component, (areas, _) in zip(components, groupings, strict=True)
                 for row in _left_rows(component, areas, blocked, ONE_REASON.get(method))]
    unknown_rows = [{"estate_id": name, "left_out": "households_unknown"}
                    for name in wanted.loc[wanted["households"].isna(), "estate_id"]]
    columns = {"estate_id": "str", "component_id": "str", "area_id": "str", "hub_estate_id": "str",
               "distance_m": "float64", "left_out": "str"}
    members = pd.DataFrame([*_numbered(area_rows), *left_rows, *unknown_rows], columns=list(columns))
    bounds = pd.DataFrame({"component_id": [component.component_id for component in components],
                           "lower_bound": [bound / METRE for _, bound in groupings]})
    return (members.astype(columns).sort_values("estate_id", ignore_index=True),
            bounds.astype({"component_id": "str", "lower_bound": "float64"}))


def rate_grouping(
    members: pd.DataFrame, bounds: pd.DataFrame, estates: pd.DataFrame, *, area_overhead: float,
) -> pd.DataFrame:
    """Return what the grouping of every component costs, and how far at most from the best that is.

    Parameters
    ----------
    members, bounds
        As `group_estates` returns them.
    estates
        Layer `estates`.
    area_overhead
        Household-metres that every area costs.

    Returns
    -------
    grouping
        Table `grouping`.
    """
    households = estates.set_index("estate_id")["households"].astype("float64")
    placed = members[members["component_id"].notna()]
    count = placed["estate_id"].map(households)
    is_left = placed["area_id"].isna()
    walked = placed["distance_m"].where(~is_left, LEFT_OVER_M) * count
    by_component = placed.assign(walked=walked, is_left=is_left).groupby("component_id")
    table = by_component.agg(estates=("estate_id", "size"), areas=("area_id", "nunique"), left_over=("is_left", "sum"),
                             walked=("walked", "sum")).reset_index()
    table["objective"] = (table["walked"] + area_overhead * table["areas"]).round(DECIMALS)
    bound = table["component_id"].map(bounds.set_index("component_id")["lower_bound"]).round(DECIMALS)
    table["lower_bound"] = bound.clip(upper=table["objective"])
    gap = table["objective"] - table["lower_bound"]
    table["gap_share"] = (gap / table["objective"].where(table["objective"] > 0)).fillna(0.0)
    return conform("grouping", table)


def grow_quickly(component: Component) -> Grouping:
    """Return a good grouping in a moment, with a plain bound."""
    return grow_areas(component), plain_bound(component)


def follow_practice(component: Component) -> Grouping:
    """Return every community as one area where it can be one, with a plain bound."""
    return group_communities(component), plain_bound(component)


def _area_rows(component: Component, areas: list[Group]) -> Iterator[list[dict[str, Any]]]:
    for group in areas:
        _, hub = best_hub(component, group)
        yield [{"estate_id": component.ids[i], "component_id": component.component_id,
                "hub_estate_id": component.ids[hub], "distance_m": component.reach[i][hub] / METRE}
               for i in sorted(group)]


def _numbered(area_rows: list[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    width = max(3, len(str(len(area_rows))))
    for number, rows in enumerate(sorted(area_rows, key=lambda rows: str(rows[0]["estate_id"])), 1):
        yield from ({**row, "area_id": f"A{number:0{width}d}"} for row in rows)


def _blocked_ids(links: pd.DataFrame) -> Mapping[str, frozenset[str]]:
    """Return for each estate the reasons of its links to other grouped estates that may not be used."""
    stopped = links[~links["usable"].astype(bool) & (links["reason"] != "not_grouped")]
    ends = pd.concat([stopped[["estate_a", "reason"]].set_axis(["estate_id", "reason"], axis=1),
                      stopped[["estate_b", "reason"]].set_axis(["estate_id", "reason"], axis=1)])
    return {str(name): frozenset(reasons) for name, reasons in ends.groupby("estate_id")["reason"]}


def _left_rows(
    component: Component, areas: list[Group], blocked: Mapping[str, frozenset[str]], reason: str | None,
) -> Iterator[dict[str, Any]]:
    taken = frozenset[int]().union(*areas)
    for i, estate_id in enumerate(component.ids):
        if i not in taken:
            yield {"estate_id": estate_id, "component_id": component.component_id,
                   "left_out": reason or _why_left(component, i, blocked)}


def _why_left(component: Component, i: int, blocked: Mapping[str, frozenset[str]]) -> str:
    """Say why an estate is in no area, the plainest reason first."""
    if component.min_households <= component.households[i]:
        return "too_costly"
    if households_of(component, range(len(component.ids))) < component.min_households:
        stopped = frozenset[str]().union(*(blocked.get(name, frozenset()) for name in component.ids))
        if "barrier" in stopped:
            return "barrier"
        return "too_few_households" if stopped or len(component.ids) > 1 else "no_neighbour"
    within = max(households_of(component, (j for j in range(len(component.ids)) if hub in component.reach[j]))
                 for hub in component.reach[i])
    return "too_few_households" if within < component.min_households else "beyond_bounds"


GROUPINGS: dict[str, Callable[[Component], Grouping]] = {
    "optimal": group_any, "greedy": grow_quickly, "subdistrict": follow_practice}
ONE_REASON = {"subdistrict": "community_unfit"}  # methods that leave out for one reason only
