"""Does calibration find the parameters that made a history, and are its intervals honest?

``python -m benchmarks.calibration [REPEATS]`` simulates a company with known parameters many times, forgets what a CRM
would not know (visits that ended before the history begins, what comes after it ends, the hour of the day), fits, and counts
how often each 95 % interval holds the truth.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.calibration import Ending, Estimate, StageHistory
from engine.units import DAYS_PER_YEAR
from simulation.calibrate.fit import Fit, fit_process
from simulation.distributions import Lognormal

Array = NDArray[np.float64]

REPEATS = 400
BEFORE = 1.0  # years that the company worked before the history begins
FIRST_DAY = 738000  # any day; the history begins so many days after the first of year 1


@dataclass(frozen=True)
class KnownStage:
    """A stage: chance of advancing and days to each ending."""

    advance: float
    advanced: Lognormal
    lost: Lognormal


STAGES = (
    KnownStage(0.65, Lognormal(20.0, 0.8), Lognormal(12.0, 1.0)),
    KnownStage(0.60, Lognormal(35.0, 0.7), Lognormal(25.0, 0.9)),
    KnownStage(0.55, Lognormal(25.0, 0.8), Lognormal(40.0, 0.6)),
)
AMOUNT = Lognormal(10_000.0, 0.9)


@dataclass(frozen=True)
class KnownProcess:
    """A company whose parameters are known.

    Parameters
    ----------
    stages
        In order.
    per_year
        New opportunities a year.
    amount
        Amount of a deal.
    owners, skill_cv
        Number of reps, and how much their win rates in the last stage differ.
    years
        Length of the history.
    """

    stages: tuple[KnownStage, ...] = STAGES
    per_year: float = 700.0
    amount: Lognormal = AMOUNT
    owners: int = 24
    skill_cv: float = 0.15
    years: float = 2.0


def recorded(process: KnownProcess, rng: np.random.Generator) -> StageHistory:
    """Simulate a company and keep what its CRM would hold: dates of visits from a first to a last day.

    Parameters
    ----------
    process
        The company.
    rng
        Luck.

    Returns
    -------
    The history; visits that ended before it begins are missing, those that end after it are open.
    """
    length = (BEFORE + process.years) * DAYS_PER_YEAR
    count = rng.poisson(process.per_year * (BEFORE + process.years))
    entered = rng.uniform(0, length, count)
    owner = rng.integers(0, process.owners, count)
    skill = Lognormal(1.0, process.skill_cv).quantile(rng.random(process.owners))
    amount = process.amount.quantile(rng.random(count))
    deal, columns = np.arange(count), []
    for number, stage in enumerate(process.stages):
        last = number == len(process.stages) - 1
        chance = np.minimum(stage.advance * (skill[owner[deal]] if last else 1.0), 1.0)
        advanced = rng.random(len(deal)) < chance
        luck = rng.random(len(deal))
        left = entered + np.where(advanced, stage.advanced.quantile(luck), stage.lost.quantile(luck))
        ending = np.where(advanced, np.int64(Ending.ADVANCED), np.int64(Ending.LOST))
        columns.append((deal, np.full(len(deal), number), entered, left, ending, advanced & last))
        deal, entered = deal[advanced], left[advanced]
    which, stages, began, ended, endings, won = (np.concatenate(part) for part in zip(*columns, strict=True))
    since = math.floor(BEFORE * DAYS_PER_YEAR)
    until = math.floor(length) - 1
    history = StageHistory(
        source="simulated",
        stages=tuple(f"stage {number + 1}" for number in range(len(process.stages))),
        owners=tuple(f"rep {number + 1:03d}" for number in range(process.owners)),
        units=(),
        opportunities=tuple(f"deal {number:06d}" for number in range(count)),
        since=FIRST_DAY + since,
        until=FIRST_DAY + until,
        opportunity=which,
        stage=stages,
        owner=owner[which],
        unit=np.full(len(which), -1),
        entered=FIRST_DAY + np.floor(began).astype(np.int64),
        left=FIRST_DAY + np.floor(ended).astype(np.int64),
        ending=endings,
        won=won,
        amount=np.where(won, amount[which], np.nan),
        hours=np.full(len(which), np.nan),
    )
    return history.kept(history.left >= history.since).as_of(history.until + 1)


def truth(process: KnownProcess) -> dict[str, float]:
    """Name every parameter and give its true value."""
    found = {}
    for number, stage in enumerate(process.stages, 1):
        found[f"stage {number} advance"] = stage.advance
        for name, law in (("advanced", stage.advanced), ("lost", stage.lost)):
            found[f"stage {number} {name} days mean"] = law.mean
            found[f"stage {number} {name} days cv"] = law.cv
    found |= {"amount mean": process.amount.mean, "amount cv": process.amount.cv}
    return found | {"opportunities per year": process.per_year, "skill cv": process.skill_cv}


def estimates(fit: Fit) -> dict[str, Estimate]:
    """Give the estimate of every parameter by the name that `truth` gives it."""
    found = {}
    for number, stage in enumerate(fit.stages, 1):
        found[f"stage {number} advance"] = stage.advance
        for name, law in (("advanced", stage.advanced), ("lost", stage.lost)):
            found[f"stage {number} {name} days mean"] = law.mean
            found[f"stage {number} {name} days cv"] = law.cv
    found |= {"amount mean": fit.amount.mean, "amount cv": fit.amount.cv}
    return found | {"opportunities per year": fit.demand.per_year, "skill cv": fit.skill}


def held(process: KnownProcess, repeats: int, seed: int) -> tuple[NDArray[np.bool_], Array]:
    """Fit many histories of one company.

    Returns
    -------
    Whether each interval holds the truth (an interval that is not given does not), and each estimate / truth, both
    of shape (repeats, parameters).
    """
    values = truth(process)
    inside = np.zeros((repeats, len(values)), dtype=bool)
    ratio = np.empty((repeats, len(values)))
    for repeat in range(repeats):
        found = estimates(fit_process(recorded(process, np.random.default_rng([seed, repeat]))))
        inside[repeat] = [found[name].low <= value <= found[name].high for name, value in values.items()]
        ratio[repeat] = [found[name].value / value for name, value in values.items()]
    return inside, ratio


def main(repeats: int = REPEATS) -> None:
    """Print how often each interval holds the truth."""
    process, begin = KnownProcess(), time.process_time()
    inside, ratio = held(process, repeats, seed=2027)
    seconds = time.process_time() - begin
    print(f"{repeats} histories, {seconds / repeats:.2f} s of one core each")
    print(f"{'parameter':34} {'truth':>10} {'bias':>7} {'inside 95 % interval':>22}")
    for place, (name, value) in enumerate(truth(process).items()):
        share, bias = inside[:, place].mean(), ratio[:, place].mean() - 1
        print(f"{name:34} {value:10g} {bias:+7.1%} {share:22.1%}")
    error = 100 * math.sqrt(0.95 * 0.05 / repeats)
    within = np.abs(inside.mean(axis=0) - 0.95) <= 0.02 + 1e-12
    print(f"overall {inside.mean():.2%}; {within.sum()} of {inside.shape[1]} parameters between 93 and 97 %")
    print(f"one share is known within a standard error of {error:.1f} points")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]))
