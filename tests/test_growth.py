"""Greedy areas: what each step of improvement can do, and how near the best they come."""

import pytest
from linked import Asked, Town
from test_components import component_of

from geoplan.components import Component, cost_of
from geoplan.growth import grow_areas
from geoplan.optimum import group_best


def named(component: Component) -> list[str]:
    return ["".join(component.ids[i] for i in sorted(area)) for area in grow_areas(component)]


def test_small_estates_join_until_they_are_enough() -> None:
    row = dict.fromkeys(zip("abcde", "bcdef", strict=True), 50.0)
    assert named(component_of(Town(dict.fromkeys("abcdef", 250), row, Asked(max_households=750)))) == ["abc", "def"]


def test_an_estate_left_over_is_taken_in_when_a_neighbour_passes_one_on() -> None:
    # a can only join b; b and c are full together, so c must go to d. All 600 households at most.
    lengths = {("a", "b"): 50.0, ("b", "c"): 10.0, ("c", "d"): 60.0}
    town = Town({"a": 200, "b": 300, "c": 300, "d": 300}, lengths, Asked(max_households=600))
    assert named(component_of(town)) == ["ab", "cd"]


def test_an_area_in_the_middle_is_shared_between_its_neighbours() -> None:
    lengths = {("a", "b"): 40.0, ("b", "c"): 10.0, ("c", "d"): 40.0}
    town = Town({"a": 500, "b": 250, "c": 250, "d": 500}, lengths, Asked(max_households=800))
    assert named(component_of(town)) == ["ab", "cd"]


def test_a_wish_that_no_area_can_hold_leaves_both_over_together() -> None:
    town = Town({"a": 100, "b": 100}, {("a", "b"): 10.0}, Asked(must_join=[["a", "b"]]))
    assert named(component_of(town)) == []


def test_a_ring_of_equal_estates_is_grouped_the_same_way_every_time() -> None:
    names = [f"E{n}" for n in range(9)]
    ring = {tuple(sorted((names[n], names[(n + 1) % 9]))): 100.0 for n in range(9)}
    town = Town(dict.fromkeys(names, 300), ring, Asked(max_households=900))
    first = grow_areas(component_of(town))
    assert [len(area) for area in first] == [3, 3, 3]
    assert all(grow_areas(component_of(town)) == first for _ in range(3))


@pytest.mark.parametrize("rows", [3, 5])
def test_a_grid_is_grouped_nearly_as_well_as_can_be(rows: int) -> None:
    names = {(x, y): f"{x}{y}" for x in range(rows) for y in range(rows)}
    lengths = {tuple(sorted((names[x, y], names[other]))): 100.0 + 7 * x + 3 * y for x, y in names
               for other in ((x + 1, y), (x, y + 1)) if other in names}
    town = Town({name: 150 + 37 * (int(name) % 7) for name in names.values()}, lengths, Asked(max_households=1500))
    component = component_of(town)
    best, bound = group_best(component)
    assert bound <= cost_of(component, best) <= cost_of(component, grow_areas(component)) <= 1.1 * bound
