"""What does an area lack, what exists how far away, and what does the plan put where? Sentences from a finished run.

Every gap of the area is told by itself: for whom, by which standard, the nearest facility in use, the walls and sites
that close it with their procedures and clauses, and whether it is closed or why it stays open.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoplan.facts import COLON, MISSING, code_text, names_of, number_text, parameter, sentence
from geoplan.pages import Block
from geoplan.runs import Run, read_rows
from geoplan.schema import join_list

TODAY, OPENED = "today", "opened"
SET_BY_PROJECT = "project"  # the confidence of a limit of plan.toml
RANGE = "–"


def tell_lacks(run: Run, area_id: str, members: pd.DataFrame) -> list[Block]:
    """Return the gaps of an area, most residents without first, with what is done about each.

    Parameters
    ----------
    run
        As `open_run` returns it.
    area_id
        The area.
    members
        Its rows of table `estates`.

    Returns
    -------
    blocks
        None where the area lacks nothing or nothing can be said.
    """
    area_gaps = read_rows(run, "area_gaps", area_id=area_id)
    missing = area_gaps[area_gaps["is_gap"].fillna(False).astype(bool)]
    ordered = missing.sort_values(["uncovered_share", "facility_type"], ascending=[False, True])
    sited = read_rows(run, "siting_areas", area_id=area_id)
    every = read_rows(run, "sitings").merge(sited[["site_id", "facility_type"]], on=["site_id", "facility_type"])
    return [block for gap in ordered.to_dict("records") for block in _one(run, gap, members, sited, every)]


def _one(
    run: Run, gap: Mapping[Any, Any], members: pd.DataFrame, sited: pd.DataFrame, sitings: pd.DataFrame,
) -> list[Block]:
    code, language = gap["facility_type"], run.language
    gaps = read_rows(run, "gaps", facility_type=code)
    lacking = gaps[gaps["estate_id"].isin(members["estate_id"]) & gaps["is_gap"].fillna(False).astype(bool)]
    rule = lacking.iloc[0]
    said = sentence(
        "explain.lacks", language, type=code_text("facility_type", code, language), estates=len(lacking),
        residents=number_text(lacking["residents"].sum(skipna=False)), limit=number_text(rule["limit_m"], "m"),
        standard=_standard(run, rule), confidence=code_text("confidence", rule["confidence"], language))
    return [
        said, *_at_hand(run, code, lacking), *_walls(run, code, lacking),
        *(block for siting in sitings[sitings["facility_type"].eq(code)].to_dict("records")
          for block in _siting(run, siting, sited)),
        _end(gap, language)]


def _standard(run: Run, rule: pd.Series) -> str:
    """Return what the limit rests on; of a limit of the project, the planner's own reason too."""
    if rule["confidence"] != SET_BY_PROJECT:
        return str(rule["standard"])
    said = parameter(run, "circle", f"limits.{rule['facility_type']}")["clause_or_because"]
    return str(rule["standard"]) if said == MISSING else f"{rule['standard']}{COLON[run.language]}{said}"


def _at_hand(run: Run, code: str, lacking: pd.DataFrame) -> list[Block]:
    walks = read_rows(run, "walks", facility_type=code, state=TODAY)
    own = walks[walks["estate_id"].isin(lacking["estate_id"]) & walks["distance_m"].notna()]
    if own.empty:
        return [sentence("explain.lacks_none", run.language)]
    nearest = own.sort_values(["distance_m", "facility_id"]).iloc[0]["facility_id"]
    ends = dict.fromkeys(number_text(round(metres)) for metres in (own["distance_m"].min(), own["distance_m"].max()))
    cut_off = len(lacking) - len(own)
    return [
        sentence("explain.lacks_nearest", run.language, range=RANGE.join(ends),
                 facility=names_of(run, "facilities", "facility_id").get(nearest, nearest)),
        *([sentence("explain.lacks_cut_off", run.language, estates=cut_off)] if cut_off else [])]


def _walls(run: Run, code: str, lacking: pd.DataFrame) -> list[Block]:
    opened = read_rows(run, "walks", facility_type=code, state=OPENED).merge(lacking[["estate_id", "limit_m"]])
    count = int((opened["distance_m"] <= opened["limit_m"]).sum())
    return [sentence("explain.lacks_opened", run.language, estates=count)] if count else []


def _siting(run: Run, siting: Mapping[Any, Any], sited: pd.DataFrame) -> list[Block]:
    language = run.language
    here = sited[sited["site_id"].eq(siting["site_id"]) & sited["facility_type"].eq(siting["facility_type"])].iloc[0]
    asked = read_rows(run, "procedures", site_id=siting["site_id"], facility_type=siting["facility_type"])
    named = [_asked(row, language) for row in asked.to_dict("records")]
    m2, amount = number_text(siting["floor_area_m2"], "m2"), number_text(siting["amount_yuan"], "yuan")
    site = names_of(run, "sites", "site_id").get(siting["site_id"], MISSING)
    blocks: list[Block] = [sentence("explain.lacks_sited", language, site=site, m2=m2, amount=amount,
                                    residents=number_text(here["residents_served"]))]
    if here["elder_m2"] > 0:
        blocks.append(sentence("explain.lacks_rooms", language, m2=number_text(here["elder_m2"], "m2")))
    return [*blocks, *([sentence("explain.lacks_procedures", language, procedures=join_list(named))] if named else [])]


def _asked(row: Mapping[Any, Any], language: str) -> str:
    """Return a procedure with the clause that asks for it, where a document in force does."""
    clause = "" if pd.isna(row["rule_id"]) else f"〔{row['clause']} {row['rule_id']}〕"
    return code_text("procedure", row["procedure"], language) + clause


def _end(gap: Mapping[Any, Any], language: str) -> str:
    if pd.notna(gap["is_gap_after"]) and not gap["is_gap_after"]:
        return sentence("explain.lacks_closed", language)
    return sentence("explain.lacks_stays", language, reason=code_text("open_reasons", gap["reason"], language))
