"""Which steps need not be run again? Those whose program, parameters and inputs are, byte for byte, what they were.

The results of steps lie in a folder beside plan.toml, each in a file named by the digest of all that it came from: a
changed parameter changes the names from there on down, and what lies above is found again. The folder may be deleted at
any time. A file in it that is damaged, or is none of ours, is not used; nothing in it is ever run as a program. Files
are put in place whole, so that two runs at once do no harm, and those used longest ago make room for new ones.
"""

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import requires, version
from inspect import isfunction
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from geoplan.digests import Digester, NoDigestError
from geoplan.edition import edition
from geoplan.errors import Finding
from geoplan.parcels import UNREADABLE, NotPackedError, pack, unpack

CACHE_FOLDER, SUFFIX, PART = ".geoplan-cache", ".step", ".part"
OURS = re.compile(r"[0-9a-f]{64}\.step|.*\.part")
MAGIC, DIGEST_BYTES = b"geoplan step 1\n", 32
MOST_BYTES = 512 << 20
NOTES = {".gitignore": "*\n", "README": (
    "geoplan 的步骤缓存，可随时整个删除。\nResults of geoplan's steps; the whole folder may be deleted at any time.\n")}
P = ParamSpec("P")
R = TypeVar("R")


class Recall(Protocol):
    """Returns what a step gives, whether it has to run for it or not."""

    def __call__(self, step: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...


def anew(step: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a step, whatever was known before."""
    return step(*args, **kwargs)


@contextmanager
def open_cache(
    project: Path | None, report: Callable[[Finding], None], *, most_bytes: int = MOST_BYTES,
) -> Iterator[Recall]:
    """Offer the cache of a project; where there can be none, say so, and every step runs.

    Parameters
    ----------
    project
        The project folder; None where no cache is wanted.
    report
        Is told, as notes that belong to no table, of files that are not used and of a folder that cannot be.
    most_bytes
        How large the folder may be when all is done.
    """
    if project is None:
        yield anew
        return
    folder = project / CACHE_FOLDER
    problem = _make(folder)
    if problem:
        report(Finding("cache.unusable", values={"path": folder, "error": problem}))
        yield anew
        return
    try:
        yield _Shelf(folder, report).recall
    finally:
        _prune(folder, most_bytes)


class _Shelf:
    """The folder of one run."""

    def __init__(self, folder: Path, report: Callable[[Finding], None]) -> None:
        self._folder, self._report = folder, report
        self._digest, self._is_open = Digester(), True

    def recall(self, step: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            key = self._key(step, args, kwargs)
        except NoDigestError:
            return step(*args, **kwargs)
        file = self._folder / f"{key.hex()}{SUFFIX}"
        found = self._read(file, key)
        if found is not None:
            known: R = found[0]
            return known
        result = step(*args, **kwargs)
        if self._is_open:
            self._write(file, key, result)
        return result

    def _key(self, step: Callable[..., object], args: object, kwargs: object) -> bytes:
        if not isfunction(step) or step.__closure__ or "<" in step.__qualname__:
            raise NoDigestError(step)
        return self._digest((program(), step.__module__, step.__qualname__, args, kwargs))

    def _read(self, file: Path, key: bytes) -> tuple[Any] | None:
        """Return the result that a file holds, as a tuple of one, or None where it holds none that can be used."""
        try:
            if not file.is_file() or file.stat().st_size > MOST_BYTES:
                return None
            held = file.read_bytes()
            file.touch()
        except OSError:
            return None
        body = memoryview(held)[len(MAGIC) + DIGEST_BYTES:]
        with suppress(*UNREADABLE):
            if held.startswith(_seal(key, body)):
                return (unpack(bytes(body)),)
        self._report(Finding("cache.damaged", values={"file": file.name}))
        return None

    def _write(self, file: Path, key: bytes, result: object) -> None:
        try:
            packed = pack(result)
            if self._digest(unpack(packed)) != self._digest(result):
                return
            _place(file, _seal(key, memoryview(packed)) + packed)
        except (NotPackedError, NoDigestError, *UNREADABLE):
            return
        except OSError as error:
            self._is_open = False
            self._report(Finding("cache.unusable", values={"path": self._folder, "error": error.strerror or error}))


@cache
def program() -> str:
    """Return what the results depend on besides what steps are given: this program, its libraries, this Python."""
    whole = sha256(f"{sys.version} {sys.platform}".encode())
    for needed in requires("geoplan") or []:
        if "extra ==" not in needed:
            name = re.split(r"[^\w.-]", needed, maxsplit=1)[0]
            whole.update(f" {name} {version(name)}".encode())
    whole.update(f" {edition()['program']}".encode())
    return whole.hexdigest()


def _seal(key: bytes, body: memoryview) -> bytes:
    return MAGIC + sha256(key + body).digest()


def _make(folder: Path) -> str:
    """Make the folder, and return why it cannot be used, or nothing where it can."""
    try:
        if folder.is_symlink():
            return "symlink"
        folder.mkdir(exist_ok=True)
        for name, text in NOTES.items():
            if not (folder / name).exists():
                _place(folder / name, text.encode())
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return str(error.strerror or error)


def _place(file: Path, content: bytes) -> None:
    """Write a file beside its place and move it there whole."""
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=PART, delete=False) as stream:
        part = Path(stream.name)
        try:
            stream.write(content)
            stream.close()
            part.replace(file)
        except OSError:
            stream.close()
            part.unlink(missing_ok=True)
            raise


def _prune(folder: Path, most_bytes: int) -> None:
    """Remove what was used longest ago, until the rest is small enough; files of others stay."""
    with suppress(OSError):
        held = [(file.stat(), file) for file in folder.iterdir() if OURS.fullmatch(file.name) and file.is_file()]
        total = 0
        for about, file in sorted(held, key=lambda one: (-one[0].st_mtime_ns, one[1].name)):
            total += about.st_size
            if total > most_bytes:
                file.unlink(missing_ok=True)
