"""Workers of a batch: one that dies loses nothing, one town that kills them is told, a scheduler may come and go."""

import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from distributed import Client, Future
from distributed.comm import CommClosedError

from geoplan import workers
from geoplan.errors import ConfigError, DataError
from geoplan.tidying import NEW
from geoplan.workers import Lost, local_workers, results_of, workers_of

HERE = Path(__file__).parent


def twice(number: int) -> int:
    return 2 * number


def die_once(folder: Path, number: int) -> int:
    """Kill the worker the first time, as a machine that goes down would."""
    mark = folder / str(number)
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_at(fatal: int, number: int) -> int:
    if number == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fail_at(bad: int, number: int) -> int:
    if number == bad:
        raise ValueError("odd")
    return number


def kill_at(scheduler: int, fatal: int, number: int) -> int:
    if number == fatal:
        os.kill(scheduler, signal.SIGKILL)
    return number


def tidies_after(_: int) -> int:
    return gc.get_threshold()[0]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with local_workers(2, None) as client:
        yield client


def test_every_thing_comes_back_with_its_result(client: Client) -> None:
    assert sorted(results_of(client, twice, [3, 1, 2])) == [(1, 2), (2, 4), (3, 6)]


def test_a_worker_tidies_up_as_seldom_as_a_run_does(client: Client) -> None:
    assert dict(results_of(client, tidies_after, [1, 2])) == {1: NEW, 2: NEW}


def test_two_workers_killed_in_mid_run_lose_nothing(client: Client, tmp_path: Path) -> None:
    done = sorted(results_of(client, partial(die_once, tmp_path), [1, 2]))
    assert done == [(1, 1), (2, 2)]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1", "2"]


def test_a_worker_that_was_given_up_is_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(workers.SETTINGS, "distributed.deploy.lost-worker-timeout", "1ms")
    monkeypatch.setattr(workers, "LOOK_S", 0.2)
    with local_workers(1, None) as client:
        # A nanny that is given up may still start a worker and take it along: that one is then dead a second time.
        [(number, first)] = results_of(client, partial(die_once, tmp_path), [7])
        assert number == 7
        assert first == 7 or isinstance(first, Lost)
        assert list(results_of(client, twice, [7])) == [(7, 14)]


def test_a_thing_that_kills_its_worker_twice_is_lost_and_no_other(client: Client) -> None:
    done = dict(results_of(client, partial(die_at, 3), range(1, 7)))
    assert isinstance(done.pop(3), Lost)
    assert done == {number: number for number in (1, 2, 4, 5, 6)}


def test_a_fault_of_the_work_comes_as_the_exception(client: Client) -> None:
    done = dict(results_of(client, partial(fail_at, 2), [1, 2]))
    assert done[1] == 1
    assert isinstance(done[2], ValueError)


@pytest.mark.parametrize(("memory", "code"), [("a lot", "batch.memory_unclear"), ("100MB", "batch.memory_small")])
def test_a_memory_limit_that_cannot_be_is_told(memory: str, code: str) -> None:
    with pytest.raises(ConfigError) as caught, local_workers(1, memory):
        pass
    assert [finding.code for finding in caught.value.findings] == [code]


@contextmanager
def standing(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a program of Dask's running."""
    program = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "distributed.cli." + words[0], *words[1:]], cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(HERE)}, stderr=subprocess.DEVNULL)
    try:
        yield program
    finally:
        program.kill()
        program.wait()


@contextmanager
def a_scheduler() -> Iterator[tuple[str, int]]:
    """Give the address and the process of a scheduler with one worker."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    with (
        standing("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard") as scheduler,
        standing("dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"),
    ):
        yield address, scheduler.pid


def test_a_scheduler_that_dies_is_told_and_the_next_one_goes_on() -> None:
    with a_scheduler() as (address, process), workers_of(address) as client:
        with pytest.raises(DataError) as caught:
            list(results_of(client, partial(kill_at, process, 2), [1, 2, 3]))
        assert [finding.code for finding in caught.value.findings] == ["batch.scheduler_lost"]
    with a_scheduler() as (address, _), workers_of(address) as client:
        assert sorted(results_of(client, twice, [1, 2, 3])) == [(1, 2), (2, 4), (3, 6)]


@pytest.mark.parametrize("failure", [CommClosedError("reset by peer"), CancelledError()])
def test_a_scheduler_that_dies_while_a_result_is_fetched_is_told(
    client: Client, monkeypatch: pytest.MonkeyPatch, failure: Exception,
) -> None:
    def broken(*_: object) -> None:
        raise failure

    monkeypatch.setattr(Future, "result", broken)
    with pytest.raises(DataError) as caught:
        list(results_of(client, twice, [1]))
    assert [finding.code for finding in caught.value.findings] == ["batch.scheduler_lost"]


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoplan.workers.WAIT_S", 1)
    with pytest.raises(DataError) as caught, workers_of("tcp://127.0.0.1:1"):
        pass
    assert [finding.code for finding in caught.value.findings] == ["batch.no_scheduler"]
