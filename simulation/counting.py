"""What a year's visits add up to by territory, counted in compiled code."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.compiled import compiled
from simulation.kernel import EFFORT, Outcome

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_OPEN, _WON, _LOST = int(Outcome.OPEN), int(Outcome.WON), int(Outcome.LOST)
_STALLED, _GAVE_UP = int(Outcome.STALLED), int(Outcome.GAVE_UP)


class Visits(NamedTuple):
    """What is looked at of `records.Records`."""

    deal: Index
    stage: Index
    round: Index
    entered: Array
    work_start: Array
    work_end: Array
    left: Array
    outcome: Index


class Counts(NamedTuple):
    """By territory, shape (territories,) each; see `year.Results`. ``deal_hours`` is the work on deals."""

    won: Index
    lost: Index
    open: Index
    gave_up: Index
    waits: Index
    waiting_days: Array
    deal_hours: Array


def no_counts(territories: int) -> Counts:
    """Begin to count."""
    whole, hours = np.zeros((5, territories), dtype=np.int64), np.zeros((2, territories))
    return Counts(*whole, *hours)


@compiled
def hours_done(clock: Array, start: float, end: float, effort: float) -> float:
    """Give the hours of work done on a visit within the year: all, or those until the year's end."""
    if not math.isnan(end):
        return effort
    day = int(start)
    before, after = clock[day], clock[day + 1]
    return clock[-1] - (before + (start - day) * (after - before))


@compiled
def count_visits(
    visits: Visits, territory: Index, fate: Array, clocks: Array, last: Index, counts: Counts
) -> None:
    """Count outcomes, waiting and work.

    Parameters
    ----------
    visits
        The visits, those of a deal in their order.
    territory
        Of each deal, shape (deals,).
    fate
        As in `deals.Deals`.
    clocks
        Cumulative hours for deals, shape (territories, days + 1).
    last
        Room to work in, shape (deals,).
    counts
        What is added to.
    """
    horizon = clocks.shape[1] - 1.0
    for row in range(len(visits.deal)):
        last[visits.deal[row]] = row
    for row in range(len(visits.deal)):
        deal, outcome = visits.deal[row], visits.outcome[row]
        t, start = territory[deal], visits.work_start[row]
        if outcome == _WON:
            counts.won[t] += 1
        elif outcome == _LOST:
            counts.lost[t] += 1
        elif outcome == _GAVE_UP:
            counts.lost[t] += 1
            counts.gave_up[t] += 1
        elif last[deal] == row and outcome in (_OPEN, _STALLED):
            counts.open[t] += 1
        if visits.entered[row] >= 0:  # the rep's part of an aged deal was done before
            until = start
            if math.isnan(start):
                until = visits.left[row] if outcome == _GAVE_UP else horizon
            counts.waiting_days[t] += until - visits.entered[row]
            counts.waits[t] += 1
        if not math.isnan(start):
            hours = fate[deal, visits.round[row], visits.stage[row], EFFORT]
            counts.deal_hours[t] += hours_done(clocks[t], start, visits.work_end[row], hours)
