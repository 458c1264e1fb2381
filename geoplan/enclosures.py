"""What lies beside the shapefiles for whoever opens them? The table of fields, and the report on topology.

Both are plain text in UTF-8 with a mark at the beginning, columns kept apart by tabs, so that a spreadsheet takes them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyproj import CRS

from geoplan.delivery import eastings_moved
from geoplan.errors import Finding, say
from geoplan.fields import Field
from geoplan.labels import BETWEEN, labels_for, short_labels_for, table_name, unit_of
from geoplan.plan import Plan
from geoplan.schema import Column, labels_of

FIELD_NOTES, TOPOLOGY_NOTES = "字段说明.txt", "拓扑检查.txt"
OF_AREAS = ("uncovered", "foreign", "multipart")  # checks that only areas can fail


@dataclass(frozen=True)
class Sheet:
    """One shapefile before it is written: its table, the name of its file, its kind of outline, what it holds."""

    table: str
    name: str
    shape: str
    geometries: np.ndarray
    fields: tuple[Field, ...]


def field_notes(plan: Plan, sheets: Sequence[Sheet], crs: CRS) -> list[str]:
    """Return the lines of the table of fields.

    Parameters
    ----------
    plan
        The finished plan.
    sheets
        What is written.
    crs
        In which it is written.
    """
    language, encoding = plan.project.plan.language, plan.project.delivery.encoding
    tell = _words_on_fields(language)
    heading = tell("heading", name=plan.project.plan.name, crs=crs.name, encoding=encoding, code=_code(crs))
    rules = [tell(f"rule_{rule}") for rule in ("codes", "missing", "text", "list", "sites", "units")]
    parts = [line for sheet in sheets for line in _sheet_notes(sheet, language)]
    return [heading, "", *rules, *_asked(plan, crs), *parts]


def _asked(plan: Plan, crs: CRS) -> Iterator[str]:
    """Yield what is otherwise than usual because [delivery] asks for it."""
    tell = _words_on_fields(plan.project.plan.language)
    metres = eastings_moved(plan.layers.crs, crs)
    if metres:
        yield tell("rule_zone" if metres > 0 else "rule_no_zone", zone=round(abs(metres)) // 1_000_000,
                   metres=f"{abs(metres):.0f}", crs=plan.layers.crs.name)
    if plan.project.delivery.encoding == "GBK":
        yield tell("rule_letters")
    if plan.template.wishes:
        yield tell("rule_strict")


def _sheet_notes(sheet: Sheet, language: str) -> list[str]:
    tell = _words_on_fields(language)
    title = tell("file", file=f"{sheet.name}.shp", title=table_name(sheet.table, language),
                 rows=len(sheet.geometries), shape=sheet.shape)
    cut = [tell("cut", field=field.name, count=len(field.cut), keys=BETWEEN[language].join(field.cut))
           for field in sheet.fields if field.cut]
    return ["", title, tell("columns"), *(_field_note(field, language) for field in sheet.fields), *cut]


def _field_note(field: Field, language: str) -> str:
    column, (kind, _, width) = field.column, field.type.partition(":")
    letter = "C" if kind == "str" else "N"
    if column is None:
        return "\t".join([field.name, _words_on_fields(language)("left_empty"), f"{letter} {width}", "", "", ""])
    return "\t".join([
        field.name, column.zh if language == "zh" else column.en, f"{letter} {width}", unit_of(column, language),
        BETWEEN[language].join(_words_of(column, language)), column.name,
    ])


def _words_of(column: Column, language: str) -> list[str]:
    """Return the words a field may hold; a short name is told with the full one."""
    labels = labels_for(column.values, language) if column.values else {}
    if column.type != "list" or not column.values:
        return list(labels.values())
    return [f"{short}={labels[code]}" for code, short in short_labels_for(column.values, language).items()]


def topology_notes(plan: Plan, sheets: Sequence[Sheet], crs: CRS) -> list[str]:
    """Return the lines of the report on topology: every check with its count, every fault with ids and square metres.

    Parameters
    ----------
    plan
        The finished plan; its table `topology` has the faults.
    sheets
        What was written and read back.
    crs
        In which it was written.
    """
    language, topology = plan.project.plan.language, plan.tables["topology"]
    tell = _words_on_topology(language)
    read_back = [tell("read_back", file=f"{sheet.name}.shp", rows=len(sheet.geometries)) for sheet in sheets]
    details = ["", tell("details"), *_details(topology, language)] if len(topology) else []
    return [tell("heading", name=plan.project.plan.name, crs=crs.name, code=_code(crs)), "", tell("rules"), *read_back,
            "", tell("columns"), *_counts(topology, language), *details]


def _counts(topology: pd.DataFrame, language: str) -> Iterator[str]:
    """Yield every check of every layer, passed ones with zero."""
    for layer, title in labels_of("topology_layer", language).items():
        for check, word in labels_of("topology_check", language).items():
            if layer == "areas" or check not in OF_AREAS:
                rows = topology[(topology["layer"] == layer) & (topology["check"] == check)]
                yield "\t".join([title, word, str(len(rows)), f"{rows['area_m2'].sum():.2f}"])


def _details(topology: pd.DataFrame, language: str) -> Iterator[str]:
    titles, words = labels_of("topology_layer", language), labels_of("topology_check", language)
    for row in topology.to_dict("records"):
        m2 = "" if pd.isna(row["area_m2"]) else f"{row['area_m2']:.2f}"
        yield "\t".join([titles[row["layer"]], words[row["check"]], row["feature_a"], row["feature_b"],
                         str(row["pieces"]), m2])


def _code(crs: CRS) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else "-"


def _words_on_fields(language: str) -> Callable[..., str]:
    return lambda line, **values: say(Finding(f"shapefiles.{line}", values=values), language)


def _words_on_topology(language: str) -> Callable[..., str]:
    return lambda line, **values: say(Finding(f"topology.{line}", values=values), language)
