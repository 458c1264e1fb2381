"""Documents: every quote stands in its document, and a rule that says something unknown does not load."""

import csv
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from geoplan.documents import Document, Rule, codes_of, load_documents, read_document, stage_of
from geoplan.errors import Finding, say

RULES = [(document, rule) for document in load_documents().values() for rule in document.rules]
IN_HAND = [(document, rule) for document, rule in RULES if document.status == "full_text"]
GLUED = "QH23-43"
GLUED_HALVES = ("业主是楼内自有产权水电暖管", "线改造和室内装修的责任主体")
REVERSED_FILE = "003_41dc5b6dd807906d.txt"
REVERSED_FROM, REVERSED_TO = "业促销等多种方式", "施工等造成电击"

AS_WORKED_OUT = {
    "clause": "clause", "quote": "quote_zh", "module": "module", "strength": "strength", "check": "check_kind",
    "param": "parameter", "op": "operator", "merge": "merge", "condition": "condition",
}

SOUND = """
[document]
id = "LOCAL-1"
title = "某县老旧小区改造方案"
issuer = "某县人民政府办公室"
level = "county"
jurisdiction = "某县"
adcode = "630222"
effective_from = 2024-01-01

[[rule]]
id = "L-01"
clause = "一"
quote = "同意率不低于85%"
module = "consent"
strength = "hard"
check = "computed"
param = "plan_entry.agree_rate"
op = ">="
value = 0.85
unit = "ratio"
merge = "strictest_max"
meaning = "At least 85 % agree"
"""


def plain(text: str) -> str:
    """Return text without white space, emphasis marks and differences of width."""
    return re.sub(r"[\s*]", "", unicodedata.normalize("NFKC", text))


def text_of(folder: Path, name: str) -> str:
    """Return a document as it was printed: the block of policy.md 1.1 that was scanned upside-down is turned."""
    lines = [line for line in (folder / name).read_text(encoding="utf-8").splitlines() if line.strip()]
    if name == REVERSED_FILE:
        first = next(number for number, line in enumerate(lines) if line.startswith(REVERSED_FROM))
        last = next(number for number, line in enumerate(lines) if line.startswith(REVERSED_TO))
        lines[first:last + 1] = lines[first:last + 1][::-1]
    return plain("".join(lines))


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def load(folder: Path, text: str) -> tuple[Document | None, list[Finding]]:
    file = folder / "local.toml"
    file.write_text(text, encoding="utf-8")
    return read_document(file)


def test_every_quote_stands_in_its_document(shared: Path) -> None:
    folder = shared / "reference" / "documents"
    texts = {name: text_of(folder, name) for name in sorted({document.source_file for document, _ in IN_HAND})}
    missing = [rule.id for document, rule in IN_HAND if plain(rule.quote) not in texts[document.source_file]]
    assert missing == [GLUED]


def test_the_one_quote_glued_over_two_lines_is_its_two_halves(shared: Path) -> None:
    text = text_of(shared / "reference" / "documents", REVERSED_FILE)
    quote = next(rule.quote for _, rule in IN_HAND if rule.id == GLUED)
    assert quote == "".join(GLUED_HALVES)
    assert [half in text for half in GLUED_HALVES] == [True, True]


def test_the_rules_stand_in_the_order_of_their_document(shared: Path) -> None:
    for document in load_documents().values():
        if document.status != "full_text" or document.id in ("QH-2021-13", "CN-2021-50-ANNEX", "CN-2021-50"):
            continue  # these three share a file with a document that says some of the same words before them
        text = text_of(shared / "reference" / "documents", document.source_file)
        places = [text.find(plain(rule.quote)) for rule in document.rules if rule.id != GLUED]
        assert places == sorted(places), document.id


