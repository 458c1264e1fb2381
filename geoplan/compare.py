"""What changed from one run to another? Two run folders -> figures, years, money, areas, estates, gaps that differ.

Both runs are read from their files, exactly as written; nothing is computed anew. Area ids of two runs need not mean
the same area, so areas are paired by the households they share. Columns of the earlier run end in `_was`, those of the
later one in `_now`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from geoplan.facts import code_text, number_text, sentence, told
from geoplan.pages import Block, Table
from geoplan.runs import Run, read_rows
from geoplan.schema import columns_of, conform, join_list, labels_of, split_list
from geoplan.sources import GAP, UNVERIFIED

SIDE = "compare"
BOTH = ("_was", "_now")
STANDING = ["households", "residents", "eligibility", "plan_entry", "left_out"]
AREA_FACTS = ["name", "estates", "households", "elder_short_m2", "plan_year", "amount_yuan"]
SHOWN_ROWS = 20  # of a table on the screen; the workbook has all
FIGURES = {  # figure -> its unit
    "estates": "count", "grouped": "count", "areas": "count", "households": "households", "residents": "persons",
    "gaps": "count", "gaps_after": "count", "elder_need": "m2", "elder_have": "m2", "elder_short": "m2",
    "openings": "count", "sitings": "count", "amount": "yuan", "planned_areas": "count",
    "planned_households": "households", "planned_amount": "yuan", "planned_sourced": "yuan", "planned_gap": "yuan",
}
MONEY_GAPS = (GAP, UNVERIFIED)


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side; `tables` holds the tables of side `compare` by name."""

    was: Run
    now: Run
    tables: Mapping[str, pd.DataFrame]


def compare_runs(was: Run, now: Run) -> Comparison:
    """Return what differs between an earlier and a later run.

    Parameters
    ----------
    was, now
        As `open_run` returns them.

    Returns
    -------
    comparison
        Tables changed_figures, changed_years, changed_sources and changed_areas (those that stayed among them),
        changed_estates, changed_gaps, changed_parameters and changed_inputs (those that differ).
    """
    runs = (was, now)
    areas, estates, gaps, programmes, funding = (
        [read_rows(run, table) for run in runs] for table in ("areas", "estates", "gaps", "programme", "funding"))
    paired = pair_areas(estates[0], estates[1])
    values = [read_rows(run, "parameters").set_index("name")["value"].rename("value") for run in runs]
    inputs = [pd.Series(run.manifest["inputs"], name="value", dtype=object).rename_axis("path") for run in runs]
    made = {
        "changed_figures": compare_figures(figures_of(was), figures_of(now)),
        "changed_years": compare_years(programmes[0], programmes[1]),
        "changed_sources": compare_sources(funding[0], funding[1]),
        "changed_areas": compare_areas(areas[0], areas[1], paired, estates[0], estates[1]),
        "changed_estates": compare_estates(estates[0], estates[1], paired),
        "changed_gaps": compare_gaps(gaps[0], gaps[1]),
        "changed_parameters": _differing(values[0], values[1]),
        "changed_inputs": _differing(inputs[0], inputs[1]),
    }
    tables = {name: conform(name, table, side=SIDE) for name, table in made.items()}
    in_turn = tables["changed_figures"]["figure"].map(list(FIGURES).index).sort_values().index
    tables["changed_figures"] = tables["changed_figures"].loc[in_turn].reset_index(drop=True)
    return Comparison(was, now, tables)


def pair_areas(was: pd.DataFrame, now: pd.DataFrame) -> dict[str, str]:
    """Return which area of the later run is which of the earlier one: later id -> earlier id.

    The two that share the most households are paired first, then the next two of those left; ties by id. An estate of
    unknown households counts as one.

    Parameters
    ----------
    was, now
        Tables `estates` of the two runs.
    """
    both = was[["estate_id", "area_id"]].merge(
        now[["estate_id", "area_id", "households"]], on="estate_id", suffixes=BOTH).dropna(
        subset=["area_id_was", "area_id_now"])
    keys = ["area_id_was", "area_id_now"]
    shared: pd.DataFrame = both.assign(households=both["households"].fillna(1)).groupby(keys)[
        ["households"]].sum().reset_index()
    ordered = shared.sort_values(["households", *keys], ascending=[False, True, True])
    paired: dict[str, str] = {}
    taken: set[str] = set()
    for earlier, later in zip(ordered["area_id_was"], ordered["area_id_now"], strict=True):
        if later not in paired and earlier not in taken:
            paired[later] = earlier
            taken.add(earlier)
    return paired


