"""New opportunities: how many a year, and how they spread over the months."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.calibration import Demand, Estimate, StageHistory
from engine.units import DAYS_PER_YEAR, MONTHS

Array = NDArray[np.float64]
Index = NDArray[np.int64]

Z95 = 1.959963984540054
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def arrivals(history: StageHistory) -> tuple[Index, Index]:
    """Give day and owner of every opportunity that entered the first stage while the history was kept."""
    first = np.flatnonzero((history.stage == 0) & (history.entered >= history.since))
    first = first[np.lexsort((history.entered[first], history.opportunity[first]))]
    _, alone = np.unique(
        history.opportunity[first], return_index=True
    )  # a return to the stage is no new deal
    first = first[alone]
    return history.entered[first], history.owner[first]


def fit_demand(history: StageHistory) -> Demand:
    """Fit new opportunities a year and the factor of each calendar month.

    Parameters
    ----------
    history
        Visits; what entered before it begins does not count, because of that only what lasted is known.

    Returns
    -------
    Opportunities a year with a 95 % interval (Poisson, wider by the dispersion of the months) and, if the history covers
    a year, factors by month, drawn towards 1 as far as luck explains them (gamma-Poisson).
    """
    days = np.arange(history.since, history.until + 1)
    dates = [date.fromordinal(int(day)) for day in days]
    names, month_of_day = np.unique([f"{day:%Y-%m}" for day in dates], return_inverse=True)
    entered, _ = arrivals(history)
    covered = np.bincount(month_of_day).astype(np.float64)
    observed = np.bincount(month_of_day[entered - history.since], minlength=len(names)).astype(np.float64)
    calendar = np.array([int(name[-2:]) - 1 for name in names])
    total, seasonal = observed.sum(), history.days >= DAYS_PER_YEAR
    factors, rate, used = np.ones(MONTHS), total / covered.sum(), 1.0
    if seasonal and total > 0:
        factors, rate, used = _seasons(calendar, covered, observed)
    fitted = rate * covered * factors[calendar]
    dispersion = 1.0
    if len(names) > MONTHS and total > 0:
        dispersion = max(1.0, float(((observed - fitted) ** 2 / fitted).sum()) / (len(names) - used))
    per_year = rate * DAYS_PER_YEAR
    error = np.sqrt(dispersion / max(total, 1.0))
    months = pd.DataFrame(
        {"month": names, "days": covered.astype(int), "observed": observed, "fitted": fitted}
    )
    bounds = (float(per_year * np.exp(sign * Z95 * error)) for sign in (-1, 1))
    return Demand(Estimate(float(per_year), *bounds), months, factors, bool(seasonal))


def _seasons(calendar: Index, covered: Array, observed: Array) -> tuple[Array, float, float]:
    """Give the factor of each calendar month, new opportunities a day at factor 1, and the parameters that cost."""
    days, count = (np.bincount(calendar, weights=one, minlength=MONTHS) for one in (covered, observed))
    expected = count.sum() / days.sum() * days
    # variance of counts = expected + expected^2 / size; what is above the first term is season
    excess = ((count - expected) ** 2 - expected).sum()
    if excess <= 0:
        return np.ones(MONTHS), float(count.sum() / days.sum()), 1.0
    size = (expected**2).sum() / excess
    factors = (size + count) / (size + expected)
    factors = factors / (factors @ MONTH_DAYS / DAYS_PER_YEAR)
    used = 1 + (MONTHS - 1) * float((expected / (size + expected)).mean())
    return factors, float(count.sum() / (factors * days).sum()), used
