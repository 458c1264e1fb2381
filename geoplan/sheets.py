"""What do people read in the workbook? Plan -> sheets of words and numbers, nothing of Excel yet.

Each sheet answers one question of the office that files it; forms.py says how a table becomes one.
"""

from collections.abc import Callable, Mapping

import pandas as pd

from geoplan.forms import (
    MONEY,
    PLAIN,
    TEXT_FORMAT,
    Sheet,
    Shown,
    after,
    filled,
    shown,
    shown_columns,
    summed,
    text,
    with_area,
    without,
)
from geoplan.gantt import RUNNING, draw_gantt
from geoplan.labels import BETWEEN, labels_for, sheet_title, table_name
from geoplan.money_sheets import show_funding, show_sources, show_works, show_years
from geoplan.objections import find_objections
from geoplan.plan import Plan
from geoplan.schema import GEOMETRY_TYPES, columns_of, labels_of

FULL_SCORE = 100
SEVERITIES = ("error", "warning", "note")
BAR_FILL, MARK_WIDTH = "#BCD3E6", 5
ONLY_WITH_ROWS = (  # of plans that report, and of runs that were asked for other plans
    "progress", "monthly", "alternatives", "siting_alternatives", "programme_alternatives")
MOVED = "→ {}"  # a year that differs from the plan's own


def sheets_of(plan: Plan) -> dict[str, Sheet]:
    """Return every sheet of the workbook by its title, in order."""
    language = plan.project.plan.language
    named = [name for name in SHEETS if name not in ONLY_WITH_ROWS or len(plan.tables[name])]
    return {sheet_title(name, language): filled(SHEETS[name](plan)) for name in named}


def remarks_sheet(remarks: pd.DataFrame, language: str) -> tuple[Sheet, pd.Series]:
    """Return the remarks as people read them, worst first, and the severity code of each row.

    Parameters
    ----------
    remarks
        Table `remarks`.
    language
        zh or en.

    Returns
    -------
    sheet
    severities
        Codes in the order of the rows.
    """
    rank = remarks["severity"].map({severity: rank for rank, severity in enumerate(SEVERITIES)})
    ordered = remarks.iloc[rank.argsort(kind="stable")].reset_index(drop=True)
    named = ordered.assign(layer=ordered["layer"].map(lambda layer: table_name(layer, language)))
    sheet = shown("remarks", named, language)
    return {name: sheet[name] for name in ("severity", "layer", "row", "message", "action")}, ordered["severity"]


def changes_sheets(tables: Mapping[str, pd.DataFrame], language: str, side: str) -> dict[str, Sheet]:
    """Return tables of a side of columns.csv as sheets by their titles."""
    plain = {name: [column for column in columns_of(name, side) if column.type not in GEOMETRY_TYPES]
             for name in tables}
    return {
        table_name(name, language): filled(shown_columns(plain[name], frame, language))
        for name, frame in tables.items()
    }


def _areas(plan: Plan) -> Sheet:
    estates, areas = plan.tables["estates"], plan.tables["areas"]
    language = plan.project.plan.language
    members = estates.dropna(subset=["area_id"]).groupby("area_id")["name"].agg(BETWEEN[language].join)
    sheet = without(shown("areas", areas, language), "hub_estate_id", "cost")
    return summed(after(sheet, "estates", members=text(plan, "members", areas["area_id"].map(members))),
                  "estates", "households", "residents", "floor_area_m2", "elder_need_m2", "elder_have_m2",
                  "elder_short_m2", "amount_yuan")


def _estates(plan: Plan) -> Sheet:
    estates, language = plan.tables["estates"], plan.project.plan.language
    why = find_objections(plan.tables["verdicts"], "eligibility", language)
    why_entry = find_objections(plan.tables["verdicts"], "plan_entry", language)
    shut_out = labels_for("left_out", language)["ineligible"]
    entry = estates["estate_id"].map(why_entry).mask(
        (estates["eligibility"] == "ineligible") & ~estates["estate_id"].isin(why_entry.index), shut_out)
    sheet = shown("estates", estates, language)
    sheet = after(sheet, "eligibility", why=text(plan, "why", estates["estate_id"].map(why)))
    return after(sheet, "plan_entry", why_entry=text(plan, "why_entry", entry))


def _area_gaps(plan: Plan) -> Sheet:
    area_gaps, language = plan.tables["area_gaps"], plan.project.plan.language
    standards = plan.tables["gaps"].drop_duplicates("facility_type").set_index("facility_type")
    known = area_gaps["facility_type"]
    by_type = pd.DataFrame({name: known.map(standards[name]) for name in ("limit_m", "standard", "confidence")})
    columns = [column for column in columns_of("gaps") if column.name in by_type.columns]
    return with_area(plan, "area_gaps", area_gaps) | shown_columns(columns, by_type, language)


