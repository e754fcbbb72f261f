"""Bytes of a CSV file to text cells: what is mended and said, what is kept as it is."""

from __future__ import annotations

import pytest

from engine.errors import Finding, Severity
from engine.tables.sheet import Sheet
from engine.tables.text import read_sheet


def read(content: bytes | str) -> tuple[Sheet, list[tuple[str, int, Severity]]]:
    findings: list[Finding] = []
    sheet = read_sheet(content.encode() if isinstance(content, str) else content, "t.csv", findings)
    assert sheet is not None, findings
    return sheet, [(finding.code, finding.line, finding.severity) for finding in findings]


def cells(content: bytes | str) -> list[list[str]]:
    return read(content)[0].rows.to_numpy().tolist()


@pytest.mark.parametrize(
    "word", ["NA", "None", "null", "NaN", "08540", "1E5", "2E07", "0x1F", "1_000", "TRUE", "-", "=1"]
)
def test_text_stays_text(word: str) -> None:
    """No word becomes a number, a missing value or a truth."""
    assert cells(f"id,x\n{word},1\n") == [[word, "1"]]


def test_lines_are_physical() -> None:
    """A row is known by the line of the file it starts in, across blank lines and line breaks in quotes."""
    sheet, found = read('id,name\n\na,"two\nlines"\n\nb,x\n')
    assert sheet.rows.index.tolist() == [3, 6]
    assert sheet.rows["name"].tolist() == ["two\nlines", "x"]
    assert found == [("CSV-BLANK", 0, Severity.NOTE)]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"\xef\xbb\xbfid,x\na,1\n", "CSV-BOM", 1),
        (b"id,x\r\na,1\r\n", "CSV-LINE-ENDS", 0),
        (b"id,x\ra,1\r", "CSV-LINE-ENDS", 0),
        (b"id;x\na;1\n", "CSV-DELIMITER", 1),
        (b"id\tx\na\t1\n", "CSV-DELIMITER", 1),
        (b"id|x\na|1\n", "CSV-DELIMITER", 1),
        ("id,x\na,1\n".encode("utf-16"), "CSV-UTF16", 0),
        (b"\xfe\xff" + "id,x\na,1\n".encode("utf-16-be"), "CSV-UTF16", 0),
        (b"id, x \na,1\n", "CSV-HEADER", 1),
        ("id,\u00a0x\na,1\n".encode(), "CSV-HEADER", 1),
        (b"id,x\n a ,1\n", "CSV-TRIM", 0),
        ("id,x\na\u00a0,1\n".encode(), "CSV-TRIM", 0),
        (b"id,x\na,1,\n", "CSV-TRAILING", 2),
        (b"id,x,\na,1,\n", "CSV-TRAILING", 1),
        (b"id,x\na\x02,\x011\n", "CSV-CONTROL", 0),
    ],
)
def test_repairs(content: bytes, code: str, line: int) -> None:
    """A harmless habit of an export is mended and said, and the cells come out right."""
    sheet, found = read(content)
    assert sheet.rows.columns.tolist() == ["id", "x"]
    assert sheet.rows.to_numpy().tolist() == [["a", "1"]]
    assert found == [(code, line, Severity.REPAIR)]


@pytest.mark.parametrize(
    ("content", "code", "count"),
    [
        (b"id,x\na,1,\nb,2,\nc,3,\n", "CSV-TRAILING", 3),
        (b"id,x,\na,1,\nb,2,\nc,3,\n", "CSV-TRAILING", 3),
        (b"id,x,,\na,1,,\nb,2,,\n", "CSV-TRAILING", 2),
        (b"id,x,\na,1,\nb,2,7\nc,3,8\n", "CSV-NAMELESS", 2),
    ],
)
def test_a_finding_about_a_column_counts_its_rows(content: bytes, code: str, count: int) -> None:
    """A surplus column concerns every row, however it is written; one with values is told once, by them."""
    findings: list[Finding] = []
    read_sheet(content, "t.csv", findings)
    assert [(finding.code, finding.count) for finding in findings] == [(code, count)]


def test_a_header_that_is_clean_says_nothing() -> None:
    """A plain file gives no remark."""
    assert read('id,name\n1,"a, b"\n2,"say ""x"""\n')[1] == []


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "CSV-EMPTY", 0),
        (b" \n\n", "CSV-EMPTY", 0),
        (b"\xef\xbb\xbf", "CSV-EMPTY", 0),
        (b"id,x\n", "CSV-NO-ROWS", 1),
        (b"PK\x03\x04...", "CSV-NOT-CSV", 0),
        (b"\xd0\xcf\x11\xe0", "CSV-NOT-CSV", 0),
        (b"SQLite format 3\0", "CSV-NOT-CSV", 0),
        (b"\n <html><body>Sign in", "CSV-NOT-CSV", 0),
        ("id,x\na,1\n".encode("utf-16-le"), "CSV-NUL", 1),
        ("id,x\na,1\nb,Café".encode("cp1252"), "CSV-ENCODING", 3),
        (b"a;b|c\n1;2|3\n", "CSV-DELIMITER", 1),
        (b"id,ID\na,b\n", "CSV-TWICE", 1),
        (b'id,x\na,"1\nb,2\nc,3\n', "CSV-QUOTE", 2),
        (b'id,x\na,"1"2\n', "CSV-QUOTE", 2),
        (b'id,x\na,"' + b"1" * 200_000 + b'"\n', "CSV-QUOTE", 2),
    ],
)
def test_refused(content: bytes, code: str, line: int) -> None:
    """A file that is no table is refused with one message and its line."""
    findings: list[Finding] = []
    assert read_sheet(content, "t.csv", findings) is None
    assert [(finding.code, finding.line) for finding in findings] == [(code, line)]
    assert findings[0].severity is Severity.ERROR


def test_ragged_rows() -> None:
    """Rows of another width are one message with all their lines; the other rows can be checked."""
    findings: list[Finding] = []
    sheet = read_sheet(b"id,x\na,1\nb\nc,1,2\nd,1,2\ne,5\n", "t.csv", findings)
    assert sheet is not None
    assert sheet.rows["id"].tolist() == ["a", "e"]
    assert [(f.code, f.line, f.count) for f in sorted(findings)] == [
        ("CSV-TOO-FEW", 3, 1),
        ("CSV-TOO-MANY", 4, 2),
    ]
    assert "also in line 5" in sorted(findings)[1].message


def test_a_trailing_delimiter_in_some_rows_is_an_error() -> None:
    """A surplus delimiter is taken away only where every row has it: columns never shift."""
    findings: list[Finding] = []
    read_sheet(b"id,x\na,1,\nb,2\n", "t.csv", findings)
    assert [finding.code for finding in findings] == ["CSV-TOO-MANY"]


def test_twenty_examples_at_most() -> None:
    """Of 50,000 bad rows the first twenty lines and the number are told."""
    findings: list[Finding] = []
    read_sheet(b"id,x\n" + b"a\n" * 50_000, "t.csv", findings)
    (finding,) = findings
    assert finding.count == 50_000
    assert finding.message.endswith("20, 21 and 49980 more)")
