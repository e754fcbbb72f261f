"""What the checker found: one line a rule and a verdict."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

OF_THE_FOLDER = ("files:", "manifest:")  # rules that can only be checked when the folder is whole
EXAMPLES = 3  # mistakes quoted in a line; the rest are counted


@dataclass(frozen=True)
class Check:
    """One rule held against the written files.

    Parameters
    ----------
    rule
        Name of the rule, ``part: subject``.
    required, found
        What the rule asks for and what the files hold, in words and numbers.
    margin
        Distance to the limit (negative = broken) or largest difference; None where there is none to measure.
    passed
        Whether the rule holds.
    """

    rule: str
    required: str
    found: str
    margin: float | None
    passed: bool


@dataclass(frozen=True)
class Report:
    """Every check of one run folder, in the order they were made."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> bool:
        """Whether at least one rule was checked and none is broken."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def to_json(self) -> str:
        """Write the content of ``verification.json``."""
        content = {"verdict": self.verdict, "checks": [asdict(check) for check in self.checks]}
        return json.dumps(content, indent=1, allow_nan=False) + "\n"

    def to_text(self) -> str:
        """Write a plain table for the terminal, broken rules with what was found and required."""
        width = max((len(check.rule) for check in self.checks), default=0)
        lines = []
        for check in self.checks:
            margin = "" if check.margin is None else f"  [{check.margin:.6g}]"
            lines.append(
                f"{'ok  ' if check.passed else 'FAIL'}  {check.rule:<{width}}  {check.found}{margin}"
            )
            if not check.passed:
                lines.append(f"      {'':<{width}}  required: {check.required}")
        broken = sum(not check.passed for check in self.checks)
        said = "accepted" if self.verdict else f"REJECTED: {broken} broken"
        folder = [check for check in self.checks if check.rule.startswith(OF_THE_FOLDER)]
        result = [check for check in self.checks if check not in folder]
        held = [
            f"{sum(check.passed for check in checks)} of {len(checks)} rules of {what} hold"
            for what, checks in (("the result", result), ("the folder's files", folder))
            if checks
        ]
        return "\n".join([*lines, *held, said])


def judge(rule: str, required: str, good: str, mistakes: Sequence[str], margin: float | None = None) -> Check:
    """Turn a list of mistakes into a check: none passes, the first few are quoted.

    Parameters
    ----------
    rule, required, margin
        As in :class:`Check`.
    good
        What is said when nothing is wrong.
    mistakes
        One sentence each.

    Returns
    -------
    The check.
    """
    if not mistakes:
        return Check(rule, required, good, margin, True)
    more = f"; and {len(mistakes) - EXAMPLES} more" if len(mistakes) > EXAMPLES else ""
    return Check(rule, required, "; ".join(mistakes[:EXAMPLES]) + more, margin, False)
