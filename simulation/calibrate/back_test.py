"""The past forecast: begin at a past quarter with what was known then, simulate, compare with what came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.attainment import OpeningDeals, SalesField
from engine.calibration import Ending, StageHistory
from engine.scenario.schema import Process, Spread
from engine.units import DAYS_PER_YEAR, MONTHS, fiscal_months
from simulation.calibrate.demand import arrivals
from simulation.calibrate.fit import FEWEST, Fit, fit_process
from simulation.distributions import Lognormal
from simulation.kernel import Outcome
from simulation.model import compile_case
from simulation.streams import Stream
from simulation.stress import base_case
from simulation.year import simulate_year

Array = NDArray[np.float64]
Index = NDArray[np.int64]

QUARTER = 3  # months
LEAST_HISTORY = 90  # days before a quarter that is forecast
MOST_QUARTERS = 8
YEARS = 200  # simulated for each quarter
PERCENT = (5, 10, 25, 50, 75, 90, 95)
NO_HOURS = Spread(mean=1e-3)  # the days observed hold the waiting for the rep already
NOBODY = "(no owner)"


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
        for start, end in zip(days, days[1:], strict=False)
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
    known = history.as_of(start)
    fit = fit_process(known)
    deals = _Won(history, float(fit.amount.mean.value))
    rng = np.random.default_rng([seed, start])
    observed = deals.sums(deals.between(start, end))
    share = (end - start) / known.days
    flat = deals.drawn_again(deals.between(known.since, start), share, rng)
    year_ago = [date.fromordinal(day).replace(year=date.fromordinal(day).year - 1).toordinal() for day in (start, end)]
    last_year = None
    if year_ago[0] >= known.since:
        last_year = deals.drawn_again(deals.between(*year_ago), 1.0, rng)
    simulated = _simulated(known, fit, start, end, seed, len(deals.names))
    first = date.fromordinal(start)
    scored = {
        "quarter": f"{first.year} Q{first.month // QUARTER + 1}",
        "level": ["owner"] * len(deals.names) + ["company"],
        "name": [*deals.names, "Company"],
        "observed": _with_total(observed),
    }
    draws = _with_total(simulated)
    quantiles = np.percentile(draws, PERCENT, axis=0, method="inverted_cdf")
    scored |= {f"p{q}": row for q, row in zip(PERCENT, quantiles, strict=True)}
    scored["crps"] = crps(draws, scored["observed"])
    scored["crps_flat"] = crps(_with_total(flat), scored["observed"])
    missing = np.full(len(scored["name"]), np.nan)
    scored["crps_last_year"] = missing if last_year is None else crps(_with_total(last_year), scored["observed"])
    table = pd.DataFrame(scored)
    there = (table["observed"] > 0) | (table["p95"] > 0) | (table["level"] == "company")
    return table[there]


def _with_total(values: Array) -> Array:
    """Add the company as the last column."""
    return np.concatenate([values, values.sum(axis=-1, keepdims=True)], axis=-1)


class _Won:
    """Won deals with day, owner and amount; an amount that is not known counts as the mean."""

    def __init__(self, history: StageHistory, mean: float) -> None:
        won = history.won
        self.names = (*history.owners, NOBODY)
        self._day = history.left[won]
        self._owner = np.where(history.owner[won] < 0, len(history.owners), history.owner[won])
        self._amount = np.where(history.amount[won] > 0, history.amount[won], mean)

    def between(self, start: int, end: int) -> NDArray[np.bool_]:
        """Choose the deals won from a day on until before another."""
        return (self._day >= start) & (self._day < end)

    def sums(self, chosen: NDArray[np.bool_], weights: Array | None = None) -> Array:
        """Sum the amounts by owner, shape (owners,)."""
        amounts = self._amount[chosen] if weights is None else self._amount[chosen] * weights
        return np.bincount(self._owner[chosen], weights=amounts, minlength=len(self.names))

    def drawn_again(self, chosen: NDArray[np.bool_], mean: float, rng: np.random.Generator) -> Array:
        """Draw each deal a Poisson number of times and sum by owner, shape (draws, owners)."""
        return np.stack([self.sums(chosen, rng.poisson(mean, chosen.sum())) for _ in range(YEARS)])


def _simulated(known: StageHistory, fit: Fit, start: int, end: int, seed: int, owners: int) -> Array:
    """Simulate the quarter from the pipeline of its first morning, shape (draws, owners)."""
    field = _field(known, fit, start, owners)
    sizes = Lognormal(fit.process.deal_size.mean, fit.process.deal_size.cv)
    sums = np.empty((YEARS, owners))
    for year in range(YEARS):
        rng = np.random.default_rng([seed, start, year])
        model = compile_case(base_case(replace(field, process=_drawn(fit, rng))))
        deals, _, records = simulate_year(model, Stream(seed, year))
        amount = deals.amount_cents / 100
        opening = deals.serial < 0  # what an open deal will bring was not known
        amount[opening] = sizes.quantile(rng.random(opening.sum()))
        won = (records.outcome == Outcome.WON) & (records.left < end - start)
        sums[year] = np.bincount(
            field.territory[deals.unit[records.deal[won]]], weights=amount[records.deal[won]], minlength=owners
        )
    return sums


def _drawn(fit: Fit, rng: np.random.Generator) -> Process:
    """Draw the chances from their posterior: how well they are known is part of what is not known."""
    stages = []
    for stage, fitted in zip(fit.process.stages, fit.stages, strict=True):
        worth = max(fitted.observations, 1.0)
        chance = float(rng.beta(stage.advance * worth + 1e-9, (1 - stage.advance) * worth + 1e-9))
        stages.append(stage.model_copy(update={"advance": chance, "effort_hours": NO_HOURS}))
    return fit.process.model_copy(update={"stages": stages})


def _field(known: StageHistory, fit: Fit, start: int, owners: int) -> SalesField:
    """Make a sales field with a territory for each owner, in which only the first quarter has demand."""
    first = date.fromordinal(start)
    _, owner = arrivals(known)
    share = np.bincount(np.where(owner < 0, owners - 1, owner), minlength=owners) / max(len(owner), 1)
    months = np.roll(fit.demand.factors, 1 - first.month)
    quarter = months[:QUARTER].sum() / months.sum()
    ids = tuple(f"{number:06d}" for number in range(owners))
    nothing = np.zeros(owners)
    no_cents = np.zeros(owners, dtype=np.int64)
    return SalesField(
        unit_ids=ids,
        territory=np.arange(owners, dtype=np.int32),
        demand=fit.demand.per_year.value * quarter * share,
        month_share=np.where(np.arange(MONTHS) < QUARTER, months, 0.0) / months[:QUARTER].sum(),
        month_names=fiscal_months(first),
        weekday=first.weekday(),
        territory_ids=ids,
        rep_ids=ids,
        names=ids,
        managers=("",) * owners,
        regions=("",) * owners,
        capacity=np.ones(owners),
        start_day=np.full(owners, -10.0 * DAYS_PER_YEAR),
        ramp_days=nothing,
        load_hours=nothing,
        last_year_cents=no_cents,
        quota_cents=no_cents,
        quota_month_cents=np.zeros((owners, MONTHS), dtype=np.int64),
        plan_target_cents=0,
        process=fit.process,
        opening=_opening(known, fit, start, owners),
    )


def _opening(known: StageHistory, fit: Fit, start: int, owners: int) -> OpeningDeals:
    """Take the pipeline of the first morning, without deals so old that they are as good as dead."""
    stale = np.array([stage.stale_days for stage in fit.stages])
    rows = np.flatnonzero((known.ending == Ending.OPEN) & (start - known.entered <= stale[known.stage]))
    ids = [f"{known.opportunities[known.opportunity[row]]} {row:08d}" for row in rows]
    order = np.argsort(np.array(ids, dtype=object))
    rows = rows[order]
    return OpeningDeals(
        ids=tuple(ids[place] for place in order),
        unit=np.where(known.owner[rows] < 0, owners - 1, known.owner[rows]).astype(np.int32),
        stage=known.stage[rows].astype(np.int32),
        amount_cents=np.ones(len(rows), dtype=np.int64),
        days_in_stage=start - known.entered[rows] - 0.5,  # entered at any hour of its day
    )
