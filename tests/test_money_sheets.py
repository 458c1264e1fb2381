"""Money in the workbook: amounts in 万元 that equal the tables to the last yuan, and assumptions marked as such."""

from fractions import Fraction
from pathlib import Path

import pytest
from little_plan import little_plan
from priced import Town, estate, siting

from geoplan.sheets import Sheet, sheets_of

TITLES = {"zh": ("改造内容与造价", "资金来源对照", "资金"), "en": ("Works and costs", "Sources of money", "Funding")}


def town() -> Town:
    return Town(
        [estate("E1", hazards="屋面、排水", households_body_works=60, elevators_needed=2),
         estate("E2", "A2", neglect=None, households_body_works=None)],
        sitings=[siting("S1", "ELD_DAYCARE", 100.0, price=1_300.0)], shares={"utility": 0.7})


def sheets(folder: Path, language: str = "zh") -> tuple[Sheet, Sheet, Sheet]:
    made = town()
    plan = little_plan(folder, language=language, works=made.works, funding=made.funding, sources=made.sources)
    every = sheets_of(plan)
    works, sources, funding = (every[title] for title in TITLES[language])
    return works, sources, funding


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_three_sheets_of_money_are_there(tmp_path: Path, language: str) -> None:
    works, sources, funding = sheets(tmp_path, language)
    made = town()
    assert (len(works["item"].values), len(sources["item"].values), len(funding["item"].values)) == (
        len(made.works), len(made.sources), len(made.funding))


def test_amounts_in_wan_yuan_equal_the_tables_to_the_last_yuan(tmp_path: Path) -> None:
    works, _, funding = sheets(tmp_path)
    made = town()
    for sheet, table in ((works, made.works), (funding, made.funding)):
        shown = sum(round(Fraction(str(wan)) * 10_000) for wan in sheet["amount_yuan"].values)
        assert shown == table["amount_yuan"].sum()
    assert works["amount_yuan"].heading == "造价（万元）"
    assert works["unit_mid"].heading == "单价中（元/单位）"


def test_every_amount_that_rests_on_an_assumption_is_marked(tmp_path: Path) -> None:
    works, _, funding = sheets(tmp_path)
    shown = dict(zip(works["item"].values, works["basis"].values, strict=True))
    assert shown["屋面防水保温"] == "※ 假设，须以当地概算替换"
    assert shown["加装电梯"] == "公开资料"
    assert shown["老年人日间照料中心(含托老所)"] == "本项目"
    marked = [basis.startswith("※") for basis in funding["basis"].values]
    assert sorted(marked) == sorted(town().funding["basis"].eq("assumption"))


def test_the_sources_stand_in_the_order_of_the_works(tmp_path: Path) -> None:
    works, sources, _ = sheets(tmp_path)
    order = list(dict.fromkeys(sources["item"].values))
    kinds = dict(zip(works["item"].values, works["content_class"].values.fillna("none"), strict=True))
    assert [kinds[item] for item in order] == sorted(
        (kinds[item] for item in order), key=["基础", "完善", "提升", "引导", "none"].index)


def test_classes_of_works_stand_in_the_language_of_the_plan(tmp_path: Path) -> None:
    works, _, funding = sheets(tmp_path, "en")
    assert {"Basic", "Improvement", "Upgrade"} >= set(works["content_class"].values.dropna()) > set()
    assert not {"基础", "完善", "提升"} & set(funding["content_class"].values.dropna())
    assert "基础" in set(sheets(tmp_path / "zh")[0]["content_class"].values)


def test_terms_and_sources_stand_in_words(tmp_path: Path) -> None:
    _, sources, funding = sheets(tmp_path)
    assert {"按户定额", "按部定额", "已商定比例", "比例未定，可申请"} <= set(sources["terms"].values)
    assert {"中央和省级财政", "专营单位", "资金缺口"} <= set(funding["source"].values)
