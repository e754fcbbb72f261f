"""Rows that a loader takes step by step, with the rows that take each step back, and what would go wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from engine.runs.csv_text import to_csv

Row = dict[str, str]
Operation = Literal["insert", "update", "delete"]
_BACK: dict[Operation, Operation] = {"insert": "delete", "update": "update", "delete": "insert"}
_HOW = {
    "delete": "the rows that an insert made; the loader's file of successes of that insert has their Ids",
    "insert": "rows that were deleted; they get new Ids",
    "update": "the values of before",
}


@dataclass(frozen=True)
class Load:
    """One step of a loader.

    Parameters
    ----------
    object
        Its name in the CRM.
    operation
        What is done with the rows.
    rows
        Cells by column; all rows have the same columns.
    back
        What takes the step back: rows of before for a delete or an update; for an insert, the rows that it made,
        without Ids, which only the CRM can give.
    """

    object: str
    operation: Operation
    rows: Sequence[Row]
    back: Sequence[Row]


@dataclass(frozen=True, order=True)
class Remark:
    """One line of the list of what would not go as planned.

    Parameters
    ----------
    outcome
        ``fails`` (the CRM would refuse it), ``comes back`` (it would not last), ``left out`` (no row was written
        for it) or ``note``.
    object, id
        What it is about.
    message, remedy
        In the user's words.
    """

    outcome: Literal["comes back", "fails", "left out", "note"]
    object: str
    id: str
    message: str
    remedy: str


def load_files(loads: Sequence[Load]) -> dict[str, bytes]:
    """Write ``apply/``, ``rollback/`` and the list of steps; steps without rows are left out.

    Returns
    -------
    Contents by file name. The rollback undoes the last step first.
    """
    files: dict[str, bytes] = {}
    steps: list[Row] = []
    needed = [load for load in loads if load.rows]
    ways: list[tuple[str, list[tuple[str, Operation, Sequence[Row], str]]]] = [
        ("apply", [(load.object, load.operation, load.rows, "") for load in needed]),
        (
            "rollback",
            [
                (load.object, _BACK[load.operation], load.back, _HOW[_BACK[load.operation]])
                for load in reversed(needed)
                if load.back
            ],
        ),
    ]
    for folder, parts in ways:
        for number, (name, operation, rows, how) in enumerate(parts, start=1):
            file = f"{folder}/{number}_{name}_{operation}.csv"
            files[file] = table(rows)
            steps.append(
                {
                    "way": folder,
                    "step": str(number),
                    "file": file,
                    "object": name,
                    "operation": operation,
                    "rows": str(len(rows)),
                    "what": how,
                }
            )
    columns = ("way", "step", "file", "object", "operation", "rows", "what")
    files["steps.csv"] = table(steps, columns)
    return files


def remark_file(remarks: Iterable[Remark]) -> bytes:
    """Write ``preflight.csv``: what fails first, then what comes back, what was left out, and notes."""
    order = ("fails", "comes back", "left out", "note")
    ordered = sorted(set(remarks), key=lambda remark: (order.index(remark.outcome), remark))
    columns = ("outcome", "object", "id", "message", "remedy")
    return table([{name: getattr(remark, name) for name in columns} for remark in ordered], columns)


def table(rows: Sequence[Row], columns: Sequence[str] | None = None) -> bytes:
    """Write rows of text as CSV; ``columns`` are those of the first row when left out."""
    names = list(rows[0] if columns is None else columns)
    frame = pd.DataFrame([[row[name] for name in names] for row in rows], columns=names, dtype="str")
    return to_csv(frame).encode("utf-8")
