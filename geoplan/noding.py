"""Where are street lines cut, and which line ends just miss another line? Lines -> vertices -> pieces between nodes.

Everything is done on flat arrays of vertices: every vertex has a place, a place that ends a line or is used twice is a
node, and the stretch from node to node is a piece.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

NODE_WITHIN_M = 0.01  # vertices this close are one place: street files are drawn no finer than centimetres


@dataclass(frozen=True)
class Pieces:
    """Stretches of line between nodes, and the coordinates of their vertices, piece after piece.

    A piece has line, level, at_m (of its start), from_place, to_place, via_place (its next vertex), and `size` vertices
    from `first` on.
    """

    table: pd.DataFrame
    spots: np.ndarray


def take_vertices(streets: np.ndarray, levels: np.ndarray) -> pd.DataFrame:
    """Return one row per vertex: line, street (position), level, at_m (along the line), x, y.

    Parameters
    ----------
    streets
        Lines, of one part or several.
    levels
        The level of each street; only lines of one level meet without a shared end.
    """
    parts, street = shapely.get_parts(streets, return_index=True)
    is_line = shapely.length(parts) > NODE_WITHIN_M
    xy, line = shapely.get_coordinates(parts[is_line], return_index=True)
    street = street[is_line][line]
    steps = np.where(_is_first(line), 0, np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T))
    walked = np.cumsum(steps)
    at_m = walked - walked[_is_first(line)][line]
    return pd.DataFrame({
        "line": line, "street": street, "level": levels[street], "at_m": at_m, "x": xy[:, 0], "y": xy[:, 1],
    })


def cut_crossings(vertices: pd.DataFrame) -> pd.DataFrame:
    """Return `vertices` with one more on both lines wherever two stretches of one level meet between theirs."""
    start = vertices[np.diff(vertices["line"], append=-1) == 0].index.to_numpy()
    spots = (vertices["x"] + 1j * vertices["y"]).to_numpy()
    tails, heads = spots[start], spots[start + 1]
    stretches = np.asarray(shapely.linestrings(np.stack([_xy(tails), _xy(heads)], axis=1)))
    one, other = shapely.STRtree(stretches).query(stretches, predicate="intersects")
    level = vertices["level"].to_numpy()[start]
    share_end = (tails[one] == heads[other]) | (heads[one] == tails[other]) | (tails[one] == tails[other]) | (
        heads[one] == heads[other])
    keep = (one < other) & (level[one] == level[other]) & ~share_end
    one, other = one[keep], other[keep]
    met, which = shapely.get_coordinates(shapely.intersection(stretches[one], stretches[other]), return_index=True)
    halved = np.concatenate([one[which], other[which]])
    met = np.concatenate([met, met])
    further = vertices.iloc[start[halved]].assign(x=met[:, 0], y=met[:, 1])
    further["at_m"] += np.hypot(*(met - _xy(tails[halved])).T)
    return _insert(vertices, further)


def gather(vertices: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return `vertices` with their `place`, and the coordinates of the places, numbered from west to east.

    Vertices within NODE_WITHIN_M are one place, unless they follow each other along one line.
    """
    spots, place = np.unique((vertices["x"] + 1j * vertices["y"]).to_numpy(), return_inverse=True)
    line = vertices["line"].to_numpy()
    tree = cKDTree(_xy(spots), compact_nodes=False, balanced_tree=False)
    pairs = tree.query_pairs(NODE_WITHIN_M, output_type="ndarray")
    # Neighbours along one finely drawn line are no meeting: joining them would shrink the line to a point.
    line_of = np.zeros(len(spots), int)
    line_of[place] = line
    meets = np.bincount(place, minlength=len(spots)) > 1
    meets[place[_is_end(line)]] = True
    one, other = pairs.T
    pairs = pairs[(line_of[one] != line_of[other]) | meets[one] | meets[other]]
    return _merge(vertices.assign(place=place), _xy(spots), pairs)


def cut(vertices: pd.DataFrame, places: np.ndarray) -> Pieces:
    """Return the pieces between nodes; `vertices` and `places` as `gather` returns them."""
    columns = [vertices[name].to_numpy() for name in ("line", "place", "level", "at_m")]
    moves = _is_first(columns[0]) | (np.diff(columns[1], prepend=-1) != 0)
    line, place, level, at_m = (column[moves] for column in columns)
    ends = _is_end(line)
    is_node = np.bincount(place, minlength=len(places)) > 1
    is_node[place[ends]] = True
    cuts = np.flatnonzero(is_node[place])
    within = line[cuts[:-1]] == line[cuts[1:]]
    start, stop = cuts[:-1][within], cuts[1:][within]
    size = stop - start + 1
    table = pd.DataFrame({
        "line": line[start], "level": level[start], "at_m": at_m[start],
        "from_place": place[start], "to_place": place[stop],
        "via_place": place[start + 1] if len(start) else start, "first": np.cumsum(size) - size, "size": size,
    })
    return Pieces(table, places[place[_runs(start, size)]])


def draw(pieces: pd.DataFrame, spots: np.ndarray) -> np.ndarray:
    """Return the lines of some pieces; `spots` are those of all."""
    size = pieces["size"].to_numpy()
    stops = np.concatenate([[0], np.cumsum(size)])
    lines: np.ndarray = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, spots[_runs(pieces["first"].to_numpy(), size)], (stops,))
    return lines


