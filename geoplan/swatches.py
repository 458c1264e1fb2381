"""Which colour stands for which code, wherever a layer is shown by classes: in QGIS and in notebooks?

The colours are those of the leadership map (map_themes.js; a test compares them), so that one thing looks the same in
the meeting and on the analyst's desk. Doubt is never drawn as a yes or a no: what is not known has its own colour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geoplan.labels import CATALOGUE_LIST, labels_for
from geoplan.policy import load_catalogue
from geoplan.schema import Column, labels_of


@dataclass(frozen=True)
class Paint:
    """Fill and outline of a class, as #rrggbb."""

    fill: str
    stroke: str


@dataclass(frozen=True)
class Sign:
    """Form, colour and size of a point, as on the leadership map; size in millimetres."""

    form: str
    fill: str
    size_mm: float


GOOD, BAD, DOUBT = Paint("#4a90c4", "#2a6796"), Paint("#d9694a", "#a1432a"), Paint("#fbe3a1", "#a97c0f")
COVERED, DONE, NO_DATA = Paint("#7fb5d8", "#4b86ad"), Paint("#17508a", "#0b3157"), Paint("#eceae5", "#a9a397")
QUIET, OF_AREA = Paint("#dcd8cf", "#b4aea2"), Paint("#fdf0d9", "#b3261e")
WALL, SITE = "#a92a86", "#f2c200"
RAMP = tuple(Paint(fill, "#7d2410") for fill in ("#fdd49e", "#fc9d63", "#e2543a", "#a3120d"))  # light to dark
HUES = (  # Paul Tol's light scheme, told apart by colour-blind eyes, with dark partners for outlines
    Paint("#77AADD", "#2f6ea8"), Paint("#EE8866", "#b3502c"), Paint("#EEDD88", "#9a8417"), Paint("#44BB99", "#1a7d62"),
    Paint("#FFAABB", "#b8536a"), Paint("#BBCC33", "#76821a"), Paint("#99DDFF", "#3a8db8"),
)
YEARS = ("#4b2a7b", "#2f6f9f", "#2a9d8f", "#8bc34a", "#e9d84a")  # first year of the plan to last
LATER, UNPLANNED = "#f6efb0", Paint("#eceae5", "#8b8478")
SWATCHES: Mapping[str, Mapping[str, Paint]] = {  # closed list of values.csv -> code -> colours
    "eligibility": {"eligible": GOOD, "unknown": DOUBT, "ineligible": BAD},
    "plan_entry": {"ready": GOOD, "not_ready": BAD, "unknown": DOUBT, "not_set": NO_DATA},
    "verdict": {"pass": GOOD, "fail": BAD, "unknown": DOUBT, "not_set": NO_DATA, "needs_evidence": RAMP[0]},
    "care_status": {
        "met": COVERED, "met_after_plan": DONE, "not_met_no_site": RAMP[3], "not_met_no_consent": RAMP[2],
        "not_met_structure": RAMP[1], "not_met_plan_conformity": RAMP[0],
        "not_met_no_budget": HUES[4], "unknown": DOUBT},
    "land_status": {"met": COVERED, "met_after_plan": DONE, "not_met": BAD, "unknown": DOUBT},
    "link_reason": {
        "usable": GOOD, "crossing": DONE, "barrier": BAD, "heritage": HUES[2], "subdistrict": RAMP[1],
        "subdistrict_unknown": DOUBT, "planning_unit": HUES[4], "not_grouped": NO_DATA},
    "site_reason": {
        "usable": Paint(SITE, "#1b2a38"), "to_check": DOUBT, "basement": NO_DATA, "no_area": QUIET,
        "structure": RAMP[3], "fire": RAMP[2], "refused": RAMP[1], "plan_conformity": RAMP[0]},
}
IS_BAD_WHEN_TRUE = ("is_gap", "is_gap_after")
SIGNS: Mapping[str, Sign] = {  # kind of facility -> its sign
    "elder": Sign("diamond", "#7b3294", 3.2), "child": Sign("triangle", "#d17600", 2.8),
    "health": Sign("cross_fill", "#c8202f", 2.8), "culture_sport": Sign("pentagon", "#2b8a3e", 2.5),
    "public": Sign("hexagon", "#00808c", 2.3), "commerce": Sign("square", "#2b66b1", 2.1),
    "transport": Sign("circle", "#6b7580", 1.9),
}


def paints_of(column: Column) -> dict[str, Paint]:
    """Return code -> colours of a column of a closed list, every code of the list in its order; else nothing."""
    if column.values == CATALOGUE_LIST:
        kinds = kinds_of_types()
        return {code: Paint(SIGNS[kind].fill, SIGNS[kind].fill) for code, kind in kinds.items()}
    if not column.values or column.type != "text":
        return {}
    known = SWATCHES.get(column.values, {})
    return {code: known.get(code, HUES[place % len(HUES)])
            for place, code in enumerate(labels_for(column.values, "zh"))}


def paints_of_answer(column: Column) -> dict[bool, Paint]:
    """Return the colours of yes and no: whether yes is good depends on the column."""
    return {True: BAD, False: COVERED} if column.name in IS_BAD_WHEN_TRUE else {True: GOOD, False: BAD}


def paint_of_year(years_after: int) -> Paint:
    """Return the colours of a plan year, counted from the first year of the plan."""
    return Paint(YEARS[years_after] if 0 <= years_after < len(YEARS) else LATER, "#33404d")


def kinds_of_types() -> dict[str, str]:
    """Return facility type -> kind, by kind in the order of the list and then as the catalogue has them."""
    catalogue = load_catalogue()
    kinds = dict(zip(catalogue["facility_type"], catalogue["kind"], strict=True))
    order: Sequence[str] = list(labels_of("facility_kind", "zh"))
    return dict(sorted(kinds.items(), key=lambda item: order.index(item[1])))
