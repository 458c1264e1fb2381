"""To which class of works (基础, 完善, 提升, 引导) does an item belong? That depends on the document that says so.

The documents disagree: 安防 is 基础类 in Qinghai and 完善类 on the national scorecard. So an item has no class as such,
only one in a document; whoever pays or plans by class must say by which.
"""

from collections.abc import Sequence

import pandas as pd

from geoplan.documents import Document, listed_values

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
