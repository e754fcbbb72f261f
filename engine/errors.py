"""What can be wrong with an input, and the few ways a run can fail."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

MOST_LINES = 100  # of one message to a reader; problems.json holds everything
MOST_CHARACTERS = 80  # of a value that is quoted in a message
CAUSES = ("FILE-", "YAML-")  # codes of files that cannot be read, on which other errors may depend
AFTER = "first correct "  # how the remedy begins of an error that may only follow from another one
SCENARIO = "scenario"  # the file of a finding that knows its key only; LoadedScenario.locate finds its place


class Severity(StrEnum):
    """How serious a finding is; only errors stop a run."""

    ERROR = "error"
    REPAIR = "repair"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing noticed in an input, with its place and its remedy.

    Sorting findings sorts them by file and line. ``file`` is written as the scenario writes it, relative to
    the scenario's folder. ``line`` and ``column`` are 1-based; 0 means the whole file (or a place that has no
    column). ``key`` is a scenario key path such as
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
        place = (
            self.file + (f":{self.line}" if self.line else "") + (f":{self.column}" if self.column else "")
        )
        key = f" {self.key}:" if self.key else ""
        fix = f"\n  fix: {self.remedy}" if self.remedy else ""
        return f"{place}:{key} {self.message}  [{self.code}]{fix}"


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


def shown(value: object) -> str:
    """Write a value so that it fits in a message: one line, no control characters, at most 80 characters."""
    text = str(value)
    cut = text[: MOST_CHARACTERS + 1]
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)
    return safe if len(safe) <= MOST_CHARACTERS else safe[: MOST_CHARACTERS - 1] + "…"


def format_findings(findings: Iterable[Finding], folder: Path = Path()) -> str:
    """Write findings for a reader: errors before the rest, causes first, and else by file and line.

    Parameters
    ----------
    findings
        What was found.
    folder
        Folder of the scenario; put before file names so that a terminal can open the place.

    Returns
    -------
    At most 100 lines of plain text; the last one counts the findings.
    """
    every = sorted(findings, key=_urgency)
    lines: list[str] = []
    printed = 0
    for finding in every:
        text = _with_severity(finding, folder).splitlines()
        if len(lines) + len(text) > MOST_LINES - 2:
            break
        lines += text
        printed += 1
    if printed < len(every):
        lines.append(f"... and {len(every) - printed} more")
    kinds = [(kind, sum(finding.severity is kind for finding in every)) for kind in Severity]
    counts = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds if count]
    return "\n".join([*lines, ", ".join(counts) or "nothing found"])


def _urgency(finding: Finding) -> tuple[bool, int, Finding]:
    """Put a cause before what may follow from it, and errors before what can wait."""
    is_cause, is_after = finding.code.startswith(CAUSES), finding.remedy.startswith(AFTER)
    return finding.severity is not Severity.ERROR, is_after - is_cause, finding


def _with_severity(finding: Finding, folder: Path) -> str:
    path = Path(os.path.normpath(folder / finding.file))
    text = str(replace(finding, file=path.as_posix()) if path.is_file() else finding)
    return text if finding.severity is Severity.ERROR else f"{finding.severity}: {text}"
