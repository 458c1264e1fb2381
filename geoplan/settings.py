"""What plan.toml may say: every section, every key, its unit, its default and the reason for the default.

A key that stands in no section here does not exist. Defaults are the tool's own, each with the reason that the table
`parameters` prints beside it; what the law sets is not here but in policies/.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Datum = Literal["CGCS2000", "WGS84", "GCJ02", "BD09"]


def _number(default: Any, unit: str, zh: str, en: str, **limits: Any) -> Any:
    return Field(default, json_schema_extra={"unit": unit, "zh": zh, "en": en}, **limits)


class Section(BaseModel):
    """A section of plan.toml: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false where they are not asked for: they would be read as 1 and 0."""
        is_asked = "bool" in str(cls.model_fields[info.field_name or ""].annotation)
        if isinstance(value, bool) and not is_asked:
            raise PydanticCustomError("truth", "a number or text")
        return value


class Header(Section):
    """[plan]: what is planned, where, by the law of which day."""

    name: str = Field(min_length=1)
    jurisdiction: str | None = None
    policies: tuple[str, ...] = ()
    policy_files: tuple[str, ...] = ()
    as_of: date
    year: int = Field(ge=1990, le=2100)
    language: Literal["zh", "en"] = "zh"
    crs: str | None = None
    max_rejected_share: float = _number(
        0.2, "share", "超过五分之一的行不可用时，结果不再可信", "past a fifth rejected no result can be trusted",
        ge=0, le=1)


class Source(Section):
    """Where a layer is and how its file says things: `columns` is ours = theirs, `values` theirs = ours."""

    path: str = Field(min_length=1)
    layer: str | None = None
    sheet: str | None = None
    header_row: int = Field(1, ge=1)
    header_rows: int = Field(1, ge=1, le=5)
    encoding: str = "auto"
    crs: str | None = None
    datum: Datum | None = None
    x: str | None = None
    y: str | None = None
    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}


class FacilitySource(Source):
    """[facilities]: `types` is the town's words = catalogue codes; `complete` names the types listed in full."""

    types: dict[str, str] = {}
    complete: bool | tuple[str, ...] = ()


class StreetSource(Source):
    """[streets]: `not_walkable` is column = classes nobody may walk on, and replaces the built-in list."""

    not_walkable: dict[str, tuple[str, ...]] | None = None
    node_crossings: bool = False


class AreaRules(Section):
    """[areas]: how estates may be joined."""

    max_gap_m: float = _number(
        60, "m", "政策未规定“距离相近”的米数", "no policy gives metres for 距离相近", gt=0, le=1000)
    min_households: int = _number(
        500, "households", "单个项目的经验下限", "a usual floor for one project", ge=0)
    max_households: int = _number(
        3000, "households", "单个项目的经验上限", "a usual ceiling for one project", gt=0)
    max_radius_m: float = _number(
        500, "m", "十分钟生活圈步行半径 (GB 50180-2018)", "radius of the 10-minute circle (GB 50180-2018)", gt=0)
    max_crossing_m: float = _number(
        300, "m", "五分钟步行 (GB 50180-2018)", "five minutes on foot (GB 50180-2018)", ge=0)
    include: tuple[Literal["eligible", "unknown", "ineligible"], ...] = _number(
        ("eligible", "unknown"), "", "待核实的小区先按可纳入编组", "estates to be verified are grouped for now")
    same_subdistrict: bool = _number(
        True, "", "以街道或社区为单位统一编制方案 (QH21-37)", "schemes are drawn up by subdistrict (QH21-37)")
    area_overhead: float = _number(
        500_000, "household-m", "每多一个项目的管理代价", "what a further project costs to manage", ge=0)
    method: Literal["optimal", "greedy", "subdistrict"] = _number(
        "optimal", "", "带最优性证明；greedy 供快速试算；subdistrict 为一社区一片区的现行做法",
        "proven near the best; greedy is for exploring; subdistrict makes every community one area, as offices do")
    must_join: tuple[tuple[str, ...], ...] = _number((), "", "未设定", "not set")
    must_split: tuple[tuple[str, ...], ...] = _number((), "", "未设定", "not set")
    frozen_run: str | None = _number(None, "", "未设定", "not set")
    frozen: tuple[str, ...] | Literal["all"] = _number(
        (), "", "未设定：全部片区重新编组", "not set: every area is grouped anew")
    alternative_cost: float = _number(
        0.05, "share", "备选方案的代价最多比推荐方案高百分之五，仍值得上会比较",
        "five in a hundred dearer than the plan is still worth showing at the meeting", ge=0, le=1)
    alternative_change: float = _number(
        0.2, "share", "至少五分之一的小区换片区，才算真正不同的方案",
        "a plan in which fewer than a fifth of the estates change area is no other plan", gt=0, le=1)


