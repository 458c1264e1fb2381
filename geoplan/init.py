"""What would plan.toml say of these files? A first draft with the evidence for every line, for the planner to go over.

Every file is looked at with the eyes of the readers. What a name and its values say plainly is written down; what has
to be guessed (datum, CRS, a doubtful column, an unknown word) is written as a comment, so that a run stops and asks
instead of going on with it. An existing plan.toml is never touched.
"""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from geoplan.drafts import Table, draft_text
from geoplan.errors import ConfigError, DataError, Finding, raise_all
from geoplan.evidence import Evidence, Key, because, tell
from geoplan.facility_types import type_of_point, type_of_word, type_words
from geoplan.policy import load_catalogue
from geoplan.project import PLAN_FILE, SINGLE_LAYERS
from geoplan.proposals import AXES, Proposal, codes_of, propose_columns, unused_columns
from geoplan.schema import columns_of, labels_of, lines_of
from geoplan.sniffing import Sniffed, sniff
from geoplan.whereabouts import guess_places
from geoplan.words import is_blank, word_key

LISTED_WORDS = 200
ALIKE = 3
LAYERS = (*SINGLE_LAYERS[:4], "barriers", *SINGLE_LAYERS[4:])
Proposals = Mapping[str, Sequence[Proposal]]


def draft_project(
    folder: Path, files: Mapping[str, Path], *, name: str | None = None, jurisdiction: str | None = None,
    as_of: date | None = None, year: int | None = None, language: str = "zh",
) -> tuple[str, list[Finding]]:
    """Return the text of a first plan.toml for some files, or everything that stands in its way.

    Parameters
    ----------
    folder
        The project folder; paths are written as seen from it, and may be given so.
    files
        Layer -> its file; a barrier layer is called barriers.water.
    name
        What the plan is called; without one the folder's name stands in, and says so.
    jurisdiction, as_of, year
        As [plan] has them; what is not given is left for the planner to fill in.
    language
        zh or en, of comments and results.

    Returns
    -------
    text
        "" where a file cannot be used.
    findings
        Each one stops the draft.
    """
    sniffed: dict[str, Sniffed] = {}
    findings = [] if "estates" in files else [Finding("project.no_section", PLAN_FILE, values={"where": "estates"})]
    for layer in sorted(files, key=_place):
        if layer.partition(".")[0] not in LAYERS or (layer.startswith("barriers") and not layer.partition(".")[2]):
            findings.append(Finding("project.unknown_section", PLAN_FILE, values={"where": layer}))
            continue
        path = _found(files[layer], folder)
        found, problems = sniff(path, _path_seen(path, folder), layer)
        findings += problems
        if found is not None:
            sniffed[layer] = found
    if findings:
        return "", findings
    title = name or folder.resolve().name or "plan"
    proposals = {layer: propose_columns(found.opened, found.kind, found.levels) for layer, found in sniffed.items()}
    places = guess_places(sniffed, proposals)
    tables = [_header(title, name is not None, jurisdiction, as_of, year, language)]
    for layer, found in sniffed.items():
        tables += _section(found, proposals[layer], places.get(layer, []), language)
    return draft_text(title, tables, _missing(sniffed, proposals, language), language), []


def write_draft(
    folder: Path, files: Mapping[str, Path], *, name: str | None = None, jurisdiction: str | None = None,
    as_of: date | None = None, year: int | None = None, language: str = "zh",
) -> Path:
    """Write the draft as plan.toml into a folder; DataError tells every problem, ConfigError that there is one already.

    Returns
    -------
    file
        The plan.toml.
    """
    file = folder / PLAN_FILE
    if os.path.lexists(file):
        raise ConfigError([Finding("init.exists", values={"path": str(file)})], language)
    text, findings = draft_project(
        folder, files, name=name, jurisdiction=jurisdiction, as_of=as_of, year=year, language=language)
    raise_all(DataError, findings, language)
    if folder.exists() and not folder.is_dir():
        raise ConfigError([Finding("init.not_written", values={
            "path": str(file), "why": os.strerror(errno.ENOTDIR)})], language)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(file, text.encode("utf-8"))
    except FileExistsError:
        raise ConfigError([Finding("init.exists", values={"path": str(file)})], language) from None
    except OSError as error:
        raise ConfigError([Finding("init.not_written", values={
            "path": str(file), "why": error.strerror or str(error)})], language) from None
    return file


