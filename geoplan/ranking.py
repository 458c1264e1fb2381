"""Which area comes first? Areas -> scores of the project reserve, with every part of every score.

The law asks for reserve projects to be scored and ranked (衡量标准 SC-06) and gives no weights; they stand in plan.toml
and are printed with the points. Every criterion is a share from 0 to 1, rounded to `DECIMALS`; it brings
100 x its weight / all weights x the share, rounded half up to a hundredth of a point, and the score is the sum of the
printed points. Ties go to the area whose residents want it more (XN-13), then to the smaller id.

A share is always taken of the whole area. What is not known counts as nothing: an unknown answer brings no points
until somebody asks, because a score made from the known part alone would reward not asking. `known_share` says how
much of the area stands behind a share, `is_known` whether all of it does, and an area of which nothing is known has no
share at all; so a score is a lower bound that can only rise as cells are filled in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from geoplan.errors import Finding
from geoplan.schema import conform

FULL_SCORE = 100
HUNDREDTHS = 100
DECIMALS = 6
OLD_BEFORE = 2000  # 优先将2000年以前建成……的小区纳入改造计划 (XN-12)
COLUMNS = ["value", "normalised", "known_share"]


@dataclass(frozen=True)
class Ground:
    """What the criteria look at: the grouped estates with their `area_id`, gaps and links of the areas."""

    homes: pd.DataFrame
    area_gaps: pd.DataFrame
    links: pd.DataFrame
    max_gap_m: float


def score_areas(
    areas: pd.DataFrame, homes: pd.DataFrame, area_gaps: pd.DataFrame, links: pd.DataFrame, *,
    weights: Mapping[str, float], max_gap_m: float,
) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """Return the score and rank of every area, and what they are made of.

    Parameters
    ----------
    areas
        At least area_id.
    homes
        Layer `estates` with the `area_id` of each; those without one are passed over.
    area_gaps
        Table `area_gaps`; zero rows where no facilities were brought, and then nothing is known of facility debt.
    links
        Table `links`.
    weights
        Criterion (a key of `CRITERIA`) -> weight, at least one above 0.
    max_gap_m
        [areas] max_gap_m: the distance at which two estates are joined at the most.

    Returns
    -------
    ranking
        Table `ranking`.
    scores
        area_id, score, rank.
    findings
        How many areas were scored with something unknown.
    """
    ids = sorted(areas["area_id"])
    ground = Ground(homes.dropna(subset=["area_id"]), area_gaps, links, max_gap_m)
    parts = [_weighed(criterion, CRITERIA[criterion](ground).reindex(ids), _part_of(weights, criterion))
             for criterion in CRITERIA if weights.get(criterion, 0) > 0]
    ranking = conform("ranking", pd.concat(parts, ignore_index=True))
    return ranking, _ranked(ids, ranking, CRITERIA["will"](ground)["normalised"]), _findings(ranking)


def _facility_debt(ground: Ground) -> pd.DataFrame:
    """Sum over the facility types judged anywhere in the plan of the share of residents not covered, / those types."""
    judged = ground.area_gaps.dropna(subset=["uncovered_share"])
    types = judged["facility_type"].nunique()
    by_area = judged.groupby("area_id")["uncovered_share"].agg(["sum", "count"])
    return _frame(by_area["sum"], by_area["sum"] / max(1, types), by_area["count"] / max(1, types))


def _hazards(ground: Ground) -> pd.DataFrame:
    """Households of estates with a safety hazard on their list, / households."""
    hazards = ground.homes["hazards"]
    return _households(ground.homes, (hazards != "").astype("boolean").mask(hazards.isna()))


def _will(ground: Ground) -> pd.DataFrame:
    """Households x (consent_agree / consent_eligible, at most 1) of each estate, / households.

    Where no estate of the plan has counted its votes: households of estates of strong will, / households.
    """
    homes = ground.homes
    counted = (homes["consent_agree"] / homes["consent_eligible"].where(homes["consent_eligible"] > 0)).clip(upper=1)
    return _households(homes, counted if counted.notna().any() else homes["strong_will"])


def _payment(ground: Ground) -> pd.DataFrame:
    """Households of estates whose residents are willing to pay a part (QH23-22), / households."""
    return _households(ground.homes, ground.homes["willing_to_pay"])


def _contiguity(ground: Ground) -> pd.DataFrame:
    """1 - mean over households of metres from their estate's outline to the nearest of the same area, / max_gap_m.

    An estate alone in its area counts as `max_gap_m` away: nothing is joined there.
    """
    homes, links = ground.homes, ground.links[ground.links["usable"]]
    area_of = homes.set_index("estate_id")["area_id"]
    sides = pd.concat([links[["estate_a", "estate_b", "gap_m"]].set_axis(["one", "other", "gap_m"], axis=1),
                       links[["estate_b", "estate_a", "gap_m"]].set_axis(["one", "other", "gap_m"], axis=1)])
    inside = sides[sides["one"].map(area_of).notna() & (sides["one"].map(area_of) == sides["other"].map(area_of))]
    gap_m = homes["estate_id"].map(inside.groupby("one")["gap_m"].min()).fillna(ground.max_gap_m)
    households = homes["households"].astype("float64")
    metres = (households * gap_m.clip(upper=ground.max_gap_m)).groupby(homes["area_id"]).sum()
    mean_m = metres / households.groupby(homes["area_id"]).sum()
    return _frame(mean_m, 1 - mean_m / ground.max_gap_m, mean_m * 0 + 1)


def _age(ground: Ground) -> pd.DataFrame:
    """Households of estates completed before 2000 (XN-12), / households."""
    return _households(ground.homes, (ground.homes["completion_year"] < OLD_BEFORE))


def _demolition(ground: Ground) -> pd.DataFrame:
    """Households of estates that removed their illegal structures of their own will (QH23-22), / households."""
    return _households(ground.homes, ground.homes["illegal_demolition_done"])


CRITERIA: Mapping[str, Callable[[Ground], pd.DataFrame]] = {
    "facility_debt": _facility_debt,
    "hazards": _hazards,
    "will": _will,
    "payment": _payment,
    "contiguity": _contiguity,
    "age": _age,
    "demolition": _demolition,
}


def _households(homes: pd.DataFrame, answer: pd.Series) -> pd.DataFrame:
    """Return the households for whom the answer holds (1 or True, 0, or a part), unknown ones counting as none."""
    households, share = homes["households"].astype("float64"), answer.astype("Float64").astype("float64")
    total = households.groupby(homes["area_id"]).sum()
    met = (households * share.fillna(0)).groupby(homes["area_id"]).sum()
    known = households.where(share.notna(), 0).groupby(homes["area_id"]).sum()
    return _frame(met, met / total, known / total)


def _frame(value: pd.Series, normalised: pd.Series, known_share: pd.Series) -> pd.DataFrame:
    """Return value, share and what is known by area; nothing is said where nothing is known."""
    frame = pd.concat([value, normalised.clip(0, 1), known_share], axis=1, keys=COLUMNS).astype("float64")
    return frame.round(DECIMALS).where(frame["known_share"] > 0).assign(known_share=frame["known_share"])


def _part_of(weights: Mapping[str, float], criterion: str) -> Fraction:
    """Return the weight of a criterion as its part of all weights."""
    exact = {name: Fraction(str(weight)) for name, weight in weights.items()}
    return exact[criterion] / sum(exact.values())


def _weighed(criterion: str, part: pd.DataFrame, weight: Fraction) -> pd.DataFrame:
    points = part["normalised"].fillna(0).map(lambda share: _half_up(FULL_SCORE * weight * Fraction(str(share))))
    known = part["known_share"].fillna(0).round(DECIMALS)
    return part.assign(criterion=criterion, weight=float(weight), points=points, known_share=known,
                       is_known=known == 1).rename_axis("area_id").reset_index()


def _half_up(points: Fraction) -> float:
    return float(Fraction(int(points * HUNDREDTHS + Fraction(1, 2)), HUNDREDTHS))


def _ranked(ids: list[str], ranking: pd.DataFrame, will: pd.Series) -> pd.DataFrame:
    hundredths = (ranking["points"] * HUNDREDTHS).round().astype("int64").groupby(ranking["area_id"]).sum()
    scores = pd.DataFrame({"area_id": ids})
    scores["score"] = scores["area_id"].map(hundredths / HUNDREDTHS)
    order = scores.assign(will=scores["area_id"].map(will).fillna(0)).sort_values(
        ["score", "will", "area_id"], ascending=[False, False, True]).index
    scores.loc[order, "rank"] = range(1, len(ids) + 1)
    return scores.astype({"area_id": "str", "score": "float64", "rank": "Int64"})


def _findings(ranking: pd.DataFrame) -> list[Finding]:
    unknown = ranking[~ranking["is_known"].astype(bool)]
    if unknown.empty:
        return []
    return [Finding("ranking.unknown", "ranking", values={
        "areas": unknown["area_id"].nunique(), "parts": len(unknown), "all": len(ranking)})]
