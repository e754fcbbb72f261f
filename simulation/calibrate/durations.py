"""The chance of advancing and the days to each ending, fitted by maximum likelihood.

An ending k comes with probability p_k after a lognormal time T_k, so p_k F_k(t) is its cumulated incidence (Larson and
Dinse, "A mixture model for the regression analysis of competing risks data", Applied Statistics 34, 1985). This is the
time *given* the ending, as the simulation draws it. It is not the time that the ending would take if the other could
not come, which a fit that censors the other ending gives.

Days are calendar dates. A visit entered at any hour of its day and lasting T ends D days later, with probability
integral over the hour u of [F(D + 1 - u) - F(D - u)]. A visit still open contributes P(D > d); one watched only from age a on
is divided by P(D >= a).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit, ndtr

from engine.calibration import Ending, Estimate
from simulation.calibrate.incidence import incidence
from simulation.calibrate.visits import Visits

Array = NDArray[np.float64]
Index = NDArray[np.int64]

Z95 = 1.959963984540054
# hours of the day at which a stage is entered, as parts of it, and their weights: Gauss-Legendre of 3 points
HOURS = 0.5 + np.array([-0.5, 0.0, 0.5]) * np.sqrt(0.6)
WEIGHTS = np.array([5.0, 8.0, 5.0]) / 18
FEWEST = 10  # visits with an ending; with fewer both endings share one law
LEAST, MOST = -3.0, 1.5  # logarithm of a lognormal's spread: from nearly constant to a cv beyond any process
LOUD = 8.0  # gain of the logarithm of the likelihood for which visits that never end are assumed
STEP = 1e-3  # of the differences that give the curvature of the likelihood
TINY = 1e-300


class LognormalFit(NamedTuple):
    """A lognormal law: mean and standard deviation of the logarithm, and intervals of the mean and the cv."""

    mu: float
    sigma: float
    mean: Estimate
    cv: Estimate

    def by(self, days: Array) -> Array:
        """Give the share that lasts no longer than each of these, in their shape."""
        return share_by(days, self.mu, self.sigma)


class EndingsFit(NamedTuple):
    """Chance of advancing, the visits that its Beta posterior is worth, and the days to each ending.

    ``stuck`` is the share of visits that never end: what nobody closed, though it is dead.
    """

    advance: Estimate
    observations: float
    advanced: LognormalFit
    lost: LognormalFit
    stuck: float


class _Point(NamedTuple):
    """A point of the search."""

    chance: float  # of advancing
    stuck: float  # share of the others that never end
    advanced: tuple[float, float]  # location and spread of the law
    lost: tuple[float, float]


def share_by(days: Array, mu: float, sigma: float) -> Array:
    """Give the share of lognormal times up to each of these; 0 at and below 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(days > 0, ndtr((np.log(days) - mu) / sigma), 0.0)


def fit_endings(visits: Visits) -> EndingsFit:
    """Fit the chance of advancing and the days to each ending.

    Parameters
    ----------
    visits
        Visits to a stage, of which at least 10 have ended.

    Returns
    -------
    Estimates with 95 % intervals from the curvature of the likelihood. The chance has Jeffreys' prior, so that one is
    never certain. Visits that never end are assumed only where the likelihood asks for them loudly.
    """
    shared = min(visits.ended(Ending.ADVANCED), visits.ended(Ending.LOST)) < FEWEST
    bounds = [(-12.0, 12.0), *[(-7.0, 12.0), (LEAST, MOST)] * (1 if shared else 2)]

    def loss(theta: Array) -> float:
        return -_log_likelihood(_point(theta, shared), visits)

    best = minimize(loss, _start(visits, shared), method="L-BFGS-B", bounds=bounds)
    some = minimize(loss, [*best.x, 0.0], method="L-BFGS-B", bounds=[*bounds, (-12.0, 12.0)])
    best = some if best.fun - some.fun > LOUD else best
    covariance: Array = np.linalg.pinv(_curvature(loss, best.x)).astype(np.float64)
    at = _point(best.x, shared)
    error = float(np.sqrt(max(covariance[0, 0], 0.0)))
    advance = Estimate(at.chance, *(float(expit(best.x[0] + sign * Z95 * error)) for sign in (-1, 1)))
    observations = 1 / max(at.chance * (1 - at.chance) * error**2, 1e-12)  # of a Beta with this variance
    laws = [slice(1, 3), slice(1, 3) if shared else slice(3, 5)]
    advanced, lost = (_law(best.x[law], covariance[law, law]) for law in laws)
    return EndingsFit(advance, observations, advanced, lost, (1 - at.chance) * at.stuck)


