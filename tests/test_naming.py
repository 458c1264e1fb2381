"""Names of areas, from a few lines of estates."""

from random import Random

import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

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


def test_names_do_not_hang_on_how_areas_are_numbered() -> None:
    rows = [("A001", "e1", "新村", "东街", None, 100), ("A002", "e2", "新村", "东街", None, 100)]
    turned = [("A007", "e1", "新村", "东街", None, 100), ("A002", "e2", "新村", "东街", None, 100)]
    assert named(*rows) == ["东街 · 新村片区", "东街 · 新村片区（2）"]
    assert named(*turned) == ["东街 · 新村片区（2）", "东街 · 新村片区"]  # by area_id: A002, then A007


@st.composite
def places(draw: st.DrawFn) -> pd.DataFrame:
    """Return estates in areas, with few names, so that many areas would be called the same."""
    count = draw(st.integers(1, 12))
    some = st.sampled_from
    return pd.DataFrame({
        "area_id": [f"A00{draw(st.integers(1, 6))}" for _ in range(count)],
        "estate_id": [f"e{number:02d}" for number in range(count)],
        "name": draw(st.lists(some(["新村", "甲苑", "甲苑小区", None]), min_size=count, max_size=count)),
        "subdistrict": draw(st.lists(some(["东街", "西街", None]), min_size=count, max_size=count)),
        "community": draw(st.lists(some(["朝阳社区", "新村社区", None]), min_size=count, max_size=count)),
        "households": [100 * draw(st.integers(1, 9)) for _ in range(count)],
    })


@settings(max_examples=25)
@given(placed=places(), chance=st.randoms(use_true_random=False))
def test_every_name_is_one_areas_own_whatever_the_order_of_rows(placed: pd.DataFrame, chance: Random) -> None:
    names = name_areas(placed)["name"]
    assert names.is_unique
    assert names.index.tolist() == sorted(set(placed["area_id"]))
    order = list(placed.index)
    chance.shuffle(order)
    assert name_areas(placed.loc[order]).equals(name_areas(placed))


@settings(max_examples=25)
@given(placed=places(), data=st.data())
def test_a_small_change_of_households_changes_no_name(placed: pd.DataFrame, data: st.DataObject) -> None:
    # Households are hundreds: one more or less in each estate leaves the larger of two larger, unless they were equal.
    totals = placed.groupby("area_id")["households"].sum()
    held = placed.groupby(["area_id", "subdistrict", "community"])["households"].sum()
    within = placed.groupby(["area_id", "subdistrict"])["households"].sum().reset_index()
    assume(not placed.duplicated(["area_id", "households"]).any())
    assume(not within.duplicated(["area_id", "households"]).any())
    assume(not (2 * held).isin([*totals, *placed.groupby(["subdistrict", "community"])["households"].sum()]).any())
    nudge = data.draw(st.lists(st.integers(-1, 1), min_size=len(placed), max_size=len(placed)))
    assert name_areas(placed.assign(households=placed["households"] + nudge)).equals(name_areas(placed))


@settings(max_examples=25)
@given(placed=places(), data=st.data())
def test_other_numbers_of_areas_change_no_name(placed: pd.DataFrame, data: st.DataObject) -> None:
    ids = sorted(set(placed["area_id"]))
    new = dict(zip(ids, data.draw(st.permutations([f"A{number:03d}" for number in range(10)]))[:len(ids)], strict=True))
    names, others = name_areas(placed)["name"], name_areas(placed.assign(area_id=placed["area_id"].map(new)))["name"]
    assert {new[area]: name for area, name in names.items()} == others.to_dict()


@settings(max_examples=20)
@given(placed=places())
def test_an_area_of_another_name_elsewhere_changes_no_name(placed: pd.DataFrame) -> None:
    elsewhere = pd.DataFrame({"area_id": ["A000"], "estate_id": ["a"], "name": ["河湾里"], "subdistrict": ["南街"],
                              "community": [None], "households": [999]})
    more = name_areas(pd.concat([elsewhere, placed], ignore_index=True))
    assert more.loc["A000", "name"] == "南街 · 河湾里片区"
    assert more["name"].drop("A000").equals(name_areas(placed)["name"])
