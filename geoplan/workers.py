"""Who does the errands of a batch? Workers of Dask: processes of this machine, or those of a scheduler elsewhere.

    one town a worker at a time     Dask blames a death on every town that waits at the worker: none is sent to wait
    one more try, alone             what a death may be blamed on is tried again by itself; dying so, it is told as lost
    no pausing                      a worker that holds memory after a big town would else wait for ever
    no spilling                     a town is too big for its worker or it is not; the nanny ends a worker at its limit
    none stays away                 a nanny that gave its worker up, on a machine too busy to start one, is replaced
    no end by silence               a solver may hold a process for long; a dead process is noticed by its connection

Some of this is a setting of the scheduler: one elsewhere has its own. Dask is an extra
(`pip install geoplan[scale]`); this file alone knows it.
"""

import logging
import pickle
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib.metadata import version
from itertools import islice
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import dask
from dask.utils import parse_bytes
from distributed import Client, LocalCluster, as_completed
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from geoplan.errors import ConfigError, DataError, Finding, listed
from geoplan.tidying import tidy_seldom

Thing = TypeVar("Thing")
Result = TypeVar("Result")

OURS = "geoplan"
LOCAL = "127.0.0.1:0"  # any free port, and nobody from elsewhere
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.worker-ttl": None,
    "distributed.deploy.lost-worker-timeout": "60s",
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
}
MIN_BYTES = 512 * 2**20  # the libraries alone take 300 MB: a smaller worker would die before its first town
WAIT_S = 60  # for a scheduler to answer and for its first worker
LOOK_S = 5.0  # between two looks whether every worker is there
GONE = "cancelled", "lost"


class Lost:
    """Stands for the result of an errand whose worker died, twice."""


@contextmanager
def local_workers(count: int, memory: str | None) -> Iterator[Client]:
    """Start so many processes on this machine and give a client of them; nothing is left when the block ends.

    Parameters
    ----------
    count
        Processes.
    memory
        Limit of each, as `2GB`; None shares what the machine has. ConfigError where it cannot be used.
    """
    limit = "auto" if memory is None else _bytes(memory)
    with (
        TemporaryDirectory(prefix="geoplan-", ignore_cleanup_errors=True) as scratch,
        dask.config.set({**SETTINGS, "temporary-directory": scratch}),
        LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, memory_limit=limit, dashboard_address=LOCAL,
            silence_logs=logging.CRITICAL) as cluster,
        _kept_up(cluster), Client(cluster) as client,
    ):
        yield client


@contextmanager
def _kept_up(cluster: LocalCluster) -> Iterator[None]:
    is_over = threading.Event()
    watch = threading.Thread(target=_keep_up, args=(cluster, is_over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        is_over.set()
        watch.join()


def _keep_up(cluster: LocalCluster, is_over: threading.Event) -> None:
    """Start a worker for each that was given up: Dask would wait for it with every town undone."""
    while not is_over.wait(LOOK_S):
        wanted = len(cluster.worker_spec)
        if len(cluster.workers) < wanted:
            cluster.scale(wanted)


@contextmanager
def workers_of(address: str) -> Iterator[Client]:
    """Give a client of a scheduler elsewhere; DataError where it does not answer or has no worker."""
    try:
        client = Client(address, timeout=WAIT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise DataError([Finding("batch.no_scheduler", values={"address": address, "error": error})]) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT_S)
        except TimeoutError as error:
            raise DataError([Finding("batch.no_workers", values={"address": address})]) from error
        _check_versions(client)
        yield client


def results_of(
    client: Client, work: Callable[[Thing], Result], things: Sequence[Thing],
) -> Iterator[tuple[Thing, Result | BaseException | Lost]]:
    """Do some work on each of several things, and give each thing with its result as it is done.

    Parameters
    ----------
    client
        Of the workers.
    work
        Must be importable there.
    things
        In the order in which they are to be begun.

    Returns
    -------
    results
        A fault of the work comes as the exception it raised. DataError where the scheduler is lost.
    """
    packed = pickle.dumps(work)
    suspects: list[Thing] = []
    with _scheduler_there():
        at_once = sum(client.nthreads().values())
    for thing, result in _sent(client, packed, things, at_once=at_once):
        if isinstance(result, Lost):
            suspects.append(thing)
        else:
            yield thing, result
    yield from _sent(client, packed, suspects, at_once=1)


def _sent(client: Client, work: bytes, things: Sequence[Thing], *, at_once: int) -> Iterator[tuple[Thing, Any]]:
    """Give each thing with its result; a further one is sent only when one has come back."""
    def send(thing: Thing) -> Any:
        with _scheduler_there():
            future = client.submit(_do, work, pickle.dumps(thing), pure=False)
        sent[future] = thing
        return future

    sent: dict[Any, Thing] = {}
    waiting = iter(things)
    running = as_completed([send(thing) for thing in islice(waiting, max(1, at_once))])
    for future in running:
        for thing in islice(waiting, 1):
            running.add(send(thing))
        yield sent.pop(future), _result(future)


def _check_versions(client: Client) -> None:
    """DataError where a worker has no geoplan or another: what it cannot load would else be sent to it for ever."""
    found = client.run(version, OURS, on_error="return")
    others = sorted({str(one) for one in found.values() if one != version(OURS)})
    if others:
        raise DataError([Finding("batch.other_version", values={"asked": version(OURS), "found": listed(others)})])


def _do(work: bytes, thing: bytes) -> Any:
    """Unpack an errand and do it: one that a worker cannot unpack fails there, and does not take the worker along."""
    tidy_seldom()
    return pickle.loads(work)(pickle.loads(thing))


def _result(future: Any) -> Any:
    if future.status in GONE:
        raise DataError([Finding("batch.scheduler_lost")])
    with _scheduler_there():
        error = future.exception()
        if isinstance(error, CancelledError):
            raise error
        if error is None:
            return future.result()
    return Lost() if isinstance(error, KilledWorker | MemoryError) else error


@contextmanager
def _scheduler_there() -> Iterator[None]:
    """Tell the loss of a scheduler that dies while it is asked, before Dask has noticed and marked what it held."""
    try:
        yield
    except (CommClosedError, CancelledError) as error:
        raise DataError([Finding("batch.scheduler_lost")]) from error


def _bytes(said: str) -> int:
    try:
        number = int(parse_bytes(said))
    except ValueError:
        raise ConfigError([Finding("batch.memory_unclear", values={"said": said})]) from None
    if number < MIN_BYTES:
        raise ConfigError([Finding("batch.memory_small", values={"said": said, "least": f"{MIN_BYTES >> 20} MiB"})])
    return number
