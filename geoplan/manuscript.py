"""How is a Word document put together: pages, headings, tables, pictures, running heads, and always the same bytes?

The only file that knows Word. Every text is readable text (control characters shown, none obeyed) and is escaped where
it enters the XML. Chinese and Latin letters are given fonts of their own, since Word would otherwise choose one by the
machine. The file's dates are the day of the plan, and its parts are packed in order with a fixed date.

What stands on the pages is kept as text until the file is written: as a tree, the dossiers of a city take half a
gigabyte. The tree holds an empty paragraph where all of it belongs, and how a section looks.
"""

import re
import struct
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from geoplan.figures import Grid
from geoplan.fonts import readable, shortened
from geoplan.inserts import Inserts, pack

PAGE_MM, MARGINS_MM = (210, 297), {"left": 24, "right": 22, "top": 28, "bottom": 24}
TEXT_MM = 210 - 24 - 22
HEAD_MM, HEAD_LETTERS = 13, 46
BODY_FONT, HEADING_FONT, TABLE_FONT, LATIN_FONT = "仿宋", "黑体", "宋体", "Times New Roman"
STYLES = {  # style -> Chinese font, points, colour, space before and after in points
    "Normal": (BODY_FONT, 11.0, "1B2A38", 0, 4), "Title": (HEADING_FONT, 22.0, "1B2A38", 60, 12),
    "Subtitle": (HEADING_FONT, 14.0, "56636F", 0, 24), "Heading 1": (HEADING_FONT, 16.0, "1B2A38", 0, 6),
    "Heading 2": (HEADING_FONT, 12.0, "1B2A38", 10, 4), "Caption": (BODY_FONT, 9.0, "56636F", 2, 6),
    "Header": (BODY_FONT, 9.0, "56636F", 0, 0), "Footer": (BODY_FONT, 9.0, "56636F", 0, 0),
}
CELL_POINTS, CELL_LINE = 8.5, 230  # the line in twentieths of a point
HEAD_FILL, MARK_FILL, TOTAL_FILL, RULE = "DCE6EF", "FFF2CC", "F3F5F7", "A0A8B0"
TWIPS_PER_MM = 56.6929
MOST_TITLE_LETTERS = 255
MOST_CELL_LETTERS, WIDEST_MM, MOST_MM, NARROWEST_MM = 2000, 62.0, 140.0, 9.0  # widest where all fits, and where not
LATIN_WORD, LONGEST_WORD, SHORT, HALVINGS = re.compile(r"[!-~]+"), 20, 8, 30
HEADING_LINES = (2, 3, 4)  # as few as the page allows
MOST_CELLS = 0.85  # share of the cells of a column by which it is measured beside others
MOST_KNOWN = 20_000  # texts that are remembered: most cells say what others say
BODY = "word/document.xml"
PLACE = "<w:p/>"  # where the pages belong; nothing else in the tree is an empty paragraph
SECTION = re.compile("<w:sectPr[^>]*>(.*)</w:sectPr>")
PNG_SIZE = struct.Struct(">16xII")
XML = nsdecls("w")
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PICTURE = (
    f'<w:p {nsdecls("a", "pic")}><w:pPr><w:keepNext/></w:pPr><w:r><w:drawing>'
    '<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/><wp:docPr {named}/><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
    '<pic:nvPicPr><pic:cNvPr {named}/><pic:cNvPicPr/></pic:nvPicPr>'
    '<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
    '<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr>'
    '</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>')


