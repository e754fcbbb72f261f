"""Tables as CSV text."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.runs.csv_text import from_csv, to_csv

NONE: frozenset[str] = frozenset()
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
risky = st.text("'=+-@\t\0\r\n,\"a", max_size=5)


def test_every_kind_of_cell() -> None:
    """Numbers are shortest, decimals keep digits, dates are ISO, flags yes or no, missing is empty."""
    frame = pd.DataFrame(
        {
            "id": ["007", "b"],
            "float": [0.1 + 0.2, 1e21],
            "int": [-3, 4],
            "money": [Decimal("12.50"), Decimal("1E+3")],
            "day": [date(2027, 1, 2), None],
            "flag": [True, False],
            "text": ["a,b", None],
            "gap": [np.nan, -0.0],
        },
        index=[5, 9],
    )
    assert to_csv(frame) == (
        "id,float,int,money,day,flag,text,gap\n"
        '007,0.30000000000000004,-3,12.50,2027-01-02,yes,"a,b",\n'
        "b,1e+21,4,1000,,no,,0.0\n"
    )


def test_values_in_a_mixed_column() -> None:
    """A column of figures may mix decimals, whole numbers, floats, numpy values and gaps."""
    mixed = [Decimal("2.00"), 3, 0.5, np.int64(4), np.float64(0.1), np.bool_(True), pd.NA, float("nan")]
    frame = pd.DataFrame({"value": pd.Series(mixed, dtype=object), "other": "x"})
    written = [line.split(",")[0] for line in to_csv(frame).splitlines()[1:]]
    assert written == ["2.00", "3", "0.5", "4", "0.1", "yes", "", ""]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\0"])
def test_text_that_looks_like_a_formula(start: str) -> None:
    """Text that a spreadsheet would run gets a quote in front; a negative number does not."""
    text = to_csv(pd.DataFrame({"name": [f"{start}cmd()"], "number": [-1.5]}))
    assert text == f"name,number\n'{start}cmd(),-1.5\n"
    assert from_csv(text, frozenset({"name"}), NONE)["name"][0] == f"{start}cmd()"


def test_names_of_columns_are_protected_too() -> None:
    """A measure may be called anything; its column keeps its name through the file."""
    frame = pd.DataFrame({"=1+1": [1.0], "a,b": [2.0]})
    text = to_csv(frame)
    assert text.startswith('\'=1+1,"a,b"\n')
    assert list(from_csv(text, NONE, NONE)) == ["=1+1", "a,b"]


@given(st.lists(st.tuples(words | risky, words | risky), min_size=1))
def test_text_comes_back(rows: list[tuple[str, str]]) -> None:
    """Whatever text is written is read back, for us and without the quote for every CSV reader."""
    frame = pd.DataFrame(rows, columns=["a", "b"], dtype="str")
    text = to_csv(frame)
    assert list(from_csv(text, None, NONE).itertuples(index=False, name=None)) == rows
    cells = list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]
    assert all(cell[:1] not in ("=", "+", "-", "@", "\t", "\0") or not cell for row in cells for cell in row)


@given(st.lists(risky | words, min_size=1))
def test_a_single_column_comes_back(cells: list[str]) -> None:
    """A table of one column keeps its empty cells."""
    frame = pd.DataFrame({"a": pd.Series(cells, dtype="str")})
    assert list(from_csv(to_csv(frame), None, NONE)["a"]) == cells


@given(st.lists(st.floats(allow_infinity=False), min_size=1))
def test_floats_come_back_exactly(values: list[float]) -> None:
    """A float is read back as the same float and an empty cell as NaN."""
    frame = from_csv(to_csv(pd.DataFrame({"v": values, "w": 1})), NONE, NONE)
    assert frame["v"].dtype == "float64"
    np.testing.assert_array_equal(frame["v"], values)


def test_types_that_come_back() -> None:
    """Ids stay text, whole numbers whole, flags booleans, and a table without rows keeps its columns."""
    frame = from_csv("id,n,x,locked\n01,1,1.0,yes\n02,2,,no\n", frozenset({"id"}), frozenset({"locked"}))
    assert [str(kind) for kind in frame.dtypes] == ["str", "int64", "float64", "bool"]
    assert list(frame["id"]) == ["01", "02"]
    empty = from_csv("id,n,locked\n", frozenset({"id"}), frozenset({"locked"}))
    assert list(empty) == ["id", "n", "locked"]
    assert empty.empty


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0, np.inf], "column v: a value is infinite"),
        ([Decimal("NaN")], "column v: NaN is not a finite number"),
        ([datetime(2027, 1, 1)], "time of day"),  # noqa: DTZ001 (a date without a zone is the point)
        ([["list"]], "no text form"),
    ],
)
def test_what_cannot_be_written(values: list[object], said: str) -> None:
    """A value without an exact text form is refused by name."""
    with pytest.raises(ValueError, match=said):
        to_csv(pd.DataFrame({"v": pd.Series(values, dtype=None if values[0] == 1.0 else object)}))


def test_two_columns_of_one_name() -> None:
    """Two columns of one name are refused."""
    with pytest.raises(ValueError, match="one name"):
        to_csv(pd.DataFrame([[1, 2]], columns=["a", "a"]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "header row is missing"),
        ("a,b\n1\n", "row 2 has 1 cells, the header has 2"),
        ("a,b\n1,2\n1,x\n", "row 3, column b: 'x' is not a number"),
        ("a,locked\n1,maybe\n", "row 2, column locked: 'maybe' is neither yes nor no"),
    ],
)
def test_what_cannot_be_read(text: str, said: str) -> None:
    """A damaged table is refused with row and column."""
    with pytest.raises(ValueError, match=said):
        from_csv(text, NONE, frozenset({"locked"}))