def test_all_288_rules_are_there_and_9_are_upstream() -> None:
    assert len({rule.id for _, rule in RULES}) == len(RULES) == 288
    assert sum(document.status == "upstream" for document, _ in RULES) == 9
    assert Counter(document.id for document, _ in IN_HAND) == {
        "CN-2021-50": 34, "CN-2021-50-ANNEX": 37, "QH-2021-13": 46, "QH-2023-268": 76, "XN-2021": 28, "GS-2022-15": 19,
        "JS-2021-140": 21, "DH-2022": 18,
    }


def test_the_seven_restored_quotes_are_marked() -> None:
    assert [rule.id for _, rule in RULES if rule.restored] == [f"QH23-{number}" for number in range(38, 45)]


def test_a_rule_says_the_same_as_the_table_it_was_worked_out_in(shared: Path) -> None:
    with (shared / "reference" / "rules.csv").open(encoding="utf-8") as file:
        table = {line["rule_id"]: line for line in csv.DictReader(file)}
    differing = {
        rule.id for document, rule in RULES
        for line in [table[rule.id]]
        if [document.id, *(getattr(rule, ours) for ours in AS_WORKED_OUT)] != [
            line["doc_id"], *(line[theirs] for theirs in AS_WORKED_OUT.values())]
    }
    assert differing == set()


def test_open_words_stay_words() -> None:
    assert {rule.id: rule.value for _, rule in RULES if rule.value in ("LOCAL", "STATUTORY", "UNSPECIFIED")} == {
        "CN50-16": "LOCAL", "CN50-17": "STATUTORY", "QH21-10": "UNSPECIFIED", "XN-04": "UNSPECIFIED",
        "QH23-44": "STATUTORY",
    }


def test_a_sound_document_loads(tmp_path: Path) -> None:
    document, findings = load(tmp_path, SOUND)
    assert findings == []
    assert document is not None
    assert document.rules[0].value == 0.85


@pytest.mark.parametrize(("line", "code"), [
    ('clause = "一"', "policy.missing_key"),
    ('quote = "同意率不低于85%"', "policy.missing_key"),
    ('meaning = "At least 85 % agree"', "policy.missing_key"),
    ("value = 0.85", "policy.missing_key"),
    ("effective_from = 2024-01-01", "policy.missing_key"),
])
def test_a_rule_without_clause_quote_or_value_does_not_load(tmp_path: Path, line: str, code: str) -> None:
    document, findings = load(tmp_path, SOUND.replace(line, ""))
    assert document is None
    assert codes(findings) == [code]


@pytest.mark.parametrize(("line", "said", "code"), [
    ('quote = "同意率不低于85%"', 'quote = ""', "policy.missing_key"),
    ('op = ">="', 'op = "=>"', "policy.not_allowed"),
    ('unit = "ratio"', 'unit = "percent"', "policy.not_allowed"),
    ('strength = "hard"', 'strength = "very hard"', "policy.not_allowed"),
    ('check = "computed"', 'check = "guessed"', "policy.not_allowed"),
    ('merge = "strictest_max"', 'merge = "average"', "policy.not_allowed"),
    ('module = "consent"', 'module = "consents"', "policy.not_allowed"),
    ('level = "county"', 'level = "village"', "policy.not_allowed"),
    ("value = 0.85", 'value = "LOCALLY"', "policy.wrong_value"),
    ("value = 0.85", "value = 85", "policy.wrong_value"),
    ("value = 0.85", "value = true", "policy.wrong_value"),
    ("value = 0.85", "value = nan", "policy.wrong_value"),
    ("value = 0.85", 'value = "5/0"', "policy.wrong_value"),
    ("value = 0.85", "value = 2024-01-01", "policy.wrong_type"),
    ("effective_from = 2024-01-01", 'effective_from = "2024-01-01"', "policy.wrong_type"),
    ("effective_from = 2024-01-01", "effective_from = 2024-01-01T08:00:00", "policy.wrong_type"),
    ('adcode = "630222"', 'adcode = "63022"', "policy.wrong_type"),
    ('merge = "strictest_max"', 'merge = "strictest_max"\nweight = 3', "policy.unknown_key"),
    ('param = "plan_entry.agree_rate"', 'param = "agree_rate"', "policy.no_stage"),
])
def test_a_word_nobody_knows_does_not_load(tmp_path: Path, line: str, said: str, code: str) -> None:
    document, findings = load(tmp_path, SOUND.replace(line, said))
    assert document is None
    assert codes(findings) == [code]


