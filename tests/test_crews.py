"""Crews: the same results in the same order, whoever does the work, and no work lost with a worker."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from math import sqrt
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geoplan.crews import alone, aside, count_processors, hire

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


def centroids_of(town: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return town.set_geometry(town.centroid)


def process_of(_: int) -> int:
    return os.getpid()


def say_who_and_wait(file: Path) -> None:
    """Leave the number of this process in a file, then work for as long as nobody ends it."""
    file.with_suffix(".new").write_text(str(os.getpid()), encoding="ascii")
    file.with_suffix(".new").rename(file)
    time.sleep(600)


def wait_for(file: Path) -> int:
    while not file.exists():
        time.sleep(0.01)
    return int(file.read_text(encoding="ascii"))


def has_ended(number: int) -> bool:
    """Wait until a process has ended; the test is stopped from outside where it never does."""
    while True:
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return True
        if sys.platform == "linux" and Path(f"/proc/{number}/stat").read_text("ascii").split(")")[1].split()[0] == "Z":
            return True  # its new parent has not looked yet
        time.sleep(0.01)


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


def test_shapes_reach_a_worker_and_come_back_with_the_grid_they_are_rounded_to() -> None:
    # the middle of the triangle is at 1/3, 1/3 of its side: (0.333, 0.333) on a grid of a millimetre
    triangle = shapely.Polygon([(0, 0), (1, 0), (0, 1)])
    town = gpd.GeoDataFrame(geometry=[shapely.set_precision(triangle, 0.001), triangle, None], crs="EPSG:4549")
    with aside(centroids_of, town) as result:
        found = result()
    assert found.equals(centroids_of(town))
    assert shapely.get_coordinates(found.geometry).tolist() == [[0.333, 0.333], [1 / 3, 1 / 3]]
    assert shapely.get_precision(found.geometry.to_numpy())[:2].tolist() == [0.001, 0.0]
    assert found.crs == town.crs


def test_work_aside_is_done_by_another_process() -> None:
    with aside(process_of, 1) as result:
        assert result() != os.getpid()


def test_work_of_a_worker_that_dies_aside_is_done_here_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOPLAN_TEST_MAIN", str(os.getpid()))
    with aside(leave_or_double, 3) as result:
        assert result() == 6


def test_what_goes_wrong_aside_is_told_once_and_as_if_done_here(capfd: pytest.CaptureFixture[str]) -> None:
    with aside(refuse, 1) as result, pytest.raises(ValueError, match="1 is refused"):
        result()
    assert capfd.readouterr().err == ""


def test_a_machine_that_starts_no_further_process_does_the_work_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refused)
    with aside(process_of, 1) as result:
        assert result() == os.getpid()


@pytest.mark.skipif(sys.platform == "win32", reason="processes are asked for in another way")
def test_who_leaves_early_leaves_no_worker_behind(tmp_path: Path) -> None:
    with suppress(KeyError), aside(say_who_and_wait, tmp_path / "who"):
        worker = wait_for(tmp_path / "who")
        raise KeyError
    assert has_ended(worker)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("begin", ["with aside(say_who_and_wait, who)", "with hire(2) as crew"])
def test_a_worker_ends_in_the_middle_of_its_work_when_its_master_is_killed(tmp_path: Path, begin: str) -> None:
    script = f"""
import os, signal, sys, threading
sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
from geoplan.crews import aside, hire
from test_crews import say_who_and_wait, wait_for
who = Path({str(tmp_path / 'who')!r})
{begin}:
    if 'crew' in globals():
        threading.Thread(target=lambda: crew(say_who_and_wait, [who, who])).start()
    wait_for(who)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert has_ended(wait_for(tmp_path / "who"))
