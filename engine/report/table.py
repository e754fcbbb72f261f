"""A table of a report: typed columns, raw values, and the one place where a value becomes text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pandas as pd

Value = str | bool | int | float | None

NBSP = "\u00a0"
MINUS = "\u2212"
MILLION = 1e6
POWERS = ((1e12, "tn"), (1e9, "bn"), (MILLION, "M"))
LEFT_OUT = "(left out)"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


class Kind(StrEnum):
    """What a column holds, and so how its values are written."""

    TEXT = "text"
    LONG = "long"  # text of several words that may wrap
    YES_NO = "yes_no"
    COUNT = "count"
    MONEY = "money"  # whole currency units; the heading names the currency
    CHANGE = "change"  # money with its sign
    AMOUNT = "amount"  # of any size, said in millions where it is large
    NUMBER = "number"  # three significant digits or more
    SHARE = "share"  # 0.123 = 12.3 %
    DEVIATION = "deviation"  # a share with its sign
    CHANCE = "chance"  # a probability, whole per cent
    POINTS = "points"  # difference of two shares or probabilities, in percentage points
    AT_MOST = "at_most"  # a share that must not be understated
    AT_LEAST = "at_least"  # money that must not be overstated

    @property
    def is_number(self) -> bool:
        """Whether values are numbers, to be set flush right."""
        return self not in (Kind.TEXT, Kind.LONG, Kind.YES_NO)

    def shown(self, value: Value) -> str:
        """Write a value as every report shows it; an unknown one is empty."""
        if value is None or isinstance(value, str):
            return value or ""
        match self:
            case Kind.YES_NO:
                return "yes" if value else "no"
            case Kind.COUNT | Kind.MONEY:
                return _signed(f"{value:,.0f}")
            case Kind.AMOUNT:
                return compact(value)
            case Kind.CHANGE:
                return _signed(f"{value:+,.0f}") if round(value) else "0"
            case Kind.SHARE:
                return percent(value)
            case Kind.DEVIATION:
                return _signed(f"{100 * value:+.1f}" if round(value, 3) else "0.0") + NBSP + "%"
            case Kind.CHANCE:
                return chance(value)
            case Kind.POINTS:
                return points(value)
            case Kind.AT_MOST:
                return percent_at_most(value)
            case Kind.AT_LEAST:
                return _signed(f"{math.floor(value):,}")
            case _:
                return number(value)


@dataclass(frozen=True)
class Column:
    """One column.

    Parameters
    ----------
    name
        As in the run folder's table.
    label
        Heading for a reader.
    kind
        What it holds.
    main
        Whether the web report shows it; the workbook shows every column.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    main: bool = True


@dataclass(frozen=True)
class Table:
    """Rows of a report with the meaning of their columns.

    Parameters
    ----------
    title
        Heading; also the name of the sheet.
    columns
        The columns.
    rows
        One value a column; None = not known.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Value]:
        """List the values of a column."""
        index = [column.name for column in self.columns].index(name)
        return [row[index] for row in self.rows]

    def main(self) -> Table:
        """Leave out the columns that only the workbook shows."""
        kept = [i for i, column in enumerate(self.columns) if column.main]
        rows = tuple(tuple(row[i] for i in kept) for row in self.rows)
        return Table(self.title, tuple(self.columns[i] for i in kept), rows)


def table_of(title: str, frame: pd.DataFrame, columns: Sequence[Column]) -> Table:
    """Take columns out of a frame, in the order given; NaN becomes None, columns it lacks are left out."""
    kept = tuple(column for column in columns if column.name in frame)
    values = [[_value(value) for value in frame[column.name].tolist()] for column in kept]
    return Table(title, kept, tuple(zip(*values, strict=True)) if kept else ())


def number(value: float) -> str:
    """Write a number with three significant digits, or whole from 100 on; 0.8 stays 0.8."""
    near = _three_digits(value)
    if near == 0 or abs(near) >= 100:
        return _signed(f"{value:,.0f}")
    if value == round(value, 1):
        return _signed(f"{value:g}")
    text = f"{near:.{min(2 - math.floor(math.log10(abs(near))), 6)}f}"
    return _signed(text.rstrip("0") if abs(near) < 1 else text)


def percent(share: float) -> str:
    """Write a share as per cent with one decimal."""
    return _signed(f"{100 * share:.1f}") + NBSP + "%"


def percent_at_most(share: float) -> str:
    """Write a share that must not be understated, rounded up."""
    return percent(math.ceil(share * 1000 - 1e-9) / 1000)


def points(difference: float) -> str:
    """Write a difference of two shares in percentage points, which are no per cent of anything."""
    return _signed(f"{100 * difference:+.1f}" if round(difference, 3) else "0.0") + NBSP + "points"


def chance(probability: float) -> str:
    """Write a probability as whole per cent, never rounding a doubt away."""
    whole = round(100 * probability)
    if whole == 0 and probability > 0:
        return f"<{NBSP}1{NBSP}%"
    if whole == 100 and probability < 1:
        return f">{NBSP}99{NBSP}%"
    return f"{whole}{NBSP}%"


def money(amount: float, currency: str) -> str:
    """Write an amount in a sentence, such as ``$5.43 M`` or ``CHF 12,400``; NaN is one that is not told."""
    if math.isnan(amount):
        return LEFT_OUT
    size = abs(amount)
    text = compact(size) if _three_digits(size) >= MILLION else f"{size:,.0f}"
    return f"{MINUS if amount < 0 else ''}{SYMBOLS.get(currency, currency + NBSP)}{text}"


def compact(value: float) -> str:
    """Write a number of any size, from a million on with its power, such as ``521 bn``."""
    near = _three_digits(value)
    for power, name in POWERS:
        if abs(near) >= power:
            return f"{number(near / power)}{NBSP}{name}"
    return number(value)


def close_money(amount: float, currency: str, *, at_least: bool = False) -> str:
    """Write an amount so closely that 0.1 % of it is seen: whole below a million, else with five digits.

    Parameters
    ----------
    amount, currency
        At least 0.
    at_least
        Whether it must not be overstated, and so is rounded down.
    """
    millions = amount >= MILLION
    digit = 10.0 ** (math.floor(math.log10(amount)) - 4) if millions else 1.0
    steps = amount / digit
    near = digit * (math.floor(steps + 1e-9) if at_least else round(steps))
    symbol = SYMBOLS.get(currency, currency + NBSP)
    if not millions:
        return f"{symbol}{near:,.0f}"
    power, name = next(one for one in POWERS if near >= one[0])
    return f"{symbol}{near / power:.5g}{NBSP}{name}"


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")


def _signed(text: str) -> str:
    return text.replace("-", MINUS)


def _value(value: Any) -> Value:
    if isinstance(value, Decimal):
        value = float(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"{value!r} cannot stand in a report")
