"""How a finished folder takes its place, and what a start after a kill tidies up.

A run is prepared in ``.<run-id>.partial``. To publish it, an older run of the same id is renamed to
``.<run-id>.old``, the partial folder is renamed to its final name, and the old one is deleted. A kill
between the two renames leaves only the old folder, which the next start puts back. Everything here happens
while the store's lock is held.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.runs.failpoint import failpoint
from engine.runs.locks import locked, release_lock, take_lock
from engine.runs.storage import sync

LOCK = ".lock"


@contextmanager
def store_locked(folder: Path) -> Iterator[None]:
    """Be the only process that renames or deletes runs in a folder."""
    with locked(folder / LOCK):
        yield


def start_partial(folder: Path, run_id: str) -> tuple[Path, int]:
    """Make the folder a run is prepared in and lock it as alive; leftovers of dead processes are removed.

    Parameters
    ----------
    folder
        The folder of runs.
    run_id
        Name of the finished run.

    Returns
    -------
    The partial folder, numbered if another process works on the same run, and the descriptor of its lock.
    """
    with store_locked(folder):
        _put_back_replaced(folder)
        _remove_leftovers(folder)
        partial, number = folder / f".{run_id}.partial", 1
        while partial.exists():
            number += 1
            partial = folder / f".{run_id}.{number}.partial"
        partial.mkdir()
        failpoint("partial made")
        alive = take_lock(partial / LOCK, wait=True)
        assert alive is not None  # noqa: S101 (waiting always ends with the lock)
        return partial, alive


def publish(partial: Path, final: Path, alive: int) -> None:
    """Give a complete, synced folder its final name, replacing an older run of that name.

    Parameters
    ----------
    partial
        The folder with its manifest.
    final
        Its final name, beside it.
    alive
        Descriptor of the partial folder's lock; it is released.
    """
    old = _old_name(final)
    with store_locked(final.parent):
        release_lock(alive)
        (partial / LOCK).unlink()
        sync(partial)
        failpoint("ready to publish")
        if final.exists():
            final.rename(old)
            failpoint("old run moved away")
        try:
            partial.rename(final)
        except OSError:
            with suppress(OSError):  # the first trouble is the one to tell; the next start tries again
                old.rename(final)
            raise
        failpoint("run in place")
        sync(final.parent)
        failpoint("names on disk")
        if old.exists():
            shutil.rmtree(old)
            failpoint("old run deleted")


def put_back(folder: Path) -> None:
    """Put runs back that a killed process had moved away; a reader calls it before it says "no such run"."""
    waiting = any(not _final_name(old).exists() for old in folder.glob(".*.old"))
    if waiting:
        with suppress(OSError), store_locked(folder):  # a store that may not be written stays as it is
            _put_back_replaced(folder)


def _put_back_replaced(folder: Path) -> None:
    for old in sorted(folder.glob(".*.old")):
        if _final_name(old).exists():
            shutil.rmtree(old)
        else:
            old.rename(_final_name(old))


def _remove_leftovers(folder: Path) -> None:
    for partial in sorted(folder.glob(".*.partial")):
        alive = take_lock(partial / LOCK, wait=False)
        if alive is not None:
            release_lock(alive)
            shutil.rmtree(partial)


def _old_name(final: Path) -> Path:
    return final.with_name(f".{final.name}.old")


def _final_name(old: Path) -> Path:
    return old.with_name(old.name[1 : -len(".old")])
