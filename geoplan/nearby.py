"""Whose needs does siting meet alike? Needs that the same offers reach are counted together.

A need is met by the nearest offer taken. Who is relieved depends only on whether any offer that reaches the need is
taken, how far they walk on whether one of the nearest is: so a program needs to know of some sets of offers whether any
of them is taken, and of no single walk. Needs with the same set share it.
"""

import itertools
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass
class Nearby:
    """Sets of at least two offers, and what it is worth that one of them is taken.

    `widest` is the number of sets that say who is relieved: they come first, the sets of the nearest alone follow.
    `inner` holds pairs of a set (or offer) and the next wider one. Worth is by offer, then by set: residents relieved,
    and residents times metres, which the wider set counts in full and the nearest give back.
    """

    offers: int
    sets: list[tuple[int, ...]] = field(default_factory=list)
    widest: int = 0
    inner: list[tuple[int, int]] = field(default_factory=list)
    residents: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    walking: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


def find_nearby(closes: pd.DataFrame, offers: int) -> Nearby:
    """Return the sets of offers that count, from all walks.

    Parameters
    ----------
    closes
        Of a scene.
    offers
        How many offers it has.
    """
    needs = _by_distance(closes)
    place_of: dict[tuple[int, ...], int] = {}

    def number(offers_of: tuple[int, ...]) -> int:
        return offers_of[0] if len(offers_of) == 1 else offers + place_of.setdefault(offers_of, len(place_of))

    for _, steps in needs:
        number(steps[-1][1])
    widest = len(place_of)
    chains = [(people, [(metres, number(near)) for metres, near in steps]) for people, steps in needs]
    residents = np.zeros(offers + len(place_of), dtype=np.int64)
    walking, inner = np.zeros(offers + len(place_of)), set()
    for people, chain in chains:
        residents[chain[-1][1]] += people
        for at, (metres, near) in enumerate(chain):
            farther = chain[at + 1][0] if at + 1 < len(chain) else 0.0
            walking[near] += people * (metres - farther)
        inner |= {(near, wider) for (_, near), (_, wider) in itertools.pairwise(chain)}
    return Nearby(offers, list(place_of), widest, sorted(inner), residents, walking)


def _by_distance(closes: pd.DataFrame) -> list[tuple[int, list[tuple[float, tuple[int, ...]]]]]:
    """Return residents and the offers up to every distance of each need of anybody, nearest first."""
    ordered = closes.sort_values(["demand", "metres", "offer"], kind="stable")
    columns = (ordered[name].tolist() for name in ("demand", "residents", "metres", "offer"))
    needs: dict[int, tuple[int, list[tuple[float, tuple[int, ...]]]]] = {}
    for demand, people, metres, offer in zip(*columns, strict=True):
        if people > 0:
            _, steps = needs.setdefault(demand, (int(people), []))
            before = steps[-1][1] if steps else ()
            if steps and steps[-1][0] == metres:
                steps.pop()
            steps.append((float(metres), tuple(sorted({*before, int(offer)}))))
    return list(needs.values())
