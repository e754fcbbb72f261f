"""``python -m engine.verify RUN``: check one run folder; exit code 0 accepted, 6 rejected, 2 not a run."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from engine.verify.checker import NotARunError, verify_run

ACCEPTED, NOT_A_RUN, REJECTED = 0, 2, 6


def main(arguments: list[str]) -> int:
    """Print the checks of one run folder as a table and give the exit code."""
    if len(arguments) != 1:
        print("usage: python -m engine.verify RUN", file=sys.stderr)
        return NOT_A_RUN
    try:
        report = verify_run(Path(arguments[0]))
    except NotARunError as error:
        print(error, file=sys.stderr)
        return NOT_A_RUN
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names may not fit the terminal's encoding
    print(report.to_text())
    return ACCEPTED if report.verdict else REJECTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
