"""Which sheets does an office print? Plan -> atlas.pdf: the whole town, then one A3 sheet for each area.

Every sheet has title, map, scale bar, north arrow, legend in plain words, figures and lists beside the map, and a line
that says where the data comes from and of which day the law is. Lines and letters stay lines and letters: the file can
be searched, and prints sharp at any size. The same plan gives the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from geoplan.briefs import Brief, make_briefs
from geoplan.drawing import Sheet, fill, line, write
from geoplan.extracts import extract_of
from geoplan.figures import columns_named, in_ten_thousands, number_text, sum_of, texts_of, words_on_paper
from geoplan.fonts import drawable, fitted, folded, height_mm, missing_letters, readable
from geoplan.grounds import Ground, coarse, lay_ground
from geoplan.legends import ON_AREA, ON_OVERVIEW, draw_legend
from geoplan.maps import OSM_SUFFIX
from geoplan.palette import (
    INK,
    LINE,
    SOFT,
    SYMBOLS,
)
from geoplan.plan import Plan
from geoplan.plates import draw_area, draw_overview
from geoplan.printing import pdf_of
from geoplan.project import jurisdiction_text
from geoplan.scalebars import fit
from geoplan.sidebars import blocks_of, draw_blocks, draw_figures, key_figures, uses_of

WIDTH_MM, HEIGHT_MM = 420.0, 297.0  # A3
EDGE_MM = 10.0
MAP = (EDGE_MM, 34.0, 282.0, 233.0)  # left, bottom, width, height
SIDE_LEFT, SIDE_WIDTH, SIDE_TOP, SIDE_BOTTOM = 298.0, 112.0, 267.0, 12.0
TITLE_Y, SUBTITLE_Y, FOOT_Y, LEGEND_TOP = 282.0, 272.0, 7.0, 31.5
TITLE_POINTS, SUBTITLE_POINTS, FOOT_POINTS, LISTED_LETTERS = 19.0, 9.0, 6.3, 8
NOWHERE = (0.0, 0.0, 1000.0, 1000.0)  # metres, of a plan without an estate
AREA_MARGIN, OVERVIEW_MARGIN, FIGURES_MM = 0.14, 0.06, 24.0
INDEX_POINTS, INDEX_ROW_MM, INDEX_COLUMNS, INDEX_GAP_MM = 6.8, 3.9, 3, 8.0
INDEX = {"area_id": 0.0, "name": 11.0, "households": 77.0, "elder_short_m2": 96.0, "plan_year": 112.0}
"""Columns of the list of areas: where a text begins or a figure ends, in millimetres."""
ID_ROOM_MM, NAME_ROOM_MM, FIGURE_ROOM_MM = 10.0, 52.0, 17.0


@dataclass(frozen=True)
class Frame:
    """What all sheets of an atlas share: words, title, what governs it, the source line, how many there are."""

    words: Mapping[str, str]
    language: str
    title: str
    subtitle: str
    source: str
    total: int


def write_atlas(plan: Plan, file: Path) -> None:
    """Write the atlas of a plan: overview, list of areas where it is long, one sheet for each area.

    Parameters
    ----------
    plan
        The finished plan.
    file
        Is written anew; OSError where the disk does not take it.
    """
    header, areas = plan.project.plan, plan.tables["areas"]
    briefs, ground, lists = make_briefs(plan), lay_ground(plan), _lists(areas)
    words = words_on_paper(header.language)
    frame = Frame(words, header.language, drawable(header.name), drawable(jurisdiction_text(plan.project)),
                  _source(plan, words), len(lists) + len(briefs))
    with pdf_of(file, readable(header.name), header.as_of) as pages:
        pages.add(_overview(frame, plan, ground, lists[0]))
        for number, rows in enumerate(lists[1:], start=2):
            pages.add(_index(frame, rows, number))
        for number, brief in enumerate(briefs, start=len(lists) + 1):
            pages.add(_area(frame, plan, ground, brief, number))


def _overview(frame: Frame, plan: Plan, ground: Ground, rows: pd.DataFrame) -> Sheet:
    sheet = _sheet(frame, frame.words["overview"], 1)
    places = next((plan.tables[name] for name in ("areas", "estates") if len(plan.tables[name])), None)
    window = fit(NOWHERE if places is None else tuple(places.total_bounds), MAP, OVERVIEW_MARGIN)
    draw_overview(sheet, coarse(ground), window, frame.words)
    draw_legend(sheet, ON_OVERVIEW, frame.words, EDGE_MM, LEGEND_TOP)
    bottom = draw_figures(sheet, _totals(frame, plan), SIDE_LEFT, SIDE_TOP, SIDE_WIDTH)
    _draw_list(sheet, frame, rows, SIDE_LEFT, bottom - 4.0)
    return sheet


def _index(frame: Frame, rows: pd.DataFrame, number: int) -> Sheet:
    sheet = _sheet(frame, frame.words["index"], number)
    per_column = _rows_of(SIDE_TOP)
    for column, start in enumerate(range(0, len(rows), per_column)):
        _draw_list(sheet, frame, rows.iloc[start:start + per_column],
                   EDGE_MM + column * (SIDE_WIDTH + INDEX_GAP_MM), SIDE_TOP)
    return sheet


def _area(frame: Frame, plan: Plan, ground: Ground, brief: Brief, number: int) -> Sheet:
    words, area = frame.words, brief.area
    called = f"{area['area_id']}　{area['name'] if isinstance(area['name'], str) else ''}"
    sheet = _sheet(frame, called, number)
    window = fit(area["geometry"].bounds, MAP, AREA_MARGIN)
    draw_area(sheet, ground, window, brief, words, uses=uses_of(brief, frame.language))
    draw_legend(sheet, ON_AREA, words, EDGE_MM, LEGEND_TOP, kinds=[kind for kind in SYMBOLS if kind != "none"])
    bottom = draw_figures(sheet, key_figures(brief, words), SIDE_LEFT, SIDE_TOP, SIDE_WIDTH)
    blocks = blocks_of(brief, words, frame.language, brought=frozenset(plan.layers.brought),
                       near_m=plan.project.areas.max_radius_m)
    draw_blocks(sheet, blocks, SIDE_LEFT, bottom - 2.0, (SIDE_WIDTH, bottom - 2.0 - SIDE_BOTTOM), words["more"])
    return sheet


def _sheet(frame: Frame, title: str, number: int) -> Sheet:
    """Return a sheet with its title, the name of the plan, and the line that says where all this comes from."""
    sheet = Sheet(WIDTH_MM, HEIGHT_MM)
    right, room = WIDTH_MM - EDGE_MM, WIDTH_MM - 2 * EDGE_MM
    corner = frame.words["sheet"].format(n=number, all=frame.total)
    write(sheet, EDGE_MM, TITLE_Y, fitted(title, TITLE_POINTS, room - 30), TITLE_POINTS, colour=INK)
    write(sheet, EDGE_MM, SUBTITLE_Y, fitted(f"{frame.title}　{frame.subtitle}", SUBTITLE_POINTS, room - 80),
          SUBTITLE_POINTS, colour=SOFT)
    write(sheet, right, SUBTITLE_Y, f"{frame.words['atlas']}　{corner}", SUBTITLE_POINTS, colour=SOFT, align="right")
    fill(sheet, line((EDGE_MM, SUBTITLE_Y - 2.5), (right, SUBTITLE_Y - 2.5)), "none", edge=INK, width_mm=0.5)
    for nth, text in enumerate(reversed(folded(frame.source, FOOT_POINTS, room, most=2))):
        write(sheet, EDGE_MM, FOOT_Y - 1.5 + nth * height_mm(FOOT_POINTS), text, FOOT_POINTS, colour=SOFT)
    return sheet


def _totals(frame: Frame, plan: Plan) -> list[tuple[str, str]]:
    """Return the figures of the whole plan; a sum with an unknown part is a dash."""
    areas, words = plan.tables["areas"], frame.words
    missing = areas["gap_types"]
    figures = {
        "areas": number_text(len(areas)),
        "estates": number_text(sum_of(areas["estates"])), "households": number_text(sum_of(areas["households"])),
        "residents": number_text(sum_of(areas["residents"])),
        "floor_area_m2": number_text(in_ten_thousands(sum_of(areas["floor_area_m2"])), decimals=2),
        "gap_areas": number_text(int((missing.fillna("") != "").sum()) if missing.notna().any() else None),
        "short": number_text(sum_of(areas["elder_short_m2"]), decimals=0),
        "amount": number_text(sum_of(areas["amount_yuan"]), "yuan") if len(plan.tables["funding"])
        else words["not_made"],
    }
    return [(words[f"k.{key}"], text) for key, text in figures.items()]


def _lists(areas: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of the list of areas on the overview, then on each sheet of their own that they need."""
    beside, whole = _rows_of(SIDE_TOP - FIGURES_MM), INDEX_COLUMNS * _rows_of(SIDE_TOP)
    return [areas.iloc[:beside], *(areas.iloc[start:start + whole] for start in range(beside, len(areas), whole))]


