"""The page of the command line says what the command line does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from engine import cli

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
COMMANDS: dict[str, Any] = dict(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]
CODES = ("DONE", "BUG", "BAD_INPUT", "INFEASIBLE", "NO_PLAN", "STORAGE", "REJECTED", "INTERRUPTED")


def sections() -> dict[str, str]:
    """The text under each heading."""
    return dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))


def options(command: str) -> dict[str, Any]:
    """The options of a command by their name."""
    return {one.opts[0]: one for one in COMMANDS[command].params if one.param_type_name == "option"}


def test_every_command_has_a_section() -> None:
    """The sections are the commands, in the order in which --help lists them, and the exit codes."""
    assert list(sections()) == [*COMMANDS, "Exit codes"]
    assert tuple(COMMANDS) == cli.COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    """The options of a section are the command's, with default and help; none is left out or invented."""
    rows = re.findall(r"^\| `(--[a-z-]+)[^`]*` \|(.*?)\| (.+?) \|$", sections()[command], flags=re.MULTILINE)
    known = options(command)
    assert [name for name, _, _ in rows] == list(known)
    assert ("It has no options." in sections()[command]) == (not known)
    for name, default, meaning in rows:
        value, default = known[name].default, default.strip()
        if isinstance(value, bool):
            assert default == ("on" if value else "off")
        elif name not in ("--workers", "--time-limit"):  # theirs depend on machine and scenario
            assert default.strip("`") == str(value or "")
        assert meaning.replace("`", "").lower().startswith(known[name].help.lower().rstrip("."))


def test_examples_are_understood() -> None:
    """Every example is a command line of known commands and options, one at least a command."""
    seen = set()
    for line in re.findall(r"^python run_scenario\.py (.+)$", PAGE, flags=re.MULTILINE):
        words = shlex.split(line)
        command = words.pop(0) if words[0] in COMMANDS else "run"
        COMMANDS[command].make_context(command, words)  # refuses unknown options and missing arguments
        seen.add(command)
    assert seen == set(COMMANDS)


def test_every_exit_code_is_explained() -> None:
    """The exit codes are those of the code, and the one of a process that is told to end."""
    rows = re.findall(r"^\| (\d+) \| (.{4,}?) \|", sections()["Exit codes"], flags=re.MULTILINE)
    assert [int(code) for code, _ in rows] == [*(getattr(cli, name) for name in CODES), 143]


def test_other_pages_name_commands_that_exist() -> None:
    """Every command line in README and docs is one the program understands, with options it has."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    found = 0
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for line in re.findall(r"python run_scenario\.py ([^`\n]+)", text):
            words = re.sub(r"\[([^]]*)\]|\.\.\.", r"\1", line.split("  ")[0]).split()
            command = words.pop(0) if words[0] in COMMANDS else "run"
            unknown = [word for word in words if word.startswith("--") and word not in options(command)]
            assert not unknown, f"{page.name}: {line}"
            found += 1
    assert found > 20
