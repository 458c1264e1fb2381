"""Every case of the catalogue: exit 1 with one clear message, or exit 0 with a remark; never silence or a traceback."""

import re
from collections import Counter
from pathlib import Path

import configurations
import corruptions
import encodings_
import fuzzed
import geometries
import hostiles
import identities_
import misreadings
import pytest
import systems
import texts
import zips
from catalogue import CLEAN, Case, Catalogue

from geoplan.errors import Finding, located, messages
from geoplan.project import parse_project
from geoplan.read import Layers, collect_layers

BOOK = Catalogue()
for part in (
    encodings_, corruptions, geometries, systems, texts, identities_, hostiles, fuzzed, configurations, zips,
    misreadings,
):
    part.add_to(BOOK)


LEAST = {  # cases of each kind that this catalogue promises
    "encoding": 40, "corruption": 40, "geometry": 60, "crs": 20, "datum": 20, "table text": 60, "ids": 30,
    "hostile": 30, "plan.toml": 50, "zips": 20,
}


def test_the_catalogue_holds_what_it_promises() -> None:
    counts = Counter(case.group for case in BOOK.cases)
    assert {group: counts[group] for group, least in LEAST.items() if counts[group] < least} == {}
    assert counts.total() >= 500
    assert len({str(case) for case in BOOK.cases}) == counts.total()


def read(folder: Path) -> tuple[Layers | None, list[Finding]]:
    project, findings = parse_project(folder)
    if project is None or findings:
        return None, findings
    return collect_layers(project)


def said_well(finding: Finding) -> bool:
    """Say whether a finding is a sentence in both languages, with no hole left in it."""
    sentences = [located(finding, language) for language in ("zh", "en")]
    return all(sentence.strip() and not re.search(r"\{[a-z_]+\}", sentence) for sentence in sentences)


@pytest.mark.parametrize("case", BOOK.cases, ids=str)
def test_a_bad_input_stops_or_is_remarked(case: Case, tmp_path: Path) -> None:
    case.make(tmp_path)
    layers, stops = read(tmp_path)
    remarks = list(layers.findings) if layers is not None else []
    assert all(map(said_well, [*stops, *remarks]))
    if case.stops:
        assert layers is None or stops
        assert any(finding.code.startswith(case.code) for finding in stops), [located(one, "en") for one in stops]
        return
    assert [located(one, "en") for one in stops] == []
    assert layers is not None
    codes = {finding.code for finding in remarks}
    doubts = {code for code in codes if messages()[code]["severity"] != "note"}
    if case.code == CLEAN:
        assert doubts == set()
    elif case.code:
        assert any(code.startswith(case.code) for code in codes), codes
    for layer, counts in layers.rows.items():
        lost = [one for one in remarks if one.layer == layer and messages()[one.code]["action"] == "rejected"]
        assert counts["read"] == counts["used"] + counts["rejected"]
        assert len(lost) == counts["rejected"]
    assert case.look is None or case.look(layers)
