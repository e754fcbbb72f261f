"""Text cells to numbers, dates and yes/no, by our rules and not by a guess per row."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd

from engine.errors import Severity, shown
from engine.tables.sheet import Sheet

MOST = 1e15  # beyond it cents are no longer exact
_PLAIN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_DECIMAL_COMMA = r"[+-]?\d+,\d+"
_BAD_NUMBERS = (  # the first pattern that fits names the fault: code, pattern, words, remedy
    (
        "NUM-MISSING",
        r"-+|n/?a|#n/a|null|none|nil|tbd|\?+|unknown|\.",
        "stands for a missing value",
        "write the number, or 0",
    ),
    (
        "NUM-FINITE",
        r"[+-]?(?:inf|infinity|nan|1\.#inf|#div/0!|#value!|#ref!)",
        "is not a finite number",
        "write the number",
    ),
    (
        "NUM-THOUSANDS",
        r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"
        r"|[+-]?\d{1,3}(?:[ '’\u00a0\u202f]\d{3})+(?:[.,]\d+)?"
        r"|[+-]?\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|[+-]?\d{1,3}\.\d{3},\d+",
        "has thousands separators, or a comma whose meaning is unclear",
        "export without thousands separators",
    ),
    ("NUM-COMMA", _DECIMAL_COMMA, "has a decimal comma", "export with a decimal point"),
    (
        "NUM-CURRENCY",
        r".*[$€£¥].*|[a-z]{3} ?[\d.,]+|[\d.,]+ ?[a-z]{3}",
        "has a currency sign",
        "export amounts without a currency, all in the scenario's currency",
    ),
    (
        "NUM-SUFFIX",
        r"[+-]?[\d.,]+ ?(?:%|k|m|mn|mio|b|bn|t)",
        "has a suffix",
        "write it out, such as 1200000 for 1.2M and 0.05 for 5%",
    ),
    (
        "NUM-NEGATIVE",
        r"\([\d.,]+\)|[\d.,]+-|[\u2212\u2013][\d.,]+",
        "is written as a negative amount, which it must not be",
        "write a number of 0 or more",
    ),
)
_DATE = r"\d{4}-\d{2}-\d{2}"
_YES = dict.fromkeys(("yes", "y", "true", "1", "x"), True)
_YES_NO = _YES | dict.fromkeys(("no", "n", "false", "0"), False)


def numbers(
    sheet: Sheet,
    column: str,
    *,
    least: float = 0.0,
    most: float = MOST,
    above: bool = False,
    default: float | None = None,
    hint: str = "",
) -> pd.Series[float]:
    """Read a column of numbers.

    Parameters
    ----------
    sheet
        The table.
    column
        Its column; all cells count as blank when there is no such column and a default is given.
    least, most
        Allowed range.
    above
        Whether ``least`` itself is refused.
    default
        Value of a blank cell; None = blank cells are errors.
    hint
        What may have happened to a number out of range.

    Returns
    -------
    Numbers by line; NaN where an error was noted.
    """
    if not sheet.has(column):
        return pd.Series(np.nan if default is None else default, index=sheet.rows.index, dtype="float64")
    text = _decimal_points(sheet, column)
    blank = text == ""
    plain = text.str.fullmatch(_PLAIN)
    values = pd.to_numeric(text.where(plain), errors="coerce").astype("float64")
    if default is None and blank.any():
        message = f"{blank.sum():,} cells are blank" if blank.sum() > 1 else "the cell is blank"
        is_zero_fine = least <= 0 <= most and not (above and least == 0)
        fix = "write the number, or 0" if is_zero_fine else f"write {_range(least, most, above)}"
        _report(sheet, column, blank, "NUM-BLANK", message, fix)
    _report_text(sheet, column, text[~plain & ~blank])
    infinite = plain & ~np.isfinite(values)
    low, high = (values <= least) if above else (values < least), values > most
    for wrong, code, words in (
        (infinite, "NUM-FINITE", "is too large to be a number"),
        (
            low & ~infinite,
            "NUM-NEGATIVE" if least == 0 and not above else "NUM-RANGE",
            _too_low(least, above),
        ),
        (high & ~infinite, "NUM-RANGE", f"must be at most {most:g}"),
    ):
        if wrong.any():
            fix = f"write {_range(least, most, above)}" + (f"; {hint}" if hint else "")
            _report(sheet, column, wrong, code, f"found {shown(text[wrong].iloc[0])}: {words}", fix)
    values = values.mask(infinite | low | high)
    return values if default is None else values.mask(blank, default)


def dates(sheet: Sheet, column: str, default: date | None = None) -> pd.Series[date]:
    """Read a column of dates ``YYYY-MM-DD`` by line; None after an error, the default where blank."""
    if not sheet.has(column):
        return pd.Series([default] * len(sheet.rows), index=sheet.rows.index, dtype="object")
    text = sheet.rows[column]
    known: dict[str, date | None] = {"": default}
    for word in text.unique():
        if re.fullmatch(_DATE, word):
            try:
                known[word] = date.fromisoformat(word)
            except ValueError:
                known[word] = None
    blank = text == ""
    if default is None and blank.any():
        _report(sheet, column, blank, "DATE-BLANK", "the date is blank", "write a date such as 2027-01-31")
    other = ~blank & ~text.str.fullmatch(_DATE)
    impossible = pd.Series([word in known and known[word] is None for word in text], index=text.index)
    for wrong, code, words in (
        (other, "DATE-FORM", "is not a date as YYYY-MM-DD"),
        (impossible & ~blank, "DATE-IMPOSSIBLE", "is no day of the calendar"),
    ):
        if wrong.any():
            message = f"found {shown(text[wrong].iloc[0])}: {words}"
            _report(sheet, column, wrong, code, message, "write dates such as 2027-01-31")
    return pd.Series([known.get(word) for word in text], index=text.index, dtype="object")


def yes_no(sheet: Sheet, column: str) -> pd.Series[bool]:
    """Read a column of yes and no by line; blank and a missing column are no."""
    if not sheet.has(column):
        return pd.Series(False, index=sheet.rows.index, dtype="bool")
    words = sheet.rows[column].str.casefold()
    good = words.isin([*_YES_NO, ""])
    if not good.all():
        message = f"found {shown(sheet.rows[column][~good].iloc[0])}: must be yes or no"
        _report(sheet, column, ~good, "YES-NO", message, "write yes or no")
    other = good & ~words.isin(["yes", "no", ""])
    if other.any():
        message = f"{other.sum():,} cells such as {sheet.rows[column][other].iloc[0]} were read as yes or no"
        _report(sheet, column, other, "YES-NO", message, "write yes or no", Severity.REPAIR)
    return words.map(_YES_NO).fillna(False).astype("bool")


def words(sheet: Sheet, column: str, default: str = "") -> pd.Series[str]:
    """Read a column of text by line; a missing column gives the default."""
    if sheet.has(column):
        return sheet.rows[column]
    return pd.Series(default, index=sheet.rows.index, dtype="str")


def _decimal_points(sheet: Sheet, column: str) -> pd.Series[str]:
    """Read decimal commas of a file that has semicolons, if the whole column is written so."""
    text = sheet.rows[column]
    comma = text.str.fullmatch(_DECIMAL_COMMA)
    if sheet.delimiter != ";" or not comma.any() or text.str.contains(".", regex=False).any():
        return text
    changed = text.where(~comma, text.str.replace(",", ".", regex=False))
    before, after = text[comma].iloc[0], changed[comma].iloc[0]
    message = f"decimal commas were read as points, such as {before} as {after}"
    _report(sheet, column, comma, "NUM-COMMA", message, "export with a decimal point", Severity.REPAIR)
    return changed


def _report_text(sheet: Sheet, column: str, text: pd.Series[str]) -> None:
    """Note cells that are no plain number, each kind of fault once."""
    left = text
    for code, pattern, words, remedy in _BAD_NUMBERS:
        fits = left.str.fullmatch(pattern, case=False)
        if fits.any():
            message = f"found {shown(left[fits].iloc[0])}, which {words}"
            sheet.report(left.index[fits], column, code, message, remedy, value=left[fits].iloc[0])
            left = left[~fits]
    if len(left):
        message = f"found {shown(left.iloc[0])}, which is not a number"
        sheet.report(left.index, column, "NUM-TEXT", message, "write it like 1234.5", value=left.iloc[0])


def _range(least: float, most: float, above: bool) -> str:
    """Say which numbers may stand in a column."""
    low = f"above {least:g}" if above else f"of {least:g} or more"
    if most >= MOST:
        return f"a number {low}"
    return f"a number {low} and at most {most:g}" if above else f"a number from {least:g} to {most:g}"


def _too_low(least: float, above: bool) -> str:
    if above:
        return f"must be above {least:g}"
    return "must not be negative" if least == 0 else f"must be at least {least:g}"


def _report(
    sheet: Sheet,
    column: str,
    wrong: pd.Series[bool],
    code: str,
    message: str,
    remedy: str,
    severity: Severity = Severity.ERROR,
) -> None:
    lines = sheet.rows.index[wrong]
    sheet.report(lines, column, code, message, remedy, severity, sheet.rows.loc[lines[0], column])
