"""Where the facilities are: dense round the old centre, thin at the edges, short of care for old and very young."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from maker.blocks import COMMUNITIES, OLD_CENTRE, SUBDISTRICTS, community_of
from maker.names import lines_of
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
    """A type of facility: how many, the town's words, its map code, its size, how far apart, how central (power)."""

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
    Kind("CONVENIENCE", 82, ("便利店", "便利店", "小超市", "便民店", "小卖部"), "060200", 28, 120),
    Kind("PHARMACY", 36, ("药店", "大药房", "药房"), "090601", 50, 180, 130),
    Kind("PARCEL", 52, ("快递驿站", "菜鸟驿站", "快递点", "智能快件箱"), "070500", 12, 80, 120, 0.9, since=2013),
    Kind("DAILY_SHOPS", 36, ("理发店", "早餐店", "洗衣店", "维修点"), "", 15, 70),
    Kind("SUPERMARKET", 16, ("超市", "综合超市"), "060400", 320, 2400, 200, 1.3),
    Kind("WET_MARKET", 6, ("生鲜超市", "菜市场"), "060705", 260, 900, 420, 1.1),
    Kind("HOUSEKEEPING", 5, ("家政服务",), "", 30, 90, 300, 1.4),
    Kind("POST_OFFICE", 3, ("邮政所", "邮局"), "070400", 150, 600, 700, 1.3),
    Kind("KINDERGARTEN", 22, ("幼儿园",), "141204", 1500, 3600, 260, 1.2),
    Kind("HEALTH_STATION", 20, ("社区卫生服务站", "卫生室"), "090102", 110, 260, 260, 1.2),
    Kind("COMM_SERVICE", 12, ("社区服务站", "社区服务中心"), "120303", 120, 420, 260, 0.9),
    Kind("CULT_STATION", 12, ("文化活动站", "社区文化活动室"), "140800", 120, 420, 300, 1.3),
    Kind("PUBLIC_SPACE", 54, ("健身场地", "健身角", "健身路径", "小广场"), "080100", 140, 900, 140, 0.9, land=True),
    Kind("SPORT_SMALL", 24, ("篮球场", "球场"), "080112", 420, 1000, 240, 0.8, land=True),
    Kind("GREEN", 28, ("口袋公园", "社区游园", "街头绿地"), "110101", 420, 3200, 220, 0.8, land=True),
    Kind("TOILET", 46, ("公厕", "公共厕所"), "200300", 32, 80, 170, 0.8),
    Kind("WASTE_STATION", 12, ("垃圾收集站", "垃圾站"), "", 120, 200, 450, 0.5, land=True),
    Kind("PARKING", 12, ("停车场",), "150904", 600, 3600, 220, 1.0, land=True),
    Kind("EV_CHARGING", 7, ("充电站", "充电桩"), "011100", 60, 500, 320, 1.0, land=True, since=2017),
    Kind("BUS_STOP", 38, ("公交站",), "150700", 0, 0, 230, 0.3, large=True),
    Kind("EBIKE_CHARGING", 8, ("充电棚", "停车棚"), "", 20, 90, 60, 0.6, inside=True, land=True, since=2014),
    Kind("PM_ROOM", 5, ("物业用房",), "", 40, 160, 80, 0.6, inside=True),
]
# elder-care rooms in the 党群服务中心 of these communities
MIXED_ELDER_M2 = {"鼓楼社区": 110, "西关社区": 90, "水车社区": 80, "铁南社区": 60, "柳滩社区": 100}
# words that no list knows and that plan.toml does not explain either
UNKNOWN_WORDS = [("棋牌室", "南门社区"), ("加油站", "西川社区")]
OWNERS = (
    "惠民", "福源", "万家", "康泰", "好邻居", "金桥", "益民", "天天",
    "广源", "祥和", "同仁", "百姓", "家美", "红叶", "春雨", "高原",
)
SHOPS = ("CONVENIENCE", "PHARMACY", "SUPERMARKET", "DAILY_SHOPS", "HOUSEKEEPING")


