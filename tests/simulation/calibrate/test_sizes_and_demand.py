"""Amounts of won deals; new opportunities and their seasons."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from engine.calibration import Ending, StageHistory
from simulation.calibrate.demand import MONTH_DAYS, fit_demand
from simulation.calibrate.sizes import fit_hours, fit_lognormal


def test_lognormal_amounts() -> None:
    """Mean and spread of lognormal amounts come back inside their intervals."""
    values = np.exp(np.random.default_rng(1).normal(8.0, 0.8, 4000))
    law = fit_lognormal(values)
    assert law.lognormal
    assert law.mean.low < np.exp(8.32) < law.mean.high < 1.05 * law.mean.low + np.exp(8.0) * 0.2
    assert law.cv.low < np.sqrt(np.expm1(0.64)) < law.cv.high
    assert law.curve.gap < 0.03


def test_amounts_of_a_price_list() -> None:
    """Amounts that follow no lognormal law keep their mean and spread, so that sums of deals come out right."""
    values = np.repeat([50.0, 500.0, 5000.0], [400, 300, 300])
    law = fit_lognormal(values)
    assert not law.lognormal
    assert law.mean.value == pytest.approx(values.mean())
    assert law.cv.value == pytest.approx(values.std(ddof=1) / values.mean())
    assert law.mean.low < values.mean() < law.mean.high
    assert np.isnan(law.cv.low)


def test_equal_amounts() -> None:
    """Amounts that are all equal have no spread."""
    law = fit_lognormal(np.full(12, 99.0))
    assert (law.mean.value, law.cv.value) == (pytest.approx(99.0), 0.0)


def test_hours() -> None:
    """Hours of work keep their mean and spread."""
    law = fit_hours(np.array([1.0, 2.0, 3.0]))
    assert (law.mean.value, law.cv.value, law.count) == (2.0, 0.5, 3)


def arrivals_only(first: date, days: int, entered: np.ndarray) -> StageHistory:
    """Opportunities that entered the only stage on these days (counted from the first) and are open."""
    count, since = len(entered), first.toordinal()
    nothing = np.full(count, np.nan)
    zeros = np.zeros(count, dtype=np.int64)
    names = tuple(f"{number:05d}" for number in range(count))
    until = since + days - 1
    return StageHistory(
        "x.csv", ("sell",), (), (), names, since, until, np.arange(count), zeros, zeros - 1, zeros - 1,
        since + entered, zeros + until + 1, zeros + int(Ending.OPEN), zeros > 0, nothing, nothing,
    )  # fmt: skip


def test_rate_counts_only_the_history() -> None:
    """What entered before the history begins does not count, nor does a return to the first stage."""
    history = arrivals_only(date(2025, 1, 1), 365, np.array([-3, -1, 0, 10, 20, 364]))
    returned = history.opportunity.copy()
    returned[4] = 3
    demand = fit_demand(history)
    assert demand.per_year.value == pytest.approx(4.0)
    again = StageHistory(**(vars(history) | {"opportunity": returned}))
    assert fit_demand(again).per_year.value == pytest.approx(3.0)


def test_seasons_are_found() -> None:
    """A company with a strong fourth quarter gets its factors, near the truth, with mean 1."""
    rng = np.random.default_rng(2)
    days = np.arange(3 * 365)
    month = np.array([date.fromordinal(date(2023, 1, 1).toordinal() + int(day)).month for day in days])
    rate = np.where(month >= 10, 4.0, 2.0)
    demand = fit_demand(arrivals_only(date(2023, 1, 1), len(days), np.repeat(days, rng.poisson(rate))))
    year = 2 * 365 + 2 * 92
    assert demand.factors @ MONTH_DAYS == pytest.approx(365)
    assert demand.factors == pytest.approx(np.repeat([2.0, 4.0], [9, 3]) * 365 / year, abs=0.15)
    assert demand.per_year.low < year < demand.per_year.high


def test_luck_is_no_season() -> None:
    """Even demand gives factors near 1: months that differ by luck are drawn together."""
    rng = np.random.default_rng(3)
    days = np.arange(2 * 365)
    demand = fit_demand(
        arrivals_only(date(2023, 1, 1), len(days), np.repeat(days, rng.poisson(1.0, len(days))))
    )
    assert demand.seasonal
    assert np.abs(demand.factors - 1).max() < 0.12
    assert demand.months["observed"].sum() == pytest.approx(demand.months["fitted"].sum(), rel=0.02)


def test_less_than_a_year_has_no_season() -> None:
    """A history of eleven months has a flat rate and says so."""
    demand = fit_demand(arrivals_only(date(2025, 1, 1), 334, np.arange(0, 334, 2)))
    assert not demand.seasonal
    assert demand.factors.tolist() == [1.0] * 12
    assert demand.per_year.value == pytest.approx(182.5)
