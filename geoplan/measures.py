"""In which unit does a column speak? Its heading says 万平方米 or (%) once, and the cells below are bare numbers.

A number that has a unit of its own keeps it. What a heading says is read only where it stands in brackets, behind a
stroke, or at its end in Chinese, so that no name of a column is taken for a unit by chance.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from geoplan.words import M2_PER_HECTARE, M2_PER_MU, WAN, WHOLE_PERCENT, plain

M2_PER_KM2, M_PER_KM = 1_000_000, 1000
QIAN, YI, WAN_ALONE = 1000, 100_000_000, "万"
SHARES = frozenset({"%", "百分比", "百分数", "百分率"})
UNITS: Mapping[str, Mapping[str, float]] = {
    "m2": {**dict.fromkeys(("万平方米", "万平米", "万m2", "万m^2", "万平", "万方"), WAN),
           **dict.fromkeys(("千平方米", "千m2"), QIAN), "万亩": WAN * M2_PER_MU,
           **dict.fromkeys(("亩", "mu"), M2_PER_MU), **dict.fromkeys(("公顷", "ha", "hm2"), M2_PER_HECTARE),
           **dict.fromkeys(("平方公里", "平方千米", "km2"), M2_PER_KM2)},
    "households": {"万户": WAN, "千户": QIAN, "百户": 100},
    "persons": {"万人": WAN, "千人": QIAN, "百人": 100},
    "yuan": {"万元": WAN, "千元": QIAN, "百万元": 100 * WAN, "亿元": YI, WAN_ALONE: WAN},
    "yuan/m2": dict.fromkeys(("万元/m2", "万元/平方米", "万元/平米"), WAN),
    "m": dict.fromkeys(("公里", "千米", "km"), M_PER_KM),
}
IN_BRACKETS = re.compile(r"[(\[【〔{]([^()\[\]【】〔〕{}]*)[)\]】〕}]")
BEHIND = re.compile(r"[/_:：、-]([^/_:：、-]+)$")


@dataclass(frozen=True)
class Measure:
    """The unit of a heading, and how many of ours one of it is worth; a plain column has no word and is worth 1."""

    word: str = ""
    worth: float = 1.0


def measure_of(heading: str, unit: str, type_: str) -> Measure:
    """Return in which unit the bare numbers under a heading are.

    Parameters
    ----------
    heading
        As the file has it.
    unit
        Of our column, in the words of columns.csv.
    type_
        Of our column; a share may be said in percent.

    Returns
    -------
    measure
    """
    said = plain(heading).lower()
    if type_ == "share":
        word = next((one for one in SHARES if one in said), "")
        return Measure(word, 1 / WHOLE_PERCENT) if word else Measure()
    known = UNITS.get(unit, {})
    spoken = [*IN_BRACKETS.findall(said), *BEHIND.findall(said)]
    alone = [one for one in (part.removeprefix("单位").lstrip(":：") for part in spoken) if one in known]
    ends = sorted((one for one in known if not one.isascii() and said.endswith(one) and one != WAN_ALONE), key=len)
    found = [*alone, *reversed(ends)]
    return Measure(found[0], known[found[0]]) if found else Measure()
