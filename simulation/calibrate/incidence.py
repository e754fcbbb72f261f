"""How often, and how soon, visits to a stage end each way: the Aalen-Johansen estimate, without any law."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.calibration import Ending
from simulation.calibrate.visits import Visits

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FEW_OPEN = 0.05  # share still open at the last ending that does not matter
LONGER, MANY = 1.25, 20  # visits that were seen open for so much longer than any that ended: these never end


class Incidence(NamedTuple):
    """Cumulated incidence by age; arrays have shape (ages,).

    ``days`` are the ages at which visits ended, ascending; ``open`` the share still open after each, ``advanced``
    and ``lost`` the shares that ended so until then. The three add up to 1. ``error`` is the standard error of the share
    that has advanced in the end; ``finished`` tells whether what is open then will stay open for ever, as far as one has
    watched.
    """

    days: Index
    open: Array
    advanced: Array
    lost: Array
    error: float
    finished: bool


def incidence(visits: Visits) -> Incidence:
    """Estimate the share of visits that have ended each way by each age.

    A visit under way when watching begins counts from that age on, one still open counts until it was last seen.

    Parameters
    ----------
    visits
        Visits to a stage.

    Returns
    -------
    The curves.

    References
    ----------
    Aalen and Johansen, "An empirical transition matrix for non-homogeneous Markov chains based on censored
    observations", Scandinavian Journal of Statistics 5, 1978. With one ending it is the estimate of Kaplan and
    Meier, DOI 10.1080/01621459.1958.10501452.
    """
    over = visits.ending != Ending.OPEN
    days = np.unique(visits.days[over])
    size = len(days) + 1

    def count(ages: Index, chosen: NDArray[np.bool_], side: str) -> Array:
        """Count visits by the first age at which something holds of them."""
        place = np.searchsorted(days, ages[chosen], side=side)  # type: ignore[call-overload]
        return np.bincount(place, weights=visits.count[chosen], minlength=size).astype(np.float64)

    every = np.ones_like(over)
    begun = count(visits.begin, every, "left").cumsum()
    gone = count(visits.days, every, "right").cumsum()
    at_risk = (begun - gone)[:-1]  # watched at this age: begun by then, and not seen for the last time before
    advanced, lost = (
        count(visits.days, visits.ending == kind, "left")[:-1] for kind in (Ending.ADVANCED, Ending.LOST)
    )
    survival = np.cumprod(1 - (advanced + lost) / at_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    shares = [np.cumsum(before * ended / at_risk) for ended in (advanced, lost)]
    error = _error(before, at_risk, advanced, advanced + lost, shares[0])
    beyond = visits.count[visits.days > LONGER * days[-1]].sum()
    finished = survival[-1] <= FEW_OPEN or beyond >= MANY
    return Incidence(days, survival, shares[0], shares[1], error, bool(finished))


def _error(before: Array, at_risk: Array, advanced: Array, ended: Array, share: Array) -> float:
    """Give the standard error of the last share by the delta method (Dinse and Larson, Biometrika 73, 1986)."""
    to_come = share[-1] - share
    left = np.maximum(at_risk - ended, 1e-9)
    variance = (to_come**2 * ended / (at_risk * left)).sum()
    variance += (before**2 * advanced * (at_risk - advanced) / at_risk**3).sum()
    variance -= 2 * (to_come * before * advanced / at_risk**2).sum()
    return float(np.sqrt(max(variance, 0.0)))


def mean_and_cv(days: Index, share: Array) -> tuple[float, float]:
    """Give mean and coefficient of variation of the days to an ending, given that it comes.

    Whole days between dates have the mean of the exact times, for the hour of entering is any.
    """
    weight = np.diff(share, prepend=0.0)
    mean = max(float(np.average(days, weights=weight)), 0.5)
    return mean, float(np.sqrt(np.average((days - mean) ** 2, weights=weight))) / mean
