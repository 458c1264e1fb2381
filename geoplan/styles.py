"""Which colours and classes has each layer of plan.gpkg in QGIS? Those of the leadership map.

A layer may have several styles; the first is the one it opens with. Adding a style is one function and one line of the
dict at the foot.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from geoplan.labels import labels_for, table_name
from geoplan.qml import Class, Label, Range, by_class, by_range, fill, line, marker, one_symbol
from geoplan.schema import Column, columns_of, labels_of
from geoplan.swatches import (
    COVERED,
    NO_DATA,
    OF_AREA,
    QUIET,
    RAMP,
    SIGNS,
    UNPLANNED,
    WALL,
    Paint,
    Sign,
    kinds_of_types,
    paint_of_year,
    paints_of,
)

AREA_OPACITY, ISOCHRONE_OPACITY = 0.9, 0.3  # colours must be those of the legend, whatever lies below
GAP_STEPS = (1, 6, 11, 16)  # types missing: 1-5, 6-10, 11-15, 16 and more
MOST = 10_000
MINUTES = (5, 10, 15, 30)  # upper ends of the classes of isochrones
SITE_MM, OTHER = 3.8, Sign("square", "#7c7a76", 1.8)


@dataclass(frozen=True)
class Style:
    """One way to draw a layer, by its name."""

    name: str
    renderer: Element
    label: Label | None = None


def styles_of(layer: str, language: str, *, years: Sequence[int], first_year: int) -> list[Style]:
    """Return the styles of a layer, the one it opens with first; none for a table without geometry.

    Parameters
    ----------
    layer
        Name of a layer or table of plan.gpkg.
    language
        zh or en.
    years
        Years in which areas are planned; may be empty.
    first_year
        Of the plan: a year's colour is its place after it.
    """
    if layer == "areas":
        return _of_areas(language, years, first_year)
    return STYLES[layer](language) if layer in STYLES else []


def _column(table: str, name: str) -> Column:
    return next(column for column in columns_of(table) if column.name == name)


def _classes(
    column: Column, language: str, symbol_of: Callable[[Paint], Element], *, rest: Paint | None = None,
) -> list[Class]:
    """Return a class for every code of the column's list, and one for what has no code."""
    labels = labels_for(column.values, language)
    classes = [Class((code,), labels[code], symbol_of(paint)) for code, paint in paints_of(column).items()]
    other = [Class((), labels_of("legend", language)["other"], symbol_of(rest))] if rest else []
    return [*classes, *other]


def _of_estates(language: str) -> list[Style]:
    return [
        Style(getattr(_column("estates", name), language),
              by_class(name, _classes(_column("estates", name), language, fill)))
        for name in ("eligibility", "plan_entry")]


def _of_areas(language: str, years: Sequence[int], first_year: int) -> list[Style]:
    words, label = labels_of("legend", language), Label('"name"', 10.0)

    def surface(paint: Paint) -> Element:
        return fill(paint, opacity=AREA_OPACITY, width_mm="0.7")

    by_year = [Class((str(year),), str(year), surface(paint_of_year(year - first_year))) for year in years]
    unplanned = [Class((), words["unplanned"], surface(UNPLANNED))]
    plain = Style(words["outline"], one_symbol(surface(OF_AREA)), label)
    planned = Style(getattr(_column("areas", "plan_year"), language),
                    by_class("plan_year", [*by_year, *unplanned]), label)
    cared = Style(getattr(_column("areas", "elder_status"), language), by_class(
        "elder_status", _classes(_column("areas", "elder_status"), language, surface, rest=NO_DATA)), label)
    return [planned, plain, cared] if years else [plain, cared]


def _of_facilities(language: str) -> list[Style]:
    kinds, labels = kinds_of_types(), labels_of("facility_kind", language)
    classes = [Class(tuple(code for code, of in kinds.items() if of == kind), labels[kind], marker(sign))
               for kind, sign in SIGNS.items()]
    other = Class((), labels_of("legend", language)["other"], marker(OTHER))
    return [Style(getattr(_column("facilities", "facility_type"), language),
                  by_class("facility_type", [*classes, other]))]


def _of_sites(language: str) -> list[Style]:
    def star(paint: Paint) -> Element:
        return marker(Sign("star", paint.fill, SITE_MM), stroke=paint.stroke)

    column = _column("sites", "reason")
    return [Style(getattr(column, language), by_class("reason", _classes(column, language, star, rest=QUIET)),
                  Label('"name"', 8.0))]


def _of_openings(language: str) -> list[Style]:
    return [Style(table_name("openings", language), one_symbol(line(WALL, width_mm="1.6")), Label('"rank"', 7.0, WALL))]


def _of_links(language: str) -> list[Style]:
    column = _column("links", "reason")
    return [Style(getattr(column, language), by_class(
        "reason", _classes(column, language, lambda paint: line(paint.fill, width_mm="0.8"))))]


def _of_isochrones(language: str) -> list[Style]:
    unit, bounds = labels_of("unit", language)["min"], (0, *MINUTES)
    ranges = [Range(lower + 1e-6, upper, f"≤ {upper} {unit}", fill(paint, opacity=ISOCHRONE_OPACITY))
              for lower, upper, paint in zip(bounds[:-1], bounds[1:], reversed(RAMP), strict=True)]
    return [Style(getattr(_column("isochrones", "minutes"), language), by_range("minutes", ranges))]


def _of_lacked(language: str) -> list[Style]:
    words = labels_of("legend", language)
    ends = (*(step - 1 for step in GAP_STEPS[1:]), MOST)
    ranges = [Range(0, 0, words["none"], fill(COVERED))]
    for lower, upper, paint in zip(GAP_STEPS, ends, RAMP, strict=True):
        said = f"{lower}–{upper} {words['types']}" if upper < MOST else f"≥ {lower} {words['types']}"
        ranges.append(Range(lower, upper, said, fill(paint)))
    return [Style(words["gaps"], by_range("gaps", ranges), Label('"gaps"', 8.0))]


STYLES: Mapping[str, Callable[[str], list[Style]]] = {
    "estates": _of_estates, "facilities": _of_facilities, "sites": _of_sites,
    "openings": _of_openings, "links": _of_links, "isochrones": _of_isochrones,
    "gaps_of_estates": _of_lacked, "gaps_of_areas": _of_lacked,
}
