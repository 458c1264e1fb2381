"""Which walls are worth opening first?

A wall stands at every usable link inside an area; where the link passes a barrier (a river with its bridge) there is no
wall, and the crossing is walked on streets as today. Once a wall is open, the residents of that area walk straight
through it, from the representative point of the one estate to that of the other, and through both estates from street
to street. In the state `opened` every wall is open; nobody walks through estates of another area.

What a wall gives is counted for the residents of its area, one walk to the nearest facility of every type that has a
limit: the resident-minutes saved, residents x (minutes before - minutes after), of what is reached today already; and
the gaps closed, estate x type, to which belongs what cannot be reached at all today.

Walls are ranked greedily over the whole plan: first the wall that saves most, then the one that saves most once the
first is open, and so on; of equal ones the one that closes more gaps, then the first by ids. The figures of a wall are
what it adds to those of its area that stand before it, so that they sum up to the effect of opening all. Walls in a row
may give little one by one and much together, so every wall is looked at anew in every round.

It is exact. Of a walk with open walls everything between two estates of the area that are walked through is a wall or a
walk of today on streets, and so is the rest from the last of them to the facility. So the estates of the area, with
today's distances between them and to the facilities, are the whole problem, and a new wall shortens only what passes
one of its two ends.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.schema import conform

TODAY, OPENED = "today", "opened"
SAME_M = 1e-5  # walks that differ by less are equally long: today's come rounded to the micrometre, and are added up
DECIMALS = 6  # of metres and of resident-minutes
PAIR = ["estate_a", "estate_b"]
Metres = np.ndarray[Any, np.dtype[np.float64]]
Wall = tuple[int, int, float]  # two estates by their place in the area, and the metres from home to home


@dataclass(frozen=True)
class Area:
    """The estates of one area by id, the metres from each to each on streets today (inf for no way), and its walls."""

    ids: tuple[str, ...]
    apart: Metres
    walls: tuple[Wall, ...]


@dataclass(frozen=True)
class Need:
    """What the estates of an area (rows) want of the facility types with a limit (columns)."""

    distance_m: Metres
    limit_m: Metres
    is_gap: np.ndarray[Any, np.dtype[np.bool_]]
    residents: Metres
    pace: Metres


def find_walls(links: gpd.GeoDataFrame, members: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the walls between estates of the same area.

    Parameters
    ----------
    links
        Table `links`.
    members
        estate_id, area_id.

    Returns
    -------
    walls
        area_id, estate_a, estate_b, length_m and geometry (the shortest segment) of every usable link inside an area
        that passes no barrier.
    """
    area = members.set_index("estate_id")["area_id"]
    area_a, area_b = links["estate_a"].map(area), links["estate_b"].map(area)
    is_wall = links["usable"].astype(bool) & links["barrier"].isna() & area_a.notna() & (area_a == area_b)
    walls = links.assign(area_id=area_a)[is_wall].sort_values(PAIR, ignore_index=True)
    return walls[["area_id", *PAIR, "length_m", "geometry"]]


