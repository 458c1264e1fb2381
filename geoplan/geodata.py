"""What stands in a file of outlines? Shapefile, GeoPackage, GeoJSON or OSM -> cells as text, geometries and the CRS.

The only file that opens what GDAL reads, and only after preflight. Text of a shapefile is fetched byte by byte (as
Latin-1, which every byte has) and decoded here, so that what GDAL would replace in silence is seen.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyogrio.raw import read
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.encoding import (
    DEFAULT,
    codec_of,
    decide_encoding,
    decode_cut,
    encoding_said,
    is_readable,
    is_same_encoding,
    strangers,
    text_of_dbf,
)
from geoplan.errors import Finding, listed
from geoplan.opened import EXACT_WHOLE, Opened, table_of, texts_of
from geoplan.preflight import (
    GEOPACKAGE,
    OSM_PBF,
    SHAPEFILE,
    check_geopackage_texts,
    format_of,
    geopackage_count,
    geopackage_layers,
)
from geoplan.settings import Source

BYTES = "ISO-8859-1"
WIDEST_TEXT = 254  # bytes of a field of a .dbf; what is longer was cut by the program that wrote it
OSM_LAYER, OSM_STREET = "lines", "highway"
OSM_TAGS = ("bridge", "tunnel", "layer", "foot")
Box = tuple[float, float, float, float]  # west, south, east, north
Records = tuple[
    Mapping[str, Any], NDArray[np.int64], NDArray[np.object_] | None, list[NDArray[np.generic]], list[str]]
OSM_NO = ("bridge", "tunnel")  # OpenStreetMap leaves a tag away where it does not apply


def open_geodata(
    path: Path, source: Source, layer: str, near: Box | None = None,
) -> tuple[Opened | None, list[Finding]]:
    """Return the records of a file of outlines, or why they cannot be used.

    Parameters
    ----------
    path
        The file; preflight has passed it.
    source
        What plan.toml says of it: layer, encoding.
    layer
        Name of the layer, for the findings.
    near
        Box in degrees: of a file of OpenStreetMap, which may hold a whole province, only what lies in it is read, or
        all of it where nothing does.

    Returns
    -------
    opened
        None where the file cannot be used.
    findings
        What stops the run; remarks travel in `opened`.
    """
    format_ = format_of(path)
    encoding, remarks, findings = _encoding(path, source, layer) if format_ == SHAPEFILE else (DEFAULT, [], [])
    inner, more = _layer_in(path, source, layer, str(format_))
    findings += more or (check_geopackage_texts(path, str(inner), layer) if format_ == GEOPACKAGE else [])
    if findings:
        return None, findings
    try:
        is_part, (meta, fids, wkb, values, said) = _near_or_all(path, inner, str(format_), near)
    except (DataSourceError, DataLayerError, UnicodeDecodeError):
        return None, [Finding("preflight.damaged", layer, values={"file": path.name})]
    except ValueError as error:  # a date in the year 0
        return None, [Finding("geodata.unreadable_value", layer, values={"file": path.name, "said": str(error)})]
    if wkb is None:
        return None, [Finding("geodata.no_geometry", layer, values={"file": path.name})]
    if format_ == GEOPACKAGE and len(wkb) != geopackage_count(path, str(inner)):
        return None, [Finding("preflight.damaged", layer, values={"file": path.name})]
    remarks += [Finding("geodata.reader_said", layer, values={"said": text}) for text in said]
    remarks += [Finding("geodata.near_estates", layer, values={"file": path.name})] if is_part else []
    row = fids + 1 if format_ == SHAPEFILE else np.arange(1, len(wkb) + 1)
    geometry, closed = _geometries(wkb)
    names = list(meta["fields"])
    texts = [texts_of(column) for column in _exact(path, inner, meta, fids, values)]
    if format_ == SHAPEFILE:
        names, texts, cut = _decoded(names, texts, row, encoding, layer)
        remarks += cut
    opened = Opened(table_of(names, texts, len(row)), row.astype(np.int64), geometry, _crs(meta["crs"]), str(format_),
                    encoding, closed, tuple(remarks))
    return (_streets_of_osm(opened, layer) if format_ == OSM_PBF else opened), []


def _encoding(path: Path, source: Source, layer: str) -> tuple[str, list[Finding], list[Finding]]:
    text, claimed = text_of_dbf(path), encoding_said(path)
    if source.encoding != "auto":
        codec = codec_of(source.encoding)
        if codec is None or not is_readable(text, codec):
            return "", [], [Finding("preflight.encoding_wrong", layer, values={
                "file": path.name, "said": source.encoding})]
        return source.encoding, [], []
    decided = decide_encoding(text)
    if decided is None:
        return "", [], [Finding("preflight.encoding_unknown", layer, values={"file": path.name, "said": claimed or ""})]
    odd = strangers(text, decided)
    mixed = [] if not odd else [Finding("preflight.encoding_mixed", layer, values={
        "encoding": decided, "count": len(odd), "texts": listed(odd)})]
    if text.isascii() or (claimed is not None and is_same_encoding(decided, claimed)):
        return decided, mixed, []
    code = "preflight.encoding_decided" if claimed is None else "preflight.encoding_conflict"
    return decided, [Finding(code, layer, values={"encoding": decided, "said": claimed or ""}), *mixed], []


def _layer_in(path: Path, source: Source, layer: str, format_: str) -> tuple[str | None, list[Finding]]:
    if format_ == OSM_PBF:
        return OSM_LAYER, []
    if format_ != GEOPACKAGE:
        return None, []
    names = geopackage_layers(path)
    wanted = [source.layer] if source.layer is not None else names
    if len(wanted) == 1 and wanted[0] in names:
        return wanted[0], []
    code = "geodata.which_layer" if source.layer is None and names else "geodata.no_layer"
    return None, [Finding(code, layer, values={"said": source.layer or "", "layers": listed(names)})]


def _near_or_all(path: Path, inner: str | None, format_: str, near: Box | None) -> tuple[bool, Records]:
    """Return what lies near, and that it is a part, or everything."""
    inside = _read(path, inner, None, near) if near is not None and format_ == OSM_PBF else None
    if inside is not None and len(inside[1]):
        return True, inside
    return False, _read(path, inner, BYTES if format_ == SHAPEFILE else None)


def _read(path: Path, inner: str | None, encoding: str | None, near: Box | None = None) -> Records:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        meta, fids, wkb, values = read(
            path, layer=inner, encoding=encoding, force_2d=True, return_fids=True, datetime_as_string=True, bbox=near)
    said = sorted({str(warning.message).replace(str(path), path.name) for warning in heard})
    return meta, fids, wkb, values, [text for text in said if "Non closed ring" not in text]


def _exact(
    path: Path, inner: str | None, meta: Mapping[str, Any], fids: NDArray[np.int64], values: list[NDArray[np.generic]]
) -> Iterator[NDArray[np.generic]]:
    """Yield every column, whole numbers to the last digit: with empty cells among them they come as floats."""
    for name, dtype, column in zip(meta["fields"], meta["dtypes"], values, strict=True):
        is_float = str(dtype).startswith(("int", "uint")) and column.dtype.kind == "f"
        if not is_float or not (np.abs(column[np.isfinite(column)]) >= EXACT_WHOLE).any():
            yield column
            continue
        quoted = '"' + str(name).replace('"', '""') + '"'
        _, filled, _, [whole] = read(path, layer=inner, columns=[name], where=f"{quoted} IS NOT NULL",
                                     read_geometry=False, return_fids=True)
        known = dict(zip(filled.tolist(), whole.tolist(), strict=True))
        yield np.array([known.get(fid) for fid in fids.tolist()], dtype=object)


def _geometries(wkb: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return the geometries, and which of them had a ring that had to be closed; what no repair can read is missing."""
    with np.errstate(invalid="ignore"):  # a coordinate that is no number is found and told row by row
        shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    is_open = shapely.is_missing(shapes) & np.array([data is not None for data in wkb], dtype=bool)
    with np.errstate(invalid="ignore"):
        shapes[is_open] = shapely.from_wkb(wkb[is_open], on_invalid="fix")
    return shapes, is_open & ~shapely.is_missing(shapes)


