"""plan.toml with anything in it that cannot be meant."""

from collections.abc import Callable
from pathlib import Path

from brought import HEADER, town, write
from catalogue import ROWS, Catalogue

GROUP = "plan.toml"
ESTATES = '[estates]\npath = "estates.gpkg"\n'


def plan(text: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        write(
            town(ROWS, estate_id=[f"E{n:02d}" for n in range(ROWS)], name=[f"里{n}" for n in range(ROWS)]),
            folder / "estates.gpkg",
        )
        (folder / "plan.toml").write_text(text, encoding="utf-8")

    return make


def section(text: str) -> Callable[[Path], None]:
    return plan(f"[plan]\n{HEADER}{ESTATES}{text}\n")


def header(text: str) -> Callable[[Path], None]:
    return plan(f"[plan]\n{text}\n{ESTATES}")


PLACE = 'jurisdiction = "西宁市"\nas_of = 2024-03-01\n'


def add_to(book: Catalogue) -> None:
    book.stop(GROUP, "no file", "project.no_file", lambda _: None)
    book.stop(GROUP, "an empty file", "project.", plan(""))
    book.stop(GROUP, "no TOML", "project.not_toml", plan("[plan\nname = 小镇"))
    book.stop(GROUP, "a key twice", "project.not_toml", plan(f"[plan]\n{HEADER}{HEADER}{ESTATES}"))
    for name, text in {
        "no name": f'{PLACE}year = 2025',
        "no day": 'name = "x"\njurisdiction = "西宁市"\nyear = 2025',
        "a day as text": 'name = "x"\njurisdiction = "西宁市"\nas_of = "三月"\nyear = 2025',
        "a year as text": f'name = "x"\n{PLACE}year = "明年"',
        "a year in antiquity": f'name = "x"\n{PLACE}year = 25',
        "an empty name": f'name = ""\n{PLACE}year = 2025',
        "neither place nor policies": 'name = "x"\nas_of = 2024-03-01\nyear = 2025',
        "both place and policies": f'name = "x"\npolicies = ["CN-2021-50"]\n{PLACE}year = 2025',
        "another language": f'name = "x"\n{PLACE}year = 2025\nlanguage = "fr"',
        "a share past 1": f'name = "x"\n{PLACE}year = 2025\nmax_rejected_share = 20',
        "a key that does not exist": f'name = "x"\n{PLACE}year = 2025\ncolour = "red"',
    }.items():
        book.stop(GROUP, name, "project.", header(text))
    for name, text in {
        "a section that does not exist": "[colours]\nred = 1",
        "a section that is a number": "areas = 7",
        "a maximum below the minimum": "[areas]\nmin_households = 900\nmax_households = 100",
        "a gap of nothing": "[areas]\nmax_gap_m = 0",
        "a gap of a thousand kilometres": "[areas]\nmax_gap_m = 1e6",
        "a negative minimum": "[areas]\nmin_households = -1",
        "half a household": "[areas]\nmin_households = 100.5",
        "a method that does not exist": '[areas]\nmethod = "best"',
        "include of nothing known": '[areas]\ninclude = ["all"]',
        "a text for a number": '[areas]\nmax_radius_m = "500米"',
        "a truth for a number": "[areas]\nmax_radius_m = true",
        "a reason without a value": '[areas]\nmax_gap_m = { because = "x" }',
        "a key misspelt": "[areas]\nmax_gap = 60",
        "walkers that stand": "[circle]\nspeed_m_per_min = { adult = 0 }",
        "walkers that fly": "[circle]\nspeed_m_per_min = { adult = 900 }",
        "a limit of a type that does not exist": "[circle]\nlimits = { CINEMA = 500 }",
        "a loosened limit without a reason": "[circle]\nlimits = { ELD_DAYCARE = 5000 }",
        "a limit of nothing": "[circle]\nlimits = { ELD_DAYCARE = 0 }",
        "a tolerance of everyone": "[circle]\narea_tolerance = 1",
        "a detour below the straight line": "[circle]\ndetour = 0.5",
        "a basis that does not exist": '[elder]\nbasis = "volume"',
        "a scope that does not exist": '[elder]\ncount_scope = "everywhere"',
        "nobody in a household": "[assumptions]\npersons_per_household = 0",
        "weights of nothing": "[score]\nweights = { will = 0 }",
        "a negative weight": "[score]\nweights = { will = -1, hazards = 2 }",
        "years out of order": "[programme]\nyears = [2027, 2025]",
        "a year twice": "[programme]\nyears = [2025, 2025]",
        "a budget of another year": "[programme]\nyears = [2025]\nbudget_yuan = { 2030 = 1 }",
        "barriers without a name": '[barriers]\npath = "x.gpkg"',
        "facilities without a path": "[facilities]\nsheet = 'x'",
        "a facility word for no code": '[facilities]\npath = "estates.gpkg"\ntypes = { "超市" = "SHOP" }',
        "complete types that do not exist": '[facilities]\npath = "estates.gpkg"\ncomplete = ["SHOP"]',
        "a column that is not ours": '[sites]\npath = "estates.gpkg"\ncolumns = { colour = "颜色" }',
        "values of a column without a list": '[sites]\npath = "estates.gpkg"\nvalues.name = { "a" = "b" }',
        "values of no code": '[sites]\npath = "estates.gpkg"\nvalues.site_kind = { "空房" = "empty" }',
        "a heading row of 0": '[sites]\npath = "estates.gpkg"\nheader_row = 0',
        "must_join of a number": "[areas]\nmust_join = [[1, 2]]",
    }.items():
        book.stop(GROUP, name, "project.", section(text))
