"""Ids, cells, figures and types: what the rules about rows do, through whole small projects."""

from pathlib import Path
from typing import Any

import pytest
from brought import EAST, NORTH, collect, estates, project, remarks, square, town, write, write_csv
from shapely.geometry import LineString, Point

from geoplan.errors import say
from geoplan.project import load_project
from geoplan.read import Layers, read_layers


def facilities(folder: Path, lines: list[list[Any]], text: str = "", header: str = "") -> Layers:
    """Return the layers of a town with facilities given as lines of a ledger, the heading first."""
    write(town(), folder / "e.gpkg")
    write_csv(folder / "f.csv", lines)
    layers, stops = collect(
        folder, header, estates='path = "e.gpkg"', facilities=('path = "f.csv"\ncrs = "EPSG:4549"\n' + text)
    )
    assert stops == []
    assert layers is not None
    return layers


def near(east: float = 0.0) -> list[float]:
    return [EAST + east, NORTH]


def test_a_figure_that_can_hardly_be_is_kept_and_told_of(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(
        5, storeys_max=["600", "80", "0", "81", None], households=["100", "50000", "50001", "9", "0"]))
    assert layers.estates["storeys_max"].tolist()[:4] == [600, 80, 0, 81]
    assert [(told["row"], told["column"], told["said"], told["low"], told["high"])
            for told in remarks(layers, "cells.unusual")] == [
        (1, "storeys_max", 600, "1", "80"), (3, "storeys_max", 0, "1", "80"), (3, "households", 50_001, "1", "50,000"),
        (4, "storeys_max", 81, "1", "80")]


def test_beds_and_storeys_of_facilities_have_usual_figures_too(tmp_path: Path) -> None:
    layers = facilities(tmp_path, [
        ["name", "facility_type", "storey", "beds", "floor_area_m2", "x", "y"],
        ["a", "ELD_DAYCARE", "120", "20", "300", *near()], ["b", "ELD_DAYCARE", "-2", "50000", "0.03", *near(40)]])
    assert [(told["row"], told["column"], told["said"]) for told in remarks(layers, "cells.unusual")] == [
        (2, "storey", 120), (3, "beds", 50_000), (3, "floor_area_m2", "0.03")]


def test_layers_are_sorted_by_id_and_keep_the_row_of_the_file(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(3, estate_id=["E3", "E1", "E2"]))
    assert layers.estates[["estate_id", "row"]].to_numpy().tolist() == [["E1", 2], ["E2", 3], ["E3", 1]]


def test_an_id_used_twice_is_told_apart_and_both_rows_are_named(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(4, estate_id=["E1", "E1", "E1-2", "E1"]))
    # E1-2 exists already, so the second E1 becomes E1-3 and the third E1-4
    assert layers.estates["estate_id"].tolist() == ["E1", "E1-2", "E1-3", "E1-4"]
    assert [(told["row"], told["said"], told["first"], told["id"]) for told in remarks(layers, "identities.twice")] == [
        (2, "E1", 1, "E1-3"),
        (4, "E1", 1, "E1-4"),
    ]


def test_ids_that_differ_in_width_only_are_the_same(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(2, estate_id=["E1", "Ｅ１"]))
    assert layers.estates["estate_id"].tolist() == ["E1", "E1-2"]


def test_an_estate_without_an_id_is_called_by_its_row(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(2, estate_id=["E1", None]))
    assert layers.estates["estate_id"].tolist() == ["E00002", "E1"]
    assert [told["id"] for told in remarks(layers, "identities.made")] == ["E00002"]


def test_an_estate_without_a_name_is_called_by_its_id(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(2, name=["幸福里", None]))
    assert layers.estates["name"].tolist() == ["幸福里", "E2"]
    assert [told["id"] for told in remarks(layers, "identities.no_name")] == ["E2"]