def serve(estates, streets, campuses):
    """Return the facilities, one row each, in the order of the ledger: COLUMNS, coordinates in metres of the map."""
    rng = generator(6)
    spots = _spots(estates, streets, rng)
    rows = [_campus_row(line, parcel) for line, parcel in campuses if line["facility_type"]]
    rows += [_care_row(line, spots, rng) for line in lines_of("care.csv")]
    rows += [_mixed_row(community, spots, rng) for community, *_ in COMMUNITIES]
    rows += [row for kind in KINDS for row in _kind_rows(kind, estates, spots, rng)]
    for word, community in UNKNOWN_WORDS:
        place = _place_in(community, spots, rng)
        rows.append({"name": f"{community[:-2]}{word}", "word": word, "status": "在用", "floor_area_m2": 90} | place)
    return _listed(pd.DataFrame(rows, columns=COLUMNS))


def _listed(rows):
    subdistrict = {community: SUBDISTRICTS[number] for community, number, *_ in COMMUNITIES}
    rows["subdistrict"] = rows["community"].map(subdistrict)
    rows = rows.sort_values("subdistrict", kind="stable", ignore_index=True)
    seen = rows.groupby("name").cumcount()
    rows["name"] = [name if n == 0 else f"{name}({n + 1})" for name, n in zip(rows["name"], seen, strict=True)]
    rows["facility_id"] = [f"SS{k + 1:04d}" for k in range(len(rows))]
    return rows


def _spots(estates, streets, rng):
    """Return places beside the streets with their community and how many people live round them."""
    surface = [street for street in streets if not street.kind.startswith("motorway")]
    rows = [row for street in surface if not street.bridge and not street.tunnel for row in _beside(street, rng)]
    spots = pd.DataFrame(rows, columns=["x", "y", "large"])
    s, t = to_valley(spots["x"], spots["y"])
    spots["community"] = [None if k is None else COMMUNITIES[k][0] for k in map(community_of, s, t)]
    points = shapely.points(spots["x"], spots["y"])
    away = shapely.distance(points[:, None], estates.centroid.to_numpy()[None, :])
    around = (estates["households"].to_numpy() * np.exp(-((away / KERNEL_M) ** 2))).sum(axis=1) + 1
    spots["people"] = around * np.exp(-np.hypot(s - OLD_CENTRE[0], t - OLD_CENTRE[1]) / CENTRE_M)
    named = [street for street in surface if street.name]
    nearest = shapely.STRtree([street.line for street in named]).nearest(points)
    spots["street"] = [named[k].name for k in nearest]
    blocked = shapely.union_all([river().buffer(6), *(rail.buffer(9) for rail in railway())])
    return spots[spots["community"].notna() & ~shapely.intersects(blocked, points)].reset_index(drop=True)


