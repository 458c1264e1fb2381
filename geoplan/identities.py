"""Which row is which? Every row of a layer with a key gets an id of its own; nothing else may be told apart by it."""

import pandas as pd

from geoplan.rules import Checked, Setting, remark
from geoplan.schema import keys_of
from geoplan.words import read_id

FIRST_LETTERS = {"estates": "E", "facilities": "F", "sites": "S"}
ROW_DIGITS = 5


def make_ids(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Fill ids that are missing from the row number (F00076), in layers that have ids."""
    if setting.kind not in FIRST_LETTERS:
        return rows, []
    key = keys_of(setting.kind, "in")[0]
    was_brought = key in rows
    said = rows[key] if was_brought else pd.Series(None, index=rows.index, dtype="str")
    plain = said.map(lambda text: read_id(text).value, na_action="ignore")
    made = FIRST_LETTERS[setting.kind] + rows["row"].astype("str").str.zfill(ROW_DIGITS)
    numbered = rows.assign(**{key: said.where(plain.notna(), made)})
    return numbered, remark("identities.made", numbered, setting, plain.isna() & was_brought)


def part_ids(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Tell apart ids that are used twice: the later rows get -2, -3."""
    key = keys_of(setting.kind, "in")[0]
    wanted = rows[key].map(lambda text: read_id(text).value).astype("str")
    parted = rows.assign(**{key: rows[key].where(~wanted.duplicated(), _parted(wanted))})
    first = rows["row"].groupby(wanted).transform("first")
    return parted, remark("identities.twice", parted, setting, wanted.duplicated(), first=first, said=wanted)


def name_after_id(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Call an estate without a name by its id."""
    nameless = rows["name"].isna()
    named = rows.assign(name=rows["name"].where(~nameless, rows["estate_id"]))
    return named, remark("identities.no_name", named, setting, nameless)


def remark_unknown_estate(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name gates of estates that do not exist."""
    is_unknown = rows["estate_id"].notna() & ~rows["estate_id"].isin(setting.estate_ids)
    return rows, remark("identities.no_such_estate", rows, setting, is_unknown, said=rows["estate_id"])


def _parted(wanted: pd.Series) -> pd.Series:
    """Return the ids with -2, -3 … on the later rows of a repeated one, passing over ids that exist."""
    used = set(wanted)
    own = wanted.tolist()
    for at in wanted.index[wanted.duplicated()]:
        number = 2
        while f"{wanted[at]}-{number}" in used:
            number += 1
        own[at] = f"{wanted[at]}-{number}"
        used.add(own[at])
    return pd.Series(own, index=wanted.index, dtype="str")
