"""The program knows itself by its version and by its own files."""

import shutil
from importlib.metadata import version
from pathlib import Path

from geoplan import edition as module
from geoplan.edition import digest_of_files, edition

PACKAGE = Path(module.__file__).parent


def test_an_edition_is_the_version_and_the_digest_of_the_files() -> None:
    assert edition() == {"version": version("geoplan"), "program": digest_of_files(PACKAGE)}


def test_the_digest_is_of_names_and_bytes_and_of_nothing_compiled_or_noted(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "elsewhere" / "b"
    for folder in (first, second):
        (folder / "policies").mkdir(parents=True)
        (folder / "plan.py").write_text("x = 1\n", encoding="utf-8")
        (folder / "policies" / "law.toml").write_text("", encoding="utf-8")
    known = digest_of_files(first)
    assert digest_of_files(second) == known
    (second / "__pycache__").mkdir()
    (second / "__pycache__" / "plan.pyc").write_bytes(b"compiled")
    (second / "plan.py.swp").write_bytes(b"an editor's")
    assert digest_of_files(second) == known
    for change in (lambda: (second / "plan.py").write_text("x = 2\n", encoding="utf-8"),
                   lambda: (second / "policies" / "law.toml").rename(second / "policies" / "lore.toml"),
                   lambda: shutil.copy(first / "plan.py", second / "policies" / "plan.py")):
        before = digest_of_files(second)
        change()
        assert digest_of_files(second) != before
