"""Sizes that are seen whole: amounts of won deals and hours of work."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtr

from engine.calibration import Curve, Estimate, Law

Array = NDArray[np.float64]

Z95 = 1.959963984540054
FAR = 3  # standard errors between the law's mean and the observed one that luck does not explain
POINTS = 101  # of a curve


def fit_lognormal(values: Array) -> Law:
    """Fit a lognormal law to amounts.

    Parameters
    ----------
    values
        Amounts, > 0, shape (deals,); at least two.

    Returns
    -------
    Mean and cv with 95 % intervals (mean: Cox's method, in Olsson, "Confidence intervals for the mean of a
    log-normal distribution", Journal of Statistics Education 13, 2005; cv: chi-square of the spread). Where the
    law's mean lies further from the observed mean than luck explains, mean and cv are the observed ones: a sum of
    many deals must come out right, whatever the shape.
    """
    count, logs = len(values), np.log(values)
    mu, variance = float(logs.mean()), float(logs.var(ddof=1))
    variance = variance if variance > 1e-12 else 0.0  # equal amounts, but for rounding
    error = math.sqrt(variance / count + variance**2 / (2 * (count - 1)))
    mean = [math.exp(mu + variance / 2 + sign * Z95 * error) for sign in (0, -1, 1)]
    freedom = count - 1
    spreads = [variance, *(variance * freedom / float(chdtri(freedom, level)) for level in (0.025, 0.975))]
    cv = [math.sqrt(math.expm1(min(one, 25.0))) for one in spreads]
    at, observed = _observed(values)
    fitted = (
        ndtr((np.log(at) - mu) / math.sqrt(variance)) if variance > 0 else (at >= math.exp(mu)).astype(float)
    )
    sample = _sample(values)
    if variance == 0 or abs(mean[0] - sample.value) <= FAR * (sample.high - sample.value) / Z95:
        return Law(Estimate(*mean), Estimate(*cv), count, Curve(at, observed, fitted))
    sample_cv = float(values.std(ddof=1)) / sample.value
    sigma = math.sqrt(math.log1p(sample_cv**2))
    fitted = ndtr((np.log(at / sample.value) + sigma**2 / 2) / sigma)
    return Law(sample, Estimate(sample_cv), count, Curve(at, observed, fitted), lognormal=False)


def fit_hours(values: Array) -> Law:
    """Take mean and cv of hours of work, > 0, shape (visits,); the curve is left empty."""
    nothing = np.empty(0)
    mean = _sample(values)
    return Law(
        mean, Estimate(float(values.std(ddof=1)) / mean.value), len(values), Curve(nothing, nothing, nothing)
    )


def _sample(values: Array) -> Estimate:
    mean, error = float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values))
    return Estimate(mean, mean - Z95 * error, mean + Z95 * error)


def _observed(values: Array) -> tuple[Array, Array]:
    """Give places among the values and the share of them up to each."""
    at = np.quantile(values, np.linspace(0, 1, POINTS), method="inverted_cdf")
    return at, np.searchsorted(np.sort(values), at, side="right") / len(values)
