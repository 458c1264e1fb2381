"""geoplan init: a draft from the files alone finds what the planner would have written, and asks about the rest."""

import json
import re
import shutil
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import xlsxwriter
from brought import degrees, square, town, write, write_csv, write_gbk, write_sheet

from geoplan.datum import from_wgs84
from geoplan.errors import ConfigError, DataError
from geoplan.init import draft_project, write_draft
from geoplan.project import load_project, parse_project
from geoplan.read import Layers, read_layers
from geoplan.schema import keys_of, lines_of

DATA = Path(__file__).parents[1] / "data" / "hehuang"
HERE = Path(__file__).parent
HEHUANG = {
    "estates": "estates.shp", "facilities": "facilities.xlsx", "streets": "streets.gpkg", "gates": "gates.geojson",
    "barriers.water": "water.geojson", "barriers.rail": "rail.geojson", "sites": "sites.csv",
    "utilities": "utilities.gpkg", "heritage": "heritage.geojson", "planning_units": "planning_units.gpkg",
}
WUXI = {layer: file for layer, file in HEHUANG.items() if layer not in ("gates", "barriers.rail", "planning_units")}
PLAN = {"name": "小镇", "jurisdiction": "青海省", "as_of": date(2024, 3, 1), "year": 2025}
GUESS = re.compile(r"^# (?P<line>(?:datum|crs|sheet|header_row|header_rows|layer|x|y) = .*请确认：.*)$", re.MULTILINE)


def draft(folder: Path, files: Mapping[str, Path | str], **said: Any) -> str:
    text, findings = draft_project(folder, {layer: folder / file for layer, file in files.items()}, **{**PLAN, **said})
    assert findings == []
    return text


