"""Makes the environment both commands run in; standard library only, readable by Python 3.7 and newer."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

OLDEST_PYTHON = (3, 11)
EXIT_ENVIRONMENT = 5
EXIT_INTERRUPTED = 130
NOTE = "allotment-set-up.txt"
UNFINISHED = "not finished"

_ROOT = Path(__file__).resolve().parent.parent
_SECOND_RUN = "ALLOTMENT_SECOND_RUN"  # a set-up that did not help must not be tried for ever
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[\w,-]+\])?>=(?P<least>[\d.]+)")


def ensure(root: Path = _ROOT, *, tests: bool = False) -> None:
    """Return when the needed packages are there; otherwise install them and run the same command again.

    Parameters
    ----------
    root
        The checkout: holds pyproject.toml and requirements.txt, and receives .venv.
    tests
        Whether the packages of the tests are needed too.

    Raises
    ------
    SystemExit
        With the exit code of the second run; with 5 and one sentence on stderr when the environment cannot
        be made; with 130 after Ctrl-C.
    """
    if sys.version_info < OLDEST_PYTHON:
        _stop(f"needs Python {_dotted(OLDEST_PYTHON)} or newer; this is {_dotted(sys.version_info[:3])}.")
    second_run = os.environ.pop(_SECOND_RUN, None)
    lacking = missing(root, tests=tests)
    if not lacking:
        return
    if second_run:
        _stop(f"set up, yet there is no {', '.join(lacking)}. Delete {root / '.venv'} and try again.")
    try:
        python = _prepare(root, tests=tests)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except OSError as error:
        _stop(f"cannot set up in {root}: {error}.")
    _run_again(python)


def missing(root: Path, *, tests: bool = False, site_packages: Path | None = None) -> list[str]:
    """Name the packages of pyproject.toml that are absent or too old, without importing them.

    Parameters
    ----------
    root
        The checkout.
    tests
        Whether the packages of the tests count.
    site_packages
        Where to look; by default wherever this Python looks.

    Returns
    -------
    list of str
        Names in the order of pyproject.toml; empty when all is there.

    Raises
    ------
    ValueError
        When a requirement is not of the form name>=version.
    """
    # Neither is there in the oldest Pythons, which must get far enough to be told so.
    import tomllib
    from importlib.metadata import distributions

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    needed = list(project["project"]["dependencies"])
    if tests:
        needed += project["dependency-groups"]["test"]
    path = sys.path if site_packages is None else [str(site_packages)]
    lacking = []
    for requirement in needed:
        match = _REQUIREMENT.fullmatch(requirement)
        if match is None:
            raise ValueError(f"pyproject.toml: expected 'name>=version', found {requirement!r}")
        found = next(iter(distributions(name=match["name"], path=path)), None)
        if found is None or _numbers(found.version) < _numbers(match["least"]):
            lacking.append(match["name"])
    return lacking


def stamp(root: Path) -> str:
    """Say what an environment is made from: the pinned packages, the system and the version of Python.

    Parameters
    ----------
    root
        The checkout.

    Returns
    -------
    str
        Another text whenever requirements.txt, the system or Python's minor version is another.
    """
    pins = hashlib.sha256((root / "requirements.txt").read_bytes()).hexdigest()
    return f"{pins} {sys.platform} {sys.implementation.cache_tag}"


def _prepare(root: Path, *, tests: bool) -> Path:
    """Return the Python of a finished .venv, made or made again if need be."""
    venv = root / ".venv"
    python = venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    note = venv / NOTE
    with _alone(root / ".venv.lock") as lock:
        if note.is_file():
            if note.read_text(encoding="utf-8") == stamp(root) and python.is_file():
                return python
        elif venv.is_dir() and any(venv.iterdir()):
            _check_handmade(root, venv, tests=tests)
            return python
        venv.mkdir(exist_ok=True)
        note.write_text(UNFINISHED, encoding="utf-8", newline="\n")
        _clear(venv, keep=note)
        _install(root, venv, python, lock)
        note.write_text(stamp(root), encoding="utf-8", newline="\n")
    return python


def _check_handmade(root: Path, venv: Path, *, tests: bool) -> None:
    """Stop unless a .venv that somebody made by hand has all packages; it is not ours to delete."""
    site_packages = next(venv.glob("lib/python*/site-packages"), venv / "Lib" / "site-packages")
    lacking = missing(root, tests=tests, site_packages=site_packages)
    if lacking:
        _stop(
            f"{venv} was not made by this command and has no {', '.join(lacking)}. "
            "Install requirements.txt there, or move it away."
        )


def _clear(venv: Path, keep: Path) -> None:
    """Empty .venv but for its note, which tells even a set-up killed right here that the rest is waste."""
    for entry in venv.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != keep:
            entry.unlink()


def _install(root: Path, venv: Path, python: Path, lock: IO[str]) -> None:
    """Fill .venv from requirements.txt, with uv where it is and can, else with pip."""
    base = str(getattr(sys, "_base_executable", sys.executable))  # this very Python may be .venv's
    pins = ["--require-hashes", "-r", str(root / "requirements.txt")]
    start = time.monotonic()
    uv = _working_uv()
    _say(f"installing packages into {venv} with {'uv' if uv else 'pip'}; once, about a minute ...")
    if uv:
        make = [uv, "venv", "--quiet", "--allow-existing", "--python", base, str(venv)]
        fill = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *pins]
        fault = _fault(make, lock) or _fault(fill, lock)
        if fault:  # uv has its own ideas of certificates and proxies
            _say(f"uv could not do it here ({fault}), which is no harm: going on with pip ...")
            _clear(venv, keep=venv / NOTE)
    if not uv or fault:
        fault = _fault([base, "-m", "venv", str(venv)], lock)
        if fault:
            _stop(f"cannot make {venv} ({fault}). On Debian or Ubuntu: apt install python3-venv.")
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries=2"]
        fault = _fault([*pip, *pins], lock)
        if fault:
            _stop(f"pip failed ({fault}). Is the network there? When it is, run the command again.")
    _say(f"set up in {time.monotonic() - start:.0f} s.")


def _fault(command: list[str], lock: IO[str]) -> str:
    """Run one command of the set-up; return the last line it said if it failed, else nothing."""
    # The lock goes along: should this process be killed, nobody sets up while its installer still writes.
    os.set_inheritable(lock.fileno(), True)
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, close_fds=False
    )
    if done.returncode == 0:
        return ""
    said = done.stdout.decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(said) if line.strip()), f"exit code {done.returncode}")


def _run_again(python: Path) -> NoReturn:
    """Run the command line of this process once more, with another Python."""
    command = [str(python), *sys.orig_argv[1:]]
    environment = {**os.environ, _SECOND_RUN: "1"}
    if sys.platform == "win32":  # there, exec would give the shell its prompt back before the command ends
        sys.exit(subprocess.run(command, env=environment).returncode)
    os.execve(python, command, environment)  # noqa: S606  one process stays: Ctrl-C and kill reach it


@contextmanager
def _alone(path: Path) -> Iterator[IO[str]]:
    """Hold a lock file, so that only one process sets up; the system frees it when its holders end."""
    with path.open("a", encoding="utf-8") as file:
        if not _try_lock(file):
            _say("waiting for another set-up of this checkout ...")
            while not _try_lock(file):
                time.sleep(0.2)
        yield file


def _try_lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the two systems' words for "taken"
        return False
    return True


def _working_uv() -> str | None:
    """Find a uv that starts: a version manager's stand-in may only say that it is not installed."""
    uv = shutil.which("uv")
    if uv and subprocess.run([uv, "--version"], capture_output=True).returncode == 0:
        return uv
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _say(text: str) -> None:
    print(f"allotment: {text}", file=sys.stderr, flush=True)


def _stop(text: str) -> NoReturn:
    _say(text)
    sys.exit(EXIT_ENVIRONMENT)