def compare_areas(
    was: pd.DataFrame, now: pd.DataFrame, paired: Mapping[str, str], estates_was: pd.DataFrame,
    estates_now: pd.DataFrame,
) -> pd.DataFrame:
    """Return one row per area of either run: same, changed, new or gone, with its facts in both; see table."""
    facts = [frame[["area_id", *AREA_FACTS, "gap_types"]] for frame in (was, now)]
    rows = facts[0].merge(facts[1].assign(pair=facts[1]["area_id"].map(paired)), left_on="area_id", right_on="pair",
                          how="outer", suffixes=BOTH)
    members = [frame.dropna(subset="area_id").groupby("area_id")["estate_id"].agg(join_list)
               for frame in (estates_was, estates_now)]
    is_same = rows["area_id_was"].map(members[0]).eq(rows["area_id_now"].map(members[1]))
    rows["state"] = pd.Series("changed", index=rows.index).mask(is_same, "same").mask(
        rows["area_id_was"].isna(), "new").mask(rows["area_id_now"].isna(), "gone")
    sets = [rows[f"gap_types{side}"].map(lambda text: frozenset(split_list(text))) for side in BOTH]
    rows["gaps_closed"] = [join_list(sorted(a - b)) for a, b in zip(*sets, strict=True)]
    rows["gaps_opened"] = [join_list(sorted(b - a)) for a, b in zip(*sets, strict=True)]
    return rows.sort_values(["area_id_now", "area_id_was"], ignore_index=True)


def compare_estates(was: pd.DataFrame, now: pd.DataFrame, paired: Mapping[str, str]) -> pd.DataFrame:
    """Return the estates that are new, gone, in another area, or judged or counted otherwise; see table.

    An estate has moved where the area it is in now is not the one paired with the area it was in.
    """
    columns = ["estate_id", "name", "area_id", *STANDING]
    rows = was[columns].merge(now[columns], on="estate_id", how="outer", suffixes=BOTH, indicator=True)
    there = rows["area_id_now"].map(paired)
    has_moved = _differ(rows["area_id_was"], there) | (rows["area_id_now"].notna() & there.isna())
    is_other = pd.concat([_differ(rows[f"{name}_was"], rows[f"{name}_now"]) for name in STANDING], axis=1).any(axis=1)
    rows["state"] = pd.Series("same", index=rows.index).mask(is_other, "changed").mask(has_moved, "moved").mask(
        rows["_merge"] == "left_only", "gone").mask(rows["_merge"] == "right_only", "new")
    return rows.assign(name=rows["name_now"].fillna(rows["name_was"]))[rows["state"] != "same"]


