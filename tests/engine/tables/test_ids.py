"""Ids and references between tables."""

from __future__ import annotations

import pandas as pd
import pytest

from engine.errors import Finding, Severity
from engine.tables.ids import Known, note_left_out, refer, unique_ids
from engine.tables.sheet import Sheet


def sheet(*ids: str) -> Sheet:
    findings: list[Finding] = []
    frame = pd.DataFrame(
        {"id": list(ids), "v": list("abcdefgh"[: len(ids)])}, index=range(2, len(ids) + 2), dtype="str"
    )
    return Sheet("t.csv", ",", frame, findings)


def codes(table: Sheet) -> list[tuple[str, int]]:
    return [(finding.code, finding.line) for finding in table.findings]


@pytest.mark.parametrize(
    "ids",
    [
        ("08540", "12345", "00501"),
        ("1", "2", "10", "100"),
        ("0", "1", "10", "11", "12"),
        ("1E5", "2E07", "AB1"),
        ("A1", "B1", "TRUE"),
        ("é", "e"),
    ],
)
def test_good_ids(ids: tuple[str, ...]) -> None:
    """Ids stay byte for byte as they are, and good ones give no remark."""
    table = sheet(*ids)
    assert tuple(unique_ids(table, "id").rows["id"]) == ids
    assert table.findings == []


def test_lost_zeros_are_an_error_and_read_on() -> None:
    """An id that lost its leading zeros is told, and the id it was is used to look for more."""
    table = sheet("08540", "8541", "12345")
    assert unique_ids(table, "id").rows["id"].tolist() == ["08540", "08541", "12345"]
    assert codes(table) == [("ID-ZEROS", 3)]


def test_scientific_notation_among_digits() -> None:
    """A number in scientific notation among ids of digits is damage."""
    table = sheet("12345", "1.2E+04", "12346")
    unique_ids(table, "id")
    assert codes(table) == [("ID-SCIENTIFIC", 3)]


def test_equal_rows_are_one() -> None:
    """A row that repeats another is left out and said; one that differs is an error with both lines."""
    table = sheet("a", "a", "b")
    equal = Sheet("t.csv", ",", table.rows.assign(v="same"), table.findings)
    assert unique_ids(equal, "id").rows.index.tolist() == [2, 4]
    assert [(f.code, f.severity) for f in table.findings] == [("ID-REPEATED", Severity.REPAIR)]
    other = sheet("a", "a", "b")
    unique_ids(other, "id")
    assert codes(other) == [("ID-TWICE", 3)]
    assert "lines 2 and 3 with different v" in other.findings[0].message


@pytest.mark.parametrize("pair", [("A1", "a1"), ("\u00e9", "e\u0301")])
def test_one_id_in_two_spellings(pair: tuple[str, str]) -> None:
    """Ids that differ only in case or in the form of an accent are ambiguous."""
    table = sheet(*pair, "x")
    unique_ids(table, "id")
    assert codes(table) == [("ID-AMBIGUOUS", 2)]


def test_references() -> None:
    """A reference is good, blank, left out or unknown; unknown ones are one message."""
    known = Known("u.csv", frozenset(["u1", "u2"]), frozenset(["u3"]))
    table = sheet("u1", "", "u3", "u9", "u8", "u9")
    assert refer(table, "id", known, "unit").tolist() == [True, False, False, False, False, False]
    (finding,) = table.findings
    assert (finding.code, finding.line, finding.count) == ("REF-UNIT", 5, 3)
    assert "2 ids of units do not exist: u9, u8" in finding.message
    note_left_out(table, "id", known, "units", "units.keep")
    assert table.findings[1].severity is Severity.NOTE
    assert table.findings[1].message.startswith("1 rows")


def test_twenty_unknown_ids_at_most() -> None:
    """Of many unknown ids the first twenty are named and all are counted."""
    table = Sheet(
        "t.csv", ",", pd.DataFrame({"id": [f"x{n}" for n in range(50)]}, index=range(2, 52), dtype="str"), []
    )
    refer(table, "id", Known("u.csv", frozenset(["u1"])), "unit")
    (finding,) = table.findings
    assert "50 ids of units do not exist: x0, x1" in finding.message
    assert "x19 and 30 more" in finding.message
    assert "x20" not in finding.message


@pytest.mark.parametrize(
    ("known", "ids", "cause"),
    [
        (["01001", "02002"], ["1001", "2002"], "lost their leading zeros here"),
        (["1001", "2002"], ["01001", "02002"], "the other table lost its leading zeros"),
        (["1001", "2002"], ["1001.0", "2002.0"], "written with `.0` here"),
        (["ab", "cd"], ["AB", "CD"], "another case here"),
        (["territory"], ["teritory"], "did you mean territory?"),
    ],
)
def test_cause_of_unknown_ids(known: list[str], ids: list[str], cause: str) -> None:
    """A cause that explains most unknown ids is told."""
    table = sheet(*ids)
    refer(table, "id", Known("u.csv", frozenset(known)), "unit")
    assert cause in table.findings[0].message
    as_text = table.findings[0].remedy.startswith("format the column as text")
    assert as_text is ("zeros" in cause or ".0" in cause)


def test_unknown_ids_of_a_broken_table() -> None:
    """Where ids could not be read in the table they refer to, that table is to be mended first."""
    table = sheet("u1", "u9")
    table.findings.append(
        Finding("u.csv", 7, 0, "id", "ID-BLANK", Severity.ERROR, "", "the id is blank", "write it")
    )
    refer(table, "id", Known("u.csv", frozenset(["u1"])), "unit")
    assert "first correct u.csv" in table.findings[-1].remedy


def test_nothing_is_known() -> None:
    """Where the other table could not be read, no reference is called wrong."""
    table = sheet("u1", "")
    assert refer(table, "id", None, "unit").tolist() == [True, False]
    assert table.findings == []
