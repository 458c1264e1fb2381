"""What kind of way is this street? One spelling for classes and tags, so that nothing else has to ask."""

import pandas as pd

from geoplan.errors import Finding, listed
from geoplan.rules import Checked, Setting
from geoplan.settings import StreetSource

KNOWN = frozenset((  # classes of OpenStreetMap (wiki.openstreetmap.org/wiki/Key:highway) and words of Chinese files
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link",
    "tertiary", "tertiary_link", "unclassified", "residential", "living_street", "pedestrian", "service", "track",
    "footway", "path", "steps", "cycleway", "bridleway", "corridor", "busway", "road", "sidewalk", "crossing",
    "elevator", "platform", "track_grade1", "track_grade2", "track_grade3", "track_grade4", "track_grade5", "rail",
    "railway", "light_rail", "subway", "tram", "narrow_gauge", "monorail", "construction", "proposed", "planned",
    "abandoned", "razed", "高速公路", "城市快速路", "快速路", "主干路", "主干道", "次干路", "次干道", "支路", "街巷",
    "巷道", "小路", "步道", "人行道", "步行街", "人行天桥", "地下通道", "绿道", "国道", "省道", "县道", "乡道",
    "村道", "内部道路", "小区道路", "城市道路", "自行车道", "楼梯", "台阶", "铁路", "轨道交通", "在建", "规划",
))
TAGS_IN_LOWER_CASE = ("class", "foot")


def lower_tags(rows: pd.DataFrame, _: Setting) -> Checked:
    """Write classes and foot tags in lower case."""
    return rows.assign(**{tag: rows[tag].str.lower() for tag in TAGS_IN_LOWER_CASE}), []


def add_not_walkable(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Leave the planner's verdict on walking missing everywhere where plan.toml gives no list."""
    has_list = isinstance(setting.source, StreetSource) and setting.source.not_walkable is not None
    return rows if has_list else rows.assign(not_walkable=pd.Series(pd.NA, index=rows.index, dtype="boolean")), []


def remark_unknown_classes(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name the classes that nobody knows, unless the planner's own list says what cannot be walked."""
    if rows.empty or rows["not_walkable"].notna().any():
        return rows, []
    if "class" not in setting.heads:
        return rows, [Finding("streets.no_class", setting.layer)]
    strange = rows["class"].dropna()
    strange = strange[~strange.isin(KNOWN)]
    return rows, [] if strange.empty else [Finding("streets.unknown_class", setting.layer, values={
        "classes": listed(sorted(strange.unique())), "count": len(strange)})]
