"""Windows over a component: what they better, and what they may not break."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linked import Asked, Town, broken_rules, least_cost, towns
from test_bounds import components_of
from test_components import component_of

from geoplan.areas import group_estates
from geoplan.bounds import priced_bound
from geoplan.components import METRE, Component, cost_of
from geoplan.crews import hire
from geoplan.growth import grow_areas
from geoplan.pairs import find_pairs
from geoplan.prices import price_areas
from geoplan.prospects import lay_plots
from geoplan.windows import group_any, group_each, sweep


def grid(side: int) -> Town:
    names = {(x, y): f"{x}{y}" for x in range(side) for y in range(side)}
    lengths = {tuple(sorted((names[x, y], names[other]))): 100.0 + 7 * x + 3 * y for x, y in names
               for other in ((x + 1, y), (x, y + 1)) if other in names}
    return Town({name: 150 + 37 * (int(name) % 7) for name in names.values()}, lengths, Asked(max_households=1500))


def swept(component: Component, areas: list[frozenset[int]]) -> list[frozenset[int]]:
    pairs = find_pairs(component, range(len(component.ids)))
    _, prices = priced_bound(component, pairs, grow_areas(component))
    return sweep(component, areas, price_areas(component, lay_plots(component, pairs), prices).of_unit)


def only_windows(patch: pytest.MonkeyPatch, widths: tuple[int, ...]) -> None:
    patch.setattr("geoplan.windows.WINDOWS", widths)
    patch.setattr("geoplan.windows.WHOLE", 0)


def test_a_poor_start_is_bettered() -> None:
    # a and b, c and d are 10 m apart, b and c 300 m: the start has it the wrong way round.
    row = {("a", "b"): 10.0, ("b", "c"): 300.0, ("c", "d"): 10.0}
    component = component_of(Town(dict.fromkeys("abcd", 500), row, Asked(max_households=1000)))
    start = [frozenset({0}), frozenset({1, 2}), frozenset({3})]
    assert swept(component, start) == [frozenset({0, 1}), frozenset({2, 3})]


def test_what_was_left_over_is_taken_in() -> None:
    component = component_of(Town({"a": 600, "b": 600, "c": 600}, {("a", "b"): 50.0, ("b", "c"): 50.0}))
    assert frozenset().union(*swept(component, [frozenset({0})])) == {0, 1, 2}


@pytest.mark.parametrize("window", [6, 12])
def test_windows_never_make_a_grouping_dearer(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    only_windows(monkeypatch, (window, 2 * window))
    component = component_of(grid(6))
    start = [frozenset({i}) for i in range(36)]
    grown = grow_areas(component, in_one_order=True)
    assert cost_of(component, swept(component, grown)) <= cost_of(component, grown) < cost_of(component, start)


def test_windows_group_what_nobody_has_grouped() -> None:
    component = component_of(grid(3))
    assert cost_of(component, swept(component, [])) < cost_of(component, [])


def test_a_component_too_large_for_one_program_comes_with_a_useful_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    best, _ = group_any(component_of(grid(4)))
    monkeypatch.setattr("geoplan.windows.MANY_PAIRS", 0)
    monkeypatch.setattr("geoplan.windows.PROVEN_UNITS", 0)
    only_windows(monkeypatch, (10, 20))
    component = component_of(grid(4))
    areas, bound = group_any(component)
    assert 0.9 * cost_of(component, areas) <= bound <= cost_of(component, best) <= cost_of(component, areas)


def test_a_choice_among_all_promising_areas_proves_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    best, proven = group_any(component_of(grid(4)))
    monkeypatch.setattr("geoplan.windows.MANY_PAIRS", 0)
    component = component_of(grid(4))
    areas, bound = group_any(component)
    assert cost_of(component, areas) == cost_of(component, best)
    assert bound == pytest.approx(proven, rel=1e-5)


def test_a_component_that_is_not_large_is_in_the_end_one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    best, _ = group_any(component_of(grid(4)))
    monkeypatch.setattr("geoplan.windows.FEW", ())
    component = component_of(grid(4))
    assert cost_of(component, swept(component, [])) == cost_of(component, best) < cost_of(component, [])


def test_a_program_is_tried_after_windows_that_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    best, proven = group_any(component_of(grid(4)))
    monkeypatch.setattr("geoplan.windows.FEW_PAIRS", 0)
    monkeypatch.setattr("geoplan.windows.PROVEN_UNITS", 0)
    component = component_of(grid(4))
    areas, bound = group_any(component)
    assert cost_of(component, areas) == cost_of(component, best)
    assert bound == pytest.approx(proven, rel=1e-6)


def test_the_number_of_processes_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoplan.windows.MANY_PAIRS", 0)
    monkeypatch.setattr("geoplan.windows.LARGE", 10)
    monkeypatch.setattr("geoplan.windows.PROVEN_UNITS", 0)
    only_windows(monkeypatch, (6, 9))
    shared_out = []
    monkeypatch.setattr("geoplan.windows.hire", lambda count: shared_out.append(count) or hire(count))
    pieces = [component_of(grid(6)), component_of(grid(2))]
    assert group_each(pieces, processes=2) == group_each(pieces, processes=1)
    assert shared_out == [2, 1]


def test_a_town_of_small_components_is_grouped_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    shared_out = []
    monkeypatch.setattr("geoplan.windows.hire", lambda count: shared_out.append(count) or hire(count))
    assert len(group_each([component_of(grid(2))], processes=2)) == 1
    assert shared_out == [1]


def test_the_order_of_rows_changes_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoplan.windows.MANY_PAIRS", 0)
    monkeypatch.setattr("geoplan.windows.PROVEN_UNITS", 0)
    only_windows(monkeypatch, (8, 12))
    town = grid(5)
    ids = list(town.households)
    here, bounds = group_estates(town.estates, town.links, grouped_ids=ids, rules=town.asked, method="optimal")
    there, mixed = group_estates(town.estates.sample(frac=1, random_state=5), town.links.sample(frac=1, random_state=5),
                                 grouped_ids=ids[::-1], rules=town.asked, method="optimal")
    assert there.equals(here)
    assert mixed.equals(bounds)


@settings(max_examples=50)
@given(town=towns(), window=st.sampled_from([2, 4, 6]))
def test_windows_break_no_rule(town: Town, window: int) -> None:
    areas, cost, proven = [], 0.0, 0.0
    with pytest.MonkeyPatch.context() as patch:
        only_windows(patch, (window, 2 * window))
        patch.setattr("geoplan.windows.MANY_PAIRS", 0)
        for component in components_of(town):
            found, bound = group_any(component)
            areas += [frozenset(component.ids[i] for i in area) for area in found]
            cost, proven = cost + cost_of(component, found), proven + bound
    assert broken_rules(town, areas) == []
    assert proven <= least_cost(town) * METRE * (1 + 1e-9) + METRE
    assert cost >= least_cost(town) * METRE * (1 - 1e-9) - METRE
