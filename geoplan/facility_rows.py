"""Which facility is this, is it open, and is it listed twice?"""

import re
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geoplan.errors import Finding, listed
from geoplan.facility_types import type_of_point, type_of_word, type_words
from geoplan.rules import Checked, Setting, remark
from geoplan.settings import FacilitySource
from geoplan.words import is_blank, plain

DOUBLE_M = 20  # two entrances of one shop lie closer; two shops of a kind with one name do not
SAME_SPOT_M = 1
PILE = 10  # a large building holds a few services of a list, each drawn at its own door or all at the middle
BRANCH = re.compile(r"(?:\(.*\)|(?:总|分|[一二三四五六七八九十\d]+号?)店|[东南西北]门店?|(?:新|老)店)$")
SHORTEST_NAME, LONGEST_NAME = 4, 200
CODE_DIGITS = 6
EXISTING = "existing"


def mend_codes(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Give back the leading zero that a spreadsheet takes from an Amap code."""
    if "amap_code" not in rows:
        return rows, []
    codes = rows["amap_code"].astype("str")
    lost = codes.str.fullmatch(rf"\d{{{CODE_DIGITS - 1}}}").fillna(False).astype(bool)
    mended = codes.where(~lost, codes.str.zfill(CODE_DIGITS))
    return rows.assign(amap_code=mended), remark(
        "facilities.code_lost_zero", rows, setting, lost, said=codes, read=mended)


def find_types(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Replace the town's word by the type of the catalogue: by the word, else by Amap code and name."""
    types = setting.source.types if isinstance(setting.source, FacilitySource) else {}
    codes_of_words = type_words(types)
    said = rows["facility_type"]
    by_word = {word: type_of_word(word, codes_of_words) for word in said.dropna().unique()}
    found = said.map(by_word).astype("str")
    open_rows = rows[found.isna()]
    pairs = zip(open_rows["amap_code"], open_rows["name"], strict=True)
    by_point = pd.Series([type_of_point(code, name) for code, name in pairs], index=open_rows.index, dtype="str")
    typed = rows.assign(facility_type=found.fillna(by_point))
    is_blank, has_type = said.isna(), typed["facility_type"].notna()
    findings = _type_read(typed, setting, said, found.isna() & has_type)
    findings += remark("facilities.no_type", typed, setting, is_blank & ~has_type)
    for word in sorted(said[~is_blank & ~has_type].unique()):
        same = rows["row"][(said == word) & ~has_type].tolist()
        findings.append(Finding("facilities.unknown_word", setting.layer, same[0], {
            "said": word, "count": len(same), "rows": listed(same)}))
    return typed, findings


def fill_status(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Count a facility without a word on its status as existing; one remark for all of them."""
    said = rows["status"] if "status" in rows else pd.Series(None, index=rows.index, dtype="str")
    blank = said.map(lambda text: not isinstance(text, str) or is_blank(text)).astype(bool)
    if not blank.any():
        return rows, []
    code = "facilities.status_blank" if "status" in rows else "facilities.no_status"
    remarks = [Finding(code, setting.layer, values={
        "count": int(blank.sum()), "column": setting.heads.get("status", "status")})]
    return rows.assign(status=said.mask(blank, EXISTING)), remarks


def remark_doubles(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name facilities of one type, with the same name but for the branch, less than 20 m from another."""
    shapes = rows["geometry"].to_numpy(dtype=object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=DOUBLE_M)
    types = rows["facility_type"].fillna("").to_numpy(dtype=object)
    is_pair = (one < other) & (types[one] == types[other])
    one, other = one[is_pair], other[is_pair]
    gaps = shapely.distance(shapes[one], shapes[other])
    names = [_core(name[:LONGEST_NAME]) for name in rows["name"].fillna("")]
    alike = [_is_alike(names[a], names[b], gap) for a, b, gap in zip(one, other, gaps, strict=True)]
    pairs = pd.DataFrame({"one": one, "other": other, "gap": np.round(gaps, 1)})[np.array(alike, dtype=bool)]
    pairs = pairs.sort_values(["other", "one"]).drop_duplicates("other", ignore_index=True)
    later = rows.iloc[pairs["other"]].reset_index(drop=True)
    earlier = rows.iloc[pairs["one"]].reset_index(drop=True)
    return rows, remark(
        "facilities.double", later, setting, np.ones(len(later), dtype=bool), of=len(rows),
        gap=pairs["gap"], first=earlier["row"], first_id=earlier["facility_id"], first_name=earlier["name"].fillna(""))


def remark_piles(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Name places at which many facilities stand on the very same point: addresses that nobody could find end there."""
    at = pd.Series(shapely.to_wkb(rows["geometry"].to_numpy(dtype=object), hex=True), index=rows.index)
    crowded = rows.loc[at.groupby(at).transform("size") >= PILE, "row"]
    piles = [same.tolist() for _, same in crowded.groupby(at.loc[crowded.index])]
    return rows, [Finding("facilities.pile", setting.layer, same[0], {"count": len(same), "rows": listed(same)})
                  for same in sorted(piles)]


def lower_basements(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Take a storey below ground as a basement, whatever the other column says."""
    is_below = (rows["storey"] < 0).fillna(False).astype(bool)
    denied = is_below & (~rows["is_basement"]).fillna(False).astype(bool)
    return rows.assign(is_basement=rows["is_basement"].mask(is_below, True)), remark(
        "facilities.basement_denied", rows, setting, denied, said=rows["storey"])


def _type_read(typed: pd.DataFrame, setting: Setting, said: pd.Series, is_read: pd.Series) -> list[Finding]:
    """Say row by row what was read from code or name, or once where the file has no column of types at all."""
    if setting.heads.get("facility_type") is None and is_read.any():
        return [Finding("facilities.types_read", setting.layer, values={
            "count": int(is_read.sum()), "total": len(typed)})]
    codes = typed["amap_code"].fillna("")
    values: dict[str, Any] = {"said": said.fillna(""), "read": typed["facility_type"], "amap_code": codes}
    return [*remark("facilities.type_blank", typed, setting, is_read & said.isna(), **values),
            *remark("facilities.type_read", typed, setting, is_read & said.notna(), **values)]


def _core(name: str) -> str:
    core, shorter = plain(name), BRANCH.sub("", plain(name))
    while shorter and shorter != core:
        core, shorter = shorter, BRANCH.sub("", shorter)
    return core


def _is_alike(one: str, other: str, gap: float) -> bool:
    if not one or not other:
        return gap < SAME_SPOT_M
    is_longer = min(len(one), len(other)) >= SHORTEST_NAME and (one.startswith(other) or other.startswith(one))
    return one == other or is_longer
