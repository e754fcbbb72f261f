"""Lower bound where some territories choose their centre: a volume algorithm over home bases and candidate centres.

L = sum_i l_i + sum over territories with a home base of V_t(l) + the f smallest V_j(l) of the candidate centres j, with f the
number of territories without one, and

V_j(l) = max over p of  sum_i min(0, c_ij - l_i - sum_m p_m a_im) + sum_m min_s (p_m s + q_m |s / w_m - 1|),  s between its limits.

Any prices l give a valid bound (Geoffrion 1974, DOI 10.1007/BFb0120690); they are raised on the candidates that matter, but only a
pricing of all candidates counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem
from solvers.hess.prices import Columns, better_prices

Array = NDArray[np.float64]
Index = NDArray[np.int32]

UNITS = 6_000  # more units make too large a table of units and candidates
SPREAD = 200  # candidates far from each other that are always in play
CHEAP = 60  # candidates that a pricing of all adds to them
ROUNDS = 6
STEPS = 100
AIM = 0.98  # of a known plan's cost


def free_centre_bound(
    problem: TerritoryProblem, unit: Array, disruption: float, upper: float, *, steps: int = STEPS
) -> float:
    """Find a lower bound of the objective of a problem with free centres.

    Parameters
    ----------
    problem
        The territory problem.
    unit
        Prices of "each unit once" to start from, shape (units,).
    disruption
        Price of a unit of value that changes hands, >= 0.
    upper
        Objective of a known plan, which says how far to step.
    steps
        Price changes between two pricings of all candidates.

    Returns
    -------
    Money per year; minus infinity where the problem is too large.
    """
    if problem.units > UNITS:
        return -np.inf
    columns = _columns(problem, disruption)
    budget = disruption * problem.disruption_limit if disruption > 0 else 0.0
    prices = columns.evaluate(unit, np.zeros(columns.lower.shape))
    best = prices.bound
    places = columns.own[columns.always :]
    chosen = columns.always + _spread(problem.unit_points[places], SPREAD)
    for _ in range(ROUNDS):
        cheap = columns.always + np.argsort(prices.value[columns.always :], kind="stable")[:CHEAP]
        chosen = np.union1d(chosen, cheap)
        part_of = np.concatenate([np.arange(columns.always), chosen]).astype(np.int32)
        part = columns.only(part_of)
        start = part.evaluate(prices.unit, prices.balance[part_of])
        raised = better_prices(part, start, steps=steps, most=2 * upper, aim=AIM * upper)
        balance = prices.balance.copy()
        balance[part_of] = raised.balance
        prices = columns.evaluate(raised.unit, balance)
        best = max(best, prices.bound)
    return best - budget


def _columns(problem: TerritoryProblem, disruption: float) -> Columns:
    """Write home bases, then every unit that may be a free centre, as columns."""
    based, free = np.flatnonzero(~problem.free), np.flatnonzero(problem.free)
    measures = problem.balanced
    scale = problem.targets[:, measures].mean(axis=0)
    handoff = problem.handoff_costs()
    held = handoff + disruption * problem.handed_values()
    known = problem.travel_cost[:, None] * problem.centre_km(np.zeros(problem.territories, dtype=np.int32))
    homes = np.where(problem.allowed, known + held, np.inf)[:, based]
    least = np.where(problem.allowed, held, np.inf)[:, free].min(axis=1)
    places = np.flatnonzero(np.isfinite(least)).astype(np.int32)
    centres = problem.travel_cost[:, None] * distance_km(problem.unit_points, problem.unit_points[places])
    # an oversize unit opens the limit of whoever holds it; here every allowed one counts, which is weaker but valid
    over = np.where(problem.oversize[:, None, :], problem.measures[:, None, :] - problem.targets[None], 0.0)
    extra = np.where(problem.allowed[:, :, None], over, 0.0).sum(axis=0)
    lower, upper = problem.lower[:, measures] / scale, (problem.upper + extra)[:, measures] / scale
    targets = problem.targets[:, measures] / scale
    alike = bool((targets[free] == targets[free[:1]]).all())
    pull = problem.imbalance_cost[measures]

    def limits(of: Array, weakest: Array) -> Array:
        return np.concatenate([of[based], np.tile(weakest, (len(places), 1))])

    return Columns(
        cost=np.concatenate([homes, centres + least[:, None]], axis=1),
        activities=problem.measures[:, measures] / scale,
        lower=limits(lower, lower[free].min(axis=0)),
        target=limits(targets, targets[free].mean(axis=0)),
        upper=limits(upper, upper[free].max(axis=0)),
        pull=pull if alike else np.zeros_like(pull),
        own=np.concatenate([np.full(len(based), -1), places]).astype(np.int32),
        always=len(based),
        count=problem.territories,
    )


def _spread(points: Array, count: int) -> NDArray[np.intp]:
    """Choose points each of which is the farthest from those before."""
    chosen = [0]
    away = distance_km(points, points[:1])[:, 0]
    while len(chosen) < min(count, len(points)):
        chosen.append(int(away.argmax()))
        away = np.minimum(away, distance_km(points, points[chosen[-1:]])[:, 0])
    return np.array(chosen, dtype=np.intp)
