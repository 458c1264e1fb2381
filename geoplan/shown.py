"""What does the map carry of a plan? Its tables without what a page never says, with what it asks for once more.

Two things are worked out here for the page: what stays a gap once walls are open but before anything is built, and
the pinyin initials of names.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geoplan.circles import find_area_gaps
from geoplan.documents import load_documents
from geoplan.initials import initials_of
from geoplan.labels import labels_for
from geoplan.plan import Plan
from geoplan.policy import load_catalogue
from geoplan.prepared import elderly_types
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, labels_of

SHOWN = (
    "areas", "estates", "facilities", "sites", "verdicts", "gaps", "area_gaps", "care", "care_flows", "openings",
    "sitings", "siting_areas", "works", "funding", "ranking", "programme", "milestones",
)
NOT_SHOWN = {
    "areas": {"component_id", "cost"},
    "estates": {"component_id"},
    "gaps": {"residents"},
    "area_gaps": {"residents"},
    "works": {"estates", "driver", "unit_low", "unit_mid", "unit_high"},
    "ranking": {"value", "normalised", "known_share", "is_known"},
    "programme": {"households", "households_2001_2005", "amount_yuan"},
}
IS_GAP_OPENED = "is_gap_opened"
CONSENT = ("consent_eligible", "consent_agree")
DERIVED = {  # table -> its columns that stand in no table of the contract
    "areas": {"initials": "text"},
    "estates": {"initials": "text", **dict.fromkeys(CONSENT, "int")},
    "gaps": {IS_GAP_OPENED: "bool", "minutes": "float", "minutes_opened": "float"},
    "area_gaps": {IS_GAP_OPENED: "bool"},
}
MINUTES_SEEN = 0.05  # less is no difference to a reader
KEYS = ["estate_id", "facility_type"]
DOUBTFUL = ("fail", "unknown", "not_set")
RULE_IN_CLAUSE = re.compile(r"\[([^\[\]]+)\]$")
CATALOGUE_LIST = "facility_type"


def list_shown(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the tables the page reads, by name, geometry among them."""
    tables = plan.tables
    gaps, area_gaps = _opened(tables, plan.project.circle.area_tolerance)
    minutes = _with_minutes(gaps, tables["walks"], paces_of(plan))
    verdicts = tables["verdicts"]
    changed = {
        "areas": _with_initials(tables["areas"]),
        "estates": _with_consent(_with_initials(tables["estates"]), plan.layers.estates),
        "verdicts": verdicts[verdicts["result"].isin(DOUBTFUL)],
        "gaps": minutes.assign(distance_m=_whole_metres(gaps["distance_m"], gaps["limit_m"])).sort_values(
            "facility_type", kind="stable", ignore_index=True),
        "area_gaps": area_gaps,
    }
    return {name: changed.get(name, tables[name]) for name in SHOWN}


def columns_shown(table: str) -> list[Column]:
    """Return the columns of a table that the page reads, geometry not among them."""
    left_out = NOT_SHOWN.get(table, set())
    of_contract = [column for column in columns_of(table)
                   if column.type not in GEOMETRY_TYPES and column.name not in left_out]
    return of_contract + [own_column(name, kind) for name, kind in DERIVED.get(table, {}).items()]


def own_column(name: str, kind: str) -> Column:
    """Return a column that stands in no table of the contract."""
    return Column("map", "", name, kind, "", required=False, key=False, values="", dbf="", zh="", en="")


def list_types(
    shown: Mapping[str, pd.DataFrame], language: str, paces: Mapping[str, float],
) -> list[dict[str, Any]]:
    """Return the facility types the plan speaks of, by kind, the nearest circle first; with the pace of who walks."""
    met = set(pd.concat([shown[name]["facility_type"] for name in ("facilities", "gaps", "sitings")]).dropna().unique())
    catalogue = load_catalogue()
    spoken = catalogue[catalogue["facility_type"].isin(met)].sort_values(["tier_min", "facility_type"])
    said = spoken[["facility_type", language, f"short_{language}", "kind"]].itertuples(index=False, name=None)
    kinds = list(labels_of("facility_kind", language))
    types = [dict(zip(("code", "label", "short", "kind"), row, strict=True))
             | {"pace": paces[row[0]]} for row in said]
    return sorted(types, key=lambda kind: kinds.index(kind["kind"]))


