"""What the places are called. Every name is put together from these words; likeness to a real place is chance."""

import csv
from pathlib import Path

COUNTY = "河湟县"
WORDS_FILE = Path(__file__).with_name("words.txt")

PLACE_UNITS = {
    "铁南社区": "铁路工区 铁路车务段 铁路货运站 铁路水电段 铁路机务段 铁路建筑段 铁路列检所 铁路学校",
    "东川社区": "毛纺厂一院 毛纺厂二院 毛纺厂三院 毛纺厂幼儿园",
    "西川社区": "水泥厂一院 水泥厂二院 水泥厂三院",
}
OLD_ENDS = ("家属院", "家属院", "家属院", "职工宿舍", "住宅楼", "家属楼")
ENDS_BEFORE_2001 = ("小区", "小区", "新村", "一区", "二区", "住宅小区")
ENDS_LATER = ("花园", "佳苑", "家园", "嘉园", "苑", "名居", "公寓", "华庭", "小区")
HAZARDS = ("消防", "燃气", "排水", "屋面", "外墙", "楼梯", "电气", "供热")
# in the order of their ids: three in the west, one south of the river, the one behind the hill road, three in the east
SCATTERED_NAMES = (
    "西川道班家属楼", "砖瓦窑家属院", "气象站家属楼", "水车砖厂家属院",
    "北山林场家属楼", "东川汽修厂家属院", "东川道班家属楼", "种羊场家属院",
)


def lines_of(name):
    """Return the lines of a CSV file beside this one."""
    return list(csv.DictReader(Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()))


def words_of(kind):
    """Return the words of one part of words.txt: units, words, lanes or roads."""
    parts = WORDS_FILE.read_text(encoding="utf-8").split("[")
    return next(part for part in parts if part.startswith(f"{kind}]")).split("]")[1].split()


def estate_names(estates, rng):
    """Return a name for every estate, none twice.

    Parameters
    ----------
    estates
        Needs form, completion_year, community, nearest_street.
    rng
        Stream of chance.
    """
    units = words_of("units")
    units = [units[k] for k in rng.permutation(len(units))]
    of_place = {place: words.split() for place, words in PLACE_UNITS.items()}
    scattered = iter(SCATTERED_NAMES)
    taken = set()
    names = []
    for row in estates.itertuples():
        name = next(scattered) if row.form == "scattered" else None
        while name is None or name in taken:
            name = _name(row, units, of_place, rng)
        taken.add(name)
        names.append(name)
    return names


def _name(row, units, of_place, rng):
    draw = rng.random()
    if row.form == "single" and draw < 0.55:
        return f"{row.nearest_street}{int(rng.integers(3, 180))}号楼"
    if row.completion_year <= 2000 and draw < 0.72:
        if of_place.get(row.community):
            return of_place[row.community].pop(0) + "家属院"
        if units:
            end = "家属楼" if row.form == "single" else OLD_ENDS[int(rng.integers(len(OLD_ENDS)))]
            return units.pop() + end
    words = words_of("words")
    word = words[int(rng.integers(len(words)))]
    ends = ENDS_BEFORE_2001 if row.completion_year <= 2000 else ENDS_LATER
    return word + ends[int(rng.integers(len(ends)))]
