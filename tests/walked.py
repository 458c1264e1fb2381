"""Small towns walked through whole: streets, barriers, estates and facilities in, every table of walking out."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from drawn import SPEEDS, barriers, gates

from geoplan.access import find_access, snap_points
from geoplan.errors import Finding, say
from geoplan.islands import name_islands
from geoplan.network import build_network, find_hard_barriers
from geoplan.policy import load_catalogue
from geoplan.prepared import elderly_types
from geoplan.travel import find_walks


@dataclass(frozen=True)
class Walked:
    """A town with its streets walked: the tables of plan.py, and what was remarked on the way."""

    estates: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    hard: gpd.GeoDataFrame
    edges: gpd.GeoDataFrame
    access: pd.DataFrame
    snaps: pd.DataFrame
    walks: pd.DataFrame
    findings: Sequence[Finding]

    def metres(self) -> dict[tuple[str, str], float]:
        """Return the distance of every walk by estate and facility type; missing where nobody can walk."""
        return dict(zip(zip(self.walks["estate_id"], self.walks["facility_type"], strict=True),
                        self.walks["distance_m"], strict=True))

    def said(self, code: str) -> list[str]:
        """Return the English sentence of every remark with a code."""
        return [say(finding, "en") for finding in self.findings if finding.code == code]


def walk(
    lines: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, doors: gpd.GeoDataFrame, *water: object,
    node_crossings: bool = False, entrances: gpd.GeoDataFrame | None = None,
) -> Walked:
    """Walk through a town in the order of plan.py, with its default distances: 30 m of access and 100 m of snapping."""
    hard = find_hard_barriers(lines, barriers(*water))
    edges, noded = build_network(lines, node_crossings=node_crossings)
    access, entered = find_access(
        homes, gates() if entrances is None else entrances, edges, hard, access_m=30, max_snap_m=100)
    snaps, snapped = snap_points(doors, "facility_id", edges, hard, max_snap_m=100)
    islands = name_islands(edges, access, snaps, homes, doors)
    types = sorted(doors["facility_type"].dropna().unique())
    walks = find_walks(homes, doors, access, snaps, edges, None, state="today", speeds=SPEEDS,
                       elderly_types=elderly_types(load_catalogue()), types=types)
    return Walked(homes, doors, hard, edges, access, snaps, walks, [*noded, *entered, *snapped, *islands])
