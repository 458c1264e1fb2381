"""The spine: what was not brought is said once and left out, and the order of the rows changes nothing."""

import json
from pathlib import Path

import pandas as pd
import pytest
from test_cli import write_project

from geoplan import make_plan, read_project
from geoplan.errors import DataError
from geoplan.plan import Plan
from geoplan.prepared import prepare
from geoplan.schema import keys_of, tables

TOWN = Path(__file__).parents[1] / "data" / "hehuang"


@pytest.fixture(scope="module")
def town() -> Plan:
    return make_plan(read_project(str(TOWN)))


def test_what_was_not_brought_is_said_once_and_nothing_else_is(tmp_path: Path) -> None:
    remarks = make_plan(read_project(write_project(tmp_path / "p"))).tables["remarks"]
    # 3 estates without residents: one remark for all of them; facilities, streets and sites: one each. Of the money:
    # how it is counted, no column of lifts, no floor area (both works go by it); of the years: what is not known
    assert remarks["code"].tolist() == [
        "residents.estimated", "works.how_counted", "works.no_lifts", "works.unknown_quantity",
        "works.unknown_quantity", "plan.no_facilities",
        "programme.ready_share", "programme.unknown_gate", "ranking.unknown", "plan.no_sites",
        "plan.straight_line"]


def test_without_facilities_their_tables_are_there_with_no_row(tmp_path: Path) -> None:
    made = make_plan(read_project(write_project(tmp_path / "p"))).tables
    assert set(made) == set(tables())
    empty = ("walks", "gaps", "area_gaps", "care", "care_flows", "openings")
    assert [name for name in empty if len(made[name])] == []
    area = made["areas"].iloc[0]
    # 3 x 300 households; nothing is known of gaps or elder care, which is not the same as none
    assert area["households"] == 900
    assert pd.isna(area["gap_types"])
    assert pd.isna(area["elder_short_m2"])


def test_every_table_of_the_contract_is_there_sorted_by_its_key_and_no_key_stands_twice(town: Plan) -> None:
    assert set(town.tables) == set(tables())
    for name, table in town.tables.items():
        keys = keys_of(name)
        assert not table.duplicated(keys).any(), name
        assert table[keys].equals(table[keys].sort_values(keys, ignore_index=True)), name


def test_ids_that_point_from_table_to_table_are_known_there(town: Plan) -> None:
    made = town.tables
    estates, areas, facilities = (set(made[name][f"{key}_id"]) for name, key in (
        ("estates", "estate"), ("areas", "area"), ("facilities", "facility")))
    for table, column, known in (
        ("links", "estate_a", estates), ("links", "estate_b", estates), ("walks", "estate_id", estates),
        ("walks", "facility_id", facilities), ("verdicts", "estate_id", estates), ("estates", "area_id", areas),
        ("areas", "hub_estate_id", estates), ("care", "area_id", areas), ("care_flows", "facility_id", facilities),
        ("openings", "area_id", areas), ("area_gaps", "area_id", areas),
    ):
        assert set(made[table][column].dropna()) <= known, (table, column)


def test_sums_of_areas_are_sums_of_their_estates(town: Plan) -> None:
    members = town.tables["estates"].dropna(subset="area_id").groupby("area_id")
    areas = town.tables["areas"].set_index("area_id")
    for column in ("households", "residents"):
        assert (members[column].sum() == areas[column]).all(), column
    assert (members.size() == areas["estates"]).all()


def test_the_order_of_the_rows_in_the_files_changes_no_table(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    file = project / "estates.geojson"
    straight = make_plan(read_project(project)).tables
    said = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**said, "features": said["features"][::-1]}, ensure_ascii=False), encoding="utf-8")
    turned = make_plan(read_project(project)).tables
    for name in tables():
        pd.testing.assert_frame_equal(pd.DataFrame(straight[name]), pd.DataFrame(turned[name]))


def test_wishes_for_unknown_estates_stop_the_run_before_it_starts(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", extra='[areas]\nmust_split = [["E0", "X9"]]\n')
    with pytest.raises(DataError, match="X9"):
        prepare(project)


def test_law_and_plan_stand_in_one_table_of_parameters(town: Plan) -> None:
    lines = town.tables["parameters"].set_index("name")
    assert lines.loc["elder.m2_per_resident", ["value", "origin"]].tolist() == ["0.1", "policy"]
    assert lines.loc["areas.max_gap_m", "origin"] == "project"
    assert (lines["clause_or_because"].str.len() > 0)[lines["origin"] != "project"].all()
