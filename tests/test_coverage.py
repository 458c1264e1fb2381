"""Coverage: every rule of the law has one use, and it is the one the steps make of it."""

from datetime import date
from pathlib import Path

import pytest
from drawn import layer
from shapely import box
from test_documents import SOUND

import geoplan
from geoplan.contents import class_items, find_content_classes
from geoplan.costs import load_costs
from geoplan.coverage import ASKED, COUNTED, FOLLOWED, TABLES, count_uses, find_uses
from geoplan.documents import load_documents, read_document
from geoplan.jurisdictions import find_documents
from geoplan.milestones import find_deadlines
from geoplan.policy import ELDER_DEFAULT, elder_standard, resolve
from geoplan.schema import lines_of, tables, words_of
from geoplan.scorecard import ANNEX, CHECKS
from geoplan.screening import screen_estates
from geoplan.sources import load_sources

USES = find_uses(load_documents().values()).set_index("rule_id")
CHAINS = [("西宁市", date(2024, 3, 1)), ("甘肃省", date(2023, 3, 1)), ("金沙县", date(2022, 3, 1)),
          ("德宏州", date(2022, 6, 1))]


def uses_of(tmp_path: Path, said: str, instead: str) -> str:
    (tmp_path / "local.toml").write_text(SOUND.replace(said, instead), encoding="utf-8")
    document, findings = read_document(tmp_path / "local.toml")
    assert document is not None, findings
    return str(find_uses([document])["use"].item())


def test_every_rule_has_exactly_one_use() -> None:
    assert USES.index.is_unique
    assert set(USES.index) == {rule.id for document in load_documents().values() for rule in document.rules}
    assert len(USES) == 288
    assert set(USES["use"]) == {word.code for word in words_of("rule_use")}


def test_every_module_has_a_table_in_which_its_rules_will_stand() -> None:
    assert set(TABLES) == {word.code for word in words_of("rule_module")}
    assert set(TABLES.values()) <= set(tables())
    assert (USES.loc[USES["use"] == "coming", "table"] != "").all()


@pytest.mark.parametrize(("place", "day"), CHAINS)
def test_verdicts_are_made_of_the_rules_said_to_make_them_and_of_no_other(place: str, day: date) -> None:
    policy = resolve(find_documents(place, (), day)[0])
    estates = layer("estates", [box(0, 0, 9, 9)], estate_id=["E1"], name=["E1"])
    verdicts = screen_estates(estates, policy, plan_year=2025, brought={}, heritage=layer("heritage", []))
    standing = policy.rules.loc[policy.rules["stands"], "rule_id"]
    said = USES.loc[standing]
    assert set(verdicts["rule_id"]) == set(said[said["stage"] != ""].index)
    assert verdicts.set_index("rule_id")["stage"].to_dict() == said.loc[said["stage"] != "", "stage"].to_dict()


@pytest.mark.parametrize(("place", "day"), CHAINS)
def test_a_rule_at_a_gate_that_needs_evidence_gets_no_other_result(place: str, day: date) -> None:
    """An estate of which everything is known answers every rule that columns can answer."""
    policy = resolve(find_documents(place, (), day)[0])
    known = {
        "completion_year": 1990, "location": "city", "subdistrict": "鼓场街道", "structure": "sound",
        "expropriation_year": 2090, "exclusions": "", "legal_build": True, "neglect": True, "municipal_gaps": True,
        "service_gaps": True, "strong_will": True, "owner_type": "commodity", "survey_done": True,
        "mgmt_consensus": True, "public_notice_no_objection": True, "pm_confirmed": True,
        "scheme_satisfaction_share": 0.95, "self_built": False, "urban_village": False, "shanty_plan": False,
        "demolish_rebuild": False, "consent_eligible": 100, "consent_participants": 99, "consent_agree": 98,
        "scheme_agree": 98, "scheme_participants": 99, "consent_area_total_m2": 100.0,
        "consent_area_participants_m2": 99.0, "consent_area_agree_m2": 98.0, "after_base": 100, "after_surveyed": 99,
        "after_satisfied": 98,
    }
    estates = layer("estates", [box(0, 0, 9, 9)], estate_id=["E1"], name=["E1"],
                    **{name: [value] for name, value in known.items()})
    verdicts = screen_estates(
        estates, policy, plan_year=2025, brought={"estates": frozenset(known), "heritage": frozenset({"name"})},
        heritage=layer("heritage", [box(50, 50, 60, 60)], name=["老街"]))
    results = verdicts.set_index("rule_id")["result"]
    assert set(results[USES.loc[results.index, "use"] == "evidence"]) <= {"needs_evidence"}
    assert set(results[USES.loc[results.index, "use"] == "verdict"]) <= {"pass", "not_set"}


def test_the_elder_care_account_rests_on_the_rules_said_to_be_in_it() -> None:
    standards = {elder_standard(resolve(find_documents(place, (), day)[0])).rule_id for place, day in CHAINS}
    account = USES[USES["use"] == "account"]
    assert standards <= set(account.index)
    assert set(account["document"]) == {"QH-2023-268", *ELDER_DEFAULT}


def test_the_two_sentences_from_which_documents_have_their_dates() -> None:
    assert sorted(USES[USES["use"] == "in_force"].index) == ["QH21-46", "XN-28"]


