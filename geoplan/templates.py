"""What does the bureau call our layers and fields? `[delivery] template` -> its names, codes, types and widths.

One line a field, in the order in which the bureau wants them: our layer, our column, the bureau's name of the layer,
the code of the field, its type (C text, N number), width and decimals. A field without a column of ours stays empty.
A layer that is not named keeps the tool's own names. Nothing in the file is trusted: every problem is told at once.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from geoplan.errors import Finding
from geoplan.keyed import Key, read_keyed
from geoplan.preflight import digest_of
from geoplan.project import Project
from geoplan.schema import GEOMETRY_TYPES, Column, columns_of

LAYER = "delivery"
LAYERS = ("areas", "estates", "facilities", "sites", "openings")
NAMES = {  # what planners head their columns with
    "layer": ("layer", "图层"), "column": ("column", "列", "列名"), "name": ("name", "图层名", "图层名称", "文件名"),
    "field": ("field", "字段", "字段代码", "字段名"), "type": ("type", "类型", "字段类型"),
    "width": ("width", "长度", "宽度", "字段长度"), "decimals": ("decimals", "小数", "小数位数"),
}
KEY = Key("delivery.template", LAYER, "templates.no_ledger", NAMES, needed=("layer", "column", "field"))
TEXT, NUMBER = "C", "N"
TYPES = {TEXT: ("c", "char", "text", "string", "文本", "字符", "字符型"),
         NUMBER: ("n", "f", "number", "numeric", "int", "float", "double", "数值", "数字", "数值型", "整数", "浮点")}
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,9}")
FILE_NAME = re.compile(r"[\w-]{1,50}")  # letters of any script, figures, - and _: no path, no blank
DEVICES = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")  # names that Windows keeps for itself
FIGURES = re.compile(r"[0-9]{1,3}")
SHOWN = 60  # letters of what a cell says
MOST_WIDE = {TEXT: 254, NUMBER: 18}
MOST_DECIMALS = 15
NUMBERS = ("int", "year", "storey", "float", "share")


@dataclass(frozen=True)
class Wish:
    """One field the bureau wants: our column ("" where it stays empty), its code, and its type as far as it is said."""

    column: str
    code: str
    type: str = ""
    width: int | None = None
    decimals: int | None = None


@dataclass(frozen=True)
class Template:
    """What the bureau calls things: the name of each layer, and its fields in order; other layers keep ours."""

    names: Mapping[str, str] = field(default_factory=lambda: {layer: layer for layer in LAYERS})
    wishes: Mapping[str, Sequence[Wish]] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)

    def delivers(self, layer: str, column: str) -> bool:
        """Say whether a column of a layer is written."""
        return layer not in self.wishes or any(wish.column == column for wish in self.wishes[layer])


def read_template(project: Project) -> tuple[Template, list[Finding]]:
    """Return the bureau's template, and what is wrong or odd about it.

    Parameters
    ----------
    project
        `delivery.template` names a .csv or .xlsx; without it the tool's own names stand.

    Returns
    -------
    template
        Empty where none is named or it cannot be used.
    findings
        What stops the run, and remarks.
    """
    said = project.delivery.template
    if said is None:
        return Template(), []
    rows, findings = read_keyed(project.folder, said, KEY)
    if rows is None:
        return Template(), findings
    template, wrong = _template_of(rows)
    if wrong:
        return Template(), [*findings, *wrong]
    return replace(template, inputs={said: digest_of(project.folder / said)}), findings


def _template_of(rows: pd.DataFrame) -> tuple[Template, list[Finding]]:
    """Return what the lines of a template say, and every problem of every line."""
    if rows.empty:
        return Template(), [Finding("templates.empty", LAYER)]
    findings: list[Finding] = []
    names: dict[str, str] = {}
    wishes: dict[str, list[Wish]] = {}
    for row, line in _lines(rows):
        layer = line["layer"].lower()
        if layer not in LAYERS:
            findings.append(_wrong("unknown_layer", row, said=line["layer"], known="、".join(LAYERS)))
            continue
        findings += _check_name(line, names, row)
        if line["name"]:
            names.setdefault(layer, line["name"])
        wish, problems = _wish(line, row)
        if wish.code.upper() in {other.code.upper() for other in wishes.setdefault(layer, [])}:
            problems.append(_wrong("code_twice", row, said=wish.code, layer=layer))
        wishes[layer].append(wish)
        findings += problems
    called = {layer: names.get(layer, layer) for layer in LAYERS}
    return Template(called, wishes), [*findings, *_check_names(called)]


def _lines(rows: pd.DataFrame) -> Iterator[tuple[int, dict[str, str]]]:
    cells = rows.reindex(columns=list(NAMES)).astype("str").fillna("").to_dict("records")
    for row, line in zip(rows["row"].tolist(), cells, strict=True):
        yield row, {str(ours): str(said).strip() for ours, said in line.items()}


def _check_name(line: Mapping[str, str], names: Mapping[str, str], row: int) -> Iterator[Finding]:
    layer, name = line["layer"].lower(), line["name"]
    if not name:
        return
    if not FILE_NAME.fullmatch(name) or DEVICES.fullmatch(name):
        yield _wrong("bad_name", row, said=name)
    if names.get(layer, name) != name:
        yield _wrong("two_names", row, said=name, layer=layer, first=names[layer])


def _check_names(names: Mapping[str, str]) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for layer, name in names.items():
        if name.lower() in taken:
            yield Finding("templates.name_twice", LAYER, values={
                "said": name, "layer": layer, "other": taken[name.lower()]})
        taken.setdefault(name.lower(), layer)


def _wish(line: Mapping[str, str], row: int) -> tuple[Wish, list[Finding]]:
    """Return the field of a line, as far as it can be understood, and what is wrong with it."""
    columns = {column.name: column for column in columns_of(line["layer"].lower())
               if column.type not in GEOMETRY_TYPES}
    kind = next((letter for letter, words in TYPES.items() if line["type"].lower() in words), "")
    width, decimals = (int(line[key]) if FIGURES.fullmatch(line[key]) else None for key in ("width", "decimals"))
    wish = Wish(line["column"], line["field"], kind, width, decimals)
    problems = [] if CODE.fullmatch(wish.code) else [_wrong("bad_code", row, said=wish.code)]
    if wish.column and wish.column not in columns:
        problems.append(_wrong("unknown_column", row, said=wish.column, known="、".join(columns)))
    if line["type"] and not kind:
        problems.append(_wrong("bad_type", row, said=line["type"]))
    problems += _check_width(line, wish, row)
    return wish, [*problems, *_check_fit(wish, columns.get(wish.column), row)]


def _check_width(line: Mapping[str, str], wish: Wish, row: int) -> Iterator[Finding]:
    most = MOST_WIDE[wish.type or TEXT]
    is_wrong = bool(line["width"]) and (wish.width is None or not 1 <= wish.width <= most)
    if is_wrong or (wish.width is not None and not wish.type):
        yield _wrong("bad_width", row, said=line["width"], type=wish.type or "?", most=most)
    if not line["decimals"]:
        return
    room = min(MOST_DECIMALS, (wish.width or MOST_WIDE[NUMBER]) - 2)
    if wish.type != NUMBER or wish.decimals is None or (wish.decimals and wish.decimals > room):
        yield _wrong("bad_decimals", row, said=line["decimals"])


def _check_fit(wish: Wish, column: Column | None, row: int) -> Iterator[Finding]:
    if not wish.column and not (wish.type and wish.width):
        yield _wrong("empty_needs_type", row, said=wish.code)
    if column is not None and wish.type == NUMBER and column.type not in NUMBERS:
        yield _wrong("no_number", row, said=wish.column)


def _wrong(code: str, row: int, **values: object) -> Finding:
    shown = {name: value[:SHOWN] if isinstance(value, str) and name == "said" else value
             for name, value in values.items()}
    return Finding(f"templates.{code}", LAYER, row, shown)
