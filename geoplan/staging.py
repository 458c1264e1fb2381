"""How does a folder come to be whole or absent? Written beside its place, forced to the disk, then renamed.

    .NAME.part-PID   what is being written
    .NAME.old-PID    what stood there before, for the moment between two renames
    .NAME.lock       held while one process writes; the system lets go of it when that process dies

A process that is killed leaves at most hidden folders; the next to come puts back what was whole, removes the rest.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EACCES, EDQUOT, EFBIG, ENOSPC, EPERM, EROFS
from pathlib import Path
from typing import Any

from geoplan.errors import DataError, Finding, is_short_of_memory, raise_all
from geoplan.locks import lock

MANIFEST = "manifest.json"
CONTRACT_KEYS = {"inputs", "outputs", "rows", "steps"}  # what makes a manifest ours
PLAN_FILE = "plan.toml"  # where one lies, a planner works: never ours to remove
LEFTOVERS = ("old", "part")
FULL, FORBIDDEN = {ENOSPC, EDQUOT, EFBIG}, {EACCES, EPERM, EROFS}
ROOM_BYTES = 1_000_000  # less than this left on the disk is a full disk, whatever a library says


def check_out(out: Path) -> list[Finding]:
    """Return why a folder cannot be written or replaced; first put right what a killed process left beside it.

    Parameters
    ----------
    out
        The run folder wanted: absent, empty, or an earlier run. Its parent is made where the grandparent exists.

    Returns
    -------
    findings
        Empty where it can be written.
    """
    target = out.resolve()
    if not target.parent.is_dir():
        return [] if _can_be_made(target.parent) else [_finding("no_parent", out, parent=out.parent)]
    try:
        with _locked(target):
            _mend(target)
            return [] if _is_replaceable(target) else [_finding("out_not_ours", out)]
    except DataError as error:
        return list(error.findings)
    except OSError as error:
        return [disk_finding(out, error)]


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give an empty folder to write into; it becomes `out` when the block ends well, and is removed otherwise.

    DataError where `out` is not ours to replace or another process is writing it; OSError where the disk refuses.
    """
    target = out.resolve()
    raise_all(DataError, check_out(out))
    with _parent(target), _locked(target):
        staging = _beside(target, "part")
        try:
            staging.mkdir()
            yield staging
            _sync(staging)
            _replace(target, staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def read_manifest(folder: Path) -> Mapping[str, Any] | None:
    """Return the manifest of an earlier run or check, or None where there is none of ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and set(manifest) >= CONTRACT_KEYS else None


def disk_finding(out: Path, error: OSError) -> Finding:
    """Return what to tell a planner of an error of the disk."""
    if error.errno in FULL or _is_full(out):
        return _finding("disk_full", out)
    if is_short_of_memory(error):
        return _finding("no_memory", out)
    if error.errno in FORBIDDEN:
        return _finding("no_permission", out, file=error.filename or out)
    return _finding("disk", out, error=error)


def _finding(code: str, out: Path, **values: object) -> Finding:
    return Finding(f"publish.{code}", values={"path": out, **values})


def _is_full(out: Path) -> bool:
    place = next(folder for folder in out.resolve().parents if folder.exists())
    return shutil.disk_usage(place).free < ROOM_BYTES


def _can_be_made(folder: Path) -> bool:
    return folder.parent.is_dir() and not folder.exists() and os.access(folder.parent, os.W_OK)


def _is_replaceable(target: Path) -> bool:
    if not target.exists():
        return True
    if not target.is_dir():
        return False
    names = {file.name for file in target.iterdir()}
    return not names or (PLAN_FILE not in names and read_manifest(target) is not None)


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{kind}-{os.getpid()}")


@contextmanager
def _parent(target: Path) -> Iterator[None]:
    """Make the parent where it is missing; take it away again where it stays empty."""
    if target.parent.is_dir():
        yield
        return
    target.parent.mkdir()
    try:
        yield
    finally:
        with suppress(OSError):
            target.parent.rmdir()


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Hold the lock of a target; DataError where another process holds it. Disks that know no locks go without."""
    file = target.with_name(f".{target.name}.lock")
    with file.open("ab") as stream:
        try:
            lock(stream.fileno())
        except (BlockingIOError, PermissionError):
            raise DataError([_finding("in_use", target)]) from None
        except OSError:
            pass
        try:
            yield
        finally:
            if sys.platform != "win32":  # removed while held, so that nobody can hold a file without a name
                file.unlink(missing_ok=True)
    if sys.platform == "win32":
        with suppress(OSError):
            file.unlink()


def _mend(target: Path) -> None:
    """Put back or remove what dead processes left; only the holder of the lock may."""
    for kind in LEFTOVERS:
        name = re.compile(rf"\.{re.escape(target.name)}\.{kind}-\d+")
        for left in sorted(file for file in target.parent.iterdir() if name.fullmatch(file.name)):
            if kind == "old" and not target.exists():
                left.rename(target)
            else:
                shutil.rmtree(left, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Force every file, then every folder, to the disk."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    for file in files:
        with file.open("rb+") as stream:
            os.fsync(stream.fileno())
    for place in sorted({file.parent for file in files} | {folder}):
        _sync_folder(place)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":  # knows no such thing
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(target: Path, staging: Path) -> None:
    if not target.exists():
        staging.rename(target)
        _sync_folder(target.parent)
        return
    old = _beside(target, "old")
    target.rename(old)
    try:
        staging.rename(target)
    except OSError:
        old.rename(target)
        raise
    _sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)
