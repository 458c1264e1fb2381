"""What does the dossier of an area say, chapter by chapter?

What it lacks and by which standard, the elder-care account, sites, walls to open, works, money, the residents' consent,
the conditions still open, the year, the deadlines, and every clause it rests on. What was not drawn up says so.
"""

from collections.abc import Callable, Mapping, Sequence

from geoplan.briefs import Brief
from geoplan.desk import Desk
from geoplan.extracts import Extract
from geoplan.figures import (
    MISSING,
    Grid,
    columns_named,
    grid_of,
    heading_of,
    number_text,
    texts_of,
)
from geoplan.fonts import shortened
from geoplan.grounding import write_clauses, write_standing
from geoplan.labels import BETWEEN, labels_for, short_labels_for
from geoplan.manuscript import TEXT_MM
from geoplan.schema import columns_of, join_list, split_list
from geoplan.sidebars import key_figures, sums_by_source

MEMBERS = ("name", "completion_year", "buildings", "households", "residents", "floor_area_m2", "eligibility",
           "plan_entry")
CONSENT = ("name", "consent_eligible", "consent_participants", "consent_agree", "survey_done", "mgmt_consensus",
           "public_notice_no_objection", "willing_to_pay", "ready_year")
GAPS = ("facility_type", "uncovered_residents", "uncovered_share", "limit_m", "standard", "confidence", "is_gap_after",
        "reason")
SITES = ("site_id", "name", "site_kind", "floor_area_m2", "land_area_m2", "usable", "reason")
WORKS = ("item", "content_class", "quantity", "unit", "unit_mid", "low_yuan", "amount_yuan", "high_yuan", "basis")
ACCOUNT = ("residents", "need_m2", "inside_m2", "declared_m2", "reachable_m2", "planned_m2", "short_m2",
           "short_after_m2", "land_need_m2", "land_have_m2")
REACHABLE = "reachable"
ASSUMPTION = "assumption"


def _key_figures(desk: Desk, brief: Brief) -> None:
    figures = key_figures(brief, desk.words)
    half = len(figures) // 2
    rows = tuple((*figures[place], *figures[place + half]) for place in range(half))
    desk.pages.grid(Grid(("",) * 4, rows, frozenset({1, 3})), widths_mm=(TEXT_MM * 0.3, TEXT_MM * 0.2) * 2)


def _members(desk: Desk, brief: Brief) -> None:
    estates = brief.rows["estates"]
    grid = grid_of("estates", estates, desk.language, MEMBERS)
    numbers = [str(brief.estate_numbers[estate_id]) for estate_id in estates["estate_id"]]
    desk.pages.grid(_with_first(grid, desk.words["d.number"], numbers))


def _gaps(desk: Desk, brief: Brief) -> None:
    every = brief.rows["area_gaps"]
    if not len(every):
        desk.pages.text(desk.words["no_facilities"])
        return
    missing = every.where(every["is_gap"]).by("-uncovered_residents", "facility_type")
    tolerance = number_text(desk.plan.project.circle.area_tolerance, "share")
    desk.pages.lead(desk.words["d.gap_lead"].format(n=len(missing), tolerance=tolerance))
    if len(missing):
        desk.pages.grid(_gap_grid(desk, missing))
    short = short_labels_for("facility_type", desk.language)
    for key, answer in (("d.enough", False), ("d.no_data", None)):
        types = BETWEEN[desk.language].join(
            short.get(code, code) for code, is_gap in zip(every["facility_type"], every["is_gap"], strict=True)
            if is_gap is answer)
        if types:
            desk.pages.text(desk.words[key].format(types=types))


def _gap_grid(desk: Desk, missing: Extract) -> Grid:
    """Return the gaps with the standard each rests on."""
    added = {name: [desk.standards[name].get(code) for code in missing["facility_type"]]
             for name in ("limit_m", "standard", "confidence")}
    columns = {column.name: column for table in ("gaps", "area_gaps") for column in columns_of(table)}
    rows = missing.given(**added)
    kept = [columns[name] for name in GAPS if name in columns and name in rows and any(
        value is not None for value in rows[name])]
    texts = texts_of(kept, rows, desk.language)
    right = frozenset(place for place, column in enumerate(kept) if column.type in ("int", "float", "share"))
    return Grid(tuple(heading_of(column, desk.language) for column in kept),
                tuple(zip(*texts.values(), strict=True)), right)


