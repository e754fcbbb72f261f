"""Presence of a seat in a year of 365 days: start dates and ramps."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.quotas.capacity import effective_capacity, fiscal_day, month_edges, productive_days

MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def productivity(day: float, start: int, ramp: int) -> float:
    """Give the productivity at a moment, written as the documentation says it."""
    if day < start:
        return 0.0
    return 1.0 if day >= start + ramp else 0.25 + 0.75 * (day - start) / ramp


@given(st.integers(-500, 500), st.integers(0, 500))
@settings(max_examples=300, deadline=None)
def test_productive_days_equal_a_sum_over_days(start: int, ramp: int) -> None:
    """Productive days of a month are the sum of every day's midday productivity (exact: it is linear)."""
    got = productive_days([start], [float(ramp)], month_edges(date(2027, 1, 1)))[0]
    first = 0
    for month, days in enumerate(MONTH_DAYS):
        naive = sum(productivity(day + 0.5, start, ramp) for day in range(first, first + days))
        assert got[month] == pytest.approx(naive, rel=1e-9, abs=1e-9)
        first += days


@pytest.mark.parametrize(
    ("fte", "start", "ramp", "expected"),
    [
        (1.0, -1000, 91.25, 1.0),  # long there: exactly its FTE
        (0.5, 0, 0.0, 0.5),
        (1.0, 0, 365.0, 0.625),  # ramps all year: the mean of 0.25 and 1
        (2.0, 365, 0.0, 0.0),  # starts on the first day of the next year
        (1.0, 292, 0.0, 0.2),
        (1.0, 292, 146.0, 0.2 * (0.25 + 0.625) / 2),  # half-way up its ramp at the year's end
    ],
)
def test_effective_capacity_by_hand(fte: float, start: int, ramp: float, expected: float) -> None:
    """Effective capacity is FTE x present part of the year x mean ramp."""
    assert effective_capacity([fte], [start], [ramp])[0] == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_a_seat_past_its_ramp_counts_in_full() -> None:
    """A seat whose ramp ended before the year has presence 1 exactly, not nearly."""
    starts = -np.arange(200, 1200, 7)
    assert (effective_capacity(np.ones(len(starts)), starts, np.full(len(starts), 182.5)) == 1.0).all()


def test_days_skip_29_february() -> None:
    """Days are counted in years of 365 days, so a leap year ends on day 365 as well."""
    assert fiscal_day(date(2028, 1, 1), date(2028, 1, 1)) == 0
    assert fiscal_day(date(2029, 1, 1), date(2028, 1, 1)) == 365
    assert (
        fiscal_day(date(2028, 2, 29), date(2028, 1, 1))
        == fiscal_day(date(2028, 2, 28), date(2028, 1, 1))
        == 58
    )
    assert fiscal_day(date(2028, 3, 1), date(2028, 1, 1)) == 59
    assert fiscal_day(date(2027, 12, 31), date(2028, 1, 1)) == -1
    assert fiscal_day(date(2026, 7, 1), date(2027, 7, 1)) == -365


@pytest.mark.parametrize("first", range(1, 13))
def test_months_follow_the_fiscal_year(first: int) -> None:
    """The fiscal months begin on the calendar's firsts, whatever month the year starts in."""
    lengths = np.diff(month_edges(date(2027, first, 1))).tolist()
    assert lengths == MONTH_DAYS[first - 1 :] + MONTH_DAYS[: first - 1]
