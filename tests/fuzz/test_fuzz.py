"""A small run of the fuzzer, as part of the tests; the long one is `python tests/fuzz --cases 100000 --seed 2`."""

import subprocess
import sys
from pathlib import Path
from random import Random

import laws
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import judge
from mutations import mutate
from worker import Bench

FUZZ = Path(__file__).parent


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


def test_a_sound_file_keeps_every_law(bench: Bench) -> None:
    for seed in bench.seeds:
        assert judge(seed, dict(seed.files), bench.sound, bench.place, Random(1), 1.0) == [], seed.name


def test_a_case_is_the_same_whenever_it_is_made(bench: Bench) -> None:
    for number, seed in enumerate(bench.seeds):
        made = [mutate(Random(f"3:{number}"), seed.files) for _ in range(2)]
        assert made[0] == made[1]


def test_a_file_changed_by_chance_ends_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FUZZ), "--cases", "1000", "--seed", "2026"], capture_output=True, text=True, check=False,
        cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert "1000 cases from 0, seed 2026: 0 findings" in done.stdout


def test_a_command_on_a_changed_project_or_run_ends_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FUZZ), "--commands", "--cases", "25", "--seed", "2026"], capture_output=True, text=True,
        check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert "25 cases from 0, seed 2026: 0 findings" in done.stdout


def test_a_reader_that_breaks_a_law_is_found(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = next(one for one in bench.seeds if one.name == "facilities.csv")

    def fails(*_: object) -> None:
        raise IndexError("of range")

    monkeypatch.setattr(laws, "open_ledger", fails)
    [complaint] = judge(seed, dict(seed.files), bench.sound, bench.place, Random(1), 0.0)
    assert complaint.startswith("IndexError")


def test_another_separator_alone_in_a_line_is_a_row(bench: Bench) -> None:
    seed = next(one for one in bench.seeds if one.name == "sites.csv")
    lines = seed.files["sites.csv"] + b";\r\n,,\r\n\t\r\nx;y\r\n"
    assert laws._of_lines({"sites.csv": lines}, "sites.csv", 1) == 6  # four sites, ";" and "x;y"
    assert judge(seed, {"sites.csv": lines}, bench.sound, bench.place, Random(1), 1.0) == []


def test_what_was_said_of_plan_toml_need_not_be_said_again_of_the_files(bench: Bench) -> None:
    seed = next(one for one in bench.seeds if one.name == "plan.toml")
    text = seed.files["plan.toml"].replace(b"[estates]\npath", b"max_r")
    assert judge(seed, {**seed.files, "plan.toml": text}, bench.sound, bench.place, Random(1), 1.0) == []


@settings(max_examples=150)
@given(at=st.integers(0, 10**6), data=st.binary(max_size=30), which=st.integers(0, 10**3))
def test_bytes_anywhere_in_any_file_break_no_law(bench: Bench, at: int, data: bytes, which: int) -> None:
    seed = bench.seeds[which % len(bench.seeds)]
    name = sorted(seed.files)[at % len(seed.files)]
    old = seed.files[name]
    place = at % (len(old) + 1)
    files = {**seed.files, name: old[:place] + data + old[place + len(data):]}
    assert judge(seed, files, bench.sound, bench.place, Random(at), 0.05) == []