@pytest.mark.parametrize(("param", "value"), [
    ("location", '["城市", "乡下"]'), ("deficiency", '["不好看"]'), ("excluded_types", '["别墅"]'),
])
def test_a_list_with_a_word_that_no_column_holds_does_not_load(tmp_path: Path, param: str, value: str) -> None:
    text = SOUND.replace("plan_entry.agree_rate", param).replace('op = ">="', 'op = "any"')
    text = text.replace("value = 0.85", f"value = {value}").replace('unit = "ratio"', 'unit = "list"')
    document, findings = load(tmp_path, text.replace('module = "consent"', 'module = "eligibility"'))
    assert document is None
    assert codes(findings) == ["policy.unknown_word"]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = SOUND.replace('op = ">="', 'op = "=>"').replace('unit = "ratio"', 'unit = "percent"')
    text = text.replace('clause = "一"', "").replace('level = "county"', 'level = "village"')
    _, findings = load(tmp_path, text)
    assert say(findings[0], "en").startswith("policy file local.toml: [document].level = village is not one of")
    assert say(findings[1], "zh") == "政策文件 local.toml：缺少 L-01.clause"
    assert codes(findings) == ["policy.not_allowed", "policy.missing_key", "policy.not_allowed", "policy.not_allowed"]


def test_a_rule_id_used_twice_does_not_load(tmp_path: Path) -> None:
    _, findings = load(tmp_path, SOUND + SOUND[SOUND.index("[[rule]]"):])
    assert codes(findings) == ["policy.rule_twice"]


def test_a_file_that_is_no_toml_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    assert codes(load(tmp_path, "[document")[1]) == ["policy.not_toml"]
    assert codes(read_document(tmp_path / "gone.toml")[1]) == ["policy.no_file"]
    (tmp_path / "gbk.toml").write_bytes("标题 = '某县'".encode("gbk"))
    assert codes(read_document(tmp_path / "gbk.toml")[1]) == ["policy.not_toml"]


def test_a_document_without_rules_does_not_load(tmp_path: Path) -> None:
    assert codes(load(tmp_path, SOUND[:SOUND.index("[[rule]]")])[1]) == ["policy.missing_key"]
    assert codes(load(tmp_path, SOUND[SOUND.index("[[rule]]"):])[1]) == ["policy.missing_key"]


def test_every_rule_of_eligibility_and_consent_knows_its_gate() -> None:
    gates = {rule.id: stage_of(rule) for _, rule in RULES if rule.module in ("eligibility", "consent")
             and rule.strength != "report"}
    assert "" not in gates.values()
    assert gates["QH23-19"] == "plan_entry"
    assert gates["DH-15"] == "start"


def test_satisfaction_before_the_start_and_after_the_works_are_two_gates() -> None:
    gates = {rule.id: stage_of(rule) for _, rule in RULES}
    assert (gates["DH-15"], gates["QH23-23"], gates["GS-11"]) == ("start", "after", "after")


def test_a_word_may_stand_for_two_codes() -> None:
    assert codes_of("deficiency", ["设施短板明显"]) == ["municipal_gaps", "service_gaps"]
    assert codes_of("location_scope", ["建成区"]) == ["city", "county_seat"]


def test_the_width_of_brackets_makes_no_word_unknown() -> None:
    assert [codes_of("location_scope", [word]) for word in ("县城（城关镇）", "县城(城关镇)")] == [["county_seat"]] * 2


def test_a_rule_is_frozen() -> None:
    with pytest.raises(AttributeError):
        RULES[0][1].value = 0  # type: ignore[misc]
    assert isinstance(RULES[0][1], Rule)
