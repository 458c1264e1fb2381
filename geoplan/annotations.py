"""Which names and numbers stand on a map? Each where it covers no other; the most important first.

What has no room for its name keeps its number, and the list beside the map has the name.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure

from geoplan.briefs import Brief
from geoplan.drawing import boxes, fill, line, mark, write
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
    sheet: Figure, estates: Layer, window: Window, brief: Brief, taken: np.ndarray, symbols: np.ndarray,
) -> np.ndarray:
    """Draw the number of every member on a white disc; return the squares taken so far."""
    facts = estates.facts[estates.facts["estate_id"].isin(list(brief.estate_numbers))]
    labels = [str(brief.estate_numbers[estate_id]) for estate_id in facts["estate_id"]]
    look = (NUMBER_POINTS, "white", MEMBER_EDGE, INK)
    return _draw_discs(sheet, window, spots_of(facts, window), labels, look, taken, symbols)


def number_walls(
    sheet: Figure, openings: Layer, window: Window, brief: Brief, taken: np.ndarray, symbols: np.ndarray,
) -> np.ndarray:
    """Draw the number of every listed wall on a disc of its own colour, other walls as dots."""
    facts = openings.facts[openings.facts["area_id"] == brief.area["area_id"]]
    facts = facts.sort_values(["rank", "estate_a", "estate_b"])
    pairs = list(zip(facts["estate_a"], facts["estate_b"], strict=True))
    is_listed = np.array([pair in brief.wall_numbers for pair in pairs], dtype=bool)
    spots = spots_of(facts, window)
    mark(sheet, spots, "o", WALL_DOT_MM, WALL, window=window)
    labels = [str(brief.wall_numbers[pair]) for pair in pairs if pair in brief.wall_numbers]
    return _draw_discs(sheet, window, spots[is_listed], labels, (WALL_POINTS, WALL, "white", "white"), taken, symbols)


def _draw_discs(
    sheet: Figure, window: Window, spots: np.ndarray, labels: Sequence[str], look: tuple[float, str, str, str],
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
    sheet: Figure, ground: Ground, window: Window, brief: Brief, uses: Mapping[str, str], taken: np.ndarray,
    symbols: np.ndarray, *, names: bool,
) -> None:
    """Write the names of members, sites, neighbouring areas and waters, in this order, where there is room."""
    area_id = brief.area["area_id"]
    members = ground["estates"].facts
    members = members[(members["area_id"] == area_id).fillna(False) & names]
    members = members.sort_values(["households", "estate_id"], ascending=[False, True])
    wishes = [Wish(tuple(folded(name, NAME_POINTS, NAME_ROOM_MM, most=2)), NAME_POINTS, x, y, (NUMBER_MM / 2, 2.6))
              for name, (x, y) in zip(members["name"], spots_of(members, window), strict=True)]
    taken = _write_named(sheet, wishes, window, taken, symbols, INK)
    sites = ground["sites"].facts.iloc[seen(ground["sites"], window)]
    wishes = [Wish(tuple(_site_lines(site_id, name, uses)), SMALL_POINTS, x, y, (SITE_MM / 2, 3.0))
              for site_id, name, (x, y) in zip(sites["site_id"], sites["name"], spots_of(sites, window), strict=True)]
    taken = _write_named(sheet, wishes, window, taken, symbols, "#7a5c00")
    areas = ground["areas"].facts.iloc[seen(ground["areas"], window)]
    others = areas[areas["area_id"] != area_id]
    wishes = [Wish((drawable(other),), SMALL_POINTS, x, y, (0.0, 2.0))
              for other, (x, y) in zip(others["area_id"], spots_of(others, window), strict=True)]
    taken = _write_named(sheet, wishes, window, taken, symbols, AREA_EDGE)
    taken = name_waters(sheet, ground["barriers"], window, np.vstack([taken, symbols]))
    name_streets(sheet, ground["streets"], window, taken)


def _site_lines(site_id: str, name: object, uses: Mapping[str, str]) -> list[str]:
    called = name if isinstance(name, str) else site_id
    lines = folded(called, SMALL_POINTS, SITE_ROOM_MM, most=2)
    return lines if site_id not in uses else [*lines, fitted(f"→ {uses[site_id]}", SMALL_POINTS, SITE_ROOM_MM)]


def _write_named(
    sheet: Figure, wishes: Sequence[Wish], window: Window, taken: np.ndarray, symbols: np.ndarray, colour: str,
) -> np.ndarray:
    places = place_labels(wishes, frame=frame_of(window), taken=taken, hidden=symbols)
    write_labels(sheet, wishes, places, colour, white=0.7)
    return np.vstack([taken, kept(places)])


def name_waters(sheet: Figure, barriers: Layer, window: Window, taken: np.ndarray) -> np.ndarray:
    """Write the names of waters in view, each once, in the middle of what is seen of it."""
    near = seen(barriers, window)
    return _name_along(sheet, barriers, near[(barriers.facts["kind"].iloc[near] == "water").to_numpy()], window, taken,
                       WATER_NAME)


def name_streets(sheet: Figure, streets: Layer, window: Window, taken: np.ndarray) -> np.ndarray:
    """Write the names of the wider streets in view, each once, the widest first."""
    near = seen(streets, window)
    facts = streets.facts.iloc[near]
    wide = near[(facts["rank"] <= LAST_NAMED_RANK).to_numpy()]
    order = np.argsort(streets.facts["rank"].iloc[wide].to_numpy(), kind="stable")
    return _name_along(sheet, streets, wide[order], window, taken, STREET_NAME)


def _name_along(
    sheet: Figure, layer: Layer, numbers: np.ndarray, window: Window, taken: np.ndarray, colour: str,
) -> np.ndarray:
    """Write each name once, at the middle of the longest piece in view that bears it; return all rectangles taken."""
    names = layer.facts["name"].iloc[numbers].fillna("").to_numpy()
    cut = shapely.clip_by_rect(layer.shapes[numbers], *ground_of(window, -LABEL_EDGE_MM))
    is_shown = (names != "") & ~shapely.is_empty(cut)
    middles = shapely.get_coordinates(shapely.point_on_surface(cut[is_shown]))
    pieces = pd.DataFrame({"name": names[is_shown], "size": shapely.length(cut[is_shown]),
                           "x": middles[:, 0], "y": middles[:, 1]})
    longest = pieces.sort_values("size", ascending=False, kind="stable").drop_duplicates("name")
    shown = longest.sort_index().head(MOST_NAMES)
    wishes = [Wish((fitted(name, SMALL_POINTS, LONGEST_NAME_MM),), SMALL_POINTS, x, y, (0.0, 2.0))
              for name, (x, y) in zip(shown["name"], spots_of(shown, window), strict=True)]
    return _write_named(sheet, wishes, window, taken, NOWHERE, colour)


def write_labels(
    sheet: Figure, wishes: Sequence[Wish], places: Sequence[tuple[float, float, float, float] | None], colour: str, *,
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


def spots_of(facts: pd.DataFrame, window: Window) -> np.ndarray:
    """Return where things stand on the sheet, by their x and y in metres."""
    return to_sheet(facts[["x", "y"]].to_numpy(dtype=float).reshape(-1, 2), window)


def kept(places: Sequence[tuple[float, float, float, float] | None]) -> np.ndarray:
    """Return the rectangles of the labels that found a place."""
    found = [place for place in places if place is not None]
    return np.array(found, dtype=float).reshape(-1, 4)
