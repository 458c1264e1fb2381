"""Idle rooms and land, planned pipe works, estate gates, the heritage quarter and the units of the territorial plan."""

import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Polygon

from maker.blocks import COMMUNITIES
from maker.noding import on_grid
from maker.valley import generator, hills, to_map, to_valley

SITES = 40
GATED_ESTATES = 86
WORKS_STREETS, DUG_TWICE, TWO_IN_ONE_YEAR = 48, 9, 3
# what is asked of rooms of each kind: share, floor or land m2 from and to, owners
SITE_KINDS = {
    "闲置房屋": (240, 1300, ("国企", "商户", "业主共有")),
    "政府闲置用房": (260, 1100, ("政府",)),
    "架空层": (140, 420, ("业主共有",)),
    "空地": (320, 2400, ("国有土地", "业主共有")),
    "拆违腾空": (260, 1500, ("国有土地",)),
}
# the kinds of a community's sites, in order; the edge of the town has the shortages and gets rooms that can close them
SITE_PLAN = [
    ("西川社区", ("政府闲置用房", "闲置房屋", "空地", "架空层")),
    ("西关社区", ("闲置房屋", "拆违腾空", "政府闲置用房")),
    ("鼓楼社区", ("政府闲置用房", "闲置房屋", "拆违腾空")),
    ("南门社区", ("闲置房屋", "空地", "闲置房屋", "拆违腾空")),
    ("水车社区", ("政府闲置用房", "闲置房屋", "空地")),
    ("磨坊社区", ("闲置房屋", "架空层", "空地", "政府闲置用房")),
    ("铁南社区", ("闲置房屋", "政府闲置用房", "空地", "拆违腾空")),
    ("祁连社区", ("政府闲置用房", "闲置房屋")),
    ("丁香社区", ("架空层", "空地", "闲置房屋")),
    ("东川社区", ("闲置房屋", "闲置房屋", "空地")),
    ("站前社区", ("闲置房屋", "拆违腾空", "政府闲置用房")),
    ("柳滩社区", ("架空层", "架空层", "空地", "政府闲置用房")),
]
INDOOR_USES = ("日间照料", "助餐", "托育", "社区卫生服务站", "社区服务", "文化活动", "便利店", "菜市场")
OUTDOOR_USES = ("健身场地", "口袋公园", "停车", "儿童活动场地")
# kind, who builds it
NETWORKS = [
    ("供水", "县自来水公司"),
    ("排水", "县城建局"),
    ("燃气", "县燃气公司"),
    ("供热", "县热力公司"),
    ("电力", "县供电公司"),
    ("通信", "县电信公司"),
]
HERITAGE_NAME, HERITAGE_KIND = "古堡老街历史文化街区", "历史文化街区"
HERITAGE_CORNERS = [(-575, 300), (-430, 292), (-300, 300), (-292, 470), (-420, 478), (-590, 466)]
UNIT_KINDS = {"西川产业居住单元": "产业", "古堡老城单元": "老城", "祁连行政单元": "行政", "站前商贸单元": "商贸"}


def sites(leftover, estates):
    """Return the reuse sites, coordinates in metres of the map: rooms and land on parcels where nobody lives."""
    rng = generator(7)
    rows = []
    for community, kinds in SITE_PLAN:
        number = next(k for k, row in enumerate(COMMUNITIES) if row[0] == community)
        parcels = [parcel.shape for parcel in leftover if parcel.community == number]
        own = estates[estates["community"] == community]
        newest_last = sorted(rng.permutation(len(own)).tolist(), key=lambda k: own["completion_year"].iloc[k] > 1995)
        stilted = [own.geometry.iloc[k] for k in newest_last]
        parcels = stilted[: len(kinds)] + [parcels[k] for k in rng.permutation(len(parcels))]
        for n, kind in enumerate(kinds):
            shape = (stilted if kind == "架空层" else parcels).pop()
            rows.append(_site(community, kind, n, shape, rng))
    assert len(rows) == SITES
    table = pd.DataFrame(rows)
    table.insert(0, "site_id", [f"ZY{k + 1:03d}" for k in range(len(table))])
    seen = table.groupby(table["name"]).cumcount()
    table["name"] = [name if n == 0 else f"{name}({n + 1})" for name, n in zip(table["name"], seen, strict=True)]
    return table


