"""How does a table read to a person: which word for a code, which heading for a column?

Codes stay codes in plan.gpkg; the workbook and the shapefiles speak the plan's language. Text is made fit for files
here too: what no file format can hold is taken out, everything else stays as the planner wrote it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd

from geoplan.costs import work_labels
from geoplan.documents import load_documents
from geoplan.policy import load_catalogue
from geoplan.schema import Column, labels_of, split_list

CATALOGUE_LIST, WORK_LIST = "facility_type", "work_item"
# XML 1.0 and C strings hold none of these; tab and line breaks are dealt with where they matter.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
TEXT_TYPES = ("text", "list")
CITING = ("clause", "clause_or_because")  # columns that cite documents
BETWEEN = {"zh": "；", "en": "; "}  # labels hold 、 and commas of their own


@cache
def labels_for(values: str, language: str) -> Mapping[str, str]:
    """Return code -> label of a closed list, of the facility catalogue, or of works (those on sites by their type)."""
    if values == WORK_LIST:
        return {**_catalogued(language), **work_labels(language)}
    return labels_of(values, language) if values != CATALOGUE_LIST else _catalogued(language)


@cache
def short_labels_for(values: str, language: str) -> Mapping[str, str]:
    """Return code -> label where there is little room: facility types by their short names, lists as they are."""
    return labels_of(values, language) if values != CATALOGUE_LIST else _catalogued(f"short_{language}")


def unit_of(column: Column, language: str) -> str:
    """Return the unit of a column as people write it, or nothing."""
    return labels_of("unit", language)[column.unit] if column.unit else ""


def table_name(table: str, language: str) -> str:
    """Return what people call a layer or table; a barrier layer keeps the planner's name for it."""
    kind, _, name = table.partition(".")
    labels = labels_of("table", language)
    return labels.get(table) or ": ".join(filter(None, [labels.get(kind, kind), name]))


def sheet_title(table: str, language: str) -> str:
    """Return what the sheet of a table is called in a workbook: the name offices file it under, else the table's."""
    return labels_of("sheet_title", language).get(table) or table_name(table, language)


def cited(text: str, language: str) -> str:
    """Return a text with the numbers of documents, as offices cite them, for their ids; English texts keep the ids."""
    return _document_ids().sub(lambda found: _number_of(found[0]), text) if language == "zh" else text


def labelled(columns: Sequence[Column], frame: pd.DataFrame, language: str, *, between: str = "") -> pd.DataFrame:
    """Return the columns with words for codes and for yes and no; a code without a word stands as it is.

    The members of a list stand with their short names.

    Parameters
    ----------
    columns
        The columns wanted, without geometry.
    frame
        A table that holds them.
    language
        zh or en.
    between
        What keeps the members of a list apart; a semicolon where nothing is said.

    Returns
    -------
    labelled
        One column each, in the order of `columns`, missing where the table has nothing.
    """
    mark = between or BETWEEN[language]
    return pd.DataFrame({column.name: _labelled(frame[column.name], column, language, mark) for column in columns})


@cache
def teller(column: Column, language: str, between: str) -> Callable[[Any], str] | None:
    """Return what turns a value of a column that is not missing into words; None where it stands as it is."""
    if column.type == "bool":
        answers = labels_of("answer", language)
        return lambda is_so: answers["yes" if is_so else "no"]
    if column.type == "list":
        short = short_labels_for(column.values, language) if column.values else {}
        return lambda text: between.join(short.get(code, code) for code in split_list(text))
    labels = labels_for(column.values, language) if column.values else {}
    return (lambda code: labels.get(code, code)) if labels else None


def writable(text: str) -> str:
    """Return a text without the characters that no file can hold."""
    return UNWRITABLE.sub("", text)


@cache
def _document_ids() -> re.Pattern[str]:
    ids = sorted((name for name in load_documents() if name[0].isascii()), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, ids))})(?![\w-])")


def _number_of(document: str) -> str:
    about = load_documents()[document]
    return about.number or f"《{about.title}》"


def _catalogued(heading: str) -> Mapping[str, str]:
    catalogue = load_catalogue()
    return dict(zip(catalogue[CATALOGUE_LIST], catalogue[heading], strict=True))


def _labelled(values: pd.Series, column: Column, language: str, between: str) -> pd.Series:
    tell = teller(column, language, between)
    return values if tell is None else values.map(tell, na_action="ignore").astype("str")
