"""What the city check-up reports, worked out by hand and counted a second way."""

import geopandas as gpd
import pandas as pd
import pytest
from drawn import layer
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geoplan.checkup import INDICATORS, find_checkup
from geoplan.circles import find_gaps
from geoplan.errors import Finding, say
from geoplan.policy import load_catalogue
from geoplan.schema import split_list, words_of

CATALOGUE = load_catalogue()
LIMITS = dict(zip(CATALOGUE["facility_type"], CATALOGUE["max_walk_m"], strict=True))
PEOPLE = {"E1": 100, "E2": 300, "E3": 600}
LAND = {"E1": 1000.5, "E2": 2000.25, "E3": None}


def homes(people: dict[str, int | None] | None = None, **given_columns: object) -> gpd.GeoDataFrame:
    """Three estates of 10 m x 10 m; E1 and E2 in district 甲, E3 in 乙."""
    said = PEOPLE if people is None else people
    shapes = [box(20 * n, 0, 20 * n + 10, 10) for n in range(len(said))]
    columns = {"estate_id": list(said), "name": list(said), "residents": list(said.values()),
               "district": ["甲", "甲", "乙"], "subdistrict": ["东街", "西街", "北街"],
               "land_area_m2": [LAND.get(name) for name in said], **given_columns}
    return layer("estates", shapes, **columns)


