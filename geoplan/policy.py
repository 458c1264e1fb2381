"""What the law says for a plan: documents in force -> one value per parameter, with the rules it shadows.

Documents are ordered from the nation down. What happens where several speak of one parameter is said by the rule itself
(`merge`): lower levels tighten and fill what is open, they do not loosen; a later document of one issuer replaces its
earlier one; lists and exclusions are united. Values the law leaves open stay words.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache

import pandas as pd

from geoplan.documents import COMPARISONS, Document, Rule, Value, is_open, listed_values, load_documents, stage_of
from geoplan.schema import LIST_SEPARATOR, labels_of, lines_of

NUMBERS = ("tier_min", "max_walk_m", "min_building_m2", "max_building_m2", "min_land_m2", "max_land_m2",
           "max_storey")
FLOORS = (">=", ">")
UNITED = ("union", "union_of_exclusions")
ONE_STANDS = ("most_specific", "floor_latest_same_issuer")
SAID_UNITS = (
    "years", "万元", "万元/户", "万元/部", "元", "m2/人", "m2/100户", "min", "days", "tables/year",
)
ELDER_PARAMS = ("elder_care_area_per_resident", "elder_land_per_capita")
ELDER_UNIT = "m2/人"
ELDER_DEFAULT = ("GB50437-2007(2018)", "CN-2023-26")


@dataclass(frozen=True)
class Policy:
    """The law of one plan on one day, as three frames.

    `documents` has one row per document in force; `rules` one row per rule, in the order of the documents, with
    `stands` False where another rule has taken its place; `values` one row per parameter: module, param, op, value,
    unit, the winning rule_id, document and clause, the ids of the rules it shadows and of those that hold beside it.
    """

    documents: pd.DataFrame
    rules: pd.DataFrame
    values: pd.DataFrame


@dataclass(frozen=True)
class ElderStandard:
    """How many square metres of elder-care space a resident is due, and who says so (origin: policy or default)."""

    m2_per_resident: float
    rule_id: str
    clause: str
    condition: str
    origin: str


@dataclass(frozen=True)
class Said:
    """A rule with the document it stands in and its place in the chain."""

    document: Document
    rule: Rule


@cache
def load_catalogue() -> pd.DataFrame:
    """Return the facility catalogue: one row per facility type, distances in metres, areas in square metres.

    Columns as in facilities.csv: `zh` and `en` are the names of the standards, `short_zh` and `short_en` fit where
    there is little room; `group` says whose pace counts on the way (elder: the elderly one), `kind` is what people look
    for (closed list facility_kind) and colours the map. `max_walk_m` is missing where no standard gives a distance,
    `elder_rooms` says how much of such a facility counts as elder-care rooms (all / part: only `elder_area_m2` / none),
    `place` where siting may put it (rooms / land / nowhere), `max_storey` is the highest storey fit for it,
    `confidence` marks how sure the distance is.
    """
    catalogue = pd.DataFrame(lines_of("facilities.csv"))
    for name in NUMBERS:
        catalogue[name] = pd.to_numeric(catalogue[name].replace("", None))
    return catalogue.sort_values("facility_type", ignore_index=True)


@cache
def load_poi_mapping() -> pd.DataFrame:
    """Return which Amap and OpenStreetMap points stand for which facility type, one row per pair."""
    return pd.DataFrame(lines_of("poi.csv"))


def resolve(documents: Sequence[Document]) -> Policy:
    """Return what the documents in force say together.

    Parameters
    ----------
    documents
        In force on the day, from the nation down, as `find_documents` returns them.

    Returns
    -------
    policy
        Documents, rules and resolved values.
    """
    said = [Said(document, rule) for document in documents for rule in document.rules]
    groups: dict[tuple[str, str, str], list[Said]] = {}
    for one in said:
        family = "floor" if one.rule.op in FLOORS else "cap" if one.rule.op in COMPARISONS else one.rule.op
        groups.setdefault((one.rule.module, one.rule.param, family), []).append(one)
    values = [_resolve_one(group) for group in groups.values()]
    replaced = {rule_id for group in groups.values() for rule_id in _replaced(group)}
    return Policy(
        pd.DataFrame([_document_row(document) for document in documents]),
        _frame([_rule_row(one, replaced) for one in said]),
        _frame(values),
    )


def elder_standard(policy: Policy) -> ElderStandard:
    """Return the elder-care space due to a resident: as the chain says, else the national figure, marked as default."""
    values = policy.values[policy.values["param"].isin(ELDER_PARAMS) & (policy.values["unit"] == ELDER_UNIT)]
    numbers = values[[not is_open(value) for value in values["value"]]]
    if not numbers.empty:
        said = numbers.iloc[0]
        rule = policy.rules[policy.rules["rule_id"] == said["rule_id"]].iloc[0]
        clause = f"{said['document']} {said['clause']} [{said['rule_id']}]"
        return ElderStandard(float(said["value"]), said["rule_id"], clause, rule["condition"], "policy")
    sources = [
        (document, rule)
        for document in (load_documents()[name] for name in ELDER_DEFAULT)
        for rule in document.rules if rule.param in ELDER_PARAMS
    ]
    value = sources[0][1].value
    clause = "；".join(f"{document.number} {rule.clause}" for document, rule in sources)
    assert isinstance(value, float)
    return ElderStandard(value, sources[0][1].id, clause, sources[-1][1].condition, "default")


def parameter_lines(policy: Policy, language: str) -> list[dict[str, str]]:
    """Return one line per number the law sets or leaves open: name, value, unit, origin, clause_or_because."""
    said = policy.values[policy.values["op"].isin(COMPARISONS)]
    names = said["param"].where(~said["param"].duplicated(keep=False), said["module"] + "." + said["param"])
    units = labels_of("rule_unit", language)
    return [
        {
            "name": name, "value": f"{row.op} {value_text(row.value, language)}", "unit": units[str(row.unit)],
            "origin": "policy", "clause_or_because": f"{row.document} {row.clause} [{row.rule_id}]",
        }
        for name, row in zip(names, said.itertuples(), strict=True)
    ]


def value_text(value: object, language: str) -> str:
    """Return a value as people write it: lists joined, yes and no, and the name of what is left open."""
    if isinstance(value, tuple):
        return LIST_SEPARATOR.join(value_text(member, language) for member in value)
    if isinstance(value, bool):
        return labels_of("truth", language)["yes" if value else "no"]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    words = labels_of("open_value", language) | labels_of("value_word", language)
    return "" if value is None else words.get(str(value), str(value))


def requirement_text(op: str, value: object, unit: str, language: str) -> str:
    """Return what a rule asks for as people read it, such as ≥ 0.8 or 属于 城市、县城(城关镇)."""
    label = labels_of("rule_op", language)[op]
    if op == "check":
        return label
    said = f"{label} {value_text(value, language)}".replace("： ", "：").strip()
    return f"{said} {labels_of('rule_unit', language)[unit]}" if unit in SAID_UNITS and not is_open(value) else said


def _frame(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Return rows as a frame whose values stay what they are: numbers, words, lists and yes or no side by side."""
    values = pd.Series([row["value"] for row in rows], dtype=object)
    return pd.DataFrame(rows).assign(value=values)


