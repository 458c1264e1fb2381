"""The best programme: against every programme there is, on small reserves."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reserve import FIFTEEN, Asked, homes

from geoplan import schedules
from geoplan.caps import Cap
from geoplan.programme import find_programme_alternatives
from geoplan.schedules import Group, Programme, Question, find_schedule

YEARS = (2025, 2026)
THREE_YEARS = (2025, 2026, 2027)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Return up to five areas, some in bundles, some not open in every year, under some of the caps."""
    years = draw(st.sampled_from([YEARS, THREE_YEARS]))
    ids = [f"A{number}" for number in range(1, draw(st.integers(0, 5)) + 1)]
    small = {area_id: draw(st.integers(1, 6)) for area_id in ids}
    money = {area_id: draw(st.integers(0, 6)) for area_id in ids}
    excess = {area_id: draw(st.integers(-5, 9)) for area_id in ids}
    worth = {area_id: draw(st.sampled_from([1, 2, 3, 300])) * small[area_id] for area_id in ids}
    caps = [Cap("households", (year,), small, draw(st.integers(0, 12))) for year in years]
    caps += [Cap("total_budget", years, money, draw(st.integers(0, 20)))]
    caps += [Cap("old_share", (year,), excess, 0) for year in years if draw(st.booleans())]
    is_bundled = len(ids) > 2 and draw(st.booleans())
    bundles = [tuple(ids[:2]), *((area_id,) for area_id in ids[2:])] if is_bundled else [(area_id,) for area_id in ids]
    groups = [Group(areas, draw(st.sampled_from([years, years, years[1:], years[-1:], ()]))) for areas in bundles]
    matches = {(area_id, year): draw(st.integers(0, 2)) for area_id in ids for year in years}
    return Question(years, tuple(groups), tuple(caps), worth, matches)


def every_programme(question: Question) -> Iterator[Programme]:
    """Yield what keeps the caps, counted here and not by the caps' own functions."""
    for years in product(*((*group.years, None) for group in question.groups)):
        programme = {area_id: year for group, year in zip(question.groups, years, strict=True)
                     for area_id in group.areas}
        loads = [sum(cap.loads[area_id] or 0 for area_id, year in programme.items() if year in cap.years)
                 for cap in question.caps]
        if all(load <= cap.limit for load, cap in zip(loads, question.caps, strict=True)):
            yield programme


def rank(question: Question, programme: Programme) -> tuple[Any, ...]:
    """Return what is best first: worth, works in the same year, early, and the smaller id earlier."""
    left = {None: 0} | {year: len(question.years) - place for place, year in enumerate(question.years)}
    planned = {area_id: year for area_id, year in programme.items() if year is not None}
    return (
        sum(question.worth[area_id] for area_id in planned),
        sum(question.matches.get((area_id, year), 0) for area_id, year in planned.items()),
        sum(question.worth[area_id] * left[year] for area_id, year in planned.items()),
        tuple(left[programme[group.areas[0]]] for group in question.groups),
    )


@settings(max_examples=120)
@given(questions())
def test_the_programme_is_the_best_of_all_programmes(question: Question) -> None:
    best = max(every_programme(question), key=lambda each: rank(question, each))
    found = find_schedule(question)
    assert found is not None
    assert found.programme == best
    assert found.worth == found.bound == rank(question, best)[0]


@settings(max_examples=40)
@given(questions())
def test_alternatives_are_the_next_best_programmes_in_order(question: Question) -> None:
    ordered = sorted(every_programme(question), key=lambda each: rank(question, each), reverse=True)
    best = find_schedule(question)
    assert best is not None
    table = find_programme_alternatives(question, best, count=4)
    found = [dict(zip(rows["area_id"], [None if year != year else int(year) for year in rows["plan_year"].astype(
        "float64")], strict=True)) for _, rows in table.groupby("alternative")]
    assert found == ordered[:4] if question.groups else not found


