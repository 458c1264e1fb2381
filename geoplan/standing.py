"""Does a finished run still stand? Its manifest, its files and the project as they are now -> yes or no.

It does where this very program wrote it, and every file it vouches for and every input is as it was written or read.
What a project reads may grow without a change to plan.toml only beside a shapefile: a new file there makes a new run.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geoplan.preflight import digest_of, files_of
from geoplan.staging import MANIFEST, read_manifest


def still_stands(run: Path, project_folder: Path, edition: Mapping[str, str]) -> bool:
    """Say whether a run folder is what a run of the project would write now.

    Parameters
    ----------
    run
        The run folder; may be absent.
    project_folder
        From which the inputs of the manifest are seen.
    edition
        Of the program, as `edition` returns it: a run that another one wrote, or nobody knows which, does not stand.
    """
    manifest = read_manifest(run)
    if manifest is None or not manifest["steps"] or any(manifest.get(name) != said for name, said in edition.items()):
        return False
    outputs, inputs = manifest["outputs"], manifest["inputs"]
    if not isinstance(outputs, dict) or not isinstance(inputs, dict):
        return False
    there = {file.relative_to(run).as_posix() for file in run.rglob("*") if file.is_file()} - {MANIFEST}
    return (there == set(outputs) and set(_beside(project_folder, inputs)) <= set(inputs)
            and _are_as_said(run, outputs) and _are_as_said(project_folder, inputs))


def _beside(folder: Path, inputs: dict[str, Any]) -> Iterator[str]:
    """Give every file that belongs to an input, named as the manifest names inputs."""
    for name in inputs:
        path = Path(name)
        if (folder / name).is_file():
            yield from (name.removesuffix(path.suffix) + suffix for suffix in files_of(folder / name))


def _are_as_said(folder: Path, digests: dict[str, Any]) -> bool:
    return all((folder / name).is_file() and digest_of(folder / name) == digest for name, digest in digests.items())
