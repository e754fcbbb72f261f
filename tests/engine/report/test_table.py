"""How values are written, and how tables are taken out of frames."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.report.table import (
    Column,
    Kind,
    chance,
    close_money,
    compact,
    money,
    number,
    percent_at_most,
    table_of,
)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.TEXT, "=1+1", "=1+1"),
        (Kind.YES_NO, True, "yes"),
        (Kind.COUNT, 3109, "3,109"),
        (Kind.MONEY, -4321.6, "−4,322"),
        (Kind.CHANGE, 4321.6, "+4,322"),
        (Kind.CHANGE, -0.3, "0"),
        (Kind.AMOUNT, 521_229_781_379.0, "521\u00a0bn"),
        (Kind.AMOUNT, 1767.8, "1,768"),
        (Kind.NUMBER, 0.8, "0.8"),
        (Kind.NUMBER, 0.3896, "0.39"),
        (Kind.NUMBER, 0.04998, "0.05"),
        (Kind.NUMBER, 84.468, "84.5"),
        (Kind.NUMBER, 0.00123, "0.00123"),
        (Kind.SHARE, 1.0831, "108.3\u00a0%"),
        (Kind.DEVIATION, 0.0982, "+9.8\u00a0%"),
        (Kind.DEVIATION, -0.0982, "−9.8\u00a0%"),
        (Kind.DEVIATION, -0.0002, "0.0\u00a0%"),
        (Kind.CHANCE, 0.4739, "47\u00a0%"),
        (Kind.POINTS, -0.1204, "−12.0\u00a0points"),
        (Kind.POINTS, 0.0738, "+7.4\u00a0points"),
        (Kind.POINTS, -0.0002, "0.0\u00a0points"),
        (Kind.AT_MOST, 0.01603, "1.7\u00a0%"),
        (Kind.AT_LEAST, 259_910.9, "259,910"),
        (Kind.MONEY, None, ""),
    ],
)
def test_a_value_is_written_as_its_kind_wants(kind: Kind, value: object, text: str) -> None:
    """Thousands, signs, per cent and powers, with a true minus."""
    assert kind.shown(value) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("probability", "text"),
    [(0.0, "0\u00a0%"), (0.001, "<\u00a01\u00a0%"), (0.999, ">\u00a099\u00a0%"), (1.0, "100\u00a0%")],
)
def test_a_doubt_is_not_rounded_away(probability: float, text: str) -> None:
    """Only what never or always happened is said to be 0 or 100 %."""
    assert chance(probability) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (999_499, "$999,499"),
        (999_500, "$1\u00a0M"),
        (5_432_100, "$5.43\u00a0M"),
        (-5_432_100, "−$5.43\u00a0M"),
        (120e6, "$120\u00a0M"),
        (999.6e6, "$1\u00a0bn"),
        (0, "$0"),
    ],
)
def test_money_is_said_with_three_digits(amount: float, text: str) -> None:
    """Nothing is said as 1,000 M."""
    assert money(amount, "USD") == text


def test_a_currency_without_a_symbol_keeps_its_code() -> None:
    """CHF is CHF."""
    assert money(12_400, "CHF") == "CHF\u00a012,400"


def test_a_bound_is_rounded_to_the_safe_side() -> None:
    """What no plan can be below is not raised, what can be saved at most is not lowered."""
    assert close_money(5_439_999, "USD", at_least=True) == "$5.4399\u00a0M"
    assert close_money(5_430_000, "USD", at_least=True) == "$5.43\u00a0M"
    assert close_money(259_910.9, "USD", at_least=True) == "$259,910"
    assert close_money(999_999.9, "CHF") == "CHF\u00a01,000,000"
    assert percent_at_most(0.01801) == "1.9\u00a0%"
    assert percent_at_most(0.018) == "1.8\u00a0%"


@given(st.floats(1e4, 1e12), st.floats(0, 0.5))
def test_cost_bound_and_saving_do_not_contradict_one_another(cost: float, gap: float) -> None:
    """Who reckons 1 - bound / cost from what is written finds the saving that is written, to 0.1 points."""
    bound = cost * (1 - gap)
    shown = [_read_money(close_money(cost, "USD")), _read_money(close_money(bound, "USD", at_least=True))]
    saving = float(percent_at_most(gap).removesuffix("\u00a0%")) / 100
    assert shown[1] <= bound * (1 + 1e-12)
    assert saving >= gap - 1e-9
    assert abs(1 - shown[1] / shown[0] - saving) < 0.0013


def _read_money(text: str) -> float:
    number, _, power = text.removeprefix("$").replace(",", "").partition("\u00a0")
    return float(number) * {"": 1, "M": 1e6, "bn": 1e9, "tn": 1e12}[power]


def test_numbers_near_a_power_keep_three_digits() -> None:
    """9.996 is 10.0, 99.96 is 100, 999,600 is a million."""
    assert [number(value) for value in (9.996, 99.96, 123.4, 0)] == ["10.0", "100", "123", "0"]
    assert compact(999_600) == "1\u00a0M"


def test_columns_keep_their_order_and_unknown_values_are_none() -> None:
    """Only columns the frame has; decimals become floats; NaN becomes None."""
    frame = pd.DataFrame({"b": [Decimal("1.50"), Decimal("2.25")], "a": [1.0, float("nan")]})
    columns = [Column("a", "A", Kind.NUMBER), Column("c", "C"), Column("b", "B", Kind.MONEY, main=False)]
    table = table_of("T", frame, columns)
    assert table.rows == ((1.0, 1.5), (None, 2.25))
    assert table.column("b") == [1.5, 2.25]
    assert table.main().rows == ((1.0,), (None,))
    assert len(table) == 2


def test_what_is_no_value_is_refused() -> None:
    """A date object in a frame is a mistake of ours."""
    with pytest.raises(TypeError, match="cannot stand in a report"):
        table_of("T", pd.DataFrame({"a": [object()]}), [Column("a", "A")])
