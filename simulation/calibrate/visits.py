"""Visits to one stage as ages in whole days: from when they were watched, until when, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.calibration import Ending, StageHistory

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Visits:
    """Visits to one stage, equal ones together; arrays have shape (kinds of visits,).

    Parameters
    ----------
    begin
        Age on the first day on which the visit was watched; one that ended before it would not be known of.
    days
        Age on the day it ended, or on the last day on which it was seen open.
    ending
        Value of `Ending`.
    count
        How many there are.
    """

    begin: Index
    days: Index
    ending: Index
    count: Array

    @property
    def total(self) -> int:
        """Number of visits."""
        return int(self.count.sum())

    def ended(self, ending: Ending) -> int:
        """Count the visits that ended so."""
        return int(self.count[self.ending == ending].sum())


def gather(begin: Index, days: Index, ending: Index) -> Visits:
    """Count equal visits, one row each."""
    rows, count = np.unique(np.column_stack([begin, days, ending]), axis=0, return_counts=True)
    return Visits(rows[:, 0], rows[:, 1], rows[:, 2], count.astype(np.float64))


def visits_of(history: StageHistory, stage: int) -> Visits:
    """Take the visits to a stage out of a history; those that ended on the day they were entered have age 0."""
    here = history.stage == stage
    entered, left, ending = history.entered[here], history.left[here], history.ending[here]
    last = np.where(ending == Ending.OPEN, history.until, left)
    return gather(np.maximum(history.since - entered, 0), last - entered, ending)
