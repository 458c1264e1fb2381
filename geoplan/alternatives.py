"""Which other plans are nearly as good, and really different?

Plans differ by the fewest estates that have to change area to make one into the other (`moves`), as a share of all
that are grouped. An alternative bears the ids of the areas of the plan that its own are paired with, so that the
estates that change are those whose area_id is another.

The cheapest plan that differs enough from the plan and from every alternative before it is again a mixed-integer
program (`quests`): the hub-assignment program of all that is grouped, held apart from each earlier plan. It starts from
a search (`departures`). Where it is solved to its end, nothing cheaper differs as much; `lower_bound` says how far that
is proven. Towns too large for one program have the outcome of the search. There is no chance in it; of equally cheap
plans the solver's stands.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pandas as pd

from geoplan.components import METRE, Component, Group, Rules, best_hub
from geoplan.departures import Pools, divide_into_pieces, divide_into_windows, search_parts
from geoplan.errors import Finding
from geoplan.kept import Frozen, Layout, lay_out
from geoplan.moves import Areas, count_moves, left_out_of, pair_areas
from geoplan.optimum import Effort, write_program
from geoplan.quests import Quest, cost_of_plan, solve_quest
from geoplan.schema import conform, empty_table

MAX_REACH = 150  # pairs of estates within the radius past which a town is too large for one program
WHOLE = Effort(max_gap=1e-6, max_nodes=200)  # spent on a town


def find_alternatives(
    estates: pd.DataFrame, links: pd.DataFrame, members: pd.DataFrame, *, count: int, grouped_ids: Collection[str],
    rules: Rules, max_extra_share: float, min_changed_share: float, frozen: Frozen | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """Return further plans beside the one that was made, the cheapest first; they differ from it and from each other.

    Parameters
    ----------
    estates, links, grouped_ids, rules, frozen
        As `group_estates` was given them.
    members
        The plan, as `group_estates` returned it: alternative 0.
    count
        How many further plans are wanted; with 0 both tables have no row.
    max_extra_share
        By which share of its objective an alternative may be dearer than the plan.
    min_changed_share
        Which share of the grouped estates must change area, against the plan and against every other alternative.

    Returns
    -------
    alternatives
        Table `alternatives`.
    alternative_members
        Table `alternative_members`: every grouped estate in every alternative, 0 included.
    findings
        One remark where fewer were found than wanted, and whether it is proven that there are no more.
    """
    if count == 0:
        return empty_table("alternatives"), empty_table("alternative_members"), []
    layout = lay_out(estates, links, grouped_ids=grouped_ids, rules=rules, frozen=frozen or {})
    quest = _quest(layout, members, rules, Fraction(str(max_extra_share)), Fraction(str(min_changed_share)))
    plans: list[Areas] = [_plan_of(quest.town, members)]
    divided = [divide_into_pieces(layout.pieces), divide_into_windows(quest.town, plans[0])]
    pools = [(parts, [dict[tuple[Group, ...], None]() for _ in parts]) for parts in divided]
    bounds: list[float] = [math.nan]
    findings = []
    while len(plans) <= count:
        found, bound = _next_plan(quest, plans, pools)
        if found is None:
            code = "alternatives.none_left" if bound > quest.most else "alternatives.none_found"
            findings.append(Finding(code, values={
                "count": count, "found": len(plans) - 1, "cost": f"{100 * max_extra_share:g}",
                "change": f"{100 * min_changed_share:g}"}))
            break
        plans.append(found)
        bounds.append(bound)
    if -math.inf in bounds:
        plans[1:] = sorted(plans[1:], key=lambda plan: cost_of_plan(quest.town, plan))
    tables = [_members_of(quest.town, layout, plan, members) for plan in plans]
    return (_rate(quest, layout, plans, bounds, tables),
            conform("alternative_members", pd.concat(
                [table.assign(alternative=number) for number, table in enumerate(tables)])), findings)


def _quest(layout: Layout, members: pd.DataFrame, rules: Rules, extra: Fraction, change: Fraction) -> Quest:
    town = _town(layout.pieces, rules)
    plan = _plan_of(town, members)
    kept = sum(area.cost for area in layout.kept)
    most = math.floor((cost_of_plan(town, plan) + kept) * (1 + extra)) - kept
    grouped = sum(len(component.ids) for component in layout.components)
    return Quest(town, most, math.ceil(grouped * change), most - cost_of_plan(town, plan))


def _town(pieces: Sequence[Component], rules: Rules) -> Component:
    """Return all pieces as one component that hangs in pieces."""
    parts, start = [], 0
    for piece in pieces:
        parts.append(_shifted(piece, start))
        start += len(piece.ids)

    def together(name: str) -> tuple[Any, ...]:
        return tuple(value for part in parts for value in getattr(part, name))

    return Component(
        "", together("ids"), together("households"), together("neighbours"), together("reach"), together("units"),
        together("unit_of"), together("apart"), rules.min_households, rules.max_households,
        round(rules.area_overhead * METRE), together("communities"))


def _shifted(piece: Component, start: int) -> Component:
    def moved(group: Collection[int]) -> tuple[int, ...]:
        return tuple(i + start for i in group)

    return replace(
        piece, neighbours=tuple(map(moved, piece.neighbours)), units=tuple(map(moved, piece.units)),
        unit_of=tuple(map(moved, piece.unit_of)), apart=tuple(frozenset(moved(group)) for group in piece.apart),
        reach=tuple({k + start: metres for k, metres in near.items()} for near in piece.reach))


def _plan_of(town: Component, members: pd.DataFrame) -> list[Group]:
    """Return the areas of a plan that are not frozen."""
    number = {estate_id: i for i, estate_id in enumerate(town.ids)}
    free = members[members["area_id"].notna() & members["estate_id"].isin(town.ids)]
    return [frozenset(number[estate_id] for estate_id in ids) for _, ids in free.groupby("area_id")["estate_id"]]


def _next_plan(quest: Quest, plans: Sequence[Areas], pools: Pools) -> tuple[Areas | None, float]:
    """Return the cheapest plan found that differs enough from all before it, and a lower bound of all such plans."""
    start = search_parts(quest, plans, pools)
    if sum(map(len, quest.town.reach)) > MAX_REACH:
        return start, -math.inf
    program = write_program(quest.town)
    if not program.pairs:
        return None, math.inf
    return solve_quest(quest, plans, program, start, WHOLE)


def _members_of(town: Component, layout: Layout, plan: Areas, members: pd.DataFrame) -> pd.DataFrame:
    """Return who is where in a plan, its areas called as those of the first plan that they are paired with."""
    first = _plan_of(town, members)
    area_at = dict(zip(members["estate_id"], members["area_id"], strict=True))
    called = {a: str(area_at[town.ids[min(first[b])]]) for a, b, _ in pair_areas(plan, first)}
    names = _new_names(set(members["area_id"].dropna()), len(plan) - len(called))
    rows = [{"estate_id": estate_id, "area_id": area.area_id, "hub_estate_id": area.hub_estate_id,
             "distance_m": metres / METRE} for area in layout.kept for estate_id, metres in area.distances.items()]
    for number, area in sorted(enumerate(plan), key=lambda numbered: min(numbered[1])):
        _, hub = best_hub(town, area)
        area_id = called[number] if number in called else next(names)
        rows += [{"estate_id": town.ids[i], "area_id": area_id, "hub_estate_id": town.ids[hub],
                  "distance_m": town.reach[i][hub] / METRE} for i in sorted(area)]
    rows += [{"estate_id": town.ids[i]} for i in sorted(left_out_of(range(len(town.ids)), plan))]
    return pd.DataFrame(rows, columns=["estate_id", "area_id", "hub_estate_id", "distance_m"])


def _new_names(taken: Collection[str], count: int) -> Iterator[str]:
    """Return ids that no area of the plan has, numbered on from the last."""
    last = max((int(name[1:]) for name in taken if name[1:].isdigit()), default=0)
    width = max(3, *(len(name) - 1 for name in taken), len(str(last + count))) if taken else 3
    return (f"A{number:0{width}d}" for number in range(last + 1, last + count + 1))


def _rate(
    quest: Quest, layout: Layout, plans: Sequence[Areas], bounds: Sequence[float], tables: Sequence[pd.DataFrame],
) -> pd.DataFrame:
    town, kept = quest.town, sum(area.cost for area in layout.kept)
    grouped = sum(len(component.ids) for component in layout.components)
    households = _households(layout)
    best = cost_of_plan(town, plans[0]) + kept
    rows = []
    for number, (plan, table) in enumerate(zip(plans, tables, strict=True)):
        cost = cost_of_plan(town, plan) + kept
        moves = [count_moves(range(len(town.ids)), earlier, plan) for earlier in plans[:number]]
        placed = table.dropna(subset=["area_id"])
        totals = placed["estate_id"].map(households).groupby(placed["area_id"]).sum()
        rows.append({
            "alternative": number, "objective": cost / METRE,
            "lower_bound": (bounds[number] + kept) / METRE if math.isfinite(bounds[number]) else None,
            "extra_cost_share": (cost - best) / best if best else 0.0,
            "changed_estates": moves[0] if moves else 0,
            "changed_share": moves[0] / grouped if moves else 0.0,
            "least_change_share": min(moves) / grouped if moves else None,
            "areas": placed["area_id"].nunique(), "same_areas": len(set(plan) & set(plans[0])) + len(layout.kept),
            "left_over": len(table) - len(placed),
            "households_min": totals.min() if len(totals) else None,
            "households_max": totals.max() if len(totals) else None,
            "radius_max_m": placed["distance_m"].max() if len(placed) else None})
    return conform("alternatives", pd.DataFrame(rows))


def _households(layout: Layout) -> Mapping[str, int]:
    return {estate_id: count for component in layout.components
            for estate_id, count in zip(component.ids, component.households, strict=True)}
