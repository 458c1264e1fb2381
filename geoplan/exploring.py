"""What does a table of the plan look like on the map, here in the notebook? `explore` one table, or show the whole map.

folium gives the shell with nothing of the data in it: branca reads every text that passes through it as a template, so
names go into one base64 payload and are shown as text only (explore.js). Leaflet comes from the installed package: a
map displays without a network. Tiles or layers of one's own are added as to any folium map.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from branca.element import Element, MacroElement
from folium.template import Template

from geoplan.labels import labelled, labels_for, table_name, unit_of, writable
from geoplan.leaflets import leaflet_script, leaflet_style
from geoplan.maps import write_map
from geoplan.payload import DECIMALS
from geoplan.plan import Plan
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of, is_spatial, keys_of, labels_of
from geoplan.swatches import HUES, OF_AREA, RAMP, UNPLANNED, Paint, paint_of_year, paints_of, paints_of_answer

PLACES = {"estate_id": "estates", "site_id": "sites", "facility_id": "facilities", "area_id": "areas"}
COLOURED = {  # table -> the column that gives the colours where none is asked for
    "estates": "eligibility", "areas": "area_id", "links": "reason", "facilities": "facility_type", "sites": "reason",
    "walks": "minutes", "gaps": "is_gap", "area_gaps": "is_gap", "care": "status", "openings": "rank",
    "sitings": "facility_type", "programme": "plan_year", "ranking": "points", "verdicts": "result",
    "isochrones": "minutes", "nearest": "minutes", "funding": "amount_yuan", "works": "amount_yuan",
}
HEIGHT_PX, MAP_HEIGHT_PX = 520, 720
DEGREES = 6  # decimals: 0.1 m
NOTHING, SOME, MOST_LISTED, USUAL_DECIMALS = "—", 8, 12, 2
WGS84 = "EPSG:4326"


@dataclass(frozen=True)
class LeadershipMap:
    """The leadership map as a notebook shows it: the page itself, in a frame that may reach nothing around it."""

    page: str

    def _repr_html_(self) -> str:
        return (f'<iframe sandbox="allow-scripts" srcdoc="{escape(self.page)}" '
                f'style="width:100%;height:{MAP_HEIGHT_PX}px;border:0"></iframe>')


def show_map(plan: Plan) -> LeadershipMap:
    """Return the whole leadership map of a plan, to be displayed in a notebook."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "map.html"
        write_map(plan, file)
        return LeadershipMap(file.read_text(encoding="utf-8"))


def explore(plan: Plan, table: str, *, colour: str | None = None, **only: object) -> folium.Map:
    """Return one table on a map: its own shapes, or those of the estates, sites, facilities or areas it speaks of.

    ValueError where the table or a column does not exist, the table has no place, or several rows fall on one place:
    the sentence says what may be asked for.

    Parameters
    ----------
    plan
        A finished plan.
    table
        Name of a table of the contract, such as `gaps`.
    colour
        The column that gives the colours; a fitting one where nothing is said.
    only
        Column = value (or a list of values): which rows are shown, such as facility_type="ELD_DAYCARE".

    Returns
    -------
    map
        A folium map of today's estates, in grey, with the rows of the table over them.
    """
    language = plan.project.plan.language
    placed = _placed(plan, table, _chosen(plan, table, only))
    columns = [column for column in columns_of(table) if column.type not in GEOMETRY_TYPES]
    by = _colouring(table, columns, colour)
    of_row, classes = _classes(placed, by, language, plan.project.plan.year)
    title = f"{table_name(table, language)} · {getattr(by, language)}" if by else table_name(table, language)
    said = {
        "title": title, "classes": classes, "under": json.loads(shapely.to_geojson(_outlines(plan))),
        "features": _features(placed, of_row, [("name", _names(placed, table))], columns, language),
    }
    return _drawn(said)


def worded(plan: Plan, table: str, **only: object) -> pd.DataFrame:
    """Return a table as people read it: headings and words in the plan's language, no shapes; missing stays missing.

    Parameters
    ----------
    plan, table, only
        As for `explore`.
    """
    language = plan.project.plan.language
    columns = [column for column in columns_of(table) if column.type not in GEOMETRY_TYPES]
    read = labelled(columns, _chosen(plan, table, only), language)
    return read.set_axis([getattr(column, language) for column in columns], axis="columns").reset_index(drop=True)


