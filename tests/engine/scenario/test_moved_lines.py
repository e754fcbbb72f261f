"""Comments, blank lines and line ends move places and change nothing else."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scenario.load import Draft, draft_scenario
from engine.scenario.reference import EXAMPLE

LINES = EXAMPLE.splitlines()
SPOILT = (
    EXAMPLE.replace("0.20", "20").replace("advance: 0.5", "advance: often").replace("km2: km2", "km: km2")
)
ADDED = st.lists(
    st.tuples(st.integers(0, len(LINES)), st.sampled_from(["", "   ", "# note", "    # a: [", "#\ttab"])),
    max_size=8,
)


def with_added(text: str, added: list[tuple[int, str]]) -> tuple[str, dict[int, int]]:
    """Put lines in front of lines; give the text and where each old line went, both counted from 1."""
    lines, moved = [], {}
    for number, line in enumerate(text.splitlines()):
        lines += [new for at, new in added if at == number]
        lines.append(line)
        moved[number + 1] = len(lines)
    lines += [new for at, new in added if at == len(LINES)]
    return "\n".join(lines) + "\n", moved


def read(content: bytes) -> Draft:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scenario.yaml")
        path.write_bytes(content)
        return replace(draft_scenario(path), path=Path("scenario.yaml"))


@given(added=ADDED)
@settings(max_examples=25, deadline=None)
def test_only_lines_move(added: list[tuple[int, str]]) -> None:
    """A comment or blank line changes no value, and every place by exactly the lines above it."""
    text, moved = with_added(EXAMPLE, added)
    before, after = read(EXAMPLE.encode()), read(text.encode())
    assert before.loaded is not None
    assert after.loaded is not None
    assert after.loaded.scenario == before.loaded.scenario
    expected = {key: replace(at, line=moved[at.line]) for key, at in before.places.items() if key}
    assert {key: at for key, at in after.places.items() if key} == expected


@given(added=ADDED)
@settings(max_examples=25, deadline=None)
def test_findings_move_along(added: list[tuple[int, str]]) -> None:
    """The same mistakes are told in the same words, each with its new line."""
    text, moved = with_added(SPOILT, added)
    before, after = read(SPOILT.encode()).findings, read(text.encode()).findings
    assert len(before) == 4
    assert list(after) == [replace(finding, line=moved[finding.line]) for finding in before]


@given(bom=st.booleans(), end=st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=6, deadline=None)
def test_how_the_file_was_saved(bom: bool, end: str) -> None:
    """A byte order mark and the kind of line ends change neither values nor places."""
    content = (b"\xef\xbb\xbf" if bom else b"") + EXAMPLE.replace("\n", end).encode()
    before, after = read(EXAMPLE.encode()), read(content)
    assert before.loaded is not None
    assert after.loaded is not None
    assert (after.loaded.scenario, after.places) == (before.loaded.scenario, before.places)
