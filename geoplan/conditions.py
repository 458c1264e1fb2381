"""How each rule is asked: the parameter it names -> the columns of the estates that answer it.

EXPRESSIONS at the foot is the one list of parameters that columns can answer, with the kind of value each can be held
against: a new rule on a known parameter needs no code. A rule whose parameter is not there, or whose value is of
another kind, is never passed in silence: it needs evidence. So do rules that ask for papers.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from geoplan.answers import (
    FAIL,
    NEEDS_EVIDENCE,
    NOT_SET,
    PASS,
    UNKNOWN,
    Answer,
    Measure,
    Town,
    beside,
    compared,
    everyone,
    floats,
    held,
    is_amount,
    limit_of,
    met,
    note,
    noted,
    number_of,
    requirement,
    said_of_all,
    share,
)
from geoplan.documents import WORDS_OF_PARAMS, codes_of, is_open, listed_values
from geoplan.schema import LIST_SEPARATOR, labels_of, split_list

ESTIMATE = "estimate"
ESTIMATE_MARGIN_YEARS = 2  # an estimate this near a limit decides nothing (data dictionary, completion_year_source)
OFFICE = "办事处"
PARTICIPATION, AGREEMENT = "plan_entry.participation_rate", "plan_entry.agree_rate"
SCHEME_VOTE = "start.scheme_vote_rate"
RATIOS: Mapping[str, tuple[str, ...]] = {
    PARTICIPATION: ("consent_participants", "consent_eligible"),
    AGREEMENT: ("consent_agree", "consent_participants", "consent_eligible"),
    SCHEME_VOTE: ("scheme_agree", "scheme_participants", "consent_eligible"),
    "post.survey_coverage": ("after_surveyed", "after_base"),
    "post.satisfaction_rate": ("after_satisfied", "after_surveyed"),
}
VOTES = (
    ("scheme_agree", "scheme_participants", "consent_eligible"),
    ("consent_area_agree_m2", "consent_area_participants_m2", "consent_area_total_m2"),
)
FLAGS: Mapping[str, str] = {
    "strong_resident_will": "strong_will",
    "plan_entry.long_term_mgmt_consensus": "mgmt_consensus",
    "plan_entry.public_notice_no_objection": "public_notice_no_objection",
    "start.pm_mode_and_fee_confirmed": "pm_confirmed",
}
Express = Callable[[Town, Any], Answer]


def ask(town: Town, rule: Any) -> Answer:
    """Return what every estate answers to a rule (one row of `Policy.rules`)."""
    return EXPRESSIONS[rule.param][1](town, rule) if has_columns(rule) else _needs_evidence(town, rule)


def has_columns(rule: Any) -> bool:
    """Say whether the columns of the estates, or a layer beside them, can answer a rule."""
    return rule.param in EXPRESSIONS and KINDS[EXPRESSIONS[rule.param][0]](rule)


def _needs_evidence(town: Town, rule: Any) -> Answer:
    is_papers = rule.check in ("evidence", "manual")
    values = said_of_all(town, None if is_papers else note(town, "no_column"))
    return Answer(everyone(town, NEEDS_EVIDENCE), values, requirement(town, rule))


def _completion_year(town: Town, rule: Any) -> Answer:
    years = town.estates["completion_year"]
    said = limit_of(town, rule)
    distance = np.abs(floats(years) - (np.nan if said is None else number_of(said.value)))
    is_estimate = (town.estates["completion_year_source"] == ESTIMATE).to_numpy(dtype=bool)
    is_near = is_estimate & (distance <= ESTIMATE_MARGIN_YEARS)
    texts = noted(noted(_text_of(years), distance == 0, note(town, "boundary")), is_near, note(town, "estimate"))
    return compared(town, rule, Measure(np.where(is_near, np.nan, floats(years)), texts))


def _years_until_expropriation(town: Town, rule: Any) -> Answer:
    listed = town.estates["expropriation_year"]
    years = floats(listed) - town.plan_year
    is_past = years < 0
    texts = noted(_text_of(listed), is_past, note(town, "past_year"))
    answer = compared(town, rule, Measure(np.where(is_past, np.nan, years), texts))
    if "expropriation_year" not in town.brought:
        return answer
    is_empty = listed.isna().to_numpy(dtype=bool)
    results = np.where(is_empty, PASS, answer.results).astype(np.int8)
    return Answer(results, answer.values.mask(is_empty, note(town, "none_listed")), answer.limit)


def _ratio(town: Town, rule: Any) -> Answer:
    return compared(town, rule, share(town, *RATIOS[rule.param]))


def _scheme_vote(town: Town, rule: Any) -> Answer:
    return compared(town, rule, share(town, *RATIOS[SCHEME_VOTE]), SCHEME_VOTE)


def _scheme_satisfaction(town: Town, rule: Any) -> Answer:
    said = town.estates["scheme_satisfaction_share"]
    is_share = said.between(0, 1)
    texts = said.map("{:g}".format, na_action="ignore").astype("object")
    texts = noted(texts, ~is_share & said.notna(), note(town, "contradictory"))
    return compared(town, rule, Measure(floats(said.where(is_share)), texts))


def _local_ratios(town: Town, rule: Any) -> Answer:
    """Return whether the local ratios of participation and agreement are reached, where any are set.

    Agreement counts among all residents here: where only its ratio is set, reaching it also proves participation.
    """
    words = {PARTICIPATION: note(town, "quorum"), AGREEMENT: note(town, "agreed")}
    said = {param: town.numbers[param] for param in words if param in town.numbers}
    answers = {param: _ratio(town, number) for param, number in said.items()}
    results = reduce(np.maximum, [answer.results for answer in answers.values()], everyone(town, PASS))
    results = results if AGREEMENT in said else np.maximum(results, everyone(town, NOT_SET))
    limit = LIST_SEPARATOR.join(
        f"{words[param]} {answer.limit} [{said[param].rule_id}]" for param, answer in answers.items()
    )
    values = beside(word + " " + share(town, *RATIOS[param]).texts for param, word in words.items())
    if AGREEMENT in said and PARTICIPATION not in said:
        values = noted(values, results == PASS, note(town, "all_residents"))
    return Answer(results, values, limit or requirement(town, rule))


def _statutory_vote(town: Town, rule: Any) -> Answer:
    """Return the double count of Civil Code 278, by heads and by area.

    Below the quorum, or not above the lower share of those taking part, the vote fails; from the higher share up it
    carries every matter. Between the two it carries ordinary matters only, and which they are no column says.
    """
    quorum, ordinary, grave = (number_of(part) for part in rule.value)
    took_part = [share(town, participants, whole) for _, participants, whole in VOTES]
    agreed = [share(town, agree, participants) for agree, participants, _ in VOTES]
    least_part, least_agreed = (np.fmin(heads.numbers, area.numbers) for heads, area in (took_part, agreed))
    is_known = ~np.isnan([measure.numbers for measure in (*took_part, *agreed)]).any(axis=0)
    fails = (least_part < quorum) | (least_agreed <= ordinary)
    results = np.select([fails, is_known & (least_agreed >= grave)], [FAIL, PASS], UNKNOWN).astype(np.int8)
    part, agree = note(town, "quorum"), note(town, "agreed")
    counts = [
        beside([f"{part} " + took.texts, f"{agree} " + agreeing.texts])
        for took, agreeing in zip(took_part, agreed, strict=True)
    ]
    values = beside([counts[0], "m²：" + counts[1]])
    values = noted(values, is_known & (results == UNKNOWN), note(town, "matter_unknown"))
    limit = f"{part} ≥ {rule.value[0]}、{agree} > {rule.value[1]}、{note(town, 'grave')} ≥ {rule.value[2]}"
    return Answer(results, values, limit)


def _flag(town: Town, rule: Any) -> Answer:
    return held(town, rule, town.estates[FLAGS[rule.param]])


def _structure(town: Town, rule: Any) -> Answer:
    """Return whether the main structure is sound; one that will be after strengthening is (QH21-05)."""
    structure = town.estates["structure"]
    is_illegal = (~town.estates["legal_build"]).fillna(False)
    truth = _known(structure.isin(("sound", "strengthen")), structure) & ~is_illegal
    texts = structure.map(labels_of("structure", town.language)).astype("object")
    texts = noted(texts, structure == "strengthen", note(town, "strengthen"))
    texts = texts.mask(is_illegal & texts.isna(), "")
    return held(town, rule, truth, noted(texts, is_illegal, note(town, "not_legal")))


def _demolish_rebuild(town: Town, rule: Any) -> Answer:
    return held(town, rule, _excluded(town, "demolish_rebuild"))


def _words(town: Town, rule: Any) -> Answer:
    """Return the answer to a list of words that each stand for one or more yes-or-no columns."""
    values = WORDS_OF_PARAMS[rule.param]
    codes = codes_of(values, listed_values(rule.value))
    truths = [_excluded(town, code) if values == "exclusion" else town.estates[code] for code in codes]
    labels = labels_of(values, town.language)
    texts = beside(
        said_of_all(town, labels[code]).where(truth.fillna(False).to_numpy(dtype=bool), None)
        for code, truth in zip(codes, truths, strict=True)
    )
    truth = WORD_OPS[rule.op](truths)
    return met(town, rule, truth, texts.mask(truth.notna() & texts.isna(), note(town, "none_listed")))


def _location(town: Town, rule: Any) -> Answer:
    location = town.estates["location"]
    is_in = _known(location.isin(codes_of("location_scope", listed_values(rule.value))), location)
    texts = location.map(labels_of("location", town.language)).astype("object")
    return met(town, rule, WORD_OPS[rule.op]([is_in]), texts)


def _subdistrict(town: Town, rule: Any) -> Answer:
    subdistrict = town.estates["subdistrict"]
    names = [str(name).removesuffix(OFFICE) for name in listed_values(rule.value)]
    is_in = _known(subdistrict.str.strip().str.removesuffix(OFFICE).isin(names), subdistrict)
    return met(town, rule, WORD_OPS[rule.op]([is_in]), subdistrict.astype("object"))


def _owner_included(town: Town, rule: Any) -> Answer:
    """Return that an owner type is taken in: the rule widens the circle and shuts nobody out."""
    owner = town.estates["owner_type"]
    texts = owner.map(labels_of("owner_type", town.language)).astype("object")
    return met(town, rule, _known(owner.notna(), owner), texts)


def _heritage(town: Town, rule: Any) -> Answer:
    if town.touched is None:
        values = said_of_all(town, note(town, "no_layer"))
        return Answer(everyone(town, NEEDS_EVIDENCE), values, requirement(town, rule))
    touches = town.touched != ""
    values = (note(town, "touches") + town.touched.astype("object")).where(touches, note(town, "untouched"))
    return Answer(np.where(touches, NEEDS_EVIDENCE, PASS).astype(np.int8), values, requirement(town, rule))


def _survey(town: Town, rule: Any) -> Answer:
    is_done = town.estates["survey_done"].fillna(False).to_numpy(dtype=bool)
    values = said_of_all(town, note(town, "surveyed")).where(is_done, None)
    return Answer(np.where(is_done, PASS, NEEDS_EVIDENCE).astype(np.int8), values, requirement(town, rule))


def _excluded(town: Town, code: str) -> pd.Series:
    """Return whether an estate is of an excluded type: as given, else as its list of exclusions says."""
    listed = town.estates["exclusions"]
    if "exclusions" in town.brought:
        listed = listed.fillna("")
    found = {text: _is_listed(text, code) for text in listed.dropna().unique()}
    return town.estates[code].fillna(listed.map(found).astype("boolean"))


def _is_listed(text: str, code: str) -> bool | None:
    """Return whether a list of exclusions names a type; None where it holds a word nobody knows."""
    members = [codes_of("exclusion", [word]) for word in split_list(text)]
    if any(code in codes for codes in members):
        return True
    return False if all(members) else None


def _known(truth: pd.Series, column: pd.Series) -> pd.Series:
    return truth.astype("boolean").mask(column.isna())


def _text_of(numbers: pd.Series) -> pd.Series:
    return numbers.map("{:.0f}".format, na_action="ignore").astype("object")


def _any_of(truths: Sequence[pd.Series]) -> pd.Series:
    return reduce(operator.or_, truths)


def _all_of(truths: Sequence[pd.Series]) -> pd.Series:
    return reduce(operator.and_, truths)


def _none_of(truths: Sequence[pd.Series]) -> pd.Series:
    return ~_any_of(truths)


WORD_OPS: Mapping[str, Callable[[Sequence[pd.Series]], pd.Series]] = {
    "any": _any_of, "in": _any_of, "==": _any_of, "and": _all_of, "none of": _none_of,
}
KINDS: Mapping[str, Callable[[Any], bool]] = {
    "number": lambda rule: is_amount(rule) or is_open(rule.value),
    "truth": lambda rule: isinstance(rule.value, bool),
    "words": lambda rule: rule.op in WORD_OPS and isinstance(rule.value, str | tuple),
    "three numbers": lambda rule: isinstance(rule.value, tuple) and len(rule.value) == 3,
    "any": lambda _: True,
}
EXPRESSIONS: Mapping[str, tuple[str, Express]] = {
    "completion_year": ("number", _completion_year),
    "completion_year_focus": ("number", _completion_year),
    "completion_year_max": ("number", _completion_year),
    "years_until_expropriation": ("number", _years_until_expropriation),
    "location": ("words", _location),
    "admin_scope": ("words", _subdistrict),
    "structure_sound": ("truth", _structure),
    "strong_resident_will": ("truth", _flag),
    "deficiency": ("words", _words),
    "excluded_types": ("words", _words),
    "suited_to_demolition_rebuild": ("truth", _demolish_rebuild),
    "owner_type_soe_military_included": ("any", _owner_included),
    "owner_types_included": ("any", _owner_included),
    "heritage_overlay": ("any", _heritage),
    "demolish_old_building|relocate_residents|fell_old_trees": ("any", _heritage),
    "scorecard.04": ("any", _heritage),
    "plan_entry.participation_rate & agree_rate": ("any", _local_ratios),
    "scorecard.16": ("any", _local_ratios),
    PARTICIPATION: ("number", _ratio),
    AGREEMENT: ("number", _ratio),
    "plan_entry.long_term_mgmt_consensus": ("truth", _flag),
    "plan_entry.public_notice_no_objection": ("truth", _flag),
    "survey_before_next_year_application": ("any", _survey),
    "will_survey": ("any", _survey),
    SCHEME_VOTE: ("number", _scheme_vote),
    "scorecard.17": ("any", _scheme_vote),
    "statutory_vote": ("three numbers", _statutory_vote),
    "start.satisfaction_with_scheme": ("number", _scheme_satisfaction),
    "start.pm_mode_and_fee_confirmed": ("truth", _flag),
    "post.survey_coverage": ("number", _ratio),
    "post.satisfaction_rate": ("number", _ratio),
}