def _chosen(plan: Plan, table: str, only: Mapping[str, object]) -> pd.DataFrame:
    if table not in plan.tables:
        raise ValueError(f"there is no table {table!r}; there are {', '.join(plan.tables)}")
    rows = plan.tables[table]
    unknown = [name for name in only if name not in rows.columns]
    if unknown:
        raise ValueError(f"table {table!r} has no column {unknown[0]!r}; it has {', '.join(rows.columns)}")
    for name, wanted in only.items():
        values = list(wanted) if isinstance(wanted, list | tuple | set) else [wanted]
        rows = rows[rows[name].isin(values)]
    return rows


def _placed(plan: Plan, table: str, rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the rows that have a place, with its shape and, where it is another table's, its name."""
    if is_spatial(table):
        return gpd.GeoDataFrame(rows, geometry="geometry", crs=plan.layers.crs)
    key = next((name for name in PLACES if name in rows.columns), None)
    if key is None:
        raise ValueError(f"table {table!r} has no place on the map; look at plan.tables[{table!r}]")
    if rows[key].duplicated().any():
        others = [name for name in keys_of(table) if name != key]
        choices = "; ".join(f"{name} = {', '.join(map(repr, _some(rows[name])))}" for name in others)
        raise ValueError(f"several rows of {table!r} fall on one {key}; choose by {choices}")
    places = plan.tables[PLACES[key]][[key, "name", "geometry"]].rename(columns={"name": "place_name"})
    return gpd.GeoDataFrame(rows.merge(places, on=key), geometry="geometry", crs=plan.layers.crs)


def _some(values: pd.Series) -> list[Any]:
    found = sorted(values.dropna().unique())
    return found[:SOME]


def _colouring(table: str, columns: Sequence[Column], asked: str | None) -> Column | None:
    named = {column.name: column for column in columns}
    if asked is not None and asked not in named:
        raise ValueError(f"table {table!r} has no column {asked!r}; it has {', '.join(named)}")
    return named.get(asked or COLOURED.get(table, ""))


def _classes(
    placed: gpd.GeoDataFrame, by: Column | None, language: str, first_year: int,
) -> tuple[list[int], list[dict[str, Any]]]:
    """Return the class of every row, and the classes with their words, colours and counts."""
    words = labels_of("legend", language)
    if by is None:
        return [0] * len(placed), [_entry(OF_AREA, words["plain"], len(placed))]
    texts, paints = _texts(placed[by.name], by, language, first_year)
    rest = texts.isna().any() or not paints
    shown = [*paints, *([words["other"]] if rest else [])]
    of_row = [shown.index(text) for text in texts.fillna(words["other"])]
    colours = {**paints, words["other"]: UNPLANNED}
    return of_row, [_entry(colours[text], text, of_row.count(place)) for place, text in enumerate(shown)]


def _entry(paint: Paint, label: str, count: int) -> dict[str, Any]:
    return {"fill": paint.fill, "stroke": paint.stroke, "label": label, "count": count}


def _texts(values: pd.Series, by: Column, language: str, first_year: int) -> tuple[pd.Series, dict[str, Paint]]:
    """Return what stands in the legend for every row (missing where nothing is known), and the colours of each."""
    listed = paints_of(by)
    if listed:
        labels = labels_for(by.values, language)
        met = {labels[code]: paint for code, paint in listed.items() if (values == code).any()}
        return values.map(labels), met
    if by.type == "bool":
        answers = {True: labels_of("answer", language)["yes"], False: labels_of("answer", language)["no"]}
        return values.map(answers), {answers[said]: paint for said, paint in paints_of_answer(by).items()}
    if by.type in ("int", "float", "share") and by.unit != "year":
        return _numbered(values.astype("float64"), by, language)
    texts = values.astype("str").where(values.notna())
    met_texts = sorted(texts.dropna().unique())
    if by.unit == "year":
        return texts, {text: paint_of_year(int(text) - first_year) for text in met_texts}
    kept = met_texts if len(met_texts) <= MOST_LISTED or by.name == "area_id" else met_texts[:MOST_LISTED]
    return texts.where(texts.isin(kept)), {text: HUES[place % len(HUES)] for place, text in enumerate(kept)}


def _numbered(values: pd.Series, by: Column, language: str) -> tuple[pd.Series, dict[str, Paint]]:
    """Return classes of about as many rows each, by their least and greatest number."""
    known = np.sort(values.dropna().to_numpy())
    if not len(known):
        return pd.Series(None, index=values.index, dtype="str"), {}
    ends = np.unique(np.quantile(known, [0.25, 0.5, 0.75, 1.0], method="inverted_cdf"))
    place = np.searchsorted(ends, values.to_numpy())
    groups = [values[place == nth].dropna() for nth in range(len(ends))]
    labels = [" – ".join(_number(end, by) for end in (group.min(), group.max())) for group in groups]
    labels = [f"{label} {unit_of(by, language)}".rstrip() for label in labels]
    texts = pd.Series([labels[nth] if nth < len(ends) else None for nth in place], index=values.index, dtype="str")
    return texts, dict(zip(labels, RAMP[len(RAMP) - len(ends):], strict=True))


def _names(placed: gpd.GeoDataFrame, table: str) -> pd.Series:
    named: pd.Series = placed["place_name" if "place_name" in placed else keys_of(table)[0]]
    return named


def _features(
    placed: gpd.GeoDataFrame, of_row: Sequence[int], first: Sequence[tuple[str, pd.Series]], columns: Sequence[Column],
    language: str,
) -> dict[str, Any]:
    """Return the rows as GeoJSON: shape, class, and what a pointer on it reads."""
    texts = labelled(columns, placed, language)
    headings = ["", *(getattr(column, language) for column in columns)]
    told = [first[0][1], *(texts[column.name] for column in columns)]
    lines = [[(heading, _told(value, column, language))
              for heading, value, column in zip(headings, row, [None, *columns], strict=True)]
             for row in zip(*told, strict=True)]
    shapes = _degrees(placed.geometry)
    return {"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": json.loads(shapely.to_geojson(shape)),
         "properties": {"in": place, "line": shape.geom_type.endswith("LineString"), "facts": facts}}
        for shape, place, facts in zip(shapes, of_row, lines, strict=True) if shape is not None and not shape.is_empty]}