def _decoded(
    names: list[str], texts: list[NDArray[np.object_]], row: NDArray[np.int64], encoding: str, layer: str
) -> tuple[list[str], list[NDArray[np.object_]], list[Finding]]:
    headings = [_text(name, encoding)[0] for name in names]
    cut_rows: dict[tuple[str, str], list[int]] = {}
    decoded = []
    for heading, column in zip(headings, texts, strict=True):
        known = {text: _text(text, encoding) for text in dict.fromkeys(column) if text is not None}
        decoded.append(np.array([known[text][0] if text is not None else None for text in column], dtype=object))
        cut = {text for text, (_, is_cut) in known.items() if is_cut}
        full = {text for text in known if len(text) >= WIDEST_TEXT} - cut
        for code, odd in (("geodata.text_cut", cut), ("geodata.text_full", full)):
            if odd:
                cut_rows[code, heading] = row[[text in odd for text in column]].tolist()
    return headings, decoded, [
        Finding(code, layer, rows[0], {"column": heading, "rows": listed(rows), "count": len(rows)})
        for (code, heading), rows in cut_rows.items()]


def _text(latin: str, encoding: str) -> tuple[str, bool]:
    """Return the text behind the bytes, and whether it ended in half a character."""
    data = latin.encode(BYTES, "replace")
    try:
        return data.decode(encoding), False
    except UnicodeDecodeError:
        return decode_cut(data, encoding) or "", True


def _crs(said: object) -> CRS | None:
    """Return the CRS of a file, None where it has none that leads to a place on earth."""
    try:
        crs = CRS.from_user_input(said) if said else None
    except CRSError:
        return None
    return crs if crs is not None and (crs.is_geographic or crs.is_projected) else None


def _streets_of_osm(opened: Opened, layer: str) -> Opened:
    """Keep the lines that are streets, with the tags that walking asks about as columns."""
    is_street = opened.cells[OSM_STREET].notna().to_numpy()
    cells = opened.cells.loc[is_street, [OSM_STREET, "name"]].reset_index(drop=True)
    others = opened.cells.loc[is_street, "other_tags"].reset_index(drop=True)
    for tag in OSM_TAGS:
        found = others.astype("str").str.extract(re.compile(rf'(?:^|,)"{tag}"=>"((?:[^"\\]|\\.)*)"'), expand=False)
        cells[tag] = found.fillna("no") if tag in OSM_NO else found
    left = Finding("geodata.not_streets", layer, values={"count": int((~is_street).sum()), "lines": len(is_street)})
    assert opened.geometry is not None
    return Opened(cells, opened.row[is_street], opened.geometry[is_street], opened.crs, opened.format, opened.encoding,
                  findings=(*opened.findings, left))
