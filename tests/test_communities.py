"""The practice of offices: every community one area, where it can be one."""

from collections.abc import Mapping

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from linked import Asked, Town, broken_rules, objective, towns

from geoplan.areas import group_estates, rate_grouping
from geoplan.errors import InfeasibleError

ROW = {("a", "b"): 50.0, ("b", "c"): 50.0, ("c", "d"): 50.0}


def practised(town: Town, communities: Mapping[str, str | None]) -> pd.DataFrame:
    estates = town.estates.assign(community=pd.Series(list(communities.values()), dtype="str"))
    members, _ = group_estates(estates, town.links, grouped_ids=list(town.households), rules=town.asked,
                               method="subdistrict")
    return members


def areas_of(members: pd.DataFrame) -> list[frozenset[str]]:
    return [frozenset(names) for _, names in members.dropna(subset=["area_id"]).groupby("area_id")["estate_id"]]


def test_every_community_is_one_area_whatever_it_costs() -> None:
    town = Town(dict.fromkeys("abcd", 900), ROW)
    assert areas_of(practised(town, {"a": "X", "b": "X", "c": "Y", "d": "Y"})) == [{"a", "b"}, {"c", "d"}]


def test_a_community_that_breaks_a_bound_is_left_over_whole_and_says_so() -> None:
    # X holds 1,800 households and may hold 1,700; Y holds 400 and must hold 500.
    town = Town({"a": 900, "b": 900, "c": 200, "d": 200}, ROW, Asked(max_households=1700))
    members = practised(town, {"a": "X", "b": "X", "c": "Y", "d": "Y"})
    assert members["left_out"].tolist() == ["community_unfit"] * 4


def test_the_pieces_of_a_community_are_looked_at_one_by_one() -> None:
    town = Town({"a": 600, "b": 600, "c": 600, "d": 100}, ROW)
    members = practised(town, {"a": "X", "b": "Y", "c": "X", "d": "X"})
    assert areas_of(members) == [{"a"}, {"b"}, {"c", "d"}]


def test_communities_of_one_name_in_two_subdistricts_are_two() -> None:
    town = Town(dict.fromkeys("ab", 600), {("a", "b"): 50.0})
    estates = town.estates.assign(subdistrict=["东街", "西街"], community=["团结社区", "团结社区"])
    members, _ = group_estates(estates, town.links, grouped_ids=["a", "b"], rules=town.asked, method="subdistrict")
    assert areas_of(members) == [{"a"}, {"b"}]


def test_estates_of_unknown_community_are_taken_together() -> None:
    town = Town({"a": 300, "b": 300, "c": 600, "d": 600}, ROW)
    assert areas_of(practised(town, {"a": None, "b": None, "c": "X", "d": None})) == [{"a", "b"}, {"c"}, {"d"}]


@settings(max_examples=60)
@given(town=towns(), drawn=st.data())
def test_practice_breaks_no_rule_of_the_tables(town: Town, drawn: st.DataObject) -> None:
    names = list(town.households)
    communities = {name: drawn.draw(st.sampled_from(["X", "Y", None]), label=name) for name in names}
    try:
        members = practised(town, communities)
    except InfeasibleError:
        assume(False)
    assert broken_rules(town, areas_of(members)) == []
    placed = members.dropna(subset=["area_id"])
    bounds = pd.DataFrame({"component_id": members["component_id"].unique(), "lower_bound": 0.0})
    rated = rate_grouping(members, bounds, town.estates, area_overhead=town.asked.area_overhead)
    hubs = dict(zip(placed["estate_id"], placed["hub_estate_id"], strict=True))
    assert rated["objective"].sum() == pytest.approx(objective(town, hubs), abs=1e-3)
    mixed = Town({name: town.households[name] for name in reversed(names)}, town.lengths, town.asked)
    assert practised(mixed, dict(reversed(communities.items()))).equals(members)
