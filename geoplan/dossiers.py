"""What does each area get on paper (一片区一方案)? Plan -> dossiers.docx: a cover, a list, then one part for each area.

A part says what the area is, what it lacks and by which standard, the elder-care account, sites, walls to open, works,
money, the residents' consent, the conditions still open, the year, the deadlines, and every clause it rests on. What
was not drawn up says so. Pages are counted within each area (A004-1, A004-2, …): one part can be taken out, replaced or
added without renumbering the others.
"""

from collections.abc import Sequence
from pathlib import Path

from geoplan.briefs import Brief, make_briefs
from geoplan.chapters import CHAPTERS
from geoplan.cover import overview
from geoplan.desk import Desk
from geoplan.documents import load_documents
from geoplan.drawing import Sheet
from geoplan.extracts import extract_of
from geoplan.figures import (
    Grid,
    grid_of,
    words_on_paper,
)
from geoplan.fonts import shortened
from geoplan.grounds import coarse, lay_ground
from geoplan.labels import BETWEEN
from geoplan.manuscript import TEXT_MM, Manuscript
from geoplan.pictures import plain_style, png_of
from geoplan.plan import Plan
from geoplan.plates import draw_area, draw_overview
from geoplan.scalebars import fit
from geoplan.sidebars import uses_of

MAP_MM, MAP_DOTS, MAP_MARGIN = (TEXT_MM, 100.0), 130, 0.12
MAP_FRAME = (0.3, 0.3, TEXT_MM - 0.6, 99.4)
NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四", "十五")
CONTENTS = ("area_id", "name", "estates", "households", "residents", "elder_short_m2", "plan_year", "amount_yuan")

def write_dossiers(plan: Plan, file: Path) -> None:
    """Write the dossiers of a plan.

    Parameters
    ----------
    plan
        The finished plan.
    file
        Is written anew; OSError where the disk does not take it.
    """
    header, tables = plan.project.plan, plan.tables
    words, pages = words_on_paper(header.language), Manuscript(header.name, header.as_of, header.language)
    rules = {rule.id: (document.number or document.title, rule.quote)
             for document in load_documents().values() for rule in document.rules}
    homes = extract_of(plan.layers.estates)
    standards = extract_of(plan.tables["gaps"].drop_duplicates("facility_type"))
    names = {table: dict(zip(tables[table][key], extract_of(tables[table])["name"], strict=True))
             for table, key in (("facilities", "facility_id"), ("sites", "site_id"))}
    desk = Desk(
        plan, lay_ground(plan), homes, {estate_id: place for place, estate_id in enumerate(homes["estate_id"])},
        {name: dict(zip(standards["facility_type"], standards[name], strict=True)) for name in standards},
        names, words, header.language, rules, pages)
    briefs = make_briefs(plan)
    with plain_style():
        _write_front(desk, briefs)
        for brief in briefs:
            _write_area(desk, brief)
    pages.save(file)


def _write_front(desk: Desk, briefs: Sequence[Brief]) -> None:
    """Write cover, facts and assumptions, the map of the town, and the list of areas with their pages."""
    plan, words, pages = desk.plan, desk.words, desk.pages
    header, areas = plan.project.plan, plan.tables["areas"]
    pages.new_part((header.name, words["dossiers"]), (_law(desk), ""))
    pages.heading(shortened(header.name, 60), 0)
    pages.text(words["dossiers"], "Subtitle")
    pages.grid(Grid(("", ""), tuple((label, text) for label, text in _facts(plan))), widths_mm=(42.0, TEXT_MM - 42.0))
    pages.heading(words["d.contents"], 1)
    if len(areas):
        sheet = Sheet(*MAP_MM)
        draw_overview(sheet, coarse(desk.ground), fit(tuple(areas.total_bounds), MAP_FRAME, MAP_MARGIN), words)
        pages.picture(png_of(sheet, MAP_DOTS), MAP_MM[0], words["d.overview_map"])
        pages.text(words["d.overview_map"], "Caption")
    listed = grid_of("areas", extract_of(areas), desk.language, CONTENTS, total=("estates", "households", "residents",
                     "elder_short_m2", "amount_yuan"), total_word=words["total"])
    places = [*(_page_of(desk, brief) + "1" for brief in briefs), *([""] if listed.has_total else [])]
    links = [*(_bookmark(brief) for brief in briefs), *([""] if listed.has_total else [])]
    pages.grid(Grid((*listed.headings, words["d.page"]),
                    tuple((*row, place) for row, place in zip(listed.rows, places, strict=True)),
                    listed.right, has_total=listed.has_total), links=links)


def _write_area(desk: Desk, brief: Brief) -> None:
    words, pages, area = desk.words, desk.pages, brief.area
    name = area["name"] if isinstance(area["name"], str) else ""
    called = f"{area['area_id']}　{shortened(name, 60)}"
    pages.new_part((desk.plan.project.plan.name, called), (_law(desk), _page_of(desk, brief)))
    pages.heading(called, 1, bookmark=_bookmark(brief))
    sheet = Sheet(*MAP_MM)
    window = fit(area["geometry"].bounds, MAP_FRAME, MAP_MARGIN)
    draw_area(sheet, desk.ground, window, brief, words, uses=uses_of(brief, desk.language), names=False)
    caption = words["d.map"].format(id=area["area_id"])
    pages.picture(png_of(sheet, MAP_DOTS), MAP_MM[0], f"{called} {caption}")
    pages.text(caption, "Caption")
    for place, (key, write) in enumerate(CHAPTERS.items()):
        numeral = f"{NUMERALS[place]}、" if desk.language == "zh" else f"{place + 1}. "
        pages.heading(numeral + words[f"d.{key}"], 2)
        write(desk, brief)


def _facts(plan: Plan) -> list[tuple[str, str]]:
    """Return the facts of the cover, those of several lines as one."""
    between = BETWEEN[plan.project.plan.language]
    return [(label, text.replace("。\n", "。").replace(".\n", ". ").replace("\n", between))
            for label, text in overview(plan)]


def _law(desk: Desk) -> str:
    return desk.words["d.law"].format(as_of=desk.plan.project.plan.as_of.isoformat())


def _page_of(desk: Desk, brief: Brief) -> str:
    return desk.words["d.page_word"].format(id=brief.area["area_id"])


def _bookmark(brief: Brief) -> str:
    return f"area_{brief.area['area_id']}"
