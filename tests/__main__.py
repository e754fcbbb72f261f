"""The test command: `python -m tests [pytest's arguments]` sets itself up, then runs pytest."""

import sys

from engine import bootstrap

WHOLE = ("--numprocesses=auto", "--dist=worksteal")  # a few tests take a minute, most a millisecond


def main() -> int:
    """Run pytest with the arguments of the command line, the whole suite on all cores when there are none.

    Returns
    -------
    int
        pytest's exit code.
    """
    import pytest  # only there once the set-up is done

    return int(pytest.main(["-q", *(sys.argv[1:] or WHOLE)]))


if __name__ == "__main__":
    bootstrap.ensure(tests=True)
    sys.exit(main())
