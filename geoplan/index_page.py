"""Where does a province begin to read? One inert page: the towns with their figures and maps, the sums, the checks.

Nothing on the page runs and nothing is fetched: no script, a policy that forbids all but the one style, relative links.
Every text is somebody's file: it is escaped, and characters that hide or turn the direction of writing are shown.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from geoplan.errors import Finding, say
from geoplan.forms import TEXT_FORMAT, Sheet, Shown
from geoplan.labels import table_name
from geoplan.pages import printable
from geoplan.sheets import changes_sheets

SIDE = "province"
SHOWN = {
    "towns": ("town", "name", "state", "estates", "areas", "households", "residents", "gaps", "gaps_after",
              "elder_short_m2", "amount_yuan", "problems", "map"),
    "province_years": (), "province_checks": (),  # every column that has a value
}
MAP_COLUMN, UP = "map", "../"
STYLE = """
body { font: 14px/1.5 "Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", sans-serif; margin: 2em; color: #1f2933 }
table { border-collapse: collapse; margin-bottom: 2em }
th, td { border: 1px solid #d0d4d9; padding: .25em .6em; text-align: left; vertical-align: top; white-space: pre-line }
th { background: #dce6ef }
td.n { text-align: right; white-space: nowrap }
"""
PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{digest}'">
<meta name="viewport" content="width=device-width"><title>{title}</title><style>{style}</style></head>
<body><h1>{title}</h1>
<p>{counts}</p>
{tables}
</body></html>
"""


def write_index(tables: Mapping[str, pd.DataFrame], language: str, file: Path) -> None:
    """Write the index page of a province.

    Parameters
    ----------
    tables
        Tables of side `province` by name.
    language
        zh or en.
    file
        Is written anew, in a folder beside that of the towns.
    """
    towns = tables["towns"]
    counts = Finding("index.counts", values={
        "towns": len(towns), "done": int(towns["state"].eq("done").sum()), "areas": len(tables["town_areas"])})
    blocks = [_block(name, tables[name], language) for name in SHOWN if len(tables[name])]
    text = PAGE.format(
        language=language, digest=b64encode(sha256(STYLE.encode()).digest()).decode(), style=STYLE,
        title=_safe(say(Finding("index.title"), language)), counts=_safe(say(counts, language)),
        tables="\n".join(blocks))
    file.write_text(text, encoding="utf-8", newline="\n")


def _block(table: str, rows: pd.DataFrame, language: str) -> str:
    """Return a table under its name, with the columns and words of the workbook."""
    sheet = next(iter(changes_sheets({table: rows}, language, SIDE).values()))
    shown: Sheet = {name: sheet[name] for name in SHOWN[table] or sheet if name in sheet}
    heads = "".join(f"<th>{_safe(column.heading)}</th>" for column in shown.values())
    lines = zip(*(_cells(name, column, language) for name, column in shown.items()), strict=True)
    body = "\n".join(f"<tr>{''.join(line)}</tr>" for line in lines)
    return f"<h2>{_safe(table_name(table, language))}</h2>\n<table><tr>{heads}</tr>\n{body}\n</table>"


def _cells(name: str, column: Shown, language: str) -> Iterator[str]:
    for value in column.values:
        if pd.isna(value):
            yield "<td></td>"
        elif name == MAP_COLUMN:
            yield f'<td><a href="{quote(UP + value)}">{_safe(say(Finding("index.map"), language))}</a></td>'
        elif column.format == TEXT_FORMAT:
            yield f"<td>{_lines(value.split(chr(10)))}</td>"
        else:
            yield f'<td class="n">{_number(value, column.format)}</td>'


def _number(value: float, number_format: str) -> str:
    """Return a number as the workbook shows it: its format says how many decimals, and whether thousands are parted."""
    decimals = len(number_format.partition(".")[2].rstrip("%"))
    if number_format.endswith("%"):
        return f"{value:.{decimals}%}"
    return f"{value:,.{decimals}f}" if "," in number_format else f"{value:.{decimals}f}"


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(map(_safe, texts))


def _safe(text: str) -> str:
    return escape(printable(text))
