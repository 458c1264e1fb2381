"""Is there a file at a path that somebody wrote? A name no disk can hold is that of no file."""

from importlib.resources.abc import Traversable
from pathlib import Path


def is_file(path: Path | Traversable) -> bool:
    """Say whether a file stands at a path; False also where the path is too long, or no path at all."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
