"""Every table, cut to one area."""

from pathlib import Path

from paper import full_plan

from geoplan.briefs import make_briefs


def test_each_area_has_its_own_rows_of_every_table(tmp_path: Path) -> None:
    first, second = make_briefs(full_plan(tmp_path / "plan"))
    assert [brief.area["area_id"] for brief in (first, second)] == ["A1", "A2"]
    assert sorted(first.rows["estates"]["estate_id"]) == ["E1", "E2", "E3"]
    assert sorted(second.rows["estates"]["estate_id"]) == ["E4", "E5"]
    assert (len(first.rows["funding"]), len(second.rows["funding"])) == (2, 0)
    assert list(second.rows["funding"]) == list(first.rows["funding"])


def test_walls_are_numbered_by_their_rank_and_estates_by_their_name(tmp_path: Path) -> None:
    first, _ = make_briefs(full_plan(tmp_path / "plan"))
    assert first.wall_numbers == {("E2", "E3"): 1, ("E1", "E2"): 2}
    names = dict(zip(first.rows["estates"]["estate_id"], first.rows["estates"]["name"], strict=True))
    assert [names[estate] for estate in first.estate_numbers] == sorted(names.values())
    assert list(first.estate_numbers.values()) == [1, 2, 3]


def test_sites_near_an_area_stand_nearest_first_and_sited_ones_always(tmp_path: Path) -> None:
    first, second = make_briefs(full_plan(tmp_path / "plan"))
    assert first.rows["sites"]["site_id"] == ["S1", "S2"]  # 30 m and 40 m north of A1
    assert first.rows["sites"]["distance_m"] == [30.0, 40.0]
    assert set(second.rows["sites"]["site_id"]) <= {"S1", "S2"}


def test_only_hard_rules_that_do_not_pass_are_open(tmp_path: Path) -> None:
    first, second = make_briefs(full_plan(tmp_path / "plan"))
    assert len(first.rows["verdicts"]) == 0
    assert second.rows["verdicts"].records("estate_id", "result") == [{"estate_id": "E4", "result": "unknown"}]
