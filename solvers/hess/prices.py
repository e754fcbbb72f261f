"""Lower bound of a centre problem by prices: what every unit pays to belong somewhere.

With prices a_i for "each unit once" the problem falls apart into one small question a candidate centre j, answered by prices
p_jm >= or <= 0 for its balance:

v_j = max over p of  sum_i min(0, c_ij - a_i - sum_m p_jm w_im) + sum_m (p_jm L_jm if p_jm > 0 else p_jm U_jm)

where j's own unit is always taken. The bound is sum_i a_i plus the cheapest `count` of the v_j. The prices a are found by the volume
algorithm (Barahona, Anbil 2000, DOI 10.1007/s101070050002); any prices whatever give a valid bound. Balance prices are searched
from their last value, one activity after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

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


@dataclass(frozen=True)
class Columns:
    """Territories that may be opened, each with what it costs to hold every unit and with its limits.

    Parameters
    ----------
    cost
        Cost of every unit in each, shape (units, columns); infinite where it may not be.
    activities
        Measures of units, of the order of 1 a territory, shape (units, activities).
    lower, target, upper
        Limits of the sums and the sums wanted, shape (columns, activities).
    pull
        Cost of a sum that is 100 % off its target, shape (activities,).
    own
        Unit that each must hold, -1 = none, shape (columns,).
    always
        The first so many are always open.
    count
        How many are open in all.
    """

    cost: Array
    activities: Array
    lower: Array
    target: Array
    upper: Array
    pull: Array
    own: Index
    always: int
    count: int

    def only(self, chosen: Index) -> Columns:
        """Keep some columns; those always open must be among them, first."""
        return replace(
            self,
            cost=np.ascontiguousarray(self.cost[:, chosen]),
            lower=self.lower[chosen],
            target=self.target[chosen],
            upper=self.upper[chosen],
            own=self.own[chosen],
        )

    def open(self, value: Array) -> NDArray[np.intp]:
        """Choose the columns that are always open and the cheapest others."""
        others = np.argsort(value[self.always :], kind="stable")[: self.count - self.always]
        return np.concatenate([np.arange(self.always), self.always + others])

    def evaluate(self, unit: Array, balance: Array) -> Prices:
        """Give the bound at some prices; balance prices are improved column by column."""
        enough = HOPELESS * float(np.abs(unit).sum())
        limits = self.lower, self.target, self.upper
        balance = balance.copy()
        value = _price(self.cost, self.activities, *limits, self.pull, self.own, unit, balance, enough)
        return Prices(float(unit.sum() + np.sort(value[self.open(value)]).sum()), unit, balance, value)

    def times_taken(self, prices: Prices) -> Array:
        """Count in how many open columns' answers each unit is, shape (units,)."""
        opened = self.open(prices.value)
        return np.asarray(_count(self.cost, self.activities, self.own, prices.unit, prices.balance, opened))


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
    columns = Columns(
        cost=problem.cost,
        activities=problem.activities,
        lower=problem.lower,
        target=(problem.lower + problem.upper) / 2,
        upper=problem.upper,
        pull=np.zeros(problem.activities.shape[1]),
        own=problem.candidates,
        always=0,
        count=problem.count,
    )
    first = columns.evaluate(start, np.zeros(problem.lower.shape))
    return better_prices(columns, first, steps=steps, most=problem.dearest)


class Priced(Protocol):
    """Columns that can be priced, however they are stored."""

    def evaluate(self, unit: Array, balance: Array) -> Prices:
        """Give the bound at some prices; balance prices are improved column by column."""

    def times_taken(self, prices: Prices) -> Array:
        """Count in how many open columns' answers each unit is, shape (units,)."""


def better_prices(columns: Priced, start: Prices, *, steps: int, most: float, aim: float = -np.inf) -> Prices:
    """Raise the bound of some prices by the volume algorithm.

    Parameters
    ----------
    columns
        What is priced.
    start
        Prices to start from, with the bound they give.
    steps
        Number of price changes.
    most
        No plan costs more: a higher bound ends the search.
    aim
        Bound to step towards; one a little above the best so far, when that is higher.

    References
    ----------
    Barahona and Anbil 2000, DOI 10.1007/s101070050002.
    """
    best = start
    average = columns.times_taken(best)
    length, failures, weight = 0.05, 0, AVERAGING
    target = max(aim, best.bound + 0.05 * abs(best.bound))
    checked = best.bound
    for step in range(1, steps + 1):
        missing = 1.0 - average
        norm = float(missing @ missing)
        if norm < 1e-12 or best.bound > most:  # nothing is missing, or no plan is possible
            break
        if best.bound > target - 0.01 * abs(best.bound):
            target = best.bound + 0.01 * abs(best.bound)
        tried = columns.evaluate(best.unit + length * (target - best.bound) / norm * missing, best.balance)
        taken = columns.times_taken(tried)
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


