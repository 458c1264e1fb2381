"""Which rules is each layer held to? In the CRS of its file first, then in metres; in this order.

Adding a rule is writing one function `(rows, setting) -> (rows, findings)` in the file of its noun and putting it here.
"""

from collections.abc import Mapping

from geoplan.cells import read_cells
from geoplan.estate_rows import (
    flag_exclusions,
    forget_zero_households,
    forget_zero_residents,
    remark_odd_ratios,
    remark_parts_above_whole,
)
from geoplan.facility_rows import fill_status, find_types, lower_basements, mend_codes, remark_doubles, remark_piles
from geoplan.footprints import (
    make_points,
    mend_crossing,
    mend_repeated_corners,
    reject_identical,
    reject_no_length,
    reject_not_line,
    reject_not_line_or_polygon,
    reject_not_place,
    reject_not_polygon,
    reject_slivers,
    remark_closed,
    remark_overlaps,
    remark_scattered,
)
from geoplan.identities import name_after_id, part_ids, remark_unknown_estate
from geoplan.places import reject_no_geometry, reject_not_finite, remark_far
from geoplan.rules import Rule
from geoplan.site_rows import allow_types
from geoplan.street_rows import add_not_walkable, lower_tags, remark_unknown_classes
from geoplan.usual import remark_unusual

SOUND: tuple[Rule, ...] = (reject_no_geometry, remark_closed, reject_not_finite)
AREAS_OR_LINES: tuple[Rule, ...] = (reject_not_finite, mend_crossing, read_cells)
GIVEN_RULES: Mapping[str, tuple[Rule, ...]] = {
    "estates": (*SOUND, reject_not_polygon), "facilities": (*SOUND, make_points), "sites": (*SOUND, reject_not_place),
    "gates": (*SOUND, make_points), "streets": (*SOUND, reject_not_line, reject_no_length),
    "barriers": (*SOUND, reject_not_line_or_polygon), "utilities": SOUND, "heritage": SOUND,
    "planning_units": (*SOUND, reject_not_line_or_polygon),
}
WORKING_RULES: Mapping[str, tuple[Rule, ...]] = {
    "estates": (
        reject_not_finite, mend_repeated_corners, mend_crossing, reject_slivers, reject_identical, part_ids, read_cells,
        name_after_id, forget_zero_households, forget_zero_residents, remark_unusual, remark_parts_above_whole,
        remark_odd_ratios, flag_exclusions, remark_overlaps, remark_scattered, remark_far),
    "facilities": (
        reject_not_finite, part_ids, fill_status, mend_codes, read_cells, remark_unusual, lower_basements, find_types,
        remark_parts_above_whole, remark_doubles, remark_piles),
    "sites": (reject_not_finite, mend_crossing, part_ids, read_cells, remark_unusual, lower_basements, allow_types),
    "streets": (reject_not_finite, add_not_walkable, read_cells, lower_tags, remark_unknown_classes),
    "gates": (reject_not_finite, read_cells, remark_unknown_estate),
    "barriers": AREAS_OR_LINES, "utilities": AREAS_OR_LINES, "heritage": AREAS_OR_LINES,
    "planning_units": AREAS_OR_LINES,
}