def check(
    metres: dict[str, list[float | None]], estates: gpd.GeoDataFrame | None = None, **limits: float,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the check-up of the distances given by facility type, one an estate."""
    grounds = homes() if estates is None else estates
    walks = pd.DataFrame(
        [(estate, kind, far, "today") for kind, row in metres.items()
         for estate, far in zip(grounds["estate_id"], row, strict=True)],
        columns=["estate_id", "facility_type", "distance_m", "state"]).astype({"distance_m": "float64"})
    gaps, _ = find_gaps(walks, grounds, CATALOGUE, limits=limits, complete=(), brought_types=list(metres))
    members = pd.DataFrame({"estate_id": grounds["estate_id"], "area_id": pd.array(["A1", "A1", None][:len(grounds)])})
    return find_checkup(gaps, grounds, members, CATALOGUE, town="小镇", walking="network")


def line(table: pd.DataFrame, indicator: str, scope: str = "town", name: str = "小镇") -> pd.Series:
    return table.set_index(["scope", "name", "indicator"]).loc[(scope, name, indicator)]


def test_social_and_spatial_coverage_stand_side_by_side() -> None:
    # Kindergartens within 300 m of E1 and E2 only. Residents: 400 of 1000. E3 says no land: its outline is 100 m2.
    # Land: (1000.5 + 2000.25) of 3100.75 m2.
    found = line(check({"KINDERGARTEN": [100, 300, 301]})[0], "kindergarten")
    assert (found["estates"], found["uncovered_estates"]) == (3, 1)
    assert (found["residents"], found["covered_residents"], found["uncovered_residents"]) == (1000, 400, 600)
    assert found["social_share"] == 0.4
    assert (found["land_m2"], found["covered_land_m2"]) == (3100.75, 3000.75)
    assert found["spatial_share"] == 3000.75 / 3100.75
    assert found["state"] == "judged"


def test_every_indicator_carries_its_standard_and_the_confidence_of_the_least_sure_distance() -> None:
    table, _ = check({"KINDERGARTEN": [100, 300, 301], "PHARMACY": [1, 1, 1], "WET_MARKET": [1, 1, 1]})
    assert line(table, "kindergarten")["standard"].startswith("GB 50180-2018")
    assert line(table, "kindergarten")["confidence"] == "V-sec"
    own = CATALOGUE.set_index("facility_type").loc[["PHARMACY", "WET_MARKET"], "confidence"]
    assert line(table, "tier_10")["confidence"] == ("K" if "K" in set(own) else "V-sec")
    own_limit = line(check({"KINDERGARTEN": [100, 250, 301]}, KINDERGARTEN=200)[0], "kindergarten")
    assert (own_limit["standard"], own_limit["confidence"]) == ("plan.toml circle.limits", "project")
    assert own_limit["covered_residents"] == 100


def test_each_district_subdistrict_and_area_has_its_own_figures_and_estates_have_their_circles() -> None:
    table, _ = check({"KINDERGARTEN": [100, 400, 301]})
    assert line(table, "kindergarten", "district", "甲")["social_share"] == 100 / 400
    assert line(table, "kindergarten", "district", "乙")["social_share"] == 0
    assert line(table, "kindergarten", "subdistrict", "东街")["social_share"] == 1
    assert line(table, "kindergarten", "area", "A1")["residents"] == 400
    assert table.loc[table["scope"] == "estate", "indicator"].unique().tolist() == ["tier_10", "tier_15", "tier_5"]
    assert line(table, "tier_5", "estate", "E2")["uncovered_residents"] == 300


def test_subdistricts_of_one_name_in_two_districts_are_kept_apart() -> None:
    table, _ = check({"KINDERGARTEN": [1, 1, 1]}, homes(subdistrict=["东街", "西街", "东街"]))
    names = table.loc[table["scope"] == "subdistrict", "name"].unique().tolist()
    assert sorted(names) == ["乙东街", "甲东街", "西街"]


def test_a_circle_is_whole_only_where_every_type_of_its_own_tier_is_in_reach() -> None:
    # 5 minutes: kindergarten and convenience store within 300 m each; E1 has both, E2 one, E3 none.
    # Mean over the two types: (100 x 2 + 300 x 1 + 600 x 0) / (1000 x 2) = 0.25.
    metres = {"KINDERGARTEN": [10, 10, 999], "CONVENIENCE": [10, 301, 999]}
    found = line(check(metres)[0], "tier_5")
    assert split_list(found["types"]) == ["CONVENIENCE", "KINDERGARTEN"]
    assert (found["tier_min"], found["social_share"], found["mean_share"]) == (5, 0.1, 0.25)


def test_the_circles_do_not_contain_each_other() -> None:
    # A health centre (15 minutes, 1000 m) at 200 m makes no health station (5 minutes, 300 m) of itself.
    table, _ = check({"HEALTH_CENTER": [200, 200, 200], "HEALTH_STATION": [301, 301, 301]})
    assert line(table, "tier_15")["social_share"] == 1
    assert line(table, "tier_5")["social_share"] == 0


def test_the_fitness_circle_asks_for_any_place_to_exercise_within_fifteen_minutes() -> None:
    # 1000 m, the distance of the 15-minute circle: E1 has a small court, E2 a large field, E3 only beyond.
    metres = {"SPORT_SMALL": [999, 1200, 1001], "SPORT_LARGE": [5000, 1000, None]}
    found = line(check(metres)[0], "fitness_circle")
    assert (found["tier_min"], found["social_share"]) == (15, 0.4)
    assert split_list(found["types"]) == ["SPORT_LARGE", "SPORT_SMALL"]
    assert "TABLE_TENNIS" in split_list(found["types_no_data"])
    assert found["standard"] == "GB 50180-2018 C.0.1"


def test_elder_care_is_covered_by_a_day_care_centre_or_a_station_each_within_its_own_distance() -> None:
    found = line(check({"ELD_DAYCARE": [300, 301, 301], "ELD_STATION": [999, 500, 501]})[0], "elder_care")
    assert found["covered_residents"] == 400
    assert pd.isna(found["tier_min"])  # a 5-minute and a 10-minute type


def test_a_type_without_data_is_no_gap_and_is_named() -> None:
    table, _ = check({"PHARMACY": [10, 10, 10]})
    found = line(table, "kindergarten")
    assert (found["state"], found["types"], found["types_no_data"]) == ("no_data", "", "KINDERGARTEN")
    assert found[["social_share", "covered_residents", "spatial_share", "uncovered_estates"]].isna().all()
    assert (found["residents"], found["land_m2"]) == (1000, 3100.75)
    assert "KINDERGARTEN" in split_list(line(table, "tier_5")["types_no_data"])


def test_parking_has_no_distance_unless_the_planner_sets_one() -> None:
    metres = {"PARKING": [50, 150, 250]}
    assert line(check(metres)[0], "parking")["state"] == "no_standard"
    assert pd.isna(line(check(metres)[0], "parking")["standard"])
    own = line(check(metres, PARKING=150)[0], "parking")
    assert (own["state"], own["social_share"], own["confidence"]) == ("judged", 0.4, "project")


def test_unknown_residents_leave_a_figure_unknown_and_are_counted() -> None:
    estates = homes({"E1": 100, "E2": None, "E3": 600})
    table, findings = check({"KINDERGARTEN": [10, 10, 999], "PHARMACY": [10, 999, 999]}, estates)
    found = line(table, "kindergarten")
    assert found["estates_unknown"] == 1
    assert found[["residents", "covered_residents", "social_share"]].isna().all()
    assert found["uncovered_residents"] == 600  # E2 is covered, so only E3 counts here
    assert found["spatial_share"] == 3000.75 / 3100.75  # land is known all the same
    # In district 甲 both estates have a kindergarten: whoever lives there is covered.
    assert line(table, "kindergarten", "district", "甲")["social_share"] == 1
    assert pd.isna(line(table, "tier_10", "district", "甲")["social_share"])
    assert [finding.code for finding in findings] == ["checkup.residents_unknown", "checkup.land_from_outline"]
    assert "E2" in say(findings[0], "zh")


def test_an_estate_of_no_district_counts_for_the_town_and_is_said() -> None:
    table, findings = check({"KINDERGARTEN": [10, 10, 10]}, homes(district=["甲", None, "乙"]))
    assert line(table, "kindergarten", "district", "甲")["estates"] == 1
    assert line(table, "kindergarten")["estates"] == 3
    assert [finding.values["column"] for finding in findings if finding.code == "checkup.no_place"] == ["district"]


def test_where_no_estate_says_its_district_there_are_no_districts_and_nothing_to_say() -> None:
    table, findings = check({"KINDERGARTEN": [10, 10, 10]}, homes(district=[None] * 3, subdistrict=[None] * 3))
    assert set(table["scope"]) == {"town", "area", "estate"}
    assert "checkup.no_place" not in {finding.code for finding in findings}


def test_every_indicator_has_its_labels_and_known_types() -> None:
    assert {*INDICATORS, "tier_5", "tier_10", "tier_15"} == {word.code for word in words_of("checkup_indicator")}
    assert {code for said in INDICATORS.values() for code in said.types} <= set(CATALOGUE["facility_type"])


@pytest.mark.parametrize("tier", sorted(CATALOGUE["tier_min"].dropna().unique()))
def test_every_tier_with_a_distance_is_one_of_the_circles(tier: float) -> None:
    has_limit = CATALOGUE.loc[CATALOGUE["tier_min"] == tier, "max_walk_m"].notna().any()
    assert tier in (5, 10, 15) or not has_limit


distances = st.one_of(st.none(), st.sampled_from([0, 299, 300, 301, 500, 1000, 1001]))


@settings(max_examples=20)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 900)), min_size=3, max_size=3),
    st.dictionaries(st.sampled_from(["KINDERGARTEN", "CONVENIENCE", "TOILET", "SPORT_LARGE", "SPORT_SMALL"]),
                    st.lists(distances, min_size=3, max_size=3), min_size=1),
    st.permutations(range(3)),
)
def test_the_town_is_what_one_counts_estate_by_estate_in_any_order(
    people: list[int | None], metres: dict[str, list[float | None]], order: list[int],
) -> None:
    estates = homes(dict(zip(PEOPLE, people, strict=True)))
    table, _ = check(metres, estates)
    turned, _ = check({kind: [row[at] for at in order] for kind, row in metres.items()},
                      estates.iloc[order].reset_index(drop=True))
    pd.testing.assert_frame_equal(table.query("scope != 'area'").reset_index(drop=True),
                                  turned.query("scope != 'area'").reset_index(drop=True))
    near = {kind: [far is not None and far <= LIMITS[kind] for far in row] for kind, row in metres.items()}
    asked = {
        "tier_5": ([kind for kind in metres if not kind.startswith("SPORT_LARGE")], all, near),
        "fitness_circle": ([kind for kind in metres if kind.startswith("SPORT")], any, {
            kind: [far is not None and far <= 1000 for far in row] for kind, row in metres.items()}),
    }
    for indicator, (kinds, rule, close) in asked.items():
        found = line(table, indicator)
        if not kinds:
            assert found["state"] == "no_data"
            continue
        covered = [rule(close[kind][at] for kind in kinds) for at in range(3)]
        assert found["uncovered_estates"] == 3 - sum(covered)
        if None not in people and sum(people):
            counted = sum(count for count, has in zip(people, covered, strict=True) if has)
            assert (found["covered_residents"], found["uncovered_residents"]) == (counted, sum(people) - counted)
            assert found["social_share"] == pytest.approx(
                1 if all(covered) else 0 if not any(covered) else counted / sum(people))
        elif None in people and 0 < sum(covered) < 3:
            assert pd.isna(found["social_share"])