def _weight(change: Array, average: Array, most: float) -> float:
    """Give the weight of the newest answer that brings the average nearest to "each unit once"."""
    norm = float(change @ change)
    return min(max(float((1.0 - average) @ change) / norm, most / 10), most) if norm > 0 else most


@njit(cache=True)
def _price(  # type: ignore[no-untyped-def]
    cost, activities, lower, target, upper, pull, own, unit, balance, enough
):
    """Find each column's balance prices and its value; ``balance`` is changed in place.

    The value of a column that cannot keep its limits has no end: it is not followed beyond ``enough``.
    """
    units, count = cost.shape
    measures = activities.shape[1]
    value = np.empty(count)
    reduced = np.empty(units)
    for j in range(count):
        best = -np.inf
        for m in range(measures):
            fixed = 0.0
            for other in range(measures):
                if other != m:
                    p, q = balance[j, other], pull[other]
                    fixed += _least(p, q, lower[j, other], target[j, other], upper[j, other])
            for i in range(units):
                reduced[i] = cost[i, j] - unit[i]
                for other in range(measures):
                    if other != m:
                        reduced[i] -= balance[j, other] * activities[i, other]
            low, high = -np.inf, np.inf
            price, best, chosen, step = balance[j, m], -np.inf, balance[j, m], 0.0
            slope = pull[m] / target[j, m] if pull[m] > 0 else 0.0
            for trial in range(NARROWINGS):
                held = 0.0
                total = fixed + _least(price, pull[m], lower[j, m], target[j, m], upper[j, m])
                for i in range(units):
                    r = reduced[i] - price * activities[i, m]
                    if r < 0 or i == own[j]:
                        total += r
                        held += activities[i, m]
                if total > best:
                    best, chosen = total, price
                if best > enough:
                    break
                least, most = lower[j, m], upper[j, m]  # sums that cost the least at this price
                if price > slope:
                    most = least
                elif price < -slope:
                    least = most
                elif slope > 0:
                    least = least if price == slope else target[j, m]
                    most = most if price == -slope else target[j, m]
                if held < least:
                    low = price
                elif held > most:
                    high = price
                else:
                    break
                if step == 0.0:
                    step = abs(price) * 0.02 + (abs(total) + 1e-9) / (upper[j, m] * 200 + 1e-9)
                if low == -np.inf:
                    price, step = high - step, step * 2
                elif high == np.inf:
                    price, step = low + step, step * 2
                elif low < slope < high and trial < NARROWINGS // 2:
                    price = slope
                elif low < -slope < high and trial < NARROWINGS // 2:
                    price = -slope
                else:
                    price = 0.5 * (low + high)
            balance[j, m] = chosen
        value[j] = best
    return value


@njit(cache=True, inline="always")
def _least(price, pull, lower, target, upper):  # type: ignore[no-untyped-def]
    """Least cost of a sum within its limits at a price; it lies at a limit or at the target."""
    if pull == 0.0:
        return price * lower if price > 0 else price * upper
    at_lower = price * lower + pull * abs(lower / target - 1.0)
    at_upper = price * upper + pull * abs(upper / target - 1.0)
    at_target = price * min(max(target, lower), upper)
    return min(at_lower, min(at_target, at_upper))


@njit(cache=True)
def _count(cost, activities, own, unit, balance, opened):  # type: ignore[no-untyped-def]
    taken = np.zeros(cost.shape[0])
    for j in opened:
        for i in range(cost.shape[0]):
            r = cost[i, j] - unit[i]
            for m in range(activities.shape[1]):
                r -= balance[j, m] * activities[i, m]
            if r < 0 or i == own[j]:
                taken[i] += 1.0
    return taken
