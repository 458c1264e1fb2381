"""How is work shared among processes?

Every piece of work gives the same result wherever it is done, and results come back in the order of the work: how many
processes there are changes nothing but the time. A worker is a Python of its own that is sent work and sends back
results; it never runs the program that asked for it again, so a script or a notebook may ask for workers anywhere. What
a worker cannot finish, because it died, is done in this process.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from typing import IO, Protocol, TypeVar

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


def alone(work: Callable[[Work], Result], things: Sequence[Work], /) -> list[Result]:
    """Do all the work in this process."""
    return [work(thing) for thing in things]


def serve() -> None:
    """Do what comes in through the standard input until it ends, and send results out the way they are expected."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever sent the work decides when it ends
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever is printed meanwhile is no result
    while True:
        try:
            work, thing = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(work(thing), results)
        results.flush()


@contextmanager
def _worker() -> Iterator[Worker]:
    worker = subprocess.Popen(
        [sys.executable, "-c", SERVE.format(path=sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
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
    if inward is None or outward is None:
        return work(thing)
    try:
        pickle.dump((work, thing), inward)
        inward.flush()
        result: Result = pickle.load(outward)
    except (EOFError, OSError, pickle.UnpicklingError):
        return work(thing)
    return result
