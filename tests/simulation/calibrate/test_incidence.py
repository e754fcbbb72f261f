"""The Aalen-Johansen estimate against closed forms and cases by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.calibration import Ending
from simulation.calibrate.incidence import incidence, mean_and_cv
from simulation.calibrate.visits import Visits, gather

OPEN, ADVANCED, LOST = (int(ending) for ending in Ending)


def visits(*rows: tuple[int, int, int]) -> Visits:
    """Visits from rows (age when first watched, age at the end, ending)."""
    begin, days, ending = np.array(rows).T
    return gather(begin, days, ending)


def test_without_censoring_it_is_the_share() -> None:
    """When every end is seen, the curves are the shares that had ended so, and the error is the binomial one."""
    rng = np.random.default_rng(1)
    days, ending = rng.integers(0, 30, 400), rng.integers(1, 3, 400)
    curves = incidence(gather(np.zeros(400, dtype=np.int64), days, ending))
    for kind, curve in ((ADVANCED, curves.advanced), (LOST, curves.lost)):
        shares = [np.mean((days <= day) & (ending == kind)) for day in curves.days]
        assert curve == pytest.approx(shares, abs=1e-12)
    share = curves.advanced[-1]
    assert curves.error == pytest.approx(math.sqrt(share * (1 - share) / 400), rel=1e-9)
    assert curves.finished


def test_censoring_by_hand() -> None:
    """An open visit counts until it was last seen: 5 visits, one of them open after 2 days."""
    curves = incidence(visits((0, 1, ADVANCED), (0, 2, OPEN), (0, 3, LOST), (0, 4, ADVANCED), (0, 9, OPEN)))
    assert curves.days.tolist() == [1, 3, 4]
    assert curves.open == pytest.approx([4 / 5, 4 / 5 * 2 / 3, 4 / 5 * 1 / 3])
    assert curves.advanced == pytest.approx([1 / 5, 1 / 5, 1 / 5 + 4 / 5 * 2 / 3 * 1 / 2])
    assert curves.lost == pytest.approx([0, 4 / 5 / 3, 4 / 5 / 3])


def test_open_on_the_day_of_an_ending_is_at_risk() -> None:
    """A visit last seen open on day 2 was at risk of ending on day 2."""
    curves = incidence(visits((0, 2, OPEN), (0, 2, ADVANCED), (0, 3, LOST)))
    assert curves.open == pytest.approx([2 / 3, 0])


def test_late_entry_by_hand() -> None:
    """A visit watched from age 3 on is not at risk before, and is at risk at age 3."""
    curves = incidence(
        visits((0, 1, LOST), (0, 5, ADVANCED), (3, 3, LOST), (3, 6, ADVANCED), (4, 7, ADVANCED))
    )
    assert curves.days.tolist() == [1, 3, 5, 6, 7]
    assert curves.open == pytest.approx(np.cumprod([1 / 2, 2 / 3, 2 / 3, 1 / 2, 0]))


def test_shares_add_up() -> None:
    """Open, advanced and lost add up to 1 at every age, whatever is censored or truncated."""
    rng = np.random.default_rng(2)
    days = rng.integers(0, 60, 500)
    begin = np.minimum(np.where(rng.random(500) < 0.3, rng.integers(0, 60, 500), 0), days)
    curves = incidence(gather(begin, days, rng.integers(0, 3, 500)))
    assert curves.open + curves.advanced + curves.lost == pytest.approx(np.ones(len(curves.days)), abs=1e-12)


def test_dead_deals_finish_the_curve() -> None:
    """What stays open although many visits were watched far longer than any that ended never ends."""
    ended = [(0, day, ADVANCED) for day in range(1, 41)]
    assert incidence(visits(*ended, *[(0, 51, OPEN)] * 20)).finished
    assert not incidence(visits(*ended, *[(0, 50, OPEN)] * 20)).finished
    assert not incidence(visits(*ended, *[(0, 51, OPEN)] * 19)).finished


def test_mean_of_dates_is_the_mean_of_times() -> None:
    """Whole days between dates have the mean and nearly the spread of the times between them."""
    rng = np.random.default_rng(3)
    times = rng.gamma(4.0, 5.0, 200_000)
    dates = np.floor(rng.random(200_000) + times).astype(np.int64)
    curves = incidence(gather(np.zeros_like(dates), dates, np.full_like(dates, ADVANCED)))
    mean, cv = mean_and_cv(curves.days, curves.advanced)
    assert mean == pytest.approx(20.0, rel=0.01)
    assert cv == pytest.approx(0.5, rel=0.01)
