"""What does a file look like before anyone said anything of it? Format, encoding, sheet, heading: each with evidence.

A ledger is looked through for the row whose cells are headings we know; two rows together where that tells more. A file
that preflight or the readers refuse is refused here for the same reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from geoplan.archives import at_hand
from geoplan.encoding import encoding_said, is_same_encoding, text_of_dbf
from geoplan.errors import Finding
from geoplan.evidence import Key, because
from geoplan.geodata import open_geodata
from geoplan.ledgers import Sheet, open_ledger, sheets_of
from geoplan.opened import Opened, texts_of
from geoplan.places import name_of
from geoplan.preflight import CSV, GEOPACKAGE, LEDGERS, OSM_PBF, SHAPEFILE, format_of, geopackage_layers
from geoplan.read import POINT_LAYERS
from geoplan.settings import Source
from geoplan.vocabulary import is_taken, sense_of

LOOKED_THROUGH = 30  # rows; titles and notes above a heading are fewer
MOST_HEADING_ROWS = 3
LEAST_KNOWN = 2  # headings a row must have before it counts as one


@dataclass(frozen=True)
class Sniffed:
    """A layer as its file has it; `keys` belong into its section, `beside` are texts outside its table.

    The heading of the table takes `levels` rows.
    """

    layer: str
    said: str
    opened: Opened
    keys: tuple[Key, ...]
    beside: tuple[str, ...] = ()
    levels: int = 1

    @property
    def kind(self) -> str:
        """The layer as schema knows it: barriers for barriers.water."""
        return self.layer.partition(".")[0]


class Heading(NamedTuple):
    """A place where the headings of a ledger may stand."""

    sheet: str
    row: int
    rows: int
    known: tuple[str, ...]


def sniff(path: Path, said: str, layer: str) -> tuple[Sniffed | None, list[Finding]]:
    """Return what a file holds and how it has to be read, or why it cannot be.

    Parameters
    ----------
    path
        The file.
    said
        Its path as plan.toml will have it.
    layer
        Name of the layer, as in plan.toml.

    Returns
    -------
    sniffed
        None where the file cannot be read.
    findings
        Every finding stops the draft.
    """
    with at_hand(path, _source(path=said), layer) as (inner, _, findings):
        if inner is None or (findings := _unfit(inner, layer)):
            return None, findings
        return (_ledger if format_of(inner) in LEDGERS else _outlines)(inner, said, layer)


def _unfit(path: Path, layer: str) -> list[Finding]:
    if format_of(path) in LEDGERS and layer not in POINT_LAYERS:
        return [Finding("read.ledger_has_no_outlines", layer, values={"file": path.name})]
    if format_of(path) == OSM_PBF and layer != "streets":
        return [Finding("read.only_streets_from_osm", layer, values={"file": path.name})]
    return []


def _outlines(path: Path, said: str, layer: str) -> tuple[Sniffed | None, list[Finding]]:
    inner = geopackage_layers(path) if format_of(path) == GEOPACKAGE else []
    looked = [(name, *open_geodata(path, _source(path=said, layer=name or None), layer)) for name in inner or [""]]
    found = [(name, opened) for name, opened, _ in looked if opened is not None]
    if not found:
        return None, looked[0][2]
    counts = {name: len(_known([[str(head) for head in opened.cells.columns]], layer)) for name, opened in found}
    name, opened = max(found, key=lambda each: counts[each[0]])
    keys = [_inner_key(name, inner, counts)] if name else []
    if opened.format == SHAPEFILE:
        keys.append(_encoding(path, opened))
    if opened.crs is not None:
        why = because("crs_said" if opened.format == SHAPEFILE else "crs_inside", crs=name_of(opened.crs))
        keys.append(Key("", None, True, (why,)))
    return Sniffed(layer, said, opened, tuple(keys)), []


def _inner_key(name: str, inner: Sequence[str], counts: Mapping[str, int]) -> Key:
    if len(inner) == 1:
        return Key("layer", name, True, (because("only_layer"),))
    rival = max((count for other, count in counts.items() if other != name), default=0)
    others = "、".join(other for other in inner if other != name)
    is_sure = counts[name] >= LEAST_KNOWN and 2 * rival < counts[name]
    return Key("layer", name, is_sure, (because("best_layer", count=counts[name], others=others, rival=rival),))


def _source(**said: object) -> Source:
    return Source.model_validate(said)


def _encoding(path: Path, opened: Opened) -> Key:
    claimed = encoding_said(path)
    if text_of_dbf(path).isascii():
        return Key("encoding", "auto", True, (because("ascii"),))
    code = "encoding_alone" if claimed is None else (
        "encoding_agrees" if is_same_encoding(opened.encoding, claimed) else "encoding_conflict")
    return Key("encoding", "auto", True, (because(code, encoding=opened.encoding, said=claimed or ""),))


def _ledger(path: Path, said: str, layer: str) -> tuple[Sniffed | None, list[Finding]]:
    sheets = sheets_of(path)
    if not sheets:
        opened, findings = open_ledger(path, _source(path=said), layer)
        return None, findings or [Finding("preflight.damaged", layer, values={"file": path.name})]
    places = sorted(_headings(sheets, layer), key=lambda place: (-len(place.known), place.rows))
    best = places[0]
    source = _source(path=said, sheet=best.sheet or None, header_row=best.row, header_rows=best.rows)
    opened, findings = open_ledger(path, source, layer)
    if opened is None:
        return None, findings
    keys = [*_sheet_keys(places, sheets), *_row_keys(best, places)]
    if format_of(path) == CSV:
        keys.append(Key("encoding", "auto", True, (because("encoding_text", encoding=opened.encoding),)))
    return Sniffed(layer, said, opened, tuple(keys), tuple(_beside(sheets, best)), best.rows), []


def _headings(sheets: Mapping[str, Sheet], layer: str) -> Iterator[Heading]:
    """Return every place at the top of every sheet; of each the columns of ours that are named once."""
    for name, sheet in sheets.items():
        width = max(len(line) for line in sheet)
        top = [texts_of([*line, *[None] * width][:width]) for line in sheet[:LOOKED_THROUGH]]
        for row in range(len(top)):
            for rows in range(1, min(MOST_HEADING_ROWS, len(top) - row) + 1):
                yield Heading(name, row + 1, rows, _known(top[row:row + rows], layer))


def _known(lines: Sequence[Iterable[object]], layer: str) -> tuple[str, ...]:
    names = ["/".join(dict.fromkeys(str(word) for word in words if word)) for words in zip(*lines, strict=True)]
    if any(all(word is None for word in line) for line in lines):
        return ()
    senses = [sense_of(name, layer.partition(".")[0], len(lines)) for name in names if name]
    found = [sense.columns[0] for sense in senses if is_taken(sense)]
    return tuple(column for column in dict.fromkeys(found) if found.count(column) == 1)


def _sheet_keys(places: Sequence[Heading], sheets: Mapping[str, Sheet]) -> list[Key]:
    best = places[0]
    if not best.sheet:
        return []
    if len(sheets) == 1:
        return [Key("sheet", best.sheet, True, (because("only_sheet"),))]
    others = [name for name in sheets if name != best.sheet]
    rival = max(len(place.known) for place in places if place.sheet != best.sheet)
    is_sure = len(best.known) >= LEAST_KNOWN and 2 * rival < len(best.known)
    return [Key("sheet", best.sheet, is_sure, (
        because("best_sheet", count=len(best.known), others="、".join(others), rival=rival),))]


def _row_keys(best: Heading, places: Sequence[Heading]) -> list[Key]:
    """Return the row of the heading; sure where it names more of our columns than any row that it does not hold."""
    held = range(best.row, best.row + best.rows)
    rival = max((len(place.known) for place in places if place.sheet == best.sheet and not set(held) & set(
        range(place.row, place.row + place.rows))), default=0)
    is_sure = len(best.known) >= LEAST_KNOWN and rival < len(best.known)
    why = because("heading_row", row=best.row, count=len(best.known), rival=rival)
    keys = [Key("header_row", best.row, is_sure, (why,))]
    if best.rows > 1:
        keys.append(Key("header_rows", best.rows, is_sure, (because("heading_rows", rows=best.rows),)))
    return keys


def _beside(sheets: Mapping[str, Sheet], best: Heading) -> Iterator[str]:
    """Return the texts above the heading and in other sheets, where planners note what coordinates are in."""
    for name, sheet in sheets.items():
        lines = sheet[:best.row - 1] if name == best.sheet else sheet[:LOOKED_THROUGH]
        yield from dict.fromkeys(str(cell) for line in lines for cell in line if cell not in (None, ""))