def _heard(group: Sequence[Said]) -> list[Said]:
    """Return those whom no later document of their own issuer replaces; lists of one issuer are united instead."""
    if group[-1].rule.merge in UNITED:
        return list(group)
    return [one for one in group if not _is_superseded(one, group)]


def _replaced(group: Sequence[Said]) -> list[str]:
    """Return the rules that no longer stand; a rule that is only looser than the winner stands and is met with it."""
    heard, merge = _heard(group), group[-1].rule.merge
    standing = [PICKS[merge](heard)] if merge in ONE_STANDS else heard
    return [one.rule.id for one in group if one not in standing]


def _resolve_one(group: Sequence[Said]) -> dict[str, object]:
    merge, heard = group[-1].rule.merge, _heard(group)
    winner = PICKS[merge](heard)
    others = [one for one in group if one is not winner]
    beside = [one for one in others if one in heard and _holds_beside(one, winner, merge)]
    shadowed = [one for one in others if one not in beside]
    return {
        "module": winner.rule.module, "param": winner.rule.param, "op": winner.rule.op,
        "value": _united(heard) if merge in UNITED else winner.rule.value, "unit": winner.rule.unit,
        "rule_id": winner.rule.id, "document": winner.document.id, "clause": winner.rule.clause,
        "shadowed": _ids(shadowed), "beside": _ids(beside),
    }


