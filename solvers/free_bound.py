"""Lower bound where some territories choose their centre: a volume algorithm over home bases and candidate centres.

L = sum_i l_i + sum over territories with a home base of V_t(l) + the f smallest V_j(l) of the candidate centres j, with f the
number of territories without one, and

V_j(l) = max over p of  sum_i min(0, c_ij - l_i - sum_m p_m a_im) + sum_m (p_m x the limit or target that p_m acts on).

A price p_m > 0 acts on the lower limit, one < 0 on the upper limit, against which an oversize unit counts as one target. Any prices
l give a valid bound (Geoffrion 1974, DOI 10.1007/BFb0120690); they are raised on the candidates that matter, but only a pricing
of all candidates counts.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from engine.geography.travel import distance_km
from engine.problem import TerritoryProblem
from solvers.hess.prices import better_prices
from solvers.places import Places, cells
from solvers.state import State

Array = NDArray[np.float64]
Index = NDArray[np.int32]

SPREAD = 5  # candidates a territory, drawn evenly, that are always in play
CHEAP = 10  # candidates a territory that a pricing of all adds to them
ROUNDS = 10
STEPS = 120  # half as many in the first half of the rounds
FULL = 3_000  # units up to which all steps are made
AIM = 0.98  # of a known plan's cost
THREADS = 2


def free_centre_bound(
    problem: TerritoryProblem,
    unit: Array,
    disruption: float,
    upper: float,
    *,
    steps: int = STEPS,
    time_left: Callable[[], float] = lambda: np.inf,
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
        Price changes between two pricings of all candidates; half as many in the first half of the rounds, and fewer
        the more units there are beyond 3,000 (by the root of their number).
    time_left
        Tells the seconds left; no more prices are raised when there are none.

    Returns
    -------
    Money per year.
    """
    budget = disruption * problem.disruption_limit if disruption > 0 else 0.0
    with ThreadPoolExecutor(THREADS) as threads:
        columns = _columns(problem, disruption, threads)
        prices = columns.evaluate(unit[columns.cells.order], np.zeros(columns.lower.shape))
        best = prices.bound
        free = problem.territories - columns.always
        # neighbours follow each other in the order of the cells: every so many of them is an even choice
        every = max(1, (len(columns.own) - columns.always) // (SPREAD * free))
        chosen = np.arange(columns.always, len(columns.own), every)
        steps = max(2, round(steps * min(1.0, (FULL / problem.units) ** 0.5)))
        for turn in range(ROUNDS):
            if time_left() <= 0:
                break
            cheap = columns.always + np.argsort(prices.value[columns.always :], kind="stable")[: CHEAP * free]
            chosen = np.union1d(chosen, cheap)
            part_of = np.concatenate([np.arange(columns.always), chosen]).astype(np.int32)
            part = columns.only(part_of)
            start = part.evaluate(prices.unit, prices.balance[part_of])
            longer = steps if turn >= ROUNDS // 2 else steps // 2
            raised = better_prices(part, start, steps=longer, most=2 * upper, aim=AIM * upper)
            balance = prices.balance.copy()
            balance[part_of] = raised.balance
            prices = columns.evaluate(raised.unit, balance)
            best = max(best, prices.bound)
    return best - budget


def is_divisible(problem: TerritoryProblem) -> bool:
    """Whether divisible units could be shared out however one likes, so that no relaxation need prove that they can."""
    limited = np.isfinite(problem.disruption_limit) or problem.leave_limit is not None
    rules = problem.together or problem.apart
    return bool(problem.free.all() and problem.allowed.all()) and not limited and not rules


def prices_of(problem: TerritoryProblem, state: State) -> Array:
    """Share a plan's cost among its units, by their own travel and by what they hold: prices to start from, shape (units,)."""
    costs = problem.travel_cost * _away(problem, state)
    values = problem.measures[:, problem.balanced]
    worth = (values / np.maximum(values.sum(axis=0), 1e-12)).mean(axis=1)
    held = np.bincount(state.assignment, weights=worth, minlength=problem.territories)
    spent = np.bincount(state.assignment, weights=costs, minlength=problem.territories)
    return np.asarray(0.5 * (costs + worth * (spent / np.maximum(held, 1e-12))[state.assignment]))


def _away(problem: TerritoryProblem, state: State) -> Array:
    km = np.empty(problem.units)
    points = problem.centre_points(state.centres)
    for territory in range(problem.territories):
        units = np.flatnonzero(state.assignment == territory)
        km[units] = distance_km(problem.unit_points[units], points[[territory]])[:, 0]
    return km


def _columns(problem: TerritoryProblem, disruption: float, threads: Executor) -> Places:
    """Write home bases, then every unit that may be a free centre, as columns."""
    based, free = np.flatnonzero(~problem.free), np.flatnonzero(problem.free)
    measures = problem.balanced
    scale = problem.targets[:, measures].mean(axis=0)
    priced = problem.handoff_cost.any() or problem.stake_costs is not None or disruption > 0
    if priced or not problem.allowed.all():
        held = problem.handoff_costs() + disruption * problem.handed_values()
        least = np.where(problem.allowed, held, np.inf)[:, free].min(axis=1)
    else:
        held, least = np.zeros((problem.units, 1)), np.zeros(problem.units)
    homes = np.empty((problem.units, 0))
    if len(based):
        km = problem.centre_km(np.zeros(problem.territories, dtype=np.int32))
        at_home = problem.travel_cost[:, None] * km + held
        homes = np.where(problem.allowed, at_home, np.inf)[:, based]
    land = cells(problem.unit_points)
    places = np.flatnonzero(np.isfinite(least[land.order]))
    lower, upper = problem.lower[:, measures] / scale, problem.upper[:, measures] / scale
    targets = problem.targets[:, measures] / scale
    alike = bool((targets[free] == targets[free[:1]]).all())
    pull = problem.imbalance_cost[measures]

    def of(values: Array, weakest: Array) -> Array:
        return np.concatenate([values[based], np.tile(weakest, (len(places), 1))])

    return Places(
        cells=land,
        weight=problem.travel_cost[land.order],
        held=least[land.order],
        homes=np.ascontiguousarray(homes[land.order]),
        values=(problem.measures[:, measures] / scale)[land.order],
        oversize=problem.oversize[:, measures][land.order],
        lower=of(lower, lower[free].min(axis=0)),
        target=of(targets, targets[free].mean(axis=0)),
        upper=of(upper, upper[free].max(axis=0)),
        counted=of(targets, targets[free].min(axis=0)),
        pull=pull if alike else np.zeros_like(pull),
        own=np.concatenate([np.full(len(based), -1), places]),
        count=problem.territories,
        threads=threads,
    )
