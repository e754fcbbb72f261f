"""The runs of a folder; a damaged one never hides the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import InputError, StorageError
from engine.runs.layout import is_derived
from engine.runs.manifest import MANIFEST, RunFacts
from engine.runs.publish import put_back
from engine.runs.storage import storage_errors
from engine.runs.stored import read_manifest


@dataclass(frozen=True)
class RunSummary:
    """One line of the list of runs.

    Parameters
    ----------
    path
        The run folder.
    facts
        Scenario, status, objective and the like; None when the folder is damaged.
    written
        When the manifest was written, UTC; None when the folder is damaged.
    problem
        What is wrong with the folder, in one sentence; empty when nothing is.
    """

    path: Path
    facts: RunFacts | None
    written: datetime | None
    problem: str


def list_runs(folder: Path) -> tuple[RunSummary, ...]:
    """List the runs of a folder by name.

    Manifests and file sizes are checked, contents are not: `load_run` does that.

    Parameters
    ----------
    folder
        The folder of runs; when it does not exist there are none.

    Returns
    -------
    Every folder in it, also damaged ones, sorted by name.

    Raises
    ------
    StorageError
        If the folder itself cannot be read.
    """
    if not folder.exists():
        return ()
    put_back(folder)
    with storage_errors(folder):
        paths = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return tuple(_summary(path) for path in paths)


def _summary(path: Path) -> RunSummary:
    try:
        manifest = read_manifest(path)
        with storage_errors(path):
            written = datetime.fromtimestamp((path / MANIFEST).stat().st_mtime, tz=UTC)
            for file in manifest.files:
                if not is_derived(file.name) and (path / file.name).stat().st_size != file.size:
                    return RunSummary(
                        path, None, None, f"{path / file.name}: its size is not what was written"
                    )
        return RunSummary(path, manifest.facts, written, problem="")
    except InputError as error:
        return RunSummary(path, None, None, error.findings[0].message)
    except StorageError as error:
        return RunSummary(path, None, None, str(error).partition("\n")[0])
