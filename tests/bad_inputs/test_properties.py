"""What must hold however a file is spoilt."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Finding, Severity
from engine.scenario.reference import EXAMPLE
from engine.scenario.yaml_text import read_scenario_text
from engine.tables.read import check
from engine.tables.text import read_sheet
from tests.small_company import FILES, write_company

BREAKING = [
    '"',
    "'",
    ",",
    ";",
    ":",
    "\t",
    "\0",
    "{",
    "[",
    "*",
    "&",
    "!",
    "#",
    "-",
    "\n",
    "\r",
    "\ufeff",
    "é",
    "9e999",
    "<<",
]


@settings(max_examples=200)
@given(st.binary(max_size=60), st.integers(0, len(EXAMPLE)), st.integers(0, 30))
def test_no_bytes_break_the_scenario_reader(junk: bytes, start: int, length: int) -> None:
    """Whatever bytes stand in a scenario, reading ends with values or messages, never an exception."""
    whole = EXAMPLE.encode()
    found = read_scenario_text(whole[:start] + junk + whole[start + length :], "s.yaml")
    assert found.findings or isinstance(found.value, dict)


@settings(max_examples=200)
@given(st.binary(max_size=60), st.integers(0, 300), st.integers(0, 30))
def test_no_bytes_break_the_table_reader(junk: bytes, start: int, length: int) -> None:
    """Whatever bytes stand in a table, reading ends with a table or messages, never an exception."""
    whole, findings = FILES["accounts.csv"].encode(), list[Finding]()
    sheet = read_sheet(whole[:start] + junk + whole[start + length :], "t.csv", findings)
    assert sheet is not None or any(finding.severity is Severity.ERROR for finding in findings)


@settings(max_examples=40)
@given(st.sampled_from(sorted(FILES)), st.floats(0, 1), st.sampled_from(BREAKING), st.integers(0, 12))
def test_no_slip_breaks_the_check(file: str, part: float, slip: str, length: int) -> None:
    """A slip of the pen anywhere ends with tables or with errors that have a place and a remedy."""
    text = FILES[file]
    start = int(part * len(text))
    with tempfile.TemporaryDirectory() as folder:
        spoilt = text[:start] + slip + text[start + length :]
        checked = check(write_company(Path(folder), {file: spoilt}))
    errors = [finding for finding in checked.findings if finding.severity is Severity.ERROR]
    assert (checked.tables is None) == bool(errors)
    for finding in errors:
        assert finding.file in FILES
        assert finding.code
        assert finding.message
        assert finding.remedy
        assert len(str(finding).splitlines()) == 2