def paces_of(plan: Plan) -> dict[str, float]:
    """Return the metres a minute of those who walk to each type of the catalogue."""
    speeds, catalogue = plan.project.circle.speed_m_per_min, load_catalogue()
    elderly = set(elderly_types(catalogue))
    return {code: speeds.elderly if code in elderly else speeds.adult for code in catalogue["facility_type"]}


def list_labels(columns: Sequence[Column], language: str) -> dict[str, dict[str, str]]:
    """Return code -> label of every closed list among the columns."""
    lists = sorted({column.values for column in columns} - {"", CATALOGUE_LIST} | {"facility_kind"})
    return {values: dict(labels_for(values, language)) for values in lists}


def list_rules(shown: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, str]]:
    """Return what the rules shown say, word for word; a rule of the planner's own files shows its parameter."""
    asked = set(shown["verdicts"]["rule_id"].unique()) | set(_cited(shown))
    return {rule.id: {"quote": rule.quote, "number": document.number, "title": document.title, "clause": rule.clause}
            for document in load_documents().values() for rule in document.rules if rule.id in asked}


def _cited(shown: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    for name, table in shown.items():
        if name != "verdicts" and "clause" in table:
            for clause in table["clause"].dropna().unique():
                yield from RULE_IN_CLAUSE.findall(str(clause))


def _with_initials(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(initials=[initials_of(str(name)) for name in table["name"].fillna("")])


def _with_consent(estates: pd.DataFrame, brought: pd.DataFrame) -> pd.DataFrame:
    """Return the estates with the households asked and those that agree, as the planner brought them."""
    said = brought.set_index("estate_id").reindex(index=estates["estate_id"], columns=list(CONSENT)).astype("Int64")
    return estates.assign(**{name: said[name].array for name in CONSENT})


def _opened(tables: Mapping[str, pd.DataFrame], tolerance: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return gaps and area_gaps with what stays a gap once walls are open: what the plan leaves, without sitings."""
    gaps, area_gaps = tables["gaps"], tables["area_gaps"]
    if tables["sitings"].empty:
        return (gaps.assign(**{IS_GAP_OPENED: gaps["is_gap_after"]}),
                area_gaps.assign(**{IS_GAP_OPENED: area_gaps["is_gap_after"]}))
    stays = _stays(gaps, tables["walks"])
    rated = find_area_gaps(gaps.assign(is_gap_after=stays), tables["estates"][["estate_id", "area_id"]],
                           tolerance=tolerance)
    said = rated.set_index(["area_id", "facility_type"])["is_gap_after"]
    at = pd.MultiIndex.from_frame(area_gaps[["area_id", "facility_type"]])
    return gaps.assign(**{IS_GAP_OPENED: stays}), area_gaps.assign(**{IS_GAP_OPENED: said.reindex(at).to_numpy()})


def _stays(gaps: pd.DataFrame, walks: pd.DataFrame) -> pd.Series:
    """Return for each row of gaps whether walls leave it a gap; an estate without a wall to open stays as it is."""
    opened = walks.loc[walks["state"] == "opened", [*KEYS, "distance_m"]].rename(columns={"distance_m": "opened_m"})
    walked = gaps[KEYS].merge(opened, on=KEYS, how="left", indicator=True).set_axis(gaps.index)
    is_out = (walked["opened_m"].isna() | (walked["opened_m"] > gaps["limit_m"])).astype("boolean")
    return is_out.where(gaps["is_gap"].notna() & (walked["_merge"] == "both"), gaps["is_gap"])


def _with_minutes(gaps: pd.DataFrame, walks: pd.DataFrame, paces: Mapping[str, float]) -> pd.DataFrame:
    """Return gaps with the minutes of walks where they are not those of the pace (slopes) or walls save some."""
    today, opened = (gaps[KEYS].merge(walks.loc[walks["state"] == state, [*KEYS, "minutes"]], on=KEYS, how="left")[
        "minutes"].set_axis(gaps.index) for state in ("today", "opened"))
    flat = gaps["distance_m"] / gaps["facility_type"].map(paces)
    saves = opened.notna() & (today.isna() | (today - opened > MINUTES_SEEN))
    return gaps.assign(minutes=today.where((today - flat).abs() > MINUTES_SEEN), minutes_opened=opened.where(saves))


def _whole_metres(distances: pd.Series, limits: pd.Series) -> pd.Series:
    """Return whole metres that stay on the same side of the limit: 300.2 m against 300 m reads 301 m."""
    return pd.Series(np.where(distances > limits, np.ceil(distances), np.minimum(distances.round(), limits)),
                     index=distances.index)
