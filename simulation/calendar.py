"""When a seat is filled and how many hours it has for deals: the work clock.

Hours fall evenly on the weekdays. A seat's productive hours are capacity x ramp; care of existing accounts
and travel take the same share of each of them; the rest is the clock that work on deals runs on. Work begun
at t that needs h hours ends when the clock has moved on by h: weekends, ramp, vacancy and backfill need no
event.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.attainment import SalesField
from engine.quotas.capacity import productive_days
from engine.units import DAYS_PER_YEAR
from simulation import kernel
from simulation.compiled import compiled

Array = NDArray[np.float64]
Index = NDArray[np.int64]

WEEKDAYS, WEEK = 5, 7
_EDGES = np.arange(DAYS_PER_YEAR + 1, dtype=np.float64)
LEAST_DEAL_SHARE = 0.10  # of a seat's hours; a territory with more care than that leaves is over 100 % used


@dataclass(frozen=True)
class WorkClock:
    """Cumulative hours for deals at the beginning of each day, and at the end of the last one.

    Parameters
    ----------
    hours
        Never falling, starting at 0, shape (days + 1,); inside a day hours pass evenly.
    """

    hours: Array

    @property
    def horizon(self) -> int:
        """Days on the clock."""
        return len(self.hours) - 1

    def at(self, time: float) -> float:
        """Give the hours passed at a time between 0 and the horizon."""
        return float(kernel.hours_at(self.hours, time))

    def spell(self, now: float, effort: float) -> tuple[float, float]:
        """Tell when work begins and ends.

        Parameters
        ----------
        now
            Time at which somebody turns to the work, before the horizon.
        effort
            Hours it needs, >= 0.

        Returns
        -------
        First moment from ``now`` on at which hours pass, and the moment at which the effort is done; infinite
        where that does not happen within the horizon.
        """
        begin, end = kernel.spell(self.hours, now, effort)
        return begin, end


@dataclass(frozen=True)
class Seats:
    """Who sits where, and when, in one year; every array has shape (territories, ...).

    Parameters
    ----------
    filled
        Day the first person starts; may lie before or after the year.
    left
        Day that person leaves, infinite = stays, shape (territories,).
    refilled
        Day the next person starts, shape (territories,).
    productive_hours
        Hours the seat has for everything, shape (territories,).
    deal_hours
        Cumulative hours for deals, shape (territories, 366).
    care_share
        Account care and travel as a share of productive hours, shape (territories,); above 0.9 deals still
        get a tenth, and the seat is used more than fully.
    """

    filled: Array
    left: Array
    refilled: Array
    productive_hours: Array
    deal_hours: Array
    care_share: Array


def leaving_days(field: SalesField, uniform: Array) -> Array:
    """Tell who leaves, and when.

    A person leaves within a year of service (counted from day 0 or a later start) with the annual rate, on
    any day alike; the successor stays. One uniform a seat, so that a higher rate only brings leaving forward.

    Parameters
    ----------
    field
        Seats and attrition.
    uniform
        One uniform a seat, shape (territories,).

    Returns
    -------
    Whole days, infinite = stays the year, shape (territories,).
    """
    rate = field.process.attrition.annual_rate
    if rate == 0:
        return np.full(len(uniform), np.inf)
    day = np.floor(np.maximum(field.start_day, 0.0) + DAYS_PER_YEAR * uniform / rate)
    return np.where((uniform < rate) & (day < DAYS_PER_YEAR), day, np.inf)


def weekdays(field: SalesField) -> NDArray[np.bool_]:
    """Tell which days of the year are worked, shape (365,)."""
    working = np.asarray((field.weekday + np.arange(DAYS_PER_YEAR)) % WEEK < WEEKDAYS)
    working[list(field.holidays)] = False
    return working


def days_off(field: SalesField, uniform: Array) -> NDArray[np.bool_]:
    """Tell which days each seat is off this year.

    The working days are cut into as many equal spans as there are blocks of vacation, and each block falls anywhere in
    its span: so every seat takes exactly its days, spread over the year.

    Parameters
    ----------
    field
        Vacations, and the seats whose days off are known.
    uniform
        One uniform a seat and block, shape (territories, `blocks_off`).

    Returns
    -------
    Shape (territories, 365).
    """
    rule = field.process.vacations
    if rule is None or not uniform.size:
        return field.days_off
    off, worked = field.days_off.copy(), np.flatnonzero(weekdays(field))
    drawn = np.flatnonzero(~off.any(axis=1))[:, None]
    blocks = uniform.shape[1]
    for block in range(blocks):
        first, end = (place * len(worked) // blocks for place in (block, block + 1))
        size = min(rule.block_days, rule.days - block * rule.block_days, end - first)
        begin = first + np.floor(uniform[drawn, block] * (end - first - size + 1)).astype(np.int64)
        off[drawn, worked[begin + np.arange(size)]] = True
    return off


def blocks_off(field: SalesField) -> int:
    """Give the number of blocks of vacation that each seat draws."""
    rule = field.process.vacations
    return math.ceil(rule.days / rule.block_days) if rule else 0


def service(field: SalesField) -> Array:
    """Give the fully productive days of each seat's first person if nobody leaves, shape (territories, 365)."""
    return productive_days(field.start_day, field.ramp_days, _EDGES) * weekdays(field)


