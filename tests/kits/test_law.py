"""Two towns under three chains: every verdict has its document and clause, and what is open or unknown stays apart.

Only the estates are read and screened. The counts are taken from the columns with plain pandas, never from a step.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geoplan.documents import load_documents
from geoplan.jurisdictions import find_documents
from geoplan.policy import resolve
from geoplan.project import load_project
from geoplan.read import Layers, read_layers
from geoplan.schema import words_of
from geoplan.screening import screen_estates

TESTS = Path(__file__).parents[1]
TOWN, KIT = TESTS.parent / "data" / "hehuang", TESTS / "kits" / "wuxi_xinwu"
CHAINS = {"西宁市": (TOWN, date(2024, 3, 1)), "甘肃省": (KIT, date(2023, 3, 1)), "金沙县": (KIT, date(2022, 3, 1))}
NEEDED = ("estates", "heritage")


@pytest.fixture(scope="module")
def brought(shared: Path) -> dict[Path, tuple[Layers, int]]:
    assert shared.is_dir()
    projects = {folder: load_project(folder) for folder in (TOWN, KIT)}
    return {
        folder: (read_layers(replace(project, sources={name: project.sources[name] for name in NEEDED})),
                 project.plan.year)
        for folder, project in projects.items()
    }


@pytest.fixture(scope="module")
def judged(brought: dict[Path, tuple[Layers, int]]) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    tables = {}
    for place, (folder, day) in CHAINS.items():
        layers, year = brought[folder]
        policy = resolve(find_documents(place, (), day)[0])
        tables[place] = layers.estates, screen_estates(
            layers.estates, policy, plan_year=year, brought=layers.brought, heritage=layers.heritage)
    return tables


def counts_of(verdicts: pd.DataFrame, rule_id: str) -> dict[str, int]:
    return verdicts.loc[verdicts["rule_id"] == rule_id, "result"].value_counts().to_dict()


@pytest.mark.parametrize("place", CHAINS)
def test_every_verdict_has_the_document_and_the_clause_of_its_rule(
    place: str, judged: dict[str, tuple[pd.DataFrame, pd.DataFrame]],
) -> None:
    estates, verdicts = judged[place]
    rules = {rule.id: (document.id, rule.clause) for document in load_documents().values() for rule in document.rules}
    asked = verdicts[["rule_id", "document", "clause"]].drop_duplicates()
    assert {rule_id: (document, clause) for rule_id, document, clause in asked.itertuples(index=False)} == {
        rule_id: rules[rule_id] for rule_id in asked["rule_id"]}
    assert (verdicts[["document", "clause", "param", "limit"]] != "").all(axis=None)
    assert verdicts[["document", "clause", "param", "limit"]].notna().all(axis=None)
    assert len(verdicts) == len(estates) * asked["rule_id"].nunique()
    assert set(verdicts["result"]) <= {word.code for word in words_of("verdict")}


@pytest.mark.parametrize(("place", "open_rules"), [
    ("西宁市", {"CN50-17", "SC-17"}), ("甘肃省", set()), ("金沙县", {"CN50-16", "SC-16", "CN50-17", "SC-17"}),
])
def test_only_what_the_law_leaves_open_is_not_set_and_then_for_every_estate(
    place: str, open_rules: set[str], judged: dict[str, tuple[pd.DataFrame, pd.DataFrame]],
) -> None:
    """Gansu fills the national gates (GS-06 to GS-08), Qinghai the entry by its 80 % of all, Jinsha fills none."""
    estates, verdicts = judged[place]
    is_open = verdicts["result"] == "not_set"
    assert set(verdicts.loc[is_open, "rule_id"]) == open_rules
    assert is_open.sum() == len(open_rules) * len(estates)


def test_the_participation_of_gansu_counts_as_the_columns_say(
    judged: dict[str, tuple[pd.DataFrame, pd.DataFrame]],
) -> None:
    estates, verdicts = judged["甘肃省"]
    whole, part = (estates[name].astype("float64") for name in ("consent_eligible", "consent_participants"))
    is_known = whole.gt(0) & part.notna() & part.le(whole)
    passing = is_known & (part >= 0.75 * whole)
    assert counts_of(verdicts, "GS-06") == {
        "pass": passing.sum(), "fail": (is_known & ~passing).sum(), "unknown": (~is_known).sum()}


def test_jinsha_takes_estates_of_before_2000_and_knows_none_without_a_year(
    judged: dict[str, tuple[pd.DataFrame, pd.DataFrame]],
) -> None:
    estates, verdicts = judged["金沙县"]
    years = estates["completion_year"]
    assert (years == 2000).any()
    assert counts_of(verdicts, "JS-05") == {
        "pass": years.lt(2000).sum(), "fail": years.ge(2000).sum(), "unknown": years.isna().sum()}


def test_votes_that_were_not_brought_are_unknown_and_no_fail(
    judged: dict[str, tuple[pd.DataFrame, pd.DataFrame]],
) -> None:
    estates, verdicts = judged["甘肃省"]
    for rule_id in ("GS-08", "GS-09", "GS-10", "GS-11", "UP-CC278"):
        assert counts_of(verdicts, rule_id) == {"unknown": len(estates)}, rule_id


def test_the_town_under_xining_keeps_both_rules_on_expropriation(
    judged: dict[str, tuple[pd.DataFrame, pd.DataFrame]],
) -> None:
    """XN-02 wins, QH21-06 stands beside it: an estate that fails one fails both."""
    _, verdicts = judged["西宁市"]
    both = verdicts[verdicts["rule_id"].isin(["XN-02", "QH21-06"])].pivot(
        index="estate_id", columns="rule_id", values="result")
    assert (both["XN-02"] == both["QH21-06"]).all()
    assert set(both["XN-02"]) == {"pass", "fail"}
