"""Rooms that flow to who is within a walk: hand-worked towns, exact sums, and no square metre twice."""

import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pytest
from cared import WALK_M, account, centre, codes, estate, layer
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan import make_plan, read_project
from geoplan.errors import say
from geoplan.flows import find_flows, list_flows
from geoplan.policy import load_catalogue
from geoplan.reach import straight_reach
from geoplan.rooms import count_rooms
from geoplan.schema import columns_of

TOWN = Path(__file__).parents[1] / "data" / "hehuang"
PLANNED = {"status": "planned", "opened_year": 2026}


def flows_of(
    estates: list[dict[str, Any]], facilities: list[dict[str, Any]], members: dict[str, str], rate: float = 0.1,
) -> pd.DataFrame:
    """Return the flows of a town that is walked in straight lines, by facility and area."""
    ground = layer("estates", estates)
    rooms, _ = count_rooms(layer("facilities", facilities), load_catalogue(), last_year=2027)
    reached = straight_reach(ground, rooms, detour=1.0, limit_m=WALK_M)
    grouped = pd.DataFrame({"estate_id": list(members), "area_id": list(members.values())}, dtype="str")
    return find_flows(rooms, reached, ground, grouped, m2_per_resident=rate)


def today(*town: Any, **options: Any) -> dict[tuple[str, str], float]:
    table = list_flows(flows_of(*town, **options))
    return {(facility, area): m2 for facility, area, m2 in table.drop(columns="walking").itertuples(index=False)}


# Estates stand 200 m apart, from the centre of one to that of the next; 500 residents need 50 m2, 300 need 30.
EAST_WEST = [estate("E1", 500, 0), estate("E2", 300, 200)]
TWO_AREAS = {"E1": "A1", "E2": "A2"}


def test_rooms_go_to_the_nearest_and_what_is_left_goes_on() -> None:
    # 60 m2 at E1: 50 stay there, 10 go 200 m to E2.
    assert today(EAST_WEST, [centre("F1", 60)], TWO_AREAS) == {("F1", "A1"): 50, ("F1", "A2"): 10}


def test_no_square_metre_goes_to_two_areas() -> None:
    # 40 m2 half way: E1 comes first by id, and nothing is left.
    assert today(EAST_WEST, [centre("F1", 40, x=150)], TWO_AREAS) == {("F1", "A1"): 40}


def test_more_residents_are_served_even_if_some_walk_farther() -> None:
    # F2 at x = -900 is 950 m from E1 and out of reach of E2: it serves E1, so that F1 beside E1 may serve E2.
    town = [centre("F1", 30, x=50), centre("F2", 50, x=-900)]
    assert today(EAST_WEST, town, TWO_AREAS) == {("F1", "A2"): 30, ("F2", "A1"): 50}


def test_nobody_gets_more_than_is_needed() -> None:
    assert today(EAST_WEST, [centre("F1", 900)], TWO_AREAS) == {("F1", "A1"): 50, ("F1", "A2"): 30}
    assert today(EAST_WEST, [centre("F1", 900)], TWO_AREAS, rate=0.2) == {("F1", "A1"): 100, ("F1", "A2"): 60}


def test_only_the_estates_within_the_walk_draw_not_the_whole_area() -> None:
    # E2 is 1,200 m from the rooms, E1 is 1,000 m.
    town = [estate("E1", 500, 0), estate("E2", 300, 200)]
    assert today(town, [centre("F1", 90, x=-950)], {"E1": "A1", "E2": "A1"}) == {("F1", "A1"): 50}
    assert today(town, [centre("F1", 90, x=-950.1)], {"E1": "A1", "E2": "A1"}) == {}


def test_an_estate_in_no_area_draws_nothing() -> None:
    assert today(EAST_WEST, [centre("F1", 60)], {"E2": "A2"}) == {("F1", "A2"): 30}


def test_an_estate_of_unknown_residents_draws_nothing_and_that_is_said() -> None:
    town = [estate("E1", None, 0), estate("E2", 300, 200)]
    assert today(town, [centre("F1", 60)], TWO_AREAS) == {("F1", "A2"): 30}
    care, findings = account(town, [centre("F1", 60)], TWO_AREAS, sites=[], count_scope="reachable")
    assert care["status"].tolist() == ["unknown", "met"]
    assert codes(findings) == {"care.residents_unknown", "care.draws_nothing"}
    assert "care.draws_nothing" not in codes(account(town, [centre("F1", 60)], TWO_AREAS, sites=[])[1])


def test_what_a_facility_declares_binds_nobody_here() -> None:
    assert today(EAST_WEST, [centre("F1", 60, serves="E2")], TWO_AREAS) == {("F1", "A1"): 50, ("F1", "A2"): 10}


