"""What stands beside a map: key figures, and short lists that always fit.

A block is a title and rows. When the blocks of a sheet are taller than the sheet, the lists give up rows, the longest
first, each down to a least number; a row that says how many are missing stands in their place.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geoplan.briefs import Brief
from geoplan.drawing import Sheet, fill, line, mark, write
from geoplan.extracts import Extract
from geoplan.figures import MISSING, columns_named, in_ten_thousands, number_text, texts_of
from geoplan.fonts import fitted, folded, width_mm
from geoplan.labels import labels_for, short_labels_for
from geoplan.palette import (
    INK,
    LINE,
    MEMBER_EDGE,
    NUMBER_POINTS,
    SOFT,
    WALL,
)
from geoplan.schema import split_list

TITLE_POINTS, ROW_POINTS, FIGURE_POINTS, CAPTION_POINTS = 8.5, 6.8, 11.0, 6.0
ROW_MM, TITLE_MM, AFTER_MM, FIGURE_MM = 3.45, 5.6, 2.2, 9.0
GUTTER_MM, NUMBER_ROOM_MM, FIGURES_ACROSS, REASON_MM = 3.0, 4.2, 4, 84.0
BULLETS: Mapping[str, tuple[str, str, str]] = {"estate": ("white", MEMBER_EDGE, INK), "wall": (WALL, "white", "white")}


@dataclass(frozen=True)
class Row:
    """One line of a list: a number on a disc where it has one, a text, and a figure that ends flush."""

    text: str
    figure: str = ""
    number: str = ""


@dataclass(frozen=True)
class Block:
    """A title and rows, in one or two columns; at least `least` rows stay when room is short."""

    title: str
    rows: tuple[Row, ...]
    columns: int = 1
    least: int = 2
    bullet: str = ""


def blocks_of(
    brief: Brief, words: Mapping[str, str], language: str, *, brought: frozenset[str], near_m: float,
) -> list[Block]:
    """Return the lists beside the map of an area.

    Parameters
    ----------
    brief
        The area.
    words
        As `words_on_paper` returns them.
    language
        zh or en.
    brought
        Names of the layers that were brought.
    near_m
        How far from an area its reuse sites may lie.

    Returns
    -------
    blocks
        In the order in which they stand.
    """
    return [
        Block(words["members"], _members(brief), columns=2, least=40, bullet="estate"),
        Block(words["gaps"], _gaps(brief, words, language, has_facilities="facilities" in brought), columns=2, least=6),
        Block(words["care"], _care(brief, words, language), columns=2, least=4),
        Block(words["sites"], _sites(brief, words, language, has_sites="sites" in brought, near_m=near_m)),
        Block(words["walls"], _walls(brief, words), least=5, bullet="wall"),
        Block(words["works"], _works(brief, words, language)),
        Block(words["funding"], _funding(brief, words, language), columns=2),
        Block(words["programme"], _programme(brief, words, language)),
    ]


def key_figures(brief: Brief, words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return label and figure of the eight figures that head every sheet."""
    area = brief.area
    missing = area["gap_types"]
    programme = brief.rows["programme"]
    placed = number_text(programme["plan_year"][0] if len(programme) else None, "year")
    figures = {
        "estates": number_text(area["estates"]), "households": number_text(area["households"]),
        "residents": number_text(area["residents"]),
        "floor_area_m2": number_text(in_ten_thousands(area["floor_area_m2"]), decimals=2),
        "gaps": str(len(split_list(missing))) if isinstance(missing, str) else words["unknown"],
        "short": number_text(area["elder_short_m2"], decimals=0),
        "plan_year": placed if placed != MISSING else words["not_placed" if len(programme) else "not_made"],
        "amount": number_text(area["amount_yuan"], "yuan") if "works" in brief.rows else words["not_made"],
    }
    return [(words[f"k.{key}"], text) for key, text in figures.items()]


