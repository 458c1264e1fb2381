"""What befalls a worker of a batch: work wrapped in it, packed so that a worker that dies loads nothing for it."""

import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from geoplan.staging import staged
from geoplan.towns import Town

SMALL_BYTES = 20_000  # every map page is larger


def killed_once(marks: Path, work: bytes, town: Town) -> object:
    """Die in the middle of writing the run folder the first time, then do the work."""
    mark = marks / str(len(town.name))
    if not mark.exists():
        mark.touch()
        town.run.parent.mkdir(parents=True, exist_ok=True)
        with staged(town.run) as folder:
            (folder / "map.html").write_text("half", encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
    return pickle.loads(work)(town)


def on_a_full_disk(name: str, work: bytes, town: Town) -> object:
    """Do the work; for one town no file may grow any more, as on a disk that is full."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if town.name == name:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_BYTES, limits[1]))
    try:
        return pickle.loads(work)(town)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def befallen(hands: Callable[..., Iterator[tuple[Town, object]]], mishap: partial[object]) -> Callable[..., object]:
    """Return hands whose work meets with a mishap."""
    def hand(work: Callable[[Town], object], towns: Sequence[Town]) -> Iterator[tuple[Town, object]]:
        return hands(partial(mishap, pickle.dumps(work)), towns)

    return hand
