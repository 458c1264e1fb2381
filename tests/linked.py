"""Small link graphs, what any grouping of them must keep, and the best of all groupings by trying them all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

import networkx as nx
import pandas as pd
from hypothesis import strategies as st

LEFT_OVER_M = 10_000


@dataclass(frozen=True)
class Asked:
    """What [areas] of plan.toml asks for."""

    min_households: int = 500
    max_households: int = 3000
    max_radius_m: float = 500
    area_overhead: float = 500_000
    must_join: Sequence[Sequence[str]] = ()
    must_split: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Town:
    """Households by estate, metres by pair of linked estates, and what is asked of areas."""

    households: Mapping[str, int]
    lengths: Mapping[tuple[str, str], float]
    asked: Asked = Asked()

    @property
    def estates(self) -> pd.DataFrame:
        return pd.DataFrame({"estate_id": pd.Series(list(self.households), dtype="str"),
                             "households": pd.array(list(self.households.values()), dtype="Int64")})

    @property
    def links(self) -> pd.DataFrame:
        return pd.DataFrame({
            "estate_a": pd.Series([a for a, _ in self.lengths], dtype="str"),
            "estate_b": pd.Series([b for _, b in self.lengths], dtype="str"),
            "length_m": pd.Series(list(self.lengths.values()), dtype="float64"),
            "usable": pd.Series([True] * len(self.lengths), dtype="boolean"),
            "reason": pd.Series(["usable"] * len(self.lengths), dtype="str"),
        })

    @property
    def graph(self) -> nx.Graph:
        graph = nx.Graph()
        graph.add_nodes_from(self.households)
        graph.add_weighted_edges_from((a, b, length) for (a, b), length in self.lengths.items())
        return graph


def distances(town: Town) -> dict[str, dict[str, float]]:
    return {start: dict(ends) for start, ends in nx.all_pairs_dijkstra_path_length(town.graph)}


def objective(town: Town, hubs: Mapping[str, str]) -> float:
    """Return the objective of DESIGN 6.3 of a grouping given as hub by estate; estates without one are left over."""
    walked = distances(town)
    cost = town.asked.area_overhead * len(set(hubs.values()))
    for estate, count in town.households.items():
        cost += count * (walked[estate][hubs[estate]] if estate in hubs else LEFT_OVER_M)
    return cost


def broken_rules(town: Town, areas: Iterable[frozenset[str]]) -> list[str]:
    """Return every rule that a grouping breaks."""
    areas, asked, walked = list(areas), town.asked, distances(town)
    broken = []
    for area in areas:
        total = sum(town.households[estate] for estate in area)
        if not nx.is_connected(town.graph.subgraph(area)):
            broken.append(f"{sorted(area)} is in pieces")
        if total < asked.min_households or (total > asked.max_households and len(area) > 1):
            broken.append(f"{sorted(area)} has {total} households")
        if not any(all(walked[estate].get(hub, 1e9) <= asked.max_radius_m + 1e-5 for estate in area) for hub in area):
            broken.append(f"{sorted(area)} has no hub")
        broken += [f"{wish} are not kept apart" for wish in asked.must_split if len(area.intersection(wish)) > 1]
    home = {estate: area for area in areas for estate in area}
    broken += [f"{wish} are not kept together" for wish in asked.must_join if len({home.get(one) for one in wish}) > 1]
    return broken


def least_cost(town: Town) -> float:
    """Return the objective of the best grouping, by trying all of them."""
    walked = distances(town)
    names = sorted(town.households)
    joinless = replace(town, asked=replace(town.asked, must_join=()))
    wishes = [frozenset(wish) for wish in town.asked.must_join]
    price = {}
    for size in range(1, len(names) + 1):
        for area in map(frozenset, combinations(names, size)):
            is_whole = all(not area & wish or wish <= area for wish in wishes)
            if is_whole and not broken_rules(joinless, [area]):
                price[area] = town.asked.area_overhead + min(
                    sum(town.households[one] * walked[one][hub] for one in area) for hub in area
                    if all(walked[one][hub] <= town.asked.max_radius_m + 1e-5 for one in area))

    return _least_of_fates(town, wishes, price)


def _least_of_fates(town: Town, wishes: list[frozenset[str]], price: Mapping[frozenset[str], float]) -> float:
    """Return the least cost where estates that must stay together may only be left over together."""
    together = list(map(frozenset, nx.connected_components(nx.Graph(
        [pair for wish in wishes for pair in combinations(sorted(wish), 2)]))))

    def choices(left: list[frozenset[str]]) -> Iterator[frozenset[str]]:
        for size in range(len(left) + 1):
            for chosen in combinations(left, size):
                yield frozenset().union(*chosen)

    costs = []
    for out in choices(together):
        inside = {area: cost for area, cost in price.items() if not area & out}
        costs.append(LEFT_OVER_M * sum(town.households[one] for one in out) + _cover(
            town, frozenset(town.households) - out, inside, frozenset().union(*together) - out))
    return min(costs)


def _cover(town: Town, names: frozenset[str], price: Mapping[frozenset[str], float], kept: frozenset[str]) -> float:
    """Return the best cost where the estates of `kept` must be in an area."""
    @cache
    def best(left: frozenset[str]) -> float:
        if not left:
            return 0.0
        first = min(left)
        alone = float("inf") if first in kept else LEFT_OVER_M * town.households[first] + best(left - {first})
        return min([alone, *(cost + best(left - area) for area, cost in price.items()
                             if first in area and area <= left)])

    return best(names)


@st.composite
def towns(draw: st.DrawFn, most: int = 8, *, wishes: bool = True) -> Town:
    """Return random towns: several components, ties, huge and tiny estates, and perhaps wishes."""
    count = draw(st.integers(1, most))
    names = [f"E{number}" for number in range(count)]
    sizes = st.one_of(st.sampled_from([0, 100, 250, 400, 500]), st.integers(1, 900), st.integers(900, 4000))
    households = {name: draw(sizes) for name in names}
    lengths = {}
    for pair in combinations(names, 2):
        if draw(st.integers(0, 9)) < 4:
            lengths[pair] = float(draw(st.one_of(st.sampled_from([100, 200]), st.integers(1, 600))))
    asked = Asked(
        min_households=draw(st.sampled_from([0, 100, 500, 1000])),
        max_households=draw(st.sampled_from([1000, 1500, 3000])),
        max_radius_m=draw(st.sampled_from([150, 300, 500])), area_overhead=draw(st.sampled_from([0, 100_000, 500_000])),
        must_join=[draw(st.permutations(names))[:2]] if wishes and count > 1 and draw(st.booleans()) else [],
        must_split=[draw(st.permutations(names))[:3]] if wishes and count > 2 and draw(st.booleans()) else [])
    return Town(households, lengths, asked)
