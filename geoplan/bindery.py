"""How does a PDF come together? Numbered objects of a library, packed as they come, and the day it is of.

The file is a PDF 1.4, which archives take. Nothing in it depends on the clock or the machine.
"""

import zlib
from collections.abc import Iterable, Mapping
from datetime import date
from io import BytesIO
from typing import Any

import pydyf

VERSION = b"1.4"
MAKER = "geoplan"


class Bindery:
    """The objects of a PDF; pages are bound in the order in which they were added."""

    def __init__(self) -> None:
        self._pdf: Any = pydyf.PDF()
        self._shared = pydyf.Dictionary({"ProcSet": "[/PDF /Text]"})
        self._pdf.add_object(self._shared)

    def add(self, about: Mapping[str, Any]) -> int:
        """Put in an object and return its number."""
        return self._add(pydyf.Dictionary(dict(about)))

    def add_stream(self, said: bytes, about: Mapping[str, Any] | None = None) -> int:
        """Put in a packed object and return its number."""
        return self._add(pydyf.Stream([zlib.compress(said)], {**(about or {}), "Filter": "/FlateDecode"}))

    def add_map(self, named: Mapping[str, int]) -> str:
        """Put in names of objects and return how other objects speak of them."""
        return referred(self.add({name: referred(number) for name, number in named.items()}))

    def add_page(self, said: bytes, width: float, height: float) -> None:
        """Put in a page of a size in points by what is drawn on it."""
        self._pdf.add_page(pydyf.Dictionary({
            "Type": "/Page", "Parent": self._pdf.pages.reference, "Resources": self._shared.reference,
            "MediaBox": f"[0 0 {width:.4f} {height:.4f}]", "Contents": referred(self.add_stream(said))}))

    def bound(self, title: str, day: date, *, fonts: Iterable[int], symbols: Iterable[int],
              opacities: Iterable[int]) -> bytes:
        """Return the file: fonts are called F1, F2, …; symbols M and opacities A with their number as an object."""
        made = pydyf.String(f"D:{day:%Y%m%d}000000Z")
        self._pdf.info.update({"Title": pydyf.String(title), "Creator": pydyf.String(MAKER),
                               "Producer": pydyf.String(MAKER), "CreationDate": made, "ModDate": made})
        self._shared |= {
            "Font": self.add_map({f"F{nth}": number for nth, number in enumerate(fonts, start=1)}),
            "XObject": self.add_map({f"M{number}": number for number in symbols}),
            "ExtGState": self.add_map({f"A{number}": number for number in opacities})}
        written = BytesIO()
        self._pdf.write(written, version=VERSION)
        return written.getvalue()

    def _add(self, thing: Any) -> int:
        self._pdf.add_object(thing)
        return int(thing.number)


def referred(number: int) -> str:
    """Return how other objects speak of an object."""
    return f"{number} 0 R"
