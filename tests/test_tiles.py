"""What lies under the map: nothing from the network unless plan.toml asks, and then only pictures of one host."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from mapped import READY, started, town

from geoplan.errors import ConfigError
from geoplan.maps import write_map
from geoplan.plan import Plan
from geoplan.project import load_project, parameter_lines
from geoplan.settings import MapRules
from geoplan.tiles import ground_of, hosts_of

KEY = "0123456789abcdef0123456789abcdef"
FOOT = "document.getElementById('foot').firstElementChild.textContent"
BOX = "(({checked, disabled}) => [checked, disabled])(document.getElementById('overlay-ground'))"
PLAN = """
[plan]
name = "试点"
jurisdiction = "西宁市"
as_of = 2024-03-01
year = 2025
[estates]
path = "estates.csv"
[map]
"""


def asking(plan: Plan, **said: str) -> Plan:
    return replace(plan, project=replace(plan.project, map=MapRules(**said)))


def written(folder: Path, **said: str) -> Path:
    write_map(asking(town(folder / "project"), **said), folder / "map.html")
    return folder / "map.html"


def pictures_allowed(page: Path) -> list[str]:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page.read_text(encoding="utf-8"))
    assert policy is not None
    return next(rule.split()[1:] for rule in policy[1].split("; ") if rule.startswith("img-src"))


def project_saying(folder: Path, text: str) -> Path:
    (folder / "estates.csv").write_text("estate_id\n", encoding="utf-8")
    (folder / "plan.toml").write_text(PLAN + text, encoding="utf-8")
    return folder


def test_a_plan_that_does_not_ask_gets_no_address_and_no_host(tmp_path: Path) -> None:
    assert ground_of(MapRules()) is None
    assert hosts_of(MapRules()) == []
    page = written(tmp_path)
    assert pictures_allowed(page) == ["data:"]
    assert b"tianditu" not in base64_free(page)


def base64_free(page: Path) -> bytes:
    """Return the page with its own scripts, which may name no host."""
    return re.sub(rb'<script type="application/octet-stream".*?</script>', b"", page.read_bytes(), flags=re.DOTALL)


def test_pictures_come_from_the_one_host_that_was_asked_for(tmp_path: Path) -> None:
    assert pictures_allowed(written(tmp_path, base="osm")) == ["data:", "https://tile.openstreetmap.org"]


def test_tianditu_is_asked_with_the_key_for_the_map_and_its_names() -> None:
    ground = ground_of(MapRules(base="tianditu", tianditu_key=KEY))
    assert ground is not None
    assert [re.findall(r"T=(\w+)&.*tk=(\w+)$", address) for address in ground["tiles"]] == [
        [("vec_w", KEY)], [("cva_w", KEY)]]


def test_a_key_lies_in_no_page_that_is_not_of_tianditu() -> None:
    assert KEY not in str(ground_of(MapRules(base="osm", tianditu_key=KEY)))


def test_tianditu_without_a_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_project(project_saying(tmp_path, 'base = "tianditu"\n'))
    assert [(finding.code, finding.values["where"]) for finding in caught.value.findings] == [
        ("project.missing_key", "map.tianditu_key")]


@pytest.mark.parametrize("said", ["", "short", "a" * 65, "0123456789&x=1", "密钥密钥密钥密钥密钥"])
def test_what_is_no_key_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_project(project_saying(tmp_path, f'base = "osm"\ntianditu_key = "{said}"\n'))
    assert [finding.code for finding in caught.value.findings] == ["project.wrong_type"]


def test_amap_is_not_offered(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_project(project_saying(tmp_path, 'base = "amap"\n'))
    assert [finding.code for finding in caught.value.findings] == ["project.not_allowed"]


def test_the_key_stands_in_no_table(tmp_path: Path) -> None:
    project = load_project(project_saying(tmp_path, f'base = "tianditu"\ntianditu_key = "{KEY}"\n'))
    lines = {line["name"]: line["value"] for line in parameter_lines(project)}
    assert lines["map.base"] == "tianditu"
    assert lines["map.tianditu_key"] == "***"


def test_without_network_the_own_layers_lie_there_and_the_foot_says_why(tmp_path: Path) -> None:
    page = written(tmp_path, base="tianditu", tianditu_key=KEY)
    with started() as browser, browser.open(page, 1280, 800) as opened:
        opened.wait_for(READY)
        opened.wait_for(f"{BOX}[1]")
        assert opened.evaluate(BOX) == [False, True]
        assert opened.evaluate(FOOT).startswith("在线底图没有加载")
        assert opened.evaluate("document.querySelectorAll('.leaflet-ground-pane img').length") == 0
        asked = [address for address in opened.requests if not address.startswith(("file:", "data:"))]
        assert asked
        assert {re.sub(r"^https://t\d\.", "", address).partition("/")[0] for address in asked} == {"tianditu.gov.cn"}
