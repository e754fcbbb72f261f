"""Writing one run: every file in a hidden folder, the manifest last, then one rename."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

import pandas as pd

from engine.runs.csv_text import to_csv
from engine.runs.failpoint import failpoint
from engine.runs.locks import release_lock
from engine.runs.manifest import ENVIRONMENT, MANIFEST, Manifest, RunFacts, StoredFile
from engine.runs.parquet import write_parquet
from engine.runs.publish import LOCK, publish, start_partial
from engine.runs.result_hash import result_hash
from engine.runs.storage import storage_errors, sync
from engine.runs.stored import StoredRun


class RunWriter:
    """Prepares a run in a hidden folder; `finish` makes it a run, leaving without it removes every trace.

    Parameters
    ----------
    folder
        The folder of runs; made if need be.
    run_id
        Name of the run folder; an older run of that name is replaced when this one is complete.
    start_from
        A stored run whose files are copied first, for a step that is done again (a report, a simulation).

    Raises
    ------
    StorageError
        If the folder cannot be written; any method raises it too.
    """

    def __init__(self, folder: Path, run_id: str, *, start_from: StoredRun | None = None) -> None:
        self.final = folder / run_id
        self._start_from = start_from
        self._partial: Path | None = None
        self._alive: int | None = None

    def __enter__(self) -> RunWriter:
        folder = self.final.parent
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._partial, self._alive = start_partial(folder, self.final.name)
        try:
            if self._start_from is not None:
                self._copy(self._start_from.path)
        except BaseException:
            self._abandon()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandon()

    @property
    def folder(self) -> Path:
        """The hidden folder, for steps that read what was written so far."""
        if self._partial is None:
            raise ValueError("the run is not open; use it in a with block")
        return self._partial

    def path(self, name: str) -> Path:
        """Give the place of a file, for a library that writes it itself.

        Parameters
        ----------
        name
            Path inside the run folder, with ``/``; its folder is made.

        Raises
        ------
        ValueError
            If the name leads out of the run folder or is one the writer keeps for itself.
        """
        parts = PurePosixPath(name).parts
        if not parts or parts[0] == "/" or ".." in parts or name in (MANIFEST, LOCK):
            raise ValueError(f"{name!r} cannot be the name of a file in a run")
        place = self.folder.joinpath(*parts)
        with storage_errors(place):
            place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def write_bytes(self, name: str, data: bytes) -> None:
        """Write a file."""
        place = self.path(name)
        with storage_errors(place):
            place.write_bytes(data)
        failpoint(f"written {name}")

    def write_text(self, name: str, text: str) -> None:
        """Write a text file as UTF-8 with its line ends as they are."""
        self.write_bytes(name, text.encode("utf-8"))

    def write_json(self, name: str, content: Any) -> None:
        """Write a JSON file; NaN and infinity are refused with a ValueError."""
        self.write_text(name, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

    def write_csv(self, name: str, frame: pd.DataFrame) -> None:
        """Write a table without its index; see `engine.runs.csv_text.to_csv`."""
        self.write_text(name, to_csv(frame))

    def write_parquet(self, name: str, frame: pd.DataFrame) -> None:
        """Write a table without its index as Parquet."""
        place = self.path(name)
        with storage_errors(place):
            write_parquet(place, frame)
        failpoint(f"written {name}")

    def so_far(self, facts: RunFacts) -> StoredRun:
        """Open what was written so far like a stored run, for the report of a run that is not finished."""
        return StoredRun(self.folder, Manifest(self.final.name, facts, files=(), result_hash=""))

    def finish(self, facts: RunFacts) -> Path:
        """Write the manifest and give the folder its final name; nothing can be written afterwards.

        Parameters
        ----------
        facts
            What the manifest says besides files and hashes.

        Returns
        -------
        The finished run folder.
        """
        partial = self.folder
        with storage_errors(self.final):
            files = self._seal()
            manifest = Manifest(self.final.name, facts, files, result_hash(partial))
            (partial / MANIFEST).write_text(manifest.to_json(), encoding="utf-8", newline="\n")
            failpoint("manifest written")
            sync(partial / MANIFEST)
            for place in sorted(partial.rglob("*")):
                if place.is_dir():
                    sync(place)
            sync(partial)
            failpoint("everything on disk")
            alive, self._alive = self._alive, None
            assert alive is not None  # noqa: S101 (an open run has its lock)
            publish(partial, self.final, alive)
            self._partial = None
        return self.final

    def _seal(self) -> tuple[StoredFile, ...]:
        """Wait until every file is on the disk and hash it."""
        files = []
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_dir() or name in (MANIFEST, LOCK):
                continue
            sync(path)
            failpoint(f"on disk {name}")
            if name != ENVIRONMENT:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                files.append(StoredFile(name, digest, path.stat().st_size))
        return tuple(sorted(files, key=lambda file: file.name))

    def _copy(self, source: Path) -> None:
        with storage_errors(source):
            for path in sorted(source.rglob("*")):
                name = path.relative_to(source).as_posix()
                if path.is_file() and name not in (MANIFEST, LOCK):
                    shutil.copyfile(path, self.path(name))

    def _abandon(self) -> None:
        partial, self._partial = self._partial, None
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
        alive, self._alive = self._alive, None
        if alive is not None:
            release_lock(alive)
