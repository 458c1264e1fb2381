"""Do works, sources and years add up, and does the programme keep every cap?"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from geoplan.audited import Audited, Outcome, exact, is_off, wrong_rows

YUAN_SLACK = 0.01


def sources_sum_to_the_works(audited: Audited) -> Outcome:
    """The sources of every item of an area, the open gap among them, sum to the item's amount."""
    works, funding = audited.table("works"), audited.table("funding")
    keys = ["area_id", "item"]
    said = works.groupby(keys)["amount_yuan"].agg(lambda of: of.sum(skipna=False))
    found = funding.groupby(keys)["amount_yuan"].agg(lambda of: of.sum(skipna=False)).reindex(said.index)
    rows = said.reset_index()
    return wrong_rows(rows, is_off(rows["amount_yuan"], found.reset_index(drop=True), YUAN_SLACK), keys)


def amounts_are_not_negative(audited: Audited) -> Outcome:
    """No source pays less than nothing, and every line says what it rests on."""
    funding = audited.table("funding")
    return wrong_rows(funding, (funding["amount_yuan"] < 0).fillna(False) | funding["basis"].isna(),
                      ["area_id", "item", "source"])


def areas_sum_their_works(audited: Audited) -> Outcome:
    """The amount of an area is the sum of its works; unknown where a part is."""
    areas, works = audited.table("areas"), audited.table("works")
    if works.empty:
        return Outcome(0, [])
    sums = works.groupby("area_id")["amount_yuan"].agg(lambda of: of.sum(skipna=False))
    return wrong_rows(areas, is_off(areas["amount_yuan"], areas["area_id"].map(sums), YUAN_SLACK), ["area_id"])


def areas_carry_their_year(audited: Audited) -> Outcome:
    """Plan year and amount of an area are those of the programme; an area without a year has a reason."""
    programme, areas = audited.table("programme"), audited.table("areas").set_index("area_id")
    wrong = is_off(programme["plan_year"], programme["area_id"].map(areas["plan_year"]), 0)
    wrong |= is_off(programme["amount_yuan"], programme["area_id"].map(areas["amount_yuan"]), YUAN_SLACK)
    wrong |= is_off(programme["households"], programme["area_id"].map(areas["households"]), 0)
    wrong |= programme["plan_year"].isna() & programme["reason"].isna()
    return wrong_rows(programme, wrong, ["area_id"])


def years_keep_their_budget(audited: Audited) -> Outcome:
    """What the areas of a year cost is within its budget."""
    placed = audited.table("programme").dropna(subset="plan_year")
    wrong, years = [], sorted(set(placed["plan_year"]))
    for year in years:
        budget = audited.number(f"programme.budget_yuan.{year}")
        amounts = [exact(value) for value in placed.loc[placed["plan_year"] == year, "amount_yuan"]]
        if budget is not None and (None in amounts or sum(of or Decimal(0) for of in amounts) > budget):
            wrong.append(str(year))
    return Outcome(len(years), wrong)


def years_keep_their_households(audited: Audited) -> Outcome:
    """Households of a year are within the cap, and those of 2001-2005 within their share where the law sets one."""
    placed = audited.table("programme").dropna(subset="plan_year")
    most = audited.number("programme.max_households_per_year")
    share = audited.text("share_2001_2005_households").removeprefix("<=").strip()
    wrong = []
    for year, of in placed.groupby("plan_year"):
        households, late = int(of["households"].sum()), int(of["households_2001_2005"].fillna(0).sum())
        if most is not None and households > most:
            wrong.append(f"{year} {households}")
        if share.replace(".", "", 1).isdecimal() and late > Decimal(share) * households:
            wrong.append(f"{year} {late}/{households}")
    return Outcome(placed["plan_year"].nunique(), wrong)


def ranks_follow_the_scores(audited: Audited) -> Outcome:
    """The score of an area is the sum of its points, and no area of a lower score ranks before it."""
    areas, ranking = audited.table("areas").dropna(subset="score"), audited.table("ranking")
    points = areas["area_id"].map(ranking.groupby("area_id")["points"].sum())
    ordered = areas.sort_values("rank")
    wrong = is_off(areas["score"], points, 1e-6)
    outcome = wrong_rows(areas, wrong, ["area_id"])
    if (ordered["score"].diff() > 1e-9).any() or sorted(areas["rank"].dropna()) != list(range(1, len(areas) + 1)):
        return Outcome(outcome.count, [*outcome.wrong, "rank"])
    return outcome


MONEY_CHECKS: Mapping[str, Callable[[Audited], Outcome]] = {
    "sources": sources_sum_to_the_works, "amounts": amounts_are_not_negative, "amounts_of_areas": areas_sum_their_works,
    "years": areas_carry_their_year,
    "budgets": years_keep_their_budget, "caps": years_keep_their_households, "ranks": ranks_follow_the_scores,
}