def test_households_and_years_are_read_and_every_doubt_is_named(tmp_path: Path) -> None:
    layers = estates(
        tmp_path,
        town(
            6,
            households=["1,200户", "２４６", "0", None, "面议", "50"],
            completion_year=["1998年", "一九八七", "九十年代", None, "2050", "98"],
        ),
    )
    assert layers.estates["households"].fillna(-1).tolist() == [1200, 246, -1, -1, -1, 50]
    assert layers.estates["completion_year"].fillna(-1).tolist() == [1998, 1987, -1, -1, -1, 1998]
    assert [told["id"] for told in remarks(layers, "cells.number_written")] == ["E1", "E2"]
    assert [told["id"] for told in remarks(layers, "estates.no_households")] == ["E3"]
    assert [(told["id"], told["column"]) for told in remarks(layers, "cells.blank")] == [
        ("E4", "completion_year"),
        ("E4", "households"),
    ]
    assert [told["id"] for told in remarks(layers, "cells.number_unreadable")] == ["E5"]
    assert [told["id"] for told in remarks(layers, "cells.year_written")] == ["E1", "E2", "E6"]
    assert [told["id"] for told in remarks(layers, "cells.year_unreadable")] == ["E3"]
    assert [told["id"] for told in remarks(layers, "cells.year_outside")] == ["E5"]


def test_a_form_that_most_rows_have_is_one_finding(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(60, completion_year=["1998年"] * 60))
    (told,) = remarks(layers, "cells.year_written")
    assert str(told["who"]).endswith("(60)")
    assert layers.estates["completion_year"].tolist() == [1998] * 60


def test_planned_years_may_lie_ahead_and_built_ones_may_not(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(2, expropriation_year=["2030", "2075"], renovated_year=["2030", "2016"]))
    assert layers.estates["expropriation_year"].fillna(0).tolist() == [2030, 0]
    assert layers.estates["renovated_year"].fillna(0).tolist() == [0, 2016]


def test_closed_lists_take_the_words_of_the_catalogue_and_of_the_plan(tmp_path: Path) -> None:
    layers = estates(
        tmp_path, town(4, structure=["完好", "一般", "尚可", None]), 'values.structure = { "尚可" = "strengthen" }'
    )
    assert layers.estates["structure"].fillna("").tolist() == ["sound", "", "strengthen", ""]
    assert [(told["id"], told["said"]) for told in remarks(layers, "cells.word_unknown")] == [("E2", "一般")]


def test_the_word_of_the_plan_wins_over_that_of_the_catalogue(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(1, structure=["良好"]), 'values.structure = { "良好" = "strengthen" }')
    assert layers.estates["structure"].tolist() == ["strengthen"]


def test_exclusions_raise_their_flags(tmp_path: Path) -> None:
    said = ["棚户区改造计划", "自建房为主、城中村", "拆除重建", None, "历史建筑"]
    layers = estates(tmp_path, town(5, exclusions=said))
    flags = layers.estates[["shanty_plan", "self_built", "urban_village", "demolish_rebuild"]]
    assert flags.iloc[:4].to_numpy().tolist() == [
        [True, False, False, False],
        [False, True, True, False],
        [False, False, False, True],
        [False] * 4,
    ]
    assert flags.iloc[4].isna().all()  # nobody knows what 历史建筑 excludes
    assert [told["id"] for told in remarks(layers, "estates.unknown_exclusion")] == ["E5"]
    assert layers.estates["exclusions"][3] == ""


def test_a_flag_that_was_given_is_kept(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(2, exclusions=["城中村", None], urban_village=["否", None]))
    assert layers.estates["urban_village"].tolist() == [False, False]


def test_flags_are_unknown_where_no_list_was_brought(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(1))
    assert layers.estates["urban_village"].isna().all()
    assert layers.estates["exclusions"].isna().all()
    assert layers.estates["hazards"].isna().all()


