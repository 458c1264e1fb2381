"""Are the files of a run those that were written, and do they tell the same story?"""

import hashlib
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

from geoplan.audited import Audited, Outcome, wrong_rows
from geoplan.documents import load_documents
from geoplan.runs import MANIFEST
from geoplan.schema import columns_of, is_spatial, keys_of, tables

SHAPEFILES = ("areas", "estates", "facilities", "sites", "openings")
REFERENCES = {  # table, column -> the table that must hold it
    ("estates", "area_id"): "areas", ("verdicts", "estate_id"): "estates", ("links", "estate_a"): "estates",
    ("links", "estate_b"): "estates", ("areas", "hub_estate_id"): "estates", ("walks", "estate_id"): "estates",
    ("walks", "facility_id"): "facilities", ("gaps", "estate_id"): "estates", ("area_gaps", "area_id"): "areas",
    ("care", "area_id"): "areas", ("care_flows", "area_id"): "areas", ("care_flows", "facility_id"): "facilities",
    ("openings", "area_id"): "areas", ("openings", "estate_a"): "estates", ("openings", "estate_b"): "estates",
    ("sitings", "site_id"): "sites", ("sitings", "area_id"): "areas", ("funding", "area_id"): "areas",
    ("programme", "area_id"): "areas", ("milestones", "area_id"): "areas", ("works", "area_id"): "areas",
    ("ranking", "area_id"): "areas",
}
CITING_TABLES = ("works", "funding", "milestones")
RULE = re.compile(r"\[([^\[\]]+)\]$")
ID_OF = {"estates": "estate_id", "areas": "area_id", "facilities": "facility_id", "sites": "site_id"}


def outputs_are_those_written(audited: Audited) -> Outcome:
    """Every file has the hash of the manifest, and there is no other."""
    folder, said = audited.run.folder, audited.run.manifest["outputs"]
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()} - {MANIFEST}
    wrong = [name for name in sorted(said) if name not in there or _digest(folder / name) != said[name]]
    return Outcome(len(said), [*wrong, *sorted(there - set(said))])


def inputs_are_those_read(audited: Audited) -> Outcome:
    """Every input of the project folder has the hash of the manifest."""
    said, folder = audited.run.manifest["inputs"], audited.project_folder
    if folder is None:
        return Outcome(0, [])
    return Outcome(len(said), [name for name in sorted(said)
                               if not (folder / name).is_file() or _digest(folder / name) != said[name]])


def rows_read_are_used_or_rejected(audited: Audited) -> Outcome:
    """Rows read = rows used + rows rejected for every layer, and the tables hold the rows used."""
    rows, wrong = audited.run.manifest["rows"], []
    for layer, counts in sorted(rows.items()):
        is_short = layer in ID_OF and counts["used"] != len(audited.table(layer))
        if is_short or counts["read"] != counts["used"] + counts["rejected"]:
            wrong.append(layer)
    return Outcome(len(rows), wrong)


def tables_have_their_rows(audited: Audited) -> Outcome:
    """Every table has as many rows as the manifest says, none of them twice, and no required cell is empty."""
    said, wrong = audited.run.manifest["steps"], []
    for name in tables():
        rows = audited.table(name)
        needed = [column.name for column in columns_of(name) if column.required]
        if len(rows) != said.get(name) or rows[needed].isna().any(axis=None) or (
                keys_of(name) and rows.duplicated(keys_of(name)).any()):
            wrong.append(name)
    return Outcome(len(tables()), wrong)


def ids_refer_to_rows(audited: Audited) -> Outcome:
    """Every id that a table names stands in the table it belongs to."""
    count, wrong = 0, []
    for (name, column), home in REFERENCES.items():
        if name not in tables():
            continue
        named = audited.table(name)[column].dropna()
        known = set(audited.table(home)[ID_OF[home]])
        count += len(named)
        wrong += [f"{name}.{column} {value}" for value in sorted(set(named) - known)]
    return Outcome(count, wrong)


def shapes_are_valid(audited: Audited) -> Outcome:
    """Every geometry is there, valid and not empty."""
    count, wrong = 0, []
    for name in tables():
        if not is_spatial(name):
            continue
        rows = audited.table(name)
        bad = ~rows.geometry.is_valid | rows.geometry.is_empty | rows.geometry.isna()
        count += len(rows)
        wrong += [f"{name} {key}" for key in wrong_rows(rows, bad, keys_of(name)).wrong]
    return Outcome(count, wrong)


def shapefiles_hold_the_rows(audited: Audited) -> Outcome:
    """Every shapefile has one record and one shape for each row of its table, and no more."""
    folder, counted, wrong = audited.run.folder / "shapefile", 0, []
    called = audited.run.manifest.get("delivery", {}).get("names", {})
    for name in SHAPEFILES:
        rows, file = len(audited.table(name)), folder / f"{called.get(name, name)}.shp"
        if not file.is_file():
            wrong += [name] if rows else []
            continue
        counted += 1
        records = struct.unpack_from("<I", file.with_suffix(".dbf").read_bytes(), 4)[0]
        shapes = (file.with_suffix(".shx").stat().st_size - 100) // 8
        if not records == shapes == rows:
            wrong.append(f"{name} {records}/{shapes}/{rows}")
    return Outcome(counted, wrong)


def clauses_are_cited(audited: Audited) -> Outcome:
    """Every verdict names document and clause, every gap its standard, every parameter where it comes from.

    A clause of a document that the tool holds is the clause of that document's rule.
    """
    verdicts, gaps, parameters = (audited.table(name) for name in ("verdicts", "gaps", "parameters"))
    known = {rule.id: (document.id, rule.clause) for document in load_documents().values() for rule in document.rules}
    said = zip(verdicts["rule_id"], verdicts["document"].fillna(""), verdicts["clause"].fillna(""), strict=True)
    off = [not all(rest) or tuple(rest) != known.get(rule, tuple(rest)) for rule, *rest in said]
    wrong = (verdicts["estate_id"] + " " + verdicts["rule_id"])[off].tolist()
    wrong += sorted(set(gaps.loc[gaps["standard"].fillna("").eq(""), "facility_type"]))
    wrong += sorted({kind for kind, of in gaps.groupby("facility_type")["standard"] if of.nunique() > 1})
    wrong += parameters.loc[parameters["origin"].isna(), "name"].tolist()
    cited = [(name, clause) for name in CITING_TABLES for clause in audited.table(name)["clause"].dropna().unique()]
    wrong += [f"{name} {clause}" for name, clause in cited for rule in RULE.findall(clause)
              if known.get(rule) is None or not clause.startswith(" ".join(known[rule]))]
    return Outcome(len(verdicts) + len(gaps) + len(parameters) + len(cited), wrong)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


FILE_CHECKS: Mapping[str, Callable[[Audited], Outcome]] = {
    "outputs": outputs_are_those_written, "inputs": inputs_are_those_read, "rows": rows_read_are_used_or_rejected,
    "tables": tables_have_their_rows, "references": ids_refer_to_rows, "shapes": shapes_are_valid,
    "shapefiles": shapefiles_hold_the_rows, "clauses": clauses_are_cited,
}
