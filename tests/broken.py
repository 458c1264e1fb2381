"""Ways in which a finished run may be broken: one cell of a table, or one figure of a file written from it.

A break of a table changes the tables as they were read; a break of a file changes the file on the disk, as a hand
would, with all sums and checks of its format in order.
"""

import base64
import gzip
import json
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from shapely.affinity import translate

Break = Callable[[dict[str, Any]], None]
BreakFile = Callable[[Path], None]


def first(table: pd.DataFrame, **wanted: object) -> int:
    """Return the index of the first row with these values; True and None ask for some value, or for none."""
    rows = pd.Series(True, index=table.index)
    for column, value in wanted.items():
        rows &= table[column].isna() if value is None else table[column].notna() if value is any else (
            table[column].eq(value).fillna(False).astype(bool))
    return int(table.index[rows][0])


def put(table: str, column: str, value: object, **where: object) -> Break:
    """Return a break that writes one cell; a callable makes the new value from the old."""
    def apply(good: dict[str, Any]) -> None:
        at = first(good[table], **where)
        old = good[table].at[at, column]
        good[table].at[at, column] = value(old) if callable(value) else value
    return apply


def drop(table: str, **where: object) -> Break:
    def apply(good: dict[str, Any]) -> None:
        good[table] = good[table].drop(index=first(good[table], **where)).reset_index(drop=True)
    return apply


def move_estate(good: dict[str, Any]) -> None:
    """Put an estate into an area of another component, as a wrong grouping would."""
    estates = good["estates"]
    here = first(estates, area_id=any)
    other = estates["area_id"].notna() & estates["component_id"].ne(estates.at[here, "component_id"])
    estates.loc[here, "area_id"] = estates.loc[other, "area_id"].iloc[0]


def cut_links(good: dict[str, Any]) -> None:
    """Shut every link of a member of an area of several."""
    area_id = good["areas"].loc[good["areas"]["estates"] > 2, "area_id"].iloc[0]
    member = good["estates"].loc[good["estates"]["area_id"] == area_id, "estate_id"].iloc[0]
    links = good["links"]
    links.loc[links["estate_a"].eq(member) | links["estate_b"].eq(member), ["usable", "reason"]] = [False, "barrier"]


def cross_subdistricts(good: dict[str, Any]) -> None:
    links, of = good["links"], good["estates"].set_index("estate_id")["subdistrict"]
    apart = links["estate_a"].map(of).ne(links["estate_b"].map(of))
    links.loc[apart, ["usable", "reason"]] = [True, "usable"]


def lay_over(good: dict[str, Any]) -> None:
    """Lay the outline of one area over another."""
    areas = good["areas"]
    shapes = areas.geometry.tolist()
    by = shapes[1].centroid.x - shapes[0].centroid.x, shapes[1].centroid.y - shapes[0].centroid.y
    areas.loc[0, "geometry"] = translate(shapes[0], *by)


def lengthen_opened(good: dict[str, Any]) -> None:
    walks = good["walks"]
    walks.loc[walks["state"].eq("opened"), "distance_m"] += 1.0


def shorten_walks(good: dict[str, Any]) -> None:
    walks = good["walks"]
    walks["distance_m"] = walks["distance_m"] / 20


def pour_twice(good: dict[str, Any]) -> None:
    good["care_flows"]["floor_area_m2"] *= 2


def cheaper_areas(good: dict[str, Any]) -> None:
    good["areas"]["cost"] *= 0.99


def place_all_at_once(good: dict[str, Any]) -> None:
    """Move an area that was not placed into the first year, everywhere in the tables: only the budget is against it."""
    programme, areas = good["programme"], good["areas"]
    year, dear = programme["plan_year"].min(), programme[programme["plan_year"].isna()]["area_id"]
    for frame in (programme, areas):
        frame.loc[frame["area_id"].isin(dear), "plan_year"] = year


