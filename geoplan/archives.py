"""What is in the .zip? One file of a planner's, unpacked for as long as it is read, in a folder nobody else sees.

Only the members that make up that one file are unpacked, under names of our own making, never where the archive says.
Counts, sizes and ratios are looked at before a byte is unpacked. Names in GBK, as Windows in China writes them, are
decoded. An archive in an archive, a member that leads elsewhere, a password: refused, each with its reason.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from geoplan.errors import Finding, listed
from geoplan.preflight import ARCHIVE, SHAPEFILE, SIDECARS, check_file, format_of
from geoplan.scratch import scratch_folder
from geoplan.settings import Source

MAX_MEMBERS = 1_000
MAX_BYTES = 2_000_000_000  # unpacked; no part of a shapefile can be larger
MAX_RATIO = 200  # unpacked to packed; blank fields of a .dbf shrink far, but not for long
MAX_UNPACKED_UNASKED = 50_000_000  # bytes up to which no ratio is asked
PACKED_BY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED, NAMED_IN_UTF8 = 0x1, 0x800  # bits of a member's flags
ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".kmz")
FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*\\]')  # no file of Windows is called so
SYSTEM_FILES = re.compile(r"(?:__MACOSX/.*|(?:.*/)?(?:\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini))", re.IGNORECASE)
CHUNK_BYTES = 1 << 20


class Member(NamedTuple):
    """A file in an archive: its name as the planner sees it, and what the archive says of it."""

    path: PurePosixPath
    info: zipfile.ZipInfo


class Unpacked(NamedTuple):
    """A file to read and what plan.toml says of it; None and the reasons where it cannot be read."""

    path: Path | None
    source: Source
    findings: list[Finding]


@contextmanager
def at_hand(path: Path, source: Source, layer: str) -> Iterator[Unpacked]:
    """Give a file as it can be read: itself, or what is in it where it is a .zip, for as long as the block lasts.

    Parameters
    ----------
    path
        Where the file is.
    source
        What plan.toml says of it; `layer` names the file in an archive that holds several.
    layer
        Name of the layer, for the findings.
    """
    findings = check_file(path, source.path, layer)
    if findings or format_of(path) != ARCHIVE:
        yield Unpacked(None if findings else path, source, findings)
        return
    with scratch_folder() as folder:
        yield _unpacked(path, source, layer, folder)


def _unpacked(path: Path, source: Source, layer: str, folder: Path) -> Unpacked:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [Member(PurePosixPath(_name(info)), info) for info in archive.infolist() if not info.is_dir()]
            findings = _refused(path, members, layer)
            wanted = [] if findings else [member for member in members if not SYSTEM_FILES.fullmatch(str(member.path))]
            chosen, more = ([], findings) if findings else _chosen(path, wanted, source, layer)
            if more:
                return Unpacked(None, source, more)
            for member in chosen:
                _unpack(archive, member, folder / member.path.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return Unpacked(None, source, [Finding("preflight.damaged", layer, values={"file": path.name})])
    except OSError as error:
        return Unpacked(None, source, [Finding("archives.no_room", layer, values={"file": path.name, "said": error})])
    inner = folder / chosen[0].path.name
    is_named = source.layer is not None and source.layer in (chosen[0].path.name, chosen[0].path.stem)
    said = source.model_copy(update={"layer": None}) if is_named else source
    findings = check_file(inner, inner.name, layer)
    return Unpacked(None if findings else inner, said, findings)


def _name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member: in UTF-8 where it says so or can be, else in GBK, as Windows in China writes it."""
    if info.flag_bits & NAMED_IN_UTF8:
        return info.orig_filename
    try:
        data = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _refused(path: Path, members: Sequence[Member], layer: str) -> list[Finding]:
    """Return why an archive is not unpacked at all; the first reason is enough."""
    size, packed = (sum(getattr(member.info, what) for member in members) for what in ("file_size", "compress_size"))
    is_far = size > MAX_BYTES or (size > MAX_UNPACKED_UNASKED and size > MAX_RATIO * max(packed, 1))
    reasons: dict[str, Sequence[object]] = {
        "archives.too_many": [len(members)] if len(members) > MAX_MEMBERS else [],
        "archives.encrypted": [member.path for member in members if member.info.flag_bits & ENCRYPTED],
        "archives.unsafe_name": [member.path for member in members if not _is_safe(member)],
        "archives.link": [member.path for member in members if _leads_away(member.info)],
        "archives.nested": [member.path for member in members if member.path.suffix.lower() in ARCHIVES],
        "archives.method": [member.path for member in members if member.info.compress_type not in PACKED_BY],
        "preflight.unpacks_too_far": [size] if is_far else [],
    }
    return [Finding(code, layer, values={
        "file": path.name, "said": listed(_shown(each) for each in found), "most": MAX_MEMBERS, "size": size,
    }) for code, found in reasons.items() if found][:1]


def _shown(said: object) -> str:
    return FORBIDDEN.sub("?", str(said))


def _is_safe(member: Member) -> bool:
    """Say whether a name stays inside the archive and could be the name of a file anywhere."""
    return not (member.path.is_absolute() or ".." in member.path.parts or not member.path.name
                or FORBIDDEN.search(str(member.path)))


def _leads_away(info: zipfile.ZipInfo) -> bool:
    """Say whether a member is a link, a pipe or a device: whatever it is, no plain file."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind not in (0, stat.S_IFREG)


def _chosen(path: Path, members: Sequence[Member], source: Source, layer: str) -> tuple[list[Member], list[Finding]]:
    """Return the members that make up the one file to read, that file first."""
    readable = [member for member in members if format_of(Path(member.path.name)) is not None]
    named = [member for member in readable if source.layer in (member.path.name, member.path.stem, str(member.path))]
    found = readable if len(readable) == 1 else named
    if len(found) != 1:
        code = "archives.which" if readable else "archives.nothing"
        return [], [Finding(code, layer, values={
            "file": path.name, "said": listed(str(member.path) for member in readable)})]
    main = found[0]
    wanted = {main.path.name.lower()}
    if format_of(Path(main.path.name)) == SHAPEFILE:
        wanted |= {main.path.with_suffix(suffix).name.lower() for suffix in SIDECARS}
    parts = [member for member in members if member.path.parent == main.path.parent
             and member.path.name.lower() in wanted]
    names = [member.path.name.lower() for member in parts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return [], [Finding("archives.twice", layer, values={"file": path.name, "said": listed(twice)})]
    return sorted(parts, key=lambda member: member is not main), []


def _unpack(archive: zipfile.ZipFile, member: Member, target: Path) -> None:
    with archive.open(member.info) as packed, target.open("xb") as stream:
        while chunk := packed.read(CHUNK_BYTES):
            stream.write(chunk)
