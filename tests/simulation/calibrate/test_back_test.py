"""Past quarters forecast from what was known then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from benchmarks.calibration import FIRST_DAY, KnownProcess, KnownStage, recorded
from engine.calibration import StageHistory
from simulation.calibrate.back_test import back_test, crps
from simulation.calibrate.won_deals import won_deals
from simulation.distributions import Lognormal

PROCESS = KnownProcess(
    stages=(KnownStage(0.5, Lognormal(40.0, 0.6), Lognormal(40.0, 0.6)),),
    per_year=600.0,
    owners=6,
    skill_cv=0.0,
    years=2.25,
)


def quiet(step: str, done: float) -> None:
    """Hear of no progress."""


@pytest.fixture(scope="module")
def history() -> StageHistory:
    return recorded(PROCESS, np.random.default_rng(3))


@pytest.fixture(scope="module")
def quarters(history: StageHistory) -> pd.DataFrame:
    return back_test(history, 1, quiet)


def test_crps_of_a_normal_forecast() -> None:
    """The score of draws is that of the law they come from: for a normal one at its mean 0.2337 deviations."""
    draws = np.random.default_rng(1).standard_normal((4000, 1))
    exact = 2 / np.sqrt(2 * np.pi) - 1 / np.sqrt(np.pi)
    assert crps(draws, np.zeros(1))[0] == pytest.approx(exact, rel=0.05)


def test_crps_of_a_point_is_its_error() -> None:
    """A forecast of one number is scored by its distance to what came."""
    assert crps(np.full((7, 2), 3.0), np.array([5.0, 3.0])).tolist() == [2.0, 0.0]


def test_quarters_are_whole_and_past(history: StageHistory, quarters: pd.DataFrame) -> None:
    """Calendar quarters after at least 90 days are forecast; the year before is compared where it is known."""
    names = quarters["quarter"].unique().tolist()
    assert date.fromordinal(FIRST_DAY + 365) == date.fromordinal(history.since)
    assert len(names) == 7
    assert names == sorted(names)
    known = quarters.groupby("quarter", sort=True)["crps_last_year"].count()
    assert known.iloc[0] == 0
    assert known.iloc[-1] == (quarters["quarter"] == names[-1]).sum()


def test_what_came_is_what_was_won(history: StageHistory, quarters: pd.DataFrame) -> None:
    """Observed bookings are the amounts won in the quarter, and owners add up to the company."""
    year, quarter = quarters["quarter"].iloc[0].split(" Q")
    first = date(int(year), 3 * int(quarter) - 2, 1)
    last = date(first.year + first.month // 10, first.month % 12 + 3 if first.month < 10 else 1, 1)
    inside = history.won & (history.left >= first.toordinal()) & (history.left < last.toordinal())
    rows = quarters[quarters["quarter"] == quarters["quarter"].iloc[0]]
    company = rows[rows["level"] == "company"]["observed"].iloc[0]
    assert company == pytest.approx(history.amount[inside].sum())
    assert rows[rows["level"] == "owner"]["observed"].sum() == pytest.approx(company)


def test_a_known_process_is_forecast_well(quarters: pd.DataFrame) -> None:
    """Of 42 forecasts of owners the intervals of 80 % hold 65 to 93 % (a true 50 % would pass in 3 % of seeds)."""
    owners = quarters[quarters["level"] == "owner"]
    assert len(owners) == 42
    inside = ((owners["observed"] >= owners["p10"]) & (owners["observed"] <= owners["p90"])).mean()
    assert 0.65 <= inside <= 0.93
    assert owners["p50"].sum() == pytest.approx(owners["observed"].sum(), rel=0.12)
    assert owners["crps"].sum() < 1.1 * owners["crps_flat"].sum()


def test_a_forecast_knows_nothing_later(history: StageHistory, quarters: pd.DataFrame) -> None:
    """What happens after a quarter begins changes what came, not the forecast."""
    name = quarters["quarter"].iloc[-1]
    year, quarter = name.split(" Q")
    day = date(int(year), 3 * int(quarter) - 2, 1).toordinal()
    doubled = replace(history, amount=np.where(history.left >= day, 2 * history.amount, history.amount))
    again = back_test(doubled, 1, quiet)
    columns = ["p5", "p10", "p25", "p50", "p75", "p90", "p95"]
    before, after = (table[table["quarter"] == name] for table in (quarters, again))
    pd.testing.assert_frame_equal(before[columns], after[columns])
    assert after["observed"].to_numpy() == pytest.approx(2 * before["observed"].to_numpy())


def test_a_short_history_has_no_back_test(history: StageHistory) -> None:
    """Less than 90 days and a quarter give no forecast, not an error."""
    assert back_test(history.as_of(history.since + 120), 1, quiet).empty


def test_drawn_again_has_the_right_mean(history: StageHistory) -> None:
    """Deals drawn again sum to their share of the past on average, and vary."""
    deals = won_deals(history, 0.0)
    every = deals.between(history.since, history.until + 1)
    drawn = deals.drawn_again(every, 0.25, 2000, np.random.default_rng(2)).sum(axis=1)
    past = deals.sums(every).sum()
    spread = np.sqrt(0.25 * (deals.amount**2).sum())
    assert drawn.mean() == pytest.approx(past / 4, abs=4 * spread / np.sqrt(2000))
    assert drawn.std() == pytest.approx(spread, rel=0.1)
