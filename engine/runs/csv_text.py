"""CSV text that is the same for the same data, safe to open in a spreadsheet, and read back as it was."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

# A text cell that a spreadsheet could take for a formula (OWASP ASVS 1.2.10) gets a leading quote. Text that
# already has quotes before such a character gets one more, so that taking one away always restores it.
_FORMULA = re.compile("'*[=+\\-@\t\0]")
_PROTECTED = re.compile("'+[=+\\-@\t\0]")
_QUOTED = re.compile('[",\r\n]')
_INTEGER = re.compile(r"-?[0-9]+")


def to_csv(frame: pd.DataFrame) -> str:
    """Write a table as CSV: header, ``,`` and ``\\n``; the index is not written.

    Parameters
    ----------
    frame
        Numbers become the shortest text that reads back as the same number, decimals keep their digits,
        dates are ISO 8601, booleans ``yes`` or ``no``, missing values empty; text is protected from being
        run as a formula.

    Returns
    -------
    The text of the file.

    Raises
    ------
    ValueError
        If two columns have one name, or a value is infinite or of a kind that has no text form.
    """
    if not frame.columns.is_unique:
        raise ValueError(f"two columns have one name: {list(frame.columns)}")
    columns = [[_quote(cell) for cell in _cells(str(name), frame[name])] for name in frame.columns]
    header = [_quote(_text(str(name))) for name in frame.columns]
    rows = [header, *map(list, zip(*columns, strict=True))]
    # a lone empty cell must not look like an empty line
    lines = [",".join(row) if len(row) > 1 or row[0] else '""' for row in rows]
    return "\n".join(lines) + "\n"


def from_csv(text: str, text_columns: frozenset[str] | None, yes_no: frozenset[str]) -> pd.DataFrame:
    """Read a table that `to_csv` wrote.

    Parameters
    ----------
    text
        The text of the file.
    text_columns
        Columns of text, where empty stays empty text; None = all of them. The others are numbers: whole
        numbers if every cell is one, else floats with empty = NaN.
    yes_no
        Columns of ``yes`` and ``no``, which become booleans.

    Returns
    -------
    The table, with a plain row number as index.

    Raises
    ------
    ValueError
        If a row has too few or too many cells, or a cell is not what its column holds.
    """
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if not rows:
        raise ValueError("it is empty; a header row is missing")
    header = [_plain(name) for name in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise ValueError(f"row {number} has {len(row)} cells, the header has {len(header)}")
    columns: dict[str, Any] = {}
    for i, name in enumerate(header):
        cells = [row[i] for row in rows[1:]]
        if name in yes_no:
            columns[name] = pd.Series(_booleans(name, cells), dtype=bool)
        elif text_columns is None or name in text_columns:
            columns[name] = pd.Series([_plain(cell) for cell in cells], dtype="str")
        else:
            columns[name] = _numbers(name, cells)
    return pd.DataFrame(columns)


def _cells(name: str, column: pd.Series[Any]) -> Iterable[str]:
    try:
        if pd.api.types.is_float_dtype(column.dtype):
            return [_float(value) for value in column.astype("float64").tolist()]
        return [_cell(value) for value in column.tolist()]
    except ValueError as error:
        raise ValueError(f"column {name}: {error}") from error


def _cell(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float):
        return _float(float(value))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not a finite number")
        return format(value, "f")
    if isinstance(value, datetime):
        raise ValueError(f"{value} has a time of day; give a date")
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):  # a numpy scalar among Python objects
        return _cell(value.item())
    raise ValueError(f"{value!r} has no text form")


def _float(value: float) -> str:
    if math.isnan(value):
        return ""
    if math.isinf(value):
        raise ValueError("a value is infinite; leave it empty instead")
    return repr(value + 0.0)  # -0.0 becomes 0.0


def _text(value: str) -> str:
    return "'" + value if _FORMULA.match(value) else value


def _plain(cell: str) -> str:
    return cell[1:] if _PROTECTED.match(cell) else cell


def _quote(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell


def _booleans(name: str, cells: list[str]) -> list[bool]:
    for number, cell in enumerate(cells, start=2):
        if cell not in ("yes", "no"):
            raise ValueError(f"row {number}, column {name}: {cell!r} is neither yes nor no")
    return [cell == "yes" for cell in cells]


def _numbers(name: str, cells: list[str]) -> pd.Series[Any]:
    if cells and all(_INTEGER.fullmatch(cell) for cell in cells):
        return pd.Series([int(cell) for cell in cells], dtype="int64")
    values = []
    for number, cell in enumerate(cells, start=2):
        try:
            values.append(float(cell) if cell else math.nan)
        except ValueError as error:
            raise ValueError(f"row {number}, column {name}: {cell!r} is not a number") from error
    return pd.Series(values, dtype="float64")