def _point(theta: Array, shared: bool) -> _Point:
    """Read a point of the search; a last coordinate beyond the laws tells of visits that never end."""
    first = (float(theta[1]), float(np.exp(theta[2])))
    second = first if shared else (float(theta[3]), float(np.exp(theta[4])))
    stuck = float(expit(theta[-1])) if len(theta) % 2 == 0 else 0.0
    return _Point(float(expit(theta[0])), stuck, first, second)


def _log_likelihood(at: _Point, visits: Visits) -> float:
    is_open, late = visits.ending == Ending.OPEN, visits.begin > 0
    lost = (1 - at.chance) * (1 - at.stuck)
    value = 0.5 * np.log(at.chance * (1 - at.chance))  # Jeffreys' prior
    for ending, weight, law in ((Ending.ADVANCED, at.chance, at.advanced), (Ending.LOST, lost, at.lost)):
        so = visits.ending == ending
        seen = weight * _lasts(visits.days[so], *law)
        value += visits.count[so] @ np.log(np.maximum(seen, TINY))

    def beyond(days: Index) -> Array:
        left = at.chance * _exceeds(days, *at.advanced) + lost * _exceeds(days, *at.lost)
        return np.log(np.maximum(left + (1 - at.chance) * at.stuck, TINY))

    value += visits.count[is_open] @ beyond(visits.days[is_open])
    value -= visits.count[late] @ beyond(visits.begin[late] - 1)
    return float(value)


def _lasts(days: Index, mu: float, sigma: float) -> Array:
    """Give the probability that a visit ends exactly this many dates later, in the shape of ``days``."""
    early, late = (
        _deviations(days[:, None] - HOURS, mu, sigma),
        _deviations(days[:, None] + 1 - HOURS, mu, sigma),
    )
    turned = early > 0  # in the upper tail the difference of what lies above is the exact one
    return np.where(turned, ndtr(-early) - ndtr(-late), ndtr(late) - ndtr(early)) @ WEIGHTS


def _exceeds(days: Index, mu: float, sigma: float) -> Array:
    """Give the probability that a visit is open after this many dates, in the shape of ``days``."""
    return ndtr(-_deviations(days[:, None] + 1 - HOURS, mu, sigma)) @ WEIGHTS


def _deviations(days: Array, mu: float, sigma: float) -> Array:
    """Give how many deviations the logarithm lies above the location; minus infinity up to 0 days."""
    with np.errstate(divide="ignore"):
        return (np.log(np.maximum(days, 0.0)) - mu) / sigma


def _start(visits: Visits, shared: bool) -> Array:
    """Begin the search at the shares and the logarithms of the Aalen-Johansen estimate."""
    curves = incidence(visits)
    log_days = np.log(curves.days + 0.5)
    laws = []
    for curve in (curves.advanced, curves.lost):
        weight = np.diff(curve, prepend=0.0)
        weight = weight if weight.sum() > 0 else np.diff(curves.advanced + curves.lost, prepend=0.0)
        middle = np.average(log_days, weights=weight)
        spread = np.sqrt(np.average((log_days - middle) ** 2, weights=weight))
        laws.append([middle, np.log(np.clip(spread, 0.1, 2.0))])
    chance = np.clip(curves.advanced[-1] / (curves.advanced[-1] + curves.lost[-1]), 0.02, 0.98)
    pooled = np.average(laws, axis=0, weights=[chance, 1 - chance]).tolist()
    return np.array([logit(chance), *(pooled if shared else [*laws[0], *laws[1]])])


def _curvature(loss: Callable[[Array], float], at: Array) -> Array:
    """Give the matrix of second differences of a function at a point, shape (parameters, parameters)."""
    size = len(at)
    steps = STEP * np.eye(size)
    matrix = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            corners = [loss(at + a * steps[i] + b * steps[j]) * a * b for a in (1, -1) for b in (1, -1)]
            matrix[i, j] = matrix[j, i] = sum(corners) / (4 * STEP**2)
    return matrix


def _law(theta: Array, covariance: Array) -> LognormalFit:
    """Read mean and cv, with intervals, off the location and the logarithm of the spread."""
    mu, sigma = float(theta[0]), float(np.exp(theta[1]))
    slope = np.array([1.0, sigma**2])  # of the logarithm of the mean, mu + sigma^2 / 2
    error = float(np.sqrt(max(slope @ covariance @ slope, 0.0)))
    spread_error = float(np.sqrt(max(covariance[1, 1], 0.0)))
    mean = [float(np.exp(mu + sigma**2 / 2 + sign * Z95 * error)) for sign in (0, -1, 1)]
    spreads = [sigma * np.exp(sign * Z95 * spread_error) for sign in (0, -1, 1)]
    cv = [float(np.sqrt(np.expm1(min(spread, 5.0) ** 2))) for spread in spreads]
    return LognormalFit(mu, sigma, Estimate(*mean), Estimate(*cv))