def _is_superseded(one: Said, group: Sequence[Said]) -> bool:
    return any(
        other.document.issuer == one.document.issuer and other.document.effective_from > one.document.effective_from
        for other in group
    )


def _holds_beside(one: Said, winner: Said, merge: str) -> bool:
    if merge in UNITED:
        return True
    is_comparable = _tightness(one) is not None and _tightness(winner) is not None
    return merge == "all_must_hold" and not is_comparable and one.rule.value != winner.rule.value


def _united(heard: Sequence[Said]) -> Value | None:
    if not any(isinstance(one.rule.value, tuple) for one in heard):
        return heard[-1].rule.value
    return tuple(dict.fromkeys(member for one in heard for member in listed_values(one.rule.value)))  # type: ignore[misc]


def _ids(said: Iterable[Said]) -> tuple[str, ...]:
    return tuple(one.rule.id for one in said)


def _last(heard: Sequence[Said]) -> Said:
    return heard[-1]


def _strictest(heard: Sequence[Said]) -> Said:
    """Return the tightest, of equals the lowest and latest; what is open is looser than any number."""
    numbers = [one for one in heard if _tightness(one) is not None]
    return max(reversed(numbers), key=lambda one: _tightness(one) or (0, False)) if numbers else heard[-1]


def _tightened(heard: Sequence[Said]) -> Said:
    """Return the highest, unless a lower one is strictly tighter."""
    return _strictest(list(reversed(heard)))


def _latest_floor(heard: Sequence[Said]) -> Said:
    """Return the latest of each level, and of the levels the highest floor: floors are never added up."""
    latest = {one.document.level: one for one in heard}
    return _strictest(list(latest.values()))


def _tightness(one: Said) -> tuple[Fraction, bool] | None:
    """Return how much a rule asks, larger is tighter; None where its value is open or no amount."""
    amount = _amount(one.rule)
    if amount is None or one.rule.op not in COMPARISONS:
        return None
    return (amount if one.rule.op in FLOORS else -amount), one.rule.op in (">", "<")


def _amount(rule: Rule) -> Fraction | None:
    if isinstance(rule.value, tuple | bool) or rule.value is None:
        return None
    if rule.unit in ("MM-DD", "date"):
        day = f"2000-{rule.value}" if rule.unit == "MM-DD" else str(rule.value)
        return Fraction(date.fromisoformat(day).toordinal())
    return Fraction(str(rule.value)) if str(rule.value)[:1].isdecimal() else None


def _document_row(document: Document) -> dict[str, object]:
    return {
        "document": document.id, "number": document.number, "title": document.title, "level": document.level,
        "jurisdiction": document.jurisdiction, "issuer": document.issuer, "effective_from": document.effective_from,
        "effective_to": document.effective_to, "status": document.status,
    }


def _rule_row(one: Said, replaced: Iterable[str]) -> dict[str, object]:
    rule = one.rule
    return {
        "rule_id": rule.id, "document": one.document.id, "clause": rule.clause, "quote": rule.quote,
        "module": rule.module, "stage": stage_of(rule), "strength": rule.strength, "check": rule.check,
        "param": rule.param, "op": rule.op, "value": rule.value, "unit": rule.unit, "merge": rule.merge,
        "condition": rule.condition, "meaning": rule.meaning, "note": rule.note, "restored": rule.restored,
        "stands": rule.id not in replaced,
    }


PICKS: Mapping[str, Callable[[Sequence[Said]], Said]] = {
    "strictest_max": _strictest,
    "strictest_min": _strictest,
    "most_specific_earliest": _strictest,
    "all_must_hold": _strictest,
    "most_specific_tightening": _tightened,
    "floor_latest_same_issuer": _latest_floor,
    "most_specific": _last,
    "union": _last,
    "union_of_exclusions": _last,
}
