"""How does one map look on paper: an area among its neighbours, or the whole town?

Ground first (water, streets and other barriers, all faint), then estates, areas, symbols, and at last the labels, each
where it covers no other. What has no room for its name keeps its number, and the list beside the map has the name.
"""

from collections.abc import Mapping

import numpy as np
import shapely

from geoplan.annotations import (
    kept,
    largest_first,
    name_all,
    name_streets,
    name_waters,
    number_estates,
    number_walls,
    spots_of,
    write_labels,
)
from geoplan.briefs import Brief
from geoplan.drawing import Sheet, box, fill, line, mark, outline_of, write
from geoplan.fonts import drawable
from geoplan.grounds import Ground, Layer, seen
from geoplan.labelling import NOWHERE, Wish, around, place_labels
from geoplan.palette import (
    AREA_EDGE,
    AREA_TINT,
    BAR_HEIGHT_MM,
    BAR_MM,
    BARRIER,
    CASING,
    FOOT_MM,
    HERITAGE,
    INK,
    LEAST_STREET_MM,
    MEMBER,
    MEMBER_EDGE,
    NAME_POINTS,
    NEIGHBOUR,
    OTHER,
    OTHER_EDGE,
    PAPER,
    RAIL,
    SITE,
    SITE_MM,
    SMALL_POINTS,
    STREET,
    STREET_WIDTHS_M,
    SYMBOLS,
    TINTS,
    WATER,
    WATER_EDGE,
)
from geoplan.scalebars import MM_PER_M, Window, bar_m, frame_of


def draw_area(
    sheet: Sheet, ground: Ground, window: Window, brief: Brief, words: Mapping[str, str], *,
    uses: Mapping[str, str], names: bool = True,
) -> None:
    """Draw the map of one area.

    Parameters
    ----------
    sheet
        Is drawn upon.
    ground
        As `lay_ground` returns it.
    window
        What is shown and where on the sheet.
    brief
        The area.
    words
        As `words_on_paper` returns them.
    uses
        Site -> what is to go there, in words.
    names
        Whether members are named; on a small map their numbers must do.
    """
    area_id = str(brief.area["area_id"])
    areas, estates = ground["areas"], ground["estates"]
    _draw_base(sheet, ground, window)
    near = seen(areas, window)
    is_own_area = areas.facts["area_id"][near] == area_id
    fill(sheet, outline_of(areas.shapes[near[is_own_area]], window), AREA_TINT, opacity=0.55, window=window)
    _draw_streets(sheet, ground["streets"], window)
    homes = seen(estates, window)
    is_member = estates.facts["area_id"][homes] == area_id
    fill(sheet, outline_of(estates.shapes[homes[~is_member]], window), OTHER, edge=OTHER_EDGE, width_mm=0.15,
         window=window)
    fill(sheet, outline_of(estates.shapes[homes[is_member]], window), MEMBER, edge=MEMBER_EDGE, width_mm=0.25,
         window=window)
    fill(sheet, outline_of(areas.shapes[near[~is_own_area]], window), "none", edge=NEIGHBOUR, width_mm=0.3,
         dash=(1.6, 1.0), window=window)
    fill(sheet, outline_of(areas.shapes[near[is_own_area]], window), "none", edge=AREA_EDGE, width_mm=0.8,
         window=window)
    symbols = _draw_facilities(sheet, ground["facilities"], window)
    taken = np.vstack([_furniture(window), _draw_sites(sheet, ground["sites"], window)])
    taken = number_estates(sheet, estates, window, brief, taken, symbols)
    taken = number_walls(sheet, ground["openings"], window, brief, taken, symbols)
    name_all(sheet, ground, window, brief, uses, taken, symbols, names=names)
    _furnish(sheet, window, words)


