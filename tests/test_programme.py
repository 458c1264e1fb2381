"""Annual plans: every cap by hand, the 15 % in households of the year, reasons that are true."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reserve import FIFTEEN, YEARS, Asked, homes, law, standing

from geoplan.caps import is_kept, old_share
from geoplan.errors import ConfigError, say
from geoplan.jurisdictions import find_documents
from geoplan.policy import resolve
from geoplan.readiness import entry_years, find_entries
from geoplan.schema import split_list


def codes(findings: list[Any]) -> set[str]:
    return {finding.code for finding in findings if say(finding, "zh") and say(finding, "en")}


# ---- when an area may enter

def test_an_area_waits_for_the_last_of_its_estates() -> None:
    estates = homes({"area_id": "A1"}, {"area_id": "A1", "ready_year": 2026}, {"area_id": "A2", "ready_year": 2024})
    entries = find_entries(
        estates, standing(estates, E2="not_ready", E3="unknown"), years=YEARS, assumed={})
    assert entry_years(entries, YEARS) == {"A1": (2026, 2027), "A2": YEARS}


def test_a_ready_estate_may_enter_at_once_whatever_its_year_says() -> None:
    estates = homes({"area_id": "A1", "ready_year": 2027})
    assert entry_years(find_entries(estates, standing(estates), years=YEARS, assumed={}), YEARS) == {"A1": YEARS}


@pytest.mark.parametrize("state", ["unknown", "not_set", "not_ready"])
def test_what_is_not_ready_and_names_no_year_never_enters_unless_the_planner_assumes_one(state: str) -> None:
    estates = homes({"area_id": "A1"})
    gates = standing(estates, E1=state)
    assert entry_years(find_entries(estates, gates, years=YEARS, assumed={}), YEARS) == {"A1": ()}
    assumed = find_entries(estates, gates, years=YEARS, assumed={state: 2026})
    assert entry_years(assumed, YEARS) == {"A1": (2026, 2027)}
    assert assumed["is_assumed"].tolist() == [True]


def test_a_year_of_its_own_goes_before_an_assumed_one() -> None:
    estates = homes({"area_id": "A1", "ready_year": 2027})
    entries = find_entries(estates, standing(estates, E1="unknown"), years=YEARS, assumed={"unknown": 2025})
    assert entry_years(entries, YEARS) == {"A1": (2027,)}
    assert not entries["is_assumed"].any()


# ---- the caps, one by one

def test_without_caps_everything_ready_goes_into_the_first_year() -> None:
    table, schedule, _ = Asked(homes({"area_id": "A1"}, {"area_id": "A2"})).programme()
    assert table["plan_year"].tolist() == [2025, 2025]
    assert table["reason"].tolist() == ["first_year"] * 2
    assert table["batch"].tolist() == ["implement"] * 2
    assert schedule.worth == schedule.bound == 2 * 5_000 * 100  # 50.00 points x 100 households, twice


def test_the_share_of_2001_2005_is_counted_in_households_of_the_year() -> None:
    # 150 of 1 000 households are 15 %: allowed. With 151 they are not, though 1 of 2 estates is old either way, and the
    # area of new estates alone may go.
    for old, years in ((150, [2025, 2025]), (151, [2025, None])):
        estates = homes({"area_id": "A1", "households": 1_000 - old},
                        {"area_id": "A2", "households": old, "completion_year": 2003})
        table, _, _ = Asked(estates, share=FIFTEEN, years=(2025,)).programme()
        assert [None if pd.isna(year) else year for year in table["plan_year"]] == years
    assert table.loc["A2", "reason"] == "old_share"
    assert table.loc["A2", "households_2001_2005"] == 151


@pytest.mark.parametrize(("year", "is_old"), [(2000, False), (2001, True), (2005, True), (2006, False)])
def test_the_years_of_the_cap_are_2001_to_2005(year: int, is_old: bool) -> None:
    table, _, _ = Asked(homes({"area_id": "A1", "completion_year": year}), share=FIFTEEN).programme()
    assert table["plan_year"].isna().tolist() == [is_old]


def test_the_share_holds_in_every_year_and_not_only_over_all() -> None:
    # 1 700 + 300 households in one year are 15 %; the caps on households keep them apart, so the old ones must wait.
    estates = homes({"area_id": "A1", "households": 1_700},
                    {"area_id": "A2", "households": 300, "completion_year": 2004})
    table, _, _ = Asked(estates, share=FIFTEEN, max_households_per_year=1_900).programme()
    assert table["plan_year"].isna().tolist() == [False, True]
    assert table.loc["A2", "reason"] == "households"  # in 2025; in 2026 and 2027 alone it would be 100 % old
    assert split_list(table.loc["A2", "binding_caps"]) == ["households", "old_share"]


def test_an_unknown_year_counts_under_the_cap_as_old_and_is_printed_as_unknown() -> None:
    estates = homes({"area_id": "A1", "households": 850}, {"area_id": "A2", "households": 151, "completion_year": None})
    table, _, _ = Asked(estates, share=FIFTEEN, years=(2025,)).programme()
    assert table["plan_year"].isna().tolist() == [False, True]
    assert pd.isna(table.loc["A2", "households_2001_2005"])
    free, _, findings = Asked(estates.assign(households=[900, 100]), share=FIFTEEN, years=(2025,)).programme()
    assert free["plan_year"].notna().all()
    assert "programme.year_unknown" in codes(findings)


def test_the_share_is_read_from_the_law_and_is_nowhere_else() -> None:
    assert old_share(law("青海省", "2024-03-01")) == FIFTEEN
    assert old_share(law("甘肃省", "2024-03-01")) is None
    assert old_share(law("青海省", "2023-03-01")) is None  # before QH-2023-268
    assert old_share(resolve(find_documents(None, ["GS-2022-15"], pd.Timestamp("2024-01-01").date())[0])) is None


def test_a_budget_holds_in_its_year_and_a_total_over_all() -> None:
    estates = homes({"area_id": "A1"}, {"area_id": "A2"}, {"area_id": "A3"})
    table, _, _ = Asked(estates, budget_yuan={2025: 1e6, 2026: 1e6, 2027: 0}).programme()
    assert table["plan_year"].tolist()[:2] == [2025, 2026]
    assert table.loc["A3", ["reason", "batch"]].tolist() == ["budget", "reserve"]
    assert table.loc["A2", ["reason", "binding_caps", "batch"]].tolist() == ["later_cap", "budget", "prepare"]
    total, _, _ = Asked(estates, total_budget_yuan=2e6).programme()
    assert total["plan_year"].notna().tolist() == [True, True, False]
    assert total.loc["A3", "reason"] == "total_budget"


def test_a_year_without_a_budget_is_said_to_have_no_cap_on_money() -> None:
    table, _, findings = Asked(homes({"area_id": "A1"}), budget_yuan={2025: 0}).programme()
    assert table["plan_year"].tolist() == [2026]
    assert "programme.no_budget" in codes(findings)


def test_a_source_has_its_own_budget_and_rows_without_an_amount_claim_nothing() -> None:
    estates = homes({"area_id": "A1"}, {"area_id": "A2"})
    sources = pd.DataFrame({
        "area_id": ["A1", "A1", "A1", "A2", "A2"], "source": ["central", "central", "lottery", "central", "lottery"],
        "amount_yuan": [300.0, 200.0, None, 600.0, 9e9]})
    budget = {"central": {2025: 1_099}}
    table, _, _ = Asked(estates, sources=sources, years=(2025,), source_budget_yuan=budget).programme()
    assert table["reason"].tolist() == ["first_year", "source_budget"]  # 300 + 200 + 600 is one more than 1 099


def test_areas_per_year_are_counted_too() -> None:
    table, _, _ = Asked(homes({"area_id": "A1"}, {"area_id": "A2"}), max_areas_per_year=1, years=(2025,)).programme()
    assert table["reason"].tolist() == ["first_year", "areas"]


def test_an_unknown_amount_cannot_stand_under_a_budget() -> None:
    estates = homes({"area_id": "A1"}, {"area_id": "A2"})
    table, _, findings = Asked(estates, amounts={"A1": None}, total_budget_yuan=9e9).programme()
    assert table["reason"].tolist() == ["amount_unknown", "first_year"]
    assert "programme.amount_unknown" in codes(findings)
    free, _, _ = Asked(estates, amounts={"A1": None}).programme()
    assert free["plan_year"].notna().all()
    later, _, _ = Asked(estates, amounts={"A1": None}, budget_yuan={2025: 9e9}).programme()
    assert later["plan_year"].tolist() == [2026, 2025]  # the first year that has no budget


# ---- gates, bundles, digging

def test_the_reason_tells_what_is_not_ready_from_what_is_not_verified() -> None:
    estates = homes({"area_id": "A1"}, {"area_id": "A1"}, {"area_id": "A2"}, {"area_id": "A2"},
                    {"area_id": "A3", "ready_year": 2030})
    gates = {"E2": "unknown", "E3": "not_set", "E4": "not_ready", "E5": "unknown"}
    table, _, findings = Asked(estates, gates=gates).programme()
    assert table["reason"].tolist() == ["unknown_gate", "not_ready", "not_ready"]
    assert table["blocking_estates"].map(split_list).tolist() == [["E2"], ["E3", "E4"], ["E5"]]
    assert {"programme.unknown_gate", "programme.not_ready", "programme.ready_share"} == codes(findings)


def test_an_assumed_year_is_said_to_be_one() -> None:
    table, _, findings = Asked(
        homes({"area_id": "A1"}), gates={"E1": "unknown"}, ready_year={"unknown": 2026}).programme()
    assert table.loc["A1", ["plan_year", "entry_year", "reason"]].tolist() == [2026, 2026, "assumed_ready"]
    assert "programme.assumed_ready" in codes(findings)


def test_a_bundle_goes_together_or_not_at_all() -> None:
    estates = homes({"area_id": "A1", "ready_year": 2026}, {"area_id": "A2"}, {"area_id": "A3"})
    together, _, _ = Asked(estates, gates={"E1": "not_ready"}, bundles=[["A1", "A2"]]).programme()
    assert together["plan_year"].tolist() == [2026, 2026, 2025]
    never, _, _ = Asked(estates.assign(ready_year=pd.NA).astype({"ready_year": "Int64"}), gates={"E1": "not_ready"},
                        bundles=[["A1", "A2"]]).programme()
    assert never["reason"].tolist() == ["not_ready", "bundle", "first_year"]
    large, _, _ = Asked(estates, bundles=[["A1", "A2"]], max_households_per_year=150, years=(2025,)).programme()
    assert large["plan_year"].notna().tolist() == [False, False, True]
    assert large["reason"].tolist()[:2] == ["households"] * 2


def test_bundles_that_share_an_area_are_one() -> None:
    estates = homes(*({"area_id": f"A{number}"} for number in range(1, 4)))
    asked = Asked(estates, bundles=[["A1", "A2"], ["A3", "A2"]])
    assert [group.areas for group in asked.question.groups] == [("A1", "A2", "A3")]


def test_a_bundle_of_an_unknown_area_is_refused() -> None:
    with pytest.raises(ConfigError, match="A9"):
        Asked(homes({"area_id": "A1"}), bundles=[["A1", "A9"]])


def test_works_in_the_street_move_an_area_to_their_year_and_never_out_of_the_programme() -> None:
    estates = homes({"area_id": "A1"}, {"area_id": "A2"})
    table, _, _ = Asked(estates, digs=[("A1", 2026), ("A2", 2028)]).programme()
    assert table["plan_year"].tolist() == [2026, 2025]
    assert table["reason"].tolist() == ["dig_once", "first_year"]
    one_year, _, _ = Asked(estates, digs=[("A1", 2026), ("A2", 2026)], max_households_per_year=100,
                           years=(2025, 2026)).programme()
    assert sorted(one_year["plan_year"]) == [2025, 2026]


# ---- laws

ROWS = st.lists(
    st.fixed_dictionaries({
        "area_id": st.sampled_from(["A1", "A2", "A3", "A4"]), "households": st.integers(50, 400),
        "completion_year": st.sampled_from([1990, 2003, None]), "ready_year": st.sampled_from([None, None, 2026])}),
    min_size=1, max_size=7)
RULES = st.fixed_dictionaries({}, optional={
    "budget_yuan": st.sampled_from([{2025: 1e6}, {2025: 2e6, 2026: 1e6, 2027: 0}]),
    "max_households_per_year": st.integers(100, 900), "max_areas_per_year": st.integers(1, 2),
    "total_budget_yuan": st.sampled_from([2e6, 3e6]), "share": st.just(FIFTEEN)})
GATES = st.dictionaries(st.sampled_from([f"E{number}" for number in range(1, 8)]),
                        st.sampled_from(["unknown", "not_ready"]), max_size=3)


@settings(max_examples=50)
@given(ROWS, RULES, GATES)
def test_every_cap_holds_and_every_reason_is_true(rows: Any, rules: Any, gates: Any) -> None:
    asked = Asked(homes(*rows), gates=gates, **rules)
    table, schedule, _ = asked.programme()
    caps = asked.question.caps
    assert all(is_kept(cap, schedule.programme) for cap in caps)
    for area_id, row in table[table["plan_year"].isna()].iterrows():
        binding = split_list(row["binding_caps"])
        if row["reason"] in ("not_ready", "unknown_gate"):
            assert pd.isna(row["entry_year"])
            assert split_list(row["blocking_estates"])
            continue
        years = [year for year in YEARS if year >= row["entry_year"]]
        broken = [{cap.kind for cap in caps if not is_kept(cap, schedule.programme | {str(area_id): year})}
                  for year in years]
        assert all(broken)
        if row["reason"] == "several_caps":
            assert all(len(kinds) > 1 for kinds in broken)
        else:  # lifting the cap alone lets the area in
            assert row["reason"] in binding
            assert all(any(kinds == {cap} for kinds in broken) for cap in binding)


def test_an_area_that_holds_down_the_share_of_its_year_says_so() -> None:
    # 2026 alone takes the 30 old households of A1 (not ready before), and only with the 170 of A2 beside them: 15 %.
    # A2 could come in 2025 itself, and would leave 100 % old households behind.
    estates = homes({"area_id": "A1", "households": 30, "completion_year": 2003, "ready_year": 2026},
                    {"area_id": "A2", "households": 170})
    table, _, _ = Asked(estates, gates={"E1": "not_ready"}, share=FIFTEEN, years=(2025, 2026)).programme()
    assert table["plan_year"].tolist() == [2026, 2026]
    assert table.loc["A2", ["reason", "binding_caps"]].tolist() == ["later_cap", "old_share"]


DIGS = st.lists(st.tuples(st.sampled_from(["A1", "A2", "A3", "A4"]), st.sampled_from(YEARS)), max_size=4)


@settings(max_examples=40)
@given(ROWS, RULES, GATES, DIGS, st.booleans())
def test_every_area_that_could_come_earlier_says_truly_why_it_does_not(
    rows: Any, rules: Any, gates: Any, digs: Any, is_bundled: bool,
) -> None:
    estates = homes(*rows)
    ids = sorted(set(estates["area_id"]))
    asked = Asked(estates, gates=gates, digs=digs, bundles=[ids[:2]] if is_bundled and len(ids) > 1 else [], **rules)
    table, schedule, _ = asked.programme()
    works = pd.Series(digs).value_counts() if digs else pd.Series(dtype="int64")
    for group in asked.question.groups:
        year = schedule.programme[group.areas[0]]
        earlier = [each for each in group.years if year is not None and each < year]
        broken = [{cap.kind for cap in asked.question.caps
                   if not is_kept(cap, schedule.programme | dict.fromkeys(group.areas, each))} for each in earlier]
        for _, row in table.loc[list(group.areas)].iterrows():
            assert (row["reason"] in ("later_cap", "dig_once")) == bool(earlier)
            if row["reason"] == "later_cap":
                alone = {kind for kinds in broken if len(kinds) == 1 for kind in kinds}
                assert all(broken)
                assert set(split_list(row["binding_caps"])) == (alone or {kind for kinds in broken for kind in kinds})
            if row["reason"] == "dig_once":  # it could have come earlier, and fewer works would lie in that year
                of_year = {each: sum(works.get((area_id, each), 0) for area_id in group.areas)
                           for each in (*earlier, year)}
                assert any(not kinds for kinds in broken)
                assert all(of_year[each] < of_year[year] for each, kinds in zip(earlier, broken, strict=True)
                           if not kinds)


@settings(max_examples=15)
@given(ROWS, RULES, GATES, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows: Any, rules: Any, gates: Any, chance: Any) -> None:
    estates = homes(*rows)
    order = list(range(len(estates)))
    chance.shuffle(order)
    straight = Asked(estates, gates=gates, **rules).programme()[0]
    shuffled = Asked(estates.iloc[order].reset_index(drop=True), gates=gates, **rules).programme()[0]
    pd.testing.assert_frame_equal(straight, shuffled)


def test_no_area_no_programme() -> None:
    asked = Asked(homes({"area_id": "A1"}).head(0))
    table, schedule, findings = asked.programme()
    assert (len(table), schedule.worth, schedule.bound, findings) == (0, 0, 0, [])
