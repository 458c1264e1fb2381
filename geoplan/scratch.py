"""Where do files lie that only this run needs? In a folder of its own, which goes in the end, however the run ends.

    geoplan-scratch-NAME        the folder, where the system keeps what is temporary
    geoplan-scratch-NAME.lock   held while its process lives

A process that is killed leaves both behind; the next that asks for such a folder removes every one that nobody holds.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkstemp

from geoplan.locks import lock

PREFIX, LOCK = "geoplan-scratch-", ".lock"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give an empty folder that nobody else sees, for as long as the block lasts; OSError where there is no room."""
    _sweep(Path(gettempdir()))
    with ExitStack() as last:
        held, name = mkstemp(prefix=PREFIX, suffix=LOCK)
        last.callback(Path(name).unlink, missing_ok=True)
        last.callback(os.close, held)
        with suppress(OSError):  # a disk that knows no locks: nobody will remove what a killed process leaves
            lock(held)
        folder = Path(name.removesuffix(LOCK))
        folder.mkdir(mode=0o700)
        last.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


def _sweep(place: Path) -> None:
    """Remove the folders of processes that are dead; whoever lives took the lock before the folder was there."""
    files = [file for file in sorted(place.glob(f"{PREFIX}*{LOCK}")) if file.with_suffix("").is_dir()]
    for file in files:
        with suppress(OSError):
            with file.open("ab") as stream:
                lock(stream.fileno())
                shutil.rmtree(file.with_suffix(""), ignore_errors=True)
            file.unlink()
