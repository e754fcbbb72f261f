"""What must hold for the project's files as a whole."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    ".ci",
    "benchmarks",
    "data",
    "docs",
    "engine",
    "scenarios",
    "scripts",
    "simulation",
    "solvers",
    "tests",
}
PINS = ROOT / "requirements.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def git(*arguments: str) -> list[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.splitlines()


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return [ROOT / name for name in git("-c", "core.quotepath=off", "ls-files") if (ROOT / name).is_file()]


def lines_matching(pattern: str, files: list[Path]) -> list[str]:
    """List file:line of every match in the files that are text."""
    found = []
    for path in files:
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
                if re.search(pattern, line):
                    found.append(f"{path.relative_to(ROOT)}:{number}")
    return found


def pinned(path: Path) -> dict[str, str]:
    """Read names and versions of a file of pins."""
    text = path.read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, flags=re.MULTILINE))


def numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def test_no_registry_host(tracked: list[Path]) -> None:
    """No tracked file names the host of a package registry."""
    assert lines_matching(r"https?://([^/\s]*(simple|registry|files\.)|\S+/simple\b)", tracked) == []


def test_no_path_of_a_developers_machine(tracked: list[Path]) -> None:
    """No tracked text holds an absolute path of the machine it was written on."""
    assert lines_matching(r"(?<![\w.])/(work|home|root|tmp/brief)/", tracked) == []


def test_lock_file_is_left_out(tracked: list[Path]) -> None:
    """uv.lock, which holds registry hosts, is ignored wherever it is made, and so is the environment."""
    assert not [path for path in tracked if path.name == "uv.lock"]
    private = ["uv.lock", "engine/uv.lock", ".venv/x", ".venv.lock", ".ci/.venv/x", "runs/x"]
    assert git("check-ignore", "--no-index", *private) == private


def test_top_level_is_fixed(tracked: list[Path]) -> None:
    """Every folder at the top is one of the layout's."""
    tops = {path.relative_to(ROOT).parts[0] for path in tracked if path.parent != ROOT}
    assert tops - FOLDERS == set()


def test_changelog_starts_with_this_version() -> None:
    """The newest version of the changelog is the project's."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+)", changes, flags=re.MULTILINE)
    assert versions[0] == PROJECT["project"]["version"]


def test_every_change_is_marked() -> None:
    """A line of the changelog says whether the change is new, fixed, changed or breaking."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    entries = re.findall(r"^- (.*)", changes, flags=re.MULTILINE)
    assert entries
    assert [line for line in entries if not re.match(r"(new|fixed|changed|breaking): \S", line)] == []


def test_pins_meet_the_requirements() -> None:
    """Every package that pyproject.toml asks for is pinned at that version or a newer one."""
    pins = pinned(PINS)
    needed = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["test"]
    assert needed
    for requirement in needed:
        name, least = re.sub(r"\[.*\]", "", requirement).split(">=")
        assert numbers(pins[name.lower().replace(".", "-")]) >= numbers(least), requirement


def test_pins_are_hashed_and_agree() -> None:
    """Every pin is one version with hashes, the same for users and for the checks."""
    tools = ROOT / ".ci" / "requirements-dev.txt"
    for path in (PINS, tools):
        blocks = re.split(r"\n(?=\w)", path.read_text(encoding="utf-8"))[1:]
        assert len(blocks) == len(pinned(path)) > 0
        assert [block for block in blocks if "--hash=sha256:" not in block] == []
    both = pinned(PINS).keys() & pinned(tools).keys()
    assert {name: pinned(tools)[name] for name in both} == {name: pinned(PINS)[name] for name in both}


def test_checker_stands_alone() -> None:
    """The independent checker imports the standard library and itself, nothing of ours or of others."""
    files = sorted((ROOT / "engine" / "verify").rglob("*.py"))
    assert files
    outside = []
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{'.' * node.level}{node.module or ''}"]
            else:
                continue
            own = ("engine.verify", ".")
            outside += [
                f"{path.name}:{node.lineno}: {name}"
                for name in names
                if name.split(".")[0] not in sys.stdlib_module_names
                and (not name.startswith(own) or name.startswith(".."))
            ]
    assert outside == []
