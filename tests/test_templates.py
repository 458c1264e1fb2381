"""The bureau's own names of layers and fields: one file, every problem told at once."""

from pathlib import Path

import pytest

from geoplan.errors import Finding, located
from geoplan.project import load_project
from geoplan.templates import Template, Wish, read_template

PLAN = """
[plan]
name = "镇"
jurisdiction = "西宁市"
as_of = 2024-03-01
year = 2025
[estates]
path = "estates.csv"
[delivery]
template = "bureau.csv"
"""
HEADING = "layer,column,name,field,type,width,decimals"


def read(folder: Path, *lines: str, heading: str = HEADING, file: str = "bureau.csv") -> tuple[
        Template, list[Finding]]:
    (folder / "estates.csv").write_text("", encoding="utf-8")
    (folder / "plan.toml").write_text(PLAN.replace("bureau.csv", file), encoding="utf-8")
    (folder / file).write_text("\n".join([heading, *lines]), encoding="utf-8")
    return read_template(load_project(folder))


def codes(found: tuple[Template, list[Finding]]) -> list[tuple[int | None, str]]:
    template, findings = found
    assert template == Template()
    assert all(located(finding, language) for finding in findings for language in ("zh", "en"))
    return [(finding.row, finding.code.removeprefix("templates.")) for finding in findings]


def test_a_template_names_layers_fields_types_and_widths_in_order(tmp_path: Path) -> None:
    template, findings = read(
        tmp_path, "areas,area_id,GZPQ,PQBH,C,20,", "areas,amount_yuan,,TZE,N,14,2", "areas,,,BZ,C,100,",
        "estates,name,老旧小区,XQMC,C,60,")
    assert findings == []
    assert template.wishes == {
        "areas": [Wish("area_id", "PQBH", "C", 20), Wish("amount_yuan", "TZE", "N", 14, 2), Wish("", "BZ", "C", 100)],
        "estates": [Wish("name", "XQMC", "C", 60)]}
    assert template.names == {"areas": "GZPQ", "estates": "老旧小区", "facilities": "facilities", "sites": "sites",
                              "openings": "openings"}
    assert list(template.inputs) == ["bureau.csv"]
    assert template.delivers("areas", "area_id")
    assert not template.delivers("areas", "name")
    assert template.delivers("sites", "name")


def test_headings_may_be_chinese_and_types_words(tmp_path: Path) -> None:
    template, findings = read(tmp_path, "areas,households,,HS,数值型,8", heading="图层,列,图层名,字段代码,类型,长度")
    assert findings == []
    assert template.wishes == {"areas": [Wish("households", "HS", "N", 8)]}


def test_without_a_template_the_names_are_ours(tmp_path: Path) -> None:
    (tmp_path / "estates.csv").write_text("", encoding="utf-8")
    (tmp_path / "plan.toml").write_text(PLAN.partition("[delivery]")[0], encoding="utf-8")
    assert read_template(load_project(tmp_path)) == (Template(), [])


@pytest.mark.parametrize(("line", "code"), [
    ("nowhere,area_id,,A,C,9,", "unknown_layer"),
    ("areas,nothing,,A,C,9,", "unknown_column"),
    ("areas,geometry,,A,C,9,", "unknown_column"),
    ("areas,area_id,,片区编号,C,9,", "bad_code"),
    ("areas,area_id,,ELEVENCHARS,C,9,", "bad_code"),
    ("areas,area_id,,1ST,C,9,", "bad_code"),
    ("areas,area_id,,,C,9,", "bad_code"),
    ("areas,area_id,../up,A,C,9,", "bad_name"),
    ("areas,area_id,a b,A,C,9,", "bad_name"),
    ("areas,area_id,con,A,C,9,", "bad_name"),
    ("areas,area_id," + "长" * 51 + ",A,C,9,", "bad_name"),
    ("areas,area_id,,A,Q,,", "bad_type"),
    ("areas,area_id,,A,C,255,", "bad_width"),
    ("areas,area_id,,A,C,0,", "bad_width"),
    ("areas,area_id,,A,C,-3,", "bad_width"),
    ("areas,area_id,,A,C," + "9" * 5_000 + ",", "bad_width"),
    ("areas,households,,A,N,19,", "bad_width"),
    ("areas,area_id,,A,,9,", "bad_width"),
    ("areas,amount_yuan,,A,N,10,9", "bad_decimals"),
    ("areas,area_id,,A,C,10,2", "bad_decimals"),
    ("areas,name,,A,N,10,", "no_number"),
    ("areas,,,A,C,,", "empty_needs_type"),
])
def test_what_cannot_be_is_refused_with_its_line(tmp_path: Path, line: str, code: str) -> None:
    assert codes(read(tmp_path, line)) == [(2, code)]


def test_every_problem_of_every_line_is_told_at_once(tmp_path: Path) -> None:
    assert codes(read(
        tmp_path, "areas,area_id,GZPQ,A,C,9,", "areas,name,OTHER,a,C,9,", "estates,nothing,gzpq,B-B,C,9,",
    )) == [(3, "two_names"), (3, "code_twice"), (4, "bad_code"), (4, "unknown_column"), (None, "name_twice")]


def test_no_cell_of_a_template_is_repeated_at_length(tmp_path: Path) -> None:
    _, [finding] = read(tmp_path, "areas,area_id,,%s,C,9," % ("甲" * 10_000))
    assert len(located(finding, "zh")) < 200


def test_a_template_without_its_columns_or_lines_is_no_template(tmp_path: Path) -> None:
    assert [finding.code for finding in read(tmp_path, "areas,A", heading="layer,field")[1]] == ["headings.no_required"]
    assert codes(read(tmp_path)) == [(None, "empty")]


def test_a_template_is_looked_at_before_it_is_opened(tmp_path: Path) -> None:
    assert codes(read(tmp_path, file="bureau.geojson"))[0][1].startswith("preflight.")
    (tmp_path / "plan.toml").write_text(PLAN.replace("bureau.csv", "gone.csv"), encoding="utf-8")
    assert [f.code for f in read_template(load_project(tmp_path))[1]] == ["project.no_data_file"]
