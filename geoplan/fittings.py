"""Which uses fit into one site together? The largest sets of them, to which nothing can be added.

A site of 1,000 m2 takes a market of 750 m2 or a hall of 800 m2, never half of each. Told by the square metre alone a
program could take parts of both; told which sets fit, it cannot.
"""

from collections.abc import Sequence

MOST_SETS = 400  # of one site: beyond, telling them all costs more than it tells


def find_fittings(sizes: Sequence[float], room: float) -> list[tuple[int, ...]]:
    """Return the sets of uses that fit into a site and leave no room for another; none where all fit together.

    Parameters
    ----------
    sizes
        What each use takes at least.
    room
        What the site has.

    Returns
    -------
    fittings
        Positions in `sizes`, ascending; nothing where there are more sets than `MOST_SETS`.
    """
    if sum(sizes) <= room:
        return []
    order = sorted(range(len(sizes)), key=lambda at: (-sizes[at], at))
    rest = [sum(sizes[at] for at in order[start:]) for start in range(len(order) + 1)]
    found: list[tuple[int, ...]] = []
    waiting: list[tuple[int, float, float, tuple[int, ...]]] = [(0, room, float("inf"), ())]
    while waiting:
        start, left, least_out, taken = waiting.pop()
        if left - rest[start] >= least_out:
            continue  # what was left out would still fit
        if start == len(order):
            found.append(tuple(sorted(taken)))
            if len(found) > MOST_SETS:
                return []
            continue
        at = order[start]
        waiting.append((start + 1, left, min(least_out, sizes[at]), taken))
        if sizes[at] <= left:
            waiting.append((start + 1, left - sizes[at], least_out, (*taken, at)))
    return sorted(found)
