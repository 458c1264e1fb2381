"""The program of a component, its separators, and its proofs."""

import pytest
from linked import Asked, Town, least_cost
from test_components import component_of

from geoplan.components import METRE, cost_of
from geoplan.growth import grow_areas
from geoplan.optimum import MAX_PAIRS, group_best, write_program


def test_a_pair_is_written_only_where_the_two_can_share_an_area() -> None:
    # a and c are 200 m apart and hold 600 households, but only b, too large to join them, lies between.
    program = write_program(component_of(Town({"a": 300, "b": 2900, "c": 300}, {("a", "b"): 100.0, ("b", "c"): 100.0})))
    assert sorted(program.pairs) == [(0, 0), (1, 1), (2, 2)]


def test_estates_beyond_the_radius_are_not_written_as_a_pair() -> None:
    chain = Town({"a": 300, "b": 300, "c": 300}, {("a", "b"): 300.0, ("b", "c"): 300.0}, Asked(max_radius_m=300))
    assert sorted(write_program(component_of(chain)).pairs) == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2)]


def test_an_area_in_pieces_is_cut_off() -> None:
    # The walk from a to c through x is short, and x, too large for them, is no member; b would join them, at 400 m.
    town = Town({"a": 300, "b": 100, "c": 300, "x": 2500},
                {("a", "b"): 200.0, ("b", "c"): 200.0, ("a", "x"): 10.0, ("c", "x"): 10.0}, Asked(max_households=2800))
    component = component_of(town)
    areas, bound = group_best(component)
    assert cost_of(component, areas) == bound == pytest.approx(least_cost(town) * METRE)


def test_a_component_without_any_possible_area_is_left_over() -> None:
    component = component_of(Town({"a": 100, "b": 100}, {("a", "b"): 10.0}, Asked(must_join=[["a", "b"]])))
    areas, bound = group_best(component)
    assert areas == []
    assert bound <= cost_of(component, areas) == 200 * 10_000 * METRE


def test_a_component_too_large_for_a_program_is_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_PAIRS > 1000
    monkeypatch.setattr("geoplan.optimum.MAX_PAIRS", 3)
    component = component_of(Town({"a": 300, "b": 400, "c": 300}, {("a", "b"): 100.0, ("b", "c"): 100.0}))
    areas, bound = group_best(component)
    assert areas == grow_areas(component)
    assert 0 < bound < cost_of(component, areas)


def test_when_the_nodes_run_out_the_bound_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoplan.optimum.MAX_NODES", 1)
    names = [f"E{n}" for n in range(8)]
    ring = {tuple(sorted((names[n], names[(n + k) % 8]))): 90.0 + 11 * n for n in range(8) for k in (1, 3)}
    town = Town({name: 130 + 61 * n for n, name in enumerate(names)}, ring, Asked(max_households=900))
    component = component_of(town)
    areas, bound = group_best(component)
    assert bound <= least_cost(town) * METRE * (1 + 1e-6)
    assert least_cost(town) * METRE <= cost_of(component, areas) * (1 + 1e-9)