def _write_whole(file: Path, data: bytes) -> None:
    """Write a file that was not there; where it cannot be written whole, none is left."""
    with file.open("xb") as stream:
        try:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        except OSError:
            file.unlink()
            raise


def _place(layer: str) -> tuple[int, str]:
    kind = layer.partition(".")[0]
    return (LAYERS.index(kind) if kind in LAYERS else len(LAYERS)), layer


def _found(path: Path, folder: Path) -> Path:
    """Return where a file is: as seen from here or, where there is none, as seen from the project folder."""
    return path if path.exists() or not (folder / path).exists() else folder / path


def _path_seen(path: Path, folder: Path) -> str:
    """Return a path as seen from the project folder, with slashes; the whole path where it is on another drive."""
    there = path.parent.resolve() / path.name
    try:
        return Path(os.path.relpath(there, folder.resolve())).as_posix()
    except ValueError:
        return there.as_posix()


def _header(
    title: str, is_given: bool, jurisdiction: str | None, as_of: date | None, year: int | None, language: str
) -> Table:
    asked = [("jurisdiction", jurisdiction), ("as_of", as_of), ("year", year)]
    return Table(("plan",), (
        Key("name", title, True, () if is_given else (because("name_of_folder"),)),
        *(Key(name, "" if value is None else value, value is not None,
              () if value is not None else (because(f"give_{name}"),)) for name, value in asked),
        Key("language", language, True)))


def _section(found: Sniffed, proposals: Sequence[Proposal], places: Sequence[Key], language: str) -> Iterator[Table]:
    """Return the tables of one layer: where it is, its columns, its words."""
    path = tuple(found.layer.split(".", 1))
    code = f"section_{found.kind}"
    heading = tell(because(code, name=path[-1]) if len(path) > 1 else because(code), language)
    about = tell(because("file", format=found.opened.format, rows=len(found.opened.row)), language)
    axes = [_key_of(proposal) for proposal in proposals if proposal.ours in AXES]
    columns = tuple(_key_of(proposal) for proposal in proposals if proposal.ours not in AXES)
    unused = unused_columns(found.opened, proposals)
    below = (because("unused", columns="、".join(name[:20] for name in unused[:30])),) if unused else ()
    keys = (Key("path", found.said, True), *found.keys, *axes, *places, *_extra(found, proposals))
    yield Table(path, keys, heading=f"{heading}（{about}）" if language == "zh" else f"{heading} ({about})")
    yield Table((*path, "columns"), columns, below=below)
    sure = {proposal.ours: proposal.theirs for proposal in proposals if proposal.is_sure}
    for column in columns_of(found.kind, "in"):
        if column.values and column.name in sure:
            yield Table((*path, "values", column.name), tuple(_words(found, sure[column.name], column.values)))
    if found.kind == "facilities" and "facility_type" in sure:
        yield _types(found, sure["facility_type"], path)


def _key_of(proposal: Proposal) -> Key:
    return Key(proposal.ours, proposal.theirs, proposal.is_sure, proposal.why)


def _counts(found: Sniffed, theirs: str) -> list[tuple[str, int]]:
    """Return the words of a column with how often they stand there, the most frequent first."""
    cells = found.opened.cells.iloc[:, [str(name) for name in found.opened.cells.columns].index(theirs)]
    counts = cells.dropna().value_counts()
    return sorted(((str(word), int(count)) for word, count in counts.items() if not is_blank(str(word))),
                  key=lambda each: (-each[1], each[0]))


