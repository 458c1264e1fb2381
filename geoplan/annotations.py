"""Which names and numbers stand on a map? Each where it covers no other; the most important first.

What has no room for its name keeps its number, and the list beside the map has the name.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely

from geoplan.briefs import Brief
from geoplan.drawing import Sheet, boxes, fill, line, mark, write
from geoplan.fonts import MM_PER_POINT, drawable, fitted, folded, height_mm
from geoplan.grounds import Ground, Layer, seen
from geoplan.labelling import MARGIN_MM, NOWHERE, Wish, place_labels
from geoplan.palette import (
    AREA_EDGE,
    INK,
    LABEL_EDGE_MM,
    LAST_NAMED_RANK,
    LONGEST_NAME_MM,
    MEMBER_EDGE,
    MOST_NAMES,
    NAME_POINTS,
    NAME_ROOM_MM,
    NUMBER_MM,
    NUMBER_POINTS,
    SITE_MM,
    SITE_ROOM_MM,
    SMALL_POINTS,
    STREET_NAME,
    WALL,
    WALL_DOT_MM,
    WALL_MM,
    WALL_POINTS,
    WATER_NAME,
)
from geoplan.scalebars import Window, frame_of, ground_of, to_sheet


def number_estates(
    sheet: Sheet, estates: Layer, window: Window, brief: Brief, taken: np.ndarray, symbols: np.ndarray,
) -> np.ndarray:
    """Draw the number of every member on a white disc; return the squares taken so far."""
    own = np.flatnonzero(estates.facts["area_id"] == brief.area["area_id"])
    labels = [str(brief.estate_numbers[estate_id]) for estate_id in estates.facts["estate_id"][own]]
    look = (NUMBER_POINTS, "white", MEMBER_EDGE, INK)
    return _draw_discs(sheet, window, spots_of(estates, own, window), labels, look, taken, symbols)


def number_walls(
    sheet: Sheet, openings: Layer, window: Window, brief: Brief, taken: np.ndarray, symbols: np.ndarray,
) -> np.ndarray:
    """Draw the number of every listed wall on a disc of its own colour, other walls as dots."""
    own, facts = np.flatnonzero(openings.facts["area_id"] == brief.area["area_id"]), openings.facts
    ranked = sorted(zip(facts["rank"][own], facts["estate_a"][own], facts["estate_b"][own], own.tolist(), strict=True))
    pairs = [(one, other) for _, one, other, _ in ranked]
    is_listed = np.array([pair in brief.wall_numbers for pair in pairs], dtype=bool)
    spots = spots_of(openings, np.array([number for *_, number in ranked], dtype=np.int64), window)
    mark(sheet, spots, "o", WALL_DOT_MM, WALL, window=window)
    labels = [str(brief.wall_numbers[pair]) for pair in pairs if pair in brief.wall_numbers]
    return _draw_discs(sheet, window, spots[is_listed], labels, (WALL_POINTS, WALL, "white", "white"), taken, symbols)


def _draw_discs(
    sheet: Sheet, window: Window, spots: np.ndarray, labels: Sequence[str], look: tuple[float, str, str, str],
    taken: np.ndarray, symbols: np.ndarray,
) -> np.ndarray:
    """Draw numbers on discs where they cover no other disc, with a line to their place; return all squares taken."""
    points, colour, edge, ink = look
    side = NUMBER_MM if colour == "white" else WALL_MM
    wishes = [Wish(("00",), points, x, y, (0.0, 0.4, 1.6, 3.2, 5.0)) for x, y in spots]
    places = place_labels(wishes, frame=frame_of(window), taken=taken, hidden=symbols)
    drawn = [(label, spot, place) for label, spot, place in zip(labels, spots, places, strict=True) if place]
    middles = np.array([((place[0] + place[2]) / 2, (place[1] + place[3]) / 2) for _, _, place in drawn])
    for (_, spot, _), middle in zip(drawn, middles, strict=True):
        if np.hypot(*(middle - spot)) > side / 2:
            fill(sheet, line(tuple(spot), tuple(middle)), "none", edge=ink if ink != "white" else WALL, width_mm=0.2,
                 window=window)
    mark(sheet, middles.reshape(-1, 2), "o", side, colour, edge=edge, edge_mm=0.25)
    for (label, _, _), (x, y) in zip(drawn, middles, strict=True):
        write(sheet, x, y - points * MM_PER_POINT * 0.36, label, points, colour=ink, align="center")
    return np.vstack([taken, kept(places)])


def name_all(
    sheet: Sheet, ground: Ground, window: Window, brief: Brief, uses: Mapping[str, str], taken: np.ndarray,
    symbols: np.ndarray, *, names: bool,
) -> None:
    """Write the names of members, sites, neighbouring areas and waters, in this order, where there is room."""
    area_id = brief.area["area_id"]
    estates, sites, areas = ground["estates"], ground["sites"], ground["areas"]
    members = largest_first(estates.facts, np.flatnonzero((estates.facts["area_id"] == area_id) & names), "estate_id")
    wishes = [Wish(tuple(folded(name, NAME_POINTS, NAME_ROOM_MM, most=2)), NAME_POINTS, x, y, (NUMBER_MM / 2, 2.6))
              for name, (x, y) in zip(estates.facts["name"][members], spots_of(estates, members, window), strict=True)]
    taken = _write_named(sheet, wishes, window, taken, symbols, INK)
    near = seen(sites, window)
    wishes = [Wish(tuple(_site_lines(site_id, name, uses)), SMALL_POINTS, x, y, (SITE_MM / 2, 3.0))
              for site_id, name, (x, y) in zip(sites.facts["site_id"][near], sites.facts["name"][near],
                                               spots_of(sites, near, window), strict=True)]
    taken = _write_named(sheet, wishes, window, taken, symbols, "#7a5c00")
    near = seen(areas, window)
    others = near[areas.facts["area_id"][near] != area_id]
    wishes = [Wish((drawable(other),), SMALL_POINTS, x, y, (0.0, 2.0))
              for other, (x, y) in zip(areas.facts["area_id"][others], spots_of(areas, others, window), strict=True)]
    taken = _write_named(sheet, wishes, window, taken, symbols, AREA_EDGE)
    taken = name_waters(sheet, ground["barriers"], window, np.vstack([taken, symbols]))
    name_streets(sheet, ground["streets"], window, taken)


def _site_lines(site_id: str, name: object, uses: Mapping[str, str]) -> list[str]:
    called = name if isinstance(name, str) else site_id
    lines = folded(called, SMALL_POINTS, SITE_ROOM_MM, most=2)
    return lines if site_id not in uses else [*lines, fitted(f"→ {uses[site_id]}", SMALL_POINTS, SITE_ROOM_MM)]


def _write_named(
    sheet: Sheet, wishes: Sequence[Wish], window: Window, taken: np.ndarray, symbols: np.ndarray, colour: str,
) -> np.ndarray:
    places = place_labels(wishes, frame=frame_of(window), taken=taken, hidden=symbols)
    write_labels(sheet, wishes, places, colour, white=0.7)
    return np.vstack([taken, kept(places)])


def name_waters(sheet: Sheet, barriers: Layer, window: Window, taken: np.ndarray) -> np.ndarray:
    """Write the names of waters in view, each once, in the middle of what is seen of it."""
    near = seen(barriers, window)
    return _name_along(sheet, barriers, near[barriers.facts["kind"][near] == "water"], window, taken, WATER_NAME)


def name_streets(sheet: Sheet, streets: Layer, window: Window, taken: np.ndarray) -> np.ndarray:
    """Write the names of the wider streets in view, each once, the widest first."""
    near = seen(streets, window)
    wide = near[streets.facts["rank"][near] <= LAST_NAMED_RANK]
    order = np.argsort(streets.facts["rank"][wide], kind="stable")
    return _name_along(sheet, streets, wide[order], window, taken, STREET_NAME)


def _name_along(
    sheet: Sheet, layer: Layer, numbers: np.ndarray, window: Window, taken: np.ndarray, colour: str,
) -> np.ndarray:
    """Write each name once, at the middle of the longest piece in view that bears it; return all rectangles taken."""
    names = layer.facts["name"][numbers]
    named = [nth for nth, name in enumerate(names) if name]
    names, cut = names[named], shapely.clip_by_rect(layer.shapes[numbers[named]], *ground_of(window, -LABEL_EDGE_MM))
    sizes = np.where(shapely.is_empty(cut), -1.0, shapely.length(cut))
    longest: dict[str, int] = {}
    for nth, (name, size) in enumerate(zip(names, sizes.tolist(), strict=True)):
        if size >= 0 and (name not in longest or size > sizes[longest[name]]):
            longest[name] = nth
    shown = sorted(longest.values())[:MOST_NAMES]
    middles = shapely.get_coordinates(shapely.point_on_surface(cut[shown]))
    wishes = [Wish((fitted(name, SMALL_POINTS, LONGEST_NAME_MM),), SMALL_POINTS, x, y, (0.0, 2.0))
              for name, (x, y) in zip(names[shown], to_sheet(middles, window), strict=True)]
    return _write_named(sheet, wishes, window, taken, NOWHERE, colour)


def write_labels(
    sheet: Sheet, wishes: Sequence[Wish], places: Sequence[tuple[float, float, float, float] | None], colour: str, *,
    white: float,
) -> None:
    """Write labels on a ground of thin white."""
    kept = [place for place in places if place is not None]
    if kept:
        fill(sheet, boxes(kept), "white", opacity=white)
    for wish, place in zip(wishes, places, strict=True):
        if place is None:
            continue
        middle, top = (place[0] + place[2]) / 2, place[3] - MARGIN_MM
        for nth, text in enumerate(wish.lines, start=1):
            base = top - nth * height_mm(wish.points) + 0.3 * wish.points * MM_PER_POINT
            write(sheet, middle, base, text, wish.points, colour=colour, align="center")


def spots_of(layer: Layer, numbers: np.ndarray, window: Window) -> np.ndarray:
    """Return where the shapes of these numbers stand on the sheet, by their x and y in metres."""
    return to_sheet(np.stack([layer.facts["x"][numbers], layer.facts["y"][numbers]], axis=1), window)


def largest_first(facts: Mapping[str, np.ndarray], numbers: np.ndarray, name: str) -> np.ndarray:
    """Return the numbers of shapes by their households, the most first and the unknown last, then by their ids."""
    households, ids = facts["households"], facts[name]
    return np.array(sorted(numbers.tolist(), key=lambda one: (
        households[one] is None, -(households[one] or 0), ids[one])), dtype=np.int64)


def kept(places: Sequence[tuple[float, float, float, float] | None]) -> np.ndarray:
    """Return the rectangles of the labels that found a place."""
    found = [place for place in places if place is not None]
    return np.array(found, dtype=float).reshape(-1, 4)
