"""What kind of way is this street? One spelling for classes and tags, so that nothing else has to ask."""

import pandas as pd

from geoplan.rules import Checked, Setting
from geoplan.settings import StreetSource

TAGS_IN_LOWER_CASE = ("class", "foot")


def lower_tags(rows: pd.DataFrame, _: Setting) -> Checked:
    """Write classes and foot tags in lower case."""
    return rows.assign(**{tag: rows[tag].str.lower() for tag in TAGS_IN_LOWER_CASE}), []


def add_not_walkable(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Leave the planner's verdict on walking missing everywhere where plan.toml gives no list."""
    has_list = isinstance(setting.source, StreetSource) and setting.source.not_walkable is not None
    return rows if has_list else rows.assign(not_walkable=pd.Series(pd.NA, index=rows.index, dtype="boolean")), []