def test_a_part_above_its_whole_is_kept_and_named(tmp_path: Path) -> None:
    layers = estates(
        tmp_path,
        town(
            2,
            residents=["100", "100"],
            residents_60plus=["101", "100"],
            consent_eligible=["50", "50"],
            consent_participants=["40", "51"],
            consent_agree=["41", "40"],
        ),
    )
    assert [
        (told["id"], told["part"], told["said"], told["most"]) for told in remarks(layers, "estates.part_above_whole")
    ] == [("E1", "residents_60plus", 101, 100), ("E1", "consent_agree", 41, 40), ("E2", "consent_participants", 51, 50)]
    assert layers.estates["residents_60plus"].tolist() == [101, 100]


def test_facilities_get_their_id_from_the_row(tmp_path: Path) -> None:
    layers = facilities(
        tmp_path, [["name", "facility_type", "x", "y"], ["甲", "幼儿园", *near()], ["乙", "小学", *near(99)]]
    )
    assert layers.facilities["facility_id"].tolist() == ["F00002", "F00003"]
    assert layers.facilities["facility_type"].tolist() == ["KINDERGARTEN", "PRIMARY"]
    assert "amap_code" not in layers.facilities.columns
    assert layers.brought["facilities"] == {"name", "facility_type", "x", "y"}


def test_the_type_comes_from_the_word_then_from_code_and_name(tmp_path: Path) -> None:
    layers = facilities(
        tmp_path,
        [
            ["name", "facility_type", "amap_code", "x", "y"],
            ["甲店", "小卖部", "", *near()],
            ["乙大药房", "", "090601", *near(99)],
            ["丙便利店", "", "60200", *near(199)],
            ["丁", "宇航站", "", *near(299)],
            ["戊", "", "", *near(399)],
            ["己大药房", "宇航站", "090601", *near(499)],
        ],
    )
    assert layers.facilities["facility_type"].fillna("").tolist() == [
        "CONVENIENCE",
        "PHARMACY",
        "CONVENIENCE",
        "",
        "",
        "PHARMACY",
    ]
    assert [told["id"] for told in remarks(layers, "facilities.type_blank")] == ["F00003", "F00004"]
    assert [told["id"] for told in remarks(layers, "facilities.type_read")] == ["F00007"]
    assert [(told["id"], told["said"], told["read"]) for told in remarks(layers, "facilities.code_lost_zero")] == [
        ("F00004", "60200", "060200")
    ]
    assert [(told["said"], told["rows"]) for told in remarks(layers, "facilities.unknown_word")] == [("宇航站", "5")]
    assert [told["id"] for told in remarks(layers, "facilities.no_type")] == ["F00006"]


def test_the_types_of_the_plan_win(tmp_path: Path) -> None:
    layers = facilities(
        tmp_path, [["name", "facility_type", "x", "y"], ["甲", "超市", *near()]], 'types = { "超市" = "CONVENIENCE" }'
    )
    assert layers.facilities["facility_type"].tolist() == ["CONVENIENCE"]


def test_names_alone_can_tell_the_type_and_it_is_said_once(tmp_path: Path) -> None:
    names = ["柳巷社区卫生服务中心", "泰伯桥街道综合养老服务中心", "向阳幼儿园", "某某公司"]
    layers = facilities(tmp_path, [["name", "x", "y"], *[[name, *near(99 * at)] for at, name in enumerate(names)]])
    assert layers.facilities["facility_type"].fillna("").tolist() == ["HEALTH_CENTER", "ELD_CENTER", "KINDERGARTEN", ""]
    (told,) = remarks(layers, "facilities.types_read")
    assert (told["count"], told["total"]) == (3, 4)


