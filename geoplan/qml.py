"""How does QGIS write a style down? Symbols, classes, labels and Chinese field names as QML.

Only what QGIS needs to draw a layer as it should be is written; everything left out takes the value QGIS gives it.
Names and labels are set as attributes of an XML tree, never pasted into text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from geoplan.labels import TEXT_TYPES, labels_for, unit_of
from geoplan.schema import GEOMETRY_TYPES, Column
from geoplan.swatches import Paint, Sign

VERSION = "3.22.0"  # the oldest QGIS the styles are tried with
OUTLINE_MM, LINE_MM, HALO_MM = "0.26", "0.9", "0.9"
GEOMETRY_CODES = {"marker": "0", "line": "1", "fill": "2"}
FULL = 255


@dataclass(frozen=True)
class Class:
    """One entry of a legend: the codes it stands for (none: all others), its words and its symbol."""

    codes: tuple[str, ...]
    label: str
    symbol: Element


@dataclass(frozen=True)
class Range:
    """One entry of a legend of numbers, both ends included."""

    lower: float
    upper: float
    label: str
    symbol: Element


@dataclass(frozen=True)
class Label:
    """What stands beside a shape: an expression of QGIS, its size in points and its colour."""

    expression: str
    points: float = 9.0
    colour: str = "#1b2a38"


def fill(paint: Paint, *, opacity: float = 1.0, width_mm: str = OUTLINE_MM, edge: str = "solid") -> Element:
    """Return the symbol of a surface; `opacity` is of its inside only."""
    return _symbol("fill", "SimpleFill", {
        "color": _rgba(paint.fill, opacity), "style": "solid" if opacity else "no",
        "outline_color": _rgba(paint.stroke), "outline_style": edge, "outline_width": width_mm,
        "outline_width_unit": "MM", "joinstyle": "bevel"})


def line(colour: str, *, width_mm: str = LINE_MM, style: str = "solid") -> Element:
    """Return the symbol of a line."""
    return _symbol("line", "SimpleLine", {
        "line_color": _rgba(colour), "line_style": style, "line_width": width_mm, "line_width_unit": "MM",
        "capstyle": "round", "joinstyle": "round"})


def marker(sign: Sign, *, stroke: str = "#ffffff") -> Element:
    """Return the symbol of a point."""
    return _symbol("marker", "SimpleMarker", {
        "name": sign.form, "color": _rgba(sign.fill), "outline_color": _rgba(stroke), "outline_style": "solid",
        "outline_width": "0.2", "outline_width_unit": "MM", "size": f"{sign.size_mm:g}", "size_unit": "MM"})


def one_symbol(symbol: Element) -> Element:
    """Return a renderer that draws everything alike."""
    renderer = Element("renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0", forceraster="0")
    SubElement(renderer, "symbols").append(_named(symbol, 0))
    return renderer


def by_class(attribute: str, classes: Sequence[Class]) -> Element:
    """Return a renderer that draws by the code in a column."""
    renderer = Element("renderer-v2", type="categorizedSymbol", attr=attribute, symbollevels="0", enableorderby="0",
                       forceraster="0")
    categories, symbols = SubElement(renderer, "categories"), SubElement(renderer, "symbols")
    for place, entry in enumerate(classes):
        category = SubElement(categories, "category", symbol=str(place), label=entry.label, render="true")
        if len(entry.codes) > 1:  # a list is one without a value of its own
            for code in entry.codes:
                SubElement(category, "val", value=code, type="string")
        else:
            category.attrib |= {"value": "".join(entry.codes), "type": "string"}
        symbols.append(_named(entry.symbol, place))
    return renderer


def by_range(attribute: str, ranges: Sequence[Range]) -> Element:
    """Return a renderer that draws by the number in a column."""
    renderer = Element("renderer-v2", type="graduatedSymbol", attr=attribute, graduatedMethod="GraduatedColor",
                       symbollevels="0", enableorderby="0", forceraster="0")
    written, symbols = SubElement(renderer, "ranges"), SubElement(renderer, "symbols")
    for place, entry in enumerate(ranges):
        SubElement(written, "range", lower=f"{entry.lower:.15f}", upper=f"{entry.upper:.15f}", symbol=str(place),
                   label=entry.label, render="true")
        symbols.append(_named(entry.symbol, place))
    return renderer


def style_parts(
    columns: Sequence[Column], language: str, renderer: Element | None, label: Label | None,
) -> list[Element]:
    """Return what makes up a style: how the fields read, how the layer is drawn, what is written on it.

    Parameters
    ----------
    columns
        Of the layer, geometry among them or not.
    language
        zh or en.
    renderer
        None for a table without geometry.
    label
        None where nothing is written.
    """
    shown = [column for column in columns if column.type not in GEOMETRY_TYPES]
    fields, aliases = Element("fieldConfiguration"), Element("aliases")
    for place, column in enumerate(shown, start=1):  # 0 is the row number of the file
        SubElement(aliases, "alias", index=str(place), field=column.name, name=_heading(column, language))
        words = labels_for(column.values, language) if column.values and column.type in TEXT_TYPES[:1] else {}
        if words:
            field = SubElement(fields, "field", name=column.name, configurationFlags="None")
            config = SubElement(SubElement(field, "editWidget", type="ValueMap"), "config")
            listed = SubElement(SubElement(config, "Option", type="Map"), "Option", type="List", name="map")
            for code, word in words.items():
                SubElement(SubElement(listed, "Option", type="Map"), "Option", type="QString", name=word, value=code)
    parts = [fields, aliases]
    if renderer is not None:
        parts = [renderer, *([_labelling(label)] if label else []), *parts]
        kind = renderer.find("symbols/symbol")
        assert kind is not None
        parts.append(_text("layerGeometryType", GEOMETRY_CODES[str(kind.get("type"))]))
    return parts


def qml_of(parts: Sequence[Element], *, labelled: bool) -> str:
    """Return a style as text."""
    root = Element("qgis", version=VERSION, styleCategories="AllStyleCategories", labelsEnabled=str(int(labelled)))
    root.extend(parts)
    indent(root, " ")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + tostring(root, encoding="unicode") + "\n"


def _symbol(kind: str, layer: str, values: dict[str, str]) -> Element:
    symbol = Element("symbol", type=kind, name="0", alpha="1", clip_to_extent="1", force_rhr="0")
    drawn = SubElement(symbol, "layer", {"class": layer, "enabled": "1", "locked": "0", "pass": "0"})
    options = SubElement(drawn, "Option", type="Map")
    for name, value in values.items():
        SubElement(options, "Option", type="QString", name=name, value=value)
    for name, value in values.items():  # what QGIS before 3.20 reads
        SubElement(drawn, "prop", k=name, v=value)
    return symbol


def _named(symbol: Element, place: int) -> Element:
    symbol.set("name", str(place))
    return symbol


def _labelling(label: Label) -> Element:
    labelling = Element("labeling", type="simple")
    settings = SubElement(labelling, "settings", calloutType="simple")
    style = SubElement(settings, "text-style", fieldName=label.expression, isExpression="1", fontSizeUnit="Point",
                       fontSize=f"{label.points:g}", textColor=_rgba(label.colour), textOpacity="1", fontWeight="50")
    SubElement(style, "text-buffer", bufferDraw="1", bufferSize=HALO_MM, bufferSizeUnits="MM", bufferOpacity="0.9",
               bufferColor=_rgba("#ffffff"))
    SubElement(settings, "placement", placement="0", centroidInside="1", centroidWhole="1")
    SubElement(settings, "rendering", obstacle="1", drawLabels="1", displayAll="0")
    return labelling


def _heading(column: Column, language: str) -> str:
    unit = unit_of(column, language)
    words = str(getattr(column, language))
    return words if not unit else f"{words}（{unit}）" if language == "zh" else f"{words} ({unit})"


def _text(tag: str, text: str) -> Element:
    element = Element(tag)
    element.text = text
    return element


def _rgba(colour: str, opacity: float = 1.0) -> str:
    red, green, blue = (int(colour[place:place + 2], 16) for place in (1, 3, 5))
    return f"{red},{green},{blue},{round(opacity * FULL)}"
