"""Jurisdictions: a place by any of its names, and the documents in force there on a day."""

from datetime import date
from pathlib import Path

import pytest
from test_documents import SOUND

from geoplan.documents import load_documents
from geoplan.errors import PolicyError, say
from geoplan.jurisdictions import check_policies, find_documents, load_places

NATION = ["民法典", "CN-2021-50", "CN-2021-50-ANNEX"]
QINGHAI = [*NATION, "QH-2021-13", "QH-2023-268"]
XINING = [*QINGHAI, "XN-2021"]
DAY = date(2024, 3, 1)


def ids(
    jurisdiction: str | None, day: date = DAY, policies: tuple[str, ...] = (), files: tuple[Path, ...] = (),
) -> list[str]:
    return [document.id for document in find_documents(jurisdiction, policies, day, files)[0]]


@pytest.mark.parametrize(("name", "expected"), [
    ("西宁市", XINING), ("青海省西宁市", XINING), ("西宁", XINING), ("青海西宁市", XINING), ("630100", XINING),
    ("西宁市城中区", XINING), ("青海省西宁市城中区", XINING), ("630103", XINING), ("大通县", XINING),
    ("青海省", QINGHAI), ("青海", QINGHAI), ("海东市", QINGHAI), ("青海省海东市", QINGHAI), ("630200", QINGHAI),
    ("甘肃省", [*NATION, "GS-2022-15"]), ("兰州市", [*NATION, "GS-2022-15"]), ("甘肃省兰州市", [*NATION, "GS-2022-15"]),
    ("德宏州", [*NATION, "DH-2022"]), ("云南省德宏州", [*NATION, "DH-2022"]), ("芒市", [*NATION, "DH-2022"]),
    ("云南省德宏傣族景颇族自治州芒市", [*NATION, "DH-2022"]), ("云南省芒市", [*NATION, "DH-2022"]),
    (" 西宁市 ", XINING), ("全国", NATION),
])
def test_a_place_is_known_by_its_names_with_or_without_the_province(name: str, expected: list[str]) -> None:
    assert ids(name) == expected


@pytest.mark.parametrize("name", [
    "金沙县", "贵州省金沙县", "贵州省毕节市金沙县", "毕节市金沙县", "520523",
    "鼓场街道", "鼓场街道办事处", "金沙县鼓场街道办事处",
])
def test_jinsha_is_known_by_its_names_too(name: str) -> None:
    assert ids(name, date(2022, 3, 1)) == [*NATION, "JS-2021-140"]


@pytest.mark.parametrize("name", ["无锡市", "城中区", "甘肃省西宁市", "320214", "999999", "西宁市西宁市西宁市"])
def test_an_unknown_place_is_told_with_the_known_ones(name: str) -> None:
    finding, = check_policies(name, (), DAY)
    assert say(finding, "zh") == f"没有“{name}”的政策文件；已知：全国、青海省、西宁市、甘肃省、金沙县、德宏州"
    with pytest.raises(PolicyError, match=name):
        find_documents(name, (), DAY)


def test_policies_are_taken_by_their_ids_from_the_nation_down() -> None:
    assert ids(None, DAY, ("QH-2023-268", "CN-2021-50")) == ["CN-2021-50", "QH-2023-268"]


def test_every_unknown_id_is_told() -> None:
    problems = check_policies(None, ("QH-2023-268", "X-1", "X-2"), DAY)
    assert [finding.values["said"] for finding in problems] == ["X-1", "X-2"]


def test_the_last_day_of_a_document_is_still_a_day_of_it() -> None:
    assert ids("西宁市", date(2026, 8, 12)) == XINING
    documents, findings = find_documents("西宁市", (), date(2026, 8, 13))
    assert [document.id for document in documents] == QINGHAI
    assert [say(finding, "zh") for finding in findings] == [
        "XN-2021《西宁市全面推进城镇老旧小区改造工作实施方案》有效期至 2026-08-12，2026-08-13 不再适用"
    ]


def test_jinsha_drops_out_after_its_programme_years() -> None:
    assert "JS-2021-140" in ids("金沙县", date(2022, 12, 31))
    documents, findings = find_documents("金沙县", (), date(2023, 1, 1))
    assert [document.id for document in documents] == NATION
    assert [finding.code for finding in findings] == ["policy.out_of_date"]


def test_a_document_does_not_apply_before_its_first_day() -> None:
    assert "QH-2023-268" in ids("西宁市", date(2023, 9, 26))
    documents, findings = find_documents("西宁市", (), date(2023, 9, 25))
    assert "QH-2023-268" not in [document.id for document in documents]
    assert [finding.code for finding in findings] == ["policy.not_yet"]


def test_a_day_without_any_document_stops_the_run() -> None:
    assert [finding.code for finding in check_policies("西宁市", (), date(2020, 1, 1))] == ["policy.none_in_force"]


def test_documents_that_dropped_out_do_not_stop_a_run() -> None:
    assert check_policies("西宁市", (), date(2030, 1, 1)) == []


def test_every_document_of_the_chains_is_there_and_every_chain_starts_with_the_nation() -> None:
    for place in load_places():
        assert set(place.documents) <= set(load_documents())
        assert list(place.documents[:3]) == NATION


def test_no_name_stands_for_two_places() -> None:
    names = [name for place in load_places() for name in place.names]
    assert len(names) == len(set(names))


def test_a_county_is_added_by_one_file(tmp_path: Path) -> None:
    file = tmp_path / "minhe.toml"
    file.write_text(SOUND, encoding="utf-8")
    assert ids("某县", files=(file,)) == [*QINGHAI, "LOCAL-1"]
    assert ids("630222", files=(file,)) == [*QINGHAI, "LOCAL-1"]
    assert ids("西宁市", files=(file,)) == [*XINING, "LOCAL-1"]
    assert ids(None, policies=("CN-2021-50", "LOCAL-1"), files=(file,)) == ["CN-2021-50", "LOCAL-1"]


def test_a_county_without_an_adcode_has_no_chain_above_it(tmp_path: Path) -> None:
    file = tmp_path / "county.toml"
    file.write_text(SOUND.replace('adcode = "630222"', ""), encoding="utf-8")
    assert [finding.code for finding in check_policies("某县", (), DAY, (file,))] == ["policy.unknown_jurisdiction"]


def test_a_file_that_uses_the_id_of_another_document_or_rule_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "copy.toml"
    file.write_text(SOUND.replace("LOCAL-1", "XN-2021").replace("L-01", "XN-03"), encoding="utf-8")
    problems = check_policies("西宁市", (), DAY, (file,))
    assert [(finding.code, finding.values["where"]) for finding in problems] == [
        ("policy.same_id", "XN-03"), ("policy.same_id", "XN-2021"),
    ]


def test_the_problems_of_files_and_of_the_place_are_told_together(tmp_path: Path) -> None:
    file = tmp_path / "faulty.toml"
    file.write_text(SOUND.replace('op = ">="', 'op = "=>"'), encoding="utf-8")
    problems = check_policies("无锡市", (), DAY, (file, tmp_path / "gone.toml"))
    assert [finding.code for finding in problems] == [
        "policy.not_allowed", "policy.no_file", "policy.unknown_jurisdiction"]
