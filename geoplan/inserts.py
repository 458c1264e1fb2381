"""What is laid into a Word file beside its pages? Running heads and pictures, each a part that the pages refer to.

A library that knows Word looks through all of its parts for each one that is added; a city has thousands of them.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}+xml"
DAY = (1980, 1, 1, 0, 0, 0)
PICTURE, FOLDER = "image", "word"
TYPES, RELATIONS = "[Content_Types].xml", "word/_rels/document.xml.rels"


class Insert(NamedTuple):
    """A part: header, footer or image, its name within the folder, its content."""

    kind: str
    name: str
    content: bytes


class Inserts:
    """The parts in the order in which they were added; the same picture is one part, however often it is shown."""

    def __init__(self) -> None:
        self._parts: dict[str, Insert] = {}
        self._pictures: dict[bytes, str] = {}

    def add_picture(self, png: bytes) -> str:
        """Lay in a picture and return what pages call it."""
        if png not in self._pictures:
            self._pictures[png] = self._add(PICTURE, f"media/image{len(self._pictures) + 1}.png", png)
        return self._pictures[png]

    def add_head(self, kind: str, xml: str) -> str:
        """Lay in a header or footer and return what pages call it."""
        return self._add(kind, f"{kind}{len(self._parts) + 1}.xml", xml.encode())

    def listed(self, name: str, xml: bytes) -> bytes:
        """Return a part of the file with these parts added to it, where it lists what the file has."""
        if name == TYPES:
            named = "".join(f'<Override PartName="/{FOLDER}/{part.name}" ContentType="{WORD.format(part.kind)}"/>'
                            for part in self._parts.values() if part.kind != PICTURE)
            return _before(xml, '<Default Extension="png" ContentType="image/png"/>' + named, b"</Types>")
        if name == RELATIONS:
            named = "".join(f'<Relationship Id="{called}" Type="{RELATION.format(part.kind)}" Target="{part.name}"/>'
                            for called, part in self._parts.items())
            return _before(xml, named, b"</Relationships>")
        return xml

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Give the name of each part within the file, and its content."""
        for part in self._parts.values():
            yield f"{FOLDER}/{part.name}", part.content

    def _add(self, kind: str, name: str, content: bytes) -> str:
        called = f"part{len(self._parts) + 1}"
        self._parts[called] = Insert(kind, name, content)
        return called


def pack(file: ZipFile, name: str, content: Iterable[bytes]) -> None:
    """Pack a part with a fixed date; pictures are packed already."""
    entry = ZipInfo(name, DAY)
    entry.compress_type = ZIP_STORED if name.endswith(".png") else ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    with file.open(entry, "w") as written:
        written.writelines(content)


def _before(xml: bytes, said: str, end: bytes) -> bytes:
    head, _, tail = xml.rpartition(end)
    return head + said.encode() + end + tail