def test_sums_are_exact_in_decimals() -> None:
    # 33 residents need 3.3 m2; 0.1 + 0.2 + 2.95 = 3.25.
    facilities = [centre("F1", 0.1), centre("F2", 0.2), centre("F3", 2.95)]
    assert list(today([estate("E1", 33)], facilities, {"E1": "A1"}).values()) == [0.1, 0.2, 2.95]
    care, _ = account([estate("E1", 33)], facilities, {"E1": "A1"}, count_scope="reachable", sites=[])
    assert care.loc["A1", "reachable_m2"] == 3.25
    assert care.loc["A1", "short_m2"] == 1  # 3.3 - 3.25 = 0.05


def test_without_rooms_or_reach_the_table_is_there() -> None:
    for facilities in ([], [centre("F1", 60, x=5_000)]):
        table = list_flows(flows_of(EAST_WEST, facilities, TWO_AREAS))
        assert table.empty
        assert list(table) == [column.name for column in columns_of("care_flows")]
    care, _ = account(EAST_WEST, [], TWO_AREAS)
    assert care["reachable_m2"].tolist() == [0, 0]


# ---- after the plan

def test_planned_rooms_flow_after_the_plan_only() -> None:
    # Today 30 of the 50 needed; after it 20 of the 40 m2 planned are needed too.
    town = ([estate("E1", 500)], [centre("F1", 30), centre("F2", 40, x=60, **PLANNED)], {"E1": "A1"})
    assert today(*town) == {("F1", "A1"): 30}
    care, _ = account(*town, count_scope="reachable", sites=[])
    row = care.loc["A1"]
    assert row[["reachable_m2", "planned_m2", "short_m2", "short_after_m2"]].tolist() == [30, 20, 20, 0]
    assert row["status"] == "met_after_plan"


def test_after_the_plan_an_area_may_be_served_from_elsewhere_but_never_gets_less() -> None:
    # F2 opens 950 m from E1, out of reach of E2: E1 gets 30 of its 50 there, and 10 of F1 are free for E2.
    facilities = [centre("F1", 30), centre("F2", 30, x=-900, **PLANNED)]
    assert flows_of(EAST_WEST, facilities, TWO_AREAS).to_numpy().tolist() == [
        ["F1", "A1", False, 30], ["F1", "A1", True, -10], ["F1", "A2", True, 10], ["F2", "A1", True, 30]]
    care, _ = account(EAST_WEST, facilities, TWO_AREAS, count_scope="reachable", sites=[])
    assert care["reachable_m2"].tolist() == [30, 0]
    assert care["planned_m2"].tolist() == [20, 10]
    assert care["short_after_m2"].tolist() == [0, 20]


# ---- the account in the scope reachable

def test_the_scope_changes_what_counts_and_not_what_is_shown() -> None:
    facilities = [centre("F1", 60), centre("F2", 40, x=250, serves="E2")]
    scopes = {scope: account(EAST_WEST, facilities, TWO_AREAS, sites=[], count_scope=scope)[0]
              for scope in ("inside", "declared", "reachable")}
    for care in scopes.values():
        assert care[["inside_m2", "declared_m2", "reachable_m2"]].to_numpy().tolist() == [[60, 0, 50], [0, 40, 30]]
    assert scopes["inside"]["short_m2"].tolist() == [0, 30]
    assert scopes["reachable"]["status"].tolist() == ["met", "met"]


def test_land_follows_the_rooms_at_the_ratio_of_their_own_place() -> None:
    # F1 has 900 m2 of land for 60 of rooms, 15 each, and serves A1; F2 stands in E2, 0.6 each, and serves A2.
    facilities = [centre("F1", 60, land_area_m2=900.0), centre("F2", 90, x=250)]
    care, _ = account(EAST_WEST, facilities, TWO_AREAS, sites=[], count_scope="reachable")
    assert care["reachable_m2"].tolist() == [50, 30]
    assert care["land_have_m2"].tolist() == [750, 18]  # 50 x 15; 30 x 0.6
    assert care["land_status"].tolist() == ["met", "not_met"]


def test_rooms_nobody_draws_are_named() -> None:
    facilities = [centre("F1", 90), centre("F2", 40.5, x=9_000), centre("F3", 10, x=60)]
    _, findings = account([estate("E1", 500)], facilities, {"E1": "A1"}, sites=[], count_scope="reachable")
    assert [say(finding, "en") for finding in findings if finding.code == "care.idle"] == [
        "elder-care rooms of 2 facilities (50.5 m2) flow to no area: no estate of an area lies within the walk or "
        "nearer rooms meet all needs: F2、F3"]
    assert "care.outside" not in codes(findings)


# ---- laws

towns = st.lists(
    st.tuples(st.none() | st.integers(0, 5_000), st.sampled_from(["A1", "A2", None])), min_size=1, max_size=6)
wings = st.lists(st.tuples(st.integers(1, 8_000), st.integers(-1_000, 1_700), st.booleans()), max_size=5)
few = settings(max_examples=25)


