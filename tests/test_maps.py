"""The page as a file: the same bytes, nothing asked for, no name outside the payload, and a size that stays small."""

import base64
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from branca.element import JavascriptLink
from drawn import layer, streets
from little_plan import CRS_OF_PLAN, TEXTS, X0, Y0, at, little_plan, table
from shapely import LineString, box
from test_payload import read_payload

from geoplan import maps
from geoplan.labels import writable
from geoplan.leaflets import leaflet_script
from geoplan.maps import write_map
from geoplan.payload import QUANTA_PER_DEGREE
from geoplan.standalone import asset

WRITE_AGAIN = """
import sys
from pathlib import Path
from little_plan import little_plan
from geoplan.maps import write_map
folder = Path(sys.argv[1])
write_map(little_plan(folder / "project"), folder / "map.html")
"""


def page_of(folder: Path, plan: object) -> str:
    write_map(plan, folder / "map.html")
    return (folder / "map.html").read_text(encoding="utf-8")


def payload_of(page: str) -> str:
    [text] = re.findall(r'<script type="application/octet-stream" id="payload">([^<]*)</script>', page)
    return text


def head_of(folder: Path, plan: object) -> dict:
    return read_payload(payload_of(page_of(folder, plan)))[0]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("map")
    return page_of(folder, little_plan(folder / "project"))


def test_the_same_plan_gives_the_same_bytes_under_another_hash_seed(tmp_path: Path, page: str) -> None:
    for seed in ("1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent)}
        subprocess.run([sys.executable, "-c", WRITE_AGAIN, str(tmp_path)], check=True, env=environment)
        assert (tmp_path / "map.html").read_text(encoding="utf-8") == page


def test_the_page_names_no_address_it_could_fetch(page: str) -> None:
    own = page.replace(payload_of(page), "").replace(leaflet_script(), "")  # it holds a link it never shows
    assert re.findall(r"""(?:src|href)\s*=\s*["']?(?!data:)[^"'\s>]*//|@import|sourceMappingURL""", own) == []
    assert set(re.findall(r"url\((?!data:|#)[^)]*\)", own)) == set()


def test_the_policy_of_the_page_names_every_script_and_style_and_allows_nothing_else(page: str) -> None:
    [policy] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    inline = re.findall(r"<script>(.*?)</script>|<style>(.*?)</style>", page, re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256("".join(pair).encode()).digest()).decode() for pair in inline}
    assert hashes == set(re.findall(r"'sha256-([^']*)'", policy))
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?! type=\"application/octet-stream\")\s[^>]*>", page) == []
    assert re.findall(r"\son\w+\s*=\s*[\"']|\sstyle\s*=\s*[\"']", page.split("<body>")[1].split("<script")[0]) == []


def test_no_name_of_the_data_stands_outside_the_payload(page: str) -> None:
    own = page.replace(payload_of(page), "")
    for text in ("鼓楼片区", "柳川", "试点<b>", "囧𠮷㐂", "湟水"):
        assert text not in own


def test_every_name_is_in_the_payload_as_the_planner_wrote_it(page: str) -> None:
    head, _ = read_payload(payload_of(page))
    assert head["plan"]["name"] == "试点<b>&{{7*7}}"
    assert head["tables"]["estates"]["columns"]["name"] == [writable(text) for text in TEXTS]


def test_outlines_come_back_to_where_they_were(page: str) -> None:
    _, layers = read_payload(payload_of(page))
    wanted = gpd.GeoSeries([at(0)], crs=CRS_OF_PLAN).to_crs("EPSG:4326")
    [(closed, points)] = layers["estates"][0]
    assert closed
    found = shapely.Polygon(points)
    assert found.hausdorff_distance(wanted.iloc[0]) < 1 / QUANTA_PER_DEGREE
    assert len(points) == 4