@settings(max_examples=40)
@given(questions())
def test_where_no_proof_is_found_the_caps_hold_and_the_bound_is_true(question: Question) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedules, "MAX_NODES", 1)
        patch.setattr(schedules, "FEW_NODES", 1)
        found = find_schedule(question)
    assert found is not None
    possible = list(every_programme(question))
    assert found.programme in possible
    assert found.worth == rank(question, found.programme)[0]
    assert found.bound >= max(rank(question, each)[0] for each in possible)


def test_fen_are_counted_to_the_last_one() -> None:
    # Two areas of 9 000 000 000.01 yuan in all fit a budget of exactly that, and not of one fen less.
    estates = homes({"area_id": "A1"}, {"area_id": "A2"})
    amounts = {"A1": 4_500_000_000.01, "A2": 4_500_000_000.00}
    fits = Asked(estates, amounts=amounts, total_budget_yuan=9_000_000_000.01).programme()[0]
    assert fits["plan_year"].tolist() == [2025, 2025]
    over = Asked(estates, amounts=amounts, total_budget_yuan=9_000_000_000.00).programme()[0]
    assert over["plan_year"].notna().tolist() == [True, False]
    assert over["reason"].tolist() == ["first_year", "total_budget"]


def test_many_alike_areas_are_planned_by_id() -> None:
    # Nine areas of 100 households and one score, 300 households a year: three a year, in the order of their ids.
    estates = homes(*({"area_id": f"A{number}"} for number in range(1, 10)))
    years = Asked(estates, max_households_per_year=300).programme()[0]["plan_year"]
    assert years.tolist() == [2025] * 3 + [2026] * 3 + [2027] * 3


def test_a_large_reserve_without_proof_keeps_every_cap() -> None:
    rows = [{"area_id": f"A{number:02d}", "households": 300 + 37 * (number * number % 41),
             "completion_year": 2003 if number % 4 == 0 else 1995} for number in range(1, 25)]
    scores = {f"A{number:02d}": 30.0 + (number * 17 % 50) + number / 100 for number in range(1, 25)}
    amounts = {row["area_id"]: row["households"] * (20_000.0 + 313 * (place % 13)) for place, row in enumerate(rows)}
    asked = Asked(homes(*rows), scores=scores, amounts=amounts, share=FIFTEEN, max_households_per_year=5_400,
                  budget_yuan={2025: 1.1e8, 2026: 1.2e8, 2027: 1.3e8})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedules, "MAX_NODES", 20)
        patch.setattr(schedules, "FEW_NODES", 5)
        table, schedule, _ = asked.programme()
    totals = table.groupby("plan_year")[["households", "households_2001_2005", "amount_yuan"]].sum()
    assert (totals["households"] <= 5_400).all()
    assert (totals["households_2001_2005"] * 20 <= totals["households"] * 3).all()
    assert (totals["amount_yuan"] <= [1.1e8, 1.2e8, 1.3e8]).all()
    assert 0.95 * schedule.bound < schedule.worth <= schedule.bound


RESERVES = st.lists(st.fixed_dictionaries({
    "area_id": st.sampled_from(["A1", "A2", "A3", "A4"]), "households": st.integers(50, 400),
    "completion_year": st.sampled_from([1990, 1999, 2003, None]), "ready_year": st.sampled_from([None, 2026])}),
    min_size=1, max_size=6)
LIMITS = st.fixed_dictionaries({}, optional={
    "budget_yuan": st.dictionaries(st.sampled_from(YEARS), st.sampled_from([1e6, 1.5e6, 3e6]), min_size=1),
    "total_budget_yuan": st.sampled_from([2e6, 3.5e6]), "max_households_per_year": st.integers(150, 900),
    "max_areas_per_year": st.integers(1, 2), "share": st.just(FIFTEEN),
    "source_budget_yuan": st.fixed_dictionaries({"residents": st.dictionaries(
        st.sampled_from(YEARS), st.sampled_from([1e5, 3e5]), min_size=1)})})


