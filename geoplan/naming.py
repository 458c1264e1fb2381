"""What is an area called?"""

import pandas as pd

PLAIN_ENDINGS = ("社区居民委员会", "社区居委会", "住宅小区", "社区", "小区")  # any name may end so, and none needs to


def name_areas(placed: pd.DataFrame) -> pd.DataFrame:
    """Return what areas are called: 泰山街道 · 朝阳片区.

    An area bears the name of its community where each holds over half of the households of the other, else of its
    largest estate that has a name of its own (an id is none). Where several would be called the same, all but the one
    with the smallest estate_id have a number behind their name, in the order of their smallest estate_id: names do not
    hang on how areas are numbered.

    Parameters
    ----------
    placed
        Estates that are in an area: estate_id, name, subdistrict, community, households, area_id.

    Returns
    -------
    names
        subdistrict (where most households live) and name, by area_id.
    """
    is_called = placed["name"].notna() & (placed["name"] != placed["estate_id"])
    ordered = placed.assign(is_called=is_called).sort_values(
        ["area_id", "is_called", "households", "estate_id"], ascending=[True, False, False, True])
    largest = ordered.drop_duplicates("area_id").set_index("area_id")
    subdistrict = _main_subdistrict(placed).reindex(largest.index)
    estate = largest["name"].where(largest["name"].notna(), largest["estate_id"])
    community = _own_community(placed).reindex(largest.index)
    name = community.where(community.notna(), estate).map(_stem) + "片区"
    name = (subdistrict + " · " + name).where(subdistrict.notna(), name)
    first = placed.groupby("area_id")["estate_id"].min().sort_values()
    return pd.DataFrame({"subdistrict": subdistrict, "name": _numbered(name.reindex(first.index)).reindex(name.index)})


def _main_subdistrict(placed: pd.DataFrame) -> pd.Series:
    counts = placed.dropna(subset=["subdistrict"]).groupby(["area_id", "subdistrict"])["households"].sum().reset_index()
    counts = counts.sort_values(["area_id", "households", "subdistrict"], ascending=[True, False, True])
    return counts.drop_duplicates("area_id").set_index("area_id")["subdistrict"]


def _own_community(placed: pd.DataFrame) -> pd.Series:
    of_area = placed.groupby("area_id")["households"].sum()
    counts = placed.dropna(subset=["community"]).groupby(
        ["area_id", "subdistrict", "community"], dropna=False)["households"].sum().rename("shared").reset_index()
    of_community = counts.groupby(["subdistrict", "community"], dropna=False)["shared"].transform("sum")
    is_own = (2 * counts["shared"] > of_community) & (2 * counts["shared"] > counts["area_id"].map(of_area))
    return counts[is_own].set_index("area_id")["community"]


def _stem(name: str) -> str:
    for ending in PLAIN_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending)
    return name


def _numbered(names: pd.Series) -> pd.Series:
    taken = set(names)
    seen: set[str] = set()
    unique = []
    for name in names:
        chosen, number = name, 1
        while chosen in seen or (number > 1 and chosen in taken):
            number += 1
            chosen = f"{name}（{number}）"
        seen.add(chosen)
        unique.append(chosen)
    return pd.Series(unique, index=names.index, dtype="str")
