"""What does a reader of the workbook see first? What is planned, under which law, how much, and what is assumed."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from geoplan.documents import load_documents
from geoplan.errors import Finding, say
from geoplan.labels import BETWEEN, labels_for, sheet_title, table_name
from geoplan.plan import Plan
from geoplan.project import jurisdiction_text
from geoplan.schema import labels_of, split_list
from geoplan.years import sum_years

SEVERITIES = ("error", "warning", "note")
OWN_KNOWLEDGE = "K"
YUAN_PER_10K = 10_000
GAP, UNVERIFIED = "gap", "unverified"


def overview(plan: Plan) -> list[tuple[str, str]]:
    """Return the lines of the cover."""
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
        "programme": "\n".join(_programme(plan)),
        "money": _money(plan),
        "scorecard": _scorecard(plan),
        "rows": "\n".join(_rows(plan)),
        "remarks": _remark_counts(plan),
        "assumptions": "\n".join(_assumptions(plan)),
    }
    return [(words[key], text) for key, text in lines.items() if text]


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


def _programme(plan: Plan) -> list[str]:
    """Return a line for each year, and one for what waits."""
    lines = []
    for year in sum_years(plan).to_dict("records"):
        code = "waiting" if year["plan_year"] is None else "planned"
        lines.append(_say(plan, code, year=year["plan_year"], areas=year["areas"], households=f"{year['households']:,}",
                          amount=_wan(plan, year["amount_yuan"])))
    return lines


def _money(plan: Plan) -> str:
    """Return how much of the planned money has a source."""
    planned = [year for year in sum_years(plan).to_dict("records") if year["plan_year"] is not None]
    if not planned or plan.tables["funding"].empty:
        return ""
    total, given, gap, doubtful = (_over(planned, name) for name in ("amount_yuan", "funded_yuan", GAP, UNVERIFIED))
    return _say(plan, "money", total=_wan(plan, total), sourced=_wan(plan, given), gap=_wan(plan, gap),
                unverified=_wan(plan, doubtful), sheet=sheet_title("years", plan.project.plan.language))


def _over(years: Sequence[Mapping[Hashable, Any]], name: str) -> float | None:
    """Return the sum of a figure over years; None where one of them is unknown."""
    figures = [year.get(name, 0) for year in years]
    return None if any(figure is None for figure in figures) else sum(figures)


def _scorecard(plan: Plan) -> str:
    results = plan.tables["scorecard"]["result"].value_counts()
    counts = {result: int(results.get(result, 0)) for result in ("pass", "fail", "needs_evidence")}
    return _say(plan, "scorecard", count=len(plan.tables["scorecard"]), **counts) if len(results) else ""


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
    lines = [_say(plan, "parameters", count=int(origins.sum()), sheet=sheet_title("parameters", language),
                  **{origin: int(origins.get(origin, 0)) for origin in labels_for("origin", language)})]
    lines += [_say(plan, f"walking_{plan.notes['walking']}")]
    lines += [_say(plan, "residents", count=estimated)] if estimated else []
    lines += [_say(plan, "households", count=unknown)] if unknown else []
    lines += [_say(plan, "standards", types=types)] if types else []
    return [*lines, *_prices(plan), _say(plan, "unknown")]


def _prices(plan: Plan) -> list[str]:
    """Return how much of the investment rests on assumed unit costs."""
    works = plan.tables["works"]
    assumed = works[works["basis"].eq("assumption")]
    if assumed.empty:
        return []
    return [_say(plan, "prices", count=len(assumed), all=len(works), amount=_wan(plan, assumed["amount_yuan"].sum()),
                 sheet=sheet_title("works", plan.project.plan.language))]


def _wan(plan: Plan, yuan: float | None) -> str:
    unknown = labels_of("answer", plan.project.plan.language)["unknown"]
    return unknown if yuan is None else f"{yuan / YUAN_PER_10K:,.2f}"


def _say(plan: Plan, code: str, **values: object) -> str:
    return say(Finding(f"workbook.{code}", values=values), plan.project.plan.language)