def test_an_asset_from_elsewhere_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Sly(folium.Map):
        def render(self, **kwargs: object) -> None:
            self.get_root().header.add_child(JavascriptLink("https://example.invalid/sly.js"))
            super().render(**kwargs)

    monkeypatch.setattr(maps.folium, "Map", Sly)
    with pytest.raises(ValueError, match="ask the network"):
        write_map(little_plan(tmp_path / "project"), tmp_path / "map.html")


def test_a_rounded_distance_stays_on_its_side_of_the_limit(tmp_path: Path) -> None:
    distances = [300.2, 299.7, 300.0, 50.4]
    gaps = table("gaps", estate_id=["E1", "E2", "E3", "E4"], facility_type=["ELD_DAYCARE"] * 4, limit_m=[300.0] * 4,
                 distance_m=distances, is_gap=[True, False, False, False], standard=["K"] * 4, confidence=["K"] * 4)
    head = head_of(tmp_path, little_plan(tmp_path / "project", gaps=gaps))
    assert head["tables"]["gaps"]["columns"]["distance_m"] == [301, 300, 300, 50]


def test_only_doubtful_verdicts_are_carried_with_the_words_of_their_rules(tmp_path: Path) -> None:
    results = ["pass", "fail", "unknown", "not_set", "needs_evidence"]
    verdicts = table("verdicts", estate_id=["E1"] * 5, rule_id=["QH23-01", "QH23-02", "QH23-03", "QH23-04", "QH23-05"],
                     document=["QH-2023-268"] * 5, clause=["1"] * 5, strength=["hard"] * 5, param=["x"] * 5,
                     result=results, stage=["eligibility"] * 5)
    head = head_of(tmp_path, little_plan(tmp_path / "project", verdicts=verdicts))
    assert head["tables"]["verdicts"]["columns"]["result"] == ["fail", "unknown", "not_set"]
    assert sorted(head["rules"]) == ["QH23-02", "QH23-03", "QH23-04"]
    assert head["rules"]["QH23-02"]["quote"] == "重点改造 2000 年底前建成需改造的城镇老旧小区"


def test_streets_are_joined_by_width_and_name_and_barriers_known_by_their_layer(tmp_path: Path) -> None:
    plan = little_plan(tmp_path / "project")
    ways = streets([(0, 0), (10, 0)], [(10, 0), (20, 0)], [(0, 0), (0, 9)], [(0, 0), (9, 9)],
                   **{"class": ["primary", "primary", "主干路", None], "name": ["人民路", "人民路", "北街", None]})
    lines = [LineString([(0, 0), (5, 5)]), box(0, 0, 9, 9), LineString([(0, 0), (5, 5)])]
    barriers = layer("barriers", lines, name=["兰青铁路", "湟水", "围墙"]).assign(layer=["rail", "water", "wall"])
    layers = replace(plan.layers, streets=ways, barriers=barriers)
    tables = head_of(tmp_path, replace(plan, layers=layers))["tables"]
    # 人民路 is one row of two ways; rank 1 is primary and 主干路; a way without a class is of the usual rank 4
    assert tables["streets"]["columns"] == {"rank": [1, 1, 4], "name": ["人民路", "北街", ""]}
    assert tables["barriers"]["columns"]["kind"] == ["rail", "water", "other"]


@pytest.mark.parametrize(("path", "is_osm"), [("streets.osm.pbf", True), ("streets.gpkg", False)])
def test_openstreetmap_is_credited_only_where_the_data_is_theirs(tmp_path: Path, path: str, is_osm: bool) -> None:
    plan = little_plan(tmp_path / "project")
    source = plan.project.sources["estates"].model_copy(update={"path": path})
    project = replace(plan.project, sources={**plan.project.sources, "streets": source})
    assert head_of(tmp_path, replace(plan, project=project))["plan"]["is_osm"] is is_osm