def test_a_blank_status_counts_as_open_with_one_note(tmp_path: Path) -> None:
    lines = [
        ["name", "status", "x", "y"],
        ["甲", "停用", *near()],
        ["乙", "", *near(99)],
        ["丙", "", *near(199)],
        ["丁", "?", *near(299)],
    ]
    layers = facilities(tmp_path, lines)
    assert layers.facilities["status"].fillna("").tolist() == ["closed", "existing", "existing", ""]
    assert [told["count"] for told in remarks(layers, "facilities.status_blank")] == [2]
    assert [told["id"] for told in remarks(layers, "cells.word_unknown")] == ["F00005"]


def test_without_a_column_of_status_all_are_open(tmp_path: Path) -> None:
    layers = facilities(tmp_path, [["name", "x", "y"], ["甲", *near()]])
    assert layers.facilities["status"].tolist() == ["existing"]
    assert [told["count"] for told in remarks(layers, "facilities.no_status")] == [1]


@pytest.mark.parametrize(
    ("one", "other", "gap", "is_double"),
    [
        ("景云便利店", "景云便利店(西门)", 12, True),
        ("友谊超市", "友谊超市二店", 12, True),
        ("友谊超市", "友谊超市（总店）", 12, True),
        ("无锡新区站", "无锡新区站", 158, False),
        ("无锡新区站", "无锡新区站", 19, True),
        ("快递柜1号", "快递柜2号", 5, False),
        ("甲店铺", "乙店铺", 5, False),
        ("", "", 0, True),
        ("", "", 5, False),
        ("景云便利店", "景云便利店", 21, False),
    ],
)
def test_a_double_has_the_same_type_the_same_name_but_for_the_branch_and_is_near(
    tmp_path: Path, one: str, other: str, gap: float, is_double: bool
) -> None:
    layers = facilities(
        tmp_path, [["name", "facility_type", "x", "y"], [one, "超市", *near()], [other, "超市", *near(gap)]]
    )
    assert [(told["row"], told["first"]) for told in remarks(layers, "facilities.double")] == (
        [(3, 2)] if is_double else []
    )
    assert len(layers.facilities) == 2


def test_two_types_under_one_name_are_no_double(tmp_path: Path) -> None:
    layers = facilities(
        tmp_path, [["name", "facility_type", "x", "y"], ["甲", "小学", *near()], ["甲", "幼儿园", *near()]]
    )
    assert remarks(layers, "facilities.double") == []


def test_a_storey_below_ground_is_a_basement(tmp_path: Path) -> None:
    lines = [
        ["name", "storey", "is_basement", "x", "y"],
        ["甲", "负一层", "", *near()],
        ["乙", "1-2层", "", *near(99)],
        ["丙", "-1", "否", *near(199)],
        ["丁", "3", "是", *near(299)],
    ]
    layers = facilities(tmp_path, lines)
    assert layers.facilities["storey"].tolist() == [-1, 1, -1, 3]
    assert layers.facilities["is_basement"].fillna(False).tolist() == [True, False, True, True]
    assert [told["id"] for told in remarks(layers, "facilities.basement_denied")] == ["F00004"]
    assert [told["id"] for told in remarks(layers, "cells.storey_lowest")] == ["F00003"]


