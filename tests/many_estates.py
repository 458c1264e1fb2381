"""A town of as many estates as one likes, on a grid: what the page must bear, and what its benchmark opens."""

from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from little_plan import X0, Y0, little_plan, table

from geoplan.plan import Plan
from geoplan.policy import load_catalogue

ESTATES_OF_AREA = 12


def many_estates(folder: Path, count: int, kinds: int) -> Plan:
    """Return a plan of so many estates of 14 corners each, with gaps of so many types and three doubtful rules each."""
    draw = np.random.default_rng(1)
    ids = np.array([f"E{number:06d}" for number in range(count)])
    side = int(np.ceil(np.sqrt(count)))
    where = np.column_stack([X0 + 150.0 * (np.arange(count) % side), Y0 + 150.0 * (np.arange(count) // side)])
    turns = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    rings = where[:, None, :] + np.column_stack([np.cos(turns), np.sin(turns)]) * draw.uniform(35, 70, (count, 14, 1))
    shapes = shapely.polygons(rings)
    areas = np.array([f"A{number // ESTATES_OF_AREA:05d}" for number in range(count)])
    homes = draw.integers(30, 900, count)
    types = load_catalogue().query("max_walk_m.notna()")["facility_type"].tolist()[:kinds]
    estates = table(
        "estates", estate_id=ids, name=[f"{'东西南北'[n % 4]}城新村{n}号院" for n in range(count)], households=homes,
        residents=homes * 3, completion_year=draw.integers(1978, 2005, count), eligibility=["eligible"] * count,
        subdistrict=[f"第{n * 20 // count}街道" for n in range(count)], plan_entry=["unknown"] * count, area_id=areas,
        geometry=shapes)
    grouped = pd.Series(homes).groupby(areas).sum()
    corners = shapely.polygons(rings[:, ::2])  # real outlines of areas have 0.6 to 0.7 corners for one of their estates
    outlines = [shapely.MultiPolygon(list(corners[n:n + ESTATES_OF_AREA])) for n in range(0, count, ESTATES_OF_AREA)]
    distances = draw.gamma(2.0, 250.0, count * len(types)).round()
    limits = np.tile(np.resize([300.0, 500.0, 1_000.0, 800.0], len(types)), count)
    gaps = table("gaps", estate_id=np.repeat(ids, len(types)), facility_type=types * count, limit_m=limits,
                 distance_m=distances, is_gap=distances > limits, is_gap_after=distances > limits * 1.2,
                 standard=["GB 50180-2018"] * len(distances), confidence=["K"] * len(distances))
    rules = ["QH23-01", "QH23-02", "QH23-03"]
    verdicts = table(
        "verdicts", estate_id=np.repeat(ids, 3), rule_id=rules * count, document=["QH-2023-268"] * 3 * count,
        clause=["第一条"] * 3 * count, strength=["hard"] * 3 * count, param=["completion_year"] * 3 * count,
        value=[None] * 3 * count, limit=["<= 2000"] * 3 * count, result=["unknown"] * 3 * count,
        stage=["eligibility"] * 3 * count)
    drawn = table(
        "areas", area_id=grouped.index, component_id=["C1"] * len(grouped), name=[f"第{n}片区" for n in grouped.index],
        estates=pd.Series(areas).value_counts().sort_index().to_numpy(), households=grouped.to_numpy(),
        residents=3 * grouped.to_numpy(), hub_estate_id=ids[::ESTATES_OF_AREA], radius_m=[300.0] * len(grouped),
        cost=[1.0] * len(grouped), elder_short_m2=draw.integers(0, 1_500, len(grouped)), geometry=outlines)
    empty = {name: made.iloc[:0] for name, made in little_plan(folder).tables.items() if name in (
        "area_gaps", "facilities", "sites", "links")}
    return little_plan(folder, **empty, estates=estates, gaps=gaps, verdicts=verdicts, areas=drawn)
