"""Which figures can hardly be, whatever stands beside them? 600 storeys -> a remark; the figure is kept.

A bound is far outside what there is, so that it tells of a slipped key, a column mixed up or another unit and never of
an odd estate. What follows from such a figure (a roof of 1/600 of the floor area) would be wrong without a word.
"""

from collections.abc import Mapping

import pandas as pd

from geoplan.rules import Checked, Setting, remark

DEEPEST, HIGHEST = -6, 80  # storeys; 250 m at 3 m each, where 《关于加强超高层建筑规划建设管理的通知》 (2021) stops
MOST_M2 = 1_000_000  # of one building
USUAL: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "estates": {
        "storeys_max": (1, HIGHEST), "buildings": (1, 1_000), "stairwells": (1, 5_000), "households": (1, 50_000),
        "elevators_needed": (0, 5_000), "elevators_installed": (0, 5_000), "elevators_reserved": (0, 5_000),
    },
    "facilities": {"storey": (DEEPEST, HIGHEST), "beds": (0, 5_000), "floor_area_m2": (1, MOST_M2)},
    "sites": {
        "storey": (DEEPEST, HIGHEST), "floor_area_m2": (1, MOST_M2), "conversion_yuan_per_m2": (10, 50_000),
    },
}


def remark_unusual(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name figures below or above anything that is usual."""
    findings = []
    for column, (low, high) in USUAL[setting.kind].items():
        said = rows[column].astype("float64")
        findings += remark(
            "cells.unusual", rows, setting, (said < low) | (said > high), column=setting.heads.get(column, column),
            said=rows[column], low=f"{low:,}", high=f"{high:,}")
    return rows, findings
