"""Which estates are renovated together?

Areas are found component by component of the graph of usable links, by one of the methods in `GROUPINGS`; all of them
give the same tables. The model, with its objective and bounds, is in DESIGN section 6.3.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import count
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
    households_of,
    plain_bound,
)
from geoplan.growth import grow_areas
from geoplan.kept import Frozen, Kept, Layout, lay_out
from geoplan.schema import conform
from geoplan.windows import group_each

DECIMALS = 6  # of a household-metre: methods count in whole millionths (METRE), the rest is noise of adding floats
Grouping = tuple[list[Group], float]  # the areas of one component, and a lower bound of what any grouping of it costs


def group_estates(
    estates: pd.DataFrame, links: pd.DataFrame, *, grouped_ids: Collection[str], rules: Rules, method: str = "greedy",
    frozen: Frozen | None = None,
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
    frozen
        Estates of every area of an earlier run that is to stay as it is, by area_id; the rest is grouped around them.

    Returns
    -------
    members
        One row per estate of `grouped_ids`: estate_id, component_id, area_id and hub_estate_id (missing when left
        over), distance_m to the hub, left_out (missing or the reason). Areas are numbered by their smallest estate id;
        a frozen area keeps its area_id, and the others pass over the numbers of frozen ones.
    bounds
        component_id and lower_bound (household-metres) of every component. The cost of frozen areas is part of it: no
        grouping that keeps them costs less.
    """
    layout = lay_out(estates, links, grouped_ids=grouped_ids, rules=rules, frozen=frozen or {})
    groupings = GROUPINGS[method](layout.pieces)

    area_rows = [row for piece, (areas, _) in zip(layout.pieces, groupings, strict=True)
                 for row in _area_rows(piece, areas)]
    blocked = _blocked_ids(links)
    whole = {component.component_id: component for component in layout.components}
    left_rows = [row for piece, (areas, _) in zip(layout.pieces, groupings, strict=True)
                 for row in _left_rows(piece, areas, whole[piece.component_id], blocked, ONE_REASON.get(method))]
    wanted = estates[estates["estate_id"].isin(list(grouped_ids))]
    unknown_rows = [{"estate_id": name, "left_out": "households_unknown"}
                    for name in wanted.loc[wanted["households"].isna(), "estate_id"]]
    columns = {"estate_id": "str", "component_id": "str", "area_id": "str", "hub_estate_id": "str",
               "distance_m": "float64", "left_out": "str"}
    members = pd.DataFrame([
        *_numbered(area_rows, layout.kept), *_kept_rows(layout.kept), *left_rows, *unknown_rows], columns=list(columns))
    return (members.astype(columns).sort_values("estate_id", ignore_index=True),
            _bounds(layout, [bound for _, bound in groupings]))


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


def grow_quickly(components: Sequence[Component]) -> list[Grouping]:
    """Return a good grouping of every component in a moment, with a plain bound."""
    return [(grow_areas(component), plain_bound(component)) for component in components]


def follow_practice(components: Sequence[Component]) -> list[Grouping]:
    """Return every community as one area where it can be one, with a plain bound."""
    return [(group_communities(component), plain_bound(component)) for component in components]


def _area_rows(component: Component, areas: list[Group]) -> Iterator[list[dict[str, Any]]]:
    for group in areas:
        _, hub = best_hub(component, group)
        yield [{"estate_id": component.ids[i], "component_id": component.component_id,
                "hub_estate_id": component.ids[hub], "distance_m": component.reach[i][hub] / METRE}
               for i in sorted(group)]


def _numbered(area_rows: list[list[dict[str, Any]]], kept: Sequence[Kept]) -> Iterator[dict[str, Any]]:
    width = max(3, len(str(len(area_rows) + len(kept))))
    taken = {int(match[1]) for area in kept if (match := re.fullmatch(r"A(\d+)", area.area_id))}
    free = (number for number in count(1) if number not in taken)
    for rows in sorted(area_rows, key=lambda rows: str(rows[0]["estate_id"])):
        area_id = f"A{next(free):0{width}d}"
        yield from ({**row, "area_id": area_id} for row in rows)


def _kept_rows(kept: Sequence[Kept]) -> Iterator[dict[str, Any]]:
    for area in kept:
        for estate_id, distance in area.distances.items():
            yield {"estate_id": estate_id, "component_id": area.component_id, "area_id": area.area_id,
                   "hub_estate_id": area.hub_estate_id, "distance_m": distance / METRE}


def _bounds(layout: Layout, bounds: Sequence[float]) -> pd.DataFrame:
    """Return the lower bound of every component: that of what is grouped, and what its frozen areas cost."""
    total = dict.fromkeys((component.component_id for component in layout.components), 0.0)
    for piece, bound in zip(layout.pieces, bounds, strict=True):
        total[piece.component_id] += bound
    for area in layout.kept:
        total[area.component_id] += area.cost
    table = pd.DataFrame({"component_id": list(total), "lower_bound": [bound / METRE for bound in total.values()]})
    return table.astype({"component_id": "str", "lower_bound": "float64"})


def _blocked_ids(links: pd.DataFrame) -> Mapping[str, frozenset[str]]:
    """Return for each estate the reasons of its links to other grouped estates that may not be used."""
    stopped = links[~links["usable"].astype(bool) & (links["reason"] != "not_grouped")]
    ends = pd.concat([stopped[["estate_a", "reason"]].set_axis(["estate_id", "reason"], axis=1),
                      stopped[["estate_b", "reason"]].set_axis(["estate_id", "reason"], axis=1)])
    return {str(name): frozenset(reasons) for name, reasons in ends.groupby("estate_id")["reason"]}


def _left_rows(
    component: Component, areas: list[Group], whole: Component, blocked: Mapping[str, frozenset[str]],
    reason: str | None,
) -> Iterator[dict[str, Any]]:
    taken = frozenset[int]().union(*areas)
    for i, estate_id in enumerate(component.ids):
        if i not in taken:
            yield {"estate_id": estate_id, "component_id": component.component_id,
                   "left_out": reason or _why_left(component, i, whole, blocked)}


def _why_left(component: Component, i: int, whole: Component, blocked: Mapping[str, frozenset[str]]) -> str:
    """Say why an estate is in no area, the plainest reason first; `whole` is the component with its frozen areas."""
    if component.min_households <= component.households[i]:
        return "too_costly"
    if households_of(component, range(len(component.ids))) < component.min_households:
        if households_of(whole, range(len(whole.ids))) >= component.min_households:
            return "frozen_around"
        stopped = frozenset[str]().union(*(blocked.get(name, frozenset()) for name in component.ids))
        if "barrier" in stopped:
            return "barrier"
        return "too_few_households" if stopped or len(component.ids) > 1 else "no_neighbour"
    within = max(households_of(component, (j for j in range(len(component.ids)) if hub in component.reach[j]))
                 for hub in component.reach[i])
    return "too_few_households" if within < component.min_households else "beyond_bounds"


GROUPINGS: dict[str, Callable[[Sequence[Component]], list[Grouping]]] = {
    "optimal": group_each, "greedy": grow_quickly, "subdistrict": follow_practice}
ONE_REASON = {"subdistrict": "community_unfit"}  # methods that leave out for one reason only
