"""Where each key of a scenario is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import Finding, Severity, shown

KeyPath = tuple[str | int, ...]
Fault = tuple[KeyPath, str, str, str, Severity]  # key, code, message, remedy


@dataclass(frozen=True)
class Place:
    """Where a key or list item is written.

    Parameters
    ----------
    file
        File name relative to the scenario's folder, or ``--set``.
    line, column
        Counted from 1; 0 on the command line.
    text
        A plain value as it was written, such as ``08540``; empty for a block.
    """

    file: str
    line: int
    column: int
    text: str = ""


Places = Mapping[KeyPath, Place]


def place_of(places: Places, path: KeyPath) -> Place:
    """Find where a key is written, or else the block it belongs to."""
    while path and path not in places:
        path = path[:-1]
    return places[path]


def dotted(path: KeyPath) -> str:
    """Write a key path as a reader sees it, such as ``territories.balance.0.tolerance``."""
    return ".".join(str(part) for part in path)


def undotted(key: str) -> KeyPath:
    """Read a key path that `dotted` wrote; a part of digits alone is a place in a list."""
    return tuple(int(part) if part.isdecimal() else part for part in key.split("."))


def finding_at(
    place: Place,
    path: KeyPath,
    code: str,
    message: str,
    remedy: str,
    severity: Severity = Severity.ERROR,
    value: object = None,
) -> Finding:
    """Make a finding about a key; the value is quoted as it was written unless another one is given."""
    text = shown(place.text if value is None else value)
    return Finding(place.file, place.line, place.column, dotted(path), code, severity, text, message, remedy)
