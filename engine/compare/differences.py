"""What was asked differently: scenario keys, input files, versions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from engine.compare.side import Side

LABELS = ("name", "title")  # they name the scenario, they change nothing
SCENARIOS = ("scenario", "extends")  # roles of scenario files among the inputs


def difference_table(sides: Sequence[Side]) -> pd.DataFrame:
    """List scenario keys, inputs and versions that are not the same for all runs.

    Parameters
    ----------
    sides
        The sides; the current alignment is passed over, it belongs to its run.

    Returns
    -------
    Columns ``kind`` (``scenario``, ``input``, ``version``), ``key``, and one column a run with its value as
    text (empty = the key is not there; for an input its file and the first digits of its SHA-256).
    """
    runs = [side for side in sides if side.simulated]
    columns = {side.label: _asked(side) for side in runs}
    keys = sorted(set().union(*columns.values()))
    rows = [
        (*key, *values)
        for key in keys
        for values in [[columns[side.label].get(key, "") for side in runs]]
        if len(set(values)) > 1
    ]
    return pd.DataFrame(rows, columns=["kind", "key", *columns], dtype="str")


def settings_of(side: Side) -> dict[str, str]:
    """Give each scenario key with its value, and ``input <key>`` with the first digits of a file's SHA-256."""
    inputs = {f"input {file.role}": file.sha256[:12] for file in side.source.facts.inputs}
    return {**_scenario(side), **inputs}


def _scenario(side: Side) -> dict[str, str]:
    return dict(_flat("", side.source.json("scenario.resolved")))


def _asked(side: Side) -> dict[tuple[str, str], str]:
    asked = {("scenario", key): value for key, value in _scenario(side).items()}
    for label in LABELS:
        asked.pop(("scenario", label), None)
    for file in side.source.facts.inputs:
        if file.role.partition(".")[0] in SCENARIOS:
            continue  # what their keys say is compared above
        asked["input", file.role] = f"{file.path} ({file.sha256[:12]})"
    asked["version", "program"] = side.source.facts.version
    return asked


def _flat(path: str, value: Any) -> list[tuple[str, str]]:
    """Write nested keys as ``a.b.0.c`` with their values as text."""
    nested: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        nested = [(str(key), part) for key, part in value.items()]
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        nested = [(str(i), part) for i, part in enumerate(value)]
    else:
        return [(path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))]
    return [pair for key, part in nested for pair in _flat(f"{path}.{key}" if path else key, part)]
