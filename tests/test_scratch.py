"""Folders of one run go with it, and those of killed runs with the next."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from geoplan.scratch import PREFIX, scratch_folder

HOLD = """
import sys
from geoplan.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "a.shp").write_bytes(b"x" * 100)
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def holder(place: Path) -> "tuple[subprocess.Popen[str], Path]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(place), "TEMP": str(place), "TMP": str(place)})
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_folder_is_empty_and_goes_with_all_in_it_even_where_the_block_fails(place: Path) -> None:
    with scratch_folder() as folder:
        assert list(folder.iterdir()) == []
    for _ in range(2):
        with pytest.raises(FileNotFoundError), scratch_folder() as folder:
            (folder / "nowhere" / "a").mkdir()
    assert list(place.iterdir()) == []


def test_what_a_killed_run_left_goes_with_the_next_and_what_lives_stays(place: Path) -> None:
    killed, left = holder(place)
    living, kept = holder(place)
    os.kill(killed.pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    killed.communicate()
    assert (left / "a.shp").is_file()
    with scratch_folder() as folder:
        assert {file.name for file in place.iterdir() if file.is_dir()} == {kept.name, folder.name}
        assert (kept / "a.shp").is_file()
    living.communicate()
    assert list(place.iterdir()) == []


def test_two_folders_of_one_process_leave_each_other_alone(place: Path) -> None:
    with scratch_folder() as first, scratch_folder() as second:
        assert first != second
        assert first.is_dir()
        assert second.is_dir()
    assert list(place.iterdir()) == []


def test_nothing_is_removed_that_is_none_of_ours(place: Path) -> None:
    theirs = place / f"{PREFIX}of-somebody"
    theirs.mkdir()
    (place / "geoplan-data.lock").write_bytes(b"")
    (place / "geoplan-data").mkdir()
    with scratch_folder():
        pass
    assert {file.name for file in place.iterdir()} == {theirs.name, "geoplan-data.lock", "geoplan-data"}
