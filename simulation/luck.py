"""What chance decides about every deal in every stage it can reach, drawn in compiled code.

Both interpreters are given these numbers; neither draws any.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.units import DAYS_PER_YEAR
from simulation.compiled import compiled
from simulation.distributions import KNOTS, Gamma, Lognormal
from simulation.kernel import ASLEEP, DAYS, EFFORT, HELP, LUCK, PATIENCE
from simulation.philox import between
from simulation.streams import PURPOSES, ROUND, STAGES, Purpose

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Word = np.uint64

_YEAR = float(DAYS_PER_YEAR)
# an enumeration inside a compiled function costs compile time
_EFFORT, _DAYS, _OUTCOME = int(Purpose.EFFORT), int(Purpose.DAYS), int(Purpose.OUTCOME)
_PATIENCE, _ASLEEP, _HELP = int(Purpose.PATIENCE), int(Purpose.ASLEEP), int(Purpose.HELP)
_FIRST, _STEP, _LAST = float(KNOTS[0]), float(KNOTS[1] - KNOTS[0]), len(KNOTS) - 2


class Quantity(NamedTuple):
    """One positive quantity, by stage; the logarithm of its quantile is a curve over normal deviates.

    Parameters
    ----------
    mean
        Its value where it is constant; not a number where a stage has no such quantity, shape (stages,).
    mu, sigma
        The curve where it is a straight line, shape (stages,); ``sigma`` 0 = constant, negative = see ``curve``.
    curve
        Cubic pieces between the knots, shape (stages, knots - 1, 4); none where all curves are straight.
    """

    mean: Array
    mu: Array
    sigma: Array
    curve: Array


class Sources(NamedTuple):
    """What a fate is drawn from: the quantities, and what each stage does with luck.

    ``low`` and ``high`` are the least and the greatest chance of going on, ``stall`` that of falling asleep and
    ``back`` the stage a deal then enters again, shape (stages,) each; what cannot happen is not drawn.
    """

    effort: Quantity
    help: Quantity
    days: Quantity
    patience: Quantity
    asleep: Quantity
    low: Array
    high: Array
    stall: Array
    back: Index


def quantity(stages: Sequence[Lognormal | Gamma | None]) -> Quantity:
    """Write the distributions of a quantity in every stage as arrays."""
    count = len(stages)
    mean, mu, sigma = np.full(count, np.nan), np.zeros(count), np.zeros(count)
    curved = any(isinstance(stage, Gamma) and stage.cv > 0 for stage in stages)
    curve = np.zeros((count if curved else 0, len(KNOTS) - 1, 4))
    for s, stage in enumerate(stages):
        if stage is None:
            continue
        mean[s] = stage.mean
        if stage.cv == 0:
            continue
        if isinstance(stage, Lognormal):
            mu[s], sigma[s] = stage.mu, stage.sigma
        else:
            sigma[s], curve[s] = -1.0, stage.log_quantile.c.T
    return Quantity(mean, mu, sigma, curve)


@compiled
def normal_quantile(u: float) -> float:
    """Give the standard normal deviate below which a share ``u`` lies, right to about 16 digits.

    References
    ----------
    Wichura 1988, Algorithm AS 241: The percentage points of the normal distribution, DOI 10.2307/2347330.
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        above = 2509.0809287301226727 * r + 33430.575583588128105
        above = (above * r + 67265.770927008700853) * r + 45921.953931549871457
        above = (above * r + 13731.693765509461125) * r + 1971.5909503065514427
        above = (above * r + 133.14166789178437745) * r + 3.387132872796366608
        below = 5226.495278852545925 * r + 28729.085735721942674
        below = (below * r + 39307.89580009271061) * r + 21213.794301586595867
        below = (below * r + 5394.1960214247511077) * r + 687.1870074920579083
        below = (below * r + 42.313330701600911252) * r + 1.0
        return q * above / below
    r = math.sqrt(-math.log(min(u, 1.0 - u)))
    if r <= 5.0:
        r -= 1.6
        above = 7.7454501427834140764e-4 * r + 0.0227238449892691845833
        above = (above * r + 0.24178072517745061177) * r + 1.27045825245236838258
        above = (above * r + 3.64784832476320460504) * r + 5.7694972214606914055
        above = (above * r + 4.6303378461565452959) * r + 1.42343711074968357734
        below = 1.05075007164441684324e-9 * r + 5.475938084995344946e-4
        below = (below * r + 0.0151986665636164571966) * r + 0.14810397642748007459
        below = (below * r + 0.68976733498510000455) * r + 1.6763848301838038494
        below = (below * r + 2.05319162663775882187) * r + 1.0
    else:
        r -= 5.0
        above = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
        above = (above * r + 0.0012426609473880784386) * r + 0.026532189526576123093
        above = (above * r + 0.29656057182850489123) * r + 1.7848265399172913358
        above = (above * r + 5.4637849111641143699) * r + 6.6579046435011037772
        below = 2.04426310338993978564e-15 * r + 1.4215117583164458887e-7
        below = (below * r + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4
        below = (below * r + 0.0148753612908506148525) * r + 0.13692988092273580531
        below = (below * r + 0.59983220655588793769) * r + 1.0
    return math.copysign(above / below, q)


@compiled
def quantile(of: Quantity, stage: int, u: float) -> float:
    """Give the value that a share ``u`` of all draws stays below; not a number where there is no such quantity."""
    sigma = of.sigma[stage]
    if sigma == 0.0:
        return of.mean[stage]
    z = normal_quantile(u)
    if sigma > 0.0:
        return math.exp(of.mu[stage] + sigma * z)
    piece = min(max(int((z - _FIRST) / _STEP), 0), _LAST)
    x = z - (_FIRST + piece * _STEP)
    c = of.curve[stage, piece]
    return math.exp(((c[0] * x + c[1]) * x + c[2]) * x + c[3])


@compiled
def draw(
    keys: NDArray[Word],
    number: Index,
    arrival: Array,
    first_stage: Index,
    rest: Array,
    replication: Word,
    seed: Word,
    sources: Sources,
    earliest: Array,
    fate: Array,
) -> None:
    """Draw what is told by stage, for every stage each deal can reach within the year in every round.

    Parameters
    ----------
    keys, number
        What the luck of each deal hangs on, shape (deals,).
    arrival, first_stage
        When and where it begins, shape (deals,).
    rest
        Days left until the customer answers a deal that had been in its first stage before; negative = it had not,
        shape (deals,).
    replication, seed
        The year.
    sources
        What is drawn from.
    earliest
        Room to work in, shape (rounds + 1, stages + 1).
    fate
        Filled, shape (deals, rounds, stages, `kernel.FATE`); not a number in stages the deal cannot reach.
    """
    rounds, stages = fate.shape[1], fate.shape[2]
    for deal in range(len(keys)):
        key = keys[deal]
        earliest[:] = math.inf  # day a stage is entered if nobody ever lets the deal wait
        earliest[0, first_stage[deal]] = arrival[deal]
        for again in range(rounds):
            for s in range(stages):
                own = fate[deal, again, s]
                own[:] = math.nan
                if not earliest[again, s] < _YEAR:
                    continue
                place = (Word(number[deal]) * Word(STAGES) + Word(ROUND * again + s)) * Word(PURPOSES)
                # side by side, so that the processor works on all three at once
                effort = between(key, replication, place + Word(_EFFORT), seed)
                days = between(key, replication, place + Word(_DAYS), seed)
                luck = between(key, replication, place + Word(_OUTCOME), seed)
                if again == 0 and s == first_stage[deal] and rest[deal] >= 0.0:  # the rep's part is done
                    own[EFFORT], own[DAYS] = 0.0, rest[deal]
                else:
                    own[EFFORT], own[DAYS] = (
                        quantile(sources.effort, s, effort),
                        quantile(sources.days, s, days),
                    )
                own[LUCK] = luck
                answer = earliest[again, s] + own[DAYS]
                if luck < sources.high[s]:
                    earliest[again, s + 1] = min(earliest[again, s + 1], answer)
                own[PATIENCE] = math.inf
                if not math.isnan(sources.patience.mean[s]):
                    u = between(key, replication, place + Word(_PATIENCE), seed)
                    own[PATIENCE] = quantile(sources.patience, s, u)
                if not math.isnan(sources.help.mean[s]):
                    u = between(key, replication, place + Word(_HELP), seed)
                    own[HELP] = quantile(sources.help, s, u)
                if not math.isnan(sources.asleep.mean[s]):
                    u = between(key, replication, place + Word(_ASLEEP), seed)
                    own[ASLEEP] = quantile(sources.asleep, s, u)
                    if sources.low[s] <= luck < sources.high[s] + sources.stall[s]:
                        back = sources.back[s]
                        awake = answer + own[ASLEEP]
                        earliest[again + 1, back] = min(earliest[again + 1, back], awake)
