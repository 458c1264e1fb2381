"""Dig once: works beside areas and works in one street, on lines drawn by hand."""

import geopandas as gpd
import pandas as pd
from drawn import layer
from shapely import LineString, Point, box

from geoplan.digging import count_matches, find_conflicts, find_digs, find_dug_twice
from geoplan.errors import say

CRS = "EPSG:4549"
AREAS = gpd.GeoDataFrame({"area_id": ["A1", "A2"]}, geometry=[box(0, 0, 100, 100), box(500, 0, 600, 100)], crs=CRS)


def works(*rows: tuple[str, int | None, object]) -> gpd.GeoDataFrame:
    return layer("utilities", [row[2] for row in rows], utility_id=[row[0] for row in rows],
                 kind=["gas"] * len(rows), year=pd.array([row[1] for row in rows], dtype="Int64"))


def test_works_within_reach_of_the_outline_are_the_areas_own() -> None:
    town = works(("U1", 2026, LineString([(-20, 130), (120, 130)])), ("U2", 2026, LineString([(0, 131), (90, 131)])),
                 ("U3", 2027, LineString([(50, 50), (550, 50)])))
    digs = find_digs(AREAS, town, reach_m=30)
    assert digs[["area_id", "utility_id"]].to_numpy().tolist() == [["A1", "U1"], ["A1", "U3"], ["A2", "U3"]]
    assert count_matches(digs) == {("A1", 2026): 1, ("A1", 2027): 1, ("A2", 2027): 1}


def test_works_without_a_year_are_passed_over() -> None:
    assert find_digs(AREAS, works(("U1", None, Point(0, 0))), reach_m=30).empty


def test_two_works_in_one_street_in_two_years_are_found_and_a_crossing_is_not() -> None:
    town = works(("U1", 2026, LineString([(0, 0), (100, 0)])), ("U2", 2027, LineString([(30, 5), (100, 5)])),
                 ("U3", 2028, LineString([(50, -50), (50, 50)])), ("U4", 2026, LineString([(0, 4), (90, 4)])))
    found = [say(finding, "en") for finding in find_dug_twice(town)]
    assert found == ["utility works U1 (2026) and U2 (2027) open the same street in different years",
                     "utility works U2 (2027) and U4 (2026) open the same street in different years"]


def test_works_after_the_renovation_warn_and_works_before_it_are_noted() -> None:
    digs = pd.DataFrame({"area_id": ["A1", "A1", "A1", "A2"], "utility_id": ["U1", "U2", "U3", "U4"],
                         "kind": ["gas"] * 4, "year": [2027, 2024, 2025, 2027]})
    found = list(find_conflicts(digs, pd.DataFrame({"area_id": ["A1", "A2"], "plan_year": [2025, None]})))
    assert [finding.code for finding in found] == ["programme.dug_after", "programme.dug_before"]
    assert "U1 (gas, 2027)" in say(found[0], "zh")
    assert "U2 (gas, 2024)" in say(found[1], "zh")
    assert "U3" not in say(found[0], "zh") + say(found[1], "zh")
