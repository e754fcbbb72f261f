"""Trouble with files and disks, told with its place and a remedy; and data that is really on the disk."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from engine.errors import StorageError

_FREE_SPACE = "free some space there, or choose a folder on another disk with --out DIR"
_PERMISSION = "choose a folder you may write to with --out DIR"
REMEDIES = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: _FREE_SPACE,
    errno.EROFS: _PERMISSION,
    errno.EACCES: _PERMISSION,
    errno.EPERM: _PERMISSION,
    errno.ENOTDIR: "a file stands where a folder is needed; choose another folder with --out DIR",
    errno.ENAMETOOLONG: "choose a folder with a shorter path with --out DIR",
    errno.ENOENT: "it was moved or deleted meanwhile; run the command again",
}


@contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Turn trouble with files under a place into one sentence with its remedy.

    Raises
    ------
    StorageError
        If the operating system or duckdb cannot read or write a file.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise _storage_error(error.filename or place, error.errno, error.strerror or str(error)) from error
    except duckdb.IOException as error:
        # duckdb tells the operating system's number only inside its message
        number = re.search(r'"errno":"(\d+)"', str(error))
        code = int(number[1]) if number else None
        raise _storage_error(place, code, os.strerror(code) if code else str(error)) from error


def _storage_error(place: object, code: int | None, reason: str) -> StorageError:
    remedy = REMEDIES.get(code or 0, "check the disk, then run the command again")
    return StorageError(f"{place}: {reason}\n  fix: {remedy}")


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's list of names, are on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder; its file system journals the names
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
