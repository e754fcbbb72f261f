"""Money in whole cents and the calendar of a fiscal year."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

MONTHS = 12
DAYS_PER_YEAR = 365  # a simulated fiscal year; 29 February is not simulated


def to_cents(amount: Decimal | float | int) -> int:
    """Convert an amount in currency units to whole cents, half to even."""
    return int((Decimal(str(amount)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def from_cents(cents: int) -> Decimal:
    """Convert whole cents to currency units with exactly two decimals."""
    return Decimal(int(cents)).scaleb(-2)


def fiscal_months(start: date) -> tuple[str, ...]:
    """Name the twelve months of a fiscal year as ``YYYY-MM``, in order from its start."""
    first = start.year * MONTHS + start.month - 1
    return tuple(f"{(first + m) // MONTHS:04d}-{(first + m) % MONTHS + 1:02d}" for m in range(MONTHS))