BREAKS: dict[str, tuple[str, Break]] = {
    "an estate in a far area": ("connected", move_estate),
    "an estate without links in an area": ("connected", cut_links),
    "components that links do not make": ("components", cut_links),
    "households added to an area": ("sums", put("areas", "households", lambda old: old + 1)),
    "residents dropped from an estate": ("sums", put("estates", "residents", None, area_id=any)),
    "an area of too few households": ("households", put("areas", "households", 3, estates=12)),
    "an area of too many households": ("households", put("areas", "households", 30_000, estates=12)),
    "a radius that is too short": ("radius", put("areas", "radius_m", lambda old: old / 2)),
    "a hub that is no member": ("hubs", put("areas", "hub_estate_id", "0101001")),
    "a cheaper area": ("costs", cheaper_areas),
    "an objective that is no sum": ("objectives", put("grouping", "objective", lambda old: old * 1.01)),
    "a bound above the objective": ("objectives", put("grouping", "lower_bound", lambda old: old * 1.01)),
    "a gap that was not proven": ("objectives", put("grouping", "gap_share", 0.5)),
    "an estate in no area without a reason": ("placed", put("estates", "left_out", None, left_out=any)),
    "an estate in an area with a reason why not": ("placed", put("estates", "left_out", "ineligible", area_id=any)),
    "two outlines over each other": ("outlines", lay_over),
    "a link that is nearer than its estates": ("links", put("links", "gap_m", 0.0, kind="across_street")),
    "links across subdistricts": ("links", cross_subdistricts),
    "walks shorter than straight lines": ("straight", shorten_walks),
    "a walk to a facility of another type": ("walk_types", put(
        "walks", "facility_id", "SS0001", facility_type="PRIMARY", facility_id=any)),
    "minutes without a distance": ("walk_types", put("walks", "distance_m", None, distance_m=any)),
    "walls that lengthen walks": ("opened", lengthen_opened),
    "a gap called none": ("gaps", put("gaps", "is_gap", False, is_gap=True)),
    "a gap called one": ("gaps", put("gaps", "is_gap", True, is_gap=False)),
    "a distance nobody walked": ("gaps", put("gaps", "distance_m", lambda old: old + 5, distance_m=any)),
    "uncovered residents forgotten": ("area_gaps", put("area_gaps", "uncovered_residents", 0, is_gap=True)),
    "a share that is no quotient": ("area_gaps", put("area_gaps", "uncovered_share", 0.2, is_gap=True)),
    "an area that hides a missing type": ("gap_types", put("areas", "gap_types", "", gap_types=any)),
    "an ineligible estate called eligible": ("verdicts", put("estates", "eligibility", "eligible",
                                                             eligibility="ineligible")),
    "an unknown verdict called a pass": ("verdicts", put("estates", "eligibility", "eligible", eligibility="unknown")),
    "a need with a float's tail": ("care_need", put("care", "need_m2", lambda old: old + 1e-9)),
    "a need halved": ("care_need", put("care", "need_m2", lambda old: old / 2)),
    "a shortage rounded down": ("care_short", put("care", "short_m2", lambda old: old - 1, short_m2=any)),
    "a short area called met": ("care_short", put("care", "status", "met", short_m2=any)),
    "rooms used twice": ("care_flows", pour_twice),
    "a wall between areas": ("walls", put("openings", "area_id", lambda old: "A002" if old != "A002" else "A003")),
    "a rank with a hole": ("walls", put("openings", "rank", 9_999)),
    "a verdict without a clause": ("clauses", put("verdicts", "clause", "")),
    "a gap without a standard": ("clauses", put("gaps", "standard", None)),
    "an id that nobody has": ("references", put("links", "estate_a", "E-nowhere")),
    "a row lost": ("tables", drop("verdicts")),
    "a required cell emptied": ("tables", put("estates", "eligibility", None)),
    "an estate lost": ("rows", drop("estates")),
    "an empty shape": ("shapes", put("areas", "geometry", None)),
    "a clause of another rule": ("clauses", put("verdicts", "clause", "一(三)", rule_id="CN50-03")),
    "a document of another rule": ("clauses", put("verdicts", "document", "QH-2021-13", rule_id="CN50-03")),
    "two standards for one type": ("clauses", put("gaps", "standard", "GB 50180-2018 C.0.9")),
    "works that cite a rule nobody knows": ("clauses", put("works", "clause", "QH-2021-13 二(二)1 [QH21-99]")),
    "money that cites another clause": ("clauses", put("funding", "clause", "QH-2023-268 7 [QH23-70]", clause=any)),
    "a line of money raised": ("sources", put("funding", "amount_yuan", lambda old: old + 10_000, amount_yuan=any)),
    "a line of money lost": ("sources", drop("funding", amount_yuan=any)),
    "a source that pays less than nothing": ("amounts", put("funding", "amount_yuan", -1.0, amount_yuan=any)),
    "works dearer than their area": ("amounts_of_areas", put("works", "amount_yuan", lambda old: old * 2)),
    "an area moved to another year": ("years", put("areas", "plan_year", lambda old: old + 1, plan_year=any)),
    "a year past its budget": ("budgets", place_all_at_once),
    "a year past its households": ("caps", place_all_at_once),
    "a score that is no sum": ("ranks", put("areas", "score", lambda old: old + 1.0, score=any)),
    "two areas of one rank": ("ranks", put("areas", "rank", 1, rank=2)),
    "a shortage after works forgotten": ("care_after", put("care", "short_after_m2", 0.0, area_id="A010")),
    "a gap that only works bring": ("later", put("gaps", "is_gap_after", True, is_gap=False)),
    "a room put into a site twice": ("sitings", put("sitings", "floor_area_m2", lambda old: old * 9)),
}


