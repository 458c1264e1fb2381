"""What do people read in the workbook? Plan -> sheets of words and numbers, nothing of Excel yet.

A sheet is an ordered mapping of column name -> `Shown`: a heading, a number format and the values. A column without any
value is left out, so that a plan made from little data shows short sheets.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from geoplan.documents import load_documents
from geoplan.errors import Finding, say
from geoplan.gantt import draw_gantt
from geoplan.labels import BETWEEN, TEXT_TYPES, labelled, labels_for, table_name, unit_of
from geoplan.plan import Plan
from geoplan.project import jurisdiction_text
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, labels_of, split_list

YUAN_PER_10K = 10_000
FULL_SCORE = 100
TEXT_FORMAT = "@"
WHOLE, DECIMAL, MONEY, SHARE, PLAIN = "#,##0", "#,##0.0", "#,##0.00", "0.0%", "0"
FORMATS = {
    "m": DECIMAL, "m2": DECIMAL, "min": DECIMAL, "household-m": WHOLE, "person-min": WHOLE, "yuan": MONEY,
    "share": SHARE, "year": PLAIN, "rank": PLAIN,
}
SEVERITIES = ("error", "warning", "note")
DECIDING = {"fail": 0, "unknown": 1, "not_set": 1}
OWN_KNOWLEDGE = "K"
ASSUMED = "assumption"
QUOTED_LETTERS = 24


@dataclass(frozen=True)
class Shown:
    """One column of a sheet."""

    heading: str
    format: str
    values: pd.Series


Sheet = dict[str, Shown]


def overview(plan: Plan) -> list[tuple[str, str]]:
    """Return the lines of the cover: what is planned, under which law, how much, and what is assumed."""
    language = plan.project.plan.language
    words = labels_of("sheet", language)
    header, areas = plan.project.plan, plan.tables["areas"]
    lines = {
        "jurisdiction": jurisdiction_text(plan.project),
        "as_of": header.as_of.isoformat(),
        "year": str(header.year),
        "crs": plan.layers.crs.name,
        "documents": "\n".join(_documents(plan)),
        "estates": _estate_counts(plan),
        "grouped": f"{int(plan.tables['estates']['area_id'].notna().sum()):,}",
        "areas": f"{len(areas):,}",
        "households": f"{int(areas['households'].sum()):,}",
        "residents": f"{int(areas['residents'].sum()):,}",
        "gaps": _gap_count(plan),
        "elder": _elder(plan),
        "rows": "\n".join(_rows(plan)),
        "remarks": _remark_counts(plan),
        "assumptions": "\n".join(_assumptions(plan)),
    }
    return [(words[key], text) for key, text in lines.items() if text]


def sheets_of(plan: Plan) -> dict[str, Sheet]:
    """Return every sheet of the workbook by its title, in order."""
    language = plan.project.plan.language
    return {table_name(name, language): _filled(show(plan)) for name, show in SHEETS.items()}


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
    sheet = _shown("remarks", named, language)
    return {name: sheet[name] for name in ("severity", "layer", "row", "message", "action")}, ordered["severity"]


def changes_sheets(tables: Mapping[str, pd.DataFrame], language: str, side: str) -> dict[str, Sheet]:
    """Return tables of a side of columns.csv as sheets by their titles."""
    return {
        table_name(name, language): _filled(_shown_columns(columns_of(name, side), frame, language))
        for name, frame in tables.items()
    }


def _areas(plan: Plan) -> Sheet:
    estates, areas = plan.tables["estates"], plan.tables["areas"]
    language = plan.project.plan.language
    members = estates.dropna(subset=["area_id"]).groupby("area_id")["name"].agg(BETWEEN[language].join)
    sheet = _shown("areas", areas, language)
    return _after(sheet, "estates", members=_text(plan, "members", areas["area_id"].map(members)))


def _estates(plan: Plan) -> Sheet:
    estates, language = plan.tables["estates"], plan.project.plan.language
    why = _reasons(plan.tables["verdicts"], "eligibility", language)
    why_entry = _reasons(plan.tables["verdicts"], "plan_entry", language)
    shut_out = labels_for("left_out", language)["ineligible"]
    entry = estates["estate_id"].map(why_entry).mask(
        (estates["eligibility"] == "ineligible") & ~estates["estate_id"].isin(why_entry.index), shut_out)
    sheet = _shown("estates", estates, language)
    sheet = _after(sheet, "eligibility", why=_text(plan, "why", estates["estate_id"].map(why)))
    return _after(sheet, "plan_entry", why_entry=_text(plan, "why_entry", entry))


def _area_gaps(plan: Plan) -> Sheet:
    language = plan.project.plan.language
    area_gaps, areas = plan.tables["area_gaps"], plan.tables["areas"]
    names = area_gaps["area_id"].map(areas.set_index("area_id")["name"])
    standards = plan.tables["gaps"].drop_duplicates("facility_type").set_index("facility_type")
    known = area_gaps["facility_type"]
    by_type = pd.DataFrame({name: known.map(standards[name]) for name in ("limit_m", "standard", "confidence")})
    columns = [column for column in columns_of("gaps") if column.name in by_type.columns]
    sheet = _shown("area_gaps", area_gaps, language)
    return _after(sheet, "area_id", name=_text(plan, "area_name", names)) | _shown_columns(columns, by_type, language)


def _care(plan: Plan) -> Sheet:
    care = plan.tables["care"]
    names = care["area_id"].map(plan.tables["areas"].set_index("area_id")["name"])
    sheet = _shown("care", care, plan.project.plan.language)
    return _after(sheet, "area_id", name=_text(plan, "area_name", names))


def _links(plan: Plan) -> Sheet:
    links = plan.tables["links"]
    return _with_sides(plan, links, _shown("links", links, plan.project.plan.language))


def _openings(plan: Plan) -> Sheet:
    """Return the walls of each area in the order in which to open them."""
    openings = plan.tables["openings"].sort_values(["area_id", "rank"], ignore_index=True)
    names = openings["area_id"].map(plan.tables["areas"].set_index("area_id")["name"])
    sheet = _shown("openings", openings, plan.project.plan.language)
    led = _after({"area_id": sheet["area_id"], "rank": sheet["rank"]} | sheet, "area_id",
                 name=_text(plan, "area_name", names))
    return _with_sides(plan, openings, led)


def _with_sides(plan: Plan, pairs: pd.DataFrame, sheet: Sheet) -> Sheet:
    """Return a sheet of pairs of estates with their names behind their ids."""
    names = plan.tables["estates"].set_index("estate_id")["name"]
    sheet = _after(sheet, "estate_a", name_a=_text(plan, "name_a", pairs["estate_a"].map(names)))
    return _after(sheet, "estate_b", name_b=_text(plan, "name_b", pairs["estate_b"].map(names)))


def _ranking(plan: Plan) -> Sheet:
    """Return the reserve in the order of its score, one row per area and a column of points per criterion."""
    language, ranking = plan.project.plan.language, plan.tables["ranking"]
    areas = plan.tables["areas"].dropna(subset=["rank"]).sort_values("rank", ignore_index=True)
    labels = labels_of("criterion", language)
    points = ranking.pivot(index="area_id", columns="criterion", values="points")
    is_known = ranking.groupby("area_id")["is_known"].all()
    weights = dict(zip(ranking["criterion"], ranking["weight"], strict=True))
    sheet = _shown("areas", areas, language)
    led = {name: sheet[name] for name in ("rank", "area_id", "name", "households", "score")}
    known = _shown("ranking", ranking.head(0), language)["is_known"].heading
    answers = areas["area_id"].map(is_known).map({True: labels_of("answer", language)["yes"],
                                                  False: labels_of("answer", language)["no"]})
    return led | {
        name: Shown(f"{labels[name]} {FULL_SCORE * weights[name]:g}", MONEY, areas["area_id"].map(points[name]))
        for name in labels if name in points
    } | {"is_known": Shown(known, TEXT_FORMAT, answers.astype("str"))}


def _programme(plan: Plan) -> Sheet:
    return _with_area(plan, "programme", plan.tables["programme"])


def _milestones(plan: Plan) -> Sheet:
    """Return what is due in the order of the days."""
    return _with_area(plan, "milestones", plan.tables["milestones"].sort_values(
        ["due_date", "area_id", "milestone"], ignore_index=True))


def _gantt(plan: Plan) -> Sheet:
    chart = draw_gantt(plan.tables["programme"], plan.tables["milestones"], plan.project.plan.language)
    areas = plan.tables["areas"].set_index("area_id")
    first = {"area_id": _text(plan, "area_name", chart["area_id"].map(areas["name"])),
             "plan_year": Shown(labels_of("sheet", plan.project.plan.language)["plan_year"], PLAIN,
                                chart["area_id"].map(areas["plan_year"]))}
    months = [month for month in chart.columns if month != "area_id"]
    return first | {month: Shown(month, TEXT_FORMAT, chart[month]) for month in months}


def _with_area(plan: Plan, table: str, rows: pd.DataFrame) -> Sheet:
    """Return a table with the name of the area behind its id."""
    names = rows["area_id"].map(plan.tables["areas"].set_index("area_id")["name"])
    sheet = _shown(table, rows, plan.project.plan.language)
    return _after(sheet, "area_id", name=_text(plan, "area_name", names))


def _whole(table: str) -> Callable[[Plan], Sheet]:
    return lambda plan: _shown(table, plan.tables[table], plan.project.plan.language)


def _marked(table: str) -> Callable[[Plan], Sheet]:
    """Return a table of amounts by area, with a mark on every one that rests on an assumption."""
    def show(plan: Plan) -> Sheet:
        sheet = _with_area(plan, table, plan.tables[table])
        is_assumed, words = plan.tables[table]["basis"].eq(ASSUMED), labels_of("sheet", plan.project.plan.language)
        basis = sheet["basis"].values
        return sheet | {"basis": Shown(sheet["basis"].heading, TEXT_FORMAT, basis.mask(is_assumed, words[ASSUMED]))}

    return show


def _parameters(plan: Plan) -> Sheet:
    language = plan.project.plan.language
    parameters = plan.tables["parameters"]
    units = parameters["unit"].map(lambda unit: labels_of("unit", language).get(unit, unit), na_action="ignore")
    return _shown("parameters", parameters.assign(unit=units), language)


def _remarks(plan: Plan) -> Sheet:
    return remarks_sheet(plan.tables["remarks"], plan.project.plan.language)[0]


SHEETS: Mapping[str, Callable[[Plan], Sheet]] = {
    "areas": _areas,
    "estates": _estates,
    "area_gaps": _area_gaps,
    "care": _care,
    "openings": _openings,
    "works": _marked("works"),
    "sources": _whole("sources"),
    "funding": _marked("funding"),
    "ranking": _ranking,
    "programme": _programme,
    "milestones": _milestones,
    "gantt": _gantt,
    "sites": _whole("sites"),
    "links": _links,
    "parameters": _parameters,
    "remarks": _remarks,
}
HIDDEN = {"component_id"}  # of use to programs only


def _shown(table: str, frame: pd.DataFrame, language: str) -> Sheet:
    columns = [column for column in columns_of(table) if column.type not in GEOMETRY_TYPES]
    return _shown_columns([column for column in columns if column.name not in HIDDEN], frame, language)


def _shown_columns(columns: Sequence[Column], frame: pd.DataFrame, language: str) -> Sheet:
    words = labelled(columns, frame, language)
    return {column.name: _column(column, words[column.name], language) for column in columns}


def _column(column: Column, values: pd.Series, language: str) -> Shown:
    heading = column.zh if language == "zh" else column.en
    unit = "" if column.type == "share" else unit_of(column, language)
    if column.type == "bool" and values.notna().any():
        values = values.fillna(labels_of("answer", language)["unknown"])
    if column.unit == "yuan":
        values, unit = values / YUAN_PER_10K, labels_of("unit", language)["10k_yuan"]
    if unit:
        heading += f"（{unit}）" if language == "zh" else f" ({unit})"
    is_text = column.type in (*TEXT_TYPES, "bool")
    return Shown(heading, TEXT_FORMAT if is_text else FORMATS.get(column.unit, _usual(column)), values)


def _usual(column: Column) -> str:
    return MONEY if column.type == "float" else WHOLE


def _text(plan: Plan, word: str, values: pd.Series) -> Shown:
    return Shown(labels_of("sheet", plan.project.plan.language)[word], TEXT_FORMAT, values)


def _after(sheet: Sheet, column: str, /, **more: Shown) -> Sheet:
    """Return the sheet with further columns behind the one named."""
    spread = {key: {key: shown, **more} if key == column else {key: shown} for key, shown in sheet.items()}
    return {key: shown for part in spread.values() for key, shown in part.items()}


def _filled(sheet: Sheet) -> Sheet:
    return {name: shown for name, shown in sheet.items() if shown.values.notna().any() or not len(shown.values)}


def _reasons(every: pd.DataFrame, stage: str, language: str) -> pd.Series:
    """Return estate -> the answers of hard rules that decided its state: what failed, else what is not known."""
    verdicts = every[(every["stage"] == stage) & (every["strength"] == "hard") & every["result"].isin(DECIDING)]
    rank = verdicts["result"].map(DECIDING)
    wanting = verdicts[rank == rank.groupby(verdicts["estate_id"]).transform("min")]
    words = wanting[["param", "value", "limit", "document", "clause", "result"]].fillna("—").assign(
        param=_asked(wanting, language), result=wanting["result"].map(labels_for("verdict", language)))
    lines = [
        say(Finding("workbook.failed", values=dict(zip(words.columns, row, strict=True))), language)
        for row in words.itertuples(index=False, name=None)
    ]
    return pd.Series(lines, index=wanting["estate_id"], dtype="str").groupby(level=0).agg("\n".join)


def _asked(verdicts: pd.DataFrame, language: str) -> pd.Series:
    """Return what each rule asks after: the column it looks at, else the beginning of its own words, else its name."""
    headings = {column.name: getattr(column, language) for column in columns_of("estates", "in")}
    rules = [rule for document in load_documents().values() for rule in document.rules]
    quotes = {rule.id: f"“{_shortened(rule.quote)}”" for rule in rules}
    return verdicts["param"].map(headings).fillna(verdicts["rule_id"].map(quotes)).fillna(verdicts["param"])


def _shortened(quote: str) -> str:
    """Return the beginning of a clause, as long as a line of a cell."""
    return quote if len(quote) <= QUOTED_LETTERS else quote[:QUOTED_LETTERS] + "…"


def _documents(plan: Plan) -> list[str]:
    known = load_documents()
    ids = split_list(plan.notes["documents"])
    return [f"{known[name].title} {known[name].number}".strip() if name in known else name for name in ids]


def _estate_counts(plan: Plan) -> str:
    states = plan.tables["estates"]["eligibility"].value_counts()
    counts = {state: f"{states.get(state, 0):,}" for state in ("eligible", "unknown", "ineligible")}
    return _say(plan, "estates", count=f"{len(plan.tables['estates']):,}", **counts)


def _gap_count(plan: Plan) -> str:
    gaps = plan.tables["area_gaps"]
    wanting = gaps.loc[gaps["is_gap"].fillna(False), "area_id"].nunique()
    return f"{wanting:,}" if len(gaps) else ""


def _elder(plan: Plan) -> str:
    care = plan.tables["areas"][["elder_need_m2", "elder_have_m2", "elder_short_m2"]]
    if care["elder_have_m2"].isna().all():
        return _say(plan, "elder_unknown")
    need, have, short = (f"{total:,.1f}" for total in care.sum())
    return _say(plan, "elder", need=need, have=have, short=short)


def _rows(plan: Plan) -> list[str]:
    language = plan.project.plan.language
    return [_say(plan, "rows", layer=table_name(layer, language), **rows) for layer, rows in plan.layers.rows.items()]


def _remark_counts(plan: Plan) -> str:
    severities = plan.tables["remarks"]["severity"].value_counts()
    return _say(plan, "remarks", **{severity: int(severities.get(severity, 0)) for severity in SEVERITIES})


def _assumptions(plan: Plan) -> list[str]:
    language = plan.project.plan.language
    origins = plan.tables["parameters"]["origin"].value_counts()
    estates = plan.tables["estates"]
    given = plan.layers.estates.set_index("estate_id")["residents"]
    estimated = int((estates["residents"].notna() & estates["estate_id"].map(given).isna()).sum())
    unknown = int((estates["left_out"] == "households_unknown").sum())
    unchecked = plan.tables["gaps"].query("confidence == @OWN_KNOWLEDGE")["facility_type"].unique()
    labels = labels_for("facility_type", language)
    types = BETWEEN[language].join(labels[code] for code in unchecked)
    lines = [_say(plan, "parameters", count=int(origins.sum()), sheet=table_name("parameters", language),
                  **{origin: int(origins.get(origin, 0)) for origin in labels_for("origin", language)})]
    lines += [_say(plan, f"walking_{plan.notes['walking']}")]
    lines += [_say(plan, "residents", count=estimated)] if estimated else []
    lines += [_say(plan, "households", count=unknown)] if unknown else []
    lines += [_say(plan, "standards", types=types)] if types else []
    return [*lines, _say(plan, "unknown")]


def _say(plan: Plan, code: str, **values: object) -> str:
    return say(Finding(f"workbook.{code}", values=values), plan.project.plan.language)