class Speeds(Section):
    """[circle] speed_m_per_min."""

    adult: float = Field(default=66, gt=0, le=200)
    elderly: float = Field(default=48, gt=0, le=200)


class CircleRules(Section):
    """[circle]: how people walk and what counts as covered."""

    max_snap_m: float = _number(
        100, "m", "离街更远的点不视为步行可达", "a point farther from any street is not reached on foot", gt=0)
    access_m: float = _number(
        30, "m", "小区出入口到相邻道路的常见距离", "usual distance from an estate's edge to the street beside it", ge=0)
    detour: float = _number(
        1.3, "", "无道路数据时直线距离的绕行系数", "detour on the straight line where no streets were brought", ge=1)
    speed_m_per_min: Speeds = _number(
        Speeds(), "m/min", "成人1.1米/秒，老年人0.8米/秒", "adults 1.1 m/s, elderly people 0.8 m/s")
    limits: dict[str, float] = _number({}, "m", "", "")
    area_tolerance: float = _number(
        0.10, "share", "少于一成居民未覆盖不计为片区缺口", "under a tenth of residents uncovered is no gap of the area",
        ge=0, lt=1)
    nearest: int = _number(
        0, "count", "不另列；写 3 则列出每类最近的三处",
        "none beyond the nearest; 3 lists the nearest three of each type",
        ge=0, le=10)
    isochrones: tuple[Literal["estate", "area", "facility"], ...] = _number(
        (), "", "不画等时圈；可写 estate、area、facility",
        "no isochrones; name estate, area or facility to have them")
    isochrone_minutes: tuple[Annotated[float, Field(gt=0, le=120)], ...] = _number(
        (5, 10, 15), "min", "5、10、15分钟生活圈 (GB 50180-2018)",
        "the circles of 5, 10 and 15 minutes (GB 50180-2018)")
    isochrone_walker: Literal["adult", "elderly"] = _number(
        "adult", "", "成人步速；适老评价时写 elderly", "an adult's pace; elderly where the aged are asked about")


class ElderRules(Section):
    """[elder]: how elder-care space is counted."""

    m2_per_resident: float | Literal["policy"] = _number("policy", "m2/person", "按政策", "as the policies say")
    basis: Literal["premises", "land"] = _number(
        "premises", "", "条文落脚于“用房”", "the clause ends in premises (用房)")
    count_scope: Literal["inside", "declared", "reachable"] = _number(
        "declared", "", "片区内及约定服务本片区的设施", "rooms inside the area or formally serving it")


class Assumptions(Section):
    """[assumptions]: used only where a figure is missing."""

    m2_per_household: float | None = _number(None, "m2/household", "未设定", "not set", gt=0)
    persons_per_household: float = _number(
        2.62, "persons/household", "第七次全国人口普查全国平均", "2020 census, national mean", gt=0)


class ScoreRules(Section):
    """[score]: weights of the reserve ranking."""

    weights: dict[str, float] = _number(
        {"facility_debt": 0.35, "hazards": 0.25, "will": 0.20, "payment": 0.10, "contiguity": 0.10}, "share",
        "政策要求量化计分但未给权重 (SC-06)", "policies ask for scores but give no weights (SC-06)")


class ProgrammeRules(Section):
    """[programme]: years, money and households."""

    years: tuple[int, ...] = _number((), "year", "未设定：只有首个计划年度", "not set: the first plan year only")
    budget_yuan: dict[int, float] = _number({}, "yuan", "未设定", "not set")
    max_households_per_year: int | None = _number(None, "households", "未设定", "not set", gt=0)
    total_budget_yuan: float | None = _number(None, "yuan", "未设定", "not set", ge=0)
    source_budget_yuan: dict[str, dict[int, float]] = _number({}, "yuan", "未设定", "not set")
    max_areas_per_year: int | None = _number(None, "count", "未设定", "not set", gt=0)
    bundles: tuple[tuple[str, ...], ...] = _number((), "", "未设定", "not set")
    ready_year: dict[Literal["not_ready", "unknown", "not_set"], int] = _number({}, "year", "未设定", "not set")
    dig_reach_m: float = _number(
        30, "m", "片区边界到相邻道路的常见距离，其内的管线工程视为本片区的街道",
        "usual distance from an area's edge to the street beside it; works within it are in its streets", ge=0)
    lead_days: int = _number(
        30, "days", "相邻两个节点之间的余量，同日到期的按此提前",
        "days between one milestone and the next; of two due on one day the first is to be done earlier", ge=0)