# ---- files

def packed(name: str, member: str, old: str, new: str) -> BreakFile:
    """Return a break of one text in one member of a zip file; `old` is a pattern that must be there."""
    def apply(folder: Path) -> None:
        with zipfile.ZipFile(folder / name) as book:
            members = {one: book.read(one) for one in book.namelist()}
        said, count = re.subn(old, new, members[member].decode(), count=1)
        assert count == 1
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as book:
            for one, body in (members | {member: said.encode()}).items():
                book.writestr(one, body)
    return apply


def mapped(old: str, new: str) -> BreakFile:
    """Return a break of one text in the JSON of the payload of a map."""
    def change(data: bytes) -> bytes:
        end = 4 + int.from_bytes(data[:4], "little")
        head, count = re.subn(old, new, data[4:end].decode(), count=1)
        assert count == 1
        return len(head.encode()).to_bytes(4, "little") + head.encode() + data[end:]
    return lambda folder: _repack(folder, change)


def renumber_map(folder: Path) -> None:
    """Raise the last number of the last streamed column that the map carries by little."""
    def change(data: bytes) -> bytes:
        head = json.loads(data[4:4 + int.from_bytes(data[:4], "little")])
        at = 4 + int.from_bytes(data[:4], "little") + sum(size for _, size in head["shapes"])
        for name, table in head["tables"].items():
            for column, said in table["columns"].items():
                size = 0 if isinstance(said, list) else said["bytes"]
                if (name, column) == ("care", "need_m2"):
                    return data[:at] + bytes([data[at] ^ 2]) + data[at + 1:]
                at += size
        raise AssertionError(name)
    _repack(folder, change)


def move_on_map(folder: Path) -> None:
    """Move the first layer of the map by some hundred metres."""
    def change(data: bytes) -> bytes:
        head = json.loads(data[4:4 + int.from_bytes(data[:4], "little")])
        at = 4 + int.from_bytes(data[:4], "little") + head["tables"]["areas"]["rows"] * 3 + 40
        return data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1:]
    _repack(folder, change)


def _repack(folder: Path, change: Callable[[bytes], bytes]) -> None:
    file = folder / "map.html"
    page = file.read_text(encoding="utf-8")
    text = re.search(r'id="payload">([^<]*)<', page)
    assert text is not None
    data = change(gzip.decompress(base64.b64decode(text[1])))
    packed_again = base64.b64encode(gzip.compress(data, mtime=0)).decode()
    file.write_text(page.replace(text[1], packed_again), encoding="utf-8")


