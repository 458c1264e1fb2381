"""What do leaders see? Plan -> map.html: one file that opens by double-click, with no network.

folium gives the shell (a map with no data in it); standalone.py writes Leaflet and all else into the page. The data
never passes through a template: it is one inert payload (payload.py), read and drawn by our own scripts (map_*.js,
map.js), which show text as text only.
"""

import re
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.payload import encode_table, pack
from geoplan.plan import Plan
from geoplan.project import jurisdiction_text
from geoplan.schema import columns_of, labels_of, lines_of
from geoplan.shown import columns_shown, list_labels, list_rules, list_shown, list_types, own_column, paces_of
from geoplan.standalone import asset, seal
from geoplan.tiles import ground_of, hosts_of

SCRIPTS = (
    "map_payload.js", "map_words.js", "map_index.js", "map_filter.js", "map_headline.js", "map_gaps.js", "map_pen.js",
    "map_sheet.js", "map_specks.js", "map_labels.js", "map_names.js", "map_wards.js", "map_facts.js", "map_openings.js",
    "map_sites.js", "map_money.js", "map_walks.js", "map_reach.js", "map_themes.js", "map_parts.js", "map_panel.js",
    "map_cards.js", "map_table.js", "map_frame.js", "map_search.js", "map_pointing.js", "map_share.js", "map_show.js",
    "map_ground.js", "map_paper.js", "map_print.js", "map.js",
)
BASE_TOLERANCE_M = 2.0  # base lines may lie this far off: less than half the width of a lane
SLIT_M = 16.0  # a lane: an area's outline is drawn across narrower slits, which a reader takes for borders
OUTLINE_TOLERANCE_M = 0.1  # outlines lose only points that say less than the quantum of the payload
MANY_ESTATES, MANY_TOLERANCE_M = 20_000, 1.0  # of so many, a metre: less than a pixel where one sees a single estate
STREET_RANKS = (  # widest first; the words of OpenStreetMap and of Chinese street plans
    {"motorway", "trunk", "高速公路", "快速路"},
    {"primary", "主干路", "主干道"},
    {"secondary", "次干路", "次干道"},
    {"tertiary", "motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link", "支路"},
    {"residential", "unclassified", "living_street", "街巷", "巷"},
    {"service", "footway", "path", "pedestrian", "steps", "cycleway", "track", "bridleway", "corridor", "construction",
     "proposed", "人行道", "步行道"},
)
USUAL_RANK = 4
M2_PER_HECTARE = 10_000
BARRIER_KINDS = (("water", ("water", "river", "lake", "水", "河", "湖")), ("rail", ("rail", "铁路", "轨道")))
OSM_SUFFIX = ".osm.pbf"


def write_map(plan: Plan, file: Path) -> None:
    """Write the leadership map of a plan: one HTML file, the same bytes for the same plan.

    Parameters
    ----------
    plan
        The finished plan; its tables are shown as every other writer shows them.
    file
        Where the page goes; its folder exists.
    """
    page = seal(_shell(plan.project.plan.language), styles=["map.css"], scripts=SCRIPTS,
                payloads={"payload": _payload(plan)}, picture_hosts=hosts_of(plan.project.map))
    file.write_text(page, encoding="utf-8", newline="\n")