def test_uses_of_a_site_become_types_of_the_catalogue(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    write_csv(
        tmp_path / "s.csv",
        [["site_id", "allowed_types", "x", "y"], ["S1", "助餐，日间照料、唱歌", *near()], ["S2", "", *near()]],
    )
    layers, stops = collect(tmp_path, estates='path = "e.gpkg"', sites='path = "s.csv"\ncrs = "EPSG:4549"')
    assert stops == []
    assert layers is not None
    assert layers.sites["allowed_types"].fillna("?").tolist() == ["ELD_MEAL、ELD_DAYCARE、唱歌", "?"]
    assert [told["said"] for told in remarks(layers, "sites.unknown_use")] == ["唱歌"]


def test_streets_have_one_spelling(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    lines = town(3, geometry=[LineString([(EAST, NORTH + at), (EAST + 9, NORTH + at)]) for at in range(3)])
    lines = lines.assign(
        fclass=["Motorway", "footway", None], bridge=["T", "F", None], layer=["1", "-1", "0"], foot=["YES", None, "no"]
    )
    write(lines[["fclass", "bridge", "layer", "foot", "geometry"]], tmp_path / "s.gpkg")
    layers, _ = collect(tmp_path, estates='path = "e.gpkg"', streets='path = "s.gpkg"')
    assert layers is not None
    assert layers.streets["class"].fillna("").tolist() == ["motorway", "footway", ""]
    assert layers.streets["bridge"].astype(object).where(layers.streets["bridge"].notna(), None).tolist() == [
        True,
        False,
        None,
    ]
    assert layers.streets["layer"].tolist() == [1, -1, 0]
    assert layers.streets["foot"].fillna("").tolist() == ["yes", "", "no"]
    assert layers.streets["not_walkable"].isna().all()


def test_a_gate_of_an_estate_that_does_not_exist_is_named(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    gates = town(3, estate_id=["E1", "E9", None], geometry=[Point(*near(at)) for at in range(3)])
    write(gates[["estate_id", "geometry"]], tmp_path / "g.gpkg")
    layers, _ = collect(tmp_path, estates='path = "e.gpkg"', gates='path = "g.gpkg"')
    assert layers is not None
    assert [(told["row"], told["said"]) for told in remarks(layers, "identities.no_such_estate")] == [(2, "E9")]


def test_a_work_without_a_year_is_named(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    works = town(2).assign(utility_id=["G1", "G2"], kind=["供水", "排水"], year=[2026, None])
    write(works[["utility_id", "kind", "year", "geometry"]], tmp_path / "u.gpkg")
    layers, _ = collect(tmp_path, estates='path = "e.gpkg"', utilities='path = "u.gpkg"')
    assert layers is not None
    assert [told["id"] for told in remarks(layers, "cells.blank")] == ["G2"]
    assert layers.utilities["year"].fillna(0).tolist() == [2026, 0]


def test_barriers_of_several_layers_are_one_frame(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    write(town(2)[["name", "geometry"]], tmp_path / "w.gpkg")
    rail = town(1, name=["铁路"], geometry=[LineString([(EAST, NORTH), (EAST + 900, NORTH)])])
    write(rail[["name", "geometry"]], tmp_path / "r.gpkg")
    layers, _ = collect(
        tmp_path, estates='path = "e.gpkg"', barriers__water='path = "w.gpkg"', barriers__rail='path = "r.gpkg"'
    )
    assert layers is not None
    assert layers.barriers[["layer", "name"]].to_numpy().tolist() == [
        ["rail", "铁路"],
        ["water", "幸福1村"],
        ["water", "幸福2村"],
    ]
    assert layers.rows["barriers.water"]["used"] == 2


def test_data_is_never_a_template(tmp_path: Path) -> None:
    hostile = "{who}{0.__class__}{{7*7}}"
    layers = estates(tmp_path, town(2, name=[hostile, "里"], completion_year=[hostile, "1998"]))
    for found in layers.findings:
        for language in ("zh", "en"):
            assert say(found, language)
    assert layers.estates["name"][0] == hostile


def test_a_long_text_is_quoted_short(tmp_path: Path) -> None:
    layers = estates(tmp_path, town(1, completion_year=["九" * 5000]))
    (told,) = remarks(layers, "cells.year_unreadable")
    assert len(str(told["said"])) < 100


def test_reading_needs_nothing_but_estates(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    layers = read_layers(load_project(project(tmp_path, estates='path = "e.gpkg"')))
    assert [len(getattr(layers, name)) for name in ("facilities", "streets", "barriers", "sites", "gates")] == [0] * 5
    assert set(layers.brought) == set(layers.rows) == {"estates"}
    assert layers.facilities.crs == layers.crs
    assert square(0).equals(layers.estates.geometry[0])
