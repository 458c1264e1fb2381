"""What is the cheapest plan that differs enough from plans at hand?

The hub-assignment program, held apart from each of those plans (`moves`), under the most that it may cost; areas that
come out in pieces are cut off, and it is solved again.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from geoplan.components import LEFT_OVER_M, METRE, Component, best_hub, households_of
from geoplan.moves import Areas, count_moves, distance_rows, left_out_of
from geoplan.optimum import SCALE, Effort, Program, areas_of, cuts_of, values_of
from geoplan.solver import INFINITY, Model, Row, Solver


@dataclass(frozen=True)
class Quest:
    """What is sought in a town: plans that cost `most` household-micrometres at most and move `least` estates.

    That is `spare` more than the first plan costs.
    """

    town: Component
    most: int
    least: int
    spare: int = 0


def cost_of_plan(town: Component, areas: Areas, part: Collection[int] | None = None) -> int:
    """Return the objective of a plan, or of a part of the town, in household-micrometres, all areas at their best hubs.

    An area counts with what it costs even where leaving it over would be cheaper.
    """
    estates = range(len(town.ids)) if part is None else part
    walked = sum(town.overhead + int(best_hub(town, area)[0]) for area in areas)
    return walked + LEFT_OVER_M * METRE * households_of(town, left_out_of(estates, areas))


def is_wanted(quest: Quest, plans: Sequence[Areas], areas: Areas) -> bool:
    """Say whether a plan is what is sought beside some plans."""
    return cost_of_plan(quest.town, areas) <= quest.most and all(
        count_moves(range(len(quest.town.ids)), plan, areas) >= quest.least for plan in plans)


def solve_quest(
    quest: Quest, plans: Sequence[Areas], program: Program, start: Areas | None, effort: Effort,
) -> tuple[Areas | None, float]:
    """Return the cheapest plan found that differs enough, or the start, and a lower bound of all such plans."""
    model = _with_distance(quest, plans, program)
    solver = Solver(model, max_gap=effort.max_gap)
    if start is not None:
        solver.hint([*values_of(program, list(start)), *[0.0] * (len(model.costs) - len(program.pairs))])
    nodes, bound, best = 0, -math.inf, start
    while nodes < effort.max_nodes:
        answer = solver.solve(max_nodes=effort.max_nodes - nodes)
        nodes += answer.nodes
        if answer.is_infeasible:
            return best, math.inf if best is None else float(cost_of_plan(quest.town, best))
        bound = max(bound, answer.bound * SCALE)
        if answer.values is None:
            break
        found = areas_of(program, answer.values)
        cuts = [cut for hub, area in found for cut in cuts_of(program, hub, area)]
        if not cuts:
            areas = [area for _, area in found]
            if is_wanted(quest, plans, areas) and (
                    best is None or cost_of_plan(quest.town, areas) < cost_of_plan(quest.town, best)):
                best = areas
            break
        solver.add_rows(cuts)
    return best, bound if best is None else min(bound, float(cost_of_plan(quest.town, best)))


def _with_distance(quest: Quest, plans: Sequence[Areas], program: Program) -> Model:
    """Return the program with what sets a plan apart from earlier ones, and with the most that it may cost."""
    base = program.model
    rows, upper = list(base.rows), [1.0] * len(base.costs)
    for plan in plans:
        rows += distance_rows(plan, program, quest.least, upper)
    cap = quest.most / SCALE - base.offset
    rows.append(Row(-INFINITY, cap + 1e-6 * max(1.0, abs(quest.most / SCALE)), range(len(base.costs)), base.costs))
    prices = len(upper) - len(base.costs)
    return Model([*base.costs, *[0.0] * prices], rows, base.offset, [0.0] * len(upper), upper,
                 [True] * len(base.costs) + [False] * prices)