class Manuscript:
    """A document being written, from its first page to its last."""

    def __init__(self, title: str, day: date, language: str) -> None:
        self._document = Document()
        self._bookmarks = self._pictures = 0
        self._inserts = Inserts()
        self._parts: list[list[bytes]] = [[]]
        self._heads = [""]  # of each part: what its section calls its running heads
        about = self._document.core_properties
        about.title, about.author, about.comments = readable(title)[:MOST_TITLE_LETTERS], "geoplan", ""
        about.last_modified_by = "geoplan"
        about.created = about.modified = datetime.combine(day, time(), UTC).replace(tzinfo=None)
        about.revision, about.language = 1, "zh-CN" if language == "zh" else "en"
        for name, (face, points, colour, before, after) in STYLES.items():
            _set_style(self._document.styles[name], face, points, colour, (before, after))
        for tongue in self._document.styles.element.iter(qn("w:lang")):  # else Chinese is set in Japanese letter forms
            tongue.set(qn("w:eastAsia"), "zh-CN")
        section = self._document.sections[0]
        section.page_width, section.page_height = (Mm(side) for side in PAGE_MM)
        for side, margin in MARGINS_MM.items():
            setattr(section, f"{side}_margin", Mm(margin))
        section.header_distance = section.footer_distance = Mm(HEAD_MM)
        section._sectPr.find(qn("w:cols")).addprevious(parse_xml(f'<w:pgNumType {XML} w:start="1"/>'))
        self._document.element.body[-1].addprevious(parse_xml(PLACE.replace("/", f" {XML}/")))

    def new_part(self, head: tuple[str, str], foot: tuple[str, str]) -> None:
        """Begin a new page with running heads of its own; pages are counted anew behind the second text of the foot."""
        if self._parts[-1]:
            self._parts.append([])
            self._heads.append("")
        stories = {"header": _running("Header", head, ""), "footer": _running("Footer", foot, "PAGE")}
        self._heads[-1] = "".join(
            f'<w:{kind}Reference w:type="default" r:id="{self._inserts.add_head(kind, xml)}"/>'
            for kind, xml in stories.items())

    def heading(self, text: str, level: int, *, bookmark: str = "") -> None:
        """Write a heading; a bookmark is a place that `grid` can link to."""
        style = "Title" if level == 0 else f"Heading{level}"
        mark = ("", "")
        if bookmark:
            self._bookmarks += 1
            mark = (f'<w:bookmarkStart w:id="{self._bookmarks}" w:name={quoteattr(readable(bookmark))}/>',
                    f'<w:bookmarkEnd w:id="{self._bookmarks}"/>')
        properties = f'<w:pPr><w:pStyle w:val="{style}"/><w:keepNext/></w:pPr>'
        self._append(f"<w:p>{properties}{mark[0]}{_run(text)}{mark[1]}</w:p>")

    def text(self, text: str, style: str = "Normal") -> None:
        """Write a paragraph."""
        self._append(f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{_run(text)}</w:p>')

    def lead(self, text: str) -> None:
        """Write a paragraph that stays on the page of the table after it."""
        self._append(f'<w:p><w:pPr><w:keepNext/></w:pPr>{_run(text)}</w:p>')

    def picture(self, png: bytes, width_mm: float, meaning: str) -> None:
        """Put in a picture with words for those who cannot see it."""
        relation, (across, down) = self._inserts.add_picture(png), PNG_SIZE.unpack_from(png)
        self._pictures += 1
        size = f'cx="{Mm(width_mm):.0f}" cy="{Mm(width_mm) * down / across:.0f}"'
        named = f'id="{self._pictures}" name="map{self._pictures}" descr={quoteattr(readable(meaning))}'
        self._append(PICTURE.format(size=size, named=named, relation=relation))

    def grid(self, grid: Grid, *, links: Sequence[str] = (), widths_mm: Sequence[float] = ()) -> None:
        """Write a table; its first column links to bookmarks where they are given."""
        widths = [width * TWIPS_PER_MM for width in widths_mm or _widths(grid)]
        columns = "".join(f'<w:gridCol w:w="{width:.0f}"/>' for width in widths)
        rows = [_row(grid.headings, widths, frozenset(), fill=HEAD_FILL, is_head=True)] if any(grid.headings) else []
        for place, row in enumerate(grid.rows):
            is_total = grid.has_total and place == len(grid.rows) - 1
            fill = TOTAL_FILL if is_total else MARK_FILL if place in grid.marked else ""
            rows.append(_row(row, widths, grid.right, fill=fill, link=links[place] if links else "", is_bold=is_total))
        self._append(
            f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths):.0f}" w:type="dxa"/>{_borders()}'
            f'<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="70" w:type="dxa"/>'
            f'<w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
            f'<w:tblGrid>{columns}</w:tblGrid>{"".join(rows)}</w:tbl>')
        self._append('<w:p><w:pPr><w:spacing w:after="60" w:line="120" w:lineRule="exact"/></w:pPr></w:p>')

    def save(self, file: Path) -> None:
        """Write the file, its parts in order and with a fixed date."""
        stream = BytesIO()
        self._document.save(stream)
        with zipfile.ZipFile(stream) as made, zipfile.ZipFile(file, "w") as packed:
            for name in made.namelist():
                part = made.read(name)
                pack(packed, name, self._with_pages(part.decode()) if name == BODY else [
                    self._inserts.listed(name, part)])
            for name, part in self._inserts.files():
                pack(packed, name, [part])

    def _append(self, xml: str) -> None:
        self._parts[-1].append(xml.encode())

    def _with_pages(self, tree: str) -> Iterator[bytes]:
        """Give the XML of the tree with the pages in their place, a section for each part."""
        before, _, after = tree.partition(PLACE)
        look = SECTION.search(after)
        sections = [f"<w:sectPr>{heads}{look[1] if look else ''}</w:sectPr>" for heads in self._heads]
        yield before.encode()
        for pages, section in zip(self._parts[:-1], sections, strict=False):
            yield from pages
            yield f"<w:p><w:pPr>{section}</w:pPr></w:p>".encode()
        yield from self._parts[-1]
        yield SECTION.sub(lambda _: sections[-1], after).encode()