def find_near_misses(
    vertices: pd.DataFrame, pieces: Pieces, places: np.ndarray, within_m: float,
) -> pd.DataFrame:
    """Return line ends that miss a piece: place and street of the end, line missed, at_m on it, end_place if its end.

    An end may lie over or under the middle of a line of another level; an end is joined to an end whatever the levels,
    for there a bridge meets the ground.
    """
    near = _pieces_near(vertices, pieces, places, within_m)
    shapes, points = draw(near, pieces.spots), shapely.points(places[near["place"]])
    along = shapely.line_locate_point(shapes, points)
    from_end = np.minimum(along, shapely.length(shapes) - along)
    nearer = np.where(along == from_end, near["from_place"], near["to_place"])
    meets_end = np.hypot(*(places[nearer] - places[near["place"]]).T) < within_m
    there = _short_groups(pieces, len(places), 2 * within_m)
    is_joined = (there[near["place"]] == there[nearer]) & (from_end <= 2 * within_m)
    is_missed = (shapely.distance(shapes, points) < within_m) & ~is_joined
    misses = pd.DataFrame({
        "place": near["place"], "street": near["street"], "line": near["line"], "at_m": near["at_m"] + along,
        "end_place": pd.Series(nearer, dtype="Int64").where(meets_end),
    })
    return pd.DataFrame(misses[is_missed & (meets_end | (near["level"] == near["end_level"]))])


def join(
    vertices: pd.DataFrame, places: np.ndarray, misses: pd.DataFrame,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return vertices and places with every near miss joined: to the end it misses, or to a new vertex of the line."""
    meets_end = misses["end_place"].notna()
    middles = misses[~meets_end]
    of_line = vertices.drop_duplicates("line").set_index("line")[["street", "level"]]
    further = middles[["line", "at_m", "place"]].join(of_line, on="line")
    pairs = misses.loc[meets_end, ["place", "end_place"]].to_numpy(int)
    return _merge(_insert(vertices, further), places, pairs)


def groups(one: np.ndarray, other: np.ndarray, count: int) -> np.ndarray:
    """Return the group of each of `count` things, when `one` and `other` are pairs that belong together."""
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(count, count))
    group: np.ndarray = connected_components(graph, directed=False)[1]
    return group


def _is_first(line: np.ndarray) -> np.ndarray:
    return np.diff(line, prepend=-1).astype(bool)


def _is_end(line: np.ndarray) -> np.ndarray:
    is_end: np.ndarray = _is_first(line) | np.diff(line, append=-1).astype(bool)
    return is_end


def _insert(vertices: pd.DataFrame, further: pd.DataFrame) -> pd.DataFrame:
    further = further.sort_values(["line", "at_m"], kind="stable")
    known, new = ((some["line"] + 1j * some["at_m"]).to_numpy() for some in (vertices, further))
    order = np.insert(
        np.arange(len(known)), np.searchsorted(known, new, side="right"), len(known) + np.arange(len(new)))
    return pd.concat([vertices, further]).iloc[order].reset_index(drop=True)


def _xy(spots: np.ndarray) -> np.ndarray:
    return np.column_stack([spots.real, spots.imag])


def _merge(vertices: pd.DataFrame, places: np.ndarray, pairs: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Make one place of every group of places linked by `pairs`, at the westernmost of them."""
    if not len(pairs):
        return vertices, places
    label = groups(pairs[:, 0], pairs[:, 1], len(places))
    _, first, label = np.unique(label, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return vertices.assign(place=rank[label][vertices["place"]]), places[np.sort(first)]


def _runs(start: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return start, start + 1, … of every run in a row."""
    runs: np.ndarray = np.arange(size.sum()) + np.repeat(start - (np.cumsum(size) - size), size)
    return runs


def _pieces_near(
    vertices: pd.DataFrame, pieces: Pieces, places: np.ndarray, within_m: float,
) -> pd.DataFrame:
    """Return every piece whose box is near a line end that it does not start or stop at.

    With it stand the end's place, street and level. Boxes are looked for by their diagonals.
    """
    ends = vertices[_is_end(vertices["line"].to_numpy())].drop_duplicates(["place", "level"])
    low, high = _boxes(pieces)
    around_m = within_m + NODE_WITHIN_M
    diagonals = np.asarray(shapely.linestrings(np.stack([low - around_m, high + around_m], axis=1)))
    end, piece = shapely.STRtree(diagonals).query(shapely.points(places[ends["place"]]))
    tips = pieces.table[["from_place", "to_place"]].to_numpy()[piece]
    apart = (tips != ends["place"].to_numpy()[end][:, None]).all(axis=1)
    ends = ends.iloc[end[apart]].reset_index(drop=True)
    near: pd.DataFrame = pieces.table.iloc[piece[apart]].reset_index(drop=True)
    return near.assign(place=ends["place"], street=ends["street"], end_level=ends["level"])


def _boxes(pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower left and the upper right corners of the pieces."""
    first = pieces.table["first"].to_numpy()
    if not len(first):
        return np.empty((0, 2)), np.empty((0, 2))
    return np.minimum.reduceat(pieces.spots, first), np.maximum.reduceat(pieces.spots, first)


def _short_groups(pieces: Pieces, places: int, short_m: float) -> np.ndarray:
    """Return for every place the group of places it is joined to by short pieces alone."""
    low, high = _boxes(pieces)
    short = pieces.table[(high - low <= short_m).all(axis=1)]
    short = short[shapely.length(draw(short, pieces.spots)) <= short_m]
    return groups(short["from_place"].to_numpy(), short["to_place"].to_numpy(), places)
