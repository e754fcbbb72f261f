"""Prices of balance where centres are known and nothing need be connected: the Lagrangian dual, smoothed and climbed by L-BFGS.

Given prices p_tm of balance (and of what changes hands), every unit goes to its cheapest territory:

L(p) = sum_i min_t (c_it - sum_m p_tm a_im) + sum_tm min_s (p_tm s + q_m |s / w_tm - 1|),  s between the limits of t and m.

L is concave with few variables, whatever the number of units, but has kinks; with each minimum replaced by a soft one,
-h log sum exp(-x / h), it is smooth, and h shrinks from round to round (Nesterov 2005, DOI 10.1007/s10107-004-0552-5). Any
prices give a valid bound, which `solvers.bound` evaluates without smoothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from engine.problem import TerritoryProblem
from solvers.bound import Prices

Array = NDArray[np.float64]

FIRST, SHRINK, ROUNDS = (
    0.1,
    0.4,
    6,
)  # temperature of the first round, in costs of an average pair; its factor; rounds
STEPS = 60  # of L-BFGS in a round
KINKS = 5.0  # the minima over sums are smoothed more: there are few of them


def balance_prices(
    problem: TerritoryProblem, costs: Array, time_left: Callable[[], float]
) -> tuple[Prices, Array]:
    """Climb to good prices.

    Parameters
    ----------
    problem
        The territory problem; territories that may not have a unit, locks included, are left out.
    costs
        Money per year, shape (units, territories).
    time_left
        Tells the seconds left; no further round begins when there are none.

    Returns
    -------
    The prices, and what every pair costs at them, money per year, shape (units, territories); infinite where not allowed.
    """
    dual = _Dual(problem, costs)
    heat = FIRST * float(dual.costs[problem.allowed].mean()) + 1e-9
    variables = np.zeros(dual.size)
    for _ in range(ROUNDS):
        if time_left() <= 0:
            break
        found = minimize(
            dual.below, variables, args=(heat,), jac=True, method="L-BFGS-B", bounds=dual.signs,
            options={"maxiter": STEPS, "maxcor": 20},
        )  # fmt: skip
        variables, heat = found.x, heat * SHRINK
    return dual.prices(variables)


class _Dual:
    """The smoothed dual: prices of balance, then of value that changes hands, then of value that leaves each territory."""

    def __init__(self, problem: TerritoryProblem, costs: Array) -> None:
        self.problem = problem
        of = problem.balanced
        self.targets, self.values = problem.targets[:, of], problem.measures[:, of]
        over = np.where(
            problem.oversize[:, None, :], problem.measures[:, None, :] - problem.targets[None], 0.0
        )
        opened = (
            np.where(problem.allowed[:, :, None], over, 0.0).sum(axis=0) if problem.oversize.any() else 0.0
        )
        low = problem.lower[:, of] / self.targets
        high = (problem.upper + opened)[:, of] / self.targets
        self.points = np.stack([low, np.clip(1.0, low, high), high])
        self.pull = problem.imbalance_cost[of] * np.abs(self.points - 1.0)
        self.costs = np.where(problem.allowed, costs, np.inf)
        self.limited, self.capped = np.isfinite(problem.disruption_limit), problem.leave_limit is not None
        self.handed = problem.handed_values() if self.limited else None
        self.today = problem.today_values() if self.capped else None
        self.count = self.targets.size
        self.size = self.count + self.limited + problem.territories * self.capped
        self.signs = [(None, None)] * self.count + [(0.0, None)] * (self.size - self.count)

    def reduced(self, variables: Array) -> Array:
        """Price every pair."""
        balance, spent, kept = self._split(variables)
        reduced = self.costs - self.values @ (balance / self.targets).T
        if self.handed is not None:
            reduced += spent * self.handed
        if self.today is not None:
            reduced -= kept * self.today
        return reduced

    def below(self, variables: Array, heat: float) -> tuple[float, Array]:
        """Give the smoothed dual with its sign turned, for a minimiser, and its gradient."""
        problem = self.problem
        balance, spent, kept = self._split(variables)
        cheapest, part = _soft_least(self.reduced(variables), heat, 1)
        ends, weight = _soft_least(balance * self.points + self.pull, KINKS * heat, 0)
        value = float(cheapest.sum() + ends.sum())
        slopes = [((weight * self.points).sum(axis=0) - (part.T @ self.values) / self.targets).ravel()]
        if self.handed is not None:
            value -= float(spent * problem.disruption_limit)
            slopes.append(np.array([float((part * self.handed).sum()) - problem.disruption_limit]))
        if self.today is not None and problem.leave_limit is not None:
            stays = self.today.sum(axis=0) - problem.leave_limit
            value += float(kept @ stays)
            slopes.append(stays - (part * self.today).sum(axis=0))
        return -value, -np.concatenate(slopes)

    def prices(self, variables: Array) -> tuple[Prices, Array]:
        """Write variables as prices of a bound."""
        balance, spent, kept = self._split(variables)
        reduced = self.reduced(variables)
        pairs, constant = np.zeros((1, 1)), 0.0
        if self.today is not None and self.problem.leave_limit is not None:
            pairs = -kept * self.today
            constant = float(kept @ (self.today.sum(axis=0) - self.problem.leave_limit))
        return Prices(reduced.min(axis=1), balance, spent, pairs, constant), reduced

    def _split(self, variables: Array) -> tuple[Array, float, Array]:
        end = self.count + self.limited
        spent = float(variables[self.count]) if self.limited else 0.0
        return variables[: self.count].reshape(self.targets.shape), spent, variables[end:]


def _soft_least(values: Array, heat: float, axis: int) -> tuple[Array, Array]:
    """Give soft minima along an axis, never above the minima, and the weight of every value in them."""
    least = values.min(axis=axis, keepdims=True)
    weight = np.exp((least - values) / heat)
    total = weight.sum(axis=axis, keepdims=True)
    return (least - heat * np.log(total)).squeeze(axis), weight / total
