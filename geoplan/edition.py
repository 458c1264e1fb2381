"""Which program is this? Its version, and the digest of its own files: a checkout changes between two versions."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

OWN = frozenset({".py", ".csv", ".toml", ".js", ".css", ".html"})  # all that it is made of; no notes, nothing compiled


@cache
def edition() -> Mapping[str, str]:
    """Return what a manifest says of the program that wrote it: `version`, and `program`, the sha256 of its files."""
    return {"version": version("geoplan"), "program": digest_of_files(Path(__file__).parent)}


def digest_of_files(folder: Path) -> str:
    """Return the sha256 of the names and the bytes of all files of the program that lie in a folder."""
    whole = sha256()
    for name, file in sorted((file.relative_to(folder).as_posix(), file) for file in folder.rglob("*")):
        if file.suffix in OWN and file.is_file():
            whole.update(f"{name}\n{sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