def toml(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def codes(folder: Path, **files: Path) -> list[tuple[str, str]]:
    text, findings = draft_project(folder, files)
    assert text == ""
    return [(finding.layer, finding.code) for finding in findings]


def uncommented(text: str) -> str:
    """Return a draft as a planner leaves it who believes every guess about files and places."""
    return GUESS.sub(lambda found: found["line"], text)


def sections(said: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    named = {f"barriers.{name}": part for name, part in said.get("barriers", {}).items()}
    return named | {name: part for name, part in said.items() if isinstance(part, dict) and "path" in part}


def mapped(text: str) -> set[tuple[str, str, str]]:
    """Return layer, column of ours and column of theirs for every line of a plan.toml that maps one."""
    named = {layer: section.get("columns", {}) | {axis: section[axis] for axis in "xy" if axis in section}
             for layer, section in sections(toml(text)).items()}
    return {(layer, ours, their) for layer, columns in named.items() for ours, their in columns.items()}


@pytest.fixture(scope="module")
def hehuang() -> str:
    return draft(DATA, HEHUANG)


def test_every_column_the_sample_maps_by_hand_is_found_and_none_is_wrong(hehuang: str) -> None:
    by_hand = mapped((DATA / "plan.toml").read_text(encoding="utf-8"))
    assert len(by_hand) == 51 + 14 + 2 + 1 + 1 + 16 + 2 + 4 + 2 + 2 + 5  # of each layer; x and y of two ledgers
    assert by_hand <= mapped(hehuang)
    others = {(layer, ours) for layer, ours, _ in mapped(hehuang) - by_hand}
    assert others == {(layer, "name") for layer in ("streets", "barriers.water", "barriers.rail")} | {
        ("streets", tag) for tag in ("bridge", "tunnel", "layer", "foot")}  # they bear our names and need no line


def test_the_wuxi_kit_is_found_too(shared: Path) -> None:
    text = draft(shared / "kits" / "wuxi_xinwu", WUXI)
    by_hand = mapped((HERE / "kits" / "wuxi_xinwu" / "plan.toml").read_text(encoding="utf-8"))
    assert by_hand <= mapped(text)
    read = sections(toml(uncommented(text)))
    assert (read["facilities"]["datum"], read["facilities"]["header_row"]) == ("GCJ02", 2)
    assert (read["sites"]["datum"], read["estates"]["encoding"]) == ("BD09", "auto")


def test_even_without_our_list_of_usual_words_most_columns_of_the_towns_are_found(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The list was made with both towns in view; what is found by headings of columns.csv alone was not."""
    from geoplan import vocabulary

    monkeypatch.setattr(vocabulary, "lines_of", lambda _: [])
    for kept in (vocabulary._known, vocabulary.sense_of):
        kept.cache_clear()
        request.addfinalizer(kept.cache_clear)
    by_hand = mapped((DATA / "plan.toml").read_text(encoding="utf-8"))
    found = mapped(draft(DATA, HEHUANG)) & by_hand
    assert (len(found), len(by_hand)) == (72, 100)


def test_a_guess_about_places_stops_the_run_until_it_is_taken(hehuang: str, tmp_path: Path) -> None:
    assert "datum" not in sections(toml(hehuang))["facilities"]
    shutil.copytree(DATA, tmp_path / "town")
    (tmp_path / "town" / "plan.toml").write_text(hehuang, encoding="utf-8")
    with pytest.raises(DataError) as told:
        read_layers(load_project(tmp_path / "town"))
    assert [(finding.layer, finding.code) for finding in told.value.findings] == [
        ("facilities", "places.no_datum"), ("sites", "places.no_datum")]


def test_with_guesses_taken_and_words_told_the_town_reads_as_with_the_plan_written_by_hand(
    hehuang: str, tmp_path: Path
) -> None:
    words = toml((DATA / "plan.toml").read_text(encoding="utf-8"))["facilities"]["types"]
    taken = uncommented(hehuang)
    for word, code in words.items():  # what no tool can know: the town's own words
        taken = re.sub(rf'^(?:# )?"{word}" = "\w*"', f'"{word}" = "{code}"', taken, flags=re.MULTILINE)
    shutil.copytree(DATA, tmp_path / "town")
    (tmp_path / "town" / "plan.toml").write_text(taken, encoding="utf-8")
    drafted, written = read_layers(load_project(tmp_path / "town")), read_layers(load_project(DATA))
    assert drafted.crs == written.crs
    assert drafted.rows == written.rows
    assert drafted.decided == written.decided
    for layer in sorted({layer.partition(".")[0] for layer in HEHUANG}):
        pd.testing.assert_frame_equal(frame(drafted, layer), frame(written, layer))


def frame(layers: Layers, layer: str) -> pd.DataFrame:
    rows = getattr(layers, layer)
    assert set(keys_of(layer, "in")) <= set(rows.columns)
    rows = rows.drop(columns="not_walkable", errors="ignore")  # a decision of the planner, which no file tells
    return pd.DataFrame(rows.drop(columns="geometry")).assign(wkb=rows.geometry.to_wkb())


def test_the_evidence_for_a_datum_is_measured_and_quoted(hehuang: str) -> None:
    (facilities, sites) = (line for line in hehuang.splitlines() if line.startswith("# datum"))
    assert facilities.startswith('# datum = "GCJ02"  # 请确认：文件里写着“')
    assert "坐标系：GCJ-02(高德)" in facilities
    assert "在小区内或 30 米内的点分别占 72% / 81% / 32%" in facilities
    assert sites.startswith('# datum = "BD09"')  # said nowhere in that file
    assert "90% 的点到最近道路分别不超过 508 / 455 / 58 米" in sites


def test_the_same_files_give_the_same_bytes(hehuang: str) -> None:
    assert draft(DATA, dict(reversed(HEHUANG.items()))) == hehuang


def test_words_of_closed_lists_are_written_and_unknown_ones_asked(hehuang: str) -> None:
    said = toml(hehuang)
    assert said["estates"]["values"]["structure"] == {"完好": "sound", "加固后可": "strengthen", "危险": "dangerous"}
    assert '# "一般" = ""  # 请确认：1 处，认不得；可填 sound、strengthen、dangerous' in hehuang
    assert said["facilities"]["types"]["小卖部"] == "CONVENIENCE"
    assert "火车站" not in said["facilities"]["types"]
    assert '# "爱心食堂" = ""  # 请确认：2 处，目录里没有这个叫法' in hehuang


def test_a_plan_that_is_there_is_never_touched(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    (tmp_path / "plan.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="not overwritten"):
        write_draft(tmp_path, {"estates": tmp_path / "estates.gpkg"})
    assert (tmp_path / "plan.toml").read_text(encoding="utf-8") == "mine"


def test_a_written_draft_can_be_loaded_at_once(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    file = write_draft(tmp_path, {"estates": tmp_path / "estates.gpkg"}, **PLAN)
    layers = read_layers(load_project(file))
    assert layers.estates["households"].tolist() == [100, 100, 100]


def test_what_was_not_given_is_left_open_and_stops_the_run(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    project, findings = parse_project(write_draft(tmp_path, {"estates": tmp_path / "estates.gpkg"}))
    assert project is not None
    assert project.plan.name == tmp_path.name
    assert {finding.values["where"] for finding in findings} == {"plan", "plan.as_of", "plan.year"}


def test_files_elsewhere_are_named_as_seen_from_the_project(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write(town(), tmp_path / "data" / "estates.gpkg")
    file = write_draft(tmp_path / "plans" / "one", {"estates": tmp_path / "data" / "estates.gpkg"}, **PLAN)
    assert load_project(file).sources["estates"].path == "../../data/estates.gpkg"


def test_files_may_be_named_as_they_stand_in_the_folder(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    assert load_project(write_draft(tmp_path, {"estates": Path("estates.gpkg")}, **PLAN)).sources["estates"].path == (
        "estates.gpkg")


def test_a_file_is_no_project_folder(tmp_path: Path) -> None:
    file = write(town(), tmp_path / "estates.gpkg")
    with pytest.raises(ConfigError):
        write_draft(file, {"estates": file}, **PLAN)


def test_points_whose_file_says_a_false_crs_are_held_against_the_ground(tmp_path: Path) -> None:
    write(town(30), tmp_path / "e.gpkg")
    lonlat = town(30).geometry.centroid.to_crs("EPSG:4326")
    lon, lat = from_wgs84(lonlat.x, lonlat.y, "GCJ02")
    frame = gpd.GeoDataFrame({"设施名称": town(30)["name"]}, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    write(frame, tmp_path / "f.geojson")
    text = draft(tmp_path, {"estates": "e.gpkg", "facilities": "f.geojson"})
    assert '# datum = "GCJ02"  # 请确认：文件自称的坐标系与实测不符' in text


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty.shp").write_bytes(b"")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "noise.xlsx").write_bytes(b"PK\x03\x04 noise")
    (tmp_path / "notes.docx").write_bytes(b"x")
    assert codes(tmp_path, estates=tmp_path / "empty.shp", facilities=tmp_path / "noise.xlsx",
                 sites=tmp_path / "empty.csv", streets=tmp_path / "none.gpkg", gates=tmp_path / "empty.csv",
                 heritage=tmp_path / "notes.docx", moon=tmp_path / "x.shp") == [
        ("estates", "preflight.not_what_it_says"), ("facilities", "preflight.damaged"),
        ("streets", "preflight.no_file"), ("gates", "read.ledger_has_no_outlines"), ("sites", "ledgers.no_heading"),
        ("heritage", "preflight.unknown_format"), ("plan.toml", "project.unknown_section")]


def test_nothing_is_written_where_a_file_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "empty.shp").write_bytes(b"")
    with pytest.raises(DataError):
        write_draft(tmp_path / "new", {"estates": tmp_path / "empty.shp"})
    assert not (tmp_path / "new").exists()


def test_a_draft_needs_estates(tmp_path: Path) -> None:
    assert codes(tmp_path) == [("plan.toml", "project.no_section")]


def test_a_file_without_rows_is_drafted_by_its_headings(tmp_path: Path) -> None:
    write(town().iloc[:0], tmp_path / "estates.gpkg")
    text = draft(tmp_path, {"estates": "estates.gpkg"})
    assert toml(text)["estates"]["columns"]["households"] == "households"
    assert "所有" not in text
    assert "0 行全是空的" in text


HOSTILE = ['户数"\n[plan]\nname = "x', "'''", '"""', "\\", "a\tb", "]\n[evil]", "{{7*7}}", "{0}{name}", "# 编号",
           "\u202e户数", "长" * 300, "=1+1", "<script>alert(1)</script>", "\x7f", "\x1b[31m"]


def test_headings_and_words_cannot_write_toml_of_their_own(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    heads = ["设施名称", "设施类型", "状态", "经度", "纬度", *HOSTILE]
    rows = [[f"点{number}", word, word, 120.3, 31.5, *HOSTILE] for number, word in enumerate(HOSTILE)]
    write_csv(tmp_path / "f.csv", [heads, *rows])
    text = draft(tmp_path, {"estates": "estates.gpkg", "facilities": "f.csv"}, name='x"\n[evil]')
    said = toml(text)
    assert set(said) == {"plan", "estates", "facilities"}
    assert said["plan"]["name"] == 'x"\n[evil]'
    assert said["facilities"]["columns"]["facility_type"] == "设施类型"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", text)
    taken = "\n".join(line.removeprefix("# ") if line.startswith('# "') else line for line in text.splitlines())
    assert set(toml(taken)["facilities"]["types"]) == {word.strip() for word in HOSTILE} - {"\\"}  # an empty cell


def test_a_hostile_heading_that_is_the_only_one_for_a_column_is_quoted_as_it_stands(tmp_path: Path) -> None:
    write(town().rename(columns={"households": "户\n数"}), tmp_path / "estates.geojson")
    layers = read_layers(load_project(write_draft(tmp_path, {"estates": tmp_path / "estates.geojson"}, **PLAN)))
    assert layers.estates["households"].tolist() == [100, 100, 100]


def test_gbk_without_a_cpg_is_said_with_its_evidence(tmp_path: Path) -> None:
    write_gbk(town(), tmp_path / "estates.shp")
    text = draft(tmp_path, {"estates": "estates.shp"})
    assert 'encoding = "auto"  # 依据：按全部文字判断为 GBK；没有 .cpg 或语言标记' in text
    assert 'completion_year = "year_built"' in text


def test_two_rows_of_headings_are_read_together(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    lines = [["设施一览", None, None, None, None, None],
             ["基本情况", None, None, "坐标", None, "设施编号"],
             ["设施名称", "设施类型", "建筑面积", "经度", "纬度", None],
             ["甲", "幼儿园", 300, 120.42, 31.53, "F1"]]
    write_sheet(tmp_path / "f.xlsx", lines, merged=[(1, 0, 1, 2), (1, 3, 1, 4)])
    said = toml(draft(tmp_path, {"estates": "estates.gpkg", "facilities": "f.xlsx"}))["facilities"]
    assert (said["header_row"], said["header_rows"]) == (2, 2)
    assert said["columns"]["facility_id"] == "设施编号"
    assert (said["x"], said["columns"]["name"]) == ("坐标/经度", "基本情况/设施名称")


def test_of_two_sheets_alike_none_is_taken(tmp_path: Path) -> None:
    write(town(), tmp_path / "estates.gpkg")
    with xlsxwriter.Workbook(str(tmp_path / "f.xlsx")) as book:
        for name in ("2023", "2024"):
            for row, line in enumerate((["设施名称", "设施类型", "经度", "纬度"], ["甲", "幼儿园", "120.42", "31.53"])):
                book.get_worksheet_by_name(name) or book.add_worksheet(name)
                book.get_worksheet_by_name(name).write_row(row, 0, line)
    text = draft(tmp_path, {"estates": "estates.gpkg", "facilities": "f.xlsx"})
    assert "sheet" not in toml(text)["facilities"]
    assert '# sheet = "2023"  # 请确认：表头认出 4 列；其他表（2024）最多认出 4 列' in text


def test_of_two_columns_alike_none_is_taken(tmp_path: Path) -> None:
    frame = town().rename(columns={"households": "总户数"}).assign(住户数=["90"] * 3)
    write(frame, tmp_path / "estates.gpkg")
    text = draft(tmp_path, {"estates": "estates.gpkg"})
    assert "households" not in toml(text)["estates"]["columns"]
    assert '# households = "总户数"  # 请确认：另有相近的列：住户数' in text
    assert '# households = "住户数"  # 请确认：另有相近的列：总户数' in text
    assert "缺少建筑面积" in text or "缺少户数" in text


def test_a_name_whose_values_say_otherwise_is_asked(tmp_path: Path) -> None:
    frame = town().drop(columns="completion_year").assign(建成年份=["很早", "不久前", "1998"])
    write(frame, tmp_path / "e.gpkg")
    text = draft(tmp_path, {"estates": "e.gpkg"})
    assert '# completion_year = "建成年份"  # 请确认：3 个值中 1 个读得懂（1998–1998）' in text


def test_a_unit_that_is_not_ours_is_asked(tmp_path: Path) -> None:
    write(town().assign(**{"建筑面积(万平方米)": ["1.2"] * 3}), tmp_path / "e.gpkg")
    text = draft(tmp_path, {"estates": "e.gpkg"})
    assert '# floor_area_m2 = "建筑面积(万平方米)"  # 请确认：列名里的单位与我们的（m2）不同，须先换算' in text


def test_an_id_is_proposed_by_its_values_but_not_taken(tmp_path: Path) -> None:
    write(town().rename(columns={"estate_id": "osm_id"}), tmp_path / "e.gpkg")
    text = draft(tmp_path, {"estates": "e.gpkg"})
    assert '# estate_id = "osm_id"  # 请确认：没有按名称认出的列；按数值可用；3 个值，3 个不同' in text


def test_a_zone_is_told_from_the_number_before_the_easting(tmp_path: Path) -> None:
    shape = town()
    shape.geometry = shape.geometry.translate(40_000_000)
    write(shape.set_crs("EPSG:4528", allow_override=True), tmp_path / "e.shp")
    (tmp_path / "e.prj").unlink()
    text = draft(tmp_path, {"estates": "e.shp"})
    assert '# crs = "EPSG:4528"  # 请确认：文件没有坐标系；坐标中位数 x=4' in text
    (tmp_path / "plan.toml").write_text(uncommented(text), encoding="utf-8")
    assert len(read_layers(load_project(tmp_path)).estates) == 3


def test_a_zone_without_a_number_is_told_from_where_the_other_layers_lie(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.shp")
    (tmp_path / "e.prj").unlink()
    water = town().iloc[:1, :].assign(geometry=[square(5)])[["name", "geometry"]]
    write(degrees(water), tmp_path / "w.geojson")
    alone = draft(tmp_path, {"estates": "e.shp"})
    together = draft(tmp_path, {"estates": "e.shp", "barriers.water": "w.geojson"})
    assert '# crs = "?"' in alone
    assert '# crs = "EPSG:4549"' in together


def test_surveyors_axes_are_seen(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    write_csv(tmp_path / "f.csv", [["设施名称", "X坐标", "Y坐标"], ["甲", 3490050, 540050], ["乙", 3490060, 540250]])
    text = draft(tmp_path, {"estates": "e.gpkg", "facilities": "f.csv"})
    assert '# x = "Y坐标"  # 请确认：数值与名称相反：测绘的 X 是北、Y 是东' in text
    assert '# y = "X坐标"' in text
    assert '# crs = "EPSG:4549"' in text


def test_a_geopackage_of_several_layers_is_searched_for_the_one_that_fits(tmp_path: Path) -> None:
    write(town(), tmp_path / "all.gpkg", layer="小区")
    write(town()[["geometry"]].assign(remark="x"), tmp_path / "all.gpkg", layer="河流", append=True)
    said = toml(draft(tmp_path, {"estates": "all.gpkg"}))
    assert said["estates"]["layer"] == "小区"


def test_what_is_missing_is_told_with_what_it_costs(tmp_path: Path) -> None:
    write(town().drop(columns="households"), tmp_path / "e.gpkg")
    text = draft(tmp_path, {"estates": "e.gpkg"})
    assert "# 缺少设施：则没有服务缺口、养老用房账和联动建议，只能编片区。" in text
    assert "# 小区缺少户数(households)、建筑面积(floor_area_m2)：则不能按户数编片区、算补助和排年度计划。" in text


def test_a_draft_in_english_says_the_same(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    text = draft(tmp_path, {"estates": "e.gpkg"}, language="en")
    assert toml(text)["plan"]["language"] == "en"
    assert "without Facilities: there are no service gaps" in text
    assert toml(text)["estates"] == toml(draft(tmp_path, {"estates": "e.gpkg"}))["estates"]


@pytest.mark.parametrize("name", ["drafts.csv", "draft_needs.csv", "heading_words.csv"])
def test_every_line_of_our_lists_has_all_its_fields(name: str) -> None:
    assert all(None not in line and None not in line.values() for line in lines_of(name))


def test_every_sentence_of_a_draft_is_used() -> None:
    package = Path(draft_project.__code__.co_filename).parent
    sources = "\n".join(file.read_text(encoding="utf-8") for file in package.glob("*.py"))
    used = {line["code"] for line in lines_of("drafts.csv") if f'"{line["code"]}"' in sources}
    composed = {line["code"] for line in lines_of("drafts.csv") if line["code"].startswith(("section_", "give_"))}
    assert {line["code"] for line in lines_of("drafts.csv")} == used | composed


def test_the_default_numbers_can_be_taken_as_they_stand(hehuang: str) -> None:
    rules = hehuang.partition("规划师可以改的数")[2].splitlines()[1:]
    taken = hehuang + "\n" + "\n".join(line.removeprefix("# ") for line in rules)
    assert toml(taken)["areas"]["max_gap_m"] == 60
    assert json.dumps(toml(taken)["circle"]["max_snap_m"]) == "100"
