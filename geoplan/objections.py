"""What keeps an estate out? Verdicts -> for each estate, the answers of hard rules that decided its state.

What failed is said, else what is not known. A rule that only repeats what others answer (the national sentence that an
estate must meet the local conditions, the scorecard's copy of it) is left out where one of those others stands; a
condition that several documents set is told once, by the last of them, which is the most local.
"""

from collections.abc import Mapping

import pandas as pd

from geoplan.documents import load_documents
from geoplan.errors import Finding, say
from geoplan.labels import cited, labels_for
from geoplan.schema import columns_of

DECIDING = {"fail": 0, "unknown": 1, "not_set": 1}
ECHOES = ("out_of_scope_in_plan", "scorecard.03", "plan_entry.participation_rate & agree_rate", "scorecard.16")
QUOTED_LETTERS = 24


def find_objections(every: pd.DataFrame, stage: str, language: str) -> pd.Series:
    """Return estate -> sentences, a line each.

    Parameters
    ----------
    every
        Table `verdicts`.
    stage
        The gate that is asked after.
    language
        zh or en.
    """
    verdicts = every[(every["stage"] == stage) & (every["strength"] == "hard") & every["result"].isin(DECIDING)]
    rank = verdicts["result"].map(DECIDING)
    wanting = _told_once(verdicts[rank == rank.groupby(verdicts["estate_id"]).transform("min")])
    words = wanting[["param", "value", "limit", "document", "clause", "result"]].fillna("—").assign(
        param=_asked(wanting, language), result=wanting["result"].map(labels_for("verdict", language)),
        document=wanting["document"].map(lambda name: cited(name, language)))
    lines = [
        say(Finding("workbook.failed", values=dict(zip(words.columns, row, strict=True))), language)
        for row in words.itertuples(index=False, name=None)
    ]
    return pd.Series(lines, index=wanting["estate_id"], dtype="str").groupby(level=0).agg("\n".join)


def _told_once(wanting: pd.DataFrame) -> pd.DataFrame:
    is_echo = wanting["param"].isin(ECHOES)
    has_other = (~is_echo).groupby(wanting["estate_id"]).transform("any")
    return wanting[~(is_echo & has_other)].drop_duplicates(["estate_id", "param"], keep="last")


def _asked(verdicts: pd.DataFrame, language: str) -> pd.Series:
    """Return what each rule asks after: the column it looks at, else the beginning of its own words, else its name."""
    headings = {column.name: getattr(column, language) for column in columns_of("estates", "in")}
    quotes = _quotes()
    return verdicts["param"].map(headings).fillna(verdicts["rule_id"].map(quotes)).fillna(verdicts["param"])


def _quotes() -> Mapping[str, str]:
    rules = [rule for document in load_documents().values() for rule in document.rules]
    return {rule.id: f"“{_shortened(rule.quote)}”" for rule in rules}


def _shortened(quote: str) -> str:
    """Return the beginning of a clause, as long as a line of a cell."""
    return quote if len(quote) <= QUOTED_LETTERS else quote[:QUOTED_LETTERS] + "…"
