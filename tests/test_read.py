"""The door in as a whole: laws that hold for any layer, what stops a run, and the formats of the kit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from brought import EAST, NORTH, collect, project, square, town, write, write_csv
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon

from geoplan.errors import DataError, messages, say
from geoplan.project import load_project, parse_project
from geoplan.read import Layers, collect_layers, read_layers
from geoplan.schema import DTYPES, GEOMETRY_TYPES, columns_of

OUTLINES = st.sampled_from(
    [
        square(0),
        square(1),
        square(2),
        square(0, 1),
        None,
        Polygon(),
        Point(EAST, NORTH),
        LineString([(EAST, NORTH), (EAST + 5, NORTH)]),
        Polygon([(EAST, NORTH), (EAST + 1, NORTH), (EAST + 1, NORTH + 1)]),
        Polygon([(EAST, NORTH), (EAST + 90, NORTH + 90), (EAST + 90, NORTH), (EAST, NORTH + 90)]),
        shapely.transform(square(3), lambda xy: xy[:, ::-1]),
        square(9_000),
        square(0).buffer(30),
    ]
)
CELLS = (
    st.none()
    | st.text(max_size=6)
    | st.sampled_from(["E1", "E2", "1,200户", "98年", "九十年代", "-3", "是", "棚户区、别的"])
)


def check_laws(layers: Layers) -> None:
    """Read = used + rejected, one rejecting finding a lost row, columns and types as the schema says."""
    for layer, counts in layers.rows.items():
        lost = [
            found
            for found in layers.findings
            if found.layer == layer and messages()[found.code]["action"] == "rejected"
        ]
        assert counts["read"] == counts["used"] + counts["rejected"]
        assert counts["rejected"] == len(lost) == len({found.row for found in lost})
    for layer in (
        "estates",
        "facilities",
        "streets",
        "barriers",
        "sites",
        "gates",
        "utilities",
        "heritage",
        "planning_units",
    ):
        frame = getattr(layers, layer)
        for column in columns_of(layer, "in"):
            if column.name not in ("x", "y", "amap_code") and column.type not in GEOMETRY_TYPES:
                assert str(frame[column.name].dtype) == DTYPES[column.type]
        assert str(frame["row"].dtype) == "Int64"
        assert frame.crs == layers.crs
        assert np.isfinite(frame.geometry.bounds.to_numpy()).all()
    assert layers.estates["estate_id"].is_monotonic_increasing
    assert layers.estates["estate_id"].is_unique
    assert layers.facilities["facility_id"].is_unique
    for found in layers.findings:
        assert say(found, "zh")
        assert say(found, "en")


@settings(max_examples=25)  # each example is a whole read of a project
@given(rows=st.lists(st.tuples(OUTLINES, CELLS, CELLS, CELLS, CELLS, CELLS), max_size=8))
def test_any_estates_are_used_or_rejected_and_never_make_it_fail(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("town")
    sound = [[square(20 + at), f"S{at}", "里", "9", "1998", None] for at in range(9)]  # most rows lie at home
    shapes, ids, names, households, years, exclusions = zip(*[*sound, *rows], strict=True)
    frame = town(
        9 + len(rows),
        estate_id=ids,
        name=names,
        households=households,
        completion_year=years,
        exclusions=exclusions,
        geometry=shapes,
    )
    write(frame, folder / "e.gpkg")
    layers, _ = collect(folder, "max_rejected_share = 1\n", estates='path = "e.gpkg"')
    assert layers is not None
    check_laws(layers)
    assert layers.rows["estates"]["read"] == 9 + len(rows)


@settings(max_examples=25)
@given(
    rows=st.lists(
        st.tuples(
            CELLS,
            CELLS,
            CELLS,
            st.sampled_from(["120.42", "31.54", "0", "", "x", "200", "120°"]),
            st.sampled_from(["31.54", "120.42", "0", "", "１", "1e9"]),
        ),
        max_size=8,
    )
)
def test_any_facilities_are_used_or_rejected_and_never_make_it_fail(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("town")
    write(town(), folder / "e.gpkg")
    sound = [("甲", "超市", "060400", "120.42", "31.54")] * (len(rows) + 1)
    write_csv(folder / "f.csv", [["name", "facility_type", "amap_code", "x", "y"], *sound, *rows])
    layers, stops = collect(
        folder, "max_rejected_share = 1\n", estates='path = "e.gpkg"', facilities=('path = "f.csv"\ndatum = "WGS84"')
    )
    assert stops == []
    assert layers is not None
    check_laws(layers)


@pytest.mark.parametrize(
    "layer", ["facilities", "sites", "streets", "gates", "utilities", "heritage", "barriers__water"]
)
def test_a_layer_without_rows_is_read(tmp_path: Path, layer: str) -> None:
    write(town(), tmp_path / "e.gpkg")
    write_csv(tmp_path / "x.csv", [["site_id", "name", "facility_type", "status", "allowed_types", "x", "y"]])
    empty = town(1).rename(columns={"estate_id": "site_id"}).assign(kind="供水", year=2026, highway="path").iloc[:0]
    write(empty, tmp_path / "x.gpkg", geometry_type="Unknown")
    for path in ("x.csv", "x.gpkg"):
        if path == "x.gpkg" or layer in ("facilities", "sites"):
            layers, stops = collect(tmp_path, estates='path = "e.gpkg"', **{layer: f'path = "{path}"\ndatum = "WGS84"'})
            assert stops == []
            assert layers is not None
            check_laws(layers)
            assert layers.rows[layer.replace("__", ".")] == {"read": 0, "used": 0, "rejected": 0}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_the_rows_changes_nothing_but_their_numbers(tmp_path: Path, seed: int) -> None:
    frame = town(6, households=["1,200户", "7", None, "x", "0", "8"])
    read = []
    for part, rows in (("a", frame), ("b", frame.sample(frac=1, random_state=seed))):
        (tmp_path / part).mkdir()
        write(rows, tmp_path / part / "e.gpkg")
        layers, _ = collect(tmp_path / part, estates='path = "e.gpkg"')
        assert layers is not None
        read.append(layers.estates.drop(columns="row"))
    pd.testing.assert_frame_equal(*read)


def test_more_rejected_rows_than_allowed_stop_the_run(tmp_path: Path) -> None:
    shapes = [*[square(at) for at in range(7)], None, None, None]
    write(town(10, geometry=shapes), tmp_path / "e.gpkg")
    layers, stops = collect(tmp_path, estates='path = "e.gpkg"')
    assert stops == ["read.too_many_rejected"]  # 3 of 10 is more than a fifth
    assert layers is not None
    assert collect(tmp_path, "max_rejected_share = 0.3\n", estates='path = "e.gpkg"')[1] == []


def test_no_usable_estate_stops_the_run(tmp_path: Path) -> None:
    write(town(2, geometry=[square(0, side=1), square(1, side=1)]), tmp_path / "e.gpkg")
    assert collect(tmp_path, "max_rejected_share = 1\n", estates='path = "e.gpkg"')[1] == ["read.no_estates"]


def test_every_problem_of_every_layer_is_told_at_once(tmp_path: Path) -> None:
    write(town().drop(columns="name"), tmp_path / "e.gpkg")
    write_csv(tmp_path / "f.csv", [["name", "x", "y"], ["甲", 120, 31]])
    write_csv(tmp_path / "w.csv", [["name"], ["河"]])
    (tmp_path / "s.gpkg").write_text("no")
    _, stops = collect(
        tmp_path,
        estates='path = "e.gpkg"',
        facilities='path = "f.csv"\ncolumns = { beds = "床位" }',
        sites='path = "f.csv"\ndatum = "WGS84"',
        streets='path = "s.gpkg"',
        barriers__water='path = "w.csv"',
    )
    assert sorted(stops) == [
        "headings.no_column",
        "headings.no_required",
        "headings.no_required",
        "places.no_datum",
        "preflight.not_what_it_says",
        "read.ledger_has_no_outlines",
    ]


def test_a_missing_file_is_told_in_the_words_of_the_plan(tmp_path: Path) -> None:
    plan, said = parse_project(project(tmp_path, estates='path = "e.gpkg"'))
    assert plan is not None
    layers, stops = collect_layers(plan)
    assert layers is None
    assert stops == said


def test_a_crs_that_nobody_knows_is_not_told_twice(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    plan, said = parse_project(project(tmp_path, estates='path = "e.gpkg"\ncrs = "EPSG:1"'))
    assert plan is not None
    assert [finding.code for finding in said] == ["project.unknown_crs"]
    assert collect_layers(plan) == (None, [])


def test_reading_raises_everything_that_stops_it(tmp_path: Path) -> None:
    write(town().drop(columns=["name", "estate_id"]), tmp_path / "e.gpkg")
    with pytest.raises(DataError) as caught:
        read_layers(load_project(project(tmp_path, estates='path = "e.gpkg"')))
    assert len(caught.value.findings) == 2


def test_streets_may_come_from_openstreetmap_and_other_layers_may_not(tmp_path: Path, shared: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    (tmp_path / "h.osm.pbf").write_bytes((shared / "kits/formats/Helsinki.osm.pbf").read_bytes())
    assert collect(tmp_path, estates='path = "e.gpkg"', streets='path = "h.osm.pbf"')[1] == ["places.elsewhere"]
    assert collect(tmp_path, estates='path = "e.gpkg"', gates='path = "h.osm.pbf"')[1] == ["read.only_streets_from_osm"]


def test_the_inputs_are_named_as_in_the_plan_with_all_their_parts(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write(town(), tmp_path / "data" / "e.shp")
    layers, _ = collect(tmp_path, estates='path = "data/e.shp"\ncolumns = { completion_year = "year_built" }')
    assert layers is not None
    assert list(layers.inputs) == ["data/e.cpg", "data/e.dbf", "data/e.prj", "data/e.shp", "data/e.shx", "plan.toml"]
    assert all(len(digest) == 64 for digest in layers.inputs.values())


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    write(town(), tmp_path / "e.gpkg")
    plan = load_project(project(tmp_path, estates='path = "e.gpkg"'))
    one, other = read_layers(plan), read_layers(plan)
    assert one.findings == other.findings
    pd.testing.assert_frame_equal(one.estates, other.estates)
    assert replace(one, estates=other.estates).inputs == other.inputs


def test_every_code_that_is_used_has_a_sentence_in_both_languages() -> None:
    for code, line in messages().items():
        if code.partition(".")[0] in (
            "preflight",
            "geodata",
            "ledgers",
            "headings",
            "places",
            "footprints",
            "identities",
            "cells",
            "estates",
            "facilities",
            "sites",
            "read",
        ):
            assert line["zh"]
            assert line["en"]
            assert line["severity"] in ("error", "warning", "note")
            assert (line["action"] == "") == (line["severity"] == "error")
