"""What does it cost and who pays, as the finance office reads it? Works, money by item, money by year -> sheets.

Works stand by class and cost, the money of each in the same order, the gap last. An amount that rests on an assumption
says so.
"""

import pandas as pd

from geoplan.forms import MONEY, SHARE, TEXT_FORMAT, WHOLE, YUAN_PER_10K, Sheet, Shown, shown, summed, with_area
from geoplan.plan import Plan
from geoplan.schema import labels_of
from geoplan.years import sum_years

ASSUMED = "assumption"
CLASSES = ("基础", "完善", "提升", "引导")


def show_works(plan: Plan) -> Sheet:
    """Return the works of each area by class, the dearest first."""
    ordered = order_works(plan.tables["works"])
    return summed(_marked(plan, "works", ordered), "low_yuan", "amount_yuan", "high_yuan")


def show_funding(plan: Plan) -> Sheet:
    """Return who pays for what, in the order of the sheet of works, the gap last."""
    return summed(_marked(plan, "funding", order_funding(plan.tables["funding"], plan.tables["works"])), "amount_yuan")


def show_sources(plan: Plan) -> Sheet:
    """Return who may pay for what, in the order of the sheet of works, the sources as they are listed."""
    sources, works = plan.tables["sources"], plan.tables["works"]
    classes = works.drop_duplicates("item").set_index("item")["content_class"]
    cost = works.groupby("item")["amount_yuan"].sum()
    payers = {code: place for place, code in enumerate(labels_of("funding_source", "zh"))}
    ordered = sources.assign(
        order=_order_of(sources.assign(content_class=sources["item"].map(classes))), cost=sources["item"].map(cost),
        payer=sources["source"].map(payers),
    ).sort_values(["order", "cost", "item", "payer"], ascending=[True, False, True, True], ignore_index=True)
    return shown("sources", ordered.drop(columns=["order", "cost", "payer"]), plan.project.plan.language)


def order_works(works: pd.DataFrame) -> pd.DataFrame:
    """Return table `works` by area and class, the dearest first."""
    return works.assign(order=_order_of(works)).sort_values(
        ["area_id", "order", "amount_yuan", "item"], ascending=[True, True, False, True], ignore_index=True,
    ).drop(columns="order")


def order_funding(funding: pd.DataFrame, works: pd.DataFrame) -> pd.DataFrame:
    """Return table `funding` in the order of the works, the sources of each as they are listed, the gap last."""
    cost = works.set_index(["area_id", "item"])["amount_yuan"]
    of_row = pd.Series(list(zip(funding["area_id"], funding["item"], strict=True)), funding.index, dtype=object)
    sources = {code: place for place, code in enumerate(labels_of("funding_source", "zh"))}
    return funding.assign(
        order=_order_of(funding), cost=of_row.map(cost), payer=funding["source"].map(sources),
    ).sort_values(["area_id", "order", "cost", "item", "payer"], ascending=[True, True, False, True, True],
                  ignore_index=True).drop(columns=["order", "cost", "payer"])


def _order_of(rows: pd.DataFrame) -> pd.Series:
    """Return the place of the class of each row; works of none come last."""
    return rows["content_class"].map({code: place for place, code in enumerate(CLASSES)}).fillna(len(CLASSES))


def _marked(plan: Plan, table: str, rows: pd.DataFrame) -> Sheet:
    """Return a table of amounts by area, with a mark on every one that rests on an assumption."""
    sheet = with_area(plan, table, rows)
    is_assumed, words = rows["basis"].eq(ASSUMED), labels_of("sheet", plan.project.plan.language)
    basis = sheet["basis"].values
    return sheet | {"basis": Shown(sheet["basis"].heading, TEXT_FORMAT, basis.mask(is_assumed, words[ASSUMED]))}


def show_years(plan: Plan) -> Sheet:
    """Return every annual plan in one line: what it holds, who pays, and what the budget leaves."""
    years, language = sum_years(plan), plan.project.plan.language
    words = labels_of("sheet", language)
    wan = labels_of("unit", language)["10k_yuan"]
    between = "（{}）" if language == "zh" else " ({})"
    called = years["plan_year"].map(lambda year: words["waiting"] if pd.isna(year) else str(year)).astype("str")
    sheet = {"plan_year": Shown(words["plan_year"], TEXT_FORMAT, called)}
    for name, form in (("areas", WHOLE), ("households", WHOLE), ("old", WHOLE), ("old_share", SHARE)):
        sheet[name] = Shown(words[f"years_{name}"], form, years[name].astype("float64"))
    labels = labels_of("funding_source", language)
    for name in years.columns[5:]:
        yuan = years[name].astype("float64") / YUAN_PER_10K
        heading = labels.get(name) or words[f"years_{name}"]
        sheet[name] = Shown(heading + between.format(wan), MONEY, yuan)
    return summed(sheet, "areas", "households", "old", "amount_yuan", "funded_yuan", *labels)
