"""What lies on the ground that every sheet of a plan shows? Made once for the plan, asked for by each sheet.

Streets are joined end to end and thinned to what a picture needs. Each layer carries a spatial index, so that a sheet
takes only what lies in its window.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.extracts import plain
from geoplan.maps import BARRIER_KINDS, STREET_RANKS, USUAL_RANK
from geoplan.plan import Plan
from geoplan.policy import load_catalogue
from geoplan.scalebars import Window, ground_of
from geoplan.shapes import Shapes, representative_points

TOLERANCE_M = 0.5  # a hair's breadth at the scale of a sheet
OVERVIEW_TOLERANCE_M = 5.0
FOOT_RANK = len(STREET_RANKS) - 1


@dataclass(frozen=True)
class Layer:
    """Shapes with what is known of each, in the order of their ids, and an index of where they are.

    `facts` has a column of plain values for each name, with nothing where a value is missing.
    """

    shapes: Shapes
    facts: Mapping[str, np.ndarray]
    index: shapely.STRtree


Ground = Mapping[str, Layer]


def lay_ground(plan: Plan) -> Ground:
    """Return every layer that sheets show, by name.

    Parameters
    ----------
    plan
        The finished plan.

    Returns
    -------
    ground
        streets (rank, name), barriers (kind, name), heritage (name), areas, estates, facilities (with kind), sites,
        openings. Estates, areas and sites have x and y, the point that stands for them.
    """
    tables = plan.tables
    kinds = load_catalogue().set_index("facility_type")["kind"]
    facilities = tables["facilities"]
    return {
        "streets": _streets(plan.layers.streets),
        "barriers": _barriers(plan.layers.barriers),
        "heritage": _layer(plan.layers.heritage, plan.layers.heritage.geometry),
        "areas": _spot(tables["areas"]),
        "estates": _spot(tables["estates"]),
        "facilities": _spot(facilities.assign(kind=facilities["facility_type"].map(kinds).fillna("none"))),
        "sites": _spot(tables["sites"]),
        "openings": _middle(tables["openings"]),
    }


def coarse(ground: Ground) -> Ground:
    """Return the ground for a sheet of the whole town: main streets only, shapes thinned."""
    streets = ground["streets"]
    main = streets.facts["rank"] <= USUAL_RANK - 1
    thinned = {
        name: Layer(shapely.simplify(layer.shapes, OVERVIEW_TOLERANCE_M), layer.facts, layer.index)
        for name, layer in ground.items() if name in ("barriers", "areas", "heritage")
    }
    shapes = shapely.simplify(streets.shapes[main], OVERVIEW_TOLERANCE_M)
    thinned["streets"] = Layer(
        shapes, {name: values[main] for name, values in streets.facts.items()}, shapely.STRtree(shapes))
    return dict(ground) | thinned


def seen(layer: Layer, window: Window, margin_mm: float = 0.0) -> np.ndarray:
    """Return the numbers of the shapes that lie in a window, in order."""
    found = layer.index.query(shapely.box(*ground_of(window, margin_mm)))
    return np.sort(found)


def _streets(streets: gpd.GeoDataFrame) -> Layer:
    ranks = {word: rank for rank, words in enumerate(STREET_RANKS) for word in words}
    rank = streets["class"].map(ranks).fillna(USUAL_RANK).astype("int64").to_numpy()
    name = streets["name"].fillna("").to_numpy()
    lines = np.asarray(streets.geometry.to_numpy(), dtype=object)
    joined: list[pd.DataFrame] = []
    groups: Any = pd.DataFrame({"rank": rank, "name": name}).groupby(["rank", "name"]).indices
    for (one, called), numbers in groups.items():
        merged = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines[numbers])))
        parts = shapely.get_parts(shapely.simplify(shapely.normalize(merged), TOLERANCE_M, preserve_topology=False))
        joined.append(pd.DataFrame({"rank": one, "name": called, "geometry": parts}))
    empty = pd.DataFrame({"rank": np.empty(0, dtype=np.int64), "name": [], "geometry": []})
    every = pd.concat(joined, ignore_index=True) if joined else empty
    return _layer(every, every["geometry"])


def _barriers(barriers: gpd.GeoDataFrame) -> Layer:
    kinds = [next((kind for kind, words in BARRIER_KINDS if any(word in str(layer).lower() for word in words)), "other")
             for layer in barriers["layer"]]
    return _layer(barriers.assign(kind=kinds), barriers.geometry.simplify(TOLERANCE_M))


def _spot(table: pd.DataFrame) -> Layer:
    shapes = np.asarray(table["geometry"].to_numpy(), dtype=object)
    is_point = shapely.get_dimensions(shapes) == 0
    points = shapes.copy()
    points[~is_point] = representative_points(shapes[~is_point])
    return _layer(table.assign(x=shapely.get_x(points), y=shapely.get_y(points)), table["geometry"])


def _middle(table: pd.DataFrame) -> Layer:
    lines = np.asarray(table["geometry"].to_numpy(), dtype=object)
    points = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    return _layer(table.assign(x=shapely.get_x(points), y=shapely.get_y(points)), table["geometry"])


def _layer(facts: pd.DataFrame, geometry: pd.Series) -> Layer:
    shapes = np.asarray(geometry.to_numpy(), dtype=object)
    known = {str(name): _exact(values) for name, values in facts.items() if name != "geometry"}
    return Layer(shapes, known, shapely.STRtree(shapes))


def _exact(values: pd.Series) -> np.ndarray:
    """Return a column as numbers where every value is one, else as plain values."""
    is_number = isinstance(values.dtype, np.dtype) and values.dtype.kind in "if"
    return values.to_numpy() if is_number else plain(values)
