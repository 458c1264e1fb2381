"""The command line: what it says, how it ends, and what it leaves on the disk."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SQUARE_DEGREES = 0.001  # about 90 m x 110 m here


def geoplan(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "geoplan", *map(str, words)], capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", **environment}, check=False)


def square(column: int, **properties: object) -> dict[str, object]:
    west, south, side = 102.0 + column * 1.1 * SQUARE_DEGREES, 36.5, SQUARE_DEGREES
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def write_project(folder: Path, extra: str = "", **changes: object) -> Path:
    """Write three estates in a row, 10 m apart, of 300 households each."""
    folder.mkdir(exist_ok=True)
    same = {"households": 300, "subdistrict": "柳川街道", "completion_year": 1990}
    rows = [{"estate_id": f"E{n}", "name": f"{n}号院", **same} for n in range(3)]
    rows[1].update(changes)
    features = [square(n, **row) for n, row in enumerate(rows)]
    (folder / "estates.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), encoding="utf-8")
    (folder / "plan.toml").write_text(f"""
[plan]
name = "小镇"
jurisdiction = "青海省"
as_of = 2024-03-01
year = 2025
[estates]
path = "estates.geojson"
{extra}""", encoding="utf-8")
    return folder


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_help_and_version_answer() -> None:
    assert "check" in geoplan("--help").stdout
    assert geoplan("--version").stdout.startswith("geoplan 0.")


def test_a_draft_is_written_from_the_files_and_never_over_another(tmp_path: Path) -> None:
    write_project(tmp_path / "town")
    (tmp_path / "town" / "plan.toml").unlink()
    words = ("init", tmp_path / "town", "--estates", "estates.geojson")
    done = geoplan(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert 'estate_id = "estate_id"' in (tmp_path / "town" / "plan.toml").read_text(encoding="utf-8")
    again = geoplan(*words, "--language", "en")
    assert again.returncode == 1
    assert "is there already" in again.stderr


def test_a_barrier_of_a_draft_has_a_name_and_a_file(tmp_path: Path) -> None:
    write_project(tmp_path / "town")
    (tmp_path / "town" / "plan.toml").unlink()
    words = ("init", tmp_path / "town", "--estates", "estates.geojson")
    assert geoplan(*words, "--barriers", "water").returncode == 2
    done = geoplan(*words, "--barriers", "water=estates.geojson")
    assert done.returncode == 0
    assert "[barriers.water]" in (tmp_path / "town" / "plan.toml").read_text(encoding="utf-8")


def test_wrong_usage_ends_with_two() -> None:
    assert geoplan("nonsense").returncode == 2
    assert geoplan("run").returncode == 2


def test_three_estates_and_nothing_else_make_a_whole_run(tmp_path: Path) -> None:
    done = geoplan("run", write_project(tmp_path / "p"), "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    # 3 x 300 = 900 households in one area; no facilities, so no gaps and no care account
    assert (manifest["steps"]["areas"], manifest["steps"]["gaps"], manifest["steps"]["care"]) == (1, 0, 0)
    assert manifest["rows"]["estates"] == {"read": 3, "used": 3, "rejected": 0}


def test_in_a_pipe_only_the_result_is_printed_and_verbose_prints_the_steps(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    quiet = geoplan("run", project, "--out", tmp_path / "out")
    assert quiet.stdout.strip().splitlines() == [f"成果已写入 {tmp_path / 'out'}"]
    told = geoplan("run", project, "--out", tmp_path / "out", "--verbose")
    assert "片区 1 个" in told.stderr


def test_english_is_one_word_in_the_plan(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    text = (project / "plan.toml").read_text(encoding="utf-8").replace("year = 2025", 'year = 2025\nlanguage = "en"')
    (project / "plan.toml").write_text(text, encoding="utf-8")
    assert geoplan("run", project, "--out", tmp_path / "out").stdout.startswith("run folder written to")


def test_ten_faults_in_plan_and_data_make_one_message_of_ten_and_leave_nothing(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", extra="""
[facilities]
path = "no_such_file.xlsx"
[streets]
path = "streets.gpkg"
[sites]
path = "sites.csv"
x = "经度"
y = "纬度"
columns = { floor_area_m2 = "可用面积" }
[areas]
max_gap_m = -60
min_households = 9000
must_join = [["E0", "E7"]]
[circle]
limits = { ELD_DAYCARE = 700 }
[programme]
years = [2026, 2025]
[areass]
""")
    (project / "streets.gpkg").write_text("<OGRVRTDataSource/>", encoding="utf-8")
    (project / "sites.csv").write_text("site_id,经度,纬度\nS1,102.0,36.5\n", encoding="utf-8")
    before = everything_in(tmp_path)
    done = geoplan("run", project, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert lines[0] == "发现 10 个问题，未生成任何文件："
    assert len(lines) == 11
    for word in ("可用面积", "no_such_file.xlsx", "streets.gpkg", "datum", "max_gap_m", "min_households", "E7",
                 "ELD_DAYCARE", "programme.years", "areass"):
        assert sum(word in line for line in lines) == 1, word
    assert "Traceback" not in done.stderr
    assert everything_in(tmp_path) == before


def test_a_folder_of_somebody_else_is_refused_with_the_other_problems(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", extra="[areas]\nmax_gap_m = 0\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("mine", encoding="utf-8")
    done = geoplan("run", project, "--out", tmp_path / "out")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 3)
    assert everything_in(tmp_path / "out") == ["thesis.docx"]


def test_check_lists_findings_with_the_row_and_writes_only_when_asked(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", households="1,200户")
    before = everything_in(tmp_path)
    done = geoplan("check", project)
    assert done.returncode == 0
    assert "estates 第 2 行" in done.stdout
    assert "estates：读取 3 行，采用 3 行，剔除 0 行" in done.stdout
    assert everything_in(tmp_path) == before
    geoplan("check", project, "--out", tmp_path / "found")
    assert everything_in(tmp_path / "found") == ["check.xlsx", "manifest.json"]


def test_policies_print_the_documents_and_the_law_of_a_place_on_a_day() -> None:
    assert "16 份文件，288 条规则" in geoplan("policies").stdout
    law = geoplan("policies", "--jurisdiction", "西宁市", "--as-of", "2026-11-21")
    assert (law.returncode, law.stderr) == (0, "")
    assert "有效期至 2026-08-12，2026-11-21 不再适用" in law.stdout
    assert "How every rule is used" in geoplan("policies", "--coverage", "--language", "en").stdout


@pytest.mark.parametrize("words", [
    ("--jurisdiction", "西宁市"), ("--as-of", "2024-03-01"), ("QH-2023-268", "--coverage"),
    ("--jurisdiction", "西宁市", "--as-of", "1 March"), ("--language", "fr"),
])
def test_policies_asked_in_a_wrong_way_end_with_two(words: tuple[str, ...]) -> None:
    assert geoplan("policies", *words).returncode == 2


def test_an_unknown_document_or_run_or_id_is_one_sentence_and_one(tmp_path: Path) -> None:
    unknown = geoplan("policies", "QH-2023")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.splitlines() == [
        "发现 1 个问题：", "  - 没有编号为 QH-2023 的文件或规则；可查：QH-2021-13、QH-2023-268、QH23-20"]
    no_run = geoplan("explain", tmp_path, "E1")
    assert (no_run.returncode, no_run.stdout) == (1, "")
    assert "不是成果文件夹" in no_run.stderr
    assert geoplan("run", write_project(tmp_path / "p"), "--out", tmp_path / "out").returncode == 0
    no_id = geoplan("explain", tmp_path / "out", "E7")
    assert no_id.returncode == 1
    assert no_id.stderr.splitlines()[1] == (
        "  - 成果中没有编号为 E7 的小区、片区、设施或可用资源；相近的有：E2、E1、E0")


def test_a_name_cannot_drive_the_terminal(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", name="\x1b[2J甲\u202e乙", households="约300户")
    for done in (geoplan("check", project), geoplan("run", project, "--out", tmp_path / "out", "--verbose"),
                 geoplan("explain", tmp_path / "out", "E1")):
        assert done.returncode == 0
        assert not {"\x1b", "\u202e"} & set(done.stdout + done.stderr)
    assert "乙" in done.stdout


def test_estates_without_a_subdistrict_column_are_grouped_across_lines_and_it_is_said(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    file = project / "estates.geojson"
    file.write_text(file.read_text(encoding="utf-8").replace('"subdistrict": "柳川街道", ', ""), encoding="utf-8")
    told = geoplan("run", project, "--out", tmp_path / "out", "--verbose")
    assert "片区 1 个" in told.stderr
    rows = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["steps"]
    assert (rows["areas"], rows["links"]) == (1, 2)