def _extra(found: Sniffed, proposals: Sequence[Proposal]) -> Iterator[Key]:
    if found.kind == "facilities":
        yield Key("complete", ["KINDERGARTEN"], False, (because("complete"),))
    sure = {proposal.ours: proposal.theirs for proposal in proposals if proposal.is_sure}
    if found.kind == "streets" and "class" in sure:
        classes = "、".join(f"{word} {count}" for word, count in _counts(found, sure["class"])[:LISTED_WORDS])
        yield Key("not_walkable", {sure["class"]: []}, False, (because("not_walkable", classes=classes),))


def _words(found: Sniffed, theirs: str, values: str) -> Iterator[Key]:
    """Return the words of a closed list: known ones with their code, others for the planner to say."""
    codes = codes_of(values)
    allowed = "、".join(labels_of(values, "en"))
    for word, count in _counts(found, theirs)[:LISTED_WORDS]:
        code = codes.get(word_key(word))
        why = because("words", count=count) if code else because("word_unknown", count=count, codes=allowed)
        yield Key(word, code or "", code is not None, (why,))


def _types(found: Sniffed, theirs: str, path: tuple[str, ...]) -> Table:
    known = type_words({})
    counts = _counts(found, theirs)
    sure = [Key(word, code, True, (because("words", count=count),)) for word, count in counts
            if (code := type_of_word(word, known)) is not None]
    open_words = [(word, count) for word, count in counts if type_of_word(word, known) is None]
    doubtful = [_doubtful_type(word, count) for word, count in open_words[:LISTED_WORDS]]
    blank = len(found.opened.row) - sum(count for _, count in counts)
    below = [because("types_left", count=len(open_words) - LISTED_WORDS)] if len(open_words) > LISTED_WORDS else []
    below += [because("no_type", count=blank)] if blank else []
    return Table((*path, "types"), (*sure, *doubtful), below=tuple(below))


def _doubtful_type(word: str, count: int) -> Key:
    guess = type_of_point(None, word)
    if guess is not None:
        return Key(word, guess, False, (because("type_pattern", count=count),))
    alike = _alike(word)
    why = because("type_alike", count=count, alike=alike) if alike else because("type_unknown", count=count)
    return Key(word, "", False, (why,))


def _alike(word: str) -> str:
    """Return words of the catalogue that share two letters or more in a row with a word, the most alike first."""
    pairs = _pairs(word)
    shared = []
    for line in load_catalogue().to_dict("records"):
        best = max(line["words"].split("|"), key=lambda known: (len(pairs & _pairs(known)), known))
        if pairs & _pairs(best):
            shared.append((-len(pairs & _pairs(best)), line["facility_type"], best))
    return "、".join(f"{best}→{code}" for _, code, best in sorted(shared)[:ALIKE])


def _pairs(word: str) -> set[str]:
    key = word_key(word)
    return {key[at:at + 2] for at in range(len(key) - 1)}


def _missing(sniffed: Mapping[str, Sniffed], proposals: Proposals, language: str) -> list[Evidence]:
    """Return what was not brought or is still open, and what it costs; draft_needs.csv has the effects."""
    kinds = {found.kind for found in sniffed.values()}
    sure = {(found.kind, proposal.ours) for name, found in sniffed.items()
            for proposal in proposals[name] if proposal.is_sure}
    missing = []
    for line in lines_of("draft_needs.csv"):
        kind, columns = line["layer"], line["columns"].split("|") if line["columns"] else []
        if not columns and kind not in kinds:
            missing.append(because("missing_layer", what=_layer_word(kind, language), effect=line[language]))
        if columns and kind in kinds and not any((kind, column) in sure for column in columns):
            heads = {column.name: getattr(column, language) for column in columns_of(kind, "in")}
            what = ("、" if language == "zh" else ", ").join(f"{heads[column]}({column})" for column in columns)
            layer = _layer_word(kind, language)
            missing.append(because("missing_columns", layer=layer, what=what, effect=line[language]))
    return missing


def _layer_word(kind: str, language: str) -> str:
    return tell(because(f"section_{kind}", name=kind), language).partition("：")[0].partition(":")[0]