def _rows_of(top: float) -> int:
    return int((top - SIDE_BOTTOM) / INDEX_ROW_MM) - 2


def _draw_list(sheet: Sheet, frame: Frame, rows: pd.DataFrame, left: float, top: float) -> None:
    """Draw a list of areas: its headings, then a line for each."""
    if rows.empty:
        return
    columns = columns_named("areas", list(INDEX))
    texts = texts_of(columns, extract_of(rows), frame.language)
    names = [column.name for column in columns]
    headings = [frame.words[f"i.{name}"] for name in names]
    y = top - INDEX_ROW_MM
    for nth, row in enumerate([headings, *zip(*texts.values(), strict=True)]):
        for name, text in zip(names, row, strict=True):
            _write_cell(sheet, name, text, left, y, SOFT if nth == 0 else INK)
        if nth == 0:
            fill(sheet, line((left, y - 1.2), (left + SIDE_WIDTH, y - 1.2)), "none", edge=LINE, width_mm=0.25)
            y -= 1.0
        y -= INDEX_ROW_MM


def _write_cell(sheet: Sheet, name: str, text: str, left: float, y: float, colour: str) -> None:
    if name == "area_id":
        write(sheet, left, y, fitted(text, INDEX_POINTS, ID_ROOM_MM), INDEX_POINTS, colour=colour)
    elif name == "name":
        write(sheet, left + INDEX[name], y, fitted(text, INDEX_POINTS, NAME_ROOM_MM), INDEX_POINTS, colour=colour)
    else:
        write(sheet, left + INDEX[name], y, fitted(text, INDEX_POINTS, FIGURE_ROOM_MM), INDEX_POINTS, colour=colour,
              align="right")