def draw_overview(sheet: Sheet, ground: Ground, window: Window, words: Mapping[str, str]) -> None:
    """Draw the map of the whole town: every area with its number.

    Parameters
    ----------
    sheet
        Is drawn upon.
    ground
        As `coarse` returns it.
    window
        What is shown and where on the sheet.
    words
        As `words_on_paper` returns them.
    """
    areas, estates = ground["areas"], ground["estates"]
    _draw_base(sheet, ground, window)
    _draw_streets(sheet, ground["streets"], window)
    near, homes = seen(areas, window), seen(estates, window)
    for tint, colour in enumerate(TINTS):
        fill(sheet, outline_of(areas.shapes[near[near % len(TINTS) == tint]], window), colour, opacity=0.8,
             window=window)
    is_member = np.array([area_id is not None for area_id in estates.facts["area_id"][homes]], dtype=bool)
    fill(sheet, outline_of(estates.shapes[homes[~is_member]], window), OTHER_EDGE, opacity=0.75, window=window)
    fill(sheet, outline_of(estates.shapes[homes[is_member]], window), MEMBER_EDGE, opacity=0.25, window=window)
    fill(sheet, outline_of(areas.shapes[near], window), "none", edge=AREA_EDGE, width_mm=0.3, window=window)
    near = largest_first(areas.facts, near, "area_id")
    wishes = [Wish((drawable(area_id),), SMALL_POINTS, x, y, (0.0, 1.5, 3.0, 5.0))
              for area_id, (x, y) in zip(areas.facts["area_id"][near], spots_of(areas, near, window), strict=True)]
    taken = _furniture(window)
    places = place_labels(wishes, frame=frame_of(window), taken=taken)
    write_labels(sheet, wishes, places, INK, white=0.75)
    taken = name_waters(sheet, ground["barriers"], window, np.vstack([taken, kept(places)]))
    name_streets(sheet, ground["streets"], window, taken)
    _furnish(sheet, window, words)


def _draw_base(sheet: Sheet, ground: Ground, window: Window) -> None:
    fill(sheet, box(*frame_of(window)), PAPER)
    barriers, heritage = ground["barriers"], ground["heritage"]
    near = seen(barriers, window)
    kinds = barriers.facts["kind"][near]
    dimension = shapely.area(barriers.shapes[near]) > 0
    water, rail = near[kinds == "water"], near[kinds == "rail"]
    fill(sheet, outline_of(barriers.shapes[near[(kinds == "water") & dimension]], window), WATER, edge=WATER_EDGE,
         width_mm=0.15, window=window)
    fill(sheet, outline_of(barriers.shapes[near[(kinds == "water") & ~dimension]], window), "none", edge=WATER,
         width_mm=0.8, window=window)
    fill(sheet, outline_of(barriers.shapes[rail], window), "none", edge=RAIL, width_mm=0.5, window=window)
    fill(sheet, outline_of(barriers.shapes[rail], window), "none", edge="white", width_mm=0.25, dash=(1.5, 1.5),
         window=window)
    rest = np.setdiff1d(near, np.concatenate([water, rail]))
    fill(sheet, outline_of(barriers.shapes[rest], window), "none", edge=BARRIER, width_mm=0.4, window=window)
    fill(sheet, outline_of(heritage.shapes[seen(heritage, window)], window), "none", edge=HERITAGE, width_mm=0.3,
         dash=(0.6, 0.8), window=window)


def _draw_streets(sheet: Sheet, streets: Layer, window: Window) -> None:
    """Draw the streets as white ribbons with a faint edge; footways as thin lines."""
    near = seen(streets, window)
    ranks = streets.facts["rank"][near]
    last = len(STREET_WIDTHS_M) - 1
    ribbons = []
    for rank in sorted(set(ranks.tolist()), reverse=True):
        ribbon = outline_of(streets.shapes[near[ranks == rank]], window)
        width = max(STREET_WIDTHS_M[rank] * MM_PER_M / window.scale, LEAST_STREET_MM)
        ribbons.append((rank, ribbon, width))
    for rank, ribbon, width in ribbons:
        fill(sheet, ribbon, "none", edge=CASING, width_mm=FOOT_MM if rank == last else width + 0.25, window=window)
    for rank, ribbon, width in ribbons:
        if rank != last:
            fill(sheet, ribbon, "none", edge=STREET, width_mm=width, window=window)


