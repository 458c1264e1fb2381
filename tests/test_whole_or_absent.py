"""A full disk, a locked folder, no memory, two at once, a kill: a clear sentence, and whole or nothing on the disk."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest
from kills import wrong_in
from little_plan import little_plan
from test_cli import geoplan, write_project

from geoplan import staging
from geoplan.errors import DataError, is_short_of_memory
from geoplan.publish import publish

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="mounts, limits and signals of another kind")
publishing = import_module("geoplan.publish")
resource = pytest.importorskip("resource")
KILLS = Path(__file__).with_name("kills.py")
AS_TEXT = {"a.txt": lambda plan, file: file.write_text(plan.project.plan.name, encoding="utf-8")}


def codes(call: Callable[[], object]) -> list[str]:
    with pytest.raises(DataError) as caught:
        call()
    return [finding.code for finding in caught.value.findings]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[bool]:
    """Mount a disk of its own in memory, where this machine lets us; say whether it did."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)]
    is_there = shutil.which("mount") is not None and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield is_there
    finally:
        if is_there:
            subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def small_files(most: int) -> Iterator[None]:
    """Let no file of this process grow past so many bytes: a full disk where none can be mounted."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("size_kb", "areas"), [(4, 99), (40, 99), (100, 99), (200, 99), (400, 99), (4, 0), (400, 0)])
def test_a_disk_that_is_full_before_the_end_holds_no_run_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size_kb: int, areas: int,
) -> None:
    monkeypatch.setattr(publishing, "MANY_AREAS", areas)  # 0: two processes write to the disk at once
    monkeypatch.setattr(publishing, "count_processors", lambda: 2)
    plan, disk = little_plan(tmp_path / "plan"), tmp_path / "disk"
    with mounted(disk, "-o", f"size={size_kb}k") as is_disk:
        if is_disk:
            assert codes(lambda: publish(plan, disk / "out")) == ["publish.disk_full"]
        else:
            with small_files(size_kb * 100):
                assert set(codes(lambda: publish(plan, disk / "out"))) <= {"publish.disk_full", "publish.disk"}
        assert [file.name for file in disk.iterdir()] == []


def test_a_disk_that_fills_up_leaves_the_earlier_run_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan, disk = little_plan(tmp_path / "plan"), tmp_path / "disk"
    with mounted(disk, "-o", "size=200k"):
        monkeypatch.setattr(publishing, "WRITERS", AS_TEXT)
        publish(plan, disk / "out")
        before = contents(disk)
        monkeypatch.setattr(publishing, "WRITERS", {
            "a.txt": lambda _, file: file.write_bytes(bytes(150_000)),
            "b.txt": lambda _, file: file.write_bytes(bytes(150_000))})
        with small_files(100_000):
            assert codes(lambda: publish(plan, disk / "out")) == ["publish.disk_full"]
        assert contents(disk) == before
        assert wrong_in(disk / "out") == ""


def test_a_disk_that_may_only_be_read_is_said_before_anything_is_computed(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "-o", "ro") as is_disk:
        if not is_disk:
            assert not os.environ.get("CI") or os.getuid(), "CI runs as root and may mount"
            pytest.skip("this machine mounts no disk for the test")
        assert [finding.code for finding in staging.check_out(tmp_path / "disk" / "out")] == ["publish.no_permission"]
        assert [finding.code for finding in staging.check_out(tmp_path / "disk" / "new" / "out")]


@pytest.mark.parametrize("place", ["file", "file/out", "file/new/out"])
def test_a_file_where_a_folder_should_be_is_one_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    [finding] = staging.check_out(tmp_path / place)
    assert finding.code in ("publish.out_not_ours", "publish.no_parent")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("held", [".part-", "out"])
def test_a_folder_that_is_open_elsewhere_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str,
) -> None:
    # Windows refuses to rename a folder in which a program has a file open: the new one, or the one that is there
    plan = little_plan(tmp_path / "plan")
    monkeypatch.setattr(publishing, "WRITERS", AS_TEXT)
    publish(plan, tmp_path / "out")
    before, rename = contents(tmp_path), Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if held in self.name and ".old-" not in self.name:
            raise PermissionError(13, "in use", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    assert codes(lambda: publish(plan, tmp_path / "out")) == ["publish.no_permission"]
    assert contents(tmp_path) == before
    assert {file.name for file in tmp_path.iterdir()} == {"plan", "out"}


def limited(megabytes: int, *words: object) -> subprocess.CompletedProcess[str]:
    """Run the command line with so much memory and no more."""
    code = f"import resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20,) * 2); " \
           "sys.argv[0] = 'geoplan'; from geoplan.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}, check=False)


@pytest.mark.parametrize("megabytes", [250, 350])
def test_too_little_memory_is_one_sentence_and_nothing_is_left(tmp_path: Path, megabytes: int) -> None:
    project = write_project(tmp_path / "town")
    done = limited(megabytes, "run", project, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "内存不足" in done.stderr
    assert "Traceback" not in done.stderr
    assert {file.name for file in tmp_path.iterdir()} == {"town"}


@pytest.mark.parametrize("error", [
    MemoryError(), OSError(12, "Cannot allocate memory"), RuntimeError("std::bad_alloc"),
    ImportError("libx.so: failed to map segment from shared object")])
def test_libraries_say_in_many_words_that_the_memory_is_used_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception,
) -> None:
    assert is_short_of_memory(error)
    if isinstance(error, OSError):
        assert staging.disk_finding(tmp_path / "out", error).code == "publish.no_memory"

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(publishing, "WRITERS", {"a.txt": fail})
    with pytest.raises((DataError, type(error))):
        publish(little_plan(tmp_path / "plan"), tmp_path / "out")
    assert {file.name for file in tmp_path.iterdir()} == {"plan"}
    assert not is_short_of_memory(ValueError("a"))


def test_a_second_run_into_the_same_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    project, out = write_project(tmp_path / "town"), tmp_path / "out"
    with staging.staged(out) as folder:
        (folder / "first.txt").write_text("first", encoding="utf-8")
        second = geoplan("run", project, "--out", out)
        assert second.returncode == 1
        assert "另一个 geoplan 正在写" in second.stderr
    assert [file.name for file in out.iterdir()] == ["first.txt"]
    assert {file.name for file in tmp_path.iterdir()} == {"town", "out"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads processor times from /proc")
def test_a_killed_run_is_never_half_a_delivery() -> None:
    # the two hundred of the README's command, in small
    done = subprocess.run([sys.executable, str(KILLS), "6", "--seed", "1", "--warm"], capture_output=True, text=True,
                          encoding="utf-8", env={**os.environ, "PYTHONUTF8": "1"}, check=False)
    assert re.fullmatch(r"6 runs, [1-6] killed, 0 partial deliveries \(seed 1\)\n", done.stdout), done.stdout
    assert done.returncode == 0
