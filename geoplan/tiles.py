"""What lies under the map? The project's own layers; beside them an online base map, only where plan.toml asks for it.

Addresses of tiles stand here and nowhere else. Both lie where WGS84 and CGCS2000 say. Maps in GCJ-02 or BD-09 (Amap,
Baidu) are not offered: everything on them lies hundreds of metres away. OpenStreetMap's servers refuse pages that do
not say where they come from, as one opened from a file does not: they serve pages that stand on an intranet.
"""

from collections.abc import Sequence
from typing import Any

from geoplan.settings import MapRules

OSM, TIANDITU = "osm", "tianditu"
HOSTS = {OSM: "https://tile.openstreetmap.org", TIANDITU: "https://*.tianditu.gov.cn"}
PATHS = {
    OSM: ("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
    TIANDITU: tuple("https://t{s}.tianditu.gov.cn/DataServer?T=" + layer + "&x={x}&y={y}&l={z}&tk="
                    for layer in ("vec_w", "cva_w")),
}
SUBDOMAINS = "01234567"
CLOSEST = {OSM: 19, TIANDITU: 18}


def ground_of(rules: MapRules) -> dict[str, Any] | None:
    """Return what the page must know of the online base map, or None where it asks for none.

    Parameters
    ----------
    rules
        Section [map] of plan.toml.

    Returns
    -------
    ground
        kind, tiles (addresses, lowest first), subdomains and closest (zoom); the key stands in the addresses.
    """
    if rules.base == "none":
        return None
    key = rules.tianditu_key if rules.base == TIANDITU else ""
    return {"kind": rules.base, "tiles": [path + (key or "") for path in PATHS[rules.base]], "subdomains": SUBDOMAINS,
            "closest": CLOSEST[rules.base]}


def hosts_of(rules: MapRules) -> Sequence[str]:
    """Return the hosts from which the page may load pictures."""
    return [] if rules.base == "none" else [HOSTS[rules.base]]