def _source(plan: Plan, words: Mapping[str, str]) -> str:
    """Return where the data comes from, how walking was measured, and which letters the font does not hold."""
    sources = plan.project.sources
    is_osm = any(sources[layer].path.endswith(OSM_SUFFIX)
                 or plan.layers.decided.get(layer, {}).get("origin") == "openstreetmap" for layer in sources)
    about = {"as_of": plan.project.plan.as_of.isoformat(), "crs": plan.layers.crs.name, "version": version("geoplan")}
    lines = [words["source_osm" if is_osm else "source"].format(**about),
             words["walking" if plan.notes["walking"] == "network" else "straight"], words["not_for_publication"]]
    missing = missing_letters(_written(plan))
    if missing:
        named = ", ".join(f"U+{ord(letter):04X}" for letter in missing[:LISTED_LETTERS])
        lines.append(words["missing_type"].format(letters=named + ("…" if len(missing) > LISTED_LETTERS else "")))
    return "".join(lines) if plan.project.plan.language == "zh" else " ".join(lines)


def _written(plan: Plan) -> list[object]:
    """Return every text of the planner's that a sheet may hold."""
    named = [plan.tables[table]["name"].dropna() for table in ("areas", "estates", "sites")]
    waters = plan.layers.barriers["name"].dropna()
    return [plan.project.plan.name, jurisdiction_text(plan.project), *waters,
            *(text for names in named for text in names)]
