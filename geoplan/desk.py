"""What lies on the desk when the dossiers are written? The plan, its ground, the words of the paper, and the pages."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from geoplan.grounds import Ground
from geoplan.manuscript import Manuscript
from geoplan.plan import Plan


@dataclass(frozen=True)
class Desk:
    """What every part of the dossiers is written from.

    `homes` is layer estates by id, `standards` a row of table gaps for each type.
    """

    plan: Plan
    ground: Ground
    homes: pd.DataFrame
    standards: pd.DataFrame
    words: Mapping[str, str]
    language: str
    rules: Mapping[str, tuple[str, str]]
    pages: Manuscript
