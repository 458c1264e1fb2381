"""Numbers as people read them."""

from decimal import Decimal

import pandas as pd
import pytest
from little_plan import table

from geoplan.extracts import extract_of
from geoplan.figures import MISSING, grid_of, in_ten_thousands, number_text, sum_of, words_on_paper
from geoplan.schema import lines_of


@pytest.mark.parametrize(("value", "unit", "text"), [
    (1_572, "persons", "1,572"), (157.25, "m2", "157.3"), (0.125, "share", "12.5%"), (0.1005, "share", "10.1%"),
    (1_234_550.0, "yuan", "123.46"), (2025, "year", "2025"), (None, "m2", MISSING), (float("nan"), "yuan", MISSING),
    (pd.NA, "persons", MISSING), (700.0, "", "700"), (0.256, "", "0.26"), (1_234.5, "person-min", "1,235")])
def test_a_number_is_rounded_half_up_and_missing_is_a_dash(value: object, unit: str, text: str) -> None:
    assert number_text(value, unit) == text


def test_a_sum_is_exact_and_unknown_where_a_part_is() -> None:
    assert sum_of(pd.Series([0.1, 0.2])) == Decimal("0.3")
    assert sum_of(pd.Series([0.1, None])) is None
    assert (sum_of([0.1, 0.2]), sum_of([0.1, None])) == (Decimal("0.3"), None)
    assert in_ten_thousands(125_430.8) == Decimal("12.54308")


def test_money_is_read_in_ten_thousands_and_summed_in_the_last_row() -> None:
    funding = table("funding", area_id=["A1"] * 2, item=["甲", "乙"], source=["residents", "utility"],
                    amount_yuan=[1_234_500.0, 765_500.0], basis=["assumption", "policy"])
    grid = grid_of("funding", extract_of(funding), "zh", ("item", "amount_yuan"), total=("amount_yuan",),
                   total_word="合计")
    assert grid.headings == ("改造内容", "金额（万元）")
    assert grid.rows == (("乙", "76.55"), ("甲", "123.45"), ("合计", "200.00"))


def test_a_column_without_a_value_is_left_out_and_an_unknown_column_is_passed_over() -> None:
    rows = table("areas", area_id=["A1"], name=["鼓楼"], households=[600], geometry=[None])
    grid = grid_of("areas", extract_of(rows), "en", ("area_id", "no_such_column", "score", "households"))
    assert grid.headings == ("Area ID", "Households")


def test_every_word_on_paper_stands_in_both_languages_and_takes_the_same_values() -> None:
    keys = [line["key"] for line in lines_of("paper.csv")]
    assert len(keys) == len(set(keys))
    values = {"n": 1, "all": 2, "as_of": "d", "crs": "c", "version": "v", "letters": "l", "m": 1, "id": "A1",
              "tolerance": "t", "types": "x", "basis": "b", "status": "s", "land": "l", "which": "1"}
    for language in ("zh", "en"):
        assert all(text.format(**values) for text in words_on_paper(language).values())
