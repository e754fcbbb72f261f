"""Input files are opened here only: local, regular, within reach, of bounded size, hashed while read."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from engine.errors import shown
from engine.scenario.nearest import did_you_mean

_CHUNK = 1 << 20
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|/vsi|\\\\|//")  # a URL, a driver prefix, a network share


@dataclass(frozen=True)
class Content:
    """The bytes of a file that was read once, and their hash."""

    data: bytes
    sha256: str


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario file as it was read.

    Parameters
    ----------
    name
        Path relative to the main scenario's folder.
    content
        Its bytes and their hash.
    """

    name: str
    content: Content


class FileProblemError(ValueError):
    """A file cannot be read; carries what a finding needs."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        self.code, self.message, self.remedy = code, message, remedy
        super().__init__(message)


def read_input(
    folder: Path, name: str, most_bytes: int, shorten: str = "leave out columns and rows that are not used"
) -> Content:
    """Read a file that a scenario names.

    Parameters
    ----------
    folder
        Folder the name is relative to; files in it, in the folder above it and in folders inside these are
        within reach, after links are followed.
    name
        The path as written.
    most_bytes
        Largest size that is read.
    shorten
        What to do if it is larger.

    Returns
    -------
    The bytes and their SHA-256.

    Raises
    ------
    FileProblemError
        If it is no such file, may not be read, is too large, or changes while it is read.
    """
    path = _within_reach(folder, name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            message = f"{shown(name)} is not a file"
            raise FileProblemError("FILE-KIND", message, "name a file, not a folder or device")
        return _read(path, name, most_bytes, shorten)
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path, name) from None
    except PermissionError:
        message = f"{shown(name)} may not be read"
        raise FileProblemError("FILE-DENIED", message, "give yourself permission to read it") from None
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        message = f"{shown(name)} could not be read: {reason}"
        raise FileProblemError("FILE-UNREADABLE", message, "check the path and the disk") from None


def _within_reach(folder: Path, name: str) -> Path:
    if _REMOTE.match(name):
        message = f"{shown(name)} is not a local file: network and virtual sources are off"
        raise FileProblemError("FILE-REMOTE", message, "download the file and name its path")
    if "\0" in name:
        raise FileProblemError("FILE-MISSING", f"{shown(name)} is not a file name", "name a file")
    home = folder.resolve()
    path = Path(os.path.normpath(home / name))
    resolved = path.resolve()
    reach = home.parent
    for place, what in ((path, "lies"), (resolved, "is a link that leads")):
        if not place.is_relative_to(reach):
            message = f"{shown(name)} {what} outside the scenario folder and the folder above it"
            raise FileProblemError("FILE-OUTSIDE", message, "copy the file next to the scenario")
    return resolved


def _read(path: Path, name: str, most_bytes: int, shorten: str) -> Content:
    with path.open("rb") as stream:
        before = os.fstat(stream.fileno())
        if before.st_size > most_bytes:
            size = f"{shown(name)} has {before.st_size:,} bytes; at most {most_bytes:,} are read"
            raise FileProblemError("FILE-SIZE", size, shorten)
        digest, parts, total = hashlib.sha256(), [], 0
        while part := stream.read(_CHUNK):
            digest.update(part)
            parts.append(part)
            total += len(part)
            if total > before.st_size:
                break
        after = os.fstat(stream.fileno())
    if total != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        message = f"{shown(name)} changed while it was read"
        raise FileProblemError("FILE-CHANGED", message, "run again when nothing writes to it")
    return Content(b"".join(parts), digest.hexdigest())


def _missing(path: Path, name: str) -> FileProblemError:
    """Say what is not there: the folder, or the file in it."""
    if not path.parent.is_dir():
        message = f"{shown(name)} does not exist: there is no folder {shown(path.parent.name)}"
        return FileProblemError(
            "FILE-MISSING", message, "correct the path; it is relative to the scenario file"
        )
    there = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    message = f"{shown(name)} does not exist{did_you_mean(path.name, there)}"
    return FileProblemError("FILE-MISSING", message, "correct the path; it is relative to the scenario file")
