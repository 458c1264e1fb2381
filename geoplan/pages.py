"""How does text stand on a screen? Lines and tables -> one text that no name can spoil.

Chinese letters are two cells wide, so columns are padded by cells. Characters that drive a terminal, hide, or turn the
direction of writing are shown as escapes: a planner's file may hold any text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from unicodedata import category, east_asian_width

BETWEEN = "  "
MIN_LAST_CELLS = 24  # a last column narrower than this is not worth folding
WIDEST_LETTER = 2
SPACES = "\t\n\r\v\f"
DRIVING = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, format (direction, zero width), half a letter, line and paragraph
STACKED = ("Mn", "Me")  # stand on the letter before them


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; the columns numbered in `right` hold numbers and end flush."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()


Block = str | Table


def printable(text: str) -> str:
    """Return a text that a terminal shows and does not obey: line breaks become spaces, other controls escapes."""
    return text if text.isprintable() else "".join(_shown(letter) for letter in text)


def cells_of(text: str) -> int:
    """Return how many cells of a screen a text takes."""
    return sum(_cells(letter) for letter in text)


def lay_out(blocks: Sequence[Block], *, cells: int | None = None) -> str:
    """Return blocks as one text.

    Parameters
    ----------
    blocks
        Lines, and tables. Lines keep the spaces they begin with; an empty one parts sections.
    cells
        Width of the screen: longer lines and last columns are folded. None folds nothing.

    Returns
    -------
    text
        Without a line break at its end.
    """
    return "\n".join(line for block in blocks for line in (
        _table_lines(block, cells) if isinstance(block, Table) else _line(block, cells)))


def as_markdown(table: Table) -> str:
    """Return a table as Markdown has it."""
    rules = ["--:" if column in table.right else "---" for column in range(len(table.headings))]
    rows = [table.headings, tuple(rules), *table.rows]
    return "\n".join("| " + " | ".join(printable(cell).replace("|", "\\|") for cell in row) + " |" for row in rows)


def _shown(letter: str) -> str:
    if letter in SPACES:
        return " "
    if category(letter) not in DRIVING:
        return letter
    return letter.encode("unicode_escape").decode("ascii")


def _cells(letter: str) -> int:
    return 0 if category(letter) in STACKED else WIDEST_LETTER if east_asian_width(letter) in "WF" else 1


def _line(text: str, cells: int | None) -> list[str]:
    shown = printable(text).rstrip()
    indent = " " * (len(shown) - len(shown.lstrip()))
    return [indent + part for part in _folded(shown.lstrip(), None if cells is None else cells - len(indent))]


def _table_lines(table: Table, cells: int | None) -> Iterator[str]:
    rows = [[printable(cell) for cell in row] for row in (table.headings, *table.rows)]
    widths = [max(map(cells_of, column)) for column in zip(*rows, strict=True)]
    before = sum(widths[:-1]) + len(BETWEEN) * (len(widths) - 1)
    left = None if cells is None or cells - before < MIN_LAST_CELLS else cells - before
    for row in rows:
        padded = [_padded(cell, width, at_end=column in table.right)
                  for column, (cell, width) in enumerate(zip(row, widths, strict=True))]
        first, *more = [padded[-1]] if len(widths) - 1 in table.right else _folded(row[-1], left)
        yield BETWEEN.join([*padded[:-1], first]).rstrip()
        yield from (" " * before + part for part in more)


def _padded(cell: str, width: int, *, at_end: bool) -> str:
    space = " " * (width - cells_of(cell))
    return space + cell if at_end else cell + space


def _folded(text: str, cells: int | None) -> list[str]:
    """Return a text in lines of at most so many cells, broken after spaces and beside wide letters where it can be."""
    if cells is None:
        return [text]
    lines, room = [""], 0
    for piece in _pieces(text, max(cells, WIDEST_LETTER)):
        if lines[-1] and room + cells_of(piece.rstrip()) > cells:
            lines.append("")
            room = 0
        lines[-1] += piece
        room += cells_of(piece)
    return [line.rstrip() for line in lines]


def _pieces(text: str, most: int) -> Iterator[str]:
    for is_wide, letters in groupby(text, lambda letter: _cells(letter) == WIDEST_LETTER):
        run = "".join(letters)
        for word in run if is_wide else re.findall(r"\S+ *| +", run):
            yield from (word[at:at + most] for at in range(0, len(word), most))
