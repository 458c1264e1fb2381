"""Which colour, size and sign does each thing have on paper? As on the leadership map, where it is there too."""

from collections.abc import Mapping

INK, SOFT, LINE, PAPER = "#1b2a38", "#56636f", "#c9ccd0", "#f7f5f0"
WATER, WATER_EDGE, WATER_NAME, RAIL, BARRIER = "#d5e5ef", "#b3cfe0", "#5f8fb0", "#8a8782", "#a49c90"
STREET, CASING, STREET_NAME = "#ffffff", "#d2ccc0", "#857f74"
AREA_EDGE, AREA_TINT, MEMBER, MEMBER_EDGE = "#b3261e", "#fdf0d9", "#f5c58a", "#8c5614"
OTHER, OTHER_EDGE, NEIGHBOUR = "#e4dfd6", "#c8c1b4", "#b98a86"
WALL, SITE, HERITAGE = "#a92a86", "#f2c200", "#8a5a2b"
TINTS = ("#9dc3e6", "#f4b183", "#f0df97", "#8fd1bb", "#f7bfca", "#ccd878", "#b7e0f2")
STREET_WIDTHS_M = (22, 18, 15, 11, 7, 3)  # drawn widths by rank: what a street of its kind usually measures
LEAST_STREET_MM, FOOT_MM = 0.35, 0.2
SYMBOLS: Mapping[str, tuple[str, str, float]] = {  # as on the leadership map: form, colour, size in mm
    "elder": ("D", "#7b3294", 2.5), "child": ("^", "#d17600", 2.5), "health": ("P", "#c8202f", 2.6),
    "culture_sport": ("v", "#2b8a3e", 2.3), "public": ("h", "#00808c", 2.3), "commerce": ("s", "#2b66b1", 1.7),
    "transport": ("o", "#6b7580", 1.6), "none": ("s", "#a3a19d", 1.5),
}
SITE_MM, WALL_MM, NUMBER_MM, WALL_DOT_MM = 3.8, 2.9, 3.0, 1.1
NUMBER_POINTS, WALL_POINTS, NAME_POINTS, SMALL_POINTS = 6.0, 5.5, 7.0, 6.0
NAME_ROOM_MM, SITE_ROOM_MM = 26.0, 24.0
MOST_NAMES, LONGEST_NAME_MM, LABEL_EDGE_MM, LAST_NAMED_RANK = 12, 40.0, 8.0, 3
BAR_MM, BAR_HEIGHT_MM = 40.0, 1.4