def _care(desk: Desk, brief: Brief) -> None:
    words, care = desk.words, brief.rows["care"]
    if not len(care):
        desk.pages.text(words["no_facilities"])
        return
    account = care.records()[0]
    said = {name: labels_for(column.values, desk.language).get(str(account[name]), MISSING)
            for column in columns_named("care", ("status", "land_status")) for name in [column.name]}
    basis = words[f"d.basis_{desk.plan.project.elder.basis}"]
    desk.pages.lead(words["d.care_lead"].format(basis=basis, status=said["status"], land=said["land_status"]))
    columns = columns_named("care", ACCOUNT)
    texts = texts_of(columns, care, desk.language)
    rows = [(heading_of(column, desk.language), texts[column.name][0]) for column in columns]
    half = -(-len(rows) // 2)
    pairs = [(*rows[place], *(rows[place + half] if place + half < len(rows) else ("", ""))) for place in range(half)]
    desk.pages.grid(Grid((words["d.item"], words["d.figure"]) * 2, tuple(pairs), frozenset({1, 3})),
                    widths_mm=(TEXT_MM * 0.32, TEXT_MM * 0.18) * 2)
    flows = brief.rows["care_flows"]
    if len(flows):
        names = desk.names["facilities"]
        scope = desk.plan.project.elder.count_scope
        desk.pages.lead(words["d.flows" if scope == REACHABLE else "d.flows_aside"])
        grid = grid_of("care_flows", flows, desk.language, ("facility_id", "floor_area_m2"), total=("floor_area_m2",),
                       total_word=words["total"])
        called = [_or_missing(names.get(facility)) for facility in flows["facility_id"]]
        desk.pages.grid(_with_first(grid, _heading("facilities", "name", desk.language), called))


def _sites(desk: Desk, brief: Brief) -> None:
    words, sites = desk.words, brief.rows["sites"]
    if "sites" not in desk.plan.layers.brought:
        desk.pages.text(words["d.no_sites_layer"])
        return
    near_m = number_text(desk.plan.project.areas.max_radius_m)
    if not len(sites):
        desk.pages.text(words["no_sites"].format(m=near_m))
        return
    desk.pages.lead(words["d.sites_lead"].format(m=near_m))
    desk.pages.grid(grid_of("sites", sites, desk.language, SITES))


def _sitings(desk: Desk, brief: Brief) -> None:
    sitings = brief.rows["sitings"]
    if not len(sitings):
        desk.pages.text(desk.words["d.not_made" if desk.plan.tables["sitings"].empty else "d.none_here"])
        return
    names = desk.names["sites"]
    grid = grid_of("sitings", sitings, desk.language, _all_but("sitings", "area_id"),
                   total=("floor_area_m2", "amount_yuan"), total_word=desk.words["total"])
    called = [_or_missing(names.get(site)) for site in sitings["site_id"]]
    desk.pages.grid(_with_first(grid, _heading("sites", "name", desk.language), called))


def _walls(desk: Desk, brief: Brief) -> None:
    walls = brief.rows["openings"]
    if not len(walls):
        desk.pages.text(desk.words["no_walls"])
        return
    listed = walls.part(0, len(brief.wall_numbers))
    names = dict(zip(brief.rows["estates"]["estate_id"], brief.rows["estates"]["name"], strict=True))
    pairs = [f"{shortened(names.get(a, a), 30)} — {shortened(names.get(b, b), 30)}"
             for a, b in zip(listed["estate_a"], listed["estate_b"], strict=True)]
    grid = grid_of("openings", listed, desk.language, ("resident_minutes_saved", "gaps_closed"))
    numbers = [str(number) for number in brief.wall_numbers.values()]
    desk.pages.grid(_with_first(_with_first(grid, desk.words["d.pair"], pairs), desk.words["d.number"], numbers))
    if len(walls) > len(listed):
        desk.pages.text(desk.words["d.walls_more"].format(n=len(walls) - len(listed)))


def _works(desk: Desk, brief: Brief) -> None:
    works = brief.rows["works"]
    if not len(works):
        desk.pages.text(desk.words["d.not_made"])
        return
    is_assumed = [basis == ASSUMPTION for basis in works["basis"]]
    grid = grid_of("works", works, desk.language, WORKS,
                   total=("low_yuan", "amount_yuan", "high_yuan"), total_word=desk.words["total"], marked=is_assumed)
    desk.pages.grid(_flagged(desk, grid, is_assumed))
    if any(is_assumed):
        desk.pages.text(desk.words["d.works_note"])
    pairs = dict.fromkeys(zip(works["content_class"], works["clause"], strict=True))
    classed = [pair for pair in pairs if None not in pair]
    if classed:
        kinds, clauses = zip(*classed, strict=True)
        texts = texts_of(columns_named("works", ("content_class", "clause")),
                         Extract({"content_class": kinds, "clause": clauses}), desk.language)
        said = [f"{kind} {clause}" for kind, clause in zip(texts["content_class"], texts["clause"], strict=True)]
        desk.pages.text(desk.words["d.classes"].format(which=BETWEEN[desk.language].join(said)))


def _money(desk: Desk, brief: Brief) -> None:
    funding = brief.rows["funding"]
    if not len(funding):
        desk.pages.text(desk.words["d.not_made"])
        return
    desk.pages.grid(grid_of("funding", sums_by_source(funding), desk.language, ("source", "amount_yuan"),
                            total=("amount_yuan",), total_word=desk.words["total"]))
    desk.pages.lead(desk.words["d.items_money"])
    is_assumed = [basis == ASSUMPTION for basis in funding["basis"]]
    desk.pages.grid(_flagged(desk, grid_of("funding", funding, desk.language, _all_but("funding", "area_id"),
                                           marked=is_assumed), is_assumed))


def _consent(desk: Desk, brief: Brief) -> None:
    brought = [name for name in CONSENT if name in desk.plan.layers.brought["estates"] or name == "name"]
    if len(brought) == 1:
        desk.pages.text(desk.words["d.not_made"])
        return
    own = desk.homes.pick([desk.places[estate_id] for estate_id in brief.rows["estates"]["estate_id"]])
    numbers = [str(brief.estate_numbers[estate_id]) for estate_id in own["estate_id"]]
    grid = grid_of("estates", own, desk.language, brought, side="in")
    desk.pages.grid(_with_first(grid, desk.words["d.number"], numbers))


def _programme(desk: Desk, brief: Brief) -> None:
    programme = brief.rows["programme"]
    if not len(programme):
        desk.pages.text(desk.words["d.not_made"])
    else:
        waiting = [join_list(_called(desk, brief, each) for each in split_list(ids))
                   for ids in programme["blocking_estates"]]
        grid = grid_of("programme", programme.given(blocking_estates=waiting), desk.language,
                       _all_but("programme", "area_id"))
        facts = tuple(zip(grid.headings, grid.rows[0], strict=True))
        desk.pages.grid(Grid(("", ""), facts), widths_mm=(TEXT_MM * 0.3, TEXT_MM * 0.7))
    ranking = brief.rows.get("ranking")
    if ranking is not None and len(ranking):
        desk.pages.lead(desk.words["d.ranking"])
        _whole(desk, "ranking", ranking)


def _called(desk: Desk, brief: Brief, estate_id: str) -> str:
    """Return an estate by its number in the list of members and its name."""
    return f"{brief.estate_numbers[estate_id]} {_or_missing(desk.homes['name'][desk.places[estate_id]])}"


def _milestones(desk: Desk, brief: Brief) -> None:
    _whole(desk, "milestones", brief.rows["milestones"].by("due_date", "milestone"))


CHAPTERS: Mapping[str, Callable[[Desk, Brief], None]] = {
    "key_figures": _key_figures, "members": _members, "gaps": _gaps, "care": _care, "sites": _sites,
    "sitings": _sitings, "walls": _walls, "works": _works, "money": _money, "consent": _consent,
    "standing": write_standing, "programme": _programme, "milestones": _milestones, "clauses": write_clauses,
}


def _whole(desk: Desk, table: str, rows: Extract) -> None:
    if not len(rows):
        desk.pages.text(desk.words["d.not_made"])
        return
    desk.pages.grid(grid_of(table, rows, desk.language, _all_but(table, "area_id")))


def _flagged(desk: Desk, grid: Grid, flags: Sequence[bool]) -> Grid:
    """Return a grid whose assumed rows say so in their first cell, not only by their colour."""
    marks = [*flags, *([False] * (len(grid.rows) - len(flags)))]
    rows = tuple((desk.words["assumption"] + row[0], *row[1:]) if flag else row
                 for flag, row in zip(marks, grid.rows, strict=True))
    return Grid(grid.headings, rows, grid.right, grid.marked, grid.has_total)


def _with_first(grid: Grid, heading: str, texts: Sequence[str]) -> Grid:
    """Return a grid with one more column in front; the row of sums has nothing in it."""
    filled = [*texts, *([""] * (len(grid.rows) - len(texts)))]
    rows = tuple((text, *row) for text, row in zip(filled, grid.rows, strict=True))
    return Grid((heading, *grid.headings), rows, frozenset(place + 1 for place in grid.right), grid.marked,
                grid.has_total)


def _all_but(table: str, *names: str) -> list[str]:
    return [column.name for column in columns_named(table, ()) if column.name not in names]


def _heading(table: str, column: str, language: str) -> str:
    return heading_of(columns_named(table, [column])[0], language)


def _or_missing(name: object) -> str:
    return name if isinstance(name, str) else MISSING