def _told(value: Any, column: Column | None, language: str) -> str:
    if pd.isna(value):
        return NOTHING
    if column is None or isinstance(value, str):
        return writable(str(value))
    return f"{_number(value, column)} {unit_of(column, language)}".rstrip()


def _number(value: float, column: Column) -> str:
    if column.unit == "year":
        return str(value)
    decimals = 0 if column.type == "int" else DECIMALS.get(column.unit, USUAL_DECIMALS)
    return f"{value:,.{decimals}f}"


def _outlines(plan: Plan) -> Any:
    shapes = [shape for shape in _degrees(plan.tables["estates"].geometry) if shape is not None and not shape.is_empty]
    return shapely.GeometryCollection(shapes)


def _degrees(shapes: gpd.GeoSeries) -> np.ndarray:
    moved = np.asarray(shapes.to_crs(WGS84), dtype=object)
    return np.asarray(shapely.transform(moved, lambda corners: corners.round(DEGREES)), dtype=object)


class _Table(MacroElement):
    """What is drawn, as base64: nothing in it can be read as a template or as markup, however often it is rendered."""

    _template = Template("""
        {% macro html(this, kwargs) %}
        <script type="application/octet-stream" id="{{ this.get_name() }}">{{ this.payload }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        exploreTable({{ this._parent.get_name() }}, "{{ this.get_name() }}");
        {% endmacro %}
    """)

    def __init__(self, payload: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Table"
        self.payload = payload


def _drawn(said: Mapping[str, Any]) -> folium.Map:
    drawn = folium.Map(location=(0, 0), zoom_start=2, tiles=None, height=HEIGHT_PX, prefer_canvas=True,
                       control_scale=True)
    drawn.default_js, drawn.default_css = [], []
    script = files("geoplan").joinpath("explore.js").read_text(encoding="utf-8")
    parts = f"<style>{leaflet_style()}</style><script>{leaflet_script()}</script><script>{script}</script>"
    figure: Any = drawn.get_root()
    figure.height = f"{HEIGHT_PX}px"
    figure.header.add_child(Element(f"{{% raw %}}{parts}{{% endraw %}}"), name="leaflet")
    text = json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    drawn.add_child(_Table(base64.b64encode(text.encode()).decode("ascii")))
    return drawn
