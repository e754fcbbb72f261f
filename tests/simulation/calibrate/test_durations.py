"""Chance and days by maximum likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import lognorm

from engine.calibration import Ending
from simulation.calibrate import durations
from simulation.calibrate.durations import fit_endings
from simulation.calibrate.visits import Visits, gather

SINCE, UNTIL = 150, 649


def watched(
    count: int, chance: float, advanced: tuple[float, float], lost: tuple[float, float], seed: int
) -> Visits:
    """Visits entered on days 0 to 649, of which those are known that ended on day 150 or later."""
    rng = np.random.default_rng(seed)
    entered, wins = rng.uniform(0, UNTIL + 1, count), rng.random(count) < chance
    luck = rng.standard_normal(count)
    times = np.exp(np.where(wins, advanced[0] + advanced[1] * luck, lost[0] + lost[1] * luck))
    first, last = np.floor(entered).astype(int), np.floor(entered + times)
    known = last >= SINCE
    first, last, wins = first[known], last[known], wins[known]
    ending = np.where(last > UNTIL, Ending.OPEN, np.where(wins, Ending.ADVANCED, Ending.LOST))
    return gather(np.maximum(SINCE - first, 0), np.minimum(last, UNTIL).astype(int) - first, ending)


def test_probabilities_of_dates() -> None:
    """The probability of each number of dates is the exact integral over the hour of entering; they add up to 1."""
    mu, sigma = 1.2, 0.9
    law = lognorm(s=sigma, scale=np.exp(mu))
    days = np.arange(2000)
    lasts = durations._lasts(days, mu, sigma)
    for day in (1, 2, 7, 60):
        exact = quad(lambda u, day=day: law.cdf(day + 1 - u) - law.cdf(day - u), 0, 1)[0]
        assert lasts[day] == pytest.approx(exact, rel=2e-3)
    assert lasts.sum() == pytest.approx(1.0, abs=1e-6)
    assert durations._exceeds(days, mu, sigma) == pytest.approx(1 - np.cumsum(lasts), abs=1e-12)


def test_recovers_what_made_the_visits() -> None:
    """Censored and truncated visits give back chance, mean and spread of both endings within 4 standard errors."""
    fit = fit_endings(watched(20_000, 0.6, (3.0, 0.8), (2.5, 1.0), seed=4))
    for estimate, true in (
        (fit.advance, 0.6),
        (fit.advanced.mean, np.exp(3.0 + 0.32)),
        (fit.advanced.cv, np.sqrt(np.expm1(0.64))),
        (fit.lost.mean, np.exp(3.0)),
        (fit.lost.cv, np.sqrt(np.expm1(1.0))),
    ):
        error = (estimate.high - estimate.low) / (2 * durations.Z95)
        assert abs(estimate.value - true) < 4 * error
        assert error < 0.03 * true
    assert fit.stuck == 0


def test_open_deals_and_late_entry_matter() -> None:
    """Without its open visits a table gives days that are too few; without late entry a chance of slow ends too high."""
    made = watched(5000, 0.6, (5.0, 0.6), (3.0, 0.6), seed=5)
    true = np.exp(5.0 + 0.18)
    whole = fit_endings(made)
    closed = made.ending != Ending.OPEN
    without = Visits(*(column[closed] for column in (made.begin, made.days, made.ending, made.count)))
    born = Visits(np.zeros_like(made.begin), made.days, made.ending, made.count)
    assert whole.advanced.mean.low < true < whole.advanced.mean.high
    assert whole.advance.low < 0.6 < whole.advance.high
    assert fit_endings(without).advanced.mean.high < true
    assert fit_endings(born).advance.low > 0.6


def test_dead_deals_are_no_heavy_tail() -> None:
    """Where a tenth of the visits never end, the fit says so and keeps chance and days of the others."""
    made = watched(3000, 0.6, (2.5, 0.6), (2.5, 0.6), seed=6)
    dead = gather(np.zeros(330, dtype=int), np.linspace(0, 490, 330).astype(int), np.zeros(330, dtype=int))
    parts = (np.concatenate(pair) for pair in zip(vars(made).values(), vars(dead).values(), strict=True))
    fit = fit_endings(Visits(*parts))
    assert fit.stuck == pytest.approx(330 / (made.total + 330), abs=0.015)
    assert fit.advance.value == pytest.approx(0.6 * (1 - fit.stuck), abs=0.03)
    assert fit.advanced.mean.value == pytest.approx(np.exp(2.5 + 0.18), rel=0.05)


def test_few_endings_share_a_law() -> None:
    """An ending seen less than ten times has the days of the other, and a chance is never certain."""
    days = np.arange(1, 31)
    fit = fit_endings(gather(np.zeros(30, dtype=int), days, np.full(30, int(Ending.ADVANCED))))
    assert fit.lost == fit.advanced
    assert 0.9 < fit.advance.value < 1
    assert fit.advance.low < fit.advance.value < fit.advance.high < 1


def test_observations_are_those_seen() -> None:
    """Without open visits the posterior is worth as many observations as there are visits."""
    made = watched(2000, 0.5, (1.0, 0.5), (1.0, 0.5), seed=7)
    assert fit_endings(made).observations == pytest.approx(made.total, rel=0.03)