def draw_figures(sheet: Sheet, figures: Sequence[tuple[str, str]], left: float, top: float, width: float) -> float:
    """Draw figures large with their labels under them, four in a row; return the lower edge in millimetres."""
    each = width / FIGURES_ACROSS
    for place, (label, text) in enumerate(figures):
        x, y = left + place % FIGURES_ACROSS * each, top - (place // FIGURES_ACROSS) * FIGURE_MM
        write(sheet, x, y - 4.6, fitted(text, FIGURE_POINTS, each - 1), FIGURE_POINTS, colour=INK)
        write(sheet, x, y - 7.5, fitted(label, CAPTION_POINTS, each - 1), CAPTION_POINTS, colour=SOFT)
    return top - -(-len(figures) // FIGURES_ACROSS) * FIGURE_MM


def draw_blocks(
    sheet: Sheet, blocks: Sequence[Block], left: float, top: float, size: tuple[float, float], more: str,
) -> None:
    """Draw blocks under each other so that none passes the lower edge.

    Parameters
    ----------
    sheet
        Is drawn upon.
    blocks
        Their rows may be too many for the room.
    left, top
        Of the column, in millimetres.
    size
        Its width and height.
    more
        Sentence for rows left out, with {n}.
    """
    width, height = size
    shown = _shares([len(block.rows) for block in blocks], blocks, height)
    y = top
    for block, lines in zip(blocks, shown, strict=True):
        write(sheet, left, y - 3.6, fitted(block.title, TITLE_POINTS, width), TITLE_POINTS, colour=INK)
        fill(sheet, line((left, y - 4.7), (left + width, y - 4.7)), "none", edge=LINE, width_mm=0.25)
        y -= TITLE_MM
        fitting = lines * block.columns
        rows = list(block.rows[:fitting])
        if len(block.rows) > fitting:
            rows = [*block.rows[:fitting - 1], Row(more.format(n=len(block.rows) - fitting + 1))]
        _draw_rows(sheet, block, rows, lines, left, y, width)
        y -= lines * ROW_MM + AFTER_MM


def _draw_rows(
    sheet: Sheet, block: Block, rows: Sequence[Row], lines: int, left: float, top: float, width: float,
) -> None:
    each = (width - (block.columns - 1) * GUTTER_MM) / block.columns
    for place, row in enumerate(rows):
        x = left + place // lines * (each + GUTTER_MM)
        y = top - (place % lines + 1) * ROW_MM + 0.9
        indent = NUMBER_ROOM_MM if block.bullet else 0.0
        if row.number:
            colour, edge, ink = BULLETS[block.bullet]
            middle = (x + NUMBER_ROOM_MM / 2 - 0.4, y + 0.8)
            mark(sheet, np.array([middle]), "o", 2.9, colour, edge=edge, edge_mm=0.2)
            write(sheet, middle[0], y + 0.1, row.number, NUMBER_POINTS - 0.8, colour=ink, align="center")
        figure = fitted(row.figure, ROW_POINTS, each * 0.6) if row.figure else ""
        room = each - indent - (width_mm(figure, ROW_POINTS) + 1.5 if figure else 0)
        write(sheet, x + indent, y, fitted(row.text, ROW_POINTS, room), ROW_POINTS, colour=INK)
        if figure:
            write(sheet, x + each, y, figure, ROW_POINTS, colour=SOFT, align="right")


def _shares(counts: Sequence[int], blocks: Sequence[Block], height: float) -> list[int]:
    """Return how many lines each block gets: the longest gives up one at a time until all fit."""
    lines = [-(-count // block.columns) for count, block in zip(counts, blocks, strict=True)]
    least = [min(-(-block.least // block.columns), have) for block, have in zip(blocks, lines, strict=True)]
    room = int((height - len(blocks) * (TITLE_MM + AFTER_MM)) / ROW_MM)
    while sum(lines) > room:
        spare = [have - keep for have, keep in zip(lines, least, strict=True)]
        if max(spare) <= 0:
            break
        lines[max(range(len(lines)), key=lambda place: (spare[place], -place))] -= 1
    return lines


def _members(brief: Brief) -> tuple[Row, ...]:
    estates = brief.rows["estates"]
    return tuple(Row(row["name"], number_text(row["households"]), str(brief.estate_numbers[row["estate_id"]]))
                 for row in estates.records("name", "households", "estate_id"))


def _gaps(brief: Brief, words: Mapping[str, str], language: str, *, has_facilities: bool) -> tuple[Row, ...]:
    if not has_facilities:
        return (Row(words["no_facilities"]),)
    gaps = brief.rows["area_gaps"]
    missing = gaps.where(gaps["is_gap"]).by("-uncovered_residents", "facility_type")
    short = short_labels_for("facility_type", language)
    rows = [Row(short.get(row["facility_type"], row["facility_type"]),
                f"{number_text(row['uncovered_residents'])} · {number_text(row['uncovered_share'], 'share')}")
            for row in missing.records()]
    unknown = sum(is_gap is None for is_gap in gaps["is_gap"])
    return (*(rows or [Row(words["no_gaps"])]), *([Row(words["no_data_types"].format(n=unknown))] if unknown else []))


def _care(brief: Brief, words: Mapping[str, str], language: str) -> tuple[Row, ...]:
    area, care = brief.area, brief.rows["care"]
    if not len(care):
        return (Row(words["no_facilities"]),)
    account = care.records()[0]
    figures = {"need": account["need_m2"], "have": area["elder_have_m2"], "short": account["short_m2"],
               "short_after": account["short_after_m2"]}
    status = {"status": labels_for("care_status", language).get(account["status"], MISSING),
              "land_status": labels_for("land_status", language).get(account["land_status"], MISSING)}
    rows = [Row(words[f"c.{key}"], number_text(value, "m2")) for key, value in figures.items()]
    return (*rows, *(Row(words[f"c.{key}"], text) for key, text in status.items()))


def _sites(
    brief: Brief, words: Mapping[str, str], language: str, *, has_sites: bool, near_m: float,
) -> tuple[Row, ...]:
    sites = brief.rows["sites"]
    if not has_sites:
        return (Row(words["no_sites_layer"]),)
    if not len(sites):
        return (Row(words["no_sites"].format(m=number_text(near_m))),)
    uses, reasons = uses_of(brief, language), labels_for("site_reason", language)
    rows = [
        Row(site["name"] if isinstance(site["name"], str) else site["site_id"],
            f"→ {uses[site['site_id']]}" if site["site_id"] in uses else reasons.get(site["reason"], MISSING))
        for site in sorted(sites.records("site_id", "name", "reason"), key=lambda site: site["site_id"] not in uses)]
    return tuple(rows)


def uses_of(brief: Brief, language: str) -> dict[str, str]:
    """Return site -> what is to go there, in short words."""
    short, between = short_labels_for("facility_type", language), "、" if language == "zh" else ", "
    uses: dict[str, list[str]] = {}
    for site, code in zip(brief.rows["sitings"]["site_id"], brief.rows["sitings"]["facility_type"], strict=True):
        uses.setdefault(site, []).append(short.get(code, code))
    return {site: between.join(uses[site]) for site in sorted(uses)}


def _walls(brief: Brief, words: Mapping[str, str]) -> tuple[Row, ...]:
    names = dict(zip(brief.rows["estates"]["estate_id"], brief.rows["estates"]["name"], strict=True))
    rows = [
        Row(f"{names.get(wall['estate_a'], wall['estate_a'])} — {names.get(wall['estate_b'], wall['estate_b'])}",
            number_text(wall["resident_minutes_saved"], "person-min"),
            str(brief.wall_numbers[wall["estate_a"], wall["estate_b"]]))
        for wall in brief.rows["openings"].part(0, len(brief.wall_numbers)).records()]
    return tuple(rows) or (Row(words["no_walls"]),)


def _works(brief: Brief, words: Mapping[str, str], language: str) -> tuple[Row, ...]:
    works = brief.rows["works"]
    if not len(works):
        return (Row(words["not_made"]),)
    ordered = works.by("-amount_yuan", "item")
    texts = texts_of(columns_named("works", ["item", "amount_yuan"]), ordered, language)
    mark = words["assumption"].strip() if language == "zh" else f" {words['assumption'].strip()}"
    marks = [mark if basis == "assumption" else "" for basis in ordered["basis"]]
    return tuple(Row(f"{item}{said}", amount)
                 for said, item, amount in zip(marks, texts["item"], texts["amount_yuan"], strict=True))


def _funding(brief: Brief, words: Mapping[str, str], language: str) -> tuple[Row, ...]:
    funding = brief.rows["funding"]
    if not len(funding):
        return (Row(words["not_made"]),)
    texts = texts_of(columns_named("funding", ["source", "amount_yuan"]), sums_by_source(funding), language)
    return tuple(Row(source, amount) for source, amount in zip(*texts.values(), strict=True))


def sums_by_source(funding: Extract) -> Extract:
    """Return source and amount_yuan, the largest first; a source with an unknown part is unknown and last."""
    parts: dict[str, list[float | None]] = {}
    for source, amount in zip(funding["source"], funding["amount_yuan"], strict=True):
        parts.setdefault(source, []).append(amount)
    sums = {source: None if None in amounts else math.fsum(filter(None, amounts)) for source, amounts in parts.items()}
    return Extract({"source": list(sums), "amount_yuan": list(sums.values())}).by("-amount_yuan", "source")


def _programme(brief: Brief, words: Mapping[str, str], language: str) -> tuple[Row, ...]:
    programme = brief.rows["programme"]
    if not len(programme):
        return (Row(words["not_made"]),)
    row = programme.records()[0]
    year = number_text(row["plan_year"], "year")
    reason = texts_of(columns_named("programme", ["reason"]), programme, language)["reason"][0]
    lines = folded(reason, ROW_POINTS, REASON_MM, most=2)
    return (Row(lines[0], words["not_placed"] if year == MISSING else year), *map(Row, lines[1:]))
