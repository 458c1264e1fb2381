"""What will the bureau not take? The coordinate system and the letters of a delivery, before anything is computed.

A zone number before the easting is a matter of how coordinates are written, not of where they lie: it is added or taken
away by rule. GBK holds some 22,000 letters; a name with another one is told here, where it can still be changed.
"""

from collections.abc import Iterable, Iterator

import pandas as pd
from pyproj import CRS

from geoplan.datum import PREFIX_M, prefix_of_crs, zone_twin
from geoplan.errors import Finding, listed
from geoplan.labels import writable
from geoplan.project import PLAN_FILE, Project
from geoplan.read import Layers
from geoplan.schema import columns_of, keys_of
from geoplan.templates import Template

BROUGHT = ("estates", "facilities", "sites")  # delivered layers whose names are the planner's own
LETTERS_SHOWN = 8


def check_delivery(project: Project, layers: Layers, template: Template) -> list[Finding]:
    """Return why what was read cannot be delivered as [delivery] asks; every finding stops the run.

    Parameters
    ----------
    project
        Its section [delivery] says encoding and zone_prefix.
    layers
        As `collect_layers` returns them.
    template
        As `read_template` returns it: what it leaves out need not be written.

    Returns
    -------
    findings
        One where the coordinate system has no such zone, one for each column with letters that cannot be written.
    """
    rules = project.delivery
    found = [] if delivery_crs(layers.crs, rules.zone_prefix) is not None else [
        Finding("delivery.no_zone", PLAN_FILE, values={"crs": layers.crs.name})]
    for layer in BROUGHT:
        rows: pd.DataFrame = getattr(layers, layer)
        [key] = keys_of(layer)
        for column in columns_of(layer):
            if column.type == "text" and column.name in rows and template.delivers(layer, column.name):
                found += say_strangers(rows[column.name], rows[key], rules.encoding, layer, column.name)
    return found


def delivery_crs(crs: CRS, zone_prefix: bool | None) -> CRS | None:
    """Return the system a delivery is written in; None where a zone number is asked of a system without zones."""
    return crs if zone_prefix is None else zone_twin(crs, has_prefix=zone_prefix)


def eastings_moved(crs: CRS, delivered: CRS) -> float:
    """Return how many metres are added to every easting on the way from the working system to the delivered one."""
    zones = [prefix_of_crs(each) or 0 for each in (crs, delivered)]
    return float((zones[1] - zones[0]) * PREFIX_M)


def say_strangers(
    values: Iterable[object], keys: Iterable[object], encoding: str, layer: str, column: str,
) -> Iterator[Finding]:
    """Yield a finding where values hold letters that an encoding has no place for: which, in how many rows, where.

    Parameters
    ----------
    values
        Texts, missing ones among them.
    keys
        What each row is called.
    encoding
        UTF-8 or GBK.
    layer, column
        Where the values stand, as the planner knows them.
    """
    odd = {str(key): strange for key, value in zip(keys, values, strict=True)
           if isinstance(value, str) and (strange := _strangers(writable(value), encoding))}
    if odd:
        letters = sorted(set("".join(odd.values())))
        shown = "".join(f"{letter}(U+{ord(letter):04X})" for letter in letters[:LETTERS_SHOWN])
        yield Finding("delivery.letters", layer, values={
            "encoding": encoding, "column": column, "count": len(odd), "ids": listed(odd),
            "letters": shown + ("…" if len(letters) > LETTERS_SHOWN else "")})


def _strangers(text: str, encoding: str) -> str:
    """Return the letters of a text that an encoding does not hold, in most cases none."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(letter for letter in text if not letter.encode(encoding, errors="ignore"))
    return ""
