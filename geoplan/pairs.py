"""Which estates could share an area with which hub?

Estates are assigned to hubs unit by unit: what must stay together is one unit, and most units are one estate.
"""

from collections.abc import Collection, Sequence

from geoplan.components import Component, Group, households_of

Pairs = dict[tuple[int, int], int]


def number_units(component: Component) -> tuple[int, ...]:
    """Return the number of every estate's unit."""
    number_of = {i: number for number, unit in enumerate(component.units) for i in unit}
    return tuple(number_of[i] for i in range(len(component.ids)))


def find_pairs(component: Component, hubs: Collection[int]) -> Pairs:
    """Return every pair of a unit and one of some hubs that it may belong to, numbered from 0 by hub, then unit."""
    units = tuple(frozenset(unit) for unit in component.units)
    unit_at = number_units(component)
    totals = [households_of(component, unit) for unit in units]
    pairs: Pairs = {}
    for hub in sorted(hubs):
        for number in _may_join(component, units, unit_at, totals, hub):
            pairs[number, hub] = len(pairs)
    return pairs


def cost_of_pair(component: Component, number: int, hub: int) -> int:
    """Return the household-micrometres of a unit to a hub; for the hub's own unit the overhead of its area on top."""
    unit = component.units[number]
    walked = sum(component.households[i] * component.reach[i][hub] for i in unit)
    return walked + (component.overhead if hub in unit else 0)


def _may_join(
    component: Component, units: Sequence[Group], unit_at: Sequence[int], totals: list[int], hub: int,
) -> list[int]:
    """Return the units that may belong to a hub: within the radius, and joined with it through others that may."""
    own = unit_at[hub]
    near = {
        number for number in {unit_at[i] for i in component.reach[hub]}
        if number == own or (totals[number] + totals[own] <= component.max_households
                             and not any(component.apart[i] & units[own] for i in units[number]))
    }
    near = {number for number in near if all(hub in component.reach[i] for i in units[number])}
    if own not in near:
        return []
    found, ahead = {own}, [own]
    while ahead:
        for i in units[ahead.pop()]:
            for j in component.neighbours[i]:
                if unit_at[j] in near and unit_at[j] not in found:
                    found.add(unit_at[j])
                    ahead.append(unit_at[j])
    return sorted(found)
