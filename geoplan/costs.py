"""What does a unit of each work cost, and how sure is that? costs.csv, and the planner's own prices in its place.

Every price has three figures (low, mid, high) and a basis; nothing of the package is a policy, little is published, and
most is an assumption to be replaced by the local estimate. `driver` names the figure of the ledger that the quantity
follows from and `per_driver` how much of the work each unit of it asks for, so that a guess at a quantity stands beside
the guess at its price and can be replaced with it.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import pandas as pd

from geoplan.errors import Finding
from geoplan.schema import labels_of, lines_of

PRICES = ("low", "mid", "high")
EXACT = (*PRICES, "per_driver")
TAG_SEPARATOR = "|"
LAYER = "costs"
SITE_PRICES = {"conversion": "CONVERT", "outdoor": "GROUND", "infill": "NEW_BUILD"}
FIRMNESS = ("policy", "project", "retrieved", "assumption")  # from what is sure to what is guessed


@cache
def _package_costs() -> pd.DataFrame:
    costs = pd.DataFrame(lines_of("costs.csv")).set_index("item")
    return costs.assign(**{name: costs[name].map(Fraction).astype(object) for name in EXACT})


def load_costs() -> pd.DataFrame:
    """Return the unit costs of the package, by item.

    Returns
    -------
    costs
        Columns as in costs.csv; low, mid, high (yuan per unit) and per_driver are exact fractions. `part` says which
        whole renovation an item is a part of, `tags` what a source of money may ask for, `hazards` the words of the
        ledger that ask for it, `types` the facility types it prices (*rooms and *land: all others, by the site), `fees`
        whether survey, design and contingency come on top.
    """
    return _package_costs().copy()


def work_labels(language: str) -> Mapping[str, str]:
    """Return item -> what people call it."""
    costs = _package_costs()
    return dict(zip(costs.index, costs[language], strict=True))


def site_prices(costs: pd.DataFrame) -> dict[str, float]:
    """Return yuan per square metre, middle price, of what sites are turned into: rooms, outdoor grounds, houses."""
    mid = costs["mid"].astype("float64")
    return {use: float(mid[item]) for use, item in SITE_PRICES.items()}


def replace_costs(costs: pd.DataFrame, said: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Put the planner's own prices in the place of the package's; an item that is not named keeps its own.

    Parameters
    ----------
    costs
        As `load_costs` returns them.
    said
        Texts: row, item, mid, and where brought low, high, per_driver, basis, source; an empty low or high is the mid
        price, an empty basis is the project's own, an empty per_driver keeps the package's.

    Returns
    -------
    costs
        With the lines replaced.
    findings
        Every item that is unknown or named twice, every figure that is none, and low <= mid <= high where it fails.
    """
    findings: list[Finding] = []
    lines: dict[str, dict[str, Any]] = {str(item): dict(line) for item, line in costs.iterrows()}
    known = {**{code: code for code in costs.index}, **{text: code for code, text in costs["zh"].items()},
             **{text: code for code, text in costs["en"].items()}}
    taken: set[str] = set()
    for row in said.fillna("").to_dict("records"):
        line = {str(name): value for name, value in row.items()}
        item = known.get(str(line["item"]).strip(), "")
        problems = _problems(line, item, taken, known)
        findings += problems
        taken.add(item)
        if not problems:
            lines[item] = {**lines[item], **_line_of(line, lines[item])}
    replaced = pd.DataFrame.from_dict(lines, orient="index", columns=list(costs.columns)).rename_axis("item")
    return replaced, findings


def _problems(line: Mapping[str, object], item: str, taken: set[str], known: Mapping[str, str]) -> list[Finding]:
    def found(code: str, **values: object) -> Finding:
        return Finding(code, LAYER, int(str(line["row"])), {"item": line["item"], **values})

    if not item:
        return [found("costs.unknown_item", items="、".join(sorted(set(known.values()))))]
    if item in taken:
        return [found("costs.item_twice")]
    wrong = [name for name in EXACT if _text(line, name) and _figure(_text(line, name)) is None]
    problems = [found("costs.no_number", column=name, said=_text(line, name)) for name in wrong]
    if not _text(line, "mid"):
        problems.append(found("costs.no_price"))
    basis = _text(line, "basis")
    if basis and basis not in _bases():
        problems.append(found("costs.unknown_basis", said=basis, expected="、".join(labels_of("basis", "zh").values())))
    if not problems:
        low, mid, high = (_price(line, name) for name in PRICES)
        if not low <= mid <= high:
            problems.append(found("costs.not_in_order", low=f"{float(low):g}", mid=f"{float(mid):g}",
                                  high=f"{float(high):g}"))
    return problems


def _line_of(line: Mapping[str, object], ours: Mapping[str, Any]) -> dict[str, object]:
    per_driver = _figure(_text(line, "per_driver"))
    basis = _bases().get(_text(line, "basis"), "project")
    is_guess = per_driver is None and ours["per_driver"] != 1 and ours["basis"] == "assumption"
    return {
        **{name: _price(line, name) for name in PRICES},
        "per_driver": ours["per_driver"] if per_driver is None else per_driver,
        "basis": "assumption" if is_guess else basis, "source": _text(line, "source"),
    }


def _text(line: Mapping[str, object], name: str) -> str:
    return str(line.get(name, "")).strip()


def _price(line: Mapping[str, object], name: str) -> Fraction:
    figure = _figure(_text(line, name) or _text(line, "mid"))
    assert figure is not None
    return figure


def _figure(text: str) -> Fraction | None:
    try:
        figure = Fraction(text.replace(",", "").replace("，", ""))
    except (ValueError, ZeroDivisionError):
        return None
    return figure if figure >= 0 else None


def _bases() -> dict[str, str]:
    return {word: code for language in ("zh", "en") for code, label in labels_of("basis", language).items()
            for word in (code, label)}
