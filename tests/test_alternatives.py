"""Further plans beside the best one: really different, within the cost, valid, and the cheapest such."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise, permutations
from math import ceil

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from linked import LEFT_OVER_M, Asked, Town, broken_rules, distances, objective, towns

from geoplan.alternatives import find_alternatives
from geoplan.areas import group_estates
from geoplan.errors import Finding, InfeasibleError
from geoplan.moves import count_moves

Areas = frozenset[frozenset[str]]
# a square of four, 100 m a side, 500 households each: two pairs, lying or standing, cost the same
SQUARE = Town(dict.fromkeys("abcd", 500), {("a", "b"): 100.0, ("b", "c"): 100.0, ("c", "d"): 100.0, ("a", "d"): 100.0},
              Asked(min_households=1000, max_households=1000))


def found(
    town: Town, count: int = 3, *, cost: float = 0.05, change: float = 0.2, frozen: Mapping[str, Sequence[str]] | None
    = None, method: str = "optimal",
) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    given = {"grouped_ids": list(town.households), "rules": town.asked, "frozen": frozen}
    members, _ = group_estates(town.estates, town.links, method=method, **given)
    return find_alternatives(town.estates, town.links, members, count=count, max_extra_share=cost,
                             min_changed_share=change, **given)


def plans_of(members: pd.DataFrame) -> list[Areas]:
    return [frozenset(frozenset(ids) for _, ids in rows.groupby("area_id")["estate_id"])
            for _, rows in members.groupby("alternative")]


def moves(town: Town, one: Areas, two: Areas) -> int:
    """Return the fewest estates that change area, by trying every pairing of areas."""
    names = set(town.households)
    few, many = sorted((one, two), key=len)
    shared = max(sum(len(a & b) for a, b in zip(few, chosen, strict=True)) for chosen in permutations(many, len(few)))
    out = (names - frozenset().union(*one)) & (names - frozenset().union(*two))
    return len(names) - shared - len(out)


def every_plan(town: Town) -> dict[Areas, float]:
    """Return every grouping that keeps all rules, with its objective."""
    names, walked = sorted(town.households), distances(town)
    joinless = replace(town, asked=replace(town.asked, must_join=()))
    price = {}
    for size in range(1, len(names) + 1):
        for area in map(frozenset, combinations(names, size)):
            if not broken_rules(joinless, [area]):
                price[area] = town.asked.area_overhead + min(
                    sum(town.households[one] * walked[one][hub] for one in area) for hub in area
                    if all(walked[one].get(hub, 1e9) <= town.asked.max_radius_m + 1e-5 for one in area))

    def divided(left: list[str]) -> Iterator[tuple[tuple[frozenset[str], ...], float]]:
        if not left:
            yield (), 0.0
            return
        first, *others = left
        for rest, cost in divided(others):
            yield rest, cost + LEFT_OVER_M * town.households[first]
        for area, own in price.items():
            if first in area and area <= set(left):
                for rest, cost in divided([name for name in others if name not in area]):
                    yield (area, *rest), cost + own

    return {frozenset(areas): cost for areas, cost in divided(names) if is_kept_together(town, areas)}


def is_kept_together(town: Town, areas: Sequence[frozenset[str]]) -> bool:
    home = {name: area for area in areas for name in area}
    return all(len({home.get(name) for name in wish}) <= 1 for wish in town.asked.must_join)


def test_a_square_is_paired_the_other_way() -> None:
    # ab|cd costs 2 x (500,000 + 500 x 100); so does ad|bc. Two of the four estates change area.
    alternatives, members, findings = found(SQUARE, 1)
    assert plans_of(members) == [{frozenset("ab"), frozenset("cd")}, {frozenset("ad"), frozenset("bc")}] \
        or plans_of(members) == [{frozenset("ad"), frozenset("bc")}, {frozenset("ab"), frozenset("cd")}]
    assert alternatives["objective"].tolist() == [1_100_000] * 2
    assert alternatives["lower_bound"].tolist()[1] == 1_100_000
    assert alternatives["extra_cost_share"].tolist() == [0, 0]
    assert alternatives["changed_estates"].tolist() == [0, 2]
    assert alternatives["changed_share"].tolist() == [0, 0.5]
    assert alternatives[["areas", "same_areas", "left_over"]].to_numpy().tolist() == [[2, 2, 0], [2, 0, 0]]
    assert findings == []


def test_that_there_is_no_further_plan_is_proven_and_said() -> None:
    alternatives, members, (finding,) = found(SQUARE, 3)
    assert alternatives["alternative"].tolist() == [0, 1]
    assert sorted(set(members["alternative"])) == [0, 1]
    assert finding.code == "alternatives.none_left"
    assert (finding.values["count"], finding.values["found"]) == (3, 1)


def test_without_a_wish_for_alternatives_nothing_is_sought() -> None:
    alternatives, members, findings = found(SQUARE, 0)
    assert (len(alternatives), len(members), findings) == (0, 0, [])


def test_areas_are_called_as_those_of_the_plan_that_they_share_most_with() -> None:
    # a - b - c - d - e: the plan is abc|de or the like; whoever has another area_id has changed, and nobody else.
    row = Town(dict.fromkeys("abcde", 500), dict.fromkeys(pairwise("abcde"), 100.0),
               Asked(min_households=1000, max_households=1500))
    alternatives, members, _ = found(row, 1, cost=0.5)
    areas = members.pivot(index="estate_id", columns="alternative", values="area_id")
    assert (areas[0] != areas[1]).sum() == alternatives["changed_estates"].tolist()[1] == 1


def test_frozen_areas_are_the_same_in_every_alternative() -> None:
    two = Town(SQUARE.households | dict.fromkeys("wxyz", 500), SQUARE.lengths | {
        ("w", "x"): 100.0, ("x", "y"): 100.0, ("y", "z"): 100.0, ("w", "z"): 100.0, ("d", "w"): 300.0}, SQUARE.asked)
    alternatives, members, _ = found(two, 1, frozen={"A008": ["a", "b"], "A009": ["c", "d"]})
    assert alternatives["changed_estates"].tolist() == [0, 2]
    for name, area in (("a", "A008"), ("d", "A009")):
        assert members.loc[members["estate_id"] == name, "area_id"].tolist() == [area] * 2
    assert alternatives["same_areas"].tolist() == [4, 2]


def test_where_everything_is_frozen_there_is_nothing_else() -> None:
    alternatives, members, (finding,) = found(SQUARE, 2, frozen={"A001": ["a", "b"], "A002": ["c", "d"]})
    assert alternatives["alternative"].tolist() == [0]
    assert members["area_id"].tolist() == ["A001", "A001", "A002", "A002"]
    assert finding.code == "alternatives.none_left"


def test_a_town_without_candidates_has_no_alternatives() -> None:
    nobody = group_estates(SQUARE.estates, SQUARE.links[:0], grouped_ids=[], rules=Asked())[0]
    alternatives, members, _ = find_alternatives(
        SQUARE.estates, SQUARE.links[:0], nobody, count=2, grouped_ids=[], rules=Asked(), max_extra_share=0.05,
        min_changed_share=0.2)
    assert (alternatives["alternative"].tolist(), len(members)) == ([0], 0)


def is_possible(town: Town) -> bool:
    try:
        group_estates(town.estates, town.links, grouped_ids=list(town.households), rules=town.asked)
    except InfeasibleError:
        return False
    return True


SHARES = st.sampled_from([0.0, 0.05, 0.3, 1.0])


@settings(max_examples=40)
@given(town=towns(most=6), cost=SHARES, change=st.sampled_from([0.1, 0.2, 0.5, 0.9]))
def test_every_alternative_is_valid_different_within_the_cost_and_the_cheapest(
    town: Town, cost: float, change: float,
) -> None:
    assume(is_possible(town))
    alternatives, members, findings = found(town, 3, cost=cost, change=change)
    every = every_plan(town)
    plans = plans_of(members) if len(members) else []
    least = ceil(round(change * len(town.households), 9))
    best = alternatives["objective"][0]
    for number, plan in enumerate(plans[1:], 1):
        row = alternatives.iloc[number]
        assert plan in every
        assert row["objective"] == pytest.approx(every[plan], abs=1e-3)
        assert row["objective"] <= best * (1 + cost) + 1e-3
        apart = [moves(town, earlier, plan) for earlier in plans[:number]]
        assert min(apart) >= least
        assert (row["changed_estates"], row["least_change_share"]) == (apart[0], min(apart) / len(town.households))
        others = [price for other, price in every.items()
                  if all(moves(town, earlier, other) >= least for earlier in plans[:number])]
        assert row["objective"] == pytest.approx(min(others), rel=1e-6, abs=1e-3)
        assert row["lower_bound"] <= min(others) + max(1e-3, 1e-6 * min(others))
    for finding in findings:
        assert finding.code == "alternatives.none_left"
        left = [price for other, price in every.items() if price <= best * (1 + cost) - 1e-3
                and all(moves(town, earlier, other) >= least for earlier in plans)]
        assert left == []
    assert len(plans) == 4 or findings


@settings(max_examples=25)
@given(size=st.integers(1, 8), data=st.data())
def test_the_difference_of_plans_is_a_distance(size: int, data: st.DataObject) -> None:
    estates = range(size)

    def drawn() -> list[frozenset[int]]:
        homes = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
        return [frozenset(i for i in range(size) if homes[i] == home) for home in (1, 2, 3) if home in homes]

    one, two, three = drawn(), drawn(), drawn()
    assert count_moves(estates, one, one) == 0
    assert (count_moves(estates, one, two) == 0) == (set(one) == set(two))
    assert count_moves(estates, one, two) == count_moves(estates, two, one)
    assert count_moves(estates, one, three) <= count_moves(estates, one, two) + count_moves(estates, two, three)


@settings(max_examples=5)
@given(town=towns(most=12, wishes=False))
def test_larger_towns_have_valid_alternatives_too(town: Town) -> None:
    alternatives, members, _ = found(town, 2, cost=0.3)
    for plan, row in zip(plans_of(members), alternatives.itertuples(), strict=True):
        assert broken_rules(town, plan) == []
        placed = members[(members["alternative"] == row.alternative) & members["area_id"].notna()]
        assert row.objective == pytest.approx(
            objective(town, dict(zip(placed["estate_id"], placed["hub_estate_id"], strict=True))), abs=1e-3)


@settings(max_examples=6)
@given(town=towns(most=8), seed=st.integers(0, 999))
def test_the_order_of_rows_changes_no_alternative(town: Town, seed: int) -> None:
    assume(is_possible(town))
    given = {"rules": town.asked, "max_extra_share": 0.3, "min_changed_share": 0.2, "count": 2}
    ids = sorted(town.households)
    members, _ = group_estates(town.estates, town.links, grouped_ids=ids, rules=town.asked, method="optimal")
    here = find_alternatives(town.estates, town.links, members, grouped_ids=ids, **given)
    links = town.links.sample(frac=1, random_state=seed) if len(town.links) else town.links
    there = find_alternatives(town.estates.sample(frac=1, random_state=seed), links,
                              members.sample(frac=1, random_state=seed), grouped_ids=ids[::-1], **given)
    assert there[0].equals(here[0])
    assert there[1].equals(here[1])
    assert there[2] == here[2]


def test_a_town_too_large_for_one_program_has_the_outcome_of_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoplan.alternatives.MAX_REACH", 0)
    alternatives, _, findings = found(SQUARE, 2)
    assert alternatives["changed_estates"].tolist() == [0, 2]
    assert alternatives["lower_bound"].isna().all()
    assert [finding.code for finding in findings] == ["alternatives.none_found"]
