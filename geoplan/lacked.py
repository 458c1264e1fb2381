"""What does each estate and each area lack, in one row? Layers of plan.gpkg that can be looked at as they are.

`gaps` and `area_gaps` have a row for every facility type; drawn as they are, twenty outlines lie upon each other. Here
the types missing are counted and named beside the outline: today, and after the plan; and those that nobody can judge.
"""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from geoplan.labels import BETWEEN, CATALOGUE_LIST, short_labels_for
from geoplan.schema import DTYPES, Column, columns_of, lines_of

LACKED: Mapping[str, tuple[str, str, str]] = {  # layer -> the table of its outlines, its key, the table of its gaps
    "gaps_of_estates": ("estates", "estate_id", "gaps"),
    "gaps_of_areas": ("areas", "area_id", "area_gaps"),
}
KEPT = ("area_id", "estate_id", "name", "households", "residents")


def columns_lacked() -> dict[str, list[Column]]:
    """Return the columns of every layer made here, geometry last."""
    own = [Column("gpkg", "", line["column"], line["type"], line["unit"], required=False, key=False, values="", dbf="",
                  zh=line["zh"], en=line["en"], meaning_zh=line["meaning_zh"], meaning_en=line["meaning_en"])
           for line in lines_of("lacked.csv")]
    found = {}
    for layer, (table, _, _) in LACKED.items():
        kept = [column for column in columns_of(table) if column.name in KEPT]
        found[layer] = [*kept, *own, next(column for column in columns_of(table) if column.name == "geometry")]
    return found


def list_lacked(tables: Mapping[str, pd.DataFrame], language: str) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers by name: one row for each estate or area, counts missing where no type could be judged.

    Parameters
    ----------
    tables
        Tables `estates`, `areas`, `gaps` and `area_gaps`, by name.
    language
        In which the types are named.
    """
    columns, found = columns_lacked(), {}
    for layer, (table, key, gaps) in LACKED.items():
        outlines = tables[table]
        rated = _rated(tables[gaps], key, language).reindex(outlines[key]).reset_index(drop=True)
        frame = pd.concat([outlines, rated], axis=1)[[column.name for column in columns[layer]]]
        found[layer] = gpd.GeoDataFrame(frame, geometry="geometry", crs=outlines.crs)
    return found


def _rated(gaps: pd.DataFrame, key: str, language: str) -> pd.DataFrame:
    labels = short_labels_for(CATALOGUE_LIST, language)
    judged = gaps[gaps["is_gap"].notna()]
    ids = pd.Index(gaps[key].unique(), name=key)
    counted = judged.groupby(key)[["is_gap", "is_gap_after"]].sum(min_count=1).reindex(ids)

    def named(rows: pd.DataFrame) -> pd.Series:
        names = rows["facility_type"].map(lambda code: labels.get(code, code)).groupby(rows[key])
        return names.agg(BETWEEN[language].join).reindex(ids).fillna("").astype("str")

    return pd.DataFrame({
        "gaps": counted["is_gap"].astype(DTYPES["int"]), "gaps_after": counted["is_gap_after"].astype(DTYPES["int"]),
        "missing": named(judged[judged["is_gap"].astype("bool")]).where(ids.isin(judged[key])),
        "not_judged": named(gaps[gaps["is_gap"].isna()]),
    })
