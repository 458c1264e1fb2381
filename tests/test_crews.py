"""Crews: the same results in the same order, whoever does the work, and no work lost with a worker."""

import os
import signal
import subprocess
import sys
from math import sqrt
from pathlib import Path

import pytest

from geoplan.crews import alone, count_processors, hire

TESTS = Path(__file__).parent


def leave_or_double(number: int) -> int:
    """Die where this is a worker that was told so, and double the number anywhere else."""
    if number == 3 and os.environ.get("GEOPLAN_TEST_MAIN") != str(os.getpid()):
        os.kill(os.getpid(), signal.SIGTERM)
    return 2 * number


def print_and_double(number: int) -> int:
    print("this is no result")
    return 2 * number


def refuse(number: int) -> int:
    raise ValueError(f"{number} is refused")


@pytest.mark.parametrize("processes", [0, 1, 2])
def test_results_come_in_the_order_of_the_work(processes: int) -> None:
    with hire(processes) as crew:
        assert crew(sqrt, [9, 4, 1, 0, 16]) == [3, 2, 1, 0, 4]
        assert crew(sqrt, []) == []
        assert crew(sqrt, [25]) == [5]


def test_work_alone_is_done_in_order() -> None:
    assert alone(str, [2, 1]) == ["2", "1"]


def test_what_a_worker_prints_is_no_result() -> None:
    with hire(2) as crew:
        assert crew(print_and_double, [1, 2]) == [2, 4]


def test_what_a_dead_worker_leaves_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOPLAN_TEST_MAIN", str(os.getpid()))
    with hire(2) as crew:
        assert crew(leave_or_double, list(range(8))) == [2 * number for number in range(8)]
        assert crew(leave_or_double, [3, 3, 3, 1]) == [6, 6, 6, 2]


def test_what_goes_wrong_in_the_work_is_told_as_if_done_here(capfd: pytest.CaptureFixture[str]) -> None:
    with hire(2) as crew, pytest.raises(ValueError, match="is refused"):
        crew(refuse, [1, 2])
    assert "1 is refused" in capfd.readouterr().err


def test_a_script_without_a_guard_may_hire() -> None:
    script = "from geoplan.crews import hire\nprint('once')\nwith hire(2) as crew:\n    print(crew(abs, [-1, -2]))\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=TESTS)
    assert (done.stdout, done.returncode) == ("once\n[1, 2]\n", 0)


def test_there_is_at_least_one_processor() -> None:
    assert 1 <= count_processors() <= 8
