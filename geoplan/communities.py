"""What comes of every community being one area, as offices draw schemes today?

The baseline to set other groupings beside: nobody weighs distances, a community is one project. Where its estates hang
in pieces, every piece is looked at by itself; a piece that holds every bound is an area, and one that breaks a bound or
a wish is left over whole, so that the tables of this practice keep the same promises as those of every other method.
"""

import math
from collections.abc import Iterator

from geoplan.components import Component, Group, best_hub, households_of, price


def group_communities(component: Component) -> list[Group]:
    """Return the pieces of communities that may be areas; estates in none of them are left over."""
    return [piece for piece in _pieces(component) if _may_stand(component, piece)]


def _pieces(component: Component) -> Iterator[Group]:
    """Return what hangs together inside one community, ordered by the smallest estate."""
    left = set(range(len(component.ids)))
    while left:
        first = min(left)
        piece, ahead = {first}, [first]
        while ahead:
            for j in component.neighbours[ahead.pop()]:
                if j not in piece and component.communities[j] == component.communities[first]:
                    piece.add(j)
                    ahead.append(j)
        left -= piece
        yield frozenset(piece)


def _may_stand(component: Component, piece: Group) -> bool:
    """Say whether a piece holds the bounds and the wishes, whatever it costs."""
    return (households_of(component, piece) >= component.min_households and price(component, piece) < math.inf
            and best_hub(component, piece)[1] >= 0)