def _draw_facilities(sheet: Sheet, facilities: Layer, window: Window) -> np.ndarray:
    """Draw the facilities by kind, those in use filled, those to come as rings; return the squares they take."""
    near = seen(facilities, window)
    near = near[facilities.facts["status"][near] != "closed"]
    kinds, in_use = facilities.facts["kind"][near], facilities.facts["status"][near] == "existing"
    spots = spots_of(facilities, near, window)
    squares = [NOWHERE]
    for kind, (form, colour, size) in reversed(list(SYMBOLS.items())):
        is_kind = kinds == kind
        mark(sheet, spots[is_kind & in_use], form, size, colour, window=window)
        mark(sheet, spots[is_kind & ~in_use], form, size, "white", edge=colour, edge_mm=0.3, window=window)
        squares.append(around(spots[is_kind], size / 2))
    return np.vstack(squares)


def _draw_sites(sheet: Sheet, sites: Layer, window: Window) -> np.ndarray:
    spots = spots_of(sites, seen(sites, window), window)
    mark(sheet, spots, "*", SITE_MM, SITE, edge=INK, edge_mm=0.2, window=window)
    return around(spots, SITE_MM / 2)


def _furniture(window: Window) -> np.ndarray:
    """Return the corners that scale bar and north arrow take: no label goes there."""
    _, bottom, right, top = frame_of(window)
    return np.array([(right - BAR_MM - 30.0, bottom, right, bottom + 8.5), (right - 10.5, top - 16.0, right, top)])


def _furnish(sheet: Sheet, window: Window, words: Mapping[str, str]) -> None:
    """Draw frame, scale bar and north arrow."""
    _, bottom, right, top = frame_of(window)
    fill(sheet, box(*frame_of(window)), "none", edge=INK, width_mm=0.35)
    _draw_scale(sheet, window, right - 6.0, bottom + 2.5, words)
    _draw_north(sheet, right - 5.8, top - 1.8, words["north"])


def _draw_scale(sheet: Sheet, window: Window, right: float, bottom: float, words: Mapping[str, str]) -> None:
    metres = bar_m(window.scale, BAR_MM)
    left = right - metres * MM_PER_M / window.scale
    fill(sheet, box(left - 26.0, bottom - 1.2, right + 4.5, bottom + 5.2), "white", opacity=0.75)
    fill(sheet, box(left, bottom, (left + right) / 2, bottom + BAR_HEIGHT_MM), INK)
    fill(sheet, box(left, bottom, right, bottom + BAR_HEIGHT_MM), "none", edge=INK, width_mm=0.2)
    said = f"{metres / MM_PER_M:g} {words['km']}" if metres >= MM_PER_M else f"{metres} {words['m']}"
    for x, text in ((left, "0"), (right, said)):
        write(sheet, x, bottom + BAR_HEIGHT_MM + 0.9, text, SMALL_POINTS, colour=INK, align="center")
    write(sheet, left - 4.0, bottom, f"1:{window.scale:,.0f}", NAME_POINTS, colour=INK, align="right")


def _draw_north(sheet: Sheet, x: float, top: float, word: str) -> None:
    half, height, tip = 2.0, 7.5, top - 4.2
    fill(sheet, box(x - 4.0, tip - height - 1.4, x + 4.0, top + 0.6), "white", opacity=0.85)
    write(sheet, x, top - 3.2, word, 8.0, colour=INK, align="center")
    notch = (x, tip - height * 0.75)
    fill(sheet, line((x, tip), (x - half, tip - height), notch, (x, tip)), INK, edge=INK, width_mm=0.2)
    fill(sheet, line((x, tip), (x + half, tip - height), notch, (x, tip)), "white", edge=INK, width_mm=0.2)
