"""A run read back: its manifest at once, its tables when asked for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from engine.errors import Finding, InputError, Severity, StorageError
from engine.runs.csv_text import from_csv
from engine.runs.layout import TEXT_COLUMNS, YES_NO, is_derived
from engine.runs.manifest import MANIFEST, Manifest, RunFacts
from engine.runs.parquet import read_parquet
from engine.runs.publish import put_back
from engine.runs.storage import storage_errors

_RUN_AGAIN = "run the scenario again, or restore the folder from a copy"


@dataclass(frozen=True)
class StoredRun:
    """A run folder; every reader raises StorageError if a file is missing or cannot be read.

    Parameters
    ----------
    path
        The folder.
    manifest
        What the run says about itself.
    """

    path: Path
    manifest: Manifest

    @property
    def run_id(self) -> str:
        """Name of the run when it was made."""
        return self.manifest.run_id

    @property
    def facts(self) -> RunFacts:
        """Scenario, seed, status, objective and the like."""
        return self.manifest.facts

    def has(self, name: str) -> bool:
        """Whether the run has a file, such as ``accounts.csv``."""
        return (self.path / name).is_file()

    def table(self, name: str) -> pd.DataFrame:
        """Read a CSV table.

        Parameters
        ----------
        name
            File name without ``.csv``, such as ``territories``.

        Returns
        -------
        The table: ids and other text as ``str`` (empty = nobody, none), yes/no as bool, the rest as numbers
        (empty = NaN).
        """
        text = self.text(f"{name}.csv")
        try:
            return from_csv(text, TEXT_COLUMNS.get(name), YES_NO)
        except ValueError as error:
            raise StorageError(f"{self.path / name}.csv: {error}\n  fix: {_RUN_AGAIN}") from error

    def parquet(self, name: str) -> pd.DataFrame:
        """Read a Parquet table, named without ``.parquet``."""
        path = self.path / f"{name}.parquet"
        with storage_errors(path):
            try:
                return read_parquet(path)
            except duckdb.Error as error:
                if not path.exists():
                    raise FileNotFoundError(2, "the run has no such file", str(path)) from error
                raise StorageError(f"{path}: it is not Parquet\n  fix: {_RUN_AGAIN}") from error

    def json(self, name: str) -> Any:
        """Read a JSON file, named without ``.json``, such as ``problems``."""
        text = self.text(f"{name}.json")
        try:
            return json.loads(text)
        except ValueError as error:
            raise StorageError(f"{self.path / name}.json: {error}\n  fix: {_RUN_AGAIN}") from error

    def text(self, name: str) -> str:
        """Read a text file, such as ``scenario.resolved.yaml``."""
        path = self.path / name
        with storage_errors(path):
            data = path.read_bytes()
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise StorageError(f"{path}: it is not UTF-8 text\n  fix: {_RUN_AGAIN}") from error


def read_manifest(path: Path) -> Manifest:
    """Read the manifest of a run folder.

    Raises
    ------
    InputError
        If the folder does not exist or is not a run.
    StorageError
        If the manifest is damaged.
    """
    if not (path / MANIFEST).is_file():
        reason = "is not a run: it has no manifest.json" if path.is_dir() else "does not exist"
        raise InputError([_not_a_run(path, f"the folder {reason}")])
    with storage_errors(path / MANIFEST):
        data = (path / MANIFEST).read_bytes()
    try:
        return Manifest.from_json(data.decode("utf-8"))
    except ValueError as error:
        raise StorageError(f"{path / MANIFEST}: {error}\n  fix: {_RUN_AGAIN}") from error


def load_run(path: Path) -> StoredRun:
    """Open a finished run after checking the hash of each of its files.

    Reports and maps are not checked: they may have been edited, and `report RUN` makes them again.

    Parameters
    ----------
    path
        The run folder.

    Returns
    -------
    The run; its tables are read when asked for.

    Raises
    ------
    InputError
        If there is no run at that path.
    StorageError
        If files are missing or differ from what was written; every one is named.
    """
    if not path.exists():
        put_back(path.parent)
    manifest = read_manifest(path)
    damaged = []
    for file in manifest.files:
        if is_derived(file.name):
            continue
        place = path / file.name
        with storage_errors(place):
            if not place.is_file():
                damaged.append(f"{file.name} is missing")
                continue
            with place.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if digest != file.sha256:
            damaged.append(f"{file.name} is not what was written (its SHA-256 differs)")
    if damaged:
        raise StorageError(f"{path}: the run is damaged: {'; '.join(damaged)}\n  fix: {_RUN_AGAIN}")
    return StoredRun(path, manifest)


def _not_a_run(path: Path, message: str) -> Finding:
    return Finding(
        file=str(path),
        line=0,
        column=0,
        key="",
        code="RUN-NONE",
        severity=Severity.ERROR,
        value=str(path),
        message=message,
        remedy="give the path of a run folder; `python run_scenario.py runs` lists them",
    )
