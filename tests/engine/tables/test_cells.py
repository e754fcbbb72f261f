"""Text cells to numbers, dates and yes/no."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Finding, Severity
from engine.tables.cells import dates, numbers, words, yes_no
from engine.tables.sheet import Sheet


def sheet(*column: str, delimiter: str = ",") -> Sheet:
    frame = pd.DataFrame({"x": list(column)}, index=range(2, len(column) + 2), dtype="str")
    findings: list[Finding] = []
    return Sheet("t.csv", delimiter, frame, findings)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("+2", 2.0),
        ("007", 7.0),
        ("1E-2", 0.01),
    ],
)
def test_plain_numbers(text: str, value: float) -> None:
    """A plain number is read, whatever its form, without a remark."""
    table = sheet(text)
    assert numbers(table, "x").tolist() == [value]
    assert table.findings == []


@given(st.lists(st.floats(0, 1e14), min_size=1, max_size=20))
def test_written_numbers_are_read_back(values: list[float]) -> None:
    """Every number is read back as it was written."""
    assert numbers(sheet(*map(repr, values)), "x").tolist() == values


@pytest.mark.parametrize(
    "text", ["١٢", "1__0", "0x10", "1 2", "--1", "1.2.3", "e5", "NaN", "1,5", "½", "1e", "٫5"]
)
def test_other_text_is_no_number(text: str) -> None:
    """What only resembles a number is an error and becomes NaN, never a guess."""
    table = sheet(text, "3")
    assert np.isnan(numbers(table, "x").to_numpy()).tolist() == [True, False]
    assert [(finding.line, finding.severity) for finding in table.findings] == [(2, Severity.ERROR)]


def test_each_kind_once() -> None:
    """Faults of one kind are one message with their lines; other kinds have their own."""
    table = sheet("1,234", "5", "", "2,345", "TBD", "-1", "many")
    numbers(table, "x")
    found = {finding.code: (finding.line, finding.count) for finding in table.findings}
    assert len(found) == len(table.findings)
    assert found == {
        "NUM-THOUSANDS": (2, 2),
        "NUM-BLANK": (4, 1),
        "NUM-MISSING": (6, 1),
        "NUM-NEGATIVE": (7, 1),
        "NUM-TEXT": (8, 1),
    }


def test_range() -> None:
    """Both ends of the range are allowed, and nothing beyond; a strict lower end is not."""
    table = sheet("0", "1", "2", "3")
    assert numbers(table, "x", least=1, most=2).isna().tolist() == [True, False, False, True]
    strict = sheet("0", "1")
    assert numbers(strict, "x", above=True).isna().tolist() == [True, False]
    assert [finding.code for finding in strict.findings] == ["NUM-RANGE"]


def test_defaults() -> None:
    """A blank cell, or a whole missing column, takes the default without a remark."""
    table = sheet("", "2")
    assert numbers(table, "x", default=7.0).tolist() == [7.0, 2.0]
    assert numbers(table, "y", default=7.0).tolist() == [7.0, 7.0]
    assert dates(table, "y", default=date(2027, 1, 1)).tolist() == [date(2027, 1, 1)] * 2
    assert words(table, "y", "z").tolist() == ["z", "z"]
    assert yes_no(table, "y").tolist() == [False, False]
    assert table.findings == []


def test_decimal_commas_of_a_semicolon_file() -> None:
    """Decimal commas are read where cells are separated by semicolons and no cell has a point."""
    table = sheet("1234,50", "7", delimiter=";")
    assert numbers(table, "x").tolist() == [1234.5, 7.0]
    assert [(finding.code, finding.severity) for finding in table.findings] == [
        ("NUM-COMMA", Severity.REPAIR)
    ]
    mixed = sheet("1234,50", "1234.50", delimiter=";")
    numbers(mixed, "x")
    assert [(finding.code, finding.severity) for finding in mixed.findings] == [("NUM-COMMA", Severity.ERROR)]


def test_dates() -> None:
    """Dates are read as written year first; other orders and impossible days are errors."""
    table = sheet("2027-01-31", "03/04/2026", "2026-02-30", "20270131")
    assert dates(table, "x").tolist() == [date(2027, 1, 31), None, None, None]
    assert [(f.code, f.line, f.count) for f in table.findings] == [
        ("DATE-FORM", 3, 2),
        ("DATE-IMPOSSIBLE", 4, 1),
    ]


def test_yes_and_no() -> None:
    """Yes and no are read in the documented words; others than yes and no are said."""
    table = sheet("yes", "No", "", "TRUE", "0", "x")
    assert yes_no(table, "x").tolist() == [True, False, False, True, False, True]
    assert [(f.code, f.severity, f.count) for f in table.findings] == [("YES-NO", Severity.REPAIR, 3)]
    wrong = sheet("yes", "maybe")
    assert yes_no(wrong, "x").tolist() == [True, False]
    assert [(f.code, f.line, f.severity) for f in wrong.findings] == [("YES-NO", 3, Severity.ERROR)]