def test_types_carry_a_short_name_and_stand_by_kind(tmp_path: Path) -> None:
    kinds = ["BUS_STOP", "ELD_DAYCARE", "PHARMACY"]
    gaps = table("gaps", estate_id=["E1"] * 3, facility_type=kinds, limit_m=[300.0] * 3, standard=["K"] * 3,
                 confidence=["K"] * 3)
    types = head_of(tmp_path, little_plan(tmp_path / "project", gaps=gaps))["types"]
    assert [(kind["code"], kind["short"], kind["kind"]) for kind in types] == [
        ("ELD_DAYCARE", "日间照料", "elder"), ("PHARMACY", "药店", "health"), ("BUS_STOP", "公交站", "transport")]


def test_every_kind_of_facility_has_its_own_symbol() -> None:
    [symbols] = re.findall(r"const KIND_SYMBOLS = \{(.*?)\n\};", asset("map_themes.js"), re.DOTALL)
    drawn = re.findall(r"(\w+): \{ form: '(\w+)', fill: '(#\w+)'", symbols)
    assert {kind for kind, _, _ in drawn} == {*maps.labels_of("facility_kind", "zh"), "none"}
    assert len({form for kind, form, _ in drawn if kind != "none"}) == len(drawn) - 1
    assert len({colour for _, _, colour in drawn}) == len(drawn)


def test_every_word_the_scripts_ask_for_is_there() -> None:
    scripts = "\n".join(asset(name) for name in maps.SCRIPTS)
    words = maps._words("zh")
    asked = set(re.findall(r"""\bword\(\s*'([^']+)'\s*[,)]""", scripts))
    assert len(asked) > 40
    assert asked - set(words) == set()
    assert all(line["zh"] or line["key"].startswith("unit.") for line in maps.lines_of("map.csv"))


def test_five_hundred_estates_fit_in_half_a_megabyte(tmp_path: Path) -> None:
    count, types = 500, ["ELD_DAYCARE", "KINDERGARTEN", "PHARMACY", "TOILET"]
    ids = [f"E{number:04d}" for number in range(count)]
    where = [(X0 + 150.0 * (number % 25), Y0 + 150.0 * (number // 25)) for number in range(count)]
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = 40 * np.column_stack([np.cos(turns), np.sin(turns)])
    estates = table("estates", estate_id=ids, name=[f"新村{number}号院" for number in range(count)],
                    eligibility=["eligible"] * count, plan_entry=["ready"] * count, households=range(count),
                    geometry=[shapely.Polygon(ring + place) for place in where])
    gaps = table("gaps", estate_id=np.repeat(ids, 4), facility_type=types * count, limit_m=[300.0] * (4 * count),
                 distance_m=[float(7 * number % 997) for number in range(4 * count)], standard=["K"] * (4 * count),
                 is_gap=[7 * number % 997 > 300 for number in range(4 * count)], confidence=["K"] * (4 * count))
    empty = {name: little_plan(tmp_path / "project").tables[name].iloc[:0] for name in ("areas", "area_gaps")}
    page = page_of(tmp_path, little_plan(tmp_path / "project", estates=estates, gaps=gaps, **empty))
    assert len(page.encode()) < 500_000
    assert len(payload_of(page)) < 150 * count


def test_headings_and_labels_follow_the_language_of_the_plan(tmp_path: Path) -> None:
    head = head_of(tmp_path, little_plan(tmp_path / "project", language="en"))
    assert head["headings"]["estates"]["households"][0] == "Households"
    assert head["labels"]["eligibility"]["unknown"] == "To be verified"
    assert head["words"]["theme.gaps"] == "Service gaps"
    assert pd.Series(head["words"]).notna().all()


def test_no_two_functions_of_the_page_have_the_same_name() -> None:
    scripts = "\n".join(asset(name) for name in maps.SCRIPTS)  # one script in the page: the later would be both
    named = pd.Series(re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", scripts, re.MULTILINE))
    assert len(named) > 200
    assert named[named.duplicated()].tolist() == []
