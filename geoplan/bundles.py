"""Which areas go together? Frozen bundles of areas -> groups that are renovated in the same year or not at all.

Neighbouring estates may be given to one property company, together with a public building that pays its way
(QH23-61, QH23-63; DH-16); such a bundle is only worth something when its areas are finished together.
"""

from collections.abc import Collection, Sequence

import networkx as nx

from geoplan.errors import ConfigError, Finding, listed, raise_all


def group_bundles(ids: Collection[str], bundles: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return every area in one group, those of a bundle together; bundles that share an area are one.

    Parameters
    ----------
    ids
        Every area.
    bundles
        [programme] bundles: ids of areas. ConfigError names those that do not exist.

    Returns
    -------
    groups
        Sorted by their smallest id.
    """
    unknown = sorted({area_id for bundle in bundles for area_id in bundle} - set(ids))
    raise_all(ConfigError, [Finding("programme.unknown_area", "plan.toml", values={"ids": listed(unknown)})]
              if unknown else [])
    graph = nx.Graph()
    graph.add_nodes_from(sorted(ids))
    for bundle in bundles:
        nx.add_path(graph, bundle)
    return sorted(tuple(sorted(group)) for group in nx.connected_components(graph))