LEAST_M2 = {"DAILY_SHOPS": 30.0, "ELD_MEAL": 100.0, "ELD_STATION": 100.0, "HOUSEKEEPING": 30.0, "PHARMACY": 60.0,
            "POST_OFFICE": 60.0, "TABLE_TENNIS": 28.0}


class SitingRules(Section):
    """[siting]: what may go into idle rooms and onto idle land."""

    types: tuple[str, ...] = _number((), "", "未设定：凡适合室内或空地的类型都考虑", "not set: every type that fits")
    accept: tuple[Literal["usable", "to_check"], ...] = _number(
        ("usable", "to_check"), "", "待核实的资源先按可用安排，所需手续一并列出",
        "sites to be verified are planned with for now, and what they still need is listed")
    max_cost_yuan: float | None = _number(None, "yuan", "未设定", "not set", ge=0)
    complex_bonus_yuan: float = _number(
        200_000, "yuan", "三项以上服务合设一处（600平方米以上）可共用门厅、厨房和管理，省下的约数（经验值，须核对）",
        "saved where three services share a house of 600 m2: entrance, kitchen, staff (own knowledge; to be checked)",
        ge=0)
    infill_floor_ratio: float = _number(
        1.0, "m2/m2", "空地新建服务用房的容积率（经验值，须核对）",
        "floor area built per land of idle ground (own knowledge; to be checked)", gt=0, le=10)
    least_m2: dict[str, float] = _number(
        LEAST_M2, "m2", "标准未规定面积的类型的最小面积（经验值，须核对）",
        "smallest area of types without a standard (own knowledge; to be checked)")

    @field_validator("least_m2")
    @classmethod
    def _keep_others(cls, said: dict[str, float]) -> dict[str, float]:
        return LEAST_M2 | said


class CostRules(Section):
    """[costs]: the planner's own unit costs, a .csv or .xlsx with the columns item and mid."""

    path: str | None = _number(None, "", "未设定：用工具所带造价", "not set: the unit costs of the tool")
    guided_share: float | None = _number(
        None, "share", "未设定：户内管线由居民自愿，不列入", "not set: pipes inside homes are voluntary and left out",
        ge=0, le=1)


class FundingRules(Section):
    """[funding]: what sources have agreed to bear of the works they may pay for, where the documents leave it open."""

    shares: dict[str, float] = _number(
        {}, "share", "文件未定比例，未商定前列为资金缺口",
        "the documents set no share; until it is agreed it lies in the gap")


class ElevationRules(Section):
    """[elevation]: a GeoTIFF of heights in metres, by which minutes (not metres) follow the slopes of the streets."""

    path: str | None = _number(None, "", "未设定：按平地计步行时间", "not set: minutes are those of flat ground")


class DeliveryRules(Section):
    """[delivery]: how the bureau wants its shapefiles."""

    encoding: Literal["UTF-8", "GBK"] = _number(
        "UTF-8", "", "各种软件都能识别，.cpg 中注明", "every program reads it, and the .cpg says so")
    zone_prefix: bool | None = _number(
        None, "", "未设定：与工作坐标系一致", "not set: as the working coordinate system has it")
    template: str | None = _number(
        None, "", "未设定：用工具自己的图层名和字段名", "not set: the tool's own names of layers and fields")


class MapRules(Section):
    """[map]: which online base map lies under map.html; none asks the network for anything."""

    base: Literal["none", "osm", "tianditu"] = _number(
        "none", "", "地图不联网，底图为项目自己的图层",
        "the map makes no request; the ground is drawn from the project's own layers")
    tianditu_key: str | None = Field(
        None, json_schema_extra={"unit": "", "zh": "未设定", "en": "not set", "is_secret": True})

    @field_validator("tianditu_key")
    @classmethod
    def _letters_and_digits(cls, said: str | None) -> str | None:
        if said is not None and not re.fullmatch("[0-9A-Za-z]{8,64}", said):
            raise PydanticCustomError("key", "not a key", {"expected": "8 – 64 letters and digits"})
        return said


RULE_SECTIONS: Mapping[str, type[Section]] = {
    "areas": AreaRules, "circle": CircleRules, "elder": ElderRules, "assumptions": Assumptions, "score": ScoreRules,
    "programme": ProgrammeRules, "costs": CostRules, "funding": FundingRules, "siting": SitingRules,
    "elevation": ElevationRules, "delivery": DeliveryRules, "map": MapRules,
}
SOURCES: Mapping[str, type[Source]] = {"facilities": FacilitySource, "streets": StreetSource}
