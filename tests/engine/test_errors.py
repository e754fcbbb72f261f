"""Findings as a reader sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Finding, InputError, Severity, format_findings, shown


def finding(
    file: str = "a.csv",
    line: int = 3,
    severity: Severity = Severity.ERROR,
    remedy: str = "mend it",
    code: str = "X-1",
) -> Finding:
    return Finding(file, line, 0, "x", code, severity, "v", "is wrong", remedy)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain é", "plain é"),
        ("two\nlines\t", r"two\nlines\t"),
        ("\x1b[31m\u202e", r"\x1b[31m\u202e"),
        (5, "5"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_shown(value: object, text: str) -> None:
    """A value fits on one line of at most 80 characters, and no control character reaches the terminal."""
    assert shown(value) == text


def test_place_comes_first() -> None:
    """A message starts with file:line:column, names its key and code, and ends with the remedy."""
    full = Finding("s.yaml", 3, 7, "a.b", "X-1", Severity.ERROR, "v", "is wrong", "mend it")
    assert str(full) == "s.yaml:3:7: a.b: is wrong  [X-1]\n  fix: mend it"
    assert str(Finding("s.yaml", 0, 0, "", "X-1", Severity.NOTE, "", "is so", "")) == "s.yaml: is so  [X-1]"


def test_causes_come_first() -> None:
    """A file that cannot be read stands before other errors, these before what may follow from them, then the rest."""
    text = format_findings(
        [
            finding("a.csv", severity=Severity.WARNING, remedy=""),
            finding("a.csv", line=9, remedy="first correct b.csv"),
            finding("b.csv", remedy=""),
            finding("z.yaml", code="FILE-MISSING", remedy=""),
            finding("y.yaml", code="FILE-NOTE", severity=Severity.NOTE, remedy=""),
        ]
    )
    starts = [line.partition(": x:")[0] for line in text.splitlines()[:-1] if "fix:" not in line]
    assert starts == ["z.yaml:3", "b.csv:3", "a.csv:9", "note: y.yaml:3", "warning: a.csv:3"]


def test_sorted_and_counted() -> None:
    """Errors are sorted by file and line, then the rest; the last line counts them by kind."""
    text = format_findings(
        [finding("b.csv"), finding(line=20), finding(line=3, severity=Severity.WARNING, remedy="")]
    )
    assert text.splitlines() == [
        "a.csv:20: x: is wrong  [X-1]",
        "  fix: mend it",
        "b.csv:3: x: is wrong  [X-1]",
        "  fix: mend it",
        "warning: a.csv:3: x: is wrong  [X-1]",
        "2 errors, 1 warning",
    ]
    assert format_findings([]) == "nothing found"


def test_at_most_a_hundred_lines() -> None:
    """However many there are, at most 100 lines are printed and all are counted."""
    lines = format_findings(finding(line=number) for number in range(1, 1001)).splitlines()
    assert len(lines) <= 100
    assert lines[-1] == "1000 errors"
    printed = sum(line.startswith("a.csv") for line in lines)
    assert lines[-2] == f"... and {1000 - printed} more"


def test_files_open_from_where_the_reader_is(tmp_path: Path) -> None:
    """A file that is there is named by a path that opens; the command line keeps its name."""
    (tmp_path / "a.csv").write_text("x", encoding="utf-8")
    text = format_findings([finding("sub/../a.csv"), finding("--set", 0)], tmp_path)
    assert f"{tmp_path.as_posix()}/a.csv:3: " in text
    assert "--set: x: " in text


def test_an_input_error_sorts_its_findings() -> None:
    """An input error carries its findings sorted, and says them all."""
    error = InputError([finding("b.csv"), finding("a.csv")])
    assert [one.file for one in error.findings] == ["a.csv", "b.csv"]
    assert str(error).count("is wrong") == 2
    assert isinstance(error, ValueError)
