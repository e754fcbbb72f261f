"""What can be wrong with an input, and the few ways a run can fail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How serious a finding is; only errors stop a run."""

    ERROR = "error"
    REPAIR = "repair"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing noticed in an input, with its place and its remedy.

    Sorting findings sorts them by file and line. ``line`` and ``column`` are 1-based; 0 means the
    whole file (or a place that has no column). ``key`` is a scenario key path such as
    ``territories.balance.0.tolerance`` or a table's column; ``count`` is the number of rows concerned.
    """

    file: str
    line: int
    column: int
    key: str
    code: str
    severity: Severity
    value: str
    message: str
    remedy: str
    count: int = 1

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "") + (f":{self.column}" if self.column else "")
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key} {self.message}  [{self.code}]\n  fix: {self.remedy}"


class InputError(ValueError):
    """The scenario or its tables cannot be used; carries every finding, sorted."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(str(finding) for finding in self.findings))


class InfeasibleError(ValueError):
    """No plan can satisfy the rules, and that is proven; the message says why in the user's words."""


class NoPlanError(RuntimeError):
    """No plan was found within the limits, or the solver gave an answer that cannot be trusted."""


class StorageError(OSError):
    """A file, the disk or a worker process failed."""


class RejectedError(RuntimeError):
    """The independent checker found that a result breaks a rule."""