def compare_gaps(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return the estates and facility types whose gap, today or after the plan, is judged otherwise; see table."""
    keys, facts = ["estate_id", "facility_type"], ["is_gap", "is_gap_after", "distance_m", "limit_m"]
    rows = was[keys + facts].merge(now[keys + facts], on=keys, how="outer", suffixes=BOTH)
    return rows[_differ(rows["is_gap_was"], rows["is_gap_now"])
                | _differ(rows["is_gap_after_was"], rows["is_gap_after_now"])]


def compare_years(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return the annual plans of both runs: areas, households and investment; see table."""
    facts = ["households", "amount_yuan"]
    sums = []
    for programme in (was, now):
        years = programme.dropna(subset=["plan_year"]).groupby("plan_year")
        sums.append(years[facts].sum(skipna=False).assign(areas=years.size()).reset_index())
    return sums[0].merge(sums[1], on="plan_year", how="outer", suffixes=BOTH)


def compare_sources(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return what each source pays in both runs, over all areas; unknown where a part of it is; see table."""
    sums = [funding.groupby("source")[["amount_yuan"]].sum(skipna=False).reset_index() for funding in (was, now)]
    return sums[0].merge(sums[1], on="source", how="outer", suffixes=BOTH)


def compare_figures(was: Mapping[str, float | None], now: Mapping[str, float | None]) -> pd.DataFrame:
    """Return the headline figures of both runs; a figure that is unknown in one of them has no change."""
    rows = pd.DataFrame({"figure": list(FIGURES), "unit": list(FIGURES.values()),
                         "was": pd.array([was[name] for name in FIGURES], dtype="Float64"),
                         "now": pd.array([now[name] for name in FIGURES], dtype="Float64")})
    return rows.assign(change=rows["now"] - rows["was"])


def figures_of(run: Run) -> dict[str, float | None]:
    """Return the headline figures of a run: sums over its areas, and counts; None where a part is not known."""
    areas, estates, gaps, programme, funding = (
        read_rows(run, table) for table in ("areas", "estates", "gaps", "programme", "funding"))
    planned = programme.dropna(subset=["plan_year"])
    money = funding[funding["area_id"].isin(planned["area_id"])]
    has_no_payer = money["source"].isin(MONEY_GAPS)
    sums = {"households": "households", "residents": "residents", "elder_need": "elder_need_m2",
            "elder_have": "elder_have_m2", "elder_short": "elder_short_m2", "amount": "amount_yuan"}
    return {
        "estates": len(estates), "grouped": int(estates["area_id"].notna().sum()), "areas": len(areas),
        "gaps": _count(gaps["is_gap"]), "gaps_after": _count(gaps["is_gap_after"]),
        "openings": len(read_rows(run, "openings")), "sitings": len(read_rows(run, "sitings")),
        **{figure: _sum(areas[column]) for figure, column in sums.items()},
        "planned_areas": len(planned), "planned_households": _sum(planned["households"]),
        "planned_amount": _sum(planned["amount_yuan"]),
        "planned_sourced": _sum(money.loc[~has_no_payer, "amount_yuan"]),
        "planned_gap": _sum(money.loc[money["source"] == GAP, "amount_yuan"]),
    }


def comparison_page(comparison: Comparison) -> list[Block]:
    """Return a comparison as a page for the screen, in the language of the later run; a cut table says so."""
    language = comparison.now.language
    blocks: list[Block] = [sentence("compare.title", language, was=comparison.was.folder, now=comparison.now.folder)]
    for name, table in comparison.tables.items():
        shown = table[table["state"] != "same"] if name == "changed_areas" else table
        blocks += ["", f"【{labels_of('table', language)[name]}】"]
        blocks += _table_blocks(name, shown, language) if len(shown) else [sentence("compare.nothing", language)]
    return blocks


def _table_blocks(name: str, rows: pd.DataFrame, language: str) -> list[Block]:
    columns = [column for column in columns_of(name, SIDE) if rows[column.name].notna().any()]
    texts = told(rows.head(SHOWN_ROWS), name, language, side=SIDE)
    if name == "changed_figures":
        for side in ("was", "now", "change"):
            texts[side] = [number_text(value, unit) for value, unit in zip(rows[side], rows["unit"], strict=True)]
        texts["unit"] = [code_text("unit", unit, language) for unit in rows["unit"]]
    right = frozenset(place for place, column in enumerate(columns) if column.type in ("int", "float"))
    lines = texts[[column.name for column in columns]].itertuples(index=False, name=None)
    table = Table(tuple(getattr(column, language) for column in columns), tuple(lines), right)
    more = len(rows) - SHOWN_ROWS
    return [table, *([sentence("compare.more", language, count=more)] if more > 0 else [])]


def _differing(was: pd.Series, now: pd.Series) -> pd.DataFrame:
    """Return the entries of two named lists that differ: the name, what it was, what it is now."""
    rows = pd.concat([was.rename("was"), now.rename("now")], axis=1).rename_axis(str(was.index.name)).reset_index()
    differing: pd.DataFrame = rows[_differ(rows["was"], rows["now"])]
    return differing


def _differ(was: pd.Series, now: pd.Series) -> pd.Series:
    """Say where two columns differ; two that are missing do not."""
    sides = [side.astype(object).where(side.notna(), None) for side in (was, now)]
    return pd.Series([a != b for a, b in zip(*sides, strict=True)], index=was.index, dtype=bool)


def _count(values: pd.Series) -> int | None:
    return int(values.sum()) if values.notna().any() else None


def _sum(values: pd.Series) -> float | None:
    return float(values.sum()) if values.notna().all() else None
