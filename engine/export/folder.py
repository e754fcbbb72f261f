"""The folder of an export: written whole or not at all, and never over somebody's edits."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from engine.errors import StorageError
from engine.runs.failpoint import failpoint
from engine.runs.locks import release_lock
from engine.runs.publish import publish, put_back, start_partial
from engine.runs.storage import storage_errors, sync

LIST = "export.json"


def write_folder(folder: Path, files: Mapping[str, bytes], about: Mapping[str, str]) -> Path:
    """Write files into a folder that is there whole or not at all.

    Parameters
    ----------
    folder
        The folder; an earlier export of that name is replaced if nobody edited it.
    files
        Contents by name, with ``/`` for folders inside.
    about
        What ``export.json`` says besides the files and their SHA-256.

    Returns
    -------
    The folder.

    Raises
    ------
    StorageError
        If it cannot be written, or holds anything that an export did not write.
    """
    with storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        put_back(folder.parent)
        _refuse_edited(folder)
        partial, alive = start_partial(folder.parent, folder.name)
        try:
            listed = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
            content = json.dumps({**about, "files": listed}, indent=2, ensure_ascii=False) + "\n"
            for name, data in {**{name: files[name] for name in listed}, LIST: content.encode()}.items():
                place = partial / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
                sync(place)
                failpoint(f"written {name}")
            for place in sorted(partial.rglob("*")):
                if place.is_dir():
                    sync(place)
            sync(partial)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            release_lock(alive)
            raise
        publish(partial, folder, alive)
    return folder


def _refuse_edited(folder: Path) -> None:
    """Stop before a manager's decisions, or files that are no export, are replaced."""
    if not folder.exists():
        return
    remedy = "move it away, or choose another folder with --out DIR"
    try:
        known = json.loads((folder / LIST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, TypeError, KeyError):
        raise StorageError(f"{folder}: is there already, and is no export\n  fix: {remedy}") from None
    there = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).as_posix() != LIST
    }
    for name, path in there.items():
        if hashlib.sha256(path.read_bytes()).hexdigest() != known.get(name):
            raise StorageError(f"{folder}: {name} was edited or added since it was exported\n  fix: {remedy}")