def test_a_few_uses_worked_out_by_hand() -> None:
    told = {rule_id: tuple(USES.loc[rule_id, ["use", "stage", "table"]]) for rule_id in (
        "QH23-19", "XN-09", "GS-05", "QH23-42", "QH23-04", "CN50-33", "SC-06", "SC-01", "DH-08", "QH23-12",
        "UP-GZ-2022", "CN50-27", "DH-02", "QH21-10", "CN50-13")}
    assert told == {
        "QH23-19": ("verdict", "plan_entry", "verdicts"),  # 80 % agree: two columns answer it
        "XN-09": ("evidence", "start", "verdicts"),  # 100 % of a stairwell: no column of an estate holds it
        "GS-05": ("verdict", "plan_entry", "verdicts"),  # a paper, but survey_done answers it
        "QH23-42": ("account", "", "care"),
        "QH23-04": ("counted", "", "programme"),  # the 15 % cap counts the annual plan
        "CN50-33": ("reported", "", ""),
        "SC-06": ("scorecard", "", "scorecard"),
        "SC-01": ("evidence", "", "scorecard"),  # a paper, which the scorecard names
        "DH-08": ("counted", "", "milestones"),
        "QH23-12": ("followed", "", "areas"),
        "UP-GZ-2022": ("counted", "", "care"),  # per 100 households, beside the need by residents
        "CN50-27": ("counted", "", "funding"),  # names utilities, special bonds and residents as sources of money
        "DH-02": ("coming", "", "funding"),  # names three classes and puts nothing into them
        "QH21-10": ("reported", "", ""),  # an unspecified ratio
        "CN50-13": ("evidence", "", ""),
    }


def test_the_counts_add_up() -> None:
    counts = count_uses(USES.reset_index())
    assert counts.to_numpy().sum() == 288
    none = dict.fromkeys(counts.columns, 0)
    assert counts.loc["eligibility"].to_dict() == none | {"verdict": 24}
    # 5 + 2 + 3 at plan entry and 5 at the start are answered; XN-09, SC-14, QH23-44, SC-25 are not; 3 report
    assert counts.loc["consent"].to_dict() == none | {"verdict": 15, "evidence": 4, "reported": 3}


def test_every_parameter_said_to_be_read_or_followed_stands_in_a_rule_and_in_one_list_only() -> None:
    params = {rule.param for document in load_documents().values() for rule in document.rules}
    followed = [param for names in FOLLOWED.values() for param in names]
    assert len(followed) == len(set(followed))
    assert not set(followed) & {*COUNTED, *(door.param for door in load_sources())}
    assert {*ASKED, *COUNTED, *followed} <= params
    assert not set(ASKED) & {*COUNTED, *followed}
    assert {*FOLLOWED, *COUNTED.values()} <= {*tables(), *tables("province")}


def test_what_no_ledger_tells_is_asked_for_by_a_check_of_the_scorecard_that_names_papers() -> None:
    papers = {line["item"]: line["zh"] for line in lines_of("scorecard.csv")}
    assert all(papers[item] and item not in CHECKS for item in ASKED.values())
    assert tuple(USES.loc["QH23-60", ["use", "table"]]) == ("evidence", "scorecard")  # owners' committees: SC-24


def test_bonds_stand_only_on_works_that_earn_as_the_rule_on_their_repayment_asks() -> None:
    assert tuple(USES.loc["QH23-74", ["use", "table"]]) == ("followed", "funding")
    doors = [door for door in load_sources() if door.source == "special_bond"]
    earns = {"elder", "CHILD_NURSERY", "KINDERGARTEN", "commerce", "PARKING", "EV_CHARGING", "EBIKE_CHARGING"}
    assert doors
    assert all(door.tags <= earns for door in doors)  # fees, yields of stock, operating income of public services


def test_the_subsidy_of_the_upper_levels_goes_to_works_of_the_base_class_only() -> None:
    assert tuple(USES.loc["QH21-19", ["use", "table"]]) == ("followed", "funding")
    costs = load_costs()
    classed = class_items(find_content_classes(find_documents("青海省", (), date(2024, 3, 1))[0]))
    body = [item for item in costs.index if "body" in costs.at[item, "tags"].split("|")]
    assert set(classed.set_index("item").loc[body, "content_class"]) == {"基础"}


def test_what_is_read_by_name_is_read_by_that_name_in_a_step() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in Path(geoplan.__file__).parent.glob("*.py")
                        if file.stem != "coverage")
    assert [param for param in COUNTED if f'"{param}"' not in sources] == []


def test_all_37_checks_of_the_scorecard_stand_in_it() -> None:
    annex = USES[USES["document"] == ANNEX]
    assert len(annex) == 37
    assert set(annex["use"]) == {"verdict", "scorecard", "evidence"}
    judged = set(annex.index[annex["use"].isin(["verdict", "scorecard"])])
    assert judged == set(CHECKS)


def test_the_deadlines_said_to_be_counted_are_those_that_make_milestones() -> None:
    policy = resolve(find_documents("德宏州", (), date(2022, 6, 1))[0])
    said = {deadline.clause.split("[")[1].rstrip("]") for deadline in find_deadlines(policy)}
    assert said == set(USES.index[USES["table"].eq("milestones") & USES["use"].eq("counted") & (
        USES["document"] == "DH-2022")])


@pytest.mark.parametrize(("said", "instead", "use"), [
    ("", "", "verdict"),
    ('param = "plan_entry.agree_rate"', 'param = "plan_entry.colour"', "evidence"),
    ('strength = "hard"', 'strength = "report"', "reported"),
    ('module = "consent"', 'module = "funding"', "verdict"),
    ('param = "plan_entry.agree_rate"', 'param = "share"\nstage = "after"', "evidence"),
])
def test_a_rule_of_ones_own_has_its_use_without_code(tmp_path: Path, said: str, instead: str, use: str) -> None:
    assert uses_of(tmp_path, said, instead) == use
