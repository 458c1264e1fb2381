"""How far does a sheet of an .xlsx reach? Its text -> the cells that a reader must hold, all up to the farthest one.

A reader fills the whole rectangle up to the last row and column that any cell or row names, so one reference that is
damaged (`D99999999`, `sheetView1`) asks for more memory than a machine has, and the process ends without a word.
"""

import re

CELL, ROW = re.compile(rb"<(?:\w+:)?c[\s/>]"), re.compile(rb"<(?:\w+:)?row[\s/>]")
COLUMN = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)??r\s*=\s*["']([A-Za-z]+)""")
NUMBER = re.compile(rb"""<(?:\w+:)?(?:c|row)\s(?:[^>]*?\s)??r\s*=\s*["'][A-Za-z]*(\d+)""")
NUMBERED_ROW = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*?\s)??r\s*=""")


def span_of(sheet: bytes) -> tuple[int, int]:
    """Return how many cells a sheet spans, and how many it has.

    Parameters
    ----------
    sheet
        Its XML. A cell without a reference stands behind the one before it, a row without one below the one before.
    """
    cells, named = len(CELL.findall(sheet)), COLUMN.findall(sheet)
    columns = max(map(_column_number, set(named)), default=0)
    if len(named) < cells:
        columns += max(len(CELL.findall(row)) for row in ROW.split(sheet))
    rows = max(map(int, set(NUMBER.findall(sheet))), default=0)
    return columns * (rows + len(ROW.findall(sheet)) - len(NUMBERED_ROW.findall(sheet))), cells


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - ord("A") + 1
    return number
