"""The past forecast: begin at a past quarter with what was known then, simulate, compare with what came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.calibration import Ending, StageHistory
from engine.units import MONTHS
from simulation.calibrate.fit import FEWEST, fit_process
from simulation.calibrate.past_quarter import QUARTER, simulate_quarter
from simulation.calibrate.won_deals import won_deals

Array = NDArray[np.float64]

LEAST_HISTORY = 90  # days before a quarter that is forecast
MOST_QUARTERS = 8
YEARS = 200  # simulated for each quarter
PERCENT = (5, 10, 25, 50, 75, 90, 95)


def back_test(history: StageHistory, seed: int, progress: Callable[[str, float], None]) -> pd.DataFrame:
    """Forecast past quarters from what was known before each.

    Parameters
    ----------
    history
        Visits to stages.
    seed
        Seed of every random number.
    progress
        Told the step and the part of it that is done.

    Returns
    -------
    One row a quarter and owner, and one a quarter for the company; columns as in `Calibration.quarters`. Empty when the
    history holds no whole quarter after at least 90 days.
    """
    quarters = list(_quarters(history))
    tables = []
    for number, (start, end) in enumerate(quarters):
        tables.append(_forecast(history, start, end, seed))
        progress("back-test", (number + 1) / len(quarters))
    columns = ["quarter", "level", "name", "observed", *(f"p{q}" for q in PERCENT)]
    columns += ["crps", "crps_flat", "crps_last_year"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def crps(draws: Array, observed: Array) -> Array:
    """Score forecasts: mean distance of draws to what came, less half their mean distance to one another.

    Parameters
    ----------
    draws
        Forecast draws, shape (draws, forecasts).
    observed
        What came, shape (forecasts,).

    Returns
    -------
    Scores in the unit of the forecasts, less is better, shape (forecasts,).

    References
    ----------
    Gneiting and Raftery, "Strictly proper scoring rules, prediction, and estimation", 2007,
    DOI 10.1198/016214506000001437.
    """
    count = len(draws)
    weights = 2 * np.arange(1, count + 1) - count - 1
    spread = weights @ np.sort(draws, axis=0) / count**2
    return np.abs(draws - observed).mean(axis=0) - spread


def _quarters(history: StageHistory) -> Iterator[tuple[int, int]]:
    """List first day and day after the end of each calendar quarter that can be forecast, the last eight."""
    first, last = date.fromordinal(history.since), date.fromordinal(history.until)
    starts = [date(y, m, 1) for y in range(first.year, last.year + 2) for m in range(1, MONTHS + 1, QUARTER)]
    days = [start.toordinal() for start in starts]
    pairs = [
        (start, end)
        for start, end in pairwise(days)
        if start - history.since >= LEAST_HISTORY and end <= history.until + 1
    ]
    for start, end in pairs[-MOST_QUARTERS:]:
        if _enough(history.as_of(start)):
            yield start, end


def _enough(history: StageHistory) -> bool:
    ended = np.bincount(history.stage[history.ending != Ending.OPEN], minlength=len(history.stages))
    sold = (history.won & (history.amount > 0)).sum()
    return bool(ended.min() >= FEWEST and sold >= FEWEST)


def _forecast(history: StageHistory, start: int, end: int, seed: int) -> pd.DataFrame:
    """Forecast one quarter by simulation, at a flat rate and by the year before, and score all three."""
    known = history.as_of(start)
    fit = fit_process(known)
    deals = won_deals(history, fit.amount.mean.value)
    rng = np.random.default_rng([seed, start])
    observed = _with_total(deals.sums(deals.between(start, end)))
    share = (end - start) / known.days
    flat = deals.drawn_again(deals.between(known.since, start), share, YEARS, rng)
    year_ago = [day.replace(year=day.year - 1).toordinal() for day in map(date.fromordinal, (start, end))]
    last_year = np.full(len(observed), np.nan)
    if year_ago[0] >= known.since:
        again = deals.drawn_again(deals.between(*year_ago), 1.0, YEARS, rng)
        last_year = crps(_with_total(again), observed)
    draws = _with_total(simulate_quarter(known, fit, (start, end), seed, YEARS))
    quantiles = np.percentile(draws, PERCENT, axis=0, method="inverted_cdf")
    first = date.fromordinal(start)
    table = pd.DataFrame(
        {
            "quarter": f"{first.year} Q{first.month // QUARTER + 1}",
            "level": ["owner"] * len(deals.names) + ["company"],
            "name": [*deals.names, "Company"],
            "observed": observed,
            **{f"p{q}": row for q, row in zip(PERCENT, quantiles, strict=True)},
            "crps": crps(draws, observed),
            "crps_flat": crps(_with_total(flat), observed),
            "crps_last_year": last_year,
        }
    )
    there = (table["observed"] > 0) | (table["p95"] > 0) | (table["level"] == "company")
    return table[there]


def _with_total(values: Array) -> Array:
    """Add the company as the last column."""
    return np.concatenate([values, values.sum(axis=-1, keepdims=True)], axis=-1)