def drawn(text: str, new: str, page: int) -> BreakFile:
    """Return a break of the first letter of a text on a page of the atlas."""
    def apply(folder: Path) -> None:
        file = folder / "atlas.pdf"
        data = file.read_bytes()
        streams = {int(found[1]): found for found in re.finditer(
            rb"\n(\d+) 0 obj\n<<[^\n]*>>\nstream\n(.*?)\nendstream", data, re.DOTALL)}
        bodies = {number: zlib.decompress(found[2]) for number, found in streams.items()}
        letters = next(body for body in bodies.values() if b"beginbfchar" in body)  # those of the first font
        codes = {chr(int(to, 16)): bytes.fromhex(code.decode()) for code, to in re.findall(
            rb"<(\w\w)> <(\w{4})>", letters)}
        number = int(re.findall(rb"/Type /Page/.*?/Contents (\d+) 0 R", data)[page])
        shown = b"".join(codes[letter] for letter in text)
        assert shown in bodies[number]
        packed = zlib.compress(bodies[number].replace(shown, codes[new] + shown[1:], 1))
        file.write_bytes(data[:streams[number].start(2)] + packed + data[streams[number].end(2):])
    return apply


def recorded(layer: str, old: str, new: str) -> BreakFile:
    """Return a break of one cell of a .dbf."""
    def apply(folder: Path) -> None:
        file = folder / "shapefile" / f"{layer}.dbf"
        data = file.read_bytes()
        assert old.encode() in data
        assert len(old.encode()) == len(new.encode())
        file.write_bytes(data.replace(old.encode(), new.encode(), 1))
    return apply


def take_record(folder: Path) -> None:
    """Take the last record out of a shapefile, whole."""
    file = folder / "shapefile" / "areas.dbf"
    data = bytearray(file.read_bytes())
    data[4] -= 1
    file.write_bytes(bytes(data[:-1 - int.from_bytes(data[10:12], "little")] + b"\x1a"))


FILE_BREAKS: dict[str, tuple[str, str, BreakFile]] = {  # the file broken, the check that finds it
    "a number of the workbook": ("plan.xlsx", "workbook", packed(
        "plan.xlsx", "xl/worksheets/sheet2.xml", r"<v>2474</v>", "<v>2475</v>")),
    "a sum of money in the workbook": ("plan.xlsx", "workbook", packed(
        "plan.xlsx", "xl/worksheets/sheet2.xml", r"<v>14981.6477</v>", "<v>14981.6478</v>")),
    "a word of the workbook": ("plan.xlsx", "workbook", packed(
        "plan.xlsx", "xl/sharedStrings.xml", "实施后达标", "达标")),
    "a row of the workbook": ("plan.xlsx", "workbook", packed(
        "plan.xlsx", "xl/worksheets/sheet2.xml", r'<row r="3".*?</row>', "")),
    "a number of the map": ("map.html", "map", renumber_map),
    "a word of the map": ("map.html", "map", mapped(r'\["met_after_plan"', '["met"')),
    "an outline of the map": ("map.html", "map", move_on_map),
    "an estate that the map does not show": ("map.html", "map", mapped('"0101001"', '"0101999"')),
    "a figure of the list in the dossiers": ("dossiers.docx", "dossiers", packed(
        "dossiers.docx", "word/document.xml", ">2,474<", ">2,475<")),
    "a shortage in the dossiers": ("dossiers.docx", "dossiers", packed(
        "dossiers.docx", "word/document.xml", ">631.5<", ">63.15<")),
    "an area that the dossiers leave out": ("dossiers.docx", "dossiers", packed(
        "dossiers.docx", "word/document.xml", ">A016<", ">A0l6<")),
    "a figure of the list in the atlas": ("atlas.pdf", "atlas", drawn("2,474", "3", 0)),
    "a figure of an area in the atlas": ("atlas.pdf", "atlas", drawn("2,474", "3", 1)),
    "a number of a shapefile": ("shapefile/areas.dbf", "records", recorded("areas", "2474", "2475")),
    "a word of a shapefile": ("shapefile/estates.dbf", "records", recorded("estates", "水泥厂一院", "水泥厂二院")),
    "a record of a shapefile": ("shapefile/areas.dbf", "shapefiles", take_record),
}
