"""How much of a fiscal year a seat works: start dates and ramp, on a year of 365 days."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.units import DAYS_PER_YEAR, MONTHS

Array = NDArray[np.float64]

RAMP_START = 0.25  # productivity on the first day; grows linearly to 1 (assumed, as in the simulation)


def fiscal_day(day: date, year_start: date) -> int:
    """Count the days from the start of the fiscal year to a date, in years without 29 February.

    Parameters
    ----------
    day
        The date; 29 February counts as the 28th.
    year_start
        First day of the fiscal year.

    Returns
    -------
    Days; 0 = the first day, negative before it, 365 = the first day of the next year.
    """
    return _day_number(day) - _day_number(year_start)


def month_edges(year_start: date) -> Array:
    """Give the days on which the twelve fiscal months begin, and the year's end, shape (13,)."""
    first = year_start.month - 1
    starts = [date(2001 + (first + m) // MONTHS, (first + m) % MONTHS + 1, 1) for m in range(MONTHS + 1)]
    return np.array([fiscal_day(start, starts[0]) for start in starts], dtype=np.float64)


def productive_days(start_day: ArrayLike, ramp_days: ArrayLike, edges: ArrayLike) -> Array:
    """Integrate each seat's productivity over periods: 0 before its start, a linear ramp, then 1.

    Parameters
    ----------
    start_day
        Day each seat is first filled, negative = before the year began, shape (seats,).
    ramp_days
        Calendar days from start to full productivity, 0 = at once, shape (seats,).
    edges
        Days that separate the periods, ascending, shape (periods + 1,).

    Returns
    -------
    Fully productive days, shape (seats, periods).
    """
    start, ramp = np.asarray(start_day, dtype=np.float64), np.asarray(ramp_days, dtype=np.float64)
    served = np.maximum(np.asarray(edges, dtype=np.float64) - start[:, None], 0.0)
    ramping = np.minimum(served, ramp[:, None])
    # what is lost to the ramp is the integral of (1 - RAMP_START) (1 - s / ramp) over the days s in ramp;
    # as a difference of losses, a seat past its ramp comes out at exactly 1 a day
    part = np.divide(ramping, ramp[:, None], out=np.zeros_like(ramping), where=ramp[:, None] > 0)
    lost = (1.0 - RAMP_START) * ramping * (1.0 - part / 2)
    return np.diff(served, axis=1) - np.diff(lost, axis=1)


def effective_capacity(fte: ArrayLike, start_day: ArrayLike, ramp_days: ArrayLike) -> Array:
    """Give the full-year equivalents of each seat: FTE x productive days / 365.

    Parameters
    ----------
    fte
        Full-time equivalents of each seat, shape (seats,).
    start_day
        Day each seat is first filled, shape (seats,).
    ramp_days
        Calendar days to full productivity, shape (seats,).

    Returns
    -------
    Full-year equivalents, shape (seats,); 0 for a seat that starts after the year's end.
    """
    year = np.array([0.0, DAYS_PER_YEAR])
    return (
        np.asarray(fte, dtype=np.float64) * productive_days(start_day, ramp_days, year)[:, 0] / DAYS_PER_YEAR
    )


def _day_number(day: date) -> int:
    """Number a date in a calendar without 29 February."""
    last = 28 if day.month == 2 else 31
    return DAYS_PER_YEAR * day.year + date(2001, day.month, min(day.day, last)).timetuple().tm_yday
