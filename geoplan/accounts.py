"""What does a finished run say of one area, and how do its figures add up?

Sums are written out with the figures of the tables: cost over members, need over residents, shortage over rooms.
"""

from collections.abc import Mapping
from decimal import Decimal

import networkx as nx
import pandas as pd

from geoplan.errors import listed
from geoplan.facts import (
    MISSING,
    attributes,
    code_text,
    headings_of,
    held_rows,
    meanings_of,
    note_straight,
    number_text,
    parameter,
    rows_table,
    section,
    sentence,
    told,
)
from geoplan.lacking import tell_lacks
from geoplan.pages import Block
from geoplan.runs import Run, read_rows
from geoplan.schema import labels_of

TABLES = ("openings", "sitings", "care_flows", "funding", "programme", "milestones")
MEMBER_COLUMNS = ("estate_id", "name", "completion_year", "households", "residents", "floor_area_m2", "eligibility",
                  "plan_entry", "to_hub")
GAP_COLUMNS = ("facility_type", "is_gap", "is_gap_after", "uncovered_residents", "residents", "uncovered_share",
               "limit_m", "confidence", "standard", "uncovered")
COST_UNIT = "household-m"
UNKNOWN = "unknown"
SCOPES: Mapping[str, tuple[str, ...]] = {
    "inside": ("inside_m2",), "declared": ("inside_m2", "declared_m2"), "reachable": ("reachable_m2",),
}


def explain_area(run: Run, row: pd.DataFrame, area_id: str) -> list[Block]:
    """Return attributes, members, cost and bound, elder-care account, gaps, and what is planned for an area."""
    language = run.language
    members = read_rows(run, "estates", area_id=area_id)
    to_hub = reach_hub(run, row["hub_estate_id"].iloc[0])
    return [
        *section("attributes", language, attributes(row, "areas", language)),
        *section("members", language, _members(run, members, to_hub)),
        *section("grouping", language, _grouping(run, row, members, to_hub)),
        *section("care", language, _care(run, row, area_id)),
        *section("gaps", language, _gaps(run, area_id, members)),
        *section("lacks", language, tell_lacks(run, area_id, members)),
        *held_rows(run, TABLES, "area_id", area_id),
    ]


def reach_hub(run: Run, hub_estate_id: str) -> dict[str, float]:
    """Return estate -> metres to a hub, the shortest way over all usable links between estates that were grouped.

    Parameters
    ----------
    run
        As `open_run` returns it.
    hub_estate_id
        The hub.

    Returns
    -------
    metres
        The estates of the hub's component.
    """
    estates, links = read_rows(run, "estates"), read_rows(run, "links")
    grouped = set(estates.loc[estates["component_id"].notna(), "estate_id"])
    usable = links[links["usable"].fillna(False) & links["estate_a"].isin(grouped) & links["estate_b"].isin(grouped)]
    graph = nx.Graph()
    graph.add_node(hub_estate_id)
    graph.add_weighted_edges_from(usable[["estate_a", "estate_b", "length_m"]].itertuples(index=False, name=None))
    return dict(nx.single_source_dijkstra_path_length(graph, hub_estate_id))


def _members(run: Run, members: pd.DataFrame, to_hub: Mapping[str, float]) -> list[Block]:
    language = run.language
    heading = labels_of("explain", language)["to_hub"]
    metres = [number_text(to_hub.get(estate_id), "m") for estate_id in members["estate_id"]]
    households, residents = (number_text(members[name].sum(skipna=False)) for name in ("households", "residents"))
    return [
        rows_table(members, "estates", MEMBER_COLUMNS, language, to_hub=(heading, metres)),
        sentence("explain.total", language, estates=len(members), households=households, residents=residents),
    ]


def _grouping(run: Run, row: pd.DataFrame, members: pd.DataFrame, to_hub: Mapping[str, float]) -> list[Block]:
    language, area = run.language, row.iloc[0]
    walked = (members["estate_id"].map(to_hub) * members["households"].astype("float64")).sum(skipna=False)
    blocks: list[Block] = [sentence(
        "explain.cost", language, overhead=_plain(parameter(run, "areas", "area_overhead")["value"]),
        walked=number_text(walked, COST_UNIT), cost=number_text(area["cost"], COST_UNIT))]
    for bound in read_rows(run, "grouping", component_id=area["component_id"]).itertuples():
        blocks.append(sentence(
            "explain.bound", language, component=bound.component_id, estates=bound.estates, areas=bound.areas,
            left=bound.left_over, objective=number_text(bound.objective, COST_UNIT),
            bound=number_text(bound.lower_bound, COST_UNIT),
            gap=number_text(bound.gap_share, "share")))
        blocks.append(sentence("explain.proven" if bound.gap_share == 0 else "explain.not_proven", language))
    return blocks


