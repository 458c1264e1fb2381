"""Which parts of the walking network stand alone, and who lives or works on them? Components -> one remark each.

A part is an island where nothing on foot leads to the main network: streets beyond a river without a bridge, or lines
that were drawn apart. Only parts that somebody enters the network from are told; the sizes of all are in
`network.components`.
"""

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import Finding, listed

MAIN = 0  # component_id of the part with most nodes


def name_islands(
    edges: gpd.GeoDataFrame, access: pd.DataFrame, snaps: pd.DataFrame, estates: pd.DataFrame,
    facilities: pd.DataFrame,
) -> list[Finding]:
    """Return one finding for each part off the main network, with its size and every estate and facility on it.

    Parameters
    ----------
    edges
        Table `edges` of the network.
    access
        Where estates are entered. One that may also be entered from the main network stands on no island.
    snaps
        Where facilities are reached: facility_id, edge.
    estates
        estate_id and name.
    facilities
        facility_id and name (missing where it has none).

    Returns
    -------
    findings
        In the order of the parts, the largest first.
    """
    component = edges["component_id"].to_numpy()
    homes = _on_islands(access, "estate_id", component)
    doors = _on_islands(snaps.dropna(subset="edge"), "facility_id", component)
    nodes = _node_counts(edges)
    called_homes, called_doors = _called(estates, "estate_id"), _called(facilities, "facility_id")
    return [
        Finding("islands.part", "streets", values={
            "part": int(part), "nodes": int(nodes[part]),
            "estates": _listed(homes, part, called_homes), "facilities": _listed(doors, part, called_doors)})
        for part in sorted({*homes, *doors})
    ]


def _on_islands(places: pd.DataFrame, key: str, component: np.ndarray) -> pd.Series:
    """Return the part each place stands on, by its id, of the places that no street of the main network reaches."""
    part = pd.Series(component[places["edge"].to_numpy(int)], index=places[key].to_numpy())
    nearest_to_main = part.groupby(level=0).min()
    return nearest_to_main[nearest_to_main != MAIN]


def _node_counts(edges: pd.DataFrame) -> np.ndarray:
    ends = pd.concat([edges[["component_id", end]].set_axis(["part", "node"], axis=1)
                      for end in ("from_node", "to_node")]).drop_duplicates()
    return np.bincount(ends["part"])


def _called(places: pd.DataFrame, key: str) -> pd.Series:
    """Return what people call each place, by its id: the id and its name."""
    name = places["name"].where(places["name"] != places[key]).fillna("")
    return pd.Series((places[key] + " " + name).str.strip().to_numpy(), index=places[key].to_numpy(), dtype="str")


def _listed(places: pd.Series, part: int, called: pd.Series) -> str:
    ids = sorted(places.index[places == part])
    return listed(called.reindex(ids)) if ids else "–"