def _care(plan: Plan) -> Sheet:
    return summed(with_area(plan, "care", plan.tables["care"]), "residents", "need_m2", "inside_m2", "declared_m2",
                  "planned_m2", "short_m2", "short_after_m2", "land_need_m2", "land_have_m2")


def _sitings(plan: Plan) -> Sheet:
    """Return what goes where, with the areas it serves and the elder-care space counted for each."""
    sitings, language = plan.tables["sitings"], plan.project.plan.language
    served = plan.tables["siting_areas"].assign(said=[
        _served(area_id, m2) for area_id, m2 in plan.tables["siting_areas"][["area_id", "elder_m2"]].to_numpy()])
    lists = served.groupby(["site_id", "facility_type"])["said"].agg(BETWEEN[language].join)
    of_row = pd.Series(list(zip(sitings["site_id"], sitings["facility_type"], strict=True)), sitings.index)
    sheet = after(with_area(plan, "sitings", sitings), "residents_served",
                  serves=text(plan, "serves", of_row.map(lists)))
    return _with_site(plan, sitings, summed(sheet, "floor_area_m2", "amount_yuan"))


def _served(area_id: str, elder_m2: float) -> str:
    return f"{area_id} {elder_m2:,.1f} m²" if elder_m2 > 0 else area_id


def _siting_alternatives(plan: Plan) -> Sheet:
    others = plan.tables["siting_alternatives"]
    return _with_site(plan, others, with_area(plan, "siting_alternatives", others))


def _procedures(plan: Plan) -> Sheet:
    procedures = plan.tables["procedures"]
    return _with_site(plan, procedures, shown("procedures", procedures, plan.project.plan.language))


def _with_site(plan: Plan, rows: pd.DataFrame, sheet: Sheet) -> Sheet:
    names = plan.tables["sites"].set_index("site_id")["name"]
    return after(sheet, "site_id", site=text(plan, "site_name", rows["site_id"].map(names)))


def _links(plan: Plan) -> Sheet:
    links = plan.tables["links"]
    return _with_sides(plan, links, shown("links", links, plan.project.plan.language))


def _openings(plan: Plan) -> Sheet:
    """Return the walls of each area in the order in which to open them."""
    openings = plan.tables["openings"].sort_values(["area_id", "rank"], ignore_index=True)
    sheet = with_area(plan, "openings", openings)
    led = {name: sheet[name] for name in ("area_id", "name", "rank")} | sheet
    return _with_sides(plan, openings, led)


def _with_sides(plan: Plan, pairs: pd.DataFrame, sheet: Sheet) -> Sheet:
    """Return a sheet of pairs of estates with their names behind their ids."""
    names = plan.tables["estates"].set_index("estate_id")["name"]
    sheet = after(sheet, "estate_a", name_a=text(plan, "name_a", pairs["estate_a"].map(names)))
    return after(sheet, "estate_b", name_b=text(plan, "name_b", pairs["estate_b"].map(names)))


def _ranking(plan: Plan) -> Sheet:
    """Return the reserve in the order of its score, one row per area and a column of points per criterion."""
    language, ranking = plan.project.plan.language, plan.tables["ranking"]
    areas = plan.tables["areas"].dropna(subset=["rank"]).sort_values("rank", ignore_index=True)
    labels, words = labels_of("criterion", language), labels_of("sheet", language)
    points = ranking.pivot(index="area_id", columns="criterion", values="points")
    is_known = ranking.groupby("area_id")["is_known"].all()
    weights = dict(zip(ranking["criterion"], ranking["weight"], strict=True))
    sheet = shown("areas", areas, language)
    led = {name: sheet[name] for name in ("rank", "area_id", "name", "households", "score")}
    answers = areas["area_id"].map(is_known).map({True: labels_of("answer", language)["yes"], False: words["in_part"]})
    return led | {
        name: Shown(words["points"].format(name=labels[name], full=f"{FULL_SCORE * weights[name]:g}"), MONEY,
                    areas["area_id"].map(points[name]))
        for name in labels if name in points
    } | {"is_known": text(plan, "known", answers.astype("str"))}


def _programme(plan: Plan) -> Sheet:
    """Return the annual plans, one after the other, then what waits."""
    programme = plan.tables["programme"].sort_values(["plan_year", "area_id"], na_position="last", ignore_index=True)
    return summed(with_area(plan, "programme", programme), "households", "amount_yuan")