def _care(run: Run, row: pd.DataFrame, area_id: str) -> list[Block]:
    language = run.language
    care = read_rows(run, "care", area_id=area_id)
    if care.empty:
        return [sentence("explain.no_facilities", language)]
    account, have = care.iloc[0], row["elder_have_m2"].iloc[0]
    rate, scope, basis = (parameter(run, "elder", name) for name in ("m2_per_resident", "count_scope", "basis"))
    words, headings = labels_of("explain", language), headings_of("care", language)
    parts = " + ".join(f"{headings[name]} {_m2(account[name])}" for name in SCOPES.get(scope["value"], ()))
    need = account["need_m2"]
    return [
        sentence("explain.care_rate", language, rate=rate["value"], origin=rate["origin"],
                 clause=rate["clause_or_because"]),
        sentence("explain.care_need", language, rate=rate["value"], residents=number_text(account["residents"]),
                 need=_m2(need)),
        sentence("explain.care_have", language, scope=words.get(f"scope_{scope['value']}", scope["value"]), parts=parts,
                 have=_m2(have)),
        sentence("explain.care_short", language, need=_m2(need), have=_m2(have), left=_less(need, have),
                 short=_m2(account["short_m2"])),
        _care_after(run, account, have),
        sentence("explain.care_status", language, status=code_text("care_status", account["status"], language),
                 basis=words.get(basis["value"], basis["value"])),
        *([f"    {meanings_of('care', language)['status']}"] if account["status"] == UNKNOWN else []),
        sentence("explain.care_land", language, need=_m2(account["land_need_m2"]), have=_m2(account["land_have_m2"]),
                 status=code_text("land_status", account["land_status"], language)),
        *_care_norm(account, language),
    ]


def _care_norm(account: pd.Series, language: str) -> list[Block]:
    """Return the account by households, where a document in force sets a norm."""
    if pd.isna(account["norm_clause"]):
        return []
    return [sentence("explain.care_norm", language, clause=account["norm_clause"], need=_m2(account["norm_m2"]),
                     short=_m2(account["norm_short_m2"]), sites=number_text(account["norm_sites"]))]


def _care_after(run: Run, account: pd.Series, have: object) -> str:
    sited = read_rows(run, "siting_areas", area_id=account["area_id"])["elder_m2"].sum()
    need, parts = account["need_m2"], (have, account["planned_m2"], *([sited] if sited else []))
    return sentence(
        "explain.care_after_sited" if sited else "explain.care_after", run.language, need=_m2(need), have=_m2(have),
        planned=_m2(account["planned_m2"]), left=_less(need, *parts), short=_m2(account["short_after_m2"]),
        **({"sited": _m2(sited)} if sited else {}))


def _gaps(run: Run, area_id: str, members: pd.DataFrame) -> list[Block]:
    language = run.language
    area_gaps = read_rows(run, "area_gaps", area_id=area_id)
    if area_gaps.empty:
        return [sentence("explain.no_facilities", language)]
    gaps = pd.concat([read_rows(run, "gaps", estate_id=estate_id) for estate_id in members["estate_id"]])
    ordered = area_gaps.sort_values(["is_gap", "uncovered_share", "facility_type"], ascending=[False, False, True])
    standards = told(gaps.drop_duplicates("facility_type"), "gaps", language)
    by_type = standards.set_index(gaps.drop_duplicates("facility_type")["facility_type"])
    lacking = gaps[gaps["is_gap"].fillna(False)].groupby("facility_type")["estate_id"]
    lacking_ids = {facility_type: listed(ids, language) for facility_type, ids in lacking}
    headings, types = headings_of("gaps", language), ordered["facility_type"]
    known = {name: (headings[name], types.map(by_type[name]).astype(object).fillna(MISSING).tolist())
             for name in ("limit_m", "confidence", "standard")}
    uncovered = [lacking_ids.get(facility_type, "") for facility_type in types]
    table = rows_table(ordered, "area_gaps", GAP_COLUMNS, language, **known,
                       uncovered=(labels_of("explain", language)["uncovered"], uncovered))
    tolerance = parameter(run, "circle", "area_tolerance")["value"]
    notes = [sentence("explain.no_data", language)] if area_gaps["is_gap"].isna().any() else []
    return [table, sentence("explain.tolerance", language, tolerance=tolerance), *notes, *note_straight(run)]


def _m2(value: object) -> str:
    return number_text(value, "m2")


def _less(need: object, *parts: object) -> str:
    """Return need less its parts, in exact decimals; a dash where one of them is missing."""
    if any(pd.isna(value) for value in (need, *parts)):  # type: ignore[call-overload]
        return MISSING
    return _m2(Decimal(str(need)) - sum(Decimal(str(part)) for part in parts))


def _plain(text: str) -> str:
    return number_text(text) if text.replace(".", "", 1).isdecimal() else text