def _set_style(style: Any, face: str, points: float, colour: str, space: tuple[float, float]) -> None:
    style.font.name, style.font.size, style.font.color.rgb = LATIN_FONT, Pt(points), RGBColor.from_string(colour)
    style.font.bold = style.font.italic = False
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script, name in (("ascii", LATIN_FONT), ("hAnsi", LATIN_FONT), ("eastAsia", face), ("cs", LATIN_FONT)):
        fonts.set(qn(f"w:{script}"), name)
    style.paragraph_format.space_before, style.paragraph_format.space_after = (Pt(part) for part in space)
    for part in ("pBdr", "tabs"):  # of the template: a line under the title, stops in the middle of running heads
        for found in style.element.findall(f"{qn('w:pPr')}/{qn(f'w:{part}')}"):
            found.getparent().remove(found)


def _running(style: str, texts: tuple[str, str], field: str) -> str:
    """Return a running head: one text at the left, one at the right, with the number of the page behind it."""
    edge, tag = ("bottom", "hdr") if not field else ("top", "ftr")
    properties = (f'<w:pPr><w:pStyle w:val="{style}"/>'
                  f'<w:pBdr><w:{edge} w:val="single" w:sz="4" w:space="4" w:color="{RULE}"/></w:pBdr>'
                  f'<w:tabs><w:tab w:val="right" w:pos="{TEXT_MM * TWIPS_PER_MM:.0f}"/></w:tabs></w:pPr>')
    left, right = (_fitted_head(text) for text in texts)
    number = "" if not field else (
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> {field} '
        '</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
    return (f'{HEAD}<w:{tag} {XML}><w:p>{properties}{_run(left)}<w:r><w:tab/></w:r>{_run(right)}{number}</w:p>'
            f'</w:{tag}>')


def _run(text: str, look: str = "") -> str:
    properties, said = f"<w:rPr>{look}</w:rPr>" if look else "", _escaped(text)
    written = f'<w:t xml:space="preserve">{said}</w:t>' if said else '<w:t xml:space="preserve"/>'
    return f"<w:r>{properties}{written}</w:r>"


def _row(
    texts: Sequence[str], widths: Sequence[float], right: frozenset[int], *, fill: str = "", link: str = "",
    is_head: bool = False, is_bold: bool = False,
) -> str:
    face = HEADING_FONT if is_head else TABLE_FONT
    look = (f'<w:rFonts w:ascii="{LATIN_FONT}" w:hAnsi="{LATIN_FONT}" w:eastAsia="{face}"/>'
            f'{"<w:b/>" if is_bold else ""}<w:sz w:val="{CELL_POINTS * 2:.0f}"/>')
    cells = []
    for place, (text, width) in enumerate(zip(texts, widths, strict=True)):
        run = _run(shortened(text, MOST_CELL_LETTERS), look)
        if link and place == 0:
            run = f'<w:hyperlink w:anchor={quoteattr(readable(link))} w:history="1">{run}</w:hyperlink>'
        align = "center" if is_head else "right" if place in right else "left"
        shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width:.0f}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr>'
            f'<w:p><w:pPr><w:spacing w:before="20" w:after="20" w:line="{CELL_LINE}" w:lineRule="exact"/>'
            f'<w:jc w:val="{align}"/></w:pPr>{run}</w:p></w:tc>')
    head = "<w:tblHeader/>" if is_head else ""
    return f'<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{"".join(cells)}</w:tr>'


