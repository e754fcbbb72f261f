"""File locks of the operating system: they die with the process, so nobody ever has to unlock by hand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def take_lock(path: Path, *, wait: bool) -> int | None:
    """Lock a file, which is made if need be, until the process ends or `release_lock`.

    Parameters
    ----------
    path
        The lock file.
    wait
        Whether to wait for another holder.

    Returns
    -------
    The open file's descriptor; None if another process holds the lock and `wait` is false.

    Raises
    ------
    OSError
        If the file cannot be opened, or the file system has no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError | PermissionError) and not wait:
            return None
        raise
    return descriptor


def release_lock(descriptor: int) -> None:
    """Give a lock back by closing its file."""
    os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock for the length of a ``with`` block."""
    descriptor = take_lock(path, wait=True)
    assert descriptor is not None  # noqa: S101 (waiting always ends with the lock)
    try:
        yield
    finally:
        release_lock(descriptor)
