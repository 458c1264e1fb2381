"""What does this cell mean? One text as a planner writes it -> one value, and how it was understood.

Each reader takes the text of a cell and returns a `Meaning`. Its `how` is empty where the text said plainly what was
read, and otherwise names the line of messages.csv (after `cells.`) that tells the planner what was made of it. A
pattern is strict: what it does not fully cover is unknown, never a guess.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite

from geoplan.schema import join_list

EARLIEST_YEAR = 1900
CENTURY_BREAK = 50  # 50-99 are years of the 1900s: no estate that is planned for is older than 1950
LARGEST = 1e12
M2_PER_MU = 2000 / 3
M2_PER_HECTARE = 10_000
WAN = 10_000
WHOLE_PERCENT = 100
LEAST_PERCENT = 2  # a bare number from here on is meant in percent

BLANKS = frozenset({"", "-", "--", "—", "——", "/", "\\", "N/A", "NA", "NULL", "NONE", "NAN",
                    "不详", "未知", "不明", "暂无", "待核实", "待定", "空"})
NOTHING = frozenset({"无", "没有", "-", "—", "/", "无此情况", "否", "0", "不涉及"})
YES = frozenset({"是", "有", "对", "√", "✓", "✔", "TRUE", "T", "YES", "Y", "1"})
NO = frozenset({"否", "无", "没有", "不是", "×", "✗", "✘", "FALSE", "F", "NO", "N", "0"})
UNITS: Mapping[str, Mapping[str, float]] = {
    "m2": {"m2": 1, "m^2": 1, "平方米": 1, "平米": 1, "平方": 1, "平": 1, "亩": M2_PER_MU,
           "公顷": M2_PER_HECTARE, "ha": M2_PER_HECTARE},
    "households": {"户": 1}, "persons": {"人": 1, "位": 1},
    "count": dict.fromkeys(("栋", "幢", "座", "个", "单元", "部", "台", "张", "床", "处", "层"), 1),
    "yuan": {"元": 1}, "yuan/m2": dict.fromkeys(("元", "元/m2", "元/平方米", "元/平米", "元每平方米"), 1),
    "share": {"%": 1 / WHOLE_PERCENT}, "degrees": {"°": 1},
}
NUMBER = re.compile(r"(?:约|大约)?(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,30})?(?:e[+-]?\d{1,2})?)"
                    r"(?P<wan>万)?(?P<unit>[^\d\s,.+-][^\s,+-]*?)?(?:左右)?", re.IGNORECASE | re.ASCII)
WORTH_PLACES = 6
ROUNDED_ID = re.compile(r"(?:\d\.\d+e\+?\d{2,}|\de\+\d{2,}|\d{16,}\.0)(?:-\d+)?", re.IGNORECASE | re.ASCII)
PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
CHINESE_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
MONTH, DAY = r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12]\d|0?[1-9])"
FULL_YEAR = re.compile(
    rf"(?:建于)?(\d{{4}})(?:\.0+|年?(?:建成|竣工|建)?|[-/.年]{MONTH}(?:月|[-/.月]{DAY}日?)?(?:T?\d\d:\d\d(?::\d\d)?)?)",
    re.ASCII)
DATE = re.compile(r"(\d{4})(?:(?P<mark>[-/.])|年)(\d{1,2})(?:(?P=mark)|月)(\d{1,2})(?:日|(?:T?\d\d:\d\d.*))?", re.ASCII)
SHORT_YEAR = re.compile(r"['’]?(\d{2})年?(?:建成|竣工|建)?", re.ASCII)
STOREY = re.compile(
    r"(?P<below>-|负|地下|B)?第?(?P<number>\d{1,3}|[一二三四五六七八九十]{1,3})(?:层|楼|F)?", re.IGNORECASE | re.ASCII)
STOREY_WORDS = {"首层": 1, "底层": 1, "底楼": 1, "地下": -1, "地下室": -1, "地下层": -1, "半地下": -1, "半地下室": -1}
PLAIN_STOREY = re.compile(r"-?[1-9]\d{0,2}(?:层|楼|F)?", re.ASCII)
RANGE = re.compile(r"(?P<low>-?[^-~—–至到]+)(?:-|~|—|–|至|到)(?P<high>.+)")


@dataclass(frozen=True)
class Meaning:
    """What a cell says: the value (None is unknown), and how it was understood where that needs saying."""

    value: object
    how: str = ""


BLANK = Meaning(None)


def plain(text: str) -> str:
    """Return `text` with compatibility forms resolved (full-width digits, ㎡) and without any white space."""
    return "".join(unicodedata.normalize("NFKC", text).split()).replace("−", "-")


def word_key(text: str) -> str:
    """Return the form under which a word is looked up: plain and without case."""
    return plain(text).casefold()


def is_blank(text: str) -> bool:
    """Say whether a text stands for an empty cell."""
    return plain(text).upper() in BLANKS


def read_text(text: str) -> Meaning:
    """Return the text without control characters and outer white space."""
    kept = text.strip() if text.isprintable() else "".join(
        " " if char in "\t\r\n" else char for char in text
        if char in "\t\r\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")).strip()
    return Meaning(kept or None, "" if kept == text.strip() else "text_cleaned")


def read_id(text: str) -> Meaning:
    """Return the text of an id: plain, because full-width digits are the same id; one kept as a number is doubtful."""
    cleaned = read_text(unicodedata.normalize("NFKC", text))
    if ROUNDED_ID.fullmatch(str(cleaned.value)):
        return Meaning(cleaned.value, "id_rounded")
    return Meaning(cleaned.value, "" if cleaned.value == text.strip() else "text_cleaned")


def read_number(text: str, unit: str = "", *, signed: bool = False, worth: float = 1.0) -> Meaning:
    """Return a number: digits, perhaps grouped, perhaps with 约, 万 and a unit that goes with `unit`.

    A number without a unit of its own is taken `worth` times: so much one of the column's unit is worth.
    """
    said = plain(text)
    match = NUMBER.fullmatch(said)
    factor = UNITS.get(unit, {}).get((match["unit"] or "").lower(), None) if match and match["unit"] else 1
    if match is None or factor is None:
        return Meaning(None, "number_unreadable")
    if match["wan"] is None and match["unit"] is None and worth != 1:
        factor = worth
    value = float(match["number"].replace(",", "")) * factor * (WAN if match["wan"] else 1) + 0.0  # -0 is 0
    if not isfinite(value) or abs(value) > LARGEST:
        return Meaning(None, "number_unreadable")
    if value < 0 and not signed:
        return Meaning(None, "number_negative")
    if factor == worth != 1:
        return Meaning(round(value, WORTH_PLACES), "number_in_unit")
    return Meaning(value, "" if PLAIN_NUMBER.fullmatch(text.strip()) else "number_written")


def read_whole(text: str, unit: str = "", *, signed: bool = False, worth: float = 1.0) -> Meaning:
    """Return a whole number; a fraction of a household is unknown."""
    number = read_number(text, unit, signed=signed, worth=worth)
    if not isinstance(number.value, float):
        return number
    return Meaning(int(number.value), number.how) if number.value.is_integer() else Meaning(None, "not_whole")


def read_share(text: str, *, percent: bool | None = None) -> Meaning:
    """Return a share between 0 and 1; a number of 2 or more, or one with %, is read as percent.

    1.2 may be 120 % or 1.2 %: nobody knows. In a column of percents (`percent`) every bare number is one; False says
    that others of the column look like percents while its heading does not, so that 1 or 0.9 may be either.
    """
    number = read_number(text, "share")
    is_bare = isinstance(number.value, float) and number.value > 0 and "%" not in plain(text)
    if percent and is_bare and isinstance(number.value, float):
        share = number.value / WHOLE_PERCENT
        return Meaning(share, "number_in_unit") if share <= 1 else Meaning(None, "not_a_share")
    if not isinstance(number.value, float) or number.value <= 1:
        return Meaning(None, "share_or_percent") if percent is False and is_bare else number
    if number.value < LEAST_PERCENT and "%" not in plain(text):
        return Meaning(None, "not_a_share")
    share = number.value / WHOLE_PERCENT
    return Meaning(share, "number_written") if share <= 1 and "%" not in plain(text) else Meaning(None, "not_a_share")


def read_year(text: str, latest: int) -> Meaning:
    """Return a year from 1900 to `latest`: 1998, 1998年, 1998-06-01, 87年, 一九八七; a decade is no year."""
    said = plain(text).translate(CHINESE_DIGITS)
    full, short = FULL_YEAR.fullmatch(said), SHORT_YEAR.fullmatch(said)
    if full:
        year = int(full[1])
    elif short and int(short[1]) >= CENTURY_BREAK:
        year = EARLIEST_YEAR + int(short[1])
    elif short and EARLIEST_YEAR + WHOLE_PERCENT + int(short[1]) <= latest:
        year = EARLIEST_YEAR + WHOLE_PERCENT + int(short[1])
    else:
        return Meaning(None, "year_unreadable")
    if not EARLIEST_YEAR <= year <= latest:
        return Meaning(None, "year_outside")
    return Meaning(year, "" if text.strip() in (str(year), f"{year}.0") else "year_written")


def read_date(text: str) -> Meaning:
    """Return a day as year-month-day: 2025-04-01, 2025/4/1, 2025年4月1日; a month alone is no day."""
    match = DATE.fullmatch(plain(text))
    try:
        day = date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        day = None
    return Meaning(None, "date_unreadable") if day is None else Meaning(day.isoformat())


def read_storey(text: str) -> Meaning:
    """Return the storey, below ground negative; of several storeys the lowest."""
    parts = [_storeys(part) for part in re.split(r"[、,/;及和]", plain(text))]
    storeys = [storey for part in parts for storey in part]
    if not all(parts) or 0 in storeys:
        return Meaning(None, "storey_unreadable")
    if len(storeys) > 1:
        return Meaning(min(storeys), "storey_lowest")
    return Meaning(storeys[0], "" if PLAIN_STOREY.fullmatch(text.strip()) else "storey_written")


def read_bool(text: str) -> Meaning:
    """Return yes or no."""
    said = plain(text).upper()
    return Meaning(said in YES) if said in YES | NO else Meaning(None, "bool_unreadable")


def read_tag(text: str) -> Meaning:
    """Return whether a street tag applies: OpenStreetMap writes what kind it is (viaduct) or no, Geofabrik T or F."""
    return Meaning(plain(text).upper() not in NO | BLANKS)


def read_list(text: str) -> Meaning:
    """Return the members joined as columns of type list have them; 无 is an empty list, 不详 an unknown one."""
    if plain(text).upper() in BLANKS - NOTHING - {""}:
        return BLANK
    members = [read_text(member).value for member in re.split(r"[、,;/|\n]", unicodedata.normalize("NFKC", text))]
    return Meaning(join_list(dict.fromkeys(str(member) for member in members if member and member not in NOTHING)))


def read_word(text: str, codes: Mapping[str, str]) -> Meaning:
    """Return the code of a word, where `codes` has word keys; a word it does not have is unknown."""
    code = codes.get(word_key(text))
    return Meaning(code, "" if code is not None else "word_unknown")


def _storeys(part: str) -> list[int]:
    """Return the storey of a text, or both ends of a range; empty where it is neither."""
    one = _storey(part)
    if one is not None:
        return [one]
    match = RANGE.fullmatch(part)
    ends = [_storey(match["low"]), _storey(match["high"])] if match else [None]
    return [end for end in ends if end is not None] if None not in ends else []


def _storey(text: str) -> int | None:
    if text in STOREY_WORDS:
        return STOREY_WORDS[text]
    match = STOREY.fullmatch(text)
    number = _small_number(match["number"]) if match else None
    if match is None or number is None:
        return None
    return -number if match["below"] else number


def _small_number(text: str) -> int | None:
    """Return the number of one to three Chinese numerals, or of plain digits."""
    digits = text.translate(CHINESE_DIGITS)
    match = re.fullmatch(r"(\d?)十(\d?)", digits, re.ASCII)
    if match:
        return 10 * int(match[1] or 1) + int(match[2] or 0)
    return int(digits) if digits.isascii() and digits.isdigit() else None