def close_slits(areas: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return outlines as they are drawn: across slits and holes narrower than a lane, and never less than they are."""
    plain = areas.simplify(OUTLINE_TOLERANCE_M)  # corners nobody sees cost most of the time
    grown = plain.buffer(SLIT_M / 2, join_style="mitre").buffer(-SLIT_M / 2, join_style="mitre")
    return grown.union(areas, align=False)


def _payload(plan: Plan) -> str:
    language = plan.project.plan.language
    base = {"streets": _streets(plan.layers.streets), "barriers": _barriers(plan.layers.barriers),
            "heritage": _named(plan.layers.heritage), "planning_units": _named(plan.layers.planning_units),
            "isochrones": _isochrones(plan.tables["isochrones"])}
    shown = list_shown(plan)
    columns = {name: columns_shown(name) for name in shown}
    head = {
        "plan": _header(plan),
        "words": _words(language),
        "headings": {name: {column.name: [getattr(column, language), column.unit, column.values]
                            for column in columns[name]} for name in shown},
        "params": {column.name: getattr(column, language) for column in columns_of("estates", "in")},
        "labels": list_labels([column for name in shown for column in columns[name]], language),
        "types": list_types(shown, language, paces_of(plan)),
        "rules": list_rules(shown),
        "tables": {name: encode_table(shown[name], columns[name]) for name in shown}
        | {name: encode_table(layer, [column for column in BASE_COLUMNS if column.name in layer])
           for name, layer in base.items()},
    }
    shapes = {name: plan.tables[name].geometry for name in ("areas", "estates", "facilities", "openings", "sites")}
    tolerance = MANY_TOLERANCE_M if len(shapes["estates"]) > MANY_ESTATES else OUTLINE_TOLERANCE_M
    shapes["areas"] = close_slits(shapes["areas"])
    shapes |= {name: shapes[name].simplify(tolerance) for name in ("areas", "estates")}
    return pack(head, shapes | {name: layer.geometry for name, layer in base.items()})


def _header(plan: Plan) -> dict[str, Any]:
    about = plan.project.plan
    return {"name": about.name, "jurisdiction": jurisdiction_text(plan.project), "as_of": about.as_of.isoformat(),
            "year": about.year, "language": about.language, "walking": plan.notes.get("walking", ""),
            "ground": ground_of(plan.project.map),
            "is_osm": any(_is_osm(plan, layer) for layer in plan.project.sources)}


def _is_osm(plan: Plan, layer: str) -> bool:
    """Say whether a layer is known to come from OpenStreetMap: by its format, or because it carries its ids."""
    decided = plan.layers.decided.get(layer, {})
    return plan.project.sources[layer].path.endswith(OSM_SUFFIX) or decided.get("origin") == "openstreetmap"


def _words(language: str) -> dict[str, str]:
    units = {f"unit.{code}": text for code, text in labels_of("unit", language).items()}
    return units | {line["key"]: line[language] for line in lines_of("map.csv")}


BASE_COLUMNS = tuple(own_column(*column) for column in (
    ("rank", "int"), ("kind", "text"), ("name", "text"), ("origin_id", "text"), ("walker", "text"),
    ("minutes", "float"), ("hectares", "float")))


def _streets(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per width and name, ways joined end to end and thinned: what a picture needs."""
    ranks = {word: rank for rank, words in enumerate(STREET_RANKS) for word in words}
    drawn = pd.DataFrame({"rank": streets["class"].map(ranks).fillna(USUAL_RANK).astype("int64"),
                          "name": streets["name"].fillna(""), "geometry": streets.geometry})
    groups = drawn.groupby(["rank", "name"], sort=True)["geometry"]
    joined = [(rank, name, _joined(lines.to_numpy())) for (rank, name), lines in groups]
    frame = pd.DataFrame(joined, columns=["rank", "name", "geometry"])
    return gpd.GeoDataFrame(frame.astype({"rank": "int64"}), geometry="geometry", crs=streets.crs)


def _joined(lines: np.ndarray) -> Any:
    merged = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines)))
    return shapely.simplify(shapely.normalize(merged), BASE_TOLERANCE_M, preserve_topology=False)


def _barriers(barriers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    kinds = [next((kind for kind, words in BARRIER_KINDS if any(word in str(layer).lower() for word in words)), "other")
             for layer in barriers["layer"]]
    return _named(barriers.assign(kind=kinds))


def _named(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    kept = layer[[name for name in ("kind", "name") if name in layer]]
    return gpd.GeoDataFrame(kept.reset_index(drop=True), crs=layer.crs,
                            geometry=layer.geometry.simplify(BASE_TOLERANCE_M).reset_index(drop=True))


def _isochrones(isochrones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what is reached on foot, thinned to what a picture needs."""
    drawn = isochrones[["origin_id", "walker", "minutes"]].assign(
        kind=isochrones["origin_kind"], hectares=isochrones["area_m2"] / M2_PER_HECTARE)
    return gpd.GeoDataFrame(drawn, geometry=isochrones.geometry.simplify(BASE_TOLERANCE_M))


def _shell(language: str) -> str:
    """Return folium's page with no data, no asset from elsewhere, no random id, and our own frame around its map."""
    shell = folium.Map(location=(0, 0), tiles=None, zoom_start=2, zoom_control=False, zoom_snap=0.25, zoom_delta=0.5,
                       wheel_px_per_zoom_level=120, attribution_control=False)
    shell.default_js, shell.default_css = [], []
    page = shell.get_root().render().strip()
    for nth, found in enumerate(dict.fromkeys(re.findall(r"[0-9a-f]{32}", page)), start=1):
        page = page.replace(found, str(nth))
    asked = re.findall(r"""(?:src|href)\s*=|https?:|url\(|@import""", page)
    if asked:
        raise ValueError(f"folium's page would ask the network for something: {asked}")
    place = re.search(r'<div class="folium-map".*?</div>', page)
    if place is None:
        raise ValueError("folium's page has no place for the map")
    page = page.replace(place.group(), asset("map.html").replace("<!-- map -->", place.group()))
    return page.replace("<html>", f'<html lang="{"zh-CN" if language == "zh" else "en"}">', 1)