def find_pairs(walls: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return every pair of estates of each area that has a wall.

    Parameters
    ----------
    walls
        As `find_walls` returns them.
    members
        estate_id, area_id.

    Returns
    -------
    pairs
        area_id, estate_a < estate_b.
    """
    inside = members.loc[members["area_id"].isin(walls["area_id"]), ["area_id", "estate_id"]]
    both = inside.merge(inside, on="area_id", suffixes=("_a", "_b"))
    return both[both["estate_id_a"] < both["estate_id_b"]].set_axis(["area_id", *PAIR], axis=1).reset_index(drop=True)


def open_walls(
    walks: pd.DataFrame, walls: pd.DataFrame, apart: pd.DataFrame, *, speeds: Mapping[str, float],
    elderly_types: Collection[str],
) -> pd.DataFrame:
    """Return the walks once every wall is open.

    Parameters
    ----------
    walks
        Table `walks`; those of state today count.
    walls
        As `find_walls` returns them.
    apart
        Pairs as `find_pairs` returns them, with distance_m: the walk from home to home on streets, missing where there
        is none.
    speeds
        Metres per minute of `adult` and `elderly`.
    elderly_types
        Types that elderly people walk to.

    Returns
    -------
    walks
        Table `walks` in state opened, of all estates and types of today.
    """
    today = walks[walks["state"] == TODAY]
    if today.empty:
        return today.copy()
    distance = today.pivot(index="estate_id", columns="facility_type", values="distance_m")
    facility = today.pivot(index="estate_id", columns="facility_type", values="facility_id")
    metres, found = distance.to_numpy(float, copy=True), facility.to_numpy(object, copy=True)
    for area in _areas(walls, apart):
        rows = distance.index.get_indexer(pd.Index(area.ids))
        metres[rows], found[rows] = _all_open(area, metres[rows], found[rows])
    opened = pd.DataFrame(metres, distance.index, distance.columns)
    long = opened.melt(value_name="distance_m", ignore_index=False).reset_index()
    long["facility_id"] = found.ravel(order="F")  # as melt stands: type after type
    minutes = long["distance_m"] / _pace(long["facility_type"], speeds, elderly_types)
    return conform("walks", long.assign(state=OPENED, minutes=minutes, walking=None))


def open_ways(reached: pd.DataFrame, walls: pd.DataFrame, apart: pd.DataFrame, *, limit_m: float) -> pd.DataFrame:
    """Return what lies within reach of every estate once every wall is open.

    Parameters
    ----------
    reached
        estate_id, facility_id, distance_m of all pairs within reach today.
    walls, apart
        As for `open_walls`.
    limit_m
        The longest walk.

    Returns
    -------
    reached
        The same of all pairs within reach then, by the ids. A way that leads through an estate is found where the rest
        of it is within reach of that estate today.
    """
    rows_of, none = reached.groupby("estate_id").indices, np.zeros(0, dtype=np.int64)
    facility, metres = reached["facility_id"].to_numpy(object), reached["distance_m"].to_numpy(float)
    estate, is_as_today = reached["estate_id"].to_numpy(object), np.ones(len(reached), dtype=bool)
    opened = []
    for area in _areas(walls, apart):
        rows = np.concatenate([rows_of.get(estate_id, none) for estate_id in area.ids])
        places, column = np.unique(facility[rows], return_inverse=True)
        before = np.full((len(area.ids), len(places)), np.inf)
        before[np.searchsorted(area.ids, estate[rows]), column] = metres[rows]
        after = _through_all(area, before)[0].round(DECIMALS)
        home, place = np.nonzero(after <= limit_m)
        opened.append(pd.DataFrame({
            "estate_id": np.array(area.ids, dtype=object)[home], "facility_id": places[place],
            "distance_m": after[home, place]}))
        is_as_today[rows] = False
    found = pd.concat([reached[is_as_today], *(part.astype(reached.dtypes) for part in opened)])
    return found.sort_values(["estate_id", "facility_id"], ignore_index=True)


def rank_openings(
    walls: gpd.GeoDataFrame, apart: pd.DataFrame, gaps: pd.DataFrame, *, speeds: Mapping[str, float],
    elderly_types: Collection[str],
) -> pd.DataFrame:
    """Return the walls in the order in which they are best opened, and what each adds to those before it.

    Parameters
    ----------
    walls, apart, speeds, elderly_types
        As for `open_walls`.
    gaps
        Table `gaps`: the distances of today, their limits, and for how many residents.

    Returns
    -------
    openings
        Table `openings`. The resident-minutes are missing where an estate saves some whose residents are unknown; in
        the ranking it counts for none.
    """
    need_of = _needs(gaps, speeds, elderly_types)
    rows = [row for area in _areas(walls, apart) for row in _in_turn(area, need_of(area.ids))]
    columns = [*PAIR, "resident_minutes_saved", "gaps_closed"]
    ranked = pd.DataFrame(sorted(rows, key=itemgetter("turn")), columns=columns)
    ranked["rank"] = np.arange(1, len(ranked) + 1)
    return conform("openings", walls.merge(ranked.astype(dict.fromkeys(PAIR, "str")), on=PAIR))


def _pace(types: pd.Series | pd.Index, speeds: Mapping[str, float], elderly_types: Collection[str]) -> Metres:
    return np.where(types.isin(list(elderly_types)), speeds["elderly"], speeds["adult"])


def _areas(walls: pd.DataFrame, apart: pd.DataFrame) -> Iterator[Area]:
    own = walls.sort_values(PAIR)
    ends = np.stack([own[side].to_numpy(object) for side in PAIR])
    pairs = np.stack([apart[side].to_numpy(object) for side in PAIR])
    metres, lengths = apart["distance_m"].fillna(np.inf).to_numpy(float), own["length_m"].to_numpy(float)
    walls_of = own.groupby("area_id").indices
    for area_id, inside in sorted(apart.groupby("area_id").indices.items()):
        ids, place = np.unique(pairs[:, inside], return_inverse=True)
        one, other = place.reshape(len(PAIR), -1)
        distances = np.where(np.eye(len(ids)), 0.0, np.inf)
        distances[one, other] = distances[other, one] = metres[inside]
        own_walls = walls_of[area_id]
        between = (np.searchsorted(ids, side[own_walls]).tolist() for side in ends)
        yield Area(tuple(ids.tolist()), distances, tuple(zip(*between, lengths[own_walls].tolist(), strict=True)))


def _opened(before: Metres, apart: Metres, wall: Wall) -> Metres:
    """Return the distances from the estates of an area (rows) to anything once one more wall is open."""
    opened: Metres = _each_opened(before, apart, [wall])[0]
    return opened


def _each_opened(before: Metres, apart: Metres, walls: Sequence[Wall]) -> Metres:
    """Return for each of some walls the distances once it is open, and none of the others."""
    u, v, length_m = (np.array(column) for column in zip(*walls, strict=True))
    between = np.minimum(apart[u, v], length_m)[:, None]
    from_u, from_v = (np.minimum(before[near], between + before[far])[:, None] for near, far in ((u, v), (v, u)))
    after = np.minimum(apart.T[u][:, :, None] + from_u, apart.T[v][:, :, None] + from_v)
    return np.where(after < before - SAME_M, after, before)


def _all_open(area: Area, distance_m: Metres, facility_id: Any) -> tuple[Metres, Any]:
    """Return the distances from an area's estates with all its walls open, and the facilities they lead to.

    Of equally near facilities the first by id is named, as it is today.
    """
    today = np.where(np.isnan(distance_m), np.inf, distance_m)
    after, apart = _through_all(area, today)
    has_wall = np.isin(np.arange(len(area.ids)), [end for u, v, _ in area.walls for end in (u, v)])
    reach = np.where(has_wall | np.eye(len(area.ids), dtype=bool), apart, np.inf)
    names, code = np.unique(facility_id[np.isfinite(today)].astype(str), return_inverse=True)
    coded = np.full(today.shape, len(names))
    coded[np.isfinite(today)] = code
    first = np.column_stack([_first(reach + metres, codes, nearest + SAME_M, len(names))
                             for metres, codes, nearest in zip(today.T, coded.T, after.T, strict=True)])
    return np.where(np.isinf(after), np.nan, after.round(DECIMALS)), np.array([*names, None], dtype=object)[first]


def _through_all(area: Area, before: Metres) -> tuple[Metres, Metres]:
    """Return the distances from an area's estates to anything, and to each other, with all its walls open."""
    apart, after = area.apart, before
    for wall in area.walls:
        after, apart = _opened(after, apart, wall), _opened(apart, apart, wall)
    return after, apart


def _first(metres: Metres, codes: Any, within: Metres, none: int) -> Any:
    is_nearest = np.isfinite(metres) & (metres <= within[:, None])
    return np.where(is_nearest, codes, none).min(axis=1)


def _needs(
    gaps: pd.DataFrame, speeds: Mapping[str, float], elderly_types: Collection[str],
) -> Callable[[Sequence[str]], Need]:
    """Return what tells the need of some estates; the table of the whole town is laid out once."""
    distance_m, limit_m, is_gap, residents = (
        gaps.pivot(index="estate_id", columns="facility_type", values=name)
        for name in ("distance_m", "limit_m", "is_gap", "residents"))
    metres, limits = distance_m.fillna(np.inf).to_numpy(float), limit_m.to_numpy(float)
    are_gaps, pace = is_gap.fillna(False).to_numpy(bool), _pace(limit_m.columns, speeds, elderly_types)
    place = {estate_id: number for number, estate_id in enumerate(distance_m.index)}
    people = residents.iloc[:, :1].to_numpy(float, na_value=np.nan)

    def need_of(ids: Sequence[str]) -> Need:
        at = [place[estate_id] for estate_id in ids]
        return Need(metres[at], limits[at], are_gaps[at], people[at, 0], pace)

    return need_of


def _in_turn(area: Area, need: Need) -> Iterator[dict[str, Any]]:
    """Open the walls of an area one after the other, always the best of those left.

    Sorted by `turn`, the walls of all areas stand as if the best of all had been opened every time: a wall that gives
    more than the one of its area before it had to wait for that one, and comes right after it.
    """
    left, apart, before = list(area.walls), area.apart, need.distance_m
    turn: tuple[object, ...] = (-np.inf,)
    while left:
        offers = zip(*_gains(need, before, _each_opened(before, apart, left)), left, strict=True)
        saved, closed, is_known, wall = min(offers, key=_order)
        estate_a, estate_b = area.ids[wall[0]], area.ids[wall[1]]
        turn = max(turn, (-saved, -closed, estate_a, estate_b))
        yield {"estate_a": estate_a, "estate_b": estate_b, "gaps_closed": closed,
               "resident_minutes_saved": saved if is_known else np.nan, "turn": turn}
        before, apart = _opened(before, apart, wall), _opened(apart, apart, wall)
        left.remove(wall)


def _order(offer: tuple[float, int, bool, Wall]) -> tuple[float, int, Wall]:
    saved, closed, _, wall = offer
    return -saved, -closed, wall


def _gains(need: Need, before: Metres, after: Metres) -> tuple[list[float], list[int], list[bool]]:
    """Return of each wall, of which `after` holds the distances with it open, the resident-minutes it saves and the
    gaps it closes, and whether all who save have their residents known."""
    is_reached = np.isfinite(need.distance_m)
    shorter_m = np.where(is_reached, before, 0) - np.where(is_reached, after, 0)
    minutes = (shorter_m / need.pace).sum(axis=2)
    is_known = ~np.isnan(need.residents)
    saved = np.ascontiguousarray((minutes * need.residents)[:, is_known]).sum(axis=1)
    was_gap = need.is_gap & (before.round(DECIMALS) > need.limit_m)
    closed = (was_gap & (after.round(DECIMALS) <= need.limit_m)).sum(axis=(1, 2))
    return ([round(float(minutes), DECIMALS) for minutes in saved], closed.tolist(),
            (~minutes[:, ~is_known].any(axis=1)).tolist())
