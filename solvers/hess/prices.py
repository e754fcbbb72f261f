"""Lower bound of a centre problem by prices: what every unit pays to belong somewhere.

With prices a_i for "each unit once" the problem falls apart into one small question a candidate centre j, answered by prices
p_jm >= or <= 0 for its balance:

v_j = max over p of  sum_i min(0, c_ij - a_i - sum_m p_jm w_im) + sum_m (p_jm L_jm if p_jm > 0 else p_jm U_jm)

where j's own unit is always taken. The bound is sum_i a_i plus the cheapest `count` of the v_j. The prices a are found by the volume
algorithm (Barahona, Anbil 2000, DOI 10.1007/s101070050002); any prices whatever give a valid bound. Balance prices are searched
from their last value, one activity after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from solvers.hess.problem import CentreProblem

Array = NDArray[np.float64]
Index = NDArray[np.int32]

STEPS = 1000
NARROWINGS = 12  # evaluations of one balance price a step; it starts from its last value
PATIENCE = 15  # steps without a better bound before they become shorter
SHORTER, LONGER, LONGEST = 0.7, 1.1, 2.0
HOPELESS = 1e6  # times all prices together: a candidate worth more cannot keep its limits
AVERAGING = 0.1  # largest weight of the newest answer in the running average of answers


@dataclass(frozen=True)
class Prices:
    """Prices and the bound they prove.

    Parameters
    ----------
    bound
        No solution costs less.
    unit
        Price of each unit, shape (units,).
    balance
        Price of each candidate's activities, shape (candidates, activities).
    value
        What each candidate adds to the bound when it is open, shape (candidates,).
    """

    bound: float
    unit: Array
    balance: Array
    value: Array


def find_prices(problem: CentreProblem, *, steps: int = STEPS) -> Prices:
    """Search prices with a high bound.

    Parameters
    ----------
    problem
        The centre problem; its activities should be of the order of 1.
    steps
        Number of price changes.
    """
    cheap = np.sort(problem.cost, axis=1)[:, : max(2, problem.units // problem.count)]
    start = np.where(np.isfinite(cheap), cheap, 0.0).mean(axis=1)
    best = _evaluate(problem, start, np.zeros(problem.lower.shape))
    average = _times_taken(problem, best)
    length, failures, weight = 0.1, 0, AVERAGING
    target = best.bound + 0.05 * abs(best.bound)
    checked, dearest = best.bound, problem.dearest
    for step in range(1, steps + 1):
        missing = 1.0 - average
        norm = float(missing @ missing)
        if norm < 1e-12 or best.bound > dearest:  # nothing is missing, or no plan is possible
            break
        if best.bound > target - 0.01 * abs(best.bound):
            target = best.bound + 0.01 * abs(best.bound)
        tried = _evaluate(
            problem, best.unit + length * (target - best.bound) / norm * missing, best.balance.copy()
        )
        taken = _times_taken(problem, tried)
        average += _weight(taken - average, average, weight) * (taken - average)
        if tried.bound > best.bound:
            best, failures = tried, 0
            if (1.0 - taken) @ missing > 0:
                length = min(LONGEST, length * LONGER)
        else:
            failures += 1
            if failures == PATIENCE:
                length, failures = length * SHORTER, 0
        if step % 100 == 0:
            if best.bound - checked < 1e-3 * abs(best.bound):
                weight = max(weight / 2, 1e-3)
            checked = best.bound
    return best


def cost_if_used(problem: CentreProblem, prices: Prices) -> Array:
    """Bound the cost of every solution that uses a pair, for all pairs, shape (units, candidates)."""
    last = np.partition(prices.value, problem.count - 1)[problem.count - 1]
    opened = prices.bound + np.maximum(0.0, prices.value - last)
    reduced = problem.cost - prices.unit[:, None] - problem.activities @ prices.balance.T
    reduced[problem.candidates, np.arange(len(problem.candidates))] = 0.0
    return np.asarray(opened + np.maximum(0.0, reduced))


def _evaluate(problem: CentreProblem, unit: Array, balance: Array) -> Prices:
    enough = HOPELESS * float(np.abs(unit).sum())
    limits = problem.lower, problem.upper
    value = _price(problem.cost, problem.activities, *limits, problem.candidates, unit, balance, enough)
    cheapest = np.partition(value, problem.count - 1)[: problem.count]
    return Prices(float(unit.sum() + np.sort(cheapest).sum()), unit, balance, value)


def _times_taken(problem: CentreProblem, prices: Prices) -> Array:
    """Count in how many of the cheapest candidates' answers each unit is, shape (units,)."""
    opened = np.argsort(prices.value, kind="stable")[: problem.count]
    return np.asarray(
        _count(problem.cost, problem.activities, problem.candidates, prices.unit, prices.balance, opened)
    )


def _weight(change: Array, average: Array, most: float) -> float:
    """Give the weight of the newest answer that brings the average nearest to "each unit once"."""
    norm = float(change @ change)
    return min(max(float((1.0 - average) @ change) / norm, most / 10), most) if norm > 0 else most


@njit(cache=True)
def _price(  # type: ignore[no-untyped-def]
    cost, activities, lower, upper, candidates, unit, balance, enough
):
    """Find each candidate's balance prices and its value; ``balance`` is changed in place.

    The value of a candidate that cannot keep its limits has no end: it is not followed beyond ``enough``.
    """
    units, count = cost.shape
    value = np.empty(count)
    reduced = np.empty(units)
    for j in range(count):
        own = candidates[j]
        best = -np.inf
        for m in range(activities.shape[1]):
            fixed = 0.0
            for other in range(activities.shape[1]):
                if other != m:
                    p = balance[j, other]
                    fixed += p * lower[j, other] if p > 0 else p * upper[j, other]
            for i in range(units):
                reduced[i] = cost[i, j] - unit[i]
                for other in range(activities.shape[1]):
                    if other != m:
                        reduced[i] -= balance[j, other] * activities[i, other]
            low, high = -np.inf, np.inf
            price, best, chosen, step = balance[j, m], -np.inf, balance[j, m], 0.0
            for trial in range(NARROWINGS):
                held, total = 0.0, fixed + (price * lower[j, m] if price > 0 else price * upper[j, m])
                for i in range(units):
                    r = reduced[i] - price * activities[i, m]
                    if r < 0 or i == own:
                        total += r
                        held += activities[i, m]
                if total > best:
                    best, chosen = total, price
                if best > enough:
                    break
                if held < lower[j, m]:
                    low = price
                elif held > upper[j, m] or (price > 0 and held > lower[j, m]):
                    high = price
                elif price < 0 and held < upper[j, m]:
                    low = price
                else:
                    break
                if step == 0.0:
                    step = abs(price) * 0.02 + (abs(total) + 1e-9) / (upper[j, m] * 200 + 1e-9)
                if low == -np.inf:
                    price, step = high - step, step * 2
                elif high == np.inf:
                    price, step = low + step, step * 2
                elif low < 0 < high and trial < NARROWINGS // 2:
                    price = 0.0
                else:
                    price = 0.5 * (low + high)
            balance[j, m] = chosen
        value[j] = best
    return value


@njit(cache=True)
def _count(cost, activities, candidates, unit, balance, opened):  # type: ignore[no-untyped-def]
    taken = np.zeros(cost.shape[0])
    for j in opened:
        for i in range(cost.shape[0]):
            r = cost[i, j] - unit[i]
            for m in range(activities.shape[1]):
                r -= balance[j, m] * activities[i, m]
            if r < 0 or i == candidates[j]:
                taken[i] += 1.0
    return taken
