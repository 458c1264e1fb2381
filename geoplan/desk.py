"""What lies on the desk when the dossiers are written? The plan, its ground, the words of the paper, and the pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoplan.extracts import Extract
from geoplan.grounds import Ground
from geoplan.manuscript import Manuscript
from geoplan.plan import Plan


@dataclass(frozen=True)
class Desk:
    """What every part of the dossiers is written from.

    `homes` is layer estates, and `places` where each estate stands in it; `standards` are those of table gaps: column
    -> type -> value; `names` are those of facilities and sites: table -> id -> name.
    """

    plan: Plan
    ground: Ground
    homes: Extract
    places: Mapping[str, int]
    standards: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, Mapping[str, Any]]
    words: Mapping[str, str]
    language: str
    rules: Mapping[str, tuple[str, str]]
    pages: Manuscript
