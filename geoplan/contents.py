"""To which class of works (基础, 完善, 提升, 引导) does an item belong? That depends on the document that says so.

The documents disagree: 安防 is 基础类 in Qinghai and 完善类 on the national scorecard. So an item has no class as such,
only one in a document; whoever pays or plans by class must say by which.
"""

from collections.abc import Sequence
from functools import cache

import pandas as pd

from geoplan.documents import Document, listed_values
from geoplan.schema import lines_of

CLASS_PARAM = "class_"
COLUMNS = ["document", "item", "content_class", "rule_id", "clause"]


def find_content_classes(documents: Sequence[Document]) -> pd.DataFrame:
    """Return every item that a document puts into a class, in the document's order and words.

    Parameters
    ----------
    documents
        In force on the day, as `find_documents` returns them.

    Returns
    -------
    classes
        document, item, content_class (基础, 完善, 提升 or 引导), rule_id, clause; one row per document and item.
    """
    rows = [
        (document.id, item, rule.param.removeprefix(CLASS_PARAM), rule.id, rule.clause)
        for document in documents for rule in document.rules if rule.param.startswith(CLASS_PARAM)
        for item in listed_values(rule.value)
    ]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str").drop_duplicates(["document", "item"], ignore_index=True)


@cache
def item_words() -> pd.DataFrame:
    """Return which words of the documents stand for which works: one row per word and item, blank where none."""
    lines = pd.DataFrame(lines_of("content_words.csv"))
    return lines.assign(item=lines["items"].str.split("|")).explode("item", ignore_index=True)[["word", "item"]]


def class_items(classes: pd.DataFrame) -> pd.DataFrame:
    """Return the class of every work that the documents class, as the most specific of them has it.

    Where one document names a work twice, its first words count.

    Parameters
    ----------
    classes
        As `find_content_classes` returns them, documents from the nation down.

    Returns
    -------
    classed
        item, content_class, clause; a work without a row is classed by none.
    """
    named = classes.rename(columns={"item": "word"}).merge(item_words(), on="word")
    level = {document: at for at, document in enumerate(dict.fromkeys(classes["document"]))}
    ranked = named[named["item"] != ""].assign(level=lambda rows: rows["document"].map(level)).sort_values(
        "level", kind="stable", ascending=False)
    first = ranked.drop_duplicates("item").sort_values("item", ignore_index=True)
    clause = first["document"] + " " + first["clause"] + " [" + first["rule_id"] + "]"
    return first[["item", "content_class"]].assign(clause=clause)