def _borders() -> str:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    lines = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{RULE}"/>' for side in sides)
    return f"<w:tblBorders>{lines}</w:tblBorders>"


def _widths(grid: Grid) -> list[float]:
    """Return the width of each column in millimetres.

    Where the page does not hold what the columns ask for, all of them give way in the same proportion, so that their
    long texts take as many lines as each other; none gives up what its heading, its numbers and its words need.
    """
    columns = list(zip(grid.headings, *grid.rows, strict=True))
    needs = [min(_wide(max(map(_letters, cells), default=0)), WIDEST_MM) for _, *cells in columns]
    for lines in HEADING_LINES:
        asked = [_asked(column, lines, is_number=place in grid.right) for place, column in enumerate(columns)]
        if sum(floor for floor, _ in asked) < TEXT_MM:
            break
    needs = [max(need, floor) for need, (floor, _) in zip(needs, asked, strict=True)]
    if sum(needs) <= TEXT_MM:
        spare = (TEXT_MM - sum(needs)) / len(needs)
        return [need + spare for need in needs]
    least = sum(floor for floor, _ in asked)
    if least >= TEXT_MM:
        return [floor * TEXT_MM / least for floor, _ in asked]
    kept, given = 0.0, 1.0
    for _ in range(HALVINGS):
        part = (kept + given) / 2
        is_held = sum(max(floor, part * need) for floor, need in asked) <= TEXT_MM
        kept, given = (part, given) if is_held else (kept, part)
    return [max(floor, kept * need) for floor, need in asked]


def _asked(texts: Iterable[str], lines: int, *, is_number: bool) -> tuple[float, float]:
    """Return the least that a column can do with, its heading on so many lines, and what most of its texts need."""
    heading, *cells = texts
    said = sorted(map(_letters, cells))
    longest, usual = (said[-1], said[int(MOST_CELLS * (len(said) - 1))]) if said else (0, 0)
    words = [_letters(word) for text in (heading, *cells) for word in LATIN_WORD.findall(text[:MOST_CELL_LETTERS])]
    floor = max(_wide(_letters(heading) / lines + 1), _wide(min(max(words, default=0), LONGEST_WORD)), NARROWEST_MM,
                _wide(min(longest, SHORT)))
    return (max(floor, _wide(longest)) if is_number else floor), min(max(floor, _wide(usual)), MOST_MM)


def _wide(letters: float) -> float:
    """Return how many millimetres a text in a cell takes, margins included."""
    return letters * CELL_POINTS / 2 * 25.4 / 72 * 1.06 + 3.2


def _fitted_head(text: str) -> str:
    """Return a text that takes less than half of a running head."""
    most = next((most for most in range(len(text)) if _letters(text[:most]) > HEAD_LETTERS), len(text))
    return shortened(text, most)


def _letters(text: str) -> int:
    """Return the width of a text in Latin letters."""
    return sum(map(_width_of, text[:MOST_CELL_LETTERS]))


@cache
def _width_of(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WFA" else 1


@lru_cache(MOST_KNOWN)
def _escaped(text: str) -> str:
    return escape(readable(text))
