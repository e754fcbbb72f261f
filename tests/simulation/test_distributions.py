"""Inverse functions: right moments by integration, right conditional tails, nothing random when cv is 0."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtr, pdtr

from simulation.distributions import Gamma, Lognormal, poisson_quantile

GRID = np.linspace(0.0005, 0.9995, 1000)
CVS = (0.1, 0.5, 0.9, 1.5, 3.0)


@pytest.mark.parametrize("cv", CVS)
@pytest.mark.parametrize("family", [Lognormal, Gamma])
def test_first_two_moments(family: type[Lognormal] | type[Gamma], cv: float) -> None:
    """The quantile function integrates to the stated mean and variance, far tails included."""
    z = np.linspace(-8.0, 8.0, 200_001)
    value = family(7.0, cv).quantile(ndtr(z))
    weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    mean = np.trapezoid(value * weight, z)
    variance = np.trapezoid((value - mean) ** 2 * weight, z)
    assert mean == pytest.approx(7.0, rel=1e-4)
    # at cv = 3 a part of the lognormal's second moment lies beyond z = 8
    assert variance == pytest.approx(family(7.0, cv).variance, rel=5e-3)
    assert family(7.0, cv).variance == pytest.approx((7.0 * cv) ** 2)


@pytest.mark.parametrize("cv", CVS)
def test_quantiles_are_those_of_scipy(cv: float) -> None:
    """Every quantile equals that of the textbook distribution."""
    sigma = np.sqrt(np.log1p(cv**2))
    lognormal = stats.lognorm(s=sigma, scale=7.0 * np.exp(-(sigma**2) / 2))
    assert Lognormal(7.0, cv).quantile(GRID) == pytest.approx(lognormal.ppf(GRID), rel=1e-9)
    gamma = stats.gamma(a=cv**-2, scale=7.0 * cv**2)
    assert Gamma(7.0, cv).quantile(GRID) == pytest.approx(gamma.ppf(GRID), rel=1e-9)


@pytest.mark.parametrize("family", [Lognormal, Gamma])
def test_no_spread_is_the_mean_exactly(family: type[Lognormal] | type[Gamma]) -> None:
    """With cv 0 every draw is the mean, to the last bit."""
    assert family(0.1, 0.0).quantile(GRID).tolist() == [0.1] * len(GRID)
    assert family(0.1, 0.0).variance == 0.0


def test_remaining_at_age_zero_is_the_quantity() -> None:
    """A customer who has just begun to think takes the whole time."""
    whole = Lognormal(20.0, 0.6)
    assert whole.remaining(GRID, np.zeros(len(GRID))) == pytest.approx(whole.quantile(GRID), rel=1e-12)


@pytest.mark.parametrize("age", [0.5, 10.0, 40.0, 200.0])
def test_remaining_follows_the_conditional_law(age: float) -> None:
    """A share 1 - u of what exceeded its age lasts longer than `remaining(u)`."""
    sigma = np.sqrt(np.log1p(0.6**2))
    law = stats.lognorm(s=sigma, scale=20.0 * np.exp(-(sigma**2) / 2))
    left = Lognormal(20.0, 0.6).remaining(GRID, np.full(len(GRID), age))
    assert law.sf(age + left) / law.sf(age) == pytest.approx(1 - GRID, rel=1e-6)


def test_long_overdue_deals_have_a_finite_rest() -> None:
    """An age far beyond every quantile still gives a finite rest, and a constant quantity is due at once."""
    rest = Lognormal(10.0, 0.01).remaining(np.array([0.01, 0.99]), np.array([100.0, 100.0]))
    assert np.isfinite(rest).all()
    assert 0 < rest[0] < rest[1] < 1
    assert Lognormal(10.0, 0.0).remaining(np.array([0.5, 0.5]), np.array([4.0, 40.0])).tolist() == [6.0, 0.0]


@given(u=st.floats(1e-12, 1 - 1e-12), low=st.floats(0, 3000, allow_subnormal=False), more=st.floats(0, 50))
def test_poisson_count(u: float, low: float, more: float) -> None:
    """The count is the smallest whose probability reaches u; a larger mean never gives a smaller one."""
    count, larger = poisson_quantile(np.array([u, u]), np.array([low, low + more]))
    assert stats.poisson.cdf(count, low) >= u
    assert count == 0 or stats.poisson.cdf(count - 1, low) < u
    assert larger >= count


@pytest.mark.parametrize("mean", [0.3, 2.0, 7.5, 60.0])
def test_poisson_count_at_its_steps(mean: float) -> None:
    """At exactly the cumulative probability of a count the inverse gives that count, not the next."""
    counts = np.arange(int(mean) + 4)
    u = pdtr(counts, mean)
    assert np.array_equal(poisson_quantile(u, np.full(len(u), mean)), counts)


def test_no_demand_gives_no_deals() -> None:
    """A unit without potential never has an opportunity."""
    assert poisson_quantile(np.array([0.5, 1 - 1e-15]), np.zeros(2)).tolist() == [0, 0]
