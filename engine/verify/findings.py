"""What was noticed in the inputs: findings are complete, none is an error, oversize units are named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.verify.balance import oversize
from engine.verify.reading import Settings, Unreadable, read_json
from engine.verify.report import Check, judge
from engine.verify.run import Run

WORDS = ("code", "severity", "file", "key", "value", "message", "remedy")
COUNTS = ("line", "column", "count")
HARMLESS = ("repair", "warning", "note")  # an error would have stopped the run
OVERSIZE = "SCN-OVERSIZE"


def read_findings(run: Run) -> tuple[Settings, ...]:
    """Read problems.json, a list of findings.

    Raises
    ------
    Unreadable
        If it is no list, or a finding lacks one of its keys.
    """
    content = read_json(run.folder, "problems.json")
    if not isinstance(content.values, list):
        raise Unreadable("problems.json: is not a list of findings")
    findings = tuple(Settings(f"problems.json: {i}", item) for i, item in enumerate(content.values))
    for finding in findings:
        for key in WORDS:
            finding.text(key)
        for key in COUNTS:
            finding.number(key)
    return findings


def check_findings(run: Run) -> Iterator[Check]:
    """Check the list of findings, and that every oversize unit is named in it."""
    findings = read_findings(run)
    errors = [
        f"{finding.text('code')[:80]!r} is of severity {finding.text('severity')[:80]!r}"
        for finding in findings
        if finding.text("severity") not in HARMLESS
    ]
    yield judge("findings: severity", "repairs, warnings and notes only", f"{len(findings)} findings", errors)

    said = "\n".join(
        f"{finding.text('value')} {finding.text('message')}"
        for finding in findings
        if finding.text("code") == OVERSIZE
    )
    large = sorted({unit for measure in run.tolerances for unit in oversize(run, measure)})
    unsaid = [
        f"unit {unit} is oversize and not named"
        for unit in large
        if not re.search(rf"(?<!\w){re.escape(unit)}(?!\w)", said)
    ]
    yield judge("findings: oversize units", f"named by {OVERSIZE}", f"{len(large)} named", unsaid)
