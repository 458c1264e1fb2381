"""Reading the ledger of progress: the one layer that lies nowhere, held to rules of its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from brought import collect, town, write, write_csv, write_sheet

from geoplan.errors import ConfigError, located
from geoplan.read import Layers
from geoplan.schema import columns_of
from geoplan.words import read_date

ESTATES = 'path = "estates.gpkg"\n'
HEAD = ["estate_id", "area_id", "stage", "start_date", "spent_yuan"]


def read(
    folder: Path, *lines: Sequence[Any], head: Sequence[str] = HEAD, more: str = "",
) -> tuple[Layers | None, list[str]]:
    """Return the layers with a ledger of progress, and what stops the run."""
    write(town(), folder / "estates.gpkg")
    write_csv(folder / "progress.csv", [head, *lines])
    return collect(folder, estates=ESTATES, progress=f'path = "progress.csv"\n{more}')


def rows(folder: Path, *lines: Sequence[Any], **said: Any) -> pd.DataFrame:
    layers, stops = read(folder, *lines, **said)
    assert layers is not None
    assert stops == []
    return layers.progress


def codes(layers: Layers) -> list[str]:
    return [finding.code for finding in layers.findings if finding.layer == "progress"]


def test_a_project_without_a_ledger_has_an_empty_one(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    layers, stops = collect(tmp_path, estates=ESTATES)
    assert stops == []
    assert layers is not None
    assert list(layers.progress) == [*(column.name for column in columns_of("progress", "in")), "row"]
    assert layers.progress.empty
    assert "progress" not in {*layers.brought, *layers.rows}


def test_a_ledger_is_read_into_typed_columns(tmp_path: Path) -> None:
    read_ = rows(tmp_path, ["E2", "", "在建", "2025/4/1", "12.5万元"], ["E1", "", "done", "2025年3月2日", "0"])
    assert read_["estate_id"].tolist() == ["E1", "E2"]
    assert read_["stage"].tolist() == ["done", "construction"]
    assert read_["start_date"].tolist() == ["2025-03-02", "2025-04-01"]
    assert read_["spent_yuan"].tolist() == [0, 125_000]
    assert read_["row"].tolist() == [3, 2]
    assert read_["issues_open"].isna().all()


def test_too_many_rejected_rows_stop_the_run(tmp_path: Path) -> None:
    _, stops = read(tmp_path, ["E1", "", "done", "", ""], ["E2", "", "done", "", ""], ["E3", "", "done", "", ""],
                    ["", "", "done", "", ""], ["E1", "A1", "tender", "", ""])
    assert stops == ["read.too_many_rejected"]  # two of five are more than a fifth


@pytest.mark.parametrize(("line", "code"), [
    (["", "", "done", "", ""], "progress.nameless"),
    (["E99", "", "done", "", ""], "progress.no_such_estate"),
    (["E1", "", "tender", "", ""], "progress.twice"),
])
def test_a_row_that_speaks_of_nothing_known_or_twice_is_rejected_with_a_remark(
    tmp_path: Path, line: list[str], code: str,
) -> None:
    good = [["E1", "", "done", "", ""], ["E2", "", "done", "", ""], ["E3", "", "done", "", ""],
            ["", "A1", "done", "", ""]]
    layers, stops = read(tmp_path, *good, line)
    assert stops == []
    assert layers is not None
    assert codes(layers) == [code]
    assert layers.rows["progress"] == {"read": 5, "used": 4, "rejected": 1}
    assert "progress.csv" in layers.inputs


def test_an_area_is_not_checked_before_areas_exist(tmp_path: Path) -> None:
    assert rows(tmp_path, ["", "A777", "施工", "", ""])["area_id"].tolist() == ["A777"]


def test_counts_and_days_that_contradict_each_other_are_unknown(tmp_path: Path) -> None:
    head = ["estate_id", "stage", "start_date", "finish_date", "after_base", "after_surveyed", "after_satisfied"]
    layers, _ = read(tmp_path, ["E1", "done", "2025-04-01", "2025-03-01", "100", "80", "90"], head=head)
    assert layers is not None
    assert pd.isna(layers.progress.loc[0, ["finish_date", "after_base", "after_surveyed", "after_satisfied"]]).all()
    assert codes(layers) == ["progress.contradictory", "progress.ends_before_it_starts"]
    assert all(located(finding, "en") for finding in layers.findings)


@pytest.mark.parametrize(("head", "code"), [
    (["estate_id", "spent_yuan"], "headings.no_required"),  # no stage
    (["stage", "stage"], "headings.column_twice"),
])
def test_a_ledger_without_its_columns_stops_the_run(tmp_path: Path, head: list[str], code: str) -> None:
    _, stops = read(tmp_path, ["E1", "x"], head=head)
    assert code in stops


def test_a_file_of_outlines_is_no_ledger(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    assert collect(tmp_path, estates=ESTATES, progress=ESTATES)[1] == ["progress.no_ledger"]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    with pytest.raises(ConfigError, match=r"progress\.path does not exist: none\.csv"):
        collect(tmp_path, estates=ESTATES, progress='path = "none.csv"\n')


def test_a_workbook_with_their_words_is_read_too(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    write_sheet(tmp_path / "进度.xlsx", [["小区", "进度", "已付"], ["E1", "干活中", 5]])
    layers, stops = collect(tmp_path, estates=ESTATES, progress="""
path = "进度.xlsx"
columns = { estate_id = "小区", stage = "进度", spent_yuan = "已付" }
values.stage = { "干活中" = "construction" }
""")
    assert stops == []
    assert layers is not None
    assert layers.progress[["estate_id", "stage", "spent_yuan"]].to_numpy().tolist() == [["E1", "construction", 5]]


def test_a_column_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="colour is not a known column"):
        read(tmp_path, ["E1", "", "done", "", ""], more='columns = { colour = "stage" }\n')


@pytest.mark.parametrize(("text", "day"), [
    ("2025-04-01", "2025-04-01"), ("2025/4/1", "2025-04-01"), ("2025.4.1", "2025-04-01"),
    ("2025年4月1日", "2025-04-01"), ("2025-04-01 00:00:00", "2025-04-01"), ("2025年4月", None), ("2025-02-30", None),
    ("2025-4/1", None), ("四月", None), ("20250401", None),
])
def test_a_day_is_read_in_the_ways_it_is_written(text: str, day: str | None) -> None:
    assert read_date(text).value == day
