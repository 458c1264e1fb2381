"""What does a finished run say of one estate, area, site or facility, and why? From the run folder's files alone.

Verdicts carry the words of their clause: the quotes come from the documents of the package by rule; those of a
planner's own policy files are not in a run, and the page says so.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import pandas as pd
import shapely

from geoplan.accounts import explain_area, reach_hub
from geoplan.documents import Document, Rule, load_documents
from geoplan.errors import DataError, Finding
from geoplan.facts import (
    MISSING,
    attributes,
    code_text,
    headings_of,
    held_rows,
    names_of,
    note_straight,
    number_text,
    remarks_of,
    rows_table,
    section,
    sentence,
)
from geoplan.labels import table_name
from geoplan.pages import Block
from geoplan.runs import Run, read_rows
from geoplan.schema import join_list, labels_of, words_of

WORST_FIRST = ("fail", "unknown", "not_set", "needs_evidence", "pass")
DECIDING = WORST_FIRST[:3]
INELIGIBLE, HARD = "ineligible", "hard"
PAIR = ("estate_a", "estate_b")
TODAY, OPENED = "today", "opened"
WALK_COLUMNS = ("facility_type", "is_gap", "is_gap_after", "distance_m", "limit_m", "minutes", "nearest", "opened",
                "confidence", "standard")
LINK_COLUMNS = ("other", "usable", "reason", "kind", "gap_m", "length_m", "barrier", "area")
SERVED_COLUMNS = ("estate", "state", "distance_m", "minutes")
MAX_NEAR, NEAR_SHARE = 5, 0.5  # ids of two letters that share one are near


def explain(run: Run, wanted: str) -> list[Block]:
    """Return all a run holds of an estate, area, facility or site, with the reason of every figure.

    Parameters
    ----------
    run
        As `open_run` returns it.
    wanted
        The id; DataError with near ids where the run holds none such.

    Returns
    -------
    page
        In the language of the run. An id that two layers use is explained in both.
    """
    pages: list[Block] = []
    for table, (key, explain_row) in EXPLAINED.items():
        row = read_rows(run, table, **{key: wanted})
        if len(row):
            title = f"{table_name(table, run.language)} {names_of(run, table, key)[wanted]}"
            pages += [title, *explain_row(run, row, wanted), ""]
    if not pages:
        raise DataError([_unknown(run, wanted)], run.language)
    return [*pages[:-1], *remarks_of(run, wanted), "", _colophon(run)]


def explain_estate(run: Run, row: pd.DataFrame, estate_id: str) -> list[Block]:
    """Return attributes, verdicts, walks and gaps, links and area of an estate."""
    language = run.language
    return [
        *section("attributes", language, attributes(row, "estates", language)),
        *section("standing", language, _standing(run, row, estate_id)),
        *section("walks", language, _walks(run, estate_id)),
        *section("links", language, _links(run, estate_id)),
        *section("area", language, [_area_of(run, row, estate_id)]),
        *(block for end in PAIR for block in held_rows(run, ("openings",), end, estate_id)),
    ]


def explain_facility(run: Run, row: pd.DataFrame, facility_id: str) -> list[Block]:
    """Return attributes and place of a facility, and for which estates it is the nearest of its type."""
    language = run.language
    return [
        *section("attributes", language, attributes(row, "facilities", language)),
        *section("place", language, _place(run, row)),
        *section("served", language, _served(run, facility_id, row["facility_type"].iloc[0])),
        *held_rows(run, ("care_flows",), "facility_id", facility_id),
    ]


def explain_site(run: Run, row: pd.DataFrame, site_id: str) -> list[Block]:
    """Return attributes and place of a site, whether it can be used and why, and what goes there."""
    language = run.language
    return [
        *section("attributes", language, attributes(row, "sites", language)),
        *section("place", language, _place(run, row)),
        *held_rows(run, ("sitings",), "site_id", site_id),
    ]


def _unknown(run: Run, wanted: str) -> Finding:
    ids: list[str] = []
    for table, (key, _) in EXPLAINED.items():
        rows = read_rows(run, table)
        ids += rows.loc[rows["name"] == wanted, key].tolist()
        ids += get_close_matches(wanted, rows[key], n=MAX_NEAR, cutoff=NEAR_SHARE)
    near = join_list(dict.fromkeys(ids))
    return Finding("explain.unknown_id" if near else "explain.unknown_id_alone", values={"said": wanted, "near": near})


def _colophon(run: Run) -> str:
    facts = {name: run.manifest.get(name, MISSING) for name in ("name", "as_of", "year", "version")}
    return sentence("explain.run", run.language, **facts)


def _standing(run: Run, row: pd.DataFrame, estate_id: str) -> list[Block]:
    verdicts = read_rows(run, "verdicts", estate_id=estate_id)
    is_hard = verdicts["strength"] == HARD
    blocks: list[Block] = [_decision(run, row, verdicts[is_hard], stage) for stage in ("eligibility", "plan_entry")]
    rank = verdicts["result"].map({result: place for place, result in enumerate(WORST_FIRST)})
    ranked = verdicts.assign(rank=rank, is_soft=~is_hard).sort_values(["is_soft", "rank", "rule_id"])
    rules = {rule.id: (document, rule) for document in load_documents().values() for rule in document.rules}
    for word in words_of("stage"):
        asked = ranked[ranked["stage"] == word.code]
        lines = [line for verdict in asked.to_dict("records") for line in _verdict_lines(verdict, rules, run.language)]
        blocks += ["", getattr(word, run.language), *lines] if lines else []
    return blocks


def _decision(run: Run, row: pd.DataFrame, hard: pd.DataFrame, stage: str) -> str:
    """Return the state of an estate at a gate, and which hard rules it comes from."""
    language = run.language
    said = {"question": headings_of("estates", language)[stage],
            "state": code_text(stage, row[stage].iloc[0], language)}
    if stage != "eligibility" and row["eligibility"].iloc[0] == INELIGIBLE:
        return sentence("explain.entry_follows", language, **said)
    asked = hard[hard["stage"] == stage]
    worst = next((result for result in DECIDING if (asked["result"] == result).any()), None)
    if worst is None:
        return sentence("explain.nothing_bars", language, **said)
    label = code_text("verdict", worst, language)
    rules = join_list(f"{rule_id}({label})" for rule_id in asked.loc[asked["result"] == worst, "rule_id"])
    return sentence("explain.decided_by", language, **said, rules=rules)


def _verdict_lines(
    verdict: Mapping[Any, Any], rules: Mapping[str, tuple[Document, Rule]], language: str,
) -> list[str]:
    result, strength = (code_text(values, verdict[name], language)
                        for values, name in (("verdict", "result"), ("strength", "strength")))
    value, limit = (MISSING if pd.isna(verdict[name]) else verdict[name] for name in ("value", "limit"))
    asked = sentence("explain.asked", language, param=verdict["param"], value=value, limit=limit)
    return [f"  [{result}] {verdict['rule_id']} {strength}  {asked}", f"      {_source(verdict, rules, language)}"]


def _source(verdict: Mapping[Any, Any], rules: Mapping[str, tuple[Document, Rule]], language: str) -> str:
    """Return the words of the clause, where the package holds the very rule the verdict names."""
    place = (verdict["document"], verdict["clause"])
    document, rule = rules.get(verdict["rule_id"], (None, None))
    if document is None or rule is None or (document.id, rule.clause) != place:
        return sentence("explain.no_quote", language, document=place[0], clause=place[1])
    return sentence("explain.quote", language, number=document.number or document.id, title=document.title,
                    clause=rule.clause, quote=rule.quote)


def _walks(run: Run, estate_id: str) -> list[Block]:
    language = run.language
    gaps, walks = read_rows(run, "gaps", estate_id=estate_id), read_rows(run, "walks", estate_id=estate_id)
    if gaps.empty and walks.empty:
        return [sentence("explain.no_facilities", language)]
    today, opened = (walks[walks["state"] == state].set_index("facility_type") for state in (TODAY, OPENED))
    types = today.reset_index()[["facility_type"]].assign(walked=today["distance_m"].to_numpy())
    both = gaps.merge(types, on="facility_type", how="outer")
    both = both.assign(distance_m=both["distance_m"].fillna(both["walked"]))
    both = both.sort_values(["is_gap", "facility_type"], ascending=[False, True], ignore_index=True)
    known, names = both["facility_type"], names_of(run, "facilities", "facility_id")
    headings = headings_of("walks", language)
    table = rows_table(
        both, "gaps", [name for name in WALK_COLUMNS if name != "opened" or len(opened)], language,
        minutes=(headings["minutes"], [number_text(value, "min") for value in known.map(today["minutes"])]),
        nearest=(headings["facility_id"], [names.get(key, MISSING) for key in known.map(today["facility_id"])]),
        opened=(code_text("walk_state", OPENED, language),
                [number_text(value, "m") for value in known.map(opened["distance_m"])]))
    notes = [sentence("explain.no_data", language)] if both["is_gap"].isna().any() else []
    return [table, *notes, *note_straight(run)]


def _links(run: Run, estate_id: str) -> list[Block]:
    language = run.language
    links = pd.concat([read_rows(run, "links", **{end: estate_id}) for end in PAIR], ignore_index=True)
    if links.empty:
        return [sentence("explain.no_links", language)]
    others = links["estate_a"].where(links["estate_a"] != estate_id, links["estate_b"])
    estates, names = read_rows(run, "estates").set_index("estate_id"), names_of(run, "estates", "estate_id")
    areas = others.map(estates["area_id"]).astype(object).fillna(MISSING).tolist()
    words = labels_of("explain", language)
    return [rows_table(links, "links", LINK_COLUMNS, language, other=(words["other"], others.map(names).tolist()),
                       area=(words["area"], areas))]


def _area_of(run: Run, row: pd.DataFrame, estate_id: str) -> str:
    language, estate = run.language, row.iloc[0]
    if pd.isna(estate["area_id"]):
        return sentence("explain.left_out", language, reason=code_text("left_out", estate["left_out"], language))
    hub = read_rows(run, "areas", area_id=estate["area_id"])["hub_estate_id"].iloc[0]
    metres = number_text(reach_hub(run, hub).get(estate_id), "m")
    return sentence("explain.in_area", language, area=names_of(run, "areas", "area_id")[estate["area_id"]],
                    hub=names_of(run, "estates", "estate_id").get(hub, hub), metres=metres)


def _place(run: Run, row: pd.DataFrame) -> list[Block]:
    """Return inside which areas and estates a place lies."""
    place = row["geometry"].iloc[0]
    found = [f"{table_name(table, run.language)} {names_of(run, table, key)[name]}"
             for table, key in (("areas", "area_id"), ("estates", "estate_id"))
             for outlines in [read_rows(run, table)]
             for name in outlines.loc[shapely.intersects(outlines["geometry"].to_numpy(), place), key]]
    words = labels_of("explain", run.language)
    return [sentence("explain.inside", run.language, areas=join_list(found)) if found else words["nowhere"]]


def _served(run: Run, facility_id: str, facility_type: str) -> list[Block]:
    language = run.language
    walks = read_rows(run, "walks", facility_id=facility_id).sort_values(["state", "distance_m", "estate_id"])
    standards = read_rows(run, "gaps", facility_type=facility_type).head(1) if isinstance(facility_type, str) else None
    blocks: list[Block] = [
        sentence("explain.type_standard", language, type=code_text("facility_type", facility_type, language),
                 limit=number_text(gap.limit_m, "m"), standard=gap.standard,
                 confidence=code_text("confidence", gap.confidence, language))
        for gap in (standards.itertuples() if standards is not None else ())
    ]
    if walks.empty:
        return [*blocks, sentence("explain.serves_none", language)]
    names = names_of(run, "estates", "estate_id")
    estates = [names.get(estate_id, estate_id) for estate_id in walks["estate_id"]]
    heading = headings_of("walks", language)["estate_id"]
    return [*blocks, rows_table(walks, "walks", SERVED_COLUMNS, language, estate=(heading, estates))]


EXPLAINED: Mapping[str, tuple[str, Callable[[Run, pd.DataFrame, str], list[Block]]]] = {
    "estates": ("estate_id", explain_estate),
    "areas": ("area_id", explain_area),
    "facilities": ("facility_id", explain_facility),
    "sites": ("site_id", explain_site),
}
