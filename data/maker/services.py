"""Where the town's facilities are: dense round the old centre, thin at the edges, short of care for the old and the very young."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from maker.blocks import COMMUNITIES, OLD_CENTRE, SUBDISTRICTS, community_of
from maker.valley import generator, railway, river, to_valley

KERNEL_M = 190.0  # how far people go to a shop: the width of the bell that counts them
CENTRE_M = 1_500.0  # by how much the middle of the town is better off
STREET_STEP_M = 22.0
COLUMNS = (
    "facility_id",
    "name",
    "facility_type",
    "word",
    "amap_code",
    "status",
    "opened_year",
    "floor_area_m2",
    "elder_area_m2",
    "land_area_m2",
    "beds",
    "storey",
    "has_lift",
    "is_basement",
    "serves",
    "community",
    "x",
    "y",
)


@dataclass(frozen=True)
class Kind:
    """A type of facility: how many, what the town calls it, its map code, its size, how far apart, how central (power)."""

    code: str
    number: int
    words: tuple[str, ...]
    amap: str
    smallest_m2: int
    largest_m2: int
    spacing_m: float = 60.0
    central: float = 1.0
    inside: bool = False  # inside an estate, not on the street
    land: bool = False  # the size is land, not floor
    since: int = 1996  # the first of them opened
    large: bool = False  # on large streets only


KINDS = [
    Kind("CONVENIENCE", 86, ("便利店", "便利店", "小超市", "便民店", "小卖部"), "060200", 28, 120),
    Kind("PHARMACY", 42, ("药店", "大药房", "药房"), "090601", 50, 180, 110),
    Kind("PARCEL", 46, ("快递驿站", "菜鸟驿站", "快递点", "智能快件箱"), "070500", 12, 80, 110, since=2013),
    Kind("DAILY_SHOPS", 42, ("理发店", "早餐店", "洗衣店", "维修点"), "", 15, 70),
    Kind("SUPERMARKET", 20, ("超市", "综合超市"), "060400", 320, 2400, 200, 1.3),
    Kind("HOUSEKEEPING", 5, ("家政服务",), "", 30, 90, 300, 1.4),
    Kind("POST_OFFICE", 3, ("邮政所", "邮局"), "070400", 150, 600, 700, 1.3),
    Kind("KINDERGARTEN", 12, ("幼儿园",), "141204", 1500, 3600, 260, 1.5),
    Kind("HEALTH_STATION", 8, ("社区卫生服务站", "卫生室"), "090102", 110, 260, 320, 1.5),
    Kind("CULT_STATION", 8, ("文化活动站", "社区文化活动室"), "140800", 120, 420, 300, 1.5),
    Kind("PUBLIC_SPACE", 32, ("健身场地", "健身角", "健身路径", "小广场"), "080100", 140, 900, 120, 1.0, land=True),
    Kind("SPORT_SMALL", 9, ("篮球场", "球场"), "080112", 420, 1000, 260, 1.0, land=True),
    Kind("SPORT_MID", 1, ("中型多功能运动场地",), "", 1500, 2400, land=True),
    Kind("GREEN", 11, ("口袋公园", "社区游园", "街头绿地"), "110101", 420, 3200, 220, 0.8, land=True),
    Kind("TOILET", 32, ("公厕", "公共厕所"), "200300", 32, 80, 170, 0.8),
    Kind("WASTE_STATION", 6, ("垃圾收集站", "垃圾站"), "", 120, 200, 500, 0.5, land=True),
    Kind("RECYCLE", 11, ("废品回收站", "再生资源回收点"), "", 8, 60, 260, 0.7),
    Kind("PARKING", 16, ("停车场",), "150904", 600, 3600, 220, 1.0, land=True),
    Kind("EV_CHARGING", 9, ("充电站", "充电桩"), "011100", 60, 500, 320, 1.0, land=True, since=2017),
    Kind("BUS_STOP", 44, ("公交站",), "150700", 0, 0, 210, 0.3, large=True),
    Kind("WASTE_POINT", 40, ("垃圾分类点", "垃圾收集点"), "", 6, 20, 40, 0.6, inside=True, land=True, since=2016),
    Kind("CHILD_PLAY", 15, ("儿童活动场地",), "", 120, 420, 80, 0.6, inside=True, land=True),
    Kind("TABLE_TENNIS", 10, ("乒乓球台",), "", 28, 90, 80, 0.6, inside=True, land=True),
    Kind("EBIKE_CHARGING", 17, ("充电棚", "停车棚"), "", 20, 90, 60, 0.6, inside=True, land=True, since=2014),
    Kind("PM_ROOM", 6, ("物业用房",), "", 40, 160, 80, 0.6, inside=True),
]
# campus -> its facility
ON_CAMPUS = {
    "县人民医院": None,
    "第一中学": ("MIDDLE", "中学", 9800),
    "第二中学": ("MIDDLE", "中学", 11200),
    "第三中学": ("MIDDLE", "初级中学", 8600),
    "第一小学": ("PRIMARY", "小学", 5200),
    "第二小学": ("PRIMARY", "小学", 4800),
    "西关小学": ("PRIMARY", "小学", 4300),
    "水车小学": ("PRIMARY", "小学", 3900),
    "丁香小学": ("PRIMARY", "小学", 4600),
    "铁南小学": ("PRIMARY", "小学", 2900),
    "鼓楼广场": ("PUBLIC_SPACE", "小广场", None),
    "柳川公园": ("GREEN", "公园", None),
    "北山公园": ("GREEN", "公园", None),
    "水车公园": ("GREEN", "公园", None),
    "丁香公园": ("GREEN", "公园", None),
    "体育场": ("SPORT_LARGE", "体育场", None),
    "文化馆": ("CULT_CENTER", "文化馆", 3400),
    "农贸市场": ("WET_MARKET", "农贸市场", 2100),
    "火车站": ("SUBWAY", "火车站", 2600),
    "敬老院": ("ELD_HOME", "敬老院", 5200),
}
MIXED_ELDER_M2 = {
    "鼓楼社区": 110,
    "西关社区": 90,
    "水车社区": 80,
    "铁南社区": 60,
    "柳滩社区": 100,
}  # rooms in a 党群服务中心
# words that no list knows and that plan.toml does not explain either
UNKNOWN_WORDS = [("棋牌室", "南门社区"), ("加油站", "西川社区")]


def serve(estates, streets, campuses):
    """Return the facilities, one row each, in the order of the ledger: COLUMNS, coordinates in metres of the map."""
    rng = generator(6)
    spots = _spots(estates, streets, rng)
    rows = [_campus_row(name, parcel) for name, parcel in campuses if ON_CAMPUS.get(name)]
    rows += [_care_row(care, spots, rng) for care in _care()]
    for community, *_ in COMMUNITIES:
        rows.append(_mixed_row(community, spots, rng))
    for kind in KINDS:
        rows += _kind_rows(kind, estates, spots, rng)
    for word, community in UNKNOWN_WORDS:
        x, y = _take(spots, rng, lambda at, c=community: at.community == c, 0)
        rows.append(_row(f"{community[:-2]}{word}", "", word, "", "在用", None, 90, community, x, y))
    return _listed(pd.DataFrame(rows, columns=[column for column in COLUMNS if column != "facility_id"]))


def _listed(rows):
    subdistrict = {community: number for community, number, *_ in COMMUNITIES}
    rows["subdistrict"] = [SUBDISTRICTS[subdistrict[community]] for community in rows["community"]]
    rows = rows.sort_values(["subdistrict"], kind="stable", ignore_index=True)
    rows["name"] = _unique(rows["name"])
    rows.insert(0, "facility_id", [f"SS{k + 1:04d}" for k in range(len(rows))])
    return rows


def _unique(names):
    seen, out = {}, []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}({seen[name]})")
    return out


def _spots(estates, streets, rng):
    """Return places beside the streets with their community and how many people live round them."""
    rows = []
    for street in streets:
        if street.bridge or street.tunnel or street.kind.startswith("motorway"):
            continue
        number = int(street.line.length // STREET_STEP_M)
        for k in range(number):
            here = street.line.interpolate((k + 0.5) * street.line.length / number)
            ahead = street.line.interpolate((k + 0.5) * street.line.length / number + 0.5)
            side = 1 if rng.random() < 0.5 else -1
            step = np.array([here.y - ahead.y, ahead.x - here.x])
            x, y = np.array([here.x, here.y]) + side * (street.width_m / 2 + 3) * step / np.hypot(*step)
            rows.append((round(x, 2), round(y, 2), street.kind in ("primary", "secondary", "tertiary")))
    spots = pd.DataFrame(rows, columns=["x", "y", "large"])
    s, t = to_valley(spots["x"], spots["y"])
    spots["community"] = [None if k is None else COMMUNITIES[k][0] for k in map(community_of, s, t)]
    centres, people = np.c_[estates.centroid.x, estates.centroid.y], estates["households"].to_numpy()
    away = np.hypot(
        spots["x"].to_numpy()[:, None] - centres[None, :, 0], spots["y"].to_numpy()[:, None] - centres[None, :, 1]
    )
    central = np.exp(-np.hypot(s - OLD_CENTRE[0], t - OLD_CENTRE[1]) / CENTRE_M)
    spots["people"] = ((people * np.exp(-((away / KERNEL_M) ** 2))).sum(axis=1) + 1) * central
    named = [street for street in streets if street.name and not street.kind.startswith("motorway")]
    nearest = shapely.STRtree([street.line for street in named]).nearest(shapely.points(spots["x"], spots["y"]))
    spots["street"] = [named[k].name for k in nearest]
    blocked = shapely.union_all([river().buffer(6), *(rail.buffer(9) for rail in railway())])
    free = ~shapely.intersects_xy(blocked, spots["x"], spots["y"])
    return spots[spots["community"].notna() & free].reset_index(drop=True)


def _order(spots, central, rng):
    """Return the places in an order of chance in which the well-peopled come early."""
    return np.argsort(-(rng.random(len(spots)) ** (1 / (spots["people"].to_numpy() ** central))), kind="stable")


def _take(spots, rng, test, spacing_m, central=1.0, number=1, taken=None):
    taken = [] if taken is None else taken
    for k in _order(spots, central, rng):
        spot = spots.loc[k]
        if test(spot) and all(np.hypot(spot.x - x, spot.y - y) > spacing_m for x, y in taken):
            taken.append((spot.x, spot.y))
            if len(taken) == number:
                break
    return taken[0] if number == 1 else taken


def _row(name, code, word, amap, status, year, floor_m2, community, x, y, **more):
    row = dict.fromkeys(COLUMNS[1:])
    row |= {
        "name": name,
        "facility_type": code,
        "word": word,
        "amap_code": amap,
        "status": status,
        "opened_year": year,
        "floor_area_m2": floor_m2,
        "community": community,
        "x": x,
        "y": y,
    } | more
    return [row[column] for column in COLUMNS[1:]]


def _campus_row(name, parcel):
    code, word, floor_m2 = ON_CAMPUS[name]
    community = COMMUNITIES[parcel.community][0]
    label = (
        f"{community[:-2]}{name}"
        if name == "农贸市场"
        else f"河湟县{name}"
        if name.endswith(("学", "院", "馆", "场"))
        else name
    )
    return _row(
        label,
        code,
        word,
        "",
        "在用",
        None,
        floor_m2,
        community,
        *_middle(parcel.shape),
        land_area_m2=round(parcel.shape.area),
        beds=120 if code == "ELD_HOME" else None,
    )


def _middle(shape):
    point = shape.representative_point()
    return round(point.x, 2), round(point.y, 2)


def _care():
    """Return the facilities of care.csv: care for the old and the very young, health centres, subdistrict offices."""
    text = Path(__file__).with_name("care.csv").read_text(encoding="utf-8")
    return [{column: value or None for column, value in line.items()} for line in csv.DictReader(text.splitlines())]


def _care_row(care, spots, rng):
    community, code = care["community"], care["facility_type"]
    x, y = _take(spots, rng, lambda spot: spot.community == community, 0)
    subdistrict = next(SUBDISTRICTS[number] for name, number, *_ in COMMUNITIES if name == community)
    label = {
        "ELD_CENTER": f"{subdistrict}综合养老服务中心",
        "STREET_SERVICE": f"{subdistrict}办事处",
        "HEALTH_CENTER": subdistrict + care["word"],
        "ELD_NURSE": "河湟县老年养护院",
    }.get(code, community + care["word"].removeprefix("社区"))
    numbers = {name: int(care[name]) for name in ("elder_area_m2", "beds") if care[name]}
    words = {name: care[name] for name in ("storey", "has_lift", "is_basement", "serves")}
    year, floor_m2 = care["opened_year"] and int(care["opened_year"]), int(care["floor_area_m2"])
    return _row(label, code, care["word"], "", care["status"], year, floor_m2, community, x, y, **words, **numbers)


def _mixed_row(community, spots, rng):
    x, y = _take(spots, rng, lambda spot: spot.community == community, 0, 0.8)
    return _row(
        f"{community}党群服务中心",
        "COMM_SERVICE",
        "党群服务中心",
        "130106",
        "在用",
        int(rng.integers(2008, 2023)),
        int(rng.integers(38, 110)) * 10,
        community,
        x,
        y,
        elder_area_m2=MIXED_ELDER_M2.get(community),
        storey="1-2层",
        has_lift="无",
        is_basement="否",
    )


def _kind_rows(kind, estates, spots, rng):
    if kind.inside:
        chosen = [
            int(k)
            for k in np.argsort(-(rng.random(len(estates)) ** (1 / estates["households"].to_numpy())), kind="stable")
        ]
        chosen = [k for k in chosen if estates.at[k, "form"] in ("block", "courtyard")][: kind.number]
        places = [
            (*_inside(estates.geometry[k], rng), estates.at[k, "community"], estates.at[k, "name"]) for k in chosen
        ]
    else:
        taken = _take(
            spots, rng, lambda spot: spot.large or not kind.large, kind.spacing_m, kind.central, max(2, kind.number)
        )[: kind.number]
        at = spots.set_index(["x", "y"])
        places = [(x, y, at.at[(x, y), "community"], at.at[(x, y), "street"]) for x, y in taken]
    rows = []
    for x, y, community, near in places:
        word = kind.words[int(rng.integers(len(kind.words)))]
        size = round(kind.smallest_m2 + (kind.largest_m2 - kind.smallest_m2) * rng.random() ** 2) or None
        status = "在用" if rng.random() < 0.96 else "停用"
        year = int(rng.integers(kind.since, 2024)) if rng.random() < 0.7 else None
        rows.append(
            _row(
                _label(near, word, kind, rng),
                kind.code,
                word,
                kind.amap if rng.random() < 0.5 else "",
                status,
                year,
                None if kind.land else size,
                community,
                x,
                y,
                land_area_m2=size if kind.land else None,
            )
        )
    return rows


def _inside(shape, rng):
    west, south, east, north = shape.bounds
    for _ in range(200):
        x, y = west + (east - west) * rng.random(), south + (north - south) * rng.random()
        if shapely.contains_xy(shape, x, y):
            return x, y
    return _middle(shape)


OWNERS = (
    "惠民",
    "福源",
    "万家",
    "康泰",
    "好邻居",
    "金桥",
    "益民",
    "天天",
    "广源",
    "祥和",
    "同仁",
    "百姓",
    "家美",
    "红叶",
    "春雨",
    "高原",
)


def _label(near, word, kind, rng):
    if kind.code in ("CONVENIENCE", "PHARMACY", "SUPERMARKET", "DAILY_SHOPS", "HOUSEKEEPING", "KINDERGARTEN"):
        return (
            f"{OWNERS[int(rng.integers(len(OWNERS)))]}{word}({near}店)"
            if kind.code != "KINDERGARTEN"
            else f"{OWNERS[int(rng.integers(len(OWNERS)))]}幼儿园"
        )
    return f"{near}{word}"