def _site(community, kind, number, shape, rng):
    low, high, owners = SITE_KINDS[kind]
    size = round(low * (high / low) ** rng.random())
    is_land = kind in ("空地", "拆违腾空")
    point = shape.representative_point()
    best = number == 0
    uses = OUTDOOR_USES if is_land else INDOOR_USES
    wanted = set(rng.permutation(len(uses))[: int(rng.integers(1, 4))].tolist()) | (
        {0, 2} if best and not is_land else set()
    )
    storey = (
        None if is_land else "1" if best or kind == "架空层" else _one(("1", "1", "2", "3", "1-2层", "负一层"), rng)
    )
    return {
        "name": f"{community[:-2]}{kind}",
        "site_kind": kind,
        "owner": _one(owners, rng),
        "floor_area_m2": None if is_land else max(size, 420 if best else 0),
        "land_area_m2": size if is_land else None,
        "storey": storey,
        "has_lift": None if is_land else _one(("无", "无", "无", "有"), rng),
        "is_basement": None if is_land else ("是" if storey == "负一层" else "否"),
        "allowed_types": "、".join(uses[k] for k in sorted(wanted)),
        "structure_ok": None if is_land else "是" if best else _one(("是", "是", "是", "否", None), rng),
        "fire_ok": None if is_land else "是" if best else _one(("是", "是", "否", None), rng),
        "consent": "已同意" if best else _one(("已同意", "征询中", "未征询", "不同意", "已同意"), rng),
        "plan_conformity": "符合" if best else _one(("符合", "符合", "需调整", "不符合"), rng),
        "conversion_yuan_per_m2": str(int(rng.integers(5, 12) if is_land else rng.integers(12, 38)) * 100),
        "available_year": str(int(rng.integers(2024, 2028))),
        "note": None,
        "x": round(point.x, 2),
        "y": round(point.y, 2),
    }


def _one(words, rng):
    return words[int(rng.integers(len(words)))]


def utilities(streets, estates):
    """Return planned works on streets beside estates; some streets are to be dug up in two different years."""
    rng = generator(8)
    homes = shapely.STRtree(estates.geometry.values)
    fitting = [
        street
        for street in streets
        if street.kind in ("residential", "tertiary", "secondary", "service")
        and not street.bridge
        and not street.tunnel
        and street.line.length > 110
        and homes.query(street.line, predicate="dwithin", distance=30).size
    ]
    rows = []
    for n, k in enumerate(rng.permutation(len(fitting))[:WORKS_STREETS]):
        first, year = int(rng.integers(6)), int(rng.integers(2024, 2029))
        jobs = [(first, year)]
        if n < DUG_TWICE:
            jobs.append(((first + 1 + n % 5) % 6, 2024 + (year - 2024 + 1 + n % 4) % 5))
        elif n < DUG_TWICE + TWO_IN_ONE_YEAR:
            jobs.append(((first + 2) % 6, year))
        rows += [
            {
                "kind": NETWORKS[network][0],
                "year": when,
                "owner": NETWORKS[network][1],
                "street": fitting[k].name,
                "geometry": fitting[k].line,
            }
            for network, when in jobs
        ]
    table = pd.DataFrame(rows)
    table.insert(0, "utility_id", [f"GX{k + 1:03d}" for k in range(len(table))])
    return table


def gates(estates, streets):
    """Return the gates of some estates: on the outline, toward the street beside it."""
    rng = generator(9)
    walkable = [
        street
        for street in streets
        if not street.kind.startswith("motorway") and not street.tunnel and not street.bridge
    ]
    tree = shapely.STRtree([street.line for street in walkable])
    fitting = [k for k in rng.permutation(len(estates)) if estates.at[k, "form"] in ("block", "courtyard")][
        :GATED_ESTATES
    ]
    rows = []
    for k in sorted(fitting):
        outline = estates.geometry[k]
        near = sorted(
            tree.query(outline, predicate="dwithin", distance=16).tolist(),
            key=lambda j: (-walkable[j].line.intersection(outline.buffer(18)).length, j),
        )
        for j in near[: 2 if rng.random() < 0.3 else 1]:
            beside = walkable[j].line.intersection(outline.buffer(18))
            part = max(getattr(beside, "geoms", [beside]), key=lambda line: line.length)
            at = part.interpolate(0.3 + 0.4 * rng.random(), normalized=True)
            rows.append(
                {
                    "estate_id": estates.at[k, "estate_id"],
                    "geometry": on_grid(shapely.shortest_line(outline.boundary, at).interpolate(0)),
                }
            )
    return pd.DataFrame(rows)


def heritage():
    """Return the old street quarter."""
    corners = np.array(HERITAGE_CORNERS, float)
    return pd.DataFrame(
        [{"name": HERITAGE_NAME, "kind": HERITAGE_KIND, "geometry": Polygon(np.c_[to_map(*corners.T)])}]
    )


def planning_units(blocks):
    """Return the units of the territorial plan: blocks of one unit put together, and the hills north and south."""
    names = list(dict.fromkeys(row[3] for row in COMMUNITIES))
    rows = []
    for name in names:
        parts = [block.buffer(0.4, join_style="mitre") for block, number in blocks if COMMUNITIES[number][3] == name]
        shape = shapely.union_all(parts).buffer(-0.4, join_style="mitre").simplify(0.5)
        rows.append({"name": name, "kind": UNIT_KINDS.get(name, "居住"), "geometry": on_grid(shape)})
    for shape in hills():
        side = "北山" if to_valley(shape.centroid.x, shape.centroid.y)[1] > 0 else "南山"
        rows.append({"name": f"{side}生态保育单元", "kind": "生态", "geometry": on_grid(shape)})
    table = pd.DataFrame(rows)
    table.insert(0, "unit_id", [f"DY{k + 1:02d}" for k in range(len(table))])
    return table