def _programme_alternatives(plan: Plan) -> Sheet:
    """Return the year of every area in the plan and in each other programme, the best first; years that move say so."""
    rows, language = plan.tables["programme_alternatives"], plan.project.plan.language
    words = labels_of("sheet", language)
    said = rows["plan_year"].astype("str").where(rows["plan_year"].notna(), words["waiting"])
    years = {int(str(number)): part.set_index("area_id")["said"]
             for number, part in rows.assign(said=said).groupby("alternative")}
    worth, own = rows.groupby("alternative")["worth_share"].first(), years[1].sort_values(kind="stable")
    areas = pd.DataFrame(plan.tables["areas"]).set_index("area_id")
    facts = shown("areas", areas.loc[own.index].reset_index(), language)
    sheet = {name: facts[name] for name in ("area_id", "name", "households", "score", "amount_yuan")}
    for number, each in years.items():
        of_plan = each.loc[own.index]
        heading = words["own_programme"] if number == 1 else words["other_programme"].format(
            number=number - 1, share=f"{worth[number]:.1%}")
        marked = of_plan.where(of_plan == own, of_plan.map(MOVED.format)).reset_index(drop=True)
        sheet[f"plan_{number}"] = Shown(heading, TEXT_FORMAT, marked)
    return sheet


def _milestones(plan: Plan) -> Sheet:
    """Return what is due in the order of the days."""
    return with_area(plan, "milestones", plan.tables["milestones"].sort_values(
        ["due_date", "area_id", "milestone"], ignore_index=True))


def _gantt(plan: Plan) -> Sheet:
    language, milestones = plan.project.plan.language, plan.tables["milestones"]
    chart = draw_gantt(plan.tables["programme"], milestones, language)
    areas, words = plan.tables["areas"].set_index("area_id"), labels_of("sheet", language)
    marks, stages = labels_of("milestone_mark", language), labels_of("milestone", language)
    due = [code for code in stages if code in set(milestones["milestone"]) and code in marks]
    told = [*(f"{marks[code]} {stages[code]}" for code in due), f"{RUNNING} {words['running']}"]
    heading = f"{words['area_name']}\n{BETWEEN[language].join(told)}"
    first = {"area_id": Shown(heading, TEXT_FORMAT, chart["area_id"].map(areas["name"])),
             "plan_year": Shown(words["plan_year"], PLAIN, chart["area_id"].map(areas["plan_year"]))}
    months = [month for month in chart.columns if month != "area_id"]
    return first | {month: Shown(month.replace("-", "\n"), TEXT_FORMAT, chart[month].replace("", None),
                                 width=MARK_WIDTH, fill=BAR_FILL) for month in months}


def _progress(plan: Plan) -> Sheet:
    return with_area(plan, "progress", plan.tables["progress"])


def _monthly(plan: Plan) -> Sheet:
    """Return the figures of every year in the order of the form."""
    monthly = plan.tables["monthly"]
    order = monthly["figure"].map(list(labels_of("monthly_figure", "zh")).index)
    ordered = monthly.assign(order=order).sort_values(["plan_year", "order"], ignore_index=True)
    return shown("monthly", ordered.drop(columns="order"), plan.project.plan.language)


def _whole(table: str) -> Callable[[Plan], Sheet]:
    return lambda plan: shown(table, plan.tables[table], plan.project.plan.language)


def _parameters(plan: Plan) -> Sheet:
    language = plan.project.plan.language
    parameters = plan.tables["parameters"]
    units = parameters["unit"].map(lambda unit: labels_of("unit", language).get(unit, unit), na_action="ignore")
    return shown("parameters", parameters.assign(unit=units), language)


def _remarks(plan: Plan) -> Sheet:
    return remarks_sheet(plan.tables["remarks"], plan.project.plan.language)[0]


SHEETS: Mapping[str, Callable[[Plan], Sheet]] = {
    "areas": _areas,
    "estates": _estates,
    "area_gaps": _area_gaps,
    "care": _care,
    "sitings": _sitings,
    "procedures": _procedures,
    "openings": _openings,
    "works": show_works,
    "years": show_years,
    "funding": show_funding,
    "sources": show_sources,
    "ranking": _ranking,
    "programme": _programme,
    "programme_alternatives": _programme_alternatives,
    "milestones": _milestones,
    "gantt": _gantt,
    "scorecard": _whole("scorecard"),
    "progress": _progress,
    "monthly": _monthly,
    "sites": _whole("sites"),
    "links": _links,
    "alternatives": _whole("alternatives"),
    "siting_alternatives": _siting_alternatives,
    "parameters": _parameters,
    "remarks": _remarks,
}
