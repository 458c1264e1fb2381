"""Names of areas, from a few lines of estates."""

import pandas as pd

from geoplan.naming import _numbered, name_areas


def named(*rows: tuple[str, str, str | None, str | None, str | None, int]) -> list[str]:
    columns = ["area_id", "estate_id", "name", "subdistrict", "community", "households"]
    return name_areas(pd.DataFrame(list(rows), columns=columns))["name"].tolist()


def test_an_area_bears_the_name_of_the_community_it_mostly_holds() -> None:
    assert named(
        ("A001", "e1", "甲苑", "泰山街道", "朝阳社区", 300), ("A001", "e2", "乙苑", "泰山街道", "朝阳社区", 200),
        ("A002", "e3", "丙苑", "泰山街道", "朝阳社区", 400)) == ["泰山街道 · 朝阳片区", "泰山街道 · 丙苑片区"]


def test_half_a_community_is_not_enough() -> None:
    rows = [("A001", "e1", "甲苑", "东街", "朝阳社区", 300), ("A002", "e2", "乙苑", "东街", "朝阳社区", 300)]
    assert named(*rows) == ["东街 · 甲苑片区", "东街 · 乙苑片区"]


def test_a_community_in_the_lesser_part_of_an_area_does_not_name_it() -> None:
    rows = [("A001", "e1", "甲苑小区", "东街", None, 301), ("A001", "e2", "乙苑", "东街", "朝阳社区", 300)]
    assert named(*rows) == ["东街 · 甲苑片区"]


def test_without_a_subdistrict_the_name_stands_alone() -> None:
    assert named(("A001", "e1", "甲苑", None, None, 300)) == ["甲苑片区"]


def test_an_id_names_an_area_only_where_no_member_has_a_name() -> None:
    assert named(("A001", "e1", "e1", None, None, 900), ("A001", "e2", "甲苑", None, None, 10)) == ["甲苑片区"]
    assert named(("A001", "e1", "e1", None, None, 900)) == ["e1片区"]


def test_of_two_equal_names_the_later_has_a_number() -> None:
    rows = [(f"A00{n}", f"e{n}", "新村", "东街", None, 100) for n in (1, 2, 3)]
    assert named(*rows) == ["东街 · 新村片区", "东街 · 新村片区（2）", "东街 · 新村片区（3）"]


def test_a_numbered_name_does_not_take_a_name_that_somebody_has() -> None:
    # The third is called 新村片区（2） by an estate of that name, so the second has to be the third of its name.
    rows = [("A001", "e1", "新村", None, None, 1), ("A002", "e2", "新村", None, None, 1)]
    assert named(*rows)[1] == "新村片区（2）"
    taken = pd.Series(["新村片区", "新村片区", "新村片区（2）"], index=["A001", "A002", "A003"])
    assert _numbered(taken).tolist() == ["新村片区", "新村片区（3）", "新村片区（2）"]


def test_the_subdistrict_is_where_most_households_live() -> None:
    assert named(("A001", "e1", "甲苑", "东街", None, 200), ("A001", "e2", "乙苑", "西街", None, 150),
                 ("A001", "e3", "丙苑", "西街", None, 100)) == ["西街 · 甲苑片区"]
