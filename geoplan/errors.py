"""What can be wrong with what a planner brought, and how it is said.

Every sentence the program may say lives in messages.csv, one line a code, in Chinese and English. A `Finding` is one
use of such a line. Findings that stop a run are raised together, once, as one of the four errors below; all others
become rows of the table `remarks`.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from errno import ENOMEM
from functools import cache
from importlib.resources import files

MAX_LISTED = 5
NO_MEMORY = ("bad_alloc", "failed to map segment", "Cannot allocate memory", "not enough memory", "Unable to allocate")


@dataclass(frozen=True)
class Finding:
    """One thing found in one place: the code of a message, where it was found, and the values it names."""

    code: str
    layer: str = ""
    row: int | None = None
    values: Mapping[str, object] = field(default_factory=dict)


class GeoplanError(Exception):
    """A problem in what the user brought; carries every finding, never only the first.

    `language` is the plan's, where it was known when the problem was found.
    """

    def __init__(self, findings: Sequence[Finding], language: str | None = None) -> None:
        self.findings = tuple(findings)
        self.language = language
        super().__init__("\n".join(say(finding, "en") for finding in self.findings))


class ConfigError(GeoplanError, ValueError):
    """plan.toml says something that cannot be used."""


class DataError(GeoplanError, ValueError):
    """A file cannot be used, or too many of its rows cannot."""


class PolicyError(GeoplanError, ValueError):
    """A policy document cannot be loaded, or no document governs the plan."""


class InfeasibleError(GeoplanError, ValueError):
    """What the plan asks for contradicts itself."""


@cache
def messages() -> Mapping[str, Mapping[str, str]]:
    """Return every line of messages.csv by its code."""
    text = files("geoplan").joinpath("messages.csv").read_text(encoding="utf-8")
    return {line["code"]: line for line in csv.DictReader(text.splitlines())}


def say(finding: Finding, language: str) -> str:
    """Return the sentence of a finding in `language` (zh or en); where it was found is not repeated in it."""
    return messages()[finding.code][language].format(**finding.values)


def located(finding: Finding, language: str) -> str:
    """Return the sentence of a finding with the layer and the row, where it has them, in front of it."""
    where = finding.layer
    if not where:
        return say(finding, language)
    if finding.row is not None:
        where += f" 第 {finding.row} 行" if language == "zh" else f" row {finding.row}"
    return f"{where}：{say(finding, language)}" if language == "zh" else f"{where}: {say(finding, language)}"


def listed(items: Iterable[object], language: str = "zh") -> str:
    """Return the first few items as text, with the count of all where there are more."""
    texts = [str(item) for item in items]
    shown = "、".join(texts[:MAX_LISTED]) if language == "zh" else ", ".join(texts[:MAX_LISTED])
    return shown if len(texts) <= MAX_LISTED else f"{shown} … ({len(texts)})"


def is_short_of_memory(error: BaseException) -> bool:
    """Say whether an error means that the machine has no memory left, in whatever words a library says it."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == ENOMEM or (
        isinstance(error, Exception) and any(words in str(error) for words in NO_MEMORY))


def stopping(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that stop a run."""
    return [finding for finding in findings if messages()[finding.code]["severity"] == "error"]


def remarks_of(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that stop nothing."""
    return [finding for finding in findings if messages()[finding.code]["severity"] != "error"]


def raise_all(error: type[GeoplanError], findings: Sequence[Finding], language: str | None = None) -> None:
    """Raise `error` once with every finding, or do nothing where there is none."""
    if findings:
        raise error(findings, language)
