"""What a sales process is calibrated from, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.scenario.schema import Process

Array = NDArray[np.float64]
Index = NDArray[np.int64]

COLUMNS = ("opportunity", "stage", "owner", "unit", "entered", "left", "ending", "won", "amount", "hours")


class Ending(IntEnum):
    """How a visit to a stage ended."""

    OPEN = 0
    ADVANCED = 1
    LOST = 2


@dataclass(frozen=True)
class StageHistory:
    """Visits of opportunities to stages, as a CRM recorded them; arrays have shape (visits,).

    A visit is in the history if it ended on ``since`` or later; what ended before is not known of. Days are counted
    from 1 January of year 1, as Python does.

    Parameters
    ----------
    source
        Name of the file.
    stages, owners, units, opportunities
        Names; the arrays below hold places in these.
    since, until
        First and last day that the history covers.
    opportunity, stage, owner, unit
        Whose visit, to which stage; -1 = owner or unit not known.
    entered, left
        Days; ``left`` of an open visit is the day after ``until``.
    ending
        Value of `Ending`; winning is advancing from the last stage.
    won
        Whether the visit ended with a won deal.
    amount
        Amount of the opportunity, NaN = not known.
    hours
        Hours of the rep's work in the visit, NaN = not recorded.
    """

    source: str
    stages: tuple[str, ...]
    owners: tuple[str, ...]
    units: tuple[str, ...]
    opportunities: tuple[str, ...]
    since: int
    until: int
    opportunity: Index
    stage: Index
    owner: Index
    unit: Index
    entered: Index
    left: Index
    ending: Index
    won: NDArray[np.bool_]
    amount: Array
    hours: Array

    @property
    def days(self) -> int:
        """Days covered."""
        return self.until - self.since + 1

    def as_of(self, day: int) -> StageHistory:
        """Give the history as it was known on the morning of a day: what ended later was open.

        Amounts are kept as they were written last, for the table does not say what they were before.
        """
        open_then = self.left >= day
        known = replace(
            self,
            until=day - 1,
            left=np.where(open_then, day, self.left),
            ending=np.where(open_then, np.int64(Ending.OPEN), self.ending),
            won=self.won & ~open_then,
        )
        return known.kept(self.entered < day)

    def kept(self, visits: NDArray[np.bool_]) -> StageHistory:
        """Keep some visits, shape (visits,)."""
        return replace(self, **{name: getattr(self, name)[visits] for name in COLUMNS})


class Estimate(NamedTuple):
    """A value with its 95 % interval; a bound that is not known is NaN."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class Curve:
    """Observed against fitted cumulated shares; arrays have shape (points,).

    Parameters
    ----------
    at
        Days, or amounts.
    observed, fitted
        Share that came at that place or before.
    """

    at: Array
    observed: Array
    fitted: Array

    @property
    def gap(self) -> float:
        """Largest distance between the two."""
        return float(np.abs(self.observed - self.fitted).max(initial=0.0))


@dataclass(frozen=True)
class Law:
    """A positive quantity that was fitted.

    Parameters
    ----------
    mean, cv
        Mean, and standard deviation / mean.
    count
        Observations it rests on.
    curve
        Observed against fitted; of an ending the shares are of all visits to the stage.
    lognormal
        Whether mean and spread are those of the lognormal law that fits best; if not, those of what was observed.
    """

    mean: Estimate
    cv: Estimate
    count: int
    curve: Curve
    lognormal: bool = True


@dataclass(frozen=True)
class StageFit:
    """What was learned about a stage.

    Parameters
    ----------
    name
        Stage.
    advance
        Probability of advancing.
    observations
        Visits that a Beta posterior of that probability is worth.
    advanced, lost
        Days from entering to that ending, given that it is the one that comes.
    hours
        Hours of work a visit; None = not recorded.
    visits, late, open
        Visits watched, of which some were under way when the history begins, and some when it ends.
    stuck
        Share of visits that never end: dead, but never closed. They count as not advancing.
    stale_days
        Age from which on an open deal is less than half as likely to advance still as a new one.
    """

    name: str
    advance: Estimate
    observations: float
    advanced: Law
    lost: Law
    hours: Law | None
    visits: int
    late: int
    open: int
    stuck: float
    stale_days: int


@dataclass(frozen=True)
class Demand:
    """New opportunities.

    Parameters
    ----------
    per_year
        New opportunities a year.
    months
        Columns ``month`` (``YYYY-MM``), ``days`` covered, ``observed`` and ``fitted`` new opportunities.
    factors
        Demand a day of each calendar month, mean 1 over the days of a year, shape (12,); all 1 where less than a year is covered.
    seasonal
        Whether the history covers a year.
    """

    per_year: Estimate
    months: pd.DataFrame
    factors: Array
    seasonal: bool


@dataclass(frozen=True)
class Calibration:
    """A fitted sales process and the grounds for it.

    Parameters
    ----------
    history
        What it was fitted on.
    process
        The scenario's block.
    stages, demand, amount
        What was learned.
    skill
        Spread of reps' win rates in the last stage, coefficient of variation.
    rates
        Win rates in the last stage: columns ``kind`` (``owner``, ``unit``), ``name, ended, won, rate, shrunk, low, high``.
    quarters
        Back-test: columns ``quarter, level, name, observed, p5, p10, p25, p50, p75, p90, p95`` and the continuous ranked
        probability scores ``crps, crps_flat, crps_last_year`` (NaN = no such year).
    notes
        What a reader must know about data and fit, in sentences.
    """

    history: StageHistory
    process: Process
    stages: tuple[StageFit, ...]
    demand: Demand
    amount: Law
    skill: Estimate
    rates: pd.DataFrame
    quarters: pd.DataFrame
    notes: Sequence[str]


class CalibrateFunction(Protocol):
    """Fit a sales process on its history."""

    def __call__(
        self, history: StageHistory, *, seed: int, progress: Callable[[str, float], None]
    ) -> Calibration: ...
