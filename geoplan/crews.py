"""How is work shared among processes?

Every piece of work gives the same result wherever it is done, and results come back in the order of the work: how many
processes there are changes nothing but the time. A worker is a Python of its own that is sent work and sends back
results; it never runs the program that asked for it again, so a script or a notebook may ask for workers anywhere. What
a worker cannot finish, because it died, is done in this process. A worker whose master is gone stops where it is.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, Protocol, TypeVar

import numpy as np
import shapely
from geopandas.array import GeometryArray

from geoplan.tidying import tidy_seldom

MOST = 8  # processes that are asked for at most where nobody says how many
SERVE = "import sys; sys.path[:] = {path!r}; from geoplan.crews import serve; serve()"
Work = TypeVar("Work")
Result = TypeVar("Result")
Worker = subprocess.Popen[bytes]


class Crew(Protocol):
    """Does some work on each of several things, and returns the results in their order."""

    def __call__(self, work: Callable[[Work], Result], things: Sequence[Work], /) -> list[Result]: ...


def count_processors() -> int:
    """Return how many processes this one may usefully have, itself not counted."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(here, MOST)


@contextmanager
def hire(processes: int) -> Iterator[Crew]:
    """Offer a crew of so many processes; one is this process itself."""
    if processes <= 1:
        yield alone
        return
    with ExitStack() as stack:
        workers: SimpleQueue[Worker] = SimpleQueue()
        for _ in range(processes):
            workers.put(stack.enter_context(_worker()))
        threads = stack.enter_context(ThreadPoolExecutor(processes))

        def together(work: Callable[[Work], Result], things: Sequence[Work], /) -> list[Result]:
            if len(things) <= 1:
                return alone(work, things)
            return list(threads.map(lambda thing: _send(workers, work, thing), things))

        yield together


@contextmanager
def aside(work: Callable[[Work], Result], thing: Work) -> Iterator[Callable[[], Result]]:
    """Let a worker do some work while this process does other; what is given returns the result and waits for it.

    Where the worker dies, fails or cannot be had, the work is done here when its result is asked for: what goes wrong
    is told as if nobody else had tried.
    """
    packed = _pack((work, thing))  # now: this process goes on to use what it sends
    with ThreadPoolExecutor(1) as threads, ExitStack() as stack:
        answer: Future[list[Result]] | None = None
        with suppress(OSError):  # of a machine that starts no further process
            worker = stack.enter_context(_worker(stderr=subprocess.DEVNULL))
            answer = threads.submit(_ask, worker.stdin, worker.stdout, packed)

        def result() -> Result:
            made = answer.result() if answer is not None else []
            return made[0] if made else work(thing)

        yield result


def alone(work: Callable[[Work], Result], things: Sequence[Work], /) -> list[Result]:
    """Do all the work in this process."""
    return [work(thing) for thing in things]


def serve() -> None:
    """Do what comes in through the standard input until it ends, and send results out the way they are expected."""
    tidy_seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever sent the work decides when it ends
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever is printed meanwhile is no result
    sent: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(sent,), daemon=True).start()
    while True:
        work, thing = pickle.loads(sent.get())
        results.write(_pack(work(thing)))
        results.flush()


def _receive(sent: SimpleQueue[bytes]) -> None:
    """Take in what is sent; end this process, whatever it is doing, when nothing can come any more."""
    inward = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    while True:
        try:
            sent.put(pickle.load(inward))
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(0)


@contextmanager
def _worker(stderr: int | None = None) -> Iterator[Worker]:
    worker = subprocess.Popen(
        [sys.executable, "-c", SERVE.format(path=sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=stderr)
    try:
        yield worker
    finally:
        worker.kill()
        worker.communicate()


def _send(workers: SimpleQueue[Worker], work: Callable[[Work], Result], thing: Work) -> Result:
    worker = workers.get()
    try:
        return _answer(worker.stdin, worker.stdout, work, thing)
    finally:
        workers.put(worker)


def _answer(inward: IO[bytes] | None, outward: IO[bytes] | None, work: Callable[[Work], Result], thing: Work) -> Result:
    """Return what a worker makes of a thing, or what this process makes of it where the worker is gone."""
    made: list[Result] = _ask(inward, outward, _pack((work, thing)))
    return made[0] if made else work(thing)


def _ask(inward: IO[bytes] | None, outward: IO[bytes] | None, packed: bytes) -> list[Result]:
    """Return what a worker makes of what it is sent, as the one member of a list; nothing where the worker is gone."""
    if inward is None or outward is None:
        return []
    try:
        pickle.dump(packed, inward)  # packed twice: the first unpacking, beside the work, imports nothing
        inward.flush()
        return [pickle.load(outward)]
    except (EOFError, OSError, pickle.UnpicklingError):
        return []


class _Packer(pickle.Pickler):
    """Packs shapes with the grid that all that is made of them is rounded to: by itself, pickle forgets it."""

    def reducer_override(self, value: object) -> Any:
        if not isinstance(value, GeometryArray):
            return NotImplemented
        shapes = np.asarray(value, dtype=object)
        return _unpacked, (shapely.to_wkb(shapes), shapely.get_precision(shapes), value.crs)


def _pack(value: object) -> bytes:
    packed = BytesIO()
    _Packer(packed, pickle.HIGHEST_PROTOCOL).dump(value)
    return packed.getvalue()


def _unpacked(written: Any, grids: Any, crs: Any) -> GeometryArray:
    shapes = np.asarray(shapely.from_wkb(written), dtype=object)
    for size in np.unique(grids[grids > 0]).tolist():
        shapes[grids == size] = shapely.set_precision(shapes[grids == size], size, mode="pointwise")
    return GeometryArray(shapes, crs)
