"""The test command: `python -m tests [pytest's arguments]` sets itself up, then runs pytest."""

import sys

from engine import bootstrap


def main() -> int:
    """Run pytest with the arguments of the command line, the whole suite when there are none.

    Returns
    -------
    int
        pytest's exit code.
    """
    import pytest  # only there once the set-up is done

    return int(pytest.main(["-q", *sys.argv[1:]]))


if __name__ == "__main__":
    bootstrap.ensure(tests=True)
    sys.exit(main())