def draw(town: list, rooms: list) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
    """Return estates 120 m apart, facilities with rooms in hundredths of a square metre, some planned, and members."""
    estates = [estate(f"E{at}", people, 120 * at) for at, (people, _) in enumerate(town)]
    facilities = [centre(f"F{at}", hundredths / 100, x=x, **(PLANNED if planned else {}))
                  for at, (hundredths, x, planned) in enumerate(rooms)]
    return estates, facilities, {f"E{at}": name for at, (_, name) in enumerate(town) if name is not None}


def most(estates: list, facilities: list, members: dict[str, str]) -> int:
    """Return how much can flow at most, in hundredths of a square metre, by networkx."""
    network = nx.DiGraph()
    network.add_nodes_from(("start", "end"))
    needs = {said["estate_id"]: said for said in estates if said["residents"] and said["estate_id"] in members}
    for name, said in needs.items():
        network.add_edge(name, "end", capacity=said["residents"] * 10)
    for said in facilities:
        network.add_edge("start", said["facility_id"], capacity=round(said["floor_area_m2"] * 100))
        near = [name for name, one in needs.items()
                if abs(said["geometry"].x - one["geometry"].centroid.x) <= WALK_M]
        network.add_edges_from((said["facility_id"], name) for name in near)
    return nx.maximum_flow_value(network, "start", "end")


@few
@given(towns, wings)
def test_as_much_flows_as_can_today_and_after_the_plan(town: list, rooms: list) -> None:
    estates, facilities, members = draw(town, rooms)
    flows = flows_of(estates, facilities, members)
    standing = [said for said in facilities if said["status"] == "existing"]
    assert flows.loc[~flows["is_planned"], "m2"].sum() == Fraction(most(estates, standing, members), 100)
    assert flows["m2"].sum() == Fraction(most(estates, facilities, members), 100)


@few
@given(towns, wings)
def test_nothing_is_given_twice_and_nobody_gets_more_than_the_need(town: list, rooms: list) -> None:
    estates, facilities, members = draw(town, rooms)
    flows = flows_of(estates, facilities, members)
    have = {said["facility_id"]: Fraction(str(said["floor_area_m2"])) for said in facilities}
    needs = pd.Series({said["estate_id"]: said["residents"] or 0 for said in estates}).groupby(members).sum()
    for states in (flows[~flows["is_planned"]], flows):
        assert all(given <= have[name] for name, given in states.groupby("facility_id")["m2"].sum().items())
        drawn = states.groupby("area_id")["m2"].sum()
        assert all(m2 <= Fraction(int(needs[area_id]), 10) for area_id, m2 in drawn.items())
        assert (states.groupby(["facility_id", "area_id"])["m2"].sum() >= 0).all()


@few
@given(towns.filter(lambda town: any(name for _, name in town)), wings, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(town: list, rooms: list, random: Any) -> None:
    tables = draw(town, rooms)
    mixed = [random.sample(rows, len(rows)) for rows in (tables[0], tables[1], list(tables[2].items()))]
    shuffled = (mixed[0], mixed[1], dict(mixed[2]))
    pd.testing.assert_frame_equal(flows_of(*tables), flows_of(*shuffled))
    care, findings = account(*tables, sites=[], count_scope="reachable")
    again, found = account(*shuffled, sites=[], count_scope="reachable")
    pd.testing.assert_frame_equal(care, again)
    assert findings == found


@few
@given(
    towns.filter(lambda town: any(name for _, name in town)), wings, st.integers(1, 8_000), st.integers(-1_000, 1_700))
def test_more_rooms_never_make_an_area_shorter(town: list, rooms: list, hundredths: int, x: int) -> None:
    estates, facilities, members = draw(town, rooms)
    before, _ = account(estates, facilities, members, count_scope="reachable")
    after, _ = account(estates, [*facilities, centre("F!", hundredths / 100, x=x)], members, count_scope="reachable")
    assert (after["reachable_m2"] >= before["reachable_m2"]).all()
    for care in (before, after):
        assert (care["planned_m2"] >= 0).all()
        assert (care["short_after_m2"].fillna(0) <= care["short_m2"].fillna(0)).all()


# ---- the whole path

def test_the_sample_town_may_count_what_is_within_reach(tmp_path: Path) -> None:
    folder = tmp_path / "town"
    shutil.copytree(TOWN, folder)
    said = (folder / "plan.toml").read_text(encoding="utf-8")
    asked = said.replace('count_scope = "declared"', 'count_scope = "reachable"')
    assert asked != said
    (folder / "plan.toml").write_text(asked, encoding="utf-8")
    tables = make_plan(read_project(folder)).tables
    care, flows = tables["care"].set_index("area_id"), tables["care_flows"]
    assert len(flows)
    drawn = flows.groupby("area_id")["floor_area_m2"].sum().reindex(care.index, fill_value=0)
    assert drawn.tolist() == pytest.approx(care["reachable_m2"].tolist())
    assert tables["areas"]["elder_have_m2"].tolist() == care["reachable_m2"].tolist()
    assert (care["short_m2"] >= care["need_m2"] - care["reachable_m2"] - 1e-6).all()