def seat_year(
    field: SalesField,
    leaving: Array,
    factor: float = 1.0,
    first: Array | None = None,
    off: NDArray[np.bool_] | None = None,
) -> Seats:
    """Work out each seat's hours.

    Parameters
    ----------
    field
        Capacity, start days, ramps and load.
    leaving
        Day each seat becomes empty, infinite = never, shape (territories,).
    factor
        What the year does to everybody's hours.
    first
        What `service` gives, which is the same every year; worked out anew when left out.
    off
        What `days_off` gives; the days off that are known when left out.

    Returns
    -------
    Presence and hours of every seat.
    """
    left = np.maximum(leaving, field.start_day)
    refilled = left + math.ceil(field.process.attrition.hiring_delay_days)
    weekday = weekdays(field)
    gone = np.flatnonzero(refilled < DAYS_PER_YEAR)
    successors = productive_days(refilled[gone], field.ramp_days[gone], _EDGES) * weekday
    off = field.days_off if off is None else off
    there = 1 - (off & weekday).sum(axis=1) / weekday.sum()
    # care takes its hours, however few there are
    care_share = field.care_share / (factor * field.hours_factor * np.maximum(there, 1 / DAYS_PER_YEAR))
    day_hours = factor * field.process.hours_per_year / weekday.sum() * field.capacity * field.hours_factor
    productive, clock = np.empty(len(left)), np.empty((len(left), len(_EDGES)))
    fill_clocks(
        service(field) if first is None else first,
        off,
        left,
        gone,
        successors,
        day_hours,
        np.maximum(1 - care_share, LEAST_DEAL_SHARE),
        productive,
        clock,
    )
    return Seats(field.start_day, left, refilled, productive, clock, care_share)


@compiled
def fill_clocks(
    first: Array,
    off: NDArray[np.bool_],
    left: Array,
    gone: Index,
    successors: Array,
    day_hours: Array,
    deal_share: Array,
    productive: Array,
    clock: Array,
) -> None:
    """Add up each seat's hours day by day.

    Parameters
    ----------
    first
        Productive days of the first person if nobody leaves, shape (territories, days).
    off
        Days on which a seat is off, shape (territories, days).
    left
        Day the first person leaves, shape (territories,).
    gone, successors
        Seats with a successor, ascending, and the successor's productive days, shape (seats,) and (seats, days).
    day_hours, deal_share
        Hours of a productive day, and the part of them that is for deals, shape (territories,).
    productive, clock
        Filled: hours of the year, and cumulative hours for deals, shape (territories,) and (territories, days + 1).
    """
    successor = 0
    for seat in range(len(left)):
        again = successor < len(gone) and gone[successor] == seat
        hours = deal = 0.0
        clock[seat, 0] = 0.0
        for day in range(first.shape[1]):
            worked = first[seat, day] if day < left[seat] else 0.0
            if again:
                worked += successors[successor, day]
            if off[seat, day]:
                worked = 0.0
            hours += worked * day_hours[seat]
            deal += worked * day_hours[seat] * deal_share[seat]
            clock[seat, day + 1] = deal
        productive[seat] = hours
        if again:
            successor += 1