def _beside(street, rng):
    number = int(street.line.length // STREET_STEP_M)
    for k in range(number):
        along = (k + 0.5) * street.line.length / number
        here, ahead = street.line.interpolate(along), street.line.interpolate(along + 0.5)
        side = 1 if rng.random() < 0.5 else -1
        step = np.array([here.y - ahead.y, ahead.x - here.x])
        x, y = np.array([here.x, here.y]) + side * (street.width_m / 2 + 3) * step / np.hypot(*step)
        yield round(x, 2), round(y, 2), street.kind in ("primary", "secondary", "tertiary")


def _by_chance(weights, rng):
    """Return row numbers in an order of chance in which the heavy ones come early."""
    return np.argsort(-(rng.random(len(weights)) ** (1 / weights)), kind="stable")


def _take(spots, kind, rng):
    """Return the places of a kind of facility, as far from each other as it asks."""
    taken = []
    for k in _by_chance(spots["people"].to_numpy() ** kind.central, rng):
        spot = spots.loc[k]
        far = all(np.hypot(spot.x - other.x, spot.y - other.y) > kind.spacing_m for other in taken)
        if far and (spot.large or not kind.large):
            taken.append(spot)
        if len(taken) == kind.number:
            break
    return taken


def _place_in(community, spots, rng):
    inside = spots[spots["community"] == community]
    spot = inside.iloc[_by_chance(inside["people"].to_numpy(), rng)[0]]
    return {"community": community, "x": spot.x, "y": spot.y}


def _campus_row(line, parcel):
    name, community, point = line["name"], COMMUNITIES[parcel.community][0], parcel.shape.representative_point()
    label = community[:-2] + name if name == "农贸市场" else f"河湟县{name}" if name[-1] in "学院馆场" else name
    return {
        "name": label, "facility_type": line["facility_type"], "word": line["word"], "status": "在用",
        "floor_area_m2": float(line["floor_area_m2"] or "nan"), "land_area_m2": round(parcel.shape.area),
        "beds": 120 if line["facility_type"] == "ELD_HOME" else None, "community": community,
        "x": round(point.x, 2), "y": round(point.y, 2),
    }


def _care_row(line, spots, rng):
    community, code = line["community"], line["facility_type"]
    subdistrict = next(SUBDISTRICTS[number] for name, number, *_ in COMMUNITIES if name == community)
    label = {
        "ELD_CENTER": f"{subdistrict}综合养老服务中心", "STREET_SERVICE": f"{subdistrict}办事处",
        "HEALTH_CENTER": subdistrict + line["word"], "ELD_NURSE": "河湟县老年养护院",
    }.get(code, community + line["word"].removeprefix("社区"))
    numbers = ("opened_year", "floor_area_m2", "elder_area_m2", "beds")
    cells = {name: int(value) if name in numbers else value for name, value in line.items() if value}
    return {"name": label} | cells | _place_in(community, spots, rng)


def _mixed_row(community, spots, rng):
    return {
        "name": f"{community}党群服务中心", "facility_type": "COMM_SERVICE", "word": "党群服务中心",
        "amap_code": "130106", "status": "在用", "opened_year": int(rng.integers(2008, 2023)),
        "floor_area_m2": int(rng.integers(38, 110)) * 10,
        "elder_area_m2": MIXED_ELDER_M2.get(community), "storey": "1", "has_lift": "无", "is_basement": "否",
    } | _place_in(community, spots, rng)


def _kind_rows(kind, estates, spots, rng):
    places = _insides(kind, estates, rng) if kind.inside else _take(spots, kind, rng)
    rows = []
    for place in places:
        word = kind.words[int(rng.integers(len(kind.words)))]
        size = round(kind.smallest_m2 + (kind.largest_m2 - kind.smallest_m2) * rng.random() ** 2) or None
        rows.append({
            "name": _label(place.street, word, kind, rng), "facility_type": kind.code, "word": word,
            "amap_code": kind.amap if kind.amap and rng.random() < 0.5 else None,
            "status": "在用" if rng.random() < 0.96 else "停用",
            "opened_year": int(rng.integers(kind.since, 2024)) if rng.random() < 0.7 else None,
            "land_area_m2" if kind.land else "floor_area_m2": size,
            "community": place.community, "x": place.x, "y": place.y,
        })
    return rows


def _insides(kind, estates, rng):
    """Return places inside estates, large estates first; the estate stands where others have their street."""
    plots = estates[estates["form"].isin(["block", "courtyard"])]
    order = _by_chance(plots["households"].to_numpy(), rng)[: kind.number]
    for row in plots.iloc[order].itertuples():
        west, south, east, north = row.geometry.bounds
        draws = np.array([west, south]) + np.array([east - west, north - south]) * rng.random((60, 2))
        x, y = draws[shapely.contains_xy(row.geometry, draws)][0]
        yield pd.Series({"x": round(x, 2), "y": round(y, 2), "community": row.community, "street": row.name})


def _label(near, word, kind, rng):
    owner = OWNERS[int(rng.integers(len(OWNERS)))]
    if kind.code == "KINDERGARTEN":
        return f"{owner}幼儿园"
    return f"{owner}{word}({near}店)" if kind.code in SHOPS else f"{near}{word}"
