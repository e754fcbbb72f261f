"""All parts of a process fitted on one history."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from engine.calibration import Curve, Demand, Ending, Estimate, Law, StageFit, StageHistory
from engine.scenario.schema import Process, Spread, Stage
from simulation.calibrate.demand import fit_demand
from simulation.calibrate.durations import Z95, LognormalFit, fit_endings, share_by
from simulation.calibrate.incidence import Incidence, incidence, mean_and_cv
from simulation.calibrate.rates import Groups, fit_spread, groups_of
from simulation.calibrate.sizes import fit_hours, fit_lognormal
from simulation.calibrate.visits import visits_of

Array = NDArray[np.float64]

ASSUMED_HOURS = Spread(
    mean=3.0, cv=0.5
)  # of work a stage, where none are recorded; as in the shipped scenario
FEWEST = 10  # hours recorded for a stage; fewer say nothing
MOST_CV, MOST_SKILL = 5.0, 1.0  # what a scenario allows
MISFIT = 0.05  # distance between observed and fitted shares beyond which a lognormal law is not followed
STALE = 0.5  # of the chance of a new deal: from the age at which it is less, an open deal is taken for dead
DIGITS = 4  # significant ones, of what is written to the process


@dataclass(frozen=True)
class Fit:
    """What was learned from one history; see `engine.calibration.Calibration`."""

    stages: tuple[StageFit, ...]
    demand: Demand
    amount: Law
    skill: Estimate
    owners: Groups | None
    process: Process


def fit_process(history: StageHistory) -> Fit:
    """Fit stages, demand, amounts and the spread between reps.

    Parameters
    ----------
    history
        Visits to stages; each stage has at least 10 that ended, and at least 10 won deals have an amount.

    Returns
    -------
    The parts and the process they make.
    """
    last = len(history.stages) - 1
    owners = groups_of(history, last, "owner")
    skill = fit_spread(owners) if owners is not None else Estimate(0.0)
    stages = [_fit_stage(history, number) for number in range(last + 1)]
    if owners is not None:
        stages[last] = _widened(stages[last], owners)
    amount = fit_lognormal(history.amount[history.won & (history.amount > 0)])
    demand = fit_demand(history)
    return Fit(tuple(stages), demand, amount, skill, owners, _process(history, stages, demand, amount, skill))


def _fit_stage(history: StageHistory, number: int) -> StageFit:
    """Fit a stage by lognormal laws, or take what was observed where they are not followed and all of it was seen."""
    visits = visits_of(history, number)
    curves, fit = incidence(visits), fit_endings(visits)
    advance, observations, stuck = fit.advance, fit.observations, fit.stuck
    chances = (advance.value, 1 - advance.value - stuck)
    counts = [visits.ended(ending) for ending in (Ending.ADVANCED, Ending.LOST)]
    shares = (curves.advanced, curves.lost)
    laws = [
        _by_likelihood(curves, *parts)
        for parts in zip(shares, chances, (fit.advanced, fit.lost), counts, strict=True)
    ]
    if curves.finished and any(_misfits(law, chance) for law, chance in zip(laws, chances, strict=True)):
        share, error = curves.advanced[-1], Z95 * curves.error
        advance = Estimate(share, max(share - error, 1e-6), min(share + error, 1 - 1e-6))
        observations = share * (1 - share) / max(curves.error**2, 1e-12)
        stuck = float(curves.open[-1])
        laws = [_as_observed(curves, *parts) for parts in zip(shares, counts, laws, strict=True)]
    here = history.stage == number
    hours = history.hours[here & (history.ending != Ending.OPEN) & (history.hours > 0)]
    return StageFit(
        name=history.stages[number],
        advance=advance,
        observations=observations,
        advanced=laws[0],
        lost=laws[1],
        hours=fit_hours(hours) if len(hours) >= FEWEST else None,
        visits=visits.total,
        late=int(visits.count[visits.begin > 0].sum()),
        open=visits.ended(Ending.OPEN),
        stuck=stuck,
        stale_days=_stale_days(curves, advance.value),
    )


def _stale_days(curves: Incidence, chance: float) -> int:
    """Find the age from which on a deal is less than half as likely to advance still as a new one."""
    left = np.divide(
        curves.advanced[-1] - curves.advanced,
        curves.open,
        out=np.zeros_like(curves.open),
        where=curves.open > 0,
    )
    alive = np.flatnonzero(left >= STALE * chance)
    return int(curves.days[min(alive[-1] + 1 if len(alive) else 0, len(curves.days) - 1)])


def _by_likelihood(curves: Incidence, observed: Array, chance: float, fit: LognormalFit, count: int) -> Law:
    at = curves.days.astype(np.float64)
    return Law(fit.mean, fit.cv, count, Curve(at, observed, chance * fit.by(at + 0.5)))


def _misfits(law: Law, chance: float) -> bool:
    """Tell whether the observed shares are further from the fitted ones than luck explains."""
    return law.count >= FEWEST and law.curve.gap > max(MISFIT, 1.5 / math.sqrt(law.count)) * chance


def _as_observed(curves: Incidence, observed: Array, count: int, law: Law) -> Law:
    if count < FEWEST:
        return law
    mean, cv = mean_and_cv(curves.days, observed)
    sigma = math.sqrt(math.log1p(max(cv, 1e-3) ** 2))
    fitted = observed[-1] * share_by(law.curve.at + 0.5, math.log(mean) - sigma**2 / 2, sigma)
    return Law(Estimate(mean), Estimate(cv), count, Curve(law.curve.at, observed, fitted), lognormal=False)


def _widened(stage: StageFit, owners: Groups) -> StageFit:
    """Widen the interval of a chance because deals of one rep are alike, and by how much is known from few reps."""
    effect = owners.design_effect()
    wider = math.sqrt(effect) * float(stdtrit(len(owners.names) - 1, 0.975)) / Z95
    value, low, high = (math.log(one / (1 - one)) for one in stage.advance)
    bounds = (1 / (1 + math.exp(-value - wider * (bound - value))) for bound in (low, high))
    return replace(
        stage,
        advance=Estimate(stage.advance.value, *bounds),
        observations=stage.observations / effect,
    )


def _process(
    history: StageHistory, fits: list[StageFit], demand: Demand, amount: Law, skill: Estimate
) -> Process:
    stages = [
        Stage(
            name=fit.name,
            effort_hours=_spread(fit.hours) if fit.hours is not None else ASSUMED_HOURS,
            days=_spread(fit.advanced),
            advance=_rounded(fit.advance.value),
        )
        for fit in fits
    ]
    first, last = (np.datetime64(day - 719163, "D") for day in (history.since, history.until))
    return Process(
        opportunities_per_year=_rounded(demand.per_year.value),
        stages=stages,
        deal_size=_spread(amount),
        skill_cv=min(_rounded(skill.value), MOST_SKILL),
        source=f"calibrated on {history.source}, {first} to {last}",
    )


def _spread(law: Law) -> Spread:
    return Spread(mean=_rounded(law.mean.value), cv=min(_rounded(law.cv.value), MOST_CV))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