@settings(max_examples=40)
@given(RESERVES, LIMITS, st.booleans(), st.sets(st.sampled_from(["E1", "E2", "E3"])), st.data())
def test_from_the_ledger_to_the_years_nothing_better_keeps_the_rules(
    rows: Any, limits: Any, is_bundled: bool, waiting: set[str], data: st.DataObject,
) -> None:
    estates = homes(*rows)
    ids = sorted(set(estates["area_id"]))
    money = {area_id: data.draw(st.sampled_from([4e5, 9e5, 1.6e6])) for area_id in ids}
    paid = {area_id: data.draw(st.sampled_from([0.0, 9e4, 2e5])) for area_id in ids}
    scores = {area_id: data.draw(st.sampled_from([20.0, 50.0, 51.25])) for area_id in ids}
    bundles = [ids[:2]] if is_bundled and len(ids) > 1 else []
    sources = pd.DataFrame({"area_id": ids, "source": "residents", "amount_yuan": [paid[each] for each in ids]})
    _, schedule, _ = Asked(
        estates, scores=scores, amounts=money, gates=dict.fromkeys(waiting, "not_ready"), sources=sources,
        years=YEARS, bundles=bundles, **limits).programme()
    best = max(_worth(plan, estates, scores) for choice in product([*YEARS, None], repeat=len(ids))
               for plan in [dict(zip(ids, choice, strict=True))]
               if _is_lawful(plan, estates, waiting, bundles, money, paid, limits))
    assert _is_lawful(schedule.programme, estates, waiting, bundles, money, paid, limits)
    assert schedule.worth == schedule.bound == best


def _worth(plan: Programme, estates: pd.DataFrame, scores: dict[str, float]) -> int:
    households = estates.groupby("area_id")["households"].sum()
    return sum(round(100 * scores[area_id]) * int(households[area_id]) for area_id, year in plan.items() if year)


def _is_lawful(
    plan: Programme, estates: pd.DataFrame, waiting: set[str], bundles: list[list[str]], money: dict[str, float],
    paid: dict[str, float], limits: dict[str, Any],
) -> bool:
    """Say whether a programme keeps every rule, each counted here from the ledger."""
    if any(len({plan[area_id] for area_id in bundle}) > 1 for bundle in bundles):
        return False
    for home in estates.itertuples():
        year = plan[home.area_id]
        if year and home.estate_id in waiting and not (pd.notna(home.ready_year) and year >= home.ready_year):
            return False  # the gate is not open, and no year promises it
    if sum(money[area_id] for area_id, year in plan.items() if year) > limits.get("total_budget_yuan", 1e12):
        return False
    planned = {year: [area_id for area_id, own in plan.items() if own == year] for year in YEARS}
    return all(_year_holds(areas, year, estates, money, paid, limits) for year, areas in planned.items())


def _year_holds(
    areas: list[str], year: int, estates: pd.DataFrame, money: dict[str, float], paid: dict[str, float],
    limits: dict[str, Any],
) -> bool:
    own = estates[estates["area_id"].isin(areas)]
    homes_of_year = int(own["households"].sum())
    is_old = own["completion_year"].isna() | own["completion_year"].isin(range(2001, 2006)).fillna(False)
    old = int(own.loc[is_old.astype(bool), "households"].sum())
    return (len(areas) <= limits.get("max_areas_per_year", 99)
            and homes_of_year <= limits.get("max_households_per_year", 10**6)
            and ("share" not in limits or old * 20 <= homes_of_year * 3)
            and sum(money[area_id] for area_id in areas) <= limits.get("budget_yuan", {}).get(year, 1e12)
            and sum(paid[area_id] for area_id in areas) <= limits.get("source_budget_yuan", {}).get(
                "residents", {}).get(year, 1e12))
