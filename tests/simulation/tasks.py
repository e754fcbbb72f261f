"""What workers do in tests; nothing heavy is imported here, so that a worker starts at once."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def square(number: int) -> int:
    return number * number


def die(flag: str, number: int, times: int) -> int:
    """End the process the hard way, as often as told, before task 2 is answered."""
    if number == 2:
        marks = Path(flag)
        if len(list(marks.iterdir())) < times:
            (marks / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return number


def interrupt(number: int) -> int:
    raise KeyboardInterrupt
