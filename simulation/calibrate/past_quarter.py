"""A past quarter simulated from what was known on its first morning: the fitted process and the pipeline of that day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from engine.attainment import Contracts, OpeningDeals, SalesField
from engine.calibration import Ending, StageHistory
from engine.scenario.schema import Process, Spread
from engine.units import DAYS_PER_YEAR, MONTHS, fiscal_months
from simulation.calibrate.demand import MONTH_DAYS, arrivals
from simulation.calibrate.fit import Fit
from simulation.distributions import Lognormal
from simulation.kernel import Outcome
from simulation.model import compile_case
from simulation.streams import Stream
from simulation.stress import base_case
from simulation.year import simulate_year

Array = NDArray[np.float64]

QUARTER = 3  # months
NO_HOURS = Spread(mean=1e-3)  # the days observed hold the waiting for the rep already


def simulate_quarter(known: StageHistory, fit: Fit, days: tuple[int, int], seed: int, draws: int) -> Array:
    """Simulate a quarter from the pipeline of its first morning.

    Parameters
    ----------
    known
        The history as it was known then.
    fit
        What it taught.
    days
        First day of the quarter, and the day after its last.
    seed
        Seed of every random number.
    draws
        How often.

    Returns
    -------
    Bookings by owner, nobody as the last, shape (draws, owners).
    """
    start, end = days
    owners = len(known.owners) + 1
    field = _field(known, fit, start, owners)
    sizes = Lognormal(fit.process.deal_size.mean, fit.process.deal_size.cv)
    sums = np.empty((draws, owners))
    for year in range(draws):
        rng = np.random.default_rng([seed, start, year])
        model = compile_case(base_case(replace(field, process=_drawn(fit, rng))))
        deals, _, records = simulate_year(model, Stream(seed, year))
        amount = deals.amount_cents / 100
        opening = deals.serial < 0  # what an open deal will bring was not known
        amount[opening] = sizes.quantile(rng.random(opening.sum()))
        won = (records.outcome == Outcome.WON) & (records.left < end - start)
        sums[year] = np.bincount(
            field.territory[deals.unit[records.deal[won]]],
            weights=amount[records.deal[won]],
            minlength=owners,
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
    months = np.roll(fit.demand.factors * MONTH_DAYS, 1 - first.month)
    quarter = months[:QUARTER].sum() / months.sum()
    ids = tuple(f"{number:06d}" for number in range(owners))
    nothing = np.zeros(owners)
    no_cents, nobody = np.zeros(owners, dtype=np.int64), np.empty(0, dtype=np.int32)
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
        handed=np.zeros(owners, dtype=bool),
        campaigns=(),
        contracts=Contracts((), nobody, nobody, no_cents[:0]),
        holidays=(),
        days_off=np.zeros((owners, DAYS_PER_YEAR), dtype=bool),
        win_factor=np.ones(owners),
        hours_factor=np.ones(owners),
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
        days_in_stage=(start - known.entered[rows] - 0.5).astype(
            np.float64
        ),  # entered at any hour of its day
    )
