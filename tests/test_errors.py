"""Messages: every code speaks both languages, with the same values, and lists problems together."""

import re
import string
from pathlib import Path

import pytest

import geoplan
from geoplan.errors import ConfigError, DataError, Finding, listed, located, messages, raise_all, say


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("code", sorted(messages()))
def test_every_message_speaks_both_languages_with_the_same_values(code: str) -> None:
    line = messages()[code]
    assert line["zh"].strip()
    assert line["en"].strip()
    assert fields(line["zh"]) == fields(line["en"])
    assert line["severity"] in {"error", "warning", "note"}
    assert line["action"] in {"", "kept", "mended", "rejected"}


def test_no_code_stands_twice() -> None:
    text = (Path(geoplan.__file__).parent / "messages.csv").read_text(encoding="utf-8")
    codes = [line.partition(",")[0] for line in text.splitlines()]
    assert len(codes) == len(set(codes))


def test_every_finding_made_in_the_package_has_a_message_and_every_message_is_used() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in Path(geoplan.__file__).parent.glob("*.py"))
    made = set(re.findall(r'(?:[Ff]inding|tell|print|_named)\(\s*"([a-z_]+\.[a-z0-9_]+)"', sources))
    assert made <= set(messages())
    unused = {code for code in messages() if f'"{code}"' not in sources and not is_composed(code, sources)}
    assert unused == set()


def is_composed(code: str, sources: str) -> bool:
    """Say whether the codes of a module are put together from its name and a word."""
    return re.search(rf'f"{code.partition(".")[0]}\.[a-z_]*{{', sources) is not None


def test_a_value_is_never_read_as_a_template() -> None:
    finding = Finding("project.unknown_section", "plan.toml", values={"where": "{0.__class__} %s {{x}}"})
    assert "{0.__class__} %s {{x}}" in say(finding, "zh")


def test_a_finding_says_where_it_was_found() -> None:
    finding = Finding("project.unknown_section", "estates", 12, {"where": "x"})
    assert located(finding, "zh").startswith("estates 第 12 行：")
    assert located(finding, "en").startswith("estates row 12: ")


def test_a_long_list_shows_the_first_five_and_the_count() -> None:
    assert listed("abcdefg") == "a、b、c、d、e … (7)"
    assert listed("ab", "en") == "a, b"


def test_all_findings_are_raised_at_once() -> None:
    findings = [Finding("project.no_section", values={"where": where}) for where in ("estates", "plan")]
    with pytest.raises(ConfigError, match="estates") as caught:
        raise_all(ConfigError, findings, "en")
    assert caught.value.findings == tuple(findings)
    assert caught.value.language == "en"
    raise_all(DataError, [])
